//! Express' cookie-session, which signs with keygrip: the signature of `session` is in `session.sig`.

use base64::{Engine, engine::general_purpose::STANDARD, engine::general_purpose::URL_SAFE_NO_PAD};
use cookie_session::migration::OldValue;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Map, Value};
use sha1::Sha1;

/// Reads the session of a cookie of this name. `keys` are those of the old application; `secret` is one of them.
pub fn session(value: &OldValue<'_>, name: &str, keys: &[&str]) -> Option<Map<String, Value>> {
    let is_genuine = keys.iter().filter_map(|key| mac(value, name, key)).any(|mac| {
        let mut signatures = value.beside().filter_map(|text| URL_SAFE_NO_PAD.decode(text).ok());
        signatures.any(|signature| mac.clone().verify_slice(&signature).is_ok())
    });
    if !is_genuine {
        return None;
    }
    serde_json::from_slice(&STANDARD.decode(&**value).ok()?).ok()
}

fn mac(value: &[u8], name: &str, key: &str) -> Option<Hmac<Sha1>> {
    let mut mac = Hmac::new_from_slice(key.as_bytes()).ok()?;
    mac.update(name.as_bytes());
    mac.update(b"=");
    mac.update(value);
    Some(mac)
}
