//! The same application on each kind of session, written as its documentation shows.

use actix_session::config::CookieContentSecurity;
use actix_session::storage::CookieSessionStore;
use actix_session::{SessionGetError, SessionInsertError, SessionMiddleware};
use actix_web::web::{self, Path, ServiceConfig};
use actix_web::{Error, Scope};
use cookie_session::Sessions;
use cookie_session_actix::CookieSessionError;

use crate::data::{self, Visitor};
use crate::workload::{self, KEY, visitor};

async fn say_hello() -> &'static str {
    "hello"
}

// --- without a session ---

pub(crate) fn hello(config: &mut ServiceConfig) {
    let paths = [
        "/login/{number}",
        "/read",
        "/change",
        "/struct/login/{number}",
        "/struct/read",
        "/struct/change",
        "/hello",
    ];
    let routes = |scope: Scope, path| scope.route(path, web::get().to(say_hello));
    config.service(paths.into_iter().fold(web::scope("/hello"), routes));
}

// --- cookie-session-actix ---

pub(crate) fn ours(config: &mut ServiceConfig) {
    on_sessions(config, "/ours", Sessions::builder(data::ring(&[0])).build().expect("all defaults"));
}

pub(crate) fn ours_encrypted(config: &mut ServiceConfig) {
    let sessions = Sessions::builder(data::ring(&[0])).encrypted().build().expect("all defaults");
    on_sessions(config, "/ours-encrypted", sessions);
}

fn on_sessions(config: &mut ServiceConfig, path: &str, sessions: Sessions) {
    use cookie_session_actix::CookieSession;

    async fn login(session: CookieSession, number: Path<usize>) -> Result<&'static str, CookieSessionError> {
        session.write(visitor(*number))?;
        Ok("welcome")
    }

    async fn read(session: CookieSession) -> Result<String, CookieSessionError> {
        Ok(session.get::<u64>("user_id")?.expect("the cookie verifies").to_string())
    }

    async fn change(session: CookieSession) -> Result<&'static str, CookieSessionError> {
        session.insert("visits", workload::next())?;
        Ok("changed")
    }

    async fn read_struct(session: CookieSession) -> Result<String, CookieSessionError> {
        Ok(session.read::<Visitor>()?.user_id.to_string())
    }

    async fn change_struct(session: CookieSession) -> Result<&'static str, CookieSessionError> {
        let mut visitor: Visitor = session.read()?;
        visitor.visits = workload::next();
        session.write(&visitor)?;
        Ok("changed")
    }

    let scope = web::scope(path)
        .route("/login/{number}", web::get().to(login))
        .route("/read", web::get().to(read))
        .route("/change", web::get().to(change))
        .route("/struct/login/{number}", web::get().to(login))
        .route("/struct/read", web::get().to(read_struct))
        .route("/struct/change", web::get().to(change_struct))
        .route("/hello", web::get().to(say_hello))
        .wrap(cookie_session_actix::SessionMiddleware::new(sessions));
    config.service(scope);
}

// --- actix-session ---

pub(crate) fn signed(config: &mut ServiceConfig) {
    in_cookies(config, "/signed", CookieContentSecurity::Signed);
}

pub(crate) fn private(config: &mut ServiceConfig) {
    in_cookies(config, "/private", CookieContentSecurity::Private);
}

fn in_cookies(config: &mut ServiceConfig, path: &str, security: CookieContentSecurity) {
    use actix_session::Session;

    async fn login(session: Session, number: Path<usize>) -> Result<&'static str, SessionInsertError> {
        for (key, value) in workload::fields(visitor(*number)) {
            session.insert(key, value)?;
        }
        Ok("welcome")
    }

    async fn read(session: Session) -> Result<String, SessionGetError> {
        Ok(session.get::<u64>("user_id")?.expect("the cookie verifies").to_string())
    }

    async fn change(session: Session) -> Result<&'static str, SessionInsertError> {
        session.insert("visits", workload::next())?;
        Ok("changed")
    }

    async fn log_in_struct(
        session: Session,
        number: Path<usize>,
    ) -> Result<&'static str, SessionInsertError> {
        session.insert(KEY, visitor(*number))?;
        Ok("welcome")
    }

    async fn read_struct(session: Session) -> Result<String, SessionGetError> {
        Ok(session.get::<Visitor>(KEY)?.expect("the cookie verifies").user_id.to_string())
    }

    async fn change_struct(session: Session) -> Result<&'static str, Error> {
        let mut visitor = session.get::<Visitor>(KEY)?.expect("the cookie verifies");
        visitor.visits = workload::next();
        session.insert(KEY, visitor)?;
        Ok("changed")
    }

    let key = actix_web::cookie::Key::from(&[data::secret(0), data::secret(1)].concat());
    let middleware = SessionMiddleware::builder(CookieSessionStore::default(), key)
        .cookie_content_security(security)
        .build();
    let scope = web::scope(path)
        .route("/login/{number}", web::get().to(login))
        .route("/read", web::get().to(read))
        .route("/change", web::get().to(change))
        .route("/struct/login/{number}", web::get().to(log_in_struct))
        .route("/struct/read", web::get().to(read_struct))
        .route("/struct/change", web::get().to(change_struct))
        .route("/hello", web::get().to(say_hello))
        .wrap(middleware);
    config.service(scope);
}
