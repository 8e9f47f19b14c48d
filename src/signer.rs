//! HMAC under the derived keys of a ring: signs with the first, verifies with
//! all, compares in constant time.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

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

/// Keyed HMAC states, made once. A state is cloned for each message, which
/// saves hashing the key again.
#[derive(Clone)]
pub(crate) struct Signer {
    current: Hmac<Sha256>,
    fallbacks: Box<[Hmac<Sha256>]>,
}

impl Signer {
    /// Derives a key for this salt from each secret, as itsdangerous does with
    /// `key_derivation="hmac"`.
    pub(crate) fn new<'k>(
        current: &[u8],
        fallbacks: impl IntoIterator<Item = &'k [u8]>,
        salt: &[u8],
    ) -> Self {
        let derive = |secret: &[u8]| {
            let derived = Zeroizing::new(mac(&keyed(secret), salt));
            keyed(derived.as_slice())
        };
        Self { current: derive(current), fallbacks: fallbacks.into_iter().map(derive).collect() }
    }

    /// Returns the signature of the message as text, under the current key.
    pub(crate) fn sign(&self, message: &[u8]) -> [u8; SIGNATURE_LEN] {
        let mut text = [0; SIGNATURE_LEN];
        // It fits: 32 bytes are 43 characters.
        let _ = BASE64_URL_SAFE_NO_PAD.encode_slice(mac(&self.current, message), &mut text);
        text
    }

    /// Returns which key made this signature of the message, if any did.
    pub(crate) fn verify(&self, message: &[u8], signature: &Signature) -> Option<KeyRole> {
        let matches = |key: &Hmac<Sha256>| bool::from(equal(&mac(key, message), &signature.0));
        if matches(&self.current) {
            Some(KeyRole::Current)
        } else {
            self.fallbacks.iter().any(matches).then_some(KeyRole::Fallback)
        }
    }
}

/// A presented signature, decoded and of the right length.
pub(crate) struct Signature([u8; MAC_LEN]);

impl Signature {
    /// Reads canonical base64: no padding, no other alphabet, no stray bits.
    pub(crate) fn read(text: &[u8; SIGNATURE_LEN]) -> Option<Self> {
        // The decoder wants room for whole groups of four characters.
        let mut bytes = [0; MAC_LEN + 1];
        BASE64_URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
        bytes.first_chunk().copied().map(Self)
    }
}

#[expect(clippy::expect_used, reason = "RFC 2104: a key of any length is hashed or padded to a block")]
fn keyed(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes keys of any length")
}

fn mac(key: &Hmac<Sha256>, message: &[u8]) -> [u8; MAC_LEN] {
    key.clone().chain_update(message).finalize().into_bytes().into()
}

/// Compares in constant time: every word is looked at, whatever the others
/// hold. By words of eight bytes, since `subtle` takes a hardened step for each
/// element.
fn equal(a: &[u8; MAC_LEN], b: &[u8; MAC_LEN]) -> Choice {
    let (a, _) = a.as_chunks::<8>();
    let (b, _) = b.as_chunks::<8>();
    a.iter()
        .zip(b)
        .fold(Choice::from(1), |equal, (a, b)| equal & u64::from_ne_bytes(*a).ct_eq(&u64::from_ne_bytes(*b)))
}

/// The length of an HMAC-SHA256, in bytes.
const MAC_LEN: usize = 32;

/// The length of a signature as text.
pub(crate) const SIGNATURE_LEN: usize = 43;
