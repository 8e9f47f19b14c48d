//! When a Django session ends is what Django's own `set_expiry` and `get_expiry_age` say, with `USE_TZ` and without.

#![cfg(feature = "django")]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    missing_docs,
    reason = "a test may panic"
)]

mod support;

use std::time::{Duration, SystemTime};

use cookie_session::django::{self, Expiry, expiry_age, set_expiry};
use cookie_session::{Commit, KeyRing, Session, SessionError, Sessions};
use support::forge::{self, b64, key};
use support::setup::at;

/// 15 June 2025, 15:06:40 UTC.
const NOW: u64 = 1_750_000_000;
const HOUR: i32 = 60 * 60;

fn profile() -> django::Profile {
    django::Profile::new(django::SecretKey::new("k").unwrap())
}

fn build(profile: django::Profile, now: SystemTime) -> Sessions {
    Sessions::builder(profile).clock(move || now).build().unwrap()
}

/// How far a clock is ahead of UTC, in seconds.
type Zone = fn(SystemTime) -> i32;

/// Two hours ahead of UTC in summer, as in Berlin in 2025.
fn berlin(time: SystemTime) -> i32 {
    let seconds = time.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    if (1_743_296_400..1_761_440_400).contains(&seconds) { 2 * HOUR } else { HOUR }
}

