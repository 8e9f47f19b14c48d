//! The text of a token, before and after its signature is checked.
//!
//! ```text
//! payload "." timestamp "." signature
//! ```
//!
//! The compiler keeps the order: what came from outside is an
//! [`UnverifiedToken`], only its signature turns it into a [`VerifiedToken`],
//! and only that has a time and a payload.

use crate::error::{ConfigError, DecodeError};
use crate::format::rules::Envelope;
use crate::format::{Format, native};
use crate::key::Secrets;
use crate::token::cipher::SharedCiphers;
use crate::token::salt::{Purpose, Use, salt};
use crate::token::signer::{KeyRole, Signature, Signer};

pub(crate) mod base64url;
pub(crate) mod bounds;
#[cfg(feature = "encrypted")]
pub(crate) mod cipher;
#[cfg(not(feature = "encrypted"))]
#[path = "no_cipher.rs"]
pub(crate) mod cipher;
pub(crate) mod engine;
pub(crate) mod payload;
pub(crate) mod salt;
pub(crate) mod signer;
pub(crate) mod stamp;
pub(crate) mod timestamp;

/// Tokens of one format, under the keys of one salt.
#[derive(Clone)]
pub(crate) struct Tokens {
    pub(crate) format: Format,
    pub(crate) signer: Signer,
    /// What encrypts the payload, if the browser must not read it.
    pub(crate) cipher: Option<SharedCiphers>,
}

impl Tokens {
    /// Makes those of this library's own format that everybody can read.
    pub(crate) fn native(secrets: &Secrets, purpose: Purpose, chosen: &[u8]) -> Result<Self, ConfigError> {
        let signer = secrets.signer(&salt(Use::SIGN, purpose, chosen))?;
        Ok(Self { format: Format::NATIVE, signer, cipher: None })
    }

    /// Appends the token of this JSON text.
    pub(crate) fn write(&self, json: &[u8], issued: u64, out: &mut Vec<u8>) {
        let start = out.len();
        match &self.cipher {
            None => {
                let most = self.format.payload_len(json.len());
                payload::push_with(most, out, |room| self.format.encode(json, room));
            }
            Some(_) => self.push_payload(json.len(), issued, out, |out| out.extend_from_slice(json)),
        }
        self.sign(start, issued, out);
    }

    /// Appends the token of the JSON text that `push` appends, which is `most` bytes long or less.
    pub(crate) fn write_with(
        &self,
        most: usize,
        issued: u64,
        out: &mut Vec<u8>,
        push: impl FnOnce(&mut Vec<u8>),
    ) {
        let start = out.len();
        self.push_payload(most, issued, out, push);
        self.sign(start, issued, out);
    }

    /// Returns how long a buffer gets in which [`write`](Self::write) appends the token of a text of this length, and
    /// the caller that much more.
    pub(crate) fn capacity(&self, text: usize, more: usize) -> usize {
        let between = if self.cipher.is_some() { cipher::len(text) } else { 0 };
        self.len(self.format.payload_len(text).saturating_add(more))
            .max(self.format.payload_len(text).saturating_add(between))
    }

    /// Does the same for [`write_with`](Self::write_with).
    pub(crate) fn capacity_with(&self, text: usize, more: usize) -> usize {
        self.capacity(text, more).max(self.format.payload_len(text).saturating_add(text))
    }

    /// Appends the payload of a text. The text is made behind the room for its payload, and encrypted there, so that
    /// both have one buffer.
    #[inline]
    fn push_payload(&self, most: usize, issued: u64, out: &mut Vec<u8>, push: impl FnOnce(&mut Vec<u8>)) {
        let start = out.len();
        let text = start.saturating_add(self.format.payload_len(most));
        out.resize(text, 0);
        match &self.cipher {
            None => push(out),
            Some(cipher) => {
                out.resize(text.saturating_add(cipher::IV_LEN), 0);
                push(out);
                cipher.encrypt(issued, text, out);
            }
        }
        let parts = out.split_at_mut_checked(text);
        let len = parts.and_then(|(room, text)| self.format.encode(text, room.get_mut(start..)?));
        if let Some(len) = len {
            out.truncate(start.saturating_add(len));
            return;
        }
        // The text is longer than it was said to be, as that of a session is from the year 2286 on.
        let text = out.split_off(text);
        out.truncate(start);
        payload::push_with(self.format.payload_len(text.len()), out, |room| self.format.encode(&text, room));
    }

    /// Appends timestamp and signature to the payload that begins there.
    #[inline]
    fn sign(&self, start: usize, issued: u64, out: &mut Vec<u8>) {
        out.push(self.format.separator());
        self.format.write_timestamp(issued, out);
        self.signer.sign(start, self.format.separator(), out);
    }

    /// Hands over the JSON text of a token, decrypted where it is encrypted.
    pub(crate) fn decode_with<R>(
        &self,
        token: &VerifiedToken<'_>,
        read: impl FnOnce(&str) -> Result<R, DecodeError>,
    ) -> Result<R, DecodeError> {
        match &self.cipher {
            None => self.format.decode_with(token.payload, read),
            Some(cipher) => cipher.decrypt_with(token.payload, token.place, read),
        }
    }

    /// Reads the session that a token holds. What it says of its age goes
    /// through `check` first.
    pub(crate) fn read(
        &self,
        token: &VerifiedToken<'_>,
        check: impl Fn(u64, bool) -> Result<(), DecodeError>,
    ) -> Result<Envelope, DecodeError> {
        match &self.cipher {
            None => self.format.read(token.payload, check),
            Some(cipher) => cipher.decrypt_with(token.payload, token.place, |text| native::read(text, check)),
        }
    }

