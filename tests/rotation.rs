//! The documented way to replace a key loses no session, and each of its steps is needed.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test may panic and print"
)]

mod support;

use std::time::Duration;

use cookie_session::{Builder, Codec, DecodeError, KeyRing, KeyRole, Lifetime, Sessions};
use support::forge::{Clock, Prng, key};
use support::format;
use support::jar::Jar;

const NOW: u64 = 1_750_000_000;
const HOME: &str = "https://example.com/";
const IDLE: u64 = 2 * 60 * 60;
const MACHINES: usize = 5;
const VISITORS: usize = 20;
/// Every second visitor lets this much time pass between visits; the others come every ten minutes.
const SELDOM: u64 = IDLE - 1200;
/// Between two visitors, so that twenty of them come within ten minutes.
const PAUSE: u64 = 30;
const SEEDS: u64 = 20;

const OLD: u64 = 1;
const NEW: u64 = 2;

fn ring(keys: &[u64]) -> KeyRing {
    let (first, rest) = keys.split_first().expect("a ring has a key");
    rest.iter().fold(KeyRing::new(key(*first)), |ring, n| ring.fallback(key(*n)))
}

fn machine(keys: &[u64], clock: &Clock) -> Sessions {
    built(format::builder(ring(keys)), clock)
}

fn built(builder: Builder, clock: &Clock) -> Sessions {
    // Absolute is far away, so that in these tests nothing but a key can end a session in use.
    let lifetime = Lifetime { idle: Duration::from_secs(IDLE), absolute: Duration::from_secs(400 * 86_400) };
    builder.lifetime(lifetime).permanent_lifetime(lifetime).clock(clock.hand()).build().expect("builds")
}

/// What an operator does.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// Gives these keys to so many machines, one after the other in random order. The first key signs.
    Deploy(&'static [u64], usize),
    /// Lets so many seconds pass, with visitors in them.
    Wait(u64),
}

use Step::{Deploy, Wait};

/// Machines that share visitors, and what went wrong.
struct Fleet {
    clock: Clock,
    random: Prng,
    machines: Vec<Sessions>,
    jars: Vec<Jar>,
    last_visits: Vec<u64>,
    visits: u64,
    rejections: u64,
}

impl Fleet {
    fn new(seed: u64) -> Self {
        Self::of(seed, |clock| machine(&[OLD], clock))
    }

    fn of(seed: u64, make: impl Fn(&Clock) -> Sessions) -> Self {
        let clock = Clock::at(NOW);
        let mut random = Prng::new(seed);
        // Spread, or all who come seldom would come together.
        let last_visits = (0..VISITORS).map(|_| NOW - random.next() % SELDOM).collect();
        let machines = (0..MACHINES).map(|_| make(&clock)).collect();
        let mut fleet = Self {
            clock,
            random,
            machines,
            jars: vec![Jar::new(); VISITORS],
            last_visits,
            visits: 0,
            rejections: 0,
        };
        for visitor in 0..VISITORS {
            fleet.log_in(visitor);
        }
        fleet
    }

    fn log_in(&mut self, visitor: usize) {
        let machine = self.random.below(MACHINES);
        let mut session = self.machines[machine].start();
        session.insert("user", visitor).unwrap();
        session.set_permanent(visitor.is_multiple_of(3));
        let commit = self.machines[machine].save(session).unwrap();
        self.jars[visitor].set_all(HOME, commit.set_cookies(), self.clock.now());
    }

    /// One request. A handler that finds nobody logged in leaves it at that.
    fn visit(&mut self, visitor: usize) {
        let machine = &self.machines[self.random.below(MACHINES)];
        let jar = &mut self.jars[visitor];
        let now = self.clock.now();
        let Some(header) = jar.header(HOME, now) else {
            // No machine ever deletes a cookie; that of a lost session comes to its end in the browser.
            assert!(self.rejections > 0);
            self.rejections += 1;
            return;
        };
        let mut session = machine.open([header]);
        self.visits += 1;
        self.last_visits[visitor] = now;
        match session.get::<usize>("user").unwrap() {
            Some(user) => {
                assert_eq!(user, visitor);
                if visitor.is_multiple_of(5) {
                    session.update("visits", |visits: &mut u64| *visits += 1).unwrap();
                }
            }
            None => {
                let rejection = session.rejection();
                assert!(matches!(rejection, Some(DecodeError::InvalidSignature | DecodeError::Expired)));
                self.rejections += 1;
            }
        }
        jar.set_all(HOME, machine.save(session).unwrap().set_cookies(), now);
    }

