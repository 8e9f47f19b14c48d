"""A Flask app with Flask-Login and Flask-WTF that speaks the protocol of README.md."""

import hashlib
from importlib.metadata import version

import flask
import flask.sessions
from itsdangerous import URLSafeTimedSerializer
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from flask_wtf import FlaskForm
from wtforms import StringField

import support
from actions import ACTIONS, FLASK_ACTIONS
from typed import from_typed

app = flask.Flask(__name__, static_folder=None)
login_manager = LoginManager(app)


class User(UserMixin):
    def __init__(self, name):
        self.id = name

    def get_id(self):
        """An alternative token: another one ends all logins."""
        return f"{self.id} {side.config['login_state']}"


class Form(FlaskForm):
    text = StringField()


@login_manager.user_loader
def load_user(token):
    name, _, state = token.partition(" ")
    return User(name) if state == side.config["login_state"] else None


def user_name():
    return current_user.id if current_user.is_authenticated else None


def apply(config):
    if config["session_protection"] not in ("basic", "strong", None):
        raise support.BadRequest("configuration: session_protection is basic, strong or null")
    app.config.update(
        SECRET_KEY=config["secret"],
        SECRET_KEY_FALLBACKS=config["fallbacks"],
        SESSION_COOKIE_NAME=config["cookie_name"],
        PERMANENT_SESSION_LIFETIME=config["lifetime"],
        SESSION_REFRESH_EACH_REQUEST=config["refresh_each_request"],
    )
    login_manager.session_protection = config["session_protection"]
    digest = getattr(hashlib, config["digest"])
    app.session_interface = type(
        "Interface",
        (flask.sessions.SecureCookieSessionInterface,),
        {
            "salt": config["salt"],
            "digest_method": staticmethod(digest),
            "key_derivation": config["key_derivation"],
        },
    )()


def about():
    packages = ("Flask", "Werkzeug", "itsdangerous", "Flask-Login", "Flask-WTF")
    return {"form": True, "versions": {name: version(name) for name in packages}}


actions = {
    **ACTIONS,
    **FLASK_ACTIONS,
    "flash": lambda _, message, category: flask.flash(from_typed(message), category),
    "get_flashes": lambda _: flask.get_flashed_messages(with_categories=True),
    "login": lambda _, name: login_user(User(name)),
    "logout": lambda _: logout_user(),
}
del actions["raise"]
settings = {
    "refresh_each_request": True,
    "session_protection": "basic",
    "salt": "cookie-session",
    "digest": "sha1",
    "key_derivation": "hmac",
    "compress_from": 0,  # the other side's alone
}
side = support.Support("flask", actions, settings, about, patched=[flask.sessions])
side.apply = apply


def serializer():
    keys = [*side.config["fallbacks"], side.config["secret"]]
    return URLSafeTimedSerializer(keys, salt="live")


side.tokens = (lambda value, _: serializer().dumps(value), lambda token: serializer().loads(token, max_age=3600))


@app.errorhandler(support.BadRequest)
def bad_request(error):
    return {"error": str(error)}, 400


@app.before_request
def look_at_the_user():
    # An app with logins looks at its user in every request, and that look may already change the session.
    if side.config["auth"]:
        user_name()


@app.get("/state")
@app.post("/act")
def act():
    answer, status = side.act(flask.session, flask.request.get_data())
    answer["user"] = user_name() if side.config["auth"] else None
    return answer, status


@app.route("/form", methods=["GET", "POST"])
def form():
    form = Form()
    if flask.request.method == "POST":
        valid = form.validate_on_submit()
        return {"valid": valid, "errors": form.errors}
    token = form.csrf_token.current_token
    return {"token": token, "session_token": flask.session["csrf_token"]}


if __name__ == "__main__":
    given = support.arguments()
    side.configure(given.config)
    support.serve_wsgi(side, app, given.port)
