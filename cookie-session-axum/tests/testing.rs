//! A visitor in a test carries cookies from response to request.

#![allow(clippy::indexing_slicing, clippy::string_slice, clippy::unwrap_used, reason = "a test may panic")]

use axum::Router;
use axum::extract::Form;
use axum::http::{Request, StatusCode};
use axum::routing::{get, post};
use cookie_session::{KeyRing, SecretKey, Sessions};
use cookie_session_axum::testing::Visitor;
use cookie_session_axum::{CookieSession, CookieSessionError, SessionLayer};

type Fields = Form<Vec<(String, String)>>;
type Result = std::result::Result<(), CookieSessionError>;

async fn login(session: CookieSession, Form(form): Fields) -> Result {
    session.clear()?;
    session.insert("name", &form[0].1)
}

async fn add(session: CookieSession, Form(form): Fields) -> Result {
    session.update("cart", |cart: &mut Vec<String>| cart.push(form[0].1.clone()))
}

async fn logout(session: CookieSession) -> Result {
    session.clear()
}

async fn name(session: CookieSession) -> std::result::Result<String, CookieSessionError> {
    Ok(session.get("name")?.unwrap_or_default())
}

fn app() -> (Sessions, Router) {
    let sessions = Sessions::builder(KeyRing::new(SecretKey::generate().unwrap())).build().unwrap();
    let app = Router::new()
        .route("/login", post(login))
        .route("/cart", post(add))
        .route("/logout", post(logout))
        .route("/name", get(name))
        .layer(SessionLayer::new(sessions.clone()));
    (sessions, app)
}

#[tokio::test]
async fn logs_in_adds_to_the_cart_and_logs_out() {
    let (sessions, app) = app();

    let mut visitor = Visitor::new(app);
    visitor.post("/login", &[("name", "Ada & Co.")]).await;
    visitor.post("/cart", &[("product", "linzer")]).await;
    assert_eq!(visitor.session(&sessions).get("cart").unwrap(), Some(vec!["linzer".to_owned()]));
    assert_eq!(visitor.get("/name").await.body(), "Ada & Co.");
    visitor.post("/logout", &[]).await;
    assert!(visitor.cookies.is_empty());
    assert_eq!(visitor.get("/name").await.body(), "");
}

#[tokio::test]
async fn sends_other_requests_and_shows_all_of_a_response() {
    let (sessions, app) = app();
    let mut ada = Visitor::new(app);
    let mut other = ada.clone();
    let request = Request::post("/login").header("content-type", "application/x-www-form-urlencoded");
    let response = ada.send(request.body("name=Ada".into()).unwrap()).await;
    assert_eq!((response.status(), response.headers()["vary"].to_str().unwrap()), (StatusCode::OK, "Cookie"));
    let set = sessions.open_response(response.headers().get_all("set-cookie"));
    assert_eq!(set.get::<String>("name").unwrap().as_deref(), Some("Ada"));
    assert_eq!(other.get("/name").await.body(), "", "cookies of another visitor");
    assert_eq!(other.get("/nowhere").await.status(), StatusCode::NOT_FOUND);
}
