//! What is said about the size of a cookie.

use crate::hint::Hint;
use crate::object::read_object;
use crate::shape::envelope;
use crate::text::{count, shown};
use crate::token::Parts;

/// Says how much of the room is taken, where there is not much left.
pub(super) fn near_limit(name: &str, value: &str) -> Option<Hint> {
    let bytes = name.len().saturating_add(value.len());
    if bytes.saturating_mul(4) < LIMIT.saturating_mul(3) || bytes > LIMIT {
        return None;
    }
    Some(Hint::new(
        "near_limit",
        format!("It takes {} of {} bytes.{}", count(bytes), count(LIMIT), largest(value)),
    ))
}

/// Says that no browser can have sent so much.
pub(super) fn too_long(name: &str, value: &str) -> Hint {
    let bytes = name.len().saturating_add(value.len());
    Hint::new(
        "too_long",
        format!(
            "Name and value take {} bytes. No browser stores more than {}, so no browser sent this: a script did, or two values ran \
         together.{}",
            count(bytes),
            count(LIMIT),
            largest(value)
        ),
    )
}

/// Names the values that take most.
fn largest(value: &str) -> String {
    let Some(parts) = Parts::of(value) else { return String::new() };
    let content = parts.content();
    let Some(text) = content.text() else { return String::new() };
    let data = envelope(text).map_or(text, |envelope| envelope.data.get());
    let Some(mut members) = read_object(data) else { return String::new() };
    members.sort_by_key(|(_, value)| std::cmp::Reverse(value.get().len()));
    let largest: Vec<String> = members
        .iter()
        .take(3)
        .map(|(key, value)| {
            let key: String = key.chars().take(64).collect();
            format!("{} ({} bytes)", shown(&key), count(value.get().len()))
        })
        .collect();
    if largest.is_empty() { String::new() } else { format!(" The largest values: {}.", largest.join(", ")) }
}

/// What browsers store of a cookie (RFC 6265bis, section 5.6).
pub(super) const LIMIT: usize = 4096;
