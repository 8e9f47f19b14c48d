//! Failures: of the save, of the set-up, of a handler.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

mod support;

use actix_web::body::BoxBody;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform, fn_service};
use actix_web::error::InternalError;
use actix_web::middleware::{Next, from_fn};
use actix_web::test::TestRequest;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpResponse, Responder};
use cookie_session::Sessions;
use cookie_session_actix::{CookieSession, CookieSessionError, SessionMiddleware};
use hyper::StatusCode;
use support::{NAME, PROTOCOLS, Server, cookie, keys, sessions};

enum Admin {}

async fn remove(session: CookieSession) -> Result<impl Responder, CookieSessionError> {
    session.remove("small")?;
    Ok(HttpResponse::Ok().append_header(("set-cookie", "theme=dark")).body("page"))
}

async fn remove_and_fail(session: CookieSession) -> Result<String, actix_web::Error> {
    session.remove("small")?;
    Err(actix_web::error::ErrorImATeapot("secret detail"))
}

async fn too_long(session: CookieSession) -> Result<&'static str, CookieSessionError> {
    session.insert("kept", 1)?;
    session.insert("note", "x".repeat(5000))?;
    Ok("not reached")
}

async fn too_long_answered(session: CookieSession) -> Result<String, CookieSessionError> {
    let outcome = session.insert("note", "x".repeat(5000));
    if let Some(too_long) = outcome.as_ref().err().and_then(CookieSessionError::as_too_long) {
        return Ok(format!("{} over {}", too_long.len(), too_long.limit()));
    }
    outcome.map(|()| "it fits".into())
}

async fn count(session: CookieSession) -> Result<String, CookieSessionError> {
    session.update("count", |count: &mut u32| *count += 1)?;
    Ok(format!("{:?}", session.get::<u32>("count")?))
}

async fn count_both(shop: CookieSession, admin: CookieSession<Admin>) -> Result<String, CookieSessionError> {
    shop.update("count", |count: &mut u32| *count += 1)?;
    admin.update("count", |count: &mut u32| *count += 10)?;
    Ok(format!("{:?} {:?}", shop.get::<u32>("count")?, admin.get::<u32>("count")?))
}

async fn admin_only(admin: CookieSession<Admin>) -> Result<String, CookieSessionError> {
    Ok(format!("{:?}", admin.get::<u32>("count")?))
}

fn one(sessions: Sessions) -> impl Fn(&mut ServiceConfig) + Clone + Send {
    move |config| {
        config.service(
            web::scope("")
                .wrap(SessionMiddleware::new(sessions.clone()))
                .route("/remove", web::get().to(remove))
                .route("/remove-and-fail", web::get().to(remove_and_fail))
                .route("/too-long", web::get().to(too_long))
                .route("/too-long-answered", web::get().to(too_long_answered)),
        );
    }
}

#[tokio::test]
async fn a_failed_save_is_an_empty_500_and_leaves_the_cookie() {
    let keys = keys();
    let before = Sessions::builder(&keys).build().unwrap();
    let after = Sessions::builder(&keys).max_cookie_size(500).build().unwrap();
    let visitor = cookie(&before, |session| {
        session.insert("small", 1).unwrap();
        session.insert("note", "x".repeat(1000)).unwrap();
    });
    let server = Server::start(one(after));
    for protocol in PROTOCOLS {
        let mut client = server.connect(protocol).await;
        for path in ["/remove", "/remove-and-fail"] {
            let reply = client.get(path, &[&visitor]).await;
            reply.assert_failed();
        }
        let reply = client.get("/remove", &[]).await;
        assert_eq!((reply.status, reply.text()), (StatusCode::OK, "page"), "on the same connection");
    }
}

