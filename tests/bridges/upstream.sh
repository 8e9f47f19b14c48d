#!/usr/bin/env bash
# Runs the tests that actix-identity, actix-session and axum-messages publish over the bridges: fetches the crates from
# the registry into a temporary folder, puts a bridge where their session middleware was, and runs them. Nothing of
# theirs is committed. docs/bridges.md has the list of what differs.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/target}/upstream

# Fetches, and copies what the registry has of a crate.
mkdir "$work/fetch"
cat >"$work/fetch/Cargo.toml" <<'TOML'
[workspace]
[package]
name = "fetch"
version = "0.0.0"
edition = "2024"
[lib]
path = "lib.rs"
[dependencies]
actix-identity = "=0.9.0"
actix-session = "=0.11.0"
axum-login = "=0.18.0"
axum-messages = "=0.8.0"
TOML
touch "$work/fetch/lib.rs"
source_of() {
  cargo metadata --manifest-path "$work/fetch/Cargo.toml" --format-version 1 |
    python3 -c 'import json, os, sys
print(next(os.path.dirname(package["manifest_path"]) for package in json.load(sys.stdin)["packages"] if package["name"] == sys.argv[1]))' "$1"
}
mkdir -p "$work/suite/src" "$work/suite/tests"
echo >"$work/suite/src/lib.rs"
cat >"$work/suite/Cargo.toml" <<TOML
[workspace]
[package]
name = "suite"
version = "0.0.0"
edition = "2021"
[dependencies]
actix-identity = "=0.9.0"
actix-session = "=0.11.0"
actix-web = { version = "4", default-features = false, features = ["cookies", "macros", "secure-cookies"] }
axum = { version = "0.8", features = ["macros"] }
axum-core = "0.5"
axum-messages = "=0.8.0"
cookie-session = { path = "$root" }
cookie-session-actix = { path = "$root/cookie-session-actix", features = ["actix-session"] }
cookie-session-tower-sessions = { path = "$root/cookie-session-tower-sessions" }
http = "1"
http-body-util = "0.1"
reqwest = { version = "0.12", default-features = false, features = ["cookies", "json"] }
serde = { version = "1", features = ["derive"] }
tokio = { version = "1", features = ["macros", "rt"] }
tower = { version = "0.5", features = ["util"] }
uuid = { version = "1", features = ["v4"] }
TOML

# actix-identity: its integration tests, with another fixture. They speak HTTP, over which a browser has no Secure cookie.
cp -r "$(source_of actix-identity)/tests/integration" "$work/suite/tests/actix_identity"
cat >"$work/suite/tests/actix_identity/fixtures.rs" <<'RUST'
use cookie_session::{KeyRing, SecretKey, Sessions};
use cookie_session_actix::Bridge;

pub fn user_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

pub fn session_middleware() -> Bridge {
    static SESSIONS: std::sync::OnceLock<Sessions> = std::sync::OnceLock::new();
    let sessions = SESSIONS.get_or_init(|| {
        let keys = KeyRing::new(SecretKey::generate().unwrap());
        Sessions::builder(keys).insecure_for_local_http().encrypted().build().unwrap()
    });
    Bridge::new(sessions.clone()).unwrap()
}
RUST

# actix-session: the tests of its Session. The others are of its own cookie and store.
cp "$(source_of actix-session)/tests/session.rs" "$work/suite/tests/actix_session.rs"

# axum-messages: the test inside of its library. axum-login's need its crate's private parts, or servers that it does
# not publish: cookie-session-tower-sessions/tests/libraries.rs does what those do.
python3 - "$(source_of axum-messages)/src/lib.rs" "$work/suite/tests/axum_messages.rs" <<'PY'
import sys

text = open(sys.argv[1], encoding="utf-8").read()
body = text.split("mod tests {", 1)[1].rsplit("}", 1)[0]
store = "let session_store = MemoryStore::default();"
layer = "let session_layer = SessionManagerLayer::new(session_store).with_secure(false);"
imports = ["    use super::*;", "    use tower_sessions::{MemoryStore, SessionManagerLayer};"]
for old in [store, layer, *imports]:
    if old not in body:
        sys.exit(f"axum-messages has not {old}")
    body = body.replace(old, "let session_layer = bridge();" if old == layer else "")
open(sys.argv[2], "w", encoding="utf-8").write(
    """use axum::extract::Request;
use axum_messages::{Messages, MessagesManagerLayer, Metadata};

fn bridge() -> cookie_session_tower_sessions::Bridge {
    use cookie_session::{KeyRing, SecretKey, Sessions};
    let keys = KeyRing::new(SecretKey::generate().unwrap());
    cookie_session_tower_sessions::Bridge::new(Sessions::builder(keys).encrypted().build().unwrap()).unwrap()
}
"""
    + body
)
PY

cargo test --manifest-path "$work/suite/Cargo.toml" --no-fail-fast
sed -n '/^## What differs/,/^## /p' "$root/docs/bridges.md" | sed '$d'
