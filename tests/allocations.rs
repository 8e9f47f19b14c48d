//! What an outsider sends costs no memory, and what this library signed costs little.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test may panic"
)]
#![allow(unsafe_code, reason = "an allocator is unsafe; this one counts and passes on")]

mod support;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::time::Duration;

use cookie_session::{Codec, DecodeError, KeyRing, Session};
use serde::{Deserialize, Serialize};

use support::forge::{b64, key};
use support::setup::{DAY, HOUR, NAME, NOW, cookie_at, cookie_with, sessions, sign};

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

thread_local! {
    /// How often this thread asked for memory, also for more of it.
    static COUNT: Cell<usize> = const { Cell::new(0) };
    static BYTES: Cell<usize> = const { Cell::new(0) };
}

fn count(bytes: usize) {
    COUNT.set(COUNT.get() + 1);
    BYTES.set(BYTES.get() + bytes);
}

// SAFETY: everything goes to the system's allocator as it came; the counters are of the thread, and need no memory.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: the caller's promise.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, old: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size);
        // SAFETY: the caller's promise.
        unsafe { System.realloc(old, layout, size) }
    }

    unsafe fn dealloc(&self, old: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(old, layout) }
    }
}

/// Returns what a run returns, how often it allocated, and how many bytes in all.
fn counted<R>(run: impl FnOnce() -> R) -> (R, usize, usize) {
    let before = (COUNT.get(), BYTES.get());
    let result = run();
    (result, COUNT.get() - before.0, BYTES.get() - before.1)
}

#[test]
fn the_counter_counts() {
    assert_eq!(counted(|| ()).1, 0);
    let (_, count, bytes) = counted(|| vec![0_u8; 100]);
    assert_eq!((count, bytes), (1, 100));
    let (_, count, _) = counted(|| {
        let mut list = Vec::with_capacity(1);
        list.extend([1_u8; 100]);
        list
    });
    assert_eq!(count, 2, "growing counts");
}

/// Opens Cookie lines and returns the rejection, with what it cost.
fn open<L: AsRef<[u8]>>(lines: &[L]) -> (Option<DecodeError>, usize) {
    let sessions = sessions();
    // The first use of base64 asks the processor what it can do.
    drop(sessions.open([cookie_with("{}")]));
    let (session, count, _) = counted(|| sessions.open(lines));
    (session.rejection().copied(), count)
}

