#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod layer;
mod extract;
mod session;
mod respond;
mod add_cookie;
#[cfg(feature = "testing")]
pub mod testing;

pub use add_cookie::AddCookie;
#[doc(inline)]
pub use cookie_session_adapter::{DefaultCookie, Handle, IfUnavailable, Standing, UseError};
pub use extract::SessionData;
pub use layer::{ResponseFuture, SessionLayer, SessionService};
pub use session::{CookieSession, CookieSessionError};

/// What a handler returns that uses a session: in the end a response, or the error of a [`CookieSession`].
pub type Result<T, E = CookieSessionError> = std::result::Result<T, E>;
