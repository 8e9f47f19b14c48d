//! Whatever a holder of the key signs, opening it gives exactly the verdict
//! that the format prescribes, as a second reader of JSON sees it; no method of the session panics, what is saved
//! opens with the same data, and what is left alone is signed again as the same
//! string.

#![no_main]

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use cookie_session::{Codec, DecodeError, Lifetime, Session, SessionError, Sessions};
use cookie_session_fuzz::{
    KEY, LIFETIME, LIMIT, NAME, NOW, PERMANENT_LIFETIME, SESSION_PLACE, SESSION_SALT, SKEW, TOKEN_SALT, at,
    cookie_line, encrypted_sessions, encrypted_token, json, known_keys, long_sessions, members, padded,
    sessions, sign, sign_again, timestamp, token,
};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use serde_json::value::RawValue;

static SESSIONS: LazyLock<Sessions> = LazyLock::new(|| sessions(known_keys()));
static ENCRYPTED: LazyLock<Sessions> = LazyLock::new(|| encrypted_sessions(known_keys()));
static LONG_SESSIONS: LazyLock<Sessions> = LazyLock::new(|| long_sessions(known_keys()));
static CODEC: LazyLock<Codec> =
    LazyLock::new(|| Codec::new(&known_keys(), "fuzz", LIFETIME.idle).expect("one key is not too many"));
static LONG_CODEC: LazyLock<Codec> =
    LazyLock::new(|| CODEC.clone().max_len(LONGEST).expect("within the bounds"));

/// The longest token that a codec may be told to accept.
const LONGEST: usize = 1 << 20;

/// What the first byte of the input chooses, besides the three bits for the time.
const JSON: u8 = 0;
const PAYLOAD_TEXT: u8 = 1;
const SIGNED_TEXT: u8 = 2;
const TOKEN: u8 = 3;

const ISSUED: [u64; 8] =
    [NOW, NOW - 720, NOW - 7200, NOW - 7201, NOW - 1_209_601, NOW + SKEW, NOW + SKEW + 1, u64::MAX];

fuzz_target!(|input: &[u8]| {
    let Some((choice, bytes)) = input.split_first() else { return };
    // One kind of change per input, or each would take ten times as long.
    let kind = input.iter().copied().map(u32::from).sum::<u32>() % KINDS;
    let issued = ISSUED[usize::from(choice >> 2 & 7)];
    match choice & 3 {
        JSON => signed_json(bytes, issued, kind),
        PAYLOAD_TEXT => {
            let text = [bytes, b".", timestamp(issued).as_bytes()].concat();
            signed_text(&sign(&KEY, SESSION_SALT, &text), kind);
        }
        SIGNED_TEXT => signed_text(&sign(&KEY, SESSION_SALT, bytes), kind),
        TOKEN => signed_token(bytes, issued),
        _ => unreachable!(),
    }
});

/// Bytes where JSON should be: the verdict is known.
fn signed_json(json: &[u8], issued: u64, kind: u32) {
    let value = token(&KEY, SESSION_SALT, json, issued);
    let line = cookie_line(&value);
    check(&SESSIONS, &line, expected(json, value.len(), issued), json, issued);
    let encrypted = encrypted_token(&KEY, SESSION_PLACE, json, issued);
    let wanted = expected(&padded(json), encrypted.len(), issued);
    check(&ENCRYPTED, &cookie_line(&encrypted), wanted, json, issued);
    // What is one kind to one is forged to the other.
    for (sessions, value) in [(&SESSIONS, &encrypted), (&ENCRYPTED, &value)] {
        let session = sessions.open_at([cookie_line(value)], at(NOW));
        assert!(session.rejection() <= Some(&DecodeError::InvalidSignature) && session.rejection().is_some());
    }
    let session = SESSIONS.open_at([&line], at(NOW));
    exercise(&line, session.verified_by().is_some(), kind);
}

