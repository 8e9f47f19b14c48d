"""Answers one request of a test vector by calling the real library. README.md lists the operations.

`answer(request)` returns what the library returned or raised.
"""

import asyncio
import base64
import hashlib
import json
import warnings

import django
import flask
import flask.json.tag
import flask.sessions
import itsdangerous
from django.conf import settings
from django.http import HttpResponse
from django.test import RequestFactory, override_settings
from itsdangerous.encoding import base64_decode, base64_encode, int_to_bytes
from starlette.middleware.sessions import SessionMiddleware as StarletteSessions
from starlette.requests import Request
from werkzeug.test import EnvironBuilder

from actions import ACTIONS, DJANGO_ACTIONS, FLASK_ACTIONS, expiry_value, run
from typed import Clock, from_typed, to_typed

settings.configure(
    SECRET_KEY="never used",
    SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
    MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware"],
    ROOT_URLCONF=__name__,
    ALLOWED_HOSTS=["*"],
    USE_TZ=True,
    LOGGING_CONFIG=None,
)
django.setup()

import django.utils.timezone  # noqa: E402
from django.contrib.sessions.backends.signed_cookies import SessionStore  # noqa: E402
from django.contrib.sessions.middleware import SessionMiddleware as DjangoSessions  # noqa: E402
from django.core import signing  # noqa: E402

ALL_ACTIONS = {**ACTIONS, **FLASK_ACTIONS, **DJANGO_ACTIONS}
CLOCK = Clock().install(flask.sessions, django.utils.timezone)


def bytes_of(field):
    return base64.b64decode(field["b64"]) if isinstance(field, dict) else field.encode()


def bytes_to_json(value):
    try:
        return value.decode()
    except UnicodeDecodeError:
        return {"b64": base64.b64encode(value).decode()}


# itsdangerous


def digest_of(name):
    return getattr(hashlib, name)


def signer_arguments(spec):
    arguments = {}
    if "salt" in spec and spec["salt"] is not None:
        arguments["salt"] = bytes_of(spec["salt"])
    if "sep" in spec:
        arguments["sep"] = bytes_of(spec["sep"])
    if "derivation" in spec:
        arguments["key_derivation"] = spec["derivation"]
    digest = spec.get("digest")
    if digest is not None:
        arguments["digest_method"] = digest_of(digest)
    algorithm = spec.get("alg", digest)
    if algorithm == "none":
        arguments["algorithm"] = itsdangerous.NoneAlgorithm()
    elif algorithm is not None:
        arguments["algorithm"] = itsdangerous.HMACAlgorithm(digest_of(algorithm))
    return arguments


def make_signer(spec, cls=itsdangerous.Signer):
    return cls([bytes_of(key) for key in spec["keys"]], **signer_arguments(spec))


def make_serializer(request):
    cls = getattr(itsdangerous, request["cls"])
    spec = request["signer"]
    arguments = signer_arguments(spec)
    options = {"signer_kwargs": arguments}
    if "salt" in arguments:
        options["salt"] = arguments.pop("salt")
    if "fallback_signers" in request:
        options["fallback_signers"] = [
            {
                name: (digest_of(value) if name == "digest" else value)
                for name, value in fallback.items()
            }
            for fallback in request["fallback_signers"]
        ]
        for fallback in options["fallback_signers"]:
            if "derivation" in fallback:
                fallback["key_derivation"] = fallback.pop("derivation")
            if "digest" in fallback:
                fallback["digest_method"] = fallback.pop("digest")
    return cls([bytes_of(key) for key in spec["keys"]], **options)


def id_dumps(request):
    serializer = make_serializer(request)
    token = serializer.dumps(from_typed(request["payload"]))
    return bytes_to_json(token if isinstance(token, bytes) else token.encode())


def id_loads(request):
    serializer = make_serializer(request)
    token = bytes_of(request["token"])
    if "Timed" not in request["cls"]:
        return {"payload": to_typed(serializer.loads(token)), "timestamp": None}
    payload, signed = serializer.loads(
        token, max_age=request.get("max_age"), return_timestamp=True
    )
    return {"payload": to_typed(payload), "timestamp": int(signed.timestamp())}


