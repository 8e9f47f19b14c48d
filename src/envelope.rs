//! What a session's token holds: `[created, permanent, data]`.
//!
//! The library's own facts stand beside the user's data, not in it, so no key
//! is reserved.

use std::fmt::{self, Write};

use serde::de::{DeserializeSeed, Deserializer, Error, SeqAccess, Visitor};

use crate::data::Data;
use crate::error::DecodeError;
use crate::json::{Member, Members, Style};

/// A session as it is signed.
pub(crate) struct Envelope {
    /// When the session was created, in unix seconds, if the format says so.
    pub(crate) created: Option<u64>,
    /// Whether the cookie outlives the browser's session.
    pub(crate) permanent: bool,
    pub(crate) data: Data,
}

impl Envelope {
    /// Reads the JSON text of a verified token.
    pub(crate) fn read(text: String) -> Result<Self, DecodeError> {
        let mut deserializer = serde_json::Deserializer::from_str(&text);
        let (created, permanent, members) = Parts(&text)
            .deserialize(&mut deserializer)
            .and_then(|parts| deserializer.end().map(|()| parts))
            .map_err(|_| DecodeError::Payload)?;
        Ok(Self { created: Some(created), permanent, data: Data::new(Style::Compact, text, members) })
    }

    /// Takes data that came without an envelope.
    #[cfg(feature = "_python")]
    pub(crate) fn bare(data: Data) -> Self {
        Self { created: None, permanent: false, data }
    }
}

/// Returns the first two elements, without a look at the rest.
pub(crate) fn head(text: &str) -> Option<(u64, bool)> {
    let (created, rest) = text.strip_prefix('[')?.split_once(',')?;
    let (permanent, _) = rest.split_once(',')?;
    Some((created.parse().ok()?, permanent.parse().ok()?))
}

/// Returns the JSON text of a session.
pub(crate) fn write(created: u64, permanent: bool, data: &Data) -> String {
    let mut text = String::with_capacity(max_len(data.object_len()));
    // Writing to a string does not fail.
    let _ = write!(text, "[{created},{permanent},");
    data.push_object(&mut text);
    text.push(']');
    text
}

/// Returns the longest that [`write`] makes of an object of this length, before
/// the year 2286.
pub(crate) fn max_len(object: usize) -> usize {
    LONGEST.len().saturating_add(object)
}

const LONGEST: &str = "[9999999999,false,]";

struct Parts<'t>(&'t str);

impl<'de> DeserializeSeed<'de> for Parts<'de> {
    type Value = (u64, bool, Vec<Member>);

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Parts<'de> {
    type Value = (u64, bool, Vec<Member>);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[created, permanent, data]")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let missing = || A::Error::custom("too few elements");
        Ok((
            seq.next_element()?.ok_or_else(missing)?,
            seq.next_element()?.ok_or_else(missing)?,
            seq.next_element_seed(Members(self.0))?.ok_or_else(missing)?,
        ))
    }
}
