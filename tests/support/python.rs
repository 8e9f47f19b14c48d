//! Python's values in Rust tests: the typed notation of the vectors, JSON as Python reads it with Flask's tags,
//! and the bridge to serde. Strict where Python is lenient: only what a real writer makes is read.

use std::cell::RefCell;
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use cookie_session::{Session, flask};
use serde::de::{Deserialize, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::ser::{Error as _, Serialize, SerializeMap, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;
use time::format_description::well_known::Iso8601;
use time::{OffsetDateTime, PrimitiveDateTime};

use super::forge::Prng;

/// A Python value.
#[derive(Clone, Debug)]
pub enum Typed {
    Null,
    Bool(bool),
    /// Decimal digits of any length, with `-` for negative ones.
    Int(String),
    Float(f64),
    Str(String),
    /// Text with lone surrogates, as UTF-16.
    Wtf16(Vec<u16>),
    List(Vec<Typed>),
    Tuple(Vec<Typed>),
    Dict(Vec<(Typed, Typed)>),
    Bytes(Vec<u8>),
    Uuid([u8; 16]),
    /// In unix seconds; what is smaller is dropped, as Flask does.
    DateTime(i64),
    Markup(String),
    /// What Flask's JSON provider turns into plain text: dates and decimals.
    Other(String),
}

use Typed::{Bool, Bytes, Dict, Float, Int, List, Markup, Null, Other, Str, Tuple, Uuid, Wtf16};

impl PartialEq for Typed {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Null, Null) => true,
            (Bool(a), Bool(b)) => a == b,
            (Int(a), Int(b)) | (Str(a), Str(b)) | (Markup(a), Markup(b)) | (Other(a), Other(b)) => a == b,
            (Float(a), Float(b)) => a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan(),
            (Wtf16(a), Wtf16(b)) => a == b,
            (List(a), List(b)) | (Tuple(a), Tuple(b)) => a == b,
            (Dict(a), Dict(b)) => a == b,
            (Bytes(a), Bytes(b)) => a == b,
            (Uuid(a), Uuid(b)) => a == b,
            (Typed::DateTime(a), Typed::DateTime(b)) => a == b,
            _ => false,
        }
    }
}

impl Typed {
    /// Reads the notation.
    #[track_caller]
    pub fn of(value: &Value) -> Self {
        let list = |value: &Value| value.as_array().expect("a list").iter().map(Self::of).collect();
        let text = || value[1].as_str().expect("text").to_owned();
        match value[0].as_str().expect("a typed value") {
            "null" => Null,
            "bool" => Bool(value[1].as_bool().expect("a bool")),
            "int" => Int(text()),
            "float" => Float(text().parse().expect("a float")),
            "str" => Str(text()),
            "wtf16" => {
                let digits = text();
                let units = digits.as_bytes().chunks(4).map(|unit| std::str::from_utf8(unit).unwrap());
                Wtf16(units.map(|unit| u16::from_str_radix(unit, 16).unwrap()).collect())
            }
            "list" => List(list(&value[1])),
            "tuple" => Tuple(list(&value[1])),
            "dict" => {
                let entries = value[1].as_array().expect("entries").iter();
                let key = |key: &Value| key.as_str().map_or_else(|| Self::of(key), |key| Str(key.to_owned()));
                Dict(entries.map(|entry| (key(&entry[0]), Self::of(&entry[1]))).collect())
            }
            "bytes" => Bytes(BASE64_STANDARD.decode(text()).expect("base64")),
            "uuid" => Uuid(u128::from_str_radix(&text(), 16).expect("hex").to_be_bytes()),
            "datetime" => Typed::DateTime(unix_seconds(&text()).expect("an ISO date")),
            "markup" => Markup(text()),
            "date" | "decimal" => Other(text()),
            other => panic!("unknown type {other}"),
        }
    }

    /// Returns the entries of a dict.
    #[track_caller]
    pub fn entries(&self) -> &[(Typed, Typed)] {
        match self {
            Dict(entries) => entries,
            other => panic!("not a dict: {other:?}"),
        }
    }