def id_ts_unsign(request):
    signer = make_signer(request["signer"], itsdangerous.TimestampSigner)
    answer = signer.unsign(
        bytes_of(request["value"]),
        max_age=request["max_age"],
        return_timestamp=request["return_timestamp"],
    )
    if not request["return_timestamp"]:
        return {"value": bytes_to_json(answer)}
    value, signed = answer
    return {"value": bytes_to_json(value), "timestamp": int(signed.timestamp())}


def id_derive_key(request):
    signer = make_signer(request["signer"])
    key = bytes_of(request["key"]) if "key" in request else None
    return bytes_to_json(signer.derive_key(key))


# Flask


def bytes_or_text(field):
    return bytes_of(field) if isinstance(field, dict) else field


def secrets_of(config):
    """Returns the configuration with the secrets that are not text turned into bytes."""
    config = dict(config)
    if "SECRET_KEY" in config:
        config["SECRET_KEY"] = bytes_or_text(config["SECRET_KEY"])
    fallbacks = config.get("SECRET_KEY_FALLBACKS")
    if isinstance(fallbacks, list):
        config["SECRET_KEY_FALLBACKS"] = [bytes_or_text(key) for key in fallbacks]
    return config


def flask_app(config, interface=None):
    """Returns an app with this configuration; `interface` changes the attributes that apps change by a subclass."""
    app = flask.Flask("vectors", static_folder=None)
    app.config.update(secrets_of(config))
    if interface:
        names = {"salt": "salt", "digest": "digest_method", "derivation": "key_derivation"}
        attributes = {
            names[name]: (staticmethod(digest_of(value)) if name == "digest" else value)
            for name, value in interface.items()
        }
        app.session_interface = type(
            "Interface", (flask.sessions.SecureCookieSessionInterface,), attributes
        )()
    return app


def flask_dumps(request):
    app = flask_app(request["config"], request.get("interface"))
    # Flask's writer sorts keys only inside an app context, as every request has one.
    with app.app_context():
        serializer = app.session_interface.get_signing_serializer(app)
        return serializer.dumps(from_typed(request["session"]))


def flask_loads(request):
    app = flask_app(request["config"], request.get("interface"))
    max_age = request.get("max_age", int(app.permanent_session_lifetime.total_seconds()))
    serializer = app.session_interface.get_signing_serializer(app)
    payload, signed = serializer.loads(
        request["token"], max_age=max_age, return_timestamp=True
    )
    return {"payload": to_typed(payload), "timestamp": int(signed.timestamp())}


def environment(header, **rest):
    environ = EnvironBuilder(**rest).get_environ()
    if header is not None:
        # WSGI carries header bytes as latin-1 text.
        environ["HTTP_COOKIE"] = header.encode().decode("latin-1")
    return environ


def flask_open(request):
    app = flask_app(request["config"], request.get("interface"))
    incoming = app.request_class(environment(request["cookie_header"]))
    session = app.session_interface.open_session(app, incoming)
    return {"session": None if session is None else to_typed(dict(session))}


def flask_save(request):
    app = flask_app(request["config"], request.get("interface"))
    session = flask.sessions.SecureCookieSession(from_typed(request["session"]))
    session.modified = request["modified"]
    session.accessed = request["accessed"]
    with app.app_context(), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        response = app.response_class()
        app.session_interface.save_session(app, session, response)
    return {
        "set_cookie": response.headers.get("Set-Cookie"),
        "vary": "Cookie" in response.headers.get("Vary", ""),
        "too_large": any("cookie" in str(warning.message) for warning in caught),
    }


# The actions of the http operations


def run_actions(session, actions, reads):
    """Runs the actions against a framework's session. Returns the status for the response."""
    status = 200
    for name, *arguments in actions:
        if name == "status":
            (status,) = arguments
        else:
            run(session, ALL_ACTIONS, name, arguments, reads)
    return status


