//! Finds cookies in the lines of a `Cookie` header.

use memchr::memchr;

/// Returns the values of all cookies of this name in one line of a `Cookie`
/// header, in order.
///
/// One pass, bytes in and bytes out: nothing is decoded, unquoted or copied,
/// names are compared byte for byte, and whatever other cookies hold does not
/// matter. Only space and tab are trimmed (RFC 6265, section 5.2), since a
/// Unicode space before a name has bypassed cookie prefixes elsewhere.
pub(crate) fn cookies<'l>(line: &'l [u8], name: &'l [u8]) -> impl Iterator<Item = &'l [u8]> {
    let mut rest = Some(line);
    std::iter::from_fn(move || {
        loop {
            let (pair, tail) = split_once(rest?, b';');
            rest = tail;
            if let Some(value) = value_of(pair, name) {
                return Some(value);
            }
        }
    })
}

fn value_of<'l>(pair: &'l [u8], name: &[u8]) -> Option<&'l [u8]> {
    let (start, rest) = trim_start(pair).split_at_checked(name.len())?;
    // Most other cookies have none at this place, so that their names need not be compared.
    let value = trim_start(rest).strip_prefix(b"=")?;
    (start == name).then(|| trim_end(trim_start(value)))
}

fn split_once(bytes: &[u8], separator: u8) -> (&[u8], Option<&[u8]>) {
    // To find what stands here already takes memchr as long as to find what is farther: a header can be full of it.
    let at = if bytes.first() == Some(&separator) { Some(0) } else { memchr(separator, bytes) };
    match at.and_then(|at| bytes.split_at_checked(at)) {
        Some((head, tail)) => (head, tail.get(1..)),
        None => (bytes, None),
    }
}

fn trim_start(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = bytes {
        bytes = rest;
    }
    bytes
}

fn trim_end(mut bytes: &[u8]) -> &[u8] {
    while let [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}
