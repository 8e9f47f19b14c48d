//! The sessions of the application in question, as the arguments describe them.

use std::time::Duration;

use cookie_session::flask::{Digest, KeyDerivation};
use cookie_session::signed_cookie::SignedCookie;
use cookie_session::{
    Builder, DecodeError, KeyError, KeyRing, Lifetime, SecretKey, Session, Sessions, django, flask, starlette,
};
use serde_json::Value;

use crate::answer::Problem;
use crate::args::{Format, Lifetimes, SessionOptions};
use crate::secrets::Keys;
use crate::text::system_time;

/// What the application accepts.
pub(crate) struct Policy {
    pub(crate) format: Format,
    pub(crate) name: String,
    pub(crate) flask: FlaskSettings,
    pub(crate) lifetime: Lifetime,
    pub(crate) permanent_lifetime: Lifetime,
    pub(crate) skew: Duration,
    /// Of the Python frameworks.
    pub(crate) max_age: Duration,
    pub(crate) application: Option<String>,
    pub(crate) encrypted: bool,
    /// Until when signed sessions are read beside encrypted ones, in unix seconds.
    pub(crate) accept_signed: Option<u64>,
    pub(crate) accept_encrypted: bool,
    /// Whether it is a small signed cookie that the application reads, and no session.
    pub(crate) small: bool,
}

/// What a Flask application can change of its sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FlaskSettings {
    pub(crate) salt: String,
    pub(crate) digest: Digest,
    pub(crate) derivation: KeyDerivation,
}

impl Default for FlaskSettings {
    fn default() -> Self {
        Self { salt: "cookie-session".to_owned(), digest: Digest::Sha1, derivation: KeyDerivation::Hmac }
    }
}

impl Policy {
    pub(crate) fn new(sessions: &SessionOptions, lifetimes: &Lifetimes) -> Result<Self, Problem> {
        let SessionOptions { name, format, salt, digest, key_derivation, .. } = sessions;
        let SessionOptions { application, encrypted, accept_signed, accept_encrypted, .. } = sessions;
        let is_own = application.is_some() || *encrypted || *accept_encrypted;
        if is_own && *format != Format::Native {
            return Err(Problem::usage(
                "--application, --encrypted and --accept-encrypted go with --format native",
            ));
        }
        let changes_flask = salt.is_some() || digest.is_some() || key_derivation.is_some();
        if changes_flask && *format != Format::Flask {
            return Err(Problem::usage("--salt, --digest and --key-derivation go with --format flask"));
        }
        let flask = FlaskSettings {
            salt: salt.clone().unwrap_or_else(|| FlaskSettings::default().salt),
            digest: match digest.as_deref() {
                Some("sha256") => Digest::Sha256,
                Some("sha512") => Digest::Sha512,
                _ => Digest::Sha1,
            },
            derivation: match key_derivation.as_deref() {
                Some("django-concat") => KeyDerivation::DjangoConcat,
                Some("concat") => KeyDerivation::Concat,
                _ => KeyDerivation::Hmac,
            },
        };
        let policy = Self::of_lifetimes(*format, lifetimes)?;
        Ok(Self {
            name: name.clone().unwrap_or(policy.name),
            flask,
            application: application.clone(),
            encrypted: *encrypted,
            accept_signed: *accept_signed,
            accept_encrypted: *accept_encrypted,
            ..policy
        })
    }

    /// Returns what is accepted of a small signed cookie.
    pub(crate) fn of_small(sessions: &SessionOptions, lifetimes: &Lifetimes) -> Result<Self, Problem> {
        let Lifetimes { idle, absolute, permanent_idle, permanent_absolute, skew, max_age } = lifetimes;
        if [idle, absolute, permanent_idle, permanent_absolute, skew].into_iter().any(Option::is_some) {
            return Err(Problem::usage("a small cookie has one lifetime, --max-age"));
        }
        if sessions.format != Format::Native || sessions.accept_signed.is_some() || sessions.accept_encrypted
        {
            return Err(Problem::usage(
                "--signed-cookie is of --format native, and either signed or --encrypted",
            ));
        }
        let policy = Self::new(sessions, &Lifetimes { max_age: None, ..*lifetimes })?;
        Ok(Self { small: true, max_age: max_age.unwrap_or(TEN_MINUTES), ..policy })
    }

