"""Sends one cookie back and forth between a Python app and a Rust server and compares what both see. README.md has the protocol.

    python differential.py --framework flask --rust http://127.0.0.1:4001 --python http://127.0.0.1:4002 --steps 2000 --seed 1

Every step starts both sides from the same cookies. Ends with `N steps, 0 differences`, or prints the first difference and exits 1.
"""

import argparse
import base64
import collections
import copy
import email.utils
import http.client
import json
import math
import random
import struct
import sys
import urllib.parse

CLOCK = 1_767_225_600
COOKIE = "session"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
READ_ONLY = {"get", "contains", "len", "all", "expiry_age", "browser_close"}
# Both sides have to hold a session in one cookie of 4,096 octets, base64 and escapes included.
FULL = 1700
STEP = 700


class Difference(Exception):
    pass


class Side:
    """One of the two servers."""

    def __init__(self, name, url):
        self.name = name
        self.host = urllib.parse.urlsplit(url).netloc
        self.requests = 0

    def send(self, method, path, body=None, cookies=None, form=None):
        """Returns the status, the JSON answer (None when it is not JSON) and the Set-Cookie lines."""
        self.requests += 1
        headers = {"User-Agent": "differential/1"}
        if cookies:
            headers["Cookie"] = cookies
        if form is not None:
            data = urllib.parse.urlencode(form)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        else:
            data = None if body is None else json.dumps(body)
            headers["Content-Type"] = "application/json"
        connection = http.client.HTTPConnection(self.host, timeout=20)
        try:
            connection.request(method, path, data, headers)
            response = connection.getresponse()
            text = response.read()
            lines = response.headers.get_all("Set-Cookie") or []
            vary = ", ".join(response.headers.get_all("Vary") or []).lower()
        finally:
            connection.close()
        try:
            answer = json.loads(text)
        except ValueError:
            answer = None
        return Response(response.status, answer, lines, "cookie" in vary)

    def must(self, method, path, body=None):
        response = self.send(method, path, body)
        if response.status != 200:
            sys.exit(f"{self.name}: {method} {path} answers {response.status} {response.answer}")
        return response.answer


class Response:
    def __init__(self, status, answer, lines, varies):
        self.status = status
        self.answer = answer
        self.lines = lines
        self.varies = varies

    def view(self):
        """Returns what has to be the same on both sides."""
        if self.answer is None or "session" not in self.answer:
            return {"status": self.status, "answer": self.answer, "varies": self.varies}
        return {
            "status": self.status,
            "session": self.answer["session"],
            "reads": self.answer["reads"],
            "user": self.answer.get("user"),
            "varies": self.varies,
        }


class Jar:
    """A browser's cookies for one host. It keeps a cookie past its Max-Age, so that the server has to enforce the age."""

    def __init__(self):
        self.values = {}
        self.written = {}

    def copy(self):
        return copy.deepcopy(self)

    def header(self):
        return "; ".join(f"{name}={value}" for name, value in self.values.items())

    def apply(self, lines, now):
        """Stores the cookies of a response. Returns what happened to the session's (none, set or remove) and for how long it is kept."""
        kind, kept = "none", None
        for line in lines:
            pair, *attributes = line.split(";")
            name, _, value = pair.strip().partition("=")
            attributes = {
                key.strip().lower(): text.strip()
                for key, _, text in (attribute.partition("=") for attribute in attributes)
            }
            if attributes.get("path") != "/":
                raise Difference(f"a cookie without Path=/: {line}")
            if "max-age" in attributes:
                removed = int(attributes["max-age"]) <= 0
            elif "expires" in attributes:
                removed = email.utils.parsedate_to_datetime(attributes["expires"]).timestamp() <= now
            else:
                removed = False
            if removed:
                self.values.pop(name, None)
            else:
                self.values[name] = value
                self.written[name] = now
            if name == COOKIE:
                kind = "remove" if removed else "set"
                kept = None if removed else (attributes.get("max-age"), attributes.get("expires"))
        return kind, kept


