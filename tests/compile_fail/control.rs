// compiles
use cookie_session::{KeyRing, SecretKey, Sessions, flask};

fn main() {
    let _ = Sessions::builder(KeyRing::new(SecretKey::generate().unwrap()));
    let _ = flask::Profile::new(flask::SecretKey::new("secret").unwrap());
    let _ = serde_json::to_string("text");
}
