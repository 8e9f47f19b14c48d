//! What the profiles of Flask, Django and Starlette promise beyond the vectors: types, flashes, what goes back
//! untouched, what is never written, clocks, sizes, inflation and secrets.

#![cfg(all(feature = "flask", feature = "django", feature = "starlette"))]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test may panic and print"
)]

mod support;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use cookie_session::flask::{Digest, KeyDerivation};
use cookie_session::{
    DecodeError, KeyErrorKind, Lifetime, Session, SessionError, Sessions, django, flask, starlette,
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use support::forge::{self, Forge, Prng, b64, timestamp};
use support::jar::{Jar, Stored, Why};
use support::python::{self, NAMES, Typed, plaintext, random_value};
use support::setup::{HOME, NOW, at};

const SECRET: &[u8] = b"the secret of the application";

fn flask_profile() -> flask::Profile {
    flask::Profile::new(flask::SecretKey::new(SECRET).unwrap())
}

fn django_profile() -> django::Profile {
    django::Profile::new(django::SecretKey::new(SECRET).unwrap())
}

fn starlette_profile() -> starlette::Profile {
    starlette::Profile::new(starlette::SecretKey::new(SECRET).unwrap())
}

fn build(profile: impl Into<cookie_session::Profile>) -> Sessions {
    Sessions::builder(profile).clock(|| at(NOW)).build().unwrap()
}

fn flask_sessions() -> Sessions {
    // The same ones at every call, since sessions belong to those that opened them.
    static FLASK: LazyLock<Sessions> = LazyLock::new(|| build(flask_profile()));
    FLASK.clone()
}

fn all() -> [(&'static str, char, Sessions); 3] {
    [
        ("flask", '.', flask_sessions()),
        ("django", ':', build(django_profile())),
        ("starlette", '.', build(starlette_profile())),
    ]
}

/// Signs a payload as Flask would.
fn flask_cookie(payload: &str, issued: u64) -> String {
    let digest = forge::Digest::Sha1;
    let forge = Forge::signing(digest.hmac(SECRET, b"cookie-session"), digest);
    format!("session={}", forge.sign(payload, &timestamp(issued)))
}

fn flask_with(json: &str) -> String {
    flask_cookie(&b64(json.as_bytes()), NOW)
}

#[track_caller]
fn open_flask(json: &str) -> Session {
    let session = flask_sessions().open([flask_with(json)]);
    assert_eq!(session.rejection(), None, "{json}");
    session
}

/// Returns the cookie that is set, as one pair.
#[track_caller]
fn pair(sessions: &Sessions, session: Session) -> String {
    sessions.save(session).unwrap().cookie_pair().expect("a cookie").to_owned()
}

/// Returns the JSON text in the cookie that is set.
#[track_caller]
fn text(sessions: &Sessions, session: Session, separator: char) -> String {
    plaintext(pair(sessions, session).split_once('=').unwrap().1, separator)
}

// Flask's types.

fn seen() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_577_934_245)
}