    /// Ten minutes, in which the visitors come in random order.
    fn traffic(&mut self) {
        let mut visitors: Vec<usize> = (0..VISITORS).collect();
        self.random.shuffle(&mut visitors);
        for visitor in visitors {
            let seldom = visitor.is_multiple_of(2);
            if !seldom || self.clock.now() - self.last_visits[visitor] >= SELDOM {
                self.visit(visitor);
            }
            self.clock.advance(PAUSE);
        }
    }

    fn run(&mut self, steps: &[Step]) {
        self.traffic();
        for step in steps {
            match *step {
                Deploy(keys, count) => self.deploy(count, |clock| machine(keys, clock)),
                Wait(seconds) => self.wait(seconds),
            }
        }
        self.traffic();
        self.traffic();
    }

    /// Replaces so many machines, one after the other in random order, with visitors coming all the while.
    fn deploy(&mut self, count: usize, make: impl Fn(&Clock) -> Sessions) {
        let mut order: Vec<usize> = (0..MACHINES).collect();
        self.random.shuffle(&mut order);
        // A step that stops half-way stops before the same machine each time.
        order.retain(|n| count == MACHINES || *n != MACHINES - 1);
        for n in order {
            self.machines[n] = make(&self.clock);
            self.traffic();
        }
    }

    fn wait(&mut self, seconds: u64) {
        let until = self.clock.now() + seconds;
        while self.clock.now() <= until {
            self.traffic();
        }
    }
}

const RUNBOOK: &[Step] =
    &[Deploy(&[OLD, NEW], MACHINES), Deploy(&[NEW, OLD], MACHINES), Wait(IDLE), Deploy(&[NEW], MACHINES)];

#[test]
fn the_runbook_loses_nobody() {
    let mut visits = 0;
    for seed in 0..SEEDS {
        let mut fleet = Fleet::new(seed);
        fleet.run(RUNBOOK);
        assert_eq!(fleet.rejections, 0, "seed {seed}");
        visits += fleet.visits;
        for (visitor, jar) in fleet.jars.iter().enumerate() {
            let session = fleet.machines[0].open(jar.header(HOME, fleet.clock.now()));
            assert_eq!(session.get::<usize>("user").unwrap(), Some(visitor));
            assert_eq!(session.verified_by(), Some(KeyRole::Current));
        }
    }
    println!("{SEEDS} fleets, {visits} visits, 0 rejections");
}

#[test]
fn the_runbook_repeats() {
    const AGAIN: &[Step] =
        &[Deploy(&[NEW, 3], MACHINES), Deploy(&[3, NEW], MACHINES), Wait(IDLE), Deploy(&[3], MACHINES)];
    let mut fleet = Fleet::new(100);
    fleet.run(RUNBOOK);
    fleet.run(AGAIN);
    assert_eq!(fleet.rejections, 0);
}

#[test]
fn each_skipped_step_loses_sessions() {
    const TABLE: &[(&str, &[Step])] = &[
        ("the new key replaces the old one", &[Deploy(&[NEW], MACHINES)]),
        (
            "the new key signs before every machine knows it",
            &[Deploy(&[NEW, OLD], MACHINES), Wait(IDLE), Deploy(&[NEW], MACHINES)],
        ),
        (
            "one machine has not the fallback when the others begin to sign",
            &[Deploy(&[OLD, NEW], MACHINES - 1), Deploy(&[NEW, OLD], MACHINES - 1)],
        ),
        (
            "the new key never signs before the old one goes",
            &[Deploy(&[OLD, NEW], MACHINES), Wait(IDLE), Deploy(&[NEW], MACHINES)],
        ),
        (
            "one machine still signs with the old key when it goes",
            &[
                Deploy(&[OLD, NEW], MACHINES),
                Deploy(&[NEW, OLD], MACHINES - 1),
                Wait(IDLE),
                Deploy(&[NEW], MACHINES - 1),
            ],
        ),
        (
            "the old key goes before the longest idle limit has passed",
            &[Deploy(&[OLD, NEW], MACHINES), Deploy(&[NEW, OLD], MACHINES), Deploy(&[NEW], MACHINES)],
        ),
        ("the old key becomes no fallback", &[Deploy(&[OLD, NEW], MACHINES), Deploy(&[NEW], MACHINES)]),
    ];
    for (skipped, steps) in TABLE {
        let (mut visits, mut rejections, mut fleets) = (0, 0, 0);
        for seed in 0..SEEDS {
            let mut fleet = Fleet::new(seed);
            fleet.run(steps);
            fleets += u64::from(fleet.rejections > 0);
            visits += fleet.visits;
            rejections += fleet.rejections;
        }
        println!("{skipped}: {rejections} of {visits} visits rejected, in {fleets} of {SEEDS} fleets");
        assert!(fleets >= SEEDS / 2, "{skipped}: lost in {fleets} fleets only");
    }
}

