//! A handler reads, sets and removes a small signed cookie in a line each.

#![allow(clippy::indexing_slicing, clippy::string_slice, clippy::unwrap_used, reason = "a test may panic")]

use std::convert::Infallible;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::{AppendHeaders, IntoResponse};
use axum::routing::get;
use cookie_session::signed_cookie::SignedCookie;
use cookie_session::{KeyRing, SecretKey, Sessions};
use cookie_session_axum::testing::Visitor;
use cookie_session_axum::{AddCookie, CookieSession, CookieSessionError, SessionLayer};
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

#[tokio::test]
async fn each_stands_for_itself_beside_others_and_the_session() {
    async fn set(
        State([seen, banner]): State<[SignedCookie<bool>; 2]>,
        session: CookieSession,
    ) -> impl IntoResponse {
        session.insert("user", "Ada").unwrap();
        let cookies = [seen, banner].map(|cookie| AddCookie(cookie.set(&true).unwrap()));
        (<(_, _)>::from(cookies), StatusCode::CREATED)
    }
    async fn remove(
        State([seen, banner]): State<[SignedCookie<bool>; 2]>,
        session: CookieSession,
    ) -> impl IntoResponse {
        session.clear().unwrap();
        (AddCookie(seen.removal()), AddCookie(banner.set(&false).unwrap()), "gone")
    }
    let keys = KeyRing::new(SecretKey::generate().unwrap());
    let sessions = Sessions::builder(&keys).build().unwrap();
    let cookies =
        ["__Host-seen", "__Host-banner"].map(|name| SignedCookie::builder(&keys, name).build().unwrap());
    let app = Router::new().route("/set", get(set)).route("/remove", get(remove)).with_state(cookies.clone());
    let mut visitor = Visitor::new(app.layer(SessionLayer::new(sessions.clone())));
    let kept = |visitor: &Visitor<Router>| {
        let user: Option<String> = visitor.session(&sessions).get("user").unwrap();
        (user, cookies.each_ref().map(|cookie| cookie.get(visitor.cookies.line("/", true)).unwrap()))
    };

    let response = visitor.get("/set").await;
    assert_eq!(response.status(), StatusCode::CREATED);
    assert_eq!(kept(&visitor), (Some("Ada".to_owned()), [Some(true), Some(true)]));
    let response = [response, visitor.get("/remove").await];
    assert_eq!(kept(&visitor), (None, [None, Some(false)]));
    assert_eq!(response[1].body(), "gone");
    for headers in response.each_ref().map(Response::headers) {
        assert_eq!(headers.get_all(SET_COOKIE).iter().count(), 3);
        assert!(headers.get_all(SET_COOKIE).iter().all(http::HeaderValue::is_sensitive));
        let lines = ["cache-control", "vary"].map(|name| headers.get_all(name).iter().collect::<Vec<_>>());
        assert_eq!(lines, [["private, no-store"], ["Cookie"]]);
    }
}
