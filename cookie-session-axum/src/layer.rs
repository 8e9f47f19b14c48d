//! The tower layer: gives every request its slot and every response its
//! headers.

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use cookie_session::Sessions;
use cookie_session_adapter::{DefaultCookie, Guard, SharedSessions, Slot, events};
use http::header::COOKIE;
use http::{HeaderMap, HeaderValue, Request, Response};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::respond;

#[doc = include_str!("../docs/layer.md")]
pub struct SessionLayer<C = DefaultCookie> {
    sessions: SharedSessions,
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
        Self { sessions: SharedSessions::forever(sessions), cookie: PhantomData }
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
        Self { sessions: self.sessions.clone(), cookie: PhantomData }
    }
}

impl<C> fmt::Debug for SessionLayer<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionLayer").field("sessions", &*self.sessions).finish()
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
        let sessions = self.layer.sessions.clone();
        let lines = cookie_lines(request.headers());
        let outer = request.extensions_mut().remove();
        let stage = match Slot::enter::<C>(sessions, lines, outer) {
            Ok((slot, guard)) => {
                request.extensions_mut().insert(slot);
                Stage::Running { guard, inner: self.inner.call(request) }
            }
            Err(_) => Stage::Refused,
        };
        ResponseFuture { stage }
    }
}

/// Returns the lines of the Cookie header. One is the rule, and needs no list.
fn cookie_lines(headers: &HeaderMap) -> impl IntoIterator<Item = HeaderValue> + use<> {
    let mut lines = headers.get_all(COOKIE).iter();
    let first = lines.next().cloned();
    let more: Vec<_> = if lines.size_hint().1 == Some(0) { Vec::new() } else { lines.cloned().collect() };
    first.into_iter().chain(more)
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
        #[pin]
        stage: Stage<F>,
    }
}

pin_project! {
    #[project = Projected]
    #[derive(Debug)]
    enum Stage<F> {
        Running {
            // Before the inner future, which may still hold handles when it is dropped.
            guard: Guard,
            #[pin]
            inner: F,
        },
        Refused,
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Default,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        Poll::Ready(match self.project().stage.project() {
            Projected::Running { guard, inner } => {
                let mut result = ready!(inner.poll(cx));
                // In its place: moving it would take as long as saving what nobody asked for.
                if let Ok(response) = &mut result {
                    respond::finish(guard, response);
                }
                result
            }
            Projected::Refused => Ok(respond::internal_error()),
        })
    }
}
