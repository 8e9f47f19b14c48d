//! What the targets share: a fixed key, fixed times, and the public token
//! format written a second time, with nothing but hmac, sha2 and base64.

#[path = "../../tests/support/aes.rs"]
pub mod aes;
pub mod inflate;
pub mod json;
pub mod peak;
pub mod python;

use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use cookie_session::{Builder, KeyRing, Lifetime, SecretKey, Session, SessionError, Sessions};

/// A key that everybody knows. `make_seeds.py` has it too.
pub const KEY: [u8; 32] = [
    0x8f, 0x1c, 0x62, 0xd4, 0x0b, 0xa7, 0x39, 0xe5, 0x54, 0x90, 0x2e, 0xcb, 0x71, 0x06, 0xf8, 0x3d, 0xa2,
    0x4f, 0x95, 0x17, 0x6e, 0xd0, 0x88, 0x23, 0xbc, 0x5a, 0x01, 0xe9, 0x7d, 0x46, 0xb3, 0x3e,
];

/// The time at which the targets judge, and at which the seeds were issued.
pub const NOW: u64 = 1_750_000_000;

/// The default name of the cookie.
pub const NAME: &str = "__Host-session";

/// What follows the prefix is the name of the cookie.
pub const SESSION_SALT: &str = "cookie-session/v1/cookie/__Host-session";

/// What follows the word for the use of a key, of that cookie and of `Codec::encrypted(.., "fuzz", ..)`.
pub const SESSION_PLACE: &str = "cookie/__Host-session";
pub const TOKEN_PLACE: &str = "token/fuzz";

/// The salt of `Codec::new(.., "fuzz", ..)`.
pub const TOKEN_SALT: &str = "cookie-session/v1/token/fuzz";

pub const SKEW: u64 = 60;
pub const LIFETIME: Lifetime =
    Lifetime { idle: Duration::from_secs(7200), absolute: Duration::from_secs(86_400) };
pub const PERMANENT_LIFETIME: Lifetime =
    Lifetime { idle: Duration::from_secs(1_209_600), absolute: Duration::from_secs(7_776_000) };

/// The longest name and value that browsers store.
pub const LIMIT: usize = 4096;

pub fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

/// A ring of the one key that everybody knows.
pub fn known_keys() -> KeyRing {
    KeyRing::new(SecretKey::from_bytes(KEY).expect("the bytes show no pattern"))
}

/// A ring of a key that nobody knows.
pub fn fresh_keys() -> KeyRing {
    KeyRing::new(SecretKey::generate().expect("the operating system has random bytes"))
}

/// Sessions with the default configuration, whose clock stands still.
pub fn sessions(keys: KeyRing) -> Sessions {
    as_usual(Sessions::builder(keys))
}

/// The same, encrypted.
pub fn encrypted_sessions(keys: KeyRing) -> Sessions {
    as_usual(Sessions::builder(keys).encrypted())
}

/// The same, encrypted, and reading signed ones too.
pub fn sessions_of_both_kinds(keys: KeyRing) -> Sessions {
    as_usual(Sessions::builder(keys).encrypted().accept_signed(at(NOW)))
}

fn as_usual(builder: Builder) -> Sessions {
    builder
        .lifetime(LIFETIME)
        .permanent_lifetime(PERMANENT_LIFETIME)
        .clock(|| at(NOW))
        .build()
        .expect("this configuration is good")
}

/// The same, except that permanent and other sessions live equally long, the
/// longest that can be configured.
pub fn long_sessions(keys: KeyRing) -> Sessions {
    let longest = Duration::from_secs(400 * 86_400);
    let lifetime = Lifetime { idle: longest, absolute: longest };
    Sessions::builder(keys)
        .lifetime(lifetime)
        .permanent_lifetime(lifetime)
        .clock(|| at(NOW))
        .build()
        .expect("this configuration is good")
}

