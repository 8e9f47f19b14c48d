//! Values to JSON text and back.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde::ser::{
    Error as _, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant,
    SerializeTuple, SerializeTupleStruct, SerializeTupleVariant, Serializer,
};
use serde_json::value::RawValue;

/// A value that has no JSON form. What serde_json says of it is dropped: it
/// quotes data.
#[derive(Debug)]
pub(crate) struct NotJson;

/// Returns a value as JSON text. Refuses NaN and the infinities, which
/// serde_json would write as `null`.
pub(crate) fn to_text<T: Serialize + ?Sized>(value: &T) -> Result<String, NotJson> {
    let mut text = Vec::with_capacity(128);
    value.serialize(Finite(&mut serde_json::Serializer::new(&mut text))).map_err(|_| NotJson)?;
    String::from_utf8(text).map_err(|_| NotJson)
}

/// Returns the text that a JSON string stands for. A lone surrogate, which
/// Python can write and UTF-8 cannot hold, keeps its own three bytes, so that
/// two keys are equal only if they are.
pub(crate) fn unescape(string: &str) -> Cow<'_, [u8]> {
    match string.strip_prefix('"').and_then(|string| string.strip_suffix('"')) {
        Some(plain) if !plain.contains('\\') => Cow::Borrowed(plain.as_bytes()),
        _ => Cow::Owned(serde_json::from_str::<Bytes>(string).map(|bytes| bytes.0).unwrap_or_default()),
    }
}

/// Where a piece of text stands in its buffer, in bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Span {
    pub(crate) fn of(self, text: &str) -> &str {
        text.get(self.start..self.end).unwrap_or_default()
    }

    fn find(part: &str, whole: &str) -> Option<Self> {
        let start = part.as_ptr().addr().checked_sub(whole.as_ptr().addr())?;
        Some(Self { start, end: start.checked_add(part.len())? })
    }
}

/// The key and the value of one member of an object, as they are written.
#[derive(Clone, Copy)]
pub(crate) struct Member {
    pub(crate) key: Span,
    pub(crate) value: Span,
}

/// Reads the next JSON object as the places of its members. Values are checked
/// to be JSON and otherwise left for later, without recursion, so that depth
/// costs no stack. A key that comes twice is an error.
pub(crate) struct Members<'t>(pub(crate) &'t str);

impl<'de> DeserializeSeed<'de> for Members<'de> {
    type Value = Vec<Member>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<Member>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Members<'de> {
    type Value = Vec<Member>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Vec<Member>, A::Error> {
        use serde::de::Error;

        let span = |raw: &RawValue| {
            Span::find(raw.get(), self.0).ok_or_else(|| A::Error::custom("not in the buffer"))
        };
        let mut members = Vec::with_capacity(8);
        while let Some((key, value)) = map.next_entry::<&RawValue, &RawValue>()? {
            members.push(Member { key: span(key)?, value: span(value)? });
        }
        if has_duplicate(&members, self.0) {
            return Err(A::Error::custom("a key comes twice"));
        }
        Ok(members)
    }
}

fn has_duplicate(members: &[Member], text: &str) -> bool {
    if members.len() < FEW {
        let keys = || members.iter().map(|member| unescape(member.key.of(text)));
        return keys().enumerate().any(|(n, key)| keys().take(n).any(|earlier| earlier == key));
    }
    let mut keys: Vec<_> = members.iter().map(|member| unescape(member.key.of(text))).collect();
    keys.sort_unstable();
    keys.windows(2).any(|pair| matches!(pair, [a, b] if a == b))
}

// Below this, comparing all pairs is cheaper than sorting.
const FEW: usize = 16;

struct Bytes(Vec<u8>);

impl<'de> serde::Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct BytesVisitor;

        impl Visitor<'_> for BytesVisitor {
            type Value = Bytes;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Bytes, E> {
                Ok(Bytes(bytes.to_vec()))
            }
        }
        deserializer.deserialize_bytes(BytesVisitor)
    }
}

/// Passes everything on to a serializer, except floats that JSON cannot write.
/// Wraps whatever is serialized inside, and every value in it.
struct Finite<T>(T);

