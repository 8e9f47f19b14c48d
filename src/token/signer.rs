//! HMAC under the derived keys of a ring: signs with the first, verifies with
//! all, compares in constant time.

use std::hint::black_box;
use std::sync::Arc;

use hmac::{EagerHash, Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};
use zeroize::{Zeroize, Zeroizing};

use crate::token::{base64url, payload};

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
    /// Returns the role of the key at this place in the ring.
    pub(crate) fn of(place: usize) -> Self {
        if place == 0 { Self::Current } else { Self::Fallback }
    }

    /// Returns a short, stable name for logs and metrics.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Fallback => "fallback",
        }
    }
}

/// The keys of one salt, derived once. All clones have the same.
#[derive(Clone)]
pub(crate) enum Signer {
    Sha256(Arc<Keys<Sha256, 32>>),
    #[cfg(any(feature = "flask", feature = "starlette"))]
    Sha1(Arc<Keys<sha1::Sha1, 20>>),
    #[cfg(feature = "flask")]
    Sha512(Arc<Keys<sha2::Sha512, 64>>),
}

/// Does the same with the keys of whichever digest it is.
macro_rules! with_keys {
    ($signer:expr, $keys:ident => $answer:expr) => {
        match $signer {
            Signer::Sha256($keys) => $answer,
            #[cfg(any(feature = "flask", feature = "starlette"))]
            Signer::Sha1($keys) => $answer,
            #[cfg(feature = "flask")]
            Signer::Sha512($keys) => $answer,
        }
    };
}

impl Signer {
    /// Returns the length of a signature as text.
    #[inline]
    pub(crate) fn signature_len(&self) -> usize {
        with_keys!(self, keys => keys.text_len())
    }

    /// Appends a separator and the signature of what begins at `start` under
    /// the current key.
    #[inline]
    pub(crate) fn sign(&self, start: usize, separator: u8, out: &mut Vec<u8>) {
        with_keys!(self, keys => {
            let signature = keys.sign(out.get(start..).unwrap_or_default());
            out.push(separator);
            payload::push(&signature, out);
        });
    }

    /// Returns which key made this signature of the message, if any did: the
    /// current one is 0.
    #[inline]
    pub(crate) fn verify(&self, message: &[u8], signature: &Signature) -> Option<usize> {
        with_keys!(self, keys => keys.verify(message, signature))
    }
}

/// A signature that was presented, as bytes.
pub(crate) struct Signature {
    bytes: [u8; LONGEST],
}

impl Signature {
    /// Reads canonical base64: no padding, no other alphabet, no stray bits.
    #[inline]
    pub(crate) fn read(text: &[u8]) -> Option<Self> {
        let mut bytes = [0; LONGEST];
        base64url::decode(text, &mut bytes)?;
        Some(Self { bytes })
    }
}

/// Keyed HMAC states, whose signatures have `LEN` bytes. A state is cloned for
/// each message, which saves hashing the key again.
pub(crate) struct Keys<D: EagerHash, const LEN: usize> {
    current: Hmac<D>,
    fallbacks: Box<[Hmac<D>]>,
}

impl<D: EagerHash, const LEN: usize> Keys<D, LEN> {
    pub(crate) fn new(
        current: Zeroizing<Vec<u8>>,
        fallbacks: impl Iterator<Item = Zeroizing<Vec<u8>>>,
    ) -> Arc<Self> {
        Arc::new(Self { current: keyed(&current), fallbacks: fallbacks.map(|key| keyed(&key)).collect() })
    }

    #[expect(clippy::unused_self, reason = "asked of whichever keys a signer has")]
    fn text_len(&self) -> usize {
        const { text_len(LEN) }
    }

    #[inline]
    pub(super) fn sign(&self, message: &[u8]) -> [u8; LEN] {
        // No digest is shorter than its signatures.
        mac(&self.current, message).first_chunk().copied().unwrap_or([0; LEN])
    }

    pub(super) fn verify(&self, message: &[u8], presented: &Signature) -> Option<usize> {
        let presented = presented.bytes.first_chunk::<LEN>()?;
        let matches = |key: &Hmac<D>| {
            mac(key, message).first_chunk().is_some_and(|mac| bool::from(equal(mac, presented)))
        };
        if matches(&self.current) {
            Some(0)
        } else {
            self.fallbacks.iter().position(matches).map(|at| at.saturating_add(1))
        }
    }
}

