//! Strict URL-safe base64 without padding for texts of a few characters.
//!
//! The engine of the `base64` crate takes as long to prepare as a signature
//! takes to decode: half of the time by which a forged token is over its HMAC.

/// Decodes a text into the front of `out`, and returns how many bytes it is.
/// Refuses padding, other characters, stray bits, and what does not fit.
#[inline]
pub(crate) fn decode<const ROOM: usize>(text: &[u8], out: &mut [u8; ROOM]) -> Option<usize> {
    let (quads, rest) = text.as_chunks::<4>();
    let mut all = 0;
    for (quad, triple) in quads.iter().zip(out.as_chunks_mut::<3>().0) {
        let [a, b, c, d] = *quad;
        let bits = value(&FIRST, a) | value(&SECOND, b) | value(&THIRD, c) | value(&FOURTH, d);
        all |= bits;
        let [_, bytes @ ..] = bits.to_be_bytes();
        *triple = bytes;
    }
    let after = out.get_mut(quads.len().checked_mul(3)?..)?;
    let (len, stray) = match (rest, after) {
        ([], _) => (0, 0),
        ([a, b], [first, ..]) => {
            let bits = value(&FIRST, *a) | value(&SECOND, *b);
            all |= bits;
            let [_, byte, stray, _] = bits.to_be_bytes();
            *first = byte;
            (1, stray)
        }
        ([a, b, c], [first, second, ..]) => {
            let bits = value(&FIRST, *a) | value(&SECOND, *b) | value(&THIRD, *c);
            all |= bits;
            let [_, byte, next, stray] = bits.to_be_bytes();
            (*first, *second) = (byte, next);
            (2, stray)
        }
        _ => return None,
    };
    let len = quads.len().checked_mul(3)?.checked_add(len)?;
    (all < INVALID && stray == 0).then_some(len)
}

/// Does the same with a text that is four bytes, and returns them as a number.
#[inline]
pub(crate) fn decode_four(text: [u8; 6]) -> Option<u32> {
    let [a, b, c, d, e, f] = text;
    let three = value(&FIRST, a) | value(&SECOND, b) | value(&THIRD, c) | value(&FOURTH, d);
    let one = value(&FIRST, e) | value(&SECOND, f);
    (three | one < INVALID && one & 0xffff == 0).then_some(three << 8 | one >> 16)
}

/// Appends the text of a few bytes.
pub(crate) fn push(bytes: &[u8], out: &mut Vec<u8>) {
    for triple in bytes.chunks(3) {
        let [a, b, c] = std::array::from_fn(|at| triple.get(at).copied().unwrap_or_default());
        let bits = u32::from_be_bytes([0, a, b, c]);
        let digits = [18, 12, 6, 0].map(|shift| digit(bits >> shift));
        out.extend_from_slice(digits.get(..=triple.len()).unwrap_or_default());
    }
}

fn digit(bits: u32) -> u8 {
    usize::try_from(bits & 63).ok().and_then(|at| DIGITS.get(at)).copied().unwrap_or_default()
}

fn value(values: &[u32; 256], digit: u8) -> u32 {
    values.get(usize::from(digit)).copied().unwrap_or(INVALID)
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Above the bits of four digits.
const INVALID: u32 = 1 << 31;

// What a digit stands for, in its place among four.
static FIRST: [u32; 256] = values(18);
static SECOND: [u32; 256] = values(12);
static THIRD: [u32; 256] = values(6);
static FOURTH: [u32; 256] = values(0);

const fn values(shift: u32) -> [u32; 256] {
    let mut values = [INVALID; 256];
    let mut digits: &[u8] = DIGITS;
    let mut value = 0;
    while let [digit, rest @ ..] = digits {
        #[expect(
            clippy::as_conversions,
            clippy::indexing_slicing,
            reason = "at compile time, and a byte fits"
        )]
        {
            values[*digit as usize] = value << shift;
        }
        value = value.saturating_add(1);
        digits = rest;
    }
    values
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD;

    use super::*;

    #[track_caller]
    fn agrees(text: &[u8]) {
        let mut out = [0; 96];
        let ours = decode(text, &mut out).map(|len| out[..len].to_vec());
        assert_eq!(ours, BASE64_URL_SAFE_NO_PAD.decode(text).ok(), "{text:?}");
    }

    #[test]
    fn decodes_as_the_base64_crate_does() {
        let valid =
            b"-_Az09-_Az09ZVPxAAqlE_LN418NgPOudOZgWfxHffHQabcdEFGH0123456789-_ABCDEFGHIJKLMNOPQRSTUVWX";
        for len in 0..=86 {
            let text = &valid[..len];
            agrees(text);
            for at in 0..len {
                for byte in 0..=255 {
                    let mut text = text.to_vec();
                    text[at] = byte;
                    agrees(&text);
                }
            }
        }
    }

    #[test]
    fn encodes_as_the_base64_crate_does() {
        let bytes: Vec<u8> = (0..=u8::MAX).flat_map(|byte| [byte, !byte, byte.rotate_left(3)]).collect();
        for len in 0..=11 {
            for bytes in bytes.windows(len.max(1)) {
                let mut out = b"before".to_vec();
                push(&bytes[..len], &mut out);
                let text = BASE64_URL_SAFE_NO_PAD.encode(&bytes[..len]);
                assert_eq!(out, format!("before{text}").into_bytes());
            }
        }
    }

    #[test]
    fn decodes_four_bytes_as_it_decodes_others() {
        for (text, byte) in [*b"ZVPxAA", *b"AAAAAA", *b"_____w"]
            .into_iter()
            .flat_map(|text| (0..=255).map(move |byte| (text, byte)))
        {
            for at in 0..6 {
                let mut text = text;
                text[at] = byte;
                let mut out = [0; 4];
                let bytes = decode(&text, &mut out).map(|_| u32::from_be_bytes(out));
                assert_eq!(decode_four(text), bytes, "{text:?}");
            }
        }
    }

    #[test]
    fn two_wrong_characters_are_no_better_than_one() {
        for len in 2..=12 {
            for (at, other) in (0..len).flat_map(|other| (0..other).map(move |at| (at, other))) {
                let mut text = vec![b'A'; len];
                (text[at], text[other]) = (b'!', b'!');
                assert_eq!(decode(&text, &mut [0; 9]), None, "{at} {other} of {len}");
            }
        }
    }

    #[test]
    fn refuses_what_does_not_fit() {
        for len in 0..9 {
            let fits = decode(&b"AAAAAAAA"[..len], &mut [0; 3]);
            let expected = [Some(0), None, Some(1), Some(2), Some(3)];
            assert_eq!(fits, expected.get(len).copied().flatten(), "{len}");
        }
    }
}
