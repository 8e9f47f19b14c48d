//! The entries in the queue of Flask's `flash()`.

use crate::format::flash::elements;
use crate::format::flask::tag;
use crate::format::flask::value::Value;

/// Flask's key for the queue.
pub(super) const FLASHES: &str = "_flashes";

/// Reads one entry: its category and the message. Flask writes tuples; lists come from others, and it reads them too.
pub(super) fn read(entry: &str) -> Option<(String, Value)> {
    let [category, message] = *elements(tag::content(entry, " t").unwrap_or(entry))? else { return None };
    Some((serde_json::from_str(category).ok()?, serde_json::from_str(message).ok()?))
}
