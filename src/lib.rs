#![cfg_attr(docsrs, feature(doc_cfg))]
#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod sessions;
mod config;
mod session;
mod commit;
mod header;
#[cfg(feature = "flask")]
pub mod flask;
#[cfg(feature = "django")]
pub mod django;
#[cfg(feature = "starlette")]
pub mod starlette;
mod dialect;
mod codec;
mod envelope;
mod data;
mod json;
mod checked;
#[cfg(feature = "_python")]
mod python;
mod payload;
mod token;
mod signer;
mod key;
mod timestamp;
mod base64url;
mod error;

#[cfg(all(any(doc, doctest), feature = "flask", feature = "django", feature = "starlette"))]
#[doc = include_str!("../docs/python.md")]
pub mod python_guide {}

pub use codec::Codec;
pub use commit::Commit;
pub use config::{Builder, Lifetime, Profile};
pub use error::{ConfigError, DecodeError, EncodeError, SessionError, TooLong};
pub use header::SameSite;
pub use key::{KeyError, KeyErrorKind, KeyRing, SecretKey};
pub use session::Session;
pub use sessions::Sessions;
pub use signer::KeyRole;
#[cfg(feature = "_python")]
pub use signer::{Digest, KeyDerivation};
