"""Events: appended, never rewritten. Item statistics are counted from them in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import TypeAlias
from uuid import UUID

from coldreel.model import WATCHING, Event, EventKind, ItemStats
from coldreel.store import queries
from coldreel.store.database import Database

_SQL = queries.load("events")

Showing: TypeAlias = tuple[int, int, UUID | None]
"""A user, an item, and the page on which the one sees the other."""


@dataclass(frozen=True, slots=True)
class PlacedEvent:
    """An event with the ids that its names stand for."""

    event: Event
    user: int
    item: int

    @property
    def showing(self) -> Showing:
        return self.user, self.item, self.event.request_id


class Events:
    def __init__(self, database: Database) -> None:
        self._database = database

    def make_partitions(self) -> None:
        """The partitions of this month and the next two."""
        self._database.execute(_SQL["make_partitions"])

    def watched(self, placed: Sequence[PlacedEvent], within: timedelta) -> dict[Showing, float]:
        """Seconds watched before, of the showings that these events may go on with.

        within: so long before the first of these events; ids begin with their time, in milliseconds
        """
        first = min(p.event.event_id.int for p in placed)
        since = UUID(int=max(first - (int(within.total_seconds() * 1000) << 80), 0))
        params = {
            "users": sorted({p.user for p in placed}),
            "items": sorted({p.item for p in placed}),
            "kinds": [str(kind) for kind in WATCHING],
            "since": since,
        }
        rows = self._database.tuples(_SQL["watched"], params)
        return {(user, item, request_id): seconds for user, item, request_id, seconds in rows}

    def history(self, user: int) -> tuple[list[PlacedEvent], dict[int, float]]:
        """All events of a user as they happened, and the lengths of their items in seconds."""
        placed, durations = [], {}
        for (
            event_id,
            ref,
            item,
            item_ref,
            kind,
            watched_s,
            request_id,
            at,
            duration_s,
        ) in self._database.tuples(_SQL["history"], {"user": user}):
            event = Event(event_id, ref, item_ref, EventKind(kind), at, watched_s, request_id)
            placed.append(PlacedEvent(event, user, item))
            durations[item] = duration_s
        return placed, durations

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
