//! What `cross_origin::check` allows, over the whole table of what browsers and others send.

use std::cell::RefCell;

use cookie_session::cross_origin::{Allowed, Refused, TrustedOrigins, check};

const METHODS: &[&str] =
    &["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE", "get", "QUERY", ""];

const SITES: &[Option<&str>] = &[
    None,
    Some(""),
    Some("same-origin"),
    Some("none"),
    Some("same-site"),
    Some("cross-site"),
    Some("Same-Origin"),
    Some("same-origin, cross-site"),
];

const ORIGINS: &[Option<&str>] = &[
    None,
    Some(""),
    Some("https://shop.example.org"),
    Some("http://shop.example.org"),
    Some("https://shop.example.org:443"),
    Some("https://shop.example.org:8443"),
    Some("https://blog.example.org"),
    Some("https://admin.example.org"),
    Some("https://evil.example"),
    Some("null"),
    Some("https://shop.example.org@evil.example"),
    Some("https://evil.example@shop.example.org"),
    Some("https://shop.example.org/"),
    Some("https://shop.example.org/path"),
    Some("ftp://shop.example.org"),
    Some("shop.example.org"),
    Some("https://"),
    Some("https://SHOP.example.org"),
    Some("https://shop.example.org https://evil.example"),
    Some("http://[::1]:3000"),
    Some("http://[::1]"),
];

const HOSTS: &[Option<&str>] = &[
    None,
    Some(""),
    Some("shop.example.org"),
    Some("shop.example.org:8443"),
    Some("[::1]:3000"),
    Some("[::1]"),
];

fn trusted() -> TrustedOrigins {
    TrustedOrigins::new().trust("https://admin.example.org").unwrap_or_default()
}

#[track_caller]
fn verdict(
    method: &str,
    site: Option<&str>,
    origin: Option<&str>,
    host: Option<&str>,
) -> Result<Allowed, Refused> {
    let header = |name: &str| match name {
        "sec-fetch-site" => site.map(str::as_bytes),
        "origin" => origin.map(str::as_bytes),
        "host" => host.map(str::as_bytes),
        _ => Some(&b"never asked for"[..]),
    };
    check(method, header, &trusted())
}

/// The rules again, as a table of words rather than as code that looks at bytes.
fn expected(method: &str, site: Option<&str>, origin: Option<&str>, host: Option<&str>) -> bool {
    let is_trusted = origin == Some("https://admin.example.org");
    let (origin, host) = (origin.unwrap_or(""), host.unwrap_or(""));
    let own = [format!("https://{host}"), format!("http://{host}")];
    match (method, site.unwrap_or("")) {
        ("GET" | "HEAD" | "OPTIONS", _) | (_, "same-origin" | "none") => true,
        (_, "") => origin.is_empty() || is_trusted || !host.is_empty() && own.iter().any(|own| own == origin),
        _ => is_trusted,
    }
}

#[test]
fn the_whole_table_is_decided_as_the_rules_say() {
    let (mut allowed, mut refused) = (0, 0);
    for method in METHODS {
        for site in SITES {
            for origin in ORIGINS {
                for host in HOSTS {
                    let found = verdict(method, *site, *origin, *host);
                    let what = format!("{method} {site:?} {origin:?} {host:?}: {found:?}");
                    assert_eq!(found.is_ok(), expected(method, *site, *origin, *host), "{what}");
                    *if found.is_ok() { &mut allowed } else { &mut refused } += 1;
                }
            }
        }
    }
    assert!(allowed > 1000 && refused > 1000, "{allowed} {refused}");
}

