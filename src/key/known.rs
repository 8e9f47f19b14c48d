//! Keys that somebody has published: hashes of common words.

use std::sync::LazyLock;

use sha2::{Digest, Sha256, Sha512};
use zeroize::Zeroizing;

/// Says whether these bytes are the SHA-256 or SHA-512 of a common word, or the
/// hex digits of one.
pub(super) fn is_hash_of_a_word(bytes: &[u8]) -> bool {
    let is_known = |bytes: &[u8]| bytes.first_chunk().is_some_and(|head| HASHES.binary_search(head).is_ok());
    let digits: Option<Zeroizing<Vec<u8>>> = bytes.first_chunk::<{ 2 * HEAD }>().and_then(|text| {
        let mut head = Zeroizing::new(Vec::with_capacity(HEAD));
        for pair in text.as_chunks::<2>().0 {
            let [high, low] = pair.map(|digit| char::from(digit).to_digit(16));
            head.push(u8::try_from(high? << 4 | low?).ok()?);
        }
        Some(head)
    });
    is_known(bytes) || digits.is_some_and(|digits| is_known(&digits))
}

/// How much of a hash is compared: enough that no random key meets one.
const HEAD: usize = 16;

/// The beginnings of the hashes, sorted. `echo` ends a word with a newline.
static HASHES: LazyLock<Vec<[u8; HEAD]>> = LazyLock::new(|| {
    let words = WORDS.iter().flat_map(|word| [(word, ""), (word, "\n")]);
    let hashes = words.flat_map(|(word, end)| {
        let short = Sha256::new_with_prefix(word).chain_update(end).finalize();
        let long = Sha512::new_with_prefix(word).chain_update(end).finalize();
        [short.first_chunk().copied(), long.first_chunk().copied()]
    });
    let mut heads: Vec<_> = hashes.flatten().collect();
    heads.sort_unstable();
    heads
});

/// What people hash when they are asked for 32 bytes.
const WORDS: &[&str] = &[
    "",
    "0",
    "1",
    "123",
    "1234",
    "12345",
    "123456",
    "1234567",
    "12345678",
    "123456789",
    "1234567890",
    "a",
    "abc",
    "abc123",
    "abcdef",
    "admin",
    "administrator",
    "app",
    "axum",
    "actix",
    "changeit",
    "changeme",
    "change-me",
    "change_me",
    "cookie",
    "cookies",
    "cookie-session",
    "default",
    "demo",
    "dev",
    "development",
    "django",
    "example",
    "fastapi",
    "flask",
    "foo",
    "foobar",
    "guest",
    "hello",
    "hello world",
    "Hello World",
    "hello, world",
    "Hello, World!",
    "iloveyou",
    "key",
    "keyboard cat",
    "letmein",
    "local",
    "localhost",
    "login",
    "master",
    "mykey",
    "my-secret",
    "mysecret",
    "my secret",
    "my-secret-key",
    "none",
    "null",
    "p@ssw0rd",
    "passw0rd",
    "password",
    "Password",
    "password1",
    "password123",
    "private",
    "prod",
    "production",
    "qwerty",
    "random",
    "root",
    "rust",
    "salt",
    "secret",
    "Secret",
    "SECRET",
    "secret key",
    "secret-key",
    "secret_key",
    "SECRET_KEY",
    "secretkey",
    "session",
    "sessions",
    "session-secret",
    "staging",
    "starlette",
    "string",
    "super secret",
    "super-secret",
    "supersecret",
    "test",
    "test1",
    "test123",
    "testing",
    "token",
    "undefined",
    "user",
    "username",
    "welcome",
    "x",
];
