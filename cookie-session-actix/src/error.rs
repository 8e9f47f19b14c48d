//! What can go wrong for a handler, and the response it turns into.

use std::error::Error;
use std::fmt;

use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use cookie_session::TooLong;

/// Why a session could not do what a handler asked for.
///
/// As a response it is a 500 with an empty body and `cache-control: no-store`:
/// what went wrong is no visitor's business. The session is saved all the
/// same, as it was before the call that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionError {
    /// The value does not fit, is no JSON, or is of another type.
    Session(cookie_session::SessionError),
    /// The head of the response is already on its way, and the cookie with it.
    TooLate,
    /// The session was used inside a closure that was given to this same
    /// session.
    Nested,
    /// A closure that was given to the session panicked, so nobody knows what
    /// state the session is in. It is not saved: the response becomes a 500 and
    /// the old cookie stays.
    Panicked,
    /// No [`SessionMiddleware`](crate::SessionMiddleware) wraps this route.
    NoMiddleware,
    /// Two [`SessionMiddleware`](crate::SessionMiddleware) around this route
    /// have the same cookie name.
    SameCookieTwice,
}

impl SessionError {
    /// Returns by how much the session is too large, if that is what is wrong:
    /// the one error that a visitor can do something about.
    pub fn as_too_long(&self) -> Option<&TooLong> {
        match self {
            Self::Session(cookie_session::SessionError::TooLong(too_long)) => Some(too_long),
            _ => None,
        }
    }

    /// Returns a short, stable name for logs and metrics.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Session(cookie_session::SessionError::TooLong(_)) => "too_long",
            Self::Session(cookie_session::SessionError::NotJson) => "not_json",
            Self::Session(cookie_session::SessionError::WrongType { .. }) => "wrong_type",
            Self::Session(_) => "session",
            Self::TooLate => "too_late",
            Self::Nested => "nested",
            Self::Panicked => "panicked",
            Self::NoMiddleware => "no_middleware",
            Self::SameCookieTwice => "same_cookie_twice",
        }
    }
}

impl From<cookie_session::SessionError> for SessionError {
    fn from(error: cookie_session::SessionError) -> Self {
        Self::Session(error)
    }
}

impl fmt::Display for SessionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Session(error) => return error.fmt(f),
            Self::TooLate => "session was used after the head of the response was ready",
            Self::Nested => "session was used inside a closure that was given to it",
            Self::Panicked => "a closure that was given to the session panicked",
            Self::NoMiddleware => "no session middleware wraps this route",
            Self::SameCookieTwice => "two session middleware around this route have the same cookie name",
        })
    }
}

impl Error for SessionError {}

impl ResponseError for SessionError {
    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::new(self.status_code());
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}
