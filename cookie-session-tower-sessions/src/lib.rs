#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod bridge;
mod store;
mod ending;
mod error;

pub use bridge::{Bridge, BridgeService};
pub use error::NotEncrypted;
