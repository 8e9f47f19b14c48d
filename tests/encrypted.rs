//! Encrypted sessions and tokens: what shows, what passes for what, and how a service changes over.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test may panic"
)]
#![cfg(feature = "encrypted")]

mod support;

use std::collections::HashSet;
use std::time::{Duration, SystemTime};

use cookie_session::signed_cookie::SignedCookie;
use cookie_session::{Builder, Codec, DecodeError, KeyRing, SecretKey, SessionError, Sessions};

use support::forge::{Parts, unb64};

fn keys() -> KeyRing {
    KeyRing::new(SecretKey::generate().unwrap())
}

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

const NOW: u64 = 1_800_000_000;

fn fixed(builder: Builder) -> Sessions {
    builder.clock(|| at(NOW)).build().unwrap()
}

/// Saves a session with these values and returns its cookie as a browser sends it.
fn saved(sessions: &Sessions, values: &[(&str, &str)]) -> String {
    let mut session = sessions.start();
    for (key, value) in values {
        session.insert(key, value).unwrap();
    }
    sessions.save(session).unwrap().cookie_pair().unwrap().to_owned()
}

fn value(pair: &str) -> &str {
    pair.split_once('=').unwrap().1
}

#[test]
fn reads_what_it_wrote_and_hides_it() {
    let sessions = fixed(Sessions::builder(keys()).encrypted());
    let pair = saved(&sessions, &[("user", "ada@example.org")]);
    let session = sessions.open([&pair]);
    assert_eq!(session.get::<String>("user").unwrap().as_deref(), Some("ada@example.org"));
    assert!(sessions.is_encrypted());
    let payload = unb64(value(&pair).split('.').next().unwrap());
    assert_eq!(payload.len() % 32, 16, "an initialisation vector and a multiple of 32");
    for piece in b"ada@example.org".windows(4).chain(b"\"user\"".windows(4)) {
        assert!(!payload.windows(4).any(|window| window == piece));
    }
}

#[test]
fn equal_sessions_share_no_run_of_eight_bytes() {
    let keys = keys();
    let mut payloads = Vec::new();
    for name in ["__Host-a", "__Host-b"] {
        for second in 0..30 {
            let sessions = Sessions::builder(&keys)
                .name(name)
                .encrypted()
                .clock(move || at(NOW + second))
                .build()
                .unwrap();
            for _ in 0..2 {
                payloads
                    .push(unb64(value(&saved(&sessions, &[("k", "the same")])).split('.').next().unwrap()));
            }
        }
    }
    let mut seen = HashSet::new();
    for payload in &payloads {
        for run in payload.windows(8) {
            assert!(seen.insert(run.to_vec()));
        }
    }
}

#[test]
fn lengths_tell_no_more_than_steps_of_thirty_two() {
    let sessions = fixed(Sessions::builder(keys()).encrypted());
    let len = |n: usize| saved(&sessions, &[("k", &"x".repeat(n))]).len();
    let lens: Vec<_> = (0..200).map(len).collect();
    let steps = lens.windows(2).filter(|pair| pair[0] != pair[1]).count();
    assert!((6..=7).contains(&steps), "{steps}");
    assert!(lens.windows(2).all(|pair| pair[0] <= pair[1]));
}

#[test]
fn signed_and_encrypted_never_pass_for_each_other() {
    let keys = keys();
    let signed = fixed(Sessions::builder(&keys));
    let encrypted = fixed(Sessions::builder(&keys).encrypted());
    let (s, e) = (saved(&signed, &[("k", "v")]), saved(&encrypted, &[("k", "v")]));
    assert_eq!(encrypted.open([&s]).rejection(), Some(&DecodeError::InvalidSignature));
    assert_eq!(signed.open([&e]).rejection(), Some(&DecodeError::InvalidSignature));

    let day = Duration::from_secs(24 * 60 * 60);
    let salts = ["", "a", "cookie/__Host-session", "__Host-session", "private/token/a", "../private/token/a"];
    for ours in salts {
        for other in salts {
            let read = Codec::new(&keys, ours, day).unwrap();
            let hidden = Codec::encrypted(&keys, other, day).unwrap();
            let (r, h) = (read.encode("x").unwrap(), hidden.encode("x").unwrap());
            assert_eq!(read.decode::<String>(&h), Err(DecodeError::InvalidSignature));
            assert_eq!(hidden.decode::<String>(&r), Err(DecodeError::InvalidSignature));
            let same = Codec::encrypted(&keys, ours, day).unwrap().decode::<String>(&h).is_ok();
            assert_eq!(same, ours == other);
            let line = format!("__Host-session={h}");
            assert_eq!(encrypted.open([&line]).rejection(), Some(&DecodeError::InvalidSignature));
        }
    }

    let cookie = |hidden: bool| {
        let builder = SignedCookie::<u64>::builder(&keys, "__Host-session");
        if hidden { builder.encrypted() } else { builder }.build().unwrap()
    };
    for hidden in [false, true] {
        let set = cookie(hidden).set(&7).unwrap();
        let pair = set.as_str().split(';').next().unwrap();
        assert_eq!(cookie(hidden).get([pair]), Ok(Some(7)));
        assert_eq!(cookie(!hidden).get([pair]), Err(DecodeError::InvalidSignature));
        assert_eq!(encrypted.open([pair]).rejection(), Some(&DecodeError::InvalidSignature));
        assert_eq!(signed.open([pair]).rejection(), Some(&DecodeError::InvalidSignature));
    }
}

