//! The extractors of axum.

use axum_core::extract::FromRequestParts;
use http::request::Parts;
use serde::de::DeserializeOwned;

use crate::error::CookieSessionError;
use crate::session::CookieSession;

impl<S, C> FromRequestParts<S> for CookieSession<C>
where
    S: Send + Sync,
    C: 'static,
{
    type Rejection = CookieSessionError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, CookieSessionError> {
        Self::from_extensions(&parts.extensions)
    }
}

/// The whole session as one value, read-only.
///
/// A visitor without a session is an empty object, so the fields need defaults
/// or must be optional; otherwise extract
/// `Result<SessionData<T>, CookieSessionError>`. For a session with another marker,
/// or to change it, there is [`Handle::read`](crate::Handle::read) and
/// [`Handle::write`](crate::Handle::write).
///
/// ```
/// use cookie_session_axum::SessionData;
/// use serde::Deserialize;
///
/// #[derive(Deserialize)]
/// struct Visitor {
///     user: Option<String>,
///     #[serde(default)]
///     visits: u32,
/// }
///
/// async fn greet(SessionData(visitor): SessionData<Visitor>) -> String {
///     let name = visitor.user.as_deref().unwrap_or("stranger");
///     format!("Hello {name}, this is visit {}", visitor.visits)
/// }
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct SessionData<T>(pub T);

impl<S, T> FromRequestParts<S> for SessionData<T>
where
    S: Send + Sync,
    T: DeserializeOwned,
{
    type Rejection = CookieSessionError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, CookieSessionError> {
        <CookieSession>::from_extensions(&parts.extensions)?.read().map(Self)
    }
}
