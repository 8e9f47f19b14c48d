//! Whatever stands under a key of a Flask session, reading it as one of Flask's
//! types never panics; what reads as one is written as one, and means the same
//! when it is read again. Whatever stands where the queue of messages belongs,
//! a message is added to what is there or not at all.

#![no_main]

use std::fmt::Debug;

use cookie_session::{Session, SessionError, flask};
use cookie_session_fuzz::python::FRAMEWORKS;
use libfuzzer_sys::fuzz_target;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

fuzz_target!(|json: &[u8]| {
    queue(|| open(b"{\"k\":1,\"_flashes\":", json));
    let mut session = open(b"{\"k\":", json);
    if session.get_raw("k").is_none() {
        return;
    }
    again::<flask::Bytes>(&mut session);
    again::<flask::DateTime>(&mut session);
    again::<flask::Markup>(&mut session);
    again::<flask::Uuid>(&mut session);
    again::<flask::Tuple<Vec<Value>>>(&mut session);
    again::<flask::Tuple<(flask::Tuple<Vec<flask::Bytes>>, Option<flask::Uuid>)>>(&mut session);
    again::<Vec<flask::Markup>>(&mut session);
    again::<Value>(&mut session);
    again::<flask::Value>(&mut session);
});

fn open(before: &[u8], json: &[u8]) -> Session {
    let flask = &FRAMEWORKS[0];
    let json = [before, json, b"}"].concat();
    flask.known.open([flask.line(&flask.token((flask.payload)(&json).as_bytes()))])
}

/// The queue as it came, not as this library would write it.
fn queue(open: impl Fn() -> Session) {
    let mut session = open();
    let raw = |session: &Session| session.get_raw("_flashes").map(str::to_owned);
    let Some(before) = raw(&session) else { return };
    let taken = flask::take_flashes(&mut session);
    assert_eq!(raw(&session), taken.is_err().then(|| before.clone()), "a queue that cannot be read is lost");

    // What was read and is written again reads the same.
    let written = taken
        .iter()
        .flatten()
        .try_for_each(|flash| flask::flash(&mut session, &flash.category, flash.message.clone()));
    match written {
        Ok(()) if taken.is_ok() => assert_eq!(flask::take_flashes(&mut session), taken),
        // Numbers of more digits than Python reads, nested deeper than is written, or full.
        Ok(()) | Err(SessionError::NotJson { .. } | SessionError::TooLong(_)) => {}
        Err(error) => panic!("{error}"),
    }

    let mut session = open();
    match flask::flash(&mut session, "a category", "a text") {
        Ok(()) => {
            let after = raw(&session).expect("it was added to");
            assert!(after.starts_with(&before[..before.len() - 1]), "{after} changes {before}");
            match (taken, flask::take_flashes(&mut session)) {
                (Ok(taken), Ok(mut all)) => {
                    let last = all.pop().expect("one was added");
                    assert_eq!(
                        (last.category.as_str(), last.message.as_str()),
                        ("a category", Some("a text"))
                    );
                    assert_eq!(all, taken);
                }
                (taken, all) => assert!(taken.is_err() && all.is_err(), "{taken:?}, then {all:?}"),
            }
        }
        Err(error) => {
            let is_list = before.starts_with('[');
            assert!(!is_list || matches!(error, SessionError::TooLong(_)), "{error}");
            assert!(is_list || taken.is_err(), "a queue that is no list is read");
            assert_eq!(raw(&session), Some(before), "a failed change stays");
        }
    }
}

/// Reads the value as a type, writes it as that type, reads it again.
fn again<T: Serialize + DeserializeOwned + PartialEq + Debug>(session: &mut Session) {
    let Ok(Some(value)) = session.get::<T>("k") else { return };
    match session.insert("again", &value) {
        Ok(()) => {}
        // Nested deeper than is written, numbers of more digits than Python reads, or full.
        Err(SessionError::NotJson { .. } | SessionError::TooLong(_)) => return,
        Err(error) => panic!("{error}"),
    }
    assert_eq!(session.get::<T>("again"), Ok(Some(value)), "{:?}", session.get_raw("again"));
    // A second time, it is the same text.
    let text = session.get_raw("again").map(str::to_owned);
    let value = session.get::<T>("again").expect("it was read").expect("it is there");
    session.insert("again", value).expect("it was written");
    assert_eq!(session.get_raw("again"), text.as_deref());
    session.remove("again");
}
