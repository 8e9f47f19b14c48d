//! What becomes of a response: the headers that its session needs, or an empty
//! 500.

use std::fmt;

use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HeaderMap, HeaderName, HeaderValue, SET_COOKIE, VARY};
use actix_web::{Error, HttpResponse, ResponseError};
use cookie_session_adapter::{Guard, Head, NoHeader, NotSaved};

/// Saves the session into the response, if there was any use of it. A response
/// whose session cannot be saved is replaced.
pub(crate) fn finish<B>(guard: &mut Guard, response: &mut Result<ServiceResponse<B>, Error>) {
    if save(guard, response).is_err() {
        *response = Err(reported());
    }
}

fn save<B>(guard: &mut Guard, response: &mut Result<ServiceResponse<B>, Error>) -> Result<(), NotSaved> {
    let status = match response {
        Ok(response) => response.status(),
        Err(error) => error.as_response_error().status_code(),
    };
    let Some(saved) = guard.save(status.as_u16())? else { return Ok(()) };
    match response {
        Ok(response) => saved.write(&mut Headers(response.headers_mut())),
        // Middleware inside of this one failed. Its error becomes a response only outside of all
        // middleware, which may look at it until then.
        Err(error) => {
            error.add_response_mapper(move |mut response| {
                let written = saved.write(&mut Headers(response.headers_mut()));
                or_empty_500(response, written)
            });
            Ok(())
        }
    }
}

fn or_empty_500(response: HttpResponse, written: Result<(), NotSaved>) -> HttpResponse {
    if written.is_ok() { response } else { empty_500() }
}

/// Returns a 500 that says nothing and that no cache keeps.
pub(crate) fn empty_500() -> HttpResponse {
    empty(StatusCode::INTERNAL_SERVER_ERROR)
}

/// Returns an empty response that no cache keeps.
pub(crate) fn empty(status: StatusCode) -> HttpResponse {
    let mut response = HttpResponse::build(status);
    response.insert_header((CACHE_CONTROL, "no-store")).finish()
}

/// Returns an error that becomes an [`empty_500`], for what has had its event.
pub(crate) fn reported() -> Error {
    Reported.into()
}

pub(crate) struct Headers<'h>(pub(crate) &'h mut HeaderMap);

impl Head for Headers<'_> {
    #[inline]
    fn lines(&self, name: &'static str) -> impl Iterator<Item: AsRef<[u8]>> {
        self.0.get_all(known(name))
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
        let name = known(name);
        let is_absent = !self.0.contains_key(&name);
        if is_absent {
            self.0.insert(name, value(text));
        }
        Ok(is_absent)
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

#[derive(Debug)]
struct Reported;

impl fmt::Display for Reported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("session failed, as an event has told")
    }
}

impl ResponseError for Reported {
    fn error_response(&self) -> HttpResponse {
        empty_500()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use cookie_session::{KeyRing, SecretKey, Sessions};
    use cookie_session_adapter::{DefaultCookie, SharedSessions, Slot};

    use super::*;

    #[test]
    fn an_error_whose_headers_cannot_be_written_is_an_empty_500() {
        let sessions = Sessions::builder(KeyRing::new(SecretKey::generate().unwrap())).build().unwrap();
        let sessions = SharedSessions::worker(sessions);
        let lines = || Vec::<Vec<u8>>::new();
        let (slot, _guard) = Slot::enter::<DefaultCookie>(sessions.clone(), lines(), None).unwrap();
        let not_saved = Slot::enter::<DefaultCookie>(sessions, lines(), Some(slot)).unwrap_err();
        let teapot = || HttpResponse::ImATeapot().insert_header(("x-handler", "here")).finish();

        let response = or_empty_500(teapot(), Err(not_saved));
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(response.headers().len(), 1);
        assert_eq!(response.headers().get(CACHE_CONTROL).unwrap(), "no-store");
        assert_eq!(or_empty_500(teapot(), Ok(())).status(), StatusCode::IM_A_TEAPOT);
    }
}
