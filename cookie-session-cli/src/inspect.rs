//! `cookie-session inspect`: what a cookie says, without a key.

use std::fmt::Write;

use serde::Serialize;
use serde_json::value::RawValue;

use crate::answer::{Answer, Problem, json};
use crate::args::Inspect;
use crate::input::Input;
use crate::object::read_object;
use crate::shape::{Kind, Shape};
use crate::text::{count, moment, plural, shown, span};

pub(crate) fn run(args: &Inspect) -> Result<Answer, Problem> {
    let input = Input::read(&args.cookie, args.name.as_deref(), false)?;
    let is_wanted = |name: &Option<String>| args.name.is_none() || name.is_none() || *name == args.name;
    let cookies: Vec<Seen> = input
        .cookies
        .iter()
        .filter(|(name, _)| is_wanted(name))
        .map(|(name, value)| Seen::of(name, value))
        .collect();
    if cookies.is_empty() {
        return Err(Problem::refused("there is no cookie of that name in what was read"));
    }
    let unknown = cookies.iter().all(|cookie| cookie.shape.kind == Kind::Unknown);
    let text = if args.output.json {
        let cookies = cookies.iter().map(Seen::summary).collect::<Vec<_>>();
        json(&Report { verified: false, cookies })?
    } else {
        let now = args.now.seconds();
        let texts: Vec<String> = cookies.iter().map(|cookie| cookie.text(now)).collect();
        texts.join("\n")
    };
    Ok(Answer::of(unknown, text))
}

#[derive(Serialize)]
struct Report<'r> {
    /// Never: there was no key.
    verified: bool,
    cookies: Vec<Summary<'r>>,
}

#[derive(Serialize)]
struct Summary<'r> {
    name: Option<&'r str>,
    looks_like: &'static str,
    bytes: usize,
    issued: Option<u64>,
    created: Option<u64>,
    permanent: Option<bool>,
    /// What is JSON, as it stands in the cookie.
    data: Option<&'r RawValue>,
    /// What is almost JSON, such as Python's NaN.
    text: Option<&'r str>,
    #[serde(flatten)]
    facts: std::collections::BTreeMap<&'static str, &'r str>,
}

struct Seen<'i> {
    name: Option<&'i str>,
    value: &'i str,
    shape: Shape,
}

impl<'i> Seen<'i> {
    fn of(name: &'i Option<String>, value: &'i str) -> Self {
        Self { name: name.as_deref(), value, shape: Shape::of(value) }
    }

    /// The name and value, which are what browsers count.
    fn bytes(&self) -> usize {
        self.name.map_or(0, str::len).saturating_add(self.value.len())
    }

    fn summary(&self) -> Summary<'_> {
        let data = self.shape.data.as_deref();
        let raw = data.and_then(|data| serde_json::from_str(data).ok());
        Summary {
            name: self.name,
            looks_like: self.shape.kind.as_str(),
            bytes: self.bytes(),
            issued: self.shape.issued,
            created: self.shape.created,
            permanent: self.shape.permanent,
            data: raw,
            text: data.filter(|_| raw.is_none()),
            facts: self.shape.facts.iter().map(|(name, text)| (*name, text.as_str())).collect(),
        }
    }

    fn text(&self, now: u64) -> String {
        let mut text = String::new();
        let mut line = |name: &str, value: &str| {
            // Writing to a string does not fail.
            let _ = writeln!(text, "{name:<11}{value}");
        };
        if let Some(name) = self.name {
            line("cookie", &shown(name));
        }
        let kind = self.shape.kind;
        line("looks like", kind.description());
        if kind != Kind::Unknown {
            line("unverified", "no key was used: anybody can have written this");
        }
        let named = if self.name.is_some() { "with its name" } else { "without a name" };
        line("size", &format!("{} bytes {named}", count(self.bytes())));
        if let Some(issued) = self.shape.issued {
            line("signed", &format!("{}{}", moment(issued), distance(issued, now)));
        }
        if let Some(created) = self.shape.created {
            line("created", &format!("{}{}", moment(created), distance(created, now)));
        }
        if let Some(permanent) = self.shape.permanent {
            line("permanent", if permanent { "yes" } else { "no" });
        }
        for (name, fact) in &self.shape.facts {
            line(name, &shown(fact));
        }
        if let Some(data) = &self.shape.data {
            match read_object(data) {
                Some(members) => {
                    line("data", &plural(members.len(), "value"));
                    for (key, value) in members {
                        let _ = writeln!(text, "  {}: {}", shown(&key), shown(value.get()));
                    }
                }
                None => line("data", &shown(data)),
            }
        }
        text
    }
}

fn distance(then: u64, now: u64) -> String {
    match now.checked_sub(then) {
        Some(age) => format!(", {} ago", span(age)),
        None => format!(", {} from now", span(then.saturating_sub(now))),
    }
}
