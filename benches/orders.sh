#!/usr/bin/env bash
# Links one program in several orders of its functions: where they lie moves a measurement by more than a change does.
#
#   benches/orders.sh FOLDER ARGUMENTS...   FOLDER/1 to FOLDER/7 are what `cargo rustc ARGUMENTS...` builds
#
# It is compiled once and linked seven times, by lld, which shuffles the sections of the functions by the number of the
# order. rustc calls this script as its linker.
set -euo pipefail

ORDERS=7

fail() {
  echo "orders.sh: $*" >&2
  exit 1
}

# As the linker: links as asked, and then once more for each order.
link() {
  cc "$@"
  local arguments=("$@") index order
  for index in "${!arguments[@]}"; do
    [ "${arguments[$index]}" = -o ] && break
  done
  for order in $(seq $ORDERS); do
    arguments[index + 1]=$ORDERS_FOLDER/$order
    cc "${arguments[@]}" "-Wl,--shuffle-sections=.text*=$order" ||
      fail "the linker cannot shuffle functions: this needs lld, which Rust uses on Linux with x86-64"
  done
}

if [ -n "${ORDERS_FOLDER:-}" ]; then
  link "$@"
  exit
fi

[ $# -ge 2 ] || fail "usage: orders.sh FOLDER ARGUMENTS..."
folder=$1
shift
mkdir -p "$folder"
# cargo links again only if something differs from the last time, such as this, if the folder is new.
[ -f "$folder.stamp" ] && [ -x "$folder/$ORDERS" ] || date +%s%N >"$folder.stamp"
ORDERS_FOLDER=$(realpath "$folder") cargo rustc --quiet --locked "$@" -- \
  -C "linker=$(realpath "${BASH_SOURCE[0]}")" --cfg "orders=\"$(cat "$folder.stamp")\""
[ -x "$folder/$ORDERS" ] || fail "nothing was linked"
