//! Finds out how a token was made: with which key, under which name, in which format, and what happened to it since.

use std::cell::OnceCell;

use cookie_session::flask::{Digest, KeyDerivation};
use cookie_session::signed_cookie::SignedCookie;
use cookie_session::{Codec, DecodeError, KeyRing, SecretKey, Sessions, django, flask};
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::args::Format;
use crate::policy::{Origin, Policy, small_cookie};
use crate::secrets::{Keys, Secret, Taken};
use crate::shape::{percent_decoded, unquoted};
use crate::text::system_time;
use crate::token::{Parts, SIGNATURES};

/// A way to make a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Making {
    Session(Origin),
    /// A small signed cookie beside the session.
    SignedCookie {
        name: String,
        application: Option<String>,
        encrypted: bool,
    },
    /// A token of a [`Codec`].
    Codec {
        salt: String,
        encrypted: bool,
    },
    /// A session of the native format, but for the digest or the derivation.
    AlmostNative {
        name: String,
        digest: Digest,
        derivation: KeyDerivation,
    },
    /// A token of itsdangerous's `URLSafeTimedSerializer`.
    Serializer {
        salt: &'static str,
        digest: Digest,
    },
    /// A token of `django.core.signing`.
    DjangoToken,
}

/// What was done to a token on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Quoted,
    PercentEncoded,
    Spaced,
    /// Base64 of the standard alphabet, or padded.
    Respelled,
    Appended(usize),
}

/// How a token was made.
pub(crate) struct Found<'c> {
    pub(crate) making: &'c Making,
    pub(crate) secret: &'c Secret,
    pub(crate) changes: Vec<Change>,
    /// The token as it was made.
    pub(crate) text: String,
}

impl Found<'_> {
    /// Says whether the key was taken for what the format takes it for.
    pub(crate) fn takes_the_key_right(&self) -> bool {
        self.secret.taken == self.making.takes()
    }
}

impl Making {
    /// Returns what this format takes a key for.
    fn takes(&self) -> Taken {
        match self {
            Self::Session(Origin { format: Format::Native, .. })
            | Self::SignedCookie { .. }
            | Self::Codec { .. }
            | Self::AlmostNative { .. } => Taken::Decoded,
            Self::Session(_) | Self::Serializer { .. } | Self::DjangoToken => Taken::Text,
        }
    }
}

/// Everything that a token is tried with: each way to make one with each key.
pub(crate) struct Candidates(Vec<Candidate>);

struct Candidate {
    making: Making,
    secret: Secret,
    /// Made when it is this one's turn, since most have none.
    readers: OnceCell<Readers>,
}

struct Readers {
    sessions: Option<Sessions>,
    small: Option<SignedCookie<Value>>,
    /// Reads what no `Sessions` does: a token that is none, one that is too long,
    /// and one of a key that is none.
    codec: Option<Codec>,
}

impl Candidates {
    /// Lists all these with every key.
    pub(crate) fn new(keys: &Keys, makings: &[Making]) -> Self {
        let of = |making: &Making| {
            let making = making.clone();
            let candidate =
                move |secret| Candidate { making: making.clone(), secret, readers: OnceCell::new() };
            keys.taken().into_iter().map(candidate)
        };
        // Right keys first: of two that fit, one is as it should be.
        let (mut right, odd): (Vec<_>, Vec<_>) = makings
            .iter()
            .flat_map(of)
            .partition(|candidate| candidate.secret.taken == candidate.making.takes());
        right.extend(odd);
        Self(right)
    }

    /// Returns how the token was made, if anything that is tried made it.
    pub(crate) fn search(&self, policy: &Policy, value: &str) -> Option<Found<'_>> {
        readings(value).into_iter().find_map(|(changes, text)| {
            let parts = Parts::of(&text)?;
            let made = |candidate: &&Candidate| candidate.readers(policy).read(&text, parts.issued);
            let Candidate { making, secret, .. } = self.0.iter().find(made)?;
            Some(Found { making, secret, changes, text })
        })
    }
}

impl Candidate {
    fn readers(&self, policy: &Policy) -> &Readers {
        self.readers.get_or_init(|| Readers {
            sessions: match &self.making {
                Making::Session(origin) => policy.of(origin).alone(&self.secret.bytes),
                _ => None,
            },
            small: small(&self.making, &self.secret.bytes),
            codec: codec(&self.making, &self.secret.bytes).and_then(|codec| codec.max_len(LONGEST).ok()),
        })
    }
}

impl Readers {
    /// Says whether these read the token, whatever its age and its payload.
    fn read(&self, text: &str, issued: u64) -> bool {
        let is_genuine = |error: DecodeError| error > DecodeError::InvalidSignature;
        if let Some(sessions) = &self.sessions {
            let line = format!("{}={text}", sessions.cookie_name());
            let session = sessions.open_at([line], system_time(issued));
            match session.rejection() {
                Some(DecodeError::TooLong) => {}
                Some(error) => return is_genuine(*error),
                None => return !session.is_new(),
            }
        }
        if let Some(small) = &self.small {
            // Judged now: one that is too old was made by this key all the same.
            let value = small.get([format!("{}={text}", small.name())]);
            return value.map_or_else(is_genuine, |value| value.is_some());
        }
        self.codec.as_ref().is_some_and(|codec| {
            codec.decode_at::<IgnoredAny>(text, system_time(issued)).err().is_none_or(is_genuine)
        })
    }
}

