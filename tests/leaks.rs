//! Neither keys nor data show in anything that is printed, and keys cannot be compared or taken out.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test may panic and print"
)]

mod support;

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::{Debug, Display};
use std::time::Duration;

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use cookie_session::{
    Builder, Codec, Commit, ConfigError, DecodeError, EncodeError, KeyError, KeyErrorKind, KeyRing, KeyRole,
    Lifetime, NotJson, Profile, SameSite, SecretKey, Session, SessionError, Sessions, TooLong, WrongType,
};
use serde::{Serialize, Serializer};
use support::forge::{Clock, Digest, Forge, b64, time};

const NOW: u64 = 1_750_000_000;
const NAME: &str = "__Host-session";

/// Secrets of which no eight characters may show, in any spelling.
const KEYS: [&[u8; 32]; 2] = [
    b"K\x9eY-c\xffnary\x01\xd3Gq8zWm\xe2Lx5Tb\x94Rv7\xaeJp\x11",
    b"F\x8cLb-\xfe4ck\x02\xc1Hs9yXn\xe3My6Uc\x95Sw8\xafKq\x12w",
];
#[cfg(all(feature = "flask", feature = "django", feature = "starlette"))]
const DAY: Duration = Duration::from_secs(86_400);
const DATA: &str = "canary-of-the-data-ZXCVBNM-7361";

/// Everything of which no part may show.
fn secrets() -> Vec<Vec<u8>> {
    let mut all = vec![DATA.as_bytes().to_vec(), BASE64_URL_SAFE_NO_PAD.encode(DATA).into_bytes()];
    for key in KEYS {
        // What the library derives is as good as the key.
        let derived = [format!("cookie-session/v1/cookie/{NAME}"), "cookie-session/v1/token/salt".into()]
            .map(|salt| Digest::Sha256.hmac(key, salt.as_bytes()));
        // And so it is what a framework derives.
        let frameworks = [
            Digest::Sha1.hmac(key, b"cookie-session"),
            Digest::Sha1.hash(&[b"itsdangerous.Signer", &b"signer"[..], key].concat()),
            Digest::Sha256
                .hash(&[b"django.contrib.sessions.backends.signed_cookies", &b"signer"[..], key].concat()),
        ];
        for bytes in [key.to_vec()].into_iter().chain(derived).chain(frameworks) {
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            let list: Vec<String> = bytes.iter().map(u8::to_string).collect();
            let list = list.join(", ");
            let list_of_hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:x}")).collect();
            all.extend([
                hex.to_uppercase().into_bytes(),
                hex.into_bytes(),
                list.into_bytes(),
                list_of_hex.join(", ").into_bytes(),
                format!("{bytes:02X?}").into_bytes(),
                String::from_utf8_lossy(&bytes).into_owned().into_bytes(),
                BASE64_STANDARD.encode(&bytes).into_bytes(),
                BASE64_URL_SAFE_NO_PAD.encode(&bytes).into_bytes(),
            ]);
        }
    }
    all
}

/// Everything that was printed, with what it came from.
struct Printed(Vec<(String, String)>);

impl Printed {
    fn debug(&mut self, what: &str, value: &impl Debug) {
        self.0.push((format!("{what}, {{:?}}"), format!("{value:?}")));
        self.0.push((format!("{what}, {{:#?}}"), format!("{value:#?}")));
        self.0.push((format!("{what}, {{:x?}}"), format!("{value:x?}")));
    }

    fn display(&mut self, what: &str, value: &(impl Debug + Display)) {
        self.debug(what, value);
        self.0.push((format!("{what}, {{}}"), format!("{value}")));
    }

    fn error(&mut self, what: &str, error: &(impl Error + 'static)) {
        self.display(what, error);
        let mut source = error.source();
        assert!(source.is_none(), "{what} has a source, which may quote");
        while let Some(error) = source {
            self.display(what, &error);
            source = error.source();
        }
    }

    #[track_caller]
    fn check(&self, secrets: &[Vec<u8>]) {
        const SHORTEST: usize = 8;
        for (what, text) in &self.0 {
            let text = text.as_bytes();
            for secret in secrets {
                for part in secret.windows(SHORTEST) {
                    let shows = text.windows(SHORTEST).any(|window| window == part);
                    let part = String::from_utf8_lossy(part);
                    assert!(!shows, "{what} shows {part:?}: {}", String::from_utf8_lossy(text));
                }
            }
        }
    }
}

fn keys() -> [SecretKey; 2] {
    KEYS.map(|bytes| SecretKey::from_bytes(bytes).expect("not weak"))
}

fn ring() -> KeyRing {
    let [current, fallback] = keys();
    KeyRing::new(current).fallback(fallback)
}

/// Quotes data in its own error, as serde_json's errors do.
struct Quotes;

impl Serialize for Quotes {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom(DATA))
    }
}

