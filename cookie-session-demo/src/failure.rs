//! The error page.

use crate::{drawing, layout, paths};

/// Why the shop shows an error page instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// The session has no room for what was asked.
    CookieFull {
        /// What name and value would take together.
        bytes: usize,
        /// What they may take.
        limit: usize,
    },
    /// What was posted is no form of the shop's.
    NoForm {
        /// The status that the framework has for it.
        status: u16,
    },
    /// The form is from before a login or a logout.
    StaleForm,
    /// The form came back without a cookie.
    NoCookie,
    /// The shop does not sell it.
    NoSuchProduct,
    /// There is nothing at this address.
    NotFound,
    /// Nobody knows who [logged out everywhere](crate::Logouts).
    Unavailable,
}

impl Problem {
    /// Returns the status of the response.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::CookieFull { .. } => 413,
            Self::NoForm { status } => *status,
            Self::StaleForm | Self::NoCookie => 403,
            Self::NoSuchProduct => 400,
            Self::NotFound => 404,
            Self::Unavailable => 503,
        }
    }

    /// Returns the title, plain text.
    #[must_use]
    pub fn title(&self) -> &'static str {
        match self {
            Self::CookieFull { .. } => "The cookie is full",
            Self::NoForm { .. } => "That was no form of ours",
            Self::StaleForm => "This form is out of date",
            Self::NoCookie => "Your browser sent no cookie",
            Self::NoSuchProduct => "We do not bake that",
            Self::NotFound => "There is nothing here",
            Self::Unavailable => "We cannot look you up",
        }
    }

    /// Returns the page.
    #[must_use]
    pub fn page(&self) -> String {
        let message = match self {
            Self::CookieFull { bytes, limit } => &format!(
                "It would take {bytes} bytes, and browsers keep {limit} at most. Please take something out first."
            ),
            Self::NoForm { .. } => "Please try it from the page.",
            Self::StaleForm => {
                "It was made before you logged in or out. Please go back to the shop and try again."
            }
            Self::NoCookie => {
                "The form came without the cookie that the page before it set. Over plain HTTP, browsers keep a \
                 Secure cookie for localhost only: open the shop under http://localhost or over HTTPS, or build its \
                 sessions with insecure_for_local_http() while you develop. It is the same if cookies are turned off."
            }
            Self::NoSuchProduct => "Please choose from the page.",
            Self::NotFound => "The shop has one page.",
            Self::Unavailable => {
                "Nothing was changed, and you are as logged in as before. Please try again in a moment."
            }
        };
        error(self.status(), self.title(), message)
    }
}

/// Returns the page for a refused request: the status, a title and a message in plain text, and the way back.
pub(crate) fn error(status: u16, title: &str, message: &str) -> String {
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
