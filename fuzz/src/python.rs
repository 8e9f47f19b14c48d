//! The formats of the Python frameworks, written a second time.

use std::sync::LazyLock;

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use cookie_session::{Profile, Sessions, django, flask, starlette};

use crate::{KEY, NOW, at};

/// One framework: its name of the cookie, how it signs, and its sessions here.
pub struct Framework {
    pub name: &'static str,
    separator: u8,
    signature: fn(&[u8]) -> Vec<u8>,
    timestamp: fn(u64) -> String,
    /// How JSON becomes the payload, uncompressed.
    pub payload: fn(&[u8]) -> String,
    /// Whether payloads may be compressed.
    pub inflates: bool,
    /// The key that it keeps of its own among the members.
    pub own_key: Option<&'static str>,
    pub known: Sessions,
    /// Of a secret that nobody knows.
    pub fresh: Sessions,
    /// The library's own, which take over the known ones.
    pub migrating: Sessions,
}

pub static FRAMEWORKS: LazyLock<[Framework; 3]> = LazyLock::new(|| {
    [
        Framework {
            name: "session",
            separator: b'.',
            signature: |text| hmac_sha1(&hmac_sha1(&KEY, b"cookie-session"), text),
            timestamp: crate::timestamp,
            payload: |json| BASE64_URL_SAFE_NO_PAD.encode(json),
            inflates: true,
            own_key: Some("_permanent"),
            known: flask(&KEY),
            fresh: flask(&fresh()),
            migrating: migrating(flask(&KEY)),
        },
        Framework {
            name: "sessionid",
            separator: b':',
            signature: |text| {
                let salt = b"django.contrib.sessions.backends.signed_cookiessigner";
                let mac: Hmac<Sha256> = key(&Sha256::digest([&salt[..], &KEY].concat()));
                mac.chain_update(text).finalize().into_bytes().to_vec()
            },
            timestamp: base62,
            payload: |json| BASE64_URL_SAFE_NO_PAD.encode(json),
            inflates: true,
            own_key: Some("_session_expiry"),
            known: build(django::Profile::new(django::SecretKey::new(KEY).expect("a secret"))),
            fresh: build(django::Profile::new(django::SecretKey::new(fresh()).expect("a secret"))),
            migrating: migrating(build(django::Profile::new(django::SecretKey::new(KEY).expect("a secret")))),
        },
        Framework {
            name: "session",
            separator: b'.',
            signature: |text| {
                hmac_sha1(&Sha1::digest([b"itsdangerous.Signersigner", &KEY[..]].concat()), text)
            },
            timestamp: crate::timestamp,
            payload: |json| BASE64_STANDARD.encode(json),
            inflates: false,
            own_key: None,
            known: build(starlette::Profile::new(starlette::SecretKey::new(KEY).expect("a secret"))),
            fresh: build(starlette::Profile::new(starlette::SecretKey::new(fresh()).expect("a secret"))),
            migrating: migrating(build(starlette::Profile::new(
                starlette::SecretKey::new(KEY).expect("a secret"),
            ))),
        },
    ]
});

impl Framework {
    /// Returns the value of a cookie around this payload, issued now.
    pub fn token(&self, payload: &[u8]) -> Vec<u8> {
        self.sign(&[payload, &[self.separator], (self.timestamp)(NOW).as_bytes()].concat())
    }

    /// Signs any text.
    pub fn sign(&self, text: &[u8]) -> Vec<u8> {
        let signature = BASE64_URL_SAFE_NO_PAD.encode((self.signature)(text));
        [text, &[self.separator], signature.as_bytes()].concat()
    }

    /// Makes a line of a Cookie header out of one value.
    pub fn line(&self, value: &[u8]) -> Vec<u8> {
        [self.name.as_bytes(), b"=", value].concat()
    }
}

/// Says whether a Cookie header delivers these bytes as one value.
pub fn is_intact(value: &[u8]) -> bool {
    let blank = |byte: Option<&u8>| matches!(byte, Some(b' ' | b'\t'));
    !value.contains(&b';') && !blank(value.first()) && !blank(value.last())
}

fn flask(secret: &[u8]) -> Sessions {
    build(flask::Profile::new(flask::SecretKey::new(secret).expect("a secret")))
}

fn build(profile: impl Into<Profile>) -> Sessions {
    Sessions::builder(profile).clock(|| at(NOW)).build().expect("the defaults")
}

fn migrating(old: Sessions) -> Sessions {
    Sessions::builder(crate::known_keys())
        .clock(|| at(NOW))
        .migrate_from(old, at(NOW + 1), at(NOW))
        .build()
        .expect("the defaults")
}

fn fresh() -> [u8; 32] {
    use std::hash::{BuildHasher, RandomState};

    let mut bytes = [0; 32];
    bytes
        .chunks_mut(8)
        .for_each(|chunk| chunk.copy_from_slice(&RandomState::new().hash_one(0).to_be_bytes()));
    bytes
}

fn base62(mut number: u64) -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut digits = Vec::new();
    while number > 0 {
        digits.insert(0, char::from(DIGITS[usize::try_from(number % 62).expect("small")]));
        number /= 62;
    }
    digits.into_iter().collect()
}

fn hmac_sha1(secret: &[u8], message: &[u8]) -> Vec<u8> {
    let mac: Hmac<Sha1> = key(secret);
    mac.chain_update(message).finalize().into_bytes().to_vec()
}

fn key<M: KeyInit>(secret: &[u8]) -> M {
    M::new_from_slice(secret).expect("HMAC takes keys of any length")
}
