//! Tokens of forms that a framework signs.

use std::time::{Duration, SystemTime};

use subtle::ConstantTimeEq;

use crate::clock::Clock;
use crate::codec::Codec;

/// What signs them.
pub(crate) struct FormTokens(pub(crate) Codec);

impl FormTokens {
    /// Returns a token around a secret, made at this time since 1970 or now.
    pub(crate) fn token(&self, secret: &str, now: Option<Duration>) -> Option<String> {
        self.0.encode_at(secret, at(now, Clock::when_signed)).ok()
    }

    /// Says whether a text is such a token.
    pub(crate) fn check(&self, secret: &str, token: &[u8], now: Option<Duration>) -> bool {
        let token = std::str::from_utf8(token).ok();
        let found: Option<String> =
            token.and_then(|token| self.0.decode_at(token, at(now, Clock::when_judged)).ok());
        found.is_some_and(|found| found.as_bytes().ct_eq(secret.as_bytes()).into())
    }
}

fn at(now: Option<Duration>, otherwise: fn(&Clock) -> SystemTime) -> SystemTime {
    let known = now.and_then(|now| SystemTime::UNIX_EPOCH.checked_add(now));
    known.unwrap_or_else(|| otherwise(&Clock::default()))
}
