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

use cookie_session::signed_cookie::SignedCookie;
use cookie_session::{Builder, Codec, DecodeError, KeyRing, Profile, Sessions};
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
    session_of(format!("cookie {name}"), KeyRing::new(key(1)), name)
}

fn session_of(label: String, profile: impl Into<Profile>, name: &str) -> Context {
    session_from(label, Sessions::builder(profile), name)
}

fn session_from(label: String, builder: Builder, name: &str) -> Context {
    let sessions = builder.name(name).clock(Clock::at(NOW).hand()).build().expect("builds");
    let prefix = format!("{name}=");
    let reader = sessions.clone();
    let presented = prefix.clone();
    Context {
        label,
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

/// The session of a cookie of this name, in an application of this label.
fn labelled(name: &str, label: &str) -> Context {
    let builder = Sessions::builder(KeyRing::new(key(1))).application(label);
    session_from(format!("cookie {name} of {label}"), builder, name)
}

/// A codec of this salt.
fn codec(salt: &str) -> Context {
    let codec = Codec::new(&KeyRing::new(key(1)), salt, Duration::from_secs(3600)).expect("builds");
    codec_of(format!("codec {salt:?}"), codec)
}

fn codec_of(label: String, codec: Codec) -> Context {
    let reader = codec.clone();
    let now = time(NOW).expect("a time of these days");
    Context {
        label,
        make: Box::new(move || codec.encode_at(&json!([NOW, false, {"user": 42}]), now).expect("fits")),
        read: Box::new(move |token| reader.decode_at::<Value>(token, now).map(|_| ()).map_err(Some)),
    }
}

/// The same names, salts and labels, encrypted. What a token looks like only chooses the keys that try it, so nothing can be turned down.
#[cfg(feature = "encrypted")]
fn encrypted_contexts() -> Vec<Context> {
    let session = |name: &str, label: Option<&str>| {
        let builder = Sessions::builder(KeyRing::new(key(1))).encrypted();
        let builder = if let Some(label) = label { builder.application(label) } else { builder };
        session_from(format!("encrypted cookie {name} of {label:?}"), builder, name)
    };
    let codec = |salt: &str| {
        let codec = Codec::encrypted(&KeyRing::new(key(1)), salt, Duration::from_secs(3600)).expect("builds");
        codec_of(format!("encrypted codec {salt:?}"), codec)
    };
    vec![
        session("session", None),
        session("__Host-session", None),
        session("x", None),
        session("xx", None),
        session("x", Some("x")),
        session("__Host-session", Some("shop")),
        session("__Host-session", Some("shop2")),
        codec(""),
        codec("x"),
        codec("__Host-session"),
        codec("private/cookie/session"),
        codec("cookie-session/v1/private/cookie/session"),
        small("x", true),
        small("__Host-session", true),
    ]
}

#[cfg(not(feature = "encrypted"))]
fn encrypted_contexts() -> Vec<Context> {
    Vec::new()
}

/// A small cookie of this name.
fn small(name: &str, encrypted: bool) -> Context {
    let builder = SignedCookie::<Value>::builder(&KeyRing::new(key(1)), name).clock(Clock::at(NOW).hand());
    #[cfg(feature = "encrypted")]
    let builder = if encrypted { builder.encrypted() } else { builder };
    let cookie = builder.build().expect("builds");
    let prefix = format!("{name}=");
    let (reader, presented) = (cookie.clone(), prefix.clone());
    Context {
        label: format!("small cookie {name}, encrypted: {encrypted}"),
        make: Box::new(move || {
            let set = cookie.set(&json!([NOW, false, {"user": 42}])).expect("fits");
            let pair = set.as_str().split(';').next().expect("a first part");
            pair.strip_prefix(&prefix).expect("the cookie has its name").to_owned()
        }),
        read: Box::new(move |token| match reader.get([format!("{presented}{token}")]) {
            Ok(value) => value.map(|_| ()).ok_or(None),
            Err(error) => Err(Some(error)),
        }),
    }
}

/// The places of this library's own format that everybody can read.
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
        // An application and a name that could be read as another pair of the two.
        labelled("__Host-session", "shop"),
        labelled("__Host-session", "shop2"),
        labelled("__Host-session", "shop/"),
        labelled("session", "shop"),
        labelled("x", "x"),
        labelled("xx", "x"),
        labelled("x", "xx"),
        labelled("x", "x/x"),
        labelled("x", "/x"),
        labelled("x", "session"),
        labelled("session", "x"),
        codec("__Host-session/shop"),
        codec("cookie-session/v1/cookie/__Host-session/shop"),
        // What would be the salts of encrypted ones, if a word for the purpose were missing.
        codec("private/cookie/session"),
        codec("private/token/x"),
        codec("../private/cookie/session"),
        labelled("private", "cookie/session"),
        small("x", false),
        small("session", false),
        small("__Host-session", false),
    ]
}

