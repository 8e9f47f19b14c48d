//! The text of one object, checked once, and where its members are.

use std::slice;

use memchr::memchr;

use crate::json::scan::{self, Place};
use crate::json::{self, Member, Unwritable, mismatch};

/// An object as it is written. No key of it comes twice.
///
/// Each was read, or written by serde_json and looked through for equal keys, and what was checked stays so, since nothing
/// changes the text. So whatever is handed out, one member or the whole, was checked before.
#[derive(Clone, Default)]
pub(crate) struct Object {
    text: String,
    places: Places,
}

impl Object {
    /// Reads a text that is one object.
    pub(crate) fn read(mut text: String) -> Option<Self> {
        let object = json::trim(&text);
        if object.len() < text.len() {
            text = object.to_owned();
        }
        let (places, end) = Places::read(&text)?;
        (end == text.len()).then_some(Self { text, places })
    }

    /// Takes a text that serde_json wrote, if it is an object whose members are in these places, and none twice.
    pub(super) fn written(text: String, few: Few) -> Option<Self> {
        let bytes = text.as_bytes();
        let has_escapes = memchr(b'\\', bytes).is_some();
        let is_there = |Place { start, colon, end }| {
            bytes.get(colon) == Some(&b':')
                && matches!(bytes.get(end), Some(b',' | b'}'))
                && !(has_escapes && bytes.get(start..colon).is_none_or(|key| key.contains(&b'\\')))
        };
        let all = few.next_start().max("{}".len());
        if !text.starts_with('{') || all != text.len() || !few.places().all(is_there) {
            return None;
        }
        let places = Places::Few(few);
        (!places.has_duplicate(&text)).then_some(Self { text, places })
    }

    /// Reads the object that a text begins with, and returns where what comes
    /// after it begins.
    pub(crate) fn read_first(text: &str) -> Option<(Self, usize)> {
        let (places, end) = Places::read(text)?;
        let object = json::trim(text.get(..end)?);
        Some((Self { text: object.to_owned(), places }, end))
    }

    /// Reads such a text, and says what is wrong with it if it is not one.
    pub(crate) fn of(text: String) -> Result<Self, Unwritable> {
        let kind = mismatch::kind(&text);
        Self::read(text).ok_or(match kind {
            "a map" => Unwritable::Twice,
            kind => Unwritable::NoObject(kind),
        })
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Says whether the text is what its members make: nothing stands between them but commas and colons. Two such
    /// texts are equal if, and only if, their members are.
    pub(crate) fn is_compact(&self) -> bool {
        let Places::Many(members) = &self.places else { return true };
        let punctuation = members.len().saturating_mul(2).saturating_add(1).max("{}".len());
        let lengths = members.iter().map(|Member { key, value, .. }| key.len().saturating_add(value.len()));
        lengths.fold(punctuation, usize::saturating_add) == self.text.len()
    }

    /// Returns the members.
    pub(crate) fn pairs(&self) -> Pairs<'_> {
        match &self.places {
            Places::Few(few) => Pairs { text: &self.text, few: few.places(), many: [].iter() },
            Places::Many(members) => Pairs::of(members, &self.text),
        }
    }

    /// Returns the members as a list of places in the text.
    pub(crate) fn to_members(&self) -> Vec<Member> {
        self.places.clone().into_members()
    }
}

/// Where the members of an object are.
#[derive(Clone)]
pub(crate) enum Places {
    /// Those of most sessions, which take no memory of their own.
    Few(Few),
    Many(Vec<Member>),
}

impl Places {
    /// Finds the members of the object that a text begins with, and where what comes after it begins. A key that comes
    /// twice is an error.
    #[inline]
    pub(crate) fn read(text: &str) -> Option<(Self, usize)> {
        // The tests of sessions also run without the scanner: `.ci/run` says how.
        let scanned = if cfg!(without_scan) { None } else { Self::scan(text) };
        let (places, end, are_different) = match scanned {
            Some(scanned) => scanned,
            None => {
                let (members, end) = json::parse_members(text)?;
                (Self::Many(members), end, false)
            }
        };
        (are_different || !places.has_duplicate(text)).then_some((places, end))
    }

