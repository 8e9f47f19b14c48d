//! The sessions of the tests of the bridge, and a browser for one service.

#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use actix_http::Request;
use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{COOKIE, HeaderMap, SET_COOKIE};
use actix_web::test::TestRequest;
use cookie_session::{Builder, KeyRing, SecretKey, Sessions};

#[derive(Clone)]
pub struct Clock(Arc<AtomicU64>);

impl Clock {
    pub fn advance(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::Relaxed);
    }
}

pub fn builder() -> (Builder, Clock) {
    let clock = Clock(Arc::new(1_750_000_000.into()));
    let hand = clock.clone();
    let read = move || UNIX_EPOCH.checked_add(Duration::from_secs(hand.0.load(Ordering::Relaxed))).unwrap();
    (Sessions::builder(KeyRing::new(SecretKey::generate().unwrap())).clock(read), clock)
}

pub fn encrypted() -> (Sessions, Clock) {
    let (builder, clock) = builder();
    (builder.encrypted().build().unwrap(), clock)
}

/// A browser's cookies.
#[derive(Clone, Default)]
pub struct Jar(pub BTreeMap<String, String>);

impl Jar {
    pub fn pairs(&self) -> Vec<String> {
        self.0.iter().map(|(name, value)| format!("{name}={value}")).collect()
    }

    /// Keeps what a response sets, and returns the lines that do.
    pub fn keep(&mut self, headers: &HeaderMap) -> Vec<String> {
        let lines: Vec<_> =
            headers.get_all(SET_COOKIE).map(|line| line.to_str().unwrap().to_owned()).collect();
        for line in &lines {
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            if line.contains("Max-Age=0") {
                self.0.remove(name);
            } else {
                self.0.insert(name.into(), value.into());
            }
        }
        lines
    }

    pub async fn get<S, B>(&mut self, app: &S, path: &str) -> (StatusCode, String, HeaderMap)
    where
        S: Service<Request, Response = ServiceResponse<B>, Error = Error>,
        B: MessageBody,
    {
        let mut request = TestRequest::get().uri(path);
        if !self.0.is_empty() {
            request = request.insert_header((COOKIE, self.pairs().join("; ")));
        }
        let (status, headers, body) = match app.call(request.to_request()).await {
            Ok(response) => {
                let (status, headers) = (response.status(), response.headers().clone());
                let body = actix_web::body::to_bytes(response.into_body()).await.ok().unwrap();
                (status, headers, body)
            }
            Err(error) => {
                let response = error.error_response();
                let (status, headers) = (response.status(), response.headers().clone());
                (status, headers, actix_web::body::to_bytes(response.into_body()).await.unwrap())
            }
        };
        self.keep(&headers);
        (status, String::from_utf8(body.to_vec()).unwrap(), headers)
    }

    pub async fn body<S, B>(&mut self, app: &S, path: &str) -> String
    where
        S: Service<Request, Response = ServiceResponse<B>, Error = Error>,
        B: MessageBody,
    {
        self.get(app, path).await.1
    }
}
