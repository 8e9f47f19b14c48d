"""Does what the README tells a newcomer: puts its programs into new crates, runs its commands, logs in, reads and logs out.

    python3 .ci/newcomer.py               both programs
    python3 .ci/newcomer.py axum          one of them

The crates are outside of the repository and take every text letter by letter; they differ from a newcomer's only in that
the packages of this project come from here, and in the profile, which is this project's: what tests have built serves
here, too. Servers listen on 127.0.0.1, on the port that the programs name, and end with this script. Exits 1 and says
why when something is not as the README says.
"""

import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()
FRAMEWORKS = ["axum", "actix"]

BUILD_SECONDS = 900
START_SECONDS = 60
ANSWER_SECONDS = 10

COOKIE = "__Host-session"
NOBODY, SOMEBODY = "User: None", "User: Some(42)"


class Problem(Exception):
    """The README does not hold."""


def expect(holds, what):
    if not holds:
        raise Problem(what)


# --- what the README says ----------------------------------------------------------------------------------------

def one(blocks, what):
    expect(len(blocks) == 1, f"there must be one {what}, not {len(blocks)}")
    return blocks[0]


def texts(framework):
    """The lines of Cargo.toml, the program and the commands to run it."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    package = f"cookie-session-{framework}"
    blocks = re.findall(r"^```(\w+)\n(.*?)^```$", readme, re.DOTALL | re.MULTILINE)
    manifest = one([text for kind, text in blocks if kind == "toml" and package in text], f"block of toml with {package} in README.md")
    program = one([text for kind, text in blocks if kind == "rust" and package.replace("-", "_") in text], f"block of Rust with {package} in README.md")
    commands = one(re.findall(r"<!-- run -->\n```sh\n(.*?)^```$", readme, re.DOTALL | re.MULTILINE), "block of sh after <!-- run --> in README.md")
    return manifest, program, commands


def ours(manifest):
    """The packages of this project that a newcomer gets from crates.io, and where they are here."""
    command = ["cargo", "metadata", "--locked", "--no-deps", "--format-version", "1"]
    listed = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True, text=True).stdout
    packages = {package["name"]: package for package in json.loads(listed)["packages"] if package["publish"] is None}
    found, queue = {}, re.findall(r"^([\w-]+) = ", manifest, re.MULTILINE)
    while queue:
        name = queue.pop()
        if name in packages and name not in found:
            found[name] = Path(packages[name]["manifest_path"]).parent
            queue += [dependency["name"] for dependency in packages[name]["dependencies"] if dependency["kind"] is None]
    return found


def new_crate(folder, framework):
    """What `cargo new` makes, and the README's texts. The versions of other crates are those that are tested here."""
    manifest, program, commands = texts(framework)
    patches = "".join(f'{name} = {{ path = "{path}" }}\n' for name, path in ours(manifest).items())
    head = '[package]\nname = "hello"\nversion = "0.1.0"\nedition = "2024"\n\n'
    root = (ROOT / "Cargo.toml").read_text(encoding="utf-8")
    profile = "\n".join(re.findall(r"^\[profile\.dev\b.*?(?=^\[|\Z)", root, re.DOTALL | re.MULTILINE))
    (folder / "src").mkdir()
    (folder / "Cargo.toml").write_text(f"{head}{manifest}\n[patch.crates-io]\n{patches}\n{profile}", encoding="utf-8")
    (folder / "src" / "main.rs").write_text(program, encoding="utf-8")
    shutil.copy(ROOT / "Cargo.lock", folder)
    return program, commands


# --- the server --------------------------------------------------------------------------------------------------

def environment():
    kept = {name: value for name, value in os.environ.items() if name != "SESSION_KEYS"}
    return kept | {"CARGO_TARGET_DIR": str(TARGET), "CARGO_TERM_COLOR": "never"}


def build(folder):
    command = ["cargo", "build", "--quiet"]
    status = subprocess.run(command, cwd=folder, env=environment(), timeout=BUILD_SECONDS).returncode
    expect(status == 0, "the program does not compile")


def start_without_keys(folder):
    """The first thing that goes wrong: it has to say what is missing."""
    command = ["cargo", "run", "--quiet"]
    result = subprocess.run(command, cwd=folder, env=environment(), timeout=START_SECONDS, stderr=subprocess.PIPE, text=True)
    expect(result.returncode != 0, "the program runs without a key")
    expect("SESSION_KEYS" in result.stderr, f"without a key the program does not name SESSION_KEYS: {result.stderr!r}")
    print("  without a key:", result.stderr.strip().splitlines()[-1])


