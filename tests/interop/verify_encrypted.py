"""Reads the tokens of tests/vectors/encrypted.json with `openssl enc -d -aes-256-ctr` and Python's hmac, and nothing else.

    python tests/interop/verify_encrypted.py [FILE]

The format: as verify_native.py has it, but for the keys and the payload. The payload is base64url of 16 bytes, which are the first
counter block and of which the first bit is 1, and of the JSON text, padded with spaces to a multiple of 32 bytes and encrypted with AES-256 in counter mode.

It also makes the token of docs/format.md from the random bytes that are given there, and compares it.
"""

import json
import subprocess
import sys
from pathlib import Path

from verify_native import decode, encode, mac

ROOT = Path(__file__).resolve().parent.parent.parent
VECTORS = ROOT / "tests" / "vectors" / "encrypted.json"
USES = ("private/", "encrypt/", "iv/")


def keys_of(secret, place):
    """Returns the keys that sign, encrypt, and make vectors."""
    return [mac(secret, f"cookie-session/v1/{use}{place}".encode()) for use in USES]


def place_of(vector):
    return "cookie/" + vector["cookie_name"] if "cookie_name" in vector else "token/" + vector["salt"]


def aes_256_ctr(key, block, text, *direction):
    command = ["openssl", "enc", *direction, "-aes-256-ctr", "-nosalt", "-K", key.hex(), "-iv", block.hex()]
    return subprocess.run(command, input=text, capture_output=True, check=True).stdout


def problems(vector):
    """Yields what is wrong with a vector."""
    signs, encrypts, _ = keys_of(bytes.fromhex(vector["key_hex"]), place_of(vector))
    signed, signature = vector["token"].rsplit(".", 1)
    if decode(signature) != mac(signs, signed.encode()):
        yield "the signature is another"
        return
    payload, stamp = signed.split(".")
    if int.from_bytes(decode(stamp), "big") != vector["timestamp"]:
        yield "the timestamp is another"
    sealed = decode(payload)
    if encode(sealed) != payload or len(sealed) % 32 != 16 or sealed[0] < 128:
        yield "the payload is not 16 bytes, of which the first bit is 1, and a multiple of 32, in base64"
    text = aes_256_ctr(encrypts, sealed[:16], sealed[16:], "-d")
    json_text = vector["payload_json"].encode()
    if text != json_text.ljust(-(-len(json_text) // 32) * 32):
        yield f"the text is {text!r}"


def of_the_chapter():
    """Makes the token that docs/format.md shows."""
    secret = decode("kP5jkVvufBpwFurA5pA_q4V77Hkbfr5wz_XpJeJgLP4")
    signs, encrypts, makes_vectors = keys_of(secret, "cookie/__Host-session")
    issued, random, text = 1_750_000_000, bytes(range(16)), b'[1750000000,false,{"user_id":42}]'
    made = mac(makes_vectors, issued.to_bytes(8, "big") + random + text)[:16]
    block = bytes([made[0] | 128]) + made[1:]
    sealed = block + aes_256_ctr(encrypts, block, text.ljust(64), "-e")
    signed = f"{encode(sealed)}.{encode(issued.to_bytes(4, 'big'))}"
    return f"{signed}.{encode(mac(signs, signed.encode()))}"


def main():
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else VECTORS
    vectors = json.loads(path.read_text("utf-8"))["vectors"]
    if len(vectors) < 60:
        print(f"only {len(vectors)} vectors in {path}")
        return 1
    mismatches = 0
    for vector in vectors:
        for problem in problems(vector):
            mismatches += 1
            print(f"vector {vector['id']}: {problem}")
    token = of_the_chapter()
    if token not in (ROOT / "docs" / "format.md").read_text("utf-8"):
        mismatches += 1
        print(f"docs/format.md does not show {token}")
    print(f"{len(vectors)} vectors, {mismatches} mismatches")
    return 1 if mismatches else 0


if __name__ == "__main__":
    sys.exit(main())
