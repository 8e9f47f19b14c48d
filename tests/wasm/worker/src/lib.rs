//! Sessions as in a worker: what `../host.mjs` asks is answered without a clock and without a random source.

#![allow(unsafe_code, reason = "a name that the host knows is an unsafe attribute")]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

use std::cell::RefCell;
use std::time::{Duration, SystemTime};

use cookie_session::{Codec, KeyRing, SecretKey, Sessions};
use serde_json::{Value, json};

#[path = "../../../public_vectors.rs"]
mod public_vectors;

thread_local! {
    /// What the host says, byte by byte, and what it is answered. So neither side has pointers into the other.
    static TEXT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Takes the next byte of the question.
#[unsafe(no_mangle)]
pub extern "C" fn push(byte: u8) {
    TEXT.with_borrow_mut(|text| text.push(byte));
}

/// Answers the question.
#[unsafe(no_mangle)]
pub extern "C" fn ask() {
    TEXT.with_borrow_mut(|text| {
        let question: Value = serde_json::from_slice(text).unwrap();
        *text = answer(&question).to_string().into_bytes();
        text.reverse();
    });
}

/// Gives the next byte of the answer, or -1 after its last.
#[unsafe(no_mangle)]
pub extern "C" fn pop() -> i32 {
    TEXT.with_borrow_mut(|text| text.pop().map_or(-1, i32::from))
}

fn answer(question: &Value) -> Value {
    let keys = || KeyRing::new(question["key"].as_str().unwrap().parse().unwrap());
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(question["now"].as_u64().unwrap_or(0));
    match question["what"].as_str().unwrap() {
        "open" => public_vectors::open(&question["group"], &question["test"]),
        "log in" => {
            let sessions = Sessions::builder(keys()).clock(move || now).build().unwrap();
            let mut session = sessions.start();
            session.insert("user_id", 42).unwrap();
            json!(sessions.save(session).unwrap().cookie_pair())
        }
        "read" => {
            let sessions = Sessions::builder(keys()).clock(move || now).build().unwrap();
            json!(sessions.open([question["cookie"].as_str().unwrap()]).get::<u64>("user_id").unwrap())
        }
        "token" => {
            let bare = Codec::new(&keys(), "links", Duration::from_secs(3600)).unwrap();
            let codec = bare.clone().clock(move || now);
            let token = codec.encode("ada").unwrap();
            json!([
                codec.decode::<String>(&token).unwrap(),
                bare.decode::<String>(&token).unwrap_err().as_str()
            ])
        }
        "build without a clock" => json!(Sessions::builder(keys()).build().unwrap_err().to_string()),
        "make a key" => json!(SecretKey::generate().unwrap_err().to_string()),
        "form" => {
            let sessions = Sessions::builder(keys()).clock(move || now).build().unwrap();
            json!(sessions.start().csrf_token().unwrap_err().to_string())
        }
        _ => Value::Null,
    }
}
