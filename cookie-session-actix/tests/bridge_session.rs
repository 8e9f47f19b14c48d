//! What actix-session's `Session` and actix-identity promise to handlers holds over the bridge, from request to request.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

#[path = "support/bridge.rs"]
mod support;

use std::cell::RefCell;
use std::future::ready;
use std::rc::Rc;
use std::time::Duration;

use actix_identity::config::LogoutBehavior;
use actix_identity::{Identity, IdentityMiddleware};
use actix_session::{Session, SessionExt, SessionStatus};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform, fn_service};
use actix_web::http::StatusCode;
use actix_web::http::header::COOKIE;
use actix_web::test::TestRequest;
use actix_web::{Error, FromRequest, HttpMessage, HttpResponse};
use cookie_session::Sessions;
use cookie_session_actix::{Bridge, CookieSession};
use support::{Clock, Jar, encrypted};

/// A browser, and what stands in for handlers.
struct Visitor {
    sessions: Sessions,
    clock: Clock,
    jar: Jar,
    /// The lines that the last response set cookies with.
    set: Vec<String>,
}

impl Visitor {
    fn new() -> Self {
        let (sessions, clock) = encrypted();
        Self { sessions, clock, jar: Jar::default(), set: Vec::new() }
    }

    /// One request, answered 200.
    async fn visit<R: 'static>(&mut self, handle: impl Fn(&Session) -> R + Clone + 'static) -> R {
        self.request(StatusCode::OK, move |request| handle(&request.get_session())).await
    }

    async fn request<R: 'static>(
        &mut self,
        status: StatusCode,
        handle: impl Fn(&ServiceRequest) -> R + Clone + 'static,
    ) -> R {
        let result = Rc::new(RefCell::new(None));
        let kept = Rc::clone(&result);
        let handler = fn_service(move |request: ServiceRequest| {
            *kept.borrow_mut() = Some(handle(&request));
            ready(Ok(request.into_response(HttpResponse::build(status).finish())))
        });
        assert_eq!(self.call(handler).await, status);
        result.take().expect("the handler ran")
    }

    async fn call(
        &mut self,
        inner: impl Service<ServiceRequest, Response = ServiceResponse, Error = Error, Future: 'static> + 'static,
    ) -> StatusCode {
        let bridge = Bridge::new(self.sessions.clone()).unwrap().new_transform(inner).await.unwrap();
        let request = TestRequest::get().insert_header((COOKIE, self.jar.pairs().join("; ")));
        let response = bridge.call(request.to_srv_request()).await.unwrap();
        self.set = self.jar.keep(response.headers());
        response.status()
    }

    /// The keys and the JSON text of all values, as the next handler sees them.
    async fn entries(&mut self) -> Vec<(String, String)> {
        let entries = self.visit(|session| session.entries().clone()).await;
        let mut entries: Vec<_> = entries.into_iter().collect();
        entries.sort();
        entries
    }

    fn ours(&self) -> cookie_session::Session {
        self.sessions.open(self.jar.pairs())
    }
}

/// What a handler does.
type Step = fn(&Session);

/// Keys and the JSON text of their values.
type Entries = &'static [(&'static str, &'static str)];

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

#[actix_web::test]
async fn what_is_inserted_is_there_at_once_and_in_the_next_request() {
    let mut visitor = Visitor::new();
    visitor
        .visit(|session| {
            session.insert("name", "Ada \"the first\" \u{1F36A}").unwrap();
            session.insert("list", [1.5, -2.0]).unwrap();
            session.insert("none", None::<u8>).unwrap();
            session.insert(String::from("n"), u64::MAX).unwrap();
            assert_eq!(session.get::<u64>("n").unwrap(), Some(u64::MAX));
            assert!(session.contains_key("none") && !session.contains_key("some"));
        })
        .await;
    let there = |session: &Session| {
        assert_eq!(session.get::<String>("name").unwrap().unwrap(), "Ada \"the first\" \u{1F36A}");
        assert_eq!(session.get::<[f64; 2]>("list").unwrap(), Some([1.5, -2.0]));
        assert_eq!(session.get::<Option<u8>>("none").unwrap(), Some(None));
        assert_eq!(session.get::<u64>("n").unwrap(), Some(u64::MAX));
        assert_eq!(session.get::<u64>("other").unwrap(), None);
        assert!(session.contains_key("none") && !session.contains_key("some"));
        assert_eq!(session.entries().len(), 4);
    };
    visitor.visit(there).await;
    assert_eq!(visitor.set, [""; 0]);
    visitor.visit(there).await;
}

