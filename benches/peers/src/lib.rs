//! Measures the library beside its peers: `peers MEASUREMENT [WORD] [--quick]`, called by run.sh. With a word, only the tables that
//! have it in their names.
//!
//! Prints a line of JSON for every subject of every comparison. What is compared takes turns within one process, and
//! there are several processes: `rounds.rs` and `results.rs` say why. `src/bin/allocations.rs` counts instead.

mod announce;
mod codecs;
#[path = "../../support/data.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    reason = "shared with the other benches, each of which uses a part of it"
)]
mod data;
mod languages;
mod load;
mod on_actix;
mod on_axum;
mod results;
mod rounds;
mod workload;

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use crate::rounds::{Comparison, Random};

/// Measures what the arguments of the program say.
pub fn measure() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let quick = arguments.iter().any(|argument| argument == "--quick");
    let words: Vec<_> = arguments.iter().map(String::as_str).filter(|word| !word.starts_with("--")).collect();
    match *words.as_slice() {
        // What the others start.
        ["one", measurement, word] => {
            let _used = used_heap();
            let mut comparisons = compare(measurement, quick);
            comparisons
                .iter_mut()
                .filter(|comparison| comparison.is_about(word))
                .for_each(Comparison::measure);
        }
        ["serve", "axum"] => on_axum::serve(),
        ["serve", "actix"] => on_actix::serve(),
        // For a profiler: one subject alone.
        ["profile", measurement, table, subject] => {
            let mut comparisons = compare(measurement, quick);
            comparisons
                .iter_mut()
                .filter(|comparison| comparison.is_for(table))
                .for_each(|one| one.profile(subject));
        }
        ["load"] => load::measure(quick),
        [measurement] => results::of_processes(measurement, "", quick),
        [measurement, word] => results::of_processes(measurement, word, quick),
        _ => panic!(
            "usage: peers codecs|languages|axum|actix|load [WORD] [--quick], or profile MEASUREMENT TABLE SUBJECT"
        ),
    }
}

/// Counts what requests allocate. The program says where all allocations are counted.
pub fn count_allocations() {
    on_axum::comparisons().into_iter().chain(on_actix::comparisons()).for_each(|mut one| one.count());
}

/// How often memory was asked for, in a program that counts it.
pub static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

fn compare(measurement: &str, quick: bool) -> Vec<Comparison> {
    let (comparisons, round, rounds) = match measurement {
        "codecs" => (codecs::comparisons(), Duration::from_micros(50), 500),
        "axum" => (on_axum::comparisons(), Duration::from_micros(100), 1000),
        "actix" => (on_actix::comparisons(), Duration::from_micros(100), 1000),
        // Their clocks and pipes take longer.
        "languages" => (languages::comparisons(), Duration::from_millis(4), 60),
        _ => panic!("there is no measurement {measurement}"),
    };
    let rounds = if quick { rounds / 10 } else { rounds };
    comparisons.into_iter().map(|comparison| comparison.in_rounds(round, rounds)).collect()
}

/// Returns memory in use, with as much free in between: in a fresh heap, what a subject finds hangs on those that were
/// made before it. Each process has another of these.
fn used_heap() -> Vec<Vec<u8>> {
    let mut random = Random::new(std::process::id());
    let mut blocks: Vec<_> = (0..20_000).map(|_| vec![0; 16 + random.below(500)]).collect();
    blocks.retain(|_| random.below(2) == 0);
    blocks
}
