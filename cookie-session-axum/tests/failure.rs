//! What goes wrong is a 500 that says nothing, and leaves the old cookie alone.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod support;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::get;
use cookie_session_axum::{CookieSession, CookieSessionError, SessionData, SessionLayer, UseError};
use http::{Request, Response};
use serde::Serialize;
use serde::ser::{Error, Serializer};
use support::{Server, VERSIONS, builder, cookie, sessions};
use tower::{Layer, ServiceExt, service_fn};

#[tokio::test]
async fn a_save_that_fails_is_an_empty_500() {
    let large = cookie(&sessions(), "note", "x".repeat(2000));
    let small = builder().max_cookie_size(500).build().unwrap();
    let app = Router::new()
        .route(
            "/change",
            get(async |session: CookieSession| {
                // Smaller than before and still too large, which only the save can find.
                session.renew()?;
                Ok::<_, CookieSessionError>(([("set-cookie", "a=1"), ("x-handler", "here")], "the page"))
            }),
        )
        .route(
            "/read",
            get(async |session: CookieSession| Ok::<_, CookieSessionError>(session.len()?.to_string())),
        )
        .layer(SessionLayer::new(small));
    let server = Server::start(app).await;
    for version in VERSIONS {
        server.get(version, "/change", &[&large]).await.assert_is_empty_500();
        let reply = server.get(version, "/read", &[&large]).await;
        assert_eq!((reply.status.as_u16(), reply.text()), (200, "1"));
        assert!(reply.all("set-cookie").is_empty());
    }
}

#[tokio::test]
async fn without_the_layer_a_debug_build_says_so() {
    let app = Router::new()
        .route("/session", get(async |_: CookieSession| "the page"))
        .route("/data", get(async |_: SessionData<()>| "the page"));
    let server = Server::start(app).await;
    for version in VERSIONS {
        for path in ["/session", "/data"] {
            let mut reply = server.get(version, path, &[]).await;
            let reason = "session has no layer: add `.layer(SessionLayer::new(sessions))` to the router, after its routes";
            assert_eq!(reply.text(), if cfg!(debug_assertions) { reason } else { "" });
            reply.body.clear();
            reply.assert_is_empty_500();
        }
    }
}

#[tokio::test]
async fn every_error_is_an_empty_500() {
    let app = Router::new()
        .route("/too-long", get(async |session: CookieSession| session.insert("note", "x".repeat(5000))))
        .route("/not-json", get(async |session: CookieSession| session.insert("nan", f64::NAN)))
        .route("/wrong-type", get(async |session: CookieSession| session.get::<u8>("user").map(|_| ())))
        .route("/data", get(async |_: SessionData<Vec<u8>>| ()))
        .route("/nested", get(async |session: CookieSession| session.with(|_| session.clear())?))
        .layer(SessionLayer::new(sessions()));
    let server = Server::start(app).await;
    let valid = cookie(&sessions(), "user", "ada");
    for path in ["/too-long", "/not-json", "/wrong-type", "/data", "/nested"] {
        let reply = server.get(VERSIONS[0], path, &[&valid]).await;
        assert_eq!((reply.status.as_u16(), reply.text()), (500, ""), "{path}");
        assert_eq!(reply.all("cache-control"), ["no-store, private"], "{path}");
        assert!(reply.all("set-cookie").is_empty(), "{path}");
    }
}

#[test]
fn only_a_session_that_is_too_long_is_too_long() {
    let core = sessions().start().insert("note", "x".repeat(5000)).unwrap_err();
    let error = CookieSessionError::from(core);
    assert_eq!(error.as_too_long().unwrap().limit(), 4096);
    let not_json = sessions().start().insert("note", f64::NAN).unwrap_err();
    for error in [
        UseError::Session(not_json),
        UseError::TooLate,
        UseError::Busy,
        UseError::Poisoned,
        UseError::NoLayer { remedy: String::new() },
    ] {
        assert_eq!(CookieSessionError(error.clone()).as_too_long(), None, "{error:?}");
    }
}

/// Serializes by using the session that it is put into.
struct Nosy<'s>(&'s CookieSession, &'s Mutex<Vec<CookieSessionError>>);

impl Serialize for Nosy<'_> {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        self.1.lock().unwrap().push(self.0.len().unwrap_err());
        Err(S::Error::custom("no"))
    }
}

