//! The test double of a browser's cookie store does what browsers do.

#![allow(clippy::arithmetic_side_effects, clippy::panic, reason = "a test may panic")]

mod support;

use support::jar::{Context, Cookie, Jar, Stored, Why};
use support::set_cookie_table::{Kept, Outcome, Row, TABLE};

/// 15 June 2025, 15:06:40 UTC.
const NOW: u64 = 1_750_000_000;
const HOME: &str = "https://example.com/";

fn jar_of(lines: &[(&str, &str)]) -> Jar {
    let mut jar = Jar::new();
    for (url, line) in lines {
        let outcome = jar.set(url, line, NOW);
        assert!(!matches!(outcome, Stored::Ignored(_)), "{line:?} at {url}: {outcome:?}");
    }
    jar
}

fn cookie_of(kept: &Kept) -> Cookie {
    Cookie {
        name: kept.name.to_owned(),
        value: kept.value.to_owned(),
        domain: kept.domain.to_owned(),
        host_only: kept.host_only,
        path: kept.path.to_owned(),
        secure: kept.secure,
        http_only: kept.http_only,
        same_site: kept.same_site,
        partitioned: kept.partitioned,
        expires: kept.lifetime.map(|seconds| NOW + seconds),
        created: NOW,
    }
}

#[track_caller]
fn check(row: &Row) {
    let mut jar = jar_of(row.before);
    let before = jar.cookies().to_vec();
    let stored = jar.set(row.url, row.line, NOW);
    let claim = row.claim;
    match &row.outcome {
        Outcome::Stored(kept) => {
            assert_eq!(stored, Stored::Stored, "{claim}");
            let cookie = cookie_of(kept);
            assert!(jar.cookies().contains(&cookie), "{claim}: {cookie:?} is not in {:?}", jar.cookies());
        }
        Outcome::Removed => assert_eq!(stored, Stored::Removed, "{claim}"),
        Outcome::Ignored(why) => {
            assert_eq!(stored, Stored::Ignored(*why), "{claim}");
            assert_eq!(jar.cookies(), before, "{claim}");
        }
    }
    assert_eq!(jar.len(), row.left, "{claim}: {:?}", jar.cookies());
}

#[test]
fn does_with_every_line_of_the_table_what_the_table_says() {
    for row in TABLE {
        check(row);
    }
}

#[test]
fn the_table_has_a_row_for_every_reason_and_no_claim_twice() {
    let reasons = [
        Why::Empty,
        Why::NamelessPair,
        Why::TooLong,
        Why::ControlCharacter,
        Why::PublicSuffix,
        Why::ForeignDomain,
        Why::SecurePrefix,
        Why::HttpPrefix,
        Why::HostHttpPrefix,
        Why::HostPrefix,
        Why::PrefixInValue,
        Why::Partitioned,
        Why::SecureFromInsecure,
        Why::SameSiteNone,
        Why::OverlaysSecure,
    ];
    for reason in reasons {
        assert!(
            TABLE.iter().any(|row| matches!(row.outcome, Outcome::Ignored(why) if why == reason)),
            "no row for {reason:?}"
        );
    }
    for (index, row) in TABLE.iter().enumerate() {
        assert!(TABLE[..index].iter().all(|earlier| earlier.claim != row.claim), "{:?} twice", row.claim);
    }
}

#[test]
fn ignores_octets_that_no_header_can_carry() {
    for line in ["a=1\0", "a=1\r", "a=1\n2", "a=1; Path=/\0", "a=1\r\nSet-Cookie: b=2"] {
        let mut jar = Jar::new();
        assert_eq!(jar.set(HOME, line, NOW), Stored::Ignored(Why::ControlCharacter), "{line:?}");
        assert!(jar.is_empty());
    }
}

/// Not in the table: layered-cookies asks for it, Chromium need not do it yet.
#[test]
fn ignores_nameless_values_that_begin_with_the_http_prefixes() {
    for line in ["=__Http-a; Secure; HttpOnly", "=__host-http-a; Secure; HttpOnly; Path=/"] {
        assert_eq!(Jar::new().set(HOME, line, NOW), Stored::Ignored(Why::PrefixInValue), "{line}");
    }
}

