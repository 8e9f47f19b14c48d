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

fn substitute(word: u32) -> u32 {
    u32::from_be_bytes(word.to_be_bytes().map(|byte| SBOX[usize::from(byte)]))
}

/// Sections 5.1.1 and 5.1.3 at once: what a byte in the first row adds to its column. Tests encrypt by the million.
static MIXED: LazyLock<[u32; 256]> =
    LazyLock::new(|| SBOX.map(|byte| u32::from_be_bytes([double(byte), byte, byte, double(byte) ^ byte])));
/// The same in the last round, which mixes nothing.
static LAST: LazyLock<[u32; 256]> = LazyLock::new(|| SBOX.map(|byte| u32::from_be_bytes([byte, 0, 0, 0])));

/// The round keys of one key, column by column.
#[derive(Clone)]
pub struct Aes256(Vec<u32>);

impl Aes256 {
    /// Section 5.2: sixty words.
    pub fn new(key: &[u8]) -> Self {
        assert_eq!(key.len(), 32);
        let words = key.chunks(4).map(|word| u32::from_be_bytes(word.try_into().unwrap()));
        let mut words: Vec<u32> = words.collect();
        let mut constant = 1;
        while let n @ ..60 = words.len() {
            let mut word = words[n - 1];
            if n % 8 == 0 {
                word = substitute(word.rotate_left(8)) ^ u32::from_be_bytes([constant, 0, 0, 0]);
                constant = double(constant);
            } else if n % 8 == 4 {
                word = substitute(word);
            }
            words.push(word ^ words[n - 8]);
        }
        Self(words)
    }

    /// Section 5.1: fourteen rounds. A state holds its columns one after the other.
    pub fn block(&self, block: [u8; 16]) -> [u8; 16] {
        let mut state = block;
        for (column, key) in state.chunks_mut(4).zip(&self.0) {
            column.iter_mut().zip(key.to_be_bytes()).for_each(|(byte, key)| *byte ^= key);
        }
        for (round, keys) in self.0.chunks(4).enumerate().skip(1) {
            let table: &[u32; 256] = if round < 14 { &MIXED } else { &LAST };
            let before = state;
            for (n, (column, key)) in state.chunks_mut(4).zip(keys).enumerate() {
                let mut sum = *key;
                for row in 0..4 {
                    // It goes as many columns to the left.
                    let byte = before[(4 * n + 5 * row) % 16];
                    sum ^= table[usize::from(byte)].rotate_right(8 * row as u32);
                }
                column.copy_from_slice(&sum.to_be_bytes());
            }
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
