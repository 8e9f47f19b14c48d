//! What is to be said when a key made the token, but not as the application expects it.

use cookie_session::flask::{Digest, KeyDerivation};

use crate::args::Format;
use crate::hint::Hint;
use crate::policy::{FlaskSettings, Policy};
use crate::search::{Change, Found, Making};
use crate::secrets::Taken;
use crate::text::{plural, shown};

/// Says whether this is how the application's own sessions are made.
pub(crate) fn is_as_it_should_be(policy: &Policy, making: &Making) -> bool {
    *making == right(policy)
}

fn right(policy: &Policy) -> Making {
    Making::Session { format: policy.format, name: policy.name.clone(), flask: policy.flask.clone() }
}

/// Returns all that may have made a token, the likeliest first.
pub(crate) fn makings(
    policy: &Policy,
    others: impl Iterator<Item = String>,
    codecs: &[String],
) -> Vec<Making> {
    let mut makings = vec![right(policy)];
    let session = |format, name: &str, flask: &FlaskSettings| Making::Session {
        format,
        name: name.to_owned(),
        flask: flask.clone(),
    };
    let names = others.chain(names(&policy.name));
    let flask = FlaskSettings::default();
    makings.extend(names.map(|name| session(Format::Native, &name, &flask)));
    makings.extend(codecs.iter().map(|salt| Making::Codec { salt: salt.clone() }));
    for settings in [&policy.flask, &flask].into_iter().flat_map(flask_variants) {
        makings.push(session(Format::Flask, "session", &settings));
    }
    makings.push(session(Format::Django, "sessionid", &flask));
    makings.push(session(Format::Starlette, "session", &flask));
    for salt in ["itsdangerous", "itsdangerous.Signer", policy.flask.salt.as_str()] {
        // The salts of a serializer are its program's own; these are the defaults.
        let Some(salt) = SERIALIZER_SALTS.iter().find(|known| **known == salt) else { continue };
        makings.extend(DIGESTS.map(|digest| Making::Serializer { salt, digest }));
    }
    makings.push(Making::DjangoToken);
    for derivation in DERIVATIONS {
        for digest in DIGESTS {
            makings.push(Making::AlmostNative { name: policy.name.clone(), digest, derivation });
        }
    }
    // What comes again has been tried.
    let mut distinct: Vec<Making> = Vec::new();
    for making in makings {
        // The name is no part of what the frameworks sign.
        let known = distinct.iter().any(|other| match (other, &making) {
            (Making::Session { format: Format::Native, .. }, _) => *other == making,
            (
                Making::Session { format: one, flask: settings, .. },
                Making::Session { format: other, flask: others, .. },
            ) => one == other && (*one != Format::Flask || settings == others),
            _ => *other == making,
        });
        if !known {
            distinct.push(making);
        }
    }
    distinct
}

/// Returns the names that a cookie of this name often has elsewhere.
fn names(name: &str) -> impl Iterator<Item = String> {
    let base = PREFIXES.iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name).to_owned();
    let variants = |base: String| {
        let with_prefix = PREFIXES.map(|prefix| format!("{prefix}{base}"));
        with_prefix.into_iter().chain([base])
    };
    let common = ["session", "sid", "id", "admin", "auth"].map(str::to_owned);
    [base].into_iter().chain(common).flat_map(variants)
}

fn flask_variants(settings: &FlaskSettings) -> Vec<FlaskSettings> {
    let mut variants = vec![settings.clone()];
    for derivation in DERIVATIONS {
        for digest in DIGESTS {
            variants.push(FlaskSettings { salt: settings.salt.clone(), digest, derivation });
        }
    }
    variants
}

/// Says what happened to the token on its way.
pub(crate) fn changes(found: &Found) -> Vec<Hint> {
    let hint = |change: &Change| match change {
        Change::Quoted => Hint::new(
            "quoted",
            "The value stands in double quotes, which are no part of it. A client, a proxy or a copy out of a log put them there.",
        ),
        Change::PercentEncoded => Hint::new(
            "percent_encoded",
            "The value is percent-encoded, which a token never needs. A client or a script encodes cookies that it should send as they \
             are.",
        ),
        Change::Spaced => Hint::new(
            "white_space",
            "There is white space inside of the value, as a terminal or a mail puts it there when it breaks a line.",
        ),
        Change::Respelled => Hint::new(
            "respelled",
            "The value is spelled in another base64: with +, / or =. A token is URL-safe base64 without padding, and no other spelling \
             of it is accepted. Something decoded and encoded it again.",
        ),
        Change::Appended(more) => Hint::new(
            "appended",
            format!(
                "There {} {} too many at the end: the token is whole without them.",
                if *more == 1 { "is" } else { "are" },
                plural(*more, "character")
            ),
        ),
    };
    found.changes.iter().map(hint).collect()
}

