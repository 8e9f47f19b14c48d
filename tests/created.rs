//! A session that a request begins was created then, and not when the request came.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use cookie_session::{Builder, Session, Sessions};

use support::setup::{HOUR, NOW, at, builder, cookie_at, cookie_with};

/// A clock that a test sets, and that counts how often it is read.
#[derive(Clone)]
struct Clock {
    now: Arc<AtomicU64>,
    readings: Arc<AtomicU64>,
}

impl Clock {
    fn of(builder: Builder) -> (Self, Sessions) {
        let clock = Self { now: Arc::new(NOW.into()), readings: Arc::new(0.into()) };
        let hand = clock.clone();
        let sessions = builder.clock(move || {
            hand.readings.fetch_add(1, Ordering::Relaxed);
            at(hand.now.load(Ordering::Relaxed))
        });
        (clock, sessions.build().unwrap())
    }

    fn set(&self, seconds: u64) {
        self.now.store(seconds, Ordering::Relaxed);
    }

    /// Returns how often the clock was read since the last call.
    fn readings(&self) -> u64 {
        self.readings.swap(0, Ordering::Relaxed)
    }
}

/// When a session says that it was created, and when its cookie was signed.
fn times(session: &Session) -> (SystemTime, SystemTime) {
    assert_eq!(session.rejection(), None);
    (session.created_at().unwrap(), session.issued_at().unwrap())
}

type Begin = fn(&mut Session);

/// What makes a session a new one.
const BEGINNINGS: &[(&str, Begin)] = &[
    ("clear", |session| session.clear()),
    ("renew", Session::renew),
    ("clear and renew", |session| {
        session.clear();
        session.renew();
    }),
];

#[test]
fn a_session_begun_after_the_request_came_is_created_no_earlier() {
    for (what, begin) in BEGINNINGS {
        let (clock, sessions) = Clock::of(builder());
        let mut session = sessions.open([cookie_with(r#"{"user":"Ada"}"#)]);
        // The visitor changes the password elsewhere, which ends all sessions from before; this request is slow.
        let valid_from = at(NOW + 3);
        clock.set(NOW + 10);
        begin(&mut session);
        session.insert("user", "Ada Lovelace").unwrap();
        clock.readings();
        let commit = sessions.save(session).unwrap();
        assert_eq!(clock.readings(), 1, "{what}");
        let (created, issued) = times(&sessions.open(commit.cookie_pair()));
        assert!(created >= valid_from, "{what}");
        assert_eq!((created, issued), (at(NOW + 10), at(NOW + 10)), "{what}");
    }
}

#[test]
fn a_visitor_without_a_session_begins_one_when_it_is_saved() {
    let cookies: [Vec<String>; 4] = [
        vec![],
        vec!["theme=dark".into()],
        // The clock was read when this was refused.
        vec![cookie_at(r#"{"user":"Ada"}"#, NOW - 3 * HOUR)],
        vec![cookie_at(r#"{"user":"Ada"}"#, NOW + HOUR)],
    ];
    for lines in cookies {
        let (clock, sessions) = Clock::of(builder());
        let mut session = sessions.open(&lines);
        clock.set(NOW + 10);
        session.insert("user", "Ada").unwrap();
        let commit = sessions.save(session).unwrap();
        let times = times(&sessions.open(commit.cookie_pair()));
        assert_eq!(times, (at(NOW + 10), at(NOW + 10)), "{lines:?}");
    }
}

#[test]
fn a_session_that_goes_on_has_one_reading_of_the_clock() {
    type Change = fn(&mut Session);
    let changes: &[(&str, Change)] = &[
        ("changed", |session| session.insert("user", "Grace").unwrap()),
        ("emptied and filled", |session| {
            session.remove("user");
            session.insert("id", 1).unwrap();
        }),
        ("permanent", |session| session.set_permanent(true)),
        ("refreshed", |_| ()),
    ];
    for (what, change) in changes {
        let (clock, sessions) = Clock::of(builder());
        let mut session = sessions.open([cookie_at(r#"{"user":"Ada"}"#, NOW - HOUR)]);
        clock.set(NOW + 10);
        change(&mut session);
        let commit = sessions.save(session).unwrap();
        assert_eq!(clock.readings(), 1, "{what}");
        let times = times(&sessions.open(commit.cookie_pair()));
        assert_eq!(times, (at(NOW - HOUR), at(NOW)), "{what}");
    }
}

#[test]
fn a_clock_that_is_set_back_makes_no_session_older_than_its_request() {
    for (what, begin) in BEGINNINGS {
        let (clock, sessions) = Clock::of(builder());
        let mut session = sessions.open([cookie_with(r#"{"user":"Ada"}"#)]);
        clock.set(NOW - 10);
        begin(&mut session);
        session.insert("user", "Grace").unwrap();
        let commit = sessions.save(session).unwrap();
        assert_eq!(times(&sessions.open(commit.cookie_pair())), (at(NOW), at(NOW)), "{what}");
    }
}

#[test]
fn the_time_that_a_caller_gives_holds_for_the_whole_request() {
    for (what, begin) in BEGINNINGS {
        let (clock, sessions) = Clock::of(builder());
        clock.set(NOW + 100);
        let mut session = sessions.open_at([cookie_with(r#"{"user":"Ada"}"#)], at(NOW + 5));
        begin(&mut session);
        session.insert("user", "Grace").unwrap();
        let commit = sessions.save(session).unwrap();
        assert_eq!(clock.readings(), 0, "{what}");
        let session = sessions.open(commit.cookie_pair());
        assert_eq!(times(&session), (at(NOW + 5), at(NOW + 5)), "{what}");
    }
}

#[cfg(feature = "flask")]
#[test]
fn a_frameworks_session_begun_anew_is_signed_then() {
    use cookie_session::flask;

    let profile = flask::Profile::new(flask::SecretKey::new("k").unwrap());
    let (clock, sessions) = Clock::of(Sessions::builder(profile));
    let mut session = sessions.start();
    session.insert("user", "Ada").unwrap();
    let cookie = sessions.save(session).unwrap().cookie_pair().unwrap().to_owned();
    for (cleared, issued) in [(true, NOW + 10), (false, NOW)] {
        clock.set(NOW);
        let mut session = sessions.open([&cookie]);
        clock.set(NOW + 10);
        if cleared {
            session.clear();
        }
        session.insert("user", "Grace").unwrap();
        let commit = sessions.save(session).unwrap();
        // Tokens are dated back by a second.
        let issued_at = sessions.open(commit.cookie_pair()).issued_at();
        assert_eq!(issued_at, Some(at(issued - 1)), "{cleared}");
    }
}
