//! tower-sessions-cookie-store, signed and private.

use std::collections::HashMap;
use std::time::SystemTime;

use cookie::{Cookie, CookieJar};
use serde_json::Value;
use tower_sessions_cookie_store::{Key, decode_record};

pub fn signed(value: &[u8], key: &Key) -> Option<HashMap<String, Value>> {
    values(jar(value)?.signed(key).get("session")?.value())
}

pub fn private(value: &[u8], key: &Key) -> Option<HashMap<String, Value>> {
    values(jar(value)?.private(key).get("session")?.value())
}

fn jar(value: &[u8]) -> Option<CookieJar> {
    let mut jar = CookieJar::new();
    let pair = format!("session={}", str::from_utf8(value).ok()?);
    jar.add_original(Cookie::parse_encoded(pair).ok()?);
    Some(jar)
}

fn values(text: &str) -> Option<HashMap<String, Value>> {
    let record = decode_record(text).ok()?;
    (record.expiry_date > SystemTime::now()).then_some(record.data)
}
