//! A tower service that is not axum's has sessions too, with a body type of its
//! own.

#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "a test may panic")]

mod support;

use std::convert::Infallible;
use std::task::{Context, Poll, Waker};

use cookie_session_axum::{CookieSession, CookieSessionError, SessionLayer};
use http::{Request, Response, StatusCode, Version};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;
use support::{VERSIONS, sessions};
use tokio::io::duplex;
use tower::{Layer, Service, service_fn};

async fn count(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let count = || -> Result<u32, CookieSessionError> {
        let session = <CookieSession>::from_extensions(request.extensions())?;
        session.update("visits", |visits: &mut u32| {
            *visits += 1;
            *visits
        })
    };
    Ok(match count() {
        Ok(visits) => Response::new(visits.to_string().into()),
        Err(_) => {
            let mut response = Response::default();
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            response
        }
    })
}

#[tokio::test]
async fn a_plain_hyper_service_has_sessions() {
    for version in VERSIONS {
        let mut cookie = None;
        for visit in 1..=3 {
            let (client, server) = duplex(1 << 16);
            let service = SessionLayer::new(sessions()).layer(service_fn(count));
            let service = TowerToHyperService::new(service);
            tokio::spawn(async move {
                let io = TokioIo::new(server);
                if version == Version::HTTP_2 {
                    http2::Builder::new(TokioExecutor::new()).serve_connection(io, service).await
                } else {
                    http1::Builder::new().serve_connection(io, service).await
                }
            });
            let response = get(client, version, cookie.as_deref()).await;
            let line = response.headers()["set-cookie"].to_str().unwrap();
            cookie = Some(line.split(';').next().unwrap().to_owned());
            let body = http_body_util::BodyExt::collect(response.into_body()).await.unwrap().to_bytes();
            assert_eq!(body, visit.to_string());
        }
    }
}

/// Says that it has no room, or that it never will.
struct Busy(Poll<Result<(), &'static str>>);

impl Service<Request<()>> for Busy {
    type Response = Response<()>;
    type Error = &'static str;
    type Future = std::future::Ready<Result<Response<()>, &'static str>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), &'static str>> {
        self.0
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        std::future::ready(Ok(Response::new(())))
    }
}

#[test]
fn is_ready_when_the_service_inside_is() {
    for inside in [Poll::Pending, Poll::Ready(Err("closed")), Poll::Ready(Ok(()))] {
        let mut service = SessionLayer::new(sessions()).layer(Busy(inside));
        let mut context = Context::from_waker(Waker::noop());
        assert_eq!(service.poll_ready(&mut context), inside);
    }
}

async fn get(io: tokio::io::DuplexStream, version: Version, cookie: Option<&str>) -> Response<Incoming> {
    let mut request = Request::get("http://localhost/").version(version);
    if let Some(cookie) = cookie {
        request = request.header("cookie", cookie);
    }
    let request = request.body(Full::<Bytes>::default()).unwrap();
    let io = TokioIo::new(io);
    if version == Version::HTTP_2 {
        let (mut sender, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await.unwrap();
        tokio::spawn(connection);
        sender.send_request(request).await.unwrap()
    } else {
        let (mut sender, connection) = hyper::client::conn::http1::handshake(io).await.unwrap();
        tokio::spawn(connection);
        sender.send_request(request).await.unwrap()
    }
}
