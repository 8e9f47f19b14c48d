//! Small signed cookies beside the session: one value of one type under one name.
//!
//! For what must not live in the session: what an OpenID Connect login keeps while the visitor is away ([the
//! guide](crate::guide::login) shows one; an answer that comes as a form of another site needs SameSite=None, which the
//! session's cookie should not have), a preference that survives a logout, a message for the next page. A slow response
//! that writes the session cannot undo such a cookie, nor the reverse.
//!
//! ```
//! use std::time::Duration;
//! use cookie_session::signed_cookie::SignedCookie;
//! use cookie_session::{KeyRing, SameSite, SecretKey};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Serialize, Deserialize)]
//! struct Login {
//!     state: String,
//!     next: String,
//! }
//!
//! let keys = KeyRing::new(SecretKey::generate()?);
//! let login = SignedCookie::<Login>::builder(&keys, "__Host-oidc")
//!     .max_age(Duration::from_secs(10 * 60))
//!     .same_site(SameSite::None)
//!     .build()?;
//!
//! // Before the visitor leaves: a Set-Cookie line.
//! let set = login.set(&Login { state: "af0ifjsldkj".into(), next: "/cart".into() })?;
//! assert!(set.as_str().starts_with("__Host-oidc="));
//!
//! // When the visitor comes back: the lines of the Cookie header.
//! # let lines = [set.as_str().split(';').next().unwrap()];
//! let Some(back) = login.get(lines)? else { panic!("nobody left") };
//! assert_eq!(back.next, "/cart");
//!
//! // And it is good once only if the response removes it.
//! assert!(login.removal().as_str().contains("Max-Age=0"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The value is signed and can be read by the visitor, unless the builder was told `encrypted()`. As with sessions, the
//! name is part of what is signed, so that no cookie passes for another, and a visitor can present any value again that is
//! not older than `max_age`.
//!
//! What sets or removes the cookie keeps its response out of caches. What only reads it does not: give each page that differs
//! by it the header `Cache-Control: private`, as a session does by itself.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::clock::Clock;
use crate::codec::DEFAULT_SKEW;
use crate::config::application;
use crate::config::browser::{self, BROWSER_LIMIT};
use crate::config::lifetime::{MAX_LIFETIME, MIN_LIFETIME};
use crate::error::{ConfigError, DecodeError, EncodeError};
use crate::http::caching::{self, Caching};
use crate::http::cookie_header::cookies;
use crate::http::set_cookie::{Attributes, MAX_AGE_LEN, SameSite, push_max_age};
use crate::json;
use crate::key::{KeyRing, Secrets};
use crate::sessions::MAX_CANDIDATES;
use crate::token::salt::Purpose;
use crate::token::{Tokens, timestamp};

/// A cookie that holds a signed `T`. Make it once at start-up and share it: a clone costs one reference count.
pub struct SignedCookie<T> {
    inner: Arc<Inner>,
    value: PhantomData<fn(T) -> T>,
}

struct Inner {
    tokens: Tokens,
    name: String,
    attributes: String,
    removal: String,
    max_age: u64,
    clock: Clock,
}

impl<T> SignedCookie<T> {
    /// Begins the configuration of the cookie of this name. The ring may be that of the sessions: what the keys sign
    /// is kept apart.
    pub fn builder(keys: &KeyRing, name: impl Into<String>) -> Builder<T> {
        Builder {
            keys: keys.clone(),
            name: name.into(),
            application: None,
            path: "/".into(),
            domain: None,
            secure: true,
            http_only: true,
            same_site: SameSite::Lax,
            max_age: DEFAULT_MAX_AGE,
            clock: Clock::default(),
            insecure: false,
            tokens: Tokens::native,
            value: PhantomData,
        }
    }

    /// Returns the line that sets the cookie to this value, signed now.
    ///
    /// # Errors
    ///
    /// [`EncodeError::NotJson`] if the value has no JSON form, [`EncodeError::TooLong`] if browsers would ignore the
    /// cookie: name and value may take 4096 bytes.
    pub fn set(&self, value: &T) -> Result<SetCookie, EncodeError>
    where
        T: Serialize,
    {
        let Inner { tokens, name, attributes, max_age, .. } = &*self.inner;
        let mut json = json::buffer();
        json::write_compact(value, &mut json).map_err(|_| EncodeError::NotJson)?;
        let more = attributes.len().saturating_add(MAX_AGE_LEN);
        let mut line = Vec::with_capacity(
            name.len().saturating_add(1).saturating_add(tokens.capacity(json.len(), more)),
        );
        line.extend_from_slice(name.as_bytes());
        line.push(b'=');
        tokens.write(&json, self.now().as_secs(), &mut line);
        // The = between them does not count (RFC 6265bis, section 5.6).
        let len = line.len().saturating_sub(1);
        if len > BROWSER_LIMIT {
            return Err(EncodeError::TooLong { len, limit: BROWSER_LIMIT });
        }
        let mut line = String::from_utf8(line).map_err(|_| EncodeError::NotJson)?;
        line.push_str(attributes);
        push_max_age(&mut line, i64::try_from(*max_age).unwrap_or(i64::MAX));
        Ok(SetCookie(line))
    }

