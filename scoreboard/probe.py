"""Asks every server of the scoreboard the same 14 questions over HTTP and writes what they answered.

    python3 scoreboard/probe.py --python VENV_PYTHON --bin FOLDER [NAME...]

run.sh calls it. Writes results.json (the requests too) and the table of README.md, both beside this file.
Servers listen on 127.0.0.1 only; each ends with its probe, by its own process id.
"""

import argparse
import base64
import datetime
import email.utils
import hashlib
import hmac
import http.client
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
from pathlib import Path

HERE = Path(__file__).resolve().parent
KEY = hashlib.sha512(b"the key of the scoreboard").hexdigest()
NAME = "sid"
FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
HOUR, DAY = 3600, 86400


class Server:
    """A server with a clock of its own, which libfaketime shows it: what it is made of stays as it is."""

    def __init__(self, command, key=KEY, name=NAME, folder=None):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.clock = tempfile.NamedTemporaryFile("w", suffix=".clock")
        self.set_clock(0)
        environment = {
            "PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "PYTHONDONTWRITEBYTECODE": "1", "NODE_ENV": "production",
            "PORT": str(self.port), "KEY": key, "NAME": name, "LD_PRELOAD": FAKETIME, "FAKETIME_TIMESTAMP_FILE": self.clock.name,
            "FAKETIME_NO_CACHE": "1", "DONT_FAKE_MONOTONIC": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
        self.process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def __enter__(self):
        end = time.monotonic() + 30
        while time.monotonic() < end and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return self
            except OSError:
                time.sleep(0.1)
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.clock.close()

    def set_clock(self, seconds):
        self.clock.seek(0)
        self.clock.truncate()
        self.clock.write(f"{seconds:+d}\n")
        self.clock.flush()

    def ask(self, method, path, *cookies):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, headers={"Cookie": "; ".join(cookies)} if cookies else {})
            response = connection.getresponse()
            body = response.read().decode("utf-8", "replace")
            return Answer(f"{method} {path}", "; ".join(cookies), response.status, response.getheaders(), body)
        finally:
            connection.close()


class Answer:
    def __init__(self, line, cookie, status, headers, body):
        self.line, self.cookie, self.status, self.headers, self.body = line, cookie, status, headers, body

    def all(self, name):
        return [value for key, value in self.headers if key.lower() == name.lower()]

    @property
    def knows(self):
        return self.status == 200 and self.body == "42"

    def record(self):
        short = lambda text: text if len(text) <= 400 else f"{text[:200]} ... ({len(text)} bytes)"
        shown = {key: short(value) for key, value in self.headers if key.lower() in {"set-cookie", "vary", "cache-control"}}
        return {"request": self.line, "cookie": short(self.cookie), "status": self.status, "headers": shown, "body": short(self.body[:80])}


class Jar(dict):
    """What a browser keeps: the values by name."""

    def take(self, answer):
        for line in answer.all("set-cookie"):
            pair, *attributes = line.split(";")
            name, _, value = pair.strip().partition("=")
            attributes = {key.strip().lower(): text for key, _, text in (attribute.partition("=") for attribute in attributes)}
            ended = False
            if "max-age" in attributes:
                ended = int(attributes["max-age"]) <= 0
            elif "expires" in attributes:
                date = email.utils.parsedate_to_datetime(attributes["expires"].strip())
                ended = date.timestamp() < time.time()
            if ended:
                self.pop(name, None)
            elif len(name) + len(value) <= 4096:
                self[name] = value
        return self

    def lines(self):
        return [f"{name}={value}" for name, value in self.items()]


def altered(value):
    """Copies that differ in one place: a bit of a character of base64, one too many, one too few, and the ends."""
    copies = set()
    for at, character in enumerate(value):
        if character in ALPHABET:
            others = [ALPHABET[ALPHABET.index(character) ^ 1 << bit] for bit in range(6)]
        else:
            others = ["A", "."]
        copies.update(value[:at] + other + value[at + 1:] for other in others)
        copies.add(value[:at] + value[at + 1:])
        copies.add(value[:at] + character + value[at:])
        copies.add(value[:at])
    copies.update(value + more for more in ["A", ".", "=", "-"])
    return sorted(copies - {value})


# --- cookies whose signature is right and whose content is no session ------------------------------------------------

def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def mac(key, data, digest="sha256"):
    return hmac.new(key, data, digest).digest()


