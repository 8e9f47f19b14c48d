//! The program of the README: logs in, reads and logs out.

use actix_web::{App, HttpServer, get, post, web::Html, web::Redirect};
use cookie_session::{KeyRing, Sessions};
use cookie_session_actix::{CookieSession, CookieSessionError, SessionMiddleware};

#[get("/")]
async fn home(session: CookieSession) -> Result<Html, CookieSessionError> {
    let user: Option<u64> = session.get("user_id")?;
    let next = if user.is_some() { "logout" } else { "login" };
    Ok(Html::new(format!("User: {user:?} <form method=post action={next}><button>{next}</button></form>")))
}
#[post("/login")]
async fn login(session: CookieSession) -> Result<Redirect, CookieSessionError> {
    session.clear()?; // nothing from before the login survives it
    session.insert("user_id", 42).map(|()| Redirect::to("/").see_other()) // check a password first
}
#[post("/logout")]
async fn logout(session: CookieSession) -> Result<Redirect, CookieSessionError> {
    session.clear().map(|()| Redirect::to("/").see_other())
}
#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let layer = SessionMiddleware::new(Sessions::builder(KeyRing::from_env("SESSION_KEYS")?).build()?);
    let app = move || App::new().service((home, login, logout)).wrap(layer.clone());
    Ok(HttpServer::new(app).bind("127.0.0.1:3000")?.run().await?)
}
