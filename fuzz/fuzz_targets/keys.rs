//! Whatever stands where keys belong, reading it never panics, an error repeats
//! nothing of it, and a key that is accepted is the bytes that its text encodes:
//! it signs and encrypts as they do.

#![no_main]

use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use cookie_session::{Codec, KeyError, KeyErrorKind, KeyRing, SecretKey};
use cookie_session_fuzz::{NOW, TOKEN_PLACE, TOKEN_SALT, at, decrypted, encrypted_token, padded, token};
use libfuzzer_sys::fuzz_target;

/// All that an error about a text may say, without its numbers.
const ERRORS: [&str; 9] = [
    "secret key is missing; make one with `openssl rand -base `",
    "secret key has bytes, at least are needed; make one with `openssl rand -base `",
    "secret key is base for bytes, at least are needed; make one with `openssl rand -base `",
    "secret key is hex for bytes, at least are needed; make one with `openssl rand -base `",
    "secret key is repetitive or a placeholder; make one with `openssl rand -base `",
    "secret key is known to everybody: it is a default, or stands in a document; make one with `openssl rand -base `",
    "secret key is a passphrase, and a key is random bytes; make one with `openssl rand -base `",
    "secret key is in quotation marks: remove them",
    "secret key is neither hex nor base; make one with `openssl rand -base `",
];

fuzz_target!(|bytes: &[u8]| {
    match SecretKey::from_bytes(bytes) {
        Ok(key) => signs_and_encrypts(&KeyRing::new(key), bytes),
        Err(error) => repeats_nothing(&error, bytes.len()),
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return };

    match text.parse::<SecretKey>() {
        Ok(key) => {
            assert_eq!(format!("{key:?}"), "SecretKey(..)");
            let secret = decode(text.trim_ascii());
            assert!(secret.len() >= 32, "a short key");
            signs_and_encrypts(&KeyRing::new(key), &secret);
        }
        Err(error) => {
            repeats_nothing(&error, text.len());
            assert_eq!((error.position(), error.variable()), (None, None));
        }
    }

    let entries = || text.split([',', ' ', '\n', '\t', '\r', '\x0c']).filter(|entry| !entry.is_empty());
    match text.parse::<KeyRing>() {
        Ok(ring) => {
            let first = entries().next().expect("a ring has a key");
            assert!(entries().all(|entry| entry.parse::<SecretKey>().is_ok()));
            match (Codec::new(&ring, "fuzz", None), Codec::encrypted(&ring, "fuzz", None)) {
                (Ok(codec), Ok(encrypted)) => {
                    signs_and_encrypts(&ring, &decode(first));
                    for entry in entries() {
                        let secret = decode(entry);
                        let token = expected(&secret);
                        assert_eq!(codec.decode_at::<u8>(&token, at(NOW)), Ok(0), "every key verifies");
                        let token = encrypted_by(&secret);
                        assert_eq!(encrypted.decode_at::<u8>(&token, at(NOW)), Ok(0), "every key decrypts");
                    }
                }
                (codec, encrypted) => {
                    assert!(codec.is_err() && encrypted.is_err() && entries().count() > 8);
                }
            }
        }
        Err(error) => {
            repeats_nothing(&error, text.len());
            assert_eq!(error.variable(), None);
            match error.position() {
                Some(position) => {
                    let alone = entries().nth(position - 1).expect("it counts entries").parse::<SecretKey>();
                    assert_eq!(alone.expect_err("this entry is wrong").kind(), error.kind());
                }
                None if error.kind() == KeyErrorKind::Passphrase => assert!(entries().count() > 1),
                None => assert!(error.kind() == KeyErrorKind::Missing && entries().next().is_none()),
            }
        }
    }
});

#[track_caller]
fn repeats_nothing(error: &KeyError, len: usize) {
    let text = error.to_string();
    let words: String = text.chars().filter(|c| !c.is_ascii_digit()).collect();
    let words: Vec<&str> = words.split_ascii_whitespace().collect();
    assert!(ERRORS.contains(&words.join(" ").as_str()), "{text}");
    // The numbers are lengths and positions.
    let numbers = text.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse().ok());
    assert!(numbers.into_iter().all(|number: usize| number <= len.max(64)), "{text}");
    assert_eq!(format!("{error:?}"), text, "what `main` prints of an error says no more");
}

/// The first key of a ring is these bytes.
#[track_caller]
fn signs_and_encrypts(ring: &KeyRing, secret: &[u8]) {
    let codec = Codec::new(ring, "fuzz", None).expect("few keys");
    assert_eq!(codec.encode_at(&0, at(NOW)).expect("a digit fits"), expected(secret), "the first key signs");
    // What is encrypted has random bytes in it, so that it is read instead.
    let codec = Codec::encrypted(ring, "fuzz", None).expect("few keys");
    let token = codec.encode_at(&0, at(NOW)).expect("a digit fits");
    assert_eq!(decrypted(secret, TOKEN_PLACE, token.as_bytes()), padded(b"0"), "the first key encrypts");
}

fn encrypted_by(secret: &[u8]) -> String {
    String::from_utf8(encrypted_token(secret, TOKEN_PLACE, b"0", NOW)).expect("tokens are ASCII")
}

fn expected(secret: &[u8]) -> String {
    String::from_utf8(token(secret, TOKEN_SALT, b"0", NOW)).expect("tokens are ASCII")
}

/// Reads hex or base64 that is known to be right.
fn decode(text: &str) -> Vec<u8> {
    if text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        let digit = |byte: u8| char::from(byte).to_digit(16).expect("hex") as u8;
        return text.as_bytes().chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect();
    }
    let text = text.trim_end_matches('=').replace('-', "+").replace('_', "/");
    BASE64_STANDARD_NO_PAD.decode(text).expect("base64")
}
