//! Opens the session of a request and saves it into the response.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::clock::Clock;
use crate::config::browser::BROWSER_LIMIT;
use crate::config::lifetime::Lifetime;
use crate::config::migration::OldValue;
use crate::error::{DecodeError, NotJson, SessionError};
use crate::format::form_tokens::FormTokens;
use crate::format::rules::{Envelope, Keep};
use crate::http::{cookie_header, set_cookie};
use crate::json::Unwritable;
use crate::key::KeyError;
use crate::session::commit::{Commit, Outcome};
use crate::session::ending::{Check, Due, Stamping};
use crate::session::facts::{Fact, Facts};
use crate::session::members::Data;
use crate::session::{Session, Terms};
use crate::token::stamp::Stamps;
use crate::token::timestamp;
use crate::token::{self, Tokens, UnverifiedToken};

/// The sessions of one cookie: the keys, the name, the lifetimes.
///
/// Make it once at start-up and share it: a clone costs one reference count.
///
/// ```
/// use cookie_session::{KeyRing, SecretKey, Sessions};
///
/// let sessions = Sessions::builder(KeyRing::new(SecretKey::generate()?)).build()?;
///
/// // The request: all lines of its Cookie header.
/// let mut session = sessions.open(["theme=dark; lang=en"]);
/// session.insert("user_id", 42)?;
///
/// // The response.
/// let commit = sessions.save(session)?;
/// assert_eq!(commit.set_cookies().count(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Sessions {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) tokens: Tokens,
    /// What is read beside them.
    pub(crate) also: Option<Box<Also>>,
    /// What stamps are made and verified with, if the format has them.
    pub(crate) stamps: Option<Stamps>,
    /// Sessions that were created before are over, in unix seconds.
    pub(crate) created_after: u64,
    pub(crate) terms: Terms,
    pub(crate) name: String,
    /// What follows the value in a line that sets the cookie.
    pub(crate) attributes: String,
    /// The lines that remove the cookie, joined by newlines.
    pub(crate) removal: String,
    pub(crate) lifetime: Lifetime,
    pub(crate) permanent_lifetime: Lifetime,
    pub(crate) skew: u64,
    pub(crate) backdate: u64,
    pub(crate) clock: Clock,
    pub(crate) weak_secrets: Vec<KeyError>,
    pub(crate) migration: Option<Migration>,
    pub(crate) reader: Option<Reader>,
    pub(crate) form_tokens: Option<Arc<FormTokens>>,
    /// Whether a session needs anything before its cookie is looked for: see [`Sessions::prepare`].
    pub(crate) prepares: bool,
}

/// Tokens that are read beside those that are written: signed ones or encrypted ones.
pub(crate) struct Also {
    pub(crate) tokens: Tokens,
    /// In unix seconds.
    pub(crate) until: u64,
}

/// Another format whose sessions are taken over.
#[derive(Clone)]
pub(crate) struct Migration {
    pub(crate) from: Sessions,
    /// In unix seconds, as [`until`](Self::until).
    pub(crate) issued_before: u64,
    pub(crate) until: u64,
}

/// Another library's cookie, and what the application reads it with.
pub(crate) struct Reader {
    pub(crate) name: String,
    /// The name of a second cookie that belongs to it.
    pub(crate) beside: Option<String>,
    /// The lines that remove them, joined by newlines.
    pub(crate) removal: String,
    /// In unix seconds.
    pub(crate) until: u64,
    pub(crate) read: Read,
}

