//! A visitor for tests of an application: requests that carry the cookies of
//! the responses before.

#![allow(clippy::expect_used, reason = "for tests, which end where something fails")]

use std::fmt;

use axum_core::body::Body;
use cookie_session::{Session, Sessions};
use cookie_session_adapter::testing::form;
use http::{Method, Request, Response, header};
use http_body_util::BodyExt;
use tower_service::Service;

#[doc(inline)]
pub use cookie_session_adapter::testing::CookieStore;

/// Visits an application as a browser does over HTTPS, with cookies and
/// without a socket.
///
/// ```
/// use axum::{Router, routing::post};
/// use cookie_session::{KeyRing, SecretKey, Sessions};
/// use cookie_session_axum::testing::Visitor;
/// use cookie_session_axum::{CookieSession, CookieSessionError, SessionLayer};
///
/// async fn login(session: CookieSession, form: String) -> Result<(), CookieSessionError> {
///     session.insert("user", form.trim_start_matches("name="))
/// }
///
/// async fn logout(session: CookieSession) -> Result<(), CookieSessionError> {
///     session.clear()
/// }
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let sessions = Sessions::builder(KeyRing::new(SecretKey::generate()?)).build()?;
/// let app = Router::new()
///     .route("/login", post(login))
///     .route("/logout", post(logout))
///     .layer(SessionLayer::new(sessions.clone()));
///
/// let mut visitor = Visitor::new(app);
/// assert_eq!(visitor.post("/login", &[("name", "Ada")]).await.status(), 200);
/// assert_eq!(visitor.session(&sessions).get::<String>("user")?.as_deref(), Some("Ada"));
/// visitor.post("/logout", &[]).await;
/// assert!(visitor.cookies.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Visitor<S> {
    service: S,
    /// What the visitor's browser keeps.
    pub cookies: CookieStore,
}

impl<S> Visitor<S> {
    /// Makes a visitor who was never here, of a service such as axum's
    /// `Router`. A clone is another browser with the same cookies.
    pub fn new(service: S) -> Self {
        Self { service, cookies: CookieStore::new() }
    }

    /// Opens the session that the visitor has, as a request to `/` would bring
    /// it.
    pub fn session(&self, sessions: &Sessions) -> Session {
        sessions.open(self.cookies.line("/", true))
    }
}

impl<S, B> Visitor<S>
where
    S: Service<Request<Body>, Response = Response<B>>,
    S::Error: fmt::Debug,
    B: BodyExt,
    B::Error: fmt::Debug,
{
    /// Asks for a page.
    ///
    /// # Panics
    ///
    /// As [`send`](Self::send).
    pub async fn get(&mut self, path: &str) -> Response<String> {
        self.send(Request::get(path).body(Body::empty()).expect("a path")).await
    }

    /// Posts a form.
    ///
    /// # Panics
    ///
    /// As [`send`](Self::send).
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Response<String> {
        let request = Request::builder().method(Method::POST).uri(path);
        let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(form(fields))).expect("a path")).await
    }

    /// Sends any request with the visitor's cookies, and keeps those of the
    /// response. A redirect is a response like any other.
    ///
    /// # Panics
    ///
    /// If the service or its body fails, or the body is no text: in a test, that
    /// is its end.
    pub async fn send(&mut self, mut request: Request<Body>) -> Response<String> {
        let path = request.uri().path().to_owned();
        if let Some(line) = self.cookies.line(&path, true) {
            request.headers_mut().append(header::COOKIE, line.try_into().expect("cookies that were set"));
        }
        std::future::poll_fn(|cx| self.service.poll_ready(cx)).await.expect("the service is ready");
        let response = self.service.call(request).await.expect("the service answers");
        let (head, body) = response.into_parts();
        let lines = head.headers.get_all(header::SET_COOKIE).iter().filter_map(|line| line.to_str().ok());
        self.cookies.keep(&path, true, lines);
        let body = body.collect().await.expect("a whole body").to_bytes();
        Response::from_parts(head, String::from_utf8(body.to_vec()).expect("a body that is text"))
    }
}

impl<S> fmt::Debug for Visitor<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Visitor").field("cookies", &self.cookies).finish_non_exhaustive()
    }
}
