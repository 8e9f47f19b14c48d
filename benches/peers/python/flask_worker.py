"""Reads and writes the sessions of a Flask application, as ordered on standard input: see languages.rs.

The serializer is the one that Flask's own session interface makes: HMAC-SHA1, tagged JSON, compressed where that is shorter.
"""

import json
import sys
import time
from itertools import cycle, islice

from flask import Flask

SECRET = "5f1c0a7b93de4862c1b7a9e0d3f46825"

app = Flask(__name__)
app.secret_key = SECRET
serializer = app.session_interface.get_signing_serializer(app)
max_age = int(app.permanent_session_lifetime.total_seconds())


def main():
    sessions = json.loads(sys.stdin.readline())
    cookies = {size: [serializer.dumps(session) for session in of_size] for size, of_size in sessions.items()}
    for line in sys.stdin:
        verb, size, turns = line.split()
        values = list(islice(cycle(cookies[size] if verb == "read" else sessions[size]), int(turns)))
        print(read(values) if verb == "read" else write(values), flush=True)


def read(cookies):
    start = time.perf_counter_ns()
    for cookie in cookies:
        serializer.loads(cookie, max_age=max_age)
    return time.perf_counter_ns() - start


def write(sessions):
    start = time.perf_counter_ns()
    for session in sessions:
        serializer.dumps(session)
    return time.perf_counter_ns() - start


main()
