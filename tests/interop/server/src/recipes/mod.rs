//! Logins of the Python frameworks in Rust, and the zone of a Django site, as docs/python.md shows them.

pub mod django_auth;
pub mod django_time_zone;
pub mod flask_login;
pub mod flask_wtf;

#[cfg(test)]
mod tests {
    use std::error::Error;
    use std::time::{Duration, SystemTime};

    use cookie_session::{Session, Sessions, django, flask};

    use super::django_auth::{self, User};
    use super::flask_login::{self, Protection};
    use super::flask_wtf;

    type Test = Result<(), Box<dyn Error>>;

    #[test]
    fn the_guide_shows_what_the_live_test_runs() {
        let guide = include_str!("../../../../../docs/python.md");
        for recipe in
            [include_str!("flask_login.rs"), include_str!("flask_wtf.rs"), include_str!("django_auth.rs")]
        {
            assert!(guide.contains(&format!("\n```rust\n{recipe}```\n")), "{recipe}");
        }
    }

    fn flask_session() -> Result<Session, Box<dyn Error>> {
        Ok(Sessions::builder(flask::Profile::new(flask::SecretKey::new("k")?)).build()?.start())
    }

    // Both made with Python 3.13 and hashlib, from what Flask-Login 0.6.3 formats.
    #[test]
    fn identifies_a_client_as_flask_login_does() {
        let plain = flask_login::identifier("127.0.0.1", Some(b"differential/1"));
        assert_eq!(&plain[..48], "cf9e7fb7ce434a635876897e9271f4d5458c50f84e6f8e43");
        let quoted = flask_login::identifier("203.0.113.7", Some(b"It's \"\xe9\"\\"));
        assert_eq!(&quoted[..48], "e6ff976fdb6dae4cd49807a092fcc3ffab5ea3bc322025e7");
    }

    #[test]
    fn protects_a_login_as_flask_login_does() -> Test {
        let mut session = flask_session()?;
        flask_login::log_in(&mut session, "ann", "here")?;
        let mut user = |at, protection| flask_login::user_id(&mut session, at, protection);
        assert_eq!(user("here", Protection::Strong)?.as_deref(), Some("ann"));
        assert_eq!(user("there", Protection::None)?.as_deref(), Some("ann"));
        assert_eq!(user("there", Protection::Basic)?.as_deref(), Some("ann"));
        assert_eq!(session.get("_fresh")?, Some(false));
        session.set_permanent(true);
        let user = flask_login::user_id(&mut session, "there", Protection::Strong)?;
        assert_eq!(user.as_deref(), Some("ann"));
        session.set_permanent(false);
        assert_eq!(flask_login::user_id(&mut session, "there", Protection::Strong)?, None);
        assert_eq!(session.get("_remember")?, Some("clear".to_owned()));
        assert!(!session.contains_key("_user_id"));
        Ok(())
    }

    #[test]
    fn a_log_out_ends_what_flask_login_remembers() -> Test {
        for remembered in [false, true] {
            let mut session = flask_session()?;
            flask_login::log_in(&mut session, "ann", "here")?;
            session.insert("_remember_seconds", 60)?;
            session.insert("cart", 1)?;
            flask_login::log_out(&mut session, remembered)?;
            let keys: Vec<_> = session.keys().collect();
            let expected = if remembered { ["cart", "_remember"] } else { ["_remember_seconds", "cart"] };
            assert_eq!(keys, expected);
            assert_eq!(session.get("_remember")?, remembered.then(|| "clear".to_owned()));
        }
        Ok(())
    }

    // Made with itsdangerous 2.2.0 at that time: URLSafeTimedSerializer("k", salt="wtf-csrf-token").
    const FORM_TOKEN: &str =
        "IjVkNDE0MDJhYmM0YjJhNzZiOTcxOWQ5MTEwMTdjNTkyYWUyYjFkMGYi.aE7hgA.X_AJVzJxIR1KHBGYZCsOYdnqk_g";
    const FORM_TOKEN_MADE: Duration = Duration::from_secs(1_750_000_000);

