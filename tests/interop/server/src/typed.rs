//! The notation of Python's values, to and from the JSON text that stands in a session.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use cookie_session::flask;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Error, Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use time::{Date, OffsetDateTime, PrimitiveDateTime, Time};

/// What a request carries that is no typed value.
pub struct Bad(pub String);

/// A typed value that serializes as the value itself.
pub struct Typed<'v>(pub &'v Value);

impl<'v> Typed<'v> {
    fn parts(&self) -> (&'v str, &'v Value) {
        (self.0[0].as_str().unwrap_or_default(), &self.0[1])
    }

    fn items(content: &'v Value) -> Vec<Self> {
        content.as_array().into_iter().flatten().map(Typed).collect()
    }
}

impl Serialize for Typed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (kind, content) = self.parts();
        let text = content.as_str().unwrap_or_default();
        let wrong = || S::Error::custom(format!("not a typed value: {}", self.0));
        match kind {
            "null" => serializer.serialize_unit(),
            "bool" => serializer.serialize_bool(content.as_bool().ok_or_else(wrong)?),
            "int" => serializer.serialize_i128(text.parse().map_err(|_| wrong())?),
            "float" => serializer.serialize_f64(text.parse().map_err(|_| wrong())?),
            "str" => serializer.serialize_str(text),
            "list" => Self::items(content).serialize(serializer),
            "tuple" => flask::Tuple(Self::items(content)).serialize(serializer),
            "dict" => {
                let pairs = content.as_array().ok_or_else(wrong)?;
                let mut map = serializer.serialize_map(Some(pairs.len()))?;
                for pair in pairs {
                    map.serialize_entry(&pair[0], &Typed(&pair[1]))?;
                }
                map.end()
            }
            "bytes" => flask::Bytes(BASE64_STANDARD.decode(text).map_err(|_| wrong())?).serialize(serializer),
            "markup" => flask::Markup(text.to_owned()).serialize(serializer),
            "uuid" => {
                let uuid = u128::from_str_radix(text, 16).map_err(|_| wrong())?;
                flask::Uuid(uuid.to_be_bytes()).serialize(serializer)
            }
            "datetime" => {
                flask::DateTime(parse_datetime(text).ok_or_else(wrong)?.into()).serialize(serializer)
            }
            _ => Err(wrong()),
        }
    }
}

/// Returns the notation of a value that stands in a session. `tagged` is Flask's way.
pub fn to_typed(json: &str, tagged: bool) -> Result<Value, Bad> {
    let bad = |_| Bad(format!("cannot be read: {json}"));
    Ok(match json.as_bytes().first() {
        Some(b'n') => json!(["null"]),
        Some(b't' | b'f') => json!(["bool", json == "true"]),
        Some(b'"') => text(json),
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(json).map_err(bad)?;
            json!(["list", list(&items, tagged)?])
        }
        Some(b'{') => {
            let pairs: Pairs<'_> = serde_json::from_str(json).map_err(bad)?;
            match pairs.0.as_slice() {
                [(key, value)] if tagged => match key.as_str() {
                    " di" => {
                        let escaped: Pairs<'_> = serde_json::from_str(value.get()).map_err(bad)?;
                        let [(key, value)] = escaped.0.as_slice() else {
                            return Err(Bad(format!("no escape: {json}")));
                        };
                        let key = key.strip_suffix("__").ok_or_else(|| Bad(format!("no escape: {json}")))?;
                        json!(["dict", [[key, to_typed(value.get(), tagged)?]]])
                    }
                    " t" => {
                        let flask::Tuple(items) =
                            serde_json::from_str::<flask::Tuple<Vec<Box<RawValue>>>>(json).map_err(bad)?;
                        let items: Vec<&RawValue> = items.iter().map(|item| &**item).collect();
                        json!(["tuple", list(&items, tagged)?])
                    }
                    " b" => {
                        let flask::Bytes(bytes) = serde_json::from_str(json).map_err(bad)?;
                        json!(["bytes", BASE64_STANDARD.encode(bytes)])
                    }
                    " m" => {
                        let flask::Markup(markup) = serde_json::from_str(json).map_err(bad)?;
                        json!(["markup", markup])
                    }
                    " u" => {
                        let flask::Uuid(uuid) = serde_json::from_str(json).map_err(bad)?;
                        json!(["uuid", format!("{:032x}", u128::from_be_bytes(uuid))])
                    }
                    " d" => {
                        let flask::DateTime(at) = serde_json::from_str(json).map_err(bad)?;
                        json!(["datetime", isoformat(at.into())])
                    }
                    _ => dict(pairs, tagged)?,
                },
                _ => dict(pairs, tagged)?,
            }
        }
        // Python has but one zero among the ints.
        Some(_) if json == "-0" => json!(["int", "0"]),
        Some(_) if json.contains(['.', 'e', 'E']) => json!(["float", json]),
        _ => json!(["int", json]),
    })
}

