//! The data of a session: the members of one JSON object, kept as they came.
//!
//! One buffer holds what was decoded; members are places in it, or in the text
//! of a whole that was written since. What changes owns its text. So a value
//! that nobody touches goes back byte for byte, and a session that nobody
//! touches costs one buffer.

use std::borrow::Cow;

use crate::json::object::{Object, Pair, Pairs};
use crate::json::{self, Member, Span, Style, Text, Unwritable};

/// The members of an object, in their order.
#[derive(Clone)]
pub(crate) struct Data {
    style: &'static Style,
    /// Nothing as long as no object came and no member did, so that then nothing is to be dropped.
    held: Option<Held>,
}

#[derive(Clone, Default)]
struct Held {
    /// The object that came; without text if none did.
    came: Object,
    now: Now,
}

/// What there is instead of the object that came, as far as it differs.
#[derive(Clone, Default)]
pub(crate) struct Now {
    /// The object that was written whole.
    written: Option<Box<Object>>,
    /// The members, if they differ from those of the one or the other. Places are in its text.
    changed: Option<Vec<Member>>,
}

impl Held {
    /// Returns the object that members are places in.
    fn base(&self) -> &Object {
        self.now.written.as_deref().unwrap_or(&self.came)
    }

    fn pairs(&self) -> Pairs<'_> {
        match &self.now.changed {
            Some(changed) => Pairs::of(changed, self.base().text()),
            None => self.base().pairs(),
        }
    }

    /// Says whether the members are those that came.
    fn came_back(&self) -> bool {
        let Self { came, now } = self;
        match now {
            Now { written: None, changed: None } => return true,
            Now { written: Some(written), changed: None } if written.text() == came.text() => return true,
            // Nothing that came is no text, and has no members either.
            Now { written: Some(written), changed: None }
                if written.is_compact() && came.is_compact() && !came.text().is_empty() =>
            {
                return false;
            }
            _ => {}
        }
        // What nobody touched is still in its place, and need not be read.
        let is_same = |now: &str, came: &str| std::ptr::eq(now, came) || now == came;
        let (now, came) = (self.pairs(), came.pairs());
        now.len() == came.len()
            && now.zip(came).all(|(now, came)| is_same(now.key, came.key) && is_same(now.value, came.value))
    }
}

impl Data {
    /// Makes an object without members.
    pub(crate) fn empty(style: &'static Style) -> Self {
        Self { style, held: None }
    }

    /// Reads a text that is one object.
    pub(crate) fn read(style: &'static Style, text: String) -> Option<Self> {
        Object::read(text).map(|object| Self::of(style, object))
    }

    /// Reads a text that begins with one object, and returns where what comes
    /// after it begins.
    pub(crate) fn read_first(style: &'static Style, text: &str) -> Option<(Self, usize)> {
        Object::read_first(text).map(|(object, end)| (Self::of(style, object), end))
    }

    fn of(style: &'static Style, came: Object) -> Self {
        Self { style, held: Some(Held { came, now: Now::default() }) }
    }

