//! The library writes and reads exactly the fixed vectors of its own format.
//!
//! `tests/interop/verify_native.py` derives the same vectors from nothing but the Python standard library, and
//! `tests/interop/check_itsdangerous.py` has the real itsdangerous read and write them.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test may panic and print"
)]

mod support;

use std::fmt::Write;
use std::path::PathBuf;
use std::sync::LazyLock;
use std::time::Duration;

use cookie_session::{KeyRing, KeyRole, Lifetime, SecretKey, Sessions};
use serde::Deserialize;
use serde_json::value::RawValue;
use support::forge::{Forge, time};
use support::format::{self, ENCRYPTED};

const ABOUT: &str = if ENCRYPTED {
    "Encrypted tokens of cookie-session's own format, version 1, written by the crate: \
     BLESS=1 cargo test --all-features --test private native_vectors"
} else {
    "Tokens of cookie-session's own format, version 1, written by the crate: \
     BLESS=1 cargo test --test native_vectors"
};
const NOW: u64 = 1_750_000_000;

#[derive(Deserialize)]
struct File {
    about: String,
    vectors: Vec<Vector>,
}

/// One token, with all that it is made from.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    id: String,
    note: String,
    /// Of a session; a codec's token has a salt instead.
    cookie_name: Option<String>,
    salt: Option<String>,
    key_hex: String,
    payload_json: String,
    timestamp: u64,
    token: String,
}

/// What a vector is made from.
struct Recipe {
    note: &'static str,
    bound: Bound,
    key: usize,
    timestamp: u64,
    payload: String,
}

enum Bound {
    Cookie(&'static str),
    Salt(&'static str),
}

use Bound::{Cookie, Salt};

/// Keys of 32 bytes, of exactly one block of SHA-256, and of more, which HMAC hashes first.
fn keys() -> [Vec<u8>; 5] {
    [(1, 32), (2, 48), (3, 64), (4, 65), (5, 129)].map(|(seed, len)| {
        let mut bytes = vec![0; len];
        support::forge::Prng::new(0xbead_0000 + seed).fill(&mut bytes);
        bytes
    })
}

fn session(created: u64, permanent: bool, data: &str) -> String {
    format!("[{created},{permanent},{data}]")
}

fn recipes() -> Vec<Recipe> {
    let mut recipes = Vec::new();
    let mut add = |note, bound, key, timestamp, payload: String| {
        recipes.push(Recipe { note, bound, key, timestamp, payload });
    };
    let user = r#"{"user_id":42}"#;

    for name in ["__Host-session", "__Secure-session", "session", "dev-session", "s", "!#$%&'*+-.^_`|~"] {
        add("a name", Cookie(name), 0, NOW, session(NOW, false, user));
    }
    for salt in ["", "confirm-email", "salt", "a/b", "cookie-session/v1/cookie/session", "ä 𝄞", "\n\u{0}"]
    {
        add("a salt", Salt(salt), 0, NOW, user.into());
    }
    for key in 0..keys().len() {
        add("a length of the key", Cookie("__Host-session"), key, NOW, session(NOW, false, user));
        add("a length of the key", Salt("salt"), key, NOW, user.into());
    }
    for permanent in [false, true] {
        for age in [0, 1, 3600] {
            let payload = session(NOW - age, permanent, user);
            add("created and issued", Cookie("__Host-session"), 0, NOW, payload);
        }
    }
    let timestamps = [
        0,
        1,
        127,
        128,
        255,
        256,
        65_535,
        65_536,
        (1 << 24) - 1,
        1 << 24,
        (1 << 31) - 1,
        1 << 31,
        (1 << 32) - 1,
        1 << 32,
        1 << 40,
        1 << 53,
    ];
    for timestamp in timestamps {
        add("a timestamp", Salt("salt"), 0, timestamp, "1".into());
    }
    add("the largest timestamp", Salt("salt"), 0, u64::MAX, "1".into());
    for timestamp in [0, 255, 1 << 24, (1 << 32) - 1, 1 << 32] {
        let payload = session(timestamp, false, user);
        add("a timestamp", Cookie("__Host-session"), 0, timestamp, payload);
    }
    // All remainders by three, since base64 ends differently.
    for json in [r#""""#, r#""a""#, r#""ab""#, r#""abc""#, "0", "-1", "1.5", "true", "null", "[]", "{}"] {
        add("a value", Salt("salt"), 0, NOW, json.into());
    }
    let objects = [
        r#"{"":0}"#,
        r#"{"b":1,"a":2}"#,
        r#"{"text":"\"\\/\b\f\n\r\t\u0000\u001f"}"#,
        r#"{"text":"ü𝄞 ~~~???"}"#,
        r#"{"escaped":"\u00fc\ud834\udd1e"}"#,
        r#"{"ü":{"nested":[1,[2,[3,{"deep":null}]]]}}"#,
        r#"{"numbers":[0,-1,1.5,18446744073709551615,-9223372036854775808,1e300]}"#,
        r#"{"cart":[{"id":1,"count":2},{"id":7,"count":1}],"csrf":"h6rTf3-_x","user_id":42}"#,
        r#"{"spaced" : [1, 2] , "kept": 1.50}"#,
    ];
    for object in objects {
        add("data", Cookie("__Host-session"), 0, NOW, session(NOW, false, object));
    }
    let facts = [
        r#"{"s":"c3RhbXA"}"#,
        r#"{"z":1.50,"a":{ "kept" : [ ] },"c":1750000000}"#,
        r#"{"a":0,"b":1,"c":2,"d":3,"e":4,"f":5,"g":6,"h":7,"i":8,"j":9,"k":10,"l":11,"m":12,"n":13,"o":14,"p":15}"#,
    ];
    for facts in facts {
        let payload = session(NOW - 1, false, &format!("{user},{facts}"));
        add("facts of a later version", Cookie("__Host-session"), 0, NOW, payload);
    }
    let long = format!(r#"{{"long":"{}"}}"#, "0123456789abcdef".repeat(184));
    add("a large session", Cookie("__Host-session"), 0, NOW, session(NOW, true, &long));
    recipes
}

fn path() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "vectors", if ENCRYPTED { "encrypted.json" } else { "native.json" }]
        .iter()
        .collect()
}

#[track_caller]
fn unhex(text: &str) -> Vec<u8> {
    assert!(text.len().is_multiple_of(2), "{text}");
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(text.get(at..at + 2).expect("digits"), 16).expect("digits"))
        .collect()
}

