//! The handle that a handler holds, and the error of its methods.

use axum_core::body::Body;
use axum_core::response::{IntoResponse, Response};
use cookie_session_adapter::{adapter_types, events};
use http::{Extensions, StatusCode};

use crate::respond;

adapter_types! {
    /// The session of the visitor whose request this is.
    ///
    /// An extractor for axum; elsewhere [`from_extensions`](Self::from_extensions)
    /// takes it out of a request. A clone is another handle to the same session.
    /// All methods are those of [`Handle`](crate::Handle).
    ///
    /// The cookie is read at the first use of any method, so the response of a
    /// handler that never comes to that stays cacheable. It is written with the
    /// response's headers; every use after they are sent, in a streamed body or a spawned task, is
    /// [`UseError::TooLate`](crate::UseError::TooLate).
    ///
    /// `C` says which cookie, where there are several: see
    /// [`SessionLayer::for_cookie`](crate::SessionLayer::for_cookie).
    CookieSession
    /// Why a [`CookieSession`](crate::CookieSession) could not do what a handler
    /// asked for.
    ///
    /// Handlers may return it: as a response it is a 500, or a 403 if a form had no
    /// token of its session, with an empty body and
    /// `Cache-Control: no-store`, and one event for the log. What the handler did
    /// to the session before is not saved.
    CookieSessionError
    "add `.layer(SessionLayer::{}(sessions))` to the router, after its routes"
}

impl<C: 'static> CookieSession<C> {
    /// Returns the session of a request that passed the layer.
    ///
    /// # Errors
    ///
    /// [`UseError::NoLayer`](crate::UseError::NoLayer) if it did not.
    pub fn from_extensions(extensions: &Extensions) -> Result<Self, CookieSessionError> {
        Self::of(extensions.get())
    }
}

impl CookieSessionError {
    #[doc = include_str!("../docs/to_response.md")]
    pub fn to_response<B: Default>(&self) -> http::Response<B> {
        events::error(&self.0);
        respond::empty(StatusCode::from_u16(self.0.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR))
    }
}

/// A 500 or 403 with an empty body that no cache keeps, and an error event. A debug
/// build says in the body that a layer is missing.
impl IntoResponse for CookieSessionError {
    fn into_response(self) -> Response {
        let response = self.to_response::<Body>();
        match self.0.reason_for_developers() {
            Some(reason) => response.map(|_| Body::from(reason)),
            None => response,
        }
    }
}
