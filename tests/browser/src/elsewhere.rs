//! Pages that stand elsewhere and cause requests to the shop, with all that the visitor's browser adds to them.

use std::io::{BufReader, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use crate::http::{self, Head};
use crate::new_profile;
use crate::server::Server;
use crate::shop::{Place, Story, add, log_in, new_key, refusal, the_cookie, user};
use crate::webdriver::Browser;
use crate::wire::{Post, Wire};

pub(crate) const STORIES: &[(&str, Story)] = &[
    ("a form of a page elsewhere is refused", |place| is_refused(place, Way::Form)),
    ("a form that a page elsewhere posts into a frame is refused", |place| is_refused(place, Way::IntoFrame)),
    ("a form of a page elsewhere that has no origin is refused", |place| is_refused(place, Way::OfSandbox)),
    ("a no-cors fetch of a page elsewhere is refused", |place| is_refused(place, Way::Fetch)),
    ("the own form passes, and so does a link from elsewhere", the_own_form_passes),
    ("no page elsewhere has the shop in a frame", no_page_elsewhere_has_the_shop_in_a_frame),
];

/// Beneath `localhost`, to which browsers send Secure cookies without https, every name is a site of its own.
const SHOP: &str = "shop.localhost";
const OTHER_SITE: &str = "evil.localhost";
const SIBLING: &str = "evil.shop.localhost";

/// How a page causes a request.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    Form,
    /// The visitor sees nothing of the answer.
    IntoFrame,
    /// A form of a sandboxed frame.
    OfSandbox,
    /// A form of a page that keeps for itself where it stands.
    Secretive,
    Fetch,
}

/// What the browser says of a request, and whether the session comes with it.
#[derive(Debug, PartialEq)]
struct Told {
    site: Option<String>,
    origin: Option<String>,
    has_cookie: bool,
}

fn is_refused(place: &Place<'_>, way: Way) {
    let stage = Stage::of(place);
    // `SHOP` is the shop's own host at another port.
    for (host, site) in [(SIBLING, "same-site"), (SHOP, "same-site"), (OTHER_SITE, "cross-site")] {
        let (site, origin, has_cookie) = match way {
            Way::OfSandbox => ("cross-site", "null".to_owned(), false),
            // SameSite=Lax keeps the cookie from other sites, not from siblings.
            _ => (site, stage.elsewhere.origin(host), host != OTHER_SITE),
        };
        let told = Told { site: Some(site.to_owned()), origin: Some(origin), has_cookie };
        stage.check_refused(host, way, &told);
    }
    stage.end();
}

/// Over plain HTTP browsers say nothing of the site; and a cookie without SameSite, as Flask sets it, goes with the forms
/// of other sites for two minutes.
pub(crate) fn is_refused_with_a_cookie_of_flask(shop: Server, flask: &Server, folder: &Path) {
    let (host, other_site, sibling) = ("shop.test", "evil.test", "evil.shop.test");
    let stage = Stage::new(shop, folder, host);
    stage.browser.go(&format!("http://{host}:{}/", flask.port));
    log_in(&stage.browser, "Ada", false);
    assert_eq!(the_cookie(&stage.browser).same_site, None);
    for way in [Way::Form, Way::Secretive, Way::Fetch] {
        for host in [other_site, sibling] {
            let origin = if way == Way::Secretive { "null".to_owned() } else { stage.elsewhere.origin(host) };
            let has_cookie = way != Way::Fetch || host == sibling;
            stage.check_refused(host, way, &Told { site: None, origin: Some(origin), has_cookie });
        }
    }
    stage.end();
}

