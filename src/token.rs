//! The text of a token, before and after its signature is checked.
//!
//! ```text
//! payload "." timestamp "." signature
//! ```
//!
//! The compiler keeps the order: what came from outside is an
//! [`UnverifiedToken`], only its signature turns it into a [`VerifiedToken`],
//! and only that has a time and a payload.

use crate::error::DecodeError;
use crate::signer::{KeyRole, SIGNATURE_LEN, Signature, Signer};
use crate::{payload, timestamp};

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
    pub(crate) fn parse(text: &'t [u8]) -> Result<Self, DecodeError> {
        Self::split(text).ok_or(DecodeError::Malformed)
    }

    fn split(text: &'t [u8]) -> Option<Self> {
        let (rest, signature) = text.split_last_chunk::<SIGNATURE_LEN>()?;
        let signed = rest.strip_suffix(SEPARATOR)?;
        // No timestamp is longer, so no earlier separator needs to be found.
        let from = signed.len().saturating_sub(timestamp::MAX_LEN.saturating_add(SEPARATOR.len()));
        let (head, tail) = signed.split_at_checked(from)?;
        let dot = tail.iter().rposition(|byte| SEPARATOR.contains(byte))?;
        let (payload, _) = signed.split_at_checked(head.len().checked_add(dot)?)?;
        let timestamp = tail.get(dot.checked_add(SEPARATOR.len())?..)?;
        Some(Self { signed, payload, timestamp, signature: Signature::read(signature)? })
    }

    /// Checks the signature over the text as it was received. Nothing else of
    /// it has been decoded by then.
    pub(crate) fn verify(self, signer: &Signer) -> Result<VerifiedToken<'t>, DecodeError> {
        let key = signer.verify(self.signed, &self.signature).ok_or(DecodeError::InvalidSignature)?;
        let issued = timestamp::read(self.timestamp).ok_or(DecodeError::Malformed)?;
        Ok(VerifiedToken { payload: self.payload, issued, key })
    }
}

/// What a holder of the key wrote.
pub(crate) struct VerifiedToken<'t> {
    pub(crate) payload: &'t [u8],
    /// When it was signed, in unix seconds.
    pub(crate) issued: u64,
    pub(crate) key: KeyRole,
}

impl VerifiedToken<'_> {
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

/// Ends the token whose payload stands in `out` from `start` on: adds the time
/// and signs both.
pub(crate) fn finish(out: &mut Vec<u8>, start: usize, issued: u64, signer: &Signer) {
    out.extend_from_slice(SEPARATOR);
    timestamp::write(issued, out);
    let signature = signer.sign(out.get(start..).unwrap_or_default());
    out.extend_from_slice(SEPARATOR);
    out.extend_from_slice(&signature);
}

const SEPARATOR: &[u8] = b".";

/// Returns the length of a token of these days around this many bytes of JSON.
pub(crate) fn len(json: usize) -> usize {
    payload::encoded_len(json).saturating_add(OVERHEAD)
}

// Two separators, the signature, and the timestamp of any time before 2106.
const OVERHEAD: usize = 2 + 6 + SIGNATURE_LEN;
