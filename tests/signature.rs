//! One string is accepted for each token, and no other: every small alteration is refused.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::string_slice,
    reason = "a test may panic and print"
)]

mod support;

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use cookie_session::{Codec, DecodeError, KeyRing, Sessions};
use support::forge::{Clock, Digest, Forge, Parts, b64, key, secret, time, timestamp, unb64};

const NOW: u64 = 1_750_000_000;
const NAME: &str = "s";
const SALT: &str = "t";
/// 31 bytes, so that the last character of the payload has bits to spare; it has `-` and `_` in it too.
const SESSION: &str = r#"[1750000000,false,{"k":"~~??"}]"#;
const VALUE: &str = r#"{"k":"~~???"}"#;
/// Another length, so that pieces of the two never fit by chance.
const OTHER_SESSION: &str = r#"[1750000001,true,{"k":1}]"#;
const OTHER_VALUE: &str = "[1,2]";

/// Whether a token was accepted, and the reason given if not.
type Answer = Result<(), Option<DecodeError>>;

type Read = Box<dyn Fn(&[u8]) -> Answer>;

/// What reads tokens: the session cookies of one name, or one codec.
struct Reader {
    label: &'static str,
    forge: Forge,
    /// Two JSON texts that it accepts once they are signed.
    json: [&'static str; 2],
    accepts: Read,
}

impl Reader {
    fn token(&self) -> String {
        self.forge.token(self.json[0], NOW)
    }

    fn other_token(&self) -> String {
        self.forge.token(self.json[1], NOW + 1)
    }
}

fn readers() -> [Reader; 2] {
    let clock = Clock::at(NOW);
    let sessions =
        Sessions::builder(KeyRing::new(key(1))).name(NAME).clock(clock.hand()).build().expect("builds");
    let codec = Codec::new(&KeyRing::new(key(1)), SALT, Duration::from_secs(3600)).expect("builds");
    [
        Reader {
            label: "session",
            forge: Forge::session(&secret(1), NAME),
            json: [SESSION, OTHER_SESSION],
            accepts: Box::new(move |token| {
                let session = sessions.open([[NAME.as_bytes(), b"=", token].concat()]);
                match session.verified_by() {
                    Some(_) => Ok(()),
                    None => Err(session.rejection().copied()),
                }
            }),
        },
        Reader {
            label: "codec",
            forge: Forge::codec(&secret(1), SALT),
            json: [VALUE, OTHER_VALUE],
            accepts: Box::new(move |token| {
                // A codec takes text: a byte that is none becomes a character of two.
                let token = match std::str::from_utf8(token) {
                    Ok(text) => text.to_owned(),
                    Err(_) => token.iter().copied().map(char::from).collect(),
                };
                let now = time(NOW).expect("a time of these days");
                codec.decode_at::<serde_json::Value>(&token, now).map(|_| ()).map_err(Some)
            }),
        },
    ]
}

/// Presents altered tokens to one reader and counts them.
struct Attack<'r> {
    reader: &'r Reader,
    genuine: Vec<u8>,
    attempts: usize,
}

impl<'r> Attack<'r> {
    #[track_caller]
    fn on(reader: &'r Reader) -> Self {
        let genuine = reader.token();
        assert_eq!((reader.accepts)(genuine.as_bytes()), Ok(()), "{}: the genuine token", reader.label);
        Self { reader, genuine: genuine.into_bytes(), attempts: 0 }
    }

    /// Presents a token that differs from the genuine one.
    #[track_caller]
    fn present(&mut self, altered: &[u8]) {
        if altered == self.genuine || self.is_the_same_header(altered) {
            return;
        }
        self.attempts += 1;
        let accepted = (self.reader.accepts)(altered).is_ok();
        assert!(!accepted, "{} accepted {:?}", self.reader.label, String::from_utf8_lossy(altered));
    }

    /// Says whether a Cookie header delivers the genuine token all the same: space and tab around it are no
    /// part of a cookie's value, and `;` ends it (RFC 6265, section 5.2 and RFC 6265bis, section 4.2.1).
    fn is_the_same_header(&self, altered: &[u8]) -> bool {
        if self.reader.label != "session" {
            return false;
        }
        let value = altered.split(|byte| *byte == b';').next().unwrap_or_default();
        let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
        let start = value.iter().position(|byte| !blank(byte)).unwrap_or(value.len());
        let end = value.iter().rposition(|byte| !blank(byte)).map_or(start, |last| last + 1);
        value[start..end] == self.genuine
    }

