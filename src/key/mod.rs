//! Secret keys and the ring of them that a program holds.

use std::error::Error;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use base64::engine::general_purpose::{STANDARD_PAD_INDIFFERENT, URL_SAFE_PAD_INDIFFERENT};
use base64::{Engine, decoded_len_estimate};
use hmac::EagerHash;
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::error::ConfigError;
use crate::random;
use crate::token::signer::{Keys, Signer, derive, leaving_a_clean_stack};

#[cfg(feature = "_python")]
mod frameworks;
mod known;

/// A key that signs: at least 32 bytes that nobody can guess.
///
/// A key is made once, kept outside the code, and used for nothing else:
///
/// ```sh
/// openssl rand -base64 32
/// ```
///
/// What that prints, or `openssl rand -hex 32`, is what [`FromStr`] reads:
/// `text.parse::<SecretKey>()?`.
/// Keys that are short, repetitive or known from tutorials are refused, each
/// with an error that says how to make a good one.
///
/// The bytes are wiped from memory when the key is dropped, do not show in
/// [`Debug`](fmt::Debug) output, and cannot be taken out again.
///
/// ```
/// use cookie_session::SecretKey;
///
/// let key = SecretKey::generate()?; // in production: KeyRing::from_env("SESSION_KEYS")?
/// assert_eq!(format!("{key:?}"), "SecretKey(..)");
/// # Ok::<(), cookie_session::KeyError>(())
/// ```
#[derive(Clone)]
pub struct SecretKey(Secret);

impl SecretKey {
    /// Makes a key from the operating system's random source.
    ///
    /// It lives as long as the process: after a restart, and on every other
    /// machine, the cookies signed with it are worthless. Good for tests and
    /// demonstrations.
    ///
    /// # Errors
    ///
    /// [`KeyErrorKind::NoRandomness`] if the operating system has none to give,
    /// or if there is none, as on `wasm32-unknown-unknown`.
    pub fn generate() -> Result<Self, KeyError> {
        let mut bytes = Zeroizing::new(vec![0; MIN_LEN].into_boxed_slice());
        random::fill(&mut bytes).ok_or_else(|| KeyError::new(KeyErrorKind::NoRandomness))?;
        Ok(Self(Secret(bytes)))
    }

    /// Takes a key that exists as raw bytes, such as 32 bytes from a key store.
    ///
    /// For text in hex or base64, use [`FromStr`], which is `parse`: the text of a key is not the key.
    ///
    /// # Errors
    ///
    /// [`KeyErrorKind::TooShort`] for fewer than 32 bytes, [`KeyErrorKind::Weak`] for bytes
    /// that repeat, count up, or are a known default or placeholder.
    #[doc(alias("from_base64", "from_hex", "from_slice"))]
    pub fn from_bytes(bytes: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        let bytes = bytes.as_ref();
        if bytes.len() < MIN_LEN {
            return Err(KeyError::new(KeyErrorKind::TooShort { len: bytes.len() }));
        }
        match leaving_a_clean_stack(|| flaw(bytes)) {
            Some(flaw) => Err(KeyError::new(flaw)),
            None => Ok(Self(Secret::new(bytes))),
        }
    }
}

/// Reads a key from hex digits, or from base64 of either alphabet, padded or
/// not. White space around it is ignored.
impl FromStr for SecretKey {
    type Err = KeyError;

    /// # Errors
    ///
    /// [`KeyErrorKind::Quoted`] if there are quotes around the text,
    /// [`KeyErrorKind::NotEncoded`] if it is neither hex nor base64,
    /// [`KeyErrorKind::Passphrase`] if it is words, and those of
    /// [`from_bytes`](SecretKey::from_bytes).
    fn from_str(text: &str) -> Result<Self, KeyError> {
        leaving_a_clean_stack(|| Self::read(text.trim_ascii()))
    }
}

