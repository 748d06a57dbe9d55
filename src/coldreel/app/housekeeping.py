"""What a serving process does beside answering: it counts the catalogue now and then."""

from __future__ import annotations

import logging
import threading
from types import TracebackType
from typing import Self

from coldreel.errors import ColdreelError
from coldreel.learn.counting import CountingRules, count
from coldreel.store.store import Store

log = logging.getLogger("coldreel.housekeeping")

_LEAVE_S = 3.0
"""Whoever stops does not wait longer for a count, or for a database that does not answer."""


class Housekeeping:
    """While entered, has the catalogue counted whenever that is due, by whichever process comes first.

    A database that cannot be reached is asked again after the next pause.
    """

    def __init__(self, store: Store, rules: CountingRules) -> None:
        self._store, self._rules = store, rules
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="housekeeping", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(_LEAVE_S)

    def _keep(self) -> None:
        while not self._stop.is_set():
            try:
                count(self._store, self._store.database.now(), self._rules)
            except ColdreelError as error:
                log.warning("the catalogue cannot be counted now: %s", error.message)
            except Exception:  # whatever it is, boards that are never made again would be worse
                log.exception("the catalogue cannot be counted now")
            self._stop.wait(self._rules.pause.total_seconds())
