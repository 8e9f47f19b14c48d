//! A test double of a browser's cookie store.

use std::cmp::Reverse;
use std::net::Ipv4Addr;
use std::ops::RangeInclusive;

/// A cookie store that keeps, refuses and sends cookies as a browser does.
///
/// It follows draft-ietf-httpbis-rfc6265bis (20 and later; "§" means it), the `__Http-` prefixes of
/// draft-ietf-httpbis-layered-cookies, and `Partitioned` of draft-cutler-httpbis-partitioned-cookies. Where
/// Chromium is known to differ, it does what Chromium does, and a comment says so.
///
/// Every response is taken for the answer to a same-site request or to a top-level navigation, so `SameSite`
/// is no reason to ignore a cookie. Not modelled: scripts, eviction, blocked third-party cookies, partitions
/// other than the site's own, the correction of `Expires` by the server's clock, internationalized hosts,
/// lines that are not UTF-8, and the two minutes in which Chromium lets a new cookie without `SameSite` go
/// along with a cross-site POST.
#[derive(Clone)]
pub struct Jar {
    /// In the order of creation.
    cookies: Vec<Cookie>,
    localhost_is_secure: bool,
}

/// A stored cookie, with the fields of §5.7.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cookie {
    pub name: String,
    pub value: String,
    pub domain: String,
    pub host_only: bool,
    pub path: String,
    pub secure: bool,
    pub http_only: bool,
    /// `None` when the line had no usable `SameSite`; such a cookie is sent as if it were `Lax`.
    pub same_site: Option<SameSite>,
    pub partitioned: bool,
    /// In unix seconds; `None` for a cookie that ends with the browser.
    pub expires: Option<u64>,
    /// In unix seconds.
    pub created: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SameSite {
    Strict,
    Lax,
    None,
}

/// Where a request comes from, as `SameSite` sees it (§5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Context {
    /// From the site itself, or typed into the address bar.
    SameSite,
    /// A top-level GET that another site caused, such as a link.
    CrossSiteNavigation,
    /// Any other request that another site caused: a form's POST, an image, a frame, a fetch.
    CrossSite,
}

/// What the store did with a Set-Cookie line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::enum_variant_names, reason = "`Stored::Stored` is what one looks for")]
pub enum Stored {
    /// The cookie is kept, perhaps in place of an older one.
    Stored,
    /// The line was accepted and has already expired: a cookie of the same key, if there was one, is gone.
    Removed,
    /// Nothing changed.
    Ignored(Why),
}

/// Why a Set-Cookie line was ignored. Where several reasons hold, the first in this order is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Neither name nor value.
    Empty,
    /// No name, and a `=` in the value: sent back, it would read as a cookie with a name.
    NamelessPair,
    /// Name and value are together longer than 4096 octets.
    TooLong,
    /// A control character in the line, other than a tab that is trimmed away.
    ControlCharacter,
    /// `Domain` is a public suffix and not the host itself.
    PublicSuffix,
    /// `Domain` is neither the host nor a parent of it.
    ForeignDomain,
    /// `__Secure-` without `Secure`, or not from a secure origin.
    SecurePrefix,
    /// `__Http-` that is not fit for `__Secure-`, or without `HttpOnly`.
    HttpPrefix,
    /// `__Host-Http-` that is not fit for both `__Host-` and `__Http-`.
    HostHttpPrefix,
    /// `__Host-` that is not fit for `__Secure-`, or with a `Domain`, or without `Path=/`.
    HostPrefix,
    /// No name, and a value that a server could read as a prefixed name.
    PrefixInValue,
    /// `Partitioned` without `Secure`, or not from a secure origin.
    Partitioned,
    /// `Secure`, but not from a secure origin.
    SecureFromInsecure,
    /// `SameSite=None` without `Secure`.
    SameSiteNone,
    /// From an origin that is not secure, and would replace or hide a `Secure` cookie.
    OverlaysSecure,
}

/// §5.6: longer pairs are ignored whole.
const NAME_AND_VALUE_LIMIT: usize = 4096;
/// §5.6: a longer attribute is ignored, the cookie is not.
const ATTRIBUTE_LIMIT: usize = 1024;
/// §5.5: 400 days.
const LIFETIME_LIMIT: u64 = 400 * 24 * 60 * 60;
/// A few entries of the public suffix list; besides, every name of one label counts as a suffix.
const PUBLIC_SUFFIXES: [&str; 6] = ["co.uk", "org.uk", "com.au", "co.jp", "github.io", "herokuapp.com"];
const PREFIXES: [&str; 4] = ["__Secure-", "__Http-", "__Host-Http-", "__Host-"];

