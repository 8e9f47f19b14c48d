//! The client of OpenID Connect in `examples/oidc`, against the small provider there: who may log in, and who not.

#![allow(clippy::indexing_slicing, clippy::string_slice, clippy::unwrap_used, reason = "a test may panic")]

mod support;

#[path = "../examples/oidc/client.rs"]
mod client;
#[path = "../examples/oidc/provider.rs"]
mod provider;

use axum::Router;
use client::{Client, Config};
use cookie_session::Sessions;
use cookie_session_axum::testing::Visitor;
use http::{Response, StatusCode, header};
use provider::{Fault, Provider};
use support::{Clock, KEY, Server, builder, keys};

/// A client and a provider, each of which a browser visits.
struct World {
    clock: Clock,
    sessions: Sessions,
    shop: Router,
    provider: Provider,
    id: Router,
    _server: Server,
}

impl World {
    async fn new() -> Self {
        // The provider is served under the address that the system gives it, and gives itself a name.
        let config = |address: &str| Config {
            issuer: "https://id.example".into(),
            authorization_endpoint: "https://id.example/authorize".into(),
            token_endpoint: format!("http://{address}/token"),
            client_id: "shop".into(),
            client_secret: "a secret of both".into(),
            redirect_uri: "https://shop.example/callback".into(),
        };
        let provider = Provider::new(config("unknown"));
        let id = provider.clone().app();
        let server = Server::start(id.clone()).await;
        let clock = Clock::new();
        let hand = clock.clone();
        let logins = client::logins(&keys(KEY)).clock(move || hand.time()).build().unwrap();
        let sessions = clock.builder(builder()).build().unwrap();
        let shop = Client::new(config(&server.address.to_string()), logins).app(sessions.clone());
        Self { clock, sessions, shop, provider, id, _server: server }
    }

    fn visitor(&self) -> Browser<'_> {
        Browser { world: self, shop: Visitor::new(self.shop.clone()) }
    }
}

/// A visitor's browser.
#[derive(Clone)]
struct Browser<'w> {
    world: &'w World,
    shop: Visitor<Router>,
}

impl Browser<'_> {
    /// Begins a login, and returns where at the provider it goes on.
    async fn begin(&mut self, next: &str) -> String {
        let response = self.shop.get(&format!("/login?next={next}")).await;
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        location(&response).strip_prefix("https://id.example").unwrap().to_owned()
    }

    /// Logs in at the provider, and returns with what path the browser comes back to the shop.
    async fn log_in(&self, provider_path: &str, user: &str) -> String {
        let mut id = Visitor::new(self.world.id.clone());
        assert_eq!(id.get(provider_path).await.status(), StatusCode::OK);
        let response = id.post(provider_path, &[("user", user)]).await;
        location(&response).strip_prefix("https://shop.example").unwrap().to_owned()
    }

    async fn come_back(&mut self, path: &str) -> Response<String> {
        self.shop.get(path).await
    }

    #[track_caller]
    fn user(&self) -> Option<String> {
        self.shop.session(&self.world.sessions).get("user").unwrap()
    }

    /// Says whether the browser still has the cookie of a login.
    fn has_login(&self) -> bool {
        self.shop.cookies.line("/callback", true).is_some_and(|line| line.contains("__Host-oidc="))
    }

    /// Comes back, and is refused.
    async fn is_refused(&mut self, path: &str) {
        let session = self.shop.cookies.get("__Host-session").map(str::to_owned);
        let response = self.come_back(path).await;
        assert_eq!(response.status(), StatusCode::FORBIDDEN, "{path}");
        assert_eq!(response.body(), "You are not logged in. <a href=/login>Try again</a>");
        assert_eq!(self.shop.cookies.get("__Host-session"), session.as_deref(), "the session is as it was");
    }
}

fn location(response: &Response<String>) -> &str {
    response.headers()[header::LOCATION].to_str().unwrap()
}