/// The places of the Python frameworks, with the same bytes as secret, and as near to the others as they get.
#[cfg(all(feature = "flask", feature = "django", feature = "starlette"))]
fn python_contexts() -> Vec<Context> {
    use cookie_session::flask::{Digest, KeyDerivation};
    use cookie_session::{django, flask, starlette};

    let secret = secret(1);
    let flask = || flask::Profile::new(flask::SecretKey::new(secret).expect("a secret"));
    let django = || django::Profile::new(django::SecretKey::new(secret).expect("a secret"));
    let starlette = || starlette::Profile::new(starlette::SecretKey::new(secret).expect("a secret"));
    let hour = Duration::from_secs(3600);
    vec![
        session_of("Flask".into(), flask(), "session"),
        session_of("Flask, SHA-256".into(), flask().digest(Digest::Sha256), "session"),
        session_of("Flask, SHA-256, salt x".into(), flask().digest(Digest::Sha256).salt("x"), "x"),
        session_of(
            "Flask, SHA-256, django-concat".into(),
            flask().digest(Digest::Sha256).key_derivation(KeyDerivation::DjangoConcat),
            "session",
        ),
        codec_of("Flask codec x".into(), flask().codec("x", hour).expect("builds")),
        codec_of(
            "Flask codec, SHA-256".into(),
            flask().codec_with("y", hour, KeyDerivation::Hmac, Digest::Sha256).expect("builds"),
        ),
        session_of("Django".into(), django(), "sessionid"),
        codec_of("Django codec".into(), django().codec("x", hour).expect("builds")),
        session_of("Starlette".into(), starlette(), "session"),
    ]
}

#[cfg(not(all(feature = "flask", feature = "django", feature = "starlette")))]
fn python_contexts() -> Vec<Context> {
    Vec::new()
}

#[test]
fn accepts_a_token_nowhere_but_where_it_was_made() {
    let own: Vec<_> = contexts().into_iter().chain(encrypted_contexts()).collect();
    let (own, contexts) = (own.len(), own.into_iter().chain(python_contexts()).collect::<Vec<_>>());
    let (mut accepted, mut rejected) = (0, 0);
    for (n, maker) in contexts.iter().enumerate() {
        let token = (maker.make)();
        for (m, reader) in contexts.iter().enumerate() {
            let answer = (reader.read)(&token);
            if n == m {
                assert_eq!(answer, Ok(()), "{}", maker.label);
                accepted += 1;
            } else {
                let (from, to) = (&maker.label, &reader.label);
                let Err(Some(reason)) = answer else { panic!("{from}, read as {to}: {answer:?}") };
                // A signature of another length has not the shape of a token; later reasons need the key.
                assert!(reason <= DecodeError::InvalidSignature, "{from}, read as {to}: {reason:?}");
                assert!(n.max(m) >= own || reason == DecodeError::InvalidSignature, "{from}, read as {to}");
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

/// The limit of a profile: what the framework does not sign cannot be told apart.
#[cfg(all(feature = "flask", feature = "django", feature = "starlette"))]
#[test]
fn a_framework_does_not_bind_the_name() {
    use cookie_session::{django, flask, starlette};

    let profiles: [fn() -> Profile; 3] = [
        || flask::Profile::new(flask::SecretKey::new(secret(1)).expect("a secret")).into(),
        || django::Profile::new(django::SecretKey::new(secret(1)).expect("a secret")).into(),
        || starlette::Profile::new(starlette::SecretKey::new(secret(1)).expect("a secret")).into(),
    ];
    for profile in profiles {
        let [shop, admin] = ["shop", "admin"].map(|name| session_of("a profile".into(), profile(), name));
        assert_eq!((admin.read)(&(shop.make)()), Ok(()));
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
        "cookie-session/v1/private/cookie/__Host-session",
        "cookie-session/v1/encrypt/cookie/__Host-session",
        "cookie-session/v1/iv/cookie/__Host-session",
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

#[test]
fn an_application_is_part_of_the_salt_and_absent_by_default() {
    let context = labelled("__Host-session", "shop");
    let genuine = Forge::salted(&secret(1), b"cookie-session/v1/cookie/__Host-session/shop")
        .token(r#"[1750000000,false,{"user":42}]"#, NOW);
    assert_eq!((context.read)(&genuine), Ok(()));
    assert_eq!((context.make)(), genuine);
    // Staging and production share keys and names, and yet no session.
    let [staging, production] = ["staging", "production"].map(|label| labelled("__Host-session", label));
    assert_eq!((production.read)(&(staging.make)()), Err(Some(DecodeError::InvalidSignature)));
}

#[test]
fn refuses_labels_that_could_be_misread() {
    let build = |label: &str| Sessions::builder(KeyRing::new(key(1))).application(label).build();
    for label in ["a", "shop", "shop.example.org/staging", "!~", &"l".repeat(64)] {
        assert!(build(label).is_ok(), "{label:?}");
    }
    for label in ["", " ", "a b", "a\n", "\0", "\u{7f}", "caf\u{e9}", &"l".repeat(65)] {
        let error = build(label).expect_err(label).to_string();
        assert!(error.contains("1 to 64 visible ASCII characters"), "{label:?}: {error}");
    }
}

#[cfg(all(feature = "flask", feature = "django", feature = "starlette"))]
#[test]
fn a_frameworks_salt_has_no_room_for_an_application() {
    use cookie_session::{django, flask, starlette};

    let profiles: [Profile; 3] = [
        flask::Profile::new(flask::SecretKey::new("k").expect("a secret")).into(),
        django::Profile::new(django::SecretKey::new("k").expect("a secret")).into(),
        starlette::Profile::new(starlette::SecretKey::new("k").expect("a secret")).into(),
    ];
    for profile in profiles {
        let error = Sessions::builder(profile).application("shop").build().expect_err("refused").to_string();
        assert!(error.contains("framework"), "{error}");
    }
}
