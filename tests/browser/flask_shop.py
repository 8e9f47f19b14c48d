"""A shop in Flask that keeps its session as the Rust examples do: `user`, and `cart` as pieces by product.

    FLASK_SECRET_KEY=... python tests/browser/flask_shop.py

The elements have the ids of the Rust pages. The tokens in its forms are those of Flask-WTF, and the messages those of
`flash()`: the Rust examples share them too.
"""

import os

import flask
from flask_wtf import CSRFProtect
from markupsafe import escape
from werkzeug.serving import WSGIRequestHandler, make_server

app = flask.Flask(__name__)
app.config["SECRET_KEY"] = os.environ["FLASK_SECRET_KEY"]
CSRFProtect(app)

PAGE = """{% set token %}<input type="hidden" name="csrf_token" value="{{ csrf_token() }}">{% endset %}<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Cookie shop</title><link rel="icon" href="data:,">
<h1>Cookie shop on <span id="framework">Flask</span></h1>
{% for category, message in get_flashed_messages(with_categories=True) %}
<p class="flash">{{ category }}: {{ message }}</p>
{% endfor %}
{% if session.user %}
<p>Hello, <strong id="user">{{ session.user }}</strong></p>
<form id="logout-form" method="post" action="/logout">{{ token }}<button id="logout">Log out</button></form>
{% else %}
<form id="login-form" method="post" action="/login">{{ token }}
<input id="name" name="name"><input id="remember" type="checkbox" name="remember">
<button id="login">Log in</button></form>
{% endif %}
<h2>Cart <span id="cart-count">{{ session.get("cart", {}).values() | sum }}</span></h2>
<ul>{% for id, count in session.get("cart", {}).items() %}<li id="line-{{ id }}">{{ count }}</li>{% endfor %}</ul>
{% for id in ["oatmeal", "linzer", "shortbread"] %}
<form method="post" action="/cart/add">{{ token }}<input type="hidden" name="product" value="{{ id }}">
<button id="add-{{ id }}">Add {{ id }}</button></form>
{% endfor %}
</html>"""


@app.get("/")
def home():
    page = flask.make_response(flask.render_template_string(PAGE))
    page.headers["Cache-Control"] = "no-store"
    return page


@app.get("/whoami")
def who_am_i():
    # With an icon, or the browser asks for one. Flask sets the cookie of a remembered session again in every answer, and
    # one that was asked for before a change and comes after it would take that back.
    return f'<link rel="icon" href="data:,">{escape(flask.session.get("user", "nobody"))}'


@app.post("/login")
def login():
    flask.session["user"] = flask.request.form["name"]
    # Nothing that was known before the login, such as the token of a form, is of use after it.
    flask.session.pop("csrf_token", None)
    flask.session.permanent = "remember" in flask.request.form
    return flask.redirect("/", 303)


@app.post("/logout")
def logout():
    flask.session.clear()
    return flask.redirect("/", 303)


@app.post("/cart/add")
def add():
    cart = flask.session.get("cart", {})
    product = flask.request.form["product"]
    cart[product] = cart.get(product, 0) + 1
    flask.session["cart"] = cart
    flask.flash(f"Flask put {product} into your cart.", "success")
    # Flask does not see a change inside of a value that it has already handed out.
    flask.session.modified = True
    return flask.redirect("/", 303)


class Handler(WSGIRequestHandler):
    def log(self, *_):
        pass


if __name__ == "__main__":
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Handler)
    print(f"listening on http://127.0.0.1:{server.port}", flush=True)
    server.serve_forever()
