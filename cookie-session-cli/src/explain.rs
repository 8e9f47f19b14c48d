//! `cookie-session explain`: why a cookie is refused, in the order of likelihood.

mod age;
mod made;
mod payload;
mod unknown;
mod size;

use std::fmt::Write;

use cookie_session::DecodeError;
use serde::Serialize;

use crate::answer::{Answer, Problem, json};
use crate::args::{Explain, Format};
use crate::explain::size::LIMIT;
use crate::hint::Hint;
use crate::input::Input;
use crate::policy::Policy;
use crate::search::{Candidates, Found, Making};
use crate::secrets::Keys;
use crate::shape::envelope;
use crate::text::{count, moment, plural, seconds, shown, wrapped};
use crate::token::Parts;

pub(crate) fn run(args: &Explain) -> Result<Answer, Problem> {
    let of = if args.signed_cookie { Policy::of_small } else { Policy::new };
    let policy = of(&args.sessions, &args.lifetimes)?;
    let keys = Keys::read(&args.keys, policy.format)?;
    let now = args.now.seconds();
    // What `build()` refuses is a matter of arguments, before any cookie is read.
    policy.rejection::<&str>(&keys, now, [])?;
    let input = Input::read(&args.cookie, Some(&policy.name), args.keys.keys_stdin)?;
    let report = Case::new(policy, keys, input, now, &args.also, &args.codec).report()?;
    let text = if args.output.json { json(&report)? } else { report.text() };
    Ok(Answer::of(report.verdict != ACCEPTED, text))
}

/// All that there is to judge by.
struct Case {
    policy: Policy,
    keys: Keys,
    input: Input,
    now: u64,
    /// All that may have made the token, the likeliest first.
    candidates: Candidates,
}

#[derive(Serialize)]
struct Report {
    verdict: &'static str,
    /// As in `DecodeError::as_str`.
    rejection: Option<&'static str>,
    #[serde(skip)]
    reason: String,
    cookie: String,
    keys: usize,
    now: u64,
    /// Of the name and value.
    bytes: usize,
    limit: usize,
    /// Which key made it, counted from 1, if one did.
    key: Option<usize>,
    /// What a verified token says, in unix seconds.
    issued: Option<u64>,
    created: Option<u64>,
    permanent: Option<bool>,
    hints: Vec<Hint>,
}

/// As many cookies of other names as are tried and named, and as Chromium keeps for one site. Each is tried with each.
const MOST_OTHERS: usize = 180;

const ACCEPTED: &str = "accepted";
const REFUSED: &str = "refused";
const ABSENT: &str = "absent";

impl Case {
    fn new(policy: Policy, keys: Keys, input: Input, now: u64, also: &[String], codecs: &[String]) -> Self {
        let others = input.cookies.iter().filter_map(|(name, _)| name.clone()).take(MOST_OTHERS);
        let candidates = Candidates::new(&keys, &made::makings(&policy, others, also, codecs));
        Self { policy, keys, input, now, candidates }
    }

    fn report(&self) -> Result<Report, Problem> {
        let name = self.policy.name.as_str();
        let is_ours =
            |cookie: &&(Option<String>, String)| cookie.0.as_deref().is_none_or(|other| other == name);
        let ours: Vec<&str> =
            self.input.cookies.iter().filter(is_ours).map(|(_, value)| value.as_str()).collect();
        if ours.is_empty() {
            return Ok(self.absent());
        }
        let rejection = self.rejection(&self.policy, &ours)?;
        // Of several, the one that decided.
        let deciding =
            |value: &&str| self.rejection(&self.policy, &[value]).is_ok_and(|other| other == rejection);
        let value = ours.iter().copied().find(deciding).or(ours.first().copied()).unwrap_or_default();
        let mut report = self.judge(value, rejection);
        if ours.len() > 1 {
            let counts = match self.policy.format {
                Format::Native => "the newest that verifies counts",
                Format::Flask => "the first counts",
                Format::Django | Format::Starlette => "the last counts",
            };
            report.hints.push(Hint::new("several", format!(
                "There are {} of this name, and {counts}. Only a name that begins with __Host- keeps other hosts of the same domain \
                 and other paths from setting another one.",
                plural(ours.len(), "cookie")
            )));
        }
        Ok(report)
    }

