//! How long requests take over the bridge, beside tower-sessions over its memory store: one run, one ratio for each.
//!
//!     cargo bench -p cookie-session-tower-sessions

#![allow(clippy::expect_used, clippy::print_stdout, reason = "a program for people")]

use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::routing::get;
use cookie_session::{KeyRing, SecretKey, Sessions};
use cookie_session_tower_sessions::Bridge;
use tower::ServiceExt;
use tower_sessions::{MemoryStore, Session, SessionManagerLayer};

async fn log_in(session: Session) {
    session.insert("user_id", 42).await.expect("it fits");
    session.insert("name", "Ada Lovelace").await.expect("it fits");
}

async fn read(session: Session) -> String {
    session.get::<u64>("user_id").await.expect("a number").expect("somebody is logged in").to_string()
}

async fn write(session: Session) {
    let visits = session.get::<u64>("visits").await.expect("a number").unwrap_or_default();
    session.insert("visits", visits.wrapping_add(1)).await.expect("it fits");
}

fn routes() -> Router {
    Router::new().route("/log-in", get(log_in)).route("/read", get(read)).route("/write", get(write))
}

async fn send(app: &Router, path: &str, cookie: &str) -> Option<String> {
    let request = Request::get(path).header(COOKIE, cookie).body(Body::empty()).expect("a request");
    let response = app.clone().oneshot(request).await.expect("a router does not fail");
    assert!(response.status().is_success());
    let line = response.headers().get(SET_COOKIE)?.to_str().expect("text");
    line.split(';').next().map(str::to_owned)
}

/// The shortest of several turns, for one request.
async fn time(app: &Router, path: &str, cookie: &str) -> Duration {
    let start = Instant::now();
    for _ in 0..REQUESTS {
        send(app, path, cookie).await;
    }
    start.elapsed().checked_div(REQUESTS).unwrap_or_default()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let keys = KeyRing::new(SecretKey::generate().expect("random bytes"));
    let sessions = Sessions::builder(keys).encrypted().build().expect("the defaults are safe");
    let bridge = routes().layer(Bridge::new(sessions).expect("they are encrypted"));
    let original = routes().layer(SessionManagerLayer::new(MemoryStore::default()));
    let bare = Router::new().route("/read", get(async || "42"));
    let ours = send(&bridge, "/log-in", "").await.expect("a cookie");
    let theirs = send(&original, "/log-in", "").await.expect("a cookie");
    println!("without sessions {:?}", time(&bare, "/read", &ours).await);
    for path in ["/read", "/write"] {
        let mut best = [Duration::MAX; 2];
        for _ in 0..TURNS {
            best = [
                best[0].min(time(&bridge, path, &ours).await),
                best[1].min(time(&original, path, &theirs).await),
            ];
        }
        let ratio = best[0].as_secs_f64() / best[1].as_secs_f64();
        println!("{path} bridge {:?}, original {:?}, ratio {ratio:.2}", best[0], best[1]);
    }
}

/// So few that a turn ends before a busy machine gives the processor to somebody else, and so many turns that one had it.
const REQUESTS: u32 = 200;
const TURNS: u32 = 400;
