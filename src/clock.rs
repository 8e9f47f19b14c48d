//! What time it is: by the system's clock, by another in its place, or unknown.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::error::ConfigError;

#[derive(Clone)]
pub(crate) enum Clock {
    System,
    Other(Arc<dyn Fn() -> SystemTime + Send + Sync>),
    /// The system has none, and nothing was put in its place.
    Missing,
}

impl Default for Clock {
    fn default() -> Self {
        if BARE { Self::Missing } else { Self::System }
    }
}

impl Clock {
    pub(crate) fn other(clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        Self::Other(Arc::new(clock))
    }

    /// Refuses to go on without a clock.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        match self {
            Self::System | Self::Other(_) => Ok(()),
            Self::Missing => {
                Err(ConfigError::new("this platform has no clock; call `clock` with one that it can ask"))
            }
        }
    }

    /// Returns the time at which something is signed. If it is unknown, that is so long ago that it has expired.
    pub(crate) fn when_signed(&self) -> SystemTime {
        self.now().unwrap_or(SystemTime::UNIX_EPOCH)
    }

    /// Returns the time at which something is judged. If it is unknown, that is so late that everything has expired.
    pub(crate) fn when_judged(&self) -> SystemTime {
        self.now().or_else(|| SystemTime::UNIX_EPOCH.checked_add(LATE)).unwrap_or(SystemTime::UNIX_EPOCH)
    }

    fn now(&self) -> Option<SystemTime> {
        match self {
            Self::System if !BARE => Some(SystemTime::now()),
            Self::Other(clock) => Some(clock()),
            Self::System | Self::Missing => None,
        }
    }
}

/// Whether there is no system: asking the standard library for the time panics there. tests/wasm/worker does without too.
const BARE: bool = cfg!(any(all(target_family = "wasm", target_os = "unknown"), without_system));

/// The year 10,000, which any platform can express.
const LATE: Duration = Duration::from_secs(253_402_300_800);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Codec, DecodeError, KeyRing, SecretKey, Sessions, signed_cookie::SignedCookie};

    fn keys() -> KeyRing {
        KeyRing::new(SecretKey::generate().unwrap())
    }

    #[test]
    fn without_a_clock_nothing_is_built() {
        let mut builder = Sessions::builder(keys());
        builder.clock = Clock::Missing;
        assert!(builder.clone().build().unwrap_err().to_string().contains("clock"));
        assert!(builder.clock(SystemTime::now).build().is_ok());

        let mut builder = SignedCookie::<u64>::builder(&keys(), "theme");
        builder.clock = Clock::Missing;
        assert!(builder.build().unwrap_err().to_string().contains("clock"));
    }

    #[test]
    fn without_a_clock_every_token_has_expired() {
        let hour = Duration::from_secs(60 * 60);
        let codec = Codec::new(&keys(), "links", hour).unwrap();
        let mut lost = codec.clone();
        lost.clock = Clock::Missing;
        let token = codec.encode("ada").unwrap();
        let undated = lost.encode("ada").unwrap();
        for (reader, token) in [(&lost, &token), (&lost, &undated), (&codec, &undated)] {
            assert_eq!(reader.decode::<String>(token), Err(DecodeError::Expired));
        }
        assert_eq!(lost.clock(SystemTime::now).decode::<String>(&token), Ok("ada".to_owned()));
    }

    #[test]
    fn a_token_for_ever_needs_no_clock() {
        let mut codec = Codec::new(&keys(), "links", None).unwrap();
        codec.clock = Clock::Missing;
        let token = codec.encode("ada").unwrap();
        assert_eq!(codec.decode::<String>(&token), Ok("ada".to_owned()));
    }
}
