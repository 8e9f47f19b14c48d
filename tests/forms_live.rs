//! Flask-WTF's tokens and Flask's messages, Django's tokens and messages, both ways with the real libraries.
//!
//! ```sh
//! INTEROP_PYTHON="$(tests/interop/venv.sh | tail -n 1)" cargo test --all-features --test forms_live -- --ignored
//! ```

#![cfg(all(feature = "flask", feature = "django"))]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

use std::process::Command;

use cookie_session::{SessionError, Sessions, django, flask};
use serde_json::{Value, json};

const SECRET: &str = "the secret of both applications, long enough";

/// Runs `tests/interop/forms.py` with a question, and returns its answer.
fn ask(question: &Value) -> Value {
    let python =
        std::env::var("INTEROP_PYTHON").expect("INTEROP_PYTHON is the Python of tests/interop/venv.sh");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/interop/forms.py");
    let output = Command::new(python).arg(script).arg(question.to_string()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_str(&text).unwrap()
}

fn sessions(framework: &str) -> Sessions {
    let builder = match framework {
        "flask" => Sessions::builder(flask::Profile::new(flask::SecretKey::new(SECRET).unwrap())),
        _ => Sessions::builder(django::Profile::new(django::SecretKey::new(SECRET).unwrap())),
    };
    builder.build().unwrap()
}

fn value(pair: Option<&str>) -> String {
    pair.unwrap().split_once('=').unwrap().1.to_owned()
}

#[test]
#[ignore = "needs Python with the frameworks"]
fn both_sides_accept_each_others_tokens_and_messages() {
    for framework in ["flask", "django"] {
        let sessions = sessions(framework);
        // Rust writes, Python reads.
        let mut session = sessions.start();
        let token = session.csrf_token().unwrap();
        for (category, message) in [("error", "„Ä“ <b>"), ("my own", "second")] {
            session.flash(category, message).unwrap();
        }
        let pair = sessions.save(session).unwrap().cookie_pair().map(str::to_owned);
        let answer = ask(
            &json!({"framework": framework, "secret": SECRET, "cookie": value(pair.as_deref()), "token": token}),
        );
        assert_eq!(answer["accepts"], true, "{framework}");
        assert_eq!(answer["accepts_another"], false, "{framework}");
        let expected = match framework {
            "flask" => json!([["error", "„Ä“ <b>"], ["my own", "second"]]),
            _ => json!([["error", "„Ä“ <b>"], ["my own info", "second"]]),
        };
        assert_eq!(answer["flashes"], expected, "{framework}");

        // Python writes, Rust reads: the session after its messages were taken, with a token and messages of its own.
        let mut session =
            sessions.open([format!("{}={}", sessions.cookie_name(), answer["cookie"].as_str().unwrap())]);
        assert_eq!(session.rejection(), None, "{framework}");
        session.check_csrf(&token).unwrap();
        session.check_csrf(answer["token"].as_str().unwrap()).unwrap();
        let flashes: Vec<_> = session.take_flashes().unwrap();
        let flashes: Vec<_> = flashes
            .iter()
            .map(|flash| (flash.category.as_str(), flash.message.as_str(), flash.is_html))
            .collect();
        assert_eq!(flashes, [("info", "plain <b>", false), ("success", "<b>bold</b>", true)], "{framework}");
        session.renew();
        assert_eq!(session.check_csrf(&token), Err(SessionError::ForeignForm), "{framework}");
    }
}
