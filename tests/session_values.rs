//! A session keeps values as they came, notices every change, and refuses what would not survive.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

mod support;

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::thread;

use cookie_session::{Commit, DecodeError, KeyRole, Session, SessionError};
use serde::de::DeserializeOwned;
use serde::ser::{
    Error as _, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant,
};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Value, json};

use support::process::is_own_process;
use support::setup::{
    DAY, HOUR, NAME, NOW, at, builder, cookie_at, cookie_with, data_of, open_with, payload_of, sessions, sign,
};

fn keys_of(session: &Session) -> Vec<String> {
    session.keys().map(Into::into).collect()
}

#[test]
fn reads_back_what_was_inserted() {
    let values = [
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(0.1),
        json!(1.0e300),
        json!(""),
        json!("plain"),
        json!("quotes \" and \\ and / and \u{0} and \u{1f600} and \u{2028}"),
        json!([]),
        json!([1, [2, [3]], {"four": 5}]),
        json!({}),
        json!({"a": {"b": {"c": null}}, "": ""}),
    ];
    let sessions = sessions();
    for value in values {
        let mut session = sessions.start();
        session.insert("key", &value).unwrap();
        assert_eq!(session.get::<Value>("key"), Ok(Some(value.clone())), "before saving");
        let commit = sessions.save(session).unwrap();
        let session = sessions.open(commit.cookie_pair());
        assert_eq!(session.get::<Value>("key"), Ok(Some(value.clone())));
        assert_eq!(session.get_raw("key"), Some(value.to_string().as_str()));
    }
}

#[track_caller]
fn round_trip<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: T) {
    let sessions = sessions();
    let mut session = sessions.start();
    session.insert("key", &value).unwrap();
    let commit = sessions.save(session).unwrap();
    assert_eq!(sessions.open(commit.cookie_pair()).get::<T>("key").unwrap(), Some(value));
}

#[test]
fn keeps_rust_types_exactly() {
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    enum Step {
        Unit,
        Newtype(u8),
        Tuple(i8, String),
        Struct { left: Option<u8>, right: Vec<f64> },
    }
    round_trip(i128::MIN);
    round_trip(u128::MAX);
    round_trip(f64::MIN_POSITIVE);
    round_trip(f64::MAX);
    round_trip(f32::MAX);
    round_trip('\u{10ffff}');
    round_trip(Some(Some(3)));
    round_trip(((), 1, "two".to_owned()));
    round_trip(vec![
        Step::Unit,
        Step::Newtype(7),
        Step::Tuple(-1, "x".into()),
        Step::Struct { left: None, right: vec![0.5, -0.25] },
    ]);
    round_trip(BTreeMap::from([(1, "int keys are JSON strings".to_owned())]));
    round_trip(BTreeMap::from([(true, 'c')]));
}

