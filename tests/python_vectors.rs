//! The library gives the answers of the real Python libraries, or differs on purpose: `tests/vectors`, made by
//! `tests/interop/generate_vectors.py` with the versions that the files name. All through the public API.
//!
//! `COOKIE_SESSION_VECTORS` names a folder with more of them, as `*.jsonl` in the same notation.

#![cfg(all(feature = "flask", feature = "django", feature = "starlette"))]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test may panic and print"
)]

mod support;

use std::collections::BTreeMap;
use std::error::Error;
use std::ffi::OsStr;
use std::path::Path;
use std::time::Duration;

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use cookie_session::flask::{Digest, KeyDerivation};
use cookie_session::{
    Builder, Codec, Commit, DecodeError, EncodeError, SameSite, Session, SessionError, Sessions, django,
    flask, starlette,
};
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use support::python::{self, Same, Typed, Write, has, plaintext, reading, system_time};

/// Where the library differs on purpose: what differs, how often in `tests/vectors` and in the larger
/// collection, and why. The first line that fits counts.
const DELIBERATE: &[Class] = &[
    // Sessions and tokens that are opened.
    Class {
        what: "tolerates a clock that is ahead",
        groups: &["flask", "starlette", "itsdangerous"],
        committed: 6,
        collection: 23,
        why: "clocks differ: up to 60 s ahead is no reason to log a visitor out",
    },
    Class {
        what: "rejects (NotYetValid",
        groups: &[
            "django",
            "starlette/loads-bad",
            "starlette/open",
            "itsdangerous/timestamp",
            "itsdangerous/timestamp-form",
            "itsdangerous/loads-time",
        ],
        committed: 4,
        collection: 27,
        why: "Python takes any time in the future where it has no age limit, Django always; a key holder's mistake would live for ever",
    },
    Class {
        what: "rejects (Malformed",
        groups: &["flask", "django/timestamp", "django/timestamp-form", "starlette", "itsdangerous"],
        committed: 10,
        collection: 19,
        why: "one spelling for each signature and time: no padding, no stray bits, no other alphabet, no leading zeros; real writers write no other",
    },
    Class {
        what: "takes one spelling of a time",
        groups: &["django/b62", "itsdangerous/encoding"],
        committed: 2,
        collection: 7,
        why: "the same, asked of the time alone",
    },
    Class {
        what: "rejects (Payload, NaN or an infinity)",
        groups: &["flask", "django", "starlette", "itsdangerous"],
        committed: 8,
        collection: 19,
        why: "NaN and Infinity are not JSON; such a session is anonymous here, its cookie stays as it is for Python",
    },
    Class {
        what: "rejects (Payload, hand-made)",
        groups: &["flask/open-raw", "django", "starlette", "itsdangerous"],
        committed: 26,
        collection: 32,
        why: "what no real writer makes: duplicate keys, lenient base64, bytes after a zlib stream, other encodings than UTF-8, objects as lists of pairs, raw UTF-8 for Django, which takes it for Latin-1",
    },
    Class {
        what: "rejects a session that is no object",
        groups: &["flask", "django", "starlette"],
        committed: 1,
        collection: 17,
        why: "Python takes some by accident of dict() and fails on the others; no real writer makes one",
    },
    Class {
        what: "rejects (TooLong",
        groups: &["flask", "starlette"],
        committed: 0,
        collection: 6,
        why: "browsers store no cookie over 4,096 octets, so none is opened",
    },
    Class {
        what: "leaves a value that Python fails on to its reader",
        groups: &["flask/open-raw", "flask/tagged-loads-raw"],
        committed: 5,
        collection: 21,
        why: "values are parsed when asked for, and then it is a WrongType; opening costs no parse, and nothing here writes such a value",
    },
    Class {
        what: "reads a lenient form strictly",
        groups: &["flask/open-raw", "flask/tagged-loads-raw"],
        committed: 6,
        collection: 44,
        why: "tags in forms that no real writer makes are a WrongType when asked for, and go back as they came",
    },
    Class {
        what: "the type of Rust cannot read",
        groups: &["flask", "django", "starlette"],
        committed: 8,
        collection: 9,
        why: "-0 as an integer, 1e400 for infinity, duplicate keys inside a value, a tag spelled with an escape, more than 127 levels: hand-made, a WrongType when asked for, and go back as they came",
    },
    Class {
        what: "another value than",
        groups: &["django/loads-raw", "itsdangerous/loads-raw"],
        committed: 3,
        collection: 6,
        why: "the same in tokens",
    },
    Class {
        what: "another value: List([DateTime(-62135596800)",
        groups: &["flask/loads"],
        committed: 1,
        collection: 0,
        why: "Python's mail parser takes the year 0001 that Flask wrote for 2001",
    },
    // Sessions and tokens that are written.
    Class {
        what: "refuses to write NaN or an infinity",
        groups: &["flask", "django", "starlette", "itsdangerous"],
        committed: 4,
        collection: 4,
        why: "not JSON",
    },
    Class {
        what: "refuses to write a date before the year 100",
        groups: &["flask/dumps"],
        committed: 1,
        collection: 0,
        why: "Python's mail parser takes the year 0001 that Flask wrote for 2001",
    },
    Class {
        what: "refuses to write a cookie that browsers drop",
        groups: &["flask", "starlette"],
        committed: 0,
        collection: 5,
        why: "an error where the value is inserted, instead of a warning and a session that is lost",
    },
    Class {
        what: "writes what Python refuses to write",
        groups: &["itsdangerous/dumps"],
        committed: 1,
        collection: 0,
        why: "a lone surrogate, whose escape itsdangerous reads and does not write",
    },
    Class {
        what: "keys in another order",
        groups: &["flask/http"],
        committed: 1,
        collection: 4,
        why: "a new key stands last; Flask sorts all keys with every save, and no reader cares",
    },
    // Cookies.
    Class {
        what: "build refuses: the lifetime",
        groups: &["flask", "starlette"],
        committed: 8,
        collection: 11,
        why: "a lifetime of zero is a session that no request after this second can use",
    },
    Class {
        what: "build refuses: the domain",
        groups: &["flask/save-attrs", "django/cookie", "starlette/save"],
        committed: 2,
        collection: 23,
        why: "Python drops a leading dot and a port and encodes international names; here the configuration says what is sent",
    },
    Class {
        what: "samesite is \"lax\" instead of none",
        groups: &["flask", "django/cookie"],
        committed: 23,
        collection: 109,
        why: "SameSite is always said; without it browsers assume Lax, some after two minutes",
    },
    Class {
        what: "a removal's samesite is \"lax\" instead of none",
        groups: &["flask", "django/cookie"],
        committed: 13,
        collection: 17,
        why: "a removal has the attributes of the cookie",
    },
    Class {
        what: "a removal's httponly is",
        groups: &["django"],
        committed: 7,
        collection: 16,
        why: "the same",
    },
    Class {
        what: "a removal's secure is",
        groups: &["django/cookie"],
        committed: 1,
        collection: 0,
        why: "the same",
    },
    Class {
        what: "a removal's max-age is \"0\"",
        groups: &["starlette"],
        committed: 9,
        collection: 5,
        why: "said twice, for browsers with a wrong clock",
    },
    // What is done to the cookie, and when.
    Class {
        what: "leaves alone a session that nobody changed",
        groups: &["flask/http", "django/http", "starlette/http"],
        committed: 3,
        collection: 8,
        why: "an equal value is no change; Python writes after every assignment",
    },
    Class {
        what: "notices a change inside a value",
        groups: &["flask/http", "django/http", "starlette/http"],
        committed: 2,
        collection: 3,
        why: "bytes are compared, so none is lost; Python needs modified = True",
    },
    Class {
        what: "does not refresh a session that nobody opened",
        groups: &["flask", "django"],
        committed: 5,
        collection: 9,
        why: "a route that never asks for the session costs nothing and stays cacheable",
    },
    Class {
        what: "leaves alone a cookie that was not presented",
        groups: &["flask/http"],
        committed: 1,
        collection: 2,
        why: "there is nothing to remove",
    },
    Class {
        what: "leaves alone a cookie that was rejected",
        groups: &["flask/http", "django/http", "django/policy"],
        committed: 5,
        collection: 30,
        why: "a machine without the newest key must not log visitors out; Django overwrites or removes it",
    },
    Class {
        what: "removes a cookie that did not verify",
        groups: &["starlette/http"],
        committed: 0,
        collection: 2,
        why: "who logs out is logged out, also by a machine that lacks the key",
    },
    Class {
        what: "makes no cookie for an empty session",
        groups: &["django/http"],
        committed: 1,
        collection: 1,
        why: "cycle_key is no reason to have a session",
    },
    Class {
        what: "saves whatever the status",
        groups: &["django"],
        committed: 5,
        collection: 11,
        why: "whether a failed request is saved is decided where the response is made, not here",
    },
];

struct Class {
    /// The beginning of what [`replay`] says.
    what: &'static str,
    /// The suites and groups, as `suite` or `suite/group`.
    groups: &'static [&'static str],
    committed: usize,
    collection: usize,
    #[expect(dead_code, reason = "for the reader")]
    why: &'static str,
}