/// Signs the text `payload.timestamp`.
pub fn sign(secret: &[u8], salt: &str, text: &[u8]) -> Vec<u8> {
    let derived = mac(secret, salt.as_bytes());
    let signature = BASE64_URL_SAFE_NO_PAD.encode(mac(&derived, text));
    [text, b".", signature.as_bytes()].concat()
}

/// Makes a token of JSON bytes, right or wrong.
pub fn token(secret: &[u8], salt: &str, json: &[u8], issued: u64) -> Vec<u8> {
    let payload = BASE64_URL_SAFE_NO_PAD.encode(json);
    sign(secret, salt, format!("{payload}.{}", timestamp(issued)).as_bytes())
}

/// Makes an encrypted token of bytes, right or wrong. They are padded as a writer does it.
pub fn encrypted_token(secret: &[u8], place: &str, json: &[u8], issued: u64) -> Vec<u8> {
    let salt = |used: &str| format!("cookie-session/v1/{used}/{place}");
    // Any first block with this bit will do for a reader.
    let mut first: [u8; 16] = mac(secret, json).first_chunk().copied().expect("a MAC is longer");
    first[0] |= 0x80;
    let text = aes::Aes256::new(&mac(secret, salt("encrypt").as_bytes())).counter_mode(first, &padded(json));
    let payload = BASE64_URL_SAFE_NO_PAD.encode([&first[..], &text].concat());
    sign(secret, &salt("private"), format!("{payload}.{}", timestamp(issued)).as_bytes())
}

/// Returns the text of an encrypted token as it was encrypted, after a look at the signature.
pub fn decrypted(secret: &[u8], place: &str, token: &[u8]) -> Vec<u8> {
    let salt = |used: &str| format!("cookie-session/v1/{used}/{place}");
    let text = &token[..token.len() - 44];
    assert_eq!(sign(secret, &salt("private"), text), token, "signed with another key");
    let payload = text.split(|byte| *byte == b'.').next().expect("a first part");
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(payload).expect("canonical base64");
    let (first, text) = bytes.split_first_chunk().expect("16 bytes stand before the text");
    aes::Aes256::new(&mac(secret, salt("encrypt").as_bytes())).counter_mode(*first, text)
}

/// Fills a text up with spaces.
pub fn padded(json: &[u8]) -> Vec<u8> {
    let mut padded = json.to_vec();
    padded.resize(json.len().next_multiple_of(32), b' ');
    padded
}

/// Writes a time as tokens hold it: big-endian, no leading zero byte.
pub fn timestamp(seconds: u64) -> String {
    let bytes = seconds.to_be_bytes();
    let leading = bytes.iter().take_while(|byte| **byte == 0).count();
    BASE64_URL_SAFE_NO_PAD.encode(&bytes[leading..])
}

fn mac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mac: Hmac<Sha256> = Hmac::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.chain_update(message).finalize().into_bytes().to_vec()
}

/// Makes a line of a Cookie header out of one value.
pub fn cookie_line(value: &[u8]) -> Vec<u8> {
    [NAME.as_bytes(), b"=", value].concat()
}

/// Lists the members in their order, as they are written.
pub fn members(session: &Session) -> Vec<(String, Option<String>)> {
    session.keys().map(|key| (key.to_string(), session.get_raw(&key).map(str::to_owned))).collect()
}

/// Signs what a cookie holds again, at the given second, and returns the new
/// value. Nothing is changed in the end: `permanent` is set to the other value,
/// saved, and set back. That can end a session by its age, so these should be
/// [`long_sessions`].
///
/// Returns `None` for a session that is not written: one without values.
pub fn sign_again(sessions: &Sessions, line: &[u8], now: u64) -> Result<Option<String>, SessionError> {
    let mut line = line.to_vec();
    for _ in 0..2 {
        let mut session = sessions.open_at([&line], at(now));
        session.set_permanent(!session.permanent());
        match sessions.save(session)?.cookie_pair() {
            Some(pair) => line = pair.into(),
            None => return Ok(None),
        }
    }
    let value = line.split_off(NAME.len() + "=".len());
    Ok(Some(String::from_utf8(value).expect("tokens are ASCII")))
}