    /// Returns the value that the request's cookie holds, given all lines of its `Cookie` header as bytes, or `None`
    /// if there is no cookie of this name.
    ///
    /// Of several cookies of the name the newest that verifies wins, on a tie the first, as with sessions.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] if there are cookies of this name and none is good: the reason of the one that came furthest
    /// along the checks. For logs; treat it as no cookie.
    pub fn get(&self, lines: impl IntoIterator<Item: AsRef<[u8]>>) -> Result<Option<T>, DecodeError>
    where
        T: DeserializeOwned,
    {
        let mut left = MAX_CANDIDATES;
        let mut now = None;
        let mut best: Option<(u64, T)> = None;
        let mut rejection = None;
        for line in lines {
            for value in cookies(line.as_ref(), self.inner.name.as_bytes()) {
                let newer_than = best.as_ref().map(|(issued, _)| *issued);
                match self.read(value, &mut left, &mut now, newer_than) {
                    Ok(Some(read)) => best = Some(read),
                    Ok(None) => {}
                    Err(error) => rejection = rejection.max(Some(error)),
                }
            }
        }
        match (best, rejection) {
            (Some((_, value)), _) => Ok(Some(value)),
            (None, Some(error)) => Err(error),
            (None, None) => Ok(None),
        }
    }

    /// Returns the line that removes the cookie.
    pub fn removal(&self) -> SetCookie {
        SetCookie(self.inner.removal.clone())
    }

    /// Returns the name of the cookie.
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// Reads one candidate, unless another that is no older was good.
    fn read(
        &self,
        value: &[u8],
        left: &mut usize,
        now: &mut Option<Duration>,
        newer_than: Option<u64>,
    ) -> Result<Option<(u64, T)>, DecodeError>
    where
        T: DeserializeOwned,
    {
        let Inner { tokens, name, max_age, .. } = &*self.inner;
        if value.len() > BROWSER_LIMIT.saturating_sub(name.len()) {
            return Err(DecodeError::TooLong);
        }
        let token = tokens.parse(value)?;
        // What has no shape costs nothing, so it is not counted either.
        let Some(fewer) = left.checked_sub(1) else { return Ok(None) };
        *left = fewer;
        let token = token.verify(tokens)?;
        let now = *now.get_or_insert_with(|| self.now());
        token.check_age(now.as_secs(), DEFAULT_SKEW.as_secs(), *max_age)?;
        if newer_than.is_some_and(|best| best >= token.issued) {
            return Ok(None);
        }
        let value = tokens
            .decode_with(&token, |json| serde_json::from_str(json).map_err(|_| DecodeError::Payload))?;
        Ok(Some((token.issued, value)))
    }

    fn now(&self) -> Duration {
        timestamp::since_1970(self.inner.clock.when_judged())
    }
}

impl<T> Clone for SignedCookie<T> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner), value: PhantomData }
    }
}

impl<T> fmt::Debug for SignedCookie<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedCookie")
            .field("name", &self.inner.name)
            .field("attributes", &self.inner.attributes)
            .field("max_age", &Duration::from_secs(self.inner.max_age))
            .finish_non_exhaustive()
    }
}

/// Configures a [`SignedCookie`]: Secure, HttpOnly, SameSite=Lax, Path=/ and ten minutes unless told otherwise.
#[must_use]
pub struct Builder<T> {
    keys: KeyRing,
    name: String,
    application: Option<String>,
    path: String,
    domain: Option<String>,
    secure: bool,
    http_only: bool,
    same_site: SameSite,
    max_age: Duration,
    pub(crate) clock: Clock,
    insecure: bool,
    /// Makes those of the cookie: signed, or encrypted ones.
    pub(crate) tokens: fn(&Secrets, Purpose, &[u8]) -> Result<Tokens, ConfigError>,
    value: PhantomData<fn(T) -> T>,
}

