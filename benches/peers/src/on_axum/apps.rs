//! The same application on each kind of session, written as its documentation shows.

use axum::Router;
use axum::extract::{FromRef, Path};
use axum::http::StatusCode;
use axum::routing::get;
use axum_extra::extract::cookie::{Cookie, Key, SameSite};
use axum_extra::extract::{PrivateCookieJar, SignedCookieJar};
use cookie_session::Sessions;
use cookie_session_axum::{CookieSession, CookieSessionError, SessionLayer};
use serde::Deserialize;
use time::Duration;
use tower::layer::util::Identity;
use tower_sessions::{Expiry, MemoryStore, SessionManagerLayer};
use tower_sessions_cookie_store::{CookieSessionConfig, CookieSessionManagerLayer};

use crate::data::{self, Visitor};
use crate::workload::{self, KEY, visitor};

async fn say_hello() -> &'static str {
    "hello"
}

// --- without a session ---

pub(crate) fn hello() -> Router {
    let paths = [
        "/login/{number}",
        "/read",
        "/change",
        "/struct/login/{number}",
        "/struct/read",
        "/struct/change",
        "/hello",
    ];
    paths.into_iter().fold(Router::new(), |router, path| router.route(path, get(say_hello)))
}

/// Shows what axum takes for a layer, whatever that does.
pub(crate) fn layer() -> Router {
    hello().layer(Identity::new())
}

// --- cookie-session-axum ---

pub(crate) fn ours() -> Router {
    on_sessions(Sessions::builder(data::ring(&[0])).build().expect("all defaults"))
}

pub(crate) fn ours_encrypted() -> Router {
    on_sessions(Sessions::builder(data::ring(&[0])).encrypted().build().expect("all defaults"))
}

fn on_sessions(sessions: Sessions) -> Router {
    async fn login(session: CookieSession, Path(number): Path<usize>) -> Result<(), CookieSessionError> {
        session.write(visitor(number))
    }

    async fn read(session: CookieSession) -> Result<String, CookieSessionError> {
        Ok(session.get::<u64>("user_id")?.expect("the cookie verifies").to_string())
    }

    async fn change(session: CookieSession) -> Result<&'static str, CookieSessionError> {
        session.insert("visits", workload::next())?;
        Ok("changed")
    }

    async fn read_struct(session: CookieSession) -> Result<String, CookieSessionError> {
        Ok(session.read::<Visitor>()?.user_id.to_string())
    }

    async fn change_struct(session: CookieSession) -> Result<&'static str, CookieSessionError> {
        let mut visitor: Visitor = session.read()?;
        visitor.visits = workload::next();
        session.write(&visitor)?;
        Ok("changed")
    }

    Router::new()
        .route("/login/{number}", get(login))
        .route("/read", get(read))
        .route("/change", get(change))
        .route("/struct/login/{number}", get(login))
        .route("/struct/read", get(read_struct))
        .route("/struct/change", get(change_struct))
        .route("/hello", get(say_hello))
        .layer(SessionLayer::new(sessions))
}

// --- axum-extra ---

/// A jar that signs and one that encrypts differ in their type alone.
macro_rules! on_jar {
    ($jar:ty) => {{
        #[derive(Clone)]
        struct App {
            key: Key,
        }

        impl FromRef<App> for Key {
            fn from_ref(app: &App) -> Self {
                app.key.clone()
            }
        }

        /// What the handler asks for: serde_json passes over the rest.
        #[derive(Deserialize)]
        struct User {
            user_id: u64,
        }

        fn set(jar: $jar, visitor: &Visitor) -> $jar {
            let json = serde_json::to_string(visitor).expect("JSON");
            let cookie =
                Cookie::build((NAME, json)).path("/").secure(true).http_only(true).same_site(SameSite::Lax);
            jar.add(cookie)
        }

        async fn login(jar: $jar, Path(number): Path<usize>) -> $jar {
            set(jar, visitor(number))
        }

        async fn read(jar: $jar) -> Result<String, StatusCode> {
            let cookie = jar.get(NAME).ok_or(StatusCode::UNAUTHORIZED)?;
            let user: User = serde_json::from_str(cookie.value()).map_err(|_| StatusCode::BAD_REQUEST)?;
            Ok(user.user_id.to_string())
        }

        fn visitor_of(jar: &$jar) -> Result<Visitor, StatusCode> {
            let cookie = jar.get(NAME).ok_or(StatusCode::UNAUTHORIZED)?;
            serde_json::from_str(cookie.value()).map_err(|_| StatusCode::BAD_REQUEST)
        }

        async fn read_struct(jar: $jar) -> Result<String, StatusCode> {
            Ok(visitor_of(&jar)?.user_id.to_string())
        }

        async fn change(jar: $jar) -> Result<($jar, &'static str), StatusCode> {
            let mut visitor = visitor_of(&jar)?;
            visitor.visits = workload::next();
            Ok((set(jar, &visitor), "changed"))
        }

        Router::new()
            .route("/login/{number}", get(login))
            .route("/read", get(read))
            .route("/change", get(change))
            .route("/struct/login/{number}", get(login))
            .route("/struct/read", get(read_struct))
            .route("/struct/change", get(change))
            .route("/hello", get(say_hello))
            .with_state(App { key: Key::from(&[data::secret(0), data::secret(1)].concat()) })
    }};
}

