//! Handlers written for actix-session, and actix-identity, run unchanged over the bridge.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may panic")]

#[path = "support/bridge.rs"]
mod support;

use std::collections::BTreeMap;

use actix_identity::{Identity, IdentityMiddleware};
use actix_session::storage::CookieSessionStore;
use actix_session::{Session, SessionMiddleware, SessionStatus};
use actix_web::cookie::Key;
use actix_web::http::StatusCode;
use actix_web::http::header::SET_COOKIE;
use actix_web::test::init_service;
use actix_web::web::{ServiceConfig, get};
use actix_web::{App, HttpMessage, HttpRequest, HttpResponse};
use cookie_session_actix::{Bridge, CookieSession};
use support::{Jar, builder, encrypted};

async fn log_in(name: &str, request: HttpRequest) -> HttpResponse {
    Identity::login(&request.extensions(), name.into()).unwrap();
    HttpResponse::Ok().finish()
}

async fn ada(request: HttpRequest) -> HttpResponse {
    log_in("ada", request).await
}

async fn bob(request: HttpRequest) -> HttpResponse {
    log_in("bob", request).await
}

async fn log_out(user: Identity) -> HttpResponse {
    user.logout();
    HttpResponse::Ok().finish()
}

async fn me(user: Option<Identity>) -> HttpResponse {
    match user {
        Some(user) => HttpResponse::Ok().body(user.id().unwrap()),
        None => HttpResponse::Unauthorized().finish(),
    }
}

/// A message that is shown once, as handlers write it for actix-session.
async fn flash(session: Session) -> HttpResponse {
    session.insert("flash", "saved").unwrap();
    HttpResponse::Ok().finish()
}

async fn shown(session: Session) -> HttpResponse {
    let flash = session.remove_as::<String>("flash").transpose().unwrap();
    HttpResponse::Ok().body(flash.unwrap_or_default())
}

async fn count(session: Session) -> HttpResponse {
    let count = session.get::<u64>("count").unwrap().unwrap_or_default().saturating_add(1);
    session.insert("count", count).unwrap();
    HttpResponse::Ok().body(count.to_string())
}

async fn update(session: Session) -> HttpResponse {
    session.update("count", |n: u64| n.saturating_add(1)).unwrap();
    HttpResponse::Ok().finish()
}

async fn counted(session: Session) -> HttpResponse {
    HttpResponse::Ok().body(session.get::<u64>("count").unwrap().unwrap_or_default().to_string())
}

async fn same(session: Session) -> HttpResponse {
    let count = session.get::<u64>("count").unwrap();
    session.insert("count", count.unwrap_or_default()).unwrap();
    HttpResponse::Ok().finish()
}

async fn purge(session: Session) -> HttpResponse {
    session.purge();
    session.insert("count", 100).unwrap();
    HttpResponse::Ok().finish()
}

async fn clear(session: Session) -> HttpResponse {
    session.clear();
    HttpResponse::Ok().finish()
}

async fn renew(session: Session) -> HttpResponse {
    session.renew();
    HttpResponse::Ok().finish()
}

async fn big(session: Session) -> HttpResponse {
    session.insert("big", "x".repeat(5000)).unwrap();
    HttpResponse::Ok().body("not to be seen")
}

async fn broken(session: Session) -> HttpResponse {
    session.purge();
    HttpResponse::BadGateway().finish()
}

async fn permanent(ours: CookieSession, session: Session) -> HttpResponse {
    ours.set_permanent(true).unwrap();
    session.insert("count", 1).unwrap();
    HttpResponse::Ok().finish()
}

async fn status(session: Session) -> HttpResponse {
    HttpResponse::Ok().body(if session.status() == SessionStatus::Unchanged {
        "unchanged"
    } else {
        "changed"
    })
}

