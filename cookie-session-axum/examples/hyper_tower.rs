//! The layer without axum, on hyper: `cargo run -p cookie-session-axum --example
//! hyper_tower`, then <http://localhost:3000>.

use std::convert::Infallible;
use std::error::Error;

use cookie_session::{KeyRing, SecretKey, Sessions};
use cookie_session_axum::{CookieSession, CookieSessionError, SessionLayer};
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tower::{Layer, service_fn};

async fn count(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, CookieSessionError> {
    let session = <CookieSession>::from_extensions(request.extensions())?;
    if request.uri().path() == "/fail" {
        session.insert("note", "x".repeat(5000))?;
    }
    let visits = session.update("visits", |visits: &mut u32| {
        *visits = visits.saturating_add(1);
        *visits
    })?;
    Ok(Response::new(format!("visit {visits}\n").into()))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    // In production: KeyRing::from_env("SESSION_KEYS")?, and HTTPS instead of insecure_for_local_http().
    let keys = KeyRing::new(SecretKey::generate()?);
    let sessions = Sessions::builder(keys).insecure_for_local_http().build()?;
    // An error becomes an answer here: hyper would close the connection.
    let service = SessionLayer::new(sessions).layer(service_fn(async |request| {
        Ok::<_, Infallible>(count(request).await.unwrap_or_else(|error| error.to_response()))
    }));
    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    loop {
        let (stream, _) = listener.accept().await?;
        let service = TowerToHyperService::new(service.clone());
        tokio::spawn(async move {
            // A client that breaks off is no reason to stop.
            let _ = http1::Builder::new()
                .timer(TokioTimer::new())
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}
