//! Over random histories of three machines whose clocks differ: a session that was ended is served for no longer than the
//! interval and the skew, and no other session is lost.
//!
//! 100,000 steps, or a million with COOKIE_SESSION_LONG=1.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test may panic and print"
)]

mod support;

use std::collections::BTreeMap;
use std::time::Duration;

use cookie_session::ending::{Check, Revoked};
use cookie_session::{DecodeError, KeyRing, Lifetime, Sessions};
use serde_json::value::RawValue;
use support::forge::{Clock, Forge, Parts, Prng, key, secret, session_json};
use support::format;

const NAME: &str = "__Host-session";
const START: u64 = 1_750_000_000;
const IDLE: u64 = 3600;
const ABSOLUTE: u64 = 4 * 3600;
const INTERVAL: u64 = 300;
const SKEW: u64 = 60;
const MACHINES: usize = 3;
const BROWSERS: usize = 6;
const USERS: usize = 3;

/// Whether every visit checks the session, which decides when an old key may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Checked {
    Always,
    Sometimes,
}

struct Machine {
    clock: Clock,
    ahead: u64,
    /// Its keys, the current one first.
    keys: Vec<u64>,
    sessions: Sessions,
}

impl Machine {
    fn new(keys: Vec<u64>, ahead: u64) -> Self {
        let clock = Clock::at(START + ahead);
        let sessions = sessions(&keys, &clock);
        Self { clock, ahead, keys, sessions }
    }

    fn deploy(&mut self, keys: Vec<u64>) {
        self.sessions = sessions(&keys, &self.clock);
        self.keys = keys;
    }
}

fn sessions(keys: &[u64], clock: &Clock) -> Sessions {
    let lifetime = Lifetime { idle: Duration::from_secs(IDLE), absolute: Duration::from_secs(ABSOLUTE) };
    let ring = keys[1..].iter().fold(KeyRing::new(key(keys[0])), |ring, n| ring.fallback(key(*n)));
    format::builder(ring)
        .lifetime(lifetime)
        .permanent_lifetime(lifetime)
        .skew(Duration::from_secs(SKEW))
        .clock(clock.hand())
        .build()
        .expect("builds")
}

/// A session in a browser, and what the model knows of it.
#[derive(Clone, Debug)]
struct Held {
    cookie: String,
    user: usize,
    /// The user's state at the login.
    epoch: u64,
    /// By the clocks of the machines that did it.
    created: u64,
    issued: u64,
    /// By the true clock.
    confirmed: u64,
}

/// The steps of the documented way to replace a key.
#[derive(Clone, Copy, Debug)]
enum Rotation {
    Wait,
    AddFallback(usize),
    MakeCurrent(usize),
    /// Since when no machine signs with the old key.
    Keep(u64),
    DropOld(usize),
}

#[derive(Default, Debug)]
struct Seen {
    fresh: usize,
    confirmed: usize,
    revoked: usize,
    expired: usize,
    ended_and_served: usize,
    longest: u64,
    strangers: usize,
    rotations: usize,
    resigned: usize,
}

struct World {
    checked: Checked,
    random: Prng,
    now: u64,
    machines: Vec<Machine>,
    browsers: Vec<Option<Held>>,
    /// Each user's state, and when it became that.
    epochs: [(u64, u64); USERS],
    key: u64,
    rotation: Rotation,
    seen: Seen,
}

impl World {
    fn new(checked: Checked, seed: u64) -> Self {
        let mut random = Prng::new(seed);
        let machines = (0..MACHINES).map(|_| {
            let ahead = random.below(SKEW as usize + 1) as u64;
            Machine::new(vec![1], ahead)
        });
        Self {
            checked,
            machines: machines.collect(),
            random,
            now: START,
            browsers: vec![None; BROWSERS],
            epochs: [(0, 0); USERS],
            key: 1,
            rotation: Rotation::Wait,
            seen: Seen::default(),
        }
    }

    fn step(&mut self) {
        match self.random.below(100) {
            0..30 => self.pass(),
            30..38 => self.log_in(),
            38..40 => self.bump(),
            40..44 => self.steal(),
            44..48 => self.rotate(),
            48..56 if self.checked == Checked::Sometimes => self.re_sign(),
            _ => self.visit(),
        }
    }

    /// Lets time pass, sometimes a lot of it.
    fn pass(&mut self) {
        let most = [30, 200, INTERVAL, INTERVAL, 2 * INTERVAL, IDLE / 2][self.random.below(6)];
        self.now += self.random.below(most as usize + 1) as u64;
        for machine in &self.machines {
            machine.clock.set(self.now + machine.ahead);
        }
    }

    fn machine(&mut self) -> usize {
        self.random.below(MACHINES)
    }

