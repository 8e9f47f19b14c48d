//! Sessions for plain hyper: a whole adapter.

use std::pin::pin;

use cookie_session_adapter::{
    Guard, Handle, Head, NoHeader, NotSaved, SharedSessions, Slot, UseError, events,
};
use hyper::header::{CACHE_CONTROL, COOKIE};
use hyper::http::{Extensions, HeaderMap, HeaderValue};
use hyper::{Request, Response, StatusCode};

/// Runs a handler with a session for handles of the marker `C`, and saves it
/// into the response.
pub(crate) async fn with_session<C, B, R, F>(
    sessions: &SharedSessions,
    mut request: Request<B>,
    handler: impl FnOnce(Request<B>) -> F,
) -> Response<R>
where
    C: 'static,
    R: Default + From<String>,
    F: Future<Output = Result<Response<R>, UseError>>,
{
    let lines: Vec<_> = request.headers().get_all(COOKIE).iter().cloned().collect();
    let outer = request.extensions_mut().remove();
    let Ok((slot, guard)) = Slot::enter::<C>(sessions.clone(), lines, outer) else { return failed(None) };
    request.extensions_mut().insert(slot);
    let inner = pin!(handler(request));
    // Dropped before the handler, which may still hold handles when it is given up.
    let mut guard = guard;
    let response = inner.await.unwrap_or_else(|error| {
        events::error(&error);
        failed(error.reason_for_developers())
    });
    save(&mut guard, response).unwrap_or_else(|_| failed(None))
}

/// Returns the session of a request that came through [`with_session`].
pub(crate) fn session<C: 'static>(extensions: &Extensions) -> Result<Handle, UseError> {
    let slot = Slot::find::<C>(extensions.get());
    slot.map(Handle::new)
        .ok_or_else(|| UseError::NoLayer { remedy: "call `with_session` around the handler".into() })
}

fn save<R>(guard: &mut Guard, mut response: Response<R>) -> Result<Response<R>, NotSaved> {
    if let Some(saved) = guard.save(response.status().as_u16())? {
        saved.write(&mut Headers(response.headers_mut()))?;
    }
    Ok(response)
}

/// Returns a 500 that no cache keeps, and that says nothing to visitors.
fn failed<R: Default + From<String>>(reason: Option<String>) -> Response<R> {
    let mut response = Response::new(reason.map_or_else(R::default, R::from));
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

struct Headers<'h>(&'h mut HeaderMap);

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
        let dropped: Vec<_> = self.0.keys().filter(|name| drops(name.as_str())).cloned().collect();
        for name in dropped {
            self.0.remove(name);
        }
    }
}
