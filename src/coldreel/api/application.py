"""The HTTP application: routes, problems, access, and the page."""

from __future__ import annotations

from importlib.metadata import version
from importlib.resources import files
from typing import Any

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.types import Lifespan

from coldreel.api import problems
from coldreel.api.access import Guard
from coldreel.api.headers import ProtectingHeaders
from coldreel.api.metrics import Measured
from coldreel.api.parts import Parts
from coldreel.api.routes import boards, feed, health, ingest, items, media, metrics, users
from coldreel.api.schemas import ProblemOut

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
    for routes in (feed, boards, items, ingest, users, media, health, metrics):
        app.include_router(routes.router)
    # What no route answers is a file of the page; a mount at / would also answer wrong methods of the routes.
    app.router.default = StaticFiles(directory=str(files("coldreel.web").joinpath("static")), html=True)
    app.add_middleware(Guard)
    app.add_middleware(ProtectingHeaders)
    app.add_middleware(Measured, metrics=parts.metrics)
    return app
