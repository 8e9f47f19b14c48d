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
#[cfg(feature = "encrypted")]
use support::forge::Forge;
use support::forge::{Clock, Digest, b64, key, secret, time, unb64};

const NOW: u64 = 1_750_000_000;
const NAME: &str = "s";
const SALT: &str = "t";
/// 31 bytes, so that the last character of the payload has bits to spare; it has `-` and `_` in it too.
const SESSION: &str = r#"[1750000000,false,{"k":"~~??"}]"#;
const VALUE: &str = r#"{"k":"~~???"}"#;
/// Another length, so that pieces of the two never fit by chance.
const OTHER_SESSION: &str = r#"[1750000001,true,{"k":1}]"#;
const OTHER_VALUE: &str = "[1,2]";
/// Over 32 bytes, so that they differ in length when they are encrypted too.
#[cfg(feature = "encrypted")]
const OTHER_LONG_SESSION: &str = r#"[1750000001,true,{"k":"longer than a step"}]"#;
#[cfg(feature = "encrypted")]
const OTHER_LONG_VALUE: &str = "[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15]";

/// Whether a token was accepted, and the reason given if not.
type Answer = Result<(), Option<DecodeError>>;

type Read = Box<dyn Fn(&[u8]) -> Answer>;

/// The key that a secret and a salt make.
type Derive = fn(secret: &[u8], salt: &[u8]) -> Vec<u8>;

/// The ways to the key of a token: those of the formats, those of other versions of a program, those of an attacker.
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
    ("concat with SHA-512", |secret, salt| Digest::Sha512.hash(&[salt, secret].concat())),
    ("django-concat with SHA-1", |secret, salt| Digest::Sha1.hash(&[salt, b"signer", secret].concat())),
    ("hmac with SHA-1", |secret, salt| Digest::Sha1.hmac(secret, salt)),
    ("hmac with SHA-512", |secret, salt| Digest::Sha512.hmac(secret, salt)),
    ("empty", |_, _| Vec::new()),
    ("the salt", |_, salt| salt.to_vec()),
    ("32 zero bytes", |_, _| vec![0; 32]),
];

/// Bytes as text and back.
#[derive(Clone, Copy)]
struct Spelling {
    write: fn(&[u8]) -> String,
    read: fn(&str) -> Vec<u8>,
}

const BASE64: Spelling = Spelling { write: b64, read: unb64 };

/// What reads tokens: the session cookies of one name, or one codec.
struct Reader {
    label: &'static str,
    /// A token is the value of a cookie.
    is_session: bool,
    salt: String,
    /// One of [`DERIVATIONS`].
    derivation: &'static str,
    digest: Digest,
    separator: char,
    /// How payload, timestamp and signature are spelled.
    spelling: [Spelling; 3],
    /// Two payloads as bytes that it accepts once they are signed.
    payloads: [Vec<u8>; 2],
    accepts: Read,
}

impl Reader {
    fn token(&self) -> String {
        self.sign(&secret(1), &self.payloads[0], NOW)
    }

    fn other_token(&self) -> String {
        self.sign(&secret(1), &self.payloads[1], NOW + 1)
    }

    fn sign(&self, secret: &[u8], payload: &[u8], issued: u64) -> String {
        let (_, derive) =
            DERIVATIONS.iter().find(|(name, _)| *name == self.derivation).expect("it is listed");
        let key = derive(secret, self.salt.as_bytes());
        let text = self.text(payload, issued);
        format!("{text}{}{}", self.separator, b64(&self.digest.hmac(&key, text.as_bytes())))
    }

    /// What is signed.
    fn text(&self, payload: &[u8], issued: u64) -> String {
        let [payload_spelling, timestamp, _] = self.spelling;
        let issued: Vec<u8> = issued.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect();
        format!("{}{}{}", (payload_spelling.write)(payload), self.separator, (timestamp.write)(&issued))
    }