    /// Does the same with a compact text. Says whether the keys are known to be different; if not, they may be so still.
    #[inline]
    fn scan(text: &str) -> Option<(Self, usize, bool)> {
        let (mut few, mut many) = (Few::default(), Vec::new());
        let (mut marks, mut are_different) = (0, true);
        let end = scan::members(text, |place| {
            let mark = json::mark(text.as_bytes().get(place.start..place.colon).unwrap_or_default());
            are_different &= marks & mark == 0;
            marks |= mark;
            if !many.is_empty() || !few.push(place) {
                list(&mut many, &few, place, text);
            }
        })?;
        // White space would be no part of what comes after.
        let is_end = matches!(text.as_bytes().get(end), None | Some(b','));
        is_end.then_some((
            if many.is_empty() { Self::Few(few) } else { Self::Many(many) },
            end,
            are_different,
        ))
    }

    #[cold]
    fn has_duplicate(&self, text: &str) -> bool {
        match self {
            Self::Few(few) => {
                let key = |place: Place| text.as_bytes().get(place.start..place.colon).unwrap_or_default();
                json::has_equal(|| few.places().map(key))
            }
            Self::Many(members) => json::has_duplicate(members, text),
        }
    }

    pub(crate) fn into_members(self) -> Vec<Member> {
        match self {
            Self::Few(few) => few.places().map(Member::kept).collect(),
            Self::Many(members) => members,
        }
    }
}

impl Default for Places {
    fn default() -> Self {
        Self::Few(Few::default())
    }
}

/// Adds one more member than are few.
#[cold]
fn list(many: &mut Vec<Member>, few: &Few, place: Place, text: &str) {
    if many.is_empty() {
        few.places().for_each(|place| json::push_member(many, Member::kept(place), text));
    }
    json::push_member(many, Member::kept(place), text);
}

/// The members of a compact text that is not too long, by where each key and each value ends: each begins right after
/// what stands before it.
#[derive(Clone, Default)]
pub(crate) struct Few {
    ends: [[u16; 2]; MOST],
    len: u8,
}

impl Few {
    /// Adds a member, if there is room.
    #[inline]
    pub(super) fn push(&mut self, place: Place) -> bool {
        let room = self.ends.get_mut(usize::from(self.len));
        let ends = (u16::try_from(place.colon), u16::try_from(place.end));
        let (Some(room), (Ok(colon), Ok(end))) = (room, ends) else { return false };
        *room = [colon, end];
        self.len = self.len.saturating_add(1);
        true
    }

    /// Returns where the next member would begin.
    #[inline]
    pub(super) fn next_start(&self) -> usize {
        let last = usize::from(self.len).checked_sub(1).and_then(|last| self.ends.get(last));
        last.map_or(0, |[_, end]| usize::from(*end)).saturating_add(1)
    }

    #[inline]
    fn places(&self) -> FewPlaces<'_> {
        let ends = self.ends.get(..usize::from(self.len)).unwrap_or_default();
        FewPlaces { start: "{".len(), ends: ends.iter() }
    }
}

/// The places of few members.
#[derive(Clone)]
struct FewPlaces<'f> {
    start: usize,
    ends: slice::Iter<'f, [u16; 2]>,
}

impl Iterator for FewPlaces<'_> {
    type Item = Place;

    #[inline]
    fn next(&mut self) -> Option<Place> {
        let [colon, end] = *self.ends.next()?;
        let place = Place { start: self.start, colon: colon.into(), end: end.into() };
        self.start = place.end.saturating_add(",".len());
        Some(place)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.ends.size_hint()
    }
}

/// The members of an object, or those of a list.
#[derive(Clone)]
pub(crate) struct Pairs<'o> {
    text: &'o str,
    few: FewPlaces<'o>,
    many: slice::Iter<'o, Member>,
}

