"""The public vectors of the Python formats: what itsdangerous, Flask, Django and Starlette themselves answer, with the
clock standing still. vectors/make.py calls this.
"""

import base64
import hashlib
import json
import platform
import zlib
from importlib.metadata import version

import itsdangerous
from django.core import signing
from django.test import override_settings

import libraries
from typed import to_typed

T = 1_750_000_000
HOUR, DAY = 3600, 86_400
SECRET, OLD, OLDER, OTHER = ("the current secret", "an old secret", "an older secret", "somebody else's")
URL_SAFE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

NOTES = {
    "Basic": "What the library itself writes.",
    "Age": "How old a token may be.",
    "Boundary": "One at a limit or one of its two neighbours.",
    "ClockAhead": "Signed up to a minute ahead of the reader's clock. The library refuses it; a reader that tolerates clocks may take it.",
    "FarAhead": "Signed in the future. Django takes it, however far; a reader with a limit refuses it.",
    "Rotation": "Fallback keys verify.",
    "KeyLength": "HMAC pads keys up to a block of 64 bytes and hashes longer ones.",
    "Altered": "A good token, changed in one place.",
    "Malleable": "Another spelling of a genuine token, which the library takes. A reader that knows one spelling refuses it.",
    "Structure": "Separators too few, too many or elsewhere.",
    "Timestamp": "A right signature around another timestamp.",
    "Binding": "The same secret, and a token for something else.",
    "Settings": "Another digest, derivation or salt than the reader has.",
    "Payload": "A right signature around something that is no session.",
    "Crash": "The library raises an error that is not its own, which is a 500. No reader should take it.",
    "Twins": "A key comes twice. The library takes the last; a reader may refuse it.",
    "NonFinite": "NaN or an infinity, which Python writes and JSON does not have. A reader may refuse it.",
    "Pairs": "An array of pairs, which the library makes a dict of. A session is an object, and a reader may refuse it.",
    "Latin1": "Bytes that are no ASCII. Django writes none and reads them as Latin-1; a reader may refuse them.",
    "Compressed": "Longer payloads are compressed.",
    "TooLong": "Over 4096 bytes of name and value, which no browser stores. The library reads them; a reader may refuse them.",
    "Inflated": "Little that holds much. The library has no limit; a reader should, 64 KiB at the least.",
    "Header": "How a cookie is found in the header.",
    "SeveralCookies": "Flask takes the first of a name, Django and Starlette the last.",
    "Quoted": "The value in quotes, which the library takes off. A reader may refuse it.",
    "OddName": "White space that is not ASCII around the name, which the library takes off. A reader had better not.",
    "Tagged": "Types that JSON does not have, in Flask's tags.",
    "Codec": "A token of a serializer, not a session.",
}


def tools():
    packages = ["itsdangerous", "Flask", "Werkzeug", "Django", "starlette"]
    return {"python": platform.python_version(), "zlib": zlib.ZLIB_RUNTIME_VERSION, **{name: version(name) for name in packages}}


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def at(now, call):
    """What a call returns, or raises, at this time."""
    libraries.CLOCK.fixed = now
    try:
        return call(), None
    except Exception as error:
        return None, error
    finally:
        libraries.CLOCK.fixed = None


def reason_of(error):
    own = isinstance(error, (itsdangerous.BadData, signing.BadSignature))
    return type(error).__name__ if own else "crash"


class Framework:
    """One framework: how it writes, opens and signs."""

    def __init__(self, File, about):
        names = set(self.flags)
        self.file = File(self.name, about, {flag: note for flag, note in NOTES.items() if flag in names})

    def settings(self, secrets=(SECRET,), max_age=HOUR, **more):
        self.secrets, self.max_age, self.more = list(secrets), max_age, more
        self.file.group("session", secrets=self.secrets, name=self.cookie, max_age=max_age, **more)

    def line(self, comment, flags, lines, now=T):
        """Asks the framework for the session of a request, and its serializer for the reason."""
        lines = [lines] if isinstance(lines, str) else lines
        session, error = at(now, lambda: self.open(lines))
        fields = {"now": now, "cookies": lines}
        flags = set(flags.split())
        if error is None and session:
            text = self.payload
            expected = {"payload": text} if text is not None else {}
            typed = to_typed(session)
            if typed_only(typed):
                expected["session"] = typed
                flags.add("Tagged")
            return self.add(comment, flags, fields, "valid", expected)
        reason = "crash" if error else self.reason(now)
        if reason == "crash":
            flags.add("Crash")
        self.add(comment, flags, fields, "invalid", {"reason": reason})

    def add(self, comment, flags, fields, result, expected):
        order = [flag for flag in NOTES if flag in flags]
        self.file.add(comment, " ".join(order), **fields, result=result, **expected)

    def value(self, comment, flags, value, now=T):
        self.token = value
        self.line(comment, flags, f"{self.cookie}={value}", now)

    @property
    def payload(self):
        """The JSON text in the token that was presented last."""
        try:
            payload = self.token.strip('"').rsplit(self.separator, 2)[0]
            text = payload.lstrip(".")
            data = base64.b64decode(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4))
            data = zlib.decompress(data) if payload.startswith(".") else data
            text = data.decode()
        except (ValueError, zlib.error):
            return None
        return text if len(text) <= 5000 else None

    def reason(self, now):
        _, error = at(now, lambda: self.loads(self.token))
        return reason_of(error) if error else "absent"


