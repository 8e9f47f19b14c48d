"""Derives the tokens of tests/vectors/native.json again with nothing but hmac, hashlib, json and base64.

    python tests/interop/verify_native.py [FILE]

The format: base64url(payload) "." base64url(timestamp) "." base64url(signature), none of them padded. The timestamp is unix seconds,
big-endian, without leading zero bytes. The signature is HMAC-SHA256 over the text before the last dot, under
HMAC-SHA256(secret key, salt).
"""

import base64
import hashlib
import hmac
import json
import re
import sys
from pathlib import Path

VECTORS = Path(__file__).resolve().parent.parent / "vectors" / "native.json"
NAMED = {"id", "note", "application", "cookie_name", "salt", "key_hex", "derived_key_hex", "payload_json", "timestamp", "token"}


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def decode(text):
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def mac(key, message):
    return hmac.new(key, message, hashlib.sha256).digest()


def salt_of(vector):
    """A session's salt carries the cookie's name, a codec's the caller's salt, under different prefixes."""
    if ("cookie_name" in vector) == ("salt" in vector):
        raise ValueError("a vector has either a cookie_name or a salt")
    if "cookie_name" in vector:
        # No name has a slash, so the first one ends it.
        application = "/" + vector["application"] if "application" in vector else ""
        return "cookie-session/v1/cookie/" + vector["cookie_name"] + application
    return "cookie-session/v1/token/" + vector["salt"]


def no_duplicates(pairs):
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("an object has a key twice")
    return members


def problems(vector):
    """Yields what is wrong with a vector."""
    if unknown := set(vector) - NAMED:
        yield f"fields that nothing here checks: {sorted(unknown)}"
    key = bytes.fromhex(vector["key_hex"])
    derived = mac(key, salt_of(vector).encode())
    if "derived_key_hex" in vector and vector["derived_key_hex"] != derived.hex():
        yield f"the derived key is {derived.hex()}"
    seconds = vector["timestamp"]
    if type(seconds) is not int or not 0 <= seconds < 2**64:
        yield "the timestamp is no unsigned 64-bit number"
        return
    payload = vector["payload_json"].encode()
    stamp = seconds.to_bytes(8, "big").lstrip(b"\0")
    signed = f"{encode(payload)}.{encode(stamp)}"
    expected = f"{signed}.{encode(mac(derived, signed.encode()))}"
    if vector["token"] != expected:
        yield f"the token is {expected}"

    parts = vector["token"].split(".")
    if len(parts) != 3:
        yield f"the token has {len(parts)} parts"
        return
    for name, part, wanted in zip(("payload", "timestamp"), parts, (payload, stamp)):
        try:
            found = decode(part)
        except ValueError:
            found = None
        if found != wanted or encode(wanted) != part:
            yield f"the {name} inside the token differs"
    try:
        content = json.loads(payload, object_pairs_hook=no_duplicates)
    except ValueError as error:
        yield f"the payload is not JSON: {error}"
        return
    if "cookie_name" in vector:
        session = type(content) is list and len(content) in (3, 4)
        session = session and type(content[0]) is int and 0 <= content[0] < 2**64
        if not (session and type(content[1]) is bool and type(content[2]) is dict):
            yield "the payload of a session is [created, permanent, data] or [created, permanent, data, facts]"
        elif len(content) == 4:
            facts = content[3]
            if not (type(facts) is dict and 1 <= len(facts) <= 16 and all(re.fullmatch("[A-Za-z]", key) for key in facts)):
                yield "facts are an object of 1 to 16 members whose keys are letters"


def main():
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else VECTORS
    vectors = json.loads(path.read_text("utf-8"))["vectors"]
    mismatches = 0
    for number, vector in enumerate(vectors):
        try:
            found = list(problems(vector))
        except (KeyError, TypeError, ValueError) as error:
            found = [f"{type(error).__name__}: {error}"]
        mismatches += bool(found)
        for problem in found:
            print(f"vector {vector.get('id', number)}: {problem}")
    if not vectors:
        print(f"no vectors in {path}")
        return 1
    print(f"{len(vectors)} vectors, {mismatches} mismatches")
    return 1 if mismatches else 0


if __name__ == "__main__":
    sys.exit(main())
