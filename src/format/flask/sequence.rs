//! Says whether a value serializes as a sequence, without looking into it.

use std::convert::Infallible;
use std::error::Error;
use std::fmt;

use serde::ser::{self, Impossible, Serialize, Serializer};

/// Says whether a value is a JSON array once it is written.
pub(crate) fn is_sequence<T: Serialize + ?Sized>(value: &T) -> bool {
    matches!(value.serialize(Probe), Err(Answer::Sequence))
}

struct Probe;

/// Ends the serialization as soon as its first step is known.
#[derive(Debug)]
enum Answer {
    Sequence,
    Other,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no serialization")
    }
}

impl Error for Answer {}

impl ser::Error for Answer {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::Other
    }
}

type Never = Impossible<Infallible, Answer>;

macro_rules! answer {
    ($($method:ident($($type:ty),*) -> $returned:ty = $answer:ident;)*) => {
        $(fn $method(self, $(_: $type),*) -> Result<$returned, Answer> {
            Err(Answer::$answer)
        })*
    };
}

impl Serializer for Probe {
    type Ok = Infallible;
    type Error = Answer;
    type SerializeSeq = Never;
    type SerializeTuple = Never;
    type SerializeTupleStruct = Never;
    type SerializeTupleVariant = Never;
    type SerializeMap = Never;
    type SerializeStruct = Never;
    type SerializeStructVariant = Never;

    answer! {
        serialize_bytes(&[u8]) -> Infallible = Sequence;
        serialize_seq(Option<usize>) -> Never = Sequence;
        serialize_tuple(usize) -> Never = Sequence;
        serialize_tuple_struct(&'static str, usize) -> Never = Sequence;
        serialize_bool(bool) -> Infallible = Other;
        serialize_i8(i8) -> Infallible = Other;
        serialize_i16(i16) -> Infallible = Other;
        serialize_i32(i32) -> Infallible = Other;
        serialize_i64(i64) -> Infallible = Other;
        serialize_u8(u8) -> Infallible = Other;
        serialize_u16(u16) -> Infallible = Other;
        serialize_u32(u32) -> Infallible = Other;
        serialize_u64(u64) -> Infallible = Other;
        serialize_f32(f32) -> Infallible = Other;
        serialize_f64(f64) -> Infallible = Other;
        serialize_char(char) -> Infallible = Other;
        serialize_str(&str) -> Infallible = Other;
        serialize_none() -> Infallible = Other;
        serialize_unit() -> Infallible = Other;
        serialize_unit_struct(&'static str) -> Infallible = Other;
        serialize_unit_variant(&'static str, u32, &'static str) -> Infallible = Other;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Never = Other;
        serialize_map(Option<usize>) -> Never = Other;
        serialize_struct(&'static str, usize) -> Never = Other;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Never = Other;
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Infallible, Answer> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Infallible, Answer> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<Infallible, Answer> {
        Err(Answer::Other)
    }
}
