//! What most sites do with a session, in a page: a login form with *remember me* that other sites cannot post, messages
//! for the next page, a typed session, a JSON route, a poll that does not prolong the session, a logout.
//!
//! ```sh
//! SESSION_KEYS=$(openssl rand -base64 32) cargo run -p cookie-session-axum --example site
//! ```

use axum::extract::Form;
use axum::response::{Html, Redirect};
use axum::routing::{get, post};
use axum::{Router, http::header::CONTENT_TYPE};
use cookie_session::{KeyRing, Sessions};
use cookie_session_axum::{CookieSession, CookieSessionError, SessionData, SessionLayer};
use serde::{Deserialize, Serialize};
use tower_http::csrf::CsrfLayer;

#[derive(Default, Serialize, Deserialize)]
struct Visitor {
    name: Option<String>,
    visits: u32,
}

#[derive(Deserialize)]
struct Posted {
    csrf: String,
    name: Option<String>,
    remember: Option<String>,
}

async fn home(session: CookieSession) -> Result<Html<String>, CookieSessionError> {
    let flashes = session.take_flashes()?;
    let flash = |flash: &cookie_session::flash::Flash| {
        format!("<p class={}>{}</p>", flash.category, escape(&flash.message))
    };
    let flashes: String = flashes.iter().map(flash).collect();
    let csrf = format!("<input type=hidden name=csrf value=\"{}\">", session.csrf_token()?);
    let mut visitor: Visitor = session.read_or_default()?;
    let Some(name) = visitor.name.as_deref().map(escape) else {
        let fields = "<input name=name><label><input type=checkbox name=remember>Remember me</label>";
        return Ok(Html(format!(
            "{flashes}<form method=post action=/login>{csrf}{fields}<button>Log in</button></form>"
        )));
    };
    visitor.visits = visitor.visits.saturating_add(1);
    session.merge(&visitor)?;
    let hello = format!("{name}, visit {}", visitor.visits);
    Ok(Html(format!(
        "{flashes}{hello}<form method=post action=/logout>{csrf}<button>Log out</button></form>"
    )))
}

async fn login(session: CookieSession, Form(form): Form<Posted>) -> Result<Redirect, CookieSessionError> {
    session.check_csrf(&form.csrf)?;
    let name = form.name.unwrap_or_default();
    session.clear()?;
    session.set_permanent(form.remember.is_some())?;
    session.flash("success", &format!("Welcome, {name}."))?;
    session.merge(&Visitor { name: Some(name), visits: 0 })?;
    Ok(Redirect::to("/"))
}

async fn logout(session: CookieSession, Form(form): Form<Posted>) -> Result<Redirect, CookieSessionError> {
    session.check_csrf(&form.csrf)?;
    session.clear()?;
    session.flash("info", "Bye.")?;
    Ok(Redirect::to("/"))
}

async fn me(SessionData(visitor): SessionData<Visitor>) -> ([(http::HeaderName, &'static str); 1], String) {
    ([(CONTENT_TYPE, "application/json")], serde_json::json!(visitor).to_string())
}

async fn poll(session: CookieSession) -> Result<String, CookieSessionError> {
    session.skip_refresh()?;
    Ok(session.get::<u32>("visits")?.unwrap_or_default().to_string())
}

/// Returns the site with these sessions.
pub fn app(sessions: Sessions) -> Router {
    let app = Router::new().route("/", get(home)).route("/login", post(login)).route("/logout", post(logout));
    let app = app.route("/api/me", get(me)).route("/poll", get(poll));
    app.layer(SessionLayer::new(sessions)).layer(CsrfLayer::new())
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sessions = Sessions::builder(KeyRing::from_env("SESSION_KEYS")?).build()?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    Ok(axum::serve(listener, app(sessions)).await?)
}
