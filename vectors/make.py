"""Writes the public vectors. They need none of the code of cookie-session: the own format is spelled out here and in
tests/interop/verify_native.py, and for the formats of Python the real libraries answer (vectors/make_python.py).

    "$(tests/interop/venv.sh | tail -n 1)" vectors/make.py            writes vectors/*.json
    "$(tests/interop/venv.sh | tail -n 1)" vectors/make.py --check    compares with what is there, exits 1 on a difference
    python3 vectors/make.py --own [--check]                           only those of the own format, with any Python 3.10
"""

import argparse
import base64
import hashlib
import hmac
import json
import sys
import zlib
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests" / "interop"))

import aes  # noqa: E402
from verify_native import encode, mac  # noqa: E402

VERSION = 1
T = 1_750_000_000  # 2025-06-15 15:06:40 UTC
HOUR, DAY = 3600, 86_400
KEYS = [hashlib.sha256(f"cookie-session public vectors, key {n}".encode()).digest() for n in range(9)]
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

# What each flag says of a test. A test has one for every rule that it is about.
NOTES = {
    "Basic": "A token as every writer makes it.",
    "Age": "How old a token may be since it was signed (idle), and a session since it was created (absolute).",
    "ClockSkew": "By how much clocks may differ.",
    "Boundary": "One at a limit or one of its two neighbours.",
    "Extreme": "Times at the ends of their range, where arithmetic overflows.",
    "Permanent": "A permanent session has a lifetime of its own.",
    "Altered": "A good token, changed in one place. All but the unchanged one are refused.",
    "Truncated": "A good token, cut off.",
    "Structure": "Separators too few, too many or elsewhere; parts swapped between tokens.",
    "Base64": "One spelling of each text is accepted: URL-safe, without padding, unused bits zero.",
    "Timestamp": "At most 8 bytes, no leading zero byte; none at all is 0.",
    "Binding": "The key follows from what a token is for and from the cookie's name, so no token is good elsewhere.",
    "Application": "The name of the application, if it has one, is part of what the key follows from.",
    "Rotation": "Every key of the ring verifies.",
    "KeyLength": "HMAC pads keys up to a block of 64 bytes and hashes longer ones.",
    "Digest": "HMAC-SHA256 and no other digest.",
    "Derivation": "HMAC of the salt under the key, and no other derivation.",
    "Payload": "A right signature around something that is no session.",
    "Facts": "What the library keeps beside the data: an unknown lower-case letter stays, an upper-case one refuses the session.",
    "Duplicate": "A key of the data comes twice.",
    "Json": "What JSON allows, and what only some parsers take.",
    "Depth": "How deep a value may be nested. Another reader may know another limit.",
    "Utf8": "The payload is UTF-8.",
    "Header": "How a cookie is found: nothing decoded, names byte for byte, only space and tab trimmed.",
    "SeveralCookies": "The newest that verifies wins, on a tie the first; eight that have the shape of a token are looked at.",
    "Size": "Browsers store 4096 bytes of name and value.",
}


def stamp(seconds):
    return seconds.to_bytes(8, "big").lstrip(b"\0")


def salt(name, application=None):
    return f"cookie-session/v1/cookie/{name}{'/' + application if application else ''}".encode()


def token_salt(text):
    return f"cookie-session/v1/token/{text}".encode()


class Writer:
    """Signs tokens, rightly unless told otherwise."""

    def __init__(self, key, salt, digest="sha256", derive=None):
        self.derived = derive(key, salt) if derive else mac(key, salt)
        self.digest = digest

    def sign(self, signed):
        signature = hmac.new(self.derived, signed.encode("latin-1"), self.digest).digest()
        return f"{signed}.{encode(signature)}"

    def token(self, payload, issued=T):
        text = payload if isinstance(payload, bytes) else payload.encode()
        return self.sign(f"{encode(text)}.{encode(stamp(issued))}")


def session(issued=T, created=None, permanent=False, data='{"user_id":42}', name="__Host-session", key=0, application=None):
    created = issued if created is None else created
    payload = f"[{created},{'true' if permanent else 'false'},{data}]"
    return Writer(KEYS[key], salt(name, application)).token(payload, issued)


class File:
    """The tests of one file, in groups that share their settings."""

    def __init__(self, name, about, notes):
        self.name, self.about, self.notes = name, about, notes
        self.groups, self.count = [], 0

    def group(self, type, **settings):
        self.groups.append({"type": type, **settings, "tests": []})

    def add(self, comment, flags, *, result, **fields):
        flags = flags.split()
        unknown = set(flags) - set(self.notes)
        if unknown or not flags:
            raise ValueError(f"{comment}: flags {unknown}")
        self.count += 1
        test = {"tcId": self.count, "comment": comment, "flags": flags, **fields, "result": result}
        if result == "invalid" and not test.get("reason"):
            raise ValueError(f"{comment}: no reason")
        self.groups[-1]["tests"].append(test)

    def text(self, tools):
        used = {flag for group in self.groups for test in group["tests"] for flag in test["flags"]}
        head = {
            "about": self.about,
            "version": VERSION,
            "license": "CC0-1.0",
            **({"tools": tools} if tools else {}),
            "numberOfTests": self.count,
            "notes": {flag: note for flag, note in self.notes.items() if flag in used},
        }
        if unused := set(self.notes) - used:
            raise ValueError(f"{self.name}: no test has {unused}")
        groups = []
        for group in self.groups:
            settings = {key: value for key, value in group.items() if key != "tests"}
            tests = ",\n".join("   " + dump(test) for test in group["tests"])
            groups.append("  " + dump(settings)[:-1] + ',"tests":[\n' + tests + "\n  ]}")
        return json.dumps(head, indent=1)[:-2] + ',\n "testGroups": [\n' + ",\n".join(groups) + "\n ]\n}\n"


def dump(value):
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"))


# --- sessions in the own format --------------------------------------------------------------------------------------

LIFETIMES = {
    "skew": 60,
    "lifetime": {"idle": 2 * HOUR, "absolute": DAY},
    "permanent_lifetime": {"idle": 14 * DAY, "absolute": 90 * DAY},
}


class Native(File):
    def __init__(self):
        about = "Sessions of cookie-session's own format, version 1: the lines of a Cookie header, and what a reader makes of them."
        super().__init__("native", about, {flag: note for flag, note in NOTES.items() if flag != "Depth"})

    def settings(self, name="__Host-session", keys=(0,), raw_keys=None, **lifetimes):
        self.name_now = name
        keys = raw_keys or [KEYS[key] for key in keys]
        self.group("session", keys=[key.hex() for key in keys], name=name, **{**LIFETIMES, **lifetimes})

    def line(self, comment, flags, lines, reason=None, *, now=T, key=1, issued=T, created=None, permanent=False, data=None):
        """A test over whole lines. Without a reason it is valid."""
        lines = [lines] if isinstance(lines, str) else lines
        if reason:
            return self.add(comment, flags, now=now, cookies=lines, result="invalid", reason=reason)
        expected = {
            "key": key,
            "issued": issued,
            "created": issued if created is None else created,
            "permanent": permanent,
            "data": {"user_id": 42} if data is None else data,
        }
        self.add(comment, flags, now=now, cookies=lines, result="valid", **expected)

    def value(self, comment, flags, value, reason=None, **fields):
        self.line(comment, flags, f"{self.name_now}={value}", reason, **fields)


def native():
    file = Native()
    basics(file)
    ages(file)
    extremes(file)
    timestamps(file)
    mutants(file)
    structure(file)
    base64_spellings(file)
    envelopes(file)
    headers(file)
    several(file)
    sizes(file)
    rotation(file)
    bindings(file)
    applications(file)
    digests(file)
    facts(file)
    return file


