//! A new user's site: forms that other sites cannot post, messages for the next page, a typed session. And forms with
//! tokens.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

#[allow(dead_code, unreachable_pub, reason = "an example")]
#[path = "../examples/site.rs"]
mod site;

use axum::Router;
use axum::routing::{get, post};
use cookie_session_axum::testing::Visitor;
use cookie_session_axum::{CookieSession, Result, SessionLayer};
use http::{Request, StatusCode, header};
use support::{Clock, builder, sessions};

#[tokio::test]
async fn a_visitor_logs_in_sees_one_message_and_logs_out() {
    let mut visitor = Visitor::new(site::app(sessions()));
    let first = visitor.get("/").await;
    assert!(first.body().contains("name=name"));
    assert_eq!(first.headers().get(header::SET_COOKIE), None, "who only looks gets no cookie");
    assert_eq!(visitor.get("/api/me").await.body(), r#"{"name":null,"visits":0}"#);

    let response = visitor.post("/login", &[("name", "Ada <3"), ("remember", "on")]).await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    let line = response.headers()[header::SET_COOKIE].to_str().unwrap();
    assert!(line.contains("Max-Age="), "remembered: {line}");
    let page = visitor.get("/").await.into_body();
    assert!(page.contains("<p>Welcome, Ada &lt;3.</p>"), "{page}");
    assert!(page.contains("Visit 1"), "{page}");
    let page = visitor.get("/").await.into_body();
    assert!(!page.contains("Welcome"), "the message is shown once: {page}");
    assert!(page.contains("Visit 2"), "{page}");
    let me = visitor.get("/api/me").await;
    assert_eq!(me.headers()[header::CONTENT_TYPE], "application/json");
    assert_eq!(me.body(), r#"{"name":"Ada <3","visits":2}"#);

    assert_eq!(visitor.post("/logout", &[]).await.status(), StatusCode::SEE_OTHER);
    let page = visitor.get("/").await.into_body();
    assert!(page.contains("<p>Bye.</p>") && page.contains("name=name"), "{page}");
    assert!(visitor.cookies.is_empty());

    let response = visitor.post("/login", &[("name", "Ada")]).await;
    let line = response.headers()[header::SET_COOKIE].to_str().unwrap();
    assert!(!line.contains("Max-Age="), "not remembered: {line}");
}

#[tokio::test]
async fn nothing_from_before_a_login_survives_it() {
    let sessions = sessions();
    let mut visitor = Visitor::new(site::app(sessions.clone()));
    let mut before = sessions.start();
    before.insert("planted", true).unwrap();
    let known = before.csrf_token().unwrap();
    visitor.cookies.keep("/", true, sessions.save(before).unwrap().set_cookies());
    visitor.post("/login", &[("name", "Ada")]).await;
    let session = visitor.session(&sessions);
    assert!(session.contains_key("name") && !session.contains_key("planted"));
    assert!(session.check_csrf(known).is_err());
}

#[tokio::test]
async fn only_a_poll_does_not_prolong() {
    let clock = Clock::new();
    let mut visitor = Visitor::new(site::app(clock.builder(builder()).build().unwrap()));
    visitor.post("/login", &[("name", "Ada")]).await;
    visitor.get("/").await;
    // A refresh is due.
    clock.advance(60 * 60);
    let poll = visitor.get("/poll").await;
    assert_eq!((poll.headers().get(header::SET_COOKIE), &**poll.body()), (None, "1"));
    assert_ne!(visitor.get("/api/me").await.headers().get(header::SET_COOKIE), None);
}

#[tokio::test]
async fn a_form_of_another_site_is_refused() {
    let mut visitor = Visitor::new(site::app(sessions()));
    let post = |path: &str, site: &str| {
        let request = Request::post(path).header("content-type", "application/x-www-form-urlencoded");
        let request = request.header("host", "shop.example").header("sec-fetch-site", site);
        request.body("name=Ada".into()).unwrap()
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

/// Lines that are neither blank nor a comment.
#[test]
fn the_site_is_at_most_55_lines() {
    let lines = include_str!("../examples/site.rs").lines().map(str::trim);
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with("//")).count();
    assert!((40..=55).contains(&lines), "{lines}");
}

async fn token(session: CookieSession) -> Result<String> {
    session.csrf_token()
}

async fn pay(session: CookieSession, form: String) -> Result<()> {
    session.check_csrf(form.trim_start_matches("csrf="))?;
    session.insert("paid", true)
}

async fn log_in(session: CookieSession) -> Result<()> {
    session.renew()?;
    session.insert("user", "Ada")
}

#[tokio::test]
async fn a_form_needs_the_token_of_its_session_and_login() {
    let app =
        Router::new().route("/token", get(token)).route("/pay", post(pay)).route("/login", post(log_in));
    let sessions = sessions();
    let app = app.layer(SessionLayer::new(sessions.clone()));
    let mut visitor = Visitor::new(app.clone());
    let before = visitor.get("/token").await.into_body();
    let others = Visitor::new(app).get("/token").await.into_body();
    for wrong in ["", &others] {
        let refused = visitor.post("/pay", &[("csrf", wrong)]).await;
        assert_eq!(refused.status(), StatusCode::FORBIDDEN);
        assert_eq!(refused.headers()[header::CACHE_CONTROL], "no-store, private");
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