#[tokio::test]
async fn a_visitor_logs_in_and_goes_on() {
    let world = World::new().await;
    let mut ada = world.visitor();
    let orders = ada.shop.get("/orders").await;
    assert_eq!(location(&orders), "/login?next=/orders");
    let response = ada.shop.get("/login?next=/orders").await;
    let line = response.headers()[header::SET_COOKIE].to_str().unwrap();
    assert!(line.starts_with("__Host-oidc="), "{line}");
    let attributes = line.split_once("; ").unwrap().1;
    assert_eq!(attributes, "HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=600");
    assert_eq!(response.headers()[header::CACHE_CONTROL], "private, no-store");

    let there = location(&response).strip_prefix("https://id.example").unwrap();
    let back = ada.log_in(there, "ada").await;
    let response = ada.come_back(&back).await;
    assert_eq!((response.status(), location(&response)), (StatusCode::SEE_OTHER, "/orders"));
    assert_eq!(ada.user().as_deref(), Some("ada"));
    assert!(!ada.has_login(), "the cookie of the login is gone");
    assert_eq!(ada.shop.get("/orders").await.body(), "the orders of ada");
    ada.shop.post("/logout", &[]).await;
    assert!(ada.shop.cookies.is_empty());
}

#[tokio::test]
async fn a_login_renews_the_session() {
    let world = World::new().await;
    let mut ada = world.visitor();
    let mut session = world.sessions.start();
    session.insert("cart", ["teapot"]).unwrap();
    let token = session.csrf_token().unwrap();
    ada.shop.cookies.keep("/", true, world.sessions.save(session).unwrap().set_cookies());
    let before = ada.shop.session(&world.sessions).created_at();
    world.clock.advance(60);
    let there = ada.begin("/").await;
    let back = ada.log_in(&there, "ada").await;
    ada.come_back(&back).await;
    let session = ada.shop.session(&world.sessions);
    assert!(session.contains_key("cart") && session.created_at() > before);
    assert!(session.check_csrf(&token).is_err(), "what was known before the login is of no use after it");
}

#[tokio::test]
async fn an_answer_to_another_login_is_refused() {
    let world = World::new().await;
    let (mut mallory, mut ada, mut nobody) = (world.visitor(), world.visitor(), world.visitor());
    // Mallory lets Ada's browser, and one that began no login, come back with the answer to Mallory's login.
    let there = mallory.begin("/orders").await;
    let hers = mallory.log_in(&there, "mallory").await;
    let there = ada.begin("/orders").await;
    for victim in [&mut ada, &mut nobody] {
        victim.is_refused(&hers).await;
        assert_eq!(victim.user(), None);
    }
    for state in ["", "x"] {
        ada.is_refused(&format!("/callback?code=x&state={state}")).await;
    }
    assert_eq!(ada.come_back("/callback?code=x").await.status(), StatusCode::BAD_REQUEST);
    // Ada's own is still good.
    assert!(ada.has_login());
    let back = ada.log_in(&there, "ada").await;
    ada.come_back(&back).await;
    assert_eq!(ada.user().as_deref(), Some("ada"));
}

#[tokio::test]
async fn a_code_of_another_login_is_refused() {
    let world = World::new().await;
    let (mut mallory, mut ada) = (world.visitor(), world.visitor());
    let there = ada.begin("/").await;
    let adas = ada.log_in(&there, "ada").await;
    let code = adas.split("code=").nth(1).unwrap().split('&').next().unwrap();
    let there = mallory.begin("/").await;
    let state = there.split("state=").nth(1).unwrap().split('&').next().unwrap();
    // The provider is told the verifier of Mallory's login, and has the challenge of Ada's.
    mallory.is_refused(&format!("/callback?code={code}&state={state}")).await;
    assert_eq!(mallory.user(), None);
    assert!(!mallory.has_login());
}

