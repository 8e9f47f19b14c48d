//! Of requests at the same time the browser keeps the last answer, with exactly the harm that docs/limits.md lists.
//!
//! Three requests of every kind, sent and answered in every order, against a browser's cookie store. The server keeps
//! nothing, so it does not matter when between the two it does its work.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may panic and print"
)]

mod support;

use std::collections::{BTreeMap, BTreeSet};

use cookie_session::{Session, Sessions};
use support::jar::Jar;
use support::setup::{HOME, HOUR, NOW, at, builder};

/// What a request does with the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// Reads, and is not due for a refresh or keeps itself from it.
    Read,
    /// Reads, and is due for a refresh when its cookie is as old as the one in the beginning.
    Refresh,
    /// Puts a value under a key of its own.
    Write,
    LogOut,
    /// Leaves a message for the next page.
    Flash,
    /// Shows the messages that wait.
    Show,
    /// Shows a form with a token.
    Form,
}

/// What one answer did to another's, as the browser sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Harm {
    LosesTheChange,
    UndoesTheLogOut,
    LosesTheMessage,
    ShowsItAgain,
    RefusesTheForm,
}

use Harm::{LosesTheChange, LosesTheMessage, RefusesTheForm, ShowsItAgain, UndoesTheLogOut};
use Kind::{Flash, Form, LogOut, Read, Refresh, Show, Write};

/// The slow request, the one that was answered meanwhile, and what the slow answer did to it.
type Anomaly = (Kind, Kind, Harm);

/// Everything that goes wrong, and the line of the table in docs/limits.md that says so.
const ANOMALIES: &[(Anomaly, &str)] = &[
    ((Write, Write, LosesTheChange), "| writes or is refreshed | wrote | what the other wrote is lost |"),
    ((Refresh, Write, LosesTheChange), "| writes or is refreshed | wrote | what the other wrote is lost |"),
    (
        (Write, LogOut, UndoesTheLogOut),
        "| writes or is refreshed | logged out | the visitor is logged in again |",
    ),
    (
        (Refresh, LogOut, UndoesTheLogOut),
        "| writes or is refreshed | logged out | the visitor is logged in again |",
    ),
    ((LogOut, Write, LosesTheChange), "| logs out | wrote, even a new login | the visitor is logged out |"),
];

/// Everything that goes wrong with messages and forms: what was answered meanwhile, what the slow answer did to it or to
/// its own form, and the line that says so.
const OF_FORMS: &[((Kind, Harm), &str)] = &[
    ((Flash, LosesTheMessage), "| writes or is refreshed | left a message | it is never shown |"),
    ((Show, ShowsItAgain), "| writes or is refreshed | showed the messages | they are shown again |"),
    ((Form, RefusesTheForm), "| writes or is refreshed | showed the first form | that form is refused |"),
    (
        (LogOut, RefusesTheForm),
        "| shows another form | logged out | its own form is refused, as it should be |",
    ),
];

const COUNT: usize = 3;
const KEYS: [&str; COUNT] = ["first", "second", "third"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    Sent(usize),
    Answered(usize),
}

/// Every order of three requests and their answers.
fn orders() -> Vec<Vec<Event>> {
    fn extend(order: &[Event], all: &mut Vec<Vec<Event>>) {
        if order.len() == 2 * COUNT {
            all.push(order.to_vec());
        }
        for request in 0..COUNT {
            let next =
                match (order.contains(&Event::Sent(request)), order.contains(&Event::Answered(request))) {
                    (false, _) => Event::Sent(request),
                    (true, false) => Event::Answered(request),
                    (true, true) => continue,
                };
            extend(&[order, &[next]].concat(), all);
        }
    }
    let mut all = Vec::new();
    extend(&[], &mut all);
    all
}

/// A visitor who is logged in with a cookie of this age.
fn logged_in(sessions: &Sessions, age: u64) -> Jar {
    let mut session = sessions.open_at(None::<&str>, at(NOW - age));
    session.insert("user", "Ada").expect("small");
    let mut jar = Jar::new();
    jar.set_all(HOME, sessions.save(session).expect("small").set_cookies(), NOW - age);
    jar
}

