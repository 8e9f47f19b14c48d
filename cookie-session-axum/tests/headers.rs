//! The response has the headers that its session needs, beside its own.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod support;

use axum::Router;
use axum::extract::Path;
use axum::response::AppendHeaders;
use axum::routing::get;
use cookie_session_axum::{CookieSession, CookieSessionError, SessionLayer};
use http::Request;
use support::{KEY, OTHER_KEY, Server, VERSIONS, cookie, keys, sessions};
use tower::{Layer, ServiceExt};

fn act(session: &CookieSession, action: &str) -> Result<(), CookieSessionError> {
    match action {
        "untouched" => {}
        "read" => drop(session.get::<String>("user")?),
        "changed" => session.insert("user", "eve")?,
        "unchanged" => session.insert("user", "ada")?,
        "cleared" => session.clear()?,
        _ => panic!("unknown action"),
    }
    Ok(())
}

#[tokio::test]
async fn merges_with_what_is_there() {
    let valid = cookie(&sessions(), "user", "ada");
    let app = Router::new()
        .route(
            "/{action}",
            get(async |Path(action): Path<String>, session: CookieSession| {
                act(&session, &action)?;
                let headers = AppendHeaders([
                    ("set-cookie", "a=1"),
                    ("set-cookie", "b=2"),
                    ("vary", "accept"),
                    ("vary", "origin"),
                    ("cache-control", "public"),
                    ("cache-control", "max-age=60"),
                    ("cdn-cache-control", "max-age=60"),
                    ("surrogate-control", "max-age=60"),
                ]);
                Ok::<_, CookieSessionError>((headers, "body"))
            }),
        )
        .layer(SessionLayer::new(sessions()));
    let server = Server::start(app).await;

    let kept: (&[&str], &[&str], &[&str]) =
        (&["accept", "origin"], &["public", "max-age=60"], &["max-age=60"]);
    let varied: (&[&str], &[&str], &[&str]) =
        (&["accept, origin, Cookie"], &["public", "max-age=60"], &["max-age=60"]);
    let private: (&[&str], &[&str], &[&str]) = (&["accept, origin, Cookie"], &["max-age=60, private"], &[]);
    let no_store: (&[&str], &[&str], &[&str]) =
        (&["accept, origin, Cookie"], &["max-age=60, private, no-store"], &[]);
    // Action, whether a cookie is presented, (Vary, Cache-Control, CDN-Cache-Control), own lines of Set-Cookie.
    let table = [
        ("untouched", true, kept, 0),
        ("read", false, varied, 0),
        ("read", true, private, 0),
        ("unchanged", true, private, 0),
        ("changed", false, no_store, 1),
        ("changed", true, no_store, 1),
        ("cleared", false, varied, 0),
        ("cleared", true, no_store, 1),
    ];
    for version in VERSIONS {
        for (action, presented, (vary, cache_control, cdn), lines) in table {
            let presented: &[&str] = if presented { &[&valid] } else { &[] };
            let reply = server.get(version, &format!("/{action}"), presented).await;
            assert_eq!(reply.text(), "body");
            assert_eq!(reply.all("vary"), vary, "{action}");
            assert_eq!(reply.all("cache-control"), cache_control, "{action}");
            assert_eq!(reply.all("cdn-cache-control"), cdn, "{action}");
            assert_eq!(reply.all("surrogate-control"), cdn, "{action}");
            let set = reply.all("set-cookie");
            assert_eq!(set.get(..2).unwrap(), ["a=1", "b=2"], "{action}");
            assert_eq!(set.len(), 2 + lines, "{action}");
            if lines > 0 {
                assert!(set[2].starts_with("__Host-session="), "{action}");
                assert_eq!(set[2].contains("; Max-Age=0"), action == "cleared", "{action}");
            }
        }
    }
}

#[tokio::test]
async fn finds_the_session_on_any_line_of_the_header() {
    let valid = cookie(&sessions(), "user", "ada");
    let app = Router::new()
        .route(
            "/",
            get(async |session: CookieSession| {
                Ok::<_, CookieSessionError>(session.get::<String>("user")?.unwrap())
            }),
        )
        .layer(SessionLayer::new(sessions()));
    let server = Server::start(app).await;
    let both = format!("theme=dark; {valid}; lang=en");
    let lines: [&[&str]; 4] =
        [&[&valid], &["theme=dark", "lang=en", &valid], &[&valid, "theme=dark"], &["a=b", &both, "c"]];
    for version in VERSIONS {
        for lines in lines {
            assert_eq!(server.get(version, "/", lines).await.text(), "ada");
        }
    }
}

#[tokio::test]
async fn every_rejection_looks_like_no_cookie() {
    let app = Router::new()
        .route(
            "/",
            get(async |session: CookieSession| {
                Ok::<_, CookieSessionError>(format!("{:?}", session.get::<u8>("n")?))
            }),
        )
        .layer(SessionLayer::new(sessions()));
    let server = Server::start(app).await;
    let at = |seconds| {
        let clock = move || std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
        cookie(&support::builder().clock(clock).build().unwrap(), "n", 1)
    };
    let other_key = cookie(&cookie_session::Sessions::builder(keys(OTHER_KEY)).build().unwrap(), "n", 1);
    let codec = cookie_session::Codec::new(&keys(KEY), "x", std::time::Duration::from_secs(60)).unwrap();
    let other_salt = format!("__Host-session={}", codec.encode(&1).unwrap());
    let long = format!("__Host-session={}", "a".repeat(5000));
    let (expired, future) = (at(1_000_000_000), at(9_000_000_000));
    let table: [&[&str]; 8] = [
        &[&expired],
        &[&future],
        &[&other_key],
        &[&other_salt],
        &[&long],
        &["__Host-session=a.b.c"],
        &["__Host-session="],
        &[&expired, &other_key],
    ];
    for version in VERSIONS {
        let mut none = server.get(version, "/", &[]).await;
        none.headers.remove("date");
        assert_eq!(none.text(), "None");
        for cookies in table {
            let mut reply = server.get(version, "/", cookies).await;
            reply.headers.remove("date");
            assert_eq!((reply.status, &reply.headers, &reply.body), (none.status, &none.headers, &none.body));
        }
    }
}

#[tokio::test]
async fn the_cookie_is_marked_as_sensitive() {
    let service = SessionLayer::new(sessions()).layer(tower::service_fn(async |request: Request<()>| {
        <CookieSession>::from_extensions(request.extensions()).unwrap().insert("user", "ada").unwrap();
        Ok::<_, std::convert::Infallible>(http::Response::new(()))
    }));
    let response = service.oneshot(Request::new(())).await.unwrap();
    assert!(response.headers()["set-cookie"].is_sensitive());
    assert_eq!(response.headers().get_all("set-cookie").iter().count(), 1);
}
