//! A session says that it is too large before a browser drops it in silence.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

mod support;

use std::collections::BTreeSet;

use cookie_session::{Commit, DecodeError, Session, SessionError, Sessions, TooLong};
use serde_json::{Value, json};

use support::format::{self, ENCRYPTED, STEP, token_len};
use support::jar::{Jar, Stored, Why};
use support::matrix::Settings;
use support::setup::{
    DAY, HOME, HOUR, NAME, NOW, at, builder, cookie_with, data_of, keys, only_line, open_with, payload_of,
    sessions, sign,
};

const LIMIT: usize = 4096;
/// A number of which every shape is well under the limit, and past its constant part.
const SOME: usize = 2000;

/// Returns the members of a session, the last of which grows with the number.
type Shape = fn(usize) -> Vec<(String, Value)>;
/// What a handler does to a session.
type Act = fn(&mut Session);
type Try = fn(&mut Session) -> Result<(), SessionError>;

/// Ways to fill a session.
const SHAPES: &[(&str, Shape)] = &[
    ("one value", |n| vec![("k".into(), json!("x".repeat(n)))]),
    ("one key", |n| vec![("k".repeat(n), json!(0))]),
    ("quotes, two bytes each", |n| {
        vec![("k".into(), json!(format!("{}{}", "\"".repeat(n / 2), "x".repeat(n % 2))))]
    }),
    ("a key with escapes", |n| vec![(format!("{}{}", "\n".repeat(n / 2), "x".repeat(n % 2)), json!(0))]),
    ("control characters, six bytes each", |n| {
        vec![("k".into(), json!(format!("{}{}", "\u{1}".repeat(n / 6), "x".repeat(n % 6))))]
    }),
    ("not ASCII", |n| vec![("é".into(), json!(format!("{}{}", "é".repeat(n / 2), "x".repeat(n % 2))))]),
    ("many members", |n| {
        let few = (0..60).map(|i| (format!("k{i}"), json!(i)));
        few.chain([("last".into(), json!("x".repeat(n.saturating_sub(570))))]).collect()
    }),
    ("nested", |n| vec![("k".into(), json!({"a": [{"b": "x".repeat(n)}, null], "c": {}}))]),
];

/// One name of each remainder by four, since base64 grows in steps.
const NAMES: [&str; 5] =
    ["s", "sessions", "__Secure-my-session", NAME, "__Host-Http-a.rather.long-name_of*a+cookie"];

fn names() -> Vec<String> {
    // Encrypted, a cookie grows by up to 43 characters at a time.
    if ENCRYPTED { (1..=43).map(|n| "s".repeat(n)).collect() } else { NAMES.map(String::from).to_vec() }
}

fn sessions_named(name: &str) -> Sessions {
    builder().name(name).build().unwrap()
}

fn object(members: &[(String, Value)]) -> String {
    let member = |(key, value): &(String, Value)| format!("{}:{value}", json!(key));
    format!("{{{}}}", members.iter().map(member).collect::<Vec<_>>().join(","))
}

/// Returns the line that a program would send which does not count.
fn unchecked_line(name: &str, permanent: bool, members: &[(String, Value)]) -> String {
    let token = sign(name, format!("[{NOW},{permanent},{}]", object(members)), NOW);
    Settings { name, ..Settings::DEFAULT }.unchecked_line(&token)
}

fn stores(line: &str) -> bool {
    match Jar::new().set(HOME, line, NOW) {
        Stored::Stored => true,
        Stored::Ignored(Why::TooLong) => false,
        other => panic!("{other:?}"),
    }
}

/// Returns the length of name and value.
fn len_of(line: &str) -> usize {
    line.split(';').next().unwrap().len() - "=".len()
}

/// Calls back with every session around the limit: its name, permanence, members, and the line that it is.
fn around_the_limit(mut check: impl FnMut(&str, bool, &[(String, Value)], &str)) {
    for (shape, members) in SHAPES {
        let mut lengths = BTreeSet::new();
        for name in names() {
            for permanent in [false, true] {
                // Every shape grows by one byte of JSON for each step.
                let some = format!("[{NOW},{permanent},{}]", object(&members(SOME))).len();
                let len_with = |json: usize| name.len() + token_len(json);
                let room = (SOME..).take_while(|json| len_with(*json) <= LIMIT).last().unwrap();
                for json in room - 3..=room + 3 + STEP {
                    let len = len_with(json);
                    // Of those that are as long, the first and the last will do.
                    let differs = len != len_with(json - 1) || len != len_with(json + 1);
                    if differs && (LIMIT - 3..=LIMIT + 3).contains(&len) {
                        let members = members(SOME + json - some);
                        let line = unchecked_line(&name, permanent, &members);
                        assert_eq!(len_of(&line), len);
                        lengths.insert(len);
                        check(&name, permanent, &members, &line);
                    }
                }
            }
        }
        for len in LIMIT - 1..=LIMIT + 1 {
            assert!(lengths.contains(&len), "{shape}: no session of {len} bytes");
        }
    }
}

