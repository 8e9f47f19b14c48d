//! A handle shows the cookie's name alone.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::cell::Cell;
use std::rc::Rc;
use std::sync::mpsc;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform, fn_service};
use actix_web::error::ErrorServiceUnavailable;
use actix_web::rt::time::sleep;
use actix_web::test::TestRequest;
use actix_web::{Error, HttpResponse};
use cookie_session::Sessions;
use cookie_session_actix::{CookieSession, CookieSessionError, SessionMiddleware, UseError};

/// Runs a handler inside of the middleware, and returns its answer and the cookies that are set.
async fn run<R: 'static>(
    sessions: &Sessions,
    cookie: &str,
    handler: impl Fn(&CookieSession) -> R + Clone + 'static,
) -> (R, Vec<String>) {
    let answer = Rc::new(Cell::new(None));
    let kept = Rc::clone(&answer);
    let inner = fn_service(move |mut request: ServiceRequest| {
        let (handler, kept) = (handler.clone(), Rc::clone(&kept));
        async move {
            kept.set(Some(handler(&request.extract::<CookieSession>().await?)));
            Ok::<_, Error>(request.into_response(HttpResponse::Ok().finish()))
        }
    });
    let service = SessionMiddleware::new(sessions.clone()).new_transform(inner).await.unwrap();
    let request = TestRequest::get().insert_header(("cookie", cookie)).to_srv_request();
    let response: ServiceResponse = service.call(request).await.unwrap();
    let lines = response.headers().get_all("set-cookie");
    (answer.take().unwrap(), lines.map(|line| line.to_str().unwrap().to_owned()).collect())
}

#[actix_web::test]
async fn shows_the_name_of_the_cookie_alone() {
    let sessions = support::sessions();
    let cookie = support::cookie(&sessions, |session| session.insert("user", "ada").unwrap());
    let (shown, _) = run(&sessions, &cookie, |session| session.len().map(|_| format!("{session:?}"))).await;
    assert_eq!(shown.as_deref(), Ok("CookieSession { cookie: \"__Host-session\", .. }"));

    let middleware = SessionMiddleware::new(sessions.clone());
    assert_eq!(format!("{middleware:?}"), format!("SessionMiddleware {{ sessions: {sessions:?} }}"));
    let service = middleware.new_transform(Inner(Poll::Pending)).await.unwrap();
    let expected = format!("SessionService {{ inner: Inner(Pending), sessions: {sessions:?} }}");
    assert_eq!(format!("{service:?}"), expected);
}

/// Says that it has no room, or that it never will.
#[derive(Debug)]
struct Inner(Poll<Result<(), &'static str>>);

impl Service<ServiceRequest> for Inner {
    type Response = ServiceResponse;
    type Error = Error;
    type Future = std::future::Pending<Result<ServiceResponse, Error>>;

    fn poll_ready(&self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.0.map_err(ErrorServiceUnavailable)
    }

    fn call(&self, _: ServiceRequest) -> Self::Future {
        std::future::pending()
    }
}

#[actix_web::test]
async fn is_ready_when_the_service_inside_is() {
    for inside in [Poll::Pending, Poll::Ready(Err("closed")), Poll::Ready(Ok(()))] {
        let middleware = SessionMiddleware::new(support::sessions());
        let service = middleware.new_transform(Inner(inside)).await.unwrap();
        let ready = service.poll_ready(&mut Context::from_waker(Waker::noop()));
        assert_eq!(ready.map_err(|error| error.to_string()), inside.map_err(str::to_owned));
    }
}

/// On a worker, which is one thread, a wait for a closure would stand in everybody's way.
#[actix_web::test]
async fn timers_go_on_while_a_closure_on_another_thread_has_the_session() {
    let inner = fn_service(async |mut request: ServiceRequest| {
        let session = request.extract::<CookieSession>().await?;
        let (begin, begun) = mpsc::channel();
        let other = session.clone();
        thread::spawn(move || {
            other.with(|_| {
                begin.send(()).unwrap();
                thread::sleep(Duration::from_millis(1500));
            })
        });
        begun.recv().unwrap();
        assert_eq!(session.get::<u8>("n"), Err(CookieSessionError(UseError::Busy)));
        Ok::<_, Error>(request.into_response(HttpResponse::Ok().finish()))
    });
    let ticking = async {
        let mut longest = Duration::ZERO;
        for _ in 0..20 {
            let start = Instant::now();
            sleep(Duration::from_millis(5)).await;
            longest = longest.max(start.elapsed());
        }
        longest
    };
    let service = SessionMiddleware::new(support::sessions()).new_transform(inner).await.unwrap();
    let request = TestRequest::get().to_srv_request();
    let (response, longest) = tokio::join!(service.call(request), ticking);
    // The closure had the session still when the response was ready.
    assert_eq!(response.unwrap_err().error_response().status().as_u16(), 500);
    assert!(longest < Duration::from_millis(900), "{longest:?}");
}
