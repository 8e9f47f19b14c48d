//! A small shop whose whole memory is one signed cookie.
//!
//! ```sh
//! cargo run -p cookie-session-actix --example actix_shop
//! ```
//!
//! | variable | what it sets | default |
//! |---|---|---|
//! | `SESSION_KEYS` | the keys, the first one signs | a new key, with a warning |
//! | `FLASK_SECRET_KEY` | the `SECRET_KEY` of a Flask application, whose sessions are shared then | none |
//! | `ENCRYPTED` | anything, for sessions that the visitor cannot read | none |
//! | `PORT` | the port on 127.0.0.1, 0 for any | 3000 |
//! | `LOGOUTS` | a file of who logged out everywhere, for servers with the same keys, and for one that is started again | memory |
//! | `CHECK_EVERY` | the seconds for which nobody looks again whether a session was ended by that | 5 |
//! | `OTHERS` | `label=url,label=url`: servers that hold the same keys, linked from the page | none |
//! | `LOG` | the level of events that are shown | `info` |
//! | `DEMO_CLOCK` | a file with the seconds by which the clock is ahead, read at every request; for tests | none |

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program, not a library")]

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Once};
use std::time::{Duration, SystemTime};

use actix_web::dev::Payload;
use actix_web::http::{StatusCode, header};
use actix_web::web::{self, Data, Form, FormConfig, Redirect, ServiceConfig};
use actix_web::{App, FromRequest, HttpRequest, HttpResponse, HttpServer, ResponseError};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use cookie_session::{KeyRing, Profile, SecretKey, Sessions, flask};
use cookie_session_actix::{
    CookieSession, CookieSessionError, CrossOrigin, IfUnavailable, SessionMiddleware, Standing,
};
use cookie_session_demo::{CartLine, CookieView, Flash, Home, Logouts, PRODUCTS, Problem, Product, paths};
use serde::Deserialize;

#[actix_web::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let level: tracing::Level = variable("LOG").as_deref().unwrap_or("info").parse()?;
    tracing_subscriber::fmt().with_max_level(level).with_writer(io::stderr).init();

    let shop = Shop::from_env()?;
    let clock = Arc::clone(&shop);
    let builder = Sessions::builder(profile_from_env()?).clock(move || clock.now());
    let sessions = if shop.encrypted { builder.encrypted() } else { builder }.build()?;
    let port: u16 = variable("PORT").as_deref().unwrap_or("3000").parse()?;
    let server = HttpServer::new(move || {
        App::new()
            .app_data(Data::from(Arc::clone(&shop)))
            .app_data(Data::new(sessions.clone()))
            .app_data(FormConfig::default().limit(MAX_FORM))
            .configure(routes)
            .wrap(SessionMiddleware::new(sessions.clone()))
            .wrap(CrossOrigin::new())
    });
    let server = server.bind(("127.0.0.1", port))?;
    for address in server.addrs() {
        println!("listening on http://{address}");
    }
    Ok(server.run().await?)
}

fn routes(config: &mut ServiceConfig) {
    config
        .route(paths::HOME, web::get().to(home))
        .route(paths::LOGIN, web::post().to(login))
        .route(paths::LOGOUT, web::post().to(logout))
        .route(paths::LOGOUT_EVERYWHERE, web::post().to(log_out_everywhere))
        .route(paths::CART_ADD, web::post().to(add_to_cart))
        .route(paths::CART_REMOVE, web::post().to(remove_from_cart))
        .route(paths::CART_CLEAR, web::post().to(clear_cart))
        .route(paths::NOTE, web::post().to(write_note))
        .route("/whoami", web::get().to(who_am_i))
        .route("/healthz", web::get().to(healthy))
        .default_service(web::to(async || Err::<HttpResponse, _>(Failure::from(Problem::NotFound))));
}

