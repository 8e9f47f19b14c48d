//! What a saved session asks of the response, as header text.

use std::fmt;
use std::iter;

use crate::error::TooLong;
use crate::http::caching::{self, Caching};

/// The headers that a response needs after its session was
/// [saved](crate::Sessions::save). Text in, text out: no adapter has to know
/// how they are merged.
///
/// ```
/// # use cookie_session::{KeyRing, SecretKey, Sessions};
/// # let sessions = Sessions::builder(KeyRing::new(SecretKey::generate()?)).build()?;
/// # let mut session = sessions.start();
/// # session.insert("user_id", 42)?;
/// let commit = sessions.save(session)?;
/// for line in commit.set_cookies() {
///     // Append, beside other Set-Cookie lines.
///     println!("Set-Cookie: {line}");
/// }
/// // The existing lines go in; what comes out replaces them all.
/// assert_eq!(commit.vary(["Accept-Encoding"]).as_deref(), Some("Accept-Encoding, Cookie"));
/// assert_eq!(commit.cache_control(["public"]).as_deref(), Some("private, no-store"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "the session is saved only once its headers are in the response"]
pub struct Commit {
    /// The Set-Cookie line that sets the cookie; empty if none does.
    pub(crate) line: String,
    /// Those that remove cookies, joined by newlines.
    pub(crate) removal: String,
    pub(crate) outcome: Outcome,
    /// Whether a presented cookie verified.
    pub(crate) verified: bool,
    pub(crate) limit: usize,
}

pub(crate) enum Outcome {
    Nothing,
    /// The cookie is set; its name and value have this length.
    Written(usize),
    Removed,
    /// A refresh was due and did not fit.
    Skipped(TooLong),
    /// There were changes, and they are given up.
    Discarded,
}

impl Commit {
    /// Returns the `Set-Cookie` lines to append to the response: none if
    /// nothing changed, one that sets the cookie, or one or more that remove
    /// it. During a [migration](crate::Builder) lines that remove the old cookie
    /// follow.
    pub fn set_cookies(&self) -> impl Iterator<Item = &str> {
        iter::once(&*self.line).chain(self.removal.lines()).filter(|line| !line.is_empty())
    }

    /// Returns the `Vary` header that the response needs, given its existing
    /// lines, or `None` if they will do.
    ///
    /// Every response that looked at the session varies by `Cookie`, or a cache
    /// could answer one visitor with another's page (CVE-2023-30861).
    pub fn vary(&self, existing: impl IntoIterator<Item: AsRef<[u8]>>) -> Option<String> {
        caching::vary(existing)
    }

    /// Returns the `Cache-Control` header that the response needs, given its
    /// existing lines, or `None` if they will do.
    ///
    /// `private` if the visitor had a session, `private, no-store` if the
    /// cookie is set or removed, since some caches ignore `Vary`. Directives
    /// that would allow more are dropped; the response never becomes more
    /// cacheable than it was.
    pub fn cache_control(&self, existing: impl IntoIterator<Item: AsRef<[u8]>>) -> Option<String> {
        caching::cache_control(existing, self.caching())
    }

    /// Returns the `Cache-Control` header that a response without one needs:
    /// what [`cache_control`](Self::cache_control) returns without existing
    /// lines, from static memory.
    pub fn cache_control_alone(&self) -> Option<&'static str> {
        caching::cache_control_alone(self.caching())
    }

    /// Says whether the response must lose the header of this name, in any
    /// case, since it would overrule `Cache-Control` in some caches: every
    /// `…-Cache-Control` that is meant for one kind of cache (RFC 9213), and
    /// `Surrogate-Control`, `Edge-Control` and nginx's `X-Accel-Expires`.
    ///
    /// ```
    /// # use cookie_session::{KeyRing, SecretKey, Sessions};
    /// # let sessions = Sessions::builder(KeyRing::new(SecretKey::generate()?)).build()?;
    /// # let mut session = sessions.start();
    /// # session.insert("user_id", 42)?;
    /// let commit = sessions.save(session)?;
    /// let mut headers = vec![("vercel-cdn-cache-control", "public"), ("content-type", "text/html")];
    /// headers.retain(|(name, _)| !commit.drops_header(name));
    /// assert_eq!(headers, [("content-type", "text/html")]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn drops_header(&self, name: &str) -> bool {
        self.caching() != Caching::Untouched && caching::overrules_cache_control(name)
    }

    /// Returns `name=value` of the cookie that is set, as a browser would send
    /// it back: for tests of handlers.
    pub fn cookie_pair(&self) -> Option<&str> {
        match self.outcome {
            Outcome::Written(_) => self.line.split(';').next(),
            _ => None,
        }
    }

    /// Returns the length of the name and value of the cookie that is set, in
    /// bytes.
    pub fn cookie_size(&self) -> Option<usize> {
        match self.outcome {
            Outcome::Written(len) => Some(len),
            _ => None,
        }
    }

    /// Returns how long name and value together may be, in bytes.
    pub fn max_cookie_size(&self) -> usize {
        self.limit
    }

    /// Says whether the cookie is removed.
    pub fn is_removal(&self) -> bool {
        matches!(self.outcome, Outcome::Removed)
    }

    /// Returns why a refresh that was due did not happen. The old cookie stays
    /// as it is; nothing is wrong with the response.
    pub fn skipped(&self) -> Option<&TooLong> {
        match &self.outcome {
            Outcome::Skipped(too_long) => Some(too_long),
            _ => None,
        }
    }

    fn caching(&self) -> Caching {
        match self.outcome {
            Outcome::Written(_) | Outcome::Removed | Outcome::Discarded => Caching::NoStore,
            _ if self.verified => Caching::Private,
            _ => Caching::Untouched,
        }
    }
}

impl fmt::Debug for Commit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Commit")
            .field("cookie_size", &self.cookie_size())
            .field("is_removal", &self.is_removal())
            .field("skipped", &self.skipped().is_some())
            .finish_non_exhaustive()
    }
}