#[test]
fn every_altered_character_is_refused() {
    let keys = keys();
    let signed = saved(&fixed(Sessions::builder(&keys)), &[("user", "ada")]);
    let encrypted = saved(&fixed(Sessions::builder(&keys).encrypted()), &[("user", "ada")]);
    let both = || fixed(Sessions::builder(&keys).encrypted().accept_signed(at(NOW)));
    let rows = [
        (fixed(Sessions::builder(&keys).encrypted()), &encrypted),
        (both(), &encrypted),
        (both(), &signed),
        (fixed(Sessions::builder(&keys).accept_encrypted()), &encrypted),
    ];
    for (sessions, pair) in rows {
        assert_eq!(sessions.open([pair]).rejection(), None);
        let start = pair.find('=').unwrap() + 1;
        for at in start..pair.len() {
            for byte in (0x21..0x7f).filter(|byte| *byte != b';' && *byte != pair.as_bytes()[at]) {
                let mut altered = pair.clone().into_bytes();
                altered[at] = byte;
                let session = sessions.open([&altered]);
                assert!(
                    session.is_empty() && session.rejection().is_some(),
                    "{}",
                    String::from_utf8_lossy(&altered)
                );
            }
        }
    }
}

#[test]
fn every_key_of_the_ring_decrypts_what_it_signed() {
    let secrets: Vec<_> = (0..4).map(|_| SecretKey::generate().unwrap()).collect();
    let ring =
        secrets[1..].iter().fold(KeyRing::new(secrets[0].clone()), |ring, key| ring.fallback(key.clone()));
    let all = fixed(Sessions::builder(ring).encrypted());
    for secret in &secrets {
        let one = fixed(Sessions::builder(KeyRing::new(secret.clone())).encrypted());
        let session = all.open([saved(&one, &[("user", "ada")])]);
        assert_eq!(session.get::<String>("user").unwrap().as_deref(), Some("ada"));
        let signs = std::ptr::eq(secret, &secrets[0]);
        assert_eq!(one.open([saved(&all, &[("user", "ada")])]).is_empty(), !signs);
    }
}

#[test]
fn the_size_is_exact_here_too() {
    let sessions = fixed(Sessions::builder(keys()).encrypted());
    let (mut fits, mut fails) = (0, 0);
    for n in 2900..3060 {
        let mut session = sessions.start();
        let inserted = session.insert("k", "x".repeat(n));
        let saved = sessions.save(session);
        match inserted {
            Ok(()) => {
                let commit = saved.unwrap();
                let pair = commit.cookie_pair().unwrap();
                assert!(pair.len() - 1 <= 4096);
                assert!(!sessions.open([pair]).is_empty());
                fits += 1;
            }
            Err(SessionError::TooLong(too_long)) => {
                assert!(too_long.len() > 4096);
                fails += 1;
            }
            Err(other) => panic!("{other}"),
        }
    }
    assert!(fits > 30 && fails > 30, "{fits} {fails}");
}