#[test]
fn answers_as_the_libraries_do_or_differs_on_purpose() {
    let vectors: Vec<_> = SUITES.into_iter().flat_map(committed).collect();
    let counts = replay_all("tests/vectors", &vectors);
    assert_eq!(vectors.len(), COMMITTED);
    check(&counts, |class| class.committed);
}

#[test]
fn answers_so_in_the_larger_collection_too() {
    let Some(folder) = std::env::var_os("COOKIE_SESSION_VECTORS") else { return };
    let vectors: Vec<_> = SUITES.into_iter().flat_map(|suite| collected(suite, &folder)).collect();
    let counts = replay_all("the larger collection", &vectors);
    check(&counts, |class| class.collection);
}

const SUITES: [&str; 4] = ["flask", "django", "starlette", "itsdangerous"];
/// The vectors in `tests/vectors`, so that none is lost.
const COMMITTED: usize = 1080;

struct Counts {
    /// For each class of [`DELIBERATE`].
    classes: Vec<usize>,
    unexplained: Vec<String>,
}

fn replay_all(label: &str, vectors: &[Vector]) -> Counts {
    let mut groups: BTreeMap<String, [usize; 3]> = BTreeMap::new();
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    let mut counts = Counts { classes: vec![0; DELIBERATE.len()], unexplained: Vec::new() };
    for vector in vectors {
        let group = groups.entry(format!("{}/{}", vector.suite, vector.group())).or_default();
        match replay(vector) {
            Err(reason) => {
                group[2] += 1;
                *reasons.entry(reason.0).or_default() += 1;
            }
            Ok(differences) if differences.is_empty() => group[0] += 1,
            Ok(differences) => {
                group[1] += 1;
                for what in differences {
                    match DELIBERATE.iter().position(|class| class.fits(vector, &what)) {
                        Some(class) => counts.classes[class] += 1,
                        None => counts.unexplained.push(format!("{vector}: {what}")),
                    }
                }
            }
        }
    }
    let mut total = [0; 3];
    println!("{label}: passed, deliberately different, not applicable");
    for (group, counts) in &groups {
        println!("  {group:<36} {:>4} {:>4} {:>4}", counts[0], counts[1], counts[2]);
        total.iter_mut().zip(counts).for_each(|(total, count)| *total += count);
    }
    println!("  {:<36} {:>4} {:>4} {:>4}", "total", total[0], total[1], total[2]);
    for (reason, count) in reasons {
        println!("  not applicable, {count}: {reason}");
    }
    for (class, count) in DELIBERATE.iter().zip(&counts.classes) {
        println!("  different, {count}: {} ({})", class.what, class.groups.join(", "));
    }
    counts
}

#[track_caller]
fn check(counts: &Counts, expected: impl Fn(&Class) -> usize) {
    assert!(counts.unexplained.is_empty(), "{}", counts.unexplained.join("\n"));
    for (class, count) in DELIBERATE.iter().zip(&counts.classes) {
        assert_eq!(*count, expected(class), "{} ({})", class.what, class.groups.join(", "));
    }
}

impl Class {
    fn fits(&self, vector: &Vector, what: &str) -> bool {
        let group = format!("{}/{}", vector.suite, vector.group());
        what.starts_with(self.what)
            && self.groups.iter().any(|wanted| *wanted == vector.suite || *wanted == group)
    }
}

struct Vector {
    suite: &'static str,
    json: Value,
}

impl std::fmt::Display for Vector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { suite, json } = self;
        write!(f, "{suite}/{} {} {} ({})", self.group(), json["id"], json["note"], json["tags"])
    }
}

impl Vector {
    fn group(&self) -> &str {
        self.json["group"].as_str().expect("a group")
    }

    fn arg(&self, name: &str) -> &Value {
        &self.json["req"][name]
    }

    fn text(&self, name: &str) -> &str {
        self.arg(name).as_str().unwrap_or_default()
    }

    fn flag(&self, name: &str) -> bool {
        self.arg(name).as_bool().unwrap_or_default()
    }

    fn now(&self) -> f64 {
        self.arg("now").as_f64().expect("a time")
    }

    fn config(&self, name: &str) -> Option<&Value> {
        self.arg("config").get(name).filter(|value| !value.is_null())
    }

    /// What the library answered, or `None` for an error.
    fn ok(&self) -> Option<&Value> {
        self.json["expect"].get("ok")
    }

    fn is_tagged(&self, tag: &str) -> bool {
        self.json["tags"].as_array().is_some_and(|tags| tags.iter().any(|found| found == tag))
    }
}

/// What differs; nothing, if the answers are equal.
type Differences = Vec<String>;

