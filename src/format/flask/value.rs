//! A value of a Flask session whose type is known only when it is read.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::time::SystemTime;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::reader::Reader;
use super::tag;
use super::types::{Bytes, DateTime, Markup, Tuple, Uuid, write_tag};
use crate::json::checked::NUMBER_TEXT;

/// Any value that a Flask session can hold, with the type that it has in
/// Python.
///
/// For what another application put there: read as this, it can be looked at,
/// changed and written back, and nothing loses its type. `serde_json::Value`
/// has no tuples and no markup, and makes floats of large ints. It reads JSON
/// text, and so works with [`Session`](crate::Session) and `serde_json`, but
/// not with other formats of serde.
///
/// ```
/// use cookie_session::{Sessions, flask};
/// use flask::Value;
///
/// # let secret = flask::SecretKey::new("the secret")?;
/// let sessions = Sessions::builder(flask::Profile::new(secret)).build()?;
/// let mut session = sessions.open(["session=…"]);
///
/// // Whatever is there, with its keys in Flask's order.
/// let Value::Dict(mut all) = session.read()? else { unreachable!("a session is a dict") };
/// for (key, value) in &all {
///     println!("{key}: {value:?}");
/// }
/// all.insert("position".into(), Value::Tuple(vec![1.into(), 2.into()]));
/// session.write(&all)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// What Python can write and Rust cannot hold is
/// [`WrongType`](crate::SessionError::WrongType): a text with lone surrogates,
/// a float out of range, more than 127 levels. So is a tag with a content that
/// no Flask writes.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// `None`.
    None,
    /// `bool`.
    Bool(bool),
    /// `int`, of any size.
    Int(Int),
    /// `float`. NaN and the infinities are not written.
    Float(f64),
    /// `str`.
    Str(String),
    /// `list`.
    List(Vec<Self>),
    /// `tuple`: see [`Tuple`](super::Tuple).
    Tuple(Vec<Self>),
    /// `dict`, whose keys are texts in a session. Flask writes them in this
    /// order.
    Dict(BTreeMap<String, Self>),
    /// `bytes`: see [`Bytes`](super::Bytes).
    Bytes(Vec<u8>),
    /// `datetime`: see [`DateTime`](super::DateTime).
    DateTime(SystemTime),
    /// `Markup`, which templates do not escape: see [`Markup`](super::Markup).
    Markup(String),
    /// `UUID`: see [`Uuid`](super::Uuid).
    Uuid([u8; 16]),
}

impl Value {
    /// Returns the text of a `str` or of `Markup`, which is a `str` in Python
    /// too. Escape it for a page, unless it is [`Markup`](Self::Markup).
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(text) | Self::Markup(text) => Some(text),
            _ => None,
        }
    }

    /// Reads the next value of a text that is JSON.
    fn read(text: &mut Reader<'_>, depth: usize) -> Option<Self> {
        match text.peek()? {
            b'[' => Self::read_list(text, deeper(depth)?).map(Self::List),
            b'{' => Self::read_object(text, deeper(depth)?),
            b'"' => serde_json::from_str(text.string()?).ok().map(Self::Str),
            _ => match text.word()? {
                "null" => Some(Self::None),
                "true" => Some(Self::Bool(true)),
                "false" => Some(Self::Bool(false)),
                number => Self::parse_number(number),
            },
        }
    }

    fn read_list(text: &mut Reader<'_>, depth: usize) -> Option<Vec<Self>> {
        text.enter()?;
        let mut items = Vec::new();
        while !text.leave()? {
            items.push(Self::read(text, depth)?);
        }
        Some(items)
    }

    fn read_object(text: &mut Reader<'_>, depth: usize) -> Option<Self> {
        let object = text.0;
        text.enter()?;
        let (mut members, mut tag) = (BTreeMap::new(), None);
        while !text.leave()? {
            let key = text.string()?;
            tag = tag::exact(key).filter(|_| members.is_empty());
            let value = Self::read(text, depth)?;
            // A key that comes twice is an error.
            if members.insert(serde_json::from_str(key).ok()?, value).is_some() {
                return None;
            }
        }
        match tag {
            Some(tag) if members.len() == 1 => {
                let object = object.get(..object.len().checked_sub(text.0.len())?)?;
                Self::of_tag(object, tag, members.into_values().next()?)
            }
            _ => Some(Self::Dict(members)),
        }
    }

    /// Returns what an object of one member stands for, given its tag and what is under it.
    fn of_tag(object: &str, tag: &str, content: Self) -> Option<Self> {
        match (tag, content) {
            (" t", Self::List(items)) => Some(Self::Tuple(items)),
            (" b", Self::Str(_)) => serde_json::from_str(object).ok().map(|Bytes(bytes)| Self::Bytes(bytes)),
            (" d", Self::Str(_)) => {
                serde_json::from_str(object).ok().map(|DateTime(time)| Self::DateTime(time))
            }
            (" m", Self::Str(html)) => Some(Self::Markup(html)),
            (" u", Self::Str(_)) => serde_json::from_str(object).ok().map(|Uuid(bytes)| Self::Uuid(bytes)),
            // Flask's own profile has undone the escapes; in a session that was migrated they stand.
            (tag::DICT, Self::Dict(inner)) if inner.len() == 1 => {
                let (key, value) = inner.into_iter().next()?;
                Some(Self::Dict(BTreeMap::from([(key.strip_suffix("__")?.to_owned(), value)])))
            }
            _ => None,
        }
    }

    fn parse_number(text: &str) -> Option<Self> {
        if text.contains(['.', 'e', 'E']) {
            return text.parse().ok().filter(|float: &f64| float.is_finite()).map(Self::Float);
        }
        text.parse().ok().map(Self::Int)
    }
}

