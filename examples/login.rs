//! Logs in and out of a real HTTP server whose whole state is one cookie.
//!
//! ```sh
//! cargo run --example login
//! ```
//!
//! | variable | what it does |
//! |---|---|
//! | `SESSION_KEYS` | the keys, the first one signs; without it, a new key at each start |
//! | `PORT` | the port on 127.0.0.1; 3000 if not given, 0 for any that is free |
//! | `INSECURE=1` | a cookie without Secure, for Safari, which drops Secure cookies on http://localhost |
//! | `DEMO_CLOCK_FILE` | a file with unix seconds that replaces the clock; for tests, never in production |

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program may print")]

use std::collections::HashMap;
use std::convert::Infallible;
use std::error::Error;
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Once;
use std::time::{Duration, SystemTime};
use std::{env, fs};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use cookie_session::cross_origin::{self, TrustedOrigins};
use cookie_session::{Commit, KeyErrorKind, KeyRing, SecretKey, Session, SessionError, Sessions};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{
    CACHE_CONTROL, CONTENT_TYPE, COOKIE, HeaderMap, HeaderValue, LOCATION, SET_COOKIE, VARY,
};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde::Deserialize;
use time::OffsetDateTime;
use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};

type Failure = Box<dyn Error + Send + Sync>;
type Form = HashMap<String, String>;

fn main() -> ExitCode {
    // Printed as text, since it says what to do about it.
    let Err(error) = run() else { return ExitCode::SUCCESS };
    eprintln!("error: {error}");
    ExitCode::FAILURE
}

