//! Every order in which threads can come to a session, tried by loom:
//! `RUSTFLAGS="--cfg loom" cargo test -p cookie-session-adapter --lib`.

#![allow(clippy::arithmetic_side_effects, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

use std::panic::{AssertUnwindSafe, catch_unwind};

use loom::sync::Arc;
use loom::thread;

use crate::turns::{NoTurn, Turns};

/// Adds one to the number, not in one step.
fn add(number: &mut u32) {
    let before = *number;
    thread::yield_now();
    *number = before + 1;
}

#[test]
fn what_was_told_to_count_counts_and_nothing_else() {
    loom::model(|| {
        let turns = Arc::new(Turns::new(0));
        let users: Vec<_> = (0..2)
            .map(|_| {
                let turns = Arc::clone(&turns);
                thread::spawn(move || turns.with(add))
            })
            .collect();
        let results: Vec<_> = users.into_iter().map(|user| user.join().unwrap()).collect();
        let counted = results.iter().filter(|result| result.is_ok()).count();
        assert!(counted > 0, "one of them had it");
        assert!(results.iter().all(|result| matches!(result, Ok(()) | Err(NoTurn::InUse))));
        assert_eq!(turns.close(), Ok(u32::try_from(counted).unwrap()));
    });
}

#[test]
fn the_end_of_a_request_saves_exactly_what_was_told_to_count() {
    loom::model(|| {
        let turns = Arc::new(Turns::new(0));
        let users: Vec<_> = (0..2)
            .map(|_| {
                let turns = Arc::clone(&turns);
                thread::spawn(move || turns.with(add))
            })
            .collect();
        let closed = turns.close();
        let results: Vec<_> = users.into_iter().map(|user| user.join().unwrap()).collect();
        let counted = results.iter().filter(|result| result.is_ok()).count();
        match closed {
            Ok(number) => assert_eq!(Ok(number), u32::try_from(counted)),
            // Whoever had it is told that it did not count. What another had done before is lost
            // with it, and the response says so.
            Err(NoTurn::InUse) => assert!(results.contains(&Err(NoTurn::Closed))),
            Err(other) => panic!("{other:?}"),
        }
        assert_eq!(turns.with(add), Err(NoTurn::Closed));
        assert_eq!(turns.close(), Err(NoTurn::Closed));
    });
}

#[test]
fn of_two_ends_one_has_the_value() {
    loom::model(|| {
        let turns = Arc::new(Turns::new(7));
        let other = Arc::clone(&turns);
        let other = thread::spawn(move || other.close());
        let ends = [turns.close(), other.join().unwrap()];
        assert!(ends == [Ok(7), Err(NoTurn::Closed)] || ends == [Err(NoTurn::Closed), Ok(7)], "{ends:?}");
    });
}

#[test]
fn the_value_is_dropped_when_both_are_done_with_it() {
    loom::model(|| {
        let value = Arc::new(());
        let turns = Arc::new(Turns::new(Arc::clone(&value)));
        let user = Arc::clone(&turns);
        let user = thread::spawn(move || user.with(|_| thread::yield_now()).map(drop));
        drop(turns.close());
        let _ = user.join().unwrap();
        // `turns` lives on, as a handle in a streamed body does.
        assert_eq!(Arc::strong_count(&value), 1);
    });
}

#[test]
fn after_a_panic_nobody_has_it() {
    loom::model(|| {
        let turns = Arc::new(Turns::new(0));
        let user = Arc::clone(&turns);
        let user = thread::spawn(move || {
            let panicking = || user.with(|_: &mut u32| std::panic::resume_unwind(Box::new("quietly")));
            catch_unwind(AssertUnwindSafe(panicking)).map_err(drop)
        });
        let (used, closed) = (turns.with(add), turns.close());
        let panicked: Result<Result<(), NoTurn>, ()> = user.join().unwrap();
        match panicked {
            // It ran before or between.
            Err(()) => assert!(
                matches!(
                    (used, closed),
                    (Err(NoTurn::InUse | NoTurn::Poisoned), Err(NoTurn::InUse | NoTurn::Poisoned))
                        | (Ok(()), Err(NoTurn::InUse | NoTurn::Poisoned))
                ),
                "{used:?} {closed:?}"
            ),
            Ok(Err(NoTurn::InUse | NoTurn::Closed)) => assert_eq!((used, closed), (Ok(()), Ok(1))),
            Ok(other) => panic!("{other:?}"),
        }
    });
}
