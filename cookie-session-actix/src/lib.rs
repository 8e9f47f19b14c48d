#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod middleware;
mod extract;
mod session;
mod respond;
mod slot;
mod events;
mod error;

pub use error::SessionError;
pub use extract::SessionData;
pub use middleware::{SessionMiddleware, SessionService};
pub use session::{DefaultCookie, Session};