/// Compares what a line opens as with what it should.
fn check(
    sessions: &Sessions,
    line: &[u8],
    expected: Result<Expected, DecodeError>,
    json: &[u8],
    issued: u64,
) {
    let session = sessions.open_at([line], at(NOW));
    match expected {
        Ok(expected) => {
            assert_eq!(session.rejection(), None, "refused: {}", String::from_utf8_lossy(json));
            assert_eq!(session.permanent(), expected.permanent);
            assert_eq!(session.created_at(), Some(at(expected.created)));
            assert_eq!(session.issued_at(), Some(at(issued)));
            assert_eq!(members(&session), expected.data);
        }
        Err(error) => assert_eq!(session.rejection(), Some(&error), "{}", String::from_utf8_lossy(json)),
    }
}

/// Text of any alphabet where base64 should be.
fn signed_text(value: &[u8], kind: u32) {
    let line = cookie_line(value);
    let session = SESSIONS.open_at([&line], at(NOW));
    let intact = !value.contains(&b';') && !value.starts_with(b" ") && !value.starts_with(b"\t");
    if intact {
        assert_ne!(session.rejection(), Some(&DecodeError::InvalidSignature));
    }
    let verified = session.verified_by().is_some();
    assert!(verified != session.rejection().is_some());
    exercise(&line, verified, kind);
}

/// Bytes where the JSON of a signed link should be.
fn signed_token(json: &[u8], issued: u64) {
    let token = String::from_utf8(token(&KEY, TOKEN_SALT, json, issued)).expect("tokens are ASCII");
    read_token(&CODEC, LIMIT, &token, json, issued);
    // Links may be longer than cookies.
    read_token(&LONG_CODEC, LONGEST, &token, json, issued);
    // Other types: an error, never a panic.
    let _ = CODEC.decode_at::<(u64, String)>(&token, at(NOW));
    let _ = CODEC.decode_at::<BTreeMap<String, Value>>(&token, at(NOW));
    let _ = CODEC.decode_at::<f64>(&token, at(NOW));
}

fn read_token(codec: &Codec, limit: usize, token: &str, text: &[u8], issued: u64) {
    let result = codec.decode_at::<Box<RawValue>>(token, at(NOW));
    let age = NOW.saturating_sub(issued);
    let expected = match () {
        () if token.len() > limit => Err(DecodeError::TooLong),
        () if issued > NOW + SKEW => Err(DecodeError::NotYetValid),
        () if age > LIFETIME.idle.as_secs() => Err(DecodeError::Expired),
        () => str::from_utf8(text).ok().and_then(json::value).ok_or(DecodeError::Payload),
    };
    match (result, expected) {
        (Ok(actual), Ok(expected)) => {
            assert_eq!(actual.get(), expected);
            let again = codec.encode_at(&actual, at(issued)).expect("it came within the limit");
            if expected.as_bytes() == text {
                assert_eq!(again, token, "two tokens for one value");
            }
        }
        (actual, expected) => assert_eq!(actual.err(), expected.err()),
    }
}

/// Asks a session everything, changes it in one way, saves it, opens it again.
fn exercise(line: &[u8], verified: bool, kind: u32) {
    if verified {
        left_alone(line);
    }
    let mut session = SESSIONS.open_at([line], at(NOW));
    ask(&session);
    match change(&mut session, kind) {
        Ok(()) => ask(&session),
        Err(SessionError::TooLong(too_long)) => {
            assert!(too_long.len() > too_long.limit());
            let _ = too_long.to_string();
            let untouched = SESSIONS.open_at([line], at(NOW));
            assert_eq!(members(&session), members(&untouched), "a failed change stays");
            assert!(!session.is_modified(), "a failed change stays");
        }
        // A string where a number was wanted, or data nested too deep for `get`.
        Err(SessionError::WrongType(_)) => assert!(!session.is_modified()),
        Err(error) => panic!("{error}"),
    }
    save_and_open(session, line);
}

