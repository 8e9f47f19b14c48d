//! The built example, driven over loopback by an HTTP client and a browser's cookie store.
//!
//! `cargo test` builds the examples first, unless it is told which targets to build. To run this file alone:
//! `cargo build --example login && cargo test --test login_example`.

#![cfg(not(target_family = "wasm"))] // which starts no processes
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    reason = "a test may panic"
)]

mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};
use std::{env, fs};

use support::jar::{Jar, Stored, Why};

const OLD: &str = "+wjZkmMH6zpXOe0YLUN7BgPrD+lXS9+/TYkhgP0tOoc=";
const NEW: &str = "b2f4c1d8a7630e59f81d4c2b7a9e05361fd8e2c94b70a35d6e1842fb9c07d3a5";

/// 15 June 2025, 15:06:40 UTC.
const START: u64 = 1_750_000_000;
const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

const NAME: &str = "__Host-session";

#[test]
fn a_visitor_logs_in_is_counted_and_logs_out() {
    let mut browser = Browser::new("log_in_and_out");
    let server = browser.start(OLD);

    let page = browser.get(&server, "/");
    assert_eq!((page.status, page.field("visits"), page.field("name")), (200, Some("1"), None));
    assert_eq!(page.headers["vary"], "Cookie");
    assert_eq!(page.headers["cache-control"], "private, no-store");
    let cookie = browser.jar.get(NAME).expect("a cookie after the first visit");
    assert!(cookie.secure && cookie.http_only && cookie.host_only && cookie.expires.is_none(), "{cookie:?}");

    let answer = browser.post(&server, "/login", &[("name", "Ada <ada@example.org>")]);
    assert_eq!((answer.status, answer.headers["location"].as_str()), (303, "/"));

    browser.pass(MINUTE);
    for visits in ["1", "2", "3"] {
        let page = browser.get(&server, "/");
        assert_eq!(page.field("name"), Some("Ada &lt;ada@example.org&gt;"));
        assert_eq!(page.field("visits"), Some(visits));
    }

    // The page takes the very cookie apart that came with it.
    let page = browser.get(&server, "/");
    let payload = page.field("payload").expect("a payload");
    assert!(payload.starts_with(&format!("[{START},false,{{")), "{payload}");
    assert!(page.body.contains("<dt>created<dd>2025-06-15 15:06:40.0 +00:00:00<"), "{}", page.body);
    assert!(page.body.contains("<dt>issued<dd>2025-06-15 15:07:40.0 +00:00:00<"), "{}", page.body);
    let cookie = browser.jar.get(NAME).expect("a cookie");
    let size = (cookie.name.len() + cookie.value.len()).to_string();
    assert_eq!(page.field("size"), Some(size.as_str()));
    assert!(page.body.contains("</span> of 4096 bytes<"), "{}", page.body);

    let answer = browser.post(&server, "/logout", &[]);
    assert_eq!((answer.status, answer.set_cookies.len()), (303, 1));
    assert_eq!(answer.headers["cache-control"], "private, no-store");
    assert!(browser.jar.is_empty(), "{:?}", browser.jar.cookies());

    assert_eq!(answer.headers["location"], "/?logged-out");
    let page = browser.get(&server, "/?logged-out");
    assert_eq!((page.field("name"), page.field("visits")), (None, Some("1")));
    assert_eq!(page.field("message"), Some("You are logged out."));
    assert_eq!(browser.get(&server, "/").field("message"), None);
    for part in ["<meta name=viewport ", "<title>", "<link rel=icon href=\"data:"] {
        assert!(page.body.contains(part), "{part}");
    }
}

