//! A migration ends: sessions of a Python framework are taken over for a while, once each, and never come back.

#![cfg(all(feature = "flask", feature = "django", feature = "starlette"))]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use cookie_session::{
    Builder, Commit, DecodeError, Lifetime, Profile, SameSite, SessionError, Sessions, django, flask,
    starlette,
};

use support::forge::{Clock, Digest, Forge, timestamp};
use support::jar::Jar;
use support::setup::{DAY, HOME, HOUR, NAME, NOW, at, cookie_at, keys, payload_of, sign};

const SECRET: &str = "the secret of the old application";

/// When the old application stopped, and when the last of its sessions is refused.
const CUT_OFF: u64 = NOW - HOUR;
const SUNSET: u64 = NOW + 14 * DAY;

fn flask_profile() -> Profile {
    flask::Profile::new(flask::SecretKey::new(SECRET).unwrap()).into()
}

fn django_profile() -> django::Profile {
    django::Profile::new(django::SecretKey::new(SECRET).unwrap())
}

/// Flask's sessions, with the attributes that the old application gave its cookie.
fn old() -> Builder {
    Sessions::builder(flask_profile())
        .path("/app")
        .domain("example.org")
        .clock(|| panic!("a clock is enough"))
}

fn migrating(clock: &Clock, old: Builder) -> Sessions {
    let clock = clock.clone();
    Sessions::builder(keys())
        .clock(move || at(clock.now()))
        .migrate_from(old.build().unwrap(), at(CUT_OFF), at(SUNSET))
        .build()
        .unwrap()
}

/// Returns the token that Flask would make of this JSON text.
fn flask_token(json: &str, issued: u64) -> String {
    let digest = Digest::Sha1;
    Forge::signing(digest.hmac(SECRET.as_bytes(), b"cookie-session"), digest).token(json, issued)
}

fn flask_cookie(json: &str, issued: u64) -> String {
    format!("session={}", flask_token(json, issued))
}

/// A browser that logged in on the Flask application.
fn browser(json: &str, issued: u64) -> Jar {
    let mut jar = Jar::new();
    let line = format!("{}; Domain=example.org; HttpOnly; Path=/app", flask_cookie(json, issued));
    jar.set(PAGE, &line, issued);
    assert_eq!(jar.len(), 1);
    jar
}

/// Visits a page that does nothing but look at the session; returns who is logged in.
fn visit(sessions: &Sessions, jar: &mut Jar, now: u64) -> Option<String> {
    let session = sessions.open(jar.header(PAGE, now));
    let user = session.get("user").unwrap();
    let commit = sessions.save(session).unwrap();
    jar.set_all(PAGE, commit.set_cookies(), now);
    user
}

/// Returns whether the response removes the cookie.
fn log_out(sessions: &Sessions, jar: &mut Jar, now: u64) -> bool {
    let mut session = sessions.open(jar.header(PAGE, now));
    session.clear();
    let commit = sessions.save(session).unwrap();
    jar.set_all(PAGE, commit.set_cookies(), now);
    commit.is_removal()
}

fn names(jar: &Jar) -> Vec<&str> {
    jar.cookies().iter().map(|cookie| cookie.name.as_str()).collect()
}

#[test]
fn accepts_only_what_was_issued_before_the_cut_off() {
    let sessions = migrating(&Clock::at(NOW), old());
    for (issued, accepted) in
        [(CUT_OFF - 1, true), (CUT_OFF, false), (CUT_OFF + 1, false), (NOW, false), (NOW + 30, false)]
    {
        let session = sessions.open([flask_cookie(ANN, issued)]);
        assert_eq!(session.get("user"), Ok(accepted.then(|| "ann".to_owned())), "{issued}");
        assert_eq!(session.rejection(), (!accepted).then_some(&DecodeError::Expired), "{issued}");
        assert_eq!(session.is_new(), !accepted, "{issued}");
    }
}

