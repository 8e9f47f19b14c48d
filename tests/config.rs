//! What builds works in every browser; what cannot work does not build, and says what to do.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

mod support;

use std::collections::BTreeMap;
use std::time::Duration;

use cookie_session::{Builder, ConfigError, DecodeError, KeyRing, Lifetime, SameSite, Sessions};

use support::forge;
use support::jar::{self, Cookie, Jar, Stored};
use support::matrix::{self, Settings};
use support::setup::{DAY, HOUR, NAME, NOW, at, builder, cookie_at, keys, only_line, sign};

/// Returns the line that sets a session.
#[track_caller]
fn line_of(sessions: &Sessions, permanent: bool) -> String {
    let mut session = sessions.start();
    session.insert("user", "Ada").unwrap();
    session.set_permanent(permanent);
    only_line(&sessions.save(session).unwrap())
}

/// Gives a line to an empty store, and returns what it keeps.
fn store(url: &str, line: &str) -> Option<Cookie> {
    let mut jar = Jar::new();
    match jar.set(url, line, NOW) {
        Stored::Stored => Some(jar.cookies()[0].clone()),
        Stored::Removed => panic!("{line}"),
        Stored::Ignored(_) => None,
    }
}

/// Checks that the store keeps exactly what was configured.
#[track_caller]
fn assert_stored_as_configured(settings: &Settings<'_>, url: &str, line: &str) {
    let cookie = store(url, line).unwrap_or_else(|| panic!("{settings:?} at {url}: {line}"));
    let same_site = match settings.same_site {
        SameSite::Strict => jar::SameSite::Strict,
        SameSite::Lax => jar::SameSite::Lax,
        SameSite::None => jar::SameSite::None,
    };
    let value = line.strip_prefix(&format!("{}=", settings.name)).and_then(|rest| rest.split(';').next());
    let host = settings.host();
    let expected = Cookie {
        name: settings.name.to_owned(),
        value: value.expect("the name comes first").to_owned(),
        // A store takes an address and a name of one label for the host itself.
        host_only: settings.domain.is_none()
            || host.parse::<std::net::Ipv4Addr>().is_ok()
            || !host.contains('.'),
        domain: host,
        path: settings.path.to_owned(),
        secure: settings.secure,
        http_only: settings.http_only,
        same_site: Some(same_site),
        partitioned: settings.partitioned,
        expires: cookie.expires,
        created: NOW,
    };
    assert_eq!(cookie, expected, "{line}");
}

#[test]
fn what_builds_is_stored_as_configured() {
    let mut built = 0;
    for settings in matrix::all() {
        let Ok(sessions) = settings.build() else { continue };
        built += 1;
        assert_eq!(sessions.cookie_name(), settings.name);
        for permanent in [false, true] {
            let line = line_of(&sessions, permanent);
            assert_stored_as_configured(&settings, &settings.url(), &line);
            let expires = store(&settings.url(), &line).unwrap().expires;
            assert_eq!(expires, permanent.then_some(NOW + 14 * DAY), "{line}");
            if !settings.secure {
                assert_stored_as_configured(&settings, &settings.url().replace("https:", "http:"), &line);
            }
        }
    }
    assert!(built > 500, "{built}");
}

#[test]
fn a_domain_reaches_the_hosts_below_it() {
    for settings in
        matrix::all().filter(|settings| settings.domain.is_some_and(|d| d.ends_with("xample.org")))
    {
        let Ok(sessions) = settings.build() else { continue };
        let url = format!("https://deep.{}{}", settings.host(), settings.path);
        let mut jar = Jar::new();
        jar.set(&url, &line_of(&sessions, false), NOW);
        assert!(jar.header(&settings.url(), NOW).is_some(), "{settings:?}");
    }
}

