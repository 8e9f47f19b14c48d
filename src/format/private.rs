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

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use crate::key::{KeyRing, SecretKey};
    use crate::sessions::Sessions;
    use crate::sessions::tests::ring;
    use crate::token::signer::tests::macs;

    fn saved(sessions: &Sessions) -> String {
        let mut session = sessions.start();
        session.insert("user", 1).unwrap();
        sessions.save(session).unwrap().cookie_pair().unwrap().to_owned()
    }

    /// Sessions of all configurations that read encrypted ones: alone, beside signed ones, and the other way round.
    fn readers(ring: &KeyRing) -> [Sessions; 3] {
        let until = SystemTime::now().checked_add(Duration::from_secs(3600)).unwrap();
        let builder = || Sessions::builder(ring);
        [builder().encrypted(), builder().accept_encrypted(), builder().encrypted().accept_signed(until)]
            .map(|builder| builder.build().unwrap())
    }

    #[test]
    fn a_forged_cookie_costs_no_more_macs_where_both_kinds_are_read() {
        let stranger = ring(1);
        let signed = saved(&Sessions::builder(&stranger).build().unwrap());
        let encrypted = saved(&Sessions::builder(&stranger).encrypted().build().unwrap());
        for keys in 1..=8 {
            for sessions in readers(&ring(keys)) {
                for candidates in 0..=20 {
                    for lines in [vec![&signed; candidates], vec![&encrypted; candidates]] {
                        let made = macs(|| assert!(sessions.open(&lines).is_empty()));
                        assert_eq!(made, keys * candidates.min(8), "{keys} keys, {candidates} candidates");
                    }
                    let both = [&signed, &encrypted].into_iter().cycle().take(candidates);
                    let made = macs(|| assert!(sessions.open(both).is_empty()));
                    assert_eq!(made, keys * candidates.min(8), "{keys} keys, {candidates} candidates");
                }
            }
        }
    }

    #[test]
    fn a_genuine_cookie_of_either_kind_costs_a_mac_per_key_until_its_own() {
        let keys: Vec<_> = (0..8).map(|_| SecretKey::generate().unwrap()).collect();
        let ring =
            keys[1..].iter().fold(KeyRing::new(keys[0].clone()), |ring, key| ring.fallback(key.clone()));
        let [_, both @ ..] = readers(&ring);
        for (n, key) in keys.iter().enumerate() {
            let builder = || Sessions::builder(KeyRing::new(key.clone()));
            for writer in [builder(), builder().encrypted()] {
                let pair = saved(&writer.build().unwrap());
                for sessions in &both {
                    assert_eq!(macs(|| assert!(!sessions.open([&pair]).is_empty())), n + 1);
                }
            }
        }
    }
}
