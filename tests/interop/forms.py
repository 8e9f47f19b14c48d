"""Reads the form token and the messages that Rust wrote into a session, and writes others. Called by tests/forms_live.rs."""

import json
import sys

question = json.loads(sys.argv[1])
SECRET, COOKIE, TOKEN = question["secret"], question["cookie"], question["token"]


def with_flask():
    import flask
    from flask_wtf.csrf import generate_csrf, validate_csrf
    from markupsafe import Markup
    from wtforms.validators import ValidationError

    app = flask.Flask(__name__)
    app.secret_key = SECRET

    def accepts(token):
        try:
            validate_csrf(token)
            return True
        except ValidationError:
            return False

    @app.get("/")
    def page():
        answer = {"accepts": accepts(TOKEN), "flashes": flask.get_flashed_messages(with_categories=True)}
        answer["accepts_another"] = accepts(TOKEN[:-1] + ("A" if TOKEN[-1] != "A" else "B"))
        answer["token"] = generate_csrf()
        flask.flash("plain <b>", "info")
        flask.flash(Markup("<b>bold</b>"), "success")
        return answer

    client = app.test_client()
    client.set_cookie("session", COOKIE)
    response = client.get("/")
    return response.json | {"cookie": response.headers["Set-Cookie"].split(";")[0].split("=", 1)[1]}


def with_django():
    import django
    from django.conf import settings

    settings.configure(
        SECRET_KEY=SECRET,
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF=__name__,
        CSRF_USE_SESSIONS=True,
        SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
        MESSAGE_STORAGE="django.contrib.messages.storage.session.SessionStorage",
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
        ],
    )
    django.setup()
    from django.test import Client

    def post(token):
        client = Client(enforce_csrf_checks=True)
        client.cookies["sessionid"] = COOKIE
        return client.post("/", {"csrfmiddlewaretoken": token})

    other = TOKEN[:-1] + ("A" if TOKEN[-1] != "A" else "B")
    refused, response = post(other), post(TOKEN)
    accepts = response.status_code == 200
    answer = response.json() if accepts else {}
    cookie = response.cookies["sessionid"].value if accepts else ""
    return answer | {"accepts": accepts, "accepts_another": refused.status_code == 200, "cookie": cookie}


def page(request):
    from django.contrib import messages
    from django.http import JsonResponse
    from django.middleware.csrf import get_token
    from django.utils.safestring import mark_safe

    answer = {"flashes": [[message.tags, str(message)] for message in messages.get_messages(request)]}
    messages.info(request, "plain <b>")
    messages.success(request, mark_safe("<b>bold</b>"))
    return JsonResponse(answer | {"token": get_token(request)})


if question["framework"] == "django":
    from django.urls import path

    urlpatterns = [path("", page)]

print(json.dumps(with_flask() if question["framework"] == "flask" else with_django()))
