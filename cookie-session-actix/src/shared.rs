//! The session of one request, shared by its handles: opened when first used,
//! lent to one closure at a time, gone once the response has its head.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

use actix_web::http::header::HeaderValue;
use cookie_session::{Session, Sessions};

use crate::error::SessionError;
use crate::events;

pub(crate) struct Shared {
    sessions: Sessions,
    state: Mutex<State>,
    /// Told whenever a closure gives the session back.
    returned: Condvar,
}

enum State {
    /// Nobody has asked yet. These are the lines of the Cookie header.
    Unopened(Vec<HeaderValue>),
    Open(Session),
    /// A closure on this thread has the session. No lock is held meanwhile: the
    /// closure is somebody else's code, and so is a value's serialization.
    Lent(ThreadId),
    Panicked,
    /// The response has its head, or nobody waits for it any more.
    Closed,
}

/// What is left of a session when the head of the response is ready.
pub(crate) enum Closed {
    Unopened,
    Open(Session),
    Panicked,
}

impl Shared {
    pub(crate) fn new(sessions: Sessions, cookies: Vec<HeaderValue>) -> Self {
        Self { sessions, state: Mutex::new(State::Unopened(cookies)), returned: Condvar::new() }
    }

    pub(crate) fn sessions(&self) -> &Sessions {
        &self.sessions
    }

    /// Lends the session to a closure. Other threads wait for it meanwhile; on
    /// this thread that would be for ever, so it is an error.
    pub(crate) fn lend<R>(&self, closure: impl FnOnce(&mut Session) -> R) -> Result<R, SessionError> {
        let state = self.take(State::Lent(thread::current().id()))?;
        let mut loan = Loan { shared: self, back: State::Panicked };
        let mut session = match state {
            State::Unopened(cookies) => {
                let session = self.sessions.open(cookies);
                events::opened(&self.sessions, &session);
                session
            }
            State::Open(session) => session,
            State::Panicked | State::Lent(_) => return Err(SessionError::Panicked),
            State::Closed => {
                loan.back = State::Closed;
                return Err(SessionError::TooLate);
            }
        };
        let result = closure(&mut session);
        loan.back = State::Open(session);
        Ok(result)
    }

    /// Takes the session from all handles.
    pub(crate) fn close(&self) -> Closed {
        match self.take(State::Closed) {
            Ok(State::Open(session)) => Closed::Open(session),
            Ok(State::Unopened(_) | State::Closed) => Closed::Unopened,
            Ok(State::Panicked | State::Lent(_)) | Err(_) => Closed::Panicked,
        }
    }

    /// Takes the state and leaves another, once no other thread has the
    /// session.
    fn take(&self, next: State) -> Result<State, SessionError> {
        let mut state = self.lock();
        loop {
            match *state {
                State::Lent(thread) if thread == thread::current().id() => return Err(SessionError::Nested),
                State::Lent(_) => {
                    state = self.returned.wait(state).unwrap_or_else(PoisonError::into_inner);
                }
                _ => return Ok(std::mem::replace(&mut state, next)),
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that can panic runs under this lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gives the session back, also when the closure unwinds.
struct Loan<'s> {
    shared: &'s Shared,
    back: State,
}

impl Drop for Loan<'_> {
    fn drop(&mut self) {
        *self.shared.lock() = std::mem::replace(&mut self.back, State::Closed);
        self.shared.returned.notify_all();
    }
}

/// Closes the session if the response never gets a head: the handler panicked,
/// or the client has gone. What is done to the session afterwards would be
/// lost, so it is an error.
pub(crate) struct CloseOnDrop(pub(crate) Arc<Shared>);

impl Drop for CloseOnDrop {
    fn drop(&mut self) {
        self.0.close();
    }
}