    pub fn is_empty_dict(&self) -> bool {
        matches!(self, Dict(entries) if entries.is_empty())
    }

    /// Returns the value with the keys of all dicts sorted as Flask sorts them, or `None` where Python would
    /// compare a text with a number.
    pub fn sorted(&self) -> Option<Self> {
        Some(match self {
            List(items) => List(items.iter().map(Self::sorted).collect::<Option<_>>()?),
            Tuple(items) => Tuple(items.iter().map(Self::sorted).collect::<Option<_>>()?),
            Dict(entries) => {
                let sorted = |(key, value): &(Typed, Typed)| Some((key.clone(), value.sorted()?));
                let mut entries: Vec<_> = entries.iter().map(sorted).collect::<Option<_>>()?;
                let all_text = entries.iter().all(|(key, _)| matches!(key, Str(_)));
                let all_numbers = entries.iter().all(|(key, _)| key.number().is_some());
                if !all_text && !all_numbers && entries.len() > 1 {
                    return None;
                }
                entries.sort_by(|(a, _), (b, _)| match (a, b) {
                    (Str(a), Str(b)) => a.cmp(b),
                    _ => a.number().unwrap_or(0.0).total_cmp(&b.number().unwrap_or(0.0)),
                });
                Dict(entries)
            }
            other => other.clone(),
        })
    }

    fn number(&self) -> Option<f64> {
        match self {
            Int(digits) => digits.parse().ok(),
            Float(float) => Some(*float),
            Bool(yes) => Some(f64::from(u8::from(*yes))),
            _ => None,
        }
    }

    /// Says whether any part of the value has the property.
    pub fn any(&self, has: &dyn Fn(&Typed) -> bool) -> bool {
        has(self)
            || match self {
                List(items) | Tuple(items) => items.iter().any(|item| item.any(has)),
                Dict(entries) => entries.iter().any(|(key, value)| key.any(has) || value.any(has)),
                _ => false,
            }
    }

    /// Returns the text of a key, as Python's `json` makes one of it.
    pub fn key(&self) -> Option<String> {
        match self {
            Str(text) | Int(text) => Some(text.clone()),
            Bool(yes) => Some(yes.to_string()),
            Null => Some("null".into()),
            Float(float) => Some(repr(*float)),
            _ => None,
        }
    }

    /// Returns the value as Python reads it back after it was JSON: keys are text, and without Flask's tags a
    /// tuple is a list.
    pub fn read_back(&self, tagged: bool) -> Self {
        match self {
            List(items) => List(items.iter().map(|item| item.read_back(tagged)).collect()),
            Tuple(items) => {
                let items = items.iter().map(|item| item.read_back(tagged)).collect();
                if tagged { Tuple(items) } else { List(items) }
            }
            Dict(entries) => {
                let key = |key: &Typed| key.key().map_or_else(|| key.clone(), Str);
                let entry = |(k, value): &(Typed, Typed)| (key(k), value.read_back(tagged));
                Dict(entries.iter().map(entry).collect())
            }
            Markup(text) if !tagged => Str(text.clone()),
            other => other.clone(),
        }
    }
}

/// Returns a float as Python prints it.
pub fn repr(float: f64) -> String {
    let scientific = format!("{float:e}");
    let (digits, exponent) = scientific.split_once('e').expect("an exponent");
    match exponent.parse::<i32>().expect("a number") {
        exponent @ -4..16 => {
            let places = digits.trim_start_matches('-').replace('.', "").len() as i32 - 1 - exponent;
            format!("{float:.*}", places.max(1) as usize)
        }
        exponent => format!("{digits}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs()),
    }
}

/// Reads Python's `isoformat`; a text without a zone is in UTC.
pub fn unix_seconds(iso: &str) -> Option<i64> {
    OffsetDateTime::parse(iso, &Iso8601::DEFAULT)
        .or_else(|_| PrimitiveDateTime::parse(iso, &Iso8601::DEFAULT).map(PrimitiveDateTime::assume_utc))
        .map(OffsetDateTime::unix_timestamp)
        .ok()
}

/// Returns the time of these unix seconds.
pub fn system_time(seconds: f64) -> SystemTime {
    let distance = Duration::try_from_secs_f64(seconds.abs()).expect("a duration");
    let epoch = SystemTime::UNIX_EPOCH;
    if seconds < 0.0 { epoch - distance } else { epoch + distance }
}

/// A value on its way into a session or token: with Flask's tags, or as plain JSON.
pub struct Write<'v> {
    pub value: &'v Typed,
    pub tagged: bool,
}

