//! Ratios between the library and its floor: `cargo bench --bench ratios [-- --processes N] [-- FILTER]`, and over
//! several link orders `benches/ratios.sh`.
//!
//! Both take turns within one process, in rounds so short that most are left alone by the rest of the machine, and
//! the median over the rounds of their ratio counts: what slows both down does not change it. The layout of memory
//! differs from process to process, so there are several, and the median of those counts. Where the functions lie in
//! the program moves a ratio more than the library often does, so `--programs` takes the same program linked in
//! several orders, and the table shows the median over them, the lowest and the highest.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measurement may panic"
)]

mod support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use support::cases::{self, COUNT, Case, Run};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |name: &str| arguments.iter().any(|argument| argument == name);
    let value = |name: &str| {
        arguments.iter().position(|argument| argument == name).and_then(|at| arguments.get(at + 1)).cloned()
    };
    let processes = value("--processes").map_or(7, |number| number.parse().unwrap());
    let rounds = value("--rounds").map_or(ROUNDS, |number| number.parse().unwrap());
    let values = [value("--processes"), value("--programs"), value("--rounds")];
    let is_filter =
        |argument: &&String| !argument.starts_with("--") && !values.contains(&Some((*argument).clone()));
    let filter = arguments.iter().rfind(is_filter).map_or("", String::as_str);

    if has("--one") {
        measure(filter, rounds);
    } else if has("--bench") {
        let programs = match value("--programs") {
            Some(folder) => programs(Path::new(&folder)),
            None => vec![std::env::current_exe().unwrap()],
        };
        summarize(&programs, &[filter, "--rounds", &rounds.to_string()], processes);
    } else {
        // Run as a test: that everything runs is all that matters.
        measure(filter, 1);
    }
}

// --- one process -------------------------------------------------------------------------------------------------

/// Measures each case and prints a line for it: name, against what, goal, the two times in ns, their ratio.
fn measure(filter: &str, rounds: usize) {
    for mut case in cases::all() {
        if case.name.contains(filter) {
            case.warm_up();
            let (ours, other, ratio) = compare(&mut case, rounds);
            print_line(&case.name, case.against, case.goal, ours, other, ratio);
        }
    }
    let threads = "decode 200 B, speed-up";
    if threads.contains(filter) {
        let case = || cases::for_threads();
        for (name, goal, run) in [
            (threads, Some(-1.9), (|case: Case| case.ours) as fn(Case) -> Run),
            // Above 2 is what the machine does to such a measurement.
            ("decode 200 B, speed-up of the floor itself", None, |case| case.other),
        ] {
            let rates: Vec<_> =
                (0..rounds.min(100)).map(|_| two_threads(&mut run(case()), run(case()))).collect();
            // The best rounds: only those had both processors to themselves.
            let best_of = |pick: fn(&(f64, f64)) -> f64| rates.iter().map(pick).fold(f64::MAX, f64::min);
            let (one, two) = (best_of(|rates| rates.0), best_of(|rates| rates.1));
            print_line(name, "two threads", goal, one, two, one / two);
        }
    }
}

/// Returns the median times of both and the median of their ratios.
fn compare(case: &mut Case, rounds: usize) -> (f64, f64, f64) {
    let turns = turns(&mut case.other);
    let mut times = Vec::with_capacity(rounds);
    for round in 0..rounds {
        // Whoever comes second finds warmer caches.
        times.push(if round % 2 == 0 {
            let ours = time(&mut case.ours, turns);
            (ours, time(&mut case.other, turns))
        } else {
            let other = time(&mut case.other, turns);
            (time(&mut case.ours, turns), other)
        });
    }
    let median_of = |pick: fn(&(f64, f64)) -> f64| median(times.iter().map(pick).collect());
    (median_of(|times| times.0), median_of(|times| times.1), median_of(|times| times.0 / times.1))
}

/// Returns how often something has to run to fill a round.
fn turns(run: &mut Run) -> usize {
    let once = (0..20).map(|_| time(run, COUNT)).fold(f64::MAX, f64::min);
    ((ROUND.as_nanos() as f64 / once) as usize).next_multiple_of(COUNT)
}

/// Returns what one turn takes, in ns.
fn time(run: &mut Run, turns: usize) -> f64 {
    let start = Instant::now();
    for turn in 0..turns {
        run(turn % COUNT);
    }
    start.elapsed().as_nanos() as f64 / turns as f64
}

