//! A serializer around another that refuses floats that JSON does not have, does
//! not believe that something is empty, and lets a format say how objects are
//! written.

use std::marker::PhantomData;

use serde::ser::{
    Error, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

/// How objects are written.
pub(crate) trait Objects {
    /// An object whose keys come one by one.
    type Map<S: Serializer>: SerializeMap<Ok = S::Ok, Error = S::Error>;
    /// An object whose keys are known.
    type Struct<S: Serializer>: SerializeStruct<Ok = S::Ok, Error = S::Error>;

    fn begin_map<S: Serializer>(serializer: S, len: Option<usize>) -> Result<Self::Map<S>, S::Error>;

    fn begin_struct<S: Serializer>(
        serializer: S,
        name: &'static str,
        len: usize,
    ) -> Result<Self::Struct<S>, S::Error>;

    /// Whether a number may be written that is text already.
    const TAKES_TEXT: bool = true;

    /// Checks the name of an enum's variant, or of a field in one.
    fn check_name<E: Error>(name: &str) -> Result<(), E>;
}

/// Objects as they are.
pub(crate) struct Plain;

impl Objects for Plain {
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
        serializer.serialize_struct(name, len).map(checked)
    }

    fn check_name<E: Error>(_: &str) -> Result<(), E> {
        Ok(())
    }
}

/// Wraps a serializer, what it makes for compound values, and each value in
/// them.
pub(crate) struct Checked<T, O>(T, PhantomData<O>);

pub(crate) fn checked<T, O>(inner: T) -> Checked<T, O> {
    Checked(inner, PhantomData)
}

impl<T: Serialize + ?Sized, O: Objects> Serialize for Checked<&T, O> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(checked::<S, O>(serializer))
    }
}

macro_rules! pass_on {
    ($($method:ident($($name:ident: $type:ty),*);)*) => {
        $(fn $method(self, $($name: $type),*) -> Result<S::Ok, S::Error> {
            self.0.$method($($name),*)
        })*
    };
}

/// Returns a length as serde_json is told it, which asks nothing else of it than whether it is 0: then it writes the end
/// at once, and what comes after all behind that.
#[inline]
fn at_least_one(len: usize) -> usize {
    len.max(1)
}

impl<S: Serializer, O: Objects> Serializer for Checked<S, O> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeSeq = Checked<S::SerializeSeq, O>;
    type SerializeTuple = Checked<S::SerializeTuple, O>;
    type SerializeTupleStruct = Checked<S::SerializeTupleStruct, O>;
    type SerializeTupleVariant = Checked<S::SerializeTupleVariant, O>;
    type SerializeStructVariant = Checked<S::SerializeStructVariant, O>;
    type SerializeMap = O::Map<S>;
    type SerializeStruct = O::Struct<S>;

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
        self.0.serialize_some(&checked::<_, O>(value))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        if name == NUMBER_TEXT {
            if !O::TAKES_TEXT {
                return Err(S::Error::custom("text"));
            }
            let mut number = self.0.serialize_struct(RAW_VALUE, 1)?;
            number.serialize_field(RAW_VALUE, value)?;
            return number.end();
        }
        self.0.serialize_newtype_struct(name, &checked::<_, O>(value))
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        O::check_name(variant)?;
        self.0.serialize_newtype_variant(name, index, variant, &checked::<_, O>(value))
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<Self::SerializeSeq, S::Error> {
        self.0.serialize_seq(len.map(at_least_one)).map(checked)
    }

    fn serialize_tuple(self, len: usize) -> Result<Self::SerializeTuple, S::Error> {
        self.0.serialize_tuple(at_least_one(len)).map(checked)
    }

    fn serialize_tuple_struct(
        self,
        name: &'static str,
        len: usize,
    ) -> Result<Self::SerializeTupleStruct, S::Error> {
        self.0.serialize_tuple_struct(name, at_least_one(len)).map(checked)
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Self::SerializeTupleVariant, S::Error> {
        O::check_name(variant)?;
        self.0.serialize_tuple_variant(name, index, variant, at_least_one(len)).map(checked)
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Self::SerializeStructVariant, S::Error> {
        O::check_name(variant)?;
        self.0.serialize_struct_variant(name, index, variant, at_least_one(len)).map(checked)
    }

    fn serialize_map(self, len: Option<usize>) -> Result<O::Map<S>, S::Error> {
        O::begin_map(self.0, len.map(at_least_one))
    }

    #[inline]
    fn serialize_struct(self, name: &'static str, len: usize) -> Result<O::Struct<S>, S::Error> {
        O::begin_struct(self.0, name, at_least_one(len))
    }
}

macro_rules! elements {
    ($($compound:ident::$method:ident($($name:ident: $type:ty),*);)*) => {
        $(impl<S: $compound, O: Objects> $compound for Checked<S, O> {
            type Ok = S::Ok;
            type Error = S::Error;

            fn $method<T: Serialize + ?Sized>(&mut self, $($name: $type,)* value: &T) -> Result<(), S::Error> {
                self.0.$method($($name,)* &checked::<_, O>(value))
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

impl<S: SerializeStructVariant, O: Objects> SerializeStructVariant for Checked<S, O> {
    type Ok = S::Ok;
    type Error = S::Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), S::Error> {
        O::check_name(key)?;
        self.0.serialize_field(key, &checked::<_, O>(value))
    }

    fn end(self) -> Result<S::Ok, S::Error> {
        self.0.end()
    }
}

impl<S: SerializeMap, O: Objects> SerializeMap for Checked<S, O> {
    type Ok = S::Ok;
    type Error = S::Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), S::Error> {
        self.0.serialize_key(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), S::Error> {
        self.0.serialize_value(&checked::<_, O>(value))
    }

    fn end(self) -> Result<S::Ok, S::Error> {
        self.0.end()
    }
}

/// What is wrong with a float that JSON does not have.
pub(crate) const NOT_FINITE: &str = "not finite";

/// The name of a newtype whose text is a number.
pub(crate) const NUMBER_TEXT: &str = "$cookie_session::number";

/// The name by which serde_json's own type for JSON text says what it is.
pub(crate) const RAW_VALUE: &str = "$serde_json::private::RawValue";
