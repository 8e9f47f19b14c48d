//! A handle does and tells what the session itself would, in every adapter.

#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![allow(clippy::unit_arg, reason = "what a step returns is shown, and some return nothing")]

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use cookie_session::{DecodeError, KeyRing, SecretKey, Session, Sessions};
use cookie_session_adapter::{DefaultCookie, Handle, Head, NoHeader, SharedSessions, Slot};
use serde_json::Value;

/// Everything that a session says of itself.
#[derive(Debug, PartialEq)]
struct Facts {
    values: BTreeMap<String, Value>,
    keys: Vec<String>,
    len: usize,
    is_empty: bool,
    contains_key: [bool; 2],
    permanent: bool,
    is_new: bool,
    created_at: Option<SystemTime>,
    issued_at: Option<SystemTime>,
    rejection: Option<DecodeError>,
}

fn told_by_handle(session: &Handle) -> Facts {
    Facts {
        values: session.read().unwrap(),
        keys: session.keys().unwrap(),
        len: session.len().unwrap(),
        is_empty: session.is_empty().unwrap(),
        contains_key: ["user", "other"].map(|key| session.contains_key(key).unwrap()),
        permanent: session.permanent().unwrap(),
        is_new: session.is_new().unwrap(),
        created_at: session.created_at().unwrap(),
        issued_at: session.issued_at().unwrap(),
        rejection: session.rejection().unwrap(),
    }
}

fn told_by_session(session: &Session) -> Facts {
    Facts {
        values: session.read().unwrap(),
        keys: session.keys().map(Into::into).collect(),
        len: session.len(),
        is_empty: session.is_empty(),
        contains_key: ["user", "other"].map(|key| session.contains_key(key)),
        permanent: session.permanent(),
        is_new: session.is_new(),
        created_at: session.created_at(),
        issued_at: session.issued_at(),
        rejection: session.rejection().copied(),
    }
}

/// The same step, done to a handle and to the session itself, with what it returns.
type Step = (fn(&Handle) -> String, fn(&mut Session) -> String);

fn shown(value: impl Debug) -> String {
    format!("{value:?}")
}

const STEPS: &[Step] = &[
    (|_| String::new(), |_| String::new()),
    (|s| shown(s.get::<String>("user").unwrap()), |s| shown(s.get::<String>("user").unwrap())),
    (|s| shown(s.insert("theme", "dark").unwrap()), |s| shown(s.insert("theme", "dark").unwrap())),
    (|s| shown(s.take::<String>("user").unwrap()), |s| shown(s.take::<String>("user").unwrap())),
    (|s| shown(s.remove("user").unwrap()), |s| shown(s.remove("user"))),
    (
        |s| shown(s.update("n", |n: &mut u8| std::mem::replace(n, 7)).unwrap()),
        |s| shown(s.update("n", |n: &mut u8| std::mem::replace(n, 7)).unwrap()),
    ),
    (|s| shown(s.write(&[1]).is_ok()), |s| shown(s.write(&[1]).is_ok())),
    (
        |s| shown(s.write(&BTreeMap::from([("other", 1)])).unwrap()),
        |s| shown(s.write(&BTreeMap::from([("other", 1)])).unwrap()),
    ),
    (|s| shown(s.clear().unwrap()), |s| shown(s.clear())),
    (|s| shown(s.renew().unwrap()), |s| shown(s.renew())),
    (|s| shown(s.set_permanent(true).unwrap()), |s| shown(s.set_permanent(true))),
    (|s| shown(s.skip_refresh().unwrap()), |s| shown(s.skip_refresh())),
];

