//! The configuration that the requests of an adapter share.

use std::ops::Deref;
use std::sync::Arc;

use cookie_session::Sessions;

/// A configuration that is shared by the requests of an adapter.
///
/// A [`Sessions`] is cheap to clone, but all cores would count its references in
/// one place, once for every request, and wait there for each other.
#[derive(Clone, Debug)]
pub enum SharedSessions {
    /// Kept until the process ends, so that nobody counts.
    Forever(&'static Sessions),
    /// Counted apart, for one worker.
    Worker(Arc<Sessions>),
}

impl SharedSessions {
    /// Keeps a configuration, its keys with it, until the process ends.
    pub fn forever(sessions: Sessions) -> Self {
        Self::Forever(Box::leak(Box::new(sessions)))
    }

    /// Keeps a configuration for one worker, with a count of its own.
    pub fn worker(sessions: Sessions) -> Self {
        Self::Worker(Arc::new(sessions))
    }
}

impl Deref for SharedSessions {
    type Target = Sessions;

    fn deref(&self) -> &Sessions {
        match self {
            Self::Forever(sessions) => sessions,
            Self::Worker(sessions) => sessions,
        }
    }
}
