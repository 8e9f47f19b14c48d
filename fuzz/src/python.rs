//! The formats of the Python frameworks, written a second time.

use std::sync::LazyLock;

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use cookie_session::{Profile, Sessions, django, flask, starlette};

use crate::{KEY, NOW, at, json};

/// One framework: its name of the cookie, how it signs, and its sessions here.
pub struct Framework {
    pub name: &'static str,
    separator: u8,
    signature: fn(&[u8], &[u8]) -> Vec<u8>,
    timestamp: fn(u64) -> String,
    /// How JSON becomes the payload, uncompressed.
    pub payload: fn(&[u8]) -> String,
    /// Whether payloads may be compressed.
    pub inflates: bool,
    /// Whether of several cookies the first counts. With the others it is the last.
    pub takes_first: bool,
    /// For how many seconds a session is accepted.
    pub max_age: u64,
    /// Whether its JSON is ASCII, whatever it holds.
    is_ascii: bool,
    /// Whether an object of one member may stand for a type of Python.
    has_tags: bool,
    /// The key that it keeps of its own among the members.
    pub own_key: Option<&'static str>,
    pub known: Sessions,
    /// Of a secret that nobody knows.
    pub fresh: Sessions,
    /// The library's own, signed and encrypted, which take over the known ones.
    pub migrating: [Sessions; 2],
}

pub static FRAMEWORKS: LazyLock<[Framework; 3]> = LazyLock::new(|| {
    [
        Framework {
            name: "session",
            separator: b'.',
            signature: |secret, text| hmac_sha1(&hmac_sha1(secret, b"cookie-session"), text),
            timestamp: crate::timestamp,
            payload: |json| BASE64_URL_SAFE_NO_PAD.encode(json),
            inflates: true,
            takes_first: true,
            max_age: 31 * 86_400,
            is_ascii: false,
            has_tags: true,
            own_key: Some("_permanent"),
            known: flask(&KEY),
            fresh: flask(&fresh()),
            migrating: migrating(flask(&KEY)),
        },
        Framework {
            name: "sessionid",
            separator: b':',
            signature: |secret, text| {
                let salt = b"django.contrib.sessions.backends.signed_cookiessigner";
                let mac: Hmac<Sha256> = key(&Sha256::digest([&salt[..], secret].concat()));
                mac.chain_update(text).finalize().into_bytes().to_vec()
            },
            timestamp: base62,
            payload: |json| BASE64_URL_SAFE_NO_PAD.encode(json),
            inflates: true,
            takes_first: false,
            max_age: 14 * 86_400,
            is_ascii: true,
            has_tags: false,
            own_key: Some("_session_expiry"),
            known: build(django::Profile::new(django::SecretKey::new(KEY).expect("a secret"))),
            fresh: build(django::Profile::new(django::SecretKey::new(fresh()).expect("a secret"))),
            migrating: migrating(build(django::Profile::new(django::SecretKey::new(KEY).expect("a secret")))),
        },
        Framework {
            name: "session",
            separator: b'.',
            signature: |secret, text| {
                hmac_sha1(&Sha1::digest([b"itsdangerous.Signersigner", secret].concat()), text)
            },
            timestamp: crate::timestamp,
            payload: |json| BASE64_STANDARD.encode(json),
            inflates: false,
            takes_first: false,
            max_age: 14 * 86_400,
            is_ascii: false,
            has_tags: false,
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
        self.token_of(&KEY, payload, NOW)
    }

    /// Returns the value of a cookie around this payload, of any secret and time.
    pub fn token_of(&self, secret: &[u8], payload: &[u8], issued: u64) -> Vec<u8> {
        let text = [payload, &[self.separator], (self.timestamp)(issued).as_bytes()].concat();
        self.sign_with(secret, &text)
    }

    /// Signs any text.
    pub fn sign(&self, text: &[u8]) -> Vec<u8> {
        self.sign_with(&KEY, text)
    }

    fn sign_with(&self, secret: &[u8], text: &[u8]) -> Vec<u8> {
        let signature = BASE64_URL_SAFE_NO_PAD.encode((self.signature)(secret, text));
        [text, &[self.separator], signature.as_bytes()].concat()
    }

    /// Returns the members that a session of this JSON text has, if the framework could have written it.
    pub fn expected(&self, text: &[u8]) -> Option<Vec<(String, Option<String>)>> {
        let text = str::from_utf8(text).ok().filter(|text| text.is_ascii() || !self.is_ascii)?;
        let members = json::members(text).filter(|members| !json::has_duplicate(members))?;
        let tag = match &*members {
            [only] if self.has_tags => TAGS.iter().find(|tag| only.key == tag.as_bytes()),
            _ => None,
        };
        match tag {
            None => Some(json::listed(&members)),
            // What looks like a tag is escaped.
            Some(&" di") => {
                let mut inner = json::members(members[0].value)?;
                let [only] = &mut *inner else { return None };
                only.spelled.strip_suffix("__\"")?;
                only.key.truncate(only.key.len() - "__".len());
                Some(json::listed(&inner))
            }
            // What is one stands for something else than a session.
            Some(_) => None,
        }
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

/// The keys of Flask's tags.
const TAGS: [&str; 6] = [" di", " t", " b", " m", " u", " d"];

fn flask(secret: &[u8]) -> Sessions {
    build(flask::Profile::new(flask::SecretKey::new(secret).expect("a secret")))
}

fn build(profile: impl Into<Profile>) -> Sessions {
    Sessions::builder(profile).clock(|| at(NOW)).build().expect("the defaults")
}

fn migrating(old: Sessions) -> [Sessions; 2] {
    let builder = Sessions::builder(crate::known_keys()).clock(|| at(NOW));
    [builder.clone(), builder.encrypted()]
        .map(|builder| builder.migrate_from(old.clone(), at(NOW + 1), at(NOW)).build().expect("the defaults"))
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
