//! Gives every committed input to its target, on any toolchain: what was once interesting stays tested.
//!
//! A target that is given files runs each once. That needs no instrumentation, and so no nightly.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folders of the committed inputs; in each, one folder per target.
const FOLDERS: [&str; 2] = ["seeds", "found"];

macro_rules! targets {
    ($($name:ident)*) => {
        const TARGETS: &[&str] = &[$(stringify!($name)),*];

        $(
            #[test]
            fn $name() {
                replay(stringify!($name), env!(concat!("CARGO_BIN_EXE_", stringify!($name))));
            }
        )*
    };
}

targets! {
    cookie_lines
    keys
    many_cookies
    member_places
    python_inflate
    python_payload
    python_tags
    response_headers
    round_trip
    signed_payload
    token_bytes
}

#[test]
fn every_target_and_every_folder_of_inputs_is_replayed() {
    let mut sources: Vec<String> = names(&root().join("fuzz_targets"));
    sources.iter_mut().for_each(|name| name.truncate(name.len() - ".rs".len()));
    assert_eq!(sources, TARGETS);
    for folder in FOLDERS {
        for name in names(&root().join(folder)) {
            assert!(TARGETS.contains(&name.as_str()), "{folder}/{name} is of no target");
        }
    }
}

fn replay(target: &str, program: &str) {
    let inputs: Vec<PathBuf> = FOLDERS
        .iter()
        .map(|folder| root().join(folder).join(target))
        .filter(|folder| folder.is_dir())
        .flat_map(|folder| names(&folder).into_iter().map(move |name| folder.join(name)))
        .collect();
    assert!(inputs.len() >= 10, "only {} inputs", inputs.len());

    let output = Command::new(program).args(&inputs).output().expect("the target was built for this test");
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}\n{log}", output.status);
    let executed = log.lines().filter(|line| line.starts_with("Executed ")).count();
    assert_eq!(executed, inputs.len(), "{log}");
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("names are plain"))
        .collect();
    names.sort();
    names
}
