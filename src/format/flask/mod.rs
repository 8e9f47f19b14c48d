//! Sessions shared with a Flask application.

use std::sync::Arc;
use std::time::Duration;

use crate::codec::Codec;
use crate::error::{ConfigError, NotJson, SessionError, WrongType};
use crate::format::compressed::Compressed;
use crate::format::flash::elements;
use crate::format::flask::queue::FLASHES;
use crate::format::flask::rules::Flask;
use crate::format::form_tokens::FormTokens;
use crate::format::python::{DEFAULT_BACKDATE, DEFAULT_MAX_INFLATED, secret_key, session_salt};
use crate::format::{Format, profile};
use crate::json::mismatch;
use crate::key::{KeyError, Secrets};
use crate::session::Session;
use crate::token::Tokens;

pub use signing::{Digest, KeyDerivation};
pub use types::{Bytes, DateTime, Markup, Tuple, Uuid};
pub use value::{Int, ParseIntError, Value};

mod queue;
mod reader;
pub(crate) mod rules;
mod sequence;
mod signing;
pub(crate) mod tag;
mod tagged;
mod types;
mod value;

secret_key!("Flask");

/// The format and the rules of Flask's sessions.
///
/// | Flask | here |
/// |---|---|
/// | `SECRET_KEY` | [`new`](Self::new) |
/// | `SECRET_KEY_FALLBACKS` | [`fallback`](Self::fallback) |
/// | `PERMANENT_SESSION_LIFETIME` | [`permanent_session_lifetime`](Self::permanent_session_lifetime) |
/// | `SESSION_REFRESH_EACH_REQUEST` | [`session_refresh_each_request`](Self::session_refresh_each_request) |
/// | `session_interface.salt`, `.digest_method`, `.key_derivation` | [`salt`](Self::salt), [`digest`](Self::digest), [`key_derivation`](Self::key_derivation) |
///
/// ```
/// use cookie_session::{Sessions, flask};
///
/// let secret = flask::SecretKey::new("the SECRET_KEY of the Flask application")?;
/// let sessions = Sessions::builder(flask::Profile::new(secret)).build()?;
///
/// let mut session = sessions.open(["session=eyJhIjoxfQ.ZVPxBQ.Xm8MpUi1pf6WCqQB5cgiovyK5PU"]);
/// session.insert("user", "ada")?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[must_use = "a profile does nothing until sessions are built with it"]
pub struct Profile {
    secrets: Secrets,
    salt: Vec<u8>,
    digest: Digest,
    key_derivation: KeyDerivation,
    backdate: Duration,
    lifetime: Duration,
    refresh_each_request: bool,
    max_inflated: usize,
    compress_from: usize,
}

impl Profile {
    /// Begins with the defaults of Flask and its `SECRET_KEY`.
    pub fn new(secret: SecretKey) -> Self {
        Self {
            secrets: Secrets::new(secret.0),
            salt: b"cookie-session".into(),
            digest: Digest::Sha1,
            key_derivation: KeyDerivation::Hmac,
            backdate: DEFAULT_BACKDATE,
            lifetime: Duration::from_secs(31 * 24 * 60 * 60),
            refresh_each_request: true,
            max_inflated: DEFAULT_MAX_INFLATED,
            compress_from: 0,
        }
    }

    /// Adds a secret that verifies and never signs.
    pub fn fallback(mut self, secret: SecretKey) -> Self {
        self.secrets.add(secret.0);
        self
    }

    /// Sets the salt, if the application changed it. The default is
    /// `cookie-session`.
    pub fn salt(mut self, salt: impl AsRef<[u8]>) -> Self {
        self.salt = salt.as_ref().into();
        self
    }

    /// Sets the digest, if the application changed it. The default is SHA-1:
    /// see [`Digest::Sha1`].
    pub fn digest(mut self, digest: Digest) -> Self {
        self.digest = digest;
        self
    }

    /// Sets the key derivation, if the application changed it. The default is
    /// `hmac`.
    pub fn key_derivation(mut self, key_derivation: KeyDerivation) -> Self {
        self.key_derivation = key_derivation;
        self
    }

