//! What sessions of one format mean by permanence, refresh and expiry: this
//! library's own rules, or those of a Python framework.

use std::time::Duration;

use crate::error::DecodeError;
use crate::format::native::{self, Envelope};
use crate::json::Style;
use crate::session::Session;
use crate::session::members::Data;
use crate::token::payload::Encoding;

/// Whose sessions they are.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Dialect {
    Native,
    #[cfg(feature = "flask")]
    Flask {
        /// `SESSION_REFRESH_EACH_REQUEST`.
        refresh_each_request: bool,
    },
    #[cfg(feature = "django")]
    Django {
        /// `SESSION_SAVE_EVERY_REQUEST`.
        save_every_request: bool,
        /// `SESSION_EXPIRE_AT_BROWSER_CLOSE`.
        expire_at_browser_close: bool,
    },
    #[cfg(feature = "starlette")]
    Starlette {
        /// Whether `max_age` is not `None`.
        permanent: bool,
    },
}

/// Which of several cookies of our name counts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Choice {
    /// The newest that verifies.
    Newest,
    /// The first, whether it verifies or not.
    #[cfg(feature = "flask")]
    First,
    /// The last, whether it verifies or not.
    #[cfg(any(feature = "django", feature = "starlette"))]
    Last,
}

/// How long a browser is told to keep the cookie.
#[derive(Clone, Copy, Default)]
pub(crate) struct Keep {
    /// For this many seconds.
    pub(crate) max_age: Option<i64>,
    /// Until so many seconds from now, as a date.
    #[cfg_attr(not(feature = "_python"), expect(dead_code, reason = "only frameworks send a date"))]
    pub(crate) expires_in: Option<i64>,
}

impl Keep {
    fn for_seconds(seconds: i64) -> Self {
        Self { max_age: Some(seconds), expires_in: None }
    }
}

impl Dialect {
    pub(crate) fn style(self) -> Style {
        match self {
            Self::Native => Style::Compact,
            #[cfg(feature = "flask")]
            Self::Flask { .. } => crate::format::flask::tag::STYLE,
            #[cfg(feature = "django")]
            Self::Django { .. } => Style::Python { spaced: false, tagged: false },
            #[cfg(feature = "starlette")]
            Self::Starlette { .. } => Style::Python { spaced: true, tagged: false },
        }
    }

    pub(crate) fn choice(self) -> Choice {
        match self {
            Self::Native => Choice::Newest,
            #[cfg(feature = "flask")]
            Self::Flask { .. } => Choice::First,
            #[cfg(feature = "django")]
            Self::Django { .. } => Choice::Last,
            #[cfg(feature = "starlette")]
            Self::Starlette { .. } => Choice::Last,
        }
    }

    /// Reads the JSON text of a verified token. What the text says of the
    /// session's age goes through `check` before anything else of it is read or
    /// takes memory.
    pub(crate) fn read(
        self,
        encoding: Encoding,
        payload: &[u8],
        check: impl Fn(u64, bool) -> Result<(), DecodeError>,
    ) -> Result<Envelope, DecodeError> {
        match self {
            Self::Native => encoding.decode_with(payload, |text| {
                let (created, permanent, object) = native::split(text).ok_or(DecodeError::Payload)?;
                check(created, permanent)?;
                let data = Data::read(Style::Compact, object.to_owned()).ok_or(DecodeError::Payload)?;
                Ok(Envelope { created: Some(created), permanent, data })
            }),
            #[cfg(feature = "_python")]
            _ => {
                let text = encoding.decode(payload)?;
                #[cfg(feature = "flask")]
                let text = match self {
                    Self::Flask { .. } => {
                        crate::format::flask::tag::unescape_object(text).ok_or(DecodeError::Payload)?
                    }
                    _ => text,
                };
                let data = Data::read(self.style(), text).ok_or(DecodeError::Payload)?;
                Ok(Envelope { created: None, permanent: false, data })
            }
        }
    }

    /// Takes over the data of another dialect's session, without what that
    /// keeps of its own in them.
    pub(crate) fn take_over(self, old: Self, mut data: Data) -> Option<Data> {
        if let Some(key) = old.own_key() {
            data.remove(key);
        }
        Data::read(self.style(), data.object().into_owned())
    }

