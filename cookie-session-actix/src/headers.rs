//! Puts a commit into the head of a response.

use actix_web::http::header::{
    CACHE_CONTROL, HeaderMap, HeaderName, HeaderValue, InvalidHeaderValue, SET_COOKIE, VARY,
};
use cookie_session::Commit;

/// A commit whose cookies are header values already, so that putting it into a
/// response cannot fail.
pub(crate) struct Headers {
    cookies: Vec<HeaderValue>,
    commit: Commit,
}

impl Headers {
    pub(crate) fn new(commit: Commit) -> Result<Self, InvalidHeaderValue> {
        let cookies = commit.set_cookies().map(sensitive).collect::<Result<_, _>>()?;
        Ok(Self { cookies, commit })
    }

    pub(crate) fn apply(&self, headers: &mut HeaderMap) {
        for cookie in &self.cookies {
            headers.append(SET_COOKIE, cookie.clone());
        }
        let vary = self.commit.vary(headers.get_all(VARY));
        replace(headers, VARY, vary, "*");
        let cache_control = self.commit.cache_control(headers.get_all(CACHE_CONTROL));
        replace(headers, CACHE_CONTROL, cache_control, "private, no-store");
        for name in self.commit.remove_headers() {
            headers.remove(*name);
        }
    }
}

/// Keeps the cookie out of the compression tables of HTTP/2 and out of the
/// debug output of the response.
fn sensitive(line: &str) -> Result<HeaderValue, InvalidHeaderValue> {
    let mut value = HeaderValue::from_str(line)?;
    value.set_sensitive(true);
    Ok(value)
}

/// Replaces all lines of a header, if there is anything to replace them with.
/// What was merged from valid values is valid; if it were not, the strictest
/// value there is takes its place.
fn replace(headers: &mut HeaderMap, name: HeaderName, merged: Option<String>, strictest: &'static str) {
    if let Some(merged) = merged {
        let value = HeaderValue::try_from(merged).unwrap_or(HeaderValue::from_static(strictest));
        headers.insert(name, value);
    }
}
