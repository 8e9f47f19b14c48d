//! Weak keys are refused with advice, good ones are read in every form that tools print.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test may panic and print"
)]

mod support;

use std::error::Error;
use std::ffi::OsStr;
use std::process::{Command, Output};
use std::time::Duration;

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE, BASE64_URL_SAFE_NO_PAD};
use cookie_session::{Codec, KeyError, KeyErrorKind, KeyRing, SecretKey, Sessions};
use support::forge::{Forge, Prng, secret};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn base64_forms(bytes: &[u8]) -> [String; 4] {
    [
        BASE64_STANDARD.encode(bytes),
        BASE64_STANDARD_NO_PAD.encode(bytes),
        BASE64_URL_SAFE.encode(bytes),
        BASE64_URL_SAFE_NO_PAD.encode(bytes),
    ]
}

/// Asserts that a refusal says how to make a good key, and does not repeat the bad one.
#[track_caller]
fn check_advice(error: &KeyError, text: &str) {
    // The one word of a key that the reason has too.
    for shown in [error.to_string(), format!("{error:?}")] {
        let shown = shown.replace("a placeholder;", "").replace("a passphrase,", "");
        for window in text.as_bytes().windows(8) {
            let repeated = shown.as_bytes().windows(8).any(|part| part == window);
            assert!(!repeated, "{shown:?} repeats {:?}", String::from_utf8_lossy(window));
        }
    }
    let advice = match error.kind() {
        KeyErrorKind::Quoted => ": remove them",
        _ => "; make one with `openssl rand -base64 32`",
    };
    assert!(error.to_string().ends_with(advice), "{error}");
}

/// Says whether a key is refused for what it is, not for how it is written.
fn is_flaw(kind: KeyErrorKind) -> bool {
    matches!(kind, KeyErrorKind::Weak | KeyErrorKind::Known | KeyErrorKind::Passphrase)
}

