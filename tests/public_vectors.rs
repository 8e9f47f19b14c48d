//! The library agrees with `vectors/native.json`, which was made without it.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

use std::time::{Duration, SystemTime};

use cookie_session::{KeyRing, Lifetime, Sessions};
use serde_json::{Value, json};

fn seconds(value: &Value) -> Duration {
    Duration::from_secs(value.as_u64().unwrap())
}

fn unix(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs()
}

/// Returns when a test takes place, if this platform can say so: the time of Windows ends in the year 30828.
fn now(test: &Value) -> Option<SystemTime> {
    SystemTime::UNIX_EPOCH.checked_add(seconds(&test["now"]))
}

/// Opens the session of a test.
pub(crate) fn open(group: &Value, test: &Value) -> Value {
    let mut keys = group["keys"].as_array().unwrap().iter().map(|key| key.as_str().unwrap().parse().unwrap());
    let first = KeyRing::new(keys.next().unwrap());
    let lifetime =
        |limits: &Value| Lifetime { idle: seconds(&limits["idle"]), absolute: seconds(&limits["absolute"]) };
    let sessions = Sessions::builder(keys.fold(first, KeyRing::fallback))
        // Nobody asks it: the test says what time it is.
        .clock(|| SystemTime::UNIX_EPOCH)
        .name(group["name"].as_str().unwrap())
        .lifetime(lifetime(&group["lifetime"]))
        .permanent_lifetime(lifetime(&group["permanent_lifetime"]))
        .skew(seconds(&group["skew"]));
    let sessions = match group["application"].as_str() {
        Some(application) => sessions.application(application).build().unwrap(),
        None => sessions.build().unwrap(),
    };
    // In the file, a character stands for a byte.
    let bytes = |line: &Value| line.as_str().unwrap().chars().map(|c| u8::try_from(c).unwrap()).collect();
    let lines: Vec<Vec<u8>> = test["cookies"].as_array().unwrap().iter().map(bytes).collect();
    let session = sessions.open_at(lines, now(test).unwrap());
    if session.is_new() {
        let reason = session.rejection().map_or("absent", |error| error.as_str());
        return json!({"result": "invalid", "reason": reason});
    }
    json!({
        "result": "valid",
        "issued": session.issued_at().map(unix),
        "created": session.created_at().map(unix),
        "permanent": session.permanent(),
        "data": session.read::<Value>().unwrap(),
    })
}

#[test]
fn opens_and_refuses_sessions_as_the_public_vectors_say() {
    let file: Value = serde_json::from_str(include_str!("../vectors/native.json")).unwrap();
    let (mut count, mut skipped) = (0, 0);
    for group in file["testGroups"].as_array().unwrap() {
        for test in group["tests"].as_array().unwrap() {
            count += 1;
            if now(test).is_none() {
                skipped += 1;
                continue;
            }
            let found = open(group, test);
            for (name, value) in found.as_object().unwrap() {
                assert_eq!(&test[name], value, "{name} of {}: {}", test["tcId"], test["comment"]);
            }
        }
    }
    assert!(count >= 1_200 && file["numberOfTests"] == count);
    assert!(skipped == 0 || cfg!(windows), "{skipped} tests were left out");
}