/// Opens a session of Django's that is this JSON text, signed at this time.
#[track_caller]
fn open(sessions: &Sessions, json: &str, mut issued: u64) -> Session {
    let digest = forge::Digest::Sha256;
    let salt = b"django.contrib.sessions.backends.signed_cookies".as_slice();
    let key = digest.hash(&[salt, b"signer", b"k"].concat());
    let mut timestamp = Vec::new();
    while issued > 0 {
        let digit = usize::try_from(issued % 62).unwrap();
        timestamp.insert(0, b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"[digit]);
        issued /= 62;
    }
    let signed = format!("{}:{}", b64(json.as_bytes()), String::from_utf8(timestamp).unwrap());
    let session =
        sessions.open([format!("sessionid={signed}:{}", b64(&digest.hmac(&key, signed.as_bytes())))]);
    assert_eq!(session.rejection(), None, "{json}");
    session
}

/// Returns the attribute of the cookie that is set.
#[track_caller]
fn attribute(commit: &Commit, name: &str) -> Option<String> {
    let line = commit.set_cookies().next().expect("a cookie");
    line.split("; ").find_map(|attribute| attribute.strip_prefix(name)?.strip_prefix('=')).map(str::to_owned)
}

#[track_caller]
fn max_age(sessions: &Sessions, mut session: Session) -> Option<String> {
    session.insert("changed", true).unwrap();
    let commit = sessions.save(session).unwrap();
    let max_age = attribute(&commit, "Max-Age");
    assert_eq!(attribute(&commit, "Expires").is_some(), max_age.is_some());
    max_age
}

/// What a site with `USE_TZ = False` wrote for `set_expiry(timedelta(minutes=10))`.
#[test]
fn ten_minutes_of_a_site_without_time_zones_stay_ten_minutes() {
    let json = r#"{"_session_expiry":"2025-06-15T17:16:40","user":"ann"}"#;
    let zones: [(Zone, i64); 3] = [(berlin, 600), (|_| 0, 7800), (|_| 3 * HOUR, -3000)];
    for (zone, left) in zones {
        let sessions = build(profile().use_tz_false(zone), at(NOW));
        let session = open(&sessions, json, NOW);
        assert_eq!(expiry_age(&session), Some(left));
        assert!(session.permanent());
        assert_eq!(max_age(&sessions, session), Some(left.to_string()));
    }
    // A minute later a minute less, whatever was written in between.
    let later = build(profile().use_tz_false(berlin), at(NOW + 60));
    assert_eq!(max_age(&later, open(&later, json, NOW)).as_deref(), Some("540"));
}

#[test]
fn what_is_not_understood_ends_with_the_browser() {
    let (aware, naive) = (r#""2025-06-15T15:16:40+00:00""#, r#""2025-06-15T17:16:40""#);
    let unclear = [
        r#""tomorrow""#,
        r#""2025-06-15""#,
        r#""20250615T171640""#,
        r#""2025-W24-7T17:16:40""#,
        r#""2025-06-15T17:16:40,5""#,
        r#""2025-06-15T17:16""#,
        r#""2025-06-15T17:16:60""#,
        r#""2025-13-15T17:16:40""#,
        r#""600""#,
        "[600]",
        "[]",
        r#"{"a":600}"#,
        "10000000000",
        "-10000000000",
        "1e300",
    ];
    let with_time_zones = build(profile(), at(NOW));
    let without = build(profile().use_tz_false(berlin), at(NOW));
    let no_zone = build(profile().use_tz_false(|_| i32::MIN), at(NOW));
    let of_both = |sessions| unclear.map(|json| (sessions, json));
    let of_one = [(&with_time_zones, naive), (&without, aware), (&no_zone, naive)];
    for (sessions, expiry) in of_both(&with_time_zones).into_iter().chain(of_both(&without)).chain(of_one) {
        let json = format!("{{\"_session_expiry\":{expiry},\"a\":1}}");
        let mut session = open(sessions, &json, NOW);
        assert_eq!(session.get("a"), Ok(Some(1)), "{expiry}");
        assert_eq!(expiry_age(&session), None, "{expiry}");
        session.insert("a", 2).unwrap();
        let commit = sessions.save(session).unwrap();
        assert_eq!(attribute(&commit, "Max-Age"), None, "{expiry}");
        assert_eq!(attribute(&commit, "Expires"), None, "{expiry}");
        let session = sessions.open(commit.cookie_pair());
        assert_eq!(session.get_raw("_session_expiry"), Some(expiry), "it goes back");
    }
    assert!(!open(&with_time_zones, &format!("{{\"_session_expiry\":{naive}}}"), NOW).permanent());
}

#[test]
fn sets_what_django_would_set() {
    let now = at(NOW) + Duration::from_micros(250_000);
    let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
    // What is set, what is kept with time zones and without, get_expiry_age(), Max-Age.
    let table = [
        (Expiry::BySettings, None, None, 1_209_600, Some("1209600")),
        (Expiry::WithBrowser, Some("0"), Some("0"), 1_209_600, None),
        (Expiry::Idle(Duration::ZERO), Some("0"), Some("0"), 1_209_600, None),
        (Expiry::Idle(Duration::from_millis(1_999)), Some("1"), Some("1"), 1, Some("1")),
        (Expiry::Idle(minutes(10)), Some("600"), Some("600"), 600, Some("600")),
        (
            Expiry::In(minutes(10)),
            Some(r#""2025-06-15T15:16:40.250000+00:00""#),
            Some(r#""2025-06-15T17:16:40.250000""#),
            600,
            Some("600"),
        ),
        (
            Expiry::In(Duration::from_micros(1_800_001)),
            Some(r#""2025-06-15T15:06:42.050001+00:00""#),
            Some(r#""2025-06-15T17:06:42.050001""#),
            1,
            Some("1"),
        ),
        (
            Expiry::At(at(NOW + 600)),
            Some(r#""2025-06-15T15:16:40+00:00""#),
            Some(r#""2025-06-15T17:16:40""#),
            599,
            Some("599"),
        ),
        (
            Expiry::At(at(NOW - 600)),
            Some(r#""2025-06-15T14:56:40+00:00""#),
            Some(r#""2025-06-15T16:56:40""#),
            -601,
            Some("-601"),
        ),
        (
            Expiry::At(SystemTime::UNIX_EPOCH),
            Some(r#""1970-01-01T00:00:00+00:00""#),
            Some(r#""1970-01-01T01:00:00""#),
            -1_750_000_001,
            Some("-1750000001"),
        ),
    ];
    for (expiry, aware, naive, age, kept) in table {
        for (sessions, text) in
            [(build(profile(), now), aware), (build(profile().use_tz_false(berlin), now), naive)]
        {
            let mut session = sessions.start();
            session.insert("_session_expiry", 1).unwrap();
            set_expiry(&mut session, expiry).unwrap();
            assert_eq!(session.get_raw("_session_expiry"), text, "{expiry:?}");
            let zone = if text == aware { 0 } else { i64::from(2 * HOUR) };
            // 1970 was in winter.
            let summer = i64::from(expiry == Expiry::At(SystemTime::UNIX_EPOCH) && zone > 0) * 3600;
            assert_eq!(expiry_age(&session), Some(age - summer), "{expiry:?}");
            let kept = kept.map(|kept| (kept.parse::<i64>().unwrap() - summer).to_string());
            assert_eq!(max_age(&sessions, session), kept, "{expiry:?}");
        }
    }
}

/// As in Django, whose dates without offsets are an hour off while the clock is being changed.
#[test]
fn the_wall_counts_where_the_clock_is_changed() {
    // An hour before summer time ends.
    let before = 1_761_440_400 - 3600;
    let sessions = build(profile().use_tz_false(berlin), at(before));
    let mut session = sessions.start();
    set_expiry(&mut session, Expiry::In(Duration::from_secs(7200))).unwrap();
    assert_eq!(session.get_raw("_session_expiry"), Some(r#""2025-10-26T04:00:00""#));
    assert_eq!(expiry_age(&session), Some(7200));
    let cookie = sessions.save(session).unwrap().cookie_pair().unwrap().to_owned();
    // After an hour and a second the clock shows 2:00:01 again.
    let sessions = build(profile().use_tz_false(berlin), at(before + 3601));
    assert_eq!(expiry_age(&sessions.open([&cookie])), Some(7199));
}

#[test]
fn refuses_what_django_could_not_read() {
    let year = Duration::from_secs(366 * 24 * 60 * 60);
    let too_far = [
        Expiry::Idle(year * 400),
        Expiry::In(year * 9000),
        Expiry::At(at(NOW) + year * 9000),
        Expiry::In(Duration::MAX),
    ];
    for profile in [profile(), profile().use_tz_false(berlin), profile().use_tz_false(|_| i32::MAX)] {
        let sessions = build(profile, at(NOW));
        for expiry in too_far {
            let mut session = sessions.start();
            session.insert("_session_expiry", 60).unwrap();
            assert!(matches!(set_expiry(&mut session, expiry), Err(SessionError::NotJson(_))), "{expiry:?}");
            assert_eq!(session.get("_session_expiry"), Ok(Some(60)));
        }
    }
    // Of what is written by hand, that which a site of the other kind would write.
    let (aware, naive) = ("2025-06-15T15:16:40+00:00", "2025-06-15T17:16:40");
    for (profile, good, bad) in [(profile(), aware, naive), (profile().use_tz_false(berlin), naive, aware)] {
        let mut session = build(profile, at(NOW)).start();
        assert_eq!(session.insert("_session_expiry", good), Ok(()));
        assert!(matches!(session.insert("_session_expiry", bad), Err(SessionError::NotJson(_))));
    }
    let full = "x".repeat(5000);
    let mut session = build(profile(), at(NOW)).start();
    assert!(session.insert("a", full).is_ok(), "it compresses");
}

/// Another format has no such key, and would keep the session for as long as ever.
#[test]
fn sets_nothing_in_other_sessions() {
    let native = Sessions::builder(KeyRing::new(key(1))).build().unwrap();
    let mut session = native.start();
    let result = set_expiry(&mut session, Expiry::Idle(Duration::from_secs(60)));
    assert!(matches!(result, Err(SessionError::NotJson(_))));
    assert!(session.is_empty());
    assert_eq!(expiry_age(&session), None);
}

/// A session knows the time that the configured clock says, whether a cookie came or not.
#[test]
fn counts_from_the_clock_that_is_configured() {
    let sessions = build(profile(), at(NOW));
    for mut session in [sessions.start(), sessions.open([""]), sessions.open(["sessionid=bad"])] {
        set_expiry(&mut session, Expiry::In(Duration::from_secs(60))).unwrap();
        assert_eq!(session.get("_session_expiry"), Ok(Some("2025-06-15T15:07:40+00:00".to_owned())));
    }
    let mut session = sessions.open_at([""], at(NOW + 3600));
    set_expiry(&mut session, Expiry::In(Duration::from_secs(60))).unwrap();
    assert_eq!(session.get("_session_expiry"), Ok(Some("2025-06-15T16:07:40+00:00".to_owned())));
}
