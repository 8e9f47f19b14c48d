//! A new user's site: forms that other sites cannot post, messages for the next page, a typed session.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

#[allow(dead_code, unreachable_pub, reason = "an example")]
#[path = "../examples/site.rs"]
mod site;

use actix_web::App;
use actix_web::http::{StatusCode, header};
use actix_web::test::{TestRequest, init_service};
use cookie_session_actix::testing::Visitor;
use cookie_session_actix::{CrossOrigin, SessionMiddleware};
use support::sessions;

#[actix_web::test]
async fn a_visitor_logs_in_sees_one_message_and_logs_out() {
    let app =
        App::new().configure(site::site).wrap(SessionMiddleware::new(sessions())).wrap(CrossOrigin::new());
    let app = init_service(app).await;
    let mut visitor = Visitor::new(&app);
    let token = token(visitor.get("/").await.body());
    let others = self::token(Visitor::new(&app).get("/").await.body());
    for wrong in ["", &others] {
        let refused = visitor.post("/login", &[("name", "Ada"), ("csrf", wrong)]).await;
        assert_eq!(refused.status(), StatusCode::FORBIDDEN);
        assert_eq!(refused.body(), "");
        assert_eq!(visitor.get("/api/me").await.body(), r#"{"name":null,"visits":0}"#);
    }

    let response = visitor.post("/login", &[("name", "Ada <3"), ("csrf", &token), ("remember", "on")]).await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    let line = response.headers().get(header::SET_COOKIE).unwrap().to_str().unwrap();
    assert!(line.contains("Max-Age="), "remembered: {line}");
    let page = visitor.get("/").await.into_body();
    assert!(page.contains("<p class=success>Welcome, Ada &lt;3.</p>") && page.contains("visit 1"), "{page}");
    let page = visitor.get("/").await.into_body();
    assert!(!page.contains("Welcome") && page.contains("visit 2"), "the message is shown once: {page}");
    assert_eq!(visitor.get("/api/me").await.body(), r#"{"name":"Ada <3","visits":2}"#);
    assert_eq!(visitor.get("/poll").await.headers().get(header::SET_COOKIE), None);

    // What was known before the login is of no use after it.
    assert_eq!(visitor.post("/logout", &[("csrf", &token)]).await.status(), StatusCode::FORBIDDEN);
    let token = self::token(&page);
    let post = |site| {
        let request = TestRequest::post().uri("/logout").insert_header(("sec-fetch-site", site));
        request.set_form([("csrf", &token)])
    };
    for site in ["cross-site", "same-site"] {
        assert_eq!(visitor.send(post(site)).await.status(), StatusCode::FORBIDDEN, "{site}");
    }
    assert_eq!(visitor.send(post("same-origin")).await.status(), StatusCode::SEE_OTHER);
    let page = visitor.get("/").await.into_body();
    assert!(page.contains("<p class=info>Bye.</p>") && page.contains("name=name"), "{page}");
}

fn token(page: &str) -> String {
    page.split_once("name=csrf value=\"").unwrap().1.split('"').next().unwrap().to_owned()
}
