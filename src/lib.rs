#![doc = include_str!("../README.md")]

mod sessions;
mod config;
mod session;
mod commit;
mod header;
mod codec;
mod envelope;
mod data;
mod json;
mod payload;
mod token;
mod signer;
mod key;
mod timestamp;
mod error;

pub use codec::Codec;
pub use commit::Commit;
pub use config::{Builder, Lifetime, Profile};
pub use error::{ConfigError, DecodeError, EncodeError, SessionError, TooLong};
pub use header::SameSite;
pub use key::{KeyError, KeyErrorKind, KeyRing, SecretKey};
pub use session::Session;
pub use sessions::Sessions;
pub use signer::KeyRole;
