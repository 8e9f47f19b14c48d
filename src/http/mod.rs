//! The text of HTTP headers: finds cookies in `Cookie`, merges into `Vary` and
//! `Cache-Control`, writes the attributes of `Set-Cookie`.

pub mod cross_origin;

use std::fmt::Write;

use cookie::Cookie;
use memchr::memchr;
use time::{Duration, OffsetDateTime};

/// Returns the values of all cookies of this name in one line of a `Cookie`
/// header, in order.
///
/// One pass, bytes in and bytes out: nothing is decoded, unquoted or copied,
/// names are compared byte for byte, and whatever other cookies hold does not
/// matter. Only space and tab are trimmed (RFC 6265, section 5.2), since a
/// Unicode space before a name has bypassed cookie prefixes elsewhere.
pub(crate) fn cookies<'l>(line: &'l [u8], name: &'l [u8]) -> impl Iterator<Item = &'l [u8]> {
    let mut rest = Some(line);
    std::iter::from_fn(move || {
        loop {
            let (pair, tail) = split_once(rest?, b';');
            rest = tail;
            if let Some(value) = value_of(pair, name) {
                return Some(value);
            }
        }
    })
}

fn value_of<'l>(pair: &'l [u8], name: &[u8]) -> Option<&'l [u8]> {
    let after_name = trim_start(pair).strip_prefix(name)?;
    let value = trim_start(after_name).strip_prefix(b"=")?;
    Some(trim_end(trim_start(value)))
}

fn split_once(bytes: &[u8], separator: u8) -> (&[u8], Option<&[u8]>) {
    match memchr(separator, bytes).and_then(|at| bytes.split_at_checked(at)) {
        Some((head, tail)) => (head, tail.get(1..)),
        None => (bytes, None),
    }
}

fn trim_start(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = bytes {
        bytes = rest;
    }
    bytes
}

fn trim_end(mut bytes: &[u8]) -> &[u8] {
    while let [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}

/// The attributes of a cookie, as its scope and its protection.
pub(crate) struct Attributes<'a> {
    pub(crate) path: &'a str,
    pub(crate) domain: Option<&'a str>,
    pub(crate) secure: bool,
    pub(crate) http_only: bool,
    pub(crate) same_site: SameSite,
    pub(crate) partitioned: bool,
}

impl<'a> Attributes<'a> {
    fn cookie(&self) -> Cookie<'a> {
        let mut cookie = Cookie::new("", "");
        cookie.set_path(self.path);
        if let Some(domain) = self.domain {
            cookie.set_domain(domain);
        }
        cookie.set_secure(self.secure);
        cookie.set_http_only(self.http_only);
        cookie.set_same_site(match self.same_site {
            SameSite::Strict => cookie::SameSite::Strict,
            SameSite::Lax => cookie::SameSite::Lax,
            SameSite::None => cookie::SameSite::None,
        });
        cookie.set_partitioned(self.partitioned);
        cookie
    }

    /// Returns what follows the value in a line that sets the cookie:
    /// `; HttpOnly; …`.
    pub(crate) fn text(&self) -> String {
        self.cookie().to_string().split_off("=".len())
    }

    /// Returns the line that removes the cookie: the same attributes, or the
    /// browser would keep it.
    pub(crate) fn removal(&self, name: &str) -> String {
        let mut cookie = self.cookie();
        cookie.set_name(name.to_owned());
        cookie.set_max_age(Duration::ZERO);
        cookie.set_expires(OffsetDateTime::UNIX_EPOCH);
        cookie.to_string()
    }
}

/// When a browser sends the cookie with requests that other sites cause
/// (RFC 6265bis, section 5.6.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SameSite {
    /// Only with requests from the same site. A visitor who follows a link from
    /// elsewhere seems logged out at first.
    Strict,
    /// Also when a visitor follows a link from elsewhere. The default.
    Lax,
    /// With all requests. Needs Secure, and a defence against cross-site
    /// request forgery of your own.
    None,
}

/// Appends for how many seconds the browser keeps the cookie.
pub(crate) fn push_max_age(line: &mut String, seconds: i64) {
    // Writing to a string does not fail.
    let _ = write!(line, "; Max-Age={seconds}");
}

/// Appends until when the browser keeps the cookie, in unix seconds.
#[cfg(feature = "_python")]
pub(crate) fn push_expires(line: &mut String, seconds: i64) {
    let date = OffsetDateTime::from_unix_timestamp(seconds).ok();
    if let Some(date) = date.and_then(|date| date.format(HTTP_DATE).ok()) {
        let _ = write!(line, "; Expires={date}");
    }
}

/// The date of HTTP headers (RFC 9110, section 5.6.7).
#[cfg(feature = "_python")]
pub(crate) const HTTP_DATE: &[time::format_description::BorrowedFormatItem<'_>] = time::macros::format_description!(
    "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
);

