//! The extractors of axum.

use axum_core::extract::FromRequestParts;
use http::request::Parts;
use serde::Serialize;
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

/// The whole session as one value, read-only. What the session does not have is
/// as in `T::default()`, so a new visitor has one too.
///
/// For a session with another marker there is
/// [`Handle::read_or_default`](crate::Handle::read_or_default), and to write a
/// value back, beside the keys of others, [`Handle::merge`](crate::Handle::merge).
///
/// ```
/// use cookie_session_axum::SessionData;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Default, Serialize, Deserialize)]
/// struct Visitor {
///     user: Option<String>,
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
    T: Serialize + DeserializeOwned + Default,
{
    type Rejection = CookieSessionError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, CookieSessionError> {
        <CookieSession>::from_extensions(&parts.extensions)?.read_or_default().map(Self)
    }
}
