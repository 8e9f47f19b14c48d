//! The events: their names and fields, and what is in none of them.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

mod support;

use std::fmt::{Debug, Write};
use std::sync::Mutex;

use actix_web::Error;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::ErrorImATeapot;
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{self, ServiceConfig};
use cookie_session::{KeyRing, SecretKey, Sessions, flask};
use cookie_session_actix::{CookieSession, CookieSessionError, SessionData, SessionMiddleware};
use support::{PROTOCOLS, Reply, Server, cookie};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Keeps every event of the process as text, of all levels.
struct Recorder;

static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());

impl Subscriber for Recorder {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let mut line = Line(attributes.metadata().name().to_owned());
        attributes.record(&mut line);
        LINES.lock().unwrap().push(line.0);
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let metadata = event.metadata();
        let mut line = Line(format!("{} {} {}", metadata.target(), metadata.level(), metadata.name()));
        event.record(&mut line);
        LINES.lock().unwrap().push(line.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {}={value:?}", field.name()).unwrap();
    }
}

/// Returns the events of this library since the last call. There is one test in
/// this process that asks.
fn ours() -> Vec<String> {
    let lines = std::mem::take(&mut *LINES.lock().unwrap());
    let ours: Vec<_> =
        lines.iter().filter_map(|line| line.strip_prefix("cookie_session ")).map(str::to_owned).collect();
    SEEN.lock().unwrap().extend(ours.iter().cloned());
    ours
}

/// All events of this library so far.
static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());

const CANARY: &str = "canary-in-the-session";
const CANARY_KEY: &str = "canary-key-of-the-session";

async fn look(session: CookieSession) -> Result<String, CookieSessionError> {
    Ok(session.len()?.to_string())
}

async fn insert(session: CookieSession) -> Result<String, CookieSessionError> {
    session.insert(CANARY_KEY, CANARY)?;
    Ok("inserted".into())
}

async fn insert_much(session: CookieSession) -> Result<String, CookieSessionError> {
    session.insert(CANARY_KEY, CANARY.repeat(120))?;
    Ok("inserted".into())
}

async fn insert_too_much(session: CookieSession) -> Result<String, CookieSessionError> {
    session.insert(CANARY_KEY, CANARY.repeat(200))?;
    Ok("not reached".into())
}

async fn wrong_type(session: CookieSession) -> Result<String, CookieSessionError> {
    Ok(session.get::<u32>("count")?.unwrap_or_default().to_string())
}

async fn data(SessionData(list): SessionData<Vec<u32>>) -> String {
    list.len().to_string()
}

async fn shrink(session: CookieSession) -> Result<String, CookieSessionError> {
    session.remove("small")?;
    Ok("removed".into())
}

/// Middleware inside of the session that uses it and then fails.
async fn insert_and_fail(
    mut request: ServiceRequest,
    _: Next<impl MessageBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    request.extract::<CookieSession>().await?.insert(CANARY_KEY, CANARY)?;
    Err(ErrorImATeapot("no coffee"))
}

/// Middleware outside of it that wants to know what the response will be.
async fn look_at_the_error(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let response = next.call(request).await;
    if let Err(error) = &response {
        let _ = (error.error_response(), error.error_response());
    }
    response
}

async fn clear(session: CookieSession) -> Result<String, CookieSessionError> {
    session.clear()?;
    Ok("cleared".into())
}

fn routes(sessions: Sessions) -> impl Fn(&mut ServiceConfig) + Clone + Send {
    move |config| {
        let small = sessions.clone();
        config.route("/none", web::get().to(look));
        config.service(
            web::scope("/twice")
                .wrap(SessionMiddleware::new(sessions.clone()))
                .service(web::resource("").wrap(SessionMiddleware::<u8>::for_cookie(small)).to(look)),
        );
        config.service(
            web::scope("")
                .wrap(SessionMiddleware::new(sessions.clone()))
                .wrap(from_fn(look_at_the_error))
                .service(web::resource("/inner-error").wrap(from_fn(insert_and_fail)).to(look))
                .route("/look", web::get().to(look))
                .route("/insert", web::get().to(insert))
                .route("/insert-much", web::get().to(insert_much))
                .route("/insert-too-much", web::get().to(insert_too_much))
                .route("/wrong-type", web::get().to(wrong_type))
                .route("/data", web::get().to(data))
                .route("/shrink", web::get().to(shrink))
                .route("/clear", web::get().to(clear)),
        );
    }
}

#[track_caller]
fn assert_events(expected: &[&str]) {
    let events = ours();
    let matches = events.len() == expected.len()
        && events.iter().zip(expected).all(|(event, start)| event.starts_with(start));
    assert!(matches, "{events:#?}\nexpected: {expected:#?}");
}

fn assert_empty(reply: &Reply) {
    assert!(reply.status.is_server_error() && reply.body.is_empty());
}

