#!/usr/bin/env bash
# Fails if a case costs more instructions (by 3 %) or more allocations (by one) than benches/baseline.json says.
#
#   benches/gate.sh                      compares
#   benches/gate.sh --update             makes what is measured now the baseline
#   benches/gate.sh --functions CASE     shows where the instructions of the cases go that have CASE in their names
#   benches/gate.sh --toolchain          prints the version of Rust that the baseline was measured with
#
# Needs valgrind, python3 and the compiler of the baseline: another one makes other instructions.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

version() {
  sed -n 's/.*"rustc": "rustc \([^ ]*\).*/\1/p' benches/baseline.json 2>/dev/null || true
}

wanted=$(version)
if [ "${1:-}" = --toolchain ]; then
  echo "$wanted"
  exit
fi
if [ "${1:-}" != --update ] && [ -n "$wanted" ] && [ "$(rustc --version | cut -d' ' -f2)" != "$wanted" ]; then
  export RUSTUP_TOOLCHAIN=$wanted
  rustc --version || {
    echo "the baseline was measured with Rust $wanted: rustup toolchain install $wanted --profile minimal" >&2
    exit 1
  }
fi

# Prints the path of the program. Flags from outside would change what is counted.
build() {
  env -u RUSTFLAGS -u CARGO_BUILD_RUSTFLAGS cargo bench --locked --bench count --no-run --message-format=json "$@" |
    python3 -c '
import json, sys
messages = [json.loads(line) for line in sys.stdin]
print(*(m["executable"] for m in messages if m.get("executable") and m["target"]["name"] == "count"))'
}

copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
# The second build overwrites the first where both have the same name.
cp "$(build)" "$copy/plain"
cp "$(build --features flask)" "$copy/flask"
python3 benches/gate.py "$@" "no features=$copy/plain" "flask=$copy/flask"