impl Serialize for Write<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let with = |value| Write { value, tagged: self.tagged };
        let no_json = || S::Error::custom("Python's json refuses it");
        let raw = |text: String, serializer: S| {
            RawValue::from_string(text).map_err(S::Error::custom)?.serialize(serializer)
        };
        match self.value {
            Null => serializer.serialize_unit(),
            Bool(yes) => serializer.serialize_bool(*yes),
            Int(digits) => match (digits.parse::<i64>(), digits.parse::<i128>()) {
                (Ok(small), _) => serializer.serialize_i64(small),
                (_, Ok(large)) => serializer.serialize_i128(large),
                _ => raw(digits.clone(), serializer),
            },
            Float(float) => serializer.serialize_f64(*float),
            Str(text) => serializer.serialize_str(text),
            Wtf16(units) => {
                let escape = |unit: &u16| match char::from_u32(u32::from(*unit)) {
                    Some(plain @ (' ' | '0'..='9' | 'A'..='Z' | 'a'..='z')) => plain.to_string(),
                    _ => format!("\\u{unit:04x}"),
                };
                let escaped: String = units.iter().map(escape).collect();
                raw(format!("\"{escaped}\""), serializer)
            }
            Tuple(items) if self.tagged => {
                flask::Tuple(items.iter().map(with).collect::<Vec<_>>()).serialize(serializer)
            }
            List(items) | Tuple(items) => serializer.collect_seq(items.iter().map(with)),
            Dict(entries) => {
                let mut map = serializer.serialize_map(None)?;
                for (key, value) in entries {
                    map.serialize_entry(&key.key().ok_or_else(|| S::Error::custom("no key"))?, &with(value))?;
                }
                map.end()
            }
            Markup(text) if !self.tagged => serializer.serialize_str(text),
            _ if !self.tagged => Err(no_json()),
            Bytes(bytes) => flask::Bytes(bytes.clone()).serialize(serializer),
            Uuid(bytes) => flask::Uuid(*bytes).serialize(serializer),
            Typed::DateTime(seconds) => flask::DateTime(system_time(*seconds as f64)).serialize(serializer),
            Markup(text) => flask::Markup(text.clone()).serialize(serializer),
            Other(_) => Err(no_json()),
        }
    }
}

thread_local! {
    static EXPECTED: RefCell<Vec<(Typed, bool)>> = const { RefCell::new(Vec::new()) };
}

/// Returns what reads values into the types that Rust has for them, and fails unless they are this one.
/// `Deserialize` takes no argument, hence the detour.
pub fn reading<R>(expected: &Typed, tagged: bool, read: impl FnOnce() -> R) -> R {
    EXPECTED.with_borrow_mut(|stack| *stack = vec![(expected.clone(), tagged)]);
    read()
}

/// Says whether the session has this value under this key, read as the Rust type of it.
pub fn has(session: &Session, key: &str, expected: &Typed, tagged: bool) -> bool {
    reading(expected, tagged, || matches!(session.get::<Same>(key), Ok(Some(Same))))
}

/// What equals the value that [`reading`] was told.
#[derive(Debug)]
pub struct Same;

fn push(value: &Typed, tagged: bool) {
    EXPECTED.with_borrow_mut(|stack| stack.push((value.clone(), tagged)));
}