    fn log_in(&mut self) {
        let (machine, browser, user) =
            (self.machine(), self.random.below(BROWSERS), self.random.below(USERS));
        let machine = &self.machines[machine];
        let old = self.browsers[browser].as_ref().map(|held| held.cookie.clone());
        let mut session = machine.sessions.open(old);
        if self.random.below(3) == 0 {
            session.renew();
        } else {
            session.clear();
        }
        let (epoch, _) = self.epochs[user];
        session.insert("user", user).unwrap();
        session.set_permanent(self.random.below(2) == 0);
        session.stamp(user, epoch.to_be_bytes()).unwrap();
        // Just stamped, it is not looked up.
        assert!(matches!(machine.sessions.check(&mut session, Duration::ZERO), Ok(Check::Fresh)));
        let commit = machine.sessions.save(session).unwrap();
        let cookie = commit.cookie_pair().expect("a login sets the cookie").to_owned();
        let at = machine.clock.now();
        self.browsers[browser] =
            Some(Held { cookie, user, epoch, created: at, issued: at, confirmed: self.now });
    }

    /// Ends all sessions of a user.
    fn bump(&mut self) {
        let user = self.random.below(USERS);
        self.epochs[user] = (self.epochs[user].0 + 1, self.now);
    }

    /// Copies one browser's cookie into another.
    fn steal(&mut self) {
        let (from, to) = (self.random.below(BROWSERS), self.random.below(BROWSERS));
        self.browsers[to] = self.browsers[from].clone();
    }

    fn rotate(&mut self) {
        let (old, new) = (self.key, self.key + 1);
        self.rotation = match self.rotation {
            Rotation::Wait => Rotation::AddFallback(0),
            Rotation::AddFallback(MACHINES) => Rotation::MakeCurrent(0),
            Rotation::AddFallback(n) => {
                self.machines[n].deploy(vec![old, new]);
                Rotation::AddFallback(n + 1)
            }
            Rotation::MakeCurrent(MACHINES) => Rotation::Keep(self.now),
            Rotation::MakeCurrent(n) => {
                self.machines[n].deploy(vec![new, old]);
                Rotation::MakeCurrent(n + 1)
            }
            Rotation::Keep(since) => {
                let long = match self.checked {
                    Checked::Always => IDLE + INTERVAL + 2 * SKEW,
                    Checked::Sometimes => ABSOLUTE + SKEW,
                };
                if self.now - since > long { Rotation::DropOld(0) } else { self.rotation }
            }
            Rotation::DropOld(MACHINES) => {
                self.key = new;
                self.seen.rotations += 1;
                Rotation::Wait
            }
            Rotation::DropOld(n) => {
                self.machines[n].deploy(vec![new]);
                Rotation::DropOld(n + 1)
            }
        };
    }

    /// Says whether the machine must accept the session, as far as its age goes.
    fn lives(&self, machine: usize, held: &Held) -> bool {
        let now = self.machines[machine].clock.now();
        now.saturating_sub(held.issued) <= IDLE && now.saturating_sub(held.created) <= ABSOLUTE
    }

    /// A machine of an older version, which knows of no stamp, writes the session.
    fn re_sign(&mut self) {
        let (at, browser) = (self.machine(), self.random.below(BROWSERS));
        let Some(mut held) = self.browsers[browser].clone() else { return };
        if !self.lives(at, &held) {
            return;
        }
        let machine = &self.machines[at];
        let (_, token) = held.cookie.split_once('=').unwrap();
        let json = session_json(machine.keys.iter().copied(), NAME, token);
        let parts: Vec<&RawValue> = serde_json::from_str(&json).unwrap();
        let [created, permanent, data, facts] = parts[..] else { panic!("it is stamped: {json}") };
        let mut data: BTreeMap<String, u64> = serde_json::from_str(data.get()).unwrap();
        *data.entry("old".to_owned()).or_default() += 1;
        let data = serde_json::to_string(&data).unwrap();
        let json = format!("[{created},{permanent},{data},{facts}]");
        held.issued = machine.clock.now();
        let forge = Forge::session(&secret(machine.keys[0]), NAME);
        held.cookie = format!("{NAME}={}", forge.token(&json, held.issued));
        self.browsers[browser] = Some(held);
        self.seen.resigned += 1;
    }

