#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod middleware;
mod session;
mod data;
mod headers;
mod shared;
mod events;
mod error;

pub use data::SessionData;
pub use error::SessionError;
pub use middleware::{SessionMiddleware, SessionService};
pub use session::{DefaultCookie, Session};
