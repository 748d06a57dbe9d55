"""The process that stops the server when nobody has used it for a while, and then ends."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from coldreel.store.embedded.folder import Folder
from coldreel.store.embedded.locks import Lock, take
from coldreel.store.embedded.stopping import stop_server

IDLE_S = 30.0
"""The server outlives its last user for so long, so that two commands in a row do not restart it."""

POLL_S = 0.5
"""Pause between two looks at who is there."""


def keep(place: Folder, keeper: Lock, idle_s: float) -> None:
    """Watch until the server is gone, by our doing or another's."""
    last_arrival, quiet_since = 0, time.monotonic()
    while (gone := take(place.server)) is None:
        nobody = take(place.users)
        arrival = place.users.stat().st_mtime_ns
        if nobody is None or arrival != last_arrival:
            last_arrival, quiet_since = arrival, time.monotonic()
        elif time.monotonic() - quiet_since >= idle_s:
            gone = stop_server(place)
            _leave(keeper, gone, nobody)
            return
        if nobody is not None:
            nobody.release()
        time.sleep(POLL_S)
    _leave(keeper, gone)


def _leave(keeper: Lock, *others: Lock | None) -> None:
    # The keeper's lock goes first: whoever gets one of the others and starts the server must find it free.
    for lock in (keeper, *others):
        if lock is not None:
            lock.release()


if __name__ == "__main__":
    keep(Folder(Path(sys.argv[1])), Lock(int(sys.argv[2])), float(sys.argv[3]))
