//! Every number that can be configured has bounds, and no memory follows from a number alone.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

mod support;

use std::time::Duration;

use cookie_session::{Builder, Codec, ConfigError, Lifetime};

use support::setup::{builder, keys};

const NANO: Duration = Duration::from_nanos(1);
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What a number that is refused is answered with.
type Answer = Result<(), ConfigError>;

/// A number that can be configured: its bounds, and how it is set.
struct Row<N> {
    what: &'static str,
    least: N,
    most: N,
    set: fn(N) -> Answer,
}

fn build(builder: Builder) -> Answer {
    builder.build().map(drop)
}

fn codec() -> Codec {
    Codec::new(&keys(), "salt", MINUTE).expect("builds")
}

fn durations() -> Vec<Row<Duration>> {
    #[allow(unused_mut, reason = "the frameworks have more")]
    let mut rows: Vec<Row<Duration>> = vec![
        Row {
            what: "lifetime, idle",
            least: SECOND,
            most: 400 * DAY,
            set: |idle| build(builder().lifetime(Lifetime { idle, absolute: 400 * DAY })),
        },
        Row {
            what: "lifetime, absolute",
            least: SECOND,
            most: 400 * DAY,
            set: |absolute| build(builder().lifetime(Lifetime { idle: SECOND, absolute })),
        },
        Row {
            what: "permanent lifetime, idle",
            least: SECOND,
            most: 400 * DAY,
            set: |idle| build(builder().permanent_lifetime(Lifetime { idle, absolute: 400 * DAY })),
        },
        Row {
            what: "permanent lifetime, absolute",
            least: SECOND,
            most: 400 * DAY,
            set: |absolute| build(builder().permanent_lifetime(Lifetime { idle: SECOND, absolute })),
        },
        Row {
            what: "skew",
            least: Duration::ZERO,
            most: 10 * MINUTE,
            set: |skew| build(builder().skew(skew)),
        },
        Row {
            what: "max_age of a codec",
            least: Duration::ZERO,
            most: CENTURY,
            set: |max_age| Codec::new(&keys(), "salt", max_age).map(drop),
        },
        Row {
            what: "skew of a codec",
            least: Duration::ZERO,
            most: 10 * MINUTE,
            set: |skew| codec().skew(skew).map(drop),
        },
    ];
    #[cfg(all(feature = "flask", feature = "django", feature = "starlette"))]
    rows.extend(python::durations());
    rows
}

const CENTURY: Duration = Duration::from_secs(36_525 * 24 * 60 * 60);

fn sizes() -> Vec<Row<usize>> {
    #[allow(unused_mut, reason = "the frameworks have more")]
    let mut rows: Vec<Row<usize>> = vec![
        Row {
            what: "max_cookie_size",
            least: 100,
            most: 4096,
            set: |bytes| build(builder().max_cookie_size(bytes)),
        },
        Row {
            what: "max_len of a codec",
            least: 53,
            most: 1 << 20,
            set: |bytes| codec().max_len(bytes).map(drop),
        },
    ];
    #[cfg(all(feature = "flask", feature = "django", feature = "starlette"))]
    rows.extend(python::sizes());
    rows
}

#[cfg(all(feature = "flask", feature = "django", feature = "starlette"))]
mod python {
    use cookie_session::flask::{Digest, KeyDerivation};
    use cookie_session::{Sessions, django, flask, starlette};

    use super::*;

    fn flask() -> flask::Profile {
        flask::Profile::new(flask::SecretKey::new("k").unwrap())
    }

    fn django() -> django::Profile {
        django::Profile::new(django::SecretKey::new("k").unwrap())
    }

    fn starlette() -> starlette::Profile {
        starlette::Profile::new(starlette::SecretKey::new("k").unwrap())
    }

    fn sessions(profile: impl Into<cookie_session::Profile>) -> Answer {
        build(Sessions::builder(profile))
    }

