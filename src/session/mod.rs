//! One visitor's session, during one request.

use std::any::type_name;
use std::borrow::Cow;
use std::fmt::{self, Display};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{DecodeError, NotJson, SessionError, TooLong, WrongType};
use crate::format::Format;
use crate::format::form_tokens::FormTokens;
use crate::format::rules::Envelope;
use crate::json::mismatch::{self, Mismatch};
use crate::json::object::Object;
use crate::json::{Unwritable, fields};
use crate::session::ending::Stamping;
use crate::session::facts::{Fact, Facts};
use crate::session::members::{Data, Undo};
use crate::token::payload;
use crate::token::signer::KeyRole;
use crate::token::stamp::{BLANK, Statement};
use crate::token::timestamp;

pub(crate) mod commit;
pub mod ending;
pub(crate) mod facts;
mod forms;
pub(crate) mod members;

/// The session of one visitor: values under string keys, read from a cookie
/// and written back to it by [`Sessions::save`](crate::Sessions::save).
///
/// Values are anything that serde turns into JSON. They are parsed when asked
/// for; what a handler does not touch goes back byte for byte. The visitor can
/// read all of it, and can go back to any earlier state of it within its age.
///
/// ```
/// # use cookie_session::{KeyRing, SecretKey, Sessions};
/// # let sessions = Sessions::builder(KeyRing::new(SecretKey::generate()?)).build()?;
/// let mut session = sessions.start();
/// session.insert("user_id", 42)?;
/// session.update("visits", |visits: &mut u32| *visits += 1)?;
///
/// assert_eq!(session.get::<u64>("user_id")?, Some(42));
/// assert_eq!(session.get::<String>("theme")?, None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "changes are lost unless `Sessions::save` takes the session"]
pub struct Session {
    pub(crate) data: Data,
    /// What the library keeps beside them.
    pub(crate) facts: Facts,
    /// What is done about the stamp among them, if anything is.
    pub(crate) stamping: Option<Box<Stamping>>,
    /// What the cookie said, if one was presented that verified.
    pub(crate) opened: Option<Opened>,
    pub(crate) rejection: Option<DecodeError>,
    /// Whether any cookie of our name was presented, good or bad.
    pub(crate) presented: bool,
    /// Whether one of the name that sessions migrate from was.
    pub(crate) old_presented: bool,
    /// Whether the session came from there, and has to be issued anew.
    pub(crate) migrated: bool,
    /// What the clock read when the cookie was judged, if one was: the time since
    /// 1970.
    pub(crate) now: Option<Duration>,
    /// Whether the caller gave that time, which then holds to the end.
    pub(crate) now_given: bool,
    /// When the session was created; `None` means: when it is saved.
    pub(crate) created: Option<u64>,
    pub(crate) permanent: bool,
    pub(crate) renewed: bool,
    pub(crate) cleared: bool,
    pub(crate) skip_refresh: bool,
    pub(crate) terms: Terms,
    /// What signs the tokens of forms, where the framework signs them.
    pub(crate) form_tokens: Option<Arc<FormTokens>>,
}

/// What a verified cookie said about itself.
#[derive(Clone, Copy)]
pub(crate) struct Opened {
    pub(crate) issued: u64,
    pub(crate) permanent: bool,
    /// None for another library's cookie.
    pub(crate) key: Option<KeyRole>,
}

/// What a session needs to know of its [`Sessions`](crate::Sessions).
#[derive(Clone, Copy)]
pub(crate) struct Terms {
    /// Which sessions they are: a number that no others of this process have.
    pub(crate) owner: usize,
    pub(crate) format: Format,
    /// What a cookie takes beside its payload: name, timestamp and signature.
    pub(crate) overhead: usize,
    /// The most that name and value may take together, in bytes.
    pub(crate) limit: usize,
    /// The lifetime of permanent sessions, in seconds.
    pub(crate) permanent_lifetime: u64,
}