def facts(file):
    """The fourth element of the payload: what the library itself keeps beside the data."""
    file.settings()
    with_facts = lambda text, issued=T: session(issued, data='{"user_id":42},' + text)
    letters = lambda count: "{" + ",".join(f'"{letter}":{n}' for n, letter in enumerate("abcdefghijklmnopqrstuvwxyz"[:count])) + "}"
    for note, text in [
        ("one fact", '{"s":"c3RhbXA"}'),
        ("several facts", '{"z":1.50,"a":{"deep":[{}]},"c":1750000000}'),
        ("white space in facts", ' { "s" : [ 1 , 2 ] , "c" : null } '),
        ("15 facts", letters(15)),
        ("16 facts", letters(16)),
        ("the first letter", '{"a":1}'),
        ("the last letter", '{"z":1}'),
    ]:
        file.value(note, "Facts", with_facts(text))
    for note, text in [
        ("no fact in facts", "{}"),
        ("17 facts", letters(17)),
        ("facts that are a list", "[1]"),
        ("facts that are null", "null"),
        ("facts that are text", '"s"'),
        ("a fact under no letter", '{"":1}'),
        ("a fact under two letters", '{"ss":1}'),
        ("a fact under a digit", '{"1":1}'),
        ("a fact under a letter that is not ASCII", '{"\u00e9":1}'),
        *((f"a fact under {c}, beside the letters", f'{{"{c}":1}}') for c in "@[`{"),
        ("a letter twice", '{"s":1,"s":2}'),
        ("NaN for a fact", '{"s":NaN}'),
        ("facts twice", '{"s":1},{"t":1}'),
        ("a comma after the facts", '{"s":1},'),
        ("no facts after the comma", ""),
    ]:
        file.value(note, "Facts Payload", with_facts(text), "payload")
    for note, text in [
        ("an upper-case letter", '{"A":1}'),
        ("the last upper-case letter", '{"Z":1}'),
        ("an upper-case letter among others", '{"s":1,"Z":null,"c":2}'),
        ("a letter in both cases", '{"s":1,"S":1}'),
    ]:
        file.value(note, "Facts", with_facts(text), "unsupported")
    file.value("an upper-case letter in a session that is too old", "Facts Age", with_facts('{"A":1}', T - 3 * HOUR), "expired")
    name = file.name_now
    unsupported, broken = (f"{name}={with_facts(text)}" for text in ('{"A":1}', "1"))
    file.line("no session, and one that is not supported", "Facts SeveralCookies", f"{unsupported}; {broken}", "unsupported")
    file.line("one that is not supported, and a good one", "Facts SeveralCookies", f"{unsupported}; {name}={session()}")


def basics(file):
    file.settings()
    texts = [
        ("one value", '{"user_id":42}'),
        ("no values", "{}"),
        ("every kind of value", '{"a":null,"b":true,"c":false,"d":-1.5,"e":"text","f":[1,[2]],"g":{"h":{}}}'),
        ("an empty key and an empty text", '{"":""}'),
        ("text that is not ASCII", '{"n\u00e4me":"\u6c34\U0001f36a"}'),
        ("escapes", '{"a":"\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\\u00e4\\ud83c\\udf6a"}'),
        ("numbers", '{"a":0,"b":-0.0,"c":1e3,"d":1.25E-7,"e":9007199254740991,"f":123456789012345678}'),
        ("keys that differ in case", '{"a":1,"A":2}'),
        ("keys that look like the library's", '{"created":1,"permanent":2,"__proto__x":3}'),
        ("brackets and commas in text", '{"a":"],[}{,","b":"\\"],{"}'),
        ("a line separator", '{"a":"\u2028"}'),
        ("DEL", '{"a":"\x7f"}'),
        ("nested deep", '{"a":' + "[" * 60 + "]" * 60 + "}"),
        ("many keys", "{" + ",".join(f'"k{n}":{n}' for n in range(100)) + "}"),
    ]
    for note, data in texts:
        file.value(note, "Basic", session(data=data), data=json.loads(data))
    for length in range(2, 9):
        data = '{"' + "k" * (length - 2) + '":1}'
        file.value(f"a payload of {22 + len(data)} bytes", "Basic", session(data=data), data=json.loads(data))
    for permanent in (False, True):
        token = session(permanent=permanent, created=T - 10)
        file.value(f"permanent: {permanent}", "Basic Permanent", token, permanent=permanent, created=T - 10)


def ages(file):
    """Each limit and its neighbours, for normal and permanent sessions."""
    for settings in (LIFETIMES, {**LIFETIMES, "lifetime": {"idle": 1, "absolute": 1}, "permanent_lifetime": {"idle": 10, "absolute": 400 * DAY}, "skew": 0}):
        file.settings(**settings)
        skew = settings["skew"]
        for permanent, name in ((False, "lifetime"), (True, "permanent_lifetime")):
            limits = settings[name]
            flags = "Age Permanent" if permanent else "Age"
            kind = "a permanent session" if permanent else "a session"
            for which, limit in limits.items():
                for off in (-1, 0, 1):
                    age = limit + off
                    issued = T - age if which == "idle" else T
                    created = T - age
                    if which == "idle" and age > limits["absolute"]:
                        reason = "expired"
                    else:
                        reason = "expired" if off > 0 else None
                    token = session(issued, created, permanent)
                    note = f"{kind} {'signed' if which == 'idle' else 'created'} {age} s ago, {which} limit {limit}"
                    file.value(note, f"{flags} Boundary", token, reason, issued=issued, created=created, permanent=permanent)
            for off in (-1, 0, 1):
                ahead = skew + off
                if ahead < 0:
                    continue
                reason = "not_yet_valid" if off > 0 else None
                token = session(T + ahead, T, permanent)
                file.value(f"{kind} signed {ahead} s from now, skew {skew}", f"ClockSkew Boundary{' Permanent' if permanent else ''}", token, reason, issued=T + ahead, created=T, permanent=permanent)
                token = session(T, T + ahead, permanent)
                file.value(f"{kind} created {ahead} s from now, skew {skew}", f"ClockSkew Boundary{' Permanent' if permanent else ''}", token, reason, issued=T, created=T + ahead, permanent=permanent)
    file.settings()
    for off in (-1, 0, 1):
        token = Writer(KEYS[0], salt(file.name_now)).token("[]", T - 14 * DAY - off)
        file.value(f"no session, {off} s over the longer idle limit", "Age Payload Boundary", token, "expired" if off > 0 else "payload")
    for hours in (1, 2, 5, 12, 24):
        file.value(f"a clock {hours} h ahead", "ClockSkew", session(T + hours * HOUR), "not_yet_valid")
    # What is both: the order of the checks decides.
    file.value("signed too long ago, created too long ago", "Age", session(T - 3 * HOUR, T - 3 * DAY), "expired")
    file.value("signed too long ago, created in the future", "Age ClockSkew", session(T - 3 * HOUR, T + DAY), "expired")
    file.value("signed in the future, created too long ago", "Age ClockSkew", session(T + DAY, T - 30 * DAY), "not_yet_valid")
    file.value("too old for a normal session, not for a permanent one", "Age Permanent", session(T - 3 * HOUR), "expired")
    token = session(T - 3 * HOUR, permanent=True)
    file.value("the same, permanent", "Age Permanent", token, issued=T - 3 * HOUR, permanent=True)
    file.value("created after it was signed, within the skew", "ClockSkew", session(T, T + 5), issued=T, created=T + 5)


def extremes(file):
    file.settings()
    times = [0, 1, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**53 - 1, 2**53, 2**63 - 1, 2**63, 2**64 - 2, 2**64 - 1]
    for now in (0, 60, T, 2**32, 2**40):
        for then in times:
            if then > now + 60:
                reason = "not_yet_valid"
            elif now - then > 7200:
                reason = "expired"
            else:
                reason = None
            file.value(f"signed at {then}, now {now}", "Extreme Age", session(then), reason, now=now, issued=then)
    for created in times:
        reason = "not_yet_valid" if created > T + 60 else "expired"
        file.value(f"created at {created}", "Extreme Age", session(T, created), reason)
    for created in (10**19 - 1, 10**19):
        file.value(f"created at {created}, a number of {len(str(created))} digits", "Extreme Boundary", session(T, created), "not_yet_valid")
    for created, note in ((2**64, "2^64"), (10**20, "10^20"), (10**30, "10^30"), (10**400, "a number of 401 digits")):
        file.value(f"created at {note}, which is no number of 64 bits", "Extreme Payload Boundary", session(T, created), "payload")


