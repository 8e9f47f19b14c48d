//! tower-sessions-cookie-store, signed; `private` in place of `signed` for the other.

use std::collections::HashMap;
use std::time::SystemTime;

use cookie::{Cookie, CookieJar};
use serde_json::Value;
use tower_sessions_cookie_store::{Key, decode_record};

pub fn signed(value: &[u8], key: &Key) -> Option<HashMap<String, Value>> {
    let mut jar = CookieJar::new();
    jar.add_original(
        Cookie::parse_encoded(format!("session={}", str::from_utf8(value).ok()?)).ok()?.into_owned(),
    );
    let record = decode_record(jar.signed(key).get("session")?.value()).ok()?;
    (record.expiry_date > SystemTime::now()).then_some(record.data)
}
