//! A route that never asks for the session costs nothing and stays cacheable.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use axum::Router;
use axum::routing::get;
use cookie_session_axum::{CookieSession, CookieSessionError, SessionData, SessionLayer};
use serde::{Deserialize, Serialize};
use support::{Clock, Server, VERSIONS, builder, cookie};

const PUBLIC: [(&str, &str); 3] =
    [("cache-control", "public, max-age=60"), ("vary", "accept"), ("cdn-cache-control", "max-age=60")];

#[derive(Default, Serialize, Deserialize)]
struct Data {
    user: Option<String>,
    visits: u32,
}

async fn plain() -> ([(&'static str, &'static str); 3], &'static str) {
    (PUBLIC, "plain")
}

async fn extracted(_session: CookieSession) -> ([(&'static str, &'static str); 3], &'static str) {
    (PUBLIC, "extracted")
}

async fn read(
    session: CookieSession,
) -> Result<([(&'static str, &'static str); 3], String), CookieSessionError> {
    Ok((PUBLIC, session.get::<String>("user")?.unwrap_or_default()))
}

async fn data(SessionData(data): SessionData<Data>) -> ([(&'static str, &'static str); 3], String) {
    (PUBLIC, data.user.unwrap_or_default())
}

#[tokio::test]
async fn only_a_use_of_the_session_opens_it() {
    let clock = Clock::new();
    let sessions = clock.builder(builder()).build().unwrap();
    let valid = cookie(&sessions, "user", "ada");
    // A refresh is due, so a session that was opened would set the cookie.
    clock.advance(60 * 60);
    clock.readings();
    let app = Router::new()
        .route("/plain", get(plain))
        .route("/extracted", get(extracted))
        .route("/read", get(read))
        .route("/data", get(data))
        .layer(SessionLayer::new(sessions));
    let server = Server::start(app).await;

    // Path, body, whether the session is opened.
    let table = [
        ("/plain", "plain", false),
        ("/extracted", "extracted", false),
        ("/read", "ada", true),
        ("/data", "ada", true),
    ];
    for version in VERSIONS {
        for (path, body, opened) in table {
            let reply = server.get(version, path, &[&valid]).await;
            assert_eq!(reply.text(), body);
            // The clock is read only after a signature was found to be right.
            assert_eq!(clock.readings(), usize::from(opened), "{path}");
            if opened {
                assert_eq!(reply.all("vary"), ["accept, Cookie"], "{path}");
                assert_eq!(reply.all("cache-control"), ["max-age=60, private, no-store"], "{path}");
                assert_eq!(reply.all("cdn-cache-control"), [""; 0], "{path}");
                assert_eq!(reply.all("set-cookie").len(), 1, "{path}");
            } else {
                for (name, value) in PUBLIC {
                    assert_eq!(reply.all(name), [value], "{path}");
                }
                assert_eq!(reply.all("set-cookie"), [""; 0], "{path}");
            }
        }
    }
}

#[tokio::test]
async fn a_typed_session_needs_nothing_to_be_there() {
    async fn visit(
        SessionData(before): SessionData<Data>,
        session: CookieSession,
    ) -> Result<String, CookieSessionError> {
        let mut data: Data = session.read_or_default()?;
        data.visits += 1;
        session.merge(&data)?;
        Ok(format!("{} {:?}", before.visits, session.keys()?))
    }
    let sessions = builder().build().unwrap();
    let others = cookie(&sessions, "csrf", "x");
    let app = Router::new().route("/", get(visit)).layer(SessionLayer::new(sessions));
    let server = Server::start(app).await;
    let reply = server.get(VERSIONS[0], "/", &[]).await;
    assert_eq!((reply.status.as_u16(), reply.text()), (200, r#"0 ["user", "visits"]"#));
    let reply = server.get(VERSIONS[0], "/", &[&others]).await;
    assert_eq!(reply.text(), r#"0 ["csrf", "user", "visits"]"#);
    let line = reply.all("set-cookie")[0];
    let reply = server.get(VERSIONS[0], "/", &[line.split_once(';').unwrap().0]).await;
    assert_eq!(reply.text(), r#"1 ["csrf", "user", "visits"]"#);
}

#[tokio::test]
async fn many_uses_open_once() {
    let clock = Clock::new();
    let sessions = clock.builder(builder()).build().unwrap();
    let valid = cookie(&sessions, "user", "ada");
    clock.readings();
    let many = async |session: CookieSession, other: CookieSession, SessionData(_): SessionData<Data>| {
        for _ in 0..10 {
            session.get::<String>("user")?;
            other.clone().insert("theme", "dark")?;
        }
        Ok::<_, CookieSessionError>("")
    };
    let app = Router::new().route("/", get(many)).layer(SessionLayer::new(sessions));
    let server = Server::start(app).await;
    let reply = server.get(VERSIONS[0], "/", &[&valid]).await;
    assert_eq!(reply.all("set-cookie").len(), 1);
    assert_eq!(clock.readings(), 1);
}
