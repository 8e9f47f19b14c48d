//! The handle that a handler holds.

use std::fmt;
use std::marker::PhantomData;
use std::time::SystemTime;

use cookie_session::flash::Flash;
use cookie_session::{DecodeError, Session, SessionError};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::UseError;
use crate::events;
use crate::slot::Slot;

/// The methods of a session for a handler: what the `CookieSession` of each
/// adapter derefs to. A clone is another handle to the same session.
///
/// The cookie is read at the first use of any method, so the response of a
/// handler that never comes to that stays cacheable. It is written with the
/// response's headers; every use after they are sent, in a streamed body or a spawned task, is
/// [`UseError::TooLate`].
///
/// All methods do what those of [`Session`] do, which say more. What several of
/// them do is not atomic while clones are in use in other tasks;
/// [`with`](Self::with) is.
///
/// `E` is the error of the adapter.
pub struct Handle<E = UseError> {
    slot: Slot,
    error: PhantomData<fn() -> E>,
}

/// The marker of the only session, where there is one.
#[derive(Clone, Copy, Debug)]
pub enum DefaultCookie {}

/// Every method fails with [`UseError::TooLate`] once the response's
/// headers are sent, [`UseError::Busy`] while a closure of `with` or `update`
/// has the session, around this use or on another thread, and [`UseError::Poisoned`] after such a closure panicked.
impl<E: From<UseError>> Handle<E> {
    /// Runs a closure with the session itself, for several steps at once.
    ///
    /// The closure must not use any handle to the same session, and other
    /// threads cannot while it runs. What it began when it panics is not saved:
    /// the response is a 500 then. So it is if the closure, on another thread,
    /// still runs when the response's headers are to be sent.
    ///
    /// ```
    /// # fn handler(session: cookie_session_adapter::Handle) -> Result<(), cookie_session_adapter::UseError> {
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
    pub fn with<R>(&self, use_it: impl FnOnce(&mut Session) -> R) -> Result<R, E> {
        self.slot.with(use_it).map_err(E::from)
    }

    /// Returns the value under a key, or `None` if there is none.
    ///
    /// # Errors
    ///
    /// [`WrongType`](SessionError::WrongType) if the value is
    /// not a `T`.
    pub fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, E> {
        self.try_with(|session| session.get(key))
    }

    /// Puts a value under a key.
    ///
    /// # Errors
    ///
    /// [`NotJson`](SessionError::NotJson) if the value has no
    /// JSON form, [`TooLong`](SessionError::TooLong) if the
    /// cookie would be larger than browsers store. Either way the session is as
    /// it was.
    pub fn insert<T: Serialize>(&self, key: &str, value: T) -> Result<(), E> {
        self.try_with(|session| session.insert(key, value))
    }

    /// Removes the value under a key and returns it, or `None` if there is
    /// none.
    ///
    /// # Errors
    ///
    /// [`WrongType`](SessionError::WrongType) if the value is not a `T`; it
    /// then stays.
    #[doc(alias("pop"))]
    pub fn take<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, E> {
        self.try_with(|session| session.take(key))
    }

    /// Removes the value under a key and says whether there was one.
    ///
    /// # Errors
    ///
    /// Those of every method.
    pub fn remove(&self, key: &str) -> Result<bool, E> {
        self.with(|session| session.remove(key))
    }

    /// Changes the value under a key in place, starting from the default if
    /// there is none, and returns what the closure returns. The closure must
    /// not use any handle to the same session.
    ///
    /// # Errors
    ///
    /// Those of [`get`](Self::get) and [`insert`](Self::insert). The session is
    /// as it was.
    pub fn update<T, R>(&self, key: &str, change: impl FnOnce(&mut T) -> R) -> Result<R, E>
    where
        T: Serialize + DeserializeOwned + Default,
    {
        self.try_with(|session| session.update(key, change))
    }

