//! axum-extra's `SignedCookieJar` in its defaults: a cookie for the user, with the path `/`, as its examples have it.

use axum::Router;
use axum::extract::{FromRef, Query, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum_extra::extract::SignedCookieJar;
use axum_extra::extract::cookie::{Cookie, Key};
use scoreboard::{Login, Settings};

#[derive(Clone)]
struct App {
    key: Key,
    name: String,
}

impl FromRef<App> for Key {
    fn from_ref(app: &App) -> Self {
        app.key.clone()
    }
}

/// `user.n.filler`: the jar holds text.
fn set(jar: SignedCookieJar, app: App, n: u64, filler: &str) -> SignedCookieJar {
    jar.add(Cookie::build((app.name, format!("42.{n}.{filler}"))).path("/"))
}

async fn read(State(app): State<App>, jar: SignedCookieJar) -> String {
    let user = jar.get(&app.name).and_then(|cookie| cookie.value().split('.').next().map(str::to_owned));
    user.unwrap_or_else(|| "null".to_owned())
}

async fn login(State(app): State<App>, jar: SignedCookieJar, Query(login): Query<Login>) -> SignedCookieJar {
    set(jar, app, 0, &login.filler())
}

async fn change(State(app): State<App>, jar: SignedCookieJar) -> Result<SignedCookieJar, StatusCode> {
    let cookie = jar.get(&app.name).ok_or(StatusCode::UNAUTHORIZED)?;
    let n = cookie
        .value()
        .split('.')
        .nth(1)
        .and_then(|n| n.parse::<u64>().ok())
        .ok_or(StatusCode::BAD_REQUEST)?;
    Ok(set(jar, app, n + 1, ""))
}

async fn logout(State(app): State<App>, jar: SignedCookieJar) -> SignedCookieJar {
    jar.remove(Cookie::build(app.name).path("/"))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let settings = Settings::from_env();
    // Panics for fewer than 64 bytes, as its documentation says.
    let state = App { key: Key::from(settings.key.as_bytes()), name: settings.name };
    let app = Router::new()
        .route("/read", get(read))
        .route("/login", post(login))
        .route("/change", post(change))
        .route("/logout", post(logout))
        .with_state(state);
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", settings.port)).await?;
    axum::serve(listener, app).await
}
