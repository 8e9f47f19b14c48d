//! Raw bytes never verify under a key that nobody knows; what verifies under a
//! known one was signed with it, for this purpose, and re-encodes to itself.

#![no_main]

use std::sync::LazyLock;

use cookie_session::{Codec, KeyRing, Sessions};
use cookie_session_fuzz::{
    NOW, at, cookie_line, encrypted_sessions, fresh_keys, known_keys, long_sessions, sessions, sign_again,
};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

/// All that was ever signed with the known key.
const SESSIONS: [&[u8]; 3] = [
    include_bytes!("../seeds/token_bytes/session"),
    include_bytes!("../seeds/token_bytes/session_permanent"),
    include_bytes!("../seeds/token_bytes/session_deep"),
];
const TOKENS: [&[u8]; 3] = [
    include_bytes!("../seeds/token_bytes/token"),
    include_bytes!("../seeds/token_bytes/token_number"),
    include_bytes!("../seeds/token_bytes/token_object"),
];

struct Side {
    sessions: Sessions,
    long_sessions: Sessions,
    other_name: Sessions,
    codec: Codec,
    other_salt: Codec,
    encrypted: Sessions,
    encrypted_codec: Codec,
}

static KNOWN: LazyLock<Side> = LazyLock::new(|| {
    let known = side(known_keys());
    for value in SESSIONS {
        assert!(is_session(&known.sessions, value), "the seed is out of date");
    }
    for token in TOKENS {
        assert!(decode(&known.codec, token).is_some(), "the seed is out of date");
    }
    known
});
static FRESH: LazyLock<Side> = LazyLock::new(|| side(fresh_keys()));

fuzz_target!(|bytes: &[u8]| {
    if bytes.contains(&b';') {
        // Two cookies: `cookie_lines` does those.
        return;
    }
    let fresh = &*FRESH;
    assert!(!is_session(&fresh.sessions, bytes), "a forged cookie verifies");
    assert!(decode(&fresh.codec, bytes).is_none(), "a forged token verifies");

    // Nothing was ever encrypted with the known key either.
    for side in [fresh, &*KNOWN] {
        assert!(!is_session(&side.encrypted, bytes), "a cookie that nobody encrypted verifies");
        assert!(decode(&side.encrypted_codec, bytes).is_none(), "a token that nobody encrypted verifies");
    }

    let known = &*KNOWN;
    assert!(!is_session(&known.other_name, bytes), "a cookie of one name verifies under another");
    assert!(decode(&known.other_salt, bytes).is_none(), "a token of one salt verifies under another");

    if is_session(&known.sessions, bytes) {
        let value = value_of(bytes);
        assert!(SESSIONS.contains(&value), "a forged cookie verifies");
        let again = sign_again(&known.long_sessions, &cookie_line(bytes), NOW).expect("it fits");
        assert_eq!(again.as_deref().map(str::as_bytes), Some(value), "two cookies for one session");
    }
    if let Some(value) = decode(&known.codec, bytes) {
        assert!(TOKENS.contains(&bytes), "a forged token verifies");
        let again = known.codec.encode_at(&value, at(NOW)).expect("it fits");
        assert_eq!(again.as_bytes(), bytes, "two tokens for one value");
    }
});

fn side(keys: KeyRing) -> Side {
    let codec = |salt| Codec::new(&keys, salt, None).expect("one key is not too many");
    Side {
        other_name: Sessions::builder(&keys).name("__Host-sessio").build().expect("the name is good"),
        codec: codec("fuzz"),
        other_salt: codec("fuz"),
        encrypted: encrypted_sessions(keys.clone()),
        encrypted_codec: Codec::encrypted(&keys, "fuzz", None).expect("one key is not too many"),
        long_sessions: long_sessions(keys.clone()),
        sessions: sessions(keys),
    }
}

fn is_session(sessions: &Sessions, value: &[u8]) -> bool {
    let line = [sessions.cookie_name().as_bytes(), b"=", value].concat();
    let session = sessions.open_at([line], at(NOW));
    assert_eq!(session.verified_by().is_none(), session.is_empty());
    session.verified_by().is_some()
}

fn decode(codec: &Codec, token: &[u8]) -> Option<Value> {
    codec.decode_at(std::str::from_utf8(token).ok()?, at(NOW)).ok()
}

/// What a Cookie header makes of these bytes, which hold no `;`.
fn value_of(bytes: &[u8]) -> &[u8] {
    let is_text = |byte: &u8| !matches!(byte, b' ' | b'\t');
    let start = bytes.iter().position(is_text).unwrap_or(0);
    let end = bytes.iter().rposition(is_text).map_or(0, |last| last + 1);
    &bytes[start..end]
}