/// Returns the `Vary` header with `Cookie` in it, or `None` if the existing
/// lines say so already.
pub(crate) fn vary(existing: impl IntoIterator<Item: AsRef<[u8]>>) -> Option<String> {
    let mut merged = String::new();
    for line in existing {
        for member in String::from_utf8_lossy(line.as_ref()).split(',').map(str::trim_ascii) {
            if member == "*" || member.eq_ignore_ascii_case("cookie") {
                return None;
            }
            push_member(&mut merged, member);
        }
    }
    push_member(&mut merged, "Cookie");
    Some(merged)
}

/// How far a response must be kept from shared caches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Caching {
    /// The session had no part in it.
    Untouched,
    /// It may show one visitor's session: not for caches that others share.
    Private,
    /// It carries a cookie: not for any cache.
    NoStore,
}

/// Returns the `Cache-Control` header, made as strict as it must be and never
/// less strict than it was, or `None` if the existing lines are strict enough.
pub(crate) fn cache_control(
    existing: impl IntoIterator<Item: AsRef<[u8]>>,
    caching: Caching,
) -> Option<String> {
    if caching == Caching::Untouched {
        return None;
    }
    let mut merged = String::new();
    let (mut private, mut no_store, mut dropped) = (false, false, false);
    for line in existing {
        let line = String::from_utf8_lossy(line.as_ref());
        let Some(directives) = split_directives(&line) else {
            // A stray quote could hide anything.
            return Some("private, no-store".into());
        };
        for directive in directives {
            let name = directive.split('=').next().unwrap_or_default().trim_ascii();
            let is = |known: &str| name.eq_ignore_ascii_case(known);
            // `private="field"` lets shared caches store the rest of the response (RFC 9111, section 5.2.2.7).
            // With `must-understand`, a cache that knows the status code ignores `no-store` (section 5.2.2.3).
            let overrules = is("must-understand") && caching == Caching::NoStore;
            if is("public") || is("s-maxage") || overrules || is("private") && name.len() < directive.len() {
                dropped = true;
                continue;
            }
            private |= is("private");
            no_store |= is("no-store") && name.len() == directive.len();
            push_member(&mut merged, directive);
        }
    }
    let add_no_store = caching == Caching::NoStore && !no_store;
    if private && !add_no_store && !dropped {
        return None;
    }
    if !private {
        push_member(&mut merged, "private");
    }
    if add_no_store {
        push_member(&mut merged, "no-store");
    }
    Some(merged)
}

/// Says whether some cache obeys the header of this name rather than
/// `Cache-Control`.
pub(crate) fn overrules_cache_control(name: &str) -> bool {
    const SUFFIX: &str = "-cache-control";
    // What comes before it names the caches that it is meant for (RFC 9213, section 2).
    let target = name.len().checked_sub(SUFFIX.len()).and_then(|at| name.split_at_checked(at));
    target.is_some_and(|(target, suffix)| !target.is_empty() && suffix.eq_ignore_ascii_case(SUFFIX))
        || OVERRULING.iter().any(|other| name.eq_ignore_ascii_case(other))
}

/// Headers that do so and are not named for it: the convention of Fastly and
/// others, Akamai's, nginx's.
const OVERRULING: &[&str] = &["surrogate-control", "edge-control", "x-accel-expires"];

/// Splits at the commas outside quotes, or returns `None` if a quote does not
/// end or stands where RFC 9110, section 5.6.4 has none: caches would disagree
/// on what it hides.
fn split_directives(line: &str) -> Option<Vec<&str>> {
    let (mut place, mut last) = (Place::Plain, ',');
    let directives = line
        .split(|c| {
            let next = match (place, c) {
                // Not every cache knows escapes, and no directive needs one.
                (Place::Quoted, '\\') => Place::Broken,
                (Place::Quoted, '"') => Place::AfterQuote,
                (Place::Quoted, _) => Place::Quoted,
                (Place::Plain | Place::AfterQuote, ',') => Place::Plain,
                (Place::Plain, '"') if last == '=' => Place::Quoted,
                (Place::Plain, '"') => Place::Broken,
                (Place::Plain, _) => Place::Plain,
                (Place::AfterQuote, ' ' | '\t') => Place::AfterQuote,
                (Place::AfterQuote | Place::Broken, _) => Place::Broken,
            };
            (place, last) = (next, c);
            c == ',' && next == Place::Plain
        })
        .map(str::trim_ascii)
        .collect();
    matches!(place, Place::Plain | Place::AfterQuote).then_some(directives)
}

/// Where a character of a list stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Plain,
    Quoted,
    AfterQuote,
    Broken,
}

fn push_member(list: &mut String, member: &str) {
    if member.is_empty() {
        return;
    }
    if !list.is_empty() {
        list.push_str(", ");
    }
    list.push_str(member);
}
