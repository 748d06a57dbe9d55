"""What users do, and what follows of them from it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from coldreel.model.vectors import Vector


class EventKind(StrEnum):
    """What a user did."""

    VIEW = "view"
    """Watched it, and went on to another."""
    AWAY = "away"
    """Watched it, and left the page with it in view: to come back to it, or not, but this is no swipe."""
    LIKE = "like"
    UNLIKE = "unlike"
    SHARE = "share"
    NOT_INTERESTED = "not_interested"
    HIDE_CREATOR = "hide_creator"
    """Wants nothing more of who made it."""


WATCHING = (EventKind.VIEW, EventKind.AWAY)
"""Events that say that an item was shown, and for how long it was watched."""
LONGEST_NAME = 200
"""Letters of a user's name."""


@dataclass(frozen=True, slots=True)
class Event:
    """What one user did with one item. `event_id` is a UUIDv7; sending it twice counts once.

    watched_s: of a view or away: seconds that were played since the one before it with the same request id
    """

    event_id: UUID
    user: str
    item: str
    kind: EventKind
    at: datetime
    watched_s: float | None = None
    request_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """An event that was not taken, and why; the rest of its batch was."""

    event_id: UUID
    code: str
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Interests:
    """What a user cares about: a few vectors of norm one, each with the weight of its evidence.

    positives: per vector, how many rewards fed it; one that too few have fed is tentative
    aversions: vectors of what the user said it is not interested in, the latest first
    """

    vectors: tuple[Vector, ...] = ()
    weights: tuple[float, ...] = ()
    positives: tuple[int, ...] = ()
    aversions: tuple[Vector, ...] = ()
    updated_at: datetime | None = None

    def in_force(self, founded_by: int) -> Interests:
        """Those to recommend by: fed by so many positives; while there is none, the tentative ones."""
        kept = [i for i, fed in enumerate(self.positives) if fed >= founded_by]
        if not kept:
            return self
        return replace(
            self,
            vectors=tuple(self.vectors[i] for i in kept),
            weights=tuple(self.weights[i] for i in kept),
            positives=tuple(self.positives[i] for i in kept),
        )


@dataclass(frozen=True, slots=True)
class Interaction:
    """All that is between one user and one item. That there is one means that the item was shown."""

    user: int
    item: int
    first_at: datetime
    last_at: datetime
    views: int = 0
    watched_s: float = 0.0
    long_views: int = 0
    skips: int = 0
    shares: int = 0
    loops: int = 0
    liked: bool = False
    not_interested: bool = False

    @property
    def pleased(self) -> bool:
        """The outcome that an item is judged by: one per viewer, however often it was seen."""
        return (self.liked or self.shares > 0 or self.long_views > 0) and not self.not_interested
