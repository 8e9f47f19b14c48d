//! Headers leave when the head of the response is ready; whatever comes later
//! is told so.

#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "a test may panic")]

mod support;

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use cookie_session_axum::{CookieSession, CookieSessionError, SessionLayer, UseError};
use http::Request;
use http_body_util::{BodyExt, Channel, Full};
use hyper::body::Bytes;
use support::{Server, VERSIONS, sessions};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

#[tokio::test]
async fn a_use_from_within_the_body_is_too_late() {
    let (go, went) = mpsc::channel::<()>(1);
    let went = std::sync::Arc::new(tokio::sync::Mutex::new(went));
    let app = Router::new()
        .route(
            "/{asked}",
            get(async move |session: CookieSession, asked: axum::extract::Path<String>| {
                if *asked == "before" {
                    session.insert("user", "ada")?;
                }
                let (mut sender, body) = Channel::<Bytes>::new(8);
                tokio::spawn(async move {
                    went.lock().await.recv().await;
                    let late = session.insert("user", "eve");
                    sender.send_data(format!("{late:?}").into()).await.unwrap();
                });
                Ok::<_, CookieSessionError>(Body::new(body))
            }),
        )
        .layer(SessionLayer::new(sessions()));
    let server = Server::start(app).await;
    for version in VERSIONS {
        for (path, lines) in [("/before", 1), ("/after", 0)] {
            let mut request = Request::new(Full::default());
            *request.uri_mut() = path.parse().unwrap();
            let response = server.send_head(version, request).await.unwrap();
            // The head is here, and the body has not begun.
            let set: Vec<_> = response.headers().get_all("set-cookie").iter().cloned().collect();
            assert_eq!(set.len(), lines);
            assert_eq!(response.headers().contains_key("vary"), lines > 0);
            go.send(()).await.unwrap();
            let body = response.into_body().collect().await.unwrap().to_bytes();
            assert_eq!(body, "Err(CookieSessionError(TooLate))");
            for line in set {
                let session = sessions().open([line.to_str().unwrap().split(';').next().unwrap()]);
                assert_eq!(session.get("user"), Ok(Some("ada".to_owned())));
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn clones_in_many_tasks_lose_nothing_and_never_lock_up() {
    let app = Router::new()
        .route(
            "/",
            get(async |session: CookieSession| {
                let mut tasks = JoinSet::new();
                for _ in 0..16 {
                    let session = session.clone();
                    tasks.spawn(async move {
                        for _ in 0..50 {
                            // Nobody waits in there, so who must not lose its turn asks again.
                            while let Err(error) = session.update("n", |n: &mut u32| *n += 1) {
                                if error.0 != UseError::Busy {
                                    return Err(error);
                                }
                                tokio::task::yield_now().await;
                            }
                            tokio::task::yield_now().await;
                        }
                        Ok::<_, CookieSessionError>(())
                    });
                }
                while let Some(result) = tasks.join_next().await {
                    result.unwrap()?;
                }
                Ok::<_, CookieSessionError>(session.get::<u32>("n")?.unwrap().to_string())
            }),
        )
        .layer(SessionLayer::new(sessions()));
    let server = Server::start(app).await;
    for version in VERSIONS {
        let reply =
            tokio::time::timeout(Duration::from_secs(30), server.get(version, "/", &[])).await.unwrap();
        assert_eq!(reply.text(), "800");
        assert_eq!(sessions().open([reply.cookie()]).get("n"), Ok(Some(800)));
    }
}

#[tokio::test]
async fn a_task_that_outlives_the_response_is_too_late() {
    let (results, mut late) = mpsc::channel(2);
    let app = Router::new()
        .route(
            "/",
            get(async move |session: CookieSession| {
                session.insert("user", "ada")?;
                tokio::spawn(async move {
                    // Long after the head on this single thread.
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    results.send((session.len(), session.clear(), session.with(|_| ()))).await.unwrap();
                });
                Ok::<_, CookieSessionError>("")
            }),
        )
        .layer(SessionLayer::new(sessions()));
    let server = Server::start(app).await;
    for version in VERSIONS {
        let reply = server.get(version, "/", &[]).await;
        assert_eq!(sessions().open([reply.cookie()]).len(), 1);
        let too_late = CookieSessionError(UseError::TooLate);
        assert_eq!(
            late.recv().await.unwrap(),
            (Err(too_late.clone()), Err(too_late.clone()), Err(too_late.clone()))
        );
    }
}
