//! The payload of a token: JSON text in base64, in some formats compressed.

use base64::Engine;

use crate::error::{ConfigError, DecodeError};
#[cfg(feature = "_zlib")]
use crate::token::bounds;

/// How JSON text becomes the payload of a token.
#[derive(Clone, Copy)]
pub(crate) enum Encoding {
    /// URL-safe base64 without padding.
    UrlSafe,
    /// The same, or a dot and the same of the zlib stream, when that is shorter
    /// by two bytes: itsdangerous's rule, and Django's.
    #[cfg(feature = "_zlib")]
    Compressed {
        /// The most that a compressed payload may hold, in bytes. Python has no
        /// such limit.
        max_inflated: usize,
        /// Whether the text is ASCII: Django writes no other, and would read it
        /// as Latin-1.
        ascii: bool,
    },
    /// Base64 in the standard alphabet with padding.
    #[cfg(feature = "starlette")]
    Standard,
}

impl Encoding {
    /// Appends the payload of this text.
    pub(crate) fn encode(self, json: &[u8], out: &mut Vec<u8>) {
        match self {
            Self::UrlSafe => encode(engine::url_safe(), json, out),
            #[cfg(feature = "_zlib")]
            Self::Compressed { .. } => {
                match Some(json).filter(|json| self.compresses(json.len())).and_then(zlib::compress) {
                    Some(compressed) => {
                        out.push(zlib::MARK);
                        encode(engine::url_safe(), &compressed, out);
                    }
                    None => encode(engine::url_safe(), json, out),
                }
            }
            #[cfg(feature = "starlette")]
            Self::Standard => encode(engine::standard(), json, out),
        }
    }

    /// Returns the length of the payload of a text of this length, before any
    /// compression.
    pub(crate) fn len(self, json: usize) -> usize {
        match self {
            Self::UrlSafe => unpadded_len(json),
            #[cfg(feature = "_zlib")]
            Self::Compressed { .. } => unpadded_len(json),
            #[cfg(feature = "starlette")]
            Self::Standard => json.div_ceil(3).saturating_mul(4),
        }
    }

    /// Checks the number that it is configured with.
    pub(crate) fn check_bounds(self) -> Result<(), ConfigError> {
        match self {
            #[cfg(feature = "_zlib")]
            Self::Compressed { max_inflated, .. } => bounds::check_max_inflated(max_inflated),
            _ => Ok(()),
        }
    }

    /// Says whether the payload of a text of this length may be shorter than
    /// [`len`](Self::len). What [`decode`](Self::decode) would not inflate is
    /// not compressed.
    pub(crate) fn compresses(self, json: usize) -> bool {
        let _ = json;
        match self {
            #[cfg(feature = "_zlib")]
            Self::Compressed { max_inflated, .. } => json <= max_inflated,
            _ => false,
        }
    }

    /// Returns the text, in a buffer of its own.
    pub(crate) fn decode(self, payload: &[u8]) -> Result<String, DecodeError> {
        let bytes = match self {
            Self::UrlSafe => engine::url_safe().decode(payload).ok(),
            #[cfg(feature = "_zlib")]
            Self::Compressed { max_inflated, .. } => match payload.strip_prefix(&[zlib::MARK]) {
                Some(payload) => engine::url_safe()
                    .decode(payload)
                    .ok()
                    .and_then(|bytes| zlib::inflate(&bytes, max_inflated)),
                None => engine::url_safe().decode(payload).ok(),
            },
            #[cfg(feature = "starlette")]
            Self::Standard => engine::standard().decode(payload).ok(),
        };
        let bytes = bytes.ok_or(DecodeError::Payload)?;
        self.check(&bytes)?;
        String::from_utf8(bytes).map_err(|_| DecodeError::Payload)
    }

    /// Checks that the text is ASCII, where nothing else is written.
    fn check(self, text: &[u8]) -> Result<(), DecodeError> {
        let _ = text;
        match self {
            #[cfg(feature = "_zlib")]
            Self::Compressed { ascii: true, .. } if !text.is_ascii() => Err(DecodeError::Payload),
            _ => Ok(()),
        }
    }

