#!/usr/bin/env bash
# Fails unless a Cookie header of twice the length costs less than 2.3 times the instructions, up to 1 MiB.
#
#   benches/linear.sh
#
# Needs valgrind. Instructions are counted, not timed, so it says the same on a busy machine.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

program=$(cargo bench --locked --bench linear --no-run --message-format=json | python3 -c '
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
exit "$failed"
