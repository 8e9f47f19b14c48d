//! Tokens to values and back: signature, then age, then payload.

use std::fmt;
use std::time::{Duration, SystemTime};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::clock::Clock;
use crate::error::{ConfigError, DecodeError, EncodeError};
use crate::json;
use crate::key::KeyRing;
use crate::token::salt::Purpose;
use crate::token::signer::KeyRole;
use crate::token::timestamp;
use crate::token::{Tokens, VerifiedToken, bounds};

/// Signed, timestamped tokens for links, forms and short-lived cookies.
///
/// A token carries any value that has a JSON form. Everybody can read it;
/// nobody without a key can make or change it. Until it expires it can be
/// presented any number of times: a link that must work once needs something
/// on the server that it uses up.
///
/// The salt says what the tokens are for. A token made under one salt is
/// refused under every other. In the library's own format no token is ever a
/// session either, so one ring of keys serves all purposes.
///
/// ```
/// use std::time::Duration;
/// use cookie_session::{Codec, KeyRing, SecretKey};
///
/// let keys = KeyRing::new(SecretKey::generate()?);
/// let links = Codec::new(&keys, "confirm-email", Duration::from_secs(24 * 60 * 60))?;
///
/// let token = links.encode(&("ada@example.org", 42))?;
/// let (email, user): (String, u64) = links.decode(&token)?;
/// assert_eq!((email.as_str(), user), ("ada@example.org", 42));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Format
///
/// `payload.timestamp.signature`, each in URL-safe base64 without padding: the
/// JSON text, the unix seconds (big-endian, no leading zero byte), and
/// HMAC-SHA256 over the text before the last dot under the key
/// `HMAC-SHA256(secret key, "cookie-session/v1/token/" + salt)`. That is what
/// itsdangerous 2 writes as `URLSafeTimedSerializer` with
/// `key_derivation="hmac"` and SHA-256, except that nothing is compressed.
#[doc(alias("signer", "MessageVerifier", "TimedSerializer"))]
#[derive(Clone)]
pub struct Codec {
    tokens: Tokens,
    /// How many seconds before now a token says that it was issued.
    backdate: u64,
    /// In seconds; the largest number if there is no limit.
    max_age: u64,
    skew: Duration,
    pub(crate) clock: Clock,
    /// In unix seconds.
    issued_after: u64,
    max_len: usize,
}

impl Codec {
    /// Makes a codec for tokens of one purpose, which are accepted for
    /// `max_age` after they were issued (whole seconds; a token as old as that
    /// is still accepted), or for ever if that is `None`.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if the ring has more than 8 keys, or if `max_age` is over
    /// 100 years.
    pub fn new(
        keys: &KeyRing,
        salt: impl AsRef<[u8]>,
        max_age: impl Into<Option<Duration>>,
    ) -> Result<Self, ConfigError> {
        let tokens = Tokens::native(&keys.0, Purpose::Token, salt.as_ref())?;
        Self::of(tokens, Duration::ZERO, max_age.into())
    }

    pub(crate) fn of(
        tokens: Tokens,
        backdate: Duration,
        max_age: Option<Duration>,
    ) -> Result<Self, ConfigError> {
        bounds::check_backdate(backdate)?;
        max_age.map(bounds::check_max_age).transpose()?;
        tokens.format.check_bounds()?;
        Ok(Self {
            tokens,
            backdate: backdate.as_secs(),
            max_age: max_age.map_or(u64::MAX, |max_age| max_age.as_secs()),
            skew: DEFAULT_SKEW,
            clock: Clock::default(),
            issued_after: 0,
            max_len: DEFAULT_MAX_LEN,
        })
    }

    /// Sets the longest token that is written or accepted, in bytes. The
    /// default is 4096, the most 1 MiB.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if that is more, or less than any token takes.
    pub fn max_len(mut self, max_len: usize) -> Result<Self, ConfigError> {
        bounds::check_max_len(max_len, self.tokens.smallest())?;
        self.max_len = max_len;
        Ok(self)
    }

    /// Sets by how much the clocks of the machines that share the keys may
    /// differ, in whole seconds. The default is a minute. A token from further in
    /// the future is refused; a nearer one counts as made now.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if that is over 10 minutes.
    pub fn skew(mut self, skew: Duration) -> Result<Self, ConfigError> {
        bounds::check_skew(skew)?;
        self.skew = skew;
        Ok(self)
    }

    /// Ends all tokens that were issued before a time: they are
    /// [`Expired`](DecodeError::Expired). The time is rounded up to whole seconds.
    /// For sessions, see
    /// [`Builder::created_after`](crate::Builder::created_after).
    pub fn issued_after(mut self, time: SystemTime) -> Self {
        self.issued_after = timestamp::seconds_rounded_up(time);
        self
    }

    /// Replaces the clock: in tests, and where the system has none, as on
    /// `wasm32-unknown-unknown`. There, without another, every token has
    /// expired, unless tokens are accepted for ever.
    #[must_use]
    pub fn clock(mut self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Clock::other(clock);
        self
    }

