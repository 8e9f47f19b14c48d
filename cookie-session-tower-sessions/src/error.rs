//! Why a bridge cannot be built.

use std::error::Error;
use std::fmt;

/// The sessions are not encrypted, so a visitor could read what a library keeps in them.
///
/// axum-login, for one, keeps what its backend calls the hash of a user as it is, and in its own examples that is the
/// hash of the password or an OAuth access token. In a store nobody sees it; in a signed cookie everybody would.
///
/// Its [`Debug`](fmt::Debug) output is the same text, since that is what a `main` that returns it prints.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct NotEncrypted(pub(crate) ());

impl fmt::Display for NotEncrypted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "sessions are not encrypted, and what is written for tower-sessions keeps secrets in them (axum-login: \
             password hashes, access tokens), which visitors could read: call `encrypted()` before `build()`",
        )
    }
}

impl fmt::Debug for NotEncrypted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for NotEncrypted {}