    /// Returns what is accepted where only the lifetimes matter.
    pub(crate) fn of_lifetimes(format: Format, lifetimes: &Lifetimes) -> Result<Self, Problem> {
        let Lifetimes { idle, absolute, permanent_idle, permanent_absolute, skew, max_age } = lifetimes;
        let is_native = format == Format::Native;
        if !is_native && [idle, absolute, permanent_idle, permanent_absolute].into_iter().any(Option::is_some)
        {
            return Err(Problem::usage("sessions of this format have one lifetime, --max-age"));
        }
        if is_native && max_age.is_some() {
            return Err(Problem::usage("--max-age goes with another --format than native"));
        }
        let lifetime = |idle: &Option<Duration>, absolute: &Option<Duration>, default: Lifetime| Lifetime {
            idle: idle.unwrap_or(default.idle),
            absolute: absolute.unwrap_or(default.absolute),
        };
        let default_age = if format == Format::Flask { MONTH } else { FORTNIGHT };
        Ok(Self {
            format,
            name: default_name(format).to_owned(),
            flask: FlaskSettings::default(),
            lifetime: lifetime(idle, absolute, Lifetime::DEFAULT),
            permanent_lifetime: lifetime(permanent_idle, permanent_absolute, Lifetime::DEFAULT_PERMANENT),
            skew: skew.unwrap_or(Duration::from_secs(60)),
            max_age: max_age.unwrap_or(default_age),
            application: None,
            encrypted: false,
            accept_signed: None,
            accept_encrypted: false,
            small: false,
        })
    }

    /// Returns the policy of an application that makes and reads such sessions and
    /// no others.
    pub(crate) fn of(&self, made: &Origin) -> Self {
        Self {
            format: made.format,
            name: made.name.clone(),
            flask: made.flask.clone(),
            application: made.application.clone(),
            encrypted: made.encrypted,
            accept_signed: None,
            accept_encrypted: false,
            small: false,
            ..*self
        }
    }

    /// Returns the sessions that this application makes.
    pub(crate) fn makes(&self) -> Origin {
        Origin {
            format: self.format,
            name: self.name.clone(),
            flask: self.flask.clone(),
            application: self.application.clone(),
            encrypted: self.encrypted,
        }
    }

    /// Says whether this application reads such sessions.
    pub(crate) fn reads(&self, made: &Origin, now: u64) -> bool {
        let other_kind = match self.encrypted {
            true => self.accept_signed.is_some_and(|until| now <= until),
            false => self.accept_encrypted,
        };
        let own = self.makes();
        !self.small && *made == own
            || !self.small && other_kind && *made == Origin { encrypted: !own.encrypted, ..own }
    }

    /// Says whether this application reads anything encrypted.
    pub(crate) fn reads_encrypted(&self) -> bool {
        self.encrypted || self.accept_encrypted
    }

    /// Returns why the application refuses these cookies, if it does.
    pub(crate) fn rejection<L: AsRef<[u8]>>(
        &self,
        keys: &Keys,
        now: u64,
        lines: impl IntoIterator<Item = L>,
    ) -> Result<Option<DecodeError>, Problem> {
        if !self.small {
            return Ok(self.sessions(keys, now)?.open(lines).rejection().copied());
        }
        let cookie = small_cookie(&keys.ring()?, &self.name, self.application.as_deref(), self.encrypted)
            .max_age(self.max_age)
            .clock(move || system_time(now))
            .build();
        Ok(cookie.map_err(|error| Problem::usage(error.to_string()))?.get(lines).err())
    }

    /// Makes the sessions of the whole ring.
    pub(crate) fn sessions(&self, keys: &Keys, now: u64) -> Result<Sessions, Problem> {
        let builder = match self.format {
            Format::Native => self.native(keys.ring()?),
            Format::Starlette if keys.len() > 1 => {
                return Err(Problem::usage("Starlette knows no fallback keys: it has one secret"));
            }
            _ => {
                let secrets: Vec<&[u8]> = keys.secrets().collect();
                self.python(&secrets).map_err(|error| Problem::usage(error.to_string()))?
            }
        };
        let built = builder.name(&self.name).skew(self.skew).clock(move || system_time(now)).build();
        built.map_err(|error| Problem::usage(error.to_string()))
    }

