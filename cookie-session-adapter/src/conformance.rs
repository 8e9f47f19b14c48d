//! A checklist that an adapter runs against itself: requests, and the answers
//! that every adapter gives.
//!
//! An adapter serves a [`Site`] in a test of its own: these routes, all of them
//! with the method GET. A page is answered with its status, all of its headers
//! and its body.
//!
//! | path | layers from the outside in | handler |
//! |---|---|---|
//! | `/shop/{action}` | [`shop`](Site::shop) | answers with [`act`](Site::act), whose error is the framework's |
//! | `/small/{action}` | [`small`](Site::small) | the same |
//! | `/none/{action}` | none | the same |
//! | `/twice/{action}` | `shop`, and again `shop` | the same |
//! | `/between/{action}` | `shop`, [`admin`](Site::admin) with a marker of its own, and again `shop` | the same |
//! | `/both/{action}` | `shop`, `admin` with a marker of its own | has both handles, answers with [`act_both`](Site::act_both) |
//! | `/plain` | `shop` | has no handle, answers with [`plain`](Site::plain) |
//! | `/panic` | `shop` | calls [`begin`](Site::begin), then panics |
//! | `/slow` | `shop`, inside of whatever gives up requests at once | calls `begin`, then never answers |
//! | `/stream` | `shop` | calls `begin`; the body is what [`late`](Site::late) returns when the head has left |
//!
//! Then [`Site::check`] is given a function that sends a request, and returns
//! which rules are broken. `tests/conformance.rs` of this package does it for an
//! adapter to plain hyper.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime};

use cookie_session::{KeyRing, SecretKey, Session, Sessions};

use crate::error::UseError;
use crate::handle::Handle;

/// What an adapter serves to be checked. Cheap to clone.
#[derive(Clone)]
pub struct Site(Arc<Inner>);

struct Inner {
    shop: Sessions,
    small: Sessions,
    admin: Sessions,
    clock: Arc<Clock>,
    /// Asks a handle that was kept from a request.
    kept: Mutex<Option<Box<dyn Fn() -> String + Send>>>,
    /// What came of the last use by a handler that was dropped.
    dropped: Mutex<Option<String>>,
    /// A closure that a request left behind, and what ends it.
    left: Mutex<Option<Left>>,
}

struct Left {
    end: mpsc::Sender<()>,
    user: JoinHandle<String>,
}

struct Clock {
    seconds: AtomicU64,
    readings: AtomicUsize,
}

/// A request with the method GET.
#[derive(Clone, Debug)]
pub struct Request {
    /// The path.
    pub path: String,
    /// The lines of the `Cookie` header, of bytes that a header can have.
    pub cookies: Vec<Vec<u8>>,
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers, their names in lower case.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: String,
}

/// What a handler answers.
#[derive(Clone, Debug)]
pub struct Page {
    /// The status.
    pub status: u16,
    /// The headers, to be appended.
    pub headers: Vec<(&'static str, &'static str)>,
    /// The body.
    pub body: String,
}

/// What a handler holds that uses the session when it is dropped.
pub struct Held {
    site: Site,
    act: Box<dyn Fn() -> String + Send + Sync>,
}

impl Drop for Held {
    fn drop(&mut self) {
        *lock(&self.site.0.dropped) = Some((self.act)());
    }
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Held").finish_non_exhaustive()
    }
}

/// A rule that an adapter does not keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The rule.
    pub rule: &'static str,
    /// What was found.
    pub found: String,
}

