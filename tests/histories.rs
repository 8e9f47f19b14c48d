//! Whatever visitors and operators do, in any order, every session is what a model of a page says it is.
//!
//! A history is random: browsers log in, use and end sessions, are closed, present any token that was ever theirs or
//! another's; machines differ in keys, policy and clock. In a debug build there are a thousand histories, in a release
//! build a hundred thousand; `COOKIE_SESSION_HISTORIES` is another number.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may panic and print"
)]

mod support;

use std::collections::BTreeMap;
use std::time::Duration;

use cookie_session::{DecodeError, KeyRing, KeyRole, Lifetime, Session, Sessions};
use serde::{Deserialize, Serialize, Serializer};
use support::forge::{Prng, key};
use support::format;
use support::jar::Jar;
use support::setup::{HOME, NAME, NOW, at};

// The model.

/// What a session is: numbers under keys in their order, and two facts.
#[derive(Clone, Debug, Default, PartialEq)]
struct State {
    data: Vec<(&'static str, i64)>,
    created: Option<u64>,
    permanent: bool,
}

/// A token, as if it could be looked into.
#[derive(Clone, Debug)]
struct Token {
    state: State,
    issued: u64,
    key: u64,
}

/// What a machine goes by. Lifetimes are idle and absolute, of sessions that are not permanent and that are.
#[derive(Clone, Debug)]
struct Machine {
    keys: Vec<u64>,
    lifetimes: [(u64, u64); 2],
    skew: u64,
    ahead: i64,
}

impl Machine {
    fn lifetime(&self, permanent: bool) -> (u64, u64) {
        self.lifetimes[usize::from(permanent)]
    }

    fn judge(&self, token: &Token, now: u64) -> Result<KeyRole, DecodeError> {
        let age = |then: u64, limit: u64| match () {
            () if then > now + self.skew => Err(DecodeError::NotYetValid),
            () if now.saturating_sub(then) > limit => Err(DecodeError::Expired),
            () => Ok(()),
        };
        let position = self.keys.iter().position(|key| *key == token.key);
        let position = position.ok_or(DecodeError::InvalidSignature)?;
        let (idle, absolute) = self.lifetime(token.state.permanent);
        age(token.issued, idle)?;
        age(token.state.created.expect("it was signed"), absolute)?;
        Ok(if position == 0 { KeyRole::Current } else { KeyRole::Fallback })
    }

    /// The newest that is good, on a tie the first; or else the reason that lies furthest along the checks.
    fn open<'t>(
        &self,
        presented: &[&'t Token],
        now: u64,
    ) -> (Option<(&'t Token, KeyRole)>, Option<DecodeError>) {
        let verdicts = presented.iter().map(|token| (*token, self.judge(token, now)));
        let good = verdicts.clone().filter_map(|(token, verdict)| Some((token, verdict.ok()?)));
        let best = good.rev().max_by_key(|(token, _)| token.issued);
        let reason = verdicts.filter_map(|(_, verdict)| verdict.err()).max();
        (best, if best.is_some() { None } else { reason })
    }
}

/// One request: what was opened, and what the handler made of it.
struct Visit<'t> {
    presented: bool,
    opened: Option<&'t Token>,
    state: State,
    cleared: bool,
    renewed: bool,
    skip_refresh: bool,
}

#[derive(Debug, PartialEq)]
enum Outcome {
    Nothing,
    Removed,
    /// With what the browser is told about how long to keep it.
    Written(State, Option<u64>),
}

impl Visit<'_> {
    fn is_modified(&self) -> bool {
        let data = self.opened.map(|token| &token.state.data[..]).unwrap_or_default();
        let relabelled =
            self.opened.is_some_and(|token| self.renewed || self.state.permanent != token.state.permanent);
        self.state.data != data || relabelled || self.cleared && self.presented
    }