impl SecretKey {
    fn read(text: &str) -> Result<Self, KeyError> {
        if text.is_empty() {
            return Err(KeyError::new(KeyErrorKind::Missing));
        }
        if text.starts_with(QUOTES) || text.ends_with(QUOTES) {
            return Err(KeyError::new(KeyErrorKind::Quoted));
        }
        let read_from = |encoding| move |error| KeyError { encoding: Some(encoding), ..error };
        if text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Self::from_bytes(decode_hex(text).map_err(KeyError::new)?).map_err(read_from("hex"));
        }
        // Of words, every fourth is base64 by chance.
        let refusal = |kind| KeyError::new(if is_words(text) { KeyErrorKind::Passphrase } else { kind });
        let bytes = decode_base64(text).map_err(refusal)?;
        let key = Self::from_bytes(&bytes).map_err(read_from("base64"))?;
        // Words are base64 too: `this-is-my-secret-key-...` decodes to bytes that look random.
        match flaw_of_base64(text) {
            Some(flaw) => Err(KeyError::new(flaw)),
            None => Ok(key),
        }
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(..)")
    }
}

/// The keys of a program: one that signs, and older or newer ones that only
/// verify.
///
/// To replace a key without logging anybody out:
///
/// 1. add the new key as a fallback, on every machine;
/// 2. make it the current key and the old one a fallback, on every machine;
/// 3. after the longest idle limit, drop the old key.
///
/// Each step is finished everywhere before the next one starts. Dropping a key
/// that leaked ends every session that it signed, at once.
///
/// ```
/// use cookie_session::{KeyRing, SecretKey};
///
/// let keys = KeyRing::new(SecretKey::generate()?).fallback(SecretKey::generate()?);
/// # Ok::<(), cookie_session::KeyError>(())
/// ```
#[derive(Clone)]
pub struct KeyRing(pub(crate) Secrets);

impl KeyRing {
    /// Makes a ring of one key, which signs and verifies.
    pub fn new(current: SecretKey) -> Self {
        Self(Secrets::new(current.0))
    }

    /// Adds a key that verifies and never signs. A key that the ring has
    /// already is ignored.
    #[doc(alias("rotate", "rotation"))]
    #[must_use]
    pub fn fallback(mut self, key: SecretKey) -> Self {
        self.0.add(key.0);
        self
    }

    /// Reads a ring from an environment variable: keys as text, separated by
    /// commas or white space. The first one signs.
    ///
    /// ```no_run
    /// use cookie_session::KeyRing;
    ///
    /// let keys = KeyRing::from_env("SESSION_KEYS")?;
    /// # Ok::<(), cookie_session::KeyError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`KeyErrorKind::Missing`] if the variable is not set or has no key, otherwise the
    /// error of the first bad entry. The error names the variable and the
    /// position, never the text. Nor does it repeat a good key that stands where
    /// the name belongs.
    pub fn from_env(variable: &str) -> Result<Self, KeyError> {
        let text = match std::env::var(variable) {
            Ok(text) => Ok(Zeroizing::new(text)),
            Err(std::env::VarError::NotPresent) => Err(KeyErrorKind::Missing),
            Err(std::env::VarError::NotUnicode(_)) => Err(KeyErrorKind::NotEncoded),
        };
        text.map_err(KeyError::new)
            .and_then(|text| text.parse())
            .map_err(|error| KeyError { variable: Some(named(variable).into()), ..error })
    }
}

/// Returns what an error calls a variable.
fn named(variable: &str) -> &str {
    let mut parts = variable.split(|c: char| matches!(c, ',' | '=') || c.is_ascii_whitespace());
    let has_key = parts.any(|part| part.parse::<SecretKey>().is_ok());
    if has_key { "a key in place of a variable's name" } else { variable }
}

/// Reads keys separated by commas or white space. The first one signs.
impl FromStr for KeyRing {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        if is_phrase(text) {
            return Err(KeyError::new(KeyErrorKind::Passphrase));
        }
        let entries = text.split(|c: char| c == ',' || c.is_ascii_whitespace());
        let mut ring: Option<Self> = None;
        for (entry, position) in entries.filter(|entry| !entry.is_empty()).zip(1..) {
            let key: SecretKey =
                entry.parse().map_err(|error| KeyError { position: Some(position), ..error })?;
            ring = Some(match ring {
                None => Self::new(key),
                Some(ring) => ring.fallback(key),
            });
        }
        ring.ok_or_else(|| KeyError::new(KeyErrorKind::Missing))
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRing").field("fallbacks", &self.0.fallbacks.len()).finish_non_exhaustive()
    }
}

