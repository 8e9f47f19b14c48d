//! A session is saved by the `Sessions` that opened it, and by no others.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

mod support;

use cookie_session::{Session, SessionError, Sessions};

use support::setup::{NOW, at, builder, keys};

/// Sessions of every kind, under the same secret where there is one.
fn all() -> Vec<(&'static str, Sessions)> {
    let build = |builder: cookie_session::Builder| builder.clock(|| at(NOW)).build().unwrap();
    #[allow(unused_mut, reason = "the frameworks have more")]
    let mut all = vec![
        ("shop", build(builder().name("__Host-shop"))),
        ("admin", build(builder().name("__Host-admin"))),
        ("shop, smaller", build(builder().name("__Host-shop").max_cookie_size(200))),
        ("shop, built once more", build(builder().name("__Host-shop"))),
    ];
    #[cfg(all(feature = "flask", feature = "django", feature = "starlette"))]
    {
        use cookie_session::{django, flask, starlette};

        let flask = || flask::Profile::new(flask::SecretKey::new("k").unwrap());
        let django = django::Profile::new(django::SecretKey::new("k").unwrap());
        let starlette = starlette::Profile::new(starlette::SecretKey::new("k").unwrap());
        let old = build(Sessions::builder(flask()));
        all.extend([
            ("Flask", build(Sessions::builder(flask()))),
            ("Django", build(Sessions::builder(django))),
            ("Starlette", build(Sessions::builder(starlette))),
            ("from Flask", build(builder().migrate_from(old.clone(), at(NOW), at(NOW)))),
            ("that Flask", old),
        ]);
    }
    all
}

type Change = fn(&mut Session);

const CHANGES: &[(&str, Change)] = &[
    ("untouched", |_| ()),
    ("filled", |session| session.insert("user", serde_json::json!({" m": "<b>"})).unwrap()),
    ("cleared", Session::clear),
];

#[test]
fn no_sessions_save_what_others_opened() {
    let all = all();
    for (from, opener) in &all {
        for (to, saver) in &all {
            for (what, change) in CHANGES {
                let mut session = opener.open([format!("{}=junk", opener.cookie_name())]);
                change(&mut session);
                let saved = saver.save(session);
                if from == to {
                    assert!(saved.is_ok(), "{from}: {what}");
                } else {
                    assert_eq!(saved.err(), Some(SessionError::OtherSessions), "{from} to {to}: {what}");
                }
            }
        }
    }
}

#[test]
fn clones_are_the_same_sessions() {
    let sessions = Sessions::builder(keys()).build().unwrap();
    let mut session = sessions.clone().start();
    session.insert("user", 1).unwrap();
    assert!(sessions.save(session).is_ok());
    // Also when the one that opened the session is gone, and another took its place in memory.
    let session = Sessions::builder(keys()).build().unwrap().start();
    let others = Sessions::builder(keys()).build().unwrap();
    assert_eq!(others.save(session).err(), Some(SessionError::OtherSessions));
}

#[test]
fn the_error_says_what_to_do() {
    let text = SessionError::OtherSessions.to_string();
    assert_eq!(text, "session belongs to other sessions; save it with those that opened it");
}
