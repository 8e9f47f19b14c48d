//! What can go wrong: at the outsider's hand ([`DecodeError`]), at the caller's
//! ([`SessionError`], [`EncodeError`]), and before the first request
//! ([`KeyError`](crate::KeyError), [`ConfigError`]).
//!
//! No error repeats input, data or key material, and none has a `source()`:
//! the text of a JSON error quotes what it could not parse.

use std::error::Error;
use std::fmt::{self, Write};

/// Why a presented cookie or token was refused: an outsider sent it.
///
/// The variants are in the order of the checks, so a later one means that the
/// token passed all earlier checks. They are for logs and metrics. To the
/// client every rejection must look like no cookie at all, or it becomes an
/// oracle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum DecodeError {
    /// The value is longer than any browser would store.
    TooLong,
    /// The value has not the shape of a token: two separators, a timestamp and
    /// a signature of the right length in canonical base64.
    Malformed,
    /// No key of the ring made this signature: another key, another cookie
    /// name or salt, another digest, or an altered token.
    InvalidSignature,
    /// The token was issued later than now plus the tolerated clock skew.
    NotYetValid,
    /// The token is older than it may be.
    Expired,
    /// The signature is right, but the content is not what this library
    /// writes: another program holds the key, or the type does not match.
    Payload,
}

impl DecodeError {
    /// Returns a short, stable name for logs and metrics, such as
    /// `invalid_signature`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::TooLong => "too_long",
            Self::Malformed => "malformed",
            Self::InvalidSignature => "invalid_signature",
            Self::NotYetValid => "not_yet_valid",
            Self::Expired => "expired",
            Self::Payload => "payload",
        }
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLong => "token is too long",
            Self::Malformed => "token is malformed",
            Self::InvalidSignature => "token signature does not match",
            Self::NotYetValid => "token was issued in the future",
            Self::Expired => "token has expired",
            Self::Payload => "token is genuine, but its payload cannot be read",
        })
    }
}

impl Error for DecodeError {}

/// Why a value could not be made into a token: our caller built it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EncodeError {
    /// The token would be longer than [`Codec`](crate::Codec) accepts.
    TooLong {
        /// The length that the token would have, in bytes.
        len: usize,
        /// The longest token that is accepted, in bytes.
        limit: usize,
    },
    /// The value has no JSON form: NaN, an infinity, a map whose keys are not
    /// strings, or a `Serialize` implementation that fails.
    NotJson,
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { len, limit } => write!(f, "token would be {len} bytes, the limit is {limit}"),
            Self::NotJson => f.write_str(NOT_JSON),
        }
    }
}

impl Error for EncodeError {}

/// Why a [`Session`](crate::Session) could not do what a handler asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionError {
    /// The cookie would be larger than a browser stores. The session is as it
    /// was before the call.
    TooLong(TooLong),
    /// The value has no JSON form: NaN, an infinity, a map whose keys are not
    /// strings; or [`write`](crate::Session::write) was given something that
    /// is not an object. The session is as it was before the call.
    NotJson,
    /// The value under this key is not of the type that was asked for, for
    /// example because another version of the program wrote it.
    WrongType {
        /// The name of the type that was asked for.
        expected: &'static str,
    },
}

impl fmt::Display for SessionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong(too_long) => too_long.fmt(f),
            Self::NotJson => f.write_str(NOT_JSON),
            Self::WrongType { expected } => write!(f, "session value is not of type {expected}"),
        }
    }
}

impl Error for SessionError {}

impl From<TooLong> for SessionError {
    fn from(too_long: TooLong) -> Self {
        Self::TooLong(too_long)
    }
}

/// How far a session is over the limit, and which keys take the space.
///
/// Browsers ignore a `Set-Cookie` whose name and value together pass 4096
/// octets (RFC 6265bis, section 5.6), without telling anybody. This library
/// counts before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TooLong {
    pub(crate) len: usize,
    pub(crate) limit: usize,
    pub(crate) largest: Vec<(String, usize)>,
}

impl TooLong {
    /// Returns how many bytes the name and value of the cookie would take.
    // A length is never "empty" here.
    #[expect(clippy::len_without_is_empty, reason = "the length of a cookie that was refused")]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Returns how many bytes they may take.
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// Returns the keys that take most, with the bytes of JSON under each,
    /// largest first, three at most. Keys are the program's own names; if yours
    /// hold personal data, do not log this.
    pub fn largest(&self) -> &[(String, usize)] {
        &self.largest
    }
}

impl fmt::Display for TooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "session cookie would be {} bytes, the limit is {}", self.len, self.limit)?;
        for (n, (key, bytes)) in self.largest.iter().enumerate() {
            let lead = if n == 0 { "; largest: " } else { ", " };
            // Escaped, since a key may be any text, and a line of a log should stay one.
            let shown = key.chars().take(LONGEST_KEY).flat_map(char::escape_debug);
            f.write_str(lead)?;
            shown.into_iter().try_for_each(|c| f.write_char(c))?;
            write!(f, " ({bytes} bytes)")?;
        }
        Ok(())
    }
}

impl Error for TooLong {}

/// Why [`Builder::build`](crate::Builder::build) or
/// [`Codec::new`](crate::Codec::new) refused a configuration, and what to
/// write instead.
///
/// Its [`Debug`](fmt::Debug) output is the same text, since that is what a
/// `main` that returns it prints.
#[derive(Clone, PartialEq, Eq)]
pub struct ConfigError {
    text: String,
}

impl ConfigError {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into() }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for ConfigError {}

/// How many characters of a key an error shows.
const LONGEST_KEY: usize = 64;

const NOT_JSON: &str =
    "value has no JSON form (NaN, an infinity, keys that are not strings, or not an object)";
