"""Figures for Prometheus: how often each route was asked, how long it took, and the stages of a feed request.

With one server process they are that process's. With several they are the sums over all: the processes then
share the folder that PROMETHEUS_MULTIPROC_DIR names. prometheus-client looks for that variable when it is
imported, so whoever starts the processes sets it and must not have imported it: hence the late imports.
"""

from __future__ import annotations

import os
import time
from functools import cache
from http import HTTPStatus

from starlette.types import ASGIApp, Message, Receive, Scope, Send

SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The variable that prometheus-client looks for."""
MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_REQUEST_S = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.035, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_STAGE_S = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)
"""Upper ends of the buckets, in seconds."""
_METHODS = frozenset({"GET", "HEAD", "POST", "DELETE", "OPTIONS"})
"""A client may make up others, and each would be a row of its own."""


class Metrics:
    """The figures of one application."""

    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, Histogram

        self._registry = CollectorRegistry()
        self._requests = Histogram(
            "coldreel_http_request_seconds",
            "Time until an answer begins, by route; `page` is whatever no route answers",
            ["method", "route", "status"],
            buckets=_REQUEST_S,
            registry=self._registry,
        )
        self._stages = Histogram(
            "coldreel_feed_stage_seconds",
            "Time of each stage of a feed request",
            ["stage"],
            buckets=_STAGE_S,
            registry=self._registry,
        )
        # Looking labels up costs more than counting does.
        self._request, self._stage = cache(self._requests.labels), cache(self._stages.labels)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request."""
        name = method if method in _METHODS else "other"
        self._request(name, route, str(status)).observe(seconds)

    def stage(self, name: str, seconds: float) -> None:
        """Count a stage of a feed request: what the recommender is given to call."""
        self._stage(name).observe(seconds)

    def exposition(self) -> bytes:
        """All figures in the text format of Prometheus."""
        from prometheus_client import CollectorRegistry, generate_latest
        from prometheus_client.multiprocess import MultiProcessCollector

        folder = os.environ.get(SHARED_FOLDER)
        if folder is None:
            return generate_latest(self._registry)
        everybody = CollectorRegistry()
        MultiProcessCollector(everybody, folder)  # type: ignore[no-untyped-call]
        return generate_latest(everybody)


class Measured:
    """Middleware: count every request when its answer begins."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        method, began = scope["method"], time.perf_counter()

        def count(status: int) -> None:
            route = getattr(scope.get("route"), "path", "page")
            self._metrics.answered(method, route, status, time.perf_counter() - began)

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                count(message["status"])
            await send(message)

        try:
            await self._app(scope, receive, counted)
        except Exception:
            count(HTTPStatus.INTERNAL_SERVER_ERROR)  # the answer is made further out
            raise
