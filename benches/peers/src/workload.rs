//! What the applications do, whatever keeps their sessions.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Map, Value};

use crate::data::{self, Visitor};

/// How many bytes of JSON their sessions have.
pub(crate) const SIZE: usize = 200;

/// What is asked for, and what the table of it is called.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route {
    /// One value out of five.
    Read,
    /// One value of five, without a look at it.
    Change,
    /// All of it as a struct.
    ReadStruct,
    /// All of it as a struct, one field of which is changed.
    ChangeStruct,
    /// A struct into a new session.
    LogIn,
    /// Nothing of the session.
    Hello,
}

impl Route {
    pub(crate) fn table(self, framework: &str) -> String {
        let what = match self {
            Self::Read => "reading",
            Self::Change => "changing",
            Self::ReadStruct => "reading a struct",
            Self::ChangeStruct => "changing a struct",
            Self::LogIn => "logging in",
            Self::Hello => "not asking",
        };
        format!("{framework}, {what}")
    }

    /// Returns its path for a visitor of this number.
    pub(crate) fn path(self, number: usize) -> String {
        match self {
            Self::Read => "/read".into(),
            Self::Change => "/change".into(),
            Self::ReadStruct => "/struct/read".into(),
            Self::ChangeStruct => "/struct/change".into(),
            Self::LogIn => self.login(number),
            Self::Hello => "/hello".into(),
        }
    }

    /// Returns the path on which its visitors log in.
    pub(crate) fn login(self, number: usize) -> String {
        match self {
            Self::Read | Self::Change | Self::Hello => format!("/login/{number}"),
            Self::ReadStruct | Self::ChangeStruct | Self::LogIn => format!("/struct/login/{number}"),
        }
    }

    /// Says whether its responses set the cookie. Where a store has the session, its first cookie may do for good.
    pub(crate) fn writes(self) -> bool {
        matches!(self, Self::Change | Self::ChangeStruct | Self::LogIn)
    }
}

/// What is in the Cookie line of a request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cookies {
    /// That of the session.
    One,
    /// The fourth is that of the session.
    Five,
}

impl Cookies {
    /// Returns the line, given what a response to a login has set.
    pub(crate) fn line(self, set: Option<&str>) -> String {
        // A route without a session gets a cookie too.
        let pair = set.and_then(|set| set.split(';').next()).unwrap_or(NONE);
        match self {
            Self::One => pair.to_owned(),
            Self::Five => data::five_cookies(pair),
        }
    }

    pub(crate) fn table(self, table: String) -> String {
        match self {
            Self::One => table,
            Self::Five => format!("{table}, five cookies"),
        }
    }
}

/// What is sent where a login sets no cookie.
const NONE: &str = "none=";

/// Returns who logs in with this number.
pub(crate) fn visitor(number: usize) -> &'static Visitor {
    static VISITORS: LazyLock<Vec<Visitor>> = LazyLock::new(|| data::visitors(SIZE));
    &VISITORS[number]
}

/// Returns the same as values under keys, for interfaces that take one at a time.
pub(crate) fn fields(visitor: &Visitor) -> Map<String, Value> {
    match serde_json::to_value(visitor) {
        Ok(Value::Object(fields)) => fields,
        _ => panic!("a struct is an object"),
    }
}

/// Returns another number each time, so that a change is one.
pub(crate) fn next() -> u32 {
    static COUNTER: AtomicU32 = AtomicU32::new(8);
    COUNTER.fetch_add(1, Ordering::Relaxed)
}

/// Where interfaces that take one value at a time keep a struct.
pub(crate) const KEY: &str = "visitor";
