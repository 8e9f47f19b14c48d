//! Every case beside what it is measured against, for people: `cargo bench --bench sessions [-- FILTER]`.
//!
//! For ratios that hold on a busy machine see `ratios.rs`, for what may not grow see `gate.sh`.

mod support;

use std::time::Duration;

use criterion::Criterion;

use support::cases::{self, Case};

fn main() {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .configure_from_args();
    for Case { name, ours, against, other, .. } in cases::all() {
        let mut group = criterion.benchmark_group(name);
        for (name, mut run) in [("ours", ours), (against, other)] {
            group.bench_function(name, |bencher| {
                let mut next = turns();
                bencher.iter(|| run(next()));
            });
        }
        group.finish();
    }
    criterion.final_summary();
}

/// Returns the number of the next token, and begins again after the last.
fn turns() -> impl FnMut() -> usize {
    let mut numbers = (0..cases::COUNT).cycle();
    move || numbers.next().unwrap_or_default()
}
