//! What becomes of a response: the headers that its session needs, or an empty
//! 500.

use std::cell::Cell;
use std::fmt;

use actix_web::dev::ServiceResponse;
use actix_web::http::header::{CACHE_CONTROL, HeaderMap, HeaderValue, InvalidHeaderValue, SET_COOKIE, VARY};
use actix_web::{Error, HttpResponse, ResponseError};
use cookie_session::Commit;

use crate::error::SessionError;
use crate::events;
use crate::slot::Slot;

/// Closes the slot and saves its session into the response, if there was any
/// use of it. A response whose session cannot be saved is replaced.
pub(crate) fn finish<B>(
    slot: &Slot,
    response: Result<ServiceResponse<B>, Error>,
) -> Result<ServiceResponse<B>, Error> {
    let failed = |failure| {
        events::save_failed(slot.cookie_name(), &failure);
        internal_error()
    };
    let Some(commit) = slot.save().map_err(|error| failed(Failure::Session(error)))? else {
        return response;
    };
    match response {
        Ok(mut response) => {
            write(&commit, response.headers_mut()).map_err(|_| failed(Failure::Header))?;
            events::saved(slot.cookie_name(), &commit);
            Ok(response)
        }
        // Middleware inside of this one failed. Its error becomes a response only outside of all
        // middleware, which may look at it until then.
        Err(mut error) => {
            let (cookie, told) = (slot.cookie_name().to_owned(), Cell::new(false));
            error.add_response_mapper(move |mut response| {
                let result = write(&commit, response.headers_mut());
                // An error may be made into a response more than once.
                if !told.replace(true) {
                    match &result {
                        Ok(()) => events::saved(&cookie, &commit),
                        Err(_) => events::save_failed(&cookie, &Failure::Header),
                    }
                }
                if result.is_ok() { response } else { empty_500() }
            });
            Err(error)
        }
    }
}

/// Returns a 500 that says nothing and that no cache keeps.
pub(crate) fn empty_500() -> HttpResponse {
    let mut response = HttpResponse::InternalServerError();
    response.insert_header((CACHE_CONTROL, "no-store")).finish()
}

/// Returns an error that becomes an [`empty_500`], for what has had its event.
pub(crate) fn internal_error() -> Error {
    Reported.into()
}

/// Why a session was not saved.
pub(crate) enum Failure {
    Session(SessionError),
    /// Text that no header can carry.
    Header,
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

#[derive(Debug)]
struct Reported;

impl fmt::Display for Reported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("session failed, as an event has told")
    }
}

impl ResponseError for Reported {
    fn error_response(&self) -> HttpResponse {
        empty_500()
    }
}
