//! No memory on the heap that the library gives back holds a secret, a key that follows from one, or an HMAC state.
//!
//! The allocator of this test looks through every block before it is freed. The stack is looked through after keys were
//! read and derived. What a signature leaves there is not promised to be wiped.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test may panic"
)]
#![allow(unsafe_code, reason = "an allocator is unsafe, and so is a look at freed blocks and the stack")]
#![cfg(all(feature = "flask", feature = "django", feature = "starlette", feature = "encrypted"))]

mod support;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::sync::OnceLock;
use std::time::Duration;

use aes::Aes256Enc;
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE, BASE64_URL_SAFE_NO_PAD};
use cookie_session::ending::Check;
use cookie_session::flask::KeyDerivation;
use cookie_session::signed_cookie::SignedCookie;
use cookie_session::{
    Builder, Codec, KeyErrorKind, KeyRing, Profile, SecretKey, Sessions, django, flask, starlette,
};
use hmac::{EagerHash, Hmac, KeyInit};
use support::forge::{self, Digest};
use support::process::is_own_process_with;
use support::setup::{NOW, at, cookie_with};

// --- the allocator -----------------------------------------------------------------------------------------------

/// Looks through what a thread frees, while it is told to.
struct Looking;

#[global_allocator]
static ALLOCATOR: Looking = Looking;

thread_local! {
    static LOOKS: Cell<bool> = const { Cell::new(false) };
    /// Blocks of this length must hold nothing but zeros.
    static BLANK: Cell<usize> = const { Cell::new(usize::MAX) };
    /// How the names end of what counts.
    static SOUGHT: Cell<&'static str> = const { Cell::new("") };
    static FOUND: Cell<Option<Found>> = const { Cell::new(None) };
}

/// The first block in which something was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Found {
    what: &'static str,
    block: usize,
}

fn look_through(block: *const u8, len: usize) {
    if !LOOKS.get() || FOUND.get().is_some() {
        return;
    }
    // SAFETY: the block is still the caller's; it was zeroed when it was made, so every byte of it has a value.
    let bytes = (0..len).map(|at| unsafe { block.add(at).read_volatile() });
    let (mut window, mut seen, mut blank) = (0_u128, 0, true);
    for byte in bytes {
        window = window << 8 | u128::from(byte);
        seen += 1;
        blank &= byte == 0;
        if seen >= WINDOW
            && let Some(what) = needle(window)
            && what.ends_with(SOUGHT.get())
        {
            FOUND.set(Some(Found { what, block: len }));
            return;
        }
    }
    if len == BLANK.get() && !blank {
        FOUND.set(Some(Found { what: "something in a block of that length", block: len }));
    }
}

// SAFETY: everything goes to the system's allocator as it came, except that all memory is zeroed, and that a block
// which grows is always moved, so that what stays behind is seen.
unsafe impl GlobalAlloc for Looking {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, old: *mut u8, layout: Layout) {
        look_through(old, layout.size());
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(old, layout) }
    }

    // `realloc` is that of the trait: `alloc`, a copy, `dealloc`.
}

/// Runs, and returns the first thing that was left in a block which the run freed.
fn look(run: impl FnOnce()) -> Option<Found> {
    /// Runs where the stack was overwritten.
    #[inline(never)]
    fn below(run: impl FnOnce()) {
        run();
    }

    needles();
    scrub();
    FOUND.set(None);
    LOOKS.set(true);
    below(run);
    LOOKS.set(false);
    FOUND.get()
}

/// Overwrites what this test itself has left on the stack: a value that is moved to the heap takes what lay there along,
/// where it has no field of its own.
#[inline(never)]
fn scrub() {
    std::hint::black_box(&mut [0_u8; 128 * 1024]);
}

/// Looks through the stack below, where the calls before this one have left what they did not overwrite.
#[inline(never)]
fn look_through_the_stack() {
    let mut room = MaybeUninit::<[u8; 64 * 1024]>::uninit();
    look_through(std::hint::black_box(room.as_mut_ptr()).cast(), size_of_val(&room));
}

// --- what is looked for ------------------------------------------------------------------------------------------