    /// Takes a token apart.
    fn segments<'t>(&self, token: &'t str) -> [&'t str; 3] {
        let mut parts = token.rsplitn(3, self.separator);
        let [signature, timestamp, payload] = [(); 3].map(|()| parts.next().expect("two separators"));
        [payload, timestamp, signature]
    }

    fn join<S: AsRef<str>>(&self, segments: &[S]) -> Vec<u8> {
        let segments: Vec<&str> = segments.iter().map(AsRef::as_ref).collect();
        segments.join(&self.separator.to_string()).into_bytes()
    }
}

fn accepts_session(sessions: Sessions) -> Read {
    Box::new(move |token| {
        let session = sessions.open([[sessions.cookie_name().as_bytes(), b"=", token].concat()]);
        match session.verified_by() {
            Some(_) => Ok(()),
            None => Err(session.rejection().copied()),
        }
    })
}

fn accepts_token(codec: Codec) -> Read {
    Box::new(move |token| {
        // A codec takes text: a byte that is none becomes a character of two.
        let token = match std::str::from_utf8(token) {
            Ok(text) => text.to_owned(),
            Err(_) => token.iter().copied().map(char::from).collect(),
        };
        let now = time(NOW).expect("a time of these days");
        codec.decode_at::<serde_json::Value>(&token, now).map(|_| ()).map_err(Some)
    })
}

fn readers() -> Vec<Reader> {
    let sessions = Sessions::builder(KeyRing::new(key(1)))
        .name(NAME)
        .clock(Clock::at(NOW).hand())
        .build()
        .expect("builds");
    let codec = Codec::new(&KeyRing::new(key(1)), SALT, Duration::from_secs(3600)).expect("builds");
    let native = [
        Reader {
            label: "session",
            is_session: true,
            salt: format!("cookie-session/v1/cookie/{NAME}"),
            derivation: "hmac",
            digest: Digest::Sha256,
            separator: '.',
            spelling: [BASE64; 3],
            payloads: [SESSION, OTHER_SESSION].map(|json| json.as_bytes().to_vec()),
            accepts: accepts_session(sessions),
        },
        Reader {
            label: "codec",
            is_session: false,
            salt: format!("cookie-session/v1/token/{SALT}"),
            derivation: "hmac",
            digest: Digest::Sha256,
            separator: '.',
            spelling: [BASE64; 3],
            payloads: [VALUE, OTHER_VALUE].map(|json| json.as_bytes().to_vec()),
            accepts: accepts_token(codec),
        },
    ];
    native.into_iter().chain(encrypted_readers()).chain(python_readers()).collect()
}

/// Those of the same name and salt that encrypt what they sign.
#[cfg(feature = "encrypted")]
fn encrypted_readers() -> Vec<Reader> {
    let keys = KeyRing::new(key(1));
    let sessions =
        Sessions::builder(&keys).name(NAME).encrypted().clock(Clock::at(NOW).hand()).build().expect("builds");
    let codec = Codec::encrypted(&keys, SALT, Duration::from_secs(3600)).expect("builds");
    let reader = |label, place: String, json: [&str; 2], accepts| {
        let forge = Forge::of(true, &secret(1), &place);
        Reader {
            label,
            is_session: label == "encrypted session",
            salt: format!("cookie-session/v1/private/{place}"),
            derivation: "hmac",
            digest: Digest::Sha256,
            separator: '.',
            spelling: [BASE64; 3],
            payloads: json.map(|json| forge.seal(json.as_bytes(), NOW, [7; 16])),
            accepts,
        }
    };
    vec![
        reader(
            "encrypted session",
            format!("cookie/{NAME}"),
            [SESSION, OTHER_LONG_SESSION],
            accepts_session(sessions),
        ),
        reader("encrypted codec", format!("token/{SALT}"), [VALUE, OTHER_LONG_VALUE], accepts_token(codec)),
    ]
}

