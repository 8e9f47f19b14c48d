//! AES-256 in counter mode, spelled out so that it is not the library's.

use std::array;
use std::sync::LazyLock;

/// FIPS 197, section 5.1.1: the inverse in the field, then an affine map.
static SBOX: LazyLock<[u8; 256]> = LazyLock::new(|| {
    array::from_fn(|byte| {
        let byte = byte as u8;
        // The field has 255 bytes that are not zero, so that the 254th power is the inverse.
        let inverse = (0..254).fold(1, |power, _| times(power, byte));
        (1..5).fold(inverse ^ 0x63, |sum, n| sum ^ inverse.rotate_left(n))
    })
});

/// Multiplies in the field of FIPS 197, section 4.2.
fn times(a: u8, b: u8) -> u8 {
    (0..8).rev().fold(0, |sum, bit| double(sum) ^ if b >> bit & 1 == 1 { a } else { 0 })
}

fn double(byte: u8) -> u8 {
    byte << 1 ^ if byte & 0x80 == 0 { 0 } else { 0x1b }
}

fn substitute(byte: u8) -> u8 {
    SBOX[usize::from(byte)]
}

fn xor<const LEN: usize>(a: [u8; LEN], b: &[u8]) -> [u8; LEN] {
    array::from_fn(|n| a[n] ^ b[n])
}

/// The round keys of one key.
#[derive(Clone)]
pub struct Aes256(Vec<[u8; 4]>);

impl Aes256 {
    /// Section 5.2: sixty words.
    pub fn new(key: &[u8]) -> Self {
        assert_eq!(key.len(), 32);
        let mut words: Vec<[u8; 4]> = key.chunks(4).map(|word| word.try_into().unwrap()).collect();
        let mut constant = 1;
        while let n @ ..60 = words.len() {
            let mut word = words[n - 1];
            if n % 8 == 0 {
                word.rotate_left(1);
                word = word.map(substitute);
                word[0] ^= constant;
                constant = double(constant);
            } else if n % 8 == 4 {
                word = word.map(substitute);
            }
            words.push(xor(word, &words[n - 8]));
        }
        Self(words)
    }

    /// Section 5.1: fourteen rounds. A state holds its columns one after the other.
    pub fn block(&self, block: [u8; 16]) -> [u8; 16] {
        let mut rounds = self.0.chunks(4).map(<[[u8; 4]]>::as_flattened);
        let mut state = xor(block, rounds.next().unwrap());
        for (n, key) in rounds.enumerate() {
            // Row r goes r columns to the left.
            state = array::from_fn(|at| substitute(state[(at + 4 * (at % 4)) % 16]));
            if n < 13 {
                state = array::from_fn(|at| {
                    let byte = |down: usize| state[at / 4 * 4 + (at + down) % 4];
                    double(byte(0)) ^ double(byte(1)) ^ byte(1) ^ byte(2) ^ byte(3)
                });
            }
            state = xor(state, key);
        }
        state
    }

    /// SP 800-38A, section 6.5, with the whole first block as counter.
    pub fn counter_mode(&self, first: [u8; 16], text: &[u8]) -> Vec<u8> {
        let blocks = text.chunks(16).zip(0..).flat_map(|(chunk, n)| {
            let counter = u128::from_be_bytes(first).wrapping_add(n).to_be_bytes();
            let stream = self.block(counter);
            chunk.iter().zip(stream).map(|(byte, key)| byte ^ key).collect::<Vec<u8>>()
        });
        blocks.collect()
    }
}
