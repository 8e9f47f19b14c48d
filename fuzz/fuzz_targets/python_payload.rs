//! Whatever bytes come as a framework's cookie, none verify under a secret that
//! nobody knows; whatever a holder of the secret signs, no method panics, an
//! opened session is an object whose members go back as they came, also after a
//! change is undone and after a migration to signed or encrypted sessions, and opening holds no more memory than
//! its cap allows.

#![no_main]

use std::collections::BTreeMap;

use cookie_session::{DecodeError, Session, SessionError, Sessions, flask};
use cookie_session_fuzz::peak::{Counting, peak};
use cookie_session_fuzz::python::{FRAMEWORKS, Framework, is_intact};
use cookie_session_fuzz::{LIMIT, NOW, at, members};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use serde_json::value::RawValue;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What the third and fourth bit of the first byte choose; the first two choose the framework.
const JSON: u8 = 0;
const PAYLOAD_TEXT: u8 = 1;
const SIGNED_TEXT: u8 = 2;
const RAW: u8 = 3;

fuzz_target!(|input: &[u8]| {
    let Some((choice, bytes)) = input.split_first() else { return };
    let Some(framework) = FRAMEWORKS.get(usize::from(choice & 3)) else { return };
    let value = match choice >> 2 & 3 {
        JSON => framework.token((framework.payload)(bytes).as_bytes()),
        PAYLOAD_TEXT => framework.token(bytes),
        SIGNED_TEXT => framework.sign(bytes),
        RAW => bytes.to_vec(),
        _ => return,
    };
    let line = framework.line(&value);
    let forged = framework.fresh.open([&line]);
    assert!(forged.verified_by().is_none() && forged.is_empty(), "a forged cookie verifies");

    let (session, most) = peak(|| framework.known.open([&line]));
    assert!(most <= MOST, "opening holds {most} bytes");
    if choice >> 2 & 3 != RAW && is_intact(&value) {
        assert_ne!(
            session.rejection(),
            Some(&DecodeError::InvalidSignature),
            "what was signed does not verify"
        );
        assert_eq!(session.rejection() == Some(&DecodeError::TooLong), line.len() - 1 > LIMIT);
    }
    if session.verified_by().is_none() {
        assert!(
            session.is_empty() && (value.is_empty() || session.rejection().is_some() || !is_intact(&value))
        );
        assert_eq!(framework.known.save(session).expect("nothing to save").set_cookies().count(), 0);
        return;
    }
    assert_eq!((session.rejection(), session.created_at()), (None, None));
    ask(&session);
    for migrating in &framework.migrating {
        migrate(framework, migrating, &line, &session);
    }
    set_permanent(framework, &line);
    write(framework, &line);
    change(framework, &line, session);
});

/// The default cap, the list of members that fits it, and the window of the inflater.
const MOST: usize = 64 * 1024 * 15 + 64 * 1024;

fn ask(session: &Session) {
    let _ = session.read::<Value>();
    let _ = session.read::<BTreeMap<String, Box<RawValue>>>();
    let _ = (session.permanent(), session.issued_at(), session.age(), format!("{session:?}"));
    for key in session.keys() {
        // A lone surrogate in a key is no Rust string, so such a key cannot be asked for.
        let _ = (session.get::<Value>(&key), session.get::<String>(&key), session.get::<f64>(&key));
        let _ = (session.get::<flask::Bytes>(&key), session.get::<flask::DateTime>(&key));
        let _ = (session.get::<flask::Markup>(&key), session.get::<flask::Uuid>(&key));
        let _ = session.get::<flask::Tuple<Vec<Value>>>(&key);
    }
}

const ADDED: &str = "added by the target";

type Members = Vec<(String, Option<String>)>;

fn members_but(own_key: Option<&str>, session: &Session) -> Members {
    members(session).into_iter().filter(|(key, _)| Some(key.as_str()) != own_key).collect()
}

/// The library's own sessions have the same members, but for the one that is the framework's.
fn migrate(framework: &Framework, migrating: &Sessions, line: &[u8], old: &Session) {
    let session = migrating.open([line]);
    if session.verified_by().is_none() {
        assert_eq!(session.rejection(), Some(&DecodeError::Expired));
        assert_ne!(old.issued_at(), Some(at(NOW)), "what was just issued is too old");
        return;
    }
    let expected = members_but(framework.own_key, old);
    assert_eq!((session.rejection(), members(&session)), (None, expected.clone()));
    let commit = migrating.save(session).expect("a save that nobody asked for never fails");
    match commit.cookie_pair() {
        Some(pair) => {
            assert_eq!(members(&migrating.open([pair])), expected, "a migration changes the data")
        }
        None => assert!(commit.skipped().is_some() || expected.is_empty(), "a migrated session is lost"),
    }
}

