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

use cookie_session::migration::{OldCookie, OldValue};
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
    builder(clock).migrate_with(OldCookie::new("id"), at(SUNSET), |value| old_library(value)).build().unwrap()
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
    let sessions = builder(&clock).migrate_with(old, at(SUNSET), |value| old_library(value)).build().unwrap();
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
        OldCookie::new("id").beside("id"),
        OldCookie::new("id").beside(NAME),
        OldCookie::new("id").beside("a b"),
        OldCookie::new("id").beside("__Host-id.sig").path("/app"),
    ] {
        builder(&clock).migrate_with(old, at(SUNSET), |value| old_library(value)).build().unwrap_err();
    }
    builder(&clock)
        .migrate_with(OldCookie::new("__Host-id").beside("__Host-id.sig"), at(SUNSET), |value| {
            old_library(value)
        })
        .insecure_for_local_http()
        .build()
        .unwrap();
}

#[cfg(feature = "flask")]
#[test]
fn goes_to_our_own_format_alone_and_not_beside_another_migration() {
    use cookie_session::flask;

    let profile = || flask::Profile::new(flask::SecretKey::new("the secret of the old application").unwrap());
    let builder = Sessions::builder(profile()).migrate_with("id", at(SUNSET), |value| old_library(value));
    assert!(builder.build().unwrap_err().to_string().starts_with("migrate_with"));
    let old = Sessions::builder(profile()).build().unwrap();
    let both = Sessions::builder(keys()).migrate_from(old, at(NOW), at(SUNSET));
    both.migrate_with("id", at(SUNSET), |value| old_library(value)).build().unwrap_err();
}

/// What stands for a library that keeps its signature in a second cookie.
fn with_signature(value: &OldValue<'_>) -> Option<BTreeMap<String, String>> {
    let user = std::str::from_utf8(value).ok()?;
    let is_genuine = value.beside().any(|signature| signature == format!("id={user} signed").as_bytes());
    is_genuine.then(|| BTreeMap::from([("user".to_owned(), user.to_owned())]))
}

fn old_with_signature() -> OldCookie {
    OldCookie::new("id").beside("id.sig")
}

fn migrating_with_signature(clock: &Clock) -> Sessions {
    builder(clock).migrate_with(old_with_signature(), at(SUNSET), with_signature).build().unwrap()
}

fn browser_with_signature(signature: &str) -> Jar {
    let mut jar = browser("ada");
    jar.set_all(HOME, [&*format!("id.sig={signature}; Path=/; Secure; HttpOnly")], NOW);
    jar
}

#[test]
fn a_cookie_and_its_signature_come_over_and_go_together() {
    let clock = Clock::at(NOW);
    let sessions = migrating_with_signature(&clock);
    let mut jar = browser_with_signature("id=ada signed");
    assert_eq!(visit(&sessions, &mut jar, NOW).as_deref(), Some("ada"));
    let names: Vec<_> = jar.cookies().iter().map(|cookie| cookie.name.as_str()).collect();
    assert_eq!(names, [NAME], "both old ones are gone");
    assert_eq!(visit(&sessions, &mut jar, NOW).as_deref(), Some("ada"));
    // A logout removes both, genuine or not, and so does the next session after the sunset.
    for signature in ["id=ada signed", "forged"] {
        let mut jar = browser_with_signature(signature);
        log_out(&sessions, &mut jar, NOW);
        assert!(jar.is_empty(), "{signature}");
    }
    clock.advance(15 * DAY);
    let mut session = sessions.open(["id=ada; id.sig=id=ada signed"]);
    assert_eq!(session.rejection(), Some(&DecodeError::Expired));
    session.insert("user", "bob").unwrap();
    let mut jar = browser_with_signature("id=ada signed");
    jar.set_all(HOME, sessions.save(session).unwrap().set_cookies(), NOW);
    assert!(jar.get("id").is_none() && jar.get("id.sig").is_none());
}