#[test]
fn a_tampered_cookie_is_no_cookie() {
    let mut browser = Browser::new("tamper");
    let server = browser.start(OLD);
    browser.log_in(&server, "Ada", false);
    let genuine = browser.jar.get(NAME).expect("a cookie").value.clone();

    for place in [0, genuine.len() / 2, genuine.len() - 1] {
        let mut tampered = genuine.clone().into_bytes();
        tampered[place] = if tampered[place] == b'Q' { b'g' } else { b'Q' };
        browser.jar.set_value(NAME, &String::from_utf8(tampered).expect("ASCII"));

        // Nothing tells it from a page for a stranger, and nobody takes the cookie away.
        let page = browser.get(&server, "/nowhere");
        assert_eq!((page.status, page.set_cookies.len()), (404, 0), "{place}");
        assert_eq!(page.headers.get("cache-control"), None, "{place}");
        assert_eq!(server.next_rejection(), "invalid_signature", "{place}");
    }
    let page = browser.get(&server, "/");
    assert_eq!((page.field("name"), page.field("visits")), (None, Some("1")));

    browser.jar.set_value(NAME, &genuine);
    assert_eq!(browser.get(&server, "/").field("name"), Some("Ada"));
}

#[test]
fn a_session_ends_on_the_server_when_it_is_idle() {
    let mut browser = Browser::new("idle");
    let server = browser.start(OLD);
    browser.log_in(&server, "Ada", false);

    browser.pass(2 * HOUR);
    assert_eq!(browser.get(&server, "/").field("name"), Some("Ada"));
    browser.pass(2 * HOUR + 1);
    assert!(browser.jar.header(&server.url("/"), browser.now).is_some(), "the browser still sends it");
    assert_eq!(browser.get(&server, "/nowhere").set_cookies.len(), 0);
    assert_eq!(server.next_rejection(), "expired");
    assert_eq!(browser.get(&server, "/").field("name"), None);
}

#[test]
fn a_busy_session_ends_on_the_server_after_a_day() {
    let mut browser = Browser::new("absolute");
    let server = browser.start(OLD);
    browser.log_in(&server, "Ada", false);

    for hour in 1..=24 {
        browser.pass(HOUR);
        assert_eq!(browser.get(&server, "/").field("name"), Some("Ada"), "after {hour} h");
    }
    browser.pass(1);
    assert_eq!(browser.get(&server, "/").field("name"), None);
    assert_eq!(server.next_rejection(), "expired");
}

#[test]
fn a_rotated_key_logs_nobody_out_who_came_by() {
    let mut browser = Browser::new("rotate");
    let server = browser.start(OLD);
    browser.log_in(&server, "Ada", false);
    let mut absent = browser.twin("rotate_absent");
    drop(server);

    let server = browser.start(&format!("{NEW},{OLD}"));
    let page = browser.get(&server, "/");
    assert_eq!((page.field("name"), page.field("visits")), (Some("Ada"), Some("1")));
    drop(server);

    let server = browser.start(NEW);
    let page = browser.get(&server, "/");
    assert_eq!((page.field("name"), page.field("visits")), (Some("Ada"), Some("2")));

    // Whoever did not is logged out: this is why the old key stays for the longest idle limit.
    assert_eq!(absent.get(&server, "/").field("name"), None);
    assert_eq!(server.next_rejection(), "invalid_signature");
}

#[test]
fn only_a_remembered_visitor_survives_closing_the_browser() {
    let mut browser = Browser::new("remember");
    let server = browser.start(OLD);
    browser.log_in(&server, "Ada", false);
    browser.jar.close_browser();
    assert!(browser.jar.is_empty());
    assert_eq!(browser.get(&server, "/").field("name"), None);

    browser.log_in(&server, "Ada", true);
    browser.jar.close_browser();
    let page = browser.get(&server, "/");
    assert_eq!(page.field("name"), Some("Ada"));
    assert!(page.field("payload").is_some_and(|payload| payload.contains(",true,{")), "{}", page.body);

    browser.pass(14 * DAY - 1);
    browser.jar.close_browser();
    assert_eq!(browser.get(&server, "/").field("name"), Some("Ada"));
    browser.pass(14 * DAY);
    assert_eq!(browser.jar.header(&server.url("/"), browser.now), None, "Max-Age has passed");

    browser.get(&server, "/");
    browser.log_in(&server, "Ada", true);
    browser.post(&server, "/logout", &[]);
    assert!(browser.jar.is_empty(), "{:?}", browser.jar.cookies());
}

