//! The library agrees with the public vectors of tokens, and with those of the Python formats, in which the real
//! libraries answered, but for the differences that each vector's flags name.

#![cfg(all(feature = "encrypted", feature = "flask", feature = "django", feature = "starlette"))]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use cookie_session::flask::{Digest, KeyDerivation};
use cookie_session::{
    Codec, KeyRing, Lifetime, Profile, SecretKey, Session, Sessions, django, flask, starlette,
};
use serde_json::{Value, json};

/// What the library takes and this one refuses: it knows one spelling, no JSON that is none, and limits.
const STRICTER: &[&str] =
    &["Malleable", "FarAhead", "Twins", "NonFinite", "Pairs", "Latin1", "TooLong", "Inflated", "OddName"];
/// What the library refuses and this one takes.
const KINDER: &[&str] = &["ClockAhead"];

fn tests(file: &str) -> Vec<(Value, Value)> {
    let file: Value = serde_json::from_str(file).unwrap();
    let mut tests = Vec::new();
    for group in file["testGroups"].as_array().unwrap() {
        tests.extend(group["tests"].as_array().unwrap().iter().map(|test| (group.clone(), test.clone())));
    }
    assert_eq!(file["numberOfTests"], tests.len());
    // The time of Windows ends in the year 30828.
    tests.retain(|(_, test)| SystemTime::UNIX_EPOCH.checked_add(seconds(&test["now"])).is_some());
    assert!(cfg!(windows) || file["numberOfTests"] == tests.len());
    tests
}

fn now(test: &Value) -> SystemTime {
    SystemTime::UNIX_EPOCH + seconds(&test["now"])
}

fn seconds(value: &Value) -> Duration {
    Duration::from_secs(value.as_u64().unwrap())
}

fn flags(test: &Value) -> BTreeSet<&str> {
    test["flags"].as_array().unwrap().iter().map(|flag| flag.as_str().unwrap()).collect()
}

/// Says whether this library is to take it.
fn is_taken(test: &Value) -> bool {
    let flags = flags(test);
    let is_valid = test["result"] == "valid";
    let is_stricter = STRICTER.iter().any(|flag| flags.contains(flag));
    let is_kinder = KINDER.iter().any(|flag| flags.contains(flag));
    // A difference that is none any more has to go from the list.
    assert!(!is_kinder || !is_valid, "{test}");
    is_valid && !is_stricter || is_kinder
}

/// The ring of a group of the own format.
fn ring(group: &Value) -> KeyRing {
    let keys = group["keys"].as_array().unwrap().iter().map(|key| key.as_str().unwrap());
    let mut keys = keys.map(|key| key.parse::<SecretKey>().unwrap());
    let first = KeyRing::new(keys.next().unwrap());
    keys.fold(first, KeyRing::fallback)
}

fn lines(test: &Value) -> Vec<Vec<u8>> {
    // In the file, a character stands for a byte.
    let bytes = |line: &Value| line.as_str().unwrap().chars().map(|c| u8::try_from(c).unwrap()).collect();
    test["cookies"].as_array().unwrap().iter().map(bytes).collect()
}

fn open(group: &Value, test: &Value) -> Value {
    let lifetime =
        |limits: &Value| Lifetime { idle: seconds(&limits["idle"]), absolute: seconds(&limits["absolute"]) };
    let mut builder = Sessions::builder(ring(group))
        .name(group["name"].as_str().unwrap())
        .lifetime(lifetime(&group["lifetime"]))
        .permanent_lifetime(lifetime(&group["permanent_lifetime"]))
        .skew(seconds(&group["skew"]));
    if let Some(application) = group["application"].as_str() {
        builder = builder.application(application);
    }
    if group["encrypted"] == true {
        builder = builder.encrypted();
    }
    if group["accept_encrypted"] == true {
        builder = builder.accept_encrypted();
    }
    if let Some(until) = group["accept_signed_until"].as_u64() {
        builder = builder.accept_signed(SystemTime::UNIX_EPOCH + Duration::from_secs(until));
    }
    let session = builder.build().unwrap().open_at(lines(test), now(test));
    if session.is_new() {
        let reason = session.rejection().map_or("absent", |error| error.as_str());
        return json!({"result": "invalid", "reason": reason});
    }
    let data = session.read::<Value>().unwrap();
    json!({"result": "valid", "permanent": session.permanent(), "data": data})
}

