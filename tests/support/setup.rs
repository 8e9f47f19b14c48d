//! What most tests begin with: a fixed key, a clock that stands still, tokens signed by hand.

use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use cookie_session::{Builder, Commit, KeyRing, SecretKey, Session, Sessions};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// 15 June 2025, 15:06:40 UTC.
pub const NOW: u64 = 1_750_000_000;
pub const HOUR: u64 = 60 * 60;
pub const DAY: u64 = 24 * HOUR;
/// The name that [`sessions`] have.
pub const NAME: &str = "__Host-session";
pub const HOME: &str = "https://example.org/";

const KEY: [u8; 32] = [
    0x4f, 0xd2, 0x1b, 0x96, 0xe3, 0x70, 0x0c, 0xa8, 0x5d, 0x37, 0xf1, 0x82, 0x29, 0xbe, 0x64, 0x13, 0x9a,
    0xc5, 0x7e, 0x08, 0xd9, 0x41, 0xb6, 0x2f, 0xec, 0x53, 0x17, 0x8d, 0xfa, 0x60, 0x3c, 0xa1,
];

pub fn keys() -> KeyRing {
    KeyRing::new(SecretKey::from_bytes(KEY).expect("32 bytes without a pattern"))
}

/// The defaults, with [`NOW`] on the clock.
pub fn builder() -> Builder {
    Sessions::builder(keys()).clock(|| at(NOW))
}

pub fn sessions() -> Sessions {
    builder().build().expect("the defaults")
}

pub fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

/// Returns the token that a holder of the key could sign around these bytes.
pub fn sign(name: &str, json: impl AsRef<[u8]>, issued: u64) -> String {
    let bytes = issued.to_be_bytes();
    let seconds = &bytes[bytes.iter().take_while(|byte| **byte == 0).count()..];
    let base64 = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let signed = format!("{}.{}", base64(json.as_ref()), base64(seconds));
    let derived = mac(&KEY, format!("cookie-session/v1/cookie/{name}").as_bytes());
    let signature = base64(&mac(&derived, signed.as_bytes()));
    format!("{signed}.{signature}")
}

fn mac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length");
    mac.chain_update(message).finalize().into_bytes().into()
}

/// Returns a Cookie line with a session that holds these data, created and signed at [`NOW`].
pub fn cookie_with(data: &str) -> String {
    cookie_at(data, NOW)
}

/// Returns a Cookie line with a session that holds these data, created and signed at that time.
pub fn cookie_at(data: &str, issued: u64) -> String {
    format!("{NAME}={}", sign(NAME, format!("[{issued},false,{data}]"), issued))
}

/// Opens a session that holds these data.
#[track_caller]
pub fn open_with(sessions: &Sessions, data: &str) -> Session {
    let session = sessions.open([cookie_with(data)]);
    assert_eq!(session.rejection(), None, "{data}");
    session
}

/// Returns the one Set-Cookie line.
#[track_caller]
pub fn only_line(commit: &Commit) -> String {
    let lines: Vec<_> = commit.set_cookies().collect();
    assert_eq!(lines.len(), 1, "{lines:?}");
    lines[0].to_owned()
}

/// Returns the JSON text that was signed.
#[track_caller]
pub fn payload_of(commit: &Commit) -> String {
    let pair = commit.cookie_pair().expect("a cookie that is set");
    let (_, token) = pair.split_once('=').expect("a name and a value");
    let (payload, _) = token.split_once('.').expect("a token");
    String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(payload).expect("base64")).expect("text")
}

/// Returns the JSON text of the data that were signed.
#[track_caller]
pub fn data_of(commit: &Commit) -> String {
    let payload = payload_of(commit);
    let data = payload.splitn(3, ',').nth(2).and_then(|data| data.strip_suffix(']'));
    data.expect("[created,permanent,data]").to_owned()
}
