//! Sessions shared with a Django application that uses the `signed_cookies`
//! backend.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use sha2::Sha256;

use crate::codec::Codec;
use crate::error::ConfigError;
use crate::format::compressed::Compressed;
use crate::format::django::dates::Dates;
use crate::format::django::rules::Django;
use crate::format::python::{
    DEFAULT_BACKDATE, DEFAULT_MAX_INFLATED, django_concat, secret_key, session_salt,
};
use crate::format::{Format, profile};
use crate::key::{KeyError, Secrets};
use crate::token::Tokens;
use crate::token::signer::Signer;

pub use expiry::{Expiry, expiry_age, set_expiry};

mod csrf;
mod dates;
mod expiry;
mod messages;
pub(crate) mod rules;

secret_key!("Django");

/// The format and the rules of Django's `signed_cookies` sessions.
///
/// | Django | here |
/// |---|---|
/// | `SECRET_KEY` | [`new`](Self::new) |
/// | `SECRET_KEY_FALLBACKS` | [`fallback`](Self::fallback) |
/// | `SESSION_COOKIE_AGE` | [`session_cookie_age`](Self::session_cookie_age) |
/// | `SESSION_SAVE_EVERY_REQUEST` | [`session_save_every_request`](Self::session_save_every_request) |
/// | `SESSION_EXPIRE_AT_BROWSER_CLOSE` | [`session_expire_at_browser_close`](Self::session_expire_at_browser_close) |
/// | `USE_TZ = False`, `TIME_ZONE` | [`use_tz_false`](Self::use_tz_false) |
/// | `request.session.set_expiry()`, `.get_expiry_age()` | [`set_expiry`], [`expiry_age`] |
/// | `SESSION_ENGINE` | `django.contrib.sessions.backends.signed_cookies` |
///
/// ```
/// use cookie_session::{Sessions, django};
///
/// let secret = django::SecretKey::new("the SECRET_KEY of the Django application")?;
/// let sessions = Sessions::builder(django::Profile::new(secret)).build()?;
/// assert_eq!(sessions.cookie_name(), "sessionid");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[must_use = "a profile does nothing until sessions are built with it"]
pub struct Profile {
    secrets: Secrets,
    backdate: Duration,
    age: Duration,
    save_every_request: bool,
    expire_at_browser_close: bool,
    dates: Dates,
    max_inflated: usize,
    compress_from: usize,
}

impl Profile {
    /// Begins with the defaults of Django and its `SECRET_KEY`.
    pub fn new(secret: SecretKey) -> Self {
        Self {
            secrets: Secrets::new(secret.0),
            backdate: DEFAULT_BACKDATE,
            age: Duration::from_secs(14 * 24 * 60 * 60),
            save_every_request: false,
            expire_at_browser_close: false,
            dates: Dates::Aware,
            max_inflated: DEFAULT_MAX_INFLATED,
            compress_from: 0,
        }
    }

    /// Adds a secret that verifies and never signs.
    pub fn fallback(mut self, secret: SecretKey) -> Self {
        self.secrets.add(secret.0);
        self
    }

    /// Returns what is wrong with secrets that somebody could guess, the one that
    /// signs first: short ones, known defaults, placeholders. They are accepted,
    /// since they are over there; whoever guesses one makes sessions on both sides.
    pub fn weak_secrets(&self) -> Vec<KeyError> {
        self.secrets.weak()
    }

    /// Sets by how much tokens are dated back, in whole seconds. The default is
    /// one.
    pub fn backdate(mut self, backdate: Duration) -> Self {
        self.backdate = backdate;
        self
    }

    /// Sets for how long a session is accepted after it was last signed. The
    /// default is 14 days.
    pub fn session_cookie_age(mut self, age: Duration) -> Self {
        self.age = age;
        self
    }

    /// Sets whether a session is signed anew with every response. The default
    /// is no.
    pub fn session_save_every_request(mut self, save: bool) -> Self {
        self.save_every_request = save;
        self
    }

    /// Sets whether sessions end with the browser, where they do not say
    /// otherwise. The default is no.
    pub fn session_expire_at_browser_close(mut self, expire: bool) -> Self {
        self.expire_at_browser_close = expire;
        self
    }

