//! Makes tokens without the library, and takes them apart.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use cookie_session::SecretKey;
use sha2::Digest as _;

use super::aes::Aes256;

/// Whether the sessions and tokens of this binary are encrypted: `tests/private.rs` is the one of which they are.
pub const ENCRYPTED: bool = matches!(env!("CARGO_CRATE_NAME").as_bytes(), b"private");

/// A digest that a token could be signed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Digest {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Digest {
    pub fn hash(self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha1 => sha1(message),
            Self::Sha256 => sha2::Sha256::digest(message).to_vec(),
            Self::Sha384 => sha2::Sha384::digest(message).to_vec(),
            Self::Sha512 => sha2::Sha512::digest(message).to_vec(),
        }
    }

    /// HMAC of RFC 2104, section 2, spelled out so that it is not the library's.
    pub fn hmac(self, key: &[u8], message: &[u8]) -> Vec<u8> {
        let block = match self {
            Self::Sha1 | Self::Sha256 => 64,
            Self::Sha384 | Self::Sha512 => 128,
        };
        let mut padded = if key.len() > block { self.hash(key) } else { key.to_vec() };
        padded.resize(block, 0);
        let with = |pad: u8| padded.iter().map(|byte| byte ^ pad).collect::<Vec<u8>>();
        let inner = self.hash(&[&with(0x36), message].concat());
        self.hash(&[with(0x5c), inner].concat())
    }
}

/// FIPS 180-4, section 6.1. No dependency of the library has it.
fn sha1(message: &[u8]) -> Vec<u8> {
    let mut padded = message.to_vec();
    padded.push(0x80);
    padded.resize((message.len() + 9).next_multiple_of(64) - 8, 0);
    padded.extend((message.len() as u64 * 8).to_be_bytes());
    let mut h: [u32; 5] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];
    for block in padded.chunks_exact(64) {
        let mut w: Vec<u32> =
            block.chunks_exact(4).map(|word| u32::from_be_bytes(word.try_into().unwrap())).collect();
        for t in 16..80 {
            w.push((w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16]).rotate_left(1));
        }
        let [mut a, mut b, mut c, mut d, mut e] = h;
        for (t, word) in w.iter().enumerate() {
            let (f, k) = match t {
                0..20 => (b & c | !b & d, 0x5a82_7999),
                20..40 => (b ^ c ^ d, 0x6ed9_eba1),
                40..60 => (b & c | b & d | c & d, 0x8f1b_bcdc),
                _ => (b ^ c ^ d, 0xca62_c1d6),
            };
            let sum = [f, e, k, *word].iter().fold(a.rotate_left(5), |sum, term| sum.wrapping_add(*term));
            (a, b, c, d, e) = (sum, a, b.rotate_left(30), c, d);
        }
        for (sum, term) in h.iter_mut().zip([a, b, c, d, e]) {
            *sum = sum.wrapping_add(term);
        }
    }
    h.iter().flat_map(|word| word.to_be_bytes()).collect()
}

/// Signs as the documents of the format say, and as an attacker would.
#[derive(Clone)]
pub struct Forge {
    /// The key that signs, derived already.
    pub key: Vec<u8>,
    pub digest: Digest,
    /// What encrypts payloads, if they are encrypted.
    cipher: Option<Cipher>,
}

/// The other two keys of an encrypted token.
#[derive(Clone)]
struct Cipher {
    aes: Aes256,
    iv_key: Vec<u8>,
}

impl Forge {
    /// Signs session cookies of this name, of the kind that this binary is for.
    pub fn session(secret: &[u8], cookie_name: &str) -> Self {
        Self::of(ENCRYPTED, secret, [b"cookie/", cookie_name.as_bytes()].concat())
    }

    /// Signs what a `Codec` of this salt reads, of the kind that this binary is for.
    pub fn codec(secret: &[u8], salt: &str) -> Self {
        Self::of(ENCRYPTED, secret, [b"token/", salt.as_bytes()].concat())
    }

    /// Signs for a place, such as `cookie/__Host-session`.
    pub fn of(encrypted: bool, secret: &[u8], place: impl AsRef<[u8]>) -> Self {
        let salt = |used: &str| [b"cookie-session/v1/", used.as_bytes(), place.as_ref()].concat();
        if !encrypted {
            return Self::salted(secret, &salt(""));
        }
        let key = |used| Digest::Sha256.hmac(secret, &salt(used));
        let cipher = Cipher { aes: Aes256::new(&key("encrypt/")), iv_key: key("iv/") };
        Self { cipher: Some(cipher), ..Self::salted(secret, &salt("private/")) }
    }

    pub fn salted(secret: &[u8], salt: &[u8]) -> Self {
        Self::signing(Digest::Sha256.hmac(secret, salt), Digest::Sha256)
    }

    /// Signs with a key that was derived already.
    pub fn signing(key: Vec<u8>, digest: Digest) -> Self {
        Self { key, digest, cipher: None }
    }

    /// Returns a token around this JSON text.
    pub fn token(&self, json: &str, issued: u64) -> String {
        self.token_of(json.as_bytes(), issued)
    }

    /// Returns a token around any bytes.
    pub fn token_of(&self, plain: &[u8], issued: u64) -> String {
        self.sign(&b64(&self.seal(plain, issued, [0; 16])), &timestamp(issued))
    }

