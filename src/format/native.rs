//! What a session's token holds: `[created, permanent, data]`.
//!
//! The library's own facts stand beside the user's data, not in it, so no key
//! is reserved.

use std::fmt::Write;

use memchr::memchr;

use crate::json::trim;
use crate::session::members::Data;

/// A session as it is signed.
pub(crate) struct Envelope {
    /// When the session was created, in unix seconds, if the format says so.
    pub(crate) created: Option<u64>,
    /// Whether the cookie outlives the browser's session.
    pub(crate) permanent: bool,
    pub(crate) data: Data,
}

/// Splits the JSON text of a verified token into its three elements. The last
/// is not looked at, and may be no object.
pub(crate) fn split(text: &str) -> Option<(u64, bool, &str)> {
    let elements = trim(text).strip_prefix('[')?.strip_suffix(']')?;
    let (created, rest) = split_once(elements)?;
    let (permanent, object) = split_once(rest)?;
    let permanent = match trim(permanent) {
        "false" => false,
        "true" => true,
        _ => return None,
    };
    Some((number(trim(created))?, permanent, trim(object)))
}

/// Reads a number as JSON spells it, which `parse` alone is too kind for.
fn number(text: &str) -> Option<u64> {
    match text.as_bytes() {
        [b'0'] | [b'1'..=b'9', ..] => text.parse().ok(),
        _ => None,
    }
}

fn split_once(text: &str) -> Option<(&str, &str)> {
    let (head, tail) = text.split_at_checked(memchr(b',', text.as_bytes())?)?;
    Some((head, tail.get(1..)?))
}

/// Returns the JSON text of a session.
pub(crate) fn write(created: u64, permanent: bool, data: &Data) -> String {
    let mut text = String::with_capacity(max_len(data.object_len()));
    // Writing to a string does not fail.
    let _ = write!(text, "[{created},{permanent},");
    data.push_object(&mut text);
    text.push(']');
    text
}

/// Returns the longest that [`write`] makes of an object of this length, before
/// the year 2286.
pub(crate) fn max_len(object: usize) -> usize {
    LONGEST.len().saturating_add(object)
}

const LONGEST: &str = "[9999999999,false,]";