#[test]
fn the_verdict_has_its_reason() {
    let host = Some("shop.example.org");
    let own = Some("https://shop.example.org");
    let admin = Some("https://admin.example.org");
    let evil = Some("https://evil.example");
    let table = [
        (verdict("GET", Some("cross-site"), evil, host), Ok(Allowed::SafeMethod)),
        (verdict("POST", Some("same-origin"), evil, host), Ok(Allowed::SameOrigin)),
        (verdict("POST", Some("none"), None, host), Ok(Allowed::Visitor)),
        (verdict("POST", Some("same-site"), own, host), Err(Refused::SiblingHost)),
        (verdict("POST", Some("same-site"), admin, host), Ok(Allowed::TrustedOrigin)),
        (verdict("POST", Some("cross-site"), own, host), Err(Refused::OtherSite)),
        (verdict("POST", Some("tomorrow"), own, host), Err(Refused::OtherSite)),
        (verdict("POST", None, own, host), Ok(Allowed::OriginIsHost)),
        (verdict("POST", None, evil, host), Err(Refused::OtherOrigin)),
        (verdict("POST", None, Some("null"), host), Err(Refused::OtherOrigin)),
        (verdict("POST", None, admin, host), Ok(Allowed::TrustedOrigin)),
        (verdict("POST", None, None, host), Ok(Allowed::NoBrowser)),
    ];
    for (found, expected) in table {
        assert_eq!(found, expected);
    }
}

/// Chromium 156 says nothing of the site in a handshake, not even to localhost.
#[test]
fn the_handshake_of_a_websocket_is_refused_to_other_sites_when_asked_for_as_a_post() {
    let host = Some("shop.example.org");
    for (origin, expected) in [
        ("https://shop.example.org", Ok(Allowed::OriginIsHost)),
        ("https://admin.example.org", Ok(Allowed::TrustedOrigin)),
        ("https://blog.example.org", Err(Refused::OtherOrigin)),
        ("https://evil.example", Err(Refused::OtherOrigin)),
        ("null", Err(Refused::OtherOrigin)),
    ] {
        assert_eq!(verdict("GET", None, Some(origin), host), Ok(Allowed::SafeMethod), "{origin}");
        assert_eq!(verdict("POST", None, Some(origin), host), expected, "{origin}");
    }
}

#[test]
fn an_origin_is_trusted_as_browsers_write_it_or_not_at_all() {
    for good in [
        "https://admin.example.org",
        "http://localhost:3000",
        "https://a.example:8443",
        "https://xn--bcher-kva.example",
        "https://[2001:db8::1]",
        "https://[2001:db8::1]:8443",
        "http://example.org:443",
        "https://example.org:65535",
    ] {
        assert!(TrustedOrigins::new().trust(good).is_ok(), "{good}");
    }
    for bad in [
        "",
        "null",
        "*",
        "https://",
        "https://*.example.org",
        "admin.example.org",
        "//admin.example.org",
        "ftp://admin.example.org",
        "HTTPS://admin.example.org",
        "https://Admin.example.org",
        "https://admin.example.org/",
        "https://admin.example.org/path",
        "https://admin.example.org?x",
        "https://admin.example.org#x",
        "https://admin.example.org:443",
        "http://admin.example.org:80",
        "https://admin.example.org:",
        "https://admin.example.org:08443",
        "https://admin.example.org:x",
        "https://admin.example.org:123456",
        "https://user@admin.example.org",
        "https://bücher.example",
        "https://:8443",
        "https://a:1:2",
        " https://admin.example.org",
        "https://admin.example.org ",
    ] {
        assert!(TrustedOrigins::new().trust(bad).is_err(), "{bad}");
    }
}

#[test]
fn looks_at_no_header_that_decides_nothing() {
    let sent = [
        ("sec-fetch-site", "same-origin"),
        ("origin", "https://shop.example.org"),
        ("host", "shop.example.org"),
    ];
    for (method, without, expected) in [
        ("GET", None, &[][..]),
        ("POST", None, &["sec-fetch-site"]),
        ("POST", Some("sec-fetch-site"), &["sec-fetch-site", "origin", "host"]),
    ] {
        let asked = RefCell::new(Vec::new());
        let header = |name: &str| {
            let sent = sent.iter().find(|(sent, _)| *sent == name && Some(*sent) != without)?;
            asked.borrow_mut().push(sent.0);
            Some(sent.1.as_bytes())
        };
        assert!(check(method, header, &trusted()).is_ok());
        let expected: Vec<_> = expected.iter().filter(|name| Some(**name) != without).copied().collect();
        assert_eq!(asked.into_inner(), expected, "{method} without {without:?}");
    }
}