/// Inserts members, of which only the last may be too much.
fn fill(session: &mut Session, members: &[(String, Value)]) -> Result<(), SessionError> {
    let ((key, value), smaller) = members.split_last().unwrap();
    for (key, value) in smaller {
        session.insert(key, value)?;
    }
    session.insert(key, value)
}

#[test]
fn what_fits_into_a_browser_is_accepted_and_nothing_else_is() {
    around_the_limit(|name, permanent, members, line| {
        let sessions = sessions_named(name);
        let mut session = sessions.start();
        session.set_permanent(permanent);
        let filled = fill(&mut session, members);
        // The longest spelling counts: that of a session which is not permanent.
        let longest = unchecked_line(name, false, members);
        assert_eq!(filled.is_ok(), stores(&longest), "{name} {permanent} {}", len_of(line));
        if filled.is_ok() {
            let commit = sessions.save(session).unwrap();
            assert_eq!(commit.cookie_size(), Some(len_of(line)));
            assert_eq!(len_of(&only_line(&commit)), len_of(line));
            assert!(stores(&only_line(&commit)));
        } else {
            assert!(permanent || !stores(line), "refused although it would be stored");
        }
    });
}

#[test]
fn write_counts_as_insert_does() {
    around_the_limit(|name, permanent, members, line| {
        let object: Value = serde_json::from_str(&object(members)).unwrap();
        let sessions = sessions_named(name);
        let mut session = sessions.start();
        session.set_permanent(permanent);
        let longest = unchecked_line(name, false, members);
        assert_eq!(session.write(&object).is_ok(), stores(&longest), "{name} {permanent} {}", len_of(line));
    });
}

/// What may be done to a session once it is filled.
const LATER: &[(&str, Act)] = &[
    ("nothing", |_| {}),
    ("set_permanent", |s| s.set_permanent(true)),
    ("set_permanent there and back", |s| {
        s.set_permanent(true);
        s.set_permanent(false);
    }),
    ("renew", Session::renew),
    ("both", |s| {
        s.renew();
        s.set_permanent(true);
    }),
];

#[test]
fn nothing_said_about_the_lifetime_changes_the_verdict() {
    let mut checked = 0;
    around_the_limit(|name, permanent, members, _| {
        let sessions = sessions_named(name);
        let start = || {
            let mut session = sessions.start();
            session.set_permanent(permanent);
            fill(&mut session, members).map(|()| session)
        };
        if start().is_err() {
            return;
        }
        for (what, change) in LATER {
            let mut session = start().unwrap();
            change(&mut session);
            let commit = sessions.save(session).expect(what);
            assert!(stores(&only_line(&commit)), "{what}");
        }
        let commit = sessions.save(start().unwrap()).unwrap();
        for (what, change) in LATER {
            // The next request, late enough for a refresh.
            let mut session =
                sessions.open_at(commit.cookie_pair(), at(NOW + HOUR + 34 * 3600 * u64::from(permanent)));
            assert_eq!(session.rejection(), None);
            change(&mut session);
            let commit = sessions.save(session).expect(what);
            assert!(commit.skipped().is_none() && stores(&only_line(&commit)), "{what}");
            checked += 1;
        }
    });
    assert!(checked >= 160, "{checked}");
}

#[test]
fn the_verdict_holds_from_1970_to_2106() {
    let times = [0, 1, 255, 256, 65_536, 99_999_999, 999_999_999, NOW, 1 << 31, u64::from(u32::MAX)];
    for now in times {
        let sessions = sessions_named(NAME);
        for n in 2990..3020 {
            let mut session = sessions.open_at(None::<&str>, at(now));
            if session.insert("k", "x".repeat(n)).is_ok() {
                let commit = sessions.save(session).unwrap();
                assert!(stores(&only_line(&commit)), "{now} {n}");
            }
        }
    }
}

