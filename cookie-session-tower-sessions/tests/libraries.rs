//! axum-login and axum-messages run unchanged: log in, one message shown once, who am I, log out.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::convert::Infallible;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use axum_login::{AuthManager, AuthSession, AuthUser, AuthnBackend};
use axum_messages::{Messages, MessagesManagerLayer};
use cookie_session::Sessions;
use cookie_session_tower_sessions::Bridge;
use serde::Deserialize;
use support::{Answer, Browser, encrypted};
use tower::layer::layer_fn;
use tower_sessions::{MemoryStore, Session, SessionManagerLayer};

#[derive(Clone, Debug)]
struct User {
    name: String,
    /// What axum-login's examples give it: the hash of the password.
    hash: &'static str,
}

impl AuthUser for User {
    type Id = String;

    fn id(&self) -> String {
        self.name.clone()
    }

    fn session_auth_hash(&self) -> &[u8] {
        self.hash.as_bytes()
    }
}

#[derive(Clone)]
struct Users {
    hash: &'static str,
}

#[derive(Clone, Deserialize)]
struct Credentials {
    name: String,
    password: String,
}

impl AuthnBackend for Users {
    type User = User;
    type Credentials = Credentials;
    type Error = Infallible;

    async fn authenticate(&self, credentials: Credentials) -> Result<Option<User>, Infallible> {
        let Credentials { name, password } = credentials;
        Ok((password == "right").then_some(User { name, hash: self.hash }))
    }

    async fn get_user(&self, name: &String) -> Result<Option<User>, Infallible> {
        Ok(Some(User { name: name.clone(), hash: self.hash }))
    }
}

type Auth = AuthSession<Users>;

async fn log_in(mut auth: Auth, messages: Messages, Form(credentials): Form<Credentials>) -> Response {
    let Some(user) = auth.authenticate(credentials).await.unwrap() else {
        messages.error("no");
        return Redirect::to("/messages").into_response();
    };
    auth.login(&user).await.unwrap();
    messages.success(format!("welcome, {}", user.name));
    Redirect::to("/messages").into_response()
}

async fn log_out(mut auth: Auth) -> String {
    format!("{:?}", auth.logout().await.unwrap().map(|user| user.name))
}

async fn log_out_with_message(mut auth: Auth, messages: Messages) -> &'static str {
    auth.logout().await.unwrap();
    messages.info("bye");
    ""
}

async fn me(auth: Auth) -> Response {
    auth.user.map_or(StatusCode::UNAUTHORIZED.into_response(), |user| user.name.into_response())
}

async fn shown(messages: Messages) -> String {
    messages.into_iter().map(|message| message.to_string()).collect::<Vec<_>>().join(", ")
}

async fn cart(session: Session) -> &'static str {
    session.insert("cart", 1).await.unwrap();
    ""
}

async fn in_cart(session: Session) -> String {
    session.get::<u32>("cart").await.unwrap().unwrap_or_default().to_string()
}

async fn clear(session: Session) {
    session.clear().await;
}

async fn cycle(session: Session) {
    session.cycle_id().await.unwrap();
}

async fn flush_and_begin(session: Session) -> String {
    session.flush().await.unwrap();
    session.insert("cart", 7).await.unwrap();
    session.get::<u32>("cart").await.unwrap().unwrap().to_string()
}

async fn save_and_fail(session: Session) -> StatusCode {
    session.remove_value("cart").await.unwrap();
    StatusCode::INTERNAL_SERVER_ERROR
}

fn site(sessions: Sessions, hash: &'static str) -> Router {
    login_site(hash).layer(Bridge::new(sessions).unwrap())
}

fn login_site(hash: &'static str) -> Router {
    let users = Users { hash };
    Router::new()
        .route("/clear", post(clear))
        .route("/cycle", post(cycle))
        .route("/flush-and-begin", post(flush_and_begin))
        .route("/save-and-fail", post(save_and_fail))
        .route("/login", post(log_in))
        .route("/logout", post(log_out))
        .route("/logout-with-message", post(log_out_with_message))
        .route("/me", get(me))
        .route("/messages", get(shown))
        .route("/cart", get(in_cart).post(cart))
        .layer(MessagesManagerLayer)
        .layer(layer_fn(move |inner| AuthManager::new(inner, users.clone(), "axum-login.data")))
}

