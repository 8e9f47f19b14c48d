//! What most sites do with a session, in a page: a login form with *remember me* that other sites cannot post, messages
//! for the next page, a typed session, a JSON route, a poll that does not prolong the session, a logout.
//!
//! ```sh
//! SESSION_KEYS=$(openssl rand -base64 32) cargo run -p cookie-session-actix --example site
//! ```

use actix_web::web::{Form, Html, Redirect, ServiceConfig, get, post};
use actix_web::{App, HttpResponse, HttpServer};
use cookie_session::{KeyRing, Sessions};
use cookie_session_actix::{CookieSession, CookieSessionError, CrossOrigin, SessionData, SessionMiddleware};
use serde::{Deserialize, Serialize};

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

async fn home(session: CookieSession) -> Result<Html, CookieSessionError> {
    let flashes = session.take_flashes()?;
    let flash = |flash: &cookie_session::flash::Flash| {
        format!("<p class={}>{}</p>", flash.category, escape(&flash.message))
    };
    let flashes: String = flashes.iter().map(flash).collect();
    let csrf = format!("<input type=hidden name=csrf value=\"{}\">", session.csrf_token()?);
    let mut visitor: Visitor = session.read_or_default()?;
    let Some(name) = visitor.name.as_deref().map(escape) else {
        let fields = "<input name=name><label><input type=checkbox name=remember>Remember me</label>";
        return Ok(Html::new(format!(
            "{flashes}<form method=post action=/login>{csrf}{fields}<button>Log in</button></form>"
        )));
    };
    visitor.visits = visitor.visits.saturating_add(1);
    session.merge(&visitor)?;
    let hello = format!("{name}, visit {}", visitor.visits);
    Ok(Html::new(format!(
        "{flashes}{hello}<form method=post action=/logout>{csrf}<button>Log out</button></form>"
    )))
}

async fn login(session: CookieSession, form: Form<Posted>) -> Result<Redirect, CookieSessionError> {
    session.check_csrf(&form.csrf)?;
    let name = form.name.clone().unwrap_or_default();
    session.clear()?;
    session.set_permanent(form.remember.is_some())?;
    session.flash("success", &format!("Welcome, {name}."))?;
    session.merge(&Visitor { name: Some(name), visits: 0 })?;
    Ok(Redirect::to("/").see_other())
}

async fn logout(session: CookieSession, form: Form<Posted>) -> Result<Redirect, CookieSessionError> {
    session.check_csrf(&form.csrf)?;
    session.clear()?;
    session.flash("info", "Bye.")?;
    Ok(Redirect::to("/").see_other())
}

async fn me(SessionData(visitor): SessionData<Visitor>) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(serde_json::json!(visitor).to_string())
}

async fn poll(session: CookieSession) -> Result<String, CookieSessionError> {
    session.skip_refresh()?;
    Ok(session.get::<u32>("visits")?.unwrap_or_default().to_string())
}

/// Adds the site to an application.
pub fn site(app: &mut ServiceConfig) {
    app.route("/", get().to(home)).route("/login", post().to(login)).route("/logout", post().to(logout));
    app.route("/api/me", get().to(me)).route("/poll", get().to(poll));
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let layer = SessionMiddleware::new(Sessions::builder(KeyRing::from_env("SESSION_KEYS")?).build()?);
    let app = move || App::new().configure(site).wrap(layer.clone()).wrap(CrossOrigin::new());
    Ok(HttpServer::new(app).bind("127.0.0.1:3000")?.run().await?)
}