fn save_and_open(session: Session, line: &[u8]) {
    let (before, empty) = (members(&session), session.is_empty());
    let unreadable = matches!(session.rejection(), Some(DecodeError::Payload | DecodeError::Unsupported));
    let (modified, created, permanent) = (session.is_modified(), session.created_at(), session.permanent());
    let commit = match SESSIONS.save(session) {
        Ok(commit) => commit,
        Err(SessionError::Unreadable) => {
            assert!(unreadable && modified, "nothing was lost");
            return;
        }
        Err(SessionError::TooLong(_)) => {
            let longest = "[9999999999,false,".len() - "[0,true,".len();
            assert!(
                modified && line.len() + 2 * longest > LIMIT,
                "only a cookie that came too large fails to save"
            );
            return;
        }
        Err(error) => panic!("{error}"),
    };
    let Some(pair) = commit.cookie_pair() else {
        assert!(!modified || empty, "a change is lost");
        return;
    };
    assert_eq!(commit.cookie_size(), Some(pair.len() - 1));
    assert!(pair.len() - 1 <= LIMIT, "no browser stores this");
    let opened = SESSIONS.open_at([pair], at(NOW));
    let Lifetime { absolute, .. } = lifetime(permanent);
    if created.is_some_and(|created| at(NOW).duration_since(created).is_ok_and(|age| age > absolute)) {
        // It was permanent for days and is so no more.
        assert_eq!(opened.rejection(), Some(&DecodeError::Expired));
        return;
    }
    assert_eq!(opened.rejection(), None);
    assert_eq!(members(&opened), before, "what was saved is not what opens");
}

fn ask(session: &Session) {
    let keys: Vec<String> = session.keys().map(Into::into).collect();
    assert_eq!(keys.len(), session.len());
    assert_eq!(keys.is_empty(), session.is_empty());
    for key in &keys {
        assert_eq!(session.contains_key(key), session.get_raw(key).is_some());
        let _ = session.get::<Value>(key);
        let _ = session.get::<String>(key);
        let _ = session.get::<u64>(key);
        let _ = session.get::<f64>(key);
        let _ = session.get::<Option<bool>>(key);
        let _ = session.get::<Vec<Value>>(key);
    }
    let _ = session.read::<Value>();
    let _ = session.read::<BTreeMap<String, i64>>();
    let _ = (session.created_at(), session.issued_at(), session.is_new(), session.permanent());
    assert!(!format!("{session:?}").is_empty());
}

/// Makes the n-th kind of change.
fn change(session: &mut Session, kind: u32) -> Result<(), SessionError> {
    let key: String = session.keys().next().map(Into::into).unwrap_or_default();
    match kind {
        0 => {}
        1 => session.insert("added", "value")?,
        2 => session.insert(&key, [1, 2, 3])?,
        3 => session.update(&key, |value: &mut i64| *value = value.wrapping_add(1))?,
        4 => session.update("counter", |count: &mut u8| *count += 1)?,
        5 => session.take::<String>(&key).map(drop)?,
        6 => {
            assert_eq!(session.contains_key(&key), session.remove(&key));
            assert!(!session.contains_key(&key));
        }
        7 => session.write(&BTreeMap::from([(&key, 1)]))?,
        8 => session.insert("long", "x".repeat(LIMIT))?,
        9 => {
            session.clear();
            session.insert("short", true)?;
        }
        10 => session.clear(),
        11 => session.renew(),
        12 => {
            session.set_permanent(!session.permanent());
            session.skip_refresh();
        }
        13 => {
            let raw = session.get_raw(&key).map(|raw| RawValue::from_string(raw.to_owned()));
            if let Some(Ok(same)) = raw {
                let result = session.insert(&key, same);
                assert!(!session.is_modified(), "the same bytes count as a change");
                result?;
            }
        }
        _ => unreachable!("there are {KINDS} kinds"),
    }
    Ok(())
}

const KINDS: u32 = 14;

