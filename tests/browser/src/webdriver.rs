//! A client of the W3C WebDriver protocol: as much of it as these tests need, with one browser per driver.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::{panicking, sleep};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// A running browser. Ends with this value, and leaves a picture of its page where the test panics.
pub(crate) struct Browser {
    driver: Child,
    agent: ureq::Agent,
    /// The address of the WebDriver session.
    session: String,
    /// The process of the browser itself.
    process: u64,
    pictures: PathBuf,
    closed: bool,
}

/// A cookie as the browser keeps it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Kept {
    pub(crate) name: String,
    pub(crate) value: String,
    /// Begins with a dot where subdomains get the cookie too.
    pub(crate) domain: String,
    pub(crate) path: String,
    /// In unix seconds; `None` for a cookie that ends with the browser.
    pub(crate) expires: Option<f64>,
    pub(crate) http_only: bool,
    pub(crate) secure: bool,
    pub(crate) same_site: Option<String>,
    pub(crate) partitioned: bool,
}

impl Browser {
    /// Starts a browser with what an earlier one left in `profile`, if it was closed.
    pub(crate) fn open(profile: &Path, pictures: &Path, more_arguments: &[&str]) -> Self {
        let [chromium, chromedriver] = [("CHROMIUM", "chromium"), ("CHROMEDRIVER", "chromedriver")]
            .map(|(variable, default)| program(&env::var(variable).unwrap_or_else(|_| default.to_owned())));
        // It ends where the port that it was given for one version of IP is taken for the other.
        let (driver, port) = (0..5)
            .find_map(|_| start_driver(&chromedriver))
            .unwrap_or_else(|| panic!("{} says no port", chromedriver.display()));
        let config = ureq::Agent::config_builder()
            .proxy(None)
            .http_status_as_error(false)
            .timeout_global(Some(PATIENCE))
            .build();
        let mut browser = Self {
            driver,
            agent: config.new_agent(),
            session: String::new(),
            process: 0,
            pictures: pictures.to_owned(),
            closed: true,
        };
        let profile = format!("--user-data-dir={}", profile.display());
        let arguments: Vec<&str> =
            ARGUMENTS.iter().chain(more_arguments).copied().chain([profile.as_str()]).collect();
        let options = json!({ "binary": chromium, "args": arguments });
        let wanted = json!({ "browserName": "chrome", "goog:chromeOptions": options });
        browser.session = format!("http://127.0.0.1:{port}");
        let answer = browser.post("/session", &json!({ "capabilities": { "alwaysMatch": wanted } }));
        browser.process = answer["capabilities"]["goog:processID"].as_u64().expect("a process id");
        let id = answer["sessionId"].as_str().expect("a session id");
        browser.session = format!("{}/session/{id}", browser.session);
        browser.closed = false;
        browser
    }

    /// Closes the browser as a person would, so that it writes down what it keeps.
    pub(crate) fn close(mut self) {
        self.end();
    }

    pub(crate) fn version(&self) -> String {
        text_of(&self.devtools("Browser.getVersion", &json!({}))["product"])
    }

    pub(crate) fn go(&self, url: &str) {
        self.post("/url", &json!({ "url": url }));
    }

    pub(crate) fn reload(&self) {
        self.post("/refresh", &json!({}));
    }

    pub(crate) fn back(&self) {
        self.post("/back", &json!({}));
    }

    pub(crate) fn url(&self) -> String {
        text_of(&self.get("/url"))
    }

    /// Returns the text of the first element that matches, `None` when there is none.
    pub(crate) fn text(&self, css: &str) -> Option<String> {
        self.property(css, "textContent")
    }

    /// Returns what a property of the first element that matches holds.
    pub(crate) fn property(&self, css: &str, name: &str) -> Option<String> {
        let element = self.find(css)?;
        Some(text_of(&self.get(&format!("/element/{element}/property/{name}"))))
    }

    /// Clicks, and returns when another document is there.
    #[track_caller]
    pub(crate) fn follow(&self, css: &str) {
        let old = self.find(":root").expect("every document has a root");
        self.click(css);
        let deadline = Instant::now() + PATIENCE;
        let is_there = || self.ask("GET", &format!("/element/{old}/name"), None).is_ok();
        while is_there() {
            assert!(Instant::now() < deadline, "nothing follows a click on {css}");
            sleep(A_MOMENT);
        }
        // Waits for the new document, since commands wait for a navigation to end.
        assert!(self.find(":root").is_some());
    }

