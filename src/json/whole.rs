//! Writes a value as the object of a whole session, and notes where its members are, so that nobody has to read the
//! text to find them.

use std::cell::Cell;
use std::fmt;
use std::io::{self, Write};

use serde::ser::{Error, Impossible, Serialize, SerializeMap, SerializeStruct, Serializer};

use crate::json;
use crate::json::checked::{Checked, Objects, checked};
use crate::json::object::{Few, Object};
use crate::json::scan::Place;

/// Returns the object that a struct or a map is, as compact JSON text.
///
/// `None` says nothing but that it is to be written and read in the usual way, which knows what is wrong with it, if
/// anything is: it is something else, or it has many members, a key with escapes, one that comes twice, a value that
/// JSON does not have, or one that is JSON text already. Without such text, the text is JSON because serde_json wrote
/// all of it.
pub(crate) fn object<T: Serialize + ?Sized>(value: &T) -> Option<Object> {
    let (mut buffer, written, mut places) = (json::buffer(), Cell::new(0), Few::default());
    let mut serializer = serde_json::Serializer::new(Counting { buffer: &mut buffer, written: &written });
    value.serialize(Whole { serializer: &mut serializer, written: &written, places: &mut places }).ok()?;
    Object::written(String::from_utf8(buffer).ok()?, places)
}

/// Counts what is written.
struct Counting<'w> {
    buffer: &'w mut Vec<u8>,
    written: &'w Cell<usize>,
}

impl Write for Counting<'_> {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes)?;
        Ok(bytes.len())
    }

    #[inline]
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.buffer.extend_from_slice(bytes);
        self.written.set(self.buffer.len());
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Takes a struct or a map, and nothing else.
struct Whole<'w, 's> {
    serializer: &'s mut serde_json::Serializer<Counting<'w>>,
    written: &'w Cell<usize>,
    places: &'s mut Few,
}

macro_rules! refuse {
    ($($method:ident($($type:ty),*) -> $answer:ty;)*) => {
        $(fn $method(self, $(_: $type),*) -> Result<$answer, fmt::Error> {
            Err(fmt::Error)
        })*
    };
}

type Nothing = Impossible<(), fmt::Error>;

impl<'w, 's> Serializer for Whole<'w, 's> {
    type Ok = ();
    type Error = fmt::Error;
    type SerializeSeq = Nothing;
    type SerializeTuple = Nothing;
    type SerializeTupleStruct = Nothing;
    type SerializeTupleVariant = Nothing;
    type SerializeStructVariant = Nothing;
    type SerializeMap = Members<'w, 's, <Json<'w, 's> as Serializer>::SerializeMap>;
    type SerializeStruct = Members<'w, 's, <Json<'w, 's> as Serializer>::SerializeStruct>;

    fn serialize_map(self, len: Option<usize>) -> Result<Self::SerializeMap, fmt::Error> {
        let Self { serializer, written, places } = self;
        let inner = checked::<_, Closed>(serializer).serialize_map(len).map_err(|_| fmt::Error)?;
        Ok(Members { inner, written, places, colon: 0 })
    }

