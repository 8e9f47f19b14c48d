//! `cookie-session sign`: makes a session cookie out of JSON.

use cookie_session::{Session, SessionError};
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::answer::{Answer, Problem, json};
use crate::args::{Format, Sign};
use crate::input::{read_file, read_stdin};
use crate::object::read_object;
use crate::policy::Policy;
use crate::secrets::Keys;
use crate::text::count;

pub(crate) fn run(args: &Sign) -> Result<Answer, Problem> {
    let policy = Policy::new(&args.sessions, &args.lifetimes)?;
    let keys = Keys::read(&args.keys, policy.format)?;
    let now = args.now.seconds();
    let sessions = policy.sessions(&keys, now)?;
    let text = data(args)?;
    let members = read_object(&text).ok_or_else(|| Problem::usage("the data is no JSON object"))?;

    let mut session = sessions.start();
    session.set_permanent(args.permanent);
    insert_all(&mut session, &members, policy.format)?;
    let commit = sessions.save(session).map_err(|error| refusal(&error))?;
    let Some(pair) = commit.cookie_pair() else {
        return Err(Problem::refused("a session without data sets no cookie"));
    };
    let set_cookie = commit.set_cookies().next().unwrap_or_default();
    let text = if args.output.json {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        json(&Signed { name, value, set_cookie })?
    } else if args.set_cookie {
        format!("{set_cookie}\n")
    } else {
        format!("{pair}\n")
    };
    Ok(Answer::good(text))
}

#[derive(Serialize)]
struct Signed<'s> {
    name: &'s str,
    value: &'s str,
    set_cookie: &'s str,
}

/// One by one, since the order counts in most formats. In our own a value goes
/// in as it is spelled, in those of Python as Python spells it.
fn insert_all(session: &mut Session, members: &[(String, &RawValue)], format: Format) -> Result<(), Problem> {
    members.iter().try_for_each(|(key, value)| match format {
        Format::Native => session.insert(key, value).map_err(|error| refusal(&error)),
        _ => {
            let value: Value = serde_json::from_str(value.get()).map_err(|_| cannot_hold())?;
            session.insert(key, value).map_err(|error| refusal(&error))
        }
    })
}

fn refusal(error: &SessionError) -> Problem {
    let SessionError::TooLong(too_long) = error else { return cannot_hold() };
    let largest = too_long.largest().first().map_or(0, |(_, bytes)| *bytes);
    Problem::refused(format!(
        "the cookie would be {} bytes, the limit is {}; the largest value takes {}",
        count(too_long.len()),
        count(too_long.limit()),
        count(largest)
    ))
}

fn cannot_hold() -> Problem {
    Problem::refused("the data holds a value that sessions of this format cannot hold")
}

fn data(args: &Sign) -> Result<String, Problem> {
    let bytes = match &args.data_file {
        Some(file) => read_file(file),
        None if args.keys.keys_stdin => {
            return Err(Problem::usage("the keys come from standard input, so the data need --data-file"));
        }
        None => read_stdin(),
    };
    let bytes = bytes.map_err(|error| Problem::usage(format!("cannot read the data: {}", error.kind())))?;
    String::from_utf8(bytes).map_err(|_| Problem::usage("the data is no JSON object"))
}
