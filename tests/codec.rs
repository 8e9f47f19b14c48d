//! A codec reads back what it wrote, in its bounds, and names the first reason why it does not.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

mod support;

use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;
use std::time::{Duration, SystemTime};

use cookie_session::{Codec, DecodeError, EncodeError, KeyRing, KeyRole, SessionError, Sessions};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use support::forge::{Forge, Parts, Prng, b64, key, secret, time, timestamp};
use support::format::{self, ENCRYPTED, token_len};

const NOW: u64 = 1_750_000_000;
const MAX_AGE: u64 = 3600;

fn codec(salt: &str) -> Codec {
    format::codec(&KeyRing::new(key(1)), salt, Duration::from_secs(MAX_AGE)).expect("builds")
}

fn at(seconds: u64) -> SystemTime {
    time(seconds).expect("a time of these days")
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Everything {
    text: String,
    number: u64,
    negative: i64,
    float: f64,
    nothing: Option<u8>,
    something: Option<Box<Everything>>,
    list: Vec<Kind>,
    map: BTreeMap<String, (u8, char)>,
    unit: (),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Kind {
    Unit,
    Newtype(f64),
    Tuple(f64, f32),
    Struct { inner: f64 },
}

fn everything() -> Everything {
    Everything {
        text: "\u{0}\u{1f}\"\\/\u{7f}ü\u{2028}\u{fffd}𝄞".into(),
        number: u64::MAX,
        negative: i64::MIN,
        float: -0.1,
        nothing: None,
        something: None,
        list: vec![Kind::Unit, Kind::Newtype(1.5), Kind::Tuple(2.5, 0.5), Kind::Struct { inner: 1e300 }],
        map: [("ä".to_owned(), (1, 'ß')), (String::new(), (2, '\0'))].into(),
        unit: (),
    }
}

#[track_caller]
fn survives<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: T) {
    let codec = codec("salt");
    let token = codec.encode_at(&value, at(NOW)).expect("has a JSON form");
    let read: T = codec.decode_at(&token, at(NOW)).expect("was just written");
    assert_eq!(read, value);
}

#[test]
fn reads_back_what_it_wrote() {
    survives(());
    survives(true);
    survives(0_u8);
    survives(u64::MAX);
    survives(i64::MIN);
    survives(u128::MAX);
    survives(i128::MIN);
    survives(String::new());
    survives("a.b.c".to_owned());
    survives('𝄞');
    survives(Vec::<u8>::new());
    survives((1, "two".to_owned(), 3.0));
    survives(Some(1));
    survives(None::<u8>);
    survives(everything());
    survives(Everything { something: Some(Box::new(everything())), ..everything() });
    survives(HashMap::from([(1, 2), (3, 4)]));
    survives(json!({"a": [1, -2, 3.5, null, true, {"b": {}}], "": []}));
    // Over and under the length up to which a payload is decoded on the stack.
    for len in (0..200).chain(750..790).chain([2000, 3000]) {
        survives("x".repeat(len));
        survives("ü".repeat(len / 2));
    }
}

#[test]
fn keeps_every_bit_of_a_float() {
    const TABLE: &[f64] = &[
        0.0,
        0.1,
        0.1 + 0.2,
        1.0 / 3.0,
        f64::MAX,
        f64::MIN,
        f64::MIN_POSITIVE,
        5e-324,
        f64::EPSILON,
        9_007_199_254_740_993.0,
        // Numbers on which fast parsers are known to err by one bit.
        0.000_244_140_625,
        -1.715_431_680_934_082_5e54,
        51.248_171_187_309_39,
        2.225_073_858_507_201e-308,
    ];
    for number in TABLE {
        survives(*number);
        survives(-*number);
    }
    let codec = codec("salt");
    let mut random = Prng::new(0xf107);
    let numbers: Vec<f64> =
        (0..20_000).map(|_| f64::from_bits(random.next())).filter(|number| number.is_finite()).collect();
    for some in numbers.chunks(100) {
        let token = codec.encode_at(some, at(NOW)).unwrap();
        let read: Vec<f64> = codec.decode_at(&token, at(NOW)).unwrap();
        for (number, read) in some.iter().zip(read) {
            assert_eq!(read.to_bits(), number.to_bits(), "{number:e} became {read:e}");
        }
    }
}

#[test]
fn salts_are_apart() {
    const SALTS: &[&str] = &["", "a", "b", "ab", "a/b", "a\0", "ä", "token/", "../cookie/session"];
    for made in SALTS {
        let token = codec(made).encode_at(&1, at(NOW)).unwrap();
        for read in SALTS {
            let expected = if made == read { Ok(1) } else { Err(DecodeError::InvalidSignature) };
            assert_eq!(codec(read).decode_at::<u8>(&token, at(NOW)), expected, "{made:?}, {read:?}");
        }
    }
    // A salt is bytes.
    let keys = KeyRing::new(key(1));
    let bytes = format::codec(&keys, b"\xff\x00", Duration::from_secs(1)).unwrap();
    let forge = Forge::of(ENCRYPTED, &secret(1), b"token/\xff\x00");
    assert_eq!(forge.json(&bytes.encode_at(&1, at(NOW)).unwrap()), "1");
    assert_eq!(bytes.decode_at::<u8>(&forge.token("1", NOW), at(NOW)), Ok(1));
}

#[test]
fn accepts_up_to_max_age_and_no_second_more() {
    // (max_age, seconds since the token was made, what comes of it)
    const TABLE: &[(u64, i64, Result<u8, DecodeError>)] = &[
        (3600, -61, Err(DecodeError::NotYetValid)),
        (3600, -60, Ok(1)),
        (3600, -1, Ok(1)),
        (3600, 0, Ok(1)),
        (3600, 3599, Ok(1)),
        (3600, 3600, Ok(1)),
        (3600, 3601, Err(DecodeError::Expired)),
        (1, 1, Ok(1)),
        (1, 2, Err(DecodeError::Expired)),
        (0, 0, Ok(1)),
        (0, -60, Ok(1)),
        (0, 1, Err(DecodeError::Expired)),
    ];
    for (max_age, age, expected) in TABLE {
        let codec = format::codec(&KeyRing::new(key(1)), "salt", Duration::from_secs(*max_age)).unwrap();
        let token = codec.encode_at(&1, at(NOW)).unwrap();
        let now = at(NOW.checked_add_signed(*age).unwrap());
        assert_eq!(codec.decode_at::<u8>(&token, now), *expected, "max_age {max_age}, age {age}");
    }
    // Without a limit a token is good for ever, from when it was made.
    let endless = format::codec(&KeyRing::new(key(1)), "salt", None).unwrap();
    let token = endless.encode_at(&1, at(NOW)).unwrap();
    for (now, expected) in
        [(NOW - 61, Err(DecodeError::NotYetValid)), (NOW, Ok(1)), (NOW + 3601, Ok(1)), (1 << 40, Ok(1))]
    {
        assert_eq!(endless.decode_at::<u8>(&token, at(now)), expected, "{now}");
    }
    // Whole seconds count, of the limit and of the clock.
    let keys = KeyRing::new(key(1));
    let codec = format::codec(&keys, "salt", Duration::from_millis(1999)).unwrap();
    let token = codec.encode_at(&1, at(NOW) + Duration::from_millis(999)).unwrap();
    assert_eq!(codec.decode_at::<u8>(&token, at(NOW) + Duration::from_millis(1999)), Ok(1));
    assert_eq!(codec.decode_at::<u8>(&token, at(NOW + 2)), Err(DecodeError::Expired));
}

#[test]
fn encode_and_decode_ask_the_clock() {
    let codec = codec("salt");
    let before = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let token = codec.encode(&1).unwrap();
    let after = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    assert!((before..=after).contains(&Parts::of(&token).issued()));
    assert_eq!(codec.decode::<u8>(&token), Ok(1));
    let old = codec.encode_at(&1, at(before - MAX_AGE - 10)).unwrap();
    assert_eq!(codec.decode::<u8>(&old), Err(DecodeError::Expired));
    let future = codec.encode_at(&1, at(after + 70)).unwrap();
    assert_eq!(codec.decode::<u8>(&future), Err(DecodeError::NotYetValid));
}

#[test]
fn max_len_is_exact_in_both_directions() {
    let codec = codec("salt");
    // The shortest token is that of one character, and this text has its quotes.
    let smallest = token_len(1);
    for chars in (0..40).chain([100, 767, 768, 769, 2000]) {
        let value = "x".repeat(chars);
        let token = codec.encode_at(&value, at(NOW)).unwrap();
        let len = token.len();
        assert_eq!(len, token_len(chars + 2));
        for limit in [smallest, len - 1, len, len + 1].into_iter().filter(|limit| *limit >= smallest) {
            let limited = codec.clone().max_len(limit).unwrap();
            let written = limited.encode_at(&value, at(NOW));
            let read = limited.decode_at::<String>(&token, at(NOW));
            if limit >= len {
                assert_eq!(written.as_ref().map(String::len), Ok(len));
                assert_eq!(read.as_deref(), Ok(value.as_str()));
            } else {
                assert_eq!(written, Err(EncodeError::TooLong { len, limit }));
                assert_eq!(read, Err(DecodeError::TooLong));
            }
        }
    }
}

#[test]
fn says_when_a_token_was_issued_and_which_key_verified_it() {
    let max_age = Duration::from_secs(MAX_AGE);
    let codec = |ring: KeyRing| format::codec(&ring, "salt", max_age).unwrap().clock(|| at(NOW));
    let old = codec(KeyRing::new(key(1)));
    let rotated = codec(KeyRing::new(key(2)).fallback(key(3)).fallback(key(1)));
    for (maker, role) in [(&rotated, KeyRole::Current), (&old, KeyRole::Fallback)] {
        // Up to a minute ahead of the clock, and whole seconds count.
        for issued in [NOW + 60, NOW, NOW - 1, NOW - MAX_AGE] {
            let token = maker.encode_at(&7, at(issued) + Duration::from_millis(999)).unwrap();
            let (value, info) = rotated.decode_with_info::<u8>(&token).unwrap();
            assert_eq!((value, info.issued_at(), info.verified_by()), (7, at(issued), role));
        }
    }
    // It accepts what `decode` accepts.
    let (good, bad) = (rotated.encode_at(&7, at(NOW)).unwrap(), old.encode_at("x", at(NOW)).unwrap());
    for token in
        [&*good, &bad, "", good.get(1..).unwrap(), &old.encode_at(&7, at(NOW - MAX_AGE - 1)).unwrap()]
    {
        let value = rotated.decode_with_info::<u8>(token).map(|(value, _)| value);
        assert_eq!(value, rotated.decode_at(token, at(NOW)), "{token}");
    }
    // By the real clock too.
    let rotated = rotated.clock(SystemTime::now);
    let (_, info) = rotated.decode_with_info::<u8>(&rotated.encode(&7).unwrap()).unwrap();
    assert!(info.issued_at() <= SystemTime::now());
}

#[test]
fn the_skew_is_what_was_set() {
    for skew in [0, 1, 59, 60, 61, 599, 600] {
        let codec = codec("salt").skew(Duration::from_secs(skew)).unwrap();
        for (ahead, expected) in [(skew, Ok(1)), (skew + 1, Err(DecodeError::NotYetValid))] {
            let token = codec.encode_at(&1, at(NOW + ahead)).unwrap();
            assert_eq!(codec.decode_at::<u8>(&token, at(NOW)), expected, "{skew}, {ahead} ahead");
        }
        // The limit of the age is as strict as it was.
        let token = codec.encode_at(&1, at(NOW - MAX_AGE - 1)).unwrap();
        assert_eq!(codec.decode_at::<u8>(&token, at(NOW)), Err(DecodeError::Expired), "{skew}");
    }
}

#[test]
fn the_default_limit_is_4096_bytes() {
    let codec = codec("salt");
    // 3033 bytes of JSON make 4044 characters, and 51 more belong to the token. Encrypted, 94 steps of 32 bytes fit.
    let (most, len, over) = if ENCRYPTED { (3008, 4083, 4126) } else { (3033, 4095, 4097) };
    let fits = "x".repeat(most - 2);
    let token = codec.encode_at(&fits, at(NOW)).unwrap();
    assert_eq!(token.len(), len);
    assert_eq!(codec.decode_at::<String>(&token, at(NOW)), Ok(fits.clone()));
    let too_long = codec.encode_at(&format!("{fits}x"), at(NOW));
    assert_eq!(too_long, Err(EncodeError::TooLong { len: over, limit: 4096 }));
    // With the shorter timestamp of an earlier time the limit can be hit.
    let early = at(0x00ff_ffff);
    let table = if ENCRYPTED {
        [(3007, 4081), (3008, 4081), (3009, 4124)]
    } else {
        [(3034, 4095), (3035, 4096), (3036, 4097)]
    };
    for (json, len) in table {
        let value = "x".repeat(json - 2);
        let token = Forge::codec(&secret(1), "salt").token(&format!("\"{value}\""), 0x00ff_ffff);
        assert_eq!(token.len(), len);
        if len <= 4096 {
            assert_eq!(codec.encode_at(&value, early).map(|token| token.len()), Ok(len));
            assert_eq!(codec.decode_at::<String>(&token, early), Ok(value));
        } else {
            assert_eq!(codec.encode_at(&value, early), Err(EncodeError::TooLong { len, limit: 4096 }));
            assert_eq!(codec.decode_at::<String>(&token, early), Err(DecodeError::TooLong));
        }
    }
    // A genuine token may be over the limit of the reader.
    let long = codec.clone().max_len(100_000).unwrap().encode_at(&"x".repeat(50_000), at(NOW)).unwrap();
    assert_eq!(codec.decode_at::<String>(&long, at(NOW)), Err(DecodeError::TooLong));
    let read = codec.clone().max_len(long.len()).unwrap().decode_at::<String>(&long, at(NOW));
    assert_eq!(read, Ok("x".repeat(50_000)));
}

#[test]
fn names_the_first_reason_of_several() {
    let forge = Forge::codec(&secret(1), "salt");
    let other = Forge::codec(&secret(2), "salt");
    let long = format!("\"{}\"", "x".repeat(4000));
    let (future, expired) = (NOW + 61, NOW - MAX_AGE - 1);
    // (what is wrong, the token, the reason given)
    let table = [
        ("everything", "?".repeat(4097), DecodeError::TooLong),
        ("long, forged, expired", other.token(&long, expired), DecodeError::TooLong),
        ("long, genuine", forge.token(&long, NOW), DecodeError::TooLong),
        ("shape, forged, garbage", other.token("garbage", expired) + "=", DecodeError::Malformed),
        ("shape only", forge.token("1", NOW).replacen('.', "", 2), DecodeError::Malformed),
        ("forged, future, garbage", other.token("garbage", future), DecodeError::InvalidSignature),
        ("forged, expired, garbage", other.token("garbage", expired), DecodeError::InvalidSignature),
        ("forged, bad timestamp", other.sign(&b64(b"1"), "!!"), DecodeError::InvalidSignature),
        ("forged, bad base64", other.sign("!!", &timestamp(NOW)), DecodeError::InvalidSignature),
        ("forged only", other.token("1", NOW), DecodeError::InvalidSignature),
        ("signed, bad timestamp, garbage", forge.sign("!!", "!!"), DecodeError::Malformed),
        ("future, garbage", forge.token("garbage", future), DecodeError::NotYetValid),
        ("future, bad base64", forge.sign("!!", &timestamp(future)), DecodeError::NotYetValid),
        ("future only", forge.token("1", future), DecodeError::NotYetValid),
        ("expired, garbage", forge.token("garbage", expired), DecodeError::Expired),
        ("expired, bad base64", forge.sign("!!", &timestamp(expired)), DecodeError::Expired),
        ("expired, wrong type", forge.token("\"one\"", expired), DecodeError::Expired),
        ("expired only", forge.token("1", expired), DecodeError::Expired),
        ("garbage only", forge.token("garbage", NOW), DecodeError::Payload),
    ];
    for (what, token, expected) in table {
        assert_eq!(codec("salt").decode_at::<u8>(&token, at(NOW)), Err(expected), "{what}");
    }
    // The order of the variants is the order of the checks.
    let order = [
        DecodeError::TooLong,
        DecodeError::Malformed,
        DecodeError::InvalidSignature,
        DecodeError::NotYetValid,
        DecodeError::Expired,
        DecodeError::Payload,
    ];
    assert!(order.is_sorted_by(|a, b| a < b));
}

#[test]
fn refuses_signed_timestamps_in_any_other_spelling() {
    const TABLE: &[&str] = &[
        "aE7hgB",
        "aE7hgA==",
        "AGhO4YA",
        "AABoTuGA",
        "aE7hg",
        "aE7hgA ",
        "1750000000",
        "-1",
        "AA",
        "A",
        "aE/hgA",
        "AAAAAAAAAAA",
        "AWhO4YAAAAAAAA",
    ];
    let forge = Forge::codec(&secret(1), "salt");
    assert_eq!(timestamp(NOW), "aE7hgA");
    for text in TABLE {
        let answer = codec("salt").decode_at::<u8>(&forge.sign(&b64(b"1"), text), at(NOW));
        assert_eq!(answer, Err(DecodeError::Malformed), "{text:?}");
    }
}

#[test]
fn a_signed_payload_that_cannot_be_read_is_a_payload_error() {
    let forge = Forge::codec(&secret(1), "salt");
    let stamp = timestamp(NOW);
    // What zlib makes of `1`, with the dot that itsdangerous marks compression with.
    let compressed = format!(".{}", b64(b"x\x9c3\x04\x00\x002\x002"));
    let sealed = |bytes: &[u8]| b64(&forge.seal(bytes, NOW, [7; 16]));
    let table: Vec<(&str, String)> = vec![
        ("a leading dot", format!(".{}", sealed(b"1"))),
        ("compressed", compressed),
        ("nothing", String::new()),
        ("padding", "MQ==".into()),
        ("stray bits", "MR".into()),
        ("the other alphabet", "Ij8/PyI+".into()),
        ("one character", "M".into()),
        ("white space", "M Q".into()),
        ("a new line", "MQ\n".into()),
        ("a dot inside", "M.Q".into()),
        ("not UTF-8", sealed(b"\"\xff\"")),
        ("a surrogate in UTF-8", sealed(b"\"\xed\xa0\x80\"")),
        ("not JSON", sealed(b"one")),
        ("NaN", sealed(b"NaN")),
        ("Infinity", sealed(b"Infinity")),
        ("a byte order mark", sealed(b"\xef\xbb\xbf1")),
        ("more than one value", sealed(b"1 1")),
        ("a comma too many", sealed(b"[1,]")),
        ("an end too early", sealed(b"[1")),
        ("a control character", sealed(b"\"\n\"")),
        ("a leading zero", sealed(b"01")),
        ("brackets without end", sealed("[".repeat(2000).as_bytes())),
        ("too deep", sealed(format!("{}{}", "[".repeat(1000), "]".repeat(1000)).as_bytes())),
    ];
    for (what, payload) in table {
        let answer = codec("salt").decode_at::<Value>(&forge.sign(&payload, &stamp), at(NOW));
        assert_eq!(answer, Err(DecodeError::Payload), "{what}");
    }
    // White space around a value is JSON.
    let spaced = forge.token_of(b" 1\n", NOW);
    assert_eq!(codec("salt").decode_at::<u8>(&spaced, at(NOW)), Ok(1));
}

#[test]
fn a_wrong_type_is_a_payload_error() {
    let codec = codec("salt");
    let token = codec.encode_at(&"text", at(NOW)).unwrap();
    assert_eq!(codec.decode_at::<u64>(&token, at(NOW)), Err(DecodeError::Payload));
    assert_eq!(codec.decode_at::<Vec<String>>(&token, at(NOW)), Err(DecodeError::Payload));
    assert_eq!(codec.decode_at::<Everything>(&token, at(NOW)), Err(DecodeError::Payload));
    assert_eq!(codec.decode_at::<String>(&token, at(NOW)), Ok("text".into()));
    let token = codec.encode_at(&256, at(NOW)).unwrap();
    assert_eq!(codec.decode_at::<u8>(&token, at(NOW)), Err(DecodeError::Payload));
    let token = codec.encode_at(&(1, 2, 3), at(NOW)).unwrap();
    assert_eq!(codec.decode_at::<(u8, u8)>(&token, at(NOW)), Err(DecodeError::Payload));
    let twice = Forge::codec(&secret(1), "salt").token(r#"{"inner":1,"inner":2}"#, NOW);
    #[derive(Debug, PartialEq, Deserialize)]
    struct Inner {
        inner: u8,
    }
    assert_eq!(codec.decode_at::<Inner>(&twice, at(NOW)).map(|inner| inner.inner), Err(DecodeError::Payload));
}

struct Fails;

impl Serialize for Fails {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("canary"))
    }
}