def timestamps(file):
    file.settings()
    writer = Writer(KEYS[0], salt("__Host-session"))
    payload = encode(b'[1750000000,false,{"user_id":42}]')
    raw = lambda bytes: writer.sign(f"{payload}.{encode(bytes)}")
    small = lambda then: writer.sign(f"{encode(f'[{then},false,{{}}]'.encode())}.{encode(stamp(then))}")
    for length in range(0, 5):
        then = 256**length // 2 if length else 0
        file.value(f"a timestamp of {len(stamp(then))} bytes", "Timestamp", small(then), now=then, issued=then, data={})
    for length in range(5, 9):
        then = 256 ** (length - 1)
        file.value(f"a timestamp of {length} bytes", "Timestamp Extreme", raw(stamp(then)), "not_yet_valid")
    # A time that every reader of JSON takes for itself.
    for length, then in ((5, 2**32), (6, 2**40), (7, 2**48), (8, 10**17)):
        file.value(f"a timestamp of {length} bytes, at its time", "Timestamp Boundary", small(then), now=then, issued=then, data={})
    for zeros in range(1, 6):
        bytes = b"\0" * zeros + stamp(T)
        file.value(f"{zeros} leading zero bytes, {len(bytes)} bytes", "Timestamp Boundary", raw(bytes), "malformed")
    for length in (1, 7, 8):
        file.value(f"{length} zero bytes", "Timestamp", raw(b"\0" * length), "malformed")
    file.value("a timestamp of 9 bytes", "Timestamp Boundary", raw(b"\1" * 9), "malformed")
    file.value("a timestamp of 12 bytes", "Timestamp", raw(b"\1" * 12), "malformed")
    good = encode(stamp(T))
    spellings = {
        "padded": good + "==",
        "with unused bits": good[:-1] + ALPHABET[ALPHABET.index(good[-1]) + 1],
        "one character": "A",
        "five characters": good[:5],
        "a space before": " " + good,
        "a newline after": good + "\n",
        "decimal": "1750000000",
        "a plus sign": "+" + good[1:],
        "hex": "684ee180",
        "signed": "-" + good,
        "11 characters that are no base64": "!" * 11,
        "12 characters": "A" * 12,
    }
    for note, text in spellings.items():
        # Some are base64 of another time; the rest is no timestamp.
        try:
            bytes = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)) if len(text) % 4 != 1 else b"\0"
            is_one = encode(bytes) == text and 0 < len(bytes) <= 8 and bytes[0] != 0
        except ValueError:
            is_one = False
        if is_one:
            then = int.from_bytes(bytes, "big")
            reason = "not_yet_valid" if then > T + 60 else "expired"
        else:
            reason = "malformed"
        file.value(f"a timestamp {note}", "Timestamp Base64", writer.sign(f"{payload}.{text}"), reason)
    # The signature is checked before the timestamp is read.
    bad = Writer(KEYS[1], salt("__Host-session")).sign(f"{payload}.AAAA")
    file.value("no timestamp, and another key", "Timestamp", bad, "invalid_signature")


def mutants(file):
    """Every place of one token: another character, one more, one less, two swapped, cut off there."""
    file.settings()
    token = session()
    dots = [at for at, c in enumerate(token) if c == "."]
    end = len(token)

    def reason(text):
        """The shape decides between the two."""
        signature, rest = text[-43:], text[:-43]
        has_shape = len(text) > 43 and rest.endswith(".") and is_canonical(signature)
        signed = rest[:-1]
        has_shape = has_shape and "." in signed and len(signed) - 1 - signed.rindex(".") <= 11
        return "invalid_signature" if has_shape else "malformed"

    def mutant(note, text, flags="Altered"):
        if text == token:
            return file.value(f"{note}: the same", flags, text)
        file.value(note, flags, text, reason(text))

    for at, c in enumerate(token):
        where = "payload" if at < dots[0] else "timestamp" if at < dots[1] else "signature"
        next_one = "A" if c == "." else ALPHABET[(ALPHABET.index(c) + 1) % 64]
        mutant(f"character {at} ({where}) replaced by {next_one}", token[:at] + next_one + token[at + 1 :])
    for at, c in enumerate(token):
        mutant(f"character {at} missing", token[:at] + token[at + 1 :])
    for at in range(end + 1):
        mutant(f"A inserted at {at}", token[:at] + "A" + token[at:])
    for at in range(end - 1):
        if token[at] != token[at + 1]:
            mutant(f"characters {at} and {at + 1} swapped", token[:at] + token[at + 1] + token[at] + token[at + 2 :])
    for length in range(end):
        mutant(f"the first {length} of {end} characters", token[:length], "Truncated")
    for c in "=+/ \t\"'%,!~*()<>@:[]{}\\^`|?#&$\x00\x7f\xe4\xff":
        if c not in " \t":
            mutant(f"{c!r} after the token", token + c, "Altered Base64")
            mutant(f"{c!r} before the token", c + token, "Altered Base64")
    lower, upper = token.lower(), token.upper()
    mutant("in lower case", lower)
    mutant("in capitals", upper)
    mutant("reversed", token[::-1])
    mutant("doubled", token + token)


def is_canonical(text):
    if len(text) % 4 == 1 or any(c not in ALPHABET for c in text):
        return False
    return encode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))) == text


def structure(file):
    file.settings()
    token, other = session(), session(data='{"user_id":43}')
    payload, time, signature = token.split(".")
    payload2, _, signature2 = other.split(".")
    cases = [
        ("empty", "", "malformed"),
        ("one dot", ".", "malformed"),
        ("two dots", "..", "malformed"),
        ("three dots", "...", "malformed"),
        ("no dots", payload + time + signature, "malformed"),
        ("only the signature", signature, "malformed"),
        ("no payload and no timestamp", f".{signature}", "malformed"),
        ("no payload", f".{time}.{signature}", "invalid_signature"),
        ("no timestamp", f"{payload}..{signature}", "invalid_signature"),
        ("no signature", f"{payload}.{time}.", "malformed"),
        ("no signature and no dot", f"{payload}.{time}", "malformed"),
        ("two timestamps", f"{payload}.{time}.{time}.{signature}", "invalid_signature"),
        ("two payloads", f"{payload}.{payload}.{time}.{signature}", "invalid_signature"),
        ("a dot before", f".{token}", "invalid_signature"),
        ("a dot after", f"{token}.", "malformed"),
        ("two dots between", f"{payload}.{time}..{signature}", "invalid_signature"),
        ("colons", token.replace(".", ":"), "malformed"),
        ("timestamp first", f"{time}.{payload}.{signature}", "malformed"),
        ("signature first", f"{signature}.{payload}.{time}", "malformed"),
        ("the signature of another token", f"{payload}.{time}.{signature2}", "invalid_signature"),
        ("the payload of another token", f"{payload2}.{time}.{signature}", "invalid_signature"),
        ("the timestamp of another token", f"{payload}.{encode(stamp(T + 1))}.{signature}", "invalid_signature"),
        ("all zero bits", f"{'A' * 44}.{'A' * 6}.{'A' * 43}", "invalid_signature"),
        ("a signature of zeros", f"{payload}.{time}.{'A' * 43}", "invalid_signature"),
        ("a signature of ones", f"{payload}.{time}.{'_' * 42}8", "invalid_signature"),
        ("a boundary moved by one character", f"{payload[:-1]}.{payload[-1]}{time}.{signature}", "invalid_signature"),
        ("a boundary moved the other way", f"{payload}{time[0]}.{time[1:]}.{signature}", "invalid_signature"),
        ("a timestamp of 11 characters", f"{payload}.{'A' * 11}.{signature}", "invalid_signature"),
        ("a timestamp of 12 characters", f"{payload}.{'A' * 12}.{signature}", "malformed"),
        ("a number", "42", "malformed"),
        ("deleted", "deleted", "malformed"),
        ("a JSON web token", encode(b'{"alg":"none"}') + "." + encode(b'{"sub":"42"}') + ".", "malformed"),
    ]
    for note, value, reason in cases:
        file.value(note, "Structure", value, reason)


def base64_spellings(file):
    """Under a right signature, so that only the payload's spelling is wrong; and of the signature."""
    file.settings()
    writer = Writer(KEYS[0], salt("__Host-session"))
    time = encode(stamp(T))
    # 33 bytes need no padding, 34 and 35 do, and have unused bits.
    for data in ('{"user_id":42}', '{"user_id":142}', '{"user_id":1142}'):
        text = f"[{T},false,{data}]".encode()
        payload = encode(text)
        padding = -len(payload) % 4
        file.value(f"{len(text)} bytes", "Base64", writer.sign(f"{payload}.{time}"), data=json.loads(data))
        file.value(f"{len(text)} bytes with an equals sign", "Base64", writer.sign(f"{payload}=.{time}"), "payload")
        file.value(f"{len(text)} bytes with two", "Base64", writer.sign(f"{payload}==.{time}"), "payload")
        file.value(f"{len(text)} bytes and a character more", "Base64", writer.sign(f"{payload}A.{time}"), "payload")
        if padding:
            for bits in (1, 2, 3) if padding == 1 else (1, 2, 8, 15):
                last = ALPHABET[ALPHABET.index(payload[-1]) + bits]
                note = f"{len(text)} bytes with unused bits {bits}"
                file.value(note, "Base64", writer.sign(f"{payload[:-1]}{last}.{time}"), "payload")
        for note, c in (("a space", " "), ("a newline", "\n"), ("a carriage return", "\r"), ("a comma", ","), ("a star", "*"), ("a dot", "."), ("a NUL", "\0"), ("a percent sign", "%")):
            file.value(f"{len(text)} bytes with {note} inside", "Base64", writer.sign(f"{payload[:8]}{c}{payload[8:]}.{time}"), "payload")
    text = f'[{T},false,{{"a":"~~~???>>>"}}]'.encode()
    standard = base64.b64encode(text).decode().rstrip("=")
    if not set("+/") & set(standard):
        raise ValueError("both alphabets spell this alike")
    file.value("the URL-safe alphabet", "Base64", writer.token(text), data={"a": "~~~???>>>"})
    file.value("the standard alphabet", "Base64", writer.sign(f"{standard}.{time}"), "payload")
    good = session()
    last = ALPHABET.index(good[-1])
    for bits in (1, 2, 3):
        file.value(f"a signature with unused bits {bits}", "Base64", good[:-1] + ALPHABET[last + bits], "malformed")
    file.value("a padded signature", "Base64", good + "=", "malformed")
    file.value("a signature in the standard alphabet", "Base64", good[:-43] + good[-43:].replace("-", "+").replace("_", "/"), "malformed")
    file.value("a signature with a newline", "Base64", good + "\n", "malformed")


