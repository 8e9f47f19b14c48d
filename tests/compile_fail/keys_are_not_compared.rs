// E0369
use cookie_session::SecretKey;

fn same(one: &SecretKey, other: &SecretKey) -> bool {
    one == other
}

fn main() {
    let key = SecretKey::generate().unwrap();
    same(&key, &key);
}
