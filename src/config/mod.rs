//! What can be configured, the defaults, and what is refused.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use crate::clock::Clock;
use crate::codec::DEFAULT_SKEW;
use crate::config::browser::{BROWSER_LIMIT, check_attributes, check_name, name_for_local_http, spell_path};
use crate::config::encrypted::Privacy;
use crate::config::lifetime::{Lifetime, MIN_LIFETIME, check_lifetime};
use crate::error::ConfigError;
use crate::format::profile::Profile;
use crate::http::set_cookie::{Attributes, SameSite};
use crate::session::Terms;
use crate::session::facts::Facts;
use crate::session::members::Data;
use crate::sessions::{Inner, Migration, Sessions};
use crate::token::stamp::Stamps;
use crate::token::{bounds, timestamp};

pub(crate) mod application;
pub(crate) mod browser;
#[cfg(feature = "encrypted")]
mod encrypted;
#[cfg(not(feature = "encrypted"))]
#[path = "not_encrypted.rs"]
mod encrypted;
pub(crate) mod lifetime;
pub mod migration;

impl Sessions {
    /// Begins a configuration. A [`KeyRing`](crate::KeyRing) is the profile of
    /// this library's own format.
    pub fn builder(profile: impl Into<Profile>) -> Builder {
        Builder::new(profile.into())
    }
}

/// Configures [`Sessions`].
///
/// Everything has a safe default:
///
/// | setting | default |
/// |---|---|
/// | [`name`](Self::name) | `__Host-session` |
/// | [`application`](Self::application) | none |
/// | [`path`](Self::path) | `/` |
/// | [`domain`](Self::domain) | none: this host only |
/// | [`secure`](Self::secure), [`http_only`](Self::http_only) | yes |
/// | [`same_site`](Self::same_site) | `Lax` |
/// | [`partitioned`](Self::partitioned) | no |
/// | [`lifetime`](Self::lifetime) | 2 h idle, 24 h absolute |
/// | [`permanent_lifetime`](Self::permanent_lifetime) | 14 d idle, 90 d absolute |
/// | [`skew`](Self::skew) | 60 s |
/// | [`created_after`](Self::created_after) | sessions of any time |
/// | [`max_cookie_size`](Self::max_cookie_size) | 4096 bytes |
///
/// The profile of a Python framework has the framework's own instead where they
/// differ: the name (`session`, in Django `sessionid`), no Secure, and one
/// lifetime for all sessions that is set on the profile.
///
/// ```
/// use std::time::Duration;
/// use cookie_session::{KeyRing, Lifetime, SameSite, SecretKey, Sessions};
///
/// let hour = Duration::from_secs(60 * 60);
/// let sessions = Sessions::builder(KeyRing::new(SecretKey::generate()?))
///     .name("__Host-admin")
///     .same_site(SameSite::Strict)
///     .lifetime(Lifetime { idle: hour, absolute: 8 * hour })
///     .build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[must_use = "a builder does nothing until `build`"]
pub struct Builder {
    profile: Profile,
    privacy: Privacy,
    name: String,
    path: String,
    domain: Option<String>,
    secure: bool,
    http_only: bool,
    same_site: SameSite,
    partitioned: bool,
    lifetime: Option<Lifetime>,
    permanent_lifetime: Option<Lifetime>,
    skew: Duration,
    created_after: Option<SystemTime>,
    max_cookie_size: usize,
    pub(crate) clock: Clock,
    formerly: Vec<(String, Option<String>)>,
    formerly_partitioned: bool,
    application: Option<String>,
    migrate: Option<Migration>,
    migrating: Option<migration::Migrating>,
    insecure: bool,
}

impl Builder {
    pub(crate) fn new(profile: Profile) -> Self {
        Self {
            name: profile.name.into(),
            path: "/".into(),
            domain: None,
            secure: profile.secure,
            http_only: true,
            same_site: SameSite::Lax,
            partitioned: false,
            lifetime: None,
            permanent_lifetime: None,
            skew: DEFAULT_SKEW,
            created_after: None,
            max_cookie_size: BROWSER_LIMIT,
            clock: Clock::default(),
            formerly: Vec::new(),
            formerly_partitioned: false,
            application: None,
            migrate: None,
            migrating: None,
            insecure: false,
            privacy: Default::default(),
            profile,
        }
    }

