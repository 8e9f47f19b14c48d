//! What the applications do, whatever keeps their sessions.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Map, Value};

use crate::data::{self, Visitor};

/// How many bytes of JSON their sessions have.
pub(crate) const SIZE: usize = 200;

/// Returns who logs in with this number.
pub(crate) fn visitor(number: usize) -> &'static Visitor {
    static VISITORS: LazyLock<Vec<Visitor>> = LazyLock::new(|| data::visitors(SIZE));
    &VISITORS[number]
}

/// Returns the same as values under keys, for interfaces that take one at a time.
pub(crate) fn fields(visitor: &Visitor) -> Map<String, Value> {
    match serde_json::to_value(visitor) {
        Ok(Value::Object(fields)) => fields,
        _ => panic!("a struct is an object"),
    }
}

/// Returns another number each time, so that a change is one.
pub(crate) fn next() -> u32 {
    static COUNTER: AtomicU32 = AtomicU32::new(8);
    COUNTER.fetch_add(1, Ordering::Relaxed)
}
