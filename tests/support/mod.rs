//! What several test files share.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "each test file uses a part of it, and a test may panic"
)]

pub mod aes;
pub mod cache;
pub mod forge;
pub mod format;
pub mod jar;
pub mod matrix;
pub mod process;
#[cfg(feature = "flask")]
pub mod python;
pub mod set_cookie_table;
pub mod setup;
