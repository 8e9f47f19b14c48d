//! Flask's tags: objects of one key that stand for a Python type, and the
//! escape for objects that only look so.

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::json::{self, Member, Text};

/// The name by which a type says that it is a tag.
pub(crate) const TAG: &str = "$cookie_session::flask::tag";

/// The tag of an object that would look like a tag.
pub(crate) const DICT: &str = " di";

/// All tags of Flask's `TaggedJSONSerializer`.
pub(crate) const ALL: [&str; 6] = [DICT, " t", " b", " m", " u", " d"];

/// Returns the tag that a key is, given its JSON text.
pub(crate) fn find(key: &str) -> Option<&'static str> {
    let key = json::unescape(key);
    ALL.into_iter().find(|tag| *key == *tag.as_bytes())
}

/// Returns the tag that a key is, given its JSON text and not looking into
/// escapes: where the escape of an object was undone, its key has one.
pub(super) fn exact(key: &str) -> Option<&'static str> {
    named(key.strip_prefix('"')?.strip_suffix('"')?)
}

/// Returns the tag of this name.
pub(super) fn named(name: &str) -> Option<&'static str> {
    ALL.into_iter().find(|tag| *tag == name)
}

/// Returns the object inside the escape of an object with this one member.
pub(crate) fn escape_key(tag: &str, value: &str) -> String {
    format!("{{\"{tag}__\":{value}}}")
}

/// Escapes the object of a whole session, if it looks like a tag.
pub(crate) fn escape_object(object: Cow<'_, str>, len: usize) -> Cow<'_, str> {
    if len != 1 {
        return object;
    }
    match one_member(&object) {
        Some((key, value)) => match find(key) {
            Some(tag) => Cow::Owned(format!("{{\"{DICT}\":{}}}", escape_key(tag, value))),
            None => object,
        },
        None => object,
    }
}

/// Undoes [`escape_object`]. Refuses an object that is a tag: what it stands
/// for is no session.
pub(crate) fn unescape_object(object: String) -> Option<String> {
    // A tag begins with a space; anything else need not be parsed here.
    let first_key = object.trim_ascii_start().strip_prefix('{').unwrap_or_default().trim_ascii_start();
    if !first_key.starts_with("\" ") && !first_key.starts_with("\"\\") {
        return Some(object);
    }
    let Some((key, value)) = one_member(&object) else { return Some(object) };
    match find(key) {
        None => Some(object),
        Some(DICT) => {
            let (key, value) = unescape_member(value)?;
            Some(format!("{{{key}:{value}}}"))
        }
        Some(_) => None,
    }
}

/// Returns what is under a tag, if the value is that tag and nothing else.
pub(crate) fn content<'t>(value: &'t str, tag: &str) -> Option<&'t str> {
    one_member(value).filter(|(key, _)| find(key) == Some(tag)).map(|(_, content)| content)
}

/// Undoes the escape of every object in a value.
pub(crate) fn unescape(value: &str) -> Option<Cow<'_, str>> {
    if !value.contains("\" di\"") {
        return Some(Cow::Borrowed(value));
    }
    let mut out = String::with_capacity(value.len());
    unescape_into(value, &mut out, MAX_DEPTH)?;
    Some(Cow::Owned(out))
}

fn unescape_into(value: &str, out: &mut String, depth: usize) -> Option<()> {
    let depth = depth.checked_sub(1)?;
    match value.as_bytes().first()? {
        b'{' => {
            let escaped = one_member(value).filter(|(key, _)| find(key) == Some(DICT));
            if let Some((key, inner)) = escaped.and_then(|(_, inner)| unescape_member(inner)) {
                out.push('{');
                // Spelled so that the readers of tags see that it is none.
                out.push_str(&key.replacen(' ', "\\u0020", 1));
                out.push(':');
                unescape_into(inner, out, depth)?;
                out.push('}');
                return Some(());
            }
            out.push('{');
            for (n, member) in json::members(value)?.iter().enumerate() {
                out.push_str(if n > 0 { "," } else { "" });
                out.push_str(member.key.of(value));
                out.push(':');
                unescape_into(member.value.of(value), out, depth)?;
            }
            out.push('}');
        }
        b'[' => {
            let elements: Vec<&RawValue> = serde_json::from_str(value).ok()?;
            out.push('[');
            for (n, element) in elements.into_iter().enumerate() {
                out.push_str(if n > 0 { "," } else { "" });
                unescape_into(element.get(), out, depth)?;
            }
            out.push(']');
        }
        _ => out.push_str(value),
    }
    Some(())
}

/// Returns the member of an object that has but one.
fn one_member(object: &str) -> Option<(&str, &str)> {
    match json::members(object)?.as_slice() {
        [Member { key: Text::Kept(key), value: Text::Kept(value), .. }] => {
            Some((key.of(object), value.of(object)))
        }
        _ => None,
    }
}

/// Returns the member in the escape, its key as JSON text and as it was before.
pub(super) fn unescape_member(escaped: &str) -> Option<(String, &str)> {
    let (key, value) = one_member(escaped)?;
    let key = key.strip_prefix('"')?.strip_suffix("__\"")?;
    Some((format!("\"{key}\""), value))
}

/// serde_json's own limit, above which no value can be read anyway.
pub(super) const MAX_DEPTH: usize = 128;
