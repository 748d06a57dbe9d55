"""Stage 1, hydrate: who is watching."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from coldreel.model import Interests, Vector, likeness

_NOTHING = Interests()
ESTABLISHED = 2
"""Positives from which a taste is an interest, and not a guess any more."""


@dataclass(frozen=True, slots=True, eq=False)
class Favourite:
    """An item that pleased the viewer: what a reason can be made from."""

    item: int
    liked: bool
    vector: Vector


@dataclass(frozen=True, eq=False)
class Viewer:
    """The user of one request.

    baseline: cosine of strangers in the space that serves
    served: places of its feed so far; explored: the fresh ones among them today
    hidden_creators: of whom it wants to see nothing more
    """

    id: int
    ref: str
    interests: Interests = _NOTHING
    favourites: tuple[Favourite, ...] = ()
    hidden_creators: tuple[str, ...] = ()
    served: int = 0
    explored: int = 0
    baseline: float = 0.0

    @property
    def is_new(self) -> bool:
        """Nothing is known of its taste yet."""
        return not self.interests.vectors

    @cached_property
    def tastes(self) -> tuple[Vector, tuple[float, ...]]:
        """Its interests as rows, and their weights; guesses only while there is no interest yet."""
        tastes = self.interests.in_force(ESTABLISHED)
        return np.stack(tastes.vectors), tastes.weights

    def likeness(self, vectors: Vector, others: Vector) -> NDArray[np.float32]:
        """How alike these are, (vectors, others): 1 for the same, 0 for strangers."""
        return likeness(np.asarray(vectors @ others.T), self.baseline)