fn routes(config: &mut ServiceConfig) {
    config
        .route("/ada", get().to(ada))
        .route("/bob", get().to(bob))
        .route("/log-out", get().to(log_out))
        .route("/me", get().to(me))
        .route("/flash", get().to(flash))
        .route("/shown", get().to(shown))
        .route("/count", get().to(count))
        .route("/counted", get().to(counted))
        .route("/update", get().to(update))
        .route("/same", get().to(same))
        .route("/purge", get().to(purge))
        .route("/clear", get().to(clear))
        .route("/renew", get().to(renew))
        .route("/big", get().to(big))
        .route("/broken", get().to(broken))
        .route("/permanent", get().to(permanent))
        .route("/status", get().to(status));
}

macro_rules! bridged {
    ($sessions:expr) => {
        init_service(
            App::new()
                .configure(routes)
                .wrap(IdentityMiddleware::default())
                .wrap(Bridge::new($sessions.clone()).unwrap()),
        )
        .await
    };
}

#[test]
fn builds_over_encrypted_sessions_alone_and_says_why() {
    let error = Bridge::new(builder().0.build().unwrap()).unwrap_err();
    assert!(error.to_string().contains("`encrypted()`"), "{error}");
    assert_eq!(format!("{error:?}"), error.to_string());
    Bridge::new(encrypted().0).unwrap();
}

#[actix_web::test]
async fn logs_in_shows_a_message_once_and_logs_out() {
    let (sessions, _) = encrypted();
    let app = bridged!(sessions);
    let mut jar = Jar::default();
    assert_eq!(jar.get(&app, "/me").await.0, StatusCode::UNAUTHORIZED);
    assert!(jar.0.is_empty());
    jar.get(&app, "/ada").await;
    jar.get(&app, "/flash").await;
    assert_eq!(jar.body(&app, "/shown").await, "saved");
    assert_eq!(jar.body(&app, "/shown").await, "");
    assert_eq!(jar.body(&app, "/me").await, "ada");
    jar.get(&app, "/log-out").await;
    assert!(jar.0.is_empty(), "the cookie is gone");
    assert_eq!(jar.get(&app, "/me").await.0, StatusCode::UNAUTHORIZED);
}

#[actix_web::test]
async fn requests_that_change_nothing_send_no_cookie() {
    let (sessions, _) = encrypted();
    let app = bridged!(sessions);
    let mut jar = Jar::default();
    jar.get(&app, "/count").await;
    jar.get(&app, "/ada").await;
    for path in ["/counted", "/me", "/same", "/status", "/shown"] {
        let (_, _, headers) = jar.get(&app, path).await;
        assert!(!headers.contains_key(SET_COOKIE), "{path}");
        assert_eq!(headers.get("vary").unwrap(), "Cookie");
    }
}

#[actix_web::test]
async fn a_login_keeps_the_values_and_starts_the_session_again() {
    let (sessions, clock) = encrypted();
    let app = bridged!(sessions);
    let mut jar = Jar::default();
    jar.get(&app, "/count").await;
    let planted = jar.clone();
    let created = |jar: &Jar| sessions.open(jar.pairs()).created_at().unwrap();
    let before = created(&jar);
    clock.advance(60);
    jar.get(&app, "/ada").await;
    assert_eq!(jar.body(&app, "/counted").await, "1");
    assert_eq!(created(&jar).duration_since(before).unwrap().as_secs(), 60);
    // Who planted the session before has not become Ada.
    assert_eq!(planted.clone().get(&app, "/me").await.0, StatusCode::UNAUTHORIZED);
}

#[actix_web::test]
async fn renew_alone_writes_and_purge_removes() {
    let (sessions, clock) = encrypted();
    let app = bridged!(sessions);
    let mut jar = Jar::default();
    jar.get(&app, "/permanent").await;
    clock.advance(60);
    let before = jar.clone().0;
    jar.get(&app, "/renew").await;
    assert_ne!(jar.0, before);
    let session = sessions.open(jar.pairs());
    assert!(session.permanent());
    assert_eq!(jar.body(&app, "/counted").await, "1");
    for path in ["/purge", "/clear"] {
        let mut jar = jar.clone();
        let (_, _, headers) = jar.get(&app, path).await;
        assert!(headers.get(SET_COOKIE).unwrap().to_str().unwrap().contains("Max-Age=0"), "{path}");
        assert_eq!(jar.body(&app, "/counted").await, "0", "{path}");
    }
}

