"""Stopping the server, and knowing that it is gone."""

from __future__ import annotations

import signal
import time

from coldreel.store.embedded.folder import Folder
from coldreel.store.embedded.locks import Lock, take
from coldreel.store.embedded.postmaster import end_orphans, signal_postmaster

FAST_STOP_S = 60.0
"""Time for a stop that writes everything out. After it the server ends at once, and recovers next time."""

AT_ONCE_S = 10.0
"""PostgreSQL itself kills what has not ended 5 s after a demand to end at once."""

POLL_S = 0.05


def stop_server(place: Folder) -> Lock | None:
    """Stop the server and wait until the last of its processes is gone.

    Returns the server's lock; None when some process would not go.
    """
    for number, seconds in ((signal.SIGINT, FAST_STOP_S), (signal.SIGQUIT, AT_ONCE_S)):
        asked, deadline = False, time.monotonic() + seconds
        while time.monotonic() < deadline:
            asked = asked or signal_postmaster(place.pgdata, number)
            if not asked:
                end_orphans(place.pgdata, place.name)
            if (gone := take(place.server, wait_s=POLL_S)) is not None:
                return gone
    return None
