//! Near the limit the verdict on a change is exact: it is refused if the cookie would not fit, now or once
//! something is said about permanence, and a session that does not grow is never refused.

#![cfg(all(feature = "flask", feature = "django", feature = "starlette"))]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    missing_docs,
    reason = "a test may panic and print"
)]

mod support;

use std::io::Write as _;

use cookie_session::{Builder, KeyRing, Session, SessionError, Sessions, django, flask, starlette};
use flate2::Compression;
use flate2::write::ZlibEncoder;
use serde_json::json;
use support::forge::{self, Forge, Prng, b64, key, timestamp};
use support::setup::{NOW, at};

/// Whose sessions they are, given how large a cookie may be.
type Make = fn(usize) -> Sessions;

fn build(builder: Builder, limit: usize) -> Sessions {
    builder.max_cookie_size(limit).clock(|| at(NOW)).build().unwrap()
}

fn native(limit: usize) -> Sessions {
    build(Sessions::builder(KeyRing::new(key(1))), limit)
}

#[cfg(feature = "encrypted")]
fn encrypted(limit: usize) -> Sessions {
    build(Sessions::builder(KeyRing::new(key(1))).encrypted(), limit)
}

fn flask(limit: usize) -> Sessions {
    build(Sessions::builder(flask::Profile::new(flask::SecretKey::new("k").unwrap())), limit)
}

/// Compresses no text of less than 300 bytes, which all fit.
fn flask_from_300(limit: usize) -> Sessions {
    let profile = flask::Profile::new(flask::SecretKey::new("k").unwrap());
    build(Sessions::builder(profile.compress_from(300)), limit)
}

fn django(limit: usize) -> Sessions {
    build(Sessions::builder(django::Profile::new(django::SecretKey::new("k").unwrap())), limit)
}

fn django_at_browser_close(limit: usize) -> Sessions {
    let profile = django::Profile::new(django::SecretKey::new("k").unwrap());
    build(Sessions::builder(profile.session_expire_at_browser_close(true)), limit)
}

fn starlette(limit: usize) -> Sessions {
    build(Sessions::builder(starlette::Profile::new(starlette::SecretKey::new("k").unwrap())), limit)
}

const ALL: &[(&str, Make)] = &[
    ("native", native),
    #[cfg(feature = "encrypted")]
    ("encrypted", encrypted),
    ("flask", flask),
    ("flask from 300", flask_from_300),
    ("django", django),
    ("django at browser close", django_at_browser_close),
    ("starlette", starlette),
];

/// What may be said about permanence after a change.
const LATER: [&[bool]; 5] = [&[], &[true], &[false], &[true, false], &[false, true]];

const BROWSERS: usize = 4096;

/// Returns text of which zlib makes more or less.
fn letters(random: &mut Prng, len: usize) -> String {
    let alphabet = [2, 8, 30, 90][random.below(4)];
    drawn_from(alphabet, random, len)
}

fn drawn_from(alphabet: usize, random: &mut Prng, len: usize) -> String {
    let letter = |n: usize| char::from(b'#' + u8::try_from(n).unwrap());
    (0..len).map(|_| letter(random.below(alphabet))).map(|c| if c == '\\' { 'a' } else { c }).collect()
}

/// Returns a cookie whose name and value take about so many bytes, as an application wrote it that knows no limit.
fn cookie_of_size(sessions: &Sessions, random: &mut Prng, size: usize) -> (String, usize) {
    let mut best = None;
    let mut session = sessions.start();
    for n in 0.. {
        let missing = size.saturating_sub(best.as_ref().map_or(0, |(_, len)| *len));
        let len = if missing < 4 { missing } else { random.below(missing.min(400) / 2) + 1 };
        session.insert(&format!("k{n}"), letters(random, len)).unwrap();
        if random.below(8) == 0 {
            session.set_permanent(random.below(2) == 0);
        }
        let commit = sessions.save(session).unwrap();
        let (pair, len) = (commit.cookie_pair().unwrap().to_owned(), commit.cookie_size().unwrap());
        if len > size {
            break;
        }
        session = sessions.open([&pair]);
        best = Some((pair, len));
        if n > 200 || len + 2 >= size {
            break;
        }
    }
    best.unwrap()
}

