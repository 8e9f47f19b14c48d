//! The real `subtle`, with one line more: where a `Choice` becomes a `bool`, what it says is declared public.
//!
//! That is the only place where anything may depend on a key, so it is the only one where valgrind is told to look
//! away. Nothing of the library is changed for it.

pub mod memcheck;

use std::ops::{BitAnd, BitOr, Not};
use std::sync::atomic::{AtomicUsize, Ordering};

/// What the real one says of two values, not to be looked at yet.
#[derive(Clone, Copy, Debug)]
pub struct Choice(subtle::Choice);

pub trait ConstantTimeEq {
    fn ct_eq(&self, other: &Self) -> Choice;
}

impl<T: subtle::ConstantTimeEq + ?Sized> ConstantTimeEq for T {
    fn ct_eq(&self, other: &Self) -> Choice {
        Choice(subtle::ConstantTimeEq::ct_eq(self, other))
    }
}

impl BitAnd for Choice {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl BitOr for Choice {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl Not for Choice {
    type Output = Self;

    fn not(self) -> Self {
        Self(!self.0)
    }
}

impl From<Choice> for bool {
    fn from(choice: Choice) -> Self {
        let bit = [choice.0.unwrap_u8()];
        if !memcheck::is_defined(&bit) {
            SECRET.fetch_add(1, Ordering::Relaxed);
        }
        memcheck::publish(&bit);
        // From memory, or the compiler would take the value that it knows.
        std::hint::black_box(&bit)[0] != 0
    }
}

static SECRET: AtomicUsize = AtomicUsize::new(0);

/// Returns how many verdicts depended on a secret until they were declared public.
pub fn secret_verdicts() -> usize {
    SECRET.load(Ordering::Relaxed)
}
