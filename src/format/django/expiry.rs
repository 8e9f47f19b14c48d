//! When a Django session ends: what Django's `set_expiry` and `get_expiry_age` do.

use std::time::{Duration, SystemTime};

use crate::error::{NotJson, SessionError};
use crate::format::Format;
use crate::format::django::dates::{KEY, Lasts};
use crate::format::rules::Keep;
use crate::json::Unwritable;
use crate::session::Session;
use crate::token::timestamp;

/// When a session ends: what Django's `set_expiry` is given.
///
/// It shapes the cookie, and so tells the browser. Django's server, and
/// therefore this one, goes by `SESSION_COOKIE_AGE` alone, which is
/// [`Profile::session_cookie_age`](super::Profile::session_cookie_age).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Expiry {
    /// `set_expiry(None)`: as the settings say.
    BySettings,
    /// `set_expiry(0)`: with the browser.
    WithBrowser,
    /// `set_expiry(600)`: so long after the session was last saved, in whole
    /// seconds. Less than one is [`WithBrowser`](Self::WithBrowser), as in
    /// Django.
    Idle(Duration),
    /// `set_expiry(timedelta(seconds=600))`: so long from now.
    In(Duration),
    /// `set_expiry(datetime(…))`: then.
    At(SystemTime),
}

/// Sets when a session ends, as Django's `request.session.set_expiry` does.
///
/// ```
/// use std::time::Duration;
/// use cookie_session::{Sessions, django};
///
/// # let secret = django::SecretKey::new("the secret")?;
/// let sessions = Sessions::builder(django::Profile::new(secret)).build()?;
/// let mut session = sessions.open(["sessionid=…"]);
/// session.insert("user", "ann")?;
///
/// let ten_minutes = Duration::from_secs(600);
/// django::set_expiry(&mut session, django::Expiry::In(ten_minutes))?;
/// assert_eq!(django::expiry_age(&session), Some(600));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// [`SessionError::TooLong`] if the cookie would be too large,
/// [`SessionError::NotJson`] if the time is one that Python cannot read, or if
/// this is no session of Django's.
pub fn set_expiry(session: &mut Session, expiry: Expiry) -> Result<(), SessionError> {
    let Format::Django(django) = session.terms.format else {
        return Err(NotJson::new(Some(KEY), "only sessions of Django's end by it").into());
    };
    let now = session.now.unwrap_or_default();
    let text = match expiry {
        Expiry::BySettings => {
            session.remove(KEY);
            return Ok(());
        }
        Expiry::WithBrowser => Some("0".into()),
        Expiry::Idle(distance) => Some(distance.as_secs().to_string()),
        Expiry::In(distance) => {
            django.dates.clock(now).and_then(|now| django.dates.write(now.after(distance)?))
        }
        Expiry::At(time) => {
            let time = timestamp::since_1970(time);
            django.dates.clock(time).and_then(|time| django.dates.write(time))
        }
    };
    let text = text
        .filter(|text| django.dates.accept(text))
        .ok_or_else(|| NotJson::new(Some(KEY), Unwritable::NotForPython))?;
    session.insert_text(KEY, text)
}

/// Returns for how many seconds more a session lasts, as Django's
/// `request.session.get_expiry_age()` does: negative if it has ended, and
/// `SESSION_COOKIE_AGE` if nothing was set or if it ends with the browser.
/// [`Session::permanent`] says whether it outlives that.
///
/// `None` if there is something else under `_session_expiry`, on which Django
/// answers 500, and if this is no session of Django's. Such a session ends with
/// the browser.
pub fn expiry_age(session: &Session) -> Option<i64> {
    let Format::Django(django) = session.terms.format else { return None };
    match django.dates.read(&session.data, session.now?) {
        Lasts::AsSet | Lasts::WithBrowser => session.terms.permanent_lifetime.try_into().ok(),
        Lasts::For(Keep { max_age, .. }) => max_age,
        Lasts::Unclear => None,
    }
}
