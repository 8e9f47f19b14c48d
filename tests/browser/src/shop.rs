//! What a visitor of the shop does, and what the browser keeps of it.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use crate::new_profile;
use crate::server::{Server, example};
use crate::webdriver::{Browser, Kept};

/// Where a story takes place.
pub(crate) struct Place<'a> {
    /// As the page says it.
    pub(crate) framework: &'a str,
    pub(crate) folder: &'a Path,
    pub(crate) program: &'a Path,
    /// Whether the shop encrypts its sessions.
    pub(crate) encrypted: bool,
}

pub(crate) type Story = fn(&Place<'_>);

pub(crate) const STORIES: &[(&str, Story)] = &[
    ("a login lasts until the browser is closed", a_log_in_lasts_until_the_browser_is_closed),
    ("a remembered login outlives the browser", a_remembered_log_in_outlives_the_browser),
    ("what does not fit is refused and nothing is lost", what_does_not_fit_is_refused_and_nothing_is_lost),
    ("a cookie that was tampered with is no cookie", a_cookie_that_was_tampered_with_is_no_cookie),
    ("nobody else can plant the cookie", nobody_else_can_plant_the_cookie),
    ("two tabs share one session", two_tabs_share_one_session),
    ("nothing is left after a logout", nothing_is_left_after_a_log_out),
    ("to log out everywhere ends the session in another browser", to_log_out_everywhere_ends_others),
    ("a session ends when it was idle for two hours", a_session_ends_when_it_was_idle_for_two_hours),
    ("a key is replaced under a live session", a_key_is_replaced_under_a_live_session),
];

const NAME: &str = "__Host-session";
pub(crate) const DAY: f64 = 24.0 * 60.0 * 60.0;

fn a_log_in_lasts_until_the_browser_is_closed(place: &Place<'_>) {
    let (shop, browser) = place.open();
    assert_eq!(browser.cookies(), [], "a new browser has no cookies");
    browser.go(&shop.url);
    assert_eq!(browser.text("#framework").as_deref(), Some(place.framework));
    assert_eq!(user(&browser), None);
    assert!(browser.text("#cookie-none").is_some(), "no cookie came with the first request");
    browser.picture("1-first-visit");
    check_session_cookie(&the_cookie(&browser), None);

    log_in(&browser, "Ada", false);
    assert_eq!(browser.text("#flash .flash").as_deref(), Some("Done: Welcome, Ada."));
    check_session_cookie(&the_cookie(&browser), None);
    assert_eq!(browser.text("#cookie-permanent").as_deref(), Some("browser session"));
    assert_eq!(browser.run("return document.cookie"), "", "scripts cannot see it");
    let json = browser.text("#cookie-json").expect("the page shows what is in the cookie");
    assert_eq!(json.contains("Ada"), !place.encrypted, "{json}");
    browser.picture("2-logged-in");

    browser.reload();
    assert_eq!(user(&browser).as_deref(), Some("Ada"));
    assert_eq!(browser.text("#flash"), None, "a message is shown once");
    let size = browser.text("#cookie-size").expect("the page tells the size");
    let kept = the_cookie(&browser);
    assert_eq!(browser.text("#cookie-value"), Some(kept.value.clone()), "the page shows what came");
    assert_eq!(size, (kept.name.len() + kept.value.len()).to_string());

    let browser = place.reopen(browser);
    assert_eq!(browser.cookies(), [], "the cookie has ended with the browser");
    browser.go(&shop.url);
    assert_eq!(user(&browser), None);
    browser.close();
}

fn a_remembered_log_in_outlives_the_browser(place: &Place<'_>) {
    let (shop, browser) = place.open();
    browser.go(&shop.url);
    let before = now();
    log_in(&browser, "Grace", true);
    check_session_cookie(&the_cookie(&browser), Some([before, now()]));
    assert_eq!(browser.text("#cookie-permanent").as_deref(), Some("permanent"));
    add(&browser, "oatmeal");

    let kept = the_cookie(&browser);
    let browser = place.reopen(browser);
    assert_eq!(browser.cookies(), [kept], "the browser has kept it on disk");
    browser.go(&shop.url);
    assert_eq!(user(&browser).as_deref(), Some("Grace"));
    assert_eq!(browser.text("#cart-count").as_deref(), Some("1"));
    browser.picture("3-remembered");

    // To log in again without the box ends the permanence.
    log_out(&browser);
    log_in(&browser, "Grace", false);
    check_session_cookie(&the_cookie(&browser), None);
    let browser = place.reopen(browser);
    assert_eq!(browser.cookies(), [], "nothing is left on disk either");
    browser.close();
}

fn what_does_not_fit_is_refused_and_nothing_is_lost(place: &Place<'_>) {
    let (shop, browser) = place.open();
    browser.go(&shop.url);
    log_in(&browser, "Ada", false);
    for product in ["linzer", "linzer", "stroopwafel"] {
        add(&browser, product);
    }
    assert_eq!(browser.text("#cart-count").as_deref(), Some("3"));
    assert_eq!(browser.text("#cart-total").as_deref(), Some("€8.70"));
    browser.picture("4-cart");

    let kept = the_cookie(&browser);
    browser.follow("#note-too-long");
    assert_eq!(refusal(&browser).as_deref(), Some("413 The cookie is full"));
    browser.picture("5-full");
    assert_eq!(the_cookie(&browser), kept, "a refusal changes nothing");
    browser.follow("#error a");

    // The longest note that fits, to the letter.
    let (mut fits, mut refused) = (0, 4096);
    while refused - fits > 1 {
        let middle = (fits + refused) / 2;
        browser.fill("#note", &note(middle));
        browser.follow("#note-save");
        match refusal(&browser) {
            None => {
                assert_eq!(browser.property("#note", "value"), Some(note(middle)));
                fits = middle;
            }
            Some(refusal) => {
                assert_eq!(refusal, "413 The cookie is full");
                refused = middle;
                browser.go(&shop.url);
                assert_eq!(browser.property("#note", "value"), Some(note(fits)), "the note before stands");
            }
        }
    }
    browser.fill("#note", &note(fits));
    browser.follow("#note-save");
    browser.reload();
    let kept = the_cookie(&browser);
    let size = kept.name.len() + kept.value.len();
    // An encrypted one grows by 32 bytes of text at a time.
    let step = if place.encrypted { 43 } else { 4 };
    assert!((4097 - step..=4096).contains(&size), "{fits} letters make {size} bytes");
    assert_eq!(browser.text("#cookie-value"), Some(kept.value.clone()), "the browser sends it back whole");
    browser.picture("6-to-the-brim");

    browser.follow("#add-gingerbread");
    assert_eq!(refusal(&browser).as_deref(), Some("413 The cookie is full"));
    browser.go(&shop.url);
    assert_eq!(browser.text("#cart-count").as_deref(), Some("3"));
    assert_eq!(user(&browser).as_deref(), Some("Ada"));
    assert_eq!(browser.property("#note", "value"), Some(note(fits)));

    browser.fill("#note", "");
    browser.follow("#note-save");
    add(&browser, "gingerbread");
    assert_eq!(browser.text("#cart-count").as_deref(), Some("4"), "there is room again");
    browser.close();
}

fn a_cookie_that_was_tampered_with_is_no_cookie(place: &Place<'_>) {
    let (shop, browser) = place.open();
    browser.go(&shop.url);
    log_in(&browser, "Ada", false);
    let old = the_cookie(&browser);
    add(&browser, "shortbread");
    let genuine = the_cookie(&browser);
    let parts: Vec<&str> = genuine.value.split('.').collect();
    let [payload, timestamp, signature] = parts[..] else { panic!("three parts, not {parts:?}") };
    let (old_payload, old_rest) = old.value.split_once('.').expect("a payload");

    let forged = [
        format!("{}.{timestamp}.{signature}", altered(payload)),
        format!("{payload}.{}.{signature}", altered(timestamp)),
        format!("{payload}.{timestamp}.{}", altered(signature)),
        format!("{old_payload}.{timestamp}.{signature}"),
        format!("{payload}.{old_rest}"),
        format!("{payload}.{timestamp}."),
        format!("{payload}.{timestamp}"),
        payload.to_owned(),
        format!("{}=", genuine.value),
        format!("\"{}\"", genuine.value),
        genuine.value[1..].to_owned(),
        String::new(),
        "x".repeat(4000),
        "%00%0d%0aSet-Cookie:x=y".to_owned(),
    ];
    for (index, value) in forged.into_iter().enumerate() {
        assert!(browser.put_cookie(&shop.url, &Kept { value: value.clone(), ..genuine.clone() }), "{value}");
        assert_eq!(the_cookie(&browser).value, value);
        browser.go(&shop.url);
        assert_eq!(refusal(&browser), None, "a page like any other for {value}");
        assert_eq!(user(&browser), None, "{value}");
        assert_eq!(browser.text("#cart-count").as_deref(), Some("0"), "{value}");
        assert!(browser.text("#cookie-none").is_some(), "{value}");
        if index == 0 {
            browser.picture("7-tampered");
        }
    }

    assert!(browser.put_cookie(&shop.url, &genuine));
    browser.go(&shop.url);
    assert_eq!(user(&browser).as_deref(), Some("Ada"), "the genuine cookie is as good as before");
    assert_eq!(browser.text("#cart-count").as_deref(), Some("1"));
    browser.close();
}

fn nobody_else_can_plant_the_cookie(place: &Place<'_>) {
    let (shop, browser) = place.open();
    browser.go(&shop.url);
    log_in(&browser, "Mallory", false);
    let planted = the_cookie(&browser);
    log_out(&browser);
    log_in(&browser, "Ada", false);
    let genuine = the_cookie(&browser);

    let value = &planted.value;
    for line in [
        format!("{NAME}={value}; Path=/; Secure"),
        format!("{NAME}={value}; Path=/"),
        format!("{NAME}={value}; Path=/cart; Secure"),
        format!("{NAME}={value}; Path=/; Domain=localhost; Secure"),
        format!("={NAME}={value}; Path=/; Secure"),
        format!("__host-session={value}; Path=/"),
    ] {
        browser.run(&format!("document.cookie = {line:?}"));
        assert_eq!(browser.cookies(), std::slice::from_ref(&genuine), "{line}");
    }
    for refused in [
        Kept { path: "/cart".into(), ..planted.clone() },
        Kept { secure: false, ..planted.clone() },
        Kept { domain: ".localhost".into(), ..planted.clone() },
    ] {
        browser.put_cookie(&shop.url, &refused);
        assert_eq!(browser.cookies(), std::slice::from_ref(&genuine), "{refused:?}");
    }

    // What a browser does keep is another name to the server.
    browser.run(&format!("document.cookie = {:?}", format!("\u{2003}{NAME}={value}; Path=/")));
    browser.run(&format!("document.cookie = {:?}", format!("x{NAME}={value}; Path=/")));
    assert!(browser.cookies().len() > 1, "the browser keeps them");
    browser.reload();
    assert_eq!(user(&browser).as_deref(), Some("Ada"));
    browser.close();
}

fn two_tabs_share_one_session(place: &Place<'_>) {
    let (shop, browser) = place.open();
    browser.go(&shop.url);
    let stale = browser.new_tab();
    browser.go(&shop.url);
    log_in(&browser, "Ada", false);

    // The first tab still shows the page from before the login, and its forms hold the old token.
    let fresh = browser.to_tab(&stale);
    assert_eq!(user(&browser), None);
    let kept = the_cookie(&browser);
    browser.follow("#add-chocolate-chip");
    assert_eq!(refusal(&browser).as_deref(), Some("403 This form is out of date"));
    browser.picture("8-stale-form");
    assert_eq!(the_cookie(&browser), kept);
    browser.follow("#error a");
    assert_eq!(user(&browser).as_deref(), Some("Ada"), "the other tab has logged in");
    assert_eq!(browser.text("#cart-count").as_deref(), Some("0"));
    add(&browser, "chocolate-chip");

    browser.to_tab(&fresh);
    assert_eq!(browser.text("#cart-count").as_deref(), Some("0"), "this tab shows what it has seen");
    add(&browser, "gingerbread");
    assert_eq!(browser.text("#cart-count").as_deref(), Some("2"), "both pieces are there");
    log_out(&browser);

    browser.to_tab(&stale);
    assert_eq!(user(&browser).as_deref(), Some("Ada"), "this tab has not heard of it yet");
    browser.follow("#add-linzer");
    assert_eq!(refusal(&browser).as_deref(), Some("403 This form is out of date"));
    browser.go(&shop.url);
    assert_eq!(user(&browser), None);
    assert_eq!(browser.text("#cart-count").as_deref(), Some("0"));
    browser.close();
}

fn nothing_is_left_after_a_log_out(place: &Place<'_>) {
    let (shop, browser) = place.open();
    browser.go(&shop.url);
    log_in(&browser, "Ada", true);
    add(&browser, "linzer");
    // A page that only reads the session: of all pages, a cache would keep this one first.
    browser.reload();
    let kept = the_cookie(&browser);
    log_out(&browser);
    assert_eq!(browser.text("#flash .flash").as_deref(), Some("Done: You are logged out."));
    assert_eq!(browser.text("#cart-count").as_deref(), Some("0"));
    // The page after it begins a session of its own.
    let next = the_cookie(&browser);
    check_session_cookie(&next, None);
    assert_ne!(next.value, kept.value);

    for _ in 0..3 {
        browser.back();
        assert_eq!(browser.url(), shop.url);
        assert_eq!(user(&browser), None, "no page of before comes back");
        assert!(!browser.text("body").unwrap_or_default().contains("Ada"));
        browser.reload();
        assert_eq!(user(&browser), None);
    }
    browser.picture("9-logged-out");

    // The limit of a session that lives in the cookie alone: who has kept a copy is still logged in.
    assert!(browser.put_cookie(&shop.url, &kept));
    browser.go(&shop.url);
    assert_eq!(user(&browser).as_deref(), Some("Ada"));
    browser.close();
}

fn to_log_out_everywhere_ends_others(place: &Place<'_>) {
    const INTERVAL: u64 = 5 * 60;
    let [clock, logouts] = ["clock", "logouts"].map(|name| place.folder.join(name));
    fs::write(&clock, "0").expect("the clock can be set");
    fs::write(&logouts, "").expect("the file can be emptied");
    let keys = new_key();
    let [shop, other_shop] = ["shop.log", "other-shop.log"].map(|log| {
        let mut command = place.command();
        command.env("SESSION_KEYS", &keys).env("LOGOUTS", &logouts).env("DEMO_CLOCK", &clock);
        command.env("CHECK_EVERY", INTERVAL.to_string());
        Server::start(command, &place.folder.join(log))
    });
    let [laptop, phone, neighbor] = ["laptop", "phone", "neighbor"].map(|owner| place.browser_of(owner));
    for (browser, shop, name) in
        [(&laptop, &shop, "Ada"), (&phone, &other_shop, "Ada"), (&neighbor, &other_shop, "Grace")]
    {
        browser.go(&shop.url);
        log_in(browser, name, true);
    }
    add(&phone, "linzer");
    laptop.picture("10-two-logouts");
    let copy = the_cookie(&laptop);
    laptop.follow("#logout-everywhere");
    assert_eq!(laptop.text("#flash .flash").as_deref(), Some("Done: You are logged out."));
    assert_eq!(user(&laptop), None);

    // The bargain: nobody looks more than once in an interval.
    phone.reload();
    assert_eq!(user(&phone).as_deref(), Some("Ada"), "it was stamped less than an interval ago");
    fs::write(&clock, (INTERVAL + 1).to_string()).expect("the clock can be set");
    phone.follow("#add-oatmeal");
    assert_eq!(refusal(&phone).as_deref(), Some("403 This form is out of date"), "nor does a form work");
    assert!(laptop.put_cookie(&shop.url, &copy));
    for (browser, shop) in [(&phone, &other_shop), (&laptop, &shop)] {
        browser.go(&shop.url);
        assert_eq!(user(browser), None, "neither the other browser nor a copy of the cookie is logged in");
        assert!(browser.text("#login-form").is_some());
        assert_eq!(browser.text("#cart-count").as_deref(), Some("0"));
        check_session_cookie(&the_cookie(browser), None);
    }
    assert_eq!(laptop.text("#flash .flash").as_deref(), Some("Note: You were logged out everywhere."));
    laptop.picture("11-logged-out-everywhere");
    for shop in [&other_shop, &shop] {
        neighbor.go(&shop.url);
        assert_eq!(user(&neighbor).as_deref(), Some("Grace"), "nobody else is logged out");
    }

    // To log in again is as good as ever.
    log_in(&phone, "Ada", false);
    fs::write(&clock, (2 * (INTERVAL + 1)).to_string()).expect("the clock can be set");
    for shop in [&other_shop, &shop] {
        phone.go(&shop.url);
        assert_eq!(user(&phone).as_deref(), Some("Ada"));
    }
    for browser in [laptop, phone, neighbor] {
        browser.close();
    }
    shop.stop();
    other_shop.stop();
}

fn a_session_ends_when_it_was_idle_for_two_hours(place: &Place<'_>) {
    let clock = place.folder.join("clock");
    fs::write(&clock, "0").expect("the clock can be set");
    let mut command = place.command();
    command.env("DEMO_CLOCK", &clock).env("SESSION_KEYS", new_key());
    let shop = place.start(command);
    let browser = place.browser();
    browser.go(&shop.url);
    log_in(&browser, "Ada", false);
    let mut kept = the_cookie(&browser);
    // Minutes, and whether the cookie is signed again by then: a tenth of two hours is 12 minutes.
    for (minutes, signed_again) in [(11, false), (13, true), (132, true)] {
        fs::write(&clock, (minutes * 60).to_string()).expect("the clock can be set");
        browser.reload();
        assert_eq!(user(&browser).as_deref(), Some("Ada"), "after {minutes} minutes");
        // The first reload takes the message of the login out, which signs as well.
        let now = the_cookie(&browser);
        if minutes != 11 {
            assert_eq!(now.value != kept.value, signed_again, "after {minutes} minutes");
        }
        kept = now;
    }
    fs::write(&clock, (132 * 60 + 2 * 60 * 60 + 60).to_string()).expect("the clock can be set");
    assert_eq!(the_cookie(&browser).value, kept.value, "the browser still has it");
    browser.reload();
    assert_eq!(user(&browser), None);
    browser.close();
    shop.stop();
}

fn a_key_is_replaced_under_a_live_session(place: &Place<'_>) {
    let (old, new) = (new_key(), new_key());
    let shop = place.start_with_keys(&old);
    let browser = place.browser();
    browser.go(&shop.url);
    log_in(&browser, "Ada", true);
    browser.reload();
    let signed_with_old = the_cookie(&browser);
    shop.stop();

    let shop = place.start_with_keys(&format!("{new},{old}"));
    browser.go(&shop.url);
    assert_eq!(user(&browser).as_deref(), Some("Ada"));
    assert_eq!(the_cookie(&browser), signed_with_old, "an old key is no reason to sign again");
    add(&browser, "oatmeal");
    let signed_with_new = the_cookie(&browser);
    shop.stop();

    let shop = place.start_with_keys(&new);
    browser.go(&shop.url);
    assert_eq!(user(&browser).as_deref(), Some("Ada"), "nobody is logged out");
    assert_eq!(browser.text("#cart-count").as_deref(), Some("1"));
    assert!(browser.put_cookie(&shop.url, &signed_with_old));
    browser.go(&shop.url);
    assert_eq!(user(&browser), None, "the old key is of no use any more");
    assert!(browser.put_cookie(&shop.url, &signed_with_new));
    browser.go(&shop.url);
    assert_eq!(user(&browser).as_deref(), Some("Ada"));
    browser.close();
    shop.stop();
}

impl Place<'_> {
    fn open(&self) -> (Server, Browser) {
        (self.start_with_keys(&new_key()), self.browser())
    }

    pub(crate) fn start_with_keys(&self, keys: &str) -> Server {
        let mut command = self.command();
        command.env("SESSION_KEYS", keys);
        self.start(command)
    }

    fn command(&self) -> Command {
        let mut command = example(self.program);
        // A look makes another cookie, and most stories are about what else does.
        command.env("CHECK_EVERY", "86400");
        if self.encrypted {
            command.env("ENCRYPTED", "1");
        }
        command
    }

    fn start(&self, command: Command) -> Server {
        Server::start(command, &self.folder.join("shop.log"))
    }

    fn browser(&self) -> Browser {
        Browser::open(&new_profile(self.folder), self.folder, &[])
    }

    /// Starts one of several browsers, each with a profile of its own.
    fn browser_of(&self, owner: &str) -> Browser {
        Browser::open(&new_profile(&self.folder.join(owner)), self.folder, &[])
    }

    /// Closes the browser and starts it again with what it has kept.
    fn reopen(&self, browser: Browser) -> Browser {
        browser.close();
        Browser::open(&self.folder.join("profile"), self.folder, &[])
    }
}

