//! What a holder of the key signs costs little memory and little stack, however it unfolds: bombs of zlib and of JSON.
//!
//! That signatures cost one MAC per key and candidate, 64 in a request at most, is shown where MACs can be counted: in
//! `src/sessions.rs`, for frameworks in `src/format/costs.rs`, for encrypted sessions in `src/format/private.rs`. That a
//! header costs time in proportion to its length, by `benches/linear.sh`.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test may panic and print"
)]
#![allow(unsafe_code, reason = "an allocator is unsafe; this one counts and passes on")]
#![cfg(all(feature = "flask", feature = "django"))]

mod support;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::io::Write;
use std::time::Duration;

use cookie_session::{Codec, DecodeError, KeyRing, Sessions, django, flask};
use support::forge::{Digest, Forge, b64, key, secret, timestamp};
use support::process::is_own_process;
use support::setup::{NAME, NOW, at, sign};

/// Counts what each thread holds, and the most that it held.
struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

thread_local! {
    static HELD: Cell<isize> = const { Cell::new(0) };
    static MOST: Cell<isize> = const { Cell::new(0) };
}

fn count(bytes: usize) {
    HELD.set(HELD.get() + bytes.cast_signed());
    MOST.set(MOST.get().max(HELD.get()));
}

fn discount(bytes: usize) {
    HELD.set(HELD.get() - bytes.cast_signed());
}

// SAFETY: everything goes to the system's allocator as it came; the counters are of the thread, and need no memory.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: the caller's promise.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, old: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // Both may be there at once.
        count(size);
        discount(layout.size());
        // SAFETY: the caller's promise.
        unsafe { System.realloc(old, layout, size) }
    }

    unsafe fn dealloc(&self, old: *mut u8, layout: Layout) {
        discount(layout.size());
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(old, layout) }
    }
}

/// Returns what a run returns, and the most bytes that it held at once beyond what was held before.
fn peak<R>(run: impl FnOnce() -> R) -> (R, usize) {
    let before = HELD.get();
    MOST.set(before);
    let result = run();
    (result, (MOST.get() - before).cast_unsigned())
}

#[test]
fn the_counter_counts() {
    assert_eq!(peak(|| ()).1, 0);
    assert_eq!(peak(|| vec![0_u8; 1000].len()).1, 1000);
    assert_eq!(peak(|| drop((vec![0_u8; 1000], vec![0_u8; 500]))).1, 1500);
    let (list, most) = peak(|| {
        drop(vec![0_u8; 5000]);
        let mut list = vec![1_u8; 1000];
        list.reserve_exact(1000);
        list
    });
    assert_eq!((list.len(), most), (1000, 5000));
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::new(9));
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A framework's sessions with a cap, and the cookie that it would have signed around a payload.
struct Side {
    label: &'static str,
    sessions: Sessions,
    cap: usize,
    cookie: fn(payload: &str) -> String,
}

fn sides() -> Vec<Side> {
    fn flask_cookie(payload: &str) -> String {
        let key = Digest::Sha1.hmac(&secret(0), b"cookie-session");
        format!("session={}", Forge::signing(key, Digest::Sha1).sign(payload, &timestamp(NOW)))
    }

    fn django_cookie(payload: &str) -> String {
        // NOW in base 62.
        let text = format!("{payload}:1uQowS");
        let salt: &[u8] = b"django.contrib.sessions.backends.signed_cookies";
        let key = Digest::Sha256.hash(&[salt, b"signer", &secret(0)].concat());
        format!("sessionid={text}:{}", b64(&Digest::Sha256.hmac(&key, text.as_bytes())))
    }

    let mut sides = Vec::new();
    for cap in [1000, 64 * 1024, 200_000] {
        let flask = flask::Profile::new(flask::SecretKey::new(secret(0)).unwrap()).max_inflated_size(cap);
        let django = django::Profile::new(django::SecretKey::new(secret(0)).unwrap()).max_inflated_size(cap);
        let build = |builder: cookie_session::Builder| builder.clock(|| at(NOW)).build().unwrap();
        sides.push(Side {
            label: "Flask",
            sessions: build(Sessions::builder(flask)),
            cap,
            cookie: flask_cookie,
        });
        sides.push(Side {
            label: "Django",
            sessions: build(Sessions::builder(django)),
            cap,
            cookie: django_cookie,
        });
    }
    sides
}

impl Side {
    /// Opens a session whose payload is this stream, called compressed; returns the answer and its peak.
    fn open(&self, stream: &[u8]) -> (Result<usize, DecodeError>, usize) {
        let line = (self.cookie)(&format!(".{}", b64(stream)));
        assert!(line.len() < 4096, "{} bytes are no cookie", line.len());
        let (session, most) = peak(|| self.sessions.open([&line]));
        let answer = session.rejection().map_or(Ok(session.len()), |reason| Err(*reason));
        (answer, most)
    }
}

