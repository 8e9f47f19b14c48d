//! A value of a Flask session whose type nobody here knew keeps it: read, looked at, changed, written back.

#![cfg(feature = "flask")]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::panic,
    clippy::unwrap_used,
    missing_docs,
    reason = "a test may panic"
)]

mod support;

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use cookie_session::flask::{self, Int, Value};
use cookie_session::{KeyRing, Session, SessionError, Sessions};
use serde::ser::{Serialize, SerializeMap, Serializer};
use support::forge::{self, Forge, Prng, b64, key, timestamp};
use support::python::{self, Typed, Write, random_value};
use support::setup::{NOW, at};

const SECRET: &[u8] = b"k";

fn sessions() -> Sessions {
    let secret = flask::SecretKey::new(SECRET).unwrap();
    Sessions::builder(flask::Profile::new(secret)).clock(|| at(NOW)).build().unwrap()
}

/// Opens a session that Flask signed around this JSON text.
#[track_caller]
fn open(json: &str) -> Session {
    let digest = forge::Digest::Sha1;
    let forge = Forge::signing(digest.hmac(SECRET, b"cookie-session"), digest);
    let token = forge.sign(&b64(json.as_bytes()), &timestamp(NOW));
    let session = sessions().open([format!("session={token}")]);
    assert_eq!(session.rejection(), None, "{json}");
    session
}

/// Returns the value in the notation of the vectors.
fn typed(value: &Value) -> Typed {
    let list = |items: &[Value]| items.iter().map(typed).collect();
    match value {
        Value::None => Typed::Null,
        Value::Bool(value) => Typed::Bool(*value),
        Value::Int(value) => Typed::Int(value.to_string()),
        Value::Float(value) => Typed::Float(*value),
        Value::Str(text) => Typed::Str(text.clone()),
        Value::List(items) => Typed::List(list(items)),
        Value::Tuple(items) => Typed::Tuple(list(items)),
        Value::Dict(members) => {
            let member = |(key, value): (&String, &Value)| (Typed::Str(key.clone()), typed(value));
            Typed::Dict(members.iter().map(member).collect())
        }
        Value::Bytes(bytes) => Typed::Bytes(bytes.clone()),
        Value::DateTime(time) => Typed::DateTime(match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_secs()).unwrap(),
            Err(before) => -i64::try_from(before.duration().as_secs()).unwrap(),
        }),
        Value::Markup(html) => Typed::Markup(html.clone()),
        Value::Uuid(bytes) => Typed::Uuid(*bytes),
        other => panic!("{other:?}"),
    }
}

#[test]
fn reads_and_writes_whatever_flask_can_keep() {
    let (flask, native) = (sessions(), Sessions::builder(KeyRing::new(key(1))).build().unwrap());
    let mut random = Prng::new(18);
    for _ in 0..20_000 {
        let expected = random_value(&mut random, 4);
        let mut session = flask.start();
        session.insert("v", Write { value: &expected, tagged: true }).unwrap();
        let text = session.get_raw("v").unwrap().to_owned();
        let value: Value = session.get("v").unwrap().unwrap();
        let sorted = expected.sorted().unwrap();
        assert_eq!(typed(&value), sorted, "{text}");

        // Written again it is what Flask would write, with its order of keys.
        session.insert("v", &value).unwrap();
        let written = session.get_raw("v").unwrap().to_owned();
        assert_eq!(python::read(&written, true), Ok(sorted), "{written}");

        // Where Flask's escapes stand, as after a migration, it is the same value and the same text.
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value, "{text}");
        let mut session = native.start();
        session.insert("v", &value).unwrap();
        assert_eq!(session.get::<Value>("v").unwrap(), Some(value));
        let plain = session.get_raw("v").unwrap();
        assert_eq!(python::read(plain, true), python::read(&written, true), "{plain}");
    }
}

