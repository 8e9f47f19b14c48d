#![cfg_attr(docsrs, feature(doc_cfg))]
#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod sessions;
mod config;
mod session;
mod http;
mod format;
mod codec;
mod token;
mod key;
mod json;
mod error;

#[cfg(all(any(doc, doctest), feature = "flask", feature = "django", feature = "starlette"))]
#[doc = include_str!("../docs/python.md")]
pub mod python_guide {}

pub use codec::Codec;
pub use config::{Builder, Lifetime, Profile};
pub use error::{ConfigError, DecodeError, EncodeError, SessionError, TooLong};
#[cfg(feature = "django")]
pub use format::django;
#[cfg(feature = "flask")]
pub use format::flask;
#[cfg(feature = "starlette")]
pub use format::starlette;
pub use http::SameSite;
pub use key::{KeyError, KeyErrorKind, KeyRing, SecretKey};
pub use session::Session;
pub use session::commit::Commit;
pub use sessions::Sessions;
pub use token::signer::KeyRole;
#[cfg(feature = "_python")]
pub use token::signer::{Digest, KeyDerivation};
