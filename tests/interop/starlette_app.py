"""A Starlette app behind SessionMiddleware that speaks the protocol of README.md."""

from importlib.metadata import version

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.responses import JSONResponse
from starlette.routing import Route

import support
from actions import ACTIONS

actions = dict(ACTIONS)
del actions["raise"]


def about():
    return {
        "form": False,
        "versions": {name: version(name) for name in ("starlette", "itsdangerous", "uvicorn")},
    }


side = support.Support("starlette", actions, {}, about)
running = {}


async def act(request):
    try:
        answer, status = side.act(request.session, await request.body())
    except support.BadRequest as error:
        return JSONResponse({"error": str(error)}, status_code=400)
    answer["user"] = None
    return JSONResponse(answer, status_code=status)


def apply(config):
    if config["fallbacks"]:
        raise support.BadRequest("configuration: Starlette has no fallback secrets")
    if config["auth"]:
        raise support.BadRequest("configuration: there is no login here")
    # The middleware takes its settings when it is made, so a new configuration is a new app.
    running["app"] = Starlette(
        routes=[Route("/act", act, methods=["POST"]), Route("/state", act)],
        middleware=[
            Middleware(
                SessionMiddleware,
                secret_key=config["secret"],
                session_cookie=config["cookie_name"],
                max_age=config["lifetime"],
            )
        ],
    )


side.apply = apply


async def current(scope, receive, send):
    await running["app"](scope, receive, send)


if __name__ == "__main__":
    given = support.arguments()
    side.configure(given.config)
    support.serve_asgi(side, current, given.port)
