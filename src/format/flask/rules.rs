//! What Flask's sessions mean, and how their tokens are spelled.

use std::borrow::Cow;
use std::time::Duration;

use serde::Serialize;

use crate::error::{ConfigError, DecodeError, SessionError};
use crate::format::compressed::Compressed;
use crate::format::csrf;
use crate::format::flash::Flash;
use crate::format::flask::types::Tuple;
use crate::format::flask::value::Value;
use crate::format::flask::{queue, tag, tagged};
use crate::format::python::{self, is_zero, room_for};
use crate::format::rules::{Envelope, Keep, Rules};
use crate::json::{self, Style, Unwritable};
use crate::session::facts::Facts;
use crate::session::members::Data;
use crate::token::payload;

/// The rules of Flask's own session interface.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flask {
    /// `SESSION_REFRESH_EACH_REQUEST`.
    pub(crate) refresh_each_request: bool,
    pub(crate) payload: Compressed,
}

impl Rules for Flask {
    fn check_bounds(self) -> Result<(), ConfigError> {
        self.payload.check_bounds()
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
        self.payload.decode_with(payload, read)
    }

    fn style(self) -> &'static Style {
        &STYLE
    }

    fn to_bytes<T: Serialize + ?Sized>(self, value: &T) -> Result<Vec<u8>, Unwritable> {
        tagged::to_bytes(value)
    }

    /// itsdangerous knows no tags, and escapes less.
    fn write_token<T: Serialize + ?Sized>(self, value: &T, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        out.extend_from_slice(&python::to_utf8(value)?);
        Ok(())
    }

    fn unescape(self, value: &str) -> Option<Cow<'_, str>> {
        tag::unescape(value)
    }

    fn object(self, data: &Data) -> Cow<'_, str> {
        tag::escape_object(data.object(), data.len())
    }

    fn to_object(self, value: String) -> Option<String> {
        tag::unescape_object(value)
    }

    fn takes_first(self) -> bool {
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
        let object = tag::unescape_object(self.payload.decode(payload)?);
        let data = object.and_then(|object| Data::read(&STYLE, object)).ok_or(DecodeError::Payload)?;
        Ok(Envelope { created: None, permanent: false, data, facts: Facts::default() })
    }

    fn write(self, _: u64, _: bool, data: &Data, _: &Facts, out: &mut Vec<u8>) {
        match data.len() {
            // It may look like a tag.
            1 => out.extend_from_slice(self.object(data).as_bytes()),
            _ => data.push_object(out),
        }
    }

    fn max_len(self, data: &Data, _: &Facts) -> usize {
        // A session of one member may be escaped, which takes less, and then it has no such member.
        data.object_len().saturating_add(room_for(data, PERMANENT, "false"))
    }

    fn own_key(self) -> Option<&'static str> {
        Some(PERMANENT)
    }

    fn is_permanent(self, data: &Data, _: bool) -> bool {
        data.get(PERMANENT).is_some_and(is_true)
    }

    fn set_permanent(self, data: &mut Data, _: &mut bool, permanent: bool, _: u64) {
        // The key is text, and room for it was counted.
        let _ = data.insert(PERMANENT, permanent.to_string());
    }

    fn is_refresh_due(self, data: &Data, _: u64, _: u64) -> bool {
        self.refresh_each_request && self.is_permanent(data, false)
    }

    /// Flask-WTF's `WTF_CSRF_FIELD_NAME`.
    fn csrf_key(self) -> Option<&'static str> {
        Some("csrf_token")
    }

    /// As many hex digits as a SHA-1 has, which is what Flask-WTF makes of random
    /// bytes.
    fn new_csrf_secret(self) -> Result<String, SessionError> {
        Ok(csrf::random::<20>()?.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    fn flash_key(self) -> Option<&'static str> {
        Some(queue::FLASHES)
    }

    fn flash_entry(self, category: &str, message: &str) -> Result<String, Unwritable> {
        json::text(self.to_bytes(&Tuple((category, message)))?)
    }

    fn read_flash(self, entry: &str) -> Option<Flash> {
        let (category, message) = queue::read(entry)?;
        let text = message.as_str().map_or_else(|| entry.to_owned(), str::to_owned);
        Some(Flash { category, message: text, is_html: matches!(message, Value::Markup(_)) })
    }

    fn keep(self, _: &Data, left: i64, _: Duration) -> Keep {
        Keep { max_age: None, expires_in: Some(left) }
    }
}

/// Says whether Python takes a value for true, given its JSON text.
fn is_true(json: &str) -> bool {
    const EMPTY: [&str; 8] =
        ["null", "false", "\"\"", "[]", "{}", r#"{" t":[]}"#, r#"{" b":""}"#, r#"{" m":""}"#];
    !EMPTY.contains(&json) && !is_zero(json)
}

/// How Flask spells JSON.
static STYLE: Style = Style { spaced: false, key: |key| json::text(tagged::to_bytes(key)?) };

/// Flask's key for what its `session.permanent` says.
const PERMANENT: &str = "_permanent";
