//! What most sites do with a session, in a page: a login form with *remember me* that other sites cannot post, messages
//! for the next page, a typed session, a JSON route, a poll that does not prolong the session, a logout.
//!
//! ```sh
//! SESSION_KEYS=$(openssl rand -base64 32) cargo run -p cookie-session-actix --example site
//! ```

use actix_web::web::{Form, Html, Json, Redirect, ServiceConfig, get, post};
use actix_web::{App, HttpServer};
use cookie_session::{KeyRing, Sessions};
use cookie_session_actix::{CookieSession, CrossOrigin, Result, SessionData, SessionMiddleware};
use serde::{Deserialize, Serialize};

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

async fn home(session: CookieSession, SessionData(visitor): SessionData<Visitor>) -> Result<Html> {
    let flashes = session.take_flashes()?;
    let flashes: String = flashes.iter().map(|flash| format!("<p>{}</p>", flash.html())).collect();
    if visitor.name.is_none() {
        return Ok(Html::new(flashes + LOGIN));
    }
    let visits = visitor.visits.saturating_add(1);
    session.merge(&Visitor { visits, ..visitor })?;
    Ok(Html::new(format!("{flashes}<p>Visit {visits}</p>{LOGOUT}")))
}

async fn login(session: CookieSession, Form(login): Form<Login>) -> Result<Redirect> {
    // Check a password first. Nothing from before the login survives it.
    session.clear()?;
    session.set_permanent(login.remember.is_some())?;
    session.flash("success", &format!("Welcome, {}.", login.name))?;
    session.merge(&Visitor { name: Some(login.name), visits: 0 }).map(|()| Redirect::to("/").see_other())
}

async fn logout(session: CookieSession) -> Result<Redirect> {
    session.clear()?;
    session.flash("info", "Bye.").map(|()| Redirect::to("/").see_other())
}

async fn me(SessionData(visitor): SessionData<Visitor>) -> Json<Visitor> {
    Json(visitor)
}

async fn poll(session: CookieSession, SessionData(visitor): SessionData<Visitor>) -> Result<String> {
    session.skip_refresh().map(|()| visitor.visits.to_string())
}

/// Adds the site to an application.
pub fn site(app: &mut ServiceConfig) {
    app.route("/", get().to(home)).route("/login", post().to(login)).route("/logout", post().to(logout));
    app.route("/api/me", get().to(me)).route("/poll", get().to(poll));
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let layer = SessionMiddleware::new(Sessions::builder(KeyRing::from_env("SESSION_KEYS")?).build()?);
    let app = move || App::new().configure(site).wrap(layer.clone()).wrap(CrossOrigin::new());
    Ok(HttpServer::new(app).bind("127.0.0.1:3000")?.run().await?)
}