#[test]
fn after_2106_no_cookie_is_too_long_either() {
    // Then a timestamp takes one character more than was counted.
    for now in [1 << 32, 9_999_999_999, 10_000_000_000, u64::MAX >> 1] {
        let sessions = builder().clock(move || at(now)).build().unwrap();
        let mut saved = 0;
        for n in 2900..3020 {
            let mut session = sessions.start();
            if session.insert("k", "x".repeat(n)).is_err() {
                continue;
            }
            match sessions.save(session) {
                Ok(commit) => {
                    assert!(stores(&only_line(&commit)), "{now} {n}");
                    saved += 1;
                }
                Err(SessionError::TooLong(too_long)) => assert!(too_long.len() > LIMIT),
                Err(error) => panic!("{error}"),
            }
        }
        assert!(saved > 0, "{now}");
    }
}

/// Asks for more than fits, in every way there is.
const EXCESSES: &[(&str, Try)] = &[
    ("insert", |s| s.insert("new", "x".repeat(4000))),
    ("insert under a long key", |s| s.insert(&"k".repeat(4000), 0)),
    ("replace the first", |s| s.insert("a", "x".repeat(4000))),
    ("replace the last", |s| s.insert("\u{e9}", "x".repeat(4000))),
    ("update", |s| s.update("c", |list: &mut Vec<u64>| list.extend(0..2000))),
    ("update of what is not there", |s| s.update("new", |list: &mut Vec<u64>| list.extend(0..2000))),
    ("write", |s| s.write(&json!({"a": "x".repeat(4000)}))),
];

#[test]
fn what_does_not_fit_leaves_the_session_as_it_was() {
    const DATA: &str = r#"{ "a" : 1.0, "b":"\u00e9",  "c":[1, 2], "\u00e9":null}"#;
    let before: &[(&str, Act)] = &[
        ("untouched", |_| {}),
        ("changed", |s| s.insert("b", 2).unwrap()),
        ("removed", |s| assert!(s.remove("b"))),
        ("added", |s| s.insert("d", 4).unwrap()),
        ("permanent", |s| s.set_permanent(true)),
        ("renewed", Session::renew),
        ("written", |s| s.write(&json!({"a": 1, "c": [], "é": 2})).unwrap()),
        ("cleared", |s| {
            s.clear();
            s.insert("a", 1).unwrap();
        }),
    ];
    let sessions = sessions();
    for (state, prepare) in before {
        for (what, exceed) in EXCESSES {
            let [mut session, mut twin] = [0, 1].map(|_| open_with(&sessions, DATA));
            prepare(&mut session);
            prepare(&mut twin);
            let result = exceed(&mut session);
            assert!(matches!(result, Err(SessionError::TooLong(_))), "{state}, {what}: {result:?}");
            assert!(session.keys().eq(twin.keys()), "{state}, {what}");
            assert!(session.keys().all(|key| session.get_raw(&key) == twin.get_raw(&key)), "{state}, {what}");
            assert_eq!(session.is_modified(), twin.is_modified(), "{state}, {what}");
            // A change makes both write everything that they hold.
            session.insert("end", true).unwrap();
            twin.insert("end", true).unwrap();
            let [commit, twin] = [session, twin].map(|session| sessions.save(session).unwrap());
            assert_eq!(payload_of(&commit), payload_of(&twin), "{state}, {what}");
            let attributes = |commit| only_line(commit).split_once("; ").map(|(_, all)| all.to_owned());
            assert_eq!(attributes(&commit), attributes(&twin), "{state}, {what}");
        }
    }
}

