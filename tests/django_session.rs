//! An empty Django session is a session as long as its cookie is there.

#![cfg(feature = "django")]
#![allow(clippy::arithmetic_side_effects, clippy::unwrap_used, reason = "a test may panic")]

use std::time::{Duration, SystemTime};

use cookie_session::{Session, Sessions, django};

fn sessions(save_every_request: bool) -> Sessions {
    let secret = django::SecretKey::new("k").unwrap();
    let profile = django::Profile::new(secret).session_save_every_request(save_every_request);
    Sessions::builder(profile).clock(|| SystemTime::UNIX_EPOCH + NOW).build().unwrap()
}

/// Opens what a session left behind that lost its last value.
fn emptied(sessions: &Sessions) -> Session {
    let mut session = sessions.start();
    session.insert("a", 1).unwrap();
    let commit = sessions.save(session).unwrap();
    let mut session = sessions.open(commit.cookie_pair());
    assert!(session.remove("a"));
    let commit = sessions.save(session).unwrap();
    // b64(`{}`)
    assert!(commit.cookie_pair().is_some_and(|pair| pair.starts_with("sessionid=e30:")));
    let session = sessions.open(commit.cookie_pair());
    assert!(session.is_empty() && !session.is_new());
    session
}

#[test]
fn signs_an_empty_session_again_when_every_request_saves() {
    for save_every_request in [false, true] {
        let sessions = sessions(save_every_request);
        let commit = sessions.save(emptied(&sessions)).unwrap();
        assert_eq!(commit.cookie_pair().is_some(), save_every_request);
    }
}

#[test]
fn makes_no_cookie_for_a_visitor_who_has_none() {
    let sessions = sessions(true);
    for session in [sessions.start(), sessions.open(["sessionid=garbage"])] {
        assert_eq!(sessions.save(session).unwrap().set_cookies().count(), 0);
    }
}

#[test]
fn removes_the_cookie_of_a_session_that_is_cleared() {
    let sessions = sessions(true);
    let mut session = emptied(&sessions);
    session.clear();
    assert!(sessions.save(session).unwrap().is_removal());
}

const NOW: Duration = Duration::from_secs(1_750_000_000);
