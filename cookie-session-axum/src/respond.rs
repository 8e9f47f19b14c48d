//! What becomes of a response: the headers that its session needs, or an empty
//! 500.

use cookie_session_adapter::{Guard, Head, NoHeader, NotSaved};
use http::header::CACHE_CONTROL;
use http::{HeaderMap, HeaderValue, Response, StatusCode};

/// Saves the session into the response, if there was any use of it. A response
/// whose session cannot be saved is replaced.
pub(crate) fn finish<B: Default>(guard: &Guard, mut response: Response<B>) -> Response<B> {
    let status = response.status();
    match save(guard, status, response.headers_mut()) {
        Ok(()) => response,
        Err(_) => internal_error(),
    }
}

fn save(guard: &Guard, status: StatusCode, headers: &mut HeaderMap) -> Result<(), NotSaved> {
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
    fn lines(&self, name: &'static str) -> impl Iterator<Item: AsRef<[u8]>> {
        self.0.get_all(name).iter()
    }

    fn append_secret(&mut self, name: &'static str, text: &str) -> Result<(), NoHeader> {
        let mut value = HeaderValue::from_str(text).map_err(|_| NoHeader)?;
        value.set_sensitive(true);
        self.0.append(name, value);
        Ok(())
    }

    fn replace(&mut self, name: &'static str, text: String) -> Result<(), NoHeader> {
        self.0.insert(name, text.try_into().map_err(|_| NoHeader)?);
        Ok(())
    }

    fn remove_if(&mut self, drops: impl Fn(&str) -> bool) {
        // Nearly always there are none, and then nothing is allocated.
        let dropped: Vec<_> = self.0.keys().filter(|name| drops(name.as_str())).cloned().collect();
        for name in dropped {
            self.0.remove(name);
        }
    }
}
