//! Set-Cookie lines and what a browser makes of them, as data: `cookie_store.rs` holds the double to it, and a real
//! browser can be held to it too.
//!
//! No row depends on the date on which it is replayed (before 2098), or on a port, so a replay may add one to the
//! URLs. Every line can travel over HTTP. Each row begins with an empty store.

use super::jar::{SameSite, Why};

pub struct Row {
    pub claim: &'static str,
    /// URL and line of what was stored beforehand.
    pub before: &'static [(&'static str, &'static str)],
    pub url: &'static str,
    pub line: &'static str,
    pub outcome: Outcome,
    /// How many cookies the store holds afterwards.
    pub left: usize,
}

#[derive(Clone, Copy)]
pub enum Outcome {
    Stored(Kept),
    Removed,
    Ignored(Why),
}

/// What a browser shows of the stored cookie.
#[derive(Clone, Copy)]
pub struct Kept {
    pub name: &'static str,
    pub value: &'static str,
    pub domain: &'static str,
    pub host_only: bool,
    pub path: &'static str,
    pub secure: bool,
    pub http_only: bool,
    pub same_site: Option<SameSite>,
    pub partitioned: bool,
    /// In seconds from the time of the response.
    pub lifetime: Option<u64>,
}

impl Row {
    const fn after(mut self, before: &'static [(&'static str, &'static str)], left: usize) -> Row {
        self.before = before;
        self.left = left;
        self
    }
}

const fn stored(claim: &'static str, url: &'static str, line: &'static str, kept: Kept) -> Row {
    Row { claim, before: &[], url, line, outcome: Outcome::Stored(kept), left: 1 }
}

const fn removed(claim: &'static str, url: &'static str, line: &'static str) -> Row {
    Row { claim, before: &[], url, line, outcome: Outcome::Removed, left: 0 }
}

const fn ignored(claim: &'static str, url: &'static str, line: &'static str, why: Why) -> Row {
    Row { claim, before: &[], url, line, outcome: Outcome::Ignored(why), left: 0 }
}

/// `$before`, then the letter v `$octets` times, then `$after`.
macro_rules! filled {
    ($before:literal, $octets:literal, $after:literal) => {{
        const TEXT: [u8; $before.len() + $octets + $after.len()] = {
            let mut text = [b'v'; $before.len() + $octets + $after.len()];
            let mut index = 0;
            while index < $before.len() {
                text[index] = $before.as_bytes()[index];
                index += 1;
            }
            index = 0;
            while index < $after.len() {
                text[$before.len() + $octets + index] = $after.as_bytes()[index];
                index += 1;
            }
            text
        };
        match std::str::from_utf8(&TEXT) {
            Ok(text) => text,
            Err(_) => panic!("literals are UTF-8"),
        }
    }};
}

const HOME: &str = "https://example.com/";
const DEEP: &str = "https://example.com/account/settings";
const APP: &str = "https://app.example.com/";
const PLAIN: &str = "http://example.com/";
const LOCAL: &str = "http://localhost/";

const DAY: u64 = 24 * 60 * 60;

/// What `a=1` leaves at `HOME`.
const KEPT: Kept = Kept {
    name: "a",
    value: "1",
    domain: "example.com",
    host_only: true,
    path: "/",
    secure: false,
    http_only: false,
    same_site: None,
    partitioned: false,
    lifetime: None,
};
const SECURE: Kept = Kept { secure: true, ..KEPT };
const HTTP_ONLY: Kept = Kept { http_only: true, ..SECURE };
const FOR_SUBDOMAINS: Kept = Kept { host_only: false, ..KEPT };
const NAMELESS: Kept = Kept { name: "", ..KEPT };
const FOR_400_DAYS: Kept = Kept { lifetime: Some(400 * DAY), ..KEPT };

