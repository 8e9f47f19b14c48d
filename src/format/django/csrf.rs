//! The tokens of Django's forms with `CSRF_USE_SESSIONS = True`.

use subtle::ConstantTimeEq;

use crate::error::SessionError;
use crate::format::csrf::random;

/// Django's key of the secret.
pub(super) const KEY: &str = "_csrftoken";

/// Returns a new secret.
pub(super) fn new_secret() -> Result<String, SessionError> {
    let mut secret = String::with_capacity(LEN);
    while secret.len() < LEN {
        // Above a multiple of their number some characters would come more often.
        let even = random::<64>()?.into_iter().filter(|byte| *byte < 248);
        let missing = LEN.saturating_sub(secret.len());
        secret.extend(even.filter_map(|byte| character(usize::from(byte))).take(missing));
    }
    Ok(secret)
}

/// Returns the secret under a fresh mask, unless it is none.
pub(super) fn mask(secret: &str) -> Result<Option<String>, SessionError> {
    let Some(secret) = secret_of(secret) else { return Ok(None) };
    let mask = new_secret()?;
    let Some(values) = values(mask.as_bytes()) else { return Ok(None) };
    let masked =
        values.into_iter().zip(secret).filter_map(|(mask, value)| character(mask.saturating_add(value)));
    Ok(Some(mask.chars().chain(masked).collect()))
}

/// Says whether a text is the secret, under a mask or without: Django accepts both.
pub(super) fn is_token(secret: &str, text: &[u8]) -> bool {
    let (Some(secret), Some(token)) = (secret_of(secret), unmask(text)) else { return false };
    let bytes = |values: Vec<usize>| values.into_iter().flat_map(usize::to_le_bytes).collect::<Vec<u8>>();
    // NB: in constant time, whatever the first differing character.
    bytes(secret).ct_eq(&bytes(token)).into()
}

/// Returns the secret that a session holds; before Django 4.1 under a mask.
fn secret_of(text: &str) -> Option<Vec<usize>> {
    unmask(text.as_bytes())
}

fn unmask(text: &[u8]) -> Option<Vec<usize>> {
    // An outsider sends it, as long as a form may be.
    if text.len() > 2 * LEN {
        return None;
    }
    let values = values(text)?;
    match values.split_at_checked(LEN)? {
        (secret, []) => Some(secret.to_vec()),
        (mask, masked) if masked.len() == LEN => {
            let count = CHARACTERS.len();
            let unmasked = masked.iter().zip(mask).map(|(masked, mask)| {
                masked.saturating_add(count).saturating_sub(*mask).checked_rem(count).unwrap_or_default()
            });
            Some(unmasked.collect())
        }
        _ => None,
    }
}

/// Returns the place of each character among those that are allowed.
fn values(text: &[u8]) -> Option<Vec<usize>> {
    text.iter().map(|byte| CHARACTERS.iter().position(|character| character == byte)).collect()
}

fn character(value: usize) -> Option<char> {
    let place = value.checked_rem(CHARACTERS.len())?;
    CHARACTERS.get(place).copied().map(char::from)
}

/// Django's `CSRF_SECRET_LENGTH`.
const LEN: usize = 32;

/// Its `CSRF_ALLOWED_CHARS`.
const CHARACTERS: &[u8; 62] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
