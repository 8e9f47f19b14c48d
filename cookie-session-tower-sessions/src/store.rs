//! A store for one request, whose one record is our session.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use cookie_session::{Session, SessionError};
use cookie_session_axum::{CookieSession, CookieSessionError, UseError};
use serde_json::Value;
use tower_sessions_core::SessionStore;
use tower_sessions_core::session::{Id, Record};
use tower_sessions_core::session_store::{Error, Result};

use crate::ending;

#[derive(Debug)]
pub(crate) struct OneRecord {
    session: CookieSession,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    gone: Option<Gone>,
    /// Why the last use of our session failed.
    failure: Option<CookieSessionError>,
}

/// The record is no more. What is created in its place says what this was.
#[derive(Clone, Copy, Debug)]
enum Gone {
    /// Deleted under this id. What is created under another is the same session: `cycle_id`.
    Deleted(Id),
    /// Flushed, or it had ended.
    Ended,
}

impl OneRecord {
    pub(crate) fn new(session: CookieSession) -> Self {
        Self { session, state: Mutex::default() }
    }

    /// Does at the end of a request what tower-sessions does there.
    pub(crate) async fn finish(
        &self,
        theirs: &tower_sessions_core::Session,
    ) -> std::result::Result<(), CookieSessionError> {
        if theirs.is_modified() && !theirs.is_empty().await {
            if theirs.save().await.is_err()
                && let Some(failure) = self.state().failure.take()
            {
                return Err(failure);
            }
            if let Some(expiry) = theirs.expiry() {
                self.session.with(|session| ending::keep(session, expiry))??;
            }
        }
        if self.state().gone.is_some() {
            self.session.clear()?;
        }
        Ok(())
    }

    fn use_session<R>(
        &self,
        use_it: impl FnOnce(&mut Session) -> std::result::Result<R, SessionError>,
    ) -> Result<R> {
        let result = self.session.with(use_it).and_then(|result| Ok(result?));
        result.map_err(|failure| {
            // Their code logs it, and the text of ours names keys.
            let text = match &failure.0 {
                UseError::Session(SessionError::TooLong(_)) => {
                    "session cookie would be over the limit".into()
                }
                other => other.to_string(),
            };
            self.state().failure = Some(failure);
            Error::Backend(text)
        })
    }

    /// Nobody panics while it is locked, and nobody waits long.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl SessionStore for OneRecord {
    async fn create(&self, record: &mut Record) -> Result<()> {
        let gone = self.state().gone;
        self.use_session(|session| {
            match gone {
                Some(Gone::Deleted(id)) if record.id != id => session.renew(),
                Some(_) => session.clear(),
                None => {}
            }
            write(session, &record.data)
        })?;
        self.state().gone = None;
        Ok(())
    }

    async fn save(&self, record: &Record) -> Result<()> {
        self.use_session(|session| write(session, &record.data))?;
        self.state().gone = None;
        Ok(())
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        if let Some(gone) = &mut self.state().gone {
            // Who looks for it under the id it had has no values to go on with, as `cycle_id` has.
            *gone = Gone::Ended;
            return Ok(None);
        }
        let record = self.use_session(|session| {
            if ending::is_over(session) {
                return Ok(None);
            }
            let mut data: HashMap<String, Value> = session.read()?;
            data.remove(ending::KEY);
            Ok(Some(Record { id: *id, data, expiry_date: ending::date(session) }))
        })?;
        if record.is_none() {
            self.state().gone = Some(Gone::Ended);
        }
        Ok(record)
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        let mut state = self.state();
        state.gone = Some(match state.gone {
            None => Gone::Deleted(*id),
            // Cycled twice.
            Some(Gone::Deleted(first)) if first != *id => Gone::Deleted(first),
            Some(_) => Gone::Ended,
        });
        Ok(())
    }
}

/// Writes their data into our session. What it has already stays: a value that is as it was is left alone.
fn write(session: &mut Session, data: &HashMap<String, Value>) -> std::result::Result<(), SessionError> {
    let is_gone = |key: &Cow<'_, str>| key != ending::KEY && !data.contains_key(&**key);
    let gone: Vec<String> = session.keys().filter(is_gone).map(Cow::into_owned).collect();
    for key in gone {
        session.remove(&key);
    }
    let is_new = |(key, value): &(&String, &Value)| {
        let old = session.get_raw(key).and_then(|text| serde_json::from_str::<Value>(text).ok());
        *key != ending::KEY && old.as_ref() != Some(*value)
    };
    let mut new: Vec<_> = data.iter().filter(is_new).collect();
    new.sort_unstable_by_key(|(key, _)| *key);
    let mut result = Ok(());
    // What grows may find room only after something else has become smaller.
    for _ in 0..2 {
        new.retain(|(key, value)| {
            let inserted = session.insert(key, value);
            let is_left = inserted.is_err();
            if is_left {
                result = inserted;
            }
            is_left
        });
        if new.is_empty() {
            return Ok(());
        }
    }
    result
}
