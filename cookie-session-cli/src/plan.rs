//! `cookie-session keys plan`: which key may go when.

use std::fmt::Write;
use std::time::Duration;

use serde::Serialize;

use crate::answer::{Answer, Problem, json};
use crate::args::{Format, Plan};
use crate::policy::Policy;
use crate::secrets::Keys;
use crate::text::{moment, span, wrapped};

pub(crate) fn run(args: &Plan) -> Result<Answer, Problem> {
    let keys = Keys::read(&args.keys, args.format)?;
    let now = args.now.seconds();
    let policy = Policy::of_lifetimes(args.format, &args.lifetimes)?;
    // What `build()` refuses cannot be planned with.
    policy.sessions(&keys, now)?;
    let stopped = stopped(&args.since, keys.len(), now)?;
    let ring = keys.distinct(args.format);
    let of_sessions = match args.format {
        Format::Native => policy.lifetime.idle.max(policy.permanent_lifetime.idle),
        _ => policy.max_age,
    };
    let longest = of_sessions.max(args.token_max_age.unwrap_or_default());
    // A machine whose clock is ahead dates its last cookies by so much later.
    let wait = longest.saturating_add(policy.skew).as_secs();

    let entry = |(number, is_new): (usize, bool)| {
        let stopped = number.checked_sub(2).and_then(|n| stopped.get(n).copied());
        let stopped = stopped.filter(|_| is_new);
        Entry {
            key: number,
            role: match (number, is_new) {
                (1, _) => "signs",
                (_, true) => "verifies",
                (_, false) => "repeated",
            },
            may_go: stopped.map(|(since, _)| since.saturating_add(wait)),
            known: stopped.is_some_and(|(_, known)| known),
        }
    };
    let entries: Vec<Entry> = (1..).zip(ring).map(entry).collect();
    if args.output.json {
        return Ok(Answer::good(json(&Plan_ { now, wait, keys: &entries })?));
    }
    Ok(Answer::good(text(&entries, wait, longest, now)))
}

#[derive(Serialize)]
struct Plan_<'p> {
    now: u64,
    /// For how long after a key stopped signing it is still needed, in seconds.
    wait: u64,
    keys: &'p [Entry],
}

#[derive(Serialize)]
struct Entry {
    /// Counted from 1.
    key: usize,
    role: &'static str,
    /// From when on it may go, if it has signed and does not any more.
    may_go: Option<u64>,
    /// Whether `--since` said when it stopped signing.
    #[serde(rename = "since_given")]
    known: bool,
}

/// Returns since when the second key and the following do not sign, and whether
/// that was said. A key stands after those that replaced it, so it stopped no
/// later than the one before.
fn stopped(since: &[u64], keys: usize, now: u64) -> Result<Vec<(u64, bool)>, Problem> {
    if since.len() >= keys.max(1) {
        return Err(Problem::usage("--since is given more often than there are keys that only verify"));
    }
    if since.iter().any(|since| *since > now) {
        return Err(Problem::usage("--since is later than now"));
    }
    let last = since.last().copied().unwrap_or(now);
    let given = since.iter().map(|since| (*since, true));
    Ok(given.chain(std::iter::repeat((last, false))).take(keys.saturating_sub(1)).collect())
}

fn text(entries: &[Entry], wait: u64, longest: Duration, now: u64) -> String {
    let mut text = String::new();
    let mut line = |key: usize, sentence: &str| {
        // Writing to a string does not fail.
        let _ = writeln!(text, "key {key}  {}", wrapped(sentence, "       "));
    };
    for entry in entries {
        let sentence = match (entry.role, entry.may_go) {
            ("signs", _) => "signs, and stays.".to_owned(),
            ("repeated", _) => "is there already, and is ignored: it may go now.".to_owned(),
            (_, Some(end)) if end < now => {
                format!(
                    "verifies only. Nothing that it signed is accepted any more since {}: it may go now.",
                    moment(end)
                )
            }
            (_, Some(end)) if entry.known => {
                format!(
                    "verifies only. It may go after {}, in {}.",
                    moment(end),
                    span(end.saturating_sub(now))
                )
            }
            (_, end) => format!(
                "verifies only. If it is the next key, keep it, and put it first once every machine has it. If it has signed \
                 before, it may go after {} provided that it signs nowhere any more; --since says when it stopped.",
                moment(end.unwrap_or_default())
            ),
        };
        line(entry.key, &sentence);
    }
    let rule = format!(
        "A key is needed for {} (the longest age of anything that it signed) and {} (by which clocks may differ) after it stopped \
         signing on the last machine.",
        span(longest.as_secs()),
        span(wait.saturating_sub(longest.as_secs()))
    );
    let _ = writeln!(text, "\n{}", wrapped(&rule, ""));
    text
}
