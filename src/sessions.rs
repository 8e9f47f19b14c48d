//! Opens the session of a request and saves it into the response.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use crate::commit::{Commit, Outcome};
use crate::config::{BROWSER_LIMIT, Builder, Lifetime, Profile};
use crate::envelope::{self, Envelope};
use crate::error::{DecodeError, SessionError};
use crate::header;
use crate::session::{Session, Size};
use crate::signer::Signer;
use crate::token::{self, UnverifiedToken};
use crate::{payload, timestamp};

/// The sessions of one cookie: the keys, the name, the lifetimes.
///
/// Made once at start-up and shared: a clone is one reference count.
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
    pub(crate) signer: Signer,
    pub(crate) name: String,
    /// What follows the value in a line that sets the cookie.
    pub(crate) attributes: String,
    /// The lines that remove the cookie, joined by newlines.
    pub(crate) removal: String,
    pub(crate) lifetime: Lifetime,
    pub(crate) permanent_lifetime: Lifetime,
    pub(crate) skew: u64,
    pub(crate) max_size: usize,
    pub(crate) clock: Option<Clock>,
}

pub(crate) type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

impl Sessions {
    /// Begins a configuration. A [`KeyRing`](crate::KeyRing) is the profile of
    /// this library's own format.
    pub fn builder(profile: impl Into<Profile>) -> Builder {
        Builder::new(profile.into())
    }

    pub(crate) fn new(inner: Inner) -> Self {
        Self { inner: Arc::new(inner) }
    }

    /// Opens the session of a request, given all lines of its `Cookie` header
    /// as bytes.
    ///
    /// This never fails: without a cookie that verifies, the session is empty,
    /// and [`Session::rejection`] says why. Other cookies never matter. Of
    /// several cookies of our name the newest that verifies wins, on a tie the
    /// first; eight at most are looked at, beside those that have not the shape
    /// of a token.
    pub fn open(&self, lines: impl IntoIterator<Item: AsRef<[u8]>>) -> Session {
        self.open_with(lines, None)
    }

    /// Opens the session of a request, judged at the given time.
    pub fn open_at(&self, lines: impl IntoIterator<Item: AsRef<[u8]>>, now: SystemTime) -> Session {
        self.open_with(lines, Some(timestamp::seconds(now)))
    }

