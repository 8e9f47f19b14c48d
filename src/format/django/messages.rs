//! The messages of `django.contrib.messages` in its `SessionStorage`.

use crate::format::flash::{self, Flash};
use crate::json::{self, Unwritable};

/// Django's key of the queue.
pub(super) const KEY: &str = "_messages";

/// Returns an entry of the queue, as its `MessageEncoder` writes it.
pub(super) fn entry(category: &str, message: &str) -> Result<String, Unwritable> {
    json::text(match LEVELS.iter().find(|(_, name)| *name == category) {
        Some((level, _)) => json::to_bytes(&(MARK, 0, level, message))?,
        None => json::to_bytes(&(MARK, 0, INFO, message, category))?,
    })
}

/// Reads an entry. Its category is the extra tags, or the name of its level.
pub(super) fn read(entry: &str) -> Option<Flash> {
    let elements = flash::elements(entry)?;
    let [mark, is_safe, level, message, extra @ ..] = elements.as_slice() else { return None };
    if flash::text(mark) != MARK {
        return None;
    }
    let level: i64 = serde_json::from_str(level).ok()?;
    let name = LEVELS.iter().find(|(known, _)| *known == level).map(|(_, name)| (*name).to_owned());
    let extra = extra.first().and_then(|extra| serde_json::from_str::<String>(extra).ok());
    Some(Flash {
        category: extra.filter(|extra| !extra.is_empty()).or(name).unwrap_or_default(),
        message: flash::text(message),
        is_html: !matches!(*is_safe, "0" | "false" | "null"),
    })
}

const MARK: &str = "__json_message";

const INFO: i64 = 20;

const LEVELS: [(i64, &str); 5] =
    [(10, "debug"), (INFO, "info"), (25, "success"), (30, "warning"), (40, "error")];