    /// Says that the site has `USE_TZ = False`, and what its clock on the wall
    /// shows: by how many seconds that is ahead of UTC, at a given time.
    ///
    /// Such a site keeps the end of a session as a date without an offset
    /// (`request.session.set_expiry` with a `datetime` or a `timedelta`), which
    /// means nothing to who does not know its `TIME_ZONE`. Without this, a
    /// session with such a date ends with the browser.
    ///
    /// ```
    /// use cookie_session::django;
    ///
    /// # let secret = django::SecretKey::new("the secret")?;
    /// // USE_TZ = False, TIME_ZONE = "Asia/Tokyo": nine hours, all year.
    /// let profile = django::Profile::new(secret).use_tz_false(|_| 9 * 60 * 60);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// Where there is summer time, the answer depends on the time. A crate with
    /// the zones of the world knows it: the guide's page on Python shows one.
    pub fn use_tz_false(mut self, ahead_of_utc: fn(SystemTime) -> i32) -> Self {
        self.dates = Dates::Local(ahead_of_utc);
        self
    }

    /// Sets the most that a compressed session may hold, in bytes. The default
    /// is 64 KiB, the highest 4 MiB, which is more than a cookie can hold; Django
    /// has no limit. What is longer is written uncompressed, if it fits then.
    pub fn max_inflated_size(mut self, bytes: usize) -> Self {
        self.max_inflated = bytes;
        self
    }

    /// Sets from how many bytes of JSON on a session is compressed, if it becomes shorter by it. The default is 0, which is
    /// Django's rule for sessions. A higher number, at most 2048, saves time: Django reads what is not
    /// compressed as well, and compressing a short session takes several times as long as all else together.
    ///
    /// ```
    /// use cookie_session::django;
    ///
    /// # let secret = django::SecretKey::new("the secret")?;
    /// let profile = django::Profile::new(secret).compress_from(1000);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[doc(alias("compression", "compression_threshold", "compress_min_size", "zlib"))]
    pub fn compress_from(mut self, bytes: usize) -> Self {
        self.compress_from = bytes;
        self
    }

    /// Returns a codec for the tokens of `django.core.signing.dumps(…,
    /// salt=salt)`; Django's default salt is `django.core.signing`.
    ///
    /// The salt alone keeps purposes apart, as it does in Django: the name of
    /// the cookie is not signed, so sessions of one secret are good under any
    /// name.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if there are more than 8 secrets, if the salt is that of
    /// the sessions, so that a token would pass for a session, or if a number is
    /// out of bounds: a `max_age` over 100 years, dating back by more than 10 minutes, a
    /// `max_inflated_size` over 4 MiB.
    pub fn codec(
        &self,
        salt: impl AsRef<[u8]>,
        max_age: impl Into<Option<Duration>>,
    ) -> Result<Codec, ConfigError> {
        self.codec_that(false, salt.as_ref(), max_age.into())
    }

    /// Returns such a codec that compresses what becomes shorter by it, as
    /// `dumps(…, compress=True)` does. Each of the two reads what the other
    /// writes.
    ///
    /// # Errors
    ///
    /// As [`codec`](Self::codec).
    pub fn compressing_codec(
        &self,
        salt: impl AsRef<[u8]>,
        max_age: impl Into<Option<Duration>>,
    ) -> Result<Codec, ConfigError> {
        self.codec_that(true, salt.as_ref(), max_age.into())
    }

    fn codec_that(
        &self,
        compress: bool,
        salt: &[u8],
        max_age: Option<Duration>,
    ) -> Result<Codec, ConfigError> {
        if salt == SESSION_SALT {
            return Err(session_salt());
        }
        let signer = signer(&self.secrets, salt)?;
        let tokens = Tokens { format: self.format(compress), signer, cipher: None };
        Codec::of(tokens, self.backdate, max_age)
    }

    fn format(&self, compress: bool) -> Format {
        Format::Django(Django {
            save_every_request: self.save_every_request,
            expire_at_browser_close: self.expire_at_browser_close,
            dates: self.dates,
            payload: Compressed {
                max_inflated: self.max_inflated,
                compress_from: compress.then_some(self.compress_from),
            },
        })
    }
}

impl From<Profile> for profile::Profile {
    fn from(profile: Profile) -> Self {
        Self {
            format: profile.format(true),
            secrets: profile.secrets,
            signing: Arc::new(|secrets, _| signer(secrets, SESSION_SALT)),
            backdate: profile.backdate,
            lifetime: Some(Some(profile.age)),
            name: "sessionid",
            secure: false,
            form_tokens: None,
        }
    }
}

impl std::fmt::Debug for Profile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Profile").field("session_cookie_age", &self.age).finish_non_exhaustive()
    }
}

/// Derives a key for this salt from each secret.
fn signer(secrets: &Secrets, salt: &[u8]) -> Result<Signer, ConfigError> {
    Ok(Signer::Sha256(secrets.keys(|secret| django_concat::<Sha256>(secret, salt))?))
}

/// The salt of the sessions, which Django does not let an application change.
const SESSION_SALT: &[u8] = b"django.contrib.sessions.backends.signed_cookies";