    /// Returns the key and value of each member, as JSON text.
    fn pairs(&self) -> Pairs<'_> {
        self.held.as_ref().map_or(Pairs::of(&[], ""), Held::pairs)
    }

    /// Returns the members as a list, where places are in the text.
    fn to_members(&self) -> Vec<Member> {
        match &self.held {
            Some(Held { now: Now { changed: Some(changed), .. }, .. }) => changed.clone(),
            Some(held) => held.base().to_members(),
            None => Vec::new(),
        }
    }

    /// Returns the members that differ, if any do.
    fn changed(&self) -> &[Member] {
        self.held.as_ref().and_then(|held| held.now.changed.as_deref()).unwrap_or_default()
    }

    /// Returns the text in which members are places.
    fn text(&self) -> &str {
        self.held.as_ref().map_or("", |held| held.base().text())
    }

    pub(crate) fn len(&self) -> usize {
        self.pairs().len()
    }

    /// Returns the keys, unescaped.
    pub(crate) fn keys(&self) -> impl Iterator<Item = Cow<'_, str>> {
        self.pairs().map(|Pair { key, .. }| match json::unescape(key) {
            Cow::Borrowed(bytes) => String::from_utf8_lossy(bytes),
            Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
        })
    }

    /// Returns the keys, as JSON text.
    pub(crate) fn spelled_keys(&self) -> impl Iterator<Item = &str> {
        self.pairs().map(|pair| pair.key)
    }

    fn position(&self, key: &str) -> Option<usize> {
        self.pairs().position(|pair| pair.is_under(key))
    }

    /// Returns the JSON text of a value.
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        self.pairs().find(|pair| pair.is_under(key)).map(|pair| pair.value)
    }

    /// Puts a value under a key, in its old place if it had one.
    pub(crate) fn insert(&mut self, key: &str, value: String) -> Result<Undo, Unwritable> {
        let undo = match self.position(key) {
            Some(position) => {
                let member = self.change().get_mut(position).ok_or(Unwritable::Fails)?;
                let mut before = std::mem::replace(&mut member.value, Text::Made(value));
                if self.held().now.written.is_some() {
                    // That text is forgotten if the members now are those that came.
                    before = Text::Made(before.of(self.text()).to_owned());
                }
                Undo::Value(position, before)
            }
            None => {
                let key = (self.style.key)(key)?;
                self.change().push(Member::made(key, value));
                Undo::Push
            }
        };
        self.settle();
        Ok(undo)
    }

    /// Removes a member, and says whether there was one.
    pub(crate) fn remove(&mut self, key: &str) -> bool {
        let Some(position) = self.position(key) else { return false };
        self.change().remove(position);
        self.settle();
        true
    }

    /// Removes all members.
    pub(crate) fn clear(&mut self) {
        self.held().now = Now { written: None, changed: Some(Vec::new()) };
        self.settle();
    }

    /// Replaces all members by those of an object.
    pub(crate) fn put(&mut self, written: Object) -> Undo {
        // As it is, if a change to it would be written like it.
        let now = if written.is_compact() && !self.style.spaced {
            Now { written: Some(Box::new(written)), changed: None }
        } else {
            Now { written: None, changed: Some(made(&written.to_members(), written.text())) }
        };
        let undo = Undo::All(std::mem::replace(&mut self.held().now, now));
        self.settle();
        undo
    }

    /// Puts the members of an object under their keys, each in its old place if
    /// it had one, and removes those of `fields` that the object does not have.
    pub(crate) fn merge(&mut self, written: Object, fields: &[&str]) -> Result<Undo, Unwritable> {
        if self.pairs().map(|pair| pair.key).eq(written.pairs().map(|pair| pair.key)) {
            return Ok(self.put(written));
        }
        let mut text = String::with_capacity(self.object_len().saturating_add(written.text().len()));
        let mut merged = Pieces::begin(self.style, |piece| text.push_str(piece));
        for pair in self.pairs() {
            match written.pairs().find(|new| new.has_key_of(pair)) {
                Some(new) => merged.push(pair.key, new.value),
                None if fields.iter().any(|field| pair.is_under(field)) => {}
                None => merged.push(pair.key, pair.value),
            }
        }
        for new in written.pairs().filter(|new| !self.pairs().any(|pair| new.has_key_of(pair))) {
            merged.push(new.key, new.value);
        }
        merged.end();
        Ok(self.put(Object::of(text)?))
    }

    /// Returns a copy that also has the members of an object whose keys these
    /// have not.
    pub(crate) fn filled(&self, defaults: &Object) -> Self {
        let (text, there) = (self.text(), self.to_members());
        let mut members = there.clone();
        let missing = made(&defaults.to_members(), defaults.text()).into_iter();
        members.extend(missing.filter(|new| !there.iter().any(|member| new.has_key_of(member, text))));
        let mut filled = self.clone();
        filled.held().now.changed = Some(members);
        filled
    }

    /// Takes one change back, when it turned out to be too large, and returns
    /// how to take that back.
    pub(crate) fn undo(&mut self, undo: Undo) -> Undo {
        let redo = match undo {
            Undo::Value(position, mut old) => {
                if let Some(member) = self.change().get_mut(position) {
                    std::mem::swap(&mut member.value, &mut old);
                }
                Undo::Value(position, old)
            }
            Undo::Push => Undo::Pop(self.change().pop()),
            Undo::Pop(member) => {
                self.change().extend(member);
                Undo::Push
            }
            Undo::All(before) => Undo::All(std::mem::replace(&mut self.held().now, before)),
        };
        self.settle();
        redo
    }

    /// Says whether the members differ from those that came, in any byte or in
    /// their order.
    pub(crate) fn is_modified(&self) -> bool {
        self.held.as_ref().is_some_and(|Held { now, .. }| now.written.is_some() || now.changed.is_some())
    }

    /// Says whether they differ in members that are not under these keys.
    pub(crate) fn is_modified_beside(&self, keys: &[&str]) -> bool {
        let Some(held) = &self.held else { return false };
        let is_other = |pair: &Pair<'_>| !keys.iter().any(|key| pair.is_under(key));
        let came = held.came.pairs().filter(is_other).map(|pair| (pair.key, pair.value));
        !came.eq(held.pairs().filter(is_other).map(|pair| (pair.key, pair.value)))
    }

    /// Returns the object as it came or was written, if nothing differs.
    fn untouched(&self) -> Option<&str> {
        let held = self.held.as_ref().filter(|held| held.now.changed.is_none())?;
        Some(held.base().text()).filter(|text| !text.is_empty())
    }

    /// Returns the whole object as JSON text: as it came or was written, if
    /// nothing differs.
    pub(crate) fn object(&self) -> Cow<'_, str> {
        match self.untouched() {
            Some(object) => Cow::Borrowed(object),
            None => {
                let mut text = String::with_capacity(self.object_len());
                self.each_piece(|piece| text.push_str(piece));
                Cow::Owned(text)
            }
        }
    }

    /// Appends what [`object`](Self::object) returns.
    pub(crate) fn push_object(&self, out: &mut Vec<u8>) {
        match self.untouched() {
            Some(object) => out.extend_from_slice(object.as_bytes()),
            None => self.each_piece(|piece| out.extend_from_slice(piece.as_bytes())),
        }
    }

    /// Hands over the pieces of the object, one after the other: what nobody
    /// touched, as long as nothing was changed in between, in one.
    fn each_piece(&self, put: impl FnMut(&str)) {
        let mut pieces = Pieces::begin(self.style, put);
        let text = self.text();
        let mut run = None;
        for member in self.changed() {
            let place = if self.style.spaced { None } else { member.compact_place() };
            match (&mut run, place) {
                // What stands between the two is one character, and so a comma.
                (Some(Span { end, .. }), Some(next)) if end.saturating_add(1) == next.start => {
                    *end = next.end;
                }
                (_, next) => {
                    if let Some(run) = std::mem::replace(&mut run, next) {
                        pieces.push_text(run.of(text));
                    }
                    if next.is_none() {
                        pieces.push(member.key.of(text), member.value.of(text));
                    }
                }
            }
        }
        if let Some(run) = run {
            pieces.push_text(run.of(text));
        }
        pieces.end();
    }

    /// Returns the length of [`object`](Self::object), in bytes.
    pub(crate) fn object_len(&self) -> usize {
        match self.untouched() {
            Some(object) => object.len(),
            None => {
                let separator = 1usize.saturating_add(usize::from(self.style.spaced));
                let commas = self.len().saturating_sub(1).saturating_mul(separator);
                self.pairs()
                    .map(|Pair { key, value, .. }| {
                        key.len().saturating_add(separator).saturating_add(value.len())
                    })
                    .fold(2, usize::saturating_add)
                    .saturating_add(commas)
            }
        }
    }

    /// Returns the keys with the largest values, and the bytes of each.
    pub(crate) fn largest(&self, count: usize) -> Vec<(String, usize)> {
        let values = self.pairs().map(|pair| pair.value.len());
        let mut sizes: Vec<_> = self.keys().map(Cow::into_owned).zip(values).collect();
        sizes.sort_by_key(|(_, size)| std::cmp::Reverse(*size));
        sizes.truncate(count);
        sizes
    }

    fn held(&mut self) -> &mut Held {
        self.held.get_or_insert_default()
    }

    /// Returns the members, to be changed and then [settled](Self::settle).
    fn change(&mut self) -> &mut Vec<Member> {
        let held = self.held();
        if held.now.changed.is_none() {
            held.now.changed = Some(held.base().to_members());
        }
        held.now.changed.get_or_insert_default()
    }

    /// Forgets the changes if they come to nothing.
    fn settle(&mut self) {
        if let Some(held) = &mut self.held
            && held.came_back()
        {
            held.now = Now::default();
        }
    }
}

