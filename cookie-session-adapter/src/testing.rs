//! What tests of an application need: a store that keeps cookies between two
//! requests, as a browser does.

use std::fmt;
use std::time::{Duration, Instant};

/// The cookies of one visitor of one host.
///
/// For a `Visitor` of an adapter, which carries them from response to request.
/// It does what a browser's store does where a session depends on it: the
/// newest cookie of a name, path and host counts, a `Max-Age` of zero or less
/// and an `Expires` of 1970 remove it, `Path` and `Secure` say when it is sent, and what is too
/// large or has a prefix that it does not fit to is ignored. `Domain` is taken
/// for the host's own, and `SameSite` for that of the visitor's own pages.
#[derive(Clone, Default)]
pub struct CookieStore {
    cookies: Vec<Cookie>,
}

#[derive(Clone)]
struct Cookie {
    name: String,
    value: String,
    path: String,
    /// Whether `Domain` says that other hosts have it too. Such a cookie and the
    /// host's own are two.
    shared: bool,
    secure: bool,
    http_only: bool,
    until: Option<Instant>,
}

impl CookieStore {
    /// Makes an empty store, that of a visitor who was never here.
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps what the `Set-Cookie` lines of a response say. `path` is that of
    /// the request, and `secure` says whether it went over HTTPS or to
    /// localhost.
    pub fn keep<'l>(&mut self, path: &str, secure: bool, lines: impl IntoIterator<Item = &'l str>) {
        for line in lines {
            let Some(cookie) = Cookie::of(line, path) else { continue };
            if !cookie.fits_its_prefix() || cookie.secure && !secure {
                continue;
            }
            let is_same = |other: &&mut Cookie| {
                (&other.name, &other.path, other.shared) == (&cookie.name, &cookie.path, cookie.shared)
            };
            match self.cookies.iter_mut().find(is_same) {
                // In its old place: stores send cookies in the order of their creation.
                Some(place) => *place = cookie,
                None => self.cookies.push(cookie),
            }
            // What removes a cookie is one that is too old itself.
            let now = Instant::now();
            self.cookies.retain(|cookie| cookie.is_good_at(now));
        }
    }

    /// Returns the `Cookie` line of a request, or `None` if no cookie goes
    /// there. `secure` is as in [`keep`](Self::keep).
    pub fn line(&self, path: &str, secure: bool) -> Option<String> {
        let path = path.split(['?', '#']).next().unwrap_or_default();
        let goes_there = |cookie: &&Cookie| (secure || !cookie.secure) && cookie.is_for(path);
        let mut sent: Vec<_> = self.kept().filter(goes_there).collect();
        // Longer paths first, and those made first among equals: the sort is stable.
        sent.sort_by_key(|cookie| std::cmp::Reverse(cookie.path.len()));
        let pairs: Vec<_> = sent.iter().map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    /// Returns the value of the cookie with this name, wherever it is for.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.kept().find(|cookie| cookie.name == name).map(|cookie| cookie.value.as_str())
    }

    /// Says whether no cookie is kept.
    pub fn is_empty(&self) -> bool {
        self.kept().next().is_none()
    }

    /// Forgets what ends with the browser, as after closing it.
    pub fn close_browser(&mut self) {
        self.cookies.retain(|cookie| cookie.until.is_some());
    }

    /// Returns what is not too old by now.
    fn kept(&self) -> impl Iterator<Item = &Cookie> {
        let now = Instant::now();
        self.cookies.iter().filter(move |cookie| cookie.is_good_at(now))
    }
}

impl Cookie {
    fn of(line: &str, request_path: &str) -> Option<Self> {
        let mut parts = line.split(';').map(|part| part.trim_matches([' ', '\t']));
        let (name, value) = parts.next()?.split_once('=')?;
        let (name, value) = (name.trim_matches([' ', '\t']), value.trim_matches([' ', '\t']));
        if name.is_empty() || name.len().saturating_add(value.len()) > LARGEST {
            return None;
        }
        let mut cookie = Self {
            name: name.to_owned(),
            value: value.to_owned(),
            path: default_path(request_path),
            shared: false,
            secure: false,
            http_only: false,
            until: None,
        };
        let (mut max_age, mut expires) = (None, None);
        for part in parts {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            match name.to_ascii_lowercase().as_str() {
                "path" if value.starts_with('/') => value.clone_into(&mut cookie.path),
                "domain" => cookie.shared = !value.is_empty(),
                "secure" => cookie.secure = true,
                "httponly" => cookie.http_only = true,
                "max-age" => max_age = value.parse::<i64>().ok().or(max_age),
                // Which year is enough to know a date that removes: it is that of 1970.
                "expires" => expires = Some(value.contains(" 1970 ") || value.contains("-1970 ")),
                _ => {}
            }
        }
        let seconds = max_age.or(expires.map(|is_past| if is_past { 0 } else { YEAR }));
        let lifetime = seconds.map(|seconds| Duration::from_secs(u64::try_from(seconds).unwrap_or_default()));
        cookie.until = lifetime.and_then(|lifetime| Instant::now().checked_add(lifetime));
        Some(cookie)
    }

    fn is_good_at(&self, now: Instant) -> bool {
        self.until.is_none_or(|until| now < until)
    }

    fn fits_its_prefix(&self) -> bool {
        let name = self.name.to_ascii_lowercase();
        let is_host = name.starts_with("__host-");
        let is_http = name.starts_with("__http-") || name.starts_with("__host-http-");
        let needs_secure = is_host || is_http || name.starts_with("__secure-");
        (!needs_secure || self.secure)
            && (!is_http || self.http_only)
            && !(is_host && (self.shared || self.path != "/"))
    }

    fn is_for(&self, path: &str) -> bool {
        let rest = path.strip_prefix(self.path.as_str());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || self.path.ends_with('/'))
    }
}

/// Returns the folder of a page (RFC 6265, section 5.1.4).
fn default_path(path: &str) -> String {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    match path.rsplit_once('/') {
        Some((folder, _)) if folder.starts_with('/') => folder.to_owned(),
        _ => "/".to_owned(),
    }
}

// Cookies are somebody's session, so neither names nor values are printed.
impl fmt::Debug for CookieStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CookieStore").field("len", &self.kept().count()).finish_non_exhaustive()
    }
}

/// What name and value of a cookie may take together (RFC 6265bis, section 5.6).
const LARGEST: usize = 4096;

/// Longer than any test runs.
const YEAR: i64 = 365 * 24 * 60 * 60;

/// Writes fields as a form posts them.
pub fn form(fields: &[(&str, &str)]) -> String {
    let mut body = String::new();
    for (name, value) in fields {
        if !body.is_empty() {
            body.push('&');
        }
        push_encoded(&mut body, name);
        body.push('=');
        push_encoded(&mut body, value);
    }
    body
}

fn push_encoded(body: &mut String, text: &str) {
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'*' | b'-' | b'.' | b'_' => {
                body.push(char::from(byte));
            }
            b' ' => body.push('+'),
            _ => {
                let digit =
                    |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0').to_ascii_uppercase();
                body.extend(['%', digit(byte >> 4), digit(byte & 15)]);
            }
        }
    }
}