#[test]
fn dropping_the_old_key_without_the_wait_loses_whoever_has_not_come_since() {
    for (wait, expected) in [(0, false), (IDLE / 2, false), (IDLE, false), (IDLE + 1, true)] {
        let clock = Clock::at(NOW);
        let session_of_the_old_key = {
            let machine = machine(&[OLD, NEW], &clock);
            let mut session = machine.start();
            session.insert("user", 1).unwrap();
            machine.save(session).unwrap()
        };
        clock.advance(wait);
        let with_fallback = machine(&[NEW, OLD], &clock).open(session_of_the_old_key.cookie_pair());
        let without = machine(&[NEW], &clock).open(session_of_the_old_key.cookie_pair());
        // After the wait the session has ended anyway, and the key makes no difference.
        assert_eq!(with_fallback.rejection() == Some(&DecodeError::Expired), expected, "after {wait} s");
        assert_eq!(with_fallback.verified_by().is_none(), expected, "after {wait} s");
        assert_eq!(without.rejection(), Some(&DecodeError::InvalidSignature), "after {wait} s");
    }
}

#[test]
fn half_deployed_machines_do_not_sign_each_others_cookies_again() {
    let clock = Clock::at(NOW);
    let (before, after) = (machine(&[OLD, NEW], &clock), machine(&[NEW, OLD], &clock));
    for maker in [&before, &after] {
        let mut session = maker.start();
        session.insert("user", 1).unwrap();
        let mut jar = Jar::new();
        jar.set_all(HOME, maker.save(session).unwrap().set_cookies(), clock.now());
        let cookie = jar.header(HOME, clock.now()).unwrap();
        // Up to a tenth of the idle limit nothing is written, whoever is asked.
        for _ in 0..50 {
            for machine in [&before, &after] {
                let session = machine.open([&cookie]);
                assert_eq!(session.get::<u64>("user").unwrap(), Some(1));
                assert!(!session.is_modified());
                assert_eq!(machine.save(session).unwrap().set_cookies().count(), 0);
            }
            clock.advance(IDLE / 10 / 51);
        }
    }
}

#[test]
fn a_change_or_a_refresh_signs_with_the_current_key() {
    let clock = Clock::at(NOW);
    let (before, after) = (machine(&[OLD], &clock), machine(&[NEW, OLD], &clock));
    let only_new = machine(&[NEW], &clock);
    let mut session = before.start();
    session.insert("user", 1).unwrap();
    let made = before.save(session).unwrap();

    let mut changed = after.open(made.cookie_pair());
    changed.insert("user", 2).unwrap();
    let changed = after.save(changed).unwrap();
    clock.advance(IDLE / 10);
    let refreshed = after.save(after.open(made.cookie_pair())).unwrap();
    for commit in [changed, refreshed] {
        assert_eq!(only_new.open(commit.cookie_pair()).verified_by(), Some(KeyRole::Current));
    }
}