/// Keys that are 32 bytes or more and yet no secret, with where they come from.
const WEAK: &[(&str, &[u8])] = &[
    ("zeros", &[0; 32]),
    ("one byte", &[0x41; 32]),
    ("one byte, many times", &[0xff; 200]),
    ("two bytes", b"abababababababababababababababab"),
    ("three runs", b"aaaaaaaaaaabbbbbbbbbbbcccccccccc"),
    ("counts up", b"\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f"),
    ("counts down", b"\x1f\x1e\x1d\x1c\x1b\x1a\x19\x18\x17\x16\x15\x14\x13\x12\x11\x10\x0f\x0e\x0d\x0c\x0b\x0a\x09\x08\x07\x06\x05\x04\x03\x02\x01\x00"),
    ("RFC 8439, section 2.3.2, and libsodium's tests", b"\x80\x81\x82\x83\x84\x85\x86\x87\x88\x89\x8a\x8b\x8c\x8d\x8e\x8f\x90\x91\x92\x93\x94\x95\x96\x97\x98\x99\x9a\x9b\x9c\x9d\x9e\x9f"),
    ("steps of seven", b"\x00\x07\x0e\x15\x1c\x23\x2a\x31\x38\x3f\x46\x4d\x54\x5b\x62\x69\x70\x77\x7e\x85\x8c\x93\x9a\xa1\xa8\xaf\xb6\xbd\xc4\xcb\xd2\xd9"),
    ("16 bytes twice", b"\x9f\x1c\xe0\x4d\x77\x02\xb8\x35\xda\x61\x0e\xf3\x58\xa4\x2b\xc6\x9f\x1c\xe0\x4d\x77\x02\xb8\x35\xda\x61\x0e\xf3\x58\xa4\x2b\xc6"),
    ("16 bytes and zeros", b"\x9f\x1c\xe0\x4d\x77\x02\xb8\x35\xda\x61\x0e\xf3\x58\xa4\x2b\xc6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
    ("digits", b"12345678901234567890123456789012"),
    ("digits and letters", b"0123456789abcdef0123456789abcdef"),
    ("digits and letters, once", b"1234567890abcdefghijklmnopqrstuv"),
    ("digits up, letters down", b"0123456789abcdefFEDCBA9876543210"),
    ("the alphabet", b"abcdefghijklmnopqrstuvwxyzabcdef"),
    ("the alphabet, upper case", b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"),
    ("a keyboard", b"qwertyuiopasdfghjklzxcvbnm123456"),
    ("a keyboard, backwards", b"zxcvbnmasdfghjklpoiuytrewq098765"),
    ("two rows of a keyboard", b"1q2w3e4r5t6y7u8i9o0p1q2w3e4r5t6y"),
    ("a sentence", b"this is not a good key, you know"),
    ("a passphrase", b"correct horse battery staple 123"),
    ("words", b"correcthorsebatterystaplecorrect"),
    ("placeholder", b"change-me-change-me-change-me-42"),
    ("placeholder", b"CHANGE_ME_IN_PRODUCTION_PLEASE_1"),
    ("placeholder", b"replace-this-with-a-long-value-1"),
    ("placeholder", b"replace_me_with_32_bytes_or_more"),
    ("placeholder", b"Your-Secret-Key-Goes-Here-000001"),
    ("placeholder", b"insert-your-key-in-this-place-32"),
    ("placeholder", b"my-secret-key-my-other-secret-ke"),
    ("placeholder", b"super-secret-signing-key-32bytes"),
    ("placeholder", b"development-key-do-not-use-000000"),
    ("placeholder", b"insecure-default-for-local-tests"),
    ("placeholder", b"session-key-session-key-00000001"),
    ("placeholder", b"placeholderplaceholder1234567890"),
    ("Superset up to 1.4.0 (CVE-2023-27524), filled to length", b"\x02\x01thisismyscretkey\x01\x02\\e\\y\\y\\h0000"),
    ("Superset from 1.4.1 (CVE-2023-27524)", b"CHANGE_ME_TO_A_COMPLEX_RANDOM_SECRET"),
    ("Superset's template (CVE-2023-27524)", b"thisISaSECRET_1234thisISaSECRET_1234"),
    ("Superset's documents (CVE-2023-27524)", b"YOUR_OWN_RANDOM_GENERATED_SECRET_KEY"),
    ("Superset's Docker Compose file (CVE-2023-27524)", b"TEST_NON_DEV_SECRET_TEST_NON_DEV"),
    ("Airflow before 1.10.14 (CVE-2020-17526), filled to length", b"temporary_keytemporary_keytemporary_key"),
    ("Redash before 10.1 (CVE-2021-41192)", b"c292a0a3aa32397cdb050e233733900f"),
    ("Redash, digits decoded, twice", b"\xc2\x92\xa0\xa3\xaa\x32\x39\x7c\xdb\x05\x0e\x23\x37\x33\x90\x0f\xc2\x92\xa0\xa3\xaa\x32\x39\x7c\xdb\x05\x0e\x23\x37\x33\x90\x0f"),
    ("Flask's quick start, as text", b"192b9bdd22ab9ed4d12e236c78afcb9a393ec15f71bbf5dc987d54727823bcbf"),
    ("Flask's quick start, decoded", b"\x19\x2b\x9b\xdd\x22\xab\x9e\xd4\xd1\x2e\x23\x6c\x78\xaf\xcb\x9a\x39\x3e\xc1\x5f\x71\xbb\xf5\xdc\x98\x7d\x54\x72\x78\x23\xbc\xbf"),
    ("Flask's older quick start, filled to length", b"_5#y2L\"F4Q8z\n\xec]/_5#y2L\"F4Q8z\n\xec]/"),
    ("Express tutorials", b"keyboard cat keyboard cat keyboard cat"),
    ("jwt.io", b"a-string-secret-at-least-256-bits-long"),
    ("jwt.io, before", b"your-256-bit-secret-your-256-bit-secret"),
    ("Django's startproject", b"django-insecure-9d^x5*q!k2m#v8@w1z(r7&p0"),
    ("iron-session's documents", b"complex_password_at_least_32_characters_long"),
    ("hapi's documents", b"password-should-be-32-characters"),
    ("the SHA-256 of nothing", b"\xe3\xb0\xc4\x42\x98\xfc\x1c\x14\x9a\xfb\xf4\xc8\x99\x6f\xb9\x24\x27\xae\x41\xe4\x64\x9b\x93\x4c\xa4\x95\x99\x1b\x78\x52\xb8\x55"),
];

#[test]
fn refuses_weak_bytes_raw_in_hex_and_in_base64() {
    for (origin, bytes) in WEAK {
        let error = SecretKey::from_bytes(bytes).expect_err(origin);
        assert!(is_flaw(error.kind()), "{origin}: {error}");
        check_advice(&error, &String::from_utf8_lossy(bytes));
        let texts = base64_forms(bytes).into_iter().chain([hex(bytes), hex(bytes).to_uppercase()]);
        for text in texts {
            let error = text.parse::<SecretKey>().expect_err(origin);
            // Base64 of zeros is nothing but the letter A, which is a hex digit.
            if text.trim_end_matches('=').bytes().all(|byte| byte == b'A') {
                continue;
            }
            assert!(is_flaw(error.kind()), "{origin}: {text}");
            check_advice(&error, &text);
        }
    }
}

#[test]
fn refuses_words_that_happen_to_be_base64() {
    const TABLE: &[&str] = &[
        "this-is-my-secret-key-for-sessions-and-more0",
        "thisIsMySuperSecretSigningKeyForCookieSess00",
        "ChangeMeChangeMeChangeMeChangeMeChangeMe1234",
        "CHANGE_ME_TO_A_COMPLEX_RANDOM_SECRET_1234567",
        "YOUR_OWN_RANDOM_GENERATED_SECRET_KEY_1234567",
        "thisISaSECRET_1234thisISaSECRET_1234thisISaS",
        "TEST_NON_DEV_SECRETTEST_NON_DEV_SECRETTEST_x",
        "correcthorsebatterystaplecorrecthorsebattery",
        "CORRECTHORSEBATTERYSTAPLECORRECTHORSEBATTERY",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijkl",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "ZZZZZZZZZZZZZZZZZZZZZZzzzzzzzzzzzzzzzzzzzzzz",
        "MySecretMySecretPassMySecretMySecretPass1234",
        "1q2w3e4r5t6y7u8i9o0pAzSxDcFvGbHnJmKl1q2w3e4r",
        "Passw0rd-insecure1-Passw1rd-insecure2-Pass00",
    ];
    for text in TABLE {
        let error = text.parse::<SecretKey>().expect_err(text);
        assert!(is_flaw(error.kind()), "{text}: {error}");
        check_advice(&error, text);
    }
}

#[test]
fn refuses_hex_digits_that_anybody_would_type() {
    const TABLE: &[&str] = &[
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000001",
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "0123456789abcdef0123456789abcdeffedcba9876543210fedcba9876543210",
        "0123456789012345678901234567890123456789012345678901234567890123",
        "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
        "00112233445566778899aabbccddeeffffeeddccbbaa99887766554433221100",
        "deadbeefdeadbeefdeadbeefdeadbeefdeadbeefdeadbeefdeadbeefdeadbeef",
        "deadbeefcafebabedeadbeefcafebabe0123456789abcdef0123456789abcdef",
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
        "192b9bdd22ab9ed4d12e236c78afcb9a393ec15f71bbf5dc987d54727823bcbf",
    ];
    for text in TABLE {
        let error = text.parse::<SecretKey>().expect_err(text);
        assert!(is_flaw(error.kind()), "{text}: {error}");
        check_advice(&error, text);
    }
}

#[test]
fn refuses_short_missing_and_undecodable_keys() {
    const TABLE: &[(&str, KeyErrorKind)] = &[
        ("", KeyErrorKind::Missing),
        (" \t\r\n", KeyErrorKind::Missing),
        ("=", KeyErrorKind::NotEncoded),
        // What `openssl rand` prints with too small a number.
        ("9f1ce04d7702b835da610ef358a42bc6", KeyErrorKind::TooShort { len: 16 }),
        ("nxzgTXcCuDXaYQ7zWKQrxg==", KeyErrorKind::TooShort { len: 16 }),
        (
            "d2636cf3e7e52fe67414212ba78b02c3886749a6bbb3cfa169dec559702483",
            KeyErrorKind::TooShort { len: 31 },
        ),
        ("0mNs8+flL+Z0FCErp4sCw4hnSaa7s8+had7FWXAkgw==", KeyErrorKind::TooShort { len: 31 }),
        // An odd number of hex digits lost one.
        ("d2636cf3e7e52fe67414212ba78b02c3886749a6bbb3cfa169dec559702483a", KeyErrorKind::NotEncoded),
        ("temporary_key", KeyErrorKind::Passphrase),
        ("c292a0a3aa32397cdb050e233733900f", KeyErrorKind::TooShort { len: 16 }),
        ("\u{2}\u{1}thisismyscretkey\u{1}\u{2}\\e\\y\\y\\h", KeyErrorKind::NotEncoded),
        ("keyboard cat", KeyErrorKind::Passphrase),
        ("base64:xu0eVXicqfuiFEYopGrNTV5dQSrZer8yyqf81G+XRZ0=", KeyErrorKind::NotEncoded),
        ("0xd2636cf3e7e52fe67414212ba78b02c3886749a6bbb3cfa169dec559702483ae!", KeyErrorKind::NotEncoded),
        ("xu0eVXicqfuiFEYopGrNTV5dQSrZer8yyqf81G+XRZ0==", KeyErrorKind::NotEncoded),
        ("xu0eVXicqfuiFEYopGrNTV5dQSrZer8yyqf81G+XRZ1=", KeyErrorKind::NotEncoded),
        ("xu0eVXicqfuiFEYopGrN TV5dQSrZer8yyqf81G+XRZ0=", KeyErrorKind::NotEncoded),
        // The two alphabets in one text.
        ("xu0eVXicqfuiFEYopGrNTV5dQSrZer8yyqf81G+XR_0=", KeyErrorKind::NotEncoded),
        ("xu0eVXicqfuiFEYopGrNTV5dQSrZer8yyqf81G+XRZé=", KeyErrorKind::NotEncoded),
    ];
    for (text, expected) in TABLE {
        let error = text.parse::<SecretKey>().expect_err(text);
        assert_eq!(error.kind(), *expected, "{text:?}");
        check_advice(&error, text);
        assert_eq!((error.position(), error.variable()), (None, None));
    }
    for len in 0..32 {
        let error = SecretKey::from_bytes(&secret(1)[..len]).expect_err("too short");
        assert_eq!(error.kind(), KeyErrorKind::TooShort { len });
        check_advice(&error, &hex(&secret(1)[..len]));
    }
    assert!(SecretKey::from_bytes(secret(1)).is_ok());
}

#[test]
fn each_refusal_says_what_is_wrong_with_the_key() {
    const ADVICE: &str = "; make one with `openssl rand -base64 32`";
    let quoted = "is in quotation marks: remove them";
    let phrase = format!("is a passphrase, and a key is random bytes{ADVICE}");
    let known = format!("is known to everybody: it is a default, or stands in a document{ADVICE}");
    let short =
        |encoding: &str, len: usize| format!("is {encoding} for {len} bytes, at least 32 are needed{ADVICE}");
    let good = "xu0eVXicqfuiFEYopGrNTV5dQSrZer8yyqf81G+XRZ0=";
    let table: &[(&str, &str)] = &[
        // What `docker --env-file` and systemd's `Environment=` leave on, and editors make of it.
        (&format!("\"{good}\""), quoted),
        (&format!("'{good}'"), quoted),
        (&format!(" `{good}` "), quoted),
        (&format!("\u{201c}{good}\u{201d}"), quoted),
        (&format!("\"{good}"), quoted),
        (&format!("{good}'"), quoted),
        // Thirty-two characters are not yet thirty-two bytes.
        ("xu0eVXicqfuiFEYopGrNTV5dQSrZer8y", &short("base64", 24)),
        ("d2636cf3e7e52fe67414212ba78b02c3", &short("hex", 16)),
        ("nxzgTXcCuDXaYQ7zWKQrxg==", &short("base64", 16)),
        // 43 characters that are base64 for 32 bytes.
        ("correct-horse-battery-staple-and-a-few-mores", &phrase),
        ("correcthorsebatterystapleandsomemoreofthese", &phrase),
        ("CorrectHorseBatteryStapleAndSomeMoreOfThese", &phrase),
        ("correctHorseBatteryStapleCorrectHorseBatter", &phrase),
        ("MyDogHasFleasAndTheCatOfOurNeighbourHasNone", &phrase),
        // What stands in docs/format.md, in either spelling.
        ("kP5jkVvufBpwFurA5pA/q4V77Hkbfr5wz/XpJeJgLP4=", &known),
        ("kP5jkVvufBpwFurA5pA_q4V77Hkbfr5wz_XpJeJgLP4", &known),
        ("90FE63915BEE7C1A7016EAC0E6903FAB857BEC791B7EBE70CFF5E925E2602CFE", &known),
        ("192b9bdd22ab9ed4d12e236c78afcb9a393ec15f71bbf5dc987d54727823bcbf", &known),
    ];
    for (text, expected) in table {
        let error = text.parse::<SecretKey>().expect_err(text);
        assert_eq!(error.to_string(), format!("secret key {expected}"), "{text}");
        check_advice(&error, text.trim_matches(['"', '\'']));
        let error = text.parse::<KeyRing>().expect_err(text);
        assert_eq!(error.to_string(), format!("secret key 1 {expected}"), "{text}");
    }
    // A ring in quotes is not one of bad keys, nor a passphrase a list of short ones.
    for (text, expected) in [
        (format!("\"{good},{good}\""), format!("secret key 1 {quoted}")),
        (format!("{good} '{good}'"), format!("secret key 2 {quoted}")),
        ("correct horse battery staple".into(), format!("secret key {phrase}")),
        ("It was a dark and stormy night!".into(), format!("secret key {phrase}")),
        (format!("{good} 4x8%"), format!("secret key 2 is neither hex nor base64{ADVICE}")),
        ("bm90ZQ 1234".into(), format!("secret key 1 {}", short("base64", 4))),
    ] {
        assert_eq!(text.parse::<KeyRing>().expect_err(&text).to_string(), expected, "{text}");
    }
    let error = SecretKey::from_bytes(b"raw bytes are not encoded").unwrap_err();
    assert_eq!(error.to_string(), format!("secret key has 25 bytes, at least 32 are needed{ADVICE}"));
}

/// What OpenSSL 3.0 and Python 3.13's `secrets` printed.
const GOOD: &[&str] = &[
    // openssl rand -base64 32
    "xu0eVXicqfuiFEYopGrNTV5dQSrZer8yyqf81G+XRZ0=\n",
    "c6o50FqOc2wjkuowh1buVJ9TQowABYxRvWn0pYsxE0c=\n",
    "mqMSV4r9jbIFuQ1A8ySAKAWIMVdEqY1yMMy7eox2MYw=\n",
    "uLT5mrLezQ5e0PRb8zUrDqetDdTev1OSAb9GcG4ZNnE=\n",
    "Vm/nDYuynQ/ktAUSU/H6zdpkCULzOQa1Jjrc4a2b2bA=\n",
    "zWwsrGncpKHWQPMmbmTkuRhCjPSvrbIlKEDUPu4kfLE=\r\n",
    // openssl rand -hex 32
    "d2636cf3e7e52fe67414212ba78b02c3886749a6bbb3cfa169dec559702483ae\n",
    "40457c723d19fb9ae86f885ca4a397887b7380d6750e1345dac4c8d1aea15dd7\n",
    "B9DBF73C0FEFAD7640377AF294D21E74BC848A06257519A680C7AF47593089F7\n",
    // openssl rand -base64 48, -base64 33, -hex 64
    "v7Nd+9PaBmDWyFMXwbPZ9fwFoXtI4znXkFi1VxU5Nw5lKk89co0DaBCZ6g7tXDlM\n",
    "uqEFn1FS+mmCy3wJusIeRSYsZRiunlCKIiqDkmW16ESy\n",
    "d7c5049ed7005cd76b568131a1e56a58aecf2a7caba7e82404567ab00c2cff425d4e2cebc1f002735260e84317d364ff64405378223d5f035e8cf65c3f227fcd\n",
    // secrets.token_urlsafe(32), secrets.token_hex(32), secrets.token_urlsafe(50)
    "aiJm--WQ55UB_w6nxJFWexi7thhX7-NSR8sFb1bgR10",
    "d497a7de11e55b589a711c51bee466d9596fbba28dc97719c50d5943c9f8ea49",
    "4r7jQrpMevPjPAjCsCxwaq64ouhe-WPwt4Qz_lelHDYmWuoPGAuATKDzcMhBn8rLAsY",
];

#[test]
fn accepts_what_openssl_and_python_print() {
    for text in GOOD {
        let key = text.parse::<SecretKey>();
        assert!(key.is_ok(), "{text:?}: {:?}", key.map_err(|error| error.kind()));
        let ring = text.parse::<KeyRing>();
        assert!(ring.is_ok(), "{text:?}");
    }
}

/// Says what key a text was read as, by what it signs.
#[track_caller]
fn assert_signs_as(key: SecretKey, bytes: &[u8]) {
    let codec = Codec::new(&KeyRing::new(key), "s", Duration::from_secs(60)).unwrap();
    let now = support::forge::time(1_750_000_000).unwrap();
    assert_eq!(codec.encode_at(&1, now).unwrap(), Forge::codec(bytes, "s").token("1", 1_750_000_000));
}

/// Bytes of a key store may happen to be printable.
#[test]
fn text_of_random_characters_is_a_key() {
    let table: &[(&str, &[u8], bool)] = &[
        ("of all kinds", b"k7#Qz!9fRx@2Lw$eTb5^Yp8&HnVd3*Gm", true),
        ("lower case and digits", b"k7qz9frx2lwetb5yp8hnvd3gmucj4os6", true),
        ("both cases", b"kQzfRxLwebYpHnVdGmUcjOsaTKiZqFXr", true),
        ("lower case", b"kqzfrxlwebyphnvdgmucjosatkizqfxr", false),
        ("upper case", b"KQZFRXLWEBYPHNVDGMUCJOSATKIZQFXR", false),
        ("with a space in it", b"k7#Qz!9fRx@2Lw$eTb5 Yp8&HnVd3*Gm", false),
    ];
    for (what, bytes, is_key) in table {
        assert_eq!(SecretKey::from_bytes(bytes).is_ok(), *is_key, "{what}");
    }
}

#[test]
fn a_key_has_ten_different_bytes() {
    // Without order, so that only their number is left to object to.
    let order = b"\x03\x07\x01\x08\x00\x05\x02\x08\x06\x04\x07\x03\x00\x06\x01\x05\x08\x02\x04\x00\x07\x05\x03\x06\x01\x02\x07\x04\x08\x00\x03\x05";
    let spread = |n: u8| n.wrapping_mul(n).wrapping_mul(37).wrapping_add(n.wrapping_mul(83));
    let nine = order.map(spread);
    assert_eq!(SecretKey::from_bytes(nine).unwrap_err().kind(), KeyErrorKind::Weak);
    let mut ten = nine;
    ten[31] = spread(9);
    assert_eq!(ten.iter().collect::<std::collections::BTreeSet<_>>().len(), 10);
    assert!(SecretKey::from_bytes(ten).is_ok());
}

#[test]
fn reads_the_same_key_in_every_spelling() {
    for (n, len) in (0..).zip(32..=70) {
        let mut bytes = vec![0; len];
        Prng::new(n).fill(&mut bytes);
        assert_signs_as(SecretKey::from_bytes(&bytes).unwrap(), &bytes);
        let mut spellings = vec![hex(&bytes), hex(&bytes).to_uppercase()];
        spellings.extend(base64_forms(&bytes));
        for spelling in spellings {
            for text in
                [format!("{spelling}\n"), format!("  {spelling}\r\n"), format!("\t{spelling} "), spelling]
            {
                assert_signs_as(text.parse().unwrap(), &bytes);
            }
        }
    }
}

#[test]
fn a_key_longer_than_a_block_is_hashed_as_hmac_demands() {
    let mut bytes = [0; 200];
    Prng::new(7).fill(&mut bytes);
    for len in [63, 64, 65, 127, 128, 129, 200] {
        assert_signs_as(SecretKey::from_bytes(&bytes[..len]).unwrap(), &bytes[..len]);
    }
}

#[test]
fn generates_keys_that_differ() {
    let codec = |key| Codec::new(&KeyRing::new(key), "s", Duration::from_secs(60)).unwrap();
    let now = support::forge::time(1_750_000_000).unwrap();
    let mut tokens: Vec<String> =
        (0..1000).map(|_| codec(SecretKey::generate().unwrap()).encode_at(&1, now).unwrap()).collect();
    tokens.sort_unstable();
    tokens.dedup();
    assert_eq!(tokens.len(), 1000);
}

/// Five thousand in a debug build, a hundred thousand in a release build, a million with COOKIE_SESSION_LONG=1.
#[test]
fn refuses_no_random_key() {
    let count = match () {
        () if std::env::var_os("COOKIE_SESSION_LONG").is_some() => 1_000_000,
        () if cfg!(debug_assertions) => 5_000,
        () => 100_000,
    };
    let mut random = Prng::new(0x6b65_7973);
    let mut bytes = [0; 32];
    for n in 0..count {
        random.fill(&mut bytes);
        let raw = SecretKey::from_bytes(bytes).map_err(|error| error.kind());
        assert!(raw.is_ok(), "key {n}, raw: {raw:?}, {bytes:?}");
        let text = BASE64_STANDARD.encode(bytes);
        let read = text.parse::<SecretKey>().map_err(|error| error.kind());
        assert!(read.is_ok(), "key {n}, base64: {read:?}, {text}");
        let text = hex(&bytes);
        let read = text.parse::<SecretKey>().map_err(|error| error.kind());
        assert!(read.is_ok(), "key {n}, hex: {read:?}, {text}");
    }
    println!("{count} random keys in three spellings, 0 refused");
}

#[test]
fn reads_rings_from_text() {
    let [one, two, three] = [1, 2, 3].map(|n| BASE64_STANDARD.encode(secret(n)));
    let hex_one = hex(&secret(1));
    // (text, the n-th secrets that verify; the first signs)
    let table = [
        (one.clone(), vec![1]),
        (format!("{one},{two}"), vec![1, 2]),
        (format!("{two},{one}"), vec![2, 1]),
        (format!("{one} {two}"), vec![1, 2]),
        (format!("{one}\n{two}\n{three}\n"), vec![1, 2, 3]),
        (format!(" ,{one}, ,\t{two},, {three} ,"), vec![1, 2, 3]),
        (format!("{hex_one},{two}"), vec![1, 2]),
        (format!("{one},{one},{hex_one},{two}"), vec![1, 2]),
    ];
    let now = support::forge::time(1_750_000_000).unwrap();
    for (text, expected) in table {
        let ring: KeyRing = text.parse().unwrap();
        let codec = Codec::new(&ring, "s", Duration::from_secs(60)).unwrap();
        let token = |n: u64| Forge::codec(&secret(n), "s").token("1", 1_750_000_000);
        assert_eq!(codec.encode_at(&1, now).unwrap(), token(expected[0]));
        for n in 1..=3 {
            let verifies = codec.decode_at::<u8>(&token(n), now).is_ok();
            assert_eq!(verifies, expected.contains(&n), "{text}, key {n}");
        }
        let fallbacks = expected.len() - 1;
        assert_eq!(format!("{ring:?}"), format!("KeyRing {{ fallbacks: {fallbacks}, .. }}"));
    }
}

#[test]
fn names_the_position_of_a_bad_key() {
    let good = BASE64_STANDARD.encode(secret(1));
    let other = BASE64_STANDARD.encode(secret(2));
    let table = [
        (String::new(), KeyErrorKind::Missing, None),
        (" , ,\n".into(), KeyErrorKind::Missing, None),
        ("changeme".into(), KeyErrorKind::TooShort { len: 6 }, Some(1)),
        (format!("{good},4x8%no!"), KeyErrorKind::NotEncoded, Some(2)),
        (format!("{good}, {other} ,,abcdefgh"), KeyErrorKind::TooShort { len: 6 }, Some(3)),
        (format!("{good},{good},{}", hex(&[0; 32])), KeyErrorKind::Weak, Some(3)),
        (format!("4x8%no!,{good},{}", hex(&[0; 32])), KeyErrorKind::NotEncoded, Some(1)),
    ];
    for (text, kind, position) in table {
        let error = text.parse::<KeyRing>().expect_err("a bad ring");
        assert_eq!((error.kind(), error.position(), error.variable()), (kind, position, None), "{text}");
        check_advice(&error, &text);
        if let Some(position) = position {
            assert!(error.to_string().starts_with(&format!("secret key {position} ")), "{error}");
        }
    }
}

const VARIABLE: &str = "COOKIE_SESSION_TEST_KEYS";

#[test]
#[ignore = "runs in a process of its own, which the test below starts with a variable set"]
fn prints_what_from_env_says() {
    match KeyRing::from_env(VARIABLE) {
        Ok(ring) => println!("<<{ring:?}>>"),
        Err(error) => {
            println!("<<{error}|{:?}|{:?}|{:?}>>", error.kind(), error.position(), error.variable());
        }
    }
}

/// Returns what a test of this file does in a process with this variable.
fn run_with(test: &str, value: Option<&OsStr>) -> Output {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--ignored", "--nocapture"]).env_remove(VARIABLE);
    if let Some(value) = value {
        command.env(VARIABLE, value);
    }
    command.output().expect("the test starts itself")
}

/// What a process with this variable prints.
#[track_caller]
fn from_env(value: Option<&OsStr>) -> String {
    let output = run_with("prints_what_from_env_says", value);
    let text = String::from_utf8(output.stdout).unwrap();
    let (_, rest) = text.split_once("<<").unwrap_or_else(|| panic!("{text}"));
    rest.split_once(">>").unwrap().0.to_owned()
}

#[test]
#[cfg_attr(target_family = "wasm", ignore = "WASI starts no processes")]
fn from_env_names_the_variable_and_the_position() {
    const ADVICE: &str = "; make one with `openssl rand -base64 32`";
    let good = BASE64_STANDARD.encode(secret(1));
    let other = hex(&secret(2));
    let table = [
        (Some(good.clone()), "KeyRing { fallbacks: 0, .. }".to_owned()),
        (Some(format!("{good},{other}")), "KeyRing { fallbacks: 1, .. }".to_owned()),
        (Some(format!("{good}\n{other}\n{good}")), "KeyRing { fallbacks: 1, .. }".to_owned()),
        (None, format!("{VARIABLE}: secret key is missing{ADVICE}|Missing|None|Some({VARIABLE:?})")),
        (
            Some(String::new()),
            format!("{VARIABLE}: secret key is missing{ADVICE}|Missing|None|Some({VARIABLE:?})"),
        ),
        (
            Some(format!("{good},{}", hex(&[7; 32]))),
            format!(
                "{VARIABLE}: secret key 2 is repetitive or a placeholder{ADVICE}\
                 |Weak|Some(2)|Some({VARIABLE:?})"
            ),
        ),
        (
            Some("bm90ZQ,key".into()),
            format!(
                "{VARIABLE}: secret key 1 is base64 for 4 bytes, at least 32 are needed{ADVICE}\
                 |TooShort {{ len: 4 }}|Some(1)|Some({VARIABLE:?})"
            ),
        ),
    ];
    for (value, expected) in table {
        assert_eq!(from_env(value.as_deref().map(OsStr::new)), expected);
    }
}

#[cfg(unix)]
#[test]
fn from_env_refuses_what_is_not_text() {
    use std::os::unix::ffi::OsStrExt;

    let said = from_env(Some(OsStr::from_bytes(b"\xff\xfe")));
    assert!(said.starts_with(&format!("{VARIABLE}: secret key is neither hex nor base64;")), "{said}");
}

#[test]
#[ignore = "runs in a process of its own, which the test below starts with a variable set"]
fn starts_as_a_server_does() -> Result<(), Box<dyn Error>> {
    let keys = KeyRing::from_env(VARIABLE)?;
    Sessions::builder(keys).name("no good name").build()?;
    Ok(())
}

/// A test that returns an error prints it as `main` does: the standard library has one function for both.
#[test]
#[cfg_attr(target_family = "wasm", ignore = "WASI starts no processes")]
fn main_prints_why_a_server_does_not_start() {
    let good = BASE64_STANDARD.encode(secret(1));
    let table = [
        (
            None,
            format!("Error: {VARIABLE}: secret key is missing; make one with `openssl rand -base64 32`\n"),
        ),
        (Some(good), "Error: the name of a cookie is letters, digits and !#$%&'*+-.^_`|~\n".to_owned()),
    ];
    for (value, expected) in table {
        let output = run_with("starts_as_a_server_does", value.as_deref().map(OsStr::new));
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(text.contains(&expected), "{text}");
    }
}

/// What is behind the key of somebody who hashed a word, with and without the newline of `echo`.
#[test]
fn refuses_the_hash_of_a_common_word() {
    use sha2::{Digest, Sha256, Sha512};

    const WORDS: &[&str] = &[
        "",
        "a",
        "changeme",
        "admin",
        "test",
        "secret",
        "password",
        "123456",
        "12345678",
        "qwerty",
        "letmein",
        "dev",
        "key",
        "hello",
        "Hello World",
        "flask",
        "session",
        "root",
        "foobar",
        "supersecret",
        "SECRET_KEY",
    ];
    for word in WORDS.iter().flat_map(|word| [(*word).to_owned(), format!("{word}\n")]) {
        let hashes = [Sha256::digest(&word).to_vec(), Sha512::digest(&word).to_vec()];
        for hash in hashes {
            // The text of the hash too, as bytes.
            let digits = hex(&hash);
            let raw = [hash.clone(), digits.clone().into_bytes(), digits.to_uppercase().into_bytes()];
            for bytes in raw {
                let kind = SecretKey::from_bytes(&bytes).err().map(|error| error.kind());
                assert_eq!(kind, Some(KeyErrorKind::Known), "{word:?}");
            }
            for text in base64_forms(&hash).into_iter().chain([digits.clone(), digits.to_uppercase()]) {
                let kind = text.parse::<SecretKey>().err().map(|error| error.kind());
                assert_eq!(kind, Some(KeyErrorKind::Known), "{word:?}: {text}");
            }
        }
    }
}

/// Numbers that everybody knows, and keys that stand in documents.
#[test]
fn refuses_published_numbers_and_keys() {
    const TABLE: &[(&str, &str)] = &[
        ("pi", "243f6a8885a308d313198a2e03707344a4093822299f31d0082efa98ec4e6c89"),
        ("pi with its three", "3243f6a8885a308d313198a2e03707344a4093822299f31d0082efa98ec4e6c8"),
        ("e", "b7e151628aed2a6abf7158809cf4f3c762e7160f38b4da56a784d9045190cfef"),
        ("the golden ratio", "9e3779b97f4a7c15f39cc0605cedc8341082276bf3a27251f86c6a11d0c18e95"),
        ("SHA-256's first state", "6a09e667bb67ae853c6ef372a54ff53a510e527f9b05688c1f83d9ab5be0cd19"),
        ("SHA-256's constants", "428a2f9871374491b5c0fbcfe9b5dba53956c25b59f111f1923f82a4ab1c5ed5"),
        ("NIST's key of AES-256", "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"),
        ("FastAPI's tutorial", "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7"),
        ("docs/format.md", "90fe63915bee7c1a7016eac0e6903fab857bec791b7ebe70cff5e925e2602cfe"),
    ];
    for (origin, digits) in TABLE {
        let error = digits.parse::<SecretKey>().expect_err(origin);
        assert_eq!(error.kind(), KeyErrorKind::Known, "{origin}");
    }
    for text in ["31415926535897932384626433832795", "27182818284590452353602874713526"] {
        let error = SecretKey::from_bytes(text).expect_err(text);
        assert!(matches!(error.kind(), KeyErrorKind::Weak | KeyErrorKind::Known), "{text}: {error}");
    }
}

/// Whatever stands in the documents and could be a key is refused, since somebody will copy it.
#[test]
fn refuses_every_key_in_the_documents() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let docs = std::fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let files = ["README.md", "SECURITY.md", "CHANGELOG.md", "src/lib.rs"].map(|file| root.join(file));
    let is_key = |word: &str| {
        (43..=128).contains(&word.len()) && !word.contains(['.', '/', '_'])
            || word.ends_with('=') && word.len() == 44
    };
    let mut found = 0;
    for file in
        files.into_iter().chain(docs).filter(|file| file.extension().is_some_and(|e| e == "md" || e == "rs"))
    {
        let text = std::fs::read_to_string(&file).unwrap();
        let outside = |c: char| !(c.is_ascii_alphanumeric() || "+/=_-.".contains(c));
        // The payload of a session, `[…`, begins so in base64.
        for word in text.split(outside).filter(|word| is_key(word) && !word.starts_with("Wz")) {
            found += 1;
            assert!(word.parse::<SecretKey>().is_err(), "{}: {word}", file.display());
        }
    }
    assert!(found >= 1, "the example of the format has a key");
}

#[cfg(all(feature = "flask", feature = "django", feature = "starlette"))]
#[test]
fn the_weak_secrets_of_a_framework_are_accepted_and_reported() {
    use cookie_session::{Sessions, django, flask, starlette};

    const WEAK: &[&[u8]] = &[
        b"dev",
        b"secret",
        b"changeme",
        b"k",
        b"0123456789abcdef",
        b"you-will-never-guess",
        b"keyboard cat keyboard cat",
        b"\x02\x01thisismyscretkey\x01\x02\\e\\y\\y\\h",
        b"django-insecure-9d^x5*q!k2m#v8@w1z(r7&p0",
        b"CHANGE_ME_TO_A_COMPLEX_RANDOM_SECRET",
        b"temporary_key",
        b"c292a0a3aa32397cdb050e233733900f",
        b"A0Zr98j/3yX R~XHH!jmN]LWX/,?RT",
    ];
    let strong: &[u8] = b"9f1ce04d7702b835da610ef358a42bc6";
    let profile = |secret: &[u8]| flask::Profile::new(flask::SecretKey::new(secret).unwrap());
    assert_eq!(profile(strong).weak_secrets(), []);
    for weak in WEAK {
        let shown = String::from_utf8_lossy(weak);
        let flask = profile(weak);
        let django = django::Profile::new(django::SecretKey::new(weak).unwrap());
        let starlette = starlette::Profile::new(starlette::SecretKey::new(weak).unwrap());
        let reports = [flask.weak_secrets(), django.weak_secrets(), starlette.weak_secrets()];
        let built = [
            Sessions::builder(flask).build(),
            Sessions::builder(django).build(),
            Sessions::builder(starlette).build(),
        ];
        for (report, sessions) in reports.iter().zip(built) {
            assert_eq!(report.iter().map(KeyError::position).collect::<Vec<_>>(), [Some(1)], "{shown}");
            assert_eq!(sessions.unwrap().weak_secrets(), report, "{shown}");
            assert!(!report[0].to_string().contains(&*shown) || weak.len() < 7, "{shown}");
        }
        let behind = profile(strong).fallback(flask::SecretKey::new(weak).unwrap());
        assert_eq!(behind.weak_secrets()[0].position(), Some(2), "{shown}");
    }
    let text = profile(b"dev").weak_secrets()[0].to_string();
    assert_eq!(
        text,
        "secret key 1 has 3 bytes, at least 16 are needed; make one with `openssl rand -base64 32`"
    );
    // Secrets as the frameworks' documents make them.
    let mut random = Prng::new(0x7765_616b);
    let mut bytes = [0; 50];
    for _ in 0..2000 {
        random.fill(&mut bytes);
        let startproject: String = bytes
            .iter()
            .map(|byte| {
                char::from(b"abcdefghijklmnopqrstuvwxyz0123456789!@#$%^&*(-_=+)"[usize::from(*byte) % 50])
            })
            .collect();
        let good = [
            &bytes[..16],
            &bytes[..24],
            &bytes[..32],
            hex(&bytes[..16]).as_bytes(),
            hex(&bytes[..32]).as_bytes(),
            startproject.as_bytes(),
        ]
        .map(<[u8]>::to_vec);
        for secret in good {
            assert_eq!(profile(&secret).weak_secrets(), [], "{secret:?}");
        }
    }
    // In our own format there are none, since they are refused.
    let sessions = Sessions::builder(KeyRing::new(SecretKey::generate().unwrap())).build().unwrap();
    assert_eq!(sessions.weak_secrets(), []);
}
