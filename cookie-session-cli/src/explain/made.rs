//! What is to be said when a key made the token, but not as the application expects it.

use cookie_session::flask::{Digest, KeyDerivation};

use crate::args::Format;
use crate::hint::Hint;
use crate::policy::{FlaskSettings, Origin, Policy};
use crate::search::{Change, Found, Making};
use crate::secrets::Taken;
use crate::text::{moment, plural, shown};

/// Returns all that may have made a token, the likeliest first.
pub(crate) fn makings(
    policy: &Policy,
    others: impl Iterator<Item = String>,
    also: &[String],
    codecs: &[String],
) -> Vec<Making> {
    let own = policy.makes();
    let native = Origin { format: Format::Native, flask: FlaskSettings::default(), ..own.clone() };
    let names: Vec<String> = others.chain(also.iter().cloned()).chain(names(&policy.name)).collect();
    let applications = APPLICATIONS.map(str::to_owned).into_iter().chain(also.iter().cloned()).map(Some);
    let applications: Vec<Option<String>> = [None].into_iter().chain(applications).collect();

    let mut origins = vec![own.clone(), Origin { encrypted: !own.encrypted, ..native.clone() }];
    for encrypted in [own.encrypted, !own.encrypted] {
        let named = |name: &String| Origin { name: name.clone(), encrypted, ..native.clone() };
        origins.extend(names.iter().map(named));
        let of = |application: &Option<String>| Origin {
            application: application.clone(),
            encrypted,
            ..native.clone()
        };
        origins.extend(applications.iter().map(of));
    }
    let signed = Origin { application: None, encrypted: false, ..own };
    for flask in [&policy.flask, &FlaskSettings::default()].into_iter().flat_map(flask_variants) {
        origins.push(Origin { format: Format::Flask, name: "session".to_owned(), flask, ..signed.clone() });
    }
    for (format, name) in [(Format::Django, "sessionid"), (Format::Starlette, "session")] {
        origins.push(Origin { format, name: name.to_owned(), ..signed.clone() });
    }

    // What comes again has been tried: the name is no part of what the frameworks sign.
    let mut distinct: Vec<Origin> = Vec::new();
    for origin in origins {
        let is_same = |other: &Origin| match other.format {
            Format::Native => *other == origin,
            Format::Flask => origin.format == other.format && origin.flask == other.flask,
            Format::Django | Format::Starlette => origin.format == other.format,
        };
        if !distinct.iter().any(is_same) {
            distinct.push(origin);
        }
    }
    let mut makings: Vec<Making> = distinct.into_iter().map(Making::Session).collect();
    let own = [None, policy.application.clone()];
    let named = names.iter().flat_map(|name| own.iter().map(move |application| (name, application)));
    for (name, application) in named.chain(applications.iter().map(|application| (&policy.name, application)))
    {
        for encrypted in [false, true] {
            let small =
                Making::SignedCookie { name: name.clone(), application: application.clone(), encrypted };
            if !makings.contains(&small) {
                makings.push(small);
            }
        }
    }
    for salt in codecs {
        makings.extend([false, true].map(|encrypted| Making::Codec { salt: salt.clone(), encrypted }));
    }
    for salt in SERIALIZER_SALTS {
        makings.extend(DIGESTS.map(|digest| Making::Serializer { salt, digest }));
    }
    makings.push(Making::DjangoToken);
    for derivation in DERIVATIONS {
        makings.extend(DIGESTS.map(|digest| Making::AlmostNative {
            name: policy.name.clone(),
            digest,
            derivation,
        }));
    }
    makings
}

