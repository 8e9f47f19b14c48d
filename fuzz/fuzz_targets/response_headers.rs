//! Whatever a handler wrote into `Cache-Control` and `Vary`, a response that
//! shows a session is kept from shared caches, one that sets its cookie from
//! all; nothing is allowed that was not, and adding it again changes nothing.

#![no_main]

use std::sync::LazyLock;

use cookie_session::{Commit, Sessions};
use cookie_session_fuzz::{NOW, at, known_keys, sessions};
use libfuzzer_sys::fuzz_target;

const GOOD: &[u8] = include_bytes!("../seeds/cookie_lines/good");

static SESSIONS: LazyLock<Sessions> = LazyLock::new(|| sessions(known_keys()));
static UNTOUCHED: LazyLock<Commit> = LazyLock::new(|| commit(None, false));
static SHOWN: LazyLock<Commit> = LazyLock::new(|| commit(Some(GOOD), false));
static WRITTEN: LazyLock<Commit> = LazyLock::new(|| commit(Some(GOOD), true));

fuzz_target!(|bytes: &[u8]| {
    // Header lines as they are: nothing that a server would not send.
    let lines: Vec<&[u8]> = bytes.split(|byte| matches!(byte, b'\n' | b'\r' | 0)).collect();

    assert_eq!(UNTOUCHED.cache_control(&lines), None, "a page without a session becomes private");
    cache_control(&SHOWN, &lines, &["private"], &["public", "s-maxage"]);
    cache_control(&WRITTEN, &lines, &["private", "no-store"], &["public", "s-maxage", "must-understand"]);
    vary(&SHOWN, &lines);
});

fn commit(cookie: Option<&[u8]>, change: bool) -> Commit {
    let mut session = SESSIONS.open_at(cookie, at(NOW));
    if change {
        session.insert("added", 1).expect("a short value");
    }
    let commit = SESSIONS.save(session).expect("it was checked");
    assert_eq!(commit.set_cookies().count(), usize::from(change), "the seed is out of date");
    commit
}

fn cache_control(commit: &Commit, lines: &[&[u8]], needed: &[&str], worse: &[&str]) {
    let merged = commit.cache_control(lines);
    let sent = merged.clone().unwrap_or_else(|| joined(lines));
    let directives = directives(&sent).expect("no cache can misread it");
    for wanted in needed {
        assert!(directives.iter().any(|directive| directive.eq_ignore_ascii_case(wanted)), "{sent:?}");
        // A cache that knows no quotes sees it, too.
        assert!(sent.split(',').any(|word| word.trim_ascii().eq_ignore_ascii_case(wanted)), "{sent:?}");
    }
    for directive in &directives {
        let name = directive.split('=').next().unwrap_or_default().trim_ascii();
        assert!(!worse.iter().any(|word| word.eq_ignore_ascii_case(name)), "{sent:?} allows {name}");
        assert!(!name.eq_ignore_ascii_case("private") || name == directive, "{sent:?} is private in part");
    }
    // What was as strict or stricter stays, in its order; what is new was needed.
    let before = lines.iter().map(|line| self::directives(&String::from_utf8_lossy(line)));
    if let Some(before) = before.collect::<Option<Vec<_>>>() {
        let mut after = directives.iter();
        for directive in before.concat() {
            let name = directive.split('=').next().unwrap_or_default().trim_ascii();
            let dropped = worse.iter().any(|word| word.eq_ignore_ascii_case(name))
                || name.eq_ignore_ascii_case("private") && name != directive;
            assert!(dropped || after.any(|kept| *kept == directive), "{sent:?} lacks {directive:?}");
        }
        assert!(after.all(|added| needed.contains(&added.as_str())), "{sent:?} has what nobody wrote");
    } else {
        assert_eq!(merged.as_deref(), Some("private, no-store"));
    }
    if merged.is_some() {
        assert_eq!(commit.cache_control([&sent]), None, "a second time, {sent:?} is not enough");
    }
}

fn vary(commit: &Commit, lines: &[&[u8]]) {
    let merged = commit.vary(lines);
    let sent = merged.clone().unwrap_or_else(|| joined(lines));
    let members = |text: &str| -> Vec<String> {
        text.split(',')
            .map(|member| member.trim_ascii().to_owned())
            .filter(|member| !member.is_empty())
            .collect()
    };
    let after = members(&sent);
    assert!(after.iter().any(|member| member == "*" || member.eq_ignore_ascii_case("cookie")), "{sent:?}");
    if merged.is_some() {
        assert_eq!(after, [members(&joined(lines)), vec!["Cookie".into()]].concat());
        assert_eq!(commit.vary([&sent]), None, "a second time, {sent:?} is not enough");
    }
}

fn joined(lines: &[&[u8]]) -> String {
    let lines: Vec<_> = lines.iter().map(|line| String::from_utf8_lossy(line)).collect();
    lines.join(", ")
}

/// Reads directives as RFC 9111, section 5.2 writes them: `name`, `name=word`
/// or `name="text"`. Returns `None` where a quote is anywhere else, is not
/// closed, or hides an escape.
fn directives(mut text: &str) -> Option<Vec<String>> {
    let mut found = Vec::new();
    loop {
        let end = text.find([',', '"']).unwrap_or(text.len());
        let (mut directive, mut rest) = text.split_at(end);
        if let Some(quoted) = rest.strip_prefix('"') {
            let len = quoted.find(['"', '\\']).filter(|_| directive.ends_with('='))?;
            rest = quoted[len..].strip_prefix('"')?.trim_start_matches([' ', '\t']);
            directive = &text[..end + 1 + len + 1];
            if !rest.is_empty() && !rest.starts_with(',') {
                return None;
            }
        }
        let directive = directive.trim_ascii();
        if !directive.is_empty() {
            found.push(directive.to_owned());
        }
        match rest.strip_prefix(',') {
            Some(rest) => text = rest,
            None => return Some(found),
        }
    }
}
