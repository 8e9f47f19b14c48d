//! A response with a session says so to caches, and never becomes more cacheable than it was.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

mod support;

use std::collections::HashSet;

use cookie_session::{Commit, Session, Sessions};

use support::cache::{Directives, Headers, Response, SharedCache, values};
use support::forge::Prng;
use support::jar::Jar;
use support::setup::{HOUR, NOW, builder, cookie_at, cookie_with, sessions};

/// How far a response is kept from caches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    /// As if there were no session.
    Untouched,
    Private,
    NoStore,
}

const ADA: &str = r#"{"user":"Ada"}"#;

/// What may become of a session, by name: the cookie that is presented, what the handler does, and the level.
type State = (&'static str, Option<String>, Act, Level);
/// What a handler does to a session.
type Act = fn(&mut Session);

fn states() -> Vec<State> {
    let good = || Some(cookie_with(ADA));
    let due = || Some(cookie_at(ADA, NOW - HOUR));
    let invalid = || Some(cookie_with(ADA).replace("session=", "session=A"));
    let expired = || Some(cookie_at(ADA, NOW - 3 * HOUR));
    vec![
        ("untouched", None, |_| {}, Level::Untouched),
        ("read, without a session", None, |s| drop(s.get::<String>("user")), Level::Untouched),
        ("error, without a session", None, |s| drop(s.insert("a", f64::NAN)), Level::Untouched),
        ("cleared, without a session", None, Session::clear, Level::Untouched),
        ("new", None, |s| s.insert("user", "Ada").unwrap(), Level::NoStore),
        ("read", good(), |s| drop(s.get::<String>("user")), Level::Private),
        ("opened", good(), |_| {}, Level::Private),
        ("error", good(), |s| drop(s.insert("a", "x".repeat(5000))), Level::Private),
        (
            "changed there and back",
            good(),
            |s| s.insert("a", 1).map(|()| drop(s.take::<u8>("a"))).unwrap(),
            Level::Private,
        ),
        ("polled", due(), Session::skip_refresh, Level::Private),
        ("changed", good(), |s| s.insert("a", 1).unwrap(), Level::NoStore),
        ("renewed", good(), Session::renew, Level::NoStore),
        ("permanent", good(), |s| s.set_permanent(true), Level::NoStore),
        ("refreshed", due(), |_| {}, Level::NoStore),
        ("cleared", good(), Session::clear, Level::NoStore),
        ("emptied", good(), |s| assert!(s.remove("user")), Level::NoStore),
        (
            "log in",
            good(),
            |s| {
                s.clear();
                s.insert("user", "Bob").unwrap();
            },
            Level::NoStore,
        ),
        ("invalid", invalid(), |_| {}, Level::Untouched),
        ("expired", expired(), |_| {}, Level::Untouched),
        ("invalid and cleared", invalid(), Session::clear, Level::NoStore),
        ("invalid and new", expired(), |s| s.insert("user", "Ada").unwrap(), Level::NoStore),
    ]
}

fn commit_of(state: &State) -> Commit {
    let sessions = sessions();
    let mut session = sessions.open(state.1.as_ref());
    state.2(&mut session);
    sessions.save(session).unwrap()
}

/// A session whose refresh does not fit.
fn skipped() -> Commit {
    let cookie = cookie_at(&format!(r#"{{"a":"{}"}}"#, "x".repeat(500)), NOW - HOUR);
    let sessions = builder().max_cookie_size(200).build().unwrap();
    let commit = sessions.save(sessions.open([cookie])).unwrap();
    assert!(commit.skipped().is_some());
    commit
}

fn commits() -> Vec<(&'static str, Level, Commit)> {
    let states = states();
    let commits = states.iter().map(|state| (state.0, state.3, commit_of(state)));
    commits.chain([("refresh that does not fit", Level::Private, skipped())]).collect()
}

/// Cache-Control lines of a response, and what replaces them when the session was read, and when a cookie is set.
/// `None`: they will do.
type CacheControlRow = (&'static [&'static [u8]], Option<&'static str>, Option<&'static str>);

const CACHE_CONTROL: &[CacheControlRow] = &[
    (&[], Some("private"), Some("private, no-store")),
    (&[b""], Some("private"), Some("private, no-store")),
    (&[b" , ,"], Some("private"), Some("private, no-store")),
    (&[b"public"], Some("private"), Some("private, no-store")),
    (&[b"Public"], Some("private"), Some("private, no-store")),
    (&[b"public=yes"], Some("private"), Some("private, no-store")),
    (&[b"private"], None, Some("private, no-store")),
    (&[b"PRIVATE"], None, Some("PRIVATE, no-store")),
    (&[b"\tprivate\t"], None, Some("private, no-store")),
    (&[b"no-store"], Some("no-store, private"), Some("no-store, private")),
    (&[b"No-Store"], Some("No-Store, private"), Some("No-Store, private")),
    (&[b"no-store, private"], None, None),
    (&[b"private, no-store"], None, None),
    (&[b"private", b"no-store"], None, None),
    (&[b"private,no-store,max-age=0"], None, None),
    (&[b"no-cache"], Some("no-cache, private"), Some("no-cache, private, no-store")),
    (&[b"no-cache, private"], None, Some("no-cache, private, no-store")),
    (&[b"immutable"], Some("immutable, private"), Some("immutable, private, no-store")),
    (&[b"max-age=60"], Some("max-age=60, private"), Some("max-age=60, private, no-store")),
    (&[b"max-age=60, private"], None, Some("max-age=60, private, no-store")),
    (
        &[b"public, max-age=31536000, immutable"],
        Some("max-age=31536000, immutable, private"),
        Some("max-age=31536000, immutable, private, no-store"),
    ),
    (&[b"s-maxage=60"], Some("private"), Some("private, no-store")),
    (&[b"S-MaxAge=60, max-age=1"], Some("max-age=1, private"), Some("max-age=1, private, no-store")),
    (&[b"private, s-maxage=60"], Some("private"), Some("private, no-store")),
    (&[b"private, public"], Some("private"), Some("private, no-store")),
    (&[b"private, no-store, public"], Some("private, no-store"), Some("private, no-store")),
    (&[b"private=\"x\""], Some("private"), Some("private, no-store")),
    (&[b"private=\"Set-Cookie\", no-store"], Some("no-store, private"), Some("no-store, private")),
    (&[b"private=x"], Some("private"), Some("private, no-store")),
    (&[b"private = x"], Some("private"), Some("private, no-store")),
    (&[b"private=\"x\", private"], Some("private"), Some("private, no-store")),
    (
        &[b"no-cache=\"Set-Cookie\""],
        Some("no-cache=\"Set-Cookie\", private"),
        Some("no-cache=\"Set-Cookie\", private, no-store"),
    ),
    (
        &[b"no-cache=\"a, private, no-store\""],
        Some("no-cache=\"a, private, no-store\", private"),
        Some("no-cache=\"a, private, no-store\", private, no-store"),
    ),
    (&[b"x=\"a\\\", private, \\\"\""], Some("private, no-store"), Some("private, no-store")),
    (&[b"x=\"a\\\"\", private"], Some("private, no-store"), Some("private, no-store")),
    (&[b"no-store=\"x\""], Some("no-store=\"x\", private"), Some("no-store=\"x\", private, no-store")),
    (
        &[b"privatex, xprivate, no-stores"],
        Some("privatex, xprivate, no-stores, private"),
        Some("privatex, xprivate, no-stores, private, no-store"),
    ),
    // A quote without an end, or where none belongs: caches disagree on what it hides.
    (&[b"no-cache=\"Set-Cookie"], Some("private, no-store"), Some("private, no-store")),
    (&[b"private, \""], Some("private, no-store"), Some("private, no-store")),
    (&[b"private", b"x=\"", b"public"], Some("private, no-store"), Some("private, no-store")),
    (&[b"max-age=60, private = \"x\""], Some("private, no-store"), Some("private, no-store")),
    (&[b"a\"x=\", private, b=\"y\""], Some("private, no-store"), Some("private, no-store")),
    (&[b"x=\"y\"z, private"], Some("private, no-store"), Some("private, no-store")),
    (&[b"x=\"y\" z, private"], Some("private, no-store"), Some("private, no-store")),
    (&[b"x=\"y\"\tz, private"], Some("private, no-store"), Some("private, no-store")),
    (&[b"x=\"y\"\"z\", private"], Some("private, no-store"), Some("private, no-store")),
    (&[b"x=\"y\"=\", private, \""], Some("private, no-store"), Some("private, no-store")),
    (&[b"x=\"y\" =\", private, \""], Some("private, no-store"), Some("private, no-store")),
    (&[b"x=\"\"private, private"], Some("private, no-store"), Some("private, no-store")),
    (&[b"x=\"y\"\t, private"], None, Some("x=\"y\", private, no-store")),
    (&[b"x=\"y\" , private"], None, Some("x=\"y\", private, no-store")),
    (&[b"\"private\", max-age=60"], Some("private, no-store"), Some("private, no-store")),
    (&[b"\"\\\""], Some("private, no-store"), Some("private, no-store")),
    // Several lines are one list.
    (&[b"public", b"max-age=60"], Some("max-age=60, private"), Some("max-age=60, private, no-store")),
    (&[b"max-age=60", b"private"], None, Some("max-age=60, private, no-store")),
    (&[b"public", b"private"], Some("private"), Some("private, no-store")),
    (
        &[b"must-revalidate, no-transform", b"proxy-revalidate"],
        Some("must-revalidate, no-transform, proxy-revalidate, private"),
        Some("must-revalidate, no-transform, proxy-revalidate, private, no-store"),
    ),
    // Bytes that are no text stay what they are: no directive of ours.
    (&[b"private\xff"], Some("private\u{fffd}, private"), Some("private\u{fffd}, private, no-store")),
];

/// Vary lines of a response, and what replaces them.
const VARY: &[(&[&[u8]], Option<&str>)] = &[
    (&[], Some("Cookie")),
    (&[b""], Some("Cookie")),
    (&[b" ,, "], Some("Cookie")),
    (&[b"*"], None),
    (&[b" * "], None),
    (&[b"Accept-Encoding, *"], None),
    (&[b"Accept-Encoding", b"*"], None),
    (&[b"cookie"], None),
    (&[b"Cookie"], None),
    (&[b"COOKIE"], None),
    (&[b"Accept-Encoding,cookie ,Origin"], None),
    (&[b"Accept-Encoding", b"Cookie"], None),
    (&[b"Accept-Encoding"], Some("Accept-Encoding, Cookie")),
    (&[b"Accept-Encoding,Origin"], Some("Accept-Encoding, Origin, Cookie")),
    (&[b"Accept-Encoding", b"Origin"], Some("Accept-Encoding, Origin, Cookie")),
    (&[b"Cookies"], Some("Cookies, Cookie")),
    (&[b"Cookie2"], Some("Cookie2, Cookie")),
    (&[b"Set-Cookie"], Some("Set-Cookie, Cookie")),
    (&[b"X-Cookie"], Some("X-Cookie, Cookie")),
    (&[b"\"Cookie\""], Some("\"Cookie\", Cookie")),
    (&[b"Cook\xffie"], Some("Cook\u{fffd}ie, Cookie")),
];

#[test]
fn cache_control_follows_the_table_in_every_state() {
    for (state, level, commit) in commits() {
        for (existing, private, no_store) in CACHE_CONTROL {
            let expected = match level {
                Level::Untouched => None,
                Level::Private => *private,
                Level::NoStore => *no_store,
            };
            let shown: Vec<_> = existing.iter().map(|line| String::from_utf8_lossy(line)).collect();
            assert_eq!(commit.cache_control(*existing).as_deref(), expected, "{state}: {shown:?}");
        }
        assert_eq!(commit.cache_control_alone(), commit.cache_control([""; 0]).as_deref(), "{state}");
    }
}

#[test]
fn vary_follows_the_table_in_every_state() {
    for (state, _, commit) in commits() {
        for (existing, expected) in VARY {
            let shown: Vec<_> = existing.iter().map(|line| String::from_utf8_lossy(line)).collect();
            assert_eq!(commit.vary(*existing).as_deref(), *expected, "{state}: {shown:?}");
        }
    }
}

/// Headers that tell some cache more than `Cache-Control` tells all, and their caches.
const OVERRULING: &[(&str, &str)] = &[
    ("CDN-Cache-Control", "RFC 9213"),
    ("Cloudflare-CDN-Cache-Control", "Cloudflare"),
    ("Vercel-CDN-Cache-Control", "Vercel"),
    ("Netlify-CDN-Cache-Control", "Netlify"),
    ("Example-Cache-Control", "RFC 9213, section 2: a name for any cache"),
    ("X-LiteSpeed-Cache-Control", "LiteSpeed"),
    ("Surrogate-Control", "Fastly, Varnish, Akamai"),
    ("Edge-Control", "Akamai"),
    ("X-Accel-Expires", "nginx"),
];

/// Headers that stay: they loosen nothing, or are merged.
const HARMLESS: &[&str] = &[
    "",
    "Cache-Control",
    "-Cache-Control",
    "Cache-Controls",
    "CDN-Cache-Control-2",
    "Expires",
    "Pragma",
    "Age",
    "Vary",
    "ETag",
    "Cache-Status",
    "Control",
    "X-Edge-Control",
    "Set-Cookie",
    "Content-Type",
    "naïve",
];

#[test]
fn headers_that_overrule_cache_control_go_where_it_is_ours() {
    for (state, level, commit) in commits() {
        for (name, cache) in OVERRULING {
            for name in [(*name).to_owned(), name.to_lowercase(), name.to_uppercase()] {
                let expected = level != Level::Untouched;
                assert_eq!(commit.drops_header(&name), expected, "{state}: {name} of {cache}");
            }
        }
        for name in HARMLESS {
            assert!(!commit.drops_header(name), "{state}: {name}");
        }
    }
}

#[test]
fn a_cookie_line_and_no_store_come_together() {
    for (state, level, commit) in commits() {
        assert_eq!(commit.set_cookies().count() > 0, level == Level::NoStore, "{state}");
    }
}

/// Applies a commit to the header fields of a response, as an adapter does.
fn apply(commit: &Commit, headers: &mut Headers) {
    if let Some(vary) = commit.vary(values(headers, "vary")) {
        replace(headers, "vary", vary);
    }
    if let Some(cache_control) = commit.cache_control(values(headers, "cache-control")) {
        replace(headers, "cache-control", cache_control);
    }
    headers.retain(|(name, _)| !commit.drops_header(name));
    headers.extend(commit.set_cookies().map(|line| ("set-cookie".to_owned(), line.to_owned())));
}

fn replace(headers: &mut Headers, name: &str, value: String) {
    headers.retain(|(existing, _)| !existing.eq_ignore_ascii_case(name));
    headers.push((name.to_owned(), value));
}

/// Directives from which lists are made at random, with broken ones among them.
const DIRECTIVES: &[&str] = &[
    "public",
    "PUBLIC",
    "private",
    "Private",
    "private=\"x\"",
    "private=\"Set-Cookie, public\"",
    "no-store",
    "no-cache",
    "no-cache=\"Set-Cookie\"",
    "no-cache=\"a, private, no-store\"",
    "max-age=0",
    "max-age=60",
    "max-age=\"60\"",
    "s-maxage=60",
    "S-MAXAGE=0",
    "immutable",
    "must-revalidate",
    "proxy-revalidate",
    "no-transform",
    "must-understand",
    "stale-while-revalidate=60",
    "stale-if-error=60",
    "x",
    "x=y",
    "",
    " ",
    "public ",
    "public=1",
];
const BROKEN: &[&str] =
    &["x=\"a\\\"b\"", "x=\"", "\"", "private=\"x", "\\\"", "x=\"\\", "a\"b, private, \"c", "x=\"a\\\\\""];

/// Whether a shared cache may store the response, and whether a browser's own may.
fn permissions(lines: &[String]) -> [bool; 2] {
    let directives = Directives::parse(&lines.join(", "));
    // RFC 9111, section 5.2.2.3: who understands the status code ignores `no-store` then.
    let stored_by_any = !directives.has("no-store") || directives.has("must-understand");
    [stored_by_any && !directives.bare("private"), stored_by_any]
}

#[test]
fn a_response_only_ever_becomes_stricter() {
    let commits: Vec<_> = commits();
    let mut prng = Prng::new(1);
    let mut replaced = 0;
    for round in 0..20_000 {
        let broken = round % 4 == 0;
        let mut lines: Vec<String> = Vec::new();
        for _ in 0..prng.below(4) {
            let members: Vec<&str> = (0..prng.below(5))
                .map(|_| {
                    if broken && prng.below(3) == 0 {
                        BROKEN[prng.below(BROKEN.len())]
                    } else {
                        DIRECTIVES[prng.below(DIRECTIVES.len())]
                    }
                })
                .collect();
            lines.push(members.join([",", ", ", " , "][prng.below(3)]));
        }
        let (state, level, commit) = &commits[prng.below(commits.len())];
        let merged = commit.cache_control(&lines);
        replaced += usize::from(merged.is_some());
        let after: Vec<String> = merged.clone().map_or_else(|| lines.clone(), |line| vec![line]);

        let (before_may, after_may) = (permissions(&lines), permissions(&after));
        let allowed = match level {
            Level::Untouched => [true, true],
            Level::Private => [false, true],
            Level::NoStore => [false, false],
        };
        for n in 0..2 {
            assert!(!after_may[n] || allowed[n], "{state}: {lines:?} to {after:?}");
            assert!(!after_may[n] || before_may[n], "{state}: {lines:?} to {after:?}");
        }
        if *level != Level::Untouched {
            let directives = Directives::parse(&after.join(", "));
            assert!(
                !directives.has("public") && !directives.has("s-maxage"),
                "{state}: {lines:?} to {after:?}"
            );
            // Merging again changes nothing.
            assert_eq!(commit.cache_control(&after), None, "{state}: {lines:?} to {after:?}");
        }
        if !broken {
            // All that forbids something stays, word for word, and nothing is added but our two.
            let words = |lines: &[String]| -> HashSet<_> {
                Directives::parse(&lines.join(", ")).all().iter().cloned().collect()
            };
            let (before, after) = (words(&lines), words(&after));
            let loosening = |name: &str, argument: &Option<String>| {
                ["public", "s-maxage"].contains(&name)
                    || name == "private" && argument.is_some()
                    || name == "must-understand" && *level == Level::NoStore
            };
            for (name, argument) in before.iter().filter(|(name, argument)| !loosening(name, argument)) {
                assert!(after.contains(&(name.clone(), argument.clone())), "{state}: {name} of {lines:?}");
            }
            for (name, _) in after.difference(&before) {
                assert!(["private", "no-store"].contains(&name.as_str()), "{state}: {name} of {lines:?}");
            }
        }
    }
    assert!(replaced > 10_000, "{replaced}");
}

#[test]
fn vary_only_ever_grows() {
    let commits: Vec<_> = commits();
    let names = ["Accept", "accept-encoding", "Cookie", "cookie", "Origin", "", " ", "X-Cookie", "*"];
    let members = |lines: &[String]| -> HashSet<String> {
        let all = lines.join(",");
        all.split(',').map(|name| name.trim().to_lowercase()).filter(|name| !name.is_empty()).collect()
    };
    let mut prng = Prng::new(2);
    for _ in 0..5_000 {
        let line = |prng: &mut Prng| {
            (0..prng.below(4)).map(|_| names[prng.below(names.len())]).collect::<Vec<_>>().join(",")
        };
        let lines: Vec<String> = (0..prng.below(4)).map(|_| line(&mut prng)).collect();
        let (state, _, commit) = &commits[prng.below(commits.len())];
        let merged = commit.vary(&lines);
        let after = merged.map_or_else(|| lines.clone(), |line| vec![line]);
        assert!(members(&after).is_superset(&members(&lines)), "{state}: {lines:?} to {after:?}");
        let after_members = members(&after);
        assert!(after_members.contains("cookie") || after_members.contains("*"), "{state}: {lines:?}");
        assert!(after_members.difference(&members(&lines)).all(|name| name == "cookie"), "{lines:?}");
        assert_eq!(commit.vary(&after), None, "{state}: {lines:?}");
    }
}

/// A browser with its own cookies.
struct Visitor {
    name: &'static str,
    jar: Jar,
}

const SHOP: &str = "https://shop.example/";

impl Visitor {
    fn new(name: &'static str) -> Self {
        Self { name, jar: Jar::new() }
    }

    fn request(&self) -> Headers {
        let cookies = self.jar.header(SHOP, NOW);
        cookies.map(|line| vec![("cookie".to_owned(), line)]).unwrap_or_default()
    }

    /// Asks for a page, through a cache.
    fn visit(
        &mut self,
        cache: &mut SharedCache,
        url: &str,
        origin: impl FnOnce(&Headers) -> Response,
    ) -> Response {
        let request = self.request();
        let response = cache.get(url, &request, NOW, || origin(&request));
        self.jar.set_all(SHOP, values(&response.headers, "set-cookie"), NOW);
        response
    }
}

/// What a page does with the session before it shows it.
const PAGES: &[(&str, Act)] = &[
    ("shows", |_| {}),
    ("counts", |s| s.update("visits", |n: &mut u32| *n += 1).unwrap()),
    ("greets", |s| {
        if s.take::<String>("flash").unwrap().is_none() {
            s.insert("flash", "hi").unwrap();
        }
    }),
    ("renews", Session::renew),
    ("logs out", Session::clear),
    ("fails", |s| drop(s.insert("a", "x".repeat(5000)))),
];

/// What the page itself says to caches.
const SAYINGS: &[&[(&str, &str)]] = &[
    &[],
    &[("Cache-Control", "public")],
    &[("Cache-Control", "public, max-age=3600")],
    &[("cache-control", "s-maxage=3600")],
    &[("Cache-Control", "max-age=3600, immutable")],
    &[("Cache-Control", "private=\"X-Other\", max-age=3600")],
    &[("Cache-Control", "no-cache=\"Set-Cookie\", max-age=3600")],
    &[("Cache-Control", "max-age=3600"), ("Cache-Control", "public")],
    &[("Cache-Control", "must-revalidate, public"), ("Vary", "Accept-Encoding")],
    &[("Cache-Control", "public"), ("Vary", "Accept-Encoding"), ("Vary", "Origin")],
    &[("Cache-Control", "public"), ("Vary", "cookie")],
    &[("Cache-Control", "public, foo=\"")],
    &[("CDN-Cache-Control", "public, max-age=3600")],
    &[("Surrogate-Control", "max-age=3600"), ("Cache-Control", "public")],
    &[("Cache-Control", "private"), ("CDN-Cache-Control", "max-age=3600")],
    &[("Expires", "Thu, 31 Dec 2099 00:00:00 GMT")],
];

/// How careful the program is that answers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Care {
    /// Sets the cookies and nothing else, as programs without this library do.
    None,
    /// Says only that the page depends on the Cookie header.
    VaryOnly,
    /// Does all that the commit says.
    Full,
}

fn answer(sessions: &Sessions, request: &Headers, act: Act, saying: &[(&str, &str)], care: Care) -> Response {
    let mut session = sessions.open(values(request, "cookie"));
    act(&mut session);
    let user = session.get::<String>("user").unwrap().unwrap_or_else(|| "nobody".into());
    let commit = sessions.save(session).unwrap();
    let mut headers: Headers =
        saying.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    match care {
        Care::Full => apply(&commit, &mut headers),
        Care::None | Care::VaryOnly => {
            headers.extend(commit.set_cookies().map(|line| ("set-cookie".to_owned(), line.to_owned())));
            if care == Care::VaryOnly {
                headers.push(("vary".into(), "Cookie".into()));
            }
        }
    }
    Response { status: 200, headers, body: format!("Hello, {user}") }
}

/// Lets three visitors use every page through a cache, and returns how often one got what was another's.
fn leaks(cache: fn() -> SharedCache, care: Care) -> (usize, usize) {
    let sessions = builder().build().unwrap();
    let (mut leaks, mut stored) = (0, 0);
    for (page, act) in PAGES {
        for saying in SAYINGS {
            let mut cache = cache();
            let mut visitors = [Visitor::new("Ada"), Visitor::new("Bob"), Visitor::new("nobody")];
            for visitor in &mut visitors[..2] {
                let log_in = format!("{SHOP}login?{}", visitor.name);
                let name = visitor.name;
                visitor.visit(&mut cache, &log_in, |_| {
                    let mut session = sessions.start();
                    session.insert("user", name).unwrap();
                    let commit = sessions.save(session).unwrap();
                    let mut headers = Headers::new();
                    apply(&commit, &mut headers);
                    Response { status: 200, headers, body: String::new() }
                });
            }
            for turn in [0, 1, 2, 0, 2, 1] {
                let visitor = &mut visitors[turn];
                let url = format!("{SHOP}{}", page.replace(' ', "-"));
                let before = visitor.jar.header(SHOP, NOW);
                let response =
                    visitor.visit(&mut cache, &url, |request| answer(&sessions, request, *act, saying, care));
                let own = format!("Hello, {}", visitor.name);
                let seems_logged_out = response.body == "Hello, nobody";
                let user_after = sessions.open(visitor.jar.header(SHOP, NOW)).get::<String>("user").unwrap();
                let foreign_cookie = user_after.is_some_and(|user| user != visitor.name)
                    || visitor.name == "nobody"
                        && before.is_none()
                        && visitor.jar.header(SHOP, NOW).is_some()
                        && values(&response.headers, "set-cookie").is_empty();
                leaks += usize::from(response.body != own && !seems_logged_out || foreign_cookie);
            }
            stored += cache.len();
        }
    }
    (leaks, stored)
}

#[test]
fn no_cache_gives_one_visitor_what_is_anothers() {
    let (leaked, stored) = leaks(SharedCache::new, Care::Full);
    assert_eq!(leaked, 0);
    assert!(stored > 0, "pages without a session stay cacheable");
    assert_eq!(leaks(SharedCache::that_ignores_vary, Care::Full).0, 0);
}

#[test]
fn the_caches_of_these_tests_do_leak_from_careless_programs() {
    for cache in [SharedCache::new, SharedCache::that_ignores_vary] {
        assert!(leaks(cache, Care::None).0 > 50);
    }
    assert_eq!(leaks(SharedCache::new, Care::VaryOnly).0, 0);
    assert!(leaks(SharedCache::that_ignores_vary, Care::VaryOnly).0 > 50, "why Vary is not enough");
}

#[test]
fn a_page_without_a_session_stays_cacheable() {
    let sessions = sessions();
    let mut cache = SharedCache::new();
    let mut asked = 0;
    for _ in 0..3 {
        let mut visitor = Visitor::new("nobody");
        visitor.visit(&mut cache, SHOP, |request| {
            asked += 1;
            answer(&sessions, request, |_| {}, &[("Cache-Control", "public, max-age=60")], Care::Full)
        });
    }
    assert_eq!(asked, 1);
}

/// Header fields of a response, whether a shared cache stores it, and whether it then answers a request with
/// another cookie.
type CacheRow = (&'static [(&'static str, &'static str)], bool, bool);

const CACHE_MODEL: &[CacheRow] = &[
    (&[], true, true),
    (&[("Cache-Control", "public")], true, true),
    (&[("Cache-Control", "private")], false, false),
    (&[("Cache-Control", "PRIVATE")], false, false),
    (&[("Cache-Control", "no-store")], false, false),
    (&[("Cache-Control", "public, no-store")], false, false),
    (&[("Cache-Control", "no-cache")], false, false),
    (&[("Cache-Control", "max-age=60")], true, true),
    (&[("Cache-Control", "max-age=0")], true, false),
    (&[("Cache-Control", "max-age=0, s-maxage=60")], true, true),
    (&[("Cache-Control", "x=\"a, private, b\"")], true, true),
    (&[("Cache-Control", "x=\"a\\\", private, b\"")], true, true),
    (&[("Cache-Control", "private=\"Set-Cookie\"")], true, true),
    (&[("Vary", "Cookie")], true, false),
    (&[("Vary", "Accept"), ("Vary", "cookie, Origin")], true, false),
    (&[("Vary", "Accept")], true, true),
    (&[("Vary", "*")], false, false),
    (&[("Cache-Control", "private"), ("CDN-Cache-Control", "max-age=60")], true, true),
    (&[("Cache-Control", "private"), ("Surrogate-Control", "max-age=60")], true, true),
    (&[("Cache-Control", "public"), ("CDN-Cache-Control", "no-store")], false, false),
];

#[test]
fn the_model_of_a_cache_keeps_to_its_rfc() {
    for (fields, stores, answers) in CACHE_MODEL {
        let mut headers: Headers = fields.iter().map(|(n, v)| (n.to_string(), v.to_string())).collect();
        headers.push(("Set-Cookie".into(), "a=1".into()));
        let response = Response { status: 200, headers, body: "first".into() };
        let other = || Response { status: 404, headers: Headers::new(), body: "second".into() };
        let mut cache = SharedCache::new();
        let cookie = |value: &str| vec![("Cookie".to_owned(), value.to_owned())];
        cache.get(SHOP, &cookie("a"), NOW, || response.clone());
        assert_eq!(cache.len() == 1, *stores, "{fields:?}");
        let again = cache.get(SHOP, &cookie("b"), NOW, other);
        assert_eq!(again.body == "first", *answers, "{fields:?}");
        if *answers {
            let qualified = fields.iter().any(|(_, value)| *value == "private=\"Set-Cookie\"");
            assert_eq!(values(&again.headers, "set-cookie").is_empty(), qualified, "{fields:?}");
        }
        // The same visitor, another page.
        assert_eq!(cache.get("https://shop.example/2", &cookie("a"), NOW, other).body, "second");
    }
    let mut cache = SharedCache::that_ignores_vary();
    let varies =
        || Response { status: 200, headers: vec![("Vary".into(), "Cookie".into())], body: "first".into() };
    let second = || Response { status: 200, headers: Headers::new(), body: "second".into() };
    cache.get(SHOP, &Headers::new(), NOW, varies);
    assert_eq!(cache.get(SHOP, &vec![("Cookie".into(), "b".into())], NOW, second).body, "first");
}
