//! What the Python profiles share: JSON as Python writes it, and secrets and
//! keys as they are over there.

use std::io::{self, Write};
use std::time::Duration;

use hmac::EagerHash;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::json::checked::Objects;
use crate::json::{self, Unwritable};
#[cfg(any(feature = "flask", feature = "django"))]
use crate::session::members::Data;
use crate::token::signer::take;

/// Writes JSON as Python's `json.dumps` does.
struct Formatter {
    /// Whether a space follows each comma and colon.
    spaced: bool,
    /// Whether what is not ASCII is escaped: `ensure_ascii`.
    ///
    /// Django reads the bytes as Latin-1, so one unescaped `é` would turn into
    /// two other letters there without an error.
    ascii: bool,
}

/// Returns a value as JSON text in Python's spelling, as bytes that are ASCII.
pub(crate) fn to_bytes<O: Objects, T: Serialize + ?Sized>(
    value: &T,
    spaced: bool,
) -> Result<Vec<u8>, Unwritable> {
    to_readable::<O, T>(value, Formatter { spaced, ascii: true })
}

/// Returns a value as compact JSON text in the spelling of itsdangerous's URL-safe
/// serializers, which escape nothing that they need not.
#[cfg(feature = "flask")]
pub(crate) fn to_utf8<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, Unwritable> {
    to_readable::<json::checked::Plain, T>(value, Formatter { spaced: false, ascii: false })
}

fn to_readable<O: Objects, T: Serialize + ?Sized>(
    value: &T,
    formatter: Formatter,
) -> Result<Vec<u8>, Unwritable> {
    let mut json = Vec::with_capacity(128);
    json::write::<O, _, _, _>(value, formatter, &mut json)?;
    if is_readable(&json) { Ok(json) } else { Err(Unwritable::NotForPython) }
}

impl serde_json::ser::Formatter for Formatter {
    fn write_string_fragment<W: Write + ?Sized>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        self.write_text(out, fragment)
    }

    // JSON has such characters in strings only.
    fn write_raw_fragment<W: Write + ?Sized>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        self.write_text(out, fragment)
    }

    fn write_f32<W: Write + ?Sized>(&mut self, out: &mut W, value: f32) -> io::Result<()> {
        write_repr(out, &format!("{value:e}"))
    }

    fn write_f64<W: Write + ?Sized>(&mut self, out: &mut W, value: f64) -> io::Result<()> {
        let shortest = format!("{value:e}");
        // Of two shortest texts that are equally near, Python takes the even one, the standard library the greater.
        let digits = shortest.bytes().take_while(|byte| *byte != b'e').filter(u8::is_ascii_digit).count();
        let even = format!("{value:.*e}", digits.saturating_sub(1));
        write_repr(out, if even.parse() == Ok(value) { &even } else { &shortest })
    }

    fn begin_array_value<W: Write + ?Sized>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.separate(out, first)
    }

    fn begin_object_key<W: Write + ?Sized>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.separate(out, first)
    }

    fn begin_object_value<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(if self.spaced { b": " } else { b":" })
    }
}

impl Formatter {
    fn write_text<W: Write + ?Sized>(&self, out: &mut W, text: &str) -> io::Result<()> {
        if self.ascii { write_ascii(out, text) } else { out.write_all(text.as_bytes()) }
    }

    fn separate<W: Write + ?Sized>(&self, out: &mut W, first: bool) -> io::Result<()> {
        out.write_all(match (first, self.spaced) {
            (true, _) => b"",
            (false, true) => b", ",
            (false, false) => b",",
        })
    }
}

/// Says whether Python reads this JSON text whatever its version: Flask ends at
/// a depth of 991, all of them at 4,300 digits or where an operator says, which
/// is no less than 640.
fn is_readable(json: &[u8]) -> bool {
    let (mut depth, mut digits) = (0u32, 0u32);
    let (mut quoted, mut escaped) = (false, false);
    for &byte in json {
        digits = if !quoted && byte.is_ascii_digit() { digits.saturating_add(1) } else { 0 };
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => quoted = !quoted,
            b'[' | b'{' if !quoted => depth = depth.saturating_add(1),
            b']' | b'}' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH || digits > MAX_DIGITS {
            return false;
        }
    }
    true
}

fn write_ascii<W: Write + ?Sized>(out: &mut W, text: &str) -> io::Result<()> {
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c > '~') {
        let (plain, tail) = rest.split_at(at);
        out.write_all(plain.as_bytes())?;
        let mut chars = tail.chars();
        if let Some(c) = chars.next() {
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}")?;
            }
        }
        rest = chars.as_str();
    }
    out.write_all(rest.as_bytes())
}

/// Writes a float as Python's `repr` does, given the shortest digits that mean
/// it, as Rust's `{:e}` writes them: `-1.25e-7`.
fn write_repr<W: Write + ?Sized>(out: &mut W, scientific: &str) -> io::Result<()> {
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |digits| ("-", digits));
    let digits = mantissa.replace('.', "");
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if !(-4..16).contains(&exponent) {
        let sign_of_exponent = if exponent.is_negative() { '-' } else { '+' };
        return write!(out, "{sign}{mantissa}e{sign_of_exponent}{:02}", exponent.unsigned_abs());
    }
    let zeros = |count: u32| "0".repeat(usize::try_from(count).unwrap_or_default());
    let places = exponent.unsigned_abs();
    if exponent.is_negative() {
        return write!(out, "{sign}0.{}{digits}", zeros(places.saturating_sub(1)));
    }
    let whole = usize::try_from(places).unwrap_or_default().saturating_add(1);
    match digits.split_at_checked(whole) {
        Some((whole, "")) => write!(out, "{sign}{whole}.0"),
        Some((whole, part)) => write!(out, "{sign}{whole}.{part}"),
        None => {
            let missing = whole.saturating_sub(digits.len());
            write!(out, "{sign}{digits}{}.0", zeros(u32::try_from(missing).unwrap_or_default()))
        }
    }
}

