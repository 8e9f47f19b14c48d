//! What is wrong with the secrets of Python applications, which are taken all the same.

use crate::key::{KeyError, KeyErrorKind, Secrets, has_placeholder, is_known, is_repetitive};
use crate::token::signer::leaving_a_clean_stack;

impl Secrets {
    /// Returns what is wrong with each that a Python application had better
    /// replace, counted from the one that signs.
    pub(crate) fn weak(&self) -> Vec<KeyError> {
        let report = |kind, position| KeyError {
            position: Some(position),
            least: MIN_LEN_OF_FRAMEWORKS,
            ..KeyError::new(kind)
        };
        let weak = |(secret, position)| Some(report(weakness(secret)?, position));
        leaving_a_clean_stack(|| self.all().zip(1..).filter_map(weak).collect())
    }
}

/// Says what is wrong with a secret of a Python application, which may be any
/// text: it is short, or nobody would call it random. A sentence may be good.
fn weakness(bytes: &[u8]) -> Option<KeyErrorKind> {
    let is_text = bytes.iter().all(|byte| (0x20..0x7f).contains(byte));
    match bytes.len() {
        len if len < MIN_LEN_OF_FRAMEWORKS => Some(KeyErrorKind::TooShort { len }),
        _ if is_known(bytes) => Some(KeyErrorKind::Known),
        _ if is_repetitive(bytes, MIN_DISTINCT_OF_TEXT) => Some(KeyErrorKind::Weak),
        _ => (is_text && has_placeholder(bytes, 0)).then_some(KeyErrorKind::Weak),
    }
}

// 128 bits, if they are random bytes; what is shorter can be tried out.
const MIN_LEN_OF_FRAMEWORKS: usize = 16;

// Hex digits have 16, of which a short secret shows most.
const MIN_DISTINCT_OF_TEXT: usize = 6;
