"""Stage 1, hydrate: who is watching."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from coldreel.model import Interests, Vector

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

    @property
    def is_new(self) -> bool:
        """Nothing is known of its taste yet."""
        return not self.interests.vectors

    @cached_property
    def tastes(self) -> tuple[Vector, tuple[float, ...]]:
        """Its interests as rows, and their weights; guesses only while there is no interest yet."""
        tastes = self.interests.in_force(ESTABLISHED)
        return np.stack(tastes.vectors), tastes.weights
