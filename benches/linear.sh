#!/usr/bin/env bash
# Fails unless a Cookie header of twice the length costs less than 2.3 times the instructions, up to 1 MiB, and a value in a
# session of Flask that is 30 levels deep less than 1.5 times those of a flat one of its length.
#
#   benches/linear.sh
#
# Needs valgrind. Instructions are counted, not timed, so it says the same on a busy machine.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

program=$(cargo bench --locked --bench linear --features flask --no-run --message-format=json | python3 -c '
import json, sys
messages = [json.loads(line) for line in sys.stdin]
print(*(m["executable"] for m in messages if m.get("executable") and m["target"]["name"] == "linear"))')
profile=$(mktemp)
trap 'rm -f "$profile"' EXIT

instructions() {
  valgrind --tool=callgrind --callgrind-out-file="$profile" --toggle-collect='*scanned*' "$program" "$@" >/dev/null 2>&1
  sed -n 's/^\(summary\|totals\): //p' "$profile" | head -n 1
}

failed=0
for kind in $("$program" --list); do
  one=$(instructions "$kind" 524288)
  two=$(instructions "$kind" 1048576)
  if [ "${one:-0}" -gt 0 ] && [ $((two * 10)) -lt $((one * 23)) ]; then verdict=linear; else verdict=FAILED failed=1; fi
  echo "$kind: $one instructions for 512 KiB, $two for 1 MiB, $((two * 100 / (one > 0 ? one : 1))) %: $verdict"
done
for shape in $("$program" --shapes); do
  flat=$(instructions "$shape" 1)
  deep=$(instructions "$shape" 30)
  if [ "${flat:-0}" -gt 0 ] && [ "${deep:-0}" -gt 0 ] && [ $((deep * 2)) -lt $((flat * 3)) ]; then verdict=linear; else verdict=FAILED failed=1; fi
  echo "$shape: $flat instructions for a flat value, $deep for a deep one: $verdict"
done
exit "$failed"
