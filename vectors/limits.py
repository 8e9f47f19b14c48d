"""Says whether the vectors hold both neighbours of every limit: the last value that is accepted, and the first that is refused.

    python3 vectors/limits.py

It measures the cookies themselves, whatever their comments say, and exits 1 where a neighbour is missing.
"""

import base64
import json
import re
import sys
import zlib
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests" / "interop"))

import aes  # noqa: E402
from verify_native import mac  # noqa: E402

ENVELOPE = re.compile(rb"\s*\[\s*(\d+)\s*,\s*(true|false)\s*,\s*(.*)\]\s*", re.DOTALL)
BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def decode(text):
    """The bytes of base64 in either alphabet, padded or not; None if it is none."""
    text = text.rstrip("=").replace("+", "-").replace("/", "_")
    if not re.fullmatch(r"[A-Za-z0-9_-]*", text) or len(text) % 4 == 1:
        return None
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Token:
    """One token, in its parts. What it does not have is None."""

    def __init__(self, group, test, value):
        self.group, self.value, self.now = group, value, test["now"]
        self.is_django = group["file"] == "django"
        parts = value.rsplit(":" if self.is_django else ".", 2)
        self.payload, self.timestamp, self.signature = parts if len(parts) == 3 else (None, None, None)

    def issued(self):
        if self.timestamp is None:
            return None
        if self.is_django:
            is_one = self.timestamp and all(c in BASE62 for c in self.timestamp)
            return sum(BASE62.index(c) * 62**place for place, c in enumerate(reversed(self.timestamp))) if is_one else None
        data = decode(self.timestamp)
        return None if data is None else int.from_bytes(data, "big")

    def age(self):
        issued = self.issued()
        return None if issued is None else self.now - issued

    def bytes(self):
        return None if self.payload is None else decode(self.payload.removeprefix("."))

    def is_encrypted(self):
        return bool(self.bytes()) and self.bytes()[0] >= 0x80

    def text(self):
        """The JSON text."""
        data = self.bytes()
        if data is None:
            return None
        if self.payload.startswith("."):
            try:
                return zlib.decompress(data)
            except zlib.error:
                return None
        if "keys" not in self.group or not self.is_encrypted():
            return data
        key = mac(bytes.fromhex(self.group["keys"][0]), f"cookie-session/v1/encrypt/{self.place()}".encode())
        return aes.ctr(key, data[:16], data[16:])

    def place(self):
        if "salt" in self.group:
            return "token/" + self.group["salt"]
        return "/".join(["cookie", self.group["name"], *filter(None, [self.group.get("application")])])

    def envelope(self):
        return ENVELOPE.fullmatch(self.text() or b"") or (None, None, None, None)

    def created(self):
        created = self.envelope()[1]
        return None if created is None else int(created)

    def limits(self):
        """The limits that hold for it, None if it does not say whether it is permanent."""
        permanent = self.envelope()[2]
        return permanent and self.group["permanent_lifetime" if permanent == b"true" else "lifetime"]

    def facts(self):
        """The members beside the data, as pairs."""
        try:
            elements = json.loads(b"[" + self.envelope()[3] + b"]", object_pairs_hook=list)
            return elements[1] if len(elements) == 2 and all(len(pair) == 2 for pair in elements[1]) else None
        except (TypeError, ValueError):
            return None

    def depth(self):
        depth = deepest = 0
        for byte in self.text() or b"":
            depth += (byte in b"[{") - (byte in b"]}")
            deepest = max(deepest, depth)
        return deepest

    def verifies(self):
        """Whether a key of the group made its signature, in the own format."""
        signed = self.value.rpartition(".")[0].encode("latin-1")
        label = f"cookie-session/v1/{'private/' if self.group.get('encrypted') else ''}{self.place()}".encode()
        return any(mac(mac(bytes.fromhex(key), label), signed) == decode(self.signature) for key in self.group["keys"])


# --- what is measured of a token --------------------------------------------------------------------------------------


def minus(value, limit):
    return None if value is None or limit is None else value - limit


def size(token):
    return len(token.group.get("name", "")) + len(token.value)


def over_idle(token):
    return minus(token.age(), (token.limits() or {}).get("idle"))


def over_absolute(token):
    created = token.created()
    # Not one that the idle limit refuses.
    return None if created is None or (over_idle(token) or 0) > 0 else token.now - created - token.limits()["absolute"]


def over_longest_idle(token):
    """Of what is no session: it is judged before the payload is read."""
    longest = max(token.group[kind]["idle"] for kind in ("lifetime", "permanent_lifetime"))
    return None if token.limits() else minus(token.age(), longest)