fn print_keys(printed: &mut Printed) {
    let [key, _] = keys();
    printed.debug("SecretKey", &key);
    printed.debug("KeyRing", &ring());
    printed.debug("Profile", &Profile::from(ring()));
    let key = KEYS[0];
    let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    let bad = [
        // A short key, one that lost a digit, one with a character that is none, and words.
        hex[..40].to_owned(),
        hex[..63].to_owned(),
        format!("{}!", BASE64_STANDARD.encode(key)),
        format!("{DATA} {DATA}"),
        format!("{}secretkey{}", &hex[..20], &hex[20..]),
        hex[..16].repeat(4),
    ];
    for text in bad {
        printed.error("KeyError of a key", &text.parse::<SecretKey>().expect_err("bad"));
        printed.error("KeyError of a ring", &text.parse::<KeyRing>().expect_err("bad"));
        let list = format!("{},{text}", BASE64_STANDARD.encode(KEYS[1]));
        printed.error("KeyError of a list", &list.parse::<KeyRing>().expect_err("bad"));
    }
    // A key where the name of its variable belongs, which nothing but a mistake is.
    let base64 = BASE64_STANDARD.encode(key);
    let names = [
        hex.clone(),
        base64.clone(),
        format!("{hex} {}", BASE64_STANDARD.encode(KEYS[1])),
        format!("SESSION_KEYS={hex}"),
        format!("export SESSION_KEYS={base64}"),
        format!("{hex},words"),
    ];
    for name in &names {
        printed.error("KeyError of a variable", &KeyRing::from_env(name).expect_err("there is none"));
    }
    printed.error("KeyError of bytes", &SecretKey::from_bytes(&key[..31]).expect_err("short"));
    printed.error("KeyError of bytes", &SecretKey::from_bytes([&key[..8]; 4].concat()).expect_err("weak"));
}

