//! This library's own format. A session's token holds
//! `[created, permanent, data]` or `[created, permanent, data, facts]`.
//!
//! The library's own facts stand beside the user's data, not in it, so no key
//! is reserved.

use std::fmt;
use std::time::Duration;

use memchr::memchr;
use serde::Serialize;

use crate::error::DecodeError;
use crate::format::rules::{Envelope, Keep, Rules};
use crate::json::object::Object;
use crate::json::{self, Style, Unwritable, trim};
use crate::session::facts::Facts;
use crate::session::members::Data;
use crate::token::{cipher, payload};

/// The rules of this library's own format.
#[derive(Clone, Copy)]
pub(crate) struct Native {
    /// Whether the payload is encrypted, which makes it longer.
    pub(crate) encrypted: bool,
}

impl fmt::Debug for Native {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.encrypted { "Encrypted" } else { "Native" })
    }
}

impl Rules for Native {
    #[inline]
    fn encode(self, json: &[u8], room: &mut [u8]) -> Option<usize> {
        payload::encode(json, room)
    }

    fn payload_len(self, json: usize) -> usize {
        payload::len(if self.encrypted { cipher::len(json) } else { json })
    }

    fn decode_with<R>(
        self,
        payload: &[u8],
        read: impl FnOnce(&str) -> Result<R, DecodeError>,
    ) -> Result<R, DecodeError> {
        payload::decode_with(payload, read)
    }

    fn style(self) -> &'static Style {
        &json::COMPACT
    }

    fn to_bytes<T: Serialize + ?Sized>(self, value: &T) -> Result<Vec<u8>, Unwritable> {
        json::to_bytes(value)
    }

    fn whole<T: Serialize + ?Sized>(self, value: &T) -> Option<Object> {
        json::whole::object(value)
    }

    fn write_token<T: Serialize + ?Sized>(self, value: &T, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        json::write_compact(value, out)
    }

    fn read(
        self,
        payload: &[u8],
        check: impl Fn(u64, bool) -> Result<(), DecodeError>,
    ) -> Result<Envelope, DecodeError> {
        payload::decode_with(payload, |text| read(text, check))
    }

    fn write(self, created: u64, permanent: bool, data: &Data, facts: &Facts, out: &mut Vec<u8>) {
        out.push(b'[');
        json::push_number(created, out);
        out.extend_from_slice(if permanent { b",true," } else { b",false," });
        data.push_object(out);
        facts.push(out);
        out.push(b']');
    }

    /// Before the year 2286.
    fn max_len(self, data: &Data, facts: &Facts) -> usize {
        "[9999999999,false,]".len().saturating_add(data.object_len()).saturating_add(facts.len())
    }

    fn is_permanent(self, _: &Data, beside: bool) -> bool {
        beside
    }

    fn set_permanent(self, _: &mut Data, beside: &mut bool, permanent: bool, _: u64) {
        *beside = permanent;
    }

    /// Once a tenth of the idle limit has passed.
    fn is_refresh_due(self, _: &Data, age: u64, idle: u64) -> bool {
        age.saturating_mul(10) >= idle
    }

    fn keep(self, _: &Data, left: i64, _: Duration) -> Keep {
        Keep::for_seconds(left)
    }
}

/// Reads the JSON text of a verified token.
pub(crate) fn read(
    text: &str,
    check: impl Fn(u64, bool) -> Result<(), DecodeError>,
) -> Result<Envelope, DecodeError> {
    let (created, permanent, object) = split(text).ok_or(DecodeError::Payload)?;
    check(created, permanent)?;
    let (data, end) = Data::read_first(&json::COMPACT, object).ok_or(DecodeError::Payload)?;
    let facts = match object.get(end..) {
        Some("") => Facts::default(),
        Some(rest) => Facts::read(rest.strip_prefix(',').ok_or(DecodeError::Payload)?)?,
        None => return Err(DecodeError::Payload),
    };
    Ok(Envelope { created: Some(created), permanent, data, facts })
}

/// Splits the JSON text of a verified token into its first two elements and the
/// rest, which is not looked at.
fn split(text: &str) -> Option<(u64, bool, &str)> {
    split_compact(text).or_else(|| split_spelled_otherwise(text))
}

/// Does it with a text as [`write`](Native::write) makes it, in one go.
#[inline]
fn split_compact(text: &str) -> Option<(u64, bool, &str)> {
    let elements = text.as_bytes().strip_prefix(b"[")?;
    let (mut created, mut rest) = (0_u64, elements);
    while let [digit @ b'0'..=b'9', after @ ..] = rest {
        created = created.wrapping_mul(10).wrapping_add(u64::from(digit ^ b'0'));
        rest = after;
    }
    // Nothing has wrapped, and no zero leads.
    let digits = elements.len().saturating_sub(rest.len());
    let is_plain = (1..=MOST_DIGITS).contains(&digits) && !elements.starts_with(b"0");
    let (permanent, rest) = match rest {
        [b',', b'f', b'a', b'l', b's', b'e', b',', rest @ ..] if is_plain => (false, rest),
        [b',', b't', b'r', b'u', b'e', b',', rest @ ..] if is_plain => (true, rest),
        _ => return None,
    };
    match rest {
        [b'{', .., b'}', b']'] => {
            let start = text.len().checked_sub(rest.len())?;
            Some((created, permanent, text.get(start..text.len().checked_sub("]".len())?)?))
        }
        _ => None,
    }
}

/// So many digits fit in a `u64`, whatever they are.
const MOST_DIGITS: usize = 19;

fn split_spelled_otherwise(text: &str) -> Option<(u64, bool, &str)> {
    let elements = trim(text).strip_prefix('[')?.strip_suffix(']')?;
    let (created, rest) = split_once(elements)?;
    let (permanent, object) = split_once(rest)?;
    let permanent = match trim(permanent) {
        "false" => false,
        "true" => true,
        _ => return None,
    };
    Some((number(trim(created))?, permanent, trim(object)))
}

/// Reads a number as JSON spells it, which `parse` alone is too kind for.
fn number(text: &str) -> Option<u64> {
    match text.as_bytes() {
        [b'0'] | [b'1'..=b'9', ..] => text.parse().ok(),
        _ => None,
    }
}

fn split_once(text: &str) -> Option<(&str, &str)> {
    let (head, tail) = text.split_at_checked(memchr(b',', text.as_bytes())?)?;
    Some((head, tail.get(1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_split_in_one_go_is_split_the_same_otherwise() {
        let texts =
            ["[1750000000,false,{}]", r#"[1,true,{"a":1},{"s":[]}]"#, "[9999999999999999999,true,{}]"];
        for text in texts {
            assert!(split_compact(text).is_some(), "{text}");
            for at in 0..text.len() {
                for added in ["", "0", "1", "-", "+", ".", "e", " ", "\n", ",", "[", "]", "{", "}", "\"", "é"]
                {
                    for skipped in 0..=2 {
                        let end = text.get(at + skipped..).unwrap_or_default();
                        let text = format!("{}{added}{end}", text.get(..at).unwrap());
                        let compact = split_compact(&text);
                        assert!(compact.is_none() || compact == split_spelled_otherwise(&text), "{text}");
                    }
                }
            }
        }
    }
}
