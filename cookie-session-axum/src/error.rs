//! What can go wrong in a handler, and the response that says nothing of it.

use std::error::Error;
use std::fmt;

use axum_core::body::Body;
use axum_core::response::{IntoResponse, Response};
use cookie_session::TooLong;

use crate::{events, respond};

/// Why a [`Session`](crate::Session) could not do what a handler asked for.
///
/// Handlers may return it: as a response it is a 500 with an empty body and
/// `Cache-Control: no-store`, and one event for the log. What the handler did
/// to the session before is saved all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionError {
    /// The session refused it: the cookie would be too long, or a value is not
    /// of the type that was asked for, or has no JSON form.
    Session(cookie_session::SessionError),
    /// The head of the response is on its way, and the cookie with it, or the
    /// request was given up. Nothing was changed.
    TooLate,
    /// The session was asked for inside of a closure that it was running, of
    /// `with` or `update`. The same answer is given after a second to another
    /// thread that waits for such a closure. Nothing was changed.
    Nested,
    /// A closure of `with` or `update` has panicked. The session is neither
    /// used nor saved any more in this request.
    Poisoned,
    /// No layer for this cookie is around the handler.
    NoLayer {
        /// The name of the marker type.
        marker: &'static str,
    },
}

impl SessionError {
    /// Returns by how much the session is over the limit and which keys take
    /// the space, if this is why: the one error that handlers answer in their
    /// own way.
    pub fn as_too_long(&self) -> Option<&TooLong> {
        match self {
            Self::Session(cookie_session::SessionError::TooLong(too_long)) => Some(too_long),
            _ => None,
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
        match self {
            Self::Session(error) => error.fmt(f),
            Self::TooLate => f.write_str("session was used after the head of the response was ready"),
            Self::Nested => f.write_str("session was used inside of a closure that it runs"),
            Self::Poisoned => f.write_str("session was given up, since a closure that it ran panicked"),
            Self::NoLayer { marker } => {
                f.write_str("session has no layer: add `.layer(SessionLayer::")?;
                if *marker == std::any::type_name::<crate::DefaultCookie>() {
                    f.write_str("new(sessions))`")?;
                } else {
                    write!(f, "<{marker}>::for_cookie(sessions))`")?;
                }
                f.write_str(" to the router, after its routes")
            }
        }
    }
}

impl Error for SessionError {}

/// A 500 with an empty body that no cache keeps, and an error event.
impl IntoResponse for SessionError {
    fn into_response(self) -> Response {
        events::error(&self);
        respond::internal_error::<Body>()
    }
}
