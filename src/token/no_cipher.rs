//! Stands for the cipher where the feature `encrypted` is off: there is none.

use crate::error::DecodeError;

/// Keys that encrypt, of which there are none: no `Option` of them takes room or is looked at.
#[derive(Clone)]
pub(crate) enum SharedCiphers {}

impl SharedCiphers {
    pub(crate) fn encrypt(&self, _issued: u64, _start: usize, _out: &mut Vec<u8>) {
        match *self {}
    }

    pub(crate) fn decrypt_with<R>(
        &self,
        _payload: &[u8],
        _place: usize,
        _read: impl FnOnce(&str) -> Result<R, DecodeError>,
    ) -> Result<R, DecodeError> {
        match *self {}
    }
}

/// There is no initialisation vector.
pub(crate) const IV_LEN: usize = 0;

/// Returns the length of a text that is never encrypted.
pub(crate) fn len(text: usize) -> usize {
    text
}