fn the_own_form_passes(place: &Place<'_>) {
    let stage = Stage::of(place);
    let Stage { wire, elsewhere, browser, url, .. } = &stage;
    add(browser, "linzer");
    let post = wire.the_post();
    assert_eq!((post.request.get("sec-fetch-site"), post.response.word(1)), (Some("same-origin"), "303"));
    assert_eq!(browser.text("#cart-count").as_deref(), Some("1"));

    for host in [OTHER_SITE, SIBLING] {
        elsewhere.show(browser, host, &format!(r#"<a id="link" href="{url}">Cookies!</a>"#));
        browser.follow("#link");
        assert_eq!((refusal(browser), user(browser).as_deref()), (None, Some("Ada")), "{host}");
    }
    stage.end();
}

/// Where it could be, a visitor could be made to click on the shop's own buttons: no header tells that.
fn no_page_elsewhere_has_the_shop_in_a_frame(place: &Place<'_>) {
    let stage = Stage::of(place);
    let Stage { elsewhere, browser, url, .. } = &stage;
    for host in [OTHER_SITE, SIBLING, SHOP] {
        let frame = |src: &str| format!(r#"<iframe src="{src}"></iframe>"#);
        elsewhere.show(browser, host, &frame(url));
        browser.to_frame(Some(0));
        assert_eq!(browser.text("#framework"), None, "{host}");
        browser.to_frame(None);
        // A page that allows it is there.
        elsewhere.show(browser, host, &frame(&format!("{url}whoami")));
        browser.to_frame(Some(0));
        let name = if host == OTHER_SITE { "nobody" } else { "Ada" };
        assert_eq!(browser.text("body").as_deref(), Some(name), "{host}");
        browser.to_frame(None);
    }
    stage.end();
}

/// A visitor who has logged in to the shop, and pages elsewhere.
struct Stage {
    shop: Server,
    wire: Wire,
    elsewhere: Elsewhere,
    browser: Browser,
    /// Of the shop.
    url: String,
}

impl Stage {
    fn of(place: &Place<'_>) -> Self {
        let stage = Self::new(place.start_with_keys(&new_key()), place.folder, SHOP);
        stage.browser.go(&stage.url);
        log_in(&stage.browser, "Ada", false);
        assert_eq!(stage.wire.the_post().response.word(1), "303");
        stage
    }

    fn new(shop: Server, folder: &Path, host: &str) -> Self {
        let browser = Browser::open(&new_profile(folder), folder, &["--host-resolver-rules=MAP * 127.0.0.1"]);
        let wire = Wire::to(&shop);
        let url = format!("http://{host}:{}/", wire.port);
        Self { shop, wire, elsewhere: Elsewhere::start(), browser, url }
    }

    /// Checks what the browser says of the request of a page, and that it changes nothing. It is the worst case: the page
    /// even knows a token of the visitor's forms.
    #[track_caller]
    fn check_refused(&self, host: &str, way: Way, told: &Told) {
        let what = format!("{way:?} from {host}");
        self.browser.go(&self.url);
        let kept = the_cookie(&self.browser);
        let token = self.browser.property("input[name=csrf_token]", "value").expect("the page has forms");
        let Post { request, response, body } = self.cause(host, way, &token);
        let [site, origin] = ["sec-fetch-site", "origin"].map(|name| request.get(name).map(str::to_owned));
        let has_cookie = request.get("cookie").is_some();
        assert_eq!(Told { site, origin, has_cookie }, *told, "{what}");
        // As docs/forms.md says.
        assert_eq!((response.word(1), body.len()), ("403", 0), "{what}");
        assert_eq!(response.get("set-cookie"), None, "{what}");
        assert_eq!(the_cookie(&self.browser), kept, "{what}");
        self.browser.go(&self.url);
        assert_eq!(user(&self.browser).as_deref(), Some("Ada"), "{what}");
        assert_eq!(self.browser.text("#cart-count").as_deref(), Some("0"), "{what}");
    }

    /// Puts a page on a host, lets it do its worst, and returns what came of it.
    fn cause(&self, host: &str, way: Way, token: &str) -> Post {
        let action = format!("{}cart/add", self.url);
        let form = |more: &str| {
            format!(
                r#"<form method="post" action="{action}" {more}><input name="csrf_token" value="{token}"><input
                name="product" value="linzer"><button id="send">Win a prize</button></form>"#
            )
        };
        let page = match way {
            Way::Form => form(""),
            Way::Secretive => r#"<meta name="referrer" content="no-referrer">"#.to_owned() + &form(""),
            Way::IntoFrame => format!(r#"<iframe name="hidden"></iframe>{}"#, form(r#"target="hidden""#)),
            Way::OfSandbox => {
                let inner = form("") + "<script>document.forms[0].submit()</script>";
                let inner = inner.replace('"', "&quot;");
                format!(r#"<iframe sandbox="allow-forms allow-scripts" srcdoc="{inner}"></iframe>"#)
            }
            Way::Fetch => format!(
                r#"{}<script>const body = new URLSearchParams(new FormData(document.forms[0]));
                fetch("{action}", {{ method: "POST", mode: "no-cors", credentials: "include", body }})</script>"#,
                form("")
            ),
        };
        self.elsewhere.show(&self.browser, host, &page);
        match way {
            Way::Form | Way::Secretive => self.browser.follow("#send"),
            Way::IntoFrame => self.browser.click("#send"),
            Way::OfSandbox | Way::Fetch => {}
        }
        self.wire.the_post()
    }

    fn end(self) {
        self.browser.close();
        self.shop.stop();
    }
}

/// A server of somebody else, which has the same page at every address.
struct Elsewhere {
    port: u16,
    page: Arc<Mutex<String>>,
}

impl Elsewhere {
    fn start() -> Self {
        let page = Arc::<Mutex<String>>::default();
        let shown = Arc::clone(&page);
        let port = http::serve(move |mut stream| {
            Head::read(&mut BufReader::new(&stream))?;
            let html = shown.lock().unwrap_or_else(PoisonError::into_inner).clone();
            stream.write_all(http::page("", &html).as_bytes())
        });
        Self { port, page }
    }

    fn origin(&self, host: &str) -> String {
        format!("http://{host}:{}", self.port)
    }

    fn show(&self, browser: &Browser, host: &str, body: &str) {
        let html = format!("<!doctype html><title>elsewhere</title><link rel=icon href=data:,><body>{body}");
        *self.page.lock().unwrap_or_else(PoisonError::into_inner) = html;
        browser.go(&self.origin(host));
    }
}
