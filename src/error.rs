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
    /// The value does not have the shape of a token: two separators, a timestamp and
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
    /// The token is genuine and whole, and a later version of this library wrote
    /// something into it that this one must understand to serve it.
    Unsupported,
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
            Self::Unsupported => "unsupported",
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
            Self::Unsupported => "token is genuine, but a later version of this library is needed to read it",
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
            Self::NotJson => {
                f.write_str("value has no JSON form (NaN, an infinity, or keys that are not strings)")
            }
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
    NotJson(NotJson),
    /// The value is not of the type that was asked for, for example because
    /// another version of the program wrote it.
    WrongType(WrongType),
    /// The session was given to other [`Sessions`](crate::Sessions) than those
    /// that opened it. They would sign it under another name, key or format than
    /// it was checked for.
    OtherSessions,
    /// A form did not bring a [token](crate::Session::csrf_token) of this session:
    /// a page of another site posted it, or it is from before a login or a logout.
    ForeignForm,
    /// A [message](crate::Session::flash) for the next page is longer than 1 KiB.
    LongFlash,
    /// The operating system has no randomness.
    NoRandomness,
    /// The sessions of a Python framework have no stamps, and end by the
    /// framework's own means: see [the guide](crate::guide::ending).
    NoStamps,
    /// A genuine cookie came that this program cannot read, and to write another
    /// would end that session where it can be read, and lose what is in it. The
    /// cookie stays as it is. [`Session::rejection`](crate::Session::rejection)
    /// says why; [`Session::clear`](crate::Session::clear) gives the old session
    /// up, as every login does.
    Unreadable,
}

impl fmt::Display for SessionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong(too_long) => too_long.fmt(f),
            Self::NotJson(not_json) => not_json.fmt(f),
            Self::WrongType(wrong_type) => wrong_type.fmt(f),
            Self::NoStamps => f.write_str("sessions of a Python framework have no stamps; they end by the framework's own means"),
            Self::Unreadable => f.write_str(
                "session cookie is genuine, but cannot be read here; it is not overwritten unless the session is cleared first",
            ),
            Self::ForeignForm => f.write_str("form has no token of this session"),
            Self::LongFlash => f.write_str("message for the next page is longer than 1024 bytes as JSON"),
            Self::NoRandomness => f.write_str("operating system has no randomness"),
            Self::OtherSessions => {
                f.write_str("session belongs to other sessions; save it with those that opened it")
            }
        }
    }
}

impl Error for SessionError {}

impl From<TooLong> for SessionError {
    fn from(too_long: TooLong) -> Self {
        Self::TooLong(too_long)
    }
}

impl From<NotJson> for SessionError {
    fn from(not_json: NotJson) -> Self {
        Self::NotJson(not_json)
    }
}

impl From<WrongType> for SessionError {
    fn from(wrong_type: WrongType) -> Self {
        Self::WrongType(wrong_type)
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
    /// Returns how many bytes the name and value of the cookie would take, with
    /// the longest that may still be said about its permanence if they fit
    /// without.
    // A length is never "empty" here.
    #[expect(clippy::len_without_is_empty, reason = "the length of a cookie that was refused")]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Returns how many bytes they may take.
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// Returns up to three keys that take the most space, the largest first,
    /// each with its bytes of JSON. Keys are the program's own names; if yours
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
            write!(f, "{lead}{} ({bytes} bytes)", Shown(key))?;
        }
        Ok(())
    }
}

impl Error for TooLong {}

/// Which value is not of the type that was asked for, and what it is instead.
///
/// The text names the key that was asked for and what kind of JSON was found,
/// or which field is missing: the words of the program, and nothing of what
/// the session holds.
///
/// ```
/// # use cookie_session::{KeyRing, SecretKey, Sessions};
/// # let sessions = Sessions::builder(KeyRing::new(SecretKey::generate()?)).build()?;
/// # let mut session = sessions.start();
/// session.insert("cart", "three apples")?;
/// let error = session.get::<Vec<String>>("cart").unwrap_err();
/// assert_eq!(error.to_string(), "session value `cart` is a string, not a sequence");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongType(Box<Mismatch>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Mismatch {
    key: Option<String>,
    expected: &'static str,
    /// The way from the value to what does not match, in names of the program.
    path: String,
    problem: String,
}

impl WrongType {
    /// Makes an error of words that are the program's own.
    pub(crate) fn new(key: Option<&str>, expected: &'static str, path: String, problem: String) -> Self {
        Self(Box::new(Mismatch { key: key.map(str::to_owned), expected, path, problem }))
    }

    /// Returns the key that was asked for, or `None` if the session was read as
    /// a whole.
    pub fn key(&self) -> Option<&str> {
        self.0.key.as_deref()
    }

    /// Returns the name of the type that was asked for.
    pub fn expected(&self) -> &'static str {
        self.0.expected
    }
}

impl fmt::Display for WrongType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Mismatch { key, path, problem, .. } = &*self.0;
        match key {
            Some(key) => write!(f, "session value `{}{path}` {problem}", Shown(key)),
            None if path.is_empty() => write!(f, "session {problem}"),
            None => write!(f, "session value `{}` {problem}", path.trim_start_matches('.')),
        }
    }
}

impl Error for WrongType {}

/// Which value has no JSON form, and why.
///
/// ```
/// # use cookie_session::{KeyRing, SecretKey, Sessions};
/// # let sessions = Sessions::builder(KeyRing::new(SecretKey::generate()?)).build()?;
/// # let mut session = sessions.start();
/// let error = session.insert("price", f64::NAN).unwrap_err();
/// assert_eq!(error.to_string(), "session value `price` cannot be written: JSON has no NaN and no infinity");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotJson {
    key: Option<Box<str>>,
    why: Box<str>,
}

impl NotJson {
    /// Makes an error of words that are the program's own.
    pub(crate) fn new(key: Option<&str>, why: impl fmt::Display) -> Self {
        Self { key: key.map(Into::into), why: why.to_string().into() }
    }

    /// Returns the key that the value was for, or `None` if the session was
    /// written as a whole.
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }
}

impl fmt::Display for NotJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.key {
            Some(key) => write!(f, "session value `{}` cannot be written: {}", Shown(key), self.why),
            None => write!(f, "session cannot be written: {}", self.why),
        }
    }
}

impl Error for NotJson {}

/// A key for people to read: escaped, since it may be any text and a line of a
/// log should stay one.
struct Shown<'k>(&'k str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().take(LONGEST_KEY).flat_map(char::escape_debug).try_for_each(|c| f.write_char(c))
    }
}

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
