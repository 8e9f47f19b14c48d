//! Runs the command.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "each test file uses a part of it, and a test may panic"
)]

use std::io::Write;
use std::process::{Command, Stdio};

/// Keys for tests, in hex. They are published here: never use them.
pub const KEY_1: &str = "6b1f0b3a9c5d4e72a8f1c0d9e3b7564f2d8a1c7e9f304b65d2c8a7e1f9b03d46";
pub const KEY_2: &str = "e47d29c05ab1837f6e1d9c42b08f35a7c6d8e9104f7b2a5398d6c1e07fb4a23d";
/// The ring of both.
pub const KEYS: &str = "6b1f0b3a9c5d4e72a8f1c0d9e3b7564f2d8a1c7e9f304b65d2c8a7e1f9b03d46 e47d29c05ab1837f6e1d9c42b08f35a7c6d8e9104f7b2a5398d6c1e07fb4a23d";

#[derive(Debug)]
pub struct Output {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

/// Runs the command with nothing but these variables.
pub fn command(args: &[&str], variables: &[(&str, &str)], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_cookie-session"))
        .args(args)
        .env_clear()
        .envs(variables.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command runs");
    // It may end before it has read everything.
    let _ = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().expect("the command ends");
    let text = |bytes| String::from_utf8(bytes).expect("it writes text");
    Output {
        status: output.status.code().expect("an exit status"),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

pub fn unhex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).map(|n| u8::from_str_radix(&text[2 * n..2 * n + 2], 16).unwrap()).collect()
}

/// Returns an empty folder for one test.
pub fn scratch(name: &str) -> std::path::PathBuf {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}
