//! The actions of a request against a session.

use std::time::Duration;

use cookie_session::django::{self, Expiry};
use cookie_session::{Session, SessionError, flask};
use hyper::header::{COOKIE, HeaderMap, HeaderValue, SET_COOKIE, USER_AGENT, VARY};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::Answer;
use crate::config::{App, Config, Framework};
use crate::recipes::{django_auth, flask_login, flask_wtf};
use crate::typed::{Bad, Typed, to_typed};

/// A request.
pub struct Asked<'r> {
    pub headers: &'r HeaderMap,
    pub peer: &'r str,
    pub body: &'r [u8],
}

impl From<SessionError> for Bad {
    fn from(error: SessionError) -> Self {
        Self(error.to_string())
    }
}

const ACTIONS: &[&str] = &[
    "set",
    "del",
    "pop",
    "clear",
    "update",
    "setdefault",
    "get",
    "contains",
    "len",
    "all",
    "append",
    "touch",
    "status",
];
const FLASK_ACTIONS: &[&str] = &["permanent", "flash", "get_flashes", "login", "logout"];
const DJANGO_ACTIONS: &[&str] =
    &["set_expiry", "flush", "cycle_key", "expiry_age", "browser_close", "login", "logout"];

pub fn names(framework: Framework) -> Vec<&'static str> {
    let more = match framework {
        Framework::Flask => FLASK_ACTIONS,
        Framework::Django => DJANGO_ACTIONS,
        Framework::Starlette => &[],
    };
    [ACTIONS, more].concat()
}

pub fn act(app: &App, asked: &Asked<'_>) -> Answer {
    let actions: Vec<Vec<Value>> = match asked.body {
        [] => Vec::new(),
        body => match serde_json::from_slice(body) {
            Ok(actions) => actions,
            Err(error) => return Answer::new(400, json!({"error": error.to_string()})),
        },
    };
    let known = names(app.framework);
    if let Some(action) = actions.iter().find(|action| !known.contains(&name_of(action))) {
        return Answer::new(400, json!({"error": format!("no action {}", name_of(action))}));
    }
    let session = app.sessions.open(asked.headers.get_all(COOKIE));
    Request { app, asked, session, user: None, reads: Vec::new(), status: 200 }
        .run(&actions)
        .unwrap_or_else(|Bad(error)| Answer::new(500, json!({"error": error})))
}

fn name_of(action: &[Value]) -> &str {
    action.first().and_then(Value::as_str).unwrap_or_default()
}

/// One request and what came of it so far.
struct Request<'r> {
    app: &'r App,
    asked: &'r Asked<'r>,
    session: Session,
    user: Option<String>,
    reads: Vec<Value>,
    status: u16,
}

