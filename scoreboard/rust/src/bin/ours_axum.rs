//! cookie-session-axum in its defaults, but for the name of the cookie and plain HTTP.

use axum::Router;
use axum::extract::Query;
use axum::routing::{get, post};
use cookie_session::{KeyRing, Sessions};
use cookie_session_axum::{CookieSession, CookieSessionError, SessionLayer};
use scoreboard::{Login, Settings};

async fn read(session: CookieSession) -> Result<String, CookieSessionError> {
    Ok(session.get::<u64>("user")?.map_or_else(|| "null".to_owned(), |user| user.to_string()))
}

async fn login(session: CookieSession, Query(login): Query<Login>) -> Result<(), CookieSessionError> {
    session.clear()?;
    session.insert("user", 42)?;
    if login.size > 0 { session.insert("filler", login.filler()) } else { Ok(()) }
}

async fn change(session: CookieSession) -> Result<(), CookieSessionError> {
    session.insert("n", session.get::<u64>("n")?.unwrap_or(0) + 1)
}

async fn logout(session: CookieSession) -> Result<(), CookieSessionError> {
    session.clear()
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let settings = Settings::from_env();
    let keys: KeyRing = settings.key.parse()?;
    let sessions = Sessions::builder(keys).name(settings.name).insecure_for_local_http().build()?;
    let app = Router::new()
        .route("/read", get(read))
        .route("/login", post(login))
        .route("/change", post(change))
        .route("/logout", post(logout))
        .layer(SessionLayer::new(sessions));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", settings.port)).await?;
    Ok(axum::serve(listener, app).await?)
}