def envelopes(file):
    """Under a right signature and of the right age, but for what it holds."""
    file.settings()
    writer = Writer(KEYS[0], salt("__Host-session"))
    good = '{"user_id":42}'
    texts = [
        ("nothing", ""),
        ("an object", good),
        ("a number", "42"),
        ("null", "null"),
        ("text", '"text"'),
        ("an empty array", "[]"),
        ("one element", f"[{T}]"),
        ("two elements", f"[{T},false]"),
        ("only the data", f"[{good}]"),
        ("created is text", f'["{T}",false,{good}]'),
        ("created is null", f"[null,false,{good}]"),
        ("created is negative", f"[-{T},false,{good}]"),
        ("created is minus zero", f"[-0,false,{good}]"),
        ("created has a sign", f"[+{T},false,{good}]"),
        ("created has a leading zero", f"[0{T},false,{good}]"),
        ("created has a fraction", f"[{T}.0,false,{good}]"),
        ("created has an exponent", f"[175e7,false,{good}]"),
        ("created is hex", f"[0x684ee180,false,{good}]"),
        ("created has a separator", f"[1_750_000_000,false,{good}]"),
        ("created is nothing", f"[,false,{good}]"),
        ("permanent is 0", f"[{T},0,{good}]"),
        ("permanent is null", f"[{T},null,{good}]"),
        ("permanent is text", f'[{T},"false",{good}]'),
        ("permanent is False", f"[{T},False,{good}]"),
        ("permanent is nothing", f"[{T},,{good}]"),
        ("data is null", f"[{T},false,null]"),
        ("data is an array", f"[{T},false,[1]]"),
        ("data is text", f'[{T},false,"{{}}"]'),
        ("data is a number", f"[{T},false,1]"),
        ("data is nothing", f"[{T},false,]"),
        ("data is cut off", f'[{T},false,{{"a":1]'),
        ("the array is cut off", f"[{T},false,{good}"),
        ("the array ends twice", f"[{T},false,{good}]]"),
        ("something follows", f"[{T},false,{good}]x"),
        ("a second value follows", f"[{T},false,{good}][]"),
        ("something comes before", f"x[{T},false,{good}]"),
        ("a NUL follows", f"[{T},false,{good}]\0"),
        ("a byte order mark", f"\ufeff[{T},false,{good}]"),
        ("an object with numbers for keys", f'{{"0":{T},"1":false,"2":{good}}}'),
    ]
    for note, text in texts:
        file.value(note, "Payload", writer.token(text), "payload")
    bad_json = [
        ("NaN", '{"a":NaN}'),
        ("Infinity", '{"a":Infinity}'),
        ("minus Infinity", '{"a":-Infinity}'),
        ("undefined", '{"a":undefined}'),
        ("True", '{"a":True}'),
        ("a trailing comma", '{"a":1,}'),
        ("a leading comma", '{,"a":1}'),
        ("a comma too many", '{"a":1,,"b":2}'),
        ("no comma", '{"a":1 "b":2}'),
        ("no colon", '{"a" 1}'),
        ("no value", '{"a":}'),
        ("no key", '{:1}'),
        ("a key without quotes", "{a:1}"),
        ("single quotes", "{'a':1}"),
        ("a number for a key", "{1:1}"),
        ("a comment", '{"a":1/**/}'),
        ("a leading zero", '{"a":01}'),
        ("a number that ends in a dot", '{"a":1.}'),
        ("a number that begins with a dot", '{"a":.5}'),
        ("an exponent without digits", '{"a":1e}'),
        ("a plus sign", '{"a":+1}'),
        ("hex", '{"a":0x1}'),
        ("two minus signs", '{"a":--1}'),
        ("a raw newline in text", '{"a":"\n"}'),
        ("a raw tab in text", '{"a":"\t"}'),
        ("a raw NUL in text", '{"a":"\0"}'),
        ("an unknown escape", '{"a":"\\x41"}'),
        ("a short escape", '{"a":"\\u41"}'),
        ("an escape that is no hex", '{"a":"\\u004g"}'),
        ("text that does not end", '{"a":"}'),
        ("an array that does not end", '{"a":[1}'),
        ("brackets that cross", '{"a":[{]}}'),
        ("a form feed", '{"a":\f1}'),
        ("a no-break space", '{"a":\u00a01}'),
        ("an array with a trailing comma", '{"a":[1,]}'),
        ("nothing in an array", '{"a":[,]}'),
    ]
    for note, data in bad_json:
        file.value(f"data with {note}", "Payload Json", session(data=data), "payload")
    spaces = [
        ("spaces", f" [ {T} , false , {good} ] "),
        ("every kind of white space", f"\t\n\r [\r\n\t {T}\n,\tfalse\r,\n{good}\n]\n"),
        ("white space in the data", f'[{T},false,{{ "user_id" :\n42 }}]'),
    ]
    for note, text in spaces:
        file.value(note, "Json", writer.token(text))
    for note, c in (("a form feed", "\f"), ("a vertical tab", "\v"), ("a no-break space", "\u00a0"), ("a NUL", "\0")):
        file.value(f"{note} for white space", "Payload Json", writer.token(f"[{c}{T},false,{good}]"), "payload")
    twins = [
        ("the same key twice", '{"a":1,"a":2}'),
        ("the same key with the same value", '{"a":1,"a":1}'),
        ("twice, once escaped", '{"a":1,"\\u0061":2}'),
        ("an empty key twice", '{"":1,"":2}'),
        ("a key three times among others", '{"a":1,"b":2,"a":3,"c":4,"a":5}'),
        ("a long key twice", '{"' + "k" * 100 + '":1,"' + "k" * 100 + '":2}'),
        ("a key that is not ASCII twice", '{"\u00e4":1,"\\u00e4":2}'),
        ("a key of two UTF-16 units twice", '{"\U0001f36a":1,"\\ud83c\\udf6a":2}'),
        ("the last of many keys is the first", "{" + ",".join(f'"k{n}":{n}' for n in range(40)) + ',"k0":1}'),
    ]
    for note, data in twins:
        file.value(note, "Payload Duplicate", session(data=data), "payload")
    for note, data in (("a key of the same text as a value", '{"a":"b","b":"a"}'), ("the same key in another object", '{"a":{"a":{"a":1}},"b":{"a":1}}'), ("keys that differ in a space", '{"a":1,"a ":2," a":3}'), ("keys that differ in their normalization", '{"\u00e4":1,"a\u0308":2}')):
        file.value(note, "Duplicate", session(data=data), data=json.loads(data))
    for note, bytes in (
        ("a byte that no UTF-8 has", b"\xff"),
        ("Latin-1", b"\xe4"),
        ("a lone continuation byte", b"\x80"),
        ("an overlong slash", b"\xc0\xaf"),
        ("an encoded surrogate", b"\xed\xa0\x80"),
        ("beyond U+10FFFF", b"\xf4\x90\x80\x80"),
        ("a sequence that is cut off", b"\xf0\x9f\x8d"),
    ):
        text = f'[{T},false,{{"a":"'.encode() + bytes + b'"}]'
        file.value(f"text with {note}", "Payload Utf8", writer.token(text), "payload")
    for code in ("utf-16", "utf-32"):
        file.value(f"the whole payload in {code.upper()}", "Payload Utf8", writer.token(f"[{T},false,{good}]".encode(code)), "payload")
    packed = encode(zlib.compress(f"[{T},false,{good}]".encode()))
    file.value("compressed, as itsdangerous marks it", "Payload", writer.sign(f".{packed}.{encode(stamp(T))}"), "payload")
    file.value("compressed without a mark", "Payload", writer.sign(f"{packed}.{encode(stamp(T))}"), "payload")
    # The age counts before the data are read, and after the envelope is.
    file.value("too old, and no JSON in it", "Payload Age", session(T - 3 * HOUR, data="{a}"), "expired")
    file.value("too old for any session, and no envelope", "Payload Age", writer.token("[]", T - 15 * DAY), "expired")
    file.value("too old for a normal session, and no envelope", "Payload Age", writer.token("[]", T - 3 * HOUR), "payload")
    file.value("from the future, and no envelope", "Payload ClockSkew", writer.token("[]", T + 61), "not_yet_valid")