    /// Starts a session that no cookie brought: for tests of handlers.
    pub fn start(&self) -> Session {
        self.open_with::<[&[u8]; 0]>([], None)
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
    /// [`SessionError::TooLong`] if the cookie was larger than the limit
    /// already when it came, and was then changed without making it small
    /// enough. What grows a session fails earlier, in [`Session::insert`].
    pub fn save(&self, session: Session) -> Result<Commit, SessionError> {
        let commit = |outcome, lines| Commit {
            lines,
            outcome,
            verified: session.opened.is_some(),
            limit: self.inner.max_size,
        };
        let modified = session.is_modified();
        if session.is_empty() {
            return Ok(if modified && session.presented {
                commit(Outcome::Removed, self.inner.removal.clone())
            } else {
                commit(Outcome::Nothing, String::new())
            });
        }
        let now = session.now.unwrap_or_else(|| self.now());
        if !modified && !self.is_refresh_due(&session, now) {
            return Ok(commit(Outcome::Nothing, String::new()));
        }
        match self.write(&session, now) {
            Ok((line, len)) => Ok(commit(Outcome::Written(len), line)),
            Err(SessionError::TooLong(too_long)) if !modified => {
                Ok(commit(Outcome::Skipped(too_long), String::new()))
            }
            Err(error) => Err(error),
        }
    }

    /// Returns the name of the cookie.
    pub fn cookie_name(&self) -> &str {
        &self.inner.name
    }

    fn open_with<L>(&self, lines: L, now: Option<u64>) -> Session
    where
        L: IntoIterator<Item: AsRef<[u8]>>,
    {
        let size = Size { name: self.inner.name.len(), limit: self.inner.max_size };
        let mut session = Session::empty(size, now);
        let mut left = MAX_CANDIDATES;
        for line in lines {
            for value in header::cookies(line.as_ref(), self.inner.name.as_bytes()) {
                self.consider(value, &mut session, &mut left);
            }
        }
        session
    }

    /// Looks at one cookie of our name.
    fn consider(&self, value: &[u8], session: &mut Session, left: &mut usize) {
        session.presented = true;
        let result = self.read(value, session, left);
        if let Err(rejection) = result
            && session.opened.is_none()
        {
            session.rejection = session.rejection.max(Some(rejection));
        }
    }

    fn read(&self, value: &[u8], session: &mut Session, left: &mut usize) -> Result<(), DecodeError> {
        if value.len() > BROWSER_LIMIT.saturating_sub(self.inner.name.len()) {
            return Err(DecodeError::TooLong);
        }
        let token = UnverifiedToken::parse(value)?;
        // What has no shape costs nothing, so it is not counted either.
        let Some(fewer) = left.checked_sub(1) else { return Ok(()) };
        *left = fewer;
        let token = token.verify(&self.inner.signer)?;
        // The clock is asked only now, and once.
        let now = *session.now.get_or_insert_with(|| self.now());
        let longest = self.inner.lifetime.idle.max(self.inner.permanent_lifetime.idle);
        token.check_age(now, self.inner.skew, longest.as_secs())?;
        if session.opened.is_some_and(|best| best.issued >= token.issued) {
            return Ok(());
        }
        let envelope = Envelope::read(payload::decode(token.payload)?)?;
        let Lifetime { idle, absolute } = self.lifetime(envelope.permanent);
        token.check_age(now, self.inner.skew, idle.as_secs())?;
        token::check_age(envelope.created, now, self.inner.skew, absolute.as_secs())?;
        session.fill(envelope, token.issued, token.key);
        session.rejection = None;
        Ok(())
    }

    fn write(&self, session: &Session, now: u64) -> Result<(String, usize), SessionError> {
        let created = session.created.unwrap_or(now);
        let json = envelope::write(created, session.permanent, &session.data);
        let name = self.inner.name.as_bytes();
        let room =
            name.len().saturating_add(token::len(json.len())).saturating_add(self.inner.attributes.len());
        let mut line = Vec::with_capacity(room.saturating_add(SPARE));
        line.extend_from_slice(name);
        line.push(b'=');
        let start = line.len();
        payload::encode(json.as_bytes(), &mut line);
        token::finish(&mut line, start, now, &self.inner.signer);
        // The = between them does not count (RFC 6265bis, section 5.6).
        let len = line.len().saturating_sub(1);
        session.size.check_len(len, &session.data)?;
        line.extend_from_slice(self.inner.attributes.as_bytes());
        if session.permanent {
            let Lifetime { idle, absolute } = self.inner.permanent_lifetime;
            let left = absolute.as_secs().saturating_sub(now.saturating_sub(created));
            // Zero would remove the cookie that is being set.
            header::push_max_age(&mut line, idle.as_secs().min(left).max(1));
        }
        // Base64 and checked attributes are ASCII.
        String::from_utf8(line).map(|line| (line, len)).map_err(|_| SessionError::NotJson)
    }

    /// Says whether an opened session has used up a tenth of its idle limit.
    fn is_refresh_due(&self, session: &Session, now: u64) -> bool {
        session.opened.is_some_and(|opened| {
            let age = now.saturating_sub(opened.issued);
            let idle = self.lifetime(opened.permanent).idle.as_secs();
            !session.skip_refresh && age.saturating_mul(10) >= idle && age > 0
        })
    }

    fn lifetime(&self, permanent: bool) -> Lifetime {
        if permanent { self.inner.permanent_lifetime } else { self.inner.lifetime }
    }

    fn now(&self) -> u64 {
        timestamp::seconds(self.inner.clock.as_ref().map_or_else(SystemTime::now, |clock| clock()))
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
const MAX_CANDIDATES: usize = 8;

/// Room for Max-Age and a longer timestamp.
const SPARE: usize = 32;
