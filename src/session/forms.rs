//! What the forms and pages of every site need of a session: tokens against cross-site request forgery, and messages for
//! the next page.

use std::borrow::Cow;

use crate::error::{NotJson, SessionError, WrongType};
use crate::format::flash::{Flash, LONGEST, MOST};
use crate::json::mismatch;
use crate::session::Session;
use crate::session::facts::Fact;

impl Session {
    /// Returns a token for a form: a new text each time, around one secret of this session, which is made when the first
    /// is asked for. Put it into a hidden field, and [check](Self::check_csrf) what the form brings back.
    ///
    /// [`clear`](Self::clear) and [`renew`](Self::renew) forget the secret, so that a token from before a login is of no
    /// use after it. Look at [`cross_origin`](crate::cross_origin) first: what it does needs no tokens at all.
    ///
    /// ```
    /// # use cookie_session::{KeyRing, SecretKey, Sessions};
    /// # let sessions = Sessions::builder(KeyRing::new(SecretKey::generate()?)).build()?;
    /// # let mut session = sessions.start();
    /// let field = format!(r#"<input type="hidden" name="csrf_token" value="{}">"#, session.csrf_token()?);
    /// # let posted = session.csrf_token()?;
    /// session.check_csrf(&posted)?; // what the form brought back
    /// assert!(session.check_csrf("something else").is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// It stands beside the data, where no key is taken by it. With the profile of Flask it is the token of Flask-WTF,
    /// with that of Django the one of `CSRF_USE_SESSIONS = True`, and their applications accept it as theirs is accepted
    /// here; their secret is among the data, under `csrf_token` and `_csrftoken`. That of Flask-WTF has no mask: it is the
    /// same text for a second.
    ///
    /// # Errors
    ///
    /// [`SessionError::TooLong`] if there is no room for the secret, [`SessionError::NoRandomness`] if the operating
    /// system has none.
    #[doc(alias("generate_csrf", "get_token", "form_authenticity_token"))]
    pub fn csrf_token(&mut self) -> Result<String, SessionError> {
        if let Some(secret) = self.csrf_secret()
            && let Some(token) = self.csrf_token_of(&secret)?
        {
            return Ok(token);
        }
        let format = self.terms.format;
        let secret = format.new_csrf_secret()?;
        let text = format!("\"{secret}\"");
        match format.csrf_key() {
            Some(key) => self.insert_text(key, text)?,
            None => self.keep_fact(Fact::CSRF, text)?,
        }
        self.csrf_token_of(&secret)?.ok_or(SessionError::NoRandomness)
    }

    /// Checks that a form brought a [token](Self::csrf_token) of this session, in constant time.
    ///
    /// # Errors
    ///
    /// [`SessionError::ForeignForm`] if it did not: a page of another site posted it, or it is from before a login or a
    /// logout. With Flask's profile also if it is older than an hour, as there.
    #[doc(alias("validate_csrf", "csrf_protect", "verify_authenticity_token"))]
    pub fn check_csrf(&self, token: impl AsRef<[u8]>) -> Result<(), SessionError> {
        let token = token.as_ref();
        let is_ours = self.csrf_secret().is_some_and(|secret| match &self.form_tokens {
            Some(tokens) => tokens.check(&secret, token, self.now),
            None => self.terms.format.is_csrf_token(&secret, token),
        });
        if is_ours { Ok(()) } else { Err(SessionError::ForeignForm) }
    }

