//! However many cookies come in however many lines, of whatever name, key and
//! age, the one that counts is the one that a plain model of the rules picks:
//! in a ring of keys, where sessions are signed, encrypted, or change from one
//! to the other, during a migration, after its end, and under a framework's
//! profile.

#![no_main]

use std::sync::LazyLock;

use cookie_session::{Builder, DecodeError, KeyRing, KeyRole, Lifetime, SecretKey, Session, Sessions};
use cookie_session_fuzz::python::{FRAMEWORKS, Framework};
use cookie_session_fuzz::{
    KEY, LIFETIME, LIMIT, NAME, NOW, PERMANENT_LIFETIME, SESSION_PLACE, SESSION_SALT, SKEW, at,
    encrypted_token, token,
};
use libfuzzer_sys::fuzz_target;

/// A header with more says nothing new and takes long.
const MOST: usize = 100;

/// How many keys a ring holds; those from there on are of strangers.
const KEYS: usize = 3;

/// How many of the cookies that have the shape of a token are looked at.
const CANDIDATES: usize = 8;

/// When what a migration takes over had to be issued by, and for how long it goes on.
const ISSUED_BEFORE: u64 = NOW - 30;

/// How long before now a token was issued, or a session created; less than nothing is after now.
const AGES: [i64; 16] = [
    0,
    30,
    31,
    7200,
    7201,
    86_400,
    86_401,
    1_209_600,
    1_209_601,
    2_678_400,
    2_678_401,
    7_776_000,
    7_776_001,
    -60,
    -61,
    -4_000_000_000,
];

// What the three bytes of a cookie say. The first: its name, whether a line begins with it, and its key.
const OURS: u8 = 0;
const OLD: u8 = 1;
const NEW_LINE: u8 = 4;
// The second: how old the token is in its lower half, and how old the session in its upper half.
// The third: whether it is permanent, and what is wrong with it.
const PERMANENT: u8 = 1;
const SPACED: u8 = 2;
/// Encrypted, where sessions are signed; signed, where they are encrypted.
const OF_OTHER_KIND: u8 = 4;

/// How the sessions of a reader are configured.
struct Kind {
    what: &'static str,
    /// Whether it writes encrypted ones.
    encrypted: bool,
    /// Until when it reads those of the other kind.
    other_until: Option<u64>,
    configure: fn(Builder) -> Builder,
}

const KINDS: [Kind; 5] = [
    Kind { what: "signed", encrypted: false, other_until: None, configure: |builder| builder },
    Kind {
        what: "signed, reading encrypted ones",
        encrypted: false,
        other_until: Some(u64::MAX),
        configure: Builder::accept_encrypted,
    },
    Kind { what: "encrypted", encrypted: true, other_until: None, configure: Builder::encrypted },
    Kind {
        what: "encrypted, reading signed ones",
        encrypted: true,
        other_until: Some(NOW),
        configure: |builder| builder.encrypted().accept_signed(at(NOW)),
    },
    Kind {
        what: "encrypted, reading signed ones no more",
        encrypted: true,
        other_until: Some(NOW - 1),
        configure: |builder| builder.encrypted().accept_signed(at(NOW - 1)),
    },
];

/// What may be wrong with a cookie.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    /// Another byte in the signature.
    Altered,
    /// Signed, but no object.
    NoObject,
    /// Signed, but longer than browsers store.
    Long,
    /// Not of the shape of a token.
    Shapeless,
    Empty,
}

impl Fault {
    fn of(byte: u8) -> Self {
        match byte >> 4 {
            1 => Self::Altered,
            2 => Self::NoObject,
            3 => Self::Long,
            4 => Self::Shapeless,
            5 => Self::Empty,
            _ => Self::None,
        }
    }
}

/// One cookie of a request, as the input describes it.
struct Cookie {
    ours: bool,
    old: bool,
    begins_line: bool,
    spaced: bool,
    key: usize,
    issued: u64,
    created: u64,
    permanent: bool,
    of_other_kind: bool,
    fault: Fault,
    /// Its place, which is what it holds.
    number: usize,
}

