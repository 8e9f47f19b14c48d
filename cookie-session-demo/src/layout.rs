//! What both pages have in common: the document around them, its style, and the policy that fits it.

use crate::html::Html;

/// The `Content-Security-Policy` under which the pages work: no script, no request elsewhere, one style sheet
/// known by its hash.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; \
    style-src 'sha256-Q6uFaTCszPEPLU5gqrYbEmYdaAwG4Y+4cnx+z0CSjcw='; \
    img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

pub(crate) const STYLE: &str = include_str!("style.css");

/// Returns a whole document; `class` is that of the body.
pub(crate) fn document(title: &str, class: &str, body: impl FnOnce(&mut Html)) -> String {
    let mut html = Html::new();
    html.fill(
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{}</title>
<link rel="icon" href=""#,
        &[title],
    );
    html.raw(ICON);
    html.raw("\">\n<style>");
    html.raw(STYLE);
    html.fill("</style>\n</head>\n<body class=\"{}\">\n", &[class]);
    body(&mut html);
    html.raw("</body>\n</html>\n");
    html.finish()
}

/// A cookie as a data URL, so that the browser does not ask for /favicon.ico.
const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E\
    %3Ccircle cx='16' cy='16' r='15' fill='%23c98a4b'/%3E\
    %3Cg fill='%234a2a14'%3E%3Ccircle cx='11' cy='11' r='3'/%3E%3Ccircle cx='21' cy='14' r='2.5'/%3E\
    %3Ccircle cx='14' cy='22' r='3'/%3E%3Ccircle cx='23' cy='22' r='2'/%3E%3C/g%3E%3C/svg%3E";
