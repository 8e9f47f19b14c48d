//! The error of a handler, and the response that says nothing of it.

use std::any::{TypeId, type_name};
use std::fmt;

use actix_web::body::BoxBody;
use actix_web::{HttpResponse, ResponseError};
use cookie_session::{SessionError, TooLong};
use cookie_session_adapter::{DefaultCookie, UseError, events};

use crate::respond;

/// Why a [`CookieSession`](crate::CookieSession) could not do what a handler
/// asked for.
///
/// Handlers may return it: as a response it is a 500 with an empty body and
/// `Cache-Control: no-store`, and one event for the log. What the handler did
/// to the session before is not saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CookieSessionError(pub UseError);

impl CookieSessionError {
    /// Returns by how much the session is over the limit and which keys take
    /// the space, if this is why: the one error that handlers answer in their
    /// own way.
    pub fn as_too_long(&self) -> Option<&TooLong> {
        self.0.as_too_long()
    }

    pub(crate) fn no_middleware<C: 'static>() -> Self {
        let middleware = if TypeId::of::<C>() == TypeId::of::<DefaultCookie>() {
            "new".to_owned()
        } else {
            format!("<{}>::for_cookie", type_name::<C>())
        };
        let remedy = format!(
            "add `.wrap(SessionMiddleware::{middleware}(sessions.clone()))` to the App, or to the scope of this route"
        );
        Self(UseError::NoLayer { remedy })
    }
}

impl From<UseError> for CookieSessionError {
    fn from(error: UseError) -> Self {
        Self(error)
    }
}

impl From<SessionError> for CookieSessionError {
    fn from(error: SessionError) -> Self {
        Self(error.into())
    }
}

impl fmt::Display for CookieSessionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for CookieSessionError {}

/// A 500 with an empty body that no cache keeps, and an error event. A debug
/// build says in the body that a middleware is missing.
impl ResponseError for CookieSessionError {
    fn error_response(&self) -> HttpResponse {
        events::error(&self.0);
        let response = respond::empty_500();
        match self.0.reason_for_developers() {
            Some(reason) => response.set_body(BoxBody::new(reason)),
            None => response,
        }
    }
}
