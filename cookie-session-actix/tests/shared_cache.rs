//! Behind a cache that many visitors share, nobody gets another's page or
//! cookie, whatever the handler says about caching.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

#[path = "../../tests/support/cache.rs"]
#[allow(dead_code, unreachable_pub, reason = "shared with the tests of cookie-session")]
mod cache;
mod support;

use actix_web::web::{self, Path, Redirect};
use actix_web::{Either, HttpResponse, Responder};
use cache::{Headers, Response, SharedCache};
use cookie_session::Sessions;
use cookie_session_actix::{CookieSession, CookieSessionError, SessionMiddleware};
use support::{PROTOCOLS, Protocol, Server, cookie, sessions};

/// What handlers say of their pages.
const SAYS: [&str; 5] =
    ["", "public, max-age=600", "s-maxage=600", "private=\"x-other\", max-age=600", "max-age=600, immutable"];

fn page(says: usize, text: String) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    if let Some(says) = SAYS.get(says).filter(|says| !says.is_empty()) {
        response.append_header(("cache-control", *says));
        response.append_header(("cdn-cache-control", "max-age=600"));
        response.append_header(("surrogate-control", "max-age=600"));
    }
    response.body(text)
}

async fn static_page() -> impl Responder {
    page(1, "for all".into())
}

async fn greet(session: CookieSession, says: Path<usize>) -> Result<impl Responder, CookieSessionError> {
    let user: Option<String> = session.get("user")?;
    Ok(page(*says, format!("hello {}", user.as_deref().unwrap_or("stranger"))))
}

async fn count(session: CookieSession, says: Path<usize>) -> Result<impl Responder, CookieSessionError> {
    session.update("count", |count: &mut u32| *count += 1)?;
    let user: Option<String> = session.get("user")?;
    Ok(page(*says, format!("counted {}", user.as_deref().unwrap_or("stranger"))))
}

async fn log_out(session: CookieSession, says: Path<usize>) -> Result<impl Responder, CookieSessionError> {
    session.clear()?;
    Ok(page(*says, "bye".into()))
}

async fn guarded(session: CookieSession) -> Result<impl Responder, CookieSessionError> {
    Ok(match session.get::<String>("user")? {
        Some(user) => Either::Left(page(1, format!("secret of {user}"))),
        None => Either::Right(Redirect::to("/login").permanent()),
    })
}

fn serve(sessions: Sessions) -> Server {
    Server::start(move |config| {
        config.service(
            web::scope("")
                .wrap(SessionMiddleware::new(sessions.clone()))
                .route("/static", web::get().to(static_page))
                .route("/greet/{says}", web::get().to(greet))
                .route("/count/{says}", web::get().to(count))
                .route("/log-out/{says}", web::get().to(log_out))
                .route("/guarded", web::get().to(guarded)),
        );
    })
}

/// Sends a request through the cache, and says whether the server saw it.
fn get(
    cache: &mut SharedCache,
    server: &Server,
    protocol: Protocol,
    path: &str,
    cookie: Option<&str>,
) -> (Response, bool) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let request: Headers = cookie.iter().map(|cookie| ("cookie".into(), (*cookie).into())).collect();
    let mut asked = false;
    let response = cache.get(path, &request, 1_750_000_000, || {
        asked = true;
        let cookies: Vec<_> = cookie.into_iter().collect();
        let reply = runtime.block_on(server.get(protocol, path, &cookies));
        let text = |value: &hyper::header::HeaderValue| String::from_utf8(value.as_bytes().to_vec()).unwrap();
        Response {
            status: reply.status.as_u16(),
            headers: reply.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
            body: reply.text().to_owned(),
        }
    });
    (response, asked)
}

#[test]
fn a_shared_cache_never_mixes_visitors_up() {
    let sessions = sessions();
    let server = serve(sessions.clone());
    let visitor = |user: &str| cookie(&sessions, |session| session.insert("user", user).unwrap());
    let (ada, ben) = (visitor("ada"), visitor("ben"));
    let stranger = "theme=dark".to_owned();
    let visitors = [("ada", &ada), ("ben", &ben), ("stranger", &stranger)];
    let mut paths = vec!["/guarded".to_owned()];
    for says in 0..SAYS.len() {
        paths.extend(["greet", "count", "log-out"].map(|page| format!("/{page}/{says}")));
    }
    for protocol in PROTOCOLS {
        for honours_vary in [true, false] {
            for path in &paths {
                let new = || if honours_vary { SharedCache::new() } else { SharedCache::that_ignores_vary() };
                let mut cache = new();
                for (user, cookie) in visitors.into_iter().chain(visitors) {
                    let (response, asked) = get(&mut cache, &server, protocol, path, Some(cookie));
                    let sets = response.headers.iter().any(|(name, _)| name == "set-cookie");
                    assert!(asked || !sets, "{path}: {user} gets a stored cookie");
                    for (other, _) in visitors {
                        let shows = response.body.ends_with(other) && other != "stranger";
                        assert!(!shows || other == user, "{path}: {user} sees the page of {other}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_page_that_never_asks_stays_cacheable_for_all() {
    let sessions = sessions();
    let server = serve(sessions.clone());
    let ada = cookie(&sessions, |session| session.insert("user", "ada").unwrap());
    for protocol in PROTOCOLS {
        let mut cache = SharedCache::new();
        assert!(get(&mut cache, &server, protocol, "/static", Some(&ada)).1);
        let (response, asked) = get(&mut cache, &server, protocol, "/static", None);
        assert!(!asked && response.body == "for all");
    }
}
