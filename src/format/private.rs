//! The encrypted form of this library's own format.

use std::sync::Arc;

use crate::error::ConfigError;
use crate::format::Format;
use crate::key::Secrets;
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
