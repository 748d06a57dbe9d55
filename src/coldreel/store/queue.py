"""The queue: what is to be done is put into the ledger, the first time and every other."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from psycopg.types.json import Jsonb

from coldreel.model import Stage, State
from coldreel.store import queries
from coldreel.store.database import Database

_SQL = queries.load("queue")

BAD_ENDS = (State.FAILED, State.REJECTED)


class Queue:
    def __init__(self, database: Database) -> None:
        self._database = database

    def watch(self, sources: Iterable[int], provider: str | None = None) -> None:
        """Watch these sources, again if they have been; whoever is at one loses the claim.

        provider: who describes them; None for the worker's
        """
        how = {} if provider is None else {"provider": provider}
        self._enqueue(Stage.WATCH, sources=list(sources), how=how)

    def render(self, items: Iterable[int], again: Collection[State] = BAD_ENDS) -> int:
        """Make renditions of those of the items that have nothing to play; returns how many that are.

        again: the bad ends after which it is tried once more
        """
        with self._database.transaction():
            params = {"items": list(items), "again": [str(state) for state in again]}
            wanted = self._database.values(_SQL["await_renditions"], params)
            self._enqueue(Stage.RENDER, items=wanted)
        return len(wanted)

    def describe(self, items: Iterable[int], provider: str, of_all: bool = False) -> None:
        """Describe these items anew, by that provider. `of_all`: as a part of describing all."""
        how = {"provider": provider} | ({"of_all": True} if of_all else {})
        self._enqueue(Stage.DESCRIBE, items=list(items), how=how)

    def embed(self, items: Iterable[int], provider: str, space: int) -> None:
        """Place these items in another space, which that provider fills."""
        self._enqueue(Stage.EMBED, items=list(items), how={"provider": provider, "space": space})

    def withdraw_embedding(self, but_for: int | None = None) -> None:
        """Give up placing items in any space, or in any but that one; whoever is at it loses the claim."""
        self._database.execute(_SQL["withdraw_embedding"], {"but_for": but_for})

    def _enqueue(
        self,
        stage: Stage,
        sources: Sequence[int] = (),
        items: Sequence[int] = (),
        how: Mapping[str, Any] | None = None,
    ) -> None:
        params = {
            "sources": list(sources),
            "items": list(items),
            "stage": str(stage),
            "how": Jsonb(dict(how or {})),
        }
        self._database.execute(_SQL["enqueue"], params)
