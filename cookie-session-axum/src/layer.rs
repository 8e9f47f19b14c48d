//! The tower layer: gives every request its slot and every response its
//! headers.

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use cookie_session::Sessions;
use cookie_session_adapter::{DefaultCookie, Guard, SharedSessions, Slot, events, join_lines};
use http::header::COOKIE;
use http::{HeaderMap, HeaderValue, Request, Response};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::respond;

#[doc = include_str!("../docs/layer.md")]
pub struct SessionLayer<C = DefaultCookie> {
    sessions: &'static Sessions,
    cookie: PhantomData<fn() -> C>,
}

impl SessionLayer {
    /// Makes the layer for the only session, or for the one that handlers call
    /// plain [`CookieSession`](crate::CookieSession). The configuration, its keys with it, is
    /// kept until the process ends, so make a layer once.
    pub fn new(sessions: Sessions) -> Self {
        Self::for_cookie(sessions)
    }
}

impl<C: 'static> SessionLayer<C> {
    #[doc = include_str!("../docs/for_cookie.md")]
    pub fn for_cookie(sessions: Sessions) -> Self {
        events::configured(&sessions);
        Self { sessions: Box::leak(Box::new(sessions)), cookie: PhantomData }
    }
}

impl<S, C> Layer<S> for SessionLayer<C> {
    type Service = SessionService<S, C>;

    fn layer(&self, inner: S) -> Self::Service {
        SessionService { inner, layer: self.clone() }
    }
}

// Not derived: the marker need not be `Clone`.
impl<C> Clone for SessionLayer<C> {
    fn clone(&self) -> Self {
        Self { sessions: self.sessions, cookie: PhantomData }
    }
}

impl<C> fmt::Debug for SessionLayer<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionLayer").field("sessions", self.sessions).finish()
    }
}

/// The service that [`SessionLayer`] makes of another.
pub struct SessionService<S, C = DefaultCookie> {
    inner: S,
    layer: SessionLayer<C>,
}

impl<S, C, RequestBody, ResponseBody> Service<Request<RequestBody>> for SessionService<S, C>
where
    S: Service<Request<RequestBody>, Response = Response<ResponseBody>>,
    ResponseBody: Default,
    C: 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<RequestBody>) -> Self::Future {
        let sessions = SharedSessions::Forever(self.layer.sessions);
        let line = cookie_line(request.headers());
        let outer = request.extensions_mut().remove();
        let Ok((slot, guard)) = Slot::enter::<C>(sessions, line, outer) else {
            return ResponseFuture { guard: None, inner: None };
        };
        request.extensions_mut().insert(slot);
        let inner = self.inner.call(request);
        ResponseFuture { inner: Some(inner), guard: Some(guard) }
    }
}

/// Returns the Cookie header as one line. HTTP/2 may bring several, which together are as valid a value as each is.
#[inline]
fn cookie_line(headers: &HeaderMap) -> Option<HeaderValue> {
    let all = headers.get_all(COOKIE);
    let mut lines = all.iter();
    let first = lines.next()?;
    match lines.next() {
        None => Some(first.clone()),
        Some(_) => HeaderValue::try_from(join_lines(|| all.iter())).ok(),
    }
}

impl<S: Clone, C> Clone for SessionService<S, C> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), layer: self.layer.clone() }
    }
}

impl<S: fmt::Debug, C> fmt::Debug for SessionService<S, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionService").field("inner", &self.inner).field("layer", &self.layer).finish()
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

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Default,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let (Some(guard), Some(inner)) = (this.guard, this.inner.as_pin_mut()) else {
            return Poll::Ready(Ok(respond::internal_error()));
        };
        let mut result = ready!(inner.poll(cx));
        // In its place: moving it would take as long as saving what nobody asked for.
        if let Ok(response) = &mut result {
            respond::finish(guard, response);
        }
        Poll::Ready(result)
    }
}