#[tokio::main(flavor = "current_thread")]
async fn run() -> Result<(), Failure> {
    let sessions = configure()?;
    let port = env::var("PORT").map_or(Ok(3000), |port| port.parse())?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    println!("listening on http://{}", listener.local_addr()?);
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // The visitor gave up, or this process has no file descriptor left. Others still want to be served; the
            // pause lets them finish, since asking again at once would take all the time of the processor.
            sleep(PAUSE).await;
            continue;
        };
        let sessions = sessions.clone();
        let service = service_fn(move |request| {
            let sessions = sessions.clone();
            async move { Ok::<_, Infallible>(answer(&sessions, request).await) }
        });
        tokio::spawn(async move {
            let mut http = http1::Builder::new();
            // An error here is a visitor who went away.
            let _ = http.timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

fn configure() -> Result<Sessions, Failure> {
    let keys = match KeyRing::from_env("SESSION_KEYS") {
        Err(error) if error.kind() == KeyErrorKind::Missing => {
            eprintln!("warning: SESSION_KEYS is not set; every session ends with this process");
            eprintln!("warning: to keep them: export SESSION_KEYS=$(openssl rand -base64 32)");
            KeyRing::new(SecretKey::generate()?)
        }
        keys => keys?,
    };
    let mut builder = Sessions::builder(keys);
    if env::var("INSECURE").is_ok_and(|value| value == "1") {
        builder = builder.insecure_for_local_http();
    }
    if let Some(file) = env::var_os("DEMO_CLOCK_FILE") {
        eprintln!("warning: DEMO_CLOCK_FILE replaces the clock");
        builder = builder.clock(move || read_clock(file.as_ref()).unwrap_or_else(SystemTime::now));
    }
    Ok(builder.build()?)
}

fn read_clock(file: &Path) -> Option<SystemTime> {
    let seconds = fs::read_to_string(file).ok()?.trim().parse().ok()?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
}

async fn answer(sessions: &Sessions, request: Request<Incoming>) -> Response<Full<Bytes>> {
    serve(sessions, request).await.unwrap_or_else(|failure| {
        eprintln!("error: {failure}");
        response(StatusCode::INTERNAL_SERVER_ERROR, String::new())
    })
}

/// Opens the session, lets a route work with it, saves it into the response.
async fn serve(sessions: &Sessions, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Failure> {
    let (request, body) = request.into_parts();
    // hyper limits how long a head may take, not a body.
    let Ok(body) = timeout(MAX_BODY_TIME, Limited::new(body, MAX_FORM).collect()).await else {
        return Ok(response(StatusCode::REQUEST_TIMEOUT, String::new()));
    };
    let Ok(body) = body else {
        return Ok(response(StatusCode::PAYLOAD_TOO_LARGE, String::new()));
    };
    let form = form_urlencoded::parse(&body.to_bytes()).into_owned().collect();

    let header = |name: &str| request.headers.get(name).map(HeaderValue::as_bytes);
    if cross_origin::check(request.method.as_str(), header, &TrustedOrigins::new()).is_err() {
        return Ok(response(StatusCode::FORBIDDEN, String::new()));
    }

    let mut session = sessions.open(request.headers.get_all(COOKIE));
    if let Some(rejection) = session.rejection() {
        // For the log alone: a visitor must not learn what is wrong with a cookie.
        eprintln!("rejected: {}", rejection.as_str());
    }
    let reply = route(&request.method, request.uri.path(), &mut session, &form)?;
    let commit = sessions.save(session)?;

    let mut response = match reply {
        Reply::Home(visitor, csrf) => {
            // The session is gone by then, so the address says it.
            let left = request.uri.query() == Some("logged-out") && visitor.name.is_none();
            let message = if left { "<p id=message>You are logged out." } else { "" };
            response(StatusCode::OK, home_page(&visitor, &csrf, message, &anatomy(sessions, &commit)?))
        }
        Reply::Message(status, text) => {
            response(status, page(&format!("<p id=message>{}<p><a href=/>Back</a>", escape(&text))))
        }
        Reply::See(path) => {
            let mut response = response(StatusCode::SEE_OTHER, String::new());
            response.headers_mut().insert(LOCATION, HeaderValue::from_static(path));
            response
        }
    };
    add_headers(&commit, response.headers_mut())?;
    Ok(response)
}

/// What a route decides. The page is drawn once the session is saved, since it shows the cookie.
enum Reply {
    /// With a token for its forms.
    Home(Visitor, String),
    Message(StatusCode, String),
    See(&'static str),
}

fn route(method: &Method, path: &str, session: &mut Session, form: &Form) -> Result<Reply, Failure> {
    let csrf = form.get("csrf").map_or("", String::as_str);
    // A cookie that did not verify is no session whose token a form could carry, and its visitor wants it gone.
    let leaves_nothing = path == "/logout" && session.rejection().is_some();
    if method == Method::POST && !leaves_nothing && session.check_csrf(csrf).is_err() {
        let has_cookie = !session.is_new() || session.rejection().is_some();
        let text = if has_cookie { STALE_FORM } else { NO_COOKIE };
        if !has_cookie {
            static ONCE: Once = Once::new();
            ONCE.call_once(|| eprintln!("warning: {NO_COOKIE}"));
        }
        return Ok(Reply::Message(StatusCode::FORBIDDEN, text.into()));
    }
    match (method, path) {
        (&Method::GET, "/") => home(session),
        (&Method::POST, "/login") => log_in(session, form),
        (&Method::POST, "/cart") => add_to_cart(session, form),
        (&Method::POST, "/logout") => {
            session.clear();
            Ok(Reply::See("/?logged-out"))
        }
        _ => Ok(Reply::Message(StatusCode::NOT_FOUND, "There is no such page.".into())),
    }
}

/// What the home page shows of a session.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Visitor {
    name: Option<String>,
    visits: u64,
    cart: Vec<String>,
}

fn home(session: &mut Session) -> Result<Reply, Failure> {
    let csrf = session.csrf_token()?;
    match session.update("visits", |visits: &mut u64| *visits = visits.saturating_add(1)) {
        // A full cart may leave no room for another digit. The page is worth more than the count.
        Ok(()) | Err(SessionError::TooLong(_)) => Ok(Reply::Home(session.read()?, csrf)),
        Err(error) => Err(error.into()),
    }
}

/// Takes any name. A real login asks for a password here.
fn log_in(session: &mut Session, form: &Form) -> Result<Reply, Failure> {
    let Some(name) = form.get("name").filter(|name| (1..=MAX_NAME).contains(&name.len())) else {
        return Ok(Reply::Message(StatusCode::BAD_REQUEST, format!("A name has 1 to {MAX_NAME} bytes.")));
    };
    // A new session. Whoever planted or saw the old one must not know this one, nor the tokens of its forms.
    session.clear();
    session.csrf_token()?; // so that its secret has its room before the cart has all of it
    session.insert("name", name)?;
    session.set_permanent(form.contains_key("remember"));
    Ok(Reply::See("/"))
}

fn add_to_cart(session: &mut Session, form: &Form) -> Result<Reply, Failure> {
    let item = form.get("item").cloned().unwrap_or_default();
    match session.update("cart", |cart: &mut Vec<String>| cart.push(item)) {
        Ok(()) => Ok(Reply::See("/")),
        Err(SessionError::TooLong(too_long)) => {
            Ok(Reply::Message(StatusCode::CONFLICT, format!("Not added: {too_long}. The cart is as it was.")))
        }
        Err(error) => Err(error.into()),
    }
}

fn response(status: StatusCode, html: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(html.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    response
}

/// The whole of what a framework's adapter does with a saved session.
fn add_headers(commit: &Commit, headers: &mut HeaderMap) -> Result<(), Failure> {
    for line in commit.set_cookies() {
        headers.append(SET_COOKIE, line.try_into()?);
    }
    if let Some(vary) = commit.vary(headers.get_all(VARY)) {
        headers.insert(VARY, vary.try_into()?);
    }
    if let Some(cache_control) = commit.cache_control(headers.get_all(CACHE_CONTROL)) {
        headers.insert(CACHE_CONTROL, cache_control.try_into()?);
    }
    let dropped: Vec<_> = headers.keys().filter(|name| commit.drops_header(name.as_str())).cloned().collect();
    for name in dropped {
        headers.remove(name);
    }
    Ok(())
}

/// Takes the cookie of this response apart. Nothing here needs a key: a signed cookie is readable. Its signature
/// is not shown, since HttpOnly keeps it from scripts, and what stands in the page is no longer kept from them.
fn anatomy(sessions: &Sessions, commit: &Commit) -> Result<String, Failure> {
    let Some((pair, len)) = commit.cookie_pair().zip(commit.cookie_size()) else {
        return Ok("<p>It set none: with this visit counted, the cookie would be too large.".into());
    };
    let payload = pair.split(['=', '.']).nth(1).unwrap_or_default();
    let payload = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(payload)?)?;
    let opened = sessions.open([pair]);
    let date = |at: Option<SystemTime>| at.map_or("?".into(), |at| OffsetDateTime::from(at).to_string());
    Ok(format!(
        "<dl><dt>payload<dd><code id=payload>{payload}</code>\
         <dt>created<dd>{created}<dt>issued<dd>{issued}\
         <dt>size<dd><meter max={max} value={len}></meter> <span id=size>{len}</span> of {max} bytes</dl>",
        payload = escape(&payload),
        created = date(opened.created_at()),
        issued = date(opened.issued_at()),
        max = commit.max_cookie_size(),
    ))
}

fn home_page(visitor: &Visitor, csrf: &str, message: &str, anatomy: &str) -> String {
    let csrf = format!(r#"<input type=hidden name=csrf value="{csrf}">"#);
    let who = match &visitor.name {
        Some(name) => format!(
            "<form method=post action=/logout>{csrf}\
             Logged in as <b id=name>{}</b>. <button>Log out</button></form>",
            escape(name)
        ),
        None => format!("<form method=post action=/login>{csrf}{LOGIN_FIELDS}</form>"),
    };
    let items: String = visitor.cart.iter().map(|item| format!("<li>{}", escape(item))).collect();
    page(&format!(
        "{message}{who}<p>Visits: <b id=visits>{}</b>\
         <h2>Cart</h2><ol>{items}</ol><form method=post action=/cart>{csrf}{CART_FIELDS}</form>\
         <h2>The cookie of this response</h2>{anatomy}",
        visitor.visits,
    ))
}

fn page(body: &str) -> String {
    format!(
        "<!doctype html><html lang=en><meta charset=utf-8>\
         <meta name=viewport content=\"width=device-width, initial-scale=1\">\
         <title>Log in with cookie-session</title><link rel=icon href=\"{ICON}\"><style>{STYLE}</style>{body}"
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

const MAX_FORM: usize = 16 * 1024;
const MAX_BODY_TIME: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(100);
const MAX_NAME: usize = 60;

const STALE_FORM: &str = "This form is out of date. Go back to the page and try again.";
const NO_COOKIE: &str = "This form came back without a cookie. Over plain HTTP, browsers keep a Secure cookie for \
    localhost only: open http://localhost, use HTTPS, or start the server with INSECURE=1, which calls \
    insecure_for_local_http(). It is the same if cookies are turned off.";
// A data URL, so that the browser does not ask for /favicon.ico.
const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'%3E\
    %3Ccircle cx='4' cy='4' r='4' fill='%23c98a4b'/%3E%3C/svg%3E";
const LOGIN_FIELDS: &str = "<label>Name <input name=name required></label> \
    <label><input type=checkbox name=remember> Remember me</label> <button>Log in</button>";
const CART_FIELDS: &str = "<input name=item size=60 required value=\"\
    a teapot with a lid, holds one litre, glazed in blue, with a spare handle of bent rattan\"> \
    <button>Add to the cart</button>";
const STYLE: &str = "body{font:1rem/1.5 system-ui;max-width:44rem;margin:2rem auto;padding:0 1rem}\
    code{overflow-wrap:anywhere}dt{font-weight:bold}dd{margin:0 0 .5rem}";
