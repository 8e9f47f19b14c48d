//! What a later version keeps beside the data of a session is never lost, and a session that cannot be read is never
//! overwritten.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::type_complexity,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

mod support;

use std::collections::BTreeMap;
use std::time::Duration;

use cookie_session::{DecodeError, KeyRing, Lifetime, Session, SessionError, Sessions};
use serde_json::value::RawValue;
use support::forge::{Clock, Forge, Prng, key, secret, session_json};
use support::format;

const NAME: &str = "__Host-session";
const NOW: u64 = 1_750_000_000;

fn sessions_at(clock: &Clock) -> Sessions {
    format::builder(KeyRing::new(key(1))).clock(clock.hand()).build().unwrap()
}

fn sessions() -> Sessions {
    sessions_at(&Clock::at(NOW))
}

fn cookie(payload: &str) -> String {
    format!("{NAME}={}", Forge::session(&secret(1), NAME).token(payload, NOW))
}

fn with_facts(facts: &str) -> String {
    cookie(&format!("[{NOW},false,{{\"user\":42}},{facts}]"))
}

/// Returns the payload that a session is saved as.
#[track_caller]
fn saved(sessions: &Sessions, session: Session) -> String {
    let commit = sessions.save(session).unwrap();
    let (_, token) = commit.cookie_pair().expect("the cookie is set").split_once('=').unwrap();
    session_json(1..=2, NAME, token)
}

#[test]
fn facts_of_another_shape_are_refused() {
    let seventeen: Vec<String> = ('a'..='q').map(|letter| format!("\"{letter}\":0")).collect();
    let seventeen = format!("{{{}}}", seventeen.join(","));
    let refused = [
        "{}",
        "[]",
        "null",
        "1",
        "\"s\"",
        "",
        "{\"s\"}",
        "{\"s\":}",
        "{s:1}",
        r#"{"":1}"#,
        r#"{"ss":1}"#,
        r#"{"1":1}"#,
        r#"{" ":1}"#,
        r#"{"é":1}"#,
        r#"{"\u0073":1}"#,
        r#"{"s":1,"s":1}"#,
        r#"{"s":1,"s":2}"#,
        r#"{"s":1,"\u0073":2}"#,
        r#"{"s":NaN}"#,
        r#"{"s":01}"#,
        r#"{"s":1}x"#,
        r#"{"s":1},{"t":1}"#,
        r#"{"s":1},"#,
        r#"{"s":1} {"t":1}"#,
        &seventeen,
    ];
    for facts in refused {
        let session = sessions().open([with_facts(facts)]);
        assert_eq!(session.rejection(), Some(&DecodeError::Payload), "{facts}");
        assert!(session.is_empty(), "{facts}");
    }
    let sixteen: Vec<String> = ('a'..='p').map(|letter| format!("\"{letter}\":0")).collect();
    for facts in [
        r#"{"s":1}"#,
        r#" { "s" : [ 1 , {"deep":"\u0000"} ] , "z":"" } "#,
        &format!("{{{}}}", sixteen.join(",")),
    ] {
        let session = sessions().open([with_facts(facts)]);
        assert_eq!(session.rejection(), None, "{facts}");
        assert_eq!(session.get::<u32>("user").unwrap(), Some(42));
    }
}

#[test]
fn an_upper_case_letter_refuses_the_session_and_leaves_its_cookie() {
    for facts in [r#"{"A":1}"#, r#"{"s":1,"Z":null}"#, r#"{"Z":1,"s":1}"#] {
        let sessions = sessions();
        let session = sessions.open([with_facts(facts)]);
        assert_eq!(session.rejection(), Some(&DecodeError::Unsupported));
        assert!(session.is_empty() && session.is_new());
        let commit = sessions.save(session).unwrap();
        assert_eq!(commit.set_cookies().count(), 0);

        let mut session = sessions.open([with_facts(facts)]);
        session.insert("user", 1).unwrap();
        assert_eq!(sessions.save(session).unwrap_err(), SessionError::Unreadable);

        // A login and a logout give it up.
        let mut session = sessions.open([with_facts(facts)]);
        session.clear();
        session.insert("user", 1).unwrap();
        assert_eq!(saved(&sessions, session), format!("[{NOW},false,{{\"user\":1}}]"));
        let mut session = sessions.open([with_facts(facts)]);
        session.clear();
        assert!(sessions.save(session).unwrap().is_removal());
    }
}

