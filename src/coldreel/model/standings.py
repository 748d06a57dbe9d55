"""How items stand with their viewers: counts, trials, boards, and the catalogue in figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray


class Board(StrEnum):
    """A ranked public list."""

    HITS = "hits"
    GEMS = "gems"
    FRESH = "fresh"
    BEST = "best"


class Trial(StrEnum):
    """How far the trial of an item has come."""

    TESTING = "testing"
    GRADUATED = "graduated"
    RESTING = "resting"


@dataclass(frozen=True, slots=True)
class ItemStats:
    """The sum over the interactions with one item, or a change of it.

    The fast and slow counts are as of `decayed_at`: a viewer counts one when it first sees the item, and half
    as much after every half-life.
    """

    item: int
    viewers: int = 0
    pleased: int = 0
    views: int = 0
    long_views: int = 0
    skips: int = 0
    likes: int = 0
    shares: int = 0
    not_interested: int = 0
    loops: int = 0
    watched_s: float = 0.0
    fast_viewers: float = 0.0
    fast_pleased: float = 0.0
    slow_viewers: float = 0.0
    slow_pleased: float = 0.0
    decayed_at: datetime | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Standings:
    """Where all items stand that may be recommended: columns of one length, as in `ItemStats` and the arms.

    items, explored: int64; states: of `Trial`; prior: nan where it is not known; the others: float64.
    All counts are as of one moment.
    """

    items: NDArray[np.int64]
    viewers: NDArray[np.float64]
    pleased: NDArray[np.float64]
    fast_viewers: NDArray[np.float64]
    fast_pleased: NDArray[np.float64]
    slow_viewers: NDArray[np.float64]
    slow_pleased: NDArray[np.float64]
    prior: NDArray[np.float64]
    explored: NDArray[np.int64]
    states: NDArray[np.str_]


@dataclass(frozen=True, slots=True)
class Census:
    """The catalogue in figures, as of its last count.

    items: that may be recommended; highest: the largest id; rate: share of pleased viewers to expect of an
    unknown item; strength: of the prior, in viewers; median_viewers: of items that have any; upper_quintile:
    of the posterior means of those that have enough
    """

    counted_at: datetime
    items: int
    highest: int
    rate: float
    strength: float
    median_viewers: float
    upper_quintile: float


@dataclass(frozen=True, slots=True)
class Ranked:
    """One row of a board, with the numbers that put it there."""

    item: int
    score: float
    evidence: Mapping[str, float]