#[tokio::test]
async fn events_have_stable_names_and_fields_and_hold_no_secret() {
    tracing::subscriber::set_global_default(Recorder).unwrap();
    tracing::debug!(target: "cookie_session", "the recorder works");
    assert_events(&["DEBUG"]);

    // At start-up, however many workers clone it.
    let guessed = flask::Profile::new(flask::SecretKey::new("changeme").unwrap());
    let middleware = SessionMiddleware::new(Sessions::builder(guessed).build().unwrap());
    assert_events(&["WARN session.weak_secret message=secret key "]);
    drop(middleware.clone());
    assert_events(&[]);
    assert!(!SEEN.lock().unwrap().iter().any(|line| line.contains("changeme")));

    let secret = "7c1f9e04b2d86a35e9f0137bd48c62a15b3e8d90f7a642c1086f5d2be37a94c8".to_owned();
    let old: SecretKey = secret.parse().unwrap();
    let keys = KeyRing::new(old.clone());
    let before = Sessions::builder(&keys).build().unwrap();
    let fallback =
        Sessions::builder(KeyRing::new(SecretKey::generate().unwrap()).fallback(old)).build().unwrap();
    let small = Sessions::builder(&keys).max_cookie_size(500).build().unwrap();
    let later = Sessions::builder(&keys)
        .max_cookie_size(500)
        .clock(|| std::time::SystemTime::now() + std::time::Duration::from_secs(3600))
        .build()
        .unwrap();
    let fill = |session: &mut cookie_session::Session| {
        session.insert(CANARY_KEY, CANARY).unwrap();
        session.insert("count", CANARY).unwrap();
    };
    let visitor = cookie(&before, fill);
    let large = cookie(&before, |session| {
        session.insert("small", 1).unwrap();
        session.insert(CANARY_KEY, CANARY.repeat(30)).unwrap();
    });
    let mut replies = Vec::new();

    let server = Server::start(routes(before));
    for protocol in PROTOCOLS {
        ours();
        replies.push(server.get(protocol, "/look", &[]).await);
        assert_events(&[]);
        replies.push(server.get(protocol, "/insert", &[]).await);
        assert_events(&["DEBUG session.saved message=session saved cookie=\"__Host-session\" bytes="]);
        replies.push(server.get(protocol, "/look", &[&visitor]).await);
        assert_events(&["DEBUG session.opened message=session opened cookie=\"__Host-session\" age="]);
        replies.push(server.get(protocol, "/look", &[&format!("{visitor}A")]).await);
        assert_events(&[
            "INFO session.rejected message=session cookie rejected cookie=\"__Host-session\" reason=\"malformed\"",
        ]);
        replies.push(server.get(protocol, "/insert-much", &[]).await);
        assert_events(&["DEBUG session.saved", "WARN session.near_limit"]);
        replies.push(server.get(protocol, "/clear", &[&visitor]).await);
        assert_events(&["DEBUG session.opened", "DEBUG session.removed"]);
        let reply = server.get(protocol, "/insert-too-much", &[]).await;
        assert_empty(&reply);
        assert_events(&[
            "ERROR session.error message=session cookie would be over the limit reason=\"too_long\"",
        ]);
        // Of keys, only those are named that the handler asked for.
        for (path, problem) in [
            ("/wrong-type", "session value `count` is a string, not u32"),
            ("/data", "session is a map, not a sequence"),
        ] {
            assert_empty(&server.get(protocol, path, &[&visitor]).await);
            let events = ours();
            let start = format!("ERROR session.error message={problem} ");
            assert!(events[1].starts_with(&start), "{events:?}");
            assert!(events[1].ends_with(" reason=\"wrong_type\""), "{events:?}");
            assert_eq!(events.len(), 2);
        }
        replies.push(server.get(protocol, "/inner-error", &[]).await);
        // However often the error is made into a response.
        assert_events(&["DEBUG session.saved"]);
        assert_eq!(server.get(protocol, "/none", &[&visitor]).await.status.as_u16(), 500);
        let events = ours();
        assert_eq!(events.len(), 1, "{events:?}");
        assert!(events[0].contains("add `.wrap(SessionMiddleware::new(sessions.clone()))`"), "{events:?}");
        assert_empty(&server.get(protocol, "/twice", &[&visitor]).await);
        assert_events(&["ERROR session.same_cookie_twice"]);
    }
    drop(server);
    let server = Server::start(routes(fallback));
    for protocol in PROTOCOLS {
        ours();
        replies.push(server.get(protocol, "/look", &[&visitor]).await);
        let events = ours();
        assert!(events[0].starts_with("DEBUG session.opened") && events[0].ends_with("key=\"fallback\""));
        assert!(events[1].starts_with("INFO session.fallback_key"), "{events:?}");
        assert_eq!(events.len(), 2);
    }
    drop(server);
    let server = Server::start(routes(small));
    for protocol in PROTOCOLS {
        ours();
        assert_empty(&server.get(protocol, "/shrink", &[&large]).await);
        assert_events(&[
            "DEBUG session.opened",
            "ERROR session.save_failed message=session not saved cookie=\"__Host-session\" reason=\"too_long\"",
        ]);
    }
    drop(server);
    let server = Server::start(routes(later));
    for protocol in PROTOCOLS {
        ours();
        replies.push(server.get(protocol, "/look", &[&large]).await);
        assert_events(&["DEBUG session.opened", "WARN session.skipped"]);
    }
    drop(server);
    ours();

    let mut secrets = vec![secret, CANARY.into(), CANARY_KEY.into()];
    let cookies = replies.iter().flat_map(|reply| reply.set_cookies(support::NAME));
    for line in cookies.chain([visitor, large]) {
        let (_, value) = line.split(';').next().unwrap().split_once('=').unwrap();
        secrets.extend(value.split('.').filter(|part| part.len() > 8).map(str::to_owned));
    }
    assert!(secrets.len() > 12, "{}", secrets.len());
    let seen = SEEN.lock().unwrap();
    assert!(seen.len() > 40, "{}", seen.len());
    for line in seen.iter() {
        for secret in &secrets {
            assert!(!line.contains(secret.as_str()), "{secret} in {line}");
        }
    }
}