#[test]
fn a_genuine_session_that_cannot_be_read_is_not_overwritten() {
    let unreadable =
        ["[1]", "{}", "[NOW,false,{\"a\":NaN}]", "[NOW,false,{\"a\":1,\"a\":2}]", "[NOW,false,{},[]]"];
    for payload in unreadable {
        let line = cookie(&payload.replace("NOW", &NOW.to_string()));
        let sessions = sessions();
        let touch: [fn(&mut Session); 3] = [
            |session| session.insert("user", 1).unwrap(),
            |session| session.write(&BTreeMap::from([("user", 1)])).unwrap(),
            |session| {
                session.renew();
                session.set_permanent(true);
                session.insert("user", 1).unwrap();
            },
        ];
        for touch in touch {
            let mut session = sessions.open([&line]);
            assert_eq!(session.rejection(), Some(&DecodeError::Payload), "{payload}");
            touch(&mut session);
            assert_eq!(sessions.save(session).unwrap_err(), SessionError::Unreadable, "{payload}");
        }
        // Beside a good one it does not matter.
        let mut session = sessions.open([&line, &cookie(&format!("[{NOW},false,{{\"user\":42}}]"))]);
        session.insert("seen", true).unwrap();
        assert_eq!(saved(&sessions, session), format!("[{NOW},false,{{\"user\":42,\"seen\":true}}]"));
    }
    // Who holds no key wrote the others, and a session that is too old is over.
    let forged = format!("{NAME}={}", Forge::session(&secret(2), NAME).token("[1,false,{}]", NOW));
    let old = format!("{NAME}={}", Forge::session(&secret(1), NAME).token("[1,false,{}]", NOW));
    for line in [forged, old, format!("{NAME}=x")] {
        let sessions = sessions();
        let mut session = sessions.open([&line]);
        assert!(session.rejection().is_some());
        session.insert("user", 1).unwrap();
        assert_eq!(saved(&sessions, session), format!("[{NOW},false,{{\"user\":1}}]"));
    }
}

