//! `Codec` beside other crates that make signed text of a value: cookie's `SignedJar` and `PrivateJar`, jsonwebtoken,
//! itsdangerous.

use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cookie::{Cookie, CookieJar};
use cookie_session::{Codec, flask};
use itsdangerous::algorithm::HMACAlgorithm;
use itsdangerous::key_derivation::Hmac;
use itsdangerous::{
    IntoTimestampSigner, SignerBuilder, TimedSerializer, URLSafeEncoding, default_builder,
    timed_serializer_with_signer,
};
use jsonwebtoken::crypto::{CryptoProvider, aws_lc, rust_crypto};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use sha2_08::Sha256;

use crate::data::{self, SIZES, Visitor};
use crate::rounds::{Comparison, Run, Scale, repeat};

pub(crate) fn comparisons() -> Vec<Comparison> {
    install_both_backends();
    let sizes = SIZES.into_iter();
    let reading = sizes.clone().map(reading);
    let writing = sizes.clone().map(writing);
    let encrypted = sizes.clone().map(reading_encrypted).chain(sizes.clone().map(writing_encrypted));
    let flask = sizes.clone().map(reading_sha1).chain(sizes.map(writing_sha1));
    reading.chain(writing).chain(encrypted).chain(flask).collect()
}

fn reading(size: usize) -> Comparison {
    Comparison::new("codec, reading", size, Scale::Times)
        .with("cookie-session `Codec`", ours(size).reading())
        .with_goal("cookie `SignedJar`, percent-encoded", 1.9, jar(size, Spelling::Encoded).reading())
        .with("cookie `SignedJar`, raw JSON", jar(size, Spelling::Raw).reading())
        .with_goal("jsonwebtoken HS256, rust_crypto", 3.0, jwt(size, Backend::RustCrypto).reading())
        .with_goal("jsonwebtoken HS256, aws_lc_rs", 3.0, jwt(size, Backend::AwsLc).reading())
        .with_goal("itsdangerous, SHA-256", 3.0, itsdangerous_sha256(size).reading())
}

fn writing(size: usize) -> Comparison {
    Comparison::new("codec, writing", size, Scale::Times)
        .with("cookie-session `Codec`", ours(size).writing())
        .with_goal("cookie `SignedJar`, percent-encoded", 2.2, jar(size, Spelling::Encoded).writing())
        .with("cookie `SignedJar`, raw JSON", jar(size, Spelling::Raw).writing())
        .with("jsonwebtoken HS256, rust_crypto", jwt(size, Backend::RustCrypto).writing())
        .with("jsonwebtoken HS256, aws_lc_rs", jwt(size, Backend::AwsLc).writing())
        .with("itsdangerous, SHA-256", itsdangerous_sha256(size).writing())
}

fn reading_encrypted(size: usize) -> Comparison {
    Comparison::new("encrypted codec, reading", size, Scale::Times)
        .with("cookie-session `Codec::encrypted`", ours_encrypted(size).reading())
        .with_goal("cookie `PrivateJar`", 1.5, private_jar(size).reading())
}

fn writing_encrypted(size: usize) -> Comparison {
    Comparison::new("encrypted codec, writing", size, Scale::Times)
        .with("cookie-session `Codec::encrypted`", ours_encrypted(size).writing())
        .with_goal("cookie `PrivateJar`", 1.5, private_jar(size).writing())
}

fn reading_sha1(size: usize) -> Comparison {
    // The profile would compress: both read what the crate writes.
    let ours = Way { write: itsdangerous_sha1(size).write, ..ours_sha1(size) };
    Comparison::new("codec of the Flask profile, reading", size, Scale::Times)
        .with("cookie-session `flask::Profile::codec`", ours.reading())
        .with_goal("itsdangerous, SHA-1", 1.85, itsdangerous_sha1(size).reading())
}

fn writing_sha1(size: usize) -> Comparison {
    Comparison::new("codec of the Flask profile, writing", size, Scale::Times)
        .with("cookie-session `flask::Profile::codec`", ours_sha1(size).writing())
        .with("itsdangerous, SHA-1", itsdangerous_sha1(size).writing())
}

/// A way to make signed text of a visitor and back. What a crate lets one prepare is prepared already.
struct Way {
    size: usize,
    write: Box<dyn Fn(&Visitor) -> String>,
    read: Box<dyn Fn(&str) -> Visitor>,
}

impl Way {
    fn reading(self) -> Run {
        let visitors = data::visitors(self.size);
        let texts: Vec<_> = visitors.iter().map(&self.write).collect();
        for (text, visitor) in texts.iter().zip(&visitors) {
            assert_eq!((self.read)(text).user_id, visitor.user_id);
        }
        repeat(move |n| {
            black_box((self.read)(black_box(&texts[n])));
        })
    }

    fn writing(self) -> Run {
        let visitors = data::visitors(self.size);
        repeat(move |n| {
            black_box((self.write)(black_box(&visitors[n])));
        })
    }
}

fn ours(size: usize) -> Way {
    of_codec(size, Codec::new(&data::ring(&[0]), SALT, AGE).expect("one key"))
}

fn ours_encrypted(size: usize) -> Way {
    of_codec(size, Codec::encrypted(&data::ring(&[0]), SALT, AGE).expect("one key"))
}

fn ours_sha1(size: usize) -> Way {
    let profile = flask::Profile::new(flask::SecretKey::new(SECRET).expect("long enough"));
    of_codec(size, profile.codec(SALT, AGE).expect("one key"))
}

fn of_codec(size: usize, codec: Codec) -> Way {
    let reader = codec.clone();
    Way {
        size,
        write: Box::new(move |visitor| codec.encode(visitor).expect("JSON")),
        read: Box::new(move |text| reader.decode(text).expect("ours")),
    }
}

