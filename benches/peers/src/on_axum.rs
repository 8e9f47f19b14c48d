//! `cookie-session-axum` beside other sessions for axum: what a session adds to a route that says hello.

mod apps;

use std::hint::black_box;

use axum::Router;
use axum::body::Body;
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderValue, Request, StatusCode};
use axum::response::Response;
use tower::ServiceExt;

use crate::announce::announce;
use crate::data::COUNT;
use crate::rounds::{Comparison, Meter, Run, Scale, at_once};
use crate::workload::{Cookies, Route, SIZE};

/// An application with the paths of all routes.
struct Peer {
    /// What its routes begin with in the server.
    path: &'static str,
    name: &'static str,
    app: fn() -> Router,
    /// At most this share of what this peer adds to a route is to be added by ours.
    goals: &'static [(Route, f64)],
}

impl Peer {
    fn goal(&self, route: Route) -> Option<f64> {
        self.goals.iter().find(|(for_route, _)| *for_route == route).map(|(_, goal)| *goal)
    }
}

const HELLO: Peer = Peer { path: "hello", name: "hello, without a session", app: apps::hello, goals: &[] };

/// The first has no session, the second is ours.
const PEERS: [Peer; 6] = [
    HELLO,
    Peer { path: "ours", name: "cookie-session-axum", app: apps::ours, goals: &[] },
    Peer {
        path: "jar",
        name: "axum-extra `SignedCookieJar`",
        app: apps::jar,
        goals: &[(Route::Read, 0.48), (Route::Change, 0.5), (Route::ChangeStruct, 0.5)],
    },
    Peer {
        path: "memory",
        name: "tower-sessions `MemoryStore`",
        app: apps::memory,
        goals: &[(Route::Read, 0.8), (Route::Change, 0.5), (Route::ChangeStruct, 0.6)],
    },
    Peer {
        path: "memory-kept-alive",
        name: "tower-sessions `MemoryStore`, kept alive",
        app: apps::memory_kept_alive,
        goals: &[],
    },
    Peer {
        path: "cookie-store",
        name: "tower-sessions-cookie-store",
        app: apps::cookie_store,
        goals: &[(Route::Read, 0.3), (Route::Change, 0.5)],
    },
];

/// The same, with what the browser cannot read. A third less than the other adds is to be added by ours.
const ENCRYPTED: [Peer; 4] = [
    HELLO,
    Peer { path: "ours", name: "cookie-session-axum, encrypted", app: apps::ours_encrypted, goals: &[] },
    Peer {
        path: "private-jar",
        name: "axum-extra `PrivateCookieJar`",
        app: apps::private_jar,
        goals: &[(Route::Read, 0.67), (Route::Change, 0.67)],
    },
    Peer {
        path: "private-store",
        name: "tower-sessions-cookie-store, private",
        app: apps::private_cookie_store,
        goals: &[(Route::Read, 0.67), (Route::Change, 0.67)],
    },
];

/// What a layer costs that does nothing. Of this, ours is to add at most so much for a route that does not ask.
const LAYERS: [Peer; 3] = [
    HELLO,
    Peer { path: "ours", name: "cookie-session-axum", app: apps::ours, goals: &[] },
    Peer {
        path: "layer",
        name: "a layer that does nothing",
        app: apps::layer,
        goals: &[(Route::Hello, 1.72)],
    },
];

pub(crate) fn comparisons() -> Vec<Comparison> {
    use Cookies::{Five, One};

    let added = |framework, peers: &[Peer], route: Route, cookies: Cookies| {
        let table = cookies.table(route.table(framework));
        comparison(Comparison::new(table, SIZE, Scale::Added), peers, route, cookies)
    };
    let not_asking = Comparison::new(Route::Hello.table("axum"), SIZE, Scale::AddedToFirst);
    vec![
        added("axum", &PEERS, Route::Read, One),
        added("axum", &PEERS, Route::Change, One),
        added("axum", &PEERS, Route::Read, Five),
        added("axum", &PEERS, Route::Change, Five),
        added("axum", &PEERS, Route::ReadStruct, One),
        added("axum", &PEERS, Route::ChangeStruct, One),
        added("axum", &PEERS, Route::LogIn, One),
        comparison(not_asking, &PEERS, Route::Hello, One),
        added("axum layers", &LAYERS, Route::Hello, One),
        added("axum encrypted", &ENCRYPTED, Route::Read, One),
        added("axum encrypted", &ENCRYPTED, Route::Change, One),
    ]
}

fn comparison(empty: Comparison, peers: &[Peer], route: Route, cookies: Cookies) -> Comparison {
    peers.iter().fold(empty, |all, peer| {
        // The goals are for a session's own cookie alone.
        let goal = peer.goal(route).filter(|_| cookies == Cookies::One);
        all.with_goal(peer.name, goal, requests((peer.app)(), route, cookies))
    })
}

/// Asks for a route again and again, each time with another of the sessions.
fn requests(app: Router, route: Route, cookies: Cookies) -> Run {
    let has_session = set_cookie(&log_in(&app, route, 0)).is_some();
    let lines: Vec<_> = (0..COUNT).map(|number| cookie_line(&app, route, number, cookies)).collect();
    let paths: Vec<_> = (0..COUNT).map(|number| route.path(number)).collect();
    let request = move |number: usize| {
        let mut request = Request::new(Body::empty());
        *request.uri_mut() = paths[number % COUNT].parse().expect("a path");
        // Who logs in is new.
        if route != Route::LogIn {
            request.headers_mut().insert(COOKIE, lines[number % COUNT].clone());
        }
        request
    };
    let is_written = set_cookie(&call(&app, request(0))).is_some();
    assert!(is_written || !route.writes() || !has_session, "a change is written");
    let mut number = 0;
    Box::new(move |turns| {
        let requests: Vec<_> = (number..number + turns).map(&request).collect();
        number += turns;
        let meter = Meter::start();
        for request in requests {
            assert_eq!(black_box(call(&app, request)).status(), StatusCode::OK);
        }
        meter.taken()
    })
}

fn log_in(app: &Router, route: Route, number: usize) -> Response {
    let login = Request::get(route.login(number)).body(Body::empty()).expect("a request");
    let response = call(app, login);
    assert_eq!(response.status(), StatusCode::OK);
    response
}

/// Returns what a browser sends after it has logged in.
fn cookie_line(app: &Router, route: Route, number: usize, cookies: Cookies) -> HeaderValue {
    HeaderValue::try_from(cookies.line(set_cookie(&log_in(app, route, number)))).expect("text")
}

fn set_cookie(response: &Response) -> Option<&str> {
    response.headers().get(SET_COOKIE).map(|line| line.to_str().expect("text"))
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
