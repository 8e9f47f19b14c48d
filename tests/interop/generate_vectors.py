"""Writes the test vectors of the Python formats: flask.json, django.json, starlette.json and itsdangerous.json.

    "$(tests/interop/venv.sh)" tests/interop/generate_vectors.py            writes tests/vectors/
    "$(tests/interop/venv.sh)" tests/interop/generate_vectors.py --check    compares with what is there, exits 1 on a difference

Every `expect` is what the library answered, with the clock standing still. Same seed, same versions, same bytes.
"""

import argparse
import base64
import hashlib
import json
import logging
import platform
import random
import sys
import uuid
import zlib
from datetime import datetime, timedelta, timezone
from importlib.metadata import version
from pathlib import Path

import flask
from itsdangerous.encoding import base64_encode
from markupsafe import Markup

from libraries import answer, bytes_to_json
from typed import to_typed

SEED = 20260
COMMAND = "tests/interop/generate_vectors.py"
NOW = 1_767_225_600  # 2026-01-01T00:00:00Z
LIFETIME = 31 * 24 * 3600
DJANGO_AGE = STARLETTE_AGE = 14 * 24 * 3600
VECTORS = Path(__file__).resolve().parent.parent / "vectors"


class Suite:
    """The vectors of one file, in the order in which they are asked."""

    def __init__(self, name):
        self.name = name
        self.random = random.Random(f"{SEED} {name}")
        self.vectors = []

    def add(self, group, note, op, *, tags=(), compressed=False, plaintext=None, **arguments):
        """Asks the library, records the vector and returns what was expected."""
        request = {"op": op, **arguments}
        expect = answer(request)
        # Its wording changes with Python's version and would only make noise here.
        expect.get("err", {}).pop("message", None)
        vector = {
            "id": f"{self.name}-{len(self.vectors):04}",
            "group": group,
            "note": note,
            "req": request,
            "expect": expect,
        }
        if plaintext is not None and "ok" in expect:
            text = plaintext(expect["ok"])
            if len(text) <= 160:
                vector["json"] = text.decode("utf-8", "surrogatepass")
            if compressed and near_compression(text):
                vector["zlib_dependent"] = True
        found = set(tags) | tags_of(request) | tags_of(expect)
        if expect.get("err", {}).get("kind") == "Error":
            found.add("python-crash")
        if found:
            vector["tags"] = sorted(found)
        self.vectors.append(vector)
        return expect.get("ok")

    def secret(self, length=32):
        alphabet = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789-_!%+/"
        return "".join(self.random.choice(alphabet) for _ in range(length))

    def letters(self, length):
        """Text that zlib cannot shorten much."""
        return "".join(self.random.choice("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGH") for _ in range(length))

    def write(self, directory, check):
        lines = ",\n".join(
            json.dumps(vector, ensure_ascii=True, separators=(",", ":")) for vector in self.vectors
        )
        head = {
            "about": f"What the real libraries answer: {self.name}. tests/interop/README.md describes the fields.",
            "command": COMMAND,
            "seed": SEED,
            "tools": tools(),
        }
        text = json.dumps(head, indent=1)[:-2] + ',\n "vectors": [\n' + lines + "\n]}\n"
        path = directory / f"{self.name}.json"
        if not check:
            path.write_text(text)
            return True
        return path.exists() and path.read_text() == text


def tools():
    packages = ["itsdangerous", "Flask", "Werkzeug", "Django", "starlette"]
    return {
        "python": platform.python_version(),
        "zlib": zlib.ZLIB_RUNTIME_VERSION,
        **{package: version(package) for package in packages},
    }


def near_compression(text):
    """Says whether another deflate could write other bytes: compressed, or close to the decision."""
    return len(zlib.compress(text)) < len(text) - 1 + 8


def tags_of(node):
    """Finds the reasons to differ on purpose that a typed value carries."""
    found = set()
    if isinstance(node, dict):
        for value in node.values():
            found |= tags_of(value)
    elif isinstance(node, list):
        if len(node) == 2 and node[0] == "wtf16":
            found.add("surrogate")
        elif len(node) == 2 and node[0] == "float" and node[1] in ("nan", "inf", "-inf"):
            found.add("nonfinite")
        elif len(node) == 2 and node[0] == "int" and not -(2**63) <= int(node[1]) < 2**64:
            found.add("bigint")
        else:
            for value in node:
                found |= tags_of(value)
    return found


def padded(text):
    return text + "=" * (-len(text) % 4)


def url_safe_payload(separator, timed):
    """Returns a reader of the JSON text inside a token of this shape."""

    def read(token):
        value = token.rsplit(separator, 2 if timed else 1)[0]
        if value.startswith("."):
            return zlib.decompress(base64.urlsafe_b64decode(padded(value[1:])))
        return base64.urlsafe_b64decode(padded(value))

    return read


def flip(text, index, to=None):
    """Returns the text with one character replaced by another letter of the base64 alphabet."""
    index %= len(text)
    replacement = to or ("A" if text[index] != "A" else "B")
    return text[:index] + replacement + text[index + 1 :]


def json_values():
    """Values that every one of the formats can carry, each with a name."""
    return [
        ("empty", {}),
        ("null and bools", {"n": None, "t": True, "f": False}),
        ("small ints", {"a": 0, "b": 1, "c": -1, "d": 2**31, "e": -(2**31) - 1}),
        ("ints at 64 bits", {"a": 2**53 + 1, "b": 2**63 - 1, "c": -(2**63), "d": 2**63, "e": 2**64 - 1}),
        ("ints beyond 64 bits", {"a": 2**64, "b": -(2**63) - 1, "c": 10**40}),
        ("floats, positional", {"f": [0.0, -0.0, 1.0, 0.1, 100.0, 0.0001, 123456789.125, 1e15, 9007199254740993.0]}),
        ("floats, exponent", {"f": [1e16, 1e-5, 1.5e300, 5e-324, 1.7976931348623157e308, 2.5e-7, 1e22, 1e23]}),
        ("floats, shortest digits", {"f": [0.1 + 0.2, 1 / 3, 2.2250738585072014e-308, 4.35, 5e-5, 1e21]}),
        ("not finite", {"f": [float("nan"), float("inf"), float("-inf")]}),
        ("escapes", {"s": "\"\\/\b\f\n\r\t\x00\x01\x1f <>&'"}),
        ("DEL", {"s": "\x7f", "\x7f": 1}),
        ("latin-1", {"s": "caf\xe9 \x80\xff \xa0"}),
        ("non-ASCII", {"s": "\u0436\u6c34\u2028\u2029\ufeff\ufffd", "\u043a\u043b\u044e\u0447": "\u5024"}),
        ("astral", {"s": "\U0001f36a\U0010ffff", "\U0001f511": "x"}),
        ("lone surrogates", {"s": "a\ud800b\udfff"}),
        ("empty key and text", {"": ""}),
        ("nested", {"a": {"b": {"c": [[], [{}], {"d": []}]}}, "l": [1, [2, [3, [4]]]]}),
        ("key order", {"b": 1, "a": 2, "B": 3, "": 4, "_": 5, "\xe9": 6, "10": 7, "9": 8}),
        ("keys that look like markup", {"__proto__": 1, "constructor": {"prototype": 2}}),
        ("a login", {"_user_id": "42", "_fresh": True, "csrf_token": "5e884898da28047151d0e56f8dc6292773603d0d"}),
        ("repetition", {"s": "0123456789" * 12}),
    ]


