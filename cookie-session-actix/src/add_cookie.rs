//! Small signed cookies in responses.

use actix_web::{HttpRequest, HttpResponse, Responder};
use cookie_session::signed_cookie::SetCookie;

use crate::respond::Headers;

/// Sets or removes a small [signed cookie](cookie_session::signed_cookie) with a response: beside other cookies, and
/// so that no cache keeps it.
///
/// ```
/// use actix_web::http::header::COOKIE;
/// use actix_web::web::{Data, Redirect};
/// use actix_web::{HttpRequest, Responder};
/// use cookie_session::signed_cookie::SignedCookie;
/// use cookie_session_actix::{AddCookie, CookieSessionError};
///
/// async fn hide_banner(seen: Data<SignedCookie<bool>>) -> Result<impl Responder, CookieSessionError> {
///     Ok(AddCookie(seen.set(&true)?, Redirect::to("/").see_other()))
/// }
///
/// async fn show_banner(seen: Data<SignedCookie<bool>>) -> impl Responder {
///     AddCookie(seen.removal(), Redirect::to("/").see_other())
/// }
///
/// async fn page(seen: Data<SignedCookie<bool>>, request: HttpRequest) -> &'static str {
///     // What was not set here, or is too old, is as good as none.
///     let seen = seen.get(request.headers().get_all(COOKIE)).ok().flatten();
///     if seen.is_some() { "welcome back" } else { "we bake since 1903" }
/// }
/// ```
#[derive(Clone, Debug)]
#[must_use = "the cookie is set only once this is the response"]
pub struct AddCookie<R>(pub SetCookie, pub R);

impl<R: Responder> Responder for AddCookie<R> {
    type Body = R::Body;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse<R::Body> {
        let mut response = self.1.respond_to(request);
        // A signed cookie is ASCII, and so are its attributes: a header can carry it.
        let _ = cookie_session_adapter::add_cookie(&self.0, &mut Headers(response.headers_mut()));
        response
    }
}