fn decode(group: &Value, test: &Value) -> Value {
    let make = if group["encrypted"] == true { Codec::encrypted } else { Codec::new };
    let max_age = Some(seconds(&group["max_age"]));
    let codec = make(&ring(group), group["salt"].as_str().unwrap(), max_age).unwrap();
    let max_len = usize::try_from(group["max_len"].as_u64().unwrap()).unwrap();
    let codec = codec.max_len(max_len).unwrap();
    match codec.decode_at::<Value>(test["token"].as_str().unwrap(), now(test)) {
        // What is nested as deep as can be read stands in the file as text.
        Ok(value) if test["payload"].is_string() => json!({"result": "valid", "payload": value.to_string()}),
        Ok(value) => json!({"result": "valid", "value": value}),
        Err(error) => json!({"result": "invalid", "reason": error.as_str()}),
    }
}

#[track_caller]
fn check_own(file: &str, least: usize) {
    let tests = tests(file);
    for (group, test) in &tests {
        let found = if group["type"] == "token" { decode(group, test) } else { open(group, test) };
        for (name, value) in found.as_object().unwrap() {
            assert_eq!(&test[name], value, "{name} of {}: {}", test["tcId"], test["comment"]);
        }
    }
    assert!(tests.len() >= least, "{}", tests.len());
}

#[test]
fn reads_and_refuses_tokens_as_the_public_vectors_say() {
    check_own(include_str!("../vectors/codec.json"), 230);
}

#[test]
fn reads_and_refuses_what_is_encrypted_as_the_public_vectors_say() {
    check_own(include_str!("../vectors/encrypted.json"), 250);
}

#[test]
fn there_is_a_vector_for_every_rejection() {
    let source = include_str!("../src/error.rs").split("impl DecodeError {").nth(1).unwrap();
    let names = source.split("\n}\n").next().unwrap().split("=> \"").skip(1);
    let names: BTreeSet<&str> = names.map(|rest| rest.split('"').next().unwrap()).collect();
    assert!(names.len() >= 6, "{names:?}");
    // What a later version may keep, only a session can hold.
    let of_sessions = BTreeSet::from(["unsupported"]);
    let files = [
        (include_str!("../vectors/native.json"), BTreeSet::new()),
        (include_str!("../vectors/codec.json"), of_sessions),
    ];
    for (file, not_there) in files {
        let tests = tests(file);
        let reasons: BTreeSet<&str> = tests.iter().filter_map(|(_, test)| test["reason"].as_str()).collect();
        let missing: BTreeSet<&str> = names.difference(&reasons).copied().collect();
        assert_eq!(missing, not_there);
    }
}

fn digest(name: &Value) -> Digest {
    match name.as_str() {
        Some("sha256") => Digest::Sha256,
        Some("sha512") => Digest::Sha512,
        _ => Digest::Sha1,
    }
}

fn derivation(name: &Value) -> KeyDerivation {
    match name.as_str().unwrap() {
        "hmac" => KeyDerivation::Hmac,
        "django-concat" => KeyDerivation::DjangoConcat,
        _ => KeyDerivation::Concat,
    }
}

fn flask_profile(group: &Value) -> flask::Profile {
    let mut secrets = group["secrets"].as_array().unwrap().iter().map(|secret| secret.as_str().unwrap());
    let secret = |text: &str| flask::SecretKey::new(text).unwrap();
    let first = flask::Profile::new(secret(secrets.next().unwrap()));
    secrets.fold(first, |profile, fallback| profile.fallback(secret(fallback)))
}

