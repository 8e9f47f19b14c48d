//! Whatever requests do to a session, it equals a plain model of it before and
//! after every save; and what `insert` says about the size is what the cookie
//! turns out to be.

#![no_main]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use cookie_session::{DecodeError, Lifetime, Session, SessionError, Sessions};
use cookie_session_fuzz::{LIFETIME, NAME, NOW, PERMANENT_LIFETIME, at, fresh_keys};
use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use serde::Serialize;

const LIMITS: [usize; 3] = [200, 1000, 4096];

static SESSIONS: LazyLock<Vec<Sessions>> = LazyLock::new(|| build(false));
static ENCRYPTED: LazyLock<Vec<Sessions>> = LazyLock::new(|| build(true));

fn build(encrypted: bool) -> Vec<Sessions> {
    let keys = fresh_keys();
    let build = |limit| {
        let builder = Sessions::builder(&keys);
        let builder = if encrypted { builder.encrypted() } else { builder };
        builder
            .lifetime(LIFETIME)
            .permanent_lifetime(PERMANENT_LIFETIME)
            .max_cookie_size(limit)
            .build()
            .expect("this configuration is good")
    };
    LIMITS.into_iter().map(build).collect()
}

#[derive(Arbitrary, Debug)]
struct Input {
    limit: u8,
    requests: Vec<(u32, Vec<Change>)>,
}

#[derive(Arbitrary, Debug)]
enum Change {
    Insert(Key, Value),
    Update(Key, i32),
    Take(Key),
    Remove(Key),
    Clear,
    Renew,
    SetPermanent(bool),
    SkipRefresh,
    Write(Vec<(Key, Value)>),
    WriteNoObject(Value),
}

#[derive(Arbitrary, Debug)]
enum Key {
    User,
    Cart,
    Quote,
    Text(String),
}

impl Key {
    fn text(&self) -> &str {
        match self {
            Self::User => "user_id",
            Self::Cart => "cart",
            Self::Quote => "\"\\\u{0}é",
            Self::Text(text) => text,
        }
    }
}

#[derive(Arbitrary, Debug, Serialize)]
#[serde(untagged)]
enum Value {
    Null,
    Bool(bool),
    Integer(i64),
    Unsigned(u64),
    Float(f64),
    Text(String),
    Long(#[serde(serialize_with = "long")] u16),
    List(Vec<Option<f32>>),
    Map(BTreeMap<String, u8>),
}

fn long<S: serde::Serializer>(length: &u16, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&"x".repeat(usize::from(*length % 4200)))
}

impl Value {
    /// Returns the JSON text, or `None` for what JSON cannot say.
    fn json(&self) -> Option<String> {
        let finite = match self {
            Self::Float(float) => float.is_finite(),
            Self::List(list) => list.iter().flatten().all(|float| float.is_finite()),
            _ => true,
        };
        finite.then(|| serde_json::to_string(self).expect("everything else has a JSON form"))
    }
}

/// What a session is: its members in order as JSON text, and its two facts.
#[derive(Clone, Debug, PartialEq)]
struct State {
    data: Vec<(String, String)>,
    created: Option<u64>,
    permanent: bool,
}

impl State {
    const NEW: Self = Self { data: Vec::new(), created: None, permanent: false };

    /// Counts name and value, with the longest spelling of the facts.
    fn cookie_size(&self, encrypted: bool) -> usize {
        let members: usize = self.data.iter().map(|(key, value)| quote(key).len() + 1 + value.len()).sum();
        let object = "{}".len() + members + self.data.len().saturating_sub(1);
        let json = "[9999999999,false,]".len() + object;
        let payload = if encrypted { 16 + json.next_multiple_of(32) } else { json };
        NAME.len() + (payload * 4).div_ceil(3) + ".ZVPxAA.".len() + 43
    }

    fn set(&mut self, key: &str, value: String) {
        match self.data.iter_mut().find(|(known, _)| known == key) {
            Some((_, old)) => *old = value,
            None => self.data.push((key.into(), value)),
        }
    }

    fn get(&self, key: &str) -> Option<&str> {
        self.data.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str())
    }
}

