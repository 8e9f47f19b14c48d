//! What becomes of a response: the headers that its session needs, or an empty
//! 500.

use cookie_session::Commit;
use http::header::{CACHE_CONTROL, InvalidHeaderValue, SET_COOKIE, VARY};
use http::{HeaderMap, HeaderValue, Response, StatusCode};

use crate::error::SessionError;
use crate::events;
use crate::slot::Slot;

/// Closes the slot and saves its session into the response, if there was any
/// use of it. A response whose session cannot be saved is replaced.
pub(crate) fn finish<B: Default>(slot: &Slot, mut response: Response<B>) -> Response<B> {
    match save(slot, response.headers_mut()) {
        Ok(()) => response,
        Err(failure) => {
            events::save_failed(slot.cookie_name(), &failure);
            internal_error()
        }
    }
}

/// Returns a 500 that says nothing and that no cache keeps.
pub(crate) fn internal_error<B: Default>() -> Response<B> {
    let mut response = Response::new(B::default());
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Why a session was not saved.
pub(crate) enum Failure {
    Session(SessionError),
    /// Text that no header can carry.
    Header,
}

fn save(slot: &Slot, headers: &mut HeaderMap) -> Result<(), Failure> {
    if let Some(commit) = slot.save()? {
        write(&commit, headers)?;
        events::saved(slot.cookie_name(), &commit);
    }
    Ok(())
}

fn write(commit: &Commit, headers: &mut HeaderMap) -> Result<(), InvalidHeaderValue> {
    for line in commit.set_cookies() {
        let mut value = HeaderValue::from_str(line)?;
        // Not for `Debug` output, nor for the compression tables of HTTP/2.
        value.set_sensitive(true);
        headers.append(SET_COOKIE, value);
    }
    if let Some(text) = commit.vary(headers.get_all(VARY)) {
        headers.insert(VARY, text.try_into()?);
    }
    if let Some(text) = commit.cache_control(headers.get_all(CACHE_CONTROL)) {
        headers.insert(CACHE_CONTROL, text.try_into()?);
    }
    for name in commit.remove_headers() {
        // A response has few headers, and hashing a name takes longer than to compare it with theirs.
        if headers.keys().any(|present| present.as_str().eq_ignore_ascii_case(name)) {
            headers.remove(*name);
        }
    }
    Ok(())
}

impl From<SessionError> for Failure {
    fn from(error: SessionError) -> Self {
        Self::Session(error)
    }
}

impl From<InvalidHeaderValue> for Failure {
    fn from(_: InvalidHeaderValue) -> Self {
        Self::Header
    }
}