impl Session {
    /// Makes a session that no cookie brought.
    pub(crate) fn empty(terms: Terms, now: Option<Duration>) -> Self {
        Self {
            data: Data::empty(terms.format.style()),
            facts: Facts::default(),
            stamping: None,
            opened: None,
            rejection: None,
            presented: false,
            old_presented: false,
            migrated: false,
            now,
            now_given: now.is_some(),
            created: None,
            permanent: false,
            renewed: false,
            cleared: false,
            skip_refresh: false,
            terms,
            form_tokens: None,
        }
    }

    /// Fills the session with what a verified token held.
    pub(crate) fn fill(&mut self, envelope: Envelope, issued: u64, key: Option<KeyRole>) {
        let Envelope { created, permanent, data, facts } = envelope;
        self.opened = Some(Opened { issued, permanent, key });
        self.created = created;
        self.permanent = permanent;
        self.data = data;
        self.facts = facts;
    }

    /// Returns the value under a key, or `None` if there is none.
    ///
    /// # Errors
    ///
    /// [`SessionError::WrongType`] if the value is not a `T`.
    pub fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, SessionError> {
        self.data.get(key).map(|text| self.parse(Some(key), text)).transpose()
    }

    /// Returns the JSON text under a key, as it stands in the cookie.
    pub fn get_raw(&self, key: &str) -> Option<&str> {
        self.data.get(key)
    }

    /// Puts a value under a key.
    ///
    /// Inserting a value equal to the one that is there changes nothing, and
    /// sets no cookie.
    ///
    /// # Errors
    ///
    /// [`SessionError::NotJson`] if the value has no JSON form,
    /// [`SessionError::TooLong`] if the cookie would be larger than browsers
    /// store, now or with another word on its permanence. What makes the cookie
    /// smaller is never refused here. Either way the session is as it was.
    pub fn insert<T: Serialize>(&mut self, key: &str, value: T) -> Result<(), SessionError> {
        let not_json = |why| NotJson::new(Some(key), why);
        let text = self.terms.format.to_text(&value).map_err(not_json)?;
        if !self.terms.format.accepts(key, &text) {
            return Err(not_json(Unwritable::NotForPython).into());
        }
        self.insert_text(key, text)
    }

    /// Puts JSON text under a key as it is.
    #[inline]
    pub(crate) fn insert_text(&mut self, key: &str, text: String) -> Result<(), SessionError> {
        let undo = self.data.insert(key, text).map_err(|why| NotJson::new(Some(key), why))?;
        self.keep_if_it_fits(undo)
    }

    /// Removes the value under a key and returns it, or `None` if there is
    /// none.
    ///
    /// # Errors
    ///
    /// [`SessionError::WrongType`] if the value is not a `T`; it then stays.
    #[doc(alias("pop"))]
    pub fn take<T: DeserializeOwned>(&mut self, key: &str) -> Result<Option<T>, SessionError> {
        let value = self.get(key)?;
        self.data.remove(key);
        Ok(value)
    }

    /// Removes the value under a key, whatever it is, and says whether there
    /// was one.
    pub fn remove(&mut self, key: &str) -> bool {
        self.data.remove(key)
    }

    /// Changes the value under a key in place, starting from the default if
    /// there is none, and returns what the closure returns.
    ///
    /// # Errors
    ///
    /// [`SessionError::WrongType`] if the value is not a `T`, and those of
    /// [`insert`](Self::insert). The session is as it was, although the closure
    /// may have run.
    pub fn update<T, R>(&mut self, key: &str, change: impl FnOnce(&mut T) -> R) -> Result<R, SessionError>
    where
        T: Serialize + DeserializeOwned + Default,
    {
        let mut value = self.get(key)?.unwrap_or_default();
        let result = change(&mut value);
        self.insert(key, value)?;
        Ok(result)
    }