impl Site {
    /// Makes a site with keys of its own.
    ///
    /// # Errors
    ///
    /// Whatever keeps a session from being configured; nothing should.
    pub fn new() -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let clock = Arc::new(Clock { seconds: 1_750_000_000.into(), readings: 0.into() });
        let keys = KeyRing::new(SecretKey::generate()?);
        let builder = || {
            let clock = Arc::clone(&clock);
            Sessions::builder(&keys).clock(move || clock.read())
        };
        Ok(Self(Arc::new(Inner {
            shop: builder().build()?,
            small: builder().max_cookie_size(SMALL).build()?,
            admin: builder().name(ADMIN).build()?,
            clock,
            kept: Mutex::default(),
            dropped: Mutex::default(),
            left: Mutex::default(),
        })))
    }

    /// Returns the configuration of most routes.
    pub fn shop(&self) -> Sessions {
        self.0.shop.clone()
    }

    /// Returns one with the same cookie and a small limit on it.
    pub fn small(&self) -> Sessions {
        self.0.small.clone()
    }

    /// Returns one for another cookie.
    pub fn admin(&self) -> Sessions {
        self.0.admin.clone()
    }

    /// Returns the page of a route that does not ask for the session.
    pub fn plain(&self) -> Page {
        page(200, "plain".to_owned())
    }

    /// Does to the session what the path says.
    ///
    /// # Errors
    ///
    /// Those of the session, for the framework to answer.
    pub fn act<E>(&self, session: &Handle<E>, action: &str) -> Result<Page, E>
    where
        E: From<UseError> + fmt::Display + 'static,
    {
        let status = match action {
            "nothing" => return Ok(page(200, "nothing".to_owned())),
            "read" => 200,
            "again" => {
                session.insert("user", session.get::<String>("user")?)?;
                200
            }
            "clear" => return session.clear().map(|()| page(200, "cleared".to_owned())),
            "renew" => return session.renew().map(|()| page(200, "renewed".to_owned())),
            "skip" => return session.skip_refresh().map(|()| page(200, "skipped".to_owned())),
            "too-long" => {
                session.insert("user", "half")?;
                session.insert("note", "x".repeat(5000))?;
                200
            }
            "nested" => {
                let inner = session.with(|_| told(session.len()))?;
                return Ok(page(200, inner));
            }
            "poison" => {
                let panics = || {
                    session.with(|session| {
                        session.clear();
                        resume_unwind(Box::new("on purpose"))
                    })
                };
                let result: Result<Result<(), E>, _> = catch_unwind(AssertUnwindSafe(panics));
                drop(result);
                return Ok(page(200, told(session.len())));
            }
            "leave" => {
                session.insert("user", "half")?;
                self.leave(session.clone());
                return Ok(page(200, "left".to_owned()));
            }
            status => {
                session.insert("user", "eve")?;
                status.parse().unwrap_or(200)
            }
        };
        let user: Option<String> = session.get("user")?;
        Ok(page(status, user.unwrap_or_else(|| "nobody".to_owned())))
    }

    /// Changes both sessions, the second from within a closure of the first, or
    /// reads both.
    ///
    /// # Errors
    ///
    /// Those of the session, for the framework to answer.
    pub fn act_both<E>(&self, shop: &Handle<E>, admin: &Handle<E>, action: &str) -> Result<Page, E>
    where
        E: From<UseError> + fmt::Display + 'static,
    {
        match action {
            "shop" => shop.insert("user", "eve")?,
            "admin" => admin.insert("user", "mallory")?,
            "change" => shop.with(|shop| {
                shop.clear();
                admin.insert("user", "mallory")
            })??,
            _ => {}
        }
        let name = |user: Option<String>| user.unwrap_or_else(|| "nobody".to_owned());
        Ok(page(200, format!("{} {}", name(shop.get("user")?), name(admin.get("user")?))))
    }

    /// Writes into the session of a request that will not come to its end, and
    /// keeps a handle to it. The handler keeps what this returns for as long as
    /// it lives.
    #[must_use = "the handler keeps it"]
    pub fn begin<E>(&self, session: &Handle<E>) -> Held
    where
        E: From<UseError> + fmt::Display + 'static,
    {
        let (kept, begun, held) = (session.clone(), told(session.insert("user", "half")), session.clone());
        *lock(&self.0.kept) = Some(Box::new(move || format!("{begun}, {}", told(kept.len()))));
        Held { site: self.clone(), act: Box::new(move || told(held.len())) }
    }

    /// Uses the session when the head of the response has left, and says what
    /// came of it.
    pub fn late<E>(&self, session: &Handle<E>) -> String
    where
        E: From<UseError> + fmt::Display + 'static,
    {
        told(session.insert("user", "late"))
    }

    /// Leaves a closure behind that has the session until it is ended.
    fn leave<E>(&self, session: Handle<E>)
    where
        E: From<UseError> + fmt::Display + 'static,
    {
        let (begin, begun) = mpsc::channel();
        let (end, ended) = mpsc::channel();
        let user = thread::spawn(move || {
            told(session.with(|session: &mut Session| {
                session.clear();
                let _ = begin.send(());
                let _ = ended.recv();
            }))
        });
        let _ = begun.recv();
        *lock(&self.0.left) = Some(Left { end, user });
    }

    fn end_what_was_left(&self) -> Option<String> {
        let Left { end, user } = lock(&self.0.left).take()?;
        let _ = end.send(());
        user.join().ok()
    }

    fn ask_what_was_kept(&self) -> Option<String> {
        lock(&self.0.kept).take().map(|ask| ask())
    }
}