def signed_ahead(token):
    return minus(minus(token.issued(), token.now), token.group["skew"])


def created_ahead(token):
    return minus(minus(token.created(), token.now), token.group["skew"]) if (signed_ahead(token) or 0) <= 0 else None


def ahead(token):
    return minus(token.issued(), token.now)


def over_max_age(token):
    return minus(token.age(), token.group["max_age"])


def first_byte(token):
    data = decode(token.timestamp or "")
    return data[0] if data and token.signature and token.verifies() else None


def only(condition, measure):
    return lambda token: measure(token) if condition(token) else None


def permanent(token):
    return token.envelope()[2] == b"true"


def normal(token):
    return token.envelope()[2] == b"false"


def of_facts(measure):
    return lambda token: None if token.facts() is None else measure(token.facts())


def over_until(token):
    until = token.group.get("accept_signed_until")
    return None if token.is_encrypted() else minus(token.now, until)


def inflated(token):
    return len(token.text()) if token.payload and token.payload.startswith(".") and token.text() else None


def window(token):
    """The upper half of the first byte of a zlib stream, RFC 1950, section 2.2: the window, in bits less 8."""
    return token.bytes()[0] >> 4 if token.payload and token.payload.startswith(".") and token.bytes() else None


def secret(token):
    return len(token.group["secrets"][0].encode())


def digest(name):
    return lambda token: token.group.get("digest", "sha256" if token.is_django else "sha1") == name


def place_of_the_genuine(test_tokens):
    """Among the values with the shape of a token, counted from 1."""
    shaped = [token for token in test_tokens if len(token.signature or "") == 43 and len(token.timestamp) <= 11 and decode(token.signature)]
    genuine = [place for place, token in enumerate(shaped, 1) if token.verifies()]
    return genuine[0] if len(genuine) == 1 else None


# --- the limits -------------------------------------------------------------------------------------------------------

# A number that is the greatest: it and the one below are accepted, the next one is not.
def at_most(limit, reason):
    return {limit - 1: "valid", limit: "valid", limit + 1: reason}


def exactly(number, reason):
    return {number - 1: reason, number: "valid", number + 1: reason}


SESSIONS, TOKENS, OWN = ["native", "encrypted"], ["codec"], ["native", "codec"]
PYTHON = ["flask", "django", "starlette"]