#[actix_web::test]
async fn middleware_outside_gets_an_error_that_says_no_more() {
    let keys = keys();
    let before = Sessions::builder(&keys).build().unwrap();
    let after = Sessions::builder(&keys).max_cookie_size(500).build().unwrap();
    let visitor = cookie(&before, |session| session.insert("note", "x".repeat(1000)).unwrap());
    let inner = fn_service(async |mut request: ServiceRequest| {
        request.extract::<CookieSession>().await?.renew()?;
        Ok::<_, actix_web::Error>(request.into_response(HttpResponse::Ok().body("page")))
    });
    let service = SessionMiddleware::new(after).new_transform(inner).await.unwrap();
    let request = TestRequest::get().insert_header(("cookie", visitor)).to_srv_request();
    let error = service.call(request).await.unwrap_err();
    assert_eq!(error.to_string(), "session failed, as an event has told");
    assert_eq!(error.error_response().status().as_u16(), 500);
}

#[tokio::test]
async fn an_error_of_the_session_says_nothing_and_saves_nothing() {
    let sessions = sessions();
    let server = Server::start(one(sessions.clone()));
    for protocol in PROTOCOLS {
        let reply = server.get(protocol, "/too-long", &[]).await;
        assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(reply.body.is_empty() && reply.all("content-type").is_empty());
        assert_eq!(reply.all("cache-control"), ["no-store, private"]);
        assert!(reply.all("set-cookie").is_empty(), "half of what the handler does");

        let reply = server.get(protocol, "/too-long-answered", &[]).await;
        assert_eq!(reply.status, StatusCode::OK);
        assert!(reply.text().ends_with(" over 4096"), "{}", reply.text());
    }
}

#[tokio::test]
async fn without_the_middleware_a_debug_build_says_so() {
    let server = Server::start(|config| {
        config.route("/", web::get().to(count)).service(
            web::scope("/admin")
                .wrap(SessionMiddleware::<Admin>::for_cookie(sessions()))
                .route("/wrong-marker", web::get().to(count)),
        );
    });
    for protocol in PROTOCOLS {
        for path in ["/", "/admin/wrong-marker"] {
            let mut reply = server.get(protocol, path, &[]).await;
            let says = reply.text().starts_with("session has no layer: add `.wrap(SessionMiddleware::new(");
            assert_eq!(says, cfg!(debug_assertions), "{}", reply.text());
            reply.body.clear();
            reply.assert_failed();
        }
    }
}

#[actix_web::test]
async fn the_error_says_which_line_is_missing() {
    let mut bare = TestRequest::default().to_srv_request();
    let text = bare.extract::<CookieSession>().await.unwrap_err().to_string();
    assert!(text.contains("add `.wrap(SessionMiddleware::new(sessions.clone()))` to the App"), "{text}");
    let text = bare.extract::<CookieSession<Admin>>().await.unwrap_err().to_string();
    let marker = std::any::type_name::<Admin>();
    assert!(text.contains(&format!(".wrap(SessionMiddleware::<{marker}>::for_cookie(")), "{text}");
}

#[tokio::test]
async fn two_sessions_live_side_by_side() {
    let keys = keys();
    let shop = Sessions::builder(&keys).build().unwrap();
    let admin = Sessions::builder(&keys).name("__Host-admin").build().unwrap();
    let server = Server::start(move |config| {
        config.service(
            web::scope("/outer-shop")
                .wrap(SessionMiddleware::<Admin>::for_cookie(admin.clone()))
                .wrap(SessionMiddleware::new(shop.clone()))
                .route("/both", web::get().to(count_both))
                .route("/shop", web::get().to(count))
                .route("/admin", web::get().to(admin_only)),
        );
        config.service(
            web::scope("/outer-admin")
                .wrap(SessionMiddleware::new(shop.clone()))
                .wrap(SessionMiddleware::<Admin>::for_cookie(admin.clone()))
                .route("/both", web::get().to(count_both))
                .route("/shop", web::get().to(count))
                .route("/admin", web::get().to(admin_only)),
        );
    });
    for protocol in PROTOCOLS {
        for scope in ["/outer-shop", "/outer-admin"] {
            let reply = server.get(protocol, &format!("{scope}/both"), &[]).await;
            assert_eq!(reply.text(), "Some(1) Some(10)");
            assert_eq!(reply.all("vary"), ["Cookie"]);
            let (shop, admin) = (reply.cookie(NAME), reply.cookie("__Host-admin"));
            let reply = server.get(protocol, &format!("{scope}/both"), &[&format!("{shop}; {admin}")]).await;
            assert_eq!(reply.text(), "Some(2) Some(20)");

            let reply = server.get(protocol, &format!("{scope}/shop"), &[&shop, &admin]).await;
            assert_eq!(reply.text(), "Some(2)");
            assert!(reply.set_cookies("__Host-admin").is_empty(), "nobody asked for it");
            let reply = server.get(protocol, &format!("{scope}/admin"), &[&shop, &admin]).await;
            assert_eq!(reply.text(), "Some(10)");

            let swapped = admin.replace("__Host-admin", NAME);
            let reply = server.get(protocol, &format!("{scope}/shop"), &[&swapped]).await;
            assert_eq!(reply.text(), "Some(1)", "a cookie of one session is none of the other");
        }
    }
}

