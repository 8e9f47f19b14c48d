//! Finds out how a token was made: with which key, under which name, in which format, and what happened to it since.

use cookie_session::flask::{Digest, KeyDerivation};
use cookie_session::{Codec, DecodeError, KeyRing, SecretKey, django, flask};
use serde::de::IgnoredAny;

use crate::args::Format;
use crate::policy::{Origin, Policy};
use crate::secrets::{Keys, Secret, Taken};
use crate::shape::{percent_decoded, unquoted};
use crate::text::system_time;
use crate::token::{Parts, SIGNATURES};

/// A way to make a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Making {
    Session(Origin),
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
pub(crate) struct Found {
    pub(crate) making: Making,
    pub(crate) secret: Secret,
    pub(crate) changes: Vec<Change>,
    /// The token as it was made.
    pub(crate) text: String,
}

impl Found {
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
            | Self::Codec { .. }
            | Self::AlmostNative { .. } => Taken::Decoded,
            Self::Session(_) | Self::Serializer { .. } | Self::DjangoToken => Taken::Text,
        }
    }
}

/// Returns how the token was made, if anything that is tried made it.
pub(crate) fn search(policy: &Policy, keys: &Keys, makings: &[Making], value: &str) -> Option<Found> {
    for (changes, text) in readings(value) {
        let Some(parts) = Parts::of(&text) else { continue };
        // Right keys first: of two that fit, one is as it should be.
        let (right, odd): (Vec<_>, Vec<_>) = makings
            .iter()
            .flat_map(|making| keys.taken().into_iter().map(move |secret| (making, secret)))
            .partition(|(making, secret)| secret.taken == making.takes());
        let made = right
            .into_iter()
            .chain(odd)
            .find(|(making, secret)| making.made(policy, secret, &text, parts.issued));
        if let Some((making, secret)) = made {
            return Some(Found { making: making.clone(), secret, changes, text });
        }
    }
    None
}

impl Making {
    /// Says whether the secret made this token in this way, whatever its age and
    /// its payload.
    fn made(&self, policy: &Policy, secret: &Secret, text: &str, issued: u64) -> bool {
        let is_genuine =
            |result: Option<DecodeError>| result.is_none_or(|error| error > DecodeError::InvalidSignature);
        match self {
            Self::Session(origin) => {
                let session = policy.of(origin).open_with(&secret.bytes, text, issued);
                let rejection = session.as_ref().and_then(|session| session.rejection().copied());
                if let Some(session) = session
                    && rejection != Some(DecodeError::TooLong)
                {
                    return !session.is_new()
                        || rejection.is_some_and(|error| error > DecodeError::InvalidSignature);
                }
                // What no `Sessions` reads: too long, or a key that none takes. A codec does.
                let (salt, digest, derivation) = match origin.format {
                    Format::Native if !origin.encrypted => (
                        native_salt(&origin.name, origin.application.as_deref()),
                        Digest::Sha256,
                        KeyDerivation::Hmac,
                    ),
                    Format::Flask => {
                        (origin.flask.salt.clone(), origin.flask.digest, origin.flask.derivation)
                    }
                    _ => return false,
                };
                is_genuine(serializer(secret, &salt, digest, derivation, text, issued))
            }
            Self::Codec { salt, encrypted } => {
                let Ok(key) = SecretKey::from_bytes(&secret.bytes) else { return false };
                let make = if *encrypted { Codec::encrypted } else { Codec::new };
                make(&KeyRing::new(key), salt, None)
                    .is_ok_and(|codec| is_genuine(decode(codec, text, issued)))
            }
            Self::AlmostNative { name, digest, derivation } => {
                is_genuine(serializer(secret, &native_salt(name, None), *digest, *derivation, text, issued))
            }
            Self::Serializer { salt, digest } => {
                is_genuine(serializer(secret, salt, *digest, KeyDerivation::DjangoConcat, text, issued))
            }
            Self::DjangoToken => {
                let Ok(key) = django::SecretKey::new(&secret.bytes) else { return false };
                let codec = django::Profile::new(key).codec("django.core.signing", None);
                codec.is_ok_and(|codec| is_genuine(decode(codec, text, issued)))
            }
        }
    }
}

/// Returns why itsdangerous's format with these settings refuses a token.
fn serializer(
    secret: &Secret,
    salt: &str,
    digest: Digest,
    derivation: KeyDerivation,
    text: &str,
    issued: u64,
) -> Option<DecodeError> {
    let codec = flask::SecretKey::new(&secret.bytes).ok().and_then(|key| {
        // No session has this salt, so that a codec may have any other.
        let profile = flask::Profile::new(key).salt([0]);
        profile.codec_with(salt, None, derivation, digest).ok()
    });
    match codec {
        Some(codec) => decode(codec, text, issued),
        None => Some(DecodeError::InvalidSignature),
    }
}

fn decode(codec: Codec, text: &str, issued: u64) -> Option<DecodeError> {
    match codec.max_len(LONGEST) {
        Ok(codec) => codec.decode_at::<IgnoredAny>(text, system_time(issued)).err(),
        Err(_) => Some(DecodeError::TooLong),
    }
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
