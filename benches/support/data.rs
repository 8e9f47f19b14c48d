//! Sessions as an application has them, and where the parts of their tokens are.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use cookie_session::{KeyRing, SecretKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The sizes of session JSON, in bytes. More than the last does not fit a cookie.
pub const SIZES: [usize; 4] = [64, 200, 1000, 3000];

/// How many different tokens of each size take turns.
pub const COUNT: usize = 64;

/// A session that owns what it holds.
#[derive(Clone, Serialize, Deserialize)]
pub struct Visitor {
    pub user_id: u64,
    name: String,
    theme: String,
    pub visits: u32,
    cart: Vec<Item>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Item {
    sku: String,
    name: String,
    count: u32,
}

/// A session that needs no memory of its own.
#[derive(Clone, Serialize, Deserialize)]
pub struct Numbers {
    user_id: u64,
    issued: u64,
    visits: u32,
    score: i32,
}

/// Returns visitors whose JSON has this length.
pub fn visitors(size: usize) -> Vec<Visitor> {
    (0..COUNT).map(|number| visitor(size, number)).collect()
}

fn visitor(size: usize, number: usize) -> Visitor {
    let mut visitor = Visitor {
        user_id: 4000 + number as u64,
        name: String::new(),
        theme: "dark".into(),
        visits: 7,
        cart: Vec::new(),
    };
    loop {
        let sku = format!("TP-{:04}", number * 100 + visitor.cart.len());
        visitor.cart.push(Item { sku, name: "Tea pot".into(), count: 2 });
        if json_len(&visitor) > size {
            visitor.cart.pop();
            break;
        }
    }
    let missing = size - json_len(&visitor);
    visitor.name.push_str(&"abcdefghijklmnopqrstuvwxyz".repeat(2)[..missing]);
    assert_eq!(json_len(&visitor), size);
    visitor
}

/// Returns sessions of plain numbers.
pub fn numbers() -> Vec<Numbers> {
    (0..COUNT as u64)
        .map(|n| Numbers { user_id: 4000 + n, issued: 1_750_000_000 + n, visits: 7, score: -12 })
        .collect()
}

fn json_len(value: &impl Serialize) -> usize {
    serde_json::to_string(value).unwrap().len()
}

/// A token and its parts, as a reader without a check needs them.
#[derive(Clone)]
pub struct Token {
    pub text: String,
    signed: usize,
    payload: usize,
}

impl Token {
    pub fn new(text: String) -> Self {
        let signed = text.rfind('.').unwrap();
        let payload = text[..signed].rfind('.').unwrap();
        Self { text, signed, payload }
    }

    pub fn signed(&self) -> &[u8] {
        &self.text.as_bytes()[..self.signed]
    }

    pub fn payload(&self) -> &[u8] {
        &self.text.as_bytes()[..self.payload]
    }

    pub fn signature(&self) -> Vec<u8> {
        BASE64_URL_SAFE_NO_PAD.decode(&self.text[self.signed + 1..]).unwrap()
    }

    /// Returns the same token with a signature of zeros, as anybody could send it.
    pub fn forged(&self) -> String {
        format!("{}.{}", &self.text[..self.signed], "A".repeat(43))
    }
}

/// Returns the bytes of a secret: always the same, so that runs are alike.
pub fn secret(number: u8) -> Vec<u8> {
    Sha256::digest([b'k', number]).to_vec()
}

/// Returns a ring that signs with the first of these keys.
pub fn ring(numbers: &[u8]) -> KeyRing {
    let key = |number: &u8| SecretKey::from_bytes(secret(*number)).unwrap();
    let (current, fallbacks) = numbers.split_first().unwrap();
    fallbacks.iter().map(key).fold(KeyRing::new(key(current)), KeyRing::fallback)
}

/// Returns a Cookie line of five cookies, the fourth of which is this.
pub fn five_cookies(pair: &str) -> String {
    format!("_ga=GA1.1.1284709142.1718000000; theme=dark; consent=necessary; {pair}; lang=en-GB")
}
