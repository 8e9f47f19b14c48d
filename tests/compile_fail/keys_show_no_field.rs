// E0616, E0616
use cookie_session::{SecretKey, flask};

fn main() {
    let key = SecretKey::generate().unwrap();
    let _ = key.0;
    let secret = flask::SecretKey::new("secret").unwrap();
    let _ = secret.0;
}