#[test]
fn facts_stay_as_they_came_whatever_a_handler_does() {
    let facts = r#"{ "z":1.50 ,"s":"a\u0062", "c":{"b" : [ ]},"a":1e2}"#;
    let data = r#"{"user":42}"#;
    let rows: [(&str, fn(&mut Session)); 6] = [
        (r#"{"user":42,"seen":true}"#, |session| session.insert("seen", true).unwrap()),
        (r#"{"user":7}"#, |session| session.insert("user", 7).unwrap()),
        (r#"{"only":"this"}"#, |session| session.write(&BTreeMap::from([("only", "this")])).unwrap()),
        ("{}", |session| assert!(session.remove("user"))),
        (data, |session| session.set_permanent(true)),
        (data, |_| {}),
    ];
    for (expected, touch) in rows {
        let clock = Clock::at(NOW);
        // A rotated key: the old one verified, the new one signs.
        let ring = KeyRing::new(key(2)).fallback(key(1));
        let sessions = format::builder(ring).clock(clock.hand()).build().unwrap();
        // A refresh is due.
        clock.advance(60 * 60);
        let mut session = sessions.open([with_facts(facts)]);
        touch(&mut session);
        let permanent = session.permanent();
        assert_eq!(saved(&sessions, session), format!("[{NOW},{permanent},{expected},{facts}]"));
    }
}

#[test]
fn clear_drops_all_facts_and_renew_those_of_a_login() {
    let facts = r#"{"z":1,"s":2,"c":3,"x":4,"f":5,"k":6,"a":7}"#;
    let sessions = sessions();
    let mut session = sessions.open([with_facts(facts)]);
    session.renew();
    assert_eq!(
        saved(&sessions, session),
        format!("[{NOW},false,{{\"user\":42}},{}]", r#"{"z":1,"f":5,"a":7}"#)
    );
    let mut session = sessions.open([with_facts(r#"{"s":2,"x":4}"#)]);
    session.renew();
    assert_eq!(saved(&sessions, session), format!("[{NOW},false,{{\"user\":42}}]"));
    let mut session = sessions.open([with_facts(facts)]);
    session.clear();
    session.insert("user", 42).unwrap();
    assert_eq!(saved(&sessions, session), format!("[{NOW},false,{{\"user\":42}}]"));
}

#[test]
fn facts_count_to_the_byte() {
    let facts = format!("{{\"s\":\"{}\"}}", "x".repeat(100));
    let sessions = sessions();
    let room = |line: &str| {
        let fits = |len: usize| sessions.open([line]).insert("pad", "x".repeat(len)).is_ok();
        let (mut low, mut high) = (0, 4096);
        while high - low > 1 {
            let middle = usize::midpoint(low, high);
            if fits(middle) { low = middle } else { high = middle }
        }
        low
    };
    let without = room(&cookie(&format!("[{NOW},false,{{\"user\":42}}]")));
    let with = room(&with_facts(&facts));
    assert_eq!(without - with, facts.len() + 1, "the comma before them too");
    let mut session = sessions.open([with_facts(&facts)]);
    session.insert("pad", "x".repeat(with)).unwrap();
    session.set_permanent(true);
    session.renew();
    assert!(sessions.save(session).unwrap().cookie_size().unwrap() <= 4096);
}

/// Two machines run this version and one the next, which knows two letters more: `q`, which counts up to the number of
/// requests it served, and `Q`, which it gives to every tenth visitor. Requests come to any of them.
#[test]
fn a_roll_out_of_a_later_version_loses_no_session_and_no_fact() {
    let histories = if cfg!(debug_assertions) && std::env::var_os("COOKIE_SESSION_LONG").is_none() {
        5_000
    } else {
        100_000
    };
    let clock = Clock::at(NOW);
    let lifetime = Lifetime { idle: Duration::from_secs(2 * 3600), absolute: Duration::from_secs(24 * 3600) };
    let build = |ring: KeyRing| format::builder(ring).clock(clock.hand()).lifetime(lifetime).build().unwrap();
    let machines =
        [build(KeyRing::new(key(1)).fallback(key(2))), build(KeyRing::new(key(2)).fallback(key(1)))];
    let mut random = Prng::new(7);
    let (mut kept, mut refused, mut rewritten) = (0, 0, 0);
    for history in 0..histories {
        clock.set(NOW);
        // What the browser holds, and what it must hold.
        let mut session = machines[0].start();
        session.insert("user", history).unwrap();
        let mut line = machines[0].save(session).unwrap().cookie_pair().unwrap().to_owned();
        let (mut data, mut small, mut large) = (BTreeMap::from([("user".to_owned(), history)]), None, false);
        for _ in 0..6 {
            clock.advance(random.next() % 1500);
            if random.below(3) == 0 {
                // The next version: reads what is there, and writes its own two facts.
                let (_, token) = line.split_once('=').unwrap();
                let json = session_json(1..=2, NAME, token);
                let elements: Vec<&RawValue> = serde_json::from_str(&json).unwrap();
                small = Some(small.unwrap_or(0) + 1);
                large |= random.below(10) == 0;
                let upper = if large { ",\"Q\":true" } else { "" };
                let facts = format!("{{\"q\":{}{upper}}}", small.unwrap());
                let payload = format!("[{},{},{},{facts}]", elements[0], elements[1], elements[2]);
                let key = secret(1 + random.next() % 2);
                line = format!("{NAME}={}", Forge::session(&key, NAME).token(&payload, clock.now()));
                continue;
            }
            let machine = &machines[random.below(2)];
            let mut session = machine.open([&line]);
            if large {
                assert_eq!(session.rejection(), Some(&DecodeError::Unsupported));
                assert!(session.is_empty());
                refused += 1;
                if random.below(2) == 0 {
                    session.insert("user", 0).unwrap();
                    assert_eq!(machine.save(session).unwrap_err(), SessionError::Unreadable);
                } else {
                    assert_eq!(machine.save(session).unwrap().set_cookies().count(), 0);
                }
                continue;
            }
            assert_eq!(session.rejection(), None, "{line}");
            let read: BTreeMap<String, u64> = session.read().unwrap();
            assert_eq!(read, data);
            match random.below(4) {
                0 => {
                    let value = random.next() % 1000;
                    session.insert("n", value).unwrap();
                    data.insert("n".into(), value);
                }
                1 => {
                    session.remove("n");
                    data.remove("n");
                }
                2 => session.set_permanent(random.below(2) == 0),
                _ => {}
            }
            if let Some(pair) = machine.save(session).unwrap().cookie_pair() {
                pair.clone_into(&mut line);
                rewritten += 1;
            }
            let (_, token) = line.split_once('=').unwrap();
            let json = session_json(1..=2, NAME, token);
            let elements: Vec<&RawValue> = serde_json::from_str(&json).unwrap();
            let expected = small.map(|count| format!("{{\"q\":{count}}}"));
            assert_eq!(elements.get(3).map(|facts| facts.get().to_owned()), expected, "{json}");
            kept += usize::from(small.is_some());
        }
    }
    // All of it happened.
    assert!(kept > histories as usize && refused > histories as usize / 4 && rewritten > histories as usize);
}
