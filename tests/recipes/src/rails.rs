//! Rails 7 and 8: the session, and what `cookies.signed` holds. Both are JSON, the default since Rails 7.0.

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use base64::{Engine, engine::general_purpose::STANDARD};
use cookie::Cookie;
use hmac::{Hmac, Mac};
use serde_json::{Map, Value, json};
use sha1::Sha1;
use sha2::Sha256;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// Returns the key of the session. It takes a thousand hashes, so make it once, and not for each cookie.
pub fn encryption_key(secret_key_base: &str) -> [u8; 32] {
    key(secret_key_base, "authenticated encrypted cookie")
}

/// Returns the key of `cookies.signed`, likewise to be made once.
pub fn signing_key(secret_key_base: &str) -> [u8; 64] {
    key(secret_key_base, "signed cookie")
}

/// Reads the session of an application whose session cookie has this name.
pub fn session(value: &[u8], name: &str, key: &[u8; 32]) -> Option<Map<String, Value>> {
    let text = decoded(value)?;
    let mut parts = text.split("--").map(|part| STANDARD.decode(part).ok());
    let (Some(text), Some(iv), Some(tag), None) = (parts.next()?, parts.next()?, parts.next()?, parts.next())
    else {
        return None;
    };
    let cipher = Aes256Gcm::new(key.into());
    let iv: [u8; 12] = iv.try_into().ok()?;
    let sealed = [text, tag].concat();
    let envelope = cipher.decrypt(&Nonce::from(iv), Payload { msg: &sealed, aad: b"" }).ok()?;
    let Value::Object(mut session) = message(&envelope, name)? else { return None };
    // Of no use here. What is for Rails alone goes too.
    session.remove("session_id");
    session.remove("_csrf_token");
    Some(session)
}

/// Reads `cookies.signed[:user_id]`.
pub fn signed_user_id(value: &[u8], key: &[u8; 64]) -> Option<Map<String, Value>> {
    let text = decoded(value)?;
    let (text, signature) = text.rsplit_once("--")?;
    // `action_dispatch.signed_cookie_digest` says which digest; it is SHA-1 unless set.
    let mut mac = Hmac::<Sha1>::new_from_slice(key).ok()?;
    mac.update(text.as_bytes());
    mac.verify_slice(&hex(signature)?).ok()?;
    let user_id = message(&STANDARD.decode(text).ok()?, "user_id")?;
    Some(Map::from_iter([("user_id".to_owned(), json!(user_id.as_u64()?))]))
}

fn decoded(value: &[u8]) -> Option<String> {
    let cookie = Cookie::parse_encoded(format!("x={}", str::from_utf8(value).ok()?)).ok()?;
    Some(cookie.value().to_owned())
}

/// Rails' `KeyGenerator`. Applications from before Rails 7 may have kept SHA-1: `hash_digest_class` says so.
fn key<const N: usize>(secret_key_base: &str, salt: &str) -> [u8; N] {
    pbkdf2::pbkdf2_hmac_array::<Sha256, N>(secret_key_base.as_bytes(), salt.as_bytes(), 1000)
}

/// Opens the envelope: it is for one cookie, and may have an end.
fn message(envelope: &[u8], name: &str) -> Option<Value> {
    let envelope: Value = serde_json::from_slice(envelope).ok()?;
    let envelope = envelope.get("_rails")?;
    if envelope.get("pur")?.as_str()? != format!("cookie.{name}") {
        return None;
    }
    if let Some(end) = envelope.get("exp").and_then(Value::as_str)
        && OffsetDateTime::parse(end, &Rfc3339).ok()? <= std::time::SystemTime::now()
    {
        return None;
    }
    serde_json::from_slice(&STANDARD.decode(envelope.get("message")?.as_str()?).ok()?).ok()
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text.chars().map(|c| Some(c.to_digit(16)? as u8)).collect::<Option<_>>()?;
    let (pairs, []) = digits.as_chunks::<2>() else { return None };
    Some(pairs.iter().map(|[high, low]| high << 4 | low).collect())
}