    /// Returns what is wrong with secrets that somebody could guess, the one that
    /// signs first: short ones, known defaults, placeholders. They are accepted,
    /// since they are over there; whoever guesses one makes sessions on both sides.
    pub fn weak_secrets(&self) -> Vec<KeyError> {
        self.secrets.weak()
    }

    /// Sets by how much tokens are dated back, in whole seconds. The default is
    /// one: Flask refuses a token from one second in the future, and so logs out
    /// the visitor of a machine whose clock is that much ahead.
    pub fn backdate(mut self, backdate: Duration) -> Self {
        self.backdate = backdate;
        self
    }

    /// Sets for how long a session is accepted after it was last signed,
    /// permanent or not. The default is 31 days.
    pub fn permanent_session_lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// Sets whether a permanent session is signed anew with every response. The
    /// default is yes.
    pub fn session_refresh_each_request(mut self, refresh: bool) -> Self {
        self.refresh_each_request = refresh;
        self
    }

    /// Sets the most that a compressed session may hold, in bytes. The default
    /// is 64 KiB, the highest 4 MiB, which is more than a cookie can hold; Flask
    /// has no limit. What is longer is written uncompressed, if it fits then.
    pub fn max_inflated_size(mut self, bytes: usize) -> Self {
        self.max_inflated = bytes;
        self
    }

    /// Sets from how many bytes of JSON on a session is compressed, if it becomes shorter by it. The default is 0, which is
    /// Flask's rule. A higher number, at most 2048, saves time: Flask reads what is not
    /// compressed as well, and compressing a short session takes several times as long as all else together.
    ///
    /// ```
    /// use cookie_session::flask;
    ///
    /// # let secret = flask::SecretKey::new("the secret")?;
    /// let profile = flask::Profile::new(secret).compress_from(1000);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[doc(alias("compression", "compression_threshold", "compress_min_size", "zlib"))]
    pub fn compress_from(mut self, bytes: usize) -> Self {
        self.compress_from = bytes;
        self
    }

    /// Returns a codec for the tokens of itsdangerous's
    /// `URLSafeTimedSerializer(SECRET_KEY, salt)` with its own defaults,
    /// `django-concat` and SHA-1.
    ///
    /// The salt alone keeps purposes apart, as it does in Flask: the name of the
    /// cookie is not signed, so sessions of one secret and salt are good under
    /// any name.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if there are more than 8 secrets, if salt and key
    /// derivation are those of the sessions, so that a token would pass for a
    /// session of this profile or of one with another digest, or if a number is out of bounds: a `max_age` over 100 years,
    /// dating back by more than 10 minutes, a `max_inflated_size` over 4 MiB.
    pub fn codec(
        &self,
        salt: impl AsRef<[u8]>,
        max_age: impl Into<Option<Duration>>,
    ) -> Result<Codec, ConfigError> {
        self.codec_with(salt, max_age, KeyDerivation::DjangoConcat, Digest::Sha1)
    }

    /// Returns such a codec for a serializer with other `signer_kwargs`.
    ///
    /// # Errors
    ///
    /// As [`codec`](Self::codec).
    pub fn codec_with(
        &self,
        salt: impl AsRef<[u8]>,
        max_age: impl Into<Option<Duration>>,
        key_derivation: KeyDerivation,
        digest: Digest,
    ) -> Result<Codec, ConfigError> {
        // The digest keeps nothing apart: another profile of the same secret may have it.
        if key_derivation.input(salt.as_ref()) == self.key_derivation.input(&self.salt) {
            return Err(session_salt());
        }
        let signer = digest.signer(&self.secrets, key_derivation, salt.as_ref())?;
        let tokens = Tokens { format: self.format(), signer, cipher: None };
        Codec::of(tokens, self.backdate, max_age.into())
    }

    fn format(&self) -> Format {
        Format::Flask(Flask {
            refresh_each_request: self.refresh_each_request,
            payload: Compressed { max_inflated: self.max_inflated, compress_from: Some(self.compress_from) },
        })
    }
}

