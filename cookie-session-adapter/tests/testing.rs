//! The store of a visitor in tests does what a browser's does.

#![allow(clippy::indexing_slicing, clippy::string_slice, clippy::unwrap_used, reason = "a test may panic")]

use cookie_session_adapter::testing::{CookieStore, form};

/// Lines, each with the path of its request, and what goes to `/`, `/shop` and `/shop/cart` over HTTPS, and to
/// `/shop/cart` over plain HTTP.
type Row = (&'static [(&'static str, &'static str)], [Option<&'static str>; 4]);

const TABLE: &[Row] = &[
    (&[], [None; 4]),
    (&[("/", "a=1")], [Some("a=1"); 4]),
    (&[("/", "a=1"), ("/", "b=2"), ("/", "a=3")], [Some("a=3; b=2"); 4]),
    // Path.
    (&[("/", "a=1; Path=/shop")], [None, Some("a=1"), Some("a=1"), Some("a=1")]),
    (&[("/shop/cart", "a=1")], [None, Some("a=1"), Some("a=1"), Some("a=1")]),
    (&[("/shop", "a=1")], [Some("a=1"); 4]),
    (&[("/shop/cart?next=/a/b", "a=1")], [None, Some("a=1"), Some("a=1"), Some("a=1")]),
    (&[("/", "a=1; Path=/sho")], [None; 4]),
    (&[("/", "a=1; Path=/shop/")], [None, None, Some("a=1"), Some("a=1")]),
    (&[("/", "a=1; Path=shop")], [Some("a=1"); 4]),
    (
        &[("/", "a=1"), ("/", "a=2; path=/shop")],
        [Some("a=1"), Some("a=2; a=1"), Some("a=2; a=1"), Some("a=2; a=1")],
    ),
    // Secure, and the prefixes that ask for it.
    (&[("/", "a=1; Secure")], [Some("a=1"), Some("a=1"), Some("a=1"), None]),
    (
        &[("/", "__Host-a=1; Secure; Path=/")],
        [Some("__Host-a=1"), Some("__Host-a=1"), Some("__Host-a=1"), None],
    ),
    (&[("/", "__Host-a=1; Path=/")], [None; 4]),
    (&[("/", "__Host-a=1; Secure; Path=/shop")], [None; 4]),
    (&[("/", "__Host-a=1; Secure; Path=/; Domain=example.org")], [None; 4]),
    (&[("/", "__secure-a=1; Path=/")], [None; 4]),
    (&[("/", "__Http-a=1; Path=/")], [None; 4]),
    (&[("/", "__Http-a=1; Secure; Path=/")], [None; 4]),
    (&[("/", "__Host-Http-a=1; Secure; Path=/")], [None; 4]),
    (
        &[("/", "__Http-a=1; Secure; Path=/shop; HttpOnly")],
        [None, Some("__Http-a=1"), Some("__Http-a=1"), None],
    ),
    (
        &[("/", "__host-http-a=1; Secure; Path=/; httponly")],
        [Some("__host-http-a=1"), Some("__host-http-a=1"), Some("__host-http-a=1"), None],
    ),
    // What removes: the same name, path and kind of domain, and only that.
    (&[("/", "a=1"), ("/", "a=; Max-Age=0")], [None; 4]),
    (&[("/", "a=1"), ("/", "a=; max-age=-1")], [None; 4]),
    (&[("/", "a=1"), ("/", "a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT")], [None; 4]),
    (&[("/", "a=1"), ("/", "a=2; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT")], [Some("a=2"); 4]),
    (&[("/", "a=1"), ("/", "a=; Max-Age=0; Path=/shop")], [Some("a=1"); 4]),
    (&[("/", "a=1"), ("/", "a=; Max-Age=0; Domain=example.org")], [Some("a=1"); 4]),
    (&[("/", "a=1"), ("/", "b=2"), ("/", "a=; Max-Age=0"), ("/", "a=3")], [Some("b=2; a=3"); 4]),
    (&[("/", "a=1; Max-Age=60"), ("/", "b=1; Max-Age=x")], [Some("a=1; b=1"); 4]),
    (&[("/", " a = 1 ;Secure ; PATH=/shop")], [None, Some("a=1"), Some("a=1"), None]),
    // No cookie at all.
    (&[("/", ""), ("/", "a"), ("/", "=1"), ("/", "; Path=/")], [None; 4]),
];

#[test]
fn sends_what_a_browser_sends() {
    for (lines, expected) in TABLE {
        let mut store = CookieStore::new();
        for (path, line) in *lines {
            store.keep(path, true, [*line]);
        }
        let sent = [
            store.line("/", true),
            store.line("/shop?x=/", true),
            store.line("/shop/cart", true),
            store.line("/shop/cart", false),
        ];
        assert_eq!(sent.each_ref().map(Option::as_deref), *expected, "{lines:?}");
    }
}

#[test]
fn keeps_what_a_browser_keeps() {
    let mut store = CookieStore::new();
    store.keep("/", false, ["a=1; Secure"]);
    assert!(store.is_empty(), "a Secure cookie over plain HTTP");
    let long = format!("a={}", "x".repeat(4096));
    store.keep("/", true, [long.as_str()]);
    assert!(store.is_empty(), "4097 bytes");
    store.keep("/", true, [&long[..4097]]);
    assert_eq!(store.get("a").unwrap().len(), 4095);
    store.keep("/", true, ["b=2; Max-Age=60", "c=3"]);
    store.close_browser();
    assert_eq!(store.line("/", true).as_deref(), Some("b=2"));
    assert_eq!(format!("{store:?}"), "CookieStore { len: 1, .. }");
}

#[test]
fn forgets_what_is_too_old() {
    let mut store = CookieStore::new();
    store.keep("/", true, ["a=1; Max-Age=1", "b=2; Max-Age=100", "c=3; Max-Age=9223372036854775807"]);
    assert_eq!(store.line("/", true).as_deref(), Some("a=1; b=2; c=3"));
    std::thread::sleep(std::time::Duration::from_millis(1100));
    assert_eq!(store.line("/", true).as_deref(), Some("b=2; c=3"));
    assert_eq!([store.get("a"), store.get("b")], [None, Some("2")]);
    store.keep("/", true, ["b=; Max-Age=-1", "c=; Expires=Thu, 01 Jan 1970 00:00:00 GMT"]);
    assert!(store.is_empty());
    assert_eq!(format!("{store:?}"), "CookieStore { len: 0, .. }");
}

#[test]
fn writes_forms_as_browsers_do() {
    assert_eq!(form(&[]), "");
    assert_eq!(form(&[("name", "Ada L"), ("é&=", "*-._~+/\n")]), "name=Ada+L&%C3%A9%26%3D=*-._%7E%2B%2F%0A");
}
