//! A server and a client on loopback, over HTTP/1.1 and HTTP/2.

#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use axum::Router;
use cookie_session::{Builder, KeyRing, Sessions};
use http::header::{COOKIE, HOST, SET_COOKIE};
use http::{HeaderMap, HeaderName, Request, StatusCode, Uri, Version};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

pub const VERSIONS: [Version; 2] = [Version::HTTP_11, Version::HTTP_2];

pub const KEY: &str = "+wjZkmMH6zpXOe0YLUN7BgPrD+lXS9+/TYkhgP0tOoc=";
pub const OTHER_KEY: &str = "2yEZsXhFVpM2hZkDFuVgE1n0tL8mQ4cGm1r3b6yKx9A=";

pub fn keys(text: &str) -> KeyRing {
    text.parse().unwrap()
}

pub fn builder() -> Builder {
    Sessions::builder(keys(KEY))
}

pub fn sessions() -> Sessions {
    builder().build().unwrap()
}

/// Returns `name=value` of a session that holds this value.
pub fn cookie(sessions: &Sessions, key: &str, value: impl serde::Serialize) -> String {
    let mut session = sessions.start();
    session.insert(key, value).unwrap();
    sessions.save(session).unwrap().cookie_pair().unwrap().to_owned()
}

/// A clock that is set by hand and counts how often it is read.
#[derive(Clone)]
pub struct Clock {
    seconds: Arc<AtomicU64>,
    readings: Arc<AtomicUsize>,
}

impl Clock {
    pub fn new() -> Self {
        Self { seconds: Arc::new(1_750_000_000.into()), readings: Arc::default() }
    }

    pub fn builder(&self, builder: Builder) -> Builder {
        let clock = self.clone();
        builder.clock(move || {
            clock.readings.fetch_add(1, Ordering::SeqCst);
            clock.time()
        })
    }

    pub fn time(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(self.seconds.load(Ordering::SeqCst))
    }

    pub fn advance(&self, seconds: u64) {
        self.seconds.fetch_add(seconds, Ordering::SeqCst);
    }

    /// Returns how often the clock was read since this was asked last.
    pub fn readings(&self) -> usize {
        self.readings.swap(0, Ordering::SeqCst)
    }
}

/// A server that ends with the test.
pub struct Server {
    pub address: SocketAddr,
    task: JoinHandle<()>,
}

impl Server {
    pub async fn start(app: Router) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { address, task }
    }

    /// Gets a page with these lines of the Cookie header.
    pub async fn get(&self, version: Version, path: &str, cookies: &[&str]) -> Reply {
        self.try_get(version, path, cookies).await.unwrap()
    }

    pub async fn try_get(&self, version: Version, path: &str, cookies: &[&str]) -> hyper::Result<Reply> {
        let mut request = Request::new(Full::default());
        *request.uri_mut() = path.parse().unwrap();
        for line in cookies {
            request.headers_mut().append(COOKIE, line.parse().unwrap());
        }
        self.send(version, request).await
    }

    /// Sends a request over a connection of its own.
    pub async fn send(&self, version: Version, request: Request<Full<Bytes>>) -> hyper::Result<Reply> {
        let (parts, body) = self.send_head(version, request).await?.into_parts();
        let body = body.collect().await?.to_bytes();
        Ok(Reply { status: parts.status, headers: parts.headers, body })
    }

    /// Sends a request and returns as soon as the head of the response is here.
    pub async fn send_head(
        &self,
        version: Version,
        mut request: Request<Full<Bytes>>,
    ) -> hyper::Result<http::Response<hyper::body::Incoming>> {
        let io = TokioIo::new(TcpStream::connect(self.address).await.unwrap());
        *request.version_mut() = version;
        if version == Version::HTTP_2 {
            let path = request.uri().path_and_query().unwrap().clone();
            *request.uri_mut() = Uri::builder()
                .scheme("http")
                .authority(self.address.to_string())
                .path_and_query(path)
                .build()
                .unwrap();
            let (mut sender, connection) = http2::handshake(TokioExecutor::new(), io).await?;
            tokio::spawn(connection);
            sender.send_request(request).await
        } else {
            request.headers_mut().insert(HOST, self.address.to_string().parse().unwrap());
            let (mut sender, connection) = http1::handshake(io).await?;
            tokio::spawn(connection);
            sender.send_request(request).await
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Reply {
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// Returns all values of a header.
    pub fn all(&self, name: impl TryInto<HeaderName>) -> Vec<&str> {
        let Ok(name) = name.try_into() else { panic!("no name of a header") };
        self.headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect()
    }

    /// Returns `name=value` of the only cookie that is set.
    #[track_caller]
    pub fn cookie(&self) -> &str {
        match self.all(SET_COOKIE)[..] {
            [line] => line.split(';').next().unwrap(),
            ref lines => panic!("{} cookies", lines.len()),
        }
    }

    /// Checks that this is the answer to whatever went wrong.
    #[track_caller]
    pub fn assert_is_empty_500(&self) {
        assert_eq!(self.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(self.text(), "");
        assert_eq!(self.all("cache-control"), ["no-store"]);
        assert_eq!(self.all("set-cookie"), [""; 0]);
        for name in self.headers.keys() {
            assert!(["cache-control", "content-length", "date"].contains(&name.as_str()), "{name}");
        }
    }
}