/// Why the library has no such question.
#[derive(Debug)]
struct NotApplicable(&'static str);

type Replay = Result<Differences, NotApplicable>;

fn no<T>(why: &'static str) -> Result<T, NotApplicable> {
    Err(NotApplicable(why))
}

/// Hands over what the vector says. Where the library asks for the domain in another form, that is a difference, and
/// it is asked again with that form.
fn replay(v: &Vector) -> Replay {
    let differences = replay_once(v)?;
    let names = if v.suite == "starlette" { STARLETTE } else { CAPITALS };
    let refused = differences.first().is_some_and(|what| what.starts_with("build refuses: the domain"));
    let Some(domain) = v.config(names.domain).and_then(Value::as_str).filter(|_| refused) else {
        return Ok(differences);
    };
    let domain = domain.trim_start_matches('.').split(':').next().unwrap().replace("bücher", "xn--bcher-kva");
    let mut v = Vector { suite: v.suite, json: v.json.clone() };
    v.json["req"]["config"][names.domain] = json!(domain);
    Ok([differences, replay_once(&v)?].concat())
}

fn replay_once(v: &Vector) -> Replay {
    match v.json["req"]["op"].as_str().expect("an operation") {
        "id.dumps" => id_dumps(v),
        "id.loads" => id_loads(v),
        "id.ts_unsign" => id_ts_unsign(v),
        "id.int_to_bytes" => id_int_to_bytes(v),
        "id.bytes_to_int" => id_bytes_to_int(v),
        "id.ts_sign" | "id.sign" | "id.unsign" | "id.verify" | "id.signature" | "id.derive_key" => {
            no("signs any bytes; tokens here hold JSON and a time")
        }
        "id.b64encode" | "id.b64decode" => no("base64 alone"),
        "flask.tagged_dumps" => flask_tagged_dumps(v),
        "flask.tagged_loads" => flask_tagged_loads(v),
        "flask.dumps" => session_dumps(v, v.arg("session")),
        "flask.loads" => flask_loads(v),
        "flask.open" => session_open(v),
        "flask.save" => flask_save(v),
        "dj.b62_encode" => dj_b62_encode(v),
        "dj.b62_decode" => dj_b62_decode(v),
        "dj.sign" | "dj.unsign" | "dj.signature" | "dj.ts_sign" => {
            no("signs any bytes; tokens here hold JSON and a time")
        }
        "dj.ts_unsign" => dj_ts_unsign(v),
        "dj.dumps" => dj_dumps(v),
        "dj.loads" => dj_loads(v),
        "dj.session_dumps" => session_dumps(v, v.arg("session")),
        "dj.session_loads" => dj_session_loads(v),
        "dj.expiry" => dj_expiry(v),
        "dj.policy" => dj_policy(v),
        "dj.cookie" => dj_cookie(v),
        "st.dumps" => session_dumps(v, v.arg("session")),
        "st.loads" => st_loads(v),
        "st.open" => session_open(v),
        "st.save" => st_save(v),
        "flask.http" | "dj.http" | "st.http" => http(v),
        op => panic!("unknown operation {op}"),
    }
}

// Configuration.

fn bytes(value: &Value) -> Vec<u8> {
    match value {
        Value::String(text) => text.clone().into_bytes(),
        value => BASE64_STANDARD.decode(value["b64"].as_str().expect("bytes")).expect("base64"),
    }
}

fn seconds(value: &Value) -> Result<Duration, NotApplicable> {
    Duration::try_from_secs_f64(value.as_f64().expect("a number"))
        .or_else(|_| no("a duration that is negative"))
}

const EMPTY_SECRET: NotApplicable = NotApplicable("an empty secret, which is refused");

fn flask_profile(v: &Vector) -> Result<flask::Profile, NotApplicable> {
    let secret = |value: &Value| flask::SecretKey::new(bytes(value)).map_err(|_| EMPTY_SECRET);
    let mut profile =
        flask::Profile::new(secret(v.config("SECRET_KEY").ok_or(EMPTY_SECRET)?)?).backdate(Duration::ZERO);
    for fallback in v.config("SECRET_KEY_FALLBACKS").and_then(Value::as_array).into_iter().flatten() {
        profile = profile.fallback(secret(fallback)?);
    }
    if let Some(lifetime) = v.config("PERMANENT_SESSION_LIFETIME") {
        profile = profile.permanent_session_lifetime(seconds(lifetime)?);
    }
    if let Some(refresh) = v.config("SESSION_REFRESH_EACH_REQUEST") {
        profile = profile.session_refresh_each_request(refresh.as_bool().unwrap());
    }
    let interface = v.arg("interface");
    if let Some(salt) = interface.get("salt") {
        profile = profile.salt(bytes(salt));
    }
    if let Some(name) = interface.get("digest") {
        profile = profile.digest(digest(name)?);
    }
    if let Some(name) = interface.get("derivation") {
        profile = profile.key_derivation(derivation(name)?);
    }
    Ok(profile)
}

fn django_profile(v: &Vector) -> Result<django::Profile, NotApplicable> {
    let secret = |value: &Value| django::SecretKey::new(bytes(value)).map_err(|_| EMPTY_SECRET);
    // Some operations of Django need no secret.
    let key = v.config("SECRET_KEY").cloned().unwrap_or_else(|| json!("k"));
    let mut profile = django::Profile::new(secret(&key)?).backdate(Duration::ZERO);
    for fallback in v.config("SECRET_KEY_FALLBACKS").and_then(Value::as_array).into_iter().flatten() {
        profile = profile.fallback(secret(fallback)?);
    }
    if let Some(age) = v.config("SESSION_COOKIE_AGE") {
        profile = profile.session_cookie_age(seconds(age)?);
    }
    if let Some(save) = v.config("SESSION_SAVE_EVERY_REQUEST") {
        profile = profile.session_save_every_request(save.as_bool().unwrap());
    }
    if let Some(expire) = v.config("SESSION_EXPIRE_AT_BROWSER_CLOSE") {
        profile = profile.session_expire_at_browser_close(expire.as_bool().unwrap());
    }
    Ok(profile)
}

fn starlette_profile(v: &Vector) -> Result<starlette::Profile, NotApplicable> {
    let secret = v.config("secret_key").unwrap_or_else(|| v.arg("secret_key"));
    let secret = starlette::SecretKey::new(bytes(secret)).map_err(|_| EMPTY_SECRET)?;
    let profile = starlette::Profile::new(secret).backdate(Duration::ZERO);
    let arguments = v.json["req"].get("config").unwrap_or(&v.json["req"]);
    match arguments.get("max_age") {
        None => Ok(profile),
        Some(Value::Null) => Ok(profile.max_age(None)),
        Some(age) => Ok(profile.max_age(Some(seconds(age)?))),
    }
}

fn digest(name: &Value) -> Result<Digest, NotApplicable> {
    match name.as_str() {
        Some("sha1") => Ok(Digest::Sha1),
        Some("sha256") => Ok(Digest::Sha256),
        Some("sha512") => Ok(Digest::Sha512),
        _ => no("another digest than SHA-1, SHA-256 and SHA-512"),
    }
}

fn derivation(name: &Value) -> Result<KeyDerivation, NotApplicable> {
    match name.as_str() {
        Some("hmac") => Ok(KeyDerivation::Hmac),
        Some("django-concat") => Ok(KeyDerivation::DjangoConcat),
        Some("concat") => Ok(KeyDerivation::Concat),
        _ => no("another key derivation than hmac, django-concat and concat"),
    }
}

/// The settings of the cookie, in the words of each framework.
struct Names {
    name: &'static str,
    path: &'static str,
    domain: &'static str,
    secure: &'static str,
    http_only: &'static str,
    same_site: &'static str,
    partitioned: &'static str,
}

const CAPITALS: Names = Names {
    name: "SESSION_COOKIE_NAME",
    path: "SESSION_COOKIE_PATH",
    domain: "SESSION_COOKIE_DOMAIN",
    secure: "SESSION_COOKIE_SECURE",
    http_only: "SESSION_COOKIE_HTTPONLY",
    same_site: "SESSION_COOKIE_SAMESITE",
    partitioned: "SESSION_COOKIE_PARTITIONED",
};
const STARLETTE: Names = Names {
    name: "session_cookie",
    path: "path",
    domain: "domain",
    secure: "https_only",
    http_only: "",
    same_site: "same_site",
    partitioned: "partitioned",
};

fn builder(v: &Vector) -> Result<Builder, NotApplicable> {
    let (builder, names) = match v.suite {
        "flask" => (Sessions::builder(flask_profile(v)?), CAPITALS),
        "django" => (Sessions::builder(django_profile(v)?), CAPITALS),
        _ => (Sessions::builder(starlette_profile(v)?), STARLETTE),
    };
    let now = system_time(v.now());
    let mut builder = builder.clock(move || now);
    if let Some(name) = v.config(names.name) {
        builder = builder.name(name.as_str().unwrap());
    }
    if let Some(path) = v.config(names.path).or(v.config("APPLICATION_ROOT")) {
        builder = builder.path(path.as_str().unwrap());
    }
    if let Some(domain) = v.config(names.domain) {
        builder = builder.domain(domain.as_str().unwrap());
    }
    let is_true = |name| v.config(name).map(|yes| yes.as_bool().unwrap());
    let partitioned = is_true(names.partitioned).unwrap_or(false);
    // Flask sets Secure with Partitioned.
    builder = builder.partitioned(partitioned);
    builder = builder.secure(is_true(names.secure).unwrap_or(false) || partitioned);
    builder = builder.http_only(is_true(names.http_only).unwrap_or(true));
    if let Some(same_site) = v.config(names.same_site).and_then(Value::as_str) {
        builder = builder.same_site(match same_site.to_lowercase().as_str() {
            "lax" => SameSite::Lax,
            "strict" => SameSite::Strict,
            "none" => SameSite::None,
            _ => return no("a SameSite that there is not"),
        });
    }
    Ok(builder)
}

/// Builds the sessions, or says why the configuration is refused.
fn sessions(v: &Vector) -> Result<Result<Sessions, Differences>, NotApplicable> {
    Ok(builder(v)?.build().map_err(|error| vec![format!("build refuses: {error}")]))
}

macro_rules! sessions {
    ($v:expr) => {
        match sessions($v)? {
            Ok(sessions) => sessions,
            Err(differences) => return Ok(differences),
        }
    };
}

impl Vector {
    fn is_flask(&self) -> bool {
        self.suite == "flask"
    }

    fn separator(&self) -> char {
        if self.suite == "django" { ':' } else { '.' }
    }
}

// Sessions, written.

/// Says what keeps a value from being written in Rust at all.
fn unwritable(value: &Typed, tagged: bool) -> Option<NotApplicable> {
    if value.any(&|value| matches!(value, Typed::Float(float) if !float.is_finite())) {
        // Left for the replay: it is refused.
        return None;
    }
    if value.any(&|value| matches!(value, Typed::Other(_))) {
        return Some(NotApplicable("a date or decimal, which Flask's provider makes plain text of"));
    }
    if tagged && value.any(&|value| matches!(value, Typed::Wtf16(_))) {
        return Some(NotApplicable("to write a lone surrogate, which Rust's text cannot hold"));
    }
    let huge = |value: &Typed| matches!(value, Typed::Int(digits) if digits.parse::<i128>().is_err());
    if tagged && value.any(&huge) {
        return Some(NotApplicable("to write an integer beyond i128"));
    }
    let unnamed = |value: &Typed| match value {
        Typed::Dict(entries) => entries.iter().any(|(key, _)| matches!(key, Typed::Wtf16(_))),
        _ => false,
    };
    value.any(&unnamed).then_some(NotApplicable("to write a lone surrogate in a key"))
}

fn insert_all(session: &mut Session, value: &Typed, tagged: bool) -> Result<(), SessionError> {
    for (key, value) in value.entries() {
        session.insert(&key.key().expect("no lone surrogate"), Write { value, tagged })?;
    }
    Ok(())
}

fn insert_error(error: &SessionError, value: &Typed) -> String {
    match error {
        SessionError::NotJson(_) => no_json(error, value),
        SessionError::TooLong(_) => "refuses to write a cookie that browsers drop".into(),
        error => format!("refuses to write: {error:?}"),
    }
}

fn no_json(error: &dyn Error, value: &Typed) -> String {
    let finite = !value.any(&|value| matches!(value, Typed::Float(float) if !float.is_finite()));
    let early = value.any(&|value| matches!(value, Typed::DateTime(seconds) if *seconds < -59_011_459_200));
    match () {
        () if !finite => "refuses to write NaN or an infinity".into(),
        () if early => "refuses to write a date before the year 100".into(),
        () => format!("refuses to write: {error:?}"),
    }
}

/// Compares two tokens, or says that only another deflate made them different.
fn compare_tokens(v: &Vector, ours: &str, theirs: &str) -> Option<String> {
    if ours == theirs {
        return None;
    }
    let separator = v.separator();
    let (our_text, their_text) = (plaintext(ours, separator), plaintext(theirs, separator));
    let time = |token: &str| token.rsplit(separator).nth(1).map(str::to_owned);
    if time(ours) != time(theirs) {
        return Some(format!("another time: {ours} {theirs}"));
    }
    if our_text == their_text {
        let compressed = ours.starts_with('.') || theirs.starts_with('.');
        return (!compressed).then(|| format!("another spelling of the same: {ours} {theirs}"));
    }
    let tagged = v.is_flask();
    match (python::read(&our_text, tagged), python::read(&their_text, tagged)) {
        (Ok(ours), Ok(theirs)) if ours == theirs => Some(format!("the same in ASCII: {our_text}")),
        (Ok(ours), Ok(theirs)) if ours.sorted() == theirs.sorted() => {
            Some(format!("keys in another order: {our_text}"))
        }
        _ => Some(format!("another text: {our_text} instead of {their_text}")),
    }
}

fn cookie_value(commit: &Commit) -> Option<&str> {
    commit.cookie_pair().and_then(|pair| pair.split_once('=')).map(|(_, value)| value)
}

/// In Flask and its like the keys are sorted, unless an application says otherwise.
fn as_written(v: &Vector, value: &Typed) -> Result<Typed, NotApplicable> {
    if v.is_flask() && v.arg("sort_keys").as_bool().unwrap_or(true) {
        value.sorted().ok_or(NotApplicable("keys of several types, which cannot be sorted in Python"))
    } else {
        Ok(value.clone())
    }
}

fn session_dumps(v: &Vector, value: &Value) -> Replay {
    let value = Typed::of(value);
    if value.is_empty_dict() {
        return no("a token of an empty session, which has no cookie");
    }
    let value = as_written(v, &value)?;
    if let Some(why) = unwritable(&value, v.is_flask()) {
        return Err(why);
    }
    let sessions = sessions!(v);
    let mut session = sessions.start();
    let inserted = insert_all(&mut session, &value, v.is_flask());
    match (inserted, v.ok()) {
        (Err(_), None) => Ok(vec![]),
        (Ok(()), None) => Ok(vec!["writes what Python refuses to write".into()]),
        (Err(error), Some(_)) => Ok(vec![insert_error(&error, &value)]),
        (Ok(()), Some(theirs)) => {
            let commit = sessions.save(session).expect("it fits");
            let ours = cookie_value(&commit).expect("a cookie");
            Ok(compare_tokens(v, ours, theirs.as_str().unwrap()).into_iter().collect())
        }
    }
}

fn flask_tagged_dumps(v: &Vector) -> Replay {
    let value = as_written(v, &Typed::of(v.arg("value")))?;
    if let Some(why) = unwritable(&value, true) {
        return Err(why);
    }
    let sessions = flask_sessions();
    let mut session = sessions.start();
    match (session.insert("v", Write { value: &value, tagged: true }), v.ok()) {
        (Err(_), None) => Ok(vec![]),
        (Ok(()), None) => Ok(vec!["writes what Python refuses to write".into()]),
        (Err(error), Some(_)) => Ok(vec![insert_error(&error, &value)]),
        (Ok(()), Some(theirs)) => {
            let (ours, theirs) = (session.get_raw("v").unwrap(), theirs.as_str().unwrap());
            Ok(if ours == theirs {
                vec![]
            } else {
                vec![format!("another text: {ours} instead of {theirs}")]
            })
        }
    }
}

fn flask_sessions() -> Sessions {
    let profile = flask::Profile::new(flask::SecretKey::new("k").unwrap()).backdate(Duration::ZERO);
    Sessions::builder(profile).clock(|| system_time(1_700_000_000.0)).build().unwrap()
}

/// Signs any JSON text as Flask would.
fn flask_token(secret: &[u8], json: &str, now: u64) -> String {
    use support::forge::{Forge, b64, timestamp};
    let key = support::forge::Digest::Sha1.hmac(secret, b"cookie-session");
    Forge::signing(key, support::forge::Digest::Sha1).sign(&b64(json.as_bytes()), &timestamp(now))
}

// Sessions, read.

/// Compares an opened session with what Python read.
fn compare_session(v: &Vector, session: &Session, theirs: &Typed) -> Differences {
    let Typed::Dict(entries) = theirs else {
        return match session.rejection() {
            Some(DecodeError::Payload) => vec!["rejects a session that is no object".into()],
            rejection => vec![format!("opens {theirs:?}: {rejection:?}")],
        };
    };
    if let Some(rejection) = session.rejection()
        && !entries.is_empty()
    {
        return vec![format!("rejects ({rejection:?}{})", hint(v, theirs))];
    }
    if session.rejection().is_some() && entries.is_empty() {
        return vec![];
    }
    let tagged = v.is_flask();
    let keys: Vec<Option<String>> = session.keys().map(|key| Some(key.into_owned())).collect();
    let theirs_keys: Vec<_> = entries.iter().map(|(key, _)| key.key()).collect();
    let nameless = entries.iter().any(|(key, _)| matches!(key, Typed::Wtf16(_)));
    if keys != theirs_keys && !nameless {
        if entries.is_empty() {
            return vec![format!("accepts what is refused{}", hint(v, theirs))];
        }
        return vec![format!("other keys: {keys:?} instead of {theirs_keys:?}")];
    }
    let mut differences = Vec::new();
    for (key, value) in entries {
        let Some(key) = key.key() else { continue };
        let Some(raw) = session.get_raw(&key) else {
            differences.push(format!("has no {key:?}"));
            continue;
        };
        // What a tag stands for was escaped on the way in, at the top level.
        match python::read(raw, tagged) {
            Ok(ours) if ours == *value => {}
            Ok(ours) => differences.push(format!("another value: {ours:?} instead of {value:?}")),
            Err(error) => differences.push(format!("reads a lenient form strictly: {error}")),
        }
        if differences.is_empty() && !has(session, &key, value, tagged) {
            differences.push(format!("the type of Rust cannot read {raw}, {value:?}"));
        }
    }
    differences
}

/// Says what is special about a vector, as far as its tags do.
fn hint(v: &Vector, theirs: &Typed) -> &'static str {
    if theirs.any(&|value| matches!(value, Typed::Float(float) if !float.is_finite())) {
        return ", NaN or an infinity";
    }
    if v.is_tagged("hand-made") {
        return ", hand-made";
    }
    ""
}

