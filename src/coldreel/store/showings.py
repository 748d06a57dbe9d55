"""Showings: places of a feed that were seen, with what came of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from coldreel.store import queries
from coldreel.store.database import Database

_SQL = queries.load("showings")


@dataclass(frozen=True, slots=True)
class ShownPlace:
    """One place that a user saw, and what the user did with it on that page.

    served: when, in seconds since 1970; parts: the logged features by name
    propensity: the probability with which the place held the item; None where it was not drawn at random
    watched_s: in all, until the viewer went on; None when nothing said for how long, or the page was left
    """

    user: int
    served: float
    slot: str
    propensity: float | None
    parts: Mapping[str, float]
    duration_s: float
    watched_s: float | None
    liked: bool
    shared: bool
    not_interested: bool


class Showings:
    def __init__(self, database: Database) -> None:
        self._database = database

    def latest(self, space: int, since: datetime, until: datetime, most: int) -> Iterator[ShownPlace]:
        """At most so many of those that a space served in this time, the latest first."""
        params = {"space": space, "since": since, "until": until, "most": most}
        return (ShownPlace(*row) for row in self._database.stream(_SQL["latest"], params))