/// How many bytes in a row count: more than a value that is moved takes along of what lay in its place.
const WINDOW: usize = 16;

/// All windows of all needles, sorted.
fn needles() -> &'static [(u128, &'static str)] {
    static NEEDLES: OnceLock<Vec<(u128, &str)>> = OnceLock::new();
    NEEDLES.get_or_init(|| {
        let mut windows: Vec<(u128, &str)> = all_needles()
            .iter()
            .flat_map(|(what, bytes)| {
                let windows = bytes.windows(WINDOW).filter(|window| {
                    // The padding of a block is no secret.
                    !window.iter().all(|byte| *byte == window[0])
                });
                windows.map(|window| (u128::from_be_bytes(window.try_into().unwrap()), *what))
            })
            .collect();
        windows.sort_unstable();
        windows
    })
}

fn needle(window: u128) -> Option<&'static str> {
    let needles = needles();
    let at = needles.binary_search_by_key(&window, |(needle, _)| *needle).ok()?;
    Some(needles[at].1)
}

/// A secret of printable characters.
const PRINTABLE: &[u8] = b"rT4kWq8ZbN2xVc7PmJ9sHd3LfGy6Ka5UeQo1";

/// All secrets, which stand on the heap, so that this test leaves none of them on the stack.
fn secrets() -> &'static [Vec<u8>] {
    static SECRETS: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    SECRETS.get_or_init(|| (0..5).map(|n| forge::secret(n).to_vec()).chain([PRINTABLE.to_vec()]).collect())
}

fn secret(n: usize) -> &'static [u8] {
    &secrets()[n]
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn all_needles() -> Vec<(&'static str, Vec<u8>)> {
    let mut all = Vec::new();
    for secret in secrets().iter().cloned() {
        let texts = [
            hex(&secret),
            hex(&secret).to_uppercase(),
            BASE64_STANDARD_NO_PAD.encode(&secret),
            BASE64_URL_SAFE_NO_PAD.encode(&secret),
        ];
        for text in texts {
            let letters =
                text.bytes().filter(u8::is_ascii_alphanumeric).map(|byte| byte.to_ascii_lowercase());
            all.push(("the letters of a secret's text", letters.collect()));
            all.push(("a sorted secret's text", sorted(text.bytes())));
            all.push(("a secret's text", text.into_bytes()));
        }
        let letters = secret.iter().filter(|byte| byte.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase);
        all.push(("the letters of a secret", letters.collect()));
        all.push(("a sorted secret", sorted(secret.iter().copied())));
        let steps = secret.windows(2).map(|pair| pair[1].wrapping_sub(pair[0]));
        all.push(("the steps of a secret", sorted(steps)));

        // What the library derives, and what the frameworks do.
        let hmac = |digest: Digest, salt: &str| (digest, digest.hmac(&secret, salt.as_bytes()));
        let hash = |digest: Digest, salt: &str| (digest, digest.hash(&[salt.as_bytes(), &secret].concat()));
        let derived = [
            hmac(Digest::Sha256, "cookie-session/v1/cookie/__Host-session"),
            hmac(Digest::Sha256, "cookie-session/v1/token/links"),
            hmac(Digest::Sha256, "cookie-session/v1/stamp/cookie/__Host-session"),
            hmac(Digest::Sha1, "cookie-session"),
            hmac(Digest::Sha512, "cookie-session"),
            hash(Digest::Sha1, "linkssigner"),
            hash(Digest::Sha512, "links"),
            hash(Digest::Sha1, "itsdangerous.Signersigner"),
            hash(Digest::Sha256, "django.contrib.sessions.backends.signed_cookiessigner"),
            hash(Digest::Sha256, "linkssigner"),
        ];
        for (digest, key) in derived {
            push_states(&mut all, digest, &key);
            all.push(("a derived key", key));
        }
        // What encrypts, and what makes its vectors and signs it.
        for purpose in ["cookie/__Host-session", "token/links", "signed-cookie/__Host-theme"] {
            for used in ["", "private/", "iv/", "encrypt/"] {
                let key =
                    Digest::Sha256.hmac(&secret, format!("cookie-session/v1/{used}{purpose}").as_bytes());
                push_states(&mut all, Digest::Sha256, &key);
                all.push(("the round keys of a cipher", round_keys(&key)));
                all.push(("a derived key", key));
            }
        }
        // The first step of a derivation by HMAC.
        for digest in [Digest::Sha1, Digest::Sha256, Digest::Sha512] {
            push_states(&mut all, digest, &secret);
        }
        all.push(("a secret", secret));
    }
    all.push(("the hash of a password", PASSWORD_HASH.to_vec()));
    all
}

