//! Looks for a leak through time in the check of signatures, by the method of dudect (Reparaz, Balasch, Verbauwhede
//! 2017): two classes of input in random order, Welch's t-test on the times, also with the slowest cut off.
//!
//!     cargo bench --bench dudect
//!
//! `|t|` above 4.5 is suspicious, above 10 it is a leak. Run it on a machine that does nothing else; it is no gate. One
//! control compares with `==`, to show that a leak of this size would be seen. `COOKIE_SESSION_MEASUREMENTS` sets how
//! many times each pair of classes is measured.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "it talks to the person who runs it"
)]

use std::hint::black_box;
use std::time::{Duration, Instant, SystemTime};

use cookie_session::{Codec, KeyRing, SecretKey, Sessions};

type Run = Box<dyn Fn(&[u8]) -> bool>;

/// Two inputs that must take equally long, and what takes them.
struct Pair {
    name: &'static str,
    /// The threshold does not apply: a leak is expected, or allowed.
    control: bool,
    classes: [Vec<u8>; 2],
    run: Run,
}

fn main() {
    let measurements = std::env::var("COOKIE_SESSION_MEASUREMENTS");
    let measurements = measurements.map_or(2_000_000, |text| text.parse().expect("a number"));
    println!(
        "{measurements} measurements each; t without cropping, and the largest of {} crops",
        CROPS.len()
    );
    let mut suspicious = 0;
    for pair in pairs() {
        let (plain, (worst, kept, crop)) = measure(&pair, measurements);
        let verdict = match (pair.control, worst.abs() > THRESHOLD) {
            (true, true) => "a difference is seen, as it should",
            (true, false) => "no difference is seen: this machine is too loud",
            (false, true) => "suspicious",
            (false, false) => "no difference",
        };
        suspicious += usize::from(verdict == "suspicious");
        println!(
            "{}: t = {plain:.2}; cropped t = {worst:.2} at the {:.1} % fastest, {kept} samples: {verdict}",
            pair.name,
            crop * 100.0
        );
    }
    println!("{suspicious} suspicious");
}

fn pairs() -> Vec<Pair> {
    let keys = KeyRing::new(SecretKey::generate().expect("the system has random bytes"));
    let codec = Codec::new(&keys, "dudect", Duration::from_secs(3600)).expect("one key");
    let token = codec.encode("the same for all").expect("small").into_bytes();
    let sessions = Sessions::builder(&keys).build().expect("the defaults");
    let mut session = sessions.start();
    session.insert("user_id", 42).expect("small");
    let commit = sessions.save(session).expect("small");
    let cookie = commit.cookie_pair().expect("a cookie").as_bytes().to_vec();

    // The first character of a signature is in its byte 0, the last but one in its byte 31.
    let first = |token: &[u8]| changed(token, token.len() - 43);
    let last = |token: &[u8]| changed(token, token.len() - 2);
    let middle = |token: &[u8]| changed(token, token.len() - 22);
    let decode = |codec: Codec| -> Run {
        Box::new(move |token| {
            let token = std::str::from_utf8(token).expect("base64");
            codec.decode_at::<String>(token, SystemTime::UNIX_EPOCH).is_ok()
        })
    };
    let open = |sessions: Sessions| -> Run {
        Box::new(move |line| sessions.open_at([line], SystemTime::UNIX_EPOCH).is_empty())
    };
    let shorter = [&token[..token.len() - 44], &token[token.len() - 43..]].concat();
    vec![
        Pair {
            name: "codec: wrong in byte 0 or in byte 31",
            control: false,
            classes: [first(&token), last(&token)],
            run: decode(codec.clone()),
        },
        Pair {
            name: "codec: wrong in byte 0 or in the middle",
            control: false,
            classes: [first(&token), middle(&token)],
            run: decode(codec.clone()),
        },
        Pair {
            name: "session: wrong in byte 0 or in byte 31",
            control: false,
            classes: [first(&cookie), last(&cookie)],
            run: open(sessions.clone()),
        },
        Pair {
            name: "codec: the same twice",
            control: false,
            classes: [last(&token), last(&token)],
            run: decode(codec.clone()),
        },
        // The length is no secret: what has another is refused before its MAC is made.
        Pair {
            name: "codec: right or wrong length",
            control: true,
            classes: [last(&token), shorter],
            run: decode(codec),
        },
        Pair {
            name: "control: == of 32 bytes, wrong in byte 0 or in byte 31",
            control: true,
            classes: [first(&[b'A'; 43]), last(&[b'A'; 43])],
            run: Box::new(|bytes| (0..20).all(|_| differs(black_box(bytes), black_box(&[b'A'; 43])))),
        },
    ]
}

/// What the library must not do: ends at the first byte that differs.
#[inline(never)]
fn differs(a: &[u8], b: &[u8]) -> bool {
    a.iter().zip(b).any(|(a, b)| black_box(a) != black_box(b))
}

fn changed(token: &[u8], position: usize) -> Vec<u8> {
    let mut token = token.to_vec();
    token[position] = if token[position] == b'A' { b'B' } else { b'A' };
    token
}

/// Returns t over all samples, and of the crops the largest t, how many samples it has, and which crop.
fn measure(pair: &Pair, measurements: usize) -> (f64, (f64, usize, f64)) {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    // Both classes are copied to one place, or they would differ in where they lie.
    let mut buffer = Vec::with_capacity(4096);
    let mut samples: Vec<(usize, f64)> = Vec::with_capacity(measurements);
    for warm in [true, false] {
        for _ in 0..if warm { measurements / 20 } else { measurements } {
            let class = random.bit();
            buffer.clear();
            buffer.extend_from_slice(&pair.classes[class]);
            let start = Instant::now();
            black_box((pair.run)(black_box(&buffer)));
            let time = start.elapsed();
            if !warm {
                samples.push((class, time.as_nanos() as f64));
            }
        }
    }
    let mut times: Vec<f64> = samples.iter().map(|(_, time)| *time).collect();
    times.sort_unstable_by(f64::total_cmp);
    let cropped = CROPS.iter().map(|crop| {
        let most = times[((times.len() - 1) as f64 * crop) as usize];
        let kept = samples.iter().filter(|(_, time)| *time <= most);
        (welch(kept.clone()), kept.count(), *crop)
    });
    let worst = cropped.max_by(|a, b| a.0.abs().total_cmp(&b.0.abs())).expect("there are crops");
    (welch(samples.iter()), worst)
}

/// Welch's t of the times of two classes.
fn welch<'s>(samples: impl Iterator<Item = &'s (usize, f64)>) -> f64 {
    let mut classes = [Moments::default(); 2];
    samples.for_each(|(class, time)| classes[*class].add(*time));
    let [a, b] = classes;
    let deviation = (a.variance() / a.count + b.variance() / b.count).sqrt();
    if deviation > 0.0 { (a.mean - b.mean) / deviation } else { 0.0 }
}

/// Mean and variance as they come in (Welford).
#[derive(Clone, Copy, Default)]
struct Moments {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Moments {
    fn add(&mut self, value: f64) {
        self.count += 1.0;
        let off = value - self.mean;
        self.mean += off / self.count;
        self.squares += off * (value - self.mean);
    }

    fn variance(&self) -> f64 {
        self.squares / (self.count - 1.0)
    }
}

/// xorshift64*: only the order of the classes depends on it.
struct Random(u64);

impl Random {
    fn bit(&mut self) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 63) as usize
    }
}

const THRESHOLD: f64 = 4.5;

/// Which part of the samples is kept: the slowest say more about the machine than about the code.
const CROPS: [f64; 10] = [0.999, 0.99, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.35, 0.2];
