"""What the three apps of the live differential test share: configuration, the clock, the action list, and a server that stops with stdin."""

import argparse
import json
import os
import socket
import sys
import threading
from socketserver import TCPServer
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from actions import run
from typed import Clock, from_typed, to_typed

COMMON_CONFIG = {
    "secret": None,
    "fallbacks": [],
    "cookie_name": "session",
    "lifetime": 3600,
    "clock": None,
    "clock_offset": 0,
    "auth": False,
    # What a login depends on: Django's column `password`, Flask-Login's alternative token.
    "login_state": "first",
}


class BadRequest(Exception):
    """The protocol was not kept; the answer is a 400."""


class Support:
    """One app's side of the protocol. `more_config` holds the framework's own keys with their defaults."""

    def __init__(self, framework, actions, more_config, about, patched=()):
        self.framework = framework
        self.actions = actions
        self.defaults = {**COMMON_CONFIG, **more_config}
        self.more_about = about
        self.clock = Clock().install(*patched)
        self.config = None
        self.apply = None
        # How to make and read a token of the application's own.
        self.tokens = None

    def configure(self, text):
        """Replaces the whole configuration; what is not named gets its default."""
        try:
            given = json.loads(text)
        except ValueError as error:
            raise BadRequest(f"configuration: {error}") from None
        if unknown := set(given) - set(self.defaults):
            raise BadRequest(f"configuration: unknown keys {sorted(unknown)}")
        config = {**self.defaults, **given}
        if not isinstance(config["secret"], str):
            raise BadRequest("configuration: secret has to be a text")
        self.apply(config)
        self.config = config
        self.clock.fixed = config["clock"]
        self.clock.offset = config["clock_offset"]

    def about(self):
        return {
            "framework": self.framework,
            "actions": sorted([*self.actions, "status"]),
            "config": sorted(self.defaults),
            "token": self.tokens is not None,
            **self.more_about(),
        }

    def act(self, session, body):
        """Runs a list of actions. Returns the answer and the status."""
        try:
            actions = json.loads(body) if body else []
        except ValueError as error:
            raise BadRequest(f"actions: {error}") from None
        for name, *_ in actions:
            if name not in self.actions and name != "status":
                raise BadRequest(f"no action {name}")
        status, reads = 200, []
        for name, *arguments in actions:
            if name == "status":
                (status,) = arguments
                continue
            found = []
            try:
                run(session, self.actions, name, arguments, found)
                reads.extend(to_typed(value, sort=True) for value in found)
            except (KeyError, AttributeError):
                # `del` of an absent key, `append` to what is absent or not a list.
                reads.append(["err"])
        return {
            "session": to_typed(dict(session.items()), sort=True),
            "reads": reads,
            "accessed_only": not session.modified,
        }, status

    def control(self, method, path, body):
        """Answers what is outside of the framework, or returns None."""
        if (method, path) == ("GET", "/about"):
            return 200, self.about()
        if (method, path) == ("POST", "/config"):
            try:
                self.configure(body)
            except BadRequest as error:
                return 400, {"error": str(error)}
            return 200, {"ok": True}
        if (method, path) == ("POST", "/token") and self.tokens:
            asked = json.loads(body)
            dumps, loads = self.tokens
            if "token" not in asked:
                return 200, {"token": dumps(from_typed(asked["value"]), asked.get("compress", False))}
            try:
                return 200, {"value": to_typed(loads(asked["token"]), sort=True)}
            except Exception:
                return 200, {"value": None}
        return None


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--config", required=True, help="JSON, see README.md")
    return parser.parse_args()


def exit_with_stdin():
    """Ends the process when stdin closes, so that no server outlives the test that started it."""

    def wait():
        while sys.stdin.buffer.read(4096):
            pass
        os._exit(0)

    threading.Thread(target=wait, daemon=True).start()


def announce(port):
    print(f"listening on 127.0.0.1:{port}", flush=True)


class QuietHandler(WSGIRequestHandler):
    def log_message(self, *_):
        pass


class LocalServer(WSGIServer):
    request_queue_size = 64

    def server_bind(self):
        # The original asks the name service for this host's name.
        TCPServer.server_bind(self)
        self.server_name = "127.0.0.1"
        self.server_port = self.server_address[1]
        self.setup_environ()


def serve_wsgi(support, app, port):
    def with_control(environ, start_response):
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        body = b""
        if path in ("/config", "/token"):
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        answer = support.control(method, path, body)
        if answer is None:
            return app(environ, start_response)
        status, content = answer
        start_response(f"{status} {'OK' if status == 200 else 'Bad Request'}", [("Content-Type", "application/json")])
        return [json.dumps(content).encode()]

    server = LocalServer(("127.0.0.1", port), QuietHandler)
    server.set_app(with_control)
    exit_with_stdin()
    announce(server.server_port)
    server.serve_forever()


def serve_asgi(support, app, port):
    import uvicorn

    async def with_control(scope, receive, send):
        if scope["type"] != "http" or scope["path"] not in ("/config", "/about"):
            return await app(scope, receive, send)
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        status, content = support.control(scope["method"], scope["path"], body) or (405, {"error": "method"})
        text = json.dumps(content).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(text)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": text})

    class Server(uvicorn.Server):
        async def startup(self, sockets=None):
            await super().startup(sockets=sockets)
            announce(sockets[0].getsockname()[1])

    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    exit_with_stdin()
    config = uvicorn.Config(with_control, log_level="critical", access_log=False, lifespan="off")
    Server(config).run(sockets=[listener])
