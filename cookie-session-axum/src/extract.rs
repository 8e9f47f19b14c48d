//! The extractors of axum.

use axum_core::extract::FromRequestParts;
use http::request::Parts;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::session::{CookieSession, CookieSessionError};

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

#[doc = include_str!("../docs/session_data.md")]
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
