//! The commands beside `explain`: what they answer, how they end, and how they take what is wrong.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

mod support;

use std::path::Path;

use cookie_session::{KeyRing, SecretKey, Sessions};
use serde_json::Value;
use support::{KEY_1, KEY_2, KEYS, Output, command, scratch};

/// 2026-11-20 09:12:03 UTC.
const NOW: &str = "1795165923";

#[track_caller]
fn good(args: &[&str], input: &str) -> String {
    let output = command(args, &[("K", KEYS)], input.as_bytes());
    assert_eq!((output.status, output.stderr.as_str()), (0, ""), "{args:?}");
    output.stdout
}

#[track_caller]
fn json(args: &[&str], input: &str) -> Value {
    serde_json::from_str(&good(&[args, &["--json"]].concat(), input)).unwrap()
}

#[test]
fn keygen_makes_a_new_key_each_time_that_the_library_takes() {
    let keys = [
        good(&["keygen"], ""),
        good(&["keygen", "--hex"], ""),
        json(&["keygen"], "")["key"].as_str().unwrap().to_owned(),
    ];
    for key in &keys {
        assert!(key.trim().parse::<SecretKey>().is_ok());
    }
    assert_eq!((keys[0].len(), keys[1].len()), (45, 65));
    assert!(keys[1].trim().bytes().all(|byte| byte.is_ascii_hexdigit()));
    assert!(good(&["keygen"], "") != keys[0] && good(&["keygen", "--hex"], "") != keys[1]);
}

#[test]
fn plan_says_which_key_may_go_when() {
    let plan = |args: &[&str]| {
        let all = ["keys", "plan", "--keys-env", "K", "--now", NOW];
        (good(&[&all, args].concat(), ""), json(&[&all, args].concat(), ""))
    };
    let (text, report) = plan(&[]);
    assert_eq!(
        text,
        "key 1  signs, and stays.\n\
         key 2  verifies only. If it is the next key, keep it, and put it first once every machine has\n       \
         it. If it has signed before, it may go after 2026-12-04 09:13:03 UTC provided that it\n       \
         signs nowhere any more; --since says when it stopped.\n\n\
         A key is needed for 14 d (the longest age of anything that it signed) and 1 m (by which clocks\n\
         may differ) after it stopped signing on the last machine.\n"
    );
    let wait = 14 * 24 * 60 * 60 + 60;
    let now = 1_795_165_923;
    assert_eq!(report["wait"], wait);
    assert_eq!(
        report["keys"][0],
        serde_json::json!({"key": 1, "role": "signs", "may_go": null, "since_given": false})
    );
    assert_eq!(
        report["keys"][1],
        serde_json::json!({"key": 2, "role": "verifies", "may_go": now + wait, "since_given": false})
    );

    let (text, report) = plan(&["--since", "2026-11-19T09:12:03Z"]);
    assert!(text.contains("It may go after 2026-12-03 09:13:03 UTC, in 13 d."), "{text}");
    assert_eq!(report["keys"][1]["may_go"], now - 24 * 60 * 60 + wait);
    let (text, _) = plan(&["--since", "2026-11-01T00:00:00Z"]);
    assert!(text.contains("since 2026-11-15 00:01:00 UTC:\n       it may go now."), "{text}");
    // Whatever was signed counts, and so do other limits.
    let (_, report) = plan(&["--token-max-age", "30d", "--skew", "0"]);
    assert_eq!(report["wait"], 30 * 24 * 60 * 60);
    let (_, report) = plan(&["--permanent-idle", "1d", "--idle", "3h"]);
    assert_eq!(report["wait"], 24 * 60 * 60 + 60);
}

#[test]
fn plan_knows_the_one_lifetime_of_a_framework() {
    let plan = |format: &str, args: &[&str], secrets: &str| {
        let all =
            [&["keys", "plan", "--keys-env", "S", "--json", "--now", NOW, "--format", format], args].concat();
        let output = command(&all, &[("S", secrets)], b"");
        serde_json::from_str::<Value>(&output.stdout).unwrap()
    };
    let day = 24 * 60 * 60;
    assert_eq!(plan("flask", &[], "new\nold, with a comma\nnew")["wait"], 31 * day + 60);
    assert_eq!(plan("flask", &[], "new\nold, with a comma\nnew")["keys"][2]["role"], "repeated");
    assert_eq!(plan("django", &["--max-age", "1d", "--skew", "0"], "one")["wait"], day);
    assert_eq!(plan("starlette", &["--token-max-age", "20d"], "one")["wait"], 20 * day + 60);
}

