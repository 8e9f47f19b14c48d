//! A look-up is asked for once in an interval, with the session free meanwhile, and its failure is answered as was said.

#![allow(clippy::unwrap_used, clippy::panic, clippy::arithmetic_side_effects, reason = "a test may panic")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use cookie_session::{KeyRing, SecretKey, Sessions};
use cookie_session_adapter::{
    DefaultCookie, Guard, Handle, IfUnavailable, SharedSessions, Slot, Standing, UseError,
};

const INTERVAL: Duration = Duration::from_secs(300);
const NOW: u64 = 1_750_000_000;

struct Site {
    clock: Arc<AtomicU64>,
    sessions: Sessions,
    cookie: Option<String>,
}

impl Site {
    /// Logs user 42 in.
    fn new() -> Self {
        let clock = Arc::new(AtomicU64::new(NOW));
        let hand = Arc::clone(&clock);
        let sessions = Sessions::builder(KeyRing::new(SecretKey::generate().unwrap()))
            .clock(move || SystemTime::UNIX_EPOCH + Duration::from_secs(hand.load(Ordering::Relaxed)))
            .build()
            .unwrap();
        let mut site = Self { clock, sessions, cookie: None };
        let (session, _guard) = site.request();
        session.insert("user_id", 42).unwrap();
        session.stamp(42, [7]).unwrap();
        let commit = session.with(|session| std::mem::replace(session, site.sessions.start())).unwrap();
        site.cookie = site.sessions.save(commit).unwrap().cookie_pair().map(str::to_owned);
        site
    }

    fn request(&self) -> (Handle, Guard) {
        let sessions = SharedSessions::worker(self.sessions.clone());
        let (slot, guard) = Slot::enter::<DefaultCookie>(sessions, self.cookie.clone(), None).unwrap();
        (Handle::new(slot), guard)
    }

    fn at(&self, passed: u64) -> &Self {
        self.clock.store(NOW + passed, Ordering::Relaxed);
        self
    }
}

/// Asks as `subject`, with this answer of the look-up. Says whether it was asked for.
async fn ask(
    session: &Handle,
    subject: u64,
    if_unavailable: IfUnavailable,
    found: Result<Option<[u8; 1]>, &'static str>,
) -> (Standing<&'static str>, bool) {
    let mut asked = false;
    let look_up = || {
        asked = true;
        async {
            // The session is free.
            session.get::<u64>("user_id").unwrap();
            found
        }
    };
    let standing = session.revalidate(subject, INTERVAL, if_unavailable, look_up).await.unwrap();
    (standing, asked)
}

#[tokio::test]
async fn looks_up_once_in_an_interval_and_does_what_was_found() {
    let site = Site::new();
    for (passed, subject, found, expected, asked) in [
        (299, 42, Ok(Some([8])), Standing::Good, false),
        (300, 42, Ok(Some([7])), Standing::Good, true),
        (300, 42, Ok(Some([8])), Standing::Ended, true),
        (300, 43, Ok(Some([7])), Standing::Ended, true),
        (300, 42, Ok(None), Standing::Ended, true),
        (300, 42, Err("down"), Standing::Unavailable("down"), true),
    ] {
        let (session, _guard) = site.at(passed).request();
        let answer = ask(&session, subject, IfUnavailable::Refuse, found).await;
        assert_eq!(answer, (expected, asked), "{passed}, {subject}, {found:?}");
        assert_eq!(session.is_empty().unwrap(), expected == Standing::Ended);
        assert_eq!(expected.is_good(), expected == Standing::Good);
        if expected == Standing::Good {
            assert_eq!(ask(&session, 42, IfUnavailable::Refuse, Err("down")).await, (Standing::Good, false));
        }
    }
    let (session, _guard) = site.request();
    session.clear().unwrap();
    assert_eq!(ask(&session, 42, IfUnavailable::GoOn, Err("down")).await, (Standing::Unstamped, false));
}

#[tokio::test]
async fn goes_on_for_at_most_twice_the_interval() {
    let site = Site::new();
    for (passed, expected) in [
        (300, Standing::Unconfirmed("down")),
        (599, Standing::Unconfirmed("down")),
        (600, Standing::Unavailable("down")),
    ] {
        let (session, _guard) = site.at(passed).request();
        assert_eq!(ask(&session, 42, IfUnavailable::GoOn, Err("down")).await, (expected, true), "{passed}");
        assert_eq!(expected.is_good(), passed < 600);
        assert!(!session.with(|session| session.is_modified()).unwrap());
    }
}

#[tokio::test]
async fn what_another_use_did_meanwhile_counts() {
    let site = Site::new();
    let (session, guard) = site.at(300).request();
    let other = session.clone();
    let look_up = async || {
        other.clear().unwrap();
        Ok::<_, ()>(Some([7]))
    };
    let standing = session.revalidate(42, INTERVAL, IfUnavailable::Refuse, look_up).await;
    assert_eq!(standing, Ok(Standing::Unstamped));
    let look_up = async || Ok::<_, ()>(Some([7]));
    drop(guard);
    let standing = session.revalidate(42, INTERVAL, IfUnavailable::Refuse, look_up).await;
    assert_eq!(standing, Err(UseError::TooLate));
}

#[test]
fn its_future_may_move_between_threads() {
    fn is_send(_: impl Send) {}
    let site = Site::new();
    let (session, _guard) = site.request();
    is_send(session.revalidate(42, INTERVAL, IfUnavailable::GoOn, async || Ok::<_, ()>(Some([7]))));
}
