//! What is wrong with the payload of a genuine token.

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use cookie_session::DecodeError;
use serde_json::value::RawValue;

use crate::args::Format;
use crate::hint::Hint;
use crate::object::read_object;
use crate::shape::envelope;
use crate::token::{Content, Parts};

/// Says why a payload that a key signed cannot be read.
pub(crate) fn hint(format: Format, token: &str, error: DecodeError) -> Hint {
    let parts = Parts::of(token).filter(|parts| is_canonical(format, parts.payload));
    let content = parts.map_or(Content::NotBase64, |parts| parts.content());
    let what = match format {
        Format::Native => native(&content),
        _ => framework(&content),
    };
    let stays = "The cookie is left alone: who holds a key wrote it.";
    if error == DecodeError::Unsupported {
        return Hint::new(
            "payload_later_version",
            format!(
                "The signature is right, but a later version of the library wrote something under an upper-case letter that this one \
                 must not ignore. Update this machine. {stays}"
            ),
        );
    }
    match what {
        Some((hint, what)) => Hint::new(hint, format!("The signature is right, but {what} {stays}")),
        // A rejection that this program is too old to know.
        None => Hint::new(
            "payload",
            format!(
                "The signature is right, but the payload is not what is accepted ({}). {stays}",
                error.as_str()
            ),
        ),
    }
}

/// Says whether this is the one spelling of what it encodes.
fn is_canonical(format: Format, payload: &str) -> bool {
    let engine = if format == Format::Starlette { BASE64_STANDARD } else { BASE64_URL_SAFE_NO_PAD };
    let text = payload.strip_prefix('.').unwrap_or(payload);
    engine.decode(text).is_ok()
}

fn native(content: &Content) -> Option<(&'static str, String)> {
    let text = match content {
        Content::NotBase64 => {
            return Some((
                "payload_not_base64",
                "the payload is not URL-safe base64 without padding.".to_owned(),
            ));
        }
        Content::Compressed(_) | Content::NotZlib => {
            return Some((
                "payload_compressed",
                "the payload is compressed, which this format never is: itsdangerous compresses what gets shorter by it, unless that is \
                 turned off."
                    .to_owned(),
            ));
        }
        Content::Plain(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(_) => return Some(not_text(bytes)),
        },
    };
    if envelope(text).is_some_and(|envelope| has_duplicate(envelope.data.get())) {
        return Some(duplicate());
    }
    if envelope(text).is_some() {
        return None;
    }
    Some(match serde_json::from_str::<&RawValue>(text) {
        Err(_) => not_json(text),
        Ok(value) => (
            "payload_no_session",
            format!(
                "the payload is {} and not [created, permanent, data]: it is a token for something else, or was written by a program that \
                 leaves out what the library adds to the data.",
                kind(value.get())
            ),
        ),
    })
}

fn framework(content: &Content) -> Option<(&'static str, String)> {
    let text = match content {
        Content::NotBase64 => {
            return Some((
                "payload_not_base64",
                "the payload is not base64 as the framework writes it.".to_owned(),
            ));
        }
        Content::NotZlib => {
            return Some((
                "payload_inflated",
                "the payload is marked as compressed and cannot be inflated, or is larger then than is accepted.".to_owned(),
            ));
        }
        Content::Plain(bytes) | Content::Compressed(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(_) => return Some(not_text(bytes)),
        },
    };
    if has_duplicate(text) {
        return Some(duplicate());
    }
    match serde_json::from_str::<&RawValue>(text) {
        Err(_) => Some(not_json(text)),
        Ok(value) if !value.get().starts_with('{') => {
            Some(("payload_no_session", format!("the payload is {} and not an object.", kind(value.get()))))
        }
        Ok(_) => None,
    }
}

fn not_text(bytes: &[u8]) -> (&'static str, String) {
    // What pickle's protocols 2 to 5 begin with.
    if let [0x80, 2..=5, ..] = bytes {
        return (
            "payload_pickled",
            "the payload is in Python's pickle format: Django with the PickleSerializer wrote it, which nothing but Python reads.".to_owned(),
        );
    }
    ("payload_not_text", "the payload is no text.".to_owned())
}

fn not_json(text: &str) -> (&'static str, String) {
    // Python writes these and reads them back; JSON has no such numbers.
    let has_python_number = ["NaN", "Infinity"].iter().any(|word| text.contains(word));
    if has_python_number {
        return (
            "payload_nonfinite",
            "the payload is almost JSON: it holds NaN or an infinity, which Python writes and JSON does not have.".to_owned(),
        );
    }
    ("payload_not_json", "the payload is not JSON.".to_owned())
}

fn duplicate() -> (&'static str, String) {
    ("payload_duplicate", "the payload has a key twice, and which of the two counts is not said.".to_owned())
}

fn has_duplicate(object: &str) -> bool {
    let Some(members) = read_object(object) else { return false };
    let mut keys: Vec<&str> = members.iter().map(|(key, _)| key.as_str()).collect();
    keys.sort_unstable();
    keys.windows(2).any(|pair| pair.first() == pair.last())
}

fn kind(json: &str) -> &'static str {
    match json.bytes().next() {
        Some(b'{') => "an object",
        Some(b'[') => "an array",
        Some(b'"') => "a string",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        _ => "a number",
    }
}