/// How a value stands in a header.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Spelling {
    /// As axum-extra and most others write it: JSON has quotes and commas, which no cookie may hold.
    Encoded,
    Raw,
}

/// The jar signs the text of a cookie, which is JSON here. Its key is what it keeps; the state of the HMAC is made anew
/// each time, as its interface has it.
fn jar(size: usize, spelling: Spelling) -> Way {
    let key = cookie::Key::from(&[data::secret(0), data::secret(1)].concat());
    let signed = CookieJar::new();
    let own_key = key.clone();
    Way {
        size,
        write: Box::new(move |visitor| {
            let mut jar = CookieJar::new();
            jar.signed_mut(&own_key).add((NAME, serde_json::to_string(visitor).expect("JSON")));
            let cookie = jar.get(NAME).expect("just added");
            match spelling {
                Spelling::Encoded => cookie.encoded().to_string(),
                Spelling::Raw => cookie.to_string(),
            }
        }),
        read: Box::new(move |text| {
            // Owned from the beginning, which is what the jar takes, is faster than made so afterwards.
            let text = text.to_owned();
            let cookie = match spelling {
                Spelling::Encoded => Cookie::parse_encoded(text),
                Spelling::Raw => Cookie::parse(text),
            };
            let cookie = cookie.expect("a cookie");
            let cookie = signed.signed(&key).verify(cookie).expect("ours");
            serde_json::from_str(cookie.value()).expect("a visitor")
        }),
    }
}

/// The same, encrypted with AES-256-GCM. What it makes is base64, which needs no other spelling in a cookie.
fn private_jar(size: usize) -> Way {
    let key = cookie::Key::from(&[data::secret(0), data::secret(1)].concat());
    let encrypted = CookieJar::new();
    let own_key = key.clone();
    Way {
        size,
        write: Box::new(move |visitor| {
            let mut jar = CookieJar::new();
            jar.private_mut(&own_key).add((NAME, serde_json::to_string(visitor).expect("JSON")));
            jar.get(NAME).expect("just added").to_string()
        }),
        read: Box::new(move |text| {
            let cookie = Cookie::parse(text.to_owned()).expect("a cookie");
            let cookie = encrypted.private(&key).decrypt(cookie).expect("ours");
            serde_json::from_str(cookie.value()).expect("a visitor")
        }),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Backend {
    RustCrypto,
    AwsLc,
}

/// A process has one provider of cryptography for jsonwebtoken: this one asks whichever is to be measured.
fn install_both_backends() {
    let both = CryptoProvider {
        signer_factory: |algorithm, key| (chosen().signer_factory)(algorithm, key),
        verifier_factory: |algorithm, key| (chosen().verifier_factory)(algorithm, key),
        key_utils: rust_crypto::DEFAULT_PROVIDER.key_utils.clone(),
    };
    Box::leak(Box::new(both)).install_default().expect("there was none");
}

static AWS_LC: AtomicBool = AtomicBool::new(false);

fn chosen() -> &'static CryptoProvider {
    if AWS_LC.load(Ordering::Relaxed) { &aws_lc::DEFAULT_PROVIDER } else { &rust_crypto::DEFAULT_PROVIDER }
}

#[derive(Serialize, Deserialize)]
struct Claims<T> {
    iat: u64,
    exp: u64,
    session: T,
}

fn jwt(size: usize, backend: Backend) -> Way {
    let key = EncodingKey::from_secret(&data::secret(0));
    let header = Header::new(Algorithm::HS256);
    let reading_key = DecodingKey::from_secret(&data::secret(0));
    let validation = Validation::new(Algorithm::HS256);
    Way {
        size,
        write: Box::new(move |visitor| {
            AWS_LC.store(backend == Backend::AwsLc, Ordering::Relaxed);
            let iat = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
            let claims = Claims { iat, exp: iat + AGE.as_secs(), session: visitor };
            jsonwebtoken::encode(&header, &claims, &key).expect("JSON")
        }),
        read: Box::new(move |text| {
            AWS_LC.store(backend == Backend::AwsLc, Ordering::Relaxed);
            let token =
                jsonwebtoken::decode::<Claims<Visitor>>(text, &reading_key, &validation).expect("ours");
            token.claims.session
        }),
    }
}

fn itsdangerous_sha256(size: usize) -> Way {
    let serializer = || {
        let builder = SignerBuilder::<Sha256, HMACAlgorithm<Sha256>, Hmac>::new(SECRET).with_salt(SALT);
        timed_serializer_with_signer(builder.build().into_timestamp_signer(), URLSafeEncoding)
    };
    of_serializer(size, serializer(), serializer())
}

fn itsdangerous_sha1(size: usize) -> Way {
    let serializer = || {
        let signer = default_builder(SECRET).with_salt(SALT).build().into_timestamp_signer();
        timed_serializer_with_signer(signer, URLSafeEncoding)
    };
    of_serializer(size, serializer(), serializer())
}

fn of_serializer<S: TimedSerializer + 'static>(size: usize, writer: S, reader: S) -> Way {
    Way {
        size,
        write: Box::new(move |visitor| writer.sign(visitor).expect("JSON")),
        read: Box::new(move |text| {
            let Ok(read) = reader.unsign::<Visitor>(text) else { panic!("not ours") };
            let Ok(visitor) = read.value_if_not_expired(AGE) else { panic!("too old") };
            visitor
        }),
    }
}

const SALT: &str = "benches";
const NAME: &str = "session";
const SECRET: &str = "5f1c0a7b93de4862c1b7a9e0d3f46825";
const AGE: Duration = Duration::from_secs(60 * 60);
