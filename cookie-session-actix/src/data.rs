//! The whole session as one struct.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use serde::de::DeserializeOwned;

use crate::error::SessionError;
use crate::session::Session;

/// Extracts the whole session as one value, read-only. Of the default cookie;
/// for another, use [`Session::read`].
///
/// Extracting it opens the session. The request is answered with a 500 if the
/// session is not a `T`. An empty session is one only if all fields may be
/// absent, so give the struct `#[serde(default)]`: visitors without a cookie
/// have an empty session.
///
/// ```
/// use cookie_session_actix::SessionData;
/// use serde::Deserialize;
///
/// #[derive(Deserialize, Default)]
/// #[serde(default)]
/// struct Visitor {
///     user: Option<String>,
///     visits: u32,
/// }
///
/// async fn home(SessionData(visitor): SessionData<Visitor>) -> String {
///     format!("{} visits", visitor.visits)
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionData<T>(pub T);

impl<T: DeserializeOwned> FromRequest for SessionData<T> {
    type Error = SessionError;
    type Future = Ready<Result<Self, SessionError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Session::of(request).and_then(|session: Session| session.read().map(Self)))
    }
}