def garbage_ours(_):
    signing = mac(bytes.fromhex(KEY), b"cookie-session/v1/cookie/" + NAME.encode())
    seconds = int(time.time()).to_bytes(8, "big").lstrip(b"\0")
    text = f"{b64(b'garbage')}.{b64(seconds)}"
    return [f"{NAME}={text}.{b64(mac(signing, text.encode()))}"]


def garbage_itsdangerous(derivation):
    def make(python):
        code = f"import sys; from itsdangerous import TimestampSigner; print({derivation}.decode())"
        return [f"{NAME}=" + subprocess.run([python, "-c", code, KEY], capture_output=True, text=True, check=True).stdout.strip()]
    return make


def garbage_django(python):
    code = (
        "import sys; from django.conf import settings; settings.configure(SECRET_KEY=sys.argv[1]); from django.core.signing import TimestampSigner;"
        "print(TimestampSigner(salt='django.contrib.sessions.backends.signed_cookies').sign('garbage'))"
    )
    return [f"{NAME}=" + subprocess.run([python, "-c", code, KEY], capture_output=True, text=True, check=True).stdout.strip()]


def garbage_express(_):
    pair = f"{NAME}=garbage"
    return [pair, f"{NAME}.sig={b64(mac(KEY.encode(), pair.encode(), 'sha1'))}"]


def garbage_jar(_):
    signature = base64.b64encode(mac(KEY.encode()[:32], b"garbage")).decode()
    return [f"{NAME}={urllib.parse.quote(signature + 'garbage', safe='')}"]


def garbage_actix(_):
    code = (
        "const c=require('crypto');const n=c.randomBytes(12);const k=c.createCipheriv('aes-256-gcm',Buffer.from(process.argv[1].slice(32,64)),n);"
        "k.setAAD(Buffer.from(process.argv[2]));const t=Buffer.concat([k.update('garbage'),k.final()]);"
        "console.log(encodeURIComponent(Buffer.concat([n,t,k.getAuthTag()]).toString('base64')))"
    )
    return [f"{NAME}=" + subprocess.run(["node", "-e", code, KEY, NAME], capture_output=True, text=True, check=True).stdout.strip()]


def garbage_gorilla(_):
    text = f"{int(time.time())}|{b64(b'garbage')}|".encode()
    return [f"{NAME}=" + base64.urlsafe_b64encode(text + mac(KEY.encode(), f"{NAME}|".encode() + text[:-1])).decode()]


def garbage_iron(_):
    code = "import('iron-session').then(async m=>console.log(await m.sealData('garbage',{password:process.argv[1]})))"
    folder = NODE
    return [f"{NAME}=" + subprocess.run(["node", "-e", code, KEY], capture_output=True, text=True, check=True, cwd=folder).stdout.strip()]


# --- the questions ---------------------------------------------------------------------------------------------------

def logged_in(server):
    return Jar().take(server.ask("POST", "/login"))


def renamed(lines, old):
    return [line.replace(old, NAME, 1) for line in lines]


def yes(condition, yes, no):
    return yes if condition else no


def ask_altered(run, server, jar):
    copies = accepted = 0
    shown = []
    for name, value in jar.items():
        for copy in altered(value):
            lines = [f"{name}={copy}"] + [f"{other}={text}" for other, text in jar.items() if other != name]
            answer = server.ask("GET", "/read", *lines)
            copies += 1
            if answer.knows:
                accepted += 1
                shown.append(answer)
    return f"{accepted} of {copies} accepted", (shown or [answer])[:3]


def ask_other_cookie(run, server, jar):
    with run(name="other") as other:
        lines = renamed(logged_in(other).lines(), "other")
    answer = server.ask("GET", "/read", *lines)
    return yes(answer.knows, "accepted", "refused"), [answer]


def ask_other_application(run, server, jar):
    with run() as other:
        lines = logged_in(other).lines()
    answer = server.ask("GET", "/read", *lines)
    return yes(answer.knows, "accepted", "refused"), [answer]


def ask_later(run, server, jar):
    words, answers = [], []
    for name, seconds in [("1 h", HOUR), ("400 d", 400 * DAY + 1)]:
        server.set_clock(seconds)
        answer = server.ask("GET", "/read", *jar.lines())
        words.append(f"{name}: {yes(answer.knows, 'accepted', 'refused')}")
        answers.append(answer)
    server.set_clock(0)
    return ", ".join(words), answers


def ask_earlier(run, server, jar):
    server.set_clock(-5)
    answer = server.ask("GET", "/read", *jar.lines())
    server.set_clock(0)
    return yes(answer.knows, "accepted", "refused"), [answer]


