//! What the command answers, to the letter: for every way in which the library refuses a cookie, and for every hint.
//!
//! `BLESS=1 cargo test -p cookie-session-cli --test golden` writes `tests/golden/` anew. What is expected of each case
//! stands here as well, so that a wrong answer cannot be blessed.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

#[path = "../../tests/support/aes.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    clippy::as_conversions,
    reason = "the forge encrypts with it, which is not asked of it here"
)]
mod aes;
#[path = "../../tests/support/forge.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    clippy::as_conversions,
    clippy::wrong_self_convention,
    reason = "shared with the tests of the core, and this uses a part of it"
)]
mod forge;
mod support;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use forge::{Digest, Forge, b64};
use serde_json::Value;
use support::{KEY_1, KEY_2, KEYS, Output, command, unhex};

/// When all of these are judged: 2026-11-20 09:12:03 UTC.
const NOW: u64 = 1_795_165_923;
const NAME: &str = "__Host-session";
const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// One run of `explain` or another command.
struct Case {
    name: &'static str,
    command: &'static str,
    args: Vec<String>,
    keys: String,
    input: String,
    status: i32,
    /// What `--json` says of the verdict.
    verdict: &'static str,
    rejection: Option<&'static str>,
    hints: &'static [&'static str],
}

impl Case {
    fn args(mut self, args: &[&str]) -> Self {
        self.args.extend(args.iter().map(|arg| (*arg).to_owned()));
        self
    }

    fn keys(mut self, keys: impl Into<String>) -> Self {
        self.keys = keys.into();
        self
    }

    fn run(&self, json: bool) -> Output {
        let now = NOW.to_string();
        let mut args = vec![self.command, "--keys-env", "SESSION_KEYS"];
        if !self.args.iter().any(|arg| arg == "--now") {
            args.extend(["--now", &now]);
        }
        args.extend(self.args.iter().map(String::as_str));
        if json {
            args.push("--json");
        }
        command(&args, &[("SESSION_KEYS", &self.keys)], self.input.as_bytes())
    }
}

fn explain(
    name: &'static str,
    input: impl Into<String>,
    verdict: &'static str,
    rejection: &'static str,
    hints: &'static [&'static str],
) -> Case {
    Case {
        name,
        command: "explain",
        args: Vec::new(),
        keys: KEYS.to_owned(),
        input: input.into(),
        status: i32::from(verdict != "accepted"),
        verdict,
        rejection: Some(rejection).filter(|rejection| !rejection.is_empty()),
        hints,
    }
}

fn refused(
    name: &'static str,
    input: impl Into<String>,
    rejection: &'static str,
    hints: &'static [&'static str],
) -> Case {
    explain(name, input, "refused", rejection, hints)
}

