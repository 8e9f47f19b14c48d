//! What the sessions of Starlette's `SessionMiddleware` mean, and how their
//! tokens are spelled.

use std::sync::LazyLock;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::PAD;
use serde::Serialize;

use crate::error::DecodeError;
use crate::format::python;
use crate::format::rules::{Envelope, Keep, Rules};
use crate::json::checked::Plain;
use crate::json::{self, Style, Unwritable};
use crate::session::facts::Facts;
use crate::session::members::Data;
use crate::token::engine::{self, Base64};

/// The rules of `SessionMiddleware`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Starlette {
    /// Whether `max_age` is not `None`.
    pub(crate) permanent: bool,
}

impl Rules for Starlette {
    fn encode(self, json: &[u8], room: &mut [u8]) -> Option<usize> {
        standard().encode_slice(json, room).ok()
    }

    fn payload_len(self, json: usize) -> usize {
        json.div_ceil(3).saturating_mul(4)
    }

    fn decode_with<R>(
        self,
        payload: &[u8],
        read: impl FnOnce(&str) -> Result<R, DecodeError>,
    ) -> Result<R, DecodeError> {
        read(&decode(payload)?)
    }

    fn style(self) -> &'static Style {
        &STYLE
    }

    fn to_bytes<T: Serialize + ?Sized>(self, value: &T) -> Result<Vec<u8>, Unwritable> {
        python::to_bytes::<Plain, T>(value, true)
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
        let data = Data::read(&STYLE, decode(payload)?).ok_or(DecodeError::Payload)?;
        Ok(Envelope { created: None, permanent: false, data, facts: Facts::default() })
    }

    fn write(self, _: u64, _: bool, data: &Data, _: &Facts, out: &mut Vec<u8>) {
        data.push_object(out);
    }

    fn max_len(self, data: &Data, _: &Facts) -> usize {
        data.object_len()
    }

    fn is_permanent(self, _: &Data, _: bool) -> bool {
        self.permanent
    }

    /// `max_age` decides for all sessions.
    fn set_permanent(self, _: &mut Data, _: &mut bool, _: bool, _: u64) {}

    fn is_refresh_due(self, _: &Data, _: u64, _: u64) -> bool {
        false
    }

    /// Starlette has none of its own.
    fn csrf_key(self) -> Option<&'static str> {
        Some("csrf_token")
    }

    fn flash_key(self) -> Option<&'static str> {
        Some("_flashes")
    }

    fn flash_entry(self, category: &str, message: &str) -> Result<String, Unwritable> {
        json::text(self.to_bytes(&(category, message))?)
    }

    fn keep(self, _: &Data, left: i64, _: Duration) -> Keep {
        Keep::for_seconds(left)
    }
}

fn decode(payload: &[u8]) -> Result<String, DecodeError> {
    let bytes = standard().decode(payload).map_err(|_| DecodeError::Payload)?;
    String::from_utf8(bytes).map_err(|_| DecodeError::Payload)
}

/// How Starlette spells JSON.
static STYLE: Style = Style { spaced: true, key: |key| json::text(python::to_bytes::<Plain, _>(key, true)?) };

/// Returns the engine of the standard alphabet with padding, which Starlette writes.
fn standard() -> &'static Base64 {
    static ENGINE: LazyLock<Base64> = LazyLock::new(|| engine::make(false, PAD));
    &ENGINE
}
