"""The HTTP application: routes, problems, access, and the page."""

from __future__ import annotations

from http import HTTPStatus
from importlib.metadata import version
from importlib.resources import files
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.staticfiles import StaticFiles
from starlette.middleware.base import RequestResponseEndpoint
from starlette.types import Lifespan

from coldreel.api import problems
from coldreel.api.access import guard
from coldreel.api.parts import Parts
from coldreel.api.routes import boards, feed, health, ingest, items, media, users
from coldreel.api.schemas import ProblemOut

_HEADERS = {
    # The page uses nothing from elsewhere, and nobody may frame it.
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; media-src 'self' blob:; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    # What a browser keeps it asks for again; a route that knows better says so itself.
    "Cache-Control": "no-cache",
}
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    "default": {
        "model": ProblemOut,
        "description": "What went wrong and what to do",
        "content": {"application/problem+json": {}},
    }
}


def create_app(parts: Parts, lifespan: Lifespan[FastAPI] | None = None) -> FastAPI:
    """The application over wired parts; whoever made the parts closes them, in `lifespan` if need be."""
    app = FastAPI(
        title="coldreel",
        version=version("coldreel"),
        summary="Recommends raw short videos from a cold start.",
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        responses=_PROBLEMS,
        lifespan=lifespan,
    )
    app.state.parts = parts
    problems.install(app)
    for routes in (feed, boards, items, ingest, users, media, health):
        app.include_router(routes.router)
    # What no route answers is a file of the page; a mount at / would also answer wrong methods of the routes.
    app.router.default = StaticFiles(directory=str(files("coldreel.web").joinpath("static")), html=True)
    app.middleware("http")(guard)
    app.middleware("http")(_headers)
    return app


async def _headers(request: Request, call_next: RequestResponseEndpoint) -> Response:
    if request.method == "HEAD" and request.url.path.startswith("/api/"):
        request.scope["method"] = "GET"  # the server sends no body to who asked for none
    response = await call_next(request)
    if response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        part = {"Content-Range": response.headers["content-range"]}
        response = problems.problem(response.status_code, "http", "The file is shorter than that", part)
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    return response
