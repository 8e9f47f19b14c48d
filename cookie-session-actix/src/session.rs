//! The handle that a handler holds.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::SystemTime;

use cookie_session::DecodeError;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::SessionError;
use crate::slot::Slot;

/// The session of the visitor whose request this is.
///
/// An extractor; in middleware, `request.extract::<Session>()` takes it out of
/// a request. A clone is another handle to the same session.
///
/// The cookie is read at the first use of any method, so a handler that never
/// comes to that stays cacheable. It is written when the head of the response is
/// ready; every use after that, in a streamed body or a spawned task, is
/// [`SessionError::TooLate`].
///
/// All methods do what those of [`cookie_session::Session`] do, which say more.
/// What several of them do is not atomic while clones are in use on other
/// threads; [`with`](Self::with) is.
///
/// `C` says which cookie, where there are several: see
/// [`SessionMiddleware::for_cookie`](crate::SessionMiddleware::for_cookie).
pub struct Session<C = DefaultCookie> {
    slot: Arc<Slot>,
    cookie: PhantomData<fn() -> C>,
}

/// The marker of the only session, where there is one.
#[derive(Clone, Copy, Debug)]
pub enum DefaultCookie {}

impl<C> Session<C> {
    pub(crate) fn new(slot: Arc<Slot>) -> Self {
        Self { slot, cookie: PhantomData }
    }
}

/// Every method fails with [`SessionError::TooLate`] once the head of the
/// response is ready, [`SessionError::Nested`] inside of a closure that the
/// session runs, and [`SessionError::Poisoned`] after such a closure panicked.
impl<C> Session<C> {
    /// Runs a closure with the session itself, for several steps at once.
    ///
    /// The closure must not use any handle to the same session. What it began
    /// when it panics is not saved: the response is a 500 then. So it is if the
    /// closure, in another thread, still runs a second after the head of the
    /// response is ready.
    ///
    /// ```
    /// # fn handler(session: cookie_session_actix::Session) -> Result<(), cookie_session_actix::SessionError> {
    /// session.with(|session| {
    ///     session.clear();
    ///     session.insert("user_id", 42)
    /// })??;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of every method.
    pub fn with<R>(&self, use_it: impl FnOnce(&mut cookie_session::Session) -> R) -> Result<R, SessionError> {
        self.slot.with(use_it)
    }

    /// Returns the value under a key, or `None` if there is none.
    ///
    /// # Errors
    ///
    /// [`WrongType`](cookie_session::SessionError::WrongType) if the value is
    /// not a `T`.
    pub fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, SessionError> {
        Ok(self.with(|session| session.get(key))??)
    }

    /// Puts a value under a key.
    ///
    /// # Errors
    ///
    /// [`NotJson`](cookie_session::SessionError::NotJson) if the value has no
    /// JSON form, [`TooLong`](cookie_session::SessionError::TooLong) if the
    /// cookie would be larger than browsers store. Either way the session is as
    /// it was.
    pub fn insert<T: Serialize>(&self, key: &str, value: T) -> Result<(), SessionError> {
        Ok(self.with(|session| session.insert(key, value))??)
    }

    /// Removes the value under a key and returns it, or `None` if there is
    /// none.
    ///
    /// # Errors
    ///
    /// [`WrongType`](cookie_session::SessionError::WrongType) if the value is
    /// not a `T`; it stays then.
    pub fn take<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, SessionError> {
        Ok(self.with(|session| session.take(key))??)
    }

    /// Removes the value under a key and says whether there was one.
    ///
    /// # Errors
    ///
    /// Those of every method.
    pub fn remove(&self, key: &str) -> Result<bool, SessionError> {
        self.with(|session| session.remove(key))
    }

    /// Changes the value under a key in place, beginning with the default if
    /// there is none, and returns what the closure returns. The closure must
    /// not use any handle to the same session.
    ///
    /// # Errors
    ///
    /// Those of [`get`](Self::get) and [`insert`](Self::insert). The session is
    /// as it was.
    pub fn update<T, R>(&self, key: &str, change: impl FnOnce(&mut T) -> R) -> Result<R, SessionError>
    where
        T: Serialize + DeserializeOwned + Default,
    {
        Ok(self.with(|session| session.update(key, change))??)
    }

