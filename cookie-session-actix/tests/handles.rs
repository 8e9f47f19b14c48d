//! Handles: clones, closures, threads, panics, and the end of the head.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

mod support;

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::ErrorServiceUnavailable;
use actix_web::middleware::{Next, from_fn};
use actix_web::rt::time::{sleep, timeout};
use actix_web::web::{self, Bytes, ServiceConfig};
use actix_web::{Error, HttpResponse, Responder};
use cookie_session::Sessions;
use cookie_session_actix::{CookieSession, CookieSessionError, SessionMiddleware, UseError};
use hyper::StatusCode;
use serde::{Serialize, Serializer};
use support::{NAME, PROTOCOLS, Server, cookie, sessions};
use tokio::sync::mpsc::UnboundedSender;

type Outcomes = UnboundedSender<Result<(), CookieSessionError>>;

fn handles(sessions: Sessions, outcomes: Outcomes) -> impl Fn(&mut ServiceConfig) + Clone + Send {
    move |config| {
        config.app_data(web::Data::new(outcomes.clone()));
        config.service(
            web::scope("/timed")
                .wrap(SessionMiddleware::new(sessions.clone()))
                .wrap(from_fn(time_out))
                .route("/give-up", web::get().to(give_up)),
        );
        config.service(
            web::scope("")
                .wrap(SessionMiddleware::new(sessions.clone()))
                .route("/stream", web::get().to(stream))
                .route("/spawn", web::get().to(spawn))
                .route("/spawn-late", web::get().to(spawn_late))
                .route("/threads", web::get().to(threads))
                .route("/wait-for-each-other", web::get().to(wait_for_each_other))
                .route("/nested", web::get().to(nested))
                .route("/panic", web::get().to(panic_in_handler))
                .route("/panic-in-closure", web::get().to(panic_in_closure))
                .route("/panic-in-task", web::get().to(panic_in_task)),
        );
    }
}

/// A body that writes into the session while it is sent.
struct LateBody {
    session: CookieSession,
    sent: bool,
}

impl MessageBody for LateBody {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Infallible>>> {
        if self.sent {
            return Poll::Ready(None);
        }
        self.sent = true;
        let outcomes = [self.session.insert("late", 1), self.session.get::<u8>("early").map(drop)];
        Poll::Ready(Some(Ok(Bytes::from(format!("{outcomes:?}")))))
    }
}

async fn stream(session: CookieSession) -> Result<impl Responder, CookieSessionError> {
    session.insert("early", 1)?;
    Ok(HttpResponse::Ok().body(LateBody { session, sent: false }))
}

async fn spawn(session: CookieSession) -> Result<String, CookieSessionError> {
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let session = session.clone();
            actix_web::rt::spawn(async move {
                session.update("count", |count: &mut u32| *count += 1)?;
                sleep(Duration::from_millis(1)).await;
                session.update("count", |count: &mut u32| *count += 1)
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("the task ends")?;
    }
    Ok(format!("{:?}", session.get::<u32>("count")?))
}

async fn spawn_late(
    session: CookieSession,
    outcomes: web::Data<Outcomes>,
) -> Result<&'static str, CookieSessionError> {
    session.insert("early", 1)?;
    actix_web::rt::spawn(async move {
        sleep(Duration::from_millis(50)).await;
        outcomes.send(session.insert("late", 1)).expect("the test waits");
    });
    Ok("on its way")
}

/// Never answers; its clone lives on after the request was given up.
async fn give_up(session: CookieSession, outcomes: web::Data<Outcomes>) -> &'static str {
    outcomes.send(session.insert("early", 1)).expect("the test waits");
    actix_web::rt::spawn(async move {
        sleep(Duration::from_millis(100)).await;
        outcomes.send(session.insert("late", 1)).expect("the test waits");
    });
    std::future::pending().await
}

/// Gives up requests that take too long, outside of the session.
async fn time_out(request: ServiceRequest, next: Next<BoxBody>) -> Result<ServiceResponse, Error> {
    let answer = timeout(Duration::from_millis(50), next.call(request)).await;
    answer.unwrap_or_else(|_| Err(ErrorServiceUnavailable("too slow")))
}

async fn threads(session: CookieSession) -> Result<String, CookieSessionError> {
    let tasks: Vec<_> = (0..4)
        .map(|_| {
            let session = session.clone();
            web::block(move || {
                for _ in 0..250 {
                    // Nobody waits in there, so who must not lose its turn asks again.
                    while let Err(error) = session.update("count", |count: &mut u32| *count += 1) {
                        if error.0 != UseError::Busy {
                            return Err(error);
                        }
                        std::thread::yield_now();
                    }
                }
                Ok::<_, CookieSessionError>(())
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("the thread ends")?;
    }
    Ok(format!("{:?}", session.get::<u32>("count")?))
}

/// The closure waits for a thread that waits for the closure.
async fn wait_for_each_other(session: CookieSession) -> Result<String, CookieSessionError> {
    let other = session.clone();
    let outcome =
        session.with(|_| std::thread::spawn(move || other.len()).join().expect("the thread ends"))?;
    session.insert("after", 1)?;
    Ok(format!("{outcome:?}"))
}

async fn nested(session: CookieSession) -> Result<String, CookieSessionError> {
    struct Nosy(CookieSession);

    impl Serialize for Nosy {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            assert_eq!(self.0.len(), Err(CookieSessionError(UseError::Busy)));
            serializer.serialize_unit()
        }
    }

    let clone = session.clone();
    let within_with = session.with(|_| clone.insert("a", 1))?;
    let within_update = session.update("b", |_: &mut u32| clone.len())?;
    session.insert("c", Nosy(session.clone()))?;
    Ok(format!("{within_with:?} {within_update:?} {:?}", session.keys()?))
}

async fn panic_in_handler(session: CookieSession) -> Result<&'static str, CookieSessionError> {
    session.insert("count", 2)?;
    panic!("on purpose");
}

async fn panic_in_closure(session: CookieSession) -> &'static str {
    let _ = session.with(|session| {
        session.clear();
        panic!("on purpose");
    });
    "not reached"
}

