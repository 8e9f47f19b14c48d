//! No key reaches either stream, whatever the arguments, and no byte of a payload reaches standard error.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

mod support;

use support::{KEY_1, KEY_2, Output, command, scratch, unhex};

const NOW: &str = "1795165923";

/// What must not show: the keys as text and as bytes in any spelling, and words of the payload.
struct Canary {
    keys: Vec<String>,
    payload: Vec<String>,
}

impl Canary {
    fn new(keys: &[&str], words: &[&str]) -> Self {
        let spellings = |key: &&str| {
            let mut spellings = vec![(*key).to_owned(), key.to_uppercase()];
            if key.len() == 64 {
                let bytes = unhex(key);
                spellings.extend([base64(&bytes, "+/"), base64(&bytes, "-_"), format!("{bytes:?}")]);
            }
            spellings.push(base64(key.as_bytes(), "+/"));
            spellings
        };
        let payload = words.iter().flat_map(|word| [(*word).to_owned(), base64(word.as_bytes(), "+/")]);
        Self { keys: keys.iter().flat_map(spellings).collect(), payload: payload.collect() }
    }

    #[track_caller]
    fn check(&self, what: &[&str], output: &Output) {
        for key in &self.keys {
            for part in pieces(key) {
                assert!(!output.stdout.contains(part), "{what:?}: a key on standard output: {output:?}");
                assert!(!output.stderr.contains(part), "{what:?}: a key on standard error: {output:?}");
            }
        }
        for word in &self.payload {
            assert!(!output.stderr.contains(word), "{what:?}: a payload on standard error: {output:?}");
        }
    }
}

/// Half of a key tells too much as well.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let len = text.len().min(12);
    (0..=text.len() - len).step_by(4).map(move |at| &text[at..at + len])
}

fn base64(bytes: &[u8], last: &str) -> String {
    let digits = format!("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789{last}");
    let digits = digits.as_bytes();
    let bits: Vec<u8> = bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1)).collect();
    // Whole digits alone: the last may go on differently.
    let value = |six: &[u8]| six.iter().fold(0usize, |value, bit| value * 2 + usize::from(*bit));
    bits.chunks_exact(6).map(|six| char::from(digits[value(six)])).collect()
}

#[test]
fn no_key_is_shown_wherever_it_was_put() {
    let folder = scratch("canary");
    let file = folder.join("keys");
    let canary = Canary::new(&[KEY_1, KEY_2], &[]);
    let ring = format!("{KEY_1} {KEY_2}");
    std::fs::write(&file, &ring).unwrap();
    let file = file.to_str().unwrap();
    let keys = [("K", ring.as_str()), (KEY_1, ring.as_str()), ("HALF", &KEY_1[..40])];
    // In its place, and in every other.
    let attempts: Vec<Vec<&str>> = vec![
        vec!["explain", "--keys-env", KEY_1],
        vec!["explain", "--keys-env", KEY_2],
        vec!["explain", "--keys-env", "HALF"],
        vec!["explain", "--keys-file", KEY_1],
        vec!["explain", "--keys-file", file],
        vec!["explain", "--keys-stdin", KEY_1],
        vec!["explain", "--keys-stdin", "--cookie-file", KEY_1],
        vec!["explain", KEY_1],
        vec!["explain", "--keys-env", "K", KEY_1],
        vec!["explain", "--keys-env", "K", "--now", KEY_1],
        vec!["explain", "--keys-env", "K", "--idle", KEY_1],
        vec!["explain", "--keys-env", "K", "--skew", KEY_1],
        vec!["explain", "--keys-env", "K", "--format", KEY_1],
        vec!["explain", "--keys-env", "K", "--format", "flask", "--digest", KEY_1],
        vec!["explain", "--keys-env", "K", "--format", "flask"],
        vec!["explain", "--keys-env", "K", "--cookie-file", KEY_1],
        vec!["explain", "--keys-env", "K", "--keys-file", KEY_1],
        vec![
            "explain",
            "--keys-env=K",
            "--key=6b1f0b3a9c5d4e72a8f1c0d9e3b7564f2d8a1c7e9f304b65d2c8a7e1f9b03d46",
        ],
        vec![KEY_1],
        vec!["keys", KEY_1],
        vec!["keys", "plan", "--keys-env", KEY_1, "--json"],
        vec!["keys", "plan", "--keys-env", "K"],
        vec!["keys", "plan", "--keys-env", "K", "--since", KEY_1],
        vec!["keygen", KEY_1],
        vec!["inspect", KEY_1],
        vec!["inspect", "--cookie-file", KEY_1],
        vec!["sign", "--keys-env", "K", "--data-file", KEY_1],
        vec!["sign", "--keys-env", "K", "--now", NOW],
        vec!["sign", "--keys-file", KEY_1],
        vec!["completions", KEY_1],
        vec!["man", KEY_1],
        vec!["man", "--dir", KEY_1],
    ];
    std::fs::write(folder.join("full"), "").unwrap();
    for args in attempts {
        for input in ["x", r#"{"a":1}"#, "a.b.c", "session=eyJhIjoxfQ.ZVPxBQ.Xm8MpUi1pf6WCqQB5cgiovyK5PU"] {
            // A folder of that name would be made.
            if args.ends_with(&["--dir", KEY_1]) {
                continue;
            }
            canary.check(&args, &command(&args, &keys, input.as_bytes()));
        }
    }
}

