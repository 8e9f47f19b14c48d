//! Every rule of the checklist for adapters holds.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::panic::resume_unwind;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use cookie_session_adapter::conformance::{Answer, Page, Request as Sent, Site};
use cookie_session_axum::{CookieSession, CookieSessionError, SessionLayer};
use http::header::COOKIE;
use http::{HeaderValue, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use support::{Server, VERSIONS};
use tower_http::timeout::TimeoutLayer;

enum Admin {}

fn answer(page: Page) -> Response {
    let mut response = page.body.into_response();
    response.headers_mut().clear();
    *response.status_mut() = StatusCode::from_u16(page.status).unwrap();
    for (name, value) in page.headers {
        response.headers_mut().append(name, HeaderValue::from_static(value));
    }
    response
}

type Answered = Result<Response, CookieSessionError>;

async fn act(session: CookieSession, State(site): State<Site>, Path(action): Path<String>) -> Answered {
    Ok(answer(site.act(&session, &action)?))
}

async fn act_both(
    shop: CookieSession,
    admin: CookieSession<Admin>,
    State(site): State<Site>,
    Path(action): Path<String>,
) -> Answered {
    Ok(answer(site.act_both(&shop, &admin, &action)?))
}

async fn stream(session: CookieSession, State(site): State<Site>) -> Body {
    let _held = site.begin(&session);
    let (mut sender, body) = http_body_util::Channel::<hyper::body::Bytes>::new(1);
    tokio::spawn(async move {
        // On one thread the head is ready before this begins.
        tokio::task::yield_now().await;
        sender.send_data(site.late(&session).into()).await.unwrap();
    });
    Body::new(body)
}

async fn panic(session: CookieSession, State(site): State<Site>) {
    let _held = site.begin(&session);
    resume_unwind(Box::new("on purpose"));
}

async fn slow(session: CookieSession, State(site): State<Site>) {
    let _held = site.begin(&session);
    std::future::pending::<()>().await;
}

fn app(site: &Site) -> Router {
    let acting = || Router::new().route("/{action}", get(act));
    let shop = || SessionLayer::new(site.shop());
    let admin = || SessionLayer::<Admin>::for_cookie(site.admin());
    let brief = TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, Duration::from_millis(20));
    Router::new()
        .merge(Router::new().route("/slow", get(slow)).layer(shop()).layer(brief))
        .nest("/shop", acting().layer(shop()))
        .nest("/small", acting().layer(SessionLayer::new(site.small())))
        .nest("/none", acting())
        .nest("/twice", acting().layer(shop()).layer(shop()))
        .nest("/between", acting().layer(shop()).layer(admin()).layer(shop()))
        .nest("/both", Router::new().route("/{action}", get(act_both)).layer(admin()).layer(shop()))
        .route("/plain", get(async |State(site): State<Site>| answer(site.plain())).layer(shop()))
        .route("/panic", get(panic).layer(shop()))
        .route("/stream", get(stream).layer(shop()))
        .with_state(site.clone())
}

#[tokio::test]
async fn keeps_every_rule() {
    for version in VERSIONS {
        let site = Site::new().unwrap();
        let server = Server::start(app(&site)).await;
        let exchange = async |sent: Sent| {
            let mut request = Request::get(sent.path).body(Full::default()).unwrap();
            for line in sent.cookies {
                request.headers_mut().append(COOKIE, HeaderValue::from_bytes(&line).unwrap());
            }
            let (head, body) = server.send_head(version, request).await.ok()?.into_parts();
            let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
            Some(Answer {
                status: head.status.as_u16(),
                headers: head.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
                body: String::from_utf8_lossy(&body.collect().await.ok()?.to_bytes()).into_owned(),
            })
        };
        let broken = site.check(exchange).await;
        assert!(broken.is_empty(), "{version:?}: {broken:#?}");
    }
}
