"""Stage 3, filter: what no score can make up for. What was seen or may not be shown never came this far."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from coldreel.recommend.pool import Pool
from coldreel.recommend.viewer import Viewer


class Filter(Protocol):
    def keeps(self, viewer: Viewer, pool: Pool) -> NDArray[np.bool_]:
        """Mask of the rows that may be shown, bool (candidates,)."""


@dataclass(frozen=True, slots=True)
class AversionFilter:
    """Nothing that is nearly what the viewer said it is not interested in."""

    near: float = 0.8
    """Likeness from which an item is of that kind."""

    def keeps(self, viewer: Viewer, pool: Pool) -> NDArray[np.bool_]:
        if not viewer.interests.aversions or not len(pool):
            return np.ones(len(pool), dtype=np.bool_)
        alike = viewer.likeness(pool.vectors, np.stack(viewer.interests.aversions))
        return np.asarray(alike.max(axis=1) < self.near)


@dataclass(frozen=True, slots=True)
class FilterRules:
    aversion: AversionFilter = field(default_factory=AversionFilter)

    @property
    def filters(self) -> tuple[Filter, ...]:
        return (self.aversion,)


def sieve(viewer: Viewer, pool: Pool, rules: FilterRules) -> Pool:
    """The rows that every filter keeps."""
    kept = np.ones(len(pool), dtype=np.bool_)
    for each in rules.filters:
        kept &= each.keeps(viewer, pool)
    return pool if kept.all() else pool.take(kept)