    #[track_caller]
    fn end(self, what: &str, at_least: usize) {
        println!("{}: {what}: {} attempts, 0 accepted", self.reader.label, self.attempts);
        assert!(self.attempts >= at_least, "{what}: only {} attempts", self.attempts);
    }
}

#[test]
fn rejects_every_flipped_bit_of_the_decoded_token() {
    for reader in readers() {
        let mut attack = Attack::on(&reader);
        let token = reader.token();
        let parts = Parts::of(&token);
        let segments = [parts.payload, parts.timestamp, parts.signature];
        for (n, segment) in segments.iter().enumerate() {
            let bytes = unb64(segment);
            for bit in 0..bytes.len() * 8 {
                let mut flipped = bytes.clone();
                flipped[bit / 8] ^= 1 << (bit % 8);
                let mut altered = segments.map(String::from);
                altered[n] = b64(&flipped);
                attack.present(altered.join(".").as_bytes());
            }
        }
        let bits = segments.map(|segment| unb64(segment).len() * 8).iter().sum();
        attack.end("every bit flipped", bits);
    }
}

#[test]
fn rejects_every_character_replaced_by_every_byte() {
    for reader in readers() {
        let mut attack = Attack::on(&reader);
        let token = attack.genuine.clone();
        for position in 0..token.len() {
            for byte in 0..=255 {
                let mut altered = token.clone();
                altered[position] = byte;
                attack.present(&altered);
            }
        }
        attack.end("every character replaced", token.len() * 255 - 4);
    }
}

#[test]
fn rejects_every_inserted_byte() {
    for reader in readers() {
        let mut attack = Attack::on(&reader);
        let token = attack.genuine.clone();
        for position in 0..=token.len() {
            for byte in 0..=255 {
                let mut altered = token.clone();
                altered.insert(position, byte);
                attack.present(&altered);
            }
        }
        attack.end("every byte inserted", token.len() * 255 - 4);
    }
}

#[test]
fn rejects_every_deletion_prefix_and_suffix() {
    for reader in readers() {
        let mut attack = Attack::on(&reader);
        let token = attack.genuine.clone();
        for start in 0..=token.len() {
            attack.present(&token[..start]);
            attack.present(&token[start..]);
            for end in start + 1..=token.len() {
                attack.present(&[&token[..start], &token[end..]].concat());
                attack.present(&token[start..end]);
            }
        }
        attack.end("every stretch deleted or alone", token.len() * token.len());
    }
}

#[test]
fn rejects_pieces_of_two_genuine_tokens() {
    for reader in readers() {
        let mut attack = Attack::on(&reader);
        let (one, two) = (reader.token(), reader.other_token());
        assert_eq!((reader.accepts)(two.as_bytes()), Ok(()));
        let (one, two) = (Parts::of(&one), Parts::of(&two));
        let segments = [one.payload, one.timestamp, one.signature, two.payload, two.timestamp, two.signature];
        // Every choice of one to four segments, in every order; the two genuine choices are left out.
        for count in 1..=4_u32 {
            for choice in 0..6_usize.pow(count) {
                let picked: Vec<_> = (0..count).map(|n| choice / 6_usize.pow(n) % 6).collect();
                if picked != [3, 4, 5] {
                    let joined: Vec<_> = picked.iter().map(|n| segments[*n]).collect();
                    attack.present(joined.join(".").as_bytes());
                }
            }
        }
        attack.end("segments swapped", 6 + 36 + 216 - 2 + 1296);
    }
}

#[test]
fn rejects_bytes_moved_across_every_boundary() {
    for reader in readers() {
        let mut attack = Attack::on(&reader);
        let token = reader.token();
        let parts = Parts::of(&token);
        let segments = [parts.payload, parts.timestamp, parts.signature];
        // The text moves: the same characters, with the dots elsewhere.
        let text = segments.concat();
        for first in 0..=text.len() {
            for second in first..=text.len() {
                let altered = [&text[..first], &text[first..second], &text[second..]].join(".");
                attack.present(altered.as_bytes());
            }
        }
        // The bytes move: 1 to 16 of them, from the end of one segment to the start of the next and back.
        for left in 0..2 {
            let (a, b) = (unb64(segments[left]), unb64(segments[left + 1]));
            for count in 1..=16 {
                let mut altered = segments.map(String::from);
                if let Some(keep) = a.len().checked_sub(count) {
                    altered[left] = b64(&a[..keep]);
                    altered[left + 1] = b64(&[&a[keep..], &b].concat());
                    attack.present(altered.join(".").as_bytes());
                }
                if count <= b.len() {
                    altered[left] = b64(&[&a, &b[..count]].concat());
                    altered[left + 1] = b64(&b[count..]);
                    attack.present(altered.join(".").as_bytes());
                }
            }
        }
        attack.end("boundaries moved", text.len() * text.len() / 2);
    }
}

