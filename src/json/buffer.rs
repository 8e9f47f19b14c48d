//! Where JSON text is written that is needed for a moment: on the stack, unless it is long.

use std::io::{self, Write};

/// A text of which no more than a few hundred bytes are expected.
pub(crate) struct Buffer {
    short: [u8; SHORT],
    /// How much of it is written, or more than there is once the text is in `long`.
    len: usize,
    long: Vec<u8>,
}

impl Buffer {
    pub(crate) fn new() -> Self {
        Self { short: [0; SHORT], len: 0, long: Vec::new() }
    }

    /// Appends a piece of text.
    #[inline]
    pub(crate) fn push(&mut self, piece: &[u8]) {
        let end = self.len.saturating_add(piece.len());
        match self.short.get_mut(self.len..end) {
            Some(room) => {
                room.copy_from_slice(piece);
                self.len = end;
            }
            None => self.move_to_heap(piece),
        }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.short.get(..self.len).unwrap_or(&self.long)
    }

    #[cold]
    fn move_to_heap(&mut self, more: &[u8]) {
        if let Some(short) = self.short.get(..self.len) {
            self.long.reserve(short.len().saturating_add(more.len()).max(LONG));
            self.long.extend_from_slice(short);
            self.len = usize::MAX;
        }
        self.long.extend_from_slice(more);
    }
}

impl Write for Buffer {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.push(bytes);
        Ok(bytes.len())
    }

    #[inline]
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.push(bytes);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What most tokens hold.
const SHORT: usize = 512;

/// What all do that fit in a cookie.
const LONG: usize = 3072;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_what_was_written_in_whatever_pieces() {
        let text: Vec<u8> = (0..=u8::MAX).cycle().take(4000).collect();
        for len in [0, 1, SHORT - 1, SHORT, SHORT + 1, 2 * SHORT, LONG, LONG + 1, text.len()] {
            for piece in [1, 3, 100, SHORT, SHORT + 1, 4000] {
                let mut buffer = Buffer::new();
                for piece in text[..len].chunks(piece) {
                    buffer.write_all(piece).unwrap();
                    assert_eq!(buffer.write(&[]).unwrap(), 0);
                }
                assert_eq!(buffer.as_bytes(), &text[..len], "{len} in pieces of {piece}");
            }
        }
    }
}
