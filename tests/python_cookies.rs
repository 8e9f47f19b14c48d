//! What of a Cookie header the frameworks take for their session's cookie, and how their other tokens are spelled.

#![cfg(all(feature = "flask", feature = "django", feature = "starlette"))]
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, missing_docs, reason = "a test may panic")]

mod support;

use std::time::Duration;

use cookie_session::{DecodeError, KeyRing, Sessions, django, flask, starlette};
use support::forge::{key, unb64};
use support::setup::{NOW, at};

fn python() -> [(&'static str, Sessions); 3] {
    let (flask, django, starlette) = (
        flask::Profile::new(flask::SecretKey::new("k").unwrap()),
        django::Profile::new(django::SecretKey::new("k").unwrap()),
        starlette::Profile::new(starlette::SecretKey::new("k").unwrap()),
    );
    [
        ("flask", Sessions::builder(flask).build().unwrap()),
        ("django", Sessions::builder(django).build().unwrap()),
        ("starlette", Sessions::builder(starlette).build().unwrap()),
    ]
}

#[track_caller]
fn cookie(sessions: &Sessions) -> (String, String) {
    let mut session = sessions.start();
    session.insert("user", "ann").unwrap();
    let commit = sessions.save(session).unwrap();
    let (name, value) = commit.cookie_pair().unwrap().split_once('=').unwrap();
    (name.to_owned(), value.to_owned())
}

/// Python's `http.cookies` quotes the `=` and `/` of Starlette's, and so do clients that are made with it (aiohttp).
#[test]
fn a_value_in_quotes_is_read_as_the_frameworks_read_it() {
    for (framework, sessions) in python() {
        let (name, value) = cookie(&sessions);
        let (first, rest) = value.split_at(1);
        let read = [format!("{name}=\"{value}\""), format!("a=1; {name} = \"{value}\" ; b=2")];
        for line in read {
            let session = sessions.open([&line]);
            assert_eq!(
                (session.rejection(), session.get("user")),
                (None, Ok(Some("ann".to_owned()))),
                "{framework} {line}"
            );
        }
        let refused = [
            format!("{name}=\"{value}"),
            format!("{name}={value}\""),
            format!("{name}='{value}'"),
            format!("{name}=\"\"{value}\"\""),
            format!("{name}=\" {value}\""),
            format!("{name}=\"\\{first}{rest}\""),
            format!("{name}=\"\\{:03o}{rest}\"", first.as_bytes().first().unwrap()),
            format!("{name}=\"\""),
            format!("{name}=\""),
        ];
        for line in refused {
            let session = sessions.open([&line]);
            assert!(session.rejection().is_some() && session.is_empty(), "{framework} {line}");
        }
    }
}

/// One spelling of a cookie is one session, and no framework is to be followed.
#[test]
fn a_value_of_our_own_in_quotes_is_malformed() {
    let sessions = Sessions::builder(KeyRing::new(key(1))).build().unwrap();
    let (name, value) = cookie(&sessions);
    let session = sessions.open([format!("{name}=\"{value}\"")]);
    assert!(matches!(session.rejection(), Some(DecodeError::Malformed | DecodeError::InvalidSignature)));
}

/// So a page of another host can spell the name of a cookie whose prefix the browser would have refused to it.
#[test]
fn a_name_after_another_space_than_http_has_is_another_name() {
    for (framework, sessions) in python() {
        let (name, value) = cookie(&sessions);
        for space in ["\u{a0}", "\u{85}", "\u{2003}", "\u{3000}", "\u{b}", "\u{c}", "\u{1c}", "\u{1f}"] {
            let latin1 = space.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(0xa0)).collect();
            for space in [space.as_bytes().to_vec(), latin1] {
                let line = [&space, name.as_bytes(), b"=", value.as_bytes()].concat();
                let session = sessions.open([line]);
                assert!(session.is_new() && session.rejection().is_none(), "{framework} {space:?}");
            }
        }
    }
}

#[test]
fn tokens_beside_sessions_are_spelled_as_over_there() {
    let hour = Duration::from_secs(60 * 60);
    let flask = flask::Profile::new(flask::SecretKey::new("k").unwrap()).codec("s", hour).unwrap();
    let django_profile = django::Profile::new(django::SecretKey::new("k").unwrap());
    let django = django_profile.codec("s", hour).unwrap();
    let compressing = django_profile.compressing_codec("s", hour).unwrap();
    let payload = |token: &str, separator: char| {
        String::from_utf8(unb64(token.split(separator).next().unwrap())).unwrap()
    };

    // `URLSafeTimedSerializer` escapes nothing that it need not, `signing.dumps` everything.
    let text = "caf\u{e9} \u{7f}\u{1f600}\n";
    let token = flask.encode_at(text, at(NOW)).unwrap();
    assert_eq!(payload(&token, '.'), "\"caf\u{e9} \u{7f}\u{1f600}\\n\"");
    assert_eq!(flask.decode_at(&token, at(NOW)), Ok(text.to_owned()));
    let token = django.encode_at(text, at(NOW)).unwrap();
    assert_eq!(payload(&token, ':'), r#""caf\u00e9 \u007f\ud83d\ude00\n""#);

    // It compresses, and `signing.dumps` only if asked; each reads both.
    let long = "x".repeat(100);
    assert!(flask.encode_at(&long, at(NOW)).unwrap().starts_with('.'));
    let (plain, compressed) =
        (django.encode_at(&long, at(NOW)).unwrap(), compressing.encode_at(&long, at(NOW)).unwrap());
    assert!(!plain.starts_with('.') && compressed.starts_with('.'));
    assert!(!compressing.encode_at("x", at(NOW)).unwrap().starts_with('.'), "that would be longer");
    for codec in [&django, &compressing] {
        for token in [&plain, &compressed] {
            assert_eq!(codec.decode_at(token, at(NOW)).as_ref(), Ok(&long));
        }
    }
    assert!(
        django_profile.compressing_codec("django.contrib.sessions.backends.signed_cookies", hour).is_err()
    );
}