/// Turns the value of a cookie into the JSON text of a session.
pub(crate) type Read = Arc<dyn Fn(&OldValue<'_>) -> Option<String> + Send + Sync>;

impl Sessions {
    pub(crate) fn new(inner: Inner) -> Self {
        Self { inner: Arc::new(inner) }
    }

    /// Opens the session of a request, given all lines of its `Cookie` header
    /// as bytes.
    ///
    /// This never fails: without a cookie that verifies, the session is empty,
    /// and [`Session::rejection`] says why. Other cookies never matter. Of
    /// several cookies of our name the newest that verifies wins, on a tie the
    /// first; at most eight are looked at in all lines together, not counting those without the
    /// shape of a token. With a framework's profile only one counts, verified or not, as it does
    /// there: the first with Flask, the last with Django and Starlette.
    pub fn open(&self, lines: impl IntoIterator<Item: AsRef<[u8]>>) -> Session {
        self.open_with(lines, None)
    }

    /// Opens the session of a request, judged at the given time.
    pub fn open_at(&self, lines: impl IntoIterator<Item: AsRef<[u8]>>, now: SystemTime) -> Session {
        self.open_with(lines, Some(timestamp::since_1970(now)))
    }

    /// Opens the session that a response set, given all its `Set-Cookie` lines
    /// as bytes: as a browser without other cookies would send it back. For
    /// tests.
    ///
    /// The session is empty if the response set none, or removed it.
    ///
    /// ```
    /// # use cookie_session::{KeyRing, SecretKey, Sessions};
    /// let sessions = Sessions::builder(KeyRing::new(SecretKey::generate()?)).build()?;
    /// let mut session = sessions.start();
    /// session.insert("user_id", 42)?;
    /// let commit = sessions.save(session)?;
    ///
    /// let session = sessions.open_response(commit.set_cookies());
    /// assert_eq!(session.get("user_id")?, Some(42));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn open_response(&self, lines: impl IntoIterator<Item: AsRef<[u8]>>) -> Session {
        self.open(set_cookie::kept(lines))
    }

    /// Starts a session without a cookie, for tests of handlers.
    pub fn start(&self) -> Session {
        self.open_with::<[&[u8]; 0]>([], None)
    }

    /// Says whether a session that was [stamped](Session::stamp) at its login is
    /// still good: fresh for an interval after that and after each confirmation,
    /// and then due, which is when the application looks up its user. No I/O is
    /// done here, and what is fresh costs next to nothing.
    ///
    /// Only a confirmation moves the time, so that neither a busy visitor nor one
    /// who has stolen a cookie puts the look-up off. See
    /// [the guide](crate::guide::ending) for when to call it; handlers of an adapter
    /// call `revalidate` instead.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use cookie_session::{KeyRing, SecretKey, Sessions};
    /// use cookie_session::ending::{Check, Revoked};
    ///
    /// # let sessions = Sessions::builder(KeyRing::new(SecretKey::generate()?)).build()?;
    /// # let mut session = sessions.start();
    /// # session.insert("user_id", 42)?;
    /// # session.stamp(42, 7_u32.to_be_bytes())?;
    /// # let cookie = sessions.save(session)?.cookie_pair().map(str::to_owned);
    /// # let look_up = |_: u64| Some(8_u32);
    /// let mut session = sessions.open(cookie);
    /// if let Some(user_id) = session.get::<u64>("user_id")? {
    ///     match sessions.check(&mut session, Duration::ZERO)? { // in production: five minutes
    ///         Check::Fresh => {}
    ///         Check::Unstamped => session.clear(),
    ///         Check::Due(due) => match look_up(user_id) {
    ///             Some(epoch) => assert_eq!(due.confirm(user_id, epoch.to_be_bytes()), Err(Revoked)),
    ///             None => due.revoke(),
    ///         },
    ///     }
    /// }
    /// assert!(session.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`SessionError::OtherSessions`] if these are not the sessions, or a clone
    /// of them, that opened it. [`SessionError::NoStamps`] with the profile of
    /// a Python framework.
    pub fn check<'s>(
        &'s self,
        session: &'s mut Session,
        interval: Duration,
    ) -> Result<Check<'s>, SessionError> {
        if session.terms.owner != self.inner.terms.owner {
            return Err(SessionError::OtherSessions);
        }
        let stamps = self.inner.stamps.as_ref().ok_or(SessionError::NoStamps)?;
        if session.facts.get(Fact::STAMP).is_none() {
            return Ok(Check::Unstamped);
        }
        if matches!(session.stamping.as_deref(), Some(Stamping::Made(_))) {
            return Ok(Check::Fresh);
        }
        let now = session.now.get_or_insert_with(|| self.now()).as_secs();
        let confirmed = session.facts.get(Fact::CONFIRMED).and_then(|time| time.parse::<u64>().ok());
        // A time that no clock of ours can have read says nothing.
        let confirmed = confirmed.filter(|time| *time <= now.saturating_add(self.inner.skew));
        let age = confirmed.map_or(Duration::MAX, |time| Duration::from_secs(now.saturating_sub(time)));
        if age < Duration::from_secs(interval.as_secs()) {
            return Ok(Check::Fresh);
        }
        Ok(Check::Due(Due::new(session, stamps, now, age)))
    }

    /// Saves a session: returns the headers that the response needs.
    ///
    /// An untouched session sets no cookie, unless a
    /// [refresh](Lifetime::idle) is due. A session without values is removed
    /// from the browser if it was [cleared](Session::clear) or had values
    /// before.
    ///
    /// # Errors
    ///
    /// [`SessionError::TooLong`] if the cookie was over the limit already when
    /// it came, and the changes did not make it small enough; or if it was so
    /// full that the mark of a framework's permanence, set since, found no room.
    /// What grows a session fails earlier, in [`Session::insert`].
    ///
    /// [`SessionError::Unreadable`] if the visitor's cookie is genuine and could
    /// not be read, and the session was changed without [`Session::clear`] first:
    /// whoever holds a key wrote it, and it is not overwritten by accident.
    ///
    /// [`SessionError::OtherSessions`] if these are not the sessions, or a clone
    /// of them, that opened it: under another name or key it would become
    /// a cookie that its visitor never had.
    pub fn save(&self, mut session: Session) -> Result<Commit, SessionError> {
        if session.terms.owner != self.inner.terms.owner {
            return Err(SessionError::OtherSessions);
        }
        let verified = session.opened.is_some();
        let limit = self.inner.terms.limit;
        let commit = |outcome, line, removal| Commit { line, removal, outcome, verified, limit };
        let nothing = |outcome| commit(outcome, String::new(), String::new());
        let modified = session.is_modified();
        let exists = modified || session.opened.is_some();
        let keeps_empty = self.inner.terms.format.keeps_empty() && exists && !session.cleared;
        if modified && session.is_unreadable() {
            return Err(SessionError::Unreadable);
        }
        if session.is_empty() && session.facts.is_empty() && !keeps_empty {
            return Ok(if modified && session.has_cookie() {
                commit(Outcome::Removed, String::new(), self.removal())
            } else {
                nothing(Outcome::Nothing)
            });
        }
        let now = self.time_of(&session);
        let changed = modified && !session.is_only_confirmed();
        let prolonged = changed || self.is_refresh_due(&session, now.as_secs());
        if !modified && !prolonged {
            return Ok(nothing(Outcome::Nothing));
        }
        let issued = match session.opened {
            // A confirmation alone does not prolong the session.
            Some(opened) if !prolonged => opened.issued,
            _ => now.as_secs(),
        };
        self.make_stamp(&mut session, now)?;
        match self.write(&session, now, issued) {
            Ok((line, len)) => {
                // Once the browser has the new cookie, the old one is not read and need not go again.
                let removes_old = session.old_presented || session.opened.is_none();
                let removal = if removes_old { self.old_removal() } else { String::new() };
                Ok(commit(Outcome::Written(len), line, removal))
            }
            Err(SessionError::TooLong(too_long)) if !changed => Ok(nothing(Outcome::Skipped(too_long))),
            Err(error) => Err(error),
        }
    }

    /// Gives up a session: what was changed is lost, and the old cookie stays.
    /// Returns the headers that the response needs all the same, since whoever
    /// wrote it had looked at the session.
    ///
    /// For a request that was not brought to its end, by a panic or a timeout,
    /// say: half of what a handler does is better not kept.
    ///
    /// ```
    /// # use cookie_session::{KeyRing, SecretKey, Sessions};
    /// # let sessions = Sessions::builder(KeyRing::new(SecretKey::generate()?)).build()?;
    /// # let mut session = sessions.start();
    /// session.insert("user_id", 42)?;
    /// let commit = sessions.discard(session);
    /// assert_eq!(commit.set_cookies().count(), 0);
    /// assert_eq!(commit.cache_control(["public"]).as_deref(), Some("private, no-store"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn discard(&self, session: Session) -> Commit {
        Commit {
            line: String::new(),
            removal: String::new(),
            outcome: if session.is_modified() { Outcome::Discarded } else { Outcome::Nothing },
            verified: session.opened.is_some(),
            limit: self.inner.terms.limit,
        }
    }

    /// Returns what is wrong with secrets of a Python framework that somebody
    /// could guess: to be logged once, at start-up. In this library's own format
    /// there are none, since its weak keys are refused.
    pub fn weak_secrets(&self) -> &[KeyError] {
        &self.inner.weak_secrets
    }

    /// Returns the name of the cookie.
    pub fn cookie_name(&self) -> &str {
        &self.inner.name
    }

    /// Says whether the browser cannot read what is saved.
    pub fn is_encrypted(&self) -> bool {
        self.inner.tokens.cipher.is_some()
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.inner
    }

    fn open_with<L>(&self, lines: L, now: Option<Duration>) -> Session
    where
        L: IntoIterator<Item: AsRef<[u8]>>,
    {
        let mut session = Session::empty(self.inner.terms, now);
        let mut others = if self.inner.prepares { self.prepare(&mut session) } else { None };
        let mut left = MAX_CANDIDATES;
        let mut kept = None;
        for line in lines {
            let mut keep = self.consider_line(line.as_ref(), &mut session, &mut left);
            if let Some(others) = &mut others {
                keep |= others.consider_line(line.as_ref());
            }
            if keep {
                kept = Some(line);
            }
        }
        if let Some(line) = kept {
            match &mut others {
                // Those that migrate are of our own format, which keeps no line.
                Some(others) => others.consider_last(line.as_ref()),
                None => self.consider_last(line.as_ref(), &mut session, &mut left),
            }
        }
        if let Some(others) = others {
            self.take_others(*others, &mut session);
        }
        session
    }

    /// Gives a session what few need, and returns what is to be looked for beside our own cookie, if anything is.
    #[inline(never)]
    fn prepare(&self, session: &mut Session) -> Option<Box<Others<'_>>> {
        let Inner { migration, reader, form_tokens, terms, .. } = &*self.inner;
        session.form_tokens.clone_from(form_tokens);
        if form_tokens.is_some() || terms.format.counts_from_now() {
            session.now.get_or_insert_with(|| self.now());
        }
        if migration.is_none() && reader.is_none() {
            return None;
        }
        let old = migration.as_ref().map(|migration| {
            let now = *session.now.get_or_insert_with(|| self.now());
            // After the end a cookie is still seen, to remove it, but none is opened.
            let left = if now.as_secs() <= migration.until { MAX_CANDIDATES } else { 0 };
            (migration, Session::empty(migration.from.inner.terms, Some(now)), left)
        });
        let foreign =
            reader.as_ref().map(|reader| Foreign { reader, values: Vec::new(), beside: Vec::new() });
        Some(Box::new(Others { old, foreign }))
    }

    #[inline(never)]
    fn take_others(&self, Others { old, foreign }: Others<'_>, session: &mut Session) {
        if let Some((migration, old, _)) = old {
            self.take_over(old, migration.issued_before, session);
        }
        if let Some(foreign) = foreign {
            self.read_foreign(&foreign, session);
        }
    }

    /// Looks at the cookies of our name in one line. Says whether the line is to
    /// be kept, since the one that counts is in it if no later line has one.
    fn consider_line(&self, line: &[u8], session: &mut Session, left: &mut usize) -> bool {
        let Inner { name, terms: Terms { format, .. }, .. } = &*self.inner;
        if session.presented && format.takes_first() {
            return false;
        }
        for value in cookie_header::cookies(line, name.as_bytes()) {
            if format.takes_last() {
                return true;
            }
            self.consider(value, session, left);
            if format.takes_first() {
                break;
            }
        }
        false
    }

    /// Looks at the last cookie of our name, in the line that was kept for it.
    fn consider_last(&self, line: &[u8], session: &mut Session, left: &mut usize) {
        if let Some(value) = cookie_header::cookies(line, self.inner.name.as_bytes()).last() {
            self.consider(value, session, left);
        }
    }

    /// Looks at one cookie of our name.
    #[inline]
    fn consider(&self, value: &[u8], session: &mut Session, left: &mut usize) {
        session.presented = true;
        let result = self.parse(value).and_then(|token| self.read(&token, session, left));
        if let Err(rejection) = result
            && session.opened.is_none()
        {
            session.rejection = session.rejection.max(Some(rejection));
        }
    }

    #[inline]
    fn parse<'t>(&self, value: &'t [u8]) -> Result<UnverifiedToken<'t>, DecodeError> {
        let value = self.inner.terms.format.unquote(value);
        if value.len().saturating_add(self.inner.name.len()) > BROWSER_LIMIT {
            return Err(DecodeError::TooLong);
        }
        self.inner.tokens.parse(value)
    }

    fn read(
        &self,
        token: &UnverifiedToken<'_>,
        session: &mut Session,
        left: &mut usize,
    ) -> Result<(), DecodeError> {
        let Inner { tokens, skew, created_after, .. } = &*self.inner;
        // What has no shape costs nothing, so it is not counted either.
        let Some(fewer) = left.checked_sub(1) else { return Ok(()) };
        *left = fewer;
        // Tried under the keys of one kind alone, so that forgeries cost no more where both are read.
        let (tokens, until) = match self.inner.also.as_deref() {
            Some(Also { tokens, until }) if token.claims_encryption() == tokens.cipher.is_some() => {
                (tokens, *until)
            }
            _ => (tokens, u64::MAX),
        };
        let token = token.verify(tokens)?;
        // The clock is asked only now, and once.
        let now = tokens.format.second(*session.now.get_or_insert_with(|| self.now()));
        if now > until {
            return Err(DecodeError::Expired);
        }
        let longest = self.inner.lifetime.idle.max(self.inner.permanent_lifetime.idle);
        token.check_age(now, *skew, longest.as_secs())?;
        if session.opened.is_some_and(|best| best.issued >= token.issued) {
            return Ok(());
        }
        let check = |created, permanent| {
            let Lifetime { idle, absolute } = self.lifetime(permanent);
            if created < *created_after {
                return Err(DecodeError::Expired);
            }
            token.check_age(now, *skew, idle.as_secs())?;
            token::check_age(created, now, *skew, absolute.as_secs())
        };
        let envelope = tokens.read(&token, check)?;
        session.fill(envelope, token.issued, Some(token.key()));
        session.rejection = None;
        Ok(())
    }

    /// Takes over a session of another format, unless there is one of ours.
    fn take_over(&self, old: Session, issued_before: u64, session: &mut Session) {
        session.old_presented = old.presented;
        if session.presented {
            return;
        }
        session.rejection = old.rejection;
        let (Some(opened), Some(now)) = (old.opened, session.now) else { return };
        let permanent = old.permanent();
        let absolute = self.lifetime(permanent).absolute.as_secs();
        let in_time = token::check_age(opened.issued, now.as_secs(), self.inner.skew, absolute);
        let over = opened.issued < self.inner.created_after;
        if in_time.is_err() || over || opened.issued >= issued_before {
            session.rejection = Some(DecodeError::Expired);
            return;
        }
        let mut data = old.data;
        if let Some(key) = old.terms.format.own_key() {
            data.remove(key);
        }
        let style = self.inner.terms.format.style();
        let Some(data) = Data::read(style, data.object().into_owned()) else {
            session.rejection = Some(DecodeError::Payload);
            return;
        };
        let envelope = Envelope { created: Some(opened.issued), permanent, data, facts: Facts::default() };
        session.fill(envelope, opened.issued, opened.key);
        session.migrated = true;
    }

    /// Reads another library's cookie, unless there is one of ours.
    fn read_foreign(&self, Foreign { reader, values, beside }: &Foreign<'_>, session: &mut Session) {
        session.old_presented = !values.is_empty();
        if session.presented || values.is_empty() {
            return;
        }
        let now = *session.now.get_or_insert_with(|| self.now());
        if now.as_secs() > reader.until {
            session.rejection = Some(DecodeError::Expired);
            return;
        }
        let Some(object) = values.iter().find_map(|value| (reader.read)(&OldValue::new(value, beside)))
        else {
            session.rejection = Some(DecodeError::InvalidSignature);
            return;
        };
        let Some(data) = Data::read(self.inner.terms.format.style(), object) else {
            session.rejection = Some(DecodeError::Payload);
            return;
        };
        let now = now.as_secs();
        session.fill(
            Envelope { created: Some(now), permanent: false, data, facts: Facts::default() },
            now,
            None,
        );
        session.migrated = true;
    }

    /// Makes the stamp that a handler has asked for. It says when the session was
    /// opened, since what it is made of was looked up after that.
    fn make_stamp(&self, session: &mut Session, now: Duration) -> Result<(), SessionError> {
        let Some(Stamping::Made(statement)) = session.stamping.as_deref() else { return Ok(()) };
        let stamps = self.inner.stamps.as_ref().ok_or(SessionError::NoStamps)?;
        let time = session.now.unwrap_or(now).as_secs();
        let made = [(Fact::STAMP, stamps.make(statement)), (Fact::CONFIRMED, time.to_string())];
        for (fact, text) in made {
            session.facts.insert(fact, text).map_err(|why| NotJson::new(None, why))?;
        }
        Ok(())
    }

    /// Writes the line of a session, signed as of `issued`.
    fn write(
        &self,
        session: &Session,
        clock: Duration,
        issued: u64,
    ) -> Result<(String, usize), SessionError> {
        let Inner { tokens, terms, name, attributes, .. } = &*self.inner;
        let now = clock.as_secs();
        let permanent = session.permanent();
        let created = session.created.unwrap_or(now);
        let most = terms.format.max_len(&session.data, &session.facts);
        let room = tokens.capacity_with(most, attributes.len().saturating_add(SPARE));
        let mut line = Vec::with_capacity(name.len().saturating_add("=".len()).saturating_add(room));
        line.extend_from_slice(name.as_bytes());
        line.push(b'=');
        tokens.write_with(most, issued.saturating_sub(self.inner.backdate), &mut line, |json| {
            terms.format.write(created, permanent, &session.data, &session.facts, json);
        });
        // The = between them does not count (RFC 6265bis, section 5.6).
        let len = line.len().saturating_sub(1);
        session.check_len(len)?;
        // Base64 and a checked name are ASCII.
        let mut line = String::from_utf8(line).map_err(|_| NotJson::new(None, Unwritable::Fails))?;
        line.push_str(attributes);
        let Lifetime { idle, absolute } = self.lifetime(permanent);
        let left = absolute.as_secs().saturating_sub(now.saturating_sub(created));
        if permanent {
            // Zero would remove the cookie that is being set.
            let idle = idle.as_secs().saturating_sub(now.saturating_sub(issued));
            let left = i64::try_from(idle.min(left).max(1)).unwrap_or(i64::MAX);
            let Keep { max_age, expires_in } = terms.format.keep(&session.data, left, clock);
            if let Some(max_age) = max_age {
                set_cookie::push_max_age(&mut line, max_age);
            }
            if let Some(expires_in) = expires_in {
                let now = i64::try_from(now).unwrap_or(i64::MAX);
                set_cookie::push_expires(&mut line, now.saturating_add(expires_in));
            }
        }
        Ok((line, len))
    }

    fn removal(&self) -> String {
        [&*self.inner.removal, &self.old_removal()].join("\n")
    }

    /// Returns the lines that remove the cookie that sessions migrate from.
    ///
    /// Whether it was presented does not matter: the browser may hold it for
    /// another path, and there it would log the visitor in again.
    fn old_removal(&self) -> String {
        let Inner { migration, reader, .. } = &*self.inner;
        let migration = migration.as_ref().map(|migration| &*migration.from.inner.removal);
        let reader = reader.as_ref().map(|reader| &*reader.removal);
        let lines: Vec<_> = migration.into_iter().chain(reader).collect();
        lines.join("\n")
    }

    /// Says whether a session that nobody changed is to be signed again.
    fn is_refresh_due(&self, session: &Session, now: u64) -> bool {
        session.opened.is_some_and(|opened| {
            let age = now.saturating_sub(opened.issued);
            let idle = self.lifetime(opened.permanent).idle.as_secs();
            let due = self.inner.terms.format.is_refresh_due(&session.data, age, idle);
            session.migrated || !session.skip_refresh && due
        })
    }

    /// Returns the time at which a session is saved: that at which it was opened,
    /// so that a request has one reading of the clock.
    ///
    /// One that begins in this request is read anew. Else it would say that it
    /// was created before it was cleared, and a log in that took long would be
    /// refused by whoever ended all sessions in the meantime.
    fn time_of(&self, session: &Session) -> Duration {
        match session.now {
            Some(now) if session.begins() && !session.now_given => now.max(self.now()),
            Some(now) => now,
            None => self.now(),
        }
    }

    fn lifetime(&self, permanent: bool) -> Lifetime {
        if permanent { self.inner.permanent_lifetime } else { self.inner.lifetime }
    }

    fn now(&self) -> Duration {
        timestamp::since_1970(self.inner.clock.when_judged())
    }
}

