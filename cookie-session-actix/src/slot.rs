//! The session of one request, from the lines of its Cookie header until the
//! head of the response. Whoever holds it may use it from any thread; no use
//! waits for itself.

use std::any::TypeId;
use std::iter::successors;
use std::mem;
use std::ops::Deref;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

use actix_web::HttpMessage;
use actix_web::dev::{Extensions, ServiceRequest};
use actix_web::http::header::{COOKIE, HeaderValue};
use cookie_session::{Commit, Session, Sessions};

use crate::error::SessionError;
use crate::events;

/// Made by the middleware, closed by the middleware, and between the two shared by all
/// handles of one cookie.
pub(crate) struct Slot {
    sessions: Arc<Sessions>,
    /// Which handles are for this cookie.
    marker: TypeId,
    /// The slot of the next middleware outside of ours, for another cookie.
    outer: Option<Arc<Slot>>,
    shared: Mutex<Shared>,
    /// Told when the session is free again and somebody waits for it.
    free: Condvar,
}

struct Shared {
    state: State,
    waiting: usize,
}

enum State {
    /// Nobody has asked yet: the lines of the Cookie header, as they came.
    Unopened(Vec<HeaderValue>),
    Open(Box<Session>),
    /// A closure has it. It is taken out meanwhile, so that the lock is never
    /// held while code of others runs.
    InUse(ThreadId),
    Poisoned,
    Closed,
}

impl Slot {
    /// Runs the closure with the session, which is opened if this is the first
    /// use.
    pub(crate) fn with<R>(&self, use_it: impl FnOnce(&mut Session) -> R) -> Result<R, SessionError> {
        let taken = self.take(State::InUse(thread::current().id()))?;
        // What is left behind if the closure panics.
        let back = PutBack { slot: self, state: Some(State::Poisoned) };
        let mut session = match taken {
            Taken::Lines(lines) => Box::new(self.open(&lines)),
            Taken::Session(session) => session,
        };
        let result = use_it(&mut session);
        back.put(State::Open(session))?;
        Ok(result)
    }

    /// Closes the slot and saves the session, if there was any use of it.
    pub(crate) fn save(&self) -> Result<Option<Commit>, SessionError> {
        match self.take(State::Closed)? {
            Taken::Lines(_) => Ok(None),
            Taken::Session(session) => Ok(Some(self.sessions.save(*session)?)),
        }
    }

    pub(crate) fn cookie_name(&self) -> &str {
        self.sessions.cookie_name()
    }

    fn open(&self, lines: &[HeaderValue]) -> Session {
        let session = self.sessions.open(lines);
        events::opened(self.cookie_name(), &session);
        session
    }

    /// Takes out what is there and leaves another state behind.
    fn take(&self, leave: State) -> Result<Taken, SessionError> {
        let mut shared = self.lock();
        if let State::InUse(by) = shared.state {
            if by == thread::current().id() {
                return Err(SessionError::Nested);
            }
            shared = self.wait(shared);
        }
        let (kept, error) = match mem::replace(&mut shared.state, leave) {
            State::Unopened(lines) => return Ok(Taken::Lines(lines)),
            State::Open(session) => return Ok(Taken::Session(session)),
            kept @ State::InUse(_) => (kept, SessionError::Nested),
            kept @ State::Poisoned => (kept, SessionError::Poisoned),
            kept @ State::Closed => (kept, SessionError::TooLate),
        };
        shared.state = kept;
        Err(error)
    }

    /// Waits while another thread uses the session, but not for ever: its
    /// closure could in turn be waiting for us.
    fn wait<'s>(&'s self, mut shared: MutexGuard<'s, Shared>) -> MutexGuard<'s, Shared> {
        shared.waiting = shared.waiting.saturating_add(1);
        let (mut shared, _) = self
            .free
            .wait_timeout_while(shared, PATIENCE, |shared| matches!(shared.state, State::InUse(_)))
            .unwrap_or_else(PoisonError::into_inner);
        shared.waiting = shared.waiting.saturating_sub(1);
        shared
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        // Nothing that panics runs under the lock.
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the slot held, now in the hands of one user.
enum Taken {
    Lines(Vec<HeaderValue>),
    Session(Box<Session>),
}

/// Puts a state into the slot when dropped, unless the slot was closed
/// meanwhile.
struct PutBack<'s> {
    slot: &'s Slot,
    state: Option<State>,
}

impl PutBack<'_> {
    /// Puts this back, or says that meanwhile the request has ended, and what
    /// was done with it is lost.
    fn put(mut self, state: State) -> Result<(), SessionError> {
        self.state = None;
        let mut shared = self.slot.lock();
        if !matches!(shared.state, State::InUse(_)) {
            return Err(SessionError::TooLate);
        }
        shared.state = state;
        Ok(())
    }
}

impl Drop for PutBack<'_> {
    fn drop(&mut self) {
        let mut shared = self.slot.lock();
        if let State::InUse(_) = shared.state
            && let Some(state) = self.state.take()
        {
            shared.state = state;
        }
        if shared.waiting > 0 {
            self.slot.free.notify_all();
        }
    }
}

/// Closes the slot when dropped: a request that was given up, or whose handler
/// panicked, saves nothing, and its handles say so.
pub(crate) struct Guard(Arc<Slot>);

impl Deref for Guard {
    type Target = Slot;

    fn deref(&self) -> &Slot {
        &self.0
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // Dropped after the lock is free again.
        let _state = mem::replace(&mut self.0.lock().state, State::Closed);
    }
}

/// The innermost slot of a request, among its extensions.
#[derive(Clone)]
struct Innermost(Arc<Slot>);

/// Puts the slot of one more middleware into a request, or returns `None` if a
/// middleware outside of it has a cookie of the same name.
pub(crate) fn enter(request: &ServiceRequest, sessions: &Arc<Sessions>, marker: TypeId) -> Option<Guard> {
    let outer = innermost(&request.extensions());
    if slots(outer.as_ref()).any(|slot| slot.cookie_name() == sessions.cookie_name()) {
        return None;
    }
    let slot = Arc::new(Slot {
        sessions: Arc::clone(sessions),
        marker,
        outer,
        shared: Mutex::new(Shared {
            state: State::Unopened(request.headers().get_all(COOKIE).cloned().collect()),
            waiting: 0,
        }),
        free: Condvar::new(),
    });
    request.extensions_mut().insert(Innermost(Arc::clone(&slot)));
    Some(Guard(slot))
}

/// Returns the slot for handles of this marker, the innermost if there are
/// several.
pub(crate) fn find(extensions: &Extensions, marker: TypeId) -> Option<Arc<Slot>> {
    let innermost = innermost(extensions);
    slots(innermost.as_ref()).find(|slot| slot.marker == marker).cloned()
}

fn innermost(extensions: &Extensions) -> Option<Arc<Slot>> {
    extensions.get().map(|Innermost(slot)| Arc::clone(slot))
}

/// Returns the slots of a request from the inside out.
fn slots(innermost: Option<&Arc<Slot>>) -> impl Iterator<Item = &Arc<Slot>> {
    successors(innermost, |slot| slot.outer.as_ref())
}

/// How long a use waits for another thread's closure. Closures do not await, so
/// they end at once unless one of them waits for a use of this same session.
const PATIENCE: Duration = Duration::from_secs(1);