/// The same secrets and data in the types of the Python profiles. Of `flask::Bytes` and the like the data are the point,
/// so they are left out.
#[cfg(all(feature = "flask", feature = "django", feature = "starlette"))]
fn print_python(printed: &mut Printed) {
    use cookie_session::{django, flask, starlette};

    let [current, fallback] = KEYS;
    let flask_key = |bytes: &[u8]| flask::SecretKey::new(bytes).expect("not empty");
    let django_key = |bytes: &[u8]| django::SecretKey::new(bytes).expect("not empty");
    let starlette_key = starlette::SecretKey::new(current).expect("not empty");
    printed.debug("flask::SecretKey", &flask_key(current));
    printed.debug("django::SecretKey", &django_key(current));
    printed.debug("starlette::SecretKey", &starlette_key);
    printed.error("KeyError of flask", &flask::SecretKey::new("").expect_err("empty"));
    printed.error("KeyError of django", &django::SecretKey::new("").expect_err("empty"));
    printed.error("KeyError of starlette", &starlette::SecretKey::new("").expect_err("empty"));

    let salt = String::from_utf8_lossy(&KEYS[1][..8]).into_owned();
    let flask = flask::Profile::new(flask_key(current)).fallback(flask_key(fallback)).salt(&salt);
    let django = django::Profile::new(django_key(current)).fallback(django_key(fallback));
    let starlette = starlette::Profile::new(starlette_key);
    printed.debug("flask::Profile", &flask);
    printed.debug("django::Profile", &django);
    printed.debug("starlette::Profile", &starlette);
    let codecs = [flask.codec("salt", DAY).unwrap(), django.codec("salt", DAY).unwrap()];
    for codec in codecs {
        printed.debug("Codec of a framework", &codec);
        let token = codec.encode_at(DATA, time(NOW).unwrap()).unwrap();
        let later = time(NOW + 2 * 86_400).unwrap();
        printed.error("DecodeError", &codec.decode_at::<u8>(&token, time(NOW).unwrap()).expect_err("text"));
        printed.error("DecodeError", &codec.decode_at::<String>(&token, later).expect_err("old"));
        printed.error("EncodeError", &codec.encode(&Quotes).expect_err("fails"));
    }

    let profiles: [Profile; 3] = [flask.into(), django.into(), starlette.into()];
    for profile in profiles {
        printed.debug("Profile of a framework", &profile);
        let builder = Sessions::builder(profile).clock(Clock::at(NOW).hand());
        printed.debug("Builder of a framework", &builder);
        let sessions = builder.build().unwrap();
        printed.debug("Sessions of a framework", &sessions);
        let mut session = sessions.start();
        session.insert("user", DATA).unwrap();
        printed.debug("Session of a framework", &session);
        printed.error("WrongType", &session.get::<flask::Uuid>("user").expect_err("text"));
        printed.error("WrongType", &session.get::<flask::Tuple<Vec<u8>>>("user").expect_err("text"));
        printed
            .error("WrongType", &flask::take_flashes(&mut queue_of_data(&sessions)).expect_err("no queue"));
        printed.error("NotJson", &session.insert("user", Quotes).expect_err("fails"));
        let long: String = (0..2000).map(|n| format!("{DATA}{n}")).collect();
        printed.error("TooLong", &session.insert("much", long).expect_err("too long"));
        let commit = sessions.save(session).unwrap();
        printed.debug("Commit of a framework", &commit);
        let pair = commit.cookie_pair().unwrap();
        let session = sessions.open([pair]);
        assert_eq!(session.get::<String>("user").unwrap().as_deref(), Some(DATA));
        printed.debug("Session of a framework, opened", &session);
        let session = sessions.open([pair.replacen('=', "=A", 1)]);
        printed.error("rejection", session.rejection().expect("rejected"));
        printed.debug("Session of a framework, rejected", &session);
    }
}

#[cfg(all(feature = "flask", feature = "django", feature = "starlette"))]
fn queue_of_data(sessions: &Sessions) -> Session {
    let mut session = sessions.start();
    session.insert("_flashes", [DATA]).unwrap();
    session
}

fn print_codec(printed: &mut Printed) {
    let codec = Codec::new(&ring(), "salt", Duration::from_secs(60)).unwrap();
    printed.debug("Codec", &codec);
    printed.error("EncodeError", &codec.encode(&Quotes).expect_err("fails"));
    printed.error("EncodeError", &codec.encode(&BTreeMap::from([((DATA, 1), 2)])).expect_err("no key"));
    let limited = codec.clone().max_len(60).unwrap();
    printed.error("EncodeError", &limited.encode(DATA).expect_err("too long"));

    let now = time(NOW).unwrap();
    let forge = Forge::codec(KEYS[0], "salt");
    let json = format!("\"{DATA}\"");
    let tokens = [
        forge.token(&json, NOW),
        forge.token(&format!("{json} {json}"), NOW),
        forge.token(&json, NOW - 61),
        forge.token(&json, NOW + 61),
        forge.sign(DATA, "!"),
        Forge::codec(KEYS[1], "other").token(&json, NOW),
        format!("{}.{}", b64(DATA.as_bytes()), b64(KEYS[0])),
        DATA.repeat(200),
    ];
    for token in tokens {
        printed.error("DecodeError", &codec.decode_at::<u8>(&token, now).expect_err("not a number"));
    }
}

