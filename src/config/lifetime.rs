//! How long sessions live.

use std::time::Duration;

use crate::error::ConfigError;

/// How long a session lives. Both limits are enforced on the server.
///
/// A limit that is reached is not yet passed: a session exactly as old as
/// `idle` or `absolute` is accepted. Whole seconds count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetime {
    /// The longest time between two signatures of the cookie. A session in use
    /// is signed again once a tenth of this has passed, so a visitor is
    /// forgotten after 0.9 to 1.0 of it without a request.
    pub idle: Duration,
    /// The longest time since the session was created, however busy it is.
    pub absolute: Duration,
}

impl Lifetime {
    /// 2 hours idle, 24 hours in all.
    pub const DEFAULT: Self = Self { idle: hours(2), absolute: hours(24) };

    /// 14 days idle, 90 days in all.
    pub const DEFAULT_PERMANENT: Self = Self { idle: hours(14 * 24), absolute: hours(90 * 24) };
}

pub(super) fn check_lifetime(which: &str, Lifetime { idle, absolute }: Lifetime) -> Result<(), ConfigError> {
    let problem = match () {
        () if idle < MIN_LIFETIME => "idle is under one second",
        () if absolute > MAX_LIFETIME => "absolute is over 400 days, the longest that browsers keep a cookie",
        () if idle > absolute => "idle is longer than absolute; make absolute at least as long",
        () => return Ok(()),
    };
    Err(ConfigError::new(format!("{which}: {problem}")))
}

const fn hours(hours: u64) -> Duration {
    Duration::from_secs(hours.saturating_mul(60 * 60))
}

pub(crate) const MIN_LIFETIME: Duration = Duration::from_secs(1);
/// RFC 6265bis, section 5.5.
pub(crate) const MAX_LIFETIME: Duration = hours(400 * 24);