#[actix_web::test]
async fn values_stay_byte_for_byte() {
    let (sessions, _) = encrypted();
    let app = bridged!(sessions);
    let mut session = sessions.start();
    session.insert("z", u128::MAX).unwrap();
    session.insert("a \"b\"", 1.0e30).unwrap();
    let raw = session.get_raw("a \"b\"").unwrap().to_owned();
    let pair = sessions.save(session).unwrap().cookie_pair().unwrap().to_owned();
    let (name, value) = pair.split_once('=').unwrap();
    let mut jar = Jar(BTreeMap::from([(name.into(), value.into())]));
    jar.get(&app, "/count").await;
    let session = sessions.open(jar.pairs());
    assert_eq!(session.get::<u128>("z").unwrap(), Some(u128::MAX));
    assert_eq!(session.get_raw("a \"b\""), Some(&*raw));
    assert_eq!(session.len(), 3);
}

#[actix_web::test]
async fn what_does_not_fit_is_an_empty_500_and_a_failed_request_saves_nothing() {
    let (sessions, _) = encrypted();
    let app = bridged!(sessions);
    let mut jar = Jar::default();
    jar.get(&app, "/count").await;
    let (status, body, headers) = jar.get(&app, "/big").await;
    assert_eq!((status, &*body), (StatusCode::INTERNAL_SERVER_ERROR, ""));
    assert!(!headers.contains_key(SET_COOKIE));
    assert_eq!(headers.get("cache-control").unwrap(), "no-store, private");
    assert_eq!(jar.get(&app, "/broken").await.0, StatusCode::BAD_GATEWAY);
    assert_eq!(jar.body(&app, "/counted").await, "1");
}

#[actix_web::test]
async fn the_status_of_a_visitor_with_a_session_is_changed() {
    let (sessions, _) = encrypted();
    let app = bridged!(sessions);
    let mut jar = Jar::default();
    assert_eq!(jar.body(&app, "/status").await, "unchanged");
    jar.get(&app, "/count").await;
    assert_eq!(jar.body(&app, "/status").await, "changed");
}

/// actix-session 0.11 forgets it: its `update` leaves the status at `Unchanged`.
#[actix_web::test]
async fn what_update_changes_is_saved() {
    let (sessions, _) = encrypted();
    let app = bridged!(sessions);
    let mut jar = Jar::default();
    jar.get(&app, "/count").await;
    jar.get(&app, "/update").await;
    assert_eq!(jar.body(&app, "/counted").await, "2");
}

/// Steps of two visitors, in an order that looks random, get the same answers over the bridge as over the original.
#[actix_web::test]
async fn answers_as_over_actix_session_and_its_cookie_store() {
    let original = init_service(
        App::new()
            .configure(routes)
            .wrap(IdentityMiddleware::default())
            .wrap(SessionMiddleware::new(CookieSessionStore::default(), Key::generate())),
    )
    .await;
    let bridge = bridged!(encrypted().0);
    let mut jars = vec![(Jar::default(), Jar::default()); 2];
    let paths = [
        "/ada", "/bob", "/log-out", "/me", "/me", "/flash", "/shown", "/count", "/counted", "/same",
        "/purge", "/clear", "/renew", "/counted",
    ];
    let mut random: u64 = 0x9E37_79B9_7F4A_7C15;
    for step in 0..1000 {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let (theirs, ours) = &mut jars[usize::from(random & 1 == 0)];
        let path = paths[usize::try_from((random >> 8) % 14).unwrap()];
        let (status, body, _) = theirs.get(&original, path).await;
        let (our_status, our_body, _) = ours.get(&bridge, path).await;
        assert_eq!((our_status, our_body), (status, body), "step {step}, {path}");
    }
}
