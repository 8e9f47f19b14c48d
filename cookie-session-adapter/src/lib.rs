#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod slot;
mod handle;
mod revalidate;
mod save;
mod shared;
mod types;
mod turns;
pub mod events;
mod error;
#[cfg(feature = "conformance")]
pub mod conformance;
#[cfg(feature = "testing")]
pub mod testing;

#[cfg(all(test, loom))]
mod models;

#[doc(hidden)]
pub use cookie_session::{EncodeError, SessionError, TooLong};
pub use error::UseError;
pub use handle::{DefaultCookie, Handle};
pub use revalidate::{IfUnavailable, Standing};
pub use save::{Head, NoHeader, NotSaved, Saved, add_cookie};
pub use shared::SharedSessions;
pub use slot::{Guard, Slot, join_lines};
#[doc(hidden)]
pub use types::constructor;