#[test]
fn rejects_every_other_spelling_of_the_same_bytes() {
    const BLANKS: &[&str] = &["\n", "\r\n", " ", "\t", "\u{b}", "\u{a0}", "\0", "%20", "+"];

    for reader in readers() {
        let mut attack = Attack::on(&reader);
        let token = reader.token();
        let parts = Parts::of(&token);
        let segments = [parts.payload, parts.timestamp, parts.signature];
        assert!(token.contains(['-', '_']), "the token shows no difference between the alphabets");
        for (n, segment) in segments.iter().enumerate() {
            let mut spellings = vec![BASE64_STANDARD_NO_PAD.encode(unb64(segment))];
            spellings.extend((1..=3).map(|count| format!("{segment}{}", "=".repeat(count))));
            spellings.extend((1..=3).map(|count| format!("{segment}{}", "%3D".repeat(count))));
            spellings.extend((1..=3).map(|count| format!("{segment}{}", "A".repeat(count))));
            spellings.extend((1..=3).map(|count| format!("{}{segment}", "A".repeat(count))));
            spellings.push(segment.to_ascii_lowercase());
            spellings.push(segment.to_ascii_uppercase());
            spellings.push(format!("\"{segment}\""));
            for blank in BLANKS {
                spellings.push(format!("{blank}{segment}"));
                spellings.push(format!("{segment}{blank}"));
                spellings.push(format!("{}{blank}{}", &segment[..2], &segment[2..]));
            }
            // The bits that the last character has to spare, in all their values.
            let last = segment.as_bytes()[segment.len() - 1];
            for other in b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_" {
                if *other != last {
                    spellings.push(format!("{}{}", &segment[..segment.len() - 1], char::from(*other)));
                }
            }
            for spelling in spellings {
                let mut altered = segments.map(String::from);
                altered[n] = spelling;
                attack.present(altered.join(".").as_bytes());
            }
        }
        attack.present(format!("\"{token}\"").as_bytes());
        attack.end("other spellings", 3 * 60);
    }
}

#[test]
fn rejects_any_other_number_of_dots() {
    for reader in readers() {
        let mut attack = Attack::on(&reader);
        let token = reader.token();
        let parts = Parts::of(&token);
        let segments = [parts.payload, parts.timestamp, parts.signature];
        // 0 to 3 more dots in each of the four places, and 0 to 2 in the two that have one.
        for choice in 0..4_usize.pow(4) {
            let [before, first, second, after] = [0, 1, 2, 3].map(|n| choice / 4_usize.pow(n) % 4);
            let dots = |count: usize| ".".repeat(count);
            let [payload, timestamp, signature] = segments;
            attack.present(
                [&dots(before), payload, &dots(first), timestamp, &dots(second), signature, &dots(after)]
                    .concat()
                    .as_bytes(),
            );
        }
        attack.end("dots added and removed", 255);
    }
}

#[test]
fn rejects_what_is_next_to_nothing() {
    for reader in readers() {
        let mut attack = Attack::on(&reader);
        attack.present(b"");
        for first in 0..=255 {
            attack.present(&[first]);
            for second in [b'.', b'A', b'=', 0, 0x80] {
                attack.present(&[first, second]);
            }
        }
        for len in 0..200 {
            for filler in ['.', 'A', '_', '=', '\0'] {
                attack.present(filler.to_string().repeat(len).as_bytes());
            }
        }
        attack.end("next to nothing", 2000);
    }
}

/// The key of a token that an attacker, or another version of a program, could have signed with.
type Derive = fn(secret: &[u8], salt: &[u8]) -> Vec<u8>;

