//! Whether a request comes from a page of this site, by what the browser says of it.
//!
//! A form on another site can make a visitor's browser send a request here, with the visitor's cookies. Browsers say
//! in every request where it came from, so that a server can refuse such a request without any token in its forms:
//! this is what Go's `http.CrossOriginProtection` does, what OWASP's cheat sheet has allowed instead of tokens since
//! December 2025, and what `tower_http::csrf` does as a layer, which suits axum. The verdicts are the same, except that
//! an `Origin` with a user or a path, which no browser sends, is never the server's own here.
//!
//! SameSite=Lax, the default of [`Sessions`](crate::Sessions), is no substitute: a request from a sibling host
//! (`blog.example.org` to `shop.example.org`) carries the cookie.
//!
//! ```
//! use cookie_session::cross_origin::{self, Allowed, Refused, TrustedOrigins};
//!
//! let trusted = TrustedOrigins::new().trust("https://admin.example.org")?;
//! let check = |method: &str, headers: &[(&str, &'static str)]| {
//!     let header = |name: &str| headers.iter().find(|(n, _)| *n == name).map(|(_, value)| value.as_bytes());
//!     cross_origin::check(method, header, &trusted)
//! };
//!
//! assert_eq!(check("POST", &[("sec-fetch-site", "same-origin")]), Ok(Allowed::SameOrigin));
//! assert_eq!(check("POST", &[("sec-fetch-site", "cross-site")]), Err(Refused::OtherSite));
//! assert_eq!(check("GET", &[("sec-fetch-site", "cross-site")]), Ok(Allowed::SafeMethod));
//! # Ok::<(), cookie_session::ConfigError>(())
//! ```
//!
//! # What it rests on
//!
//! - A page cannot set or change `Sec-Fetch-Site`, `Origin` or `Host` of its requests. Whatever else sends a request,
//!   such as a program, can, but has no visitor's cookies.
//! - GET, HEAD and OPTIONS change nothing on the server. A handler that logs out on GET is not protected. Neither is a
//!   WebSocket, which begins with a GET, from a page of any site: before a handler accepts one, let it ask as for a POST,
//!   `check("POST", …)`. Browsers always send an `Origin` with it.
//! - A proxy that rewrites `Host` matters only for browsers from before 2023 and for plain HTTP, which send no
//!   `Sec-Fetch-Site`: name your own origin with [`TrustedOrigins::trust`] then.
//!
//! There is nothing to exempt a path with: leave the check out where it does not belong, such as a webhook.

use std::error::Error;
use std::fmt;

use crate::error::ConfigError;

/// Says whether a request may change something, given its method and headers.
///
/// `header` is asked for `sec-fetch-site`, `origin` and `host` (in lower case) and returns the first value of that
/// name. For HTTP/2, which has no `Host`, it returns the `:authority` of the request.
///
/// In this order, as Go decides: a safe method is allowed; `Sec-Fetch-Site` decides if there is one, and `same-site`
/// is not enough; otherwise `Origin` must be the origin that `Host` names; without either header no browser sent it. An
/// origin that is trusted is allowed wherever another would be refused.
///
/// # Errors
///
/// [`Refused`] says why. Answer 403, without the reason.
pub fn check<'h>(
    method: &str,
    header: impl Fn(&str) -> Option<&'h [u8]>,
    trusted: &TrustedOrigins,
) -> Result<Allowed, Refused> {
    // TRACE is safe too in RFC 9110, but nothing needs it.
    if matches!(method, "GET" | "HEAD" | "OPTIONS") {
        return Ok(Allowed::SafeMethod);
    }
    let header = |name| header(name).filter(|value| !value.is_empty());
    // Asked for only where it matters: most requests have a `Sec-Fetch-Site` that decides.
    let unless_trusted = |refused| match header("origin") {
        Some(origin) if trusted.contains(origin) => Ok(Allowed::TrustedOrigin),
        _ => Err(refused),
    };
    match header("sec-fetch-site") {
        Some(b"same-origin") => return Ok(Allowed::SameOrigin),
        // The visitor typed the address or chose a bookmark: no page asked for it.
        Some(b"none") => return Ok(Allowed::Visitor),
        Some(b"same-site") => return unless_trusted(Refused::SiblingHost),
        Some(_) => return unless_trusted(Refused::OtherSite),
        None => {}
    }
    let Some(origin) = header("origin") else { return Ok(Allowed::NoBrowser) };
    match Origin::read(origin) {
        // `Host` does not say the scheme: with HSTS no page comes over plain HTTP.
        Some(origin) if Some(origin.authority) == header("host") => Ok(Allowed::OriginIsHost),
        _ => unless_trusted(Refused::OtherOrigin),
    }
}