/// Reads what sessions are signed with, or makes a key that ends with the process.
fn profile_from_env() -> Result<Profile, Box<dyn Error>> {
    if let Some(secret) = variable(FLASK) {
        return Ok(flask::Profile::new(flask::SecretKey::new(secret)?).into());
    }
    if variable(KEYS).is_some() {
        return Ok(KeyRing::from_env(KEYS)?.into());
    }
    eprintln!("warning: {KEYS} is not set, so a new key is used: sessions end when this server does");
    Ok(KeyRing::new(SecretKey::generate()?).into())
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// What can be set from outside.
#[derive(Debug, Default)]
pub struct Shop {
    /// Label and address of other servers with the same keys.
    pub others: Vec<(String, String)>,
    /// A file with the seconds by which the clock is ahead.
    pub demo_clock: Option<PathBuf>,
    /// Whether the sessions are encrypted.
    pub encrypted: bool,
    /// Whether they are those of a Flask application, which have no stamps: nothing here ends them.
    pub shares_with_flask: bool,
    /// Who logged out everywhere. Servers with the same keys must know the same of it.
    pub logouts: Logouts,
    /// For how long nobody looks there again about a session.
    pub check_every: Duration,
}

impl Shop {
    fn from_env() -> Result<Arc<Self>, Box<dyn Error>> {
        let others = variable("OTHERS").unwrap_or_default();
        let pair = |entry: &str| entry.split_once('=').map(|(label, url)| (label.into(), url.into()));
        let others: Option<_> = others.split(',').filter(|entry| !entry.is_empty()).map(pair).collect();
        Ok(Arc::new(Self {
            others: others.ok_or("OTHERS is label=url, and a comma between two of them")?,
            demo_clock: variable("DEMO_CLOCK").map(PathBuf::from),
            encrypted: variable("ENCRYPTED").is_some(),
            shares_with_flask: variable(FLASK).is_some(),
            logouts: variable("LOGOUTS").map_or_else(Logouts::default, |path| Logouts::InFile(path.into())),
            check_every: Duration::from_secs(variable("CHECK_EVERY").as_deref().unwrap_or("5").parse()?),
        }))
    }

    fn now(&self) -> SystemTime {
        let text = self.demo_clock.as_ref().and_then(|path| std::fs::read_to_string(path).ok());
        let ahead =
            text.and_then(|text| text.trim().parse().ok()).map_or(Duration::ZERO, Duration::from_secs);
        let now = SystemTime::now();
        now.checked_add(ahead).unwrap_or(now)
    }
}

async fn home(
    shop: Data<Shop>,
    sessions: Data<Sessions>,
    Visitor { session, user, was_ended }: Visitor,
    request: HttpRequest,
) -> Result<HttpResponse, Failure> {
    let flashes = session.take_flashes()?;
    let csrf_token = csrf_token(&session)?;
    let note: String = known(&session, NOTE)?.unwrap_or_default();
    let cart: Cart = known(&session, CART)?.unwrap_or_default();

    let was_read = session.issued_at()?.is_some() && !was_ended;
    let presented = if was_read { presented(&request, sessions.cookie_name()) } else { None };
    let json = match presented {
        Some(_) if sessions.is_encrypted() => "encrypted: only a holder of the key can read it".into(),
        Some(token) => payload(token),
        None => String::new(),
    };
    let cookie = match presented {
        Some(value) => Some(CookieView {
            name: sessions.cookie_name(),
            value,
            json: &json,
            created: session.created_at()?,
            issued: session.issued_at()?,
            now: shop.now(),
            permanent: session.permanent()?,
        }),
        None => None,
    };
    let logged_out = user.is_none() && cookie_session_demo::is_after_logout(Some(request.query_string()));
    let logged_out = logged_out.then_some(cookie_session_demo::LOGGED_OUT);
    let ended = was_ended.then_some(cookie_session_demo::LOGGED_OUT_EVERYWHERE);
    let flashes = flashes.iter().map(|flash| Flash { kind: &flash.category, text: &flash.message });
    let flashes: Vec<_> = logged_out.into_iter().chain(ended).chain(flashes).collect();
    let others: Vec<_> = shop.others.iter().map(|(label, url)| (label.as_str(), url.as_str())).collect();
    let cart: Vec<_> =
        cart.iter().filter_map(|(id, &count)| Some(CartLine { product: product(id)?, count })).collect();
    let html = cookie_session_demo::home(&Home {
        title: "Cookie shop",
        framework: "actix-web",
        user: user.as_deref(),
        logs_out_everywhere: !shop.shares_with_flask,
        flashes: &flashes,
        csrf_token: &csrf_token,
        cart: &cart,
        products: PRODUCTS,
        note: &note,
        cookie,
        shared_with: &others,
    });
    Ok(page(StatusCode::OK, html))
}

async fn login(shop: Data<Shop>, Posted { session, form, .. }: Posted) -> Result<Redirect, Failure> {
    let name = form.name.trim();
    if name.is_empty() {
        session.flash("error", "Please tell us your name.")?;
        return Ok(back());
    }
    let stamp = stamped(shop.logouts.count(name).map_err(unavailable)?);
    session.insert(USER, name)?;
    // Nothing that was known before the login, such as the token of a form, is of use after it.
    session.renew()?;
    if !shop.shares_with_flask
        && let Err(error) = session.stamp(name, stamp)
    {
        // There is no room for it. A login without a stamp could not be ended.
        session.remove(USER)?;
        return Err(error.into());
    }
    session.set_permanent(form.remember.is_some())?;
    session.flash("success", &format!("Welcome, {name}."))?;
    Ok(back())
}

/// Asks for no token: other sites are refused before, and a cookie that does not verify here is to go as well.
async fn logout(session: CookieSession) -> Result<Redirect, Failure> {
    session.clear()?;
    Ok(back_to(paths::LOGGED_OUT))
}

async fn log_out_everywhere(
    shop: Data<Shop>,
    Posted { session, user, .. }: Posted,
) -> Result<Redirect, Failure> {
    let Some(name) = user.filter(|_| !shop.shares_with_flask) else { return Ok(back()) };
    shop.logouts.add(&name).map_err(unavailable)?;
    session.clear()?;
    Ok(back_to(paths::LOGGED_OUT))
}

async fn add_to_cart(Posted { session, form, .. }: Posted) -> Result<Redirect, Failure> {
    let product = product(&form.product).ok_or(Problem::NoSuchProduct)?;
    let mut cart: Cart = known(&session, CART)?.unwrap_or_default();
    let count = cart.entry(form.product).or_default();
    *count = count.saturating_add(1);
    session.insert(CART, cart)?;
    session.flash("success", &format!("{} is in your cart.", product.name))?;
    Ok(back())
}

async fn remove_from_cart(Posted { session, form, .. }: Posted) -> Result<Redirect, Failure> {
    let mut cart: Cart = known(&session, CART)?.unwrap_or_default();
    if cart.remove(&form.product).is_some() {
        session.insert(CART, cart)?;
        session.flash("info", "It is out of your cart.")?;
    }
    Ok(back())
}

async fn clear_cart(Posted { session, .. }: Posted) -> Result<Redirect, Failure> {
    if session.remove(CART)? {
        session.flash("info", "Your cart is empty.")?;
    }
    Ok(back())
}

async fn write_note(Posted { session, form, .. }: Posted) -> Result<Redirect, Failure> {
    if form.note.is_empty() {
        session.remove(NOTE)?;
    } else {
        session.insert(NOTE, form.note)?;
    }
    session.flash("success", "Your note is in the cookie.")?;
    Ok(back())
}

/// Returns the least that needs a session.
async fn who_am_i(Visitor { user, .. }: Visitor) -> Result<String, Failure> {
    Ok(user.unwrap_or_else(|| "nobody".into()))
}

/// Asks for no session, so none is opened: a load balancer pays nothing for it.
async fn healthy() -> &'static str {
    "healthy"
}

