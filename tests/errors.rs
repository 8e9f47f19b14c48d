//! An error says which key it is about and what was found there, in words that quote no data.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

mod support;

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::marker::PhantomData;
use std::num::NonZeroU8;

use cookie_session::{KeyRing, Session, SessionError, Sessions};
use serde::de::{DeserializeOwned, Deserializer, Error as _, MapAccess, Unexpected, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;
use support::forge::key;

fn sessions() -> Sessions {
    Sessions::builder(KeyRing::new(key(1))).build().unwrap()
}

/// A session that holds this JSON.
fn session(json: &str) -> Session {
    let mut session = sessions().start();
    session.write(&serde_json::from_str::<BTreeMap<String, Box<RawValue>>>(json).expect(json)).unwrap();
    session
}

type Ask = fn(&Session) -> SessionError;

fn get<T: DeserializeOwned + fmt::Debug>(session: &Session) -> SessionError {
    let error = session.get::<T>("v").unwrap_err();
    let SessionError::WrongType(wrong) = &error else { panic!("{error}") };
    assert_eq!((wrong.key(), wrong.expected()), (Some("v"), std::any::type_name::<T>()));
    error
}

fn read<T: DeserializeOwned + fmt::Debug>(session: &Session) -> SessionError {
    let error = session.read::<T>().unwrap_err();
    let SessionError::WrongType(wrong) = &error else { panic!("{error}") };
    assert_eq!((wrong.key(), wrong.expected()), (None, std::any::type_name::<T>()));
    error
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only read from JSON")]
struct User {
    name: String,
    address: Option<Address>,
    #[serde(default)]
    lines: Vec<Line>,
    #[serde(default, rename = "byDay")]
    by_day: HashMap<String, Line>,
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only read from JSON")]
struct Address {
    city: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only read from JSON")]
struct Line {
    count: u32,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Role {
    Admin,
    Guest(#[expect(dead_code, reason = "only read from JSON")] u8),
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only read from JSON")]
struct Flat {
    id: u32,
    #[serde(flatten)]
    line: Line,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
#[expect(dead_code, reason = "only read from JSON")]
enum Either {
    Number(u32),
    Line(Line),
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only read from JSON")]
struct Wrapped(Line);

#[test]
fn names_the_key_and_what_was_found() {
    let table: &[(&str, Ask, &str)] = &[
        // Kinds of JSON.
        ("null", get::<String>, "is null, not a string"),
        ("true", get::<String>, "is a boolean, not a string"),
        ("7", get::<String>, "is an integer, not a string"),
        ("-7", get::<bool>, "is an integer, not a boolean"),
        ("7.5", get::<u32>, "is a float, not u32"),
        ("1e2", get::<u32>, "is a float, not u32"),
        (r#""cart""#, get::<Vec<u32>>, "is a string, not a sequence"),
        ("[1]", get::<String>, "is a sequence, not a string"),
        (r#"{"a":1}"#, get::<Vec<u32>>, "is a map, not a sequence"),
        ("1", get::<Option<String>>, "is an integer, not a string"),
        ("1", get::<Box<String>>, "is an integer, not a string"),
        ("1", get::<()>, "is an integer, not unit"),
        // Values that are out of bounds.
        ("300", get::<u8>, "is an integer that is not u8"),
        ("-1", get::<u8>, "is an integer that is not u8"),
        ("340282366920938463463374607431768211455", get::<u64>, "is a number, but not of type u64"),
        ("0", get::<NonZeroU8>, "is an integer that is not a nonzero u8"),
        (r#""ab""#, get::<char>, "is a string that is not a character"),
        ("[1,2]", get::<(u8, u8, u8)>, "has another length than a tuple of size 3"),
        // Structs, and the way to what is wrong in them.
        ("3", get::<User>, "is an integer, not struct User"),
        ("{}", get::<User>, "lacks the field `name`"),
        (r#"{"name":1}"#, get::<User>, ".name is an integer, not a string"),
        (r#"{"name":"x","address":{}}"#, get::<User>, ".address lacks the field `city`"),
        (r#"{"name":"x","address":{"city":[]}}"#, get::<User>, ".address.city is a sequence, not a string"),
        (
            r#"{"name":"x","lines":[{"count":1},{"count":"2"}]}"#,
            get::<User>,
            ".lines[..].count is a string, not u32",
        ),
        (r#"{"name":"x","byDay":{"monday":{}}}"#, get::<User>, ".byDay[..] lacks the field `count`"),
        (r#"{"count":1,"more":2}"#, get::<Line>, "has a field that its type does not have"),
        (r#"{"count":1,"count":2}"#, get::<Line>, "is a map, but not of type errors::Line"),
        ("[]", get::<Wrapped>, "has another length than struct Line with 1 element"),
        ("7", get::<Wrapped>, "is an integer, not struct Line"),
        // Maps, whose keys are data.
        (r#"{"monday":{"count":null}}"#, get::<BTreeMap<String, Line>>, "[..].count is null, not u32"),
        (r#"{"7":{"count":null}}"#, get::<BTreeMap<u8, Line>>, "[..].count is null, not u32"),
        (r#"{"-7":{"count":null}}"#, get::<BTreeMap<i8, Line>>, "[..].count is null, not u32"),
        (r#"{"admin":{"count":null}}"#, get::<BTreeMap<String, Line>>, "[..].count is null, not u32"),
        (
            r#"{"monday":1}"#,
            get::<BTreeMap<u8, u8>>,
            "is a map, but not of type alloc::collections::btree::map::BTreeMap<u8, u8>",
        ),
        // Enums.
        (r#""root""#, get::<Role>, "names no variant of the enum"),
        (r#"{"guest":"x"}"#, get::<Role>, "[..] is a string, not u8"),
        ("7", get::<Role>, "is an integer, not enum Role"),
        // Where a type reads by means of its own, less can be said, and nothing wrong.
        (r#"{"id":1,"count":"x"}"#, get::<Flat>, "is a map, but not of type errors::Flat"),
        (r#"{"id":1}"#, get::<Flat>, "lacks the field `count`"),
        (r#""x""#, get::<Either>, "is a string, but not of type errors::Either"),
        (
            r#"[{"a":1}]"#,
            get::<Vec<Either>>,
            "is a sequence, but not of type alloc::vec::Vec<errors::Either>",
        ),
    ];
    for (json, ask, expected) in table {
        let error = ask(&session(&format!(r#"{{"v":{json}}}"#)));
        let expected = match expected.strip_prefix(['.', '[']) {
            Some(_) => {
                let (path, rest) = expected.split_once(' ').unwrap();
                format!("session value `v{path}` {rest}")
            }
            None => format!("session value `v` {expected}"),
        };
        assert_eq!(error.to_string(), expected, "{json}");
    }
}

#[test]
fn names_what_is_wrong_in_a_session_that_is_read_as_a_whole() {
    let table: &[(&str, Ask, &str)] = &[
        ("{}", read::<User>, "session lacks the field `name`"),
        (r#"{"name":1}"#, read::<User>, "session value `name` is an integer, not a string"),
        (
            r#"{"name":"x","address":{"city":1}}"#,
            read::<User>,
            "session value `address.city` is an integer, not a string",
        ),
        (r#"{"a":"x"}"#, read::<BTreeMap<String, u8>>, "session value `[..]` is a string, not u8"),
        (r#"{"a":"x"}"#, read::<Vec<u8>>, "session is a map, not a sequence"),
    ];
    for (json, ask, expected) in table {
        assert_eq!(ask(&session(json)).to_string(), *expected, "{json}");
    }
}

#[test]
fn every_method_names_the_key() {
    let mut session = session(r#"{"cart":"apples"}"#);
    let expected = "session value `cart` is a string, not a sequence";
    assert_eq!(session.get::<Vec<u8>>("cart").unwrap_err().to_string(), expected);
    assert_eq!(session.take::<Vec<u8>>("cart").unwrap_err().to_string(), expected);
    assert_eq!(session.update("cart", |cart: &mut Vec<u8>| cart.push(1)).unwrap_err().to_string(), expected);
}

#[test]
fn a_key_stays_on_its_line() {
    let key = "evil\n\"key\u{1b}[31m\u{202e}".to_owned() + &"x".repeat(100);
    let mut session = sessions().start();
    session.insert(&key, 1).unwrap();
    let texts = [
        session.get::<String>(&key).unwrap_err().to_string(),
        session.insert(&key, f64::NAN).unwrap_err().to_string(),
    ];
    for text in texts {
        assert!(text.starts_with(r#"session value `evil\n\"key\u{1b}[31m\u{202e}xx"#), "{text}");
        assert!(text.chars().all(|c| c.is_ascii_graphic() || c == ' ') && text.len() < 180, "{text}");
    }
}

/// Fails to be written, and says why in its own words.
struct Fails;

impl Serialize for Fails {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("the visitor's password is swordfish"))
    }
}

#[test]
fn names_the_key_of_what_cannot_be_written() {
    let mut session = sessions().start();
    let not_finite = "JSON has no NaN and no infinity";
    let keys = "the keys of a map are not strings";
    let fails = "its type refuses to be written";
    let table = [
        (session.insert("v", f64::NAN), not_finite),
        (session.insert("v", [f32::INFINITY]), not_finite),
        (session.insert("v", BTreeMap::from([((1, 2), 3)])), keys),
        (session.insert("v", BTreeMap::from([(None::<u8>, 3)])), keys),
        (session.insert("v", Fails), fails),
        (session.update("v", |v: &mut f64| *v = f64::NAN), not_finite),
    ];
    for (result, why) in table {
        let error = result.unwrap_err();
        assert_eq!(error.to_string(), format!("session value `v` cannot be written: {why}"));
        let SessionError::NotJson(not_json) = error else { panic!("{error}") };
        assert_eq!(not_json.key(), Some("v"));
    }
    let table = [
        (session.write(&f64::NAN), not_finite),
        (session.write(&BTreeMap::from([("a", f64::NAN)])), not_finite),
        (session.write(&Fails), fails),
        (session.write(&1), "a number is no object"),
        (session.write("text"), "a string is no object"),
        (session.write(&[1]), "a sequence is no object"),
        (session.write(&()), "null is no object"),
        (session.write(&true), "a boolean is no object"),
        (session.write(&Twice), "a key comes twice"),
    ];
    for (result, why) in table {
        let error = result.unwrap_err();
        assert_eq!(error.to_string(), format!("session cannot be written: {why}"));
        let SessionError::NotJson(not_json) = error else { panic!("{error}") };
        assert_eq!(not_json.key(), None);
    }
}

struct Twice;

impl Serialize for Twice {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map([("a", 1), ("a", 2)])
    }
}

/// Each of these says what it was given, in every way in which a type can.
trait Tells {
    fn tell<E: serde::de::Error>(value: &str) -> E;
}

macro_rules! tells {
    ($($name:ident: |$value:ident| $error:expr;)*) => {
        $(#[derive(Debug)]
        struct $name;

        impl Tells for $name {
            fn tell<E: serde::de::Error>($value: &str) -> E {
                $error
            }
        })*
    };
}

tells! {
    Custom: |value| E::custom(format_args!("no {value}"));
    Type: |value| E::invalid_type(Unexpected::Str(value), &format!("better than {value}").as_str());
    Value: |value| E::invalid_value(Unexpected::Str(value), &format!("better than {value}").as_str());
    Bare: |value| E::invalid_value(Unexpected::Str(value), &value);
    Escaped: |value| E::invalid_value(Unexpected::Str(value), &value.escape_unicode().to_string().as_str());
    Upper: |value| E::invalid_value(Unexpected::Str(value), &value.to_uppercase().as_str());
    Title: |value| {
        let (first, rest) = value.split_at(value.chars().next().map_or(0, char::len_utf8));
        E::invalid_value(Unexpected::Str(value), &format!("{}{rest}", first.to_uppercase()).as_str())
    };
    Other: |value| E::invalid_type(Unexpected::Other(value), &"another");
    Length: |value| E::invalid_length(7, &format!("that of {value}").as_str());
    Variant: |value| E::unknown_variant(value, &["a"]);
    Field: |value| E::unknown_field(value, &["a"]);
}

#[derive(Debug)]
struct Told<T>(PhantomData<T>);

impl<'de, T: Tells> Deserialize<'de> for Told<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Err(T::tell(&String::deserialize(deserializer)?))
    }
}

/// Expects what it has read before.
#[derive(Debug)]
struct Expecting;

impl<'de> Deserialize<'de> for Expecting {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Keyed(String);

        impl<'de> Visitor<'de> for Keyed {
            type Value = Expecting;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "something like {}", self.0)
            }

            fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Expecting, A::Error> {
                while let Some((key, _)) = map.next_entry::<String, String>()? {
                    self.0 = key;
                }
                Err(A::Error::invalid_type(Unexpected::Map, &self))
            }
        }
        deserializer.deserialize_map(Keyed(String::new()))
    }
}

#[test]
fn a_type_that_tells_what_it_was_given_is_not_repeated() {
    fn ask<T: Tells + fmt::Debug>(session: &Session) -> [String; 3] {
        [
            session.get::<Told<T>>("v").unwrap_err().to_string(),
            session.get::<Vec<Told<T>>>("list").unwrap_err().to_string(),
            session.get::<BTreeMap<String, Told<T>>>("map").unwrap_err().to_string(),
        ]
    }
    for canary in ["swordfish", "7361", "ab1", "schlüssel", "密码", "with \"quotes\"", "line\nline"] {
        let mut session = sessions().start();
        session.insert("v", canary).unwrap();
        session.insert("list", [canary]).unwrap();
        session.insert("map", BTreeMap::from([(canary, canary)])).unwrap();
        let texts = [
            ask::<Custom>(&session),
            ask::<Type>(&session),
            ask::<Value>(&session),
            ask::<Bare>(&session),
            ask::<Escaped>(&session),
            ask::<Upper>(&session),
            ask::<Title>(&session),
            ask::<Other>(&session),
            ask::<Length>(&session),
            ask::<Variant>(&session),
            ask::<Field>(&session),
        ];
        let others = [
            session.get::<Expecting>("map").unwrap_err().to_string(),
            session.get::<BTreeMap<u8, u8>>("map").unwrap_err().to_string(),
            session.get::<Role>("v").unwrap_err().to_string(),
            session.get::<Role>("map").unwrap_err().to_string(),
            session.get::<Line>("map").unwrap_err().to_string(),
            session.get::<u8>("v").unwrap_err().to_string(),
        ];
        for text in texts.into_iter().flatten().chain(others) {
            let escaped = canary.escape_unicode().to_string();
            let shown = text.to_lowercase();
            assert!(!shown.contains(canary) && !shown.contains(&escaped), "{text}");
            assert!(text.starts_with("session value `"), "{text}");
        }
    }
}

#[test]
#[cfg_attr(target_family = "wasm", ignore = "WASI starts no threads")]
fn explains_deep_values_on_a_small_stack() {
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only read from JSON")]
    struct Nested {
        next: Option<Box<Nested>>,
        end: Option<u8>,
    }
    let ask = |depth: usize| {
        let json =
            format!("{{\"v\":{}{}{}}}", r#"{"next":"#.repeat(depth), r#"{"end":"x"}"#, "}".repeat(depth));
        move || {
            let session = session(&json);
            session.get::<Nested>("v").unwrap_err().to_string()
        }
    };
    for (depth, expected) in [
        (1, "session value `v.next.end` is a string, not u8".to_owned()),
        (31, format!("session value `v{}.end` is a string, not u8", ".next".repeat(31))),
    ] {
        let thread = std::thread::Builder::new().stack_size(512 * 1024).spawn(ask(depth)).unwrap();
        assert_eq!(thread.join().unwrap(), expected);
    }
    for depth in [32, 100, 126, 127, 128, 300] {
        let thread = std::thread::Builder::new().stack_size(512 * 1024).spawn(ask(depth)).unwrap();
        assert!(
            thread.join().unwrap().starts_with("session value `v` is a map, but not of type "),
            "{depth}"
        );
    }
}