    /// Sets the name of the cookie. Another name is another session: a cookie
    /// of one name is never accepted under another. That holds in the library's
    /// own format; the Python frameworks do not sign the name.
    ///
    /// Only names that begin with `__Host-` keep other hosts of the same domain
    /// from planting a cookie here (RFC 6265bis, section 4.1.3).
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Names the application, or the deployment of it, such as `staging`: 1 to 64
    /// visible ASCII characters. The name is part of what the keys are derived
    /// for, so the sessions of one application are none in another, although they
    /// share keys and the name of the cookie. The default is none; to set it later
    /// ends the sessions there are.
    ///
    /// Better is a key of its own for each. For a [`Codec`](crate::Codec), put the
    /// name into the salt. The Python frameworks have nothing of the kind, and
    /// with their profiles this is an error.
    pub fn application(mut self, application: impl Into<String>) -> Self {
        self.application = Some(application.into());
        self
    }

    /// Sets the path below which browsers send the cookie. A space or `é` in it is
    /// escaped as browsers do it in requests, with which they compare it. It is no
    /// protection against other applications on the same host.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = spell_path(&path.into());
        self
    }

    /// Shares the cookie with all hosts below a domain, such as `example.org`.
    /// Each of them can then read and replace it. Needs a name without
    /// `__Host-`.
    pub fn domain(mut self, domain: impl Into<String>) -> Self {
        self.domain = Some(domain.into());
        self
    }

    /// Sets whether browsers send the cookie over HTTPS only.
    pub fn secure(mut self, secure: bool) -> Self {
        self.secure = secure;
        self
    }

    /// Sets whether scripts in the page are kept from the cookie.
    pub fn http_only(mut self, http_only: bool) -> Self {
        self.http_only = http_only;
        self
    }

    /// Sets when the cookie goes along with requests that other sites cause.
    pub fn same_site(mut self, same_site: SameSite) -> Self {
        self.same_site = same_site;
        self
    }

    /// Sets whether the cookie has a jar of its own under each top-level site
    /// (CHIPS), for content that other sites embed. Removals cover cookies from
    /// before it was turned on; when you turn it off again, say so with
    /// [`formerly_partitioned`](Self::formerly_partitioned).
    pub fn partitioned(mut self, partitioned: bool) -> Self {
        self.partitioned = partitioned;
        self
    }

    /// Sets the lifetime of sessions that end with the browser. With a
    /// framework's profile, which has a lifetime of its own, this is an error.
    pub fn lifetime(mut self, lifetime: Lifetime) -> Self {
        self.lifetime = Some(lifetime);
        self
    }

    /// Sets the lifetime of [permanent](crate::Session::set_permanent) sessions.
    /// With a framework's profile, which has a lifetime of its own, this is an
    /// error.
    pub fn permanent_lifetime(mut self, lifetime: Lifetime) -> Self {
        self.permanent_lifetime = Some(lifetime);
        self
    }

    /// Sets by how much the clocks of the machines that share the keys may
    /// differ. A token from further in the future is refused; a nearer one
    /// counts as made now.
    pub fn skew(mut self, skew: Duration) -> Self {
        self.skew = skew;
        self
    }

    /// Ends all sessions that were created before a time, whomever they belong to: the
    /// brake, for when a session or a right may have fallen into wrong hands and
    /// nobody knows whose. The keys stay, and so do [`Codec`](crate::Codec) tokens,
    /// which have [`issued_after`](crate::Codec::issued_after).
    ///
    /// Such a session is [`Expired`](crate::DecodeError::Expired). Every machine
    /// needs it, until the [absolute lifetime](Lifetime::absolute) has passed since.
    /// A time that is still to come refuses all logins till then. It is rounded up
    /// to whole seconds, in which sessions say when they were created. Cookies that are taken over by
    /// [`migrate_with`](Self::migrate_with) count as created now: end that first.
    ///
    /// The sessions of the Python frameworks do not say when they were created, and
    /// with their profiles this is an error.
    pub fn created_after(mut self, time: SystemTime) -> Self {
        self.created_after = Some(time);
        self
    }

    /// Sets how long the name and the value of the cookie together may be, in
    /// bytes: at most 4096, which is what browsers store. Proxies may carry
    /// less, and the request carries all cookies of the host in one header.
    pub fn max_cookie_size(mut self, bytes: usize) -> Self {
        self.max_cookie_size = bytes;
        self
    }

    /// Replaces the clock: in tests and demonstrations, and where the system
    /// has none, as on `wasm32-unknown-unknown`.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use std::sync::atomic::{AtomicU64, Ordering};
    /// use std::time::{Duration, SystemTime};
    /// use cookie_session::{DecodeError, KeyRing, SecretKey, Sessions};
    ///
    /// let seconds = Arc::new(AtomicU64::new(1_700_000_000));
    /// let hand = Arc::clone(&seconds);
    /// let sessions = Sessions::builder(KeyRing::new(SecretKey::generate()?))
    ///     .clock(move || SystemTime::UNIX_EPOCH + Duration::from_secs(hand.load(Ordering::Relaxed)))
    ///     .build()?;
    ///
    /// let mut session = sessions.start();
    /// session.insert("user_id", 42)?;
    /// let commit = sessions.save(session)?;
    ///
    /// seconds.fetch_add(3 * 60 * 60, Ordering::Relaxed);
    /// let session = sessions.open(commit.cookie_pair());
    /// assert_eq!(session.rejection(), Some(&DecodeError::Expired));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn clock(mut self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Clock::other(clock);
        self
    }

    /// Names a path and a domain that this cookie was set with before. Every
    /// removal covers them too; otherwise a visitor who still has the old
    /// cookie could not log out.
    pub fn formerly(mut self, path: impl Into<String>, domain: Option<&str>) -> Self {
        self.formerly.push((spell_path(&path.into()), domain.map(Into::into)));
        self
    }

    /// Says that this cookie was [partitioned](Self::partitioned) before. Every
    /// removal covers those too, with this path and domain and with those of
    /// [`formerly`](Self::formerly): in the jar of the top-level site that the
    /// visitor is at, which is the only one that a response reaches.
    ///
    /// Browsers take such a removal over HTTPS only, so [`build`](Self::build)
    /// refuses it without Secure.
    pub fn formerly_partitioned(mut self) -> Self {
        self.formerly_partitioned = true;
        self
    }

    /// Reads the sessions of a Python framework too, for visitors who still have
    /// its cookie, and issues them anew in this library's own format.
    ///
    /// `old` is built from the framework's profile, with the attributes that the
    /// framework gives its cookie; its name must differ from this one's.
    /// A session of it is accepted only if it was issued before `issued_before`
    /// (when the old application stopped) and only until `until`; after that
    /// nothing of the old format is, without a deploy. It was created, as far as
    /// anyone can tell, when its token was issued. The next save sets the new
    /// cookie and removes the old one; what does not fit stays as it is. A new
    /// cookie that is presented, good or bad, keeps the old one from being read,
    /// and every removal removes both: a logout is not undone by the old one.
    ///
    /// While both applications run, both use the framework's profile instead.
    #[cfg(feature = "_python")]
    pub fn migrate_from(mut self, old: Sessions, issued_before: SystemTime, until: SystemTime) -> Self {
        self.migrate = Some(Migration {
            from: old,
            issued_before: timestamp::seconds(issued_before),
            until: timestamp::seconds(until),
        });
        self
    }

    /// Makes the cookie work over plain HTTP on a developer's machine: drops
    /// Secure, Partitioned and the domain, makes SameSite=None Lax, and names it `dev-session` instead of
    /// `__Host-session`. Other prefixes leave a trace, so that different names stay
    /// different: `__Secure-session` is `devSecure-session`.
    ///
    /// Chromium and Firefox keep Secure cookies on `http://localhost`; Safari
    /// does not, and no browser does on other plain-HTTP hosts.
    pub fn insecure_for_local_http(mut self) -> Self {
        self.insecure = true;
        self
    }

    /// Checks the configuration, derives the keys, and makes the [`Sessions`].
    ///
    /// # Errors
    ///
    /// [`ConfigError`] for what a browser would refuse or what is unsafe; its
    /// text says what to write instead. A name or attribute outside the grammar
    /// of RFC 6265bis, section 4.1.1; a cookie prefix without the attributes it
    /// demands; SameSite=None or Partitioned without Secure; attributes over
    /// 1024 octets; lifetimes under 1 s or over 400 days, idle above absolute;
    /// a skew over 10 minutes; a size over 4096 bytes or too small for any
    /// session; more than 8 keys.
    ///
    /// With a framework's profile: [`lifetime`](Self::lifetime) or
    /// [`permanent_lifetime`](Self::permanent_lifetime), since the profile has
    /// one for all sessions; a lifetime on the profile under 1 s, over 100
    /// years, or no longer than tokens are dated back; dating back by more than
    /// 10 minutes; a `max_inflated_size` over 4 MiB. With `migrate_from`: old sessions that are not of such
    /// a profile, new ones that are, or one cookie name for both.
    pub fn build(mut self) -> Result<Sessions, ConfigError> {
        if self.insecure {
            self.secure = false;
            self.partitioned = false;
            self.formerly_partitioned = false;
            self.domain = None;
            if self.same_site == SameSite::None {
                self.same_site = SameSite::Lax;
            }
            self.name = name_for_local_http(self.name);
        }
        check_name(&self.name)?;
        let attributes = self.attributes(&self.path, self.domain.as_deref())?;
        let set = attributes.text();
        let (lifetime, permanent_lifetime) = self.lifetimes()?;
        bounds::check_skew(self.skew)?;
        bounds::check_backdate(self.profile.backdate)?;
        self.profile.format.check_bounds()?;
        self.clock.check()?;
        self.check_application()?;
        self.check_created_after()?;
        let place = application::place(&self.name, self.application.as_deref())?;
        let stamps = match self.profile.format.is_native() {
            true => Some(Stamps::derive(&self.profile.secrets, &place)?),
            false => None,
        };
        let (tokens, also) = self.privacy.tokens(&self.profile, &place)?;
        let mut weak_secrets = self.profile.weak_secrets();
        weak_secrets.extend(self.migrate.iter().flat_map(|migration| migration.from.weak_secrets()).cloned());
        let terms = Terms {
            owner: OWNERS.fetch_add(1, Ordering::Relaxed),
            format: tokens.format,
            overhead: self.name.len().saturating_add(tokens.len(0)),
            limit: self.max_cookie_size,
            permanent_lifetime: permanent_lifetime.idle.as_secs(),
        };
        self.check_size(terms)?;
        self.check_migration()?;
        let reader = self.reader()?;
        // Browsers keep cookies from before and after a change in two jars, and send both.
        let jars: &[bool] = match (self.partitioned, self.formerly_partitioned) {
            (true, _) => &[true, false],
            (false, true) => &[false, true],
            (false, false) => &[false],
        };
        let mut removals = Vec::new();
        for partitioned in jars {
            self.partitioned = *partitioned;
            removals.push(self.attributes(&self.path, self.domain.as_deref())?.removal(&self.name));
            for (path, domain) in &self.formerly {
                removals.push(self.attributes(path, domain.as_deref())?.removal(&self.name));
            }
        }
        let Profile { form_tokens, format, .. } = self.profile;
        let prepares =
            form_tokens.is_some() || format.counts_from_now() || self.migrate.is_some() || reader.is_some();
        Ok(Sessions::new(Inner {
            tokens,
            also: also.map(Box::new),
            stamps,
            created_after: self.created_after.map_or(0, timestamp::seconds_rounded_up),
            terms,
            attributes: set,
            removal: removals.join("\n"),
            name: self.name,
            lifetime,
            permanent_lifetime,
            skew: self.skew.as_secs(),
            backdate: self.profile.backdate.as_secs(),
            clock: self.clock,
            weak_secrets,
            migration: self.migrate,
            reader,
            form_tokens,
            prepares,
        }))
    }

    fn check_created_after(&self) -> Result<(), ConfigError> {
        if self.created_after.is_some() && !self.profile.format.is_native() {
            return Err(ConfigError::new(
                "created_after is of this library's own format; a framework's sessions do not say when they were created",
            ));
        }
        Ok(())
    }

    fn check_application(&self) -> Result<(), ConfigError> {
        if self.application.is_some() && !self.profile.format.is_native() {
            return Err(ConfigError::new(
                "application is of this library's own format; a framework's profile has the salt of the framework",
            ));
        }
        Ok(())
    }

    fn lifetimes(&self) -> Result<(Lifetime, Lifetime), ConfigError> {
        if let Some(lifetime) = self.profile.lifetime {
            if self.lifetime.is_some() || self.permanent_lifetime.is_some() {
                return Err(ConfigError::new(
                    "the framework has one lifetime for all sessions; set it on its profile",
                ));
            }
            let Some(lifetime) = lifetime else {
                let endless = Lifetime { idle: Duration::MAX, absolute: Duration::MAX };
                return Ok((endless, endless));
            };
            if lifetime < MIN_LIFETIME {
                return Err(ConfigError::new("the lifetime on the profile is under one second"));
            }
            bounds::check_lifetime(lifetime)?;
            if self.profile.backdate.as_secs() >= lifetime.as_secs() {
                return Err(ConfigError::new(
                    "backdate is no less than the lifetime on the profile, so that sessions would end at once",
                ));
            }
            let lifetime = Lifetime { idle: lifetime, absolute: Duration::MAX };
            return Ok((lifetime, lifetime));
        }
        let lifetime = self.lifetime.unwrap_or(Lifetime::DEFAULT);
        let permanent = self.permanent_lifetime.unwrap_or(Lifetime::DEFAULT_PERMANENT);
        check_lifetime("lifetime", lifetime)?;
        check_lifetime("permanent_lifetime", permanent)?;
        Ok((lifetime, permanent))
    }

    fn check_migration(&self) -> Result<(), ConfigError> {
        let Some(Migration { from, .. }) = &self.migrate else { return Ok(()) };
        let problem = match () {
            () if from.inner().terms.format.is_native() => "reads the sessions of a Python profile",
            () if !self.profile.format.is_native() => {
                "goes to this library's own format; a Python profile shares the cookie as it is"
            }
            () if from.cookie_name() == self.name => "needs another cookie name than the old sessions have",
            () => return Ok(()),
        };
        Err(ConfigError::new(format!("migrate_from {problem}")))
    }

    fn attributes<'a>(&self, path: &'a str, domain: Option<&'a str>) -> Result<Attributes<'a>, ConfigError> {
        let attributes = Attributes {
            path,
            domain,
            secure: self.secure,
            http_only: self.http_only,
            same_site: self.same_site,
            partitioned: self.partitioned,
        };
        check_attributes(&self.name, &attributes)?;
        Ok(attributes)
    }

    fn check_size(&self, terms: Terms) -> Result<(), ConfigError> {
        if self.max_cookie_size > BROWSER_LIMIT {
            return Err(ConfigError::new(format!(
                "max_cookie_size is {}, but browsers ignore cookies over {BROWSER_LIMIT} bytes",
                self.max_cookie_size
            )));
        }
        let json = terms
            .format
            .max_len(&Data::empty(terms.format.style()), &Facts::default())
            .saturating_add(SMALLEST);
        let smallest = terms.overhead.saturating_add(terms.format.payload_len(json));
        if self.max_cookie_size < smallest {
            return Err(ConfigError::new(format!(
                "max_cookie_size is {}, but the smallest session of this name takes {smallest} bytes",
                self.max_cookie_size
            )));
        }
        // Or a session that becomes smaller would be compressed no more, and not fit any longer.
        let from = terms.format.compress_from().unwrap_or_default();
        let uncompressed = terms.overhead.saturating_add(terms.format.payload_len(from));
        if from > 0 && self.max_cookie_size < uncompressed {
            return Err(ConfigError::new(format!(
                "compress_from is {from}, but uncompressed such a session takes {uncompressed} bytes, and max_cookie_size is {}",
                self.max_cookie_size
            )));
        }
        Ok(())
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("name", &self.name)
            .field("path", &self.path)
            .field("domain", &self.domain)
            .field("secure", &self.secure)
            .field("http_only", &self.http_only)
            .field("same_site", &self.same_site)
            .field("partitioned", &self.partitioned)
            .field("lifetime", &self.lifetime)
            .field("permanent_lifetime", &self.permanent_lifetime)
            .field("skew", &self.skew)
            .field("created_after", &self.created_after)
            .field("max_cookie_size", &self.max_cookie_size)
            .field("formerly", &self.formerly)
            .field("formerly_partitioned", &self.formerly_partitioned)
            .field("application", &self.application)
            .finish_non_exhaustive()
    }
}

/// How many sessions were built: the number of the next.
static OWNERS: AtomicUsize = AtomicUsize::new(0);

/// The member `"k":0`.
const SMALLEST: usize = 5;
