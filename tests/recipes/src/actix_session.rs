//! actix-session's `CookieSessionStore`.

use actix_web::cookie::{Cookie, CookieJar, Key};
use serde_json::{Map, Value};

/// Reads the cookie as actix-session writes it unless told otherwise: encrypted.
pub fn private(value: &[u8], key: &Key) -> Option<Map<String, Value>> {
    values(jar(value)?.private(key).get("id")?.value())
}

/// Reads it as it is with `CookieContentSecurity::Signed`.
pub fn signed(value: &[u8], key: &Key) -> Option<Map<String, Value>> {
    values(jar(value)?.signed(key).get("id")?.value())
}

fn jar(value: &[u8]) -> Option<CookieJar> {
    let mut jar = CookieJar::new();
    jar.add_original(Cookie::parse_encoded(format!("id={}", str::from_utf8(value).ok()?)).ok()?);
    Some(jar)
}

/// Each value is JSON in a string.
fn values(text: &str) -> Option<Map<String, Value>> {
    let state: Map<String, Value> = serde_json::from_str(text).ok()?;
    state.into_iter().map(|(key, value)| Some((key, serde_json::from_str(value.as_str()?).ok()?))).collect()
}