#[test]
fn a_change_over_in_two_steps_logs_nobody_out() {
    let keys = keys();
    let until = at(NOW + 1000);
    let signed = || Sessions::builder(&keys);
    let steps: [Builder; 7] = [
        signed(),
        signed().accept_encrypted(),
        signed().encrypted().accept_signed(until),
        signed().encrypted(),
        // And back.
        signed().encrypted().accept_signed(until),
        signed().accept_encrypted(),
        signed(),
    ];
    // While one step is rolled out, machines of two neighbouring steps serve each other's visitors.
    for (n, pair) in steps.windows(2).enumerate() {
        let (before, after) = (fixed(pair[0].clone()), fixed(pair[1].clone()));
        for (writer, reader) in [(&before, &after), (&after, &before)] {
            let session = reader.open([saved(writer, &[("user", "ada")])]);
            assert_eq!(session.get::<String>("user").unwrap().as_deref(), Some("ada"), "step {n}");
            // What is read of the other kind is not written because of that alone.
            assert!(reader.save(session).unwrap().cookie_pair().is_none());
        }
    }
    // A change writes what the machine writes.
    let (old, new) = (fixed(steps[0].clone()), fixed(steps[2].clone()));
    let mut session = new.open([saved(&old, &[("user", "ada")])]);
    session.insert("cart", 1).unwrap();
    let commit = new.save(session).unwrap();
    let session = fixed(steps[3].clone()).open(commit.cookie_pair());
    assert_eq!(session.len(), 2);
}

/// A session that fits signed may not fit encrypted: nothing is lost before its time, and it can be made smaller.
#[test]
fn a_signed_session_that_does_not_fit_encrypted_stays_as_it_is() {
    let keys = keys();
    let old = fixed(Sessions::builder(&keys));
    let pair = saved(&old, &[("large", &"x".repeat(2960)), ("small", "s")]);
    assert!(pair.len() - 1 <= 4096, "{}", pair.len());
    let builder = Sessions::builder(&keys).encrypted().accept_signed(at(NOW + 100_000));
    let new = builder.clock(|| at(NOW + 3600)).build().unwrap();
    let session = new.open([&pair]);
    assert_eq!(session.rejection(), None);
    // A refresh is due, and skipped.
    let commit = new.save(session).unwrap();
    assert!(commit.cookie_pair().is_none() && commit.skipped().is_some());
    let mut session = new.open([&pair]);
    assert!(matches!(session.insert("small", "t"), Err(SessionError::TooLong(_))));
    assert!(session.remove("large"));
    let commit = new.save(session).unwrap();
    assert_eq!(new.open(commit.cookie_pair()).get_raw("small"), Some("\"s\""));
}

#[test]
fn signed_sessions_are_accepted_until_their_time() {
    let keys = keys();
    let pair = saved(&fixed(Sessions::builder(&keys)), &[("user", "ada")]);
    let sessions = Sessions::builder(&keys).encrypted().accept_signed(at(NOW + 100)).build().unwrap();
    for (now, expected) in [(NOW, None), (NOW + 100, None), (NOW + 101, Some(&DecodeError::Expired))] {
        let session = sessions.open_at([&pair], at(now));
        assert_eq!(session.rejection(), expected, "{now}");
        assert_eq!(session.is_empty(), expected.is_some());
    }
    // A session that nobody signed is refused as ever.
    let stranger = saved(&fixed(Sessions::builder(self::keys())), &[("user", "eve")]);
    assert_eq!(sessions.open_at([&stranger], at(NOW)).rejection(), Some(&DecodeError::InvalidSignature));
}

#[test]
fn what_makes_no_sense_does_not_build() {
    let until = at(NOW);
    Sessions::builder(keys()).accept_signed(until).build().unwrap_err();
    Sessions::builder(keys()).accept_signed(until).accept_encrypted().build().unwrap_err();
    Sessions::builder(keys()).encrypted().accept_encrypted().build().unwrap();
    #[cfg(feature = "flask")]
    {
        use cookie_session::flask;

        let profile =
            || flask::Profile::new(flask::SecretKey::new("8f2b1c0d9e7a6b5c4d3e2f1a0b9c8d7e").unwrap());
        for builder in [
            Sessions::builder(profile()).encrypted(),
            Sessions::builder(profile()).accept_encrypted(),
            Sessions::builder(profile()).encrypted().accept_signed(until),
        ] {
            let error = builder.build().unwrap_err().to_string();
            assert!(error.contains("Python profile"), "{error}");
        }
    }
}

#[test]
fn a_token_says_when_it_was_issued_and_nothing_else() {
    let pair = saved(&fixed(Sessions::builder(keys()).encrypted()), &[("user", "ada")]);
    assert_eq!(Parts::of(value(&pair)).issued(), NOW);
}
