//! A token is good for the one cookie name or salt that it was made for, and for no other.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may panic and print"
)]

mod support;

use std::time::Duration;

use cookie_session::{Codec, DecodeError, KeyRing, Sessions};
use serde_json::{Value, json};
use support::forge::{Clock, Forge, Parts, key, secret, time};

const NOW: u64 = 1_750_000_000;

/// Says whether a token was accepted, and the reason given if not.
type Read = Box<dyn Fn(&str) -> Result<(), Option<DecodeError>>>;

/// A place that makes tokens and reads them. All places share their keys, and each token holds what every
/// place could read, so that nothing but the binding keeps them apart.
struct Context {
    label: String,
    make: Box<dyn Fn() -> String>,
    read: Read,
}

/// The session of a cookie of this name.
fn session(name: &str) -> Context {
    let sessions = Sessions::builder(KeyRing::new(key(1)))
        .name(name)
        .clock(Clock::at(NOW).hand())
        .build()
        .expect("builds");
    let prefix = format!("{name}=");
    let reader = sessions.clone();
    let presented = prefix.clone();
    Context {
        label: format!("cookie {name}"),
        make: Box::new(move || {
            let mut session = sessions.start();
            session.insert("user", 42).expect("fits");
            let commit = sessions.save(session).expect("fits");
            let pair = commit.cookie_pair().expect("the cookie is set");
            pair.strip_prefix(&prefix).expect("the cookie has its name").to_owned()
        }),
        read: Box::new(move |token| {
            let session = reader.open([format!("{presented}{token}")]);
            match session.get::<u64>("user") {
                Ok(Some(42)) => Ok(()),
                _ => Err(session.rejection().copied()),
            }
        }),
    }
}

/// A codec of this salt.
fn codec(salt: &str) -> Context {
    let codec = Codec::new(&KeyRing::new(key(1)), salt, Duration::from_secs(3600)).expect("builds");
    let reader = codec.clone();
    let now = time(NOW).expect("a time of these days");
    Context {
        label: format!("codec {salt:?}"),
        make: Box::new(move || codec.encode_at(&json!([NOW, false, {"user": 42}]), now).expect("fits")),
        read: Box::new(move |token| reader.decode_at::<Value>(token, now).map(|_| ()).map_err(Some)),
    }
}

/// Another format adds its places at the end.
fn contexts() -> Vec<Context> {
    vec![
        session("session"),
        session("__Host-session"),
        session("__Host-session2"),
        session("__Secure-session"),
        session("x"),
        session("__Host-x"),
        session("xx"),
        codec(""),
        codec("x"),
        codec("__Host-x"),
        // What would be the salt of a session, if the prefix of a codec's salt were missing.
        codec("cookie-session/v1/cookie/session"),
        // What would be it, if the prefix could be walked out of.
        codec("../cookie/session"),
    ]
}

#[test]
fn accepts_a_token_nowhere_but_where_it_was_made() {
    let contexts = contexts();
    let (mut accepted, mut rejected) = (0, 0);
    for maker in &contexts {
        let token = (maker.make)();
        for reader in &contexts {
            let answer = (reader.read)(&token);
            if maker.label == reader.label {
                assert_eq!(answer, Ok(()), "{}", maker.label);
                accepted += 1;
            } else {
                let (from, to) = (&maker.label, &reader.label);
                assert_eq!(answer, Err(Some(DecodeError::InvalidSignature)), "{from}, read as {to}");
                rejected += 1;
            }
        }
    }
    println!("{accepted} accepted, {rejected} replays rejected");
    assert_eq!(accepted, contexts.len());
    assert_eq!(rejected, contexts.len() * (contexts.len() - 1));
    assert!(rejected >= 132);
}

