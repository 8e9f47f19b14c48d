//! What a real browser does with the cookies: headless Chromium, driven through ChromeDriver.
//!
//! ```sh
//! cargo run -p cookie-session-browser                    # everything
//! cargo run -p cookie-session-browser -- axum table      # these parts
//! ```
//!
//! A program and not a test of cargo's, so that `cargo test --workspace` asks for nothing but Rust. Here a missing
//! browser is a failure. Pictures of the pages and the logs of the servers are left in `target/browser`.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test may panic, and says what it did"
)]

#[path = "../../support/jar.rs"]
#[allow(dead_code, unreachable_pub, reason = "shared with the tests of the core, which use more of it")]
mod jar;
#[path = "../../support/set_cookie_table.rs"]
#[allow(dead_code, unreachable_pub, reason = "shared with the tests of the core, which look at every field")]
mod set_cookie_table;

mod certificate;
mod elsewhere;
mod flask;
mod http;
mod server;
mod shop;
mod table;
mod webdriver;
mod wire;

use std::env;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

const PARTS: &[&str] = &["axum", "actix", "table", "flask"];

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let Some(unknown) = arguments.iter().find(|part| !PARTS.contains(&part.as_str())) {
        eprintln!("there is no part {unknown}; the parts are {}", PARTS.join(", "));
        return ExitCode::FAILURE;
    }
    let folder = folder();
    let mut results = Results::default();
    for part in PARTS {
        if !arguments.is_empty() && !arguments.iter().any(|argument| argument == part) {
            println!("not asked for: {part}");
            continue;
        }
        let folder = folder.join(part);
        fs::create_dir_all(&folder).expect("the folder can be made");
        match *part {
            "table" => results.run(part, "the double agrees with Chromium", || table::compare(&folder)),
            "flask" => {
                let story = || flask::one_login_across_frameworks(&folder);
                results.run(part, "one login holds on Flask, axum and actix-web", story);
                for framework in ["axum", "actix"] {
                    let claim = format!(
                        "a form from elsewhere is refused by {framework}, although Flask's cookie comes with it"
                    );
                    let story = || flask::a_form_from_elsewhere_is_refused(framework, &folder);
                    results.run(part, &claim, story);
                }
            }
            adapter => {
                let framework = if adapter == "actix" { "actix-web" } else { adapter };
                let mut program = PathBuf::new();
                let build = || program = server::build_example(adapter, &folder);
                results.run(part, "the example builds", build);
                for (kind, encrypted) in [("signed", false), ("encrypted", true)] {
                    let folder = folder.join(kind);
                    fs::create_dir_all(&folder).expect("the folder can be made");
                    for (claim, story) in shop::STORIES.iter().chain(elsewhere::STORIES) {
                        let place = shop::Place { framework, folder: &folder, program: &program, encrypted };
                        results.run(&format!("{part}, {kind}"), claim, || story(&place));
                    }
                }
            }
        }
    }
    println!("{} passed, {} failed; pictures are in {}", results.passed, results.failed, folder.display());
    if results.failed == 0 && results.passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[derive(Default)]
struct Results {
    passed: u32,
    failed: u32,
}

impl Results {
    fn run(&mut self, part: &str, claim: &str, test: impl FnOnce()) {
        let start = Instant::now();
        let passed = catch_unwind(AssertUnwindSafe(test)).is_ok();
        let (count, word) = if passed { (&mut self.passed, "passed") } else { (&mut self.failed, "FAILED") };
        *count += 1;
        println!("{word} {:4} s  {part}: {claim}", start.elapsed().as_secs());
    }
}

/// Returns `target/browser`, wherever `target` is: this program lies in `target/debug`.
fn folder() -> PathBuf {
    let program = env::current_exe().expect("this program has a path");
    let target = program.ancestors().nth(2).expect("it lies in a folder of target");
    target.join("browser")
}

/// Returns an empty folder for a browser to keep its things in.
fn new_profile(folder: &Path) -> PathBuf {
    let profile = folder.join("profile");
    if profile.exists() {
        fs::remove_dir_all(&profile).expect("an old profile can be removed");
    }
    profile
}
