//! What a configuration begins with: a format, the secrets of it, and the
//! defaults of its cookie.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::error::ConfigError;
use crate::format::Format;
use crate::key::{KeyRing, Secrets};
use crate::token::Tokens;
use crate::token::signer::Signer;

/// The format of the sessions: which keys sign and how, whose rules hold, and
/// which defaults the cookie has.
///
/// A [`KeyRing`] turns into the profile of this library's own format. Behind
/// the features `flask`, `django` and `starlette` are those of the Python
/// frameworks.
#[derive(Clone)]
pub struct Profile {
    pub(crate) format: Format,
    pub(crate) secrets: Secrets,
    pub(crate) signing: Signing,
    /// By how much tokens are dated back, in whole seconds.
    pub(crate) backdate: Duration,
    /// The lifetime, if the framework has but one.
    pub(crate) lifetime: Option<Option<Duration>>,
    pub(crate) name: &'static str,
    pub(crate) secure: bool,
}

/// Makes what signs the cookie of a name, and perhaps an application after a
/// slash, from secrets.
pub(crate) type Signing = Arc<dyn Fn(&Secrets, &str) -> Result<Signer, ConfigError> + Send + Sync>;

impl From<KeyRing> for Profile {
    fn from(keys: KeyRing) -> Self {
        Self {
            format: Format::NATIVE,
            secrets: keys.0,
            signing: Arc::new(|secrets, name| secrets.signer(&[SALT_PREFIX, name.as_bytes()].concat())),
            backdate: Duration::ZERO,
            lifetime: None,
            name: "__Host-session",
            secure: true,
        }
    }
}

impl From<&KeyRing> for Profile {
    fn from(keys: &KeyRing) -> Self {
        keys.clone().into()
    }
}

impl Profile {
    /// Returns the tokens of the cookie of this name, in this application.
    pub(crate) fn tokens(&self, cookie_name: &str, application: Option<&str>) -> Result<Tokens, ConfigError> {
        let place = match application {
            None => Cow::Borrowed(cookie_name),
            // No name has a slash, so that the first one ends it.
            Some(application) => Cow::Owned(format!("{cookie_name}/{application}")),
        };
        Ok(Tokens { format: self.format, signer: (self.signing)(&self.secrets, &place)? })
    }
}

impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Profile").field("format", &self.format).finish_non_exhaustive()
    }
}

/// No [`Codec`](crate::Codec) can spell this: its salts begin otherwise.
const SALT_PREFIX: &[u8] = b"cookie-session/v1/cookie/";
