//! HMAC under the derived keys of a ring: signs with the first, verifies with
//! all, compares in constant time.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hmac::{EagerHash, Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};
use zeroize::{Zeroize, Zeroizing};

use crate::token::base64url;

/// Which key of the ring made a signature.
///
/// When no cookie is verified by a fallback any more, the old key can go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyRole {
    /// The key that also signs.
    Current,
    /// A key that only verifies.
    Fallback,
}

impl KeyRole {
    /// Returns a short, stable name for logs and metrics.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Fallback => "fallback",
        }
    }
}

/// A hash function under HMAC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[cfg_attr(not(feature = "_python"), expect(unreachable_pub, reason = "public with the Python profiles"))]
pub enum Digest {
    /// SHA-1, what itsdangerous, Flask and Starlette use unless told otherwise.
    ///
    /// Its collisions do not help to forge an HMAC, which needs no collision
    /// resistance (RFC 2104, section 6), and no attack on HMAC-SHA1 is known.
    /// It is here to share cookies with Python, not to be chosen.
    #[cfg(feature = "_python")]
    Sha1,
    /// SHA-256, the only one of this library's own format.
    Sha256,
    /// SHA-512.
    #[cfg(feature = "_python")]
    Sha512,
}

/// How a key for one salt is made from a secret, in the words of itsdangerous.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[cfg_attr(not(feature = "_python"), expect(unreachable_pub, reason = "public with the Python profiles"))]
pub enum KeyDerivation {
    /// `hmac`: HMAC of the salt under the secret.
    Hmac,
    /// `django-concat`: the hash of salt, `signer` and secret.
    #[cfg(feature = "_python")]
    DjangoConcat,
    /// `concat`: the hash of salt and secret.
    #[cfg(feature = "_python")]
    Concat,
}

/// The keys of one salt, derived once.
#[derive(Clone)]
pub(crate) enum Signer {
    #[cfg(feature = "_python")]
    Sha1(Keys<sha1::Sha1>),
    Sha256(Keys<Sha256>),
    #[cfg(feature = "_python")]
    Sha512(Box<Keys<sha2::Sha512>>),
}

impl Signer {
    /// Derives a key for this salt from each secret.
    pub(crate) fn new<'k>(
        digest: Digest,
        derivation: KeyDerivation,
        current: &[u8],
        fallbacks: impl Iterator<Item = &'k [u8]>,
        salt: &[u8],
    ) -> Self {
        match digest {
            #[cfg(feature = "_python")]
            Digest::Sha1 => Self::Sha1(Keys::new(derivation, current, fallbacks, salt)),
            Digest::Sha256 => Self::Sha256(Keys::new(derivation, current, fallbacks, salt)),
            #[cfg(feature = "_python")]
            Digest::Sha512 => Self::Sha512(Box::new(Keys::new(derivation, current, fallbacks, salt))),
        }
    }

    /// Returns the length of a signature as text.
    pub(crate) fn signature_len(&self) -> usize {
        match self {
            #[cfg(feature = "_python")]
            Self::Sha1(_) => 27,
            Self::Sha256(_) => 43,
            #[cfg(feature = "_python")]
            Self::Sha512(_) => LONGEST_TEXT,
        }
    }

    /// Returns the signature of the message under the current key.
    pub(crate) fn sign(&self, message: &[u8]) -> Signature {
        match self {
            #[cfg(feature = "_python")]
            Self::Sha1(keys) => keys.sign(message),
            Self::Sha256(keys) => keys.sign(message),
            #[cfg(feature = "_python")]
            Self::Sha512(keys) => keys.sign(message),
        }
    }

    /// Returns which key made this signature of the message, if any did.
    pub(crate) fn verify(&self, message: &[u8], signature: &Signature) -> Option<KeyRole> {
        match self {
            #[cfg(feature = "_python")]
            Self::Sha1(keys) => keys.verify::<20>(message, signature),
            Self::Sha256(keys) => keys.verify::<32>(message, signature),
            #[cfg(feature = "_python")]
            Self::Sha512(keys) => keys.verify::<64>(message, signature),
        }
    }
}

