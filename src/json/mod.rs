//! Values to JSON text and back.

use std::borrow::Cow;
use std::fmt;
use std::io::Write;

use memchr::{memchr, memchr_iter};
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde::ser::Serialize;
use serde_json::ser::{CompactFormatter, Formatter};
use serde_json::value::RawValue;

use crate::json::checked::{NOT_FINITE, Objects, Plain, checked};
use crate::json::object::Places;
use crate::json::scan::Place;

pub(crate) mod checked;
pub(crate) mod fields;
pub(crate) mod mismatch;
pub(crate) mod object;
mod scan;
pub(crate) mod whole;

/// Why a value has no JSON form. What serde_json says of it is dropped, unless
/// it is a sentence that is known: it quotes data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unwritable {
    /// NaN or an infinity.
    NotFinite,
    /// A map has keys that are no strings.
    Keys,
    /// The type's own `Serialize` fails, or JSON is not for it.
    Fails,
    /// It is of this kind, where an object is needed.
    NoObject(&'static str),
    /// An object has two members of one name.
    Twice,
    /// The framework that the cookie is shared with could not read it.
    NotForPython,
}

impl Unwritable {
    #[cold]
    fn from_error(error: &serde_json::Error) -> Self {
        match error.to_string().as_str() {
            NOT_FINITE | "float key must be finite (got NaN or +/-inf)" => Self::NotFinite,
            "key must be a string" => Self::Keys,
            _ => Self::Fails,
        }
    }
}

impl fmt::Display for Unwritable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotFinite => "JSON has no NaN and no infinity",
            Self::Keys => "the keys of a map are not strings",
            Self::Fails => "its type refuses to be written",
            Self::NoObject(kind) => return write!(f, "{kind} is no object"),
            Self::Twice => "a key comes twice",
            Self::NotForPython => "Python could not read it",
        })
    }
}

/// How the text of an object is spelled around its values.
pub(crate) struct Style {
    /// Whether a space follows each comma and colon.
    pub(crate) spaced: bool,
    /// Turns a key into JSON text.
    pub(crate) key: fn(&str) -> Result<String, Unwritable>,
}

/// As serde_json writes it.
pub(crate) static COMPACT: Style = Style { spaced: false, key: |key| text(to_bytes(key)?) };

/// Returns a value as compact JSON text, as bytes that are UTF-8. Refuses NaN
/// and the infinities, which serde_json would write as `null`.
pub(crate) fn to_bytes<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, Unwritable> {
    let mut text = Vec::with_capacity(128);
    write_compact(value, &mut text)?;
    Ok(text)
}

/// Returns a buffer for the text of something whole: of a size that allocators have at hand, and that is enough for most.
#[inline]
pub(crate) fn buffer() -> Vec<u8> {
    Vec::with_capacity(1000)
}

/// Writes the same text elsewhere.
pub(crate) fn write_compact<T: Serialize + ?Sized>(value: &T, out: impl Write) -> Result<(), Unwritable> {
    write::<Plain, _, _, _>(value, CompactFormatter, out)
}

/// Does the same with objects and text as a format has them.
pub(crate) fn write<O: Objects, F: Formatter, T: Serialize + ?Sized, W: Write>(
    value: &T,
    formatter: F,
    out: W,
) -> Result<(), Unwritable> {
    let mut serializer = serde_json::Serializer::with_formatter(out, formatter);
    value.serialize(checked::<_, O>(&mut serializer)).map_err(|error| Unwritable::from_error(&error))
}

/// Appends a number.
#[inline]
pub(crate) fn push_number(number: u64, out: &mut Vec<u8>) {
    // A number has a JSON form, and writing to a vector does not fail.
    let _ = serde_json::to_writer(out, &number);
}

/// Returns JSON text that was written as bytes.
#[inline]
pub(crate) fn text(bytes: Vec<u8>) -> Result<String, Unwritable> {
    String::from_utf8(bytes).map_err(|_| Unwritable::Fails)
}

/// Returns the text that a JSON string stands for. A lone surrogate, which
/// Python can write and UTF-8 cannot hold, keeps its own three bytes, so that
/// two keys are equal only if they are.
pub(crate) fn unescape(string: &str) -> Cow<'_, [u8]> {
    if !has_escape(string) {
        return Cow::Borrowed(unquote(string.as_bytes()));
    }
    Cow::Owned(serde_json::from_str::<Bytes>(string).map(|bytes| bytes.0).unwrap_or_default())
}

