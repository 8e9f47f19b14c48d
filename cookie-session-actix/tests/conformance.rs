//! Every rule of the checklist for adapters holds.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::ErrorGatewayTimeout;
use actix_web::http::StatusCode;
use actix_web::middleware::{Next, from_fn};
use actix_web::rt::time::timeout;
use actix_web::web::{self, Bytes, Data, Path, ServiceConfig};
use actix_web::{Error, HttpResponse};
use cookie_session_actix::{CookieSession, CookieSessionError, SessionMiddleware};
use cookie_session_adapter::conformance::{Answer, Page, Request, Site};
use support::{PROTOCOLS, Server};

enum Admin {}

type Answered = Result<HttpResponse, CookieSessionError>;

fn answer(page: Page) -> HttpResponse {
    let mut response = HttpResponse::build(StatusCode::from_u16(page.status).unwrap());
    for header in page.headers {
        response.append_header(header);
    }
    response.body(page.body)
}

async fn act(session: CookieSession, site: Data<Site>, action: Path<String>) -> Answered {
    Ok(answer(site.act(&session, &action)?))
}

async fn act_both(
    shop: CookieSession,
    admin: CookieSession<Admin>,
    site: Data<Site>,
    action: Path<String>,
) -> Answered {
    Ok(answer(site.act_both(&shop, &admin, &action)?))
}

/// A body that uses the session while it is sent.
struct Late(Option<(Data<Site>, CookieSession)>);

impl MessageBody for Late {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Infallible>>> {
        Poll::Ready(self.0.take().map(|(site, session)| Ok(site.late(&session).into())))
    }
}

async fn stream(session: CookieSession, site: Data<Site>) -> HttpResponse {
    let _held = site.begin(&session);
    HttpResponse::Ok().body(Late(Some((site, session))))
}

async fn panicking(session: CookieSession, site: Data<Site>) -> HttpResponse {
    let _held = site.begin(&session);
    panic!("on purpose")
}

async fn slow(session: CookieSession, site: Data<Site>) -> HttpResponse {
    let _held = site.begin(&session);
    std::future::pending().await
}

async fn brief(request: ServiceRequest, next: Next<BoxBody>) -> Result<ServiceResponse, Error> {
    let answer = timeout(Duration::from_millis(20), next.call(request)).await;
    answer.unwrap_or_else(|_| Err(ErrorGatewayTimeout("too slow")))
}

fn routes(site: Site) -> impl Fn(&mut ServiceConfig) + Clone + Send {
    move |config| {
        let shop = || SessionMiddleware::new(site.shop());
        let admin = || SessionMiddleware::<Admin>::for_cookie(site.admin());
        let acting = || web::resource("/{action}").to(act);
        config
            .app_data(Data::new(site.clone()))
            .service(web::scope("/shop").wrap(shop()).service(acting()))
            .service(web::scope("/small").wrap(SessionMiddleware::new(site.small())).service(acting()))
            .service(web::scope("/none").service(acting()))
            .service(web::scope("/twice").wrap(shop()).wrap(shop()).service(acting()))
            .service(web::scope("/between").wrap(shop()).wrap(admin()).wrap(shop()).service(acting()))
            .service(web::scope("/both").wrap(admin()).wrap(shop()).route("/{action}", web::to(act_both)))
            .service(web::resource("/plain").wrap(shop()).to(async |site: Data<Site>| answer(site.plain())))
            .service(web::resource("/panic").wrap(shop()).to(panicking))
            .service(web::resource("/slow").wrap(shop()).wrap(from_fn(brief)).to(slow))
            .service(web::resource("/stream").wrap(shop()).to(stream));
    }
}

#[tokio::test]
async fn keeps_every_rule() {
    for protocol in PROTOCOLS {
        let site = Site::new().unwrap();
        let server = Server::start(routes(site.clone()));
        let exchange = async |request: Request| {
            let lines: Vec<&[u8]> = request.cookies.iter().map(Vec::as_slice).collect();
            let reply = server.connect(protocol).await.try_get(&request.path, &lines).await.ok()?;
            let names = reply.headers.iter();
            let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
            Some(Answer {
                status: reply.status.as_u16(),
                headers: names.map(|(name, value)| (name.to_string(), text(value.as_bytes()))).collect(),
                body: text(&reply.body),
            })
        };
        let broken = site.check(exchange).await;
        assert!(broken.is_empty(), "{protocol:?}: {broken:#?}");
    }
}
