//! A new user's site: forms that other sites cannot post, messages for the next page, a typed session.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

#[allow(dead_code, unreachable_pub, reason = "an example")]
#[path = "../examples/site.rs"]
mod site;

use cookie_session_axum::testing::Visitor;
use http::{Request, StatusCode, header};
use support::sessions;

#[tokio::test]
async fn a_visitor_logs_in_sees_one_message_and_logs_out() {
    let mut visitor = Visitor::new(site::app(sessions()));
    assert!(visitor.get("/").await.body().contains("name=name"));
    let page = visitor.get("/").await.into_body();
    let token = between(&page, "name=csrf value=\"");

    // Neither without the token nor with another's.
    for wrong in ["", &Visitor::new(site::app(sessions())).get("/").await.into_body()] {
        let wrong = if wrong.is_empty() { String::new() } else { between(wrong, "name=csrf value=\"") };
        let refused = visitor.post("/login", &[("name", "Ada"), ("csrf", &wrong)]).await;
        assert_eq!(refused.status(), StatusCode::FORBIDDEN);
        assert_eq!(refused.headers()[header::CACHE_CONTROL], "no-store, private");
        assert_eq!(visitor.get("/api/me").await.body(), r#"{"name":null,"visits":0}"#);
    }

    let response = visitor.post("/login", &[("name", "Ada <3"), ("csrf", &token), ("remember", "on")]).await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    let line = response.headers()[header::SET_COOKIE].to_str().unwrap();
    assert!(line.contains("Max-Age="), "remembered: {line}");
    let page = visitor.get("/").await.into_body();
    assert!(page.contains("<p class=success>Welcome, Ada &lt;3.</p>"), "{page}");
    assert!(page.contains("visit 1"), "{page}");
    let page = visitor.get("/").await.into_body();
    assert!(!page.contains("Welcome"), "the message is shown once: {page}");
    assert!(page.contains("visit 2"), "{page}");
    assert_eq!(visitor.get("/api/me").await.body(), r#"{"name":"Ada <3","visits":2}"#);
    let poll = visitor.get("/poll").await;
    assert_eq!(poll.headers().get(header::SET_COOKIE), None);

    // What was known before the login is of no use after it.
    assert_eq!(visitor.post("/logout", &[("csrf", &token)]).await.status(), StatusCode::FORBIDDEN);
    let token = between(&page, "name=csrf value=\"");
    assert_eq!(visitor.post("/logout", &[("csrf", &token)]).await.status(), StatusCode::SEE_OTHER);
    let page = visitor.get("/").await.into_body();
    assert!(page.contains("<p class=info>Bye.</p>") && page.contains("name=name"), "{page}");
}

#[tokio::test]
async fn a_form_of_another_site_is_refused_whatever_it_knows() {
    let mut visitor = Visitor::new(site::app(sessions()));
    let token = between(visitor.get("/").await.body(), "name=csrf value=\"");
    let post = |site: &str| {
        let request = Request::post("/login").header("content-type", "application/x-www-form-urlencoded");
        let body = format!("name=Ada&csrf={token}");
        request.header("host", "shop.example").header("sec-fetch-site", site).body(body.into()).unwrap()
    };
    for site in ["cross-site", "same-site"] {
        assert_eq!(visitor.send(post(site)).await.status(), StatusCode::FORBIDDEN, "{site}");
    }
    assert_eq!(visitor.send(post("same-origin")).await.status(), StatusCode::SEE_OTHER);
}

fn between(page: &str, start: &str) -> String {
    page.split_once(start).unwrap().1.split('"').next().unwrap().to_owned()
}