#[test]
fn a_change_is_refused_exactly_if_the_cookie_grows_and_would_not_fit() {
    for (name, make) in ALL {
        let mut random = Prng::new(12);
        let (mut fits, mut refused, mut shrunk) = (0, 0, 0);
        for _ in 0..300 {
            let limit = 500 + random.below(1100);
            let (small, browsers) = (make(limit), make(BROWSERS));
            let size = limit - 60 + random.below(160);
            let (cookie, before) = cookie_of_size(&browsers, &mut random, size);
            let Some(key) = ({
                let session = browsers.open([&cookie]);
                let keys: Vec<String> =
                    session.keys().map(String::from).filter(|key| key.starts_with('k')).collect();
                keys.get(random.below(keys.len() + 1)).cloned().or_else(|| Some("new".into()))
            }) else {
                continue;
            };
            let len = random.below(60);
            let value = letters(&mut random, len);
            let change = |session: &mut Session| session.insert(&key, &value);

            // What comes of it where it fits in any case.
            let size_after = |later: &[bool]| {
                let mut session = browsers.open([&cookie]);
                change(&mut session).unwrap();
                later.iter().for_each(|permanent| session.set_permanent(*permanent));
                browsers.save(session).unwrap().cookie_size()
            };
            let Some(after) = size_after(&[]) else { continue };
            let longest = LATER.iter().filter_map(|later| size_after(later)).max().unwrap();

            let mut session = small.open([&cookie]);
            let text = session.get_raw(&key).map(str::to_owned);
            // Where nothing is compressed, a cookie that grows in steps may hold a text that shrinks.
            let by_text = matches!(*name, "native" | "encrypted" | "starlette") && after == before;
            let texts = [json!(value).to_string().len(), text.as_ref().map_or(0, String::len)];
            let shrinks = after < before || by_text && texts[0] < texts[1];
            let grows = after > before || by_text && texts[0] > texts[1];
            match change(&mut session) {
                Ok(()) => {
                    assert!(
                        longest <= limit || shrinks || !grows && after <= limit,
                        "{name}: {longest} over {limit}, {before} to {after}"
                    );
                    shrunk += usize::from(longest > limit);
                    fits += usize::from(longest <= limit);
                    match small.save(session) {
                        Ok(commit) => assert_eq!(commit.cookie_size(), Some(after), "{name}"),
                        // It was too large when it came, and is still.
                        Err(_) => assert!(after > limit && shrinks, "{name}"),
                    }
                }
                Err(SessionError::TooLong(error)) => {
                    assert!(
                        longest > limit && !shrinks && (grows || after > limit),
                        "{name}: {longest} in {limit}, {before} to {after}"
                    );
                    // Its own length, or else the one that it would have one day. Where nothing is compressed, a
                    // byte for the longer word is always counted.
                    let own = after > limit && !matches!(*name, "native" | "encrypted");
                    assert_eq!(error.len(), if own { after } else { longest }, "{name}: {error}");
                    refused += 1;
                    assert_eq!(session.get_raw(&key), text.as_deref(), "{name}");
                    assert!(!session.is_modified(), "{name}");
                }
                Err(error) => panic!("{error}"),
            }
        }
        println!("{name}: {fits} fit, {refused} refused, {shrunk} shrunk");
        assert!(fits > 60 && refused > 60 && shrunk > 3, "{name}: {fits} {refused} {shrunk}");
    }
}

/// Flask and Django leave no room for what may be said about permanence later.
#[test]
fn a_session_that_fills_the_cookie_can_be_made_smaller() {
    let zlib = |text: &str| {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(6));
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    let sha1 = forge::Digest::Sha1;
    let flask_forge = Forge::signing(sha1.hmac(b"k", b"cookie-session"), sha1);
    let sha256 = forge::Digest::Sha256;
    let django_salt = b"django.contrib.sessions.backends.signed_cookies".as_slice();
    let django_key = sha256.hash(&[django_salt, b"signer", b"k"].concat());
    let (mut tried, mut saved) = (0, 0);
    for (name, sessions, cookie) in [
        (
            "flask",
            flask(BROWSERS),
            Box::new(|payload: String| format!("session={}", flask_forge.sign(&payload, &timestamp(NOW))))
                as Box<dyn Fn(String) -> String>,
        ),
        (
            "django",
            django(BROWSERS),
            Box::new(|payload: String| {
                let signed = format!("{payload}:{}", base62(NOW));
                format!("sessionid={signed}:{}", b64(&sha256.hmac(&django_key, signed.as_bytes())))
            }),
        ),
    ] {
        let mut filler = drawn_from(90, &mut Prng::new(5), 4000);
        let more = drawn_from(90, &mut Prng::new(6), 60);
        for size in (4080..=BROWSERS + 1).rev() {
            let cookie = loop {
                let json = format!("{{\"a\":\"{filler}\",\"b\":\"0123456789\"}}");
                let cookie = cookie(format!(".{}", b64(&zlib(&json))));
                if cookie.len() <= size {
                    break cookie;
                }
                filler.pop();
            };
            for change in ["012345678", "0123456789".get(..5).unwrap(), ""] {
                let mut session = sessions.open([&cookie]);
                assert_eq!(session.rejection(), None, "{name} {}", cookie.len());
                assert_eq!(session.insert("b", change), Ok(()), "{name}: {}", cookie.len());
                tried += 1;
                saved += usize::from(sessions.save(session).is_ok());
            }
            let mut session = sessions.open([&cookie]);
            assert_eq!(session.update("b", String::clear), Ok(()), "{name}: {}", cookie.len());
            assert!(sessions.open([&cookie]).insert("c", &more).is_err(), "{name}");
        }
    }
    println!("{saved} of {tried} saved");
    assert_eq!(saved, tried);
}

fn base62(mut seconds: u64) -> String {
    let mut digits = Vec::new();
    while seconds > 0 {
        let digit = usize::try_from(seconds % 62).unwrap();
        digits.insert(0, b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"[digit]);
        seconds /= 62;
    }
    String::from_utf8(digits).unwrap()
}