    #[track_caller]
    pub(crate) fn click(&self, css: &str) {
        let element = self.find(css).unwrap_or_else(|| panic!("there is no {css} at {}", self.url()));
        self.post(&format!("/element/{element}/click"), &json!({}));
    }

    /// Replaces what is in a field, as by pasting.
    #[track_caller]
    pub(crate) fn fill(&self, css: &str, text: &str) {
        let element = self.find(css).unwrap_or_else(|| panic!("there is no {css} at {}", self.url()));
        self.post(&format!("/element/{element}/clear"), &json!({}));
        self.post(&format!("/element/{element}/click"), &json!({}));
        if !text.is_empty() {
            self.devtools("Input.insertText", &json!({ "text": text }));
        }
    }

    /// Runs a script in the page, as a script of that page would run.
    pub(crate) fn run(&self, script: &str) -> Value {
        self.post("/execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// Opens another tab, goes there, and returns the handle of the one before.
    pub(crate) fn new_tab(&self) -> String {
        let old = text_of(&self.get("/window"));
        let new = text_of(&self.post("/window/new", &json!({ "type": "tab" }))["handle"]);
        self.to_tab(&new);
        old
    }

    /// Goes to a tab and returns the handle of the one before.
    pub(crate) fn to_tab(&self, handle: &str) -> String {
        let old = text_of(&self.get("/window"));
        self.post("/window", &json!({ "handle": handle }));
        old
    }

    /// Goes into the n-th frame of the page, or back to the page.
    pub(crate) fn to_frame(&self, n: Option<u32>) {
        self.post("/frame", &json!({ "id": n }));
    }

    /// Returns every cookie of every site, those that scripts cannot see too.
    pub(crate) fn cookies(&self) -> Vec<Kept> {
        let answer = self.devtools("Network.getAllCookies", &json!({}));
        answer["cookies"].as_array().expect("a list").iter().map(Kept::new).collect()
    }

    pub(crate) fn clear_cookies(&self) {
        self.devtools("Network.clearBrowserCookies", &json!({}));
    }

    /// Puts a cookie into the store as it stands; says whether the browser took it.
    pub(crate) fn put_cookie(&self, url: &str, cookie: &Kept) -> bool {
        let mut wanted = json!({
            "url": url,
            "name": cookie.name,
            "value": cookie.value,
            "path": cookie.path,
            "secure": cookie.secure,
            "httpOnly": cookie.http_only,
        });
        if cookie.domain.starts_with('.') {
            wanted["domain"] = json!(cookie.domain);
        }
        if let Some(same_site) = &cookie.same_site {
            wanted["sameSite"] = json!(same_site);
        }
        if let Some(expires) = cookie.expires {
            wanted["expires"] = json!(expires);
        }
        let wanted = json!({ "cmd": "Network.setCookie", "params": wanted });
        let answer = self.ask("POST", "/goog/cdp/execute", Some(&wanted));
        answer.is_ok_and(|answer| answer["success"] == json!(true))
    }

    /// Leaves a picture of the whole page.
    pub(crate) fn picture(&self, name: &str) {
        self.try_picture(name).unwrap_or_else(|error| panic!("no picture of {name}: {error}"));
    }

    pub(crate) fn devtools(&self, command: &str, parameters: &Value) -> Value {
        self.post("/goog/cdp/execute", &json!({ "cmd": command, "params": parameters }))
    }

    fn try_picture(&self, name: &str) -> Result<(), String> {
        let whole = json!({
            "cmd": "Page.captureScreenshot", "params": { "format": "png", "captureBeyondViewport": true }
        });
        let answer = self.ask("POST", "/goog/cdp/execute", Some(&whole))?;
        let picture = from_base64(answer["data"].as_str().ok_or("no picture")?);
        fs::write(self.pictures.join(format!("{name}.png")), picture).map_err(|error| error.to_string())
    }

    fn find(&self, css: &str) -> Option<String> {
        let wanted = json!({ "using": "css selector", "value": css });
        let found = self.post("/elements", &wanted);
        let found = found.as_array().expect("a list").first()?.as_object().expect("a reference");
        Some(text_of(found.values().next().expect("it holds the id")))
    }

    #[track_caller]
    fn get(&self, path: &str) -> Value {
        self.ask("GET", path, None).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    #[track_caller]
    fn post(&self, path: &str, body: &Value) -> Value {
        self.ask("POST", path, Some(body)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value, String> {
        let url = format!("{}{path}", self.session);
        let answer = match body {
            Some(body) => self.agent.post(url).send(body.to_string()),
            None if method == "DELETE" => self.agent.delete(url).call(),
            None => self.agent.get(url).call(),
        };
        let mut answer = answer.map_err(|error| error.to_string())?;
        let text = answer.body_mut().with_config().limit(64 << 20).read_to_string();
        let text = text.map_err(|error| error.to_string())?;
        let mut answer: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        let value = answer["value"].take();
        match value["error"].as_str() {
            None => Ok(value),
            // What follows the first line is a stack trace.
            Some(error) => {
                let message = value["message"].as_str().unwrap_or_default();
                Err(format!("{error}: {}", message.lines().next().unwrap_or_default()))
            }
        }
    }

    fn is_running(&self) -> bool {
        // Of a process that nobody has waited for, the command line is empty.
        fs::read(format!("/proc/{}/cmdline", self.process)).is_ok_and(|command| !command.is_empty())
    }

    fn end(&mut self) {
        if !self.closed {
            self.closed = true;
            // The browser may be gone before it has answered.
            let close = json!({ "cmd": "Browser.close", "params": {} });
            let _ = self.ask("POST", "/goog/cdp/execute", Some(&close));
            let deadline = Instant::now() + PATIENCE;
            while self.is_running() && Instant::now() < deadline {
                sleep(A_MOMENT);
            }
            let _ = self.ask("DELETE", "", None);
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if panicking() && !self.closed {
            let name = format!("failed-{}", self.process);
            let _ = self.try_picture(&name);
            eprintln!("  the page of the failure is {}", self.pictures.join(name + ".png").display());
        }
        self.end();
    }
}

impl Kept {
    fn new(cookie: &Value) -> Self {
        let is = |name: &str| cookie[name].as_bool().expect("a flag");
        Self {
            name: text_of(&cookie["name"]),
            value: text_of(&cookie["value"]),
            domain: text_of(&cookie["domain"]),
            path: text_of(&cookie["path"]),
            expires: if is("session") { None } else { cookie["expires"].as_f64() },
            http_only: is("httpOnly"),
            secure: is("secure"),
            same_site: cookie["sameSite"].as_str().map(str::to_owned),
            partitioned: !cookie["partitionKey"].is_null(),
        }
    }
}

fn text_of(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("a text, not {value}")).to_owned()
}

/// RFC 4648, without white space.
fn from_base64(text: &str) -> Vec<u8> {
    let digit = |octet: u8| match octet {
        b'A'..=b'Z' => u32::from(octet - b'A'),
        b'a'..=b'z' => u32::from(octet - b'a') + 26,
        b'0'..=b'9' => u32::from(octet - b'0') + 52,
        b'+' => 62,
        _ => 63,
    };
    let text = text.trim_end_matches('=').as_bytes();
    let groups = text.chunks(4).flat_map(|group| {
        let bits = group.iter().fold(0, |bits, &octet| bits << 6 | digit(octet));
        let bits = bits << (6 * (4 - group.len()));
        let [_, octets @ ..] = bits.to_be_bytes();
        octets.into_iter().take(group.len() - 1)
    });
    groups.collect()
}

/// Returns where a program is, as the shell would find it.
#[track_caller]
fn program(name: &str) -> PathBuf {
    let folders = env::var_os("PATH").unwrap_or_default();
    // A name with a slash in front takes the place of the folder.
    let found = env::split_paths(&folders).map(|folder| folder.join(name)).find(|path| path.is_file());
    found.unwrap_or_else(|| {
        panic!("there is no {name}: install Debian's packages chromium and chromium-driver")
    })
}

/// Starts a driver and returns the port that it says it listens on. Without one it has ended.
fn start_driver(program: &Path) -> Option<(Child, String)> {
    let mut driver = Command::new(program)
        .arg("--port=0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| panic!("{} does not start: {error}", program.display()));
    let lines = BufReader::new(driver.stdout.take().expect("standard output is piped")).lines();
    let port = lines.map_while(Result::ok).find_map(|line| {
        line.strip_prefix("ChromeDriver was started successfully on port ")
            .map(|port| port.trim_end_matches('.').to_owned())
    });
    if port.is_none() {
        let _ = driver.wait();
    }
    port.map(|port| (driver, port))
}

/// How long one command may take. A loaded machine is slow.
const PATIENCE: Duration = Duration::from_secs(90);
const A_MOMENT: Duration = Duration::from_millis(20);

const ARGUMENTS: &[&str] = &[
    "--headless",
    "--no-sandbox", // root has none
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--no-proxy-server",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--password-store=basic",
    "--window-size=1100,1000",
    // Otherwise http:// is tried as https:// first.
    "--disable-features=HttpsUpgrades,HttpsFirstBalancedModeAutoEnable",
];
