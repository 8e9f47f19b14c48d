//! The examples as processes: built with cargo, started on a free port, stopped at the end.

use std::env;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::panicking;

use serde_json::Value;

/// A server that listens on a port of its own. Ends with this value.
pub(crate) struct Server {
    process: Child,
    log: PathBuf,
    pub(crate) port: u16,
    /// With `localhost`, which the browser trusts without https.
    pub(crate) url: String,
}

impl Server {
    /// Starts a program that prints `listening on http://127.0.0.1:PORT`.
    pub(crate) fn start(mut command: Command, log: &Path) -> Self {
        let output = File::create(log).expect("the log can be written");
        let mut process = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(output)
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
        let lines = BufReader::new(process.stdout.take().expect("standard output is piped")).lines();
        let port = lines.map_while(Result::ok).find_map(|line| {
            line.strip_prefix("listening on http://127.0.0.1:")?.trim_end_matches('/').parse().ok()
        });
        let mut server = Self { process, log: log.to_owned(), port: 0, url: String::new() };
        server.port = port.unwrap_or_else(|| panic!("{command:?} does not listen: {}", server.log()));
        server.url = format!("http://localhost:{}/", server.port);
        server
    }

    /// Returns what the server has written to standard error.
    pub(crate) fn log(&self) -> String {
        let mut text = String::new();
        let read = File::open(&self.log).and_then(|mut file| file.read_to_string(&mut text));
        read.expect("the log can be read");
        text
    }

    /// Stops the server, which must not have panicked.
    pub(crate) fn stop(self) {
        drop(self);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        if !panicking() {
            let log = self.log();
            assert!(!log.contains("panicked"), "{log}");
        }
    }
}

/// Returns the command that starts an example, with nothing of ours in its environment.
pub(crate) fn example(program: &Path) -> Command {
    let mut command = Command::new(program);
    for variable in [
        "SESSION_KEYS",
        "FLASK_SECRET_KEY",
        "ENCRYPTED",
        "LOGOUTS",
        "CHECK_EVERY",
        "OTHERS",
        "LOG",
        "DEMO_CLOCK",
    ] {
        command.env_remove(variable);
    }
    command.env("PORT", "0");
    command
}

/// Builds the example of an adapter and returns a copy of it, which no later build replaces under a test.
pub(crate) fn build_example(framework: &str, folder: &Path) -> PathBuf {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let package = format!("cookie-session-{framework}");
    let output = Command::new(cargo)
        // As `cargo test` builds it, so that nothing is built twice.
        .args([
            "build",
            "--locked",
            "--message-format=json-render-diagnostics",
            "--workspace",
            "--all-features",
        ])
        .args(["--example", &format!("{framework}_shop")])
        .stderr(Stdio::inherit())
        .output()
        .expect("cargo starts");
    assert!(output.status.success(), "the example of {package} does not build");
    let messages = String::from_utf8(output.stdout).expect("JSON");
    let built = messages.lines().find_map(|line| {
        let message: Value = serde_json::from_str(line).ok()?;
        let is_example = message["target"]["kind"][0] == "example";
        message["executable"].as_str().filter(|_| is_example).map(PathBuf::from)
    });
    let copy = folder.join(format!("shop-{framework}"));
    let built = built.unwrap_or_else(|| panic!("cargo names no program of {package}"));
    // Not over a program that still runs.
    let _ = fs::remove_file(&copy);
    fs::copy(built, &copy).expect("the program can be copied");
    copy
}
