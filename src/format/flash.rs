//! Messages for the next page.

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::json::{self, Unwritable};

/// A message for the next page, as [`Session::take_flashes`](crate::Session::take_flashes) returns it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Flash {
    /// What kind of message it is, such as `info` or `error`.
    pub category: String,
    /// The text, to be escaped in a page.
    pub message: String,
    /// Whether the text is HTML as it is: `Markup` of Flask's, a `SafeString` of Django's. Never with this library's own
    /// format.
    pub is_html: bool,
}

/// The most messages that wait.
pub(crate) const MOST: usize = 8;

/// The longest that all of them may be, in bytes of JSON.
pub(crate) const LONGEST: usize = 1024;

/// Returns the elements of a list, as JSON text.
pub(crate) fn elements(list: &str) -> Option<Vec<&str>> {
    let elements: Vec<&RawValue> = serde_json::from_str(list).ok()?;
    Some(elements.into_iter().map(RawValue::get).collect())
}

/// Returns the text of a JSON string, or anything else as the JSON text that it is.
pub(crate) fn text(json: &str) -> String {
    serde_json::from_str(json).unwrap_or_else(|_| json.to_owned())
}

/// Returns the entry that is a list of category and message.
pub(crate) fn pair(category: &str, message: &str) -> Result<String, Unwritable> {
    json::text(json::to_bytes(&(category, message))?)
}

/// Reads such an entry. What a later version may add to it is left alone.
pub(crate) fn read_pair(entry: &str) -> Option<Flash> {
    let [category, message, ..] = *elements(entry)? else { return None };
    Some(Flash { category: serde_json::from_str(category).ok()?, message: text(message), is_html: false })
}

/// Returns the list of entries.
pub(crate) fn list(entries: &[Cow<'_, str>]) -> String {
    format!("[{}]", entries.join(","))
}