class Server:
    """The commands of the README, in a process group of their own."""

    def __init__(self, folder, commands, port):
        self.port = port
        self.commands = commands
        self.folder = folder

    def is_up(self):
        with socket.socket() as client:
            client.settimeout(1)
            return client.connect_ex(("127.0.0.1", self.port)) == 0

    def __enter__(self):
        expect(not self.is_up(), f"something else listens on port {self.port}; end it, and run this again")
        command = ["bash", "-euo", "pipefail", "-c", self.commands]
        self.process = subprocess.Popen(command, cwd=self.folder, env=environment(), start_new_session=True)
        try:
            end = time.monotonic() + START_SECONDS
            while not self.is_up():
                expect(self.process.poll() is None, f"the commands ended with status {self.process.returncode}")
                expect(time.monotonic() < end, f"nothing listens on port {self.port} after {START_SECONDS} s")
                time.sleep(0.1)
            expect(self.process.poll() is None, "something else took the port")
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        for number in [signal.SIGTERM, signal.SIGKILL]:
            try:
                # The group that this script began, and nothing else.
                os.killpg(self.process.pid, number)
                self.process.wait(10)
            except ProcessLookupError:
                return
            except subprocess.TimeoutExpired:
                continue

    def request(self, method, path, cookie=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_SECONDS)
        try:
            connection.request(method, path, headers={"Cookie": cookie} if cookie else {})
            response = connection.getresponse()
            return response.status, response.headers, response.read().decode()
        finally:
            connection.close()


# --- the visit ---------------------------------------------------------------------------------------------------

def visit(server):
    """One visitor, from the first page to the logout. Browsers send the form of the page that was read last."""
    status, headers, page = server.request("GET", "/")
    expect(status == 200 and page.startswith(NOBODY), f"the first page is {status} {page!r}")
    expect(headers.get_all("Set-Cookie") is None, "reading sets a cookie")

    status, headers, _ = server.request("POST", form(page))
    expect(status == 303 and headers["Location"] == "/", f"the login answers {status}")
    cookie, attributes = set_cookie(headers)
    expect({"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= attributes, f"the cookie has {attributes}")
    print("  logged in:", cookie)

    status, headers, page = server.request("GET", "/", cookie)
    expect(status == 200 and page.startswith(SOMEBODY), f"after the login the page is {status} {page!r}")
    expect("private" in (headers["Cache-Control"] or ""), "a visitor's page may be cached")
    print("  read:", page)

    status, headers, other = server.request("GET", "/", altered(cookie))
    expect(status == 200 and other.startswith(NOBODY), f"an altered cookie reads {status} {other!r}")

    status, headers, _ = server.request("POST", form(page), cookie)
    removed, attributes = set_cookie(headers)
    expect(status == 303 and removed == f"{COOKIE}=", f"the logout answers {status} and sets {removed}")
    expect("Max-Age=0" in attributes, f"the logout sets {attributes}")
    print("  logged out:", removed, "Max-Age=0")


def form(page):
    return "/" + one(re.findall(r"<form method=post action=(\w+)>", page), "form in the page")


def set_cookie(headers):
    line = one(headers.get_all("Set-Cookie") or [], "Set-Cookie")
    pair, *attributes = line.split("; ")
    expect(pair.startswith(f"{COOKIE}="), f"the cookie is {pair}")
    return pair, set(attributes)


def altered(cookie):
    """With another user in the payload, under the same signature."""
    name, value = cookie.split("=", 1)
    middle = len(value) // 4
    other = "A" if value[middle] != "A" else "B"
    return f"{name}={value[:middle]}{other}{value[middle + 1:]}"


def main():
    wanted = sys.argv[1:] or FRAMEWORKS
    for framework in wanted:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            print(f"{framework}: a new crate in {folder}", flush=True)
            program, commands = new_crate(folder, framework)
            port = int(one(re.findall(r'"127\.0\.0\.1:(\d+)"', program), "address in the program"))
            build(folder)
            start_without_keys(folder)
            with Server(folder, commands, port) as server:
                visit(server)
    print(f"{' and '.join(wanted)}: compiled, logged in, read and logged out")


if __name__ == "__main__":
    try:
        main()
    except (Problem, subprocess.SubprocessError, OSError) as problem:
        sys.exit(f"failed: {problem}")
