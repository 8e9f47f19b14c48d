//! A visitor in a test carries cookies from response to request.

#![allow(clippy::indexing_slicing, clippy::string_slice, clippy::unwrap_used, reason = "a test may panic")]

use actix_web::http::StatusCode;
use actix_web::test::{TestRequest, init_service};
use actix_web::web::{self, Form};
use actix_web::{App, HttpResponse};
use cookie_session::{KeyRing, SecretKey, Sessions};
use cookie_session_actix::testing::Visitor;
use cookie_session_actix::{CookieSession, CookieSessionError, SessionMiddleware};

type Fields = Form<Vec<(String, String)>>;
type Result = std::result::Result<HttpResponse, CookieSessionError>;

async fn login(session: CookieSession, Form(form): Fields) -> Result {
    session.clear()?;
    session.insert("name", &form[0].1)?;
    Ok(HttpResponse::Ok().finish())
}

async fn add(session: CookieSession, Form(form): Fields) -> Result {
    session.update("cart", |cart: &mut Vec<String>| cart.push(form[0].1.clone()))?;
    Ok(HttpResponse::Ok().finish())
}

async fn logout(session: CookieSession) -> Result {
    session.clear()?;
    Ok(HttpResponse::Ok().finish())
}

async fn name(session: CookieSession) -> std::result::Result<String, CookieSessionError> {
    Ok(session.get("name")?.unwrap_or_default())
}

async fn wrong(session: CookieSession) -> Result {
    session.get::<u8>("name")?;
    Ok(HttpResponse::Ok().finish())
}

fn sessions() -> Sessions {
    Sessions::builder(KeyRing::new(SecretKey::generate().unwrap())).build().unwrap()
}

fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/login", web::post().to(login))
        .route("/cart", web::post().to(add))
        .route("/logout", web::post().to(logout))
        .route("/name", web::get().to(name))
        .route("/wrong", web::get().to(wrong));
}

#[actix_web::test]
async fn logs_in_adds_to_the_cart_and_logs_out() {
    let sessions = sessions();
    let app = App::new().configure(routes).wrap(SessionMiddleware::new(sessions.clone()));

    let mut visitor = Visitor::new(init_service(app).await);
    visitor.post("/login", &[("name", "Ada & Co.")]).await;
    visitor.post("/cart", &[("product", "linzer")]).await;
    assert_eq!(visitor.session(&sessions).get("cart").unwrap(), Some(vec!["linzer".to_owned()]));
    assert_eq!(visitor.get("/name").await.body(), "Ada & Co.");
    visitor.post("/logout", &[]).await;
    assert!(visitor.cookies.is_empty());
    assert_eq!(visitor.get("/name").await.body(), "");
}

#[actix_web::test]
async fn sends_other_requests_and_shows_all_of_a_response() {
    let sessions = sessions();
    let app = App::new().configure(routes).wrap(SessionMiddleware::new(sessions.clone()));
    let service = init_service(app).await;
    let (mut ada, mut other) = (Visitor::new(&service), Visitor::new(&service));
    let request = TestRequest::post()
        .uri("/login")
        .insert_header(("content-type", "application/x-www-form-urlencoded"));
    let response = ada.send(request.set_payload("name=Ada")).await;
    assert_eq!(
        (response.status(), response.headers().get("vary").unwrap().to_str().unwrap()),
        (StatusCode::OK, "Cookie")
    );
    let set = sessions.open_response(response.headers().get_all("set-cookie"));
    assert_eq!(set.get::<String>("name").unwrap().as_deref(), Some("Ada"));
    assert_eq!(other.get("/name").await.body(), "", "cookies of another visitor");
    assert_eq!(other.get("/nowhere").await.status(), StatusCode::NOT_FOUND);
    assert_eq!(ada.get("/wrong").await.status(), StatusCode::INTERNAL_SERVER_ERROR);
}