    fn save(self, machine: &Machine, now: u64) -> Outcome {
        let modified = self.is_modified();
        if self.state.data.is_empty() {
            return if modified && self.presented { Outcome::Removed } else { Outcome::Nothing };
        }
        let due = self.opened.is_some_and(|token| {
            let age = now.saturating_sub(token.issued);
            age > 0 && age * 10 >= machine.lifetime(token.state.permanent).0
        });
        if !modified && (!due || self.skip_refresh) {
            return Outcome::Nothing;
        }
        let created = self.state.created.unwrap_or(now);
        let state = State { created: Some(created), ..self.state };
        let (idle, absolute) = machine.lifetime(state.permanent);
        let left = absolute.saturating_sub(now.saturating_sub(created));
        let max_age = state.permanent.then(|| idle.min(left).max(1));
        Outcome::Written(state, max_age)
    }
}

// The world.

/// What a browser should hold: the number of a token, and until when.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Held {
    token: usize,
    until: Option<u64>,
}

struct World {
    prng: Prng,
    now: u64,
    machines: Vec<(Machine, Sessions)>,
    browsers: Vec<(Jar, Option<Held>)>,
    /// Every token that was ever made, as name and value, and what it is.
    tokens: Vec<(String, Token)>,
    seen: BTreeMap<String, u64>,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut prng = Prng::new(seed);
        let machines = (0..2).map(|_| machine(&mut prng, vec![0, 1])).collect();
        let browsers = (0..3).map(|_| (Jar::new(), None)).collect();
        World { prng, now: NOW, machines, browsers, tokens: Vec::new(), seen: BTreeMap::new() }
    }

    fn count(&mut self, what: impl Into<String>) {
        *self.seen.entry(what.into()).or_default() += 1;
    }

    fn step(&mut self) {
        match self.prng.below(20) {
            0..=12 => self.visit(),
            13 | 14 => self.wait(),
            15 | 16 => self.operate(),
            17 => {
                let browser = self.prng.below(self.browsers.len());
                let (jar, held) = &mut self.browsers[browser];
                jar.close_browser();
                *held = held.filter(|held| held.until.is_some());
                self.count("browser closed");
            }
            _ => self.go_back(),
        }
    }

    /// Time goes by: seconds, a part of a limit, a limit and its neighbours, or long.
    fn wait(&mut self) {
        let at = self.prng.below(self.machines.len());
        let machine = &self.machines[at].0;
        let (idle, absolute) = machine.lifetimes[self.prng.below(2)];
        let seconds = match self.prng.below(7) {
            0 => self.prng.below(10) as u64,
            1 => (idle / 10 + self.prng.below(3) as u64).saturating_sub(1),
            2 => idle + self.prng.below(3) as u64 - 1,
            3 => absolute + self.prng.below(3) as u64 - 1,
            4 | 5 => self.prng.below(idle as usize) as u64,
            _ => self.prng.below(2 * absolute as usize) as u64,
        };
        self.now += seconds;
    }

    /// Rotates the keys of one machine or of all, or changes policy and clock.
    fn operate(&mut self) {
        let at = self.prng.below(self.machines.len());
        let mut keys = self.machines[at].0.keys.clone();
        for _ in 0..self.prng.below(4) {
            let fresh = self.prng.below(6) as u64;
            match self.prng.below(3) {
                0 if keys.len() < 4 && !keys.contains(&fresh) => keys.push(fresh),
                1 => keys.rotate_right(1),
                2 if keys.len() > 1 => drop(keys.pop()),
                _ => {}
            }
        }
        let everywhere = self.prng.below(2) == 0;
        for other in 0..self.machines.len() {
            if everywhere || other == at {
                self.machines[other] = machine(&mut self.prng, keys.clone());
            }
        }
        self.count("machine changed");
    }

    /// A visitor puts a token of some earlier time, perhaps another's, in the place of the cookie.
    fn go_back(&mut self) {
        let browser = self.prng.below(self.browsers.len());
        let held = self.browsers[browser].1.filter(|held| held.until.is_none_or(|until| self.now < until));
        if self.tokens.is_empty() || held.is_none() {
            return;
        }
        let token = self.prng.below(self.tokens.len());
        let (jar, held) = &mut self.browsers[browser];
        let (_, value) = self.tokens[token].0.split_once('=').expect("a name and a value");
        jar.set_value(NAME, value);
        if let Some(held) = held {
            held.token = token;
        }
        self.count("earlier token put back");
    }

    fn visit(&mut self) {
        let at_machine = self.prng.below(self.machines.len());
        let (machine, sessions) = self.machines[at_machine].clone();
        let browser = self.prng.below(self.browsers.len());
        let clock = self.now.checked_add_signed(machine.ahead).expect("a time of these days");

        let held = self.browsers[browser].1.filter(|held| held.until.is_none_or(|until| self.now < until));
        let mut presented: Vec<usize> = held.iter().map(|held| held.token).collect();
        let sent = self.browsers[browser].0.header(HOME, self.now);
        assert_eq!(
            sent.as_ref(),
            presented.first().map(|token| &self.tokens[*token].0),
            "the browser holds it"
        );
        // Somebody else's host sets cookies of the same name, before or after.
        for _ in 0..self.prng.below(8).saturating_sub(5) {
            if !self.tokens.is_empty() {
                let place = self.prng.below(presented.len() + 1);
                presented.insert(place, self.prng.below(self.tokens.len()));
            }
        }
        let line: Vec<&str> = presented.iter().map(|token| &*self.tokens[*token].0).collect();
        let line = line.join("; ");
        let presented: Vec<Token> = presented.iter().map(|token| self.tokens[*token].1.clone()).collect();

        let mut session = sessions.open_at([&line], at(clock));
        let (opened, rejection) = machine.open(&presented.iter().collect::<Vec<_>>(), clock);
        assert_eq!(session.rejection().copied(), rejection, "{machine:?} at {clock}: {presented:?}");
        assert_eq!(session.verified_by(), opened.map(|(_, role)| role));
        assert_eq!(session.issued_at(), opened.map(|(token, _)| at(token.issued)));
        self.count(rejection.map_or("no rejection", |reason| DecodeError::as_str(&reason)));
        if let Some((_, role)) = opened {
            self.count(format!("opened by the {} key", role.as_str()));
        }
        let opened = opened.map(|(token, _)| token);
        let mut visit = Visit {
            presented: !presented.is_empty(),
            opened,
            state: opened.map(|token| token.state.clone()).unwrap_or_default(),
            cleared: false,
            renewed: false,
            skip_refresh: false,
        };
        compare(&session, &visit);
        for _ in 0..self.prng.below(4) {
            act(&mut self.prng, &mut session, &mut visit);
            compare(&session, &visit);
        }
        let modified = visit.is_modified();
        let expected = visit.save(&machine, clock);
        let commit = sessions.save(session).expect("small");
        assert!(commit.skipped().is_none());

        let lines: Vec<&str> = commit.set_cookies().collect();
        self.browsers[browser].0.set_all(HOME, lines.iter().copied(), self.now);
        match expected {
            Outcome::Nothing => {
                assert!(lines.is_empty(), "{lines:?}");
                self.count("nothing sent");
            }
            Outcome::Removed => {
                assert!(commit.is_removal());
                assert!(self.browsers[browser].0.is_empty(), "removed");
                self.browsers[browser].1 = None;
                self.count("removed");
            }
            Outcome::Written(state, max_age) => {
                self.count(if modified { "written" } else { "refreshed" });
                let pair = commit.cookie_pair().expect("a cookie is set").to_owned();
                let told = lines[0].rsplit_once("Max-Age=").map(|(_, age)| age.parse().expect("a number"));
                assert_eq!(told, max_age);
                self.tokens.push((pair, Token { state, issued: clock, key: machine.keys[0] }));
                let until = max_age.map(|age| self.now + age);
                self.browsers[browser].1 = Some(Held { token: self.tokens.len() - 1, until });
            }
        }
    }
}

