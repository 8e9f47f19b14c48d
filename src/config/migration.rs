//! Coming over from another library: its cookie is read for a while, once for each visitor.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::time::SystemTime;

use serde::Serialize;

use crate::config::Builder;
use crate::config::browser::{check_attributes, check_name, has_prefix, spell_path};
use crate::error::ConfigError;
use crate::http::set_cookie::{Attributes, SameSite};
use crate::json;
use crate::sessions::{Read, Reader};
use crate::token::timestamp;

/// The cookie of another library, by its name and the attributes that a removal needs: Path=/ and no Domain unless
/// told otherwise.
///
/// ```
/// use cookie_session::migration::OldCookie;
///
/// let old = OldCookie::new("id").path("/app").domain("example.org");
/// # let _: OldCookie = old;
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct OldCookie {
    name: String,
    beside: Option<String>,
    path: String,
    domain: Option<String>,
}

impl OldCookie {
    /// Names the cookie.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), beside: None, path: "/".into(), domain: None }
    }

    /// Names a second cookie that the other library sets beside it, with the same attributes, such as the signature in
    /// `session.sig` of Express. What reads the old cookie finds it in [`OldValue::beside`], and both are removed
    /// together.
    ///
    /// ```
    /// # use cookie_session::migration::OldCookie;
    /// let old = OldCookie::new("session").beside("session.sig");
    /// # let _: OldCookie = old;
    /// ```
    pub fn beside(mut self, name: impl Into<String>) -> Self {
        self.beside = Some(name.into());
        self
    }

    /// Sets the path that the other library gave it.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = spell_path(&path.into());
        self
    }

    /// Sets the domain that the other library gave it.
    pub fn domain(mut self, domain: impl Into<String>) -> Self {
        self.domain = Some(domain.into());
        self
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        [Some(&self.name), self.beside.as_ref()].into_iter().flatten().map(String::as_str)
    }

    /// Returns the lines that remove it and what is beside it, joined by newlines.
    fn removal(&self, secure: bool) -> Result<String, ConfigError> {
        let remove = |name| {
            check_name(name)?;
            let attributes = Attributes {
                path: &self.path,
                domain: self.domain.as_deref(),
                // Over plain HTTP no browser has a cookie with a prefix, so that the line does nothing there.
                secure: secure || has_prefix(name),
                http_only: true,
                same_site: SameSite::Lax,
                partitioned: false,
            };
            check_attributes(name, &attributes)?;
            Ok(attributes.removal(name))
        };
        Ok(self.names().map(remove).collect::<Result<Vec<_>, _>>()?.join("\n"))
    }
}

impl From<&str> for OldCookie {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

impl From<String> for OldCookie {
    fn from(name: String) -> Self {
        Self::new(name)
    }
}

/// The value of an old cookie, which is bytes, as the browser sent it.
#[derive(Clone, Copy)]
pub struct OldValue<'v> {
    value: &'v [u8],
    beside: &'v [Vec<u8>],
}

impl<'v> OldValue<'v> {
    pub(crate) fn new(value: &'v [u8], beside: &'v [Vec<u8>]) -> Self {
        Self { value, beside }
    }

    /// Returns the values of the cookie that [`OldCookie::beside`] names, in the order of the request: none or one,
    /// unless the browser has it for several paths or domains. It has never more than eight.
    ///
    /// Which of them belongs to this value, the request does not say. Where it is a signature, one that verifies will do.
    pub fn beside(&self) -> impl Iterator<Item = &'v [u8]> + use<'v> {
        self.beside.iter().map(Vec::as_slice)
    }
}

impl Deref for OldValue<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.value
    }
}

/// Shows nothing: it is as good as a password.
impl fmt::Debug for OldValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OldValue").finish_non_exhaustive()
    }
}

/// What reads it, as it was configured.
#[derive(Clone)]
pub(super) struct Migrating {
    old: OldCookie,
    until: u64,
    read: Read,
}

impl Builder {
    /// Reads the cookie of another library too, for visitors who still have it, and issues their sessions anew.
    ///
    /// `read` gets the value of the old cookie as the browser sent it, an [`OldValue`], which is `&[u8]` where bytes are
    /// wanted. It returns the data of the session, a struct or a map, or `None` if the value is not genuine. The old
    /// library decides that, so keep it as a dependency until then. The guide has tested recipes.
    ///
    /// A request without a cookie of ours calls `read` once for each old cookie that it has, eight times at the most,
    /// until one is genuine. What takes long, such as deriving a key, belongs before it.
    ///
    /// Nothing of the old format is accepted after `until`, without a deploy: choose the date at which the last of the
    /// old sessions would have ended. The session counts as created now. It is saved with the next response, which
    /// removes the old cookie; what does not fit stays as it is. A cookie of ours that is presented, good or bad, keeps
    /// the old one from being read, and every removal removes both: a logout is not undone by the old one. A copy of
    /// the old cookie that somebody kept is good until the end, as it was before, and
    /// [`created_after`](Self::created_after) does not stop it, since its session begins now: in an emergency take the
    /// migration out, or let `read` refuse.
    ///
    /// ```
    /// use std::collections::BTreeMap;
    /// use std::time::{Duration, SystemTime};
    /// use cookie_session::{KeyRing, SecretKey, Sessions};
    /// # mod old_library { pub fn verify(value: &str) -> Option<&str> { value.strip_suffix("--signature") } }
    ///
    /// let until = SystemTime::now() + Duration::from_secs(14 * 24 * 60 * 60);
    /// let sessions = Sessions::builder(KeyRing::new(SecretKey::generate()?))
    ///     .migrate_with("id", until, |value| {
    ///         let user = old_library::verify(std::str::from_utf8(value).ok()?)?;
    ///         Some(BTreeMap::from([("user", user.to_owned())]))
    ///     })
    ///     .build()?;
    ///
    /// let session = sessions.open(["id=ada--signature"]);
    /// assert_eq!(session.get::<String>("user")?.as_deref(), Some("ada"));
    /// let commit = sessions.save(session)?;
    /// assert_eq!(commit.set_cookies().count(), 2); // sets the new one, removes the old one
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn migrate_with<T: Serialize>(
        mut self,
        old: impl Into<OldCookie>,
        until: SystemTime,
        read: impl Fn(&OldValue<'_>) -> Option<T> + Send + Sync + 'static,
    ) -> Self {
        let read = move |value: &OldValue<'_>| json::text(json::to_bytes(&read(value)?).ok()?).ok();
        self.migrating =
            Some(Migrating { old: old.into(), until: timestamp::seconds(until), read: Arc::new(read) });
        self
    }

    /// Checks what reads the other library's cookie.
    pub(super) fn reader(&self) -> Result<Option<Reader>, ConfigError> {
        let Some(Migrating { old, until, read }) = &self.migrating else { return Ok(None) };
        let problem = match () {
            () if !self.profile.format.is_native() => {
                "goes to this library's own format; a Python profile shares the cookie as it is"
            }
            () if old.names().any(|name| name == self.name) => {
                "needs another cookie name than the old cookie has"
            }
            () if old.beside.as_ref() == Some(&old.name) => "needs two names for two cookies",
            () if self.migrate.is_some() => {
                "and migrate_from do not go together: one migration after the other"
            }
            () => {
                return Ok(Some(Reader {
                    removal: old.removal(self.secure)?,
                    name: old.name.clone(),
                    beside: old.beside.clone(),
                    until: *until,
                    read: Arc::clone(read),
                }));
            }
        };
        Err(ConfigError::new(format!("migrate_with {problem}")))
    }
}
