//! Logins of the Python frameworks in Rust, as docs/python.md shows them.

pub mod django_auth;
pub mod flask_login;
pub mod flask_wtf;
