//! The example does what its pages say, in a browser's cookie store.

#![allow(dead_code, missing_docs, unreachable_pub, reason = "shared with others")]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

#[path = "../../tests/support/jar.rs"]
mod jar;
#[path = "../examples/axum_shop.rs"]
mod shop;
mod support;

use std::time::{SystemTime, UNIX_EPOCH};

use cookie_session_demo::Logouts;
use http::{Method, Request, StatusCode, Version};
use hyper::body::Bytes;
use jar::Jar;
use shop::Shop;
use support::{KEY, OTHER_KEY, Reply, Server, keys};

const NAME: &str = "__Host-session";

/// A visitor of one shop, and what the browser keeps.
struct Browser {
    jar: Jar,
    url: String,
    version: Version,
    /// The token on the page that was seen last.
    token: String,
}

impl Browser {
    async fn open(server: &Server, version: Version) -> Self {
        let url = format!("http://localhost:{}/", server.address.port());
        let mut browser = Self { jar: Jar::new(), url, version, token: String::new() };
        browser.home(server).await;
        browser
    }

    async fn send(&mut self, server: &Server, method: Method, path: &str, body: String) -> Reply {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(line) = self.jar.header(&self.url, now()) {
            request = request.header("cookie", line);
        }
        let request = request
            .header("content-type", "application/x-www-form-urlencoded")
            .body(http_body_util::Full::new(Bytes::from(body)))
            .unwrap();
        let reply = server.send(self.version, request).await.unwrap();
        self.jar.set_all(&self.url, reply.all("set-cookie"), now());
        assert!(reply.all("cache-control")[0].contains("no-store"));
        reply
    }

    async fn home(&mut self, server: &Server) -> String {
        let reply = self.send(server, Method::GET, "/", String::new()).await;
        assert_eq!(reply.status, StatusCode::OK);
        let page = reply.text().to_owned();
        self.token = between(&page, "name=\"csrf_token\" value=\"", "\"").to_owned();
        page
    }

    /// Posts a form and returns the page that it leads to.
    async fn post(&mut self, server: &Server, path: &str, fields: &str) -> String {
        let reply = self.try_post(server, path, fields).await;
        assert_eq!((reply.status, reply.all("location")), (StatusCode::SEE_OTHER, vec!["/"]), "{path}");
        self.home(server).await
    }

    async fn try_post(&mut self, server: &Server, path: &str, fields: &str) -> Reply {
        let body = format!("csrf_token={}&{fields}", self.token);
        self.send(server, Method::POST, path, body).await
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

#[track_caller]
fn between<'t>(text: &'t str, start: &str, end: &str) -> &'t str {
    text.split_once(start).unwrap().1.split_once(end).unwrap().0
}

fn inside<'t>(page: &'t str, id: &str) -> &'t str {
    let rest = page.split_once(&format!(" id=\"{id}\"")).unwrap_or_else(|| panic!("no element {id}")).1;
    rest.split_once('>').unwrap().1.split_once("</").unwrap().0
}

async fn start(shop: Shop, ring: &str) -> Server {
    Server::start(shop::app(shop, keys(ring)).unwrap()).await
}

#[tokio::test]
async fn a_visitor_shops_logs_in_and_logs_out() {
    for version in support::VERSIONS {
        let server = start(Shop::default(), KEY).await;
        let mut browser = Browser::open(&server, version).await;
        let page = browser.post(&server, "/cart/add", "product=linzer").await;
        assert!(page.contains("Linzer round is in your cart."));
        let page = browser.post(&server, "/cart/add", "product=linzer").await;
        assert_eq!(inside(&page, "cart-count"), "2");
        assert!(!browser.home(&server).await.contains("is in your cart."), "shown once");

        let page = browser.post(&server, "/login", "name=Ada&remember=on").await;
        assert_eq!(inside(&page, "user"), "Ada");
        assert_eq!(inside(&page, "cart-count"), "2", "the cart survives the login");
        assert_eq!(inside(&page, "cookie-permanent"), "permanent");
        assert_eq!(inside(&page, "cookie-name"), NAME);
        assert!(inside(&page, "cookie-json").contains("Ada"));

        browser.jar.close_browser();
        let page = browser.post(&server, "/cart/remove", "product=linzer").await;
        assert_eq!((inside(&page, "user"), inside(&page, "cart-count")), ("Ada", "0"));

        let reply = browser.try_post(&server, "/logout", "").await;
        assert_eq!(reply.all("location"), ["/?logged-out"]);
        assert!(browser.jar.is_empty());
        let page = browser.send(&server, Method::GET, "/?logged-out", String::new()).await;
        assert!(page.text().contains("</span>You are logged out.</p>"));
        let page = browser.home(&server).await;
        assert!(page.contains("id=\"login-form\"") && !page.contains("You are logged out"));
    }
}

