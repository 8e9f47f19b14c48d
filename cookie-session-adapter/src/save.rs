//! What becomes of a response: which headers it gets, or that it is replaced.

use std::cell::Cell;
use std::error::Error;
use std::fmt;

use cookie_session::Commit;
use cookie_session::signed_cookie::SetCookie;

use crate::error::UseError;
use crate::events;
use crate::shared::SharedSessions;

/// The head of a response, as a framework has it. Names of headers are in lower
/// case.
pub trait Head {
    /// Returns the lines of a header.
    fn lines(&self, name: &'static str) -> impl Iterator<Item: AsRef<[u8]>>;

    /// Adds a line of a header beside those that are there. It is the cookie:
    /// nothing to be printed, nor for the compression tables of HTTP/2.
    ///
    /// # Errors
    ///
    /// [`NoHeader`] if no header can carry the text.
    fn append_secret(&mut self, name: &'static str, text: &str) -> Result<(), NoHeader>;

    /// Replaces all lines of a header by one.
    ///
    /// # Errors
    ///
    /// [`NoHeader`] if no header can carry the text.
    fn replace(&mut self, name: &'static str, text: String) -> Result<(), NoHeader>;

    /// Sets a header if it has no line yet, and says whether it did. A framework
    /// may find out and set it in one step, with a value that needs no memory of
    /// its own.
    ///
    /// # Errors
    ///
    /// [`NoHeader`] if no header can carry the text.
    fn set_if_absent(&mut self, name: &'static str, text: &'static str) -> Result<bool, NoHeader> {
        let is_absent = self.lines(name).next().is_none();
        if is_absent {
            self.replace(name, text.to_owned())?;
        }
        Ok(is_absent)
    }

    /// Removes all lines of the headers that the closure says yes to.
    fn remove_if(&mut self, drops: impl Fn(&str) -> bool);
}

/// A text that no header can carry.
#[derive(Debug)]
pub struct NoHeader;

/// What a saved session asks of the head of its response.
#[must_use = "the session is saved only once its headers are in the response"]
pub struct Saved {
    commit: Commit,
    sessions: SharedSessions,
    told: Cell<bool>,
}

impl Saved {
    pub(crate) fn new(commit: Commit, sessions: SharedSessions) -> Self {
        Self { commit, sessions, told: Cell::new(false) }
    }

    /// Writes the headers. A framework that makes the response of an error
    /// anew each time it is asked for it may call this for each.
    ///
    /// # Errors
    ///
    /// [`NotSaved`] if a header cannot carry the text. The head is of no use
    /// then.
    pub fn write(&self, head: &mut impl Head) -> Result<(), NotSaved> {
        let result = self.try_write(head);
        if !self.told.replace(true) {
            let cookie = self.sessions.cookie_name();
            match &result {
                Ok(()) => events::saved(cookie, &self.commit),
                Err(NoHeader) => events::not_saved(cookie, "header", None),
            }
        }
        result.map_err(|NoHeader| NotSaved::told())
    }

    fn try_write(&self, head: &mut impl Head) -> Result<(), NoHeader> {
        for line in self.commit.set_cookies() {
            head.append_secret("set-cookie", line)?;
        }
        if !head.set_if_absent("vary", "Cookie")?
            && let Some(text) = self.commit.vary(head.lines("vary"))
        {
            head.replace("vary", text)?;
        }
        if let Some(text) = self.commit.cache_control_alone()
            && !head.set_if_absent("cache-control", text)?
            && let Some(text) = self.commit.cache_control(head.lines("cache-control"))
        {
            head.replace("cache-control", text)?;
        }
        head.remove_if(|name| self.commit.drops_header(name));
        Ok(())
    }
}

impl fmt::Debug for Saved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Saved").field(&self.commit).finish()
    }
}

/// Writes what a small signed cookie asks of the head of a response: the cookie
/// itself, and that no cache keeps it.
///
/// # Errors
///
/// [`NoHeader`] if a header cannot carry the text. The head is of no use then.
pub fn add_cookie(cookie: &SetCookie, head: &mut impl Head) -> Result<(), NoHeader> {
    head.append_secret("set-cookie", cookie.as_str())?;
    if let Some(text) = cookie.cache_control(head.lines("cache-control")) {
        head.replace("cache-control", text)?;
    }
    head.remove_if(|name| cookie.drops_header(name));
    Ok(())
}

/// The session cannot be saved. The response becomes a 500 with an empty body
/// and `Cache-Control: no-store`; the event for the log is sent already.
#[derive(Debug)]
pub struct NotSaved(());

impl NotSaved {
    pub(crate) fn because(cookie: &str, error: &UseError) -> Self {
        events::not_saved(cookie, events::reason(error), error.as_too_long());
        Self(())
    }

    pub(crate) fn told() -> Self {
        Self(())
    }
}

impl fmt::Display for NotSaved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("session failed, as an event has told")
    }
}

impl Error for NotSaved {}