def typed_only(typed):
    """Whether there is a value that JSON does not have."""
    if typed[0] in ("dict", "list"):
        members = typed[1] if typed[0] == "list" else [value for _, value in typed[1]]
        return any(typed_only(member) for member in members)
    return typed[0] not in ("null", "bool", "int", "float", "str", "wtf16")


class Flask(Framework):
    name, cookie, separator = "flask", "session", "."
    flags = "Basic Age Boundary ClockAhead Rotation KeyLength Altered Malleable Structure Timestamp Binding Settings Payload Pairs Crash Twins NonFinite Compressed TooLong Inflated Header SeveralCookies Quoted Tagged".split()

    def config(self):
        return {"SECRET_KEY": self.secrets[0], "SECRET_KEY_FALLBACKS": self.secrets[1:], "PERMANENT_SESSION_LIFETIME": self.max_age}

    def open(self, lines):
        app = libraries.flask_app(self.config(), self.interface())
        environ = libraries.environment(None)
        environ["HTTP_COOKIE"] = "; ".join(lines)
        return dict(app.session_interface.open_session(app, app.request_class(environ)))

    def interface(self):
        names = {"salt": "salt", "digest": "digest", "key_derivation": "derivation"}
        return {names[name]: value for name, value in self.more.items()} or None

    def loads(self, token):
        return libraries.flask_loads({"config": self.config(), "token": token, "interface": self.interface()})

    def dumps(self, session, now=T, secret=SECRET, **more):
        app = libraries.flask_app({"SECRET_KEY": secret}, more or None)

        def write():
            with app.app_context():
                return app.session_interface.get_signing_serializer(app).dumps(session)

        return at(now, write)[0]

    def sign(self, payload, timestamp=None, secret=SECRET):
        derived = {"salt": "cookie-session", "key_derivation": "hmac", "digest_method": hashlib.sha1}
        timestamp = encode(T.to_bytes(4, "big")) if timestamp is None else timestamp
        return itsdangerous.Signer(secret, **derived).sign(f"{payload}.{timestamp}").decode("latin-1")


class Django(Framework):
    name, cookie, separator = "django", "sessionid", ":"
    flags = "Basic Age Boundary FarAhead Rotation KeyLength Altered Structure Timestamp Binding Payload Crash Twins NonFinite Latin1 Compressed TooLong Inflated Header SeveralCookies Quoted OddName Malleable".split()
    salt = "django.contrib.sessions.backends.signed_cookies"

    def context(self):
        return override_settings(SECRET_KEY=self.secrets[0], SECRET_KEY_FALLBACKS=self.secrets[1:], SESSION_COOKIE_AGE=self.max_age)

    def open(self, lines):
        seen = {}

        def view(request):
            seen.update(request.session.items())
            return libraries.HttpResponse()

        with self.context():
            request = libraries.RequestFactory().get("/")
            request.META["HTTP_COOKIE"] = "; ".join(lines)
            libraries.DjangoSessions(view)(request)
        return seen

    def loads(self, token):
        with self.context():
            return signing.loads(token, serializer=libraries.settings.SESSION_SERIALIZER and signing.JSONSerializer, max_age=self.max_age, salt=self.salt)

    def dumps(self, session, now=T, secret=SECRET, salt=None):
        return at(now, lambda: signing.dumps(session, key=secret, compress=True, salt=salt or self.salt, serializer=signing.JSONSerializer))[0]

    def sign(self, payload, timestamp=None, secret=SECRET):
        timestamp = signing.b62_encode(T) if timestamp is None else timestamp
        return signing.Signer(key=secret, salt=self.salt).sign(f"{payload}:{timestamp}")


