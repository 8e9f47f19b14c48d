//! The name of an application, which keeps its cookies apart from those of another with the same keys.

use std::borrow::Cow;

use crate::error::ConfigError;

/// Returns the place that keys are derived for: the name of the cookie, and the application, if there is one, after a
/// slash. No name has a slash, so that the first one ends it.
///
/// # Errors
///
/// [`ConfigError`] for a label that is none.
pub(crate) fn place<'n>(name: &'n str, application: Option<&str>) -> Result<Cow<'n, str>, ConfigError> {
    let Some(application) = application else { return Ok(Cow::Borrowed(name)) };
    let is_visible = application.bytes().all(|byte| byte.is_ascii_graphic());
    if !is_visible || !(1..=LONGEST).contains(&application.len()) {
        return Err(ConfigError::new(format!(
            "application is a label of 1 to {LONGEST} visible ASCII characters"
        )));
    }
    Ok(Cow::Owned(format!("{name}/{application}")))
}

/// Enough for the name of a host and of a stage.
const LONGEST: usize = 64;