def ask_size(run, server, jar):
    answer = server.ask("POST", "/login?size=5000")
    kept = Jar().take(answer)
    if answer.status >= 400:
        return f"an error, {answer.status}", [answer]
    if NAME in kept:
        return "fits", [answer]
    longest = max((len(line.split(";")[0]) for line in answer.all("set-cookie")), default=0)
    return f"{answer.status}, and a cookie of {longest} bytes that browsers drop" if longest else f"{answer.status} without a cookie", [answer]


def in_both_orders(server, jar, others):
    """Browsers send the cookie of the longer path first, which somebody on a page of the same site can set."""
    before = server.ask("GET", "/read", *others, *jar.lines())
    after = server.ask("GET", "/read", *jar.lines(), *others)
    return f"before it: {yes(before.knows, 'found', 'logged out')}, after it: {yes(after.knows, 'found', 'logged out')}", [before, after]


def ask_junk(run, server, jar):
    return in_both_orders(server, jar, [f"{NAME}=junk"])


def ask_many(run, server, jar):
    value = jar[NAME]
    return in_both_orders(server, jar, [f"{NAME}={value[:4]}{other}{value[5:]}" for other in ALPHABET[:21] if other != value[4]][:20])


def ask_garbage(run, server, jar):
    lines = run.garbage()
    answer = server.ask("GET", "/read", *lines)
    return f"{answer.status}" + (", no session" if answer.body == "null" else ""), [answer]


def ask_logout(run, server, jar):
    answer = server.ask("POST", "/logout", *jar.lines())
    left = Jar(jar).take(answer)
    return yes(not left, "nothing is left", f"left: {', '.join(sorted(left))}"), [answer]


def ask_caches(run, server, jar):
    words, answers = [], []
    for name, answer in [("read", server.ask("GET", "/read", *jar.lines())), ("set", server.ask("POST", "/login"))]:
        headers = [f"Vary: {value}" for value in answer.all("vary")] + answer.all("cache-control")
        words.append(f"{name}: {', '.join(headers) or 'nothing'}")
        answers.append(answer)
    return "; ".join(words), answers


def ask_reading(run, server, jar):
    answer = server.ask("GET", "/read", *jar.lines())
    return yes(answer.all("set-cookie"), "sets a cookie", "sets none"), [answer]


def ask_two(run, server, jar):
    # Both are sent with the same cookie; the answer to the second arrives last.
    logout, read = server.ask("POST", "/logout", *jar.lines()), server.ask("GET", "/read", *jar.lines())
    after = server.ask("GET", "/read", *Jar(jar).take(logout).take(read).lines())
    return yes(after.knows, "logged in again", "stays logged out"), [logout, read, after]


WEAK = ["secret", "changemechangemechangemechangeme", "a" * 64]


def ask_weak(run, server, jar):
    refused = []
    for key in WEAK:
        with run(key=key) as weak:
            try:
                works = weak.ask("POST", "/login").status == 200
            except OSError:
                works = False
        if not works:
            refused.append(key)
    names = {WEAK[0]: "`secret`", WEAK[1]: "`changeme` × 4", WEAK[2]: "`a` × 64"}
    return ("refuses " + ", ".join(names[key] for key in refused)) if refused else "takes all three", []


PROBES = [
    ("altered copies", "Every copy of a cookie that differs in one place.", ask_altered),
    ("another cookie's value", "The value of a cookie with another name, signed with the same key.", ask_other_cookie),
    ("another application's", "The cookie of another application that has the same key and name.", ask_other_application),
    ("later", "The cookie an hour and 400 days after the login.", ask_later),
    ("5 s earlier", "The cookie at a machine whose clock is five seconds behind.", ask_earlier),
    ("over the limit", "A login that stores 5,000 bytes.", ask_size),
    ("a junk cookie", "A cookie of the same name that says `junk`, before or after the right one.", ask_junk),
    ("20 forged cookies", "Twenty altered copies before or after the right one.", ask_many),
    ("signed garbage", "A cookie whose signature is right and whose content is no session.", ask_garbage),
    ("log out", "What a browser still has after a log out.", ask_logout),
    ("shared caches", "What a page that reads the session, and one that sets it, say to caches.", ask_caches),
    ("reading", "Whether a page that only reads sets a cookie.", ask_reading),
    ("two at a time", "A page that reads, begun before a log out and answered after it.", ask_two),
    ("weak keys", "A server with the key `secret`, four times `changeme`, and 64 times `a`.", ask_weak),
]