/// Makes a machine with these keys and any policy.
fn machine(prng: &mut Prng, keys: Vec<u64>) -> (Machine, Sessions) {
    const IDLE: [u64; 4] = [5, 60, 7200, 14 * 86_400];
    let mut lifetime = || {
        let idle = IDLE[prng.below(IDLE.len())];
        (idle, idle * [1, 3, 12][prng.below(3)])
    };
    let lifetimes = [lifetime(), lifetime()];
    let skew = [0, 60][prng.below(2)];
    let ahead = [0, 0, 0, 1, -1, 60, -60, 61, 200, -200][prng.below(10)];
    let mut ring = keys.iter().map(|number| key(*number));
    let ring = ring.by_ref().fold(None, |ring: Option<KeyRing>, key| {
        Some(match ring {
            Some(ring) => ring.fallback(key),
            None => KeyRing::new(key),
        })
    });
    let [normal, permanent] = lifetimes.map(|(idle, absolute)| Lifetime {
        idle: Duration::from_secs(idle),
        absolute: Duration::from_secs(absolute),
    });
    let sessions = format::builder(ring.expect("at least one key"))
        .lifetime(normal)
        .permanent_lifetime(permanent)
        .skew(Duration::from_secs(skew))
        .build()
        .expect("a good configuration");
    (Machine { keys, lifetimes, skew, ahead }, sessions)
}

