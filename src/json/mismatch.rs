//! Says why JSON text is no value of a type, in words that quote none of the text.
//!
//! serde_json's own words quote what they could not read. So, after it has failed, the text is read a second time by a
//! deserializer whose error keeps what comes from the program: the kinds of JSON, the names of fields, and what a type
//! says it expects.

use std::any::type_name;
use std::borrow::Cow;
use std::fmt::{self, Display};

use memchr::memmem;
use serde::de::value::MapAccessDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Error, Expected, IntoDeserializer, MapAccess, SeqAccess,
    Unexpected, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::value::RawValue;

use crate::json::{self, Member, Text};

/// What does not match, and where in the value it stands.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mismatch {
    /// The way to it from the value that was asked for, such as `.lines[..].count`.
    pub(crate) path: String,
    /// What is wrong with it, such as `is a string, not a sequence`.
    pub(crate) problem: String,
}

/// Explains why a text is no `T`.
pub(crate) fn explain<T: DeserializeOwned>(text: &str) -> Mismatch {
    let found = Found { text: json::trim(text), depth: MAX_DEPTH };
    let Why { path, problem } = T::deserialize(found).err().unwrap_or(Why::UNKNOWN).at(text);
    match problem {
        // What a type expects is the program's to say, but some say it with what they were given.
        Some(problem) if !problem.quotes(text) => {
            Mismatch { path: path.iter().rev().map(Step::to_string).collect(), problem: problem.text() }
        }
        _ => Mismatch {
            path: String::new(),
            problem: format!("is {}, but not of type {}", kind(text), type_name::<T>()),
        },
    }
}

/// Returns what kind of JSON a text is.
pub(crate) fn kind(text: &str) -> &'static str {
    match text.trim_ascii_start().as_bytes().first() {
        Some(b'n') => "null",
        Some(b't' | b'f') => "a boolean",
        Some(b'"') => "a string",
        Some(b'[') => "a sequence",
        Some(b'{') => "a map",
        _ => "a number",
    }
}

/// What is wrong.
#[derive(Debug)]
struct Problem {
    /// What kind of JSON was found, where that is what is wrong.
    found: Option<&'static str>,
    /// Words of this program, and names of fields in it.
    words: String,
    /// What a type says that it expects.
    expected: String,
}

impl Problem {
    fn text(self) -> String {
        self.words + &self.expected
    }

    /// Says whether what the type says may come from the text: a word or a longer part of it is in there, in letters of
    /// either case, or would be in another spelling.
    fn quotes(&self, text: &str) -> bool {
        let (expected, text) = (self.expected.to_lowercase(), text.to_lowercase());
        let is_plain = expected.bytes().all(|byte| (b' '..=b'~').contains(&byte) && !b"\\%".contains(&byte));
        let mut parts = expected.as_bytes().windows(PART);
        let mut has_part = || parts.any(|part| memmem::find(text.as_bytes(), part).is_some());
        let has_word = || words(&expected).any(|word| words(&text).any(|other| word == other));
        !is_plain || has_part() || has_word()
    }
}

/// Returns the words of a text, except for those of one letter.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() > 1)
}

/// One step into a value.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// Into a field that the type of the program names.
    Field(&'static str),
    /// Into a sequence, or into a map whose keys are data.
    Element,
}

impl Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(name) => write!(f, ".{name}"),
            Self::Element => f.write_str("[..]"),
        }
    }
}

/// The error of the second reading.
#[derive(Debug)]
struct Why {
    /// The steps, the last one first.
    path: Vec<Step>,
    /// `None` if nothing can be said.
    problem: Option<Problem>,
}

impl Why {
    const UNKNOWN: Self = Self { path: Vec::new(), problem: None };

    fn expected(found: Unexpected<'_>, link: &str, expected: &dyn Expected) -> Self {
        let problem = kind_of(found).map(|found| Problem {
            found: Some(found),
            words: format!("is {found}{link}"),
            expected: expected.to_string(),
        });
        Self { path: Vec::new(), problem }
    }

