//! The bounds of the numbers that a program may set for tokens.
//!
//! Each has one, so that no number alone asks for memory, and no arithmetic has
//! to answer for times that nobody means.

use std::time::Duration;

use crate::error::ConfigError;

/// Checks by how much clocks may differ.
pub(crate) fn check_skew(skew: Duration) -> Result<(), ConfigError> {
    check(skew <= MAX_SKEW, || "skew is over 10 minutes; let the machines keep time instead")
}

/// Checks by how much tokens are dated back.
pub(crate) fn check_backdate(backdate: Duration) -> Result<(), ConfigError> {
    check(backdate <= MAX_SKEW, || "backdate is over 10 minutes; let the machines keep time instead")
}

/// Checks how old a token may be at most.
pub(crate) fn check_max_age(max_age: Duration) -> Result<(), ConfigError> {
    check(
        max_age <= LONGEST_AGE,
        || "max_age is over a hundred years; for tokens that never expire it is None",
    )
}

/// Checks how long the sessions of a framework live, which may be longer than
/// browsers keep their cookie.
pub(crate) fn check_lifetime(lifetime: Duration) -> Result<(), ConfigError> {
    check(lifetime <= LONGEST_AGE, || "the lifetime on the profile is over a hundred years")
}

/// Checks how long a token may be, `smallest` being what the shortest takes.
pub(crate) fn check_max_len(max_len: usize, smallest: usize) -> Result<(), ConfigError> {
    check(max_len >= smallest, || {
        format!("max_len is {max_len}, but the smallest token of this codec takes {smallest} bytes")
    })?;
    check(max_len <= LONGEST_TOKEN, || {
        format!("max_len is {max_len}, and over {LONGEST_TOKEN}; what is larger belongs on the server")
    })
}

fn check<T: Into<String>>(fits: bool, text: impl FnOnce() -> T) -> Result<(), ConfigError> {
    if fits { Ok(()) } else { Err(ConfigError::new(text())) }
}

const MAX_SKEW: Duration = Duration::from_secs(10 * 60);

/// A hundred years: dates so far ahead exist on every platform and in Python.
const LONGEST_AGE: Duration = Duration::from_secs(36_525 * 24 * 60 * 60);

/// The signature of so much takes milliseconds under every key.
const LONGEST_TOKEN: usize = 1 << 20;