#[test]
fn reads_and_refuses_tokens_of_itsdangerous_as_it_does() {
    let tests = tests(include_str!("../vectors/itsdangerous.json"));
    for (group, test) in &tests {
        let codec = flask_profile(group).codec_with(
            group["salt"].as_str().unwrap(),
            seconds(&group["max_age"]),
            derivation(&group["key_derivation"]),
            digest(&group["digest"]),
        );
        let found = codec.unwrap().decode_at::<Value>(test["token"].as_str().unwrap(), now(test));
        assert_eq!(found.is_ok(), is_taken(test), "{found:?} {test}");
        if let (Ok(found), Some(value)) = (found, test["value"].as_str()) {
            assert_eq!(found, serde_json::from_str::<Value>(value).unwrap(), "{test}");
        }
    }
    assert!(tests.len() >= 120);
}

/// Opens each session with the profile of its group, and compares what is in it with the payload of the cookie.
fn check(file: &str, least: usize, profile: impl Fn(&Value) -> Profile) {
    let tests = tests(file);
    for (group, test) in &tests {
        let sessions = Sessions::builder(profile(group)).build().unwrap();
        assert_eq!(group["name"], sessions.cookie_name());
        let bytes = |line: &Value| line.as_str().unwrap().chars().map(|c| u8::try_from(c).unwrap()).collect();
        let lines: Vec<Vec<u8>> = test["cookies"].as_array().unwrap().iter().map(bytes).collect();
        let session = sessions.open_at(lines, now(test));
        let why = session.rejection();
        assert_eq!(!session.is_new(), is_taken(test), "{why:?} {test}");
        if let Some(payload) = test["payload"].as_str().filter(|_| !session.is_new()) {
            assert_eq!(members(&session), serde_json::from_str::<Value>(payload).unwrap(), "{test}");
        }
    }
    assert!(tests.len() >= least, "{}", tests.len());
}

/// The values as they stand in the cookie, with Flask's tags.
fn members(session: &Session) -> Value {
    let value = |key: &str| serde_json::from_str::<Value>(session.get_raw(key).unwrap()).unwrap();
    session.keys().map(|key| (key.to_string(), value(&key))).collect()
}

#[test]
fn opens_and_refuses_sessions_as_flask_does() {
    check(include_str!("../vectors/flask.json"), 250, |group| {
        let profile = flask_profile(group).permanent_session_lifetime(seconds(&group["max_age"]));
        let profile = profile.backdate(Duration::ZERO).digest(digest(&group["digest"]));
        let profile = match group["salt"].as_str() {
            Some(salt) => profile.salt(salt),
            None => profile,
        };
        match group["key_derivation"].as_str() {
            Some(_) => profile.key_derivation(derivation(&group["key_derivation"])).into(),
            None => profile.into(),
        }
    });
}

#[test]
fn opens_and_refuses_sessions_as_django_does() {
    check(include_str!("../vectors/django.json"), 250, |group| {
        let mut secrets = group["secrets"].as_array().unwrap().iter().map(|secret| secret.as_str().unwrap());
        let secret = |text: &str| django::SecretKey::new(text).unwrap();
        let first = django::Profile::new(secret(secrets.next().unwrap()));
        let profile = secrets.fold(first, |profile, fallback| profile.fallback(secret(fallback)));
        profile.backdate(Duration::ZERO).session_cookie_age(seconds(&group["max_age"])).into()
    });
}

#[test]
fn opens_and_refuses_sessions_as_starlette_does() {
    check(include_str!("../vectors/starlette.json"), 200, |group| {
        let secret = starlette::SecretKey::new(group["secrets"][0].as_str().unwrap()).unwrap();
        let profile = starlette::Profile::new(secret).max_age(Some(seconds(&group["max_age"])));
        profile.backdate(Duration::ZERO).into()
    });
}