    /// Returns the keys, in their order.
    ///
    /// # Errors
    ///
    /// Those of every method.
    pub fn keys(&self) -> Result<Vec<String>, E> {
        self.with(|session| session.keys().map(Into::into).collect())
    }

    /// Says whether there is a value under a key.
    ///
    /// # Errors
    ///
    /// Those of every method.
    pub fn contains_key(&self, key: &str) -> Result<bool, E> {
        self.with(|session| session.contains_key(key))
    }

    /// Returns how many values there are.
    ///
    /// # Errors
    ///
    /// Those of every method.
    pub fn len(&self) -> Result<usize, E> {
        self.with(|session| session.len())
    }

    /// Says whether there are no values.
    ///
    /// # Errors
    ///
    /// Those of every method.
    pub fn is_empty(&self) -> Result<bool, E> {
        self.with(|session| session.is_empty())
    }

    /// Reads the whole session as one value. What it does not have is as in
    /// `T::default()`, as in the `SessionData` of each adapter.
    ///
    /// # Errors
    ///
    /// [`WrongType`](SessionError::WrongType) if what the session has is not of
    /// the type of its field.
    pub fn read_or_default<T: Serialize + DeserializeOwned + Default>(&self) -> Result<T, E> {
        self.try_with(|session| session.read_or_default())
    }

    /// Writes the fields of a struct into the session, each under its name, and
    /// leaves all other keys as they are.
    ///
    /// # Errors
    ///
    /// Those of [`write`](Self::write).
    pub fn merge<T: Serialize + DeserializeOwned>(&self, value: &T) -> Result<(), E> {
        self.try_with(|session| session.merge(value))
    }