fn back() -> Redirect {
    back_to(paths::HOME)
}

fn back_to(path: &'static str) -> Redirect {
    Redirect::to(path).see_other()
}

fn product(id: &str) -> Option<Product<'static>> {
    PRODUCTS.iter().find(|product| product.id == id).copied()
}

/// Pieces by product.
type Cart = BTreeMap<String, u32>;

/// Returns the value under a key, or `None` if another program with the same
/// keys left something else there.
fn known<T: serde::de::DeserializeOwned>(
    session: &CookieSession,
    key: &str,
) -> Result<Option<T>, CookieSessionError> {
    session.with(|session| session.get(key).ok().flatten())
}

/// Returns the token that every form of this session sends back.
fn csrf_token(session: &CookieSession) -> Result<String, CookieSessionError> {
    match session.csrf_token() {
        Err(error) if error.as_too_long().is_some() => {
            // The session is full. Without a token no form would work, not even the logout.
            session.remove(NOTE)?;
            session.csrf_token()
        }
        result => result,
    }
}

/// Says why a form did not bring the token of its session.
fn no_token_of_ours(session: &CookieSession) -> Result<Problem, CookieSessionError> {
    if session.is_new()? && session.rejection()?.is_none() {
        warn_of_no_cookie();
        return Ok(Problem::NoCookie);
    }
    Ok(Problem::StaleForm)
}

/// Says once in the log why forms come back without a cookie, where nobody but the developer can see it.
fn warn_of_no_cookie() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        tracing::warn!(
            "a form came back without a cookie; over plain HTTP, browsers keep a Secure cookie for localhost only: \
             use HTTPS, or Builder::insecure_for_local_http() during development"
        );
    });
}

/// Returns the value of the cookie with this name.
fn presented<'r>(request: &'r HttpRequest, name: &str) -> Option<&'r str> {
    let lines = request.headers().get_all(header::COOKIE);
    let lines = lines.filter_map(|line| std::str::from_utf8(line.as_bytes()).ok());
    lines
        .flat_map(|line| line.split(';'))
        .find_map(|pair| pair.trim_matches([' ', '\t']).strip_prefix(name)?.strip_prefix('='))
}