/// Returns the time per turn of one thread, and of two at once over both, in ns.
fn two_threads(first: &mut Run, mut second: Run) -> (f64, f64) {
    let turns = 20 * turns(first);
    // Whoever waited for the other thread last time has to come back to its processor first.
    time(first, turns);
    let alone = time(first, turns);
    let barrier = Barrier::new(2);
    let together = thread::scope(|scope| {
        let other = scope.spawn(|| {
            barrier.wait();
            time(&mut second, turns)
        });
        barrier.wait();
        let own = time(first, turns);
        1.0 / (1.0 / own + 1.0 / other.join().unwrap())
    });
    (alone, together)
}

fn print_line(name: &str, against: &str, goal: Option<f64>, ours: f64, other: f64, ratio: f64) {
    println!("{name}\t{against}\t{}\t{ours}\t{other}\t{ratio}", goal.unwrap_or_default());
}

// --- the table ---------------------------------------------------------------------------------------------------

/// What several processes say of a case.
#[derive(Default)]
struct Row {
    order: usize,
    against: String,
    goal: f64,
    ours: Vec<f64>,
    other: Vec<f64>,
    ratio: Vec<f64>,
}

/// Returns the programs of a folder.
fn programs(folder: &Path) -> Vec<PathBuf> {
    let mut programs: Vec<_> = folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    programs.sort();
    assert!(!programs.is_empty(), "{} is empty", folder.display());
    programs
}

/// Measures in several processes of each program, and prints the medians over the programs of the medians over their
/// processes.
fn summarize(programs: &[PathBuf], arguments: &[&str], processes: usize) {
    let mut rows: BTreeMap<String, Row> = BTreeMap::new();
    for program in programs {
        for (name, row) in measure_in_processes(program, arguments, processes) {
            let all = rows.entry(name).or_default();
            (all.order, all.against, all.goal) = (row.order, row.against, row.goal);
            all.ours.push(median(row.ours));
            all.other.push(median(row.other));
            // One program has no other range than that of its processes.
            if programs.len() == 1 {
                all.ratio = row.ratio;
            } else {
                all.ratio.push(median(row.ratio));
            }
        }
    }
    let mut rows: Vec<_> = rows.into_iter().collect();
    rows.sort_by_key(|(_, row)| row.order);

    match programs.len() {
        1 => println!("Medians of {processes} processes.\n"),
        orders => println!("Medians over {orders} link orders, {processes} processes of each.\n"),
    }
    println!("| what | ns | against | ns | ratio | lowest to highest | goal | |");
    println!("|---|--:|---|--:|--:|---|---|---|");
    for (name, row) in rows {
        let Row { against, goal, ours, other, ratio, .. } = row;
        let lowest = ratio.iter().copied().fold(f64::MAX, f64::min);
        let highest = ratio.iter().copied().fold(0.0, f64::max);
        let ratio = median(ratio);
        let (goal, verdict) = match goal {
            0.0 => (String::new(), ""),
            1.0.. | 0.0.. => (format!("≤ {goal}"), if ratio <= goal { "met" } else { "missed" }),
            _ => (format!("≥ {}", -goal), if ratio >= -goal { "met" } else { "missed" }),
        };
        println!(
            "| {name} | {:.0} | {against} | {:.0} | {ratio:.2} | {lowest:.2} to {highest:.2} | {goal} | {verdict} |",
            median(ours),
            median(other)
        );
    }
}

fn measure_in_processes(program: &Path, arguments: &[&str], processes: usize) -> BTreeMap<String, Row> {
    let mut rows: BTreeMap<String, Row> = BTreeMap::new();
    for _ in 0..processes {
        let output = Command::new(program).arg("--one").args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        for line in String::from_utf8(output.stdout).unwrap().lines() {
            let [name, against, goal, ours, other, ratio] =
                line.split('\t').collect::<Vec<_>>().try_into().unwrap();
            let order = rows.len();
            let row = rows.entry(name.into()).or_insert_with(|| Row { order, ..Row::default() });
            row.against = against.into();
            row.goal = goal.parse().unwrap();
            row.ours.push(ours.parse().unwrap());
            row.other.push(other.parse().unwrap());
            row.ratio.push(ratio.parse().unwrap());
        }
    }
    rows
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

const ROUNDS: usize = 1000;

const ROUND: Duration = Duration::from_micros(40);
