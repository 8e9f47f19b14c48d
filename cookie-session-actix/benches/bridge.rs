//! How long requests take over the bridge, beside actix-session over a store in memory and over its cookie store: one
//! run, one ratio for each.
//!
//!     cargo bench -p cookie-session-actix --features actix-session

#![allow(clippy::expect_used, clippy::print_stdout, reason = "a program for people")]

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::{Duration, Instant};

use actix_http::Request;
use actix_session::storage::{
    CookieSessionStore, LoadError, SaveError, SessionKey, SessionStore, UpdateError,
};
use actix_session::{Session, SessionMiddleware};
use actix_web::body::MessageBody;
use actix_web::cookie::Key;
use actix_web::cookie::time::Duration as Ttl;
use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::header::{COOKIE, SET_COOKIE};
use actix_web::test::{TestRequest, init_service};
use actix_web::web::{ServiceConfig, get};
use actix_web::{App, Error, HttpResponse};
use cookie_session::{KeyRing, SecretKey, Sessions};
use cookie_session_actix::Bridge;

async fn log_in(session: Session) -> HttpResponse {
    session.insert("user_id", 42).expect("it is JSON");
    session.insert("name", "Ada Lovelace").expect("it is JSON");
    HttpResponse::Ok().finish()
}

async fn read(session: Session) -> HttpResponse {
    let user = session.get::<u64>("user_id").expect("a number").expect("somebody is logged in");
    HttpResponse::Ok().body(user.to_string())
}

async fn write(session: Session) -> HttpResponse {
    let visits = session.get::<u64>("visits").expect("a number").unwrap_or_default();
    session.insert("visits", visits.wrapping_add(1)).expect("it is JSON");
    HttpResponse::Ok().finish()
}

fn routes(config: &mut ServiceConfig) {
    config.route("/log-in", get().to(log_in)).route("/read", get().to(read)).route("/write", get().to(write));
}

/// A map without an end for anything: actix-session has no store in memory. The keys are numbers, as cheap as can be.
#[derive(Clone, Default)]
struct Memory(Rc<RefCell<HashMap<String, HashMap<String, String>>>>);

impl SessionStore for Memory {
    async fn load(&self, key: &SessionKey) -> Result<Option<HashMap<String, String>>, LoadError> {
        Ok(self.0.borrow().get(key.as_ref()).cloned())
    }

    async fn save(&self, state: HashMap<String, String>, _: &Ttl) -> Result<SessionKey, SaveError> {
        let mut map = self.0.borrow_mut();
        let key = map.len().to_string();
        map.insert(key.clone(), state);
        Ok(key.try_into().expect("a short key"))
    }

    async fn update(
        &self,
        key: SessionKey,
        state: HashMap<String, String>,
        _: &Ttl,
    ) -> Result<SessionKey, UpdateError> {
        self.0.borrow_mut().insert(key.as_ref().to_owned(), state);
        Ok(key)
    }

    async fn update_ttl(&self, _: &SessionKey, _: &Ttl) -> Result<(), anyhow::Error> {
        Ok(())
    }

    async fn delete(&self, key: &SessionKey) -> Result<(), anyhow::Error> {
        self.0.borrow_mut().remove(key.as_ref());
        Ok(())
    }
}

async fn send<S, B>(app: &S, path: &str, cookie: &str) -> Option<String>
where
    S: Service<Request, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    let request = TestRequest::get().uri(path).insert_header((COOKIE, cookie)).to_request();
    let response = app.call(request).await.expect("the handlers do not fail");
    assert!(response.status().is_success());
    let line = response.headers().get(SET_COOKIE)?.to_str().expect("text");
    line.split(';').next().map(str::to_owned)
}

/// How long one request takes, over many.
async fn time<S, B>(app: &S, path: &str, cookie: &str) -> Duration
where
    S: Service<Request, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    let start = Instant::now();
    for _ in 0..REQUESTS {
        send(app, path, cookie).await;
    }
    start.elapsed().checked_div(REQUESTS).unwrap_or_default()
}

#[actix_web::main]
async fn main() {
    let keys = KeyRing::new(SecretKey::generate().expect("random bytes"));
    let sessions = Sessions::builder(keys).encrypted().build().expect("the defaults are safe");
    let bridge = Bridge::new(sessions).expect("they are encrypted");
    let bridge = init_service(App::new().configure(routes).wrap(bridge)).await;
    let memory = SessionMiddleware::new(Memory::default(), Key::generate());
    let memory = init_service(App::new().configure(routes).wrap(memory)).await;
    let store = SessionMiddleware::new(CookieSessionStore::default(), Key::generate());
    let store = init_service(App::new().configure(routes).wrap(store)).await;
    let bare = App::new().route("/read", get().to(async || HttpResponse::Ok().body("42")));
    let bare = init_service(bare).await;
    let ours = send(&bridge, "/log-in", "").await.expect("a cookie");
    let in_memory = send(&memory, "/log-in", "").await.expect("a cookie");
    let in_cookie = send(&store, "/log-in", "").await.expect("a cookie");
    println!("without sessions {:?}", time(&bare, "/read", &ours).await);
    for path in ["/read", "/write"] {
        let mut best = [Duration::MAX; 3];
        for _ in 0..TURNS {
            best = [
                best[0].min(time(&bridge, path, &ours).await),
                best[1].min(time(&memory, path, &in_memory).await),
                best[2].min(time(&store, path, &in_cookie).await),
            ];
        }
        let ratio = |other: Duration| best[0].as_secs_f64() / other.as_secs_f64();
        println!(
            "{path} bridge {:?}, original in memory {:?}, ratio {:.2}, original in a cookie {:?}, ratio {:.2}",
            best[0],
            best[1],
            ratio(best[1]),
            best[2],
            ratio(best[2])
        );
    }
}

/// So few that a turn ends before a busy machine gives the processor to somebody else, and so many turns that one had it.
const REQUESTS: u32 = 200;
const TURNS: u32 = 400;
