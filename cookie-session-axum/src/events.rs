//! The events for the log: stable names and fields, and nothing of a key, a
//! token or a value in any of them.

use cookie_session::{Commit, KeyRole, Session, TooLong};
use tracing::{debug, error, info, warn};

use crate::error::SessionError;
use crate::respond::Failure;

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

pub(crate) fn save_failed(cookie: &str, failure: &Failure) {
    let (reason, too_long) = match failure {
        Failure::Session(error) => (reason(error), error.as_too_long()),
        Failure::Header => ("header", None),
    };
    let (bytes, limit) = (too_long.map(TooLong::len), too_long.map(TooLong::limit));
    error!(name: "session.save_failed", target: TARGET, cookie, reason, bytes, limit, "session not saved");
}

pub(crate) fn same_cookie_twice(cookie: &str) {
    error!(
        name: "session.same_cookie_twice", target: TARGET, cookie,
        "two session layers around one route have the same cookie: remove one, or give the cookies different names"
    );
}

/// A handler, or an extractor in its place, answered with an error.
pub(crate) fn error(error: &SessionError) {
    let reason = reason(error);
    match error.as_too_long() {
        // Its text names the keys that take most, and those may be anything.
        Some(too_long) => error!(
            name: "session.error", target: TARGET, reason, bytes = too_long.len(), limit = too_long.limit(),
            "session cookie would be over the limit"
        ),
        None => error!(name: "session.error", target: TARGET, reason, "{error}"),
    }
}

/// Returns a short, stable name.
fn reason(error: &SessionError) -> &'static str {
    match error {
        SessionError::Session(cookie_session::SessionError::TooLong(_)) => "too_long",
        SessionError::Session(cookie_session::SessionError::NotJson) => "not_json",
        SessionError::Session(cookie_session::SessionError::WrongType { .. }) => "wrong_type",
        SessionError::Session(_) => "other",
        SessionError::TooLate => "too_late",
        SessionError::Nested => "nested",
        SessionError::Poisoned => "poisoned",
        SessionError::NoLayer { .. } => "no_layer",
    }
}

const TARGET: &str = "cookie_session";

/// From which share of the limit on a cookie is worth a warning, in percent.
const NEAR: usize = 75;