#[actix_web::test]
async fn a_value_of_another_type_is_an_error_and_stays() {
    let mut visitor = Visitor::new();
    visitor.visit(|session| session.insert("n", "one").unwrap()).await;
    visitor.visit(|session| assert!(session.get::<u64>("n").is_err())).await;
    visitor.visit(|session| assert!(session.update("n", |n: u64| n).is_err())).await;
    assert_eq!(visitor.entries().await, pairs(&[("n", "\"one\"")]));
    let taken = visitor.visit(|session| session.remove_as::<u64>("n")).await;
    assert_eq!(taken, Some(Err("\"one\"".to_owned())), "it is given back as it was, and is gone");
    assert!(visitor.jar.0.is_empty());
}

#[actix_web::test]
async fn what_is_removed_is_returned_once() {
    let mut visitor = Visitor::new();
    visitor
        .visit(|session| {
            session.insert("a", 1).unwrap();
            session.insert("b", [2]).unwrap();
        })
        .await;
    assert_eq!(visitor.visit(|session| session.remove("b")).await.as_deref(), Some("[2]"));
    assert_eq!(visitor.visit(|session| session.remove("b")).await, None);
    assert_eq!(visitor.set, [""; 0], "there was nothing to remove");
    assert_eq!(visitor.entries().await, pairs(&[("a", "1")]));
    assert_eq!(visitor.visit(|session| session.remove_as::<u8>("a")).await, Some(Ok(1)));
    assert!(visitor.jar.0.is_empty(), "and with the last value goes the cookie");
}

#[actix_web::test]
async fn update_changes_what_is_there_and_update_or_begins_it() {
    let mut visitor = Visitor::new();
    visitor.visit(|session| session.update("n", |n: u8| n + 1).unwrap()).await;
    assert!(visitor.jar.0.is_empty());
    visitor.visit(|session| session.update_or("n", 10, |n: u8| n + 1).unwrap()).await;
    assert_eq!(visitor.entries().await, pairs(&[("n", "10")]));
    visitor.visit(|session| session.update_or("n", 10, |n: u8| n + 1).unwrap()).await;
    visitor.visit(|session| session.update("n", |n: u8| n * 2).unwrap()).await;
    assert_eq!(visitor.entries().await, pairs(&[("n", "22")]));
}

#[actix_web::test]
async fn the_status_follows_what_was_done() {
    use SessionStatus::{Changed, Purged, Renewed, Unchanged};

    let steps: [(&str, Step, SessionStatus); 8] = [
        ("nothing", |_| {}, Unchanged),
        ("insert", |session| session.insert("n", 1).unwrap(), Changed),
        ("remove", |session| drop(session.remove("n")), Changed),
        ("clear", Session::clear, Changed),
        ("renew", Session::renew, Renewed),
        (
            "renew and go on",
            |session| {
                session.renew();
                session.insert("n", 1).unwrap();
                session.remove("n");
                session.clear();
            },
            Renewed,
        ),
        ("purge", Session::purge, Purged),
        (
            "purge and go on",
            |session| {
                session.purge();
                session.insert("n", 1).unwrap();
                session.renew();
                session.clear();
                assert_eq!(session.remove("n"), None);
            },
            Purged,
        ),
    ];
    for (name, step, status) in steps {
        let mut visitor = Visitor::new();
        let run = move |session: &Session| {
            step(session);
            session.status()
        };
        assert_eq!(visitor.visit(run).await, status, "{name}");
        // It begins anew with the next request, but who has a session has one that was filled.
        visitor.visit(|session| session.insert("n", 1).unwrap()).await;
        let expected = if status == Unchanged { Changed } else { status };
        assert_eq!(visitor.visit(run).await, expected, "{name}, with a session");
    }
}

