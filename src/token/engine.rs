//! The base64 engines: strict always, with vector instructions where the processor has them and the feature `simd` is on.

use std::sync::LazyLock;

use base64::engine::general_purpose::NO_PAD;

use variant::Base64;

/// Returns the engine of the URL-safe alphabet without padding.
pub(crate) fn url_safe() -> &'static Base64 {
    // Made once, since it asks the processor what it can do.
    static ENGINE: LazyLock<Base64> = LazyLock::new(|| variant::url_safe(NO_PAD));
    &ENGINE
}

/// Returns the engine of the standard alphabet with padding, which Starlette writes.
#[cfg(feature = "starlette")]
pub(crate) fn standard() -> &'static Base64 {
    static ENGINE: LazyLock<Base64> =
        LazyLock::new(|| variant::standard(base64::engine::general_purpose::PAD));
    &ENGINE
}

#[cfg(all(feature = "simd", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod variant {
    use base64::engine::{GeneralPurposeConfig, Simd};

    pub(crate) type Base64 = Simd;

    pub(super) fn url_safe(config: GeneralPurposeConfig) -> Base64 {
        Simd::url_safe(config)
    }

    #[cfg(feature = "starlette")]
    pub(super) fn standard(config: GeneralPurposeConfig) -> Base64 {
        Simd::standard(config)
    }
}

#[cfg(not(all(feature = "simd", any(target_arch = "x86_64", target_arch = "aarch64"))))]
mod variant {
    use base64::engine::{GeneralPurpose, GeneralPurposeConfig};

    pub(crate) type Base64 = GeneralPurpose;

    pub(super) fn url_safe(config: GeneralPurposeConfig) -> Base64 {
        GeneralPurpose::new(&base64::alphabet::URL_SAFE, config)
    }

    #[cfg(feature = "starlette")]
    pub(super) fn standard(config: GeneralPurposeConfig) -> Base64 {
        GeneralPurpose::new(&base64::alphabet::STANDARD, config)
    }
}
