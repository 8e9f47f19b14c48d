//! What Django's sessions mean, and how their tokens are spelled.

use std::borrow::Cow;
use std::time::Duration;

use serde::Serialize;

use crate::error::{ConfigError, DecodeError, SessionError};
use crate::format::compressed::Compressed;
use crate::format::django::dates::{self, Dates, Lasts};
use crate::format::django::{csrf, messages};
use crate::format::flash::{self, Flash};
use crate::format::python::{self, is_zero, room_for};
use crate::format::rules::{Envelope, Keep, Rules};
use crate::json::checked::Plain;
use crate::json::{self, Style, Unwritable};
use crate::session::facts::Facts;
use crate::session::members::Data;
use crate::token::payload;

/// The rules of Django's `signed_cookies` backend.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Django {
    /// `SESSION_SAVE_EVERY_REQUEST`.
    pub(crate) save_every_request: bool,
    /// `SESSION_EXPIRE_AT_BROWSER_CLOSE`.
    pub(crate) expire_at_browser_close: bool,
    /// `USE_TZ`.
    pub(crate) dates: Dates,
    pub(crate) payload: Compressed,
}

impl Rules for Django {
    fn check_bounds(self) -> Result<(), ConfigError> {
        self.payload.check_bounds()
    }

    fn separator(self) -> u8 {
        b':'
    }

    fn encode(self, json: &[u8], room: &mut [u8]) -> Option<usize> {
        self.payload.encode(json, room)
    }

    fn payload_len(self, json: usize) -> usize {
        payload::len(json)
    }

    fn compress_from(self) -> Option<usize> {
        self.payload.compress_from
    }

    fn compresses(self, json: usize) -> bool {
        self.payload.compresses(json)
    }

    fn decode_with<R>(
        self,
        payload: &[u8],
        read: impl FnOnce(&str) -> Result<R, DecodeError>,
    ) -> Result<R, DecodeError> {
        self.payload.decode_with(payload, |text| read(checked(text)?))
    }

    fn write_timestamp(self, seconds: u64, out: &mut Vec<u8>) {
        write_base62(seconds, out);
    }

    fn read_timestamp(self, text: &[u8]) -> Option<u64> {
        read_base62(text)
    }

    /// A token is too old as soon as any part of the second after the last has
    /// passed; itsdangerous counts whole seconds.
    fn second(self, now: Duration) -> u64 {
        now.as_secs().saturating_add(u64::from(now.subsec_nanos() > 0))
    }

