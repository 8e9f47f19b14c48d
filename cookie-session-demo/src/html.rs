//! A writer of HTML that escapes whatever is not part of the program.

/// Text under construction.
///
/// Markup has to be `'static`, so borrowed data does not compile as markup and can only fill a hole.
pub(crate) struct Html(String);

impl Html {
    pub(crate) fn new() -> Self {
        Self(String::with_capacity(32 * 1024))
    }

    /// Appends markup as it stands.
    pub(crate) fn raw(&mut self, markup: &'static str) {
        self.0.push_str(markup);
    }

    /// Appends markup with data in its holes, which are written `{}`.
    ///
    /// A hole may stand in the content of an element or in an attribute value in double quotes.
    pub(crate) fn fill(&mut self, markup: &'static str, data: &[&str]) {
        debug_assert_eq!(markup.matches("{}").count(), data.len(), "{markup}");
        let mut data = data.iter();
        for (i, piece) in markup.split("{}").enumerate() {
            if i > 0 {
                self.escape(data.next().copied().unwrap_or_default());
            }
            self.0.push_str(piece);
        }
    }

    fn escape(&mut self, data: &str) {
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
    }

    pub(crate) fn finish(self) -> String {
        self.0
    }
}

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
            html.fill("{}", &[data]);
            assert_eq!(html.finish(), expected);
        }
    }

    #[test]
    fn fills_holes_in_order_and_no_hole_that_data_brings() {
        let mut html = Html::new();
        html.fill("<b>{}</b>{}.", &["{}", "two"]);
        assert_eq!(html.finish(), "<b>{}</b>two.");
    }
}
