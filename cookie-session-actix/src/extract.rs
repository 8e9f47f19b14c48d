//! The extractors.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use cookie_session_adapter::DefaultCookie;
use serde::de::DeserializeOwned;

use crate::error::CookieSessionError;
use crate::session::CookieSession;

/// The whole session as one value, read-only.
///
/// A visitor without a session is an empty object, so the fields need defaults
/// or must be optional; otherwise extract
/// `Result<SessionData<T>, CookieSessionError>`. For a session with another marker,
/// or to change it, there is [`Handle::read`](crate::Handle::read) and
/// [`Handle::write`](crate::Handle::write).
///
/// ```
/// use cookie_session_actix::SessionData;
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

impl<T: DeserializeOwned> FromRequest for SessionData<T> {
    type Error = CookieSessionError;
    type Future = Ready<Result<Self, CookieSessionError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(CookieSession::<DefaultCookie>::of(request).and_then(|session| session.read().map(Self)))
    }
}

impl<C: 'static> FromRequest for CookieSession<C> {
    type Error = CookieSessionError;
    type Future = Ready<Result<Self, CookieSessionError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of(request))
    }
}
