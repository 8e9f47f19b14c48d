//! Small signed cookies: what they set, what they accept, and that none passes for another.

#![allow(clippy::arithmetic_side_effects, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::time::{Duration, SystemTime};

use cookie_session::signed_cookie::{Builder as SignedBuilder, SetCookie, SignedCookie};
use cookie_session::{Codec, DecodeError, EncodeError, KeyRing, SameSite, SecretKey, Sessions};
use serde::{Deserialize, Serialize};

use support::format;
use support::jar::{Jar, Stored};

#[derive(Serialize, Deserialize, PartialEq, Debug, Clone)]
struct Login {
    state: String,
    next: String,
}

fn login() -> Login {
    Login { state: "af0ifjsldkj".into(), next: "/cart".into() }
}

fn keys() -> KeyRing {
    KeyRing::new(SecretKey::generate().unwrap())
}

fn cookie(keys: &KeyRing, name: &str) -> SignedCookie<Login> {
    format::signed_cookie(keys, name).build().unwrap()
}

fn pair(set: &SetCookie) -> &str {
    set.as_str().split(';').next().unwrap()
}

fn at(seconds: u64) -> impl Fn() -> SystemTime + Send + Sync + 'static {
    move || SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

#[test]
fn reads_what_it_set() {
    let cookie = cookie(&keys(), "__Host-oidc");
    let set = cookie.set(&login()).unwrap();
    assert_eq!(cookie.get([pair(&set)]), Ok(Some(login())));
    assert_eq!(cookie.get([format!("a=b; {}; c=d", pair(&set))]), Ok(Some(login())));
    assert_eq!(cookie.get(["a=b"]), Ok(None));
    assert_eq!(cookie.get([""; 0]), Ok(None));
    let attributes = set.as_str().split_once("; ").unwrap().1;
    assert_eq!(attributes, "HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=600");
    assert_eq!(
        cookie.removal().as_str(),
        "__Host-oidc=; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT"
    );
}

#[test]
fn no_cookie_session_or_token_passes_for_another() {
    let keys = keys();
    let names = ["__Host-a", "__Host-ab", "a", "ab", "session", "__Host-session"];
    for ours in names {
        let set = cookie(&keys, ours).set(&login()).unwrap();
        let value = pair(&set).split_once('=').unwrap().1;
        for other in names {
            let found = cookie(&keys, other).get([format!("{other}={value}")]);
            let expected = if ours == other { Ok(Some(login())) } else { Err(DecodeError::InvalidSignature) };
            assert_eq!(found, expected, "{ours} as {other}");
        }
        let sessions = Sessions::builder(&keys).name(ours).build().unwrap();
        let session = sessions.open([pair(&set)]);
        assert_eq!(session.rejection(), Some(&DecodeError::InvalidSignature), "{ours} as a session");
        let mut session = sessions.start();
        session.insert("state", "x").unwrap();
        let commit = sessions.save(session).unwrap();
        assert_eq!(cookie(&keys, ours).get(commit.cookie_pair()), Err(DecodeError::InvalidSignature));
        for salt in [ours, &format!("../signed-cookie/{ours}"), ""] {
            let codec = Codec::new(&keys, salt, Duration::from_secs(600)).unwrap();
            assert_eq!(codec.decode::<Login>(value), Err(DecodeError::InvalidSignature));
            let token = codec.encode(&login()).unwrap();
            assert_eq!(
                cookie(&keys, ours).get([format!("{ours}={token}")]),
                Err(DecodeError::InvalidSignature)
            );
        }
    }
}

#[test]
fn ends_after_its_age() {
    let keys = keys();
    let at = |seconds| {
        format::signed_cookie::<u64>(&keys, "__Host-n").max_age(Duration::from_secs(100)).clock(at(seconds))
    };
    let set = at(1000).build().unwrap().set(&7).unwrap();
    let table = [
        (939, Err(DecodeError::NotYetValid)),
        (940, Ok(Some(7))),
        (1000, Ok(Some(7))),
        (1100, Ok(Some(7))),
        (1101, Err(DecodeError::Expired)),
    ];
    for (now, expected) in table {
        assert_eq!(at(now).build().unwrap().get([pair(&set)]), expected, "{now}");
    }
}

#[test]
fn the_newest_that_verifies_wins_in_any_order() {
    let keys = keys();
    let set = |seconds, n| {
        let cookie = format::signed_cookie::<u64>(&keys, "__Host-n").clock(at(seconds)).build().unwrap();
        pair(&cookie.set(&n).unwrap()).to_owned()
    };
    let cookie = format::signed_cookie::<u64>(&keys, "__Host-n").clock(at(1000)).build().unwrap();
    let (old, new, tie) = (set(900, 1), set(950, 2), set(950, 3));
    let junk = "__Host-n=junk".to_owned();
    let (signed, last) = old.split_at(old.len() - 1);
    let forged = format!("{signed}{}", if last == "A" { "Q" } else { "A" });
    for lines in [[&old, &new, &junk], [&new, &junk, &old], [&junk, &new, &tie], [&forged, &old, &new]] {
        assert_eq!(cookie.get(lines), Ok(Some(2)), "{lines:?}");
        let joined = lines.map(String::as_str).join("; ");
        assert_eq!(cookie.get([joined]), Ok(Some(2)));
    }
    assert_eq!(cookie.get([&junk]), Err(DecodeError::Malformed));
    // Nine others before it, and it is not looked at.
    let lines: Vec<_> = std::iter::repeat_n(&forged, 8).chain([&old]).collect();
    assert_eq!(cookie.get(lines), Err(DecodeError::InvalidSignature));
    let lines: Vec<_> = std::iter::repeat_n(&forged, 7).chain([&old]).collect();
    assert_eq!(cookie.get(lines), Ok(Some(1)));
}

