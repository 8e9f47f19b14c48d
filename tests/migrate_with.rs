//! Another library's cookie is read for a while, once for each visitor, and never comes back.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

mod support;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cookie_session::migration::OldCookie;
use cookie_session::{Builder, DecodeError, Sessions};

use support::forge::Clock;
use support::jar::Jar;
use support::setup::{DAY, HOME, HOUR, NAME, NOW, at, keys};

const SUNSET: u64 = NOW + 14 * DAY;

/// What stands for the other library: a value is genuine if it ends so.
fn old_library(value: &[u8]) -> Option<BTreeMap<String, String>> {
    let user = std::str::from_utf8(value).ok()?.strip_suffix("--genuine")?;
    Some(BTreeMap::from([("user".to_owned(), user.to_owned())]))
}

fn builder(clock: &Clock) -> Builder {
    let clock = clock.clone();
    Sessions::builder(keys()).clock(move || at(clock.now()))
}

fn migrating(clock: &Clock) -> Sessions {
    builder(clock).migrate_with(OldCookie::new("id"), at(SUNSET), old_library).build().unwrap()
}

/// One request of the browser: returns the user, and lets the jar see the answer.
fn visit(sessions: &Sessions, jar: &mut Jar, now: u64) -> Option<String> {
    let session = sessions.open(jar.header(HOME, now));
    let user = session.get("user").unwrap();
    let commit = sessions.save(session).unwrap();
    jar.set_all(HOME, commit.set_cookies(), now);
    user
}

fn log_out(sessions: &Sessions, jar: &mut Jar, now: u64) {
    let mut session = sessions.open(jar.header(HOME, now));
    session.clear();
    let commit = sessions.save(session).unwrap();
    jar.set_all(HOME, commit.set_cookies(), now);
}

fn browser(value: &str) -> Jar {
    let mut jar = Jar::new();
    jar.set_all(HOME, [&*format!("id={value}; Path=/; Secure; HttpOnly")], NOW);
    jar
}

#[test]
fn comes_over_with_the_first_response_even_untouched() {
    let clock = Clock::at(NOW);
    let sessions = migrating(&clock);
    let mut jar = browser("ada--genuine");
    assert_eq!(visit(&sessions, &mut jar, NOW).as_deref(), Some("ada"));
    let names: Vec<_> = jar.cookies().iter().map(|cookie| cookie.name.as_str()).collect();
    assert_eq!(names, [NAME], "the old one is gone");
    assert_eq!(visit(&sessions, &mut jar, NOW).as_deref(), Some("ada"));
}

#[test]
fn counts_as_created_now_and_names_no_key() {
    let clock = Clock::at(NOW);
    let session = migrating(&clock).open(["id=ada--genuine"]);
    assert_eq!(session.created_at(), Some(at(NOW)));
    assert_eq!(session.issued_at(), Some(at(NOW)));
    assert_eq!(session.verified_by(), None);
    assert!(!session.is_new());
}

#[test]
fn nothing_is_accepted_after_the_sunset() {
    let clock = Clock::at(SUNSET);
    let sessions = migrating(&clock);
    assert_eq!(sessions.open(["id=ada--genuine"]).len(), 1);
    clock.advance(1);
    let session = sessions.open(["id=ada--genuine"]);
    assert_eq!((session.len(), session.rejection()), (0, Some(&DecodeError::Expired)));
    // It is removed with the next save all the same.
    let mut session = session;
    session.insert("user", "bob").unwrap();
    let commit = sessions.save(session).unwrap();
    let mut jar = browser("ada--genuine");
    jar.set_all(HOME, commit.set_cookies(), SUNSET);
    assert!(jar.get("id").is_none());
}

#[test]
fn a_cookie_of_ours_good_or_bad_keeps_the_old_one_from_being_read() {
    let clock = Clock::at(NOW);
    let reads = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&reads);
    let sessions = builder(&clock)
        .migrate_with("id", at(SUNSET), move |value| {
            counted.fetch_add(1, Ordering::Relaxed);
            old_library(value)
        })
        .build()
        .unwrap();
    let mut session = sessions.start();
    session.insert("user", "bob").unwrap();
    let good = sessions.save(session).unwrap().cookie_pair().unwrap().to_owned();
    let forged = format!("{}AAAA", good.split_at(good.len() - 4).0);
    let junk = format!("{NAME}=junk");
    for (ours, expected) in [(&good, Some("bob")), (&forged, None), (&junk, None)] {
        for lines in [vec![format!("id=ada--genuine; {ours}")], vec![ours.clone(), "id=ada--genuine".into()]]
        {
            let session = sessions.open(&lines);
            assert_eq!(session.get::<String>("user").unwrap().as_deref(), expected, "{lines:?}");
        }
    }
    assert_eq!(reads.load(Ordering::Relaxed), 0);
}