    fn about(words: String, expected: String) -> Self {
        Self { path: Vec::new(), problem: Some(Problem { found: None, words, expected }) }
    }

    /// Takes note of the text that it is about, if it has no better one. Where a type has read something deeper by its
    /// own means, as one with `#[serde(flatten)]` does, nobody knows what was found where.
    fn at(mut self, text: &str) -> Self {
        let found = self.problem.as_ref().and_then(|problem| problem.found);
        if self.path.is_empty() && found.is_some_and(|found| !is_kind(found, text)) {
            self.problem = None;
        }
        self
    }

    fn inside(self, step: Step, text: &str) -> Self {
        let mut why = self.at(text);
        why.path.push(step);
        why
    }
}

impl Display for Why {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

impl std::error::Error for Why {}

impl Error for Why {
    /// The message may quote anything.
    fn custom<T: Display>(_: T) -> Self {
        Self::UNKNOWN
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::expected(found, ", not ", expected)
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::expected(found, " that is not ", expected)
    }

    fn invalid_length(_: usize, expected: &dyn Expected) -> Self {
        Self::about("has another length than ".into(), expected.to_string())
    }

    fn unknown_variant(_: &str, _: &'static [&'static str]) -> Self {
        Self::about("names no variant of the enum".into(), String::new())
    }

    fn unknown_field(_: &str, _: &'static [&'static str]) -> Self {
        Self::about("has a field that its type does not have".into(), String::new())
    }

    fn missing_field(field: &'static str) -> Self {
        Self::about(format!("lacks the field `{field}`"), String::new())
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::about(format!("has the field `{field}` twice"), String::new())
    }
}

fn kind_of(found: Unexpected<'_>) -> Option<&'static str> {
    Some(match found {
        Unexpected::Bool(_) => "a boolean",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) => "an integer",
        Unexpected::Float(_) => "a float",
        Unexpected::Char(_) | Unexpected::Str(_) | Unexpected::UnitVariant => "a string",
        Unexpected::Unit | Unexpected::Option => "null",
        Unexpected::Seq => "a sequence",
        Unexpected::Map => "a map",
        // Only a program says these, and `Other` may say anything.
        _ => return None,
    })
}

fn is_kind(found: &str, text: &str) -> bool {
    match kind(text) {
        "a number" => matches!(found, "an integer" | "a float"),
        kind => kind == found,
    }
}

/// JSON text that is known to be good, up to a depth.
#[derive(Clone, Copy)]
struct Found<'de> {
    text: &'de str,
    depth: usize,
}

impl<'de> Found<'de> {
    fn inside(self) -> Result<usize, Why> {
        self.depth.checked_sub(1).ok_or(Why::UNKNOWN)
    }

    fn elements(self) -> Result<Elements<'de>, Why> {
        let elements: Vec<&RawValue> = serde_json::from_str(self.text).map_err(|_| Why::UNKNOWN)?;
        Ok(Elements { rest: elements.into_iter(), depth: self.inside()? })
    }

    fn members(self, fields: &'static [&'static str]) -> Result<Members<'de>, Why> {
        let members = json::members(self.text).ok_or(Why::UNKNOWN)?;
        let depth = self.inside()?;
        Ok(Members { text: self.text, rest: members.into_iter(), fields, value: None, depth })
    }

    fn number<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Why> {
        if let Ok(number) = self.text.parse() {
            visitor.visit_u64(number)
        } else if let Ok(number) = self.text.parse() {
            visitor.visit_i64(number)
        } else if let Ok(number) = self.text.parse() {
            visitor.visit_u128(number)
        } else if let Ok(number) = self.text.parse() {
            visitor.visit_i128(number)
        } else {
            visitor.visit_f64(self.text.parse().map_err(|_| Why::UNKNOWN)?)
        }
    }
}