#[test]
fn a_zlib_bomb_takes_the_cap_and_little_more() {
    let text = |len: usize| format!("{{\"k\":\"{}\"}}", "x".repeat(len - 8)).into_bytes();
    let bombs = [
        ("zeros", zlib(&vec![0; 2_900_000])),
        ("white space", zlib(&[vec![b' '; 2_900_000], b"{}".to_vec()].concat())),
        ("one long text", zlib(&text(2_800_000))),
        ("a stream of a stream", zlib(&zlib(&vec![0; 2_900_000]))),
    ];
    for side in sides() {
        // The first use of base64 asks the processor what it can do.
        assert_eq!(side.open(&zlib(br#"{"k":1}"#)).0, Ok(1), "{}", side.label);
        let one_more = ("a text of the cap and a byte", zlib(&text(side.cap + 1)));
        for (what, stream) in bombs.iter().chain([&one_more]) {
            let (answer, most) = side.open(stream);
            println!("{}, cap {}, {what}: {most} bytes", side.label, side.cap);
            assert_eq!(answer, Err(DecodeError::Payload), "{}: {what}", side.label);
            assert!(most <= side.cap + SLACK, "{}, {}: {what} holds {most}", side.label, side.cap);
        }
        let fits = zlib(&text(side.cap));
        let (answer, most) = side.open(&fits);
        assert_eq!(answer, Ok(1), "{}", side.label);
        assert!(most <= side.cap + SLACK, "{}, {}: {most}", side.label, side.cap);
    }
}

#[test]
fn what_a_cap_allows_is_not_reserved_before_it_is_needed() {
    const HIGHEST: usize = 4 << 20;
    let flask = flask::Profile::new(flask::SecretKey::new(secret(0)).unwrap()).max_inflated_size(HIGHEST);
    let django = django::Profile::new(django::SecretKey::new(secret(0)).unwrap()).max_inflated_size(HIGHEST);
    let builders = [Sessions::builder(flask), Sessions::builder(django)];
    for (builder, side) in builders.into_iter().zip(sides()) {
        let side = Side { sessions: builder.clock(|| at(NOW)).build().unwrap(), cap: HIGHEST, ..side };
        assert_eq!(side.open(&zlib(br#"{"k":1}"#)).0, Ok(1), "{}", side.label);
        for len in [100, 1000, 5000, 20_000, 100_000, 1_000_000] {
            let text = format!("{{\"k\":\"{}\"}}", "x".repeat(len));
            let (answer, most) = side.open(&zlib(text.as_bytes()));
            println!("{}, {len}: {most} bytes", side.label);
            assert_eq!(answer, Ok(1), "{}", side.label);
            assert!(most <= text.len() + SLACK, "{}: {len} holds {most}", side.label);
        }
    }
}

/// What inflating needs beside what it makes: its window, and the stream itself.
const SLACK: usize = 64 * 1024;

/// What the list of members may take: five bytes of text make one.
const PER_BYTE: usize = size_of::<[usize; 8]>() / 5 + 1;

#[test]
fn json_that_fits_the_cap_takes_memory_in_proportion() {
    for side in sides() {
        let depth = side.cap / 2 - 10;
        let rows = [
            ("arrays", format!("{{\"k\":{}{}}}", "[".repeat(depth), "]".repeat(depth))),
            ("open arrays", "[".repeat(side.cap)),
            (
                "objects",
                format!("{{\"k\":{}0{}}}", r#"{"":"#.repeat(side.cap / 5 - 5), "}".repeat(side.cap / 5 - 5)),
            ),
            ("many empty", format!("{{\"k\":[{}0]}}", "{},".repeat(side.cap / 3 - 5))),
            ("one key again and again", format!("{{{}\"k\":0}}", "\"k\":0,".repeat(side.cap / 6 - 2))),
            ("colons", format!("{{\"k\":\"{}\"}}", ":".repeat(side.cap - 8))),
        ];
        for (what, json) in rows {
            assert!(json.len() <= side.cap, "{what}: {}", json.len());
            let (answer, most) = side.open(&zlib(json.as_bytes()));
            println!("{}, cap {}, {what}: {answer:?}, {most} bytes", side.label, side.cap);
            // Colons in a text are no members.
            let per_byte = if what == "colons" { 0 } else { PER_BYTE };
            let limit = side.cap * (2 + per_byte) + SLACK;
            assert!(most <= limit, "{}, {}: {what} holds {most}, not {limit}", side.label, side.cap);
        }
    }
}

/// Runs in a thread whose stack is this small; an overflow ends the process.
fn with_stack<R: Send + 'static>(kib: usize, run: impl FnOnce() -> R + Send + 'static) -> R {
    std::thread::Builder::new().stack_size(kib * 1024).spawn(run).unwrap().join().unwrap()
}

/// Nested values: what opens, the innermost, what closes.
const SHAPES: [(&str, &str, &str); 4] =
    [("[", "0", "]"), ("{\"\":", "0", "}"), ("[{\"a\":[", "0", "]}]"), ("{\" di\":{\" t__\":[", "0", "]}}")];

#[test]
#[cfg_attr(target_family = "wasm", ignore = "WASI starts no processes")]
fn any_depth_opens_on_a_small_stack_and_reads_as_an_error() {
    if !is_own_process("any_depth_opens_on_a_small_stack_and_reads_as_an_error") {
        return;
    }
    with_stack(512, || {
        let build = |cap| {
            let profile = flask::Profile::new(flask::SecretKey::new(secret(0)).unwrap());
            Sessions::builder(profile.max_inflated_size(cap)).clock(|| at(NOW)).build().unwrap()
        };
        let cookie = sides().first().unwrap().cookie;
        let mut opened = 0;
        for (cap, depths, shapes) in [
            (64 * 1024, &[1, 50, 127, 128, 200, 1000, 5000, 30_000][..], &SHAPES[..]),
            (4 << 20, &[1_000_000], &SHAPES[..1]),
        ] {
            for (open, inner, close) in shapes {
                for depth in depths {
                    let json = format!("{{\"k\":{}{inner}{}}}", open.repeat(*depth), close.repeat(*depth));
                    let line = cookie(&format!(".{}", b64(&zlib(json.as_bytes()))));
                    if json.len() > cap || line.len() > 4096 {
                        continue;
                    }
                    opened += 1;
                    let sessions = build(cap);
                    // Opening and writing back need next to nothing; reading ends at serde_json's own depth.
                    let session = with_stack(64, move || sessions.open([&line]));
                    assert_eq!(session.rejection(), None, "{open} {depth}");
                    let answer = session.get::<serde_json::Value>("k");
                    // The escape of what looks like a tag is no level of the value.
                    let levels = open.matches(['[', '{']).count() - open.matches(" di").count();
                    assert_eq!(answer.is_ok(), depth * levels <= 127, "{open} {depth}");
                    let _ = session.get::<flask::Tuple<Vec<u8>>>("k");
                    assert!(session.read::<serde_json::Value>().is_err() || answer.is_ok());
                }
            }
        }
        println!("{opened} shapes and depths opened");
        assert!(opened >= 25, "{opened}");
    });
}

#[test]
#[cfg_attr(target_family = "wasm", ignore = "WASI starts no processes")]
fn a_codec_of_the_highest_limit_survives_any_depth_and_seventy_thousand_keys() {
    if !is_own_process("a_codec_of_the_highest_limit_survives_any_depth_and_seventy_thousand_keys") {
        return;
    }
    with_stack(512, || {
        let codec = Codec::new(&KeyRing::new(key(0)), "bombs", Duration::from_secs(60))
            .unwrap()
            .max_len(1 << 20)
            .unwrap();
        let forge = Forge::codec(&secret(0), "bombs");
        for (open, inner, close) in SHAPES {
            // The last is as deep as a token can be.
            for depth in [1, 100, 1000, 780_000 / (open.len() + close.len())] {
                let token =
                    forge.token(&format!("{}{inner}{}", open.repeat(depth), close.repeat(depth)), NOW);
                let answer = codec.decode_at::<serde_json::Value>(&token, at(NOW));
                let fits = depth * open.matches(['[', '{']).count() <= 127;
                assert_eq!(answer.is_ok(), fits, "{open} {depth}");
                assert!(fits || answer == Err(DecodeError::Payload), "{open} {depth}");
            }
        }
        let keys: Vec<_> = (0..70_000).map(|n| format!("\"{n}\":0")).collect();
        let token = forge.token(&format!("{{{}}}", keys.join(",")), NOW);
        let read = codec.decode_at::<serde_json::Map<String, serde_json::Value>>(&token, at(NOW));
        assert_eq!(read.unwrap().len(), 70_000);
    });
}

#[test]
fn a_native_payload_that_says_it_is_compressed_is_not_inflated() {
    let sessions = support::setup::sessions();
    drop(sessions.open([support::setup::cookie_with("{}")]));
    let bomb = zlib(&vec![0; 2_900_000]);
    let payload = format!(".{}", b64(&bomb));
    let token = Forge::session(&secret(0), NAME).sign(&payload, &timestamp(NOW));
    let line = format!("{NAME}={token}");
    let (session, most) = peak(|| sessions.open([&line]));
    assert_eq!(session.rejection(), Some(&DecodeError::Payload));
    assert!(most < 8192, "{most}");
    let line = format!("{NAME}={}", sign(NAME, &bomb, NOW));
    let (session, most) = peak(|| sessions.open([&line]));
    assert_eq!(session.rejection(), Some(&DecodeError::Payload));
    assert!(most < 8192, "{most}");
}