fn flask_loads(v: &Vector) -> Replay {
    let mut v = Vector { suite: v.suite, json: v.json.clone() };
    if let Some(max_age) = v.json["req"].get("max_age").cloned() {
        if max_age.is_null() {
            return no("no age limit");
        }
        v.json["req"]["config"]["PERMANENT_SESSION_LIFETIME"] = max_age;
    }
    if v.text("token").starts_with('"') {
        return no("a token in quotes, which a cookie may have and a token may not");
    }
    let name = v.config("SESSION_COOKIE_NAME").map_or("session", |name| name.as_str().unwrap());
    v.json["req"]["cookie_header"] = json!(format!("{name}={}", v.text("token")));
    let sessions = sessions!(&v);
    let session = sessions.open([v.text("cookie_header")]);
    Ok(loaded(&v, &session))
}

/// Compares with `{"payload", "timestamp"}` or an error.
fn loaded(v: &Vector, session: &Session) -> Differences {
    let Some(ok) = v.ok() else {
        return refused(v, session);
    };
    let theirs = Typed::of(&ok["payload"]);
    let mut differences = compare_session(v, session, &theirs);
    let issued = session.issued_at();
    if let Some(theirs) = ok["timestamp"].as_u64()
        && differences.is_empty()
        && issued != Some(system_time(theirs as f64))
    {
        differences.push(format!("issued at {issued:?} instead of {theirs}"));
    }
    differences
}

/// Compares with an error of the library.
fn refused(v: &Vector, session: &Session) -> Differences {
    let error = &v.json["expect"]["err"];
    let kind = error["kind"].as_str().expect("a kind");
    let crash = kind == "Error" || kind == "BadPayload";
    match session.rejection() {
        Some(DecodeError::Payload) if crash => vec![],
        Some(DecodeError::Payload) => vec![format!("blames the payload instead of {kind}")],
        Some(rejection) if crash => {
            vec![format!("rejects ({rejection:?}) where Python fails on the payload")]
        }
        Some(_) => vec![],
        None if session.is_new() => vec!["opens nothing and rejects nothing".into()],
        None if kind == "SignatureExpired" && error["date_signed"].as_f64() > Some(v.now()) => {
            vec!["tolerates a clock that is ahead".into()]
        }
        None if crash => vec!["leaves a value that Python fails on to its reader".into()],
        None => vec![format!("accepts what is refused, {kind}")],
    }
}

fn session_open(v: &Vector) -> Replay {
    let sessions = sessions!(v);
    let session = sessions.open(v.arg("cookie_header").as_str());
    let Some(ok) = v.ok() else {
        return Ok(refused(v, &session));
    };
    let theirs = Typed::of(&ok["session"]);
    let mut differences = compare_session(v, &session, &theirs);
    if theirs.is_empty_dict() && session.rejection().is_none() && !session.is_empty() {
        differences = match session.issued_at() {
            Some(issued) if issued > system_time(v.now()) => vec!["tolerates a clock that is ahead".into()],
            _ => differences,
        };
    }
    Ok(differences)
}