#[cfg(not(feature = "encrypted"))]
fn encrypted_readers() -> Vec<Reader> {
    Vec::new()
}

#[cfg(all(feature = "flask", feature = "django", feature = "starlette"))]
use python::readers as python_readers;

#[cfg(not(all(feature = "flask", feature = "django", feature = "starlette")))]
fn python_readers() -> Vec<Reader> {
    Vec::new()
}

#[cfg(all(feature = "flask", feature = "django", feature = "starlette"))]
mod python {
    //! The formats of the Python frameworks, spelled a second time.

    use std::io::Write;

    use base64::prelude::BASE64_STANDARD;
    use cookie_session::{Profile, django, flask, starlette};

    use super::*;

    const STANDARD: Spelling = Spelling {
        write: |bytes| BASE64_STANDARD.encode(bytes),
        read: |text| BASE64_STANDARD.decode(text).expect("canonical base64"),
    };

    /// Base64 after the dot that says that the bytes are compressed.
    const MARKED: Spelling = Spelling {
        write: |bytes| format!(".{}", b64(bytes)),
        read: |text| unb64(text.strip_prefix('.').expect("compressed")),
    };

    const BASE62: Spelling = Spelling {
        write: |bytes| {
            const DIGITS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
            let mut number = number(bytes);
            let mut digits = Vec::new();
            while number > 0 || digits.is_empty() {
                digits.insert(0, char::from(DIGITS[usize::try_from(number % 62).expect("small")]));
                number /= 62;
            }
            digits.into_iter().collect()
        },
        read: |text| {
            let number = text.bytes().fold(0, |number, digit| {
                number * 62
                    + u64::from(match digit {
                        b'0'..=b'9' => digit - b'0',
                        b'A'..=b'Z' => digit - b'A' + 10,
                        _ => digit - b'a' + 36,
                    })
            });
            number.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect()
        },
    };

    fn number(bytes: &[u8]) -> u64 {
        bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
    }

