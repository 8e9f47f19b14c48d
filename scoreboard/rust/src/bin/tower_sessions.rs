//! tower-sessions-cookie-store, signed, in its defaults, but for the name of the cookie and plain HTTP.

use axum::Router;
use axum::extract::Query;
use axum::http::StatusCode;
use axum::routing::{get, post};
use scoreboard::{Login, Settings};
use tower_sessions_cookie_store::{CookieSessionConfig, CookieSessionManagerLayer, Key, Session};

fn fault<E>(_: E) -> StatusCode {
    StatusCode::INTERNAL_SERVER_ERROR
}

async fn read(session: Session) -> Result<String, StatusCode> {
    let user: Option<u64> = session.get("user").await.map_err(fault)?;
    Ok(user.map_or_else(|| "null".to_owned(), |user| user.to_string()))
}

async fn login(session: Session, Query(login): Query<Login>) -> Result<(), StatusCode> {
    session.cycle_id().await.map_err(fault)?;
    session.insert("user", 42).await.map_err(fault)?;
    if login.size > 0 { session.insert("filler", login.filler()).await.map_err(fault) } else { Ok(()) }
}

async fn change(session: Session) -> Result<(), StatusCode> {
    let n: Option<u64> = session.get("n").await.map_err(fault)?;
    session.insert("n", n.unwrap_or(0) + 1).await.map_err(fault)
}

async fn logout(session: Session) -> Result<(), StatusCode> {
    session.flush().await.map_err(fault)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let settings = Settings::from_env();
    // Panics for fewer than 64 bytes, as its documentation says.
    let key = Key::from(settings.key.as_bytes());
    let config = CookieSessionConfig::default().with_name(settings.name).with_secure(false);
    let app = Router::new()
        .route("/read", get(read))
        .route("/login", post(login))
        .route("/change", post(change))
        .route("/logout", post(logout))
        .layer(CookieSessionManagerLayer::signed(key).with_config(config));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", settings.port)).await?;
    axum::serve(listener, app).await
}
