//! A handle shows the cookie's name alone.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::convert::Infallible;
use std::future::ready;

use cookie_session::Sessions;
use cookie_session_axum::{CookieSession, SessionLayer};
use http::{Request, Response};
use tower::{Layer, Service, ServiceExt, service_fn};

/// Runs a handler behind the layer, on this thread, and returns the cookies that are set.
fn run(sessions: &Sessions, cookie: &str, handler: impl Fn(&CookieSession)) -> Vec<String> {
    let service = SessionLayer::new(sessions.clone()).layer(service_fn(async |request: Request<()>| {
        handler(&<CookieSession>::from_extensions(request.extensions()).unwrap());
        Ok::<_, Infallible>(Response::new(()))
    }));
    let request = Request::get("/").header("cookie", cookie).body(()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let response = runtime.block_on(service.oneshot(request)).unwrap();
    let lines = response.headers().get_all("set-cookie");
    lines.iter().map(|line| line.to_str().unwrap().to_owned()).collect()
}

#[test]
fn shows_the_name_of_the_cookie_alone() {
    let sessions = support::sessions();
    let cookie = support::cookie(&sessions, "user", "ada");
    run(&sessions, &cookie, |session| {
        session.len().unwrap();
        assert_eq!(format!("{session:?}"), "CookieSession { cookie: \"__Host-session\", .. }");
    });

    let layer = SessionLayer::new(sessions.clone());
    assert_eq!(format!("{layer:?}"), format!("SessionLayer {{ sessions: {sessions:?} }}"));
    let inner = service_fn(|_: Request<()>| ready(Ok::<_, Infallible>(Response::new(()))));
    let mut service = layer.layer(inner);
    assert_eq!(format!("{service:?}"), format!("SessionService {{ inner: {inner:?}, layer: {layer:?} }}"));
    let request = Request::get("/").header("cookie", cookie).body(()).unwrap();
    let future = service.call(request);
    assert!(format!("{future:?}").contains("Guard(\"__Host-session\")"), "{future:?}");
}
