//! Sessions shared with a Starlette or FastAPI application that uses
//! `SessionMiddleware`.

use std::sync::Arc;
use std::time::Duration;

use sha1::Sha1;

use crate::format::python::{DEFAULT_BACKDATE, django_concat, secret_key};
use crate::format::starlette::rules::Starlette;
use crate::format::{Format, profile};
use crate::key::{KeyError, Secrets};
use crate::token::signer::Signer;

pub(crate) mod rules;

secret_key!("Starlette");

/// The format and the rules of Starlette's `SessionMiddleware`.
///
/// | Starlette | here |
/// |---|---|
/// | `secret_key` | [`new`](Self::new) |
/// | `max_age` | [`max_age`](Self::max_age) |
///
/// Starlette knows no fallback keys.
///
/// ```
/// use cookie_session::{Sessions, starlette};
///
/// let secret = starlette::SecretKey::new("the secret_key of the middleware")?;
/// let sessions = Sessions::builder(starlette::Profile::new(secret)).build()?;
/// assert_eq!(sessions.cookie_name(), "session");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[must_use = "a profile does nothing until sessions are built with it"]
pub struct Profile {
    secrets: Secrets,
    backdate: Duration,
    max_age: Option<Duration>,
}

impl Profile {
    /// Begins with the defaults of `SessionMiddleware` and its `secret_key`.
    pub fn new(secret: SecretKey) -> Self {
        Self {
            secrets: Secrets::new(secret.0),
            backdate: DEFAULT_BACKDATE,
            max_age: Some(Duration::from_secs(14 * 24 * 60 * 60)),
        }
    }

    /// Returns what is wrong with secrets that somebody could guess, the one that
    /// signs first: short ones, known defaults, placeholders. They are accepted,
    /// since they are over there; whoever guesses one makes sessions on both sides.
    pub fn weak_secrets(&self) -> Vec<KeyError> {
        self.secrets.weak()
    }

    /// Sets by how much tokens are dated back, in whole seconds. The default is
    /// one: Starlette refuses a token from one second in the future.
    pub fn backdate(mut self, backdate: Duration) -> Self {
        self.backdate = backdate;
        self
    }

    /// Sets for how long a session is accepted after it was last signed. The
    /// default is 14 days. `None` is the middleware's `max_age=None`: the cookie
    /// ends with the browser, and the server never refuses it for its age.
    pub fn max_age(mut self, max_age: Option<Duration>) -> Self {
        self.max_age = max_age;
        self
    }
}

impl From<Profile> for profile::Profile {
    fn from(profile: Profile) -> Self {
        Self {
            format: Format::Starlette(Starlette { permanent: profile.max_age.is_some() }),
            secrets: profile.secrets,
            signing: Arc::new(|secrets, _| {
                Ok(Signer::Sha1(secrets.keys(|secret| django_concat::<Sha1>(secret, SALT))?))
            }),
            backdate: profile.backdate,
            lifetime: Some(profile.max_age),
            name: "session",
            secure: false,
            form_tokens: None,
        }
    }
}

impl std::fmt::Debug for Profile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Profile").field("max_age", &self.max_age).finish_non_exhaustive()
    }
}

/// The salt of every `TimestampSigner` that was not told another.
const SALT: &[u8] = b"itsdangerous.Signer";