def typed_values():
    """Values that only Flask's tags keep."""
    utc = timezone.utc
    return [
        ("tuple", {"t": (1, "a", None)}),
        ("tuple, empty", {"t": ()}),
        ("tuple in tuple", {"t": ((), ((1,), [2, (3,)]))}),
        ("bytes", {"b": b"\x00\xff\xfe bytes"}),
        ("bytes, empty", {"b": b""}),
        ("bytes, each padding", {"b": [b"a", b"ab", b"abc", bytes(range(0, 256, 17))]}),
        ("markup", {"m": Markup("<b>&amp; \xe9</b>")}),
        ("markup, empty", {"m": Markup("")}),
        ("uuid", {"u": uuid.UUID("12345678-9abc-def0-1234-56789abcdef0")}),
        ("uuid, bounds", {"u": [uuid.UUID(int=0), uuid.UUID(int=2**128 - 1)]}),
        ("datetime", {"d": datetime(2020, 1, 2, 3, 4, 5, tzinfo=utc)}),
        ("datetime, naive", {"d": datetime(1999, 12, 31, 23, 59, 59)}),
        ("datetime, other zone", {"d": datetime(2024, 2, 29, 1, 0, tzinfo=timezone(timedelta(hours=5, minutes=30)))}),
        ("datetime, microseconds", {"d": datetime(2038, 1, 19, 3, 14, 7, 999999, tzinfo=utc)}),
        ("datetime, years", {"d": [datetime(1, 1, 1), datetime(1969, 12, 31, 23, 59, 59), datetime(9999, 12, 31, 23, 59, 59)]}),
        ("date becomes text", {"d": datetime(2020, 1, 2).date()}),
        ("all tags in a list", {"l": [(1,), b"x", Markup("<i>"), uuid.UUID(int=7), datetime(2000, 1, 1), {"k": (2,)}]}),
        ("all tags in a dict", {"d": {"a": (1,), "b": {"c": b"x", "d": Markup("<i>")}}}),
        ("dict like a tuple", {"x": {" t": [1]}}),
        ("dict like bytes", {"x": {" b": "AA=="}}),
        ("dict like a datetime", {"x": {" d": "Thu, 02 Jan 2020 03:04:05 GMT"}}),
        ("dict like markup", {"x": {" m": "<i>"}}),
        ("dict like a uuid", {"x": {" u": "00"}}),
        ("dict like an escape", {"x": {" di": 1}}),
        ("dict like an escape of an escape", {"x": {" di": {" di__": 1}}}),
        ("dict like an escaped tag", {"x": {" t__": [1]}}),
        ("dict with two tags", {"x": {" t": [1], " b": "AA=="}}),
        ("dict with an unknown tag", {"x": {" z": 1, "y": {" q": 2}}}),
        ("dict like a tag, tagged inside", {"x": {" t": (1, {" u": b"\xff"})}}),
        ("session like a tag", {" t": [1]}),
        ("session like an escape", {" di": {"a": (1,)}}),
        ("number keys", {"x": {2: "b", 10: "c", 1: "a"}}),
        ("mixed keys", {"x": {1: "a", "b": 2}}),
    ]


def hand_made_json():
    """JSON texts that no real writer makes, or that readers differ on."""
    return [
        ("white space", ' \n{ "a" :\t1 } \r'),
        ("duplicate keys", '{"a":1,"b":2,"a":3}'),
        ("minus zero", '{"a":-0,"b":-0.0}'),
        ("float forms", '{"a":[1e2,1E+2,1e-7,0.10,100000000000000000000.0]}'),
        ("overflow to infinity", '{"a":1e400}'),
        ("NaN", '{"a":NaN}'),
        ("minus NaN", '{"a":-NaN}'),
        ("surrogate pair escape", '{"a":"\\ud83c\\udf6a"}'),
        ("lone surrogate escape", '{"a":"\\ud83c"}'),
        ("raw UTF-8", '{"a":"\xe9\u6c34"}'),
        ("escaped slash", '{"a":"\\/\\u0041"}'),
        ("trailing comma", '{"a":1,}'),
        ("trailing text", '{"a":1} x'),
        ("leading zero", '{"a":01}'),
        ("bare fraction", '{"a":.5}'),
        ("single quotes", "{'a':1}"),
        ("raw control character", '{"a":"\x01"}'),
        ("truncated", '{"a":'),
        ("empty", ""),
        ("a BOM", '\ufeff{"a":1}'),
        ("depth 200", '{"a":' + "[" * 200 + "]" * 200 + "}"),
    ]


def compression_texts(suite):
    """Texts whose session lies on either side of the decision to compress, and well inside."""
    found = []
    # A run of letters and then one repeated letter: the longer the run, the sooner it pays.
    head = suite.letters(24)
    for repeats in range(0, 40):
        text = head + "x" * repeats
        raw = json.dumps({"k": text}, separators=(",", ":")).encode()
        gain = len(raw) - 1 - len(zlib.compress(raw))
        if -3 <= gain <= 3:
            found.append((f"compression, gain {gain}", text))
    found.append(("compression, large gain", "abc " * 100))
    found.append(("compression, no gain", suite.letters(120)))
    return found


# itsdangerous