/// Cookies of another format or library: read only if none of ours comes.
struct Others<'s> {
    /// Of the format that sessions migrate from.
    old: Option<(&'s Migration, Session, usize)>,
    foreign: Option<Foreign<'s>>,
}

/// What the lines have of another library's cookie, and of the one beside it.
struct Foreign<'s> {
    reader: &'s Reader,
    values: Vec<Vec<u8>>,
    beside: Vec<Vec<u8>>,
}

impl Foreign<'_> {
    fn consider_line(&mut self, line: &[u8]) {
        collect(line, &self.reader.name, &mut self.values);
        if let Some(beside) = &self.reader.beside {
            collect(line, beside, &mut self.beside);
        }
    }
}

/// Adds the values of a cookie in one line, up to as many as are looked at.
fn collect(line: &[u8], name: &str, values: &mut Vec<Vec<u8>>) {
    let left = MAX_CANDIDATES.saturating_sub(values.len());
    let found = cookie_header::cookies(line, name.as_bytes()).filter(|value| value.len() <= BROWSER_LIMIT);
    values.extend(found.take(left).map(<[u8]>::to_vec));
}

impl Others<'_> {
    /// As [`Sessions::consider_line`].
    fn consider_line(&mut self, line: &[u8]) -> bool {
        if let Some(foreign) = &mut self.foreign {
            foreign.consider_line(line);
        }
        let old = self.old.as_mut();
        old.is_some_and(|(migration, old, left)| migration.from.consider_line(line, old, left))
    }

    /// As [`Sessions::consider_last`].
    fn consider_last(&mut self, line: &[u8]) {
        if let Some((migration, old, left)) = &mut self.old {
            migration.from.consider_last(line, old, left);
        }
    }
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions")
            .field("name", &self.inner.name)
            .field("attributes", &self.inner.attributes)
            .field("lifetime", &self.inner.lifetime)
            .field("permanent_lifetime", &self.inner.permanent_lifetime)
            .finish_non_exhaustive()
    }
}

