"""Running: `up` and `demo` for everything on this machine, `worker` and `serve` for one part."""

from __future__ import annotations

import http.client
import logging
import os
import socket
import threading
import time
from typing import Annotated

import typer

from coldreel.app.facade import Coldreel
from coldreel.app.supervisor import Supervisor, follow_the_supervisor
from coldreel.cli.options import (
    Batch,
    Budget,
    DataDir,
    Host,
    HwAccel,
    Port,
    Provider,
    Workers,
    load,
    log_to_stderr,
)
from coldreel.cli.output import err
from coldreel.cli.progress import DrawingProgress
from coldreel.errors import SettingsError, SourceError
from coldreel.settings import Settings

log = logging.getLogger("coldreel.up")

_LOOK_S = 0.2


def up(
    source: Annotated[
        str | None, typer.Argument(help="A folder, glob or address of videos.", show_default=False)
    ] = None,
    provider: Provider = None,
    budget: Budget = None,
    batch: Batch = None,
    workers: Workers = None,
    hwaccel: HwAccel = None,
    host: Host = None,
    port: Port = None,
    data_dir: DataDir = None,
) -> None:
    """Everything on this machine: database, workers, server and page; looks at the folder twice a minute."""
    log_to_stderr()
    settings = load(
        data_dir,
        provider=provider,
        budget=budget,
        batch=batch,
        workers=workers,
        hwaccel=hwaccel,
        host=host,
        port=port,
    )
    _up(settings, source)


def demo(host: Host = None, port: Port = None, workers: Workers = None, data_dir: DataDir = None) -> None:
    """The same as `up`, on short videos that coldreel draws itself."""
    log_to_stderr()
    settings = load(data_dir, host=host, port=port, workers=workers)
    if data_dir is None and "COLDREEL_DATA_DIR" not in os.environ:
        # A demo must not mix with the videos that a person has taken in.
        settings = settings.model_copy(update={"data_dir": settings.data_dir / "demo"})
    from coldreel.media.demo.draw import COUNT, draw

    folder = settings.data_dir.resolve() / "shorts"
    _check(settings)
    with DrawingProgress(err, COUNT) as bar:
        draw(folder, on_drawn=bar.advance)
    _up(settings, str(folder))


def worker(
    provider: Provider = None,
    budget: Budget = None,
    batch: Batch = None,
    workers: Workers = None,
    hwaccel: HwAccel = None,
    data_dir: DataDir = None,
) -> None:
    """Work on the ledger until stopped. Start as many as you like, on as many machines."""
    log_to_stderr()
    follow_the_supervisor()
    settings = load(data_dir, provider=provider, budget=budget, batch=batch, workers=workers, hwaccel=hwaccel)
    with Coldreel.of(settings) as reel:
        log.info("%s", reel.chosen.why)
        reel.work()


def serve(host: Host = None, port: Port = None, data_dir: DataDir = None) -> None:
    """Serve the API and the page until stopped; prints the address."""
    from coldreel.app import serving  # here: no other command needs a web framework

    log_to_stderr()
    supervised = follow_the_supervisor()
    settings = _with_address(load(data_dir, host=host, port=port))
    serving.check(settings)
    with Coldreel.of(settings):
        pass  # what is wrong is said here in one sentence, and not by every server process
    os.environ.update(settings.exported())
    if not supervised:
        threading.Thread(target=_announce, args=(settings,), daemon=True).start()
    serving.run(settings)


def _up(settings: Settings, source: str | None) -> None:
    settings = _with_address(settings)
    _check(settings)
    with Coldreel.of(settings) as reel:
        if source is not None:
            enlisted = reel.enlist(source, must_exist=False)
            log.info(
                "%d videos in %s, %d of them new or changed", len(enlisted.sources), source, enlisted.changed
            )
        with Supervisor(settings, ("serve", "worker")) as parts:
            threading.Thread(target=_announce, args=(settings,), daemon=True).start()
            try:
                parts.watch(settings.relist_s, lambda: _relist(reel, source))
            except KeyboardInterrupt:  # the way to end it
                log.info("stopping")


def _relist(reel: Coldreel, source: str | None) -> None:
    if source is None:
        return
    try:
        found = reel.enlist(source, must_exist=False)
    except SourceError as error:
        log.warning("%s", error.message)
        return
    if found.changed or found.gone:
        log.info("%d new or changed, %d gone", found.changed, found.gone)


def _check(settings: Settings) -> None:
    from coldreel.app import serving

    serving.check(settings)


def _with_address(settings: Settings) -> Settings:
    """The settings with an address in place of a host name, and a free port in place of 0."""
    from coldreel.app import serving

    try:
        (*_, (host, *_)), *_ = socket.getaddrinfo(settings.host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "no host is called so"
        raise SettingsError(
            f"Cannot listen on {settings.host}: {why}. COLDREEL_HOST (--host) may be a name or an address "
            "of this machine"
        ) from None
    return settings.model_copy(update={"host": host, "port": settings.port or serving.free_port(str(host))})


def _address(settings: Settings) -> str:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{settings.port}"


def _announce(settings: Settings) -> None:
    _wait_until_ready(settings)
    typer.echo(f"coldreel is at {_address(settings)} (Ctrl-C stops it)")


def _wait_until_ready(settings: Settings) -> None:
    while True:
        try:
            connection = http.client.HTTPConnection(settings.host, settings.port, timeout=5)
            connection.request("GET", "/api/health/live", headers={"Host": "localhost"})
            if connection.getresponse().status == http.HTTPStatus.OK:
                return
        except OSError:
            pass
        time.sleep(_LOOK_S)
