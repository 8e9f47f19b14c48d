//! Behind a cache that visitors share, nobody gets another's cookie or page.

#![allow(dead_code, missing_docs, unreachable_pub, reason = "shared with others")]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

#[path = "../../tests/support/cache.rs"]
mod cache;
mod support;

use axum::Router;
use axum::extract::Path;
use axum::response::{AppendHeaders, IntoResponse};
use axum::routing::get;
use cache::{Headers, Response, SharedCache};
use cookie_session_axum::{CookieSession, CookieSessionError, SessionLayer};
use support::{Clock, Server, VERSIONS, builder, cookie};

/// What a handler may say about caching by itself, each worse than the one
/// before.
const OWN: [&[(&str, &str)]; 5] = [
    &[],
    &[("cache-control", "public, max-age=3600")],
    &[("cache-control", "s-maxage=3600, immutable"), ("vary", "accept-encoding")],
    &[("cache-control", "public, max-age=60"), ("cdn-cache-control", "public, max-age=3600")],
    &[
        ("cache-control", "private"),
        ("surrogate-control", "max-age=3600"),
        ("cdn-cache-control", "max-age=3600"),
    ],
];

async fn page(
    session: CookieSession,
    Path((action, own)): Path<(String, usize)>,
) -> Result<impl IntoResponse, CookieSessionError> {
    let user: Option<String> = session.get("user")?;
    match action.as_str() {
        "change" => session.insert("seen", true)?,
        "clear" => session.clear()?,
        "fail" => session.insert("nan", f64::NAN)?,
        _ => {}
    }
    Ok((AppendHeaders(OWN[own].iter().copied()), format!("page of {}", user.as_deref().unwrap_or("nobody"))))
}

#[tokio::test]
async fn no_visitor_gets_the_cookie_or_the_page_of_another() {
    let clock = Clock::new();
    let sessions = clock.builder(builder()).build().unwrap();
    let visitors = ["ada", "grace"].map(|name| (name, cookie(&sessions, "user", name)));
    clock.advance(30);
    let app = Router::new()
        .route("/{action}/{own}", get(page))
        .route(
            "/static/{own}",
            get(async || ([("cache-control", "public, max-age=3600")], "the same for everybody")),
        )
        .layer(SessionLayer::new(sessions));
    let server = Server::start(app).await;

    let mut hits = 0;
    for version in VERSIONS {
        for ignores_vary in [false, true] {
            for action in ["read", "change", "clear", "fail", "static"] {
                for own in 0..OWN.len() {
                    let mut cache =
                        if ignores_vary { SharedCache::that_ignores_vary() } else { SharedCache::new() };
                    let path = format!("/{action}/{own}");
                    for (name, cookie) in visitors.iter().chain(&visitors) {
                        let request: Headers = vec![("cookie".into(), cookie.clone())];
                        let (reply, asked) = through(&mut cache, &server, version, &path, &request).await;
                        hits += usize::from(!asked);
                        let context = format!("{name} {path} {ignores_vary}: {reply:?}");
                        match action {
                            "static" => assert_eq!(reply.body, "the same for everybody", "{context}"),
                            "fail" => assert_eq!((reply.status, reply.body.as_str()), (500, ""), "{context}"),
                            _ => assert_eq!(reply.body, format!("page of {name}"), "{context}"),
                        }
                        let sets = reply.headers.iter().any(|(name, _)| name == "set-cookie");
                        assert!(asked || !sets, "a cookie from the store: {context}");
                    }
                    // Whoever comes without a cookie gets the page of nobody.
                    if action == "read" {
                        let (reply, _) = through(&mut cache, &server, version, &path, &Headers::new()).await;
                        assert_eq!(reply.body, "page of nobody");
                    }
                }
            }
        }
    }
    assert!(hits > 0, "the cache does store what it may");
}

/// Asks the cache, and the server where the cache would; says whether it did.
async fn through(
    cache: &mut SharedCache,
    server: &Server,
    version: http::Version,
    path: &str,
    request: &Headers,
) -> (Response, bool) {
    // The model asks its origin at once, so the answer is fetched before.
    let lines: Vec<&str> = request.iter().map(|(_, value)| value.as_str()).collect();
    let reply = server.get(version, path, &lines).await;
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let fresh = Response {
        status: reply.status.as_u16(),
        headers: reply.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
        body: reply.text().to_owned(),
    };
    let mut asked = false;
    let response = cache.get(path, request, NOW, || {
        asked = true;
        fresh
    });
    (response, asked)
}

const NOW: u64 = 1_750_000_000;
