//! Every row of the table of Set-Cookie lines, replayed to the browser: what it keeps and what it sends back is what
//! the double keeps and sends.

use std::io::{self, BufReader, Read, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::certificate;
use crate::http::{self, Head};
use crate::jar::{Cookie, Jar, Stored};
use crate::new_profile;
use crate::set_cookie_table::{Outcome, Row, TABLE};
use crate::webdriver::{Browser, Kept};

/// Rows that cannot be replayed, with the reason.
const NOT_REPLAYED: &[(&str, &str)] = &[];

/// So many rows must be compared, whatever else changes.
const AT_LEAST: usize = 60;

pub(crate) fn compare(folder: &Path) {
    let site = Site::start();
    let arguments = ["--host-resolver-rules=MAP * 127.0.0.1", "--ignore-certificate-errors"];
    let browser = Browser::open(&new_profile(folder), folder, &arguments);
    println!("  {}", browser.version());
    for (claim, _) in NOT_REPLAYED {
        assert!(TABLE.iter().any(|row| row.claim == *claim), "there is no row {claim:?}");
    }
    let mut compared = 0;
    let mut disagreements = Vec::new();
    for row in TABLE {
        if let Some((claim, reason)) = NOT_REPLAYED.iter().find(|(claim, _)| *claim == row.claim) {
            println!("  not replayed: {claim}: {reason}");
            continue;
        }
        if let Err(difference) = replay(row, &site, &browser) {
            eprintln!("  {}: {difference}", row.claim);
            disagreements.push(row.claim);
        }
        compared += 1;
    }
    println!("  {compared} of {} rows compared, {} not replayed", TABLE.len(), NOT_REPLAYED.len());
    assert_eq!(compared + NOT_REPLAYED.len(), TABLE.len());
    assert!(compared >= AT_LEAST, "only {compared} rows compared");
    assert!(disagreements.is_empty(), "{} rows differ", disagreements.len());
    browser.close();
}

/// Gives the lines of one row to both, and says where they differ.
fn replay(row: &Row, site: &Site, browser: &Browser) -> Result<(), String> {
    browser.clear_cookies();
    let mut jar = Jar::new();
    let mut last = Stored::Removed;
    for (url, line) in row.before.iter().chain([&(row.url, row.line)]) {
        let now = now();
        let sent = site.visit(browser, url, Some(line))?;
        same("the Cookie line", &sent, &jar.header(url, now))?;
        last = jar.set(url, line, now);
        same("the store", &seen(browser, now), &expected(&jar, now))?;
    }
    let told = match (row.outcome, last) {
        (Outcome::Stored(_), Stored::Stored) | (Outcome::Removed, Stored::Removed) => true,
        (Outcome::Ignored(expected), Stored::Ignored(why)) => expected == why,
        _ => false,
    };
    if !told {
        return Err(format!("the table does not say {last:?}"));
    }
    same("the number of cookies", &browser.cookies().len(), &row.left)?;
    let sent = site.visit(browser, row.url, None)?;
    same("the Cookie line", &sent, &jar.header(row.url, now()))
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, chromium: &T, double: &T) -> Result<(), String> {
    if chromium == double {
        return Ok(());
    }
    Err(format!("{what}: Chromium has {}, the double {}", short(chromium), short(double)))
}

fn short(value: &impl std::fmt::Debug) -> String {
    let text = format!("{value:?}");
    if text.len() > 600 { format!("{} and so on", text.chars().take(600).collect::<String>()) } else { text }
}

/// What both can tell of a cookie.
#[derive(Debug, PartialEq, PartialOrd)]
struct Facts {
    name: String,
    value: String,
    domain: String,
    path: String,
    secure: bool,
    http_only: bool,
    same_site: Option<String>,
    partitioned: bool,
    /// In whole minutes from now, rounded: the response was on its way for a while.
    minutes: Option<u64>,
}

fn seen(browser: &Browser, now: u64) -> Vec<Facts> {
    let facts = |kept: Kept| Facts {
        name: kept.name,
        value: kept.value,
        domain: kept.domain,
        path: kept.path,
        secure: kept.secure,
        http_only: kept.http_only,
        same_site: kept.same_site,
        partitioned: kept.partitioned,
        minutes: kept.expires.map(|expires| minutes(expires - now as f64)),
    };
    sorted(browser.cookies().into_iter().map(facts).collect())
}

fn expected(jar: &Jar, now: u64) -> Vec<Facts> {
    let facts = |cookie: &Cookie| Facts {
        name: cookie.name.clone(),
        value: cookie.value.clone(),
        domain: format!("{}{}", if cookie.host_only { "" } else { "." }, cookie.domain),
        path: cookie.path.clone(),
        secure: cookie.secure,
        http_only: cookie.http_only,
        same_site: cookie.same_site.map(|same_site| format!("{same_site:?}")),
        partitioned: cookie.partitioned,
        minutes: cookie.expires.map(|expires| minutes((expires - now) as f64)),
    };
    sorted(jar.cookies().iter().map(facts).collect())
}

fn sorted(mut facts: Vec<Facts>) -> Vec<Facts> {
    facts.sort_by(|a, b| a.partial_cmp(b).expect("no float is in it"));
    facts
}

/// A response takes less than half a minute.
fn minutes(seconds: f64) -> u64 {
    (seconds / 60.0).round() as u64
}

fn now() -> u64 {
    SystemTime::UNIX_EPOCH.elapsed().expect("a clock after 1970").as_secs()
}

/// Answers for every host, on one port over http and on another one over https.
struct Site {
    http: u16,
    https: u16,
    next: Arc<Mutex<Next>>,
}

/// The next visit.
#[derive(Default)]
struct Next {
    /// Path and query. Requests for anything else get no cookie.
    target: String,
    line: Option<String>,
    /// The Cookie line that came, once it came.
    came: Option<Option<String>>,
}

impl Site {
    fn start() -> Self {
        let next = Arc::default();
        Self {
            http: serve(None, Arc::clone(&next)),
            https: serve(Some(certificate::server()), Arc::clone(&next)),
            next,
        }
    }

    /// Goes to a URL of the table, answers with one Set-Cookie line, and returns the Cookie line that came.
    fn visit(&self, browser: &Browser, url: &str, line: Option<&str>) -> Result<Option<String>, String> {
        let (scheme, rest) = url.split_once("://").expect("an absolute URL");
        let (authority, target) = rest.split_at(rest.find('/').expect("a URL with a path"));
        let port = if scheme == "https" { self.https } else { self.http };
        let line = line.map(str::to_owned);
        *self.next() = Next { target: target.to_owned(), line, came: None };
        browser.go(&format!("{scheme}://{authority}:{port}{target}"));
        let text = browser.text("body");
        if text.as_deref() != Some("visited") {
            return Err(format!("Chromium shows {text:?}"));
        }
        self.next().came.take().ok_or_else(|| "no request came".to_owned())
    }

    fn next(&self) -> MutexGuard<'_, Next> {
        self.next.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Starts a server that ends with the process and returns its port.
fn serve(tls: Option<Arc<ServerConfig>>, next: Arc<Mutex<Next>>) -> u16 {
    http::serve(move |stream| match tls.clone() {
        None => answer(stream, &next),
        Some(tls) => {
            let connection = ServerConnection::new(tls).map_err(io::Error::other)?;
            answer(StreamOwned::new(connection, stream), &next)
        }
    })
}

/// Answers one request.
fn answer(stream: impl Read + Write, next: &Mutex<Next>) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let request = Head::read(&mut stream)?;
    let cookies: Vec<&str> = request.all("cookie").collect();
    let cookies = (!cookies.is_empty()).then(|| cookies.join("\n"));
    let mut next = next.lock().unwrap_or_else(PoisonError::into_inner);
    let mut set_cookie = String::new();
    if request.word(1) == next.target && next.came.is_none() {
        next.came = Some(cookies);
        if let Some(line) = &next.line {
            set_cookie = format!("Set-Cookie: {line}\r\n");
        }
    }
    let body = "<!doctype html><title>visited</title><link rel=icon href=data:,><body>visited";
    stream.get_mut().write_all(http::page(&set_cookie, body).as_bytes())?;
    stream.get_mut().flush()
}