/// Does one thing to a session, and to the model.
fn act(prng: &mut Prng, session: &mut Session, visit: &mut Visit<'_>) {
    const KEYS: [&str; 4] = ["user", "cart", "csrf", "\"\\"];
    let state = &mut visit.state;
    let key = KEYS[prng.below(KEYS.len())];
    match prng.below(19) {
        12..=18 => act_on_the_whole(prng, session, &mut state.data),
        0..=3 => {
            let value = prng.below(3) as i64;
            session.insert(key, value).expect("small");
            match state.data.iter_mut().find(|(known, _)| *known == key) {
                Some((_, old)) => *old = value,
                None => state.data.push((key, value)),
            }
        }
        4 => {
            assert_eq!(session.remove(key), state.data.iter().any(|(known, _)| *known == key));
            state.data.retain(|(known, _)| *known != key);
        }
        5 => {
            let taken = state.data.iter().find(|(known, _)| *known == key).map(|(_, value)| *value);
            assert_eq!(session.take::<i64>(key), Ok(taken));
            state.data.retain(|(known, _)| *known != key);
        }
        action @ (6..=8) => {
            session.clear();
            *state = State::default();
            visit.cleared = true;
            if action > 6 {
                // A login.
                session.insert("user", 7).expect("small");
                state.data.push(("user", 7));
            }
        }
        9 => {
            session.renew();
            state.created = None;
            visit.renewed = true;
        }
        10 => {
            state.permanent = prng.below(2) == 0;
            session.set_permanent(state.permanent);
        }
        _ => {
            session.skip_refresh();
            visit.skip_refresh = true;
        }
    }
}

/// A struct that handlers read and write.
#[derive(Serialize, Deserialize)]
struct Visitor {
    user: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    csrf: Option<i64>,
    cart: i64,
}

