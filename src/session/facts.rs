//! What the library itself keeps in a session beside the user's data, by letter.
//!
//! A letter means the same for ever. Who does not know a lower-case one keeps it as it came and writes it back; who does
//! not know an upper-case one must not serve the session. So machines of two versions can serve the same visitors, and
//! what a later version adds is never lost.

use crate::error::DecodeError;
use crate::json::{self, Unwritable};
use crate::session::members::{Data, Undo};

/// Facts by their letter: none as a rule, which costs nothing.
#[derive(Clone, Default)]
pub(crate) struct Facts(Option<Box<Data>>);

/// A fact that this version knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fact(&'static str);

impl Fact {
    /// The keyed digest by which the sessions of one user end together.
    pub(crate) const STAMP: Self = Self("s");
    /// When the stamp was last confirmed, in unix seconds.
    pub(crate) const CONFIRMED: Self = Self("c");
    /// The secret against cross-site request forgery.
    pub(crate) const CSRF: Self = Self("x");
    /// Messages for the next page.
    pub(crate) const FLASHES: Self = Self("f");
}

/// The upper-case letters that this version understands.
const UNDERSTOOD: &[u8] = b"";

/// The letters of facts about one login, which another login replaces.
const OF_A_LOGIN: [&str; 4] = ["s", "c", "x", "k"];

/// Those that a confirmation changes: its time, and the stamp if another key made it.
const OF_A_CONFIRMATION: [&str; 2] = ["s", "c"];

/// How many there may be.
const MOST: usize = 16;

impl Facts {
    /// Reads the text of an object.
    pub(crate) fn read(object: &str) -> Result<Self, DecodeError> {
        let facts = Data::read(&json::COMPACT, object.to_owned()).ok_or(DecodeError::Payload)?;
        if !(1..=MOST).contains(&facts.len()) {
            return Err(DecodeError::Payload);
        }
        let letters: Option<Vec<u8>> = facts.spelled_keys().map(letter).collect();
        let letters = letters.ok_or(DecodeError::Payload)?;
        if letters.iter().any(|letter| letter.is_ascii_uppercase() && !UNDERSTOOD.contains(letter)) {
            return Err(DecodeError::Unsupported);
        }
        Ok(Self(Some(Box::new(facts))))
    }

    /// Returns the JSON text of a fact.
    pub(crate) fn get(&self, Fact(letter): Fact) -> Option<&str> {
        self.0.as_ref()?.get(letter)
    }

    /// Puts JSON text under a letter.
    pub(crate) fn insert(&mut self, Fact(letter): Fact, value: String) -> Result<Undo, Unwritable> {
        let facts = self.0.get_or_insert_with(|| Box::new(Data::empty(&json::COMPACT)));
        let undo = facts.insert(letter, value)?;
        if facts.len() > MOST {
            facts.undo(undo);
            return Err(Unwritable::Fails);
        }
        Ok(undo)
    }

    /// Takes an insertion back.
    pub(crate) fn undo(&mut self, undo: Undo) {
        if let Some(facts) = &mut self.0 {
            facts.undo(undo);
        }
    }

    /// Removes a fact, and says whether there was one.
    pub(crate) fn remove(&mut self, Fact(letter): Fact) -> bool {
        self.0.as_mut().is_some_and(|facts| facts.remove(letter))
    }

    /// Forgets what belongs to one login.
    pub(crate) fn forget_login(&mut self) {
        if let Some(facts) = &mut self.0 {
            for letter in OF_A_LOGIN {
                facts.remove(letter);
            }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.as_ref().is_none_or(|facts| facts.len() == 0)
    }

    /// Says whether they differ from those that came.
    pub(crate) fn is_modified(&self) -> bool {
        self.0.as_ref().is_some_and(|facts| facts.is_modified())
    }

    /// Says whether anything but a confirmation makes them differ.
    pub(crate) fn is_modified_beside_confirmation(&self) -> bool {
        self.0.as_ref().is_some_and(|facts| facts.is_modified_beside(&OF_A_CONFIRMATION))
    }

    /// Returns the length of what [`push`](Self::push) appends.
    pub(crate) fn len(&self) -> usize {
        match &self.0 {
            Some(facts) if facts.len() > 0 => facts.object_len().saturating_add(1),
            _ => 0,
        }
    }

    /// Appends a comma and the object, or nothing if there are none.
    pub(crate) fn push(&self, out: &mut Vec<u8>) {
        if let Some(facts) = &self.0
            && facts.len() > 0
        {
            out.push(b',');
            facts.push_object(out);
        }
    }
}

/// Returns the letter that a key is, as JSON text: one, and not escaped.
fn letter(key: &str) -> Option<u8> {
    match key.as_bytes() {
        [b'"', letter, b'"'] if letter.is_ascii_alphabetic() => Some(*letter),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::SessionError;
    use crate::key::{KeyRing, SecretKey};
    use crate::sessions::Sessions;

    #[test]
    fn a_fact_is_kept_read_replaced_and_removed() {
        let sessions = Sessions::builder(KeyRing::new(SecretKey::generate().unwrap())).build().unwrap();
        let mut session = sessions.start();
        assert_eq!(session.facts.get(Fact::STAMP), None);
        session.keep_fact(Fact::STAMP, "1".into()).unwrap();
        // Facts alone are a session too.
        assert!(session.is_empty() && session.is_modified());
        let pair = sessions.save(session).unwrap().cookie_pair().unwrap().to_owned();

        let mut session = sessions.open([&pair]);
        assert_eq!(session.facts.get(Fact::STAMP), Some("1"));
        session.keep_fact(Fact::STAMP, "1".into()).unwrap();
        assert!(!session.is_modified(), "it is the same");
        session.keep_fact(Fact::STAMP, "2".into()).unwrap();
        session.keep_fact(Fact::CONFIRMED, "3".into()).unwrap();
        assert!(session.is_modified());
        assert!(session.facts.remove(Fact::STAMP) && !session.facts.remove(Fact::FLASHES));
        let pair = sessions.save(session).unwrap().cookie_pair().unwrap().to_owned();
        let session = sessions.open([&pair]);
        assert_eq!((session.facts.get(Fact::STAMP), session.facts.get(Fact::CONFIRMED)), (None, Some("3")));
        let mut session = sessions.open([&pair]);
        assert!(session.facts.remove(Fact::CONFIRMED));
        assert!(sessions.save(session).unwrap().is_removal(), "nothing is left");
    }

    #[test]
    fn a_fact_that_does_not_fit_changes_nothing() {
        let sessions = Sessions::builder(KeyRing::new(SecretKey::generate().unwrap())).build().unwrap();
        let mut session = sessions.start();
        session.keep_fact(Fact::CSRF, "1".into()).unwrap();
        let long = format!("\"{}\"", "x".repeat(4000));
        for fact in [Fact::CSRF, Fact::STAMP] {
            assert!(matches!(session.keep_fact(fact, long.clone()), Err(SessionError::TooLong(_))));
        }
        assert_eq!(session.facts.get(Fact::CSRF), Some("1"));
        assert_eq!(session.facts.get(Fact::STAMP), None);

        let others: Vec<String> = ('a'..='p').map(|letter| format!("\"{letter}\":0")).collect();
        session.facts = Facts::read(&format!("{{{}}}", others.join(","))).unwrap();
        assert!(matches!(session.keep_fact(Fact::STAMP, "1".into()), Err(SessionError::NotJson(_))));
        session.keep_fact(Fact::FLASHES, "1".into()).unwrap();
    }
}
