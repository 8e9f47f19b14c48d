//! A session has a type: read, change and write it back, beside the keys of others.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

mod support;

use std::collections::BTreeMap;
use std::time::SystemTime;

use cookie_session::{Commit, KeyRing, Session, SessionError, Sessions};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use support::forge::{Parts, key};

fn sessions() -> Sessions {
    Sessions::builder(KeyRing::new(key(1))).build().unwrap()
}

/// A session that a cookie with this JSON brought.
#[track_caller]
fn open(sessions: &Sessions, json: &str) -> Session {
    let mut session = sessions.start();
    for (key, value) in serde_json::from_str::<serde_json::Map<String, Value>>(json).expect(json) {
        session.insert(&key, RawValue::from_string(value.to_string()).unwrap()).unwrap();
    }
    let commit = sessions.save(session).unwrap();
    sessions.open(commit.cookie_pair())
}

/// The members of a session, in their order, as JSON.
fn members(session: &Session) -> String {
    let member = |key: std::borrow::Cow<'_, str>| format!("{key:?}:{}", session.get_raw(&key).unwrap());
    format!("{{{}}}", session.keys().map(member).collect::<Vec<_>>().join(","))
}

/// Derives its default, and says nothing to serde.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct Visitor {
    name: String,
    theme: Option<String>,
    visits: u32,
}

