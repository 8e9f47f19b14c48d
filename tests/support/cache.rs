//! A model of a cache that many visitors share, such as a CDN or a reverse proxy.

/// A list of header fields, in order.
pub type Headers = Vec<(String, String)>;

/// The answer to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    pub status: u16,
    pub headers: Headers,
    pub body: String,
}

/// A shared cache of RFC 9111 ("§" means it) that answers whenever it may.
///
/// Wherever the RFC leaves the choice, this one chooses what endangers visitors most: it stores all that it may,
/// Set-Cookie included, guesses that every response without an age stays fresh, and never forgets. It prefers
/// targeted directives (RFC 9213, and the older Surrogate-Control) to Cache-Control. Not modelled: revalidation
/// (a response that would need it is fetched anew), ranges, request directives, and responses to Authorization.
pub struct SharedCache {
    honours_vary: bool,
    entries: Vec<Entry>,
}

struct Entry {
    url: String,
    /// The request's fields that Vary names, with their values then.
    selected_by: Headers,
    response: Response,
    /// In unix seconds.
    fresh_until: u64,
}

impl SharedCache {
    /// A cache that keeps to the RFC.
    pub fn new() -> Self {
        Self { honours_vary: true, entries: Vec::new() }
    }

    /// A cache that looks at the URL alone, as several CDNs do unless they are told otherwise.
    pub fn that_ignores_vary() -> Self {
        Self { honours_vary: false, entries: Vec::new() }
    }

    /// Answers a GET from the store, or asks the origin and stores what it may.
    pub fn get(
        &mut self,
        url: &str,
        request: &Headers,
        now: u64,
        origin: impl FnOnce() -> Response,
    ) -> Response {
        if let Some(entry) = self.entries.iter().rev().find(|entry| entry.answers(url, request, now)) {
            return entry.response.clone();
        }
        let response = origin();
        if let Some(entry) = self.entry(url, request, &response, now) {
            self.entries.push(entry);
        }
        response
    }

    /// Returns how many responses are stored.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// §3: what to store of a response, if it may be stored at all.
    fn entry(&self, url: &str, request: &Headers, response: &Response, now: u64) -> Option<Entry> {
        let directives = Directives::of(&response.headers);
        let forbidden =
            directives.has("no-store") || directives.bare("private") || directives.bare("no-cache");
        let invited = directives.has("public") || directives.has("s-maxage") || directives.has("max-age");
        // §4.2.2: what may be guessed to be fresh without an invitation (RFC 9110, section 15.1).
        let guessable =
            [200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501].contains(&response.status);
        let vary = if self.honours_vary { members(&response.headers, "vary") } else { Vec::new() };
        if forbidden || !(invited || guessable) || vary.iter().any(|name| name == "*") {
            return None;
        }
        // §5.2.2.4 and §5.2.2.7: fields that a qualified directive names are left out.
        let left_out = [directives.fields("private"), directives.fields("no-cache")].concat();
        let mut stored = response.clone();
        stored.headers.retain(|(name, _)| !left_out.iter().any(|field| name.eq_ignore_ascii_case(field)));
        Some(Entry {
            url: url.to_owned(),
            selected_by: vary.iter().map(|name| (name.clone(), values(request, name).join(", "))).collect(),
            response: stored,
            fresh_until: now.saturating_add(directives.age().unwrap_or(GUESSED_AGE)),
        })
    }
}

impl Default for SharedCache {
    fn default() -> Self {
        Self::new()
    }
}

impl Entry {
    /// §4: says whether the stored response may be the answer.
    fn answers(&self, url: &str, request: &Headers, now: u64) -> bool {
        let selected =
            self.selected_by.iter().all(|(name, value)| values(request, name).join(", ") == *value);
        self.url == url && selected && now < self.fresh_until
    }
}

/// The directives of a response, names in lower case, with their arguments.
pub struct Directives(Vec<(String, Option<String>)>);

impl Directives {
    /// Reads the field that a shared cache obeys: the first that is there of Surrogate-Control, CDN-Cache-Control
    /// and Cache-Control.
    pub fn of(headers: &Headers) -> Self {
        let fields = ["surrogate-control", "cdn-cache-control", "cache-control"];
        let field = fields.into_iter().find(|field| !values(headers, field).is_empty());
        Self::parse(&field.map(|field| values(headers, field).join(", ")).unwrap_or_default())
    }

    /// Reads a list as RFC 9110 writes it: `name`, `name=token` and `name="quoted"`, between commas.
    pub fn parse(text: &str) -> Self {
        let mut directives = Vec::new();
        let mut rest = text;
        loop {
            rest = rest.trim_start_matches([' ', '\t', ',']);
            if rest.is_empty() {
                return Self(directives);
            }
            let (name, after) = rest.split_at(rest.find(['=', ',']).unwrap_or(rest.len()));
            let name = name.trim_matches([' ', '\t']).to_ascii_lowercase();
            let Some(argument) = after.strip_prefix('=') else {
                directives.push((name, None));
                rest = after;
                continue;
            };
            let argument = argument.trim_start_matches([' ', '\t']);
            let (value, after) = match argument.strip_prefix('"') {
                Some(quoted) => unquote(quoted),
                None => {
                    let (value, after) = argument.split_at(argument.find(',').unwrap_or(argument.len()));
                    (value.trim_matches([' ', '\t']).to_owned(), after)
                }
            };
            directives.push((name, Some(value)));
            rest = &after[after.find(',').unwrap_or(after.len())..];
        }
    }

    /// Says whether the directive is there, with or without an argument.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(n, _)| n == name)
    }

    /// Says whether the directive is there without an argument.
    pub fn bare(&self, name: &str) -> bool {
        self.0.iter().any(|(n, argument)| n == name && argument.is_none())
    }

    /// Returns the fields that a qualified directive names.
    fn fields(&self, name: &str) -> Vec<String> {
        let arguments =
            self.0.iter().filter(|(n, _)| n == name).filter_map(|(_, argument)| argument.as_deref());
        arguments.flat_map(|list| list.split(',').map(|field| field.trim().to_owned())).collect()
    }

    /// §4.2.1: the stated age in seconds, for a shared cache.
    fn age(&self) -> Option<u64> {
        let of = |name: &str| self.0.iter().find(|(n, _)| n == name).and_then(|(_, age)| age.as_deref());
        // An age that cannot be read is not trusted to be short.
        of("s-maxage").or_else(|| of("max-age")).map(|age| age.parse().unwrap_or(GUESSED_AGE))
    }

    /// Returns all names with their arguments.
    pub fn all(&self) -> &[(String, Option<String>)] {
        &self.0
    }
}

/// Returns what stands before the closing quote, and what comes after it.
fn unquote(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (value, &text[at + 1..]),
            '\\' => value.extend(chars.next().map(|(_, c)| c)),
            c => value.push(c),
        }
    }
    (value, "")
}

/// Returns the values of a field, in order.
pub fn values<'h>(headers: &'h Headers, field: &str) -> Vec<&'h str> {
    headers
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case(field))
        .map(|(_, value)| value.as_str())
        .collect()
}

/// Returns the members of a list field, in lower case.
fn members(headers: &Headers, field: &str) -> Vec<String> {
    let list = values(headers, field).join(",");
    list.split(',').map(|member| member.trim().to_ascii_lowercase()).filter(|m| !m.is_empty()).collect()
}

/// A year.
const GUESSED_AGE: u64 = 365 * 24 * 60 * 60;