impl<'o> Pairs<'o> {
    /// Returns those of a list, where places are in the text.
    pub(crate) fn of(members: &'o [Member], text: &'o str) -> Self {
        Self { text, few: FewPlaces { start: 0, ends: [].iter() }, many: members.iter() }
    }
}

impl<'o> Iterator for Pairs<'o> {
    type Item = Pair<'o>;

    #[inline]
    fn next(&mut self) -> Option<Pair<'o>> {
        if let Some(Place { start, colon, end }) = self.few.next() {
            let key = self.text.get(start..colon).unwrap_or_default();
            let value = self.text.get(colon.saturating_add(":".len())..end).unwrap_or_default();
            return Some(Pair { key, value, plain: true });
        }
        let Member { key, value, plain } = self.many.next()?;
        Some(Pair { key: key.of(self.text), value: value.of(self.text), plain: *plain })
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        let len = self.few.ends.len().saturating_add(self.many.len());
        (len, Some(len))
    }
}

impl ExactSizeIterator for Pairs<'_> {}

/// The key and the value of a member, as JSON text.
#[derive(Clone, Copy)]
pub(crate) struct Pair<'o> {
    pub(crate) key: &'o str,
    pub(crate) value: &'o str,
    /// Whether the key has no escapes, so that it means what it spells.
    plain: bool,
}

impl Pair<'_> {
    /// Says whether both are under the same key.
    pub(crate) fn has_key_of(self, other: Pair<'_>) -> bool {
        json::unescape(self.key) == json::unescape(other.key)
    }

    /// Says whether this is the key's own spelling without escapes, or means
    /// the same.
    #[inline]
    pub(crate) fn is_under(&self, key: &str) -> bool {
        json::is_spelling(self.key, self.plain, key)
    }
}