    /// A request, which checks the session, writes it, or only opens it.
    fn visit(&mut self) {
        let (at, browser) = (self.machine(), self.random.below(BROWSERS));
        let Some(mut held) = self.browsers[browser].clone() else { return };
        let lives = self.lives(at, &held);
        let machine = &self.machines[at];
        let (sessions, clock) = (machine.sessions.clone(), machine.clock.now());
        let mut session = sessions.open([&held.cookie]);
        if !lives {
            assert_eq!(session.rejection(), Some(&DecodeError::Expired), "{held:?}");
            self.seen.expired += 1;
            self.browsers[browser] = None;
            return;
        }
        assert_eq!(session.rejection(), None, "lost at {}: {held:?}", self.now);
        assert_eq!(session.get::<usize>("user").unwrap(), Some(held.user));
        let (epoch, bumped) = self.epochs[held.user];
        let is_ended = held.epoch != epoch;
        let mut confirms = false;
        let writes_first = self.random.below(6) == 0;
        let mut writes = writes_first;
        if writes_first {
            session.update("seen", |n: &mut u64| *n += 1).unwrap();
        }
        if self.checked == Checked::Always || self.random.below(2) == 0 {
            self.is_of_no_other(at, &held);
            match sessions.check(&mut session, Duration::from_secs(INTERVAL)).unwrap() {
                Check::Unstamped => panic!("the stamp is lost: {held:?}"),
                Check::Fresh => self.seen.fresh += 1,
                Check::Due(due) => match due.confirm(held.user, epoch.to_be_bytes()) {
                    Ok(()) => {
                        assert!(!is_ended, "an ended session is confirmed: {held:?}");
                        (confirms, held.confirmed) = (true, self.now);
                        self.seen.confirmed += 1;
                    }
                    Err(Revoked) => {
                        assert!(is_ended, "lost at {}: {held:?}", self.now);
                        assert!(sessions.save(session).unwrap().is_removal());
                        self.seen.revoked += 1;
                        self.browsers[browser] = None;
                        return;
                    }
                },
            }
            // It is served.
            let unseen = self.now - held.confirmed;
            assert!(unseen <= INTERVAL + SKEW, "nobody has looked for {unseen} s: {held:?}");
            if is_ended {
                let after = self.now - bumped;
                assert!(after <= INTERVAL + SKEW, "served {after} s after its end: {held:?}");
                self.seen.ended_and_served += 1;
                self.seen.longest = self.seen.longest.max(after);
            }
        }
        if self.random.below(6) == 0 {
            writes = true;
            session.update("seen", |n: &mut u64| *n += 1).unwrap();
        }
        if self.random.below(6) == 0 {
            session.skip_refresh();
        }
        let commit = sessions.save(session).unwrap();
        if let Some(cookie) = commit.cookie_pair() {
            held.cookie = cookie.to_owned();
            let issued = Parts::of(cookie.split_once('=').unwrap().1).issued();
            // A confirmation alone is no reason to sign it as of now.
            if issued != held.issued || writes {
                assert!(issued == clock && (writes || 10 * (clock - held.issued) >= IDLE), "{held:?}");
                held.issued = issued;
            }
            self.browsers[browser] = Some(held);
        } else {
            assert!(!writes && !confirms, "{held:?}");
        }
    }

    /// Whoever presents it as another user's is refused, although that user's state is known.
    fn is_of_no_other(&mut self, at: usize, held: &Held) {
        let sessions = &self.machines[at].sessions;
        let mut session = sessions.open([&held.cookie]);
        let Ok(Check::Due(due)) = sessions.check(&mut session, Duration::ZERO) else { panic!("{held:?}") };
        let other = (held.user + 1) % USERS;
        let (epoch, _) = self.epochs[other];
        assert_eq!(due.confirm(other, epoch.to_be_bytes()), Err(Revoked), "{held:?}");
        drop(session);
        self.seen.strangers += 1;
    }
}

#[test]
fn an_ended_session_is_served_no_longer_than_the_interval_and_no_other_is_lost() {
    let steps = if std::env::var_os("COOKIE_SESSION_LONG").is_some() { 1_000_000 } else { 100_000 };
    for checked in [Checked::Always, Checked::Sometimes] {
        let mut total = Seen::default();
        // Each world has its own clocks.
        for seed in 0..10 {
            let mut world = World::new(checked, seed);
            for _ in 0..steps / 20 {
                world.step();
            }
            total.fresh += world.seen.fresh;
            total.confirmed += world.seen.confirmed;
            total.revoked += world.seen.revoked;
            total.expired += world.seen.expired;
            total.ended_and_served += world.seen.ended_and_served;
            total.longest = total.longest.max(world.seen.longest);
            total.strangers += world.seen.strangers;
            total.rotations += world.seen.rotations;
            total.resigned += world.seen.resigned;
        }
        println!("{checked:?}: {total:?}");
        // Everything happened, and often.
        for count in [total.fresh, total.confirmed, total.revoked, total.expired, total.strangers] {
            assert!(count > steps / 500, "{total:?}");
        }
        assert!(total.ended_and_served > 20 && total.rotations > 20, "{total:?}");
        assert_eq!(total.resigned > 0, checked == Checked::Sometimes);
        // The bound is met, nearly.
        assert!(total.longest > INTERVAL / 2, "{total:?}");
    }
}
