//! Handlers can be tested without a server: `start`, `cookie_pair` and the clock are all that it takes.

#![allow(clippy::arithmetic_side_effects, clippy::unwrap_used, reason = "a test may panic")]

mod support;

use cookie_session::{DecodeError, Session, SessionError, Sessions};
use serde::{Deserialize, Serialize};

use support::forge::Clock;
use support::setup::{DAY, HOUR, NOW, at, builder};

/// What a handler answers: a status and a text.
type Answer = (u16, String);

fn log_in(session: &mut Session, name: &str, remember: bool) -> Result<Answer, SessionError> {
    let cart = session.take::<Cart>("cart")?.unwrap_or_default();
    session.clear();
    session.insert("user", name)?;
    session.insert("cart", cart)?;
    session.set_permanent(remember);
    Ok((303, "/".into()))
}

fn home(session: &mut Session) -> Result<Answer, SessionError> {
    let Some(user) = session.get::<String>("user")? else { return Ok((200, "Please log in".into())) };
    let visits = session.update("visits", |visits: &mut u32| {
        *visits += 1;
        *visits
    })?;
    Ok((200, format!("Hello {user}, visit {visits}")))
}

#[derive(Default, Serialize, Deserialize, PartialEq, Debug)]
struct Cart {
    items: Vec<String>,
}

fn add_to_cart(session: &mut Session, item: &str) -> Result<Answer, SessionError> {
    match session.update("cart", |cart: &mut Cart| cart.items.push(item.to_owned())) {
        Ok(()) => Ok((303, "/cart".into())),
        Err(SessionError::TooLong(_)) => Ok((413, "Your cart is full".into())),
        Err(error) => Err(error),
    }
}

fn log_out(session: &mut Session) -> Answer {
    session.clear();
    (303, "/".into())
}

/// Sends a cookie along and takes the one that comes back, as a browser does.
fn request<R>(
    sessions: &Sessions,
    cookie: &mut Option<String>,
    handler: impl FnOnce(&mut Session) -> R,
) -> R {
    let mut session = sessions.open(cookie.as_deref());
    let answer = handler(&mut session);
    let commit = sessions.save(session).unwrap();
    if commit.is_removal() {
        *cookie = None;
    } else if let Some(pair) = commit.cookie_pair() {
        *cookie = Some(pair.to_owned());
    }
    answer
}

#[test]
fn a_handler_takes_a_session_that_no_request_brought() {
    let sessions = builder().build().unwrap();
    let mut session = sessions.start();
    assert!(session.is_new() && session.is_empty() && session.rejection().is_none());
    assert_eq!(home(&mut session).unwrap(), (200, "Please log in".into()));
    assert!(!session.is_modified());
    log_in(&mut session, "Ada", false).unwrap();
    assert_eq!(home(&mut session).unwrap(), (200, "Hello Ada, visit 1".into()));
    assert_eq!(session.get("visits"), Ok(Some(1)));
}

#[test]
fn a_visit_of_several_requests_needs_only_the_cookie_pair() {
    let sessions = builder().build().unwrap();
    let mut cookie = None;
    assert_eq!(request(&sessions, &mut cookie, home).unwrap().1, "Please log in");
    assert_eq!(cookie, None, "a visitor who does nothing has no cookie");
    request(&sessions, &mut cookie, |s| add_to_cart(s, "apple")).unwrap();
    request(&sessions, &mut cookie, |s| log_in(s, "Ada", false)).unwrap();
    assert_eq!(request(&sessions, &mut cookie, home).unwrap().1, "Hello Ada, visit 1");
    assert_eq!(request(&sessions, &mut cookie, home).unwrap().1, "Hello Ada, visit 2");
    let cart = request(&sessions, &mut cookie, |s| s.get::<Cart>("cart")).unwrap().unwrap();
    assert_eq!(cart.items, ["apple"], "the cart survives the login");
    assert_eq!(request(&sessions, &mut cookie, log_out), (303, "/".into()));
    assert_eq!(cookie, None);
    assert_eq!(request(&sessions, &mut cookie, home).unwrap().1, "Please log in");
}

