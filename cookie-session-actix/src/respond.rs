//! What becomes of a response: the headers that its session needs, or an empty
//! 500.

use std::fmt;

use actix_web::dev::ServiceResponse;
use actix_web::http::header::{CACHE_CONTROL, HeaderMap, HeaderName, HeaderValue};
use actix_web::{Error, HttpResponse, ResponseError};
use cookie_session_adapter::{Guard, Head, NoHeader, NotSaved};

/// Saves the session into the response, if there was any use of it. A response
/// whose session cannot be saved is replaced.
pub(crate) fn finish<B>(
    guard: &Guard,
    response: Result<ServiceResponse<B>, Error>,
) -> Result<ServiceResponse<B>, Error> {
    let status = match &response {
        Ok(response) => response.status(),
        Err(error) => error.as_response_error().status_code(),
    };
    let Some(saved) = guard.save(status.as_u16()).map_err(reported)? else {
        return response;
    };
    match response {
        Ok(mut response) => {
            saved.write(&mut Headers(response.headers_mut())).map_err(reported)?;
            Ok(response)
        }
        // Middleware inside of this one failed. Its error becomes a response only outside of all
        // middleware, which may look at it until then.
        Err(mut error) => {
            error.add_response_mapper(move |mut response| {
                match saved.write(&mut Headers(response.headers_mut())) {
                    Ok(()) => response,
                    Err(_) => empty_500(),
                }
            });
            Err(error)
        }
    }
}

/// Returns a 500 that says nothing and that no cache keeps.
pub(crate) fn empty_500() -> HttpResponse {
    let mut response = HttpResponse::InternalServerError();
    response.insert_header((CACHE_CONTROL, "no-store")).finish()
}

/// Returns an error that becomes an [`empty_500`], for what has had its event.
pub(crate) fn reported(refused: NotSaved) -> Error {
    Reported(refused).into()
}

struct Headers<'h>(&'h mut HeaderMap);

impl Head for Headers<'_> {
    fn lines(&self, name: &'static str) -> impl Iterator<Item: AsRef<[u8]>> {
        self.0.get_all(name)
    }

    fn append_secret(&mut self, name: &'static str, text: &str) -> Result<(), NoHeader> {
        let mut value = HeaderValue::from_str(text).map_err(|_| NoHeader)?;
        value.set_sensitive(true);
        self.0.append(HeaderName::from_static(name), value);
        Ok(())
    }

    fn replace(&mut self, name: &'static str, text: String) -> Result<(), NoHeader> {
        self.0.insert(HeaderName::from_static(name), text.try_into().map_err(|_| NoHeader)?);
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

#[derive(Debug)]
struct Reported(NotSaved);

impl fmt::Display for Reported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl ResponseError for Reported {
    fn error_response(&self) -> HttpResponse {
        empty_500()
    }
}
