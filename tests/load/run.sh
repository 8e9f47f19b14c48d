#!/usr/bin/env bash
# Puts load on both examples and says what a session costs.
#
#   tests/load/run.sh                60 s for every case, about 10 minutes
#   tests/load/run.sh 5              5 s for every case
#
# Needs wrk and python3. Everything stays on 127.0.0.1. Cases: a route without a session, one that reads it, a whole page, and the
# second again while half of all requests bring hostile cookies, those of the fuzz corpus. Fails on an error status, a
# broken connection, a panic, or memory that grows under hostile cookies. The load and the server share one machine, so only the
# ratios mean something.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

SECONDS_EACH=${1:-60}
CONNECTIONS=32
# Kilobytes by which a server may grow under hostile cookies: allocators keep some for the next request.
MAY_GROW=4096
TARGET=${CARGO_TARGET_DIR:-$PWD/target}

fail() {
  echo "failed: $*" >&2
  exit 1
}

[[ $SECONDS_EACH =~ ^[1-9][0-9]?[0-9]?$ ]] || fail "say for how many seconds, not $SECONDS_EACH"
for program in wrk python3; do
  command -v "$program" >/dev/null || fail "$program is missing: install Debian's package $program"
done

work=$(mktemp -d)
server=
cleanup() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT

memory() {
  awk '$1 == "VmRSS:" { print $2 }' "/proc/$server/status"
}

# Sets `rate`, the answered requests of a second, and `grown`, by how many kilobytes the server grew.
load() {
  local path=$1 cookies=$2 before
  before=$(memory)
  wrk -t1 -c"$CONNECTIONS" -d"${SECONDS_EACH}s" -s tests/load/cookies.lua "$url$path" -- "$work/$cookies" >"$work/wrk"
  rate=$(awk '$1 == "Requests/sec:" { print $2 }' "$work/wrk")
  grown=$(($(memory) - before))
  if grep -E 'Non-2xx|Socket errors' "$work/wrk"; then fail "$path with $cookies: not every request was answered"; fi
  kill -0 "$server" || fail "the server has ended"
}

whoami_says() {
  python3 - "$url/whoami" "$work/$1" <<'END'
import sys, urllib.request as web
request = web.Request(sys.argv[1], headers={"Cookie": open(sys.argv[2]).read().strip()})
print(web.build_opener(web.ProxyHandler({})).open(request, timeout=10).read().decode())
END
}

report() {
  printf '%-12s %-34s %10.0f/s  %6s  %7d kB now  %+6d kB\n' "$framework" "$1" "$rate" "$2" "$(memory)" "$grown"
}

ratio() {
  awk -v a="$rate" -v b="$1" 'BEGIN { printf "%.2f", a / b }'
}

for framework in axum actix; do
  cargo build --release --locked --quiet -p "cookie-session-$framework" --example "${framework}_shop"
  cp "$TARGET/release/examples/${framework}_shop" "$work/shop-$framework"
  # Made anew, so that none is old enough to be signed again.
  key=$(python3 tests/load/cookies.py "$work")
  : >"$work/out-$framework"
  SESSION_KEYS=$key PORT=0 LOG=error "$work/shop-$framework" >"$work/out-$framework" 2>"$work/log-$framework" &
  server=$!
  for _ in $(seq 100); do
    url=$(sed -n 's/^listening on //p' "$work/out-$framework")
    [ -n "$url" ] && break
    sleep 0.1
  done
  [ -n "$url" ] || fail "$framework does not listen: $(cat "$work/log-$framework")"

  [ "$(whoami_says good)" = Ada ] || fail "$framework does not know the visitor, so nothing would be measured"
  load /healthz none
  report "no session" ""
  without=$rate
  load /healthz good
  report "no session, a cookie comes anyway" "$(ratio "$without")"
  load /whoami good
  report "the session is read" "$(ratio "$without")"
  reading=$rate
  load / good
  report "the whole page" "$(ratio "$without")"
  load /whoami hostile
  report "half of the cookies are hostile" "$(ratio "$reading")"
  [ "$grown" -le "$MAY_GROW" ] || fail "$framework has grown by $grown kB under hostile cookies"

  kill "$server"
  wait "$server" 2>/dev/null || true
  server=
  if grep -i panicked "$work/log-$framework"; then fail "$framework panicked"; fi
done
echo "no errors, no panics; the ratios are to the first line of each framework, the last one to the third"
