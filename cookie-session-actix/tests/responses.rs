//! What the client sees: which headers, and when none.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

mod support;

use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::ErrorImATeapot;
use actix_web::http::header::{CACHE_CONTROL, HeaderName, VARY};
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{self, Redirect, ServiceConfig};
use actix_web::{Error, HttpResponse, Responder};
use cookie_session::{KeyRing, Sessions};
use cookie_session_actix::{CookieSession, CookieSessionError, SessionData, SessionMiddleware};
use hyper::StatusCode;
use serde::{Deserialize, Serialize};
use support::{Counted, NAME, PROTOCOLS, Server, cookie, keys, sessions};

/// Shows the head of the response as middleware outside may print it.
async fn debug(request: ServiceRequest, next: Next<BoxBody>) -> Result<ServiceResponse, Error> {
    let mut response = next.call(request).await?;
    let text = format!("{:?}", response.headers());
    response.headers_mut().insert(HeaderName::from_static("x-debug"), text.try_into().expect("ASCII"));
    Ok(response)
}

fn shop(sessions: Sessions) -> impl Fn(&mut ServiceConfig) + Clone + Send {
    move |config| {
        config.service(
            web::resource("/debug")
                .wrap(SessionMiddleware::new(sessions.clone()))
                .wrap(from_fn(debug))
                .to(count),
        );
        config.service(
            web::scope("")
                .wrap(SessionMiddleware::new(sessions.clone()))
                .route("/never", web::get().to(never))
                .route("/extract", web::get().to(extract))
                .route("/look", web::get().to(look))
                .route("/count", web::get().to(count))
                .route("/clear", web::get().to(clear))
                .route("/redirect", web::get().to(redirect))
                .route("/error", web::get().to(error))
                .route("/public", web::get().to(public))
                .route("/data", web::get().to(data))
                .route("/everything", web::get().to(everything))
                .service(web::resource("/inner-error").wrap(from_fn(use_and_fail)).to(never)),
        );
    }
}

async fn never() -> impl Responder {
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "public, max-age=60")).body("hello")
}

async fn extract(_session: CookieSession) -> impl Responder {
    never().await
}

async fn look(session: CookieSession) -> Result<String, CookieSessionError> {
    Ok(format!("{:?}", session.get::<u32>("count")?))
}

async fn count(session: CookieSession) -> Result<impl Responder, CookieSessionError> {
    let count = session.update("count", |count: &mut u32| {
        *count += 1;
        *count
    })?;
    Ok(HttpResponse::Ok().append_header(("set-cookie", "theme=dark")).body(count.to_string()))
}

async fn clear(session: CookieSession) -> Result<&'static str, CookieSessionError> {
    session.clear()?;
    Ok("bye")
}

async fn redirect(session: CookieSession) -> Result<impl Responder, CookieSessionError> {
    session.insert("flash", "saved")?;
    Ok(Redirect::to("/").see_other())
}

async fn error(session: CookieSession) -> Result<String, Error> {
    session.insert("attempts", 1)?;
    Err(ErrorImATeapot("short and stout"))
}

async fn use_and_fail(
    session: CookieSession,
    _: ServiceRequest,
    _: Next<BoxBody>,
) -> Result<ServiceResponse, Error> {
    error(session).await?;
    Err(ErrorImATeapot("not reached"))
}

async fn public(session: CookieSession) -> Result<impl Responder, CookieSessionError> {
    let _ = session.len()?;
    Ok(HttpResponse::Ok()
        .append_header((VARY, "Accept-Encoding"))
        .append_header((VARY, "Accept-Language"))
        .append_header((CACHE_CONTROL, "public"))
        .append_header((CACHE_CONTROL, "max-age=60"))
        .append_header(("cdn-cache-control", "max-age=600"))
        .append_header(("surrogate-control", "max-age=600"))
        .body("page"))
}

#[derive(Serialize, Deserialize, Default, Debug, PartialEq)]
struct Visitor {
    user: Option<String>,
    count: u32,
}

async fn data(SessionData(visitor): SessionData<Visitor>) -> String {
    format!("{:?} {}", visitor.user, visitor.count)
}

