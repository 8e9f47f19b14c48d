//! Tokens of forms and messages for the next page, in every format.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

mod support;

use std::collections::BTreeSet;

use cookie_session::{Session, SessionError, Sessions};
use serde::{Deserialize, Serialize};
use support::forge::{ENCRYPTED, key};
use support::format;
use support::setup::{NOW, at, keys, payload_of};

/// Those of this binary, under two keys.
fn native() -> Sessions {
    format::builder(keys().fallback(key(1))).clock(|| at(NOW)).build().unwrap()
}

/// Sessions of every format, and whether they have a place of their own for what the library keeps.
fn all() -> Vec<(&'static str, Sessions)> {
    if ENCRYPTED {
        // The others are here where sessions are signed.
        return vec![("encrypted", native())];
    }
    #[allow(unused_mut, reason = "no format may be on")]
    let mut all = vec![("native", native())];
    #[cfg(feature = "encrypted")]
    {
        use cookie_session::{KeyRing, SecretKey};
        let keys = KeyRing::new(SecretKey::generate().unwrap());
        all.push(("encrypted", Sessions::builder(keys).encrypted().clock(|| at(NOW)).build().unwrap()));
    }
    #[cfg(feature = "flask")]
    {
        use cookie_session::flask::{Profile, SecretKey};
        let profile = Profile::new(SecretKey::new("the secret of the application").unwrap());
        all.push(("flask", Sessions::builder(profile).clock(|| at(NOW)).build().unwrap()));
    }
    #[cfg(feature = "django")]
    {
        use cookie_session::django::{Profile, SecretKey};
        let profile = Profile::new(SecretKey::new("the secret of the application").unwrap());
        all.push(("django", Sessions::builder(profile).clock(|| at(NOW)).build().unwrap()));
    }
    #[cfg(feature = "starlette")]
    {
        use cookie_session::starlette::{Profile, SecretKey};
        let profile = Profile::new(SecretKey::new("the secret of the application").unwrap());
        all.push(("starlette", Sessions::builder(profile).clock(|| at(NOW)).build().unwrap()));
    }
    all
}

/// Saves the session and opens it as the next request does.
fn next(sessions: &Sessions, session: Session) -> Session {
    let commit = sessions.save(session).unwrap();
    sessions.open(Some(commit.cookie_pair().unwrap()))
}

fn messages(session: &mut Session) -> Vec<(String, String)> {
    let flashes = session.take_flashes().unwrap();
    assert!(flashes.iter().all(|flash| !flash.is_html));
    flashes.into_iter().map(|flash| (flash.category, flash.message)).collect()
}

#[test]
fn a_form_brings_back_a_token_of_its_session() {
    for (format, sessions) in all() {
        let mut session = sessions.start();
        assert_eq!(
            session.check_csrf(""),
            Err(SessionError::ForeignForm),
            "{format}: before there is a secret"
        );
        let token = session.csrf_token().unwrap();
        let mut session = next(&sessions, session);
        session.check_csrf(&token).unwrap();
        // Another page, another text; the session stays as it is.
        let second = session.csrf_token().unwrap();
        assert!(!session.is_modified(), "{format}");
        session.check_csrf(&second).unwrap();
        session.check_csrf(&token).unwrap();

        let mut stranger = sessions.start();
        let foreign = stranger.csrf_token().unwrap();
        assert_eq!(session.check_csrf(&foreign), Err(SessionError::ForeignForm), "{format}");
        assert_eq!(stranger.check_csrf(&token), Err(SessionError::ForeignForm), "{format}");
        for altered in
            [&token[1..], &token[..token.len() - 1], &format!("{token}A"), "", "ä", &token.to_lowercase()]
        {
            assert_eq!(session.check_csrf(altered), Err(SessionError::ForeignForm), "{format}: {altered}");
        }
    }
}

