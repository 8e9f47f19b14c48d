//! Log in, read, log out, on plain hyper: `cargo run -p cookie-session-adapter
//! --example hyper_login`, then <http://localhost:3000>.

mod adapter;

use std::convert::Infallible;
use std::error::Error;

use cookie_session::{KeyRing, SecretKey, Sessions};
use cookie_session_adapter::{DefaultCookie, SharedSessions, UseError};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;

type Page = Response<Full<Bytes>>;

async fn handler(request: Request<Incoming>) -> Result<Page, UseError> {
    let session = adapter::session::<DefaultCookie>(request.extensions())?;
    match (request.method(), request.uri().path()) {
        (&Method::POST, "/login") => {
            session.clear()?; // nothing known from before the login survives
            session.insert("user", "ada")?;
        }
        (&Method::POST, "/logout") => session.clear()?,
        _ => {}
    }
    let user: Option<String> = session.get("user")?;
    let (greeting, action) = match &user {
        Some(user) => (format!("You are logged in as {user}."), "logout"),
        None => ("You are not logged in.".to_owned(), "login"),
    };
    let page =
        format!("<p>{greeting}</p><form method=post action=/{action}><button>{action}</button></form>");
    let mut response = Response::new(Full::from(page));
    response.headers_mut().insert("content-type", hyper::header::HeaderValue::from_static("text/html"));
    Ok(response)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    // In production: KeyRing::from_env("SESSION_KEYS")?, and HTTPS instead of insecure_for_local_http().
    let keys = KeyRing::new(SecretKey::generate()?);
    let sessions = SharedSessions::forever(Sessions::builder(keys).insecure_for_local_http().build()?);
    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    loop {
        let (stream, _) = listener.accept().await?;
        let sessions = sessions.clone();
        let service = service_fn(move |request| {
            let sessions = sessions.clone();
            async move {
                Ok::<_, Infallible>(
                    adapter::with_session::<DefaultCookie, _, _, _>(&sessions, request, handler).await,
                )
            }
        });
        tokio::spawn(async move {
            let io = TokioIo::new(stream);
            // A client that breaks off is no reason to stop.
            let _ = http1::Builder::new().timer(TokioTimer::new()).serve_connection(io, service).await;
        });
    }
}
