//! What tower-sessions' `Session` promises to handlers, over the bridge, and what is ours.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::fmt::Debug;
use std::sync::{Mutex, OnceLock};

use axum::Router;
use axum::http::{StatusCode, Uri};
use axum::routing::get;
use cookie_session::Sessions;
use cookie_session_axum::CookieSession;
use cookie_session_tower_sessions::{Bridge, NotEncrypted};
use serde_json::{Value, json};
use support::{Browser, NOW, builder, encrypted};
use tower_sessions::cookie::time::{Duration, OffsetDateTime};
use tower_sessions::{Expiry, MemoryStore, Session, SessionManagerLayer};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

const HOUR: u64 = 60 * 60;

async fn insert(session: Session) -> String {
    session.insert("n", 1).await.unwrap();
    session.insert("list", json!([1.5, "two", null])).await.unwrap();
    session.get_value("list").await.unwrap().unwrap().to_string()
}

async fn show(session: Session) -> String {
    let n = session.get::<u64>("n").await.unwrap();
    let list = session.get_value("list").await.unwrap();
    format!("{n:?} {}", list.unwrap_or_default())
}

async fn same(session: Session) {
    session.insert("n", 1).await.unwrap();
    session.remove::<Value>("nothing").await.unwrap();
}

async fn remove(session: Session) -> String {
    format!("{:?}", session.remove::<u64>("n").await.unwrap())
}

async fn clear(session: Session) {
    session.clear().await;
}

async fn flush(session: Session) {
    session.flush().await.unwrap();
}

async fn flush_and_begin(session: Session) {
    session.flush().await.unwrap();
    session.insert("n", 9).await.unwrap();
}

async fn delete(session: Session) {
    session.delete().await.unwrap();
}

async fn cycle(session: Session) {
    session.cycle_id().await.unwrap();
}

async fn flush_begin_and_cycle(session: Session) {
    session.flush().await.unwrap();
    session.insert("n", 9).await.unwrap();
    session.cycle_id().await.unwrap();
}

async fn delete_and_begin(session: Session) {
    session.delete().await.unwrap();
    session.insert("n", 9).await.unwrap();
}

async fn cycle_twice(session: Session) {
    session.cycle_id().await.unwrap();
    session.cycle_id().await.unwrap();
}

async fn cycle_twice_and_save(session: Session) {
    session.cycle_id().await.unwrap();
    session.save().await.unwrap();
    session.cycle_id().await.unwrap();
    session.insert("n", 2).await.unwrap();
}

async fn big(session: Session) -> &'static str {
    session.insert("big", "x".repeat(5000)).await.unwrap();
    "not to be seen"
}

async fn saved_early(session: Session) -> String {
    session.insert("big", "x".repeat(5000)).await.unwrap();
    let error = session.save().await.unwrap_err().to_string();
    session.remove::<Value>("big").await.unwrap();
    session.insert("n", 3).await.unwrap();
    error
}

async fn swap(session: Session) {
    session.insert("a", "x".repeat(2000)).await.unwrap();
    session.insert("z", "").await.unwrap();
}

async fn broken(session: Session) -> StatusCode {
    session.insert("n", 5).await.unwrap();
    session.flush().await.unwrap();
    StatusCode::BAD_GATEWAY
}

async fn big_and_broken(session: Session) -> (StatusCode, &'static str) {
    session.insert("big", "x".repeat(5000)).await.unwrap();
    (StatusCode::BAD_GATEWAY, "the words of the handler")
}

async fn idle(session: Session) {
    session.set_expiry(Some(Expiry::OnInactivity(Duration::minutes(10))));
}

async fn at(session: Session) {
    let end = OffsetDateTime::from_unix_timestamp(i64::try_from(NOW + HOUR).unwrap()).unwrap();
    session.set_expiry(Some(Expiry::AtDateTime(end)));
}

async fn until_closed(session: Session) {
    session.set_expiry(Some(Expiry::OnSessionEnd));
}

async fn untouched() -> &'static str {
    "static"
}