class Starlette(Framework):
    name, cookie, separator = "starlette", "session", "."
    flags = "Basic Age Boundary ClockAhead KeyLength Altered Malleable Structure Timestamp Binding Payload Pairs Crash Twins NonFinite TooLong Header SeveralCookies Quoted OddName".split()

    def open(self, lines):
        seen = {}

        def view(scope):
            seen.update(scope["session"])

        config = {"secret_key": self.secrets[0], "max_age": self.max_age}
        header = "; ".join(lines)

        async def app(scope, receive, send):
            view(scope)
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b""})

        async def send(message):
            pass

        scope = {"type": "http", "method": "GET", "path": "/", "headers": [(b"cookie", header.encode("latin-1"))]}
        libraries.asyncio.run(libraries.StarletteSessions(app, **config)(scope, None, send))
        return seen

    def loads(self, token):
        return libraries.st_loads({"secret_key": self.secrets[0], "token": token, "max_age": self.max_age})

    def dumps(self, session, now=T, secret=SECRET):
        payload = base64.b64encode(json.dumps(session).encode())
        return at(now, lambda: itsdangerous.TimestampSigner(secret).sign(payload))[0].decode()

    def sign(self, payload, timestamp=None, secret=SECRET):
        timestamp = encode(T.to_bytes(4, "big")) if timestamp is None else timestamp
        return itsdangerous.Signer(secret).sign(f"{payload}.{timestamp}").decode("latin-1")


def b64(framework, data):
    """The payload around these bytes, in the framework's base64."""
    return base64.b64encode(data).decode() if framework.name == "starlette" else encode(data)


SESSIONS = [
    ("a login", {"_user_id": "42", "_fresh": True}),
    ("every kind of value", {"a": None, "b": True, "c": -1.5, "d": "text", "e": [1, [2]], "f": {"g": {}}}),
    ("text that is not ASCII", {"n\u00e4me": "\u6c34\U0001f36a"}),
    ("escapes", {"a": "\"\\/\b\f\n\r\t\x00\x7f"}),
    ("floats", {"a": [0.1, 1e16, 1e-5, 1.0, -0.0]}),
    ("numbers at 64 bits", {"a": [2**53 + 1, 2**63 - 1, -(2**63), 2**64 - 1]}),
    ("keys out of order", {"b": 1, "a": 2, "B": 3}),
    ("an empty key", {"": ""}),
    ("nested", {"a": [[[[[[{}]]]]]]}),
]


def common(framework):
    """What is asked of every framework."""
    f = framework
    f.settings()
    for note, session in SESSIONS:
        f.value(note, "Basic", f.dumps(session))
    for length in range(8, 14):
        f.value(f"{length} letters under a key", "Basic", f.dumps({"k": "x" * length}))
    good = f.dumps({"user": 42})
    ages(f)
    for note, secret in (("of another secret", OTHER), ("of an empty-looking secret", " "), ("of the secret with a newline", SECRET + "\n"), ("of the secret in capitals", SECRET.upper()), ("of the beginning of the secret", SECRET[:-1])):
        f.value(f"a session {note}", "Rotation" if "Rotation" in f.flags else "Basic", f.dumps({"user": 42}, secret=secret))
    altered(f, good)
    structure(f, good)
    timestamps(f)
    payloads(f)
    sizes(f)
    headers(f, good)
    for length in (1, 2, 63, 64, 65, 128, 129):
        secret = hashlib.sha512(str(length).encode()).hexdigest()[:length].ljust(length, "x")
        f.settings([secret])
        f.value(f"a secret of {length} bytes", "KeyLength Boundary", f.dumps({"user": 42}, secret=secret))
        f.value(f"the same and one byte more", "KeyLength", f.dumps({"user": 42}, secret=secret + "x"))
    f.settings(["schl\u00fcssel \u6c34"])
    f.value("a secret that is not ASCII", "KeyLength", f.dumps({"user": 42}, secret="schl\u00fcssel \u6c34"))
    f.settings()
    for then in (62**5 - 1, 62**5) if f.name == "django" else (2**32 - 1, 2**32):
        f.value(f"at {then}, where its timestamp gets longer", "Timestamp Boundary", f.dumps({"user": 42}, now=then), then)
    if "Rotation" in f.flags:
        f.settings([SECRET, OLD, OLDER])
        for note, secret in (("the current secret", SECRET), ("the first fallback", OLD), ("the second fallback", OLDER), ("none of them", OTHER)):
            f.value(f"signed with {note}", "Rotation", f.dumps({"user": 42}, secret=secret))