#[tokio::test]
async fn the_same_cookie_twice_is_an_empty_500() {
    let sessions = sessions();
    let server = Server::start(move |config| {
        config.service(
            web::scope("/twice").wrap(SessionMiddleware::<Admin>::for_cookie(sessions.clone())).service(
                web::scope("")
                    .wrap(SessionMiddleware::new(sessions.clone()))
                    .route("/count", web::get().to(count)),
            ),
        );
        for scope in ["/left", "/right"] {
            config.service(
                web::scope(scope)
                    .wrap(SessionMiddleware::new(sessions.clone()))
                    .route("/count", web::get().to(count)),
            );
        }
    });
    for protocol in PROTOCOLS {
        server.get(protocol, "/twice/count", &[]).await.assert_failed();
        for path in ["/left/count", "/right/count"] {
            assert_eq!(server.get(protocol, path, &[]).await.text(), "Some(1)", "beside is not nested");
        }
    }
}

#[tokio::test]
async fn of_two_sessions_with_one_marker_the_inner_one_answers() {
    let keys = keys();
    let outer = Sessions::builder(&keys).name("__Host-outer").build().unwrap();
    let inner = Sessions::builder(&keys).name("__Host-inner").build().unwrap();
    let server = Server::start(move |config| {
        config.service(
            web::scope("")
                .wrap(SessionMiddleware::new(inner.clone()))
                .wrap(SessionMiddleware::new(outer.clone()))
                .route("/count", web::get().to(count)),
        );
    });
    for protocol in PROTOCOLS {
        let reply = server.get(protocol, "/count", &[]).await;
        assert!(!reply.cookie("__Host-inner").is_empty());
        assert!(reply.set_cookies("__Host-outer").is_empty());
    }
}

/// Middleware inside that gives up the handler, or lets it come to its end.
async fn fail_with(
    mut request: ServiceRequest,
    _: Next<BoxBody>,
) -> Result<ServiceResponse, actix_web::Error> {
    let session = request.extract::<CookieSession>().await?;
    session.clear()?;
    session.insert("user", "bob, not yet verified")?;
    let status = request.path().trim_start_matches('/').parse().unwrap();
    Err(InternalError::new("ended", actix_web::http::StatusCode::from_u16(status).unwrap()).into())
}

#[tokio::test]
async fn an_error_of_middleware_inside_saves_unless_its_request_was_not_brought_to_its_end() {
    let sessions = sessions();
    let visitor = cookie(&sessions, |session| session.insert("user", "ada").unwrap());
    let server = Server::start(move |config| {
        let inside = web::resource("/{status}").wrap(from_fn(fail_with)).to(count);
        config.service(web::scope("").wrap(SessionMiddleware::new(sessions.clone())).service(inside));
    });
    for protocol in PROTOCOLS {
        for (status, saves) in
            [(403, 1), (407, 1), (408, 0), (409, 1), (499, 1), (500, 0), (503, 0), (504, 0)]
        {
            let reply = server.get(protocol, &format!("/{status}"), &[&visitor]).await;
            assert_eq!((reply.status.as_u16(), reply.text()), (status, "ended"));
            assert_eq!(reply.all("set-cookie").len(), saves, "{status}");
            assert_eq!(reply.all("vary"), ["Cookie"], "{status}");
            assert_eq!(reply.all("cache-control"), ["private, no-store"], "{status}");
        }
    }
}