    /// Returns why the application refuses these cookies.
    fn rejection(&self, policy: &Policy, values: &[&str]) -> Result<Option<DecodeError>, Problem> {
        let lines = values.iter().map(|value| format!("{}={value}", policy.name));
        policy.rejection(&self.keys, self.now, lines)
    }

    fn judge(&self, value: &str, rejection: Option<DecodeError>) -> Report {
        let found = self.candidates.search(&self.policy, value);
        let mut report = self.blank(value);
        if let Some(found) = &found {
            report.key = Some(found.secret.number);
            report.take(found, self.facts(found).as_ref());
        }
        match rejection {
            None => {
                report.verdict = ACCEPTED;
                report.hints = self.when_accepted(found.as_ref());
            }
            Some(error) => {
                report.rejection = Some(error.as_str());
                report.reason = error.to_string();
                report.hints = match &found {
                    Some(found) => self.when_made(error, found, value),
                    None => unknown::hints(&self.policy, error, value, self.keys.len(), self.now),
                };
            }
        }
        report.hints.extend(size::near_limit(&self.policy.name, value));
        report
    }

    /// There is no cookie of this name. Perhaps there is one under another.
    fn absent(&self) -> Report {
        let others =
            || self.input.cookies.iter().filter_map(|(name, value)| Some((name.as_deref()?, value.as_str())));
        let mut names: Vec<String> = others().take(MOST_OTHERS).map(|(name, _)| shown(name)).collect();
        let count = others().count();
        if count > names.len() {
            names.push("…".to_owned());
        }
        let mut report = self.blank("");
        report.verdict = ABSENT;
        report.bytes = 0;
        report.reason = "no cookie of this name was sent".to_owned();
        for (name, value) in others().take(MOST_OTHERS) {
            let Some(found) = self.candidates.search(&self.policy, value) else { continue };
            report.key = Some(found.secret.number);
            report.take(&found, self.facts(&found).as_ref());
            if self.is_right(&found) {
                report.hints.push(Hint::new("renamed", format!(
                    "The cookie {} holds a {} that was made under the name {}. Something renames cookies on the way, or a script \
                     sent it under the wrong name.",
                    shown(name),
                    if self.policy.small { "small cookie" } else { "session" },
                    self.policy.name
                )));
            } else {
                report.hints.extend(made::hints(&self.policy, &found, self.keys.len(), self.now));
                report.hints.extend(self.otherwise(&found));
            }
        }
        report.hints.push(Hint::new("absent", format!(
            "There {} {} ({}) and none named {}. Browsers leave a cookie out when its path, its domain or Secure does not fit the \
             request, when it has expired, and when SameSite keeps it from a request that another site caused.",
            if count == 1 { "is" } else { "are" },
            plural(count, "cookie"),
            names.join(", "),
            self.policy.name
        )));
        report
    }

    fn when_accepted(&self, found: Option<&Found<'_>>) -> Vec<Hint> {
        let mut hints = Vec::new();
        let Some(found) = found else { return hints };
        if found.secret.number > 1 {
            hints.push(Hint::new("fallback_key", format!(
                "Key {} of {} verifies it, so that key is still needed. `cookie-session keys plan` says for how long.",
                found.secret.number,
                self.keys.len()
            )));
        }
        hints.extend(self.facts(found).and_then(|facts| age::left(&self.policy, &facts, self.now)));
        hints
    }

    /// A key made it, in this format or another.
    fn when_made(&self, error: DecodeError, found: &Found<'_>, value: &str) -> Vec<Hint> {
        let mut hints = Vec::new();
        if error == DecodeError::TooLong {
            hints.push(size::too_long(&self.policy.name, value));
        }
        let as_it_should_be = self.is_right(found);
        if as_it_should_be && found.changes.is_empty() {
            hints.extend(self.content(found, Some(error)));
            return hints;
        }
        hints.extend(made::changes(found));
        hints.extend(made::hints(&self.policy, found, self.keys.len(), self.now));
        hints.extend(self.otherwise(found));
        hints
    }

