#![cfg_attr(docsrs, feature(doc_cfg))]
//! Sessions that live in a signed cookie, as in Flask: your data as JSON, a timestamp and an HMAC-SHA256 signature,
//! checked on the server at every request. The server keeps nothing, so every machine that holds the same keys serves
//! the same visitors.
//!
//! ```
//! use cookie_session::{KeyRing, SecretKey, Sessions};
//!
//! let keys = KeyRing::new(SecretKey::generate()?); // in production: KeyRing::from_env("SESSION_KEYS")?
//! let sessions = Sessions::builder(keys).build()?;
//!
//! let mut session = sessions.open(["theme=dark"]); // the Cookie lines of a request
//! session.insert("user_id", 42)?; // fails here if the cookie would be too large
//!
//! let commit = sessions.save(session)?;
//! for line in commit.set_cookies() {
//!     println!("Set-Cookie: {line}"); // append it to the response
//! }
//!
//! let session = sessions.open(commit.cookie_pair()); // the next request brings it back
//! assert_eq!(session.get::<u64>("user_id")?, Some(42));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! It knows no web framework, does no I/O and is not async. Take [`cookie-session-axum`] for axum and tower,
//! [`cookie-session-actix`] for actix-web; [adapters](guide::adapters) shows how to do without.
//!
//! The [guide] answers one question a page: what a signed cookie [cannot do](guide::limits), how long a session
//! [lives](guide::lifetimes), how to replace [keys](guide::keys), how to [log in and log out](guide::login), how to
//! [end](guide::ending) the sessions of a user, how to
//! [share](guide::python) a session with Flask, Django or Starlette, and how to find out
//! [why a cookie is refused](guide::command_line).
//!
//! [`cookie-session-axum`]: https://docs.rs/cookie-session-axum
//! [`cookie-session-actix`]: https://docs.rs/cookie-session-actix
#![forbid(unsafe_code)]

// The way of a request, and the room of each step:
//
//   sessions.rs  opens the session of a request and saves it       config/  the builder, what browsers demand, lifetimes,
//   session/     what a handler holds, its members, its headers             migrations, whether sessions are encrypted
//   format/      what a token means: the native format and its     http/    the Cookie header, Set-Cookie, caching, and
//                encrypted form, Flask's, Django's, Starlette's             requests that other sites cause
//   codec.rs     tokens of other purposes                          signed_cookie.rs  a cookie of one small value
//   token/       its text: grammar, signature, time, cipher        key/     secret keys and the ring of them
//   json/        values to JSON text and back                      error.rs what can go wrong
//                                                                  random.rs random bytes, where there are any
//                                                                  clock.rs  what time it is, where that is known
//
// No two files import each other, not even through others.
mod sessions;
mod config;
mod session;
mod http;
mod format;
mod codec;
pub mod signed_cookie;
mod token;
mod key;
mod json;
mod error;
mod random;
mod clock;

#[cfg(any(doc, doctest))]
pub mod guide;

pub use codec::{Codec, TokenInfo};
pub use config::Builder;
pub use config::lifetime::Lifetime;
pub use config::migration;
pub use error::{ConfigError, DecodeError, EncodeError, NotJson, SessionError, TooLong, WrongType};
#[cfg(feature = "django")]
pub use format::django;
pub use format::flash;
#[cfg(feature = "flask")]
pub use format::flask;
pub use format::profile::Profile;
#[cfg(feature = "starlette")]
pub use format::starlette;
pub use http::cross_origin;
pub use http::set_cookie::SameSite;
pub use key::{KeyError, KeyErrorKind, KeyRing, SecretKey};
pub use session::Session;
pub use session::commit::Commit;
pub use session::ending;
pub use sessions::Sessions;
pub use token::signer::KeyRole;
