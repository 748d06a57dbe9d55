"""Events: appended, never rewritten. Item statistics are counted from them in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from uuid import UUID

from coldreel.model import Event, ItemStats
from coldreel.store import queries
from coldreel.store.database import Database

_SQL = queries.load("events")


@dataclass(frozen=True, slots=True)
class PlacedEvent:
    """An event with the ids that its names stand for."""

    event: Event
    user: int
    item: int


class Events:
    def __init__(self, database: Database) -> None:
        self._database = database

    def make_partitions(self) -> None:
        """The partitions of this month and the next two."""
        self._database.execute(_SQL["make_partitions"])

    def append(self, placed: Sequence[PlacedEvent]) -> set[UUID]:
        """Store events; returns the ids of those that had not been stored before."""
        params = {
            "event_ids": [p.event.event_id for p in placed],
            "users": [p.user for p in placed],
            "items": [p.item for p in placed],
            "kinds": [str(p.event.kind) for p in placed],
            "watched": [p.event.watched_s for p in placed],
            "request_ids": [p.event.request_id for p in placed],
            "ats": [p.event.at for p in placed],
        }
        return set(self._database.values(_SQL["append"], params))

    def count(self, change: ItemStats) -> None:
        """Add these counts to an item's."""
        self._database.execute(_SQL["count"], asdict(change))

    def stats(self, items: Sequence[int]) -> dict[int, ItemStats]:
        """Counts of those items that have any."""
        rows = self._database.rows(_SQL["stats"], {"items": list(items)}, into=ItemStats)
        return {row.item: row for row in rows}