/// The bytes of one secret, wiped when dropped.
#[derive(Clone)]
pub(crate) struct Secret(Zeroizing<Box<[u8]>>);

impl Secret {
    pub(crate) fn new(bytes: &[u8]) -> Self {
        Self(Zeroizing::new(bytes.into()))
    }
}

/// One secret that signs, and others that verify too.
#[derive(Clone)]
pub(crate) struct Secrets {
    current: Secret,
    fallbacks: Vec<Secret>,
}

impl Secrets {
    pub(crate) fn new(current: Secret) -> Self {
        Self { current, fallbacks: Vec::new() }
    }

    /// Adds a secret that verifies, unless it is there already.
    pub(crate) fn add(&mut self, fallback: Secret) {
        if !self.all().any(|known| known.ct_eq(&fallback.0).into()) {
            self.fallbacks.push(fallback);
        }
    }

    /// Returns the signer of one salt in this library's own format.
    pub(crate) fn signer(&self, salt: &[u8]) -> Result<Signer, ConfigError> {
        Ok(Signer::Sha256(self.keys(|secret| derive::<Sha256>(secret, salt))?))
    }

    /// Derives a key from each secret.
    pub(crate) fn keys<D: EagerHash, const LEN: usize>(
        &self,
        derive: impl Fn(&[u8]) -> Zeroizing<Vec<u8>>,
    ) -> Result<Arc<Keys<D, LEN>>, ConfigError> {
        if self.fallbacks.len() >= MAX_KEYS {
            return Err(ConfigError::new(format!(
                "the ring has more than {MAX_KEYS} keys, and each costs a signature for every forged cookie; \
                 drop those that no session can still be signed with"
            )));
        }
        // Of a length that is known, so that collecting moves no key, which would leave a copy behind.
        let fallbacks = self.fallbacks.iter().map(|secret| derive(&secret.0));
        Ok(leaving_a_clean_stack(|| Keys::new(derive(&self.current.0), fallbacks)))
    }

    /// Returns the bytes of all secrets, those of the current one first.
    pub(crate) fn all(&self) -> impl Iterator<Item = &[u8]> {
        std::iter::once(&self.current).chain(&self.fallbacks).map(|secret| &**secret.0)
    }
}

/// Why a key was refused, where it stood, and how to make a good one.
///
/// Its [`Debug`](fmt::Debug) output is the same text, since that is what a
/// `main` that returns it prints:
///
/// ```text
/// Error: SESSION_KEYS: secret key is missing; make one with `openssl rand -base64 32`
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct KeyError {
    kind: KeyErrorKind,
    /// What the text was read as, if it was text that could be read.
    encoding: Option<&'static str>,
    position: Option<usize>,
    variable: Option<String>,
    /// The fewest bytes of a good one.
    least: usize,
}

impl KeyError {
    pub(crate) fn new(kind: KeyErrorKind) -> Self {
        Self { kind, encoding: None, position: None, variable: None, least: MIN_LEN }
    }

    /// Returns what is wrong with the key.
    pub fn kind(&self) -> KeyErrorKind {
        self.kind
    }

    /// Returns which entry of a list it was, counted from 1.
    pub fn position(&self) -> Option<usize> {
        self.position
    }

    /// Returns the environment variable that the key was read from.
    pub fn variable(&self) -> Option<&str> {
        self.variable.as_deref()
    }
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(variable) = &self.variable {
            write!(f, "{variable}: ")?;
        }
        match self.position {
            Some(position) => write!(f, "secret key {position} ")?,
            None => f.write_str("secret key ")?,
        }
        match self.kind {
            KeyErrorKind::Missing => f.write_str("is missing")?,
            KeyErrorKind::TooShort { len } => {
                match self.encoding {
                    Some(encoding) => write!(f, "is {encoding} for {len} bytes")?,
                    None => write!(f, "has {len} bytes")?,
                }
                write!(f, ", at least {} are needed", self.least)?;
            }
            KeyErrorKind::Weak => f.write_str("is repetitive or a placeholder")?,
            KeyErrorKind::Known => {
                f.write_str("is known to everybody: it is a default, or stands in a document")?;
            }
            KeyErrorKind::Passphrase => f.write_str("is a passphrase, and a key is random bytes")?,
            KeyErrorKind::NotEncoded => f.write_str("is neither hex nor base64")?,
            KeyErrorKind::Quoted => return f.write_str("is in quotation marks: remove them"),
            KeyErrorKind::NoRandomness => {
                return f.write_str("cannot be generated: the operating system gives no random bytes");
            }
        }
        f.write_str("; make one with `openssl rand -base64 32`")
    }
}

