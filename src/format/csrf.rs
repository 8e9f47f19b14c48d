//! Tokens against cross-site request forgery: a secret of the session, and texts that only who has seen a page of it can
//! know.

use subtle::ConstantTimeEq;

use crate::error::SessionError;
use crate::token::{base64url, payload};

/// Returns bytes that nobody can guess.
pub(crate) fn random<const LEN: usize>() -> Result<[u8; LEN], SessionError> {
    let mut bytes = [0; LEN];
    crate::random::fill(&mut bytes).ok_or(SessionError::NoRandomness)?;
    Ok(bytes)
}

/// Returns a secret of this library's own format.
pub(crate) fn new_secret() -> Result<String, SessionError> {
    Ok(encode(&random::<LEN>()?))
}

/// Returns the secret under a fresh mask. So no two pages have the same text, and how well a page compresses beside what
/// an attacker chose tells nothing of it (BREACH).
pub(crate) fn mask(secret: &str) -> Result<Option<String>, SessionError> {
    let Some(secret) = decode::<LEN>(secret.as_bytes()) else { return Ok(None) };
    let mask = random::<LEN>()?;
    let masked: Vec<u8> = mask.iter().zip(secret).map(|(mask, byte)| mask ^ byte).collect();
    Ok(Some(encode(&[mask.as_slice(), &masked].concat())))
}

/// Says whether a text is this secret under any mask.
pub(crate) fn is_masked(secret: &str, text: &[u8]) -> bool {
    let (Some(secret), Some(token)) = (decode::<LEN>(secret.as_bytes()), decode::<{ 2 * LEN }>(text)) else {
        return false;
    };
    let (mask, masked) = token.split_at(LEN);
    let unmasked: Vec<u8> = mask.iter().zip(masked).map(|(mask, byte)| mask ^ byte).collect();
    // NB: in constant time, whatever the first differing byte.
    secret.as_slice().ct_eq(&unmasked).into()
}

fn encode(bytes: &[u8]) -> String {
    let mut text = Vec::new();
    payload::push(bytes, &mut text);
    String::from_utf8(text).unwrap_or_default()
}

fn decode<const EXACT: usize>(text: &[u8]) -> Option<[u8; EXACT]> {
    let mut bytes = [0; EXACT];
    (base64url::decode(text, &mut bytes)? == EXACT).then_some(bytes)
}

/// The bytes of a secret.
const LEN: usize = 16;