/// More members than most sessions have.
const MOST: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;

    /// Says whether the scanner takes a text, after it has seen that serde_json reads the same members in it.
    #[track_caller]
    fn is_taken(text: &str) -> bool {
        let Some((places, end, _)) = Places::scan(text) else { return false };
        let Some((members, parsed_end)) = json::parse_members(text) else {
            panic!("serde_json refuses {text}")
        };
        assert_eq!(end, parsed_end, "{text}");
        let object = Object { text: text.to_owned(), places };
        let pairs = |pairs: Pairs<'_>| -> Vec<_> {
            pairs.map(|Pair { key, value, plain }| (key.to_owned(), value.to_owned(), plain)).collect()
        };
        assert_eq!(pairs(object.pairs()), pairs(Pairs::of(&members, text)), "{text}");
        assert!(object.is_compact(), "{text}");
        true
    }

    /// Hands over every text of up to so many of these parts.
    fn each_text(parts: &[&str], most: usize, text: &str, look: &mut impl FnMut(&str)) {
        look(text);
        let Some(fewer) = most.checked_sub(1) else { return };
        parts.iter().for_each(|part| each_text(parts, fewer, &format!("{text}{part}"), look));
    }

    /// Checks a text, which the scanner has to take if serde_json does and it is `compact`.
    #[track_caller]
    fn agree(text: &str, compact: bool) -> bool {
        let taken = is_taken(text);
        let whole = |end| matches!(text.as_bytes().get(end), None | Some(b','));
        let is_read = || json::parse_members(text).is_some_and(|(_, end)| whole(end));
        assert!(taken || !compact || !is_read(), "not taken: {text}");
        taken
    }

    #[test]
    fn the_scanner_takes_what_serde_json_takes() {
        let mut taken = 0;
        each_text(&["-", "0", "1", "9", ".", "e", "E", "+"], 6, "", &mut |number| {
            taken += usize::from(agree(&format!("{{\"a\":{number}}}"), true));
        });
        assert!(taken > 5_000, "{taken}");
        taken = 0;
        each_text(&["{", "}", "[", "]", ",", ":", "\"a\"", "1"], 5, "", &mut |value| {
            taken += usize::from(agree(&format!("{{\"a\":{value}}}"), true));
            taken += usize::from(agree(&format!("{{{value}"), true));
        });
        assert!(taken > 200, "{taken}");
        let words = [
            "t", "tr", "tru", "true", "truee", "True", "f", "fals", "false", "nul", "null", "nulll", "NaN",
            "nan",
        ];
        let numbers =
            ["Infinity", "-Infinity", "0x1", "1_0", "1e400", "-1e-400", "\u{661}", "+1", ".5", "1f", "'a'"];
        for value in words.into_iter().chain(numbers).chain(["", "a", "\"", "\"a", "\"a\"b", "\u{feff}1"]) {
            for text in
                [format!("{{\"a\":{value}}}"), format!("{{\"a\":[{value}]}}"), format!("{{{value}:1}}")]
            {
                agree(&text, true);
            }
            agree(value, true);
        }
    }

    #[test]
    fn the_scanner_leaves_white_space_escapes_and_control_characters() {
        let texts = ["{\"ab\":[1,{\"c\":\"text, longer\"}],\"d\":null}", "{\"a\":1},{\"s\":\"x\"}"];
        for (text, at) in texts.iter().flat_map(|text| (0..=text.len()).map(move |at| (text, at))) {
            for added in (0..=0x7f).chain([0xe9, 0x2028, 0x1f600]).filter_map(char::from_u32) {
                let mut text = (*text).to_owned();
                text.insert(at, added);
                let taken = agree(&text, added > ' ' && added != '\\');
                assert!(!taken || !added.is_ascii_control() || added == '\u{7f}', "{text}");
            }
        }
    }

    #[test]
    fn the_scanner_takes_strings_of_all_lengths() {
        for (len, end) in (0..40).flat_map(|len| ["", "é", "\u{7f}", "🍵"].map(|end| (len, end))) {
            let string = format!("{}{end}", "x".repeat(len));
            assert!(is_taken(&format!("{{\"{string}\":\"{string}\",\"a\":[\"{string}\"]}}")), "{len} {end}");
            assert!(!is_taken(&format!("{{\"a\":\"{string}}}")), "{len} {end}");
        }
    }

    #[test]
    fn the_scanner_goes_down_64_levels() {
        for (depth, taken) in [(0, true), (62, true), (63, true), (64, false), (65, false), (10_000, false)] {
            for (open, close) in [("[", "]"), ("{\"k\":", "}")] {
                let text = format!("{{\"a\":{}0{}}}", open.repeat(depth), close.repeat(depth));
                assert_eq!(is_taken(&text), taken, "{text}");
            }
        }
    }

    #[test]
    fn few_members_and_many_are_found_and_none_twice() {
        for count in [0, 1, 2, MOST - 1, MOST, MOST + 1, 15, 16, 17, 63, 64, 65, 66, 200] {
            let text = |keys: &mut dyn Iterator<Item = usize>| {
                let members: Vec<_> = keys.map(|key| format!("\"k{key}\":{key}")).collect();
                format!("{{{}}}", members.join(","))
            };
            let good = text(&mut (0..count));
            assert!(is_taken(&good));
            assert_eq!(Object::read(good).map(|object| object.pairs().len()), Some(count));
            for twice in 0..count {
                let bad = text(&mut (0..count).chain([twice]));
                assert!(is_taken(&bad), "the scanner leaves that to others");
                assert!(Object::read(bad).is_none(), "{count} {twice}");
            }
        }
    }

    #[test]
    fn a_place_that_is_far_behind_is_kept() {
        for len in [65_500, 65_530, 65_531, 65_532, 65_533, 65_534, 65_535, 65_536, 70_000] {
            let text = format!("{{\"a\":\"{}\",\"b\":1,\"c\":2}}", "x".repeat(len));
            assert!(is_taken(&text), "{len}");
        }
    }
}
