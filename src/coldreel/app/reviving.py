"""The embedded server is brought up again when it dies under a process that uses it."""

from __future__ import annotations

import logging
import threading
from types import TracebackType
from typing import Self

from coldreel.app import wiring
from coldreel.errors import ColdreelError
from coldreel.settings import Settings
from coldreel.store.embedded.folder import Folder
from coldreel.store.embedded.postmaster import postmaster_pid, read_pid_file

log = logging.getLogger("coldreel.database")

LOOK_S = 1.0
"""Pause between two looks at the server."""


class Reviver:
    """While entered, starts the server again when it was killed or has crashed.

    A server that was stopped on purpose stays stopped: it has taken its pid file along.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stop = threading.Event()
        # A thread of its own: every other one may be waiting for the database.
        self._thread = threading.Thread(target=self._watch, name="reviver", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        pgdata = Folder.at(self._settings.data_dir).pgdata
        while not self._stop.wait(LOOK_S):
            try:
                if read_pid_file(pgdata) is not None and postmaster_pid(pgdata) is None:
                    log.warning("the database server has died and is started again")
                    with wiring.embedded_server(self._settings):
                        pass  # whoever runs this has entered before, and keeps it
            except (ColdreelError, OSError) as error:
                log.warning("the database server cannot be started again: %s", error)