#[test]
fn rejects_every_other_digest_and_derivation() {
    const DERIVATIONS: &[(&str, Derive)] = &[
        ("hmac", |secret, salt| Digest::Sha256.hmac(secret, salt)),
        ("hmac with key and salt exchanged", |secret, salt| Digest::Sha256.hmac(salt, secret)),
        ("none", |secret, _| secret.to_vec()),
        ("none, secret as hex", |secret, _| {
            secret.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect()
        }),
        ("none, secret as base64", |secret, _| b64(secret).into_bytes()),
        ("none, the hash of the secret", |secret, _| Digest::Sha256.hash(secret)),
        ("concat", |secret, salt| Digest::Sha256.hash(&[salt, secret].concat())),
        ("concat, exchanged", |secret, salt| Digest::Sha256.hash(&[secret, salt].concat())),
        ("django-concat", |secret, salt| Digest::Sha256.hash(&[salt, b"signer", secret].concat())),
        ("hmac with SHA-1", |secret, salt| Digest::Sha1.hmac(secret, salt)),
        ("hmac with SHA-512", |secret, salt| Digest::Sha512.hmac(secret, salt)),
        ("empty", |_, _| Vec::new()),
        ("the salt", |_, salt| salt.to_vec()),
        ("32 zero bytes", |_, _| vec![0; 32]),
    ];
    const DIGESTS: &[Digest] = &[Digest::Sha1, Digest::Sha256, Digest::Sha384, Digest::Sha512];

    for reader in readers() {
        let mut attack = Attack::on(&reader);
        let salt: &[u8] = match reader.label {
            "session" => b"cookie-session/v1/cookie/s",
            _ => b"cookie-session/v1/token/t",
        };
        let secret = secret(1);
        let signed = format!("{}.{}", b64(reader.json[0].as_bytes()), timestamp(NOW));
        let mut tried = Vec::new();
        for (name, derive) in DERIVATIONS {
            let key = derive(&secret, salt);
            for digest in DIGESTS {
                let signatures = [
                    digest.hmac(&key, signed.as_bytes()),
                    digest.hash(&[&key, signed.as_bytes()].concat()),
                    digest.hash(&[signed.as_bytes(), &key].concat()),
                    digest.hash(signed.as_bytes()),
                ];
                for mut signature in signatures {
                    tried.push((*name, *digest, signature.clone()));
                    // Cut or filled to the length of SHA-256, so that only its bytes can give it away.
                    signature.resize(32, 0);
                    tried.push((*name, *digest, signature));
                }
            }
        }
        let mut genuine = Vec::new();
        for (name, digest, signature) in &tried {
            let altered = format!("{signed}.{}", b64(signature));
            if altered.as_bytes() == attack.genuine {
                genuine.push((*name, *digest));
                continue;
            }
            attack.present(altered.as_bytes());
            if signature.len() == 32 {
                let rejection = (reader.accepts)(altered.as_bytes());
                assert_eq!(rejection, Err(Some(DecodeError::InvalidSignature)), "{name}, {digest:?}");
            }
        }
        // One way leads to the genuine signature, and it stands in the table; cut to 32 bytes it is the same.
        assert_eq!(genuine, [("hmac", Digest::Sha256); 2]);
        attack.end("other digests and derivations", 14 * 4 * 8 - 2);
    }
}

#[test]
fn rejects_every_signature_of_another_key() {
    for reader in readers() {
        let mut attack = Attack::on(&reader);
        for n in 2..200 {
            let forge = match reader.label {
                "session" => Forge::session(&secret(n), NAME),
                _ => Forge::codec(&secret(n), SALT),
            };
            attack.present(forge.token(reader.json[0], NOW).as_bytes());
        }
        // One bit of the key.
        for bit in 0..256 {
            let mut secret = secret(1);
            secret[bit / 8] ^= 1 << (bit % 8);
            let forge = match reader.label {
                "session" => Forge::session(&secret, NAME),
                _ => Forge::codec(&secret, SALT),
            };
            attack.present(forge.token(reader.json[0], NOW).as_bytes());
        }
        attack.end("other keys", 198 + 256);
    }
}

/// The digests of this file are those of the standards: FIPS 180-4's examples of "abc", RFC 4231's second test
/// case and RFC 2202's.
#[test]
fn forges_with_the_real_digests() {
    const HASHES: &[(Digest, &str)] = &[
        (Digest::Sha1, "a9993e364706816aba3e25717850c26c9cd0d89d"),
        (Digest::Sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    ];
    const MACS: &[(Digest, &str)] = &[
        (Digest::Sha1, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
        (Digest::Sha256, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        (
            Digest::Sha384,
            "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
        ),
    ];

    let hex = |bytes: Vec<u8>| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    for (digest, expected) in HASHES {
        assert_eq!(hex(digest.hash(b"abc")), *expected, "{digest:?}");
    }
    for (digest, expected) in MACS {
        assert_eq!(hex(digest.hmac(b"Jefe", b"what do ya want for nothing?")), *expected, "{digest:?}");
    }
}