/// What the browser holds.
struct Held {
    line: String,
    issued: u64,
    state: State,
}

fuzz_target!(|input: Input| {
    let which = usize::from(input.limit) % LIMITS.len();
    for sessions in [&SESSIONS[which], &ENCRYPTED[which]] {
        let mut held: Option<Held> = None;
        let mut now = NOW;
        for (seconds, changes) in &input.requests {
            // Mostly within the lifetimes; and years stay clear of a timestamp's fifth byte.
            now = (now + u64::from(*seconds) % 3_000_000).min(u64::from(u32::MAX));
            request(sessions, LIMITS[which], now, changes, &mut held);
        }
    }
});

/// How large a cookie may be, and whether it is padded.
#[derive(Clone, Copy)]
struct Limit {
    bytes: usize,
    encrypted: bool,
}

fn request(sessions: &Sessions, limit: usize, now: u64, changes: &[Change], held: &mut Option<Held>) {
    let mut session = sessions.open_at(held.as_ref().map(|held| held.line.as_str()), at(now));
    let live = held.as_ref().filter(|held| is_live(held, now));
    assert_eq!(session.rejection(), (held.is_some() && live.is_none()).then_some(&DecodeError::Expired));
    let opened = live.map_or(State::NEW, |held| held.state.clone());
    let mut model = opened.clone();
    let counted = Limit { bytes: limit, encrypted: sessions.is_encrypted() };
    let (mut cleared, mut skip_refresh) = (false, false);

    compare(&session, &model);
    for change in changes {
        apply(change, &mut session, &mut model, counted);
        cleared |= matches!(change, Change::Clear);
        skip_refresh |= matches!(change, Change::SkipRefresh);
        compare(&session, &model);
    }

    let renewed = live.is_some() && (model.created, model.permanent) != (opened.created, opened.permanent);
    let modified = model.data != opened.data || renewed || cleared && held.is_some();
    assert_eq!(session.is_modified(), modified);
    assert_eq!(session.is_new(), live.is_none() || cleared);
    let refresh = !skip_refresh && live.is_some_and(|held| is_refresh_due(held, now));

    let commit = sessions.save(session).expect("every change was checked");
    assert!(commit.skipped().is_none(), "every change was checked");
    if model.data.is_empty() {
        let removed = modified && held.is_some();
        assert_eq!((commit.is_removal(), commit.cookie_pair()), (removed, None));
        if removed {
            *held = None;
        }
    } else if modified || refresh {
        let line = commit.cookie_pair().expect("a change is written").to_owned();
        let len = line.len() - "=".len();
        assert_eq!(commit.cookie_size(), Some(len));
        // Between `true` and `false` lies one byte, which base64 can make two.
        let counted = model.cookie_size(sessions.is_encrypted());
        // A step, where it is encrypted.
        let most = if sessions.is_encrypted() { 43 } else { 2 };
        assert!((0..=most).contains(&(counted - len)), "counted {counted}, is {len}");
        assert!(len <= limit, "no browser stores this");
        model.created = Some(model.created.unwrap_or(now));
        let saved = Held { line, issued: now, state: model };
        let reopened = sessions.open_at([&saved.line], at(now));
        // One that was permanent for days and is so no more has outlived its absolute limit.
        if is_live(&saved, now) {
            assert_eq!((reopened.rejection(), reopened.issued_at()), (None, Some(at(now))));
            compare(&reopened, &saved.state);
        } else {
            assert!(opened.permanent && !saved.state.permanent, "it was live a moment ago");
            assert_eq!(reopened.rejection(), Some(&DecodeError::Expired));
        }
        *held = Some(saved);
    } else {
        assert_eq!(commit.set_cookies().count(), 0, "an untouched session sets no cookie");
    }
}

