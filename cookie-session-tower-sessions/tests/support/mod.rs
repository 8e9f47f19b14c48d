//! A browser for one router, and the sessions of these tests.

#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]
#![allow(clippy::expect_used, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use axum::Router;
use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use cookie_session::{Builder, KeyRing, SecretKey, Sessions};
use http_body_util::BodyExt;
use tower::ServiceExt;

pub const NOW: u64 = 1_750_000_000;

#[derive(Clone)]
pub struct Clock(Arc<AtomicU64>);

impl Clock {
    pub fn advance(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::Relaxed);
    }
}

pub fn builder() -> (Builder, Clock) {
    let clock = Clock(Arc::new(NOW.into()));
    let hand = clock.clone();
    let keys = KeyRing::new(SecretKey::generate().expect("the system has random bytes"));
    let read = move || {
        UNIX_EPOCH.checked_add(Duration::from_secs(hand.0.load(Ordering::Relaxed))).unwrap_or(UNIX_EPOCH)
    };
    (Sessions::builder(keys).clock(read), clock)
}

pub fn encrypted() -> (Sessions, Clock) {
    let (builder, clock) = builder();
    (builder.encrypted().build().expect("the defaults are safe"), clock)
}

#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn set_cookies(&self) -> Vec<&str> {
        let lines = self.headers.get_all(SET_COOKIE).iter();
        lines.map(|line| line.to_str().expect("a Set-Cookie line is text")).collect()
    }
}

#[derive(Clone)]
pub struct Browser {
    app: Router,
    pub cookies: BTreeMap<String, String>,
}

impl Browser {
    pub fn new(app: Router) -> Self {
        Self { app, cookies: BTreeMap::new() }
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, "").await
    }

    pub async fn post(&mut self, path: &str, form: &'static str) -> Answer {
        self.send(Method::POST, path, form).await
    }

    async fn send(&mut self, method: Method, path: &str, form: &'static str) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if !self.cookies.is_empty() {
            let pairs: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header(COOKIE, pairs.join("; "));
        }
        let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let request = request.body(Body::from(form)).expect("a request");
        let response = self.app.clone().oneshot(request).await.expect("a router does not fail");
        let (head, body) = response.into_parts();
        let body = body.collect().await.expect("a whole body").to_bytes();
        let body = String::from_utf8(body.to_vec()).expect("text");
        let answer = Answer { status: head.status, headers: head.headers, body };
        for line in answer.set_cookies() {
            let (name, value) = line.split(';').next().and_then(|pair| pair.split_once('=')).expect("a pair");
            if line.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }
}