/// Returns the payload of a signed token, laid out to be read. Everybody can do this.
fn payload(token: &str) -> String {
    let payload = token.split('.').next().unwrap_or_default();
    if payload.is_empty() {
        return "compressed, as Flask does where it makes a cookie shorter".into();
    }
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(payload).unwrap_or_default();
    serde_json::from_slice::<serde_json::Value>(&bytes)
        .and_then(|json| serde_json::to_string_pretty(&json))
        .unwrap_or_default()
}

/// Who is here, which is asked before anything else is done with the session.
struct Visitor {
    session: CookieSession,
    /// Who is logged in, and still may be.
    user: Option<String>,
    /// Whether the session that came was ended from elsewhere. There is another now, which is empty.
    was_ended: bool,
}

impl Visitor {
    async fn of(session: CookieSession, shop: &Shop) -> Result<Self, Failure> {
        let Some(name) = known::<String>(&session, USER)? else {
            return Ok(Self { session, user: None, was_ended: false });
        };
        let is_good = shop.shares_with_flask || {
            let look_up = async || shop.logouts.count(&name).map(|count| Some(stamped(count)));
            match session.revalidate(&name, shop.check_every, IfUnavailable::Refuse, look_up).await? {
                Standing::Good | Standing::Unconfirmed(_) => true,
                Standing::Unavailable(error) => return Err(unavailable(error)),
                Standing::Ended => false,
                Standing::Unstamped => {
                    // Every login here is stamped, so it is none of ours.
                    session.clear()?;
                    false
                }
            }
        };
        Ok(Self { session, user: is_good.then_some(name), was_ended: !is_good })
    }
}

impl FromRequest for Visitor {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, actix_web::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let session = CookieSession::from_request(request, payload);
        let shop = Data::<Shop>::from_request(request, payload);
        Box::pin(async move { Ok(Self::of(session.await?, &*shop.await?).await?) })
    }
}

/// Returns what changes when a user logs out everywhere, as it is stamped.
fn stamped(logouts: u64) -> [u8; 8] {
    logouts.to_be_bytes()
}

/// A form that was posted from a page of this session.
struct Posted {
    session: CookieSession,
    user: Option<String>,
    form: Fields,
}

/// Named as in `cookie_session_demo::fields`.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Fields {
    csrf_token: String,
    name: String,
    remember: Option<String>,
    product: String,
    note: String,
}

impl FromRequest for Posted {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, actix_web::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let visitor = Visitor::from_request(request, payload);
        let form = Form::<Fields>::from_request(request, payload);
        Box::pin(async move {
            let Visitor { session, user, was_ended } = visitor.await?;
            if was_ended {
                return Err(Failure::from(Problem::StaleForm).into());
            }
            let Form(form) = form.await.map_err(no_form)?;
            if session.check_csrf(&form.csrf_token).is_err() {
                return Err(Failure::from(no_token_of_ours(&session)?).into());
            }
            Ok(Self { session, user, form })
        })
    }
}

/// Returns a page that no cache keeps, so that Back after a logout asks again.
fn page(status: StatusCode, html: String) -> HttpResponse {
    HttpResponse::build(status)
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CONTENT_SECURITY_POLICY, cookie_session_demo::CONTENT_SECURITY_POLICY))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::REFERRER_POLICY, "same-origin"))
        .body(html)
}

/// Why there is an error page instead, or an empty 500.
#[derive(Debug)]
enum Failure {
    Problem(Problem),
    Session(CookieSessionError),
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<CookieSessionError> for Failure {
    fn from(error: CookieSessionError) -> Self {
        match error.as_too_long() {
            Some(full) => Problem::CookieFull { bytes: full.len(), limit: full.limit() }.into(),
            None => Self::Session(error),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Problem(problem) => f.write_str(problem.title()),
            Self::Session(error) => error.fmt(f),
        }
    }
}

impl ResponseError for Failure {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Problem(problem) => {
                StatusCode::from_u16(problem.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            }
            Self::Session(error) => error.status_code(),
        }
    }

    fn error_response(&self) -> HttpResponse {
        match self {
            Self::Problem(problem) => page(self.status_code(), problem.page()),
            Self::Session(error) => error.error_response(),
        }
    }
}

fn no_form(error: actix_web::Error) -> Failure {
    Problem::NoForm { status: error.as_response_error().status_code().as_u16() }.into()
}

/// Says in the log why nobody knows who logged out everywhere.
fn unavailable(error: io::Error) -> Failure {
    tracing::error!(%error, "who logged out everywhere is not known");
    Problem::Unavailable.into()
}

const KEYS: &str = "SESSION_KEYS";
const FLASK: &str = "FLASK_SECRET_KEY";

/// As much as axum takes.
const MAX_FORM: usize = 2 * 1024 * 1024;

// What is in the session. Other servers with the same keys use the same names.
const USER: &str = "user";
const CART: &str = "cart";
const NOTE: &str = "note";