impl fmt::Debug for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for KeyError {}

/// What is wrong with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyErrorKind {
    /// There is no key: an empty text, or a variable that is not set.
    Missing,
    /// The key has fewer than 32 bytes.
    TooShort {
        /// How many bytes it has, once decoded.
        len: usize,
    },
    /// The key is repetitive, counts up, or is a placeholder.
    Weak,
    /// The key is a default of some product, or stands in a document, such as
    /// that on this library's format.
    Known,
    /// The text is words. People choose from far fewer of these than it takes to
    /// be safe.
    Passphrase,
    /// The text is neither hex nor base64.
    NotEncoded,
    /// The text has quotation marks around it, which the shell, Docker's
    /// `--env-file` or a service manager did not take off.
    Quoted,
    /// The operating system gives no random bytes.
    NoRandomness,
}

fn decode_base64(text: &str) -> Result<Zeroizing<Vec<u8>>, KeyErrorKind> {
    let engine = if text.contains(['-', '_']) { URL_SAFE_PAD_INDIFFERENT } else { STANDARD_PAD_INDIFFERENT };
    // A buffer of our own: an engine that fails drops its own without wiping what it has decoded.
    let mut bytes = Zeroizing::new(vec![0; decoded_len_estimate(text.len())]);
    let len = engine.decode_slice(text, &mut bytes).map_err(|_| KeyErrorKind::NotEncoded)?;
    bytes.truncate(len);
    Ok(bytes)
}

fn decode_hex(digits: &str) -> Result<Zeroizing<Vec<u8>>, KeyErrorKind> {
    let (pairs, []) = digits.as_bytes().as_chunks::<2>() else {
        return Err(KeyErrorKind::NotEncoded);
    };
    let value = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    // Room for all at once: a vector that grows leaves copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(pairs.len()));
    for &[high, low] in pairs {
        match (value(high), value(low)) {
            (Some(high), Some(low)) => bytes.push(high << 4 | low),
            _ => return Err(KeyErrorKind::NotEncoded),
        }
    }
    Ok(bytes)
}

/// Says why nobody would call these bytes random. Random bytes pass with
/// overwhelming probability: each test asks for something that 32 random bytes
/// show with a chance below one in 2^40.
fn flaw(bytes: &[u8]) -> Option<KeyErrorKind> {
    let is_text = bytes.iter().all(|byte| (0x20..0x7f).contains(byte));
    match () {
        () if is_regular(bytes) || is_text && has_placeholder(bytes, 0) => Some(KeyErrorKind::Weak),
        () if is_known(bytes) => Some(KeyErrorKind::Known),
        () if is_text && is_sentence(bytes) => Some(KeyErrorKind::Passphrase),
        () => None,
    }
}

/// Says whether there are few values, or one value, one period, or two steps
/// from byte to byte make up most of these bytes.
fn is_regular(bytes: &[u8]) -> bool {
    is_repetitive(bytes, MIN_DISTINCT)
}

fn is_repetitive(bytes: &[u8], min_distinct: usize) -> bool {
    let values = frequencies(bytes.iter().copied());
    let steps = frequencies(bytes.iter().zip(bytes.iter().skip(1)).map(|(a, b)| b.wrapping_sub(*a)));
    let repeats = |period: usize| {
        let same = bytes.iter().zip(bytes.iter().skip(period)).filter(|(a, b)| a == b).count();
        same.saturating_mul(3) >= bytes.len().saturating_sub(period).saturating_mul(2)
    };

    values.len() < min_distinct
        || values.first().is_some_and(|most| most.saturating_mul(2) >= bytes.len())
        || steps.iter().take(2).sum::<usize>().saturating_mul(4)
            >= bytes.len().saturating_sub(1).saturating_mul(3)
        || (1..=bytes.len() / 2).any(repeats)
}

