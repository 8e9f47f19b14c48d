//! Whatever bytes a holder of the secret signs as compressed, opening them
//! never panics, holds no more than the cap and what the library promises
//! beside it, and accepts exactly what is one whole stream within the cap of
//! one session: as a second inflater and a second JSON reader say.

#![no_main]

use std::sync::LazyLock;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use cookie_session::{Builder, DecodeError, Sessions, django, flask};
use cookie_session_fuzz::inflate::inflate;
use cookie_session_fuzz::peak::{Counting, peak};
use cookie_session_fuzz::python::FRAMEWORKS;
use cookie_session_fuzz::{KEY, LIMIT, NOW, at, members};
use libfuzzer_sys::fuzz_target;
use miniz_oxide::deflate::compress_to_vec_zlib;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const CAPS: [usize; 4] = [64, 1000, 10_000, 65_536];

/// Flask's and Django's, with each cap.
static SESSIONS: LazyLock<Vec<(Sessions, usize)>> = LazyLock::new(|| {
    let build = |builder: Builder| builder.clock(|| at(NOW)).build().expect("a good configuration");
    CAPS.into_iter()
        .flat_map(|cap| {
            let flask = flask::Profile::new(flask::SecretKey::new(KEY).expect("a secret"));
            let django = django::Profile::new(django::SecretKey::new(KEY).expect("a secret"));
            [
                (build(Sessions::builder(flask.max_inflated_size(cap))), cap),
                (build(Sessions::builder(django.max_inflated_size(cap))), cap),
            ]
        })
        .collect()
});

/// In the first byte: that the rest is text to be compressed, not a stream. The lowest three bits choose the sessions.
const IS_TEXT: u8 = 0x40;

fuzz_target!(|input: &[u8]| {
    let Some((choice, rest)) = input.split_first() else { return };
    let which = usize::from(*choice) % SESSIONS.len();
    let (sessions, cap) = &SESSIONS[which];
    let framework = &FRAMEWORKS[which % 2];
    let stream = if choice & IS_TEXT == 0 { rest.to_vec() } else { compress(rest, *cap) };

    let payload = format!(".{}", BASE64_URL_SAFE_NO_PAD.encode(&stream));
    let line = framework.line(&framework.token(payload.as_bytes()));
    let (session, most) = peak(|| sessions.open([&line]));
    // The list of members beside the text, and the window of the inflater.
    assert!(most <= cap * 15 + 64 * 1024, "opening holds {most} bytes");
    if line.len() - 1 > LIMIT {
        assert_eq!(session.rejection(), Some(&DecodeError::TooLong));
        return;
    }
    match inflate(&stream, *cap).and_then(|text| framework.expected(&text)) {
        Some(expected) => {
            assert_eq!(session.rejection(), None, "a stream is refused");
            assert_eq!(members(&session), expected);
        }
        None => assert_eq!(session.rejection(), Some(&DecodeError::Payload), "a stream is accepted"),
    }
});

/// Compresses a text as the first byte says: how well, to what length it is filled up with blanks before, and what
/// happens to the stream after.
fn compress(input: &[u8], cap: usize) -> Vec<u8> {
    let Some((way, text)) = input.split_first() else { return Vec::new() };
    let mut text = text.to_vec();
    let filled = match way >> 4 & 3 {
        0 => 0,
        1 => cap - 1,
        2 => cap,
        _ => cap + 1,
    };
    text.resize(filled.max(text.len()), b' ');
    let mut stream = compress_to_vec_zlib(&text, way % 11);
    match way >> 6 {
        0 => {}
        1 => stream.push(0),
        2 => drop(stream.pop()),
        _ => stream.extend_from_within(..),
    }
    stream
}
