//! Middleware that refuses requests which pages of other sites cause.

use std::fmt;
use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HOST, HeaderValue};
use actix_web::{Error, HttpResponse, ResponseError};
use cookie_session::ConfigError;
use cookie_session::cross_origin::{self, Refused, TrustedOrigins};

/// Answers 403 to requests that would change something and come from a page of another site, by what the browser says
/// of them: [`cookie_session::cross_origin`] has the rules. Forms need no token.
///
/// Put it on the application or a scope; leave it out of what other servers call, such as a webhook.
///
/// ```
/// use actix_web::{App, HttpResponse, http::StatusCode, test, web};
/// use cookie_session_actix::CrossOrigin;
///
/// # #[actix_web::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let cross_origin = CrossOrigin::new().trust("https://admin.example.org")?;
/// let app = App::new().route("/pay", web::post().to(HttpResponse::Ok)).wrap(cross_origin);
///
/// let app = test::init_service(app).await;
/// let post = |site| test::TestRequest::post().uri("/pay").insert_header(("sec-fetch-site", site)).to_request();
/// assert_eq!(test::call_service(&app, post("same-origin")).await.status(), StatusCode::OK);
/// # let refused = test::try_call_service(&app, post("cross-site")).await;
/// # assert_eq!(refused.err().map(|error| error.error_response().status()), Some(StatusCode::FORBIDDEN));
/// # Ok(())
/// # }
/// ```
///
/// What is refused is an [`Error`] of the type [`CrossOriginError`], which says why to middleware outside, such as a
/// log; the client gets an empty body.
#[derive(Clone, Default)]
pub struct CrossOrigin {
    trusted: Arc<TrustedOrigins>,
}

impl CrossOrigin {
    /// Makes middleware that trusts no origin but the server's own.
    pub fn new() -> Self {
        Self::default()
    }

    /// Trusts one more origin, written as browsers write it: `https://admin.example.org`.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] for what no browser would send.
    pub fn trust(self, origin: &str) -> Result<Self, ConfigError> {
        let trusted = Arc::unwrap_or_clone(self.trusted).trust(origin)?;
        Ok(Self { trusted: Arc::new(trusted) })
    }
}

impl fmt::Debug for CrossOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CrossOrigin").field("trusted", &self.trusted).finish()
    }
}

impl<S, B> Transform<S, ServiceRequest> for CrossOrigin
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    S::Future: 'static,
    B: 'static,
{
    type Response = S::Response;
    type Error = Error;
    type Transform = CrossOriginService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        ready(Ok(CrossOriginService { inner, trusted: Arc::clone(&self.trusted) }))
    }
}

/// The service that [`CrossOrigin`] makes of another.
#[derive(Debug)]
pub struct CrossOriginService<S> {
    inner: S,
    trusted: Arc<TrustedOrigins>,
}

impl<S, B> Service<ServiceRequest> for CrossOriginService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    S::Future: 'static,
    B: 'static,
{
    type Response = S::Response;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<ServiceResponse<B>, Error>>>>;

    fn poll_ready(&self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let header = |name: &str| match request.uri().authority() {
            // HTTP/2 has no Host, and in HTTP/1.1 an absolute URI overrules it (RFC 9112, section 3.2.2).
            Some(authority) if name == HOST => Some(authority.as_str().as_bytes()),
            _ => request.headers().get(name).map(HeaderValue::as_bytes),
        };
        match cross_origin::check(request.method().as_str(), header, &self.trusted) {
            Ok(_) => Box::pin(self.inner.call(request)),
            Err(refused) => Box::pin(ready(Err(CrossOriginError(refused).into()))),
        }
    }
}

/// A request was refused since a page of another site caused it. As a response it is an empty 403.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CrossOriginError(Refused);

impl CrossOriginError {
    /// Returns the reason.
    pub fn refused(&self) -> Refused {
        self.0
    }
}

impl fmt::Display for CrossOriginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for CrossOriginError {}

impl ResponseError for CrossOriginError {
    fn status_code(&self) -> StatusCode {
        StatusCode::FORBIDDEN
    }

    fn error_response(&self) -> HttpResponse {
        // Cached, it would stand for the own page's request too.
        HttpResponse::Forbidden().insert_header((CACHE_CONTROL, "no-store")).finish()
    }
}
