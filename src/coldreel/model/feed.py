"""Pages of a feed: which item stands where, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from coldreel.model.items import Item


class Origin(StrEnum):
    """The candidate generator an item came from."""

    INTEREST = "interest"
    COLLABORATIVE = "collaborative"
    SPREAD = "spread"
    BEST = "best"
    HIT = "hit"
    GEM = "gem"
    FRESH = "fresh"
    RANDOM = "random"
    HELD_BACK = "held_back"
    AGAIN = "again"


class Slot(StrEnum):
    """The purpose of a place in a feed."""

    MAIN = "main"
    HIT = "hit"
    GEM = "gem"
    FRESH = "fresh"
    RANDOM = "random"


@dataclass(frozen=True, slots=True)
class FeedItem:
    """One place of a feed and the reason for it."""

    item: Item
    slot: Slot
    origin: Origin
    reason: str
    score: float
    parts: Mapping[str, float]
    again: bool = False
    propensity: float | None = None
    """The probability with which this place held this item; None where it was not drawn at random."""


@dataclass(frozen=True, slots=True)
class Feed:
    """One page for one user."""

    request_id: UUID
    user: str
    items: tuple[FeedItem, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """What may be recommended, by what a deployment or a request asks for."""

    exclude_tags: tuple[str, ...] = ()
    min_age_s: float = 0.0
    """Since it was taken in."""
    with_sound: bool = False
    max_duration_s: float | None = None

    def and_(self, other: Policy) -> Policy:
        """What both allow."""
        longest = [each for each in (self.max_duration_s, other.max_duration_s) if each is not None]
        return Policy(
            exclude_tags=tuple(dict.fromkeys(self.exclude_tags + other.exclude_tags)),
            min_age_s=max(self.min_age_s, other.min_age_s),
            with_sound=self.with_sound or other.with_sound,
            max_duration_s=min(longest, default=None),
        )


EVERYTHING = Policy()
"""The policy that forbids nothing."""
