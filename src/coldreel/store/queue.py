"""The queue: what is to be done is put into the ledger, the first time and every other."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from coldreel.model import Stage, State
from coldreel.store import queries
from coldreel.store.database import Database

_SQL = queries.load("queue")

BAD_ENDS = (State.FAILED, State.REJECTED)


class Queue:
    def __init__(self, database: Database) -> None:
        self._database = database

    def watch(self, sources: Iterable[int]) -> None:
        """Watch these sources, again if they have been; whoever is at one loses the claim."""
        self._enqueue(Stage.WATCH, sources=list(sources))

    def render(self, items: Iterable[int], again: Collection[State] = BAD_ENDS) -> int:
        """Make renditions of those of the items that have nothing to play; returns how many that are.

        again: the bad ends after which it is tried once more
        """
        with self._database.transaction():
            params = {"items": list(items), "again": [str(state) for state in again]}
            wanted = self._database.values(_SQL["await_renditions"], params)
            self._enqueue(Stage.RENDER, items=wanted)
        return len(wanted)

    def _enqueue(self, stage: Stage, sources: Sequence[int] = (), items: Sequence[int] = ()) -> None:
        params = {"sources": list(sources), "items": list(items), "stage": str(stage)}
        self._database.execute(_SQL["enqueue"], params)
