//! The Rust side of the live differential test. tests/interop/README.md has the protocol.
//!
//! ```sh
//! cookie-session-interop --framework flask --port 0 --config '{"secret":"first"}'
//! ```
//!
//! `--users '{"ann":{"id":"1"}}'` is what a site's database knows, for Django's logins.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::string_slice,
    missing_docs,
    missing_debug_implementations,
    unreachable_pub,
    reason = "a program of the tests"
)]

mod act;
mod config;
mod recipes;
mod typed;

use std::convert::Infallible;
use std::io::Read;
use std::net::Ipv4Addr;
use std::process::{ExitCode, exit};
use std::sync::{Arc, Mutex};

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderValue, SET_COOKIE, VARY};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use config::{App, Framework};

/// What a handler answers: a status, headers and JSON.
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub json: Value,
}

impl Answer {
    pub fn new(status: u16, json: Value) -> Self {
        Self { status, headers: HeaderMap::new(), json }
    }

    /// Adds what a saved session asks of the response.
    pub fn add(&mut self, commit: &cookie_session::Commit) {
        let value = |text: &str| HeaderValue::try_from(text).expect("text of a header");
        for line in commit.set_cookies() {
            self.headers.append(SET_COOKIE, value(line));
        }
        if let Some(vary) = commit.vary(self.headers.get_all(VARY)) {
            self.headers.insert(VARY, value(&vary));
        }
        if let Some(cache_control) = commit.cache_control(self.headers.get_all(CACHE_CONTROL)) {
            self.headers.insert(CACHE_CONTROL, value(&cache_control));
        }
    }
}

fn main() -> ExitCode {
    let Err(error) = run() else { return ExitCode::SUCCESS };
    eprintln!("error: {error}");
    ExitCode::FAILURE
}

#[tokio::main(flavor = "current_thread")]
async fn run() -> Result<(), String> {
    let (mut framework, mut port, mut config, mut users) = (None, 0, None, json!({}));
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("{name} needs a value"))?;
        match name.as_str() {
            "--framework" => framework = Some(Framework::named(&value).ok_or("no such framework")?),
            "--port" => port = value.parse().map_err(|_| "the port is no number")?,
            "--config" => config = Some(value),
            "--users" => users = serde_json::from_str(&value).map_err(|error| error.to_string())?,
            _ => return Err(format!("there is no option {name}")),
        }
    }
    let (framework, config) = framework.zip(config).ok_or("--framework and --config are needed")?;
    let app = Arc::new(Mutex::new(App::new(framework, users, &config)?));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(|error| error.to_string())?;
    // No server outlives the test that started it.
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        exit(0);
    });
    println!("listening on {}", listener.local_addr().map_err(|error| error.to_string())?);
    loop {
        let (stream, peer) = listener.accept().await.map_err(|error| error.to_string())?;
        let app = Arc::clone(&app);
        let service = service_fn(move |request| {
            let (app, peer) = (Arc::clone(&app), peer.ip().to_string());
            async move { Ok::<_, Infallible>(answer(&app, &peer, request).await) }
        });
        tokio::spawn(async move {
            // An error here is a client that went away.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer(app: &Mutex<App>, peer: &str, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let (head, body) = request.into_parts();
    let answer = match Limited::new(body, MAX_BODY).collect().await {
        Err(_) => Answer::new(413, json!({"error": "body"})),
        Ok(body) => {
            let mut app = app.lock().expect("no handler panics");
            let asked = act::Asked { headers: &head.headers, peer, body: &body.to_bytes() };
            match (&head.method, head.uri.path()) {
                (&Method::GET, "/about") => Answer::new(200, app.about()),
                (&Method::POST, "/config") => app.configure(&asked),
                (&Method::GET, "/state") | (&Method::POST, "/act") => act::act(&app, &asked),
                (&Method::POST, "/token") => act::token(&app, &asked)
                    .unwrap_or_else(|act_error| Answer::new(500, json!({"error": act_error.0}))),
                (&Method::GET, "/form") if app.framework == Framework::Flask => act::draw_form(&app, &asked),
                (&Method::POST, "/form") if app.framework == Framework::Flask => act::take_form(&app, &asked),
                _ => Answer::new(404, json!({"error": "path"})),
            }
        }
    };
    let mut response = Response::new(Full::new(answer.json.to_string().into()));
    *response.status_mut() = StatusCode::from_u16(answer.status).expect("a status that a test names");
    *response.headers_mut() = answer.headers;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

const MAX_BODY: usize = 1 << 20;
