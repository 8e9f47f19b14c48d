//! The encrypted form of this library's own format, for sessions, tokens and values in cookies.

use std::sync::Arc;
use std::time::Duration;

use crate::codec::Codec;
use crate::error::ConfigError;
use crate::format::Format;
use crate::key::{KeyRing, Secrets};
use crate::signed_cookie;
use crate::token::Tokens;
use crate::token::cipher::Ciphers;
use crate::token::salt::{Purpose, Use, salt};

impl Tokens {
    /// Makes tokens that only a holder of the key can read.
    pub(crate) fn private(secrets: &Secrets, purpose: Purpose, chosen: &[u8]) -> Result<Self, ConfigError> {
        let signer = secrets.signer(&salt(Use::SIGN_PRIVATE, purpose, chosen))?;
        let cipher = Ciphers::derive(secrets, purpose, chosen);
        Ok(Self { format: Format::PRIVATE, signer, cipher: Some(Arc::new(cipher)) })
    }
}

impl Codec {
    /// Makes a codec whose tokens only a holder of the key can read. Nothing else
    /// is different, and neither accepts the other's tokens.
    ///
    /// What still shows is that there is a token, its time, and its length in
    /// steps of 32 bytes.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use cookie_session::{Codec, KeyRing, SecretKey};
    /// # let keys = KeyRing::new(SecretKey::generate()?);
    /// let invites = Codec::encrypted(&keys, "invite", Duration::from_secs(7 * 24 * 60 * 60))?;
    /// let token = invites.encode("ada@example.org")?;
    /// assert_eq!(invites.decode::<String>(&token)?, "ada@example.org");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn encrypted(
        keys: &KeyRing,
        salt: impl AsRef<[u8]>,
        max_age: impl Into<Option<Duration>>,
    ) -> Result<Self, ConfigError> {
        let tokens = Tokens::private(&keys.0, Purpose::Token, salt.as_ref())?;
        Self::of(tokens, Duration::ZERO, max_age.into())
    }
}

impl<T> signed_cookie::Builder<T> {
    /// Encrypts the value, so that the visitor cannot read it either: what
    /// [`Builder::encrypted`](crate::Builder::encrypted) says of sessions holds for it.
    pub fn encrypted(mut self) -> Self {
        self.tokens = Tokens::private;
        self
    }
}
