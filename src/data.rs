//! The data of a session: the members of one JSON object, kept as they came.
//!
//! One buffer holds what was decoded; members are places in it. What changes
//! owns its text. So a value that nobody touches goes back byte for byte, and
//! a session that nobody touches costs one buffer and one list.

use std::borrow::Cow;

use crate::json::{self, Member, NotJson, Span, Style};

/// The members of an object, in their order.
pub(crate) struct Data {
    style: Style,
    /// The decoded text, and in it the object and its members.
    text: String,
    object: Option<Span>,
    original: Vec<Member>,
    /// What the members are now, once anything was asked to change.
    current: Option<Vec<(Text, Text)>>,
}

/// JSON text of a key or a value: still in the buffer, or made since.
pub(crate) enum Text {
    Kept(Span),
    Made(Box<str>),
}

impl Text {
    fn of<'t>(&'t self, text: &'t str) -> &'t str {
        match self {
            Self::Kept(span) => span.of(text),
            Self::Made(made) => made,
        }
    }
}

impl Data {
    /// Makes an object without members.
    pub(crate) fn empty(style: Style) -> Self {
        Self { style, text: String::new(), object: None, original: Vec::new(), current: None }
    }

    /// Reads a text that is one object.
    pub(crate) fn read(style: Style, text: String) -> Option<Self> {
        let members = json::members(&text)?;
        Some(Self::new(style, text, members))
    }

    /// Takes the decoded text and the members found in it.
    pub(crate) fn new(style: Style, text: String, original: Vec<Member>) -> Self {
        let object = text
            .find('{')
            .zip(text.rfind('}'))
            .and_then(|(start, last)| Some(Span { start, end: last.checked_add(1)? }));
        Self { style, text, object, original, current: None }
    }

    /// Returns the key and value of each member, as JSON text.
    fn members(&self) -> impl Iterator<Item = (&str, &str)> {
        let current = self.current.iter().flatten().map(|(k, v)| (k.of(&self.text), v.of(&self.text)));
        let original = if self.current.is_some() { &[] } else { self.original.as_slice() };
        original.iter().map(|m| (m.key.of(&self.text), m.value.of(&self.text))).chain(current)
    }

    pub(crate) fn len(&self) -> usize {
        self.current.as_ref().map_or(self.original.len(), Vec::len)
    }

    /// Returns the keys, unescaped.
    pub(crate) fn keys(&self) -> impl Iterator<Item = Cow<'_, str>> {
        self.members().map(|(key, _)| match json::unescape(key) {
            Cow::Borrowed(bytes) => String::from_utf8_lossy(bytes),
            Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
        })
    }

    fn position(&self, key: &str) -> Option<usize> {
        self.members().position(|(text, _)| *json::unescape(text) == *key.as_bytes())
    }

    /// Returns the JSON text of a value.
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        self.members().nth(self.position(key)?).map(|(_, value)| value)
    }

    /// Puts a value under a key, in its old place if it had one.
    pub(crate) fn insert(&mut self, key: &str, value: String) -> Result<Undo, NotJson> {
        let value = Text::Made(value.into());
        let position = self.position(key);
        if let Some(position) = position
            && let Some((_, old)) = self.change().get_mut(position)
        {
            return Ok(Undo::Value(position, std::mem::replace(old, value)));
        }
        let key = Text::Made(json::to_text(key, self.style)?.into());
        self.change().push((key, value));
        Ok(Undo::Push)
    }

    /// Removes a member, and says whether there was one.
    pub(crate) fn remove(&mut self, key: &str) -> bool {
        match self.position(key) {
            Some(position) => {
                self.change().remove(position);
                true
            }
            None => false,
        }
    }

    /// Removes all members.
    pub(crate) fn clear(&mut self) {
        self.current = Some(Vec::new());
    }

    /// Replaces all members by those of an object, given as JSON text.
    pub(crate) fn replace(&mut self, object: &str) -> Result<Undo, NotJson> {
        let members = json::members(object).ok_or(NotJson)?;
        let made = |span: Span| Text::Made(span.of(object).into());
        let members = members.into_iter().map(|m| (made(m.key), made(m.value))).collect();
        Ok(Undo::All(self.current.replace(members)))
    }

    /// Takes one change back, when it turned out to be too large.
    pub(crate) fn undo(&mut self, undo: Undo) {
        match undo {
            Undo::Value(position, old) => {
                if let Some((_, value)) = self.change().get_mut(position) {
                    *value = old;
                }
            }
            Undo::Push => {
                self.change().pop();
            }
            Undo::All(members) => self.current = members,
        }
    }

    /// Says whether the members differ from those that came, in any byte or in
    /// their order.
    pub(crate) fn is_modified(&self) -> bool {
        let came = self.original.iter().map(|m| (m.key.of(&self.text), m.value.of(&self.text)));
        self.current.is_some() && !self.members().eq(came)
    }

    /// Returns the whole object as JSON text: as it came, if nothing differs.
    pub(crate) fn object(&self) -> Cow<'_, str> {
        match self.object {
            Some(object) if !self.is_modified() => Cow::Borrowed(object.of(&self.text)),
            _ => {
                let (comma, colon) = self.style.separators();
                let mut text = String::with_capacity(self.object_len());
                text.push('{');
                for (n, (key, value)) in self.members().enumerate() {
                    if n > 0 {
                        text.push_str(comma);
                    }
                    text.push_str(key);
                    text.push_str(colon);
                    text.push_str(value);
                }
                text.push('}');
                Cow::Owned(text)
            }
        }
    }

    /// Returns the length of [`object`](Self::object), in bytes.
    pub(crate) fn object_len(&self) -> usize {
        match self.object {
            Some(object) if !self.is_modified() => object.end.saturating_sub(object.start),
            _ => {
                let (comma, colon) = self.style.separators();
                let commas = self.len().saturating_sub(1).saturating_mul(comma.len());
                self.members()
                    .map(|(key, value)| key.len().saturating_add(colon.len()).saturating_add(value.len()))
                    .fold(2, usize::saturating_add)
                    .saturating_add(commas)
            }
        }
    }

    /// Returns how the text is spelled.
    pub(crate) fn style(&self) -> Style {
        self.style
    }

    /// Returns the keys with the largest values, and the bytes of each.
    pub(crate) fn largest(&self, count: usize) -> Vec<(String, usize)> {
        let values = self.members().map(|(_, value)| value.len());
        let mut sizes: Vec<_> = self.keys().map(Cow::into_owned).zip(values).collect();
        sizes.sort_by_key(|(_, size)| std::cmp::Reverse(*size));
        sizes.truncate(count);
        sizes
    }

    fn change(&mut self) -> &mut Vec<(Text, Text)> {
        self.current.get_or_insert_with(|| {
            self.original.iter().map(|m| (Text::Kept(m.key), Text::Kept(m.value))).collect()
        })
    }
}

/// How to take the last change back.
pub(crate) enum Undo {
    Value(usize, Text),
    Push,
    All(Option<Vec<(Text, Text)>>),
}
