"""Python values in JSON that cannot lose their type, and a clock that tests can set. README.md has the notation."""

import base64
import datetime
import decimal
import time
import uuid

from markupsafe import Markup


def text_to_json(text):
    """Returns a typed string; lone surrogates, which JSON text in UTF-8 cannot carry, as hex of UTF-16."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return ["wtf16", text.encode("utf-16-be", "surrogatepass").hex()]
    return ["str", text]


def key_to_json(key):
    typed = to_typed(key)
    return typed[1] if typed[0] == "str" else typed


def to_typed(value, sort=False):
    """Returns the typed notation of a value. `sort` orders the keys of every dict by code point."""
    if value is None:
        return ["null"]
    if isinstance(value, bool):
        return ["bool", value]
    if isinstance(value, int):
        return ["int", str(value)]
    if isinstance(value, float):
        return ["float", repr(value)]
    # Markup is a str, so it has to be asked first.
    if isinstance(value, Markup):
        return ["markup", str(value)]
    if isinstance(value, str):
        return text_to_json(str(value))
    if isinstance(value, tuple):
        return ["tuple", [to_typed(item, sort) for item in value]]
    if isinstance(value, list):
        return ["list", [to_typed(item, sort) for item in value]]
    if isinstance(value, dict):
        keys = sorted(value) if sort else value
        return ["dict", [[key_to_json(key), to_typed(value[key], sort)] for key in keys]]
    if isinstance(value, (bytes, bytearray)):
        return ["bytes", base64.b64encode(value).decode()]
    if isinstance(value, uuid.UUID):
        return ["uuid", value.hex]
    if isinstance(value, datetime.datetime):
        return ["datetime", value.isoformat()]
    if isinstance(value, datetime.date):
        return ["date", value.isoformat()]
    if isinstance(value, decimal.Decimal):
        return ["decimal", str(value)]
    raise TypeError(f"no notation for {type(value).__name__}")


def from_typed(typed):
    """Returns the value that a typed notation stands for."""
    kind, *rest = typed
    if kind == "null":
        return None
    (content,) = rest
    if kind == "dict":
        return {
            key if isinstance(key, str) else from_typed(key): from_typed(item)
            for key, item in content
        }
    readers = {
        "bool": bool,
        "int": int,
        "float": float,
        "str": str,
        "wtf16": lambda text: bytes.fromhex(text).decode("utf-16-be", "surrogatepass"),
        "list": lambda items: [from_typed(item) for item in items],
        "tuple": lambda items: tuple(from_typed(item) for item in items),
        "bytes": base64.b64decode,
        "uuid": uuid.UUID,
        "datetime": datetime.datetime.fromisoformat,
        "date": datetime.date.fromisoformat,
        "markup": Markup,
        "decimal": decimal.Decimal,
    }
    return readers[kind](content)


class Clock:
    """Stands in for `time.time`: the real time, or a fixed one, plus an offset."""

    def __init__(self):
        self._real = time.time
        self.fixed = None
        self.offset = 0

    def __call__(self):
        return (self._real() if self.fixed is None else self.fixed) + self.offset

    def install(self, *modules):
        """Patches `time.time`, and the `datetime` that each of these modules imported, whose clock is not `time.time`."""
        clock = self

        class PatchedDatetime(datetime.datetime):
            @classmethod
            def now(cls, tz=None):
                return datetime.datetime.fromtimestamp(clock(), tz)

        time.time = self
        for module in modules:
            module.datetime = PatchedDatetime
        return self
