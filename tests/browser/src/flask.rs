//! One login across frameworks: a Flask application and both examples on one host share the session.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::new_profile;
use crate::server::{Server, build_example, example};
use crate::shop::{DAY, add, log_in, log_out, new_key, now, the_cookie, user};
use crate::webdriver::{Browser, Kept};

pub(crate) fn one_login_across_frameworks(folder: &Path) {
    let secret = new_key();
    let python = python();
    let flask = {
        let mut command = Command::new(python);
        command.arg(root().join("tests/browser/flask_shop.py")).env("FLASK_SECRET_KEY", &secret);
        command.env("PYTHONDONTWRITEBYTECODE", "1");
        Server::start(command, &folder.join("flask.log"))
    };
    let [axum, actix] = ["axum", "actix"].map(|framework| {
        let mut command = example(&build_example(framework, folder));
        command.env("FLASK_SECRET_KEY", &secret);
        Server::start(command, &folder.join(format!("{framework}.log")))
    });
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

    // Flask itself leaves nothing behind, whoever signed the cookie last.
    go(&browser, "axum", &axum);
    add(&browser, "linzer");
    go(&browser, "Flask", &flask);
    log_out(&browser);
    assert_eq!(browser.cookies(), []);
    browser.close();
    for server in [flask, axum, actix] {
        server.stop();
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
