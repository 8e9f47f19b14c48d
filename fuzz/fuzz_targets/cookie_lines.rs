//! Whatever bytes stand in the lines of a `Cookie` header, nothing verifies
//! under a key that nobody knows, and the cookies of others never matter:
//! where sessions are signed, where they are encrypted, and where both are read.

#![no_main]

use std::sync::LazyLock;

use cookie_session::{DecodeError, KeyRing, KeyRole, Session, Sessions};
use cookie_session_fuzz::{
    NAME, NOW, at, encrypted_sessions, fresh_keys, known_keys, members, sessions, sessions_of_both_kinds,
};
use libfuzzer_sys::fuzz_target;

/// A cookie that verifies under the known key.
const GOOD: &[u8] = include_bytes!("../seeds/cookie_lines/good");

/// The same, encrypted: the only one that ever was, with this key.
const ENCRYPTED: &[u8] = include_bytes!("../seeds/cookie_lines/encrypted");

/// All that was ever signed with it.
const SIGNED: [&[u8]; 3] = [
    include_bytes!("../seeds/token_bytes/session"),
    include_bytes!("../seeds/token_bytes/session_permanent"),
    include_bytes!("../seeds/token_bytes/session_deep"),
];

/// The same sessions of the key that everybody knows, and of one that nobody knows.
struct Sides {
    ours: Sessions,
    strangers: Sessions,
    /// A line whose cookie verifies under the known key.
    good: Vec<u8>,
    /// All values that ever did and could come in.
    signed: Vec<Vec<u8>>,
}

static ALL_SIDES: LazyLock<[Sides; 3]> = LazyLock::new(|| {
    let encrypted = || vec![value(ENCRYPTED).to_vec()];
    let signed = || SIGNED.map(<[u8]>::to_vec).to_vec();
    let sides = |sessions: fn(KeyRing) -> Sessions, good: &[u8], signed: Vec<Vec<u8>>| Sides {
        ours: sessions(known_keys()),
        strangers: sessions(fresh_keys()),
        good: good.to_vec(),
        signed,
    };
    let all = [
        sides(sessions, GOOD, signed()),
        sides(encrypted_sessions, ENCRYPTED, encrypted()),
        sides(sessions_of_both_kinds, ENCRYPTED, [signed(), encrypted()].concat()),
    ];
    for Sides { ours, good, .. } in &all {
        assert!(ours.open_at([good], at(NOW)).verified_by().is_some(), "the seed is out of date");
    }
    all
});

fuzz_target!(|bytes: &[u8]| {
    let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
    let pairs = || lines.iter().flat_map(|line| line.split(|byte| *byte == b';'));
    let (ours, others): (Vec<&[u8]>, Vec<&[u8]>) = pairs().partition(|pair| is_ours(pair));

    for Sides { ours: sessions, strangers, good, signed } in ALL_SIDES.iter() {
        nothing_verifies(strangers, &lines, !ours.is_empty());

        let all = sessions.open_at(&lines, at(NOW));
        assert_eq!(seen(&all), seen(&sessions.open_at(&ours, at(NOW))), "a cookie of another name matters");

        let mut crowd = others.join(&b';');
        crowd.push(b';');
        crowd.extend_from_slice(good);
        let crowded = sessions.open_at([crowd], at(NOW));
        assert_eq!(
            seen(&crowded),
            seen(&sessions.open_at([good], at(NOW))),
            "a cookie of another name matters"
        );

        if all.verified_by().is_some() {
            let known = |pair: &&[u8]| signed.iter().any(|token| token == value(pair));
            assert!(ours.iter().any(known), "a forged cookie verifies");
        }
    }
});

fn nothing_verifies(strangers: &Sessions, lines: &[&[u8]], presented: bool) {
    let mut session = strangers.open_at(lines, at(NOW));
    assert_eq!(session.verified_by(), None, "a forged cookie verifies");
    assert!(session.is_empty() && session.is_new() && !session.is_modified());
    assert_eq!((session.created_at(), session.issued_at()), (None, None));
    assert_eq!(session.rejection().is_some(), presented);

    let commit = strangers.save(strangers.open_at(lines, at(NOW))).expect("an empty session fits");
    assert_eq!(commit.set_cookies().count(), 0, "a rejection sets a cookie");
    assert_eq!(commit.cache_control(["public"]), None);

    session.clear();
    let commit = strangers.save(session).expect("an empty session fits");
    assert_eq!(commit.is_removal(), presented, "a logout removes what was presented");
}

/// Finds the name as RFC 6265 does, without the library: up to the first `=`,
/// without the spaces and tabs around it.
fn is_ours(pair: &[u8]) -> bool {
    pair.iter().position(|byte| *byte == b'=').is_some_and(|at| trim(&pair[..at]) == NAME.as_bytes())
}

fn value(pair: &[u8]) -> &[u8] {
    let at = pair.iter().position(|byte| *byte == b'=').expect("a pair of ours has a value");
    trim(&pair[at + 1..])
}

fn trim(bytes: &[u8]) -> &[u8] {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let start = bytes.iter().position(|byte| !blank(byte)).unwrap_or(bytes.len());
    let end = bytes.iter().rposition(|byte| !blank(byte)).map_or(start, |last| last + 1);
    &bytes[start..end]
}

type Seen = (Option<KeyRole>, Option<DecodeError>, Vec<(String, Option<String>)>);

fn seen(session: &Session) -> Seen {
    (session.verified_by(), session.rejection().copied(), members(session))
}
