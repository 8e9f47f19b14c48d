#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod layer;
mod extract;
mod session;
mod respond;
mod slot;
mod events;
mod error;

pub use error::SessionError;
pub use extract::SessionData;
pub use layer::{ResponseFuture, SessionLayer, SessionService};
pub use session::{DefaultCookie, Session};