impl Default for Jar {
    fn default() -> Jar {
        Jar::new()
    }
}

impl Jar {
    /// Returns an empty store that treats localhost as Chromium does.
    pub fn new() -> Jar {
        Jar { cookies: Vec::new(), localhost_is_secure: true }
    }

    /// Says whether `localhost`, `*.localhost`, `127.0.0.0/8` and `[::1]` are secure origins even over http.
    /// §5.7 leaves it to the browser: they are in Chromium (the default here) and Firefox, not in Safari.
    pub fn treat_localhost_as_secure(&mut self, yes: bool) {
        self.localhost_is_secure = yes;
    }

    /// Handles one Set-Cookie line of a response from `url` at `now` (unix seconds).
    #[track_caller]
    pub fn set(&mut self, url: &str, set_cookie: &str, now: u64) -> Stored {
        let url = Url::parse(url);
        let secure_origin = self.is_secure(&url);
        self.cookies.retain(|cookie| !cookie.is_expired(now));
        let received = Line::parse(set_cookie).and_then(|line| line.cookie(&url, secure_origin, now));
        match received {
            Err(why) => Stored::Ignored(why),
            Ok(cookie) if !secure_origin && self.has_secure_beneath(&cookie) => {
                Stored::Ignored(Why::OverlaysSecure)
            }
            Ok(cookie) => self.put(cookie, now),
        }
    }

    /// Handles all Set-Cookie lines of one response, in order.
    #[track_caller]
    pub fn set_all<'a>(&mut self, url: &str, lines: impl IntoIterator<Item = &'a str>, now: u64) {
        for line in lines {
            self.set(url, line, now);
        }
    }

    /// Returns the Cookie line that the browser would send to `url`, `None` when it would send none (§5.8.3).
    #[track_caller]
    pub fn cookie_header(&self, url: &str, now: u64, context: Context) -> Option<String> {
        let url = Url::parse(url);
        let secure_origin = self.is_secure(&url);
        let goes = |cookie: &&Cookie| {
            cookie.is_for(&url)
                && (!cookie.secure || secure_origin)
                && cookie.allows(context)
                && !cookie.is_expired(now)
        };
        let mut sent: Vec<&Cookie> = self.cookies.iter().filter(goes).collect();
        // Longer paths first; the sort is stable, so earlier creation decides among equals.
        sent.sort_by_key(|cookie| Reverse(cookie.path.len()));
        let pairs: Vec<String> = sent.into_iter().map(Cookie::pair).collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    /// Returns the Cookie line of a same-site request.
    #[track_caller]
    pub fn header(&self, url: &str, now: u64) -> Option<String> {
        self.cookie_header(url, now, Context::SameSite)
    }

    /// Returns the first cookie of that name, whatever its domain and path, even one that has expired since.
    pub fn get(&self, name: &str) -> Option<&Cookie> {
        self.cookies.iter().find(|cookie| cookie.name == name)
    }

    /// Returns all cookies in the order of their creation. Only the next `set` drops those that have expired.
    pub fn cookies(&self) -> &[Cookie] {
        &self.cookies
    }

    pub fn is_empty(&self) -> bool {
        self.cookies.is_empty()
    }

    pub fn len(&self) -> usize {
        self.cookies.len()
    }

    /// Closes the browser: session cookies go, persistent ones stay.
    pub fn close_browser(&mut self) {
        self.cookies.retain(|cookie| cookie.expires.is_some());
    }

    /// Writes another value into the first cookie of that name, unchecked: the visitor's developer tools.
    #[track_caller]
    pub fn set_value(&mut self, name: &str, value: &str) {
        let Some(cookie) = self.cookies.iter_mut().find(|cookie| cookie.name == name) else {
            panic!("no cookie {name:?} to tamper with");
        };
        cookie.value = value.to_owned();
    }

    fn is_secure(&self, url: &Url<'_>) -> bool {
        url.https || (self.localhost_is_secure && is_localhost(&url.host))
    }

    /// §5.7, "leave secure cookies alone": says whether `new` would overlay a `Secure` cookie.
    fn has_secure_beneath(&self, new: &Cookie) -> bool {
        self.cookies.iter().any(|old| {
            old.secure
                && old.name == new.name
                && old.partitioned == new.partitioned
                && (domain_matches(&old.domain, &new.domain) || domain_matches(&new.domain, &old.domain))
                && path_matches(&new.path, &old.path)
        })
    }

    /// The last steps of §5.7: replaces, inserts or removes.
    fn put(&mut self, mut cookie: Cookie, now: u64) -> Stored {
        let old = self.cookies.iter().position(|old| old.key() == cookie.key());
        if cookie.is_expired(now) {
            old.map(|index| self.cookies.remove(index));
            return Stored::Removed;
        }
        match old {
            // The draft keeps the creation time always, Chromium only when the value is the same.
            Some(index) if self.cookies[index].value == cookie.value => {
                cookie.created = self.cookies[index].created;
                self.cookies[index] = cookie;
            }
            Some(index) => {
                self.cookies.remove(index);
                self.cookies.push(cookie);
            }
            None => self.cookies.push(cookie),
        }
        Stored::Stored
    }
}

