//! The error page.

use crate::{drawing, layout, paths};

/// Returns the page for a refused request: the status, a title and a message in plain text, and the way back.
///
/// The status is only shown; the caller sets that of the response.
#[must_use]
pub fn error(status: u16, title: &str, message: &str) -> String {
    layout::document(title, "failure", |html| {
        html.raw(r#"<main id="error" class="card">"#);
        html.raw(drawing::BITTEN);
        html.fill(
            r#"
<p class="status">Error <span id="error-status">{}</span></p>
<h1 id="error-title">{}</h1>
<p id="error-message">{}</p>
<p><a class="button" href="{}">Back to the shop</a></p>
</main>
"#,
            &[&status.to_string(), title, message, paths::HOME],
        );
    })
}
