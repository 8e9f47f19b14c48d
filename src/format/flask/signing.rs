//! How Flask's tokens are signed, where an application may choose.

use hmac::EagerHash;
use zeroize::Zeroizing;

use crate::error::ConfigError;
use crate::format::python::django_concat;
use crate::key::Secrets;
use crate::token::signer::{Signer, derive, take};

/// A hash function under HMAC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Digest {
    /// SHA-1, what itsdangerous, Flask and Starlette use unless told otherwise.
    ///
    /// Its collisions do not help to forge an HMAC, which needs no collision
    /// resistance (RFC 2104, section 6), and no attack on HMAC-SHA1 is known.
    /// It is here to share cookies with Python, not to be chosen.
    Sha1,
    /// SHA-256, the only one of this library's own format.
    Sha256,
    /// SHA-512.
    Sha512,
}

/// How a key for one salt is made from a secret, in the words of itsdangerous.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyDerivation {
    /// `hmac`: HMAC of the salt under the secret.
    Hmac,
    /// `django-concat`: the hash of salt, `signer` and secret.
    DjangoConcat,
    /// `concat`: the hash of salt and secret.
    Concat,
}

impl Digest {
    /// Derives a key for this salt from each secret.
    pub(super) fn signer(
        self,
        secrets: &Secrets,
        derivation: KeyDerivation,
        salt: &[u8],
    ) -> Result<Signer, ConfigError> {
        Ok(match self {
            Self::Sha1 => Signer::Sha1(secrets.keys(|secret| derivation.derive::<sha1::Sha1>(secret, salt))?),
            Self::Sha256 => {
                Signer::Sha256(secrets.keys(|secret| derivation.derive::<sha2::Sha256>(secret, salt))?)
            }
            Self::Sha512 => {
                Signer::Sha512(secrets.keys(|secret| derivation.derive::<sha2::Sha512>(secret, salt))?)
            }
        })
    }
}

impl KeyDerivation {
    fn derive<D: EagerHash>(self, secret: &[u8], salt: &[u8]) -> Zeroizing<Vec<u8>> {
        match self {
            Self::Hmac => derive::<D>(secret, salt),
            Self::DjangoConcat => django_concat::<D>(secret, salt),
            Self::Concat => take(D::new_with_prefix(salt).chain_update(secret).finalize()),
        }
    }

    /// Returns what a key follows from beside the secret: two ways to derive one
    /// come to the same when one salt ends in `signer`.
    pub(super) fn input(self, salt: &[u8]) -> (bool, Vec<u8>) {
        match self {
            Self::Hmac => (true, salt.into()),
            Self::Concat => (false, salt.into()),
            Self::DjangoConcat => (false, [salt, b"signer"].concat()),
        }
    }
}