    /// Says what would be if the token came as it was made.
    fn otherwise(&self, found: &Found<'_>) -> Option<Hint> {
        let Making::Session(origin) = found.making else { return None };
        if self.policy.small {
            return None;
        }
        if found.text.len() > LIMIT.saturating_sub(origin.name.len()) {
            return None;
        }
        let policy = self.policy.of(origin);
        let session = policy.open_with(&found.secret.bytes, &found.text, self.now)?;
        Some(match session.rejection().copied() {
            None => Hint::new("otherwise_good", "Apart from that it would be accepted."),
            Some(error) => {
                let why: Vec<String> =
                    self.content(found, Some(error)).into_iter().map(|hint| hint.text).collect();
                let why = if why.is_empty() { String::new() } else { format!(" {}", why.join(" ")) };
                Hint::new(
                    "otherwise_bad",
                    format!("Apart from that it would still be refused ({}).{why}", error.as_str()),
                )
            }
        })
    }

    /// Says what is wrong with the age or the payload of a genuine token.
    fn content(&self, found: &Found<'_>, error: Option<DecodeError>) -> Vec<Hint> {
        match error {
            Some(DecodeError::NotYetValid | DecodeError::Expired) => match self.facts(found) {
                Some(facts) => age::hints(&self.policy, &facts, self.now),
                None => Vec::new(),
            },
            Some(DecodeError::TooLong) | None => Vec::new(),
            Some(error) if error > DecodeError::InvalidSignature => {
                let format = match found.making {
                    Making::Session(origin) => origin.format,
                    _ => self.policy.format,
                };
                vec![payload::hint(format, &found.text, error)]
            }
            Some(_) => Vec::new(),
        }
    }

    /// Says whether the application makes and reads such sessions, with such a key.
    fn is_right(&self, found: &Found<'_>) -> bool {
        let is_read = match found.making {
            Making::Session(origin) => self.policy.reads(origin, self.now),
            Making::SignedCookie { name, application, encrypted } => {
                let Policy { small, name: own, application: of, encrypted: privately, .. } = &self.policy;
                *small && name == own && application == of && encrypted == privately
            }
            _ => false,
        };
        is_read && found.takes_the_key_right()
    }

    /// Returns what a session says of its age.
    fn facts(&self, found: &Found<'_>) -> Option<age::Facts> {
        let parts = Parts::of(&found.text)?;
        let of = |format| age::Facts { format, issued: parts.issued, created: None, permanent: false };
        let origin = match found.making {
            Making::Session(origin) => origin,
            Making::SignedCookie { .. } => return Some(of(Format::Native)),
            _ => return None,
        };
        let mut facts = of(origin.format);
        if origin.format != Format::Native {
            return Some(facts);
        }
        if let Some(envelope) = parts.content().text().and_then(envelope) {
            facts.created = Some(envelope.created);
            facts.permanent = envelope.permanent;
        } else {
            // Encrypted. When it was signed it was good.
            let session = self.policy.of(origin).open_with(&found.secret.bytes, &found.text, parts.issued)?;
            facts.created = session.created_at().map(seconds);
            facts.permanent = session.permanent();
        }
        Some(facts)
    }

    fn blank(&self, value: &str) -> Report {
        Report {
            verdict: REFUSED,
            rejection: None,
            reason: String::new(),
            cookie: self.policy.name.clone(),
            keys: self.keys.len(),
            now: self.now,
            bytes: self.policy.name.len().saturating_add(value.len()),
            limit: LIMIT,
            key: None,
            issued: None,
            created: None,
            permanent: None,
            hints: Vec::new(),
        }
    }
}

impl Report {
    /// Takes what a genuine token says.
    fn take(&mut self, found: &Found<'_>, facts: Option<&age::Facts>) {
        self.issued = Parts::of(&found.text).map(|parts| parts.issued);
        self.created = facts.and_then(|facts| facts.created);
        self.permanent = self.created.and(facts).map(|facts| facts.permanent);
    }

    fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = match (self.verdict, self.rejection) {
            (ACCEPTED, _) => writeln!(text, "accepted: key {} verifies it", self.key.unwrap_or(1)),
            (verdict, Some(rejection)) => writeln!(text, "{verdict}: {rejection} ({})", self.reason),
            (verdict, None) => writeln!(text, "{verdict}: {}", self.reason),
        };
        let size = match self.bytes {
            0 => String::new(),
            bytes => format!(", {} of {} bytes", count(bytes), count(self.limit)),
        };
        let keys = plural(self.keys, "key");
        let _ =
            writeln!(text, "cookie {}{size}, {keys}, judged at {}", shown(&self.cookie), moment(self.now));
        if let Some(issued) = self.issued {
            let mut line = format!("signed {}", moment(issued));
            if let Some(created) = self.created {
                let _ = write!(line, ", created {}", moment(created));
            }
            if self.permanent == Some(true) {
                line.push_str(", permanent");
            }
            let _ = writeln!(text, "{line}");
        }
        for (number, hint) in (1..).zip(&self.hints) {
            let _ = writeln!(text, "\n{number}. {}", wrapped(&hint.text, "   "));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::args::{Cli, Command};

    const NATIVE: &str =
        "WzE3NTAwMDAwMDAsZmFsc2UseyJ1c2VyX2lkIjo0Mn1d.aE7hgA.tMnzOcimpmmQNscj9-M5qj23YoRGAp_Wsv3kCXz9RZo";
    const KEY: &str = "cfc497afbd2df42dd956f5728f88d8c01b2a04f2a28dfe239895677b1e05a5c8";
    const FLASK: &str = "eyJhIjoxfQ.ZVPxBQ.Xm8MpUi1pf6WCqQB5cgiovyK5PU";

    fn case(format: &str, keys: &str, now: &str) -> Case {
        let args = ["cookie-session", "explain", "--keys-stdin", "--format", format, "--now", now];
        let Ok(Cli { command: Command::Explain(args) }) = Cli::try_parse_from(args) else { panic!() };
        let policy = Policy::new(&args.sessions, &args.lifetimes).unwrap();
        let keys = Keys::of(keys.as_bytes(), policy.format).unwrap();
        Case::new(policy, keys, Input { cookies: Vec::new() }, args.now.seconds(), &[], &[])
    }

    /// Every small change of a token, and junk.
    fn texts(token: &str) -> impl Iterator<Item = String> {
        let (at, len) = (|at| token.split_at(at), token.len());
        let others = ["", "A", ".", "=", "%", "\"", " ", "\n", ";", ",", "ü", "%41", "\u{0}"];
        let changed = (0..len).flat_map(move |n| {
            let (head, tail) = at(n);
            others.map(|other| format!("{head}{other}{}", tail.split_at(1).1))
        });
        let cut = (0..len).map(move |n| at(n).0.to_owned());
        let ends = others.map(|other| [format!("{token}{other}"), format!("{other}{token}")]);
        changed.chain(cut).chain(ends.into_iter().flatten())
    }

    #[test]
    fn has_something_to_say_of_everything_that_is_refused() {
        let cases = [("native", KEY, "1750000100", NATIVE), ("flask", "k", "1700000100", FLASK)];
        for (format, keys, now, token) in cases {
            let mut case = case(format, keys, now);
            let mut report = |text: &str| {
                case.input = Input::parse(text, Some(&case.policy.name));
                case.report().unwrap()
            };
            assert_eq!(report(token).verdict, ACCEPTED);
            let mut verdicts = [0, 0];
            for text in texts(token) {
                let report = report(&text);
                let is_accepted = report.verdict == ACCEPTED;
                verdicts[usize::from(is_accepted)] += 1;
                assert!(!report.hints.is_empty(), "{text:?}");
                assert!(!report.text().is_empty());
            }
            assert!(verdicts[0] > 400, "{verdicts:?}");
        }
    }
}