#[test]
fn plan_knows_a_key_that_is_there_twice_whatever_its_spelling() {
    let three = format!("{KEY_1},{KEY_2} {}", "ax8LOpxdTnKo8cDZ47dWTy2KHH6fMEtl0sin4fmwPUY=");
    let args = ["keys", "plan", "--keys-stdin", "--json", "--now", NOW];
    let output = command(&args, &[], three.as_bytes());
    let report: Value = serde_json::from_str(&output.stdout).unwrap();
    let roles: Vec<&str> = (0..3).map(|n| report["keys"][n]["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["signs", "verifies", "repeated"]);
}

/// One value of each kind, and what `inspect` says of it.
#[test]
fn inspect_knows_cookies_by_their_shape() {
    let cases = [
        (
            "native",
            "WzE3NTAwMDAwMDAsZmFsc2UseyJ1c2VyX2lkIjo0Mn1d.aE7hgA.SDzVXpSWsgRV0L2DwNVf9YbbfcYzFqdTfNS_4122B9Q",
            Some(r#"{"user_id":42}"#),
        ),
        (
            "token",
            "eyJ1c2VyX2lkIjo0Mn0.aE7hgA.fUjw7I_w_HWCnY0KFblo2ssVgSrgnQB63LiiSt_b7UE",
            Some(r#"{"user_id":42}"#),
        ),
        ("flask", "eyJhIjoxfQ.ZVPxBQ.Xm8MpUi1pf6WCqQB5cgiovyK5PU", Some(r#"{"a":1}"#)),
        ("flask", ".eJyrVkpUslKqGCZAqRYAvw9f3A.awAO4w.nCiUR36zgWyKPjsw1E1WfaZu9_U", None),
        ("starlette", "eyJhIjogMX0=.ZVPxAA.qlE_LN418NgPOudOZgW-fxHffHQ", Some(r#"{"a": 1}"#)),
        // The same, where base64 needs no padding.
        ("starlette", "eyJhYiI6IDEyfQ==.ZVPxAA.qlE_LN418NgPOudOZgW-fxHffHQ", Some(r#"{"ab": 12}"#)),
        ("starlette", "eyJhYyI6IDEyMX0.ZVPxAA.qlE_LN418NgPOudOZgW-fxHffHQ", Some(r#"{"ac": 121}"#)),
        ("django", "eyJhIjoxfQ:1r31ev:Fu-R8GrePQFt18OzhrXGHgnqvyUWl14FUOhUudP29ok", Some(r#"{"a":1}"#)),
        ("jwt", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0MiJ9.c2lnbmF0dXJl", Some(r#"{"sub":"42"}"#)),
        (
            "encrypted_jwt",
            "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..aXYtb2YtMTItYg.Y2lwaGVydGV4dA.dGFn",
            None,
        ),
        // {"_rails":{"message":"eyJ1c2VyX2lkIjo0Mn0=","exp":"2026-12-04T09:12:03.000Z","pur":"cookie.session"}}
        (
            "rails_signed",
            "eyJfcmFpbHMiOnsibWVzc2FnZSI6ImV5SjFjMlZ5WDJsa0lqbzBNbjA9IiwiZXhwIjoiMjAyNi0xMi0wNFQwOToxMjowMy4wMDBaIiwicHVyIjoiY29va2llLnNlc3Npb24ifX0%3D--6b1f0b3a9c5d4e72a8f1c0d9e3b7564f2d8a1c7e",
            Some(r#"{"user_id":42}"#),
        ),
        ("rails_encrypted", "q6h0m%2B5u%2FA%3D%3D--kJ5mX1o2p3q4r5s6--AbCdEfGhIjKlMnOpQrStUw%3D%3D", None),
        ("express", "eyJ1c2VyX2lkIjo0Mn0=", Some(r#"{"user_id":42}"#)),
        ("express_session", "s%3AaBcDeFgHiJkLmNoP.rZ8mN5kP2qW7xY4vB1cD6fG9hJ0lM3nQ5sT8uV2wX4y", None),
        ("iron", "Fe26.2*1*a1b2*c3d4*e5f6*1795165923000*0a1b*2c3d~2", None),
        ("cookie_rs_signed", "lXt8yQxq8z0VvJ1fGq5Wk3nR7bT2mYcZ4aSdFgHjKl0=user-42", None),
        ("cookie_rs_private", "6P0x3kL9vQz1Wn5Rb7TmYc4aSdFgHjKlZx8CvBnM2w3E4r5T6y7U8i9O0pA1sD==", None),
        ("unknown", "hello", None),
    ];
    for (kind, value, data) in cases {
        // However it was copied.
        for text in [value.to_owned(), format!("\"{value}\""), format!("Cookie: s={value}; t=1")] {
            let args = ["inspect", "--json", "--name", "s", "--now", NOW];
            let output = command(&args, &[], text.as_bytes());
            let report: Value =
                serde_json::from_str(&output.stdout).unwrap_or_else(|_| panic!("{text}: {output:?}"));
            let cookie = &report["cookies"][0];
            assert_eq!(cookie["looks_like"], kind, "{text}: {report}");
            assert_eq!(report["verified"], false);
            assert_eq!(output.status, i32::from(kind == "unknown"), "{text}");
            if let Some(data) = data {
                assert!(output.stdout.contains(&format!("\"data\":{data}")), "{text}: {}", output.stdout);
            }
        }
    }
}

#[test]
fn inspect_shows_a_header_cookie_by_cookie() {
    let header = "Cookie: theme=dark; __Host-session=WzE3NTAwMDAwMDAsZmFsc2UseyJ1c2VyX2lkIjo0Mn1d.aE7hgA.SDzVXpSWsgRV0L2DwNVf9YbbfcYzFqdTfNS_4122B9Q";
    assert_eq!(
        good(&["inspect", "--now", "1750003600"], header),
        "cookie     theme\n\
         looks like nothing that this program knows\n\
         size       9 bytes with its name\n\
         \n\
         cookie     __Host-session\n\
         looks like a session of cookie-session\n\
         unverified no key was used: anybody can have written this\n\
         size       109 bytes with its name\n\
         signed     2025-06-15 15:06:40 UTC, 1 h ago\n\
         created    2025-06-15 15:06:40 UTC, 1 h ago\n\
         permanent  no\n\
         data       1 value\n  user_id: 42\n"
    );
}

#[test]
fn inspect_counts_a_value_without_a_name_as_what_it_is() {
    let output = command(&["inspect"], &[], b"dark");
    assert_eq!(
        output.stdout,
        "looks like nothing that this program knows\nsize       4 bytes without a name\n"
    );
}

#[test]
fn inspect_lets_no_cookie_speak_to_the_terminal() {
    // {"a\u{9b}2J":"\u{202e}gnp.exe"}, and the same as a name.
    let value = "eyJhwpsySiI6IuKArmducC5leGUifQ==";
    let header = format!("Cookie: \u{1b}[31mred={value}; s=\u{9b}x");
    for args in [["inspect", "--now", NOW].as_slice(), &["inspect", "--now", NOW, "--json"]] {
        let text = good(args, &header);
        let is_harmless = |c: char| c == '\n' || !c.is_control() && !('\u{200b}'..='\u{202e}').contains(&c);
        assert!(text.chars().all(is_harmless), "{text:?}");
        assert!(text.contains("gnp.exe"), "{text}");
    }
}

#[test]
fn inspect_prints_one_line_of_json_whatever_the_cookie_holds() {
    // {"alg":"none"} and {"a":\n\r\n\t[1,\n2]}, in which JSON allows the line breaks.
    let value = "eyJhbGciOiJub25lIn0.eyJhIjoKDQoJWzEsCjJdfQ.x";
    let text = good(&["inspect", "--json"], value);
    assert_eq!(text.lines().count(), 1, "{text:?}");
    assert!(!text.trim_end_matches('\n').contains(char::is_control), "{text:?}");
    assert_eq!(json(&["inspect"], value)["cookies"][0]["data"]["a"][1], 2);
}

#[test]
fn explain_tries_as_many_other_names_as_a_browser_keeps_cookies() {
    let cookies = |count: usize| (0..count).map(|n| format!("c{n}=x")).collect::<Vec<_>>().join("; ");
    let signed = good(&["sign", "--keys-env", "K", "--now", NOW, "--name", "moved"], r#"{"user_id":42}"#);
    let value = signed.trim().split_once('=').unwrap().1;
    let explained = |others: usize, name: &str| {
        let header = format!("Cookie: {}; {name}=x; __Host-session={value}", cookies(others));
        let args = ["explain", "--keys-env", "K", "--now", NOW, "--json"];
        command(&args, &[("K", KEYS)], header.as_bytes()).stdout
    };
    assert!(explained(170, "moved").contains("other_name"));
    // A name that was not tried, and no answer after an hour.
    assert!(explained(20_000, "moved").contains("other_key"));
}

#[test]
fn explain_counts_all_other_cookies_and_names_as_many_as_a_browser_keeps() {
    let header: String = (0..5_000).map(|n| format!("cookie-{n}=v; ")).collect();
    let args = ["explain", "--keys-env", "K", "--now", NOW];
    let output = command(&args, &[("K", KEYS)], format!("Cookie: {header}last=v").as_bytes());
    let text = output.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        text.contains("There are 5,001 cookies (cookie-0, cookie-1, ") && text.contains("cookie-179, …) and"),
        "{text}"
    );
    assert!(!text.contains("cookie-180"), "{text}");
}

#[test]
fn sign_makes_what_the_library_reads() {
    let now = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_795_165_923);
    let keys: KeyRing = KEYS.parse().unwrap();
    let data = r#"{"user_id":42,"name":"ann \u00e9","price":1.50,"cart":[{"id":1}]}"#;
    let pair = good(&["sign", "--keys-env", "K", "--name", "__Secure-shop", "--now", NOW], data);
    let sessions = Sessions::builder(keys).name("__Secure-shop").build().unwrap();
    let session = sessions.open_at([pair.trim()], now);
    assert_eq!(session.rejection(), None);
    assert_eq!(session.keys().collect::<Vec<_>>(), ["user_id", "name", "price", "cart"]);
    assert_eq!(session.get_raw("price"), Some("1.50"));
    assert_eq!(session.get::<String>("name").unwrap().as_deref(), Some("ann é"));
    assert!(!session.permanent());

    let line = good(&["sign", "--keys-env", "K", "--permanent", "--set-cookie", "--now", NOW], data);
    assert!(line.ends_with("; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=1209600\n"), "{line}");
    let report = json(&["sign", "--keys-env", "K", "--permanent", "--now", NOW], data);
    assert_eq!(line.trim(), report["set_cookie"]);
    assert_eq!(
        line.split(';').next().unwrap(),
        format!("{}={}", report["name"].as_str().unwrap(), report["value"].as_str().unwrap())
    );
}

#[test]
fn sign_explains_and_inspects_in_every_format() {
    let options = ["--encrypted", "--application", "shop", "--keys-env", "K", "--now", NOW];
    let pair = good(&[&["sign"], options.as_slice()].concat(), r#"{"a":"b"}"#);
    let report = json(&[&["explain"], options.as_slice()].concat(), &pair);
    assert_eq!(report["verdict"], "accepted", "{report}");
    let seen = json(&["inspect", "--now", NOW], &pair);
    assert_eq!(seen["cookies"][0]["looks_like"], "encrypted", "{pair}");
    for format in ["native", "flask", "django", "starlette"] {
        let options = ["--format", format, "--keys-env", "K", "--now", NOW];
        let pair = good(&[&["sign"], options.as_slice()].concat(), r#"{"a":"b"}"#);
        let report = json(&[&["explain"], options.as_slice()].concat(), &pair);
        assert_eq!(
            (report["verdict"].as_str(), report["key"].as_u64()),
            (Some("accepted"), Some(1)),
            "{report}"
        );
        let seen = json(&["inspect", "--now", NOW], &pair);
        assert_eq!(seen["cookies"][0]["looks_like"], format, "{pair}");
        assert_eq!(seen["cookies"][0]["data"]["a"], "b");
    }
}

#[test]
fn keys_come_from_a_variable_a_file_or_standard_input() {
    let folder = scratch("keys");
    let (keys, cookie) = (folder.join("keys"), folder.join("cookie"));
    std::fs::write(&keys, format!("{KEYS}\n")).unwrap();
    let pair = good(&["sign", "--keys-env", "K", "--now", NOW], r#"{"a":1}"#);
    std::fs::write(&cookie, &pair).unwrap();
    let (keys, cookie) = (keys.to_str().unwrap(), cookie.to_str().unwrap());
    for (args, input) in [
        (vec!["--keys-env", "K"], pair.as_str()),
        (vec!["--keys-env", "K", "--cookie-file", cookie], ""),
        (vec!["--keys-file", keys], pair.as_str()),
        (vec!["--keys-stdin", "--cookie-file", cookie], KEYS),
    ] {
        let text = good(&[&["explain", "--now", NOW], args.as_slice()].concat(), input);
        assert!(text.starts_with("accepted"), "{text}");
    }
    let data = folder.join("data");
    std::fs::write(&data, r#"{"a":1}"#).unwrap();
    let again = good(&["sign", "--keys-stdin", "--data-file", data.to_str().unwrap(), "--now", NOW], KEYS);
    assert_eq!(again, pair);
}

#[test]
fn secrets_of_a_framework_stand_one_a_line_with_whatever_is_in_them() {
    let old = "an old secret, with spaces";
    let pair = command(
        &["sign", "--keys-env", "K", "--format", "flask", "--now", NOW],
        &[("K", old)],
        br#"{"a":1}"#,
    );
    let both = format!("the new one\r\n{old}\r\n");
    let args = ["explain", "--keys-env", "K", "--format", "flask", "--now", NOW, "--json"];
    let output = command(&args, &[("K", &both)], pair.stdout.as_bytes());
    let report: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!((report["verdict"].as_str(), report["key"].as_u64()), (Some("accepted"), Some(2)), "{report}");
    assert_eq!(report["keys"], 2);
}

/// Arguments, input, the exit status, and what is said.
#[test]
fn says_what_is_wrong_and_how_it_ended() {
    let keys = ["--keys-env", "K"];
    let deep = format!(r#"{{"a":{}{}}}"#, "[".repeat(200), "]".repeat(200));
    let cases: &[(&[&str], &str, i32, &str)] = &[
        (&[], "", 2, "a command is missing"),
        (&["explian"], "", 2, "there is no such command"),
        (&["keys"], "", 2, "a command is missing"),
        (&["explain"], "", 2, "<--keys-env <VARIABLE>|--keys-file <FILE>|--keys-stdin> is missing"),
        (
            &["explain", "--keys-stdin", "--keys-env", "K"],
            "",
            2,
            "--keys-stdin does not go with --keys-env <VARIABLE>",
        ),
        (&["explain", "--keys-env"], "", 2, "--keys-env <VARIABLE> needs a value"),
        (
            &["explain", "--keys-env", "NONE"],
            "x",
            2,
            "the environment variable that --keys-env names is not set",
        ),
        (
            &["explain", "--keys-file", "/no/such/file"],
            "x",
            2,
            "cannot read the keys from the file that --keys-file names: entity not found",
        ),
        (
            &["explain", "--keys-stdin"],
            KEYS,
            2,
            "the keys come from standard input, so the cookie needs --cookie-file",
        ),
        (
            &["sign", "--keys-stdin"],
            KEYS,
            2,
            "the keys come from standard input, so the data need --data-file",
        ),
        (&["explain", "--keys-env", "WEAK"], "x", 2, "key 1: secret key is repetitive"),
        (&["explain", "--keys-env", "MIXED"], "x", 2, "key 2: secret key"),
        (&["explain", "--keys-env", "EMPTY"], "x", 2, "there is no key in what was read"),
        (&["explain", keys[0], keys[1]], " \n", 2, "there is no cookie in what was read"),
        (&["explain", keys[0], keys[1], "--now", "tomorrow"], "x", 2, "--now <TIME>: a time is"),
        (&["explain", keys[0], keys[1], "--idle", "2y"], "x", 2, "--idle <SPAN>: a length of time is"),
        (&["explain", keys[0], keys[1], "--idle", "48h"], "x", 2, "lifetime: idle is longer than absolute"),
        (
            &["explain", keys[0], keys[1], "--format", "rails"],
            "x",
            2,
            "--format <FORMAT> is one of native, flask, django, starlette",
        ),
        (&["explain", keys[0], keys[1], "--salt", "x"], "x", 2, "go with --format flask"),
        (&["explain", keys[0], keys[1], "--max-age", "2h"], "x", 2, "--max-age goes with another --format"),
        (&["explain", keys[0], keys[1], "--signed-cookie"], "x", 2, "--name"),
        (
            &["explain", keys[0], keys[1], "--signed-cookie", "--name", "a", "--idle", "2h"],
            "x",
            2,
            "a small cookie has one lifetime, --max-age",
        ),
        (
            &["explain", keys[0], keys[1], "--signed-cookie", "--name", "a", "--format", "flask"],
            "x",
            2,
            "--signed-cookie is of --format native",
        ),
        (
            &["explain", keys[0], keys[1], "--format", "flask", "--idle", "2h"],
            "x",
            2,
            "have one lifetime, --max-age",
        ),
        (&["explain", keys[0], keys[1], "--name", "a b"], "x", 2, "the name of a cookie is letters"),
        (&["inspect", "--name", "b"], "Cookie: a=1", 1, "there is no cookie of that name"),
        (&["inspect", "surplus"], "x", 2, "an argument is not known"),
        (&["sign", keys[0], keys[1]], "[1]", 2, "the data is no JSON object"),
        (&["sign", keys[0], keys[1]], "{}", 1, "a session without data sets no cookie"),
        (
            &["sign", keys[0], keys[1], "--format", "django"],
            &deep,
            1,
            "a value that sessions of this format cannot hold",
        ),
        (
            &["keys", "plan", keys[0], keys[1], "--since", "1", "--since", "1"],
            "",
            2,
            "--since is given more often",
        ),
        (
            &["keys", "plan", keys[0], keys[1], "--since", "2999-01-01T00:00:00Z"],
            "",
            2,
            "--since is later than now",
        ),
        (
            &["explain", "--keys-env", "LINES", "--format", "starlette"],
            "x",
            2,
            "Starlette knows no fallback keys",
        ),
        (&["completions", "cmd"], "", 2, "<SHELL> is one of"),
    ];
    let mixed = format!("{KEY_1},too-short");
    let variables = [
        ("K", KEYS),
        ("WEAK", "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="),
        ("MIXED", &mixed),
        ("EMPTY", " , "),
        ("LINES", "one\ntwo"),
    ];
    for (args, input, status, text) in cases {
        let Output { status: found, stdout, stderr } = command(args, &variables, input.as_bytes());
        assert!(stderr.contains(text), "{args:?}: {stderr}");
        assert_eq!((found, stdout.as_str()), (*status, ""), "{args:?}");
        assert!(
            stderr.starts_with("cookie-session: ") && stderr.ends_with('\n') && stderr.lines().count() == 1,
            "{stderr}"
        );
    }
}

#[test]
fn sign_says_how_much_too_large_a_session_is() {
    let data = format!(r#"{{"small":1,"large":"{}"}}"#, "x".repeat(4_000));
    let output = command(&["sign", "--keys-env", "K", "--now", NOW], &[("K", KEYS)], data.as_bytes());
    assert_eq!((output.status, output.stdout.as_str()), (1, ""));
    assert!(output.stderr.contains("the cookie would be 5,"), "{}", output.stderr);
    assert!(output.stderr.contains("the limit is 4,096; the largest value takes 4,002"), "{}", output.stderr);
}

#[test]
fn help_has_an_example_for_every_command() {
    let commands: &[&[&str]] = &[
        &[],
        &["keygen"],
        &["keys", "plan"],
        &["inspect"],
        &["explain"],
        &["sign"],
        &["completions"],
        &["man"],
    ];
    for command in commands {
        let text = good(&[command, ["--help"].as_slice()].concat(), "");
        let example =
            text.split("Example:\n  ").nth(1).unwrap_or_else(|| panic!("{command:?} has no example"));
        assert!(example.contains("cookie-session "), "{example}");
        assert!(text.lines().all(|line| line.chars().count() <= 120), "{text}");
    }
    assert_eq!(good(&["--version"], ""), format!("cookie-session {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn completions_and_manual_name_every_command_and_option() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let text = good(&["completions", shell], "");
        for word in ["keygen", "inspect", "explain", "sign", "keys-env", "permanent-absolute", "cookie-file"]
        {
            assert!(text.contains(word), "{word} in {shell}");
        }
    }
    let folder = scratch("man");
    assert_eq!(good(&["man", "--dir", folder.to_str().unwrap()], ""), "9 pages\n");
    let page = |name: &str| std::fs::read_to_string(Path::new(&folder).join(name)).unwrap();
    assert!(page("cookie-session.1").contains("explain"));
    assert!(page("cookie-session-explain.1").contains("keys\\-env"));
    assert!(page("cookie-session-keys-plan.1").contains("since"));
    assert_eq!(good(&["man"], ""), page("cookie-session.1"));
}
