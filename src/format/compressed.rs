//! Payloads that may be compressed, as itsdangerous and Django write them:
//! URL-safe base64 of the JSON text, or a dot and the same of its zlib stream.

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

use crate::error::{ConfigError, DecodeError};
use crate::token::payload;

/// Compresses when that is shorter by two bytes, which is itsdangerous's rule
/// and Django's, and inflates with a cap.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Compressed {
    /// The most that a compressed payload may hold, in bytes. Python has no
    /// such limit.
    pub(crate) max_inflated: usize,
    /// From how many bytes of JSON on a text is compressed, or `None` if none
    /// is. Reading is another matter.
    pub(crate) compress_from: Option<usize>,
}

impl Compressed {
    /// Checks the number that it is configured with.
    pub(crate) fn check_bounds(self) -> Result<(), ConfigError> {
        let Self { max_inflated, compress_from } = self;
        if let Some(from) = compress_from
            && from > HIGHEST_COMPRESS_FROM
        {
            return Err(ConfigError::new(format!(
                "compress_from is {from}, and at most {HIGHEST_COMPRESS_FROM}: what is longer may fit in a cookie only if it is compressed"
            )));
        }
        if max_inflated > MOST_INFLATED {
            return Err(ConfigError::new(format!(
                "max_inflated_size is {max_inflated}, but no cookie that browsers keep holds over {MOST_INFLATED}"
            )));
        }
        Ok(())
    }

    /// Writes the payload of this text to the front of `room`, and returns its length, or `None` if it does not fit.
    pub(crate) fn encode(self, json: &[u8], room: &mut [u8]) -> Option<usize> {
        match Some(json).filter(|json| self.compresses(json.len())).and_then(compress) {
            Some(compressed) => {
                let (mark, room) = room.split_first_mut()?;
                *mark = MARK;
                payload::encode(&compressed, room)?.checked_add(1)
            }
            None => payload::encode(json, room),
        }
    }

    /// Says whether a text of this length may be compressed: what would not be
    /// inflated is not.
    pub(crate) fn compresses(self, json: usize) -> bool {
        self.compress_from.is_some_and(|from| from <= json) && json <= self.max_inflated
    }

    /// Returns the text, in a buffer of its own.
    pub(crate) fn decode(self, payload: &[u8]) -> Result<String, DecodeError> {
        let bytes = match payload.strip_prefix(&[MARK]) {
            Some(payload) => payload::decode(payload).and_then(|bytes| inflate(&bytes, self.max_inflated)),
            None => payload::decode(payload),
        };
        bytes.and_then(|bytes| String::from_utf8(bytes).ok()).ok_or(DecodeError::Payload)
    }

    /// Hands over the text, without a buffer on the heap where it is not
    /// compressed.
    pub(crate) fn decode_with<R>(
        self,
        payload: &[u8],
        read: impl FnOnce(&str) -> Result<R, DecodeError>,
    ) -> Result<R, DecodeError> {
        if payload.first() == Some(&MARK) {
            read(&self.decode(payload)?)
        } else {
            payload::decode_with(payload, read)
        }
    }
}

/// Returns the zlib stream, if it is shorter by two bytes or more.
fn compress(json: &[u8]) -> Option<Vec<u8>> {
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
fn inflate(bytes: &[u8], max: usize) -> Option<Vec<u8>> {
    let mut stream = Decompress::new(true);
    let usual = bytes.len().saturating_mul(USUAL_RATIO).max(USUAL_LEN);
    let mut out = Vec::with_capacity(usual.min(max));
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

/// Deflate makes at most 1032 bytes of one, so that the 3 KB in a cookie of 4096
/// bytes hold little over 3 MB.
const MOST_INFLATED: usize = 4 << 20;

/// In base64 it takes two thirds of the largest cookie.
const HIGHEST_COMPRESS_FROM: usize = 2048;

/// Stands before a compressed payload, where no base64 can.
const MARK: u8 = b'.';

/// The level of Python's `zlib.compress`.
const LEVEL: u32 = 6;

// RFC 1950, section 2.2 allows 256 bytes to 32 KiB; zlib itself cannot write the smallest.
const SMALLEST_WINDOW: u8 = 9;
const LARGEST_WINDOW: u8 = 15;

const SCRATCH: usize = 4096;

/// What session data rarely exceeds, so that one buffer will do.
const USUAL_RATIO: usize = 4;
const USUAL_LEN: usize = 4096;

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
