"""What does a feed request cost, beside the bare search for neighbours and an answer that asks nobody?

A made-up catalogue (feed_world.py) in the embedded server, `coldreel serve` on loopback, and 8 clients in a
process of their own, for 30 s: feed pages of users drawn at random. Then, in the same run, pages with
feedback after every fifth, an endpoint that touches nothing, and the neighbours of two interests as bare SQL
over as many plain connections. CPU is that of all processes of the database, and of all of `coldreel serve`,
by /proc; the clients' own is left out. On a machine with other work the ratios tell more than the rates.

--recall compares the candidates of users who have seen 300 videos or more with an exact search.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil

import feed_probes
from coldreel.store.embedded.server import EmbeddedServer, stop
from coldreel.store.embedded.server import status as server_status
from feed_filling import fill
from feed_world import Size

CLIENTS = 8
PLACES = 10
_FEEDBACK = 0.2
_COUNT_S = 60.0
_WARM_SHARE = 0.15
"""Of the measured time, so long the clients ask before it begins: plans, pools and caches are made."""


@dataclass(frozen=True, slots=True)
class Figures:
    """CPU is per request; ann_* are of both probes together."""

    items: int
    requests_per_s: float
    p50_ms: float
    p99_ms: float
    cpu_ms_database: float
    cpu_ms_server: float
    ann_per_s: float
    ann_cpu_ms: float
    static_per_s: float


@dataclass(frozen=True, slots=True)
class Load:
    """What a stretch of requests took; CPU in seconds."""

    latencies: list[float]
    seconds: float
    database: float
    server: float
    failed: int = 0

    @property
    def per_s(self) -> float:
        return len(self.latencies) / self.seconds

    @property
    def database_ms(self) -> float:
        return 1000 * self.database / len(self.latencies)

    @property
    def server_ms(self) -> float:
        return 1000 * self.server / len(self.latencies)


class Cpu:
    """CPU seconds of a process and all below it, those that have ended since included."""

    def __init__(self, pid: int) -> None:
        self._top = psutil.Process(pid)
        self._seen: dict[int, float] = {}

    def seconds(self) -> float:
        for process in (self._top, *self._top.children(recursive=True)):
            try:
                times = process.cpu_times()
            except psutil.NoSuchProcess:
                continue
            self._seen[process.pid] = times.user + times.system
        return sum(self._seen.values())


@contextmanager
def serving(folder: Path, log: Path) -> Iterator[tuple[int, int]]:
    """`coldreel serve` on the catalogue of a data folder; gives its port and its pid."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "coldreel", "serve", "--data-dir", str(folder), "--port", str(port)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COLDREEL_")}
    with log.open("wb") as said:
        server = subprocess.Popen(  # noqa: S603 - our own words
            command, stdout=subprocess.DEVNULL, stderr=said, env=environment
        )
    try:
        _wait_for(port, server, log)
        yield port, server.pid
    finally:
        server.terminate()
        server.wait(30)


def _wait_for(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    while server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.2)
    sys.exit(f"The server did not start:\n{log.read_text()}")


def over_http(
    path: str, port: int, users: int, seconds: float, database: Cpu, server: Cpu, feedback: float = 0.0
) -> Load:
    """What the clients see for so long, after a while that does not count.

    feedback: share of answers that are pages, and that feedback follows
    """
    _ask(path, port, users, _WARM_SHARE * seconds, feedback)
    before = database.seconds(), server.seconds(), time.monotonic()
    seen = _ask(path, port, users, seconds, feedback)
    took = time.monotonic() - before[2]
    cpu = database.seconds() - before[0], server.seconds() - before[1]
    return Load(seen["latencies"], min(took, seconds), *cpu, failed=seen["failed"])


def _ask(path: str, port: int, users: int, seconds: float, feedback: float) -> dict[str, Any]:
    script = str(Path(__file__).with_name("feed_clients.py"))
    command = [sys.executable, script, str(port), path, str(users), str(feedback), str(CLIENTS)]
    command.append(str(seconds))
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own words
    if done.returncode:
        sys.exit(f"The clients failed:\n{done.stderr}")
    return dict(json.loads(done.stdout))


