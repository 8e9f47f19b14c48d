//! What a format decides: how its tokens are spelled, and what its sessions
//! mean.

use std::borrow::Cow;
use std::time::Duration;

use serde::Serialize;

use crate::error::{ConfigError, DecodeError, SessionError};
use crate::format::csrf;
use crate::format::flash::{self, Flash};
use crate::json::object::Object;
use crate::json::{Style, Unwritable};
use crate::session::facts::Facts;
use crate::session::members::Data;
use crate::token::timestamp;

/// The rules of one format. [`Format`](crate::format::Format) hands each
/// question on to them.
pub(crate) trait Rules: Copy {
    /// Checks the numbers that it is configured with.
    fn check_bounds(self) -> Result<(), ConfigError> {
        Ok(())
    }

    // The text of a token. What is not said otherwise is as itsdangerous has it.

    /// Returns what stands between payload, timestamp and signature.
    fn separator(self) -> u8 {
        b'.'
    }

    /// Writes the payload of a JSON text to the front of `room`, and returns its length, or `None` if it does not fit.
    fn encode(self, json: &[u8], room: &mut [u8]) -> Option<usize>;

    /// Returns the length of the payload of a text of this length, before any
    /// compression.
    fn payload_len(self, json: usize) -> usize;

    /// Returns the length from which on payloads may be shorter than that, if
    /// any may.
    fn compress_from(self) -> Option<usize> {
        None
    }

    /// Says whether the payload of a text of this length may be shorter than
    /// that.
    fn compresses(self, _json: usize) -> bool {
        false
    }

    /// Hands over the JSON text of a payload.
    fn decode_with<R>(
        self,
        payload: &[u8],
        read: impl FnOnce(&str) -> Result<R, DecodeError>,
    ) -> Result<R, DecodeError>;

    /// Appends a time in unix seconds.
    fn write_timestamp(self, seconds: u64, out: &mut Vec<u8>) {
        timestamp::write(seconds, out);
    }

    /// Reads what [`write_timestamp`](Self::write_timestamp) wrote, and no other
    /// spelling of the same number.
    fn read_timestamp(self, text: &[u8]) -> Option<u64> {
        timestamp::read(text)
    }

    /// Returns the second that ages are counted to.
    fn second(self, now: Duration) -> u64 {
        now.as_secs()
    }

    // JSON.

    /// Returns how the objects of sessions are spelled around their values.
    fn style(self) -> &'static Style;

    /// Returns a value of a session as JSON text, as bytes that are UTF-8.
    fn to_bytes<T: Serialize + ?Sized>(self, value: &T) -> Result<Vec<u8>, Unwritable>;

    /// Returns a value as the object of a whole session, if that is easily
    /// told. If not, [`to_bytes`](Self::to_bytes) and
    /// [`to_object`](Self::to_object) do.
    fn whole<T: Serialize + ?Sized>(self, _value: &T) -> Option<Object> {
        None
    }

    /// Writes the value of another token in the same way.
    fn write_token<T: Serialize + ?Sized>(self, value: &T, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        out.extend_from_slice(&self.to_bytes(value)?);
        Ok(())
    }

