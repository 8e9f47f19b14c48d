// E0277
use cookie_session::SecretKey;

fn main() {
    let key = SecretKey::generate().unwrap();
    let _ = serde_json::to_string(&key);
}
