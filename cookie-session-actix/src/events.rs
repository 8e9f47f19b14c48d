//! What an operator can see. Names and fields are stable; none of them ever
//! holds a key, a token or data of a session.

use std::any::type_name;
use std::time::SystemTime;

use cookie_session::{Commit, KeyRole, Session, Sessions};
use tracing::{debug, error, info, warn};

use crate::error::SessionError;

pub(crate) fn opened(sessions: &Sessions, session: &Session) {
    let cookie = sessions.cookie_name();
    if let Some(key) = session.verified_by() {
        let age = session.issued_at().and_then(|issued| SystemTime::now().duration_since(issued).ok());
        let age = age.unwrap_or_default().as_secs();
        debug!(name: "session.opened", target: TARGET, cookie, age, key = key.as_str(), "session opened");
        if key == KeyRole::Fallback {
            info!(name: "session.fallback_key", target: TARGET, cookie, age, "session verified by a fallback key");
        }
    } else if let Some(rejection) = session.rejection() {
        info!(name: "session.rejected", target: TARGET, cookie, reason = rejection.as_str(), "session cookie rejected");
    }
}

pub(crate) fn saved(sessions: &Sessions, commit: &Commit) {
    let (cookie, limit) = (sessions.cookie_name(), commit.max_cookie_len());
    if let Some(bytes) = commit.cookie_len() {
        let percent = bytes.saturating_mul(100).checked_div(limit).unwrap_or_default();
        debug!(name: "session.saved", target: TARGET, cookie, bytes, limit, percent, "session saved");
        if percent >= NEAR_LIMIT {
            warn!(name: "session.near_limit", target: TARGET, cookie, bytes, limit, percent, "session is near the limit of its cookie");
        }
    } else if commit.is_removal() {
        debug!(name: "session.removed", target: TARGET, cookie, "session removed");
    } else if let Some(too_long) = commit.skipped() {
        warn!(name: "session.skipped", target: TARGET, cookie, bytes = too_long.len(), limit, "refresh of the session skipped, it does not fit");
    }
}

pub(crate) fn save_failed(sessions: &Sessions, error: &SessionError) {
    let cookie = sessions.cookie_name();
    // The text of `TooLong` names keys, which could hold personal data.
    let reason = error.as_str();
    error!(name: "session.save_failed", target: TARGET, cookie, reason, "session not saved, the response is a 500");
}

pub(crate) fn no_middleware<C>() {
    error!(
        name: "session.no_middleware",
        target: TARGET,
        marker = type_name::<C>(),
        "no session middleware wraps this route: add .wrap(SessionMiddleware::new(sessions)) to the App, or ::<Marker>::for_cookie(sessions) for a Session<Marker>",
    );
}

pub(crate) fn same_cookie_twice(cookie: &str) {
    error!(
        name: "session.same_cookie_twice",
        target: TARGET,
        cookie,
        "two session middleware around this route have the same cookie name: remove one of them, or give it another name",
    );
}

const TARGET: &str = "cookie_session";

/// From this share of the limit on, in percent, an operator should know.
const NEAR_LIMIT: usize = 75;