/// Derives a key from a secret: HMAC of the salt under it.
pub(crate) fn derive<D: EagerHash>(secret: &[u8], salt: &[u8]) -> Zeroizing<Vec<u8>> {
    take(mac(&keyed::<D>(secret), salt))
}

/// Runs what reads or derives keys, and overwrites the stack that it took. Keys are returned behind a pointer.
///
/// A value that is moved leaves a copy on the stack. Whatever is moved to the heap later takes along what lies where it
/// has no field of its own, and nobody wipes that.
pub(crate) fn leaving_a_clean_stack<R>(run: impl FnOnce() -> R) -> R {
    #[inline(never)]
    fn below<R>(run: impl FnOnce() -> R) -> R {
        run()
    }

    #[inline(never)]
    fn overwrite() {
        black_box(&mut [0_u8; DEEP]);
    }

    let result = below(run);
    overwrite();
    result
}

/// More than that takes, also where nothing is optimised.
const DEEP: usize = 16 * 1024;

/// Takes a key out of a buffer and wipes that.
pub(crate) fn take(mut buffer: impl AsMut<[u8]>) -> Zeroizing<Vec<u8>> {
    let buffer = buffer.as_mut();
    let key = Zeroizing::new(buffer.to_vec());
    buffer.zeroize();
    key
}

#[expect(clippy::expect_used, reason = "RFC 2104: a key of any length is hashed or padded to a block")]
pub(crate) fn keyed<D: EagerHash>(key: &[u8]) -> Hmac<D> {
    Hmac::new_from_slice(key).expect("HMAC takes keys of any length")
}

#[inline(always)] // left to itself, the compiler decides otherwise whenever something far away changes
fn mac<D: EagerHash>(key: &Hmac<D>, message: &[u8]) -> hmac::digest::Output<Hmac<D>> {
    #[cfg(test)]
    tests::MACS.set(tests::MACS.get().saturating_add(1));
    key.clone().chain_update(message).finalize().into_bytes()
}

/// Compares in constant time: every byte is looked at, whatever the others
/// hold. By words of eight where there are eight, since `subtle` takes a
/// hardened step for each element.
#[inline]
fn equal<const LEN: usize>(a: &[u8; LEN], b: &[u8; LEN]) -> Choice {
    let (words_a, rest_a) = a.as_chunks::<8>();
    let (words_b, rest_b) = b.as_chunks::<8>();
    words_a.iter().zip(words_b).fold(rest_a.ct_eq(rest_b), |equal, (a, b)| {
        equal & u64::from_ne_bytes(*a).ct_eq(&u64::from_ne_bytes(*b))
    })
}

/// The length of the longest signature, in bytes.
const LONGEST: usize = 64;
/// Returns the length of so many bytes in base64 without padding.
const fn text_len(bytes: usize) -> usize {
    bytes.saturating_mul(4).div_ceil(3)
}

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
            let derive = |secret: &[u8; 32]| derive::<Sha256>(secret, b"salt");
            Signer::Sha256(Keys::new(derive(current), fallbacks.iter().map(derive)))
        };
        let sign = |signer: &Signer| {
            let mut text = b"before, message".to_vec();
            signer.sign("before, ".len(), b'.', &mut text);
            Signature::read(text.strip_prefix(b"before, message.").unwrap()).unwrap()
        };
        let all = signer(&secrets);
        assert_eq!(macs(|| _ = sign(&all)), 1);
        for (n, secret) in secrets.iter().enumerate() {
            let signature = sign(&signer(&[*secret]));
            assert_eq!(macs(|| assert_eq!(all.verify(b"message", &signature), Some(n))), n + 1);
            assert_eq!(macs(|| assert_eq!(all.verify(b"another", &signature), None)), secrets.len());
        }
    }

    /// Reads the code, since no behaviour tells a comparison in constant time from another: `benches/dudect.rs`
    /// measures it.
    #[test]
    fn compares_macs_in_subtle_alone() {
        let code = include_str!("signer.rs").split("#[cfg(test)]\npub(crate) mod tests").next().unwrap();
        let verify = code.split("fn verify(&self, message: &[u8], presented: &Signature)").nth(1).unwrap();
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
