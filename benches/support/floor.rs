//! The floor: the work that nobody can avoid, in one function each, without any check.
//!
//! The compressions of HMAC on the block function of `sha2` itself, base64 with the engine that the library uses,
//! `serde_json` into or from the same type, and one reading of the clock. No length is checked, no separator is
//! looked for, no signature compared. The buffers are there already: reading allocates what the value itself needs,
//! writing allocates the token and nothing else.

use std::io::{self, Write};
use std::time::SystemTime;

use base64::Engine;
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::Sha256;
use sha2::block_api::compress256;

/// HMAC-SHA256 under one key, the two blocks of the key hashed already.
#[derive(Clone)]
pub struct BareMac {
    inner: [u32; 8],
    outer: [u32; 8],
}

impl BareMac {
    /// Derives the key of a salt.
    pub fn new(secret: &[u8], salt: &str) -> Self {
        let key = Hmac::<Sha256>::new_from_slice(secret).unwrap().chain_update(salt).finalize().into_bytes();
        let keyed = |pad: u8| {
            let mut block = [pad; 64];
            block.iter_mut().zip(&key).for_each(|(byte, key)| *byte ^= key);
            let mut state = INITIAL;
            compress256(&mut state, &[block]);
            state
        };
        Self { inner: keyed(0x36), outer: keyed(0x5c) }
    }

    #[inline]
    pub fn of(&self, message: &[u8]) -> [u8; 32] {
        let mut state = self.inner;
        let (blocks, rest) = message.as_chunks::<64>();
        compress256(&mut state, blocks);
        let mut last = [[0; 64]; 2];
        let bytes = last.as_flattened_mut();
        bytes[..rest.len()].copy_from_slice(rest);
        bytes[rest.len()] = 0x80;
        let len = if rest.len() < 56 { 64 } else { 128 };
        bytes[len - 8..len].copy_from_slice(&((64 + message.len() as u64) * 8).to_be_bytes());
        compress256(&mut state, &last[..len / 64]);

        let mut block = [0; 64];
        write_words(&state, &mut block);
        block[32] = 0x80;
        block[62..].copy_from_slice(&(96_u16 * 8).to_be_bytes());
        let mut state = self.outer;
        compress256(&mut state, &[block]);
        let mut mac = [0; 32];
        write_words(&state, &mut mac);
        mac
    }
}

#[inline]
fn write_words(words: &[u32; 8], out: &mut [u8]) {
    out.as_chunks_mut::<4>().0.iter_mut().zip(words).for_each(|(bytes, word)| *bytes = word.to_be_bytes());
}

/// Returns what a token holds, its MAC and the time.
#[inline]
pub fn read<T: DeserializeOwned>(
    mac: &BareMac,
    signed: &[u8],
    payload: &[u8],
    buffer: &mut [u8],
) -> (T, [u8; 32], u64) {
    let mac = mac.of(signed);
    let now = now();
    let len = engine().decode_slice(payload, buffer).unwrap();
    // Cheaper than to let serde_json check each string.
    let json = std::str::from_utf8(&buffer[..len]).unwrap();
    (serde_json::from_str(json).unwrap(), mac, now)
}

/// What writing needs besides the token, made once.
pub struct Buffers {
    json: Vec<u8>,
    token: Vec<u8>,
}

impl Buffers {
    pub fn new() -> Self {
        Self { json: vec![0; 4096], token: vec![0; 8192] }
    }
}

/// Memory that is there already, and how much of it is written. A `Vec` asks with each write whether it has to grow.
struct Filled<'b> {
    buffer: &'b mut [u8],
    len: usize,
}

impl Write for Filled<'_> {
    #[inline]
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        let end = self.len + bytes.len();
        self.buffer[self.len..end].copy_from_slice(bytes);
        self.len = end;
        Ok(())
    }

    #[inline]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Returns the token of a value.
#[inline]
pub fn write<T: Serialize>(mac: &BareMac, value: &T, Buffers { json, token }: &mut Buffers) -> Vec<u8> {
    let mut filled = Filled { buffer: json, len: 0 };
    serde_json::to_writer(&mut filled, value).unwrap();
    let json = &filled.buffer[..filled.len];
    let payload = (json.len() * 4).div_ceil(3);
    let signed = payload + 1 + 6;
    engine().encode_slice(json, &mut token[..payload]).unwrap();
    token[payload] = b'.';
    let seconds = now().to_be_bytes();
    engine().encode_slice(&seconds[4..], &mut token[payload + 1..signed]).unwrap();
    let mac = mac.of(&token[..signed]);
    token[signed] = b'.';
    let len = signed + 1 + 43;
    engine().encode_slice(mac, &mut token[signed + 1..len]).unwrap();
    // Cheaper than to write into memory that has to be cleared first.
    token[..len].to_vec()
}

/// Reads the clock.
#[inline]
pub fn now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs()
}

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
fn engine() -> &'static base64::engine::Simd {
    use std::sync::LazyLock;

    use base64::engine::Simd;
    use base64::engine::general_purpose::NO_PAD;

    static ENGINE: LazyLock<Simd> = LazyLock::new(|| Simd::url_safe(NO_PAD));
    &ENGINE
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn engine() -> &'static base64::engine::GeneralPurpose {
    &BASE64_URL_SAFE_NO_PAD
}

/// FIPS 180-4, section 5.3.3.
const INITIAL: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];