impl From<Profile> for profile::Profile {
    fn from(profile: Profile) -> Self {
        let Profile { digest, key_derivation, salt, .. } = profile.clone();
        // What it refuses, the builder refuses too.
        let form_tokens = profile.codec(FORM_TOKENS, FORM_TOKEN_AGE);
        Self {
            format: profile.format(),
            secrets: profile.secrets,
            signing: Arc::new(move |secrets, _| digest.signer(secrets, key_derivation, &salt)),
            backdate: profile.backdate,
            lifetime: Some(Some(profile.lifetime)),
            name: "session",
            secure: false,
            form_tokens: form_tokens.ok().map(|codec| Arc::new(FormTokens(codec))),
        }
    }
}

impl std::fmt::Debug for Profile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Profile")
            .field("digest", &self.digest)
            .field("key_derivation", &self.key_derivation)
            .field("permanent_session_lifetime", &self.lifetime)
            .finish_non_exhaustive()
    }
}

/// A message for the next page, and its category.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Flash {
    /// Such as `message`, Flask's default, or `error`.
    pub category: String,
    /// The message: a text as a rule. [`Value::as_str`] is to be escaped, unless
    /// it is [`Value::Markup`].
    pub message: Value,
}

/// Appends to the queue of Flask's `flash()`, which has these arguments in
/// reverse. Its default category is `message`.
///
/// The message is a text, [`Markup`], or anything else that Flask can keep. For
/// texts there is [`Session::flash`] too, which lets the oldest go.
///
/// What is in the queue already stays as it is, byte for byte, whatever it is.
///
/// # Errors
///
/// Those of [`Session::insert`], and [`SessionError::WrongType`] if the queue is
/// no list.
pub fn flash(session: &mut Session, category: &str, message: impl Into<Value>) -> Result<(), SessionError> {
    let entry = session.terms.format.to_text(&Tuple((category, message.into())));
    let entry = entry.map_err(|why| NotJson::new(Some(FLASHES), why))?;
    let queue = match session.get_raw(FLASHES) {
        None => format!("[{entry}]"),
        Some(queue) => {
            let entries = queue.strip_prefix('[').and_then(|queue| queue.strip_suffix(']'));
            let entries = entries.ok_or_else(|| no_queue(queue))?;
            let comma = if entries.trim_ascii().is_empty() { "" } else { "," };
            format!("[{entries}{comma}{entry}]")
        }
    };
    session.insert_text(FLASHES, queue)
}

/// Empties the queue of Flask's `flash()` and returns it, as
/// `get_flashed_messages(with_categories=True)` does.
///
/// # Errors
///
/// [`SessionError::WrongType`] if the queue is something else, or holds an entry
/// that is no pair of a text and a message.
/// Then it stays: remove the key `_flashes` to be rid of it.
pub fn take_flashes(session: &mut Session) -> Result<Vec<Flash>, SessionError> {
    let Some(queue) = session.get_raw(FLASHES) else { return Ok(Vec::new()) };
    let entries = elements(queue);
    let flashes: Option<Vec<Flash>> = entries
        .and_then(|entries| entries.into_iter().map(|entry| queue::read(entry).map(into_flash)).collect());
    let flashes = flashes.ok_or_else(|| no_queue(queue))?;
    session.remove(FLASHES);
    Ok(flashes)
}

fn into_flash((category, message): (String, Value)) -> Flash {
    Flash { category, message }
}

fn no_queue(found: &str) -> WrongType {
    let problem = format!("is {}, but no queue of Flask's `flash()`", mismatch::kind(found));
    WrongType::new(Some(FLASHES), "a queue of Flask's flash()", String::new(), problem)
}

/// Flask-WTF's salt.
const FORM_TOKENS: &[u8] = b"wtf-csrf-token";

/// Its `WTF_CSRF_TIME_LIMIT`.
const FORM_TOKEN_AGE: Duration = Duration::from_secs(60 * 60);
