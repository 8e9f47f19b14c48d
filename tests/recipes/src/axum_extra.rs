//! axum-extra's `SignedCookieJar` and `PrivateCookieJar`, here with the number of the user in a cookie `user`.

use std::collections::BTreeMap;

use axum::http::{HeaderMap, HeaderValue, header::COOKIE};
use axum_extra::extract::cookie::{Key, PrivateCookieJar, SignedCookieJar};

pub fn signed(value: &[u8], key: &Key) -> Option<BTreeMap<String, u64>> {
    let cookie = SignedCookieJar::from_headers(&headers(value)?, key.clone()).get("user")?;
    user(cookie.value())
}

pub fn private(value: &[u8], key: &Key) -> Option<BTreeMap<String, u64>> {
    let cookie = PrivateCookieJar::from_headers(&headers(value)?, key.clone()).get("user")?;
    user(cookie.value())
}

fn headers(value: &[u8]) -> Option<HeaderMap> {
    let line = HeaderValue::from_bytes(&[b"user=", value].concat()).ok()?;
    Some(HeaderMap::from_iter([(COOKIE, line)]))
}

fn user(text: &str) -> Option<BTreeMap<String, u64>> {
    Some(BTreeMap::from([("user_id".to_owned(), text.parse().ok()?)]))
}