#[test]
fn a_full_cart_is_told_and_harms_nothing() {
    let mut browser = Browser::new("cart");
    let server = browser.start(OLD);
    browser.log_in(&server, "Ada", false);
    browser.get(&server, "/");
    let item = "a teapot & <lid> ".repeat(10);

    let mut items = 0;
    let refused = loop {
        let before = browser.jar.cookies().to_vec();
        let answer = browser.post(&server, "/cart", &[("item", &item)]);
        if answer.status != 303 {
            assert_eq!(answer.set_cookies.len(), 0);
            assert_eq!(browser.jar.cookies(), before);
            break answer;
        }
        items += 1;
        assert!(items < 30, "4096 bytes hold no {items} items");
    };
    assert!(items > 10, "only {items} items");
    assert_eq!(refused.status, 409);
    let message = refused.field("message").expect("a message");
    assert!(message.starts_with("Not added: session cookie would be 4"), "{message}");
    assert!(message.contains("the limit is 4096; largest: cart ("), "{message}");

    let page = browser.get(&server, "/");
    assert_eq!((page.field("name"), page.field("visits")), (Some("Ada"), Some("2")));
    assert_eq!(page.body.matches("<li>a teapot &amp; &lt;lid&gt; ").count(), items);

    // The longest that still fits leaves the counter no room for a second digit.
    let fits = |len: &usize| browser.post(&server, "/cart", &[("item", &item[..*len])]).status == 303;
    (0..item.len()).rev().find(fits).expect("room for one more string");
    for _ in 0..10 {
        let page = browser.get(&server, "/");
        assert_eq!((page.status, page.field("name")), (200, Some("Ada")));
    }
    let page = browser.get(&server, "/");
    assert_eq!((page.field("visits"), page.set_cookies.len()), (Some("9"), 0));
    browser.post(&server, "/logout", &[]);
    assert!(browser.jar.is_empty());
}

#[test]
fn a_form_needs_the_csrf_token_of_its_session() {
    let mut browser = Browser::new("csrf");
    let server = browser.start(OLD);
    browser.get(&server, "/");
    let before_login = browser.csrf.clone();
    browser.log_in(&server, "Ada", false);
    assert_ne!(browser.csrf, before_login);

    let current = browser.csrf.clone();
    for stale in [before_login, String::new(), current[1..].to_owned(), format!("{current}A")] {
        for path in ["/logout", "/cart", "/login"] {
            browser.csrf = stale.clone();
            let before = browser.jar.cookies().to_vec();
            let answer = browser.post(&server, path, &[("name", "Eve"), ("item", "a teapot")]);
            assert_eq!((answer.status, answer.set_cookies.len()), (403, 0), "{path} with {stale:?}");
            assert!(answer.field("message").is_some_and(|text| text.contains("out of date")), "{path}");
            assert_eq!(browser.jar.cookies(), before, "{path} with {stale:?}");
        }
    }
    assert_eq!(browser.get(&server, "/logout").status, 404, "a link cannot log anybody out");
    let page = browser.get(&server, "/");
    assert_eq!((page.field("name"), page.body.contains("<li>")), (Some("Ada"), false));
    assert_eq!(browser.post(&server, "/cart", &[("item", "a teapot")]).status, 303);
}

#[test]
fn a_form_of_another_site_is_refused_although_it_has_the_token() {
    let mut browser = Browser::new("other_site");
    let server = browser.start(OLD);
    browser.get(&server, "/");
    let url = server.url("/cart");
    let cookie = browser.jar.header(&url, browser.now).expect("a cookie");
    for (site, status) in [("cross-site", 403), ("same-site", 403), ("same-origin", 303)] {
        let request =
            ureq::http::Request::post(&url).header("cookie", &cookie).header("sec-fetch-site", site);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let body = format!("csrf={}&item=teapot", browser.csrf);
        let answer = browser.agent.run(request.body(body).expect("a request")).expect("an answer");
        let is_set = answer.headers().contains_key("set-cookie");
        assert_eq!((answer.status().as_u16(), is_set), (status, status == 303), "{site}");
    }
}