/// A signature as bytes, whether presented or made.
pub(crate) struct Signature {
    bytes: [u8; LONGEST],
    len: usize,
}

impl Signature {
    /// Reads canonical base64: no padding, no other alphabet, no stray bits.
    pub(crate) fn read(text: &[u8]) -> Option<Self> {
        let mut bytes = [0; LONGEST];
        let len = base64url::decode(text, &mut bytes)?;
        Some(Self { bytes, len })
    }

    /// Appends the signature as text.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let mut text = [0; LONGEST_TEXT];
        if let Some(bytes) = self.bytes.get(..self.len)
            && let Ok(len) = BASE64_URL_SAFE_NO_PAD.encode_slice(bytes, &mut text)
        {
            out.extend_from_slice(text.get(..len).unwrap_or_default());
        }
    }
}

/// Keyed HMAC states. A state is cloned for each message, which saves hashing
/// the key again.
pub(crate) struct Keys<D: EagerHash> {
    current: Hmac<D>,
    fallbacks: Box<[Hmac<D>]>,
}

impl<D: EagerHash> Keys<D> {
    fn new<'k>(
        derivation: KeyDerivation,
        current: &[u8],
        fallbacks: impl Iterator<Item = &'k [u8]>,
        salt: &[u8],
    ) -> Self {
        let derive = |secret: &[u8]| keyed(&derive::<D>(derivation, secret, salt));
        Self { current: derive(current), fallbacks: fallbacks.map(derive).collect() }
    }

    fn sign(&self, message: &[u8]) -> Signature {
        let mac = mac(&self.current, message);
        let mut bytes = [0; LONGEST];
        bytes.iter_mut().zip(&mac).for_each(|(byte, mac)| *byte = *mac);
        Signature { bytes, len: mac.len() }
    }

    fn verify<const LEN: usize>(&self, message: &[u8], presented: &Signature) -> Option<KeyRole> {
        let presented = presented.bytes.first_chunk::<LEN>()?;
        let matches = |key: &Hmac<D>| {
            mac(key, message).first_chunk().is_some_and(|mac| bool::from(equal(mac, presented)))
        };
        if matches(&self.current) {
            Some(KeyRole::Current)
        } else {
            self.fallbacks.iter().any(matches).then_some(KeyRole::Fallback)
        }
    }
}

impl<D: EagerHash> Clone for Keys<D> {
    fn clone(&self) -> Self {
        Self { current: self.current.clone(), fallbacks: self.fallbacks.clone() }
    }
}

fn derive<D: EagerHash>(derivation: KeyDerivation, secret: &[u8], salt: &[u8]) -> Zeroizing<Vec<u8>> {
    match derivation {
        KeyDerivation::Hmac => take(mac(&keyed::<D>(secret), salt)),
        #[cfg(feature = "_python")]
        KeyDerivation::DjangoConcat => {
            take(D::new_with_prefix(salt).chain_update(b"signer").chain_update(secret).finalize())
        }
        #[cfg(feature = "_python")]
        KeyDerivation::Concat => take(D::new_with_prefix(salt).chain_update(secret).finalize()),
    }
}

/// Takes a key out of a buffer and wipes that.
fn take(mut buffer: impl AsMut<[u8]>) -> Zeroizing<Vec<u8>> {
    let buffer = buffer.as_mut();
    let key = Zeroizing::new(buffer.to_vec());
    buffer.zeroize();
    key
}

#[expect(clippy::expect_used, reason = "RFC 2104: a key of any length is hashed or padded to a block")]
fn keyed<D: EagerHash>(key: &[u8]) -> Hmac<D> {
    Hmac::new_from_slice(key).expect("HMAC takes keys of any length")
}

