//! Age is enforced by the verifier, to the second, for every number that a timestamp can be.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test may panic and print"
)]

mod support;

use std::time::{Duration, SystemTime};

use cookie_session::{Builder, Commit, DecodeError, KeyRing, Lifetime, Session, Sessions};
use support::forge::{Clock, Forge, Parts, key, secret, time};
use support::format;
use support::jar::{Jar, Stored};

const NOW: u64 = 1_750_000_000;
const NAME: &str = "__Host-session";
const HOME: &str = "https://example.com/";

const NORMAL: Limits = Limits { idle: 100, absolute: 1000 };
const PERMANENT: Limits = Limits { idle: 200, absolute: 3000 };
const DAY: u64 = 24 * 60 * 60;

/// A `Lifetime` in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Limits {
    idle: u64,
    absolute: u64,
}

impl From<Limits> for Lifetime {
    fn from(Limits { idle, absolute }: Limits) -> Self {
        Self { idle: Duration::from_secs(idle), absolute: Duration::from_secs(absolute) }
    }
}

fn builder() -> Builder {
    format::builder(KeyRing::new(key(1))).lifetime(NORMAL.into()).permanent_lifetime(PERMANENT.into())
}

fn limits(permanent: bool) -> Limits {
    if permanent { PERMANENT } else { NORMAL }
}

