//! Does each case a few times inside [`sampled`], for an instruction counter to look at: see `gate.sh`.
//!
//! Prints what it does, line by line, in the order in which it does it.

#![allow(clippy::print_stdout, reason = "it talks to gate.py")]

mod support;

use support::cases::{self, Run};

fn main() {
    for mut case in cases::all() {
        case.warm_up();
        println!("{}\tours", case.name);
        sampled(&mut case.ours);
        println!("{}\t{}", case.name, case.against);
        sampled(&mut case.other);
    }
}

/// Runs so often that a list which grows only now and then weighs little.
#[inline(never)]
fn sampled(run: &mut Run) {
    for number in 0..SAMPLES {
        run(number);
    }
}

/// `gate.py` divides by this.
const SAMPLES: usize = 16;
