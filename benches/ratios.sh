#!/usr/bin/env bash
# The library beside its floor, as the median over seven link orders: about five minutes once it is built.
#
#   benches/ratios.sh [--processes N] [FILTER]   N processes of each program, 3 if not said; cases with FILTER in their names
#
# `orders.sh` says how it is linked. Needs a quiet machine.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

programs=${CARGO_TARGET_DIR:-target}/orders/ratios
benches/orders.sh "$programs" --profile bench --bench ratios --features flask
[[ " $* " == *" --processes "* ]] || set -- --processes 3 "$@"
exec "$programs/1" --bench --programs "$programs" "$@"