impl Clock {
    fn read(&self) -> SystemTime {
        self.readings.fetch_add(1, Ordering::SeqCst);
        let since = Duration::from_secs(self.seconds.load(Ordering::SeqCst));
        SystemTime::UNIX_EPOCH.checked_add(since).unwrap_or(SystemTime::UNIX_EPOCH)
    }
}

/// One check, with what is broken in its name.
type Outcome = Result<(), String>;

impl Site {
    /// Sends all requests and returns the rules that are broken. `get` sends one
    /// and returns the answer, or `None` if the connection was closed without
    /// any.
    pub async fn check<F>(&self, get: impl Fn(Request) -> F) -> Vec<Broken>
    where
        F: Future<Output = Option<Answer>>,
    {
        let client = Client { site: self, get };
        let outcomes = [
            (
                "a route that never asks for the session keeps its headers, and no cookie is looked at",
                client.untouched().await,
            ),
            ("reading makes the response private, varies by Cookie, and sets nothing", client.read().await),
            (
                "a change sets the cookie beside other cookies, and no cache may store it",
                client.changed().await,
            ),
            (
                "a refresh that is due comes with any use, unless the handler skips it",
                client.refreshed().await,
            ),
            ("clearing removes the cookie if one was presented, verified or not", client.cleared().await),
            ("the cookie is found on any line, whatever stands beside it", client.any_line().await),
            ("every cookie that is rejected looks like none", client.rejected().await),
            ("redirects and errors of the client save", client.saved_with_any_status().await),
            (
                "a request that was not brought to its end saves nothing: 408 and 5xx",
                client.unfinished().await,
            ),
            ("an error of the session is an empty 500 that no cache keeps", client.error().await),
            (
                "a save that fails is an empty 500 without any of the handler's headers",
                client.failed_save().await,
            ),
            (
                "without a layer it is a 500 that gives the reason in debug builds alone",
                client.no_layer().await,
            ),
            ("two layers with the same cookie are an empty 500", client.same_cookie_twice().await),
            ("so they are with another layer between them", client.same_cookie_with_one_between().await),
            ("two sessions side by side do not touch each other", client.side_by_side().await),
            ("a use within a closure of the same session is an error, at once", client.nested().await),
            ("after a closure panicked the session is neither used nor saved", client.poisoned().await),
            (
                "a closure that the end of the request overtakes does not count, and the response fails",
                client.overtaken().await,
            ),
            ("a handler that panics saves nothing, and its handles are too late", client.panicked().await),
            (
                "a request that is given up saves nothing, and its handles are too late",
                client.given_up().await,
            ),
            ("a use while the body is sent is too late", client.streamed().await),
        ];
        outcomes
            .into_iter()
            .filter_map(|(rule, outcome)| outcome.err().map(|found| Broken { rule, found }))
            .collect()
    }
}

struct Client<'s, G> {
    site: &'s Site,
    get: G,
}

