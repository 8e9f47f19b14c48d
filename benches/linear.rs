//! Opens one hostile `Cookie` header inside [`scanned`], for an instruction counter to look at: see `linear.sh`.
//!
//!     linear --list          prints the kinds of headers
//!     linear KIND BYTES      opens one of that kind and length

#![allow(clippy::expect_used, clippy::print_stdout, reason = "it talks to linear.sh")]

use std::hint::black_box;

use cookie_session::{KeyRing, SecretKey, Sessions};

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

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let (Some(kind), bytes) = (arguments.next(), arguments.next()) else { return };
    if kind == "--list" {
        KINDS.iter().for_each(|(name, _)| println!("{name}"));
        return;
    }
    let bytes = bytes.expect("a length").parse().expect("a number");
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