    /// Hands over the text, without a buffer on the heap.
    pub(crate) fn decode_with<R>(
        self,
        payload: &[u8],
        read: impl FnOnce(&str) -> Result<R, DecodeError>,
    ) -> Result<R, DecodeError> {
        if !self.is_plain(payload) {
            return read(&self.decode(payload)?);
        }
        // The buffer is cleared, so that a small token had better not pay for a large one.
        if payload.len() <= unpadded_len(SMALL) {
            self.decode_into([0; SMALL], payload, read)
        } else if payload.len() <= unpadded_len(LARGE) {
            self.decode_into([0; LARGE], payload, read)
        } else {
            read(&self.decode(payload)?)
        }
    }

    #[inline(never)]
    fn decode_into<R, const LEN: usize>(
        self,
        mut buffer: [u8; LEN],
        payload: &[u8],
        read: impl FnOnce(&str) -> Result<R, DecodeError>,
    ) -> Result<R, DecodeError> {
        let len = engine::url_safe().decode_slice(payload, &mut buffer).map_err(|_| DecodeError::Payload)?;
        let text = buffer.get(..len).unwrap_or_default();
        self.check(text)?;
        read(std::str::from_utf8(text).map_err(|_| DecodeError::Payload)?)
    }

    /// Says whether the payload is URL-safe base64 of the text itself.
    fn is_plain(self, payload: &[u8]) -> bool {
        let _ = payload;
        match self {
            Self::UrlSafe => true,
            #[cfg(feature = "_zlib")]
            Self::Compressed { .. } => payload.first() != Some(&zlib::MARK),
            #[cfg(feature = "starlette")]
            Self::Standard => payload.is_empty(),
        }
    }
}

fn encode(engine: &impl Engine, bytes: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    // The longest form there is: with padding.
    out.resize(start.saturating_add(bytes.len().div_ceil(3).saturating_mul(4)), 0);
    let room = out.get_mut(start..).unwrap_or_default();
    // It fits: the room was made for it.
    let len = engine.encode_slice(bytes, room).unwrap_or_default();
    out.truncate(start.saturating_add(len));
}

fn unpadded_len(bytes: usize) -> usize {
    bytes.saturating_mul(4).div_ceil(3)
}

/// What most tokens hold, and what all do that fit in a cookie.
const SMALL: usize = 512;
const LARGE: usize = 3072;

#[cfg(feature = "_zlib")]
mod zlib {
    //! Compression by itsdangerous's rule, inflation with a cap.

    use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

    /// Returns the zlib stream, if it is shorter by two bytes or more.
    pub(super) fn compress(json: &[u8]) -> Option<Vec<u8>> {
        let most = json.len().checked_sub(2)?;
        let mut out = Vec::with_capacity(most);
        let mut stream = Compress::new_with_window_bits(Compression::new(LEVEL), true, window_bits(json));
        // What does not fit in that room is not worth it, and is not written.
        let status = stream.compress_vec(json, &mut out, FlushCompress::Finish).ok()?;
        (status == Status::StreamEnd && out.len() <= most).then_some(out)
    }

    /// Returns the smallest window that reaches over the whole text: clearing a
    /// larger one takes longer than to compress a session. Readers take any.
    fn window_bits(json: &[u8]) -> u8 {
        // zlib looks back no further than a window less this.
        const LOOKAHEAD: usize = 262;
        let reaches = |bits: &u8| json.len().saturating_add(LOOKAHEAD) <= 1 << bits;
        (SMALLEST_WINDOW..LARGEST_WINDOW).find(reaches).unwrap_or(LARGEST_WINDOW)
    }