#[test]
fn a_line_that_fails_twice_has_the_first_reason() {
    let table = [
        ("=\u{1}", Why::ControlCharacter),
        ("=__Host-a=1; Domain=com", Why::NamelessPair),
        ("a=1; Domain=com; Partitioned; SameSite=None", Why::PublicSuffix),
        ("__Host-a=1; Partitioned; SameSite=None", Why::HostPrefix),
        ("a=1; Partitioned; SameSite=None", Why::Partitioned),
    ];
    for (line, why) in table {
        assert_eq!(Jar::new().set(HOME, line, NOW), Stored::Ignored(why), "{line:?}");
    }
}

#[test]
fn sends_a_cookie_only_where_it_belongs() {
    // Line set at https://example.com/, URL of the request, whether the cookie goes along.
    let table = [
        ("a=1", "https://example.com/", true),
        ("a=1", "https://example.com/any/where?x=y", true),
        ("a=1", "https://example.com", true),
        ("a=1", "https://example.com:8443/", true),
        ("a=1", "https://EXAMPLE.com/", true),
        ("a=1", "http://example.com/", true),
        ("a=1", "https://app.example.com/", false),
        ("a=1", "https://notexample.com/", false),
        ("a=1; Domain=example.com", "https://example.com/", true),
        ("a=1; Domain=example.com", "https://app.example.com/", true),
        ("a=1; Domain=example.com", "https://deep.app.example.com/", true),
        ("a=1; Domain=example.com", "https://notexample.com/", false),
        ("a=1; Domain=example.com", "https://example.com.evil.test/", false),
        ("a=1; Secure", "https://example.com/", true),
        ("a=1; Secure", "http://example.com/", false),
        ("a=1; HttpOnly", "https://example.com/", true),
        ("a=1; Path=/x", "https://example.com/x", true),
        ("a=1; Path=/x", "https://example.com/x?y", true),
        ("a=1; Path=/x", "https://example.com/x/", true),
        ("a=1; Path=/x", "https://example.com/x/y", true),
        ("a=1; Path=/x", "https://example.com/xy", false),
        ("a=1; Path=/x", "https://example.com/X", false),
        ("a=1; Path=/x", "https://example.com/", false),
        ("a=1; Path=/x/", "https://example.com/x/y", true),
        ("a=1; Path=/x/", "https://example.com/x", false),
    ];
    for (line, url, goes) in table {
        let jar = jar_of(&[(HOME, line)]);
        assert_eq!(jar.header(url, NOW).as_deref(), goes.then_some("a=1"), "{line} to {url}");
    }
}

#[test]
fn sends_to_addresses_and_ports_what_they_set() {
    for url in ["http://127.0.0.1:8080/", "https://[::1]:8443/", "https://[2001:db8::1]/"] {
        let jar = jar_of(&[(url, "a=1; Secure")]);
        assert_eq!(jar.header(url, NOW).as_deref(), Some("a=1"), "{url}");
    }
    assert_eq!(jar_of(&[("http://127.0.0.1/", "a=1")]).header("http://127.0.0.2/", NOW), None);
}

#[test]
fn same_site_decides_by_the_origin_of_the_request() {
    use Context::{CrossSite, CrossSiteNavigation, SameSite};
    let table = [
        ("a=1; SameSite=Strict", [true, false, false]),
        ("a=1; SameSite=Lax", [true, true, false]),
        ("a=1", [true, true, false]),
        ("a=1; SameSite=None; Secure", [true, true, true]),
        ("a=1; SameSite=None; Secure; Partitioned", [true, true, false]),
    ];
    for (line, goes) in table {
        let jar = jar_of(&[(HOME, line)]);
        for (context, goes) in [SameSite, CrossSiteNavigation, CrossSite].into_iter().zip(goes) {
            assert_eq!(jar.cookie_header(HOME, NOW, context).is_some(), goes, "{line}, {context:?}");
        }
    }
}

