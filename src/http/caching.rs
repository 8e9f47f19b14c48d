//! Merges into `Vary` and `Cache-Control`.

/// Returns the `Vary` header with `Cookie` in it, or `None` if the existing
/// lines say so already.
pub(crate) fn vary(existing: impl IntoIterator<Item: AsRef<[u8]>>) -> Option<String> {
    let mut merged = String::new();
    for line in existing {
        for member in String::from_utf8_lossy(line.as_ref()).split(',').map(str::trim_ascii) {
            if member == "*" || member.eq_ignore_ascii_case("cookie") {
                return None;
            }
            push_member(&mut merged, member);
        }
    }
    push_member(&mut merged, "Cookie");
    Some(merged)
}

/// How far a response must be kept from shared caches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Caching {
    /// The session had no part in it.
    Untouched,
    /// It may show one visitor's session: not for caches that others share.
    Private,
    /// It carries a cookie: not for any cache.
    NoStore,
}

/// Returns the `Cache-Control` header of a response that has none.
pub(crate) fn cache_control_alone(caching: Caching) -> Option<&'static str> {
    match caching {
        Caching::Untouched => None,
        Caching::Private => Some("private"),
        Caching::NoStore => Some("private, no-store"),
    }
}

/// Returns the `Cache-Control` header, made as strict as it must be and never
/// less strict than it was, or `None` if the existing lines are strict enough.
pub(crate) fn cache_control(
    existing: impl IntoIterator<Item: AsRef<[u8]>>,
    caching: Caching,
) -> Option<String> {
    if caching == Caching::Untouched {
        return None;
    }
    let mut merged = String::new();
    let (mut private, mut no_store, mut dropped) = (false, false, false);
    for line in existing {
        let line = String::from_utf8_lossy(line.as_ref());
        let Some(directives) = split_directives(&line) else {
            // A stray quote could hide anything.
            return Some("private, no-store".into());
        };
        for directive in directives {
            let name = directive.split('=').next().unwrap_or_default().trim_ascii();
            let is = |known: &str| name.eq_ignore_ascii_case(known);
            // `private="field"` lets shared caches store the rest of the response (RFC 9111, section 5.2.2.7).
            // With `must-understand`, a cache that knows the status code ignores `no-store` (section 5.2.2.3).
            let overrules = is("must-understand") && caching == Caching::NoStore;
            if is("public") || is("s-maxage") || overrules || is("private") && name.len() < directive.len() {
                dropped = true;
                continue;
            }
            private |= is("private");
            no_store |= is("no-store") && name.len() == directive.len();
            push_member(&mut merged, directive);
        }
    }
    let add_no_store = caching == Caching::NoStore && !no_store;
    if private && !add_no_store && !dropped {
        return None;
    }
    if !private {
        push_member(&mut merged, "private");
    }
    if add_no_store {
        push_member(&mut merged, "no-store");
    }
    Some(merged)
}

/// Says whether some cache obeys the header of this name rather than
/// `Cache-Control`.
pub(crate) fn overrules_cache_control(name: &str) -> bool {
    const SUFFIX: &str = "-cache-control";
    // What comes before it names the caches that it is meant for (RFC 9213, section 2).
    let target = name.len().checked_sub(SUFFIX.len()).and_then(|at| name.split_at_checked(at));
    target.is_some_and(|(target, suffix)| !target.is_empty() && suffix.eq_ignore_ascii_case(SUFFIX))
        || OVERRULING.iter().any(|other| name.eq_ignore_ascii_case(other))
}

/// Headers that do so and are not named for it: the convention of Fastly and
/// others, Akamai's, nginx's.
const OVERRULING: &[&str] = &["surrogate-control", "edge-control", "x-accel-expires"];

/// Splits at the commas outside quotes, or returns `None` if a quote does not
/// end or stands where RFC 9110, section 5.6.4 has none: caches would disagree
/// on what it hides.
fn split_directives(line: &str) -> Option<Vec<&str>> {
    let (mut place, mut last) = (Place::Plain, ',');
    let directives = line
        .split(|c| {
            let next = match (place, c) {
                // Not every cache knows escapes, and no directive needs one.
                (Place::Quoted, '\\') => Place::Broken,
                (Place::Quoted, '"') => Place::AfterQuote,
                (Place::Quoted, _) => Place::Quoted,
                (Place::Plain | Place::AfterQuote, ',') => Place::Plain,
                (Place::Plain, '"') if last == '=' => Place::Quoted,
                (Place::Plain, '"') => Place::Broken,
                (Place::Plain, _) => Place::Plain,
                (Place::AfterQuote, ' ' | '\t') => Place::AfterQuote,
                (Place::AfterQuote | Place::Broken, _) => Place::Broken,
            };
            (place, last) = (next, c);
            c == ',' && next == Place::Plain
        })
        .map(str::trim_ascii)
        .collect();
    matches!(place, Place::Plain | Place::AfterQuote).then_some(directives)
}

/// Where a character of a list stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Plain,
    Quoted,
    AfterQuote,
    Broken,
}

fn push_member(list: &mut String, member: &str) {
    if member.is_empty() {
        return;
    }
    if !list.is_empty() {
        list.push_str(", ");
    }
    list.push_str(member);
}
