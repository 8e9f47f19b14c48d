//! Reads JSON text once from its beginning to its end: what that takes grows with the length and not with the depth.

use memchr::memchr2;

/// What is left of a text that is known to be JSON. So what stands between keys, values and brackets needs no look.
pub(super) struct Reader<'t>(pub(super) &'t str);

impl<'t> Reader<'t> {
    /// Returns the first byte of what comes next: a key, a value, or the end of an array or object.
    pub(super) fn peek(&mut self) -> Option<u8> {
        self.0 = self.0.trim_start_matches(BETWEEN);
        self.0.as_bytes().first().copied()
    }

    /// Enters an array or object.
    pub(super) fn enter(&mut self) -> Option<()> {
        self.take(1).map(drop)
    }

    /// Leaves the array or object if it ends here, and says whether it did.
    pub(super) fn leave(&mut self) -> Option<bool> {
        let ends = matches!(self.peek()?, b']' | b'}');
        if ends {
            self.take(1)?;
        }
        Some(ends)
    }

    /// Takes a string, and returns its JSON text.
    pub(super) fn string(&mut self) -> Option<&'t str> {
        self.peek().filter(|first| *first == b'"')?;
        let mut end: usize = 1;
        loop {
            let rest = self.0.as_bytes().get(end..)?;
            let at = memchr2(b'"', b'\\', rest)?;
            let is_escape = rest.get(at) == Some(&b'\\');
            end = end.checked_add(at)?.checked_add(if is_escape { 2 } else { 1 })?;
            if !is_escape {
                return self.take(end);
            }
        }
    }

    /// Takes a number or a word.
    pub(super) fn word(&mut self) -> Option<&'t str> {
        self.peek()?;
        let end = self.0.find(|c| BETWEEN.contains(&c) || matches!(c, ']' | '}')).unwrap_or(self.0.len());
        self.take(end).filter(|word| !word.is_empty())
    }

    fn take(&mut self, len: usize) -> Option<&'t str> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }
}

const BETWEEN: [char; 6] = [' ', '\t', '\n', '\r', ',', ':'];