#[test]
fn says_which_key_verified() {
    // (keys of the machine, key that signed, what it says)
    const TABLE: &[(&[u64], u64, Option<KeyRole>)] = &[
        (&[1], 1, Some(KeyRole::Current)),
        (&[1], 2, None),
        (&[1, 2], 1, Some(KeyRole::Current)),
        (&[1, 2], 2, Some(KeyRole::Fallback)),
        (&[1, 2], 3, None),
        (&[1, 2, 3, 4, 5, 6, 7, 8], 8, Some(KeyRole::Fallback)),
        (&[1, 2, 3, 4, 5, 6, 7, 8], 9, None),
        // The current key once more is no fallback.
        (&[1, 1], 1, Some(KeyRole::Current)),
        (&[1, 2, 1], 1, Some(KeyRole::Current)),
    ];
    let clock = Clock::at(NOW);
    for (keys, signs, expected) in TABLE {
        let maker = machine(&[*signs], &clock);
        let mut session = maker.start();
        assert_eq!(session.verified_by(), None);
        session.insert("user", 1).unwrap();
        let commit = maker.save(session).unwrap();
        let session = machine(keys, &clock).open(commit.cookie_pair());
        assert_eq!(session.verified_by(), *expected, "{keys:?}, signed with {signs}");

        let token = codec(&[*signs]).encode(&1).unwrap();
        let answer = codec(keys).decode::<u8>(&token);
        assert_eq!(answer.is_ok(), expected.is_some(), "{keys:?}, signed with {signs}");
    }
    assert_eq!(KeyRole::Current.as_str(), "current");
    assert_eq!(KeyRole::Fallback.as_str(), "fallback");
}

fn codec(keys: &[u64]) -> Codec {
    format::codec(&ring(keys), "salt", Duration::from_secs(60)).expect("builds")
}

#[test]
fn refuses_more_than_eight_keys_and_ignores_repeated_ones() {
    const TABLE: &[(&[u64], bool)] = &[
        (&[1], true),
        (&[1, 2, 3, 4, 5, 6, 7], true),
        (&[1, 2, 3, 4, 5, 6, 7, 8], true),
        (&[1, 2, 3, 4, 5, 6, 7, 8, 9], false),
        (&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], false),
        (&[1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 1, 2], true),
        (&[1, 1, 1, 1, 1, 1, 1, 1, 1, 1], true),
        (&[1, 1, 2, 3, 4, 5, 6, 7, 8, 9], false),
    ];
    for (keys, good) in TABLE {
        let sessions = format::builder(ring(keys)).build().map(|_| ());
        let codec = format::codec(&ring(keys), "salt", Duration::from_secs(60)).map(|_| ());
        assert_eq!(sessions.is_ok(), *good, "{keys:?}");
        assert_eq!(codec.is_ok(), *good, "{keys:?}");
        for error in [sessions, codec].into_iter().filter_map(Result::err) {
            let text = error.to_string();
            assert!(text.contains("more than 8 keys") && text.contains("drop"), "{text}");
        }
    }
}

#[test]
fn a_machine_without_the_new_key_can_still_log_out() {
    // (where the cookie was made, where the visitor logs out)
    const TABLE: &[(&[u64], &[u64])] = &[
        (&[NEW], &[OLD]),
        (&[NEW, OLD], &[OLD]),
        (&[OLD], &[NEW]),
        (&[OLD], &[OLD]),
        (&[OLD, NEW], &[NEW, OLD]),
    ];
    for (made, logs_out) in TABLE {
        let clock = Clock::at(NOW);
        let (maker, other) = (machine(made, &clock), machine(logs_out, &clock));
        let mut jar = Jar::new();
        let mut session = maker.start();
        session.insert("user", 1).unwrap();
        session.set_permanent(true);
        jar.set_all(HOME, maker.save(session).unwrap().set_cookies(), NOW);
        assert_eq!(jar.len(), 1);

        // A look at the session leaves it alone, whether the key is known or not.
        let session = other.open(jar.header(HOME, NOW));
        jar.set_all(HOME, other.save(session).unwrap().set_cookies(), NOW);
        assert_eq!(jar.len(), 1, "{made:?}, read by {logs_out:?}");

        let mut session = other.open(jar.header(HOME, NOW));
        session.clear();
        let commit = other.save(session).unwrap();
        assert!(commit.is_removal());
        jar.set_all(HOME, commit.set_cookies(), NOW);
        assert!(jar.is_empty(), "{made:?}, logged out by {logs_out:?}");
    }
}

/// A service begins to encrypt its sessions, or stops it: in steps that lose nobody, of which each is needed.
#[cfg(feature = "encrypted")]
mod encryption {
    use super::*;

