//! The adapter to plain hyper keeps every rule of the checklist.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

#[path = "../examples/hyper_login/adapter.rs"]
mod adapter;

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use adapter::{session, with_session};
use cookie_session_adapter::conformance::{Answer, Page, Request as Sent, Site};
use cookie_session_adapter::{DefaultCookie, Handle, SharedSessions};
use http_body_util::{BodyExt, Empty};
use hyper::body::{Body, Bytes, Frame, Incoming};
use hyper::header::{COOKIE, HOST, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;

enum Admin {}

/// A text, or what the session says when the body is asked for.
#[derive(Default)]
struct Text(Option<Box<dyn FnOnce() -> String + Send>>);

impl From<String> for Text {
    fn from(text: String) -> Self {
        if text.is_empty() { Self(None) } else { Self(Some(Box::new(|| text))) }
    }
}

impl Body for Text {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.take().map(|text| Ok(Frame::data(text().into()))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_none()
    }
}

struct Adapter {
    site: Site,
    shop: SharedSessions,
    small: SharedSessions,
    admin: SharedSessions,
}

impl Adapter {
    async fn serve(&self, request: Request<Incoming>) -> Response<Text> {
        let path = request.uri().path().to_owned();
        let path = path.trim_start_matches('/');
        let (route, action) = path.split_once('/').unwrap_or((path, ""));
        let act = async |request: Request<Incoming>| {
            let session = session::<DefaultCookie>(request.extensions())?;
            Ok(answer(self.site.act(&session, action)?))
        };
        let shop = &self.shop;
        match route {
            "shop" => with_session::<DefaultCookie, _, _, _>(shop, request, act).await,
            "small" => with_session::<DefaultCookie, _, _, _>(&self.small, request, act).await,
            "none" => with_session::<Admin, _, _, _>(&self.admin, request, act).await,
            "twice" => {
                let inner =
                    async |request| Ok(with_session::<DefaultCookie, _, _, _>(shop, request, act).await);
                with_session::<DefaultCookie, _, _, _>(shop, request, inner).await
            }
            "between" => {
                let innermost =
                    async |request| Ok(with_session::<DefaultCookie, _, _, _>(shop, request, act).await);
                let inner =
                    async |request| Ok(with_session::<Admin, _, _, _>(&self.admin, request, innermost).await);
                with_session::<DefaultCookie, _, _, _>(shop, request, inner).await
            }
            "both" => {
                let both = async |request: Request<Incoming>| {
                    let shop = session::<DefaultCookie>(request.extensions())?;
                    let admin = session::<Admin>(request.extensions())?;
                    Ok(answer(self.site.act_both(&shop, &admin, action)?))
                };
                let inner =
                    async |request| Ok(with_session::<Admin, _, _, _>(&self.admin, request, both).await);
                with_session::<DefaultCookie, _, _, _>(shop, request, inner).await
            }
            "plain" => {
                let plain = async |_| Ok(answer(self.site.plain()));
                with_session::<DefaultCookie, _, _, _>(shop, request, plain).await
            }
            "panic" => self.begin(request, async |_| resume_unwind(Box::new("on purpose"))).await,
            "slow" => {
                let slow = self.begin(request, async |_| std::future::pending().await);
                let given_up = tokio::time::timeout(Duration::from_millis(20), slow).await;
                given_up.unwrap_or_else(|_| status(StatusCode::GATEWAY_TIMEOUT))
            }
            "stream" => {
                let site = self.site.clone();
                self.begin(request, async move |session| {
                    Response::new(Text(Some(Box::new(move || site.late(&session)))))
                })
                .await
            }
            _ => panic!("no route to {path}"),
        }
    }

    async fn begin(
        &self,
        request: Request<Incoming>,
        then: impl AsyncFnOnce(Handle) -> Response<Text>,
    ) -> Response<Text> {
        let handler = async |request: Request<Incoming>| {
            let session = session::<DefaultCookie>(request.extensions())?;
            let _held = self.site.begin(&session);
            Ok(then(session).await)
        };
        with_session::<DefaultCookie, _, _, _>(&self.shop, request, handler).await
    }
}

fn answer(page: Page) -> Response<Text> {
    let mut response = Response::builder().status(page.status);
    for (name, value) in page.headers {
        response = response.header(name, value);
    }
    response.body(page.body.into()).unwrap()
}

fn status(status: StatusCode) -> Response<Text> {
    let mut response = Response::new(Text::default());
    *response.status_mut() = status;
    response
}

/// Sends a request through a connection of its own, without a network.
async fn exchange(adapter: &Adapter, sent: Sent) -> Option<Answer> {
    let (ours, theirs) = tokio::io::duplex(1 << 16);
    let service = service_fn(async |request| Ok::<_, Infallible>(adapter.serve(request).await));
    let server = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(theirs), service);
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(ours)).await.unwrap();
    let mut request = Request::get(sent.path).header(HOST, "localhost").body(Empty::<Bytes>::new()).unwrap();
    for line in sent.cookies {
        request.headers_mut().append(COOKIE, HeaderValue::from_bytes(&line).unwrap());
    }
    let receive = async {
        let (head, body) = sender.send_request(request).await.ok()?.into_parts();
        let headers = head.headers.iter();
        let headers =
            headers.map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into()));
        let body = body.collect().await.ok()?.to_bytes();
        Some(Answer {
            status: head.status.as_u16(),
            headers: headers.collect(),
            body: String::from_utf8_lossy(&body).into(),
        })
    };
    let mut both = pin!(async { tokio::join!(server, connection) });
    // A handler that panics ends its connection, as on a task of its own.
    let both = poll_fn(|context| {
        let polled = catch_unwind(AssertUnwindSafe(|| both.as_mut().poll(context).map(drop)));
        polled.unwrap_or(Poll::Ready(()))
    });
    tokio::select! { biased; answer = receive => answer, () = both => None }
}

#[tokio::test]
async fn keeps_every_rule() {
    let site = Site::new().unwrap();
    let adapter = Adapter {
        shop: SharedSessions::forever(site.shop()),
        small: SharedSessions::worker(site.small()),
        admin: SharedSessions::worker(site.admin()),
        site,
    };
    let broken = adapter.site.check(|sent| exchange(&adapter, sent)).await;
    assert!(broken.is_empty(), "{broken:#?}");
}
