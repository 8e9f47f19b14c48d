//! A handler reads, sets and removes a small signed cookie in a line each.

#![allow(clippy::indexing_slicing, clippy::string_slice, clippy::unwrap_used, reason = "a test may panic")]

use std::convert::Infallible;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::{AppendHeaders, IntoResponse};
use axum::routing::get;
use cookie_session::signed_cookie::SignedCookie;
use cookie_session::{KeyRing, SecretKey};
use cookie_session_axum::{AddCookie, CookieSessionError};
use http::header::{CACHE_CONTROL, COOKIE, SET_COOKIE};
use http::{HeaderMap, Request, Response, StatusCode};
use tower::ServiceExt;

type Login = SignedCookie<String>;

async fn set(State(login): State<Login>) -> Result<impl IntoResponse, CookieSessionError> {
    let headers = [(SET_COOKIE, "a=1"), (CACHE_CONTROL, "public"), (CACHE_CONTROL, "max-age=60")];
    let others = (AppendHeaders(headers), [("cdn-cache-control", "max-age=60"), ("x-kept", "yes")]);
    Ok((others, AddCookie(login.set(&"/cart".into())?), "set"))
}

async fn read(State(login): State<Login>, headers: HeaderMap) -> String {
    format!("{:?}", login.get(headers.get_all(COOKIE)))
}

async fn remove(State(login): State<Login>) -> AddCookie {
    AddCookie(login.removal())
}

async fn too_long(State(login): State<Login>) -> Result<AddCookie, CookieSessionError> {
    Ok(AddCookie(login.set(&"x".repeat(4000))?))
}

async fn send(app: &Router, path: &str, cookies: &[&str]) -> Response<Body> {
    let request = cookies.iter().fold(Request::get(path), |request, line| request.header(COOKIE, *line));
    let response: Result<_, Infallible> = app.clone().oneshot(request.body(Body::empty()).unwrap()).await;
    response.unwrap()
}

fn all<'r>(response: &'r Response<Body>, name: &str) -> Vec<&'r str> {
    response.headers().get_all(name).iter().map(|line| line.to_str().unwrap()).collect()
}

async fn text(response: Response<Body>) -> String {
    let bytes = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test]
async fn a_handler_sets_reads_and_removes_it() {
    let login: Login =
        SignedCookie::builder(&KeyRing::new(SecretKey::generate().unwrap()), "__Host-oidc").build().unwrap();
    let removal = login.removal().as_str().to_owned();
    let app = Router::new()
        .route("/set", get(set))
        .route("/read", get(read))
        .route("/remove", get(remove))
        .route("/too-long", get(too_long))
        .with_state(login);

    let response = send(&app, "/set", &[]).await;
    assert_eq!(all(&response, "cache-control"), ["max-age=60, private, no-store"]);
    assert_eq!(all(&response, "cdn-cache-control"), [""; 0]);
    assert_eq!(all(&response, "x-kept"), ["yes"]);
    let lines = all(&response, "set-cookie");
    assert_eq!((lines.len(), lines[0]), (2, "a=1"));
    assert!(response.headers().get_all(SET_COOKIE).iter().next_back().unwrap().is_sensitive());
    let pair = lines[1].split(';').next().unwrap().to_owned();
    assert_eq!(text(response).await, "set");

    assert_eq!(text(send(&app, "/read", &["a=1", &pair]).await).await, r#"Ok(Some("/cart"))"#);
    assert_eq!(text(send(&app, "/read", &[]).await).await, "Ok(None)");
    assert_eq!(text(send(&app, "/read", &[&pair[..40]]).await).await, "Err(Malformed)");

    let response = send(&app, "/remove", &[&pair]).await;
    assert_eq!(all(&response, "set-cookie"), [removal]);
    assert_eq!(all(&response, "cache-control"), ["private, no-store"]);

    let response = send(&app, "/too-long", &[]).await;
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(all(&response, "set-cookie"), [""; 0]);
    assert_eq!(text(response).await, "");
}