impl Cookie {
    /// What makes two cookies the same one. The own partition is apart from the unpartitioned cookies.
    fn key(&self) -> (&str, &str, bool, &str, bool) {
        (&self.name, &self.domain, self.host_only, &self.path, self.partitioned)
    }

    fn is_expired(&self, now: u64) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }

    fn is_for(&self, url: &Url<'_>) -> bool {
        let host =
            if self.host_only { url.host == self.domain } else { domain_matches(&url.host, &self.domain) };
        host && path_matches(url.path, &self.path)
    }

    /// §5.6.7.1. A partitioned cookie of the site itself is out of reach while another site is at the top.
    fn allows(&self, context: Context) -> bool {
        match context {
            Context::SameSite => true,
            Context::CrossSiteNavigation => self.same_site != Some(SameSite::Strict),
            Context::CrossSite => self.same_site == Some(SameSite::None) && !self.partitioned,
        }
    }

    fn pair(&self) -> String {
        if self.name.is_empty() { self.value.clone() } else { format!("{}={}", self.name, self.value) }
    }
}

/// A Set-Cookie line in its parts (§5.6).
struct Line<'a> {
    name: &'a str,
    value: &'a str,
    attributes: Vec<(&'a str, &'a str)>,
}

impl<'a> Line<'a> {
    fn parse(text: &'a str) -> Result<Line<'a>, Why> {
        let mut parts = text.split(';');
        let pair = parts.next().expect("split yields at least one part");
        // Without "=" the whole pair is the value of a cookie without a name.
        let (name, value) = trim(pair.split_once('=').unwrap_or(("", pair)));
        let mut attributes: Vec<_> =
            parts.map(|part| trim(part.split_once('=').unwrap_or((part, "")))).collect();
        if name.is_empty() && value.is_empty() {
            return Err(Why::Empty);
        }
        // As in Chromium since version 148; in the draft the cookie is kept.
        if name.is_empty() && value.contains('=') {
            return Err(Why::NamelessPair);
        }
        if name.len() + value.len() > NAME_AND_VALUE_LIMIT {
            return Err(Why::TooLong);
        }
        // The draft lets a tab inside pass; Chromium does not.
        let has_control = |&(name, value): &(&str, &str)| {
            name.bytes().chain(value.bytes()).any(|octet| octet.is_ascii_control())
        };
        if has_control(&(name, value)) || attributes.iter().any(has_control) {
            return Err(Why::ControlCharacter);
        }
        attributes.retain(|(_, value)| value.len() <= ATTRIBUTE_LIMIT);
        Ok(Line { name, value, attributes })
    }

    /// Returns the value of the last attribute of that name. Chromium takes the last one even if it is
    /// unusable; in the draft an earlier usable `Max-Age` or `Expires` would stand.
    fn last(&self, name: &str) -> Option<&'a str> {
        self.attributes.iter().rev().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|&(_, value)| value)
    }

    /// §5.7 up to the look into the store. The order of the checks is Chromium's.
    fn cookie(&self, url: &Url<'_>, secure_origin: bool, now: u64) -> Result<Cookie, Why> {
        let (domain, host_only) = self.domain(url)?;
        let path =
            self.last("Path").filter(|path| path.starts_with('/')).unwrap_or_else(|| url.default_path());
        let secure = self.last("Secure").is_some();
        let http_only = self.last("HttpOnly").is_some();
        let partitioned = self.last("Partitioned").is_some();
        let same_site = self.last("SameSite").and_then(same_site);
        self.check_prefix(url, secure && secure_origin, http_only)?;
        if partitioned && !(secure && secure_origin) {
            return Err(Why::Partitioned);
        }
        if secure && !secure_origin {
            return Err(Why::SecureFromInsecure);
        }
        if same_site == Some(SameSite::None) && !secure {
            return Err(Why::SameSiteNone);
        }
        Ok(Cookie {
            name: self.name.to_owned(),
            value: self.value.to_owned(),
            domain,
            host_only,
            path: path.to_owned(),
            secure,
            http_only,
            same_site,
            partitioned,
            expires: self.expires(now),
            created: now,
        })
    }

    /// §5.6.3 and §5.7: returns the cookie's domain and whether it is for that host only.
    fn domain(&self, url: &Url<'_>) -> Result<(String, bool), Why> {
        let attribute = self.last("Domain").unwrap_or_default();
        let domain = attribute.strip_prefix('.').unwrap_or(attribute).to_ascii_lowercase();
        let names_the_host = (is_ip(&url.host) || is_public_suffix(&url.host)) && domain == url.host;
        if attribute.is_empty() || names_the_host {
            return Ok((url.host.clone(), true));
        }
        if is_public_suffix(&domain) {
            return Err(Why::PublicSuffix);
        }
        if !domain_matches(&url.host, &domain) {
            return Err(Why::ForeignDomain);
        }
        Ok((domain, false))
    }

    /// §5.4, and layered-cookies for `__Http-` and `__Host-Http-`; all whatever the case.
    fn check_prefix(&self, url: &Url<'_>, secure: bool, http_only: bool) -> Result<(), Why> {
        let begins = |text: &str, prefix: &str| {
            text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
        };
        if self.name.is_empty() {
            // Chromium is known to look for "__Secure-" and "__Host-" here, layered-cookies for all four.
            let hidden = PREFIXES.iter().any(|prefix| begins(self.value, prefix));
            return if hidden { Err(Why::PrefixInValue) } else { Ok(()) };
        }
        // As in Chromium: "Domain" is missing, empty or the host's own IP address; "Path=/" is spelled out.
        let domain = self.last("Domain").unwrap_or_default();
        let no_domain = domain.is_empty() || (is_ip(&url.host) && domain == url.host);
        let host = secure && no_domain && self.last("Path") == Some("/");
        // In the order of PREFIXES; "__Host-Http-" comes before "__Host-", which it begins with.
        let rules = [
            (secure, Why::SecurePrefix),
            (secure && http_only, Why::HttpPrefix),
            (host && http_only, Why::HostHttpPrefix),
            (host, Why::HostPrefix),
        ];
        match PREFIXES.iter().zip(rules).find(|(prefix, _)| begins(self.name, prefix)) {
            Some((_, (false, why))) => Err(why),
            _ => Ok(()),
        }
    }

    /// §5.6.1, §5.6.2 and §5.5: `Max-Age` goes before `Expires`, and neither reaches past 400 days.
    fn expires(&self, now: u64) -> Option<u64> {
        let expires = match self.last("Max-Age").and_then(delta_seconds) {
            Some(seconds) => now.saturating_add(seconds),
            None => parse_date(self.last("Expires")?)?,
        };
        Some(expires.min(now.saturating_add(LIFETIME_LIMIT)))
    }
}

