//! Recognises cookies by their shape, without a key: nothing here is verified.

use serde_json::value::RawValue;

use crate::token::{Content, Parts, decode_base64};

/// What a cookie looks like.
pub(crate) struct Shape {
    pub(crate) kind: Kind,
    /// The data of a session, or whatever else the cookie holds, as JSON text.
    pub(crate) data: Option<String>,
    /// When the token was signed, in unix seconds.
    pub(crate) issued: Option<u64>,
    /// When the session was created.
    pub(crate) created: Option<u64>,
    pub(crate) permanent: Option<bool>,
    /// What else there is to say, as a name and a text that may be foreign.
    pub(crate) facts: Vec<(&'static str, String)>,
}

/// Whose cookie it looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Native,
    Encrypted,
    Token,
    Flask,
    Django,
    Starlette,
    Jwt,
    EncryptedJwt,
    RailsSigned,
    RailsEncrypted,
    Express,
    ExpressSession,
    Iron,
    CookieRsSigned,
    CookieRsPrivate,
    Unknown,
}

impl Kind {
    /// Returns a short, stable name for programs.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Encrypted => "encrypted",
            Self::Token => "token",
            Self::Flask => "flask",
            Self::Django => "django",
            Self::Starlette => "starlette",
            Self::Jwt => "jwt",
            Self::EncryptedJwt => "encrypted_jwt",
            Self::RailsSigned => "rails_signed",
            Self::RailsEncrypted => "rails_encrypted",
            Self::Express => "express",
            Self::ExpressSession => "express_session",
            Self::Iron => "iron",
            Self::CookieRsSigned => "cookie_rs_signed",
            Self::CookieRsPrivate => "cookie_rs_private",
            Self::Unknown => "unknown",
        }
    }

    /// Returns what follows "it looks like".
    pub(crate) fn description(self) -> &'static str {
        match self {
            Self::Native => "a session of cookie-session",
            Self::Encrypted => "an encrypted session or token of cookie-session",
            Self::Token => "a token of a Codec or of itsdangerous",
            Self::Flask => "a session of Flask",
            Self::Django => "a session of Django's signed_cookies, or a token of django.core.signing",
            Self::Starlette => "a session of Starlette or FastAPI",
            Self::Jwt => "a JSON Web Token",
            Self::EncryptedJwt => "an encrypted JSON Web Token, such as those of Auth.js",
            Self::RailsSigned => "a signed cookie of Rails",
            Self::RailsEncrypted => "an encrypted cookie of Rails",
            Self::Express => "a session of Express's cookie-session, whose signature is in a second cookie",
            Self::ExpressSession => "the id of a session that Express's express-session keeps on its server",
            Self::Iron => "a sealed session of iron-session or hapi",
            Self::CookieRsSigned => "a signed cookie of the Rust library cookie (SignedJar)",
            Self::CookieRsPrivate => {
                "an encrypted cookie, such as those of the Rust library cookie (PrivateJar)"
            }
            Self::Unknown => "nothing that this program knows",
        }
    }

    /// Says whether it belongs to a library that this one shares no format with.
    pub(crate) fn is_foreign(self) -> bool {
        !matches!(
            self,
            Self::Native
                | Self::Encrypted
                | Self::Token
                | Self::Flask
                | Self::Django
                | Self::Starlette
                | Self::Unknown
        )
    }
}

impl Shape {
    fn new(kind: Kind) -> Self {
        Self { kind, data: None, issued: None, created: None, permanent: None, facts: Vec::new() }
    }

    fn with_data(kind: Kind, data: String) -> Self {
        Self { data: Some(data), ..Self::new(kind) }
    }

    /// Recognises a value as it is, or else percent-decoded or without quotes.
    pub(crate) fn of(value: &str) -> Self {
        let decoded = percent_decoded(value);
        let texts = [Some(value), unquoted(value), decoded.as_deref(), decoded.as_deref().and_then(unquoted)];
        let unquoted_first = unquoted(value).and_then(percent_decoded);
        let known = |text: &str| Some(Self::of_plain(text)).filter(|shape| shape.kind != Kind::Unknown);
        texts
            .into_iter()
            .chain([unquoted_first.as_deref()])
            .flatten()
            .find_map(known)
            .unwrap_or_else(|| Self::new(Kind::Unknown))
    }

    fn of_plain(value: &str) -> Self {
        let known = [iron, express_session, jwt, token, rails, cookie_rs_signed, express, cookie_rs_private];
        known.iter().find_map(|known| known(value)).unwrap_or_else(|| Self::new(Kind::Unknown))
    }
}

