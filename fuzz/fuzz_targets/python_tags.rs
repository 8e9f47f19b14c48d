//! Whatever stands under a key of a Flask session, reading it as one of Flask's
//! types never panics; what reads as one is written as one, and means the same
//! when it is read again.

#![no_main]

use std::fmt::Debug;

use cookie_session::{Session, SessionError, flask};
use cookie_session_fuzz::python::FRAMEWORKS;
use libfuzzer_sys::fuzz_target;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

fuzz_target!(|json: &[u8]| {
    let flask = &FRAMEWORKS[0];
    let member = [b"{\"k\":", json, b"}"].concat();
    let line = flask.line(&flask.token((flask.payload)(&member).as_bytes()));
    let mut session = flask.known.open([&line]);
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
    // The queue of messages, whatever it is.
    let _ = flask::take_flashes(&mut session);
    if let Ok(Some(queue)) = session.get::<Value>("k")
        && session.insert("_flashes", queue).is_ok()
    {
        let before = session.get_raw("_flashes").map(str::to_owned);
        if flask::take_flashes(&mut session).is_err() {
            assert_eq!(session.get_raw("_flashes"), before.as_deref(), "a queue that cannot be read is lost");
        } else {
            assert!(!session.contains_key("_flashes"));
        }
    }
});

/// Reads the value as a type, writes it as that type, reads it again.
fn again<T: Serialize + DeserializeOwned + PartialEq + Debug>(session: &mut Session) {
    let Ok(Some(value)) = session.get::<T>("k") else { return };
    match session.insert("again", &value) {
        Ok(()) => {}
        // Nested deeper than is written, numbers of more digits than Python reads, or full.
        Err(SessionError::NotJson | SessionError::TooLong(_)) => return,
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