#[test]
fn a_full_cart_can_be_brought_about() {
    let sessions = builder().max_cookie_size(300).build().unwrap();
    let mut cookie = None;
    let answers: Vec<_> = (0..20)
        .map(|_| request(&sessions, &mut cookie, |s| add_to_cart(s, "watermelon")).unwrap().0)
        .collect();
    let full = answers.iter().position(|status| *status == 413).unwrap();
    assert!(full > 5, "{answers:?}");
    let cart = request(&sessions, &mut cookie, |s| s.get::<Cart>("cart")).unwrap().unwrap();
    assert_eq!(cart.items.len(), full, "what did not fit is not there, the rest is");
}

#[test]
fn the_clock_shows_what_happens_later() {
    let clock = Clock::at(NOW);
    let sessions = builder().clock(clock.hand()).build().unwrap();
    // After how long, remembered or not, and whether the visitor is still logged in.
    let table = [
        (HOUR, false, true),
        (2 * HOUR, false, true),
        (2 * HOUR + 1, false, false),
        (2 * HOUR + 1, true, true),
        (14 * DAY, true, true),
        (14 * DAY + 1, true, false),
    ];
    for (later, remember, logged_in) in table {
        clock.set(NOW);
        let mut cookie = None;
        request(&sessions, &mut cookie, |s| log_in(s, "Ada", remember)).unwrap();
        clock.advance(later);
        let session = sessions.open(cookie.as_deref());
        assert_eq!(session.rejection(), (!logged_in).then_some(&DecodeError::Expired), "{later} {remember}");
        let answer = request(&sessions, &mut cookie, home).unwrap().1;
        assert_eq!(answer.starts_with("Hello"), logged_in, "{later} {remember}");
    }
}

#[test]
fn a_busy_session_ends_after_its_absolute_lifetime() {
    let clock = Clock::at(NOW);
    let sessions = builder().clock(clock.hand()).build().unwrap();
    let mut cookie = None;
    request(&sessions, &mut cookie, |s| log_in(s, "Ada", false)).unwrap();
    let mut hours = 0;
    while request(&sessions, &mut cookie, home).unwrap().1.starts_with("Hello") {
        clock.advance(HOUR);
        hours += 1;
    }
    assert_eq!(hours, 25, "a session of exactly 24 hours is still good");
}

#[test]
fn a_time_can_be_given_without_a_clock() {
    let sessions = builder().build().unwrap();
    let mut session = sessions.start();
    log_in(&mut session, "Ada", false).unwrap();
    let commit = sessions.save(session).unwrap();
    let user_at =
        |seconds| sessions.open_at(commit.cookie_pair(), at(seconds)).get::<String>("user").unwrap();
    assert_eq!(user_at(NOW + 2 * HOUR).as_deref(), Some("Ada"));
    assert_eq!(user_at(NOW + 2 * HOUR + 1), None);
}

#[test]
fn a_commit_says_what_an_assertion_needs() {
    let sessions = builder().build().unwrap();
    let mut session = sessions.start();
    log_in(&mut session, "Ada", true).unwrap();
    let commit = sessions.save(session).unwrap();
    let pair = commit.cookie_pair().unwrap();
    assert!(pair.starts_with("__Host-session="));
    assert_eq!(commit.cookie_size(), Some(pair.len() - "=".len()));
    assert_eq!(commit.max_cookie_size(), 4096);
    assert!(!commit.is_removal() && commit.skipped().is_none());
    let line = commit.set_cookies().next().unwrap();
    assert_eq!(line, format!("{pair}; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=1209600"));
    // The same session gives the same cookie, as long as the clock stands still.
    let again = sessions.open(commit.cookie_pair());
    assert_eq!(sessions.save(again).unwrap().cookie_pair(), None, "nothing changed");
}
