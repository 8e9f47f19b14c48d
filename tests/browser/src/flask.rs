//! One login across frameworks: a Flask application and both examples on one host share the session.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::elsewhere;
use crate::new_profile;
use crate::server::{Server, build_example, example};
use crate::shop::{DAY, add, log_in, log_out, new_key, now, the_cookie, user};
use crate::webdriver::{Browser, Kept};

pub(crate) fn one_login_across_frameworks(folder: &Path) {
    let [flask, axum, actix] = ["flask", "axum", "actix"].map(start_with(&new_key(), folder));
    let servers = [("Flask", &flask), ("axum", &axum), ("actix-web", &actix)];
    let browser = Browser::open(&new_profile(folder), folder, &[]);

    // The cart grows by one piece at each of them, and all of them see it.
    browser.go(&flask.url);
    let before = now();
    log_in(&browser, "Åsa 日本", true);
    check_remembered(&the_cookie(&browser), before);
    let mut pieces = 0;
    for _ in 0..2 {
        for (framework, server) in servers {
            go(&browser, framework, server);
            assert_eq!(user(&browser).as_deref(), Some("Åsa 日本"), "{framework}");
            assert_eq!(count(&browser), pieces, "{framework}");
            add(&browser, "oatmeal");
            pieces += 1;
            assert_eq!(count(&browser), pieces, "{framework}");
            check_remembered(&the_cookie(&browser), before);
            browser.picture(&format!("shared-{framework}"));
        }
    }
    go(&browser, "Flask", &flask);
    assert_eq!(browser.text("#line-oatmeal").as_deref(), Some("6"));

    // A message that one of them leaves is shown by the next, once, and so is one of each when all of them leave one.
    for (framework, server) in servers {
        go(&browser, framework, server);
        add_without_looking(&browser, &token(&browser), server);
        pieces += 1;
        for (n, (other, server)) in servers.into_iter().filter(|(other, _)| *other != framework).enumerate() {
            go(&browser, other, server);
            assert_eq!(count(&browser), pieces, "{other}");
            assert_eq!(messages(&browser), usize::from(n == 0), "of {framework}, on {other}");
        }
    }
    let token = token(&browser);
    for (_, server) in servers {
        add_without_looking(&browser, &token, server);
    }
    go(&browser, "actix-web", &actix);
    assert_eq!(messages(&browser), 3);

    // Whoever logs in or out, and wherever: it holds for all.
    let visitors = ["Grace", "Ada", "O'Hara & \"Söhne\" <b>"];
    for ((framework, here), name) in servers.into_iter().zip(visitors) {
        go(&browser, framework, here);
        log_out(&browser);
        for (other, server) in servers {
            go(&browser, other, server);
            assert_eq!(user(&browser), None, "logged out on {framework}, and on {other}?");
            assert_eq!(count(&browser), 0, "{other}");
        }
        go(&browser, framework, here);
        log_in(&browser, name, false);
        assert_eq!(the_cookie(&browser).expires, None);
        for (other, server) in servers {
            go(&browser, other, server);
            assert_eq!(user(&browser).as_deref(), Some(name), "logged in on {framework}, and on {other}?");
        }
    }

    // A page that Flask drew before a logout of axum's holds a token of before, and is of no use.
    go(&browser, "Flask", &flask);
    let old = browser.new_tab();
    go(&browser, "axum", &axum);
    log_out(&browser);
    log_in(&browser, "Ada", false);
    browser.to_tab(&old);
    browser.follow("#logout");
    assert!(browser.text("body").is_some_and(|text| text.contains("CSRF")), "Flask-WTF says why");
    go(&browser, "Flask", &flask);
    assert_eq!(user(&browser).as_deref(), Some("Ada"));
    log_out(&browser);
    browser.close();
    for server in [flask, axum, actix] {
        server.stop();
    }
}

pub(crate) fn a_form_from_elsewhere_is_refused(framework: &str, folder: &Path) {
    let [flask, shop] = ["flask", framework].map(start_with(&new_key(), folder));
    elsewhere::is_refused_with_a_cookie_of_flask(shop, &flask, folder);
    flask.stop();
}

/// Returns what starts the shop in a framework, with a secret that all of them share.
fn start_with(secret: &str, folder: &Path) -> impl Fn(&str) -> Server {
    move |framework| {
        let mut command = if framework == "flask" {
            let mut command = Command::new(python());
            command.arg(root().join("tests/browser/flask_shop.py")).env("PYTHONDONTWRITEBYTECODE", "1");
            command
        } else {
            example(&build_example(framework, folder))
        };
        command.env("FLASK_SECRET_KEY", secret);
        Server::start(command, &folder.join(format!("{framework}.log")))
    }
}

#[track_caller]
fn go(browser: &Browser, framework: &str, server: &Server) {
    browser.go(&server.url);
    assert_eq!(browser.text("#framework").as_deref(), Some(framework));
}

fn count(browser: &Browser) -> u32 {
    let count = browser.text("#cart-count").expect("every page shows the cart");
    count.parse().expect("a number")
}

fn messages(browser: &Browser) -> usize {
    let count = browser.run("return document.querySelectorAll('.flash').length").as_u64();
    count.expect("a number").try_into().expect("a small number")
}

/// Returns the token of the page's forms, which all of them accept.
fn token(browser: &Browser) -> String {
    browser.property("input[name=csrf_token]", "value").expect("every page has forms")
}

/// Adds a piece, and does not go to the page that the answer leads to, which would show the message.
fn add_without_looking(browser: &Browser, token: &str, server: &Server) {
    // A page of the same server, on which scripts may send requests.
    browser.go(&format!("{}whoami", server.url));
    let answer = browser.run(&format!(
        "const body = new URLSearchParams({{ product: 'linzer', csrf_token: '{token}' }});
        return fetch('/cart/add', {{ method: 'POST', redirect: 'manual', body }}).then(answer => answer.type)"
    ));
    assert_eq!(answer, "opaqueredirect");
}

/// What Flask promises of a permanent session, whoever of the three wrote it.
#[track_caller]
fn check_remembered(kept: &Kept, before: f64) {
    assert_eq!((kept.name.as_str(), kept.domain.as_str(), kept.path.as_str()), ("session", "localhost", "/"));
    assert!(kept.http_only);
    let bounds = before + 31.0 * DAY - 2.0..=now() + 31.0 * DAY + 2.0;
    assert!(kept.expires.is_some_and(|expires| bounds.contains(&expires)), "{kept:?} and {bounds:?}");
}

/// Returns the interpreter that has Flask; makes its environment if it is missing.
fn python() -> PathBuf {
    let output = Command::new(root().join("tests/interop/venv.sh"))
        .stderr(Stdio::inherit())
        .output()
        .expect("the script is in the repository");
    assert!(output.status.success(), "tests/interop/venv.sh fails");
    let text = String::from_utf8(output.stdout).expect("a path");
    text.lines().last().expect("the path of the interpreter is the last line").into()
}

fn root() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    env::current_dir().expect("a folder").join(root).canonicalize().expect("the root of the repository")
}