def itsdangerous_vectors():
    suite = Suite("itsdangerous")
    rng = suite.random
    keys = [suite.secret(n) for n in (16, 24, 40)]

    def signer(**changes):
        return {
            "keys": [keys[0]],
            "salt": "itsdangerous.Signer",
            "sep": ".",
            "derivation": "django-concat",
            "digest": "sha1",
            **changes,
        }

    for length in (0, 1, 2, 3, 4, 31, 32):
        value = bytes_to_json(rng.randbytes(length))
        encoded = suite.add("encoding", f"{length} bytes", "id.b64encode", value=value)
        suite.add("encoding", f"{length} bytes back", "id.b64decode", value=encoded)
    for text in ["YQ", "YQ=", "YQ==", "YQ===", "YR", "YQ==YQ", "YQ!!", "YQ!!!", "YQ!!!!", "A", "_-8", "/+8", "_+8", "\xe9YQ", "===="]:
        suite.add("encoding", f"decode {text!r}", "id.b64decode", value=text, tags=["hand-made"])
    for number in [0, 1, 255, 256, NOW, 2**32 - 1, 2**32, 2**63, 2**64 - 1, 2**64, -1]:
        suite.add("encoding", "int_to_bytes", "id.int_to_bytes", n=str(number))

    for derivation in ("concat", "django-concat", "hmac", "none", "unheard-of"):
        for digest in ("sha1", "sha256", "sha512") if derivation != "unheard-of" else ("sha1",):
            spec = signer(derivation=derivation, digest=digest)
            suite.add("derive", f"{derivation} {digest}", "id.derive_key", signer=spec)
            signed = suite.add("sign", f"{derivation} {digest}", "id.sign", signer=spec, value="value")
            if signed is not None:
                suite.add("unsign", f"{derivation} {digest}", "id.unsign", signer=spec, value=signed)
    for note, spec in [
        ("empty key", signer(keys=[""])),
        ("binary key", signer(keys=[bytes_to_json(rng.randbytes(32))])),
        ("key longer than a block", signer(keys=[suite.secret(100)], derivation="hmac", digest="sha256")),
        ("non-ASCII key and salt", signer(keys=["\u043a\u043b\u044e\u0447\U0001f511"], salt="\u0441\u043e\u043b\u044c")),
        ("empty salt", signer(salt="")),
        ("digest of the MAC differs", signer(digest="sha1", alg="sha256")),
        ("no algorithm", signer(alg="none")),
        ("no keys", signer(keys=[])),
    ]:
        suite.add("sign", note, "id.sign", signer=spec, value="value")
    for separator in (":", "", "a", "-_", "_-", "ba", "::"):
        suite.add("sep", f"separator {separator!r}", "id.sign", signer=signer(sep=separator), value="a:b.c")

    signed = answer({"op": "id.sign", "signer": signer(), "value": "value.with.dots"})["ok"]
    tampered = [
        ("intact", signed),
        ("first character of the value", flip(signed, 0)),
        ("first character of the signature", flip(signed, signed.rindex(".") + 1)),
        ("middle of the signature", flip(signed, -10)),
        ("trailing bits", signed[:-1] + last_sextet_up(signed[-1])),
        ("signature padded", signed + "="),
        ("four junk characters", signed + "!!!!"),
        ("one junk character", signed + "!"),
        ("truncated", signed[:-1]),
        ("no signature", signed[: signed.rindex(".") + 1]),
        ("no separator", signed.replace(".", "")),
        ("empty", ""),
        ("only separators", "..."),
        ("signature in the other alphabet", signed.replace("-", "+").replace("_", "/")),
        ("upper case", signed.upper()),
    ]
    for note, token in tampered:
        suite.add("tamper", note, "id.unsign", signer=signer(), value=token)

    for note, ring, by in [
        ("one key", [0], 0), ("signed by the newest", [0, 1, 2], 2), ("signed by the middle", [0, 1, 2], 1),
        ("signed by the oldest", [0, 1, 2], 0), ("signed by a removed key", [1, 2], 0), ("no keys", [], 0),
    ]:
        token = answer({"op": "id.sign", "signer": signer(keys=[keys[by]]), "value": "rotation"})["ok"]
        suite.add("rotation", note, "id.unsign", signer=signer(keys=[keys[i] for i in ring]), value=token)
    suite.add("rotation", "the newest signs", "id.sign", signer=signer(keys=keys), value="rotation")

    for at in (0, 1, 255, 256, NOW, 2**32 - 1, 2**32):
        token = suite.add("timestamp", f"signed at {at}", "id.ts_sign", signer=signer(), value="v", now=at)
        suite.add("timestamp", f"signed at {at}, no limit", "id.ts_unsign", signer=signer(), value=token, now=NOW, max_age=None, return_timestamp=True)
    token = answer({"op": "id.ts_sign", "signer": signer(), "value": "v", "now": NOW})["ok"]
    for max_age, ages in [(0, (-1, 0, 1)), (60, (-1, 0, 59, 60, 61)), (-1, (0,)), (None, (-1, 10**9))]:
        for age in ages:
            suite.add("age", f"age {age}, max_age {max_age}", "id.ts_unsign", signer=signer(), value=token, now=NOW + age, max_age=max_age, return_timestamp=True)
    suite.add("age", "age 60.75, max_age 60", "id.ts_unsign", signer=signer(), value=token, now=NOW + 60.75, max_age=60, return_timestamp=False)
    suite.add("age", "tampered and expired", "id.ts_unsign", signer=signer(), value=flip(token, -5), now=NOW + 99, max_age=60, return_timestamp=True)

    for note, value in [
        ("missing", "v"), ("empty", "v."), ("junk", "v.!!!!"), ("one character", "v.A"), ("eight bytes", "v." + base64_encode(b"\0" * 4 + NOW.to_bytes(4)).decode()),
        ("nine bytes", "v." + base64_encode(b"\0" * 5 + NOW.to_bytes(4)).decode()), ("beyond year 9999", "v." + base64_encode((2**40).to_bytes(6)).decode()),
        ("padded", "v." + base64_encode(NOW.to_bytes(4)).decode() + "=="),
    ]:
        token = answer({"op": "id.sign", "signer": signer(), "value": value})["ok"]
        suite.add("timestamp-form", note, "id.ts_unsign", signer=signer(), value=token, now=NOW, max_age=None, return_timestamp=True, tags=["hand-made"])
        if note in ("missing", "junk", "nine bytes"):
            suite.add("timestamp-form", f"{note}, bad signature", "id.ts_unsign", signer=signer(), value=flip(token, -5), now=NOW, max_age=60, return_timestamp=True, tags=["hand-made"])

    for index, (note, value) in enumerate(json_values()):
        cls = ["URLSafeTimedSerializer", "URLSafeSerializer", "TimedSerializer", "Serializer"][index % 4]
        both_ways(suite, signer(salt="itsdangerous", digest=["sha1", "sha256", "sha512"][index % 3]), cls, note, value)
    for note, value in [("a list", [1, 2]), ("text", "x"), ("null", None), ("lone surrogate, which UTF-8 refuses", {"s": "\ud800"})]:
        both_ways(suite, signer(salt="itsdangerous"), "URLSafeTimedSerializer", note, value)
    for note, text in compression_texts(suite):
        both_ways(suite, signer(salt="itsdangerous"), "URLSafeTimedSerializer", note, {"k": text})

    spec = signer(salt="itsdangerous")
    for note, text in hand_made_json()[:12]:
        value = base64_encode(text.encode()).decode()
        token = answer({"op": "id.ts_sign", "signer": spec, "value": value, "now": NOW})["ok"]
        suite.add("loads-raw", note, "id.loads", cls="URLSafeTimedSerializer", serializer="compact", signer=spec, token=token, now=NOW, max_age=60, tags=["hand-made"])
    for note, value in payload_forms(b'{"a":1}'):
        token = answer({"op": "id.ts_sign", "signer": spec, "value": value, "now": NOW})["ok"]
        suite.add("loads-form", note, "id.loads", cls="URLSafeTimedSerializer", serializer="compact", signer=spec, token=token, now=NOW, max_age=60, tags=["hand-made"])

    old = signer(salt="itsdangerous", derivation="hmac", digest="sha256")
    token = answer({"op": "id.dumps", "cls": "URLSafeTimedSerializer", "serializer": "compact", "signer": old, "payload": to_typed({"f": 1}), "now": NOW})["ok"]
    for note, fallbacks in [("none", []), ("the right one", [{"derivation": "hmac", "digest": "sha256"}]), ("a wrong one", [{"digest": "sha512"}])]:
        suite.add("fallback", note, "id.loads", cls="URLSafeTimedSerializer", serializer="compact", signer=spec, fallback_signers=fallbacks, token=token, now=NOW, max_age=60)
    return suite