/// Returns members that are places in a text, each with a text of its own.
fn made(members: &[Member], object: &str) -> Vec<Member> {
    let made = |text: &Text| text.of(object).to_owned();
    members.iter().map(|member| Member::made(made(&member.key), made(&member.value))).collect()
}

/// Hands over the pieces of an object, one after the other.
struct Pieces<P> {
    put: P,
    comma: &'static str,
    colon: &'static str,
    first: bool,
}

impl<P: FnMut(&str)> Pieces<P> {
    fn begin(style: &Style, mut put: P) -> Self {
        put("{");
        let (comma, colon) = if style.spaced { (", ", ": ") } else { (",", ":") };
        Self { put, comma, colon, first: true }
    }

    /// Hands over a member, or several with what is between them.
    fn push_text(&mut self, members: &str) {
        if !std::mem::take(&mut self.first) {
            (self.put)(self.comma);
        }
        (self.put)(members);
    }

    fn push(&mut self, key: &str, value: &str) {
        self.push_text(key);
        (self.put)(self.colon);
        (self.put)(value);
    }

    fn end(mut self) {
        (self.put)("}");
    }
}

/// How to take the last change back.
pub(crate) enum Undo {
    Value(usize, Text),
    Push,
    Pop(Option<Member>),
    All(Now),
}
