//! A handler's handle to the session of its request.

use std::fmt;
use std::future::{Ready, ready};
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::SystemTime;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use cookie_session::DecodeError;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::SessionError;
use crate::events;
use crate::middleware::Slots;
use crate::shared::Shared;

/// The session of the visitor, as an extractor.
///
/// The cookie is opened when a method is first called, not before: a handler
/// that never asks leaves its response cacheable. Clones are handles to the
/// same session, and may go to other threads and tasks.
///
/// What is done until the head of the response is ready is saved into it.
/// After that, in a streaming body or in a task that goes on, every method is
/// [`SessionError::TooLate`].
///
/// ```
/// use actix_web::{Responder, web::Redirect};
/// use cookie_session_actix::{Session, SessionError};
///
/// async fn visit(session: Session) -> Result<impl Responder, SessionError> {
///     session.update("visits", |visits: &mut u32| *visits += 1)?;
///     Ok(Redirect::to("/").see_other())
/// }
/// ```
///
/// `C` says which cookie, where there are several: see
/// [`SessionMiddleware::for_cookie`](crate::SessionMiddleware::for_cookie).
pub struct Session<C = DefaultCookie> {
    shared: Arc<Shared>,
    cookie: PhantomData<fn() -> C>,
}

/// The cookie of an application that has only one session.
#[derive(Clone, Copy, Debug)]
pub struct DefaultCookie;

/// # Errors
///
/// Every method is [`SessionError::TooLate`] once the head of the response is
/// ready, [`SessionError::Nested`] inside a closure that was given to the same
/// session, and [`SessionError::Panicked`] after such a closure has panicked.
/// Beyond that, the errors are those of [`cookie_session::Session`].
impl<C> Session<C> {
    /// Returns the value under a key, or `None` if there is none.
    pub fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, SessionError> {
        self.try_with(|session| session.get(key))
    }

    /// Puts a value under a key. Fails if the cookie would be larger than
    /// browsers store; the session is then as it was.
    pub fn insert<T: Serialize>(&self, key: &str, value: T) -> Result<(), SessionError> {
        self.try_with(|session| session.insert(key, value))
    }

    /// Removes the value under a key and returns it, or `None` if there is
    /// none. A value that is not a `T` stays.
    pub fn take<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, SessionError> {
        self.try_with(|session| session.take(key))
    }

    /// Removes the value under a key, whatever it is, and says whether there
    /// was one.
    pub fn remove(&self, key: &str) -> Result<bool, SessionError> {
        self.with(|session| session.remove(key))
    }

    /// Changes the value under a key in place, beginning with the default if
    /// there is none, and returns what the closure returns.
    pub fn update<T, R>(&self, key: &str, change: impl FnOnce(&mut T) -> R) -> Result<R, SessionError>
    where
        T: Serialize + DeserializeOwned + Default,
    {
        self.try_with(|session| session.update(key, change))
    }

    /// Returns the keys, in their order.
    pub fn keys(&self) -> Result<Vec<String>, SessionError> {
        self.with(|session| session.keys().map(Into::into).collect())
    }

    /// Says whether there is a value under a key.
    pub fn contains_key(&self, key: &str) -> Result<bool, SessionError> {
        self.with(|session| session.contains_key(key))
    }

    /// Returns how many values there are.
    pub fn len(&self) -> Result<usize, SessionError> {
        self.with(|session| session.len())
    }

    /// Says whether there are no values.
    pub fn is_empty(&self) -> Result<bool, SessionError> {
        self.with(|session| session.is_empty())
    }

    /// Reads the whole session as one value, for example a struct.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, SessionError> {
        self.try_with(|session| session.read())
    }

    /// Replaces the whole session by one value that serializes as an object.
    /// All other keys go.
    pub fn write<T: Serialize>(&self, value: &T) -> Result<(), SessionError> {
        self.try_with(|session| session.write(value))
    }

    /// Ends the session: forgets all values, when it was created, and that it
    /// was permanent. The response removes the cookie, unless something is
    /// inserted afterwards.
    pub fn clear(&self) -> Result<(), SessionError> {
        self.with(cookie_session::Session::clear)
    }

    /// Starts the absolute lifetime again and keeps the values, for a log in.
    /// The old cookie stays valid until its own age limit.
    pub fn renew(&self) -> Result<(), SessionError> {
        self.with(cookie_session::Session::renew)
    }

    /// Says whether the cookie outlives the browser's session.
    pub fn permanent(&self) -> Result<bool, SessionError> {
        self.with(|session| session.permanent())
    }

    /// Sets whether the cookie outlives the browser's session: the *remember
    /// me* box.
    pub fn set_permanent(&self, permanent: bool) -> Result<(), SessionError> {
        self.with(|session| session.set_permanent(permanent))
    }

    /// Keeps this request from prolonging the session, for example a poll in
    /// the background.
    pub fn skip_refresh(&self) -> Result<(), SessionError> {
        self.with(cookie_session::Session::skip_refresh)
    }

    /// Returns when the session was created, or `None` for one that is new.
    pub fn created_at(&self) -> Result<Option<SystemTime>, SessionError> {
        self.with(|session| session.created_at())
    }

    /// Returns when the cookie was signed, or `None` if none was presented that
    /// verified.
    pub fn issued_at(&self) -> Result<Option<SystemTime>, SessionError> {
        self.with(|session| session.issued_at())
    }

    /// Says whether no cookie brought this session.
    pub fn is_new(&self) -> Result<bool, SessionError> {
        self.with(|session| session.is_new())
    }

    /// Returns why no presented cookie was accepted. For logs; a client must
    /// not see it.
    pub fn rejection(&self) -> Result<Option<DecodeError>, SessionError> {
        self.with(|session| session.rejection().copied())
    }

    /// Lends the session to a closure, for what takes several steps that
    /// nobody may come between, and for all other methods of
    /// [`cookie_session::Session`].
    ///
    /// Handles on other threads wait meanwhile, so the closure should be short.
    ///
    /// ```
    /// # use cookie_session_actix::{Session, SessionError};
    /// # fn handler(session: &Session) -> Result<(), SessionError> {
    /// let coupon: Option<String> = session.with(|session| {
    ///     session.remove("csrf_token");
    ///     session.take("coupon")
    /// })??;
    /// # Ok(())
    /// # }
    /// ```
    pub fn with<R>(
        &self,
        closure: impl FnOnce(&mut cookie_session::Session) -> R,
    ) -> Result<R, SessionError> {
        self.shared.lend(closure)
    }

    fn try_with<R>(
        &self,
        closure: impl FnOnce(&mut cookie_session::Session) -> Result<R, cookie_session::SessionError>,
    ) -> Result<R, SessionError> {
        Ok(self.shared.lend(closure)??)
    }
}

impl<C: 'static> Session<C> {
    pub(crate) fn of(request: &HttpRequest) -> Result<Self, SessionError> {
        let shared = request.extensions().get::<Slots>().and_then(Slots::find::<C>);
        let shared = shared.ok_or_else(|| {
            events::no_middleware::<C>();
            SessionError::NoMiddleware
        })?;
        Ok(Self { shared, cookie: PhantomData })
    }
}

impl<C: 'static> FromRequest for Session<C> {
    type Error = SessionError;
    type Future = Ready<Result<Self, SessionError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of(request))
    }
}

// Not derived: that would ask for `C: Clone`.
impl<C> Clone for Session<C> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), cookie: PhantomData }
    }
}

impl<C> fmt::Debug for Session<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("cookie", &self.shared.sessions().cookie_name())
            .finish_non_exhaustive()
    }
}