/// A map in this order.
struct Map<'m, V>(&'m [(&'static str, V)]);

impl<V: Serialize> Serialize for Map<'_, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

/// Reads or writes all values at once, or tries what is refused.
fn act_on_the_whole(prng: &mut Prng, session: &mut Session, data: &mut Vec<(&'static str, i64)>) {
    let mut small = || prng.below(3) as i64;
    let visitor = Visitor { user: small(), csrf: Some(small()).filter(|csrf| *csrf > 0), cart: small() };
    let mut fields = vec![("user", visitor.user), ("cart", visitor.cart)];
    if let Some(csrf) = visitor.csrf {
        fields.insert(1, ("csrf", csrf));
    }
    match prng.below(7) {
        0 => {
            session.write(&visitor).expect("small");
            *data = fields;
        }
        1 => {
            session.merge(&visitor).expect("small");
            data.retain(|(key, _)| *key != "csrf" || visitor.csrf.is_some());
            for (key, value) in fields {
                match data.iter_mut().find(|(known, _)| *known == key) {
                    Some((_, old)) => *old = value,
                    None => data.push((key, value)),
                }
            }
        }
        2 => {
            let mut members = vec![("\"\\", 1), ("user", visitor.user), ("z", 3)];
            members.rotate_left(prng.below(3));
            members.truncate(prng.below(4));
            session.write(&Map(&members)).expect("small");
            *data = members;
        }
        3 => {
            // What came, as it came: no change, unless there was one.
            let all: Vec<_> = data.clone();
            session.write(&Map(&all)).expect("small");
        }
        4 => {
            let all: BTreeMap<String, i64> = session.read().expect("numbers");
            assert_eq!(all, data.iter().map(|(key, value)| ((*key).to_owned(), *value)).collect());
        }
        5 => {
            let long = "x".repeat(5000);
            let refused = [
                session.insert("user", &long).is_err(),
                session.insert("new", &long).is_err(),
                session.write(&Map(&[("user", &long), ("z", &long)])).is_err(),
                session.write(&Map(&[("user", 1), ("z", 2), ("user", 1)])).is_err(),
                session.write(&Map(&[("user", f64::NAN)])).is_err(),
                session.write(&[visitor.user]).is_err(),
            ];
            assert_eq!(refused, [true; 6]);
        }
        _ => {
            // Removed from its place and put at the end.
            if let Some(place) = data.iter().position(|(key, _)| *key == "user") {
                let user = data.remove(place);
                assert!(session.remove("user"));
                session.insert("user", user.1).expect("small");
                data.push(user);
            }
        }
    }
}

fn compare(session: &Session, visit: &Visit<'_>) {
    let State { data, created, permanent } = &visit.state;
    let keys: Vec<_> = session.keys().collect();
    assert_eq!(keys, data.iter().map(|(key, _)| *key).collect::<Vec<_>>());
    for (key, value) in data {
        assert_eq!(session.get::<i64>(key), Ok(Some(*value)));
    }
    assert_eq!((session.len(), session.is_empty()), (data.len(), data.is_empty()));
    assert_eq!(session.created_at(), created.map(at));
    assert_eq!(session.permanent(), *permanent);
    assert_eq!(session.is_modified(), visit.is_modified());
    assert_eq!(session.is_new(), visit.opened.is_none() || visit.cleared);
}

#[test]
fn every_history_goes_as_the_model_says() {
    const STEPS: usize = 30;
    let default = if cfg!(debug_assertions) { 1000 } else { 100_000 };
    let histories =
        std::env::var("COOKIE_SESSION_HISTORIES").map_or(default, |n| n.parse().expect("a number"));
    let mut seen = BTreeMap::new();
    for seed in 0..histories {
        let run = || {
            let mut world = World::new(seed);
            (0..STEPS).for_each(|_| world.step());
            world.seen
        };
        let Ok(history) = std::panic::catch_unwind(run) else { panic!("the history of seed {seed} differs") };
        for (what, count) in history {
            *seen.entry(what).or_insert(0) += count;
        }
    }
    println!("{histories} histories of {STEPS} steps, 0 differences: {seen:#?}");
    // Every kind of event was among them.
    let all = [
        "no rejection",
        "invalid_signature",
        "not_yet_valid",
        "expired",
        "opened by the current key",
        "opened by the fallback key",
        "nothing sent",
        "written",
        "refreshed",
        "removed",
        "machine changed",
        "browser closed",
        "earlier token put back",
    ];
    for what in all {
        assert!(seen.get(what).is_some_and(|count| *count * 10 >= histories), "{what}: {:?}", seen.get(what));
    }
}
