//! The error of a handler, and the response that says nothing of it.

use std::any::{TypeId, type_name};
use std::error::Error;
use std::fmt;

use axum_core::body::Body;
use axum_core::response::{IntoResponse, Response};
use cookie_session::{SessionError, TooLong};
use cookie_session_adapter::{DefaultCookie, UseError, events};

use crate::respond;

/// Why a [`CookieSession`](crate::CookieSession) could not do what a handler
/// asked for.
///
/// Handlers may return it: as a response it is a 500 with an empty body and
/// `Cache-Control: no-store`, and one event for the log. What the handler did
/// to the session before is not saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CookieSessionError(pub UseError);

impl CookieSessionError {
    /// Returns by how much the session is over the limit and which keys take
    /// the space, if this is why: the one error that handlers answer in their
    /// own way.
    pub fn as_too_long(&self) -> Option<&TooLong> {
        self.0.as_too_long()
    }

    /// Makes the response of this error, a 500 with an empty body that no cache
    /// keeps, and sends the event: for services that are not axum's.
    ///
    /// ```
    /// use std::convert::Infallible;
    ///
    /// use cookie_session_axum::{CookieSession, CookieSessionError};
    /// use http::{Request, Response};
    ///
    /// async fn handler(request: Request<()>) -> Result<Response<String>, CookieSessionError> {
    ///     let session = <CookieSession>::from_extensions(request.extensions())?;
    ///     session.insert("user", "ada")?;
    ///     Ok(Response::new("welcome".to_owned()))
    /// }
    ///
    /// // With an error of its own the service would make hyper close the connection.
    /// let service = tower::service_fn(async |request| {
    ///     Ok::<_, Infallible>(handler(request).await.unwrap_or_else(|error| error.to_response()))
    /// });
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// # use tower::ServiceExt;
    /// // Here the layer is missing.
    /// let response = service.oneshot(Request::new(())).await?;
    /// assert_eq!((response.status().as_u16(), response.body().as_str()), (500, ""));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn to_response<B: Default>(&self) -> http::Response<B> {
        events::error(&self.0);
        respond::internal_error()
    }

    pub(crate) fn no_layer<C: 'static>() -> Self {
        let layer = if TypeId::of::<C>() == TypeId::of::<DefaultCookie>() {
            "new".to_owned()
        } else {
            format!("<{}>::for_cookie", type_name::<C>())
        };
        let remedy = format!("add `.layer(SessionLayer::{layer}(sessions))` to the router, after its routes");
        Self(UseError::NoLayer { remedy })
    }
}

impl From<UseError> for CookieSessionError {
    fn from(error: UseError) -> Self {
        Self(error)
    }
}

impl From<SessionError> for CookieSessionError {
    fn from(error: SessionError) -> Self {
        Self(error.into())
    }
}

impl fmt::Display for CookieSessionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for CookieSessionError {}

/// A 500 with an empty body that no cache keeps, and an error event. A debug
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