def servers(options):
    rust = lambda name: [str(Path(options.bin) / name)]
    python = lambda name: [options.python, str(HERE / "python" / name)]
    node = lambda name: ["node", str(NODE / name)]
    return {
        "cookie-session-axum": (rust("ours_axum"), garbage_ours),
        "cookie-session-actix": (rust("ours_actix"), garbage_ours),
        "actix-session": (rust("actix_session"), garbage_actix),
        "axum-extra": (rust("axum_extra"), garbage_jar),
        "tower-sessions-cookie-store": (rust("tower_sessions"), garbage_jar),
        "Flask": (python("flask_app.py"), garbage_itsdangerous(
            "TimestampSigner(sys.argv[1], salt='cookie-session', key_derivation='hmac').sign(b'garbage')")),
        "Django": (python("django_app.py"), garbage_django),
        "Starlette": (python("starlette_app.py"), garbage_itsdangerous("TimestampSigner(sys.argv[1]).sign(b'garbage')")),
        "Express cookie-session": (node("express.js"), garbage_express),
        "iron-session": (node("iron.js"), garbage_iron),
        "gorilla/securecookie": (rust("gorilla"), garbage_gorilla),
    }


def versions(options):
    lock = (HERE / "rust/Cargo.lock").read_text(encoding="utf-8")
    found = dict(re.findall(r'^name = "([\w-]+)"\nversion = "([\d.]+)"', lock, re.MULTILINE))
    for name in ["Flask", "Django", "Starlette"]:
        code = "import sys; from importlib.metadata import version; print(version(sys.argv[1]))"
        found[name] = subprocess.run([options.python, "-c", code, name], capture_output=True, text=True, check=True).stdout.strip()
    packages = json.loads((HERE / "node/package.json").read_text(encoding="utf-8"))["dependencies"]
    found |= {"iron-session": packages["iron-session"], "Express cookie-session": packages["cookie-session"]}
    found["gorilla/securecookie"] = "1.1.1"
    return found


def table(results):
    """The table of the README: a row for each question, in three parts so that it can be read."""
    names = list(results["servers"])
    text = [f"Asked on {results['date']}.", ""]
    for part in range(0, len(names), 4):
        some = names[part:part + 4]
        heads = [f"{name} {results['servers'][name]['version']}" for name in some]
        text += ["| | " + " | ".join(heads) + " |", "|---|" + "---|" * len(some)]
        for probe, _, _ in PROBES:
            text.append(f"| {probe} | " + " | ".join(results["servers"][name]["cells"][probe]["fact"] for name in some) + " |")
        text.append("")
    return "\n".join(text)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--python", required=True)
    parser.add_argument("--bin", required=True)
    parser.add_argument("--node", required=True)
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    global NODE
    NODE = Path(options.node).resolve()
    known, every = versions(options), servers(options)
    results = {"date": datetime.date.today().isoformat(), "servers": {}}
    failures = 0
    for name, (command, garbage) in every.items():
        if options.names and name not in options.names:
            continue

        def run(key=KEY, name=NAME, command=command):
            return Server(command, key, name)

        run.garbage = lambda garbage=garbage: garbage(options.python)
        cells = {}
        with run() as server:
            for probe, _, ask in PROBES:
                try:
                    jar = logged_in(server)
                    if not server.ask("GET", "/read", *jar.lines()).knows:
                        raise RuntimeError("the contract is not kept: a login cannot be read")
                    fact, answers = ask(run, server, jar)
                    cells[probe] = {"fact": fact, "requests": [answer.record() for answer in answers]}
                except Exception as error:  # one cell, not the table
                    cells[probe] = {"fact": f"not asked: {error}", "requests": []}
                    failures += 1
                print(f"{name}: {probe}: {cells[probe]['fact']}", flush=True)
        results["servers"][name] = {"version": known.get(name, "?"), "cells": cells}
    if options.names:
        return sys.exit(failures > 0)
    (HERE / "results.json").write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    page = HERE / "README.md"
    head, mark, rest = page.read_text(encoding="utf-8").partition("<!-- table -->\n")
    _, end, tail = rest.partition("<!-- end of the table -->\n")
    page.write_text(head + mark + "\n" + table(results) + "\n" + end + tail, encoding="utf-8")
    sys.exit(failures > 0)


if __name__ == "__main__":
    main()
