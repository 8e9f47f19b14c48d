//! Whatever bytes a holder of the secret signs as compressed, opening them
//! never panics, holds no more than the cap and what the library promises
//! beside it, and yields only what is one whole stream within the cap.

#![no_main]

use std::sync::LazyLock;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use cookie_session::{Builder, DecodeError, Sessions, django, flask};
use cookie_session_fuzz::peak::{Counting, peak};
use cookie_session_fuzz::python::FRAMEWORKS;
use cookie_session_fuzz::{KEY, LIMIT, NOW, at};
use libfuzzer_sys::fuzz_target;

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

fuzz_target!(|input: &[u8]| {
    let Some((choice, stream)) = input.split_first() else { return };
    let which = usize::from(*choice) % SESSIONS.len();
    let (sessions, cap) = &SESSIONS[which];
    let framework = &FRAMEWORKS[which % 2];
    let payload = format!(".{}", BASE64_URL_SAFE_NO_PAD.encode(stream));
    let line = framework.line(&framework.token(payload.as_bytes()));
    let (session, most) = peak(|| sessions.open([&line]));
    // The list of members beside the text, and the window of the inflater.
    assert!(most <= cap * 15 + 64 * 1024, "opening holds {most} bytes");
    if line.len() - 1 > LIMIT {
        assert_eq!(session.rejection(), Some(&DecodeError::TooLong));
    } else if let Some(reason) = session.rejection() {
        assert_eq!(*reason, DecodeError::Payload);
        assert!(most <= cap * 15 + 64 * 1024);
    } else {
        let text: usize = session.keys().filter_map(|key| session.get_raw(&key).map(str::len)).sum();
        assert!(text <= *cap, "{text} bytes came through a cap of {cap}");
        // A checksum ends a whole stream.
        assert!(stream.len() > 6 && stream[0] & 15 == 8, "no stream");
    }
});