/// Returns how often each value comes, the most common first.
fn frequencies(values: impl Iterator<Item = u8>) -> Vec<usize> {
    let mut sorted = Zeroizing::new(Vec::with_capacity(values.size_hint().1.unwrap_or_default()));
    sorted.extend(values);
    sorted.sort_unstable();
    let mut frequencies: Vec<usize> = sorted.chunk_by(|a, b| a == b).map(<[u8]>::len).collect();
    frequencies.sort_unstable_by(|a, b| b.cmp(a));
    frequencies
}

/// Says whether a published key is in these bytes, as text or as the bytes that
/// its hex digits stand for.
fn is_known(bytes: &[u8]) -> bool {
    let mut digits = Zeroizing::new(Vec::with_capacity(bytes.len().saturating_mul(2)));
    let digit = |value: u8| char::from_digit(u32::from(value), 16).and_then(|digit| u8::try_from(digit).ok());
    digits.extend(bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).filter_map(digit));
    let found = |text: &[u8], known: &[u8]| memchr::memmem::find(text, known).is_some();
    DEFAULTS.iter().any(|known| found(bytes, known) || found(&digits, known))
        || known::is_hash_of_a_word(bytes)
}

/// Says whether text has a space in it, or has letters of one case and no
/// digits.
fn is_sentence(text: &[u8]) -> bool {
    let has = |wanted: fn(&u8) -> bool| text.iter().any(wanted);
    has(|byte| *byte == b' ')
        || !(has(u8::is_ascii_digit) || has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase))
}

/// Says why this base64 text is words rather than random characters. The chance
/// of random text is about one in 2^26.
fn flaw_of_base64(text: &str) -> Option<KeyErrorKind> {
    let has = |wanted: fn(&u8) -> bool| text.bytes().any(|byte| wanted(&byte));
    let is_one_case = !has(u8::is_ascii_lowercase) || !has(u8::is_ascii_uppercase);
    match () {
        // A shorter word shows up in random base64 too often.
        () if is_regular(text.as_bytes()) || has_placeholder(text.as_bytes(), 8) => Some(KeyErrorKind::Weak),
        () if is_one_case || is_prose(text) => Some(KeyErrorKind::Passphrase),
        () => None,
    }
}

/// Says whether there are as many letters in lower case and as many vowels as in
/// CamelCase, and not as in random base64.
fn is_prose(text: &str) -> bool {
    let count = |wanted: fn(&u8) -> bool| text.bytes().filter(wanted).count();
    let lower = count(u8::is_ascii_lowercase);
    let vowels = count(|byte| b"aeiou".contains(&byte.to_ascii_lowercase()));
    let is_share =
        |part: usize, [of, all]: [usize; 2]| part.saturating_mul(all) >= text.len().saturating_mul(of);
    is_share(lower, [4, 5]) && is_share(vowels, [2, 7]) || is_share(lower, [3, 4]) && is_share(vowels, [1, 3])
}

/// Says whether text that is no base64 is rather words than a key that was cut.
fn is_words(text: &str) -> bool {
    let count = |wanted: fn(&u8) -> bool| text.bytes().filter(wanted).count();
    count(u8::is_ascii_lowercase).saturating_mul(5) >= text.len().saturating_mul(3)
        && count(u8::is_ascii_alphabetic).saturating_mul(7) >= text.len().saturating_mul(6)
}

/// Says whether a list of keys is several words that are no keys, with spaces
/// between them.
fn is_phrase(text: &str) -> bool {
    let is_word =
        |word: &str| word.len() < LONGEST_WORD && word.bytes().any(|byte| byte.is_ascii_alphabetic());
    let words = text.split_ascii_whitespace();
    !text.contains(',') && words.clone().count() > 1 && words.into_iter().all(is_word)
}

fn has_placeholder(text: &[u8], min_len: usize) -> bool {
    let mut letters = Zeroizing::new(Vec::with_capacity(text.len()));
    letters.extend(text.iter().filter(|byte| byte.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase));
    PLACEHOLDERS
        .iter()
        .filter(|word| word.len() >= min_len)
        .any(|word| memchr::memmem::find(&letters, word.as_bytes()).is_some())
}