#[test]
fn accepts_nothing_after_the_sunset_without_a_deploy() {
    let clock = Clock::at(NOW);
    let year = Duration::from_secs(365 * DAY);
    let lasting = Lifetime { idle: year, absolute: year };
    let hand = clock.clone();
    let sessions = Sessions::builder(keys())
        .clock(move || at(hand.now()))
        .lifetime(lasting)
        .migrate_from(old().build().unwrap(), at(CUT_OFF), at(SUNSET))
        .build()
        .unwrap();
    let cookie = flask_cookie(ANN, CUT_OFF - 1);
    for (now, accepted) in
        [(NOW, true), (SUNSET - 1, true), (SUNSET, true), (SUNSET + 1, false), (SUNSET + DAY, false)]
    {
        clock.set(now);
        assert_eq!(sessions.open([&cookie]).is_empty(), !accepted, "{}", now - NOW);
        assert_eq!(sessions.open_at([&cookie], at(now)).is_empty(), !accepted, "{}", now - NOW);
    }
    // What was taken over before goes on.
    clock.set(SUNSET);
    let mut jar = browser(ANN, CUT_OFF - 1);
    assert_eq!(visit(&sessions, &mut jar, SUNSET).as_deref(), Some("ann"));
    clock.set(SUNSET + DAY);
    assert_eq!(visit(&sessions, &mut jar, SUNSET + DAY).as_deref(), Some("ann"));
}

#[test]
fn a_cookie_that_is_seen_after_the_sunset_is_removed_with_the_next_save() {
    let clock = Clock::at(SUNSET + 1);
    let sessions = migrating(&clock, old());
    let mut jar = browser(ANN, CUT_OFF - 1);
    assert_eq!(visit(&sessions, &mut jar, SUNSET + 1), None);
    assert_eq!(names(&jar), ["session"], "a rejection alone removes nothing");

    let mut session = sessions.open(jar.header(PAGE, SUNSET + 1));
    session.insert("user", "bob").unwrap();
    jar.set_all(PAGE, sessions.save(session).unwrap().set_cookies(), SUNSET + 1);
    assert_eq!(names(&jar), [NAME]);
}

