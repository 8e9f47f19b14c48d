//! Messages for the next page.

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::json::{self, Unwritable};

/// A message for the next page, as [`Session::take_flashes`](crate::Session::take_flashes) returns it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Flash {
    /// What kind of message it is, such as `info` or `error`. Text, which a page has to escape like any other.
    pub category: String,
    /// The text, to be escaped in a page: by a template engine, or by [`html`](Self::html).
    pub message: String,
    /// Whether the text is HTML as it is: `Markup` of Flask's, a `SafeString` of Django's. Never with this library's own
    /// format.
    pub is_html: bool,
}

impl Flash {
    /// Returns the message as HTML for a page without a template engine: escaped, unless it is HTML as it is. It
    /// belongs between tags.
    ///
    /// ```
    /// # use cookie_session::{KeyRing, SecretKey, Sessions};
    /// # let sessions = Sessions::builder(KeyRing::new(SecretKey::generate()?)).build()?;
    /// # let mut session = sessions.start();
    /// session.flash("success", "Welcome, <Ada>.")?;
    /// let flashes = session.take_flashes()?;
    /// let paragraphs: String = flashes.iter().map(|flash| format!("<p>{}</p>", flash.html())).collect();
    /// assert_eq!(paragraphs, "<p>Welcome, &lt;Ada&gt;.</p>");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn html(&self) -> Cow<'_, str> {
        if self.is_html || !self.message.contains(MARKUP) {
            return Cow::Borrowed(&self.message);
        }
        let mut html = String::with_capacity(self.message.len().saturating_mul(2));
        for character in self.message.chars() {
            match character {
                '&' => html.push_str("&amp;"),
                '<' => html.push_str("&lt;"),
                '>' => html.push_str("&gt;"),
                '"' => html.push_str("&quot;"),
                '\'' => html.push_str("&#39;"),
                other => html.push(other),
            }
        }
        Cow::Owned(html)
    }
}

/// What means something in HTML.
const MARKUP: [char; 5] = ['&', '<', '>', '"', '\''];

/// The most messages that wait.
pub(crate) const MOST: usize = 8;

/// The longest that all of them may be, in bytes of JSON.
pub(crate) const LONGEST: usize = 1024;

/// Returns the elements of a list, as JSON text.
pub(crate) fn elements(list: &str) -> Option<Vec<&str>> {
    let elements: Vec<&RawValue> = serde_json::from_str(list).ok()?;
    Some(elements.into_iter().map(RawValue::get).collect())
}

/// Returns the text of a JSON string, or anything else as the JSON text that it is.
pub(crate) fn text(json: &str) -> String {
    serde_json::from_str(json).unwrap_or_else(|_| json.to_owned())
}

/// Returns the entry that is a list of category and message.
pub(crate) fn pair(category: &str, message: &str) -> Result<String, Unwritable> {
    json::text(json::to_bytes(&(category, message))?)
}

/// Reads such an entry. What a later version may add to it is left alone.
pub(crate) fn read_pair(entry: &str) -> Option<Flash> {
    let [category, message, ..] = *elements(entry)? else { return None };
    Some(Flash { category: serde_json::from_str(category).ok()?, message: text(message), is_html: false })
}

/// Returns the list of entries.
pub(crate) fn list(entries: &[Cow<'_, str>]) -> String {
    format!("[{}]", entries.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_escaped_unless_it_is_html() {
        let flash =
            |message: &str, is_html| Flash { category: "info".into(), message: message.into(), is_html };
        for (message, html) in [
            ("", ""),
            ("\u{1f36a} Ä", "\u{1f36a} Ä"),
            ("<b a=\"1\" b='2'>&amp;</b>", "&lt;b a=&quot;1&quot; b=&#39;2&#39;&gt;&amp;amp;&lt;/b&gt;"),
        ] {
            assert_eq!(flash(message, false).html(), html);
            assert_eq!(flash(message, true).html(), message);
        }
        for character in MARKUP {
            assert!(!flash(&character.to_string(), false).html().contains(&MARKUP[1..]), "{character}");
        }
    }
}
