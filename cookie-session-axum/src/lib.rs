#![doc = include_str!("../README.md")]
//!
//! # Events
//!
//! Names, fields and the target `cookie_session` are stable. `cookie` is the
//! cookie's name. No event has a secret key, a token, or a key or value of a
//! session.
//!
//! | name | level | when | fields |
//! |---|---|---|---|
//! | `session.opened` | debug | a cookie verified | `cookie`, `age` in seconds, `key`: `current` or `fallback` |
//! | `session.fallback_key` | info | a fallback key verified it; when these end, the old key can go | `cookie`, `age` |
//! | `session.rejected` | info | no presented cookie was accepted | `cookie`, `reason` as in [`DecodeError::as_str`] |
//! | `session.saved` | debug | the cookie is set, unless something outside replaces the response | `cookie`, `bytes`, `limit`, `percent` |
//! | `session.near_limit` | warn | it takes 75 % of the limit or more | `cookie`, `bytes`, `limit`, `percent` |
//! | `session.removed` | debug | the cookie is removed | `cookie` |
//! | `session.skipped` | warn | a refresh did not fit, the old cookie stays | `cookie`, `bytes`, `limit` |
//! | `session.save_failed` | error | the response is a 500 instead | `cookie`, `reason`, `bytes` and `limit` if too long |
//! | `session.error` | error | a [`SessionError`] became the response | `reason`, `bytes` and `limit` if too long |
//! | `session.same_cookie_twice` | error | two layers around one route have the same cookie | `cookie` |
//!
//! [`DecodeError::as_str`]: cookie_session::DecodeError::as_str

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