#[test]
fn whatever_an_outsider_sends_allocates_nothing() {
    let good = cookie_with(r#"{"user":"Ada"}"#);
    let token = good.split_once('=').unwrap().1;
    let pair = |value: &str| format!("{NAME}={value}");
    let rejected = [
        (DecodeError::TooLong, pair(&"x".repeat(1 << 20))),
        (DecodeError::TooLong, pair(&format!("{}.{token}", "A".repeat(5000)))),
        (DecodeError::Malformed, pair("")),
        (DecodeError::Malformed, pair("x")),
        (DecodeError::Malformed, pair(&".".repeat(4000))),
        (DecodeError::Malformed, pair(&token.replace('.', "!"))),
        (DecodeError::Malformed, pair(&format!("{token}="))),
        (DecodeError::InvalidSignature, pair(&format!("A{token}"))),
        (DecodeError::InvalidSignature, pair(&sign("session", "{}", NOW))),
        (DecodeError::InvalidSignature, pair(&format!("{}.ZVPxAA.{}", "A".repeat(4000), "A".repeat(43)))),
        (DecodeError::InvalidSignature, vec![pair(&format!("A{token}")); 100].join("; ")),
        (DecodeError::InvalidSignature, pair(&format!("{}.{token}", b64(&[b'['; 2900])))),
        // Anybody can keep a cookie until it is old, and present it ever again.
        (DecodeError::Expired, cookie_at(r#"{"user":"Ada"}"#, NOW - 15 * DAY)),
        (DecodeError::Expired, cookie_at(r#"{"user":"Ada"}"#, NOW - 3 * HOUR)),
        (DecodeError::Expired, pair(&sign(NAME, format!("[{},false,{{}}]", NOW - 25 * HOUR), NOW))),
        (DecodeError::NotYetValid, cookie_at(r#"{"user":"Ada"}"#, NOW + HOUR)),
    ];
    for (rejection, line) in rejected {
        let shown = &line[..line.len().min(60)];
        assert_eq!(open(&[&line]), (Some(rejection), 0), "{shown}");
        assert_eq!(open(&[line.as_str(), &line, "a=b"]), (Some(rejection), 0), "{shown}");
    }
}

#[cfg(all(feature = "flask", feature = "django", feature = "starlette"))]
#[test]
fn nor_does_it_under_a_framework_that_looks_at_one_cookie_of_all_lines() {
    use cookie_session::{Sessions, django, flask, starlette};

    let flask = flask::Profile::new(flask::SecretKey::new("k").unwrap());
    let django = django::Profile::new(django::SecretKey::new("k").unwrap());
    let starlette = starlette::Profile::new(starlette::SecretKey::new("k").unwrap());
    let forged = |separator: &str, stamp: &str, signature| {
        [&*"A".repeat(20), stamp, &*"A".repeat(signature)].join(separator)
    };
    let rows = [
        (Sessions::builder(flask), "session", forged(".", "ZVPxAA", 27)),
        (Sessions::builder(django), "sessionid", forged(":", "1r31ev", 43)),
        (Sessions::builder(starlette), "session", forged(".", "ZVPxAA", 27)),
    ];
    for (builder, name, forged) in rows {
        let sessions = builder.build().unwrap();
        let line = format!("a=b; {name}={forged}; {name}=x; {name}={forged}");
        // The first use of base64 asks the processor what it can do.
        drop(sessions.open([&line]));
        let (session, count, _) = counted(|| sessions.open(std::iter::repeat_n(&line, 1000)));
        assert_eq!((session.rejection(), count), (Some(&DecodeError::InvalidSignature), 0), "{name}");
    }
}

#[test]
fn the_scan_allocates_nothing() {
    let mut lines: Vec<Vec<u8>> =
        [&b"a="[..], b"a=;", b";", b"=", b"\"", b" ", b"\xff", b"__Host-session2=x;", b"a=b; "]
            .iter()
            .map(|unit| unit.iter().copied().cycle().take(1 << 20).collect())
            .collect();
    for line in &lines {
        let shown = String::from_utf8_lossy(line.get(..20).unwrap());
        assert_eq!(open(&[line]), (None, 0), "{shown}");
    }
    assert_eq!(open(&lines), (None, 0));
    lines.push(b"__Host-session=;".repeat(100_000));
    assert_eq!(open(&lines), (Some(DecodeError::Malformed), 0));
    assert_eq!(open::<&str>(&[]), (None, 0));
}

/// An object of so many members.
fn members(count: usize, key: impl Fn(usize) -> String, value: &str) -> String {
    let members: Vec<_> = (0..count).map(|n| format!("\"{}\":{value}", key(n))).collect();
    format!("{{{}}}", members.join(","))
}

#[test]
fn opening_a_session_allocates_at_most_four_times() {
    let plain = |n: usize| format!("k{n}");
    let sizes = [0, 1, 2, 7, 8, 9, 14, 15, 16, 17, 31, 32, 33, 64, 65, 128, 129, 250, 300];
    let mut rows: Vec<(String, String)> =
        sizes.iter().map(|count| (format!("{count} members"), members(*count, plain, "0"))).collect();
    rows.extend([
        ("one long value".into(), format!(r#"{{"a":"{}"}}"#, "x".repeat(2900))),
        ("one long list".into(), format!(r#"{{"a":[{}0]}}"#, "0,".repeat(1450))),
        (
            "a typical one".into(),
            r#"{"user":{"id":42,"roles":["admin"]},"csrf":"x","cart":[{"id":1,"n":2}]}"#.into(),
        ),
        ("escaped values".into(), members(20, plain, r#""\u00e9\n\"""#)),
        ("deep enough for anybody".into(), format!(r#"{{"a":{}0{}}}"#, "[".repeat(9), "]".repeat(9))),
        ("keys that are not ASCII".into(), members(40, |n| format!("ключ{n}"), "0")),
        ("many members, nested".into(), members(60, plain, r#"[[[{"a":[0]}]]]"#)),
        ("colons".into(), format!(r#"{{"a":"{}"}}"#, ":".repeat(2900))),
        ("white space".into(), "{ \"a\" : [ 1 , 2 ] , \"b\" : { } }".into()),
    ]);
    for (what, data) in rows {
        let line = cookie_with(&data);
        assert!(line.len() <= 4097, "{what}: {}", line.len());
        let (rejection, count) = open(&[&line]);
        assert_eq!(rejection, None, "{what}");
        assert!(count <= 4, "{what}: {count}");
    }
}

#[test]
fn escaped_keys_and_depth_cost_a_little_more() {
    let sessions = sessions();
    drop(sessions.open([cookie_with("{}")]));
    // To be compared, escaped keys are unescaped, each into two buffers; a list of open brackets doubles as it grows.
    let rows = [
        ("5 escaped keys", members(5, |n| format!("\\u00e9{n}"), "0"), 4 + 2 * 5),
        ("15 escaped keys", members(15, |n| format!("\\u00e9{n}"), "0"), 4 + 2 * 15),
        ("100 escaped keys", members(100, |n| format!("\\u00e9{n}"), "0"), 4 + 2 * 100),
        ("depth 1400", format!(r#"{{"a":{}0{}}}"#, "[".repeat(1400), "]".repeat(1400)), 4 + 8),
    ];
    for (what, data, most) in rows {
        let line = cookie_with(&data);
        let (session, count, bytes) = counted(|| sessions.open([&line]));
        assert_eq!(session.rejection(), None, "{what}");
        assert!(count <= most, "{what}: {count}");
        assert!(bytes <= MOST_BYTES, "{what}: {bytes}");
    }
}

/// What a holder of the key can make `open` ask for, however the 4 KB are filled.
const MOST_BYTES: usize = 64 * 1024;

#[test]
fn no_session_of_4_kb_asks_for_much_memory() {
    let sessions = sessions();
    drop(sessions.open([cookie_with("{}")]));
    let rows = [
        members(380, |n| n.to_string(), "0"),
        format!(r#"{{"a":[{}0]}}"#, "0,".repeat(1450)),
        format!(r#"{{"a":[{}0]}}"#, "{},".repeat(950)),
        format!(r#"{{"a":"{}"}}"#, ",".repeat(2900)),
        members(190, |n| format!("\\u0061{n:03}"), "0"),
        // Refused, after it was read.
        members(400, |_| "a".into(), "0"),
        format!("{}0", "[".repeat(2900)),
    ];
    for data in rows {
        let line = cookie_with(&data);
        assert!(line.len() <= 4097, "{}", line.len());
        let (_, _, bytes) = counted(|| sessions.open([&line]));
        assert!(bytes <= MOST_BYTES, "{bytes}: {data}");
    }
}

type Look = fn(&Session);

#[test]
fn looking_costs_nothing() {
    let session = sessions().open([cookie_with(r#"{"a":1,"b":"text","c":[true]}"#)]);
    let looks: &[(&str, Look)] = &[
        ("get", |s| assert_eq!(s.get::<u8>("a"), Ok(Some(1)))),
        ("get of what is not there", |s| assert_eq!(s.get::<u8>("z"), Ok(None))),
        ("get_raw", |s| assert_eq!(s.get_raw("b"), Some("\"text\""))),
        ("get of a borrowed kind", |s| assert_eq!(s.get::<[bool; 1]>("c"), Ok(Some([true])))),
        ("contains_key", |s| assert!(s.contains_key("c"))),
        ("keys", |s| assert_eq!(s.keys().count(), 3)),
        ("len", |s| assert_eq!((s.len(), s.is_empty()), (3, false))),
        ("is_modified", |s| assert!(!s.is_modified() && !s.is_new() && s.rejection().is_none())),
        ("times", |s| assert!(s.created_at() == s.issued_at())),
    ];
    for (what, look) in looks {
        assert_eq!(counted(|| look(&session)).1, 0, "{what}");
    }
}

#[test]
fn saving_what_nobody_touched_allocates_nothing() {
    let sessions = sessions();
    let session = sessions.open([cookie_with(r#"{"a":1}"#)]);
    let (commit, count, _) = counted(|| sessions.save(session).unwrap());
    assert_eq!((commit.set_cookies().count(), count), (0, 0));
}

/// A session that needs no memory of its own.
#[derive(Serialize, Deserialize)]
struct Visitor {
    user_id: u64,
    visits: u32,
    theme: [u8; 32],
}

/// What writing costs: the text, the list of members if one of them changes, the value, and the line. None of them
/// grows.
#[test]
fn writing_allocates_each_text_once() {
    let sessions = sessions();
    let codec = Codec::new(&KeyRing::new(key(1)), "links", Duration::from_secs(60)).unwrap();
    let visitor = Visitor { user_id: 42, visits: 7, theme: [200; 32] };
    let line = cookie_with(&serde_json::to_string(&visitor).unwrap());
    let saved = |session| {
        let commit = sessions.save(session).unwrap();
        assert_eq!(commit.set_cookies().count(), 1);
    };
    // What serde_json finds in a session stands in a list.
    let list = usize::from(cfg!(without_scan));
    let rows: [(&str, usize, &dyn Fn()); 6] = [
        ("a token", 2, &|| drop(codec.encode(&visitor).unwrap())),
        ("a new session, written whole", 3, &|| {
            let mut session = sessions.start();
            session.write(&visitor).unwrap();
            saved(session);
        }),
        ("one that is read, changed and written whole", 4 + list, &|| {
            let mut session = sessions.open([&line]);
            let mut visitor: Visitor = session.read().unwrap();
            visitor.visits += 1;
            session.write(&visitor).unwrap();
            saved(session);
        }),
        ("one that is read, changed and merged", 4 + list, &|| {
            let mut session = sessions.open([&line]);
            let mut visitor: Visitor = session.read().unwrap();
            visitor.visits += 1;
            session.merge(&visitor).unwrap();
            saved(session);
        }),
        ("one value", 4 + list, &|| {
            let mut session = sessions.open([&line]);
            session.insert("visits", 8).unwrap();
            saved(session);
        }),
        ("a change of the permanence", 2 + list, &|| {
            let mut session = sessions.open([&line]);
            session.set_permanent(true);
            saved(session);
        }),
    ];
    for (what, most, run) in rows {
        // The first use of base64 asks the processor what it can do.
        run();
        let ((), count, _) = counted(run);
        assert_eq!(count, most, "{what}");
    }
}

#[test]
fn a_token_of_a_form_costs_little_memory_however_long_it_is() {
    #[allow(unused_mut, reason = "no format may be on")]
    let mut all = vec![("native", sessions())];
    #[cfg(feature = "flask")]
    {
        let secret = cookie_session::flask::SecretKey::new("the secret of the application").unwrap();
        let profile = cookie_session::flask::Profile::new(secret);
        all.push(("flask", cookie_session::Sessions::builder(profile).build().unwrap()));
    }
    #[cfg(feature = "django")]
    {
        let secret = cookie_session::django::SecretKey::new("the secret of the application").unwrap();
        let profile = cookie_session::django::Profile::new(secret);
        all.push(("django", cookie_session::Sessions::builder(profile).build().unwrap()));
    }
    for (format, sessions) in all {
        let mut session = sessions.start();
        let token = session.csrf_token().unwrap();
        for long in ["a".repeat(1 << 20), token.repeat(1 << 14)] {
            let (result, _, bytes) = counted(|| session.check_csrf(&long));
            assert!(result.is_err(), "{format}");
            assert!(bytes < 4096, "{format}: {bytes} bytes for {}", long.len());
        }
    }
}
