//! A server on loopback and a client that speaks both HTTP/1.1 and HTTP/2 to
//! it.

#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]
#![allow(clippy::arithmetic_side_effects, clippy::expect_used, clippy::panic, reason = "a test may panic")]

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

use actix_web::dev::ServerHandle;
use actix_web::rt::System;
use actix_web::web::{Bytes, ServiceConfig};
use actix_web::{App, HttpServer};
use cookie_session::{Builder, KeyRing, SecretKey, Session, Sessions};
use http_body_util::{BodyExt, Empty};
use hyper::header::{COOKIE, HeaderName, HeaderValue, SET_COOKIE};
use hyper::{HeaderMap, Request, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;

/// A server that ends with the test.
pub struct Server {
    pub address: SocketAddr,
    handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Serves what `configure` says, with two workers.
    pub fn start(configure: impl Fn(&mut ServiceConfig) + Clone + Send + 'static) -> Self {
        let (sender, receiver) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            System::new().block_on(async move {
                let server = HttpServer::new(move || App::new().configure(configure.clone()))
                    .workers(2)
                    .disable_signals()
                    .shutdown_timeout(1)
                    .bind_auto_h2c((Ipv4Addr::LOCALHOST, 0))
                    .expect("a free port");
                let address = *server.addrs().first().expect("an address");
                let server = server.run();
                sender.send((address, server.handle())).expect("the test waits");
                server.await.expect("the server runs");
            });
        });
        let (address, handle) = receiver.recv_timeout(Duration::from_secs(20)).expect("the server starts");
        Self { address, handle, thread: Some(thread) }
    }

    pub async fn connect(&self, protocol: Protocol) -> Client {
        let stream = TcpStream::connect(self.address).await.expect("the server listens");
        let io = TokioIo::new(stream);
        match protocol {
            Protocol::Http1 => {
                let (sender, connection) = hyper::client::conn::http1::handshake(io).await.expect("HTTP/1.1");
                tokio::spawn(connection);
                Client::Http1(sender)
            }
            Protocol::Http2 => {
                let (sender, connection) =
                    hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await.expect("HTTP/2");
                tokio::spawn(connection);
                Client::Http2(sender)
            }
        }
    }

    /// Sends one request on a connection of its own.
    pub async fn get(&self, protocol: Protocol, path: &str, cookies: &[&str]) -> Reply {
        self.connect(protocol).await.get(path, cookies).await
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The command is sent at once; the future only waits for its answer.
        drop(self.handle.stop(false));
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(ended.is_ok() || std::thread::panicking(), "the server panicked");
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    Http1,
    Http2,
}

pub const PROTOCOLS: [Protocol; 2] = [Protocol::Http1, Protocol::Http2];

pub enum Client {
    Http1(hyper::client::conn::http1::SendRequest<Empty<Bytes>>),
    Http2(hyper::client::conn::http2::SendRequest<Empty<Bytes>>),
}

impl Client {
    pub async fn get(&mut self, path: &str, cookies: &[&str]) -> Reply {
        let lines: Vec<&[u8]> = cookies.iter().map(|line| line.as_bytes()).collect();
        self.try_get(path, &lines).await.expect("a response")
    }

    /// Sends each line as a Cookie header of its own.
    pub async fn try_get(&mut self, path: &str, cookies: &[&[u8]]) -> Result<Reply, hyper::Error> {
        let uri = match self {
            Self::Http1(_) => path.to_owned(),
            Self::Http2(_) => format!("http://localhost{path}"),
        };
        let mut request = Request::get(uri).body(Empty::new()).expect("a request");
        for line in cookies {
            let line = HeaderValue::from_bytes(line).expect("a header value");
            request.headers_mut().append(COOKIE, line);
        }
        let response = match self {
            Self::Http1(sender) => {
                request.headers_mut().insert("host", HeaderValue::from_static("localhost"));
                sender.send_request(request).await?
            }
            Self::Http2(sender) => sender.send_request(request).await?,
        };
        let (head, body) = response.into_parts();
        let body = body.collect().await?.to_bytes();
        Ok(Reply { status: head.status, headers: head.headers, body })
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
        std::str::from_utf8(&self.body).expect("text")
    }

    /// Returns all lines of a header.
    pub fn all(&self, name: impl AsRef<str>) -> Vec<String> {
        let name: HeaderName = name.as_ref().parse().expect("a header name");
        self.headers
            .get_all(name)
            .iter()
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
            .collect()
    }

    /// Returns the lines that set or remove a cookie of this name.
    pub fn set_cookies(&self, name: &str) -> Vec<String> {
        let start = format!("{name}=");
        self.all(SET_COOKIE).into_iter().filter(|line| line.starts_with(&start)).collect()
    }

    /// Returns `name=value` of the cookie that is set, as it is sent back.
    #[track_caller]
    pub fn cookie(&self, name: &str) -> String {
        match self.set_cookies(name).as_slice() {
            [line] => line.split(';').next().expect("a pair").to_owned(),
            lines => panic!("{} lines set {name}", lines.len()),
        }
    }

    /// Asserts an empty 500 that no cache keeps and that touches no cookie.
    #[track_caller]
    pub fn assert_failed(&self) {
        assert_eq!(self.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(self.body.is_empty(), "{:?}", self.body);
        assert_eq!(self.all("cache-control"), ["no-store"]);
        assert!(self.all(SET_COOKIE).is_empty());
        assert!(self.all("content-type").is_empty());
    }
}

/// Sessions whose clock is counted and can be set forward. The clock is read
/// once for a request whose cookie verifies or is written.
pub struct Counted {
    pub sessions: Sessions,
    readings: Arc<AtomicUsize>,
    ahead: Arc<AtomicU64>,
}

impl Counted {
    pub fn new(configure: impl FnOnce(Builder) -> Builder) -> Self {
        let (readings, ahead) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicU64::new(0)));
        let (count, seconds) = (Arc::clone(&readings), Arc::clone(&ahead));
        let builder = Sessions::builder(keys()).clock(move || {
            count.fetch_add(1, Ordering::SeqCst);
            SystemTime::now() + Duration::from_secs(seconds.load(Ordering::SeqCst))
        });
        Self { sessions: configure(builder).build().expect("it builds"), readings, ahead }
    }

    pub fn wait(&self, seconds: u64) {
        self.ahead.fetch_add(seconds, Ordering::SeqCst);
    }

    /// Returns how often the clock was read since the last call.
    pub fn readings(&self) -> usize {
        self.readings.swap(0, Ordering::SeqCst)
    }
}

pub fn keys() -> KeyRing {
    KeyRing::new(SecretKey::generate().expect("randomness"))
}

pub fn sessions() -> Sessions {
    Sessions::builder(keys()).build().expect("it builds")
}

/// Returns the cookie of a visitor whose session holds what the closure puts
/// into it.
pub fn cookie(sessions: &Sessions, fill: impl FnOnce(&mut Session)) -> String {
    let mut session = sessions.start();
    fill(&mut session);
    let commit = sessions.save(session).expect("it fits");
    commit.cookie_pair().expect("it holds something").to_owned()
}

pub const NAME: &str = "__Host-session";