/// The parts of a request URL that matter to cookies. The port does not (§8.5).
struct Url<'a> {
    https: bool,
    host: String,
    path: &'a str,
}

impl<'a> Url<'a> {
    #[track_caller]
    fn parse(url: &'a str) -> Url<'a> {
        let (scheme, rest) = url.split_once("://").expect("an absolute URL");
        assert!(scheme == "http" || scheme == "https", "cookies are for http and https, not for {scheme}");
        let rest = &rest[..rest.find(['?', '#']).unwrap_or(rest.len())];
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        // The colons of an IPv6 address are within brackets.
        let host = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => host,
            _ => authority,
        };
        assert!(!host.is_empty(), "a URL with a host");
        Url {
            https: scheme == "https",
            host: host.to_ascii_lowercase(),
            path: if path.is_empty() { "/" } else { path },
        }
    }

    /// §5.1.4: up to the last slash, without it.
    fn default_path(&self) -> &'a str {
        match self.path.rfind('/') {
            None | Some(0) => "/",
            Some(end) => &self.path[..end],
        }
    }
}

/// Removes spaces and tabs around both.
fn trim<'a>((name, value): (&'a str, &'a str)) -> (&'a str, &'a str) {
    (name.trim_matches([' ', '\t']), value.trim_matches([' ', '\t']))
}