fn has_escape(text: &str) -> bool {
    memchr(b'\\', text.as_bytes()).is_some()
}

/// Returns a text without the white space of JSON around it.
pub(crate) fn trim(text: &str) -> &str {
    // What ends visibly, as most texts do, needs no look at its characters.
    let is_visible = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_graphic);
    let bytes = text.as_bytes();
    if is_visible(bytes.first()) && is_visible(bytes.last()) {
        return text;
    }
    text.trim_matches([' ', '\t', '\n', '\r'])
}

fn unquote(string: &[u8]) -> &[u8] {
    match string {
        [b'"', inside @ .., b'"'] => inside,
        _ => &[],
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

    /// Adds the quotes around it.
    fn quoted(self) -> Option<Self> {
        Some(Self { start: self.start.checked_sub(1)?, end: self.end.checked_add(1)? })
    }

    fn find(part: &str, whole: &str) -> Option<Self> {
        let start = part.as_ptr().addr().checked_sub(whole.as_ptr().addr())?;
        Some(Self { start, end: start.checked_add(part.len())? })
    }
}

/// JSON text of a key or a value: a part of a buffer, or made since.
#[derive(Clone)]
pub(crate) enum Text {
    Kept(Span),
    Made(String),
}

impl Text {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Kept(span) => span.end.saturating_sub(span.start),
            Self::Made(made) => made.len(),
        }
    }

    fn bytes<'t>(&'t self, buffer: &'t str) -> &'t [u8] {
        match self {
            Self::Kept(span) => buffer.as_bytes().get(span.start..span.end).unwrap_or_default(),
            Self::Made(made) => made.as_bytes(),
        }
    }

    pub(crate) fn of<'t>(&'t self, buffer: &'t str) -> &'t str {
        match self {
            Self::Kept(span) => span.of(buffer),
            Self::Made(made) => made,
        }
    }
}

/// One member of an object, as it is written.
#[derive(Clone)]
pub(crate) struct Member {
    pub(crate) key: Text,
    pub(crate) value: Text,
    /// Whether the key has no escapes, so that it means what it spells.
    plain: bool,
}

impl Member {
    /// Takes a key and a value that are JSON text of their own.
    pub(crate) fn made(key: String, value: String) -> Self {
        let plain = !has_escape(&key);
        Self { key: Text::Made(key), value: Text::Made(value), plain }
    }

    /// Takes one whose key has no escapes.
    fn kept(Place { start, colon, end }: Place) -> Self {
        let value = Span { start: colon.saturating_add(":".len()), end };
        Self { key: Text::Kept(Span { start, end: colon }), value: Text::Kept(value), plain: true }
    }

    /// Returns where the member stands in its buffer, if it is there as it came and only a colon is between its key and
    /// its value.
    pub(crate) fn compact_place(&self) -> Option<Span> {
        match (&self.key, &self.value) {
            (Text::Kept(key), Text::Kept(value)) if key.end.saturating_add(1) == value.start => {
                Some(Span { start: key.start, end: value.end })
            }
            _ => None,
        }
    }

    /// Says whether a member with a text of its own is under the same key as one
    /// in a buffer.
    pub(crate) fn has_key_of(&self, other: &Self, buffer: &str) -> bool {
        unescape(self.key.of("")) == unescape(other.key.of(buffer))
    }

    /// Says whether this is the key's own spelling without escapes, or means
    /// the same.
    pub(crate) fn is_under(&self, key: &str, buffer: &str) -> bool {
        is_spelling(self.key.of(buffer), self.plain, key)
    }
}

/// Says whether JSON text, which is plain without escapes, stands for a key.
#[inline]
fn is_spelling(spelled: &str, plain: bool, key: &str) -> bool {
    if plain { unquote(spelled.as_bytes()) == key.as_bytes() } else { *unescape(spelled) == *key.as_bytes() }
}

/// Returns the members of an object, given as its text and no more. Values are
/// checked to be JSON and otherwise left for later, without recursion, so that
/// depth costs no stack. A key that comes twice is an error.
pub(crate) fn members(object: &str) -> Option<Vec<Member>> {
    let (places, end) = Places::read(object)?;
    (end == object.len()).then(|| places.into_members())
}