/// Steps of two visitors, in an order that looks random, get the same answers over the bridge as over the original.
#[tokio::test]
async fn answers_as_over_tower_sessions_and_its_memory_store() {
    let original = SessionManagerLayer::new(MemoryStore::default());
    let mut original = vec![Browser::new(login_site("$argon2id$one").layer(original)); 2];
    let mut bridge = vec![Browser::new(site(encrypted().0, "$argon2id$one")); 2];
    let reads = ["/me", "/messages", "/cart"];
    let writes = [
        ("/cart", ""),
        ("/login", "name=ada&password=right"),
        ("/login", "name=ada&password=wrong"),
        ("/login", "name=bob&password=right"),
        ("/logout", ""),
        ("/logout-with-message", ""),
        ("/clear", ""),
        ("/cycle", ""),
        ("/flush-and-begin", ""),
        ("/save-and-fail", ""),
    ];
    let mut random: u64 = 0x9E37_79B9_7F4A_7C15;
    for step in 0..2000 {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let visitor = usize::from(random & 1 == 0);
        let pick = usize::try_from((random >> 8) % 20).unwrap();
        let mut answers = Vec::new();
        for browser in [&mut original[visitor], &mut bridge[visitor]] {
            let answer = match writes.get(pick) {
                Some((path, form)) => browser.post(path, form).await,
                None => browser.get(reads[pick % 3]).await,
            };
            answers.push((answer.status, answer.body));
        }
        assert_eq!(answers[0], answers[1], "step {step}, pick {pick}");
    }
}

#[tokio::test]
async fn logs_in_shows_a_message_once_and_logs_out() {
    let (sessions, _) = encrypted();
    let mut browser = Browser::new(site(sessions, "$argon2id$one"));
    assert_eq!(browser.get("/me").await.status, StatusCode::UNAUTHORIZED);
    assert!(browser.cookies.is_empty(), "who only reads gets no cookie");

    browser.post("/login", "name=ada&password=wrong").await;
    assert_eq!(browser.get("/messages").await.body, "no");
    assert_eq!(browser.get("/me").await.status, StatusCode::UNAUTHORIZED);

    assert_eq!(browser.post("/login", "name=ada&password=right").await.status, StatusCode::SEE_OTHER);
    assert_eq!(browser.get("/messages").await.body, "welcome, ada");
    assert_eq!(browser.get("/messages").await.body, "");
    assert_eq!(browser.get("/me").await.body, "ada");

    assert_eq!(browser.post("/logout", "").await.body, "Some(\"ada\")");
    assert!(browser.cookies.is_empty(), "the cookie is gone");
    assert_eq!(browser.get("/me").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn requests_that_only_read_send_no_cookie() {
    let (sessions, _) = encrypted();
    let mut browser = Browser::new(site(sessions, "$argon2id$one"));
    for path in ["/me", "/messages", "/cart"] {
        assert_eq!(browser.get(path).await.set_cookies(), [""; 0], "{path}, without a session");
    }
    browser.post("/login", "name=ada&password=right").await;
    browser.get("/messages").await;
    for path in ["/me", "/messages", "/cart"] {
        let Answer { headers, .. } = browser.get(path).await;
        assert!(headers.get("set-cookie").is_none(), "{path}");
        assert_eq!(headers["vary"], "Cookie", "{path}");
        assert_eq!(headers["cache-control"], "private", "{path}");
    }
}

#[tokio::test]
async fn a_login_keeps_the_cart_and_starts_the_session_again() {
    let (sessions, clock) = encrypted();
    let created = |browser: &Browser| {
        let (name, value) = browser.cookies.first_key_value().unwrap();
        sessions.open([format!("{name}={value}")]).created_at().unwrap()
    };
    let mut browser = Browser::new(site(sessions.clone(), "$argon2id$one"));
    browser.post("/cart", "").await;
    let before = created(&browser);
    clock.advance(60);
    browser.post("/login", "name=ada&password=right").await;
    assert_eq!(browser.get("/cart").await.body, "1");
    assert_eq!(created(&browser).duration_since(before).unwrap().as_secs(), 60);
}

/// Whoever planted a session into the visitor's browser keeps a copy of it, which must not become logged in.
#[tokio::test]
async fn a_planted_session_is_not_logged_in() {
    let (sessions, _) = encrypted();
    let mut attacker = Browser::new(site(sessions, "$argon2id$one"));
    attacker.post("/cart", "").await;
    let mut victim = attacker.clone();
    victim.post("/login", "name=ada&password=right").await;
    assert_eq!(victim.get("/me").await.body, "ada");
    assert_ne!(victim.cookies, attacker.cookies);
    assert_eq!(attacker.get("/me").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_changed_password_ends_the_session() {
    let (sessions, _) = encrypted();
    let mut browser = Browser::new(site(sessions.clone(), "$argon2id$one"));
    browser.post("/login", "name=ada&password=right").await;
    let mut after = Browser::new(site(sessions, "$argon2id$two"));
    after.cookies = browser.cookies;
    assert_eq!(after.get("/me").await.status, StatusCode::UNAUTHORIZED);
    assert!(after.cookies.is_empty());
}

#[tokio::test]
async fn a_message_after_the_logout_is_a_session_of_its_own() {
    let (sessions, _) = encrypted();
    let mut browser = Browser::new(site(sessions, "$argon2id$one"));
    browser.post("/cart", "").await;
    browser.post("/login", "name=ada&password=right").await;
    browser.post("/logout-with-message", "").await;
    assert_eq!(browser.get("/me").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(browser.get("/cart").await.body, "0");
    assert_eq!(browser.get("/messages").await.body, "bye");
}
