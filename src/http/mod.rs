//! The text of HTTP headers.

pub(crate) mod caching;
pub(crate) mod cookie_header;
pub mod cross_origin;
pub(crate) mod set_cookie;
