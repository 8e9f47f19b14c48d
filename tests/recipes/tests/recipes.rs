//! Visitors who logged in with the old library are logged in with the new one, and stay so.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::time::{Duration, SystemTime};

use cookie_session::migration::{OldCookie, OldValue};
use cookie_session::{KeyRing, SecretKey, Sessions};
use serde::Serialize;
use serde_json::Value;

fn migrating<T: Serialize>(
    old: impl Into<OldCookie>,
    read: impl Fn(&OldValue<'_>) -> Option<T> + Send + Sync + 'static,
) -> Sessions {
    let until = SystemTime::now() + Duration::from_secs(14 * 24 * 60 * 60);
    let keys = KeyRing::new(SecretKey::generate().unwrap());
    Sessions::builder(keys).migrate_with(old, until, read).build().unwrap()
}

/// One visit with the old cookie, the next with what the first one left in the browser.
#[track_caller]
fn comes_over<T: Serialize + 'static>(
    name: &str,
    value: &str,
    read: impl Fn(&[u8]) -> Option<T> + Send + Sync + 'static,
) {
    let sessions = migrating(name, move |value| read(value));

    let session = sessions.open([format!("{name}={value}")]);
    assert_eq!(session.get::<u64>("user_id").unwrap(), Some(42), "{:?}", session.rejection());
    let commit = sessions.save(session).unwrap();
    let lines: Vec<_> = commit.set_cookies().collect();
    assert!(lines.len() == 2 && lines[1].starts_with(&format!("{name}=;")), "{lines:?}");

    let session = sessions.open(commit.cookie_pair());
    assert_eq!(session.get::<u64>("user_id").unwrap(), Some(42));
    assert_eq!(session.keys().collect::<Vec<_>>(), ["user_id"]);

    // Somebody who has no key is nobody.
    let mut forged = value.as_bytes().to_vec();
    forged[value.len() / 2] ^= 1;
    let forged = String::from_utf8(forged).unwrap();
    for forged in [&*forged, &value[1..], &value[..value.len() - 1], "", "x", "--", "%"] {
        assert!(sessions.open([format!("{name}={forged}")]).is_empty(), "{forged}");
    }
}

fn value_of<'l>(line: &'l str, name: &str) -> &'l str {
    line.split(';').next().unwrap().strip_prefix(name).unwrap().strip_prefix('=').unwrap()
}

fn token(name: &str) -> String {
    let tokens: Value = serde_json::from_str(include_str!("../tokens.json")).unwrap();
    let token = name.split('.').fold(&tokens, |value, key| &value[key]);
    token.as_str().unwrap().to_owned()
}

mod actix {
    use actix_session::config::CookieContentSecurity;
    use actix_session::storage::CookieSessionStore;
    use actix_session::{Session, SessionMiddleware};
    use actix_web::cookie::Key;
    use actix_web::test::{TestRequest, call_service, init_service};
    use actix_web::{App, HttpResponse, web};
    use recipes::actix_session as recipe;

    async fn log_in(session: Session) -> HttpResponse {
        session.insert("user_id", 42).unwrap();
        HttpResponse::Ok().finish()
    }

    async fn old_cookie(security: CookieContentSecurity, key: &Key) -> String {
        let old = SessionMiddleware::builder(CookieSessionStore::default(), key.clone());
        let app =
            App::new().route("/", web::get().to(log_in)).wrap(old.cookie_content_security(security).build());
        let app = init_service(app).await;
        let answer = call_service(&app, TestRequest::get().uri("/").to_request()).await;
        answer.headers().get("set-cookie").unwrap().to_str().unwrap().to_owned()
    }

    #[actix_web::test]
    async fn private() {
        let key = Key::generate();
        let line = old_cookie(CookieContentSecurity::Private, &key).await;
        super::comes_over("id", super::value_of(&line, "id"), move |value| recipe::private(value, &key));
    }

    #[actix_web::test]
    async fn signed() {
        let key = Key::generate();
        let line = old_cookie(CookieContentSecurity::Signed, &key).await;
        super::comes_over("id", super::value_of(&line, "id"), move |value| recipe::signed(value, &key));
    }
}

mod axum_extra {
    use axum::response::IntoResponse;
    use axum_extra::extract::cookie::{Cookie, Key, PrivateCookieJar, SignedCookieJar};
    use recipes::axum_extra as recipe;

    fn line(response: impl IntoResponse) -> String {
        response.into_response().headers()["set-cookie"].to_str().unwrap().to_owned()
    }

    #[test]
    fn signed() {
        let key = Key::generate();
        let line = line(SignedCookieJar::new(key.clone()).add(Cookie::new("user", "42")));
        super::comes_over("user", super::value_of(&line, "user"), move |value| recipe::signed(value, &key));
    }

    #[test]
    fn private() {
        let key = Key::generate();
        let line = line(PrivateCookieJar::new(key.clone()).add(Cookie::new("user", "42")));
        super::comes_over("user", super::value_of(&line, "user"), move |value| recipe::private(value, &key));
    }
}

mod tower_sessions_cookie_store {
    use ::tower_sessions_cookie_store::{CookieSessionManagerLayer, Key, Session};
    use axum::body::Body;
    use axum::{Extension, Router, http::Request, routing::get};
    use recipes::tower_sessions_cookie_store as recipe;
    use tower::ServiceExt;

    async fn old_cookie(app: Router) -> String {
        let answer = app.oneshot(Request::get("/").body(Body::empty()).unwrap()).await.unwrap();
        let line = answer.headers()["set-cookie"].to_str().unwrap();
        super::value_of(line, "session").to_owned()
    }