#[actix_web::test]
async fn renew_starts_the_session_again_whatever_else_is_done() {
    let steps: [(&str, Step, Entries); 4] = [
        ("alone", Session::renew, &[("a", "1"), ("b", "2")]),
        (
            "before insert",
            |session| {
                session.renew();
                session.insert("c", 3).unwrap();
            },
            &[("a", "1"), ("b", "2"), ("c", "3")],
        ),
        (
            "after insert",
            |session| {
                session.insert("c", 3).unwrap();
                session.renew();
            },
            &[("a", "1"), ("b", "2"), ("c", "3")],
        ),
        (
            "and remove",
            |session| {
                session.renew();
                session.remove("a");
            },
            &[("b", "2")],
        ),
    ];
    for (name, step, expected) in steps {
        let mut visitor = Visitor::new();
        visitor
            .visit(|session| {
                session.insert("b", 2).unwrap();
                session.insert("a", 1).unwrap();
            })
            .await;
        let before = visitor.ours().created_at().unwrap();
        visitor.clock.advance(60);
        visitor.visit(step).await;
        assert_eq!(visitor.set.len(), 1, "{name}");
        let moved = visitor.ours().created_at().unwrap().duration_since(before).unwrap();
        assert_eq!(moved.as_secs(), 60, "{name}");
        assert_eq!(visitor.entries().await, pairs(expected), "{name}");
    }
    // A change alone is no renewal.
    let mut visitor = Visitor::new();
    visitor.visit(|session| session.insert("a", 1).unwrap()).await;
    let before = visitor.ours().created_at().unwrap();
    visitor.clock.advance(60);
    visitor.visit(|session| session.insert("a", 2).unwrap()).await;
    assert_eq!(visitor.ours().created_at().unwrap(), before);
}

#[actix_web::test]
async fn clear_removes_all_values_also_after_renew() {
    let steps: [Step; 3] = [
        Session::clear,
        |session| {
            session.renew();
            session.clear();
        },
        |session| {
            session.clear();
            session.renew();
        },
    ];
    for step in steps {
        let mut visitor = Visitor::new();
        visitor.visit(|session| session.insert("a", 1).unwrap()).await;
        visitor.visit(step).await;
        assert!(visitor.set[0].contains("Max-Age=0"), "{:?}", visitor.set);
        assert_eq!(visitor.entries().await, []);
    }
    // What follows is all there is.
    let mut visitor = Visitor::new();
    visitor.visit(|session| session.insert("a", 1).unwrap()).await;
    visitor
        .visit(|session| {
            session.clear();
            session.insert("b", 2).unwrap();
        })
        .await;
    assert_eq!(visitor.entries().await, pairs(&[("b", "2")]));
}

/// Also what a session has beside its values, such as messages that nobody has seen.
#[actix_web::test]
async fn purge_ends_the_session_and_all_of_it() {
    let mut visitor = Visitor::new();
    visitor
        .request(StatusCode::OK, |request| {
            let ours: CookieSession = CookieSession::extract(request.request()).into_inner().unwrap();
            ours.flash("info", "welcome").unwrap();
            ours.set_permanent(true).unwrap();
            request.get_session().insert("a", 1).unwrap();
        })
        .await;
    assert!(visitor.ours().permanent());
    visitor.visit(Session::purge).await;
    assert!(visitor.set[0].contains("Max-Age=0"), "{:?}", visitor.set);
    assert!(visitor.jar.0.is_empty());
    visitor.visit(Session::purge).await;
    assert_eq!(visitor.set, [""; 0], "there is nothing to remove any more");
    // What begins after that has nothing of it.
    visitor.visit(|session| session.insert("a", 1).unwrap()).await;
    assert!(!visitor.ours().permanent());
}