impl<'de> Deserialize<'de> for Same {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let Some((expected, tagged)) = EXPECTED.with_borrow_mut(Vec::pop) else {
            return Err(D::Error::custom("nothing expected"));
        };
        let same = match &expected {
            Null => Option::<IgnoredAny>::deserialize(d)?.is_none(),
            Bool(yes) => bool::deserialize(d)? == *yes,
            Int(digits) => {
                if let Ok(number) = digits.parse::<i64>() {
                    i64::deserialize(d)? == number
                } else if let Ok(number) = digits.parse::<u64>() {
                    u64::deserialize(d)? == number
                } else if let Ok(number) = digits.parse::<i128>() {
                    i128::deserialize(d)? == number
                } else {
                    Box::<RawValue>::deserialize(d)?.get() == digits
                }
            }
            Float(float) => f64::deserialize(d)?.to_bits() == float.to_bits(),
            Str(text) => String::deserialize(d)? == *text,
            // Not text in Rust; the raw text is compared elsewhere.
            Wtf16(_) => {
                IgnoredAny::deserialize(d)?;
                true
            }
            Tuple(items) if tagged => {
                push(&List(items.clone()), tagged);
                flask::Tuple::<Same>::deserialize(d)?;
                true
            }
            List(items) | Tuple(items) => {
                d.deserialize_seq(Items { items, tagged })?;
                true
            }
            Dict(entries) => {
                d.deserialize_map(Entries { entries, tagged })?;
                true
            }
            Bytes(bytes) => flask::Bytes::deserialize(d)?.0 == *bytes,
            Uuid(bytes) => flask::Uuid::deserialize(d)?.0 == *bytes,
            Typed::DateTime(seconds) => flask::DateTime::deserialize(d)?.0 == system_time(*seconds as f64),
            Markup(text) if tagged => flask::Markup::deserialize(d)?.0 == *text,
            Markup(text) | Other(text) => String::deserialize(d)? == *text,
        };
        if same { Ok(Self) } else { Err(D::Error::custom("another value")) }
    }
}

struct Items<'v> {
    items: &'v [Typed],
    tagged: bool,
}

impl<'de> Visitor<'de> for Items<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        for item in self.items {
            push(item, self.tagged);
            seq.next_element::<Same>()?.ok_or_else(|| A::Error::custom("too few"))?;
        }
        match seq.next_element::<IgnoredAny>()? {
            Some(_) => Err(A::Error::custom("too many")),
            None => Ok(()),
        }
    }
}

struct Entries<'v> {
    entries: &'v [(Typed, Typed)],
    tagged: bool,
}

impl<'de> Visitor<'de> for Entries<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a dict")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        for (key, value) in self.entries {
            let found = match key {
                Str(key) => map.next_key::<String>()?.is_some_and(|found| found == *key),
                _ => map.next_key::<IgnoredAny>()?.is_some(),
            };
            if !found {
                return Err(A::Error::custom("another key"));
            }
            push(value, self.tagged);
            map.next_value::<Same>()?;
        }
        match map.next_key::<IgnoredAny>()? {
            Some(_) => Err(A::Error::custom("too many")),
            None => Ok(()),
        }
    }
}

/// Reads JSON text as Python does, with or without Flask's tags. `Err` is what Flask would answer with a 500,
/// and besides whatever no real writer makes: tags in forms that only a lenient reader takes.
pub fn read(text: &str, tagged: bool) -> Result<Typed, String> {
    let mut reader = Reader { rest: text, tagged };
    let value = reader.value(0)?;
    reader.space();
    if reader.rest.is_empty() { Ok(value) } else { Err(format!("extra text: {}", reader.rest)) }
}

struct Reader<'t> {
    rest: &'t str,
    tagged: bool,
}

impl<'t> Reader<'t> {
    fn space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    fn take(&mut self, text: &str) -> bool {
        self.space();
        self.rest.strip_prefix(text).is_some_and(|rest| {
            self.rest = rest;
            true
        })
    }

    fn expect(&mut self, text: &str) -> Result<(), String> {
        if self.take(text) { Ok(()) } else { Err(format!("{text} expected before {:.20?}", self.rest)) }
    }

