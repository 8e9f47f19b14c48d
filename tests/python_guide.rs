//! The page on Python shows code that is compiled and run where its packages are.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::Path;

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// Returns the code in the page's blocks of this kind.
fn blocks(kind: &str) -> Vec<String> {
    let page = read("docs/python.md");
    let mut blocks = Vec::new();
    let mut rest = page.as_str();
    while let Some((_, block)) = rest.split_once(&format!("\n```{kind}\n")) {
        let (code, after) = block.split_once("\n```").unwrap();
        blocks.push(code.to_owned());
        rest = after;
    }
    blocks
}

/// The live comparison runs these against the real extensions (`tests/interop`).
#[test]
fn shows_the_recipes_as_they_are_tested() {
    let shown = [blocks("rust"), blocks("rust,ignore")].concat();
    for name in ["django_auth", "django_time_zone", "flask_login", "flask_wtf"] {
        let recipe = read(&format!("tests/interop/server/src/recipes/{name}.rs"));
        assert!(
            shown.iter().any(|code| code == recipe.trim_end()),
            "{name}.rs is not what docs/python.md shows"
        );
    }
}

/// The core depends on no adapter, so its doctests cannot compile these.
#[test]
fn shows_the_adapters_as_they_are_tested() {
    let mut shown = blocks("rust,ignore");
    shown.retain(|code| code.contains("cookie_session_"));
    let tests = ["cookie-session-axum", "cookie-session-actix"]
        .map(|package| read(&format!("{package}/tests/shared_with_flask.rs")));
    assert_eq!(shown.len(), tests.len());
    for (code, test) in shown.iter().zip(tests) {
        let (imports, functions) = code.split_once("\n\n").unwrap();
        assert!(imports.lines().all(|line| line.starts_with("use ")), "{imports}");
        assert!(
            imports.lines().filter(|line| line.contains("cookie_session")).all(|line| test.contains(line))
        );
        assert!(test.contains(functions), "no test has\n{functions}");
    }
}