/// Signs a session again without changing it: one string per session.
fn left_alone(line: &[u8]) {
    let session = SESSIONS.open_at([line], at(NOW));
    let again = match sign_again(&LONG_SESSIONS, line, NOW) {
        Ok(Some(again)) => again,
        Ok(None) => return,
        Err(error) => {
            assert!(matches!(error, SessionError::TooLong(_)) && line.len() > LIMIT - 8, "{error}");
            return;
        }
    };
    let data = session.read::<Box<RawValue>>().expect("the data is an object");
    let created = session.created_at().expect("it was opened").duration_since(at(0)).expect("after 1970");
    // Nothing but the white space around the parts may be lost.
    let facts = facts_of(line).map(|facts| format!(",{facts}")).unwrap_or_default();
    let json = format!("[{},{},{data}{facts}]", created.as_secs(), session.permanent());
    let canonical = token(&KEY, SESSION_SALT, json.as_bytes(), NOW);
    assert_eq!(again.as_bytes(), canonical, "data that nobody touched was rewritten");
}

/// Returns what a genuine session holds beside its data.
fn facts_of(line: &[u8]) -> Option<String> {
    let payload = line[NAME.len() + 1..].trim_ascii().split(|byte| *byte == b'.').next()?;
    let text = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
    let (_, _, rest) = elements(&text)?;
    json::values(rest)?.get(1).map(|facts| (*facts).to_owned())
}

struct Expected {
    created: u64,
    permanent: bool,
    data: Vec<(String, Option<String>)>,
}

/// The checks of the format in their order, written a second time.
fn expected(json: &[u8], value_len: usize, issued: u64) -> Result<Expected, DecodeError> {
    if NAME.len() + value_len > LIMIT {
        return Err(DecodeError::TooLong);
    }
    check_age(issued, PERMANENT_LIFETIME.idle)?;
    let (created, permanent, data) =
        str::from_utf8(json).ok().and_then(elements).ok_or(DecodeError::Payload)?;
    // A session that says in its first words that it is too old is not read any further.
    let Lifetime { idle, absolute } = lifetime(permanent);
    check_age(issued, idle)?;
    check_age(created, absolute)?;
    let values = json::values(data).ok_or(DecodeError::Payload)?;
    let (data, facts) = match *values {
        [data] => (data, None),
        [data, facts] => (data, Some(facts)),
        _ => return Err(DecodeError::Payload),
    };
    let object =
        |text| json::members(text).filter(|object| !json::has_duplicate(object)).ok_or(DecodeError::Payload);
    let data = object(data)?;
    if let Some(facts) = facts {
        let facts = object(facts)?;
        // One letter each, spelled as it is.
        let letters = facts.iter().map(|fact| match fact.spelled.as_bytes() {
            [_, letter, _] if letter.is_ascii_alphabetic() => Ok(*letter),
            _ => Err(DecodeError::Payload),
        });
        let letters: Vec<u8> = letters.collect::<Result<_, _>>()?;
        if !(1..=16).contains(&letters.len()) {
            return Err(DecodeError::Payload);
        }
        if letters.iter().any(u8::is_ascii_uppercase) {
            return Err(DecodeError::Unsupported);
        }
    }
    Ok(Expected { created, permanent, data: json::listed(&data) })
}

/// Splits `[created, permanent, data]` or `[created, permanent, data, facts]`, whatever comes after the second.
fn elements(text: &str) -> Option<(u64, bool, &str)> {
    let words = text.trim_matches(SPACE).strip_prefix('[')?.strip_suffix(']')?;
    let mut words = words.splitn(3, ',').map(|word| word.trim_matches(SPACE));
    let created = json::unsigned(words.next()?)?;
    let permanent = match words.next()? {
        "true" => true,
        "false" => false,
        _ => return None,
    };
    Some((created, permanent, words.next()?))
}

/// The white space of JSON.
const SPACE: [char; 4] = [' ', '\t', '\n', '\r'];

fn lifetime(permanent: bool) -> Lifetime {
    if permanent { PERMANENT_LIFETIME } else { LIFETIME }
}

fn check_age(then: u64, limit: Duration) -> Result<(), DecodeError> {
    match () {
        () if then > NOW + SKEW => Err(DecodeError::NotYetValid),
        () if NOW.saturating_sub(then) > limit.as_secs() => Err(DecodeError::Expired),
        () => Ok(()),
    }
}