impl Cookie {
    fn of(number: usize, &[first, second, third]: &[u8; 3]) -> Self {
        let then = |age: u8| {
            NOW.checked_add_signed(-AGES[usize::from(age & 15)]).expect("no age is older than time")
        };
        Self {
            ours: first & 3 == OURS,
            old: first & 3 == OLD,
            begins_line: first & NEW_LINE != 0,
            spaced: third & SPACED != 0,
            key: usize::from(first >> 3) % (KEYS + 1),
            issued: then(second),
            created: then(second >> 4),
            permanent: third & PERMANENT != 0,
            of_other_kind: third & OF_OTHER_KIND != 0,
            fault: Fault::of(third),
            number,
        }
    }

    /// Returns the data of the session, long enough to be too long if it is to be.
    fn data(&self, own: &str) -> String {
        let filler = if self.fault == Fault::Long { "x".repeat(LIMIT) } else { String::new() };
        format!("{{\"n\":{},\"filler\":\"{filler}\"{own}}}", self.number)
    }

    /// Breaks a good token, as it is to be broken.
    fn spoil(&self, mut token: Vec<u8>) -> Vec<u8> {
        match self.fault {
            Fault::Altered => {
                let last = token.len() - 2;
                token[last] = if token[last] == b'A' { b'B' } else { b'A' };
            }
            Fault::Shapeless => token.truncate(token.len() - 1),
            Fault::Empty => token.clear(),
            Fault::None | Fault::NoObject | Fault::Long => {}
        }
        token
    }

    fn native(&self, encrypted: bool) -> Vec<u8> {
        let data = if self.fault == Fault::NoObject { "[]".to_owned() } else { self.data("") };
        let json = format!("[{},{},{data}]", self.created, self.permanent);
        let secret = secret(self.key);
        self.spoil(if encrypted != self.of_other_kind {
            encrypted_token(&secret, SESSION_PLACE, json.as_bytes(), self.issued)
        } else {
            token(&secret, SESSION_SALT, json.as_bytes(), self.issued)
        })
    }

    fn framework(&self, framework: &Framework) -> Vec<u8> {
        let own = match framework.own_key {
            Some("_permanent") => format!(",\"_permanent\":{}", self.permanent),
            Some("_session_expiry") if !self.permanent => ",\"_session_expiry\":0".to_owned(),
            _ => String::new(),
        };
        let json = if self.fault == Fault::NoObject { "[]".to_owned() } else { self.data(&own) };
        let payload = (framework.payload)(json.as_bytes());
        // Only the first key is one of the frameworks.
        self.spoil(framework.token_of(&secret(self.key), payload.as_bytes(), self.issued))
    }

    /// Returns the name and the value, as they stand in the header where ours are encrypted or not.
    fn pair(&self, framework: &Framework, encrypted: bool) -> Vec<u8> {
        let (name, value) = match (self.ours, self.old) {
            (true, _) => (NAME, self.native(encrypted)),
            (_, true) => (framework.name, self.framework(framework)),
            // One that begins as ours does.
            _ => ("__Host-session2", self.native(encrypted)),
        };
        let blanks: &[u8] = if self.spaced { b" \t" } else { b"" };
        [blanks, name.as_bytes(), blanks, b"=", blanks, &value, blanks].concat()
    }
}

/// The n-th secret; the first is the one that everybody knows.
fn secret(n: usize) -> [u8; 32] {
    let mut secret = KEY;
    secret.rotate_left(n * 7);
    secret
}

/// The sessions of one kind: alone, and taking over those of each framework, now or no more.
struct Setup {
    kind: &'static Kind,
    alone: Sessions,
    migrating: Vec<Sessions>,
    after_the_end: Vec<Sessions>,
}

static SETUPS: LazyLock<Vec<Setup>> = LazyLock::new(|| KINDS.iter().map(Setup::of).collect());

impl Setup {
    fn of(kind: &'static Kind) -> Self {
        let builder = || {
            let builder = Sessions::builder(ring()).lifetime(LIFETIME).permanent_lifetime(PERMANENT_LIFETIME);
            (kind.configure)(builder.clock(|| at(NOW)))
        };
        let migrating = |until| {
            let of = |framework: &Framework| {
                build(builder().migrate_from(framework.known.clone(), at(ISSUED_BEFORE), at(until)))
            };
            FRAMEWORKS.iter().map(of).collect()
        };
        Self { kind, alone: build(builder()), migrating: migrating(NOW), after_the_end: migrating(NOW - 1) }
    }
}

