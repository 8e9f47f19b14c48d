//! What the client configures, and the sessions that follow from it.

use std::time::{Duration, SystemTime};

use cookie_session::flask::{Digest, KeyDerivation};
use cookie_session::{Codec, Sessions, django, flask, starlette};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::Answer;
use crate::act::{self, Asked};
use crate::recipes::django_time_zone;
use crate::recipes::flask_login::Protection;
use crate::recipes::flask_wtf;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Framework {
    Flask,
    Django,
    Starlette,
}

impl Framework {
    pub fn named(name: &str) -> Option<Self> {
        [Self::Flask, Self::Django, Self::Starlette].into_iter().find(|framework| framework.name() == name)
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Flask => "flask",
            Self::Django => "django",
            Self::Starlette => "starlette",
        }
    }
}

/// The keys of all frameworks, with their defaults.
#[derive(Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    pub secret: String,
    pub fallbacks: Vec<String>,
    cookie_name: String,
    lifetime: Option<u64>,
    clock: Option<f64>,
    clock_offset: f64,
    pub auth: bool,
    pub login_state: String,
    refresh_each_request: bool,
    session_protection: Option<String>,
    salt: String,
    digest: String,
    key_derivation: String,
    save_every_request: bool,
    expire_at_browser_close: bool,
    use_tz: bool,
    compress_from: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            secret: String::new(),
            fallbacks: Vec::new(),
            cookie_name: "session".into(),
            lifetime: Some(3600),
            clock: None,
            clock_offset: 0.0,
            auth: false,
            login_state: "first".into(),
            refresh_each_request: true,
            session_protection: Some("basic".into()),
            salt: "cookie-session".into(),
            digest: "sha1".into(),
            key_derivation: "hmac".into(),
            save_every_request: false,
            expire_at_browser_close: false,
            use_tz: true,
            compress_from: 0,
        }
    }
}

impl Config {
    pub fn now(&self) -> SystemTime {
        let shift = |time: SystemTime, seconds: f64| match Duration::try_from_secs_f64(seconds.abs()) {
            Ok(distance) if seconds >= 0.0 => time.checked_add(distance).unwrap_or(time),
            Ok(distance) => time.checked_sub(distance).unwrap_or(time),
            Err(_) => time,
        };
        let base = self.clock.map_or_else(SystemTime::now, |clock| shift(SystemTime::UNIX_EPOCH, clock));
        shift(base, self.clock_offset)
    }

    pub fn protection(&self) -> Result<Protection, String> {
        match self.session_protection.as_deref() {
            None => Ok(Protection::None),
            Some("basic") => Ok(Protection::Basic),
            Some("strong") => Ok(Protection::Strong),
            Some(_) => Err("session_protection is basic, strong or null".into()),
        }
    }

    fn lifetime(&self) -> Result<Duration, String> {
        self.lifetime.map(Duration::from_secs).ok_or_else(|| "lifetime has to be a number".into())
    }

    fn flask(&self) -> Result<flask::Profile, String> {
        let digest = match self.digest.as_str() {
            "sha1" => Digest::Sha1,
            "sha256" => Digest::Sha256,
            "sha512" => Digest::Sha512,
            _ => return Err("no such digest".into()),
        };
        let key_derivation = match self.key_derivation.as_str() {
            "hmac" => KeyDerivation::Hmac,
            "django-concat" => KeyDerivation::DjangoConcat,
            "concat" => KeyDerivation::Concat,
            _ => return Err("no such key_derivation".into()),
        };
        let secret = |text: &String| flask::SecretKey::new(text).map_err(|error| error.to_string());
        let mut profile = flask::Profile::new(secret(&self.secret)?)
            .permanent_session_lifetime(self.lifetime()?)
            .session_refresh_each_request(self.refresh_each_request)
            .salt(&self.salt)
            .digest(digest)
            .compress_from(self.compress_from)
            .key_derivation(key_derivation);
        for fallback in &self.fallbacks {
            profile = profile.fallback(secret(fallback)?);
        }
        Ok(profile)
    }

