//! A logout empties the browser's cookie store, and nothing else ever removes the cookie.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

mod support;

use cookie_session::{DecodeError, KeyRing, SameSite, SecretKey, Session, Sessions};
use serde_json::json;

use support::forge::{self, Forge};
use support::format;
use support::jar::{Jar, Stored};
use support::matrix::{self, Settings};
use support::setup::{
    DAY, HOME, HOUR, NAME, NOW, at, builder, cookie_at, cookie_with, data_of, only_line, open_with,
    payload_of, sessions, sign,
};

/// What a handler does to a session.
type Act = fn(&mut Session);

/// Ways to end a session that is open.
const ENDS: &[(&str, Act)] = &[
    ("clear", Session::clear),
    ("remove", |s| assert!(s.remove("user"))),
    ("take", |s| assert!(s.take::<String>("user").unwrap().is_some())),
    ("write", |s| s.write(&json!({})).unwrap()),
    ("clear after a change", |s| {
        s.insert("more", 1).unwrap();
        s.clear();
    }),
    ("clear, insert, remove", |s| {
        s.clear();
        s.insert("more", 1).unwrap();
        assert!(s.remove("more"));
    }),
    ("clear and set_permanent", |s| {
        s.clear();
        s.set_permanent(true);
    }),
];

/// Saves a session and gives the answer to the browser.
#[track_caller]
fn respond(sessions: &Sessions, session: Session, jar: &mut Jar, url: &str) {
    let commit = sessions.save(session).unwrap();
    jar.set_all(url, commit.set_cookies(), NOW);
}

/// Logs in with a fresh session, as the browser at that URL.
#[track_caller]
fn log_in(sessions: &Sessions, jar: &mut Jar, url: &str, permanent: bool) {
    let mut session = sessions.open(jar.header(url, NOW));
    session.clear();
    session.insert("user", "Ada").unwrap();
    session.set_permanent(permanent);
    respond(sessions, session, jar, url);
}

#[test]
fn whatever_builds_can_be_set_and_removed() {
    let mut built = 0;
    for settings in matrix::all() {
        let Ok(sessions) = settings.build() else { continue };
        built += 1;
        let url = settings.url();
        // A cookie without Secure is for plain HTTP, too.
        let urls = if settings.secure { vec![url.clone()] } else { vec![url.replace("https", "http"), url] };
        for url in urls {
            for permanent in [false, true] {
                for (how, end) in ENDS {
                    let mut jar = Jar::new();
                    log_in(&sessions, &mut jar, &url, permanent);
                    assert_eq!(jar.len(), 1, "{settings:?} at {url}");
                    let mut session = sessions.open(jar.header(&url, NOW));
                    assert_eq!(session.get("user"), Ok(Some("Ada".to_owned())), "{settings:?} at {url}");
                    end(&mut session);
                    respond(&sessions, session, &mut jar, &url);
                    assert!(jar.is_empty(), "{how}: {settings:?} at {url}: {:?}", jar.cookies());
                }
            }
        }
    }
    assert!(built > 500, "{built}");
}

