//! Every combination of what can be said about a cookie.

use cookie_session::{Builder, ConfigError, SameSite, Sessions};

use super::setup;

/// The four prefixes in three cases, and names without one.
pub const NAMES: [&str; 14] = [
    "__Host-session",
    "__host-session",
    "__HOST-session",
    "__Secure-session",
    "__secure-session",
    "__SECURE-session",
    "__Http-session",
    "__http-session",
    "__HTTP-session",
    "__Host-Http-session",
    "__host-http-session",
    "__HOST-HTTP-session",
    "session",
    "_Host-session",
];
const PATHS: [&str; 3] = ["/", "/app", "/app/"];
const DOMAINS: [Option<&str>; 5] =
    [None, Some("example.org"), Some("App.Example.org"), Some("192.0.2.7"), Some("localhost")];
const SAME_SITES: [SameSite; 3] = [SameSite::Strict, SameSite::Lax, SameSite::None];

/// What can be said about a cookie.
#[derive(Clone, Copy, Debug)]
pub struct Settings<'a> {
    pub name: &'a str,
    pub path: &'a str,
    pub domain: Option<&'a str>,
    pub secure: bool,
    pub http_only: bool,
    pub same_site: SameSite,
    pub partitioned: bool,
}

impl Settings<'_> {
    /// What [`setup::sessions`] have.
    pub const DEFAULT: Self = Settings {
        name: "__Host-session",
        path: "/",
        domain: None,
        secure: true,
        http_only: true,
        same_site: SameSite::Lax,
        partitioned: false,
    };

    pub fn builder(&self) -> Builder {
        let builder = setup::builder()
            .name(self.name)
            .path(self.path)
            .secure(self.secure)
            .http_only(self.http_only)
            .same_site(self.same_site)
            .partitioned(self.partitioned);
        match self.domain {
            Some(domain) => builder.domain(domain),
            None => builder,
        }
    }

    pub fn build(&self) -> Result<Sessions, ConfigError> {
        self.builder().build()
    }

    /// Returns the line that a program would write which checks nothing.
    pub fn unchecked_line(&self, value: &str) -> String {
        let Settings { name, path, .. } = self;
        let flag = |yes: bool, text: &'static str| if yes { text } else { "" };
        let same_site = match self.same_site {
            SameSite::Strict => "Strict",
            SameSite::Lax => "Lax",
            SameSite::None => "None",
        };
        let domain = self.domain.map(|domain| format!("; Domain={domain}")).unwrap_or_default();
        format!(
            "{name}={value}{}; SameSite={same_site}{}{}; Path={path}{domain}",
            flag(self.http_only, "; HttpOnly"),
            flag(self.partitioned, "; Partitioned"),
            flag(self.secure, "; Secure"),
        )
    }

    /// Returns a host that the Domain matches.
    pub fn host(&self) -> String {
        self.domain.unwrap_or("app.example.org").trim_start_matches('.').to_ascii_lowercase()
    }

    /// Returns a URL that the cookie is for.
    pub fn url(&self) -> String {
        format!("https://{}{}", self.host(), self.path)
    }
}

/// Returns all combinations, those that cannot be included.
pub fn all() -> impl Iterator<Item = Settings<'static>> {
    let flags = [false, true];
    let mut all = Vec::new();
    // Loops, because rustfmt takes very long over closures within closures.
    for name in NAMES {
        for path in PATHS {
            for domain in DOMAINS {
                for same_site in SAME_SITES {
                    for secure in flags {
                        for http_only in flags {
                            for partitioned in flags {
                                all.push(Settings {
                                    name,
                                    path,
                                    domain,
                                    secure,
                                    http_only,
                                    same_site,
                                    partitioned,
                                });
                            }
                        }
                    }
                }
            }
        }
    }
    all.into_iter()
}
