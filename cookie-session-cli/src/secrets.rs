//! Keys, read from where they may be: never from arguments.

use std::io;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_PAD_INDIFFERENT, URL_SAFE_PAD_INDIFFERENT};
use cookie_session::{KeyRing, SecretKey};
use zeroize::Zeroizing;

use crate::answer::Problem;
use crate::args::{Format, KeyOptions};
use crate::input::{read_file, read_stdin};

/// The keys as somebody wrote them down.
pub(crate) struct Keys {
    entries: Vec<Zeroizing<Vec<u8>>>,
}

/// What may have been taken for a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// The bytes that hex or base64 stands for: right in the native format.
    Decoded,
    /// The text as it stands: right in the formats of Python.
    Text,
    /// The text with the newline that a file ends with.
    WithNewline,
}

/// A key, or what somebody took for it.
pub(crate) struct Secret {
    /// Which key of the ring, counted from 1.
    pub(crate) number: usize,
    pub(crate) taken: Taken,
    pub(crate) bytes: Zeroizing<Vec<u8>>,
}

impl Keys {
    /// Reads the keys, in the native format as [`KeyRing`] does, otherwise one a
    /// line.
    pub(crate) fn read(options: &KeyOptions, format: Format) -> Result<Self, Problem> {
        Self::of(&options.text()?, format)
    }

    /// Takes the keys out of a text.
    pub(crate) fn of(text: &[u8], format: Format) -> Result<Self, Problem> {
        let is_separator = |byte: &u8| match format {
            Format::Native => *byte == b',' || byte.is_ascii_whitespace(),
            _ => *byte == b'\n',
        };
        let entries = text.split(is_separator).map(|entry| match format {
            Format::Native => entry,
            // A file of another operating system.
            _ => entry.strip_suffix(b"\r").unwrap_or(entry),
        });
        let entries: Vec<_> =
            entries.filter(|entry| !entry.is_empty()).map(|entry| Zeroizing::new(entry.to_vec())).collect();
        if entries.is_empty() {
            return Err(Problem::usage(
                "there is no key in what was read; `cookie-session keygen` makes one",
            ));
        }
        Ok(Self { entries })
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Returns the keys as the secrets of a framework.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &[u8]> {
        self.entries.iter().map(|entry| entry.as_slice())
    }

    /// Returns the ring of the native format.
    pub(crate) fn ring(&self) -> Result<KeyRing, Problem> {
        let mut ring: Option<KeyRing> = None;
        for (entry, number) in self.entries.iter().zip(1..) {
            let key = native(entry).map_err(|error| Problem::usage(format!("key {number}: {error}")))?;
            ring = Some(match ring {
                None => KeyRing::new(key),
                Some(ring) => ring.fallback(key),
            });
        }
        ring.ok_or_else(|| Problem::usage("there is no key"))
    }

    /// Says of each key whether it is none of those before it.
    pub(crate) fn distinct(&self, format: Format) -> Vec<bool> {
        let bytes = |entry: &Zeroizing<Vec<u8>>| match format {
            Format::Native => decode(entry),
            _ => Some(entry.clone()),
        };
        let bytes: Vec<_> = self.entries.iter().map(bytes).collect();
        (0..bytes.len()).map(|n| !bytes.iter().take(n).any(|before| bytes.get(n) == Some(before))).collect()
    }

    /// Returns each key in each form that somebody may have signed with.
    pub(crate) fn taken(&self) -> Vec<Secret> {
        let forms = |(entry, number): (&Zeroizing<Vec<u8>>, usize)| {
            let decoded = decode(entry).map(|bytes| Secret { number, taken: Taken::Decoded, bytes });
            let text = Secret { number, taken: Taken::Text, bytes: entry.clone() };
            let mut bytes = Zeroizing::new(Vec::with_capacity(entry.len().saturating_add(1)));
            bytes.extend_from_slice(entry);
            bytes.push(b'\n');
            decoded.into_iter().chain([text, Secret { number, taken: Taken::WithNewline, bytes }])
        };
        self.entries.iter().zip(1..).flat_map(forms).collect()
    }
}

fn native(entry: &[u8]) -> Result<SecretKey, String> {
    let text = std::str::from_utf8(entry).map_err(|_| "secret key is neither hex nor base64".to_owned())?;
    text.parse().map_err(|error: cookie_session::KeyError| error.to_string())
}

/// Returns what hex or base64 stands for, as `SecretKey` reads it.
fn decode(entry: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let entry = entry.trim_ascii();
    if entry.iter().all(u8::is_ascii_hexdigit) {
        let (pairs, []) = entry.as_chunks::<2>() else { return None };
        let digit = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
        let mut bytes = Zeroizing::new(Vec::with_capacity(pairs.len()));
        for [high, low] in pairs {
            bytes.push(digit(*high)? << 4 | digit(*low)?);
        }
        return Some(bytes);
    }
    let is_url_safe = entry.iter().any(|byte| b"-_".contains(byte));
    let engine = if is_url_safe { URL_SAFE_PAD_INDIFFERENT } else { STANDARD_PAD_INDIFFERENT };
    engine.decode(entry).ok().map(Zeroizing::new)
}

impl KeyOptions {
    fn text(&self) -> Result<Zeroizing<Vec<u8>>, Problem> {
        // Neither the variable nor the file is named: in its place there may be the key.
        if let Some(variable) = &self.keys_env {
            let value = std::env::var_os(variable).ok_or_else(|| {
                Problem::usage(
                    "the environment variable that --keys-env names is not set (give its name, not what is in it)",
                )
            })?;
            return Ok(Zeroizing::new(value.into_encoded_bytes()));
        }
        let read = |result: io::Result<Vec<u8>>, place: &str| match result {
            Ok(bytes) => Ok(Zeroizing::new(bytes)),
            Err(error) => Err(Problem::usage(format!("cannot read the keys from {place}: {}", error.kind()))),
        };
        match &self.keys_file {
            Some(file) => read(read_file(file), "the file that --keys-file names"),
            None => read(read_stdin(), "standard input"),
        }
    }
}