#[tokio::test]
async fn an_answer_is_good_once() {
    let world = World::new().await;
    let mut ada = world.visitor();
    let there = ada.begin("/").await;
    let mut copy = ada.clone();
    let back = ada.log_in(&there, "ada").await;
    ada.come_back(&back).await;
    ada.is_refused(&back).await;
    assert_eq!(ada.user().as_deref(), Some("ada"), "she stays logged in");
    // Whoever kept the cookie has the right state and verifier, but the provider has seen the code.
    copy.is_refused(&back).await;
    assert_eq!(copy.user(), None);
}

#[tokio::test]
async fn an_id_token_that_is_not_for_this_login_is_refused() {
    let world = World::new().await;
    let faults = [
        Fault::OtherIssuer,
        Fault::OtherAudience,
        Fault::OtherNonce,
        Fault::Expired,
        Fault::OtherKey,
        Fault::NoSignature,
        Fault::OtherAlgorithm,
    ];
    for fault in faults.map(Some).into_iter().chain([None]) {
        world.provider.set_fault(fault);
        let mut ada = world.visitor();
        let there = ada.begin("/").await;
        let back = ada.log_in(&there, "ada").await;
        if fault.is_some() {
            ada.is_refused(&back).await;
        } else {
            ada.come_back(&back).await;
        }
        assert_eq!(ada.user().is_some(), fault.is_none(), "{fault:?}");
        assert!(!ada.has_login(), "{fault:?}");
    }
}

#[tokio::test]
async fn a_login_that_takes_more_than_ten_minutes_is_refused() {
    for (seconds, good) in [(600, true), (601, false)] {
        let world = World::new().await;
        let mut ada = world.visitor();
        let there = ada.begin("/").await;
        let back = ada.log_in(&there, "ada").await;
        world.clock.advance(seconds);
        if good {
            ada.come_back(&back).await;
        } else {
            ada.is_refused(&back).await;
        }
        assert_eq!(ada.user().is_some(), good, "{seconds}");
    }
}

#[tokio::test]
async fn an_error_of_the_provider_ends_the_login_of_its_state() {
    let world = World::new().await;
    let mut ada = world.visitor();
    let there = ada.begin("/").await;
    ada.is_refused("/callback?error=access_denied&state=x").await;
    assert!(ada.has_login(), "that was somebody else's");
    let back = ada.log_in(&there, "").await;
    assert!(back.contains("error=access_denied"), "{back}");
    ada.is_refused(&back).await;
    assert!(!ada.has_login() && ada.user().is_none());
}

#[tokio::test]
async fn of_two_logins_in_two_tabs_the_one_begun_last_is_good() {
    for first_comes_back_first in [true, false] {
        let world = World::new().await;
        let mut ada = world.visitor();
        let (first, second) = (ada.begin("/first").await, ada.begin("/second").await);
        let (first, second) = (ada.log_in(&first, "ada").await, ada.log_in(&second, "ada").await);
        if first_comes_back_first {
            ada.is_refused(&first).await;
        }
        assert_eq!(location(&ada.come_back(&second).await), "/second");
        if !first_comes_back_first {
            ada.is_refused(&first).await;
        }
        assert_eq!(ada.user().as_deref(), Some("ada"));
    }
}

#[tokio::test]
async fn goes_on_only_to_a_path_of_this_site() {
    let world = World::new().await;
    let mut ada = world.visitor();
    for next in [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/%09/evil.example",
        "/%0a/evil.example",
        "%2F%2Fevil.example",
        "/%5Cevil.example",
        "%20//evil.example",
        "evil.example",
        "javascript:alert(1)",
        "",
        "/caf%C3%A9",
        // Where it would go on would not fit into the cookie.
        &format!("/{}", "x".repeat(1024)),
        &format!("/{}", "x".repeat(8000)),
    ] {
        let response = ada.shop.get(&format!("/login?next={next}")).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{next}");
        assert!(!ada.has_login(), "{next}");
    }
    let longest = format!("/{}", "x".repeat(1023));
    for (query, next) in [
        ("", "/"),
        ("?next=/", "/"),
        ("?next=/a/b%3Fc%3Dd%26e%3D//f", "/a/b?c=d&e=//f"),
        (&format!("?next={longest}"), &longest),
    ] {
        let response = ada.shop.get(&format!("/login{query}")).await;
        let there = location(&response).strip_prefix("https://id.example").unwrap();
        let back = ada.log_in(there, "ada").await;
        assert_eq!(location(&ada.come_back(&back).await), next);
    }
}