def bare(url: str, seconds: float, database: Cpu) -> Load:
    """The neighbours of two interests of users drawn at random, over one plain connection a client."""
    asks = [feed_probes.bare(url, PLACES, seed) for seed in range(CLIENTS)]
    for ask in asks:
        ask()
    latencies: list[float] = []
    before, began = database.seconds(), time.monotonic()
    threads = [threading.Thread(target=_repeat, args=(ask, began + seconds, latencies)) for ask in asks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Load(latencies, time.monotonic() - began, database.seconds() - before, 0.0)


def _repeat(ask: Callable[[], None], until: float, latencies: list[float]) -> None:
    while time.monotonic() < until:
        began = time.perf_counter()
        ask()
        latencies.append(time.perf_counter() - began)


def measure(folder: Path, url: str, size: Size, seconds: float) -> Figures:
    postmaster = server_status(folder).pid
    assert postmaster is not None  # it is entered
    database = Cpu(postmaster)
    with tempfile.TemporaryDirectory() as place, serving(folder, Path(place) / "log") as (port, pid):
        server = Cpu(pid)
        _wait_for_count(url, database, server)
        page = f"/api/feed?user={{user}}&n={PLACES}"
        feed = over_http(page, port, size.users, seconds, database, server)
        mixed = over_http(page, port, size.users, seconds / 3, database, server, _FEEDBACK)
        static = over_http("/api/health/live", port, size.users, seconds / 3, database, server)
        _print_stages(port)
    ann = bare(url, seconds / 3, database)
    if failed := feed.failed + mixed.failed + static.failed:
        sys.exit(f"{failed} answers were not 200")
    print(
        f"with feedback after every fifth page: {mixed.per_s:.1f} pages/s, CPU a page "
        f"{mixed.database_ms:.2f} ms database, {mixed.server_ms:.2f} ms server"
    )
    return Figures(
        items=size.items,
        requests_per_s=round(feed.per_s, 1),
        p50_ms=round(1000 * float(np.quantile(feed.latencies, 0.5)), 2),
        p99_ms=round(1000 * float(np.quantile(feed.latencies, 0.99)), 2),
        cpu_ms_database=round(feed.database_ms, 3),
        cpu_ms_server=round(feed.server_ms, 3),
        ann_per_s=round(ann.per_s, 1),
        ann_cpu_ms=round(ann.database_ms, 3),
        static_per_s=round(static.per_s, 1),
    )


def _wait_for_count(url: str, database: Cpu, server: Cpu) -> None:
    """A server counts the catalogue when it starts and then once a minute: that is no request's."""
    before, began = (database.seconds(), server.seconds()), time.monotonic()
    while not feed_probes.is_counted(url, time.monotonic() - began) and time.monotonic() - began < _COUNT_S:
        time.sleep(0.5)
    print(
        f"starting and counting the catalogue took {database.seconds() - before[0]:.2f} s CPU of the "
        f"database, {server.seconds() - before[1]:.2f} s of the server"
    )


def _print_stages(port: int) -> None:
    """The mean time of each stage, as the server's own figures have it."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        text = connection.makefile("r").read()
    found = re.findall(r'coldreel_feed_stage_seconds_(sum|count)\{stage="(\w+)"\} (\S+)', text)
    figures = {(kind, stage): float(value) for kind, stage, value in found}
    for kind, stage in figures:
        if kind == "sum" and figures["count", stage]:
            print(f"stage {stage:12s} {1000 * figures['sum', stage] / figures['count', stage]:8.2f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--dimensions", type=int, default=384)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--quick", action="store_true", help="a small catalogue, in under a minute")
    parser.add_argument("--keep", type=Path, help="a data folder: filled where it is empty, and left there")
    parser.add_argument("--recall", action="store_true", help="also compare candidates with an exact search")
    parser.add_argument("--json", action="store_true", help="one object of all figures as the last line")
    args = parser.parse_args()
    size = Size(args.items, 50_000, 1_000_000, args.dimensions)
    seconds = args.seconds
    if args.quick:
        size, seconds = Size(min(args.items, 3_000), 1_000, 20_000, args.dimensions), 6.0
    with tempfile.TemporaryDirectory() as temporary:
        folder = args.keep or Path(temporary)
        try:
            with EmbeddedServer(folder) as url:
                if (made := feed_probes.size_of(url)) is None:
                    fill(url, size)
                    feed_probes.note_size(url, size)
                size = made or size
                figures = measure(folder, url, size, seconds)
                recall = feed_probes.recall(url, PLACES) if args.recall else None
        finally:
            stop(folder)
    _print(figures, size, recall)
    if args.json:
        print(json.dumps(asdict(figures)))


def _print(figures: Figures, size: Size, recall: feed_probes.Recall | None) -> None:
    cpu = figures.cpu_ms_database + figures.cpu_ms_server
    print(f"{size.items} items of {size.dimensions} dimensions, {size.users} users, {size.events} events")
    print(f"feed     {figures.requests_per_s:8.1f} /s   p50 {figures.p50_ms} ms, p99 {figures.p99_ms} ms")
    print(
        f"         {cpu:8.2f} ms CPU a request: {figures.cpu_ms_database} database, "
        f"{figures.cpu_ms_server} server"
    )
    print(f"probes   {figures.ann_per_s:8.1f} /s   {figures.ann_cpu_ms} ms CPU of the database")
    print(f"static   {figures.static_per_s:8.1f} /s")
    print(f"a request costs {cpu / figures.ann_cpu_ms:.2f} times its bare probes")
    if recall:
        print(f"recall@{PLACES} {recall.mean:.4f}, least {recall.least:.2f}, of {recall.users} heavy users")


if __name__ == "__main__":
    main()