#[test]
fn no_payload_is_shown_where_logs_go() {
    let words = ["ann.canary@example.org", "canaryvalue", "canarykey", "Y2FuYXJ5"];
    let canary = Canary::new(&[KEY_1, KEY_2], &words);
    let keys = [("K", KEY_1)];
    let data = r#"{"canarykey":"canaryvalue","email":"ann.canary@example.org","more":["canaryvalue"]}"#;
    let signed = command(&["sign", "--keys-env", "K", "--now", NOW], &keys, data.as_bytes());
    assert_eq!(signed.status, 0);
    canary.check(&["sign"], &signed);
    let big = format!(r#"{{"canarykey":"{}"}}"#, "canaryvalue".repeat(500));
    let broken = &data[..data.len() - 3];
    for (args, input) in [
        (vec!["sign", "--keys-env", "K"], big.as_str()),
        (vec!["sign", "--keys-env", "K", "--json"], &big),
        (vec!["sign", "--keys-env", "K"], broken),
        (vec!["sign", "--keys-env", "K", "--format", "flask"], &big),
        (vec!["sign", "--keys-env", "K", "--name", "canary value"], data),
        (vec!["explain", "--keys-env", "K", "--now", NOW], &signed.stdout),
        (vec!["explain", "--keys-env", "K"], &signed.stdout),
        (vec!["explain", "--keys-env", "NONE"], &signed.stdout),
        (vec!["explain", "--keys-env", "K", "--name", "other"], &signed.stdout),
        (vec!["explain", "--keys-env", "K", "canaryvalue"], &signed.stdout),
        (vec!["inspect"], &signed.stdout),
        (vec!["inspect", "--name", "other"], &signed.stdout),
        (vec!["inspect", "canaryvalue"], data),
        (vec!["inspect", "--cookie-file", "canaryvalue"], data),
    ] {
        canary.check(&args, &command(&args, &keys, input.as_bytes()));
    }
    // `explain` shows no value at all, and names of keys only where size is the matter.
    let explained = command(&["explain", "--keys-env", "K", "--now", NOW], &keys, signed.stdout.as_bytes());
    assert!(explained.stdout.starts_with("accepted"), "{explained:?}");
    assert!(words.iter().all(|word| !explained.stdout.contains(word)), "{explained:?}");
}

#[test]
fn the_canary_sees_what_is_shown() {
    let canary = Canary::new(&[KEY_1], &["canaryvalue"]);
    let shows = |stdout: &str, stderr: &str| {
        let output = Output { status: 0, stdout: stdout.to_owned(), stderr: stderr.to_owned() };
        std::panic::catch_unwind(|| canary.check(&[], &output)).is_err()
    };
    let keys = [
        KEY_1.to_owned(),
        KEY_1[20..40].to_owned(),
        base64(&unhex(KEY_1), "+/"),
        base64(&unhex(KEY_1), "-_"),
    ];
    for key in keys {
        assert!(shows(&key, "") && shows("", &format!("error: {key} is not known")), "{key}");
    }
    assert!(shows("", "canaryvalue") && !shows("canaryvalue", "") && !shows("nothing", "to see"));
}