#[test]
fn a_log_out_needs_no_csrf_token_where_the_cookie_does_not_verify() {
    let mut browser = Browser::new("log_out_unverified");
    let server = browser.start(OLD);
    browser.get(&server, "/");
    browser.log_in(&server, "Ada", true);
    drop(server);

    // A machine that lacks the key. The page that the visitor sees is from one that has it.
    let server = browser.start(NEW);
    for path in ["/cart", "/login", "/nowhere"] {
        let answer = browser.post(&server, path, &[("name", "Eve"), ("item", "a teapot")]);
        assert_eq!((answer.status, answer.set_cookies.len()), (403, 0), "{path}");
    }
    assert_eq!(browser.request(&server, "GET", "/logout", None).status, 404, "a link logs nobody out");
    let answer = browser.post(&server, "/logout", &[]);
    assert_eq!((answer.status, answer.headers["location"].as_str()), (303, "/?logged-out"));
    assert!(browser.jar.is_empty(), "{:?}", browser.jar.cookies());

    let answer = browser.post(&server, "/logout", &[]);
    assert_eq!((answer.status, answer.set_cookies.len()), (403, 0), "there is no cookie to remove");
}

#[test]
fn a_form_that_comes_back_without_a_cookie_says_why() {
    let mut browser = Browser::new("no_cookie");
    let server = browser.start(OLD);
    browser.get(&server, "/");
    // As on http://192.168.1.7, where the browser drops a Secure cookie.
    browser.jar = Jar::new();
    let answer = browser.post(&server, "/login", &[("name", "Ada")]);
    assert_eq!((answer.status, answer.set_cookies.len()), (403, 0));
    let message = answer.field("message").expect("a message");
    assert!(
        message.contains("without a cookie") && message.contains("insecure_for_local_http()"),
        "{message}"
    );
    assert!(!message.contains("out of date"), "{message}");
}

#[test]
fn safari_needs_the_insecure_cookie_and_gets_it_only_when_asked() {
    let mut safari = Browser::new("safari");
    safari.jar.treat_localhost_as_secure(false);
    let server = safari.start(OLD);
    let page = safari.request(&server, "GET", "/", None);
    let stored = safari.jar.set(&server.url("/"), &page.set_cookies[0], START);
    // `__Host-` is looked at before Secure.
    assert_eq!(stored, Stored::Ignored(Why::HostPrefix));
    drop(server);

    let server = safari.start_with(&[("SESSION_KEYS", OLD), ("INSECURE", "1")]);
    safari.log_in(&server, "Ada", false);
    assert!(safari.jar.get("dev-session").is_some_and(|cookie| !cookie.secure));
    assert_eq!(safari.get(&server, "/").field("name"), Some("Ada"));
    safari.post(&server, "/logout", &[]);
    assert!(safari.jar.is_empty());
}

#[test]
fn without_keys_it_makes_one_and_says_how_to_keep_it() {
    let mut browser = Browser::new("generate");
    let server = browser.start_with(&[]);
    let warning = server.next_line(|line| line.contains("SESSION_KEYS is not set"));
    assert!(warning.starts_with("warning: "), "{warning}");
    server.next_line(|line| line.contains("export SESSION_KEYS=$(openssl rand -base64 32)"));
    browser.log_in(&server, "Ada", false);
    assert_eq!(browser.get(&server, "/").field("name"), Some("Ada"));
    drop(server);

    let server = browser.start_with(&[]);
    assert_eq!(browser.get(&server, "/").field("name"), None, "another start, another key");
}

#[test]
fn it_refuses_to_start_with_a_bad_key() {
    let key = "correct-horse-battery-staple";
    let output = Command::new(example())
        .env("SESSION_KEYS", format!("{OLD} {key}"))
        .env("PORT", "0")
        .output()
        .expect("the example runs");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(text.contains("SESSION_KEYS: secret key 2 "), "{text}");
    assert!(text.contains("make one with `openssl rand -base64 32`"), "{text}");
    assert!(!text.contains(key), "{text}");
}

