//! What most sites do with a session, in a page: a login form with *remember me* that other sites cannot post, messages
//! for the next page, a typed session, a JSON route, a poll that does not prolong the session, a logout.
//!
//! ```sh
//! SESSION_KEYS=$(openssl rand -base64 32) cargo run -p cookie-session-axum --example site
//! ```

use axum::{Form, Json, Router, response::Html, response::Redirect, routing::get, routing::post};
use cookie_session::{KeyRing, Sessions};
use cookie_session_axum::{CookieSession, Result, SessionData, SessionLayer};
use serde::{Deserialize, Serialize};
use tower_http::csrf::CsrfLayer;

#[derive(Default, Serialize, Deserialize)]
struct Visitor {
    name: Option<String>,
    visits: u32,
}

#[derive(Deserialize)]
struct Login {
    name: String,
    remember: Option<String>,
}

const LOGIN: &str = "<form method=post action=/login>Name <input name=name> <button>Log in</button>
    <label><input type=checkbox name=remember> Remember me</label></form>";
const LOGOUT: &str = "<form method=post action=/logout><button>Log out</button></form>";

async fn home(session: CookieSession, SessionData(visitor): SessionData<Visitor>) -> Result<Html<String>> {
    let flashes = session.take_flashes()?;
    let flashes: String = flashes.iter().map(|flash| format!("<p>{}</p>", flash.html())).collect();
    if visitor.name.is_none() {
        return Ok(Html(flashes + LOGIN));
    }
    let visits = visitor.visits.saturating_add(1);
    session.merge(&Visitor { visits, ..visitor })?;
    Ok(Html(format!("{flashes}<p>Visit {visits}</p>{LOGOUT}")))
}

async fn login(session: CookieSession, Form(login): Form<Login>) -> Result<Redirect> {
    // Check a password first. Nothing from before the login survives it.
    session.clear()?;
    session.set_permanent(login.remember.is_some())?;
    session.flash("success", &format!("Welcome, {}.", login.name))?;
    session.merge(&Visitor { name: Some(login.name), visits: 0 }).map(|()| Redirect::to("/"))
}

async fn logout(session: CookieSession) -> Result<Redirect> {
    session.clear()?;
    session.flash("info", "Bye.").map(|()| Redirect::to("/"))
}

async fn me(SessionData(visitor): SessionData<Visitor>) -> Json<Visitor> {
    Json(visitor)
}

async fn poll(session: CookieSession, SessionData(visitor): SessionData<Visitor>) -> Result<String> {
    session.skip_refresh().map(|()| visitor.visits.to_string())
}

/// Returns the site with these sessions.
pub fn app(sessions: Sessions) -> Router {
    let app = Router::new().route("/", get(home)).route("/login", post(login)).route("/logout", post(logout));
    let app = app.route("/api/me", get(me)).route("/poll", get(poll));
    app.layer(SessionLayer::new(sessions)).layer(CsrfLayer::new())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let app = app(Sessions::builder(KeyRing::from_env("SESSION_KEYS")?).build()?);
    Ok(axum::serve(tokio::net::TcpListener::bind("127.0.0.1:3000").await?, app).await?)
}
