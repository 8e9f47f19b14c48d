//! A handle answers as the session itself would, and shows the cookie's name alone.

#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![allow(clippy::unit_arg, reason = "what a step returns is shown, and some return nothing")]

mod support;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt::Debug;
use std::future::ready;
use std::time::SystemTime;

use cookie_session::{DecodeError, Sessions};
use cookie_session_axum::{CookieSession, SessionLayer};
use http::{Request, Response};
use serde_json::Value;
use support::{Clock, OTHER_KEY, builder, keys};
use tower::{Layer, Service, ServiceExt, service_fn};

/// Runs a handler behind the layer, on this thread, and returns the cookies that are set.
fn run(sessions: &Sessions, cookie: &str, handler: impl Fn(&CookieSession)) -> Vec<String> {
    let service = SessionLayer::new(sessions.clone()).layer(service_fn(async |request: Request<()>| {
        handler(&<CookieSession>::from_extensions(request.extensions()).unwrap());
        Ok::<_, Infallible>(Response::new(()))
    }));
    let request = Request::get("/").header("cookie", cookie).body(()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let response = runtime.block_on(service.oneshot(request)).unwrap();
    let lines = response.headers().get_all("set-cookie");
    lines.iter().map(|line| line.to_str().unwrap().to_owned()).collect()
}

/// Everything that a session says of itself.
#[derive(Debug, PartialEq)]
struct Facts {
    values: BTreeMap<String, Value>,
    keys: Vec<String>,
    len: usize,
    is_empty: bool,
    contains_key: [bool; 2],
    permanent: bool,
    is_new: bool,
    created_at: Option<SystemTime>,
    issued_at: Option<SystemTime>,
    rejection: Option<DecodeError>,
}

fn told_by_handle(session: &CookieSession) -> Facts {
    Facts {
        values: session.read().unwrap(),
        keys: session.keys().unwrap(),
        len: session.len().unwrap(),
        is_empty: session.is_empty().unwrap(),
        contains_key: ["user", "other"].map(|key| session.contains_key(key).unwrap()),
        permanent: session.permanent().unwrap(),
        is_new: session.is_new().unwrap(),
        created_at: session.created_at().unwrap(),
        issued_at: session.issued_at().unwrap(),
        rejection: session.rejection().unwrap(),
    }
}

fn told_by_session(session: &cookie_session::Session) -> Facts {
    Facts {
        values: session.read().unwrap(),
        keys: session.keys().map(Into::into).collect(),
        len: session.len(),
        is_empty: session.is_empty(),
        contains_key: ["user", "other"].map(|key| session.contains_key(key)),
        permanent: session.permanent(),
        is_new: session.is_new(),
        created_at: session.created_at(),
        issued_at: session.issued_at(),
        rejection: session.rejection().copied(),
    }
}

/// The same step, done to a handle and to the session itself, with what it returns.
type Step = (fn(&CookieSession) -> String, fn(&mut cookie_session::Session) -> String);

fn shown(value: impl Debug) -> String {
    format!("{value:?}")
}

const STEPS: &[Step] = &[
    (|_| String::new(), |_| String::new()),
    (|s| shown(s.get::<String>("user").unwrap()), |s| shown(s.get::<String>("user").unwrap())),
    (|s| shown(s.insert("theme", "dark").unwrap()), |s| shown(s.insert("theme", "dark").unwrap())),
    (|s| shown(s.take::<String>("user").unwrap()), |s| shown(s.take::<String>("user").unwrap())),
    (|s| shown(s.remove("user").unwrap()), |s| shown(s.remove("user"))),
    (
        |s| shown(s.update("n", |n: &mut u8| std::mem::replace(n, 7)).unwrap()),
        |s| shown(s.update("n", |n: &mut u8| std::mem::replace(n, 7)).unwrap()),
    ),
    (|s| shown(s.write(&[1]).is_ok()), |s| shown(s.write(&[1]).is_ok())),
    (
        |s| shown(s.write(&BTreeMap::from([("other", 1)])).unwrap()),
        |s| shown(s.write(&BTreeMap::from([("other", 1)])).unwrap()),
    ),
    (|s| shown(s.clear().unwrap()), |s| shown(s.clear())),
    (|s| shown(s.renew().unwrap()), |s| shown(s.renew())),
    (|s| shown(s.set_permanent(true).unwrap()), |s| shown(s.set_permanent(true))),
    (|s| shown(s.skip_refresh().unwrap()), |s| shown(s.skip_refresh())),
];

#[test]
fn a_handle_does_and_tells_what_the_session_does() {
    let clock = Clock::new();
    let sessions = clock.builder(builder()).build().unwrap();
    let pair = |sessions: &Sessions, permanent| {
        let mut session = sessions.start();
        session.insert("user", "ada").unwrap();
        session.set_permanent(permanent);
        sessions.save(session).unwrap().cookie_pair().unwrap().to_owned()
    };
    let stranger = clock.builder(Sessions::builder(keys(OTHER_KEY))).build().unwrap();
    let cookies =
        [pair(&sessions, false), pair(&sessions, true), pair(&stranger, false), "theme=dark".to_owned()];
    // A refresh of the first is due, one of the second is not.
    clock.advance(60 * 60);
    for cookie in &cookies {
        for (n, (to_handle, to_session)) in STEPS.iter().enumerate() {
            let mut session = sessions.open([cookie]);
            let result = to_session(&mut session);
            let facts = told_by_session(&session);
            let commit = sessions.save(session).unwrap();
            let lines = run(&sessions, cookie, |session| {
                assert_eq!(to_handle(session), result, "{n}");
                assert_eq!(told_by_handle(session), facts, "{n}");
            });
            assert_eq!(lines, commit.set_cookies().collect::<Vec<_>>(), "{n}");
        }
    }
}

#[test]
fn shows_the_name_of_the_cookie_alone() {
    let sessions = support::sessions();
    let cookie = support::cookie(&sessions, "user", "ada");
    run(&sessions, &cookie, |session| {
        session.len().unwrap();
        assert_eq!(format!("{session:?}"), "CookieSession { cookie: \"__Host-session\", .. }");
    });

    let layer = SessionLayer::new(sessions.clone());
    assert_eq!(format!("{layer:?}"), format!("SessionLayer {{ sessions: {sessions:?} }}"));
    let inner = service_fn(|_: Request<()>| ready(Ok::<_, Infallible>(Response::new(()))));
    let mut service = layer.layer(inner);
    assert_eq!(format!("{service:?}"), format!("SessionService {{ inner: {inner:?}, layer: {layer:?} }}"));
    let request = Request::get("/").header("cookie", cookie).body(()).unwrap();
    let future = service.call(request);
    assert!(format!("{future:?}").contains("guard: Guard(\"__Host-session\")"), "{future:?}");
}