#[test]
fn a_nested_use_is_an_error_and_the_outer_one_goes_on() {
    let errors = Mutex::new(Vec::new());
    let start = Instant::now();
    run(|session| {
        let push = |error| errors.lock().unwrap().push(error);
        let inner = session.clone();
        session.with(|_| push(inner.get::<u8>("n").unwrap_err())).unwrap();
        session.with(|_| push(inner.with(|_| ()).unwrap_err())).unwrap();
        session
            .update("n", |n: &mut u8| {
                *n = 7;
                push(inner.clear().unwrap_err());
            })
            .unwrap();
        session.insert("nosy", Nosy(&inner, &errors)).unwrap_err();
        assert_eq!(session.get("n"), Ok(Some(7)));
    })
    .unwrap();
    assert_eq!(errors.into_inner().unwrap(), [const { CookieSessionError(UseError::Busy) }; 4]);
    assert!(start.elapsed() < Duration::from_secs(1), "each is told at once");
}

#[test]
fn a_closure_that_waits_for_another_use_does_not_wait_for_ever() {
    run(|session| {
        let result = session.with(|_| thread::scope(|scope| scope.spawn(|| session.len()).join().unwrap()));
        assert_eq!(result, Ok(Err(CookieSessionError(UseError::Busy))));
        assert_eq!(session.len(), Ok(0), "the outer use has gone on");
    })
    .unwrap();
}

#[test]
fn what_a_closure_left_behind_when_it_panicked_is_not_saved() {
    let in_with: fn(&CookieSession) = |session| {
        let _ = session.with(|session| {
            session.clear();
            panic!("in with")
        });
    };
    let in_update: fn(&CookieSession) = |session| {
        let _ = session.update("n", |_: &mut u8| panic!("in update"));
    };
    for panicking in [in_with, in_update] {
        let response = run(|session| {
            session.insert("user", "ada").unwrap();
            catch_unwind(AssertUnwindSafe(|| panicking(session))).unwrap_err();
            assert_eq!(session.len(), Err(CookieSessionError(UseError::Poisoned)));
            assert_eq!(session.with(|_| ()), Err(CookieSessionError(UseError::Poisoned)));
        })
        .unwrap();
        assert_eq!(response.status(), 500);
        assert_eq!(response.headers()["cache-control"], "no-store");
        assert_eq!(response.headers().len(), 1);
        assert_eq!(response.body(), "");
    }
}

#[test]
fn a_panic_of_the_handler_unwinds_and_saves_nothing() {
    let kept = Mutex::new(None);
    let result = catch_unwind(AssertUnwindSafe(|| {
        run(|session| {
            session.insert("user", "ada").unwrap();
            *kept.lock().unwrap() = Some(session.clone());
            std::panic::resume_unwind(Box::new("a payload of its own"));
        })
    }));
    assert_eq!(result.unwrap_err().downcast_ref(), Some(&"a payload of its own"));
    let kept = kept.into_inner().unwrap().unwrap();
    assert_eq!(kept.insert("user", "eve"), Err(CookieSessionError(UseError::TooLate)));
}

#[tokio::test]
async fn a_panic_of_the_handler_ends_the_connection_as_without_a_layer() {
    let app = Router::new()
        .route(
            "/",
            get(async |session: CookieSession| {
                session.insert("user", "ada").unwrap();
                std::panic::resume_unwind(Box::new("quietly"));
                #[expect(unreachable_code, reason = "says the type")]
                ""
            }),
        )
        .layer(SessionLayer::new(sessions()));
    let server = Server::start(app).await;
    for version in VERSIONS {
        assert!(server.try_get(version, "/", &[]).await.is_err());
    }
}

#[tokio::test]
async fn a_service_that_fails_keeps_its_error_and_saves_nothing() {
    let kept = Mutex::new(None);
    let service = SessionLayer::new(sessions()).layer(service_fn(|request: Request<()>| {
        let session = <CookieSession>::from_extensions(request.extensions()).unwrap();
        session.insert("user", "ada").unwrap();
        *kept.lock().unwrap() = Some(session);
        std::future::ready(Err::<Response<()>, _>("its own error"))
    }));
    assert_eq!(service.oneshot(Request::new(())).await.unwrap_err(), "its own error");
    let kept = kept.lock().unwrap().take().unwrap();
    assert_eq!(kept.get::<String>("user"), Err(CookieSessionError(UseError::TooLate)));
}