#[derive(Serialize)]
struct Wrapper<T>(T);

#[derive(Serialize)]
struct Pair<T>(u8, T);

#[derive(Serialize)]
struct Named<T> {
    before: u8,
    inner: T,
}

#[derive(Serialize)]
enum Variant<T> {
    Newtype(T),
    Tuple(u8, T),
    Struct { inner: T },
}

/// Asserts that a value is refused wherever it stands.
#[track_caller]
fn refused_everywhere<T: Serialize + Copy>(value: T) {
    refused(&value);
    refused(&Some(value));
    refused(&Some(Some(value)));
    refused(&[value]);
    refused(&vec![value, value]);
    refused(&(1, value));
    refused(&(value, 1));
    refused(&Wrapper(value));
    refused(&Pair(1, value));
    refused(&Named { before: 1, inner: value });
    refused(&Variant::Newtype(value));
    refused(&Variant::Tuple(1, value));
    refused(&Variant::Struct { inner: value });
    refused(&BTreeMap::from([("k", value)]));
    refused(&BTreeMap::from([("k", vec![Some(Variant::Tuple(1, Named { before: 2, inner: (value,) }))])]));
    refused(&Box::new(value));
    refused(&std::cell::Cell::new(value));
}

#[track_caller]
fn refused<T: Serialize>(value: &T) {
    let codec = codec("salt");
    assert_eq!(codec.encode_at(value, at(NOW)), Err(EncodeError::NotJson));

    let sessions = Sessions::builder(KeyRing::new(key(1))).build().unwrap();
    let mut session = sessions.start();
    session.insert("k", "kept").unwrap();
    session.insert("l", 1).unwrap();
    assert!(matches!(session.insert("k", value), Err(SessionError::NotJson(_))));
    assert!(matches!(session.insert("new", value), Err(SessionError::NotJson(_))));
    assert!(matches!(session.write(value), Err(SessionError::NotJson(_))));
    assert!(matches!(session.write(&BTreeMap::from([("k", value)])), Err(SessionError::NotJson(_))));
    assert_eq!(session.get_raw("k"), Some("\"kept\""));
    assert_eq!(session.keys().collect::<Vec<_>>(), ["k", "l"]);
}

