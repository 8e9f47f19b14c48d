//! A visitor in a test carries cookies from response to request.

#![allow(clippy::indexing_slicing, clippy::string_slice, clippy::unwrap_used, reason = "a test may panic")]

use actix_web::http::StatusCode;
use actix_web::test::{TestRequest, init_service};
use actix_web::web::{self, Form};
use actix_web::{App, HttpRequest, HttpResponse};
use cookie_session::{KeyRing, SecretKey, Sessions};
use cookie_session_actix::testing::Visitor;
use cookie_session_actix::{CookieSession, CookieSessionError, CrossOrigin, SessionMiddleware};

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

/// Returns the Cookie lines of a request as they came.
async fn echo(request: HttpRequest) -> String {
    request.headers().get_all("cookie").map(|line| format!("[{}]", line.to_str().unwrap())).collect()
}

#[actix_web::test]
async fn carries_each_cookie_where_it_belongs() {
    let set = async || {
        let mut response = HttpResponse::Ok();
        response.append_header(("set-cookie", "a=1")).append_header(("set-cookie", "b=2; Path=/; Secure"));
        response.append_header(("set-cookie", "c=3; Path=/x")).finish()
    };
    let unset = async || {
        let mut response = HttpResponse::Ok();
        response.append_header(("set-cookie", "b=; Path=/; Max-Age=0"));
        response.append_header(("set-cookie", "c=; Path=/; Max-Age=0")).finish()
    };
    let app = App::new()
        .route("/shop/set", web::get().to(set))
        .route("/unset", web::post().to(unset))
        .default_service(web::get().to(echo));

    let mut visitor = Visitor::new(init_service(app).await);
    assert_eq!(visitor.get("/").await.body(), "");
    visitor.get("/shop/set?x=/y/z").await;
    for (path, sent) in
        [("/", "[b=2]"), ("/shop/cart?x=1", "[a=1; b=2]"), ("/x", "[c=3; b=2]"), ("/xy", "[b=2]")]
    {
        assert_eq!(visitor.get(path).await.body(), sent, "{path}");
    }
    let with_its_own = TestRequest::get().uri("/shop/cart").insert_header(("cookie", "own=4"));
    assert_eq!(visitor.send(with_its_own).await.body(), "[own=4][a=1; b=2]");
    visitor.post("/unset", &[]).await;
    assert_eq!([visitor.get("/").await.body(), visitor.get("/x").await.body()], ["", "[c=3]"]);
    assert_eq!(format!("{visitor:?}"), "Visitor { cookies: CookieStore { len: 2, .. }, .. }");
}

#[actix_web::test]
async fn closing_the_browser_ends_what_is_not_remembered() {
    async fn login(session: CookieSession, Form(form): Fields) -> Result {
        session.set_permanent(form.len() == 2)?;
        session.insert("name", &form[0].1)?;
        Ok(HttpResponse::Ok().finish())
    }
    let sessions = sessions();
    let app = App::new().route("/", web::post().to(login)).wrap(SessionMiddleware::new(sessions.clone()));
    let mut visitor = Visitor::new(init_service(app).await);
    for (fields, left) in
        [(&[("name", "Ada"), ("remember", "on")][..], Some("Ada")), (&[("name", "Ada")], None)]
    {
        visitor.post("/", fields).await;
        visitor.cookies.close_browser();
        assert_eq!(visitor.session(&sessions).get::<String>("name").unwrap().as_deref(), left);
    }
}

/// Middleware that fails gives no response, and a visitor sees one all the same.
#[actix_web::test]
async fn shows_the_response_that_an_error_of_middleware_becomes() {
    let app = App::new().configure(routes).wrap(SessionMiddleware::new(sessions())).wrap(CrossOrigin::new());
    let mut visitor = Visitor::new(init_service(app).await);
    let request = || TestRequest::post().uri("/logout");
    let refused = visitor.send(request().insert_header(("sec-fetch-site", "cross-site"))).await;
    assert_eq!((refused.status(), refused.body().as_str()), (StatusCode::FORBIDDEN, ""));
    assert_eq!(visitor.send(request()).await.status(), StatusCode::OK);
}