def http_answer(status, headers, reads):
    return {
        "status": status,
        "set_cookie": [value for name, value in headers if name.lower() == "set-cookie"],
        "vary": [
            part.strip()
            for name, value in headers
            if name.lower() == "vary"
            for part in value.split(",")
        ],
        "reads": None if reads is None else [to_typed(value) for value in reads],
    }


def call_wsgi(app, environ):
    answered = {}

    def start_response(status, headers, exc_info=None):
        answered["status"] = int(status.split()[0])
        answered["headers"] = headers

    body = app(environ, start_response)
    b"".join(body)
    if hasattr(body, "close"):
        body.close()
    return answered["status"], answered["headers"]


def flask_http(request):
    app = flask_app(request["config"], request.get("interface"))
    app.logger.disabled = True
    reads, finished = [], []

    @app.route("/")
    def view():
        status = run_actions(flask.session, request["actions"], reads)
        finished.append(True)
        return "", status

    status, headers = call_wsgi(app, environment(request["cookie_header"]))
    return http_answer(status, headers, reads if finished else None)


# Django


def django_signer(spec, cls=signing.Signer):
    return cls(
        key=bytes_or_text(spec["key"]),
        sep=spec["sep"],
        salt=spec["salt"],
        algorithm=spec["algorithm"],
        fallback_keys=[bytes_or_text(key) for key in spec["fallback_keys"]],
    )


def dj_dumps(request):
    cls = signing.TimestampSigner if request["timed"] else signing.Signer
    return django_signer(request["signer"], cls).sign_object(
        from_typed(request["payload"]),
        compress=request["compress"],
    )


def dj_ts_unsign(request):
    signer = django_signer(request["signer"], signing.TimestampSigner)
    return signer.unsign(request["value"], max_age=request["max_age"])


def dj_session_dumps(request):
    store = SessionStore()
    store._session_cache = from_typed(request["session"])
    store.save()
    return store.session_key


def dj_session_loads(request):
    store = SessionStore(request["cookie"])
    accepted = store.session_key is not None
    return {
        "session": to_typed(store._session),
        "reset": store.modified,
        "key_accepted": accepted,
    }


def dj_expiry(request):
    store = SessionStore()
    store._session_cache = {}
    if "stored" in request:
        store["_session_expiry"] = from_typed(request["stored"])
    if "set_expiry" in request:
        store.set_expiry(expiry_value(request["set_expiry"]))
    options = {
        name: from_typed(request[name]) for name in ("modification", "expiry") if name in request
    }
    return {
        "age": to_typed(store.get_expiry_age(**options)),
        "date": to_typed(store.get_expiry_date(**options)),
        "browser_close": store.get_expire_at_browser_close(),
        "stored": to_typed(store.get("_session_expiry")),
    }


def django_middleware(cookie_header, view):
    """Runs the real middleware around `view`, which gets the request and returns a response."""
    request = RequestFactory().get("/")
    request.META.update(environment(cookie_header))
    return DjangoSessions(view)(request)


def django_set_cookies(response):
    return [morsel.output(header="").strip() for morsel in response.cookies.values()]


def dj_policy(request):
    name = settings.SESSION_COOKIE_NAME

    def view(incoming):
        session = incoming.session
        session._session_cache = {} if request["empty"] else {"k": 1}
        session._session_key = None
        session.accessed = request["accessed"]
        session.modified = request["modified"]
        return HttpResponse(status=request["status"])

    header = f"{name}=longer-than-eight" if request["cookie_present"] else None
    response = django_middleware(header, view)
    morsel = response.cookies.get(name)
    action = "none" if morsel is None else "delete" if morsel.value == "" else "save"
    return {"action": action, "vary": "Cookie" in response.headers.get("Vary", "")}