#[test]
fn no_other_character_makes_a_token() {
    for (format, sessions) in all() {
        let mut session = sessions.start();
        let token = session.csrf_token().unwrap();
        for at in 0..token.len() {
            for byte in [b'A', b'a', b'0', b'-', b'_', b'z', b'.', b' ', 0x80] {
                let mut altered = token.clone().into_bytes();
                if altered[at] != byte {
                    altered[at] = byte;
                    assert_eq!(
                        session.check_csrf(&altered),
                        Err(SessionError::ForeignForm),
                        "{format} at {at}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_token_never_comes_twice_and_says_nothing_of_the_secret() {
    for (format, sessions) in all() {
        let mut session = sessions.start();
        if matches!(format, "flask") {
            // Flask-WTF's is signed, and not masked.
            assert_eq!(session.csrf_token(), session.csrf_token());
            continue;
        }
        let tokens: BTreeSet<String> = (0..1000).map(|_| session.csrf_token().unwrap()).collect();
        assert_eq!(tokens.len(), 1000, "{format}");
        let halves: BTreeSet<&str> = tokens.iter().map(|token| &token[token.len() / 2 + 1..]).collect();
        assert_eq!(halves.len(), 1000, "{format}");
        assert!(tokens.iter().all(|token| session.check_csrf(token).is_ok()));
    }
}

#[test]
fn a_login_and_a_logout_make_another_secret() {
    for (format, sessions) in all() {
        for renew in [false, true] {
            let mut session = sessions.start();
            session.insert("cart", 1).unwrap();
            let before = session.csrf_token().unwrap();
            let mut session = next(&sessions, session);
            if renew {
                session.renew();
            } else {
                session.clear();
            }
            assert_eq!(session.check_csrf(&before), Err(SessionError::ForeignForm), "{format}");
            session.insert("user", 42).unwrap();
            let mut session = next(&sessions, session);
            assert_eq!(session.check_csrf(&before), Err(SessionError::ForeignForm), "{format}");
            let after = session.csrf_token().unwrap();
            session.check_csrf(&after).unwrap();
            assert_eq!(session.check_csrf(&before), Err(SessionError::ForeignForm), "{format}");
            assert_eq!(session.contains_key("cart"), renew);
        }
    }
}

#[test]
fn stands_beside_the_data() {
    #[derive(Default, Serialize, Deserialize)]
    struct Visitor {
        visits: u32,
    }
    let sessions = native();
    let mut session = sessions.start();
    let token = session.csrf_token().unwrap();
    session.flash("info", "hi").unwrap();
    assert!(session.is_empty() && session.is_modified());
    session.write(&Visitor { visits: 1 }).unwrap();
    session.merge(&Visitor { visits: 2 }).unwrap();
    assert_eq!(session.keys().collect::<Vec<_>>(), ["visits"]);
    let mut session = next(&sessions, session);
    session.check_csrf(&token).unwrap();
    assert_eq!(messages(&mut session), [("info".into(), "hi".into())]);
    let payload = payload_of(&sessions.save(session).unwrap());
    let secret = payload.strip_prefix(&format!(r#"[{NOW},false,{{"visits":2}},{{"x":""#)).unwrap();
    let secret = secret.strip_suffix(r#""}]"#).unwrap();
    assert_eq!(secret.len(), 22);

    // Messages and a secret alone are a session too, and without the last of them it is gone.
    let mut session = sessions.start();
    session.flash("info", "bye").unwrap();
    let mut session = next(&sessions, session);
    assert_eq!(messages(&mut session).len(), 1);
    assert!(sessions.save(session).unwrap().is_removal());
}

/// As docs/forms.md says.
#[test]
fn with_python_they_are_among_the_data() {
    #[derive(Default, Serialize, Deserialize)]
    struct Visitor {
        visits: u32,
    }
    for (format, sessions) in all() {
        let is_python = !matches!(format, "native" | "encrypted");
        for whole in [true, false] {
            let mut session = sessions.start();
            let token = session.csrf_token().unwrap();
            session.flash("info", "hi").unwrap();
            let visitor = Visitor { visits: 1 };
            if whole { session.write(&visitor) } else { session.merge(&visitor) }.unwrap();
            let stays = !(whole && is_python);
            assert_eq!(session.check_csrf(&token).is_ok(), stays, "{format}, {whole}");
            assert_eq!(messages(&mut session).len(), usize::from(stays), "{format}, {whole}");
        }
    }
}

#[test]
fn a_message_is_taken_once() {
    for (format, sessions) in all() {
        let mut session = sessions.start();
        assert_eq!(messages(&mut session), []);
        assert!(!session.is_modified(), "{format}");
        session.insert("user", 42).unwrap();
        assert_eq!(session.flash("error", "\u{201e}Ä\u{201c} <b>&\n\u{1f36a}"), Ok(0), "{format}");
        let mut session = next(&sessions, session);
        session.flash("info", "second").unwrap();
        let mut session = next(&sessions, session);
        let expected = [("error", "\u{201e}Ä\u{201c} <b>&\n\u{1f36a}"), ("info", "second")];
        let expected = expected.map(|(category, message)| (category.to_owned(), message.to_owned()));
        assert_eq!(messages(&mut session), expected, "{format}");
        assert_eq!(messages(&mut session), [], "{format}");
        let mut session = next(&sessions, session);
        assert_eq!(messages(&mut session), [], "{format}");
        // A category of one's own.
        session.flash("my own", "third").unwrap();
        assert_eq!(messages(&mut session), [("my own".into(), "third".into())], "{format}");
        session.flash("info", "fourth").unwrap();
        session.clear();
        assert_eq!(messages(&mut session), [], "{format}");
    }
}

#[test]
fn eight_messages_of_1_kib_wait_and_the_oldest_goes() {
    for (format, sessions) in all() {
        let mut session = sessions.start();
        for n in 0..20u32 {
            assert_eq!(session.flash("info", &n.to_string()), Ok(usize::from(n >= 8)), "{format}: {n}");
        }
        let taken = messages(&mut session);
        assert!(taken.iter().map(|(_, text)| text.clone()).eq((12..20).map(|n| n.to_string())), "{format}");

        // As long as 1 KiB, to the byte.
        let alone = |text: usize| {
            let mut session = sessions.start();
            session.flash("info", &"x".repeat(text)).map(drop)
        };
        let longest = (1..1200).take_while(|text| alone(*text).is_ok()).last().unwrap();
        assert_eq!(alone(longest + 1), Err(SessionError::LongFlash), "{format}");
        if format == "native" {
            assert_eq!(longest + r#"[["info",""]]"#.len(), 1024);
        }
        // A long one sends as many away as it must.
        let mut session = sessions.start();
        session.flash("info", &"a".repeat(300)).unwrap();
        session.flash("info", &"b".repeat(300)).unwrap();
        session.flash("info", &"c".repeat(100)).unwrap();
        assert_eq!(session.flash("info", &"d".repeat(500)), Ok(1), "{format}");
        let firsts: String = messages(&mut session).iter().map(|(_, text)| &text[..1]).collect();
        assert_eq!(firsts, "bcd", "{format}");
        // What is refused changes nothing.
        session.flash("info", "kept").unwrap();
        assert_eq!(session.flash("info", &"x".repeat(2000)), Err(SessionError::LongFlash), "{format}");
        assert_eq!(messages(&mut session).len(), 1, "{format}");
    }
}

#[test]
fn a_thousand_messages_never_cost_the_session() {
    for (format, sessions) in all() {
        let mut session = sessions.start();
        session.insert("cart", "x".repeat(1500)).unwrap();
        for n in 0..1000 {
            session.flash("info", &format!("message {n} {}", "y".repeat(n % 400))).unwrap();
            session = next(&sessions, session);
        }
        assert_eq!(session.get::<String>("cart").unwrap().unwrap().len(), 1500, "{format}");
    }
}

#[test]
fn a_message_finds_no_room_in_a_full_session() {
    let sessions = native();
    let mut session = sessions.start();
    session.flash("info", &"a".repeat(100)).unwrap();
    let room = (0..4000).rev().find(|len| session.insert("note", "x".repeat(*len)).is_ok()).unwrap();
    assert!(room > 2500);
    // The older one goes for one as long.
    assert_eq!(session.flash("info", &"b".repeat(100)), Ok(1));
    assert!(matches!(session.flash("info", &"c".repeat(200)), Err(SessionError::TooLong(_))));
    assert_eq!(messages(&mut session), [("info".into(), "b".repeat(100))]);
    session.insert("note", "x".repeat(room + 100)).unwrap();
    assert!(matches!(session.csrf_token(), Err(SessionError::TooLong(_))));

    // Who asked before still has one.
    let mut session = sessions.start();
    session.csrf_token().unwrap();
    (0..4000).rev().find(|len| session.insert("note", "x".repeat(*len)).is_ok()).unwrap();
    assert!(session.csrf_token().is_ok());
}

#[test]
fn what_is_no_queue_is_an_error_and_stays() {
    let key = |format| match format {
        "django" => "_messages",
        _ => "_flashes",
    };
    for (format, sessions) in all() {
        if matches!(format, "native" | "encrypted") {
            continue;
        }
        for queue in ["{\"a\":1}", "7", "[1]", "[[]]", "[[\"info\"]]", "\"[[1]]\"", "\"no\""] {
            let mut session = sessions.start();
            let value: serde_json::Value = serde_json::from_str(queue).unwrap();
            session.insert(key(format), value).unwrap();
            assert!(matches!(session.take_flashes(), Err(SessionError::WrongType(_))), "{format}: {queue}");
            assert!(session.contains_key(key(format)), "{format}: {queue}");
        }
    }
}

#[test]
fn nothing_of_it_costs_who_does_not_use_it() {
    for (format, sessions) in all() {
        let mut session = sessions.start();
        session.insert("user", 42).unwrap();
        let session = next(&sessions, session);
        assert_eq!(session.keys().collect::<Vec<_>>(), ["user"], "{format}");
        assert_eq!(sessions.save(session).unwrap().set_cookies().count(), 0, "{format}");
    }
}

/// What the browser shows after a redirect that leaves a message and a page that takes them, by the order in which they
/// are sent and answered: the message that was there before, and the new one.
#[test]
fn of_two_requests_at_the_same_time_the_last_answer_counts() {
    let sessions = native();
    // Sent and answered: true is the page that takes, false the redirect that adds.
    let orders = [
        ("one after the other, the page first", [true, true, false, false], &["old"][..], &["new"][..]),
        ("one after the other, the redirect first", [false, false, true, true], &["old", "new"], &[]),
        ("the page is answered last", [true, false, false, true], &["old"], &[]),
        ("the page is answered last, sent second", [false, true, false, true], &["old"], &[]),
        ("the redirect is answered last", [false, true, true, false], &["old"], &["old", "new"]),
        ("the redirect is answered last, sent second", [true, false, true, false], &["old"], &["old", "new"]),
    ];
    for (order, steps, shown, waiting) in orders {
        let mut session = sessions.start();
        session.insert("user", 42).unwrap();
        session.flash("info", "old").unwrap();
        let mut cookie = sessions.save(session).unwrap().cookie_pair().unwrap().to_owned();
        let mut open = [None, None];
        let mut seen = Vec::new();
        for takes in steps {
            let Some(mut session) = open[usize::from(takes)].take() else {
                open[usize::from(takes)] = Some(sessions.open([&cookie]));
                continue;
            };
            if takes {
                seen = messages(&mut session);
            } else {
                session.flash("info", "new").unwrap();
            }
            cookie = sessions.save(session).unwrap().cookie_pair().unwrap().to_owned();
        }
        let texts =
            |messages: Vec<(String, String)>| messages.into_iter().map(|(_, text)| text).collect::<Vec<_>>();
        assert_eq!(texts(seen), shown, "{order}");
        assert_eq!(texts(messages(&mut sessions.open([&cookie]))), waiting, "{order}");
    }
}
