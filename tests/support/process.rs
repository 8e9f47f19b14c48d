//! Tests that may end their process, each in one of its own.

use std::process::Command;

/// Says whether this is the process of this test alone. If not, starts that, and fails as it does: a stack that
/// overflows takes no other test with it.
#[track_caller]
pub fn is_own_process(test: &str) -> bool {
    is_own_process_with(test, &[])
}

/// The same, with these variables in the environment of that process.
#[track_caller]
pub fn is_own_process_with(test: &str, variables: &[(&str, &str)]) -> bool {
    const VARIABLE: &str = "COOKIE_SESSION_TEST_PROCESS";
    if std::env::var(VARIABLE).is_ok_and(|name| name == test) {
        return true;
    }
    let mut command = Command::new(std::env::current_exe().unwrap());
    // Not --exact: in another binary the test stands in a module.
    command.args([test, "--nocapture", "--test-threads=1"]).env(VARIABLE, test);
    command.envs(variables.iter().copied());
    let output = command.output().expect("the test starts itself");
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    assert!(output.status.success() && text.contains("1 passed"), "{}: {text}", output.status);
    false
}
