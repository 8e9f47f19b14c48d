"""A Django site with signed-cookie sessions and contrib.auth that speaks the protocol of README.md."""

import logging
import os
import time
from importlib.metadata import version

import django
from django.conf import settings

settings.configure(
    SECRET_KEY="replaced by the configuration",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    USE_TZ=True,
    LOGGING_CONFIG=None,
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
)
django.setup()
# Statuses that the actions ask for are no news.
logging.getLogger("django.request").setLevel(logging.CRITICAL)

import django.utils.timezone  # noqa: E402
from django.contrib import auth  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.core import signing  # noqa: E402
from django.core.handlers.wsgi import WSGIHandler  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.http import JsonResponse  # noqa: E402
from django.urls import path  # noqa: E402

import support  # noqa: E402
from actions import ACTIONS, DJANGO_ACTIONS  # noqa: E402

USER = "ann"


def apply(config):
    if config["lifetime"] is None:
        raise support.BadRequest("configuration: lifetime has to be a number")
    settings.SECRET_KEY = config["secret"]
    settings.SECRET_KEY_FALLBACKS = config["fallbacks"]
    settings.SESSION_COOKIE_NAME = config["cookie_name"]
    settings.SESSION_COOKIE_AGE = config["lifetime"]
    settings.SESSION_SAVE_EVERY_REQUEST = config["save_every_request"]
    settings.SESSION_EXPIRE_AT_BROWSER_CLOSE = config["expire_at_browser_close"]
    settings.USE_TZ = config["use_tz"]
    # What Django does once, with its TIME_ZONE, when it starts.
    os.environ["TZ"] = "UTC" if config["use_tz"] else "Europe/Berlin"
    time.tzset()


    # The table is not there yet when the first configuration comes.
    if side.config is not None:
        User.objects.filter(username=USER).update(password=config["login_state"])


def about():
    # Whoever makes `_auth_user_hash` needs the column `password` too, which is `login_state` in the configuration.
    return {
        "form": False,
        "users": {USER: {"id": str(User.objects.get(username=USER).pk)}},
        "versions": {"Django": version("Django")},
    }


def with_user(request, name):
    return auth.login(request, User.objects.get(username=name), "django.contrib.auth.backends.ModelBackend")


actions = {**ACTIONS, **DJANGO_ACTIONS}
del actions["raise"]
side = support.Support(
    "django",
    {**actions, "login": None, "logout": None},
    # The last is the other side's alone.
    {"save_every_request": False, "expire_at_browser_close": False, "use_tz": True, "compress_from": 0},
    about,
    patched=[django.utils.timezone],
)
side.apply = apply
side.tokens = (
    lambda value, compress: signing.dumps(value, salt="live", compress=compress),
    lambda token: signing.loads(token, salt="live", max_age=3600),
)


def user_name(request):
    return request.user.username if request.user.is_authenticated else None


def act(request):
    if side.config["auth"]:
        # A site with logins looks at its user in every request, and that look may already change the session.
        user_name(request)
    side.actions["login"] = lambda _, name: with_user(request, name)
    side.actions["logout"] = lambda _: auth.logout(request)
    try:
        answer, status = side.act(request.session, request.body)
    except support.BadRequest as error:
        return JsonResponse({"error": str(error)}, status=400)
    answer["user"] = user_name(request) if side.config["auth"] else None
    return JsonResponse(answer, status=status)


urlpatterns = [path("act", act), path("state", act)]


if __name__ == "__main__":
    given = support.arguments()
    side.configure(given.config)
    call_command("migrate", run_syncdb=True, verbosity=0)
    User.objects.create(username=USER, password=side.config["login_state"])
    support.serve_wsgi(side, WSGIHandler(), given.port)