#[test]
fn refuses_what_does_not_survive_json() {
    refused_everywhere(f64::NAN);
    refused_everywhere(-f64::NAN);
    refused_everywhere(f64::INFINITY);
    refused_everywhere(f64::NEG_INFINITY);
    refused_everywhere(f32::NAN);
    refused_everywhere(f32::INFINITY);
    refused_everywhere(f32::NEG_INFINITY);
}

#[test]
fn refuses_values_without_a_json_form() {
    refused(&Fails);
    refused(&vec![Some(Fails)]);
    refused(&BTreeMap::from([((1, 2), 3)]));
    refused(&BTreeMap::from([(vec![1], 3)]));
    refused(&BTreeMap::from([(None::<u8>, 3)]));
    refused(&BTreeMap::from([((), 3)]));
}

#[test]
fn writes_values_as_serde_json_does() {
    let codec = codec("salt");
    let json = |token: &str| Forge::codec(&secret(1), "salt").json(token);
    let raw = RawValue::from_string("[1.50, 2e0]".into()).unwrap();
    assert_eq!(json(&codec.encode_at(&raw, at(NOW)).unwrap()), "[1.50, 2e0]");
    let value = everything();
    assert_eq!(json(&codec.encode_at(&value, at(NOW)).unwrap()), serde_json::to_string(&value).unwrap());
    let value = json!({"a": [1, 2.5, null]});
    assert_eq!(json(&codec.encode_at(&value, at(NOW)).unwrap()), value.to_string());
    assert_eq!(json(&codec.encode_at("text", at(NOW)).unwrap()), "\"text\"");
    let ip = std::net::Ipv4Addr::LOCALHOST;
    assert_eq!(json(&codec.encode_at(&ip, at(NOW)).unwrap()), "\"127.0.0.1\"");
}

#[test]
fn writes_exactly_the_documented_token() {
    let forge = Forge::codec(&secret(1), "salt");
    let token = codec("salt").encode_at(&json!({"k": 1}), at(NOW)).unwrap();
    let same = forge.token(r#"{"k":1}"#, NOW);
    // Encrypted, each has random bytes in it.
    assert_eq!(token == same, !ENCRYPTED);
    assert_eq!((token.len(), forge.json(&token)), (same.len(), r#"{"k":1}"#.into()));
}
