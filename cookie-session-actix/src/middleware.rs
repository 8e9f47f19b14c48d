//! Gives every request a session, and every response what is left of it.

use std::any::TypeId;
use std::fmt;
use std::future::{Future, Ready, ready};
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::http::header::COOKIE;
use actix_web::{Error, HttpMessage};
use cookie_session::Sessions;

use crate::error::SessionError;
use crate::events;
use crate::headers::Headers;
use crate::session::DefaultCookie;
use crate::shared::{CloseOnDrop, Closed, Shared};

/// Middleware that opens the session of a request when a handler asks for it
/// and saves it into the response.
///
/// ```
/// use actix_web::App;
/// use cookie_session::{KeyRing, SecretKey, Sessions};
/// use cookie_session_actix::SessionMiddleware;
///
/// // Outside of the closure that makes the App, or each worker has other keys.
/// let sessions = Sessions::builder(KeyRing::new(SecretKey::generate()?)).build()?;
/// let app = App::new().wrap(SessionMiddleware::new(sessions.clone()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct SessionMiddleware<C = DefaultCookie> {
    sessions: Sessions,
    cookie: PhantomData<fn() -> C>,
}

impl SessionMiddleware {
    /// Makes the middleware of an application that has one session.
    pub fn new(sessions: Sessions) -> Self {
        Self::for_cookie(sessions)
    }
}

impl<C> SessionMiddleware<C> {
    /// Makes the middleware of one session of several. `C` is any type; it
    /// tells them apart. Each needs a cookie name of its own.
    ///
    /// ```
    /// # use actix_web::App;
    /// # use cookie_session::{KeyRing, SecretKey, Sessions};
    /// use cookie_session_actix::{Session, SessionMiddleware};
    ///
    /// struct Admin;
    ///
    /// # let keys = KeyRing::new(SecretKey::generate()?);
    /// let visitors = Sessions::builder(&keys).build()?;
    /// let admins = Sessions::builder(&keys).name("__Host-admin").build()?;
    /// let app = App::new()
    ///     .wrap(SessionMiddleware::new(visitors))
    ///     .wrap(SessionMiddleware::<Admin>::for_cookie(admins));
    ///
    /// async fn handler(visitor: Session, admin: Session<Admin>) { /* … */ }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn for_cookie(sessions: Sessions) -> Self {
        Self { sessions, cookie: PhantomData }
    }
}

impl<C> Clone for SessionMiddleware<C> {
    fn clone(&self) -> Self {
        Self::for_cookie(self.sessions.clone())
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
    S::Future: 'static,
    B: 'static,
    C: 'static,
{
    type Response = ServiceResponse<B>;
    type Error = Error;
    type Transform = SessionService<S, C>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(SessionService { service, sessions: self.sessions.clone(), cookie: PhantomData }))
    }
}

/// The service that [`SessionMiddleware`] makes of the service it wraps.
pub struct SessionService<S, C = DefaultCookie> {
    service: S,
    sessions: Sessions,
    cookie: PhantomData<fn() -> C>,
}

impl<S: fmt::Debug, C> fmt::Debug for SessionService<S, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionService")
            .field("service", &self.service)
            .field("sessions", &self.sessions)
            .finish()
    }
}

impl<S, B, C> Service<ServiceRequest> for SessionService<S, C>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    S::Future: 'static,
    B: 'static,
    C: 'static,
{
    type Response = ServiceResponse<B>;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<ServiceResponse<B>, Error>>>>;

    fn poll_ready(&self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.service.poll_ready(context)
    }

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let cookies = request.headers().get_all(COOKIE).cloned().collect();
        let shared = Arc::new(Shared::new(self.sessions.clone(), cookies));
        if let Err(error) = Slots::put::<C>(&request, &shared) {
            return Box::pin(ready(Err(error.into())));
        }
        let close = CloseOnDrop(shared);
        let response = self.service.call(request);
        Box::pin(async move { finish(response.await, &close.0) })
    }
}

/// Saves the session into the response, whatever the response is.
fn finish<B>(
    response: Result<ServiceResponse<B>, Error>,
    shared: &Shared,
) -> Result<ServiceResponse<B>, Error> {
    let Some(headers) = save(shared)? else { return response };
    response
        .map(|mut response| {
            headers.apply(response.headers_mut());
            response
        })
        .map_err(|mut error| {
            // Middleware inside of this one failed. The error is a response only later, and stays what it
            // is for the middleware outside.
            error.add_response_mapper(move |mut response| {
                headers.apply(response.headers_mut());
                response
            });
            error
        })
}

/// Returns the headers that the session needs, or `None` if nobody has asked
/// for it.
fn save(shared: &Shared) -> Result<Option<Headers>, SessionError> {
    let sessions = shared.sessions();
    let session = match shared.close() {
        Closed::Unopened => return Ok(None),
        Closed::Open(session) => session,
        Closed::Panicked => {
            events::save_failed(sessions, &SessionError::Panicked);
            return Err(SessionError::Panicked);
        }
    };
    let commit = sessions.save(session).map_err(|error| {
        let error = error.into();
        events::save_failed(sessions, &error);
        error
    })?;
    events::saved(sessions, &commit);
    // Base64 and checked attributes are ASCII.
    Headers::new(commit).map(Some).map_err(|_| cookie_session::SessionError::NotJson.into())
}

/// The sessions of one request, the innermost last.
pub(crate) struct Slots(Vec<(TypeId, Arc<Shared>)>);

impl Slots {
    fn put<C: 'static>(request: &ServiceRequest, shared: &Arc<Shared>) -> Result<(), SessionError> {
        let slot = (TypeId::of::<C>(), Arc::clone(shared));
        let mut extensions = request.extensions_mut();
        let Some(Self(slots)) = extensions.get_mut::<Self>() else {
            extensions.insert(Self(vec![slot]));
            return Ok(());
        };
        let name = shared.sessions().cookie_name();
        if slots.iter().any(|(_, outer)| outer.sessions().cookie_name() == name) {
            events::same_cookie_twice(name);
            return Err(SessionError::SameCookieTwice);
        }
        slots.push(slot);
        Ok(())
    }

    pub(crate) fn find<C: 'static>(&self) -> Option<Arc<Shared>> {
        let marker = TypeId::of::<C>();
        self.0.iter().rev().find(|(slot, _)| *slot == marker).map(|(_, shared)| Arc::clone(shared))
    }
}