/// What a stamp may be made of.
const PASSWORD_HASH: &[u8] = b"$argon2id$v=19$m=19456,t=2,p=1$qWnB7xLr$Zk3vQ8";

/// Returns what AES makes of a key, as it stands in memory.
fn round_keys(key: &[u8]) -> Vec<u8> {
    let cipher = Aes256Enc::new_from_slice(key).unwrap();
    assert!(size_of_val(&cipher) >= ROUND_KEYS);
    let bytes = (&raw const cipher).cast::<u8>();
    // SAFETY: the cipher is that large, and begins with its round keys whatever the machine has for AES.
    (0..ROUND_KEYS).map(|at| unsafe { bytes.add(at).read() }).collect()
}

/// Fifteen of 16 bytes (FIPS 197, section 5).
const ROUND_KEYS: usize = 15 * 16;

fn sorted(bytes: impl Iterator<Item = u8>) -> Vec<u8> {
    let mut bytes: Vec<u8> = bytes.collect();
    bytes.sort_unstable();
    bytes
}

/// Appends what HMAC makes of a key: the two padded blocks, and the states after them as they stand in memory
/// (RFC 2104, section 4 advises to keep those).
fn push_states(all: &mut Vec<(&'static str, Vec<u8>)>, digest: Digest, key: &[u8]) {
    for (pad, block_name, state_name) in
        [(0x36, "an inner block", "an inner state"), (0x5c, "an outer block", "an outer state")]
    {
        let block_len = if digest == Digest::Sha512 { 128 } else { 64 };
        let mut block = key.to_vec();
        block.resize(block_len, 0);
        block.iter_mut().for_each(|byte| *byte ^= pad);
        all.push((state_name, state(digest, &block)));
        // After the key, the padding of all keys is the same.
        block.truncate(key.len());
        all.push((block_name, block));
    }
}

fn state(digest: Digest, block: &[u8]) -> Vec<u8> {
    match digest {
        Digest::Sha1 => {
            let mut state = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];
            sha1::block_api::compress(&mut state, &[block.try_into().unwrap()]);
            state.iter().flat_map(|word: &u32| word.to_ne_bytes()).collect()
        }
        Digest::Sha256 => {
            let mut state = [
                0x6a09_e667,
                0xbb67_ae85,
                0x3c6e_f372,
                0xa54f_f53a,
                0x510e_527f,
                0x9b05_688c,
                0x1f83_d9ab,
                0x5be0_cd19,
            ];
            sha2::block_api::compress256(&mut state, &[block.try_into().unwrap()]);
            state.iter().flat_map(|word: &u32| word.to_ne_bytes()).collect()
        }
        Digest::Sha512 => {
            let mut state = [
                0x6a09_e667_f3bc_c908,
                0xbb67_ae85_84ca_a73b,
                0x3c6e_f372_fe94_f82b,
                0xa54f_f53a_5f1d_36f1,
                0x510e_527f_ade6_82d1,
                0x9b05_688c_2b3e_6c1f,
                0x1f83_d9ab_fb41_bd6b,
                0x5be0_cd19_137e_2179,
            ];
            sha2::block_api::compress512(&mut state, &[block.try_into().unwrap()]);
            state.iter().flat_map(|word: &u64| word.to_ne_bytes()).collect()
        }
        Digest::Sha384 => panic!("nothing here signs with it"),
    }
}

// --- controls ----------------------------------------------------------------------------------------------------

