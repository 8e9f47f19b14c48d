//! Finds the members of an object in the text that sessions usually are: compact JSON without escapes.
//!
//! serde_json reads everything, at thrice the time. What this does not take, for whatever reason, is serde_json's to
//! judge; what it takes, serde_json takes too, with the same members. So it may refuse what it likes, and must never be
//! kinder: not in the spelling of numbers, not in a comma too many, not with a control character in a string. The fuzz
//! target `members` holds one against the other.

/// Where a member stands in the text: from the quote of its key to the last character of its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) start: usize,
    /// Where the key ends, and the colon stands.
    pub(crate) colon: usize,
    pub(crate) end: usize,
}

/// Hands over the members of the object that a text begins with, in their order, and returns where it ends. Stops at what
/// it does not take, perhaps after some members.
///
/// There is no recursion, so depth costs no stack; what is deeper than 64 is not taken. Keys may come twice.
#[inline]
pub(crate) fn members(text: &str, mut found: impl FnMut(Place)) -> Option<usize> {
    let text = text.as_bytes();
    // Looked for in one go, by vector instructions: from here on, a string ends with the next quote.
    if text.iter().fold(false, |found, byte| found | (*byte < b' ') | (*byte == b'\\')) {
        return None;
    }
    let at = |rest: &[u8]| text.len().saturating_sub(rest.len());
    let mut rest = text.strip_prefix(b"{")?;
    if let Some(rest) = rest.strip_prefix(b"}") {
        return Some(at(rest));
    }
    // A bit for each array and object that is open, the innermost last: 1 for an object, as the outermost is.
    let mut open = OUTERMOST;
    let (mut start, mut colon) = (at(rest), 0);
    loop {
        if open & 1 == OBJECT {
            let after = after_string(rest.strip_prefix(b"\"")?)?;
            if open == OUTERMOST {
                colon = at(after);
            }
            rest = after.strip_prefix(b":")?;
        }
        rest = match rest {
            [b'"', inside @ ..] => after_string(inside)?,
            [b'{', b'}', after @ ..] | [b'[', b']', after @ ..] => after,
            [b'{', inside @ ..] => {
                open = enter(open, OBJECT)?;
                rest = inside;
                continue;
            }
            [b'[', inside @ ..] => {
                open = enter(open, ARRAY)?;
                rest = inside;
                continue;
            }
            [b't', b'r', b'u', b'e', after @ ..]
            | [b'f', b'a', b'l', b's', b'e', after @ ..]
            | [b'n', b'u', b'l', b'l', after @ ..] => after,
            _ => after_number(rest)?,
        };
        loop {
            if open == OUTERMOST {
                found(Place { start, colon, end: at(rest) });
            }
            rest = match rest {
                [b',', after @ ..] => {
                    rest = after;
                    break;
                }
                [b'}', after @ ..] if open & 1 == OBJECT => after,
                [b']', after @ ..] if open & 1 == ARRAY => after,
                _ => return None,
            };
            if open == OUTERMOST {
                return Some(at(rest));
            }
            open >>= 1;
        }
        if open == OUTERMOST {
            start = at(rest);
        }
    }
}

/// Opens an array or an object inside of what is open, if there is a bit left.
fn enter(open: u64, kind: u64) -> Option<u64> {
    (open.leading_zeros() > 0).then_some(open << 1 | kind)
}

/// Returns what comes after the quote that ends a string.
#[inline]
fn after_string(mut rest: &[u8]) -> Option<&[u8]> {
    while let Some((eight, after)) = rest.split_first_chunk::<8>() {
        // The lowest bit that is set marks the first byte that is a quote.
        let differs = u64::from_le_bytes(*eight) ^ QUOTES;
        let quotes = differs.wrapping_sub(ONES) & !differs & HIGHS;
        if quotes != 0 {
            return rest.get(usize::try_from(quotes.trailing_zeros() / 8).ok()?.checked_add(1)?..);
        }
        rest = after;
    }
    rest.get(rest.iter().position(|byte| *byte == b'"')?.checked_add(1)?..)
}

/// Returns what comes after a number. A digit after a leading zero is none of it, and nothing may stand there.
fn after_number(rest: &[u8]) -> Option<&[u8]> {
    let rest = match rest.strip_prefix(b"-").unwrap_or(rest) {
        [b'0', after @ ..] => after,
        digits => after_digits(digits)?,
    };
    let rest = match rest {
        [b'.', fraction @ ..] => after_digits(fraction)?,
        _ => rest,
    };
    match rest {
        [b'e' | b'E', b'+' | b'-', exponent @ ..] | [b'e' | b'E', exponent @ ..] => after_digits(exponent),
        _ => Some(rest),
    }
}

/// Returns what comes after one digit or more.
fn after_digits(digits: &[u8]) -> Option<&[u8]> {
    let [b'0'..=b'9', rest @ ..] = digits else { return None };
    let mut rest = rest;
    while let [b'0'..=b'9', after @ ..] = rest {
        rest = after;
    }
    Some(rest)
}

/// What is open at the beginning: an object that is in nothing.
const OUTERMOST: u64 = 1;
const OBJECT: u64 = 1;
const ARRAY: u64 = 0;

const ONES: u64 = u64::from_le_bytes([1; 8]);
const HIGHS: u64 = u64::from_le_bytes([0x80; 8]);
const QUOTES: u64 = u64::from_le_bytes([b'"'; 8]);
