#!/usr/bin/env python3
"""Writes the Cookie lines of the load run into a folder, and prints the key that signs the good ones.

    python3 tests/load/cookies.py FOLDER

`none` is a request without cookies, `good` a visitor who is logged in, `hostile` a good line after each hostile one.
"""

import json
import re
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SEEDS = ROOT / "fuzz" / "seeds"
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "fuzz"))
import make_seeds  # noqa: E402

LONG = 8000  # octets: more than any browser keeps, and no more than both frameworks take in a head


def main():
    folder = Path(sys.argv[1])
    now = int(time.time())
    data = json.dumps([now, False, {"user": "Ada", "csrf_token": "AAAAAAAAAAAAAAAAAAAAAA"}], separators=(",", ":"))
    good = make_seeds.NAME + b"=" + make_seeds.token(data.encode(), issued=now)

    hostile = set()
    for seed in sorted((SEEDS / "cookie_lines").iterdir()):
        hostile.update(seed.read_bytes().split(b"\n"))
    for kind in ["token_bytes", "round_trip", "signed_payload"]:
        for seed in sorted((SEEDS / kind).iterdir()):
            hostile.add(make_seeds.NAME + b"=" + seed.read_bytes())
    hostile.add(make_seeds.NAME + b"=" + b"A" * LONG)
    hostile.add(good[:-4] + b"AAAA")
    hostile.add(b"; ".join([good[:-4] + b"AAAA"] * 30))
    hostile.add(b"; ".join([good[:-1] + b"!"] * 30))
    # HTTP itself refuses these octets.
    carried = {re.sub(rb"[\x00-\x08\x0a-\x1f\x7f]", b"", line)[: 2 * LONG].strip(b" \t") for line in hostile} - {b""}
    if len(carried) < 30:
        sys.exit(f"failed: only {len(carried)} hostile lines in {SEEDS}")

    (folder / "none").write_bytes(b"\n")
    (folder / "good").write_bytes(good + b"\n")
    (folder / "hostile").write_bytes(b"".join(line + b"\n" + good + b"\n" for line in sorted(carried)))
    print(f"{len(carried)} hostile lines", file=sys.stderr)
    print(make_seeds.KEY.hex())


if __name__ == "__main__":
    main()