    fn zlib(json: &str) -> Vec<u8> {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::new(6));
        encoder.write_all(json.as_bytes()).expect("a list of bytes takes them");
        encoder.finish().expect("a list of bytes takes them")
    }

    fn sessions(profile: impl Into<Profile>) -> Read {
        accepts_session(Sessions::builder(profile).clock(Clock::at(NOW).hand()).build().expect("builds"))
    }

    pub(super) fn readers() -> Vec<Reader> {
        const HOUR: Duration = Duration::from_secs(3600);
        /// 31 bytes with `-` and `_` in their base64; and one that gets shorter when it is compressed.
        const OBJECT: &str = r#"{"k":"~~???","l":"0123456789a"}"#;
        const LONG: &str =
            r#"{"k":"Ada Lovelace, ?~ Ada Lovelace, ?~ Ada Lovelace, ?~ Ada Lovelace, ?~ ","n":0}"#;
        const OTHER: &str = r#"{"k":1}"#;

        let plain = |json: &str| json.as_bytes().to_vec();
        let secret = secret(1);
        let flask = || flask::Profile::new(flask::SecretKey::new(secret).expect("a secret"));
        let django = || django::Profile::new(django::SecretKey::new(secret).expect("a secret"));
        let starlette = || starlette::Profile::new(starlette::SecretKey::new(secret).expect("a secret"));
        let reader = |label, salt: &str, derivation, accepts| Reader {
            label,
            is_session: true,
            salt: salt.to_owned(),
            derivation,
            digest: Digest::Sha1,
            separator: '.',
            spelling: [BASE64; 3],
            payloads: [OBJECT, OTHER].map(plain),
            accepts,
        };
        vec![
            reader("Flask session", "cookie-session", "hmac with SHA-1", sessions(flask())),
            Reader {
                spelling: [MARKED, BASE64, BASE64],
                payloads: [LONG, OTHER].map(zlib),
                ..reader("Flask session, compressed", "cookie-session", "hmac with SHA-1", sessions(flask()))
            },
            Reader {
                digest: Digest::Sha512,
                ..reader(
                    "Flask session, SHA-512",
                    "cookie-session",
                    "concat with SHA-512",
                    sessions(
                        flask().digest(flask::Digest::Sha512).key_derivation(flask::KeyDerivation::Concat),
                    ),
                )
            },
            Reader {
                is_session: false,
                ..reader(
                    "Flask codec",
                    "t",
                    "django-concat with SHA-1",
                    accepts_token(flask().codec("t", HOUR).expect("builds")),
                )
            },
            Reader {
                digest: Digest::Sha256,
                separator: ':',
                spelling: [BASE64, BASE62, BASE64],
                ..reader(
                    "Django session",
                    "django.contrib.sessions.backends.signed_cookies",
                    "django-concat",
                    sessions(django()),
                )
            },
            Reader {
                is_session: false,
                digest: Digest::Sha256,
                separator: ':',
                spelling: [MARKED, BASE62, BASE64],
                payloads: [LONG, OTHER].map(zlib),
                ..reader(
                    "Django codec, compressed",
                    "t",
                    "django-concat",
                    accepts_token(django().codec("t", HOUR).expect("builds")),
                )
            },
            Reader {
                spelling: [STANDARD, BASE64, BASE64],
                ..reader(
                    "Starlette session",
                    "itsdangerous.Signer",
                    "django-concat with SHA-1",
                    sessions(starlette()),
                )
            },
        ]
    }
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
        if !self.reader.is_session {
            return false;
        }
        let value = altered.split(|byte| *byte == b';').next().unwrap_or_default();
        let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
        let start = value.iter().position(|byte| !blank(byte)).unwrap_or(value.len());
        let end = value.iter().rposition(|byte| !blank(byte)).map_or(start, |last| last + 1);
        let value = &value[start..end];
        // The frameworks take quotation marks off, and so do their profiles.
        let is_python =
            ["Flask", "Django", "Starlette"].iter().any(|name| self.reader.label.starts_with(name));
        let unquoted = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\""));
        value == self.genuine || is_python && unquoted == Some(&self.genuine[..])
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
        let segments = reader.segments(&token);
        let mut bits = 0;
        for (n, segment) in segments.iter().enumerate() {
            let bytes = (reader.spelling[n].read)(segment);
            bits += bytes.len() * 8;
            for bit in 0..bytes.len() * 8 {
                let mut flipped = bytes.clone();
                flipped[bit / 8] ^= 1 << (bit % 8);
                let mut altered = segments.map(String::from);
                altered[n] = (reader.spelling[n].write)(&flipped);
                attack.present(&reader.join(&altered));
            }
        }
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
        let segments = [reader.segments(&one), reader.segments(&two)].concat();
        // Every choice of one to four segments, in every order; the two genuine choices are left out.
        for count in 1..=4_u32 {
            for choice in 0..6_usize.pow(count) {
                let picked: Vec<_> = (0..count).map(|n| choice / 6_usize.pow(n) % 6).collect();
                if picked != [3, 4, 5] {
                    let joined: Vec<_> = picked.iter().map(|n| segments[*n]).collect();
                    attack.present(&reader.join(&joined));
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
        let segments = reader.segments(&token);
        // The text moves: the same characters, with the dots elsewhere.
        let text = segments.concat();
        for first in 0..=text.len() {
            for second in first..=text.len() {
                attack.present(&reader.join(&[&text[..first], &text[first..second], &text[second..]]));
            }
        }
        // The bytes move: 1 to 16 of them, from the end of one segment to the start of the next and back.
        for left in 0..2 {
            let [one, two] = [reader.spelling[left], reader.spelling[left + 1]];
            let (a, b) = ((one.read)(segments[left]), (two.read)(segments[left + 1]));
            for count in 1..=16 {
                let mut altered = segments.map(String::from);
                if let Some(keep) = a.len().checked_sub(count) {
                    altered[left] = (one.write)(&a[..keep]);
                    altered[left + 1] = (two.write)(&[&a[keep..], &b].concat());
                    attack.present(&reader.join(&altered));
                }
                if count <= b.len() {
                    altered[left] = (one.write)(&[&a, &b[..count]].concat());
                    altered[left + 1] = (two.write)(&b[count..]);
                    attack.present(&reader.join(&altered));
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
        let segments = reader.segments(&token);
        assert!(token.contains(['-', '_']), "the token shows no difference between the alphabets");
        for (n, segment) in segments.iter().enumerate() {
            let bytes = (reader.spelling[n].read)(segment);
            let mut spellings =
                vec![BASE64_STANDARD_NO_PAD.encode(&bytes), b64(&bytes), format!(".{}", b64(&bytes))];
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
                attack.present(&reader.join(&altered));
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
        let segments = reader.segments(&token);
        // 0 to 3 more dots in each of the four places, and 0 to 2 in the two that have one.
        for choice in 0..4_usize.pow(4) {
            let [before, first, second, after] = [0, 1, 2, 3].map(|n| choice / 4_usize.pow(n) % 4);
            let dots = |count: usize| reader.separator.to_string().repeat(count);
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
            for filler in ['.', ':', 'A', '_', '=', '\0'] {
                attack.present(filler.to_string().repeat(len).as_bytes());
            }
        }
        attack.end("next to nothing", 2000);
    }
}

#[test]
fn rejects_every_other_digest_and_derivation() {
    const DIGESTS: &[Digest] = &[Digest::Sha1, Digest::Sha256, Digest::Sha384, Digest::Sha512];

    for reader in readers() {
        let mut attack = Attack::on(&reader);
        let secret = secret(1);
        let signed = reader.text(&reader.payloads[0], NOW);
        let len = reader.digest.hash(b"").len();
        let mut tried = Vec::new();
        for (name, derive) in DERIVATIONS {
            let key = derive(&secret, reader.salt.as_bytes());
            for digest in DIGESTS {
                let signatures = [
                    digest.hmac(&key, signed.as_bytes()),
                    digest.hash(&[&key, signed.as_bytes()].concat()),
                    digest.hash(&[signed.as_bytes(), &key].concat()),
                    digest.hash(signed.as_bytes()),
                ];
                for mut signature in signatures {
                    tried.push((*name, *digest, signature.clone()));
                    // Cut or filled to the right length, so that only its bytes can give it away.
                    signature.resize(len, 0);
                    tried.push((*name, *digest, signature));
                }
            }
        }
        let mut genuine = Vec::new();
        for (name, digest, signature) in &tried {
            let altered = format!("{signed}{}{}", reader.separator, b64(signature));
            if altered.as_bytes() == attack.genuine {
                genuine.push((*name, *digest));
                continue;
            }
            attack.present(altered.as_bytes());
            if signature.len() == len {
                let rejection = (reader.accepts)(altered.as_bytes());
                assert_eq!(rejection, Err(Some(DecodeError::InvalidSignature)), "{name}, {digest:?}");
            }
        }
        // One way leads to the genuine signature, and it stands in the table; cut to the right length it is the same.
        assert_eq!(genuine, [(reader.derivation, reader.digest); 2]);
        attack.end("other digests and derivations", 16 * 4 * 8 - 2);
    }
}

#[test]
fn rejects_every_signature_of_another_key() {
    for reader in readers() {
        let mut attack = Attack::on(&reader);
        for n in 2..200 {
            attack.present(reader.sign(&secret(n), &reader.payloads[0], NOW).as_bytes());
        }
        // One bit of the key.
        for bit in 0..256 {
            let mut secret = secret(1);
            secret[bit / 8] ^= 1 << (bit % 8);
            attack.present(reader.sign(&secret, &reader.payloads[0], NOW).as_bytes());
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