#[actix_web::test]
async fn all_handles_of_a_request_are_of_one_session() {
    let mut visitor = Visitor::new();
    visitor
        .request(StatusCode::OK, |request| {
            request.get_session().insert("service", 1).unwrap();
            request.request().get_session().insert("request", 2).unwrap();
            let head = request.guard_ctx().get_session();
            assert_eq!(head.get("service").unwrap(), Some(1));
            head.insert("guard", 3).unwrap();
            assert_eq!(request.get_session().entries().len(), 3);
        })
        .await;
    assert_eq!(visitor.entries().await, pairs(&[("guard", "3"), ("request", "2"), ("service", "1")]));
}

/// In whatever order the values are in the cookie.
#[actix_web::test]
async fn who_only_reads_or_writes_what_was_there_gets_no_cookie() {
    let mut visitor = Visitor::new();
    let mut session = visitor.sessions.start();
    for key in ["z", "a", "m", "B", "0"] {
        session.insert(key, key).unwrap();
    }
    let commit = visitor.sessions.save(session).unwrap();
    let (name, value) = commit.cookie_pair().unwrap().split_once('=').unwrap();
    visitor.jar.0.insert(name.into(), value.into());
    let steps: [Step; 5] = [
        |_| {},
        |session| drop(session.get::<String>("a")),
        |session| session.insert("m", "m").unwrap(),
        |session| {
            let z = session.remove("z").unwrap();
            session.insert("z", serde_json::from_str::<String>(&z).unwrap()).unwrap();
        },
        |session| session.update("a", |a: String| a).unwrap(),
    ];
    for (number, step) in steps.into_iter().enumerate() {
        visitor.visit(step).await;
        assert_eq!(visitor.set, [""; 0], "{number}");
    }
}

#[actix_web::test]
async fn what_a_request_that_fails_did_is_lost() {
    for (status, saves) in [(200, true), (302, true), (404, true), (408, false), (500, false), (503, false)] {
        let status = StatusCode::from_u16(status).unwrap();
        let mut visitor = Visitor::new();
        visitor.request(status, |request| request.get_session().insert("a", 1).unwrap()).await;
        assert_eq!(visitor.set.len(), usize::from(saves), "{status}");
        visitor.visit(|session| session.insert("b", 2).unwrap()).await;
        visitor.request(status, |request| request.get_session().purge()).await;
        assert_eq!(visitor.jar.0.is_empty(), saves, "{status}");
        if !saves {
            // What would not have fitted does not matter then.
            visitor
                .request(status, |request| request.get_session().insert("a", "x".repeat(5000)).unwrap())
                .await;
        }
    }
}

/// What a handler asks of actix-identity, given who is logged in.
type Act = fn(Option<Identity>, &ServiceRequest);

/// One request through `IdentityMiddleware` and the bridge: returns who was logged in when the handler began.
async fn identify(visitor: &mut Visitor, identity: &IdentityMiddleware, act: Act) -> Option<String> {
    let seen = Rc::new(RefCell::new(None));
    let kept = Rc::clone(&seen);
    let handler = fn_service(move |request: ServiceRequest| {
        let user = <Identity as FromRequest>::extract(request.request()).into_inner().ok();
        *kept.borrow_mut() = user.as_ref().map(|user| user.id().unwrap());
        act(user, &request);
        ready(Ok::<_, Error>(request.into_response(HttpResponse::Ok().finish())))
    });
    let inner = identity.new_transform(handler).await.unwrap();
    assert_eq!(visitor.call(inner).await, StatusCode::OK);
    seen.take()
}