/// Calls every method of the handle once.
async fn everything(session: CookieSession) -> Result<&'static str, CookieSessionError> {
    assert!(session.is_new()? && session.is_empty()?);
    assert_eq!(session.rejection()?, None);
    assert_eq!((session.created_at()?, session.issued_at()?), (None, None));
    session.insert("a", 1)?;
    session.insert("b", "text")?;
    assert_eq!(session.keys()?, ["a", "b"]);
    assert_eq!(session.get::<String>("b")?.as_deref(), Some("text"));
    assert!(session.contains_key("a")? && !session.contains_key("c")?);
    assert_eq!(session.take::<u8>("a")?, Some(1));
    assert!(session.remove("b")? && !session.remove("b")?);
    assert_eq!(session.len()?, 0);
    let ada = Visitor { user: Some("ada".into()), count: 3 };
    session.merge(&ada)?;
    assert_eq!(session.read_or_default::<Visitor>()?, ada);
    session.write(&ada)?;
    assert_eq!(session.read::<Visitor>()?, ada);
    session.clear()?;
    session.insert("after", true)?;
    session.set_permanent(true)?;
    session.renew()?;
    session.skip_refresh()?;
    assert!(session.permanent()?);
    let raw = session.clone().with(|session| session.get_raw("after").map(str::to_owned))?;
    assert_eq!(raw.as_deref(), Some("true"));
    Ok("all")
}

#[tokio::test]
async fn a_route_that_never_asks_costs_nothing_and_stays_cacheable() {
    let counted = Counted::new(|builder| builder);
    let visitor = cookie(&counted.sessions, |session| session.insert("count", 1).unwrap());
    let server = Server::start(shop(counted.sessions.clone()));
    for protocol in PROTOCOLS {
        for path in ["/never", "/extract"] {
            counted.readings();
            let reply = server.get(protocol, path, &[&visitor]).await;
            assert_eq!(reply.text(), "hello");
            assert_eq!(counted.readings(), 0, "{path} verified the cookie");
            assert!(reply.all("vary").is_empty() && reply.all("set-cookie").is_empty());
            assert_eq!(reply.all("cache-control"), ["public, max-age=60"]);
        }
        let reply = server.get(protocol, "/look", &[&visitor]).await;
        assert_eq!(reply.text(), "Some(1)");
        assert_eq!(counted.readings(), 1, "one reading of the clock for a request that asks");
    }
}

#[tokio::test]
async fn keeps_a_session_from_request_to_request() {
    let server = Server::start(shop(sessions()));
    for protocol in PROTOCOLS {
        let mut client = server.connect(protocol).await;
        let mut visitor = String::new();
        for n in 1..=3 {
            let reply = client.get("/count", &[&visitor]).await;
            assert_eq!(reply.text(), n.to_string());
            assert_eq!(reply.all("vary"), ["Cookie"]);
            assert_eq!(reply.all("cache-control"), ["private, no-store"]);
            assert_eq!(reply.set_cookies("theme"), ["theme=dark"], "other cookies stay");
            visitor = reply.cookie(NAME);
        }
        let reply = client.get("/look", &[&visitor]).await;
        assert_eq!(reply.text(), "Some(3)");
        assert_eq!(reply.all("cache-control"), ["private"]);
        assert!(reply.all("set-cookie").is_empty(), "reading sets nothing");
    }
}

#[tokio::test]
async fn says_the_attributes_and_removes_with_them() {
    let server = Server::start(shop(sessions()));
    for protocol in PROTOCOLS {
        let reply = server.get(protocol, "/count", &[]).await;
        let line = reply.set_cookies(NAME).remove(0);
        for attribute in ["; HttpOnly", "; Secure", "; SameSite=Lax", "; Path=/"] {
            assert!(line.contains(attribute), "{attribute}");
        }
        let reply = server.get(protocol, "/clear", &[&reply.cookie(NAME)]).await;
        let line = reply.set_cookies(NAME).remove(0);
        assert!(line.starts_with("__Host-session=;") && line.contains("Max-Age=0"), "{line}");
        let reply = server.get(protocol, "/clear", &[]).await;
        assert!(reply.all("set-cookie").is_empty(), "nothing to remove");
    }
}

#[tokio::test]
async fn redirects_and_errors_save() {
    let sessions = sessions();
    let server = Server::start(shop(sessions.clone()));
    let table = [
        ("/redirect", StatusCode::SEE_OTHER, "flash"),
        ("/error", StatusCode::IM_A_TEAPOT, "attempts"),
        ("/inner-error", StatusCode::IM_A_TEAPOT, "attempts"),
    ];
    for protocol in PROTOCOLS {
        for (path, status, key) in table {
            let reply = server.get(protocol, path, &[]).await;
            assert_eq!(reply.status, status, "{path}");
            assert!(sessions.open([reply.cookie(NAME)]).contains_key(key), "{path}");
            assert_eq!(reply.all("vary"), ["Cookie"], "{path}");
            assert_eq!(reply.all("cache-control"), ["private, no-store"], "{path}");
        }
    }
}

