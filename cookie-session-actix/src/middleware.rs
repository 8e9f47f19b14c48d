//! The middleware: gives every request its slot and every response its
//! headers.

use std::fmt;
use std::future::{Future, Ready, ready};
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::http::header::{COOKIE, HeaderMap, HeaderValue};
use actix_web::{Error, HttpMessage};
use cookie_session::Sessions;
use cookie_session_adapter::{DefaultCookie, Guard, SharedSessions, Slot, events, join_lines};
use pin_project_lite::pin_project;

use crate::respond;

#[doc = include_str!("../docs/middleware.md")]
pub struct SessionMiddleware<C = DefaultCookie> {
    sessions: Sessions,
    cookie: PhantomData<fn() -> C>,
}

impl SessionMiddleware {
    /// Makes the middleware for the only session, or for the one that handlers
    /// call plain [`CookieSession`](crate::CookieSession).
    pub fn new(sessions: Sessions) -> Self {
        Self::for_cookie(sessions)
    }
}

impl<C: 'static> SessionMiddleware<C> {
    #[doc = include_str!("../docs/for_cookie.md")]
    pub fn for_cookie(sessions: Sessions) -> Self {
        events::configured(&sessions);
        Self { sessions, cookie: PhantomData }
    }
}

// Not derived: the marker need not be `Clone`.
impl<C> Clone for SessionMiddleware<C> {
    fn clone(&self) -> Self {
        Self { sessions: self.sessions.clone(), cookie: PhantomData }
    }
}

impl<C> fmt::Debug for SessionMiddleware<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionMiddleware").field("sessions", &self.sessions).finish()
    }
}

impl<S, B, C> Transform<S, ServiceRequest> for SessionMiddleware<C>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    C: 'static,
{
    type Response = ServiceResponse<B>;
    type Error = Error;
    type Transform = SessionService<S, C>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        let sessions = SharedSessions::worker(self.sessions.clone());
        ready(Ok(SessionService { inner, sessions, cookie: PhantomData }))
    }
}

/// The service that [`SessionMiddleware`] makes of another.
pub struct SessionService<S, C = DefaultCookie> {
    inner: S,
    sessions: SharedSessions,
    cookie: PhantomData<fn() -> C>,
}

impl<S: fmt::Debug, C> fmt::Debug for SessionService<S, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionService")
            .field("inner", &self.inner)
            .field("sessions", &*self.sessions)
            .finish()
    }
}

impl<S, B, C> Service<ServiceRequest> for SessionService<S, C>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    C: 'static,
{
    type Response = ServiceResponse<B>;
    type Error = Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let line = cookie_line(request.headers());
        let outer = request.extensions_mut().remove();
        let Ok((slot, guard)) = Slot::enter::<C>(self.sessions.clone(), line, outer) else {
            return ResponseFuture { guard: None, inner: None };
        };
        request.extensions_mut().insert(slot);
        let inner = self.inner.call(request);
        ResponseFuture { inner: Some(inner), guard: Some(guard) }
    }
}

pin_project! {
    /// The future of [`SessionService`].
    #[derive(Debug)]
    pub struct ResponseFuture<F> {
        // Before the inner future, which may still hold handles when it is dropped.
        guard: Option<Guard>,
        // None if the request was refused.
        #[pin]
        inner: Option<F>,
    }
}

impl<F, B> Future for ResponseFuture<F>
where
    F: Future<Output = Result<ServiceResponse<B>, Error>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let (Some(guard), Some(inner)) = (this.guard, this.inner.as_pin_mut()) else {
            return Poll::Ready(Err(respond::reported()));
        };
        let mut response = ready!(inner.poll(context));
        respond::finish(guard, &mut response);
        Poll::Ready(response)
    }
}

/// Returns the Cookie header as one line. HTTP/2 may bring several, which together are as valid a value as each is.
fn cookie_line(headers: &HeaderMap) -> Option<HeaderValue> {
    match headers.get_all(COOKIE).as_slice() {
        [] => None,
        [line] => Some(line.clone()),
        lines => HeaderValue::try_from(join_lines(|| lines.iter())).ok(),
    }
}