#[test]
fn what_is_left_behind_is_found() {
    let found = |what, block| Some(Found { what, block });
    assert_eq!(look(|| ()), None);
    assert_eq!(look(|| drop(vec![1_u8; 1000])), None);
    assert_eq!(look(|| drop(secret(0).to_vec())), found("a secret", 32));
    assert_eq!(look(|| drop(secret(2)[16..].to_vec())), found("a secret", 16));
    assert_eq!(look(|| drop(secret(2)[17..].to_vec())), None);
    assert_eq!(look(|| drop(PRINTABLE.to_vec())), found("a secret", PRINTABLE.len()));
    let text = look(|| drop(hex(secret(1)))).expect("a text that grows leaves its beginning behind");
    assert!(text.what.ends_with("text") && text.block < 64, "{text:?}");
    assert_eq!(
        look(|| {
            let mut bytes = secret(0).to_vec();
            bytes.reserve_exact(64);
            bytes.fill(0);
        }),
        found("a secret", 32),
        "a vector that grows leaves a copy behind"
    );
    BLANK.set(32);
    assert_eq!(look(|| drop(vec![0_u8; 32])), None);
    assert_eq!(look(|| drop(vec![5_u8; 32])).map(|found| found.block), Some(32));
    BLANK.set(usize::MAX);
}

#[test]
fn what_is_left_on_the_stack_is_found() {
    #[inline(never)]
    fn leave(secret: &[u8]) {
        let mut copy = [0_u8; 32];
        copy.copy_from_slice(secret);
        std::hint::black_box(&mut copy);
    }

    let secret = secret(0);
    assert_eq!(look(look_through_the_stack), None);
    let found = look(|| {
        leave(secret);
        look_through_the_stack();
    });
    assert_eq!(found.map(|found| found.what), Some("a secret"));
}

/// That the states above are those which stand in memory: here they are freed unwiped.
#[test]
fn the_states_of_an_hmac_that_is_not_dropped_are_found() {
    fn leave<D: EagerHash>(key: &[u8]) -> Option<Found> {
        let hmac: Hmac<D> = Hmac::new_from_slice(key).unwrap();
        // A buffer in it may hold the padded key, too.
        SOUGHT.set("state");
        let found = look(|| drop(Box::new(ManuallyDrop::new(hmac))));
        SOUGHT.set("");
        found
    }

    for secret in secrets() {
        for found in
            [leave::<sha1::Sha1>(secret), leave::<sha2::Sha256>(secret), leave::<sha2::Sha512>(secret)]
        {
            let what = found.map(|found| found.what).unwrap_or_default();
            assert!(["an inner state", "an outer state"].contains(&what), "{found:?}");
        }
    }
}

#[test]
fn the_round_keys_of_a_cipher_that_is_not_dropped_are_found() {
    let key = Digest::Sha256.hmac(secret(1), b"cookie-session/v1/encrypt/token/links");
    let cipher = Aes256Enc::new_from_slice(&key).unwrap();
    let found = look(|| drop(Box::new(ManuallyDrop::new(cipher)))).map(|found| found.what);
    // They begin with the key.
    assert!(
        ["a derived key", "the round keys of a cipher"].contains(&found.unwrap_or_default()),
        "{found:?}"
    );
}

// --- the library -------------------------------------------------------------------------------------------------

fn ring() -> KeyRing {
    let key = |n| SecretKey::from_bytes(secret(n)).unwrap();
    let printable = SecretKey::from_bytes(PRINTABLE).unwrap();
    // So many that a list of them would grow twice.
    let ring = KeyRing::new(key(0)).fallback(key(1)).fallback(printable);
    (2..5).fold(ring, |ring, n| ring.fallback(key(n)))
}

fn flask() -> flask::Profile {
    let key = |n| flask::SecretKey::new(secret(n)).unwrap();
    flask::Profile::new(key(0)).fallback(key(1)).fallback(key(0))
}

fn django() -> django::Profile {
    let key = |n| django::SecretKey::new(secret(n)).unwrap();
    django::Profile::new(key(0)).fallback(key(1))
}

fn starlette() -> starlette::Profile {
    starlette::Profile::new(starlette::SecretKey::new(secret(0)).unwrap())
}

fn build(profile: impl Into<Profile>) -> Sessions {
    builder(profile).build().unwrap()
}

fn builder(profile: impl Into<Profile>) -> Builder {
    Sessions::builder(profile).clock(|| at(NOW))
}

