#!/usr/bin/env bash
# Measures the library beside its floor and beside other libraries for the same job, and writes docs/performance.md
# with its pictures, and benches/README.md.
#
#   benches/peers/run.sh            about ten minutes, on a machine that does nothing else
#   benches/peers/run.sh --quick    every measurement, shorter and once: leaves the pages in target/peers/written
#
# Some tables alone, as lines of JSON: those of what is encrypted, say, among codecs, axum or actix.
#
#   cargo run --release --manifest-path benches/peers/Cargo.toml -- codecs encrypted
#
# Installs what is missing: packages of the operating system, and those of Python and Node into the target directory.
# Servers listen on 127.0.0.1 only and end with this script. Needs Linux with two processors.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

TARGET=${CARGO_TARGET_DIR:-$PWD/target}
export CARGO_TARGET_DIR=$TARGET PYTHONDONTWRITEBYTECODE=1
here=benches/peers
made=$TARGET/peers
results=$made/results
quick=()
processes=7
case "${1:-}" in
  "") ;;
  --quick)
    quick=(--quick)
    processes=1
    ;;
  *)
    sed -n '2,/^set/p' "${BASH_SOURCE[0]}" | grep '^#' >&2
    exit 2
    ;;
esac

# Installs packages of the operating system, unless the first argument is true.
package() {
  local found=$1
  shift
  eval "$found" && return
  local as_root=()
  [ "$(id -u)" = 0 ] || as_root=(sudo)
  "${as_root[@]}" apt-get update -q &&
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@"
}

program() {
  package "command -v $1 >/dev/null" "$2"
}

install() {
  program wrk wrk
  program taskset util-linux
  program node nodejs
  program npm npm
  program go golang-go
  package "[ -d $GO_LIBRARIES/src/github.com/gorilla/securecookie ]" golang-github-gorilla-securecookie-dev
}

# The libraries of Go that the operating system has packages of.
GO_LIBRARIES=/usr/share/gocode

build() {
  mkdir -p "$made" "$results"
  cargo build --quiet --release --locked --manifest-path $here/Cargo.toml
  cargo bench --quiet --locked --bench ratios --features flask --no-run
  GO111MODULE=off GOPATH=$GO_LIBRARIES go build -o "$made/go-worker" $here/go/main.go
  rm -rf "$made/node"
  cp -r $here/node "$made/node"
  (cd "$made/node" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
  python=$(tests/interop/venv.sh | tail -n 1)
}

# A worker takes orders on its standard input: src/languages.rs.
export_workers() {
  export PEER_GO="$made/go-worker"
  export PEER_FLASK="$python $here/python/flask_worker.py"
  export PEER_COOKIE_SESSION="node $made/node/worker.js cookie-session"
  export PEER_IRON_SESSION="node $made/node/worker.js iron-session"
}

measure() {
  local what
  for what in codecs axum actix languages load; do
    echo "measuring $what" >&2
    "$TARGET/release/peers" "$what" "${quick[@]}" >"$results/$what.jsonl"
  done
  echo "measuring the floor" >&2
  cargo bench --quiet --locked --bench ratios --features flask -- --processes $processes >"$results/ratios.md"
}

# What the page says was compared, one line each: name, version.
versions() {
  printf 'cookie-session\t%s\n' "$(git describe --always --dirty --exclude '*')"
  rustc --version | sed 's/rustc /Rust\t/'
  "$python" --version | tr ' ' '\t'
  grep -E '^(Flask|itsdangerous)==' tests/interop/requirements.txt | sed 's/itsdangerous/itsdangerous (Python)/; s/==/\t/'
  node --version | sed 's/^v/Node\t/'
  npm --prefix "$made/node" ls --depth 0 2>/dev/null | sed -nE 's/.* ([a-z-]+)@(.*)$/\1 (Node)\t\2/p'
  go version | sed -E 's/go version go([^ ]+).*/Go\t\1/'
  dpkg-query --show --showformat 'gorilla/securecookie\t${Version}\n' golang-github-gorilla-securecookie-dev
  dpkg-query --show --showformat 'wrk\t${Version}\n' wrk
}

# When and where it ran.
run_facts() {
  printf 'date\t%s\n' "$(date +%F)"
  printf 'machine\t%s, %s processors, Linux %s\n' \
    "$(sed -nE 's/^model name\s*: //p' /proc/cpuinfo | head -n 1)" "$(nproc)" "$(uname -r | cut -d- -f1)"
}

install
build
export_workers
measure
versions >"$results/versions.tsv"
run_facts >"$results/run.tsv"
rm -rf "$made/written"
python3 $here/report.py "$results" "$made/written"
if [ ${#quick[@]} = 0 ]; then
  cp -r "$made/written/." .
  echo "docs/performance.md, its pictures and benches/README.md are written" >&2
else
  cat "$made/written/docs/performance.md" "$made/written/benches/README.md"
fi