// The output of SHA-256, and what RFC 2104 recommends for a key of HMAC-SHA256.
const MIN_LEN: usize = 32;

// Each key costs one HMAC for every cookie that none of them signed.
const MAX_KEYS: usize = 8;

// Shorter than a key of half the bytes that are needed.
const LONGEST_WORD: usize = 20;

const QUOTES: [char; 8] = ['"', '\'', '`', '\u{2018}', '\u{2019}', '\u{201c}', '\u{201d}', '\u{201e}'];

// 32 random bytes have about 30 distinct values; hex digits as raw bytes about 15.
const MIN_DISTINCT: usize = 10;

/// What people write where a key belongs, in lower case without separators.
const PLACEHOLDERS: &[&str] = &[
    "1q2w3e4r",
    "asdfgh",
    "changeit",
    "changeme",
    "changethis",
    "complexrandom",
    "default",
    "development",
    "devkey",
    "dontuse",
    "example",
    "fixme",
    "generatedsecret",
    "insecure",
    "keyboardcat",
    "letmein",
    "mykey",
    "mysecret",
    "nondevsecret",
    "notsecret",
    "password",
    "placeholder",
    "poiuyt",
    "privatekey",
    "qwerty",
    "replaceme",
    "replacethis",
    "replacewith",
    "scretkey",
    "secret",
    "secretkey",
    "secretvalue",
    "sessionkey",
    "sessionsecret",
    "signingkey",
    "supersecret",
    "temporary",
    "testkey",
    "thisisa",
    "thisisasecret",
    "thisismy",
    "thisisnot",
    "topsecret",
    "verysecret",
    "yourkey",
    "yoursecret",
    "zxcvbn",
];

/// Keys that shipped in products or stand in documents, and have no such word in
/// them. Hex digits stand for their bytes too.
const DEFAULTS: &[&[u8]] = &[
    // Superset's default before 2.0.1 (CVE-2023-27524).
    b"thisismyscretkey",
    // Redash's defaults before 10.1 (CVE-2021-41192).
    b"c292a0a3aa32397cdb050e233733900f",
    // What jwt.io showed for years.
    b"a-string-secret-at-least-256-bits-long",
    // What this library's documents show.
    b"90fe63915bee7c1a7016eac0e6903fab857bec791b7ebe70cff5e925e2602cfe",
    // What fingers find.
    b"12345678901234567890",
    b"abcdefghijklmnopqrstuvwxyz",
    // The keys of Flask's own quick start.
    b"_5#y2L\"F4Q8z\\n\\xec]/",
    b"_5#y2L\"F4Q8z\n\xec]/",
    b"192b9bdd22ab9ed4d12e236c78afcb9a393ec15f71bbf5dc987d54727823bcbf",
    // Miguel Grinberg's tutorials, and Flask's older documents.
    b"you-will-never-guess",
    b"hard to guess string",
    b"A0Zr98j/3yX R~XHH!jmN]LWX/,?RT",
    b"fd7b48e53c95f9e3962e35d1014f3c21d5a2a09f5222a1a8",
    // FastAPI's tutorial, and the key of RFC 7515, appendix A.1.
    b"09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",
    b"0323354b2b0fa5bc837e0665777ba68f5ab328e6f054c928a90f84b2d2502ebf",
    // NIST's keys of AES (SP 800-38A).
    b"2b7e151628aed2a6abf7158809cf4f3c",
    b"603deb1015ca71be2b73aef0857d7781",
    // Pi, e, the golden ratio and the square root of two, in hex and in decimal digits.
    b"243f6a8885a308d313198a2e03707344",
    b"b7e151628aed2a6abf7158809cf4f3c7",
    b"9e3779b97f4a7c15f39cc0605cedc834",
    b"6a09e667f3bcc908b2fb1366ea957d3e",
    b"14159265358979323846",
    b"27182818284590452353",
    // The constants of SHA-256.
    b"6a09e667bb67ae853c6ef372a54ff53a",
    b"428a2f9871374491b5c0fbcfe9b5dba5",
];