    /// Returns the key that the framework keeps of its own among the data.
    fn own_key(self) -> Option<&'static str> {
        match self {
            #[cfg(feature = "flask")]
            Self::Flask { .. } => Some(PERMANENT),
            #[cfg(feature = "django")]
            Self::Django { .. } => Some(SESSION_EXPIRY),
            _ => None,
        }
    }

    /// Returns the JSON text of a session.
    pub(crate) fn write(self, created: u64, permanent: bool, data: &Data) -> String {
        match self {
            Self::Native => native::write(created, permanent, data),
            #[cfg(feature = "flask")]
            Self::Flask { .. } => {
                crate::format::flask::tag::escape_object(data.object().into_owned(), data.len())
            }
            #[cfg(any(feature = "django", feature = "starlette"))]
            _ => data.object().into_owned(),
        }
    }

    /// Returns the longest that [`write`](Self::write) makes of this data,
    /// whatever is said about permanence later.
    pub(crate) fn max_len(self, data: &Data) -> usize {
        let object = data.object_len();
        match self {
            Self::Native => native::max_len(object),
            #[cfg(feature = "flask")]
            // A session of one member may be escaped, which takes less, and then it has no such member.
            Self::Flask { .. } => object.saturating_add(room_for(data, PERMANENT, "false")),
            #[cfg(feature = "django")]
            Self::Django { .. } => object.saturating_add(room_for(data, SESSION_EXPIRY, LONGEST_EXPIRY)),
            #[cfg(feature = "starlette")]
            Self::Starlette { .. } => object,
        }
    }

    /// Says whether the cookie outlives the browser's session, where the data
    /// decide that.
    pub(crate) fn permanent(self, data: &Data) -> Option<bool> {
        let _ = data;
        match self {
            Self::Native => None,
            #[cfg(feature = "flask")]
            Self::Flask { .. } => Some(data.get(PERMANENT).is_some_and(is_true)),
            #[cfg(feature = "django")]
            Self::Django { expire_at_browser_close, .. } => Some(match data.get(SESSION_EXPIRY) {
                None | Some("null") => !expire_at_browser_close,
                Some(expiry) => !is_zero(expiry),
            }),
            #[cfg(feature = "starlette")]
            Self::Starlette { permanent } => Some(permanent),
        }
    }

    /// Sets that, where the data decide it.
    pub(crate) fn set_permanent(self, data: &mut Data, permanent: bool, lifetime: u64) {
        #[cfg(any(feature = "flask", feature = "django"))]
        let mut set = |key, value: String| {
            // The key is text, and room for it was counted.
            let _ = data.insert(key, value);
        };
        match self {
            #[cfg(feature = "flask")]
            Self::Flask { .. } => set(PERMANENT, permanent.to_string()),
            #[cfg(feature = "django")]
            Self::Django { expire_at_browser_close, .. } => match (permanent, expire_at_browser_close) {
                (false, _) => set(SESSION_EXPIRY, "0".into()),
                (true, true) => set(SESSION_EXPIRY, lifetime.min(MAX_EXPIRY).to_string()),
                (true, false) => {
                    data.remove(SESSION_EXPIRY);
                }
            },
            _ => {}
        }
        let _ = (data, permanent, lifetime);
    }

    /// Says whether the framework can read this JSON text under this key.
    pub(crate) fn accepts(self, key: &str, json: &str) -> bool {
        let _ = (key, json);
        match self {
            #[cfg(feature = "django")]
            Self::Django { .. } => key != SESSION_EXPIRY || is_django_expiry(json),
            _ => true,
        }
    }

    /// Says the same of a whole session.
    pub(crate) fn accepts_all(self, data: &Data) -> bool {
        self.own_key().and_then(|key| data.get(key).map(|json| self.accepts(key, json))).unwrap_or(true)
    }

    /// Says whether a session that lost its last value keeps its cookie, unless
    /// it was cleared.
    pub(crate) fn keeps_empty(self) -> bool {
        match self {
            #[cfg(feature = "django")]
            Self::Django { .. } => true,
            _ => false,
        }
    }

    /// Says whether a session that nobody changed is signed again.
    pub(crate) fn is_refresh_due(self, session: &Session, age: u64, idle: u64) -> bool {
        let _ = session;
        match self {
            Self::Native => age.saturating_mul(10) >= idle,
            #[cfg(feature = "flask")]
            Self::Flask { refresh_each_request } => refresh_each_request && session.permanent(),
            #[cfg(feature = "django")]
            Self::Django { save_every_request, .. } => save_every_request,
            #[cfg(feature = "starlette")]
            Self::Starlette { .. } => false,
        }
    }

    /// Returns what a browser is told, `left` being what remains of the
    /// session's lifetime in seconds.
    pub(crate) fn keep(self, session: &Session, left: u64, now: Duration) -> Keep {
        let left = i64::try_from(left).unwrap_or(i64::MAX);
        if !session.permanent() {
            return Keep::default();
        }
        let _ = now;
        match self {
            Self::Native => Keep::for_seconds(left),
            #[cfg(feature = "flask")]
            Self::Flask { .. } => Keep { max_age: None, expires_in: Some(left) },
            #[cfg(feature = "django")]
            Self::Django { .. } => {
                let keep = session.data.get(SESSION_EXPIRY).and_then(|expiry| django_keep(expiry, now));
                keep.unwrap_or(Keep { max_age: Some(left), expires_in: Some(left) })
            }
            #[cfg(feature = "starlette")]
            Self::Starlette { .. } => Keep::for_seconds(left),
        }
    }
}