/// Returns the names that a cookie of this name often has elsewhere.
fn names(name: &str) -> impl Iterator<Item = String> {
    let base = base(name).to_owned();
    let variants = |base: String| {
        let with_prefix = PREFIXES.iter().flat_map(|(prefix, local)| [*prefix, *local]);
        let with_prefix: Vec<String> = with_prefix.map(|prefix| format!("{prefix}{base}")).collect();
        with_prefix.into_iter().chain([base])
    };
    let common = ["session", "sid", "id", "admin", "auth"];
    let common = common.into_iter().flat_map(|name| ["", "__Host-"].map(|prefix| format!("{prefix}{name}")));
    variants(base).chain(common)
}

/// Returns the name without a browser's prefix, or that of
/// `insecure_for_local_http`.
fn base(name: &str) -> &str {
    let prefixes = PREFIXES.iter().flat_map(|(prefix, local)| [prefix, local]);
    prefixes.filter_map(|prefix| name.strip_prefix(prefix)).next().unwrap_or(name)
}

/// Says whether the second name is what `insecure_for_local_http` makes of the
/// first.
fn is_local(name: &str, local: &str) -> bool {
    PREFIXES.iter().any(|(prefix, short)| {
        name.strip_prefix(prefix).is_some_and(|base| local.strip_prefix(short) == Some(base))
    })
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
pub(crate) fn changes(found: &Found<'_>) -> Vec<Hint> {
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
pub(crate) fn hints(policy: &Policy, found: &Found<'_>, keys: usize, now: u64) -> Vec<Hint> {
    let key = if keys == 1 { "The key".to_owned() } else { format!("Key {} of {keys}", found.secret.number) };
    let mut hints = Vec::new();
    let how = match found.making {
        Making::Session(origin) if policy.reads(origin, now) => None,
        Making::Session(origin) if policy.small => Some(a_session(&key, origin, &policy.name)),
        Making::Session(origin) if origin.format != policy.format => {
            Some(other_format(&key, origin, policy.format))
        }
        Making::Session(origin) if origin.format == Format::Flask => Some(Hint::new(
            "other_settings",
            format!(
                "{key} made it as a session of Flask with other settings: {}. Give the profile what the application's \
                 session_interface has.",
                settings(&origin.flask)
            ),
        )),
        Making::Session(origin) => {
            let own = policy.makes();
            let other_name = Some(&origin.name).filter(|name| **name != own.name);
            hints.extend(other_name.map(|name| other_name_hint(&key, name, &own.name)));
            if origin.application != own.application {
                hints.push(other_application(&key, origin.application.as_deref(), own.application.as_deref()));
            }
            if !policy.reads(&Origin { encrypted: origin.encrypted, ..own }, now) {
                hints.push(other_privacy(&key, policy, origin.encrypted));
            }
            None
        }
        Making::SignedCookie { name, application, encrypted } if policy.small => {
            hints.extend((*name != policy.name).then(|| other_name_hint(&key, name, &policy.name)));
            if *application != policy.application {
                hints.push(other_application(&key, application.as_deref(), policy.application.as_deref()));
            }
            (*encrypted != policy.encrypted).then(|| Hint::new("other_privacy", format!(
                "{key} made it {}, and the application reads it {}: one of the two programs calls encrypted() of the builder.",
                if *encrypted { "encrypted" } else { "signed alone" },
                if policy.encrypted { "encrypted" } else { "signed alone" }
            )))
        }
        Making::SignedCookie { name, application, encrypted } => Some(Hint::new(
            "signed_cookie",
            format!(
                "{key} made it as {} small cookie {}{} (SignedCookie). It is no session.{}",
                if *encrypted { "the encrypted" } else { "the signed" },
                shown(name),
                application.as_deref().map_or_else(String::new, |of| format!(" of the application {}", shown(of))),
                if *name == policy.name {
                    " The session has the same name, so that each replaces the other in the browser: give one of them another."
                } else {
                    ""
                }
            ),
        )),
        Making::Codec { salt, .. } => Some(Hint::new(
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

fn a_session(key: &str, made: &Origin, name: &str) -> Hint {
    let (what, same) = match made.format {
        Format::Native if made.name == name => (
            format!("the session of the cookie {}", shown(&made.name)),
            " The small cookie has the same name, so that each replaces the other in the browser: give one of them another.",
        ),
        Format::Native => (format!("the session of the cookie {}", shown(&made.name)), ""),
        Format::Flask => ("a session of Flask".to_owned(), ""),
        Format::Django => ("a session of Django".to_owned(), ""),
        Format::Starlette => ("a session of Starlette".to_owned(), ""),
    };
    Hint::new("a_session", format!("{key} made it as {what}. It is no small cookie (SignedCookie).{same}"))
}

fn other_name_hint(key: &str, made: &str, expected: &str) -> Hint {
    let because = if is_local(expected, made) {
        "It comes from a build with insecure_for_local_http(), which names its cookie so."
    } else if is_local(made, expected) {
        "It comes from a build without insecure_for_local_http(), and this one has it."
    } else if base(made) == base(expected) {
        "The two differ in their prefix only: the name was changed between two releases, or something renames cookies on the way."
    } else {
        "It was copied from another cookie of the same keys, or the name was changed."
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

fn other_application(key: &str, made: Option<&str>, expected: Option<&str>) -> Hint {
    let named = |application: Option<&str>| match application {
        Some(application) => format!("the application {}", shown(application)),
        None => "an application without a name".to_owned(),
    };
    Hint::new(
        "other_application",
        format!(
            "{key} made it for {}, and {} reads it (Builder::application). They share keys and the name of the cookie, and not what \
             is in it.",
            named(made),
            named(expected)
        ),
    )
}

fn other_privacy(key: &str, policy: &Policy, made_encrypted: bool) -> Hint {
    let text = match (made_encrypted, policy.accept_signed) {
        (true, _) => {
            "made it as an encrypted session, and the application reads signed ones alone. It comes from a release that encrypts \
             them: before that one, every machine needs a release with accept_encrypted()."
                .to_owned()
        }
        (false, None) => {
            "made it as a signed session, and the application reads encrypted ones alone: accept_signed(until) reads both for a \
             while."
                .to_owned()
        }
        (false, Some(until)) => {
            format!("made it as a signed session, and those are accepted no longer than {} (accept_signed).", moment(until))
        }
    };
    Hint::new("other_privacy", format!("{key} {text}"))
}

fn other_format(key: &str, made: &Origin, expected: Format) -> Hint {
    let what = match made.format {
        Format::Native => "in this library's own format".to_owned(),
        Format::Flask if made.flask == FlaskSettings::default() => "as a session of Flask".to_owned(),
        Format::Flask => format!("as a session of Flask ({})", settings(&made.flask)),
        Format::Django => "as a session of Django".to_owned(),
        Format::Starlette => "as a session of Starlette".to_owned(),
    };
    let advice = match (made.format, expected) {
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

fn settings(flask: &FlaskSettings) -> String {
    format!(
        "salt {:?}, digest {}, key derivation {}",
        flask.salt,
        digest(flask.digest),
        derivation(flask.derivation)
    )
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

/// The prefixes that browsers know, and what `insecure_for_local_http` makes of
/// each. A longer one stands before the one that it begins with.
const PREFIXES: [(&str, &str); 4] = [
    ("__Host-Http-", "devHost-Http-"),
    ("__Host-", "dev-"),
    ("__Http-", "devHttp-"),
    ("__Secure-", "devSecure-"),
];

/// What applications and their deployments are often called.
const APPLICATIONS: [&str; 8] =
    ["production", "prod", "staging", "stage", "test", "development", "dev", "app"];

const SERIALIZER_SALTS: [&str; 2] = ["itsdangerous", "itsdangerous.Signer"];

const DIGESTS: [Digest; 3] = [Digest::Sha1, Digest::Sha256, Digest::Sha512];
const DERIVATIONS: [KeyDerivation; 3] =
    [KeyDerivation::Hmac, KeyDerivation::DjangoConcat, KeyDerivation::Concat];
