//! Flask's tags: objects of one key that stand for a Python type, and the
//! escape for objects that only look so.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::format::flask::reader::Reader;
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
    copy_unescaped(&mut Reader(value), &mut out, MOST_BRACKETS)?;
    Some(Cow::Owned(out))
}

/// The only member of an object that was copied: its key in the text, and where its value is in the copy.
struct Only<'t> {
    key: &'t str,
    value_at: usize,
}

/// Copies the next value with its escapes undone, unless it cannot be read. Returns the only member, if the value is an
/// object that has but one and was no escape.
fn copy_unescaped<'t>(text: &mut Reader<'t>, out: &mut String, brackets: usize) -> Option<Option<Only<'t>>> {
    let brackets = brackets.checked_sub(1)?;
    match text.peek()? {
        b'{' => copy_object(text, out, brackets),
        b'[' => {
            text.enter()?;
            out.push('[');
            for n in 0.. {
                if text.leave()? {
                    break;
                }
                out.push_str(if n > 0 { "," } else { "" });
                copy_unescaped(text, out, brackets)?;
            }
            out.push(']');
            Some(None)
        }
        first => {
            out.push_str(if first == b'"' { text.string()? } else { text.word()? });
            Some(None)
        }
    }
}

fn copy_object<'t>(text: &mut Reader<'t>, out: &mut String, brackets: usize) -> Option<Option<Only<'t>>> {
    text.enter()?;
    let start = out.len();
    out.push('{');
    let (mut only, mut keys) = (None, BTreeSet::new());
    while !text.leave()? {
        out.push_str(if keys.is_empty() { "" } else { "," });
        let key = text.string()?;
        if !keys.insert(json::unescape(key)) {
            return None;
        }
        out.push_str(key);
        out.push(':');
        let value_at = out.len();
        let inner = copy_unescaped(text, out, brackets)?;
        only = Some((Only { key, value_at }, inner)).filter(|_| keys.len() == 1);
    }
    out.push('}');
    let Some((outer, inner)) = only else { return Some(None) };
    let escaped = inner.filter(|_| find(outer.key) == Some(DICT));
    let Some((key, value_at)) = escaped.and_then(|inner| Some((unescape_key(inner.key)?, inner.value_at)))
    else {
        return Some(Some(outer));
    };
    // Two objects become one, whose key is spelled so that the readers of tags see that it is none.
    out.replace_range(start..value_at, &format!("{{{}:", key.replacen(' ', "\\u0020", 1)));
    out.pop();
    Some(None)
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
fn unescape_member(escaped: &str) -> Option<(String, &str)> {
    let (key, value) = one_member(escaped)?;
    Some((unescape_key(key)?, value))
}

fn unescape_key(escaped: &str) -> Option<String> {
    let key = escaped.strip_prefix('"')?.strip_suffix("__\"")?;
    Some(format!("\"{key}\""))
}

/// serde_json's own limit, above which no value can be read anyway.
pub(super) const MAX_DEPTH: usize = 128;

/// Of a value as deep as that, if all of its levels are escaped.
const MOST_BRACKETS: usize = 2 * MAX_DEPTH;
