//! The events have stable names and fields, and none of them tells a secret.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::{self, ThreadId};

use axum::Router;
use axum::routing::get;
use cookie_session::{KeyRing, Sessions, flask};
use cookie_session_axum::{CookieSession, CookieSessionError, SessionData, SessionLayer};
use support::{Clock, KEY, OTHER_KEY, Server, VERSIONS, builder, cookie, keys};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

const CANARY: &str = "canary-Zx81";

/// All events of the process. One subscriber for all tests: `tracing` may miss
/// events while another thread sets its own.
#[derive(Clone, Default)]
struct Events(Arc<Mutex<Vec<Seen>>>);

#[derive(Clone, Debug)]
struct Seen {
    thread: ThreadId,
    name: &'static str,
    target: String,
    level: Level,
    fields: BTreeMap<&'static str, String>,
}

impl Events {
    fn capture() -> &'static Self {
        static ALL: OnceLock<Events> = OnceLock::new();
        ALL.get_or_init(|| {
            let events = Self::default();
            tracing::subscriber::set_global_default(events.clone()).unwrap();
            events
        })
    }

    /// Takes out what happened on this thread: all of a test, since its runtime
    /// has only one.
    fn take(&self) -> Vec<Seen> {
        let here = thread::current().id();
        let mut seen = self.0.lock().unwrap();
        seen.extract_if(.., |event| event.thread == here)
            .filter(|event| event.target == "cookie_session")
            .collect()
    }
}

impl Subscriber for Events {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let metadata = event.metadata();
        let mut fields = Fields::default();
        event.record(&mut fields);
        self.0.lock().unwrap().push(Seen {
            thread: thread::current().id(),
            name: metadata.name(),
            target: metadata.target().to_owned(),
            level: *metadata.level(),
            fields: fields.0,
        });
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[derive(Default)]
struct Fields(BTreeMap<&'static str, String>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }
}

enum Admin {}

/// Does what the path says.
async fn act(
    session: CookieSession,
    path: axum::extract::Path<String>,
) -> Result<&'static str, CookieSessionError> {
    match path.as_str() {
        "read" => drop(session.get::<String>("user")?),
        "change" => session.insert("user", format!("{CANARY} again"))?,
        "fill" => session.insert("note", CANARY.repeat(210))?,
        "renew" => session.renew()?,
        "clear" => session.clear()?,
        "too-long" => session.insert(&format!("{CANARY} key"), CANARY.repeat(500))?,
        "not-json" => session.insert("price", f64::NAN)?,
        "half" => {
            session.insert("user", "half")?;
            session.insert("price", f64::NAN)?;
        }
        "wrong-type" => drop(session.get::<u8>("user")?),
        "nested" => session.with(|_| session.clear())??,
        _ => {}
    }
    Ok("")
}

fn app(sessions: Sessions) -> Router {
    Router::new()
        .route("/{path}", get(act))
        .route("/data", get(async |_: SessionData<Vec<u8>>| ""))
        .route("/twice", get(async || "").layer(SessionLayer::<Admin>::for_cookie(sessions.clone())))
        .layer(SessionLayer::new(sessions))
        .route("/bare", get(async |_: CookieSession| ""))
        .route("/bare-admin", get(async |_: CookieSession<Admin>| ""))
}

fn with(ring: KeyRing, clock: &Clock, size: usize) -> Sessions {
    clock.builder(Sessions::builder(ring)).max_cookie_size(size).build().unwrap()
}

/// Event as name, level and fields but the message.
type Row<'a> = (&'a str, Level, &'a [(&'a str, &'a str)]);

const COOKIE: (&str, &str) = ("cookie", "__Host-session");

fn error<'a>(fields: &'a [(&'a str, &'a str)]) -> Row<'a> {
    ("session.error", Level::ERROR, fields)
}