def last_sextet_up(character):
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return alphabet[alphabet.index(character) + 1]


def payload_forms(text):
    """Spellings of one payload that only a key holder can present."""
    plain = base64_encode(text).decode()
    deflated = base64_encode(zlib.compress(text)).decode()
    raw = zlib.compressobj(wbits=-15)
    return [
        ("padded", padded(plain)),
        ("padding in excess", plain + "===="),
        ("trailing bits", plain[:-1] + last_sextet_up(plain[-1])),
        ("four junk characters", plain[:3] + "!!!!" + plain[3:]),
        ("length of 1 modulo 4", plain + "AAA"),
        ("compressed although longer", "." + deflated),
        ("level 9", "." + base64_encode(zlib.compress(text, 9)).decode()),
        ("bytes after the stream", "." + base64_encode(zlib.compress(text) + b"more").decode()),
        ("bad checksum", "." + base64_encode(zlib.compress(text)[:-1] + b"\0").decode()),
        ("truncated stream", "." + base64_encode(zlib.compress(text)[:-5]).decode()),
        ("raw deflate", "." + base64_encode(raw.compress(text) + raw.flush()).decode()),
        ("only the marker", "."),
        ("two markers", ".." + deflated),
    ]


def both_ways(suite, signer, cls, note, value):
    serializer = "compact" if cls.startswith("URLSafe") else "json"
    timed = "Timed" in cls
    clock = {"now": NOW} if timed else {}
    plaintext = (
        url_safe_payload(".", timed)
        if serializer == "compact"
        else lambda token: token.rsplit(".", 2 if timed else 1)[0].encode()
    )
    token = suite.add(
        "dumps", f"{cls} {note}", "id.dumps", cls=cls, serializer=serializer, signer=signer,
        payload=to_typed(value), plaintext=plaintext, compressed=serializer == "compact", **clock,
    )
    if token is not None:
        limits = {"now": NOW + 5, "max_age": 60} if timed else {}
        suite.add("loads", f"{cls} {note}", "id.loads", cls=cls, serializer=serializer, signer=signer, token=token, **limits)


# Flask


def flask_token(config, session, now=NOW, **rest):
    return answer({"op": "flask.dumps", "config": config, "session": to_typed(session), "now": now, **rest})["ok"]


def flask_flashes(calls):
    """Returns the session that the real `flash` leaves after these calls."""
    app = flask.Flask("vectors")
    app.secret_key = "flash"
    with app.test_request_context():
        for call in calls:
            flask.flash(*call)
        return dict(flask.session)


def flask_signed(secret, value, now=NOW):
    """Signs any text as Flask's session signer does."""
    spec = {"keys": [secret], "salt": "cookie-session", "derivation": "hmac", "digest": "sha1"}
    return answer({"op": "id.ts_sign", "signer": spec, "value": value, "now": now})["ok"]


