//! What is measured, and the floor that it is measured against.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "each program uses a part of it, and a measurement may panic"
)]

pub mod cases;
mod data;
mod floor;
