// E0308
use cookie_session::{SecretKey, flask};

fn main() {
    let key = SecretKey::generate().unwrap();
    let _ = flask::Profile::new(key);
}
