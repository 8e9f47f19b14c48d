//! A serializer around another that refuses what must not be written, or
//! escapes it: floats that JSON does not have, and objects that Flask would
//! take for one of its tags.

use serde::ser::{
    Error, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

/// Wraps a serializer, what it makes for compound values, and each value in
/// them.
///
/// With `TAGGED`, objects that look like one of Flask's tags are escaped.
pub(crate) struct Checked<T, const TAGGED: bool>(pub(crate) T);

impl<T: Serialize + ?Sized, const TAGGED: bool> Serialize for Checked<&T, TAGGED> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(Checked::<S, TAGGED>(serializer))
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
            type $compound = Checked<S::$compound, TAGGED>;

            fn $method(self, $($name: $type),*) -> Result<Self::$compound, S::Error> {
                self.0.$method($($name),*).map(Checked)
            }
        )*
    };
}

impl<S: Serializer, const TAGGED: bool> Serializer for Checked<S, TAGGED> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeTupleVariant = Checked<S::SerializeTupleVariant, TAGGED>;
    type SerializeStructVariant = Checked<S::SerializeStructVariant, TAGGED>;
    type SerializeMap = Map<S, TAGGED>;
    type SerializeStruct = Struct<S, TAGGED>;

    fn serialize_f32(self, value: f32) -> Result<S::Ok, S::Error> {
        if value.is_finite() { self.0.serialize_f32(value) } else { Err(S::Error::custom(NOT_FINITE)) }
    }

    fn serialize_f64(self, value: f64) -> Result<S::Ok, S::Error> {
        if value.is_finite() { self.0.serialize_f64(value) } else { Err(S::Error::custom(NOT_FINITE)) }
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
        self.0.serialize_some(&Checked::<_, TAGGED>(value))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        #[cfg(feature = "flask")]
        if name == INT {
            let mut number = self.0.serialize_struct(RAW_VALUE, 1)?;
            number.serialize_field(RAW_VALUE, value)?;
            return number.end();
        }
        self.0.serialize_newtype_struct(name, &Checked::<_, TAGGED>(value))
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        check_name::<_, TAGGED>(variant)?;
        self.0.serialize_newtype_variant(name, index, variant, &Checked::<_, TAGGED>(value))
    }

    wrap! {
        serialize_seq(len: Option<usize>) -> SerializeSeq;
        serialize_tuple(len: usize) -> SerializeTuple;
        serialize_tuple_struct(name: &'static str, len: usize) -> SerializeTupleStruct;
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Self::SerializeTupleVariant, S::Error> {
        check_name::<_, TAGGED>(variant)?;
        self.0.serialize_tuple_variant(name, index, variant, len).map(Checked)
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Self::SerializeStructVariant, S::Error> {
        check_name::<_, TAGGED>(variant)?;
        self.0.serialize_struct_variant(name, index, variant, len).map(Checked)
    }

    fn serialize_map(self, len: Option<usize>) -> Result<Map<S, TAGGED>, S::Error> {
        Map::new(self.0, len)
    }

    fn serialize_struct(self, name: &'static str, len: usize) -> Result<Struct<S, TAGGED>, S::Error> {
        #[cfg(feature = "flask")]
        if TAGGED && name == RAW_VALUE {
            return Err(S::Error::custom("raw text could hold anything"));
        }
        #[cfg(feature = "flask")]
        if TAGGED && name != TAG && name != NUMBER {
            return Map::new(self.0, Some(len)).map(Struct::Map);
        }
        self.0.serialize_struct(name, len).map(|inner| Struct::Plain(Checked(inner)))
    }
}

macro_rules! elements {
    ($($compound:ident::$method:ident($($name:ident: $type:ty),*);)*) => {
        $(impl<S: $compound, const TAGGED: bool> $compound for Checked<S, TAGGED> {
            type Ok = S::Ok;
            type Error = S::Error;

            fn $method<T: Serialize + ?Sized>(&mut self, $($name: $type,)* value: &T) -> Result<(), S::Error> {
                self.0.$method($($name,)* &Checked::<_, TAGGED>(value))
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
}

impl<S: SerializeStructVariant, const TAGGED: bool> SerializeStructVariant for Checked<S, TAGGED> {
    type Ok = S::Ok;
    type Error = S::Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), S::Error> {
        check_name::<_, TAGGED>(key)?;
        self.0.serialize_field(key, &Checked::<_, TAGGED>(value))
    }

    fn end(self) -> Result<S::Ok, S::Error> {
        self.0.end()
    }
}

/// An object whose keys come one by one. One that may turn out to look like a
/// tag, which has a single key, is held back until a second key comes.
pub(crate) enum Map<S: Serializer, const TAGGED: bool> {
    Open(S::SerializeMap),
    #[cfg(feature = "flask")]
    Held(Option<held::Held<S>>),
}

impl<S: Serializer, const TAGGED: bool> Map<S, TAGGED> {
    fn new(serializer: S, len: Option<usize>) -> Result<Self, S::Error> {
        #[cfg(feature = "flask")]
        if TAGGED {
            return Ok(Self::Held(Some(held::Held::new(serializer, len))));
        }
        serializer.serialize_map(len).map(Self::Open)
    }
}

impl<S: Serializer, const TAGGED: bool> SerializeMap for Map<S, TAGGED> {
    type Ok = S::Ok;
    type Error = S::Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), S::Error> {
        #[cfg(feature = "flask")]
        if let Self::Held(held) = self {
            let mut waiting = held.take().ok_or_else(|| S::Error::custom("map failed before"))?;
            if waiting.take_key(key) {
                *held = Some(waiting);
                return Ok(());
            }
            if waiting.has_key(key) {
                return Err(S::Error::custom("a tag comes twice"));
            }
            *self = Self::Open(waiting.open()?);
        }
        match self {
            Self::Open(map) => map.serialize_key(key),
            #[cfg(feature = "flask")]
            Self::Held(_) => Err(S::Error::custom("map failed before")),
        }
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), S::Error> {
        match self {
            Self::Open(map) => map.serialize_value(&Checked::<_, TAGGED>(value)),
            #[cfg(feature = "flask")]
            Self::Held(Some(held)) => held.take_value(value),
            #[cfg(feature = "flask")]
            Self::Held(None) => Err(S::Error::custom("map failed before")),
        }
    }

    fn end(self) -> Result<S::Ok, S::Error> {
        match self {
            Self::Open(map) => map.end(),
            #[cfg(feature = "flask")]
            Self::Held(Some(held)) => held.end(),
            #[cfg(feature = "flask")]
            Self::Held(None) => Err(S::Error::custom("map failed before")),
        }
    }
}

/// An object whose keys are known, which may look like a tag all the same.
pub(crate) enum Struct<S: Serializer, const TAGGED: bool> {
    Plain(Checked<S::SerializeStruct, TAGGED>),
    #[cfg(feature = "flask")]
    Map(Map<S, TAGGED>),
}

impl<S: Serializer, const TAGGED: bool> SerializeStruct for Struct<S, TAGGED> {
    type Ok = S::Ok;
    type Error = S::Error;

    // Where there are two kinds, each field costs a call without the hint; where there is one, with it.
    #[cfg_attr(feature = "flask", inline)]
    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), S::Error> {
        match self {
            Self::Plain(plain) => plain.serialize_field(key, value),
            #[cfg(feature = "flask")]
            Self::Map(map) => map.serialize_entry(key, value),
        }
    }

    #[cfg_attr(feature = "flask", inline)]
    fn end(self) -> Result<S::Ok, S::Error> {
        match self {
            Self::Plain(plain) => plain.end(),
            #[cfg(feature = "flask")]
            Self::Map(map) => map.end(),
        }
    }
}

#[cfg(feature = "flask")]
mod held {
    use serde::ser::{Error, Serialize, SerializeMap, Serializer};
    use serde_json::value::RawValue;

    use crate::format::flask::tag;
    use crate::json;

    fn tag_of<T: Serialize + ?Sized>(key: &T) -> Option<&'static str> {
        json::to_text(key, tag::STYLE).ok().and_then(|text| tag::find(&text))
    }

    /// An object of which at most one member has come.
    pub(crate) struct Held<S> {
        serializer: S,
        len: Option<usize>,
        key: Option<&'static str>,
        value: Option<Box<RawValue>>,
    }

    impl<S: Serializer> Held<S> {
        pub(super) fn new(serializer: S, len: Option<usize>) -> Self {
            Self { serializer, len, key: None, value: None }
        }

        /// Keeps the key if it is the first and one of the tags.
        pub(super) fn take_key<T: Serialize + ?Sized>(&mut self, key: &T) -> bool {
            if self.key.is_none() {
                self.key = tag_of(key);
                return self.key.is_some();
            }
            false
        }

        /// Says whether the key that was kept comes again. Python would take the
        /// two for one.
        pub(super) fn has_key<T: Serialize + ?Sized>(&self, key: &T) -> bool {
            self.key.is_some() && self.key == tag_of(key)
        }

        pub(super) fn take_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), S::Error> {
            let text = json::to_text(value, tag::STYLE).map_err(|_| S::Error::custom("not JSON"))?;
            self.value = Some(RawValue::from_string(text).map_err(S::Error::custom)?);
            Ok(())
        }

        /// Writes what was kept, since the object is no tag.
        pub(super) fn open(self) -> Result<S::SerializeMap, S::Error> {
            let mut map = self.serializer.serialize_map(self.len)?;
            if let (Some(key), Some(value)) = (self.key, self.value) {
                map.serialize_entry(key, &value)?;
            }
            Ok(map)
        }

        /// Writes what was kept, escaped if it is all there is.
        pub(super) fn end(self) -> Result<S::Ok, S::Error> {
            let (Some(key), Some(value)) = (self.key, &self.value) else { return self.open()?.end() };
            let escaped =
                RawValue::from_string(tag::escape_key(key, value.get())).map_err(S::Error::custom)?;
            let mut map = self.serializer.serialize_map(Some(1))?;
            map.serialize_entry(tag::DICT, &escaped)?;
            map.end()
        }
    }
}

/// Refuses the name of an enum's variant, or of a field in one, that would make
/// it look like a tag.
fn check_name<E: Error, const TAGGED: bool>(name: &str) -> Result<(), E> {
    #[cfg(feature = "flask")]
    if TAGGED && crate::format::flask::tag::ALL.contains(&name) {
        return Err(E::custom("a variant or a field of one is named like a tag"));
    }
    let _ = name;
    Ok(())
}

/// What is wrong with a float that JSON does not have.
pub(crate) const NOT_FINITE: &str = "not finite";

/// The name by which a type of Flask's says that it is a tag.
#[cfg(feature = "flask")]
pub(crate) const TAG: &str = "$cookie_session::flask::tag";

/// The name by which an int of Flask's says that its text is a number.
#[cfg(feature = "flask")]
pub(crate) const INT: &str = "$cookie_session::flask::int";

/// The names by which serde_json's own types say what they are.
#[cfg(feature = "flask")]
const RAW_VALUE: &str = "$serde_json::private::RawValue";
#[cfg(feature = "flask")]
const NUMBER: &str = "$serde_json::private::Number";