fn site(sessions: Sessions) -> Router {
    Router::new()
        .route("/insert", get(insert))
        .route("/show", get(show))
        .route("/same", get(same))
        .route("/remove", get(remove))
        .route("/clear", get(clear))
        .route("/flush", get(flush))
        .route("/flush-and-begin", get(flush_and_begin))
        .route("/delete", get(delete))
        .route("/cycle", get(cycle))
        .route("/flush-begin-and-cycle", get(flush_begin_and_cycle))
        .route("/delete-and-begin", get(delete_and_begin))
        .route("/cycle-twice", get(cycle_twice))
        .route("/cycle-twice-and-save", get(cycle_twice_and_save))
        .route("/big", get(big))
        .route("/saved-early", get(saved_early))
        .route("/swap", get(swap))
        .route("/broken", get(broken))
        .route("/big-and-broken", get(big_and_broken))
        .route("/idle", get(idle))
        .route("/at", get(at))
        .route("/until-closed", get(until_closed))
        .route("/untouched", get(untouched))
        .layer(Bridge::new(sessions).unwrap())
}

fn opened(sessions: &Sessions, browser: &Browser) -> cookie_session::Session {
    sessions.open(browser.cookies.iter().map(|(name, value)| format!("{name}={value}")))
}

const FULL: &str = r#"Some(1) [1.5,"two",null]"#;
const EMPTY: &str = "None null";

#[test]
fn builds_over_encrypted_sessions_alone_and_says_why() {
    let signed = builder().0.build().unwrap();
    let error: NotEncrypted = Bridge::new(signed).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("password hashes") && text.contains("`encrypted()`"), "{text}");
    assert_eq!(format!("{error:?}"), text);
    // They are still written signed.
    let reads_both = builder().0.accept_encrypted().build().unwrap();
    Bridge::new(reads_both).unwrap_err();
    Bridge::new(encrypted().0).unwrap();
}

