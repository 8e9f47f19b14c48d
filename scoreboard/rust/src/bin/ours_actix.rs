//! cookie-session-actix in its defaults, but for the name of the cookie and plain HTTP.

use actix_web::web::{Query, get, post};
use actix_web::{App, HttpServer};
use cookie_session::{KeyRing, Sessions};
use cookie_session_actix::{CookieSession, CookieSessionError, SessionMiddleware};
use scoreboard::{Login, Settings};

async fn read(session: CookieSession) -> Result<String, CookieSessionError> {
    Ok(session.get::<u64>("user")?.map_or_else(|| "null".to_owned(), |user| user.to_string()))
}

async fn login(session: CookieSession, login: Query<Login>) -> Result<String, CookieSessionError> {
    session.clear()?;
    session.insert("user", 42)?;
    if login.size > 0 {
        session.insert("filler", login.filler())?;
    }
    Ok(String::new())
}

async fn change(session: CookieSession) -> Result<String, CookieSessionError> {
    session.insert("n", session.get::<u64>("n")?.unwrap_or(0) + 1)?;
    Ok(String::new())
}

async fn logout(session: CookieSession) -> Result<String, CookieSessionError> {
    session.clear()?;
    Ok(String::new())
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let settings = Settings::from_env();
    let keys: KeyRing = settings.key.parse()?;
    let sessions = Sessions::builder(keys).name(settings.name).insecure_for_local_http().build()?;
    let middleware = SessionMiddleware::new(sessions);
    let app = move || {
        App::new()
            .route("/read", get().to(read))
            .route("/login", post().to(login))
            .route("/change", post().to(change))
            .route("/logout", post().to(logout))
            .wrap(middleware.clone())
    };
    Ok(HttpServer::new(app).workers(1).bind(("127.0.0.1", settings.port))?.run().await?)
}