fn flask_tagged_loads(v: &Vector) -> Replay {
    let sessions = flask_sessions();
    let token = flask_token(b"k", &format!("{{\"v\":{}}}", v.text("json")), 1_700_000_000);
    let session = sessions.open([format!("session={token}")]);
    match v.ok() {
        Some(theirs) => {
            let theirs = Typed::Dict(vec![(Typed::Str("v".into()), Typed::of(theirs))]);
            Ok(compare_session(v, &session, &theirs))
        }
        None => Ok(refused(v, &session)),
    }
}

fn dj_session_loads(v: &Vector) -> Replay {
    let mut v = Vector { suite: v.suite, json: v.json.clone() };
    v.json["req"]["cookie_header"] = json!(format!("sessionid={}", v.text("cookie")));
    session_open(&v)
}

fn st_loads(v: &Vector) -> Replay {
    let sessions = sessions!(v);
    let session = sessions.open([format!("session={}", v.text("token"))]);
    Ok(loaded(v, &session))
}

// Tokens.

fn id_codec(v: &Vector) -> Result<Codec, NotApplicable> {
    let signer = v.arg("signer");
    let text = |name: &str| signer.get(name).cloned().unwrap_or(Value::Null);
    if signer.get("sep").is_some_and(|sep| sep != ".") {
        return no("another separator");
    }
    let digest_name = signer.get("digest").cloned().unwrap_or_else(|| json!("sha1"));
    if signer.get("alg").is_some_and(|alg| *alg != digest_name) {
        return no("another digest for the key than for the signature, or none");
    }
    let digest = digest(&digest_name)?;
    let derivation =
        derivation(&signer.get("derivation").cloned().unwrap_or_else(|| json!("django-concat")))?;
    let mut keys: Vec<_> = signer["keys"].as_array().expect("keys").iter().map(bytes).collect();
    let Some(current) = keys.pop() else { return no("no key") };
    let secret = |key: Vec<u8>| flask::SecretKey::new(key).map_err(|_| EMPTY_SECRET);
    // Not the salt of any vector, so that a codec may have that of Flask's sessions.
    let mut profile = flask::Profile::new(secret(current)?).salt("\0").backdate(Duration::ZERO);
    for key in keys {
        profile = profile.fallback(secret(key)?);
    }
    let default = if v.arg("cls").is_null() { "itsdangerous.Signer" } else { "itsdangerous" };
    let salt = match text("salt") {
        Value::Null => default.into(),
        salt => bytes(&salt),
    };
    let max_age = match v.arg("max_age") {
        Value::Null => None,
        age => Some(seconds(age)?),
    };
    Ok(profile
        .codec_with(salt, max_age, derivation, digest)
        .expect("few keys")
        .max_len(1 << 20)
        .expect("not too long"))
}

fn is_url_safe_timed(v: &Vector) -> Result<(), NotApplicable> {
    if v.arg("cls") != "URLSafeTimedSerializer" {
        return no("another class than URLSafeTimedSerializer");
    }
    match v.arg("serializer").as_str() {
        None | Some("compact") => Ok(()),
        _ => no("another serializer than the default"),
    }
}

fn encoded(v: &Vector, codec: &Codec) -> Replay {
    let value = Typed::of(v.arg("payload"));
    if let Some(why) = unwritable(&value, false) {
        return Err(why);
    }
    let token = codec.encode_at(&Write { value: &value, tagged: false }, system_time(v.now()));
    Ok(match (token, v.ok()) {
        (Err(_), None) => vec![],
        (Ok(_), None) => vec!["writes what Python refuses to write".into()],
        (Err(error @ EncodeError::NotJson), Some(_)) => vec![no_json(&error, &value)],
        (Err(error), Some(_)) => vec![format!("refuses to write: {error:?}")],
        (Ok(ours), Some(theirs)) => compare_tokens(v, &ours, theirs.as_str().unwrap()).into_iter().collect(),
    })
}

fn decoded(v: &Vector, codec: &Codec, token: &str) -> Replay {
    let now = system_time(v.now());
    let Some(ok) = v.ok() else {
        let error = &v.json["expect"]["err"];
        let kind = error["kind"].as_str().expect("a kind");
        let crash = kind == "Error" || kind == "BadPayload";
        return Ok(match codec.decode_at::<IgnoredAny>(token, now) {
            Err(DecodeError::Payload) if crash => vec![],
            Err(DecodeError::Payload) => vec![format!("blames the payload instead of {kind}")],
            Err(rejection) if crash => {
                vec![format!("rejects ({rejection:?}) where Python fails on the payload")]
            }
            Err(_) => vec![],
            Ok(_) if kind == "SignatureExpired" && error["date_signed"].as_f64() > Some(v.now()) => {
                vec!["tolerates a clock that is ahead".into()]
            }
            Ok(_) => vec![format!("accepts what is refused, {kind}")],
        });
    };
    let theirs = Typed::of(&ok["payload"]);
    if let Err(rejection) = codec.decode_at::<IgnoredAny>(token, now) {
        return Ok(vec![format!("rejects ({rejection:?}{})", hint(v, &theirs))]);
    }
    let same = reading(&theirs, false, || codec.decode_at::<Same>(token, now));
    Ok(same.err().map(|_| format!("another value than {theirs:?}")).into_iter().collect())
}

fn id_dumps(v: &Vector) -> Replay {
    is_url_safe_timed(v)?;
    encoded(v, &id_codec(v)?)
}

fn id_loads(v: &Vector) -> Replay {
    is_url_safe_timed(v)?;
    if v.arg("fallback_signers").as_array().is_some_and(|signers| !signers.is_empty()) {
        return no("several signers at once");
    }
    let Some(token) = v.arg("token").as_str() else { return no("a token that is no text") };
    decoded(v, &id_codec(v)?, token)
}

/// The value of these is no payload; but the signature and the time are judged before it.
fn judged(v: &Vector, codec: &Codec, token: &str) -> Differences {
    let answer = codec.decode_at::<IgnoredAny>(token, system_time(v.now()));
    let passed = matches!(answer, Ok(_) | Err(DecodeError::Payload));
    match v.ok() {
        Some(_) if passed => vec![],
        Some(_) => vec![format!("rejects ({:?}{})", answer.unwrap_err(), hint(v, &Typed::Null))],
        None if !passed => vec![],
        None => {
            let error = &v.json["expect"]["err"];
            let ahead = error["date_signed"].as_f64() > Some(v.now());
            match error["kind"].as_str().unwrap() {
                "SignatureExpired" if ahead => vec!["tolerates a clock that is ahead".into()],
                "SignatureExpired" if v.now().fract() > 0.0 => {
                    vec!["counts whole seconds".into()]
                }
                kind => vec![format!("accepts what is refused, {kind}")],
            }
        }
    }
}

fn id_ts_unsign(v: &Vector) -> Replay {
    let value = bytes(v.arg("value"));
    let Ok(token) = String::from_utf8(value) else { return no("a token that is no text") };
    Ok(judged(v, &id_codec(v)?, &token))
}

fn any_codec() -> Codec {
    let secret = flask::SecretKey::new("k").unwrap();
    flask::Profile::new(secret).backdate(Duration::ZERO).codec("s", None).unwrap()
}

fn id_int_to_bytes(v: &Vector) -> Replay {
    let Some(theirs) = v.ok() else { return no("a time that is negative or beyond 64 bits") };
    let Ok(seconds) = v.text("n").parse::<u64>() else { return no("a time beyond 64 bits") };
    let Some(now) = support::forge::time(seconds) else { return no("a time that the platform lacks") };
    let token = any_codec().encode_at(&0, now).unwrap();
    let ours = token.rsplit('.').nth(1).unwrap();
    let theirs = BASE64_URL_SAFE_NO_PAD.encode(bytes(theirs));
    Ok(if ours == theirs { vec![] } else { vec![format!("{ours} instead of {theirs}")] })
}

fn id_bytes_to_int(v: &Vector) -> Replay {
    let text = BASE64_URL_SAFE_NO_PAD.encode(bytes(v.arg("value")));
    let forge = support::forge::Digest::Sha1;
    let key = forge.hash(b"ssignerk");
    let token = support::forge::Forge::signing(key, forge).sign("MA", &text);
    read_time(v, &any_codec(), &token, "a leading zero byte")
}

/// Says whether the time of this token is the one that the vector wants.
fn read_time(v: &Vector, codec: &Codec, token: &str, other: &str) -> Replay {
    let Some(theirs) = v.ok() else {
        return Ok(match codec.decode_at::<u8>(token, system_time(0.0)) {
            Err(DecodeError::Malformed) => vec![],
            answer => vec![format!("reads a time that Python cannot read: {answer:?}")],
        });
    };
    let Ok(seconds) = theirs.as_str().unwrap().parse::<u64>() else {
        return no("a time that is negative or beyond 64 bits");
    };
    let Some(now) = support::forge::time(seconds) else { return no("a time that the platform lacks") };
    let early = now.checked_sub(Duration::from_secs(61));
    Ok(match (codec.decode_at::<u8>(token, now), early.map(|early| codec.decode_at::<u8>(token, early))) {
        // Before its time it is not yet valid, so it is no earlier one.
        (Ok(0), None | Some(Err(DecodeError::NotYetValid))) => vec![],
        (Ok(0), Some(Ok(0))) if seconds <= 61 => vec![],
        (Err(DecodeError::Malformed), _) => vec![format!("takes one spelling of a time: not {other}")],
        answer => vec![format!("another time than {seconds}: {answer:?}")],
    })
}