/// What `Sessions::builder(keys).build()` promises, as the browser sees it.
#[track_caller]
fn check_session_cookie(kept: &Kept, set_permanent_between: Option<[f64; 2]>) {
    let Kept { name, value: _, domain, path, expires, http_only, secure, same_site, partitioned } = kept;
    assert_eq!((name.as_str(), domain.as_str(), path.as_str()), (NAME, "localhost", "/"));
    assert_eq!((*secure, *http_only, *partitioned), (true, true, false));
    assert_eq!(same_site.as_deref(), Some("Lax"));
    match (expires, set_permanent_between) {
        (None, None) => {}
        // Max-Age counts whole seconds, and the browser counts from when the response came.
        (Some(expires), Some([first, last])) => {
            let bounds = first + 14.0 * DAY - 1.0..=last + 14.0 * DAY + 1.0;
            assert!(bounds.contains(expires), "{expires} is not in {bounds:?}");
        }
        (expires, wanted) => panic!("expires {expires:?}, permanent {wanted:?}"),
    }
}

/// Returns the only cookie in the browser.
#[track_caller]
pub(crate) fn the_cookie(browser: &Browser) -> Kept {
    let cookies = browser.cookies();
    let [cookie] = &cookies[..] else { panic!("one cookie, not {cookies:?}") };
    cookie.clone()
}