fn small(making: &Making, secret: &[u8]) -> Option<SignedCookie<Value>> {
    let Making::SignedCookie { name, application, encrypted } = making else { return None };
    let ring = KeyRing::new(SecretKey::from_bytes(secret).ok()?);
    small_cookie(&ring, name, application.as_deref(), *encrypted).build().ok()
}

fn codec(making: &Making, secret: &[u8]) -> Option<Codec> {
    match making {
        Making::Session(Origin { format: Format::Native, encrypted: false, name, application, .. }) => {
            let salt = native_salt(name, application.as_deref());
            serializer(secret, &salt, Digest::Sha256, KeyDerivation::Hmac)
        }
        Making::Session(Origin { format: Format::Flask, flask, .. }) => {
            serializer(secret, &flask.salt, flask.digest, flask.derivation)
        }
        Making::Session(_) | Making::SignedCookie { .. } => None,
        Making::Codec { salt, encrypted } => {
            let make = if *encrypted { Codec::encrypted } else { Codec::new };
            make(&KeyRing::new(SecretKey::from_bytes(secret).ok()?), salt, None).ok()
        }
        Making::AlmostNative { name, digest, derivation } => {
            serializer(secret, &native_salt(name, None), *digest, *derivation)
        }
        Making::Serializer { salt, digest } => serializer(secret, salt, *digest, KeyDerivation::DjangoConcat),
        Making::DjangoToken => {
            let profile = django::Profile::new(django::SecretKey::new(secret).ok()?);
            profile.codec("django.core.signing", None).ok()
        }
    }
}

/// Returns a reader of itsdangerous's format with these settings.
fn serializer(secret: &[u8], salt: &str, digest: Digest, derivation: KeyDerivation) -> Option<Codec> {
    // No session has this salt, so that a codec may have any other.
    let profile = flask::Profile::new(flask::SecretKey::new(secret).ok()?).salt([0]);
    profile.codec_with(salt, None, derivation, digest).ok()
}

/// As much as is read of any input, and the most that a codec takes.
const LONGEST: usize = 1024 * 1024;

/// The salt of signed sessions: the description of the format says so.
fn native_salt(name: &str, application: Option<&str>) -> String {
    let mut salt = format!("cookie-session/v1/cookie/{name}");
    if let Some(application) = application {
        salt.push('/');
        salt.push_str(application);
    }
    salt
}

/// Returns what a value may have been before it got here: itself, each change
/// taken back alone, and all of them.
fn readings(value: &str) -> Vec<(Vec<Change>, String)> {
    type Undo = fn(&str) -> Option<String>;
    let steps: [(Change, Undo); 4] = [
        (Change::PercentEncoded, percent_decoded),
        (Change::Quoted, |text| unquoted(text).map(str::to_owned)),
        (Change::Spaced, without_space),
        (Change::Respelled, respelled),
    ];
    let mut readings = vec![(Vec::new(), value.to_owned())];
    let mut all = (Vec::new(), value.to_owned());
    for (change, step) in steps {
        readings.extend(step(value).map(|text| (vec![change], text)));
        if let Some(text) = step(&all.1) {
            all.0.push(change);
            all.1 = text;
            readings.push(all.clone());
        }
    }
    let longer: Vec<_> = readings
        .iter()
        .flat_map(|(changes, text)| {
            SIGNATURES.into_iter().filter_map(move |len| {
                let (kept, more) = without_tail(text, len)?;
                Some(([changes.as_slice(), &[Change::Appended(more)]].concat(), kept))
            })
        })
        .collect();
    readings.extend(longer);
    readings
}

fn without_space(text: &str) -> Option<String> {
    text.contains(char::is_whitespace).then(|| text.split_whitespace().collect())
}

fn respelled(text: &str) -> Option<String> {
    text.contains(['=', '+', '/']).then(|| text.replace('=', "").replace('+', "-").replace('/', "_"))
}

/// Cuts what follows a signature of this length, and says how much that is.
fn without_tail(text: &str, len: usize) -> Option<(String, usize)> {
    let separator = if text.contains('.') { '.' } else { ':' };
    // A dot at the beginning says that the payload is compressed.
    let (at, _) = text.match_indices(separator).filter(|(at, _)| *at > 0).nth(1)?;
    let signature = text.get(at.checked_add(1)?..)?;
    // A digest may be longer than another.
    let is_whole = signature.len() <= len || SIGNATURES.contains(&signature.len());
    let (_, tail) = signature.split_at_checked(len).filter(|_| !is_whole)?;
    Some((text.strip_suffix(tail)?.to_owned(), tail.chars().count()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_changes_back_alone_and_together() {
        let token = format!("W10.aE7hgA.{}", "A".repeat(43));
        let cases = [
            (format!("\"{token}\""), vec![Change::Quoted]),
            (format!("%22{token}%22"), vec![Change::PercentEncoded, Change::Quoted]),
            (token.replace("hg", "h\n  g"), vec![Change::Spaced]),
            (format!("{token}="), vec![Change::Respelled]),
            (format!("{token}=="), vec![Change::Respelled]),
            (format!("{token}xyz"), vec![Change::Appended(3)]),
            (format!("{token}, theme"), vec![Change::Appended(7)]),
            (format!("\"{token}\\\""), vec![Change::Quoted, Change::Appended(1)]),
        ];
        for (value, changes) in cases {
            assert!(readings(&value).contains(&(changes, token.clone())), "{value}: {:?}", readings(&value));
        }
        assert_eq!(readings(&token), [(vec![], token.clone())]);
    }
}
