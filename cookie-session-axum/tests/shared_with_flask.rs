//! A service beside a Flask application, as the page on Python shows it: one cookie, both ways.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, missing_docs, reason = "a test may panic")]

use axum::body::{Body, to_bytes};
use axum::{Router, routing::get};
use cookie_session::{Sessions, flask};
use cookie_session_axum::{CookieSession, CookieSessionError, SessionLayer};
use http::Request;
use http::header::{COOKIE, SET_COOKIE};
use tower::ServiceExt;

async fn index(session: CookieSession) -> Result<String, CookieSessionError> {
    let user: Option<String> = session.get("_user_id")?; // Flask-Login's
    session.insert("position", flask::Tuple((1, 2)))?;
    session.with(|session| flask::flash(session, "info", "Rust was here"))??;
    Ok(user.unwrap_or("a stranger".into()))
}

fn app(secret: &str) -> Result<Router, Box<dyn std::error::Error>> {
    let profile = flask::Profile::new(flask::SecretKey::new(secret)?);
    let sessions = Sessions::builder(profile).secure(true).build()?;
    Ok(Router::new().route("/", get(index)).layer(SessionLayer::new(sessions)))
}

#[tokio::test]
async fn reads_what_flask_wrote_and_writes_what_it_reads() {
    let secret = "the secret of both";
    let theirs =
        Sessions::builder(flask::Profile::new(flask::SecretKey::new(secret).unwrap())).build().unwrap();
    let mut session = theirs.start();
    session.insert("_user_id", "ann").unwrap();
    let commit = theirs.save(session).unwrap();

    let request = Request::get("/").header(COOKIE, commit.cookie_pair().unwrap());
    let response = app(secret).unwrap().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let line = response.headers().get(SET_COOKIE).unwrap().to_str().unwrap().to_owned();
    assert_eq!(to_bytes(response.into_body(), 100).await.unwrap(), "ann");

    let mut session = theirs.open(line.split(';').next());
    assert_eq!(session.get("position"), Ok(Some(flask::Tuple((1, 2)))));
    let flashes = flask::take_flashes(&mut session).unwrap();
    let [flash] = flashes.as_slice() else { panic!("{flashes:?}") };
    assert_eq!((flash.category.as_str(), flash.message.as_str()), ("info", Some("Rust was here")));
}
