//! Writes the attributes of `Set-Cookie`, and reads what a response set.

use std::fmt::Write;

use cookie::Cookie;
use time::{Duration, OffsetDateTime};

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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

/// The length of what [`push_max_age`] appends, for ages that a browser keeps to.
pub(crate) const MAX_AGE_LEN: usize = "; Max-Age=34560000".len();

/// Appends until when the browser keeps the cookie, in unix seconds.
pub(crate) fn push_expires(line: &mut String, seconds: i64) {
    let date = OffsetDateTime::from_unix_timestamp(seconds).ok();
    if let Some(date) = date.and_then(|date| date.format(HTTP_DATE).ok()) {
        let _ = write!(line, "; Expires={date}");
    }
}

/// The date of HTTP headers (RFC 9110, section 5.6.7).
pub(crate) const HTTP_DATE: &[time::format_description::BorrowedFormatItem<'_>] = time::macros::format_description!(
    "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
);

/// Returns the `name=value` of the cookies that a browser without any keeps of
/// these lines.
pub(crate) fn kept(lines: impl IntoIterator<Item: AsRef<[u8]>>) -> Vec<Vec<u8>> {
    let mut kept: Vec<(Vec<Vec<u8>>, Vec<u8>)> = Vec::new();
    for line in lines {
        let mut parts = line.as_ref().split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
        let pair = parts.next().unwrap_or_default();
        let name = pair.split(|byte| *byte == b'=').next().unwrap_or_default();
        let attributes: Vec<Vec<u8>> = parts.map(<[u8]>::to_ascii_lowercase).collect();
        let is_end = |attribute: &Vec<u8>| attribute == b"max-age=0" || attribute.starts_with(b"max-age=-");
        // Of one name there is one cookie for each path and domain.
        let is_scope =
            |attribute: &&Vec<u8>| attribute.starts_with(b"path=") || attribute.starts_with(b"domain=");
        let mut scope: Vec<Vec<u8>> = attributes.iter().filter(is_scope).cloned().collect();
        scope.sort_unstable();
        scope.push(name.to_owned());
        kept.retain(|(other, _)| *other != scope);
        if !attributes.iter().any(is_end) {
            kept.push((scope, pair.to_owned()));
        }
    }
    kept.into_iter().map(|(_, pair)| pair).collect()
}
