//! What `_session_expiry` says, a number of seconds or a date as the site keeps
//! them, and what Django makes of it.

use std::time::{Duration, SystemTime};

use time::format_description::BorrowedFormatItem;
use time::format_description::well_known::Iso8601;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

use crate::format::python::is_zero;
use crate::format::rules::Keep;
use crate::session::members::Data;

/// How long a session lasts.
pub(super) enum Lasts {
    /// As the settings say.
    AsSet,
    WithBrowser,
    For(Keep),
    /// What is there is nothing that Django can use.
    Unclear,
}

/// How the site keeps dates: `USE_TZ`.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Dates {
    /// With their offset from UTC.
    Aware,
    /// Without, as the clock on the site's wall shows them: in seconds, how far
    /// that is ahead of UTC.
    Local(fn(SystemTime) -> i32),
}

/// What a clock shows: one in UTC, or the one on the site's wall.
#[derive(Clone, Copy)]
pub(super) struct Reading {
    seconds: i64,
    micros: u32,
}

impl Reading {
    pub(super) fn after(self, distance: Duration) -> Option<Self> {
        let micros = self.micros.checked_add(distance.subsec_micros())?;
        let (carried, micros) = (i64::from(micros >= 1_000_000), micros % 1_000_000);
        let seconds = self.seconds.checked_add(i64::try_from(distance.as_secs()).ok()?)?;
        Some(Self { seconds: seconds.checked_add(carried)?, micros })
    }

    /// Returns the whole seconds from another reading of the same clock to this
    /// one, rounded down.
    fn since(self, other: Self) -> i64 {
        let early = i64::from(self.micros < other.micros);
        self.seconds.saturating_sub(other.seconds).saturating_sub(early)
    }
}

impl Dates {
    /// Returns what the clock shows at a time since 1970.
    pub(super) fn clock(self, time: Duration) -> Option<Reading> {
        let seconds = i64::try_from(time.as_secs()).ok()?;
        let ahead = match self {
            Self::Aware => 0,
            Self::Local(ahead) => ahead(SystemTime::UNIX_EPOCH.checked_add(time)?),
        };
        // More than a day is no offset, in Python and anywhere else.
        let seconds = seconds.checked_add(ahead.into()).filter(|_| ahead.unsigned_abs() < 24 * 60 * 60)?;
        Some(Reading { seconds, micros: time.subsec_micros() })
    }

    /// Returns a date as JSON text, as Python's `isoformat` spells it.
    pub(super) fn write(self, reading: Reading) -> Option<String> {
        let mut text =
            OffsetDateTime::from_unix_timestamp(reading.seconds).ok()?.format(TO_THE_SECOND).ok()?;
        if reading.micros > 0 {
            text.push_str(&format!(".{:06}", reading.micros));
        }
        let offset = match self {
            Self::Aware => "+00:00",
            Self::Local(_) => "",
        };
        Some(format!("\"{text}{offset}\""))
    }

    /// Reads a date as Django writes it: one of the other kind is an error there,
    /// to this visitor and every time.
    fn date(self, json: &str) -> Option<Reading> {
        let text: String = serde_json::from_str(json).ok()?;
        // ISO 8601 has more spellings than Python reads.
        let mut shape = b"0000-00-00T00:00:00".iter().zip(text.bytes());
        let is_plain = shape.all(
            |(expected, found)| {
                if *expected == b'0' { found.is_ascii_digit() } else { found == *expected }
            },
        );
        if !is_plain || text.get(17..19)? >= "60" {
            return None;
        }
        let date = match self {
            Self::Aware => OffsetDateTime::parse(&text, &Iso8601::DEFAULT).ok()?,
            Self::Local(_) => {
                let fraction = text.get(19..)?;
                if !fraction.bytes().all(|byte| byte == b'.' || byte.is_ascii_digit()) {
                    return None;
                }
                PrimitiveDateTime::parse(&text, &Iso8601::DEFAULT).ok()?.assume_utc()
            }
        };
        // Python's dates end there, in any offset.
        (2..=9998)
            .contains(&date.year())
            .then(|| Reading { seconds: date.unix_timestamp(), micros: date.microsecond() })
    }

    /// Says whether Django can serve a session with this `_session_expiry`: on
    /// others it answers 500, to this visitor and every time.
    pub(super) fn accept(self, json: &str) -> bool {
        if matches!(json, "null" | "true" | "false" | "\"\"") {
            return true;
        }
        let in_range = |seconds: f64| seconds.abs() <= LONGEST_SECONDS;
        json.parse().map_or_else(|_| self.date(json).is_some(), in_range)
    }

    /// Reads how long a session lasts.
    pub(super) fn read(self, data: &Data, now: Duration) -> Lasts {
        match data.get(KEY) {
            None | Some("null" | "\"\"") => Lasts::AsSet,
            Some(expiry) if is_zero(expiry) => Lasts::WithBrowser,
            Some(expiry) if !self.accept(expiry) => Lasts::Unclear,
            Some(expiry) => self.keep(expiry, now).map_or(Lasts::Unclear, Lasts::For),
        }
    }

    /// Returns for how long Django lets a browser keep a session that carries
    /// this `_session_expiry`: a number of seconds, or a date.
    fn keep(self, expiry: &str, now: Duration) -> Option<Keep> {
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
        // Without offsets that is the distance on the wall: an hour more or less where the clock is changed in
        // between, as in Django.
        whole(self.date(expiry)?.since(self.clock(now)?))
    }
}

/// Django's key for what its `session.set_expiry` says.
pub(super) const KEY: &str = "_session_expiry";

/// More seconds than a cookie is ever kept for.
pub(super) const LONGEST: u64 = 9_999_999_999;
const LONGEST_SECONDS: f64 = 9_999_999_999.0;

const TO_THE_SECOND: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]");
