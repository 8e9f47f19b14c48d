//! The recipes of docs/migration.md, one file each. `tests/recipes.rs` logs visitors in with the old library and finds
//! them logged in with the new one, and checks that the page shows these files.

#![forbid(unsafe_code)]

pub mod actix_session;
pub mod axum_extra;
pub mod express;
pub mod rails;
pub mod tower_sessions_cookie_store;
