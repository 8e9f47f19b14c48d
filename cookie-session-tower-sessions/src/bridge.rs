//! The layer: gives every request a session of tower-sessions, and takes it back.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use cookie_session::Sessions;
use cookie_session_axum::{CookieSession, SessionLayer, SessionService};
use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;
use tower_sessions_core::Session;
use tower_sessions_core::session::Id;

use crate::error::NotEncrypted;
use crate::store::OneRecord;

#[doc = include_str!("../docs/bridge.md")]
#[derive(Clone)]
pub struct Bridge {
    layer: SessionLayer,
}

impl Bridge {
    /// Makes the layer over sessions that are [encrypted](cookie_session::Builder::encrypted). The configuration, its
    /// keys with it, is kept until the process ends, so make a layer once.
    ///
    /// # Errors
    ///
    /// [`NotEncrypted`] if the visitor could read them.
    pub fn new(sessions: Sessions) -> Result<Self, NotEncrypted> {
        if !sessions.is_encrypted() {
            return Err(NotEncrypted(()));
        }
        Ok(Self { layer: SessionLayer::new(sessions) })
    }
}

impl fmt::Debug for Bridge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Bridge").field(&self.layer).finish()
    }
}

impl<S> Layer<S> for Bridge {
    type Service = SessionService<BridgeService<S>>;

    fn layer(&self, inner: S) -> Self::Service {
        self.layer.layer(BridgeService { inner })
    }
}

/// The service that [`Bridge`] makes of another, inside of the one that opens and saves the cookie.
#[derive(Clone, Debug)]
pub struct BridgeService<S> {
    inner: S,
}

impl<S, RequestBody, ResponseBody> Service<Request<RequestBody>> for BridgeService<S>
where
    S: Service<Request<RequestBody>, Response = Response<ResponseBody>>,
    S::Future: Send + 'static,
    S::Error: Send,
    ResponseBody: Default + Send,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<RequestBody>) -> Self::Future {
        let ours = match <CookieSession>::from_extensions(request.extensions()) {
            Ok(ours) => ours,
            Err(error) => return Box::pin(async move { Ok(error.to_response()) }),
        };
        let store = Arc::new(OneRecord::new(ours));
        // The id names the record in this request alone; nothing of it is in the cookie.
        let theirs = Session::new(Some(Id::default()), Arc::clone(&store), None);
        request.extensions_mut().insert(theirs.clone());
        let inner = self.inner.call(request);
        Box::pin(async move {
            let response = inner.await?;
            if is_unfinished(response.status()) {
                return Ok(response);
            }
            match store.finish(&theirs).await {
                Ok(()) => Ok(response),
                Err(error) => Ok(error.to_response()),
            }
        })
    }
}

/// Says whether nothing of this request is saved, as the layer around this one decides it.
fn is_unfinished(status: http::StatusCode) -> bool {
    status == http::StatusCode::REQUEST_TIMEOUT || status.is_server_error()
}