impl<T> Builder<T> {
    /// Sets for how long the browser keeps the cookie and the server accepts it, in whole seconds: one second to 400
    /// days.
    pub fn max_age(mut self, max_age: Duration) -> Self {
        self.max_age = max_age;
        self
    }

    /// Names the application, so that its cookies are none of another's that has the same keys, as
    /// [`Builder::application`](crate::Builder::application) does for sessions.
    pub fn application(mut self, application: impl Into<String>) -> Self {
        self.application = Some(application.into());
        self
    }

    /// Sets the path that the browser sends the cookie to.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = browser::spell_path(&path.into());
        self
    }

    /// Sets a domain, whose subdomains then get the cookie too.
    pub fn domain(mut self, domain: impl Into<String>) -> Self {
        self.domain = Some(domain.into());
        self
    }

    /// Sets with which requests that other sites cause the browser sends the cookie.
    pub fn same_site(mut self, same_site: SameSite) -> Self {
        self.same_site = same_site;
        self
    }

    /// Sets whether the cookie is kept from scripts.
    pub fn http_only(mut self, http_only: bool) -> Self {
        self.http_only = http_only;
        self
    }

    /// Replaces the clock, as [`Builder::clock`](crate::Builder::clock) does for sessions.
    pub fn clock(mut self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Clock::other(clock);
        self
    }

    /// Makes the cookie work over plain HTTP on a developer's machine, as
    /// [`Builder::insecure_for_local_http`](crate::Builder::insecure_for_local_http) does for sessions.
    pub fn insecure_for_local_http(mut self) -> Self {
        self.insecure = true;
        self
    }

    /// Checks the configuration and derives the keys.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] for what a browser would refuse, as
    /// [`Builder::build`](crate::Builder::build) has it for sessions.
    pub fn build(mut self) -> Result<SignedCookie<T>, ConfigError> {
        if self.insecure {
            self.secure = false;
            self.domain = None;
            if self.same_site == SameSite::None {
                self.same_site = SameSite::Lax;
            }
            self.name = browser::name_for_local_http(self.name);
        }
        self.clock.check()?;
        browser::check_name(&self.name)?;
        let attributes = Attributes {
            path: &self.path,
            domain: self.domain.as_deref(),
            secure: self.secure,
            http_only: self.http_only,
            same_site: self.same_site,
            partitioned: false,
        };
        browser::check_attributes(&self.name, &attributes)?;
        if self.max_age < MIN_LIFETIME || self.max_age > MAX_LIFETIME {
            return Err(ConfigError::new(
                "max_age is from one second to 400 days, the longest that browsers keep a cookie",
            ));
        }
        let place = application::place(&self.name, self.application.as_deref())?;
        Ok(SignedCookie {
            inner: Arc::new(Inner {
                tokens: (self.tokens)(&self.keys.0, Purpose::SignedCookie, place.as_bytes())?,
                attributes: attributes.text(),
                removal: attributes.removal(&self.name),
                name: self.name,
                max_age: self.max_age.as_secs(),
                clock: self.clock,
            }),
            value: PhantomData,
        })
    }
}

impl<T> fmt::Debug for Builder<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("name", &self.name)
            .field("application", &self.application)
            .field("path", &self.path)
            .field("domain", &self.domain)
            .field("same_site", &self.same_site)
            .field("http_only", &self.http_only)
            .field("max_age", &self.max_age)
            .finish_non_exhaustive()
    }
}

/// A `Set-Cookie` line to append to the response, beside others, and what it asks of caches.
#[derive(Clone, PartialEq, Eq)]
#[must_use = "the cookie is set only once this is in the response"]
pub struct SetCookie(String);

impl SetCookie {
    /// Returns the value of the `Set-Cookie` header.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the `Cache-Control` header that the response needs, given its existing lines, or `None` if they will
    /// do: a response that sets a cookie belongs in no cache.
    pub fn cache_control(&self, existing: impl IntoIterator<Item: AsRef<[u8]>>) -> Option<String> {
        caching::cache_control(existing, Caching::NoStore)
    }

    /// Says whether the response must lose the header of this name, as
    /// [`Commit::drops_header`](crate::Commit::drops_header) does.
    pub fn drops_header(&self, name: &str) -> bool {
        caching::overrules_cache_control(name)
    }
}

impl fmt::Debug for SetCookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The value can be presented by whoever reads it in a log.
        let name = self.0.split('=').next().unwrap_or_default();
        f.debug_struct("SetCookie").field("name", &name).finish_non_exhaustive()
    }
}

const DEFAULT_MAX_AGE: Duration = Duration::from_secs(10 * 60);