    /// Reads the whole session as one value.
    ///
    /// # Errors
    ///
    /// [`WrongType`](SessionError::WrongType) if it is not a
    /// `T`; an empty session is a `T` only if all of its fields may be absent.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, E> {
        self.try_with(|session| session.read())
    }

    /// Replaces the whole session by one value that serializes as an object. All
    /// other keys go.
    ///
    /// # Errors
    ///
    /// Those of [`insert`](Self::insert), and
    /// [`NotJson`](SessionError::NotJson) if the value is not
    /// an object.
    pub fn write<T: Serialize>(&self, value: &T) -> Result<(), E> {
        self.try_with(|session| session.write(value))
    }

    /// Ends the session: the logout. What is inserted afterwards begins a new
    /// one.
    ///
    /// # Errors
    ///
    /// Those of every method.
    #[doc(alias("flush", "purge", "reset_session", "logout", "destroy", "invalidate"))]
    pub fn clear(&self) -> Result<(), E> {
        self.with(Session::clear)
    }

    /// Starts the absolute lifetime again and keeps the values: for a login.
    ///
    /// # Errors
    ///
    /// Those of every method.
    #[doc(alias("cycle_key", "cycle_id", "regenerate"))]
    pub fn renew(&self) -> Result<(), E> {
        self.with(Session::renew)
    }

    /// Returns a token for a form, a new text each time, to be put into a hidden
    /// field.
    ///
    /// # Errors
    ///
    /// [`TooLong`](SessionError::TooLong) if there is no room for its secret.
    #[doc(alias("generate_csrf", "get_token", "form_authenticity_token"))]
    pub fn csrf_token(&self) -> Result<String, E> {
        self.try_with(Session::csrf_token)
    }

    /// Checks that a form brought a token of this session. The error is an empty
    /// 403 as a response.
    ///
    /// # Errors
    ///
    /// [`ForeignForm`](SessionError::ForeignForm) if it did not.
    #[doc(alias("validate_csrf", "csrf_protect", "verify_authenticity_token"))]
    pub fn check_csrf(&self, token: impl AsRef<[u8]>) -> Result<(), E> {
        self.try_with(|session| session.check_csrf(token))
    }

    /// Leaves a message for the next page. Of more than eight, or than 1 KiB of
    /// them, the oldest go. One that has no room even alone is dropped: what it
    /// tells of is done all the same. An event says so of each.
    ///
    /// # Errors
    ///
    /// Those of every method.
    #[doc(alias("messages", "flashing", "add_message"))]
    pub fn flash(&self, category: &str, message: &str) -> Result<(), E> {
        let dropped = self.try_with(|session| match session.flash(category, message) {
            Err(SessionError::TooLong(_) | SessionError::LongFlash) => Ok(1),
            result => result,
        })?;
        if dropped > 0 {
            events::flashes_dropped(self.cookie_name(), dropped);
        }
        Ok(())
    }

    /// Takes the messages that were left for this page, the oldest first.
    ///
    /// # Errors
    ///
    /// [`WrongType`](SessionError::WrongType) if a Python application keeps
    /// something else under their key.
    #[doc(alias("get_flashed_messages", "get_messages"))]
    pub fn take_flashes(&self) -> Result<Vec<Flash>, E> {
        self.try_with(Session::take_flashes)
    }

    /// Says whether the cookie outlives the browser's session.
    ///
    /// # Errors
    ///
    /// Those of every method.
    pub fn permanent(&self) -> Result<bool, E> {
        self.with(|session| session.permanent())
    }

    /// Sets whether the cookie outlives the browser's session: the *remember
    /// me* box.
    ///
    /// # Errors
    ///
    /// Those of every method.
    #[doc(alias("remember me", "remember_me"))]
    pub fn set_permanent(&self, permanent: bool) -> Result<(), E> {
        self.with(|session| session.set_permanent(permanent))
    }

    /// Keeps this request from prolonging the session, for example a poll in
    /// the background.
    ///
    /// # Errors
    ///
    /// Those of every method.
    pub fn skip_refresh(&self) -> Result<(), E> {
        self.with(Session::skip_refresh)
    }

    /// Returns when the session was created, or `None` for one that is new.
    ///
    /// # Errors
    ///
    /// Those of every method.
    pub fn created_at(&self) -> Result<Option<SystemTime>, E> {
        self.with(|session| session.created_at())
    }

    /// Returns when the cookie was signed, or `None` if none was presented that
    /// verified.
    ///
    /// # Errors
    ///
    /// Those of every method.
    pub fn issued_at(&self) -> Result<Option<SystemTime>, E> {
        self.with(|session| session.issued_at())
    }

    /// Says whether no cookie brought this session.
    ///
    /// # Errors
    ///
    /// Those of every method.
    pub fn is_new(&self) -> Result<bool, E> {
        self.with(|session| session.is_new())
    }

    /// Returns why no presented cookie was accepted, or `None` if one was or
    /// none was presented. For logs; a client must not see it.
    ///
    /// # Errors
    ///
    /// Those of every method.
    pub fn rejection(&self) -> Result<Option<DecodeError>, E> {
        self.with(|session| session.rejection().copied())
    }
}

impl<E: From<UseError>> Handle<E> {
    fn try_with<R>(&self, use_it: impl FnOnce(&mut Session) -> Result<R, SessionError>) -> Result<R, E> {
        let result = self.slot.with(use_it).and_then(|result| Ok(result?));
        result.map_err(E::from)
    }
}

impl<E> Handle<E> {
    pub(crate) fn slot(&self) -> &Slot {
        &self.slot
    }

    /// Returns a handle to the session of a slot: for adapters.
    pub fn new(slot: Slot) -> Self {
        Self { slot, error: PhantomData }
    }

    /// Returns the name of the cookie.
    pub fn cookie_name(&self) -> &str {
        self.slot.cookie_name()
    }
}

// Not derived: the error need not be `Clone`.
impl<E> Clone for Handle<E> {
    fn clone(&self) -> Self {
        Self::new(self.slot.clone())
    }
}

impl<E> fmt::Debug for Handle<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("cookie", &self.cookie_name()).finish_non_exhaustive()
    }
}
