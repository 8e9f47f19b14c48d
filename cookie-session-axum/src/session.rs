//! The handle that a handler holds.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use cookie_session_adapter::{DefaultCookie, Handle, Slot};
use http::Extensions;

use crate::error::CookieSessionError;

/// The session of the visitor whose request this is.
///
/// An extractor for axum; elsewhere [`from_extensions`](Self::from_extensions)
/// takes it out of a request. A clone is another handle to the same session.
/// All methods are those of [`Handle`].
///
/// The cookie is read at the first use of any method, so the response of a
/// handler that never comes to that stays cacheable. It is written with the
/// response's headers; every use after they are sent, in a streamed body or a spawned task, is
/// [`UseError::TooLate`](crate::UseError::TooLate).
///
/// `C` says which cookie, where there are several: see
/// [`SessionLayer::for_cookie`](crate::SessionLayer::for_cookie).
pub struct CookieSession<C = DefaultCookie> {
    handle: Handle<CookieSessionError>,
    cookie: PhantomData<fn() -> C>,
}

impl<C: 'static> CookieSession<C> {
    /// Returns the session of a request that passed the layer.
    ///
    /// # Errors
    ///
    /// [`UseError::NoLayer`](crate::UseError::NoLayer) if it did not.
    pub fn from_extensions(extensions: &Extensions) -> Result<Self, CookieSessionError> {
        let slot = Slot::find::<C>(extensions.get()).ok_or_else(CookieSessionError::no_layer::<C>)?;
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
