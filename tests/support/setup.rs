//! What most tests begin with: a fixed key, a clock that stands still, tokens signed by hand.

use std::time::{Duration, SystemTime};

use cookie_session::{Builder, Commit, KeyRing, Session, Sessions};

use super::forge::{Forge, key, secret};
use super::format;

/// 15 June 2025, 15:06:40 UTC.
pub const NOW: u64 = 1_750_000_000;
pub const HOUR: u64 = 60 * 60;
pub const DAY: u64 = 24 * HOUR;
/// The name that [`sessions`] have.
pub const NAME: &str = "__Host-session";
pub const HOME: &str = "https://example.org/";

/// The number of the key of [`keys`].
const KEY: u64 = 0;

pub fn keys() -> KeyRing {
    KeyRing::new(key(KEY))
}

/// The defaults, with [`NOW`] on the clock.
pub fn builder() -> Builder {
    format::builder(keys()).clock(|| at(NOW))
}

pub fn sessions() -> Sessions {
    builder().build().expect("the defaults")
}

pub fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

/// Returns the token that a holder of the key could sign around these bytes.
pub fn sign(name: &str, json: impl AsRef<[u8]>, issued: u64) -> String {
    Forge::session(&secret(KEY), name).token_of(json.as_ref(), issued)
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
    let (name, token) = pair.split_once('=').expect("a name and a value");
    Forge::session(&secret(KEY), name).json(token)
}

/// Returns the JSON text of the data that were signed.
#[track_caller]
pub fn data_of(commit: &Commit) -> String {
    let payload = payload_of(commit);
    let data = payload.splitn(3, ',').nth(2).and_then(|data| data.strip_suffix(']'));
    data.expect("[created,permanent,data]").to_owned()
}