    /// Returns a token around any two texts.
    pub fn sign(&self, payload: &str, timestamp: &str) -> String {
        let signed = format!("{payload}.{timestamp}");
        let signature = self.digest.hmac(&self.key, signed.as_bytes());
        format!("{signed}.{}", b64(&signature))
    }

    /// Returns the bytes of a payload: these, or what encrypts them.
    pub fn seal(&self, plain: &[u8], issued: u64, random: [u8; 16]) -> Vec<u8> {
        let Some(Cipher { aes, iv_key }) = &self.cipher else { return plain.to_vec() };
        let mac = Digest::Sha256.hmac(iv_key, &[&issued.to_be_bytes(), &random[..], plain].concat());
        let mut iv: [u8; 16] = *mac.first_chunk().expect("a MAC has 32 bytes");
        iv[0] |= 0x80;
        let mut padded = plain.to_vec();
        padded.resize(plain.len().next_multiple_of(32), b' ');
        [&iv[..], &aes.counter_mode(iv, &padded)].concat()
    }

    /// Returns the JSON text of a token, without the blanks that fill it up.
    #[track_caller]
    pub fn json(&self, token: &str) -> String {
        let Some(cipher) = &self.cipher else { return Parts::of(token).json() };
        let sealed = unb64(Parts::of(token).payload);
        let (iv, text) = sealed.split_first_chunk().expect("16 bytes stand before the text");
        let text = String::from_utf8(cipher.aes.counter_mode(*iv, text)).expect("the payload is JSON");
        text.trim_end().to_owned()
    }
}

/// Returns the JSON text of a session's token of this place, such as the cookie's name, whichever of these secrets made it.
#[track_caller]
pub fn session_json(keys: impl IntoIterator<Item = u64>, place: &str, token: &str) -> String {
    let Parts { payload, timestamp, .. } = Parts::of(token);
    let mut forges = keys.into_iter().map(|n| Forge::session(&secret(n), place));
    let made_it = forges.find(|forge| forge.sign(payload, timestamp) == token);
    made_it.expect("one of the secrets made the token").json(token)
}

/// A token, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts<'t> {
    pub payload: &'t str,
    pub timestamp: &'t str,
    pub signature: &'t str,
}

impl<'t> Parts<'t> {
    #[track_caller]
    pub fn of(token: &'t str) -> Self {
        let (rest, signature) = token.rsplit_once('.').expect("a token has two dots");
        let (payload, timestamp) = rest.rsplit_once('.').expect("a token has two dots");
        Self { payload, timestamp, signature }
    }

    #[track_caller]
    pub fn json(&self) -> String {
        String::from_utf8(unb64(self.payload)).expect("the payload is JSON")
    }

    #[track_caller]
    pub fn issued(&self) -> u64 {
        unb64(self.timestamp).iter().fold(0, |seconds, byte| seconds << 8 | u64::from(*byte))
    }

    pub fn join(&self) -> String {
        format!("{}.{}.{}", self.payload, self.timestamp, self.signature)
    }
}

/// URL-safe base64 without padding.
pub fn b64(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

#[track_caller]
pub fn unb64(text: &str) -> Vec<u8> {
    BASE64_URL_SAFE_NO_PAD.decode(text).expect("canonical base64")
}

/// Returns the text of a time: big-endian, no leading zero byte.
pub fn timestamp(seconds: u64) -> String {
    let bytes = seconds.to_be_bytes();
    let significant: Vec<u8> = bytes.into_iter().skip_while(|byte| *byte == 0).collect();
    b64(&significant)
}

/// Returns the n-th secret of a test: 32 bytes that pass for random.
pub fn secret(n: u64) -> [u8; 32] {
    let mut bytes = [0; 32];
    Prng::new(0x5ec3_e700 ^ n).fill(&mut bytes);
    bytes
}

/// Returns the n-th secret as the library's type.
pub fn key(n: u64) -> SecretKey {
    SecretKey::from_bytes(secret(n)).expect("the generator makes good keys")
}

/// Returns the time of these unix seconds, if the platform can express it.
pub fn time(seconds: u64) -> Option<SystemTime> {
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
}

/// A clock that a test sets, in unix seconds.
#[derive(Clone, Debug)]
pub struct Clock(Arc<AtomicU64>);

impl Clock {
    pub fn at(seconds: u64) -> Self {
        Self(Arc::new(AtomicU64::new(seconds)))
    }

    pub fn now(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    pub fn set(&self, seconds: u64) {
        self.0.store(seconds, Ordering::Relaxed);
    }

    pub fn advance(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::Relaxed);
    }

    /// Returns what `Builder::clock` takes.
    pub fn hand(&self) -> impl Fn() -> SystemTime + Send + Sync + 'static {
        let clock = self.clone();
        move || time(clock.now()).expect("the platform can express it")
    }
}

/// The splitmix64 generator of Steele, Lea and Flood (2014): small, and the same everywhere.
#[derive(Clone, Debug)]
pub struct Prng(u64);

impl Prng {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    /// Returns a number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    pub fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.next().to_be_bytes()[..chunk.len()]);
        }
    }

    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for end in (2..=items.len()).rev() {
            items.swap(end - 1, self.below(end));
        }
    }
}