impl Request<'_> {
    fn run(mut self, actions: &[Vec<Value>]) -> Result<Answer, Bad> {
        if self.app.config.auth {
            self.look_at_the_user()?;
        }
        for action in actions {
            let [name, arguments @ ..] = action.as_slice() else { continue };
            self.run_one(name.as_str().unwrap_or_default(), arguments)?;
        }
        let json = json!({
            "session": self.dump()?,
            "reads": self.reads,
            "accessed_only": !self.session.is_modified(),
            "user": self.user,
        });
        let mut answer = Answer::new(self.status, json);
        // What Flask-Login does after every request.
        if self.app.framework == Framework::Flask && self.session.remove("_remember") {
            touch(&mut self.session);
            answer.headers.append(SET_COOKIE, HeaderValue::from_static("remember_token=; Max-Age=0; Path=/"));
        }
        let commit = self.app.sessions.save(self.session)?;
        // Django saves nothing then, and removes all the same.
        if self.app.framework == Framework::Django && self.status >= 500 && !commit.is_removal() {
            answer.headers.extend(commit.vary([""; 0]).and_then(|vary| Some((VARY, vary.try_into().ok()?))));
            return Ok(answer);
        }
        answer.add(&commit);
        Ok(answer)
    }

    fn run_one(&mut self, name: &str, arguments: &[Value]) -> Result<(), Bad> {
        let key = arguments.first().and_then(Value::as_str).unwrap_or_default();
        match (name, arguments) {
            ("set", [_, value]) => self.session.insert(key, Typed(value))?,
            ("del", _) => {
                if !self.session.remove(key) {
                    self.reads.push(json!(["err"]));
                }
            }
            ("pop", _) => {
                self.read(key)?;
                self.session.remove(key);
            }
            // Django forgets the values and keeps the cookie; the others end the session.
            ("clear", _) if self.app.framework == Framework::Django => self.remove_all(),
            ("clear", _) => self.session.clear(),
            ("update", [values]) => {
                for pair in values[1].as_array().into_iter().flatten() {
                    self.session.insert(pair[0].as_str().unwrap_or_default(), Typed(&pair[1]))?;
                }
            }
            ("setdefault", [_, value]) => {
                if !self.session.contains_key(key) {
                    self.session.insert(key, Typed(value))?;
                }
                self.read(key)?;
            }
            ("get", _) => self.read(key)?,
            ("contains", _) => self.reads.push(json!(["bool", self.session.contains_key(key)])),
            ("len", _) => self.reads.push(json!(["int", self.session.len().to_string()])),
            ("all", _) => {
                let all = self.dump()?;
                self.reads.push(all);
            }
            ("append", [_, value]) => {
                if !self.push(key, value)? {
                    self.reads.push(json!(["err"]));
                }
            }
            ("touch", _) => touch(&mut self.session),
            ("status", [status]) => {
                self.status = u16::try_from(status.as_u64().unwrap_or_default()).unwrap_or(500);
            }
            ("permanent", [permanent]) => self.session.set_permanent(permanent == &json!(true)),
            ("flash", [message, category]) => self.flash(message, category.as_str().unwrap_or_default())?,
            ("get_flashes", _) => self.get_flashes()?,
            ("set_expiry", [value]) => self.set_expiry(value)?,
            ("flush", _) => self.session.clear(),
            ("cycle_key", _) => self.session.renew(),
            ("expiry_age", _) => {
                let age = django::expiry_age(&self.session).ok_or_else(|| Bad("no age".into()))?;
                self.reads.push(json!(["int", age.to_string()]));
            }
            ("browser_close", _) => self.reads.push(json!(["bool", !self.session.permanent()])),
            ("login", _) => self.log_in(key)?,
            ("logout", _) => self.log_out()?,
            _ => return Err(Bad(format!("{name} with {} arguments", arguments.len()))),
        }
        Ok(())
    }

    fn tagged(&self) -> bool {
        self.app.framework == Framework::Flask
    }

    fn dump(&self) -> Result<Value, Bad> {
        let mut keys: Vec<_> = self.session.keys().collect();
        keys.sort_unstable();
        let pair = |key: &str| {
            let value = self.session.get_raw(key).ok_or_else(|| Bad("a key without a value".into()))?;
            Ok(json!([key, to_typed(value, self.tagged())?]))
        };
        Ok(json!(["dict", keys.iter().map(|key| pair(key)).collect::<Result<Vec<_>, Bad>>()?]))
    }

    fn read(&mut self, key: &str) -> Result<(), Bad> {
        let value = self.session.get_raw(key).unwrap_or("null");
        self.reads.push(to_typed(value, self.tagged())?);
        Ok(())
    }

    fn remove_all(&mut self) {
        let keys: Vec<String> = self.session.keys().map(String::from).collect();
        for key in keys {
            self.session.remove(&key);
        }
    }

    /// Appends to a list, and says whether there is one.
    fn push(&mut self, key: &str, value: &Value) -> Result<bool, Bad> {
        let Some(json) = self.session.get_raw(key).filter(|json| json.starts_with('[')) else {
            return Ok(false);
        };
        let mut list = to_typed(json, self.tagged())?;
        if let Some(items) = list[1].as_array_mut() {
            items.push(value.clone());
        }
        self.session.insert(key, Typed(&list))?;
        Ok(true)
    }

    fn flash(&mut self, message: &Value, category: &str) -> Result<(), Bad> {
        let mut scratch = self.app.sessions.start();
        scratch.insert("message", Typed(message))?;
        let message: Option<flask::Value> = scratch.get("message")?;
        Ok(flask::flash(&mut self.session, category, message.unwrap_or(flask::Value::None))?)
    }

    fn get_flashes(&mut self) -> Result<(), Bad> {
        let mut scratch = self.app.sessions.start();
        let mut read = Vec::new();
        for flash in flask::take_flashes(&mut self.session)? {
            scratch.insert("message", &flash.message)?;
            let message = to_typed(scratch.get_raw("message").unwrap_or_default(), true)?;
            read.push(json!(["tuple", [["str", flash.category], message]]));
        }
        self.reads.push(json!(["list", read]));
        Ok(())
    }

    fn set_expiry(&mut self, value: &Value) -> Result<(), Bad> {
        let text = value.get(1).and_then(Value::as_str).unwrap_or_default();
        let expiry = match value.get(0).and_then(Value::as_str).unwrap_or("null") {
            "null" => Expiry::BySettings,
            "float" => Expiry::In(Duration::from_secs_f64(text.parse().unwrap_or_default())),
            "datetime" => match OffsetDateTime::parse(text, &Rfc3339) {
                Ok(date) => Expiry::At(date.into()),
                // Without an offset, as a site gives it that has none.
                Err(_) => return Ok(self.session.insert("_session_expiry", text)?),
            },
            "int" if text == "0" => Expiry::WithBrowser,
            "int" if !text.starts_with('-') => {
                Expiry::Idle(Duration::from_secs(text.parse().unwrap_or_default()))
            }
            _ => return Ok(self.session.insert("_session_expiry", Typed(value))?),
        };
        Ok(django::set_expiry(&mut self.session, expiry)?)
    }

    fn identifier(&self) -> String {
        let forwarded = self.asked.headers.get("x-forwarded-for").and_then(|value| value.to_str().ok());
        let address = forwarded.and_then(|list| list.split(',').next()).map_or(self.asked.peer, str::trim);
        let user_agent = self.asked.headers.get(USER_AGENT).map(HeaderValue::as_bytes);
        flask_login::identifier(address, user_agent)
    }

    fn look_at_the_user(&mut self) -> Result<(), Bad> {
        let config = &self.app.config;
        self.user = match self.app.framework {
            Framework::Flask => {
                let identifier = self.identifier();
                let token =
                    flask_login::user_id(&mut self.session, &identifier, config.protection().map_err(Bad)?)?;
                // As `user_loader` of an application with alternative tokens does.
                let name = |token: String| {
                    let (name, state) = token.split_once(' ')?;
                    (state == config.login_state).then(|| name.to_owned())
                };
                token.and_then(name)
            }
            Framework::Django => {
                let secrets: Vec<&[u8]> =
                    [&config.secret].into_iter().chain(&config.fallbacks).map(String::as_bytes).collect();
                let users = || self.app.users.as_object().into_iter().flatten();
                let find = |id: &str| users().map(|(_, user)| row(user, config)).find(|user| user.id == id);
                let user = django_auth::user(&mut self.session, find, &secrets)?;
                let name = |user: &django_auth::User| users().find(|(_, row)| row["id"] == user.id);
                user.as_ref().and_then(name).map(|(name, _)| name.clone())
            }
            Framework::Starlette => None,
        };
        Ok(())
    }

    fn log_in(&mut self, name: &str) -> Result<(), Bad> {
        match self.app.framework {
            Framework::Flask => {
                let identifier = self.identifier();
                let token = format!("{name} {}", self.app.config.login_state);
                flask_login::log_in(&mut self.session, &token, &identifier)?;
            }
            _ => {
                let user = self.app.users.get(name).ok_or_else(|| Bad(format!("no user {name}")))?;
                django_auth::log_in(
                    &mut self.session,
                    &row(user, &self.app.config),
                    self.app.config.secret.as_bytes(),
                )?;
            }
        }
        self.user = self.app.config.auth.then(|| name.to_owned());
        Ok(())
    }

    fn log_out(&mut self) -> Result<(), Bad> {
        let remembered = self.is_remembered();
        match self.app.framework {
            Framework::Flask => flask_login::log_out(&mut self.session, remembered)?,
            _ => django_auth::log_out(&mut self.session),
        }
        self.user = None;
        Ok(())
    }

    fn is_remembered(&self) -> bool {
        let lines = self.asked.headers.get_all(COOKIE).into_iter().filter_map(|line| line.to_str().ok());
        lines.flat_map(|line| line.split(';')).any(|pair| pair.trim().starts_with("remember_token="))
    }
}

