//! The payload of a token: JSON text in URL-safe base64 without padding.

use base64::Engine;

use crate::error::DecodeError;
use crate::token::engine;

/// Writes the payload of this text to the front of `room`, and returns its length, or `None` if it does not fit.
#[inline]
pub(crate) fn encode(json: &[u8], room: &mut [u8]) -> Option<usize> {
    engine::url_safe().encode_slice(json, room).ok()
}

/// Appends the same.
pub(crate) fn push(json: &[u8], out: &mut Vec<u8>) {
    push_with(len(json.len()), out, |room| encode(json, room));
}

/// Appends what is written into room of this length, or nothing if it does not fit.
pub(crate) fn push_with(most: usize, out: &mut Vec<u8>, write: impl FnOnce(&mut [u8]) -> Option<usize>) {
    let start = out.len();
    out.resize(start.saturating_add(most), 0);
    let len = write(out.get_mut(start..).unwrap_or_default());
    out.truncate(start.saturating_add(len.unwrap_or_default()));
}

/// Returns the length of the payload of a text of this length.
pub(crate) fn len(json: usize) -> usize {
    json.saturating_mul(4).div_ceil(3)
}

/// Returns the text, in a buffer of its own.
pub(crate) fn decode(payload: &[u8]) -> Option<Vec<u8>> {
    engine::url_safe().decode(payload).ok()
}

/// Hands over the text, without a buffer on the heap.
pub(crate) fn decode_with<R>(
    payload: &[u8],
    read: impl FnOnce(&str) -> Result<R, DecodeError>,
) -> Result<R, DecodeError> {
    decode_bytes_with(payload, |bytes| read(std::str::from_utf8(bytes).map_err(|_| DecodeError::Payload)?))
}

/// Hands over the bytes, without a buffer on the heap.
pub(crate) fn decode_bytes_with<R>(
    payload: &[u8],
    read: impl FnOnce(&mut [u8]) -> Result<R, DecodeError>,
) -> Result<R, DecodeError> {
    // The buffer is cleared, so that a small token had better not pay for a large one.
    if payload.len() <= len(SMALL) {
        decode_into([0; SMALL], payload, read)
    } else if payload.len() <= len(LARGE) {
        decode_into([0; LARGE], payload, read)
    } else {
        read(&mut decode(payload).ok_or(DecodeError::Payload)?)
    }
}

#[inline(never)]
fn decode_into<R, const LEN: usize>(
    mut buffer: [u8; LEN],
    payload: &[u8],
    read: impl FnOnce(&mut [u8]) -> Result<R, DecodeError>,
) -> Result<R, DecodeError> {
    let len = engine::url_safe().decode_slice(payload, &mut buffer).map_err(|_| DecodeError::Payload)?;
    read(buffer.get_mut(..len).unwrap_or_default())
}

/// What most tokens hold, and what all do that fit in a cookie.
const SMALL: usize = 512;
const LARGE: usize = 3072;
