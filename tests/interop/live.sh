#!/usr/bin/env bash
# Runs the live differential test: a real Flask, Django and Starlette app beside a Rust server, and one cookie between them.
#
#   tests/interop/live.sh                       2,000 steps for every framework and mode
#   tests/interop/live.sh --steps 200           fewer
#   tests/interop/live.sh --seed 1 2 3          with several seeds
#   tests/interop/live.sh --framework django    one framework
#
# Makes the virtual environment if it is missing (venv.sh). Without Python it fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
python=$(tests/interop/venv.sh | tail -n 1)
# As `cargo test` builds it: the example stands for targets that take dev-dependencies, and with them other features.
cargo build --locked --quiet --workspace --all-features --bin cookie-session-interop --example axum_shop
exec "$python" tests/interop/live.py --server "${CARGO_TARGET_DIR:-target}/debug/cookie-session-interop" "$@"