    #[test]
    fn accepts_a_form_of_this_session_for_an_hour() -> Test {
        let tokens = flask_wtf::form_tokens(&flask::Profile::new(flask::SecretKey::new("k")?))?;
        let at = |seconds| SystemTime::UNIX_EPOCH + FORM_TOKEN_MADE + Duration::from_secs(seconds);
        let mut session = flask_session()?;
        assert!(!flask_wtf::is_form_token(&session, &tokens, FORM_TOKEN, at(0)));
        session.insert("csrf_token", "5d41402abc4b2a76b9719d911017c592ae2b1d0f")?;
        assert!(flask_wtf::is_form_token(&session, &tokens, FORM_TOKEN, at(0)));
        assert!(flask_wtf::is_form_token(&session, &tokens, FORM_TOKEN, at(3600)));
        assert!(!flask_wtf::is_form_token(&session, &tokens, FORM_TOKEN, at(3601)));
        assert!(!flask_wtf::is_form_token(&session, &tokens, "", at(0)));

        let mut other = flask_session()?;
        let drawn = flask_wtf::form_token(&mut other, &tokens, [7; 20], at(0))?;
        assert!(flask_wtf::is_form_token(&other, &tokens, &drawn, at(0)));
        assert!(!flask_wtf::is_form_token(&session, &tokens, &drawn, at(0)));
        assert!(!flask_wtf::is_form_token(&other, &tokens, FORM_TOKEN, at(0)));
        Ok(())
    }

    // Made with Django 6.1.3: SECRET_KEY = "k", User(password=PASSWORD).get_session_auth_hash().
    const PASSWORD: &str = "pbkdf2_sha256$1200000$interop$x";
    const AUTH_HASH: &str = "6486aa0772e9ed970bec9fcea2e22b36acd3bb8804bebf138fcc4488169ffcaf";

    fn row(id: &str) -> Option<User> {
        (id == "1").then(|| User { id: "1".into(), password: PASSWORD.into() })
    }

    #[test]
    fn a_changed_password_ends_a_django_login() -> Test {
        let profile = django::Profile::new(django::SecretKey::new("k")?);
        let mut session = Sessions::builder(profile).build()?.start();
        django_auth::log_in(&mut session, &row("1").ok_or("no user")?, b"k")?;
        assert_eq!(session.get("_auth_user_hash")?, Some(AUTH_HASH.to_owned()));
        assert!(django_auth::user(&mut session, row, &[b"k"])?.is_some());
        assert!(django_auth::user(&mut session, |_| None, &[b"k"])?.is_none());
        // The key is replaced.
        assert!(django_auth::user(&mut session, row, &[b"new", b"k"])?.is_some());
        assert!(django_auth::user(&mut session, row, &[b"new"])?.is_some());
        let changed = |id: &str| Some(User { id: id.into(), password: "another".into() });
        assert!(django_auth::user(&mut session, changed, &[b"new"])?.is_none());
        assert!(session.is_empty());
        Ok(())
    }

    #[test]
    fn another_django_login_keeps_nothing_of_the_one_before() -> Test {
        let profile = django::Profile::new(django::SecretKey::new("k")?);
        let mut session = Sessions::builder(profile).build()?.start();
        session.insert("cart", 1)?;
        session.insert("_csrftoken", "planted")?;
        django_auth::log_in(&mut session, &row("1").ok_or("no user")?, b"k")?;
        assert!(session.contains_key("cart"), "what an anonymous visitor had is kept");
        assert!(!session.contains_key("_csrftoken"), "as rotate_token does");
        django_auth::log_in(&mut session, &User { id: "2".into(), password: "p".into() }, b"k")?;
        assert!(!session.contains_key("cart"));
        assert_eq!(session.get("_auth_user_id")?, Some("2".to_owned()));
        Ok(())
    }
}
