//! One thing that is to be said about a cookie.

use serde::Serialize;

/// A reason, or what else is worth knowing.
#[derive(Debug, Serialize)]
pub(crate) struct Hint {
    /// A short, stable name for programs.
    pub(crate) hint: &'static str,
    /// One or more sentences for whoever is on call. Names of cookies and keys
    /// of a session may be in it, values are not.
    pub(crate) text: String,
}

impl Hint {
    pub(crate) fn new(hint: &'static str, text: impl Into<String>) -> Self {
        Self { hint, text: text.into() }
    }
}
