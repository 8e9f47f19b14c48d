// E0599
use cookie_session::SecretKey;

fn main() {
    let key = SecretKey::generate().unwrap();
    let _: &[u8] = key.as_ref();
}