#[test]
fn writes_and_reads_flasks_types_as_flask_spells_them() {
    #[track_caller]
    fn check<T>(value: T, json: &str)
    where
        T: Serialize + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug,
    {
        let mut session = flask_sessions().start();
        session.insert("v", &value).unwrap();
        assert_eq!(session.get_raw("v"), Some(json));
        assert_eq!(session.get::<T>("v").unwrap(), Some(value));
    }
    check(flask::Bytes(vec![0xff, 0, b'a']), r#"{" b":"/wBh"}"#);
    check(flask::Bytes(vec![]), r#"{" b":""}"#);
    check(flask::DateTime(seen()), r#"{" d":"Thu, 02 Jan 2020 03:04:05 GMT"}"#);
    check(
        flask::DateTime(SystemTime::UNIX_EPOCH - Duration::from_secs(1)),
        r#"{" d":"Wed, 31 Dec 1969 23:59:59 GMT"}"#,
    );
    check(flask::Markup("<b>\u{e9}</b>".into()), r#"{" m":"<b>\u00e9</b>"}"#);
    check(flask::Tuple((1, "x".to_owned())), r#"{" t":[1,"x"]}"#);
    check(flask::Tuple(Vec::<u8>::new()), r#"{" t":[]}"#);
    check(flask::Uuid([0x0a; 16]), r#"{" u":"0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a"}"#);
    check(
        vec![flask::Tuple((flask::DateTime(seen()), flask::Bytes(vec![1])))],
        r#"[{" t":[{" d":"Thu, 02 Jan 2020 03:04:05 GMT"},{" b":"AQ=="}]}]"#,
    );
    check(BTreeMap::from([("a".to_owned(), flask::Tuple((1,)))]), r#"{"a":{" t":[1]}}"#);
    check(Some(flask::Uuid([0; 16])), r#"{" u":"00000000000000000000000000000000"}"#);
    // What comes out as a sequence, however it is wrapped.
    check(flask::Tuple(Some(vec![1])), r#"{" t":[1]}"#);
    check(flask::Tuple(Newtype(vec![1])), r#"{" t":[1]}"#);
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Newtype(Vec<u8>);

#[test]
fn drops_what_is_smaller_than_a_second_towards_the_past() {
    let mut session = flask_sessions().start();
    let second = Duration::from_secs(1);
    for (time, date) in [
        (seen() + second / 2, "Thu, 02 Jan 2020 03:04:05 GMT"),
        (SystemTime::UNIX_EPOCH - second / 2, "Wed, 31 Dec 1969 23:59:59 GMT"),
        (SystemTime::UNIX_EPOCH - second, "Wed, 31 Dec 1969 23:59:59 GMT"),
    ] {
        session.insert("v", flask::DateTime(time)).unwrap();
        assert_eq!(session.get_raw("v"), Some(&*format!("{{\" d\":\"{date}\"}}")));
    }
    let year_10000 = SystemTime::UNIX_EPOCH + Duration::from_secs(253_402_300_800);
    assert!(matches!(session.insert("v", flask::DateTime(year_10000)), Err(SessionError::NotJson(_))));
    session.insert("v", flask::DateTime(year_10000 - second)).unwrap();
    // Python would read the year 99 as 1999.
    let year_100 = SystemTime::UNIX_EPOCH - Duration::from_secs(59_011_459_200);
    session.insert("v", flask::DateTime(year_100)).unwrap();
    assert_eq!(session.get_raw("v"), Some(r#"{" d":"Fri, 01 Jan 0100 00:00:00 GMT"}"#));
    assert_eq!(session.get("v"), Ok(Some(flask::DateTime(year_100))));
    assert!(matches!(session.insert("v", flask::DateTime(year_100 - second)), Err(SessionError::NotJson(_))));
    let session = open_flask(r#"{"v":{" d":"Thu, 31 Dec 0099 23:59:59 GMT"}}"#);
    assert!(session.get::<flask::DateTime>("v").is_err());
}

#[test]
fn a_type_is_no_other_type() {
    let session = open_flask(
        r#"{"b":{" b":"AA=="},"d":{" d":"Thu, 02 Jan 2020 03:04:05 GMT"},"m":{" m":"x"},"t":{" t":[1]},"u":{" u":"00000000000000000000000000000000"},"plain":"AA==","list":[1]}"#,
    );
    let wrong = |key: &str, reads: &str| {
        let results = [
            ("b", session.get::<flask::Bytes>(key).is_ok()),
            ("d", session.get::<flask::DateTime>(key).is_ok()),
            ("m", session.get::<flask::Markup>(key).is_ok()),
            ("t", session.get::<flask::Tuple<(u8,)>>(key).is_ok()),
            ("u", session.get::<flask::Uuid>(key).is_ok()),
            ("plain", session.get::<String>(key).is_ok()),
            ("list", session.get::<Vec<u8>>(key).is_ok()),
        ];
        for (name, ok) in results {
            assert_eq!(ok, name == reads, "{key} as {name}");
        }
    };
    for key in ["b", "d", "m", "t", "u", "plain", "list"] {
        wrong(key, key);
    }
    assert!(serde_json::from_value::<flask::Bytes>(json!({" m": "AA=="})).is_err());
    let error = serde_json::from_str::<flask::Bytes>("\"AA==\"").unwrap_err().to_string();
    assert!(error.contains("expected one of Flask's tags"), "{error}");
}

#[test]
fn a_uuid_is_32_hex_digits() {
    let digits = "0123456789abcdefABCDEF0123456789";
    for (text, ok) in [
        (digits.to_owned(), true),
        (digits[1..].to_owned(), false),
        (format!("{digits}0"), false),
        (format!("+{}", &digits[1..]), false),
        (format!("{}g", &digits[1..]), false),
    ] {
        let session = open_flask(&format!(r#"{{"u":{{" u":"{text}"}}}}"#));
        assert_eq!(session.get::<flask::Uuid>("u").is_ok(), ok, "{text}");
    }
}

/// What a visitor sent as JSON, and a Flask application kept as a dict, must not be read as markup.
#[test]
fn what_only_looks_like_a_type_is_none() {
    let session = open_flask(
        r#"{"b":{" di":{" b__":"AA=="}},"d":{" di":{" d__":"Thu, 02 Jan 2020 03:04:05 GMT"}},"m":{" di":{" m__":"<script>"}},"t":{" di":{" t__":[1]}},"u":{" di":{" u__":"00000000000000000000000000000000"}},"list":[{" di":{" m__":"x"}}]}"#,
    );
    assert!(session.get::<flask::Bytes>("b").is_err());
    assert!(session.get::<flask::DateTime>("d").is_err());
    assert!(session.get::<flask::Markup>("m").is_err());
    assert!(session.get::<flask::Tuple<(u8,)>>("t").is_err());
    assert!(session.get::<flask::Uuid>("u").is_err());
    assert!(session.get::<Vec<flask::Markup>>("list").is_err());
    assert_eq!(session.get::<Value>("m").unwrap(), Some(json!({" m": "<script>"})));
    // Of a value that was read already, the type is known by its key alone.
    assert!(serde_json::from_value::<flask::Markup>(json!({" m": "x"})).is_ok());
}

/// Python's own writer escapes no space, but its reader takes the two spellings for one.
#[test]
fn a_session_that_is_a_tag_is_none_however_it_is_spelled() {
    for tag in [r#"" t""#, r#""\u0020t""#, r#""\u0020\u0074""#] {
        let session = flask_sessions().open([flask_with(&format!("{{{tag}:[1]}}"))]);
        assert_eq!(session.rejection(), Some(&DecodeError::Payload), "{tag}");
    }
    for escape in [r#"" di""#, r#""\u0020di""#] {
        let session = open_flask(&format!(r#"{{{escape}:{{" t__":[1]}}}}"#));
        assert_eq!(session.get(" t"), Ok(Some(vec![1])), "{escape}");
    }
    assert_eq!(open_flask(r#"{"\u0074":1}"#).get("t"), Ok(Some(1)));
}

#[test]
fn escapes_objects_that_look_like_tags_and_reads_them_back() {
    for tag in [" di", " t", " b", " m", " u", " d"] {
        let value = BTreeMap::from([(tag.to_owned(), vec![1, 2])]);
        let mut session = flask_sessions().start();
        session.insert("v", &value).unwrap();
        assert_eq!(session.get_raw("v").unwrap(), format!("{{\" di\":{{\"{tag}__\":[1,2]}}}}"));
        assert_eq!(session.get::<BTreeMap<String, Vec<u8>>>("v").unwrap().as_ref(), Some(&value));

        let nested = json!([{tag: {tag: [{tag: null}]}}, {tag: 1, "x": 2}, {format!("{tag}__"): 3}]);
        session.insert("v", &nested).unwrap();
        assert_eq!(session.get::<Value>("v").unwrap(), Some(nested));

        // As the whole session.
        let mut session = flask_sessions().start();
        session.insert(tag, 7).unwrap();
        let cookie = pair(&flask_sessions(), session);
        assert_eq!(plaintext(&cookie["session=".len()..], '.'), format!("{{\" di\":{{\"{tag}__\":7}}}}"));
        let mut session = flask_sessions().open([cookie]);
        assert_eq!(session.get::<u8>(tag).unwrap(), Some(7));
        assert_eq!(session.read::<BTreeMap<String, u8>>().unwrap(), BTreeMap::from([(tag.to_owned(), 7)]));
        session.write(&BTreeMap::from([(tag, 8)])).unwrap();
        assert_eq!(session.get::<u8>(tag).unwrap(), Some(8));
        session.insert("other", 1).unwrap();
        assert_eq!(text(&flask_sessions(), session, '.'), format!("{{\"{tag}\":8,\"other\":1}}"));
    }
}

/// The escape is undone once, where the cookie is opened: what then looks like a tag, or like the escape, is neither.
#[test]
fn a_session_reads_as_a_whole_as_it_does_key_by_key() {
    let inner = [
        r#"{" t__":[1]}"#,
        r#"{" di__":{" t__":[1]}}"#,
        r#"{" b__":{" di":{" m__":"x"}}}"#,
        r#"{" di__":{" di":{" di__":1}}}"#,
        r#"{" di__":{"x":{" di":{" u__":2}}}}"#,
        r#"{" di__":{"x":1}}"#,
    ];
    let sessions = inner.map(|inner| format!(r#"{{" di":{inner}}}"#));
    let others = [r#"{" x":{" di":{" t__":1}}}"#, r#"{" t":{" di":{" t__":1}}," b":2}"#, r#"{"a":1}"#];
    for json in sessions.iter().map(String::as_str).chain(others) {
        let session = open_flask(json);
        let keys = session.keys().map(String::from).collect::<Vec<_>>();
        let by_key: BTreeMap<_, _> =
            keys.iter().map(|key| (key.clone(), session.get::<Value>(key).unwrap().unwrap())).collect();
        assert_eq!(session.read(), Ok(by_key), "{json}");
        // And a whole session is no value of a type, whatever its key.
        assert!(session.read::<flask::Tuple<Vec<u8>>>().is_err(), "{json}");
    }
}

#[test]
fn counts_the_escape_of_a_session_that_is_one_tag_before_it_is_too_late() {
    let sessions = flask_sessions();
    let try_with = |len: usize| {
        let mut session = sessions.start();
        session.insert(" t", letters(len)).map(|()| {
            session.set_permanent(true);
            session.remove("_permanent");
            let _ = sessions.save(session).expect("it was counted");
        })
    };
    let (mut fits, mut refused) = (0, 0);
    for len in around_the_limit(&|len| try_with(len).is_ok()) {
        match try_with(len) {
            Ok(()) => fits += 1,
            Err(SessionError::TooLong(_)) => refused += 1,
            Err(error) => panic!("{error}"),
        }
    }
    assert!(fits > 0 && refused > 0, "{fits} {refused}");
}

/// Returns lengths on both sides of the one from which on nothing fits.
fn around_the_limit(fits: &dyn Fn(usize) -> bool) -> std::ops::Range<usize> {
    let (mut small, mut large) = (0, 8192);
    while large - small > 1 {
        let middle = usize::midpoint(small, large);
        if fits(middle) { small = middle } else { large = middle }
    }
    small - 60..large + 60
}

// Flashes.

#[test]
fn reads_drains_and_writes_flasks_flashes() {
    let mut session = open_flask(
        r#"{"_flashes":[{" t":["message","hi"]},{" t":["error",{" m":"<b>no</b>"}]},["info","a list"]],"user":1}"#,
    );
    flask::flash(&mut session, "message", "caf\u{e9}").unwrap();
    assert_eq!(
        session.get_raw("_flashes"),
        Some(
            r#"[{" t":["message","hi"]},{" t":["error",{" m":"<b>no</b>"}]},["info","a list"],{" t":["message","caf\u00e9"]}]"#
        )
    );
    let flashes = flask::take_flashes(&mut session).unwrap();
    let flashes: Vec<_> = flashes.into_iter().map(|flash| (flash.category, flash.message)).collect();
    let expected = [
        ("message", "hi".into()),
        ("error", flask::Value::Markup("<b>no</b>".into())),
        ("info", "a list".into()),
        ("message", "caf\u{e9}".into()),
    ];
    assert_eq!(flashes, expected.map(|(category, message)| (category.to_owned(), message)));
    assert!(!session.contains_key("_flashes"));
    assert_eq!(flask::take_flashes(&mut session).unwrap(), []);
    assert_eq!(text(&flask_sessions(), session, '.'), r#"{"user":1}"#);

    let mut session = flask_sessions().start();
    flask::flash(&mut session, "message", "first").unwrap();
    let markup = flask::Markup("<b>second</b>".into());
    flask::flash(&mut session, "message", markup).unwrap();
    flask::flash(&mut session, "message", 3).unwrap();
    assert_eq!(
        text(&flask_sessions(), session, '.'),
        r#"{"_flashes":[{" t":["message","first"]},{" t":["message",{" m":"<b>second</b>"}]},{" t":["message",3]}]}"#
    );
}

/// A dict that somebody flashed in Python is no markup, whatever its keys are.
#[test]
fn what_only_looks_like_markup_is_flashed_as_what_it_is() {
    let dict = |key: &str| flask::Value::Dict(BTreeMap::from([(key.to_owned(), "<script>".into())]));
    let entries = [
        (r#"{" t":["a",{" di":{" m__":"<script>"}}]}"#, dict(" m")),
        (r#"["a",{" di":{" m__":"<script>"}}]"#, dict(" m")),
        (r#"["a",{" m__":"<script>"}]"#, dict(" m__")),
        (r#"{" t":["a",2]}"#, 2.into()),
        (r#"{" t":["a",null]}"#, flask::Value::None),
    ];
    for (entry, message) in entries {
        let mut session = open_flask(&format!("{{\"_flashes\":[{entry}]}}"));
        let flashes = flask::take_flashes(&mut session).unwrap();
        assert_eq!(flashes[0].message, message, "{entry}");
        let mut session = flask_sessions().start();
        flask::flash(&mut session, "a", message).unwrap();
        let written = session.get_raw("_flashes").unwrap().to_owned();
        assert_eq!(flask::take_flashes(&mut session).unwrap(), flashes, "{written}");
    }
}

#[test]
fn leaves_a_queue_of_something_else_as_it_is() {
    let is_wrong = |result| matches!(result, Err(SessionError::WrongType(_)));
    for queue in ["1", "null", r#"{" t":[]}"#, r#"{"a":1}"#, r#""[]""#] {
        let mut session = open_flask(&format!("{{\"_flashes\":{queue}}}"));
        assert!(is_wrong(flask::take_flashes(&mut session).map(drop)), "{queue}");
        assert!(is_wrong(flask::flash(&mut session, "info", "hi")), "{queue}");
        assert_eq!(session.get_raw("_flashes"), Some(queue));
        assert!(!session.is_modified());
    }
    let entries = [
        r#""x""#,
        "1",
        r#"{" t":["only one"]}"#,
        r#"{" t":["a","b","c"]}"#,
        r#"["a","b","c"]"#,
        r#"{" t":[1,"b"]}"#,
        r#"{" t":["a","b"],"x":1}"#,
        r#"{" m":"x"}"#,
        r#"{" t":["a",{" u":"x"}]}"#,
        r#"{" di":{" t__":["a","b"]}}"#,
    ];
    for entry in entries {
        let mut session = open_flask(&format!("{{\"_flashes\":[{entry}]}}"));
        assert!(is_wrong(flask::take_flashes(&mut session).map(drop)), "{entry}");
        assert!(!session.is_modified());
        flask::flash(&mut session, "info", "hi").unwrap();
        let queue = format!(r#"[{entry},{{" t":["info","hi"]}}]"#);
        assert_eq!(session.get_raw("_flashes"), Some(&*queue), "Flask appends to any list");
    }
}

#[test]
fn appends_to_a_list_however_it_is_spelled() {
    for (queue, then) in [("[]", "["), ("[ ]", "[ "), (r#"[ ["a", "b"] ]"#, r#"[ ["a", "b"] ,"#)] {
        let mut session = open_flask(&format!("{{\"_flashes\":{queue}}}"));
        flask::flash(&mut session, "info", "hi").unwrap();
        assert_eq!(session.get_raw("_flashes"), Some(&*format!(r#"{then}{{" t":["info","hi"]}}]"#)));
        let flashes = flask::take_flashes(&mut session).unwrap();
        assert_eq!(flashes.last().unwrap().message.as_str(), Some("hi"));
    }
    let mut session = flask_sessions().start();
    let error = flask::flash(&mut session, "info", letters(5000));
    assert!(matches!(error, Err(SessionError::TooLong(_))));
    assert!(session.is_empty());
}

// What goes back as it came.

#[test]
fn keeps_what_rust_has_no_type_for() {
    const VALUES: &[&str] = &[
        "1e+16",
        "1.0",
        "-0.0",
        "5e-324",
        "-0",
        "123456789012345678901234567890123456789012345678901234567890",
        r#""\ud800""#,
        r#"{"\udfff":["\ud83d\ude00","\ud83d"]}"#,
        r#"{" t":[{" di":{" t__":[1]}},{" b":"YQ=="}]}"#,
        r#""\u007f\/""#,
        "[ 1 , 2 ]",
        "1e400",
    ];
    for value in VALUES {
        let sessions = flask_sessions();
        let json = format!(r#"{{"b":{value},"\ud800":{value},"a":1}}"#);
        let mut session = open_flask(&json);
        session.insert("a", 2).unwrap();
        assert_eq!(text(&sessions, session, '.'), format!(r#"{{"b":{value},"\ud800":{value},"a":2}}"#));
    }
}

#[test]
fn a_refresh_signs_the_text_as_it_came() {
    let json = r#"{"_permanent" : true, "a": [1,  2.50], "b":{ }}"#;
    for (before, after) in [("", ""), (" ", ""), ("", "\n"), ("\r\n", " \t")] {
        let sessions = flask_sessions();
        let session = sessions.open([flask_with(&format!("{before}{json}{after}"))]);
        assert!(!session.is_modified());
        assert_eq!(text(&sessions, session, '.'), json);
    }
}

#[test]
fn refuses_nan_and_infinity_both_ways_and_leaves_their_cookie_alone() {
    for word in ["NaN", "Infinity", "-Infinity"] {
        for json in [format!("{{\"a\":{word}}}"), format!("{{\"a\":1,\"b\":[{{\"c\":{word}}}]}}")] {
            let sessions = flask_sessions();
            let session = sessions.open([flask_with(&json)]);
            assert_eq!(session.rejection(), Some(&DecodeError::Payload), "{json}");
            assert!(session.is_empty());
            assert_eq!(sessions.save(session).unwrap().set_cookies().count(), 0, "{json}");
        }
    }
    for (_, _, sessions) in all() {
        for float in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let mut session = sessions.start();
            assert!(matches!(session.insert("a", json_array(float)), Err(SessionError::NotJson(_))));
            assert!(session.is_empty());
        }
    }
}

#[test]
fn a_session_that_cannot_be_read_is_replaced_only_after_it_was_cleared() {
    let bomb = format!(".{}", b64(&zlib(format!("{{\"k\":\"{}\"}}", "x".repeat(70_000)).as_bytes())));
    let cookies = [flask_with(r#"{"cart":NaN}"#), flask_with(r#"{"a":1,"a":2}"#), flask_cookie(&bomb, NOW)];
    for cookie in cookies {
        let sessions = flask_sessions();
        let mut session = sessions.open([&cookie]);
        assert_eq!(session.rejection(), Some(&DecodeError::Payload));
        session.insert("seen", true).unwrap();
        assert_eq!(sessions.save(session).unwrap_err(), SessionError::Unreadable);

        let mut session = sessions.open([&cookie]);
        session.clear();
        session.insert("seen", true).unwrap();
        assert_eq!(text(&sessions, session, '.'), r#"{"seen":true}"#);

        let session = sessions.open([&cookie]);
        assert_eq!(sessions.save(session).unwrap().set_cookies().count(), 0, "who only reads leaves it");
    }
}

fn json_array(float: f64) -> Vec<Option<f64>> {
    vec![Some(float)]
}

// What Python cannot read is never written.

#[derive(Serialize)]
enum Trap {
    #[serde(rename = " t")]
    Variant(u8),
    Fields {
        #[serde(rename = " b")]
        field: u8,
    },
    #[serde(rename = " di")]
    Tuple(u8, u8),
    #[serde(rename = " m")]
    Struct { field: u8 },
}

#[derive(Serialize)]
struct OneField {
    #[serde(rename = " u")]
    field: u8,
}

#[derive(Serialize)]
struct Flattened {
    #[serde(flatten)]
    rest: BTreeMap<String, u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    absent: Option<u8>,
}

/// A map with a key that comes twice.
struct Twice;

impl Serialize for Twice {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map([(" t", 1), (" t", 2)])
    }
}

#[test]
fn no_rust_type_passes_for_a_tag_by_accident() {
    let sessions = flask_sessions();
    let mut session = sessions.start();
    for trap in [Trap::Variant(1), Trap::Fields { field: 1 }, Trap::Tuple(1, 2), Trap::Struct { field: 1 }] {
        assert!(matches!(session.insert("v", [trap]), Err(SessionError::NotJson(_))));
    }
    assert!(matches!(session.insert("v", Twice), Err(SessionError::NotJson(_))));
    let raw = RawValue::from_string(r#"{" t":5}"#.into()).unwrap();
    assert!(matches!(session.insert("v", &raw), Err(SessionError::NotJson(_))));
    assert!(matches!(session.insert("v", BTreeMap::from([("deep", [&raw])])), Err(SessionError::NotJson(_))));
    for scalar in [json!(1), json!("text"), json!(null), json!({"a": 1})] {
        assert!(matches!(session.insert("v", flask::Tuple(scalar)), Err(SessionError::NotJson(_))));
    }
    assert!(session.is_empty());
    // Where nobody reads tags, they are names like any other.
    for sessions in [build(django_profile()), build(starlette_profile())] {
        for trap in
            [Trap::Variant(1), Trap::Fields { field: 1 }, Trap::Tuple(1, 2), Trap::Struct { field: 1 }]
        {
            sessions.start().insert("v", [trap]).unwrap();
        }
    }

    let escaped = [
        (serde_json::to_value(OneField { field: 1 }).unwrap(), r#"{" di":{" u__":1}}"#),
        (json!({" di": 1}), r#"{" di":{" di__":1}}"#),
    ];
    for (value, text) in escaped {
        session.insert("v", value).unwrap();
        assert_eq!(session.get_raw("v"), Some(text));
    }
    session.insert("v", OneField { field: 1 }).unwrap();
    assert_eq!(session.get_raw("v"), Some(r#"{" di":{" u__":1}}"#));
    let flattened = Flattened { rest: BTreeMap::from([(" d".to_owned(), 1)]), absent: None };
    session.insert("v", flattened).unwrap();
    assert_eq!(session.get_raw("v"), Some(r#"{" di":{" d__":1}}"#));
}

#[test]
fn writes_ascii_of_a_depth_and_length_that_python_reads() {
    let mut deep = json!(1);
    for _ in 0..127 {
        deep = json!([deep]);
    }
    let deeper = json!({"a": &deep});
    for (name, separator, sessions) in all() {
        let mut session = sessions.start();
        session.insert("v", &deep).unwrap();
        assert!(matches!(session.insert("v", &deeper), Err(SessionError::NotJson(_))), "{name}");
        if name != "flask" {
            // Raw text may hold anything that is JSON.
            let raw = |text: &str| RawValue::from_string(text.into()).unwrap();
            session.insert("v", raw("\"\u{e9}\u{7f}\u{1f600}\"")).unwrap();
            assert_eq!(session.get_raw("v"), Some(r#""\u00e9\u007f\ud83d\ude00""#));
            assert!(
                matches!(session.insert("v", raw(&"9".repeat(641))), Err(SessionError::NotJson(_))),
                "{name}"
            );
            session.insert("v", raw(&"9".repeat(640))).unwrap();
            session.insert("v", raw(&format!("\"{}{}\"", "9".repeat(641), "[".repeat(200)))).unwrap();
        }
        // Brackets in a text are none, whatever is escaped in it, and those that are closed are no depth.
        session.insert("v", format!("\\\"{}", "[".repeat(200))).unwrap();
        assert!(
            matches!(session.insert("v", ("]".repeat(200), &deep)), Err(SessionError::NotJson(_))),
            "{name}"
        );
        session.insert("v", vec![[0; 0]; 200]).unwrap();
        session.insert("v", "\u{7f}\u{80}\u{ffff}\u{10ffff}").unwrap();
        session.insert("\u{e9}", 1).unwrap();
        let written = text(&sessions, session, separator);
        assert!(written.is_ascii() && !written.contains('\u{7f}'), "{written}");
    }
}

#[test]
fn looks_at_nested_tuples_once_for_each_level() {
    struct Nested(u8);

    impl Serialize for Nested {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            match self.0 {
                0 => serializer.serialize_unit(),
                n => flask::Tuple([Nested(n - 1)]).serialize(serializer),
            }
        }
    }
    let mut session = flask_sessions().start();
    // Twice for each level would take longer than anyone waits.
    session.insert("v", Nested(60)).unwrap();
    assert!(python::read(session.get_raw("v").unwrap(), true).is_ok());
}

/// Text that zlib cannot shorten by much.
fn letters(len: usize) -> String {
    let mut random = Prng::new(len as u64);
    (0..len)
        .map(|_| char::from(b'!' + u8::try_from(random.below(90)).unwrap()))
        .filter(|c| !"\"\\".contains(*c))
        .collect()
}

#[test]
fn whatever_is_written_flask_reads_as_the_same() {
    let sessions = flask_sessions();
    let mut random = Prng::new(20260);
    let (mut written, mut refused) = (0, 0);
    for _ in 0..20_000 {
        let mut session = sessions.start();
        let mut expected = Vec::new();
        for _ in 0..=random.below(2) {
            let key = NAMES[random.below(NAMES.len())];
            let value = random_value(&mut random, 4);
            match session.insert(key, python::Write { value: &value, tagged: true }) {
                Ok(()) => {
                    expected.retain(|(known, _)| *known != Typed::Str(key.to_owned()));
                    expected.push((Typed::Str(key.to_owned()), value));
                }
                Err(_) => refused += 1,
            }
        }
        if session.is_empty() {
            continue;
        }
        // A value that was replaced keeps its place.
        let keys: Vec<String> = session.keys().map(std::borrow::Cow::into_owned).collect();
        expected.sort_by_key(|(key, _)| keys.iter().position(|found| Typed::Str(found.clone()) == *key));
        let cookie = pair(&sessions, session);
        let json = plaintext(&cookie["session=".len()..], '.');
        assert_eq!(python::read(&json, true).as_ref(), Ok(&Typed::Dict(expected.clone())), "{json}");
        let session = sessions.open([&cookie]);
        for (key, value) in &expected {
            assert!(python::has(&session, &key.key().unwrap(), value, true), "{json}");
        }
        written += 1;
    }
    println!("{written} sessions, {refused} values refused");
    assert!(written > 19_000 && refused == 0, "{written} {refused}");
}

// Clocks.

#[test]
fn never_signs_ahead_of_the_clock() {
    for (name, _, sessions) in all() {
        let mut session = sessions.start();
        session.insert("a", 1).unwrap();
        let session = sessions.open([pair(&sessions, session)]);
        assert_eq!(session.issued_at(), Some(at(NOW - 1)), "{name}");
    }
    let exact = build(flask_profile().backdate(Duration::ZERO));
    let earlier = build(flask_profile().backdate(Duration::from_secs(10)));
    for (sessions, issued) in [(exact, NOW), (earlier, NOW - 10)] {
        let mut session = sessions.start();
        session.insert("a", 1).unwrap();
        let session = sessions.open([pair(&sessions, session)]);
        assert_eq!(session.issued_at(), Some(at(issued)));
    }
    // Before the beginning of time there is none to go back to.
    let early = Sessions::builder(flask_profile()).clock(|| SystemTime::UNIX_EPOCH).build().unwrap();
    let mut session = early.start();
    session.insert("a", 1).unwrap();
    assert_eq!(early.open([pair(&early, session)]).issued_at(), Some(SystemTime::UNIX_EPOCH));
}

#[test]
fn tolerates_a_minute_of_a_clock_that_is_ahead() {
    for (ahead, rejection) in [(0, None), (60, None), (61, Some(&DecodeError::NotYetValid))] {
        let session = flask_sessions().open([flask_cookie(&b64(br#"{"a":1}"#), NOW + ahead)]);
        assert_eq!(session.rejection(), rejection, "{ahead}");
    }
}

#[test]
fn enforces_the_one_lifetime_for_every_session() {
    let age = Duration::from_secs(100);
    let cookies = |sessions: &Sessions, permanent: bool| {
        let mut session = sessions.open_at([""; 0], at(NOW));
        session.insert("a", 1).unwrap();
        session.set_permanent(permanent);
        pair(sessions, session)
    };
    let profiles: [Sessions; 3] = [
        build(flask_profile().permanent_session_lifetime(age)),
        build(django_profile().session_cookie_age(age)),
        build(starlette_profile().max_age(Some(age))),
    ];
    for sessions in &profiles {
        for permanent in [false, true] {
            let cookie = cookies(sessions, permanent);
            // It was dated back by one second.
            assert_eq!(sessions.open_at([&cookie], at(NOW + 99)).rejection(), None);
            assert_eq!(sessions.open_at([&cookie], at(NOW + 100)).rejection(), Some(&DecodeError::Expired));
        }
    }
    let half = at(NOW + 99) + Duration::from_millis(500);
    let [flask, django, starlette] = &profiles;
    for (sessions, rejection) in [(flask, None), (django, Some(&DecodeError::Expired)), (starlette, None)] {
        assert_eq!(sessions.open_at([cookies(sessions, true)], half).rejection(), rejection);
    }
    let forever = build(starlette_profile().max_age(None));
    let cookie = cookies(&forever, true);
    assert_eq!(forever.open_at([&cookie], at(NOW + 40_000_000_000)).rejection(), None);
}

// Each framework's own rules.

#[track_caller]
fn attribute<'l>(line: &'l str, name: &str) -> Option<&'l str> {
    line.split("; ").find_map(|attribute| attribute.strip_prefix(name)?.strip_prefix('='))
}

#[test]
fn a_flask_session_is_as_permanent_as_python_finds_it() {
    const VALUES: &[(&str, bool)] = &[
        ("true", true),
        ("1", true),
        ("\"no\"", true),
        ("[0]", true),
        ("0.1", true),
        (r#"{" t":[0]}"#, true),
        ("false", false),
        ("null", false),
        ("0", false),
        ("0.0", false),
        ("-0.0", false),
        ("\"\"", false),
        ("[]", false),
        ("{}", false),
        (r#"{" t":[]}"#, false),
        (r#"{" b":""}"#, false),
        (r#"{" m":""}"#, false),
    ];
    let sessions = flask_sessions();
    for (value, permanent) in VALUES {
        let session = sessions.open([flask_with(&format!("{{\"_permanent\":{value}}}"))]);
        assert_eq!(session.permanent(), *permanent, "{value}");
        // It is refreshed with each request, or not at all.
        let commit = sessions.save(session).unwrap();
        let line = commit.set_cookies().next();
        assert_eq!(line.is_some(), *permanent, "{value}");
        assert_eq!(line.is_some_and(|line| attribute(line, "Expires").is_some()), *permanent, "{value}");
        assert_eq!(line.and_then(|line| attribute(line, "Max-Age")), None);
    }
}

#[test]
fn djangos_expiry_shapes_the_cookie_and_not_the_verdict() {
    let clock = NOW;
    let sessions = build(django_profile());
    let date = |seconds: u64| {
        let date = time::OffsetDateTime::from_unix_timestamp(i64::try_from(seconds).unwrap()).unwrap();
        date.format(&time::format_description::well_known::Rfc3339).unwrap()
    };
    let table = [
        (json!(300), Some("300")),
        (json!(-300), Some("-300")),
        (json!(12.5), Some("12")),
        (json!(-12.5), Some("-12")),
        (json!(true), Some("1")),
        (json!(0), None),
        (json!(0.0), None),
        (json!(false), None),
        (json!(null), Some("1209600")),
        (json!(""), Some("1209600")),
        (json!(date(clock + 60)), Some("60")),
        (json!(date(clock + 60).replace('Z', "+00:00")), Some("60")),
        (json!(date(clock + 60).replace('Z', ".250000+00:00")), Some("60")),
        (json!(date(clock + 60).replace('Z', "+01:00")), Some("-3540")),
    ];
    for (expiry, max_age) in table {
        let mut session = sessions.start();
        session.insert("_session_expiry", &expiry).unwrap();
        let commit = sessions.save(session).unwrap();
        let line = commit.set_cookies().next().unwrap();
        assert_eq!(attribute(line, "Max-Age"), max_age, "{expiry}: {line}");
        assert_eq!(attribute(line, "Expires").is_some(), max_age.is_some(), "{expiry}: {line}");
        let cookie = commit.cookie_pair().unwrap();
        assert_eq!(sessions.open_at([cookie], at(NOW + 1000)).rejection(), None, "{expiry}");
    }
}

#[test]
fn writes_no_expiry_on_which_django_fails() {
    let sessions = build(django_profile());
    let good = [
        json!(null),
        json!(true),
        json!(false),
        json!(0),
        json!(-300),
        json!(12.5),
        json!(9_999_999_999_u64),
        json!(-9_999_999_999_i64),
        json!(""),
        json!("2026-01-01T00:00:00+00:00"),
        json!("2026-01-01T00:00:00.123456-05:30"),
        json!("2026-01-01T00:00:00Z"),
    ];
    let bad = [
        json!("tomorrow"),
        json!("2026-01-01"),
        json!("2026-01-01T00:00:00"),
        json!("2026-01-01T00:00:00.123456"),
        json!("2026-W01-1T00:00:00+00:00"),
        json!("20260101T000000Z"),
        json!("2026-13-01T00:00:00+00:00"),
        json!("2026-01-01T24:00:00+00:00"),
        json!("2026-01-01T23:59:60+00:00"),
        json!("2016-12-31T23:59:60+00:00"),
        json!("0001-01-01T00:00:00+00:00"),
        json!("9999-12-31T23:59:59+00:00"),
        json!("300"),
        json!([1]),
        json!({"a": 1}),
        json!(10_000_000_000_u64),
        json!(-10_000_000_000_i64),
        json!(u64::MAX),
        json!(1e300),
    ];
    let object = |expiry: &Value| BTreeMap::from([("_session_expiry", expiry.clone()), ("a", json!(2))]);
    for (expiry, is_good) in good.iter().map(|e| (e, true)).chain(bad.iter().map(|e| (e, false))) {
        let mut session = sessions.start();
        session.insert("a", 1).unwrap();
        let result = session.insert("_session_expiry", expiry);
        assert!(
            matches!((result, is_good), (Ok(()), true) | (Err(SessionError::NotJson(_)), false)),
            "{expiry}"
        );
        assert_eq!(session.contains_key("_session_expiry"), is_good);
        session.remove("_session_expiry");
        let result = session.write(&object(expiry));
        assert!(
            matches!((result, is_good), (Ok(()), true) | (Err(SessionError::NotJson(_)), false)),
            "{expiry}"
        );
        assert_eq!(session.get("a"), Ok(Some(if is_good { 2 } else { 1 })));
        // Elsewhere it is a key like any other.
        flask_sessions().start().insert("_session_expiry", expiry).unwrap();
    }
}

#[test]
fn permanence_changes_a_session_only_where_the_data_say_it() {
    for (name, _, sessions) in all() {
        let mut session = sessions.start();
        session.insert("a", 1).unwrap();
        let cookie = pair(&sessions, session);
        for permanent in [true, false] {
            let mut session = sessions.open([&cookie]);
            let raw = |session: &Session| session.keys().map(String::from).collect::<Vec<_>>();
            let before = raw(&session);
            session.set_permanent(permanent);
            assert_eq!(session.is_modified(), raw(&session) != before, "{name} {permanent}");
            assert_eq!(session.is_modified(), (name, permanent) != ("django", true) && name != "starlette");
            assert_eq!(session.created_at(), None);
        }
    }
}

#[test]
fn keeps_djangos_empty_session_unless_it_is_cleared() {
    for (name, separator, sessions) in all() {
        let mut session = sessions.start();
        session.insert("a", 1).unwrap();
        let cookie = pair(&sessions, session);

        let mut session = sessions.open([&cookie]);
        session.remove("a");
        let commit = sessions.save(session).unwrap();
        if name == "django" {
            let (_, value) = commit.cookie_pair().expect("a cookie").split_once('=').unwrap();
            assert_eq!(plaintext(value, separator), "{}");
        } else {
            assert!(commit.is_removal(), "{name}");
        }

        let mut session = sessions.open([&cookie]);
        session.clear();
        assert!(sessions.save(session).unwrap().is_removal(), "{name}");
    }
}

#[test]
fn takes_the_cookie_that_the_framework_takes() {
    for (name, _, sessions) in all() {
        let cookie = |n: u8| {
            let mut session = sessions.start();
            session.insert("n", n).unwrap();
            pair(&sessions, session)
        };
        let (one, two) = (cookie(1), cookie(2));
        let bad = format!("{}=bad", sessions.cookie_name());
        let wanted = |first: u8, last: u8| if name == "flask" { first } else { last };
        let read = |lines: &[&str]| sessions.open(lines).get::<u8>("n").unwrap().unwrap_or(0);
        assert_eq!(read(&[&format!("{one}; {two}")]), wanted(1, 2), "{name}");
        assert_eq!(read(&[&one, &two]), wanted(1, 2), "{name}");
        assert_eq!(read(&[&two, &one]), wanted(2, 1), "{name}");
        assert_eq!(read(&[&format!("{bad}; {two}")]), wanted(0, 2), "{name}");
        assert_eq!(read(&[&one, &bad]), wanted(1, 0), "{name}");
        // However many lines come before the last one.
        let mut lines = vec![&*one; 20];
        lines.push(&two);
        assert_eq!(read(&lines), wanted(1, 2), "{name}");
    }
}

// Sizes.

/// Returns the session's cookie, if it fits, whose value grows with the number.
fn of_size(sessions: &Sessions, text: &str) -> Result<(usize, String), SessionError> {
    let mut session = sessions.start();
    session.insert("k", text)?;
    let commit = sessions.save(session)?;
    Ok((commit.cookie_size().unwrap(), commit.set_cookies().next().unwrap().to_owned()))
}

#[test]
fn a_session_fits_exactly_when_the_browser_keeps_it() {
    for (name, _, sessions) in all() {
        for compressible in [false, true] {
            let text = |len: usize| match compressible {
                // Half noise, half nothing: only compressed does it fit.
                true => format!("{}{}", letters(len), "x".repeat(len)),
                false => letters(len),
            };
            let mut seen = std::collections::BTreeSet::new();
            let mut refused = 0;
            for len in around_the_limit(&|len| of_size(&sessions, &text(len)).is_ok()) {
                match of_size(&sessions, &text(len)) {
                    Ok((size, line)) => {
                        assert!(size <= 4096, "{name} {len}: {size}");
                        let stored = Jar::new().set(HOME, &line, NOW);
                        assert_eq!(stored, Stored::Stored, "{name} {len}");
                        seen.insert(size);
                    }
                    Err(SessionError::TooLong(too_long)) => {
                        assert!(too_long.len() > 4096, "{name} {len}");
                        assert_eq!(too_long.limit(), 4096);
                        refused += 1;
                    }
                    Err(error) => panic!("{error}"),
                }
            }
            // Base64 leaves gaps; and room is kept for what may still be said of the lifetime.
            let largest = *seen.last().unwrap();
            println!("{name}, compressible {compressible}: up to {largest}, {refused} refused");
            assert!(largest >= 4096 - 48 && refused > 0, "{name}: {largest}");
        }
    }
    let too_long = format!("session={}", "x".repeat(4090));
    assert_eq!(Jar::new().set(HOME, &too_long, NOW), Stored::Ignored(Why::TooLong));
}

#[test]
fn counts_to_the_byte_what_is_too_short_to_compress() {
    for len in 0..12 {
        let text = "abcdefghijkl"[..len].to_owned();
        let json = format!(r#"{{"k":"{text}","_permanent":false}}"#);
        let needed = "session".len() + b64(json.as_bytes()).len() + ".aE7hgA.".len() + 27;
        for (limit, fits) in [(needed - 1, false), (needed, true)] {
            let builder = Sessions::builder(flask_profile()).clock(|| at(NOW)).max_cookie_size(limit);
            // The smallest session of all has to fit at least.
            let Ok(sessions) = builder.build() else { continue };
            assert_eq!(sessions.start().insert("k", &text).is_ok(), fits, "{len} {limit}");
        }
    }
}

#[test]
fn what_is_said_of_the_lifetime_later_still_fits() {
    let closing = build(django_profile().session_expire_at_browser_close(true));
    let others = all().map(|(_, _, sessions)| sessions);
    for sessions in others.iter().chain([&closing]) {
        let inserted = |len: usize| {
            let mut session = sessions.start();
            session.insert("k", letters(len)).map(|()| session)
        };
        let mut longest = 0;
        for len in around_the_limit(&|len| inserted(len).is_ok()) {
            for said in [[true, false], [false, true]] {
                let Ok(mut session) = inserted(len) else { continue };
                for permanent in said {
                    session.set_permanent(permanent);
                }
                let commit = sessions.save(session).expect("room was kept");
                longest = longest.max(commit.cookie_size().unwrap());
            }
        }
        assert!(longest > 4000, "{longest}");
    }
}

#[test]
fn compresses_exactly_when_the_framework_would() {
    let (mut plain, mut compressed) = (0, 0);
    for len in 0..200 {
        let value = "ab".repeat(len);
        let sessions = flask_sessions();
        let mut session = sessions.start();
        session.insert("k", &value).unwrap();
        let cookie = pair(&sessions, session);
        let token = &cookie["session=".len()..];
        let json = plaintext(token, '.');
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::new(6));
        encoder.write_all(json.as_bytes()).unwrap();
        let shorter = encoder.finish().unwrap().len() < json.len() - 1;
        assert_eq!(token.starts_with('.'), shorter, "{json}");
        if shorter { compressed += 1 } else { plain += 1 }
    }
    assert!(plain > 0 && compressed > 0);
}

#[test]
fn compresses_nothing_that_is_shorter_than_it_is_told() {
    let frameworks: [fn(usize) -> Sessions; 2] = [
        |from| build(flask_profile().compress_from(from)),
        |from| build(django_profile().compress_from(from)),
    ];
    for (make, default) in frameworks.into_iter().zip([flask_sessions(), build(django_profile())]) {
        let mut seen = [0; 3];
        for from in [0, 1, 99, 100, 101, 102, 103, 2048] {
            let sessions = make(from);
            for len in (0..60).chain([500, 1012, 1024]) {
                let mut session = sessions.start();
                session.insert("k", "ab".repeat(len)).unwrap();
                let cookie = pair(&sessions, session);
                let mut session = default.start();
                session.insert("k", "ab".repeat(len)).unwrap();
                let usual = pair(&default, session);
                // As the framework has it, or else the text as it is.
                let token = |cookie: &str| cookie.split_once('=').unwrap().1.to_owned();
                let is_short = r#"{"k":""}"#.len() + 2 * len < from;
                assert_eq!(token(&cookie).starts_with('.'), token(&usual).starts_with('.') && !is_short);
                assert!(is_short || cookie == usual, "{from} {len}");
                for (reader, cookie) in [(&sessions, &usual), (&default, &cookie)] {
                    assert_eq!(reader.open([cookie]).get("k"), Ok(Some("ab".repeat(len))), "{from} {len}");
                }
                seen[usize::from(is_short) + usize::from(cookie != usual)] += 1;
            }
        }
        assert!(seen.iter().all(|count| *count > 20), "{seen:?}");
    }
}

#[test]
fn what_is_not_compressed_has_to_fit_uncompressed() {
    let build = |from, size| {
        let builder = Sessions::builder(flask_profile().compress_from(from)).max_cookie_size(size);
        builder.build().map(drop).map_err(|error| error.to_string())
    };
    let needed = "session".len() + 400 + ".aE7hgA.".len() + 27;
    assert_eq!(build(300, needed), Ok(()));
    let refused = format!(
        "compress_from is 300, but uncompressed such a session takes {needed} bytes, and max_cookie_size is {}",
        needed - 1
    );
    assert_eq!(build(300, needed - 1), Err(refused));
    assert_eq!(build(0, 200), Ok(()));
}

// Inflation.

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::new(9));
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Opens a session whose payload is this, called compressed.
fn open_compressed(sessions: &Sessions, stream: &[u8]) -> Option<DecodeError> {
    sessions.open([flask_cookie(&format!(".{}", b64(stream)), NOW)]).rejection().copied()
}

#[test]
fn inflates_no_more_than_the_cap() {
    let object = |len: usize| format!("{{\"k\":\"{}\"}}", "x".repeat(len - 8)).into_bytes();
    for cap in [100, 1000, 4096, 65_536] {
        let sessions = build(flask_profile().max_inflated_size(cap));
        for (len, rejection) in [
            (cap - 1, None),
            (cap, None),
            (cap + 1, Some(DecodeError::Payload)),
            (cap * 2, Some(DecodeError::Payload)),
        ] {
            assert_eq!(open_compressed(&sessions, &zlib(&object(len))), rejection, "{cap} {len}");
        }
    }
    assert_eq!(open_compressed(&flask_sessions(), &zlib(&object(65_536))), None);
    assert_eq!(open_compressed(&flask_sessions(), &zlib(&object(65_537))), Some(DecodeError::Payload));
}

#[test]
fn reads_again_what_it_wrote_on_both_sides_of_the_cap() {
    // As long as the JSON text says, and compressible.
    let value = |json: usize| "x".repeat(json - r#"{"k":""}"#.len());
    const CAP: usize = 1000;
    let profiles = [
        (".", build(flask_profile().max_inflated_size(CAP))),
        (".", build(django_profile().max_inflated_size(CAP))),
    ];
    for (mark, sessions) in &profiles {
        for json in [CAP - 1, CAP, CAP + 1] {
            let mut session = sessions.start();
            session.insert("k", value(json)).unwrap();
            let cookie = pair(sessions, session);
            let (_, token) = cookie.split_once('=').unwrap();
            assert_eq!(token.starts_with(mark), json <= CAP, "{json}");
            let session = sessions.open([&cookie]);
            assert_eq!(session.rejection(), None, "{json}");
            assert_eq!(session.get("k"), Ok(Some(value(json))), "{json}");
        }
    }
    // What would fit only if it were compressed is refused when it is inserted, and nothing is lost.
    let sessions = build(flask_profile().max_inflated_size(8000));
    for (json, fits) in [(7900, true), (7999, false), (8000, false), (8001, false)] {
        let mut session = sessions.start();
        let inserted = session.insert("k", value(json));
        assert_eq!(inserted.is_ok(), fits, "{json}");
        assert!(fits || matches!(inserted, Err(SessionError::TooLong(_))), "{json}");
        session.set_permanent(true);
        assert_eq!(sessions.open([pair(&sessions, session)]).contains_key("k"), fits, "{json}");
    }

    let hour = Duration::from_secs(3600);
    let codecs = [
        flask_profile().max_inflated_size(CAP).codec("s", hour).unwrap(),
        django_profile().max_inflated_size(CAP).compressing_codec("s", hour).unwrap(),
    ];
    for codec in codecs {
        for json in [CAP - 1, CAP, CAP + 1] {
            let text = "x".repeat(json - 2);
            let token = codec.encode_at(&text, at(NOW)).unwrap();
            assert_eq!(token.starts_with('.'), json <= CAP, "{json}");
            assert_eq!(codec.decode_at(&token, at(NOW)), Ok(text), "{json}");
        }
    }
}

#[test]
fn refuses_bombs_and_broken_streams() {
    let stream = zlib(br#"{"user":"ada","list":[1,2,3,4,5,6,7,8,9]}"#);
    let sessions = flask_sessions();
    assert_eq!(open_compressed(&sessions, &stream), None);
    let edit = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut stream = stream.clone();
        change(&mut stream);
        stream
    };
    let bombs = [
        ("zeros", zlib(&vec![0; 2_900_000])),
        ("white space", zlib(&[vec![b' '; 2_900_000], b"{}".to_vec()].concat())),
        ("nested", zlib(&zlib(&vec![0; 2_900_000]))),
        ("nothing", Vec::new()),
        ("one byte", vec![0x78]),
        ("only a header", vec![0x78, 0x9c]),
        ("empty blocks", [&[0x78, 0x9c][..], &[0, 0, 0, 0xff, 0xff].repeat(500)].concat()),
        ("a byte more", edit(&|stream| stream.push(0))),
        ("two streams", [stream.clone(), stream.clone()].concat()),
        ("a byte less", edit(&|stream| stream.truncate(stream.len() - 1))),
        ("half of it", edit(&|stream| stream.truncate(stream.len() / 2))),
        ("without a checksum", edit(&|stream| stream.truncate(stream.len() - 4))),
        ("a wrong checksum", edit(&|stream| *stream.last_mut().unwrap() ^= 1)),
        ("a dictionary", vec![0x78, 0xbb, 0, 0, 0, 1, 3, 0]),
        ("raw deflate", stream[2..stream.len() - 4].to_vec()),
        ("gzip", [&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3], &stream[2..]].concat()),
    ];
    for (name, stream) in bombs {
        assert!(b64(&stream).len() < 4000, "{name} is no cookie");
        assert_eq!(open_compressed(&sessions, &stream), Some(DecodeError::Payload), "{name}");
    }
}

#[test]
fn reads_every_level_of_compression() {
    let json = format!("{{\"k\":\"{}\"}}", "abc".repeat(300));
    for level in 0..=9 {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::new(level));
        encoder.write_all(json.as_bytes()).unwrap();
        assert_eq!(open_compressed(&flask_sessions(), &encoder.finish().unwrap()), None, "{level}");
    }
}

// Secrets and other settings.

#[test]
fn takes_any_secret_but_none_and_trims_nothing() {
    assert_eq!(flask::SecretKey::new("").unwrap_err().kind(), KeyErrorKind::Missing);
    assert_eq!(django::SecretKey::new("").unwrap_err().kind(), KeyErrorKind::Missing);
    assert_eq!(starlette::SecretKey::new(b"").unwrap_err().kind(), KeyErrorKind::Missing);
    let text = flask::SecretKey::new("").unwrap_err().to_string();
    assert!(text.starts_with("secret key is missing"), "{text}");

    let sessions = |secret: &str| build(flask::Profile::new(flask::SecretKey::new(secret).unwrap()));
    let secrets = ["k", "k\n", " k", "K", "\u{43a}", "changeme"];
    for writer in secrets {
        let writing = sessions(writer);
        let mut session = writing.start();
        session.insert("a", 1).unwrap();
        let cookie = pair(&writing, session);
        for reader in secrets {
            assert_eq!(sessions(reader).open([&cookie]).is_new(), reader != writer, "{writer:?} {reader:?}");
        }
    }
}

#[test]
fn shows_no_secret() {
    let secret = "canary-4711";
    let shown = format!(
        "{:?} {:?} {:?} {:?} {:?} {:?} {:?}",
        flask::SecretKey::new(secret).unwrap(),
        flask::Profile::new(flask::SecretKey::new(secret).unwrap()),
        django::SecretKey::new(secret).unwrap(),
        django::Profile::new(django::SecretKey::new(secret).unwrap()),
        starlette::SecretKey::new(secret).unwrap(),
        starlette::Profile::new(starlette::SecretKey::new(secret).unwrap()),
        cookie_session::Profile::from(flask::Profile::new(flask::SecretKey::new(secret).unwrap())),
    );
    assert!(!shown.contains("canary") && !shown.contains("4711"), "{shown}");
    assert!(!shown.contains(&format!("{:?}", secret.as_bytes())[1..20]), "{shown}");
}

#[test]
fn shows_what_is_configured() {
    let flask = flask_profile().digest(Digest::Sha512);
    assert_eq!(
        format!("{flask:?}"),
        "Profile { digest: Sha512, key_derivation: Hmac, permanent_session_lifetime: 2678400s, .. }"
    );
    assert_eq!(format!("{:?}", django_profile()), "Profile { session_cookie_age: 1209600s, .. }");
    assert_eq!(format!("{:?}", starlette_profile()), "Profile { max_age: Some(1209600s), .. }");
    assert_eq!(
        format!("{:?}", cookie_session::Profile::from(flask)),
        "Profile { format: Flask { refresh_each_request: true, payload: Compressed { max_inflated: 65536, compress_from: Some(0) } }, .. }"
    );
}

#[test]
fn the_lifetime_is_set_on_the_profile_alone() {
    let lifetime = Lifetime::DEFAULT;
    for (name, _, _) in all() {
        let builder = || match name {
            "flask" => Sessions::builder(flask_profile()),
            "django" => Sessions::builder(django_profile()),
            _ => Sessions::builder(starlette_profile()),
        };
        for builder in [builder().lifetime(lifetime), builder().permanent_lifetime(lifetime)] {
            let error = builder.build().unwrap_err().to_string();
            assert!(error.contains("set it on its profile"), "{name}: {error}");
        }
    }
}

#[test]
fn reads_what_an_application_signed_with_other_settings() {
    let ways = [
        (Digest::Sha1, KeyDerivation::Hmac, "cookie-session"),
        (Digest::Sha256, KeyDerivation::Hmac, "cookie-session"),
        (Digest::Sha512, KeyDerivation::DjangoConcat, "cookie-session"),
        (Digest::Sha1, KeyDerivation::Concat, "cookie-session"),
        (Digest::Sha1, KeyDerivation::Hmac, "other"),
    ];
    let sessions = ways.map(|(digest, derivation, salt)| {
        build(flask_profile().digest(digest).key_derivation(derivation).salt(salt))
    });
    for (n, writer) in sessions.iter().enumerate() {
        let mut session = writer.start();
        session.insert("a", 1).unwrap();
        let cookie = pair(writer, session);
        for (m, reader) in sessions.iter().enumerate() {
            assert_eq!(reader.open([&cookie]).is_new(), n != m, "{n} {m}");
        }
    }
}

#[test]
fn no_codec_makes_sessions() {
    use KeyDerivation::{Concat, DjangoConcat, Hmac};

    let hour = Duration::from_secs(3600);
    let django = |salt: &str| django_profile().codec(salt, hour).is_ok();
    assert!(django("django.core.signing") && django("django.contrib.sessions.backends.signed_cookie"));
    assert!(!django("django.contrib.sessions.backends.signed_cookies"));

    let flask =
        |salt: &str, derivation, digest| flask_profile().codec_with(salt, hour, derivation, digest).is_ok();
    assert!(!flask("cookie-session", Hmac, Digest::Sha1));
    assert!(!flask("cookie-session", Hmac, Digest::Sha256), "another profile may have this digest");
    assert!(flask("cookie-session", DjangoConcat, Digest::Sha1));
    assert!(flask("cookie-sessions", Hmac, Digest::Sha1));
    assert!(flask_profile().codec("cookie-session", hour).is_ok(), "it derives its key in another way");

    let other = flask_profile().salt("s").key_derivation(DjangoConcat);
    assert!(other.codec("cookie-session", hour).is_ok() && other.codec("s", hour).is_err());
    assert!(other.codec_with("ssigner", hour, Concat, Digest::Sha1).is_err(), "it is the same key");
    assert!(other.codec_with("s", hour, Concat, Digest::Sha1).is_ok());
    // Whatever the digest: another profile of this secret may have it.
    for digest in [Digest::Sha1, Digest::Sha256, Digest::Sha512] {
        let other = flask_profile().digest(digest);
        for digest in [Digest::Sha1, Digest::Sha256, Digest::Sha512] {
            assert!(other.codec_with("cookie-session", hour, Hmac, digest).is_err(), "{digest:?}");
        }
    }
}

#[test]
fn no_token_of_a_codec_is_a_session_of_the_same_secret_and_salt() {
    const DIGESTS: [Digest; 3] = [Digest::Sha1, Digest::Sha256, Digest::Sha512];
    const DERIVATIONS: [KeyDerivation; 3] =
        [KeyDerivation::Hmac, KeyDerivation::DjangoConcat, KeyDerivation::Concat];

    let profile =
        |salt: &str, derivation, digest| flask_profile().salt(salt).key_derivation(derivation).digest(digest);
    let hour = Duration::from_secs(3600);
    let (mut built, mut refused) = (0, 0);
    for (salt, derivation) in ["s", "ssigner"].into_iter().flat_map(|salt| DERIVATIONS.map(|d| (salt, d))) {
        let sessions = DIGESTS.map(|digest| build(profile(salt, derivation, digest)));
        for (other, with) in ["s", "ssigner"].into_iter().flat_map(|salt| DERIVATIONS.map(|d| (salt, d))) {
            for digest in DIGESTS {
                let codec = profile(salt, derivation, Digest::Sha1).codec_with(other, hour, with, digest);
                let Ok(codec) = codec else {
                    refused += 1;
                    continue;
                };
                built += 1;
                let token = codec.encode_at(&json!({"user": 1}), at(NOW)).unwrap();
                for sessions in &sessions {
                    let session = sessions.open([format!("session={token}")]);
                    assert!(session.is_empty(), "{salt} {derivation:?} takes {other} {with:?} {digest:?}");
                }
            }
        }
    }
    // Each is refused with its own salt and derivation, and two also with what comes to the same.
    assert_eq!((built, refused), (108 - 24, 24));
}

#[test]
fn refuses_to_date_tokens_back_beyond_their_lifetime() {
    let second = Duration::from_secs(1);
    for (lifetime, backdate, builds) in
        [(1, 0, true), (1, 1, false), (60, 59, true), (60, 60, false), (60, 61, false)]
    {
        let (lifetime, backdate) = (second * lifetime, second * backdate);
        let profiles: [cookie_session::Profile; 3] = [
            flask_profile().permanent_session_lifetime(lifetime).backdate(backdate).into(),
            django_profile().session_cookie_age(lifetime).backdate(backdate).into(),
            starlette_profile().max_age(Some(lifetime)).backdate(backdate).into(),
        ];
        for profile in profiles {
            assert_eq!(Sessions::builder(profile).build().is_ok(), builds, "{lifetime:?} {backdate:?}");
        }
    }
    assert!(Sessions::builder(starlette_profile().max_age(None).backdate(second * 99)).build().is_ok());
}

#[test]
fn a_codec_of_the_profile_reads_the_tokens_of_other_extensions() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Link {
        user: u32,
        name: String,
    }
    let link = Link { user: 7, name: "\u{e9}".repeat(60) };
    let hour = Duration::from_secs(3600);
    let codecs = [
        flask_profile().codec("activate", hour).unwrap(),
        flask_profile().codec("reset", hour).unwrap(),
        flask_profile().codec_with("activate", hour, KeyDerivation::Hmac, Digest::Sha1).unwrap(),
        django_profile().codec("activate", hour).unwrap(),
    ];
    for (n, writer) in codecs.iter().enumerate() {
        let token = writer.encode_at(&link, at(NOW)).unwrap();
        assert_eq!(token.starts_with('.'), n < 3, "Django compresses only when it is told to: {token}");
        for (m, reader) in codecs.iter().enumerate() {
            let read = reader.decode_at::<Link>(&token, at(NOW));
            assert_eq!(read.is_ok(), n == m, "{n} {m}");
        }
        assert_eq!(writer.decode_at::<Link>(&token, at(NOW + 3599)).as_ref(), Ok(&link));
        assert_eq!(writer.decode_at::<Link>(&token, at(NOW + 3600)), Err(DecodeError::Expired));
    }
}