    /// Leaves a message for the next page, which [takes](Self::take_flashes) it. Returns how many older ones went for
    /// it: at most eight wait, and all of them together are at most 1 KiB long as JSON, or what room the cookie has.
    ///
    /// Messages stand beside the data, so that [`write`](Self::write) and typed sessions leave them alone. With the
    /// profile of Flask they are those of its `flash()`, with that of Django those of `django.contrib.messages` with the
    /// `SessionStorage`, and with any profile they are among the data. The categories of Django are its levels, and
    /// another is a message at the level `INFO` that has it as its extra tag.
    ///
    /// ```
    /// # use cookie_session::{KeyRing, SecretKey, Sessions};
    /// # let sessions = Sessions::builder(KeyRing::new(SecretKey::generate()?)).build()?;
    /// # let mut session = sessions.start();
    /// session.flash("info", "Your cart is empty.")?; // then redirect
    ///
    /// for flash in session.take_flashes()? {
    ///     println!("{}: {}", flash.category, flash.message); // escaped, in a page
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`SessionError::TooLong`] if there is no room for the message even alone, [`SessionError::LongFlash`] if it is
    /// longer than 1 KiB. The session is as it was.
    #[doc(alias("messages", "flashing", "add_message"))]
    pub fn flash(&mut self, category: &str, message: &str) -> Result<usize, SessionError> {
        let format = self.terms.format;
        let not_json = |why| NotJson::new(format.flash_key(), why);
        let entry = format.flash_entry(category, message).map_err(not_json)?;
        let old = self.flashes().map(str::to_owned);
        let mut entries = match &old {
            None => Vec::new(),
            Some(queue) => format.flash_entries(queue).ok_or_else(|| no_queue(queue))?,
        };
        entries.push(Cow::Owned(entry));
        let most_dropped = entries.len().saturating_sub(1);
        for dropped in entries.len().saturating_sub(MOST)..=most_dropped {
            let queue = format.flash_queue(entries.get(dropped..).unwrap_or_default()).map_err(not_json)?;
            if queue.len() > LONGEST {
                continue;
            }
            let kept = match format.flash_key() {
                Some(key) => self.insert_text(key, queue),
                None => self.keep_fact(Fact::FLASHES, queue),
            };
            match kept {
                Ok(()) => return Ok(dropped),
                Err(SessionError::TooLong(_)) if dropped < most_dropped => {}
                Err(error) => return Err(error),
            }
        }
        Err(SessionError::LongFlash)
    }

    /// Takes the messages that were left for this page, the oldest first.
    ///
    /// # Errors
    ///
    /// [`SessionError::WrongType`] if a Python application keeps something else under their key. It then stays.
    #[doc(alias("get_flashed_messages", "get_messages"))]
    pub fn take_flashes(&mut self) -> Result<Vec<Flash>, SessionError> {
        let Some(queue) = self.flashes() else { return Ok(Vec::new()) };
        let format = self.terms.format;
        let entries = format.flash_entries(queue);
        let flashes =
            entries.and_then(|entries| entries.iter().map(|entry| format.read_flash(entry)).collect());
        let flashes = flashes.ok_or_else(|| no_queue(queue))?;
        match format.flash_key() {
            Some(key) => self.data.remove(key),
            None => self.facts.remove(Fact::FLASHES),
        };
        Ok(flashes)
    }

    /// Forgets the secret that a framework has among the data.
    pub(crate) fn forget_csrf(&mut self) {
        if let Some(key) = self.terms.format.csrf_key() {
            self.data.remove(key);
        }
    }

    fn csrf_secret(&self) -> Option<String> {
        let text = match self.terms.format.csrf_key() {
            Some(key) => self.data.get(key),
            None => self.facts.get(Fact::CSRF),
        };
        serde_json::from_str(text?).ok()
    }

    fn csrf_token_of(&self, secret: &str) -> Result<Option<String>, SessionError> {
        match &self.form_tokens {
            Some(tokens) => Ok(tokens.token(secret, self.now)),
            None => self.terms.format.csrf_token(secret),
        }
    }

    fn flashes(&self) -> Option<&str> {
        match self.terms.format.flash_key() {
            Some(key) => self.data.get(key),
            None => self.facts.get(Fact::FLASHES),
        }
    }
}

#[cold]
fn no_queue(found: &str) -> WrongType {
    let problem = format!("is {}, but no queue of messages", mismatch::kind(found));
    WrongType::new(None, "a queue of messages", String::new(), problem)
}