#[test]
fn orders_the_header_by_path_length_then_by_creation() {
    let url = "https://example.com/x/y";
    let mut jar = jar_of(&[
        (url, "a=1; Path=/"),
        (url, "b=2; Path=/x"),
        (url, "c=3; Path=/x/y"),
        (url, "d=4; Path=/x"),
    ]);
    assert_eq!(jar.header(url, NOW).as_deref(), Some("c=3; b=2; d=4; a=1"));
    jar.set(url, "b=2; Path=/x; Secure", NOW + 1);
    assert_eq!(jar.header(url, NOW).as_deref(), Some("c=3; b=2; d=4; a=1"), "the same value keeps its place");
    assert_eq!(jar.get("b").map(|cookie| cookie.created), Some(NOW));
    jar.set(url, "b=9; Path=/x", NOW + 1);
    assert_eq!(jar.header(url, NOW).as_deref(), Some("c=3; d=4; b=9; a=1"), "a new value goes last");
    assert_eq!(jar.get("b").map(|cookie| cookie.created), Some(NOW + 1));
}

#[test]
fn sends_both_cookies_of_one_name_and_a_nameless_one_bare() {
    let jar = jar_of(&[(HOME, "a=1"), (HOME, "a=2; Domain=example.com"), (HOME, "=x")]);
    assert_eq!(jar.header(HOME, NOW).as_deref(), Some("a=1; a=2; x"));
    assert_eq!(Jar::new().header(HOME, NOW), None);
}

#[test]
fn a_cookie_ends_with_the_second_in_which_it_expires() {
    let mut jar = jar_of(&[(HOME, "a=1; Max-Age=60")]);
    assert!(jar.header(HOME, NOW + 59).is_some());
    assert_eq!(jar.header(HOME, NOW + 60), None);
    assert_eq!(jar.len(), 1, "asking removes nothing");
    jar.set(HOME, "b=2", NOW + 60);
    assert_eq!(jar.get("a"), None);
}

#[test]
fn an_expired_secure_cookie_protects_nothing() {
    let mut jar = jar_of(&[(HOME, "a=1; Secure; Max-Age=60")]);
    assert_eq!(jar.set("http://example.com/", "a=2", NOW + 59), Stored::Ignored(Why::OverlaysSecure));
    assert_eq!(jar.set("http://example.com/", "a=2", NOW + 60), Stored::Stored);
}

#[test]
fn closing_the_browser_drops_session_cookies_only() {
    let mut jar = jar_of(&[(HOME, "a=1"), (HOME, "b=2; Max-Age=60"), (HOME, "c=3; Expires=0")]);
    jar.close_browser();
    assert_eq!(jar.header(HOME, NOW).as_deref(), Some("b=2"));
}

#[test]
fn safari_does_not_trust_localhost() {
    let mut jar = Jar::new();
    jar.treat_localhost_as_secure(false);
    for url in ["http://localhost:3000/", "http://app.localhost/", "http://127.0.0.1/", "http://[::1]/"] {
        assert_eq!(jar.set(url, "a=1; Secure", NOW), Stored::Ignored(Why::SecureFromInsecure), "{url}");
        assert_eq!(
            jar.set(url, "__Host-a=1; Secure; Path=/", NOW),
            Stored::Ignored(Why::HostPrefix),
            "{url}"
        );
        assert_eq!(jar.set(url, "a=1", NOW), Stored::Stored, "{url}");
        assert_eq!(jar.set(&url.replace("http:", "https:"), "b=1; Secure", NOW), Stored::Stored, "{url}");
        assert_eq!(jar.header(url, NOW).as_deref(), Some("a=1"), "{url}");
    }
}

#[test]
fn a_name_that_only_looks_like_localhost_is_not_trusted() {
    for url in ["http://localhost.example.com/", "http://notlocalhost/", "http://128.0.0.1/"] {
        assert_eq!(
            Jar::new().set(url, "a=1; Secure", NOW),
            Stored::Ignored(Why::SecureFromInsecure),
            "{url}"
        );
    }
}

#[test]
fn handles_the_lines_of_a_response_in_order() {
    let mut jar = Jar::new();
    jar.set_all(HOME, ["a=1", "b=2", "a=; Max-Age=0", "a=3"], NOW);
    assert_eq!(jar.header(HOME, NOW).as_deref(), Some("b=2; a=3"));
}

#[test]
fn a_visitor_can_write_any_value() {
    let mut jar = jar_of(&[(HOME, "a=1; HttpOnly")]);
    jar.set_value("a", "forged");
    assert_eq!(jar.header(HOME, NOW).as_deref(), Some("a=forged"));
}

#[test]
#[should_panic(expected = "no cookie")]
fn tampering_with_a_cookie_that_is_not_there_fails() {
    Jar::new().set_value("a", "forged");
}