#[test]
fn counts_the_session_as_created_when_its_token_was_issued() {
    let sessions = migrating(&Clock::at(NOW), old());
    let issued = CUT_OFF - 3 * HOUR;
    let session = sessions.open([flask_cookie(ANN, issued)]);
    assert_eq!(session.created_at(), Some(at(issued)));
    assert_eq!(session.issued_at(), Some(at(issued)));

    let commit = sessions.save(session).unwrap();
    assert_eq!(payload_of(&commit), format!(r#"[{issued},false,{ANN}]"#));
    let session = sessions.open(commit.cookie_pair());
    assert_eq!(session.created_at(), Some(at(issued)));
    assert_eq!(session.issued_at(), Some(at(NOW)));
}

#[test]
fn ends_it_at_the_absolute_limit_counted_from_then() {
    let sessions = migrating(&Clock::at(NOW), old());
    for (issued, accepted) in [(NOW - DAY, true), (NOW - DAY - 1, false)] {
        let session = sessions.open([flask_cookie(ANN, issued)]);
        assert_eq!(session.is_empty(), !accepted);
        assert_eq!(session.rejection(), (!accepted).then_some(&DecodeError::Expired));
    }
    // The old application's own limit of 31 days holds too.
    let permanent = |issued| sessions.open([flask_cookie(r#"{"_permanent":true,"user":"ann"}"#, issued)]);
    assert!(!permanent(NOW - 31 * DAY).is_empty());
    assert_eq!(permanent(NOW - 31 * DAY - 1).rejection(), Some(&DecodeError::Expired));
}

#[test]
fn issues_it_natively_at_the_next_save_even_untouched() {
    let sessions = migrating(&Clock::at(NOW), old());
    let mut jar = browser(ANN, CUT_OFF - 1);
    assert_eq!(visit(&sessions, &mut jar, NOW).as_deref(), Some("ann"));
    assert_eq!(names(&jar), [NAME]);
    assert_eq!(visit(&sessions, &mut jar, NOW).as_deref(), Some("ann"));

    // It is no refresh, so a poll does it as well.
    let mut session = sessions.open([flask_cookie(ANN, CUT_OFF - 1)]);
    session.skip_refresh();
    assert!(!session.is_modified());
    assert!(sessions.save(session).unwrap().cookie_pair().is_some());
}

#[test]
fn the_first_native_save_removes_the_old_cookie_with_its_own_attributes() {
    type Set = fn(Builder) -> Builder;
    let attributes: [(Set, &str); 5] = [
        (|old| old, "Path=/"),
        (|old| old.path("/app"), "Path=/app"),
        (|old| old.domain("example.org"), "Domain=example.org; Path=/"),
        (|old| old.domain("example.org").path("/app/x"), "Domain=example.org; Path=/app/x"),
        (
            |old| old.path("/app").formerly("/", None).secure(true).same_site(SameSite::None),
            "Secure; Path=/; SameSite=None",
        ),
    ];
    let url = "https://example.org/app/x/page";
    for (set, text) in attributes {
        let old = set(Sessions::builder(flask_profile()));
        let sessions = migrating(&Clock::at(NOW), old);
        let mut jar = Jar::new();
        jar.set(url, &format!("{}; {text}", flask_cookie(ANN, CUT_OFF - 1)), CUT_OFF - 1);
        let session = sessions.open(jar.header(url, NOW));
        assert_eq!(session.get("user"), Ok(Some("ann".to_owned())), "{text}");
        jar.set_all(url, sessions.save(session).unwrap().set_cookies(), NOW);
        assert_eq!(names(&jar), [NAME], "{text}");
    }
}

#[test]
fn a_new_log_in_removes_an_old_cookie_that_was_not_accepted() {
    let sessions = migrating(&Clock::at(NOW), old());
    for token in [flask_token(ANN, NOW), "garbage".to_owned(), flask_token(ANN, NOW).replace('.', "!")] {
        let mut jar = browser(ANN, NOW);
        jar.set_value("session", &token);
        let mut session = sessions.open(jar.header(PAGE, NOW));
        assert!(session.is_empty() && session.rejection().is_some(), "{token}");
        session.clear();
        session.insert("user", "bob").unwrap();
        jar.set_all(PAGE, sessions.save(session).unwrap().set_cookies(), NOW);
        assert_eq!(names(&jar), [NAME], "{token}");
    }
}

/// Whether each line of a commit sets the new cookie, removes it, or removes the old one.
fn kinds(commit: &Commit) -> Vec<&'static str> {
    let kind = |line: &str| match (line.starts_with(NAME), line.contains("Max-Age=0")) {
        (true, false) => "new",
        (true, true) => "no new",
        (false, true) if line.starts_with("session=;") => "no old",
        _ => panic!("{line}"),
    };
    commit.set_cookies().map(kind).collect()
}

#[test]
fn removes_the_old_cookie_with_the_first_native_one_and_with_every_removal() {
    let sessions = migrating(&Clock::at(NOW), old());
    let mut session = sessions.open([""; 0]);
    session.insert("user", "bob").unwrap();
    assert_eq!(kinds(&sessions.save(session).unwrap()), ["new", "no old"]);

    // A visitor whose cookie is native already has lost the old one.
    let mut session = sessions.open([cookie_at(ANN, NOW)]);
    session.insert("user", "bob").unwrap();
    assert_eq!(kinds(&sessions.save(session).unwrap()), ["new"]);

    // Unless it is still there.
    let mut session = sessions.open([cookie_at(ANN, NOW), flask_cookie(ANN, CUT_OFF - 1)]);
    session.insert("user", "bob").unwrap();
    assert_eq!(kinds(&sessions.save(session).unwrap()), ["new", "no old"]);

    let mut session = sessions.open([cookie_at(ANN, NOW)]);
    session.clear();
    assert_eq!(kinds(&sessions.save(session).unwrap()), ["no new", "no old"]);

    let session = sessions.open([""; 0]);
    assert_eq!(sessions.save(session).unwrap().set_cookies().count(), 0, "nothing was saved");
}

#[test]
fn an_old_cookie_for_another_path_does_not_undo_a_log_out() {
    const ROOT: &str = "https://example.org/";
    let sessions = migrating(&Clock::at(NOW), old());
    let mut jar = browser(ANN, CUT_OFF - 1);
    assert_eq!(jar.header(ROOT, NOW), None, "the old cookie is for /app");

    let mut session = sessions.open(jar.header(ROOT, NOW));
    session.insert("user", "bob").unwrap();
    jar.set_all(ROOT, sessions.save(session).unwrap().set_cookies(), NOW);
    assert_eq!(names(&jar), [NAME]);
    assert_eq!(visit(&sessions, &mut jar, NOW).as_deref(), Some("bob"));

    // Another response brought it back before the logout.
    jar.set(PAGE, &format!("{}; Domain=example.org; Path=/app", flask_cookie(ANN, CUT_OFF - 1)), NOW);
    let mut session = sessions.open(jar.header(ROOT, NOW));
    session.clear();
    jar.set_all(ROOT, sessions.save(session).unwrap().set_cookies(), NOW);
    assert!(jar.is_empty(), "{:?}", names(&jar));
    assert_eq!(visit(&sessions, &mut jar, NOW), None);
}

#[test]
fn a_log_out_removes_both_whether_they_verified_or_not() {
    let old_tokens = [flask_token(ANN, CUT_OFF - 1), flask_token(ANN, NOW), "garbage".to_owned()];
    let native = sign(NAME, format!("[{NOW},false,{ANN}]"), NOW);
    let expired = sign(NAME, format!("[{0},false,{ANN}]", NOW - 9 * DAY), NOW - 9 * DAY);
    let native_tokens = [None, Some(native), Some(expired), Some("garbage".to_owned())];
    for now in [NOW, SUNSET + 1] {
        let sessions = migrating(&Clock::at(now), old());
        for old_token in &old_tokens {
            for native in &native_tokens {
                let mut jar = browser(ANN, CUT_OFF - 1);
                jar.set_value("session", old_token);
                if let Some(native) = native {
                    jar.set(PAGE, &format!("{NAME}={native}; Path=/; Secure; HttpOnly"), now);
                }
                assert!(log_out(&sessions, &mut jar, now));
                assert!(jar.is_empty(), "{:?} of {old_token} and {native:?}", names(&jar));
                assert_eq!(visit(&sessions, &mut jar, now), None);
            }
        }
    }
}

#[test]
fn a_native_cookie_good_or_bad_keeps_the_old_one_from_being_read() {
    let sessions = migrating(&Clock::at(NOW), old());
    let old = flask_cookie(ANN, CUT_OFF - 1);
    let tampered = cookie_at(r#"{"user":"bob"}"#, NOW).replace("__Host-session=W", "__Host-session=X");
    let long = format!("{NAME}={}", "A".repeat(5000));
    let bad = [
        (cookie_at(r#"{"user":"bob"}"#, NOW - 3 * HOUR), DecodeError::Expired),
        (tampered, DecodeError::InvalidSignature),
        (format!("{NAME}=garbage"), DecodeError::Malformed),
        (format!("{NAME}="), DecodeError::Malformed),
        (long, DecodeError::TooLong),
    ];
    for (native, rejection) in bad {
        let one = format!("{old}; {native}");
        let other = format!("{native}; {old}");
        for lines in [vec![&one], vec![&other], vec![&old, &native], vec![&native, &old]] {
            let session = sessions.open(lines);
            assert!(session.is_empty(), "{native}");
            assert_eq!(session.rejection(), Some(&rejection), "{native}");
            assert_eq!(sessions.save(session).unwrap().set_cookies().count(), 0);
        }
    }
    let good = cookie_at(r#"{"user":"bob"}"#, NOW);
    for lines in [[&old, &good], [&good, &old]] {
        let session = sessions.open(lines);
        assert_eq!(session.get("user"), Ok(Some("bob".to_owned())));
        assert_eq!(session.rejection(), None);
    }
}

#[test]
fn migrate_then_log_out_is_anonymous() {
    let sessions = migrating(&Clock::at(NOW), old());
    let mut jar = browser(ANN, CUT_OFF - 1);
    assert_eq!(visit(&sessions, &mut jar, NOW).as_deref(), Some("ann"));
    log_out(&sessions, &mut jar, NOW);
    assert!(jar.is_empty());
    assert_eq!(visit(&sessions, &mut jar, NOW), None);

    // The logout is the first that the new application sees of this visitor.
    let mut jar = browser(ANN, CUT_OFF - 1);
    assert!(log_out(&sessions, &mut jar, NOW));
    assert!(jar.is_empty());
}

#[test]
fn migrate_then_expire_is_anonymous() {
    let clock = Clock::at(NOW);
    let sessions = migrating(&clock, old());
    let mut jar = browser(ANN, CUT_OFF - 1);
    assert_eq!(visit(&sessions, &mut jar, NOW).as_deref(), Some("ann"));
    clock.set(NOW + 2 * HOUR + 1);
    assert_eq!(visit(&sessions, &mut jar, clock.now()), None);

    // A browser that kept the old cookie, because another response brought it back.
    jar.set(PAGE, &format!("{}; Domain=example.org; Path=/app", flask_cookie(ANN, CUT_OFF - 1)), clock.now());
    assert_eq!(jar.len(), 2);
    assert_eq!(visit(&sessions, &mut jar, clock.now()), None);
}

#[test]
fn what_does_not_fit_is_skipped_and_stays_as_it_is() {
    let sessions = migrating(&Clock::at(NOW), old());
    let issued = CUT_OFF - 1;
    let flask = Sessions::builder(flask_profile()).clock(move || at(issued)).build().unwrap();
    let mut session = flask.start();
    session.insert("user", "ann").unwrap();
    session.insert("notes", "the same words again; ".repeat(500)).unwrap();
    let commit = flask.save(session).unwrap();
    let pair = commit.cookie_pair().unwrap();
    assert!(pair.starts_with("session=.") && pair.len() < 1000, "Flask compresses it");
    let mut jar = Jar::new();
    jar.set(PAGE, &format!("{pair}; Domain=example.org; Path=/app"), issued);

    for _ in 0..2 {
        let session = sessions.open(jar.header(PAGE, NOW));
        assert_eq!(session.get("user"), Ok(Some("ann".to_owned())));
        let commit = sessions.save(session).unwrap();
        let skipped = commit.skipped().expect("11 KB of JSON do not fit");
        assert_eq!((skipped.limit(), skipped.largest()[0].0.as_str()), (4096, "notes"));
        assert_eq!(commit.set_cookies().count(), 0);
    }
    // Growing it is an error, as always; what makes it small enough migrates it.
    let mut session = sessions.open(jar.header(PAGE, NOW));
    assert!(matches!(session.insert("more", 1), Err(SessionError::TooLong(_))));
    assert!(session.remove("notes"));
    jar.set_all(PAGE, sessions.save(session).unwrap().set_cookies(), NOW);
    assert_eq!(names(&jar), [NAME]);
    // A logout removes it as well.
    let mut jar = Jar::new();
    jar.set(PAGE, &format!("{pair}; Domain=example.org; Path=/app"), issued);
    log_out(&sessions, &mut jar, NOW);
    assert!(jar.is_empty());
}

#[test]
fn the_same_name_does_not_build() {
    let migrate = |name: &str, old_name: &str| {
        let old = Sessions::builder(flask_profile()).name(old_name).build().unwrap();
        Sessions::builder(keys()).name(name).migrate_from(old, at(CUT_OFF), at(SUNSET)).build()
    };
    assert!(migrate("session", "session").is_err());
    assert!(migrate("__Host-session", "session").is_ok());
    assert!(migrate("__Host-session", "session2").is_ok());
    // With the prefix taken off.
    let old = Sessions::builder(flask_profile()).name("dev-session").build().unwrap();
    let builder = Sessions::builder(keys()).migrate_from(old, at(CUT_OFF), at(SUNSET));
    assert!(builder.clone().build().is_ok());
    assert!(builder.insecure_for_local_http().build().is_err());
}

#[test]
fn says_between_what_a_migration_goes() {
    let native = |name: &str| Sessions::builder(keys()).name(name);
    let flask = |name: &str| Sessions::builder(flask_profile()).name(name);
    let refusals = [
        (native("new"), native("old"), "migrate_from reads the sessions of a Python profile"),
        (flask("new"), flask("old"), "migrate_from goes to this library's own format"),
        (native("same"), flask("same"), "migrate_from needs another cookie name"),
    ];
    for (new, old, text) in refusals {
        let old = old.build().unwrap();
        let error = new.migrate_from(old, at(CUT_OFF), at(SUNSET)).build().unwrap_err().to_string();
        assert!(error.starts_with(text), "{error}");
    }
}

#[test]
fn carries_over_permanence_and_not_the_key_that_said_it() {
    let clock = Clock::at(NOW);
    let flask_cases = [
        (r#"{"user":"ann"}"#, false),
        (r#"{"_permanent":true,"user":"ann"}"#, true),
        (r#"{"_permanent":false,"user":"ann"}"#, false),
        (r#"{"_permanent":1,"user":"ann"}"#, true),
    ];
    let sessions = migrating(&clock, old());
    for (json, permanent) in flask_cases {
        let session = sessions.open([flask_cookie(json, CUT_OFF - 1)]);
        assert_eq!(session.permanent(), permanent, "{json}");
        assert_eq!(session.keys().collect::<Vec<_>>(), ["user"], "{json}");
        let commit = sessions.save(session).unwrap();
        assert_eq!(commit.set_cookies().next().unwrap().contains("Max-Age"), permanent, "{json}");
        assert_eq!(sessions.open(commit.cookie_pair()).permanent(), permanent, "{json}");
    }
    let django_cases = [
        ("null", false, true),
        ("null", true, false),
        ("0", false, false),
        ("3600", true, true),
        (r#""2026-01-01T00:00:00+00:00""#, true, true),
    ];
    for (expiry, at_browser_close, permanent) in django_cases {
        let profile = django_profile().session_expire_at_browser_close(at_browser_close);
        let django = Sessions::builder(profile).clock(|| at(CUT_OFF - 1)).build().unwrap();
        let mut session = django.start();
        session.insert("user", "ann").unwrap();
        if expiry != "null" {
            let value: serde_json::Value = serde_json::from_str(expiry).unwrap();
            session.insert("_session_expiry", value).unwrap();
        }
        let cookie = django.save(session).unwrap();
        let sessions = Sessions::builder(keys())
            .clock(|| at(NOW))
            .migrate_from(django, at(CUT_OFF), at(SUNSET))
            .build()
            .unwrap();
        let session = sessions.open(cookie.cookie_pair());
        assert_eq!(session.get("user"), Ok(Some("ann".to_owned())));
        assert_eq!(session.keys().collect::<Vec<_>>(), ["user"], "{expiry}");
        assert_eq!(session.permanent(), permanent, "{expiry} with {at_browser_close}");
    }
}

#[test]
fn takes_away_no_key_but_the_old_frameworks_own() {
    const BOTH: [&str; 2] = ["_permanent", "_session_expiry"];
    let starlette = starlette::Profile::new(starlette::SecretKey::new(SECRET).unwrap());
    let rows: [(Profile, Option<&str>); 3] = [
        (flask_profile(), Some("_permanent")),
        (django_profile().into(), Some("_session_expiry")),
        (starlette.into(), None),
    ];
    for (profile, own) in rows {
        let old = Sessions::builder(profile).clock(|| at(CUT_OFF - 1)).build().unwrap();
        let mut session = old.start();
        for key in BOTH {
            session.insert(key, 1).unwrap();
        }
        let cookie = old.save(session).unwrap();
        let sessions = Sessions::builder(keys())
            .clock(|| at(NOW))
            .migrate_from(old, at(CUT_OFF), at(SUNSET))
            .build()
            .unwrap();
        let session = sessions.open(cookie.cookie_pair());
        for key in BOTH {
            assert_eq!(session.contains_key(key), Some(key) != own, "{key}, {own:?}");
        }
    }
}

#[test]
fn takes_over_the_sessions_of_starlette_too() {
    let profile = starlette::Profile::new(starlette::SecretKey::new(SECRET).unwrap());
    let sessions = migrating(&Clock::at(NOW), Sessions::builder(profile));
    let digest = Digest::Sha1;
    let key = digest.hash(&[b"itsdangerous.Signer", b"signer".as_slice(), SECRET.as_bytes()].concat());
    let payload = BASE64_STANDARD.encode(r#"{"user": "ann", "pi": 3.0, "big": 1000000000000000000000}"#);
    let token = Forge::signing(key, digest).sign(&payload, &timestamp(CUT_OFF - 1));
    let mut jar = Jar::new();
    jar.set(HOME, &format!("session={token}; path=/; httponly; samesite=lax"), CUT_OFF - 1);

    let session = sessions.open(jar.header(HOME, NOW));
    assert!(session.permanent(), "Starlette's cookies have a Max-Age");
    assert_eq!(session.get_raw("pi"), Some("3.0"));
    assert_eq!(session.get_raw("big"), Some("1000000000000000000000"));
    jar.set_all(HOME, sessions.save(session).unwrap().set_cookies(), NOW);
    assert_eq!(names(&jar), [NAME]);
}

#[test]
fn keeps_flasks_types_readable() {
    let sessions = migrating(&Clock::at(NOW), old());
    let json = r#"{"at":{" d":"Thu, 02 Jan 2020 03:04:05 GMT"},"pair":{" t":["a",1]},"user":"ann"}"#;
    let commit = sessions.save(sessions.open([flask_cookie(json, CUT_OFF - 1)])).unwrap();
    let session = sessions.open(commit.cookie_pair());
    assert_eq!(session.get("pair"), Ok(Some(flask::Tuple(("a".to_owned(), 1)))));
    let seen: Option<flask::DateTime> = session.get("at").unwrap();
    assert_eq!(seen, Some(flask::DateTime(at(1_577_934_245))));
}

#[test]
fn what_cannot_be_read_is_anonymous_and_left_alone() {
    let sessions = migrating(&Clock::at(NOW), old());
    for json in [r#"{"n":NaN}"#, "[1]", "null", r#"{"a":1,"a":2}"#, r#"{" t":[1]}"#] {
        let mut jar = browser(json, CUT_OFF - 1);
        let session = sessions.open(jar.header(PAGE, NOW));
        assert_eq!(session.rejection(), Some(&DecodeError::Payload), "{json}");
        assert_eq!(visit(&sessions, &mut jar, NOW), None);
        assert_eq!(names(&jar), ["session"], "{json}");
    }
}

#[test]
fn reads_the_clock_once_per_request() {
    let reads = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&reads);
    // The old sessions' own clock panics, so it is never asked.
    let sessions = Sessions::builder(keys())
        .clock(move || -> SystemTime {
            count.fetch_add(1, Ordering::Relaxed);
            at(NOW)
        })
        .migrate_from(old().build().unwrap(), at(CUT_OFF), at(SUNSET))
        .build()
        .unwrap();
    let old = flask_cookie(ANN, CUT_OFF - 1);
    let native = cookie_at(ANN, NOW);
    let both = format!("{old}; {native}");
    for line in [&old, &native, &both] {
        for change in [false, true] {
            reads.store(0, Ordering::Relaxed);
            let mut session = sessions.open([line]);
            if change {
                session.insert("n", 1).unwrap();
            }
            drop(sessions.save(session).unwrap());
            assert_eq!(reads.load(Ordering::Relaxed), 1, "{line}, change: {change}");
        }
    }
}

const ANN: &str = r#"{"user":"ann"}"#;
/// A page that both cookies are for.
const PAGE: &str = "https://example.org/app/page";
