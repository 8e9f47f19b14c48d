//! Finds the members of an object in the text that sessions usually are: compact JSON without escapes.
//!
//! serde_json takes thrice the time. What this does not take, for whatever reason, is serde_json's to judge; what it takes,
//! serde_json takes too, with the same members: the fuzz target `member_places` holds one against the other. Functions are
//! given a place and return the one after what they take: never further than one behind the end, so no sum of them wraps.

/// Where a member stands in the text: from the quote of its key to the last character of its value.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    pub(crate) start: usize,
    /// Where the key ends, and the colon stands.
    pub(crate) colon: usize,
    pub(crate) end: usize,
}

/// Hands over the members of the object that a text begins with, also those whose key comes twice, and returns where it
/// ends. Stops at what it does not take, perhaps after some members.
#[inline]
pub(crate) fn members(text: &str, mut found: impl FnMut(Place)) -> Option<usize> {
    let text = text.as_bytes();
    // Looked for in one go, by vector instructions: from here on, a string ends with the next quote.
    let is_other = |byte: u8| u8::from(byte < b' ') | u8::from(byte == b'\\');
    if text.iter().fold(0, |found, byte| found | is_other(*byte)) != 0 || byte(text, 0) != b'{' {
        return None;
    }
    if byte(text, 1) == b'}' {
        return Some(2);
    }
    let mut start = 1;
    loop {
        let value = key(text, start)?;
        let end = match byte(text, value) {
            b'{' | b'[' => nested(text, value)?,
            _ => scalar(text, value)?,
        };
        found(Place { start, colon: value.wrapping_sub(1), end });
        match byte(text, end) {
            b',' => start = next(end),
            b'}' => return Some(next(end)),
            _ => return None,
        }
    }
}

/// Returns what stands at a place: behind the end 0, which stands nowhere else.
fn byte(text: &[u8], at: usize) -> u8 {
    text.get(at).copied().unwrap_or_default()
}

fn next(at: usize) -> usize {
    at.wrapping_add(1)
}

/// Takes an array or an object, without recursion, no deeper than 64 with the object around it.
fn nested(text: &[u8], mut at: usize) -> Option<usize> {
    // After the first 1, a bit for each array, 0, and each object, 1, that is open, the innermost last.
    let mut open = 1_u64;
    let closing = |is_object: bool| if is_object { b'}' } else { b']' };
    loop {
        let first = byte(text, at);
        if first == b'{' || first == b'[' {
            let is_object = first == b'{';
            open = (open.leading_zeros() > 0).then_some(open << 1 | u64::from(is_object))?;
            at = next(at);
            if byte(text, at) != closing(is_object) {
                at = if is_object { key(text, at)? } else { at };
                continue;
            }
        } else {
            at = scalar(text, at)?;
        }
        loop {
            let is_object = open & 1 == 1;
            let after = byte(text, at);
            at = next(at);
            if after == b',' {
                at = if is_object { key(text, at)? } else { at };
                break;
            } else if after != closing(is_object) {
                return None;
            }
            open >>= 1;
            if open == 1 {
                return Some(at);
            }
        }
    }
}

/// Takes a key and its colon.
#[inline(always)] // left to itself, the compiler makes it a call, which takes as long as most keys
fn key(text: &[u8], at: usize) -> Option<usize> {
    let colon = if byte(text, at) == b'"' { string(text, next(at))? } else { return None };
    (byte(text, colon) == b':').then_some(next(colon))
}

/// Takes a value that is no array and no object.
#[inline(always)] // the same with values
fn scalar(text: &[u8], at: usize) -> Option<usize> {
    let word = |word: &[u8]| text.get(at..)?.starts_with(word).then_some(at.wrapping_add(word.len()));
    match byte(text, at) {
        b'"' => string(text, next(at)),
        b't' => word(b"true"),
        b'f' => word(b"false"),
        b'n' => word(b"null"),
        _ => number(text, at),
    }
}

/// Takes a string, given the place of its first character.
#[inline(always)]
fn string(text: &[u8], mut at: usize) -> Option<usize> {
    let mut rest = text.get(at..)?;
    while let Some((eight, after)) = rest.split_first_chunk() {
        // The lowest bit that is set marks the first byte that is a quote.
        let differs = u64::from_le_bytes(*eight) ^ QUOTES;
        let quotes = differs.wrapping_sub(ONES) & !differs & HIGHS;
        if quotes != 0 {
            return Some(next(at.wrapping_add(usize::try_from(quotes.trailing_zeros() / 8).ok()?)));
        }
        (at, rest) = (at.wrapping_add(8), after);
    }
    Some(next(at.wrapping_add(rest.iter().position(|byte| *byte == b'"')?)))
}

/// Takes a number. A digit after a leading zero is none of it, and nothing takes that.
#[inline(always)]
fn number(text: &[u8], mut at: usize) -> Option<usize> {
    at = if byte(text, at) == b'-' { next(at) } else { at };
    at = if byte(text, at) == b'0' { next(at) } else { digits(text, at)? };
    at = if byte(text, at) == b'.' { digits(text, next(at))? } else { at };
    if matches!(byte(text, at), b'e' | b'E') {
        at = if matches!(byte(text, next(at)), b'+' | b'-') { next(at) } else { at };
        at = digits(text, next(at))?;
    }
    Some(at)
}

/// Takes one digit or more.
fn digits(text: &[u8], at: usize) -> Option<usize> {
    let mut after = at;
    while byte(text, after).is_ascii_digit() {
        after = next(after);
    }
    (after > at).then_some(after)
}

const ONES: u64 = u64::from_le_bytes([1; 8]);
const HIGHS: u64 = u64::from_le_bytes([0x80; 8]);
const QUOTES: u64 = u64::from_le_bytes([b'"'; 8]);