#[test]
fn reads_dates_as_rfc_6265_does() {
    // 16 June 2025, 15:06:40, a day after NOW; and an hour later.
    let (day, hour) = (Some(NOW + 86_400), Some(NOW + 86_400 + 3_600));
    let leap_day = Some(1_709_164_800 + 4 * 3_600);
    let table = [
        ("Mon, 16 Jun 2025 15:06:40 GMT", NOW, day),
        ("Monday, 16-Jun-25 15:06:40 GMT", NOW, day),
        ("Mon Jun 16 15:06:40 2025", NOW, day),
        ("2025 16 jUNE 15:06:40", NOW, day),
        ("16 jUNE 2025 15:06:40", NOW, day),
        ("16Jun 15:06:40", NOW, None),
        ("16 Jun 2025 15:6:40", NOW, day),
        ("16 Jun 2025 16:06:40 +0100", NOW, hour),
        ("16 Jun 2025 15:06:40am", NOW, day),
        ("16 Jun 2025 15:06:40 17:00:00", NOW, day),
        ("15:06:40 16 Jun 25", NOW, day),
        ("16-Jun_2025/15:06:40", NOW, day),
        ("16 Jun 2025", NOW, None),
        ("16 Jun 15:06:40", NOW, None),
        ("Jun 2025 15:06:40", NOW, None),
        ("16 2025 15:06:40", NOW, None),
        ("16 Jun 20250 15:06:40", NOW, None),
        ("16 Jun 2025 15:06:400", NOW, None),
        ("16 Jun 2025 15:06", NOW, None),
        ("16 Jun 2025 15a:06:40", NOW, None),
        ("16 Jun 5 15:06:40", NOW, None),
        ("16 Jun 2025 24:06:40", NOW, None),
        ("16 Jun 2025 15:60:40", NOW, None),
        ("16 Jun 2025 15:06:60", NOW, None),
        ("00 Jun 2025 15:06:40", NOW, None),
        ("31 Jun 2025 15:06:40", NOW, None),
        ("29 Feb 2025 15:06:40", NOW, None),
        ("29 Feb 2024 04:00:00", 1_709_164_800, leap_day),
        ("01 Mar 2000 00:00:00", 951_868_799, Some(951_868_800)),
        ("", NOW, None),
    ];
    for (date, now, expires) in table {
        let mut jar = Jar::new();
        assert_eq!(jar.set(HOME, &format!("a=1; Expires={date}"), now), Stored::Stored, "{date:?}");
        assert_eq!(jar.cookies()[0].expires, expires, "{date:?}");
    }
}

#[test]
fn years_before_1601_are_no_dates() {
    let mut jar = Jar::new();
    assert_eq!(jar.set(HOME, "a=1; Expires=31 Dec 1600 23:59:59", NOW), Stored::Stored);
    assert_eq!(jar.cookies()[0].expires, None);
    assert_eq!(jar.set(HOME, "a=1; Expires=01 Jan 1601 00:00:00", NOW), Stored::Removed);
}

#[test]
fn two_digits_are_a_year_from_1970_to_2069() {
    let late = 3_124_224_000; // 1 January 2069
    let expires = |date: &str, now| {
        let mut jar = Jar::new();
        jar.set(HOME, &format!("a=1; Expires={date}"), now);
        jar.cookies().first().and_then(|cookie| cookie.expires)
    };
    assert_eq!(expires("02-Jan-69 00:00:00", late), Some(late + 86_400));
    assert_eq!(expires("02-Jan-70 00:00:00", 0), Some(86_400));
    assert_eq!(expires("02-Jan-99 00:00:00", 915_148_800), Some(915_235_200));
}

#[test]
fn an_expires_within_400_days_stands_and_a_later_one_is_cut() {
    // 400 days after NOW.
    let table = [
        ("20 Jul 2026 15:06:39", 34_559_999),
        ("20 Jul 2026 15:06:40", 34_560_000),
        ("20 Jul 2026 15:06:41", 34_560_000),
    ];
    for (date, lifetime) in table {
        let jar = jar_of(&[(HOME, &format!("a=1; Expires={date}"))]);
        assert_eq!(jar.cookies()[0].expires, Some(NOW + lifetime), "{date}");
    }
}