#[rustfmt::skip]
pub const TABLE: &[Row] = &[
    // Name and value
    stored("keeps a plain pair", HOME, "a=1", KEPT),
    stored("trims spaces around name and value", HOME, "a =  1 ; Secure", SECURE),
    stored("trims tabs around name and value", HOME, "a\t=\t1\t;\tSecure\t", SECURE),
    stored("keeps spaces inside", HOME, "a b=1 2", Kept { name: "a b", value: "1 2", ..KEPT }),
    stored("keeps every = after the first", HOME, "a=b=c==", Kept { value: "b=c==", ..KEPT }),
    stored("keeps quotes", HOME, "a=\"1\"", Kept { value: "\"1\"", ..KEPT }),
    stored("ends a value at ; even within quotes", HOME, "a=\"1; 2\"", Kept { value: "\"1", ..KEPT }),
    stored("does not split at commas", HOME, "a=1, b=2", Kept { value: "1, b=2", ..KEPT }),
    stored("keeps an empty value", HOME, "a=", Kept { value: "", ..KEPT }),
    stored("keeps an empty name", HOME, "=1", NAMELESS),
    stored("takes a pair without = for a value", HOME, "1", NAMELESS),
    // In the draft, and in Chromium before version 148, the next three are kept.
    ignored("ignores = in the value of a nameless cookie", HOME, "=a=1", Why::NamelessPair),
    ignored("ignores = in the value of a nameless cookie behind a space", HOME, " = a=1", Why::NamelessPair),
    ignored("ignores = as the value of a nameless cookie", HOME, "==", Why::NamelessPair),
    ignored("a nameless pair cannot stand in for a cookie with a name", HOME, "=a=2; Path=/x", Why::NamelessPair).after(&[(HOME, "a=1")], 1),
    stored("names are case-sensitive", HOME, "A=1", Kept { name: "A", ..KEPT }).after(&[(HOME, "a=1")], 2),
    ignored("ignores an empty pair", HOME, "; Path=/", Why::Empty),
    ignored("ignores a lone =", HOME, "=", Why::Empty),
    ignored("ignores a pair of white space", HOME, " = ; Path=/", Why::Empty),
    stored("keeps 4096 octets of value", HOME, filled!("=", 4096, "; Path=/"),
        Kept { value: filled!("", 4096, ""), ..NAMELESS }),
    stored("keeps name and value of together 4096 octets", HOME, filled!("abcdef=", 4090, "; Path=/"),
        Kept { name: "abcdef", value: filled!("", 4090, ""), ..KEPT }),
    ignored("ignores name and value of together 4097 octets", HOME, filled!("abcdef=", 4091, "; Path=/"), Why::TooLong),
    ignored("ignores a nameless value of 4097 octets", HOME, filled!("", 4097, ""), Why::TooLong),
    ignored("an oversize line leaves the older cookie", HOME, filled!("a=", 4096, ""), Why::TooLong).after(&[(HOME, "a=1")], 1),
    ignored("an oversize removal removes nothing", HOME, filled!("a=", 4096, "; Max-Age=0"), Why::TooLong).after(&[(HOME, "a=1")], 1),
    stored("attributes do not count towards the 4096", HOME, filled!("a=1; Unknown=", 5000, "; Secure"), SECURE),
    ignored("ignores U+0001 in a value", HOME, "a=1\u{1}2", Why::ControlCharacter),
    ignored("ignores U+001F at the end of a value", HOME, "a=1\u{1f}", Why::ControlCharacter),
    ignored("ignores U+007F in a value", HOME, "a=1\u{7f}2", Why::ControlCharacter),
    ignored("ignores a control character in a name", HOME, "a\u{8}=1", Why::ControlCharacter),
    ignored("ignores a control character in an attribute", HOME, "a=1; Path=/\u{b}", Why::ControlCharacter),
    ignored("ignores a control character in an unknown attribute", HOME, "a=1; x\u{2}y", Why::ControlCharacter),
    // The draft would keep this one.
    ignored("ignores a tab inside a value", HOME, "a=1\t2", Why::ControlCharacter),

    // Attributes at large
    stored("attribute names have no case", HOME, "a=1; sEcUrE; HTTPONLY", HTTP_ONLY),
    stored("a flag is set whatever its value", HOME, "a=1; Secure=false; HttpOnly=0", HTTP_ONLY),
    stored("ignores unknown and empty attributes", HOME, "a=1;; ; =; x=y; Priority=High", KEPT),
    stored("keeps a Path of 1024 octets", HOME, filled!("a=1; Path=/", 1023, ""), Kept { path: filled!("/", 1023, ""), ..KEPT }),
    stored("ignores a Path of 1025 octets", DEEP, filled!("a=1; Path=/", 1024, ""), Kept { path: "/account", ..KEPT }),
    stored("an oversize attribute lets an earlier one stand", HOME, filled!("a=1; Path=/x; Path=/", 1024, ""), Kept { path: "/x", ..KEPT }),
    stored("ignores a Domain of 1025 octets", HOME, filled!("a=1; Domain=", 1025, ""), KEPT),

    // Path
    stored("without Path the directory of the URL", DEEP, "a=1", Kept { path: "/account", ..KEPT }),
    stored("the query is no part of the path", "https://example.com/account?x=/y/z", "a=1", KEPT),
    stored("a trailing slash belongs to the directory", "https://example.com/account/", "a=1", Kept { path: "/account", ..KEPT }),
    stored("keeps a Path that does not match the URL", HOME, "a=1; Path=/elsewhere", Kept { path: "/elsewhere", ..KEPT }),
    stored("keeps the trailing slash of a Path", HOME, "a=1; Path=/x/", Kept { path: "/x/", ..KEPT }),
    stored("an empty Path is none", DEEP, "a=1; Path=", Kept { path: "/account", ..KEPT }),
    stored("a relative Path is none", DEEP, "a=1; Path=settings", Kept { path: "/account", ..KEPT }),
    stored("the last Path wins", HOME, "a=1; Path=/x; Path=/y", Kept { path: "/y", ..KEPT }),
    stored("the last Path wins even if it is none", DEEP, "a=1; Path=/x; Path=y", Kept { path: "/account", ..KEPT }),

    // Domain
    stored("Domain of the host opens the cookie to subdomains", HOME, "a=1; Domain=example.com", FOR_SUBDOMAINS),
    stored("a leading dot of Domain says nothing", HOME, "a=1; Domain=.example.com", FOR_SUBDOMAINS),
    stored("Domain has no case", HOME, "a=1; Domain=EXAMPLE.com", FOR_SUBDOMAINS),
    stored("a subdomain may name its parent", APP, "a=1; Domain=example.com", FOR_SUBDOMAINS),
    stored("an empty Domain is none", APP, "a=1; Domain=", Kept { domain: "app.example.com", ..KEPT }),
    stored("the last Domain wins", APP, "a=1; Domain=app.example.com; Domain=example.com", FOR_SUBDOMAINS),
    stored("the last Domain wins even if it is empty", HOME, "a=1; Domain=example.com; Domain=", KEPT),
    ignored("a host cannot name its subdomain", HOME, "a=1; Domain=app.example.com", Why::ForeignDomain),
    ignored("a host cannot name its sibling", APP, "a=1; Domain=api.example.com", Why::ForeignDomain),
    ignored("a host cannot name a stranger", HOME, "a=1; Domain=example.org", Why::ForeignDomain),
    ignored("Domain matches whole labels", "https://notexample.com/", "a=1; Domain=example.com", Why::ForeignDomain),
    ignored("a trailing dot makes another domain", HOME, "a=1; Domain=example.com.", Why::ForeignDomain),
    ignored("refuses a top-level domain", HOME, "a=1; Domain=com", Why::PublicSuffix),
    ignored("refuses a suffix of two labels", "https://shop.co.uk/", "a=1; Domain=co.uk", Why::PublicSuffix),
    ignored("refuses a suffix that a company registered", "https://me.github.io/", "a=1; Domain=github.io", Why::PublicSuffix),
    stored("a suffix may name itself, for itself", "https://github.io/", "a=1; Domain=github.io", Kept { domain: "github.io", ..KEPT }),
    stored("localhost may name itself, for itself", LOCAL, "a=1; Domain=localhost", Kept { domain: "localhost", ..KEPT }),
    ignored("localhost is a suffix to its subdomains", "http://app.localhost/", "a=1; Domain=localhost", Why::PublicSuffix),
    stored("an address may name itself, for itself", "http://127.0.0.1/", "a=1; Domain=127.0.0.1", Kept { domain: "127.0.0.1", ..KEPT }),
    stored("an IPv6 address may name itself, for itself", "http://[::1]/", "a=1; Domain=[::1]", Kept { domain: "[::1]", ..KEPT }),
    ignored("an address has no parents", "http://127.0.0.1/", "a=1; Domain=0.0.1", Why::ForeignDomain),

    // Secure
    stored("https may set Secure", HOME, "a=1; Secure", SECURE),
    ignored("http may not set Secure", PLAIN, "a=1; Secure", Why::SecureFromInsecure),
    stored("http may set a cookie without Secure", PLAIN, "a=1", KEPT),
    stored("http://localhost may set Secure", LOCAL, "a=1; Secure", Kept { domain: "localhost", ..SECURE }),
    stored("http://127.0.0.1 may set Secure", "http://127.0.0.1/", "a=1; Secure", Kept { domain: "127.0.0.1", ..SECURE }),
    stored("http://app.localhost may set Secure", "http://app.localhost/", "a=1; Secure", Kept { domain: "app.localhost", ..SECURE }),
    stored("http://[::1] may set Secure", "http://[::1]/", "a=1; Secure", Kept { domain: "[::1]", ..SECURE }),
    ignored("http may not replace a Secure cookie", PLAIN, "a=2", Why::OverlaysSecure).after(&[(HOME, "a=1; Secure")], 1),
    ignored("http may not remove a Secure cookie", PLAIN, "a=; Max-Age=0", Why::OverlaysSecure).after(&[(HOME, "a=1; Secure")], 1),
    ignored("http may not set a Domain cookie beside a Secure one", PLAIN, "a=2; Domain=example.com", Why::OverlaysSecure).after(&[(HOME, "a=1; Secure")], 1),
    ignored("http may not hide a parent's Secure cookie", "http://app.example.com/", "a=2", Why::OverlaysSecure).after(&[(HOME, "a=1; Secure; Domain=example.com")], 1),
    ignored("http may not reach past a subdomain's Secure cookie", "http://app.example.com/", "a=2; Domain=example.com", Why::OverlaysSecure).after(&[(APP, "a=1; Secure")], 1),
    ignored("http may not set a longer path over a Secure cookie", PLAIN, "a=2; Path=/login/en", Why::OverlaysSecure).after(&[(HOME, "a=1; Secure; Path=/login")], 1),
    stored("http may set a shorter path than a Secure cookie's", PLAIN, "a=1; Path=/", KEPT).after(&[(HOME, "a=1; Secure; Path=/login")], 2),
    stored("http may set another name than a Secure cookie's", PLAIN, "a=1", KEPT).after(&[(HOME, "b=1; Secure")], 2),
    stored("http may set a cookie beside a partitioned Secure one", PLAIN, "a=1", KEPT).after(&[(HOME, "a=1; Secure; Partitioned")], 2),
    stored("http may replace a cookie without Secure", PLAIN, "a=1", KEPT).after(&[(HOME, "a=0")], 1),
    stored("https may replace a Secure cookie without Secure", HOME, "a=1", KEPT).after(&[(HOME, "a=0; Secure")], 1),

    // SameSite and Partitioned
    stored("SameSite=Strict", HOME, "a=1; SameSite=Strict", Kept { same_site: Some(SameSite::Strict), ..KEPT }),
    stored("SameSite has no case", HOME, "a=1; SameSite=lAX", Kept { same_site: Some(SameSite::Lax), ..KEPT }),
    stored("SameSite=None with Secure", HOME, "a=1; SameSite=None; Secure", Kept { same_site: Some(SameSite::None), ..SECURE }),
    ignored("SameSite=None without Secure", HOME, "a=1; SameSite=None", Why::SameSiteNone),
    stored("an unknown SameSite is none given", HOME, "a=1; SameSite=Relaxed", KEPT),
    stored("the last SameSite wins even if it is unknown", HOME, "a=1; SameSite=Strict; SameSite=x", KEPT),
    stored("Partitioned with Secure", HOME, "a=1; Secure; Partitioned", Kept { partitioned: true, ..SECURE }),
    ignored("Partitioned without Secure", HOME, "a=1; Partitioned", Why::Partitioned),
    ignored("Partitioned over http", PLAIN, "a=1; Secure; Partitioned", Why::Partitioned),

    // Prefixes
    stored("__Secure- with Secure", HOME, "__Secure-a=1; Secure", Kept { name: "__Secure-a", ..SECURE }),
    stored("__Secure- may have a Domain", HOME, "__Secure-a=1; Secure; Domain=example.com", Kept { name: "__Secure-a", host_only: false, ..SECURE }),
    ignored("__Secure- without Secure", HOME, "__Secure-a=1", Why::SecurePrefix),
    ignored("__Secure- over http", PLAIN, "__Secure-a=1; Secure", Why::SecurePrefix),
    ignored("__secure- in lower case without Secure", HOME, "__secure-a=1", Why::SecurePrefix),
    stored("__Host- with Secure and Path=/", HOME, "__Host-a=1; Secure; Path=/", Kept { name: "__Host-a", ..SECURE }),
    stored("__Host- from a deeper URL", DEEP, "__Host-a=1; Secure; Path=/", Kept { name: "__Host-a", ..SECURE }),
    stored("__Host- with an empty Domain", HOME, "__Host-a=1; Secure; Path=/; Domain=", Kept { name: "__Host-a", ..SECURE }),
    ignored("__Host- without Secure", HOME, "__Host-a=1; Path=/", Why::HostPrefix),
    ignored("__Host- without Path, though / is the default", HOME, "__Host-a=1; Secure", Why::HostPrefix),
    ignored("__Host- with an empty Path", HOME, "__Host-a=1; Secure; Path=", Why::HostPrefix),
    ignored("__Host- with another Path", HOME, "__Host-a=1; Secure; Path=/x", Why::HostPrefix),
    ignored("__Host- with the Domain of the host", HOME, "__Host-a=1; Secure; Path=/; Domain=example.com", Why::HostPrefix),
    ignored("__Host- over http", PLAIN, "__Host-a=1; Secure; Path=/", Why::HostPrefix),
    ignored("__HOST- in upper case without Secure", HOME, "__HOST-a=1; Path=/", Why::HostPrefix),
    ignored("__host- in lower case with a Domain", APP, "__host-a=1; Secure; Path=/; Domain=example.com", Why::HostPrefix),
    // Older versions of Chromium refuse prefixes here.
    stored("__Host- on http://localhost", LOCAL, "__Host-a=1; Secure; Path=/", Kept { name: "__Host-a", domain: "localhost", ..SECURE }),
    stored("__Http- with Secure and HttpOnly", HOME, "__Http-a=1; Secure; HttpOnly", Kept { name: "__Http-a", ..HTTP_ONLY }),
    ignored("__Http- without HttpOnly", HOME, "__Http-a=1; Secure", Why::HttpPrefix),
    ignored("__Http- without Secure", HOME, "__Http-a=1; HttpOnly", Why::HttpPrefix),
    ignored("__HTTP- in upper case without HttpOnly", HOME, "__HTTP-a=1; Secure", Why::HttpPrefix),
    stored("__Host-Http- with Secure, HttpOnly and Path=/", HOME, "__Host-Http-a=1; Secure; HttpOnly; Path=/", Kept { name: "__Host-Http-a", ..HTTP_ONLY }),
    ignored("__Host-Http- without HttpOnly", HOME, "__Host-Http-a=1; Secure; Path=/", Why::HostHttpPrefix),
    ignored("__Host-Http- without Path", HOME, "__Host-Http-a=1; Secure; HttpOnly", Why::HostHttpPrefix),
    ignored("__Host-Http- with a Domain", HOME, "__Host-Http-a=1; Secure; HttpOnly; Path=/; Domain=example.com", Why::HostHttpPrefix),
    stored("__Host without its dash is no prefix", HOME, "__Host=1", Kept { name: "__Host", ..KEPT }),
    stored("a prefix stands at the beginning", HOME, "x__Host-a=1", Kept { name: "x__Host-a", ..KEPT }),
    stored("a Unicode space is no white space", HOME, "\u{2003}__Host-a=1", Kept { name: "\u{2003}__Host-a", ..KEPT }),
    ignored("a nameless value may not begin with __Host-", HOME, "=__Host-a; Secure; Path=/", Why::PrefixInValue),
    ignored("a nameless value may not begin with __secure-", HOME, "=__secure-a; Secure", Why::PrefixInValue),
    ignored("a lone value may not begin with __Host-", HOME, "__Host-a; Secure; Path=/", Why::PrefixInValue),
    stored("a named value may begin with __Host-", HOME, "a=__Host-b=1", Kept { value: "__Host-b=1", ..KEPT }),

    // Lifetime
    stored("Max-Age in seconds", HOME, "a=1; Max-Age=3600", Kept { lifetime: Some(3600), ..KEPT }),
    stored("a Max-Age of 400 days", HOME, "a=1; Max-Age=34560000", FOR_400_DAYS),
    stored("a Max-Age of 400 days and a second is cut", HOME, "a=1; Max-Age=34560001", FOR_400_DAYS),
    stored("a Max-Age of 30 digits is cut", HOME, "a=1; Max-Age=999999999999999999999999999999", FOR_400_DAYS),
    stored("Expires beyond 400 days is cut", HOME, "a=1; Expires=Thu, 31 Dec 2099 23:59:59 GMT", FOR_400_DAYS),
    stored("a fraction is no Max-Age", HOME, "a=1; Max-Age=3600.5", KEPT),
    stored("a quoted number is no Max-Age", HOME, "a=1; Max-Age=\"3600\"", KEPT),
    stored("an empty Max-Age is none", HOME, "a=1; Max-Age=", KEPT),
    stored("a lone minus is no Max-Age", HOME, "a=1; Max-Age=-", KEPT),
    stored("a number is no Expires", HOME, "a=1; Expires=0", KEPT),
    stored("a day that does not exist is no Expires", HOME, "a=1; Expires=Mon, 31 Feb 2000 00:00:00 GMT", KEPT),
    stored("Max-Age goes before a past Expires", HOME, "a=1; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT", Kept { lifetime: Some(60), ..KEPT }),
    stored("an unusable Max-Age leaves Expires", HOME, "a=1; Max-Age=x; Expires=Thu, 31 Dec 2099 23:59:59 GMT", FOR_400_DAYS),
    stored("the last Max-Age wins", HOME, "a=1; Max-Age=0; Max-Age=60", Kept { lifetime: Some(60), ..KEPT }),
    // In the draft the 60 seconds would stand.
    stored("the last Max-Age wins even if it is unusable", HOME, "a=1; Max-Age=60; Max-Age=x", KEPT),
    stored("a line without Max-Age makes it a session cookie again", HOME, "a=1", KEPT).after(&[(HOME, "a=1; Max-Age=60")], 1),

    // Removal
    removed("Max-Age=0 removes", HOME, "a=; Max-Age=0").after(&[(HOME, "a=1")], 0),
    removed("a negative Max-Age removes", HOME, "a=; Max-Age=-1").after(&[(HOME, "a=1")], 0),
    removed("a negative Max-Age of 30 digits removes", HOME, "a=; Max-Age=-999999999999999999999999999999").after(&[(HOME, "a=1")], 0),
    removed("a past Expires removes", HOME, "a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT").after(&[(HOME, "a=1")], 0),
    removed("an Expires before 1970 removes", HOME, "a=; Expires=Mon, 01 Jan 1601 00:00:00 GMT").after(&[(HOME, "a=1")], 0),
    removed("Max-Age=0 goes before a future Expires", HOME, "a=; Max-Age=0; Expires=Thu, 31 Dec 2099 23:59:59 GMT").after(&[(HOME, "a=1")], 0),
    removed("the value does not matter to a removal", HOME, "a=1; Max-Age=0").after(&[(HOME, "a=1")], 0),
    removed("a removal of nothing", HOME, "a=; Max-Age=0"),
    removed("a removal without Secure over https removes a Secure cookie", HOME, "a=; Max-Age=0").after(&[(HOME, "a=1; Secure; HttpOnly")], 0),
    removed("a removal leaves another path", HOME, "a=; Max-Age=0; Path=/").after(&[(HOME, "a=1; Path=/x")], 1),
    removed("a removal without Domain leaves the Domain cookie", HOME, "a=; Max-Age=0").after(&[(HOME, "a=1; Domain=example.com")], 1),
    removed("a removal with Domain leaves the host's own cookie", HOME, "a=; Max-Age=0; Domain=example.com").after(&[(HOME, "a=1")], 1),
    removed("a removal without Partitioned leaves the partitioned cookie", HOME, "a=; Max-Age=0; Secure").after(&[(HOME, "a=1; Secure; Partitioned")], 1),
    removed("a removal of a __Host- cookie", HOME, "__Host-a=; Secure; Path=/; Max-Age=0").after(&[(HOME, "__Host-a=1; Secure; Path=/")], 0),
    ignored("a removal needs what its prefix needs", HOME, "__Host-a=; Path=/; Max-Age=0", Why::HostPrefix).after(&[(HOME, "__Host-a=1; Secure; Path=/")], 1),

    // What replaces and what stands beside
    stored("the same key replaces", HOME, "a=1; Secure", SECURE).after(&[(HOME, "a=0; HttpOnly; Max-Age=60")], 1),
    stored("another path stands beside", HOME, "a=1", KEPT).after(&[(HOME, "a=1; Path=/x")], 2),
    stored("a Domain cookie stands beside the host's own", HOME, "a=1; Domain=example.com", FOR_SUBDOMAINS).after(&[(HOME, "a=1")], 2),
    stored("a partitioned cookie stands beside", HOME, "a=1; Secure; Partitioned", Kept { partitioned: true, ..SECURE }).after(&[(HOME, "a=1; Secure")], 2),
    stored("a nameless cookie stands beside", HOME, "=1", NAMELESS).after(&[(HOME, "a=1")], 2),
    stored("another host's cookie stands beside", HOME, "a=1", KEPT).after(&[(APP, "a=1")], 2),
    stored("a removal and a new cookie at another path", HOME, "a=1", KEPT).after(&[(HOME, "a=0; Path=/x"), (HOME, "a=; Path=/x; Max-Age=0")], 1),
];
