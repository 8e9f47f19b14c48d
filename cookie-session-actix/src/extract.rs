//! The extractors.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use cookie_session_adapter::DefaultCookie;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::CookieSessionError;
use crate::session::CookieSession;

/// The whole session as one value, read-only. What the session does not have is
/// as in `T::default()`, so a new visitor has one too.
///
/// For a session with another marker there is
/// [`Handle::read_or_default`](crate::Handle::read_or_default), and to write a
/// value back, beside the keys of others, [`Handle::merge`](crate::Handle::merge).
///
/// ```
/// use cookie_session_actix::SessionData;
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

impl<T: Serialize + DeserializeOwned + Default> FromRequest for SessionData<T> {
    type Error = CookieSessionError;
    type Future = Ready<Result<Self, CookieSessionError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(
            CookieSession::<DefaultCookie>::of(request)
                .and_then(|session| session.read_or_default().map(Self)),
        )
    }
}

impl<C: 'static> FromRequest for CookieSession<C> {
    type Error = CookieSessionError;
    type Future = Ready<Result<Self, CookieSessionError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of(request))
    }
}