/// What is said about permanence changes no member but the framework's own.
fn set_permanent(framework: &Framework, line: &[u8]) {
    let mut session = framework.known.open([line]);
    session.set_permanent(!session.permanent());
    let (permanent, expected) = (session.permanent(), members_but(framework.own_key, &session));
    let Ok(commit) = framework.known.save(session) else { return };
    let Some(pair) = commit.cookie_pair() else { return };
    let session = framework.known.open([pair]);
    assert_eq!((session.rejection(), members_but(framework.own_key, &session)), (None, expected));
    assert_eq!(session.permanent(), permanent);
}

/// The whole session read as one value and written back is saved as it is, or not written at all.
fn write(framework: &Framework, line: &[u8]) {
    let mut session = framework.known.open([line]);
    let Ok(data) = session.read::<Value>() else { return };
    let before = members(&session);
    let accepted = session.write(&data).is_ok();
    let expected = members(&session);
    assert!(accepted || (expected == before && !session.is_modified()), "a failed change stays");
    let commit = framework.known.save(session).expect("it was checked");
    if let Some(pair) = commit.cookie_pair() {
        let session = framework.known.open([pair]);
        assert_eq!((session.rejection(), members(&session)), (None, expected));
    } else {
        assert!(expected == before || expected.is_empty(), "a change is lost");
    }
}

/// Adds a member, saves, opens again: the others are as they were. Removes it again: so they are.
fn change(framework: &Framework, line: &[u8], mut session: Session) {
    let before = members(&session);
    // Untouched, it sends nothing that differs.
    let commit =
        framework.known.save(framework.known.open([line])).expect("a save that nobody asked for never fails");
    if let Some(pair) = commit.cookie_pair() {
        assert_eq!(members(&framework.known.open([pair])), before, "a refresh changes the data");
    }
    match session.insert(ADDED, [1, 2]) {
        Ok(()) => {}
        Err(SessionError::TooLong(too_long)) => {
            assert!(too_long.len() > too_long.limit());
            assert_eq!((members(&session), session.is_modified()), (before, false));
            return;
        }
        Err(error) => panic!("{error}"),
    }
    let known = before.iter().any(|(key, _)| key == ADDED);
    let after = members(&session);
    let commit = match framework.known.save(session) {
        Ok(commit) => commit,
        Err(error) => panic!("what fitted when inserted does not when saved: {error}"),
    };
    let Some(pair) = commit.cookie_pair() else {
        assert!(known, "a change is lost");
        return;
    };
    assert!(pair.len() - 1 <= LIMIT, "no browser stores this");
    let mut session = framework.known.open_at([pair], at(NOW));
    assert_eq!((session.rejection(), members(&session)), (None, after), "what was saved is not what opens");

    // Whatever the first member is, the framework's own key may get it only if the framework can read it.
    if let Some(own_key) = framework.own_key
        && let Some(Ok(value)) =
            before.first().and_then(|(_, raw)| raw.as_deref()).map(serde_json::from_str::<Value>)
    {
        let mut session = framework.known.open([pair]);
        let unchanged = members(&session);
        let accepted = session.insert(own_key, value).is_ok();
        let expected = members(&session);
        assert!(accepted || expected == unchanged, "a failed change stays");
        let commit = framework.known.save(session).expect("it was checked");
        let held = commit.cookie_pair().unwrap_or(pair);
        assert_eq!(members(&framework.known.open([held])), expected, "what was saved is not what opens");
    }

    session.remove(ADDED);
    let before: Members = before.into_iter().filter(|(key, _)| key != ADDED).collect();
    let commit = framework.known.save(session).expect("it takes less");
    match commit.cookie_pair() {
        Some(pair) => {
            let session = framework.known.open([pair]);
            assert_eq!((session.rejection(), members(&session)), (None, before), "what was undone is not");
        }
        None => assert!(before.is_empty(), "a change is lost"),
    }
}