# The files, the limit, what is measured, and what becomes of the neighbours: a result, a reason or a flag.
LIMITS = [
    (SESSIONS + TOKENS, "4096 bytes of name and value", size, at_most(4096, "too_long")),
    (TOKENS, "a max_len of its own", lambda token: minus(len(token.value), token.group["max_len"]), at_most(0, "too_long")),
    (OWN, "43 characters of signature", lambda token: len(token.signature or ""), exactly(43, "malformed")),
    (OWN, "11 characters of timestamp", lambda token: None if token.timestamp is None else len(token.timestamp), {**{n: "valid" for n in (0, 2, 3, 4, 6, 7, 8, 10, 11)}, 12: "malformed"}),
    (OWN, "no leading zero byte", first_byte, {0: "malformed", 1: "valid"}),
    (SESSIONS, "the idle limit", only(normal, over_idle), at_most(0, "expired")),
    (SESSIONS, "the idle limit of permanent sessions", only(permanent, over_idle), at_most(0, "expired")),
    (SESSIONS, "the absolute limit", only(normal, over_absolute), at_most(0, "expired")),
    (SESSIONS, "the absolute limit of permanent sessions", only(permanent, over_absolute), at_most(0, "expired")),
    (["native"], "the longer idle limit, before the payload", over_longest_idle, {0: "payload", 1: "expired"}),
    (SESSIONS + TOKENS, "the clock skew of the signature", signed_ahead, at_most(0, "not_yet_valid")),
    (SESSIONS, "the clock skew of the creation", created_ahead, at_most(0, "not_yet_valid")),
    (["native"], "64 bits of creation", lambda token: token.created(), {0: "valid", 2**64 - 1: "not_yet_valid", 2**64: "payload"}),
    (["native"], "20 digits of creation", lambda token: len(str(token.created())), {19: "not_yet_valid", 20: "not_yet_valid", 21: "payload"}),
    (["native"], "16 facts", of_facts(len), {0: "payload", 1: "valid", **at_most(16, "payload")}),
    (["native"], "one letter of a fact", of_facts(lambda facts: len(facts[0][0]) if facts else None), exactly(1, "payload")),
    (["native"], "letters of facts", of_facts(lambda facts: facts[0][0] if len(facts) == 1 else None), {"@": "payload", "A": "unsupported", "Z": "unsupported", "[": "payload", "`": "payload", "a": "valid", "z": "valid", "{": "payload"}),
    # What is configured has no refused neighbour here: with it there are no sessions.
    (["native"], "keys of 32 bytes and more", lambda token: len(token.group["keys"][0]) // 2, {n: "valid" for n in (32, 33, 63, 64, 65)}),
    (["native"], "an application of 1 to 64 characters", lambda token: len(token.group.get("application") or ""), {n: "valid" for n in (0, 1, 63, 64)}),
    (TOKENS, "a depth of 127", lambda token: token.depth(), at_most(127, "payload")),
    (TOKENS, "the age of tokens", over_max_age, at_most(0, "expired")),
    (["encrypted"], "the end of signed sessions", over_until, at_most(0, "expired")),
    (["encrypted"], "the first bit of what is encrypted", only(lambda token: token.group.get("encrypted") and token.bytes(), lambda token: token.bytes()[0]), {0x7F: "payload", 0x80: "valid", 0xFF: "valid"}),
    (["encrypted"], "the first character, where both kinds are read", only(lambda token: token.group.get("accept_encrypted"), lambda token: token.value[:1]), {"W": "valid", "f": "invalid_signature", "g": "valid", "_": "valid"}),
    (["encrypted"], "steps of 32 bytes", lambda token: len(token.text() or b""), {n: "valid" for n in (32, 33, 63, 64, 65)}),
    (PYTHON, "the age of sessions", over_max_age, at_most(0, "invalid")),
    (["itsdangerous"], "the age of tokens", over_max_age, at_most(0, "invalid")),
    (["flask", "starlette", "itsdangerous"], "a minute ahead", ahead, {0: "valid", 1: "ClockAhead", 60: "ClockAhead", 61: "Age"}),
    (["django"], "a minute ahead", ahead, {0: "valid", 1: "valid", 60: "valid", 61: "FarAhead"}),
    (["flask", "starlette"], "27 characters of signature", lambda token: len(token.signature or ""), exactly(27, "invalid")),
    (["django"], "43 characters of signature", lambda token: len(token.signature or ""), exactly(43, "invalid")),
    (["flask", "django"], "4096 bytes of name and value", size, at_most(4096, "TooLong")),
    # Its base64 is padded, so it has no token of one byte more.
    (["starlette"], "4096 bytes of name and value", size, {4095: "valid", 4096: "valid", 4098: "TooLong"}),
    (["itsdangerous"], "4096 bytes of a token", size, at_most(4096, "TooLong")),
    (["flask", "django", "itsdangerous"], "64 KiB inflated", inflated, at_most(65_536, "Inflated")),
    (["flask", "django"], "windows of 256 bytes to 32 KiB", window, {**{n: "valid" for n in range(8)}, 8: "invalid"}),
    (["flask", "starlette"], "a block of SHA-1", only(digest("sha1"), secret), {n: "valid" for n in (1, 63, 64, 65)}),
    (["flask"], "a block of SHA-512", only(digest("sha512"), secret), {n: "valid" for n in (127, 128, 129)}),
    (["django"], "a block of SHA-256", only(digest("sha256"), secret), {n: "valid" for n in (1, 63, 64, 65)}),
]


def tokens(group, test):
    if "token" in test:
        return [Token(group, test, test["token"])]
    pairs = [pair.partition("=") for line in test["cookies"] for pair in line.split(";")]
    return [Token(group, test, value.strip(" \t")) for name, _, value in pairs if name.strip(" \t") == group["name"]]


def main():
    seen = {}
    for file in sorted({file for files, *_ in LIMITS for file in files}):
        groups = json.loads((HERE / f"{file}.json").read_text(encoding="ascii"))["testGroups"]
        for group in groups:
            for test in group.pop("tests"):
                found = tokens({**group, "file": file}, test)
                outcome = {test["result"], test.get("reason"), *test["flags"]}
                if file == "native" and "SeveralCookies" in test["flags"]:
                    seen.setdefault((file, "eight values", place_of_the_genuine(found)), set()).update(outcome)
                for files, name, measure, _ in LIMITS:
                    if file in files and len(found) == 1:
                        seen.setdefault((file, name, measure(found[0])), set()).update(outcome)
    limits = [*LIMITS, (["native"], "eight values", None, at_most(8, "invalid_signature"))]
    missing = [
        f"{file}: {name}: {value!r}, {wanted}"
        for files, name, _, neighbours in limits
        for file in files
        for value, wanted in neighbours.items()
        if wanted not in seen.get((file, name, value), ())
    ]
    print("".join(f"missing: {line}\n" for line in missing), end="")
    print(f"{sum(len(files) for files, *_ in limits)} limits, {len(missing)} neighbours missing")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
