//! actix-session's `CookieSessionStore` in its defaults, but for the name of the cookie and plain HTTP.

use actix_session::storage::CookieSessionStore;
use actix_session::{Session, SessionMiddleware};
use actix_web::cookie::Key;
use actix_web::web::{Query, get, post};
use actix_web::{App, Error, HttpServer};
use scoreboard::{Login, Settings};

async fn read(session: Session) -> Result<String, Error> {
    Ok(session.get::<u64>("user")?.map_or_else(|| "null".to_owned(), |user| user.to_string()))
}

async fn login(session: Session, login: Query<Login>) -> Result<String, Error> {
    session.renew();
    session.insert("user", 42)?;
    if login.size > 0 {
        session.insert("filler", login.filler())?;
    }
    Ok(String::new())
}

async fn change(session: Session) -> Result<String, Error> {
    session.insert("n", session.get::<u64>("n")?.unwrap_or(0) + 1)?;
    Ok(String::new())
}

async fn logout(session: Session) -> String {
    session.purge();
    String::new()
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let settings = Settings::from_env();
    // Panics for fewer than 64 bytes, as its documentation says.
    let key = Key::from(settings.key.as_bytes());
    let app = move || {
        let middleware = SessionMiddleware::builder(CookieSessionStore::default(), key.clone())
            .cookie_name(settings.name.clone())
            .cookie_secure(false)
            .build();
        App::new()
            .route("/read", get().to(read))
            .route("/login", post().to(login))
            .route("/change", post().to(change))
            .route("/logout", post().to(logout))
            .wrap(middleware)
    };
    HttpServer::new(app).workers(1).bind(("127.0.0.1", settings.port))?.run().await
}
