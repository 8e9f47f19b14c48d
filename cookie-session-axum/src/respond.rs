//! What becomes of a response: the headers that its session needs, or an empty
//! 500.

use cookie_session_adapter::{Guard, Head, NoHeader, NotSaved};
use http::header::{CACHE_CONTROL, Entry, HeaderName, SET_COOKIE, VARY};
use http::{HeaderMap, HeaderValue, Response, StatusCode};

/// Saves the session into the response, if there was any use of it. A response
/// whose session cannot be saved is replaced.
pub(crate) fn finish<B: Default>(guard: &mut Guard, response: &mut Response<B>) {
    if save(guard, response.status(), response.headers_mut()).is_err() {
        *response = internal_error();
    }
}

fn save(guard: &mut Guard, status: StatusCode, headers: &mut HeaderMap) -> Result<(), NotSaved> {
    match guard.save(status.as_u16())? {
        Some(saved) => saved.write(&mut Headers(headers)),
        None => Ok(()),
    }
}

/// Returns a 500 that says nothing and that no cache keeps.
pub(crate) fn internal_error<B: Default>() -> Response<B> {
    empty(StatusCode::INTERNAL_SERVER_ERROR)
}

/// Returns an empty response that no cache keeps.
pub(crate) fn empty<B: Default>(status: StatusCode) -> Response<B> {
    let mut response = Response::new(B::default());
    *response.status_mut() = status;
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

pub(crate) struct Headers<'h>(pub(crate) &'h mut HeaderMap);

impl Head for Headers<'_> {
    #[inline]
    fn lines(&self, name: &'static str) -> impl Iterator<Item: AsRef<[u8]>> {
        self.0.get_all(known(name)).iter()
    }

    #[inline]
    fn append_secret(&mut self, name: &'static str, text: &str) -> Result<(), NoHeader> {
        let mut value = HeaderValue::from_str(text).map_err(|_| NoHeader)?;
        value.set_sensitive(true);
        self.0.append(known(name), value);
        Ok(())
    }

    #[inline]
    fn replace(&mut self, name: &'static str, text: String) -> Result<(), NoHeader> {
        self.0.insert(known(name), text.try_into().map_err(|_| NoHeader)?);
        Ok(())
    }

    #[inline]
    fn set_if_absent(&mut self, name: &'static str, text: &'static str) -> Result<bool, NoHeader> {
        match self.0.entry(known(name)) {
            Entry::Vacant(place) => {
                place.insert(value(text));
                Ok(true)
            }
            Entry::Occupied(_) => Ok(false),
        }
    }

    fn remove_if(&mut self, drops: impl Fn(&str) -> bool) {
        // Nearly always there are none, and then nothing is allocated.
        let dropped: Vec<_> = self.0.keys().filter(|name| drops(name.as_str())).cloned().collect();
        for name in dropped {
            self.0.remove(name);
        }
    }
}

/// Returns the name of a header, in few steps for those that a session sets.
#[inline]
fn known(name: &'static str) -> HeaderName {
    match name {
        "set-cookie" => SET_COOKIE,
        "vary" => VARY,
        "cache-control" => CACHE_CONTROL,
        other => HeaderName::from_static(other),
    }
}

/// Returns a value of a header: what a session sets is checked when this is compiled.
#[inline]
fn value(text: &'static str) -> HeaderValue {
    match text {
        "Cookie" => const { HeaderValue::from_static("Cookie") },
        "private" => const { HeaderValue::from_static("private") },
        "private, no-store" => const { HeaderValue::from_static("private, no-store") },
        other => HeaderValue::from_static(other),
    }
}