/// Returns how much deeper it may go inside of an array or object: to the same
/// depth as serde_json, which reads everything else.
fn deeper(depth: usize) -> Option<usize> {
    depth.checked_sub(1).filter(|depth| *depth > 0)
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // The text itself: serde would make a float of a large int.
        let text = Box::<RawValue>::deserialize(deserializer)?;
        Self::read(&mut Reader(text.get()), tag::MAX_DEPTH)
            .ok_or_else(|| D::Error::custom("no value of Flask's"))
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::None => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Int(value) => value.serialize(serializer),
            Self::Float(value) => serializer.serialize_f64(*value),
            Self::Str(text) => serializer.serialize_str(text),
            Self::List(items) => items.serialize(serializer),
            Self::Tuple(items) => write_tag(serializer, " t", items),
            Self::Dict(members) => {
                let first = members.iter().next().filter(|_| members.len() == 1);
                match first.and_then(|(key, value)| Some((tag::named(key)?, value))) {
                    // Escaped here, so that it is read back where nothing else escapes.
                    Some((tag, value)) => {
                        let inner = BTreeMap::from([(format!("{tag}__"), value)]);
                        write_tag(serializer, tag::DICT, &inner)
                    }
                    None => members.serialize(serializer),
                }
            }
            Self::Bytes(bytes) => write_tag(serializer, " b", &BASE64_STANDARD.encode(bytes)),
            Self::DateTime(time) => DateTime(*time).serialize(serializer),
            Self::Markup(html) => write_tag(serializer, " m", html),
            Self::Uuid(bytes) => Uuid(*bytes).serialize(serializer),
        }
    }
}

macro_rules! from {
    ($($from:ty: $pattern:pat => $value:expr,)*) => {
        $(impl From<$from> for Value {
            fn from($pattern: $from) -> Self {
                $value
            }
        })*
    };
}

from! {
    bool: value => Self::Bool(value),
    i32: value => Self::Int(value.into()),
    i64: value => Self::Int(value.into()),
    u32: value => Self::Int(value.into()),
    u64: value => Self::Int(value.into()),
    Int: value => Self::Int(value),
    f64: value => Self::Float(value),
    &str: text => Self::Str(text.into()),
    String: text => Self::Str(text),
    Vec<Value>: items => Self::List(items),
    Tuple<Vec<Value>>: Tuple(items) => Self::Tuple(items),
    BTreeMap<String, Value>: members => Self::Dict(members),
    Bytes: Bytes(bytes) => Self::Bytes(bytes),
    DateTime: DateTime(time) => Self::DateTime(time),
    Markup: Markup(html) => Self::Markup(html),
    Uuid: Uuid(bytes) => Self::Uuid(bytes),
}

/// Python's `int`, which has no limits.
///
/// ```
/// use cookie_session::flask::Int;
///
/// let large: Int = "1000000000000000000000000000000000000000".parse()?;
/// assert_eq!(large.as_i64(), None);
/// assert_eq!(Int::from(42).as_i64(), Some(42));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Int(Digits);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Digits {
    Few(i128),
    /// Decimal, with its sign, and beyond what an `i128` can hold.
    Many(Box<str>),
}

impl Int {
    /// Returns the number, if an `i64` can hold it.
    pub fn as_i64(&self) -> Option<i64> {
        self.as_i128().and_then(|value| value.try_into().ok())
    }

    /// Returns the number, if a `u64` can hold it.
    pub fn as_u64(&self) -> Option<u64> {
        self.as_i128().and_then(|value| value.try_into().ok())
    }

    /// Returns the number, if an `i128` can hold it. The text of any is what
    /// `Display` shows.
    pub fn as_i128(&self) -> Option<i128> {
        match self.0 {
            Digits::Few(value) => Some(value),
            Digits::Many(_) => None,
        }
    }
}

macro_rules! int_from {
    ($($type:ty)*) => {
        $(impl From<$type> for Int {
            fn from(value: $type) -> Self {
                Self(Digits::Few(value.into()))
            }
        })*
    };
}

int_from!(i32 i64 i128 u32 u64);

impl FromStr for Int {
    type Err = ParseIntError;

    /// Reads decimal digits with an optional minus, as JSON spells an int.
    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let leads_with_zero = digits.len() > 1 && digits.starts_with('0');
        if digits.is_empty() || leads_with_zero || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(ParseIntError(()));
        }
        Ok(Self(text.parse().map_or_else(|_| Digits::Many(text.into()), Digits::Few)))
    }
}

/// A text that is no decimal integer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseIntError(());

impl fmt::Display for ParseIntError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a decimal integer")
    }
}

impl std::error::Error for ParseIntError {}

impl fmt::Display for Int {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Digits::Few(value) => value.fmt(f),
            Digits::Many(text) => text.fmt(f),
        }
    }
}

impl Serialize for Int {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Digits::Few(value) => {
                if let Ok(value) = i64::try_from(*value) {
                    serializer.serialize_i64(value)
                } else if let Ok(value) = u64::try_from(*value) {
                    serializer.serialize_u64(value)
                } else {
                    serializer.serialize_i128(*value)
                }
            }
            // A session writes it as a number. Elsewhere serde has nothing for it but text.
            Digits::Many(text) => serializer.serialize_newtype_struct(NUMBER_TEXT, text),
        }
    }
}

impl<'de> Deserialize<'de> for Int {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Box::<RawValue>::deserialize(deserializer)?;
        text.get().parse().map_err(D::Error::custom)
    }
}