#[test]
fn a_body_that_does_not_come_is_not_awaited_for_ever() {
    let browser = Browser::new("slow_body");
    let server = browser.start(OLD);
    let mut visitor = server.connect();
    visitor
        .write_all(b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nname")
        .expect("sent");
    let start = Instant::now();
    let mut answer = String::new();
    visitor.read_to_string(&mut answer).expect("an answer, and then the end of the connection");
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(start.elapsed() >= Duration::from_secs(9), "a slow visitor has time: {:?}", start.elapsed());
}

#[cfg(unix)]
#[test]
fn more_visitors_than_file_descriptors_do_not_end_the_server() {
    let mut browser = Browser::new("descriptors");
    let mut few = Command::new("sh");
    few.args(["-c", r#"ulimit -n 24 && exec "$0""#]).arg(example());
    let server = Server::start_as(few, &[("SESSION_KEYS", OLD)], &browser.clock);

    // The kernel takes them all; the server can accept the first few.
    let visitors: Vec<TcpStream> = (0..40).map(|_| server.connect()).collect();
    thread::sleep(Duration::from_millis(500));
    drop(visitors);
    assert_eq!(browser.get(&server, "/").status, 200);
}

/// A visitor: a cookie store, the CSRF token of the last page, and the time, which the server shares.
struct Browser {
    jar: Jar,
    csrf: String,
    now: u64,
    clock: PathBuf,
    agent: ureq::Agent,
}

struct Answer {
    status: u16,
    headers: std::collections::HashMap<String, String>,
    set_cookies: Vec<String>,
    body: String,
}

impl Browser {
    fn new(test: &str) -> Browser {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(Duration::from_secs(30)))
            .proxy(None)
            .build()
            .into();
        let clock = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("login_example_{test}.clock"));
        let browser = Browser { jar: Jar::new(), csrf: String::new(), now: START, clock, agent };
        browser.pass_on();
        browser
    }

    /// Returns another device that holds the same cookies.
    fn twin(&self, test: &str) -> Browser {
        let mut twin = Browser::new(test);
        twin.jar = self.jar.clone();
        twin
    }

    fn start(&self, keys: &str) -> Server {
        self.start_with(&[("SESSION_KEYS", keys)])
    }

    fn start_with(&self, variables: &[(&str, &str)]) -> Server {
        Server::start(variables, &self.clock)
    }

    fn pass(&mut self, seconds: u64) {
        self.now += seconds;
        self.pass_on();
    }

    /// The server must never see half a number: a rename replaces the file at once.
    fn pass_on(&self) {
        let new = self.clock.with_extension("new");
        fs::write(&new, self.now.to_string()).expect("a file for the clock");
        fs::rename(&new, &self.clock).expect("a file for the clock");
    }

    fn get(&mut self, server: &Server, path: &str) -> Answer {
        let answer = self.request(server, "GET", path, None);
        self.keep(server, path, &answer);
        if let Some(csrf) = answer.between(r#"name=csrf value=""#, "\"") {
            self.csrf = csrf.to_owned();
        }
        answer
    }

    fn post(&mut self, server: &Server, path: &str, fields: &[(&str, &str)]) -> Answer {
        let form = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .append_pair("csrf", &self.csrf)
            .finish();
        let answer = self.request(server, "POST", path, Some(form));
        self.keep(server, path, &answer);
        answer
    }

    /// Logs in and learns the new CSRF token. The cookie goes back to what it was before that page, so the tests
    /// count their own visits only.
    fn log_in(&mut self, server: &Server, name: &str, remember: bool) {
        let seen = self.get(server, "/");
        if seen.field("name").is_some() {
            self.post(server, "/logout", &[]);
            self.get(server, "/");
        }
        let mut fields = vec![("name", name)];
        if remember {
            fields.push(("remember", "on"));
        }
        assert_eq!(self.post(server, "/login", &fields).status, 303);
        let before = self.jar.clone();
        self.get(server, "/");
        self.jar = before;
    }

    fn request(&self, server: &Server, method: &str, path: &str, form: Option<String>) -> Answer {
        let url = server.url(path);
        let mut request = ureq::http::Request::builder().method(method).uri(&url);
        if let Some(cookies) = self.jar.header(&url, self.now) {
            request = request.header("cookie", cookies);
        }
        if form.is_some() {
            request = request.header("content-type", "application/x-www-form-urlencoded");
        }
        let sent = match form {
            Some(form) => self.agent.run(request.body(form).expect("a request")),
            None => self.agent.run(request.body(()).expect("a request")),
        };
        let mut response = sent.expect("an answer");
        let text = |value: &ureq::http::HeaderValue| value.to_str().expect("ASCII").to_owned();
        Answer {
            status: response.status().as_u16(),
            headers: response.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
            set_cookies: response.headers().get_all("set-cookie").iter().map(text).collect(),
            body: response.body_mut().read_to_string().expect("text"),
        }
    }

    #[track_caller]
    fn keep(&mut self, server: &Server, path: &str, answer: &Answer) {
        for line in &answer.set_cookies {
            let stored = self.jar.set(&server.url(path), line, self.now);
            assert!(!matches!(stored, Stored::Ignored(_)), "{line}: {stored:?}");
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.clock);
    }
}

impl Answer {
    /// Returns the text of the element with this id.
    fn field(&self, id: &str) -> Option<&str> {
        self.between(&format!("id={id}>"), "<")
    }

    fn between(&self, start: &str, end: &str) -> Option<&str> {
        let (_, rest) = self.body.split_once(start)?;
        rest.split_once(end).map(|(text, _)| text)
    }
}

/// The example, as a process that ends with this value.
struct Server {
    process: Child,
    origin: String,
    log: Receiver<String>,
}

impl Server {
    fn start(variables: &[(&str, &str)], clock: &Path) -> Server {
        Server::start_as(Command::new(example()), variables, clock)
    }

    fn start_as(mut command: Command, variables: &[(&str, &str)], clock: &Path) -> Server {
        let mut process = command
            .env_remove("SESSION_KEYS")
            .env_remove("INSECURE")
            .envs(variables.iter().copied())
            .env("PORT", "0")
            .env("DEMO_CLOCK_FILE", clock)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the example starts");
        let log = lines(process.stderr.take().expect("piped"));
        let output = lines(process.stdout.take().expect("piped"));
        let mut server = Server { process, origin: String::new(), log };
        let line = output.recv_timeout(PATIENCE).expect("the example says where it listens");
        let origin = line.strip_prefix("listening on ").expect("listening on http://127.0.0.1:N");
        assert!(origin.starts_with("http://127.0.0.1:"), "{origin}");
        server.origin = origin.to_owned();
        server
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    fn connect(&self) -> TcpStream {
        let address = self.origin.strip_prefix("http://").expect("an origin");
        let stream = TcpStream::connect(address).expect("a connection");
        stream.set_read_timeout(Some(PATIENCE)).expect("a time limit");
        stream
    }

    /// Waits for the next rejection in the log and returns its reason.
    fn next_rejection(&self) -> String {
        self.next_line(|line| line.starts_with("rejected: ")).split_off("rejected: ".len())
    }

    #[track_caller]
    fn next_line(&self, wanted: impl Fn(&str) -> bool) -> String {
        loop {
            let line = self.log.recv_timeout(PATIENCE).expect("such a line in the log");
            if wanted(&line) {
                return line;
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Reads lines as they come. The thread ends with the process that writes them.
fn lines(from: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            // Nobody listens any more: read on all the same, or the process blocks on a full pipe.
            let _ = sender.send(line);
        }
    });
    receiver
}

/// Finds the example beside this test: `<profile>/examples/login` for `<profile>/deps/login_example-…`.
#[track_caller]
fn example() -> PathBuf {
    let test = env::current_exe().expect("a path");
    let profile = test.ancestors().nth(2).expect("deps in a profile's directory");
    let example = profile.join("examples").join(format!("login{}", env::consts::EXE_SUFFIX));
    let built = fs::metadata(&example).and_then(|file| file.modified()).unwrap_or_else(|_| {
        panic!("{} is missing: build it with `cargo build --example login`", example.display())
    });
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = vec![root.join("src"), root.join("examples/login.rs")];
    while let Some(source) = sources.pop() {
        if source.is_dir() {
            sources.extend(fs::read_dir(&source).expect("src").map(|entry| entry.expect("a file").path()));
            continue;
        }
        let changed = fs::metadata(&source).and_then(|file| file.modified()).expect("a source");
        assert!(built >= changed, "{} is newer than the built example: build it again", source.display());
    }
    example
}

const PATIENCE: Duration = Duration::from_secs(30);
