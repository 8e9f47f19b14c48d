//! What makes sessions and tokens of the kind that a binary is for: what everybody can read, or what is encrypted.

use std::time::Duration;

use cookie_session::signed_cookie::{self, SignedCookie};
use cookie_session::{Builder, Codec, ConfigError, KeyRing, Sessions};

pub use super::forge::ENCRYPTED;

/// A payload grows by so many bytes of JSON at a time.
pub const STEP: usize = if ENCRYPTED { 32 } else { 1 };

/// Returns the length of the token of a JSON text of this length, with a timestamp of these years.
pub fn token_len(json: usize) -> usize {
    let bytes = json.next_multiple_of(STEP) + if ENCRYPTED { 16 } else { 0 };
    (bytes * 4).div_ceil(3) + ".aE7hgA.".len() + 43
}

pub fn builder(keys: KeyRing) -> Builder {
    let builder = Sessions::builder(keys);
    #[cfg(feature = "encrypted")]
    if ENCRYPTED {
        return builder.encrypted();
    }
    builder
}

pub fn codec(
    keys: &KeyRing,
    salt: impl AsRef<[u8]>,
    max_age: impl Into<Option<Duration>>,
) -> Result<Codec, ConfigError> {
    #[cfg(feature = "encrypted")]
    if ENCRYPTED {
        return Codec::encrypted(keys, salt, max_age);
    }
    Codec::new(keys, salt, max_age)
}

pub fn signed_cookie<T>(keys: &KeyRing, name: &str) -> signed_cookie::Builder<T> {
    let builder = SignedCookie::builder(keys, name);
    #[cfg(feature = "encrypted")]
    if ENCRYPTED {
        return builder.encrypted();
    }
    builder
}