/// Keys and values in spellings that no Rust serializer writes.
const AS_IT_CAME: &[(&str, &str)] = &[
    (r#""white space""#, "[ 1 ,\t2,\n{ \"a\" : 1 } ]"),
    (r#""one""#, "1.0"),
    (r#""hundred""#, "1e2"),
    (r#""Hundred""#, "1E+02"),
    (r#""minus zero""#, "-0"),
    (r#""minus zero point""#, "-0.0"),
    (r#""many digits""#, "0.1000000000000000055511151231257827"),
    (r#""beyond f64""#, "1e999"),
    (r#""beyond u128""#, "1234567890123456789012345678901234567890123"),
    (r#""escapes""#, r#""\u00e9\/\ud83d\ude00\b\u0000""#),
    (r#""lone surrogate""#, r#""\ud800""#),
    (r#""key order""#, r#"{"z":1,"a":2,"m":{"y":1,"b":2}}"#),
    (r#""inner duplicates""#, r#"{"x":1,"x":2}"#),
    (r#""\u0065scaped \"key\"""#, "true"),
    (r#""ключ""#, r#""значение""#),
    (r#""""#, r#""an empty key""#),
];

fn odd_object() -> String {
    let members: Vec<_> = AS_IT_CAME.iter().map(|(key, value)| format!("{key} : {value}")).collect();
    format!("{{ {} }}", members.join(" ,\n"))
}

#[test]
fn hands_out_the_text_that_came() {
    let session = open_with(&sessions(), &odd_object());
    let values: Vec<_> = session.keys().map(|key| session.get_raw(&key).unwrap().to_owned()).collect();
    let expected: Vec<_> = AS_IT_CAME.iter().map(|(_, value)| *value).collect();
    assert_eq!(values, expected);
    assert_eq!(session.get_raw("escaped \"key\""), Some("true"));
}

#[test]
fn a_refresh_signs_the_same_bytes_again() {
    let sessions = sessions();
    let session = sessions.open_at([cookie_with(&odd_object())], at(NOW + HOUR));
    let commit = sessions.save(session).unwrap();
    assert_eq!(payload_of(&commit), format!("[{NOW},false,{}]", odd_object()));
}

#[test]
fn white_space_around_a_session_and_its_parts_is_none_of_it() {
    let sessions = sessions();
    for (before, after) in [(" ", ""), ("", "\n"), ("\r\n", " \t")] {
        let padded = |text: &str| format!("{before}{text}{after}");
        let parts = [&*NOW.to_string(), "false", r#"{"a": 1}"#].map(padded);
        let payload = padded(&format!("[{}]", parts.join(",")));
        let cookie = format!("{NAME}={}", sign(NAME, payload, NOW));
        let commit = sessions.save(sessions.open_at([cookie], at(NOW + HOUR))).unwrap();
        assert_eq!(payload_of(&commit), format!(r#"[{NOW},false,{{"a": 1}}]"#), "{before:?} {after:?}");
    }
}

#[test]
fn a_change_leaves_every_other_member_byte_for_byte() {
    let sessions = sessions();
    let members = |skip: usize| {
        let kept = AS_IT_CAME.iter().enumerate().filter(|(n, _)| *n != skip);
        kept.map(|(_, (key, value))| format!("{key}:{value}")).collect::<Vec<_>>()
    };
    for (n, (text, _)) in AS_IT_CAME.iter().enumerate() {
        let mut session = open_with(&sessions, &odd_object());
        let key = keys_of(&session)[n].clone();
        session.insert(&key, "changed").unwrap();
        let mut expected = members(n);
        expected.insert(n, format!("{text}:\"changed\""));
        assert_eq!(data_of(&sessions.save(session).unwrap()), format!("{{{}}}", expected.join(",")));

        let mut session = open_with(&sessions, &odd_object());
        assert!(session.remove(&key));
        assert_eq!(data_of(&sessions.save(session).unwrap()), format!("{{{}}}", members(n).join(",")));
    }
    let mut session = open_with(&sessions, &odd_object());
    session.insert("new", 1).unwrap();
    let all = members(usize::MAX).join(",");
    assert_eq!(data_of(&sessions.save(session).unwrap()), format!("{{{all},\"new\":1}}"));
}

type Change = fn(&mut Session);

/// What is done to `{"a":1,"b":{"c":[1,2]}}`, and whether bytes differ afterwards.
const CHANGES: &[(&str, Change, bool)] = &[
    ("nothing", |_| {}, false),
    ("get", |s| drop(s.get::<u8>("a")), false),
    ("get of another type", |s| drop(s.get::<String>("a")), false),
    ("equal insert", |s| s.insert("a", 1).unwrap(), false),
    ("equal nested insert", |s| s.insert("b", json!({"c": [1, 2]})).unwrap(), false),
    ("insert", |s| s.insert("a", 2).unwrap(), true),
    ("insert there and back", |s| [2, 1].iter().for_each(|n| s.insert("a", n).unwrap()), false),
    ("equal number of another spelling", |s| s.insert("a", 1.0).unwrap(), true),
    ("new key", |s| s.insert("d", 1).unwrap(), true),
    ("new key and away", |s| s.insert("d", 1).map(|()| assert!(s.remove("d"))).unwrap(), false),
    ("new null", |s| s.insert("d", ()).unwrap(), true),
    ("remove of what is not there", |s| assert!(!s.remove("d")), false),
    ("take of what is not there", |s| assert_eq!(s.take::<u8>("d"), Ok(None)), false),
    ("remove", |s| assert!(s.remove("a")), true),
    ("take", |s| assert_eq!(s.take("a"), Ok(Some(1))), true),
    ("take of another type", |s| assert!(s.take::<String>("a").is_err()), false),
    ("last key removed and inserted", |s| reinsert(s, "b"), false),
    ("first key removed and inserted: the order differs", |s| reinsert(s, "a"), true),
    ("update that changes nothing", |s| s.update("a", |_: &mut u8| ()).unwrap(), false),
    ("update", |s| s.update("a", |a: &mut u8| *a += 1).unwrap(), true),
    ("nested update", |s| s.update("b", |b: &mut Value| b["c"][1] = json!(3)).unwrap(), true),
    ("nested update to the same", |s| s.update("b", |b: &mut Value| b["c"][1] = json!(2)).unwrap(), false),
    ("update of what is not there", |s| s.update("d", |_: &mut u8| ()).unwrap(), true),
    ("equal write", |s| s.write(&json!({"a": 1, "b": {"c": [1, 2]}})).unwrap(), false),
    ("write", |s| s.write(&json!({"a": 1, "b": {"c": [1]}})).unwrap(), true),
    ("write of less", |s| s.write(&json!({"a": 1})).unwrap(), true),
    ("read", |s| drop(s.read::<Value>()), false),
    ("clear", Session::clear, true),
    ("clear, and the same again", |s| clear_and_refill(s), true),
    ("renew", Session::renew, true),
    ("set_permanent", |s| s.set_permanent(true), true),
    ("set_permanent as it was", |s| s.set_permanent(false), false),
    ("set_permanent there and back", |s| [true, false].iter().for_each(|p| s.set_permanent(*p)), false),
    ("skip_refresh", Session::skip_refresh, false),
    ("failed insert", |s| assert!(s.insert("a", f64::NAN).is_err()), false),
    ("failed insert of a new key", |s| assert!(s.insert("d", "x".repeat(5000)).is_err()), false),
    ("failed update", |s| assert!(s.update("a", |a: &mut Text| a.0 = "x".repeat(5000)).is_err()), false),
    ("failed write", |s| assert!(s.write(&["not an object"]).is_err()), false),
];

/// Reads anything, writes text.
#[derive(Default)]
struct Text(String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(|value| Text(value.to_string()))
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

fn reinsert(session: &mut Session, key: &str) {
    let value: Value = session.take(key).unwrap().unwrap();
    session.insert(key, value).unwrap();
}

fn clear_and_refill(session: &mut Session) {
    let all: Value = session.read().unwrap();
    session.clear();
    session.write(&all).unwrap();
}

#[test]
fn modified_means_that_bytes_differ() {
    let sessions = sessions();
    for (what, change, changed) in CHANGES {
        let mut session = open_with(&sessions, r#"{"a":1,"b":{"c":[1,2]}}"#);
        change(&mut session);
        assert_eq!(session.is_modified(), *changed, "{what}");
        let commit = sessions.save(session).unwrap();
        assert_eq!(commit.set_cookies().count(), usize::from(*changed), "{what}");
    }
}

#[test]
fn modified_means_that_bytes_differ_also_after_a_failure() {
    // Every change again, with a failing insert before it and after it.
    let sessions = sessions();
    for (what, change, changed) in CHANGES {
        let mut session = open_with(&sessions, r#"{"a":1,"b":{"c":[1,2]}}"#);
        assert!(session.insert("e", "x".repeat(5000)).is_err());
        change(&mut session);
        assert!(session.insert("b", "x".repeat(5000)).is_err());
        assert_eq!(session.is_modified(), *changed, "{what}");
        let mut twin = open_with(&sessions, r#"{"a":1,"b":{"c":[1,2]}}"#);
        change(&mut twin);
        let (commit, twin) = (sessions.save(session).unwrap(), sessions.save(twin).unwrap());
        let written = |commit: &Commit| commit.cookie_pair().map(|_| payload_of(commit));
        assert_eq!(written(&commit), written(&twin), "{what}");
        assert_eq!(commit.is_removal(), twin.is_removal(), "{what}");
    }
}

/// Objects in which two keys are the same text.
const DUPLICATES: &[&str] = &[
    r#"{"a":1,"a":1}"#,
    r#"{"a":1,"a":2}"#,
    r#"{"a":1,"b":2,"a":3}"#,
    r#"{"a":1,"\u0061":2}"#,
    r#"{"\u0061":1,"a":2}"#,
    r#"{"\u0061":1,"\u0061":2}"#,
    r#"{"\u00e9":1,"\u00E9":2}"#,
    r#"{"é":1,"\u00e9":2}"#,
    r#"{"/":1,"\/":2}"#,
    r#"{"\b":1,"\u0008":2}"#,
    r#"{"\n":1,"\u000a":2}"#,
    r#"{"😀":1,"\ud83d\ude00":2}"#,
    r#"{"":1,"":2}"#,
    r#"{"\ud800":1,"\uD800":2}"#,
    r#"{ "a" : 1 , "a" : 1 }"#,
];

/// Objects in which two keys look the same and are not.
const LOOK_ALIKES: &[&str] = &[
    r#"{"a":1,"A":2}"#,
    r#"{"a":1,"a ":2}"#,
    r#"{"a":1,"a\u0000":2}"#,
    r#"{"a":{"a":1},"b":{"a":1}}"#,
    r#"{"é":1,"e\u0301":2}"#,
    r#"{"\ud800":1,"\ud801":2}"#,
    r#"{"\ud800":1,"\ufffd":2}"#,
    r#"{"\\u0061":1,"a":2}"#,
    r#"{"":1," ":2}"#,
];

#[track_caller]
fn assert_payload_is_refused(payload: &str) {
    let sessions = sessions();
    let session = sessions.open([format!("{NAME}={}", sign(NAME, payload, NOW))]);
    assert_eq!(session.rejection(), Some(&DecodeError::Payload), "{payload}");
    assert!(session.is_empty() && session.is_new() && !session.is_modified(), "{payload}");
    assert_eq!((session.created_at(), session.issued_at()), (None, None), "{payload}");
    assert_eq!(sessions.save(session).unwrap().set_cookies().count(), 0, "{payload}");
}

#[test]
fn refuses_duplicate_keys_when_read() {
    for data in DUPLICATES {
        assert_payload_is_refused(&format!("[{NOW},false,{data}]"));
    }
    for data in LOOK_ALIKES {
        assert_eq!(open_with(&sessions(), data).len(), 2, "{data}");
    }
}

#[test]
fn refuses_duplicate_keys_among_any_number() {
    for count in [2, 8, 14, 15, 16, 17, 40, 200] {
        let members: Vec<_> = (0..count).map(|n| format!("\"k{n}\":0")).collect();
        assert_eq!(open_with(&sessions(), &format!("{{{}}}", members.join(","))).len(), count);
        for (first, second) in [(0, count - 1), (0, 1), (count - 2, count - 1), (count / 2, count - 1)] {
            if first == second {
                continue;
            }
            let mut members = members.clone();
            members[second] = format!("\"\\u006b{first}\":0");
            assert_payload_is_refused(&format!("[{NOW},false,{{{}}}]", members.join(",")));
        }
    }
}

#[test]
fn never_writes_duplicate_keys() {
    struct Twice;

    impl Serialize for Twice {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut map = serializer.serialize_map(None)?;
            map.serialize_entry("a", &1)?;
            map.serialize_entry("a", &2)?;
            map.end()
        }
    }
    let sessions = sessions();
    let mut session = open_with(&sessions, r#"{"\u0061":1,"b":2}"#);
    session.insert("a", 3).unwrap();
    assert_eq!(session.len(), 2);
    session.update("a", |a: &mut u8| *a += 1).unwrap();
    assert!(matches!(session.write(&Twice), Err(SessionError::NotJson(_))));
    assert_eq!(data_of(&sessions.save(session).unwrap()), r#"{"\u0061":4,"b":2}"#);
}

/// A `Serialize` that gives up half-way.
struct Fails;

impl Serialize for Fails {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("half", "done")?;
        Err(S::Error::custom("the reason quotes data"))
    }
}

#[derive(Serialize)]
struct Named<T> {
    before: u8,
    value: T,
}

#[derive(Serialize)]
struct Newtype<T>(T);

#[derive(Serialize)]
enum Variant<T> {
    Newtype(T),
    Tuple(u8, T),
    Struct { value: T },
}

#[derive(Serialize)]
struct Flat<T> {
    #[serde(flatten)]
    inner: T,
}

#[track_caller]
fn refuses<T: Serialize + Copy>(value: T) {
    refuses_one("bare", value);
    refuses_one("some", Some(value));
    refuses_one("sequence", [value, value]);
    refuses_one("vector", vec![vec![value]]);
    refuses_one("tuple", (1, value));
    refuses_one("newtype", Newtype(value));
    refuses_one("struct", Named { before: 1, value });
    refuses_one("newtype variant", Variant::Newtype(value));
    refuses_one("tuple variant", Variant::Tuple(1, value));
    refuses_one("struct variant", Variant::Struct { value });
    refuses_one("map", BTreeMap::from([("key", value)]));
    refuses_one("flattened", Flat { inner: Named { before: 1, value } });
    refuses_one("reference in a box", Box::new(&value));
}

#[track_caller]
fn refuses_one<T: Serialize>(shape: &str, value: T) {
    let sessions = sessions();
    let data = r#"{"a":1, "b":[2]}"#;
    let mut session = open_with(&sessions, data);
    assert!(matches!(session.insert("a", &value), Err(SessionError::NotJson(_))), "{shape}");
    assert!(matches!(session.insert("new", &value), Err(SessionError::NotJson(_))), "{shape}");
    assert!(
        matches!(session.write(&BTreeMap::from([("a", &value)])), Err(SessionError::NotJson(_))),
        "{shape}"
    );
    assert!(matches!(session.write(&value), Err(SessionError::NotJson(_))), "{shape}");
    assert!(!session.is_modified(), "{shape}");
    session.set_permanent(true);
    assert_eq!(data_of(&sessions.save(session).unwrap()), data, "{shape}");
}

#[test]
fn refuses_what_has_no_json_form() {
    for value in [f64::NAN, -f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        refuses(value);
    }
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        refuses(value);
    }
    refuses_one("failing", Fails);
    refuses_one("keys that are not strings", BTreeMap::from([((1, 2), 3)]));
    refuses_one("keys that are sequences", BTreeMap::from([(vec![1], 3)]));
}

/// Says that it is empty, each in another way, and is not.
#[derive(Clone, Copy, Debug)]
enum SaysEmpty {
    Map,
    Seq,
    Tuple,
    TupleStruct,
    TupleVariant,
    Struct,
    StructVariant,
}

impl Serialize for SaysEmpty {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        macro_rules! one {
            ($begin:expr, $method:ident($($name:literal)?)) => {{
                let mut compound = $begin?;
                compound.$method($($name,)? &1)?;
                compound.end()
            }};
        }
        match self {
            Self::Map => {
                let mut map = serializer.serialize_map(Some(0))?;
                map.serialize_entry("a", &1)?;
                map.end()
            }
            Self::Seq => one!(serializer.serialize_seq(Some(0)), serialize_element()),
            Self::Tuple => one!(serializer.serialize_tuple(0), serialize_element()),
            Self::TupleStruct => one!(serializer.serialize_tuple_struct("T", 0), serialize_field()),
            Self::TupleVariant => one!(serializer.serialize_tuple_variant("T", 0, "V", 0), serialize_field()),
            Self::Struct => one!(serializer.serialize_struct("T", 0), serialize_field("a")),
            Self::StructVariant => {
                one!(serializer.serialize_struct_variant("T", 0, "V", 0), serialize_field("a"))
            }
        }
    }
}

#[test]
fn what_says_that_it_is_empty_and_is_not_is_json_all_the_same() {
    let sessions = sessions();
    for (says, json) in [
        (SaysEmpty::Map, r#"{"a":1}"#),
        (SaysEmpty::Seq, "[1]"),
        (SaysEmpty::Tuple, "[1]"),
        (SaysEmpty::TupleStruct, "[1]"),
        (SaysEmpty::TupleVariant, r#"{"V":[1]}"#),
        (SaysEmpty::Struct, r#"{"a":1}"#),
        (SaysEmpty::StructVariant, r#"{"V":{"a":1}}"#),
    ] {
        let mut session = sessions.start();
        session.insert("v", says).unwrap();
        assert_eq!(session.get_raw("v"), Some(json), "{says:?}");
        if json.starts_with('{') {
            session.write(&says).unwrap();
            assert_eq!(session.read::<Value>().unwrap().to_string(), json, "{says:?}");
        }
        let session = sessions.open(sessions.save(session).unwrap().cookie_pair());
        assert_eq!(session.rejection(), None, "{says:?}");
    }
}

#[test]
fn an_update_to_what_has_no_json_form_changes_nothing() {
    let sessions = sessions();
    let mut session = open_with(&sessions, r#"{"a":1.5}"#);
    assert!(matches!(session.update("a", |a: &mut f64| *a /= 0.0), Err(SessionError::NotJson(_))));
    assert!(matches!(session.update("new", |a: &mut f64| *a = f64::NAN), Err(SessionError::NotJson(_))));
    assert_eq!((session.get_raw("a"), session.len(), session.is_modified()), (Some("1.5"), 1, false));
}

#[test]
fn write_takes_objects_only() {
    let mut session = open_with(&sessions(), r#"{"a":1}"#);
    for value in [json!(null), json!(1), json!("{}"), json!([]), json!([["a", 1]]), json!(true)] {
        assert!(matches!(session.write(&value), Err(SessionError::NotJson(_))), "{value}");
    }
    assert_eq!((session.get_raw("a"), session.is_modified()), (Some("1"), false));
}

/// Runs in a thread whose stack is as small as an embedded program's; an overflow ends the process.
fn with_stack<R: Send + 'static>(kib: usize, run: impl FnOnce() -> R + Send + 'static) -> R {
    thread::Builder::new().stack_size(kib * 1024).spawn(run).unwrap().join().unwrap()
}

/// Nested values of a depth: arrays, objects, and both in turn.
const BOMBS: &[(&str, &str, &str)] =
    &[("[", "]", "arrays"), (r#"{"":"#, "}", "objects"), (r#"[{"a":["#, "]}]", "both")];

fn bomb((open, close, _): (&str, &str, &str), depth: usize) -> String {
    format!("{}0{}", open.repeat(depth), close.repeat(depth))
}

#[test]
#[cfg_attr(target_family = "wasm", ignore = "WASI starts no processes")]
fn opens_any_depth_on_a_small_stack() {
    if !is_own_process("opens_any_depth_on_a_small_stack") {
        return;
    }
    let depths: Vec<_> = (1..=200).chain((200..=1500).step_by(50)).collect();
    let opened = with_stack(64, move || {
        let sessions = sessions();
        let mut opened = [0; BOMBS.len()];
        for (n, shape) in BOMBS.iter().enumerate() {
            for depth in &depths {
                let value = bomb(*shape, *depth);
                let cookie = cookie_with(&format!(r#"{{"deep":{value},"flat":1}}"#));
                if cookie.len() > 4097 {
                    break;
                }
                let mut session = sessions.open([&cookie]);
                assert_eq!(session.rejection(), None, "{} of depth {depth}", shape.2);
                assert_eq!(session.get_raw("deep"), Some(value.as_str()));
                session.insert("flat", 2).unwrap();
                let commit = sessions.save(session).unwrap();
                assert_eq!(data_of(&commit), format!(r#"{{"deep":{value},"flat":2}}"#));
                opened[n] = *depth;
            }
        }
        opened
    });
    // As deep as 4096 bytes allow.
    assert_eq!(opened, [1450, 550, 250]);
}

#[test]
#[cfg_attr(target_family = "wasm", ignore = "WASI starts no processes")]
fn a_value_too_deep_to_parse_is_of_the_wrong_type() {
    if !is_own_process("a_value_too_deep_to_parse_is_of_the_wrong_type") {
        return;
    }
    let answers = with_stack(512, || {
        let sessions = sessions();
        let depths = [1, 50, 125, 126, 127, 128, 129, 200, 550];
        depths.map(|depth| {
            let value = bomb(BOMBS[1], depth);
            let mut session = open_with(&sessions, &format!(r#"{{"deep":{value}}}"#));
            let got = session.get::<Value>("deep");
            assert_eq!(session.read::<BTreeMap<String, Value>>().is_ok(), depth < 127, "{depth}");
            assert_eq!(session.update("deep", |_: &mut Value| ()).is_ok(), got.is_ok(), "{depth}");
            if got.is_err() {
                assert!(matches!(session.take::<Value>("deep"), Err(SessionError::WrongType(_))));
                assert_eq!(session.get_raw("deep"), Some(value.as_str()), "it stays");
            }
            match got {
                Ok(value) => value.is_some(),
                Err(error) => !matches!(error, SessionError::WrongType(_)),
            }
        })
    });
    assert_eq!(answers, [true, true, true, true, true, false, false, false, false]);
}

#[test]
#[cfg_attr(target_family = "wasm", ignore = "WASI starts no processes")]
fn opens_as_many_entries_as_fit() {
    if !is_own_process("opens_as_many_entries_as_fit") {
        return;
    }
    let members: Vec<_> = (0..380).map(|n| format!("\"{n}\":0")).collect();
    let cookie = cookie_with(&format!("{{{}}}", members.join(",")));
    assert!(cookie.len() > 3900, "{}", cookie.len());
    let opened = with_stack(64, move || {
        let sessions = sessions();
        let session = sessions.open([&cookie]);
        (session.rejection().copied(), session.len(), session.get::<u8>("379").unwrap())
    });
    assert_eq!(opened, (None, 380, Some(0)));
}

#[test]
fn every_version_of_a_program_survives_the_cookies_of_every_other() {
    #[derive(Serialize, Deserialize, Default)]
    struct Old {
        name: String,
        visits: u32,
    }
    #[derive(Serialize, Deserialize, Default)]
    struct New {
        name: String,
        visits: Vec<u64>,
        admin: bool,
    }
    fn reads<T: DeserializeOwned>(session: &Session) -> [Result<(), SessionError>; 2] {
        [session.get::<T>("user").map(drop), session.read::<BTreeMap<String, T>>().map(drop)]
    }
    let old = serde_json::to_string(&Old { name: "Ada".into(), visits: 3 }).unwrap();
    let new = serde_json::to_string(&New { name: "Ada".into(), visits: vec![3], admin: true }).unwrap();
    let sessions = sessions();
    for (writer, text) in [("old", &old), ("new", &new)] {
        for reader in ["old", "new"] {
            let session = open_with(&sessions, &format!(r#"{{"user":{text},"theme":"dark"}}"#));
            let session_of_users = open_with(&sessions, &format!(r#"{{"user":{text}}}"#));
            let [get, _] = if reader == "old" { reads::<Old>(&session) } else { reads::<New>(&session) };
            let [_, read] = if reader == "old" {
                reads::<Old>(&session_of_users)
            } else {
                reads::<New>(&session_of_users)
            };
            for answer in [get, read] {
                match answer {
                    Ok(()) => assert_eq!(writer, reader),
                    Err(SessionError::WrongType(wrong)) => {
                        assert_ne!(writer, reader);
                        assert!(wrong.expected().to_lowercase().contains(reader), "{wrong}");
                    }
                    Err(error) => panic!("{error}"),
                }
            }
            assert_eq!(session.get::<String>("theme").unwrap().as_deref(), Some("dark"));
            let commit = sessions.save(session).unwrap();
            assert_eq!(commit.set_cookies().count(), 0, "the cookie is left alone");
        }
    }
}

#[test]
fn an_update_of_the_wrong_type_does_not_run() {
    let mut session = open_with(&sessions(), r#"{"visits":"three"}"#);
    let answer = session.update("visits", |_: &mut u32| panic!("the value is no u32"));
    assert!(matches!(answer, Err(SessionError::WrongType(_))));
    assert_eq!((session.get_raw("visits"), session.is_modified()), (Some("\"three\""), false));
}

#[test]
fn taking_as_the_wrong_type_leaves_the_value() {
    let mut session = open_with(&sessions(), r#"{"cart":["apple"]}"#);
    assert!(matches!(session.take::<u8>("cart"), Err(SessionError::WrongType(_))));
    assert_eq!((session.get_raw("cart"), session.is_modified()), (Some(r#"["apple"]"#), false));
    assert_eq!(session.take("cart"), Ok(Some(vec!["apple".to_owned()])));
    assert_eq!((session.take::<u8>("cart"), session.is_empty()), (Ok(None), true));
}

#[test]
fn a_payload_that_is_no_session_is_refused() {
    let shapes = [
        "",
        " ",
        "null",
        "1",
        "\"\"",
        "{}",
        r#"{"a":1}"#,
        "[]",
        "[NOW]",
        "[NOW,false]",
        "[NOW,false,]",
        "[NOW,false,null]",
        "[NOW,false,[]]",
        "[NOW,false,[[\"a\",1]]]",
        "[NOW,false,\"{}\"]",
        "[NOW,false,{}",
        "[NOW,false,{]",
        "[NOW,false,{}],",
        "[NOW,false,{},]",
        "[NOW,false,{}]]",
        "[NOW,false,{}] x",
        "[NOW,false,{}][NOW,false,{}]",
        "[NOW,false,{},null]",
        "[NOW,false,{},{}]",
        "[NOW,{},false]",
        "[NOW,0,{}]",
        "[NOW,null,{}]",
        "[NOW,\"false\",{}]",
        "[NOW,False,{}]",
        "[\"NOW\",false,{}]",
        "[NOW.0,false,{}]",
        "[NOW.5,false,{}]",
        "[-NOW,false,{}]",
        "[-1,false,{}]",
        "[-0,false,{}]",
        "[0NOW,false,{}]",
        "[+NOW,false,{}]",
        "[1e9,false,{}]",
        "[null,false,{}]",
        "[18446744073709551616,false,{}]",
        "[NOW,false,{a:1}]",
        "[NOW,false,{'a':1}]",
        "[NOW,false,{1:1}]",
        "[NOW,false,{null:1}]",
        "[NOW,false,{[]:1}]",
        "[NOW,false,{\"a\"}]",
        "[NOW,false,{\"a\":}]",
        "[NOW,false,{\"a\":1,}]",
        "[NOW,false,{,\"a\":1}]",
        "[NOW,false,{\"a\":1;\"b\":2}]",
        "[NOW,false,{\"a\":NaN}]",
        "[NOW,false,{\"a\":Infinity}]",
        "[NOW,false,{\"a\":-}]",
        "[NOW,false,{\"a\":01}]",
        "[NOW,false,{\"a\":.5}]",
        "[NOW,false,{\"a\":1.}]",
        "[NOW,false,{\"a\":tru}]",
        "[NOW,false,{\"a\":[1,]}]",
        "[NOW,false,{\"a\":[}]}]",
        "[NOW,false,{\"a\":\"\\x\"}]",
        "[NOW,false,{\"a\":\"\\u12\"}]",
        "[NOW,false,{\"a\":\"\n\"}]",
        "[NOW,false,{\"\\u12\":1}]",
        "[NOW,false,{\"\n\":1}]",
        "[NOW,false,{\"a\":1}/**/]",
        "\u{feff}[NOW,false,{}]",
        ".eJyLjgUAARUAuQ",
    ];
    for shape in shapes {
        assert_payload_is_refused(&shape.replace("NOW", &NOW.to_string()));
    }
    // The nearest neighbours that are sessions.
    for shape in ["[NOW,false,{}]", " [ NOW , false , { } ] ", "[NOW,true,{\"a\":[{}]}]"] {
        let token = sign(NAME, shape.replace("NOW", &NOW.to_string()), NOW);
        assert_eq!(sessions().open([format!("{NAME}={token}")]).rejection(), None, "{shape}");
    }
}

#[test]
fn a_payload_that_is_no_text_is_refused() {
    let sessions = sessions();
    for data in [&b"{\"a\":\"\xff\"}"[..], b"{\"\xc3\x28\":1}", b"{\"a\":\"\xed\xa0\x80\"}"] {
        let payload = [format!("[{NOW},false,").as_bytes(), data, b"]"].concat();
        let session = sessions.open([format!("{NAME}={}", sign(NAME, payload, NOW))]);
        assert_eq!(session.rejection(), Some(&DecodeError::Payload));
    }
}

#[test]
fn any_text_is_a_key() {
    let keys =
        ["", " ", "a", "a.b", "\"", "\\", "\\u0061", "\n", "\0", "ключ", "\u{1f600}", "__proto__", "[", "{}"];
    let sessions = sessions();
    let mut session = sessions.start();
    for (n, key) in keys.iter().enumerate() {
        assert!(!session.contains_key(key), "{key:?}");
        session.insert(key, n).unwrap();
        assert_eq!(session.len(), n + 1);
    }
    let commit = sessions.save(session).unwrap();
    let mut session = sessions.open(commit.cookie_pair());
    assert_eq!(keys_of(&session), keys);
    for (n, key) in keys.iter().enumerate() {
        assert!(session.contains_key(key), "{key:?}");
        assert_eq!(session.get(key), Ok(Some(n)), "{key:?}");
        session.insert(key, n + 100).unwrap();
        assert_eq!(session.len(), keys.len() - n);
        assert!(session.remove(key) && !session.remove(key), "{key:?}");
        assert_eq!(session.get::<usize>(key), Ok(None), "{key:?}");
    }
    assert!(session.is_empty());
}

#[test]
fn a_replaced_value_keeps_its_place_and_a_new_one_goes_last() {
    let mut session = open_with(&sessions(), r#"{"c":1,"a":2,"b":3}"#);
    session.insert("a", 9).unwrap();
    assert_eq!(keys_of(&session), ["c", "a", "b"]);
    reinsert(&mut session, "c");
    session.insert("0", 0).unwrap();
    assert_eq!(keys_of(&session), ["a", "b", "c", "0"]);
}

#[test]
fn update_begins_with_the_default_and_returns_the_closures_answer() {
    let mut session = sessions().start();
    let visits = |session: &mut Session| {
        session.update("visits", |visits: &mut u32| {
            *visits += 1;
            *visits * 10
        })
    };
    assert_eq!((visits(&mut session), visits(&mut session)), (Ok(10), Ok(20)));
    assert_eq!(session.get("visits"), Ok(Some(2)));
}

#[test]
fn reads_and_writes_a_whole_struct() {
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct Login {
        user_id: u64,
        #[serde(default)]
        flashes: Vec<String>,
    }
    let sessions = sessions();
    let mut session = open_with(&sessions, r#"{"other":1,"user_id":41}"#);
    assert_eq!(session.read(), Ok(Login { user_id: 41, flashes: vec![] }));
    let login = Login { user_id: 42, flashes: vec!["hi".into()] };
    session.write(&login).unwrap();
    assert_eq!(keys_of(&session), ["user_id", "flashes"], "write replaces everything");
    assert_eq!(session.read::<Login>().as_ref(), Ok(&login));
    let commit = sessions.save(session).unwrap();
    assert_eq!(sessions.open(commit.cookie_pair()).read(), Ok(login));
    assert!(matches!(sessions.start().read::<Login>(), Err(SessionError::WrongType(_))));
    assert_eq!(sessions.start().read::<BTreeMap<String, u8>>(), Ok(BTreeMap::new()));
}

#[test]
fn tells_what_is_known_about_a_session() {
    type Facts = (Option<u64>, Option<u64>, bool, bool, Option<KeyRole>, Option<DecodeError>);
    fn facts(session: &Session) -> Facts {
        let seconds = |time: std::time::SystemTime| time.duration_since(at(0)).unwrap().as_secs();
        (
            session.created_at().map(seconds),
            session.issued_at().map(seconds),
            session.is_new(),
            session.permanent(),
            session.verified_by(),
            session.rejection().copied(),
        )
    }
    let sessions = sessions();
    let current = Some(KeyRole::Current);
    let (created, issued) = (NOW - DAY, NOW - 60);
    let token = sign(NAME, format!(r#"[{created},true,{{"a":1}}]"#), issued);
    let open = || sessions.open([format!("{NAME}={token}")]);

    assert_eq!(facts(&sessions.start()), (None, None, true, false, None, None), "started");
    assert_eq!(facts(&open()), (Some(created), Some(issued), false, true, current, None), "opened");
    let mut session = open();
    session.insert("a", 2).unwrap();
    session.set_permanent(false);
    assert_eq!(facts(&session), (Some(created), Some(issued), false, false, current, None), "changed");
    session.renew();
    assert_eq!(facts(&session), (None, Some(issued), false, false, current, None), "renewed");
    let mut session = open();
    session.clear();
    assert_eq!(facts(&session), (None, Some(issued), true, false, current, None), "cleared");
    assert_eq!((session.len(), session.get_raw("a")), (0, None), "cleared");
    let session = sessions.open([cookie_at("{}", NOW - 2 * HOUR - 1)]);
    assert_eq!(facts(&session), (None, None, true, false, None, Some(DecodeError::Expired)), "rejected");
}

#[test]
fn one_reading_of_the_clock_serves_a_request() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    let readings = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&readings);
    let sessions =
        builder().clock(move || at(NOW + counter.fetch_add(1, Ordering::Relaxed) * HOUR)).build().unwrap();
    let cookie = cookie_at(r#"{"a":1}"#, NOW - HOUR);
    let commit = sessions.save(sessions.open([&cookie])).unwrap();
    assert_eq!((commit.set_cookies().count(), readings.load(Ordering::Relaxed)), (1, 1));

    // What nobody signed is not worth a reading.
    let forged = cookie.replace("session=", "session=A");
    let commit = sessions.save(sessions.open([forged])).unwrap();
    assert_eq!((commit.set_cookies().count(), readings.load(Ordering::Relaxed)), (0, 1));
}
