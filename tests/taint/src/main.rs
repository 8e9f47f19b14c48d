//! Whether a token verifies is all that anybody learns of a key: no branch and no index depends on more.
//!
//! The keys are marked as undefined for valgrind's memcheck, and with them whatever is computed from them: the derived
//! keys, the states of HMAC, the MAC of what was presented. Memcheck reports every jump and every address that depends
//! on one. Where the result of the comparison becomes a `bool`, `subtle/` declares it public, and `aes/` a text that was
//! decrypted. Nothing that is forged is decrypted.
//!
//! Run by `.ci/run taint`. It fails if memcheck reports something in the library, if what was compared was no secret
//! (then nothing would have been shown), or if a wrong comparison goes unnoticed.

use std::hint::black_box;
use std::process::ExitCode;
use std::time::Duration;

use cookie_session::flask::{Digest, KeyDerivation};
use cookie_session::{Builder, Codec, KeyRing, KeyRole, SecretKey, Sessions, django, flask, starlette};
use hmac::{EagerHash, Hmac, KeyInit, Mac};
use subtle::memcheck;
use subtle::secret_verdicts;

fn main() -> ExitCode {
    if !memcheck::is_running() {
        eprintln!("this says something under valgrind alone: .ci/run taint");
        return ExitCode::FAILURE;
    }
    let mut failures = 0;
    for place in places() {
        failures += place.check();
    }
    failures += controls();
    if failures > 0 {
        eprintln!("{failures} failures");
        return ExitCode::FAILURE;
    }
    println!("no branch and no index depends on a key");
    ExitCode::SUCCESS
}

/// How many keys a ring has, where the format knows more than one.
const KEYS: usize = 3;

/// Something that verifies.
struct Place {
    what: String,
    /// How many keys it has.
    keys: usize,
    /// What the n-th key signed; one key more is a stranger's.
    tokens: Vec<String>,
    verify: Box<Verify>,
}

/// Says which key made a token, if one did.
type Verify = dyn Fn(&str) -> Option<KeyRole>;

impl Place {
    /// Verifies what is good, forged and malformed, and returns how many rows went wrong.
    fn check(&self) -> usize {
        let own = &self.tokens[0];
        let cut = |len: usize| own[..own.len() - len].to_owned();
        // In the signature's first byte, its middle, its last byte, and in the payload.
        let signature = own.rfind(['.', ':']).expect("a token has a signature") + 1;
        let altered = |at: usize| {
            let other = if own.as_bytes()[at] == b'A' { "B" } else { "A" };
            format!("{}{other}{}", &own[..at], &own[at + 1..])
        };
        let genuine = self.tokens.iter().enumerate().map(|(n, token)| {
            let role = if n == 0 { KeyRole::Current } else { KeyRole::Fallback };
            let is_known = n < self.keys;
            (format!("of key {n}"), token.clone(), (n + 1).min(self.keys), is_known.then_some(role))
        });
        let forged = [signature, (signature + own.len()) / 2, own.len() - 2, 1]
            .map(|at| (format!("altered at {at}"), altered(at), self.keys, None));
        let malformed = [String::new(), cut(1), cut(own.len() - signature + 1), own.replace(['.', ':'], "-")]
            .map(|token| ("malformed".to_owned(), token, 0, None));

        let (mut rows, mut failures, verdicts) = (0, 0, secret_verdicts());
        for (what, token, compared, expected) in genuine.chain(forged).chain(malformed) {
            let before = (memcheck::errors(), secret_verdicts());
            let answer = (self.verify)(&token);
            let (errors, compared_with) = (memcheck::errors() - before.0, secret_verdicts() - before.1);
            rows += 1;
            if (errors, compared_with, answer) != (0, compared, expected) {
                failures += 1;
                eprintln!(
                    "{}, {what}: {answer:?}, {errors} errors, {compared_with} secret verdicts; \
                     expected {expected:?}, none, {compared}",
                    self.what
                );
            }
        }
        println!("{}: {rows} tokens, {} secret verdicts", self.what, secret_verdicts() - verdicts);
        failures
    }
}

fn places() -> Vec<Place> {
    let mut places = vec![
        sessions("sessions", KEYS, |secrets| Sessions::builder(ring(secrets))),
        sessions("encrypted sessions", KEYS, |secrets| Sessions::builder(ring(secrets)).encrypted()),
        codec("a codec", |secrets| Codec::new(&ring(secrets), "links", HOUR).expect("builds")),
        codec("an encrypted codec", |secrets| {
            Codec::encrypted(&ring(secrets), "links", HOUR).expect("builds")
        }),
        sessions("Django's sessions", KEYS, |secrets| Sessions::builder(django(secrets))),
        codec("Django's codec", |secrets| django(secrets).codec("links", HOUR).expect("builds")),
        sessions("Starlette's sessions", 1, |secrets| {
            let secret = starlette::SecretKey::new(&secrets[0]).expect("a secret");
            Sessions::builder(starlette::Profile::new(secret))
        }),
    ];
    for digest in [Digest::Sha1, Digest::Sha256, Digest::Sha512] {
        for derivation in [KeyDerivation::Hmac, KeyDerivation::DjangoConcat, KeyDerivation::Concat] {
            let what = format!("Flask's sessions, {digest:?}, {derivation:?}");
            places.push(sessions(&what, KEYS, move |secrets| {
                Sessions::builder(flask(secrets).digest(digest).key_derivation(derivation))
            }));
        }
        let what = format!("Flask's codec, {digest:?}");
        places.push(codec(&what, move |secrets| {
            flask(secrets).codec_with("links", HOUR, KeyDerivation::DjangoConcat, digest).expect("builds")
        }));
    }
    places
}

