//! A handler reads, sets and removes a small signed cookie in a line each.

#![allow(clippy::indexing_slicing, clippy::string_slice, clippy::unwrap_used, reason = "a test may panic")]

use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::COOKIE;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::web::{Data, get};
use actix_web::{App, HttpRequest, HttpResponse, Responder};
use cookie_session::signed_cookie::SignedCookie;
use cookie_session::{KeyRing, SecretKey, Sessions};
use cookie_session_actix::testing::Visitor;
use cookie_session_actix::{AddCookie, CookieSession, CookieSessionError, SessionMiddleware};

type Login = Data<SignedCookie<String>>;

async fn set(login: Login) -> Result<impl Responder, CookieSessionError> {
    let page = HttpResponse::Ok()
        .append_header(("set-cookie", "a=1"))
        .append_header(("cache-control", "public"))
        .append_header(("cache-control", "max-age=60"))
        .append_header(("cdn-cache-control", "max-age=60"))
        .append_header(("x-kept", "yes"))
        .body("set");
    Ok(AddCookie(login.set(&"/cart".into())?, page))
}

async fn read(login: Login, request: HttpRequest) -> String {
    format!("{:?}", login.get(request.headers().get_all(COOKIE)))
}

async fn remove(login: Login) -> impl Responder {
    AddCookie(login.removal(), "")
}

async fn too_long(login: Login) -> Result<impl Responder, CookieSessionError> {
    Ok(AddCookie(login.set(&"x".repeat(4000))?, ""))
}

fn all<'r>(response: &'r ServiceResponse, name: &str) -> Vec<&'r str> {
    response.headers().get_all(name).map(|line| line.to_str().unwrap()).collect()
}

#[actix_web::test]
async fn a_handler_sets_reads_and_removes_it() {
    let login: SignedCookie<String> =
        SignedCookie::builder(&KeyRing::new(SecretKey::generate().unwrap()), "__Host-oidc").build().unwrap();
    let removal = login.removal().as_str().to_owned();
    let app = App::new()
        .app_data(Data::new(login))
        .route("/set", get().to(set))
        .route("/read", get().to(read))
        .route("/remove", get().to(remove))
        .route("/too-long", get().to(too_long));
    let app = init_service(app).await;
    let send = async |path: &str, cookies: &[&str]| {
        let request = cookies
            .iter()
            .fold(TestRequest::get().uri(path), |request, line| request.append_header((COOKIE, *line)));
        call_service(&app, request.to_request()).await
    };

    let response = send("/set", &[]).await;
    assert_eq!(all(&response, "cache-control"), ["max-age=60, private, no-store"]);
    assert_eq!(all(&response, "cdn-cache-control"), [""; 0]);
    assert_eq!(all(&response, "x-kept"), ["yes"]);
    let lines = all(&response, "set-cookie");
    assert_eq!((lines.len(), lines[0]), (2, "a=1"));
    assert!(response.headers().get_all("set-cookie").last().unwrap().is_sensitive());
    let pair = lines[1].split(';').next().unwrap().to_owned();
    assert_eq!(read_body(response).await, "set");

    assert_eq!(read_body(send("/read", &["a=1", &pair]).await).await, r#"Ok(Some("/cart"))"#);
    assert_eq!(read_body(send("/read", &[]).await).await, "Ok(None)");
    assert_eq!(read_body(send("/read", &[&pair[..40]]).await).await, "Err(Malformed)");

    let response = send("/remove", &[&pair]).await;
    assert_eq!(all(&response, "set-cookie"), [removal]);
    assert_eq!(all(&response, "cache-control"), ["private, no-store"]);

    let response = send("/too-long", &[]).await;
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(all(&response, "set-cookie"), [""; 0]);
    assert_eq!(read_body(response).await, "");
}

#[actix_web::test]
async fn each_stands_for_itself_beside_others_and_the_session() {
    type Both = Data<[SignedCookie<bool>; 2]>;
    async fn set(both: Both, session: CookieSession) -> impl Responder {
        session.insert("user", "Ada").unwrap();
        let [seen, banner] = both.each_ref().map(|cookie| cookie.set(&true).unwrap());
        AddCookie(seen, AddCookie(banner, HttpResponse::Created()))
    }
    async fn remove(both: Both, session: CookieSession) -> impl Responder {
        session.clear().unwrap();
        AddCookie(both[0].removal(), AddCookie(both[1].set(&false).unwrap(), "gone"))
    }
    let keys = KeyRing::new(SecretKey::generate().unwrap());
    let sessions = Sessions::builder(&keys).build().unwrap();
    let both = ["__Host-seen", "__Host-banner"]
        .map(|name| SignedCookie::<bool>::builder(&keys, name).build().unwrap());
    let app = App::new().app_data(Data::new(both.clone())).route("/set", get().to(set));
    let app = app.route("/remove", get().to(remove)).wrap(SessionMiddleware::new(sessions.clone()));
    let mut visitor = Visitor::new(init_service(app).await);
    let kept = |line: Option<String>| {
        let user: Option<String> = sessions.open(&line).get("user").unwrap();
        (user, both.each_ref().map(|cookie| cookie.get(&line).unwrap()))
    };

    let response = visitor.get("/set").await;
    assert_eq!(response.status(), StatusCode::CREATED);
    assert_eq!(kept(visitor.cookies.line("/", true)), (Some("Ada".to_owned()), [Some(true), Some(true)]));
    let response = [response, visitor.get("/remove").await];
    assert_eq!(kept(visitor.cookies.line("/", true)), (None, [None, Some(false)]));
    assert_eq!(response[1].body(), "gone");
    for headers in response.each_ref().map(HttpResponse::headers) {
        assert_eq!(headers.get_all("set-cookie").count(), 3);
        assert!(headers.get_all("set-cookie").all(actix_web::http::header::HeaderValue::is_sensitive));
        let lines = ["cache-control", "vary"].map(|name| headers.get_all(name).collect::<Vec<_>>());
        assert_eq!(lines, [["private, no-store"], ["Cookie"]]);
    }
}
