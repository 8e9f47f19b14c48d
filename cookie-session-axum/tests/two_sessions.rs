//! Two sessions side by side do not touch each other.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use axum::Router;
use axum::routing::get;
use cookie_session::Sessions;
use cookie_session_axum::{CookieSession, CookieSessionError, SessionLayer};
use support::{Server, VERSIONS, builder, cookie, sessions};

enum Admin {}

fn admin() -> Sessions {
    builder().name("__Host-admin").build().unwrap()
}

fn routes() -> Router {
    Router::new()
        .route(
            "/read",
            get(async |shop: CookieSession, admin: CookieSession<Admin>| {
                let user = |value: Option<String>| value.unwrap_or("nobody".into());
                Ok::<_, CookieSessionError>(format!(
                    "{} {}",
                    user(shop.get("user")?),
                    user(admin.get("user")?)
                ))
            }),
        )
        .route("/shop", get(async |shop: CookieSession| shop.insert("user", "eve")))
        .route("/admin", get(async |admin: CookieSession<Admin>| admin.insert("user", "mallory")))
        .route(
            "/both",
            get(async |shop: CookieSession, admin: CookieSession<Admin>| {
                // A use inside of the other one's closure is not nested.
                shop.with(|shop| {
                    shop.clear();
                    admin.insert("user", "mallory")
                })?
            }),
        )
}

#[tokio::test]
async fn each_has_its_own_cookie() {
    let names = |lines: Vec<&str>| {
        let mut names: Vec<_> = lines.iter().map(|line| line.split('=').next().unwrap().to_owned()).collect();
        names.sort();
        names
    };
    let shop_first =
        routes().layer(SessionLayer::new(sessions())).layer(SessionLayer::<Admin>::for_cookie(admin()));
    let admin_first =
        routes().layer(SessionLayer::<Admin>::for_cookie(admin())).layer(SessionLayer::new(sessions()));
    let line = format!("{}; {}", cookie(&sessions(), "user", "ada"), cookie(&admin(), "user", "grace"));
    for app in [shop_first, admin_first] {
        let server = Server::start(app).await;
        for version in VERSIONS {
            let reply = server.get(version, "/read", &[&line]).await;
            assert_eq!(reply.text(), "ada grace");
            assert_eq!((reply.all("vary"), reply.all("cache-control")), (vec!["Cookie"], vec!["private"]));
            for (path, set) in [
                ("/read", &[][..]),
                ("/shop", &["__Host-session"]),
                ("/admin", &["__Host-admin"]),
                ("/both", &["__Host-admin", "__Host-session"]),
            ] {
                let reply = server.get(version, path, &[&line]).await;
                assert_eq!(reply.status, 200, "{path}");
                assert_eq!(names(reply.all("set-cookie")), set, "{path}");
            }
        }
    }
}

#[tokio::test]
async fn the_cookie_of_one_is_nothing_to_the_other() {
    let app = routes().layer(SessionLayer::new(sessions())).layer(SessionLayer::<Admin>::for_cookie(admin()));
    let server = Server::start(app).await;
    let shop = cookie(&sessions(), "user", "ada");
    let renamed = shop.replace("__Host-session", "__Host-admin");
    let reply = server.get(VERSIONS[0], "/read", &[&shop, &renamed]).await;
    assert_eq!(reply.text(), "ada nobody");
}

#[tokio::test]
async fn the_same_name_twice_is_an_empty_500() {
    let app = |routes: Router| {
        Router::new()
            .route("/outside", get(async |session: CookieSession| session.insert("user", "ada")))
            .merge(routes)
            .layer(SessionLayer::new(sessions()))
    };
    let nested = [
        routes().layer(SessionLayer::<Admin>::for_cookie(sessions())),
        routes().layer(SessionLayer::new(sessions())),
        routes().layer(SessionLayer::new(sessions())).layer(SessionLayer::<Admin>::for_cookie(admin())),
    ];
    for routes in nested {
        let server = Server::start(app(routes)).await;
        for version in VERSIONS {
            for path in ["/read", "/shop", "/admin"] {
                server.get(version, path, &[]).await.assert_is_empty_500();
            }
            assert_eq!(server.get(version, "/outside", &[]).await.status, 200);
        }
    }
}

#[tokio::test]
async fn of_two_with_one_marker_the_inner_is_meant() {
    let app = routes().layer(SessionLayer::new(admin())).layer(SessionLayer::new(sessions()));
    let server = Server::start(app).await;
    let reply = server.get(VERSIONS[0], "/shop", &[]).await;
    assert!(reply.cookie().starts_with("__Host-admin="));
}