fn dj_codec(v: &Vector) -> Result<Codec, NotApplicable> {
    let signer = v.arg("signer");
    let field = |name: &str| signer.get(name).cloned();
    if field("sep").is_some_and(|sep| sep != ":") {
        return no("another separator");
    }
    if field("algorithm").is_some_and(|algorithm| algorithm != "sha256") {
        return no("another algorithm than Django's own");
    }
    let secret = |key: &Value| django::SecretKey::new(bytes(key)).map_err(|_| EMPTY_SECRET);
    let mut profile = django::Profile::new(secret(&signer["key"])?).backdate(Duration::ZERO);
    for key in signer["fallback_keys"].as_array().into_iter().flatten() {
        profile = profile.fallback(secret(key)?);
    }
    let max_age = match v.arg("max_age") {
        Value::Null => None,
        age => Some(seconds(age)?),
    };
    let salt = field("salt").map_or_else(|| b"django.core.signing".to_vec(), |salt| bytes(&salt));
    if salt == b"django.contrib.sessions.backends.signed_cookies" {
        return no("a codec with the salt of the sessions");
    }
    let codec = if v.flag("compress") {
        profile.compressing_codec(salt, max_age)
    } else {
        profile.codec(salt, max_age)
    };
    Ok(codec.expect("few keys").max_len(1 << 20).expect("not too long"))
}

fn is_timed_json(v: &Vector) -> Result<(), NotApplicable> {
    if v.arg("timed") == false {
        return no("a token without a time");
    }
    match v.arg("serializer").as_str() {
        None | Some("json") => Ok(()),
        _ => no("another serializer than the default"),
    }
}

fn dj_dumps(v: &Vector) -> Replay {
    is_timed_json(v)?;
    encoded(v, &dj_codec(v)?)
}

fn dj_loads(v: &Vector) -> Replay {
    is_timed_json(v)?;
    decoded(v, &dj_codec(v)?, v.text("token"))
}

fn dj_ts_unsign(v: &Vector) -> Replay {
    Ok(judged(v, &dj_codec(v)?, v.text("value")))
}

fn any_django_codec() -> Codec {
    let secret = django::SecretKey::new("k").unwrap();
    django::Profile::new(secret).backdate(Duration::ZERO).codec("s", None).unwrap()
}

fn dj_b62_encode(v: &Vector) -> Replay {
    let Ok(seconds) = v.text("n").parse::<u64>() else {
        return no("a time that is negative or beyond 64 bits");
    };
    let Some(now) = support::forge::time(seconds) else { return no("a time that the platform lacks") };
    let token = any_django_codec().encode_at(&0, now).unwrap();
    let (ours, theirs) = (token.rsplit(':').nth(1).unwrap(), v.ok().and_then(Value::as_str).unwrap());
    Ok(if ours == theirs { vec![] } else { vec![format!("{ours} instead of {theirs}")] })
}

fn dj_b62_decode(v: &Vector) -> Replay {
    let digest = support::forge::Digest::Sha256;
    let signed = format!("MA:{}", v.text("s"));
    let signature = digest.hmac(&digest.hash(b"ssignerk"), signed.as_bytes());
    let token = format!("{signed}:{}", BASE64_URL_SAFE_NO_PAD.encode(signature));
    read_time(v, &any_django_codec(), &token, "leading zeros")
}

// Responses.

/// Compares two lines that set or remove the cookie, attribute by attribute.
fn compare_lines(v: &Vector, ours: &str, theirs: &str) -> Differences {
    fn parse(line: &str) -> (&str, &str, BTreeMap<String, String>) {
        let (pair, attributes) = line.split_once(';').unwrap_or((line, ""));
        let (name, value) = pair.split_once('=').expect("a name and a value");
        let attributes = attributes.split(';').map(str::trim).filter(|attribute| !attribute.is_empty());
        let attribute = |attribute: &str| {
            let (name, value) = attribute.split_once('=').unwrap_or((attribute, ""));
            let name = name.to_lowercase();
            let value = match name.as_str() {
                // A leading dot means nothing (RFC 6265bis, section 5.6.3).
                "domain" => value.trim_start_matches('.').to_owned(),
                "samesite" => value.to_lowercase(),
                _ => value.to_owned(),
            };
            (name, value)
        };
        (name.trim(), value.trim(), attributes.map(attribute).collect())
    }
    let (our_name, our_value, our_attributes) = parse(ours);
    let (their_name, their_value, their_attributes) = parse(theirs);
    let mut differences = Vec::new();
    if our_name != their_name {
        differences.push(format!("name {our_name} instead of {their_name}"));
    }
    let removes = |attributes: &BTreeMap<String, String>| {
        attributes.get("expires").is_some_and(|date| date.ends_with("1970 00:00:00 GMT"))
    };
    match (removes(&our_attributes), removes(&their_attributes)) {
        (true, true) => {}
        (false, false) if v.arg("value").is_null() => {
            differences.extend(compare_tokens(v, our_value, their_value));
        }
        (false, false) => {}
        (true, false) => differences.push(format!("removes the cookie instead of {theirs}")),
        (false, true) => differences.push(format!("sets {ours} instead of removing it")),
    }
    let removal = if removes(&their_attributes) { "a removal's " } else { "" };
    let names: std::collections::BTreeSet<_> = our_attributes.keys().chain(their_attributes.keys()).collect();
    for name in names {
        let (ours, theirs) = (our_attributes.get(name), their_attributes.get(name));
        if ours != theirs {
            let show = |value: Option<&String>| value.map_or("none".to_owned(), |value| format!("{value:?}"));
            differences.push(format!("{removal}{name} is {} instead of {}", show(ours), show(theirs)));
        }
    }
    differences
}

/// Compares what a response says about the cookie. `came` is the session that the request brought.
fn compare_commit(v: &Vector, commit: &Commit, theirs: Option<&str>, came: &Came) -> Differences {
    let mut lines: Vec<_> = commit.set_cookies().collect();
    if let [partitioned, before] = *lines
        && commit.is_removal()
        && partitioned.replace("; Partitioned", "") == before
    {
        // Ours removes the cookie from before it was partitioned, too.
        lines.pop();
    }
    match (lines.as_slice(), theirs) {
        ([], None) => vec![],
        ([ours], Some(theirs)) => compare_lines(v, ours, theirs),
        ([], Some(theirs)) => {
            let (_, value) = theirs.split(';').next().unwrap().split_once('=').unwrap();
            let removed = theirs.to_lowercase().contains("expires=thu, 01 jan 1970");
            let value =
                (!removed).then(|| python::read(&plaintext(value, v.separator()), v.is_flask()).unwrap());
            vec![match (came, value) {
                (Came::Nothing, None) => "leaves alone a cookie that was not presented".into(),
                (Came::Nothing, Some(value)) if value.is_empty_dict() => {
                    "makes no cookie for an empty session".into()
                }
                (Came::Rejected, None) => "leaves alone a cookie that was rejected (removed)".into(),
                (Came::Rejected, Some(value)) if value.is_empty_dict() => {
                    "leaves alone a cookie that was rejected (overwritten)".into()
                }
                (Came::Session(came), Some(value)) if came.sorted() == value.sorted() => {
                    "leaves alone a session that nobody changed".into()
                }
                (_, value) => format!("sets nothing instead of {value:?}"),
            }]
        }
        (ours, None) if commit.is_removal() && matches!(came, Came::Rejected) => {
            let _ = ours;
            vec!["removes a cookie that did not verify".into()]
        }
        (ours, theirs) => vec![format!("{ours:?} instead of {theirs:?}")],
    }
}

/// What cookie a request brought.
enum Came {
    Nothing,
    Rejected,
    Session(Typed),
}

/// Signs a session, whatever it holds, so that it can be opened.
fn cookie_of(sessions: &Sessions, value: &Typed, tagged: bool) -> Option<String> {
    let mut session = sessions.start();
    insert_all(&mut session, value, tagged).ok()?;
    sessions.save(session).ok()?.cookie_pair().map(str::to_owned)
}

fn varies(commit: &Commit) -> bool {
    commit.vary([""; 0]).is_some()
}

