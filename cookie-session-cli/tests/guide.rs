//! The terminal session of the guide is what the command answers.
//!
//! `BLESS=1 cargo test -p cookie-session-cli --test guide` writes the answers into `docs/command_line.md`.
//! `COOKIE_SESSION` names another command to run, such as one that was installed.

#![cfg(unix)]
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use support::scratch;

#[test]
fn the_guide_shows_what_the_command_answers() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/command_line.md");
    let guide = std::fs::read_to_string(&path).expect("the guide");
    let answered = run(&guide);
    if std::env::var_os("BLESS").is_some() {
        return std::fs::write(&path, &answered).unwrap();
    }
    // Line by line, since the difference is easier to see.
    for (guide, answered) in guide.lines().zip(answered.lines()) {
        assert_eq!(guide, answered);
    }
    assert_eq!(guide, answered);
    assert!(guide.matches("\n$ ").count() >= 12, "the guide shows few commands");
}

/// Returns the guide with the answers of every block of the kind `console`, run from top to bottom in one folder.
fn run(guide: &str) -> String {
    let folder = scratch("guide");
    let mut answered = String::new();
    let mut lines = guide.lines();
    while let Some(line) = lines.next() {
        answered.push_str(line);
        answered.push('\n');
        if line != "```console" {
            continue;
        }
        for line in lines.by_ref() {
            if let Some(command) = line.strip_prefix("$ ") {
                answered.push_str(&format!("$ {command}\n{}", shell(command, &folder)));
            } else if line == "```" {
                answered.push_str("```\n");
                break;
            }
        }
    }
    answered
}

/// Runs one line in a shell, with the variables that lines before it exported.
fn shell(command: &str, folder: &Path) -> String {
    let variables = folder.join(".variables");
    let script = format!(
        "exec 2>&1\n[ ! -f {0} ] || . {0}\n{command}\nstatus=$?\nexport -p > {0}\n[ $status = 0 ] || echo \"(exit status $status)\"",
        variables.display()
    );
    let folders =
        std::env::join_paths([binary().parent().unwrap(), Path::new("/usr/bin"), Path::new("/bin")]).unwrap();
    let output = Command::new("sh")
        .args(["-c", &script])
        .current_dir(folder)
        .env_clear()
        .env("PATH", folders)
        .stdin(Stdio::null())
        .output()
        .expect("a shell");
    String::from_utf8(output.stdout).expect("text")
}

fn binary() -> PathBuf {
    std::env::var_os("COOKIE_SESSION")
        .map_or_else(|| env!("CARGO_BIN_EXE_cookie-session").into(), PathBuf::from)
}