    /// What a machine writes, and what it reads beside that.
    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Kind {
        Signed,
        /// Signed ones, and reads both.
        ReadsBoth,
        /// Encrypted ones, and reads both until so many seconds after the step began.
        WritesEncrypted(u64),
        Encrypted,
    }

    use Kind::{Encrypted, ReadsBoth, Signed, WritesEncrypted};

    /// Until the last machine of a step writes as it should, and then for the longest idle limit.
    const ENOUGH: u64 = 5 * 20 * PAUSE + IDLE;

    const OVER: &[(Kind, u64)] = &[(ReadsBoth, 0), (WritesEncrypted(ENOUGH), IDLE), (Encrypted, 0)];
    const BACK: &[(Kind, u64)] = &[(WritesEncrypted(10 * ENOUGH), 0), (ReadsBoth, IDLE), (Signed, 0)];

    fn machine_of(kind: Kind, began: u64, clock: &Clock) -> Sessions {
        let builder = Sessions::builder(ring(&[OLD]));
        let builder = match kind {
            Signed => builder,
            ReadsBoth => builder.accept_encrypted(),
            WritesEncrypted(seconds) => {
                builder.encrypted().accept_signed(support::forge::time(began + seconds).unwrap())
            }
            Encrypted => builder.encrypted(),
        };
        built(builder, clock)
    }

    fn change(fleet: &mut Fleet, steps: &[(Kind, u64)]) {
        for (kind, wait) in steps {
            let began = fleet.clock.now();
            fleet.deploy(MACHINES, |clock| machine_of(*kind, began, clock));
            fleet.wait(*wait);
        }
        fleet.traffic();
        fleet.traffic();
    }

    #[test]
    fn the_change_over_loses_nobody_forth_and_back() {
        let mut visits = 0;
        for seed in 0..SEEDS {
            let mut fleet = Fleet::of(seed, |clock| machine_of(Signed, NOW, clock));
            fleet.traffic();
            for (steps, ends) in [(OVER, Encrypted), (BACK, Signed), (OVER, Encrypted)] {
                change(&mut fleet, steps);
                assert_eq!(fleet.rejections, 0, "seed {seed}, to {ends:?}");
                assert!(fleet.machines.iter().all(|machine| machine.is_encrypted() == (ends == Encrypted)));
                for (visitor, jar) in fleet.jars.iter().enumerate() {
                    let session = fleet.machines[0].open(jar.header(HOME, fleet.clock.now()));
                    assert_eq!(session.get::<usize>("user").unwrap(), Some(visitor));
                }
            }
            visits += fleet.visits;
        }
        println!("{SEEDS} fleets, {visits} visits, 0 rejections");
    }

    #[test]
    fn each_skipped_step_of_the_change_over_loses_sessions() {
        const TABLE: &[(&str, &[(Kind, u64)])] = &[
            (
                "machines write what others do not read yet",
                &[(WritesEncrypted(ENOUGH), IDLE), (Encrypted, 0)],
            ),
            ("signed sessions are refused at once", &[(ReadsBoth, 0), (Encrypted, 0)]),
            ("signed sessions are refused too early", &[(ReadsBoth, 0), (WritesEncrypted(PAUSE), IDLE)]),
            (
                "signed sessions are given up before they end",
                &[(ReadsBoth, 0), (WritesEncrypted(ENOUGH), 0), (Encrypted, 0)],
            ),
            (
                "back, machines write what others do not read",
                &[(ReadsBoth, 0), (WritesEncrypted(ENOUGH), IDLE), (Encrypted, 0), (ReadsBoth, IDLE)],
            ),
            (
                "back, encrypted sessions are refused at once",
                &[(ReadsBoth, 0), (WritesEncrypted(10 * ENOUGH), IDLE), (Signed, 0)],
            ),
        ];
        for (skipped, steps) in TABLE {
            let (mut rejections, mut fleets) = (0, 0);
            for seed in 0..SEEDS {
                let mut fleet = Fleet::of(seed, |clock| machine_of(Signed, NOW, clock));
                change(&mut fleet, steps);
                fleets += u64::from(fleet.rejections > 0);
                rejections += fleet.rejections;
            }
            println!("{skipped}: {rejections} rejected, in {fleets} of {SEEDS} fleets");
            assert!(fleets >= SEEDS / 2, "{skipped}: lost in {fleets} fleets only");
        }
    }
}