impl<T: Serialize + ?Sized> Serialize for Finite<&T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(Finite(serializer))
    }
}

macro_rules! pass_on {
    ($($method:ident($($name:ident: $type:ty),*);)*) => {
        $(fn $method(self, $($name: $type),*) -> Result<S::Ok, S::Error> {
            self.0.$method($($name),*)
        })*
    };
}

macro_rules! wrap {
    ($($method:ident($($name:ident: $type:ty),*) -> $compound:ident;)*) => {
        $(
            type $compound = Finite<S::$compound>;

            fn $method(self, $($name: $type),*) -> Result<Self::$compound, S::Error> {
                self.0.$method($($name),*).map(Finite)
            }
        )*
    };
}

impl<S: Serializer> Serializer for Finite<S> {
    type Ok = S::Ok;
    type Error = S::Error;

    fn serialize_f32(self, value: f32) -> Result<S::Ok, S::Error> {
        if value.is_finite() { self.0.serialize_f32(value) } else { Err(S::Error::custom("not finite")) }
    }

    fn serialize_f64(self, value: f64) -> Result<S::Ok, S::Error> {
        if value.is_finite() { self.0.serialize_f64(value) } else { Err(S::Error::custom("not finite")) }
    }

    pass_on! {
        serialize_bool(value: bool);
        serialize_i8(value: i8);
        serialize_i16(value: i16);
        serialize_i32(value: i32);
        serialize_i64(value: i64);
        serialize_i128(value: i128);
        serialize_u8(value: u8);
        serialize_u16(value: u16);
        serialize_u32(value: u32);
        serialize_u64(value: u64);
        serialize_u128(value: u128);
        serialize_char(value: char);
        serialize_str(value: &str);
        serialize_bytes(value: &[u8]);
        serialize_none();
        serialize_unit();
        serialize_unit_struct(name: &'static str);
        serialize_unit_variant(name: &'static str, index: u32, variant: &'static str);
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        self.0.serialize_some(&Finite(value))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        self.0.serialize_newtype_struct(name, &Finite(value))
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        self.0.serialize_newtype_variant(name, index, variant, &Finite(value))
    }

    wrap! {
        serialize_seq(len: Option<usize>) -> SerializeSeq;
        serialize_tuple(len: usize) -> SerializeTuple;
        serialize_tuple_struct(name: &'static str, len: usize) -> SerializeTupleStruct;
        serialize_tuple_variant(name: &'static str, index: u32, variant: &'static str, len: usize)
            -> SerializeTupleVariant;
        serialize_map(len: Option<usize>) -> SerializeMap;
        serialize_struct(name: &'static str, len: usize) -> SerializeStruct;
        serialize_struct_variant(name: &'static str, index: u32, variant: &'static str, len: usize)
            -> SerializeStructVariant;
    }

    fn is_human_readable(&self) -> bool {
        self.0.is_human_readable()
    }
}

macro_rules! elements {
    ($($compound:ident::$method:ident($($name:ident: $type:ty),*);)*) => {
        $(impl<S: $compound> $compound for Finite<S> {
            type Ok = S::Ok;
            type Error = S::Error;

            fn $method<T: Serialize + ?Sized>(&mut self, $($name: $type,)* value: &T) -> Result<(), S::Error> {
                self.0.$method($($name,)* &Finite(value))
            }

            fn end(self) -> Result<S::Ok, S::Error> {
                self.0.end()
            }
        })*
    };
}

elements! {
    SerializeSeq::serialize_element();
    SerializeTuple::serialize_element();
    SerializeTupleStruct::serialize_field();
    SerializeTupleVariant::serialize_field();
    SerializeStruct::serialize_field(key: &'static str);
    SerializeStructVariant::serialize_field(key: &'static str);
}

impl<S: SerializeMap> SerializeMap for Finite<S> {
    type Ok = S::Ok;
    type Error = S::Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), S::Error> {
        self.0.serialize_key(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), S::Error> {
        self.0.serialize_value(&Finite(value))
    }

    fn end(self) -> Result<S::Ok, S::Error> {
        self.0.end()
    }
}