#[tokio::test]
async fn the_provider_takes_no_other_client_or_address() {
    let world = World::new().await;
    let there = world.visitor().begin("/").await;
    for (good, bad) in [
        ("client_id=shop", "client_id=other"),
        ("shop.example", "evil.example"),
        ("method=S256", "method=plain"),
        ("response_type=code", "response_type=token"),
    ] {
        let mut id = Visitor::new(world.id.clone());
        assert!(there.contains(good), "{there}");
        assert_eq!(id.get(&there).await.status(), StatusCode::OK);
        assert_eq!(id.get(&there.replace(good, bad)).await.status(), StatusCode::BAD_REQUEST, "{bad}");
        let answer = id.post(&there.replace(good, bad), &[("user", "ada")]).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{bad}");
    }
}

#[tokio::test]
async fn the_provider_gives_a_token_once_and_to_whoever_began_the_login() {
    let world = World::new().await;
    let grant = |code: &str| {
        ["grant_type=authorization_code", "redirect_uri=https://shop.example/callback", "client_id=shop"]
            .into_iter()
            .chain(["client_secret=a secret of both", "code_verifier=that of the test"])
            .filter_map(|field| field.split_once('='))
            .chain([("code", code)])
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect::<Vec<_>>()
    };
    let mut id = Visitor::new(world.id.clone());
    // The base64 of the SHA-256 of "that of the test", by Python's hashlib.
    let there = "/authorize?response_type=code&scope=openid&client_id=shop&state=s&nonce=n\
        &redirect_uri=https://shop.example/callback&code_challenge_method=S256\
        &code_challenge=goBElWSPiT1yflkEg8rDJpIbSKbDRaPWrjLdzzfPmeY";
    for wrong in [None, Some("code"), Some("client_secret"), Some("code_verifier"), Some("redirect_uri")] {
        let response = id.post(there, &[("user", "ada")]).await;
        let code = location(&response).split("code=").nth(1).unwrap().to_owned();
        let mut form = grant(&code);
        form.iter_mut().filter(|(name, _)| Some(&**name) == wrong).for_each(|(_, value)| value.push('x'));
        let form: Vec<_> = form.iter().map(|(name, value)| (&**name, &**value)).collect();
        let good = wrong.is_none();
        assert_eq!(id.post("/token", &form).await.status().is_success(), good, "{wrong:?}");
        // Also a request that failed uses the code up.
        if wrong != Some("code") {
            let again: Vec<_> = grant(&code);
            let again: Vec<_> = again.iter().map(|(name, value)| (&**name, &**value)).collect();
            assert_eq!(id.post("/token", &again).await.status(), StatusCode::BAD_REQUEST, "{wrong:?}");
        }
    }
}

/// What the chapter on logins shows of the program is the program.
#[test]
fn the_guide_shows_this_program() {
    let guide = include_str!("../../docs/login.md");
    let program = include_str!("../examples/oidc/client.rs").replace("pub(crate) ", "");
    let (_, chapter) = guide.split_once("\n## Log in with OpenID Connect\n").unwrap();
    let chapter = chapter.split("\n## ").next().unwrap();
    let shown: Vec<_> =
        chapter.split("```rust,ignore\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert_eq!(shown.len(), 1);
    for part in shown.iter().flat_map(|code| code.split("\n\n")) {
        assert!(program.contains(part.trim()), "{part}");
    }
}