const AGE: Duration = Duration::from_secs(60);

#[track_caller]
fn leaves_nothing(what: &str, run: impl FnOnce()) {
    assert_eq!(look(run), None, "{what}");
}

#[test]
fn a_key_is_wiped_however_it_was_read() {
    for secret in secrets() {
        leaves_nothing("bytes", || drop(SecretKey::from_bytes(secret).unwrap()));
        leaves_nothing("a clone", || {
            let key = SecretKey::from_bytes(secret).unwrap();
            let clone = key.clone();
            drop(key);
            assert_eq!(format!("{clone:?}"), "SecretKey(..)");
        });
        let texts = [
            hex(secret),
            hex(secret).to_uppercase(),
            BASE64_STANDARD.encode(secret),
            BASE64_STANDARD_NO_PAD.encode(secret),
            BASE64_URL_SAFE.encode(secret),
            format!(" \t{}\n", BASE64_URL_SAFE_NO_PAD.encode(secret)),
        ];
        for text in &texts {
            leaves_nothing("text", || drop(text.parse::<SecretKey>().unwrap()));
        }
        let list = texts.join(",\n");
        leaves_nothing("a list", || drop(list.parse::<KeyRing>().unwrap().clone()));
    }
}

#[test]
fn a_key_that_is_refused_is_wiped_too() {
    let secret = secret(0);
    let short = BASE64_STANDARD_NO_PAD.encode(&secret[..31]);
    let text = BASE64_STANDARD_NO_PAD.encode(secret);
    let rows = [
        ("too few bytes in hex", hex(&secret[..31]), KeyErrorKind::TooShort { len: 31 }),
        ("too few bytes in base64", short, KeyErrorKind::TooShort { len: 31 }),
        ("half a byte in hex", hex(secret)[..63].to_owned(), KeyErrorKind::NotEncoded),
        ("a stray character at the end", format!("{text}!"), KeyErrorKind::NotEncoded),
        ("a stray character in it", format!("{}*{}", &text[..30], &text[30..]), KeyErrorKind::NotEncoded),
        ("stray bits", format!("{}B", &text[..42]), KeyErrorKind::NotEncoded),
        ("both alphabets", format!("{text}-+/_"), KeyErrorKind::NotEncoded),
        ("twice, which repeats", hex(&[secret, secret].concat()), KeyErrorKind::Weak),
        (
            "a known default in it",
            format!("{}{}", hex(secret), hex(b"thisismyscretkey")),
            KeyErrorKind::Known,
        ),
    ];
    for (what, text, kind) in rows {
        leaves_nothing(what, || assert_eq!(text.parse::<SecretKey>().unwrap_err().kind(), kind, "{what}"));
        let list = format!("{} {text}", hex(secret));
        leaves_nothing(what, || assert_eq!(list.parse::<KeyRing>().unwrap_err().position(), Some(2)));
    }
    let placeholder = [PRINTABLE, b"changeme"].concat();
    leaves_nothing("a placeholder in it", || drop(SecretKey::from_bytes(&placeholder).unwrap_err()));
}

#[test]
fn a_key_that_was_generated_is_wiped() {
    // Nobody knows its bytes, but their number.
    BLANK.set(32);
    leaves_nothing("a generated key", || drop(SecretKey::generate().unwrap()));
    #[cfg(target_pointer_width = "64")] // elsewhere a list of them takes as many bytes as a key
    leaves_nothing("a ring of them", || {
        let ring = KeyRing::new(SecretKey::generate().unwrap()).fallback(SecretKey::generate().unwrap());
        drop(ring.clone());
    });
    BLANK.set(usize::MAX);
}

#[test]
#[cfg_attr(target_family = "wasm", ignore = "WASI starts no processes")]
fn keys_from_the_environment_are_wiped() {
    const VARIABLE: &str = "COOKIE_SESSION_TEST_KEYS";
    let list = format!("{},{}", hex(secret(0)), BASE64_STANDARD.encode(secret(1)));
    let bad = format!("{list} {}!", BASE64_STANDARD.encode(secret(2)));
    let variables = [(VARIABLE, &*list), ("COOKIE_SESSION_TEST_BAD_KEYS", &*bad)];
    if !is_own_process_with("keys_from_the_environment_are_wiped", &variables) {
        return;
    }
    leaves_nothing("good keys", || drop(KeyRing::from_env(VARIABLE).unwrap()));
    leaves_nothing("sessions under them", || drop(build(KeyRing::from_env(VARIABLE).unwrap())));
    leaves_nothing("bad keys", || drop(KeyRing::from_env("COOKIE_SESSION_TEST_BAD_KEYS").unwrap_err()));
}