#[tokio::test]
async fn merges_the_caching_headers_of_the_handler() {
    let sessions = sessions();
    let visitor = cookie(&sessions, |session| session.insert("count", 1).unwrap());
    let server = Server::start(shop(sessions));
    for protocol in PROTOCOLS {
        let reply = server.get(protocol, "/public", &[&visitor]).await;
        assert_eq!(reply.all("vary"), ["Accept-Encoding, Accept-Language, Cookie"]);
        assert_eq!(reply.all("cache-control"), ["max-age=60, private"]);
        assert!(reply.all("cdn-cache-control").is_empty() && reply.all("surrogate-control").is_empty());

        let reply = server.get(protocol, "/public", &[]).await;
        assert_eq!(reply.all("vary"), ["Accept-Encoding, Accept-Language, Cookie"]);
        assert_eq!(reply.all("cache-control"), ["public", "max-age=60"], "nobody's page may be shared");
        assert_eq!(reply.all("cdn-cache-control"), ["max-age=600"]);
    }
}

#[tokio::test]
async fn a_rejected_cookie_looks_like_no_cookie() {
    let sessions = sessions();
    let server = Server::start(shop(sessions.clone()));
    let good = cookie(&sessions, |session| session.insert("count", 1).unwrap());
    let stranger = cookie(&support::sessions(), |session| session.insert("count", 1).unwrap());
    let other = Sessions::builder(keys()).name("__Host-other").build().unwrap();
    let renamed = cookie(&other, |session| session.insert("count", 1).unwrap()).replace("other", "session");
    let table = [
        stranger,
        renamed,
        format!("{good}A"),
        good.replace('.', ".."),
        format!("{NAME}="),
        format!("{NAME}={}", "a".repeat(5000)),
    ];
    for protocol in PROTOCOLS {
        let anonymous = server.get(protocol, "/look", &[]).await;
        for bad in &table {
            let reply = server.get(protocol, "/look", &[bad]).await;
            assert_eq!(reply.body, anonymous.body);
            assert_eq!(reply.status, anonymous.status);
            // actix-web sends headers in no particular order.
            let names = |headers: &hyper::HeaderMap| -> BTreeMap<_, _> {
                let all = headers.iter().filter(|(name, _)| *name != "date");
                all.map(|(name, value)| (name.to_string(), value.clone())).collect()
            };
            assert_eq!(names(&reply.headers), names(&anonymous.headers));
        }
    }
}

#[tokio::test]
async fn foreign_cookies_of_any_bytes_do_not_matter() {
    let sessions = sessions();
    let visitor = cookie(&sessions, |session| session.insert("count", 7).unwrap());
    let server = Server::start(shop(sessions));
    let semicolons = ";".repeat(4000);
    let foreign: [&[u8]; 8] = [
        b"caf\xe9=\xff\xfe",
        b"no equals sign",
        b"=nameless",
        b"quote=\"unterminated",
        b"percent=%db%",
        b"",
        semicolons.as_bytes(),
        b"__host-session=other; __Host-sessionx=y; x__Host-session=z",
    ];
    for protocol in PROTOCOLS {
        let mut client = server.connect(protocol).await;
        for line in foreign {
            let joined = [line, b"; ", visitor.as_bytes(), b"; ", line].concat();
            let shapes: [&[&[u8]]; 3] =
                [&[line, visitor.as_bytes()], &[visitor.as_bytes(), line, line], &[&joined]];
            for lines in shapes {
                let reply = client.try_get("/look", lines).await.unwrap();
                assert_eq!(reply.text(), "Some(7)", "{protocol:?} {}", String::from_utf8_lossy(line));
            }
        }
    }
}

#[tokio::test]
async fn of_several_lines_the_newest_that_verifies_wins() {
    let counted = Counted::new(|builder| builder);
    let old = cookie(&counted.sessions, |session| session.insert("count", 1).unwrap());
    counted.wait(5);
    let new = cookie(&counted.sessions, |session| session.insert("count", 2).unwrap());
    let junk = format!("{NAME}=junk");
    let server = Server::start(shop(counted.sessions.clone()));
    for protocol in PROTOCOLS {
        for lines in [[&*old, &*new, &*junk], [&*new, &*junk, &*old], [&*junk, &*old, &*new]] {
            assert_eq!(server.get(protocol, "/look", &lines).await.text(), "Some(2)");
        }
    }
}