impl<G, F> Client<'_, G>
where
    G: Fn(Request) -> F,
    F: Future<Output = Option<Answer>>,
{
    async fn untouched(&self) -> Outcome {
        let ada = self.visitor("ada")?;
        self.wait(HOUR);
        self.readings();
        for path in ["/plain", "/shop/nothing"] {
            let answer = self.get(path, &[&ada]).await?;
            answer.has(200, path.rsplit('/').next().unwrap_or_default())?;
            answer.headers_are(OWN)?;
        }
        same("readings of the clock", &self.readings(), &0)
    }

    async fn read(&self) -> Outcome {
        let ada = self.visitor("ada")?;
        self.readings();
        for path in ["/shop/read", "/shop/again"] {
            let answer = self.get(path, &[&ada]).await?;
            answer.has(200, "ada")?;
            answer.headers_are(&[
                ("cache-control", "max-age=60, private"),
                ("set-cookie", "theme=dark"),
                ("vary", "accept, origin, Cookie"),
            ])?;
            same("readings of the clock", &self.readings(), &1)?;
        }
        let answer = self.get("/shop/read", &[]).await?;
        answer.has(200, "nobody")?;
        let mut own: Vec<_> = OWN.iter().copied().filter(|(name, _)| *name != "vary").collect();
        own.push(("vary", "accept, origin, Cookie"));
        answer.headers_are(&own)
    }

    async fn changed(&self) -> Outcome {
        for cookies in [vec![], vec![self.visitor("ada")?]] {
            let answer =
                self.get("/shop/200", &cookies.iter().map(String::as_str).collect::<Vec<_>>()).await?;
            answer.has(200, "eve")?;
            same("user", &self.user(&answer.cookie(SHOP)?)?.as_str(), &"eve")?;
            same("cookies", &answer.lines("set-cookie").len(), &2)?;
            same(
                "the handler's own cookie",
                &answer.lines("set-cookie").first().copied(),
                &Some("theme=dark"),
            )?;
            answer.is_not_stored()?;
            for name in ["cdn-cache-control", "surrogate-control", "vercel-cdn-cache-control", "edge-control"]
            {
                same(name, &answer.lines(name).len(), &0)?;
            }
        }
        Ok(())
    }

    async fn refreshed(&self) -> Outcome {
        let ada = self.visitor("ada")?;
        self.wait(HOUR);
        let answer = self.get("/shop/read", &[&ada]).await?;
        same("user", &self.user(&answer.cookie(SHOP)?)?.as_str(), &"ada")?;
        self.get("/shop/skip", &[&ada]).await?.sets_no_cookie()
    }

    async fn cleared(&self) -> Outcome {
        let (ada, stranger) = (self.visitor("ada")?, format!("{SHOP}=a.b.c"));
        for cookie in [&ada, &stranger] {
            let answer = self.get("/shop/clear", &[cookie]).await?;
            answer.has(200, "cleared")?;
            let lines = answer.lines("set-cookie");
            let removes =
                lines.iter().any(|line| line.starts_with(&format!("{SHOP}=;")) && line.contains("Max-Age=0"));
            same("the line that removes it is there", &removes, &true)?;
            answer.is_not_stored()?;
        }
        self.get("/shop/clear", &[]).await?.sets_no_cookie()
    }

    async fn any_line(&self) -> Outcome {
        let ada = self.visitor("ada")?;
        let both = format!("theme=dark; {ada}; lang=en");
        let lines: [&[&[u8]]; 5] = [
            &[b"theme=dark", b"lang=en", ada.as_bytes()],
            &[ada.as_bytes(), b"theme=dark"],
            &[b"a=b", both.as_bytes(), b"c"],
            &[b"a=\xff\xfe\x80", ada.as_bytes()],
            &[b"a=%db\"; =; ;", ada.as_bytes(), b"\xc2\xa0__Host-session=x.y.z"],
        ];
        for lines in lines {
            self.get_bytes("/shop/read", lines).await?.has(200, "ada")?;
        }
        Ok(())
    }

    async fn rejected(&self) -> Outcome {
        let expired = self.visitor("ada")?;
        self.wait(48 * HOUR);
        let admin = self.cookie_of(&self.site.0.admin, "ada")?.replacen(ADMIN, SHOP, 1);
        let none = self.get("/shop/read", &[]).await?;
        none.has(200, "nobody")?;
        for cookie in [
            expired,
            admin,
            format!("{SHOP}=a.b.c"),
            format!("{SHOP}="),
            format!("{SHOP}={}", "a".repeat(5000)),
        ] {
            let answer = self.get("/shop/read", &[&cookie]).await?;
            same("body", &answer.body, &none.body)?;
            same("headers", &answer.ours(), &none.ours())?;
        }
        Ok(())
    }

    async fn saved_with_any_status(&self) -> Outcome {
        for status in [303, 400, 404, 422] {
            let answer = self.get(&format!("/shop/{status}"), &[]).await?;
            same("status", &answer.status, &status)?;
            same("user", &self.user(&answer.cookie(SHOP)?)?.as_str(), &"eve")?;
            answer.is_not_stored()?;
        }
        Ok(())
    }

    async fn unfinished(&self) -> Outcome {
        let ada = self.visitor("ada")?;
        for status in [408, 500, 503, 504, 599] {
            let answer = self.get(&format!("/shop/{status}"), &[&ada]).await?;
            answer.has(status, "eve")?;
            same("cookies", &answer.lines("set-cookie"), &vec!["theme=dark"])?;
            answer.is_not_stored()?;
        }
        Ok(())
    }

    async fn error(&self) -> Outcome {
        let ada = self.visitor("ada")?;
        let answer = self.get("/shop/too-long", &[&ada]).await?;
        answer.has(500, "")?;
        same("cache-control", &answer.lines("cache-control"), &vec!["no-store, private"])?;
        same("content-type", &answer.lines("content-type").len(), &0)?;
        answer.sets_no_cookie()
    }

    async fn failed_save(&self) -> Outcome {
        let large = self.cookie_of(&self.site.0.shop, &"x".repeat(SMALL))?;
        self.get("/small/read", &[&large]).await?.has(200, &"x".repeat(SMALL))?;
        self.get("/small/renew", &[&large]).await?.is_empty_500()
    }

    async fn no_layer(&self) -> Outcome {
        let answer = self.get("/none/read", &[]).await?;
        if cfg!(debug_assertions) {
            let says = answer.body.contains("session has no layer");
            same("the body of a debug build gives the reason", &says, &true)?;
            same("status", &answer.status, &500)?;
            return answer.headers_are(&[("cache-control", "no-store")]);
        }
        answer.is_empty_500()
    }

    async fn same_cookie_twice(&self) -> Outcome {
        self.get("/twice/read", &[]).await?.is_empty_500()
    }

    async fn same_cookie_with_one_between(&self) -> Outcome {
        self.get("/between/read", &[]).await?.is_empty_500()
    }

    async fn side_by_side(&self) -> Outcome {
        let (ada, grace) = (self.visitor("ada")?, self.cookie_of(&self.site.0.admin, "grace")?);
        for (action, body, set) in [
            ("read", "ada grace", &[][..]),
            ("shop", "eve grace", &[SHOP]),
            ("admin", "ada mallory", &[ADMIN]),
            ("change", "nobody mallory", &[ADMIN, SHOP]),
        ] {
            let answer = self.get(&format!("/both/{action}"), &[&ada, &grace]).await?;
            answer.has(200, body)?;
            let mut names: Vec<_> =
                answer.lines("set-cookie").iter().filter_map(|line| line.split('=').next()).collect();
            names.retain(|name| *name != "theme");
            names.sort_unstable();
            same(action, &names.as_slice(), &set)?;
            same("vary", &answer.lines("vary"), &vec!["accept, origin, Cookie"])?;
        }
        Ok(())
    }

    async fn nested(&self) -> Outcome {
        self.get("/shop/nested", &[]).await?.has(200, &UseError::Busy.to_string())
    }

    async fn poisoned(&self) -> Outcome {
        self.get("/shop/poison", &[&self.visitor("ada")?]).await?.is_empty_500()
    }

    async fn overtaken(&self) -> Outcome {
        let answer = self.get("/shop/leave", &[]).await;
        let told = self.site.end_what_was_left();
        answer?.is_empty_500()?;
        same("the closure is told", &told, &Some(UseError::TooLate.to_string()))
    }

    async fn panicked(&self) -> Outcome {
        if let Some(answer) = self.send("/panic", &[]).await {
            same("status", &answer.status, &500)?;
            answer.sets_no_cookie()?;
        }
        self.what_was_kept_is_too_late()
    }

    async fn given_up(&self) -> Outcome {
        if let Some(answer) = self.send("/slow", &[]).await {
            answer.sets_no_cookie()?;
        }
        let dropped = lock(&self.site.0.dropped).take();
        same("the handler when it is dropped", &dropped, &Some(UseError::TooLate.to_string()))?;
        self.what_was_kept_is_too_late()
    }

    async fn streamed(&self) -> Outcome {
        let answer = self.get("/stream", &[]).await?;
        answer.has(200, &UseError::TooLate.to_string())?;
        same("user", &self.user(&answer.cookie(SHOP)?)?.as_str(), &"half")?;
        self.what_was_kept_is_too_late()
    }

    fn what_was_kept_is_too_late(&self) -> Outcome {
        let told = self.site.ask_what_was_kept();
        same("a handle that lives on", &told, &Some(format!("done, {}", UseError::TooLate)))
    }

    async fn get(&self, path: &str, cookies: &[&str]) -> Result<Answer, String> {
        let cookies: Vec<_> = cookies.iter().map(|line| line.as_bytes()).collect();
        self.get_bytes(path, &cookies).await
    }

    async fn get_bytes(&self, path: &str, cookies: &[&[u8]]) -> Result<Answer, String> {
        self.send(path, cookies).await.ok_or_else(|| format!("{path}: the connection was closed"))
    }

    async fn send(&self, path: &str, cookies: &[&[u8]]) -> Option<Answer> {
        let cookies = cookies.iter().map(|line| line.to_vec()).collect();
        (self.get)(Request { path: path.to_owned(), cookies }).await
    }

    fn visitor(&self, user: &str) -> Result<String, String> {
        self.cookie_of(&self.site.0.shop, user)
    }

    fn cookie_of(&self, sessions: &Sessions, user: &str) -> Result<String, String> {
        let mut session = sessions.start();
        session.insert("user", user).map_err(|error| error.to_string())?;
        let commit = sessions.save(session).map_err(|error| error.to_string())?;
        Ok(commit.cookie_pair().unwrap_or_default().to_owned())
    }

    fn user(&self, cookie: &str) -> Result<String, String> {
        let user = self.site.0.shop.open([cookie]).get("user").map_err(|error| error.to_string())?;
        Ok(user.unwrap_or_else(|| "nobody".to_owned()))
    }

    fn wait(&self, seconds: u64) {
        self.site.0.clock.seconds.fetch_add(seconds, Ordering::SeqCst);
    }

    /// Returns how often the clock was read since this was asked last: once for
    /// each request whose cookie verifies.
    fn readings(&self) -> usize {
        self.site.0.clock.readings.swap(0, Ordering::SeqCst)
    }
}

