//! `cookie-session keygen`: makes a key.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::answer::{Answer, Problem, json};
use crate::args::Keygen;

pub(crate) fn run(args: &Keygen) -> Result<Answer, Problem> {
    let mut bytes = Zeroizing::new([0; LEN]);
    getrandom::fill(bytes.as_mut_slice())
        .map_err(|_| Problem::usage("the operating system gives no random bytes"))?;
    let mut key = Zeroizing::new(String::with_capacity(ROOM));
    if args.hex {
        let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        key.extend(digits.filter_map(|digit| char::from_digit(digit.into(), 16)));
    } else {
        BASE64_STANDARD.encode_string(bytes.as_slice(), &mut key);
    }
    // What this makes, the library takes.
    let _: cookie_session::SecretKey =
        key.parse().map_err(|_| Problem::usage("the random source repeats itself"))?;
    if args.output.json {
        return Ok(Answer::good(json(&Key { key: &key })?));
    }
    key.push('\n');
    Ok(Answer::good(std::mem::take(&mut *key)))
}

#[derive(Serialize)]
struct Key<'k> {
    key: &'k str,
}

/// What RFC 2104 recommends for HMAC-SHA256.
const LEN: usize = 32;
/// For 64 digits and a newline.
const ROOM: usize = 65;
