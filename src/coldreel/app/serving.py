"""The HTTP server: one application per server process, made there."""

from __future__ import annotations

import os
import socket
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace

from fastapi import FastAPI
from threadpoolctl import threadpool_limits

from coldreel.api.access import Access, is_loopback
from coldreel.api.application import create_app
from coldreel.api.metrics import SHARED_FOLDER, Metrics
from coldreel.api.parts import Parts
from coldreel.app import wiring
from coldreel.app.facade import Coldreel
from coldreel.app.housekeeping import Housekeeping
from coldreel.errors import SettingsError
from coldreel.settings import Settings

TARGET = "coldreel.app.serving:application"
_LOOK_S = 0.5
"""Pause between two looks at whether the parent is still there."""


def application() -> FastAPI:
    """The application from settings in the environment; it opens the database and closes it."""
    threading.Thread(target=_follow_the_parent, name="parent", daemon=True).start()
    # Requests share the cores already: threads of BLAS would wait for each other, and burn half of all time.
    threadpool_limits(1, user_api="blas")
    settings = Settings.load()
    reel = Coldreel.of(settings)
    reel.__enter__()
    metrics = Metrics()
    parts = Parts(
        store=reel.store,
        recommendations=replace(reel.recommendations, timing=metrics.stage),
        access=Access(is_loopback(settings.host), settings.api_key, reel.store.signing_key()),
        derived=reel.derived,
        uploads=reel.uploads,
        page_size=settings.page_size,
        max_upload_bytes=settings.max_bytes,
        metrics=metrics,
    )

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        try:
            with Housekeeping(reel.store, wiring.counting_rules(settings)):
                yield
        finally:
            reel.__exit__(None, None, None)

    return create_app(parts, lifespan)


def _follow_the_parent() -> None:
    """A server process whose parent was killed would hold the port for ever."""
    parent = os.getppid()
    while os.getppid() == parent:
        time.sleep(_LOOK_S)
    os._exit(1)


def check(settings: Settings) -> None:
    """Raise SettingsError for what would keep the server from starting."""
    Access(is_loopback(settings.host), settings.api_key, b"")
    with _bound(settings.host, settings.port):
        pass


def free_port(host: str) -> int:
    """A port that nobody uses at the moment. Raises SettingsError for an address of another machine."""
    with _bound(host, 0) as probe:
        return int(probe.getsockname()[1])


@contextmanager
def _bound(host: str, port: int) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise SettingsError(
                f"Cannot listen on {host}:{port}: {error.strerror}. COLDREEL_HOST (--host) may be an address "
                "of this machine, COLDREEL_PORT (--port) a port that nobody uses, or 0 for any such"
            ) from None
        yield probe


def run(settings: Settings) -> None:
    """Serve until a signal ends it. The settings must be in the environment too: see `Settings.exported`."""
    from granian import Granian
    from granian.constants import Interfaces, Loops

    with _shared_figures(settings.server_processes):
        Granian(
            TARGET,
            address=settings.host,
            port=settings.port,
            interface=Interfaces.ASGI,
            loop=Loops.asyncio,
            factory=True,
            workers=settings.server_processes,
            log_access=False,
            log_enabled=False,
            respawn_failed_workers=True,
        ).serve()


@contextmanager
def _shared_figures(processes: int) -> Iterator[None]:
    """A folder in which several server processes add up their figures; one process keeps them in memory."""
    if processes == 1:
        os.environ.pop(SHARED_FOLDER, None)
        yield
        return
    with tempfile.TemporaryDirectory(prefix="coldreel-figures-") as folder:
        os.environ[SHARED_FOLDER] = folder
        yield