#[tokio::test]
async fn every_event_has_its_name_and_fields_and_tells_no_secret() {
    let events = Events::capture();
    let clock = Clock::new();
    let now = with(keys(KEY), &clock, 4096);
    let rotated = with(keys(&format!("{OTHER_KEY} {KEY}")), &clock, 4096);
    let other = with(keys(OTHER_KEY), &clock, 4096);
    let tight = with(keys(KEY), &clock, 200);
    // 75.05 and 74.97 percent of what `long` takes.
    let (edge, below) = (with(keys(KEY), &clock, 922), with(keys(KEY), &clock, 923));

    let valid = cookie(&now, "user", CANARY);
    let long = cookie(&now, "note", CANARY.repeat(40));
    let empty = valid.split('=').next().unwrap().to_owned() + "=";
    clock.advance(120);
    let (servers, mut seen) =
        ([now, rotated, other, tight, edge, below].map(|sessions| Server::start(app(sessions))), vec![]);
    let [now, rotated, other, tight, edge, below] = servers;
    let (now, rotated, other, tight) = (now.await, rotated.await, other.await, tight.await);
    let (edge, below) = (edge.await, below.await);

    let session = COOKIE;
    let opened: Row<'_> = ("session.opened", Level::DEBUG, &[session, ("age", "120"), ("key", "current")]);
    #[rustfmt::skip]
    let table: &[(&Server, &str, &str, &[Row<'_>])] = &[
        (&now, "/untouched", &valid, &[]),
        (&now, "/read", "", &[]),
        (&now, "/read", "foreign=1", &[]),
        (&now, "/read", &valid, &[opened]),
        (&now, "/change", &valid, &[
            opened,
            ("session.saved", Level::DEBUG, &[session, ("bytes", "128"), ("limit", "4096"), ("percent", "3")]),
        ]),
        (&now, "/fill", "", &[
            ("session.saved", Level::DEBUG, &[session, ("bytes", "3185"), ("limit", "4096"), ("percent", "77")]),
            ("session.near_limit", Level::WARN, &[session, ("bytes", "3185"), ("limit", "4096"), ("percent", "77")]),
        ]),
        (&edge, "/renew", &long, &[
            opened,
            ("session.saved", Level::DEBUG, &[session, ("bytes", "692"), ("limit", "922"), ("percent", "75")]),
            ("session.near_limit", Level::WARN, &[session, ("bytes", "692"), ("limit", "922"), ("percent", "75")]),
        ]),
        (&below, "/renew", &long, &[
            opened,
            ("session.saved", Level::DEBUG, &[session, ("bytes", "692"), ("limit", "923"), ("percent", "74")]),
        ]),
        (&now, "/half", &valid, &[
            opened,
            error(&[("reason", "not_json")]),
            ("session.discarded", Level::INFO, &[session, ("status", "500")]),
        ]),
        (&now, "/clear", &valid, &[opened, ("session.removed", Level::DEBUG, &[session])]),
        (&now, "/clear", "", &[]),
        (&now, "/read", &empty, &[("session.rejected", Level::INFO, &[session, ("reason", "malformed")])]),
        (&other, "/read", &valid, &[("session.rejected", Level::INFO, &[session, ("reason", "invalid_signature")])]),
        (&rotated, "/read", &valid, &[
            ("session.opened", Level::DEBUG, &[session, ("age", "120"), ("key", "fallback")]),
            ("session.fallback_key", Level::INFO, &[session, ("age", "120")]),
        ]),
        (&tight, "/renew", &long, &[
            opened,
            ("session.save_failed", Level::ERROR, &[session, ("reason", "too_long"), ("bytes", "692"), ("limit", "200")]),
        ]),
        (&now, "/too-long", &valid, &[opened, error(&[("reason", "too_long"), ("bytes", "7481"), ("limit", "4096")])]),
        (&now, "/not-json", &valid, &[opened, error(&[("reason", "not_json")])]),
        (&now, "/wrong-type", &valid, &[opened, error(&[("reason", "wrong_type")])]),
        (&now, "/data", &valid, &[opened, error(&[("reason", "wrong_type")])]),
        (&now, "/nested", &valid, &[opened, error(&[("reason", "busy")])]),
        (&now, "/twice", &valid, &[("session.same_cookie_twice", Level::ERROR, &[session])]),
        (&now, "/bare", &valid, &[error(&[("reason", "no_layer")])]),
        (&now, "/bare-admin", &valid, &[error(&[("reason", "no_layer")])]),
    ];
    for version in VERSIONS {
        for (server, path, cookies, expected) in table {
            server.get(version, path, &[cookies]).await;
            let found = events.take();
            check(path, &found, expected);
            seen.extend(found);
        }
    }
    clock.advance(60 * 60);
    tight.get(VERSIONS[0], "/read", &[&long]).await;
    let found = events.take();
    check(
        "skipped",
        &found,
        &[
            ("session.opened", Level::DEBUG, &[session, ("age", "3720"), ("key", "current")]),
            ("session.skipped", Level::WARN, &[session, ("bytes", "692"), ("limit", "200")]),
        ],
    );
    seen.extend(found);

    let message = |text: &str| seen.iter().any(|event| event.fields["message"].contains(text));
    assert!(message("add `.layer(SessionLayer::new(sessions))` to the router"));
    assert!(message("add `.layer(SessionLayer::<events::Admin>::for_cookie(sessions))` to the router"));

    // Of keys, only those that the handler asked for.
    assert!(message("session value `price` cannot be written: JSON has no NaN and no infinity"));
    assert!(message("session value `user` is a string, not u8"));
    assert!(message("session is a map, not a sequence"));

    // Neither a value, nor another key of one, nor a secret key, nor any part of a token.
    let tokens = [&valid, &long].map(|pair| pair.split_once('=').unwrap().1.to_owned());
    let secrets =
        [CANARY, KEY, OTHER_KEY, "note"].into_iter().chain(tokens.iter().flat_map(|token| token.split('.')));
    for secret in secrets {
        assert!(seen.iter().all(|event| !format!("{event:?}").contains(secret)), "{secret}");
    }
}

#[track_caller]
fn check(path: &str, found: &[Seen], expected: &[Row<'_>]) {
    let found: Vec<_> = found
        .iter()
        .map(|event| {
            let fields = event.fields.iter().map(|(name, value)| (*name, value.as_str()));
            (
                event.name,
                event.level,
                fields.filter(|(name, _)| *name != "message").collect::<BTreeMap<_, _>>(),
            )
        })
        .collect();
    let expected: Vec<_> = expected
        .iter()
        .map(|(name, level, fields)| (*name, *level, fields.iter().copied().collect::<BTreeMap<_, _>>()))
        .collect();
    assert_eq!(found, expected, "{path}");
}

#[test]
fn a_layer_tells_once_which_secrets_could_be_guessed() {
    let events = Events::capture();
    let secret = |text: &str| flask::SecretKey::new(text).unwrap();
    let profile = flask::Profile::new(secret(KEY)).fallback(secret("changeme"));
    let sessions = Sessions::builder(profile).build().unwrap();
    assert_eq!(events.take().len(), 0);
    let layer = SessionLayer::new(sessions);
    drop(Router::<()>::new().layer(layer.clone()).layer(layer));
    let seen = events.take();
    check("weak", &seen, &[("session.weak_secret", Level::WARN, &[("cookie", "session")])]);
    assert!(seen.iter().all(|event| !format!("{event:?}").contains("changeme")), "{seen:?}");

    let _layer = SessionLayer::new(builder().build().unwrap());
    assert_eq!(events.take().len(), 0);
}

#[tokio::test]
async fn the_handles_print_neither_cookie_nor_value() {
    Events::capture();
    let sessions = builder().build().unwrap();
    let valid = cookie(&sessions, "user", CANARY);
    let layer = SessionLayer::new(sessions);
    assert!(!format!("{layer:?}").contains(KEY));
    let app = Router::new()
        .route(
            "/",
            get(async |session: CookieSession| {
                let unopened = format!("{session:?}");
                let user = session.get::<String>("user")?;
                Ok::<_, CookieSessionError>(format!("{unopened} {session:?} {}", user.is_some()))
            }),
        )
        .layer(layer);
    let server = Server::start(app).await;
    let text = server.get(VERSIONS[0], "/", &[&valid]).await;
    assert_eq!(
        text.text(),
        "CookieSession { cookie: \"__Host-session\", .. } CookieSession { cookie: \"__Host-session\", .. } true"
    );
}

/// Neither what a form brought nor what a message says is in an event.
#[tokio::test]
async fn forms_and_messages_have_their_events() {
    async fn post(session: CookieSession) -> Result<(), CookieSessionError> {
        session.check_csrf(CANARY)
    }
    async fn flash(session: CookieSession) -> Result<(), CookieSessionError> {
        (0..9).try_for_each(|_| session.flash("info", CANARY))
    }
    // What the message tells of is done: nobody gets an error for a message.
    async fn long_flash(session: CookieSession) -> Result<(), CookieSessionError> {
        session.insert("done", true)?;
        session.flash("info", &CANARY.repeat(100))?;
        let fills = |len: &usize| session.insert("filler", "x".repeat(*len)).is_ok();
        assert!((0..4096).rev().find(fills).is_some());
        session.flash("info", CANARY)?;
        assert_eq!(session.take_flashes()?.len(), 0);
        session.insert("filler", "").and(session.flash("info", CANARY))
    }
    let events = Events::capture();
    let app = Router::new().route("/post", get(post)).route("/flash", get(flash));
    let app = app.route("/long-flash", get(long_flash));
    let app = app.layer(SessionLayer::new(builder().build().unwrap()));
    let send = async |path: &str| {
        let request = http::Request::get(path).body(axum::body::Body::empty()).unwrap();
        tower::ServiceExt::oneshot(app.clone(), request).await.unwrap().status()
    };
    events.take();
    assert_eq!(send("/post").await, http::StatusCode::FORBIDDEN);
    let seen = events.take();
    let names: Vec<_> = seen.iter().map(|event| (event.name, event.level)).collect();
    assert_eq!(names, [("session.form_refused", Level::INFO)]);
    assert_eq!(send("/flash").await, http::StatusCode::OK);
    let seen = [seen, events.take()].concat();
    let dropped: Vec<_> = seen.iter().filter(|event| event.name == "session.flashes_dropped").collect();
    assert_eq!(dropped.len(), 1);
    assert_eq!((dropped[0].level, dropped[0].fields["count"].as_str()), (Level::WARN, "1"));
    assert_eq!(dropped[0].fields["cookie"], "__Host-session");
    assert_eq!(send("/long-flash").await, http::StatusCode::OK);
    let seen = [seen, events.take()].concat();
    let dropped = seen.iter().filter(|event| event.name == "session.flashes_dropped");
    let counts: Vec<_> = dropped.map(|event| event.fields["count"].as_str()).collect();
    assert_eq!(counts, ["1", "1", "1"], "one that is too long, and one with no room");
    assert!(!format!("{seen:?}").contains(CANARY));
}