    fn log_in() -> Router {
        let log_in = |Extension(session): Extension<Session>| async move {
            session.insert("user_id", 42).await.unwrap();
        };
        Router::new().route("/", get(log_in))
    }

    #[tokio::test]
    async fn signed() {
        let key = Key::generate();
        let app = log_in().layer(CookieSessionManagerLayer::signed(key.clone()));
        super::comes_over("session", &old_cookie(app).await, move |value| recipe::signed(value, &key));
    }

    #[tokio::test]
    async fn private() {
        let key = Key::generate();
        let app = log_in().layer(CookieSessionManagerLayer::private(key.clone()));
        super::comes_over("session", &old_cookie(app).await, move |value| recipe::private(value, &key));
    }
}

#[test]
fn rails_session() {
    let key = recipes::rails::encryption_key(&token("secret_key_base"));
    comes_over("_shop_session", &token("rails_encrypted"), move |value| {
        recipes::rails::session(value, "_shop_session", &key)
    });
}

#[test]
fn rails_signed_cookie() {
    let key = recipes::rails::signing_key(&token("secret_key_base"));
    comes_over("user_id", &token("rails_signed"), move |value| recipes::rails::signed_user_id(value, &key));
}

#[test]
fn rails_cookies_of_another_name_or_time_are_refused() {
    let secret = token("secret_key_base");
    let (encryption, signing) =
        (recipes::rails::encryption_key(&secret), recipes::rails::signing_key(&secret));
    for name in ["rails_encrypted_of_another_cookie", "rails_encrypted_expired"] {
        assert_eq!(
            recipes::rails::session(token(name).as_bytes(), "_shop_session", &encryption),
            None,
            "{name}"
        );
    }
    for name in ["rails_signed_of_another_cookie", "rails_signed_expired"] {
        assert_eq!(recipes::rails::signed_user_id(token(name).as_bytes(), &signing), None, "{name}");
    }
}

/// The lines that set both cookies, as cookie-session 2.1.1 sends them.
fn express_cookies() -> (String, String) {
    (format!("session={}", token("express.value")), format!("session.sig={}", token("express.signature")))
}

fn migrating_from_express(keys: &'static [&'static str]) -> Sessions {
    migrating(OldCookie::new("session").beside("session.sig"), move |value| {
        recipes::express::session(value, "session", keys)
    })
}

const EXPRESS_KEY: &str = "an example of a key, which is public too";

#[test]
fn express() {
    assert_eq!(token("express_secret"), EXPRESS_KEY);
    let (value, signature) = express_cookies();
    let keys: [&[&str]; 2] = [&[EXPRESS_KEY], &["a newer key", EXPRESS_KEY]];
    for sessions in keys.map(migrating_from_express) {
        for line in [format!("{value}; {signature}"), format!("{signature}; a=b; {value}")] {
            let session = sessions.open([line]);
            assert_eq!(session.get::<u64>("user_id").unwrap(), Some(42), "{:?}", session.rejection());
            let commit = sessions.save(session).unwrap();
            let lines: Vec<_> = commit.set_cookies().collect();
            assert!(lines.len() == 3, "{lines:?}");
            assert!(lines[1].starts_with("session=;") && lines[2].starts_with("session.sig=;"), "{lines:?}");
            let session = sessions.open(commit.cookie_pair());
            assert_eq!(session.get::<u64>("user_id").unwrap(), Some(42));
        }
    }
}

#[test]
fn express_counts_if_a_signature_is_of_this_value_and_name() {
    let (value, signature) = express_cookies();
    let sessions = migrating_from_express(&[EXPRESS_KEY]);
    let is_in = |line: String| !sessions.open([line]).is_empty();
    let changed = value.replace("eyJ1", "eyJ2");
    let forged = signature.replace("SI-", "SI_");
    let of_another_name = format!("session.sig={}", token("express_of_another_cookie.signature"));
    for line in [
        value.clone(),
        format!("{value}; session.sig="),
        format!("{value}; session.sig=%"),
        format!("{value}; {signature}="),
        format!("{value}; {}", signature.split_at(signature.len() - 1).0),
        format!("{value}; {forged}"),
        format!("{value}; {of_another_name}"),
        format!("{changed}; {signature}"),
        format!("session=; {signature}"),
        format!("{value}; other.sig={}", token("express.signature")),
        signature.clone(),
    ] {
        assert!(!is_in(line.clone()), "{line}");
    }
    // Somebody planted cookies before or behind it.
    for line in [
        format!("{changed}; {forged}; {value}; {signature}"),
        format!("{value}; {signature}; {changed}; {forged}"),
        format!("{forged}; {value}; {of_another_name}; {signature}"),
    ] {
        assert!(is_in(line.clone()), "{line}");
    }
    assert!(migrating_from_express(&["another key"]).open([format!("{value}; {signature}")]).is_empty());
}

#[test]
fn the_page_shows_the_recipes() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/");
    let page = std::fs::read_to_string(format!("{root}../../docs/migration.md")).unwrap();
    let mut shown = 0;
    for file in std::fs::read_dir(format!("{root}src")).unwrap() {
        let path = file.unwrap().path();
        if path.file_name().unwrap() == "lib.rs" {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let (_, program) = text.split_once("\n\n").unwrap();
        assert!(page.contains(&format!("```rust,ignore\n{program}```\n")), "{path:?}");
        shown += 1;
    }
    assert_eq!(page.matches("```rust,ignore\n").count(), shown);
}