def dj_cookie(request):
    class Stub:
        """A session whose cookie value and expiry are given; only the middleware's header text is asked."""

        accessed = modified = True
        session_key = request["value"]
        is_empty = staticmethod(lambda: request["value"] is None)
        get_expire_at_browser_close = staticmethod(lambda: request["browser_close"])
        get_expiry_age = staticmethod(lambda: request["age"])
        save = staticmethod(lambda: None)

    def view(incoming):
        incoming.session = Stub()
        return HttpResponse()

    response = django_middleware(f"{settings.SESSION_COOKIE_NAME}=present", view)
    (line,) = django_set_cookies(response)
    return {"set_cookie": line}


urlpatterns = []


def dj_http(request):
    from django.core.handlers.wsgi import WSGIHandler
    from django.urls import clear_url_caches, path

    reads, finished = [], []

    def view(incoming):
        status = run_actions(incoming.session, request["actions"], reads)
        finished.append(True)
        return HttpResponse(status=status)

    urlpatterns[:] = [path("", view)]
    clear_url_caches()
    status, headers = call_wsgi(WSGIHandler(), environment(request["cookie_header"]))
    return http_answer(status, headers, reads if finished else None)


# Starlette


def call_starlette(config, cookie_header, view, status=200):
    """Runs the real middleware around `view`, which gets the scope. Returns the status and the headers."""
    sent = []

    async def app(scope, receive, send):
        answered = view(scope)
        await send(
            {"type": "http.response.start", "status": answered or status, "headers": []}
        )
        await send({"type": "http.response.body", "body": b""})

    async def send(message):
        sent.append(message)

    headers = [] if cookie_header is None else [(b"cookie", cookie_header.encode())]
    scope = {"type": "http", "method": "GET", "path": "/", "headers": headers}
    asyncio.run(StarletteSessions(app, **config)(scope, None, send))
    start = sent[0]
    return start["status"], [
        (name.decode("latin-1"), value.decode("latin-1")) for name, value in start["headers"]
    ]


def header_values(headers, wanted):
    return [value for name, value in headers if name.lower() == wanted]


def st_dumps(request):
    def view(scope):
        scope["session"].update(from_typed(request["session"]))

    _, headers = call_starlette({"secret_key": request["secret_key"]}, None, view)
    (line,) = header_values(headers, "set-cookie")
    return line.split(";")[0].partition("=")[2]


def st_loads(request):
    signer = StarletteSessions(None, secret_key=request["secret_key"]).signer
    data = signer.unsign(request["token"].encode(), max_age=request["max_age"])
    return {"payload": to_typed(json.loads(base64.b64decode(data)))}


def st_open(request):
    seen = {}

    def view(scope):
        session = scope["session"]
        seen["session"] = to_typed(dict(session))
        # The middleware removes the cookie of a cleared session only when it had accepted one.
        session.clear()

    _, headers = call_starlette(request["config"], request["cookie_header"], view)
    seen["loaded"] = bool(header_values(headers, "set-cookie"))
    return seen


def st_save(request):
    config = request["config"]
    name = config.get("session_cookie", "session")
    cookie = None
    if request["loaded"]:
        token = st_dumps({"secret_key": config["secret_key"], "session": ["dict", [["x", ["null"]]]]})
        cookie = f"{name}={token}"

    def view(scope):
        session = scope["session"]
        dict.clear(session)
        dict.update(session, from_typed(request["session"]))
        session.accessed = request["accessed"]
        session.modified = request["modified"]

    _, headers = call_starlette(config, cookie, view)
    lines = header_values(headers, "set-cookie")
    return {
        "set_cookie": lines[0] if lines else None,
        "vary": any("Cookie" in value for value in header_values(headers, "vary")),
    }


def st_http(request):
    reads, finished = [], []

    def view(scope):
        # An untouched session must stay so: `Request.session` counts as a look at it.
        session = Request(scope).session if request["actions"] else None
        status = run_actions(session, request["actions"], reads)
        finished.append(True)
        return status

    try:
        status, headers = call_starlette(request["config"], request["cookie_header"], view)
    except Exception:
        # The server outside of the middleware answers; nothing of the session is saved.
        return http_answer(500, [], None)
    return http_answer(status, headers, reads if finished else None)


