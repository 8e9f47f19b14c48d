//! Stands for the choice of encryption where the feature `encrypted` is off: there is none.

use crate::error::ConfigError;
use crate::format::profile::Profile;
use crate::sessions::Also;
use crate::token::Tokens;

/// What is written, and what is read beside it.
#[derive(Clone, Copy, Default)]
pub(super) struct Privacy(());

impl Privacy {
    /// Makes the tokens that are written, and those that are read beside them.
    pub(super) fn tokens(
        self,
        profile: &Profile,
        place: &str,
    ) -> Result<(Tokens, Option<Also>), ConfigError> {
        Ok((profile.tokens(place)?, None))
    }
}
