//! The session of one request, from the lines of its Cookie header to the
//! headers of the response.

use std::any::TypeId;
use std::fmt;
use std::iter::successors;
use std::sync::{Arc, Mutex};

use cookie_session::{Session, Sessions};

use crate::error::UseError;
use crate::events;
use crate::save::{NotSaved, Saved};
use crate::shared::SharedSessions;
use crate::turns::{NoTurn, Turns};

/// The session of one request, shared by all handles of one cookie. An adapter
/// makes one at the beginning of a request and keeps it among the request's
/// extensions, in place of the one that was there.
#[derive(Clone)]
pub struct Slot(Arc<Inner>);

/// All of a request in one allocation, the lines of the framework's type too.
struct Inner<L: ?Sized = dyn Lines> {
    sessions: SharedSessions,
    /// Which handles are for this cookie.
    marker: TypeId,
    /// The slot of the next layer outside of ours, for another cookie.
    outer: Option<Slot>,
    /// Opened at its first use.
    session: Turns<Option<Session>>,
    lines: L,
}

/// The lines of the Cookie header, as the framework has them, until the session is opened.
trait Lines: Send + Sync {
    fn open(&self, sessions: &Sessions) -> Session;
}

/// Only who has the turn opens, so nobody waits here.
impl<L: IntoIterator<Item: AsRef<[u8]>> + Send> Lines for Mutex<Option<L>> {
    fn open(&self, sessions: &Sessions) -> Session {
        match self.try_lock().ok().and_then(|mut lines| lines.take()) {
            Some(lines) => sessions.open(lines),
            None => sessions.start(),
        }
    }
}

impl Slot {
    /// Makes the slot of a request for handles of the marker `C`, and the guard
    /// that saves it.
    ///
    /// `lines` are all lines of the request's `Cookie` header, as bytes; they
    /// are looked at when the session is used first. `outer` is the slot that
    /// was among the extensions, put there by a layer outside of this one.
    ///
    /// # Errors
    ///
    /// [`NotSaved`] if a layer outside has a cookie of the same name, since each
    /// would overwrite the other's.
    pub fn enter<C: 'static>(
        sessions: SharedSessions,
        lines: impl IntoIterator<Item: AsRef<[u8]>> + Send + 'static,
        outer: Option<Self>,
    ) -> Result<(Self, Guard), NotSaved> {
        if from_inside_out(outer.as_ref()).any(|slot| slot.cookie_name() == sessions.cookie_name()) {
            events::same_cookie_twice(sessions.cookie_name());
            return Err(NotSaved::told());
        }
        let (marker, session) = (TypeId::of::<C>(), Turns::new(None));
        let slot = Self(Arc::new(Inner { sessions, marker, outer, session, lines: Mutex::new(Some(lines)) }));
        Ok((slot.clone(), Guard { slot, is_done: false }))
    }

    /// Returns the slot for handles of the marker `C`, the innermost if there
    /// are several, given the slot that is among a request's extensions.
    pub fn find<C: 'static>(innermost: Option<&Self>) -> Option<Self> {
        let marker = TypeId::of::<C>();
        from_inside_out(innermost).find(|slot| slot.0.marker == marker).cloned()
    }

    /// Returns the name of the cookie.
    pub fn cookie_name(&self) -> &str {
        self.0.sessions.cookie_name()
    }

    /// Runs the closure with the session, which is opened if this is the first
    /// use.
    pub(crate) fn with<R>(&self, use_it: impl FnOnce(&mut Session) -> R) -> Result<R, UseError> {
        self.with_sessions(|_, session| use_it(session))
    }

    /// Runs the closure with the session and what it is checked with.
    pub(crate) fn with_sessions<R>(
        &self,
        use_it: impl FnOnce(&Sessions, &mut Session) -> R,
    ) -> Result<R, UseError> {
        let Inner { sessions, session, lines, .. } = &*self.0;
        let open = || {
            let session = lines.open(sessions);
            events::opened(sessions.cookie_name(), &session);
            session
        };
        Ok(session.with(|session| use_it(sessions, session.get_or_insert_with(open)))?)
    }

    /// Ends all use and returns the session, if there was any.
    #[inline]
    fn close(&mut self) -> Result<Option<Session>, NoTurn> {
        match Arc::get_mut(&mut self.0) {
            // The rule: the handler is done, and its handles are gone.
            Some(alone) => match alone.session.close_alone()? {
                None => Ok(None),
                session => Ok(session.take()),
            },
            None => self.0.session.close(),
        }
    }
}

/// Returns the slots of a request from the inside out.
fn from_inside_out(innermost: Option<&Slot>) -> impl Iterator<Item = &Slot> {
    successors(innermost, |slot| slot.0.outer.as_ref())
}

impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Slot").field(&self.cookie_name()).finish()
    }
}

/// Saves the session of a request, or closes it when dropped: a request that
/// was given up, or whose handler panicked, saves nothing, and handles that live
/// on say [`UseError::TooLate`].
///
/// An adapter keeps it beside the future of the handler, and drops it first.
pub struct Guard {
    slot: Slot,
    is_done: bool,
}

impl Guard {
    /// Closes the session, before the response's headers are sent, and returns
    /// what it asks of them: nothing if the session was not used.
    ///
    /// A response with the status 408 or 5xx says that its request was not
    /// brought to its end: by an error, a timeout or a panic that somebody
    /// caught further in. Then nothing is saved, since it could be half of what
    /// the handler does, and the old cookie stays.
    ///
    /// # Errors
    ///
    /// [`NotSaved`] if it cannot be saved.
    pub fn save(&mut self, status: u16) -> Result<Option<Saved>, NotSaved> {
        self.is_done = true;
        let session = match self.slot.close() {
            Ok(None) => return Ok(None),
            Ok(Some(session)) => session,
            Err(no_turn) => return Err(self.not_saved(&no_turn.into())),
        };
        let sessions = &self.slot.0.sessions;
        let commit = if is_unfinished(status) {
            if session.is_modified() {
                events::discarded(sessions.cookie_name(), status);
            }
            sessions.discard(session)
        } else {
            sessions.save(session).map_err(|error| self.not_saved(&error.into()))?
        };
        Ok(Some(Saved::new(commit, sessions.clone())))
    }

    fn not_saved(&self, error: &UseError) -> NotSaved {
        NotSaved::because(self.slot.cookie_name(), error)
    }
}

fn is_unfinished(status: u16) -> bool {
    status == 408 || status >= 500
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Guard").field(&self.slot.cookie_name()).finish()
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if !self.is_done {
            drop(self.slot.close());
        }
    }
}