/// Why a request is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Allowed {
    /// GET, HEAD or OPTIONS.
    SafeMethod,
    /// The browser says that the page is of this origin.
    SameOrigin,
    /// The browser says that no page asked for it, but the visitor.
    Visitor,
    /// `Origin` and `Host` name the same host and port.
    OriginIsHost,
    /// `Origin` is one of the trusted.
    TrustedOrigin,
    /// Neither `Sec-Fetch-Site` nor `Origin`: no browser since 2020 sends such a request for a page.
    NoBrowser,
}

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refused {
    /// The browser says that the page is of another site, or something that this library does not know.
    OtherSite,
    /// The browser says that the page is of a host beside this one, under the same domain, or of another scheme or port.
    SiblingHost,
    /// An older browser says that the page is of another origin, or does not say which (`null`).
    OtherOrigin,
}

impl Refused {
    /// Returns a short, stable name for logs and metrics.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::OtherSite => "other_site",
            Self::SiblingHost => "sibling_host",
            Self::OtherOrigin => "other_origin",
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OtherSite => "the request comes from a page of another site",
            Self::SiblingHost => "the request comes from a page of a sibling host",
            Self::OtherOrigin => "the request comes from a page of another origin",
        })
    }
}

impl Error for Refused {}

/// Origins whose pages may send requests that change something, beside the server's own.
#[derive(Clone, Debug, Default)]
pub struct TrustedOrigins(Vec<String>);

impl TrustedOrigins {
    /// Trusts no origin but the server's own.
    pub fn new() -> Self {
        Self::default()
    }

    /// Trusts one more origin, written as a browser writes it: `https://admin.example.org`.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] for what no browser sends: a path or a slash at the end, a default port, letters in upper case,
    /// an international name that is not in its `xn--` form.
    pub fn trust(mut self, origin: &str) -> Result<Self, ConfigError> {
        let canonical = Origin::read(origin.as_bytes()).is_some_and(|read| read.is_canonical());
        if !canonical {
            return Err(ConfigError::new(
                "a trusted origin is written as browsers send it: https://admin.example.org or http://localhost:3000, in lower case, without a path, a slash at the end or a default port",
            ));
        }
        self.0.push(origin.to_owned());
        Ok(self)
    }

    fn contains(&self, origin: &[u8]) -> bool {
        self.0.iter().any(|trusted| trusted.as_bytes() == origin)
    }
}

/// `scheme://host[:port]` and nothing else: no user, no path (RFC 6454, section 6.2).
struct Origin<'o> {
    secure: bool,
    /// Host and port, as `Host` spells them.
    authority: &'o [u8],
}

impl<'o> Origin<'o> {
    fn read(text: &'o [u8]) -> Option<Self> {
        let (secure, authority) = match text.strip_prefix(b"https://") {
            Some(authority) => (true, authority),
            None => (false, text.strip_prefix(b"http://")?),
        };
        let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~:[]".contains(byte);
        (!authority.is_empty() && authority.iter().all(allowed)).then_some(Self { secure, authority })
    }

    /// Says whether a browser would send it.
    fn is_canonical(&self) -> bool {
        let default: &[u8] = if self.secure { b":443" } else { b":80" };
        let (host, port) = match self.authority.iter().rposition(|byte| *byte == b':') {
            // The colons of an IPv6 address stand in brackets.
            Some(at) if !self.authority.ends_with(b"]") => self.authority.split_at(at),
            _ => (self.authority, &b""[..]),
        };
        let port_is_canonical = match port {
            [] => true,
            [_, b'1'..=b'9', digits @ ..] => digits.len() < 5 && digits.iter().all(u8::is_ascii_digit),
            _ => false,
        };
        let bracketed = host.starts_with(b"[") && host.ends_with(b"]");
        let host_is_canonical = !host.is_empty()
            && !host.iter().any(u8::is_ascii_uppercase)
            && (bracketed || !host.iter().any(|byte| b"[]:".contains(byte)));
        port_is_canonical && host_is_canonical && port != default
    }
}