fn log_in(name: &str, request: &ServiceRequest) {
    Identity::login(&request.extensions(), name.into()).unwrap();
}

const ADA: Act = |_, request| log_in("ada", request);
const BOB: Act = |_, request| log_in("bob", request);
const LOG_OUT: Act = |user, _| user.unwrap().logout();
const CART: Act = |_, request| request.get_session().insert("cart", 3).unwrap();
const LOOK: Act = |_, _| {};

#[actix_web::test]
async fn an_identity_is_in_every_request_until_the_logout() {
    let mut visitor = Visitor::new();
    let identity = IdentityMiddleware::default();
    assert_eq!(identify(&mut visitor, &identity, CART).await, None);
    assert_eq!(identify(&mut visitor, &identity, ADA).await, None);
    for _ in 0..2 {
        assert_eq!(identify(&mut visitor, &identity, LOOK).await.as_deref(), Some("ada"));
        assert_eq!(visitor.set, [""; 0]);
    }
    // Who logs in again is another, in a session that begins now and has the cart.
    let before = visitor.ours().created_at().unwrap();
    visitor.clock.advance(60);
    assert_eq!(identify(&mut visitor, &identity, BOB).await.as_deref(), Some("ada"));
    assert_eq!(identify(&mut visitor, &identity, LOOK).await.as_deref(), Some("bob"));
    assert_eq!(visitor.ours().created_at().unwrap().duration_since(before).unwrap().as_secs(), 60);
    assert_eq!(visitor.ours().get("cart").unwrap(), Some(3));
    assert_eq!(identify(&mut visitor, &identity, LOG_OUT).await.as_deref(), Some("bob"));
    assert!(visitor.jar.0.is_empty());
    assert_eq!(identify(&mut visitor, &identity, LOOK).await, None);
}

#[actix_web::test]
async fn a_logout_may_leave_the_rest_of_the_session() {
    let mut visitor = Visitor::new();
    let identity = IdentityMiddleware::builder()
        .logout_behavior(LogoutBehavior::DeleteIdentityKeys)
        .login_deadline(Some(Duration::from_secs(60)))
        .visit_deadline(Some(Duration::from_secs(60)))
        .build();
    identify(&mut visitor, &identity, CART).await;
    identify(&mut visitor, &identity, ADA).await;
    assert_eq!(identify(&mut visitor, &identity, LOG_OUT).await.as_deref(), Some("ada"));
    assert_eq!(visitor.entries().await, pairs(&[("cart", "3")]));
    assert_eq!(identify(&mut visitor, &identity, LOOK).await, None);
}

/// By the clock of the machine, which actix-identity reads: what it compares with is set back instead.
#[actix_web::test]
async fn an_identity_ends_at_its_deadlines() {
    for key in ["login", "visit"] {
        let mut visitor = Visitor::new();
        let identity = IdentityMiddleware::builder()
            .id_key("name")
            .login_unix_timestamp_key("login")
            .last_visit_unix_timestamp_key("visit")
            .login_deadline(Some(Duration::from_secs(600)))
            .visit_deadline(Some(Duration::from_secs(600)))
            .build();
        identify(&mut visitor, &identity, ADA).await;
        let keys = |session: &Session| {
            assert_eq!(session.get::<String>("name").unwrap().unwrap(), "ada");
            ["login", "visit"].map(|key| session.get::<i64>(key).unwrap().unwrap())
        };
        let [login, visit] = visitor.visit(keys).await;
        assert_eq!(login, visit);
        let back = |seconds: i64| move |session: &Session| session.insert(key, login - seconds).unwrap();
        visitor.visit(back(500)).await;
        assert_eq!(identify(&mut visitor, &identity, LOOK).await.as_deref(), Some("ada"), "{key}");
        visitor.visit(back(700)).await;
        assert_eq!(identify(&mut visitor, &identity, LOOK).await, None, "{key}");
        assert!(visitor.jar.0.is_empty(), "{key}");
    }
}