def flask_vectors():
    suite = Suite("flask")
    secret, older, oldest = suite.secret(12), suite.secret(24), suite.secret(40)
    base = {"SECRET_KEY": secret}
    read_json = url_safe_payload(".", True)

    def round_trip(group, note, config, session, **rest):
        token = suite.add(
            group, note, "flask.dumps", config=config, session=to_typed(session), now=NOW,
            plaintext=read_json, compressed=True, **rest,
        )
        if token is not None:
            suite.add(f"{group}-back" if group != "dumps" else "loads", note, "flask.loads", config=config, token=token, now=NOW + 7, **rest)

    for note, value in json_values() + typed_values():
        round_trip("dumps", note, base, value)
    for note, text in compression_texts(suite):
        round_trip("dumps", note, base, {"k": text})

    flashes = [
        ("one", [("hello",)]),
        ("categories", [("saved", "success"), ("\u043f\u0440\u0438\u0432\u0435\u0442 \U0001f36a", "info"), ("saved", "success")]),
        ("markup", [(Markup("<b>x</b>"), "error")]),
        ("a tuple as the message", [((1, b"x"), "data")]),
        ("empty text", [("", "")]),
    ]
    for note, calls in flashes:
        round_trip("flash", note, base, flask_flashes(calls))
    plain = '{"_flashes":[["message","hi"],["error","no"]]}'
    suite.add("flash", "plain lists, as other writers make them", "flask.tagged_loads", json=plain, tags=["hand-made"])

    for note, key in [
        ("one byte", "k"), ("64 bytes", suite.secret(64)), ("65 bytes", suite.secret(65)), ("non-ASCII", "\u043a\u043b\u044e\u0447-\U0001f511"),
        ("bytes", bytes_to_json(suite.random.randbytes(32))), ("white space", " key\n"), ("none", None), ("empty", ""),
    ]:
        if key:
            round_trip("keys", note, {"SECRET_KEY": key}, {"k": 1})
        else:
            suite.add("keys", note, "flask.open", config={"SECRET_KEY": key}, cookie_header=f"session={flask_token(base, {'k': 1})}", now=NOW)

    tokens = {name: flask_token({"SECRET_KEY": key}, {"by": name}) for name, key in [("new", secret), ("old", older), ("oldest", oldest)]}
    for note, config in [
        ("no fallbacks", base),
        ("one fallback", {**base, "SECRET_KEY_FALLBACKS": [older]}),
        ("two fallbacks", {**base, "SECRET_KEY_FALLBACKS": [older, oldest]}),
        ("two fallbacks, other order", {**base, "SECRET_KEY_FALLBACKS": [oldest, older]}),
        ("rolled back", {"SECRET_KEY": older, "SECRET_KEY_FALLBACKS": [secret]}),
    ]:
        suite.add("rotation", f"{note}: writes", "flask.dumps", config=config, session=to_typed({"r": 1}), now=NOW)
        for name, token in tokens.items():
            suite.add("rotation", f"{note}: cookie by the {name} key", "flask.loads", config=config, token=token, now=NOW + 1)
    suite.add("rotation", "expired, by a fallback", "flask.loads", config={**base, "SECRET_KEY_FALLBACKS": [older]}, token=tokens["old"], now=NOW + LIFETIME + 1)

    interfaces = [
        {"salt": "another"}, {"salt": ""}, {"digest": "sha256"}, {"digest": "sha512"},
        {"derivation": "django-concat"}, {"derivation": "concat"}, {"derivation": "none"},
        {"salt": "\u0441\u043e\u043b\u044c", "digest": "sha256", "derivation": "concat"},
    ]
    for interface in interfaces:
        round_trip("interface", json.dumps(interface), base, {"i": 1}, interface=interface)
    other = flask_token(base, {"i": 1}, interface={"digest": "sha256"})
    suite.add("interface", "written with another digest", "flask.loads", config=base, token=other, now=NOW)

    token = tokens["new"]
    for age in (-1, 0, 1, LIFETIME - 1, LIFETIME, LIFETIME + 0.9, LIFETIME + 1):
        suite.add("age", f"age {age}", "flask.loads", config=base, token=token, now=NOW + age)
        suite.add("age", f"age {age}", "flask.open", config=base, cookie_header=f"session={token}", now=NOW + age)
    for lifetime, age in [(60, 60), (60, 61), (60.9, 60), (60.9, 61), (0, 0), (0, 1)]:
        suite.add("age", f"lifetime {lifetime}, age {age}", "flask.open", config={**base, "PERMANENT_SESSION_LIFETIME": lifetime}, cookie_header=f"session={token}", now=NOW + age)

    dot = token.index(".")
    for note, bad in [
        ("first character of the payload", flip(token, 0)), ("last character of the payload", flip(token, dot - 1)), ("timestamp", flip(token, dot + 3)),
        ("signature", flip(token, -10)), ("truncated", token[:-1]), ("trailing bits of the signature", token[:-1] + last_sextet_up(token[-1])),
        ("signature padded", token + "="), ("no timestamp", token[:dot] + token[token.rindex(".") :]), ("payload and signature swapped", ".".join(reversed(token.split(".")))),
        ("another cookie's payload", flask_token(base, {"by": "x"})[:dot] + token[dot:]), ("empty", ""), ("one dot", "."), ("two dots", ".."), ("text", "text"),
    ]:
        suite.add("tamper", note, "flask.loads", config=base, token=bad, now=NOW)
        if note in ("signature", "empty", "text"):
            suite.add("tamper", note, "flask.open", config=base, cookie_header=f"session={bad}", now=NOW)

    second = flask_token(base, {"second": 2})
    for note, header in [
        ("no header", None), ("empty header", ""), ("other cookies", f"a=1; session={token}; b=2"),
        ("no space", f"a=1;session={token}"), ("duplicates", f"session={token}; session={second}"), ("duplicates, other order", f"session={second}; session={token}"),
        ("bad before good", f"session=bad; session={token}"), ("empty before good", f"session=; session={token}"), ("quoted", f'session="{token}"'),
        ("other case", f"Session={token}"), ("name is a suffix", f"xsession={token}"), ("name is a prefix", f"sessionx={token}"),
        ("spaces around", f"session = {token} "), ("no name", f"={token}"), ("name only", "session"),
        ("non-ASCII before", f"a=\xe9; session={token}"), ("quotes before", f'a="x; session={token}"; b=1'),
    ]:
        suite.add("open", note, "flask.open", config=base, cookie_header=header, now=NOW)
    suite.add("open", "another name", "flask.open", config={**base, "SESSION_COOKIE_NAME": "sid"}, cookie_header=f"session={second}; sid={token}", now=NOW)

    for note, text in [entry for entry in hand_made_json() if entry[0] not in ("escaped slash", "bare fraction", "single quotes", "leading zero")]:
        signed = flask_signed(secret, base64_encode(text.encode()).decode())
        suite.add("open-raw", note, "flask.open", config=base, cookie_header=f"session={signed}", now=NOW, tags=["hand-made"])
    for note, text in [("null", "null"), ("a list", "[1]"), ("pairs", '[["a",1]]'), ("a number", "5"), ("a text", '"ab"')]:
        signed = flask_signed(secret, base64_encode(text.encode()).decode())
        suite.add("open-raw", note, "flask.open", config=base, cookie_header=f"session={signed}", now=NOW, tags=["hand-made", "non-object-session"])
    for note, text in [
        ("escape without an object", '{"a":{" di":1}}'), ("escape of an empty object", '{"a":{" di":{}}}'), ("bytes with junk", '{"a":{" b":"Y!Q=="}}'), ("bytes without padding", '{"a":{" b":"YQ"}}'),
        ("uuid with dashes", '{"a":{" u":"12345678-9abc-def0-1234-56789abcdef0"}}'), ("uuid too short", '{"a":{" u":"00"}}'), ("datetime with an offset", '{"a":{" d":"Thu, 02 Jan 2020 03:04:05 +0230"}}'),
        ("datetime that is none", '{"a":{" d":"soon"}}'), ("markup of a number", '{"a":{" m":5}}'), ("tuple of a text", '{"a":{" t":"ab"}}'), ("tuple of a number", '{"a":{" t":5}}'),
    ]:
        suite.add("tagged-loads-raw", note, "flask.tagged_loads", json=text, tags=["hand-made"])
    for note, value in payload_forms(b'{"a":1}')[5:12]:
        suite.add("open-raw", note, "flask.open", config=base, cookie_header=f"session={flask_signed(secret, value)}", now=NOW, tags=["hand-made"])

    kinds = {"empty": {}, "plain": {"k": 1}, "permanent": {"k": 1, "_permanent": True}, "permanent off": {"k": 1, "_permanent": False}}
    for note, session in kinds.items():
        for modified in (False, True):
            for accessed in (False, True):
                for refresh in (True, False):
                    suite.add(
                        "save-policy", f"{note}, modified {modified}, accessed {accessed}, refresh {refresh}", "flask.save",
                        config=base if refresh else {**base, "SESSION_REFRESH_EACH_REQUEST": False},
                        session=to_typed(session), modified=modified, accessed=accessed, now=NOW,
                    )
    for note, config in [
        ("secure, lax", {"SESSION_COOKIE_SECURE": True, "SESSION_COOKIE_SAMESITE": "Lax"}), ("lower-case strict", {"SESSION_COOKIE_SAMESITE": "strict"}),
        ("partitioned", {"SESSION_COOKIE_PARTITIONED": True}), ("not HttpOnly", {"SESSION_COOKIE_HTTPONLY": False}),
        ("domain", {"SESSION_COOKIE_DOMAIN": ".example.com"}), ("path", {"SESSION_COOKIE_PATH": "/a b/\xe9"}), ("root", {"APPLICATION_ROOT": "/app"}),
        ("name", {"SESSION_COOKIE_NAME": "__Host-s", "SESSION_COOKIE_SECURE": True}), ("short lifetime", {"PERMANENT_SESSION_LIFETIME": 60}), ("no such SameSite", {"SESSION_COOKIE_SAMESITE": "bogus"}),
    ]:
        for session in ({"k": 1, "_permanent": True}, {}):
            suite.add("save-attrs", f"{note}, {'set' if session else 'delete'}", "flask.save", config={**base, **config}, session=to_typed(session), modified=True, accessed=True, now=NOW)

    lasting = flask_token(base, {"k": 1, "_permanent": True})
    for note, header, actions in [
        ("untouched", f"session={token}", []), ("permanent, untouched", f"session={lasting}", []), ("read", f"session={token}", [["all"]]), ("set the same", f"session={token}", [["set", "by", to_typed("new")]]),
        ("clear", f"session={token}", [["clear"]]), ("clear without a cookie", None, [["clear"]]), ("permanent without a cookie", None, [["permanent", True]]), ("pop what is absent", f"session={token}", [["pop", "no"]]),
        ("tampered, read", f"session={flip(token, -10)}", [["all"]]), ("status 500", f"session={token}", [["set", "a", to_typed(1)], ["status", 500]]), ("exception", f"session={token}", [["set", "a", to_typed(1)], ["raise"]]),
        ("nested change is not noticed", f"session={flask_token(base, {'l': []})}", [["append", "l", to_typed(1)], ["all"]]),
    ]:
        suite.add("http", note, "flask.http", config=base, cookie_header=header, actions=actions, now=NOW + 1)
    return suite


