"""Checks that the real itsdangerous reads and writes the tokens of tests/vectors/native.json.

    "$(tests/interop/venv.sh)" tests/interop/check_itsdangerous.py [FILE]
"""

import hashlib
import json
import sys
from pathlib import Path

from itsdangerous import BadSignature, SignatureExpired, URLSafeTimedSerializer
from itsdangerous.encoding import base64_encode

from typed import Clock, to_typed
from verify_native import VECTORS, salt_of

# The last second that Python's datetime can name. itsdangerous has no answer beyond it, although the token is sound.
LAST = 253_402_300_799


class WithoutCompression(URLSafeTimedSerializer):
    def dump_payload(self, obj):
        return base64_encode(self.serializer.dumps(obj))


def serializer(cls, vector, salt=None):
    return cls(
        bytes.fromhex(vector["key_hex"]),
        salt=(salt or salt_of(vector)).encode(),
        signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
    )


def refuses(kind, call):
    try:
        call()
    except kind:
        return True
    return False


def problems(vector, clock, counts):
    """Yields what itsdangerous sees differently."""
    token, seconds = vector["token"], vector["timestamp"]
    payload = json.loads(vector["payload_json"])
    reader = serializer(URLSafeTimedSerializer, vector)
    clock.fixed = seconds
    if seconds <= LAST:
        read, signed = reader.loads(token, max_age=0, return_timestamp=True)
        # Typed, because Python holds 1, 1.0 and True to be equal.
        if to_typed(read) != to_typed(payload):
            yield f"itsdangerous reads {read!r}"
        if int(signed.timestamp()) != seconds:
            yield f"itsdangerous reads the time {signed}"
        clock.fixed = seconds + 61
        if not refuses(SignatureExpired, lambda: reader.loads(token, max_age=60)):
            yield "itsdangerous does not see that it expired"
        clock.fixed = seconds
    else:
        counts["beyond year 9999"] += 1
        if not refuses((ValueError, OverflowError, OSError), lambda: reader.loads(token)):
            yield "itsdangerous reads a time beyond its calendar"
        signer = reader.make_signer(reader.salt)
        if reader.load_payload(signer.unsign(token)) != payload:
            yield "itsdangerous reads another payload"
    wrong = serializer(URLSafeTimedSerializer, vector, salt=salt_of(vector) + "x")
    if not refuses(BadSignature, lambda: wrong.loads(token)):
        yield "itsdangerous accepts it under another salt"

    writer = serializer(WithoutCompression, vector)
    # Python spells some numbers and escapes otherwise; the same bytes can come only from the same text.
    if writer.serializer.dumps(payload) == vector["payload_json"]:
        counts["written"] += 1
        if writer.dumps(payload) != token:
            yield f"itsdangerous writes {writer.dumps(payload)}"
    else:
        counts["spelled otherwise by Python"] += 1


def main():
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else VECTORS
    vectors = json.loads(path.read_text("utf-8"))["vectors"]
    clock = Clock().install()
    counts = {"written": 0, "spelled otherwise by Python": 0, "beyond year 9999": 0}
    mismatches = 0
    for number, vector in enumerate(vectors):
        try:
            found = list(problems(vector, clock, counts))
        except Exception as error:
            found = [f"{type(error).__name__}: {error}"]
        mismatches += bool(found)
        for problem in found:
            print(f"vector {vector.get('id', number)}: {problem}")
    if not counts["written"]:
        print(f"itsdangerous wrote none of the {len(vectors)} vectors in {path}")
        return 1
    print(", ".join(f"{count} {name}" for name, count in counts.items()))
    print(f"{len(vectors)} vectors, {mismatches} mismatches")
    return 1 if mismatches else 0


if __name__ == "__main__":
    sys.exit(main())