#[tokio::test]
async fn refreshes_a_session_in_use_and_sends_its_age() {
    let counted = Counted::new(|builder| builder);
    let visitor = cookie(&counted.sessions, |session| session.insert("count", 1).unwrap());
    let server = Server::start(shop(counted.sessions.clone()));
    counted.wait(60 * 60);
    for protocol in PROTOCOLS {
        let reply = server.get(protocol, "/look", &[&visitor]).await;
        assert_ne!(reply.cookie(NAME), visitor);
        assert_eq!(reply.all("cache-control"), ["private, no-store"]);
    }
}

#[tokio::test]
async fn extracts_a_struct() {
    let sessions = sessions();
    let ada = Visitor { user: Some("ada".into()), count: 3 };
    let visitor = cookie(&sessions, |session| session.write(&ada).unwrap());
    let unfit = cookie(&sessions, |session| session.insert("count", "many").unwrap());
    let others = cookie(&sessions, |session| session.insert("csrf", "x").unwrap());
    let server = Server::start(shop(sessions));
    for protocol in PROTOCOLS {
        let reply = server.get(protocol, "/data", &[&visitor]).await;
        assert_eq!(reply.text(), "Some(\"ada\") 3");
        assert_eq!(reply.all("vary"), ["Cookie"]);
        assert_eq!(server.get(protocol, "/data", &[]).await.text(), "None 0");
        assert_eq!(server.get(protocol, "/data", &[&others]).await.text(), "None 0");
        let reply = server.get(protocol, "/data", &[&unfit]).await;
        assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(reply.body.is_empty());
    }
}

#[tokio::test]
async fn has_all_methods_of_a_session() {
    let sessions = sessions();
    let server = Server::start(shop(sessions.clone()));
    for protocol in PROTOCOLS {
        let reply = server.get(protocol, "/everything", &[]).await;
        assert_eq!(reply.text(), "all");
        assert!(reply.set_cookies(NAME).remove(0).contains("; Max-Age=1209600"));
    }
}

#[tokio::test]
async fn rotates_keys() {
    let (old, new) = (cookie_session::SecretKey::generate().unwrap(), keys());
    let before = Sessions::builder(KeyRing::new(old.clone())).build().unwrap();
    let after = Sessions::builder(new.fallback(old)).build().unwrap();
    let visitor = cookie(&before, |session| session.insert("count", 1).unwrap());
    let server = Server::start(shop(after));
    for protocol in PROTOCOLS {
        let reply = server.get(protocol, "/count", &[&visitor]).await;
        assert_eq!(reply.text(), "2");
        assert!(!before.open([reply.cookie(NAME)]).contains_key("count"), "signed with the new key");
    }
}

#[tokio::test]
async fn the_cookie_is_not_in_the_debug_output_of_the_response() {
    let server = Server::start(shop(sessions()));
    for protocol in PROTOCOLS {
        let reply = server.get(protocol, "/debug", &[]).await;
        let debug = reply.all("x-debug").remove(0);
        let (_, token) =
            reply.cookie(NAME).split_once('=').map(|(n, v)| (n.to_owned(), v.to_owned())).unwrap();
        assert!(debug.contains("set-cookie") && !debug.contains(&token), "{debug}");
    }
}

#[tokio::test]
async fn concurrent_requests_keep_apart() {
    let sessions = sessions();
    let server = Arc::new(Server::start(shop(sessions.clone())));
    let mut requests = tokio::task::JoinSet::new();
    for n in 0..100_u32 {
        let visitor = cookie(&sessions, |session| session.insert("count", n).unwrap());
        let (server, sessions) = (Arc::clone(&server), sessions.clone());
        requests.spawn(async move {
            for protocol in PROTOCOLS {
                let reply = server.get(protocol, "/count", &[&visitor]).await;
                assert_eq!(reply.text(), (n + 1).to_string());
                assert_eq!(sessions.open([reply.cookie(NAME)]).get::<u32>("count"), Ok(Some(n + 1)));
            }
        });
    }
    while let Some(outcome) = requests.join_next().await {
        outcome.unwrap();
    }
}