/// §5.1.3.
fn domain_matches(host: &str, domain: &str) -> bool {
    host == domain || (!is_ip(host) && host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.')))
}

/// §5.1.4.
fn path_matches(request_path: &str, cookie_path: &str) -> bool {
    let Some(rest) = request_path.strip_prefix(cookie_path) else { return false };
    rest.is_empty() || cookie_path.ends_with('/') || rest.starts_with('/')
}

fn is_ip(host: &str) -> bool {
    host.starts_with('[') || host.parse::<Ipv4Addr>().is_ok()
}

fn is_localhost(host: &str) -> bool {
    let loopback = host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback());
    loopback || host == "[::1]" || host == "localhost" || host.ends_with(".localhost")
}

fn is_public_suffix(domain: &str) -> bool {
    !domain.contains('.') || PUBLIC_SUFFIXES.contains(&domain)
}

/// §5.6.7: an unknown value is no value.
fn same_site(text: &str) -> Option<SameSite> {
    let known = [("Strict", SameSite::Strict), ("Lax", SameSite::Lax), ("None", SameSite::None)];
    known.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(text)).map(|(_, same_site)| same_site)
}

/// §5.6.2: an optional minus and digits. What is negative has expired, just as zero has.
fn delta_seconds(text: &str) -> Option<u64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|octet| octet.is_ascii_digit()) {
        return None;
    }
    let seconds = digits.parse().unwrap_or(u64::MAX);
    Some(if text.starts_with('-') { 0 } else { seconds })
}

/// §5.1.1: returns unix seconds, 0 for everything before 1970. Chromium reads some dates besides that are none
/// here, such as those with a year of one or five digits.
fn parse_date(text: &str) -> Option<u64> {
    let is_delimiter = |c| matches!(c, '\t' | ' '..='/' | ';'..='@' | '['..='`' | '{'..='~');
    let (mut time, mut day, mut month, mut year) = (None, None, None, None);
    // Each token goes to the first field that is still open and that it fits.
    for token in text.split(is_delimiter) {
        let _ = fill(&mut time, parse_time(token))
            || fill(&mut day, leading_number(token, 1..=2))
            || fill(&mut month, parse_month(token))
            || fill(&mut year, leading_number(token, 2..=4));
    }
    let ((hour, minute, second), day, month) = (time?, day?, month?);
    let year = match year? {
        short @ 0..=69 => short + 2000,
        short @ 70..=99 => short + 1900,
        full => full,
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let lengths = [31, if leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    if year < 1601 || !(1..=lengths[month]).contains(&day) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let (past_years, past_months) = (year - 1, lengths[..month].iter().sum::<u64>());
    let leap_days = past_years / 4 - past_years / 100 + past_years / 400;
    let days = past_years * 365 + leap_days + past_months + day - 1;
    // From 1 January of the year 1 to 1 January 1970 it is 719162 days.
    Some((((days * 24 + hour) * 60 + minute) * 60 + second).saturating_sub(719_162 * 24 * 60 * 60))
}

/// Fills the field if it is empty and something was found for it; says whether it did.
fn fill<T>(field: &mut Option<T>, found: Option<T>) -> bool {
    let fills = field.is_none() && found.is_some();
    if fills {
        *field = found;
    }
    fills
}

/// Three numbers of one or two digits, then anything that does not begin with a digit.
fn parse_time(token: &str) -> Option<(u64, u64, u64)> {
    let (hour, rest) = token.split_once(':')?;
    let (minute, second) = rest.split_once(':')?;
    let is_number = |field: &str| field.bytes().all(|octet| octet.is_ascii_digit());
    let numbers = is_number(hour) && is_number(minute);
    let number = |field| leading_number(field, 1..=2).filter(|_| numbers);
    Some((number(hour)?, number(minute)?, number(second)?))
}

/// Returns the month, 0 for January, of a token that begins with its first three letters.
fn parse_month(token: &str) -> Option<usize> {
    let start = token.get(..3)?.to_ascii_lowercase();
    let names = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    names.iter().position(|name| *name == start)
}

/// Returns the number that a token begins with, if it has so many digits.
fn leading_number(token: &str, digits: RangeInclusive<usize>) -> Option<u64> {
    let count = token.bytes().take_while(u8::is_ascii_digit).count();
    if digits.contains(&count) { token[..count].parse().ok() } else { None }
}
