"""Candidates as columns: what one request knows of a few hundred items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import cache
from operator import attrgetter
from typing import Self

import numpy as np
from numpy.typing import NDArray

from coldreel.model import Origin, Trial, Vector

Floats = NDArray[np.float64]
ORIGINS = tuple(Origin)
_CODES: dict[str, int] = {origin: code for code, origin in enumerate(ORIGINS)}


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """n candidates, one row each; an item may stand in it once per origin.

    items:     int64 (n,), ids
    origins:   int8 (n,), places in ORIGINS
    vectors:   float32 (n, dimensions), norm one
    related:   (n,), how much those who liked what the viewer likes are pleased by it, in [0, 1]
    viewers, pleased: (n,), counts
    priors:    (n,), expected share of pleased viewers by content; NaN where it is not known
    testing:   bool (n,), whether its trial goes on
    ages:      (n,), days since it was taken in
    durations: (n,), seconds
    creators:  object (n,), str
    """

    items: NDArray[np.int64]
    origins: NDArray[np.int8]
    vectors: Vector
    related: Floats
    viewers: Floats
    pleased: Floats
    priors: Floats
    testing: NDArray[np.bool_]
    ages: Floats
    durations: Floats
    creators: NDArray[np.object_]

    def __len__(self) -> int:
        return len(self.items)

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_] | Sequence[int]) -> Self:
        """The rows at these places, or where the mask holds, in that order."""
        where = np.asarray(rows, dtype=np.intp) if isinstance(rows, list) else np.asarray(rows)
        return type(self)(*(column[where] for column in _columns(self)))

    def of(self, *origins: Origin) -> NDArray[np.bool_]:
        """Mask of the rows of these origins."""
        found = np.zeros(len(self), dtype=np.bool_)
        for origin in origins:
            found |= self.origins == _CODES[origin]
        return found

    def origin(self, row: int) -> Origin:
        return ORIGINS[int(self.origins[row])]

    def named(self, origin: Origin) -> Self:
        """The same rows, as found by another generator."""
        return replace(self, origins=np.full(len(self), _CODES[origin], dtype=np.int8))

    def __add__(self, other: Pool) -> Pool:
        if not len(other):
            return self
        if not len(self):
            return other
        return Pool(*map(np.concatenate, zip(_columns(self), _columns(other), strict=True)))

    @classmethod
    def of_columns(
        cls, origins: Sequence[str], items: Sequence[int], vectors: Vector, related: Sequence[float],
        viewers: Sequence[int], pleased: Sequence[int], priors: Sequence[float | None], trials: Sequence[str],
        ages: Sequence[float], durations: Sequence[float], creators: Sequence[str],
    ) -> Self:  # fmt: skip
        return cls(
            items=np.array(items, np.int64),
            origins=np.array([_CODES[each] for each in origins], np.int8),
            vectors=vectors,
            related=np.array(related, np.float64),
            viewers=np.array(viewers, np.float64),
            pleased=np.array(pleased, np.float64),
            priors=np.array(priors, np.float64),  # None becomes NaN
            testing=np.array([each == Trial.TESTING for each in trials], np.bool_),
            ages=np.array(ages, np.float64),
            durations=np.array(durations, np.float64),
            creators=_objects(creators),
        )

    @classmethod
    @cache
    def empty(cls, dimensions: int = 0) -> Self:
        none: list[int] = []
        vectors = np.zeros((0, dimensions), np.float32)
        return cls.of_columns([], none, vectors, [], none, none, [], [], [], [], [])


_columns = attrgetter(*(column.name for column in fields(Pool)))
"""All columns of a pool."""


def _objects(values: Sequence[object]) -> NDArray[np.object_]:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column
