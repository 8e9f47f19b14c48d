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
use crate::token::signer::leaving_a_clean_stack;

impl Tokens {
    /// Makes tokens that only a holder of the key can read.
    pub(crate) fn private(secrets: &Secrets, purpose: Purpose, chosen: &[u8]) -> Result<Self, ConfigError> {
        let signer = secrets.signer(&salt(Use::SIGN_PRIVATE, purpose, chosen))?;
        let cipher = leaving_a_clean_stack(|| Arc::new(Ciphers::derive(secrets, purpose, chosen)));
        Ok(Self { format: Format::PRIVATE, signer, cipher: Some(cipher) })
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
    use std::collections::HashSet;
    use std::time::{Duration, SystemTime};

    use crate::config::Builder;
    use crate::key::{KeyRing, SecretKey};
    use crate::random::tests::{Source, constant, next, none, seeded, with_source};
    use crate::sessions::Sessions;
    use crate::sessions::tests::ring;
    use crate::token::payload;
    use crate::token::signer::tests::macs;

    fn saved(sessions: &Sessions) -> String {
        saved_with(sessions, "1")
    }

    fn saved_with(sessions: &Sessions, value: &str) -> String {
        let mut session = sessions.start();
        session.insert("user", value).unwrap();
        sessions.save(session).unwrap().cookie_pair().unwrap().to_owned()
    }

    /// Returns the payload of a cookie, as text and as bytes.
    fn payload_of(pair: &str) -> (&str, Vec<u8>) {
        let text = pair.split(['=', '.']).nth(1).unwrap();
        (text, payload::decode(text.as_bytes()).unwrap())
    }

    /// The same keys in every run.
    fn fixed(number: u8) -> KeyRing {
        let mut bytes = [0; 32];
        with_source(seeded, || {
            for _ in 0..=number {
                crate::random::fill(&mut bytes).unwrap();
            }
        });
        KeyRing::new(SecretKey::from_bytes(bytes).unwrap())
    }

    fn at_second(builder: Builder, second: u64) -> Sessions {
        let now = Duration::from_secs(1_800_000_000_u64.saturating_add(second));
        let now = SystemTime::UNIX_EPOCH.checked_add(now).unwrap();
        builder.clock(move || now).build().unwrap()
    }

    fn times(usually: usize, long: usize) -> usize {
        if std::env::var_os("COOKIE_SESSION_LONG").is_some() { long } else { usually }
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

    /// How many pieces of a text are in another, and how many chance would put there, if the other were random characters
    /// of so many values.
    fn found(text: &[u8], other: &[u8], len: usize, values: i32) -> (usize, f64) {
        let pieces: HashSet<&[u8]> = text.windows(len).collect();
        let windows = other.windows(len);
        let chances = f64::from(u32::try_from(pieces.len().saturating_mul(windows.len())).unwrap());
        let by_chance = chances / f64::from(values).powi(i32::try_from(len).unwrap());
        (windows.filter(|window| pieces.contains(window)).count(), by_chance)
    }

    /// What is inserted shows in no cookie, however small a piece of it is looked for: each length is found as often as
    /// chance has it, and no more. Values and random bytes are the same in every run.
    ///
    /// In 100,000 cookies chance alone shows a piece of two bytes about 2,290 times, of three 8 times, and of four
    /// 0.03 times: with these values never. The distance of six standard deviations from what chance has is passed
    /// once in 10^8 runs.
    #[test]
    fn no_piece_of_a_value_shows_in_any_cookie_but_by_chance() {
        let times = times(5_000, 100_000);
        let keys = fixed(0);
        let encrypted = at_second(Sessions::builder(&keys).encrypted(), 0);
        let signed = at_second(Sessions::builder(&keys), 0);
        // Of how many characters a piece is, how many values one has, and whether it is looked for in the text.
        let mut searches = [(2, 256, false), (3, 256, false), (4, 256, false), (3, 64, true), (4, 64, true)]
            .map(|search| (search, 0, 0.0));
        with_source(seeded, || {
            for _ in 0..times {
                let letter = || char::from(b'a' + u8::try_from(next() % 26).unwrap());
                let value: String = (0..20).map(|_| letter()).collect();
                let pair = saved_with(&encrypted, &value);
                let (text, bytes) = payload_of(&pair);
                for ((len, values, in_text), hits, expected) in &mut searches {
                    let other = if *in_text { text.as_bytes() } else { &bytes };
                    let (found, by_chance) = found(value.as_bytes(), other, *len, *values);
                    *hits += found;
                    *expected += by_chance;
                }
                let plain = saved_with(&signed, &value);
                assert!(
                    found(value.as_bytes(), &payload_of(&plain).1, 4, 256).0 >= 17,
                    "the search finds nothing"
                );
            }
        });
        for ((len, _, in_text), hits, expected) in searches {
            let off = f64::from(u32::try_from(hits).unwrap()) - expected;
            assert!(
                off.abs() <= 6.0 * expected.sqrt() + 1.0,
                "{hits} pieces of {len}, and {expected} by chance (in the text: {in_text})"
            );
            assert!(in_text || len < 4 || hits == 0, "{hits} pieces of 4 bytes");
        }
    }

    /// The vector alone sees to that: the time, the name and the text make it another.
    #[test]
    fn equal_sessions_share_no_run_of_eight_bytes_even_without_a_random_source() {
        let sources: [(Source, bool); 3] = [(seeded, true), (constant, false), (none, false)];
        for (source, random) in sources {
            let mut seen = HashSet::new();
            for (name, number) in [("__Host-a", 0), ("__Host-b", 0), ("__Host-a", 1)] {
                for second in 0..50 {
                    let builder = Sessions::builder(fixed(number)).name(name).encrypted();
                    let sessions = at_second(builder, second);
                    let pair = with_source(source, || [saved(&sessions), saved(&sessions)]);
                    assert_eq!(pair[0] == pair[1], !random, "of one second");
                    let different = if random { &pair[..] } else { &pair[..1] };
                    for pair in different {
                        for run in payload_of(pair).1.windows(8) {
                            assert!(seen.insert(run.to_vec()), "{name}, {second}");
                        }
                    }
                }
            }
        }
    }

    /// Of one key, one second and a source that is stuck, so that only the text can tell them apart.
    #[test]
    fn no_vector_comes_twice_for_different_sessions_of_one_second() {
        let sessions = at_second(Sessions::builder(fixed(0)).encrypted(), 0);
        let mut seen = HashSet::new();
        with_source(constant, || {
            for n in 0..times(10_000, 1_000_000) {
                let pair = saved_with(&sessions, &n.to_string());
                let vector = *payload_of(&pair).1.first_chunk::<16>().unwrap();
                assert!(seen.insert(vector), "{n}");
            }
        });
    }

    #[test]
    fn a_length_is_that_of_its_step_whatever_the_text() {
        let sessions = at_second(Sessions::builder(fixed(0)).encrypted(), 0);
        let frame = r#"[1800000000,false,{"user":""}]"#.len();
        for len in 0..times(600, 2900) {
            let pair = saved_with(&sessions, &"x".repeat(len));
            let padded = frame.saturating_add(len).next_multiple_of(32);
            assert_eq!(payload_of(&pair).1.len().checked_sub(16), Some(padded), "{len}");
        }
    }
}
