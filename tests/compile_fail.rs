//! What must not compile does not, and for its own reason: the files in `tests/compile_fail`.
//!
//! The first line of a file is the code of the error that it must have, which is the same for every version of the
//! compiler; its text is not, so it is not compared.

#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "a test may panic and print")]
#![cfg(feature = "flask")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

const MANIFEST: &str = r#"
[package]
name = "compile-fail"
version = "0.0.0"
edition = "2024"
publish = false

[workspace]

[dependencies]
cookie-session = { path = "ROOT", features = ["flask"] }
serde_json = "1"
"#;

#[test]
#[cfg_attr(target_family = "wasm", ignore = "WASI starts no processes")]
fn what_must_not_compile_does_not() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let package = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compile_fail");
    let bins = package.join("src/bin");
    // Not the files of an earlier time.
    if bins.exists() {
        fs::remove_dir_all(&bins).expect("it is ours");
    }
    fs::create_dir_all(&bins).expect("there is room");
    let path = root.to_str().expect("a path that is text").replace('\\', "/");
    fs::write(package.join("Cargo.toml"), MANIFEST.replace("ROOT", &path)).expect("there is room");
    // The versions that are here already.
    fs::copy(root.join("Cargo.lock"), package.join("Cargo.lock")).expect("there is a lock file");

    let mut expected = BTreeMap::new();
    for entry in fs::read_dir(root.join("tests/compile_fail")).expect("there are files") {
        let file = entry.expect("a file").path();
        let name = file.file_stem().expect("a name").to_str().expect("text").to_owned();
        let code = fs::read_to_string(&file).expect("text");
        let first =
            code.lines().next().and_then(|line| line.strip_prefix("// ")).expect("the code of an error");
        expected.insert(name.clone(), first.split(", ").map(str::to_owned).collect::<Vec<_>>());
        fs::copy(&file, bins.join(name + ".rs")).expect("there is room");
    }

    let output = Command::new(env!("CARGO"))
        .args(["check", "--offline", "--bins", "--keep-going", "--message-format=json", "--manifest-path"])
        .arg(package.join("Cargo.toml"))
        .env("CARGO_TARGET_DIR", package.join("target"))
        .env_remove("RUSTFLAGS")
        .output()
        .expect("cargo runs");
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in output.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let message: Value = serde_json::from_slice(line).expect("JSON");
        let name = message["target"]["name"].as_str().unwrap_or_default().to_owned();
        if message["reason"] == "compiler-artifact" && message["target"]["kind"][0] == "bin" {
            found.entry(name).or_default().push("compiles".to_owned());
        } else if message["reason"] == "compiler-message" && message["message"]["level"] == "error" {
            // Without a code it is the summary at the end.
            let code = message["message"]["code"]["code"].as_str().map(str::to_owned);
            found.entry(name).or_default().extend(code);
        }
    }
    println!("{found:#?}");
    assert!(!found.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(found, expected);
    assert!(expected["control"] == ["compiles"] && expected.len() > 5);
}