/// What a session's life is in Rust, given the flags of Python.
fn saved(
    v: &Vector,
    sessions: &Sessions,
    value: &Typed,
    modified: bool,
    loaded: bool,
) -> Result<Result<Commit, SessionError>, NotApplicable> {
    let tagged = v.is_flask();
    let value = as_written(v, value)?;
    let other = Typed::Dict(vec![(Typed::Str("before".into()), Typed::Null)]);
    match (modified, value.is_empty_dict(), loaded) {
        (false, true, _) => Ok(sessions.save(sessions.open([""; 0]))),
        (false, false, false) => no("a session that came from nowhere and was not changed"),
        (false, false, true) => {
            let cookie = cookie_of(sessions, &value, tagged).expect("it fits");
            Ok(sessions.save(sessions.open([cookie])))
        }
        (true, true, loaded) => {
            let cookie = loaded.then(|| cookie_of(sessions, &other, tagged)).flatten();
            let mut session = sessions.open(cookie);
            session.remove("before");
            Ok(sessions.save(session))
        }
        (true, false, loaded) => {
            let cookie = loaded.then(|| cookie_of(sessions, &other, tagged)).flatten();
            let mut session = sessions.open(cookie);
            session.remove("before");
            if let Err(error) = insert_all(&mut session, &value, tagged) {
                return Ok(Err(error));
            }
            Ok(sessions.save(session))
        }
    }
}

fn flask_save(v: &Vector) -> Replay {
    let ok = v.ok().ok_or(NotApplicable("a configuration that Flask refuses"))?;
    let sessions = sessions!(v);
    let value = Typed::of(v.arg("session"));
    // Flask removes a cookie that nobody presented; here one has to be.
    let commit = match saved(v, &sessions, &value, v.flag("modified"), true)? {
        Ok(commit) => commit,
        Err(error) => return Ok(vec![insert_error(&error, &value)]),
    };
    let came = if v.flag("modified") { Came::Nothing } else { Came::Session(value) };
    let theirs = ok["set_cookie"].as_str();
    if !v.flag("accessed") && !v.flag("modified") && theirs.is_some() {
        // Nobody opened it.
        return Ok(vec!["does not refresh a session that nobody opened".into()]);
    }
    let mut differences = compare_commit(v, &commit, theirs, &came);
    if (v.flag("accessed") || theirs.is_some()) && ok["vary"] != varies(&commit) {
        differences.push("Vary".into());
    }
    Ok(differences)
}

fn st_save(v: &Vector) -> Replay {
    let ok = v.ok().ok_or(NotApplicable("a configuration that Starlette refuses"))?;
    let sessions = sessions!(v);
    let value = Typed::of(v.arg("session"));
    if !v.flag("accessed") && v.flag("modified") {
        return no("a session that was changed without being opened");
    }
    let commit = saved(v, &sessions, &value, v.flag("modified"), v.flag("loaded"))?.expect("it fits");
    let mut differences = compare_commit(v, &commit, ok["set_cookie"].as_str(), &Came::Nothing);
    if v.flag("accessed") && ok["vary"] != varies(&commit) {
        differences.push("Vary".into());
    }
    Ok(differences)
}

fn dj_policy(v: &Vector) -> Replay {
    let ok = v.ok().expect("an answer");
    let mut with_clock = Vector { suite: v.suite, json: v.json.clone() };
    if with_clock.arg("now").is_null() {
        with_clock.json["req"]["now"] = json!(1_700_000_000);
    }
    let sessions = sessions!(&with_clock);
    let (modified, empty, presented) = (v.flag("modified"), v.flag("empty"), v.flag("cookie_present"));
    let value = Typed::Dict(vec![(Typed::Str("k".into()), Typed::Int("1".into()))]);
    let action = ok["action"].as_str().unwrap();
    if !v.flag("accessed") && modified {
        return no("a session that was changed without being opened");
    }
    if !v.flag("accessed") && action == "save" {
        return Ok(vec!["does not refresh a session that nobody opened".into()]);
    }
    let mut session = match (presented, empty) {
        (true, false) => sessions.open(cookie_of(&sessions, &value, false)),
        // Django's empty session is one without a key: flushed, or too short to be one.
        (true, true) if modified => sessions.open(cookie_of(&sessions, &value, false)),
        (true, true) => sessions.open(["sessionid=x"]),
        (false, _) => sessions.open([""; 0]),
    };
    match (empty, modified) {
        (false, true) => session.insert("n", 1).unwrap(),
        (true, true) => session.clear(),
        (false, false) if !presented => return no("a session that came from nowhere and was not changed"),
        _ => {}
    }
    let commit = sessions.save(session).unwrap();
    let ours = match () {
        () if commit.is_removal() => "delete",
        () if commit.cookie_pair().is_some() => "save",
        () => "none",
    };
    let mut differences = Vec::new();
    if ours != action {
        differences.push(match (ours, action, v.arg("status").as_u64()) {
            ("save", "none", Some(500..)) => "saves whatever the status".into(),
            ("none", "delete", _) if presented && !modified => {
                "leaves alone a cookie that was rejected (removed)".into()
            }
            _ => format!("{ours} instead of {action}"),
        });
    }
    if (v.flag("accessed") || action != "none") && differences.is_empty() && ok["vary"] != varies(&commit) {
        differences.push("Vary".into());
    }
    Ok(differences)
}

fn dj_cookie(v: &Vector) -> Replay {
    let Some(ok) = v.ok() else { return no("a configuration that Django refuses") };
    let mut with_age = Vector { suite: v.suite, json: v.json.clone() };
    let browser_close = v.flag("browser_close");
    with_age.json["req"]["config"]["SESSION_EXPIRE_AT_BROWSER_CLOSE"] = json!(browser_close);
    if let Some(age) = v.arg("age").as_i64().filter(|age| *age > 0) {
        with_age.json["req"]["config"]["SESSION_COOKIE_AGE"] = json!(age);
    }
    let sessions = sessions!(&with_age);
    let value = Typed::Dict(vec![(Typed::Str("k".into()), Typed::Int("1".into()))]);
    let commit = if v.arg("value").is_null() {
        let mut session = sessions.open(cookie_of(&sessions, &value, false));
        session.clear();
        sessions.save(session).unwrap()
    } else {
        let mut session = sessions.start();
        insert_all(&mut session, &value, false).unwrap();
        if let Some(age) = v.arg("age").as_i64().filter(|age| *age <= 0 && !browser_close) {
            session.insert("_session_expiry", age).unwrap();
        }
        sessions.save(session).unwrap()
    };
    let line: Vec<_> = commit.set_cookies().collect();
    Ok(compare_lines(&with_age, line[0], ok["set_cookie"].as_str().unwrap()))
}

fn dj_expiry(v: &Vector) -> Replay {
    if !v.arg("modification").is_null() || !v.arg("expiry").is_null() {
        return no("an expiry counted from another time");
    }
    let Some(ok) = v.ok() else { return no("an expiry that Django fails on") };
    let sessions = sessions!(v);
    let stored = Typed::of(&ok["stored"]);
    let mut session = sessions.start();
    session.insert("k", 1).unwrap();
    let stored = match stored {
        Typed::DateTime(seconds) => Typed::Str(iso(seconds)),
        other => other,
    };
    if stored != Typed::Null || v.arg("stored").is_array() {
        session.insert("_session_expiry", Write { value: &stored, tagged: false }).unwrap();
    }
    let commit = sessions.save(session).unwrap();
    let line = commit.set_cookies().next().unwrap().to_owned();
    let find = |name: &str| line.split("; ").find_map(|attribute| attribute.strip_prefix(name));
    let (age, expires) = (find("Max-Age="), find("Expires="));
    if ok["browser_close"] == true {
        return Ok(if age.is_none() && expires.is_none() {
            vec![]
        } else {
            vec![format!("keeps it: {line}")]
        });
    }
    let their_age = match Typed::of(&ok["age"]) {
        Typed::Int(digits) => digits,
        // Django's set_cookie cuts the fraction off.
        Typed::Float(seconds) => format!("{}", seconds.trunc()),
        Typed::Bool(yes) => format!("{}", i32::from(yes)),
        other => panic!("{other:?}"),
    };
    let mut differences = Vec::new();
    if age != Some(&their_age) {
        differences.push(format!("Max-Age {age:?} instead of {their_age}"));
    }
    // What the middleware makes of it.
    let age: f64 = match Typed::of(&ok["age"]) {
        Typed::Float(seconds) => seconds,
        _ => their_age.parse().unwrap(),
    };
    let theirs = Some(Typed::DateTime((v.now() + age).floor() as i64));
    let ours = expires.map(|date| python::read(&format!("{{\" d\":\"{date}\"}}"), true).unwrap());
    if ours != theirs {
        differences.push(format!("Expires {expires:?} instead of {theirs:?}"));
    }
    Ok(differences)
}

fn iso(seconds: i64) -> String {
    let date = time::OffsetDateTime::from_unix_timestamp(seconds).unwrap();
    let format = time::macros::format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]+00:00");
    date.format(format).unwrap()
}

// Whole requests.