def headers(file):
    file.settings()
    good = session()
    n = "__Host-session"
    found = [
        ("alone", f"{n}={good}"),
        ("first", f"{n}={good}; theme=dark"),
        ("last", f"theme=dark; {n}={good}"),
        ("between others", f"a=1; {n}={good}; b=2"),
        ("no space after the semicolon", f"a=1;{n}={good};b=2"),
        ("spaces and tabs around", f"a=1; \t {n} \t = \t {good} \t ; b=2"),
        ("a semicolon at the end", f"{n}={good};"),
        ("many semicolons", f";;; ;{n}={good};; ;"),
        ("after a cookie without a name", f"=x; {n}={good}"),
        ("after a cookie without an equals sign", f"flag; {n}={good}"),
        ("after a cookie with an equals sign in its value", f"a=b=c; {n}={good}"),
        ("after bytes that are no text", f"a=\xff\xfe\x80; {n}={good}"),
        ("after a stray percent sign", f"a=%zz; {n}={good}"),
        ("after quotes", f'a="b"; {n}={good}'),
        ("after a quote that does not end", f'a="b; {n}={good}'),
        ("after control characters", f"a=\x01\x7f; {n}={good}"),
        ("after a cookie whose name begins alike", f"{n}2=x; {n}={good}"),
        ("after a cookie whose name ends alike", f"x{n}=x; {n}={good}"),
        ("after the name in lower case", f"{n.lower()}=x; {n}={good}"),
        ("after the name without its prefix", f"session=x; {n}={good}"),
        ("after 4,000 semicolons", ";" * 4000 + f"{n}={good}"),
        ("after its own name as a value", f"a={n}; {n}={good}"),
        ("after its own name without a value", f"{n}; {n}={good}"),
    ]
    for note, line in found:
        file.line(note, "Header", line)
    file.line("in the second line", "Header", ["theme=dark", f"{n}={good}"])
    file.line("in the last of many lines", "Header", ["a=1"] * 20 + [f"{n}={good}"])
    file.line("between empty lines", "Header", ["", f"{n}={good}", ""])
    absent = [
        ("no line", []),
        ("an empty line", [""]),
        ("only others", ["theme=dark; lang=en"]),
        ("a name that begins alike", [f"{n}2={good}"]),
        ("a name that ends alike", [f"x{n}={good}"]),
        ("the name in lower case", [f"{n.lower()}={good}"]),
        ("the name in capitals", [f"{n.upper()}={good}"]),
        ("the name without its prefix", [f"session={good}"]),
        ("another prefix", [f"__Secure-session={good}"]),
        ("the name percent-encoded", [f"__Host%2Dsession={good}"]),
        ("the name in quotes", [f'"{n}"={good}']),
        ("a space inside the name", [f"__Host- session={good}"]),
        ("a no-break space before the name", [f"\xa0{n}={good}"]),
        ("a next line before the name", [f"\x85{n}={good}"]),
        ("a NUL before the name", [f"\0{n}={good}"]),
        ("a vertical tab before the name", [f"\v{n}={good}"]),
        ("a form feed after the name", [f"{n}\f={good}"]),
        ("a byte order mark before the name", [f"\xef\xbb\xbf{n}={good}"]),
        ("no equals sign", [f"{n} {good}"]),
        ("no name", [f"={n}={good}"]),
        ("a comma between cookies", [f"a=1, {n}={good}"]),
        ("in the value of another", [f"a={n}={good}"]),
        ("a semicolon within the name", [f"__Host-;session={good}"]),
    ]
    for note, lines in absent:
        file.line(note, "Header", lines, "absent")
    values = [
        ("in quotes", f'"{good}"', "malformed"),
        ("percent-encoded", good.replace(".", "%2E"), "malformed"),
        ("a trailing no-break space", good + "\xa0", "malformed"),
        ("a leading no-break space", "\xa0" + good, "invalid_signature"),
        ("a space inside the signature", good[:-5] + " " + good[-5:], "malformed"),
        ("an equals sign before", "=" + good, "invalid_signature"),
    ]
    for note, value, reason in values:
        file.value(f"the value {note}", "Header", value, reason)


def several(file):
    file.settings(keys=(0, 1))
    n = "__Host-session"
    a = lambda issued=T, data='{"a":1}', key=0, created=None: session(issued, created, data=data, key=key)
    new, old = a(T, '{"a":"new"}'), a(T - 10, '{"a":"old"}')
    twin = a(T, '{"a":"twin"}')
    expired, stranger = a(T - 3 * HOUR), a(key=2)
    future, broken = a(T + 100), a(data="[]")
    line = lambda *values: "; ".join(f"{n}={value}" for value in values)
    wins = dict(data={"a": "new"})
    cases = [
        ("the newest is first", (new, old), wins),
        ("the newest is last", (old, new), wins),
        ("the same twice", (new, new), wins),
        ("two of one second: the first", (new, twin), wins),
        ("two of one second, the other way round", (twin, new), dict(data={"a": "twin"})),
        ("after junk", ("x", "", "a.b.c", new), wins),
        ("before junk", (new, "x", "", "a.b.c"), wins),
        ("after an expired one", (expired, new), wins),
        ("after one of another key", (stranger, new), wins),
        ("after one from the future", (future, new), wins),
        ("after one that is no session", (broken, new), wins),
        ("a newer one that is no session", (old, a(T + 30, "[]")), dict(data={"a": "old"}, issued=T - 10)),
        ("a newer one from the future", (future, old), dict(data={"a": "old"}, issued=T - 10)),
        ("between an expired one and a stranger", (expired, old, stranger), dict(data={"a": "old"}, issued=T - 10)),
        ("a fallback key's is newer", (old, a(T, '{"a":"new"}', key=1)), {**wins, "key": 2}),
        ("a fallback key's is older", (a(T - 5, key=1), new), wins),
        ("five in any order", (old, a(T - 5), new, a(T - 20), a(T - 1)), wins),
        ("within the skew, the later counts", (new, a(T + 60, '{"a":"ahead"}', created=T)), dict(data={"a": "ahead"}, issued=T + 60, created=T)),
    ]
    for note, values, expected in cases:
        file.line(note, "SeveralCookies", line(*values), **expected)
        file.line(f"{note}, in a line each", "SeveralCookies", [line(value) for value in values], **expected)
    refusals = [
        ("malformed and a stranger", ("x", stranger), "invalid_signature"),
        ("a stranger and malformed", (stranger, "x"), "invalid_signature"),
        ("expired and a stranger", (expired, stranger), "expired"),
        ("from the future and expired", (future, expired), "expired"),
        ("expired and no session", (expired, broken), "payload"),
        ("too long and malformed", ("x" * 5000, "x"), "malformed"),
        ("from the future and a stranger", (stranger, future), "not_yet_valid"),
        ("all of them", ("x", stranger, future, expired, broken), "payload"),
    ]
    for note, values, reason in refusals:
        file.line(f"{note}: the furthest reason", "SeveralCookies", line(*values), reason)
    for others in (6, 7, 8, 20):
        reason = None if others < 8 else "invalid_signature"
        file.line(f"after {others} strangers", "SeveralCookies Boundary", line(*[stranger] * others, new), reason, **wins)
        file.line(f"after {others} strangers in a line each", "SeveralCookies Boundary", [line(stranger)] * others + [line(new)], reason, **wins)
        file.line(f"after {others} that have not the shape", "SeveralCookies Boundary", line(*["a.b.c"] * others, new), **wins)
        file.line(f"after {others} that are too long", "SeveralCookies Boundary", line(*["x" * 4083] * others, new), **wins)
        file.line(f"before {others} strangers", "SeveralCookies Boundary", line(new, *[stranger] * others), **wins)
    file.line("the ninth is the newest", "SeveralCookies Boundary", line(*[old] * 8, new), data={"a": "old"}, issued=T - 10)
    file.line("the eighth is the newest", "SeveralCookies Boundary", line(*[old] * 7, new), **wins)
    file.line("after 500 that have not the shape", "SeveralCookies", line(*["x"] * 500, new), **wins)


