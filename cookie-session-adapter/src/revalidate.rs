//! The check of a session that can be ended, around a look-up that takes its time.

use std::fmt::Display;
use std::future::Future;
use std::time::Duration;

use cookie_session::SessionError;
use cookie_session::ending::Check;

use crate::error::UseError;
use crate::handle::Handle;
use crate::slot::Slot;

/// What a request does when the look-up fails. The guide's chapter on how to
/// [end a session](https://docs.rs/cookie-session/latest/cookie_session/guide/ending/) argues the choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IfUnavailable {
    /// It is refused: [`Standing::Unavailable`]. For what changes something or
    /// shows a secret.
    Refuse,
    /// It goes on, if the session was confirmed less than twice the interval ago:
    /// [`Standing::Unconfirmed`]. For what only reads.
    GoOn,
}

/// Whether the session is still good, as [`Handle::revalidate`] answers. `E` is
/// the error of the look-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a session may have been ended"]
pub enum Standing<E> {
    /// It was stamped or confirmed less than the interval ago, or is confirmed
    /// now.
    Good,
    /// The look-up failed, and the session goes on for a while.
    Unconfirmed(E),
    /// The look-up failed, and nobody knows. The session is as it was.
    Unavailable(E),
    /// The session was ended, or its user is gone. It is cleared.
    Ended,
    /// The session has no stamp: nobody is logged in, or the login did not stamp
    /// it. It is as it was.
    Unstamped,
}

impl<E> Standing<E> {
    /// Says whether the request may go on: good, or unconfirmed for a while.
    pub fn is_good(&self) -> bool {
        matches!(self, Self::Good | Self::Unconfirmed(_))
    }
}

impl<E: From<UseError>> Handle<E> {
    /// Says whether the session, which was [stamped](Self::stamp) at its login, is
    /// still good, and looks up its user if that is due: at most once in an
    /// interval, as the cookie remembers.
    ///
    /// `subject` is who it was stamped for. `look_up` returns the state of that
    /// user, as it was given to `stamp`, or `None` if there is no such user any
    /// more. The session is free while it runs: two requests of one visitor may both look up, and none
    /// waits.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use cookie_session_adapter::{Handle, IfUnavailable, UseError};
    /// # async fn epoch_of(_: u64) -> Result<Option<u32>, std::io::Error> { Ok(Some(1)) }
    /// const INTERVAL: Duration = Duration::from_secs(5 * 60);
    ///
    /// async fn user_id(session: &Handle) -> Result<Option<u64>, UseError> {
    ///     let Some(id) = session.get::<u64>("user_id")? else { return Ok(None) };
    ///     let look_up = async || epoch_of(id).await.map(|epoch| epoch.map(u32::to_be_bytes));
    ///     let standing = session.revalidate(id, INTERVAL, IfUnavailable::Refuse, look_up).await?;
    ///     Ok(standing.is_good().then_some(id))
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of every method, and [`NoStamps`](SessionError::NoStamps) with the
    /// profile of a Python framework.
    pub async fn revalidate<S: AsRef<[u8]>, X, F: Future<Output = Result<Option<S>, X>>>(
        &self,
        subject: impl Display,
        interval: Duration,
        if_unavailable: IfUnavailable,
        look_up: impl FnOnce() -> F,
    ) -> Result<Standing<X>, E> {
        if let Some(standing) = now(self.slot(), interval)? {
            return Ok(standing);
        }
        let found = match look_up().await {
            Ok(found) => found,
            Err(error) => {
                let goes_on = if_unavailable == IfUnavailable::GoOn
                    && matches!(now::<()>(self.slot(), interval.saturating_mul(2))?, Some(Standing::Good));
                return Ok(if goes_on { Standing::Unconfirmed(error) } else { Standing::Unavailable(error) });
            }
        };
        // Another use may have confirmed or cleared it meanwhile, so it is asked again.
        let standing = self.slot().with_sessions(|sessions, session| {
            Ok(match sessions.check(session, interval)? {
                Check::Unstamped => Standing::Unstamped,
                Check::Fresh => Standing::Good,
                Check::Due(due) => match found {
                    Some(state) => match due.confirm(subject, state) {
                        Ok(()) => Standing::Good,
                        Err(_) => Standing::Ended,
                    },
                    None => {
                        due.revoke();
                        Standing::Ended
                    }
                },
            })
        });
        Ok(flat(standing)?)
    }

    /// Stamps the session at a login, so that it can be ended with all others of
    /// its user. `subject` is who logs in, `state` what the server knows of that
    /// user and changes to end the sessions.
    ///
    /// # Errors
    ///
    /// [`TooLong`](SessionError::TooLong) if the cookie would be larger than
    /// browsers store, [`NoStamps`](SessionError::NoStamps) with the profile of
    /// a Python framework. The session is as it was.
    pub fn stamp(&self, subject: impl Display, state: impl AsRef<[u8]>) -> Result<(), E> {
        Ok(flat(self.slot().with(|session| session.stamp(subject, state)))?)
    }
}

/// Returns what can be said without a look-up.
fn now<X>(slot: &Slot, interval: Duration) -> Result<Option<Standing<X>>, UseError> {
    flat(slot.with_sessions(|sessions, session| {
        Ok(match sessions.check(session, interval)? {
            Check::Unstamped => Some(Standing::Unstamped),
            Check::Fresh => Some(Standing::Good),
            Check::Due(_) => None,
        })
    }))
}

fn flat<R>(result: Result<Result<R, SessionError>, UseError>) -> Result<R, UseError> {
    result.and_then(|result| Ok(result?))
}
