//! Random bytes, from the operating system where there is one.

/// Fills the bytes. Otherwise there is nothing to fill them with, and what they are is not random.
#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
pub(crate) fn fill(bytes: &mut [u8]) -> Option<()> {
    getrandom::fill(bytes).ok()
}

/// Says that there is nothing: neither an operating system nor, without JavaScript, anybody else to ask.
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
pub(crate) fn fill(_: &mut [u8]) -> Option<()> {
    None
}
