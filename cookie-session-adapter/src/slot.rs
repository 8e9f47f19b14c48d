//! The session of one request, from the lines of its Cookie header to the
//! headers of the response.

use std::any::TypeId;
use std::fmt;
use std::iter::successors;
use std::sync::Arc;

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

/// All of a request in one allocation, the lines of the framework's type too. It is small, since most requests of a site
/// do not ask for their session: what is larger would be copied into place.
struct Inner<T: ?Sized = dyn Visit> {
    sessions: SharedSessions,
    /// Which handles are for this cookie.
    marker: TypeId,
    /// The slot of the next layer outside of ours, for another cookie.
    outer: Option<Slot>,
    visit: T,
}

/// What a request brings and becomes, whatever type the lines of its Cookie header have.
trait Visit: Send + Sync {
    /// Runs the closure once with the session.
    fn with(&self, sessions: &Sessions, use_it: &mut dyn FnMut(&mut Session)) -> Result<(), NoTurn>;

    /// Ends all use and returns the session, if there was any.
    fn close(&self) -> Result<Option<Box<Session>>, NoTurn>;

    /// The same for who has it alone.
    fn close_alone(&mut self) -> Result<Option<Box<Session>>, NoTurn>;
}

/// The lines of the Cookie header until the first use, and then the session.
struct Opening<L> {
    lines: Option<L>,
    session: Option<Box<Session>>,
}

impl<L: IntoIterator<Item: AsRef<[u8]>>> Opening<L> {
    fn session(&mut self, sessions: &Sessions) -> &mut Session {
        let Self { lines, session } = self;
        session.get_or_insert_with(|| {
            let session = Box::new(match lines.take() {
                Some(lines) => sessions.open(lines),
                None => sessions.start(),
            });
            events::opened(sessions.cookie_name(), &session);
            session
        })
    }
}

impl<L: IntoIterator<Item: AsRef<[u8]>> + Send> Visit for Turns<Opening<L>> {
    fn with(&self, sessions: &Sessions, use_it: &mut dyn FnMut(&mut Session)) -> Result<(), NoTurn> {
        self.with(|opening| use_it(opening.session(sessions)))
    }

    fn close(&self) -> Result<Option<Box<Session>>, NoTurn> {
        self.close().map(|opening| opening.session)
    }

    fn close_alone(&mut self) -> Result<Option<Box<Session>>, NoTurn> {
        self.close_alone().map(|opening| opening.session.take())
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
    #[inline]
    pub fn enter<C: 'static>(
        sessions: SharedSessions,
        lines: impl IntoIterator<Item: AsRef<[u8]>> + Send + 'static,
        outer: Option<Self>,
    ) -> Result<(Self, Guard), NotSaved> {
        if let Some(outer) = &outer {
            outer.refuse_same_cookie(sessions.cookie_name())?;
        }
        let visit = Turns::new(Opening { lines: Some(lines), session: None });
        let slot = Self(Arc::new(Inner { sessions, marker: TypeId::of::<C>(), outer, visit }));
        Ok((slot.clone(), Guard { slot, is_done: false }))
    }

    fn refuse_same_cookie(&self, name: &str) -> Result<(), NotSaved> {
        if from_inside_out(Some(self)).any(|slot| slot.cookie_name() == name) {
            events::same_cookie_twice(name);
            return Err(NotSaved::told());
        }
        Ok(())
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
        let Inner { sessions, visit, .. } = &*self.0;
        let (mut use_it, mut result) = (Some(use_it), None);
        visit
            .with(sessions, &mut |session| result = use_it.take().map(|use_it| use_it(sessions, session)))?;
        result.ok_or(UseError::TooLate)
    }

    /// Ends all use and returns the session, if there was any.
    #[inline]
    fn close(&mut self) -> Result<Option<Box<Session>>, NoTurn> {
        match Arc::get_mut(&mut self.0) {
            // The rule: the handler is done, and its handles are gone.
            Some(alone) => alone.visit.close_alone(),
            None => self.0.visit.close(),
        }
    }
}

/// Joins the lines of a Cookie header to one, where there are several, as HTTP/2 may bring one for each cookie (RFC 9113,
/// section 8.2.3). One line is smaller to keep until the session is opened.
pub fn join_lines<I: Iterator<Item: AsRef<[u8]>>>(lines: impl Fn() -> I) -> Vec<u8> {
    let lens = lines().map(|line| line.as_ref().len().saturating_add(SEPARATOR.len()));
    // With nothing to spare: it becomes the framework's value without a copy.
    let mut joined = Vec::with_capacity(lens.fold(0, usize::saturating_add));
    for line in lines() {
        joined.extend_from_slice(line.as_ref());
        joined.extend_from_slice(SEPARATOR);
    }
    joined
}

const SEPARATOR: &[u8] = b"; ";

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
    #[inline]
    pub fn save(&mut self, status: u16) -> Result<Option<Saved>, NotSaved> {
        self.is_done = true;
        match self.slot.close() {
            Ok(None) => Ok(None),
            Ok(Some(session)) => self.save_session(*session, status).map(Some),
            Err(no_turn) => Err(self.not_saved(&no_turn.into())),
        }
    }

    fn save_session(&self, session: Session, status: u16) -> Result<Saved, NotSaved> {
        let sessions = &self.slot.0.sessions;
        let commit = if is_unfinished(status) {
            if session.is_modified() {
                events::discarded(sessions.cookie_name(), status);
            }
            sessions.discard(session)
        } else {
            sessions.save(session).map_err(|error| self.not_saved(&error.into()))?
        };
        Ok(Saved::new(commit, sessions.clone()))
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

#[cfg(all(test, not(loom)))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use cookie_session::{KeyRing, SecretKey};

    use super::*;

    #[test]
    fn joined_lines_are_one_line_that_brings_the_same_session() {
        let sessions = Sessions::builder(KeyRing::new(SecretKey::generate().unwrap())).build().unwrap();
        let mut session = sessions.start();
        session.insert("user", "ada").unwrap();
        let pair = sessions.save(session).unwrap().cookie_pair().unwrap().to_owned();
        let forged = format!("{}=x", sessions.cookie_name());
        let table: [&[&str]; 5] =
            [&["theme=dark", &pair], &[&pair, ""], &["", &pair, "a=\"b"], &[&forged, &pair], &["a=;", &pair]];
        for lines in table {
            let joined = join_lines(|| lines.iter());
            assert_eq!(joined, format!("{}; ", lines.join("; ")).as_bytes());
            assert_eq!(joined.capacity(), joined.len());
            assert_eq!(sessions.open([joined]).get("user"), Ok(Some("ada".to_owned())), "{lines:?}");
            assert_eq!(sessions.open(lines).get("user"), Ok(Some("ada".to_owned())), "{lines:?}");
        }
        assert!(sessions.open([join_lines(|| ["a=1", "b=2"].iter())]).is_empty());
    }
}
