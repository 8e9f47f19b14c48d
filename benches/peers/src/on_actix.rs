//! `cookie-session-actix` beside actix-session: what a session adds to a route that says hello.

mod apps;

use std::hint::black_box;
use std::time::Instant;

use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{COOKIE, HeaderValue, SET_COOKIE};
use actix_web::test::{TestRequest, init_service};
use actix_web::web::ServiceConfig;
use actix_web::{App, Error, HttpServer, rt};

use crate::announce::announce;
use crate::data::{self, COUNT};
use crate::rounds::{Comparison, Run, Scale, at_once};
use crate::workload::SIZE;

/// An application with the routes `/{path}/login/{number}`, `read`, `change` and `hello`.
struct Peer {
    path: &'static str,
    name: &'static str,
    configure: fn(&mut ServiceConfig),
    /// At most this share of what this peer adds to a route is to be added by ours: reading, changing.
    goals: [Option<f64>; 2],
}

/// The first has no session, the second is ours.
const PEERS: [Peer; 4] = [
    Peer { path: "hello", name: "hello, without a session", configure: apps::hello, goals: [None; 2] },
    Peer { path: "ours", name: "cookie-session-actix", configure: apps::ours, goals: [None; 2] },
    Peer {
        path: "signed",
        name: "actix-session `CookieSessionStore`, signed",
        configure: apps::signed,
        goals: [Some(0.3), Some(0.5)],
    },
    Peer {
        path: "private",
        name: "actix-session `CookieSessionStore`, encrypted (its default)",
        configure: apps::private,
        goals: [None; 2],
    },
];

/// Sessions that the browser cannot read. A third less than the other adds is to be added by ours.
const ENCRYPTED: [Peer; 3] = [
    Peer { path: "hello", name: "hello, without a session", configure: apps::hello, goals: [None; 2] },
    Peer {
        path: "ours-encrypted",
        name: "cookie-session-actix, encrypted",
        configure: apps::ours_encrypted,
        goals: [None; 2],
    },
    Peer {
        path: "private",
        name: "actix-session `CookieSessionStore`, its default",
        configure: apps::private,
        goals: [Some(0.67); 2],
    },
];

pub(crate) fn comparisons() -> Vec<Comparison> {
    let mut reading = Comparison::new("actix, reading", SIZE, Scale::Added);
    let mut changing = Comparison::new("actix, changing", SIZE, Scale::Added);
    let mut not_asking = Comparison::new("actix, not asking", SIZE, Scale::AddedToFirst);
    for peer in &PEERS {
        reading = reading.with_goal(peer.name, peer.goals[0], requests(peer, "read"));
        changing = changing.with_goal(peer.name, peer.goals[1], requests(peer, "change"));
        not_asking = not_asking.with(peer.name, requests(peer, "hello"));
    }
    let mut reading_encrypted = Comparison::new("actix encrypted, reading", SIZE, Scale::Added);
    let mut changing_encrypted = Comparison::new("actix encrypted, changing", SIZE, Scale::Added);
    for peer in &ENCRYPTED {
        reading_encrypted = reading_encrypted.with_goal(peer.name, peer.goals[0], requests(peer, "read"));
        changing_encrypted = changing_encrypted.with_goal(peer.name, peer.goals[1], requests(peer, "change"));
    }
    vec![reading, changing, not_asking, reading_encrypted, changing_encrypted]
}

/// Asks for a route again and again, each time with another of the sessions.
fn requests(peer: &Peer, route: &str) -> Run {
    let app = at_once(init_service(App::new().configure(peer.configure)));
    let cookies: Vec<_> = (0..COUNT)
        .map(|number| {
            let login = TestRequest::with_uri(&format!("/{}/login/{number}", peer.path)).to_request();
            cookie_line(&call(&app, login))
        })
        .collect();
    let path = format!("/{}/{route}", peer.path);
    let first = TestRequest::with_uri(&path).insert_header((COOKIE, cookies[0].clone())).to_request();
    let is_written = call(&app, first).headers().contains_key(SET_COOKIE);
    assert!(is_written || route != "change" || peer.path == "hello", "a change is written");
    let mut number = 0;
    Box::new(move |turns| {
        let request = |number| {
            let cookie: &HeaderValue = &cookies[number % COUNT];
            TestRequest::with_uri(&path).insert_header((COOKIE, cookie.clone())).to_request()
        };
        let requests: Vec<_> = (number..number + turns).map(request).collect();
        number += turns;
        let start = Instant::now();
        for request in requests {
            black_box(call(&app, request));
        }
        start.elapsed()
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

/// Returns what a browser sends after this response to its login.
fn cookie_line<B>(response: &ServiceResponse<B>) -> HeaderValue {
    let set = response.headers().get(SET_COOKIE).map_or("none=", |line| line.to_str().expect("text"));
    let line = data::five_cookies(set.split(';').next().expect("there is a first"));
    HeaderValue::try_from(line).expect("text")
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
