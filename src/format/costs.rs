//! Tests of what the cookies of a request cost, in MACs, which cannot be counted
//! from outside.

use std::time::{Duration, SystemTime};

use crate::error::DecodeError;
use crate::sessions::Sessions;
use crate::sessions::tests::ring;
use crate::token::signer::tests::macs;

#[test]
fn flask_looks_at_one_cookie_and_a_migration_at_those_of_each_name() {
    use crate::format::flask;

    let secret = |text: &str| flask::SecretKey::new(text).unwrap();
    let flask = |name| {
        let profile = flask::Profile::new(secret("one")).fallback(secret("two"));
        Sessions::builder(profile).name(name).build().unwrap()
    };
    let stranger = format!("{}.ZVPxAA.{}", "A".repeat(20), "A".repeat(27));
    let line = vec![format!("session={stranger}"); 20].join("; ");
    let sessions = flask("session");
    assert_eq!(macs(|| drop(sessions.open([&line]))), 2);
    let far = SystemTime::now().checked_add(Duration::from_secs(3600)).unwrap();
    let native = Sessions::builder(ring(3)).migrate_from(flask("session"), far, far).build().unwrap();
    let own = format!("__Host-session={}.ZVPxAA.{}", "A".repeat(20), "A".repeat(43));
    let line = format!("{line}; {}", vec![own; 20].join("; "));
    assert_eq!(macs(|| drop(native.open([&line]))), 2 + 3 * 8);
}

#[test]
fn what_a_request_costs_does_not_grow_with_its_lines() {
    use crate::{django, flask, starlette};

    let flask = flask::Profile::new(flask::SecretKey::new("one").unwrap());
    let flask = flask.fallback(flask::SecretKey::new("two").unwrap());
    let django = django::Profile::new(django::SecretKey::new("one").unwrap());
    let django = django.fallback(django::SecretKey::new("two").unwrap());
    let starlette = starlette::Profile::new(starlette::SecretKey::new("one").unwrap());
    let build = |builder: crate::Builder| builder.build().unwrap();
    let far = SystemTime::now().checked_add(Duration::from_secs(3600)).unwrap();
    let moves = |old| build(Sessions::builder(ring(3)).migrate_from(old, far, far));
    let flask_sessions = build(Sessions::builder(flask));
    let django_sessions = build(Sessions::builder(django));
    let starlette_sessions = build(Sessions::builder(starlette));

    let base64 =
        |name, signature: usize| format!("{name}={}.ZVPxAA.{}", "A".repeat(20), "A".repeat(signature));
    let flask_cookie = base64("session", 27);
    let django_cookie = format!("sessionid={}:1r31ev:{}", "A".repeat(20), "A".repeat(43));
    let native_cookie = base64("__Host-session", 43);
    let both = |old: &str| format!("{old}; {native_cookie}");
    let rows = [
        ("native", build(Sessions::builder(ring(3))), native_cookie.clone(), 3, 3 * 8),
        ("Flask", flask_sessions.clone(), flask_cookie.clone(), 2, 2),
        ("Django", django_sessions.clone(), django_cookie.clone(), 2, 2),
        ("Starlette", starlette_sessions.clone(), flask_cookie.clone(), 1, 1),
        ("from Flask", moves(flask_sessions), both(&flask_cookie), 3 + 2, 3 * 8 + 2),
        ("from Django", moves(django_sessions), both(&django_cookie), 3 + 2, 3 * 8 + 2),
        ("from Starlette", moves(starlette_sessions), both(&flask_cookie), 3 + 1, 3 * 8 + 1),
    ];
    for (what, sessions, line, one, most) in rows {
        assert_eq!(macs(|| drop(sessions.open([&line]))), one, "{what}, one line");
        let lines = std::iter::repeat_n(&line, 4000);
        assert_eq!(macs(|| drop(sessions.open(lines))), most, "{what}, 4,000 lines");
    }
}

#[test]
fn the_last_cookie_counts_wherever_it_stands() {
    use crate::django;

    let profile = django::Profile::new(django::SecretKey::new("one").unwrap());
    let sessions = Sessions::builder(profile).build().unwrap();
    let cookie = |user: u32| {
        let mut session = sessions.start();
        session.insert("user", user).unwrap();
        sessions.save(session).unwrap().cookie_pair().unwrap().to_owned()
    };
    let (one, two) = (cookie(1), cookie(2));
    // Lines that live no longer than the step of the iterator that made them.
    let user = |lines: &[&str]| {
        let session = sessions.open(lines.iter().map(|line| line.as_bytes().to_vec()));
        (session.get::<u32>("user").unwrap(), session.presented, session.rejection)
    };
    let found = |user| (Some(user), true, None);
    assert_eq!(user(&[&one, &two]), found(2));
    assert_eq!(user(&[&two, &one, "a=b", ""]), found(1));
    assert_eq!(user(&[&format!("{one}; {two}; a=b"), "theme=dark; sessionidx=1"]), found(2));
    let malformed = (None, true, Some(DecodeError::Malformed));
    assert_eq!(user(&[&one, &two, "sessionid="]), malformed);
    assert_eq!(user(&[&format!("{one}; sessionid=x"), "a=b"]), malformed);
    let long = format!("sessionid={}", "x".repeat(5000));
    assert_eq!(user(&[&one, &long]), (None, true, Some(DecodeError::TooLong)));
    assert_eq!(user(&[&long, &one]), found(1));
    assert_eq!(user(&["a=b", ""]), (None, false, None));
}
