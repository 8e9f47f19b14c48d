//! The events for the log: stable names and fields, and nothing of a secret
//! key, a token or a value in any of them. Of a session's keys, only the one
//! that a handler asked for is named when it failed.
//!
//! Names, fields and the target `cookie_session` are stable. `cookie` is the
//! cookie's name.
//!
//! | name | level | when | fields |
//! |---|---|---|---|
//! | `session.opened` | debug | a cookie verified | `cookie`, `age` in seconds, `key`: `current` or `fallback` |
//! | `session.fallback_key` | info | a fallback key verified it; when these end, the old key can go | `cookie`, `age` |
//! | `session.rejected` | info | no presented cookie was accepted | `cookie`, `reason` as in [`DecodeError::as_str`] |
//! | `session.saved` | debug | the cookie is set, unless something outside replaces the response | `cookie`, `bytes`, `limit`, `percent` |
//! | `session.near_limit` | warn | it takes 75 % of the limit or more | `cookie`, `bytes`, `limit`, `percent` |
//! | `session.removed` | debug | the cookie is removed | `cookie` |
//! | `session.skipped` | warn | a refresh did not fit, the old cookie stays | `cookie`, `bytes`, `limit` |
//! | `session.discarded` | info | what was changed is not saved, since the response is a 408 or 5xx | `cookie`, `status` |
//! | `session.save_failed` | error | the response is a 500 instead | `cookie`, `reason`, `bytes` and `limit` if too long |
//! | `session.flashes_dropped` | warn | messages for the next page were dropped: the oldest for a new one, or one that has no room even alone | `cookie`, `count` |
//! | `session.form_refused` | info | the response is a 403, since a form had no token of its session | |
//! | `session.error` | error | a [`UseError`] became the response | `reason`, `bytes` and `limit` if too long |
//! | `session.weak_secret` | warn | a layer is made with a secret of a Python framework that could be guessed | `cookie` |
//! | `session.same_cookie_twice` | error | two layers around one route have the same cookie | `cookie` |
//!
//! [`DecodeError::as_str`]: cookie_session::DecodeError::as_str
//! [`UseError`]: crate::UseError

use cookie_session::{Commit, EncodeError, KeyRole, Session, SessionError, Sessions, TooLong};
use tracing::{debug, error, info, warn};

use crate::error::UseError;

/// Tells the log which secrets could be guessed, by their positions: for adapters, once when a layer is made.
pub fn configured(sessions: &Sessions) {
    for weak in sessions.weak_secrets() {
        warn!(name: "session.weak_secret", target: TARGET, cookie = sessions.cookie_name(), "{weak}");
    }
}

/// A session was opened: tells what came of the visitor's cookie, if there was
/// one.
pub(crate) fn opened(cookie: &str, session: &Session) {
    if let Some(reason) = session.rejection() {
        info!(name: "session.rejected", target: TARGET, cookie, reason = reason.as_str(), "session cookie rejected");
    }
    let (Some(key), Some(age)) = (session.verified_by(), session.age()) else { return };
    let age = age.as_secs();
    debug!(name: "session.opened", target: TARGET, cookie, age, key = key.as_str(), "session opened");
    if key == KeyRole::Fallback {
        info!(name: "session.fallback_key", target: TARGET, cookie, age, "session verified by a fallback key");
    }
}

/// The headers of a session are in the response.
pub(crate) fn saved(cookie: &str, commit: &Commit) {
    let limit = commit.max_cookie_size();
    if let Some(bytes) = commit.cookie_size() {
        let percent = bytes.saturating_mul(100).checked_div(limit).unwrap_or(100);
        debug!(name: "session.saved", target: TARGET, cookie, bytes, limit, percent, "session saved");
        if percent >= NEAR {
            warn!(
                name: "session.near_limit", target: TARGET, cookie, bytes, limit, percent,
                "session cookie is near the limit"
            );
        }
    }
    if commit.is_removal() {
        debug!(name: "session.removed", target: TARGET, cookie, "session removed");
    }
    if let Some(too_long) = commit.skipped() {
        warn!(
            name: "session.skipped", target: TARGET, cookie, bytes = too_long.len(), limit,
            "session not refreshed, since its cookie is over the limit"
        );
    }
}

/// The request did not come to its end.
pub(crate) fn discarded(cookie: &str, status: u16) {
    info!(
        name: "session.discarded", target: TARGET, cookie, status,
        "session not saved, since its request did not come to its end"
    );
}

/// A session could not be saved.
pub(crate) fn not_saved(cookie: &str, reason: &'static str, too_long: Option<&TooLong>) {
    let (bytes, limit) = (too_long.map(TooLong::len), too_long.map(TooLong::limit));
    error!(name: "session.save_failed", target: TARGET, cookie, reason, bytes, limit, "session not saved");
}

pub(crate) fn same_cookie_twice(cookie: &str) {
    error!(
        name: "session.same_cookie_twice", target: TARGET, cookie,
        "two session layers around one route have the same cookie: remove one, or give the cookies different names"
    );
}

/// Messages for the next page were dropped.
pub(crate) fn flashes_dropped(cookie: &str, count: usize) {
    warn!(
        name: "session.flashes_dropped", target: TARGET, cookie, count,
        "messages for the next page were dropped, since there is no room for them"
    );
}

/// Tells the log that a handler, or an extractor in its place, answered with an
/// error: for adapters.
pub fn error(error: &UseError) {
    let reason = reason(error);
    let too_long = error.as_too_long();
    let (bytes, limit) = (too_long.map(TooLong::len), too_long.map(TooLong::limit));
    match error {
        // Anybody can cause it.
        UseError::Session(SessionError::ForeignForm) => {
            info!(name: "session.form_refused", target: TARGET, "form has no token of its session");
        }
        // Its text names the keys that take most, which the handler need not have asked for.
        UseError::Session(SessionError::TooLong(_)) => error!(
            name: "session.error", target: TARGET, reason, bytes, limit, "session cookie would be over the limit"
        ),
        error => error!(name: "session.error", target: TARGET, reason, "{error}"),
    }
}

/// Returns a short, stable name.
pub(crate) fn reason(error: &UseError) -> &'static str {
    match error {
        UseError::Session(SessionError::TooLong(_)) => "too_long",
        UseError::Session(SessionError::NotJson(_)) => "not_json",
        UseError::Session(SessionError::WrongType(_)) => "wrong_type",
        UseError::Session(SessionError::OtherSessions) => "other_sessions",
        UseError::Session(SessionError::NoStamps) => "no_stamps",
        UseError::Session(SessionError::ForeignForm) => "foreign_form",
        UseError::Session(SessionError::LongFlash) => "long_flash",
        UseError::Session(SessionError::NoRandomness) => "no_randomness",
        UseError::Session(_) => "other",
        UseError::Cookie(EncodeError::TooLong { .. }) => "cookie_too_long",
        UseError::Cookie(_) => "cookie_not_json",
        UseError::TooLate => "too_late",
        UseError::Busy => "busy",
        UseError::Poisoned => "poisoned",
        UseError::NoLayer { .. } => "no_layer",
    }
}

const TARGET: &str = "cookie_session";

/// From which share of the limit on a cookie is worth a warning, in percent.
const NEAR: usize = 75;