impl<'de> Deserializer<'de> for Found<'de> {
    type Error = Why;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Why> {
        match self.text.as_bytes().first() {
            Some(b'n') => visitor.visit_unit(),
            Some(b't') => visitor.visit_bool(true),
            Some(b'f') => visitor.visit_bool(false),
            Some(b'"') => Key(self.text).deserialize_any(visitor),
            Some(b'[') => visitor.visit_seq(self.elements()?),
            Some(b'{') => visitor.visit_map(self.members(&[])?),
            _ => self.number(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Why> {
        if self.text == "null" { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Why> {
        // A type of serde_json's own asks for itself, and would not know this deserializer.
        if name.starts_with('$') { Err(Why::UNKNOWN) } else { visitor.visit_newtype_struct(self) }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Why> {
        match self.text.as_bytes().first() {
            _ if name.starts_with('$') => Err(Why::UNKNOWN),
            Some(b'{') => visitor.visit_map(self.members(fields)?),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Why> {
        match self.text.as_bytes().first() {
            Some(b'"') => Key(self.text).deserialize_enum("", &[], visitor),
            Some(b'{') => visitor.visit_enum(MapAccessDeserializer::new(self.members(&[])?)),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Why> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map identifier
    }
}

/// The elements of a sequence.
struct Elements<'de> {
    rest: std::vec::IntoIter<&'de RawValue>,
    depth: usize,
}

impl<'de> SeqAccess<'de> for Elements<'de> {
    type Error = Why;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Why> {
        let Some(element) = self.rest.next() else { return Ok(None) };
        let text = element.get();
        let value = seed.deserialize(Found { text, depth: self.depth });
        value.map(Some).map_err(|why| why.inside(Step::Element, text))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

/// The members of an object, and the fields that its type has.
struct Members<'de> {
    text: &'de str,
    rest: std::vec::IntoIter<Member>,
    fields: &'static [&'static str],
    /// The value of the key that was read last, and how to name it.
    value: Option<(&'de str, Step)>,
    depth: usize,
}

impl<'de> MapAccess<'de> for Members<'de> {
    type Error = Why;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Why> {
        let Some(member) = self.rest.next() else { return Ok(None) };
        let field = self.fields.iter().find(|field| member.is_under(field, self.text));
        let step = field.map_or(Step::Element, |field| Step::Field(field));
        let Member { key: Text::Kept(key), value: Text::Kept(value), .. } = member else {
            return Err(Why::UNKNOWN);
        };
        self.value = Some((value.of(self.text), step));
        seed.deserialize(Key(key.of(self.text))).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Why> {
        let (text, step) = self.value.take().ok_or(Why::UNKNOWN)?;
        seed.deserialize(Found { text, depth: self.depth }).map_err(|why| why.inside(step, text))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

/// The text of a string, which as a key may stand for a number.
struct Key<'de>(&'de str);

macro_rules! as_numbers {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Why> {
            let text = self.0.trim_matches('"');
            Found { text, depth: 0 }.number(visitor)
        })*
    };
}

impl<'de> Deserializer<'de> for Key<'de> {
    type Error = Why;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Why> {
        match json::unescape(self.0) {
            Cow::Borrowed(text) => {
                visitor.visit_borrowed_str(std::str::from_utf8(text).map_err(|_| Why::UNKNOWN)?)
            }
            Cow::Owned(text) => visitor.visit_str(std::str::from_utf8(&text).map_err(|_| Why::UNKNOWN)?),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Why> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Why> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Why> {
        let text = String::from_utf8_lossy(&json::unescape(self.0)).into_owned();
        visitor.visit_enum(IntoDeserializer::<Why>::into_deserializer(text))
    }

    as_numbers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
        deserialize_f32 deserialize_f64
    }

    forward_to_deserialize_any! {
        bool char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

/// Deeper than any session, and far from the end of the stack: this reader takes more of it than serde_json's, which
/// stops at 128.
const MAX_DEPTH: usize = 32;

/// How many characters in a row are no coincidence.
const PART: usize = 4;