#[test]
fn holds_the_same_everywhere_so_that_only_the_salt_differs() {
    // If this fails, the matrix above could pass because payloads differ.
    let payloads: Vec<String> =
        contexts().iter().map(|context| Parts::of(&(context.make)()).json()).collect();
    for payload in &payloads {
        assert_eq!(payload, r#"[1750000000,false,{"user":42}]"#);
    }
}

#[test]
fn tells_salts_apart_that_look_alike() {
    // The library's own names in other hands: the key alone must not be enough.
    const SALTS: &[&str] = &[
        "",
        "s",
        "session",
        "__Host-session\0",
        "\0__Host-session",
        "__host-session",
        "__Host-sessio",
        "cookie-session/v1/cookie/",
        "cookie-session/v1/cookie/__Host-sessio",
        "cookie-session/v1/cookie/__Host-session/",
        "cookie-session/v1/cookie/__host-session",
        "cookie-session/v1/cookie__Host-session",
        "cookie-session/v1/token/__Host-session",
        "cookie-session/v2/cookie/__Host-session",
        "cookie-session/v1/cookie/__Host-session\0",
        "cookie-session",
        "itsdangerous",
        "itsdangerous.Signer",
    ];
    let context = session("__Host-session");
    for salt in SALTS {
        let token =
            Forge::salted(&secret(1), salt.as_bytes()).token(r#"[1750000000,false,{"user":42}]"#, NOW);
        assert_eq!((context.read)(&token), Err(Some(DecodeError::InvalidSignature)), "{salt:?}");
    }
    let genuine = Forge::salted(&secret(1), b"cookie-session/v1/cookie/__Host-session")
        .token(r#"[1750000000,false,{"user":42}]"#, NOW);
    assert_eq!((context.read)(&genuine), Ok(()));
    assert_eq!((context.make)(), genuine);
}

/// A session of Flask, whose application shares its secret with everything above.
#[cfg(feature = "flask")]
fn flask_session(label: &str, profile: cookie_session::flask::Profile) -> Context {
    let sessions =
        Sessions::builder(profile).clock(Clock::at(NOW).hand()).build().expect("the profile's defaults");
    let reader = sessions.clone();
    Context {
        label: format!("flask {label}"),
        make: Box::new(move || {
            let mut session = sessions.start();
            session.insert("user", 42).expect("fits");
            let commit = sessions.save(session).expect("fits");
            let pair = commit.cookie_pair().expect("the cookie is set");
            pair.strip_prefix("session=").expect("the cookie has its name").to_owned()
        }),
        read: Box::new(move |token| {
            let session = reader.open([format!("session={token}")]);
            match session.get::<u64>("user") {
                Ok(Some(42)) => Ok(()),
                _ => Err(session.rejection().copied()),
            }
        }),
    }
}

#[cfg(feature = "flask")]
#[test]
fn takes_nothing_of_flask_for_its_own_and_gives_flask_nothing() {
    use cookie_session::{Digest, KeyDerivation, flask};

    let profile = || flask::Profile::new(flask::SecretKey::new(secret(1)).expect("it is not empty"));
    let hour = Duration::from_secs(3600);
    let now = time(NOW).expect("a time of these days");
    let codec = |label: &str, salt: &str, derivation, digest| {
        let codec = profile().codec_with(salt, hour, derivation, digest).expect("few keys");
        let reader = codec.clone();
        Context {
            label: format!("flask {label}"),
            make: Box::new(move || codec.encode_at(&json!({"user": 42}), now).expect("fits")),
            read: Box::new(move |token| reader.decode_at::<Value>(token, now).map(|_| ()).map_err(Some)),
        }
    };
    let theirs = [
        flask_session("session", profile()),
        // The native digest and derivation: the salt alone is left.
        flask_session("session, SHA-256", profile().digest(Digest::Sha256)),
        flask_session(
            "session, a native prefix",
            profile().digest(Digest::Sha256).salt("cookie-session/v1/cookie/"),
        ),
        flask_session("session, concat", profile().key_derivation(KeyDerivation::Concat)),
        codec("tokens", "x", KeyDerivation::DjangoConcat, Digest::Sha1),
        codec("tokens, as native", "x", KeyDerivation::Hmac, Digest::Sha256),
        codec("tokens, no salt", "", KeyDerivation::Hmac, Digest::Sha256),
    ];
    let native = contexts();
    let mut rejected = 0;
    for maker in theirs.iter().chain(&native) {
        let token = (maker.make)();
        for reader in theirs.iter().chain(&native) {
            let answer = (reader.read)(&token);
            if maker.label == reader.label {
                assert_eq!(answer, Ok(()), "{}", maker.label);
                continue;
            }
            // Signatures of another length have not even the shape.
            let refused = matches!(answer, Err(Some(DecodeError::InvalidSignature | DecodeError::Malformed)));
            assert!(refused, "{}, read as {}: {answer:?}", maker.label, reader.label);
            rejected += 1;
        }
    }
    let all = theirs.len() + native.len();
    assert_eq!(rejected, all * (all - 1));
}
