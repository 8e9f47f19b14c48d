//! That `cookie_session::cross_origin` decides as tower-http's layer does, which axum users put on their router.

#![allow(clippy::arithmetic_side_effects, clippy::unwrap_used, reason = "a test may panic")]

use std::convert::Infallible;

use cookie_session::cross_origin::{self, TrustedOrigins};
use http::{Request, Response, StatusCode};
use tower::{Layer, ServiceExt, service_fn};
use tower_http::csrf::CsrfLayer;

const METHODS: &[&str] =
    &["GET", "HEAD", "OPTIONS", "TRACE", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "QUERY", "get"];

const SITES: &[Option<&str>] = &[
    None,
    Some("same-origin"),
    Some("none"),
    Some("same-site"),
    Some("cross-site"),
    Some(""),
    Some("Same-Origin"),
];

const ORIGINS: &[Option<&str>] = &[
    None,
    Some(""),
    Some("https://shop.example"),
    Some("http://shop.example"),
    Some("https://shop.example:8443"),
    Some("https://shop.example:443"),
    Some("https://admin.example"),
    Some("https://evil.example"),
    Some("null"),
    Some("junk"),
    Some("https://user@shop.example"),
    Some("ftp://shop.example"),
    Some("https://shop.example/path"),
    Some("http://[::1]:3000"),
];

const HOSTS: &[Option<&str>] =
    &[None, Some("shop.example"), Some("shop.example:8443"), Some("user@shop.example"), Some("[::1]:3000")];

/// What is asked for. The host of a whole address, as HTTP/2 has it, overrules `Host`.
const TARGETS: &[&str] = &["/pay", "https://shop.example/pay", "http://[::1]:3000/pay"];

/// Where ours is stricter, and why: an `Origin` that no browser sends (RFC 6454, section 6.2) names no origin.
const STRICTER: &[(&str, &str)] =
    &[("https://shop.example/path", "shop.example"), ("https://user@shop.example", "user@shop.example")];

async fn tower_http(request: Request<()>) -> bool {
    let handler = service_fn(|_: Request<()>| async { Ok::<_, Infallible>(Response::new(String::new())) });
    let layer = CsrfLayer::new().add_trusted_origin("https://admin.example").unwrap();
    layer.layer(handler).oneshot(request).await.unwrap().status() == StatusCode::OK
}

fn ours(request: &Request<()>) -> bool {
    let trusted = TrustedOrigins::new().trust("https://admin.example").unwrap();
    let header = |name: &str| match request.uri().authority() {
        Some(authority) if name == "host" => Some(authority.as_str().as_bytes()),
        _ => request.headers().get(name).map(http::HeaderValue::as_bytes),
    };
    cross_origin::check(request.method().as_str(), header, &trusted).is_ok()
}

#[tokio::test]
async fn decides_as_tower_http_does_except_where_it_is_stricter() {
    let (mut allowed, mut refused, mut stricter) = (0, 0, 0);
    for method in METHODS {
        for site in SITES {
            for origin in ORIGINS {
                for (host, target) in
                    HOSTS.iter().flat_map(|host| TARGETS.iter().map(move |target| (host, target)))
                {
                    let mut request = Request::builder().method(*method).uri(*target);
                    for (name, value) in [("sec-fetch-site", site), ("origin", origin), ("host", host)] {
                        if let Some(value) = value {
                            request = request.header(name, *value);
                        }
                    }
                    let request = request.body(()).unwrap();
                    let what = format!("{method} {target} {site:?} {origin:?} {host:?}");
                    let (ours, theirs) = (ours(&request), tower_http(request).await);
                    if ours != theirs {
                        assert!(theirs, "looser for {what}");
                        let host =
                            target.strip_prefix("https://").and_then(|rest| rest.split('/').next()).or(*host);
                        let pair = (origin.unwrap_or_default(), host.unwrap_or_default());
                        assert!(STRICTER.contains(&pair), "stricter for {what}");
                        stricter += 1;
                    } else if ours {
                        allowed += 1;
                    } else {
                        refused += 1;
                    }
                }
            }
        }
    }
    assert!(allowed > 1000 && refused > 1000, "{allowed} {refused}");
    // Each of the two for the methods that are not safe, with Sec-Fetch-Site absent or empty; and the first with any
    // `Host` if the target names the host.
    assert_eq!(stricter, (2 + HOSTS.len()) * 8 * 2);
}
