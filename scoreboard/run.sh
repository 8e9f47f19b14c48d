#!/usr/bin/env bash
# Builds and installs the servers of the scoreboard, asks each the same questions and writes the table of README.md.
#
#   scoreboard/run.sh            all of them
#   scoreboard/run.sh Flask      one, and the table stays as it is
#
# Needs Linux on x86-64; what is missing of Debian's faketime, nodejs, npm, golang-go and golang-github-gorilla-securecookie-dev
# is to be installed before. Python's and Node's packages go into the target directory. Servers listen on 127.0.0.1 only.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
target=${CARGO_TARGET_DIR:-target}/scoreboard
mkdir -p "$target/node"
cargo build --locked --quiet --manifest-path scoreboard/rust/Cargo.toml --target-dir "$target"
GO111MODULE=off GOPATH=/usr/share/gocode go build -o "$target/debug/gorilla" scoreboard/go/main.go
cp scoreboard/node/*.js* "$target/node"
if ! cmp -s scoreboard/node/package-lock.json "$target/node/installed"; then
  (cd "$target/node" && npm ci --ignore-scripts --no-audit --no-fund)
  cp scoreboard/node/package-lock.json "$target/node/installed"
fi
python=$(tests/interop/venv.sh | tail -n 1)
python3 scoreboard/probe.py --python "$python" --bin "$target/debug" --node "$target/node" "$@"
