//! Numbers, times and foreign text as people read them.

use std::time::{Duration, SystemTime};

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Returns a moment as `2026-11-20 09:12:03 UTC`.
pub(crate) fn moment(seconds: u64) -> String {
    let date =
        i64::try_from(seconds).ok().and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok());
    match date {
        Some(date) => format!(
            "{}-{:02}-{:02} {:02}:{:02}:{:02} UTC",
            date.year(),
            u8::from(date.month()),
            date.day(),
            date.hour(),
            date.minute(),
            date.second()
        ),
        None => format!("{seconds} s after 1970"),
    }
}

/// Reads a moment: RFC 3339, or unix seconds.
pub(crate) fn read_moment(text: &str) -> Result<u64, &'static str> {
    if let Ok(seconds) = text.parse() {
        return Ok(seconds);
    }
    OffsetDateTime::parse(text, &Rfc3339)
        .ok()
        .and_then(|date| u64::try_from(date.unix_timestamp()).ok())
        .ok_or("a time is 2026-11-20T09:12:03Z or unix seconds")
}

/// Returns a moment of the clock.
pub(crate) fn system_time(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds)).unwrap_or(SystemTime::UNIX_EPOCH)
}

/// Returns a moment of the clock in unix seconds.
pub(crate) fn seconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Returns a length of time in its two largest units: `27 h 3 m`.
pub(crate) fn span(seconds: u64) -> String {
    let (days, hours, minutes) = (seconds / DAY, seconds / HOUR, seconds / MINUTE);
    let (large, small) = match seconds {
        0..MINUTE => return format!("{seconds} s"),
        MINUTE..HOUR => ((minutes, "m"), (seconds % MINUTE, "s")),
        // Up to two days in hours, as limits are.
        HOUR..172_801 => ((hours, "h"), (minutes % 60, "m")),
        _ => ((days, "d"), (hours % 24, "h")),
    };
    match small {
        (0, _) => format!("{} {}", large.0, large.1),
        small => format!("{} {} {} {}", large.0, large.1, small.0, small.1),
    }
}

/// Reads a length of time: `90s`, `2h`, `1d12h`, or seconds.
pub(crate) fn read_span(text: &str) -> Result<Duration, &'static str> {
    const WRONG: &str = "a length of time is 90s, 20m, 2h, 14d, or several of these such as 1d12h";
    let (mut total, mut digits) = (0u64, String::new());
    for c in text.chars() {
        let unit = match c {
            '0'..='9' => {
                digits.push(c);
                continue;
            }
            's' => 1,
            'm' => MINUTE,
            'h' => HOUR,
            'd' => DAY,
            _ => return Err(WRONG),
        };
        let count: u64 = digits.parse().map_err(|_| WRONG)?;
        total = count.checked_mul(unit).and_then(|part| total.checked_add(part)).ok_or(WRONG)?;
        digits.clear();
    }
    match digits.as_str() {
        "" if !text.is_empty() => Ok(Duration::from_secs(total)),
        // No unit at all.
        digits if digits == text => digits.parse().map(Duration::from_secs).map_err(|_| WRONG),
        _ => Err(WRONG),
    }
}

/// Returns a number with its thousands set apart: `3,871`.
pub(crate) fn count(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && digits.len().saturating_sub(place) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Returns `1 key` or `3 keys`.
pub(crate) fn plural(number: usize, one: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{} {one}{s}", count(number))
}

/// Returns text that somebody else wrote, fit for a terminal: what would not show, or would move what shows, is escaped.
/// That is controls, and what Unicode calls default ignorable.
pub(crate) fn shown(text: &str) -> String {
    let is_plain = |c: char| {
        !c.is_control()
            && !matches!(
                c,
                '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            )
            && !matches!(c, '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
            && !matches!(c, '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}')
            && !matches!(c, '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
    };
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if is_plain(c) {
            shown.push(c);
        } else {
            shown.extend(c.escape_unicode());
        }
    }
    shown
}

/// Breaks a text into lines of at most 96 characters, where it has spaces. The
/// lines after the first begin with the indent.
pub(crate) fn wrapped(text: &str, indent: &str) -> String {
    let (mut lines, mut width) = (String::new(), 0usize);
    for (n, word) in text.split(' ').enumerate() {
        let with_word = width.saturating_add(1).saturating_add(word.chars().count());
        if n == 0 {
            width = word.chars().count();
        } else if indent.len().saturating_add(with_word) > WIDTH {
            lines.push('\n');
            lines.push_str(indent);
            width = word.chars().count();
        } else {
            lines.push(' ');
            width = with_word;
        }
        lines.push_str(word);
    }
    lines
}

const WIDTH: usize = 96;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_lengths_of_time_in_two_units() {
        let spans = [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 m"),
            (61, "1 m 1 s"),
            (3_599, "59 m 59 s"),
            (3_600, "1 h"),
            (97_380, "27 h 3 m"),
            (172_800, "48 h"),
            (172_801, "2 d"),
            (1_216_800, "14 d 2 h"),
            (u64::MAX, "213503982334601 d 7 h"),
        ];
        for (seconds, text) in spans {
            assert_eq!(span(seconds), text);
        }
    }

    #[test]
    fn reads_lengths_of_time() {
        for (text, seconds) in
            [("0", 0), ("90", 90), ("90s", 90), ("2h", 7_200), ("1d12h", 129_600), ("14d", 1_209_600)]
        {
            assert_eq!(read_span(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "h", "2h5", "-1", "1.5h", "2 h", "1y", "99999999999999999999", "300000000000000d"] {
            assert!(read_span(text).is_err(), "{text}");
        }
    }

    #[test]
    fn reads_and_shows_moments() {
        for text in ["2026-11-20T09:12:03Z", "2026-11-20T10:12:03+01:00", "1795165923"] {
            assert_eq!(read_moment(text).map(moment).as_deref(), Ok("2026-11-20 09:12:03 UTC"), "{text}");
        }
        for text in ["", "-1", "2026-11-20", "2026-11-20 09:12:03", "1960-01-01T00:00:00Z"] {
            assert!(read_moment(text).is_err(), "{text}");
        }
        assert_eq!(moment(0), "1970-01-01 00:00:00 UTC");
        assert_eq!(moment(u64::MAX), "18446744073709551615 s after 1970");
    }

    #[test]
    fn escapes_what_a_terminal_would_obey() {
        assert_eq!(shown("käse\u{1b}[2J\u{9b}2J\u{202e}x\u{7f}"), "käse\\u{1b}[2J\\u{9b}2J\\u{202e}x\\u{7f}");
        // Unicode's other marks that turn the direction, and what takes no room.
        for c in "\u{61c}\u{ad}\u{180e}\u{115f}\u{3164}\u{fff9}\u{200d}\u{2069}\u{1bca0}".chars() {
            assert_eq!(shown(&c.to_string()), c.escape_unicode().to_string());
        }
    }

    #[test]
    fn sets_thousands_apart() {
        for (number, text) in
            [(0, "0"), (999, "999"), (1_000, "1,000"), (12_345, "12,345"), (1_234_567, "1,234,567")]
        {
            assert_eq!(count(number), text);
        }
    }

    #[test]
    fn breaks_lines_at_spaces() {
        let text = wrapped(&"four ".repeat(30), "  ");
        assert!(text.lines().all(|line| line.len() <= WIDTH && line.contains("four")), "{text}");
        assert_eq!(text.split_whitespace().count(), 30);
    }
}
