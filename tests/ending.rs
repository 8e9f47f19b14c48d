//! A session that was stamped can be ended from outside: the check of it, and what ends all sessions.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

mod support;

use std::time::{Duration, SystemTime};

use cookie_session::ending::{Check, Revoked};
use cookie_session::{Builder, DecodeError, KeyRing, Lifetime, Session, SessionError, Sessions};
use support::forge::{Clock, Digest, ENCRYPTED, Forge, Parts, b64, key, secret, session_json};
use support::format;

const NAME: &str = "__Host-session";
const NOW: u64 = 1_750_000_000;
const INTERVAL: Duration = Duration::from_secs(300);
const HOUR: Duration = Duration::from_secs(3600);

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

fn builder(clock: &Clock) -> Builder {
    // The refresh of an idle limit of ten hours is due after one.
    let lifetime = Lifetime { idle: 10 * HOUR, absolute: 24 * HOUR };
    format::builder(KeyRing::new(key(1))).clock(clock.hand()).lifetime(lifetime).permanent_lifetime(lifetime)
}

fn set_up() -> (Clock, Sessions) {
    let clock = Clock::at(NOW);
    let sessions = builder(&clock).build().unwrap();
    (clock, sessions)
}

/// Logs user 42 in, and returns the cookie.
fn log_in(sessions: &Sessions, epoch: u64) -> String {
    let mut session = sessions.start();
    session.insert("user_id", 42).unwrap();
    session.stamp(42, epoch.to_be_bytes()).unwrap();
    cookie(sessions, session)
}

#[track_caller]
fn cookie(sessions: &Sessions, session: Session) -> String {
    sessions.save(session).unwrap().cookie_pair().expect("the cookie is set").to_owned()
}

fn payload(cookie: &str) -> String {
    payload_of(NAME, cookie)
}

fn payload_of(place: &str, cookie: &str) -> String {
    session_json(1..=3, place, cookie.split_once('=').unwrap().1)
}

fn issued(cookie: &str) -> u64 {
    Parts::of(cookie.split_once('=').unwrap().1).issued()
}

/// Returns a cookie of user 42 with these facts.
fn with_facts(facts: &str) -> String {
    let payload = format!("[{NOW},false,{{\"user_id\":42}},{facts}]");
    format!("{NAME}={}", Forge::session(&secret(1), NAME).token(&payload, NOW))
}

/// Makes a stamp as the chapter on the format says.
fn stamp(place: &str, subject: &str, state: &[u8]) -> String {
    let salt = format!("cookie-session/v1/stamp/cookie/{place}");
    let key = Digest::Sha256.hmac(&secret(1), salt.as_bytes());
    let statement =
        [&u64::try_from(subject.len()).unwrap().to_be_bytes(), subject.as_bytes(), state].concat();
    b64(&Digest::Sha256.hmac(&key, &statement)[..16])
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Unstamped,
    Fresh,
    Confirmed,
    Revoked,
}

/// Checks a session of user 42, and confirms it with this epoch if that is due.
#[track_caller]
fn check(sessions: &Sessions, session: &mut Session, epoch: u64) -> Answer {
    match sessions.check(session, INTERVAL).unwrap() {
        Check::Unstamped => Answer::Unstamped,
        Check::Fresh => Answer::Fresh,
        Check::Due(due) => match due.confirm(42, epoch.to_be_bytes()) {
            Ok(()) => Answer::Confirmed,
            Err(Revoked) => Answer::Revoked,
        },
    }
}

#[test]
fn a_stamp_is_the_keyed_digest_of_the_subject_and_the_state() {
    let (clock, sessions) = set_up();
    let stamped = |stamp| format!("[{NOW},false,{{\"user_id\":42}},{{\"s\":\"{stamp}\",\"c\":{NOW}}}]");
    let expected = stamped(stamp(NAME, "42", &7_u64.to_be_bytes()));
    assert_eq!(payload(&log_in(&sessions, 7)), expected);
    let staging = builder(&clock).application("staging").build().unwrap();
    let expected = stamped(stamp("__Host-session/staging", "42", &7_u64.to_be_bytes()));
    assert_eq!(payload_of("__Host-session/staging", &log_in(&staging, 7)), expected);
}

