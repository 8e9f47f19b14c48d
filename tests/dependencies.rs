//! What the lock file and the manifest promise about dependencies.

#![allow(clippy::expect_used, clippy::panic, reason = "a test may panic")]

use std::fs;
use std::path::Path;

/// One `[[package]]` of Cargo.lock.
struct Package {
    name: String,
    version: (u64, u64, u64),
    dependencies: Vec<String>,
    /// The version of a dependency, where its name is not unique.
    versions: Vec<(String, String)>,
}

fn read(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    fs::read_to_string(path).expect("the file is in the repository")
}

fn all() -> Vec<Package> {
    let packages = read("Cargo.lock").split("[[package]]").skip(1).map(package).collect::<Vec<_>>();
    assert!(packages.iter().any(|package| package.name == "cookie-session"), "Cargo.lock reads otherwise");
    packages
}

fn locked(name: &str) -> Vec<Package> {
    all().into_iter().filter(|package| package.name == name).collect()
}

fn package(text: &str) -> Package {
    let field = |field: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(" = \""));
        line.and_then(|value| value.strip_suffix('"')).expect("every package has a name and a version")
    };
    let core = field("version").split(['-', '+']).next().unwrap_or_default();
    let mut numbers = core.split('.').map(|number| number.parse().expect("a version is numbers"));
    let mut number = || numbers.next().expect("a version is three numbers");
    let dependencies = text.split("dependencies = [").nth(1).unwrap_or_default();
    let versions = dependencies.lines().filter_map(|line| line.trim().strip_prefix('"')?.split_once(' '));
    let versions =
        versions.map(|(name, version)| (name.into(), version.trim_end_matches("\",").into())).collect();
    Package {
        versions,
        name: field("name").into(),
        version: (number(), number(), number()),
        // A name, and where it is not unique a version behind it.
        dependencies: dependencies
            .lines()
            .filter_map(|line| line.trim().strip_prefix('"')?.split(['"', ' ']).next())
            .map(Into::into)
            .collect(),
    }
}

/// The lines of the manifest that say something of one dependency.
fn manifest_lines(name: &str) -> Vec<String> {
    let lines = read("Cargo.toml");
    let lines = lines.lines().map(str::trim_start).filter(|line| {
        line.strip_prefix(name).is_some_and(|rest| rest.trim_start().starts_with(['=', '.']))
            || line.starts_with('[') && line.ends_with(&format!(".{name}]"))
    });
    lines.map(|line| line.split(" #").next().unwrap_or_default().into()).collect()
}

/// RUSTSEC-2026-0009: earlier versions parse RFC 2822 dates without a bound on
/// the stack.
#[test]
fn time_is_no_earlier_than_0_3_47() {
    let versions = locked("time");
    assert!(!versions.is_empty(), "the lock file names no `time`");
    for time in versions {
        assert!(time.version >= (0, 3, 47), "{:?} is locked", time.version);
    }
    let [line] = &*manifest_lines("time") else { panic!("one line says which `time`") };
    assert!(line.contains("\"0.3.47\""), "users could get an earlier one: {line}");
}

/// `signed` and `private` bring a second, older crypto stack.
#[test]
fn cookie_formats_and_does_not_sign() {
    let [line] = &*manifest_lines("cookie") else { panic!("one line says which `cookie`") };
    for feature in ["signed", "private", "secure", "key-expansion"] {
        assert!(!line.contains(feature), "{line}");
    }
    // The lock file holds what any feature of any package in the workspace turns on.
    let [cookie] =
        &*locked("cookie").into_iter().filter(|cookie| cookie.version >= (0, 18, 0)).collect::<Vec<_>>()
    else {
        panic!("one `cookie` of this major is locked")
    };
    for dependency in &cookie.dependencies {
        let harmless = ["time", "version_check", "percent-encoding"].contains(&dependency.as_str());
        assert!(harmless, "`cookie` depends on {dependency}");
    }
    assert!(
        cookie.dependencies.iter().any(|dependency| dependency == "time"),
        "the lock file reads otherwise"
    );
}

/// A crate that holds keys has one crypto stack. The one other is what actix-web signs cookies of its own with, which
/// actix-session turns on.
#[test]
fn one_generation_of_the_crypto_crates_is_locked() {
    for (name, version) in [("hmac", (0, 13, 0)), ("sha2", (0, 11, 0)), ("subtle", (2, 6, 0))] {
        let (new, old): (Vec<_>, Vec<_>) =
            locked(name).into_iter().partition(|found| found.version >= version);
        assert!(matches!(&*new, [_]), "{} of {name}", new.len());
        for Package { version: (major, minor, patch), .. } in old {
            let old = format!("{major}.{minor}.{patch}");
            let users =
                all().into_iter().filter(|package| package.versions.contains(&(name.into(), old.clone())));
            for user in users {
                let is_actix = user.name == "cookie" && user.version < (0, 18, 0);
                assert!(is_actix || user.name == "hkdf", "{} has {name} {old}", user.name);
            }
        }
    }
    let mut hkdf = all().into_iter().filter(|package| package.dependencies.contains(&"hkdf".to_owned()));
    assert!(hkdf.all(|user| user.name == "cookie" && user.version < (0, 18, 0)));
}

/// `forbid` cannot be taken back further inside, as `deny` can.
#[test]
fn no_published_package_has_unsafe_code() {
    let manifest = read("Cargo.toml");
    let members = manifest.split("members = [").nth(1).and_then(|rest| rest.split(']').next());
    let members = members.expect("the root is a workspace").split('"').skip(1).step_by(2);
    let mut published = 0;
    for member in members {
        if read(&format!("{member}/Cargo.toml")).contains("publish = false") {
            continue;
        }
        published += 1;
        let root = ["lib.rs", "main.rs"].map(|file| format!("{member}/src/{file}"));
        let root = root.into_iter().find(|file| Path::new(env!("CARGO_MANIFEST_DIR")).join(file).is_file());
        let root = root.expect("a package has a library or a program");
        assert!(read(&root).lines().any(|line| line == "#![forbid(unsafe_code)]"), "{root}");
    }
    assert!(published >= 3, "{published}");
}