    /// Returns the keys, in their order.
    ///
    /// # Errors
    ///
    /// Those of every method.
    pub fn keys(&self) -> Result<Vec<String>, SessionError> {
        self.with(|session| session.keys().map(Into::into).collect())
    }

    /// Says whether there is a value under a key.
    ///
    /// # Errors
    ///
    /// Those of every method.
    pub fn contains_key(&self, key: &str) -> Result<bool, SessionError> {
        self.with(|session| session.contains_key(key))
    }

    /// Returns how many values there are.
    ///
    /// # Errors
    ///
    /// Those of every method.
    pub fn len(&self) -> Result<usize, SessionError> {
        self.with(|session| session.len())
    }

    /// Says whether there are no values.
    ///
    /// # Errors
    ///
    /// Those of every method.
    pub fn is_empty(&self) -> Result<bool, SessionError> {
        self.with(|session| session.is_empty())
    }

    /// Reads the whole session as one value, as
    /// [`SessionData`](crate::SessionData) does.
    ///
    /// # Errors
    ///
    /// [`WrongType`](cookie_session::SessionError::WrongType) if it is not a
    /// `T`; an empty session is one only if all of its fields may be absent.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, SessionError> {
        Ok(self.with(|session| session.read())??)
    }

    /// Replaces the whole session by one value that serializes as an object.
    ///
    /// # Errors
    ///
    /// Those of [`insert`](Self::insert), and
    /// [`NotJson`](cookie_session::SessionError::NotJson) if the value is not
    /// an object.
    pub fn write<T: Serialize>(&self, value: &T) -> Result<(), SessionError> {
        Ok(self.with(|session| session.write(value))??)
    }

    /// Ends the session: the log out. What is inserted afterwards begins a new
    /// one.
    ///
    /// # Errors
    ///
    /// Those of every method.
    pub fn clear(&self) -> Result<(), SessionError> {
        self.with(cookie_session::Session::clear)
    }

    /// Starts the absolute lifetime again and keeps the values: for a log in.
    ///
    /// # Errors
    ///
    /// Those of every method.
    pub fn renew(&self) -> Result<(), SessionError> {
        self.with(cookie_session::Session::renew)
    }

    /// Says whether the cookie outlives the browser's session.
    ///
    /// # Errors
    ///
    /// Those of every method.
    pub fn permanent(&self) -> Result<bool, SessionError> {
        self.with(|session| session.permanent())
    }

    /// Sets whether the cookie outlives the browser's session: the *remember
    /// me* box.
    ///
    /// # Errors
    ///
    /// Those of every method.
    pub fn set_permanent(&self, permanent: bool) -> Result<(), SessionError> {
        self.with(|session| session.set_permanent(permanent))
    }

    /// Keeps this request from prolonging the session, for example a poll in
    /// the background.
    ///
    /// # Errors
    ///
    /// Those of every method.
    pub fn skip_refresh(&self) -> Result<(), SessionError> {
        self.with(cookie_session::Session::skip_refresh)
    }

    /// Returns when the session was created, or `None` for one that is new.
    ///
    /// # Errors
    ///
    /// Those of every method.
    pub fn created_at(&self) -> Result<Option<SystemTime>, SessionError> {
        self.with(|session| session.created_at())
    }

    /// Returns when the cookie was signed, or `None` if none was presented that
    /// verified.
    ///
    /// # Errors
    ///
    /// Those of every method.
    pub fn issued_at(&self) -> Result<Option<SystemTime>, SessionError> {
        self.with(|session| session.issued_at())
    }

    /// Says whether no cookie brought this session.
    ///
    /// # Errors
    ///
    /// Those of every method.
    pub fn is_new(&self) -> Result<bool, SessionError> {
        self.with(|session| session.is_new())
    }

    /// Returns why no presented cookie was accepted, or `None` if one was or
    /// none was presented. For logs; a client must not see it.
    ///
    /// # Errors
    ///
    /// Those of every method.
    pub fn rejection(&self) -> Result<Option<DecodeError>, SessionError> {
        self.with(|session| session.rejection().copied())
    }
}

// Not derived: the marker need not be `Clone`.
impl<C> Clone for Session<C> {
    fn clone(&self) -> Self {
        Self { slot: Arc::clone(&self.slot), cookie: PhantomData }
    }
}

impl<C> fmt::Debug for Session<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("cookie", &self.slot.cookie_name()).finish_non_exhaustive()
    }
}