const HOUR: Duration = Duration::from_secs(60 * 60);

fn sessions(what: &str, keys: usize, builder: impl Fn(&[Vec<u8>]) -> Builder) -> Place {
    let build = |secrets: &[Vec<u8>]| builder(secrets).build().expect("builds");
    // Who signs has no secret that is hidden: a signature goes out, and is written as text.
    let tokens = (0..=keys).map(|n| {
        let signing = build(&[secret(n)]);
        let mut session = signing.start();
        session.insert("user", "ada").expect("fits");
        let commit = signing.save(session).expect("fits");
        let pair = commit.cookie_pair().expect("it is set");
        pair.split_once('=').expect("a name and a value").1.to_owned()
    });
    let tokens = tokens.collect();
    // Reading a key looks at it: whether it is weak is decided there, once and in the open.
    let verifying = memcheck::unheard(|| build(&hidden(keys)));
    let name = verifying.cookie_name().to_owned();
    Place {
        what: what.to_owned(),
        keys,
        tokens,
        verify: Box::new(move |token| verifying.open([format!("{name}={token}")]).verified_by()),
    }
}

fn codec(what: &str, codec: impl Fn(&[Vec<u8>]) -> Codec) -> Place {
    let tokens = (0..=KEYS).map(|n| codec(&[secret(n)]).encode("ada").expect("fits")).collect();
    let verifying = memcheck::unheard(|| codec(&hidden(KEYS)));
    Place {
        what: what.to_owned(),
        keys: KEYS,
        tokens,
        // A codec does not say which key it was. That many comparisons were made says it.
        verify: Box::new(move |token| {
            let before = secret_verdicts();
            verifying.decode::<String>(token).ok()?;
            Some(if secret_verdicts() - before == 1 { KeyRole::Current } else { KeyRole::Fallback })
        }),
    }
}

fn ring(secrets: &[Vec<u8>]) -> KeyRing {
    let mut keys = secrets.iter().map(|secret| SecretKey::from_bytes(secret).expect("it passes for random"));
    let first = keys.next().expect("one key");
    keys.fold(KeyRing::new(first), KeyRing::fallback)
}

fn flask(secrets: &[Vec<u8>]) -> flask::Profile {
    let mut keys = secrets.iter().map(|secret| flask::SecretKey::new(secret).expect("a secret"));
    let first = keys.next().expect("one key");
    keys.fold(flask::Profile::new(first), flask::Profile::fallback)
}

fn django(secrets: &[Vec<u8>]) -> django::Profile {
    let mut keys = secrets.iter().map(|secret| django::SecretKey::new(secret).expect("a secret"));
    let first = keys.next().expect("one key");
    keys.fold(django::Profile::new(first), django::Profile::fallback)
}

/// Returns the n-th secret: 32 bytes that pass for random.
fn secret(n: usize) -> Vec<u8> {
    use sha2::Digest;

    sha2::Sha256::digest(format!("the secret of number {n}")).to_vec()
}

/// Returns the first secrets, marked as such.
fn hidden(count: usize) -> Vec<Vec<u8>> {
    let mut secrets: Vec<_> = (0..count).map(secret).collect();
    secrets.iter_mut().for_each(|secret| memcheck::hide(secret));
    secrets
}

// --- controls ----------------------------------------------------------------------------------------------------

/// A way to compare that gives something away.
type Wrong = fn(&[u8], &[u8]) -> bool;

/// What must be reported.
const WRONG: [(&str, Wrong); 4] = [
    ("a comparison that ends at the first difference", |mac, presented| {
        mac.iter().zip(presented).all(|(a, b)| black_box(*a) == *b)
    }),
    ("the comparison of slices", |mac, presented| mac == presented),
    ("a branch on a byte", |mac, _| if black_box(mac[0]) > 127 { black_box(true) } else { black_box(false) }),
    ("a table that is looked up", |mac, _| {
        let table = black_box([1_u8; 256]);
        memcheck_defined(table[usize::from(mac[0])]) == 1
    }),
];

/// Keeps a value that is secret from being judged here: only the look-up itself is of interest.
fn memcheck_defined(value: u8) -> u8 {
    let value = [value];
    memcheck::publish(&value);
    black_box(&value)[0]
}

/// Compares a secret MAC in every wrong way, and returns how many of them were not reported.
fn controls() -> usize {
    fn mac<D: EagerHash>() -> Vec<u8> {
        let mut key = secret(0);
        memcheck::hide(&mut key);
        let mac: Hmac<D> = Hmac::new_from_slice(&key).expect("HMAC takes keys of any length");
        mac.chain_update("a message").finalize().into_bytes().to_vec()
    }

    let mut failures = 0;
    for (digest, mac) in [
        ("SHA-1", mac::<sha1::Sha1>()),
        ("SHA-256", mac::<sha2::Sha256>()),
        ("SHA-512", mac::<sha2::Sha512>()),
    ] {
        for (what, wrong) in WRONG {
            let before = memcheck::errors();
            let presented = vec![0; mac.len()];
            let _ = black_box(wrong(black_box(&mac), black_box(&presented)));
            let errors = memcheck::errors() - before;
            println!("control, {digest}: {what}: {errors} errors, as it must be");
            if errors == 0 {
                failures += 1;
                eprintln!("{what} was not reported");
            }
        }
    }
    failures
}