fn handle(kind: Kind, number: usize, session: &mut Session) {
    match kind {
        Read => {
            session.get::<String>("user").expect("text");
            session.skip_refresh();
        }
        Refresh => drop(session.get::<String>("user").expect("text")),
        Write => session.insert(KEYS[number], true).expect("small"),
        LogOut => session.clear(),
        Flash | Show | Form => panic!("they say what they did: see `Tab`"),
    }
}

/// The keys of the session that the browser holds.
fn held(sessions: &Sessions, jar: &Jar) -> BTreeSet<String> {
    sessions.open(jar.header(HOME, NOW)).keys().map(Into::into).collect()
}

/// Lets the three requests happen in this order, and returns what went wrong.
fn run(sessions: &Sessions, mut jar: Jar, kinds: [Kind; COUNT], order: &[Event]) -> Vec<Anomaly> {
    let mut open: [Option<(Session, bool)>; COUNT] = [None, None, None];
    let mut anomalies = Vec::new();
    // Whose answer last put a key into the browser, and whose last took it away.
    let (mut given_by, mut taken_by) = (BTreeMap::new(), BTreeMap::new());
    for (now, event) in order.iter().enumerate() {
        let request = match *event {
            Event::Sent(request) => {
                let header = jar.header(HOME, NOW);
                let has_cookie = header.is_some();
                open[request] = Some((sessions.open(header), has_cookie));
                continue;
            }
            Event::Answered(request) => request,
        };
        let (mut session, has_cookie) = open[request].take().expect("it was sent");
        let slow = kinds[request];
        let due = session.age().is_some_and(|age| age.as_secs() >= HOUR);
        handle(slow, request, &mut session);
        let commit = sessions.save(session).expect("small");
        let sends = match slow {
            Read => false,
            Refresh => due,
            LogOut => has_cookie,
            _ => true,
        };
        assert_eq!(commit.set_cookies().count() > 0, sends, "{slow:?} in {order:?} of {kinds:?}");

        let before = held(sessions, &jar);
        jar.set_all(HOME, commit.set_cookies(), NOW);
        let after = held(sessions, &jar);
        // Those that were answered while this one was under way.
        let sent = order.iter().position(|event| *event == Event::Sent(request)).expect("it was sent");
        let meanwhile: Vec<usize> = order[sent..now]
            .iter()
            .filter_map(|event| if let Event::Answered(other) = event { Some(*other) } else { None })
            .collect();
        for lost in before.difference(&after) {
            // Only what came while this one was under way is lost: it was not there when this was sent.
            match given_by.get(lost).filter(|giver| meanwhile.contains(giver)) {
                Some(giver) if lost == KEYS[*giver] => anomalies.push((slow, kinds[*giver], LosesTheChange)),
                // What had come back against somebody's will goes again.
                Some(_) => {}
                // The logout ends the session that it was given, as it should.
                None => assert_eq!(slow, LogOut, "{lost} was lost: {order:?} of {kinds:?}"),
            }
        }
        for back in after.difference(&before) {
            given_by.insert(back.clone(), request);
            if slow == Write && back == KEYS[request] {
                continue;
            }
            // Only what was taken away while this one was under way comes back: it was there when this was sent.
            let taker = taken_by.get(back).filter(|taker| meanwhile.contains(taker));
            let taker = taker.unwrap_or_else(|| panic!("{back} came back: {order:?} of {kinds:?}"));
            if kinds[*taker] == LogOut {
                anomalies.push((slow, LogOut, UndoesTheLogOut));
            }
        }
        taken_by.extend(before.difference(&after).map(|key| (key.clone(), request)));
    }
    anomalies
}

/// Every choice of three kinds.
fn choices() -> impl Iterator<Item = [Kind; COUNT]> {
    const KINDS: [Kind; 4] = [Read, Refresh, Write, LogOut];
    (0..64).map(|n| [KINDS[n / 16], KINDS[n / 4 % 4], KINDS[n % 4]])
}

