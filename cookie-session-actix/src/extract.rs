//! The extractors.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use cookie_session_adapter::DefaultCookie;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::session::{CookieSession, CookieSessionError};

#[doc = include_str!("../docs/session_data.md")]
#[derive(Clone, Copy, Debug, Default)]
pub struct SessionData<T>(pub T);

impl<T: Serialize + DeserializeOwned + Default> FromRequest for SessionData<T> {
    type Error = CookieSessionError;
    type Future = Ready<Result<Self, CookieSessionError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(
            CookieSession::<DefaultCookie>::of(request.extensions().get())
                .and_then(|session| session.read_or_default().map(Self)),
        )
    }
}

impl<C: 'static> FromRequest for CookieSession<C> {
    type Error = CookieSessionError;
    type Future = Ready<Result<Self, CookieSessionError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of(request.extensions().get()))
    }
}
