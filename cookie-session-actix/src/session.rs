//! The handle that a handler holds, and the error of its methods.

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use cookie_session_adapter::{adapter_types, events};

use crate::respond;

adapter_types! {
    /// The session of the visitor whose request this is.
    ///
    /// An extractor; in middleware, `request.extract::<CookieSession>()` takes it
    /// out of a request. A clone is another handle to the same session. All methods
    /// are those of [`Handle`](crate::Handle).
    ///
    /// The cookie is read at the first use of any method, so the response of a
    /// handler that never comes to that stays cacheable. It is written with the
    /// response's headers; every use after they are sent, in a streamed body or a spawned task, is
    /// [`UseError::TooLate`](crate::UseError::TooLate).
    ///
    /// `C` says which cookie, where there are several: see
    /// [`SessionMiddleware::for_cookie`](crate::SessionMiddleware::for_cookie).
    CookieSession
    /// Why a [`CookieSession`](crate::CookieSession) could not do what a handler
    /// asked for.
    ///
    /// Handlers may return it: as a response it is a 500, or a 403 if a form had no
    /// token of its session, with an empty body and
    /// `Cache-Control: no-store`, and one event for the log. What the handler did
    /// to the session before is not saved.
    CookieSessionError
    "add `.wrap(SessionMiddleware::{}(sessions.clone()))` to the App, or to the scope of this route"
}

/// A 500 or 403 with an empty body that no cache keeps, and an error event. A debug
/// build says in the body that a middleware is missing.
impl ResponseError for CookieSessionError {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.0.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        events::error(&self.0);
        let response = respond::empty(self.status_code());
        match self.0.reason_for_developers() {
            Some(reason) => response.set_body(BoxBody::new(reason)),
            None => response,
        }
    }
}
