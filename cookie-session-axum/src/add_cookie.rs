//! Small signed cookies in responses.

use std::convert::Infallible;

use axum_core::response::{IntoResponse, IntoResponseParts, Response, ResponseParts};
use cookie_session::signed_cookie::SetCookie;

use crate::respond::Headers;

/// Sets or removes a small [signed cookie](cookie_session::signed_cookie), as a part of a response: beside other
/// cookies, and so that no cache keeps it.
///
/// ```
/// use axum::response::{IntoResponse, Redirect};
/// use cookie_session::signed_cookie::SignedCookie;
/// use cookie_session_axum::{AddCookie, CookieSessionError};
/// use http::{HeaderMap, header::COOKIE};
///
/// async fn hide_banner(seen: SignedCookie<bool>) -> Result<impl IntoResponse, CookieSessionError> {
///     Ok((AddCookie(seen.set(&true)?), Redirect::to("/")))
/// }
///
/// async fn show_banner(seen: SignedCookie<bool>) -> impl IntoResponse {
///     (AddCookie(seen.removal()), Redirect::to("/"))
/// }
///
/// async fn page(seen: SignedCookie<bool>, headers: HeaderMap) -> &'static str {
///     // What was not set here, or is too old, is as good as none.
///     let seen = seen.get(headers.get_all(COOKIE)).ok().flatten();
///     if seen.is_some() { "welcome back" } else { "we bake since 1903" }
/// }
/// ```
#[derive(Clone, Debug)]
#[must_use = "the cookie is set only once this is in the response"]
pub struct AddCookie(pub SetCookie);

impl IntoResponseParts for AddCookie {
    type Error = Infallible;

    fn into_response_parts(self, mut response: ResponseParts) -> Result<ResponseParts, Infallible> {
        // A signed cookie is ASCII, and so are its attributes: a header can carry it.
        let _ = cookie_session_adapter::add_cookie(&self.0, &mut Headers(response.headers_mut()));
        Ok(response)
    }
}

/// An empty response that has the cookie.
impl IntoResponse for AddCookie {
    fn into_response(self) -> Response {
        (self, ()).into_response()
    }
}