#[derive(Default)]
struct Headers(Vec<(&'static str, String)>);

impl Head for Headers {
    fn lines(&self, name: &'static str) -> impl Iterator<Item: AsRef<[u8]>> {
        self.0.iter().filter(move |(found, _)| *found == name).map(|(_, text)| text)
    }

    fn append_secret(&mut self, name: &'static str, text: &str) -> Result<(), NoHeader> {
        self.0.push((name, text.to_owned()));
        Ok(())
    }

    fn replace(&mut self, name: &'static str, text: String) -> Result<(), NoHeader> {
        self.0.retain(|(found, _)| *found != name);
        self.0.push((name, text));
        Ok(())
    }

    fn remove_if(&mut self, drops: impl Fn(&str) -> bool) {
        self.0.retain(|(name, _)| !drops(name));
    }
}

#[test]
fn a_handle_does_and_tells_what_the_session_does() {
    let seconds = Arc::new(AtomicU64::new(1_750_000_000));
    let build = |keys: &KeyRing| {
        let seconds = Arc::clone(&seconds);
        let clock = move || SystemTime::UNIX_EPOCH + Duration::from_secs(seconds.load(Ordering::SeqCst));
        Sessions::builder(keys).clock(clock).build().unwrap()
    };
    let keys = || KeyRing::new(SecretKey::generate().unwrap());
    let (sessions, stranger) = (build(&keys()), build(&keys()));
    let pair = |sessions: &Sessions, permanent| {
        let mut session = sessions.start();
        session.insert("user", "ada").unwrap();
        session.set_permanent(permanent);
        sessions.save(session).unwrap().cookie_pair().unwrap().to_owned()
    };
    let cookies =
        [pair(&sessions, false), pair(&sessions, true), pair(&stranger, false), "theme=dark".to_owned()];
    // A refresh of the first is due, one of the second is not.
    seconds.fetch_add(60 * 60, Ordering::SeqCst);
    for cookie in cookies {
        for (n, (to_handle, to_session)) in STEPS.iter().enumerate() {
            let mut session = sessions.open([&cookie]);
            let result = to_session(&mut session);
            let facts = told_by_session(&session);
            let commit = sessions.save(session).unwrap();

            let shared = SharedSessions::worker(sessions.clone());
            let (slot, mut guard) = Slot::enter::<DefaultCookie>(shared, [cookie.clone()], None).unwrap();
            let handle = Handle::new(slot);
            assert_eq!(to_handle(&handle), result, "{n}");
            assert_eq!(told_by_handle(&handle), facts, "{n}");
            let mut headers = Headers::default();
            guard.save(200).unwrap().unwrap().write(&mut headers).unwrap();
            let lines: Vec<_> = headers.0.iter().filter(|(name, _)| *name == "set-cookie").collect();
            let lines: Vec<_> = lines.into_iter().map(|(_, text)| text).collect();
            assert_eq!(lines, commit.set_cookies().collect::<Vec<_>>(), "{n}");
        }
    }
}

/// Refuses every line.
struct Refuses;

impl Head for Refuses {
    fn lines(&self, _: &'static str) -> impl Iterator<Item: AsRef<[u8]>> {
        std::iter::empty::<&str>()
    }

    fn append_secret(&mut self, _: &'static str, _: &str) -> Result<(), NoHeader> {
        Err(NoHeader)
    }

    fn replace(&mut self, _: &'static str, _: String) -> Result<(), NoHeader> {
        Err(NoHeader)
    }

    fn remove_if(&mut self, _: impl Fn(&str) -> bool) {}
}

#[test]
fn a_head_that_refuses_a_line_is_a_save_that_failed() {
    let sessions = Sessions::builder(KeyRing::new(SecretKey::generate().unwrap())).build().unwrap();
    let uses: [fn(&Handle); 2] =
        [|handle| assert_eq!(handle.len(), Ok(0)), |handle| handle.insert("a", 1).unwrap()];
    for use_it in uses {
        let shared = SharedSessions::worker(sessions.clone());
        let (slot, mut guard) = Slot::enter::<DefaultCookie>(shared, Vec::<Vec<u8>>::new(), None).unwrap();
        use_it(&Handle::new(slot));
        let saved = guard.save(200).unwrap().unwrap();
        let error = saved.write(&mut Refuses).unwrap_err();
        assert_eq!(error.to_string(), "session failed, as an event has told");
    }
}
