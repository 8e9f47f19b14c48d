//! The payload of a token: JSON text in URL-safe base64 without padding.

use base64::Engine;
use base64::engine::general_purpose::NO_PAD;

use crate::error::DecodeError;

/// Appends the text in base64.
pub(crate) fn encode(json: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.resize(start.saturating_add(encoded_len(json.len())), 0);
    if let Some(room) = out.get_mut(start..) {
        // It fits: the room was made for it.
        let _ = engine().encode_slice(json, room);
    }
}

/// Returns the length of this many bytes in base64.
pub(crate) fn encoded_len(bytes: usize) -> usize {
    bytes.saturating_mul(4).div_ceil(3)
}

/// Returns the JSON text, in a buffer of its own.
pub(crate) fn decode(payload: &[u8]) -> Result<String, DecodeError> {
    let bytes = engine().decode(payload).map_err(|_| DecodeError::Payload)?;
    String::from_utf8(bytes).map_err(|_| DecodeError::Payload)
}

/// Hands over the JSON text, without a buffer on the heap when it is short.
pub(crate) fn decode_with<R>(
    payload: &[u8],
    read: impl FnOnce(&str) -> Result<R, DecodeError>,
) -> Result<R, DecodeError> {
    let mut buffer = [0; STACK_LEN];
    match engine().decode_slice(payload, &mut buffer) {
        Ok(len) => {
            let bytes = buffer.get(..len).unwrap_or_default();
            read(std::str::from_utf8(bytes).map_err(|_| DecodeError::Payload)?)
        }
        Err(base64::DecodeSliceError::OutputSliceTooSmall) => read(&decode(payload)?),
        Err(base64::DecodeSliceError::DecodeError(_)) => Err(DecodeError::Payload),
    }
}

/// Room for what most tokens hold; clearing more would cost small ones.
const STACK_LEN: usize = 768;

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
fn engine() -> &'static impl Engine {
    use std::sync::LazyLock;

    use base64::engine::Simd;

    // Made once, since it asks the processor what it can do.
    static ENGINE: LazyLock<Simd> = LazyLock::new(|| Simd::url_safe(NO_PAD));
    &*ENGINE
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn engine() -> &'static impl Engine {
    use base64::alphabet::URL_SAFE;
    use base64::engine::GeneralPurpose;

    static ENGINE: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, NO_PAD);
    &ENGINE
}
