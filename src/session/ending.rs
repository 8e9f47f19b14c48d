//! Sessions that can be ended from outside: what a check of one answers.
//!
//! [The guide](crate::guide::ending) says when to call what.

use std::error::Error;
use std::fmt::{self, Display};
use std::time::Duration;

use crate::session::Session;
use crate::session::facts::Fact;
use crate::token::stamp::{Stamps, Statement};

/// Whether a session is still good, as [`Sessions::check`](crate::Sessions::check) answers.
#[derive(Debug)]
#[must_use = "a session that is due is not known to be good"]
pub enum Check<'s> {
    /// The session has no [stamp](Session::stamp), so nobody can end it. If
    /// somebody is logged in here, the login did not stamp it.
    Unstamped,
    /// The session was stamped or confirmed less than the interval ago.
    Fresh,
    /// It is time to look up the user.
    Due(Due<'s>),
}

/// A session that is to be confirmed: by what the application looks up of its
/// user, or not at all if there is no such user any more.
#[must_use = "confirm the session, or revoke it"]
pub struct Due<'s> {
    session: &'s mut Session,
    stamps: &'s Stamps,
    now: u64,
    age: Duration,
}

impl<'s> Due<'s> {
    pub(crate) fn new(session: &'s mut Session, stamps: &'s Stamps, now: u64, age: Duration) -> Self {
        Self { session, stamps, now, age }
    }

    /// Confirms the session, if its stamp was made of the same subject and
    /// state. It is then fresh for an interval from when this request came, and
    /// the response carries that to the browser: a confirmation that finds no
    /// room in the cookie counts for this request alone. It does not prolong the
    /// session.
    ///
    /// # Errors
    ///
    /// [`Revoked`] if the stamp was made of something else. The session is
    /// cleared, and the next save removes the cookie.
    pub fn confirm(self, subject: impl Display, state: impl AsRef<[u8]>) -> Result<(), Revoked> {
        let Self { session, stamps, now, .. } = self;
        let statement = Statement::new(&subject, state.as_ref());
        let stamp = session.facts.get(Fact::STAMP);
        let Some(place) = stamp.and_then(|stamp| stamps.verify(&statement, stamp)) else {
            session.clear();
            return Err(Revoked);
        };
        // The key that made it may be dropped before the session ends.
        session.confirm(now, (place > 0).then(|| stamps.make(&statement)));
        Ok(())
    }

    /// Ends the session, since its user is gone or may no longer log in: clears
    /// it.
    pub fn revoke(self) {
        self.session.clear();
    }

    /// Returns how long ago the session was stamped or confirmed, for who goes on
    /// for a while when the look-up fails; the longest time there is if nobody
    /// can tell.
    pub fn age(&self) -> Duration {
        self.age
    }
}

impl fmt::Debug for Due<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Due").field("age", &self.age).finish_non_exhaustive()
    }
}

/// The session was ended: its stamp is not that of the user's present state, or of another user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revoked;

impl Display for Revoked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("session was ended, since its stamp is not that of the user's present state")
    }
}

impl Error for Revoked {}

/// What this request does about the stamp.
pub(crate) enum Stamping {
    /// It is made when the session is saved, which has the keys.
    Made(Statement),
    /// The session was confirmed.
    Confirmed,
}