fn apply(change: &Change, session: &mut Session, model: &mut State, limit: Limit) {
    match change {
        Change::Insert(key, value) => {
            let result = session.insert(key.text(), value);
            let mut wanted = model.clone();
            let wanted = value.json().map(|json| {
                wanted.set(key.text(), json);
                wanted
            });
            judge(result, wanted, model, limit);
        }
        Change::Update(key, by) => {
            let old = model.get(key.text()).map_or(Ok(0), serde_json::from_str::<i64>);
            let result = session.update(key.text(), |number: &mut i64| {
                *number = number.wrapping_add(i64::from(*by));
            });
            let Ok(old) = old else {
                assert!(matches!(result, Err(SessionError::WrongType(_))));
                return;
            };
            let mut wanted = model.clone();
            wanted.set(key.text(), old.wrapping_add(i64::from(*by)).to_string());
            judge(result, Some(wanted), model, limit);
        }
        Change::Take(key) => match (session.take::<String>(key.text()), model.get(key.text())) {
            (Ok(None), None) => {}
            (Ok(Some(taken)), Some(value)) => {
                assert_eq!(quote(&taken), value);
                model.data.retain(|(known, _)| known != key.text());
            }
            (Err(SessionError::WrongType(_)), Some(value)) => assert!(!value.starts_with('"')),
            (taken, value) => panic!("{taken:?} from {value:?}"),
        },
        Change::Remove(key) => {
            assert_eq!(session.remove(key.text()), model.get(key.text()).is_some());
            model.data.retain(|(known, _)| known != key.text());
        }
        Change::Clear => {
            session.clear();
            *model = State::NEW;
        }
        Change::Renew => {
            session.renew();
            model.created = None;
        }
        Change::SetPermanent(permanent) => {
            session.set_permanent(*permanent);
            model.permanent = *permanent;
        }
        Change::SkipRefresh => session.skip_refresh(),
        Change::Write(members) => {
            // A map: a key that comes twice is the caller's last word, as in `BTreeMap`.
            let map: BTreeMap<&str, &Value> =
                members.iter().map(|(key, value)| (key.text(), value)).collect();
            let data = map.iter().map(|(key, value)| Some(((*key).to_owned(), value.json()?)));
            let wanted = data.collect::<Option<Vec<_>>>().map(|data| State { data, ..model.clone() });
            judge(session.write(&map), wanted, model, limit);
        }
        Change::WriteNoObject(value) => {
            if !matches!(value, Value::Map(_)) {
                assert!(matches!(session.write(value), Err(SessionError::NotJson(_))));
            }
        }
    }
}

/// Compares an answer with what the model wants: `None` for what is not JSON.
fn judge(result: Result<(), SessionError>, wanted: Option<State>, model: &mut State, limit: Limit) {
    match (result, wanted) {
        (Err(SessionError::NotJson(_)), None) => {}
        (Ok(()), Some(wanted)) => {
            let size = wanted.cookie_size(limit.encrypted);
            assert!(size <= limit.bytes, "{size} bytes are too many");
            *model = wanted;
        }
        (Err(SessionError::TooLong(too_long)), Some(wanted)) => {
            let size = wanted.cookie_size(limit.encrypted);
            assert!(size > limit.bytes, "{size} bytes would fit");
            assert_eq!((too_long.len(), too_long.limit()), (size, limit.bytes));
        }
        (result, wanted) => panic!("{result:?} for {wanted:?}"),
    }
}

#[track_caller]
fn compare(session: &Session, model: &State) {
    let members = session.keys().map(|key| {
        let value = session.get_raw(&key).expect("a key that is listed has a value").to_owned();
        (key.into_owned(), value)
    });
    assert_eq!(members.collect::<Vec<_>>(), model.data);
    assert_eq!(session.len(), model.data.len());
    assert_eq!(session.permanent(), model.permanent);
    assert_eq!(session.created_at(), model.created.map(at));
}

fn is_live(held: &Held, now: u64) -> bool {
    let Lifetime { idle, absolute } = lifetime(&held.state);
    now - held.issued <= idle.as_secs()
        && now - held.state.created.expect("it was saved") <= absolute.as_secs()
}

fn is_refresh_due(held: &Held, now: u64) -> bool {
    now > held.issued && (now - held.issued) * 10 >= lifetime(&held.state).idle.as_secs()
}

fn lifetime(state: &State) -> Lifetime {
    if state.permanent { PERMANENT_LIFETIME } else { LIFETIME }
}

fn quote(text: &str) -> String {
    serde_json::to_string(text).expect("a string has a JSON form")
}