class Values:
    """Random typed values that the framework can carry."""

    def __init__(self, rng, framework, wide, differs):
        self.rng = rng
        self.flask = framework == "flask"
        self.wide = []
        if wide:
            self.wide += ["int"]
            self.wide += [] if "lone_surrogates" in differs else ["wtf16"]
            self.wide += [] if "nonfinite" in differs else ["nan", "inf"]
        self.keys = ["a", "b", "user", "\u043a\u043b\u044e\u0447", "", "with space", '"q"', "\x7f", "\U0001f36a", "_x", "10", "9"]
        if self.flask:
            self.keys += [" t", " di", " t__"]

    def key(self):
        return self.rng.choice(self.keys)

    def text(self):
        if self.rng.random() < 0.06:
            # Long enough for a writer to compress it, or too random for that.
            if self.rng.random() < 0.5:
                return "abc \xe9 " * self.rng.randrange(5, 30)
            return "".join(self.rng.choice(LETTERS) for _ in range(self.rng.randrange(30, 300)))
        alphabet = self.rng.choice(
            ["abcdefghij", "ab \"\\/<>&'", "\x00\x01\b\f\n\r\t\x1f\x7f", "\xe9\xdf\u0436\u6c34\u2028\ufeff", "\U0001f36a\U0010ffffx", "-_=+.:%;,"]
        )
        return "".join(self.rng.choice(alphabet) for _ in range(self.rng.randrange(0, 9)))

    def float(self):
        if self.rng.random() < 0.5:
            return self.rng.choice([0.0, -0.0, 1.0, -1.5, 0.1, 1e16, 1e15, 1e-5, 1e-4, 1e22, 1.5e300, 5e-324, 9007199254740993.0, 1e21, 0.1 + 0.2])
        while True:
            (value,) = struct.unpack(">d", self.rng.randbytes(8))
            if math.isfinite(value):
                return value

    def int(self):
        choice = self.rng.random()
        if choice < 0.6:
            return self.rng.randrange(-1000, 1000)
        if choice < 0.8:
            return self.rng.choice([2**53 + 1, 2**63 - 1, -(2**63), 2**63, 2**64 - 1, 2**31])
        return self.rng.randrange(-(2**63), 2**64)

    def scalar(self):
        rng = self.rng
        kind = rng.choice(["null", "bool", "int", "int", "float", "float", "str", "str", "str"] + (["bytes", "markup", "uuid", "datetime"] if self.flask else []) + (["wide"] if self.wide else []))
        if kind == "null":
            return ["null"]
        if kind == "bool":
            return ["bool", rng.random() < 0.5]
        if kind == "int":
            return ["int", str(self.int())]
        if kind == "float":
            return ["float", repr(self.float())]
        if kind == "bytes":
            return ["bytes", base64.b64encode(rng.randbytes(rng.randrange(0, 12))).decode()]
        if kind == "markup":
            return ["markup", f"<b>{self.text()}</b>"]
        if kind == "uuid":
            return ["uuid", rng.randbytes(16).hex()]
        if kind == "datetime":
            # Whole seconds in UTC: what an HTTP date keeps.
            date = f"{rng.randrange(1900, 2200)}-{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02}"
            return ["datetime", f"{date}T{rng.randrange(24):02}:{rng.randrange(60):02}:{rng.randrange(60):02}+00:00"]
        if kind == "wide":
            wide = {"int": ["int", str(10**30 + rng.randrange(9))], "nan": ["float", "nan"], "inf": ["float", "-inf"], "wtf16": ["wtf16", "0061d800"]}
            return wide[rng.choice(self.wide)]
        return ["str", self.text()]

    def value(self, depth=0):
        choice = self.rng.random()
        if depth > 2 or choice < 0.55:
            return self.scalar()
        count = self.rng.randrange(0, 4)
        if choice < 0.75:
            return ["list", [self.value(depth + 1) for _ in range(count)]]
        if choice < 0.85 and self.flask:
            return ["tuple", [self.value(depth + 1) for _ in range(count)]]
        return self.dict(depth + 1, count)

    def dict(self, depth=1, count=2):
        pairs = {self.key(): self.value(depth) for _ in range(count)}
        return ["dict", [[key, value] for key, value in pairs.items()]]


def weight(typed):
    """Bounds the length of the JSON text that stands for a typed value."""
    kind, *content = typed
    if kind in ("list", "tuple"):
        return 10 + sum(weight(item) + 2 for item in content[0])
    if kind == "dict":
        return 10 + sum(weight(item) + len(json.dumps(key)) + 4 for key, item in content[0])
    return 12 + len(json.dumps(content))


def without_auth_hash(session):
    """Leaves out what Django signs again, with the new secret, when it looks at the user."""
    return [item for item in session[1] if item[0] != "_auth_user_hash"]


