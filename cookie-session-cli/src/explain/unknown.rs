//! What is to be said when no key made the token, in any way that is tried.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use cookie_session::DecodeError;

use crate::args::Format;
use crate::explain::size::too_long;
use crate::hint::Hint;
use crate::policy::Policy;
use crate::shape::{Kind, Shape, is_sealed};
use crate::text::{count, plural, span};
use crate::token::{Parts, SIGNATURES, decode_base64};

pub(crate) fn hints(policy: &Policy, error: DecodeError, value: &str, keys: usize, now: u64) -> Vec<Hint> {
    let mut hints = Vec::new();
    if error == DecodeError::TooLong {
        hints.push(too_long(&policy.name, value));
    }
    if value.is_empty() {
        hints.push(Hint::new(
            "empty",
            "The value is empty. Browsers send no cookie that was removed, so a script or a proxy emptied it.",
        ));
        return hints;
    }
    if let Some(cut) = cut_off_encrypted(policy, value) {
        hints.push(cut);
        return hints;
    }
    let shape = Shape::of(value);
    if shape.kind.is_foreign() {
        hints.push(Hint::new("not_ours", format!(
            "It looks like {}, and is no cookie of this library. Another program on this host or a parent domain uses the same cookie \
             name.",
            shape.kind.description()
        )));
        return hints;
    }
    if let Some(cut) = cut_off(policy, value) {
        hints.push(cut);
        return hints;
    }
    if let Some(parts) = Parts::of(value) {
        if lost_its_case(&parts) {
            hints.push(Hint::new(
                "lower_case",
                "There is no capital letter in it, which in base64 is no accident: something turned the value into lower case, as a log or \
                 a script does.",
            ));
            return hints;
        }
        hints.extend(cut_off_perhaps(policy, value, &parts, shape.kind));
        hints.push(other_key(&parts, keys, now));
        hints.extend(other_format(policy, shape.kind));
        hints.push(Hint::new(
            "altered",
            "Or the value was altered: one changed character is enough, and a visitor who tries to change a session looks the same.",
        ));
        return hints;
    }
    hints.push(Hint::new(
        "no_token",
        "It does not have the shape of a token: payload, timestamp and signature with a dot between them. Something else uses this cookie \
         name, or somebody tries things out.",
    ));
    hints
}

/// Says that the end is missing, if the beginning is that of a token.
fn cut_off(policy: &Policy, value: &str) -> Option<Hint> {
    let shortened = value.strip_suffix('…').or(value.strip_suffix("...")).map(str::len);
    if shortened.is_some() {
        return Some(Hint::new(
            "shortened",
            "It ends in an ellipsis: a log or a tool shortened it, and what is left cannot be judged. Get the whole value from the request.",
        ));
    }
    let separator = if policy.format == Format::Django { ':' } else { '.' };
    let (compressed, rest) = value.strip_prefix('.').map_or((false, value), |rest| (true, rest));
    let segments: Vec<&str> = rest.split(separator).collect();
    let payload = segments.first()?;
    // Whole groups of four, since the last may be cut.
    let whole = payload.len().checked_sub(payload.len() % 4)?;
    let bytes = decode_base64(payload.get(..whole)?.trim_end_matches('='))?;
    let begins_right = match bytes.as_slice() {
        [b'{', b'"' | b'}', ..] | [b'[', b'0'..=b'9', ..] => true,
        [0x78, ..] => compressed,
        _ => false,
    };
    if !begins_right {
        return None;
    }
    let wanted = match policy.format {
        Format::Native | Format::Django => 43,
        Format::Flask | Format::Starlette => SHA1,
    };
    let what = match segments.as_slice() {
        [_, _, signature] if signature.len() < wanted && !SIGNATURES.contains(&signature.len()) => {
            format!("its signature has {} of {wanted} characters", signature.len())
        }
        [_] | [_, _] => format!("of its three parts it has {}", segments.len()),
        _ => return None,
    };
    Some(Hint::new("cut_off", format!("It is cut off: {what}.{} {TOO_SHORT}", limit(policy, value))))
}

/// Says that the end may be missing, where what is left of the signature is as long as a shorter digest's.
fn cut_off_perhaps(policy: &Policy, value: &str, parts: &Parts<'_>, kind: Kind) -> Option<Hint> {
    let may_be = match policy.format {
        // Flask and Starlette sign objects with that digest.
        Format::Native => !matches!(kind, Kind::Flask | Kind::Starlette),
        Format::Django => kind == Kind::Django,
        Format::Flask | Format::Starlette => false,
    };
    (may_be && parts.signature.len() == SHA1).then(|| {
        Hint::new(
            "cut_off",
            format!(
                "It may be cut off: its signature has {SHA1} of 43 characters.{} {TOO_SHORT} HMAC-SHA1 makes signatures of that length, \
                 too: if it is whole, another program made it.",
                limit(policy, value)
            ),
        )
    })
}

