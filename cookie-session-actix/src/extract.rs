//! The extractors.

use std::any::{TypeId, type_name};
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use serde::de::DeserializeOwned;

use crate::error::SessionError;
use crate::session::Session;
use crate::slot;

/// The whole session as one value, read-only.
///
/// A visitor without a session is an empty object, so the fields need defaults
/// or must be optional; otherwise extract
/// `Result<SessionData<T>, SessionError>`. For a session with another marker,
/// or to change it, there is [`Session::read`] and [`Session::write`].
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
///     format!("Hello {name}, for the {}. time", visitor.visits)
/// }
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct SessionData<T>(pub T);

impl<T: DeserializeOwned> FromRequest for SessionData<T> {
    type Error = SessionError;
    type Future = Ready<Result<Self, SessionError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(handle(request).and_then(|session: Session| session.read().map(Self)))
    }
}

impl<C: 'static> FromRequest for Session<C> {
    type Error = SessionError;
    type Future = Ready<Result<Self, SessionError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(handle(request))
    }
}

fn handle<C: 'static>(request: &HttpRequest) -> Result<Session<C>, SessionError> {
    let slot = slot::find(&request.extensions(), TypeId::of::<C>());
    slot.map(Session::new).ok_or(SessionError::NoMiddleware { marker: type_name::<C>() })
}