# Django


def django_vectors():
    suite = Suite("django")
    secret, older, oldest = suite.secret(16), suite.secret(50), suite.secret(30)
    base = {"SECRET_KEY": secret}

    def signer(**changes):
        return {"key": secret, "fallback_keys": [], "salt": "django.core.signing", "sep": ":", "algorithm": "sha256", **changes}

    for number in (0, 1, 61, 62, NOW, -1, -62, 2**64):
        text = suite.add("b62", f"{number}", "dj.b62_encode", n=str(number))
        suite.add("b62", f"{number} back", "dj.b62_decode", s=text)
    for text in ("", "-", "00a", "!", "A A"):
        suite.add("b62", f"decode {text!r}", "dj.b62_decode", s=text, tags=["hand-made"])
    for algorithm in ("sha256", "sha1", "sha512", "bogus"):
        suite.add("sign", algorithm, "dj.sign", signer=signer(algorithm=algorithm), value="value")
    for separator in (".", "::", "-", "", "^"):
        suite.add("sep", f"separator {separator!r}", "dj.sign", signer=signer(sep=separator), value="value")
    signed = answer({"op": "dj.sign", "signer": signer(), "value": "value:1"})["ok"]
    for note, token in [
        ("intact", signed), ("value", flip(signed, 0)), ("signature", flip(signed, -10)), ("trailing bits", signed[:-1] + last_sextet_up(signed[-1])), ("padded", signed + "="),
        ("junk", signed + "!!!!"), ("truncated", signed[:-1]), ("no separator", signed.replace(":", "")), ("empty", ""),
    ]:
        suite.add("tamper", note, "dj.unsign", signer=signer(), value=token)
    for note, key, fallbacks, by in [
        ("current", secret, [older], secret), ("fallback", secret, [older, oldest], oldest), ("removed", secret, [older], oldest), ("rolled back", older, [secret], secret),
    ]:
        token = answer({"op": "dj.sign", "signer": signer(key=by), "value": "r"})["ok"]
        suite.add("rotation", note, "dj.unsign", signer=signer(key=key, fallback_keys=fallbacks), value=token)
    suite.add("rotation", "the current key signs", "dj.sign", signer=signer(fallback_keys=[older]), value="r")

    token = suite.add("age", "signed", "dj.ts_sign", signer=signer(), value="v", now=NOW)
    for age, max_age in [(-1, 60), (-(10**6), 60), (0, 60), (60, 60), (60.5, 60), (61, 60), (0, 0), (0.5, 0), (10**8, None)]:
        suite.add("age", f"age {age}, max_age {max_age}", "dj.ts_unsign", signer=signer(), value=token, now=NOW + age, max_age=max_age)
    for note, value in [("missing", "v"), ("empty", "v:"), ("not base 62", "v:!"), ("leading zeros", "v:001qBOOO")]:
        bad = answer({"op": "dj.sign", "signer": signer(), "value": value})["ok"]
        suite.add("timestamp-form", note, "dj.ts_unsign", signer=signer(), value=bad, now=NOW, max_age=None, tags=["hand-made"])

    def session_round_trip(group, note, config, session):
        token = suite.add(group, note, "dj.session_dumps", config=config, session=to_typed(session), now=NOW, plaintext=url_safe_payload(":", True), compressed=True)
        if token is not None:
            suite.add(f"{group.removesuffix('-dumps')}-loads", note, "dj.session_loads", config=config, cookie=token, now=NOW + 5)
        return token

    for note, value in json_values():
        session_round_trip("session-dumps", note, base, value)
    for note, text in compression_texts(suite):
        session_round_trip("session-dumps", note, base, {"k": text})
    session_round_trip("session-dumps", "a tuple becomes a list", base, {"t": (1, 2)})
    session_round_trip("session-dumps", "number keys", base, {"d": {1: "a", 2.5: "b", None: "c", False: "d"}})
    session_round_trip("session-dumps", "auth", base, {"_auth_user_id": "1", "_auth_user_backend": "django.contrib.auth.backends.ModelBackend", "_auth_user_hash": hashlib.sha256(b"a hash").hexdigest()})
    suite.add("session-dumps", "bytes are refused", "dj.session_dumps", config=base, session=to_typed({"b": b"x"}), now=NOW)
    for note, key in [("short", "k"), ("non-ASCII", "\u043a\u043b\u044e\u0447"), ("bytes", bytes_to_json(suite.random.randbytes(32)))]:
        session_round_trip("session-keys", note, {"SECRET_KEY": key}, {"k": 1})
    for compress in (False, True):
        suite.add("dumps", f"compress {compress}", "dj.dumps", signer=signer(), timed=True, payload=to_typed({"a": "x" * 60}), compress=compress, now=NOW, plaintext=url_safe_payload(":", True), compressed=compress)

    cookie = answer({"op": "dj.session_dumps", "config": base, "session": to_typed({"user": "x"}), "now": NOW})["ok"]
    for age in (-(10**7), -1, 0, DJANGO_AGE - 1, DJANGO_AGE, DJANGO_AGE + 0.5, DJANGO_AGE + 1):
        suite.add("session-age", f"age {age}", "dj.session_loads", config=base, cookie=cookie, now=NOW + age)
    for age in (60, 61):
        suite.add("session-age", f"age {age} of 60", "dj.session_loads", config={**base, "SESSION_COOKIE_AGE": 60}, cookie=cookie, now=NOW + age)
    expiring = answer({"op": "dj.session_dumps", "config": base, "session": to_typed({"_session_expiry": 60}), "now": NOW})["ok"]
    suite.add("session-age", "set_expiry(60) is not enforced", "dj.session_loads", config=base, cookie=expiring, now=NOW + 61)
    for note, config in [("fallback", {"SECRET_KEY": older, "SECRET_KEY_FALLBACKS": [secret]}), ("no fallback", {"SECRET_KEY": older}), ("two fallbacks", {"SECRET_KEY": oldest, "SECRET_KEY_FALLBACKS": [older, secret]})]:
        suite.add("session-rotation", note, "dj.session_loads", config=config, cookie=cookie, now=NOW)
    for note, bad in [
        ("payload", flip(cookie, 0)), ("timestamp", flip(cookie, cookie.index(":") + 2)), ("signature", flip(cookie, -10)), ("trailing bits", cookie[:-1] + last_sextet_up(cookie[-1])),
        ("truncated", cookie[:-1]), ("seven characters", "1234567"), ("eight characters", "12345678"), ("empty", ""), ("Flask's token", flask_token({"SECRET_KEY": secret}, {"a": 1})),
    ]:
        suite.add("session-tamper", note, "dj.session_loads", config=base, cookie=bad, now=NOW)

    session_salt = signer(salt="django.contrib.sessions.backends.signed_cookies")

    def session_signed(value):
        return answer({"op": "dj.ts_sign", "signer": session_salt, "value": value, "now": NOW})["ok"]

    for note, text in hand_made_json():
        if note != "depth 200":
            suite.add("session-loads-raw", note, "dj.session_loads", config=base, cookie=session_signed(base64_encode(text.encode()).decode()), now=NOW, tags=["hand-made"])
    suite.add("session-loads-raw", "a list", "dj.session_loads", config=base, cookie=session_signed(base64_encode(b"[1]").decode()), now=NOW, tags=["hand-made", "non-object-session"])
    for note, value in payload_forms(b'{"a":1}'):
        suite.add("session-loads-form", note, "dj.session_loads", config=base, cookie=session_signed(value), now=NOW, tags=["hand-made"])

    soon = datetime.fromtimestamp(NOW + 100, timezone.utc)
    for closes in (False, True):
        config = {"SESSION_EXPIRE_AT_BROWSER_CLOSE": closes}
        for value in [None, to_typed(0), to_typed(60), to_typed(-60), to_typed(90.0), to_typed(soon), to_typed(datetime.fromtimestamp(NOW - 1, timezone.utc))]:
            suite.add("expiry", f"set_expiry {value}, closes {closes}", "dj.expiry", config=config, set_expiry=value, now=NOW)
    for value in [None, 0, 60, -5, 12.5, "", "2026-01-01T00:01:40+00:00", "2026-01-01T00:01:40Z", "2026-01-01T09:00:00.250000+09:00", "soon"]:
        suite.add("expiry", f"stored {value!r}", "dj.expiry", config={}, stored=to_typed(value), now=NOW + 0.5)
    suite.add("expiry", "modification", "dj.expiry", config={}, stored=to_typed(soon.isoformat()), modification=to_typed(soon - timedelta(seconds=9)), now=NOW)
    suite.add("expiry", "expiry", "dj.expiry", config={}, stored=to_typed(5), expiry=to_typed(99), now=NOW)

    for bits in range(64):
        present, empty, modified, accessed, every, failed = ((bits >> shift) & 1 == 1 for shift in range(6))
        # The combinations whose status is 500 and nothing to save say the same as those of 200.
        if failed and (not modified or empty):
            continue
        suite.add(
            "policy", f"bits {bits:06b}", "dj.policy", config={"SESSION_SAVE_EVERY_REQUEST": every}, accessed=accessed, modified=modified,
            empty=empty, cookie_present=present, status=500 if failed else 200,
        )
    for note, config in [
        ("defaults", {}), ("secure, strict", {"SESSION_COOKIE_SECURE": True, "SESSION_COOKIE_SAMESITE": "Strict"}), ("none", {"SESSION_COOKIE_SAMESITE": "None", "SESSION_COOKIE_SECURE": True}),
        ("no SameSite", {"SESSION_COOKIE_SAMESITE": False}), ("domain and path", {"SESSION_COOKIE_DOMAIN": "example.com", "SESSION_COOKIE_PATH": "/app"}),
        ("__Host-", {"SESSION_COOKIE_NAME": "__Host-s", "SESSION_COOKIE_SECURE": True}), ("not HttpOnly", {"SESSION_COOKIE_HTTPONLY": False}),
    ]:
        suite.add("cookie", f"{note}, set", "dj.cookie", config=config, value="v:1:s", age=DJANGO_AGE, browser_close=False, now=NOW)
        suite.add("cookie", f"{note}, delete", "dj.cookie", config=config, value=None, age=0, browser_close=False, now=NOW)
    suite.add("cookie", "browser session", "dj.cookie", config={}, value="v:1:s", age=0, browser_close=True, now=NOW)
    suite.add("cookie", "negative age", "dj.cookie", config={}, value="v:1:s", age=-60, browser_close=False, now=NOW)

    other = answer({"op": "dj.session_dumps", "config": base, "session": to_typed({"other": 1}), "now": NOW})["ok"]
    for note, header, actions in [
        ("untouched", f"sessionid={cookie}", []), ("read", f"sessionid={cookie}", [["all"]]), ("last duplicate wins", f"sessionid={cookie}; sessionid={other}", [["all"]]),
        ("quoted", f'sessionid="{cookie}"', [["all"]]), ("clear", f"sessionid={cookie}", [["clear"]]), ("flush", f"sessionid={cookie}", [["flush"]]),
        ("cycle_key without a cookie", None, [["cycle_key"]]), ("tampered, untouched", f"sessionid={flip(cookie, -10)}", []), ("tampered, read", f"sessionid={flip(cookie, -10)}", [["get", "x"]]),
        ("short value, untouched", "sessionid=short", []), ("set and status 500", f"sessionid={cookie}", [["set", "a", to_typed(1)], ["status", 500]]),
        ("set_expiry 0", f"sessionid={cookie}", [["set_expiry", to_typed(0)]]), ("set_expiry 60", f"sessionid={cookie}", [["set_expiry", to_typed(60)], ["expiry_age"]]),
        ("nested change", None, [["set", "l", to_typed([])], ["append", "l", to_typed(1)], ["all"]]),
    ]:
        suite.add("http", note, "dj.http", config=base, cookie_header=header, actions=actions, now=NOW + 1)
    return suite


