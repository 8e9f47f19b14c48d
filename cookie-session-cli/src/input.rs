//! Cookies, as they are copied from a browser, a log or a header.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::answer::Problem;
use crate::args::CookieInput;
use crate::token;

/// What was given: cookies, or one value without a name.
pub(crate) struct Input {
    pub(crate) cookies: Vec<(Option<String>, String)>,
}

impl Input {
    /// Reads the cookie, given the name that it probably has and whether the
    /// keys come from standard input.
    pub(crate) fn read(options: &CookieInput, name: Option<&str>, keys_stdin: bool) -> Result<Self, Problem> {
        let bytes = match &options.cookie_file {
            Some(file) => read_file(file).map_err(|error| {
                Problem::usage(format!("cannot read the file that --cookie-file names: {}", error.kind()))
            })?,
            None if keys_stdin => {
                return Err(Problem::usage(
                    "the keys come from standard input, so the cookie needs --cookie-file",
                ));
            }
            None => read_stdin().map_err(|error| {
                Problem::usage(format!("cannot read the cookie from standard input: {}", error.kind()))
            })?,
        };
        // Whatever is no text is no token either.
        let text = String::from_utf8_lossy(&bytes);
        if text.trim().is_empty() {
            return Err(Problem::usage("there is no cookie in what was read"));
        }
        Ok(Self::parse(&text, name))
    }

    /// Takes a value, `name=value`, or the lines of Cookie or Set-Cookie
    /// headers.
    pub(crate) fn parse(text: &str, name: Option<&str>) -> Self {
        let mut cookies = Vec::new();
        let text = text.trim_matches(['\n', '\r', ' ', '\t']);
        let lines: Vec<&str> = text.lines().collect();
        let headers: Vec<(bool, &str)> = lines.iter().filter_map(|line| header(line)).collect();
        if !headers.is_empty() {
            for (sets, line) in headers {
                // What follows the first semicolon of Set-Cookie are attributes.
                let count = if sets { 1 } else { usize::MAX };
                cookies.extend(line.split(';').take(count).map(pair));
            }
        } else if text.contains(';') {
            cookies.extend(text.split(';').filter(|pair| !pair.trim().is_empty()).map(pair));
        } else {
            cookies.push(if is_pair(text, name) { pair(text) } else { (None, text.to_owned()) });
        }
        Self { cookies }
    }
}

/// Returns whether a line is Set-Cookie rather than Cookie, and what follows.
fn header(line: &str) -> Option<(bool, &str)> {
    let (head, rest) = line.split_once(':')?;
    // As developer tools and `curl -v` show them.
    let head = head.trim_start_matches(['<', '>', ' ']).trim();
    if head.eq_ignore_ascii_case("set-cookie") {
        Some((true, rest))
    } else if head.eq_ignore_ascii_case("cookie") {
        Some((false, rest))
    } else {
        None
    }
}

fn pair(text: &str) -> (Option<String>, String) {
    match text.split_once('=') {
        Some((name, value)) => (Some(name.trim().to_owned()), value.trim().to_owned()),
        // A cookie without a name, as browsers have them, and not the value that was asked about.
        None => (Some(String::new()), text.trim().to_owned()),
    }
}

/// Says whether a text is `name=value`, since values can have an equals sign in
/// them too: the padding of base64.
fn is_pair(text: &str, expected: Option<&str>) -> bool {
    let Some((name, value)) = text.split_once('=') else { return false };
    if Some(name.trim()) == expected {
        return true;
    }
    let name = name.trim();
    let is_name = !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"(),/:;<>?@[\\]{}".contains(&byte));
    let is_payload =
        token::decode_base64(name).is_some_and(|bytes| matches!(bytes.first(), Some(b'{' | b'[' | 4)));
    is_name && !is_payload && name.len() < LONGEST_NAME && !value.starts_with('=') && !value.is_empty()
}

/// Longer text before an equals sign is the payload or the signature of a token.
const LONGEST_NAME: usize = 40;

pub(crate) fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    read_all(File::open(path)?)
}

pub(crate) fn read_stdin() -> io::Result<Vec<u8>> {
    read_all(io::stdin().lock())
}

fn read_all(from: impl Read) -> io::Result<Vec<u8>> {
    // Room for all at once: a vector that grows leaves copies of keys behind.
    let mut bytes = Vec::with_capacity(ROOM);
    from.take(LIMIT).read_to_end(&mut bytes)?;
    Ok(bytes)
}

const ROOM: usize = 64 * 1024;
/// More than any server takes for a header.
const LIMIT: u64 = 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str, name: Option<&str>) -> Vec<(String, String)> {
        let cookies = Input::parse(text, name).cookies;
        cookies.into_iter().map(|(name, value)| (name.unwrap_or("-".into()), value)).collect()
    }

    #[test]
    fn finds_cookies_however_they_were_copied() {
        let cases = [
            ("a.b.c\n", vec![("-", "a.b.c")]),
            ("session=a.b.c", vec![("session", "a.b.c")]),
            (" session = a.b.c ", vec![("session", "a.b.c")]),
            ("session=.eJwr.b.c", vec![("session", ".eJwr.b.c")]),
            ("Cookie: a=1; session=a.b.c", vec![("a", "1"), ("session", "a.b.c")]),
            ("> cookie: a=1;b=2\n> cookie: c=3", vec![("a", "1"), ("b", "2"), ("c", "3")]),
            ("GET / HTTP/1.1\nHost: x\nCookie: a=1\n", vec![("a", "1")]),
            ("Set-Cookie: s=v; Path=/; HttpOnly", vec![("s", "v")]),
            ("< set-cookie: s=v; Path=/\n< set-cookie: t=w", vec![("s", "v"), ("t", "w")]),
            ("theme=dark; s=v;", vec![("theme", "dark"), ("s", "v")]),
            // Starlette's, with padding.
            (
                "eyJhIjogMX0=.ZVPxAA.qlE_LN418NgPOudOZgW-fxHffHQ",
                vec![("-", "eyJhIjogMX0=.ZVPxAA.qlE_LN418NgPOudOZgW-fxHffHQ")],
            ),
            ("session=eyJhIjogMX0=.ZVPxAA.x", vec![("session", "eyJhIjogMX0=.ZVPxAA.x")]),
            ("a.b.c=", vec![("-", "a.b.c=")]),
            ("session=", vec![("-", "session=")]),
            ("a.b.\nc", vec![("-", "a.b.\nc")]),
        ];
        for (text, expected) in cases {
            let expected: Vec<_> = expected.into_iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
            assert_eq!(parsed(text, None), expected, "{text}");
        }
        assert_eq!(parsed("session=", Some("session")), [("session".into(), String::new())]);
    }
}