    fn serialize_struct(self, name: &'static str, len: usize) -> Result<Self::SerializeStruct, fmt::Error> {
        let Self { serializer, written, places } = self;
        let inner = checked::<_, Closed>(serializer).serialize_struct(name, len).map_err(|_| fmt::Error)?;
        Ok(Members { inner, written, places, colon: 0 })
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), fmt::Error> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), fmt::Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), fmt::Error> {
        Err(fmt::Error)
    }

    refuse! {
        serialize_bool(bool) -> ();
        serialize_i8(i8) -> ();
        serialize_i16(i16) -> ();
        serialize_i32(i32) -> ();
        serialize_i64(i64) -> ();
        serialize_u8(u8) -> ();
        serialize_u16(u16) -> ();
        serialize_u32(u32) -> ();
        serialize_u64(u64) -> ();
        serialize_f32(f32) -> ();
        serialize_f64(f64) -> ();
        serialize_char(char) -> ();
        serialize_str(&str) -> ();
        serialize_bytes(&[u8]) -> ();
        serialize_none() -> ();
        serialize_unit() -> ();
        serialize_unit_struct(&'static str) -> ();
        serialize_unit_variant(&'static str, u32, &'static str) -> ();
        serialize_seq(Option<usize>) -> Nothing;
        serialize_tuple(usize) -> Nothing;
        serialize_tuple_struct(&'static str, usize) -> Nothing;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Nothing;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Nothing;
    }
}

/// What writes the members and what is in them.
type Json<'w, 's> = Checked<&'s mut serde_json::Serializer<Counting<'w>>, Closed>;

/// Notes where each member is.
struct Members<'w, 's, S> {
    inner: S,
    written: &'w Cell<usize>,
    places: &'s mut Few,
    /// Where the key that came last ends, if its value is still to come.
    colon: usize,
}

impl<S> Members<'_, '_, S> {
    fn note(&mut self, colon: usize) -> fmt::Result {
        let place = Place { start: self.places.next_start(), colon, end: self.written.get() };
        if self.places.push(place) { Ok(()) } else { Err(fmt::Error) }
    }
}

impl<S: SerializeStruct> SerializeStruct for Members<'_, '_, S> {
    type Ok = ();
    type Error = fmt::Error;

    #[inline]
    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> fmt::Result {
        self.inner.serialize_field(key, value).map_err(|_| fmt::Error)?;
        // Without escapes, which are looked for when all is written.
        let quoted = key.len().saturating_add("\"\"".len());
        self.note(self.places.next_start().saturating_add(quoted))
    }

    fn end(self) -> fmt::Result {
        self.inner.end().map(|_| ()).map_err(|_| fmt::Error)
    }
}

impl<S: SerializeMap> SerializeMap for Members<'_, '_, S> {
    type Ok = ();
    type Error = fmt::Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> fmt::Result {
        self.inner.serialize_key(key).map_err(|_| fmt::Error)?;
        self.colon = self.written.get();
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> fmt::Result {
        self.inner.serialize_value(value).map_err(|_| fmt::Error)?;
        self.note(self.colon)
    }

    fn end(self) -> fmt::Result {
        self.inner.end().map(|_| ()).map_err(|_| fmt::Error)
    }
}

/// Objects as they are, and no JSON text that somebody else wrote.
enum Closed {}

impl Objects for Closed {
    const TAKES_TEXT: bool = false;

    type Map<S: Serializer> = Checked<S::SerializeMap, Self>;
    type Struct<S: Serializer> = Checked<S::SerializeStruct, Self>;

    fn begin_map<S: Serializer>(serializer: S, len: Option<usize>) -> Result<Self::Map<S>, S::Error> {
        serializer.serialize_map(len).map(checked)
    }

    fn begin_struct<S: Serializer>(
        serializer: S,
        name: &'static str,
        len: usize,
    ) -> Result<Self::Struct<S>, S::Error> {
        // So serde_json marks its own types, those of text among them.
        if name.starts_with('$') {
            return Err(S::Error::custom("JSON text"));
        }
        serializer.serialize_struct(name, len).map(checked)
    }

    fn check_name<E: Error>(_: &str) -> Result<(), E> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashMap};

    use serde::Serialize;
    use serde_json::json;
    use serde_json::value::RawValue;

    use super::*;

    /// Says whether a value is taken, after it has been seen that the members are where they would be read.
    #[track_caller]
    fn is_taken<T: Serialize + ?Sized>(value: &T) -> bool {
        let Some(object) = object(value) else { return false };
        let text = json::text(json::to_bytes(value).unwrap()).unwrap();
        assert_eq!(object.text(), text);
        let read = Object::read(text.clone()).unwrap();
        let pairs = |object: &Object| -> Vec<(String, String)> {
            object.pairs().map(|pair| (pair.key.to_owned(), pair.value.to_owned())).collect()
        };
        assert_eq!(pairs(&object), pairs(&read), "{text}");
        assert!(object.is_compact(), "{text}");
        true
    }

    /// A struct of these fields.
    struct Fields(&'static [&'static str]);

    impl Serialize for Fields {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut fields = serializer.serialize_struct("Fields", self.0.len())?;
            for (n, field) in self.0.iter().enumerate() {
                fields.serialize_field(field, &n)?;
            }
            fields.end()
        }
    }

    #[derive(Serialize)]
    struct Visitor<T> {
        user_id: u64,
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<&'static str>,
        cart: Vec<(String, f64)>,
        more: T,
    }

    fn visitor<T>(more: T) -> Visitor<T> {
        Visitor { user_id: 42, name: None, cart: vec![("te:a,\"pot}".into(), 1.5)], more }
    }

    #[derive(Serialize)]
    struct Newtype<T>(T);

    #[derive(Serialize)]
    struct Flattened {
        a: u8,
        #[serde(flatten)]
        rest: BTreeMap<String, u8>,
    }

    #[derive(Serialize)]
    enum Kind {
        Unit,
        Newtype(u8),
        Tuple(u8, u8),
        Struct { a: u8 },
    }

    #[test]
    fn members_are_where_they_would_be_read() {
        assert!(is_taken(&visitor(())) && is_taken(&visitor("é\u{7f}\n\\\"")) && is_taken(&visitor(Some(1))));
        assert!(is_taken(&Visitor { name: Some("{\"a\":1}"), ..visitor(json!({"a": [{}, {"b": null}]})) }));
        assert!(is_taken(&visitor([Kind::Unit, Kind::Newtype(1), Kind::Tuple(1, 2), Kind::Struct { a: 1 }])));
        assert!(is_taken(&json!({})) && is_taken(&Fields(&[])) && is_taken(&BTreeMap::<u8, u8>::new()));
        assert!(is_taken(&json!({"a": 1, "b": {"a": [1.5, "}"]}, "": "", "é": "\u{1f375}"})));
        assert!(is_taken(&BTreeMap::from([(1, "a"), (20, "b")])), "serde_json quotes numbers");
        assert!(is_taken(&Newtype(Some(Newtype(visitor(1))))));
        let flattened = |key: &str| Flattened { a: 1, rest: BTreeMap::from([(key.to_owned(), 2)]) };
        assert!(is_taken(&flattened("b")));
        for len in [0, 1, 400, 500, 511, 512, 513, 600, 3000, 65_000] {
            assert!(is_taken(&visitor("x".repeat(len))), "{len}");
        }
        for count in 0..=12 {
            assert!(is_taken(&(0..count).map(|n| (n, n)).collect::<HashMap<_, _>>()), "{count}");
        }
    }

    #[test]
    fn what_has_to_be_looked_at_is_left() {
        assert!(!is_taken(&Fields(&["a", "b", "a"])) && !is_taken(&Fields(&["", ""])));
        assert!(is_taken(&Fields(&["ab", "bb", "cb"])), "keys that only look alike at first");
        for escaped in ["\"", "\\", "\n", "a\"", "\":", "\":0,\"a", "\u{0}", "a\u{1f}"] {
            assert!(!is_taken(&BTreeMap::from([(escaped, 1)])), "{escaped:?}");
        }
        for fields in [&["\""], &["\\"], &["\n"], &["\":"], &["a\":0,"], &["\u{0}"]] {
            assert!(!is_taken(&Fields(fields)), "{fields:?}");
        }
        let flattened = Flattened { a: 1, rest: BTreeMap::from([("a".to_owned(), 2)]) };
        assert!(!is_taken(&flattened));
        let raw = |text: &str| RawValue::from_string(text.to_owned()).unwrap();
        assert!(
            !is_taken(&raw("{\"a\":1}")) && !is_taken(&visitor(raw("1"))) && !is_taken(&visitor([raw("1")]))
        );
        assert!(!is_taken(&visitor(Newtype(vec![Some(raw("[1, 2]"))]))));
        assert!(!is_taken(&visitor(f64::NAN)) && !is_taken(&visitor([f32::INFINITY])));
        assert!(!is_taken(&BTreeMap::from([((1, 2), 3)])), "keys that are no strings");
        assert!(!is_taken(&(0..13).map(|n| (n, n)).collect::<HashMap<_, _>>()), "too many");
        assert!(!is_taken(&visitor("x".repeat(70_000))), "too far behind");
        for kind in [Kind::Unit, Kind::Newtype(1), Kind::Tuple(1, 2), Kind::Struct { a: 1 }] {
            assert!(!is_taken(&kind));
        }
        let others = [json!(null), json!(true), json!(1), json!(-1), json!(1.5), json!("{}"), json!([{}])];
        assert!(others.iter().all(|other| !is_taken(other)) && !is_taken(&()) && !is_taken(&None::<u8>));
    }

    #[test]
    fn text_in_the_place_of_a_number_is_left() {
        struct Number(&'static str);

        impl Serialize for Number {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_newtype_struct(json::checked::NUMBER_TEXT, self.0)
            }
        }

        assert!(!is_taken(&visitor(Number("1"))) && !is_taken(&visitor([Number("1,\"a\":2")])));
    }
}
