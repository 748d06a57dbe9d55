"""Events: appended, never rewritten. The counts of items follow from them in the same transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import TypeAlias
from uuid import UUID

from coldreel.model import Event, EventKind, ItemStats
from coldreel.store import queries
from coldreel.store.database import Database

_SQL = queries.load("events")

Pair: TypeAlias = tuple[int, int]
"""A user and an item."""
Names: TypeAlias = tuple[str, str]
"""The refs of both."""


@dataclass(frozen=True, slots=True)
class PlacedEvent:
    """An event with the ids that its names stand for.

    said_at: the time that the client gave, where its clock was wrong
    """

    event: Event
    user: int
    item: int
    said_at: datetime | None = None

    @property
    def pair(self) -> Pair:
        return self.user, self.item


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
            "said_ats": [p.said_at for p in placed],
        }
        return set(self._database.values(_SQL["append"], params))

    def between(
        self, pairs: Mapping[Pair, Names], since: Mapping[Pair, datetime | None]
    ) -> dict[Pair, list[Event]]:
        """The events of each user on the item beside it, as they happened: those since then, or all."""
        order = list(pairs)
        params = {
            "users": [user for user, _ in order],
            "items": [item for _, item in order],
            "sinces": [since[pair] for pair in order],
        }
        found: dict[Pair, list[Event]] = {pair: [] for pair in order}
        for n, event_id, kind, watched_s, request_id, at in self._database.tuples(_SQL["between"], params):
            pair = order[n - 1]
            found[pair].append(Event(event_id, *pairs[pair], EventKind(kind), at, watched_s, request_id))
        return found

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
            said_at,
            duration_s,
        ) in self._database.tuples(_SQL["history"], {"user": user}):
            event = Event(event_id, ref, item_ref, EventKind(kind), at, watched_s, request_id)
            placed.append(PlacedEvent(event, user, item, said_at))
            durations[item] = duration_s
        return placed, durations

    # --- the counts of items ----------------------------------------

    def change(self, changes: Sequence[ItemStats], fast: timedelta, slow: timedelta) -> None:
        """Add to the counts of items, each at most once and in the order of their ids: one order for all
        writers, so that none waits for another in a ring.

        fast, slow: half-lives of the decayed counts
        """
        if changes:
            columns = {field.name: [getattr(c, field.name) for c in changes] for field in fields(ItemStats)}
            self._database.execute(_SQL["change"], columns | _half_lives(fast, slow))

    def recount(self, at: datetime, fast: timedelta, slow: timedelta) -> None:
        """The counts of all items anew, from all interactions. Feedback that comes meanwhile waits."""
        with self._database.transaction():
            self._database.execute(_SQL["hold_interactions"])
            self._database.execute(_SQL["recount"], {"at": at} | _half_lives(fast, slow))

    def stats(self, items: Sequence[int]) -> dict[int, ItemStats]:
        """Counts of those items that have any."""
        rows = self._database.rows(_SQL["stats"], {"items": list(items)}, into=ItemStats)
        return {row.item: row for row in rows}


def _half_lives(fast: timedelta, slow: timedelta) -> dict[str, object]:
    return {"fast_s": fast.total_seconds(), "slow_s": slow.total_seconds()}
