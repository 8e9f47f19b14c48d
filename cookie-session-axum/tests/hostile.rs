//! Foreign cookies of any bytes do no harm, over a plain socket.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use axum::Router;
use axum::routing::get;
use cookie_session_axum::{CookieSession, CookieSessionError, SessionLayer};
use support::{Server, cookie, sessions};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::test]
async fn foreign_cookies_never_matter() {
    let app = Router::new()
        .route(
            "/",
            get(async |session: CookieSession| {
                session.insert("theme", "dark")?;
                Ok::<_, CookieSessionError>(session.get::<String>("user")?.unwrap_or("nobody".into()))
            }),
        )
        .layer(SessionLayer::new(sessions()));
    let server = Server::start(app).await;
    let valid = cookie(&sessions(), "user", "ada");

    let all_bytes: Vec<u8> = (0x20..=0xff).filter(|byte| ![0x7f, b';'].contains(byte)).collect();
    let foreign: &[&[u8]] = &[
        b"",
        b";",
        b"=",
        b"no-equals-sign",
        b"=nameless",
        b"a=\xff\xfe\x80",
        b"\xc3\x28=\xf0\x28\x8c\x28",
        b"a=%db%00%0d%0aSet-Cookie: x=y",
        b"a=\"b; c=\\\"d",
        b"\"",
        b"\xc2\xa0__Host-session=x.y.z",
        b"__host-session=x.y.z",
        b"__Host-session",
        b"__Host-session=",
        b"__Host-session=..",
        b"__Host-session=\xff.\xff.\xff",
        b"__Host-session=\"\"; __Host-session=a.b.c; __Host-session",
        &b";".repeat(4096),
        &b"a=b; ".repeat(1000),
        &b"__Host-session=.; ".repeat(500),
        &b"x".repeat(8192),
        &all_bytes,
    ];
    for foreign in foreign {
        let around: [Vec<u8>; 5] = [
            [b"Cookie: ", *foreign, b"; ", valid.as_bytes()].concat(),
            [b"Cookie: ", valid.as_bytes(), b"; ", *foreign].concat(),
            [b"Cookie: ", *foreign, b"; ", valid.as_bytes(), b"; ", *foreign].concat(),
            [b"Cookie: ", *foreign, b"\r\nCookie: ", valid.as_bytes()].concat(),
            [b"cookie:", valid.as_bytes(), b"\r\nCOOKIE:", *foreign].concat(),
        ];
        for lines in around {
            let (head, body) = exchange(&server, &lines).await;
            let text = foreign.escape_ascii();
            assert!(head.starts_with("HTTP/1.1 200 "), "{text}: {head}");
            assert_eq!(body, "ada", "{text}");
        }
        let (head, body) = exchange(&server, &[b"Cookie: ", *foreign].concat()).await;
        assert!(head.starts_with("HTTP/1.1 200 "), "{}: {head}", foreign.escape_ascii());
        assert_eq!(body, "nobody", "{}", foreign.escape_ascii());
    }
}

/// Sends a request with these lines and returns the head and the body of the
/// response.
async fn exchange(server: &Server, lines: &[u8]) -> (String, String) {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let request =
        [b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n", lines, b"\r\n\r\n"].concat();
    stream.write_all(&request).await.unwrap();
    let mut response = Vec::new();
    stream.read_to_end(&mut response).await.unwrap();
    let response = String::from_utf8(response).unwrap();
    let (head, body) = response.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}
