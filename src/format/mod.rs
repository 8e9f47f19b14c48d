//! The formats of sessions: this library's own, and those of the Python
//! frameworks. Here is decided which of them answers.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use serde::Serialize;

use crate::error::{ConfigError, DecodeError, SessionError};
use crate::format::flash::Flash;
use crate::format::native::Native;
use crate::format::rules::{Envelope, Keep, Rules};
use crate::json::object::Object;
use crate::json::{self, Style, Unwritable};
use crate::session::facts::Facts;
use crate::session::members::Data;

pub(crate) mod csrf;
pub mod flash;
pub(crate) mod form_tokens;
pub(crate) mod native;
pub(crate) mod profile;
pub(crate) mod rules;

#[cfg(feature = "django")]
pub mod django;
#[cfg(feature = "flask")]
pub mod flask;
#[cfg(feature = "starlette")]
pub mod starlette;

#[cfg(feature = "_zlib")]
mod compressed;
#[cfg(feature = "encrypted")]
mod private;
#[cfg(feature = "_python")]
pub(crate) mod python;

/// The rules of one of the formats.
#[derive(Clone, Copy)]
pub(crate) enum Format {
    Native(Native),
    #[cfg(feature = "flask")]
    Flask(flask::rules::Flask),
    #[cfg(feature = "django")]
    Django(django::rules::Django),
    #[cfg(feature = "starlette")]
    Starlette(starlette::rules::Starlette),
}

/// Does the same with the rules of whichever format it is.
macro_rules! with_rules {
    ($format:expr, $rules:ident => $answer:expr) => {
        match $format {
            Format::Native($rules) => $answer,
            #[cfg(feature = "flask")]
            Format::Flask($rules) => $answer,
            #[cfg(feature = "django")]
            Format::Django($rules) => $answer,
            #[cfg(feature = "starlette")]
            Format::Starlette($rules) => $answer,
        }
    };
}

/// Hands questions on to the rules: what each means, [`Rules`] says.
macro_rules! hand_on {
    ($(fn $question:ident($($name:ident: $type:ty),*) $(-> $answer:ty)?;)*) => {
        $(
            #[inline]
            pub(crate) fn $question(self, $($name: $type),*) $(-> $answer)? {
                with_rules!(self, rules => rules.$question($($name),*))
            }
        )*
    };
}

impl Format {
    pub(crate) const NATIVE: Self = Self::Native(Native { encrypted: false });
    #[cfg(feature = "encrypted")]
    pub(crate) const PRIVATE: Self = Self::Native(Native { encrypted: true });

    hand_on! {
        fn check_bounds() -> Result<(), ConfigError>;
        fn separator() -> u8;
        fn encode(json: &[u8], room: &mut [u8]) -> Option<usize>;
        fn payload_len(json: usize) -> usize;
        fn compress_from() -> Option<usize>;
        fn compresses(json: usize) -> bool;
        fn write_timestamp(seconds: u64, out: &mut Vec<u8>);
        fn read_timestamp(text: &[u8]) -> Option<u64>;
        fn second(now: Duration) -> u64;
        fn style() -> &'static Style;
        fn unescape(value: &str) -> Option<Cow<'_, str>>;
        fn object(data: &Data) -> Cow<'_, str>;
        fn to_object(value: String) -> Option<String>;
        fn takes_first() -> bool;
        fn takes_last() -> bool;
        fn unquote(value: &[u8]) -> &[u8];
        fn read(payload: &[u8], check: impl Fn(u64, bool) -> Result<(), DecodeError>) -> Result<Envelope, DecodeError>;
        fn write(created: u64, permanent: bool, data: &Data, facts: &Facts, out: &mut Vec<u8>);
        fn max_len(data: &Data, facts: &Facts) -> usize;
        fn own_key() -> Option<&'static str>;
        fn accepts(key: &str, json: &str) -> bool;
        fn keeps_empty() -> bool;
        fn is_permanent(data: &Data, beside: bool) -> bool;
        fn set_permanent(data: &mut Data, beside: &mut bool, permanent: bool, lifetime: u64);
        fn is_refresh_due(data: &Data, age: u64, idle: u64) -> bool;
        fn keep(data: &Data, left: i64, now: Duration) -> Keep;
        fn counts_from_now() -> bool;
        fn csrf_key() -> Option<&'static str>;
        fn new_csrf_secret() -> Result<String, SessionError>;
        fn csrf_token(secret: &str) -> Result<Option<String>, SessionError>;
        fn is_csrf_token(secret: &str, text: &[u8]) -> bool;
        fn flash_key() -> Option<&'static str>;
        fn flash_entry(category: &str, message: &str) -> Result<String, Unwritable>;
        fn read_flash(entry: &str) -> Option<Flash>;
        fn flash_entries(queue: &str) -> Option<Vec<Cow<'_, str>>>;
        fn flash_queue(entries: &[Cow<'_, str>]) -> Result<String, Unwritable>;
    }

    /// Returns a value as the object of a whole session, if that is easily told.
    pub(crate) fn whole<T: Serialize + ?Sized>(self, value: &T) -> Option<Object> {
        with_rules!(self, rules => rules.whole(value))
    }

    /// Returns a value of a session as JSON text.
    pub(crate) fn to_text<T: Serialize + ?Sized>(self, value: &T) -> Result<String, Unwritable> {
        json::text(with_rules!(self, rules => rules.to_bytes(value))?)
    }

    /// Writes the value of another token as JSON text.
    pub(crate) fn write_token<T: Serialize + ?Sized>(
        self,
        value: &T,
        out: &mut Vec<u8>,
    ) -> Result<(), Unwritable> {
        with_rules!(self, rules => rules.write_token(value, out))
    }

    pub(crate) fn decode_with<R>(
        self,
        payload: &[u8],
        read: impl FnOnce(&str) -> Result<R, DecodeError>,
    ) -> Result<R, DecodeError> {
        with_rules!(self, rules => rules.decode_with(payload, read))
    }

    /// Says whether it is this library's own.
    pub(crate) fn is_native(self) -> bool {
        matches!(self, Self::Native(_))
    }
}

impl fmt::Debug for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        with_rules!(self, rules => rules.fmt(f))
    }
}

#[cfg(all(test, feature = "flask", feature = "django", feature = "starlette"))]
mod costs;
