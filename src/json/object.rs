//! The text of one object, checked once, and where its members are.

use crate::json::{self, Member};

/// An object as it is written. No key of it comes twice.
///
/// There is no other way to one than [`read`](Self::read) and [`read_first`](Self::read_first), and what they check
/// stays so, since nothing changes the text. So whatever is handed out, one member or the whole, was checked before.
#[derive(Clone, Default)]
pub(crate) struct Object {
    text: String,
    members: Vec<Member>,
}

impl Object {
    /// Reads a text that is one object.
    pub(crate) fn read(mut text: String) -> Option<Self> {
        let object = json::trim(&text);
        if object.len() < text.len() {
            text = object.to_owned();
        }
        let members = json::members(&text)?;
        Some(Self { text, members })
    }

    /// Reads a text that begins with one object, and returns where what comes
    /// after it begins.
    pub(crate) fn read_first(mut text: String) -> Option<(Self, usize)> {
        let (members, end) = json::first_members(&text)?;
        if end < text.len() {
            text.truncate(end);
            text.truncate(json::trim(&text).len());
        }
        Some((Self { text, members }, end))
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Says whether the text is what its members make: nothing stands between them but commas and colons. Two such
    /// texts are equal if, and only if, their members are.
    pub(crate) fn is_compact(&self) -> bool {
        let members = self.members.iter();
        let punctuation = members.len().saturating_mul(2).saturating_add(1).max("{}".len());
        let lengths = members.map(|Member { key, value, .. }| key.len().saturating_add(value.len()));
        lengths.fold(punctuation, usize::saturating_add) == self.text.len()
    }

    /// Returns the members, which are places in the text.
    pub(crate) fn members(&self) -> &[Member] {
        &self.members
    }
}