# Starlette


def starlette_vectors():
    suite = Suite("starlette")
    secret = suite.secret(14)
    base = {"secret_key": secret}

    def plaintext(token):
        return base64.b64decode(token.rsplit(".", 2)[0])

    def token_of(session, key=secret, now=NOW):
        return answer({"op": "st.dumps", "secret_key": key, "session": to_typed(session), "now": now})["ok"]

    def signed(value):
        return answer({"op": "id.ts_sign", "signer": {"keys": [secret]}, "value": value, "now": NOW})["ok"]

    for note, value in json_values():
        if value:
            token = suite.add("dumps", note, "st.dumps", secret_key=secret, session=to_typed(value), now=NOW, plaintext=plaintext)
            suite.add("loads", note, "st.loads", secret_key=secret, token=token, now=NOW + 5, max_age=60)
    for note, value in [("a tuple becomes a list", {"t": (1,)}), ("number keys", {"d": {1: "a", 2.5: "b", None: "c"}}), ("alphabet + and /", {"s": "???>>>~~~" * 3})]:
        token = suite.add("dumps", note, "st.dumps", secret_key=secret, session=to_typed(value), now=NOW, plaintext=plaintext)
        suite.add("loads", note, "st.loads", secret_key=secret, token=token, now=NOW + 5, max_age=60)
    for length in range(1, 4):
        suite.add("dumps", f"padding, {length}", "st.dumps", secret_key=secret, session=to_typed({"p": "x" * length}), now=NOW, plaintext=plaintext)
    for note, key in [("empty", ""), ("one byte", "k"), ("non-ASCII", "\u043a\u043b\u044e\u0447-\U0001f511"), ("65 bytes", suite.secret(65)), ("white space", " key\n")]:
        token = suite.add("keys", note, "st.dumps", secret_key=key, session=to_typed({"k": 1}), now=NOW, plaintext=plaintext)
        suite.add("keys", f"{note}, back", "st.loads", secret_key=key, token=token, now=NOW, max_age=60)

    token = token_of({"user": "x"})
    suite.add("keys", "another key", "st.loads", secret_key=suite.secret(), token=token, now=NOW, max_age=60)
    for age, max_age in [(-1, 60), (0, 60), (60, 60), (60.9, 60), (61, 60), (0, 0), (1, 0), (-1, None), (10**8, None)]:
        suite.add("age", f"age {age}, max_age {max_age}", "st.loads", secret_key=secret, token=token, now=NOW + age, max_age=max_age)
        suite.add("age", f"age {age}, max_age {max_age}", "st.open", config={**base, "max_age": max_age}, cookie_header=f"session={token}", now=NOW + age)
    for age in (STARLETTE_AGE, STARLETTE_AGE + 1):
        suite.add("age", f"age {age}, default", "st.open", config=base, cookie_header=f"session={token}", now=NOW + age)

    dot = token.index(".")
    for note, bad in [
        ("payload", flip(token, 0)), ("timestamp", flip(token, dot + 3)), ("signature", flip(token, -10)), ("trailing bits of the signature", token[:-1] + last_sextet_up(token[-1])),
        ("signature padded", token + "="), ("truncated", token[:-1]), ("no timestamp", token[:dot] + token[token.rindex(".") :]), ("another cookie's payload", token_of({"user": "y"})[:dot] + token[dot:]),
        ("padding of the payload removed", token.replace("=", "")), ("empty", ""), ("one dot", "."), ("two dots", ".."), ("null", "null"), ("Flask's token", flask_token({"SECRET_KEY": secret}, {"a": 1})),
    ]:
        suite.add("tamper", note, "st.loads", secret_key=secret, token=bad, now=NOW, max_age=60)
        suite.add("tamper", note, "st.open", config=base, cookie_header=f"session={bad}", now=NOW)

    second = token_of({"second": 2})
    for note, header in [
        ("no header", None), ("empty header", ""), ("other cookies", f"a=1; session={token}; b=2"), ("no space", f"a=1;session={token}"),
        ("duplicates", f"session={token}; session={second}"), ("duplicates, other order", f"session={second}; session={token}"), ("bad after good", f"session={token}; session=bad"),
        ("empty after good", f"session={token}; session="), ("quoted", f'session="{token}"'), ("other case", f"Session={token}"), ("name only", "session"), ("name is a prefix", f"sessionx={token}"),
        ("spaces around", f" session = {token} "), ("non-ASCII before", f"a=\xe9; session={token}"),
    ]:
        suite.add("open", note, "st.open", config=base, cookie_header=header, now=NOW)
    suite.add("open", "another name", "st.open", config={**base, "session_cookie": "sid"}, cookie_header=f"session={second}; sid={token}", now=NOW)

    def std(data):
        return base64.b64encode(data).decode()

    for note, text in hand_made_json():
        if note not in ("bare fraction", "single quotes"):
            suite.add("open-raw", note, "st.open", config=base, cookie_header=f"session={signed(std(text.encode()))}", now=NOW, tags=["hand-made"])
    for note, text in [("null", b"null"), ("a number", b"5"), ("a list", b"[1]"), ("pairs", b'[["a",1]]'), ("an empty list", b"[]")]:
        suite.add("open-raw", note, "st.open", config=base, cookie_header=f"session={signed(std(text))}", now=NOW, tags=["hand-made", "non-object-session"])
    for note, value in [
        ("padding missing", std(b'{"a":1}').rstrip("=")), ("four junk characters", "!!!!" + std(b'{"a":1}')), ("the URL-safe alphabet is dropped", "-_" + std(b'{"a":1}')), ("trailing bits", "eyJhIjoxfR=="),
        ("UTF-16", std('{"a":1}'.encode("utf-16"))), ("UTF-32", std('{"a":1}'.encode("utf-32-be"))), ("bad UTF-8", std(b'{"a":"\xff"}')), ("a dot in the payload", std(b'{"a":1}') + ".x"), ("compressed", "." + base64_encode(zlib.compress(b'{"a":1}')).decode()),
    ]:
        suite.add("loads-form", note, "st.loads", secret_key=secret, token=signed(value), now=NOW, max_age=60, tags=["hand-made"])

    for note, config in [
        ("defaults", {}), ("no max_age", {"max_age": None}), ("max_age 0", {"max_age": 0}), ("https_only, strict", {"https_only": True, "same_site": "strict"}),
        ("none, partitioned", {"https_only": True, "same_site": "none", "partitioned": True}), ("path and domain", {"path": "/app", "domain": "example.com"}), ("name", {"session_cookie": "__Host-s", "https_only": True}),
    ]:
        for session in ({"k": 1}, {}):
            suite.add("save-attrs", f"{note}, {'set' if session else 'clear'}", "st.save", config={**base, **config}, session=to_typed(session), accessed=True, modified=True, loaded=True, now=NOW)
    for bits in range(16):
        filled, loaded, modified, accessed = ((bits >> shift) & 1 == 1 for shift in range(4))
        suite.add("save-policy", f"bits {bits:04b}", "st.save", config=base, session=to_typed({"k": 1} if filled else {}), accessed=accessed, modified=modified, loaded=loaded, now=NOW)
    for note, header, actions in [
        ("untouched", f"session={token}", []), ("read", f"session={token}", [["all"]]), ("set", None, [["set", "a", to_typed(1)]]), ("set the same", f"session={token}", [["set", "user", to_typed("x")]]),
        ("clear", f"session={token}", [["clear"]]), ("clear without a cookie", None, [["clear"]]), ("pop the last", f"session={token}", [["pop", "user"]]), ("pop what is absent", f"session={token}", [["pop", "no"]]),
        ("setdefault, present", f"session={token}", [["setdefault", "user", to_typed(1)]]), ("update with nothing", f"session={token}", [["update", to_typed({})]]), ("status 500", f"session={token}", [["set", "a", to_typed(1)], ["status", 500]]),
        ("exception", f"session={token}", [["set", "a", to_typed(1)], ["raise"]]), ("touch", f"session={token}", [["touch"]]), ("nested change is not noticed", f"session={token_of({'l': []})}", [["append", "l", to_typed(1)]]),
    ]:
        suite.add("http", note, "st.http", config=base, cookie_header=header, actions=actions, now=NOW + 1)
    return suite


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare with the committed files instead of writing them")
    parser.add_argument("--out", type=Path, default=VECTORS)
    arguments = parser.parse_args()
    logging.disable(logging.CRITICAL)
    arguments.out.mkdir(parents=True, exist_ok=True)
    good = True
    for make in (itsdangerous_vectors, flask_vectors, django_vectors, starlette_vectors):
        suite = make()
        same = suite.write(arguments.out, arguments.check)
        good &= same
        print(f"{suite.name}: {len(suite.vectors)} vectors{'' if same else ', DIFFERENT from the committed file'}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