#[test]
fn exactly_the_listed_anomalies_occur() {
    let sessions = builder().build().expect("the defaults");
    let (mut runs, mut seen) = (0, BTreeMap::new());
    for age in [0, HOUR] {
        let jar = logged_in(&sessions, age);
        for order in orders() {
            for kinds in choices() {
                runs += 1;
                for anomaly in run(&sessions, jar.clone(), kinds, &order) {
                    // A cookie that is not due is not refreshed, so a reader of it does no harm.
                    assert!(age > 0 || anomaly.0 != Refresh, "{anomaly:?}");
                    *seen.entry(anomaly).or_insert(0) += 1;
                }
            }
        }
    }
    println!("{runs} runs: {seen:#?}");
    assert_eq!(runs, 2 * 90 * 64);
    assert_eq!(
        seen.into_keys().collect::<BTreeSet<_>>(),
        ANOMALIES.iter().map(|(anomaly, _)| *anomaly).collect::<BTreeSet<_>>()
    );
}

/// How a session is when two requests at the same time begin.
#[derive(Clone, Copy, Debug)]
struct Start {
    /// In seconds.
    age: u64,
    /// Whether a message waits for the next page.
    message_waits: bool,
    /// Whether a form was shown.
    has_form: bool,
}

impl Start {
    fn jar(self, sessions: &Sessions) -> Jar {
        let mut session = sessions.open_at(None::<&str>, at(NOW - self.age));
        session.insert("user", "Ada").expect("small");
        if self.message_waits {
            session.flash("info", WAITING).expect("short");
        }
        if self.has_form {
            session.csrf_token().expect("there is room");
        }
        let mut jar = Jar::new();
        jar.set_all(HOME, sessions.save(session).expect("small").set_cookies(), NOW - self.age);
        jar
    }

    /// Says whether a request of this kind, which begins now, is answered with a cookie.
    fn is_written_by(self, kind: Kind) -> bool {
        match kind {
            Read | LogOut => false,
            Refresh => self.age > 0,
            Write | Flash => true,
            Show => self.message_waits || self.age > 0,
            Form => !self.has_form || self.age > 0,
        }
    }

    /// What a slow request of one kind does to what another did meanwhile.
    fn expected(self, slow: Kind, meanwhile: Kind) -> BTreeSet<Harm> {
        if (slow, meanwhile) == (Form, LogOut) && !self.is_written_by(Form) {
            return [RefusesTheForm].into();
        }
        let harm = match meanwhile {
            Flash => Some(LosesTheMessage),
            Show if self.message_waits => Some(ShowsItAgain),
            Form if !self.has_form => Some(RefusesTheForm),
            _ => None,
        };
        harm.filter(|_| self.is_written_by(slow)).into_iter().collect()
    }
}

/// What the visitor sees of messages and forms.
#[derive(Default)]
struct Tab {
    shown: Vec<String>,
    forms: Vec<(usize, String)>,
}

impl Tab {
    fn handle(&mut self, kind: Kind, number: usize, session: &mut Session) {
        match kind {
            Flash => assert_eq!(session.flash("info", KEYS[number]), Ok(0)),
            Show => {
                let flashes = session.take_flashes().expect("a queue");
                self.shown.extend(flashes.into_iter().map(|flash| flash.message));
            }
            Form => self.forms.push((number, session.csrf_token().expect("there is room"))),
            _ => handle(kind, number, session),
        }
    }

    /// How often each message was shown.
    fn times(&self, message: &str) -> usize {
        self.shown.iter().filter(|shown| *shown == message).count()
    }
}

