//! Whatever text begins with an object, the scanner of members takes it only if `serde_json` does, with the same members
//! and the same end; and it takes each that is compact, has no escapes and is not too deep.

#![no_main]

use std::fmt;

use libfuzzer_sys::fuzz_target;
use scan::Place;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

#[path = "../../src/json/scan.rs"]
mod scan;

fuzz_target!(|bytes: &[u8]| {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&bytes[..error.valid_up_to()]).expect("it is valid up to there"),
    };
    let mut places = Vec::new();
    let scanned = scan::members(text, |place| places.push(place));
    let mut objects = serde_json::Deserializer::from_str(text).into_iter::<Listed<'_>>();
    let read = objects.next().and_then(Result::ok);
    let end = objects.byte_offset();
    match (scanned, read) {
        (Some(scanned), Some(Listed(read))) => {
            assert_eq!(scanned, end, "another end: {text:?}");
            let members = |place: &Place| {
                assert_eq!(&text[place.colon..=place.colon], ":");
                (&text[place.start..place.colon], &text[place.colon + 1..place.end])
            };
            assert!(places.iter().map(members).eq(read), "other members: {text:?}");
        }
        (Some(_), None) => panic!("serde_json refuses it: {text:?}"),
        (None, Some(_)) => assert!(!is_for_the_scanner(text, end), "not taken: {text:?}"),
        (None, None) => {}
    }
});

/// The members of an object as they are written, also those whose key comes twice.
struct Listed<'t>(Vec<(&'t str, &'t str)>);

impl<'de> Deserialize<'de> for Listed<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Listed<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Listed<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some((key, value)) = map.next_entry::<&RawValue, &RawValue>()? {
                    members.push((key.get(), value.get()));
                }
                Ok(Listed(members))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

/// Says whether a text whose first object ends here is compact up to there, of no more than 64 levels, and without escapes.
fn is_for_the_scanner(text: &str, end: usize) -> bool {
    if text.bytes().any(|byte| byte == b'\\' || byte < b' ') {
        return false;
    }
    let (mut inside, mut depth, mut deepest, mut is_compact) = (false, 0_usize, 0, true);
    for byte in text[..end].bytes() {
        match byte {
            b'"' => inside = !inside,
            _ if inside => {}
            b' ' => is_compact = false,
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth -= 1,
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    is_compact && deepest <= 64
}