fn print_sessions(printed: &mut Printed) {
    let clock = Clock::at(NOW);
    let builder = Sessions::builder(ring()).clock(clock.hand());
    printed.debug("Builder", &builder);
    let sessions = builder.build().unwrap();
    printed.debug("Sessions", &sessions);

    let mut session = sessions.start();
    printed.debug("Session, new", &session);
    session.insert("user", DATA).unwrap();
    session.insert("list", [DATA, DATA]).unwrap();
    printed.debug("Session, changed", &session);
    printed.error("WrongType", &session.get::<u64>("user").expect_err("text"));
    printed.error("WrongType", &session.take::<u64>("user").expect_err("text"));
    printed.error("WrongType", &session.update("user", |number: &mut u64| *number += 1).expect_err("text"));
    printed.error("WrongType", &session.read::<BTreeMap<String, u64>>().expect_err("text"));
    printed.error("NotJson", &session.insert("user", Quotes).expect_err("fails"));
    printed.error("NotJson", &session.write(&DATA).expect_err("no object"));
    // Keys in a session and inside of a value may be anybody's.
    let carts = BTreeMap::from([(DATA, BTreeMap::from([(DATA, DATA)]))]);
    let mut keyed = sessions.start();
    keyed.write(&carts).unwrap();
    printed.error("WrongType", &keyed.read::<BTreeMap<String, u64>>().expect_err("an object"));
    printed.error("WrongType", &keyed.read::<BTreeMap<u64, u64>>().expect_err("no number"));
    keyed.insert("carts", carts).unwrap();
    printed.error("WrongType", &keyed.get::<BTreeMap<String, Vec<u64>>>("carts").expect_err("an object"));
    printed.error(
        "WrongType",
        &keyed.get::<BTreeMap<String, BTreeMap<u64, u64>>>("carts").expect_err("no number"),
    );
    printed.error("WrongType", &keyed.get::<Result<u64, u64>>("carts").expect_err("no variant"));
    let too_long = session.insert("much", DATA.repeat(200)).expect_err("too long");
    printed.error("TooLong", &too_long);
    let SessionError::TooLong(inner) = &too_long else { panic!("{too_long}") };
    printed.error("TooLong, inner", inner);
    let commit = sessions.save(session).unwrap();
    printed.debug("Commit, set", &commit);

    // A refresh that does not fit any more.
    let pair = commit.cookie_pair().unwrap().to_owned();
    clock.advance(60 * 60);
    let tight = Sessions::builder(ring()).clock(clock.hand()).max_cookie_size(150).build().unwrap();
    let commit = tight.save(tight.open([&pair])).unwrap();
    printed.error("TooLong, skipped", commit.skipped().expect("does not fit"));
    printed.debug("Commit, skipped", &commit);

    let mut session = sessions.open([&pair]);
    assert_eq!(session.get::<String>("user").unwrap().as_deref(), Some(DATA));
    printed.debug("Session, opened", &session);
    printed.display("WrongType of what came", &session.get::<u64>("user").expect_err("text"));
    session.clear();
    printed.debug("Session, cleared", &session);
    printed.debug("Commit, removed", &sessions.save(session).unwrap());

    let forge = Forge::session(KEYS[0], NAME);
    let rejected = [
        format!("{NAME}={DATA}"),
        format!("{NAME}={}", Forge::session(KEYS[1], "other").token(DATA, NOW)),
        format!("{NAME}={}", forge.token(&format!("[{NOW},false,{{\"{DATA}\":}}]"), clock.now())),
        format!("{NAME}={}", forge.token(&format!("[{NOW},false,\"{DATA}\"]"), clock.now())),
        format!("{NAME}={}", DATA.repeat(300)),
    ];
    for cookie in rejected {
        let session = sessions.open([cookie]);
        printed.debug("Session, rejected", &session);
        printed.error("rejection", session.rejection().expect("rejected"));
        printed.debug("Commit, rejected", &sessions.save(session).unwrap());
    }

    let too_many = (0..9).fold(ring(), |ring, _| ring.fallback(SecretKey::generate().unwrap()));
    printed.error("ConfigError", &Sessions::builder(too_many).build().expect_err("too many"));
}

#[test]
fn shows_no_key_and_no_data() {
    let mut printed = Printed(Vec::new());
    print_keys(&mut printed);
    print_codec(&mut printed);
    print_sessions(&mut printed);
    #[cfg(all(feature = "flask", feature = "django", feature = "starlette"))]
    print_python(&mut printed);
    println!("{} texts looked through", printed.0.len());
    assert!(printed.0.len() > 200);
    printed.check(&secrets());
}

