#!/usr/bin/env bash
# Reports, per file of the library, how much of it the inputs of all fuzz targets reach together.
#
#   fuzz/coverage.sh              the committed inputs: seeds/ and found/
#   fuzz/coverage.sh CORPORA      and those in CORPORA/<target>/, such as fuzz/corpus
#
# Prints a table in Markdown. Beside it, in the target directory, it leaves the source with a count before each line.
# Needs a toolchain with llvm-tools; TOOLCHAIN names another than nightly. Writes nothing outside the target directory.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")
corpora=${1:+$(cd "$1" && pwd)}
toolchain=${TOOLCHAIN:-nightly}
out=${CARGO_TARGET_DIR:-$here/target}/coverage
cd "$root"

fail() {
  echo "failed: $*" >&2
  exit 1
}

command -v python3 >/dev/null || fail "there is no python3"
sysroot=$(rustc "+$toolchain" --print sysroot) || fail "there is no toolchain $toolchain"
host=$(rustc "+$toolchain" -vV | sed -n 's/^host: //p')
tools=$sysroot/lib/rustlib/$host/bin
for tool in llvm-profdata llvm-cov; do
  [ -x "$tools/$tool" ] || fail "there is no $tool; get it with: rustup component add llvm-tools --toolchain $toolchain"
done

rm -rf "$out/profiles" "$out/report"
mkdir -p "$out/profiles" "$out/report"
RUSTFLAGS=-Cinstrument-coverage LLVM_PROFILE_FILE=$out/build.profraw \
  cargo "+$toolchain" build --locked --quiet --manifest-path fuzz/Cargo.toml --bins --target-dir "$out/build" >&2

objects=()
for source in fuzz/fuzz_targets/*.rs; do
  target=$(basename "$source" .rs)
  program=$out/build/debug/$target
  [ -x "$program" ] || fail "$target was not built"
  objects+=(--object "$program")
  folders=()
  for folder in "fuzz/seeds/$target" "fuzz/found/$target" ${corpora:+"$corpora/$target"}; do
    [ ! -d "$folder" ] || folders+=("$folder")
  done
  count=$(find "${folders[@]}" -type f | wc -l)
  [ "$count" -gt 0 ] || fail "$target has no inputs"
  echo "+ $target: $count inputs" >&2
  # A target that is given files runs each once. So many do not fit one command line.
  find "${folders[@]}" -type f -print0 |
    LLVM_PROFILE_FILE="$out/profiles/$target-%p.profraw" xargs -0 -n 1000 "$program" >"$out/$target.log" 2>&1 ||
    { tail -n 20 "$out/$target.log" >&2 && fail "$target: the whole output is in $out/$target.log"; }
  [ "$(grep -c '^Executed ' "$out/$target.log")" = "$count" ] || fail "$target did not run each input"
done

"$tools/llvm-profdata" merge --sparse "$out"/profiles/*.profraw --output "$out/all.profdata"
"$tools/llvm-cov" export "${objects[@]}" --instr-profile "$out/all.profdata" --summary-only --sources src >"$out/all.json"
"$tools/llvm-cov" show "${objects[@]}" --instr-profile "$out/all.profdata" --show-instantiations=false \
  --output-dir "$out/report" --sources src
python3 - "$root/src/" "$out/all.json" <<'PYTHON'
import json
import sys

prefix, path = sys.argv[1:]
with open(path, encoding="utf-8") as file:
    [report] = json.load(file)["data"]
rows = [(file["filename"].removeprefix(prefix), file["summary"]) for file in report["files"]]
if not rows:
    sys.exit("failed: the report names no file")
print("| file | lines | reached | regions | reached |\n|---|--:|--:|--:|--:|")
for name, summary in [*sorted(rows), ("together", report["totals"])]:
    lines, regions = summary["lines"], summary["regions"]
    print(f"| `{name}` " if name != "together" else "| together ", end="")
    print(f"| {lines['count']} | {lines['percent']:.1f} % | {regions['count']} | {regions['percent']:.1f} % |")
PYTHON
echo "The source with its counts: $out/report" >&2