/// Does with serde_json what [`scan::members`] does with most texts, and returns where what comes after the object
/// begins.
fn parse_members(text: &str) -> Option<(Vec<Member>, usize)> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let members = deserializer.deserialize_map(Members(text)).ok()?;
    let end = match deserializer.end() {
        Ok(()) => text.len(),
        Err(error) => offset(text, &error)?,
    };
    Some((members, end))
}

/// Returns where in a text an error was noticed.
fn offset(text: &str, error: &serde_json::Error) -> Option<usize> {
    let line = match error.line().checked_sub(2) {
        None => 0,
        Some(before) => memchr_iter(b'\n', text.as_bytes()).nth(before)?.checked_add(1)?,
    };
    line.checked_add(error.column().checked_sub(1)?)
}

struct Members<'t>(&'t str);

impl<'de> Visitor<'de> for Members<'de> {
    type Value = Vec<Member>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Vec<Member>, A::Error> {
        let Self(text) = self;
        let mut members = Vec::new();
        let plain = !has_escape(text);
        loop {
            // A key without escapes is a part of the text, which serde_json finds faster.
            let (key, value, plain) = if plain {
                let Some((key, value)) = map.next_entry::<&str, &RawValue>()? else { break };
                (Span::find(key, text).and_then(Span::quoted), value, true)
            } else {
                let Some((key, value)) = map.next_entry::<&RawValue, &RawValue>()? else { break };
                (Span::find(key.get(), text), value, !has_escape(key.get()))
            };
            let (Some(key), Some(value)) = (key, Span::find(value.get(), text)) else {
                return Err(A::Error::custom("not in the text"));
            };
            push_member(&mut members, Member { key: Text::Kept(key), value: Text::Kept(value), plain }, text);
        }
        Ok(members)
    }
}

/// Adds a member of a text to the list of them.
fn push_member(members: &mut Vec<Member>, member: Member, text: &str) {
    if members.len() == members.capacity() {
        // Every member has a colon and takes five bytes, so the list grows once at most. Colons
        // in a text are no members: a few are believed, and the rest once there were that many.
        let colons = memchr_iter(b':', text.as_bytes()).count();
        let most = colons.min(text.len() / 5);
        let believed = if members.len() < USUAL_MEMBERS { most.min(USUAL_MEMBERS) } else { most };
        members.reserve_exact(believed.saturating_sub(members.len()));
    }
    members.push(member);
}

fn has_duplicate(members: &[Member], text: &str) -> bool {
    // Without escapes, keys are equal if their texts are.
    if members.iter().all(|member| member.plain) {
        let keys = || members.iter().map(|member| member.key.bytes(text));
        if members.len() <= FEW {
            return has_equal(keys);
        }
        if have_different_marks(keys()) {
            return false;
        }
    }
    let mut keys: Vec<_> = members.iter().map(|member| unescape(member.key.of(text))).collect();
    keys.sort_unstable();
    keys.windows(2).any(|pair| matches!(pair, [a, b] if a == b))
}

/// Says whether two keys are equal, of a few.
#[inline]
fn has_equal<'k, K: Iterator<Item = &'k [u8]>>(keys: impl Fn() -> K) -> bool {
    let is_there_before = |(n, key)| keys().take(n).any(|before| before == key);
    !have_different_marks(keys()) && keys().enumerate().any(is_there_before)
}

/// Says whether keys differ at the first look. If not, they may differ still.
fn have_different_marks<'k>(mut keys: impl Iterator<Item = &'k [u8]>) -> bool {
    let mut seen = 0;
    keys.all(|key| {
        let (before, mark) = (seen, mark(key));
        seen |= mark;
        before & mark == 0
    })
}

/// Returns one of 64 bits, the same for equal keys. Others share one now and
/// then, which costs a comparison: the length and the last letter, before the
/// quote, differ for most keys of a session.
fn mark(key: &[u8]) -> u64 {
    let letter = key.iter().nth_back(1).copied().unwrap_or_default();
    let len = u32::try_from(key.len()).unwrap_or_default();
    1u64.rotate_left(len.wrapping_mul(7)).rotate_left(letter.into())
}

// More than most sessions have.
const USUAL_MEMBERS: usize = 64;

// Up to this, comparing all pairs is cheaper than sorting.
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