fn http(v: &Vector) -> Replay {
    let ok = v.ok().ok_or(NotApplicable("an answer of 500"))?;
    if ok["reads"].is_null() {
        return no("an exception in the view");
    }
    let sessions = sessions!(v);
    let header = v.arg("cookie_header").as_str();
    let mut session = sessions.open(header);
    let tagged = v.is_flask();
    if session.issued_at() > Some(system_time(v.now())) {
        return Ok(vec!["tolerates a clock that is ahead".into()]);
    }
    let presented = header.is_some_and(|header| header.contains(&format!("{}=", sessions.cookie_name())));
    let came = match (presented, session.is_new()) {
        (false, _) => Came::Nothing,
        (true, true) => Came::Rejected,
        (true, false) => Came::Session(contents(&session, tagged)),
    };
    let actions = v.arg("actions").as_array().expect("actions");
    let mut reads = ok["reads"].as_array().unwrap().iter().map(Typed::of);
    let mut differences = Vec::new();
    let mut nested = false;
    for action in actions {
        nested |= action[0] == "append";
        act(v, &mut session, action, &mut reads, &mut differences)?;
    }
    let theirs: Vec<&str> =
        ok["set_cookie"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
    assert!(theirs.len() < 2);
    if actions.iter().all(|action| action[0] == "status") {
        if !theirs.is_empty() {
            differences.push("does not refresh a session that nobody opened".into());
        }
        return Ok(differences);
    }
    let commit = sessions.save(session).expect("it fits");
    let status = ok["status"].as_u64().unwrap();
    if v.suite == "django" && status >= 500 && commit.set_cookies().next().is_some() && theirs.is_empty() {
        differences.push("saves whatever the status".into());
        return Ok(differences);
    }
    if nested && theirs.is_empty() && commit.cookie_pair().is_some() {
        differences.push("notices a change inside a value".into());
        return Ok(differences);
    }
    differences.extend(compare_commit(v, &commit, theirs.first().copied(), &came));
    let vary = ok["vary"].as_array().unwrap().iter().any(|line| line == "Cookie");
    if vary != varies(&commit) {
        differences.push("Vary".into());
    }
    Ok(differences)
}

/// Returns everything in a session.
fn contents(session: &Session, tagged: bool) -> Typed {
    let value = |key: &str| python::read(session.get_raw(key).unwrap(), tagged).unwrap();
    Typed::Dict(session.keys().map(|key| (Typed::Str(key.to_string()), value(&key))).collect())
}

fn act(
    v: &Vector,
    session: &mut Session,
    action: &Value,
    reads: &mut impl Iterator<Item = Typed>,
    differences: &mut Differences,
) -> Result<(), NotApplicable> {
    let tagged = v.is_flask();
    let key = action[1].as_str().unwrap_or_default();
    let mut expect = |same: bool| {
        if !same {
            differences.push(format!("reads another {action}"));
        }
    };
    let matches = |session: &Session, key: &str, expected: &Typed| match session.contains_key(key) {
        true => has(session, key, expected, tagged),
        false => *expected == Typed::Null,
    };
    match action[0].as_str().unwrap() {
        "set" => {
            let value = &Typed::of(&action[2]);
            session.insert(key, Write { value, tagged }).expect("it fits");
        }
        "del" => expect(session.remove(key)),
        "pop" => {
            expect(matches(session, key, &reads.next().unwrap()));
            session.remove(key);
        }
        "clear" if v.suite == "django" => {
            let keys: Vec<String> = session.keys().map(std::borrow::Cow::into_owned).collect();
            keys.iter().for_each(|key| expect(session.remove(key)));
        }
        "clear" | "flush" => session.clear(),
        "update" => {
            let value = as_written(v, &Typed::of(&action[1]))?;
            insert_all(session, &value, tagged).expect("it fits");
        }
        "setdefault" => {
            if !session.contains_key(key) {
                let value = &Typed::of(&action[2]);
                session.insert(key, Write { value, tagged }).expect("it fits");
            }
            expect(matches(session, key, &reads.next().unwrap()));
        }
        "get" => expect(matches(session, key, &reads.next().unwrap())),
        "contains" => expect(reads.next() == Some(Typed::Bool(session.contains_key(key)))),
        "len" => expect(reads.next() == Some(Typed::Int(session.len().to_string()))),
        "all" => {
            let theirs = reads.next().unwrap();
            // In Python, what was just changed inside a value is seen.
            expect(contents(session, tagged).sorted() == theirs.sorted());
        }
        "append" => {
            let value = &Typed::of(&action[2]);
            let raw = |value: &Typed| {
                let mut other = flask_sessions().start();
                other.insert("v", Write { value, tagged }).unwrap();
                other.get::<Value>("v").unwrap().unwrap()
            };
            session.update(key, |list: &mut Vec<Value>| list.push(raw(value))).expect("a list");
        }
        // There is no flag; to sign the same again is the nearest.
        "touch" | "cycle_key" => session.renew(),
        "permanent" => session.set_permanent(action[1].as_bool().unwrap()),
        "set_expiry" => match Typed::of(&action[1]) {
            Typed::Null => {
                session.remove("_session_expiry");
            }
            Typed::Float(seconds) => {
                let date = iso((v.now() + seconds) as i64);
                session.insert("_session_expiry", date).expect("it fits");
            }
            Typed::DateTime(seconds) => session.insert("_session_expiry", iso(seconds)).expect("it fits"),
            value => session.insert("_session_expiry", Write { value: &value, tagged }).expect("it fits"),
        },
        // No method of a session here; Max-Age of the cookie shows it.
        "expiry_age" => drop(reads.next()),
        "browser_close" => expect(reads.next() == Some(Typed::Bool(!session.permanent()))),
        "status" => {}
        other => panic!("unknown action {other}"),
    }
    Ok(())
}

// What a session brings is what goes back.

#[test]
fn gives_every_other_value_back_as_it_came() {
    let folder = std::env::var_os("COOKIE_SESSION_VECTORS");
    let mut vectors: Vec<_> = SUITES.into_iter().flat_map(committed).collect();
    if let Some(folder) = &folder {
        vectors.extend(SUITES.into_iter().flat_map(|suite| collected(suite, folder)));
    }
    let mut sessions_seen = 0;
    for v in vectors {
        let Some((cookie, now)) = presented(&v) else { continue };
        let Ok(Ok(sessions)) = sessions(&with_lifetime(&v)) else { continue };
        let mut session = sessions.open_at([&cookie], system_time(now));
        if session.is_new() || session.insert("changed by Rust", 1).is_err() {
            continue;
        }
        let (_, before) = cookie.split_once('=').unwrap();
        let before = plaintext(before.trim().trim_matches('"'), v.separator());
        let commit = sessions.save(session).expect("it fits");
        let after = plaintext(cookie_value(&commit).expect("a cookie"), v.separator());
        // The text of each value, whatever stands between them.
        let mut members = members_of(&before, v.is_flask());
        members.push((r#""changed by Rust""#.into(), "1".into()));
        assert_eq!(members_of(&after, v.is_flask()), members, "{v}");
        sessions_seen += 1;
    }
    println!("{sessions_seen} sessions changed in one key");
    assert!(sessions_seen >= 218, "{sessions_seen}");
}

fn committed(suite: &'static str) -> Vec<Vector> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/vectors/{suite}.json"));
    let file = python::parse(&std::fs::read_to_string(path).expect("a file of vectors"));
    let vectors = file["vectors"].as_array().expect("vectors");
    vectors.iter().map(|json| Vector { suite, json: json.clone() }).collect()
}

fn collected(suite: &'static str, folder: &OsStr) -> Vec<Vector> {
    let path = Path::new(folder).join(format!("{suite}.jsonl"));
    let text = std::fs::read_to_string(path).expect("a file of vectors");
    text.lines().map(|line| Vector { suite, json: python::parse(line) }).collect()
}

/// Returns the cookie that a vector brings, as one pair, and the time.
fn presented(v: &Vector) -> Option<(String, f64)> {
    let value = match v.json["req"]["op"].as_str()? {
        "flask.loads" | "st.loads" => format!("session={}", v.text("token")),
        "dj.session_loads" => format!("sessionid={}", v.text("cookie")),
        "flask.open" | "st.open" => v.arg("cookie_header").as_str()?.to_owned(),
        _ => return None,
    };
    (!value.contains(';') && value.contains('=')).then(|| (value, v.now()))
}

/// As long as it takes: here only the text matters.
fn with_lifetime(v: &Vector) -> Vector {
    let mut json = v.json.clone();
    json["req"].as_object_mut().unwrap().remove("max_age");
    Vector { suite: v.suite, json }
}

/// Returns the key and value of each member as they are spelled, of the object inside Flask's escape if there
/// is one.
fn members_of(object: &str, tagged: bool) -> Vec<(String, String)> {
    let raw: RawMembers = serde_json::from_str(object).expect("an object");
    match raw.0.as_slice() {
        [(key, value)] if tagged && key == "\" di\"" => {
            let inner: RawMembers = serde_json::from_str(value).expect("an object");
            inner.0.into_iter().map(|(key, value)| (key.replace("__\"", "\""), value)).collect()
        }
        _ => raw.0,
    }
}

struct RawMembers(Vec<(String, String)>);

impl<'de> serde::Deserialize<'de> for RawMembers {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = RawMembers;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<RawMembers, A::Error> {
                let mut members = Vec::new();
                while let Some((key, value)) = map.next_entry::<&RawValue, &RawValue>()? {
                    members.push((key.get().to_owned(), value.get().to_owned()));
                }
                Ok(RawMembers(members))
            }
        }
        d.deserialize_map(Visitor)
    }
}
