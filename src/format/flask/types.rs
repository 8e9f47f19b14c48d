//! The Python types that Flask keeps in a session beside JSON's own.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error as _, MapAccess, Visitor};
use serde::ser::{Error as _, Serialize, SerializeStruct, Serializer};
use time::{OffsetDateTime, PrimitiveDateTime};

use crate::format::flask::sequence::is_sequence;
use crate::format::flask::tag::TAG;
use crate::http::set_cookie::HTTP_DATE;

/// Python's `bytes`: `{" b": "<base64>"}`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Bytes(pub Vec<u8>);

/// Python's `datetime`, in UTC and to the second, which is what Flask keeps of
/// it: `{" d": "Thu, 02 Jan 2020 03:04:05 GMT"}`.
///
/// A time before the year 100 or after 9999 has no JSON form: Python reads the
/// year 99 as 1999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DateTime(pub SystemTime);

/// Markup that is safe to show: `{" m": "<b>hi</b>"}`.
///
/// Python's templates do not escape it. Never make one of a visitor's text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Markup(pub String);

/// Python's `tuple`: `{" t": [1, 2]}`. Holds anything that serializes as a
/// sequence, such as a Rust tuple or a `Vec`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Tuple<T>(pub T);

/// Python's `UUID`, as 16 bytes: `{" u": "<32 hex digits>"}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Uuid(pub [u8; 16]);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        write_tag(serializer, " b", &BASE64_STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text: Cow<'_, str> = read_tag(deserializer, " b")?;
        BASE64_STANDARD.decode(text.as_bytes()).map(Self).map_err(|_| D::Error::custom("not base64"))
    }
}

impl Serialize for DateTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let seconds = match self.0.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_secs()),
            // Rounds down, as Python drops the microseconds of a date.
            Err(before) => {
                let before = before.duration();
                let whole = before.as_secs().saturating_add(u64::from(before.subsec_nanos() > 0));
                i64::try_from(whole).map(i64::saturating_neg)
            }
        };
        let date = seconds
            .ok()
            .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
            .filter(|date| YEARS.contains(&date.year()))
            .and_then(|date| date.format(HTTP_DATE).ok())
            .ok_or_else(|| S::Error::custom("outside the years 100 to 9999"))?;
        write_tag(serializer, " d", &date)
    }
}

impl<'de> Deserialize<'de> for DateTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text: Cow<'_, str> = read_tag(deserializer, " d")?;
        let date =
            PrimitiveDateTime::parse(&text, HTTP_DATE).ok().filter(|date| YEARS.contains(&date.year()));
        let date = date.ok_or_else(|| D::Error::custom("not a date"))?;
        let seconds = date.assume_utc().unix_timestamp();
        let time = match u64::try_from(seconds) {
            Ok(after) => SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(after)),
            Err(_) => SystemTime::UNIX_EPOCH.checked_sub(Duration::from_secs(seconds.unsigned_abs())),
        };
        time.map(Self).ok_or_else(|| D::Error::custom("no time of this platform"))
    }
}

impl Serialize for Markup {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        write_tag(serializer, " m", &self.0)
    }
}

impl<'de> Deserialize<'de> for Markup {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read_tag(deserializer, " m").map(Self)
    }
}

impl<T: Serialize> Serialize for Tuple<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Flask fails on anything else, for this visitor and on every request.
        if !is_sequence(&self.0) {
            return Err(S::Error::custom("a tuple is a sequence"));
        }
        write_tag(serializer, " t", &self.0)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Tuple<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read_tag(deserializer, " t").map(Self)
    }
}

impl Serialize for Uuid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        write_tag(serializer, " u", &format_args!("{:032x}", u128::from_be_bytes(self.0)))
    }
}

impl<'de> Deserialize<'de> for Uuid {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text: Cow<'_, str> = read_tag(deserializer, " u")?;
        let is_hex = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        u128::from_str_radix(&text, 16)
            .ok()
            .filter(|_| is_hex)
            .map(|value| Self(value.to_be_bytes()))
            .ok_or_else(|| D::Error::custom("not 32 hex digits"))
    }
}

/// The years that Python reads as they are written.
const YEARS: std::ops::RangeInclusive<i32> = 100..=9999;

pub(super) fn write_tag<S: Serializer>(
    serializer: S,
    tag: &'static str,
    value: &impl Serialize,
) -> Result<S::Ok, S::Error> {
    let mut object = serializer.serialize_struct(TAG, 1)?;
    object.serialize_field(tag, value)?;
    object.end()
}

fn read_tag<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
    tag: &'static str,
) -> Result<T, D::Error> {
    struct TagVisitor<T>(&'static str, PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for TagVisitor<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("one of Flask's tags")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
            match map.next_key_seed(Is(self.0))? {
                Some(true) => map.next_value(),
                _ => Err(A::Error::custom("another tag")),
            }
        }
    }
    deserializer.deserialize_map(TagVisitor(tag, PhantomData))
}

/// Reads a key and says whether it is a tag. One that had to be unescaped is
/// none: so are spelled the keys of objects that only look like a tag.
struct Is(&'static str);

impl<'de> DeserializeSeed<'de> for Is {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Is {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, key: &'de str) -> Result<bool, E> {
        Ok(key == self.0)
    }

    /// The key of a `serde_json::Value`.
    fn visit_string<E>(self, key: String) -> Result<bool, E> {
        Ok(key == self.0)
    }

    fn visit_str<E>(self, _: &str) -> Result<bool, E> {
        Ok(false)
    }
}