fn list(items: &[&RawValue], tagged: bool) -> Result<Vec<Value>, Bad> {
    items.iter().map(|item| to_typed(item.get(), tagged)).collect()
}

/// Orders the keys by code point, which is the order of their UTF-8.
fn dict(pairs: Pairs<'_>, tagged: bool) -> Result<Value, Bad> {
    let mut pairs = pairs.0;
    pairs.sort_by(|(a, _), (b, _)| a.cmp(b));
    let pair = |(key, value): &(String, &RawValue)| Ok(json!([key, to_typed(value.get(), tagged)?]));
    Ok(json!(["dict", pairs.iter().map(pair).collect::<Result<Vec<_>, Bad>>()?]))
}

/// Returns the notation of a JSON string, which may hold a lone surrogate.
fn text(json: &str) -> Value {
    if let Ok(text) = serde_json::from_str::<String>(json) {
        return json!(["str", text]);
    }
    let mut hex = String::new();
    let mut chars = json.trim_matches('"').chars();
    while let Some(c) = chars.next() {
        let unit = match c {
            '\\' => match chars.next() {
                Some('u') => {
                    hex.extend(chars.by_ref().take(4));
                    continue;
                }
                Some('b') => '\u{8}',
                Some('f') => '\u{c}',
                Some('n') => '\n',
                Some('r') => '\r',
                Some('t') => '\t',
                other => other.unwrap_or_default(),
            },
            c => c,
        };
        hex.extend(unit.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("{unit:04x}")));
    }
    json!(["wtf16", hex])
}

/// An object whose keys stay in their order.
pub struct Pairs<'t>(pub Vec<(String, &'t RawValue)>);

impl<'de> Deserialize<'de> for Pairs<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PairsVisitor;

        impl<'de> Visitor<'de> for PairsVisitor {
            type Value = Pairs<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs<'de>, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(PairsVisitor)
    }
}

/// Reads what Python's `isoformat` writes of a time in UTC.
pub fn parse_datetime(text: &str) -> Option<OffsetDateTime> {
    let text = text.strip_suffix("+00:00")?;
    let (date, clock) = text.split_once('T')?;
    let mut date = date.split('-');
    let mut next = || date.next()?.parse::<u16>().ok();
    let (year, month, day) = (next()?, next()?, next()?);
    let month = time::Month::try_from(u8::try_from(month).ok()?).ok()?;
    let date = Date::from_calendar_date(i32::from(year), month, u8::try_from(day).ok()?).ok()?;
    let mut clock = clock.split(':');
    let mut next = || clock.next()?.parse::<u8>().ok();
    let clock = Time::from_hms(next()?, next()?, next()?).ok()?;
    Some(PrimitiveDateTime::new(date, clock).assume_utc())
}

/// Writes a time in UTC as Python's `isoformat` does.
pub fn isoformat(at: OffsetDateTime) -> String {
    let (date, clock) = (at.date(), at.time());
    let micros = match clock.microsecond() {
        0 => String::new(),
        micros => format!(".{micros:06}"),
    };
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{micros}+00:00",
        date.year(),
        u8::from(date.month()),
        date.day(),
        clock.hour(),
        clock.minute(),
        clock.second(),
    )
}