#[test]
fn a_new_visitor_has_the_default() {
    assert_eq!(sessions().start().read_or_default(), Ok(Visitor::default()));
    assert_eq!(sessions().open([""; 0]).read_or_default(), Ok(Visitor::default()));
    // Which is not what a session of nothing but others' keys fails with.
    let session = open(&sessions(), r#"{"csrf":"x"}"#);
    assert_eq!(session.read_or_default(), Ok(Visitor::default()));
    assert!(matches!(session.read::<Visitor>(), Err(SessionError::WrongType(_))));
}

#[test]
fn read_change_and_write_back_is_three_lines_and_touches_no_key_of_others() {
    let sessions = sessions();
    let mut session = open(&sessions, r#"{"csrf":"x","visits":1,"_flashes":[["a", 1.0]]}"#);

    let mut visitor: Visitor = session.read_or_default().unwrap();
    visitor.visits += 1;
    session.merge(&visitor).unwrap();

    let expected = r#"{"_flashes":[["a",1.0]],"csrf":"x","visits":2,"name":"","theme":null}"#;
    assert_eq!(members(&session), expected);
    assert_eq!(session.read_or_default(), Ok(visitor));
}

#[test]
fn a_field_that_a_session_lacks_is_that_of_the_default() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Prefs {
        theme: Option<String>,
        size: u8,
        nested: Visitor,
    }
    impl Default for Prefs {
        fn default() -> Self {
            Self { theme: Some("dark".into()), size: 12, nested: Visitor { visits: 7, ..Visitor::default() } }
        }
    }
    let theme = |theme: Option<&str>| theme.map(str::to_owned);
    let table = [
        ("{}", Prefs::default()),
        (r#"{"size":3}"#, Prefs { size: 3, ..Prefs::default() }),
        (r#"{"theme":null}"#, Prefs { theme: None, ..Prefs::default() }),
        (r#"{"theme":"light","size":1}"#, Prefs { theme: theme(Some("light")), size: 1, ..Prefs::default() }),
    ];
    for (json, expected) in table {
        assert_eq!(open(&sessions(), json).read_or_default(), Ok(expected), "{json}");
    }
    // Fields of fields belong to one value, which is there or is not.
    let error = open(&sessions(), r#"{"nested":{"visits":1}}"#).read_or_default::<Prefs>().unwrap_err();
    assert_eq!(error.to_string(), "session value `nested` lacks the field `name`");
}

#[test]
fn what_is_there_and_of_another_type_is_an_error() {
    for json in [r#"{"visits":"three"}"#, r#"{"name":"x","theme":null,"visits":"three"}"#] {
        let error = open(&sessions(), json).read_or_default::<Visitor>().unwrap_err();
        assert_eq!(error.to_string(), "session value `visits` is a string, not u32", "{json}");
    }
}

#[test]
fn two_structs_share_a_session() {
    #[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
    struct Cart {
        lines: Vec<u32>,
    }
    let mut session = sessions().start();
    let mut cart: Cart = session.read_or_default().unwrap();
    cart.lines.push(1);
    session.merge(&cart).unwrap();
    let mut visitor: Visitor = session.read_or_default().unwrap();
    visitor.name = "Ada".into();
    session.merge(&visitor).unwrap();
    assert_eq!(session.read_or_default(), Ok(cart));
    assert_eq!(session.read_or_default(), Ok(visitor));
}

#[test]
fn a_field_that_is_left_out_is_removed() {
    #[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
    struct Login {
        #[serde(skip_serializing_if = "Option::is_none")]
        user: Option<u32>,
        #[serde(skip)]
        cache: u8,
        #[serde(rename = "since")]
        login_at: u64,
    }
    let mut session = open(&sessions(), r#"{"cache":1,"cart":[1],"since":5,"user":42}"#);
    let mut login: Login = session.read_or_default().unwrap();
    assert_eq!(login, Login { user: Some(42), cache: 0, login_at: 5 });
    login.user = None;
    session.merge(&login).unwrap();
    assert_eq!(members(&session), r#"{"cache":1,"cart":[1],"since":5}"#, "logged out");
}

#[test]
fn a_field_under_its_old_name_moves_to_the_new_one() {
    #[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
    struct Renamed {
        #[serde(alias = "name")]
        user: String,
    }
    let mut session = open(&sessions(), r#"{"cart":[1],"name":"Ada"}"#);
    let renamed: Renamed = session.read_or_default().unwrap();
    assert_eq!(renamed.user, "Ada");
    session.merge(&renamed).unwrap();
    assert_eq!(members(&session), r#"{"cart":[1],"user":"Ada"}"#);
    assert_eq!(session.read_or_default(), Ok(renamed));
}

#[test]
fn types_that_do_not_name_their_fields_merge_what_they_write() {
    #[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
    struct Flat {
        id: u32,
        #[serde(flatten)]
        visitor: Visitor,
    }
    let mut session = open(&sessions(), r#"{"cart":[1],"visits":2}"#);
    let mut flat: Flat = session.read_or_default().unwrap();
    assert_eq!(flat, Flat { id: 0, visitor: Visitor { visits: 2, ..Visitor::default() } });
    flat.id = 7;
    session.merge(&flat).unwrap();
    assert_eq!(members(&session), r#"{"cart":[1],"visits":2,"id":7,"name":"","theme":null}"#);
    session.merge(&BTreeMap::from([("id".to_owned(), 8), ("new".to_owned(), 9)])).unwrap();
    assert_eq!(members(&session), r#"{"cart":[1],"visits":2,"id":8,"name":"","theme":null,"new":9}"#);
    session.merge(&Box::new(Some(Visitor::default()))).unwrap();
    assert_eq!(session.get("visits"), Ok(Some(0)));
    assert!(session.read_or_default::<BTreeMap<String, Value>>().unwrap().contains_key("cart"));
}

#[test]
fn what_cannot_be_merged_changes_nothing() {
    #[derive(Debug, Default, Serialize, Deserialize)]
    struct Bad {
        a: f64,
        name: String,
    }
    let json = r#"{"cart":[1],"name":"Ada"}"#;
    let mut session = open(&sessions(), json);
    let results = [
        session.merge(&Bad { a: f64::NAN, name: "x".into() }),
        session.merge(&7),
        session.merge(&vec![1]),
        session.merge(&String::from("{}")),
        session.merge(&None::<Visitor>),
        session.merge(&Bad { a: 1.0, name: "x".repeat(5000) }),
    ];
    for result in results {
        assert!(result.is_err());
    }
    assert_eq!((members(&session).as_str(), session.is_modified()), (json, false));
}

#[test]
fn merging_what_is_there_sets_no_cookie() {
    let sessions = sessions();
    let mut session = open(&sessions, r#"{"cart":[1],"name":"Ada","theme":null,"visits":3}"#);
    let visitor: Visitor = session.read_or_default().unwrap();
    session.merge(&visitor).unwrap();
    assert!(!session.is_modified());
    assert_eq!(sessions.save(session).unwrap().set_cookies().count(), 0);
}

#[test]
fn keys_are_the_same_however_they_are_spelled() {
    let sessions = sessions();
    let pair = |json: &str| {
        let token = support::forge::Forge::session(&support::forge::secret(1), sessions.cookie_name());
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        format!("{}={}", sessions.cookie_name(), token.token(&format!("[{now},false,{json}]"), now))
    };
    let mut session = sessions.open([pair(r#"{"\u006eame":"Ada","visits":3,"\u00e9":1}"#)]);
    let mut visitor: Visitor = session.read_or_default().unwrap();
    assert_eq!((visitor.name.as_str(), visitor.visits), ("Ada", 3));
    visitor.name = "Eve".into();
    session.merge(&visitor).unwrap();
    let commit: Commit = sessions.save(session).unwrap();
    let json = Parts::of(commit.cookie_pair().unwrap().split_once('=').unwrap().1).json();
    assert!(json.ends_with(r#"{"\u006eame":"Eve","visits":3,"\u00e9":1,"theme":null}]"#), "{json}");
}

#[cfg(all(feature = "flask", feature = "django", feature = "starlette"))]
#[test]
fn python_frameworks_keep_their_own_keys() {
    use cookie_session::{Profile, django, flask, starlette};

    #[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
    struct Tagged {
        #[serde(rename = " t")]
        tag: u8,
    }
    let profiles: [Profile; 3] = [
        flask::Profile::new(flask::SecretKey::new("secret").unwrap()).into(),
        django::Profile::new(django::SecretKey::new("secret").unwrap()).into(),
        starlette::Profile::new(starlette::SecretKey::new("secret").unwrap()).into(),
    ];
    for profile in profiles {
        let sessions = Sessions::builder(profile).build().unwrap();
        let mut session = sessions.start();
        session.set_permanent(true);
        session.insert("ü", "ü").unwrap();
        let mut visitor: Visitor = session.read_or_default().unwrap();
        visitor.theme = Some("größe".into());
        session.merge(&visitor).unwrap();
        let commit = sessions.save(session).unwrap();
        let session = sessions.open(commit.cookie_pair());
        assert_eq!(session.get::<String>("ü").unwrap().as_deref(), Some("ü"));
        assert_eq!(session.read_or_default(), Ok(visitor));

        // One key that looks like a tag of Flask's is escaped on the way.
        let mut session = sessions.start();
        session.merge(&Tagged { tag: 3 }).unwrap();
        assert_eq!(session.read_or_default(), Ok(Tagged { tag: 3 }));
        let commit = sessions.save(session).unwrap();
        assert_eq!(sessions.open(commit.cookie_pair()).read_or_default(), Ok(Tagged { tag: 3 }));
    }
}