fn build(builder: Builder) -> Sessions {
    builder.build().expect("a good configuration")
}

fn ring() -> KeyRing {
    let key = |n| SecretKey::from_bytes(secret(n)).expect("the bytes show no pattern");
    (1..KEYS).fold(KeyRing::new(key(0)), |ring, n| ring.fallback(key(n)))
}

fuzz_target!(|input: &[u8]| {
    let Some((choice, rest)) = input.split_first() else { return };
    let which = usize::from(*choice) % FRAMEWORKS.len();
    let framework = &FRAMEWORKS[which];
    let cookies: Vec<Cookie> =
        rest.as_chunks().0.iter().take(MOST).enumerate().map(|(n, bytes)| Cookie::of(n, bytes)).collect();
    let ours: Vec<&Cookie> = cookies.iter().filter(|cookie| cookie.ours).collect();
    let old: Vec<&Cookie> = cookies.iter().filter(|cookie| cookie.old).collect();
    let presented = (!ours.is_empty(), !old.is_empty());
    let [signed, encrypted] = [false, true].map(|encrypted| lines(&cookies, framework, encrypted));

    let only = only(&old, framework);
    let session = framework.known.open_at(&signed, at(NOW));
    assert_eq!(seen(&session), only, "of the framework");
    removes(&framework.known, &signed, presented.1);

    for Setup { kind, alone, migrating, after_the_end } in SETUPS.iter() {
        let lines = if kind.encrypted { &encrypted } else { &signed };
        let what = kind.what;
        let newest = newest(&ours, kind);
        assert_eq!(seen(&alone.open_at(lines, at(NOW))), newest, "{what}: of our own");
        removes(alone, lines, presented.0);

        let migrating = &migrating[which];
        let expected = if presented.0 { newest.clone() } else { taken_over(only.clone()) };
        assert_eq!(seen(&migrating.open_at(lines, at(NOW))), expected, "{what}: during the migration");
        removes(migrating, lines, presented.0 || presented.1);

        let after_the_end = &after_the_end[which];
        let expected = if presented.0 { newest } else { not_taken_over(only.clone()) };
        assert_eq!(seen(&after_the_end.open_at(lines, at(NOW))), expected, "{what}: after the migration");
        removes(after_the_end, lines, presented.0 || presented.1);
    }
});

fn lines(cookies: &[Cookie], framework: &Framework, encrypted: bool) -> Vec<Vec<u8>> {
    let mut lines = vec![Vec::new()];
    for cookie in cookies {
        if cookie.begins_line {
            lines.push(Vec::new());
        }
        let line = lines.last_mut().expect("one line at least");
        if !line.is_empty() {
            line.extend_from_slice(b"; ");
        }
        line.extend_from_slice(&cookie.pair(framework, encrypted));
    }
    lines
}

/// What is seen of a session, or why there is none.
type Seen = Result<Opened, Option<DecodeError>>;

#[derive(Clone, Debug, PartialEq, Eq)]
struct Opened {
    number: usize,
    key: KeyRole,
    issued: u64,
    created: Option<u64>,
    permanent: bool,
}

fn seen(session: &Session) -> Seen {
    let Some(key) = session.verified_by() else {
        assert!(session.is_empty());
        return Err(session.rejection().copied());
    };
    assert_eq!(session.rejection(), None, "opened and rejected");
    let seconds = |time: std::time::SystemTime| time.duration_since(at(0)).expect("after 1970").as_secs();
    Ok(Opened {
        number: session.get("n").expect("a number").expect("every session has one"),
        key,
        issued: session.issued_at().map(seconds).expect("it was signed"),
        created: session.created_at().map(seconds),
        permanent: session.permanent(),
    })
}

/// A logout sends something exactly if a cookie was presented that it could end.
fn removes(sessions: &Sessions, lines: &[Vec<u8>], presented: bool) {
    let mut session = sessions.open_at(lines, at(NOW));
    session.clear();
    let commit = sessions.save(session).expect("an empty session fits");
    assert_eq!(commit.is_removal(), presented, "a logout removes what was presented");
}