fn accepted(name: &'static str, input: impl Into<String>, hints: &'static [&'static str]) -> Case {
    explain(name, input, "accepted", "", hints)
}

/// A session that was created and signed so long ago.
fn session(age: u64) -> String {
    session_of(NAME, KEY_1, NOW - age, NOW - age, false, r#"{"user_id":42,"cart":["teapot","kettle"]}"#)
}

fn session_of(name: &str, key: &str, issued: u64, created: u64, permanent: bool, data: &str) -> String {
    Forge::session(&unhex(key), name).token(&format!("[{created},{permanent},{data}]"), issued)
}

/// A token of this cookie around any payload.
fn payload(text: &[u8]) -> String {
    Forge::session(&unhex(KEY_1), NAME).sign(&b64(text), &b64(&stamp(NOW)))
}

fn stamp(seconds: u64) -> Vec<u8> {
    seconds.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect()
}

const SECRET: &str = "an old secret of a Flask application";

/// A token as itsdangerous makes it.
fn itsdangerous(secret: &[u8], salt: &str, derivation: &str, digest: Digest, payload: &str) -> String {
    let key = match derivation {
        "hmac" => digest.hmac(secret, salt.as_bytes()),
        "concat" => digest.hash(&[salt.as_bytes(), secret].concat()),
        _ => digest.hash(&[salt.as_bytes(), b"signer", secret].concat()),
    };
    Forge::signing(key, digest).sign(payload, &b64(&stamp(NOW)))
}

fn flask(secret: &str, digest: Digest, json: &[u8]) -> String {
    itsdangerous(secret.as_bytes(), "cookie-session", "hmac", digest, &b64(json))
}

fn starlette(secret: &str) -> String {
    itsdangerous(
        secret.as_bytes(),
        "itsdangerous.Signer",
        "django-concat",
        Digest::Sha1,
        &BASE64_STANDARD.encode(r#"{"a": 1}"#),
    )
}

fn django(secret: &str, salt: &str, payload: &[u8]) -> String {
    let signed = format!("{}:1xUKf5", b64(payload));
    let key = Digest::Sha256.hash(&[salt.as_bytes(), b"signer", secret.as_bytes()].concat());
    format!("{signed}:{}", b64(&Digest::Sha256.hmac(&key, signed.as_bytes())))
}

/// `{"user_id":42}`, encrypted with the first key five minutes before, not permanent: made once by `sign --encrypted`, since
/// it is another text each time.
const ENCRYPTED: &str = "rg0foBKCkcvfF2HmOio_3MRKbJ_RAy7tNPhGpAOrBQw5wvLgGVU1ugohLGURnSCT1w_QJDIrBq-UCMVHHaI3nkOPc17JCej7SJVVd7-3JNc.awANtw.WkJ1B8NXy4klWKxFNF_Bu4GdOo5B6djvR8mbJQPN15M";

/// A small signed cookie of this name.
fn small(name: &str, json: &str, issued: u64) -> String {
    Forge::of(false, &unhex(KEY_1), format!("signed-cookie/{name}")).token(json, issued)
}

const DJANGO_SALT: &str = "django.contrib.sessions.backends.signed_cookies";

fn zlib(text: &[u8]) -> String {
    use std::io::Write as _;
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text).unwrap();
    format!(".{}", b64(&encoder.finish().unwrap()))
}

fn cases() -> Vec<Case> {
    let fresh = session(5 * MINUTE);
    let dev = session_of("dev-session", KEY_1, NOW, NOW, false, "{}");
    let other = |name| session_of(name, KEY_1, NOW - MINUTE, NOW - MINUTE, false, r#"{"a":1}"#);
    let big = |bytes: usize| {
        format!(r#"{{"user":{{"id":42,"name":"ann"}},"cart":"{}","theme":"dark"}}"#, "x".repeat(bytes))
    };
    let large = session_of(NAME, KEY_1, NOW, NOW, false, &big(2_600));
    let oversize = session_of(NAME, KEY_1, NOW, NOW, false, &big(4_000));
    let stranger = Forge::session(b"some other key, of another deployment", NAME)
        .token("[1795165000,false,{}]", NOW - 3 * DAY);
    let key_text = Forge::session(KEY_1.as_bytes(), NAME).token("[1795165923,false,{}]", NOW);
    let key_line = Forge::session(format!("{KEY_2}\n").as_bytes(), NAME).token("[1795165923,false,{}]", NOW);
    let key = Digest::Sha512.hmac(&unhex(KEY_1), b"cookie-session/v1/cookie/__Host-session");
    let sha512 = Forge::signing(key, Digest::Sha512);
    let in_flask = |case: Case| case.args(&["--format", "flask"]).keys(SECRET);
    let in_small = |case: Case| case.args(&["--signed-cookie", "--name", "__Host-oidc"]);
    let in_django = |case: Case| case.args(&["--format", "django"]).keys(SECRET);
    let in_starlette = |case: Case| case.args(&["--format", "starlette"]).keys(SECRET);
    vec![
        // Accepted.
        accepted("accepted", &fresh, &["ends"]),
        accepted(
            "accepted_by_a_fallback",
            session_of(NAME, KEY_2, NOW, NOW, true, "{}"),
            &["fallback_key", "ends"],
        ),
        accepted("accepted_and_large", &large, &["ends", "near_limit"]),
        accepted(
            "accepted_of_several",
            format!("Cookie: __Host-session={dev}; __Host-session={fresh}; theme=dark"),
            &["ends", "several"],
        ),
        accepted("accepted_beside_a_flag", format!("Cookie: flag; __Host-session={fresh}"), &["ends"]),
        in_flask(accepted("accepted_from_flask", flask(SECRET, Digest::Sha1, b"{\"a\":1}"), &["ends"])),
        in_flask(accepted(
            "accepted_compressed",
            itsdangerous(
                SECRET.as_bytes(),
                "cookie-session",
                "hmac",
                Digest::Sha1,
                &zlib(&[b"{\"a\":\"", [b'x'; 200].as_slice(), b"\"}"].concat()),
            ),
            &["ends"],
        )),
        in_django(accepted("accepted_from_django", django(SECRET, DJANGO_SALT, b"{\"a\":1}"), &["ends"])),
        in_starlette(accepted("accepted_from_starlette", starlette(SECRET), &["ends"])),
        accepted("accepted_encrypted", ENCRYPTED, &["ends"]).args(&["--encrypted"]),
        accepted("accepted_signed_beside_encrypted", &fresh, &["ends"]).args(&[
            "--encrypted",
            "--accept-signed",
            "2026-11-20T09:12:03Z",
        ]),
        accepted("accepted_encrypted_beside_signed", ENCRYPTED, &["ends"]).args(&["--accept-encrypted"]),
        // Too long.
        refused("too_long", &oversize, "too_long", &["too_long"]),
        refused("too_long_and_unknown", "no!".repeat(1_700), "too_long", &["too_long", "no_token"]),
        // No token.
        refused("empty", format!("{NAME}="), "malformed", &["empty"]),
        refused("not_a_token", "no-such-thing", "malformed", &["no_token"]),
        refused("quoted", format!("\"{fresh}\""), "malformed", &["quoted", "otherwise_good"]),
        refused(
            "percent_encoded",
            fresh.replace('.', "%2E"),
            "malformed",
            &["percent_encoded", "otherwise_good"],
        ),
        refused(
            "percent_encoded_and_quoted",
            format!("%22{}%22", session(3 * HOUR)),
            "malformed",
            &["percent_encoded", "quoted", "otherwise_bad"],
        ),
        refused(
            "broken_lines",
            format!("{}\n  {}", &fresh[..70], &fresh[70..]),
            "invalid_signature",
            &["white_space", "otherwise_good"],
        ),
        refused("padded", format!("{fresh}="), "malformed", &["respelled", "otherwise_good"]),
        refused("appended", format!("{fresh}abc"), "malformed", &["appended", "otherwise_good"]),
        refused("appended_one", format!("{fresh},"), "malformed", &["appended", "otherwise_good"]),
        refused("shortened", format!("{}…", &fresh[..60]), "malformed", &["shortened"]),
        refused("cut_off_in_the_payload", &fresh[..40], "malformed", &["cut_off"]),
        refused("cut_off_in_the_signature", &fresh[..fresh.len() - 10], "malformed", &["cut_off"]),
        // What is left of it is as long as a whole one of HMAC-SHA1.
        refused(
            "cut_off_in_the_signature_perhaps",
            &fresh[..fresh.len() - 16],
            "malformed",
            &["cut_off", "other_key", "altered"],
        ),
        refused("cut_off_at_a_limit", &oversize[..1024], "malformed", &["cut_off"]),
        refused(
            "cut_off_in_an_encrypted_payload",
            &ENCRYPTED[..ENCRYPTED.find('.').unwrap() - 8],
            "malformed",
            &["cut_off"],
        )
        .args(&["--encrypted"]),
        refused(
            "cut_off_in_an_encrypted_signature",
            &ENCRYPTED[..ENCRYPTED.len() - 10],
            "malformed",
            &["cut_off"],
        )
        .args(&["--encrypted"]),
        // Where nothing is encrypted, random bytes are no beginning of a token.
        refused(
            "an_encrypted_cookie_of_another_library",
            &ENCRYPTED[..ENCRYPTED.find('.').unwrap() - 8],
            "malformed",
            &["not_ours"],
        ),
        refused(
            "a_json_web_token",
            format!(
                "{}.{}.{}",
                b64(br#"{"alg":"HS256","typ":"JWT"}"#),
                b64(br#"{"sub":"42"}"#),
                "A".repeat(43)
            ),
            "malformed",
            &["not_ours"],
        ),
        refused(
            "an_iron_session",
            "Fe26.2*1*a1b2*c3d4*e5f6*1795165923000*0a1b*2c3d~2",
            "malformed",
            &["not_ours"],
        ),
        // A signature that does not match.
        refused("lower_case", fresh.to_lowercase(), "malformed", &["lower_case"]),
        refused("another_key", &stranger, "invalid_signature", &["other_key", "altered"]),
        refused("another_key_of_one", &stranger, "invalid_signature", &["other_key", "altered"]).keys(KEY_1),
        refused(
            "another_key_of_flask",
            flask("unknown", Digest::Sha1, b"{\"a\":1}"),
            "malformed",
            &["other_key", "looks_otherwise", "altered"],
        ),
        refused("a_dev_cookie", &dev, "invalid_signature", &["other_name", "otherwise_good"]),
        refused("no_dev_cookie", &fresh, "invalid_signature", &["other_name", "otherwise_good"])
            .args(&["--name", "dev-session"]),
        refused(
            "another_prefix",
            other("__Secure-session"),
            "invalid_signature",
            &["other_name", "otherwise_good"],
        ),
        refused("another_name", other("shop"), "invalid_signature", &["other_name", "otherwise_good"])
            .args(&["--also", "shop"]),
        refused(
            "another_name_in_the_header",
            format!("{NAME}={}; cart=x", other("cart")),
            "invalid_signature",
            &["other_name", "otherwise_good"],
        ),
        refused(
            "another_name_and_expired",
            session_of("dev-session", KEY_2, NOW - 97_380, NOW - 97_380, false, "{}"),
            "invalid_signature",
            &["other_name", "otherwise_bad"],
        ),
        refused(
            "a_codec_token",
            Forge::codec(&unhex(KEY_1), "confirm-email").token("42", NOW),
            "invalid_signature",
            &["codec_token"],
        )
        .args(&["--codec", "confirm-email"]),
        refused(
            "a_small_cookie",
            small("__Host-oidc", r#"{"state":"af0ifjsldkj"}"#, NOW - MINUTE),
            "invalid_signature",
            &["signed_cookie"],
        )
        .args(&["--also", "__Host-oidc"]),
        refused(
            "a_small_cookie_of_the_same_name",
            small(NAME, "42", NOW),
            "invalid_signature",
            &["signed_cookie"],
        ),
        refused(
            "a_small_cookie_that_is_old",
            small("theme", "\"dark\"", NOW - 300 * DAY),
            "invalid_signature",
            &["signed_cookie"],
        )
        .args(&["--also", "theme"]),
        refused(
            "a_small_cookie_of_an_application",
            small("theme/shop", "\"dark\"", NOW),
            "invalid_signature",
            &["signed_cookie"],
        )
        .args(&["--also", "theme", "--application", "shop"]),
        refused(
            "an_encrypted_small_cookie",
            Forge::of(true, &unhex(KEY_2), "signed-cookie/__Host-oidc").token("1", NOW),
            "invalid_signature",
            &["signed_cookie"],
        )
        .args(&["--also", "__Host-oidc"]),
        refused(
            "a_small_cookie_with_quotes",
            format!("\"{}\"", small("__Host-oidc", "1", NOW)),
            "malformed",
            &["quoted", "signed_cookie"],
        )
        .args(&["--also", "__Host-oidc"]),
        // Where a small cookie is expected.
        in_small(accepted(
            "small_accepted",
            small("__Host-oidc", r#"{"state":"x"}"#, NOW - MINUTE),
            &["ends"],
        )),
        in_small(refused("small_too_old", small("__Host-oidc", "1", NOW - HOUR), "expired", &["idle"])),
        in_small(refused(
            "small_too_old_for_its_max_age",
            small("__Host-oidc", "1", NOW - 2 * MINUTE),
            "expired",
            &["idle", "clock_may_be_ahead"],
        ))
        .args(&["--max-age", "1m"]),
        in_small(refused(
            "small_ahead",
            small("__Host-oidc", "1", NOW + 61),
            "not_yet_valid",
            &["clock_ahead"],
        )),
        in_small(refused("small_and_a_session", &fresh, "invalid_signature", &["a_session"]))
            .args(&["--also", NAME]),
        in_small(refused(
            "small_and_a_session_of_the_same_name",
            other("__Host-oidc"),
            "invalid_signature",
            &["a_session"],
        )),
        in_small(refused(
            "small_and_a_session_of_flask",
            flask(KEY_1, Digest::Sha1, b"{}"),
            "malformed",
            &["a_session"],
        )),
        in_small(refused(
            "small_of_another_name",
            small("oidc", "1", NOW),
            "invalid_signature",
            &["other_name"],
        )),
        in_small(refused(
            "small_of_another_application",
            small("__Host-oidc/shop", "1", NOW),
            "invalid_signature",
            &["other_application"],
        ))
        .args(&["--also", "shop"]),
        in_small(refused(
            "small_and_encrypted",
            Forge::of(true, &unhex(KEY_2), "signed-cookie/__Host-oidc").token("1", NOW),
            "invalid_signature",
            &["other_privacy"],
        )),
        in_small(refused("small_and_unknown", &stranger, "invalid_signature", &["other_key", "altered"])),
        in_small(explain(
            "small_renamed",
            format!("Cookie: oidc={}", small("__Host-oidc", "1", NOW)),
            "absent",
            "",
            &["renamed", "absent"],
        )),
        refused("key_not_decoded", &key_text, "invalid_signature", &["key_not_decoded", "otherwise_good"]),
        refused("key_with_newline", &key_line, "invalid_signature", &["key_with_newline", "otherwise_good"]),
        refused("another_digest", sha512.token("[1795165923,false,{}]", NOW), "malformed", &["other_digest"]),
        refused(
            "another_derivation",
            itsdangerous(
                &unhex(KEY_1),
                "cookie-session/v1/cookie/__Host-session",
                "django-concat",
                Digest::Sha256,
                &b64(b"[1795165923,false,{}]"),
            ),
            "invalid_signature",
            &["other_digest"],
        ),
        refused(
            "a_flask_session",
            flask(KEY_1, Digest::Sha1, b"{\"a\":1}"),
            "malformed",
            &["other_format", "otherwise_good"],
        ),
        refused(
            "a_flask_session_with_sha256",
            flask(KEY_2, Digest::Sha256, b"{\"a\":1}"),
            "invalid_signature",
            &["other_format", "otherwise_good"],
        ),
        refused(
            "a_flask_session_of_decoded_keys",
            itsdangerous(&unhex(KEY_1), "cookie-session", "hmac", Digest::Sha1, &b64(b"{}")),
            "malformed",
            &["other_format", "key_decoded", "otherwise_good"],
        ),
        refused(
            "a_django_session",
            django(KEY_1, DJANGO_SALT, b"{\"a\":1}"),
            "malformed",
            &["other_format", "otherwise_good"],
        ),
        refused(
            "a_django_token",
            django(KEY_1, "django.core.signing", b"42"),
            "malformed",
            &["django_token"],
        ),
        refused("a_starlette_session", starlette(KEY_1), "malformed", &["other_format", "otherwise_good"]),
        refused(
            "an_itsdangerous_token",
            itsdangerous(KEY_1.as_bytes(), "itsdangerous", "django-concat", Digest::Sha1, &b64(b"42")),
            "malformed",
            &["itsdangerous_token"],
        ),
        in_flask(refused(
            "another_digest_in_flask",
            flask(SECRET, Digest::Sha512, b"{}"),
            "malformed",
            &["other_settings", "otherwise_good"],
        )),
        in_flask(refused(
            "a_native_session_in_flask",
            Forge::session(&unhex(KEY_1), "session").token("[1795165923,false,{}]", NOW),
            "malformed",
            &["other_format", "otherwise_good"],
        ))
        .keys(KEY_1),
        in_django(refused(
            "a_flask_session_in_django",
            flask(SECRET, Digest::Sha1, b"{}"),
            "malformed",
            &["other_format", "otherwise_good"],
        )),
        refused(
            "another_application",
            Forge::salted(&unhex(KEY_1), b"cookie-session/v1/cookie/__Host-session/staging")
                .token("[1795165923,false,{}]", NOW),
            "invalid_signature",
            &["other_application", "otherwise_good"],
        ),
        refused("no_application", &fresh, "invalid_signature", &["other_application", "otherwise_good"])
            .args(&["--application", "shop"]),
        refused("an_encrypted_session", ENCRYPTED, "invalid_signature", &["other_privacy", "otherwise_good"]),
        refused(
            "a_signed_session_where_they_are_encrypted",
            &fresh,
            "invalid_signature",
            &["other_privacy", "otherwise_good"],
        )
        .args(&["--encrypted"]),
        refused("a_signed_session_too_late", &fresh, "expired", &["other_privacy", "otherwise_good"])
            .args(&["--encrypted", "--accept-signed", "2026-11-20T09:12:02Z"]),
        refused(
            "an_encrypted_session_of_another_name",
            ENCRYPTED,
            "invalid_signature",
            &["other_name", "otherwise_good"],
        )
        .args(&["--encrypted", "--name", "__Secure-session"]),
        // Its age.
        refused(
            "a_clock_ahead",
            session_of(NAME, KEY_1, NOW + 61, NOW + 61, false, "{}"),
            "not_yet_valid",
            &["clock_ahead"],
        ),
        refused(
            "a_clock_ahead_by_an_hour",
            session_of(NAME, KEY_1, NOW + HOUR + 5, NOW, false, "{}"),
            "not_yet_valid",
            &["clock_ahead"],
        ),
        refused(
            "created_ahead",
            session_of(NAME, KEY_1, NOW, NOW + 2 * MINUTE, false, "{}"),
            "not_yet_valid",
            &["clock_ahead"],
        ),
        refused("idle", session(27 * HOUR + 3 * MINUTE), "expired", &["idle", "absolute", "not_permanent"]),
        refused(
            "idle_by_little",
            session(2 * HOUR + 40),
            "expired",
            &["idle", "clock_may_be_ahead", "not_permanent"],
        ),
        refused(
            "absolute",
            session_of(NAME, KEY_1, NOW - MINUTE, NOW - 25 * HOUR, false, "{}"),
            "expired",
            &["absolute", "not_permanent"],
        ),
        refused(
            "idle_though_permanent",
            session_of(NAME, KEY_1, NOW - 20 * DAY, NOW - 30 * DAY, true, "{}"),
            "expired",
            &["idle"],
        ),
        refused(
            "idle_with_another_limit",
            session(10 * MINUTE),
            "expired",
            &["idle", "clock_may_be_ahead", "not_permanent"],
        )
        .args(&["--idle", "5m"]),
        in_flask(refused("idle_in_flask", flask(SECRET, Digest::Sha1, b"{}"), "expired", &["idle"])).args(&[
            "--max-age",
            "1h",
            "--now",
            "1795999999",
        ]),
        refused("idle_and_encrypted", ENCRYPTED, "expired", &["idle", "absolute", "not_permanent"]).args(&[
            "--encrypted",
            "--now",
            "2026-11-21T12:12:03Z",
        ]),
        // Its payload.
        refused("an_object", payload(b"{\"user_id\":42}"), "payload", &["payload_no_session"]),
        refused("no_json", payload(b"user 42"), "payload", &["payload_not_json"]),
        refused("no_text", payload(b"\xff\xfe"), "payload", &["payload_not_text"]),
        refused(
            "no_base64",
            Forge::session(&unhex(KEY_1), NAME).sign("W10=", &b64(&stamp(NOW))),
            "payload",
            &["payload_not_base64"],
        ),
        refused(
            "compressed",
            Forge::session(&unhex(KEY_1), NAME).sign(&zlib(&[b'['; 99]), &b64(&stamp(NOW))),
            "payload",
            &["payload_compressed"],
        ),
        refused(
            "a_key_twice",
            payload(format!("[{NOW},false,{{\"a\":1,\"a\":2}}]").as_bytes()),
            "payload",
            &["payload_duplicate"],
        ),
        refused(
            "a_later_version",
            payload(format!("[{NOW},false,{{\"a\":1}},{{\"Z\":1}}]").as_bytes()),
            "unsupported",
            &["payload_later_version"],
        ),
        refused(
            "not_a_number",
            payload(format!("[{NOW},false,{{\"a\":NaN}}]").as_bytes()),
            "payload",
            &["payload_nonfinite"],
        ),
        in_flask(refused(
            "a_bomb_in_flask",
            itsdangerous(
                SECRET.as_bytes(),
                "cookie-session",
                "hmac",
                Digest::Sha1,
                &zlib(&vec![b' '; 300_000]),
            ),
            "payload",
            &["payload_inflated"],
        )),
        in_flask(refused(
            "a_list_in_flask",
            flask(SECRET, Digest::Sha1, b"[1]"),
            "payload",
            &["payload_no_session"],
        )),
        in_django(refused(
            "pickled_in_django",
            django(SECRET, DJANGO_SALT, b"\x80\x05}\x94."),
            "payload",
            &["payload_pickled"],
        )),
        // Not there.
        explain(
            "absent",
            format!("Cookie: theme=dark; dev-session={dev}"),
            "absent",
            "",
            &["other_name", "otherwise_good", "absent"],
        ),
        explain(
            "absent_beside_a_small_cookie",
            format!("Cookie: theme={}; lang=en", small("theme", "\"dark\"", NOW)),
            "absent",
            "",
            &["signed_cookie", "absent"],
        ),
        explain("renamed", format!("sid={fresh}"), "absent", "", &["renamed", "absent"]),
        explain("absent_and_unknown", "theme=dark", "absent", "", &["absent"]),
    ]
}

#[test]
fn explains_every_case_as_it_is_written_down() {
    let (mut written, mut wrong) = (BTreeSet::new(), Vec::new());
    for case in cases() {
        let (text, json) = (case.run(false), case.run(true));
        let report: Value =
            serde_json::from_str(&json.stdout).unwrap_or_else(|_| panic!("{}: {json:?}", case.name));
        let hints: Vec<&str> =
            report["hints"].as_array().unwrap().iter().map(|hint| hint["hint"].as_str().unwrap()).collect();
        let found = (report["verdict"].as_str().unwrap(), report["rejection"].as_str(), hints.as_slice());
        let expected = (case.verdict, case.rejection, case.hints);
        if found != expected {
            wrong.push(format!("{}: {found:?} instead of {expected:?}", case.name));
            continue;
        }
        for output in [&text, &json] {
            assert_eq!(output.status, case.status, "{}: {output:?}", case.name);
            assert_eq!(output.stderr, "", "{}", case.name);
        }
        let mut shown =
            format!("$ cookie-session {} {}\n", case.command, case.args.join(" ")).replace(" \n", "\n");
        let _ = writeln!(shown, "< {}", abbreviated(case.input.trim_end()));
        let _ = write!(shown, "{}exit {}\n\n{}", text.stdout, text.status, json.stdout);
        compare(case.name, &shown);
        assert!(written.insert(case.name), "{} is there twice", case.name);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    for file in std::fs::read_dir(folder).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        assert!(written.contains(name.trim_end_matches(".txt")), "nothing makes {name}");
    }
}

/// Tokens are long, and the tests above make them.
fn abbreviated(text: &str) -> String {
    let text: String = text.chars().map(|c| if c == '\n' { ' ' } else { c }).collect();
    if text.len() <= 100 {
        return text;
    }
    format!("{}[{} more bytes]", text.chars().take(80).collect::<String>(), text.len() - 80)
}

#[track_caller]
fn compare(name: &str, shown: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/{name}.txt"));
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, shown).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(shown, expected, "{name}");
}

#[test]
fn there_is_a_case_for_every_rejection_of_the_library() {
    let source = include_str!("../../src/error.rs");
    let names = source.split("impl DecodeError {").nth(1).unwrap().split("\n}\n").next().unwrap();
    let names: BTreeSet<&str> =
        names.split("=> \"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert!(names.len() >= 6, "{names:?}");
    let rejections: BTreeSet<&str> = cases().iter().filter_map(|case| case.rejection).collect();
    assert_eq!(names, rejections);
}

#[test]
fn there_is_a_case_for_every_hint() {
    let sources = [
        "explain.rs",
        "explain/age.rs",
        "explain/made.rs",
        "explain/payload.rs",
        "explain/size.rs",
        "explain/unknown.rs",
    ];
    let mut hints = BTreeSet::new();
    for source in sources {
        let text =
            std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(source)).unwrap();
        let made = text.split("Hint::new(").skip(1).filter_map(|rest| rest.trim_start().strip_prefix('"'));
        let payloads = text.split("\"payload_").skip(1).map(|rest| format!("payload_{rest}"));
        let name = |rest: &str| rest.split('"').next().unwrap().to_owned();
        hints.extend(made.map(name));
        hints.extend(payloads.collect::<Vec<_>>().iter().map(|rest| name(rest)));
    }
    assert!(hints.len() >= 40, "{hints:?}");
    let shown: BTreeSet<String> =
        cases().iter().flat_map(|case| case.hints).map(|hint| (*hint).to_owned()).collect();
    let missing: Vec<_> = hints.difference(&shown).collect();
    // For rejections of a library that is newer than this program.
    assert_eq!(missing, ["payload"]);
}

#[test]
fn a_session_of_the_library_is_read_back() {
    // The tokens above are made without it.
    let signed = command(
        &["sign", "--keys-env", "K", "--now", "1795165923", "--permanent"],
        &[("K", KEYS)],
        br#"{"b":1.50,"a":[1,{"x":"y"}]}"#,
    );
    assert_eq!((signed.status, signed.stderr.as_str()), (0, ""));
    let expected =
        Forge::session(&unhex(KEY_1), NAME).token(r#"[1795165923,true,{"b":1.50,"a":[1,{"x":"y"}]}]"#, NOW);
    assert_eq!(signed.stdout, format!("{NAME}={expected}\n"));
}