fn mac<D: EagerHash>(key: &Hmac<D>, message: &[u8]) -> hmac::digest::Output<Hmac<D>> {
    #[cfg(test)]
    tests::MACS.set(tests::MACS.get().saturating_add(1));
    key.clone().chain_update(message).finalize().into_bytes()
}

/// Compares in constant time: every byte is looked at, whatever the others
/// hold. By words of eight where there are eight, since `subtle` takes a
/// hardened step for each element.
fn equal<const LEN: usize>(a: &[u8; LEN], b: &[u8; LEN]) -> Choice {
    let (words_a, rest_a) = a.as_chunks::<8>();
    let (words_b, rest_b) = b.as_chunks::<8>();
    words_a.iter().zip(words_b).fold(rest_a.ct_eq(rest_b), |equal, (a, b)| {
        equal & u64::from_ne_bytes(*a).ct_eq(&u64::from_ne_bytes(*b))
    })
}

/// The lengths of the longest signature, in bytes and as text.
const LONGEST: usize = 64;
const LONGEST_TEXT: usize = 86;

#[cfg(test)]
pub(crate) mod tests {
    use std::cell::Cell;

    use super::*;

    thread_local! {
        /// How many MACs this thread has made.
        pub(crate) static MACS: Cell<usize> = const { Cell::new(0) };
    }

    /// Returns how many MACs a run makes.
    pub(crate) fn macs(run: impl FnOnce()) -> usize {
        let before = MACS.get();
        run();
        MACS.get().saturating_sub(before)
    }

    #[test]
    fn signs_with_one_mac_and_verifies_with_one_per_key_until_one_matches() {
        let secrets = [[1; 32], [2; 32], [3; 32]];
        let signer = |secrets: &[[u8; 32]]| {
            let (current, fallbacks) = secrets.split_first().unwrap();
            let fallbacks = fallbacks.iter().map(<[u8; 32]>::as_slice);
            Signer::new(Digest::Sha256, KeyDerivation::Hmac, current, fallbacks, b"salt")
        };
        let all = signer(&secrets);
        assert_eq!(macs(|| assert_eq!(all.sign(b"message").len, 32)), 1);
        for (n, secret) in secrets.iter().enumerate() {
            let signature = signer(&[*secret]).sign(b"message");
            let role = if n == 0 { KeyRole::Current } else { KeyRole::Fallback };
            assert_eq!(macs(|| assert_eq!(all.verify(b"message", &signature), Some(role))), n + 1);
            assert_eq!(macs(|| assert_eq!(all.verify(b"another", &signature), None)), secrets.len());
        }
    }

    /// Reads the code, since no behaviour tells a comparison in constant time from another: `benches/dudect.rs`
    /// measures it.
    #[test]
    fn compares_macs_in_subtle_alone() {
        let code = include_str!("signer.rs").split("#[cfg(test)]\npub(crate) mod tests").next().unwrap();
        let verify = code.split("fn verify<const LEN: usize>").nth(1).unwrap();
        let verify = verify.split("\n    }\n").next().unwrap();
        assert!(verify.contains("bool::from(equal(mac, presented))"), "{verify}");
        let equal = code.split("fn equal<const LEN: usize>").nth(1).unwrap().split("\n}\n").next().unwrap();
        assert_eq!(equal.matches(".ct_eq(").count(), 2, "{equal}");
        for body in [verify, equal] {
            for early in ["==", "!=", "cmp(", "starts_with", ".eq(", "matches!", "return"] {
                assert!(!body.contains(early), "{early} in {body}");
            }
        }
        // Nothing else could be compared: a signature has no equality, and is written nowhere but into text.
        assert!(!code.contains("impl PartialEq for Signature"));
        let derived = code.split("pub(crate) struct Signature").next().unwrap().lines().next_back().unwrap();
        assert!(!derived.contains("PartialEq"), "{derived}");
    }
}
