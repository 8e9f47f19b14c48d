//! The tower layer: gives every request its slot and every response its
//! headers.

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use cookie_session::Sessions;
use cookie_session_adapter::{DefaultCookie, Guard, SharedSessions, Slot};
use http::header::COOKIE;
use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::respond;

/// Gives the services inside of it a [`CookieSession`](crate::CookieSession), and saves it
/// into their responses.
///
/// Redirects and errors of the client save too. A request that was not brought
/// to its end saves nothing: the service panics or returns `Err`, the request is
/// given up, or the response is a 408 or 5xx. So layers that catch panics or
/// timeouts may stand on either side, as tower-http's `CatchPanicLayer` and
/// `TimeoutLayer` do with these statuses; one that answers with another status
/// belongs outside of this layer, since from here its response looks as if the
/// handler had made it.
///
/// # Without axum
///
/// Any tower service whose response's body has a `Default`, which is the empty
/// body of a 500. The session is among the extensions of the request:
/// [`CookieSession::from_extensions`](crate::CookieSession::from_extensions).
///
/// - hyper: `TowerToHyperService::new(SessionLayer::new(sessions).layer(service))`
///   of hyper-util; make the layer once, and clone the service for each
///   connection. A service that returns `Err` makes hyper close the connection, so
///   answer with [`CookieSessionError::to_response`](crate::CookieSessionError::to_response):
///   `cargo run -p cookie-session-axum --example hyper_tower`.
/// - tonic 0.14: `Server::builder().layer(SessionLayer::new(sessions))`; a method
///   finds the session in `request.extensions()`, and has to use it before it
///   returns its stream.
/// - warp 0.4: `SessionLayer::new(sessions).layer(warp::service(routes))`, with
///   `warp::ext` for the extensions.
///
/// # Example
///
/// ```
/// use axum::{Router, routing::get};
/// use cookie_session::{KeyRing, SecretKey, Sessions};
/// use cookie_session_axum::{CookieSession, CookieSessionError, SessionLayer};
///
/// async fn count(session: CookieSession) -> Result<String, CookieSessionError> {
///     let visits = session.update("visits", |visits: &mut u32| {
///         *visits += 1;
///         *visits
///     })?;
///     Ok(format!("visit {visits}"))
/// }
///
/// let sessions = Sessions::builder(KeyRing::new(SecretKey::generate()?)).build()?;
/// let app: Router = Router::new().route("/", get(count)).layer(SessionLayer::new(sessions));
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// # use axum::{body::Body, http::Request};
/// # use tower::ServiceExt;
///
/// let response = app.oneshot(Request::new(Body::empty())).await?;
/// assert!(response.headers()["set-cookie"].to_str()?.starts_with("__Host-session="));
/// assert_eq!(response.headers()["vary"], "Cookie");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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
    /// Makes the layer for one of several sessions, which differ in their
    /// cookie's name. The marker is any type. The configuration, its keys with
    /// it, is kept until the process ends, so make a layer once, not for every
    /// connection.
    ///
    /// Two layers around one route whose cookies have the same name would
    /// overwrite each other: every request gets a 500, and the log says so. Of
    /// two layers with the same marker, a handler gets the inner one's session.
    ///
    /// ```
    /// use axum::{Router, routing::get};
    /// use cookie_session::{KeyRing, SecretKey, Sessions};
    /// use cookie_session_axum::{CookieSession, CookieSessionError, SessionLayer};
    ///
    /// enum Admin {}
    ///
    /// async fn both(shop: CookieSession, admin: CookieSession<Admin>) -> Result<String, CookieSessionError> {
    ///     Ok(format!("{:?} {:?}", shop.get::<u64>("user_id")?, admin.get::<u64>("user_id")?))
    /// }
    ///
    /// let keys = KeyRing::new(SecretKey::generate()?);
    /// let shop = Sessions::builder(&keys).build()?;
    /// let admin = Sessions::builder(&keys).name("__Host-admin").build()?;
    /// let app: Router = Router::new()
    ///     .route("/", get(both))
    ///     .layer(SessionLayer::new(shop))
    ///     .layer(SessionLayer::<Admin>::for_cookie(admin));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn for_cookie(sessions: Sessions) -> Self {
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
        let mut lines = request.headers().get_all(COOKIE).iter().cloned();
        // One line is the rule, and needs no allocation.
        let lines = lines.next().into_iter().chain(lines.collect::<Vec<_>>());
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
                ready!(inner.poll(cx)).map(|response| respond::finish(guard, response))
            }
            Projected::Refused => Ok(respond::internal_error()),
        })
    }
}