    /// Begins sessions of the own format.
    fn native(&self, keys: KeyRing) -> Builder {
        let mut builder =
            Sessions::builder(keys).lifetime(self.lifetime).permanent_lifetime(self.permanent_lifetime);
        if let Some(application) = &self.application {
            builder = builder.application(application);
        }
        if self.encrypted {
            builder = builder.encrypted();
        }
        if let Some(until) = self.accept_signed {
            builder = builder.accept_signed(system_time(until));
        }
        if self.accept_encrypted {
            builder = builder.accept_encrypted();
        }
        builder
    }

    /// Begins sessions of a Python framework with these secrets, of which the
    /// first signs.
    fn python(&self, secrets: &[&[u8]]) -> Result<Builder, KeyError> {
        let first = secrets.first().copied().unwrap_or_default();
        let others = || secrets.iter().skip(1);
        Ok(match self.format {
            Format::Django => {
                let profile =
                    django::Profile::new(django::SecretKey::new(first)?).session_cookie_age(self.max_age);
                let profile = others().try_fold(profile, |profile, secret| {
                    Ok(profile.fallback(django::SecretKey::new(secret)?))
                })?;
                Sessions::builder(profile)
            }
            Format::Starlette => {
                let profile = starlette::Profile::new(starlette::SecretKey::new(first)?);
                Sessions::builder(profile.max_age(Some(self.max_age)))
            }
            Format::Flask | Format::Native => {
                let profile = flask::Profile::new(flask::SecretKey::new(first)?)
                    .salt(&self.flask.salt)
                    .digest(self.flask.digest)
                    .key_derivation(self.flask.derivation)
                    .permanent_session_lifetime(self.max_age);
                let profile = others().try_fold(profile, |profile, secret| {
                    Ok(profile.fallback(flask::SecretKey::new(secret)?))
                })?;
                Sessions::builder(profile)
            }
        })
    }

    /// Makes the sessions of one secret of a framework, or of one key.
    pub(crate) fn alone(&self, secret: &[u8]) -> Option<Sessions> {
        let builder = match self.format {
            Format::Native => self.native(KeyRing::new(SecretKey::from_bytes(secret).ok()?)),
            _ => self.python(&[secret]).ok()?,
        };
        builder.name(&self.name).skew(self.skew).build().ok()
    }

    /// Opens one cookie with one secret, as of a time.
    pub(crate) fn open_with(&self, secret: &[u8], value: &str, now: u64) -> Option<Session> {
        Some(self.alone(secret)?.open_at([format!("{}={value}", self.name)], system_time(now)))
    }
}

/// Where sessions come from: all that their keys follow from beside the secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) format: Format,
    pub(crate) name: String,
    /// Only Flask's have other settings.
    pub(crate) flask: FlaskSettings,
    pub(crate) application: Option<String>,
    pub(crate) encrypted: bool,
}

/// Begins a small signed cookie, of whatever value.
pub(crate) fn small_cookie(
    ring: &KeyRing,
    name: &str,
    application: Option<&str>,
    encrypted: bool,
) -> cookie_session::signed_cookie::Builder<Value> {
    let builder = SignedCookie::builder(ring, name);
    let builder = match application {
        Some(application) => builder.application(application),
        None => builder,
    };
    if encrypted { builder.encrypted() } else { builder }
}

fn default_name(format: Format) -> &'static str {
    match format {
        Format::Native => "__Host-session",
        Format::Django => "sessionid",
        Format::Flask | Format::Starlette => "session",
    }
}

/// What a `SignedCookie` has unless told otherwise.
const TEN_MINUTES: Duration = Duration::from_secs(10 * 60);
/// Flask's `PERMANENT_SESSION_LIFETIME`.
const MONTH: Duration = Duration::from_secs(31 * 24 * 60 * 60);
/// Django's `SESSION_COOKIE_AGE` and Starlette's `max_age`.
const FORTNIGHT: Duration = Duration::from_secs(14 * 24 * 60 * 60);