fn iron(value: &str) -> Option<Shape> {
    let rest = value.strip_prefix("Fe26.2*")?;
    let mut shape = Shape::new(Kind::Iron);
    // id, salt, IV, sealed data, expiry in milliseconds, salt, HMAC.
    if let Some(expiry) = rest.split('*').nth(4).and_then(|text| text.parse::<u64>().ok()) {
        shape.facts.push(("ends", crate::text::moment(expiry / 1000)));
    }
    Some(shape)
}

fn express_session(value: &str) -> Option<Shape> {
    let (id, signature) = value.strip_prefix("s:")?.rsplit_once('.')?;
    // HMAC-SHA256 in the standard alphabet, without padding.
    (!id.is_empty() && signature.len() == 43).then(|| Shape::new(Kind::ExpressSession))
}

fn jwt(value: &str) -> Option<Shape> {
    let parts: Vec<&str> = value.split('.').collect();
    let header = decoded_text(parts.first()?)?;
    let algorithm = member(&header, "alg")?;
    let algorithm = ("algorithm", algorithm.trim_matches('"').to_owned());
    let mut shape = match parts.as_slice() {
        [_, claims, _] => Shape { data: decoded_text(claims), ..Shape::new(Kind::Jwt) },
        [_, _, _, _, _] => Shape::new(Kind::EncryptedJwt),
        _ => return None,
    };
    shape.facts.push(algorithm);
    Some(shape)
}

/// The formats that this library reads.
fn token(value: &str) -> Option<Shape> {
    let parts = Parts::of(value)?;
    let issued = Some(parts.issued);
    let content = parts.content();
    let Some(text) = content.text() else {
        // Genuine or not, it has the shape.
        let kind = match content.bytes() {
            _ if parts.separator == ':' => Kind::Django,
            Some(bytes) if parts.signature.len() == 43 && is_sealed(bytes) => Kind::Encrypted,
            _ => Kind::Token,
        };
        return Some(Shape { issued, ..Shape::new(kind) });
    };
    let is_object = text.trim_start().starts_with('{');
    let kind = match content {
        _ if parts.separator == ':' => Kind::Django,
        Content::Plain(_) if envelope(text).is_some() => Kind::Native,
        Content::Plain(_)
            if parts.signature.len() == 27 && is_object && is_starlette(parts.payload, text) =>
        {
            Kind::Starlette
        }
        _ if parts.signature.len() == 27 && is_object => Kind::Flask,
        _ => Kind::Token,
    };
    let mut shape = Shape { issued, ..Shape::with_data(kind, text.to_owned()) };
    if kind == Kind::Native
        && let Some(envelope) = envelope(text)
    {
        shape.created = Some(envelope.created);
        shape.permanent = Some(envelope.permanent);
        shape.data = Some(envelope.data.get().to_owned());
        if let Some(extra) = envelope.extra {
            shape.facts.push(("library", extra.get().to_owned()));
        }
    }
    if matches!(content, Content::Compressed(_)) {
        shape.facts.push(("compressed", "yes".to_owned()));
    }
    Some(shape)
}

/// Says whether a payload has a length that encrypted ones have.
pub(crate) fn is_sealed(bytes: &[u8]) -> bool {
    bytes.len() > IV && bytes.len().saturating_sub(IV).is_multiple_of(GRID)
}

/// What encrypted text begins with, and the steps in which it grows.
const IV: usize = 16;
const GRID: usize = 32;

/// The payload of a session of this library.
pub(crate) struct Envelope<'t> {
    pub(crate) created: u64,
    pub(crate) permanent: bool,
    pub(crate) data: &'t RawValue,
    /// The library's own facts.
    pub(crate) extra: Option<&'t RawValue>,
}

/// Reads `[created, permanent, data]`.
pub(crate) fn envelope(text: &str) -> Option<Envelope<'_>> {
    let elements: Vec<&RawValue> = serde_json::from_str(text).ok()?;
    let (created, permanent, data, extra) = match elements.as_slice() {
        [created, permanent, data] => (created, permanent, data, None),
        [created, permanent, data, extra] => (created, permanent, data, Some(*extra)),
        _ => return None,
    };
    let is_object = |value: &RawValue| value.get().starts_with('{');
    if !is_object(data) || !extra.is_none_or(is_object) {
        return None;
    }
    Some(Envelope {
        created: created.get().parse().ok()?,
        permanent: permanent.get().parse().ok()?,
        data,
        extra,
    })
}