def sizes(file):
    """Names of four lengths, so that every length of the cookie can be had: base64 has none of 4n + 1 characters."""
    for name in ("s", "s2", "s-3", "sess", "__Host-session"):
        file.settings(name=name)
        for size in (4094, 4095, 4096, 4097, 4098):
            room = size - len(name) - 2 - 6 - 43
            if room % 4 == 1:
                continue
            length = room * 3 // 4
            data = {"a": "x" * (length - len(f"[{T},false,") - len('{"a":""}]'))}
            token = session(data=dump(data), name=name)
            if len(token) + len(name) != size:
                raise ValueError(f"{len(token) + len(name)} instead of {size}")
            file.value(f"{size} bytes with the name {name}", "Size Boundary", token, None if size <= 4096 else "too_long", data=data)
    file.settings()
    for size in (4081, 4082, 4083, 10_000):
        reason = "malformed" if size <= 4096 - 14 else "too_long"
        file.value(f"junk of {size} bytes", "Size Boundary", "x" * size, reason)


def rotation(file):
    for count in (1, 2, 3, 8):
        file.settings(keys=range(count))
        for key in range(9):
            if key < count:
                file.value(f"key {key + 1} of {count}", "Rotation", session(key=key), key=key + 1)
            elif key in (count, 8):
                file.value(f"a key that is not among the {count}", "Rotation", session(key=key), "invalid_signature")
    for length in (32, 33, 48, 63, 64, 65, 128, 129):
        key = hashlib.shake_256(f"cookie-session public vectors, {length} bytes".encode()).digest(length)
        file.settings(raw_keys=[key])
        writer = Writer(key, salt("__Host-session"))
        file.value(f"a key of {length} bytes", "KeyLength Boundary", writer.token(f'[{T},false,{{"user_id":42}}]'))
        # A key is no prefix of itself.
        shorter = Writer(key[:-1], salt("__Host-session"))
        file.value(f"the same without its last byte", "KeyLength", shorter.token(f'[{T},false,{{"user_id":42}}]'), "invalid_signature")


APPLICATIONS = [None, "x" * 63, "x" * 64, "shop", "staging", "sho", "shop/", "session", "s"]
NAMES = ["session", "__Host-session", "__Secure-session", "__Host-session2", "dev-session", "Session", "sessio", "s", "a/b".replace("/", "-"), "!#$%&'*+-.^_`|~"]


def bindings(file):
    for reader in NAMES:
        file.settings(name=reader)
        for writer in NAMES:
            same = reader == writer
            file.value(f"made for {writer}, presented as {reader}", "Binding", session(name=writer), None if same else "invalid_signature")
        payload = f'[{T},false,{{"user_id":42}}]'
        for note, other in (
            ("a token with the name for a salt", token_salt(reader)),
            ("a token with the salt of a session", token_salt(f"cookie/{reader}")),
            ("no prefix", reader.encode()),
            ("another version", f"cookie-session/v2/cookie/{reader}".encode()),
            ("a salt with a NUL at the end", salt(reader) + b"\0"),
        ):
            file.value(f"{note}, presented as {reader}", "Binding", Writer(KEYS[0], other).token(payload), "invalid_signature")


def applications(file):
    """A name of the application goes into the key, too."""
    for name in ("__Host-session", "s"):
        for reader in APPLICATIONS:
            file.settings(name=name, **({"application": reader} if reader else {}))
            for writer in APPLICATIONS:
                note = f"made by {writer or 'no application'}, read by {reader or 'none'}, as {name}"
                token = session(name=name, application=writer)
                file.value(note, "Binding Application", token, None if reader == writer else "invalid_signature")


def digests(file):
    file.settings()
    payload = f'[{T},false,{{"user_id":42}}]'
    name = salt("__Host-session")
    for digest in ("md5", "sha1", "sha224", "sha384", "sha512", "sha3_256", "blake2s"):
        reason = "invalid_signature" if digest in ("sha3_256", "blake2s") else "malformed"
        file.value(f"HMAC-{digest}", "Digest", Writer(KEYS[0], name, digest).token(payload), reason)
    file.value("SHA-512, cut to 32 bytes", "Digest", cut(Writer(KEYS[0], name, "sha512").token(payload)), "invalid_signature")
    H = lambda *parts: hashlib.sha256(b"".join(parts)).digest()
    derivations = [
        ("none", lambda key, salt: key),
        ("django-concat", lambda key, salt: H(salt, b"signer", key)),
        ("concat", lambda key, salt: H(salt, key)),
        ("HMAC the other way round", lambda key, salt: mac(salt, key)),
        ("HMAC under the key's hex digits", lambda key, salt: mac(key.hex().encode(), salt)),
        ("HMAC under the key's base64", lambda key, salt: mac(encode(key).encode(), salt)),
        ("SHA-512 for the derivation", lambda key, salt: hashlib.sha512(salt + key).digest()),
        ("the salt of a Flask session", lambda key, salt: mac(key, b"cookie-session")),
        ("no key at all", lambda key, salt: mac(b"", salt)),
        ("a key of zeros", lambda key, salt: mac(bytes(32), salt)),
    ]
    for note, derive in derivations:
        file.value(note, "Derivation", Writer(KEYS[0], name, derive=derive).token(payload), "invalid_signature")
    plain = Writer(KEYS[0], name, derive=lambda key, salt: mac(key, salt))
    signed = f"{encode(payload.encode())}.{encode(stamp(T))}"
    for note, text in (("the payload alone", signed.split(".")[0]), ("the JSON text", payload), ("payload and timestamp without a dot", signed.replace(".", "")), ("a dot at the end too", signed + ".")):
        file.value(f"a signature over {note}", "Derivation", f"{signed}.{encode(mac(plain.derived, text.encode()))}", "invalid_signature")
    file.value("a bare hash for a signature", "Derivation", f"{signed}.{encode(H(plain.derived, signed.encode()))}", "invalid_signature")


def cut(token):
    """Cuts a signature of 64 bytes to 32."""
    signed, _, signature = token.rpartition(".")
    return f"{signed}.{encode(base64.urlsafe_b64decode(signature + '=' * (-len(signature) % 4))[:32])}"


# --- tokens for links and forms --------------------------------------------------------------------------------------