    fn value(&mut self, depth: usize) -> Result<Typed, String> {
        // Flask's own untagging ends between 991 and 996.
        if depth > 900 {
            return Err("too deep".into());
        }
        self.space();
        for (word, value) in [
            ("null", Null),
            ("true", Bool(true)),
            ("false", Bool(false)),
            ("NaN", Float(f64::NAN)),
            ("Infinity", Float(f64::INFINITY)),
            ("-Infinity", Float(f64::NEG_INFINITY)),
        ] {
            if self.take(word) {
                return Ok(value);
            }
        }
        match self.rest.bytes().next() {
            Some(b'"') => self.string(),
            Some(b'[') => {
                self.expect("[")?;
                let mut items = Vec::new();
                while !self.take("]") {
                    if !items.is_empty() {
                        self.expect(",")?;
                    }
                    items.push(self.value(depth + 1)?);
                }
                Ok(List(items))
            }
            Some(b'{') => {
                self.expect("{")?;
                let mut entries: Vec<(Typed, Typed)> = Vec::new();
                let mut first = true;
                while !self.take("}") {
                    if !first {
                        self.expect(",")?;
                    }
                    first = false;
                    self.space();
                    let key = self.string()?;
                    self.expect(":")?;
                    let value = self.value(depth + 1)?;
                    // The last value wins, in the first one's place.
                    match entries.iter_mut().find(|(known, _)| *known == key) {
                        Some((_, old)) => *old = value,
                        None => entries.push((key, value)),
                    }
                }
                if self.tagged { untag(entries) } else { Ok(Dict(entries)) }
            }
            _ => self.number(),
        }
    }

    fn number(&mut self) -> Result<Typed, String> {
        let end = self.rest.find(|c: char| !"+-.eE0123456789".contains(c)).unwrap_or(self.rest.len());
        let (text, rest) = self.rest.split_at(end);
        let bad = || format!("no number: {text:?}");
        // serde_json knows what a number of JSON is.
        serde_json::from_str::<&RawValue>(text).map_err(|_| bad())?;
        self.rest = rest;
        if text.contains(['.', 'e', 'E']) {
            return text.parse().map(Float).map_err(|_| bad());
        }
        if text.len() > 4300 {
            return Err("more digits than Python takes".into());
        }
        Ok(Int(if text == "-0" { "0".into() } else { text.to_owned() }))
    }

    fn string(&mut self) -> Result<Typed, String> {
        let inner = self.rest.strip_prefix('"').ok_or_else(|| format!("no text: {:.20?}", self.rest))?;
        let mut units: Vec<u16> = Vec::new();
        let mut chars = inner.chars();
        loop {
            match chars.next().ok_or("text without an end")? {
                '"' => break,
                '\\' => units.push(match chars.next().ok_or("text without an end")? {
                    c @ ('"' | '\\' | '/') => c as u16,
                    'b' => 8,
                    'f' => 12,
                    'n' => 10,
                    'r' => 13,
                    't' => 9,
                    'u' => {
                        let digits = chars.as_str().get(..4).ok_or("a short escape")?;
                        chars = chars.as_str()[4..].chars();
                        u16::from_str_radix(digits, 16).map_err(|_| "no hex digits")?
                    }
                    _ => return Err("an unknown escape".into()),
                }),
                c if c < ' ' => return Err("a control character".into()),
                c => units.extend_from_slice(c.encode_utf16(&mut [0; 2])),
            }
        }
        self.rest = chars.as_str();
        Ok(String::from_utf16(&units).map_or(Wtf16(units), Str))
    }
}

/// Flask's `untag`, for one object whose values are untagged already.
fn untag(entries: Vec<(Typed, Typed)>) -> Result<Typed, String> {
    let [(Str(tag), value)] = entries.as_slice() else { return Ok(Dict(entries)) };
    let wrong = || Err(format!("{tag:?} around {value:?}"));
    match (tag.as_str(), value) {
        (" di", Dict(inner)) => match inner.as_slice() {
            [(Str(key), value)] if key.ends_with("__") => {
                Ok(Dict(vec![(Str(key[..key.len() - 2].to_owned()), value.clone())]))
            }
            _ => wrong(),
        },
        (" t", List(items)) => Ok(Tuple(items.clone())),
        (" b", Str(text)) => BASE64_STANDARD.decode(text).map(Bytes).or_else(|_| wrong()),
        (" m", Str(text)) => Ok(Markup(text.clone())),
        (" u", Str(text)) if text.len() == 32 => {
            u128::from_str_radix(text, 16).map(|value| Uuid(value.to_be_bytes())).or_else(|_| wrong())
        }
        (" d", Str(text)) => http_date(text).map_or_else(wrong, |seconds| Ok(Typed::DateTime(seconds))),
        (" di" | " t" | " b" | " m" | " u" | " d", _) => wrong(),
        _ => Ok(Dict(entries)),
    }
}

