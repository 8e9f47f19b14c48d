//! What browsers demand of a cookie: its name and prefix, its attributes, its
//! size.

use std::fmt::Write;

use crate::error::ConfigError;
use crate::http::set_cookie::{Attributes, SameSite};

/// What a browser demands of a cookie whose name begins so (RFC 6265bis,
/// section 4.1.3).
struct Prefix {
    text: &'static str,
    /// The whole host and nothing else: `Path=/`, no Domain.
    host: bool,
    http_only: bool,
}

impl Prefix {
    fn check(&self, attributes: &Attributes<'_>) -> Result<(), ConfigError> {
        let lacks = match () {
            () if !attributes.secure => "Secure; on a developer's machine use insecure_for_local_http()",
            () if self.http_only && !attributes.http_only => "HttpOnly",
            () if self.host && attributes.path != "/" => "Path=/",
            () if self.host && attributes.domain.is_some() => {
                "no Domain; to share the cookie, choose another name"
            }
            () => return Ok(()),
        };
        Err(ConfigError::new(format!("a cookie named {}… needs {lacks}", self.text)))
    }
}

/// Says whether browsers demand something of a cookie of this name.
pub(super) fn has_prefix(name: &str) -> bool {
    prefix_of(name).is_some()
}

/// Finds the prefix of a name, whatever its case: browsers ignore it too.
fn prefix_of(name: &str) -> Option<&'static Prefix> {
    PREFIXES.iter().find(|prefix| {
        name.get(..prefix.text.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix.text))
    })
}

/// Returns the name that a cookie has without Secure: a prefix would demand that.
/// Different names stay different.
pub(crate) fn name_for_local_http(name: String) -> String {
    match (prefix_of(&name), name.strip_prefix("__")) {
        // `__Host-session` is `dev-session`, `__Secure-session` is `devSecure-session`.
        (Some(prefix), Some(rest)) => {
            let host = prefix.text == HOST.text;
            format!("dev{}", rest.strip_prefix("Host").filter(|_| host).unwrap_or(rest))
        }
        _ => name,
    }
}

/// Returns a path as browsers spell it in requests, since they compare it with
/// those: they escape what cannot stand there (the URL Standard's path
/// percent-encode set), and leave alone what is escaped already.
pub(crate) fn spell_path(path: &str) -> String {
    let escaped = |byte: u8| !byte.is_ascii() || b" \"<>`{}".contains(&byte);
    path.bytes().fold(String::with_capacity(path.len()), |mut spelled, byte| {
        if escaped(byte) {
            // Writing to a string does not fail.
            let _ = write!(spelled, "%{byte:02X}");
        } else {
            spelled.push(byte.into());
        }
        spelled
    })
}

const HOST: Prefix = Prefix { text: "__Host-", host: true, http_only: false };

// The longer one before the one that it begins with.
const PREFIXES: &[Prefix] = &[
    Prefix { text: "__Host-Http-", host: true, http_only: true },
    HOST,
    Prefix { text: "__Http-", host: false, http_only: true },
    Prefix { text: "__Secure-", host: false, http_only: false },
];

pub(crate) fn check_name(name: &str) -> Result<(), ConfigError> {
    // A token of RFC 9110, section 5.6.2.
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || !name.bytes().all(allowed) {
        return Err(ConfigError::new("the name of a cookie is letters, digits and !#$%&'*+-.^_`|~"));
    }
    Ok(())
}

/// Checks that browsers keep a cookie of this name with these attributes.
pub(crate) fn check_attributes(name: &str, attributes: &Attributes<'_>) -> Result<(), ConfigError> {
    check_path(attributes.path)?;
    attributes.domain.map(check_domain).transpose()?;
    if let Some(prefix) = prefix_of(name) {
        prefix.check(attributes)?;
    }
    if attributes.same_site == SameSite::None && !attributes.secure {
        return Err(ConfigError::new("SameSite=None needs Secure, or browsers ignore the cookie"));
    }
    if attributes.partitioned && !attributes.secure {
        return Err(ConfigError::new("Partitioned needs Secure, or browsers ignore the cookie"));
    }
    Ok(())
}

fn check_path(path: &str) -> Result<(), ConfigError> {
    // RFC 3986, section 3.3, without the semicolon, which ends an attribute.
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+,=:@/".contains(&byte);
    if !path.starts_with('/') || !path.bytes().all(allowed) {
        return Err(ConfigError::new(
            "the path begins with / and has what a URL may have there, without ; ? # \\ ^ | [ ] and controls",
        ));
    }
    let is_escape = |rest: &str| rest.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2;
    if !path.split('%').skip(1).all(is_escape) {
        return Err(ConfigError::new("the path has a % that begins no escape; write it as %25"));
    }
    if path.split('/').any(|segment| matches!(segment, "." | "..")) {
        return Err(ConfigError::new(
            "the path has a segment . or .., which browsers resolve before they ask",
        ));
    }
    check_attribute("path", path)
}

fn check_domain(domain: &str) -> Result<(), ConfigError> {
    let label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    if !domain.split('.').all(label) {
        return Err(ConfigError::new(
            "the domain is a host name such as example.org: no leading dot, no port, international names in their xn-- form",
        ));
    }
    check_attribute("domain", domain)
}

fn check_attribute(attribute: &str, value: &str) -> Result<(), ConfigError> {
    if value.len() > ATTRIBUTE_LIMIT {
        return Err(ConfigError::new(format!(
            "the {attribute} is {} bytes, but browsers ignore attributes over {ATTRIBUTE_LIMIT}",
            value.len()
        )));
    }
    Ok(())
}

/// RFC 6265bis, section 5.6: browsers ignore a cookie whose name and value are
/// longer, and attributes longer than 1024.
pub(crate) const BROWSER_LIMIT: usize = 4096;
const ATTRIBUTE_LIMIT: usize = 1024;
