//! AES-256-CTR for payloads that only a holder of the key may read.
//!
//! Encryption hides, and nothing more: what came from outside is decrypted only after the signature over the whole
//! text was checked (encrypt, then MAC). HMAC commits to its key, so that no text is good under two keys of a ring, as
//! one can be made for AES-GCM and others without commitment.

use std::cell::Cell;
use std::fmt;
use std::sync::Arc;

use aes::Aes256Enc;
use aes::cipher::{InnerIvInit, KeyInit, StreamCipher};
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::error::DecodeError;
use crate::key::Secrets;
use crate::random;
use crate::token::payload;
use crate::token::salt::{Purpose, Use, salt};
use crate::token::signer::{derive, keyed};

/// The same for all clones of their tokens.
pub(crate) type SharedCiphers = Arc<Ciphers>;

/// The keys that encrypt what one signer signs, in the order in which it has its own.
pub(crate) struct Ciphers {
    keys: Box<[Aes256Enc]>,
    /// Makes initialisation vectors, under the current key alone.
    ivs: Hmac<Sha256>,
}

impl Ciphers {
    /// Derives the keys of one purpose.
    pub(crate) fn derive(secrets: &Secrets, purpose: Purpose, chosen: &[u8]) -> Self {
        let key = |used, secret| derive::<Sha256>(secret, &salt(used, purpose, chosen));
        let ivs = secrets.all().next().map(|secret| key(Use::IV, secret));
        let keys: Vec<_> = secrets.all().map(|secret| key(Use::ENCRYPT, secret)).collect();
        let keys: Vec<_> = keys.iter().filter_map(|key| key.first_chunk()).collect();
        Self::new(&keys, keyed(&ivs.unwrap_or_default()))
    }

    /// Takes the keys: 32 bytes each, used for nothing else. The first is the current one.
    fn new(keys: &[&[u8; KEY_LEN]], ivs: Hmac<Sha256>) -> Self {
        // Of a length that is known, so that collecting moves no key, which would leave a copy behind.
        Self { keys: keys.iter().map(|key| Aes256Enc::new((*key).into())).collect(), ivs }
    }

    /// Encrypts the text that begins there, after room for an initialisation vector, padded with spaces, which JSON
    /// allows after a value.
    ///
    /// The vector is a function of a key, the time, 16 new bytes and the text. Where those are not new, two texts share
    /// one only if they are the same and of the same second, and then all that shows is that they are: less than a save
    /// that fails.
    pub(crate) fn encrypt(&self, issued: u64, start: usize, out: &mut Vec<u8>) {
        self.encrypt_with(issued, nonce(), start, out);
    }

    fn encrypt_with(&self, issued: u64, random: [u8; IV_LEN], start: usize, out: &mut Vec<u8>) {
        let text = out.len().saturating_sub(start).saturating_sub(IV_LEN);
        // The vector is made of the text alone.
        let iv = self.iv(out.get(start.saturating_add(IV_LEN)..).unwrap_or_default(), issued, random);
        out.resize(start.saturating_add(len(text)), b' ');
        let sealed = out.get_mut(start..).and_then(<[u8]>::split_first_chunk_mut);
        match (sealed, self.keys.first()) {
            (Some((room, text)), Some(key)) => {
                *room = iv;
                apply(key, &iv, text);
            }
            // There always is a key. What is not encrypted must not go out all the same.
            _ => out.truncate(start),
        }
    }

    /// Hands over the text of a payload, given which of the signer's keys verified it.
    pub(crate) fn decrypt_with<R>(
        &self,
        payload: &[u8],
        place: usize,
        read: impl FnOnce(&str) -> Result<R, DecodeError>,
    ) -> Result<R, DecodeError> {
        payload::decode_bytes_with(payload, |bytes| {
            let mut text: &[u8] = self.decrypt(bytes, place).ok_or(DecodeError::Payload)?;
            // Without its padding it is what is read fastest.
            while let [rest @ .., b' '] = text {
                text = rest;
            }
            read(std::str::from_utf8(text).map_err(|_| DecodeError::Payload)?)
        })
    }