/// Says whether Starlette rather than Flask wrote this: base64 with padding or
/// of the standard alphabet, or JSON with a space after the first key.
fn is_starlette(payload: &str, text: &str) -> bool {
    if payload.contains(['=', '+', '/']) {
        return true;
    }
    let mut escaped = false;
    let after_key = text.strip_prefix("{\"").unwrap_or_default().split_once(|c| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    });
    after_key.is_some_and(|(_, rest)| rest.starts_with(": "))
}

fn rails(value: &str) -> Option<Shape> {
    let parts: Vec<&str> = value.split("--").collect();
    let is_base64 = |text: &str| !text.is_empty() && decode_base64(text).is_some();
    match parts.as_slice() {
        [data, digest]
            if matches!(digest.len(), 40 | 64) && digest.bytes().all(|b| b.is_ascii_hexdigit()) =>
        {
            let mut shape = Shape::new(Kind::RailsSigned);
            let text = decoded_text(data)?;
            let envelope = member(&text, "_rails");
            let facts = [("purpose", "pur"), ("ends", "exp")];
            if let Some(envelope) = &envelope {
                let fact = |(name, key)| Some((name, member(envelope, key)?.trim_matches('"').to_owned()));
                shape.facts.extend(facts.into_iter().filter_map(fact));
            }
            // The message is base64 in JSON in base64.
            let message = envelope.and_then(|envelope| member(&envelope, "message"));
            let inner = message.as_deref().map_or(Some(text.clone()), |m| decoded_text(m.trim_matches('"')));
            shape.data = inner.filter(|text| text.starts_with(['{', '[', '"']));
            if shape.data.is_none() {
                shape
                    .facts
                    .push(("data", "in Ruby's Marshal format, which runs code when it is read".to_owned()));
            }
            Some(shape)
        }
        // AES-256-GCM: data, a nonce of 12 bytes, a tag of 16; or AES-256-CBC: data, an IV of 16.
        [data, nonce, tag] if is_base64(data) && is_base64(nonce) && is_base64(tag) => {
            Some(Shape::new(Kind::RailsEncrypted))
        }
        _ => None,
    }
}

fn cookie_rs_signed(value: &str) -> Option<Shape> {
    let (digest, rest) = value.split_at_checked(44)?;
    let is_digest = digest.ends_with('=') && decode_base64(digest)?.len() == 32;
    if !is_digest {
        return None;
    }
    // What follows is text, unless more base64 of an encrypted cookie goes on.
    let mut shape = Shape::new(Kind::CookieRsSigned);
    shape.facts.push(("value", rest.to_owned()));
    Some(shape)
}

fn express(value: &str) -> Option<Shape> {
    let text = decoded_text(value)?;
    let is_object = text.starts_with('{') && serde_json::from_str::<&RawValue>(&text).is_ok();
    is_object.then(|| Shape::with_data(Kind::Express, text))
}

fn cookie_rs_private(value: &str) -> Option<Shape> {
    // A nonce of 12 bytes, a tag of 16.
    let bytes = decode_base64(value).filter(|bytes| bytes.len() >= 28)?;
    let looks_random = std::str::from_utf8(&bytes).is_err();
    looks_random.then(|| Shape::new(Kind::CookieRsPrivate))
}

fn decoded_text(base64: &str) -> Option<String> {
    String::from_utf8(decode_base64(base64)?).ok()
}

/// Returns the JSON text under a key of an object.
fn member(object: &str, key: &str) -> Option<String> {
    let members: serde_json::Map<String, serde_json::Value> = serde_json::from_str(object).ok()?;
    members.get(key).map(ToString::to_string)
}

/// Returns the text that percent-encoding stands for, if it has any.
pub(crate) fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let (mut rest, mut found) = (text.as_bytes(), false);
    while let [first, tail @ ..] = rest {
        let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|value| u8::try_from(value).ok());
        rest = tail;
        match (first, tail) {
            (b'%', [high, low, tail @ ..]) if digit(high).is_some() && digit(low).is_some() => {
                bytes.push(digit(high)? << 4 | digit(low)?);
                (rest, found) = (tail, true);
            }
            _ => bytes.push(*first),
        }
    }
    if found { String::from_utf8(bytes).ok() } else { None }
}

/// Returns what stands between quotes.
pub(crate) fn unquoted(text: &str) -> Option<&str> {
    text.strip_prefix('"').map(|text| text.strip_suffix('"').unwrap_or(text))
}