#[test]
#[cfg_attr(target_family = "wasm", ignore = "a panic ends the program there")]
fn would_notice_a_leak() {
    let shown = [
        format!("{:?}", KEYS[0]),
        format!("{:x?}", KEYS[1]),
        format!("{:?}", String::from_utf8_lossy(KEYS[0])),
        BASE64_STANDARD.encode(KEYS[1]),
        format!("{DATA:?}"),
    ];
    for text in shown {
        let printed = Printed(vec![("a leak".into(), text.clone())]);
        let noticed = std::panic::catch_unwind(|| printed.check(&secrets())).is_err();
        assert!(noticed, "{text}");
    }
}

#[test]
fn prints_exactly_this() {
    let [key, _] = keys();
    assert_eq!(format!("{key:?}"), "SecretKey(..)");
    assert_eq!(format!("{key:#?}"), "SecretKey(..)");
    assert_eq!(format!("{:?}", ring()), "KeyRing { fallbacks: 1, .. }");
    let codec = Codec::new(&ring(), "salt", Duration::from_secs(60)).unwrap();
    assert_eq!(format!("{codec:?}"), "Codec { max_age: 60s, max_len: 4096, .. }");
    assert_eq!(format!("{:?}", Profile::from(ring())), "Profile { format: Native, .. }");
    let sessions = Sessions::builder(ring()).clock(Clock::at(NOW).hand()).build().unwrap();
    let mut session = sessions.start();
    session.insert("user", DATA).unwrap();
    assert_eq!(
        format!("{session:?}"),
        "Session { len: 1, is_new: true, is_modified: true, permanent: false, rejection: None, .. }"
    );
    let commit = sessions.save(session).unwrap();
    let len = commit.cookie_pair().unwrap().len() - 1;
    assert_eq!(
        format!("{commit:?}"),
        format!("Commit {{ cookie_size: Some({len}), is_removal: false, skipped: false, .. }}")
    );
}

#[test]
fn what_the_caller_got_wrong_has_a_text_too() {
    let codec = Codec::new(&ring(), "salt", Duration::from_secs(60)).unwrap();
    let not_json = "value has no JSON form (NaN, an infinity, or keys that are not strings)";
    assert_eq!(codec.encode(&f64::NAN).unwrap_err().to_string(), not_json);
    let long = codec.max_len(60).unwrap().encode(DATA).unwrap_err().to_string();
    assert_eq!(long, "token would be 95 bytes, the limit is 60");

    let sessions = Sessions::builder(ring()).build().unwrap();
    let mut session = sessions.start();
    session.insert("user", DATA).unwrap();
    let long = session.insert("much", "x".repeat(4096)).unwrap_err().to_string();
    assert!(long.ends_with("the limit is 4096; largest: much (4098 bytes), user (33 bytes)"), "{long}");
}

#[test]
fn every_rejection_has_a_text_and_a_name_that_repeat_no_input() {
    const TABLE: &[(DecodeError, &str, &str)] = &[
        (DecodeError::TooLong, "token is too long", "too_long"),
        (DecodeError::Malformed, "token is malformed", "malformed"),
        (DecodeError::InvalidSignature, "token signature does not match", "invalid_signature"),
        (DecodeError::NotYetValid, "token was issued in the future", "not_yet_valid"),
        (DecodeError::Expired, "token has expired", "expired"),
        (DecodeError::Payload, "token is genuine, but its payload cannot be read", "payload"),
    ];
    for (error, text, name) in TABLE {
        assert_eq!(error.to_string(), *text);
        assert_eq!(error.as_str(), *name);
        assert!(error.source().is_none());
        assert!(!text.ends_with('.') && text.starts_with(char::is_lowercase));
    }
}

#[test]
fn every_way_in_which_a_signature_fails_looks_the_same() {
    let codec = Codec::new(&ring(), "salt", Duration::from_secs(60)).unwrap();
    let forge = Forge::codec(KEYS[0], "salt");
    let signed = |forge: &Forge| forge.token("1", NOW);
    let genuine = signed(&forge);
    let table = [
        ("another key", signed(&Forge::codec(&support::forge::secret(1), "salt"))),
        ("another salt", signed(&Forge::codec(KEYS[0], "other"))),
        ("another digest, cut", {
            let text = genuine.rsplit_once('.').unwrap().0.to_owned();
            let mac = Digest::Sha512.hmac(&forge.key, text.as_bytes());
            format!("{text}.{}", b64(&mac[..32]))
        }),
        ("another payload", genuine.replacen('M', "N", 1)),
        ("another time", genuine.replacen("aE7hgA", "aE7hgQ", 1)),
    ];
    let now = time(NOW).unwrap();
    assert_eq!(codec.decode_at::<u8>(&genuine, now), Ok(1));
    for (what, token) in table {
        let error = codec.decode_at::<u8>(&token, now).expect_err(what);
        assert_eq!(error, DecodeError::InvalidSignature, "{what}");
        assert_eq!(format!("{error} {error:?}"), "token signature does not match InvalidSignature");
    }
}

