//! A visitor in a test carries cookies from response to request.

#![allow(clippy::indexing_slicing, clippy::string_slice, clippy::unwrap_used, reason = "a test may panic")]

use axum::Router;
use axum::extract::Form;
use axum::http::{HeaderMap, Request, StatusCode};
use axum::response::AppendHeaders;
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

/// Returns the Cookie lines of a request as they came.
async fn echo(headers: HeaderMap) -> String {
    headers.get_all("cookie").iter().map(|line| format!("[{}]", line.to_str().unwrap())).collect()
}

#[tokio::test]
async fn carries_each_cookie_where_it_belongs() {
    let set = async || {
        AppendHeaders([
            ("set-cookie", "a=1"),
            ("set-cookie", "b=2; Path=/; Secure"),
            ("set-cookie", "c=3; Path=/x"),
        ])
    };
    let unset = async || {
        AppendHeaders([("set-cookie", "b=; Path=/; Max-Age=0"), ("set-cookie", "c=; Path=/; Max-Age=0")])
    };
    let app = Router::new().route("/shop/set", get(set)).route("/unset", post(unset)).fallback(get(echo));

    let mut visitor = Visitor::new(app);
    assert_eq!(visitor.get("/").await.body(), "");
    visitor.get("/shop/set?x=/y/z").await;
    for (path, sent) in
        [("/", "[b=2]"), ("/shop/cart?x=1", "[a=1; b=2]"), ("/x", "[c=3; b=2]"), ("/xy", "[b=2]")]
    {
        assert_eq!(visitor.get(path).await.body(), sent, "{path}");
    }
    let with_its_own = Request::get("/shop/cart").header("cookie", "own=4").body("".into()).unwrap();
    assert_eq!(visitor.send(with_its_own).await.body(), "[own=4][a=1; b=2]");
    visitor.post("/unset", &[]).await;
    assert_eq!([visitor.get("/").await.body(), visitor.get("/x").await.body()], ["", "[c=3]"]);
    assert_eq!(format!("{visitor:?}"), "Visitor { cookies: CookieStore { len: 2, .. }, .. }");
}

#[tokio::test]
async fn closing_the_browser_ends_what_is_not_remembered() {
    async fn login(session: CookieSession, Form(form): Fields) -> Result {
        session.set_permanent(form.len() == 2)?;
        session.insert("name", &form[0].1)
    }
    let (sessions, _) = app();
    let app = Router::new().route("/", post(login)).layer(SessionLayer::new(sessions.clone()));
    let mut visitor = Visitor::new(app);
    for (fields, left) in
        [(&[("name", "Ada"), ("remember", "on")][..], Some("Ada")), (&[("name", "Ada")], None)]
    {
        visitor.post("/", fields).await;
        visitor.cookies.close_browser();
        assert_eq!(visitor.session(&sessions).get::<String>("name").unwrap().as_deref(), left);
    }
}