#[tokio::test]
async fn without_remember_me_the_session_ends_with_the_browser() {
    let server = start(Shop::default(), KEY).await;
    let mut browser = Browser::open(&server, Version::HTTP_11).await;
    let page = browser.post(&server, "/login", "name=Ada").await;
    assert_eq!(inside(&page, "cookie-permanent"), "browser session");
    browser.jar.close_browser();
    assert!(browser.jar.is_empty());
}

#[tokio::test]
async fn a_token_from_before_the_log_in_is_refused() {
    let server = start(Shop::default(), KEY).await;
    let mut browser = Browser::open(&server, Version::HTTP_11).await;
    let before = browser.token.clone();
    browser.post(&server, "/login", "name=Ada").await;
    assert_ne!(browser.token, before);
    for stale in [before.as_str(), "", "x"] {
        browser.token = stale.to_owned();
        let reply = browser.try_post(&server, "/cart/add", "product=linzer").await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN);
        assert_eq!(inside(reply.text(), "error-status"), "403");
    }
    let page = browser.home(&server).await;
    assert_eq!(inside(&page, "cart-count"), "0");
}

#[tokio::test]
async fn a_form_of_another_site_is_refused_although_it_has_the_token() {
    for version in support::VERSIONS {
        let server = start(Shop::default(), KEY).await;
        let browser = Browser::open(&server, version).await;
        let line = browser.jar.header(&browser.url, now()).unwrap();
        let body = format!("csrf_token={}&product=linzer", browser.token);
        for (site, status) in [("cross-site", 403), ("same-site", 403), ("same-origin", 303)] {
            let request = Request::post("/cart/add").header("cookie", &line).header("sec-fetch-site", site);
            let request = request.header("content-type", "application/x-www-form-urlencoded");
            let request = request.body(http_body_util::Full::new(Bytes::from(body.clone()))).unwrap();
            let reply = server.send(version, request).await.unwrap();
            assert_eq!(reply.status, status, "{site}");
            assert_eq!(reply.all("set-cookie").len(), usize::from(status == 303), "{site}");
            assert_eq!(reply.text(), "", "{site}");
        }
    }
}

#[tokio::test]
async fn a_logout_removes_a_cookie_that_does_not_verify_and_no_other_site_can_cause_it() {
    let [with_key, without] = [start(Shop::default(), KEY).await, start(Shop::default(), OTHER_KEY).await];
    let mut browser = Browser::open(&with_key, Version::HTTP_11).await;
    browser.post(&with_key, "/login", "name=Ada").await;
    let line = browser.jar.header(&browser.url, now()).unwrap();
    for server in [&with_key, &without] {
        let request = Request::post("/logout").header("cookie", &line).header("sec-fetch-site", "cross-site");
        let reply =
            server.send(Version::HTTP_11, request.body(http_body_util::Full::default()).unwrap()).await;
        let reply = reply.unwrap();
        assert_eq!((reply.status, reply.all("set-cookie").len()), (StatusCode::FORBIDDEN, 0));
    }
    assert_eq!(browser.try_post(&without, "/logout", "").await.status, StatusCode::SEE_OTHER);
    assert!(browser.jar.is_empty());
}

#[tokio::test]
async fn a_form_that_comes_back_without_a_cookie_says_why() {
    let server = start(Shop::default(), KEY).await;
    let mut browser = Browser::open(&server, Version::HTTP_11).await;
    let stranger =
        browser.jar.header(&browser.url, now()).unwrap().replace("__Host-session=", "__Host-session=x");
    browser.jar = Jar::new();
    let reply = browser.try_post(&server, "/login", "name=Ada").await;
    assert_eq!((reply.status, reply.all("set-cookie").len()), (StatusCode::FORBIDDEN, 0));
    assert_eq!(inside(reply.text(), "error-title"), "Your browser sent no cookie");
    assert!(inside(reply.text(), "error-message").contains("insecure_for_local_http()"));

    // One that did not verify came back all the same.
    let request = Request::post("/login").header("cookie", stranger);
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    let request = request.body(http_body_util::Full::new(Bytes::from("csrf_token=x&name=Ada"))).unwrap();
    let reply = server.send(Version::HTTP_11, request).await.unwrap();
    assert_eq!(inside(reply.text(), "error-title"), "This form is out of date");
}

