//! A value that many share and one uses at a time, until it is closed. Nobody
//! ever waits: who cannot have it now is told so.

#[cfg(loom)]
use loom::sync::{
    Mutex,
    atomic::{AtomicU8, Ordering},
};
#[cfg(not(loom))]
use std::sync::{
    Mutex,
    atomic::{AtomicU8, Ordering},
};

/// The number alone says whose turn it is. The mutex is there because unsafe
/// code is forbidden: only who has the turn asks for it, so it is free then.
pub(crate) struct Turns<T> {
    state: AtomicU8,
    /// Nothing once it was closed.
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
        let result = self.value.try_lock().ok().and_then(|mut value| value.as_mut().map(use_it));
        on_panic.0 = None;
        // The mutex is free again before the turn is: whoever has the next one must find it so.
        if !self.leave(FREE) {
            drop(self.take());
            return Err(NoTurn::Closed);
        }
        result.ok_or(NoTurn::Closed)
    }

    /// Ends all use and returns the value, unless somebody has it at this
    /// moment, who will then find that it was closed.
    pub(crate) fn close(&self) -> Result<T, NoTurn> {
        match self.state.swap(CLOSED, Ordering::AcqRel) {
            FREE => self.take().ok_or(NoTurn::Closed),
            other => Err(no_turn(other)),
        }
    }

    /// The same for who has it alone, so that there is nobody to agree with. The
    /// value stays where it is: moving it would take longer than the rest.
    pub(crate) fn close_alone(&mut self) -> Result<&mut T, NoTurn> {
        let state = self.state.load(Ordering::Relaxed);
        self.state.store(CLOSED, Ordering::Relaxed);
        match state {
            FREE => self.value.get_mut().ok().and_then(Option::as_mut).ok_or(NoTurn::Closed),
            other => Err(no_turn(other)),
        }
    }

    /// Ends a turn and says whether it counted.
    fn leave(&self, state: u8) -> bool {
        self.state.compare_exchange(IN_USE, state, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    fn take(&self) -> Option<T> {
        self.value.try_lock().ok()?.take()
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
