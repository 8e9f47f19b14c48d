//! `cookie-session-axum` beside other sessions for axum: what a session adds to a route that says hello.

mod apps;

use std::hint::black_box;
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderValue, Request, StatusCode};
use axum::response::Response;
use tower::ServiceExt;

use crate::announce::announce;
use crate::data::{self, COUNT};
use crate::rounds::{Comparison, Run, Scale, at_once};
use crate::workload::SIZE;

/// An application with the routes `/login/{number}`, `/read`, `/change` and `/hello`.
struct Peer {
    /// What its routes begin with in the server.
    path: &'static str,
    name: &'static str,
    app: fn() -> Router,
    /// At most this share of what this peer adds to a route is to be added by ours: reading, changing.
    goals: [Option<f64>; 2],
}

/// The first has no session, the second is ours.
const PEERS: [Peer; 6] = [
    Peer { path: "hello", name: "hello, without a session", app: apps::hello, goals: [None; 2] },
    Peer { path: "ours", name: "cookie-session-axum", app: apps::ours, goals: [None; 2] },
    Peer { path: "jar", name: "axum-extra `SignedCookieJar`", app: apps::jar, goals: [Some(0.3), Some(0.5)] },
    Peer {
        path: "memory",
        name: "tower-sessions `MemoryStore`",
        app: apps::memory,
        goals: [None, Some(0.5)],
    },
    Peer {
        path: "memory-kept-alive",
        name: "tower-sessions `MemoryStore`, kept alive",
        app: apps::memory_kept_alive,
        goals: [Some(0.3), None],
    },
    Peer {
        path: "cookie-store",
        name: "tower-sessions-cookie-store",
        app: apps::cookie_store,
        goals: [Some(0.3), Some(0.5)],
    },
];

/// The same, with what the browser cannot read. A third less than the other adds is to be added by ours.
const ENCRYPTED: [Peer; 4] = [
    Peer { path: "hello", name: "hello, without a session", app: apps::hello, goals: [None; 2] },
    Peer {
        path: "ours",
        name: "cookie-session-axum, encrypted",
        app: apps::ours_encrypted,
        goals: [None; 2],
    },
    Peer {
        path: "private-jar",
        name: "axum-extra `PrivateCookieJar`",
        app: apps::private_jar,
        goals: [Some(0.67); 2],
    },
    Peer {
        path: "private-store",
        name: "tower-sessions-cookie-store, private",
        app: apps::private_cookie_store,
        goals: [Some(0.67); 2],
    },
];

pub(crate) fn comparisons() -> Vec<Comparison> {
    let mut reading = Comparison::new("axum, reading", SIZE, Scale::Added);
    let mut changing = Comparison::new("axum, changing", SIZE, Scale::Added);
    let mut not_asking = Comparison::new("axum, not asking", SIZE, Scale::AddedToFirst);
    for Peer { name, app, goals, .. } in PEERS {
        reading = reading.with_goal(name, goals[0], requests(app(), "/read"));
        changing = changing.with_goal(name, goals[1], requests(app(), "/change"));
        let goal = (name == PEERS[1].name).then_some(0.2);
        not_asking = not_asking.with_goal(name, goal, requests(app(), "/hello"));
    }
    not_asking = not_asking.with("a layer that does nothing", requests(apps::layer(), "/hello"));
    let mut reading_encrypted = Comparison::new("axum encrypted, reading", SIZE, Scale::Added);
    let mut changing_encrypted = Comparison::new("axum encrypted, changing", SIZE, Scale::Added);
    for Peer { name, app, goals, .. } in ENCRYPTED {
        reading_encrypted = reading_encrypted.with_goal(name, goals[0], requests(app(), "/read"));
        changing_encrypted = changing_encrypted.with_goal(name, goals[1], requests(app(), "/change"));
    }
    vec![reading, changing, not_asking, reading_encrypted, changing_encrypted]
}

/// Asks for a route again and again, each time with another of the sessions.
fn requests(app: Router, path: &'static str) -> Run {
    let cookies: Vec<_> = (0..COUNT).map(|number| cookie_line(&app, number)).collect();
    let has_session = !cookies[0].as_bytes().windows(NONE.len()).any(|part| part == NONE.as_bytes());
    let request = move |number: usize| {
        let mut request = Request::new(Body::empty());
        *request.uri_mut() = path.try_into().expect("a path");
        request.headers_mut().insert(COOKIE, cookies[number % COUNT].clone());
        request
    };
    let is_written = call(&app, request(0)).headers().contains_key(SET_COOKIE);
    assert!(is_written || path != "/change" || !has_session, "a change is written");
    let mut number = 0;
    Box::new(move |turns| {
        let requests: Vec<_> = (number..number + turns).map(&request).collect();
        number += turns;
        let start = Instant::now();
        for request in requests {
            assert_eq!(black_box(call(&app, request)).status(), StatusCode::OK);
        }
        start.elapsed()
    })
}

/// Returns what a browser sends after it has logged in.
fn cookie_line(app: &Router, number: usize) -> HeaderValue {
    let login = Request::get(format!("/login/{number}")).body(Body::empty()).expect("a request");
    let response = call(app, login);
    assert_eq!(response.status(), StatusCode::OK);
    let set = response.headers().get(SET_COOKIE).map_or(NONE, |line| line.to_str().expect("text"));
    let line = data::five_cookies(set.split(';').next().expect("there is a first"));
    HeaderValue::try_from(line).expect("text")
}

fn call(app: &Router, request: Request<Body>) -> Response {
    let Ok(response) = at_once(app.clone().oneshot(request));
    response
}

/// Serves all of them until the standard input ends.
pub(crate) fn serve() {
    let apps =
        PEERS.iter().fold(Router::new(), |all, peer| all.nest(&format!("/{}", peer.path), (peer.app)()));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().expect("a runtime");
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        announce(listener.local_addr().expect("it is bound"));
        axum::serve(listener, apps).await.expect("it never ends");
    });
}

/// Returns what the server has: path and name.
pub(crate) fn served() -> Vec<(&'static str, &'static str)> {
    PEERS.iter().map(|peer| (peer.path, peer.name)).collect()
}

/// What is sent where a login sets no cookie.
const NONE: &str = "none=";
