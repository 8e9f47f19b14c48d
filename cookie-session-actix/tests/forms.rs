//! A new user's site: forms that other sites cannot post, messages for the next page, a typed session. And forms with
//! tokens.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

#[allow(dead_code, unreachable_pub, reason = "an example")]
#[path = "../examples/site.rs"]
mod site;

use actix_web::http::{StatusCode, header};
use actix_web::test::{TestRequest, init_service};
use actix_web::{App, get, post};
use cookie_session_actix::testing::Visitor;
use cookie_session_actix::{CookieSession, CrossOrigin, Result, SessionMiddleware};
use support::{Counted, sessions};

#[actix_web::test]
async fn a_visitor_logs_in_sees_one_message_and_logs_out() {
    let app = App::new().configure(site::site).wrap(SessionMiddleware::new(sessions()));
    let app = init_service(app.wrap(CrossOrigin::new())).await;
    let mut visitor = Visitor::new(&app);
    let first = visitor.get("/").await;
    assert!(first.body().contains("name=name"));
    assert_eq!(first.headers().get(header::SET_COOKIE), None, "who only looks gets no cookie");
    assert_eq!(visitor.get("/api/me").await.body(), r#"{"name":null,"visits":0}"#);

    let response = visitor.post("/login", &[("name", "Ada <3"), ("remember", "on")]).await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    let line = response.headers().get(header::SET_COOKIE).unwrap().to_str().unwrap();
    assert!(line.contains("Max-Age="), "remembered: {line}");
    let page = visitor.get("/").await.into_body();
    assert!(page.contains("<p>Welcome, Ada &lt;3.</p>") && page.contains("Visit 1"), "{page}");
    let page = visitor.get("/").await.into_body();
    assert!(!page.contains("Welcome") && page.contains("Visit 2"), "the message is shown once: {page}");
    let me = visitor.get("/api/me").await;
    assert_eq!(me.headers().get(header::CONTENT_TYPE).unwrap(), "application/json");
    assert_eq!(me.body(), r#"{"name":"Ada <3","visits":2}"#);

    assert_eq!(visitor.post("/logout", &[]).await.status(), StatusCode::SEE_OTHER);
    let page = visitor.get("/").await.into_body();
    assert!(page.contains("<p>Bye.</p>") && page.contains("name=name"), "{page}");
    assert!(visitor.cookies.is_empty());

    let response = visitor.post("/login", &[("name", "Ada")]).await;
    let line = response.headers().get(header::SET_COOKIE).unwrap().to_str().unwrap();
    assert!(!line.contains("Max-Age="), "not remembered: {line}");
}

#[actix_web::test]
async fn nothing_from_before_a_login_survives_it() {
    let sessions = sessions();
    let app = App::new().configure(site::site).wrap(SessionMiddleware::new(sessions.clone()));
    let mut visitor = Visitor::new(init_service(app).await);
    let mut before = sessions.start();
    before.insert("planted", true).unwrap();
    let known = before.csrf_token().unwrap();
    visitor.cookies.keep("/", true, sessions.save(before).unwrap().set_cookies());
    visitor.post("/login", &[("name", "Ada")]).await;
    let session = visitor.session(&sessions);
    assert!(session.contains_key("name") && !session.contains_key("planted"));
    assert!(session.check_csrf(known).is_err());
}

#[actix_web::test]
async fn only_a_poll_does_not_prolong() {
    let clock = Counted::new(|builder| builder);
    let app = App::new().configure(site::site).wrap(SessionMiddleware::new(clock.sessions.clone()));
    let app = init_service(app).await;
    let mut visitor = Visitor::new(&app);
    visitor.post("/login", &[("name", "Ada")]).await;
    visitor.get("/").await;
    // A refresh is due.
    clock.wait(60 * 60);
    let poll = visitor.get("/poll").await;
    assert_eq!((poll.headers().get(header::SET_COOKIE), &**poll.body()), (None, "1"));
    assert_ne!(visitor.get("/api/me").await.headers().get(header::SET_COOKIE), None);
}

#[actix_web::test]
async fn a_form_of_another_site_is_refused() {
    let app = App::new().configure(site::site).wrap(SessionMiddleware::new(sessions()));
    let app = init_service(app.wrap(CrossOrigin::new())).await;
    let mut visitor = Visitor::new(&app);
    let post = |path: &str, site: &str| {
        let request = TestRequest::post().uri(path).insert_header(("sec-fetch-site", site));
        request.set_form([("name", "Ada")])
    };
    for path in ["/login", "/logout"] {
        for site in ["cross-site", "same-site"] {
            assert_eq!(
                visitor.send(post(path, site)).await.status(),
                StatusCode::FORBIDDEN,
                "{path}, {site}"
            );
        }
        assert_eq!(visitor.send(post(path, "same-origin")).await.status(), StatusCode::SEE_OTHER, "{path}");
    }
}

/// The tests above wrap the site as the program does, whose `main` they cannot call.
#[test]
fn the_program_refuses_forms_of_other_sites_too() {
    let main = include_str!("../examples/site.rs").split("async fn main()").nth(1).unwrap();
    assert!(main.contains("App::new().configure(site).wrap(layer.clone()).wrap(CrossOrigin::new());"));
}

/// Lines that are neither blank nor a comment.
#[test]
fn the_site_is_at_most_55_lines() {
    let lines = include_str!("../examples/site.rs").lines().map(str::trim);
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with("//")).count();
    assert!((40..=55).contains(&lines), "{lines}");
}

#[get("/token")]
async fn token(session: CookieSession) -> Result<String> {
    session.csrf_token()
}

#[post("/pay")]
async fn pay(session: CookieSession, form: String) -> Result<String> {
    session.check_csrf(form.trim_start_matches("csrf="))?;
    session.insert("paid", true).map(|()| "thank you".into())
}

#[post("/login")]
async fn log_in(session: CookieSession) -> Result<String> {
    session.renew()?;
    session.insert("user", "Ada").map(|()| "hello".into())
}

#[actix_web::test]
async fn a_form_needs_the_token_of_its_session_and_login() {
    let sessions = sessions();
    let app = App::new().service((token, pay, log_in)).wrap(SessionMiddleware::new(sessions.clone()));
    let app = init_service(app).await;
    let mut visitor = Visitor::new(&app);
    let before = visitor.get("/token").await.into_body();
    let others = Visitor::new(&app).get("/token").await.into_body();
    for wrong in ["", &others] {
        let refused = visitor.post("/pay", &[("csrf", wrong)]).await;
        assert_eq!(refused.status(), StatusCode::FORBIDDEN);
        assert_eq!(refused.headers().get(header::CACHE_CONTROL).unwrap(), "no-store, private");
        assert_eq!(refused.body(), "");
        assert!(!visitor.session(&sessions).contains_key("paid"));
    }
    assert_eq!(visitor.post("/pay", &[("csrf", &before)]).await.status(), StatusCode::OK);
    assert!(visitor.session(&sessions).contains_key("paid"));

    // What was known before the login is of no use after it.
    visitor.post("/login", &[]).await;
    assert_eq!(visitor.post("/pay", &[("csrf", &before)]).await.status(), StatusCode::FORBIDDEN);
    let after = visitor.get("/token").await.into_body();
    assert_eq!(visitor.post("/pay", &[("csrf", &after)]).await.status(), StatusCode::OK);
}
