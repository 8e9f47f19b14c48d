//! Why a use of the session failed.

use std::error::Error;
use std::fmt;

use cookie_session::{EncodeError, SessionError, TooLong};

use crate::turns::NoTurn;

/// Why a use of the session failed: what the `CookieSessionError` of each
/// adapter holds.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UseError {
    /// The session refused it: the cookie would be too long, or a value is not
    /// of the type that was asked for, or has no JSON form.
    Session(SessionError),
    /// The response's headers are sent, and the cookie with them, or the
    /// request was given up. Nothing was changed, or the change was lost.
    TooLate,
    /// A closure of `with` or `update` has the session: around this use, or on
    /// another thread. Nobody waits for it. Nothing was changed.
    Busy,
    /// A closure of `with` or `update` has panicked. The session is neither
    /// used nor saved any more in this request.
    Poisoned,
    /// A [`SignedCookie`](cookie_session::signed_cookie::SignedCookie) could not
    /// be set.
    Cookie(EncodeError),
    /// No layer for this cookie is around the handler.
    NoLayer {
        /// What is to be done, for the log: "add … to …".
        remedy: String,
    },
}

impl UseError {
    /// Returns by how much the session is over the limit and which keys take
    /// the space, if this is why: the one error that handlers answer in their
    /// own way.
    pub fn as_too_long(&self) -> Option<&TooLong> {
        match self {
            Self::Session(SessionError::TooLong(too_long)) => Some(too_long),
            _ => None,
        }
    }

    /// Returns the status of the response that this becomes: 403 if a form had no
    /// token of its session, otherwise 500.
    pub fn status(&self) -> u16 {
        match self {
            Self::Session(SessionError::ForeignForm) => 403,
            _ => 500,
        }
    }

    /// Returns what an adapter puts into the body of the 500 that this becomes,
    /// where the body is for developers: that a layer is missing, in a debug
    /// build. Otherwise the body is empty, and the reason is in the log alone.
    pub fn reason_for_developers(&self) -> Option<String> {
        (cfg!(debug_assertions) && matches!(self, Self::NoLayer { .. })).then(|| self.to_string())
    }
}

impl From<SessionError> for UseError {
    fn from(error: SessionError) -> Self {
        Self::Session(error)
    }
}

impl From<EncodeError> for UseError {
    fn from(error: EncodeError) -> Self {
        Self::Cookie(error)
    }
}

impl From<NoTurn> for UseError {
    fn from(no_turn: NoTurn) -> Self {
        match no_turn {
            NoTurn::InUse => Self::Busy,
            NoTurn::Poisoned => Self::Poisoned,
            NoTurn::Closed => Self::TooLate,
        }
    }
}

impl fmt::Display for UseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Session(error) => error.fmt(f),
            Self::TooLate => f.write_str("session was used after the response's headers were sent"),
            Self::Busy => {
                f.write_str("session was used while a closure had it, around this use or on another thread")
            }
            Self::Poisoned => f.write_str("session was given up, since a closure that it ran panicked"),
            Self::Cookie(error) => write!(f, "signed cookie cannot be set: {error}"),
            Self::NoLayer { remedy } => write!(f, "session has no layer: {remedy}"),
        }
    }
}

impl Error for UseError {}
