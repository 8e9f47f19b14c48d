#!/usr/bin/env bash
# Makes the virtual environment of the interoperability tests and prints the path of its python on the last line.
# COOKIE_SESSION_VENV says where (default target/interop-venv), COOKIE_SESSION_PYTHON which interpreter (default: the newest found).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
requirements=tests/interop/requirements.txt
venv=${COOKIE_SESSION_VENV:-target/interop-venv}

fail() {
  echo "venv.sh: $*" >&2
  exit 1
}

usable() {
  "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))' >/dev/null 2>&1
}

find_python() {
  if [ -n "${COOKIE_SESSION_PYTHON:-}" ]; then
    usable "$COOKIE_SESSION_PYTHON" || fail "COOKIE_SESSION_PYTHON is not a Python 3.10 or later with venv: $COOKIE_SESSION_PYTHON"
    echo "$COOKIE_SESSION_PYTHON"
    return
  fi
  local candidate
  for candidate in python3.13 python3.12; do
    if usable "$candidate"; then command -v "$candidate" && return; fi
  done
  # pyenv answers for a version that is installed but not switched on only when it is asked by path.
  for candidate in "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.13.*/bin/python "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.12.*/bin/python; do
    if usable "$candidate"; then echo "$candidate" && return; fi
  done
  if usable python3; then command -v python3 && return; fi
  fail "no Python 3.10 or later with venv was found; set COOKIE_SESSION_PYTHON"
}

python=$(find_python)
wanted="$("$python" -c 'import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest(), sys.version.split()[0])' "$requirements")"
marker="$venv/.cookie-session-requirements"

if [ "$(cat "$marker" 2>/dev/null || true)" != "$wanted" ]; then
  mkdir -p "$(dirname "$venv")"
  "$python" -m venv --clear "$venv" >&2 || fail "could not make $venv"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --requirement "$requirements" >&2 \
    || fail "could not install $requirements into $venv"
  "$venv/bin/python" -m pip check >&2 || fail "the pinned versions do not fit together"
  # Written last, so that a broken installation is done again.
  echo "$wanted" > "$marker"
fi

echo "$(cd "$venv" && pwd)/bin/python"
