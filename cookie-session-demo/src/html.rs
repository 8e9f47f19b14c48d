//! A writer of HTML that escapes whatever is not part of the program.

use std::fmt::Display;

/// Text under construction.
///
/// Markup has to be `'static`, so borrowed data does not compile as markup and can only pass through [`text`](Html::text).
pub(crate) struct Html(String);

impl Html {
    pub(crate) fn new() -> Self {
        Self(String::with_capacity(32 * 1024))
    }

    /// Appends markup as it stands.
    pub(crate) fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// Appends data, escaped for element content and for attribute values in double quotes.
    pub(crate) fn text(&mut self, data: &str) -> &mut Self {
        for c in data.chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                // An HTML parser turns a bare carriage return into a line feed.
                '\r' => self.0.push_str("&#13;"),
                _ => self.0.push(c),
            }
        }
        self
    }

    pub(crate) fn number(&mut self, number: impl Number) -> &mut Self {
        self.0.push_str(&number.to_string());
        self
    }

    /// Appends an amount of cents as euros.
    pub(crate) fn price(&mut self, cents: u64) -> &mut Self {
        self.0.push_str(&format!("€{}.{:02}", cents / 100, cents % 100));
        self
    }

    pub(crate) fn finish(self) -> String {
        self.0
    }
}

/// What [`Html::number`] takes: digits need no escape.
pub(crate) trait Number: Display {}

impl Number for u16 {}
impl Number for u32 {}
impl Number for u64 {}
impl Number for usize {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_each_character_that_means_something_in_html() {
        let table = [
            ("plain, ünïcode", "plain, ünïcode"),
            ("<script>", "&lt;script&gt;"),
            ("\"'", "&quot;&#39;"),
            ("&amp;", "&amp;amp;"),
            ("a\r\nb", "a&#13;\nb"),
        ];
        for (data, expected) in table {
            let mut html = Html::new();
            html.text(data);
            assert_eq!(html.finish(), expected);
        }
    }

    #[test]
    fn writes_cents_with_two_digits() {
        for (cents, expected) in [(0, "€0.00"), (5, "€0.05"), (99, "€0.99"), (100, "€1.00"), (1240, "€12.40")]
        {
            let mut html = Html::new();
            html.price(cents);
            assert_eq!(html.finish(), expected);
        }
    }
}