def codec():
    about = "Tokens for links and forms, what `Codec` makes: like sessions, with a salt of the program's, one age limit, and any JSON."
    notes = {flag: NOTES[flag] for flag in ("Basic", "Age", "ClockSkew", "Boundary", "Extreme", "Structure", "Base64", "Timestamp", "Binding", "Rotation", "Digest", "Payload", "Json", "Depth", "Utf8", "Size")}
    file = File("codec", about, notes)
    now = T

    def settings(salt="confirm-email", keys=(0,), max_age=HOUR, max_len=4096):
        file.group("token", keys=[KEYS[key].hex() for key in keys], salt=salt, max_age=max_age, skew=60, max_len=max_len)

    def test(note, flags, token, reason=None, *, value=42, issued=T, key=1, now=T):
        if reason:
            return file.add(note, flags, now=now, token=token, result="invalid", reason=reason)
        file.add(note, flags, now=now, token=token, result="valid", key=key, issued=issued, value=value)

    make = lambda text="42", issued=T, salt="confirm-email", key=0: Writer(KEYS[key], token_salt(salt)).token(text, issued)
    settings()
    for text in ("42", "0", "-1.5", "null", "true", "false", '""', '"ann"', "[]", "{}", '["ann@example.org",42]', '{"user":{"id":42}}', '"\u6c34\\u00e4"', " 42 ", "\n[1 ,\t2]\r"):
        test(f"the value {text!r}", "Basic", make(text), value=json.loads(text))
    for age in (HOUR - 1, HOUR, HOUR + 1):
        test(f"{age} s old, at most {HOUR}", "Age Boundary", make(issued=T - age), "expired" if age > HOUR else None, issued=T - age)
    for ahead in (59, 60, 61):
        test(f"{ahead} s ahead, at most 60", "ClockSkew Boundary", make(issued=T + ahead), "not_yet_valid" if ahead > 60 else None, issued=T + ahead)
    for then in (0, 1, 2**31, 2**32, 2**63, 2**64 - 1):
        test(f"signed at {then}", "Extreme Age", make(issued=then), "expired" if then < T else "not_yet_valid")
    test("signed at 0, now 0", "Extreme Timestamp", make(issued=0), issued=0, now=0)
    for then in (1, 256, 2**16, 2**24, 2**32, 2**40, 2**48, 10**17):
        test(f"a timestamp of {len(stamp(then))} bytes, at its time", "Timestamp Boundary", make(issued=then), issued=then, now=then)
    writer = Writer(KEYS[0], token_salt("confirm-email"))
    for note, text in (("a leading zero byte", encode(b"\0" + stamp(T))), ("nine bytes", encode(b"\1" * 9)), ("padding", encode(stamp(T)) + "==")):
        test(f"a timestamp with {note}", "Timestamp", writer.sign(f"{encode(b'42')}.{text}"), "malformed")
    token = make()
    payload, time, signature = token.split(".")
    for note, text, reason in (
        ("empty", "", "malformed"),
        ("two dots", "..", "malformed"),
        ("no signature", f"{payload}.{time}.", "malformed"),
        ("a character less", token[:-1], "malformed"),
        ("a character more", f"{token}A", "malformed"),
        ("no payload", f".{time}.{signature}", "invalid_signature"),
        ("a dot before", f".{token}", "invalid_signature"),
        ("a dot after", f"{token}.", "malformed"),
        ("a space before", f" {token}", "invalid_signature"),
        ("a space after", f"{token} ", "malformed"),
        ("a newline after", f"{token}\n", "malformed"),
        ("in quotes", f'"{token}"', "malformed"),
        ("percent-encoded", token.replace(".", "%2E"), "malformed"),
        ("colons", token.replace(".", ":"), "malformed"),
    ):
        test(note, "Structure", text, reason)
    for at in range(len(token)):
        other = "A" if token[at] == "." else ALPHABET[(ALPHABET.index(token[at]) + 1) % 64]
        text = token[:at] + other + token[at + 1 :]
        whole = text[-44] == "." and is_canonical(text[-43:]) and "." in text[:-44]
        test(f"character {at} replaced by {other}", "Structure", text, "invalid_signature" if whole else "malformed")
    for note, text in (("an equals sign", f"{payload}="), ("unused bits", payload[:-1] + ALPHABET[ALPHABET.index(payload[-1]) + 1]), ("a newline", payload + "\n"), ("nothing", ""), ("a compressed one", "." + payload)):
        test(f"a payload with {note}", "Base64 Payload", writer.sign(f"{text}.{time}"), "payload")
    for text in ("", "x", "42x", "{", "[1,]", '{"a":1,}', "NaN", "-Infinity", "True", "'a'", "01", "1.", "+1", '"\n"', "nul", "\ufeff42", "42 42"):
        test(f"the text {text!r} is no JSON", "Json Payload", make(text), "payload")
    for bytes in (b'"\xff"', b'"\xe4"', b'"\xed\xa0\x80"', "42".encode("utf-16")):
        test(f"the bytes {bytes!r} are no UTF-8", "Utf8 Payload", make(bytes), "payload")
    test("too old, and no JSON", "Age Payload", make("x", T - 2 * HOUR), "expired")
    for digest in ("sha1", "sha384", "sha512", "sha3_256"):
        text = Writer(KEYS[0], token_salt("confirm-email"), digest).token("42")
        test(f"HMAC-{digest}", "Digest", text, "invalid_signature" if digest == "sha3_256" else "malformed")
    for depth in (126, 127, 128, 129):
        text = "[" * depth + "]" * depth
        # As text: a reader of this file may know no greater depth either.
        expected = dict(result="invalid", reason="payload") if depth > 127 else dict(result="valid", key=1, issued=T, payload=text)
        file.add(f"nested {depth} deep", "Depth Boundary", now=T, token=make(text), **expected)
    for limit in (4096, 200, 65_536):
        settings(max_len=limit)
        for off in (-2, -1, 0, 1, 2):
            # The first time whose timestamp is longer has the lengths that base64 leaves out today.
            issued = T if (limit + off - 2 - 6 - 43) % 4 != 1 else 2**32
            value = "x" * ((limit + off - 2 - len(encode(stamp(issued))) - 43) * 3 // 4 - 2)
            text = make(json.dumps(value), issued)
            if len(text) != limit + off:
                raise ValueError(f"{len(text)} instead of {limit + off}")
            test(f"{limit + off} characters of {limit}", "Size Boundary", text, "too_long" if off > 0 else None, value=value, issued=issued, now=issued)
    salts = ["", "confirm-email", "confirm-emai", "confirm-email ", "CONFIRM-EMAIL", "a/b", "\u00e4", "cookie/__Host-session"]
    for reader in salts:
        settings(reader)
        for other in salts:
            test(f"made for {other!r}, read for {reader!r}", "Binding", make(salt=other), None if other == reader else "invalid_signature")
        test(f"a session, read for {reader!r}", "Binding", session(), "invalid_signature")
    settings(keys=(0, 1, 2))
    for key in range(4):
        test(f"key {key + 1} of 3", "Rotation", make(key=key), None if key < 3 else "invalid_signature", key=key + 1)
    settings(max_age=0)
    for age in (0, 1):
        test(f"{age} s old, at most 0", "Age Boundary", make(issued=T - age), "expired" if age else None, issued=T - age)
    return file


# --- encrypted sessions and tokens -----------------------------------------------------------------------------------

ENCRYPTED_NOTES = {
    **{flag: NOTES[flag] for flag in ("Basic", "Age", "ClockSkew", "Boundary", "Permanent", "Altered", "Binding", "Application", "Rotation", "Payload", "Duplicate", "Utf8", "Size")},
    "Padding": "Spaces pad the text to a multiple of 32 bytes. A reader takes any length.",
    "Iv": "The first counter block is any 16 bytes of which the first bit is 1, as that of no JSON text is. The counter is 128 bits wide and wraps.",
    "Privacy": "An encrypted token is no signed one, nor the reverse, unless a reader takes both.",
}


def with_first_bit(block):
    return bytes([block[0] | 128]) + block[1:]


class PrivateWriter(Writer):
    """Encrypts, then signs, each under a key of its own."""

    def __init__(self, key, place, sign="private/", encrypt="encrypt/", encrypt_with=None):
        label = lambda used: f"cookie-session/v1/{used}{place}".encode()
        super().__init__(key, label(sign))
        self.cipher = mac(encrypt_with or key, label(encrypt))

    def token(self, text, issued=T, iv=None, pad=True):
        text = text if isinstance(text, bytes) else text.encode()
        text += b" " * (-len(text) % 32 if pad else 0)
        iv = with_first_bit(hashlib.sha256(b"iv" + text).digest()[:16]) if iv is None else iv
        return self.sign(f"{encode(iv + aes.ctr(self.cipher, iv, text))}.{encode(stamp(issued))}")


def encrypted():
    about = "Encrypted sessions and tokens of cookie-session: like those of native.json and codec.json, but for the payload."
    file = Native()
    file.name, file.about, file.notes = "encrypted", about, ENCRYPTED_NOTES
    place, good = "cookie/__Host-session", f'[{T},false,{{"user_id":42}}]'
    writer = PrivateWriter(KEYS[0], place)
    settings = lambda **more: file.settings(encrypted=True, **more)

    settings()
    for data in ('{"user_id":42}', "{}", '{"n\u00e4me":"\u6c34"}', '{"a":null,"b":[1,{"c":-1.5}]}', '{"text":"' + "x" * 500 + '"}'):
        file.value(f"{len(data)} bytes of data", "Basic", writer.token(f"[{T},false,{data}]"), data=json.loads(data))
    for length in (31, 32, 33, 63, 64, 65):
        data = '{"' + "k" * (length - 25) + '":1}'
        for pad in (True, False):
            token = writer.token(f"[{T},false,{data}]", pad=pad)
            file.value(f"a text of {length + 1} bytes, {'padded' if pad else 'as it is'}", "Padding Boundary", token, data=json.loads(data))
    for note, text in (("1,000 spaces after it", good + " " * 1000), ("spaces before it", "   " + good), ("a newline and a tab after it", good + "\n\t")):
        file.value(note, "Padding", writer.token(text))
    for note, text in (("a NUL after it", good + "\0"), ("PKCS padding", good + "\x04" * 4), ("a no-break space after it", good + "\u00a0")):
        file.value(note, "Padding Payload", writer.token(text, pad=False), "payload")
    for note, iv in (("zeros but for the first bit", with_first_bit(bytes(16))), ("ones", b"\xff" * 16), ("the last block but one", b"\xff" * 15 + b"\xfe"), ("a carry over 32 bits", with_first_bit(bytes(12) + b"\xff" * 4)), ("a carry over 64 bits", with_first_bit(bytes(8) + b"\xff" * 8))):
        file.value(f"the first block is {note}", "Iv", writer.token(f'[{T},false,{{"text":"{"x" * 60}"}}]', iv=iv), data={"text": "x" * 60})
    without = [("zeros", bytes(16)), ("what JSON begins with", b"[" + bytes(15)), ("ones but for the first bit", b"\x7f" + b"\xff" * 15)]
    for note, iv in without:
        file.value(f"the first block is {note}", "Iv Payload Boundary", writer.token(good, iv=iv), "payload")
    for length in (0, 1, 15, 16):
        payload = encode(b"\x81" * length)
        file.value(f"{length} bytes in all", "Payload Boundary", writer.sign(f"{payload}.{encode(stamp(T))}"), "payload")
    for note, text in (("an object", '{"a":1}'), ("no JSON", "x"), ("spaces", " " * 32), ("a key twice", f'[{T},false,{{"a":1,"a":2}}]'), ("an array of two", f"[{T},false]")):
        file.value(f"the text is {note}", "Payload Duplicate" if "twice" in note else "Payload", writer.token(text), "payload")
    file.value("the text is no UTF-8", "Payload Utf8", writer.token(f'[{T},false,{{"a":"'.encode() + b'\xff"}]'), "payload")
    file.value("the text is not encrypted", "Payload", Writer(KEYS[0], f"cookie-session/v1/private/{place}".encode()).token(good), "payload")
    file.value("encrypted under another key", "Payload", PrivateWriter(KEYS[0], place, encrypt_with=KEYS[1]).token(good), "payload")
    for permanent, name in ((False, "lifetime"), (True, "permanent_lifetime")):
        for which, limit in LIFETIMES[name].items():
            for off in (-1, 0, 1):
                issued, created = T - limit - off if which == "idle" else T, T - limit - off
                token = writer.token(f'[{created},{str(permanent).lower()},{{"user_id":42}}]', issued)
                note = f"{'a permanent session' if permanent else 'a session'}, {which} limit {limit}, {limit + off} s"
                file.value(note, f"Age Boundary{' Permanent' if permanent else ''}", token, "expired" if off > 0 else None, issued=issued, created=created, permanent=permanent)
    for ahead in (59, 60, 61):
        file.value(f"{ahead} s ahead", "ClockSkew Boundary", writer.token(good, T + ahead), "not_yet_valid" if ahead > 60 else None, issued=T + ahead, created=T)
        file.value(f"created {ahead} s ahead", "ClockSkew Boundary", writer.token(good.replace(str(T), str(T + ahead))), "not_yet_valid" if ahead > 60 else None, issued=T, created=T + ahead)
    token = writer.token(good)
    for at, c in enumerate(token):
        other = "A" if c == "." else ALPHABET[(ALPHABET.index(c) + 1) % 64]
        text = token[:at] + other + token[at + 1 :]
        whole = text[-44] == "." and is_canonical(text[-43:]) and "." in text[-56:-44]
        file.value(f"character {at} replaced by {other}", "Altered", text, "invalid_signature" if whole else "malformed")
    for size in (4095, 4096, 4097):
        # A text of any length, since base64 has steps of its own.
        room = size - 14 - 2 - 6 - 43
        if room % 4 == 1:
            continue
        frame = len(f'[{T},false,{{"a":""}}]')
        data = {"a": "x" * (room * 3 // 4 - 16 - frame)}
        token = writer.token(f"[{T},false,{dump(data)}]", pad=False)
        file.value(f"{len(token) + 14} bytes", "Size Boundary", token, None if size <= 4096 else "too_long", data=data)

    # What it is no token of.
    for note, other in (
        ("a signed session", Writer(KEYS[0], salt("__Host-session")).token(good)),
        ("encrypted, and signed as what is not", PrivateWriter(KEYS[0], place, sign="").token(good)),
        ("signed under the key that encrypts", PrivateWriter(KEYS[0], place, sign="encrypt/").token(good)),
        ("signed under the key that makes first blocks", PrivateWriter(KEYS[0], place, sign="iv/").token(good)),
        ("an encrypted token", PrivateWriter(KEYS[0], "token/__Host-session").token(good)),
        ("another name", PrivateWriter(KEYS[0], "cookie/session").token(good)),
        ("an application's", PrivateWriter(KEYS[0], f"{place}/shop").token(good)),
        ("another key", PrivateWriter(KEYS[1], place).token(good)),
    ):
        file.value(note, "Privacy Binding", other, "invalid_signature")
    file.settings()
    file.value("an encrypted session, where they are signed", "Privacy", writer.token(good), "invalid_signature")
    settings(application="shop")
    file.value("of the application shop", "Application Binding", PrivateWriter(KEYS[0], f"{place}/shop").token(good))
    file.value("of no application", "Application Binding", writer.token(good), "invalid_signature")
    settings(keys=(0, 1, 2))
    for key in range(4):
        file.value(f"key {key + 1} of 3", "Rotation", PrivateWriter(KEYS[key], place).token(good), None if key < 3 else "invalid_signature", key=key + 1)

    # A service that changes from one to the other.
    file.settings(accept_encrypted=True)
    file.value("an encrypted session, where signed ones are written", "Privacy", writer.token(good))
    file.value("a signed session there", "Privacy", session())
    for note, iv in (("zeros but for the first bit", with_first_bit(bytes(16))), ("ones", b"\xff" * 16)):
        file.value(f"encrypted there, and the first block is {note}", "Privacy Iv Boundary", writer.token(good, iv=iv))
    for note, iv in without:
        file.value(f"encrypted there, and the first block is {note}", "Privacy Iv", writer.token(good, iv=iv), "invalid_signature")
    file.value("a space before a signed session there", "Privacy", Writer(KEYS[0], salt("__Host-session")).token(f" {good}"))
    settings(accept_signed_until=T)
    file.value("an encrypted session, where signed ones are read", "Privacy", writer.token(good))
    for off in (-1, 0, 1):
        token = session(T + off, T)
        # The message of a refusal is that of the time: accepted once, and not any more.
        file.value(f"a signed session, {off} s after the end", "Privacy Boundary", token, "expired" if off > 0 else None, now=T + off, issued=T + off, created=T)

    for salt_text in ("invite", ""):
        file.group("token", encrypted=True, keys=[KEYS[0].hex()], salt=salt_text, max_age=HOUR, skew=60, max_len=4096)
        maker = PrivateWriter(KEYS[0], f"token/{salt_text}")
        for text in ("42", '"ann@example.org"', '{"a":[1]}', "null"):
            file.add(f"the value {text}", "Basic", now=T, token=maker.token(text), result="valid", key=1, issued=T, value=json.loads(text))
        for age in (HOUR - 1, HOUR, HOUR + 1):
            fields = {"result": "invalid", "reason": "expired"} if age > HOUR else {"result": "valid", "key": 1, "issued": T - age, "value": 42}
            file.add(f"{age} s old, at most {HOUR}", "Age Boundary", now=T, token=maker.token("42", T - age), **fields)
        for note, text, reason in (
            ("a signed token", Writer(KEYS[0], token_salt(salt_text)).token("42"), "invalid_signature"),
            ("an encrypted session", writer.token(good), "invalid_signature"),
            ("another salt", PrivateWriter(KEYS[0], "token/other").token("42"), "invalid_signature"),
            ("no JSON", maker.token("x"), "payload"),
        ):
            file.add(note, "Payload" if reason == "payload" else "Privacy Binding", now=T, token=text, result="invalid", reason=reason)
    return file


# --- the files -------------------------------------------------------------------------------------------------------


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--own", action="store_true")
    options = parser.parse_args()
    files, tools = [(native(), None), (codec(), None), (encrypted(), None)], None
    if not options.own:
        import make_python

        files += [(file, make_python.tools()) for file in make_python.files(File)]
    differs = []
    for file, tools in files:
        path, text = HERE / f"{file.name}.json", file.text(tools)
        if not options.check:
            path.write_text(text, encoding="ascii")
        elif not path.exists() or path.read_text(encoding="ascii") != text:
            differs.append(path.name)
    for name in differs:
        print(f"{name} is not what the script writes")
    total = sum(file.count for file, _ in files)
    print(f"{total} vectors in {len(files)} files")
    return 1 if differs else 0


if __name__ == "__main__":
    sys.exit(main())