/// The handler goes on as if nothing had happened.
async fn panic_in_task(
    session: CookieSession,
    outcomes: web::Data<Outcomes>,
) -> Result<String, CookieSessionError> {
    session.insert("count", 2)?;
    let clone = session.clone();
    let task = actix_web::rt::spawn(async move { panic_in_closure(clone).await });
    assert!(task.await.is_err());
    outcomes.send(session.insert("count", 3)).expect("the test waits");
    Ok("fine".into())
}

fn serve(
    sessions: &Sessions,
) -> (Server, tokio::sync::mpsc::UnboundedReceiver<Result<(), CookieSessionError>>) {
    let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
    (Server::start(handles(sessions.clone(), sender)), receiver)
}

#[tokio::test]
async fn a_use_in_the_body_is_too_late_and_says_so() {
    let sessions = sessions();
    let (server, _) = serve(&sessions);
    for protocol in PROTOCOLS {
        let reply = server.get(protocol, "/stream", &[]).await;
        assert_eq!(reply.text(), "[Err(CookieSessionError(TooLate)), Err(CookieSessionError(TooLate))]");
        let session = sessions.open([reply.cookie(NAME)]);
        assert!(session.contains_key("early") && !session.contains_key("late"));
    }
}

#[tokio::test]
async fn a_use_in_a_task_that_goes_on_is_too_late() {
    let (server, mut outcomes) = serve(&sessions());
    for protocol in PROTOCOLS {
        let reply = server.get(protocol, "/spawn-late", &[]).await;
        assert_eq!(reply.text(), "on its way");
        assert_eq!(outcomes.recv().await, Some(Err(CookieSessionError(UseError::TooLate))));
    }
}

#[tokio::test]
async fn a_use_after_the_request_was_given_up_is_too_late() {
    let (server, mut outcomes) = serve(&sessions());
    for protocol in PROTOCOLS {
        let reply = server.get(protocol, "/timed/give-up", &[]).await;
        assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(reply.all("set-cookie").is_empty());
        assert_eq!(outcomes.recv().await, Some(Ok(())));
        assert_eq!(outcomes.recv().await, Some(Err(CookieSessionError(UseError::TooLate))));
    }
}

#[tokio::test]
async fn clones_work_in_tasks_and_threads_and_lose_nothing() {
    let sessions = sessions();
    let (server, _) = serve(&sessions);
    for protocol in PROTOCOLS {
        for (path, count) in [("/spawn", 40), ("/threads", 1000)] {
            let reply = server.get(protocol, path, &[]).await;
            assert_eq!(reply.text(), format!("Some({count})"), "{path}");
            assert_eq!(sessions.open([reply.cookie(NAME)]).get::<u32>("count"), Ok(Some(count)));
        }
    }
}

#[tokio::test]
async fn a_use_inside_of_a_closure_is_an_error_and_no_dead_lock() {
    let sessions = sessions();
    let (server, _) = serve(&sessions);
    for protocol in PROTOCOLS {
        let start = Instant::now();
        let reply = server.get(protocol, "/nested", &[]).await;
        assert!(start.elapsed() < Duration::from_secs(2), "told at once");
        let busy = "Err(CookieSessionError(Busy))";
        assert_eq!(reply.text(), format!("{busy} {busy} [\"b\", \"c\"]"));
        let reply = server.get(protocol, "/wait-for-each-other", &[]).await;
        assert_eq!(reply.text(), busy);
        assert!(sessions.open([reply.cookie(NAME)]).contains_key("after"));
    }
}

#[tokio::test]
async fn a_panic_saves_nothing() {
    let sessions = sessions();
    let (server, mut outcomes) = serve(&sessions);
    let visitor = cookie(&sessions, |session| session.insert("count", 1).unwrap());
    for protocol in PROTOCOLS {
        for path in ["/panic", "/panic-in-closure"] {
            let mut client = server.connect(protocol).await;
            let reply = client.try_get(path, &[visitor.as_bytes()]).await;
            assert!(reply.is_err(), "actix-web closes the connection: {reply:?}");
        }
        let reply = server.get(protocol, "/panic-in-task", &[&visitor]).await;
        reply.assert_failed();
        assert_eq!(outcomes.recv().await, Some(Err(CookieSessionError(UseError::Poisoned))));
        assert_eq!(server.get(protocol, "/spawn", &[&visitor]).await.text(), "Some(41)", "the server lives");
    }
}