fn ring(vector: &Vector) -> KeyRing {
    KeyRing::new(SecretKey::from_bytes(unhex(&vector.key_hex)).expect("a good key"))
}

fn sessions(vector: &Vector, name: &str) -> Sessions {
    let now = vector.timestamp;
    let longest = Duration::from_secs(400 * 24 * 60 * 60);
    let lifetime = Lifetime { idle: longest, absolute: longest };
    format::builder(ring(vector))
        .name(name)
        .lifetime(lifetime)
        .permanent_lifetime(lifetime)
        .clock(move || time(now).expect("a time that the platform has"))
        .build()
        .expect("builds")
}

/// Takes the payload of a session apart.
fn elements(payload: &str) -> (u64, bool, &RawValue, Option<&RawValue>) {
    let elements: Vec<&RawValue> = serde_json::from_str(payload).expect("an array");
    let created = elements[0].get().parse().expect("seconds");
    (created, elements[1].get() == "true", elements[2], elements.get(3).copied())
}

/// Has the library write the token: a session through its public life, a codec's token by `encode_at`.
/// `None` for what no clock can say.
fn write(vector: &Vector) -> Option<String> {
    let now = time(vector.timestamp)?;
    if let Some(salt) = &vector.salt {
        let value: &RawValue = serde_json::from_str(&vector.payload_json).expect("JSON");
        let codec = format::codec(&ring(vector), salt, Duration::from_secs(1)).expect("builds");
        return Some(codec.encode_at(value, now).expect("fits"));
    }
    let name = vector.cookie_name.as_deref().expect("a name or a salt");
    let (created, permanent, data, facts) = elements(&vector.payload_json);
    // The first cookie at the creation, the vector's own after a change at the time of its timestamp.
    let first = Vector { timestamp: created, ..vector.clone() };
    let early = sessions(&first, name);
    let mut session = early.start();
    session.insert("other", 1).expect("fits");
    session.set_permanent(permanent);
    let first = early.save(session).expect("fits").cookie_pair().expect("the cookie is set").to_owned();
    // What a later version keeps beside the data, only that can begin.
    let first = facts.map_or(first, |facts| {
        let json = format!("[{created},{permanent},{{\"other\":1}},{}]", facts.get());
        format!("{name}={}", Forge::session(&unhex(&vector.key_hex), name).token(&json, created))
    });
    let late = sessions(vector, name);
    let mut session = late.open([first]);
    assert_eq!(session.rejection(), None, "{}", vector.id);
    session.write(&data).expect("fits");
    let commit = late.save(session).expect("fits");
    let pair = commit.cookie_pair().expect("the cookie is set");
    let (found, token) = pair.split_once('=').expect("a name and a value");
    assert_eq!(found, name);
    Some(token.to_owned())
}