/// Says how it was made, where that is not as it should be.
pub(crate) fn hints(policy: &Policy, found: &Found, keys: usize) -> Vec<Hint> {
    let key = if keys == 1 { "The key".to_owned() } else { format!("Key {} of {keys}", found.secret.number) };
    let expected = &policy.name;
    let mut hints = Vec::new();
    let how = match &found.making {
        making if is_as_it_should_be(policy, making) => None,
        Making::Session { format: Format::Native, name, .. } if policy.format == Format::Native => {
            Some(other_name(&key, name, expected))
        }
        Making::Session { format: Format::Flask, flask, .. } if policy.format == Format::Flask => {
            Some(Hint::new("other_settings", format!(
                "{key} made it as a session of Flask with other settings: salt {:?}, digest {}, key derivation {}. Give the profile \
                 what the application's session_interface has.",
                flask.salt,
                digest(flask.digest),
                derivation(flask.derivation)
            )))
        }
        Making::Session { format, flask, .. } => Some(other_format(&key, *format, flask, policy.format)),
        Making::Codec { salt } => Some(Hint::new(
            "codec_token",
            format!("{key} made it as a token of the Codec with the salt {}. It is no session.", shown(salt)),
        )),
        Making::AlmostNative { digest: used, derivation: by, .. } => Some(Hint::new("other_digest", format!(
            "{key} made it for this cookie with digest {} and key derivation {}, and the format has SHA-256 and hmac. The program that \
             wrote it does not follow the format.",
            digest(*used),
            derivation(*by)
        )))
        .filter(|_| (*used, *by) != (Digest::Sha256, KeyDerivation::Hmac)),
        Making::Serializer { salt, digest: used } => Some(Hint::new("itsdangerous_token", format!(
            "{key} made it as a token of itsdangerous's URLSafeTimedSerializer with the salt {salt:?} and digest {}. It is no session.",
            digest(*used)
        ))),
        Making::DjangoToken => Some(Hint::new(
            "django_token",
            format!("{key} made it as a token of django.core.signing.dumps. It is no session."),
        )),
    };
    hints.extend(how);
    if !found.takes_the_key_right() {
        hints.push(taken(&key, found.secret.taken));
    }
    hints
}

fn other_name(key: &str, made: &str, expected: &str) -> Hint {
    let base =
        |name: &str| PREFIXES.iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name).to_owned();
    let because = match (made.strip_prefix("dev-"), expected.strip_prefix("dev-")) {
        (Some(made), None) if made == base(expected) => {
            "It comes from a build with insecure_for_local_http(), which names its cookie so."
        }
        (None, Some(expected)) if expected == base(made) => {
            "It comes from a build without insecure_for_local_http(), and this one has it."
        }
        _ if base(made) == base(expected) => {
            "The two differ in their prefix only: the name was changed between two releases, or something renames cookies on the way."
        }
        _ => "It was copied from another cookie of the same keys, or the name was changed.",
    };
    Hint::new(
        "other_name",
        format!(
            "{key} made it under the name {}, and the signature covers the name: it is no cookie {}. {because}",
            shown(made),
            shown(expected)
        ),
    )
}

fn other_format(key: &str, made: Format, flask: &FlaskSettings, expected: Format) -> Hint {
    let what = match made {
        Format::Native => "in this library's own format".to_owned(),
        Format::Flask if *flask == FlaskSettings::default() => "as a session of Flask".to_owned(),
        Format::Flask => format!(
            "as a session of Flask (salt {:?}, digest {}, key derivation {})",
            flask.salt,
            digest(flask.digest),
            derivation(flask.derivation)
        ),
        Format::Django => "as a session of Django".to_owned(),
        Format::Starlette => "as a session of Starlette".to_owned(),
    };
    let advice = match (made, expected) {
        (Format::Native, _) => {
            "The application expects a framework's: one of the two programs is built without the profile."
        }
        (_, Format::Native) => {
            "To share sessions with that application, build with its profile; to take them over, use Builder::migrate_from."
        }
        _ => "The application expects another framework's.",
    };
    Hint::new("other_format", format!("{key} made it {what}. {advice}"))
}

fn taken(key: &str, taken: Taken) -> Hint {
    match taken {
        Taken::Text => Hint::new(
            "key_not_decoded",
            format!(
                "The program that signed it took the text of the key as it stands for the key. {key} is base64 or hex, and its bytes are \
             what that stands for."
            ),
        ),
        Taken::Decoded => Hint::new(
            "key_decoded",
            format!(
                "The program that signed it decoded the key from base64 or hex. {key} is the secret of a framework, which takes the text as \
             it stands."
            ),
        ),
        Taken::WithNewline => Hint::new(
            "key_with_newline",
            format!(
                "The program that signed it has a newline at the end of the key, as a file has it. {key} has none."
            ),
        ),
    }
}

fn digest(digest: Digest) -> &'static str {
    match digest {
        Digest::Sha1 => "SHA-1",
        Digest::Sha256 => "SHA-256",
        Digest::Sha512 => "SHA-512",
        _ => "another",
    }
}

fn derivation(derivation: KeyDerivation) -> &'static str {
    match derivation {
        KeyDerivation::Hmac => "hmac",
        KeyDerivation::DjangoConcat => "django-concat",
        KeyDerivation::Concat => "concat",
        _ => "another",
    }
}

/// With what an application's name begins elsewhere: those of browsers, and that
/// of `insecure_for_local_http`.
const PREFIXES: [&str; 5] = ["__Host-Http-", "__Host-", "__Http-", "__Secure-", "dev-"];

const SERIALIZER_SALTS: [&str; 2] = ["itsdangerous", "itsdangerous.Signer"];

const DIGESTS: [Digest; 3] = [Digest::Sha1, Digest::Sha256, Digest::Sha512];
const DERIVATIONS: [KeyDerivation; 3] =
    [KeyDerivation::Hmac, KeyDerivation::DjangoConcat, KeyDerivation::Concat];