    /// Checks the shape of a token, and only that.
    #[inline]
    pub(crate) fn parse<'t>(&self, text: &'t [u8]) -> Result<UnverifiedToken<'t>, DecodeError> {
        UnverifiedToken::split(text, self.format.separator(), self.signer.signature_len())
            .ok_or(DecodeError::Malformed)
    }

    /// Returns the length of the shortest token there is these days.
    pub(crate) fn smallest(&self) -> usize {
        self.len(self.format.payload_len(1))
    }

    /// Returns the length of a token of these days around a payload of this
    /// length.
    pub(crate) fn len(&self, payload: usize) -> usize {
        payload.saturating_add(TIMESTAMP_LEN).saturating_add(self.signer.signature_len())
    }
}

/// Text of the right shape that anybody may have sent.
pub(crate) struct UnverifiedToken<'t> {
    signed: &'t [u8],
    payload: &'t [u8],
    timestamp: &'t [u8],
    signature: Signature,
}

impl<'t> UnverifiedToken<'t> {
    /// Finds the parts, from the end and in constant time whatever the length.
    /// The payload is not looked at: a stray byte in it fails the signature.
    #[inline]
    fn split(text: &'t [u8], separator: u8, signature_len: usize) -> Option<Self> {
        let (rest, signature) = text.split_at_checked(text.len().checked_sub(signature_len)?)?;
        let signed = rest.strip_suffix(&[separator])?;
        // No timestamp is longer, so no earlier separator needs to be found.
        let from = signed.len().saturating_sub(timestamp::MAX_LEN.saturating_add(1));
        let (head, tail) = signed.split_at_checked(from)?;
        let at = tail.iter().rposition(|byte| *byte == separator)?;
        let (payload, _) = signed.split_at_checked(head.len().checked_add(at)?)?;
        let timestamp = tail.get(at.checked_add(1)?..)?;
        Some(Self { signed, payload, timestamp, signature: Signature::read(signature)? })
    }

    /// Says whether the payload begins as an encrypted one, and not as JSON: by
    /// its first bit, here that of a digit of base64. What it is, only the
    /// signature says; this is whose keys to try.
    #[inline]
    pub(crate) fn claims_encryption(&self) -> bool {
        matches!(self.payload.first(), Some(b'g'..=b'z' | b'0'..=b'9' | b'-' | b'_'))
    }

    /// Checks the signature over the text as it was received. Nothing else of
    /// it has been decoded by then.
    #[inline]
    pub(crate) fn verify(&self, tokens: &Tokens) -> Result<VerifiedToken<'t>, DecodeError> {
        let place =
            tokens.signer.verify(self.signed, &self.signature).ok_or(DecodeError::InvalidSignature)?;
        let issued = tokens.format.read_timestamp(self.timestamp).ok_or(DecodeError::Malformed)?;
        Ok(VerifiedToken { payload: self.payload, issued, place })
    }
}

/// What a holder of the key wrote.
pub(crate) struct VerifiedToken<'t> {
    payload: &'t [u8],
    /// When it was signed, in unix seconds.
    pub(crate) issued: u64,
    /// Where in the ring the key stands that signed it.
    place: usize,
}

impl VerifiedToken<'_> {
    /// Returns which key signed it.
    pub(crate) fn key(&self) -> KeyRole {
        KeyRole::of(self.place)
    }

    /// Checks that the token is neither from the future nor too old, in
    /// seconds. A token exactly as old as `max_age` is good.
    pub(crate) fn check_age(&self, now: u64, skew: u64, max_age: u64) -> Result<(), DecodeError> {
        check_age(self.issued, now, skew, max_age)
    }
}

/// Checks that `then` is at most `skew` after and `max_age` before `now`.
pub(crate) fn check_age(then: u64, now: u64, skew: u64, max_age: u64) -> Result<(), DecodeError> {
    if then > now.saturating_add(skew) {
        Err(DecodeError::NotYetValid)
    } else if now.saturating_sub(then) > max_age {
        Err(DecodeError::Expired)
    } else {
        Ok(())
    }
}

/// Two separators, and the timestamp of any time before the year 2106 in base64
/// or 3769 in base 62.
const TIMESTAMP_LEN: usize = 2 + 6;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::{KeyRing, SecretKey};

    #[test]
    fn whatever_length_a_text_was_said_to_have_its_token_is_the_same() {
        let ring = KeyRing::new(SecretKey::generate().unwrap());
        let tokens = Tokens::native(&ring.0, Purpose::Token, b"").unwrap();
        let texts = [0, 1, 2, 3, 63, 300, 3000].map(|len| vec![b'7'; len]);
        for text in &texts {
            let mut expected = b"before".to_vec();
            tokens.write(text, 1_750_000_000, &mut expected);
            for most in [0, 1, text.len().saturating_sub(1), text.len(), text.len() + 1, text.len() + 100] {
                let mut out = b"before".to_vec();
                tokens.write_with(most, 1_750_000_000, &mut out, |out| out.extend_from_slice(text));
                assert_eq!(out, expected, "{} said to be {most}", text.len());
            }
        }
    }

    #[test]
    fn the_first_bit_of_a_payload_is_told_from_its_first_character() {
        for first in 0..=u8::MAX {
            for next in [0, u8::MAX] {
                let mut text = Vec::new();
                payload::push(&[first, next, next], &mut text);
                text.extend_from_slice(format!(".AA.{}", "A".repeat(43)).as_bytes());
                let token = UnverifiedToken::split(&text, b'.', 43).unwrap();
                assert_eq!(token.claims_encryption(), first >= 0x80, "{first}");
            }
        }
    }
}
