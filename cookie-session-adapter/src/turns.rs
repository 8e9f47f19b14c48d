//! A value that many share and one uses at a time, until it is closed. Nobody
//! ever waits: who cannot have it now is told so.

#[cfg(loom)]
use loom::sync::{
    Mutex,
    atomic::{AtomicU8, Ordering},
};
use std::sync::TryLockError;
#[cfg(not(loom))]
use std::sync::{
    Mutex,
    atomic::{AtomicU8, Ordering},
};

/// Who is whose turn is in the atomic number alone; the mutex is there because
/// unsafe code is forbidden, and is free whenever it is asked for.
pub(crate) struct Turns<T> {
    state: AtomicU8,
    value: Mutex<Option<T>>,
}

/// Why there is no turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoTurn {
    /// Somebody has it now: another thread, or a caller further up.
    InUse,
    /// A use has panicked.
    Poisoned,
    Closed,
}

impl<T> Turns<T> {
    pub(crate) fn new(value: T) -> Self {
        Self { state: AtomicU8::new(FREE), value: Mutex::new(Some(value)) }
    }

    /// Runs the closure with the value. If the value was closed meanwhile, what
    /// the closure did is lost, and this says so.
    pub(crate) fn with<R>(&self, use_it: impl FnOnce(&mut T) -> R) -> Result<R, NoTurn> {
        self.state.compare_exchange(FREE, IN_USE, Ordering::AcqRel, Ordering::Acquire).map_err(no_turn)?;
        let mut on_panic = OnPanic(Some(self));
        let result = self.locked(|value| value.as_mut().map(use_it)).flatten();
        on_panic.0 = None;
        if self.leave(FREE) { result.ok_or(NoTurn::Closed) } else { Err(NoTurn::Closed) }
    }

    /// Ends all use and returns the value, unless somebody has it at this
    /// moment, who will then find that it was closed.
    pub(crate) fn close(&self) -> Result<T, NoTurn> {
        match self.state.swap(CLOSED, Ordering::AcqRel) {
            FREE => self.locked(Option::take).flatten().ok_or(NoTurn::Closed),
            other => Err(no_turn(other)),
        }
    }

    /// Ends a turn and says whether it counted. After the value was closed it is
    /// for whoever had the turn to drop it.
    fn leave(&self, state: u8) -> bool {
        let left = self.state.compare_exchange(IN_USE, state, Ordering::AcqRel, Ordering::Acquire).is_ok();
        if !left {
            drop(self.locked(Option::take));
        }
        left
    }

    /// Whoever calls this has the turn, so the lock is free. It is poisoned
    /// after a panic, which the number says as well.
    fn locked<R>(&self, use_it: impl FnOnce(&mut Option<T>) -> R) -> Option<R> {
        match self.value.try_lock() {
            Ok(mut value) => Some(use_it(&mut value)),
            Err(TryLockError::Poisoned(poisoned)) => Some(use_it(&mut poisoned.into_inner())),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}

/// Ends the turn of a closure that panicked.
struct OnPanic<'t, T>(Option<&'t Turns<T>>);

impl<T> Drop for OnPanic<'_, T> {
    fn drop(&mut self) {
        if let Some(turns) = self.0 {
            turns.leave(POISONED);
        }
    }
}

fn no_turn(state: u8) -> NoTurn {
    match state {
        IN_USE => NoTurn::InUse,
        POISONED => NoTurn::Poisoned,
        _ => NoTurn::Closed,
    }
}

const FREE: u8 = 0;
const IN_USE: u8 = 1;
const POISONED: u8 = 2;
const CLOSED: u8 = 3;
