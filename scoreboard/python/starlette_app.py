"""Starlette's SessionMiddleware in its defaults, but for the name of the cookie."""

import os

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route


async def read(request):
    return PlainTextResponse(str(request.session.get("user", "null")))


async def login(request):
    request.session.clear()
    request.session["user"] = 42
    if size := int(request.query_params.get("size", 0)):
        request.session["filler"] = "x" * size
    return PlainTextResponse("")


async def change(request):
    request.session["n"] = request.session.get("n", 0) + 1
    return PlainTextResponse("")


async def logout(request):
    request.session.clear()
    return PlainTextResponse("")


app = Starlette(
    routes=[
        Route("/read", read),
        Route("/login", login, methods=["POST"]),
        Route("/change", change, methods=["POST"]),
        Route("/logout", logout, methods=["POST"]),
    ],
    middleware=[Middleware(SessionMiddleware, secret_key=os.environ["KEY"], session_cookie=os.environ["NAME"])],
)
uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="warning")