    /// Turns the text of a value into one that serde reads as it was meant.
    fn unescape(self, value: &str) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed(value))
    }

    /// Returns the object of a whole session as a value that
    /// [`unescape`](Self::unescape) takes.
    fn object(self, data: &Data) -> Cow<'_, str> {
        data.object()
    }

    /// Turns the text of such a value into the object of a whole session.
    fn to_object(self, value: String) -> Option<String> {
        Some(value)
    }

    // The cookie in a request.

    /// Says whether of several cookies of our name the first alone counts,
    /// whether it verifies or not.
    fn takes_first(self) -> bool {
        false
    }

    /// Says whether the last does.
    fn takes_last(self) -> bool {
        false
    }

    /// Returns a cookie's value without what the framework takes off it.
    fn unquote(self, value: &[u8]) -> &[u8] {
        value
    }

    // The session.

    /// Reads the payload of a verified token. What it says of the session's age
    /// goes through `check` before anything else of it is read or takes memory.
    fn read(
        self,
        payload: &[u8],
        check: impl Fn(u64, bool) -> Result<(), DecodeError>,
    ) -> Result<Envelope, DecodeError>;

    /// Appends the JSON text of a session.
    fn write(self, created: u64, permanent: bool, data: &Data, facts: &Facts, out: &mut Vec<u8>);

    /// Returns the longest that [`write`](Self::write) makes of this data,
    /// whatever is said about permanence later.
    fn max_len(self, data: &Data, facts: &Facts) -> usize;

    /// Returns the key that the framework keeps of its own among the data.
    fn own_key(self) -> Option<&'static str> {
        None
    }

    /// Says whether the framework can read this JSON text under this key.
    fn accepts(self, _key: &str, _json: &str) -> bool {
        true
    }

    /// Says whether a session that lost its last value keeps its cookie, unless
    /// it was cleared.
    fn keeps_empty(self) -> bool {
        false
    }

    /// Says whether the cookie outlives the browser's session, given what the
    /// token says beside the data.
    fn is_permanent(self, data: &Data, beside: bool) -> bool;

    /// Sets that, among the data or beside them.
    fn set_permanent(self, data: &mut Data, beside: &mut bool, permanent: bool, lifetime: u64);

    /// Says whether a session that nobody changed is signed again, given its age
    /// and its idle limit in seconds.
    fn is_refresh_due(self, data: &Data, age: u64, idle: u64) -> bool;

    /// Returns what a browser is told of a permanent session, `left` being what
    /// remains of its lifetime in seconds.
    fn keep(self, data: &Data, left: i64, now: Duration) -> Keep;

    // What the pages of a site need.

    /// Returns the key under which the secret against cross-site request forgery
    /// is among the data, if it is.
    fn csrf_key(self) -> Option<&'static str> {
        None
    }

    /// Returns a new such secret, which needs no escapes in JSON.
    fn new_csrf_secret(self) -> Result<String, SessionError> {
        csrf::new_secret()
    }

    /// Returns a token for a form, unless the secret is none.
    fn csrf_token(self, secret: &str) -> Result<Option<String>, SessionError> {
        csrf::mask(secret)
    }

    /// Says whether a text is such a token.
    fn is_csrf_token(self, secret: &str, text: &[u8]) -> bool {
        csrf::is_masked(secret, text)
    }

    /// Returns the key under which messages for the next page are among the
    /// data, if they are.
    fn flash_key(self) -> Option<&'static str> {
        None
    }

    /// Returns a message as JSON text.
    fn flash_entry(self, category: &str, message: &str) -> Result<String, Unwritable> {
        flash::pair(category, message)
    }

    /// Reads what [`flash_entry`](Self::flash_entry) wrote.
    fn read_flash(self, entry: &str) -> Option<Flash> {
        flash::read_pair(entry)
    }

    /// Returns the messages of a queue, as JSON text.
    fn flash_entries(self, queue: &str) -> Option<Vec<Cow<'_, str>>> {
        Some(flash::elements(queue)?.into_iter().map(Cow::Borrowed).collect())
    }

    /// Returns the queue of these messages, as JSON text.
    fn flash_queue(self, entries: &[Cow<'_, str>]) -> Result<String, Unwritable> {
        Ok(flash::list(entries))
    }

    /// Says whether a session has to know the time, cookie or none.
    fn counts_from_now(self) -> bool {
        false
    }
}

/// A session as it is signed.
pub(crate) struct Envelope {
    /// When the session was created, in unix seconds, if the format says so.
    pub(crate) created: Option<u64>,
    /// Whether the cookie outlives the browser's session, if the format says so
    /// beside the data.
    pub(crate) permanent: bool,
    pub(crate) data: Data,
    /// What the library keeps beside them, if the format has room for it.
    pub(crate) facts: Facts,
}

/// How long a browser is told to keep the cookie.
#[derive(Clone, Copy, Default)]
pub(crate) struct Keep {
    /// For this many seconds.
    pub(crate) max_age: Option<i64>,
    /// Until so many seconds from now, as a date.
    pub(crate) expires_in: Option<i64>,
}

impl Keep {
    pub(crate) fn for_seconds(seconds: i64) -> Self {
        Self { max_age: Some(seconds), expires_in: None }
    }
}