#[track_caller]
pub(crate) fn log_in(browser: &Browser, name: &str, remember: bool) {
    browser.fill("#name", name);
    if remember {
        browser.click("#remember");
    }
    browser.follow("#login");
    assert_eq!(user(browser).as_deref(), Some(name));
}

#[track_caller]
pub(crate) fn log_out(browser: &Browser) {
    browser.follow("#logout");
    assert_eq!(user(browser), None);
    assert!(browser.text("#login-form").is_some());
}

#[track_caller]
pub(crate) fn add(browser: &Browser, product: &str) {
    browser.follow(&format!("#add-{product}"));
    assert_eq!(refusal(browser), None);
}

pub(crate) fn user(browser: &Browser) -> Option<String> {
    browser.text("#user")
}

/// Returns the status and the title of an error page.
pub(crate) fn refusal(browser: &Browser) -> Option<String> {
    Some(format!("{} {}", browser.text("#error-status")?, browser.text("#error-title")?))
}

fn note(length: usize) -> String {
    "n".repeat(length)
}

/// Replaces the first letter by another one of the alphabet.
fn altered(text: &str) -> String {
    let other = if text.starts_with('A') { 'B' } else { 'A' };
    format!("{other}{}", &text[1..])
}

pub(crate) fn new_key() -> String {
    let mut octets = [0; 32];
    File::open("/dev/urandom").and_then(|mut random| random.read_exact(&mut octets)).expect("randomness");
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

pub(crate) fn now() -> f64 {
    SystemTime::UNIX_EPOCH.elapsed().expect("a clock after 1970").as_secs_f64()
}
