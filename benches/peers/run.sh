#!/usr/bin/env bash
# Measures the library beside its floor and beside other libraries for the same job, and writes docs/performance.md
# with its pictures, and benches/README.md.
#
#   benches/peers/run.sh               measures for about ten minutes, on a machine that does nothing else
#   benches/peers/run.sh --build-only  gets, compiles and links all of it, so that the run needs no network
#   benches/peers/run.sh --resume      measures what the last run, of the same commit, did not come to
#   benches/peers/run.sh --quick       every measurement, shorter and once: leaves the pages in target/peers/written
#
# Some tables alone, as lines of JSON: those of what is encrypted, say, among codecs, axum or actix.
#
#   cargo run --release --manifest-path benches/peers/Cargo.toml -- codecs encrypted
#
# Installs what is missing: packages of the operating system, and those of Python and Node into the target directory.
# Servers listen on 127.0.0.1 only and end with this script. Needs Linux with two processors, and lld, which Rust
# links with on x86-64.
set -Eeuo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

TARGET=${CARGO_TARGET_DIR:-$PWD/target}
export CARGO_TARGET_DIR=$TARGET PYTHONDONTWRITEBYTECODE=1
here=benches/peers
made=$TARGET/peers
results=$made/results
orders=$TARGET/orders
mode=${1:-}

fail() {
  echo "run.sh: $*" >&2
  exit 1
}

trap 'echo "run.sh: line $LINENO failed; --resume goes on there" >&2' ERR

[ $# -le 1 ] || fail "one option at a time"
quick=()
ratios=(--programs "$orders/ratios" --processes 3)
case "$mode" in
  "" | --build-only | --resume) ;;
  --quick)
    quick=(--quick)
    ratios=(--processes 1 --rounds 20)
    results=$made/quick
    ;;
  *)
    sed -n '2,/^set/p' "${BASH_SOURCE[0]}" | grep '^#' >&2
    exit 2
    ;;
esac

# --- what it needs ---

# Installs packages of the operating system, unless the first argument is true.
package() {
  local found=$1
  shift
  eval "$found" && return
  local as_root=()
  [ "$(id -u)" = 0 ] || as_root=(sudo)
  "${as_root[@]}" apt-get update -q >&2 &&
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@" >&2 || true
  eval "$found" || fail "needs what the packages $* have, and could not install them"
}

program() {
  package "command -v $1 >/dev/null" "$2"
}

# The libraries of Go that the operating system has packages of.
GO_LIBRARIES=/usr/share/gocode

install() {
  [ "$(nproc)" -ge 2 ] || fail "needs two processors"
  program wrk wrk
  program taskset util-linux
  program size binutils
  program python3 python3
  program node nodejs
  program npm npm
  program go golang-go
  package "[ -d $GO_LIBRARIES/src/github.com/gorilla/securecookie ]" golang-github-gorilla-securecookie-dev
}

build() {
  mkdir -p "$made" "$results"
  cargo build --quiet --release --locked --manifest-path $here/Cargo.toml --bin allocations
  benches/orders.sh "$orders/peers" --release --manifest-path $here/Cargo.toml --bin peers
  benches/orders.sh "$orders/ratios" --profile bench --bench ratios --features flask
  GO111MODULE=off GOPATH=$GO_LIBRARIES go build -o "$made/go-worker" $here/go/main.go
  node_libraries
  python=$(tests/interop/venv.sh | tail -n 1)
  [ -x "$python" ] || fail "there is no Python with Flask: tests/interop/venv.sh"
}

node_libraries() {
  local wanted
  wanted=$(cat $here/node/* | sha256sum)
  [ "$(cat "$made/node.made" 2>/dev/null || true)" = "$wanted" ] && return
  rm -rf "$made/node"
  cp -r $here/node "$made/node"
  (cd "$made/node" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
  # Written last, so that a broken installation is done again.
  echo "$wanted" >"$made/node.made"
}

# --- measurements ---

# A worker takes orders on its standard input: src/languages.rs.
export_workers() {
  export PEER_PROGRAMS="$orders/peers"
  export PEER_GO="$made/go-worker"
  export PEER_FLASK="$python $here/python/flask_worker.py"
  export PEER_COOKIE_SESSION="node $made/node/worker.js cookie-session"
  export PEER_IRON_SESSION="node $made/node/worker.js iron-session"
}

# part FILE COMMAND...: keeps what the command prints, unless the file is there, and says how long it took.
part() {
  local file=$results/$1 start
  shift
  if [ -s "$file" ]; then
    echo "there is ${file##*/} already" >&2
    return
  fi
  echo "measuring ${file##*/}" >&2
  start=$(date +%s)
  "$@" >"$file.part"
  [ -s "$file.part" ] || fail "nothing for ${file##*/}: $*"
  mv "$file.part" "$file"
  printf '%s\t%s\n' "${file##*/}" $(($(date +%s) - start)) | tee -a "$results/seconds.tsv" >&2
}

measure() {
  local what
  part ratios.md "$orders/ratios/1" --bench "${ratios[@]}"
  for what in codecs axum actix languages load; do
    part $what.jsonl "$orders/peers/1" $what "${quick[@]}"
  done
  part allocations.jsonl "$TARGET/release/allocations"
  part core.tsv core
}

# How long the core takes to compile, and how much of it is in a program.
core() {
  local folder=$made/core all alone empty session
  rm -rf "$folder"
  all=$(seconds cargo build --quiet --release --locked --target-dir "$folder")
  touch src/lib.rs
  alone=$(seconds cargo build --quiet --release --locked --target-dir "$folder")
  echo 'fn main() {}' | rustc -O --crate-name empty -o "$folder/empty" -
  rustc -O --edition 2024 $here/size.rs -o "$folder/session" \
    --extern "cookie_session=$folder/release/libcookie_session.rlib" -L "dependency=$folder/release/deps"
  empty=$(machine_code "$folder/empty")
  session=$(machine_code "$folder/session")
  printf 'all\t%s\nalone\t%s\nKiB\t%s\n' "$all" "$alone" $(((session - empty) / 1024))
}

seconds() {
  local start
  start=$(date +%s%N)
  "$@" >&2
  awk "BEGIN { printf \"%.1f\", ($(date +%s%N) - $start) / 1e9 }"
}

# Prints the bytes of code and data of a program.
machine_code() {
  size "$1" | awk 'NR == 2 { print $1 + $2 }'
}

# --- the page ---

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

# What is measured. A part of another one must not be mixed with it.
commit() {
  git rev-parse HEAD
  git diff HEAD -- . ':!docs' ':!benches/README.md' | sha256sum
}

install
build
if [ "$mode" = --build-only ]; then
  echo "all is built" >&2
  exit
fi
if [ "$mode" != --resume ]; then
  rm -rf "$results"
  mkdir -p "$results"
  commit >"$results/commit"
elif [ "$(commit)" != "$(cat "$results/commit" 2>/dev/null)" ]; then
  fail "the last run was of another commit, or there was none: run it without --resume"
fi
export_workers
measure
versions >"$results/versions.tsv"
run_facts >"$results/run.tsv"
rm -rf "$made/written"
python3 $here/report.py "$results" "$made/written"
if [ "$mode" != --quick ]; then
  cp -r "$made/written/." .
  echo "docs/performance.md, its pictures and benches/README.md are written" >&2
else
  cat "$made/written/docs/performance.md" "$made/written/benches/README.md"
fi