    /// Returns what a whole zlib stream holds, if that is no more than `max`
    /// bytes.
    pub(super) fn inflate(bytes: &[u8], max: usize) -> Option<Vec<u8>> {
        let mut stream = Decompress::new(true);
        let mut out = Vec::with_capacity(bytes.len().saturating_mul(USUAL_RATIO).min(max));
        let mut status = stream.decompress_vec(bytes, &mut out, FlushDecompress::Finish).ok()?;
        if status != Status::StreamEnd && out.len() == out.capacity() {
            // Counted first, and then made room for: what is configured is no reason to reserve it, and a buffer
            // that grows step by step is there twice while it is copied.
            let len = count(bytes, &mut stream, max)?;
            out.clear();
            out.reserve_exact(len);
            stream.reset(true);
            status = stream.decompress_vec(bytes, &mut out, FlushDecompress::Finish).ok()?;
        }
        // Python ignores bytes after the end of the stream, and writes none.
        let is_whole = status == Status::StreamEnd && unread(bytes, &stream)?.is_empty();
        (is_whole && out.len() <= max).then_some(out)
    }

    /// Returns how much the whole stream holds, of which a part was inflated, if
    /// that is no more than `max` bytes.
    fn count(bytes: &[u8], stream: &mut Decompress, max: usize) -> Option<usize> {
        let mut scratch = [0; SCRATCH];
        loop {
            let before = (stream.total_in(), stream.total_out());
            let rest = unread(bytes, stream)?;
            let status = stream.decompress(rest, &mut scratch, FlushDecompress::None).ok()?;
            let len = usize::try_from(stream.total_out()).ok().filter(|len| *len <= max)?;
            if status == Status::StreamEnd {
                return Some(len);
            }
            if (stream.total_in(), stream.total_out()) == before {
                return None;
            }
        }
    }

    fn unread<'b>(bytes: &'b [u8], stream: &Decompress) -> Option<&'b [u8]> {
        bytes.get(usize::try_from(stream.total_in()).ok()?..)
    }

    /// Stands before a compressed payload, where no base64 can.
    pub(super) const MARK: u8 = b'.';

    /// The level of Python's `zlib.compress`.
    const LEVEL: u32 = 6;

    // RFC 1950, section 2.2 allows 256 bytes to 32 KiB; zlib itself cannot write the smallest.
    const SMALLEST_WINDOW: u8 = 9;
    const LARGEST_WINDOW: u8 = 15;

    const SCRATCH: usize = 4096;

    /// What session data rarely exceeds, so that one buffer will do.
    const USUAL_RATIO: usize = 4;

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_window_reaches_over_the_text_and_no_further_than_it_must() {
            let windows =
                [(100, 9), (250, 9), (251, 10), (1000, 11), (3000, 12), (3834, 12), (3835, 13), (40_000, 15)];
            for (len, bits) in windows {
                let text: Vec<u8> = b"[1,2,3,4,5,6,7,8,9]".iter().copied().cycle().take(len).collect();
                let stream = compress(&text).unwrap();
                // RFC 1950, section 2.2: the upper half of the first byte is the window, less 8.
                assert_eq!(stream.first().map(|first| first >> 4), Some(bits - 8), "{len}");
                assert_eq!(inflate(&stream, len).as_deref(), Some(&*text), "{len}");
            }
        }
    }
}

mod engine {
    //! The base64 engines: vectorised where the processor can, strict always.

    use base64::engine::GeneralPurposeConfig;
    use base64::engine::general_purpose::NO_PAD;
    #[cfg(feature = "starlette")]
    use base64::engine::general_purpose::PAD;

    // Made once, since it asks the processor what it can do.
    macro_rules! engine {
        ($name:ident, $alphabet:ident, $config:expr) => {
            #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
            pub(super) fn $name() -> &'static base64::engine::Simd {
                use std::sync::LazyLock;

                use base64::engine::Simd;

                const CONFIG: GeneralPurposeConfig = $config;
                static ENGINE: LazyLock<Simd> = LazyLock::new(|| Simd::$name(CONFIG));
                &ENGINE
            }

            #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
            pub(super) fn $name() -> &'static base64::engine::GeneralPurpose {
                use base64::alphabet::$alphabet;
                use base64::engine::GeneralPurpose;

                const CONFIG: GeneralPurposeConfig = $config;
                static ENGINE: GeneralPurpose = GeneralPurpose::new(&$alphabet, CONFIG);
                &ENGINE
            }
        };
    }

    engine!(url_safe, URL_SAFE, NO_PAD);
    #[cfg(feature = "starlette")]
    engine!(standard, STANDARD, PAD);
}