    pub(super) fn durations() -> Vec<Row<Duration>> {
        // Backdated by a second, a session of one second would end at once.
        let lifetime = |what, set| Row { what, least: 2 * SECOND, most: CENTURY, set };
        let max_age = |what, set| Row { what, least: Duration::ZERO, most: CENTURY, set };
        let backdate = |what, set| Row { what, least: Duration::ZERO, most: 10 * MINUTE, set };
        vec![
            lifetime("Flask's lifetime", |age| sessions(flask().permanent_session_lifetime(age))),
            lifetime("Django's lifetime", |age| sessions(django().session_cookie_age(age))),
            lifetime("Starlette's lifetime", |age| sessions(starlette().max_age(Some(age)))),
            max_age("max_age of Flask's codec", |age| flask().codec("s", age).map(drop)),
            max_age("max_age of Flask's other codec", |age| {
                flask().codec_with("s", age, KeyDerivation::Hmac, Digest::Sha256).map(drop)
            }),
            max_age("max_age of Django's codec", |age| django().codec("s", age).map(drop)),
            backdate("backdate of Flask", |by| sessions(flask().backdate(by))),
            backdate("backdate of Flask's codec", |by| flask().backdate(by).codec("s", MINUTE).map(drop)),
            backdate("backdate of Django", |by| sessions(django().backdate(by))),
            backdate("backdate of Django's codec", |by| django().backdate(by).codec("s", MINUTE).map(drop)),
            backdate("backdate of Starlette", |by| sessions(starlette().backdate(by))),
        ]
    }

    pub(super) fn sizes() -> Vec<Row<usize>> {
        let inflated = |what, set| Row { what, least: 0, most: 4 << 20, set };
        let compress = |what, set| Row { what, least: 0, most: 2048, set };
        vec![
            inflated("max_inflated_size of Flask", |size| sessions(flask().max_inflated_size(size))),
            inflated("max_inflated_size of Flask's codec", |size| {
                flask().max_inflated_size(size).codec("s", MINUTE).map(drop)
            }),
            inflated("max_inflated_size of Django", |size| sessions(django().max_inflated_size(size))),
            inflated("max_inflated_size of Django's codec", |size| {
                django().max_inflated_size(size).codec("s", MINUTE).map(drop)
            }),
            compress("compress_from of Flask", |size| sessions(flask().compress_from(size))),
            compress("compress_from of Flask's codec", |size| {
                flask().compress_from(size).codec("s", MINUTE).map(drop)
            }),
            compress("compress_from of Django", |size| sessions(django().compress_from(size))),
            compress("compress_from of Django's codec", |size| {
                django().compress_from(size).compressing_codec("s", MINUTE).map(drop)
            }),
        ]
    }
}

/// Checks a number at 0, 1, its bounds and their neighbours, and its type's maximum.
fn check<N: PartialOrd + Copy + std::fmt::Debug>(rows: &[Row<N>], neighbours: fn(&Row<N>) -> Vec<N>) {
    for row in rows {
        for number in neighbours(row) {
            let answer = (row.set)(number);
            let fits = row.least <= number && number <= row.most;
            assert_eq!(answer.is_ok(), fits, "{}: {number:?}", row.what);
            let Err(error) = answer else { continue };
            let text = error.to_string();
            assert!(!text.is_empty() && !text.ends_with('.'), "{}: {text:?}", row.what);
        }
    }
}

#[test]
fn every_duration_has_bounds() {
    check(&durations(), |row| {
        let mut numbers = vec![Duration::ZERO, NANO, SECOND - NANO, SECOND, row.least, row.most];
        numbers.extend([row.most + NANO, row.most + SECOND, Duration::from_secs(u64::MAX), Duration::MAX]);
        numbers.extend(row.least.checked_sub(NANO));
        numbers.extend(row.most.checked_sub(NANO));
        numbers
    });
}

#[test]
fn every_size_has_bounds() {
    check(&sizes(), |row| {
        let mut numbers = vec![0, 1, row.least, row.most - 1, row.most, row.most + 1];
        numbers.extend([1 << 30, 1 << (usize::BITS - 18), usize::MAX / 2, usize::MAX - 1, usize::MAX]);
        numbers.extend(row.least.checked_sub(1));
        numbers
    });
}