#[test]
fn both_are_removed_with_the_same_attributes() {
    let clock = Clock::at(NOW);
    let old = old_with_signature().path("/app").domain("example.org");
    let sessions = builder(&clock).migrate_with(old, at(SUNSET), with_signature).build().unwrap();
    let commit = sessions.save(sessions.open(["id=ada; id.sig=id=ada signed"])).unwrap();
    let lines: Vec<_> = commit.set_cookies().collect();
    assert_eq!(lines.len(), 3);
    let attributes = |line: &str| line.split_once(';').unwrap().1.to_owned();
    assert!(lines[1].starts_with("id=; ") && lines[2].starts_with("id.sig=; "), "{lines:?}");
    assert_eq!(attributes(lines[1]), attributes(lines[2]));
    assert!(lines[2].contains("Path=/app") && lines[2].contains("Domain=example.org"), "{lines:?}");
}

#[test]
fn of_several_values_and_signatures_some_pair_must_be_genuine() {
    let clock = Clock::at(NOW);
    let sessions = migrating_with_signature(&clock);
    for (lines, user) in [
        (vec!["id=ada; id.sig=id=ada signed"], Some("ada")),
        (vec!["id.sig=id=ada signed; id=ada"], Some("ada")),
        (vec!["id.sig=id=ada signed", "id=ada"], Some("ada")),
        (vec!["id=ada"], None),
        (vec!["id=ada; id.sig="], None),
        (vec!["id=ada; id.sig=forged"], None),
        (vec!["id=ada; id.sig=id=bob signed"], None),
        (vec!["id=ada; id.sig=other=ada signed"], None),
        (vec!["id=ada; ID.sig=id=ada signed; id.sigs=id=ada signed"], None),
        (vec!["id=planted; id.sig=forged; id=ada; id.sig=id=ada signed"], Some("ada")),
        (vec!["id=planted; id=ada; id.sig=id=ada signed"], Some("ada")),
        (vec!["id=ada; id.sig=forged; id.sig=id=ada signed"], Some("ada")),
        (vec!["id=ada; id=bob; id.sig=id=bob signed; id.sig=id=ada signed"], Some("ada")),
        (vec!["id=bob; id=ada; id.sig=id=ada signed", "id.sig=id=bob signed"], Some("bob")),
    ] {
        let session = sessions.open(&lines);
        assert_eq!(session.get::<String>("user").unwrap().as_deref(), user, "{lines:?}");
        let rejection = user.is_none().then_some(&DecodeError::InvalidSignature);
        assert_eq!(session.rejection(), rejection, "{lines:?}");
    }
}

#[test]
fn a_signature_alone_is_nothing() {
    let clock = Clock::at(NOW);
    let sessions = migrating_with_signature(&clock);
    let mut session = sessions.open(["id.sig=id=ada signed"]);
    assert_eq!((session.len(), session.rejection()), (0, None));
    session.clear();
    assert_eq!(sessions.save(session).unwrap().set_cookies().count(), 0);
}

#[test]
fn eight_values_and_eight_signatures_are_looked_at_and_none_is_long() {
    let clock = Clock::at(NOW);
    let seen = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&seen);
    let sessions = builder(&clock)
        .migrate_with(old_with_signature(), at(SUNSET), move |value| {
            counted.fetch_add(1 + 100 * value.beside().count(), Ordering::Relaxed);
            with_signature(value)
        })
        .build()
        .unwrap();
    let look = |lines: Vec<String>| {
        assert!(sessions.open(lines).is_empty());
        seen.swap(0, Ordering::Relaxed)
    };
    assert_eq!(look(vec!["id=a".into()]), 1);
    assert_eq!(look(vec!["id=a; id.sig=b; id.sig=c".into()]), 201);
    assert_eq!(look(vec!["id=a; id.sig=b; id.sig=c".into(); 4000]), 8 * 801);
    assert_eq!(look(vec![format!("id=a; id.sig={}; id.sig=b", "x".repeat(5000))]), 101);
}

#[test]
fn the_value_of_an_old_cookie_does_not_show() {
    let clock = Clock::at(NOW);
    let read = |value: &OldValue<'_>| {
        assert_eq!(format!("{value:?}"), "OldValue { .. }");
        with_signature(value)
    };
    let sessions = builder(&clock).migrate_with(old_with_signature(), at(SUNSET), read).build().unwrap();
    assert_eq!(sessions.open(["id=ada; id.sig=id=ada signed"]).len(), 1);
}
