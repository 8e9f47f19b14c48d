//! Writes the attributes of `Set-Cookie`.

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
