//! The formats of sessions: this library's own, and those of the Python
//! frameworks.

pub(crate) mod dialect;
#[cfg(feature = "django")]
pub mod django;
#[cfg(feature = "flask")]
pub mod flask;
pub(crate) mod native;
#[cfg(feature = "_python")]
pub(crate) mod python;
#[cfg(feature = "starlette")]
pub mod starlette;