#[test]
fn a_removal_says_so_and_carries_no_value() {
    for settings in matrix::all().step_by(7) {
        let Ok(sessions) = settings.build() else { continue };
        let token = sign(settings.name, format!(r#"[{NOW},false,{{"user":"Ada"}}]"#), NOW);
        let mut session = sessions.open([format!("{}={token}", settings.name)]);
        session.clear();
        let commit = sessions.save(session).unwrap();
        assert!(commit.is_removal());
        assert_eq!((commit.cookie_pair(), commit.cookie_size()), (None, None));
        // A partitioned cookie may have a brother in the other jar.
        let lines: Vec<_> = commit.set_cookies().collect();
        assert_eq!(lines.len(), if settings.partitioned { 2 } else { 1 }, "{lines:?}");
        for line in lines {
            assert!(line.starts_with(&format!("{}=;", settings.name)), "{line}");
            // Max-Age for all browsers of today, Expires for what is older than they are.
            assert!(line.contains("; Max-Age=0"), "{line}");
            assert!(line.contains("; Expires=Thu, 01 Jan 1970 00:00:00 GMT"), "{line}");
        }
    }
}

#[test]
fn a_log_out_covers_the_cookie_from_before_it_was_partitioned() {
    let build = |partitioned| {
        builder()
            .name("session")
            .same_site(SameSite::None)
            .partitioned(partitioned)
            .formerly("/shop", None)
            .build()
            .unwrap()
    };
    let mut jar = Jar::new();
    let before = build(false);
    let mut session = before.start();
    session.insert("user", "Ada").unwrap();
    jar.set_all(HOME, before.save(session).unwrap().set_cookies(), NOW);
    assert_eq!(jar.len(), 1);

    let after = build(true);
    let mut session = after.open(jar.header(HOME, NOW));
    assert_eq!(session.get::<String>("user").unwrap().as_deref(), Some("Ada"));
    session.clear();
    jar.set_all(HOME, after.save(session).unwrap().set_cookies(), NOW);
    assert!(jar.is_empty());
}

/// Attributes that the cookie may have had, and may have since.
const SCOPES: [(&str, Option<&str>); 6] = [
    ("/", None),
    ("/", Some("example.org")),
    ("/", Some("app.example.org")),
    ("/app", None),
    ("/app", Some("example.org")),
    ("/app/", Some("app.example.org")),
];
const APP: &str = "https://app.example.org/app/page";

fn scoped((path, domain): (&'static str, Option<&'static str>)) -> Settings<'static> {
    Settings { name: "session", path, domain, ..Settings::DEFAULT }
}

#[test]
fn a_log_out_covers_the_attributes_of_former_times() {
    for before in SCOPES {
        let old = scoped(before).build().unwrap();
        for now in SCOPES {
            let new = scoped(now).builder().formerly(before.0, before.1).build().unwrap();
            let forgetful = scoped(now).build().unwrap();
            for logs_in_again in [false, true] {
                let mut jar = Jar::new();
                log_in(&old, &mut jar, APP, false);
                if logs_in_again {
                    log_in(&new, &mut jar, APP, false);
                }
                let mut stays = jar.clone();
                let mut session = new.open(jar.header(APP, NOW));
                session.clear();
                respond(&new, session, &mut jar, APP);
                assert!(jar.is_empty(), "{before:?}, now {now:?}: {:?}", jar.cookies());

                let mut session = forgetful.open(stays.header(APP, NOW));
                session.clear();
                respond(&forgetful, session, &mut stays, APP);
                assert_eq!(stays.is_empty(), before == now, "the reason for `formerly`");
            }
        }
    }
}

#[test]
fn a_log_out_covers_all_former_times() {
    let new = SCOPES[1..]
        .iter()
        .fold(scoped(SCOPES[0]).builder(), |builder, (path, domain)| builder.formerly(*path, *domain))
        .build()
        .unwrap();
    let mut jar = Jar::new();
    for (n, scope) in SCOPES.into_iter().enumerate() {
        // From its own time each, so that none replaces another.
        let sessions = scoped(scope).build().unwrap();
        let mut session = sessions.start();
        session.insert("user", n).unwrap();
        respond(&sessions, session, &mut jar, APP);
    }
    assert_eq!(jar.len(), SCOPES.len());
    let mut session = new.open(jar.header(APP, NOW));
    session.clear();
    respond(&new, session, &mut jar, APP);
    assert!(jar.is_empty(), "{:?}", jar.cookies());
}

/// The cookies of former times may have been partitioned or not: browsers keep both, in two jars.
#[test]
fn a_log_out_of_a_partitioned_cookie_covers_all_former_times_in_both_jars() {
    let settings = |scope, partitioned| Settings { same_site: SameSite::None, partitioned, ..scoped(scope) };
    let new = SCOPES[1..]
        .iter()
        .fold(settings(SCOPES[0], true).builder(), |builder, (path, domain)| builder.formerly(*path, *domain))
        .build()
        .unwrap();
    let mut jar = Jar::new();
    for (n, scope) in SCOPES.into_iter().enumerate() {
        for partitioned in [false, true] {
            let sessions = settings(scope, partitioned).build().unwrap();
            let mut session = sessions.start();
            session.insert("user", n).unwrap();
            respond(&sessions, session, &mut jar, APP);
        }
    }
    assert_eq!(jar.len(), SCOPES.len() * 2);
    let mut session = new.open(jar.header(APP, NOW));
    session.clear();
    let commit = new.save(session).unwrap();
    assert_eq!(commit.set_cookies().count(), SCOPES.len() * 2);
    jar.set_all(APP, commit.set_cookies(), NOW);
    assert!(jar.is_empty(), "{:?}", jar.cookies());
}

/// A site that is not embedded any more stops to partition its cookie: what browsers still have is in the other jar.
#[test]
fn a_log_out_covers_the_cookie_from_before_it_was_partitioned_no_more() {
    let settings = |scope, partitioned| Settings { same_site: SameSite::None, partitioned, ..scoped(scope) };
    let new = |formerly: bool| {
        let former = if formerly { &SCOPES[1..] } else { &[] };
        former.iter().fold(settings(SCOPES[0], false).builder(), |builder, (path, domain)| {
            builder.formerly(*path, *domain)
        })
    };
    let mut full = Jar::new();
    for (n, scope) in SCOPES.into_iter().enumerate() {
        for partitioned in [true, false] {
            let sessions = settings(scope, partitioned).build().unwrap();
            let mut session = sessions.start();
            session.insert("user", n).unwrap();
            respond(&sessions, session, &mut full, APP);
        }
    }
    assert_eq!(full.len(), SCOPES.len() * 2);
    for (builder, left) in [
        (new(true), SCOPES.len()),
        (new(true).formerly_partitioned(), 0),
        (new(false).formerly_partitioned(), SCOPES.len() * 2 - 2),
    ] {
        let sessions = builder.build().unwrap();
        let mut jar = full.clone();
        let mut session = sessions.open(jar.header(APP, NOW));
        assert!(!session.is_empty());
        session.clear();
        let commit = sessions.save(session).unwrap();
        assert_eq!(commit.set_cookies().count(), SCOPES.len() * 2 - left);
        jar.set_all(APP, commit.set_cookies(), NOW);
        assert_eq!(jar.len(), left, "{:?}", jar.cookies());
    }
    // What is set is not partitioned, and sent without a removal.
    let sessions = new(true).formerly_partitioned().build().unwrap();
    let mut session = sessions.start();
    session.insert("user", 1).unwrap();
    let commit = sessions.save(session).unwrap();
    assert!(commit.set_cookies().all(|line| !line.contains("Partitioned")));
    assert_eq!(commit.set_cookies().count(), 1);
    // Browsers take no removal of a partitioned cookie without Secure. Over plain HTTP there is none.
    let plain = || builder().name("session").formerly_partitioned();
    plain().secure(false).build().unwrap_err();
    let local = plain().insecure_for_local_http().build().unwrap();
    let mut session = local.open(["session=x"]);
    session.clear();
    let commit = local.save(session).unwrap();
    assert_eq!(commit.set_cookies().filter(|line| line.contains("Partitioned")).count(), 0);
    assert_eq!(commit.set_cookies().count(), 1);
}

#[test]
fn what_was_formerly_is_only_removed_never_set() {
    let sessions = scoped(("/", None)).builder().formerly("/app", None).formerly("/", Some("example.org"));
    let sessions = sessions.build().unwrap();
    let mut jar = Jar::new();
    log_in(&sessions, &mut jar, APP, true);
    assert_eq!(jar.len(), 1);
    let session = sessions.open(jar.header(APP, NOW));
    assert_eq!(sessions.save(session).unwrap().set_cookies().count(), 0);
}

/// Cookie lines that are refused, each for its own reason.
fn rejected() -> Vec<(DecodeError, String)> {
    let ada = r#"{"user":"Ada"}"#;
    let pair = |token: String| format!("{NAME}={token}");
    let other_key = Forge::session(&forge::secret(99), NAME).token(&format!("[{NOW},false,{ada}]"), NOW);
    vec![
        (DecodeError::TooLong, pair("x".repeat(5000))),
        (DecodeError::Malformed, pair(String::new())),
        (DecodeError::Malformed, pair("deleted".into())),
        (DecodeError::Malformed, pair("a.b.c".into())),
        (DecodeError::InvalidSignature, cookie_with(ada).replace("session=", "session=A")),
        (DecodeError::InvalidSignature, pair(other_key)),
        (DecodeError::InvalidSignature, pair(sign("session", format!("[{NOW},false,{ada}]"), NOW))),
        (DecodeError::NotYetValid, cookie_at(ada, NOW + 61)),
        (DecodeError::NotYetValid, pair(sign(NAME, format!("[{},false,{ada}]", NOW + 61), NOW))),
        (DecodeError::Expired, cookie_at(ada, NOW - 2 * HOUR - 1)),
        (DecodeError::Expired, cookie_at(ada, NOW - 400 * DAY)),
        (DecodeError::Expired, pair(sign(NAME, format!("[{},false,{ada}]", NOW - DAY - 1), NOW))),
        (DecodeError::Payload, pair(sign(NAME, "[]", NOW))),
        (DecodeError::Payload, cookie_with(r#"{"user":1,"user":2}"#)),
    ]
}

/// What handlers do to a session that turned out to be empty.
const HARMLESS: &[(&str, Act)] = &[
    ("nothing", |_| {}),
    ("get", |s| assert_eq!(s.get::<String>("user"), Ok(None))),
    ("read", |s| assert_eq!(s.read(), Ok(json!({})))),
    ("keys", |s| assert_eq!((s.keys().count(), s.len(), s.contains_key("user")), (0, 0, false))),
    ("remove", |s| assert!(!s.remove("user"))),
    ("take", |s| assert_eq!(s.take::<String>("user"), Ok(None))),
    ("insert and remove", |s| {
        s.insert("a", 1).unwrap();
        s.remove("a");
    }),
    ("write nothing", |s| s.write(&json!({})).unwrap()),
    ("failed insert", |s| assert!(s.insert("a", f64::NAN).is_err())),
    ("too long an insert", |s| assert!(s.insert("a", "x".repeat(5000)).is_err())),
    ("renew", Session::renew),
    ("set_permanent", |s| s.set_permanent(true)),
    ("skip_refresh", Session::skip_refresh),
];

#[test]
fn no_rejection_ever_sends_a_set_cookie() {
    let sessions = sessions();
    for (reason, cookie) in rejected() {
        for (what, act) in HARMLESS {
            let mut session = sessions.open([&cookie]);
            assert_eq!(session.rejection(), Some(&reason), "{cookie}");
            act(&mut session);
            assert!(!session.is_modified(), "{reason:?}, {what}");
            let commit = sessions.save(session).unwrap();
            assert_eq!(commit.set_cookies().count(), 0, "{reason:?}, {what}");
            assert!(!commit.is_removal() && commit.cookie_pair().is_none(), "{reason:?}, {what}");
            // Nothing but Vary, or an outsider could tell the reasons apart.
            assert_eq!(commit.cache_control(["public"]), None, "{reason:?}, {what}");
            assert!(!commit.drops_header("CDN-Cache-Control"), "{reason:?}, {what}");
            assert_eq!(commit.vary([""]).as_deref(), Some("Cookie"), "{reason:?}, {what}");
        }
    }
}

#[test]
fn a_new_visitor_gets_nothing_either() {
    let sessions = sessions();
    for cookies in [vec![], vec!["theme=dark"], vec!["", "a=1; b=2"]] {
        for (what, act) in HARMLESS {
            let mut session = sessions.open(&cookies);
            act(&mut session);
            assert_eq!(sessions.save(session).unwrap().set_cookies().count(), 0, "{what}");
        }
        // Nothing was presented, so nothing is removed.
        let mut session = sessions.open(&cookies);
        session.clear();
        assert!(!session.is_modified());
        let commit = sessions.save(session).unwrap();
        assert_eq!((commit.set_cookies().count(), commit.is_removal()), (0, false));
    }
}

#[test]
fn a_log_out_removes_a_cookie_that_was_refused() {
    let sessions = sessions();
    for (reason, cookie) in rejected() {
        // A browser holds nothing too long, but a proxy might add it.
        let mut jar = Jar::new();
        if reason != DecodeError::TooLong {
            let stored = jar.set(HOME, &format!("{cookie}; Secure; Path=/; HttpOnly"), NOW);
            assert_eq!(stored, Stored::Stored, "{cookie}");
        }
        let mut session = sessions.open(jar.header(HOME, NOW).or(Some(cookie)));
        assert_eq!(session.rejection(), Some(&reason));
        session.clear();
        assert!(session.is_modified());
        let commit = sessions.save(session).unwrap();
        assert!(commit.is_removal(), "{reason:?}");
        jar.set_all(HOME, commit.set_cookies(), NOW);
        assert!(jar.is_empty(), "{reason:?}");
    }
}

#[test]
fn a_machine_without_the_new_key_can_log_out() {
    let [old_key, new_key] = [1, 2].map(|n| format::builder(KeyRing::new(forge::key(n))).build().unwrap());
    let mut jar = Jar::new();
    log_in(&new_key, &mut jar, HOME, true);
    let mut session = old_key.open(jar.header(HOME, NOW));
    assert_eq!(session.rejection(), Some(&DecodeError::InvalidSignature));
    session.clear();
    respond(&old_key, session, &mut jar, HOME);
    assert!(jar.is_empty());
}

#[test]
fn a_cleared_session_that_is_filled_again_is_a_new_one() {
    let sessions = sessions();
    let created = NOW - 10 * DAY;
    let token = sign(NAME, format!(r#"[{created},true,{{"user":"Ada","csrf":"old"}}]"#), NOW - 60);
    let mut jar = Jar::new();
    jar.set(HOME, &format!("{NAME}={token}; Secure; Path=/; Max-Age=1000000"), NOW - 60);
    let mut session = sessions.open(jar.header(HOME, NOW));
    assert_eq!((session.permanent(), session.created_at()), (true, Some(at(created))));
    session.clear();
    session.insert("user", "Bob").unwrap();
    assert_eq!((session.permanent(), session.created_at(), session.is_new()), (false, None, true));
    let commit = sessions.save(session).unwrap();
    assert_eq!(payload_of(&commit), format!(r#"[{NOW},false,{{"user":"Bob"}}]"#));
    assert!(!only_line(&commit).contains("Max-Age"), "it ends with the browser");
    jar.set_all(HOME, commit.set_cookies(), NOW);
    assert_eq!((jar.len(), jar.cookies()[0].expires), (1, None));
    let session = sessions.open(jar.header(HOME, NOW));
    assert_eq!((session.created_at(), session.permanent()), (Some(at(NOW)), false));
    jar.close_browser();
    assert!(jar.is_empty());
}

#[test]
fn clearing_and_inserting_the_same_still_begins_anew() {
    let sessions = sessions();
    let cookie = cookie_at(r#"{"user":"Ada"}"#, NOW - 60);
    let mut session = sessions.open([&cookie]);
    session.clear();
    session.insert("user", "Ada").unwrap();
    assert!(session.is_modified());
    assert_eq!(payload_of(&sessions.save(session).unwrap()), format!(r#"[{NOW},false,{{"user":"Ada"}}]"#));
}

#[test]
fn a_session_without_values_is_never_set() {
    let sessions = sessions();
    // Signed by another program, perhaps; this library sets no such cookie, and removes none unasked.
    let session = sessions.open_at([cookie_with("{}")], at(NOW + HOUR));
    assert_eq!((session.rejection(), session.is_new()), (None, false));
    assert_eq!(sessions.save(session).unwrap().set_cookies().count(), 0, "a refresh would be due");
    let mut session = open_with(&sessions, "{}");
    session.clear();
    assert!(sessions.save(session).unwrap().is_removal());
    let mut session = sessions.start();
    session.set_permanent(true);
    assert_eq!(sessions.save(session).unwrap().set_cookies().count(), 0);
    let mut session = sessions.start();
    session.insert("flash", "hi").unwrap();
    assert!(session.remove("flash"));
    assert_eq!(sessions.save(session).unwrap().set_cookies().count(), 0);
}

#[test]
fn a_slow_request_does_not_undo_a_fresh_login() {
    let sessions = sessions();
    for (reason, cookie) in rejected() {
        if reason == DecodeError::TooLong {
            continue;
        }
        for (what, act) in HARMLESS {
            let mut jar = Jar::new();
            jar.set(HOME, &format!("{cookie}; Secure; Path=/; HttpOnly"), NOW);
            // The slow request begins with the bad cookie …
            let mut slow = sessions.open(jar.header(HOME, NOW));
            assert_eq!(slow.rejection(), Some(&reason));
            // … the visitor logs in meanwhile, in another tab …
            log_in(&sessions, &mut jar, HOME, false);
            let fresh = jar.header(HOME, NOW);
            // … and its answer comes last.
            act(&mut slow);
            respond(&sessions, slow, &mut jar, HOME);
            assert_eq!(jar.header(HOME, NOW), fresh, "{reason:?}, {what}");
            let session = sessions.open(jar.header(HOME, NOW));
            assert_eq!(session.get("user"), Ok(Some("Ada".to_owned())), "{reason:?}, {what}");
        }
    }
}

#[test]
fn requests_that_only_read_leave_each_others_changes() {
    let sessions = sessions();
    let mut jar = Jar::new();
    log_in(&sessions, &mut jar, HOME, false);
    let slow = sessions.open(jar.header(HOME, NOW));
    let mut fast = sessions.open(jar.header(HOME, NOW));
    fast.insert("cart", ["apple"]).unwrap();
    respond(&sessions, fast, &mut jar, HOME);
    assert_eq!(slow.get("user"), Ok(Some("Ada".to_owned())));
    respond(&sessions, slow, &mut jar, HOME);
    let session = sessions.open(jar.header(HOME, NOW));
    assert_eq!(session.get("cart"), Ok(Some(vec!["apple".to_owned()])));
}

#[test]
fn a_removal_leaves_the_cookies_of_others() {
    let sessions = sessions();
    let mut jar = Jar::new();
    let others = [
        "theme=dark; Path=/",
        "session=x; Path=/",
        "__Host-other=y; Secure; Path=/",
        "__Host-session2=z; Secure; Path=/",
    ];
    jar.set_all(HOME, others, NOW);
    log_in(&sessions, &mut jar, HOME, true);
    assert_eq!(jar.len(), 5);
    let mut session = sessions.open(jar.header(HOME, NOW));
    session.clear();
    respond(&sessions, session, &mut jar, HOME);
    assert_eq!((jar.len(), jar.get(NAME)), (4, None));
}

#[test]
fn a_removal_works_whatever_the_limits_and_the_clock() {
    let sessions = builder().max_cookie_size(150).clock(|| at(u64::from(u32::MAX) * 2)).build().unwrap();
    let mut session = sessions.open([cookie_with(&format!(r#"{{"a":"{}"}}"#, "x".repeat(2000)))]);
    session.clear();
    assert!(sessions.save(session).unwrap().is_removal());
    let sessions = builder()
        .clock(|| std::time::SystemTime::UNIX_EPOCH - std::time::Duration::from_secs(9))
        .build()
        .unwrap();
    let mut session = sessions.open([cookie_with("{}")]);
    assert_eq!(session.rejection(), Some(&DecodeError::NotYetValid));
    session.clear();
    assert!(sessions.save(session).unwrap().is_removal());
}

#[test]
fn the_log_in_replaces_whatever_was_there() {
    let sessions = sessions();
    for (reason, cookie) in rejected() {
        let mut session = sessions.open([&cookie]);
        session.clear();
        session.insert("user", "Ada").unwrap();
        let commit = sessions.save(session).unwrap();
        assert_eq!(data_of(&commit), r#"{"user":"Ada"}"#, "{reason:?}");
        assert!(!commit.is_removal());
    }
    let generated = format::builder(KeyRing::new(SecretKey::generate().unwrap())).build().unwrap();
    let mut jar = Jar::new();
    log_in(&generated, &mut jar, HOME, false);
    assert_eq!(jar.len(), 1);
}