def ages(f):
    for max_age in (HOUR, 31 * DAY, 1):
        f.settings(max_age=max_age)
        for age in sorted({0, 1, max_age - 1, max_age, max_age + 1, 2 * max_age + 5}):
            flags = "Age Boundary" if abs(age - max_age) <= 1 else "Age"
            f.value(f"{age} s old, at most {max_age}", flags, f.dumps({"user": 42}, now=T - age))
        for ahead in (1, 59, 60, 61, HOUR, 400 * DAY):
            tolerated = "ClockAhead" if ahead <= 60 else "Age"
            # A reader with a limit refuses what is further ahead than that.
            flags = ("FarAhead" if ahead > 60 else "Age") if f.name == "django" else tolerated
            f.value(f"{ahead} s ahead", f"{flags} Boundary" if 59 <= ahead <= 61 else flags, f.dumps({"user": 42}, now=T + ahead))
    f.settings()


def altered(f, good):
    """Every place of a token: another character, one less, cut off there."""

    def ask(note, text):
        session, error = at(T, lambda: f.open([f"{f.cookie}={text}"]))
        taken = error is None and session and text != good
        quoted = taken and text.strip('"') == good
        f.value(note, "Altered" + (" Quoted" if quoted else " Malleable" if taken else ""), text)

    for place, c in enumerate(good):
        other = URL_SAFE[(URL_SAFE.index(c) + 1) % 64] if c in URL_SAFE else "A"
        ask(f"character {place} replaced by {other}", good[:place] + other + good[place + 1 :])
    for place in range(len(good)):
        ask(f"character {place} missing", good[:place] + good[place + 1 :])
    for length in range(1, len(good), 2):
        ask(f"the first {length} characters", good[:length])
    last = URL_SAFE.index(good[-1])
    for bits in (1, 2, 3):
        ask(f"unused bits {bits} in the signature", good[:-1] + URL_SAFE[last // 4 * 4 + (last + bits) % 4])
    for note, text in (
        ("a character after", good + "A"),
        ("an equals sign after", good + "="),
        ("two equals signs after", good + "=="),
        ("four stray characters after", good + "!!!!"),
        ("text after padding", good + "=x"),
        ("the other alphabet in the signature", good.rsplit(f.separator, 1)[0] + f.separator + good.rsplit(f.separator, 1)[1].replace("-", "+").replace("_", "/")),
        ("in quotes", f'"{good}"'),
        ("in lower case", good.lower()),
        ("percent-encoded", good.replace(f.separator, "%2E" if f.separator == "." else "%3A")),
    ):
        ask(note, text)


def structure(f, good):
    s = f.separator
    payload, time, signature = good.rsplit(s, 2)
    other = f.dumps({"user": 43}).rsplit(s, 2)
    for note, text in (
        ("junk of 8 characters", "abcdefgh"),
        ("no signature", f"{payload}{s}{time}"),
        ("an empty signature", f"{payload}{s}{time}{s}"),
        ("no payload", f"{s}{time}{s}{signature}"),
        ("no timestamp", f"{payload}{s}{signature}"),
        ("an empty timestamp", f"{payload}{s}{s}{signature}"),
        ("two payloads", f"{payload}{s}{payload}{s}{time}{s}{signature}"),
        ("a separator before", s + good),
        ("a separator after", good + s),
        ("the signature of another session", f"{payload}{s}{time}{s}{other[2]}"),
        ("the payload of another session", f"{other[0]}{s}{time}{s}{signature}"),
        ("separators of the other kind", good.replace(s, ":" if s == "." else ".")),
        ("a boundary moved", f"{payload[:-1]}{s}{payload[-1]}{time}{s}{signature}"),
        ("deleted", "deletedx"),
    ):
        f.value(note, "Structure", text)


def timestamps(f):
    payload = f.dumps({"user": 42}).rsplit(f.separator, 2)[0]
    if f.name == "django":
        texts = [("as it is", signing.b62_encode(T)), ("with a leading zero", "0" + signing.b62_encode(T)), ("empty", ""), ("negative", "-1"), ("zero", "0"), ("no base 62", "!"), ("of 20 digits", "z" * 20), ("a dash", "-")]
    else:
        stamp = T.to_bytes(4, "big")
        texts = [("as it is", encode(stamp)), ("with a leading zero byte", encode(b"\0" + stamp)), ("of 8 bytes", encode(stamp.rjust(8, b"\0"))), ("of 9 bytes", encode(stamp.rjust(9, b"\0"))), ("empty", ""), ("padded", encode(stamp) + "=="), ("with unused bits", encode(stamp)[:-1] + "B"), ("no base64", "!"), ("of one character", "A"), ("beyond year 9999", encode(b"\xff" * 8)), ("zero", "AA")]
    for note, text in texts:
        token = f.sign(payload, text)
        session, error = at(T, lambda: f.open([f"{f.cookie}={token}"]))
        taken = error is None and session and note != "as it is"
        if taken and f.name == "django" and note == "of 20 digits":
            flags = "FarAhead"
        else:
            flags = "Malleable" if taken else ""
        f.value(f"a timestamp {note}", f"Timestamp {flags}", token)


def payloads(f):
    texts = [
        ("nothing", b""),
        ("no JSON", b"{"),
        ("a trailing comma", b'{"a":1,}'),
        ("an array", b"[1]"),
        ("an array of pairs", b'[["a",1]]'),
        ("null", b"null"),
        ("a number", b"42"),
        ("text", b'"text"'),
        ("a byte that no UTF-8 has", b'{"a":"\xff"}'),
        ("pickle", b"\x80\x05}\x94\x8c\x01a\x94K\x01s."),
        ("single quotes", b"{'a':1}"),
        ("two objects", b'{"a":1}{"b":2}'),
        ("True", b'{"a":True}'),
    ]
    why = {"an array of pairs": "Pairs", "a byte that no UTF-8 has": "Latin1"}
    for note, text in texts:
        token = f.sign(b64(f, text))
        session, error = at(T, lambda: f.open([f"{f.cookie}={token}"]))
        f.value(f"a payload of {note}", f"Payload {why.get(note, '') if session else ''}", token)
    for note, text in (("a key twice", b'{"a":1,"a":2}'), ("a key twice, once escaped", b'{"a":1,"\\u0061":2}')):
        f.value(note, "Payload Twins", f.sign(b64(f, text)))
    for word in (b"NaN", b"Infinity", b"-Infinity"):
        f.value(f"a payload with {word.decode()}", "Payload NonFinite", f.sign(b64(f, b'{"a":' + word + b"}")))
    good = b64(f, b'{"user":42}')
    for note, text in (("with an equals sign", good + "="), ("with a stray character", good[:4] + "!!!!" + good[4:]), ("with unused bits", b64(f, b'{"a":1}').rstrip("=")[:-1] + "R")):
        token = f.sign(text)
        session, error = at(T, lambda: f.open([f"{f.cookie}={token}"]))
        f.value(f"a payload {note}", "Payload Malleable" if error is None and session else "Payload", token)
    if "Compressed" in f.flags:
        compressed(f)


def stored(text, window=7):
    """A zlib stream that stores a text as it is (RFC 1950, RFC 1951, section 3.2.4), so that its length is known."""
    header = window << 12 | 0x800
    header += 31 - header % 31
    length = len(text)
    return header.to_bytes(2, "big") + b"\1" + length.to_bytes(2, "little") + (length ^ 0xFFFF).to_bytes(2, "little") + text + zlib.adler32(text).to_bytes(4, "big")


def sized(f, room):
    """A payload of this length, which is compressed only where base64 has no such length."""
    text = lambda length: b'{"a":"' + b"x" * (length - 8) + b'"}'
    if f.name == "starlette":
        return b64(f, text(room // 4 * 3))
    if room % 4 != 1:
        return encode(text(room * 3 // 4))
    return "." + encode(stored(text((room - 1) * 3 // 4 - 11)))


def sizes(f):
    """What is longer than browsers store, to the byte."""
    for size in (4095, 4096, 4097, 4098):
        # Padded base64 has steps of four: the timestamps of other times have the lengths between.
        now = {4095: 2**32, 4096: 2**40}.get(size, T) if f.name == "starlette" else T
        time = signing.b62_encode(now) if f.name == "django" else encode(now.to_bytes((now.bit_length() + 7) // 8, "big"))
        frame = len(f.cookie) + len(f.sign("", time))
        if f.name == "starlette" and (size - frame) % 4:
            continue
        token = f.sign(sized(f, size - frame), time)
        if len(f.cookie) + len(token) != size:
            raise ValueError(f"{len(f.cookie) + len(token)} instead of {size}")
        f.value(f"{size} bytes of name and value", f"Boundary {'TooLong' if size > 4096 else 'Basic'}", token, now)


def compressed(f):
    for window in range(9):
        note = f"a window of {2 ** (window + 8)} bytes" + (", which deflate does not have" if window == 8 else "")
        f.value(note, f"Compressed Boundary{' Payload' if window == 8 else ''}", f.sign("." + encode(stored(b'{"user":42}', window))))
    f.value("a session that gets shorter", "Compressed", f.dumps({"cart": ["teapot"] * 30}))
    f.value("a large session", "Compressed", f.dumps({"text": "lorem ipsum dolor " * 100}))
    text = b'{"user":42}'
    for level in (0, 1, 9):
        f.value(f"level {level}", "Compressed", f.sign("." + encode(zlib.compress(text, level))))
    packed = zlib.compress(text)
    for note, data in (("a wrong checksum", packed[:-1] + b"\0"), ("no checksum", packed[:-4]), ("cut off", packed[:-8]), ("no zlib at all", text), ("raw deflate", packed[2:-4]), ("nothing", b"")):
        f.value(f"compressed, with {note}", "Compressed Payload", f.sign("." + encode(data)))
    f.value("compressed, and bytes after it", "Compressed Malleable", f.sign("." + encode(packed + b"more")))
    f.value("compressed twice", "Compressed Payload", f.sign("." + encode(zlib.compress(packed))))
    frame = len('{"a":""}')
    for size in (65_535, 65_536, 65_537, 1_000_000):
        token = f.sign("." + encode(zlib.compress(b'{"a":"' + b"x" * (size - frame) + b'"}')))
        f.value(f"{size} bytes when inflated", "Compressed Inflated Boundary" if size > 65_536 else "Compressed Boundary", token)


def headers(f, good):
    n, other = f.cookie, f.dumps({"user": 43})
    expired, stranger = f.dumps({"user": 42}, now=T - 2 * HOUR), f.dumps({"user": 42}, secret=OTHER)
    f.token = good
    for note, line in (
        ("first", f"{n}={good}; theme=dark"),
        ("last", f"theme=dark; {n}={good}"),
        ("no space after the semicolon", f"a=1;{n}={good};b=2"),
        ("spaces around", f"a=1;  {n} = {good} ; b=2"),
        ("after a cookie without a name", f"=x; {n}={good}"),
        ("after a cookie without an equals sign", f"flag; {n}={good}"),
        ("after a name that begins alike", f"{n}2=x; {n}={good}"),
        ("after a name that ends alike", f"x{n}=x; {n}={good}"),
        ("after the name in capitals", f"{n.upper()}=x; {n}={good}"),
        ("after quotes", f'a="b"; {n}={good}'),
    ):
        f.line(f"found: {note}", "Header", line)
    f.token = "absent"
    for note, line in (("another name", f"{n}2={good}"), ("the name in capitals", f"{n.upper()}={good}"), ("another prefix", f"__Host-{n}={good}"), ("no cookie", "theme=dark"), ("in the value of another", f"a={n}={good}")):
        f.add(f"absent: {note}", {"Header"}, {"now": T, "cookies": [line]}, *absent(f, line))
    if "OddName" in f.flags:
        f.token = good
        f.line("a no-break space before the name", "Header OddName", f"\xa0{n}={good}")
    for note, values, counts in (
        ("two sessions", (good, other), None),
        ("two sessions, the other way round", (other, good), None),
        ("a session and an expired one", (good, expired), None),
        ("an expired one and a session", (expired, good), None),
        ("a session and a stranger's", (good, stranger), None),
        ("a stranger's and a session", (stranger, good), None),
        ("a session and junk", (good, "junkjunk"), None),
        ("junk and a session", ("junkjunk", good), None),
        ("three sessions", (good, other, good), None),
    ):
        f.token = values[0] if f.name == "flask" else values[-1]
        f.line(note, "SeveralCookies", "; ".join(f"{n}={value}" for value in values))


def absent(f, line):
    session, error = at(T, lambda: f.open([line]))
    if error or session:
        raise ValueError(f"{f.name} finds a session in {line}")
    return "invalid", {"reason": "absent"}


def flask(File):
    f = Flask(File, "Sessions of Flask: the Cookie header, and what Flask makes of it.")
    common(f)
    f.settings()
    typed()(f)
    settings_of_flask(f)
    f.settings()
    for note, token in (
        ("a session of Starlette", Starlette.dumps(f, {"user": 42})),
        ("a token of a serializer with its default salt", at(T, lambda: itsdangerous.URLSafeTimedSerializer(SECRET).dumps({"user": 42}))[0]),
        ("a token of a serializer with this salt", at(T, lambda: itsdangerous.URLSafeTimedSerializer(SECRET, salt="cookie-session").dumps({"user": 42}))[0]),
        ("a token without a timestamp", itsdangerous.URLSafeSerializer(SECRET, salt="cookie-session", signer_kwargs={"key_derivation": "hmac"}).dumps({"user": 42})),
        ("a session of Django", Django.dumps(Django, {"user": 42})),
    ):
        f.value(note, "Binding", token)
    return f.file


def typed():
    import datetime
    import uuid

    from markupsafe import Markup

    values = [
        ("a tuple", {"t": (1, "a", None)}),
        ("bytes", {"b": b"\x00\xff"}),
        ("markup", {"m": Markup("<b>&amp;</b>")}),
        ("a UUID", {"u": uuid.UUID(int=42)}),
        ("a date and time", {"d": datetime.datetime(2020, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)}),
        ("a tuple in a list in a tuple", {"t": ([(1,)],)}),
        ("flashes", {"_flashes": [("message", "hi")]}),
    ]

    def ask(f):
        for note, session in values:
            f.value(note, "Tagged", f.dumps(session))

    return ask


def settings_of_flask(f):
    for derivation in ("hmac", "django-concat", "concat"):
        for digest in ("sha1", "sha256", "sha512"):
            more = {"key_derivation": derivation, "digest": digest, "salt": "cookie-session"}
            f.settings(**more)
            f.value(f"{derivation}, {digest}", "Settings", f.dumps({"user": 42}, derivation=derivation, digest=digest))
            f.value(f"the default where {derivation}, {digest} is expected", "Settings", f.dumps({"user": 42}))
    for length in (127, 128, 129):
        secret = "s" * (length - 1) + "!"
        f.settings([secret], key_derivation="hmac", digest="sha512", salt="cookie-session")
        f.value(f"SHA-512 and a secret of {length} bytes", "KeyLength Settings Boundary", f.dumps({"user": 42}, secret=secret, derivation="hmac", digest="sha512"))
    f.settings(salt="another salt")
    f.value("another salt", "Settings", f.dumps({"user": 42}, salt="another salt"))
    f.value("the default where another salt is expected", "Settings", f.dumps({"user": 42}))


def django(File):
    f = Django(File, "Sessions of Django's signed_cookies backend: the Cookie header, and what Django makes of it.")
    common(f)
    f.settings()
    for note, token in (
        ("a token of signing.dumps with its default salt", f.dumps({"user": 42}, salt="django.core.signing")),
        ("a token of signing.dumps with another salt", f.dumps({"user": 42}, salt="links")),
        ("a session of Flask", Flask.dumps(f, {"user": 42})),
        ("a value of a Signer", signing.Signer(key=SECRET).sign("user:42")),
        ("a value of a TimestampSigner", at(T, lambda: signing.TimestampSigner(key=SECRET).sign("42"))[0]),
    ):
        f.value(note, "Binding", token)
    return f.file


def starlette(File):
    f = Starlette(File, "Sessions of Starlette's SessionMiddleware: the Cookie header, and what Starlette makes of it.")
    common(f)
    f.settings()
    for note, token in (
        ("a session of Flask", Flask.dumps(f, {"user": 42})),
        ("a token of a serializer with its default salt", at(T, lambda: itsdangerous.URLSafeTimedSerializer(SECRET).dumps({"user": 42}))[0]),
        ("a value of a Signer without a timestamp", itsdangerous.Signer(SECRET).sign(base64.b64encode(b'{"a": 1}')).decode()),
    ):
        f.value(note, "Binding", token)
    return f.file


def serializer(File):
    """itsdangerous's own tokens, which `codec` of the profiles reads."""
    flags = "Basic Age Boundary ClockAhead Rotation Altered Malleable Structure Settings Payload Compressed TooLong Inflated Codec NonFinite".split()
    file = File("itsdangerous", "Tokens of itsdangerous's URLSafeTimedSerializer, and what it makes of them.", {flag: note for flag, note in NOTES.items() if flag in flags})
    state = {}

    def settings(secrets=(SECRET,), salt="itsdangerous", max_age=HOUR, key_derivation="django-concat", digest="sha1"):
        state.update(secrets=list(secrets), salt=salt, max_age=max_age, key_derivation=key_derivation, digest=digest)
        file.group("serializer", **state)

    def make(secret=SECRET, salt=None, key_derivation=None, digest=None):
        kwargs = {"key_derivation": key_derivation or state["key_derivation"], "digest_method": getattr(hashlib, digest or state["digest"])}
        # Its list goes from the oldest to the newest.
        return itsdangerous.URLSafeTimedSerializer(secret, salt=salt or state["salt"], signer_kwargs=kwargs)

    def dumps(value, now=T, **more):
        return at(now, lambda: make(**more).dumps(value))[0]

    def test(note, flags, token, now=T, good=None):
        value, error = at(now, lambda: make(state["secrets"][::-1]).loads(token, max_age=state["max_age"]))
        flags = flags.split() + ["Codec"]
        if error is None:
            if good is not None and token != good:
                flags.append("Malleable")
            text = json.dumps(value)
            file.add(note, " ".join(flags), now=now, token=token, result="valid", value=text)
        else:
            file.add(note, " ".join(flags), now=now, token=token, result="invalid", reason=reason_of(error))

    settings()
    for value in (42, -1.5, None, True, "ann", "", [], {}, ["ann@example.org", 42], {"user": {"id": 42}}, "\u6c34\u00e4", {"a": 2**64 - 1}):
        test(f"the value {value!r}", "Basic", dumps(value))
    for age in (0, 1, HOUR - 1, HOUR, HOUR + 1):
        test(f"{age} s old, at most {HOUR}", "Age Boundary" if age > 1 else "Age", dumps(42, now=T - age))
    for ahead in (1, 59, 60, 61):
        test(f"{ahead} s ahead", "ClockAhead Boundary" if ahead <= 60 else "Age Boundary", dumps(42, now=T + ahead))
    good = dumps({"user": 42})
    for place, c in enumerate(good):
        other = URL_SAFE[(URL_SAFE.index(c) + 1) % 64] if c in URL_SAFE else "A"
        test(f"character {place} replaced by {other}", "Altered", good[:place] + other + good[place + 1 :], good=good)
    for length in range(0, len(good), 3):
        test(f"the first {length} characters", "Altered", good[:length], good=good)
    for note, text in (("an equals sign after", good + "="), ("a newline after", good + "\n"), ("a dot before", "." + good), ("a dot after", good + "."), ("no separators", "abcdef"), ("two parts", good.rsplit(".", 1)[0])):
        test(note, "Structure", text, good=good)
    signer = itsdangerous.Signer(SECRET, salt="itsdangerous")
    sign = lambda payload: signer.sign(f"{payload}.{encode(T.to_bytes(4, 'big'))}").decode("latin-1")
    for note, data in (("nothing", b""), ("no JSON", b"{"), ("single quotes", b"'a'"), ("no UTF-8", b'"\xff"'), ("a trailing comma", b"[1,]")):
        test(f"a payload of {note}", "Payload", sign(encode(data)))
    test("a payload of NaN", "Payload NonFinite", sign(encode(b"NaN")))
    test("a long list", "Compressed", dumps(["teapot"] * 40))
    test("compressed, with a wrong checksum", "Compressed Payload", sign("." + encode(zlib.compress(b"42")[:-1] + b"\0")))
    test("compressed, which was not worth it", "Compressed", sign("." + encode(zlib.compress(b"42"))))
    frame = len('""')
    for size in (65_535, 65_536, 65_537):
        flags = "Compressed Inflated Boundary" if size > 65_536 else "Compressed Boundary"
        test(f"{size} bytes when inflated", flags, sign("." + encode(zlib.compress(b'"' + b"x" * (size - frame) + b'"'))))
    for size in (4095, 4096, 4097, 4098):
        room = size - len(sign(""))
        payload = encode(b'"' + b"x" * (room * 3 // 4 - frame) + b'"') if room % 4 != 1 else "." + encode(stored(b'"' + b"x" * ((room - 1) * 3 // 4 - 11 - frame) + b'"'))
        token = sign(payload)
        if len(token) != size:
            raise ValueError(f"{len(token)} instead of {size}")
        test(f"{size} characters", f"Boundary {'TooLong' if size > 4096 else 'Basic'}", token)
    for secret, note in ((SECRET, "the secret"), (OTHER, "another secret")):
        test(f"signed with {note}", "Rotation", dumps(42, secret=secret))
    settings([SECRET, OLD, OLDER])
    for secret in (SECRET, OLD, OLDER, OTHER):
        test(f"signed with {secret!r}", "Rotation", dumps(42, secret=secret))
    for derivation in ("hmac", "django-concat", "concat"):
        for digest in ("sha1", "sha256", "sha512"):
            settings(key_derivation=derivation, digest=digest, salt="links")
            for other in ("hmac", "django-concat", "concat"):
                test(f"made with {other}, read with {derivation} ({digest})", "Settings", dumps(42, key_derivation=other))
            test(f"another salt ({derivation}, {digest})", "Settings", dumps(42, salt="forms"))
    return file


def files(File):
    return [serializer(File), flask(File), django(File), starlette(File)]