/// Returns the Cookie line of a session with these times.
fn cookie(created: u64, permanent: bool, issued: u64) -> String {
    let json = format!(r#"[{created},{permanent},{{"k":1}}]"#);
    format!("{NAME}={}", Forge::session(&secret(1), NAME).token(&json, issued))
}

fn open_at(sessions: &Sessions, cookie: &str, now: u64) -> Session {
    sessions.open_at([cookie], time(now).expect("a time of these days"))
}

/// Returns why a session was not opened.
#[track_caller]
fn answer(session: &Session) -> Result<(), DecodeError> {
    match (session.verified_by(), session.rejection()) {
        (Some(_), None) => {
            assert_eq!(session.get::<u64>("k"), Ok(Some(1)));
            Ok(())
        }
        (None, Some(rejection)) => {
            assert!(session.is_empty() && session.is_new());
            Err(*rejection)
        }
        both => panic!("{both:?}"),
    }
}

/// Returns the Max-Age of the line that sets the cookie.
#[track_caller]
fn max_age(commit: &Commit) -> Option<u64> {
    let line = commit.set_cookies().next().expect("the cookie is set");
    let value = line.split("; ").find_map(|attribute| attribute.strip_prefix("Max-Age="))?;
    Some(value.parse().expect("Max-Age is a number"))
}

#[track_caller]
fn issued(commit: &Commit) -> u64 {
    let (_, token) = commit.cookie_pair().expect("the cookie is set").split_once('=').unwrap();
    Parts::of(token).issued()
}

#[track_caller]
fn json(commit: &Commit) -> String {
    let (_, token) = commit.cookie_pair().expect("the cookie is set").split_once('=').unwrap();
    Forge::session(&secret(1), NAME).json(token)
}

#[test]
fn enforces_idle_and_absolute_to_the_second() {
    // (permanent, since the creation, since the last signing, what comes of it)
    const TABLE: &[(bool, u64, u64, Result<(), DecodeError>)] = &[
        (false, 0, 0, Ok(())),
        (false, 99, 99, Ok(())),
        (false, 100, 100, Ok(())),
        (false, 101, 101, Err(DecodeError::Expired)),
        (false, 999, 0, Ok(())),
        (false, 1000, 0, Ok(())),
        (false, 1001, 0, Err(DecodeError::Expired)),
        (false, 1000, 100, Ok(())),
        (false, 1000, 101, Err(DecodeError::Expired)),
        (false, 1001, 100, Err(DecodeError::Expired)),
        (true, 0, 0, Ok(())),
        (true, 101, 101, Ok(())),
        (true, 199, 199, Ok(())),
        (true, 200, 200, Ok(())),
        (true, 201, 201, Err(DecodeError::Expired)),
        (true, 1001, 0, Ok(())),
        (true, 2999, 0, Ok(())),
        (true, 3000, 0, Ok(())),
        (true, 3001, 0, Err(DecodeError::Expired)),
        (true, 3000, 200, Ok(())),
        (true, 3000, 201, Err(DecodeError::Expired)),
        (true, 3001, 200, Err(DecodeError::Expired)),
    ];
    let sessions = builder().build().unwrap();
    for (permanent, since_created, since_issued, expected) in TABLE {
        let cookie = cookie(NOW - since_created, *permanent, NOW - since_issued);
        let session = open_at(&sessions, &cookie, NOW);
        let row = (permanent, since_created, since_issued);
        assert_eq!(answer(&session), *expected, "{row:?}");
    }
}

#[test]
fn enforces_the_default_lifetimes() {
    const TABLE: &[(bool, Limits)] = &[
        (false, Limits { idle: 2 * 60 * 60, absolute: DAY }),
        (true, Limits { idle: 14 * DAY, absolute: 90 * DAY }),
    ];
    let sessions = format::builder(KeyRing::new(key(1))).build().unwrap();
    for (permanent, Limits { idle, absolute }) in TABLE {
        for (beyond, expected) in [(0, Ok(())), (1, Err(DecodeError::Expired))] {
            let idle = cookie(NOW - idle - beyond, *permanent, NOW - idle - beyond);
            assert_eq!(answer(&open_at(&sessions, &idle, NOW)), expected, "idle + {beyond}, {permanent}");
            let old = cookie(NOW - absolute - beyond, *permanent, NOW);
            assert_eq!(answer(&open_at(&sessions, &old, NOW)), expected, "absolute + {beyond}, {permanent}");
        }
    }
}

#[test]
fn ends_a_session_in_use_at_its_absolute_limit() {
    for permanent in [false, true] {
        let clock = Clock::at(NOW);
        let sessions = builder().clock(clock.hand()).build().unwrap();
        let mut session = sessions.start();
        session.insert("k", 1).unwrap();
        session.set_permanent(permanent);
        let commit = sessions.save(session).unwrap();
        // A client that ignores Max-Age, and always holds the last cookie.
        let mut held = commit.cookie_pair().unwrap().to_owned();

        let Limits { idle, absolute } = limits(permanent);
        let mut refreshed = 0;
        for age in (0..=absolute).step_by(usize::try_from(idle / 2).unwrap()) {
            clock.set(NOW + age);
            let session = sessions.open([&held]);
            assert_eq!(answer(&session), Ok(()), "age {age}, permanent {permanent}");
            assert_eq!(session.created_at(), time(NOW));
            if let Some(pair) = sessions.save(session).unwrap().cookie_pair() {
                held = pair.to_owned();
                refreshed += 1;
            }
        }
        assert_eq!(refreshed, absolute / (idle / 2));
        clock.set(NOW + absolute + 1);
        assert_eq!(answer(&sessions.open([held])), Err(DecodeError::Expired));
    }
}

#[test]
fn refreshes_once_a_tenth_of_the_idle_limit_has_passed() {
    // (idle limit, last age that writes nothing, first age that refreshes)
    const TABLE: &[(u64, u64, u64)] = &[
        (1, 0, 1),
        (2, 0, 1),
        (9, 0, 1),
        (10, 0, 1),
        (11, 1, 2),
        (15, 1, 2),
        (20, 1, 2),
        (21, 2, 3),
        (100, 9, 10),
        (7200, 719, 720),
        (7201, 720, 721),
        (400 * DAY, 40 * DAY - 1, 40 * DAY),
    ];
    let far = Limits { idle: 1, absolute: 400 * DAY };
    for permanent in [false, true] {
        for (idle, nothing, refresh) in TABLE {
            let limits = Limits { idle: *idle, absolute: 400 * DAY };
            let builder = builder().lifetime(far.into()).permanent_lifetime(far.into());
            let builder = if permanent {
                builder.permanent_lifetime(limits.into())
            } else {
                builder.lifetime(limits.into())
            };
            let sessions = builder.build().unwrap();
            let cookie = cookie(NOW - 5, permanent, NOW);
            for age in [0, nothing / 2, *nothing] {
                let session = open_at(&sessions, &cookie, NOW + age);
                assert_eq!(answer(&session), Ok(()));
                let commit = sessions.save(session).unwrap();
                assert_eq!(commit.set_cookies().count(), 0, "idle {idle}, age {age}");
                assert_eq!(commit.cookie_pair(), None);
            }
            for age in [*refresh, refresh + (idle - refresh) / 2, *idle] {
                // The absolute limit of the longest row would be passed otherwise.
                if age + 5 > 400 * DAY {
                    continue;
                }
                let session = open_at(&sessions, &cookie, NOW + age);
                assert_eq!(answer(&session), Ok(()));
                assert!(!session.is_modified());
                let commit = sessions.save(session).unwrap();
                assert_eq!(issued(&commit), NOW + age, "idle {idle}, age {age}");
                let created = NOW - 5;
                assert_eq!(json(&commit), format!(r#"[{created},{permanent},{{"k":1}}]"#));
            }
        }
    }
}

#[test]
fn forgets_a_visitor_after_nine_to_ten_tenths_of_the_idle_limit() {
    let sessions = builder().build().unwrap();
    // The last request comes just before a refresh would be due, so the signature is the older one.
    let unrefreshed = cookie(NOW, false, NOW);
    let last_request = NOW + 9;
    let commit = sessions.save(open_at(&sessions, &unrefreshed, last_request)).unwrap();
    assert_eq!(commit.set_cookies().count(), 0);
    assert_eq!(answer(&open_at(&sessions, &unrefreshed, last_request + 91)), Ok(()));
    assert_eq!(answer(&open_at(&sessions, &unrefreshed, last_request + 92)), Err(DecodeError::Expired));
}

#[test]
fn skip_refresh_lets_a_poll_not_prolong_the_session() {
    for permanent in [false, true] {
        let sessions = builder().build().unwrap();
        let idle = limits(permanent).idle;
        let cookie = cookie(NOW, permanent, NOW);
        for age in 0..=idle {
            let mut session = open_at(&sessions, &cookie, NOW + age);
            assert_eq!(answer(&session), Ok(()));
            session.skip_refresh();
            assert_eq!(sessions.save(session).unwrap().set_cookies().count(), 0, "age {age}");
        }
        assert_eq!(answer(&open_at(&sessions, &cookie, NOW + idle + 1)), Err(DecodeError::Expired));

        // Changes are saved all the same.
        let mut session = open_at(&sessions, &cookie, NOW + 50);
        session.skip_refresh();
        session.insert("k", 2).unwrap();
        assert_eq!(issued(&sessions.save(session).unwrap()), NOW + 50);
    }
}

#[test]
fn tolerates_the_skew_and_no_second_more() {
    const SKEWS: &[u64] = &[0, 1, 59, 60, 61, 600];

    for skew in SKEWS {
        let sessions = builder().skew(Duration::from_secs(*skew)).build().unwrap();
        for ahead in [0, 1, skew.saturating_sub(1), *skew, skew + 1, skew + 2, 10_000] {
            let expected = if ahead <= *skew { Ok(()) } else { Err(DecodeError::NotYetValid) };
            for (created, issued) in [(0, ahead), (ahead, 0), (ahead, ahead)] {
                let cookie = cookie(NOW + created, false, NOW + issued);
                let row = (skew, created, issued);
                assert_eq!(answer(&open_at(&sessions, &cookie, NOW)), expected, "{row:?}");
            }
        }
    }
    let default = format::builder(KeyRing::new(key(1))).build().unwrap();
    assert_eq!(answer(&open_at(&default, &cookie(NOW, false, NOW + 60), NOW)), Ok(()));
    assert_eq!(answer(&open_at(&default, &cookie(NOW, false, NOW + 61), NOW)), Err(DecodeError::NotYetValid));
}

#[test]
fn counts_a_future_within_the_skew_as_now() {
    let sessions = builder().build().unwrap();
    let session = open_at(&sessions, &cookie(NOW + 60, true, NOW + 60), NOW);
    assert_eq!(answer(&session), Ok(()));
    assert_eq!(sessions.save(session).unwrap().set_cookies().count(), 0, "age 0 needs no refresh");

    let mut session = open_at(&sessions, &cookie(NOW + 60, true, NOW + 60), NOW);
    session.insert("k", 2).unwrap();
    let commit = sessions.save(session).unwrap();
    assert_eq!(issued(&commit), NOW);
    assert_eq!(max_age(&commit), Some(PERMANENT.idle));
}

#[test]
fn a_tightened_policy_holds_for_cookies_that_are_out_already() {
    // (permanent, age, the limits of the reader that accept it, those that do not)
    const TABLE: &[(bool, u64, Limits, Limits)] = &[
        (false, 50, Limits { idle: 50, absolute: 1000 }, Limits { idle: 49, absolute: 1000 }),
        (false, 50, Limits { idle: 50, absolute: 50 }, Limits { idle: 49, absolute: 49 }),
        (true, 150, Limits { idle: 150, absolute: 3000 }, Limits { idle: 149, absolute: 3000 }),
        (true, 150, Limits { idle: 150, absolute: 150 }, Limits { idle: 149, absolute: 149 }),
    ];
    for (permanent, age, accepts, refuses) in TABLE {
        let clock = Clock::at(NOW);
        let writer = builder().clock(clock.hand()).build().unwrap();
        let mut session = writer.start();
        session.insert("k", 1).unwrap();
        session.set_permanent(*permanent);
        let commit = writer.save(session).unwrap();
        clock.advance(*age);
        for (limits, expected) in [(accepts, Ok(())), (refuses, Err(DecodeError::Expired))] {
            let reader = builder().clock(clock.hand());
            let reader = if *permanent {
                reader.permanent_lifetime((*limits).into())
            } else {
                reader.lifetime((*limits).into())
            };
            let session = reader.build().unwrap().open(commit.cookie_pair());
            assert_eq!(answer(&session), expected, "{limits:?}");
        }
    }

    // Only the absolute limit is tightened: a session that was just used ends too.
    let strict = Limits { idle: 100, absolute: 499 };
    let reader = builder().lifetime(strict.into()).build().unwrap();
    let session = open_at(&reader, &cookie(NOW - 500, false, NOW), NOW);
    assert_eq!(answer(&session), Err(DecodeError::Expired));
}

#[test]
fn a_session_does_not_become_permanent_by_a_longer_policy_of_the_other_kind() {
    let sessions = builder().build().unwrap();
    assert_eq!(
        answer(&open_at(&sessions, &cookie(NOW - 150, false, NOW - 150), NOW)),
        Err(DecodeError::Expired)
    );
    assert_eq!(answer(&open_at(&sessions, &cookie(NOW - 150, true, NOW - 150), NOW)), Ok(()));
}

#[test]
fn answers_under_a_clock_before_1970() {
    let second = Duration::from_secs(1);
    let clocks = [
        SystemTime::UNIX_EPOCH,
        SystemTime::UNIX_EPOCH - Duration::from_nanos(1),
        SystemTime::UNIX_EPOCH - second,
        SystemTime::UNIX_EPOCH - second * (1 << 31),
        SystemTime::UNIX_EPOCH - second * u32::MAX,
    ];
    const TABLE: &[(u64, Result<(), DecodeError>)] = &[
        (0, Ok(())),
        (1, Ok(())),
        (60, Ok(())),
        (61, Err(DecodeError::NotYetValid)),
        (NOW, Err(DecodeError::NotYetValid)),
        (u64::MAX, Err(DecodeError::NotYetValid)),
    ];
    for clock in clocks {
        let sessions = builder().clock(move || clock).build().unwrap();
        let codec = format::codec(&KeyRing::new(key(1)), "s", second * 10).unwrap();
        let forge = Forge::codec(&secret(1), "s");
        for (then, expected) in TABLE {
            assert_eq!(answer(&sessions.open([cookie(*then, true, *then)])), *expected, "{then}");
            assert_eq!(
                codec.decode_at::<u8>(&forge.token("1", *then), clock),
                expected.map(|()| 1),
                "{then}"
            );
        }
        // What is written then can be read then.
        let mut session = sessions.start();
        session.insert("k", 1).unwrap();
        let commit = sessions.save(session).unwrap();
        assert_eq!(issued(&commit), 0);
        let session = sessions.open(commit.cookie_pair());
        assert_eq!(answer(&session), Ok(()));
        assert_eq!(session.created_at(), Some(SystemTime::UNIX_EPOCH));
        let token = codec.encode_at(&1, clock).unwrap();
        assert_eq!(codec.decode_at::<u8>(&token, clock), Ok(1));
    }
}

/// What time could be, in unix seconds.
const TIMES: &[u64] = &[
    0,
    1,
    NOW - 1,
    NOW,
    NOW + 1,
    (1 << 31) - 1,
    1 << 31,
    (1 << 31) + 1,
    (1 << 32) - 1,
    1 << 32,
    (1 << 32) + 1,
    (1 << 53) - 1,
    1 << 53,
    (1 << 53) + 1,
    (1 << 63) - 1,
    1 << 63,
    (1 << 63) + 1,
    u64::MAX,
];

/// The documentation once more, in numbers that cannot overflow.
fn oracle(then: u64, now: u64, skew: u64, limit: u64) -> Result<(), DecodeError> {
    let ahead = i128::from(then) - i128::from(now);
    if ahead > i128::from(skew) {
        return Err(DecodeError::NotYetValid);
    }
    if -ahead > i128::from(limit) {
        return Err(DecodeError::Expired);
    }
    Ok(())
}

/// The longest age that a codec may be given.
const CENTURY: u64 = 36_525 * DAY;

#[test]
fn answers_every_codec_timestamp_and_limit_as_the_oracle_does() {
    let forge = Forge::codec(&secret(1), "s");
    let tokens: Vec<String> = TIMES.iter().map(|issued| forge.token("1", *issued)).collect();
    let (mut accepted, mut expired, mut future, mut no_such_time) = (0, 0, 0, 0);
    let limits = TIMES.iter().chain(&[60, 61, 3600, CENTURY - 1, CENTURY, CENTURY + 1]).copied();
    for max_age in limits.map(Some).chain([None]) {
        let codec = format::codec(&KeyRing::new(key(1)), "s", max_age.map(Duration::from_secs));
        assert_eq!(codec.is_ok(), max_age.is_none_or(|max_age| max_age <= CENTURY), "{max_age:?}");
        let Ok(codec) = codec else { continue };
        let limit = max_age.unwrap_or(u64::MAX);
        for (issued, token) in TIMES.iter().zip(&tokens) {
            for now in TIMES.iter().chain(&[59, 60, 61, NOW - 60, NOW - 61, NOW + 3600, NOW + 3601]) {
                let Some(time) = time(*now) else {
                    assert!(*now > i64::MAX.cast_unsigned(), "an ordinary time cannot be expressed: {now}");
                    no_such_time += 1;
                    continue;
                };
                let expected = oracle(*issued, *now, 60, limit);
                let answer = codec.decode_at::<u8>(token, time).map(|one| assert_eq!(one, 1));
                assert_eq!(answer, expected, "issued {issued}, now {now}, max_age {max_age:?}");
                match answer {
                    Ok(()) => accepted += 1,
                    Err(DecodeError::Expired) => expired += 1,
                    Err(_) => future += 1,
                }
            }
        }
    }
    println!(
        "{accepted} accepted, {expired} expired, {future} not yet valid, {no_such_time} not on this platform"
    );
    assert!(accepted > 1000 && expired > 1000 && future > 1000);
}

#[test]
fn answers_every_session_timestamp_and_limit_as_the_oracle_does() {
    const LONGEST: u64 = 400 * DAY;
    let accepted_by_build = |builder: Builder| builder.build().is_ok();
    // What the builder refuses has no answer; the rest goes on.
    let mut pairs = Vec::new();
    for idle in TIMES.iter().chain(&[2, LONGEST - 1, LONGEST, LONGEST + 1]) {
        for absolute in TIMES.iter().chain(&[2, LONGEST - 1, LONGEST, LONGEST + 1]) {
            let limits = Limits { idle: *idle, absolute: *absolute };
            let expected = *idle >= 1 && idle <= absolute && *absolute <= LONGEST;
            assert_eq!(accepted_by_build(builder().lifetime(limits.into())), expected, "{limits:?}");
            assert_eq!(
                accepted_by_build(builder().permanent_lifetime(limits.into())),
                expected,
                "{limits:?}"
            );
            if expected {
                pairs.push(limits);
            }
        }
    }
    for skew in TIMES.iter().chain(&[599, 600, 601]) {
        let builder = builder().skew(Duration::from_secs(*skew));
        assert_eq!(accepted_by_build(builder), *skew <= 600, "{skew}");
    }
    assert!(pairs.contains(&Limits { idle: 1, absolute: LONGEST }), "{pairs:?}");

    let mut cookies = Vec::new();
    for created in TIMES {
        for issued in TIMES {
            for permanent in [false, true] {
                cookies.push((*created, *issued, permanent, cookie(*created, permanent, *issued)));
            }
        }
    }
    let (mut accepted, mut rejected) = (0, 0);
    for (n, skew) in [0, 1, 600].into_iter().enumerate() {
        // Each pair of limits once as the normal and once as the permanent lifetime.
        for (m, normal) in pairs.iter().enumerate().skip(n).step_by(3) {
            let permanent_limits = pairs[(m + 1) % pairs.len()];
            let sessions = builder()
                .lifetime((*normal).into())
                .permanent_lifetime(permanent_limits.into())
                .skew(Duration::from_secs(skew))
                .build()
                .unwrap();
            for (created, issued, permanent, cookie) in &cookies {
                for now in TIMES {
                    let Some(time) = time(*now) else { continue };
                    let limits = if *permanent { permanent_limits } else { *normal };
                    let expected = oracle(*issued, *now, skew, limits.idle)
                        .and_then(|()| oracle(*created, *now, skew, limits.absolute));
                    let mut session = sessions.open_at([cookie], time);
                    let row = (created, issued, now, limits, skew);
                    assert_eq!(answer(&session), expected, "{row:?}");
                    if expected.is_err() {
                        rejected += 1;
                        continue;
                    }
                    accepted += 1;
                    assert_eq!(session.created_at(), support::forge::time(*created));
                    assert_eq!(session.issued_at(), support::forge::time(*issued));
                    // What is saved at that moment can be opened at that moment.
                    session.insert("k", 2).unwrap();
                    session.insert("k", 1).unwrap();
                    session.insert("l", 1).unwrap();
                    let commit = sessions.save(session).unwrap();
                    assert_eq!(answer(&sessions.open_at(commit.cookie_pair(), time)), Ok(()), "{row:?}");
                    let left = limits.absolute - now.saturating_sub(*created);
                    let expected = permanent.then(|| limits.idle.min(left).max(1));
                    assert_eq!(max_age(&commit), expected, "{row:?}");
                }
            }
        }
    }
    println!("{accepted} accepted, {rejected} rejected");
    assert!(accepted > 500 && rejected > 20_000);
}

#[test]
fn two_machines_may_differ_by_the_skew() {
    for skew in [0, 60, 300] {
        for difference in -300..=300_i64 {
            let (ahead, behind) = (Clock::at(NOW.checked_add_signed(difference).unwrap()), Clock::at(NOW));
            let machine = |clock: &Clock| {
                builder().skew(Duration::from_secs(skew)).clock(clock.hand()).build().unwrap()
            };
            let (one, other) = (machine(&ahead), machine(&behind));
            let mut session = one.start();
            session.insert("k", 1).unwrap();
            let commit = one.save(session).unwrap();

            let expected = match difference {
                d if d > skew.cast_signed() => Err(DecodeError::NotYetValid),
                // The other clock is further on: the session has that much less to live.
                d if -d > NORMAL.idle.cast_signed() => Err(DecodeError::Expired),
                _ => Ok(()),
            };
            let session = other.open(commit.cookie_pair());
            assert_eq!(answer(&session), expected, "{difference} s apart, skew {skew}");
            if expected.is_err() {
                // Neither reason deletes what the other machine made.
                assert_eq!(other.save(session).unwrap().set_cookies().count(), 0);
            }
        }
    }
}

#[test]
fn renew_starts_the_absolute_lifetime_again() {
    let sessions = builder().build().unwrap();
    let created = NOW - 990;
    let mut session = open_at(&sessions, &cookie(created, false, NOW), NOW);
    assert_eq!(session.created_at(), time(created));
    session.renew();
    assert!(session.is_modified());
    assert_eq!(session.created_at(), None);
    let commit = sessions.save(session).unwrap();
    assert_eq!(json(&commit), format!(r#"[{NOW},false,{{"k":1}}]"#));

    let renewed = commit.cookie_pair().unwrap();
    let mut last = renewed.to_owned();
    for age in (0..=1000).step_by(50) {
        let session = open_at(&sessions, &last, NOW + age);
        assert_eq!(answer(&session), Ok(()), "age {age}");
        assert_eq!(session.created_at(), time(NOW));
        if let Some(pair) = sessions.save(session).unwrap().cookie_pair() {
            last = pair.to_owned();
        }
    }
    assert_eq!(answer(&open_at(&sessions, &last, NOW + 1001)), Err(DecodeError::Expired));
    // The limit beside the promise: the old cookie lives as long as it would have.
    let old = cookie(created, false, NOW);
    assert_eq!(answer(&open_at(&sessions, &old, created + 1000)), Ok(()));
    assert_eq!(answer(&open_at(&sessions, &old, created + 1001)), Err(DecodeError::Expired));
}

#[test]
fn clear_starts_another_session() {
    let sessions = builder().build().unwrap();
    let mut session = open_at(&sessions, &cookie(NOW - 50, true, NOW), NOW);
    assert!(session.permanent() && !session.is_new());
    session.clear();
    assert!(session.is_empty() && session.is_new() && !session.permanent());
    assert_eq!(session.created_at(), None);
    session.insert("k", 1).unwrap();
    let commit = sessions.save(session).unwrap();
    assert_eq!(json(&commit), format!(r#"[{NOW},false,{{"k":1}}]"#), "even with the same values");
    assert_eq!(max_age(&commit), None);
}

#[test]
fn reports_when_a_session_was_created_and_signed() {
    let sessions = builder().build().unwrap();
    let session = open_at(&sessions, &cookie(NOW - 70, false, NOW - 7), NOW);
    assert_eq!(session.created_at(), time(NOW - 70));
    assert_eq!(session.issued_at(), time(NOW - 7));

    let session = sessions.open_at([""; 0], time(NOW).unwrap());
    assert_eq!((session.created_at(), session.issued_at()), (None, None));
    let session = open_at(&sessions, &cookie(NOW - 70, false, NOW - 101), NOW);
    assert_eq!((session.created_at(), session.issued_at()), (None, None), "it has expired");
}

#[test]
fn keeps_the_creation_time_through_changes() {
    let sessions = builder().build().unwrap();
    let mut session = open_at(&sessions, &cookie(NOW - 70, false, NOW), NOW);
    session.insert("k", 2).unwrap();
    session.set_permanent(true);
    let commit = sessions.save(session).unwrap();
    let created = NOW - 70;
    assert_eq!(json(&commit), format!(r#"[{created},true,{{"k":2}}]"#));
}

#[test]
fn reads_the_clock_once_in_a_request() {
    let clock = Clock::at(NOW);
    let sessions = builder().clock(clock.hand()).build().unwrap();
    let mut session = sessions.open([cookie(NOW, false, NOW)]);
    clock.advance(30);
    session.insert("l", 1).unwrap();
    assert_eq!(issued(&sessions.save(session).unwrap()), NOW);
}

#[test]
fn max_age_is_what_is_left_and_never_zero() {
    let sessions = builder().build().unwrap();
    for age in 0..=PERMANENT.absolute {
        let mut session = open_at(&sessions, &cookie(NOW - age, true, NOW), NOW);
        session.insert("l", 1).unwrap();
        let commit = sessions.save(session).unwrap();
        // Written out, not computed: 200 until 200 are left, then what is left, and 1 at the very end.
        let expected = match age {
            0..=2800 => 200,
            2801..=2999 => 3000 - age,
            _ => 1,
        };
        assert_eq!(max_age(&commit), Some(expected), "age {age}");
        let line = commit.set_cookies().next().unwrap();
        assert_eq!(Jar::new().set(HOME, line, NOW), Stored::Stored, "age {age}");
    }
}

#[test]
fn max_age_comes_with_permanent_sessions_only() {
    // (was permanent, becomes permanent)
    const TABLE: &[(bool, bool)] = &[(false, false), (false, true), (true, false), (true, true)];

    let sessions = builder().build().unwrap();
    for (was, becomes) in TABLE {
        let mut session = open_at(&sessions, &cookie(NOW - 20, *was, NOW - 20), NOW);
        session.set_permanent(*becomes);
        assert_eq!(session.is_modified(), was != becomes);
        let commit = sessions.save(session).unwrap();
        assert_eq!(max_age(&commit), becomes.then_some(PERMANENT.idle), "{was} to {becomes}");
        assert!(
            !commit.set_cookies().next().unwrap().contains("Expires"),
            "Max-Age needs no clock of theirs"
        );

        let mut jar = Jar::new();
        jar.set_all(HOME, commit.set_cookies(), NOW);
        jar.close_browser();
        assert_eq!(jar.is_empty(), !becomes, "{was} to {becomes}");
    }
}

#[test]
fn counts_whole_seconds() {
    let almost_two = Lifetime { idle: Duration::from_millis(1999), absolute: Duration::from_millis(2999) };
    let sessions = builder().lifetime(almost_two).build().unwrap();
    assert_eq!(answer(&open_at(&sessions, &cookie(NOW, false, NOW), NOW + 1)), Ok(()));
    assert_eq!(answer(&open_at(&sessions, &cookie(NOW, false, NOW), NOW + 2)), Err(DecodeError::Expired));
    assert_eq!(answer(&open_at(&sessions, &cookie(NOW, false, NOW + 2), NOW + 2)), Ok(()));
    assert_eq!(answer(&open_at(&sessions, &cookie(NOW, false, NOW + 3), NOW + 3)), Err(DecodeError::Expired));
    // A fraction of a second of the clock does not count either.
    let late = time(NOW + 1).unwrap() + Duration::from_millis(999);
    assert_eq!(answer(&sessions.open_at([cookie(NOW, false, NOW)], late)), Ok(()));

    for too_short in [Duration::ZERO, Duration::from_millis(999)] {
        let limits = Lifetime { idle: too_short, absolute: Duration::from_secs(10) };
        assert!(builder().lifetime(limits).build().is_err());
    }
}

#[test]
fn a_session_that_is_too_old_is_not_read_any_further() {
    // Twice the same key, which is no payload; but the age comes first.
    let sessions = builder().build().unwrap();
    let cookie = |created: u64| {
        let json = format!(r#"[{created},false,{{"k":1,"k":2}}]"#);
        format!("{NAME}={}", Forge::session(&secret(1), NAME).token(&json, NOW))
    };
    assert_eq!(answer(&open_at(&sessions, &cookie(NOW - 1000), NOW)), Err(DecodeError::Payload));
    assert_eq!(answer(&open_at(&sessions, &cookie(NOW - 1001), NOW)), Err(DecodeError::Expired));
}
