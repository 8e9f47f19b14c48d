//! The timestamp of a token: unix seconds as text, one spelling each.

use std::time::{Duration, SystemTime};

use crate::token::base64url;

/// Appends the seconds as itsdangerous does: big-endian without leading zero
/// bytes, in URL-safe base64 without padding. Zero is the empty text.
pub(crate) fn write(seconds: u64, out: &mut Vec<u8>) {
    let bytes = seconds.to_be_bytes();
    let leading = usize::try_from(seconds.leading_zeros() / u8::BITS).unwrap_or_default();
    base64url::push(bytes.get(leading..).unwrap_or_default(), out);
}

/// Reads what [`write`] wrote, and no other spelling of the same number.
#[inline]
pub(crate) fn read(text: &[u8]) -> Option<u64> {
    // That of every token of these days, from 1970 and half a year to 2106.
    if let Ok(text) = <[u8; 6]>::try_from(text) {
        return base64url::decode_four(text).filter(|seconds| seconds >> 24 > 0).map(u64::from);
    }
    let mut bytes = [0; 8];
    let len = base64url::decode(text, &mut bytes)?;
    if len > 0 && bytes.first() == Some(&0) {
        return None;
    }
    Some(bytes.iter().take(len).fold(0, |seconds, byte| seconds << 8 | u64::from(*byte)))
}

/// Returns the time since 1970. A clock set before that reads 0, so that
/// everything issued in reality lies in its future.
#[inline]
pub(crate) fn since_1970(time: SystemTime) -> Duration {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

/// Returns the whole seconds since 1970.
pub(crate) fn seconds(time: SystemTime) -> u64 {
    since_1970(time).as_secs()
}

/// Returns the whole seconds since 1970 at which the time is reached.
pub(crate) fn seconds_rounded_up(time: SystemTime) -> u64 {
    let since = since_1970(time);
    since.as_secs().saturating_add(u64::from(since.subsec_nanos() > 0))
}

/// Returns the time of these seconds, if the platform can express it.
pub(crate) fn system_time(seconds: u64) -> Option<SystemTime> {
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
}

/// The length of the longest timestamp, that of `u64::MAX`, here or in base 62.
pub(crate) const MAX_LEN: usize = 11;

#[cfg(test)]
mod tests {
    use super::*;

    const SPELLINGS: &[(u64, &str)] = &[
        (0, ""),
        (1, "AQ"),
        (255, "_w"),
        (256, "AQA"),
        (1_700_000_000, "ZVPxAA"),
        (0xffff_ffff, "_____w"),
        (1 << 32, "AQAAAAA"),
        (1 << 63, "gAAAAAAAAAA"),
        (u64::MAX, "__________8"),
    ];

    #[test]
    fn spells_seconds_as_itsdangerous_does() {
        for (seconds, text) in SPELLINGS {
            let mut out = Vec::new();
            write(*seconds, &mut out);
            assert_eq!(std::str::from_utf8(&out).unwrap(), *text);
            assert_eq!(read(text.as_bytes()), Some(*seconds), "{text}");
        }
    }

    #[test]
    fn refuses_every_other_spelling() {
        let others = [
            "AA",
            "AAAB",
            "AAE",
            "A",
            "AQ==",
            "AQ=",
            "AR",
            "AQ ",
            " AQ",
            "_w\n",
            "/w",
            "+w",
            "-1",
            "AQA.",
            "AQAAAAAAAAAA",
            "AAAAAAAAAAAA",
            "__________9",
        ];
        for text in others {
            assert_eq!(read(text.as_bytes()), None, "{text:?}");
        }
    }

    #[test]
    fn a_clock_before_1970_reads_zero() {
        let before = SystemTime::UNIX_EPOCH - Duration::from_secs(1);
        assert_eq!(seconds(before), 0);
    }
}
