//! Stamps: keyed digests of who is logged in, and of the state of that user in which the login is good.

use std::fmt::Display;
use std::sync::Arc;

use sha2::Sha256;
use zeroize::Zeroizing;

use crate::error::ConfigError;
use crate::key::Secrets;
use crate::token::payload;
use crate::token::salt::{Purpose, Use, salt};
use crate::token::signer::{Keys, Signature, derive};

/// The keys of the stamps of one cookie, whether it is signed or encrypted.
///
/// Half of an HMAC is enough: who has a session cannot try stamps, since the session is signed, and 128 bits say nothing
/// of a password's hash to who has no key.
#[derive(Clone)]
pub(crate) struct Stamps(Arc<Keys<Sha256, LEN>>);

impl Stamps {
    pub(crate) fn derive(secrets: &Secrets, place: &str) -> Result<Self, ConfigError> {
        let salt = salt(Use::STAMP, Purpose::Session, place.as_bytes());
        Ok(Self(secrets.keys(|secret| derive::<Sha256>(secret, &salt))?))
    }

    /// Returns the stamp under the current key, as JSON text.
    pub(crate) fn make(&self, statement: &Statement) -> String {
        let mut text = vec![b'"'];
        payload::push(&self.0.sign(&statement.0), &mut text);
        text.push(b'"');
        String::from_utf8(text).unwrap_or_default()
    }

    /// Returns which key made this stamp, given as JSON text, of the statement:
    /// the current one is 0.
    pub(crate) fn verify(&self, statement: &Statement, stamp: &str) -> Option<usize> {
        let stamp = stamp.strip_prefix('"')?.strip_suffix('"')?;
        if stamp.len() != TEXT_LEN {
            return None;
        }
        self.0.verify(&statement.0, &Signature::read(stamp.as_bytes())?)
    }
}

/// What a stamp is made of. It may hold the hash of a password, and is wiped.
#[derive(Clone)]
pub(crate) struct Statement(Zeroizing<Vec<u8>>);

impl Statement {
    /// The length of the subject comes first, so that no byte can move from it
    /// into the state.
    pub(crate) fn new(subject: &dyn Display, state: &[u8]) -> Self {
        let subject = subject.to_string();
        let len = u64::try_from(subject.len()).unwrap_or(u64::MAX).to_be_bytes();
        let room = len.len().saturating_add(subject.len()).saturating_add(state.len());
        // Of its full size, so that it does not move and leave a copy behind.
        let mut text = Zeroizing::new(Vec::with_capacity(room));
        text.extend_from_slice(&len);
        text.extend_from_slice(subject.as_bytes());
        text.extend_from_slice(state);
        Self(text)
    }
}

/// Stands where a stamp will, as JSON text.
pub(crate) const BLANK: &str = "\"AAAAAAAAAAAAAAAAAAAAAA\"";

const LEN: usize = 16;

/// Of so many bytes in base64.
const TEXT_LEN: usize = 22;