#[test]
fn sessions_leave_no_key_behind() {
    leaves_nothing("a ring", || drop(ring()));
    leaves_nothing("a ring with the same key twice", || {
        drop(ring().fallback(SecretKey::from_bytes(secret(1)).unwrap()));
    });
    leaves_nothing("a builder", || drop(Sessions::builder(ring())));
    leaves_nothing("a builder that refuses", || drop(builder(ring()).name("").build().unwrap_err()));
    leaves_nothing("sessions", || {
        let sessions = build(ring());
        drop(sessions.clone());
    });
    leaves_nothing("too many keys", || {
        let ring = (0..9).fold(ring(), |ring, n| ring.fallback(forge::key(n)));
        drop(Sessions::builder(ring).build().unwrap_err());
    });
    // Whether one key verifies, another, or none.
    let genuine = cookie_with(r#"{"user":1}"#);
    let foreign = format!("{}A", &genuine[..genuine.len() - 1]);
    for line in [&genuine, &foreign] {
        leaves_nothing("opening and saving", || {
            let sessions = build(ring());
            let mut session = sessions.open([line]);
            session.insert("n", 1).unwrap();
            drop(sessions.save(session).unwrap());
        });
    }
}

/// What is made later and moved to the heap takes along what lies there.
#[test]
fn keys_are_derived_on_a_stack_that_is_overwritten() {
    for secret in secrets() {
        let list = [hex(secret), BASE64_STANDARD.encode(secret)].join(" ");
        leaves_nothing("a ring", || {
            let ring = list.parse::<KeyRing>().unwrap();
            look_through_the_stack();
            drop(ring);
        });
    }
    let sessions = [Builder::encrypted, Builder::accept_encrypted, |builder: Builder| builder];
    for (n, kind) in sessions.into_iter().enumerate() {
        let builder = kind(builder(ring()));
        leaves_nothing(&format!("sessions {n}"), || {
            let sessions = builder.build().unwrap();
            look_through_the_stack();
            drop(sessions);
        });
    }
    for (name, profile) in [("Django", Profile::from(django())), ("Starlette", starlette().into())] {
        let builder = builder(profile);
        leaves_nothing(name, || {
            let sessions = builder.build().unwrap();
            look_through_the_stack();
            drop(sessions);
        });
    }
    let ring = ring();
    leaves_nothing("a small cookie", || {
        let cookie: SignedCookie<u64> = SignedCookie::builder(&ring, "small").build().unwrap();
        look_through_the_stack();
        drop(cookie);
    });
    for encrypted in [false, true] {
        let make = || match encrypted {
            false => Codec::new(&ring, "links", AGE),
            true => Codec::encrypted(&ring, "links", AGE),
        };
        leaves_nothing("a codec", || {
            let codec = make().unwrap();
            look_through_the_stack();
            drop(codec);
        });
    }
    for digest in [flask::Digest::Sha1, flask::Digest::Sha256, flask::Digest::Sha512] {
        for derivation in [KeyDerivation::Hmac, KeyDerivation::DjangoConcat, KeyDerivation::Concat] {
            let builder = builder(flask().digest(digest).key_derivation(derivation));
            leaves_nothing(&format!("{digest:?}, {derivation:?}"), || {
                let sessions = builder.build().unwrap();
                look_through_the_stack();
                drop(sessions);
            });
        }
    }
}

#[test]
fn a_stamp_leaves_nothing_behind_of_what_it_is_made_of() {
    leaves_nothing("a stamp", || {
        let sessions = build(ring());
        let mut session = sessions.start();
        session.stamp(42, PASSWORD_HASH).unwrap();
        drop(session);
        let mut session = sessions.start();
        session.stamp(42, PASSWORD_HASH).unwrap();
        session.stamp(42, PASSWORD_HASH).unwrap();
        session.clear();
        session.stamp(42, PASSWORD_HASH).unwrap();
        let commit = sessions.save(session).unwrap();
        let mut session = sessions.open(commit.cookie_pair());
        let Ok(Check::Due(due)) = sessions.check(&mut session, Duration::ZERO) else { panic!("it is due") };
        due.confirm(42, PASSWORD_HASH).unwrap();
    });
}

#[test]
fn a_codec_leaves_no_key_behind() {
    let ring = ring();
    leaves_nothing("a codec", || {
        let codec = Codec::new(&ring, "links", AGE).unwrap();
        let clone = codec.clone();
        drop(codec);
        let token = clone.encode(&("ada", 42)).unwrap();
        clone.decode::<(String, u8)>(&token).unwrap();
        clone.decode::<(String, u8)>(&format!("{token}A")).unwrap_err();
    });
}

#[test]
fn what_is_encrypted_leaves_no_key_behind() {
    leaves_nothing("sessions", || {
        let sessions = builder(ring()).encrypted().accept_signed(at(NOW)).build().unwrap();
        let mut session = sessions.start();
        session.insert("n", 1).unwrap();
        let commit = sessions.save(session).unwrap();
        assert!(sessions.open(commit.cookie_pair()).verified_by().is_some());
    });
    leaves_nothing("sessions that will be", || drop(builder(ring()).accept_encrypted().build().unwrap()));
    leaves_nothing("a codec", || {
        let codec = Codec::encrypted(&ring(), "links", AGE).unwrap();
        let token = codec.clone().encode("ada").unwrap();
        codec.decode::<String>(&token).unwrap();
    });
    leaves_nothing("a value in a cookie", || {
        let builder = SignedCookie::<String>::builder(&ring(), "__Host-theme").encrypted();
        let theme = builder.build().unwrap();
        drop(theme.set(&"dark".to_owned()).unwrap());
    });
}

#[test]
fn a_value_in_a_cookie_leaves_no_key_behind() {
    leaves_nothing("a value in a cookie", || {
        drop(SignedCookie::<String>::builder(&ring(), "__Host-theme").build().unwrap());
    });
}

#[test]
fn profiles_of_python_leave_no_key_behind() {
    leaves_nothing("Flask's secret", || drop(flask::SecretKey::new(secret(0)).unwrap().clone()));
    leaves_nothing("Flask's profile", || drop(flask().clone()));
    leaves_nothing("Django's profile", || drop(django().clone()));
    leaves_nothing("Starlette's profile", || drop(starlette().clone()));
    let digests = [flask::Digest::Sha1, flask::Digest::Sha256, flask::Digest::Sha512];
    let derivations = [KeyDerivation::Hmac, KeyDerivation::DjangoConcat, KeyDerivation::Concat];
    for digest in digests {
        for derivation in derivations {
            leaves_nothing(&format!("Flask's sessions, {digest:?}, {derivation:?}"), || {
                let sessions = build(flask().digest(digest).key_derivation(derivation));
                let mut session = sessions.start();
                session.insert("n", 1).unwrap();
                let commit = sessions.save(session).unwrap();
                assert!(sessions.open(commit.cookie_pair()).verified_by().is_some());
            });
            leaves_nothing(&format!("Flask's codec, {digest:?}, {derivation:?}"), || {
                drop(flask().codec_with("links", AGE, derivation, digest).unwrap().clone());
            });
        }
    }
    leaves_nothing("Flask's codec that is refused", || {
        drop(
            flask().codec_with("cookie-session", AGE, KeyDerivation::Hmac, flask::Digest::Sha1).unwrap_err(),
        );
    });
    leaves_nothing("Django's sessions and codec", || {
        drop((build(django()), django().codec("links", AGE).unwrap()));
    });
    leaves_nothing("Starlette's sessions", || drop(build(starlette())));
    leaves_nothing("a migration", || {
        let old = build(flask());
        drop(builder(ring()).migrate_from(old, at(NOW), at(NOW)).build().unwrap());
    });
}
