"""Flask's session in its defaults, but for the name of the cookie."""

import os
import secrets

from flask import Flask, request, session

app = Flask(__name__)
app.secret_key = os.environ["KEY"]
app.config["SESSION_COOKIE_NAME"] = os.environ["NAME"]


@app.get("/read")
def read():
    return str(session.get("user", "null"))


@app.post("/login")
def login():
    session.clear()
    session["user"] = 42
    if size := int(request.args.get("size", 0)):
        session["filler"] = secrets.token_urlsafe(size)[:size]  # what compresses would not be too large
    return ""


@app.post("/change")
def change():
    session["n"] = session.get("n", 0) + 1
    return ""


@app.post("/logout")
def logout():
    session.clear()
    return ""


app.run(host="127.0.0.1", port=int(os.environ["PORT"]))