/// How many cookies of our name are worth a signature check.
pub(crate) const MAX_CANDIDATES: usize = 8;

/// Room for Max-Age, Expires and a longer timestamp.
const SPARE: usize = 64;

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::key::{KeyRing, SecretKey};
    use crate::token::signer::tests::macs;

    pub(crate) fn ring(keys: usize) -> KeyRing {
        let key = || SecretKey::generate().unwrap();
        (1..keys).fold(KeyRing::new(key()), |ring, _| ring.fallback(key()))
    }

    #[test]
    fn makes_one_mac_per_key_and_candidate_at_most() {
        let strangers = Sessions::builder(ring(1)).build().unwrap();
        let mut session = strangers.start();
        session.insert("user", 1).unwrap();
        let commit = strangers.save(session).unwrap();
        let stranger = commit.cookie_pair().unwrap();
        for keys in 1..=8 {
            let sessions = Sessions::builder(ring(keys)).build().unwrap();
            for candidates in 0..=20 {
                let line = vec![stranger; candidates].join("; ");
                let made = macs(|| assert!(sessions.open([&line]).is_empty()));
                assert_eq!(made, keys * candidates.min(8), "{keys} keys, {candidates} candidates");
                // On lines of their own, or between cookies that have no shape, they are as many.
                let lines = std::iter::repeat_n(stranger, candidates);
                assert_eq!(macs(|| drop(sessions.open(lines.clone()))), made);
                let lines = lines.flat_map(|line| ["__Host-session=x; __Host-session=..", line, "a=b"]);
                assert_eq!(macs(|| drop(sessions.open(lines))), made);
            }
        }
    }

    #[test]
    fn what_has_no_shape_or_comes_late_costs_no_mac() {
        let sessions = Sessions::builder(ring(8)).build().unwrap();
        let value = format!("{}.ZVPxAA.{}", "A".repeat(20), "A".repeat(43));
        let long = "A".repeat(BROWSER_LIMIT);
        for value in [
            "",
            ".",
            "..",
            &"A".repeat(20),
            value.get(..30).unwrap(),
            &format!("{value}="),
            &format!("{long}{value}"),
        ] {
            let line = format!("{}={value}", sessions.cookie_name());
            assert_eq!(macs(|| drop(sessions.open([&line]))), 0, "{value}");
        }
        let line = format!("{}={value}", sessions.cookie_name());
        assert_eq!(macs(|| drop(sessions.open([&line]))), 8);
    }

    #[test]
    fn a_genuine_cookie_costs_a_mac_per_key_until_its_own() {
        let keys: Vec<_> = (0..4).map(|_| SecretKey::generate().unwrap()).collect();
        let all = Sessions::builder(
            keys[1..].iter().fold(KeyRing::new(keys[0].clone()), |ring, key| ring.fallback(key.clone())),
        );
        let all = all.build().unwrap();
        for (n, key) in keys.iter().enumerate() {
            let one = Sessions::builder(KeyRing::new(key.clone())).build().unwrap();
            let mut session = one.start();
            session.insert("user", 1).unwrap();
            let mut pair = None;
            assert_eq!(macs(|| pair = one.save(session).unwrap().cookie_pair().map(str::to_owned)), 1);
            assert_eq!(macs(|| assert!(!all.open(&pair).is_empty())), n + 1);
        }
    }

    #[test]
    fn a_check_makes_a_mac_only_to_confirm() {
        use crate::session::ending::Check;

        let keys: Vec<_> = (0..4).map(|_| SecretKey::generate().unwrap()).collect();
        let all =
            keys[1..].iter().fold(KeyRing::new(keys[0].clone()), |ring, key| ring.fallback(key.clone()));
        let all = Sessions::builder(all).build().unwrap();
        for (n, key) in keys.iter().enumerate() {
            let one = Sessions::builder(KeyRing::new(key.clone())).build().unwrap();
            let mut session = one.start();
            assert_eq!(macs(|| session.stamp(42, [7]).unwrap()), 0);
            let mut pair = None;
            assert_eq!(macs(|| pair = one.save(session).unwrap().cookie_pair().map(str::to_owned)), 2);
            let mut session = all.open(&pair);
            let fresh = macs(|| assert!(matches!(all.check(&mut session, Duration::MAX), Ok(Check::Fresh))));
            assert_eq!(fresh, 0);
            let made = macs(|| {
                let Ok(Check::Due(due)) = all.check(&mut session, Duration::ZERO) else {
                    panic!("it is due")
                };
                due.confirm(42, [7]).unwrap();
            });
            // Under another key than the current one it is made anew.
            assert_eq!(made, n + 1 + usize::from(n > 0));
            let refused = macs(|| {
                let Ok(Check::Due(due)) = all.check(&mut session, Duration::ZERO) else {
                    panic!("it is due")
                };
                assert!(due.confirm(42, [8]).is_err());
            });
            assert_eq!(refused, keys.len());
        }
    }
}
