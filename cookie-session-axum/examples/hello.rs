//! The program of the README: logs in, reads and logs out.

use axum::{Router, response::Html, response::Redirect, routing::get, routing::post};
use cookie_session::{KeyRing, Sessions};
use cookie_session_axum::{CookieSession, CookieSessionError, SessionLayer};

async fn home(session: CookieSession) -> Result<Html<String>, CookieSessionError> {
    let user: Option<u64> = session.get("user_id")?;
    let next = if user.is_some() { "logout" } else { "login" };
    Ok(Html(format!("User: {user:?} <form method=post action={next}><button>{next}</button></form>")))
}

async fn login(session: CookieSession) -> Result<Redirect, CookieSessionError> {
    session.clear()?; // nothing from before the login survives it
    session.insert("user_id", 42).map(|()| Redirect::to("/")) // check a password first
}

async fn logout(session: CookieSession) -> Result<Redirect, CookieSessionError> {
    session.clear().map(|()| Redirect::to("/"))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let layer = SessionLayer::new(Sessions::builder(KeyRing::from_env("SESSION_KEYS")?).build()?);
    let app = Router::new().route("/", get(home)).route("/login", post(login)).route("/logout", post(logout));
    Ok(axum::serve(tokio::net::TcpListener::bind("127.0.0.1:3000").await?, app.layer(layer)).await?)
}
