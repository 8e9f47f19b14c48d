//! Whether the browser can read the sessions, and how a service comes to change that.

use std::time::SystemTime;

use crate::config::Builder;
use crate::error::ConfigError;
use crate::format::profile::Profile;
use crate::sessions::Also;
use crate::token::salt::Purpose;
use crate::token::{Tokens, timestamp};

/// What is written, and what is read beside it.
#[derive(Clone, Copy, Default)]
pub(super) struct Privacy {
    encrypted: bool,
    accept_encrypted: bool,
    /// Until then, in unix seconds.
    accept_signed: Option<u64>,
}

impl Builder {
    /// Encrypts the sessions, so that the visitor cannot read them either. Nothing else in an application changes.
    ///
    /// The JSON text is encrypted with AES-256 in counter mode, under a key of its own, and then signed as any other
    /// session. What still shows is that there is a session, its time, and its length in steps of 32 bytes. It costs
    /// 22 characters of the cookie and up to 31 bytes of padding.
    ///
    /// Encryption hides a session and does nothing else: a visitor can still go back to an earlier cookie, and whoever
    /// copies one is still taken for the visitor.
    ///
    /// A signed session does not pass for an encrypted one, nor the reverse. A service that has signed sessions out
    /// already changes over in two steps, and nobody is logged out: first all machines learn to
    /// [read both](Self::accept_encrypted), then they write encrypted ones and [accept](Self::accept_signed) signed ones
    /// for as long as those live.
    ///
    /// ```
    /// use cookie_session::{KeyRing, SecretKey, Sessions};
    ///
    /// let sessions = Sessions::builder(KeyRing::new(SecretKey::generate()?)).encrypted().build()?;
    /// let mut session = sessions.start();
    /// session.insert("refresh_token", "tGzv3JOkF0XG5Qx2TlKWIA")?;
    /// let commit = sessions.save(session)?;
    /// assert_eq!(sessions.open(commit.cookie_pair()).get_raw("refresh_token"), Some(r#""tGzv3JOkF0XG5Qx2TlKWIA""#));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn encrypted(mut self) -> Self {
        self.privacy.encrypted = true;
        self
    }

    /// Reads encrypted sessions too, and still writes signed ones: the first step of a change to
    /// [`encrypted`](Self::encrypted). A change back goes the same way: first all machines accept signed sessions, then
    /// they write them and accept encrypted ones for as long as those live.
    pub fn accept_encrypted(mut self) -> Self {
        self.privacy.accept_encrypted = true;
        self
    }

    /// Reads signed sessions too until this time, beside the [`encrypted`](Self::encrypted) ones that are written: the
    /// second step of the change. A signed session is written encrypted when it next changes or is refreshed.
    ///
    /// Choose the time at which the last machine will have begun to write encrypted sessions, plus the longest idle
    /// limit: then nobody is logged out.
    pub fn accept_signed(mut self, until: SystemTime) -> Self {
        self.privacy.accept_signed = Some(timestamp::seconds(until));
        self
    }
}

impl Privacy {
    /// Makes the tokens that are written, and those that are read beside them.
    pub(super) fn tokens(
        self,
        profile: &Profile,
        place: &str,
    ) -> Result<(Tokens, Option<Also>), ConfigError> {
        let Self { encrypted, accept_encrypted, accept_signed } = self;
        let private = || Tokens::private(&profile.secrets, Purpose::Session, place.as_bytes());
        if !profile.format.is_native() && (encrypted || accept_encrypted || accept_signed.is_some()) {
            return Err(ConfigError::new(
                "a Python profile has no encrypted sessions, since the framework could not read them; use this library's own format for what must stay hidden",
            ));
        }
        if encrypted {
            let also = match accept_signed {
                Some(until) => Some(Also { tokens: profile.tokens(place)?, until }),
                None => None,
            };
            return Ok((private()?, also));
        }
        if accept_signed.is_some() {
            return Err(ConfigError::new(
                "accept_signed says until when signed sessions are read beside encrypted ones; without encrypted() all are signed",
            ));
        }
        let also = match accept_encrypted {
            true => Some(Also { tokens: private()?, until: u64::MAX }),
            false => None,
        };
        Ok((profile.tokens(place)?, also))
    }
}