#[tokio::test]
async fn a_cookie_that_is_full_says_so_and_stays_of_use() {
    let server = start(Shop::default(), KEY).await;
    let mut browser = Browser::open(&server, Version::HTTP_11).await;
    browser.post(&server, "/cart/add", "product=linzer").await;
    let before = browser.jar.cookies().to_vec();
    let reply = browser.try_post(&server, "/note", &format!("note={}", "x".repeat(4096))).await;
    assert_eq!(reply.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(browser.jar.cookies(), before);

    // As much as fits: no form may fail without saying why, and all that make room must work.
    let mut longest = 0;
    for len in (2700..3100).rev() {
        if browser.try_post(&server, "/note", &format!("note={}", "x".repeat(len))).await.status == 303 {
            longest = len;
            break;
        }
    }
    let page = browser.home(&server).await;
    assert_eq!(inside(&page, "note").trim().len(), longest);
    assert_eq!(browser.try_post(&server, "/login", "name=Ada+Lovelace").await.status, 413);
    assert_eq!(browser.try_post(&server, "/cart/add", "product=oatmeal").await.status, 413);
    browser.home(&server).await;
    let page = browser.post(&server, "/note", "note=").await;
    assert_eq!(inside(&page, "cart-count"), "1");
    let page = browser.post(&server, "/login", "name=Ada+Lovelace").await;
    assert_eq!(inside(&page, "user"), "Ada Lovelace");
}

/// A login makes room where it forgets the token, and may fill it again.
#[tokio::test]
async fn every_login_that_fits_leads_to_a_page_whose_forms_work() {
    let server = start(Shop::default(), KEY).await;
    let mut at_the_limit = 0;
    for len in (2750..2950).step_by(3).rev() {
        let mut browser = Browser::open(&server, Version::HTTP_11).await;
        if browser.try_post(&server, "/note", &format!("note={}", "x".repeat(len))).await.status != 303 {
            continue;
        }
        browser.home(&server).await;
        if browser.try_post(&server, "/login", "name=Ada+Lovelace").await.status != 303 {
            at_the_limit += 1;
            continue;
        }
        let page = browser.home(&server).await;
        let gave_way = inside(&page, "note").trim().is_empty();
        browser.post(&server, "/note", "note=").await;
        if !gave_way {
            assert!(at_the_limit > 0, "a login that does not fit was tried");
            return;
        }
    }
    panic!("no login leaves room for the note");
}

#[tokio::test]
async fn a_message_that_has_no_room_is_no_reason_to_refuse_a_login() {
    let server = start(Shop::default(), KEY).await;
    let mut browser = Browser::open(&server, Version::HTTP_11).await;
    let name = "a".repeat(1100);
    let page = browser.post(&server, "/login", &format!("name={name}")).await;
    assert_eq!(inside(&page, "user"), name);
    assert!(!page.contains("Welcome"));
}

#[tokio::test]
async fn a_cookie_that_was_tampered_with_is_an_anonymous_visitor() {
    let server = start(Shop::default(), KEY).await;
    let mut browser = Browser::open(&server, Version::HTTP_11).await;
    browser.post(&server, "/login", "name=Ada").await;
    let value = browser.jar.get(NAME).unwrap().value.clone();
    let other = if value.starts_with('x') { 'y' } else { 'x' };
    browser.jar.set_value(NAME, &format!("{other}{}", &value[1..]));
    let page = browser.home(&server).await;
    assert!(page.contains("id=\"login-form\"") && page.contains("id=\"cookie-none\""));
}

#[tokio::test]
async fn keys_rotate_and_servers_share() {
    let shop = Shop { others: vec![("Flask".into(), "http://localhost:5000/".into())], ..Shop::default() };
    let old = start(shop, KEY).await;
    let new = start(Shop::default(), &format!("{OTHER_KEY},{KEY}")).await;
    let newest = start(Shop::default(), OTHER_KEY).await;
    let mut browser = Browser::open(&old, Version::HTTP_11).await;
    let page = browser.post(&old, "/login", "name=Ada").await;
    assert!(page.contains("<a href=\"http://localhost:5000/\">Flask</a>"));
    let page = browser.post(&new, "/cart/add", "product=linzer").await;
    assert_eq!(inside(&page, "user"), "Ada");
    assert_eq!(inside(&browser.home(&newest).await, "user"), "Ada");
}

#[tokio::test]
async fn the_cookie_is_encrypted_with_one_switch() {
    for encrypted in [false, true] {
        let server = start(Shop { encrypted, ..Shop::default() }, KEY).await;
        let mut browser = Browser::open(&server, Version::HTTP_11).await;
        browser.post(&server, "/login", "name=Ada").await;
        let page = browser.home(&server).await;
        assert_eq!(inside(&page, "user"), "Ada");
        assert_eq!(inside(&page, "cookie-json").contains("Ada"), !encrypted);
    }
}

#[tokio::test]
async fn to_log_out_everywhere_ends_the_session_of_another_browser() {
    let file = std::env::temp_dir().join(format!("cookie-session-axum-logouts-{}", std::process::id()));
    let with_file = || Shop { logouts: Logouts::InFile(file.clone()), ..Shop::default() };
    let (here, there) = (start(with_file(), KEY).await, start(with_file(), KEY).await);
    let mut browsers = Vec::new();
    for (server, name) in [(&here, "Ada"), (&there, "Ada"), (&there, "Grace")] {
        let mut browser = Browser::open(server, Version::HTTP_11).await;
        browser.post(server, "/login", &format!("name={name}")).await;
        browsers.push(browser);
    }
    let reply = browsers[0].try_post(&here, "/logout/everywhere", "").await;
    assert_eq!((reply.status, reply.all("location")), (StatusCode::SEE_OTHER, vec!["/?logged-out"]));
    assert!(browsers[0].jar.is_empty());

    let reply = browsers[1].try_post(&there, "/cart/add", "product=linzer").await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
    assert_eq!(inside(reply.text(), "error-title"), "This form is out of date");
    assert!(browsers[1].jar.is_empty());
    assert!(browsers[1].home(&there).await.contains("id=\"login-form\""));
    let page = browsers[1].post(&there, "/login", "name=Ada").await;
    assert_eq!(inside(&page, "user"), "Ada", "a login from after it is good");
    for server in [&here, &there] {
        assert_eq!(inside(&browsers[2].home(server).await, "user"), "Grace", "nobody else is logged out");
    }
    std::fs::remove_file(&file).unwrap();
}

#[tokio::test]
async fn nobody_is_logged_out_while_the_logouts_cannot_be_read() {
    let server = start(Shop::default(), KEY).await;
    let mut browser = Browser::open(&server, Version::HTTP_11).await;
    browser.post(&server, "/login", "name=Ada").await;
    let before = browser.jar.cookies().to_vec();
    // A folder is no file.
    let broken = Shop { logouts: Logouts::InFile(std::env::temp_dir()), ..Shop::default() };
    let broken = start(broken, KEY).await;
    let reply = browser.send(&broken, Method::GET, "/", String::new()).await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(inside(reply.text(), "error-status"), "503");
    assert_eq!(browser.jar.cookies(), before);
    assert_eq!(inside(&browser.home(&server).await, "user"), "Ada");
}

#[tokio::test]
async fn the_demo_clock_ends_a_session() {
    let file = std::env::temp_dir().join(format!("cookie-session-axum-clock-{}", std::process::id()));
    std::fs::write(&file, "0").unwrap();
    let server = start(Shop { demo_clock: Some(file.clone()), ..Shop::default() }, KEY).await;
    let mut browser = Browser::open(&server, Version::HTTP_11).await;
    browser.post(&server, "/login", "name=Ada").await;
    // Idle for 2 hours is accepted, and not a second more.
    std::fs::write(&file, (2 * 60 * 60 - 60).to_string()).unwrap();
    assert_eq!(inside(&browser.home(&server).await, "user"), "Ada");
    std::fs::write(&file, (5 * 60 * 60).to_string()).unwrap();
    assert!(browser.home(&server).await.contains("id=\"login-form\""));
    std::fs::remove_file(&file).unwrap();
}

#[tokio::test]
async fn what_is_no_form_of_ours_gets_a_page() {
    let server = start(Shop::default(), KEY).await;
    let mut browser = Browser::open(&server, Version::HTTP_11).await;
    for (path, fields, status) in [
        ("/cart/add", "product=none", 400),
        ("/cart/add", "product=linzer&product=oatmeal", 422),
        ("/nowhere", "", 404),
    ] {
        let reply = browser.try_post(&server, path, fields).await;
        assert_eq!(reply.status, status, "{path}");
        assert_eq!(inside(reply.text(), "error-status"), status.to_string());
    }
}