#[test]
fn a_stamp_takes_46_bytes_of_json_whatever_it_is_made_of() {
    let (_, sessions) = set_up();
    let size = |stamped: bool, filling: usize| {
        let mut session = sessions.start();
        session.insert("user_id", "x".repeat(filling)).unwrap();
        if stamped {
            session.stamp("a long subject does not matter".repeat(9), [0; 1000]).unwrap();
        }
        sessions.save(session).unwrap().cookie_size().unwrap()
    };
    let more: Vec<usize> = (0..9).map(|filling| size(true, filling) - size(false, filling)).collect();
    let payload = |filling: usize| format!("[{NOW},false,{{\"user_id\":\"\"}}]").len() + filling;
    let expected = (0..9).map(|n| format::token_len(payload(n) + 46) - format::token_len(payload(n)));
    assert!(more.iter().copied().eq(expected), "{more:?}");
    if ENCRYPTED {
        return;
    }
    // Of three lengths in a row, base64 rounds one up.
    assert_eq!(more, [62, 61, 61, 62, 61, 61, 62, 61, 61]);
    assert_eq!(more[..3].iter().sum::<usize>(), 46 * 4);
}

#[test]
fn a_stamp_that_does_not_fit_changes_nothing() {
    let (clock, _) = set_up();
    let limit = if ENCRYPTED { 180 } else { 150 };
    let sessions = builder(&clock).max_cookie_size(limit).build().unwrap();
    let mut session = sessions.start();
    session.insert("user_id", 42).unwrap();
    let Err(SessionError::TooLong(too_long)) = session.stamp(42, [7]) else { panic!("it fits") };
    assert_eq!(too_long.limit(), limit);
    assert!(matches!(sessions.check(&mut session, INTERVAL), Ok(Check::Unstamped)));
    assert_eq!(payload(&cookie(&sessions, session)), format!("[{NOW},false,{{\"user_id\":42}}]"));
    // To the byte: what the stamp says is as long when it is saved.
    let mut session = set_up().1.start();
    session.stamp(42, [7]).unwrap();
    let size = set_up().1;
    let mut session = size.start();
    session.stamp(42, [7]).unwrap();
    let len = size.save(session).unwrap().cookie_size().unwrap();
    for (limit, fits) in [(len, true), (len - 1, false)] {
        let sessions = builder(&clock).max_cookie_size(limit).build().unwrap();
        let mut session = sessions.start();
        // What may be said about permanence later takes one more: `false` is the longest.
        assert_eq!(session.stamp(42, [7]).is_ok(), fits, "{limit}");
    }
}

#[test]
fn it_is_fresh_for_an_interval_and_then_due() {
    let (clock, sessions) = set_up();
    let cookie = log_in(&sessions, 7);
    for (passed, answer) in
        [(0, Answer::Fresh), (299, Answer::Fresh), (300, Answer::Confirmed), (7200, Answer::Confirmed)]
    {
        clock.set(NOW + passed);
        assert_eq!(check(&sessions, &mut sessions.open([&cookie]), 7), answer, "{passed}");
    }
    for (interval, due) in
        [(Duration::ZERO, true), (Duration::MAX, false), (Duration::from_millis(999), true)]
    {
        let mut session = sessions.open([&cookie]);
        assert_eq!(matches!(sessions.check(&mut session, interval), Ok(Check::Due(_))), due, "{interval:?}");
    }
}

#[test]
fn a_confirmation_makes_it_fresh_again_without_prolonging_it() {
    let (clock, sessions) = set_up();
    let old = log_in(&sessions, 7);
    for permanent in [false, true] {
        let mut session = sessions.open([&old]);
        session.set_permanent(permanent);
        let cookie = if permanent { cookie(&sessions, session) } else { old.clone() };
        clock.set(NOW + 1000);
        let mut session = sessions.open([&cookie]);
        assert_eq!(check(&sessions, &mut session, 7), Answer::Confirmed);
        assert_eq!(check(&sessions, &mut session, 7), Answer::Fresh);
        assert!(session.is_modified());
        let commit = sessions.save(session).unwrap();
        let confirmed = commit.cookie_pair().unwrap();
        assert_eq!(issued(confirmed), NOW);
        let stamp = stamp(NAME, "42", &7_u64.to_be_bytes());
        let expected =
            format!("[{NOW},{permanent},{{\"user_id\":42}},{{\"s\":\"{stamp}\",\"c\":{}}}]", NOW + 1000);
        assert_eq!(payload(confirmed), expected);
        let max_age = format!("; Max-Age={}", 36_000 - 1000);
        assert_eq!(commit.set_cookies().next().unwrap().contains(&max_age), permanent);
        for (passed, answer) in [(1299, Answer::Fresh), (1300, Answer::Confirmed)] {
            clock.set(NOW + passed);
            assert_eq!(check(&sessions, &mut sessions.open([confirmed]), 7), answer, "{passed}");
        }
        clock.set(NOW);
    }
}

