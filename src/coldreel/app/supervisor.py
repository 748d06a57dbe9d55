"""`coldreel up`: a worker and a server as processes of their own, and a look at the folder now and then."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from coldreel.errors import ColdreelError, PartDiedError
from coldreel.settings import Settings

log = logging.getLogger("coldreel.up")

LIFELINE = "COLDREEL_LIFELINE"
"""Names the descriptor of a pipe that a part reads: its end says that the supervisor is gone, however."""
_LEAVE_S = 10.0
"""A part has so long to hand its work back before it is killed."""
_RESTART_S = 1.0
"""Pause before a part that has died is started again."""
_PATIENCE_STARTS, _PATIENCE_S = 5, 60.0
"""A part that has to be started more often than this in so many seconds is given up."""


class Supervisor:
    """Keeps parts of coldreel running: `coldreel worker`, `coldreel serve`."""

    def __init__(self, settings: Settings, parts: tuple[str, ...]) -> None:
        self._environment = os.environ | settings.exported()
        self._inherited, self._lifeline = os.pipe()
        self._parts = parts
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._starts: dict[str, list[float]] = {part: [] for part in parts}

    def __enter__(self) -> Self:
        for part in self._parts:
            self._start(part)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._processes.values():
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + _LEAVE_S
        for process in self._processes.values():
            try:
                process.wait(max(deadline - time.monotonic(), 0.1))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        os.close(self._lifeline)
        os.close(self._inherited)

    def watch(self, every_s: float, look: Callable[[], None]) -> None:
        """Start again what has died, and call `look` every so many seconds; returns only by an exception.

        Raises PartDiedError when a part cannot stay alive.
        """
        due = time.monotonic() + every_s
        while True:
            time.sleep(_RESTART_S)
            for part, process in list(self._processes.items()):
                if process.poll() is not None:
                    log.warning("%s ended with status %s and is started again", part, process.returncode)
                    self._start(part)
            if time.monotonic() >= due:
                try:
                    look()
                except ColdreelError as error:  # what it looks at comes back, and the parts live on meanwhile
                    log.warning("%s", error.message)
                due = time.monotonic() + every_s

    def _start(self, part: str) -> None:
        now = time.monotonic()
        recent = [start for start in self._starts[part] if now - start < _PATIENCE_S]
        if len(recent) >= _PATIENCE_STARTS:
            raise PartDiedError(f"`coldreel {part}` ends again and again; what it said stands above")
        self._starts[part] = [*recent, now]
        self._processes[part] = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "coldreel", part],
            env=self._environment | {LIFELINE: str(self._inherited)},
            pass_fds=(self._inherited,),
            stdout=sys.stderr,
            start_new_session=True,  # Ctrl-C reaches the supervisor alone, which tells its parts
        )


def follow_the_supervisor() -> bool:
    """In a part: end when the supervisor has gone without saying so. False when there is none."""
    lifeline = os.environ.pop(LIFELINE, None)
    if lifeline is None:
        return False

    def wait() -> None:
        os.read(int(lifeline), 1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="lifeline", daemon=True).start()
    return True
