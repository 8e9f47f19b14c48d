//! When a session ends by its own word, as handlers say it with `set_expiry`: kept among the values of ours.

use std::time::{Duration, UNIX_EPOCH};

use cookie_session::{Session, SessionError};
use serde::{Deserialize, Serialize};
use time::{OffsetDateTime, PrimitiveDateTime};
use tower_sessions_core::Expiry;

/// Under which key of our session it is. Handlers do not see it in theirs.
pub(crate) const KEY: &str = "tower-sessions.expiry";

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Ending {
    /// So many seconds after the cookie was last written.
    Idle(i64),
    /// In unix seconds.
    At(i64),
}

/// Keeps what a handler said. Whoever names a time wants a cookie that outlives the browser's session.
pub(crate) fn keep(session: &mut Session, expiry: Expiry) -> Result<(), SessionError> {
    match expiry {
        Expiry::OnSessionEnd => {
            session.remove(KEY);
        }
        Expiry::OnInactivity(duration) => session.insert(KEY, Ending::Idle(duration.whole_seconds()))?,
        Expiry::AtDateTime(time) => session.insert(KEY, Ending::At(time.unix_timestamp()))?,
    }
    session.set_permanent(expiry != Expiry::OnSessionEnd);
    Ok(())
}

/// Says whether the session has ended by its own word. What is not understood has.
pub(crate) fn is_over(session: &Session) -> bool {
    let Some(age) = session.age() else { return false };
    let age_in_seconds = i64::try_from(age.as_secs()).unwrap_or(i64::MAX);
    match session.get(KEY) {
        Ok(None) => false,
        Ok(Some(Ending::Idle(seconds))) => age_in_seconds >= seconds,
        Ok(Some(Ending::At(time))) => now(session, age) >= time,
        Err(_) => true,
    }
}

/// Returns when their record ends.
pub(crate) fn date(session: &Session) -> OffsetDateTime {
    let end = match session.get(KEY) {
        Ok(Some(Ending::Idle(seconds))) => {
            now(session, session.age().unwrap_or_default()).checked_add(seconds)
        }
        Ok(Some(Ending::At(time))) => Some(time),
        _ => None,
    };
    end.and_then(|end| OffsetDateTime::from_unix_timestamp(end).ok())
        .unwrap_or(PrimitiveDateTime::MAX.assume_utc())
}

/// Returns what the clock of the sessions read, in unix seconds.
fn now(session: &Session, age: Duration) -> i64 {
    let issued = session.issued_at().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    i64::try_from(issued.unwrap_or_default().saturating_add(age).as_secs()).unwrap_or(i64::MAX)
}
