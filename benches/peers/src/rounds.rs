//! Comparisons within one process.
//!
//! All subjects take turns, in rounds so short that most are left alone by the rest of the machine, and the median over
//! the rounds of their ratio counts: what slows all of them down does not change it.

use std::pin::pin;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use crate::ALLOCATIONS;
use crate::data::COUNT;
use crate::results::{self, Line};

/// Does its work so many times and returns what that took.
pub(crate) type Run = Box<dyn FnMut(usize) -> Taken>;

/// What some work took.
pub(crate) struct Taken {
    pub(crate) time: Duration,
    /// Where they are counted.
    pub(crate) allocations: u64,
}

/// Measures some work.
pub(crate) struct Meter {
    allocations: u64,
    start: Instant,
}

impl Meter {
    pub(crate) fn start() -> Self {
        Self { allocations: ALLOCATIONS.load(Ordering::Relaxed), start: Instant::now() }
    }

    pub(crate) fn taken(&self) -> Taken {
        let time = self.start.elapsed();
        Taken { time, allocations: ALLOCATIONS.load(Ordering::Relaxed) - self.allocations }
    }
}

pub(crate) struct Comparison {
    table: String,
    /// The size of the session's JSON in bytes.
    size: usize,
    scale: Scale,
    subjects: Vec<Subject>,
    round: Duration,
    rounds: usize,
}

/// What the numbers of a comparison mean.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scale {
    /// How many times as long as the first subject, which is ours, another one takes.
    Times,
    /// What is added to the first subject, a route without a session. The ratio says which share of what this one
    /// adds the second adds, which is ours.
    Added,
    /// The same, but the ratio says which share of the first subject itself is added.
    AddedToFirst,
}

struct Subject {
    name: String,
    goal: Option<f64>,
    run: Run,
}

impl Comparison {
    pub(crate) fn new(table: impl Into<String>, size: usize, scale: Scale) -> Self {
        Self { table: table.into(), size, scale, subjects: Vec::new(), round: Duration::ZERO, rounds: 0 }
    }

    pub(crate) fn with(self, name: impl Into<String>, run: Run) -> Self {
        self.with_goal(name, None, run)
    }

    /// Adds a subject. The goal is for its ratio: at least this with [`Scale::Times`], otherwise at most.
    pub(crate) fn with_goal(
        mut self,
        name: impl Into<String>,
        goal: impl Into<Option<f64>>,
        run: Run,
    ) -> Self {
        self.subjects.push(Subject { name: name.into(), goal: goal.into(), run });
        self
    }

    pub(crate) fn in_rounds(self, round: Duration, rounds: usize) -> Self {
        Self { round, rounds, ..self }
    }

    pub(crate) fn is_about(&self, word: &str) -> bool {
        self.table.contains(word)
    }

    pub(crate) fn is_for(&self, table: &str) -> bool {
        self.table == table
    }

    /// Lets the subjects that have this in their name run for a while. A profiler finds it by its name.
    #[inline(never)]
    pub(crate) fn profile(&mut self, name: &str) {
        for subject in self.subjects.iter_mut().filter(|subject| subject.name.contains(name)) {
            let start = Instant::now();
            while start.elapsed() < Duration::from_secs(5) {
                (subject.run)(COUNT);
            }
        }
    }

    /// Counts the allocations of each subject and prints a line for it.
    pub(crate) fn count(&mut self) {
        for subject in &mut self.subjects {
            // What grows or is made at the first use is there then.
            (subject.run)(2 * COUNT);
            let allocations = (subject.run)(COUNT).allocations as f64 / COUNT as f64;
            Line {
                table: self.table.clone(),
                size: self.size,
                subject: subject.name.clone(),
                allocations,
                ..Line::default()
            }
            .print();
        }
    }

    /// Takes all rounds and prints a line for each subject.
    pub(crate) fn measure(&mut self) {
        let turns: Vec<_> =
            self.subjects.iter_mut().map(|subject| turns(&mut subject.run, self.round)).collect();
        let mut random = Random::new(std::process::id());
        let rounds: Vec<_> = (0..self.rounds).map(|_| self.take_turns(&mut random, &turns)).collect();
        for (index, subject) in self.subjects.iter().enumerate() {
            let (number, ratio): (Pick<'_>, Pick<'_>) = match self.scale {
                Scale::Times => (Box::new(|ns| ns[index]), Box::new(|ns| ns[index] / ns[0])),
                _ if index == 0 => (Box::new(|ns| ns[0]), Box::new(|_| 0.0)),
                Scale::Added => {
                    (Box::new(|ns| ns[index] - ns[0]), Box::new(|ns| (ns[1] - ns[0]) / (ns[index] - ns[0])))
                }
                Scale::AddedToFirst => {
                    (Box::new(|ns| ns[index] - ns[0]), Box::new(|ns| (ns[index] - ns[0]) / ns[0]))
                }
            };
            let line = Line {
                table: self.table.clone(),
                size: self.size,
                subject: subject.name.clone(),
                ns: results::median(rounds.iter().map(|ns| number(ns)).collect()),
                ratio: results::median(rounds.iter().map(|ns| ratio(ns)).collect()),
                goal: subject.goal,
                ..Line::default()
            };
            line.print();
        }
    }

    /// Returns the time per turn of each subject, in ns. Their order differs from round to round: caches and memory are
    /// as whoever came before has left them.
    fn take_turns(&mut self, random: &mut Random, turns: &[usize]) -> Vec<f64> {
        let mut ns = vec![0.0; turns.len()];
        let mut left: Vec<_> = (0..turns.len()).collect();
        while !left.is_empty() {
            let index = left.swap_remove(random.below(left.len()));
            ns[index] = per_turn(&mut self.subjects[index].run, turns[index]);
        }
        ns
    }
}

/// Picks a number out of the times of one round.
type Pick<'a> = Box<dyn Fn(&[f64]) -> f64 + 'a>;

/// Returns how often something has to run to fill a round.
fn turns(run: &mut Run, round: Duration) -> usize {
    let once = (0..20).map(|_| per_turn(run, COUNT)).fold(f64::MAX, f64::min);
    // As many as there are different tokens, where that is not too long.
    let turns = (round.as_nanos() as f64 / once).max(1.0) as usize;
    if turns < COUNT { turns } else { turns.next_multiple_of(COUNT) }
}

fn per_turn(run: &mut Run, turns: usize) -> f64 {
    run(turns).time.as_nanos() as f64 / turns as f64
}

/// Makes a subject of what is done once, with the token of that number.
pub(crate) fn repeat(mut once: impl FnMut(usize) + 'static) -> Run {
    let mut number = 0;
    Box::new(move |turns| {
        let meter = Meter::start();
        for _ in 0..turns {
            once(number);
            number = (number + 1) % COUNT;
        }
        meter.taken()
    })
}

/// Returns what a future is that waits for nothing.
pub(crate) fn at_once<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it waits"),
    }
}

/// Numbers without a pattern that matters here: Knuth's linear congruential generator.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u32) -> Self {
        Self(seed.into())
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }
}
