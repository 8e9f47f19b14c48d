"""Django's signed_cookies sessions in their defaults, but for the name of the cookie."""

import os
import secrets
from wsgiref.simple_server import WSGIRequestHandler, make_server

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path

settings.configure(
    SECRET_KEY=os.environ["KEY"],
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
    SESSION_COOKIE_NAME=os.environ["NAME"],
    MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware"],
)
django.setup()


def read(request):
    return HttpResponse(str(request.session.get("user", "null")))


def login(request):
    request.session.cycle_key()
    request.session["user"] = 42
    if size := int(request.GET.get("size", 0)):
        request.session["filler"] = secrets.token_urlsafe(size)[:size]  # what compresses would not be too large
    return HttpResponse("")


def change(request):
    request.session["n"] = request.session.get("n", 0) + 1
    return HttpResponse("")


def logout(request):
    request.session.flush()
    return HttpResponse("")


urlpatterns = [path("read", read), path("login", login), path("change", change), path("logout", logout)]


class Quiet(WSGIRequestHandler):
    def log_message(self, *args):
        pass


make_server("127.0.0.1", int(os.environ["PORT"]), get_wsgi_application(), handler_class=Quiet).serve_forever()
