"""Arms: what is expected of every item, how far its trial has come, and how often it was tried."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from coldreel.store import queries
from coldreel.store.database import Database

_SQL = queries.load("arms")


class Arms:
    def __init__(self, database: Database) -> None:
        self._database = database

    def put_priors(self, items: Sequence[int], priors: Sequence[float | None], at: datetime) -> None:
        """Expected rates as of then; None where nothing near an item tells what to expect."""
        self._database.execute(_SQL["put_priors"], {"items": list(items), "priors": list(priors), "at": at})

    def put_states(self, items: Sequence[int], states: Sequence[str], at: datetime) -> None:
        """States that have changed, values of `Trial`."""
        self._database.execute(_SQL["put_states"], {"items": list(items), "states": list(states), "at": at})

    def awaiting_priors(self, before: datetime, asked_before: datetime, limit: int) -> list[int]:
        """Items on trial whose prior is from before then, or is not known and was not asked for since
        `asked_before`; so many at most."""
        params = {"before": before, "asked_before": asked_before, "limit": limit}
        return self._database.values(_SQL["awaiting_priors"], params)