/// The error for a codec whose tokens would pass for sessions.
#[cfg(feature = "_zlib")]
pub(crate) fn session_salt() -> crate::error::ConfigError {
    crate::error::ConfigError::new(
        "the salt of a codec is that of the sessions, so its tokens would be sessions",
    )
}

/// Takes the quotes off a cookie's value, as the cookie parsers of all three
/// frameworks do. None of them writes any, but some of Python's clients do.
///
/// No escape is undone: a token has nothing that needs one.
pub(crate) fn unquote(value: &[u8]) -> &[u8] {
    match value {
        [b'"', inside @ .., b'"'] => inside,
        _ => value,
    }
}

/// Says whether this JSON text is zero, as Python counts.
#[cfg(any(feature = "flask", feature = "django"))]
pub(crate) fn is_zero(json: &str) -> bool {
    json == "false" || json.parse() == Ok(0.0)
}

/// Returns by how much an object may grow when a framework's own member takes
/// its longest value.
#[cfg(any(feature = "flask", feature = "django"))]
pub(crate) fn room_for(data: &Data, key: &str, longest: &str) -> usize {
    match data.get(key) {
        Some(value) => longest.len().saturating_sub(value.len()),
        None => r#","":"#.len().saturating_add(key.len()).saturating_add(longest.len()),
    }
}

/// Derives a key from a secret as Django does, and itsdangerous unless told
/// otherwise: the hash of salt, `signer` and secret.
pub(crate) fn django_concat<D: EagerHash>(secret: &[u8], salt: &[u8]) -> Zeroizing<Vec<u8>> {
    take(D::new_with_prefix(salt).chain_update(b"signer").chain_update(secret).finalize())
}

/// Defines the type for the secrets of one framework.
macro_rules! secret_key {
    ($framework:literal) => {
        #[doc = concat!("A secret of a ", $framework, " application: any text or bytes that ", $framework)]
        /// accepts, byte for byte, without trimming.
        ///
        /// It is wiped from memory when dropped, does not show in `Debug`, and
        /// cannot be taken out again. Its strength is decided over there:
        /// whoever can guess it can make sessions here.
        #[derive(Clone)]
        pub struct SecretKey(crate::key::Secret);

        impl SecretKey {
            /// Takes the secret as it is in the other application's settings.
            ///
            /// # Errors
            ///
            /// [`KeyErrorKind::Missing`](crate::KeyErrorKind::Missing) if it is
            /// empty.
            pub fn new(secret: impl AsRef<[u8]>) -> Result<Self, crate::KeyError> {
                match secret.as_ref() {
                    [] => Err(crate::KeyError::new(crate::KeyErrorKind::Missing)),
                    secret => Ok(Self(crate::key::Secret::new(secret))),
                }
            }
        }

        impl std::fmt::Debug for SecretKey {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("SecretKey(..)")
            }
        }
    };
}
pub(crate) use secret_key;

/// The depth that serde_json reads again, and a tenth of what Python takes.
const MAX_DEPTH: u32 = 127;
/// Python lets nobody set a lower limit (`sys.int_info.str_digits_check_threshold`).
const MAX_DIGITS: u32 = 640;

/// Flask and Starlette refuse a token from one second in the future.
pub(crate) const DEFAULT_BACKDATE: Duration = Duration::from_secs(1);

/// The most that a compressed payload may hold: far more than anyone keeps in a
/// cookie, and little enough to inflate for everyone.
#[cfg(feature = "_zlib")]
pub(crate) const DEFAULT_MAX_INFLATED: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use crate::json::checked::Plain;

    fn to_text<T: serde::Serialize + ?Sized>(value: &T) -> String {
        String::from_utf8(super::to_bytes::<Plain, T>(value, true).unwrap()).unwrap()
    }

    #[test]
    fn writes_floats_as_python_prints_them() {
        let floats = [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (-1.5, "-1.5"),
            (0.1, "0.1"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (123_456_789_012_345_680.0, "1.2345678901234568e+17"),
            (9_007_199_254_740_993.0, "9007199254740992.0"),
            (0.0001, "0.0001"),
            (0.00012345, "0.00012345"),
            (0.00001, "1e-05"),
            (-1.25e-7, "-1.25e-07"),
            (1.5e300, "1.5e+300"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e+308"),
            (123.456, "123.456"),
            // Halfway between two texts of the same length: 835.25 and 835.75.
            (899_365_254_598_835.2, "899365254598835.2"),
            (-899_365_254_598_835.8, "-899365254598835.8"),
            // The nearer text of that length means another float.
            (2f64.powi(-44), "5.684341886080802e-14"),
        ];
        for (float, text) in floats {
            assert_eq!(to_text(&float), text);
        }
        assert_eq!(to_text(&0.1f32), "0.1");
    }

    #[test]
    fn escapes_everything_above_the_tilde() {
        let text = "a~\u{7f}\u{e9}\u{2028}\u{1f600}\"\\/\n\u{1}";
        assert_eq!(to_text(text), r#""a~\u007f\u00e9\u2028\ud83d\ude00\"\\/\n\u0001""#);
    }

    #[test]
    fn writes_spaces_where_python_does() {
        let value = serde_json::json!({"a": [1, 2], "b": {"c": null}});
        assert_eq!(to_text(&value), r#"{"a": [1, 2], "b": {"c": null}}"#);
    }
}