    fn django(&self) -> Result<django::Profile, String> {
        let secret = |text: &String| django::SecretKey::new(text).map_err(|error| error.to_string());
        let mut profile = django::Profile::new(secret(&self.secret)?)
            .session_cookie_age(self.lifetime()?)
            .session_save_every_request(self.save_every_request)
            .session_expire_at_browser_close(self.expire_at_browser_close)
            .compress_from(self.compress_from);
        if !self.use_tz {
            profile = profile.use_tz_false(django_time_zone::ahead_of_utc);
        }
        for fallback in &self.fallbacks {
            profile = profile.fallback(secret(fallback)?);
        }
        Ok(profile)
    }

    fn starlette(&self) -> Result<starlette::Profile, String> {
        if !self.fallbacks.is_empty() || self.auth {
            return Err("Starlette has neither fallbacks nor logins".into());
        }
        let secret = starlette::SecretKey::new(&self.secret).map_err(|error| error.to_string())?;
        Ok(starlette::Profile::new(secret).max_age(self.lifetime.map(Duration::from_secs)))
    }
}

/// The server's state.
pub struct App {
    pub framework: Framework,
    pub users: Value,
    pub config: Config,
    pub sessions: Sessions,
    /// Flask-WTF's tokens.
    pub form_tokens: Option<Codec>,
    /// Tokens of an application's own: as they are, and as they are compressed if asked.
    pub tokens: Option<[Codec; 2]>,
}

impl App {
    pub fn new(framework: Framework, users: Value, config: &str) -> Result<Self, String> {
        let given: Value = serde_json::from_str(config).map_err(|error| error.to_string())?;
        let known = keys(framework);
        if let Some(key) = given.as_object().and_then(|given| given.keys().find(|key| !known.contains(*key)))
        {
            return Err(format!("unknown key {key}"));
        }
        let config: Config = serde_json::from_value(given).map_err(|error| error.to_string())?;
        config.protection()?;
        let (mut form_tokens, mut tokens) = (None, None);
        let hour = Duration::from_secs(60 * 60);
        let text = |error: cookie_session::ConfigError| error.to_string();
        let builder = match framework {
            Framework::Flask => {
                let profile = config.flask()?;
                form_tokens = Some(flask_wtf::form_tokens(&profile).map_err(text)?);
                let codec = profile.codec("live", hour).map_err(text)?;
                tokens = Some([codec.clone(), codec]);
                Sessions::builder(profile)
            }
            Framework::Django => {
                let profile = config.django()?;
                let codecs = [profile.codec("live", hour), profile.compressing_codec("live", hour)];
                let [plain, compressing] = codecs.map(|codec| codec.map_err(text));
                tokens = Some([plain?, compressing?]);
                Sessions::builder(profile)
            }
            Framework::Starlette => Sessions::builder(config.starlette()?),
        };
        let now = config.now();
        let live = config.clock.is_none();
        let sessions = builder
            .name(&config.cookie_name)
            .clock(move || if live { SystemTime::now() } else { now })
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Self { framework, users, config, sessions, form_tokens, tokens })
    }

    pub fn configure(&mut self, asked: &Asked<'_>) -> Answer {
        let text = String::from_utf8_lossy(asked.body);
        match Self::new(self.framework, self.users.clone(), &text) {
            Ok(app) => {
                *self = app;
                Answer::new(200, json!({"ok": true}))
            }
            Err(error) => Answer::new(400, json!({"error": error})),
        }
    }

    pub fn about(&self) -> Value {
        json!({
            "framework": self.framework.name(),
            "actions": act::names(self.framework),
            "config": keys(self.framework),
            "form": self.framework == Framework::Flask,
            "token": self.tokens.is_some(),
            "differs": DIFFERS,
        })
    }
}

fn keys(framework: Framework) -> Vec<String> {
    let all = serde_json::to_value(Config::default()).unwrap_or_default();
    let flask = ["refresh_each_request", "session_protection", "salt", "digest", "key_derivation"];
    let django = ["save_every_request", "expire_at_browser_close", "use_tz"];
    let is_of = |key: &&String| {
        (framework == Framework::Flask || !flask.contains(&key.as_str()))
            && (framework == Framework::Django || !django.contains(&key.as_str()))
    };
    all.as_object().into_iter().flat_map(|all| all.keys().filter(is_of).cloned()).collect()
}

/// Where the library differs on purpose: README.md says how the client treats each.
const DIFFERS: &[&str] = &["flushed_and_cycled", "lone_surrogates", "nonfinite"];
