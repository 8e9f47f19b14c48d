//! The library beside those of other languages. Each of these runs in a process of its own, takes orders on its
//! standard input and tells how long they took: `read 200 64` is 64 tokens of sessions of 200 bytes.

use std::hint::black_box;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use cookie_session::{Sessions, flask};
use serde_json::{Map, to_value};

use crate::data::{self, Visitor};
use crate::rounds::{Comparison, Run, Scale, Taken, repeat};

pub(crate) fn comparisons() -> Vec<Comparison> {
    let flask_sizes = [200, 1000];
    let reading = Comparison::new("other languages, reading", SIZE, Scale::Times)
        .with("cookie-session", reading(native(), SIZE))
        .with_goal("Go, gorilla/securecookie", 3.5, orders("go", "read", SIZE))
        .with_goal("Node, cookie-session", 10.0, orders("cookie-session", "read", SIZE))
        .with_goal("Node, iron-session", 300.0, orders("iron-session", "read", SIZE));
    let writing = Comparison::new("other languages, writing", SIZE, Scale::Times)
        .with("cookie-session", writing(native(), SIZE))
        .with("Go, gorilla/securecookie", orders("go", "write", SIZE))
        .with("Node, cookie-session", orders("cookie-session", "write", SIZE))
        .with("Node, iron-session", orders("iron-session", "write", SIZE));
    let flask_reading = flask_sizes.map(|size| {
        Comparison::new("Flask's sessions, reading", size, Scale::Times)
            .with("cookie-session, feature `flask`", self::reading(shared_with_flask(), size))
            .with_goal("Flask", 4.0, orders("flask", "read", size))
    });
    let flask_writing = flask_sizes.map(|size| {
        Comparison::new("Flask's sessions, writing", size, Scale::Times)
            .with("cookie-session, feature `flask`", self::writing(shared_with_flask(), size))
            .with_goal("Flask", 3.0, orders("flask", "write", size))
    });
    [reading, writing].into_iter().chain(flask_reading).chain(flask_writing).collect()
}

// --- ours --------------------------------------------------------------------------------------------------------

fn native() -> Sessions {
    Sessions::builder(data::ring(&[0])).build().expect("all defaults")
}

fn shared_with_flask() -> Sessions {
    let secret = flask::SecretKey::new(SECRET).expect("long enough");
    Sessions::builder(flask::Profile::new(secret)).build().expect("all defaults")
}

/// From the Cookie header to the values.
fn reading(sessions: Sessions, size: usize) -> Run {
    let lines: Vec<_> = data::visitors(size)
        .iter()
        .map(|visitor| {
            let mut session = sessions.start();
            session.write(visitor).expect("it fits");
            sessions.save(session).expect("it fits").cookie_pair().expect("a cookie").to_owned()
        })
        .collect();
    repeat(move |n| {
        let session = sessions.open([black_box(&lines[n])]);
        black_box(session.read::<Visitor>().expect("ours"));
    })
}

/// From the values to the Set-Cookie header.
fn writing(sessions: Sessions, size: usize) -> Run {
    let visitors = data::visitors(size);
    repeat(move |n| {
        let mut session = sessions.start();
        session.write(black_box(&visitors[n])).expect("it fits");
        assert!(black_box(&sessions.save(session).expect("it fits")).cookie_pair().is_some());
    })
}

// --- theirs ------------------------------------------------------------------------------------------------------

/// Gives these orders to a worker that is started for them. run.sh says in a variable how.
fn orders(name: &str, verb: &'static str, size: usize) -> Run {
    let mut worker = Worker::start(name);
    Box::new(move |turns| Taken { time: worker.order(verb, size, turns), allocations: 0 })
}

struct Worker {
    process: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Worker {
    fn start(name: &str) -> Self {
        let variable = format!("PEER_{}", name.to_uppercase().replace('-', "_"));
        let command =
            std::env::var(&variable).unwrap_or_else(|_| panic!("{variable} says how to start it: run.sh"));
        let mut words = command.split(' ');
        let mut process = Command::new(words.next().expect("there is a first"))
            .args(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{command}: {error}"));
        let orders = process.stdin.take();
        let answers = BufReader::new(process.stdout.take().expect("piped"));
        let mut worker = Self { process, orders, answers };
        worker.say(&sessions());
        // A virtual machine compiles what it has seen often.
        for verb in ["read", "write"] {
            worker.order(verb, SIZE, 2000);
        }
        worker
    }

    fn order(&mut self, verb: &str, size: usize, turns: usize) -> Duration {
        self.say(&format!("{verb} {size} {turns}"));
        let mut answer = String::new();
        self.answers.read_line(&mut answer).expect("it lives");
        Duration::from_nanos(answer.trim().parse().expect("it answers with nanoseconds"))
    }

    fn say(&mut self, line: &str) {
        writeln!(self.orders.as_mut().expect("until dropped"), "{line}").expect("it lives");
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // They end with their input.
        self.orders = None;
        self.process.wait().ok();
    }
}

/// Returns the first line that a worker gets: lists of sessions by size.
fn sessions() -> String {
    let of_size = |size| (format!("{size}"), to_value(data::visitors(size)).expect("JSON"));
    let sizes: Map<_, _> = [200, 1000].map(of_size).into_iter().collect();
    serde_json::to_string(&sizes).expect("JSON")
}

/// The secret of all of them.
const SECRET: &str = "5f1c0a7b93de4862c1b7a9e0d3f46825";

const SIZE: usize = 200;