#[test]
fn a_logout_is_not_undone_by_the_old_cookie() {
    let clock = Clock::at(NOW);
    let sessions = migrating(&clock);
    for value in ["ada--genuine", "forged"] {
        let mut jar = browser(value);
        log_out(&sessions, &mut jar, NOW);
        assert!(jar.is_empty(), "{value}");
        assert_eq!(visit(&sessions, &mut jar, NOW), None);
    }
    // Nor when the session came over and then ended.
    let mut jar = browser("ada--genuine");
    assert!(visit(&sessions, &mut jar, NOW).is_some());
    clock.advance(3 * HOUR);
    assert_eq!(visit(&sessions, &mut jar, NOW + 3 * HOUR), None);
}

#[test]
fn what_the_old_library_refuses_is_anonymous_and_left_alone() {
    let clock = Clock::at(NOW);
    let sessions = migrating(&clock);
    for value in ["forged", "", "=;", "\u{1F36A}"] {
        let session = sessions.open([format!("id={value}")]);
        assert_eq!(
            (session.len(), session.rejection()),
            (0, Some(&DecodeError::InvalidSignature)),
            "{value}"
        );
        assert_eq!(sessions.save(session).unwrap().set_cookies().count(), 0);
    }
    assert_eq!(sessions.open(["idx=ada--genuine; xid=ada--genuine"]).rejection(), None);
}

#[test]
fn data_that_are_no_object_are_refused() {
    let clock = Clock::at(NOW);
    let sessions = builder(&clock).migrate_with("id", at(SUNSET), |_| Some(42)).build().unwrap();
    let session = sessions.open(["id=x"]);
    assert_eq!((session.len(), session.rejection()), (0, Some(&DecodeError::Payload)));
}

#[test]
fn of_several_the_first_genuine_one_counts_and_eight_are_looked_at() {
    let clock = Clock::at(NOW);
    let reads = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&reads);
    let sessions = builder(&clock)
        .migrate_with("id", at(SUNSET), move |value| {
            counted.fetch_add(1, Ordering::Relaxed);
            old_library(value)
        })
        .build()
        .unwrap();
    let user = |lines: Vec<String>| sessions.open(lines).get::<String>("user").unwrap();
    assert_eq!(user(vec!["id=junk; id=ada--genuine; id=bob--genuine".into()]).as_deref(), Some("ada"));
    reads.store(0, Ordering::Relaxed);
    for lines in [1, 4000] {
        assert_eq!(user(vec!["id=junk; id=junk".into(); lines]), None);
    }
    assert_eq!(reads.load(Ordering::Relaxed), 2 + 8);
    let long = format!("id={}--genuine", "x".repeat(5000));
    assert_eq!(user(vec![long]), None);
}

#[test]
fn what_does_not_fit_stays_as_it_is() {
    let clock = Clock::at(NOW);
    let sessions = builder(&clock)
        .migrate_with("id", at(SUNSET), |_| Some(BTreeMap::from([("big", "x".repeat(4000))])))
        .build()
        .unwrap();
    let session = sessions.open(["id=x"]);
    assert_eq!(session.len(), 1);
    let commit = sessions.save(session).unwrap();
    assert!(commit.skipped().is_some());
    assert_eq!(commit.set_cookies().count(), 0);
}

#[test]
fn the_removal_has_the_attributes_of_the_old_cookie() {
    let clock = Clock::at(NOW);
    let old = OldCookie::new("id").path("/app").domain("example.org");
    let sessions = builder(&clock).migrate_with(old, at(SUNSET), old_library).build().unwrap();
    let session = sessions.open(["id=ada--genuine"]);
    let commit = sessions.save(session).unwrap();
    let lines: Vec<_> = commit.set_cookies().collect();
    assert_eq!(lines.len(), 2);
    assert!(lines[1].starts_with("id=; ") && lines[1].contains("Path=/app"), "{lines:?}");
    assert!(lines[1].contains("Domain=example.org") && lines[1].contains("Max-Age=0"), "{lines:?}");
}

#[test]
fn what_makes_no_sense_does_not_build() {
    let clock = Clock::at(NOW);
    for old in [
        OldCookie::new(NAME),
        OldCookie::new("a b"),
        OldCookie::new(""),
        OldCookie::new("__Host-id").path("/app"),
        OldCookie::new("id").domain(".example.org"),
    ] {
        builder(&clock).migrate_with(old, at(SUNSET), old_library).build().unwrap_err();
    }
    builder(&clock)
        .migrate_with(OldCookie::new("__Host-id"), at(SUNSET), old_library)
        .insecure_for_local_http()
        .build()
        .unwrap();
}

#[cfg(feature = "flask")]
#[test]
fn goes_to_our_own_format_alone_and_not_beside_another_migration() {
    use cookie_session::flask;

    let profile = || flask::Profile::new(flask::SecretKey::new("the secret of the old application").unwrap());
    let builder = Sessions::builder(profile()).migrate_with("id", at(SUNSET), old_library);
    assert!(builder.build().unwrap_err().to_string().starts_with("migrate_with"));
    let old = Sessions::builder(profile()).build().unwrap();
    let both = Sessions::builder(keys()).migrate_from(old, at(NOW), at(SUNSET));
    both.migrate_with("id", at(SUNSET), old_library).build().unwrap_err();
}