/// Has the library read the token.
#[track_caller]
fn read(vector: &Vector) {
    let id = &vector.id;
    // No clock can say the largest timestamp: to every clock it is in the future.
    let Some(now) = time(vector.timestamp) else {
        let codec = format::codec(&ring(vector), vector.salt.as_ref().unwrap(), None).unwrap();
        let answer = codec.decode_at::<serde_json::Value>(&vector.token, time(NOW).unwrap());
        assert_eq!(answer, Err(cookie_session::DecodeError::NotYetValid), "{id}");
        return;
    };
    if let Some(salt) = &vector.salt {
        let codec = format::codec(&ring(vector), salt, Duration::ZERO).expect("builds");
        let read: Box<RawValue> = codec.decode_at(&vector.token, now).expect(id);
        assert_eq!(read.get(), vector.payload_json, "{id}");
        return;
    }
    let name = vector.cookie_name.as_deref().expect("a name or a salt");
    let session = sessions(vector, name).open([format!("{name}={}", vector.token)]);
    assert_eq!(session.rejection(), None, "{id}");
    assert_eq!(session.verified_by(), Some(KeyRole::Current), "{id}");
    let (created, permanent, data, _) = elements(&vector.payload_json);
    assert_eq!(session.created_at(), time(created), "{id}");
    assert_eq!(session.issued_at(), Some(now), "{id}");
    assert_eq!(session.permanent(), permanent, "{id}");
    let members: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(data.get()).expect("an object");
    assert_eq!(session.len(), members.len(), "{id}");
    for key in session.keys() {
        let raw = session.get_raw(&key).expect("a key that it has");
        assert!(data.get().contains(raw), "{id}: {raw}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(raw).unwrap(), members[&*key], "{id}");
    }
}

fn forge(key: &[u8], cookie_name: Option<&str>, salt: Option<&str>) -> Forge {
    match (cookie_name, salt) {
        (Some(name), _) => Forge::session(key, name),
        (None, salt) => Forge::codec(key, salt.expect("a name or a salt")),
    }
}

/// Returns the JSON text in a token.
fn json_of(vector: &Vector, token: &str) -> String {
    forge(&unhex(&vector.key_hex), vector.cookie_name.as_deref(), vector.salt.as_deref()).json(token)
}

fn expected() -> Vec<Vector> {
    let keys = keys().map(|key| key.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    let vector = |(n, recipe): (usize, Recipe)| {
        let (cookie_name, salt) = match recipe.bound {
            Cookie(name) => (Some(name.to_owned()), None),
            Salt(salt) => (None, Some(salt.to_owned())),
        };
        let key = &keys[recipe.key];
        let forge = forge(&unhex(key), cookie_name.as_deref(), salt.as_deref());
        let kind = if salt.is_some() { "codec" } else { "session" };
        Vector {
            id: format!("{kind}-{n:02}"),
            note: recipe.note.into(),
            cookie_name,
            salt,
            key_hex: key.clone(),
            token: forge.token(&recipe.payload, recipe.timestamp),
            payload_json: recipe.payload,
            timestamp: recipe.timestamp,
        }
    };
    recipes().into_iter().enumerate().map(vector).collect()
}

/// Returns the text of the file, one vector per line.
fn file(vectors: &[Vector]) -> String {
    let json = |text: &str| serde_json::to_string(text).expect("text");
    let mut lines = Vec::new();
    for vector in vectors {
        let Vector { id, note, cookie_name, salt, key_hex, payload_json, timestamp, token } = vector;
        let bound = match (cookie_name, salt) {
            (Some(name), _) => format!("\"cookie_name\":{}", json(name)),
            (None, salt) => format!("\"salt\":{}", json(salt.as_deref().expect("a name or a salt"))),
        };
        let (id, note, key_hex, payload) = (json(id), json(note), json(key_hex), json(payload_json));
        let token = json(token);
        let mut line = String::new();
        write!(
            line,
            "{{\"id\":{id},\"note\":{note},{bound},\"key_hex\":{key_hex},\"payload_json\":{payload},\
             \"timestamp\":{timestamp},\"token\":{token}}}"
        )
        .expect("writing to a string");
        lines.push(line);
    }
    format!("{{\n \"about\": {},\n \"vectors\": [\n{}\n ]\n}}\n", json(ABOUT), lines.join(",\n"))
}

/// The text of the file, which is written anew before when BLESS is set.
static TEXT: LazyLock<String> = LazyLock::new(|| {
    if std::env::var_os("BLESS").is_some() {
        // The tokens of the file are those of the library, not of the test's own signer.
        let vectors = expected().into_iter().map(|vector| match write(&vector) {
            Some(token) if !is_spaced(&vector) => Vector { token, ..vector },
            _ => vector,
        });
        std::fs::write(path(), file(&vectors.collect::<Vec<_>>())).expect("the file can be written");
    }
    std::fs::read_to_string(path()).expect("the file is there")
});

#[test]
fn writes_and_reads_exactly_the_vectors() {
    let File { about, vectors } = serde_json::from_str(&TEXT).expect("the file is JSON");
    assert_eq!(about, ABOUT);
    assert!(vectors.len() >= 60, "{}", vectors.len());
    let (mut written, mut not_written) = (0, 0);
    for vector in &vectors {
        read(vector);
        match write(vector) {
            Some(token) if !is_spaced(vector) => {
                // Encrypted, each has random bytes in it.
                assert_eq!(token == vector.token, !ENCRYPTED, "{}", vector.id);
                assert_eq!(token.len(), vector.token.len(), "{}", vector.id);
                assert_eq!(json_of(vector, &token), vector.payload_json, "{}", vector.id);
                written += 1;
            }
            _ => not_written += 1,
        }
    }
    println!("{} vectors read, {written} written", vectors.len());
    // The one from beyond every clock, and the one whose white space the library would not write.
    assert_eq!(not_written, 2);
}

/// Says whether white space stands between the members, which the library reads and keeps, but never writes.
fn is_spaced(vector: &Vector) -> bool {
    vector.payload_json.contains("\"spaced\" :")
}

#[test]
fn the_vectors_are_those_of_the_table() {
    let File { vectors, .. } = serde_json::from_str(&TEXT).expect("the file is JSON");
    let expected = expected().into_iter().zip(&vectors).map(|(expected, vector)| {
        if !ENCRYPTED {
            return expected;
        }
        assert_eq!(json_of(vector, &vector.token), vector.payload_json, "{}", vector.id);
        Vector { token: vector.token.clone(), ..expected }
    });
    assert_eq!(vectors, expected.collect::<Vec<_>>());
    assert_eq!(vectors.len(), recipes().len());
    assert_eq!(*TEXT, file(&vectors));
}

#[test]
fn a_session_with_white_space_goes_back_as_it_came() {
    let vector = expected().into_iter().find(is_spaced).expect("in the table");
    let sessions = sessions(&vector, "__Host-session");
    let cookie = format!("__Host-session={}", vector.token);
    let later = time(NOW + 40 * 24 * 60 * 60).unwrap();
    let commit = sessions.save(sessions.open_at([cookie], later)).unwrap();
    let (_, token) = commit.cookie_pair().expect("refreshed").split_once('=').unwrap();
    assert_eq!(json_of(&vector, token), vector.payload_json);
}