#[test]
fn what_is_changed_beside_a_confirmation_prolongs_it_in_either_order() {
    let (clock, sessions) = set_up();
    let plain = log_in(&sessions, 7);
    let mut session = sessions.open([&plain]);
    session.flash("info", "waiting").unwrap();
    let waiting = cookie(&sessions, session);
    let flash = |session: &mut Session| assert_eq!(session.flash("info", "saved"), Ok(0));
    let take = |session: &mut Session| drop(session.take_flashes().unwrap());
    let form = |session: &mut Session| drop(session.csrf_token().unwrap());
    let write = |session: &mut Session| session.insert("seen", true).unwrap();
    let undo = |session: &mut Session| assert!(session.remove("seen"));
    let one_message = |session: &mut Session| assert_eq!(session.take_flashes().unwrap().len(), 1);
    type Change<'c> = &'c dyn Fn(&mut Session);
    let cases: [(&str, &str, &[Change<'_>], bool); 9] = [
        ("a message is left", &plain, &[&flash], true),
        ("a message is left beside another", &waiting, &[&flash], true),
        ("a message is taken", &waiting, &[&one_message], true),
        ("a message is taken, another left", &waiting, &[&one_message, &flash], true),
        ("the first form is shown", &plain, &[&form], true),
        ("a value is written", &plain, &[&write], true),
        ("there is no message to take", &plain, &[&take], false),
        ("a message is left and taken at once", &plain, &[&flash, &one_message], false),
        ("a value is written and removed", &plain, &[&write, &undo], false),
    ];
    clock.set(NOW + 1000);
    for (what, old, changes, prolongs) in cases {
        // The confirmation comes before the changes, between them, and after them.
        for place in 0..=changes.len() {
            let mut session = sessions.open([old]);
            for (number, change) in changes.iter().enumerate() {
                if number == place {
                    assert_eq!(check(&sessions, &mut session, 7), Answer::Confirmed);
                }
                change(&mut session);
            }
            if place == changes.len() {
                assert_eq!(check(&sessions, &mut session, 7), Answer::Confirmed);
            }
            session.skip_refresh();
            let saved = cookie(&sessions, session);
            assert_eq!(issued(&saved), if prolongs { NOW + 1000 } else { NOW }, "{what}, {place}");
        }
    }
}

#[test]
fn a_poll_that_confirms_does_not_keep_the_session_alive() {
    let (clock, sessions) = set_up();
    let mut cookie = log_in(&sessions, 7);
    for _ in 0..1000 {
        clock.advance(240);
        let mut session = sessions.open([&cookie]);
        if session.rejection() == Some(&DecodeError::Expired) {
            assert_eq!(clock.now(), NOW + 36_000 + 240);
            return;
        }
        session.skip_refresh();
        check(&sessions, &mut session, 7);
        if let Some(pair) = sessions.save(session).unwrap().cookie_pair() {
            cookie = pair.to_owned();
        }
    }
    panic!("it never ends");
}

#[test]
fn nothing_but_a_confirmation_moves_the_time() {
    let (clock, sessions) = set_up();
    let mut cookie = log_in(&sessions, 7);
    let touch: [fn(&mut Session); 5] = [
        |session| session.insert("seen", true).unwrap(),
        |session| session.set_permanent(true),
        |session| session.set_permanent(false),
        |session| assert!(session.remove("seen")),
        |_| (),
    ];
    for touch in touch {
        // Long enough for a refresh.
        clock.advance(3600);
        let mut session = sessions.open([&cookie]);
        touch(&mut session);
        cookie = self::cookie(&sessions, session);
        assert!(payload(&cookie).ends_with(&format!("\"c\":{NOW}}}]")), "{}", payload(&cookie));
        assert_eq!(issued(&cookie), clock.now());
    }
    // A renewal is another login: what is not stamped anew is not stamped.
    let mut session = sessions.open([&cookie]);
    session.renew();
    assert_eq!(check(&sessions, &mut session, 7), Answer::Unstamped);
    assert!(!payload(&self::cookie(&sessions, session)).contains("\"s\""));
    let mut session = sessions.open([&cookie]);
    session.renew();
    session.stamp(42, 8_u64.to_be_bytes()).unwrap();
    let renewed = self::cookie(&sessions, session);
    assert!(payload(&renewed).contains(&stamp(NAME, "42", &8_u64.to_be_bytes())));
}

#[test]
fn a_confirmation_beside_a_change_or_a_refresh_is_signed_now() {
    let (clock, sessions) = set_up();
    let old = log_in(&sessions, 7);
    clock.set(NOW + 1000);
    for before in [true, false] {
        let mut session = sessions.open([&old]);
        if before {
            session.insert("seen", true).unwrap();
        }
        assert_eq!(check(&sessions, &mut session, 7), Answer::Confirmed);
        if !before {
            session.insert("seen", true).unwrap();
        }
        assert_eq!(issued(&cookie(&sessions, session)), NOW + 1000);
    }
    clock.set(NOW + 3600);
    let mut session = sessions.open([&old]);
    assert_eq!(check(&sessions, &mut session, 7), Answer::Confirmed);
    assert_eq!(issued(&cookie(&sessions, session)), NOW + 3600);
}

#[test]
fn another_state_or_another_subject_ends_it() {
    let (clock, sessions) = set_up();
    let mut session = sessions.start();
    session.insert("user_id", 42).unwrap();
    session.stamp("42", "7").unwrap();
    let cookie = cookie(&sessions, session);
    clock.set(NOW + 300);
    let wrong = [
        ("42", "8"),
        ("42", ""),
        ("42", "77"),
        ("43", "7"),
        ("4", "27"),
        ("427", ""),
        ("", "427"),
        ("42\0", "7"),
        ("42 ", "7"),
    ];
    for (subject, state) in wrong {
        let mut session = sessions.open([&cookie]);
        let Ok(Check::Due(due)) = sessions.check(&mut session, INTERVAL) else { panic!("it is due") };
        assert_eq!(due.age(), INTERVAL);
        assert_eq!(due.confirm(subject, state), Err(Revoked), "{subject}, {state}");
        assert!(session.is_empty() && session.is_new());
        assert!(matches!(sessions.check(&mut session, INTERVAL), Ok(Check::Unstamped)));
        assert!(sessions.save(session).unwrap().is_removal());
    }
    let mut session = sessions.open([&cookie]);
    let Ok(Check::Due(due)) = sessions.check(&mut session, INTERVAL) else { panic!("it is due") };
    due.revoke();
    assert!(sessions.save(session).unwrap().is_removal());
    // A number is its text, so that a program may change the type of its ids.
    let mut session = sessions.open([&cookie]);
    let Ok(Check::Due(due)) = sessions.check(&mut session, INTERVAL) else { panic!("it is due") };
    assert_eq!(due.confirm(42, b"7"), Ok(()));
}

#[test]
fn a_login_in_the_place_of_another_is_stamped_anew() {
    let (clock, sessions) = set_up();
    let cookie = log_in(&sessions, 7);
    clock.set(NOW + 1000);
    let mut session = sessions.open([&cookie]);
    session.clear();
    assert_eq!(check(&sessions, &mut session, 7), Answer::Unstamped);
    session.insert("user_id", 43).unwrap();
    session.stamp(43, 1_u64.to_be_bytes()).unwrap();
    assert_eq!(check(&sessions, &mut session, 7), Answer::Fresh);
    // The time is that of the request, since what was looked up is no older.
    clock.set(NOW + 1010);
    let cookie = self::cookie(&sessions, session);
    let (stamp, time) = (stamp(NAME, "43", &1_u64.to_be_bytes()), NOW + 1000);
    assert!(
        payload(&cookie).ends_with(&format!(",{{\"s\":\"{stamp}\",\"c\":{time}}}]")),
        "{}",
        payload(&cookie)
    );
    // Logged out again before it was saved.
    let mut session = sessions.start();
    session.stamp(42, [7]).unwrap();
    session.clear();
    assert_eq!(sessions.save(session).unwrap().set_cookies().count(), 0);
}

#[test]
fn every_key_of_the_ring_verifies_and_a_confirmation_makes_the_stamp_anew() {
    let (clock, old) = set_up();
    let cookie = log_in(&old, 7);
    clock.set(NOW + 300);
    let ring =
        |keys: &[u64]| keys[1..].iter().fold(KeyRing::new(key(keys[0])), |ring, n| ring.fallback(key(*n)));
    let sessions = |keys| format::builder(ring(keys)).clock(clock.hand()).build().unwrap();
    for keys in [&[1, 2, 3][..], &[2, 1, 3], &[2, 3, 1]] {
        let before = sessions(keys);
        let mut session = before.open([&cookie]);
        assert_eq!(check(&before, &mut session, 7), Answer::Confirmed, "{keys:?}");
        let confirmed = self::cookie(&before, session);
        let kept = payload(&confirmed).contains(&stamp(NAME, "42", &7_u64.to_be_bytes()));
        assert_eq!(kept, keys[0] == 1, "{keys:?}");
        // Only the key that is current then has to stay.
        let after = sessions(&keys[..1]);
        clock.set(NOW + 600);
        assert_eq!(check(&after, &mut after.open([&confirmed]), 7), Answer::Confirmed, "{keys:?}");
        assert_eq!(check(&after, &mut after.open([&confirmed]), 8), Answer::Revoked, "{keys:?}");
        clock.set(NOW + 300);
    }
}

#[test]
fn the_stamp_of_another_cookie_is_none() {
    let (clock, sessions) = set_up();
    let state = 7_u64.to_be_bytes();
    let full = Digest::Sha256.hmac(&secret(1), b"cookie-session/v1/stamp/cookie/__Host-session");
    let statement = [&2_u64.to_be_bytes()[..], b"42", &state].concat();
    let digest = Digest::Sha256.hmac(&full, &statement);
    let good = stamp(NAME, "42", &state);
    assert_eq!(good, b64(&digest[..16]));
    let wrong = [
        stamp("__Host-admin", "42", &state),
        stamp("__Host-session/staging", "42", &state),
        b64(&digest[..15]),
        b64(&digest[..17]),
        b64(&digest),
        String::new(),
        format!("{good}=="),
        format!("\\u0041{}", good.split_at(1).1),
        b64(&Digest::Sha256.hmac(&secret(1), &statement)[..16]),
    ];
    clock.set(NOW + 300);
    for stamp in wrong {
        let cookie = with_facts(&format!("{{\"s\":\"{stamp}\",\"c\":{NOW}}}"));
        assert_eq!(check(&sessions, &mut sessions.open([&cookie]), 7), Answer::Revoked, "{stamp}");
    }
    for stamp in ["1", "null", "true", "[]", "{}"] {
        let cookie = with_facts(&format!("{{\"s\":{stamp},\"c\":{NOW}}}"));
        assert_eq!(check(&sessions, &mut sessions.open([&cookie]), 7), Answer::Revoked, "{stamp}");
    }
    let cookie = with_facts(&format!("{{\"s\":\"{good}\",\"c\":{NOW}}}"));
    assert_eq!(check(&sessions, &mut sessions.open([&cookie]), 7), Answer::Confirmed);
}

#[test]
fn a_time_that_no_clock_of_ours_read_is_due() {
    let (_, sessions) = set_up();
    let stamp = stamp(NAME, "42", &7_u64.to_be_bytes());
    let times = [
        (format!(",\"c\":{}", NOW + 60), true),
        (format!(",\"c\":{}", NOW + 61), false),
        (format!(",\"c\":{}", NOW - 299), true),
        (format!(",\"c\":{}", NOW - 300), false),
        (format!(",\"c\":{}", u64::MAX), false),
        (",\"c\":18446744073709551616".to_owned(), false),
        (",\"c\":0".to_owned(), false),
        (",\"c\":-1".to_owned(), false),
        (format!(",\"c\":{NOW}.0"), false),
        (format!(",\"c\":\"{NOW}\""), false),
        (",\"c\":null".to_owned(), false),
        (String::new(), false),
    ];
    for (time, fresh) in times {
        let cookie = with_facts(&format!("{{\"s\":\"{stamp}\"{time}}}"));
        let mut session = sessions.open([&cookie]);
        let expected = if fresh { Answer::Fresh } else { Answer::Confirmed };
        assert_eq!(check(&sessions, &mut session, 7), expected, "{time}");
        if !fresh {
            assert!(payload(&self::cookie(&sessions, session)).contains(&format!("\"c\":{NOW}")), "{time}");
        }
    }
    let mut session = sessions.open([with_facts(&format!("{{\"c\":{NOW}}}"))]);
    assert_eq!(check(&sessions, &mut session, 7), Answer::Unstamped);
}

#[test]
fn what_a_later_version_keeps_stays_beside_the_stamp() {
    let (clock, sessions) = set_up();
    let good = stamp(NAME, "42", &7_u64.to_be_bytes());
    let cookie = with_facts(&format!("{{\"z\":[1, 2],\"s\":\"{good}\",\"q\":1.50,\"c\":{NOW}}}"));
    clock.set(NOW + 300);
    let mut session = sessions.open([&cookie]);
    assert_eq!(check(&sessions, &mut session, 7), Answer::Confirmed);
    let expected = format!(",{{\"z\":[1, 2],\"s\":\"{good}\",\"q\":1.50,\"c\":{}}}]", NOW + 300);
    assert!(payload(&self::cookie(&sessions, session)).ends_with(&expected));
    // Sixteen of them leave no room, which is said before anything is changed.
    let full: Vec<String> = ('d'..'s').map(|letter| format!("\"{letter}\":0")).collect();
    let mut session = sessions.open([with_facts(&format!("{{{}}}", full.join(",")))]);
    assert!(matches!(session.stamp(42, [7]), Err(SessionError::NotJson(_))));
    assert!(!session.is_modified());
}

#[test]
fn a_confirmation_that_finds_no_room_counts_for_its_request() {
    let (clock, sessions) = set_up();
    let mut session = sessions.start();
    session.insert("filling", "x".repeat(2000)).unwrap();
    session.stamp(42, 7_u64.to_be_bytes()).unwrap();
    let cookie = cookie(&sessions, session);
    let narrow = builder(&clock).max_cookie_size(1000).build().unwrap();
    clock.set(NOW + 300);
    let mut session = narrow.open([&cookie]);
    assert_eq!(check(&narrow, &mut session, 7), Answer::Confirmed);
    let commit = narrow.save(session).unwrap();
    assert!(commit.skipped().is_some());
    assert_eq!(commit.set_cookies().count(), 0);
}

#[test]
fn only_the_sessions_that_opened_it_check_it() {
    let (_, sessions) = set_up();
    let (_, others) = set_up();
    let mut session = sessions.open([log_in(&sessions, 7)]);
    assert!(matches!(others.check(&mut session, INTERVAL), Err(SessionError::OtherSessions)));
    assert_eq!(check(&sessions.clone(), &mut session, 7), Answer::Fresh);
}

#[cfg(feature = "encrypted")]
#[test]
fn a_stamp_stays_good_when_sessions_are_encrypted() {
    let (clock, signed) = set_up();
    let cookie = log_in(&signed, 7);
    clock.set(NOW + 300);
    let encrypted = builder(&clock).encrypted().accept_signed(at(NOW + 1000)).build().unwrap();
    let mut session = encrypted.open([&cookie]);
    assert_eq!(check(&encrypted, &mut session, 7), Answer::Confirmed);
    let cookie = self::cookie(&encrypted, session);
    clock.set(NOW + 600);
    assert_eq!(check(&encrypted, &mut encrypted.open([&cookie]), 8), Answer::Revoked);
    assert_eq!(check(&encrypted, &mut encrypted.open([&cookie]), 7), Answer::Confirmed);
}

#[cfg(all(feature = "flask", feature = "django", feature = "starlette"))]
#[test]
fn the_sessions_of_a_framework_have_no_stamps() {
    use cookie_session::{Profile, django, flask, starlette};

    let profiles: [Profile; 3] = [
        flask::Profile::new(flask::SecretKey::new("of the framework").unwrap()).into(),
        django::Profile::new(django::SecretKey::new("of the framework").unwrap()).into(),
        starlette::Profile::new(starlette::SecretKey::new("of the framework").unwrap()).into(),
    ];
    for profile in profiles {
        let sessions = Sessions::builder(profile.clone()).build().unwrap();
        let mut session = sessions.start();
        session.insert("user_id", 42).unwrap();
        let before = session.is_modified();
        assert_eq!(session.stamp(42, [7]), Err(SessionError::NoStamps));
        assert_eq!(session.is_modified(), before);
        assert!(matches!(sessions.check(&mut session, INTERVAL), Err(SessionError::NoStamps)));
        assert!(SessionError::NoStamps.to_string().contains("framework"));
        let error = Sessions::builder(profile).created_after(at(NOW)).build().unwrap_err();
        assert!(error.to_string().contains("created_after"), "{error}");
    }
}

#[test]
fn sessions_created_before_the_brake_are_over() {
    let (clock, sessions) = set_up();
    let mut session = sessions.start();
    session.insert("user_id", 42).unwrap();
    let old = cookie(&sessions, session);
    let half = Duration::from_millis(500);
    let brakes = [
        (at(NOW - 1), None),
        (at(NOW), None),
        (at(NOW) + half, Some(DecodeError::Expired)),
        (at(NOW + 1), Some(DecodeError::Expired)),
        (SystemTime::UNIX_EPOCH - Duration::from_secs(1), None),
    ];
    for (brake, rejection) in brakes {
        let sessions = builder(&clock).created_after(brake).build().unwrap();
        assert_eq!(sessions.open([&old]).rejection(), rejection.as_ref(), "{brake:?}");
    }
    // A write does not make it younger, a login does.
    clock.set(NOW + 10);
    let mut session = sessions.open([&old]);
    session.insert("seen", true).unwrap();
    let written = cookie(&sessions, session);
    let braked = builder(&clock).created_after(at(NOW + 5)).build().unwrap();
    assert_eq!(braked.open([&written]).rejection(), Some(&DecodeError::Expired));
    let mut session = braked.open([&written]);
    assert_eq!(braked.save(braked.open([&written])).unwrap().set_cookies().count(), 0);
    session.insert("user_id", 42).unwrap();
    let again = cookie(&braked, session);
    assert_eq!(braked.open([&written, &again]).get::<u32>("user_id").unwrap(), Some(42));
}

#[cfg(feature = "flask")]
#[test]
fn the_brake_reaches_sessions_that_are_taken_over() {
    use cookie_session::flask;

    let clock = Clock::at(NOW);
    let profile = flask::Profile::new(flask::SecretKey::new("of the framework").unwrap());
    let flask = Sessions::builder(profile).clock(clock.hand()).build().unwrap();
    let mut session = flask.start();
    session.insert("user_id", 42).unwrap();
    let cookie = cookie(&flask, session);
    clock.set(NOW + 100);
    for (brake, rejection) in [(NOW - 1, None), (NOW, Some(DecodeError::Expired))] {
        let sessions = builder(&clock)
            .migrate_from(flask.clone(), at(NOW + 50), at(NOW + 1000))
            .created_after(at(brake))
            .build()
            .unwrap();
        // Tokens of Flask's are dated back by a second.
        assert_eq!(sessions.open([&cookie]).rejection(), rejection.as_ref(), "{brake}");
    }
}

#[test]
fn tokens_issued_before_the_brake_are_over() {
    let keys = KeyRing::new(key(1));
    let codec = || format::codec(&keys, "link", 10 * HOUR).unwrap();
    let token = codec().encode_at(&42, at(NOW)).unwrap();
    let decode = |brake| codec().issued_after(brake).decode_at::<u32>(&token, at(NOW + 10));
    assert_eq!(decode(at(NOW)), Ok(42));
    assert_eq!(decode(at(NOW) + Duration::from_nanos(1)), Err(DecodeError::Expired));
    assert_eq!(decode(at(NOW + 1)), Err(DecodeError::Expired));
    // Who asks for another type learns no more.
    let other = codec().issued_after(at(NOW + 1)).decode_at::<String>(&token, at(NOW + 10));
    assert_eq!(other, Err(DecodeError::Expired));
}
