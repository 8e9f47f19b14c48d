//! Opens one hostile `Cookie` header, or reads and writes one hostile value, inside of functions named `scanned`, for an
//! instruction counter to look at: see `linear.sh`.
//!
//!     linear --list          prints the kinds of headers
//!     linear KIND BYTES      opens one of that kind and length
//!     linear --shapes        prints the shapes of values
//!     linear SHAPE DEPTH     reads and writes one of that shape and depth, whose length hardly depends on that

#![allow(clippy::expect_used, clippy::print_stdout, reason = "it talks to linear.sh")]

use std::hint::black_box;

use cookie_session::flask::{self, Value};
use cookie_session::{KeyRing, SecretKey, Session, Sessions};

/// What a header is filled with.
const KINDS: [(&str, &[u8]); 10] = [
    ("names", b"a=;"),
    ("ours-empty", b"__Host-session=;"),
    ("ours-dots", b"__Host-session=.;"),
    ("ours-long", b"__Host-session=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.ZVPxAA.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA;"),
    ("almost-ours", b"__Host-sessio=;"),
    ("quotes", b"\""),
    ("semicolons", b";"),
    ("spaces", b" "),
    ("letters", b"a"),
    ("not-utf8", b"\xff"),
];

/// What opens and closes a level of a value in a session of Flask.
const SHAPES: [(&str, &str, &str); 4] = [
    ("lists", "[", "]"),
    ("objects", r#"{"a":"#, "}"),
    ("tuples", r#"{" t":["#, "]}"),
    ("escaped-tags", r#"{" di":{" t__":"#, "}}"),
];

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let (Some(kind), bytes) = (arguments.next(), arguments.next()) else { return };
    if kind == "--list" {
        KINDS.iter().for_each(|(name, _)| println!("{name}"));
        return;
    }
    if kind == "--shapes" {
        SHAPES.iter().for_each(|(name, ..)| println!("{name}"));
        return;
    }
    let bytes = bytes.expect("a length or depth").parse().expect("a number");
    if let Some((_, opening, closing)) = SHAPES.iter().find(|(name, ..)| *name == kind) {
        let text = format!("{}[{}1]{}", opening.repeat(bytes), "1,".repeat(4000), closing.repeat(bytes));
        let value: Value = serde_json::from_str(&text).expect("a value");
        let profile = flask::Profile::new(flask::SecretKey::new("a secret of some length").expect("a key"));
        let session = Sessions::builder(profile).build().expect("the defaults").start();
        scanned_value(session, black_box(&value));
        return;
    }
    let (_, unit) = KINDS.iter().find(|(name, _)| *name == kind).expect("one of --list");
    let header: Vec<u8> = unit.iter().copied().cycle().take(bytes).collect();
    let key = SecretKey::generate().expect("the system has random bytes");
    let sessions = Sessions::builder(KeyRing::new(key)).build().expect("the defaults");
    // What is made once: the base64 engine asks the processor what it can do.
    assert!(sessions.open(["__Host-session=x"]).is_empty());
    assert!(scanned(&sessions, black_box(&header)));
}

#[inline(never)]
fn scanned(sessions: &Sessions, header: &[u8]) -> bool {
    sessions.open([header]).is_empty()
}

#[inline(never)]
fn scanned_value(mut session: Session, value: &Value) {
    session.insert("v", value).expect("room");
    assert!(session.get::<Value>("v").is_ok_and(|value| value.is_some()));
    let json = session.get::<serde_json::Value>("v").expect("JSON").expect("a value");
    session.insert("v", &json).expect("room");
}
