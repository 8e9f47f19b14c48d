//! A service beside a Flask application, as the page on Python shows it: one cookie, both ways.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, missing_docs, reason = "a test may panic")]

use actix_web::http::header::{COOKIE, SET_COOKIE};
use actix_web::{App, test, web};
use cookie_session::{ConfigError, Sessions, flask};
use cookie_session_actix::{CookieSession, CookieSessionError, SessionMiddleware};

async fn index(session: CookieSession) -> Result<String, CookieSessionError> {
    let user: Option<String> = session.get("_user_id")?; // Flask-Login's
    session.insert("position", flask::Tuple((1, 2)))?;
    session.with(|session| flask::flash(session, "info", "Rust was here"))??;
    Ok(user.unwrap_or("a stranger".into()))
}

fn middleware(secret: flask::SecretKey) -> Result<SessionMiddleware, ConfigError> {
    let sessions = Sessions::builder(flask::Profile::new(secret)).secure(true).build()?;
    Ok(SessionMiddleware::new(sessions))
}

#[actix_web::test]
async fn reads_what_flask_wrote_and_writes_what_it_reads() {
    let secret = || flask::SecretKey::new("the secret of both").unwrap();
    let theirs = Sessions::builder(flask::Profile::new(secret())).build().unwrap();
    let mut session = theirs.start();
    session.insert("_user_id", "ann").unwrap();
    let commit = theirs.save(session).unwrap();

    let app = App::new().route("/", web::get().to(index)).wrap(middleware(secret()).unwrap());
    let app = test::init_service(app).await;
    let request = test::TestRequest::get().uri("/").insert_header((COOKIE, commit.cookie_pair().unwrap()));
    let response = test::call_service(&app, request.to_request()).await;
    let line = response.headers().get(SET_COOKIE).unwrap().to_str().unwrap().to_owned();
    assert_eq!(test::read_body(response).await, "ann");

    let mut session = theirs.open(line.split(';').next());
    assert_eq!(session.get("position"), Ok(Some(flask::Tuple((1, 2)))));
    let flashes = flask::take_flashes(&mut session).unwrap();
    let [flash] = flashes.as_slice() else { panic!("{flashes:?}") };
    assert_eq!((flash.category.as_str(), flash.message.as_str()), ("info", Some("Rust was here")));
}
