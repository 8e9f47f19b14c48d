"""Checks the differential test itself: Python against Python has to agree, and a sabotaged side has to be found.

    "$(tests/interop/venv.sh)" tests/interop/selfcheck.py [--steps 2000] [--framework flask]
"""

import argparse
import http.client
import json
import math
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

HERE = Path(__file__).resolve().parent


def start(framework):
    """Starts an app on a free port. Returns the process, which ends when its stdin closes, and its address."""
    process = subprocess.Popen(
        [sys.executable, str(HERE / f"{framework}_app.py"), "--port", "0", "--config", '{"secret":"first"}'],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    line = process.stdout.readline()
    if not line.startswith("listening on "):
        sys.exit(f"{framework}_app.py did not start")
    return process, line.split()[-1]


def saboteur(address, on_request=lambda path, body: body, on_answer=lambda path, body: body):
    """Starts a proxy that alters what passes. Returns its address."""

    class Handler(BaseHTTPRequestHandler):
        def forward(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = on_request(self.path, body)
            headers = {k: v for k, v in self.headers.items() if k.lower() not in ("content-length", "host")}
            upstream = http.client.HTTPConnection(address, timeout=20)
            upstream.request(self.command, self.path, body, headers)
            response = upstream.getresponse()
            content = on_answer(self.path, response.read())
            self.send_response(response.status)
            for name, value in response.getheaders():
                if name.lower() not in ("content-length", "transfer-encoding", "date", "server", "connection"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            upstream.close()

        do_GET = do_POST = forward

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"127.0.0.1:{server.server_port}"


def other_secret(path, body):
    if path != "/config":
        return body
    config = json.loads(body)
    config["secret"] += "x"
    return json.dumps(config).encode()


def round_floats(node):
    """Changes the last digit of every float that is stored, as a careless reader would."""
    if isinstance(node, list):
        if len(node) == 2 and node[0] == "float" and math.isfinite(float(node[1])):
            return ["float", repr(float(f"{float(node[1]):.15g}"))]
        return [round_floats(item) for item in node]
    return node


def mangled_floats(path, body):
    return json.dumps(round_floats(json.loads(body))).encode() if path == "/act" and body else body


def minus_zero(path, body):
    return body.replace(b'["float", "-0.0"]', b'["float", "0.0"]') if path == "/act" else body


def late_clock(path, body):
    if path != "/config":
        return body
    config = json.loads(body)
    config["lifetime"] += 1
    return json.dumps(config).encode()


def compare(framework, left, right, steps, *more):
    command = [
        sys.executable, str(HERE / "differential.py"), "--framework", framework,
        "--rust", f"http://{left}", "--python", f"http://{right}", "--steps", str(steps), "--seed", "1", *more,
    ]
    return subprocess.run(command, capture_output=True, text=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--framework", choices=["flask", "django", "starlette"], action="append")
    arguments = parser.parse_args()
    failed = False

    def report(framework, note, good, done):
        nonlocal failed
        failed |= not good
        last = done.stdout.strip().splitlines()[-1:] if good else [done.stdout, done.stderr]
        first = done.stdout.splitlines()[:1]
        shown = first if good and done.returncode else last
        print(f"{'ok  ' if good else 'FAIL'} {framework}, {note}: {' '.join(shown)}", flush=True)

    for framework in arguments.framework or ["flask", "django", "starlette"]:
        processes, addresses = zip(*(start(framework) for _ in range(2)))
        left, right = addresses
        try:
            for options in [(), ("--wide",)] + ([] if framework == "starlette" else [("--auth",)]):
                done = compare(framework, left, right, arguments.steps, *options)
                good = done.returncode == 0 and f"{arguments.steps} steps, 0 differences" in done.stdout
                report(framework, " ".join(("agreement", *options)), good, done)
            for note, changes in [
                ("another secret", {"on_request": other_secret}),
                ("floats rounded to 15 digits", {"on_request": mangled_floats}),
                ("minus zero lost", {"on_request": minus_zero}),
                ("one second more of life", {"on_request": late_clock}),
            ]:
                done = compare(framework, saboteur(left, **changes), right, arguments.steps)
                report(framework, note, done.returncode == 1 and "the sides differ" in done.stdout, done)
        finally:
            for process in processes:
                process.stdin.close()
                process.wait(10)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