fn http_date(text: &str) -> Option<i64> {
    let format = time::macros::format_description!(
        "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
    );
    PrimitiveDateTime::parse(text, format).ok().map(|date| date.assume_utc().unix_timestamp())
}

/// Returns the JSON text inside a token, whatever signed it.
#[track_caller]
pub fn plaintext(token: &str, separator: char) -> String {
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    use std::io::Read;

    let payload = token.rsplitn(3, separator).nth(2).expect("two separators");
    let (compressed, payload) = payload.strip_prefix('.').map_or((false, payload), |rest| (true, rest));
    let bytes = URL_SAFE_NO_PAD.decode(payload).or_else(|_| STANDARD.decode(payload)).expect("base64");
    let mut text = String::new();
    if compressed {
        flate2::read::ZlibDecoder::new(&*bytes).read_to_string(&mut text).expect("a zlib stream of text");
    } else {
        text = String::from_utf8(bytes).expect("text");
    }
    text
}

/// Reads JSON text of any depth; serde_json ends at 128.
#[track_caller]
pub fn parse(text: &str) -> Value {
    fn value(typed: Typed) -> Value {
        match typed {
            Bool(yes) => yes.into(),
            Int(digits) => serde_json::from_str(&digits).expect("a number"),
            Float(float) => float.into(),
            Str(text) => text.into(),
            List(items) => items.into_iter().map(value).collect(),
            Dict(entries) => {
                let entries = entries.into_iter().map(|(key, item)| (key.key().expect("text"), value(item)));
                Value::Object(entries.collect())
            }
            _ => Value::Null,
        }
    }
    value(read(text, false).expect("JSON"))
}

/// Keys among which every tag is.
pub const NAMES: [&str; 14] =
    [" di", " t", " b", " m", " u", " d", " t__", " di__", " x", "t", "", "k", "\u{e9}", "\\\""];

/// Returns any value that Flask can keep in a session.
pub fn random_value(random: &mut Prng, depth: usize) -> Typed {
    let text = |random: &mut Prng| {
        (0..random.below(4))
            .map(|_| ['a', '"', '\\', '\u{7f}', '\u{e9}', '\u{1f600}', '\n', '/'][random.below(8)])
            .collect::<String>()
    };
    let items = |random: &mut Prng| (0..random.below(3)).map(|_| random_value(random, depth - 1)).collect();
    match random.below(if depth == 0 { 9 } else { 14 }) {
        0 => Null,
        1 => Bool(random.below(2) == 0),
        2 => Int((random.next() as i64).to_string()),
        3 => Float(f64::from_bits(random.next())).finite(),
        4 => Str(text(random)),
        5 => Bytes(random.next().to_be_bytes()[..random.below(8)].to_vec()),
        6 => Uuid(u128::from(random.next()).to_be_bytes()),
        7 => Typed::DateTime(i64::try_from(random.next() % 200_000_000_000).unwrap() - 50_000_000_000),
        8 => Markup(text(random)),
        9 => List(items(random)),
        10 => Tuple(items(random)),
        n => {
            // One key most of the time, since only then it may look like a tag.
            let count = if n < 13 { 1 } else { random.below(4) };
            let mut entries: Vec<(Typed, Typed)> = Vec::new();
            for _ in 0..count {
                let key = Str(NAMES[random.below(NAMES.len())].to_owned());
                if entries.iter().all(|(known, _)| *known != key) {
                    entries.push((key, random_value(random, depth - 1)));
                }
            }
            Dict(entries)
        }
    }
}

impl Typed {
    fn finite(self) -> Self {
        match self {
            Self::Float(float) if !float.is_finite() => Self::Float(0.5),
            other => other,
        }
    }
}