/// Reads one user of Django's table.
fn row(user: &Value, config: &Config) -> django_auth::User {
    let id = user["id"].as_str().unwrap_or_default().to_owned();
    django_auth::User { id, password: config.login_state.clone() }
}

/// Makes a token of the application's own, or reads one.
pub fn token(app: &App, asked: &Asked<'_>) -> Result<Answer, Bad> {
    let asked: Value = serde_json::from_slice(asked.body).map_err(|error| Bad(error.to_string()))?;
    let Some([plain, compressing]) = &app.tokens else { return Ok(Answer::new(404, json!({}))) };
    let codec = if asked["compress"] == true { compressing } else { plain };
    let now = app.config.now();
    Ok(match asked["token"].as_str() {
        None => {
            let token =
                codec.encode_at(&Typed(&asked["value"]), now).map_err(|error| Bad(error.to_string()))?;
            Answer::new(200, json!({"token": token}))
        }
        Some(token) => match codec.decode_at::<Box<RawValue>>(token, now) {
            Ok(text) => Answer::new(200, json!({"value": to_typed(text.get(), false)?})),
            Err(_) => Answer::new(200, json!({"value": null})),
        },
    })
}

pub fn draw_form(app: &App, asked: &Asked<'_>) -> Answer {
    let mut session = app.sessions.open(asked.headers.get_all(COOKIE));
    let mut random = [0; 20];
    let Some(tokens) = &app.form_tokens else { return Answer::new(404, json!({})) };
    if getrandom::fill(&mut random).is_err() {
        return Answer::new(500, json!({"error": "no randomness"}));
    }
    let token = flask_wtf::form_token(&mut session, tokens, random, app.config.now());
    let session_token: Option<String> = session.get("csrf_token").unwrap_or_default();
    match (token, app.sessions.save(session)) {
        (Ok(token), Ok(commit)) => {
            let mut answer = Answer::new(200, json!({"token": token, "session_token": session_token}));
            answer.add(&commit);
            answer
        }
        _ => Answer::new(500, json!({"error": "no token"})),
    }
}

pub fn take_form(app: &App, asked: &Asked<'_>) -> Answer {
    let session = app.sessions.open(asked.headers.get_all(COOKIE));
    let Some(tokens) = &app.form_tokens else { return Answer::new(404, json!({})) };
    let field = |name: &str| {
        form_urlencoded::parse(asked.body)
            .find(|(field, _)| field == name)
            .map(|(_, value)| value.into_owned())
    };
    let token = field("csrf_token").unwrap_or_default();
    let valid = flask_wtf::is_form_token(&session, tokens, &token, app.config.now());
    let mut answer = Answer::new(200, json!({"valid": valid, "errors": {}}));
    match app.sessions.save(session) {
        Ok(commit) => {
            answer.add(&commit);
            answer
        }
        Err(error) => Answer::new(500, json!({"error": error.to_string()})),
    }
}

/// Does what `session.modified = True` does: has all that is there saved again. Renewing alone would forget the secret
/// of forms, as a login must.
fn touch(session: &mut Session) {
    let secret = session.get::<String>("csrf_token").ok().flatten();
    session.renew();
    if let Some(secret) = secret {
        // It was there before, so that it fits.
        let _ = session.insert("csrf_token", secret);
    }
}