OPERATIONS = {
    "id.b64encode": lambda r: bytes_to_json(base64_encode(bytes_of(r["value"]))),
    "id.b64decode": lambda r: bytes_to_json(base64_decode(bytes_of(r["value"]))),
    "id.int_to_bytes": lambda r: bytes_to_json(int_to_bytes(int(r["n"]))),
    "id.derive_key": id_derive_key,
    "id.sign": lambda r: bytes_to_json(make_signer(r["signer"]).sign(bytes_of(r["value"]))),
    "id.unsign": lambda r: bytes_to_json(make_signer(r["signer"]).unsign(bytes_of(r["value"]))),
    "id.ts_sign": lambda r: bytes_to_json(
        make_signer(r["signer"], itsdangerous.TimestampSigner).sign(bytes_of(r["value"]))
    ),
    "id.ts_unsign": id_ts_unsign,
    "id.dumps": id_dumps,
    "id.loads": id_loads,
    "flask.tagged_loads": lambda r: to_typed(
        flask.json.tag.TaggedJSONSerializer().loads(r["json"])
    ),
    "flask.dumps": flask_dumps,
    "flask.loads": flask_loads,
    "flask.open": flask_open,
    "flask.save": flask_save,
    "flask.http": flask_http,
    "dj.b62_encode": lambda r: signing.b62_encode(int(r["n"])),
    "dj.b62_decode": lambda r: str(signing.b62_decode(r["s"])),
    "dj.sign": lambda r: django_signer(r["signer"]).sign(r["value"]),
    "dj.unsign": lambda r: django_signer(r["signer"]).unsign(r["value"]),
    "dj.ts_sign": lambda r: django_signer(r["signer"], signing.TimestampSigner).sign(r["value"]),
    "dj.ts_unsign": dj_ts_unsign,
    "dj.dumps": dj_dumps,
    "dj.session_dumps": dj_session_dumps,
    "dj.session_loads": dj_session_loads,
    "dj.expiry": dj_expiry,
    "dj.policy": dj_policy,
    "dj.cookie": dj_cookie,
    "dj.http": dj_http,
    "st.dumps": st_dumps,
    "st.loads": st_loads,
    "st.open": st_open,
    "st.save": st_save,
    "st.http": st_http,
}


def error_to_json(error):
    kinds = (
        "SignatureExpired BadTimeSignature BadSignature BadPayload BadData InvalidAlgorithm".split()
    )
    kind = type(error).__name__
    known = isinstance(error, (itsdangerous.BadData, signing.BadSignature)) or kind == "InvalidAlgorithm"
    answer = {"kind": kind if known and kind in kinds else "Error", "message": str(error)}
    if answer["kind"] == "Error":
        answer["py"] = (
            kind if type(error).__module__ == "builtins" else f"{type(error).__module__}.{kind}"
        )
    payload = getattr(error, "payload", None)
    if payload is not None:
        answer["payload"] = bytes_to_json(payload if isinstance(payload, bytes) else payload.encode())
    signed = getattr(error, "date_signed", None)
    if signed is not None:
        answer["date_signed"] = int(signed.timestamp())
    original = getattr(error, "original_error", None)
    if original is not None:
        module = type(original).__module__
        name = type(original).__name__
        answer["original"] = name if module == "builtins" else f"{module}.{name}"
    return answer


def answer(request):
    """Returns what the library answers to the request, with the clock standing still at its `now`."""
    CLOCK.fixed = request.get("now", 0)
    operation = OPERATIONS[request["op"]]
    overrides = secrets_of(request.get("config", {})) if request["op"].startswith("dj.") else {}
    try:
        with override_settings(**overrides):
            return {"ok": operation(request)}
    except Exception as error:
        return {"err": error_to_json(error)}
    finally:
        CLOCK.fixed = None
