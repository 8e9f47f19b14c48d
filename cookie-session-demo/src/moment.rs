//! Texts for a point in time and for an age.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

const DAY: u64 = 24 * 60 * 60;

/// The first second of the year 10000, which the usual notation cannot write.
const END: u64 = 253_402_300_800;

/// A UTC time, in the two spellings that HTML wants.
pub(crate) struct Utc {
    /// As an RFC 3339 timestamp.
    pub(crate) machine: String,
    /// For people.
    pub(crate) human: String,
}

/// Returns the texts for a time from 1970 to 9999, `None` outside.
pub(crate) fn utc(time: SystemTime) -> Option<Utc> {
    let seconds = time.duration_since(UNIX_EPOCH).ok()?.as_secs();
    if seconds >= END {
        return None;
    }
    let (year, day) = take_whole(seconds / DAY, (1970..).map(|year| (year, days_of_year(year))))?;
    let (month, day) = take_whole(day, (1..=12).map(|month| (month, days_of_month(year, month))))?;
    let (day, hour, minute, second) =
        (day.saturating_add(1), seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    Some(Utc {
        machine: format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"),
        human: format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC"),
    })
}

/// Takes whole periods off a count of days, and returns the period that is left over and the days into it.
fn take_whole(mut days: u64, periods: impl Iterator<Item = (u64, u64)>) -> Option<(u64, u64)> {
    for (period, length) in periods {
        match days.checked_sub(length) {
            Some(rest) => days = rest,
            None => return Some((period, days)),
        }
    }
    None
}

fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn days_of_year(year: u64) -> u64 {
    if is_leap(year) { 366 } else { 365 }
}

fn days_of_month(year: u64, month: u64) -> u64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Returns a duration in its two largest units, rounded down.
pub(crate) fn span(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (days, hours, minutes) = (seconds / DAY, seconds / 3600 % 24, seconds / 60 % 60);
    match (days, hours, minutes, seconds % 60) {
        (0, 0, 0, seconds) => format!("{seconds} s"),
        (0, 0, minutes, seconds) => two(minutes, "min", seconds, "s"),
        (0, hours, minutes, _) => two(hours, "h", minutes, "min"),
        (days, hours, _, _) => two(days, "d", hours, "h"),
    }
}

fn two(large: u64, large_unit: &str, small: u64, small_unit: &str) -> String {
    match small {
        0 => format!("{large} {large_unit}"),
        _ => format!("{large} {large_unit} {small} {small_unit}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Expected texts from GNU date: `date -u -d @N '+%F %T UTC'`.
    #[test]
    fn writes_times_as_gnu_date_does() {
        let table = [
            (0, "1970-01-01 00:00:00 UTC"),
            (86_399, "1970-01-01 23:59:59 UTC"),
            (86_400, "1970-01-02 00:00:00 UTC"),
            (951_782_399, "2000-02-28 23:59:59 UTC"),
            (951_782_400, "2000-02-29 00:00:00 UTC"),
            (951_868_800, "2000-03-01 00:00:00 UTC"),
            (978_220_800, "2000-12-31 00:00:00 UTC"),
            (1_735_689_599, "2024-12-31 23:59:59 UTC"),
            (1_735_689_600, "2025-01-01 00:00:00 UTC"),
            (4_107_542_400, "2100-03-01 00:00:00 UTC"),
            (END - 1, "9999-12-31 23:59:59 UTC"),
        ];
        for (seconds, expected) in table {
            let text = utc(UNIX_EPOCH + Duration::from_secs(seconds)).expect("between 1970 and 9999");
            assert_eq!(text.human, expected);
            assert_eq!(text.machine, expected.replacen(' ', "T", 1).replace(" UTC", "Z"));
        }
    }

    #[test]
    fn has_no_text_outside_1970_to_9999() {
        assert!(utc(UNIX_EPOCH - Duration::from_secs(1)).is_none());
        assert!(utc(UNIX_EPOCH + Duration::from_secs(END)).is_none());
    }

    #[test]
    fn writes_the_two_largest_units_of_an_age() {
        let table = [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (61, "1 min 1 s"),
            (3599, "59 min 59 s"),
            (3600, "1 h"),
            (3659, "1 h"),
            (3660, "1 h 1 min"),
            (86_399, "23 h 59 min"),
            (90_000, "1 d 1 h"),
        ];
        for (seconds, expected) in table {
            assert_eq!(span(Duration::from_secs(seconds)), expected);
        }
    }
}