impl Answer {
    fn lines(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(present, _)| present == name).map(|(_, value)| value.as_str()).collect()
    }

    /// Returns `name=value` of a cookie that is set once.
    fn cookie(&self, name: &str) -> Result<String, String> {
        let lines = self.lines("set-cookie");
        let pairs: Vec<_> = lines.iter().filter_map(|line| line.split(';').next()).collect();
        match pairs.iter().filter(|pair| pair.starts_with(&format!("{name}="))).collect::<Vec<_>>().as_slice()
        {
            [pair] => Ok((**pair).to_owned()),
            _ => Err(format!("{name} is not set once: {self:?}")),
        }
    }

    fn has(&self, status: u16, body: &str) -> Outcome {
        same("status and body", &(self.status, self.body.as_str()), &(status, body))
    }

    /// Returns the headers that a session or its handler may have to do with.
    fn ours(&self) -> BTreeMap<&str, Vec<&str>> {
        let concerns = |name: &str| name.contains("cache-control") || OWN.iter().any(|(own, _)| *own == name);
        let names = self.headers.iter().map(|(name, _)| name.as_str());
        names.filter(|name| concerns(name)).map(|name| (name, self.lines(name))).collect()
    }

    fn headers_are(&self, expected: &[(&str, &str)]) -> Outcome {
        let mut map: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (name, value) in expected {
            map.entry(name).or_default().push(value);
        }
        same("headers", &self.ours(), &map)
    }

    fn is_not_stored(&self) -> Outcome {
        same("cache-control", &self.lines("cache-control"), &vec!["max-age=60, private, no-store"])?;
        same("vary", &self.lines("vary"), &vec!["accept, origin, Cookie"])
    }

    fn sets_no_cookie(&self) -> Outcome {
        let sets = self.lines("set-cookie").iter().any(|line| !line.starts_with("theme="));
        same("a cookie is set", &sets, &false)
    }

    fn is_empty_500(&self) -> Outcome {
        self.has(500, "")?;
        self.headers_are(&[("cache-control", "no-store")])?;
        same("content-type", &self.lines("content-type").len(), &0)
    }
}

fn same<T: PartialEq + fmt::Debug>(what: &str, found: &T, expected: &T) -> Outcome {
    if found == expected { Ok(()) } else { Err(format!("{what}: {found:?}, expected {expected:?}")) }
}

fn told<T>(result: Result<T, impl fmt::Display>) -> String {
    result.map_or_else(|error| error.to_string(), |_| "done".to_owned())
}

fn page(status: u16, body: String) -> Page {
    Page { status, headers: OWN.to_vec(), body }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Site").finish_non_exhaustive()
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.rule, self.found)
    }
}

/// What every page says of itself.
const OWN: &[(&str, &str)] = &[
    ("set-cookie", "theme=dark"),
    ("vary", "accept"),
    ("vary", "origin"),
    ("cache-control", "public"),
    ("cache-control", "max-age=60"),
    ("cdn-cache-control", "max-age=60"),
    ("surrogate-control", "max-age=60"),
    ("vercel-cdn-cache-control", "max-age=60"),
    ("edge-control", "max-age=60"),
];

const SHOP: &str = "__Host-session";
const ADMIN: &str = "__Host-admin";
const SMALL: usize = 500;
const HOUR: u64 = 60 * 60;