    /// Decrypts what [`encrypt`](Self::encrypt) wrote, in place, and returns the text with its padding.
    fn decrypt<'b>(&self, bytes: &'b mut [u8], place: usize) -> Option<&'b mut [u8]> {
        let (iv, text) = bytes.split_first_chunk_mut()?;
        if !is_vector(iv) {
            return None;
        }
        apply(self.keys.get(place)?, iv, text);
        Some(text)
    }

    fn iv(&self, text: &[u8], issued: u64, random: [u8; IV_LEN]) -> [u8; IV_LEN] {
        let mac = self.ivs.clone().chain_update(issued.to_be_bytes()).chain_update(random).chain_update(text);
        let mut iv: [u8; IV_LEN] = mac.finalize().into_bytes().first_chunk().copied().unwrap_or_default();
        let [first, ..] = &mut iv;
        *first |= FIRST_BIT;
        iv
    }
}

impl fmt::Debug for Ciphers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ciphers(..)")
    }
}

/// Returns the length of the initialisation vector and the encrypted text of a text of this length.
pub(crate) fn len(text: usize) -> usize {
    text.div_ceil(STEP).saturating_mul(STEP).saturating_add(IV_LEN)
}

/// Says whether an encrypted text can begin with this.
fn is_vector([first, ..]: &[u8; IV_LEN]) -> bool {
    first & FIRST_BIT != 0
}

/// Returns bytes that did not come before, which is less than random: they count from a random number of the thread.
/// To ask the operating system each time takes longer than to encrypt a session.
///
/// They do come again in a process that was forked or a machine that was copied, and without a random source they are
/// zero: [`encrypt`](Ciphers::encrypt) says what that costs.
fn nonce() -> [u8; IV_LEN] {
    thread_local! {
        static LAST: Cell<Option<u128>> = const { Cell::new(None) };
    }

    let first = || {
        let mut bytes = [0; IV_LEN];
        random::fill(&mut bytes).map(|()| u128::from_be_bytes(bytes))
    };
    #[cfg(test)]
    if random::tests::SOURCE.get().is_some() {
        return first().unwrap_or_default().to_be_bytes();
    }
    // Where a thread ends before its last save, it asks each time.
    let last = LAST.try_with(Cell::get).ok().flatten();
    let next = last.map(|last| last.wrapping_add(1)).or_else(first);
    LAST.try_with(|last| last.set(next)).ok();
    next.unwrap_or_default().to_be_bytes()
}

/// Encrypts or decrypts: the same step in this mode (SP 800-38A, section 6.5).
fn apply(key: &Aes256Enc, iv: &[u8; IV_LEN], text: &mut [u8]) {
    let core = ctr::CtrCore::<&Aes256Enc, ctr::flavors::Ctr128BE>::inner_iv_init(key, iv.into());
    aes::cipher::StreamCipherCoreWrapper::from_core(core).apply_keystream(text);
}

impl Use {
    /// Signs what is encrypted. Another key, so that neither ever passes for the other.
    pub(crate) const SIGN_PRIVATE: Self = Self("private/");
    const ENCRYPT: Self = Self("encrypt/");
    /// Makes initialisation vectors.
    const IV: Self = Self("iv/");
}

/// Of a key of AES-256, in bytes.
const KEY_LEN: usize = 32;

/// Of the first counter block, in bytes.
pub(crate) const IV_LEN: usize = 16;

/// All vectors have it, and no JSON text, whose first byte is ASCII. So a payload shows whose keys can have signed it,
/// and a reader of both kinds makes no more MACs than one of either:
/// [`claims_encryption`](crate::token::UnverifiedToken::claims_encryption).
const FIRST_BIT: u8 = 0x80;

