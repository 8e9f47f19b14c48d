//! What ends a request before its handler does, inside of the layer and
//! outside of it: half of what a handler does is never saved.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::panic::resume_unwind;
use std::time::Duration;

use axum::Router;
use axum::response::Redirect;
use axum::routing::get;
use cookie_session_axum::{CookieSession, CookieSessionError, SessionLayer};
use http::StatusCode;
use support::{Server, VERSIONS, cookie, sessions};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;

async fn log_in(session: &CookieSession) -> Result<(), CookieSessionError> {
    session.clear()?;
    session.insert("user", "bob, not yet verified")
}

async fn slow(session: CookieSession) -> Result<Redirect, CookieSessionError> {
    log_in(&session).await?;
    tokio::time::sleep(Duration::from_secs(60)).await;
    Ok(Redirect::to("/"))
}

async fn panicking(session: CookieSession) -> Result<Redirect, CookieSessionError> {
    log_in(&session).await?;
    resume_unwind(Box::new("on purpose"))
}

async fn failing(session: CookieSession) -> Result<Redirect, CookieSessionError> {
    log_in(&session).await?;
    session.insert("nan", f64::NAN)?;
    Ok(Redirect::to("/"))
}

async fn finished(session: CookieSession) -> Result<Redirect, CookieSessionError> {
    log_in(&session).await?;
    Ok(Redirect::to("/"))
}

fn routes() -> Router {
    Router::new()
        .route("/slow", get(slow))
        .route("/panic", get(panicking))
        .route("/error", get(failing))
        .route("/finished", get(finished))
}

fn timeout(status: StatusCode) -> TimeoutLayer {
    TimeoutLayer::with_status_code(status, Duration::from_millis(50))
}

#[tokio::test]
async fn saves_nothing_wherever_the_other_layers_are() {
    let visitor = cookie(&sessions(), "user", "ada");
    let session = || SessionLayer::new(sessions());
    let orders = [
        (
            "inside",
            routes()
                .layer(timeout(StatusCode::REQUEST_TIMEOUT))
                .layer(CatchPanicLayer::new())
                .layer(session()),
        ),
        (
            "outside",
            routes()
                .layer(session())
                .layer(timeout(StatusCode::REQUEST_TIMEOUT))
                .layer(CatchPanicLayer::new()),
        ),
        (
            "both",
            routes()
                .layer(CatchPanicLayer::new())
                .layer(session())
                .layer(timeout(StatusCode::GATEWAY_TIMEOUT)),
        ),
    ];
    for (order, app) in orders {
        let server = Server::start(app).await;
        for version in VERSIONS {
            for (path, statuses) in [("/slow", [408, 504]), ("/panic", [500, 500]), ("/error", [500, 500])] {
                let reply = server.get(version, path, &[&visitor]).await;
                assert!(statuses.contains(&reply.status.as_u16()), "{order} {path}: {}", reply.status);
                assert_eq!(reply.all("set-cookie"), [""; 0], "{order} {path}");
                if order == "inside" {
                    assert_eq!(reply.all("vary"), ["Cookie"], "{path}");
                    assert!(reply.all("cache-control").join(",").contains("no-store"), "{path}");
                }
            }
            let reply = server.get(version, "/finished", &[&visitor]).await;
            assert_eq!((reply.status.as_u16(), reply.all("set-cookie").len()), (303, 1), "{order}");
        }
    }
}

/// What the documentation warns of: a status that says that all is well.
#[tokio::test]
async fn a_timeout_inside_that_answers_as_if_all_were_well_saves() {
    let app = routes().layer(timeout(StatusCode::OK)).layer(SessionLayer::new(sessions()));
    let server = Server::start(app).await;
    assert_eq!(server.get(VERSIONS[0], "/slow", &[]).await.all("set-cookie").len(), 1);
    let app = routes().layer(SessionLayer::new(sessions())).layer(timeout(StatusCode::OK));
    let server = Server::start(app).await;
    assert_eq!(server.get(VERSIONS[0], "/slow", &[]).await.all("set-cookie").len(), 0, "outside it does not");
}
