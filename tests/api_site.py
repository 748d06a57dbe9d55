"""Real `coldreel` processes: commands that are waited for, and servers that are asked over HTTP."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from event_ids import uuid7

COLDREEL = Path(sys.executable).with_name("coldreel")
START_S = 120.0  # creating a database takes longest
STOP_S = 30.0
INGEST_S = 240.0
_LOOK_S = 0.1

T = TypeVar("T")


def environment(**more: str) -> dict[str, str]:
    """This process's environment without settings of coldreel, and with these variables."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("COLDREEL_")}
    return clean | {"COLUMNS": "200"} | more


def coldreel(
    *arguments: str | Path, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [COLDREEL, *arguments],
        capture_output=True,
        text=True,
        env=environment() if env is None else dict(env),
        check=False,
        timeout=INGEST_S,
    )


@dataclass(frozen=True, slots=True)
class Running:
    """A process of coldreel that goes on until it is told to stop."""

    process: subprocess.Popen[bytes]
    out: Path
    log: Path

    def wait_for(self, ask: Callable[[], T | None], limit_s: float = START_S) -> T:
        """The first answer that is not empty."""
        end = time.monotonic() + limit_s
        while time.monotonic() < end:
            if answer := ask():
                return answer
            assert self.process.poll() is None, f"it stopped by itself:\n{self.log.read_text()}"
            time.sleep(_LOOK_S)
        raise AssertionError(f"nothing after {limit_s:.0f} s:\n{self.log.read_text()}")

    def address(self) -> str:
        """Where it says that it is."""
        return self.wait_for(lambda: _address(self.out))

    def stop(self, how: signal.Signals = signal.SIGINT) -> int:
        """Send a signal and wait; returns the exit status."""
        self.process.send_signal(how)
        return self.process.wait(STOP_S)


def _address(out: Path) -> str | None:
    found = re.search(r"http://\S+", out.read_text())
    return found.group() if found else None


@contextmanager
def running(folder: Path, *arguments: str | Path, env: Mapping[str, str] | None = None) -> Iterator[Running]:
    """A command that goes on, with what it says kept in `folder`; ended if it still runs."""
    folder.mkdir(parents=True, exist_ok=True)
    out, log = folder / "out", folder / "log"
    with out.open("wb") as stdout, log.open("wb") as stderr:
        process = subprocess.Popen(
            [COLDREEL, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            env=environment() if env is None else dict(env),
        )
    try:
        yield Running(process, out, log)
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def event(number: int, item: str, kind: str = "like", **more: Any) -> dict[str, Any]:
    """One event as a browser sends it."""
    at = datetime(2026, 6, 1, 12, tzinfo=UTC)
    return {"event_id": str(uuid7(at, number)), "item": item, "kind": kind, "at": at.isoformat()} | more


def raw(site: str, request: str) -> str:
    """The first line of the answer to a request that no client would send."""
    host, port = site.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(request.encode())
        return connection.makefile("r", encoding="latin-1").readline()
