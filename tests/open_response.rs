//! A test sees the session that a response set.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use cookie_session::{Builder, KeyRing, Sessions};
use support::forge::key;

fn builder() -> Builder {
    Sessions::builder(KeyRing::new(key(1)))
}

fn set(sessions: &Sessions, user: &str) -> Vec<String> {
    let mut session = sessions.start();
    session.insert("user", user).unwrap();
    sessions.save(session).unwrap().set_cookies().map(str::to_owned).collect()
}

#[test]
fn opens_what_the_response_set() {
    for sessions in [
        builder().build().unwrap(),
        builder().name("plain").path("/shop").formerly("/", None).build().unwrap(),
        builder().insecure_for_local_http().build().unwrap(),
    ] {
        let ada = set(&sessions, "ada");
        let user = |lines: &[String]| sessions.open_response(lines).get::<String>("user").unwrap();
        assert_eq!(user(&[]), None);
        assert_eq!(user(&ada).as_deref(), Some("ada"));
        // The last one counts, whatever else is set.
        let others =
            ["other=1; Path=/".to_owned(), "plain2=x; Max-Age=0".to_owned(), String::new(), ";;".to_owned()];
        let eve = set(&sessions, "eve");
        let lines = [&ada[..], &others, &eve].concat();
        assert_eq!(user(&lines).as_deref(), Some("eve"));

        // A logout leaves nothing, and an untouched session sets nothing.
        let mut session = sessions.open_response(&ada);
        session.clear();
        let removal: Vec<_> = sessions.save(session).unwrap().set_cookies().map(str::to_owned).collect();
        assert!(!removal.is_empty());
        assert_eq!(user(&[&ada[..], &removal].concat()), None);
        assert_eq!(user(&[&removal[..], &ada].concat()).as_deref(), Some("ada"));
        let untouched = sessions.save(sessions.open_response(&ada)).unwrap();
        assert!(sessions.open_response(untouched.set_cookies()).is_new());
    }
}
