//! Sessions for what is written for actix-session: gives its `Session` to handlers, and takes it back.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::error::Error as StdError;
use std::fmt;
use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_session::{SessionExt, SessionStatus};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::http::StatusCode;
use actix_web::{Error, HttpMessage};
use cookie_session::Sessions;
use serde_json::value::RawValue;

use crate::middleware::{SessionMiddleware, SessionService};
use crate::session::{CookieSession, CookieSessionError};

#[doc = include_str!("../docs/bridge.md")]
#[derive(Clone, Debug)]
pub struct Bridge {
    middleware: SessionMiddleware,
}

impl Bridge {
    /// Makes the middleware over sessions that are [encrypted](cookie_session::Builder::encrypted).
    ///
    /// # Errors
    ///
    /// [`NotEncrypted`] if the visitor could read them.
    pub fn new(sessions: Sessions) -> Result<Self, NotEncrypted> {
        if !sessions.is_encrypted() {
            return Err(NotEncrypted(()));
        }
        Ok(Self { middleware: SessionMiddleware::new(sessions) })
    }
}

/// The sessions are not encrypted, so a visitor could read what is kept in them. With actix-session nobody can, unless
/// `CookieContentSecurity::Signed` is asked for, so handlers written for it may keep secrets there.
///
/// Its [`Debug`](fmt::Debug) output is the same text, since that is what a `main` that returns it prints.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct NotEncrypted(());

impl fmt::Display for NotEncrypted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "sessions are not encrypted, and what is written for actix-session may keep secrets in them, which \
             visitors could read: call `encrypted()` before `build()`",
        )
    }
}

impl fmt::Debug for NotEncrypted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl StdError for NotEncrypted {}

impl<S, B> Transform<S, ServiceRequest> for Bridge
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    S::Future: 'static,
    B: 'static,
{
    type Response = ServiceResponse<B>;
    type Error = Error;
    type Transform = SessionService<BridgeService<S>>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        self.middleware.new_transform(BridgeService { inner })
    }
}

/// The service that [`Bridge`] makes of another, inside of the one that opens and saves the cookie.
#[derive(Debug)]
pub struct BridgeService<S> {
    inner: S,
}

impl<S, B> Service<ServiceRequest> for BridgeService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    S::Future: 'static,
    B: 'static,
{
    type Response = ServiceResponse<B>;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<ServiceResponse<B>, Error>>>>;

    fn poll_ready(&self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let ours: CookieSession = match CookieSession::of(request.extensions().get()) {
            Ok(ours) => ours,
            Err(error) => return Box::pin(ready(Err(error.into()))),
        };
        let theirs = request.get_session();
        let came = match fill(&theirs, &ours) {
            Ok(came) => came,
            Err(error) => return Box::pin(ready(Err(error))),
        };
        let inner = self.inner.call(request);
        Box::pin(async move {
            let response = inner.await;
            let status = match &response {
                Ok(response) => response.status(),
                Err(error) => error.as_response_error().status_code(),
            };
            if !is_unfinished(status) {
                give_back(&theirs, &came, &ours)?;
            }
            response
        })
    }
}

/// Keys, and the JSON text of their values.
type Members = Vec<(String, Box<RawValue>)>;

/// Puts all values of ours into theirs, as they came, and returns them.
fn fill(theirs: &actix_session::Session, ours: &CookieSession) -> Result<Members, Error> {
    let came: Members = ours.with(|ours| {
        let member = |key: Cow<'_, str>| {
            let text = RawValue::from_string(ours.get_raw(&key)?.to_owned()).ok()?;
            Some((key.into_owned(), text))
        };
        ours.keys().filter_map(member).collect()
    })?;
    for (key, text) in &came {
        theirs.insert(key, text)?;
    }
    Ok(came)
}

/// Does to ours what was done to theirs.
fn give_back(
    theirs: &actix_session::Session,
    came: &Members,
    ours: &CookieSession,
) -> Result<(), CookieSessionError> {
    let status = theirs.status();
    if status == SessionStatus::Purged {
        return ours.clear();
    }
    if status == SessionStatus::Renewed {
        ours.renew()?;
    }
    let entries = theirs.entries();
    // Who fills theirs makes it `Changed`, so that only the values tell.
    let is_there =
        |(key, text): &(String, Box<RawValue>)| entries.get(key).is_some_and(|other| other == text.get());
    if entries.len() == came.len() && came.iter().all(is_there) {
        return Ok(());
    }
    let raw = |text| serde_json::from_str::<&RawValue>(text).ok();
    let members: BTreeMap<_, _> = entries.iter().filter_map(|(key, text)| Some((key, raw(text)?))).collect();
    ours.write(&members)
}

/// Says whether nothing of this request is saved, as the middleware around this one decides it.
fn is_unfinished(status: StatusCode) -> bool {
    status == StatusCode::REQUEST_TIMEOUT || status.is_server_error()
}