#[test]
fn a_session_read_as_a_whole_and_written_back_is_the_same() {
    let (flask, mut random) = (sessions(), Prng::new(19));
    let mut read = 0;
    for _ in 0..5_000 {
        let Typed::Dict(members) = random_value(&mut random, 4).sorted().unwrap() else { continue };
        let mut session = flask.start();
        for (key, value) in &members {
            session.insert(&key.key().unwrap(), Write { value, tagged: true }).unwrap();
        }
        let Some(cookie) = flask.save(session).unwrap().cookie_pair().map(str::to_owned) else {
            continue;
        };
        let mut session = flask.open([&cookie]);
        let value: Value = session.read().unwrap();
        assert_eq!(typed(&value), Typed::Dict(members.clone()));
        session.write(&value).unwrap();
        let Value::Dict(all) = value else { panic!("{value:?}") };
        assert!(!session.is_modified());
        session.write(&all).unwrap();
        let again: Value = session.read().unwrap();
        assert_eq!(again, Value::Dict(all));
        read += 1;
    }
    assert!(read > 900, "{read}");
}

#[test]
fn keeps_every_int_and_float_as_it_is() {
    let ints = [
        "0",
        "-1",
        "9223372036854775807",
        "-9223372036854775808",
        "18446744073709551615",
        "18446744073709551616",
        "170141183460469231731687303715884105727",
        "170141183460469231731687303715884105728",
        "-170141183460469231731687303715884105729",
        "1000000000000000000000000000000000000000000000000000000001",
    ];
    let floats = ["0.0", "-0.0", "1.0", "1e+16", "5e-324", "1.5e+300", "9007199254740992.0"];
    for text in ints.into_iter().chain(floats) {
        let mut session = open(&format!("{{\"v\":[{text}]}}"));
        let Some(Value::List(items)) = session.get("v").unwrap() else { panic!("{text}") };
        match items.as_slice() {
            [Value::Int(int)] if ints.contains(&text) => {
                assert_eq!(int.to_string(), text);
                assert_eq!(int.as_i64(), text.parse().ok());
                assert_eq!(int.as_u64(), text.parse().ok());
                assert_eq!(int.as_i128(), text.parse().ok());
                // Alone too.
                session.insert("int", int).unwrap();
                assert_eq!(session.get_raw("int"), Some(text));
                assert_eq!(session.get::<Int>("int").unwrap().as_ref(), Some(int));
                session.remove("int");
            }
            [Value::Float(_)] if floats.contains(&text) => {}
            other => panic!("{text}: {other:?}"),
        }
        session.insert("v", &items).unwrap();
        assert!(!session.is_modified(), "{text}: {:?}", session.get_raw("v"));
    }
    assert_eq!(open(r#"{"v":-0}"#).get("v"), Ok(Some(Value::from(0))));
    for text in ["", "-", "+1", "01", "-01", "1.0", "1e3", " 1", "1_000", "0x1", "\u{0661}"] {
        assert!(text.parse::<Int>().is_err(), "{text:?}");
    }
}

#[test]
fn makes_values_of_rusts_types() {
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_577_934_245);
    let dict = BTreeMap::from([(" t".to_owned(), Value::from(1))]);
    let table = [
        (Value::None, "null"),
        (true.into(), "true"),
        ((-7).into(), "-7"),
        (u64::MAX.into(), "18446744073709551615"),
        (0.5.into(), "0.5"),
        ("caf\u{e9}".into(), r#""caf\u00e9""#),
        (String::from("a").into(), r#""a""#),
        (vec![1.into(), "a".into()].into(), r#"[1,"a"]"#),
        (flask::Tuple(vec![1.into(), "a".into()]).into(), r#"{" t":[1,"a"]}"#),
        (dict.into(), r#"{" di":{" t__":1}}"#),
        (flask::Bytes(vec![0, 255]).into(), r#"{" b":"AP8="}"#),
        (flask::DateTime(time).into(), r#"{" d":"Thu, 02 Jan 2020 03:04:05 GMT"}"#),
        (flask::Markup("<b>hi</b>".into()).into(), r#"{" m":"<b>hi</b>"}"#),
        (flask::Uuid([0x1f; 16]).into(), r#"{" u":"1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f"}"#),
    ];
    for (value, text) in table {
        let mut session = sessions().start();
        session.insert("v", &value).unwrap();
        assert_eq!(session.get_raw("v"), Some(text));
        assert_eq!(session.get("v").unwrap(), Some(value));
    }
    assert_eq!(Value::Markup("<b>".into()).as_str(), Some("<b>"));
    assert_eq!(Value::from("<b>").as_str(), Some("<b>"));
    assert_eq!(Value::from(1).as_str(), None);
}

/// Of what Python can write and Rust cannot hold, and of what no Flask writes, nothing is lost: it stays as it is.
#[test]
fn is_the_wrong_type_for_what_it_cannot_hold() {
    let texts = [
        r#""\ud800""#,
        r#"{"\ud800":1}"#,
        "1e400",
        "-1e400",
        r#"{"a":1,"a":2}"#,
        r#"{" t":"abc"}"#,
        r#"{" t":{"a":1}}"#,
        r#"{" b":"AP8"}"#,
        r#"{" b":1}"#,
        r#"{" d":"2 January 2020"}"#,
        r#"{" d":null}"#,
        r#"{" m":1}"#,
        r#"{" u":"1f1f"}"#,
        r#"{" di":{}}"#,
        r#"{" di":1}"#,
    ];
    for text in texts.map(str::to_owned).into_iter().chain([nested(128)]) {
        let mut session = open(&format!("{{\"v\":{text}}}"));
        assert!(matches!(session.get::<Value>("v"), Err(SessionError::WrongType(_))), "{text}");
        assert!(matches!(session.take::<Value>("v"), Err(SessionError::WrongType(_))), "{text}");
        assert_eq!(session.get_raw("v"), Some(&*text));
        assert!(!session.is_modified());
    }
    let deep = nested(127);
    let mut session = open(&format!("{{\"v\":{deep}}}"));
    let value: Value = session.get("v").unwrap().unwrap();
    session.insert("v", &value).unwrap();
    assert!(!session.is_modified());
    // One level more, and Rust would not read again what it writes.
    assert!(matches!(session.insert("v", vec![value]), Err(SessionError::NotJson(_))));
    assert!(matches!(session.insert("v", Value::Float(f64::NAN)), Err(SessionError::NotJson(_))));
    assert!(matches!(session.write(&Value::Tuple(vec![])), Err(SessionError::NotJson(_))));
    assert!(matches!(session.write(&Value::List(vec![])), Err(SessionError::NotJson(_))));
}

fn nested(depth: usize) -> String {
    format!("{}{}", "[".repeat(depth), "]".repeat(depth))
}

/// Nothing but a type's own name makes a number of text.
#[test]
fn text_of_digits_is_no_int() {
    #[derive(serde::Serialize)]
    struct Digits(&'static str);

    let mut session = sessions().start();
    session.insert("v", Digits("1")).unwrap();
    assert_eq!(session.get_raw("v"), Some("\"1\""));
    let value: Value = session.get("v").unwrap().unwrap();
    assert_eq!(value, "1".into());
}

/// Says how many members it has, perhaps wrongly.
struct Says(Option<usize>, &'static [(&'static str, u8)]);

impl Serialize for Says {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(self.0)?;
        for (key, value) in self.1 {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

#[test]
fn an_object_that_looks_like_a_tag_is_escaped_whatever_it_says_of_its_length() {
    let mut session = sessions().start();
    for says in [None, Some(0), Some(1), Some(2)] {
        session.insert("one", Says(says, &[(" t", 1)])).unwrap();
        assert_eq!(session.get_raw("one"), Some(r#"{" di":{" t__":1}}"#), "{says:?}");
        let two = session.insert("two", Says(says, &[(" t", 1), ("a", 2)]));
        match says {
            Some(0 | 1) => assert!(matches!(two, Err(SessionError::NotJson(_)))),
            _ => assert_eq!((two, session.get_raw("two")), (Ok(()), Some(r#"{" t":1,"a":2}"#))),
        }
        session.remove("two");
    }
}
