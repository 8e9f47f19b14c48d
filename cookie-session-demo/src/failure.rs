//! The error page.

use crate::drawing;
use crate::layout;
use crate::paths;

/// Returns the page for a refused request: the status, a title and a message in plain text, and the way back.
///
/// The status is only shown; the caller sets that of the response.
#[must_use]
pub fn error(status: u16, title: &str, message: &str) -> String {
    layout::document(title, "failure", |html| {
        html.raw("<main id=\"error\" class=\"card\">\n")
            .raw(drawing::BITTEN)
            .raw("<p class=\"status\">Error <span id=\"error-status\">")
            .number(status)
            .raw("</span></p>\n<h1 id=\"error-title\">")
            .text(title)
            .raw("</h1>\n<p id=\"error-message\">")
            .text(message)
            .raw("</p>\n<p><a class=\"button\" href=\"")
            .raw(paths::HOME)
            .raw("\">Back to the shop</a></p>\n</main>\n");
    })
}
