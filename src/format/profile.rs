//! What a configuration begins with: a format, the secrets of it, and the
//! defaults of its cookie.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::error::ConfigError;
use crate::format::Format;
use crate::format::form_tokens::FormTokens;
use crate::key::{KeyError, KeyRing, Secrets};
use crate::token::Tokens;
use crate::token::salt::{Purpose, Use, salt};
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
    /// What signs the tokens of forms, where the framework signs them.
    pub(crate) form_tokens: Option<Arc<FormTokens>>,
}

/// Makes what signs the cookie of a place from secrets.
pub(crate) type Signing = Arc<dyn Fn(&Secrets, &str) -> Result<Signer, ConfigError> + Send + Sync>;

impl From<KeyRing> for Profile {
    fn from(keys: KeyRing) -> Self {
        Self {
            format: Format::NATIVE,
            secrets: keys.0,
            signing: Arc::new(|secrets, place| {
                secrets.signer(&salt(Use::SIGN, Purpose::Session, place.as_bytes()))
            }),
            backdate: Duration::ZERO,
            lifetime: None,
            name: "__Host-session",
            secure: true,
            form_tokens: None,
        }
    }
}

impl From<&KeyRing> for Profile {
    fn from(keys: &KeyRing) -> Self {
        keys.clone().into()
    }
}

impl Profile {
    /// Returns what is wrong with secrets that could be guessed. Ours are good, or
    /// they are none.
    pub(crate) fn weak_secrets(&self) -> Vec<KeyError> {
        #[cfg(feature = "_python")]
        if !self.format.is_native() {
            return self.secrets.weak();
        }
        Vec::new()
    }

    /// Returns the tokens of a place: the cookie's name, and perhaps an
    /// application after a slash.
    pub(crate) fn tokens(&self, place: &str) -> Result<Tokens, ConfigError> {
        let signer = (self.signing)(&self.secrets, place)?;
        Ok(Tokens { format: self.format, signer, cipher: None })
    }
}

impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Profile").field("format", &self.format).finish_non_exhaustive()
    }
}