/// Lets two requests happen in this order and then shows what still waits. Returns how often each message was shown,
/// and whose form is refused afterwards.
fn outcome(sessions: &Sessions, start: Start, kinds: [Kind; 2], order: &[Event]) -> ([usize; 3], Vec<usize>) {
    let (mut jar, mut tab, mut open) = (start.jar(sessions), Tab::default(), [None, None]);
    for event in order {
        match *event {
            Event::Sent(request) => open[request] = Some(sessions.open(jar.header(HOME, NOW))),
            Event::Answered(request) => {
                let mut session = open[request].take().expect("it was sent");
                tab.handle(kinds[request], request, &mut session);
                jar.set_all(HOME, sessions.save(session).expect("small").set_cookies(), NOW);
            }
        }
    }
    let mut session = sessions.open(jar.header(HOME, NOW));
    let refused = tab.forms.iter().filter(|(_, token)| session.check_csrf(token).is_err());
    let refused = refused.map(|(number, _)| *number).collect();
    tab.handle(Show, COUNT - 1, &mut session);
    ([WAITING, KEYS[0], KEYS[1]].map(|message| tab.times(message)), refused)
}

/// What is worse than if the slow request, the first, had come after the other.
fn harms(sessions: &Sessions, start: Start, kinds: [Kind; 2], order: &[Event]) -> BTreeSet<Harm> {
    let one_after_the_other = [Event::Sent(1), Event::Answered(1), Event::Sent(0), Event::Answered(0)];
    let (due, refused_anyway) = outcome(sessions, start, kinds, &one_after_the_other);
    assert!(due.iter().all(|times| *times <= 1), "{kinds:?} {start:?}: {due:?}");
    let (shown, refused) = outcome(sessions, start, kinds, order);
    let mut harms = BTreeSet::new();
    for (due, shown) in due.into_iter().zip(shown) {
        harms.extend((shown < due).then_some(LosesTheMessage));
        harms.extend((shown > 1).then_some(ShowsItAgain));
    }
    harms.extend(refused.iter().any(|form| !refused_anyway.contains(form)).then_some(RefusesTheForm));
    harms
}

#[test]
fn exactly_the_listed_anomalies_occur_to_messages_and_forms() {
    const KINDS: [Kind; 7] = [Read, Refresh, Write, LogOut, Flash, Show, Form];
    let sessions = builder().build().expect("the defaults");
    let mut seen = BTreeSet::new();
    for (age, message_waits, has_form) in (0..8).map(|n| (n / 4 * HOUR, n / 2 % 2 == 1, n % 2 == 1)) {
        let start = Start { age, message_waits, has_form };
        for (slow, meanwhile) in KINDS.iter().flat_map(|slow| KINDS.map(|meanwhile| (*slow, meanwhile))) {
            let expected = start.expected(slow, meanwhile);
            for first in [0, 1] {
                let sent = [Event::Sent(first), Event::Sent(1 - first)];
                let order = [sent, [Event::Answered(1), Event::Answered(0)]].concat();
                let harms = harms(&sessions, start, [slow, meanwhile], &order);
                assert_eq!(harms, expected, "{slow:?} is slow, {meanwhile:?} meanwhile: {start:?}");
            }
            seen.extend(expected.into_iter().map(|harm| (meanwhile, harm)));
        }
    }
    assert_eq!(seen, OF_FORMS.iter().map(|(anomaly, _)| *anomaly).collect());
}

#[test]
fn one_after_the_other_nothing_goes_wrong() {
    let sessions = builder().build().expect("the defaults");
    let order = [0, 1, 2].map(|n| [Event::Sent(n), Event::Answered(n)]).concat();
    for age in [0, HOUR] {
        for kinds in choices() {
            assert_eq!(run(&sessions, logged_in(&sessions, age), kinds, &order), [], "{kinds:?}");
        }
    }
}

#[test]
fn the_guide_lists_them() {
    let guide = include_str!("../docs/limits.md");
    for (anomaly, line) in ANOMALIES {
        assert!(guide.lines().any(|row| row == *line), "{anomaly:?}: {line}");
    }
    let table = |head: &str| -> BTreeSet<_> {
        let listed = guide.lines().skip_while(|line| !line.starts_with(head)).skip(2);
        listed.take_while(|line| line.starts_with('|')).collect()
    };
    assert_eq!(table("| a slow request"), ANOMALIES.iter().map(|(_, line)| *line).collect());
    assert_eq!(table("| a slow one"), OF_FORMS.iter().map(|(_, line)| *line).collect());
}

/// The message that waits in the beginning.
const WAITING: &str = "waiting";