#[test]
fn every_public_type_can_be_sent_shared_kept_and_moved() {
    fn check<T: Send + Sync + Unpin + 'static>() {}
    check::<Builder>();
    check::<Codec>();
    check::<Commit>();
    check::<ConfigError>();
    check::<DecodeError>();
    check::<EncodeError>();
    check::<KeyError>();
    check::<KeyErrorKind>();
    check::<KeyRing>();
    check::<KeyRole>();
    check::<Lifetime>();
    check::<NotJson>();
    check::<Profile>();
    check::<SameSite>();
    check::<SecretKey>();
    check::<Session>();
    check::<SessionError>();
    check::<Sessions>();
    check::<TooLong>();
    check::<WrongType>();
}

#[test]
fn every_error_is_one() {
    fn check<T: Error + Send + Sync + 'static>() {}
    check::<ConfigError>();
    check::<DecodeError>();
    check::<EncodeError>();
    check::<KeyError>();
    check::<NotJson>();
    check::<SessionError>();
    check::<TooLong>();
    check::<WrongType>();
}

/// Says at compile time whether a type has a trait: an inherent constant hides that of a trait, but is there
/// only where its bound holds.
macro_rules! has {
    ($type:ty: $($bound:tt)+) => {{
        #[allow(dead_code, reason = "not used where the bound holds")]
        trait Otherwise {
            const HAS: bool = false;
        }
        impl<T: ?Sized> Otherwise for T {}
        #[allow(dead_code, reason = "only its type is asked")]
        struct Asked<T: ?Sized>(std::marker::PhantomData<T>);
        #[allow(dead_code, reason = "not used where the bound does not hold")]
        impl<T: ?Sized + $($bound)+> Asked<T> {
            const HAS: bool = true;
        }
        <Asked<$type>>::HAS
    }};
}

#[test]
fn keys_cannot_be_compared_printed_or_taken_out() {
    // What the macro says of types that are known.
    assert!(has!(Vec<u8>: PartialEq) && has!(String: Display) && has!(String: AsRef<[u8]>));
    assert!(has!(u8: Copy) && has!(String: Serialize));
    assert!(!has!(std::cell::RefCell<u8>: Display) && !has!(u8: AsRef<[u8]>) && !has!(String: Copy));

    macro_rules! check {
        ($($type:ty)*) => {$(
            let name = stringify!($type);
            // Any comparison would end at the first byte that differs.
            assert!(!has!($type: PartialEq), "{name}");
            assert!(!has!($type: PartialOrd), "{name}");
            assert!(!has!($type: std::hash::Hash), "{name}");
            assert!(!has!($type: Display), "{name}");
            assert!(!has!($type: std::fmt::LowerHex), "{name}");
            assert!(!has!($type: Serialize), "{name}");
            assert!(!has!($type: AsRef<[u8]>), "{name}");
            assert!(!has!($type: AsRef<str>), "{name}");
            assert!(!has!($type: std::borrow::Borrow<[u8]>), "{name}");
            assert!(!has!($type: std::ops::Deref), "{name}");
            assert!(!has!($type: Into<Vec<u8>>), "{name}");
            assert!(!has!($type: Into<String>), "{name}");
            assert!(!has!($type: Copy), "{name}");
            assert!(!has!($type: Default), "{name}");
            assert!(has!($type: Debug), "{name}");
        )*};
    }
    check!(SecretKey KeyRing Profile Codec Sessions);
    #[cfg(all(feature = "flask", feature = "django", feature = "starlette"))]
    {
        use cookie_session::{django, flask, starlette};

        check!(flask::SecretKey django::SecretKey starlette::SecretKey);
        check!(flask::Profile django::Profile starlette::Profile);
    }
    // A session belongs to one request.
    assert!(!has!(Session: Clone));
}
