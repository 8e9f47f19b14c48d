//! Writes values as Flask's serializer does: objects that it would take for one
//! of its tags are escaped.

use serde::ser::{Error, Serialize, SerializeMap, SerializeStruct, Serializer};
use serde_json::value::RawValue;

use crate::format::flask::tag;
use crate::format::python;
use crate::json::checked::{Checked, Objects, RAW_VALUE, checked};
use crate::json::{self, Unwritable};

/// Returns a value of a session as JSON text, as bytes that are UTF-8.
pub(crate) fn to_bytes<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, Unwritable> {
    python::to_bytes::<Tagged, T>(value, false)
}

fn to_text<T: Serialize + ?Sized>(value: &T) -> Result<String, Unwritable> {
    json::text(to_bytes(value)?)
}

/// Objects that look like one of the tags are escaped.
struct Tagged;

impl Objects for Tagged {
    type Map<S: Serializer> = Map<S>;
    type Struct<S: Serializer> = Struct<S>;

    fn begin_map<S: Serializer>(serializer: S, len: Option<usize>) -> Result<Map<S>, S::Error> {
        Ok(Map::Held(Some(Held::new(serializer, len))))
    }

    fn begin_struct<S: Serializer>(
        serializer: S,
        name: &'static str,
        len: usize,
    ) -> Result<Struct<S>, S::Error> {
        match name {
            RAW_VALUE => Err(S::Error::custom("raw text could hold anything")),
            tag::TAG | NUMBER => serializer.serialize_struct(name, len).map(checked).map(Struct::Plain),
            _ => Self::begin_map(serializer, Some(len)).map(Struct::Map),
        }
    }

    /// Refuses a name that would make the object around it look like a tag.
    fn check_name<E: Error>(name: &str) -> Result<(), E> {
        if tag::ALL.contains(&name) {
            return Err(E::custom("a variant or a field of one is named like a tag"));
        }
        Ok(())
    }
}

/// An object whose keys come one by one. One that may turn out to look like a
/// tag, which has a single key, is held back until a second key comes.
enum Map<S: Serializer> {
    Open(Checked<S::SerializeMap, Tagged>),
    Held(Option<Held<S>>),
    /// Its only member is written.
    Escaped(S::SerializeMap),
}

impl<S: Serializer> SerializeMap for Map<S> {
    type Ok = S::Ok;
    type Error = S::Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), S::Error> {
        if let Self::Held(held) = self {
            let mut waiting = held.take().ok_or_else(|| S::Error::custom("map failed before"))?;
            if waiting.take_key(key) {
                *held = Some(waiting);
                return Ok(());
            }
            if waiting.has_key(key) {
                return Err(S::Error::custom("a tag comes twice"));
            }
            *self = Self::Open(checked(waiting.open()?));
        }
        match self {
            Self::Open(map) => map.serialize_key(key),
            Self::Held(_) => Err(S::Error::custom("map failed before")),
            Self::Escaped(_) => Err(S::Error::custom("map has more members than it said")),
        }
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), S::Error> {
        match self {
            Self::Open(map) => map.serialize_value(value),
            Self::Held(held) => {
                let mut waiting = held.take().ok_or_else(|| S::Error::custom("map failed before"))?;
                if waiting.len == Some(1) {
                    *self = Self::Escaped(waiting.escape(value)?);
                } else {
                    waiting.take_value(value)?;
                    *held = Some(waiting);
                }
                Ok(())
            }
            Self::Escaped(_) => Err(S::Error::custom("map has more members than it said")),
        }
    }

    fn end(self) -> Result<S::Ok, S::Error> {
        match self {
            Self::Open(map) => map.end(),
            Self::Held(Some(held)) => held.end(),
            Self::Held(None) => Err(S::Error::custom("map failed before")),
            Self::Escaped(map) => map.end(),
        }
    }
}

/// An object whose keys are known, which may look like a tag all the same.
enum Struct<S: Serializer> {
    Plain(Checked<S::SerializeStruct, Tagged>),
    Map(Map<S>),
}

impl<S: Serializer> SerializeStruct for Struct<S> {
    type Ok = S::Ok;
    type Error = S::Error;

    // Where there are two kinds, each field costs a call without the hint; where there is one, with it.
    #[inline]
    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), S::Error> {
        match self {
            Self::Plain(plain) => plain.serialize_field(key, value),
            Self::Map(map) => map.serialize_entry(key, value),
        }
    }

    #[inline]
    fn end(self) -> Result<S::Ok, S::Error> {
        match self {
            Self::Plain(plain) => plain.end(),
            Self::Map(map) => map.end(),
        }
    }
}

fn tag_of<T: Serialize + ?Sized>(key: &T) -> Option<&'static str> {
    to_text(key).ok().and_then(|text| tag::find(&text))
}

/// An object of which at most one member has come.
struct Held<S> {
    serializer: S,
    len: Option<usize>,
    key: Option<&'static str>,
    value: Option<Box<RawValue>>,
}

impl<S: Serializer> Held<S> {
    fn new(serializer: S, len: Option<usize>) -> Self {
        Self { serializer, len, key: None, value: None }
    }

    /// Keeps the key if it is the first and one of the tags.
    fn take_key<T: Serialize + ?Sized>(&mut self, key: &T) -> bool {
        if self.key.is_none() {
            self.key = tag_of(key);
            return self.key.is_some();
        }
        false
    }

    /// Says whether the key that was kept comes again. Python would take the
    /// two for one.
    fn has_key<T: Serialize + ?Sized>(&self, key: &T) -> bool {
        self.key.is_some() && self.key == tag_of(key)
    }

    /// Writes the value of an object that has no other, without keeping the text of what may be deep: it would be kept
    /// once for each level.
    fn escape<T: Serialize + ?Sized>(self, value: &T) -> Result<S::SerializeMap, S::Error> {
        let key = self.key.ok_or_else(|| S::Error::custom("value without a key"))?;
        let mut map = self.serializer.serialize_map(self.len)?;
        map.serialize_entry(tag::DICT, &Escaped { key, value })?;
        Ok(map)
    }

    fn take_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), S::Error> {
        let text = to_text(value).map_err(|_| S::Error::custom("not JSON"))?;
        self.value = Some(RawValue::from_string(text).map_err(S::Error::custom)?);
        Ok(())
    }

    /// Writes what was kept, since the object is no tag.
    fn open(self) -> Result<S::SerializeMap, S::Error> {
        let mut map = self.serializer.serialize_map(self.len)?;
        if let (Some(key), Some(value)) = (self.key, self.value) {
            map.serialize_entry(key, &value)?;
        }
        Ok(map)
    }

    /// Writes what was kept, escaped if it is all there is.
    fn end(self) -> Result<S::Ok, S::Error> {
        let (Some(key), Some(value)) = (self.key, &self.value) else { return self.open()?.end() };
        let escaped = RawValue::from_string(tag::escape_key(key, value.get())).map_err(S::Error::custom)?;
        let mut map = self.serializer.serialize_map(Some(1))?;
        map.serialize_entry(tag::DICT, &escaped)?;
        map.end()
    }
}

/// The object inside the escape of one.
struct Escaped<'v, T: ?Sized> {
    key: &'static str,
    value: &'v T,
}

impl<T: Serialize + ?Sized> Serialize for Escaped<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = checked::<_, Tagged>(serializer.serialize_map(Some(1))?);
        map.serialize_entry(&format_args!("{}__", self.key), self.value)?;
        map.end()
    }
}

/// The name by which serde_json's own type for numbers says what it is.
const NUMBER: &str = "$serde_json::private::Number";