#[tokio::test]
async fn values_come_back() {
    let (sessions, _) = encrypted();
    let mut browser = Browser::new(site(sessions.clone()));
    assert_eq!(browser.get("/insert").await.body, r#"[1.5,"two",null]"#);
    assert_eq!(browser.get("/show").await.body, FULL);
    let session = opened(&sessions, &browser);
    assert_eq!(session.keys().collect::<Vec<_>>(), ["list", "n"], "and nothing else is kept");
    assert_eq!(browser.get("/remove").await.body, "Some(1)");
    assert_eq!(browser.get("/show").await.body, r#"None [1.5,"two",null]"#);
    browser.get("/clear").await;
    assert!(browser.cookies.is_empty());
}

#[tokio::test]
async fn what_changes_nothing_sends_no_cookie() {
    let mut browser = Browser::new(site(encrypted().0));
    browser.get("/insert").await;
    for path in ["/show", "/same", "/untouched"] {
        assert_eq!(browser.get(path).await.set_cookies(), [""; 0], "{path}");
    }
    let headers = browser.get("/untouched").await.headers;
    assert!(headers.get("vary").is_none() && headers.get("cache-control").is_none(), "{headers:?}");
}

/// A browser that has a cookie of ours with these values, in this order.
fn browser_with(sessions: &Sessions, values: &[(&str, Value)]) -> Browser {
    let mut session = sessions.start();
    for (key, value) in values {
        session.insert(key, value).unwrap();
    }
    browser_of(sessions, session)
}

fn browser_of(sessions: &Sessions, session: cookie_session::Session) -> Browser {
    let commit = sessions.save(session).unwrap();
    let (name, value) = commit.cookie_pair().unwrap().split_once('=').unwrap();
    let mut browser = Browser::new(site(sessions.clone()));
    browser.cookies.insert(name.into(), value.into());
    browser
}

#[tokio::test]
async fn what_nobody_touches_stays_byte_for_byte() {
    let (sessions, _) = encrypted();
    let mut session = sessions.start();
    // More digits than a JSON value of theirs has.
    session.insert("z", u128::MAX).unwrap();
    session.insert("a", 1).unwrap();
    let mut browser = browser_of(&sessions, session);
    browser.get("/insert").await;
    let session = opened(&sessions, &browser);
    assert_eq!(session.get::<u128>("z").unwrap(), Some(u128::MAX));
    assert_eq!(session.len(), 4);
}

#[tokio::test]
async fn what_changes_nothing_sends_no_cookie_in_whatever_order_the_values_are() {
    let mut browser =
        browser_with(&encrypted().0, &[("z", json!(2)), ("n", json!(1)), ("a", json!({"b": []}))]);
    for path in ["/same", "/show", "/same"] {
        assert_eq!(browser.get(path).await.set_cookies(), [""; 0], "{path}");
    }
}

#[tokio::test]
async fn how_a_session_ends_is_kept_out_of_sight_and_has_to_be_understood() {
    async fn ending(session: Session) -> String {
        format!("{:?}", session.get_value("tower-sessions.expiry").await.unwrap())
    }
    let (sessions, _) = encrypted();
    let app = site(sessions.clone())
        .merge(Router::new().route("/ending", get(ending)).layer(Bridge::new(sessions.clone()).unwrap()));
    let mut browser = Browser::new(app);
    browser.get("/insert").await;
    browser.get("/idle").await;
    assert!(opened(&sessions, &browser).contains_key("tower-sessions.expiry"));
    assert_eq!(browser.get("/ending").await.body, "None");
    for strange in [json!(null), json!("never"), json!({"idle": "long"}), json!({"moon": 1})] {
        let mut browser =
            browser_with(&sessions, &[("n", json!(1)), ("tower-sessions.expiry", strange.clone())]);
        assert_eq!(browser.get("/show").await.body, EMPTY, "{strange}");
    }
}

#[tokio::test]
async fn flush_and_delete_remove_the_cookie() {
    for path in ["/flush", "/delete"] {
        let mut browser = Browser::new(site(encrypted().0));
        browser.get("/insert").await;
        let answer = browser.get(path).await;
        assert!(answer.set_cookies()[0].contains("Max-Age=0"), "{path}");
        assert_eq!(answer.headers["cache-control"], "private, no-store");
        assert_eq!(browser.get("/show").await.body, EMPTY);
        // There is nothing to remove any more.
        assert_eq!(browser.get(path).await.set_cookies(), [""; 0], "{path}");
    }
}

#[tokio::test]
async fn cycle_id_renews_and_what_follows_a_flush_is_new() {
    for (path, body, stays_permanent) in [
        ("/cycle", FULL, true),
        ("/cycle-twice", FULL, true),
        ("/cycle-twice-and-save", r#"Some(2) [1.5,"two",null]"#, true),
        ("/flush-and-begin", "Some(9) null", false),
        ("/flush-begin-and-cycle", "Some(9) null", false),
        ("/delete-and-begin", "Some(9) null", false),
    ] {
        let (sessions, clock) = encrypted();
        let mut browser = Browser::new(site(sessions.clone()));
        browser.get("/insert").await;
        browser.get("/at").await;
        let before = opened(&sessions, &browser);
        assert!(before.permanent());
        clock.advance(60);
        browser.get(path).await;
        assert_eq!(browser.get("/show").await.body, body, "{path}");
        let after = opened(&sessions, &browser);
        let moved = after.created_at().unwrap().duration_since(before.created_at().unwrap()).unwrap();
        assert_eq!(moved.as_secs(), 60, "{path}");
        assert_eq!(after.permanent(), stays_permanent, "{path}");
        assert_eq!(after.contains_key("tower-sessions.expiry"), stays_permanent, "{path}");
    }
}

#[tokio::test]
async fn a_request_that_fails_saves_nothing() {
    let mut browser = Browser::new(site(encrypted().0));
    browser.get("/insert").await;
    let answer = browser.get("/broken").await;
    assert_eq!((answer.status, answer.set_cookies().len()), (StatusCode::BAD_GATEWAY, 0));
    // What would not have fitted does not matter then.
    let answer = browser.get("/big-and-broken").await;
    assert_eq!((answer.status, &*answer.body), (StatusCode::BAD_GATEWAY, "the words of the handler"));
    assert_eq!(browser.get("/show").await.body, FULL);
}

#[tokio::test]
async fn what_does_not_fit_is_an_empty_500_with_our_event() {
    let events = Events::capture();
    let mut browser = Browser::new(site(encrypted().0));
    browser.get("/insert").await;
    events.take();
    let answer = browser.get("/big").await;
    assert_eq!((answer.status, &*answer.body), (StatusCode::INTERNAL_SERVER_ERROR, ""));
    assert_eq!(answer.set_cookies(), [""; 0]);
    assert_eq!(answer.headers["cache-control"], "no-store, private");
    assert_eq!(events.take(), ["session.error too_long"]);
    assert_eq!(browser.get("/show").await.body, FULL, "the old cookie stays");
    // Whoever saves early is told, and may go on.
    let answer = browser.get("/saved-early").await;
    assert_eq!((answer.status, &*answer.body), (StatusCode::OK, "session cookie would be over the limit"));
    assert_eq!(browser.get("/show").await.body, r#"Some(3) [1.5,"two",null]"#);
}

/// Whatever comes first: what grows, or what makes room for it.
#[tokio::test]
async fn what_fits_as_a_whole_fits() {
    for values in [["a", "z"], ["z", "a"]] {
        let (sessions, _) = encrypted();
        let values = values.map(|key| (key, json!("x".repeat(if key == "z" { 2000 } else { 0 }))));
        let mut browser = browser_with(&sessions, &values);
        assert_eq!(browser.get("/swap").await.status, StatusCode::OK);
        let session = opened(&sessions, &browser);
        assert_eq!(session.get::<String>("a").unwrap().map(|a| a.len()), Some(2000));
        assert_eq!(session.get::<String>("z").unwrap().as_deref(), Some(""));
    }
}

#[tokio::test]
async fn ends_as_a_handler_said_and_never_later_than_we_say() {
    // The path, for how long it lasts, whether the browser keeps it when it is closed.
    for (path, lasts, permanent) in [
        ("/insert", 2 * HOUR, false),
        ("/idle", 10 * 60, true),
        ("/at", HOUR, true),
        ("/until-closed", 2 * HOUR, false),
    ] {
        for (after, alive) in
            [(lasts - 1, true), (lasts, path == "/insert" || path == "/until-closed"), (lasts + 1, false)]
        {
            let (sessions, clock) = encrypted();
            let mut browser = Browser::new(site(sessions));
            browser.get("/insert").await;
            let lines = browser.get(path).await;
            assert_eq!(lines.set_cookies().iter().any(|line| line.contains("Max-Age")), permanent, "{path}");
            clock.advance(after);
            let body = browser.get("/show").await.body;
            assert_eq!(body, if alive { FULL } else { EMPTY }, "{path} after {after}");
        }
    }
}

#[tokio::test]
async fn a_session_that_ended_by_its_own_word_is_removed_and_lends_nothing_to_the_next() {
    let (sessions, clock) = encrypted();
    let mut browser = Browser::new(site(sessions.clone()));
    browser.get("/insert").await;
    browser.get("/at").await;
    clock.advance(HOUR);
    let mut other = browser.clone();
    browser.get("/show").await;
    assert!(browser.cookies.is_empty());
    other.get("/same").await;
    let session = opened(&sessions, &other);
    assert_eq!((session.len(), session.permanent()), (1, false));
}

#[tokio::test]
async fn handlers_of_both_kinds_share_the_session() {
    async fn ours(session: CookieSession) -> String {
        format!("{:?}", session.get::<u64>("n").unwrap())
    }
    let (sessions, _) = encrypted();
    let app = Router::new()
        .route("/insert", get(insert))
        .route("/ours", get(ours))
        .layer(Bridge::new(sessions).unwrap());
    let mut browser = Browser::new(app);
    browser.get("/insert").await;
    assert_eq!(browser.get("/ours").await.body, "Some(1)");
}

/// Does what the path says, letter by letter, and answers with what came of it.
async fn script(uri: Uri, session: Session) -> String {
    let mut answers = Vec::new();
    for step in uri.path().trim_start_matches('/').split('.') {
        answers.push(match step {
            "get" => format!("{:?}", session.get::<u8>("x").await.unwrap()),
            "remove" => format!("{:?}", session.remove::<u8>("x").await.unwrap()),
            "clear" => format!("{:?}", session.clear().await),
            "flush" => format!("{:?}", session.flush().await.unwrap()),
            "delete" => format!("{:?}", session.delete().await.unwrap()),
            "cycle" => format!("{:?}", session.cycle_id().await.unwrap()),
            "save" => format!("{:?}", session.save().await.unwrap()),
            "load" => format!("{:?}", session.load().await.unwrap()),
            "other" => format!("{:?}", session.insert("y", 0).await.unwrap()),
            "others" => format!("{:?}", session.get::<u8>("y").await.unwrap()),
            number => format!("{:?}", session.insert_value("x", json!(number.len())).await.unwrap()),
        });
    }
    answers.join(" ")
}

/// Whatever handlers do, in orders that look random, over the bridge it comes to the same.
#[tokio::test]
async fn does_what_tower_sessions_does_with_its_memory_store() {
    const STEPS: [&str; 16] = [
        "get", "get", "others", "remove", "clear", "flush", "delete", "cycle", "save", "load", "other", "i",
        "ii", "iii", "iiii", "get",
    ];
    let site = || Router::new().fallback(script);
    let original = Browser::new(site().layer(SessionManagerLayer::new(MemoryStore::default())));
    let bridge = Browser::new(site().layer(Bridge::new(encrypted().0).unwrap()));
    let mut random: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut pick = |of: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        usize::try_from(random >> 8).unwrap() % of
    };
    for visitor in 0..150 {
        let mut browsers = [original.clone(), bridge.clone()];
        let mut history = Vec::new();
        for _ in 0..10 {
            let mut steps: Vec<_> = (0..=pick(6)).map(|_| STEPS[pick(STEPS.len())]).collect();
            if browsers[1].cookies.is_empty() {
                // Theirs has no id yet, and does nothing; ours has one in every request.
                steps.retain(|step| !matches!(*step, "delete" | "load"));
            }
            history.push(format!("/{}", steps.join(".")));
            let path = &history[history.len() - 1];
            let [original, bridge] = &mut browsers;
            let expected = original.get(path).await.body;
            assert_eq!(bridge.get(path).await.body, expected, "visitor {visitor}: {history:?}");
        }
    }
}

/// The names and reasons of our events.
#[derive(Default)]
struct Events(Mutex<Vec<String>>);

impl Events {
    /// One subscriber for the process; what the other tests cause is not of this thread.
    fn capture() -> &'static Self {
        static ALL: OnceLock<Events> = OnceLock::new();
        static SET: OnceLock<()> = OnceLock::new();
        let all = ALL.get_or_init(Self::default);
        SET.get_or_init(|| tracing::subscriber::set_global_default(Forward(all)).unwrap());
        all
    }

    fn take(&self) -> Vec<String> {
        let here = format!("{:?} ", std::thread::current().id());
        let mut all = self.0.lock().unwrap();
        let mine = all.extract_if(.., |event| event.starts_with(&here));
        mine.map(|event| event.strip_prefix(&here).unwrap().to_owned()).collect()
    }
}

struct Forward(&'static Events);

impl Subscriber for Forward {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "cookie_session" && *metadata.level() <= tracing::Level::INFO
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut reason = Reason(String::new());
        event.record(&mut reason);
        let here = std::thread::current().id();
        self.0.0.lock().unwrap().push(format!("{here:?} {} {}", event.metadata().name(), reason.0));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct Reason(String);

impl Visit for Reason {
    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "reason" {
            self.0 = value.to_owned();
        }
    }
}
