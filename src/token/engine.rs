//! The base64 engines: strict always, with vector instructions where the processor has them and the feature `simd` is on.

use std::sync::LazyLock;

use base64::engine::GeneralPurposeConfig;
use base64::engine::general_purpose::NO_PAD;

pub(crate) use variant::Base64;

/// Returns the engine of the URL-safe alphabet without padding.
pub(crate) fn url_safe() -> &'static Base64 {
    // Made once, since it asks the processor what it can do.
    static ENGINE: LazyLock<Base64> = LazyLock::new(|| make(true, NO_PAD));
    &ENGINE
}

/// Makes an engine of the URL-safe or of the standard alphabet.
pub(crate) fn make(url_safe: bool, config: GeneralPurposeConfig) -> Base64 {
    variant::make(url_safe, config)
}

#[cfg(all(feature = "simd", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod variant {
    use base64::engine::{GeneralPurposeConfig, Simd};

    pub(crate) type Base64 = Simd;

    pub(super) fn make(url_safe: bool, config: GeneralPurposeConfig) -> Base64 {
        if url_safe { Simd::url_safe(config) } else { Simd::standard(config) }
    }
}

#[cfg(not(all(feature = "simd", any(target_arch = "x86_64", target_arch = "aarch64"))))]
mod variant {
    use base64::alphabet::{STANDARD, URL_SAFE};
    use base64::engine::{GeneralPurpose, GeneralPurposeConfig};

    pub(crate) type Base64 = GeneralPurpose;

    pub(super) fn make(url_safe: bool, config: GeneralPurposeConfig) -> Base64 {
        GeneralPurpose::new(if url_safe { &URL_SAFE } else { &STANDARD }, config)
    }
}
