//! The grammar of tokens, read without a key: three parts, and what each of them encodes.

use std::io::Read;

use base64::Engine;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use flate2::read::ZlibDecoder;

/// The three parts of a token, of which none is verified.
#[derive(Clone, Copy)]
pub(crate) struct Parts<'t> {
    pub(crate) separator: char,
    pub(crate) payload: &'t str,
    /// Unix seconds.
    pub(crate) issued: u64,
    pub(crate) signature: &'t str,
}

impl<'t> Parts<'t> {
    /// Takes a token apart: those of itsdangerous and of this library, and
    /// Django's.
    pub(crate) fn of(token: &'t str) -> Option<Self> {
        let split = |separator| {
            let (rest, signature) = token.rsplit_once(separator)?;
            let (payload, timestamp) = rest.rsplit_once(separator)?;
            // A dot before the payload says that it is compressed.
            let is_third = payload.strip_prefix('.').unwrap_or(payload).contains(separator);
            (!is_third && is_signature(signature)).then_some((payload, timestamp, signature))
        };
        if let Some((payload, timestamp, signature)) = split('.') {
            let issued = base64_number(timestamp)?;
            return Some(Self { separator: '.', payload, issued, signature });
        }
        let (payload, timestamp, signature) = split(':')?;
        let issued = base62_number(timestamp)?;
        Some(Self { separator: ':', payload, issued, signature })
    }

    /// Returns the bytes inside of the payload.
    pub(crate) fn content(&self) -> Content {
        match self.payload.strip_prefix('.') {
            None => decode_base64(self.payload).map_or(Content::NotBase64, Content::Plain),
            Some(payload) => match decode_base64(payload) {
                None => Content::NotBase64,
                Some(bytes) => inflate(&bytes).map_or(Content::NotZlib, Content::Compressed),
            },
        }
    }
}

/// What a payload holds.
pub(crate) enum Content {
    Plain(Vec<u8>),
    Compressed(Vec<u8>),
    NotBase64,
    /// Marked as compressed and not, or more than anybody keeps in a cookie.
    NotZlib,
}

impl Content {
    pub(crate) fn bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Plain(bytes) | Self::Compressed(bytes) => Some(bytes),
            Self::NotBase64 | Self::NotZlib => None,
        }
    }

    pub(crate) fn text(&self) -> Option<&str> {
        std::str::from_utf8(self.bytes()?).ok()
    }
}

/// Decodes base64 of either alphabet, padded or not.
pub(crate) fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let is_standard = text.contains(['+', '/']);
    let alphabet = if is_standard { &alphabet::STANDARD } else { &alphabet::URL_SAFE };
    GeneralPurpose::new(alphabet, config).decode(text).ok()
}

/// The lengths of HMAC-SHA1, -SHA256 and -SHA512 in base64.
pub(crate) const SIGNATURES: [usize; 3] = [27, 43, 86];

fn is_signature(text: &str) -> bool {
    SIGNATURES.contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

fn base64_number(text: &str) -> Option<u64> {
    let bytes = decode_base64(text)?;
    if bytes.len() > 8 {
        return None;
    }
    Some(bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

fn base62_number(text: &str) -> Option<u64> {
    let value = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte.wrapping_sub(b'0')),
        b'A'..=b'Z' => Some(byte.wrapping_sub(b'A').wrapping_add(10)),
        b'a'..=b'z' => Some(byte.wrapping_sub(b'a').wrapping_add(36)),
        _ => None,
    };
    if text.is_empty() {
        return None;
    }
    text.bytes().try_fold(0u64, |number, byte| number.checked_mul(62)?.checked_add(u64::from(value(byte)?)))
}

fn inflate(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut inflated = Vec::new();
    ZlibDecoder::new(bytes).take(MOST_INFLATED.saturating_add(1)).read_to_end(&mut inflated).ok()?;
    u64::try_from(inflated.len()).is_ok_and(|len| len <= MOST_INFLATED).then_some(inflated)
}

/// A cookie of 4 KB can hold megabytes of one letter.
const MOST_INFLATED: u64 = 256 * 1024;