/// Says whether Python takes a value for true, given its JSON text.
#[cfg(feature = "flask")]
fn is_true(json: &str) -> bool {
    const EMPTY: [&str; 8] =
        ["null", "false", "\"\"", "[]", "{}", r#"{" t":[]}"#, r#"{" b":""}"#, r#"{" m":""}"#];
    !EMPTY.contains(&json) && !is_zero(json)
}

#[cfg(any(feature = "flask", feature = "django"))]
fn is_zero(json: &str) -> bool {
    json == "false" || json.parse() == Ok(0.0)
}

/// Returns for how long Django lets a browser keep a session that carries this
/// `_session_expiry`: a number of seconds, or a date.
#[cfg(feature = "django")]
fn django_keep(expiry: &str, now: Duration) -> Option<Keep> {
    if is_zero(expiry) {
        return None;
    }
    let whole = |age| Some(Keep { max_age: Some(age), expires_in: Some(age) });
    if let Ok(seconds) = serde_json::from_str::<i64>(expiry) {
        return whole(seconds);
    }
    if expiry == "true" {
        return whole(1);
    }
    if let Ok(seconds) = serde_json::from_str::<f64>(expiry) {
        let distance = Duration::try_from_secs_f64(seconds.abs()).ok()?;
        let truncated = i64::try_from(distance.as_secs()).ok()?;
        if seconds.is_sign_negative() {
            return whole(truncated.saturating_neg());
        }
        let part = Duration::from_nanos(now.subsec_nanos().into());
        let expires_in = i64::try_from(part.saturating_add(distance).as_secs()).ok()?;
        return Some(Keep { max_age: Some(truncated), expires_in: Some(expires_in) });
    }
    let then = django_date(expiry)?;
    // Rounded down, whatever the fractions are.
    let early = i64::from(then.nanosecond() < now.subsec_nanos());
    let now = i64::try_from(now.as_secs()).ok()?;
    whole(then.unix_timestamp().saturating_sub(now).saturating_sub(early))
}

/// Says whether Django can serve a session with this `_session_expiry`: on
/// others it answers 500, to this visitor and every time.
#[cfg(feature = "django")]
fn is_django_expiry(json: &str) -> bool {
    if matches!(json, "null" | "true" | "false" | "\"\"") {
        return true;
    }
    let in_range = |seconds: f64| seconds.abs() <= LONGEST_EXPIRY_SECONDS;
    json.parse().map_or_else(|_| django_date(json).is_some(), in_range)
}

/// Returns the date that Django writes as a `_session_expiry`, as Python's
/// `isoformat` spells it. One without an offset says no time: Django takes it
/// for the server's own, and with `USE_TZ` answers 500.
#[cfg(feature = "django")]
fn django_date(json: &str) -> Option<time::OffsetDateTime> {
    use time::OffsetDateTime;
    use time::format_description::well_known::Iso8601;

    let text: String = serde_json::from_str(json).ok()?;
    // ISO 8601 has more spellings than Python reads.
    let mut shape = b"0000-00-00T00:00:00".iter().zip(text.bytes());
    let is_plain = shape
        .all(|(expected, found)| if *expected == b'0' { found.is_ascii_digit() } else { found == *expected })
        && text.get(17..19)? < "60";
    let date = OffsetDateTime::parse(&text, &Iso8601::DEFAULT).ok().filter(|_| is_plain)?;
    // Python's dates end there, in any offset.
    (2..=9998).contains(&date.year()).then_some(date)
}

/// Returns by how much an object may grow when a framework's own member takes
/// its longest value.
#[cfg(any(feature = "flask", feature = "django"))]
fn room_for(data: &Data, key: &str, longest: &str) -> usize {
    match data.get(key) {
        Some(value) => longest.len().saturating_sub(value.len()),
        None => r#","":"#.len().saturating_add(key.len()).saturating_add(longest.len()),
    }
}

/// Flask's key for what its `session.permanent` says.
#[cfg(feature = "flask")]
pub(crate) const PERMANENT: &str = "_permanent";

/// Django's key for what its `session.set_expiry` says.
#[cfg(feature = "django")]
pub(crate) const SESSION_EXPIRY: &str = "_session_expiry";

#[cfg(feature = "django")]
const LONGEST_EXPIRY_SECONDS: f64 = 9_999_999_999.0;

/// More seconds than a cookie is ever kept for.
#[cfg(feature = "django")]
const MAX_EXPIRY: u64 = 9_999_999_999;
#[cfg(feature = "django")]
const LONGEST_EXPIRY: &str = "9999999999";