    fn style(self) -> &'static Style {
        &STYLE
    }

    fn to_bytes<T: Serialize + ?Sized>(self, value: &T) -> Result<Vec<u8>, Unwritable> {
        python::to_bytes::<Plain, T>(value, false)
    }

    fn takes_last(self) -> bool {
        true
    }

    fn unquote(self, value: &[u8]) -> &[u8] {
        python::unquote(value)
    }

    fn read(
        self,
        payload: &[u8],
        _: impl Fn(u64, bool) -> Result<(), DecodeError>,
    ) -> Result<Envelope, DecodeError> {
        let text = self.payload.decode(payload)?;
        checked(&text)?;
        let data = Data::read(&STYLE, text).ok_or(DecodeError::Payload)?;
        Ok(Envelope { created: None, permanent: false, data, facts: Facts::default() })
    }

    fn write(self, _: u64, _: bool, data: &Data, _: &Facts, out: &mut Vec<u8>) {
        data.push_object(out);
    }

    fn max_len(self, data: &Data, _: &Facts) -> usize {
        data.object_len().saturating_add(room_for(data, dates::KEY, LONGEST_EXPIRY))
    }

    fn own_key(self) -> Option<&'static str> {
        Some(dates::KEY)
    }

    fn accepts(self, key: &str, json: &str) -> bool {
        key != dates::KEY || self.dates.accept(json)
    }

    fn keeps_empty(self) -> bool {
        true
    }

    fn is_permanent(self, data: &Data, _: bool) -> bool {
        match data.get(dates::KEY) {
            None | Some("null") => !self.expire_at_browser_close,
            Some(json) => !is_zero(json) && self.dates.accept(json),
        }
    }

    fn set_permanent(self, data: &mut Data, _: &mut bool, permanent: bool, lifetime: u64) {
        let seconds = match (permanent, self.expire_at_browser_close) {
            (false, _) => "0".into(),
            (true, true) => lifetime.min(dates::LONGEST).to_string(),
            (true, false) => {
                data.remove(dates::KEY);
                return;
            }
        };
        // The key is text, and room for it was counted.
        let _ = data.insert(dates::KEY, seconds);
    }

    fn is_refresh_due(self, _: &Data, _: u64, _: u64) -> bool {
        self.save_every_request
    }

    fn csrf_key(self) -> Option<&'static str> {
        Some(csrf::KEY)
    }

    fn new_csrf_secret(self) -> Result<String, SessionError> {
        csrf::new_secret()
    }

    fn csrf_token(self, secret: &str) -> Result<Option<String>, SessionError> {
        csrf::mask(secret)
    }

    fn is_csrf_token(self, secret: &str, text: &[u8]) -> bool {
        csrf::is_token(secret, text)
    }

    fn flash_key(self) -> Option<&'static str> {
        Some(messages::KEY)
    }

    fn flash_entry(self, category: &str, message: &str) -> Result<String, Unwritable> {
        messages::entry(category, message)
    }

    fn read_flash(self, entry: &str) -> Option<Flash> {
        messages::read(entry)
    }

    /// The list is JSON inside of a JSON string.
    fn flash_entries(self, queue: &str) -> Option<Vec<Cow<'_, str>>> {
        let list: String = serde_json::from_str(queue).ok()?;
        if list.is_empty() {
            return Some(Vec::new());
        }
        Some(flash::elements(&list)?.into_iter().map(|entry| Cow::Owned(entry.to_owned())).collect())
    }

    fn flash_queue(self, entries: &[Cow<'_, str>]) -> Result<String, Unwritable> {
        json::text(self.to_bytes(&flash::list(entries))?)
    }

    fn keep(self, data: &Data, left: i64, now: Duration) -> Keep {
        match self.dates.read(data, now) {
            Lasts::AsSet => Keep { max_age: Some(left), expires_in: Some(left) },
            Lasts::For(keep) => keep,
            // Never later than what was meant, whatever that is.
            Lasts::WithBrowser | Lasts::Unclear => Keep::default(),
        }
    }

    fn counts_from_now(self) -> bool {
        true
    }
}

/// Checks that a text is ASCII: Django writes no other, and would read it as
/// Latin-1.
fn checked(text: &str) -> Result<&str, DecodeError> {
    if text.is_ascii() { Ok(text) } else { Err(DecodeError::Payload) }
}

/// Appends the seconds in base 62, most significant digit first.
fn write_base62(mut seconds: u64, out: &mut Vec<u8>) {
    let start = out.len();
    loop {
        let digit = usize::try_from(seconds % 62).ok().and_then(|digit| DIGITS.get(digit));
        out.extend(digit);
        seconds /= 62;
        if seconds == 0 {
            break;
        }
    }
    if let Some(digits) = out.get_mut(start..) {
        digits.reverse();
    }
}

/// Reads what [`write_base62`] wrote, and no other spelling.
fn read_base62(text: &[u8]) -> Option<u64> {
    if text.is_empty() || text.len() > 1 && text.first() == Some(&b'0') {
        return None;
    }
    text.iter().try_fold(0u64, |seconds, byte| {
        let digit = DIGITS.iter().position(|digit| digit == byte)?;
        seconds.checked_mul(62)?.checked_add(u64::try_from(digit).ok()?)
    })
}

/// How Django spells JSON.
static STYLE: Style =
    Style { spaced: false, key: |key| json::text(python::to_bytes::<Plain, _>(key, false)?) };

/// As long as [`dates::LONGEST`].
const LONGEST_EXPIRY: &str = "9999999999";

/// The digits of base 62.
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spells_seconds_as_django_does() {
        let spellings =
            [(0, "0"), (61, "z"), (62, "10"), (1_700_000_005, "1r31ev"), (u64::MAX, "LygHa16AHYF")];
        for (seconds, text) in spellings {
            let mut out = Vec::new();
            write_base62(seconds, &mut out);
            assert_eq!(std::str::from_utf8(&out).unwrap(), text);
            assert_eq!(read_base62(text.as_bytes()), Some(seconds), "{text}");
        }
        for text in ["", "-", "-1", "00", "01", "LygHa16AHYG", "zzzzzzzzzzz", "1 ", "_"] {
            assert_eq!(read_base62(text.as_bytes()), None, "{text:?}");
        }
    }
}