/// Settings that a browser would accept and `build` does not, and why.
const STRICTER_THAN_BROWSERS: &[(&str, Settings<'static>)] = &[
    ("a path without a slash counts as none", Settings { name: "s", path: "app", ..Settings::DEFAULT }),
    ("so does no path", Settings { name: "s", path: "", ..Settings::DEFAULT }),
    (
        "a backslash is a slash in the paths of requests",
        Settings { name: "s", path: "/a\\b", ..Settings::DEFAULT },
    ),
    ("no path of a request has it", Settings { name: "s", path: "/a?b", ..Settings::DEFAULT }),
    ("no path of a request has it", Settings { name: "s", path: "/a#b", ..Settings::DEFAULT }),
    ("browsers differ on whether they escape it", Settings { name: "s", path: "/a^b", ..Settings::DEFAULT }),
    ("browsers differ on whether they escape it", Settings { name: "s", path: "/a|b", ..Settings::DEFAULT }),
    ("no path of RFC 3986", Settings { name: "s", path: "/a[b]", ..Settings::DEFAULT }),
    ("no escape", Settings { name: "s", path: "/100%", ..Settings::DEFAULT }),
    ("no escape", Settings { name: "s", path: "/%2", ..Settings::DEFAULT }),
    ("no escape", Settings { name: "s", path: "/%2x", ..Settings::DEFAULT }),
    (
        "browsers resolve it in the paths of requests",
        Settings { name: "s", path: "/a/../b", ..Settings::DEFAULT },
    ),
    (
        "browsers resolve it in the paths of requests",
        Settings { name: "s", path: "/./b", ..Settings::DEFAULT },
    ),
    ("a leading dot is dropped", Settings { name: "s", domain: Some(".example.org"), ..Settings::DEFAULT }),
    ("an empty domain counts as none", Settings { name: "s", domain: Some(""), ..Settings::DEFAULT }),
    ("the name is cut at the end", Settings { name: "s ", ..Settings::DEFAULT }),
    ("the name is cut at the start", Settings { name: " s", ..Settings::DEFAULT }),
    ("no token of RFC 9110", Settings { name: "a b", ..Settings::DEFAULT }),
    ("no token of RFC 9110", Settings { name: "a,b", ..Settings::DEFAULT }),
    ("no token of RFC 9110", Settings { name: "a\"b\"", ..Settings::DEFAULT }),
    ("no token of RFC 9110", Settings { name: "[a]", ..Settings::DEFAULT }),
    ("no token of RFC 9110", Settings { name: "naïve", ..Settings::DEFAULT }),
    ("a cookie without a name", Settings { name: "", ..Settings::DEFAULT }),
    (
        "Chromium takes the own address for no Domain at all",
        Settings { name: "__Host-s", domain: Some("192.0.2.7"), ..Settings::DEFAULT },
    ),
];

#[test]
fn what_is_refused_would_be_refused_or_stands_in_the_list() {
    for (why, settings) in STRICTER_THAN_BROWSERS {
        assert!(settings.build().is_err(), "{why}: {settings:?}");
        let url = if settings.path.starts_with('/') {
            settings.url()
        } else {
            format!("https://{}/", settings.host())
        };
        let url = url.replace("https:///", "https://app.example.org/");
        assert!(store(&url, &settings.unchecked_line("x")).is_some(), "{why}: {settings:?} needs no row");
    }
    let mut unlisted = BTreeMap::new();
    let mut refused = 0;
    for settings in matrix::all() {
        if settings.build().is_ok() {
            continue;
        }
        refused += 1;
        let line = settings.unchecked_line("x");
        let urls = [settings.url(), settings.url().replace("https:", "http:")];
        if urls.iter().any(|url| store(url, &line).is_some()) {
            let prefix = settings.name.to_ascii_lowercase().replace("session", "");
            *unlisted.entry((prefix, settings.domain)).or_insert(0) += 1;
        }
    }
    // Only the row above with the own address of the host.
    let expected = [("__host-", 3 * 2 * 2 * 3), ("__host-http-", 3 * 2 * 3)];
    let expected = expected.map(|(prefix, count)| ((prefix.to_owned(), Some("192.0.2.7")), count));
    assert_eq!(unlisted, BTreeMap::from(expected));
    assert!(refused > 1000, "{refused}");
}

/// One change to the defaults that does not build, and what the error says to do.
type Refusal = (&'static str, Change, &'static [&'static str]);
type Change = fn(Builder) -> Builder;

fn lifetime(idle: Duration, absolute: Duration) -> Lifetime {
    Lifetime { idle, absolute }
}

const SECOND: Duration = Duration::from_secs(1);
const NANO: Duration = Duration::from_nanos(1);
const LONGEST: Duration = Duration::from_secs(400 * DAY);

const REFUSALS: &[Refusal] = &[
    ("empty name", |b| b.name(""), &["name", "letters, digits and !#$%&'*+-.^_`|~"]),
    ("name with =", |b| b.name("a=b"), &["name", "letters, digits and"]),
    ("name with ;", |b| b.name("a;b"), &["name", "letters, digits and"]),
    (
        "__Host- without Secure",
        |b| b.secure(false),
        &["__Host-", "needs Secure", "insecure_for_local_http()"],
    ),
    ("__Secure- without Secure", |b| b.name("__Secure-s").secure(false), &["__Secure-", "needs Secure"]),
    ("__Http- without Secure", |b| b.name("__Http-s").secure(false), &["__Http-", "needs Secure"]),
    (
        "__Host-Http- without Secure",
        |b| b.name("__Host-Http-s").secure(false),
        &["__Host-Http-", "needs Secure"],
    ),
    ("__Http- without HttpOnly", |b| b.name("__Http-s").http_only(false), &["__Http-", "needs HttpOnly"]),
    (
        "__Host-Http- without HttpOnly",
        |b| b.name("__Host-Http-s").http_only(false),
        &["__Host-Http-", "needs HttpOnly"],
    ),
    ("__Host- below a path", |b| b.path("/app"), &["__Host-", "needs Path=/"]),
    ("__HOST- below a path", |b| b.name("__HOST-s").path("/app"), &["__Host-", "needs Path=/"]),
    ("__Host-Http- below a path", |b| b.name("__Host-Http-s").path("/a"), &["__Host-Http-", "needs Path=/"]),
    (
        "__Host- with a domain",
        |b| b.domain("example.org"),
        &["__Host-", "needs no Domain", "choose another name"],
    ),
    ("path without /", |b| b.name("s").path("app"), &["path begins with /"]),
    ("path with ;", |b| b.name("s").path("/;"), &["path", "without ;"]),
    (
        "long path",
        |b| b.name("s").path(format!("/{}", "p".repeat(1024))),
        &["path is 1025 bytes", "over 1024"],
    ),
    (
        "domain with a dot before",
        |b| b.name("s").domain(".example.org"),
        &["host name such as example.org", "no leading dot"],
    ),
    ("domain with a port", |b| b.name("s").domain("example.org:80"), &["host name", "no port"]),
    ("domain in letters", |b| b.name("s").domain("bücher.example"), &["host name", "xn--"]),
    ("URL as domain", |b| b.name("s").domain("https://example.org"), &["host name such as example.org"]),
    ("long domain", |b| b.name("s").domain("d".repeat(1025)), &["domain is 1025 bytes", "over 1024"]),
    (
        "SameSite=None without Secure",
        |b| b.name("s").secure(false).same_site(SameSite::None),
        &["SameSite=None needs Secure"],
    ),
    (
        "Partitioned without Secure",
        |b| b.name("s").secure(false).partitioned(true),
        &["Partitioned needs Secure"],
    ),
    ("idle zero", |b| b.lifetime(lifetime(Duration::ZERO, SECOND)), &["lifetime: idle is under one second"]),
    (
        "idle just under a second",
        |b| b.lifetime(lifetime(SECOND - NANO, SECOND)),
        &["lifetime: idle is under one second"],
    ),
    (
        "idle above absolute",
        |b| b.lifetime(lifetime(SECOND + NANO, SECOND)),
        &["lifetime: idle is longer than absolute", "make absolute at least as long"],
    ),
    (
        "absolute over 400 days",
        |b| b.lifetime(lifetime(SECOND, LONGEST + NANO)),
        &["lifetime: absolute is over 400 days"],
    ),
    (
        "all of time",
        |b| b.lifetime(lifetime(Duration::MAX, Duration::MAX)),
        &["lifetime: absolute is over 400 days"],
    ),
    (
        "permanent idle zero",
        |b| b.permanent_lifetime(lifetime(Duration::ZERO, SECOND)),
        &["permanent_lifetime: idle is under"],
    ),
    (
        "permanent idle above",
        |b| b.permanent_lifetime(lifetime(2 * SECOND, SECOND)),
        &["permanent_lifetime: idle is longer"],
    ),
    (
        "permanent over 400 days",
        |b| b.permanent_lifetime(lifetime(SECOND, LONGEST + SECOND)),
        &["permanent_lifetime: absolute is over"],
    ),
    ("skew over 10 minutes", |b| b.skew(600 * SECOND + NANO), &["skew is over 10 minutes", "keep time"]),
    ("any skew", |b| b.skew(Duration::MAX), &["skew is over 10 minutes"]),
    ("size over the browsers'", |b| b.max_cookie_size(4097), &["max_cookie_size is 4097", "over 4096 bytes"]),
    ("any size", |b| b.max_cookie_size(usize::MAX), &["max_cookie_size is", "over 4096 bytes"]),
    (
        "no size",
        |b| b.max_cookie_size(0),
        &["max_cookie_size is 0", "smallest session of this name takes 100 bytes"],
    ),
    ("a byte too small", |b| b.max_cookie_size(99), &["max_cookie_size is 99", "takes 100 bytes"]),
    (
        "a name that leaves no room",
        |b| b.name("n".repeat(4011)),
        &["max_cookie_size is 4096", "takes 4097 bytes"],
    ),
    ("formerly below a path, with __Host-", |b| b.formerly("/app", None), &["__Host-", "needs Path=/"]),
    (
        "formerly with a domain, with __Host-",
        |b| b.formerly("/", Some("example.org")),
        &["__Host-", "needs no Domain"],
    ),
    ("formerly with a path of no kind", |b| b.name("s").formerly("app", None), &["path begins with /"]),
    ("formerly with a domain of no kind", |b| b.name("s").formerly("/", Some(".a")), &["no leading dot"]),
];

#[test]
fn every_refusal_says_what_to_do() {
    for (what, change, texts) in REFUSALS {
        let error = change(builder()).build().err().unwrap_or_else(|| panic!("{what} builds"));
        let text = error.to_string();
        for part in *texts {
            assert!(text.contains(part), "{what}: {text:?} does not say {part:?}");
        }
        assert!(!text.ends_with('.') && !text.is_empty(), "{what}: {text:?}");
        assert!(std::error::Error::source(&error).is_none(), "{what}");
    }
}

#[test]
fn a_ring_of_nine_keys_is_refused() {
    let ring =
        |count: u64| (2..=count).fold(KeyRing::new(forge::key(1)), |ring, n| ring.fallback(forge::key(n)));
    assert!(Sessions::builder(ring(8)).build().is_ok());
    let error = Sessions::builder(ring(9)).build().unwrap_err().to_string();
    assert!(error.contains('8'), "{error}");
}

#[test]
fn what_lies_on_a_boundary_builds() {
    let changes: &[(&str, Change)] = &[
        ("one second", |b| b.lifetime(lifetime(SECOND, SECOND))),
        ("400 days", |b| b.lifetime(lifetime(LONGEST, LONGEST))),
        ("permanent one second", |b| b.permanent_lifetime(lifetime(SECOND, SECOND))),
        ("permanent 400 days", |b| b.permanent_lifetime(lifetime(LONGEST, LONGEST))),
        ("idle equal to absolute", |b| b.lifetime(lifetime(SECOND + NANO, SECOND + NANO))),
        ("no skew", |b| b.skew(Duration::ZERO)),
        ("10 minutes of skew", |b| b.skew(600 * SECOND)),
        ("4096 bytes", |b| b.max_cookie_size(4096)),
        ("100 bytes", |b| b.max_cookie_size(100)),
        ("long path", |b| b.name("s").path(format!("/{}", "p".repeat(1023)))),
        ("long domain", |b| b.name("s").domain("d".repeat(1024))),
        ("long name", |b| b.name("n".repeat(4010))),
        ("a name of one character", |b| b.name("!")),
        ("a name that is only a prefix", |b| b.name("__Host-")),
        ("a name that begins almost like a prefix", |b| b.name("__Hos-t").secure(false).path("/app")),
    ];
    for (what, change) in changes {
        let sessions = change(builder()).build().unwrap_or_else(|error| panic!("{what}: {error}"));
        // The smallest session fits.
        let mut session = sessions.start();
        session.insert("k", 0).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert!(sessions.save(session).unwrap().cookie_pair().is_some(), "{what}");
    }
}

#[test]
fn attributes_at_their_limit_reach_the_browser_whole() {
    let path = format!("/{}", "p".repeat(1023));
    let settings = Settings { name: "s", path: &path, ..Settings::DEFAULT };
    let line = line_of(&settings.build().unwrap(), true);
    assert_stored_as_configured(&settings, &settings.url(), &line);
}

/// Puts a byte at the beginning, in the middle and at the end of a text.
fn around(text: &str, byte: u8) -> [String; 3] {
    let c = char::from(byte);
    let (head, tail) = text.split_at(text.len() / 2);
    [format!("{c}{text}"), format!("{head}{c}{tail}"), format!("{text}{c}")]
}

#[test]
fn no_byte_of_the_configuration_breaks_out_of_its_place() {
    let [mut names, mut paths, mut domains] = [0; 3];
    for byte in 0..=u8::MAX {
        for name in around("session", byte) {
            let settings = Settings { name: &name, ..Settings::DEFAULT };
            names += check_bytes(&settings);
        }
        for path in around("/app", byte).into_iter().chain(around("", byte)) {
            let settings = Settings { name: "s", path: &path, ..Settings::DEFAULT };
            let Ok(sessions) = settings.build() else { continue };
            let asked = asked(&path);
            paths += check_sessions(&Settings { path: &asked, ..settings }, &sessions);
        }
        for domain in around("example.org", byte) {
            let settings = Settings { name: "s", domain: Some(&domain), ..Settings::DEFAULT };
            domains += check_bytes(&settings);
        }
    }
    // 77 octets of a token, thrice. A slash thrice alone, and before, and 79 octets of a path and 7 that browsers
    // escape in the middle and at the end of a path, and what `char` makes of 128 to 255. Letters, digits, "-" and "_", thrice, and the dot in
    // the middle, which is beside no other dot.
    assert_eq!((names, paths, domains), (77 * 3, 4 + 2 * (79 + 7 + 128), 64 * 3 + 1));
}

/// Spells a path as browsers ask for it.
fn asked(path: &str) -> String {
    let spell = |byte: u8| match byte {
        b' ' | b'"' | b'<' | b'>' | b'`' | b'{' | b'}' | 0x80.. => format!("%{byte:02X}"),
        byte => char::from(byte).to_string(),
    };
    path.bytes().map(spell).collect()
}

/// Says whether the settings build, and checks that they come out as they are if they do.
#[track_caller]
fn check_bytes(settings: &Settings<'_>) -> usize {
    settings.build().map_or(0, |sessions| check_sessions(settings, &sessions))
}

/// Checks that the settings come out of these sessions as they are.
#[track_caller]
fn check_sessions(settings: &Settings<'_>, sessions: &Sessions) -> usize {
    let line = line_of(sessions, false);
    assert!(line.bytes().all(|byte| (0x20..0x7f).contains(&byte)), "{line:?}");
    assert_eq!(line.matches(';').count(), 4 + usize::from(settings.domain.is_some()), "{line}");
    let host = settings.host();
    assert_stored_as_configured(settings, &format!("https://{host}/"), &line);

    let token = sign(settings.name, format!(r#"[{NOW},false,{{"a":1}}]"#), NOW);
    let mut session = sessions.open([format!("{}={token}", settings.name)]);
    assert_eq!(session.rejection(), None, "{line}");
    session.clear();
    let removal = only_line(&sessions.save(session).unwrap());
    assert_eq!(removal.matches(';').count(), line.matches(';').count() + 2, "{removal}");
    let mut jar = Jar::new();
    jar.set(&format!("https://{host}/"), &line, NOW);
    assert_eq!(jar.set(&format!("https://{host}/"), &removal, NOW), Stored::Removed, "{removal}");
    assert!(jar.is_empty(), "{removal}");
    1
}

/// Paths, as a program may spell them and as browsers ask for them (the URL Standard, path percent-encode set).
const PATHS: &[(&str, &str)] = &[
    ("/", "/"),
    ("/app", "/app"),
    ("/x y", "/x%20y"),
    ("/x y ", "/x%20y%20"),
    ("/x%20y", "/x%20y"),
    ("/a b/é", "/a%20b/%C3%A9"),
    ("/日本", "/%E6%97%A5%E6%9C%AC"),
    ("/%c3%a9", "/%c3%a9"),
    ("/\"<>`{}\"", "/%22%3C%3E%60%7B%7D%22"),
    ("/-._~!$&'()*+,=:@", "/-._~!$&'()*+,=:@"),
    ("/...", "/..."),
];

#[test]
fn a_path_is_spelled_as_browsers_ask_for_it() {
    for (path, asked) in PATHS {
        let sessions = builder().name("s").path(*path).formerly(*path, Some("example.org")).build().unwrap();
        let line = line_of(&sessions, false);
        assert!(line.ends_with(&format!("; Path={asked}")), "{path}: {line}");
        let url = format!("https://example.org{asked}");
        let mut jar = Jar::new();
        jar.set(&url, &line, NOW);
        // What the browser stores comes back, and is removed.
        let mut session = sessions.open(jar.header(&url, NOW));
        assert_eq!(session.get("user"), Ok(Some("Ada".to_owned())), "{path}");
        session.clear();
        let commit = sessions.save(session).unwrap();
        let former = format!("; Path={asked}; Domain=example.org");
        assert!(commit.set_cookies().any(|line| line.contains(&former)), "{path}");
        jar.set_all(&url, commit.set_cookies(), NOW);
        assert!(jar.is_empty(), "{path}");
    }
    // The limit is on what is sent.
    let path = |spaces: usize| format!("/{}", " ".repeat(spaces));
    assert!(builder().name("s").path(path(341)).build().is_ok());
    assert!(builder().name("s").path(path(342)).build().is_err());
}

#[test]
fn formerly_is_checked_for_every_byte_too() {
    for byte in 0..=u8::MAX {
        for path in around("/app", byte) {
            let allowed = Settings { name: "s", path: &path, ..Settings::DEFAULT }.build().is_ok();
            assert_eq!(builder().name("s").formerly(&path, None).build().is_ok(), allowed, "{path:?}");
        }
        for domain in around("example.org", byte) {
            let allowed = Settings { name: "s", domain: Some(&domain), ..Settings::DEFAULT }.build().is_ok();
            assert_eq!(
                builder().name("s").formerly("/", Some(&domain)).build().is_ok(),
                allowed,
                "{domain:?}"
            );
        }
    }
}

#[test]
fn the_defaults_are_the_documented_ones() {
    let sessions = Sessions::builder(keys()).clock(|| at(NOW)).build().unwrap();
    assert_eq!(sessions.cookie_name(), NAME);
    let settings = Settings::DEFAULT;
    assert_stored_as_configured(&settings, &settings.url(), &line_of(&sessions, false));
    assert_eq!(store(&settings.url(), &line_of(&sessions, true)).unwrap().expires, Some(NOW + 14 * DAY));

    assert_eq!(Lifetime::DEFAULT, lifetime(Duration::from_secs(2 * HOUR), Duration::from_secs(24 * HOUR)));
    assert_eq!(
        Lifetime::DEFAULT_PERMANENT,
        lifetime(Duration::from_secs(14 * DAY), Duration::from_secs(90 * DAY))
    );
    let open = |created: u64, issued: u64, permanent: bool| {
        let token = sign(NAME, format!(r#"[{created},{permanent},{{"a":1}}]"#), issued);
        sessions.open([format!("{NAME}={token}")]).rejection().copied()
    };
    let limits = [
        ("idle", NOW - 2 * HOUR, NOW - 2 * HOUR, false),
        ("absolute", NOW - 24 * HOUR, NOW, false),
        ("permanent idle", NOW - 14 * DAY, NOW - 14 * DAY, true),
        ("permanent absolute", NOW - 90 * DAY, NOW, true),
    ];
    for (what, created, issued, permanent) in limits {
        assert_eq!(open(created, issued, permanent), None, "{what}");
        let (created, issued) = (created - 1, if issued == NOW { NOW } else { issued - 1 });
        assert_eq!(open(created, issued, permanent), Some(DecodeError::Expired), "{what}");
    }
    assert_eq!(sessions.open([cookie_at("{}", NOW + 60)]).rejection(), None, "skew");
    assert_eq!(
        sessions.open([cookie_at("{}", NOW + 61)]).rejection(),
        Some(&DecodeError::NotYetValid),
        "skew"
    );

    let mut session = sessions.start();
    let error = session.insert("a", "x".repeat(5000)).unwrap_err();
    assert!(error.to_string().contains("the limit is 4096"), "max_cookie_size");
    session.insert("a", 1).unwrap();
    assert_eq!(sessions.save(session).unwrap().max_cookie_size(), 4096);
    // The real clock, when none is given.
    let real = Sessions::builder(keys()).build().unwrap();
    let mut session = real.start();
    session.insert("a", 1).unwrap();
    let before = std::time::SystemTime::now();
    let session = real.open(real.save(session).unwrap().cookie_pair());
    let issued = session.issued_at().unwrap();
    assert!(issued <= before + SECOND && issued + 5 * SECOND >= before, "{issued:?}");
}

#[test]
fn for_local_http_the_cookie_works_in_every_browser() {
    let names = [
        ("__Host-session", "dev-session"),
        ("__HOST-session", "devHOST-session"),
        ("__Secure-session", "devSecure-session"),
        ("__Http-session", "devHttp-session"),
        ("__Host-Http-session", "devHost-Http-session"),
        ("__Host-", "dev-"),
        ("session", "session"),
        ("dev-session", "dev-session"),
    ];
    for (name, local_name) in names {
        for partitioned in [false, true] {
            for http_only in [false, true] {
                let builder = builder().name(name).partitioned(partitioned).http_only(http_only);
                // The order of the settings does not matter.
                for builder in [
                    builder.clone().insecure_for_local_http(),
                    self::builder().insecure_for_local_http().name(name),
                ] {
                    let sessions = builder.build().unwrap();
                    assert_eq!(sessions.cookie_name(), local_name);
                    for url in ["http://localhost:3000/", "http://127.0.0.1:3000/", "http://devbox.example/"]
                    {
                        let mut jar = Jar::new();
                        jar.treat_localhost_as_secure(false);
                        let line = line_of(&sessions, true);
                        assert_eq!(jar.set(url, &line, NOW), Stored::Stored, "{url}: {line}");
                        let mut session = sessions.open(jar.header(url, NOW));
                        assert_eq!(session.get("user"), Ok(Some("Ada".to_owned())));
                        session.clear();
                        jar.set_all(url, sessions.save(session).unwrap().set_cookies(), NOW);
                        assert!(jar.is_empty(), "{url}");
                    }
                }
            }
        }
    }
}

#[test]
fn for_local_http_names_stay_apart() {
    let prefixes = ["__Host-", "__Secure-", "__Http-", "__Host-Http-", "__host-", "__HOST-", "__secure-"];
    let rests = ["a", "b", "secure-a", "Secure-a", "Http-a", "http-a", "Host-a", "-a", ""];
    let mut seen = BTreeMap::new();
    for (prefix, rest) in prefixes.iter().flat_map(|prefix| rests.map(|rest| (prefix, rest))) {
        let name = format!("{prefix}{rest}");
        let sessions = builder().name(&name).insecure_for_local_http().build().unwrap();
        let local = sessions.cookie_name().to_owned();
        // Two of these are one name: `__Host-` and `Http-a`, or `__Host-Http-` and `a`.
        if let Some(other) = seen.insert(local.clone(), name.clone()) {
            assert_eq!(other, name, "{local}");
        }
    }
}

#[test]
fn for_local_http_only_what_needs_https_is_left_out() {
    for (same_site, local) in [
        (SameSite::Strict, "Strict"),
        (SameSite::Lax, "Lax"),
        // Browsers ignore None without Secure.
        (SameSite::None, "Lax"),
    ] {
        let builder = builder().name("s").domain("example.org").same_site(same_site).partitioned(true);
        let line = line_of(&builder.insecure_for_local_http().build().unwrap(), false);
        let (_, attributes) = line.split_once(';').unwrap();
        assert_eq!(attributes, format!(" HttpOnly; SameSite={local}; Path=/"));
    }
}

#[test]
fn without_that_safari_would_drop_the_cookie() {
    let mut jar = Jar::new();
    jar.treat_localhost_as_secure(false);
    let line = line_of(&builder().build().unwrap(), true);
    assert!(matches!(jar.set("http://localhost:3000/", &line, NOW), Stored::Ignored(_)));
}

#[test]
fn a_local_cookie_is_none_in_production() {
    let local = builder().insecure_for_local_http().build().unwrap();
    let production = builder().build().unwrap();
    let line = line_of(&local, false);
    let pair = line.split(';').next().unwrap();
    let renamed = pair.replace("dev-session", NAME);
    assert_eq!(production.open([pair]).rejection(), None);
    assert!(production.open([pair]).is_empty());
    assert_eq!(production.open([&renamed]).rejection(), Some(&DecodeError::InvalidSignature));
}

#[test]
fn max_age_is_what_is_left() {
    // Created before, now: the idle limit, until the absolute one is nearer.
    let rows = [
        (0, 14 * DAY),
        (DAY, 14 * DAY),
        (76 * DAY, 14 * DAY),
        (76 * DAY + 1, 14 * DAY - 1),
        (90 * DAY - 1, 1),
        (90 * DAY, 1),
    ];
    let sessions = builder().build().unwrap();
    for (age, left) in rows {
        let token = sign(NAME, format!(r#"[{},true,{{"a":1}}]"#, NOW - age), NOW);
        let mut session = sessions.open([format!("{NAME}={token}")]);
        session.insert("a", 2).unwrap();
        let line = only_line(&sessions.save(session).unwrap());
        assert!(line.ends_with(&format!("; Max-Age={left}")), "{age}: {line}");
        assert_eq!(store("https://example.org/", &line).unwrap().expires, Some(NOW + left));
    }
}

#[test]
fn a_builder_can_be_kept_and_shown() {
    let template = builder().name("a");
    let [one, two] = [template.clone().path("/one"), template.path("/two")].map(|b| b.build().unwrap());
    assert!(line_of(&one, false).contains("; Path=/one"));
    assert!(line_of(&two, false).contains("; Path=/two"));
    let shown = format!("{:?} {one:?}", builder().domain("example.org").formerly("/old", None));
    for part in ["example.org", "/old", "Path=/one", "7200s"] {
        assert!(shown.contains(part), "{shown}");
    }
    fn assert_error<T: std::error::Error + Send + Sync + Clone + 'static>() {}
    assert_error::<ConfigError>();
}
