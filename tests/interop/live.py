"""Runs the differential test between every Python app and the Rust server, which live.sh built.

    "$(tests/interop/venv.sh | tail -n 1)" tests/interop/live.py --server target/debug/cookie-session-interop [--steps 2000] [--seed 1 2 3]

Starts both sides on free ports and ends them. Prints every run's last line and exits 1 if any run did not end with 0 differences.
"""

import argparse
import json
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent

# What each framework is run with. All of them rotate keys and change the settings of the framework as they go.
MODES = {
    "flask": [
        ("wide contents", ["--wide"]),
        ("Flask-Login, basic", ["--wide", "--auth"]),
        ("Flask-Login, strong", ["--wide", "--auth", "--config", '{"session_protection":"strong"}']),
        ("compressed from 300 bytes on", ["--wide", "--config", '{"compress_from":300}']),
        ("other salt, digest and derivation", ["--wide", "--config", '{"salt":"mine","digest":"sha512","key_derivation":"django-concat"}']),
    ],
    "django": [
        ("wide contents", ["--wide"]),
        ("django.contrib.auth", ["--wide", "--auth"]),
        ("compressed from 300 bytes on", ["--wide", "--config", '{"compress_from":300}']),
        ("USE_TZ = False", ["--wide", "--config", '{"use_tz":false}']),
        # Ten minutes before the clock is put forward, and back, on the site's wall.
        ("USE_TZ = False, spring", ["--config", '{"use_tz":false}', "--clock", "1774745400"]),
        ("USE_TZ = False, autumn", ["--config", '{"use_tz":false}', "--clock", "1792889400"]),
    ],
    "starlette": [("wide contents", ["--wide"])],
}


class Server:
    """A process that ends when its stdin closes."""

    def __init__(self, *command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line.startswith("listening on "):
            self.close()
            sys.exit(f"did not start: {' '.join(map(str, command))}")
        self.url = f"http://{line.split()[-1]}"

    def about(self):
        with urllib.request.urlopen(f"{self.url}/about", timeout=20) as answer:
            return json.load(answer)

    def close(self):
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def compare(framework, rust, python, steps, seed, options):
    command = [
        sys.executable, str(HERE / "differential.py"), "--framework", framework, "--rust", rust.url, "--python", python.url,
        "--steps", str(steps), "--seed", str(seed), *options,
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    wanted = f"{steps} steps, 0 differences"
    good = done.returncode == 0 and done.stdout.splitlines()[-1:] == [wanted]
    return good, wanted if good else done.stdout + done.stderr


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server", required=True, metavar="PATH", help="the Rust server's program")
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--seed", type=int, nargs="+", default=[1])
    parser.add_argument("--framework", choices=MODES, nargs="+", default=list(MODES))
    arguments = parser.parse_args()
    failures = 0
    for framework in arguments.framework:
        python = Server(sys.executable, str(HERE / f"{framework}_app.py"), "--port", "0", "--config", '{"secret":"first"}')
        try:
            about = python.about()
            print(f"{framework}: {', '.join(f'{name} {version}' for name, version in about['versions'].items())}", flush=True)
            users = json.dumps(about.get("users", {}))
            rust = Server(arguments.server, "--framework", framework, "--port", "0", "--config", '{"secret":"first"}', "--users", users)
            try:
                for note, options in MODES[framework]:
                    for seed in arguments.seed:
                        start = time.monotonic()
                        good, said = compare(framework, rust, python, arguments.steps, seed, options)
                        failures += not good
                        print(f"{framework}, {note}, seed {seed}: {said} ({time.monotonic() - start:.0f} s)", flush=True)
            finally:
                rust.close()
        finally:
            python.close()
    if failures:
        print(f"{failures} runs found a difference")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