    /// Returns a token that holds this value and the time.
    ///
    /// # Errors
    ///
    /// [`EncodeError::NotJson`] if the value has no JSON form,
    /// [`EncodeError::TooLong`] if the token would be over the limit.
    pub fn encode<T: Serialize + ?Sized>(&self, value: &T) -> Result<String, EncodeError> {
        self.encode_at(value, self.clock.when_signed())
    }

    /// Returns a token that holds this value and the given time.
    ///
    /// # Errors
    ///
    /// As [`encode`](Self::encode).
    pub fn encode_at<T: Serialize + ?Sized>(
        &self,
        value: &T,
        now: SystemTime,
    ) -> Result<String, EncodeError> {
        let mut json = json::buffer();
        self.tokens.format.write_token(value, &mut json).map_err(|_| EncodeError::NotJson)?;
        let issued = timestamp::seconds(now).saturating_sub(self.backdate);
        let mut token = Vec::with_capacity(self.tokens.capacity(json.len(), 0));
        self.tokens.write(&json, issued, &mut token);
        if token.len() > self.max_len {
            return Err(EncodeError::TooLong { len: token.len(), limit: self.max_len });
        }
        String::from_utf8(token).map_err(|_| EncodeError::NotJson)
    }

    /// Returns the value of a token that [`encode`](Self::encode) made, if it
    /// is not too old.
    ///
    /// # Errors
    ///
    /// In the order of the checks: [`DecodeError::TooLong`],
    /// [`Malformed`](DecodeError::Malformed),
    /// [`InvalidSignature`](DecodeError::InvalidSignature),
    /// [`NotYetValid`](DecodeError::NotYetValid) if it is from further in the
    /// future than clocks may [differ](Self::skew), [`Expired`](DecodeError::Expired), and
    /// [`Payload`](DecodeError::Payload) if the value is not a `T`.
    pub fn decode<T: DeserializeOwned>(&self, token: &str) -> Result<T, DecodeError> {
        self.decode_when(token, || self.clock.when_judged(), |value, _, _| value)
    }

    /// Returns the value of a token, judged at the given time.
    ///
    /// # Errors
    ///
    /// As [`decode`](Self::decode).
    pub fn decode_at<T: DeserializeOwned>(&self, token: &str, now: SystemTime) -> Result<T, DecodeError> {
        self.decode_when(token, || now, |value, _, _| value)
    }

    /// Returns the value of a token, with when it was issued and which key
    /// verified it.
    ///
    /// An old key can go once no token that still counts is verified by a
    /// fallback.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use cookie_session::{Codec, KeyRing, KeyRole, SecretKey};
    /// # let keys = KeyRing::new(SecretKey::generate()?);
    /// # let links = Codec::new(&keys, "confirm-email", Duration::from_secs(60 * 60))?;
    /// let token = links.encode("ada@example.org")?;
    /// let (email, info) = links.decode_with_info::<String>(&token)?;
    /// assert_eq!(email, "ada@example.org");
    /// assert_eq!(info.verified_by(), KeyRole::Current);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`decode`](Self::decode).
    pub fn decode_with_info<T: DeserializeOwned>(&self, token: &str) -> Result<(T, TokenInfo), DecodeError> {
        self.decode_when(token, || self.clock.when_judged(), TokenInfo::beside)
    }

    fn decode_when<T: DeserializeOwned, R>(
        &self,
        token: &str,
        now: impl FnOnce() -> SystemTime,
        answer: impl FnOnce(T, &VerifiedToken<'_>, SystemTime) -> R,
    ) -> Result<R, DecodeError> {
        if token.len() > self.max_len {
            return Err(DecodeError::TooLong);
        }
        let token = self.tokens.parse(token.as_bytes())?.verify(&self.tokens)?;
        // The clock is asked only now: what was not signed by us costs no more than its signature.
        let (format, now) = (self.tokens.format, now());
        token.check_age(format.second(timestamp::since_1970(now)), self.skew.as_secs(), self.max_age)?;
        if token.issued < self.issued_after {
            return Err(DecodeError::Expired);
        }
        let value = self
            .tokens
            .decode_with(&token, |json| serde_json::from_str(json).map_err(|_| DecodeError::Payload))?;
        Ok(answer(value, &token, now))
    }
}

/// What a token says beside its value: [`Codec::decode_with_info`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenInfo {
    issued_at: SystemTime,
    verified_by: KeyRole,
}

impl TokenInfo {
    fn beside<T>(value: T, token: &VerifiedToken<'_>, now: SystemTime) -> (T, Self) {
        // A time before now, or hardly after it, can be expressed where now can.
        let issued_at = timestamp::system_time(token.issued).unwrap_or(now);
        (value, Self { issued_at, verified_by: token.key() })
    }

    /// Returns when the token was issued.
    pub fn issued_at(&self) -> SystemTime {
        self.issued_at
    }

    /// Returns which key verified it.
    pub fn verified_by(&self) -> KeyRole {
        self.verified_by
    }
}

impl fmt::Debug for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Codec")
            .field("max_age", &Duration::from_secs(self.max_age))
            .field("max_len", &self.max_len)
            .finish_non_exhaustive()
    }
}

/// What clocks may differ by: [`Builder::skew`](crate::Builder::skew) explains it.
pub(crate) const DEFAULT_SKEW: Duration = Duration::from_secs(60);

const DEFAULT_MAX_LEN: usize = 4096;
