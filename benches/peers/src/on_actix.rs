//! `cookie-session-actix` beside actix-session: what a session adds to a route that says hello.

mod apps;

use std::hint::black_box;

use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{COOKIE, HeaderValue, SET_COOKIE};
use actix_web::test::{TestRequest, init_service};
use actix_web::web::ServiceConfig;
use actix_web::{App, Error, HttpServer, rt};

use crate::announce::announce;
use crate::data::COUNT;
use crate::rounds::{Comparison, Meter, Run, Scale, at_once};
use crate::workload::{Cookies, Route, SIZE};

/// An application with the paths of all routes, under one of its own.
struct Peer {
    path: &'static str,
    name: &'static str,
    configure: fn(&mut ServiceConfig),
    /// At most this share of what this peer adds to a route is to be added by ours.
    goals: &'static [(Route, f64)],
}

impl Peer {
    fn goal(&self, route: Route) -> Option<f64> {
        self.goals.iter().find(|(for_route, _)| *for_route == route).map(|(_, goal)| *goal)
    }
}

const HELLO: Peer =
    Peer { path: "hello", name: "hello, without a session", configure: apps::hello, goals: &[] };

/// The first has no session, the second is ours.
const PEERS: [Peer; 4] = [
    HELLO,
    Peer { path: "ours", name: "cookie-session-actix", configure: apps::ours, goals: &[] },
    Peer {
        path: "signed",
        name: "actix-session `CookieSessionStore`, signed",
        configure: apps::signed,
        goals: &[(Route::Read, 0.38), (Route::Change, 0.5), (Route::ChangeStruct, 0.45)],
    },
    Peer {
        path: "private",
        name: "actix-session `CookieSessionStore`, encrypted (its default)",
        configure: apps::private,
        goals: &[],
    },
];

/// Sessions that the browser cannot read. A third less than the other adds is to be added by ours.
const ENCRYPTED: [Peer; 3] = [
    HELLO,
    Peer {
        path: "ours-encrypted",
        name: "cookie-session-actix, encrypted",
        configure: apps::ours_encrypted,
        goals: &[],
    },
    Peer {
        path: "private",
        name: "actix-session `CookieSessionStore`, its default",
        configure: apps::private,
        goals: &[(Route::Read, 0.67), (Route::Change, 0.67)],
    },
];

pub(crate) fn comparisons() -> Vec<Comparison> {
    use Cookies::{Five, One};

    let added = |framework, peers: &[Peer], route: Route, cookies: Cookies| {
        let table = cookies.table(route.table(framework));
        comparison(Comparison::new(table, SIZE, Scale::Added), peers, route, cookies)
    };
    let not_asking = Comparison::new(Route::Hello.table("actix"), SIZE, Scale::AddedToFirst);
    vec![
        added("actix", &PEERS, Route::Read, One),
        added("actix", &PEERS, Route::Change, One),
        added("actix", &PEERS, Route::Read, Five),
        added("actix", &PEERS, Route::Change, Five),
        added("actix", &PEERS, Route::ReadStruct, One),
        added("actix", &PEERS, Route::ChangeStruct, One),
        added("actix", &PEERS, Route::LogIn, One),
        comparison(not_asking, &PEERS, Route::Hello, One),
        added("actix encrypted", &ENCRYPTED, Route::Read, One),
        added("actix encrypted", &ENCRYPTED, Route::Change, One),
    ]
}

fn comparison(empty: Comparison, peers: &[Peer], route: Route, cookies: Cookies) -> Comparison {
    peers.iter().fold(empty, |all, peer| {
        // The goals are for a session's own cookie alone.
        let goal = peer.goal(route).filter(|_| cookies == Cookies::One);
        all.with_goal(peer.name, goal, requests(peer, route, cookies))
    })
}

/// Asks for a route again and again, each time with another of the sessions.
fn requests(peer: &Peer, route: Route, cookies: Cookies) -> Run {
    let app = at_once(init_service(App::new().configure(peer.configure)));
    let log_in = |number| {
        let path = format!("/{}{}", peer.path, route.login(number));
        call(&app, TestRequest::with_uri(&path).to_request())
    };
    let has_session = set_cookie(&log_in(0)).is_some();
    let line = |number| HeaderValue::try_from(cookies.line(set_cookie(&log_in(number)))).expect("text");
    let lines: Vec<_> = (0..COUNT).map(line).collect();
    let paths: Vec<_> = (0..COUNT).map(|number| format!("/{}{}", peer.path, route.path(number))).collect();
    let request = move |number: usize| {
        let request = TestRequest::with_uri(&paths[number % COUNT]);
        // Who logs in is new.
        if route == Route::LogIn {
            return request.to_request();
        }
        let cookie: &HeaderValue = &lines[number % COUNT];
        request.insert_header((COOKIE, cookie.clone())).to_request()
    };
    let is_written = set_cookie(&call(&app, request(0))).is_some();
    assert!(is_written || !route.writes() || !has_session, "a change is written");
    let mut number = 0;
    Box::new(move |turns| {
        let requests: Vec<_> = (number..number + turns).map(&request).collect();
        number += turns;
        let meter = Meter::start();
        for request in requests {
            black_box(call(&app, request));
        }
        meter.taken()
    })
}

fn call<S, R, B>(app: &S, request: R) -> ServiceResponse<B>
where
    S: Service<R, Response = ServiceResponse<B>, Error = Error>,
{
    let response = at_once(app.call(request)).expect("a response");
    assert_eq!(response.status(), StatusCode::OK);
    response
}

fn set_cookie<B>(response: &ServiceResponse<B>) -> Option<&str> {
    response.headers().get(SET_COOKIE).map(|line| line.to_str().expect("text"))
}

/// Serves all of them until the standard input ends.
pub(crate) fn serve() {
    let app = || PEERS.iter().fold(App::new(), |app, peer| app.configure(peer.configure));
    rt::System::new().block_on(async {
        let server = HttpServer::new(app).workers(1).bind(("127.0.0.1", 0)).expect("a port");
        announce(server.addrs()[0]);
        server.run().await.expect("it never ends");
    });
}

/// Returns what the server has: path and name.
pub(crate) fn served() -> Vec<(&'static str, &'static str)> {
    PEERS.iter().map(|peer| (peer.path, peer.name)).collect()
}
