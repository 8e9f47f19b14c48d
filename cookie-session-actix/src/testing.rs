//! A visitor for tests of an application: requests that carry the cookies of
//! the responses before.

#![allow(clippy::expect_used, clippy::panic, reason = "for tests, which end where something fails")]

use std::fmt;

use actix_http::Request;
use actix_web::body::{MessageBody, to_bytes};
use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::header::{self, ContentType};
use actix_web::test::TestRequest;
use actix_web::{Error, HttpResponse};
use cookie_session::{Session, Sessions};
use cookie_session_adapter::testing::form;

#[doc(inline)]
pub use cookie_session_adapter::testing::CookieStore;

/// Visits an application as a browser does over HTTPS, with cookies and
/// without a socket.
///
/// ```
/// use actix_web::{App, test::init_service, web};
/// use cookie_session::{KeyRing, SecretKey, Sessions};
/// use cookie_session_actix::testing::Visitor;
/// use cookie_session_actix::{CookieSession, CookieSessionError, SessionMiddleware};
///
/// async fn login(session: CookieSession, form: String) -> Result<&'static str, CookieSessionError> {
///     session.insert("user", form.trim_start_matches("name="))?;
///     Ok("welcome")
/// }
///
/// async fn logout(session: CookieSession) -> Result<&'static str, CookieSessionError> {
///     session.clear()?;
///     Ok("goodbye")
/// }
///
/// # #[actix_web::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let sessions = Sessions::builder(KeyRing::new(SecretKey::generate()?)).build()?;
/// let app = App::new()
///     .route("/login", web::post().to(login))
///     .route("/logout", web::post().to(logout))
///     .wrap(SessionMiddleware::new(sessions.clone()));
///
/// let mut visitor = Visitor::new(init_service(app).await);
/// assert_eq!(visitor.post("/login", &[("name", "Ada")]).await.body(), "welcome");
/// assert_eq!(visitor.session(&sessions).get::<String>("user")?.as_deref(), Some("Ada"));
/// visitor.post("/logout", &[]).await;
/// assert!(visitor.cookies.is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Visitor<S> {
    service: S,
    /// What the visitor's browser keeps.
    pub cookies: CookieStore,
}

impl<S> Visitor<S> {
    /// Makes a visitor who was never here, of what
    /// [`init_service`](actix_web::test::init_service) returns, or of a
    /// reference to it where several visit.
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
    S: Service<Request, Response = ServiceResponse<B>>,
    S::Error: Into<Error>,
    B: MessageBody + 'static,
{
    /// Asks for a page.
    ///
    /// # Panics
    ///
    /// As [`send`](Self::send).
    pub async fn get(&mut self, path: &str) -> HttpResponse<String> {
        self.send(TestRequest::get().uri(path)).await
    }

    /// Posts a form.
    ///
    /// # Panics
    ///
    /// As [`send`](Self::send).
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> HttpResponse<String> {
        let request = TestRequest::post().uri(path).insert_header(ContentType::form_url_encoded());
        self.send(request.set_payload(form(fields))).await
    }

    /// Sends any request with the visitor's cookies, and keeps those of the
    /// response. A redirect is a response like any other, and an error is the
    /// response that it becomes.
    ///
    /// # Panics
    ///
    /// If the body fails or is no text.
    pub async fn send(&mut self, request: TestRequest) -> HttpResponse<String> {
        let mut request = request.to_request();
        let path = request.path().to_owned();
        if let Some(line) = self.cookies.line(&path, true) {
            let line = line.try_into().expect("cookies that were set");
            request.headers_mut().append(header::COOKIE, line);
        }
        let response = match self.service.call(request).await {
            Ok(response) => response.into_parts().1.map_into_boxed_body(),
            Err(error) => HttpResponse::from_error(error.into()),
        };
        let lines = response.headers().get_all(header::SET_COOKIE).filter_map(|line| line.to_str().ok());
        self.cookies.keep(&path, true, lines);
        let (head, body) = response.into_parts();
        let Ok(body) = to_bytes(body).await else { panic!("the body fails") };
        head.set_body(String::from_utf8(body.to_vec()).expect("a body that is text"))
    }
}

impl<S> fmt::Debug for Visitor<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Visitor").field("cookies", &self.cookies).finish_non_exhaustive()
    }
}
