//! How a command ends: what it prints, where, and with which exit status.

use serde::Serialize;
use zeroize::Zeroizing;

/// The exit status for a cookie that is refused, or data that make none.
const REFUSED: u8 = 1;
/// The exit status for arguments, keys or input that cannot be used.
pub(crate) const USAGE: u8 = 2;

/// What goes to standard output. It is wiped, since `keygen` answers with a key.
pub(crate) struct Answer {
    text: Zeroizing<String>,
    refused: bool,
}

impl Answer {
    pub(crate) fn good(text: String) -> Self {
        Self { text: Zeroizing::new(text), refused: false }
    }

    pub(crate) fn refused(text: String) -> Self {
        Self { text: Zeroizing::new(text), refused: true }
    }

    pub(crate) fn of(refused: bool, text: String) -> Self {
        if refused { Self::refused(text) } else { Self::good(text) }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn status(&self) -> u8 {
        if self.refused { REFUSED } else { 0 }
    }
}

/// What goes to standard error. Its text repeats nothing that was read, and no
/// argument: each may be a key that stands in the wrong place.
#[derive(Debug)]
pub(crate) struct Problem {
    status: u8,
    text: String,
}

impl Problem {
    pub(crate) fn usage(text: impl Into<String>) -> Self {
        Self { status: USAGE, text: text.into() }
    }

    pub(crate) fn refused(text: impl Into<String>) -> Self {
        Self { status: REFUSED, text: text.into() }
    }

    pub(crate) fn text(&self) -> String {
        format!("cookie-session: {}\n", self.text)
    }

    pub(crate) fn status(&self) -> u8 {
        self.status
    }
}

/// Returns one line of JSON in ASCII, which no terminal takes for a command.
pub(crate) fn json(value: &impl Serialize) -> Result<String, Problem> {
    let json = serde_json::to_string(value).map_err(|_| Problem::usage("the answer has no JSON form"))?;
    let mut line = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            // Between the parts of a value that is shown as it stands in the cookie.
            '\n' | '\r' | '\t' => line.push(' '),
            ' '..='~' => line.push(c),
            // JSON has such characters in strings only.
            _ => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| line.push_str(&format!("\\u{unit:04x}"))),
        }
    }
    line.push('\n');
    Ok(line)
}