/// Of several cookies of ours, the newest that is good counts, of equals the first.
fn newest(cookies: &[&Cookie], kind: &Kind) -> Seen {
    let mut left = CANDIDATES;
    let (mut best, mut worst) = (None::<Opened>, None);
    for cookie in cookies {
        let shaped = !matches!(cookie.fault, Fault::Shapeless | Fault::Empty | Fault::Long);
        if shaped {
            if left == 0 {
                continue;
            }
            left -= 1;
        }
        match judge(cookie, kind, best.as_ref()) {
            Ok(Some(opened)) => best = Some(opened),
            Ok(None) => {}
            Err(reason) => worst = worst.max(Some(reason)),
        }
    }
    best.ok_or(worst)
}

/// Judges one cookie of ours. One that is no newer than the best is not looked at further.
fn judge(cookie: &Cookie, kind: &Kind, best: Option<&Opened>) -> Result<Option<Opened>, DecodeError> {
    match cookie.fault {
        Fault::Long => return Err(DecodeError::TooLong),
        Fault::Shapeless | Fault::Empty => return Err(DecodeError::Malformed),
        Fault::Altered => return Err(DecodeError::InvalidSignature),
        Fault::None | Fault::NoObject => {}
    }
    if cookie.key >= KEYS {
        return Err(DecodeError::InvalidSignature);
    }
    if cookie.of_other_kind {
        match kind.other_until {
            None => return Err(DecodeError::InvalidSignature),
            Some(until) if NOW > until => return Err(DecodeError::Expired),
            Some(_) => {}
        }
    }
    check_age(cookie.issued, PERMANENT_LIFETIME.idle.as_secs())?;
    if best.is_some_and(|best| best.issued >= cookie.issued) {
        return Ok(None);
    }
    let Lifetime { idle, absolute } = lifetime(cookie.permanent);
    check_age(cookie.issued, idle.as_secs())?;
    check_age(cookie.created, absolute.as_secs())?;
    if cookie.fault == Fault::NoObject {
        return Err(DecodeError::Payload);
    }
    Ok(Some(Opened {
        number: cookie.number,
        key: if cookie.key == 0 { KeyRole::Current } else { KeyRole::Fallback },
        issued: cookie.issued,
        created: Some(cookie.created),
        permanent: cookie.permanent,
    }))
}

/// Of several cookies of a framework one counts, good or bad: Flask takes the first, the others the last.
fn only(cookies: &[&Cookie], framework: &Framework) -> Seen {
    let cookie = if framework.takes_first { cookies.first() } else { cookies.last() };
    let Some(cookie) = cookie else { return Err(None) };
    let opened = || {
        match cookie.fault {
            Fault::Long => return Err(DecodeError::TooLong),
            Fault::Shapeless | Fault::Empty => return Err(DecodeError::Malformed),
            Fault::Altered => return Err(DecodeError::InvalidSignature),
            Fault::None | Fault::NoObject => {}
        }
        if cookie.key > 0 {
            return Err(DecodeError::InvalidSignature);
        }
        check_age(cookie.issued, framework.max_age)?;
        if cookie.fault == Fault::NoObject {
            return Err(DecodeError::Payload);
        }
        Ok(Opened {
            number: cookie.number,
            key: KeyRole::Current,
            issued: cookie.issued,
            created: None,
            permanent: cookie.permanent || framework.own_key.is_none(),
        })
    };
    opened().map_err(Some)
}

/// What a migration makes of a framework's session: it was created when its token was issued.
fn taken_over(old: Seen) -> Seen {
    let old = old?;
    let absolute = lifetime(old.permanent).absolute.as_secs();
    check_age(old.issued, absolute).map_err(|_| Some(DecodeError::Expired))?;
    if old.issued >= ISSUED_BEFORE {
        return Err(Some(DecodeError::Expired));
    }
    Ok(Opened { created: Some(old.issued), ..old })
}

/// After its end, a cookie is looked at no further than its shape.
fn not_taken_over(old: Seen) -> Seen {
    match old {
        Err(Some(reason @ (DecodeError::TooLong | DecodeError::Malformed))) => Err(Some(reason)),
        _ => Err(None),
    }
}

fn lifetime(permanent: bool) -> Lifetime {
    if permanent { PERMANENT_LIFETIME } else { LIFETIME }
}

fn check_age(then: u64, limit: u64) -> Result<(), DecodeError> {
    match () {
        () if then > NOW + SKEW => Err(DecodeError::NotYetValid),
        () if NOW.saturating_sub(then) > limit => Err(DecodeError::Expired),
        () => Ok(()),
    }
}
