"""Which weights of a space's blocks serve best? All on a grid are tried.

The grid: every weight a multiple of one over STEPS, none zero, their sum one. The figure is P@5 with
neighbours of other sources. `similar.py --choose` prints it for the clips of even sources alone: those of
odd ones are for reporting.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Self

import numpy as np
from numpy.typing import NDArray

from coldreel.understand.spaces import Space

STEPS = 20
"""Weights are so many parts of one, that is multiples of 0.05: finer ones differ by less than a query."""
K = 5
BATCH = 500
"""Weight vectors tried at once: some hundred MB of cosines."""
SHOWN = 10
WIDTH = 16
"""Characters of a column."""
EVEN = 1e-9
"""Figures that differ by less are the same, but for rounding."""


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """Items to try weights on.

    cosines: of each block, (blocks, queries, items); present: which items have it, (blocks, items), 0 or 1
    same: right neighbours, banned: impossible ones, both (queries, items)
    """

    cosines: NDArray[np.float64]
    present: NDArray[np.float64]
    same: NDArray[np.bool_]
    banned: NDArray[np.bool_]

    @classmethod
    def of(
        cls, space: Space, placed: NDArray[np.float32], same: NDArray[np.bool_], banned: NDArray[np.bool_]
    ) -> Self:
        """From items of a space (items, dimensions), whatever weights they were placed with."""
        queries = np.flatnonzero((same & ~banned).any(axis=1))
        cosines, present = [], []
        for block in space.blocks:
            values = placed[:, space.place_of(block.name)].astype(np.float64)
            norms = np.linalg.norm(values, axis=1)
            units = values / np.where(norms > 0, norms, 1)[:, None]
            cosines.append((units @ units.T)[queries])
            present.append((norms > 0).astype(np.float64))
        return cls(np.stack(cosines), np.stack(present), same[queries], banned[queries])

    def precision(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """P@K of each of these weights (tried, blocks): (tried,)."""
        figures = []
        for start in range(0, len(weights), BATCH):
            some = weights[start : start + BATCH]
            # A missing block passes its weight on; the norm of the query does not change its ranking.
            norms = np.sqrt(some @ self.present)
            sums = np.tensordot(some, self.cosines, axes=1) / norms[:, None, :]
            ranked = np.argsort(-np.where(self.banned, -np.inf, sums), axis=2, kind="stable")[:, :, :K]
            figures.append(np.take_along_axis(self.same[None], ranked, axis=2).mean(axis=(1, 2)))
        return np.concatenate(figures)


def choose(space: Space, trial: Trial) -> tuple[dict[str, float], float]:
    """Try the whole grid and print the best, and where the weights stand that the space ships with.

    Returns the best weights by block, and their P@K.
    """
    names = [block.name for block in space.blocks]
    weights = np.array(list(_grid(len(names))))
    precision = trial.precision(weights)
    best = np.argsort(-precision, kind="stable")[:SHOWN]
    shipped = np.array([block.weight for block in space.blocks])
    (own,) = trial.precision(shipped[None])
    print(f"  P@{K}" + "".join(f"{name:>{WIDTH}}" for name in names))
    for row, figure in zip([*weights[best], shipped], [*precision[best], own], strict=True):
        print(f"{figure:5.3f}" + "".join(f"{weight:{WIDTH}.2f}" for weight in row))
    better, as_good = precision > own + EVEN, abs(precision - own) <= EVEN
    print(f"{len(weights):,} tried on {len(trial.same)} queries; better than the shipped (last line):")
    print(f"{better.sum():,}; as good: {as_good.sum():,}")
    return dict(zip(names, map(float, weights[best[0]]), strict=True)), float(precision[best[0]])


def _grid(blocks: int) -> Iterator[list[float]]:
    """All ways to give STEPS parts to so many blocks, one at least to each."""
    for bars in combinations(range(1, STEPS), blocks - 1):
        yield [(after - before) / STEPS for before, after in pairwise((0, *bars, STEPS))]
