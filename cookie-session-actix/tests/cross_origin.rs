//! That requests which pages of other sites cause are answered 403, and others reach the handler.

#![allow(clippy::arithmetic_side_effects, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

use std::cell::Cell;
use std::rc::Rc;

use actix_web::dev::Service;
use actix_web::http::StatusCode;
use actix_web::{App, HttpResponse, test, web};
use cookie_session::cross_origin::Refused;
use cookie_session_actix::{CrossOrigin, CrossOriginError};

#[actix_web::test]
async fn refuses_what_another_site_causes_before_the_handler_runs() {
    let cross_origin = CrossOrigin::new().trust("https://admin.example.org").unwrap();
    let table: [(&str, &[(&str, &str)], _); 9] = [
        ("POST", &[("sec-fetch-site", "same-origin")], None),
        ("POST", &[("sec-fetch-site", "cross-site")], Some(Refused::OtherSite)),
        ("POST", &[("sec-fetch-site", "same-site")], Some(Refused::SiblingHost)),
        ("POST", &[("sec-fetch-site", "same-site"), ("origin", "https://admin.example.org")], None),
        ("POST", &[("host", "shop.example"), ("origin", "https://shop.example")], None),
        ("POST", &[("host", "shop.example"), ("origin", "null")], Some(Refused::OtherOrigin)),
        ("POST", &[("origin", "https://shop.example")], Some(Refused::OtherOrigin)),
        ("POST", &[], None),
        ("GET", &[("sec-fetch-site", "cross-site")], None),
    ];
    for (method, headers, expected) in table {
        let runs = Rc::new(Cell::new(0));
        let counted = Rc::clone(&runs);
        let handler = move || {
            counted.set(counted.get() + 1);
            async { HttpResponse::Ok().finish() }
        };
        let app = App::new().route("/", web::route().to(handler)).wrap(cross_origin.clone());
        let app = test::init_service(app).await;
        let mut request = test::TestRequest::default().method(method.parse().unwrap()).uri("/");
        for header in headers {
            request = request.insert_header(*header);
        }
        match (app.call(request.to_request()).await, expected) {
            (Ok(response), None) => assert_eq!((response.status(), runs.get()), (StatusCode::OK, 1)),
            (Err(error), Some(refused)) => {
                assert_eq!(error.as_error::<CrossOriginError>().unwrap().refused(), refused);
                let response = error.error_response();
                assert_eq!((response.status(), runs.get()), (StatusCode::FORBIDDEN, 0));
                assert_eq!(response.headers().get("cache-control").unwrap(), "no-store");
            }
            (Ok(_), Some(refused)) => panic!("{method} {headers:?} passed, expected {refused}"),
            (Err(error), None) => panic!("{method} {headers:?}: {error}"),
        }
    }
}

#[actix_web::test]
async fn the_authority_of_http_2_stands_for_the_host() {
    let app = App::new()
        .route("/", web::post().to(|| async { HttpResponse::Ok().finish() }))
        .wrap(CrossOrigin::new());
    let app = test::init_service(app).await;
    let (own, other) = ("shop.example", "other.example");
    for (authority, host, passes) in
        [(own, None, true), (other, None, false), (own, Some(other), true), (other, Some(own), false)]
    {
        let mut request = test::TestRequest::post()
            .uri(&format!("https://{authority}/"))
            .insert_header(("origin", "https://shop.example"));
        if let Some(host) = host {
            request = request.insert_header(("host", host));
        }
        assert_eq!(app.call(request.to_request()).await.is_ok(), passes, "{authority} {host:?}");
    }
}