/// Says that the end of an encrypted token is missing. Its payload looks random, so that its length tells, or that the
/// application reads such.
fn cut_off_encrypted(policy: &Policy, value: &str) -> Option<Hint> {
    let segments: Vec<&str> = value.split('.').collect();
    let payload = segments.first()?;
    let whole = payload.len().checked_sub(payload.len() % 4)?;
    let text = if segments.len() == 1 { payload.get(..whole)? } else { payload };
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
    if std::str::from_utf8(&bytes).is_ok() {
        return None;
    }
    let what = match segments.as_slice() {
        [_, _, signature]
            if is_sealed(&bytes) && signature.len() < 43 && !SIGNATURES.contains(&signature.len()) =>
        {
            format!("It is cut off: its signature has {} of 43 characters.", signature.len())
        }
        [_, _] if is_sealed(&bytes) => "It is cut off: of its three parts it has 2.".to_owned(),
        // Another program's id is random too, though often in hex.
        [_] if policy.reads_encrypted() && bytes.len() >= SHORTEST && has_both_cases(payload) => {
            "It reads like the beginning of an encrypted cookie, and of its three parts it has 1. Unless another program uses \
             this cookie name, it is cut off."
                .to_owned()
        }
        _ => return None,
    };
    Some(Hint::new("cut_off", format!("{what}{} {TOO_SHORT}", limit(policy, value))))
}

fn has_both_cases(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_uppercase()) && text.bytes().any(|byte| byte.is_ascii_lowercase())
}

/// Says at whose limit it may have been cut.
fn limit(policy: &Policy, value: &str) -> String {
    let with_name = value.len().saturating_add(policy.name.len());
    let lengths = [value.len(), with_name, with_name.saturating_add(1)];
    let limit = lengths.into_iter().find(|len| LIMITS.contains(len));
    limit.map_or(String::new(), |len| {
        format!(" It ends after {} bytes, which is somebody's limit.", count(len))
    })
}

fn lost_its_case(parts: &Parts<'_>) -> bool {
    let has = |wanted: fn(&u8) -> bool| {
        [parts.payload, parts.signature].iter().any(|text| text.bytes().any(|byte| wanted(&byte)))
    };
    has(u8::is_ascii_lowercase) && !has(u8::is_ascii_uppercase)
}

fn other_key(parts: &Parts<'_>, keys: usize, now: u64) -> Hint {
    let none = match keys {
        1 => "The one key".to_owned(),
        _ => format!("None of the {}", plural(keys, "key")),
    };
    let did = if keys == 1 { "did not make it" } else { "made it" };
    Hint::new(
        "other_key",
        format!(
            "{none} {did}, under any name and in any format that was tried. It says that it was signed {}. If that was before a key was \
         replaced, the old key was dropped too early: add it again, last. Otherwise it comes from another deployment, or from a process \
         that made its own key at its start.",
            ago(parts.issued, now)
        ),
    )
}

/// Says that it looks like a session of another format, made with other keys.
fn other_format(policy: &Policy, kind: Kind) -> Option<Hint> {
    let expected = match policy.format {
        Format::Native => Kind::Native,
        Format::Flask => Kind::Flask,
        Format::Django => Kind::Django,
        Format::Starlette => Kind::Starlette,
    };
    // Of a token nothing is known but its three parts.
    if kind == expected || matches!(kind, Kind::Encrypted | Kind::Token | Kind::Unknown) {
        return None;
    }
    Some(Hint::new(
        "looks_otherwise",
        format!(
            "It looks like {}, and the application expects {}.",
            kind.description(),
            expected.description()
        ),
    ))
}

/// Returns how long ago something was, for the middle of a sentence.
fn ago(then: u64, now: u64) -> String {
    match now.checked_sub(then) {
        Some(age) => format!("{} ago", span(age)),
        None => format!("{} from now", span(then.saturating_sub(now))),
    }
}

/// The characters of an HMAC-SHA1 in base64.
const SHA1: usize = 27;

const TOO_SHORT: &str = "A proxy, a log or a column of a database was too short for it.";

/// Fewer random bytes may well be text, or another program's id.
const SHORTEST: usize = 16;

/// Lengths at which cookies are cut: by buffers, columns and browsers.
const LIMITS: [usize; 12] = [255, 256, 512, 1023, 1024, 2047, 2048, 4000, 4093, 4095, 4096, 8192];