def flushed_and_cycled(actions):
    """Says whether Django's session loses its key and then gets another."""
    names = [name for name, *_ in actions]
    flushed = [index for index, name in enumerate(names) if name in ("flush", "logout")]
    return bool(flushed) and any(name in ("cycle_key", "login") for name in names[flushed[0] :])


class Run:
    def __init__(self, arguments):
        self.framework = arguments.framework
        self.rng = random.Random(f"{arguments.framework} {arguments.seed}")
        self.sides = [Side("rust", arguments.rust), Side("python", arguments.python)]
        abouts = [side.must("GET", "/about") for side in self.sides]
        for side, about in zip(self.sides, abouts):
            if about["framework"] != self.framework:
                sys.exit(f"{side.name} is {about['framework']}")
        self.actions = set(abouts[0]["actions"]) & set(abouts[1]["actions"])
        self.settings = set(abouts[0]["config"]) & set(abouts[1]["config"])
        self.left_out = sorted((set(abouts[0]["actions"]) ^ set(abouts[1]["actions"])) | (set(abouts[0]["config"]) ^ set(abouts[1]["config"])))
        # What a side says it does otherwise on purpose.
        self.differs = set().union(*(about.get("differs", []) for about in abouts))
        self.auth = arguments.auth
        if self.auth and not {"login", "logout"} <= self.actions:
            sys.exit("--auth, but not both sides have login and logout")
        if not self.auth:
            self.actions -= {"login", "logout"}
        self.forms = [side for side, about in zip(self.sides, abouts) if about.get("form")]
        self.tokens = all(about.get("token") for about in abouts)
        self.values = Values(self.rng, self.framework, arguments.wide, self.differs)
        # Without Flask's types, which no token has.
        self.plain_values = Values(self.rng, "plain", False, self.differs)
        self.compare_cookies = not arguments.ignore_cookie_kind
        self.clock = arguments.clock
        self.offset = 0
        base = {
            "secret": self.secret(),
            "fallbacks": [],
            "cookie_name": COOKIE,
            "lifetime": 3600,
            "clock": self.clock,
            "clock_offset": 0,
            "auth": self.auth,
            **json.loads(arguments.config),
        }
        self.configs = [dict(base), dict(base)]
        self.jar = Jar()
        self.older = None
        self.session = ["dict", []]
        self.rotation = []
        self.log = collections.deque(maxlen=20)
        self.counts = collections.Counter()
        self.configure()

    def secret(self):
        return "".join(self.rng.choice(LETTERS + "-_!+/ \xe9") for _ in range(32))

    @property
    def now(self):
        return self.clock + self.offset

    def configure(self, *indexes):
        for index in indexes or (0, 1):
            self.configs[index]["clock_offset"] = self.offset
            self.sides[index].must("POST", "/config", self.configs[index])

    def differ(self, what, cookies, left, right):
        raise Difference(
            json.dumps(
                {"what": what, "cookies": cookies, self.sides[0].name: left, self.sides[1].name: right, "configs": self.configs},
                indent=1,
            )
        )

    def both(self, method, path, body, jar, compare_kinds, header=None):
        """Sends the same request to both sides from the same cookies. Returns both jars and the common view."""
        cookies = jar.header() if header is None else header
        responses = [side.send(method, path, body, cookies) for side in self.sides]
        views = [response.view() for response in responses]
        if views[0] != views[1]:
            self.differ(f"{method} {path}", cookies, views[0], views[1])
        jars = [jar.copy(), jar.copy()]
        (left, left_kept), (right, right_kept) = (copied.apply(response.lines, self.now) for copied, response in zip(jars, responses))
        kinds = [left, right]
        if self.compare_cookies and compare_kinds(views[0]) and kinds[0] != kinds[1]:
            self.differ(f"Set-Cookie of {method} {path}", cookies, responses[0].lines, responses[1].lines)
        if kinds == ["set", "set"] and left_kept != right_kept:
            self.differ(f"Max-Age and Expires of {method} {path}", cookies, left_kept, right_kept)
        for kind in kinds:
            self.counts[f"cookie {kind}"] += 1
        return jars, views[0]

    def settle(self, jars, compare_kinds=True):
        """Lets both sides read both jars: all have to see one session. Adopts one of the jars."""
        views, after = [], []
        for jar in jars:
            read, view = self.both("GET", "/state", None, jar, lambda _: compare_kinds)
            views.append(view)
            after += read
        if any(view != views[0] for view in views):
            self.differ("what the two cookies say", [jar.header() for jar in jars], views[0], views[-1])
        chosen = self.rng.choice(after)
        if self.jar.values.get(COOKIE) not in (None, chosen.values.get(COOKIE)):
            self.older = self.jar.values[COOKIE]
        self.jar = chosen
        if views[0]["status"] != 200:
            self.differ("the status of /state", self.jar.header(), views[0], views[0])
        # Signed again after its `_session_expiry`, as Django does when it saves every request, a cookie is gone when it comes.
        self.session = views[0]["session"] if COOKIE in self.jar.values else ["dict", []]
        if len(self.jar.header()) > 4096:
            raise SystemExit("this test made a session that no browser keeps; lower FULL")
        self.counts["longest cookie"] = max(self.counts["longest cookie"], len(self.jar.header()))
        self.counts["sessions with content" if self.session[1] else "empty sessions"] += 1

    # The kinds of step

    def random_actions(self):
        rng, values = self.rng, self.values
        held = [key for key, _ in self.session[1]]
        actions = []
        if weight(self.session) > FULL:
            # A list at the top may have grown by `append`; only dropping keys brings the size down.
            actions = [["del", key] for key in held if key in values.keys and rng.random() < 0.8] or [["clear"]]
            if weight(self.session) > 1.5 * FULL:
                actions = [["clear"]]
            return actions
        flashed, room = False, STEP
        names = {
            "set": 30, "get": 8, "del": 6, "pop": 6, "contains": 4, "len": 3, "all": 3, "update": 6, "setdefault": 5, "append": 8, "clear": 2, "touch": 1,
            "permanent": 4, "flash": 5, "get_flashes": 4, "set_expiry": 4, "flush": 1, "cycle_key": 2, "expiry_age": 3, "browser_close": 2, "status": 2,
            "login": 3, "logout": 1,
        }
        names = {name: share for name, share in names.items() if name in self.actions}
        for _ in range(rng.choice([0, 1, 1, 2, 2, 3, 5])):
            (name,) = rng.choices(list(names), names.values())
            key = rng.choice(held) if held and rng.random() < 0.6 else values.key()
            if name in ("get", "contains", "del", "pop"):
                if name in ("get", "contains") or not key.startswith("_") or key == "_x":
                    actions.append([name, key])
            elif name in ("set", "setdefault"):
                key = key if key in values.keys else values.key()
                value = ["list", []] if rng.random() < 0.15 else values.value()
                if weight(value) < room:
                    room -= weight(value)
                    actions.append([name, key, value])
            elif name == "append":
                key = key if key in values.keys else values.key()
                # Python's sessions do not notice a nested change, so an app says it.
                value = values.scalar()
                if weight(value) < room:
                    room -= weight(value)
                    actions += [["append", key, value], ["touch"]]
            elif name == "update":
                value = values.dict(count=rng.randrange(0, 3))
                if weight(value) < room:
                    room -= weight(value)
                    actions.append(["update", value])
            elif name == "permanent":
                actions.append([name, rng.random() < 0.6])
            elif name == "flash":
                # A text as a rule, but Flask takes anything.
                message = rng.choice([["str", values.text()], ["markup", "<b>x</b>"], values.value()])
                if weight(message) < room:
                    room -= weight(message)
                    actions.append([name, message, rng.choice(["message", "error", "\xe9"])])
            elif name == "get_flashes":
                # Within one request a second call answers from a cache; that is no matter of the session.
                if not flashed:
                    actions.append([name])
                    flashed = True
            elif name == "set_expiry":
                zone = "+00:00" if self.configs[0].get("use_tz", True) else ""
                stamp = ["datetime", f"2026-0{rng.randrange(1, 8)}-01T00:00:00{zone}"]
                actions.append([name, rng.choice([["int", "0"], ["int", "60"], ["int", "3600"], ["int", "-5"], ["null"], ["float", "90.0"], stamp])])
            elif name == "status":
                actions.append([name, rng.choice([200, 201, 404, 499, 500, 503])])
            elif name == "login":
                actions.append([name, "ann"])
            else:
                actions.append([name])
        return actions

    def step_act(self, actions=None):
        actions = self.random_actions() if actions is None else actions
        self.log.append({"act": actions, "at": self.offset})
        for name, *_ in actions:
            self.counts[f"action {name}"] += 1
        before = self.session
        reading = all(name in READ_ONLY for name, *_ in actions)
        # A side may write what changed nothing or not; where something changed, or nothing could, both have to do the same.

        def compare_kinds(view):
            if "flushed_and_cycled" in self.differs and flushed_and_cycled(actions) and view.get("session") == ["dict", []]:
                self.counts["flushed and cycled"] += 1
                return False
            return reading or view.get("session") != before

        jars, view = self.both("POST", "/act", actions, self.jar, compare_kinds)
        if "session" not in view:
            self.differ("no session in the answer", self.jar.header(), view, view)
        if view["session"] == before and any(key == "_session_expiry" for key, _ in before[1]):
            # Written again after that time, as Django does although nothing changed, a cookie has expired when it comes.
            jars = [jar for jar in jars if COOKIE not in jar.values] or jars
        self.settle(jars)

    def step_time(self):
        rng = self.rng
        limit = self.configs[0]["lifetime"]
        written = self.jar.written.get(COOKIE)
        if written is not None and COOKIE in self.jar.values and rng.random() < 0.6:
            target = math.floor(written) + limit + rng.choice([-1, 0, 0, 0.5, 1, 1, 2])
        else:
            target = self.now + rng.choice([0.5, 1, 7, limit / 3])
        target = max(target, self.now)
        self.offset = target - self.clock
        for name in ("refresh_each_request", "save_every_request", "expire_at_browser_close"):
            if name in self.settings and rng.random() < 0.3:
                flipped = rng.random() < 0.5
                for config in self.configs:
                    config[name] = flipped
        self.log.append({"time": self.offset, "config": {k: v for k, v in self.configs[0].items() if k not in ("secret", "fallbacks")}})
        self.configure()
        had = bool(self.session[1])
        # An expired cookie is a rejected one, and what follows a rejection is each side's policy.
        self.settle([self.jar], compare_kinds=False)
        self.counts["expired" if had and not self.session[1] else "moved"] += 1
        self.forget_what_was_rejected()

    def forget_what_was_rejected(self):
        if not self.session[1]:
            self.jar = Jar()
            self.older = None

    def step_tamper(self):
        value = self.jar.values.get(COOKIE)
        if not value or not self.session[1]:
            return self.step_act()
        # Not the last characters: their unused bits are read by some and refused by others.
        index = self.rng.randrange(0, len(value) - 4)
        if value[index] not in LETTERS:
            return self.step_act()
        letter = self.rng.choice([letter for letter in LETTERS if letter != value[index]])
        bad = self.jar.copy()
        bad.values[COOKIE] = value[:index] + letter + value[index + 1 :]
        self.log.append({"tamper": bad.header()})
        _, view = self.both("GET", "/state", None, bad, lambda _: False)
        if view.get("session") != ["dict", []]:
            self.differ("an altered cookie was accepted", bad.header(), view, view)
        # Both have to be able to start again from it.
        jars, _ = self.both("POST", "/act", [["set", "again", ["bool", True]]], bad, lambda _: True)
        self.both("GET", "/state", None, jars[0], lambda _: True)
        self.both("GET", "/state", None, jars[1], lambda _: True)

    def step_duplicate(self):
        value = self.jar.values.get(COOKIE)
        if not value or not self.older:
            return self.step_act()
        for first, second in [(value, self.older), (self.older, value)]:
            header = f"{COOKIE}={first}; other=1; {COOKIE}={second}"
            self.log.append({"duplicate": header})
            self.both("GET", "/state", None, self.jar, lambda _: False, header=header)

    def step_rotate(self):
        """Takes the next stage of the runbook on one side, so that both run with different settings in between."""
        if self.framework == "starlette":
            secret = self.secret()
            for config in self.configs:
                config["secret"] = secret
            self.log.append({"new secret": secret})
            self.configure()
            self.settle([self.jar], compare_kinds=False)
            if self.session[1]:
                self.differ("a cookie of the old secret was accepted", self.jar.header(), self.session, self.session)
            return self.forget_what_was_rejected()
        if not self.rotation:
            old, new = self.configs[0]["secret"], self.secret()
            for stage in ({"secret": old, "fallbacks": [new]}, {"secret": new, "fallbacks": [old]}, {"secret": new, "fallbacks": []}):
                if self.framework == "django" and self.auth:
                    # Django signs `_auth_user_hash` with the current secret, so the sides would rightly differ in it.
                    self.rotation.append(((0, 1), stage))
                else:
                    self.rotation += self.rng.choice([[((0,), stage), ((1,), stage)], [((1,), stage), ((0,), stage)]])
        indexes, stage = self.rotation.pop(0)
        if not stage["fallbacks"]:
            # The runbook drops the old key only when no cookie signed with it is left. Either side's new cookie will do.
            self.counts["old keys dropped"] += 1
            self.step_act([["set", "again", ["int", str(self.counts["old keys dropped"])]]])
            self.older = None
        for index in indexes:
            self.configs[index].update(stage)
        self.log.append({"rotate": [self.sides[index].name for index in indexes], **stage})
        self.configure(*indexes)
        had = self.session
        self.settle([self.jar])
        if without_auth_hash(self.session) != without_auth_hash(had):
            self.differ("the session did not survive a stage of the rotation", self.jar.header(), had, self.session)

    def step_form(self):
        """A form that one side draws has to be accepted after the other side changed the session, by either side if both have forms."""
        side = self.rng.choice(self.forms)
        other = self.sides[1 - self.sides.index(side)]
        # Flask-WTF knows no fallback keys, so during a rotation a form goes back to where it came from.
        same_key = self.configs[0]["secret"] == self.configs[1]["secret"]
        taker = self.rng.choice(self.forms) if same_key else side
        self.counts[f"forms from {side.name} to {taker.name}"] += 1
        jar = self.jar.copy()
        form = side.send("GET", "/form", cookies=jar.header())
        self.log.append({"form": side.name, "then": other.name, "to": taker.name})
        if form.status != 200:
            self.differ("GET /form", jar.header(), form.status, form.answer)
        jar.apply(form.lines, self.now)
        change = [["set", "between", ["float", "1e-05"]]]
        if "flash" in self.actions:
            change.append(["flash", ["str", "changed"], "message"])
        changed = other.send("POST", "/act", change, jar.header())
        jar.apply(changed.lines, self.now)
        posted = taker.send("POST", "/form", cookies=jar.header(), form={"csrf_token": form.answer["token"], "text": "x"})
        if not posted.answer or posted.answer.get("valid") is not True:
            self.differ("the form's token after a change by the other side", jar.header(), changed.view(), posted.answer)
        jar.apply(posted.lines, self.now)
        for forged in ("", form.answer["session_token"], form.answer["token"][:-6] + "AAAAAA"):
            refused = taker.send("POST", "/form", cookies=jar.header(), form={"csrf_token": forged, "text": "x"})
            if not refused.answer or refused.answer.get("valid") is not False:
                self.differ("a forged form token was accepted", jar.header(), forged, refused.answer)
        self.settle([jar])

    def step_end(self):
        """Ends all logins: Django's by another password, Flask's by another alternative token."""
        state = f"state {self.rng.randrange(10**6)}"
        logged_in = any(key in ("_user_id", "_auth_user_id") for key, _ in self.session[1])
        self.log.append({"login_state": state})
        for config in self.configs:
            config["login_state"] = state
        self.configure()
        jars, view = self.both("GET", "/state", None, self.jar, lambda _: True)
        if view.get("user") is not None:
            self.differ("a login outlived what it depends on", self.jar.header(), view, state)
        self.counts["logins ended" if logged_in else "no logins ended"] += 1
        self.settle(jars)
        self.forget_what_was_rejected()

    def step_token(self):
        """A token of the application's own is spelled alike by both sides, and read by the other."""
        value, compress = self.plain_values.value(), self.rng.random() < 0.5
        self.log.append({"token of": value, "compress": compress})
        tokens = [side.must("POST", "/token", {"value": value, "compress": compress})["token"] for side in self.sides]
        separator = "." if self.framework == "flask" else ":"
        left, right = (token.rsplit(separator, 2)[0] for token in tokens)
        # Another deflate may write other bytes, and now and then find the result too long to be worth it.
        if left != right and not (left.startswith(".") and right.startswith(".")):
            if compress or self.framework == "flask" and abs(len(left) - len(right)) < 8:
                self.counts["tokens compressed by one side"] += 1
            else:
                self.differ("the payload of a token", value, left, right)
        self.counts["tokens compressed" if left.startswith(".") else "tokens as they are"] += 1
        for token in tokens:
            read = [side.must("POST", "/token", {"token": token})["value"] for side in self.sides]
            if read[0] is None or read[0] != read[1]:
                self.differ("what a token says", token, *read)
            forged = token[:-6] + ("AAAAAA" if token[-6:] != "AAAAAA" else "BBBBBB")
            read = [side.must("POST", "/token", {"token": forged})["value"] for side in self.sides]
            if read != [None, None]:
                self.differ("a forged token was accepted", forged, *read)

    def step_foreign(self):
        """What only Python writes: Rust keeps a lone surrogate as it is, and takes a session with NaN for none."""
        rust, python = self.sides
        surrogate = self.rng.choice([["wtf16", "0061d800"], ["list", [["wtf16", "dc00"], ["float", "1e-05"]]], ["dict", [["a", ["wtf16", "d83d0061"]]]]])
        self.log.append({"only python sets": surrogate})
        jar = self.jar.copy()
        jar.apply(python.send("POST", "/act", [["set", "foreign", surrogate]], jar.header()).lines, self.now)
        self.settle([jar])
        if ["foreign", surrogate] not in self.session[1]:
            self.differ("what only Python writes", jar.header(), self.session, surrogate)
        number = self.rng.choice(["nan", "inf", "-inf"])
        self.log.append({"only python sets": number})
        jar = self.jar.copy()
        jar.apply(python.send("POST", "/act", [["set", "number", ["list", [["float", number]]]]], jar.header()).lines, self.now)
        seen = rust.send("GET", "/state", cookies=jar.header())
        if seen.status != 200 or seen.answer["session"] != ["dict", []] or seen.lines:
            self.differ("a number that is not JSON", jar.header(), [seen.view(), seen.lines], "an empty session, and no Set-Cookie")

    def step_forget(self):
        self.log.append({"forget": "all cookies"})
        self.jar = Jar()
        self.older = None
        self.settle([self.jar])

    def run(self, steps):
        kinds = {"act": 80, "time": 8, "tamper": 4, "duplicate": 4, "rotate": 4, "forget": 1}
        if self.forms:
            kinds["form"] = 3
        if self.tokens:
            kinds["token"] = 5
        if self.auth:
            kinds["end"] = 4
        if self.values.wide and {"lone_surrogates", "nonfinite"} <= self.differs:
            kinds["foreign"] = 2
        for number in range(1, steps + 1):
            (kind,) = self.rng.choices(list(kinds), kinds.values())
            self.counts[f"step {kind}"] += 1
            self.counts["steps"] = number
            getattr(self, f"step_{kind}")()
        # A run that looked at next to nothing must not count as a good one.
        if steps >= 1000:
            needed = [f"step {kind}" for kind in kinds] + ["cookie set", "cookie remove", "expired"] + [f"action {name}" for name in self.actions] + ["logins ended"] * self.auth
            idle = [name for name in needed if not self.counts[name]]
            if idle or self.counts["sessions with content"] < steps / 2:
                raise SystemExit(f"too little was tried: {idle} {dict(self.counts)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--framework", required=True, choices=["flask", "django", "starlette"])
    parser.add_argument("--rust", required=True, metavar="URL")
    parser.add_argument("--python", required=True, metavar="URL")
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--clock", type=int, default=CLOCK, help="unix seconds at which the run begins")
    parser.add_argument("--config", default="{}", help="JSON that is added to the configuration of both sides")
    parser.add_argument("--auth", action="store_true", help="log in and out, too")
    parser.add_argument("--wide", action="store_true", help="ints beyond 64 bits, NaN, infinities and lone surrogates, too")
    parser.add_argument("--ignore-cookie-kind", action="store_true", help="compare sessions only, not whether a cookie was set, removed or neither")
    arguments = parser.parse_args()
    run = Run(arguments)
    if run.left_out:
        print(f"only one side knows, so not tried: {', '.join(run.left_out)}")
    if run.differs:
        print(f"different on purpose, and tried as such or not at all: {', '.join(sorted(run.differs))}")
    try:
        run.run(arguments.steps)
    except Difference as difference:
        print(f"seed {arguments.seed}, step {run.counts['steps']} of {arguments.steps}: the sides differ")
        print("the last operations, oldest first:")
        for entry in run.log:
            print("  " + json.dumps(entry))
        print(difference)
        return 1
    print(json.dumps({name: count for name, count in sorted(run.counts.items()) if name != "steps"}))
    print(f"{sum(side.requests for side in run.sides)} requests")
    print(f"{arguments.steps} steps, 0 differences")
    return 0


if __name__ == "__main__":
    sys.exit(main())
