//! What holds of signed sessions and tokens holds of encrypted ones: the same tests, a second time.
//!
//! `support/format.rs` sees from the name of this binary which kind to make. Tests that have their own table of
//! formats, such as those of signatures and of bindings, are not here.

#![cfg(all(feature = "encrypted", feature = "flask", feature = "django", feature = "starlette"))]
#![cfg(not(target_family = "wasm"))] // where running them twice takes minutes
#![allow(clippy::duplicate_mod, reason = "each test file has its own support")]

#[path = "age.rs"]
mod age;
#[path = "codec.rs"]
mod codec;
#[path = "cookie_header.rs"]
mod cookie_header;
#[path = "created.rs"]
mod created;
#[path = "ending.rs"]
mod ending;
#[path = "ending_model.rs"]
mod ending_model;
#[path = "facts.rs"]
mod facts;
#[path = "forms.rs"]
mod forms;
#[path = "histories.rs"]
mod histories;
#[path = "interleavings.rs"]
mod interleavings;
#[path = "native_vectors.rs"]
mod native_vectors;
#[path = "removal.rs"]
mod removal;
#[path = "response_headers.rs"]
mod response_headers;
#[path = "rotation.rs"]
mod rotation;
#[path = "session_values.rs"]
mod session_values;
#[path = "signed_cookie.rs"]
mod signed_cookie;
#[path = "size.rs"]
mod size;
