#![cfg_attr(docsrs, feature(doc_cfg))]
#![doc = include_str!("../README.md")]
//!
//! actix-web's own `Logger` prints errors at the debug level, and that of a
//! session that is too large names its largest keys.

#![forbid(unsafe_code)]

mod middleware;
mod extract;
mod session;
mod respond;
mod add_cookie;
mod cross_origin;
#[cfg(feature = "testing")]
pub mod testing;
#[cfg(feature = "actix-session")]
mod bridge;

pub use add_cookie::AddCookie;
#[cfg(feature = "actix-session")]
#[cfg_attr(docsrs, doc(cfg(feature = "actix-session")))]
pub use bridge::{Bridge, BridgeService, NotEncrypted};
#[doc(inline)]
pub use cookie_session_adapter::{DefaultCookie, Handle, IfUnavailable, Standing, UseError};
pub use cross_origin::{CrossOrigin, CrossOriginError, CrossOriginService};
pub use extract::SessionData;
pub use middleware::{ResponseFuture, SessionMiddleware, SessionService};
pub use session::{CookieSession, CookieSessionError};

/// What a handler returns that uses a session: in the end a response, or the error of a [`CookieSession`].
pub type Result<T, E = CookieSessionError> = std::result::Result<T, E>;