#[tokio::test]
async fn a_request_that_is_given_up_is_too_late() {
    let kept = Mutex::new(None);
    let service = SessionLayer::new(sessions()).layer(service_fn(|request: Request<()>| {
        *kept.lock().unwrap() = Some(<CookieSession>::from_extensions(request.extensions()).unwrap());
        std::future::pending::<Result<Response<()>, ()>>()
    }));
    tokio::time::timeout(Duration::from_millis(20), service.oneshot(Request::new(()))).await.unwrap_err();
    let kept = kept.lock().unwrap().take().unwrap();
    assert_eq!(kept.insert("user", "ada"), Err(CookieSessionError(UseError::TooLate)));
}

/// Runs a handler behind the layer, on this thread.
fn run(handler: impl Fn(&CookieSession)) -> Result<Response<String>, ()> {
    let service = SessionLayer::new(sessions()).layer(service_fn(async |request: Request<()>| {
        handler(&<CookieSession>::from_extensions(request.extensions()).unwrap());
        Ok(Response::new("the page".to_owned()))
    }));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(service.oneshot(Request::new(())))
}

/// A use that was under way when the request ended must not look as if it had counted.
#[tokio::test]
async fn a_use_that_the_end_of_the_request_overtakes_is_too_late() {
    let (begin, begun) = std::sync::mpsc::channel();
    let (end, ended) = std::sync::mpsc::channel();
    let ended = Mutex::new(Some(ended));
    let users = Mutex::new(Vec::new());
    let handler = service_fn(async |request: Request<()>| {
        let session =
            CookieSession::<cookie_session_axum::DefaultCookie>::from_extensions(request.extensions())
                .unwrap();
        let (begin, ended) = (begin.clone(), ended.lock().unwrap().take().unwrap());
        users.lock().unwrap().push(thread::spawn(move || {
            session.with(|_| {
                begin.send(()).unwrap();
                ended.recv().unwrap();
            })
        }));
        begun.recv().unwrap();
        std::future::pending::<Result<Response<()>, std::convert::Infallible>>().await
    });
    let service = SessionLayer::new(sessions()).layer(handler);
    let request = Box::pin(service.oneshot(Request::new(())));
    tokio::time::timeout(Duration::from_millis(50), request).await.unwrap_err();
    end.send(()).unwrap();
    let user = users.lock().unwrap().pop().unwrap();
    assert_eq!(user.join().unwrap(), Err(CookieSessionError(UseError::TooLate)));
}

/// What the documentation warns of: inside of the layer, a caught panic is a response like any other.
#[tokio::test]
async fn a_panic_that_is_caught_inside_saves_what_was_done_before() {
    let service = SessionLayer::new(sessions()).layer(service_fn(async |request: Request<()>| {
        let session =
            CookieSession::<cookie_session_axum::DefaultCookie>::from_extensions(request.extensions())
                .unwrap();
        let caught = catch_unwind(AssertUnwindSafe(|| {
            session.insert("user", "ada").unwrap();
            std::panic::resume_unwind(Box::new("quietly"))
        }));
        assert!(caught.is_err_and(|_: Box<dyn std::any::Any + Send>| true));
        Ok::<_, std::convert::Infallible>(Response::new(()))
    }));
    let response = service.oneshot(Request::new(())).await.unwrap();
    assert!(response.headers().contains_key("set-cookie"));
}

/// On a runtime of one thread, a wait for a closure would stand in everybody's way.
#[tokio::test]
async fn timers_go_on_while_a_closure_on_another_thread_has_the_session() {
    let ticks = Mutex::new(Vec::new());
    let handler = service_fn(async |request: Request<()>| {
        let session = <CookieSession>::from_extensions(request.extensions()).unwrap();
        let (begin, begun) = std::sync::mpsc::channel();
        let other = session.clone();
        thread::spawn(move || {
            other.with(|_| {
                begin.send(()).unwrap();
                thread::sleep(Duration::from_millis(1500));
            })
        });
        begun.recv().unwrap();
        assert_eq!(session.get::<u8>("n"), Err(CookieSessionError(UseError::Busy)));
        Ok::<_, std::convert::Infallible>(Response::new(()))
    });
    let service = SessionLayer::new(sessions()).layer(handler).map_response(|response| {
        // The closure had the session still when the response was ready.
        assert_eq!(response.status(), 500);
    });
    let ticking = async {
        for _ in 0..20 {
            let start = Instant::now();
            tokio::time::sleep(Duration::from_millis(5)).await;
            ticks.lock().unwrap().push(start.elapsed());
        }
    };
    let (response, ()) = tokio::join!(service.oneshot(Request::new(())), ticking);
    response.unwrap();
    let longest = ticks.into_inner().unwrap().into_iter().max().unwrap();
    assert!(longest < Duration::from_millis(900), "{longest:?}");
}