/// A text is padded to a multiple of this, so that its length tells less.
const STEP: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::{KeyRing, SecretKey};
    use crate::random::tests::{none, seeded, with_source};
    use crate::token::{Purpose, Tokens};
    use std::collections::HashSet;

    fn bytes(hex: &str) -> Vec<u8> {
        hex.as_bytes()
            .chunks(2)
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect()
    }

    fn ciphers(keys: &[[u8; KEY_LEN]]) -> Ciphers {
        Ciphers::new(
            &keys.iter().collect::<Vec<_>>(),
            <Hmac<Sha256> as KeyInit>::new_from_slice(&[9; 32]).unwrap(),
        )
    }

    fn encrypted(ciphers: &Ciphers, text: &[u8], issued: u64, random: [u8; IV_LEN]) -> Vec<u8> {
        let mut out = [&b"before"[..], &[0; IV_LEN], text].concat();
        ciphers.encrypt_with(issued, random, "before".len(), &mut out);
        assert!(out.starts_with(b"before"));
        out.split_off("before".len())
    }

    /// SP 800-38A, F.5.5 and F.5.6: CTR-AES256.
    #[test]
    fn encrypts_the_vectors_of_the_standard() {
        let key = bytes("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4");
        let counter = bytes("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");
        let plain = bytes(
            "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51\
             30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710",
        );
        let encrypted = bytes(
            "601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c5\
             2b0930daa23de94ce87017ba2d84988ddfc9c58db67aada613c2dd08457941a6",
        );
        let key = Aes256Enc::new(key.first_chunk::<KEY_LEN>().unwrap().into());
        for (from, to) in [(&plain, &encrypted), (&encrypted, &plain)] {
            let mut text = from.clone();
            apply(&key, counter.first_chunk().unwrap(), &mut text);
            assert_eq!(&text, to);
        }
    }

    #[test]
    fn decrypts_what_it_encrypted_under_the_same_key_alone() {
        let keys = [[1; KEY_LEN], [2; KEY_LEN]];
        let text = br#"[1,false,{"user":42}]"#;
        let both = ciphers(&keys);
        for (n, key) in keys.iter().enumerate() {
            let mut sealed = encrypted(&ciphers(&[*key]), text, 1, [0; IV_LEN]);
            assert_eq!(both.decrypt(&mut sealed.clone(), n).unwrap().trim_ascii_end(), text);
            assert_ne!(both.decrypt(&mut sealed.clone(), 1 - n).unwrap().trim_ascii_end(), text);
            assert!(both.decrypt(&mut sealed, 2).is_none());
        }
        assert!(both.decrypt(&mut [0xff; IV_LEN - 1], 0).is_none());
        assert!(both.decrypt(&mut [0xff; IV_LEN], 0).is_some());
    }

    /// Finds out which keys a place has, by trying those of all uses.
    #[test]
    fn encrypts_and_makes_vectors_under_keys_of_their_own() {
        let stream = |ciphers: &Ciphers| {
            let mut text = [0; IV_LEN];
            apply(ciphers.keys.first().unwrap(), &[0xff; IV_LEN], &mut text);
            text
        };
        let vector = |ciphers: &Ciphers| ciphers.iv(b"text", 1, [0; IV_LEN]);
        let uses = [Use::SIGN, Use::SIGN_PRIVATE, Use::STAMP, Use::ENCRYPT, Use::IV];
        let mut seen = HashSet::new();
        for ring in [1, 2].map(|_| KeyRing::new(SecretKey::generate().unwrap()).0) {
            for purpose in [Purpose::Session, Purpose::Token, Purpose::SignedCookie] {
                for chosen in ["", "a"] {
                    let ours = Ciphers::derive(&ring, purpose, chosen.as_bytes());
                    for used in uses {
                        let secret = ring.all().next().unwrap();
                        let key = derive::<Sha256>(secret, &salt(used, purpose, chosen.as_bytes()));
                        let other = Ciphers::new(&[key.first_chunk().unwrap()], keyed(&key));
                        assert_eq!(stream(&ours) == stream(&other), used.0 == "encrypt/", "{}", used.0);
                        assert_eq!(vector(&ours) == vector(&other), used.0 == "iv/", "{}", used.0);
                    }
                    assert!(seen.insert(stream(&ours)) && seen.insert(vector(&ours)));
                }
            }
        }
    }

    /// The token of docs/format.md, which `tests/interop/verify_encrypted.py` makes too.
    #[test]
    fn makes_the_token_of_the_chapter() {
        let secret = *b"\x90\xfe\x63\x91\x5b\xee\x7c\x1a\x70\x16\xea\xc0\xe6\x90\x3f\xab\
                        \x85\x7b\xec\x79\x1b\x7e\xbe\x70\xcf\xf5\xe9\x25\xe2\x60\x2c\xfe";
        let key = |used| derive::<Sha256>(&secret, &salt(used, Purpose::Session, b"__Host-session"));
        let ciphers = Ciphers::new(&[key(Use::ENCRYPT).first_chunk().unwrap()], keyed(&key(Use::IV)));
        let random = std::array::from_fn(|n| u8::try_from(n).unwrap());
        let json = br#"[1750000000,false,{"user_id":42}]"#;
        let mut text = Vec::new();
        payload::push(&encrypted(&ciphers, json, 1_750_000_000, random), &mut text);
        let chapter = include_str!("../../docs/format.md");
        let token = chapter.lines().find(|line| line.starts_with(std::str::from_utf8(&text).unwrap()));
        assert!(token.unwrap().ends_with(".973vL84kIV3s1atbkqIfJDz-87Rwyn7jUKWuMCkP1kM"));
    }

    #[test]
    #[cfg_attr(target_family = "wasm", ignore = "WASI starts no threads")]
    fn no_nonce_comes_twice_in_any_thread() {
        let nonces = || (0..1000).map(|_| nonce()).collect::<Vec<_>>();
        let threads: Vec<_> = (0..4).map(|_| std::thread::spawn(nonces)).collect();
        let mut all = nonces();
        all.extend(threads.into_iter().flat_map(|thread| thread.join().unwrap()));
        let different: HashSet<_> = all.iter().collect();
        assert_eq!(different.len(), 5000);
        // Each thread has its own beginning.
        let beginnings: HashSet<_> = all.iter().filter_map(|nonce| nonce.first_chunk::<8>()).collect();
        assert!(beginnings.len() >= 5);
        assert_eq!(with_source(none, nonce), [0; IV_LEN]);
        assert_eq!(with_source(seeded, nonce), with_source(seeded, nonce));
    }

    /// There is no ring without a key. Were there one, nothing is written rather than the text.
    #[test]
    fn without_a_key_no_text_is_written() {
        assert_eq!(encrypted(&ciphers(&[]), b"secret", 1, [0; IV_LEN]), b"");
    }

    #[test]
    fn a_vector_begins_as_no_text_does() {
        let ciphers = ciphers(&[[1; KEY_LEN]]);
        for n in 0..1000_u32 {
            let mut sealed = encrypted(&ciphers, format!("[{n}]").as_bytes(), 1, nonce());
            assert!(!sealed.first().unwrap().is_ascii());
            let [first, ..] = &mut *sealed else { panic!("16 bytes at least") };
            *first &= 0x7f;
            assert!(ciphers.decrypt(&mut sealed, 0).is_none());
        }
    }

    #[test]
    fn pads_to_the_grid() {
        for (len, expected) in [(0, 16), (1, 48), (31, 48), (32, 48), (33, 80), (64, 80), (65, 112)] {
            assert_eq!(super::len(len), expected);
            let sealed = encrypted(&ciphers(&[[1; KEY_LEN]]), &vec![b'x'; len], 1, [0; IV_LEN]);
            assert_eq!(sealed.len(), expected);
        }
    }

    #[test]
    fn without_a_random_source_no_vector_comes_twice_for_different_texts() {
        let ciphers = ciphers(&[[1; KEY_LEN]]);
        let mut seen = HashSet::new();
        let times: u64 = if std::env::var_os("COOKIE_SESSION_LONG").is_some() { 1_000_000 } else { 50_000 };
        for n in 0..times {
            let text = format!("[{},false,{{\"n\":{}}}]", n / 7, n % 7);
            assert!(seen.insert(ciphers.iv(text.as_bytes(), n / 1000, [0; IV_LEN])));
        }
        let iv = |text: &str, issued, random| ciphers.iv(text.as_bytes(), issued, [random; IV_LEN]);
        assert_eq!(iv("a", 1, 0), iv("a", 1, 0));
        assert_ne!(iv("a", 1, 0), iv("a", 2, 0));
        assert_ne!(iv("a", 1, 0), iv("a", 1, 1));
        assert_ne!(iv("a", 1, 0), iv("b", 1, 0));
    }

    #[test]
    fn whatever_length_a_text_was_said_to_have_it_can_be_read() {
        let ring = KeyRing::new(SecretKey::generate().unwrap());
        let tokens = Tokens::private(&ring.0, Purpose::Token, b"").unwrap();
        let texts = [1, 31, 32, 33, 300, 3000].map(|len| vec![b'7'; len]);
        for text in &texts {
            for most in [0, 1, text.len() - 1, text.len(), text.len() + 40] {
                let mut out = Vec::new();
                tokens.write_with(most, 1_750_000_000, &mut out, |out| out.extend_from_slice(text));
                assert_eq!(out.len(), tokens.len(tokens.format.payload_len(text.len())));
                let token = tokens.parse(&out).ok().unwrap().verify(&tokens).ok().unwrap();
                let read = tokens.decode_with(&token, |json| Ok(json.trim_end().as_bytes() == text));
                assert_eq!(read, Ok(true), "{} said to be {most}", text.len());
            }
        }
    }
}