#[test]
fn a_value_of_another_type_is_no_value() {
    let keys = keys();
    let set = format::signed_cookie::<u64>(&keys, "n").build().unwrap().set(&7).unwrap();
    assert_eq!(cookie(&keys, "n").get([pair(&set)]), Err(DecodeError::Payload));
}

#[test]
fn what_browsers_would_not_store_is_an_error() {
    let cookie = format::signed_cookie::<String>(&keys(), "__Host-text").build().unwrap();
    let mut stored = 0;
    for len in 2980..3080 {
        match cookie.set(&"x".repeat(len)) {
            Ok(set) => {
                assert_eq!(Jar::new().set("https://shop.example/", set.as_str(), 1), Stored::Stored, "{len}");
                stored += 1;
            }
            Err(EncodeError::TooLong { len: found, limit: 4096 }) => assert!(found > 4096),
            Err(other) => panic!("{other}"),
        }
    }
    assert!(stored > 0 && stored < 100, "{stored}");
    let nan = format::signed_cookie::<f64>(&keys(), "n").build().unwrap();
    assert_eq!(nan.set(&f64::NAN).unwrap_err(), EncodeError::NotJson);
}

#[test]
fn refuses_what_browsers_would_refuse() {
    let keys = keys();
    let base = |name: &str| format::signed_cookie::<u64>(&keys, name);
    let day = Duration::from_secs(24 * 60 * 60);
    for good in [
        base("__Host-a").build(),
        base("a").path("/app").domain("example.org").build(),
        base("a").max_age(Duration::from_secs(1)).build(),
        base("a").max_age(400 * day).build(),
        base("__Secure-a").same_site(SameSite::None).build(),
        base("__Host-a").same_site(SameSite::None).insecure_for_local_http().build(),
    ] {
        good.unwrap();
    }
    for (bad, why) in [
        (base("a b"), "name"),
        (base(""), "name"),
        (base("a;b"), "name"),
        (base("__Host-a").path("/app"), "prefix and path"),
        (base("__Host-a").domain("example.org"), "prefix and domain"),
        (base("__Http-a").http_only(false), "prefix and HttpOnly"),
        (base("a").path("app"), "path"),
        (base("a").path("/a;b"), "path"),
        (base("a").domain(".example.org"), "domain"),
        (base("a").max_age(Duration::ZERO), "age"),
        (base("a").max_age(400 * day + Duration::from_secs(1)), "age"),
        (base("a").max_age(Duration::MAX), "age"),
    ] {
        assert!(bad.build().is_err(), "{why}");
    }
}

#[test]
fn works_over_plain_http_when_told_to() {
    let cookie = format::signed_cookie::<u64>(&keys(), "__Host-n").insecure_for_local_http().build().unwrap();
    let set = cookie.set(&1).unwrap();
    assert_eq!(cookie.name(), "dev-n");
    assert!(!set.as_str().contains("Secure"), "{set:?}");
    assert_eq!(cookie.get([pair(&set)]), Ok(Some(1)));
}

#[test]
fn a_response_that_sets_it_belongs_in_no_cache() {
    let set = format::signed_cookie::<u64>(&keys(), "n").build().unwrap().set(&1).unwrap();
    assert_eq!(set.cache_control(["public"]).as_deref(), Some("private, no-store"));
    assert!(set.drops_header("CDN-Cache-Control"));
    assert!(!set.drops_header("Content-Type"));
    assert!(!format!("{set:?}").contains(pair(&set).split_once('=').unwrap().1), "shows the value");
}

#[test]
fn rotates_as_sessions_do() {
    let (old, new) = (SecretKey::generate().unwrap(), SecretKey::generate().unwrap());
    let set = cookie(&KeyRing::new(old.clone()), "n").set(&login()).unwrap();
    let both = KeyRing::new(new.clone()).fallback(old);
    assert_eq!(cookie(&both, "n").get([pair(&set)]), Ok(Some(login())));
    assert_eq!(cookie(&KeyRing::new(new), "n").get([pair(&set)]), Err(DecodeError::InvalidSignature));
}

#[test]
fn an_application_keeps_its_cookies_apart() {
    let keys = keys();
    let build = |application: Option<&str>| {
        let builder = SignedCookie::<Login>::builder(&keys, "oidc");
        application.into_iter().fold(builder, SignedBuilder::application).build()
    };
    let cookies = [None, Some("shop"), Some("shop/2"), Some("staging")].map(|label| build(label).unwrap());
    for (n, ours) in cookies.iter().enumerate() {
        let set = ours.set(&login()).unwrap();
        for (other, cookie) in cookies.iter().enumerate() {
            let expected = if n == other { Ok(Some(login())) } else { Err(DecodeError::InvalidSignature) };
            assert_eq!(cookie.get([pair(&set)]), expected, "{n} as {other}");
        }
    }
    for label in ["", "a b", "ä", "a\n", &"x".repeat(65)] {
        let refused = build(Some(label)).unwrap_err().to_string();
        assert_eq!(refused, "application is a label of 1 to 64 visible ASCII characters");
    }
    assert!(build(Some(&"x".repeat(64))).is_ok());
}