#[track_caller]
fn too_long<T: std::fmt::Debug>(result: Result<T, SessionError>) -> TooLong {
    match result {
        Err(SessionError::TooLong(too_long)) => too_long,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_error_tells_length_limit_and_the_largest_keys() {
    let members = [("a", 10), ("b", 900), ("c", 20), ("d", 700), ("e", 800), ("f", 1000)];
    let mut session = sessions().start();
    let (last, fit) = members.split_last().unwrap();
    for (key, bytes) in fit {
        session.insert(key, "x".repeat(bytes - 2)).unwrap();
    }
    let error = too_long(session.insert(last.0, "x".repeat(last.1 - 2)));
    let all: Vec<_> =
        members.iter().map(|(key, bytes)| (key.to_string(), json!("x".repeat(bytes - 2)))).collect();
    assert_eq!(error.len(), len_of(&unchecked_line(NAME, false, &all)));
    assert_eq!(error.limit(), LIMIT);
    let largest: Vec<_> = error.largest().iter().map(|(key, bytes)| (key.as_str(), *bytes)).collect();
    assert_eq!(largest, [("f", 1000), ("b", 900), ("e", 800)]);
    assert_eq!(
        error.to_string(),
        format!(
            "session cookie would be {} bytes, the limit is 4096; largest: f (1000 bytes), b (900 bytes), e (800 bytes)",
            error.len()
        )
    );
    assert_eq!(SessionError::from(error.clone()).to_string(), error.to_string());

    let error = too_long(sessions().start().insert("only \"one\"", "x".repeat(5000)));
    assert_eq!(error.largest(), [("only \"one\"".to_owned(), 5002)]);
    assert_eq!(session.len(), fit.len());
}

#[test]
fn a_presented_value_over_the_limit_is_too_long_before_anything_else() {
    let sessions = sessions();
    let room = LIMIT - NAME.len();
    // A genuine token of exactly that length, found by its padding.
    let genuine = |len: usize| {
        let payloads = (2900..3100).map(|n| format!("[{NOW},false,{{\"k\":\"{}\"}}]", "x".repeat(n)));
        let mut tokens = payloads.map(|payload| sign(NAME, payload, NOW));
        tokens.find(|token| token.len() == len)
    };
    let mut seen = 0;
    for len in room - 3..=room + 3 {
        let over = len > room;
        let forged = format!("{}.ZVPxAA.{}", "A".repeat(len - 51), "A".repeat(43));
        let malformed = "x".repeat(len);
        for (value, otherwise) in [
            (genuine(len), None),
            (Some(forged), Some(DecodeError::InvalidSignature)),
            (Some(malformed), Some(DecodeError::Malformed)),
        ] {
            // Base64 has no text of some lengths.
            let Some(value) = value else { continue };
            assert_eq!(value.len(), len);
            let session = sessions.open([format!("{NAME}={value}")]);
            let expected = if over { Some(DecodeError::TooLong) } else { otherwise };
            assert_eq!(session.rejection().copied(), expected, "{len}");
            seen += 1;
        }
    }
    assert!(seen >= if ENCRYPTED { 14 } else { 18 }, "{seen}");
}

#[test]
fn too_long_a_value_is_worth_no_signature_check() {
    // Eight candidates would use up all checks; these are not counted.
    let sessions = sessions();
    let long = format!("{NAME}={}.ZVPxAA.{}", "A".repeat(5000), "A".repeat(43));
    let line = [vec![long; 50], vec![cookie_with(r#"{"a":1}"#)]].concat().join("; ");
    assert_eq!(sessions.open([line]).rejection(), None);
}

/// A session of the size that a limit allows, and sessions with a lower one since.
fn lowered() -> (Sessions, Sessions, Commit) {
    let (before, after) = (
        builder().build().unwrap(),
        format::builder(keys()).max_cookie_size(1000).clock(|| at(NOW + HOUR)).build().unwrap(),
    );
    let mut session = before.start();
    session.insert("large", "x".repeat(1500)).unwrap();
    session.insert("small", 1).unwrap();
    let commit = before.save(session).unwrap();
    (before, after, commit)
}

#[test]
fn a_refresh_that_does_not_fit_is_skipped() {
    let (_, sessions, old) = lowered();
    let mut jar = Jar::new();
    jar.set_all(HOME, old.set_cookies(), NOW);
    let commit = sessions.save(sessions.open(jar.header(HOME, NOW + HOUR))).unwrap();
    let skipped = commit.skipped().expect("a refresh is due");
    assert_eq!((skipped.len(), skipped.limit()), (old.cookie_size().unwrap(), 1000));
    assert_eq!(skipped.largest()[0], ("large".to_owned(), 1502));
    assert_eq!((commit.set_cookies().count(), commit.cookie_pair(), commit.cookie_size()), (0, None, None));
    assert!(!commit.is_removal());
    assert_eq!(commit.cache_control([""]).as_deref(), Some("private"), "as for any visitor's page");
    jar.set_all(HOME, commit.set_cookies(), NOW + HOUR);
    assert_eq!(jar.header(HOME, NOW + HOUR).as_deref(), old.cookie_pair(), "the old cookie stays");

    // Nothing is skipped where nothing is due.
    let early = sessions.open_at(old.cookie_pair(), at(NOW + 60));
    assert!(sessions.save(early).unwrap().skipped().is_none());
    let mut polled = sessions.open(old.cookie_pair());
    polled.skip_refresh();
    assert!(sessions.save(polled).unwrap().skipped().is_none());
}

#[test]
fn a_change_that_does_not_fit_is_an_error() {
    let (_, sessions, old) = lowered();
    let open = || sessions.open(old.cookie_pair());
    let early: &[(&str, Try)] = &[
        ("insert", |s| s.insert("small", 2)),
        ("insert of a new key", |s| s.insert("new", 2)),
        ("update", |s| s.update("small", |small: &mut u8| *small += 1)),
    ];
    for (what, change) in early {
        let mut session = open();
        assert_eq!(too_long(change(&mut session)).limit(), 1000, "{what}");
        let commit = sessions.save(session).unwrap();
        assert!(commit.skipped().is_some(), "{what}: as if nothing had been asked");
    }
    let late: &[(&str, Act)] = &[
        ("set_permanent", |s| s.set_permanent(true)),
        ("renew", Session::renew),
        ("removing too little", |s| assert!(s.remove("small"))),
        // More may go before it is saved.
        ("shrinking too little", |s| s.insert("large", "x".repeat(1499)).unwrap()),
    ];
    for (what, change) in late {
        let mut session = open();
        change(&mut session);
        assert_eq!(too_long(sessions.save(session).map(drop)).limit(), 1000, "{what}");
    }
}

#[test]
fn an_oversized_session_can_be_made_smaller_or_ended() {
    let (_, sessions, old) = lowered();
    let shrink: &[(&str, &str, Act)] = &[
        ("remove", r#"{"small":1}"#, |s| assert!(s.remove("large"))),
        ("take", r#"{"small":1}"#, |s| assert!(s.take::<String>("large").unwrap().is_some())),
        ("insert", r#"{"large":0,"small":1}"#, |s| s.insert("large", 0).unwrap()),
        ("update", r#"{"large":"","small":1}"#, |s| s.update("large", String::clear).unwrap()),
        ("write", r#"{"a":1}"#, |s| s.write(&json!({"a": 1})).unwrap()),
        ("clear", r#"{"a":1}"#, |s| {
            s.clear();
            s.insert("a", 1).unwrap();
        }),
    ];
    for (what, data, change) in shrink {
        let mut session = sessions.open(old.cookie_pair());
        change(&mut session);
        let commit = sessions.save(session).unwrap();
        assert_eq!(data_of(&commit), *data, "{what}");
    }
    let mut session = sessions.open(old.cookie_pair());
    session.clear();
    assert!(sessions.save(session).unwrap().is_removal());
}

#[test]
fn inserting_what_is_there_already_asks_for_nothing() {
    let (_, sessions, old) = lowered();
    let mut session = sessions.open(old.cookie_pair());
    assert_eq!(session.insert("small", 1), Ok(()));
    assert_eq!(session.update("small", |_: &mut u8| ()), Ok(()));
    assert!(!session.is_modified());
    assert!(sessions.save(session).unwrap().skipped().is_some());
}

#[test]
fn a_lower_limit_is_kept_to_the_byte() {
    for limit in [130, 131, 132, 133, 500, 1000, 4095] {
        let sessions = builder().name("s").max_cookie_size(limit).build().unwrap();
        let mut longest = 0;
        for n in 0..limit {
            let mut session = sessions.start();
            let fits = session.insert("k", "x".repeat(n)).is_ok();
            let line = unchecked_line("s", false, &[("k".into(), json!("x".repeat(n)))]);
            assert_eq!(fits, len_of(&line) <= limit, "{limit} {n}");
            if fits {
                let commit = sessions.save(session).unwrap();
                assert_eq!(commit.max_cookie_size(), limit);
                longest = commit.cookie_size().unwrap();
            }
        }
        assert!(longest + STEP * 4 / 3 + 4 > limit, "{longest} of {limit}");
    }
}

#[test]
fn counts_nothing_but_name_and_value() {
    // A Max-Age, a long Path and a Domain are attributes, which have a limit of their own.
    let path = format!("/{}", "p".repeat(1000));
    let lifetime = cookie_session::Lifetime {
        idle: std::time::Duration::from_secs(400 * DAY),
        absolute: std::time::Duration::from_secs(400 * DAY),
    };
    let sessions =
        builder().name("s").path(&path).domain("example.org").permanent_lifetime(lifetime).build().unwrap();
    let mut session = sessions.start();
    session.set_permanent(true);
    let most = (0..4000).take_while(|n| session.insert("k", "x".repeat(*n)).is_ok()).count();
    assert!(most > 2950, "{most}");
    let line = only_line(&sessions.save(session).unwrap());
    assert!(line.len() > 5000 && line.contains("; Max-Age=34560000"), "{line}");
    assert_eq!(Jar::new().set(&format!("https://example.org{path}"), &line, NOW), Stored::Stored);
}

#[test]
fn an_error_keeps_a_hostile_key_on_its_line() {
    let mut session = sessions().start();
    let key = format!("k\r\nERROR forged\u{1b}[31m{}", "x".repeat(200));
    let error = session.insert(&key, "y".repeat(5000)).unwrap_err().to_string();
    assert!(error.contains(r"k\r\nERROR forged\u{1b}[31mx"), "{error}");
    assert!(!error.contains(char::is_control) && error.len() < 200, "{error}");
}