    /// Returns the keys, in their order.
    pub fn keys(&self) -> impl Iterator<Item = Cow<'_, str>> {
        self.data.keys()
    }

    /// Says whether there is a value under a key.
    pub fn contains_key(&self, key: &str) -> bool {
        self.data.get(key).is_some()
    }

    /// Returns how many values there are.
    pub fn len(&self) -> usize {
        self.data.len()
    }

    /// Says whether there are no values.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Reads the whole session as one value, for example a struct.
    ///
    /// # Errors
    ///
    /// [`SessionError::WrongType`] if it is not a `T`; an empty session is a
    /// `T` only if all of its fields may be absent. See
    /// [`read_or_default`](Self::read_or_default) for the others.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, SessionError> {
        self.parse(None, &self.terms.format.object(&self.data))
    }

    /// Reads the whole session as one value. What it does not have is as in
    /// `T::default()`, so that a new visitor has one too.
    ///
    /// This is how a session gets a type: read it, change it, and
    /// [`merge`](Self::merge) it back. Keys that are not fields of the struct
    /// stay as they are, so a login library, flash messages and several such
    /// structs can share one session.
    ///
    /// ```
    /// use serde::{Deserialize, Serialize};
    ///
    /// #[derive(Default, Serialize, Deserialize)]
    /// struct Visitor {
    ///     name: Option<String>,
    ///     visits: u32,
    /// }
    /// # use cookie_session::{KeyRing, SecretKey, Sessions};
    /// # let sessions = Sessions::builder(KeyRing::new(SecretKey::generate()?)).build()?;
    /// # let mut session = sessions.start();
    ///
    /// let mut visitor: Visitor = session.read_or_default()?;
    /// visitor.visits += 1;
    /// session.merge(&visitor)?;
    /// # assert_eq!(session.get("visits")?, Some(1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`SessionError::WrongType`] if what the session has is not of the type of
    /// its field.
    pub fn read_or_default<T>(&self) -> Result<T, SessionError>
    where
        T: Serialize + DeserializeOwned + Default,
    {
        if self.is_empty() {
            return Ok(T::default());
        }
        if fields::of::<T>().is_some_and(|fields| fields.iter().all(|field| self.contains_key(field))) {
            return self.read();
        }
        let filled = self.object_of(&T::default()).map(|defaults| self.data.filled(&defaults));
        // A default that is no object, or that stands beside another name of its field, cannot help.
        let filled = filled.ok().and_then(|filled| self.parse(None, &self.terms.format.object(&filled)).ok());
        filled.map_or_else(|| self.read(), Ok)
    }

    /// Replaces the whole session by one value that serializes as an object.
    ///
    /// All other keys are removed. Where others use the session too (a login library,
    /// flash messages, a CSRF token), [`merge`](Self::merge) the struct, or keep
    /// it under one key.
    ///
    /// # Errors
    ///
    /// [`SessionError::NotJson`] if the value has no JSON form or is not an
    /// object, [`SessionError::TooLong`] if the cookie would be too large. The
    /// session is as it was.
    pub fn write<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), SessionError> {
        let change = self.object_of(value).map(|object| self.data.put(object));
        self.keep_if_all_may_be_written(change)
    }

    /// Writes the fields of a struct into the session, each under its name, and
    /// leaves all other keys as they are.
    ///
    /// A field that is not serialized, as with `skip_serializing_if`, is removed:
    /// what [`read_or_default`](Self::read_or_default) reads afterwards is what
    /// was written. The one exception are the fields of a struct that has others
    /// under `#[serde(flatten)]`, since such a struct does not name them: there,
    /// write `None` as `null`.
    ///
    /// # Errors
    ///
    /// Those of [`write`](Self::write). The session is as it was.
    pub fn merge<T: Serialize + DeserializeOwned>(&mut self, value: &T) -> Result<(), SessionError> {
        let fields = fields::of::<T>().unwrap_or_default();
        let change = self.object_of(value).and_then(|object| self.data.merge(object, fields));
        self.keep_if_all_may_be_written(change)
    }

    /// Ends the session: forgets all values, when it was created, and that it
    /// was permanent. What is inserted afterwards begins a new session.
    ///
    /// This is the logout, and the first line of a login. Saving a cleared
    /// session removes the cookie whenever one was presented, even one that did
    /// not verify.
    ///
    /// It cannot take back a cookie that somebody has copied: see
    /// [`stamp`](Self::stamp) for that.
    #[doc(alias("flush", "purge", "reset_session", "logout", "destroy", "invalidate"))]
    pub fn clear(&mut self) {
        self.data.clear();
        self.facts = Facts::default();
        self.stamping = None;
        self.created = None;
        self.permanent = false;
        self.cleared = true;
    }

    /// Starts the absolute lifetime again and keeps the values. For a login
    /// that keeps, say, the cart; remove what must not survive it. The secret of
    /// [`csrf_token`](Self::csrf_token) is forgotten.
    ///
    /// The old cookie stays valid until its own age limit. The
    /// [stamp](Self::stamp) of the login before is gone: stamp it anew.
    #[doc(alias("cycle_key", "cycle_id", "regenerate"))]
    pub fn renew(&mut self) {
        self.created = None;
        self.facts.forget_login();
        self.forget_csrf();
        self.stamping = None;
        self.renewed = true;
    }

    /// Stamps the session at a login, so that it can be ended with all others of
    /// its user: see [the guide](crate::guide::ending).
    ///
    /// `subject` is who logs in, such as the user's id. `state` is what the server
    /// knows of that user and changes to end the sessions: a number that counts
    /// up, the hash of the password, or both. Only a keyed digest of them is in
    /// the cookie. [`Sessions::check`](crate::Sessions::check) says when to
    /// compare it with the state of that day.
    ///
    /// ```
    /// # use cookie_session::{KeyRing, SecretKey, Session, SessionError, Sessions};
    /// struct User {
    ///     id: u64,
    ///     epoch: u32, // "log out everywhere" adds one
    /// }
    ///
    /// fn log_in(session: &mut Session, user: &User) -> Result<(), SessionError> {
    ///     session.clear();
    ///     session.insert("user_id", user.id)?;
    ///     session.stamp(user.id, user.epoch.to_be_bytes())
    /// }
    /// # let sessions = Sessions::builder(KeyRing::new(SecretKey::generate()?)).build()?;
    /// # log_in(&mut sessions.start(), &User { id: 42, epoch: 1 })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`SessionError::TooLong`] if the cookie would be larger than browsers
    /// store: a stamp takes 61 or 62 bytes of it. [`SessionError::NoStamps`] with the
    /// profile of a Python framework. The session is as it was.
    #[doc(alias("security_stamp", "session_auth_hash", "revoke"))]
    pub fn stamp(&mut self, subject: impl Display, state: impl AsRef<[u8]>) -> Result<(), SessionError> {
        if !self.terms.format.is_native() {
            return Err(SessionError::NoStamps);
        }
        let statement = Statement::new(&subject, state.as_ref());
        // The keys are where the session is saved: till then the room is kept.
        let stamp =
            self.facts.insert(Fact::STAMP, BLANK.to_owned()).map_err(|why| NotJson::new(None, why))?;
        let time = match self.facts.insert(Fact::CONFIRMED, LATEST.to_string()) {
            Ok(time) => time,
            Err(why) => {
                self.facts.undo(stamp);
                return Err(NotJson::new(None, why).into());
            }
        };
        if let Err(too_long) = self.check_size() {
            self.facts.undo(time);
            self.facts.undo(stamp);
            return Err(too_long.into());
        }
        self.stamping = Some(Box::new(Stamping::Made(statement)));
        Ok(())
    }

    /// Says whether the cookie outlives the browser's session.
    pub fn permanent(&self) -> bool {
        self.terms.format.is_permanent(&self.data, self.permanent)
    }

    /// Sets whether the cookie outlives the browser's session: the *remember
    /// me* box. Permanent sessions have a lifetime of their own,
    /// [`Builder::permanent_lifetime`](crate::Builder::permanent_lifetime), and
    /// from the next request on, the session is judged by the one that it then
    /// has: an old session that is no longer permanent may end there. At a login,
    /// [`clear`](Self::clear) or [`renew`](Self::renew) it too.
    ///
    /// With the profiles of Flask and Django this is what their
    /// `session.permanent` and `set_expiry` do: a value among the data. With
    /// Starlette's it does nothing, since its `max_age` decides for all.
    #[doc(alias("remember me", "remember_me"))]
    pub fn set_permanent(&mut self, permanent: bool) {
        let Terms { format, permanent_lifetime, .. } = self.terms;
        format.set_permanent(&mut self.data, &mut self.permanent, permanent, permanent_lifetime);
    }

    /// Keeps this request from prolonging the session, for example a poll in
    /// the background. Changes are saved all the same, and a change prolongs it.
    pub fn skip_refresh(&mut self) {
        self.skip_refresh = true;
    }

    /// Returns when the session was created, or `None` for one that is new. With
    /// a Python framework's profile it is always `None`: their sessions do not
    /// say.
    ///
    /// A session that begins in a request, also after [`clear`](Self::clear) or
    /// [`renew`](Self::renew), is created when it is saved, and so never before it
    /// was cleared, however long the request takes.
    ///
    /// [`Builder::created_after`](crate::Builder::created_after) ends all
    /// sessions from before a time; a [stamp](Self::stamp) ends those of one
    /// user.
    pub fn created_at(&self) -> Option<SystemTime> {
        self.created.and_then(timestamp::system_time)
    }

    /// Returns when the cookie was signed, or `None` if none was presented that
    /// verified.
    pub fn issued_at(&self) -> Option<SystemTime> {
        self.opened.and_then(|opened| timestamp::system_time(opened.issued))
    }

    /// Returns how old the cookie was when this request came, in whole seconds,
    /// or `None` if none was presented that verified. A cookie from a clock that
    /// is ahead of ours has age zero.
    ///
    /// ```
    /// # use std::time::{Duration, SystemTime};
    /// # use cookie_session::{KeyRing, SecretKey, Sessions};
    /// # let sessions = Sessions::builder(KeyRing::new(SecretKey::generate()?)).build()?;
    /// # let mut session = sessions.start();
    /// # session.insert("user_id", 42)?;
    /// # let pair = sessions.save(session)?.cookie_pair().map(str::to_owned);
    /// let session = sessions.open_at(&pair, SystemTime::now() + Duration::from_secs(90));
    /// assert!(session.age() >= Some(Duration::from_secs(90)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn age(&self) -> Option<Duration> {
        let (opened, now) = (self.opened?, self.now?);
        Some(Duration::from_secs(now.as_secs().saturating_sub(opened.issued)))
    }

    /// Says whether no cookie brought this session: the visitor has none yet,
    /// or it was rejected, or the session was [cleared](Self::clear).
    pub fn is_new(&self) -> bool {
        self.opened.is_none() || self.cleared
    }

    /// Says whether saving would set or remove the cookie because of what was
    /// done to the session: bytes differ, it was renewed, or it was cleared
    /// while a cookie was presented.
    pub fn is_modified(&self) -> bool {
        self.data.is_modified()
            || self.facts.is_modified()
            || self.is_relabelled()
            || self.cleared && self.has_cookie()
    }

    fn is_relabelled(&self) -> bool {
        self.opened.is_some_and(|opened| self.renewed || self.permanent != opened.permanent)
    }

    /// Returns why no presented cookie was accepted, or `None` if one was or
    /// none was presented. Of several reasons, the one furthest along the
    /// checks. For logs; a client must not see it.
    pub fn rejection(&self) -> Option<&DecodeError> {
        self.rejection.as_ref()
    }

    /// Returns which key verified the cookie.
    pub fn verified_by(&self) -> Option<KeyRole> {
        self.opened.and_then(|opened| opened.key)
    }

    /// Keeps a fact beside the data, as JSON text. Only this library's own format
    /// has room for it.
    ///
    /// # Errors
    ///
    /// [`SessionError::TooLong`] if the cookie would be larger than browsers
    /// store, and [`SessionError::NotJson`] if a later version has filled the
    /// room. The session is as it was.
    pub(crate) fn keep_fact(&mut self, fact: Fact, text: String) -> Result<(), SessionError> {
        let undo = self.facts.insert(fact, text).map_err(|why| NotJson::new(None, why))?;
        if let Err(too_long) = self.check_size() {
            self.facts.undo(undo);
            return Err(too_long.into());
        }
        Ok(())
    }

    /// Keeps that the session was confirmed, and perhaps its stamp under another
    /// key, if there is room.
    pub(crate) fn confirm(&mut self, now: u64, stamp: Option<String>) {
        let before = self.facts.len();
        let Ok(undo) = self.facts.insert(Fact::CONFIRMED, now.to_string()) else { return };
        // Only another program leaves so little room that the time had none.
        if self.facts.len() > before && self.check_size().is_err() {
            self.facts.undo(undo);
            return;
        }
        if let Some(stamp) = stamp {
            // As long as the one that is there.
            let _ = self.facts.insert(Fact::STAMP, stamp);
        }
        self.stamping = Some(Box::new(Stamping::Confirmed));
    }

    /// Says whether a confirmation is all that is to be saved, whatever came before or after it.
    pub(crate) fn is_only_confirmed(&self) -> bool {
        matches!(self.stamping.as_deref(), Some(Stamping::Confirmed))
            && !(self.data.is_modified()
                || self.facts.is_modified_beside_confirmation()
                || self.is_relabelled()
                || self.cleared)
    }

    /// Says whether the session begins in this request.
    pub(crate) fn begins(&self) -> bool {
        self.is_new() || self.renewed
    }

    /// Says whether a genuine cookie came that cannot be read, and the handler
    /// did not give it up.
    pub(crate) fn is_unreadable(&self) -> bool {
        !self.cleared && matches!(self.rejection, Some(DecodeError::Payload | DecodeError::Unsupported))
    }

    /// Says whether the browser has a cookie that a removal would remove.
    pub(crate) fn has_cookie(&self) -> bool {
        self.presented || self.old_presented
    }

    /// Returns a value as the object of a whole session.
    fn object_of<T: Serialize + ?Sized>(&self, value: &T) -> Result<Object, Unwritable> {
        let Terms { format, .. } = self.terms;
        if let Some(object) = format.whole(value) {
            return Ok(object);
        }
        Object::of(format.to_object(format.to_text(value)?).ok_or(Unwritable::NotForPython)?)
    }

    fn keep_if_all_may_be_written(&mut self, change: Result<Undo, Unwritable>) -> Result<(), SessionError> {
        let undo = change.map_err(|why| NotJson::new(None, why))?;
        if !self.accepts_all() {
            self.data.undo(undo);
            return Err(NotJson::new(None, Unwritable::NotForPython).into());
        }
        self.keep_if_it_fits(undo)
    }

    fn parse<T: DeserializeOwned>(&self, key: Option<&str>, text: &str) -> Result<T, SessionError> {
        let text = self.terms.format.unescape(text).ok_or_else(|| wrong_type::<T>(key, text))?;
        serde_json::from_str(&text).map_err(|_| wrong_type::<T>(key, &text).into())
    }

    /// Says whether the framework can read what it keeps of its own in here.
    fn accepts_all(&self) -> bool {
        let Terms { format, .. } = self.terms;
        let own = format.own_key().and_then(|key| Some((key, self.data.get(key)?)));
        own.is_none_or(|(key, json)| format.accepts(key, json))
    }

    /// Keeps a change, unless the cookie grows by it and no longer fits.
    fn keep_if_it_fits(&mut self, undo: Undo) -> Result<(), SessionError> {
        // What was there already needs no room: an equal insert into a session over a lowered limit is no change.
        if !self.data.is_modified() {
            return Ok(());
        }
        let Err(too_long) = self.check_size() else { return Ok(()) };
        // A framework leaves no room for what may be said later, and a limit may be lowered. Who makes such a
        // session smaller is on the right way.
        let changed = self.cookie_size(&self.data);
        let redo = self.data.undo(undo);
        let before = self.cookie_size(&self.data);
        if changed < before || changed == before && changed.cookie <= self.terms.limit {
            self.data.undo(redo);
            return Ok(());
        }
        Err(too_long.into())
    }

    /// Checks that the cookie fits, whatever is said about its lifetime later.
    fn check_size(&self) -> Result<(), TooLong> {
        let Terms { format, overhead, limit, permanent_lifetime, .. } = self.terms;
        let most = format.max_len(&self.data, &self.facts);
        let len = format.payload_len(most).saturating_add(overhead);
        if len <= limit || format.compress_from().is_none() {
            return self.check_len(len);
        }
        let len = self.cookie_size(&self.data).cookie;
        self.check_len(len)?;
        let reserved = format.payload_len(most.saturating_sub(self.data.object_len()));
        if format.compresses(most) && len.saturating_add(reserved).saturating_add(UNEVEN) <= limit {
            return Ok(());
        }
        // How much more that would take when it is compressed with the rest, only compressing it shows.
        let longest = LATER.iter().map(|later| {
            let (mut data, mut beside) = (self.data.clone(), false);
            for permanent in *later {
                format.set_permanent(&mut data, &mut beside, *permanent, permanent_lifetime);
            }
            self.cookie_size(&data).cookie
        });
        self.check_len(longest.max().unwrap_or(len))
    }

    /// Returns how large a cookie is that holds this data.
    fn cookie_size(&self, data: &Data) -> Size {
        let Terms { format, overhead, .. } = self.terms;
        let created = self.created.unwrap_or(LATEST);
        let mut text = Vec::with_capacity(format.max_len(data, &self.facts));
        format.write(created, self.permanent, data, &self.facts, &mut text);
        if !format.compresses(text.len()) {
            let cookie = format.payload_len(text.len()).saturating_add(overhead);
            return Size { cookie, text: text.len() };
        }

        let mut payload = Vec::new();
        payload::push_with(format.payload_len(text.len()), &mut payload, |room| format.encode(&text, room));
        Size { cookie: payload.len().saturating_add(overhead), text: 0 }
    }

    /// Checks the length of a name and value.
    pub(crate) fn check_len(&self, len: usize) -> Result<(), TooLong> {
        if len <= self.terms.limit {
            return Ok(());
        }
        Err(TooLong { len, limit: self.terms.limit, largest: self.data.largest(LARGEST) })
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("len", &self.len())
            .field("is_new", &self.is_new())
            .field("is_modified", &self.is_modified())
            .field("permanent", &self.permanent())
            .field("rejection", &self.rejection)
            .finish_non_exhaustive()
    }
}

/// Explains why a text is no `T`, out of the way of those that are.
#[cold]
fn wrong_type<T: DeserializeOwned>(key: Option<&str>, text: &str) -> WrongType {
    let Mismatch { path, problem } = mismatch::explain::<T>(text);
    WrongType::new(key, type_name::<T>(), path, problem)
}

/// What may be said about permanence, as far as it differs in the data.
const LATER: [&[bool]; 4] = [&[true], &[false], &[true, false], &[false, true]];

/// More bytes than a longer text is ever compressed worse by, beside the bytes
/// that are added: another choice of matches moves it by a few.
const UNEVEN: usize = 64;

/// How large a cookie is.
#[derive(PartialEq, PartialOrd)]
struct Size {
    /// The length of its name and value.
    cookie: usize,
    /// That of the text before it is encrypted, in which a step may be made that the cookie does not show yet. Nothing
    /// where it is compressed.
    text: usize,
}

/// When a session is created at the latest that a limit is counted for, in unix seconds.
const LATEST: u64 = 9_999_999_999;

/// How many keys an error names.
const LARGEST: usize = 3;