pub(crate) fn jar() -> Router {
    on_jar!(SignedCookieJar)
}

pub(crate) fn private_jar() -> Router {
    on_jar!(PrivateCookieJar)
}

// --- tower-sessions and its store in a cookie ---

/// The two are on different majors of the crate that they share, so their `Session` is not the same type.
macro_rules! on_tower_sessions {
    ($session:ty) => {{
        async fn login(session: $session, Path(number): Path<usize>) {
            for (key, value) in workload::fields(visitor(number)) {
                session.insert(&key, value).await.expect("JSON");
            }
        }

        async fn read(session: $session) -> Result<String, StatusCode> {
            let user_id: Option<u64> = session.get("user_id").await.map_err(|_| StatusCode::BAD_REQUEST)?;
            Ok(user_id.ok_or(StatusCode::UNAUTHORIZED)?.to_string())
        }

        async fn change(session: $session) -> Result<&'static str, StatusCode> {
            session.insert("visits", workload::next()).await.map_err(|_| StatusCode::BAD_REQUEST)?;
            Ok("changed")
        }

        async fn log_in_struct(session: $session, Path(number): Path<usize>) -> Result<(), StatusCode> {
            session.insert(KEY, visitor(number)).await.map_err(|_| StatusCode::BAD_REQUEST)
        }

        async fn visitor_of(session: &$session) -> Result<Visitor, StatusCode> {
            let visitor: Option<Visitor> = session.get(KEY).await.map_err(|_| StatusCode::BAD_REQUEST)?;
            visitor.ok_or(StatusCode::UNAUTHORIZED)
        }

        async fn read_struct(session: $session) -> Result<String, StatusCode> {
            Ok(visitor_of(&session).await?.user_id.to_string())
        }

        async fn change_struct(session: $session) -> Result<&'static str, StatusCode> {
            let mut visitor = visitor_of(&session).await?;
            visitor.visits = workload::next();
            session.insert(KEY, visitor).await.map_err(|_| StatusCode::BAD_REQUEST)?;
            Ok("changed")
        }

        Router::new()
            .route("/login/{number}", get(login))
            .route("/read", get(read))
            .route("/change", get(change))
            .route("/struct/login/{number}", get(log_in_struct))
            .route("/struct/read", get(read_struct))
            .route("/struct/change", get(change_struct))
            .route("/hello", get(say_hello))
    }};
}

pub(crate) fn memory() -> Router {
    let layer = SessionManagerLayer::new(MemoryStore::default()).with_expiry(Expiry::OnInactivity(IDLE));
    on_tower_sessions!(tower_sessions::Session).layer(layer)
}

/// Reading alone does not prolong a session there, unless every request saves it.
pub(crate) fn memory_kept_alive() -> Router {
    let layer = SessionManagerLayer::new(MemoryStore::default())
        .with_expiry(Expiry::OnInactivity(IDLE))
        .with_always_save(true);
    on_tower_sessions!(tower_sessions::Session).layer(layer)
}

pub(crate) fn cookie_store() -> Router {
    let key = tower_sessions_cookie_store::Key::from(&[data::secret(0), data::secret(1)].concat());
    let expiry = tower_sessions_cookie_store::Expiry::OnInactivity(IDLE);
    let layer = CookieSessionManagerLayer::signed(key)
        .with_config(CookieSessionConfig::default().with_expiry(expiry));
    on_tower_sessions!(tower_sessions_cookie_store::Session).layer(layer)
}

pub(crate) fn private_cookie_store() -> Router {
    let key = tower_sessions_cookie_store::Key::from(&[data::secret(0), data::secret(1)].concat());
    let expiry = tower_sessions_cookie_store::Expiry::OnInactivity(IDLE);
    let layer = CookieSessionManagerLayer::private(key)
        .with_config(CookieSessionConfig::default().with_expiry(expiry));
    on_tower_sessions!(tower_sessions_cookie_store::Session).layer(layer)
}

const NAME: &str = "session";

/// As long as ours is by default.
const IDLE: Duration = Duration::hours(2);
