//! The handle that a handler holds.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use actix_web::{HttpMessage, HttpRequest};
use cookie_session_adapter::{DefaultCookie, Handle, Slot};

use crate::error::CookieSessionError;

/// The session of the visitor whose request this is.
///
/// An extractor; in middleware, `request.extract::<CookieSession>()` takes it
/// out of a request. A clone is another handle to the same session. All methods
/// are those of [`Handle`].
///
/// The cookie is read at the first use of any method, so the response of a
/// handler that never comes to that stays cacheable. It is written with the
/// response's headers; every use after they are sent, in a streamed body or a spawned task, is
/// [`UseError::TooLate`](crate::UseError::TooLate).
///
/// `C` says which cookie, where there are several: see
/// [`SessionMiddleware::for_cookie`](crate::SessionMiddleware::for_cookie).
pub struct CookieSession<C = DefaultCookie> {
    handle: Handle<CookieSessionError>,
    cookie: PhantomData<fn() -> C>,
}

impl<C: 'static> CookieSession<C> {
    pub(crate) fn of(request: &HttpRequest) -> Result<Self, CookieSessionError> {
        let slot = Slot::find::<C>(request.extensions().get());
        let slot = slot.ok_or_else(CookieSessionError::no_middleware::<C>)?;
        Ok(Self { handle: Handle::new(slot), cookie: PhantomData })
    }
}

impl<C> Deref for CookieSession<C> {
    type Target = Handle<CookieSessionError>;

    fn deref(&self) -> &Self::Target {
        &self.handle
    }
}

// Not derived: the marker need not be `Clone`.
impl<C> Clone for CookieSession<C> {
    fn clone(&self) -> Self {
        Self { handle: self.handle.clone(), cookie: PhantomData }
    }
}

impl<C> fmt::Debug for CookieSession<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CookieSession").field("cookie", &self.cookie_name()).finish_non_exhaustive()
    }
}
