"""Variety: greedy inference of a determinantal point process, quality against likeness."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from coldreel.model import Vector
from coldreel.recommend.pool import Floats

_SPENT = 1e-10
"""Below this a candidate adds nothing to the volume of what is chosen."""


def greedy_dpp(vectors: Vector, quality: Floats, n: int, beside: Vector | None = None) -> list[int]:
    """Rows of up to n items, in the order chosen, that together are good and unlike each other.

    vectors: (items, dimensions), norm one; quality: (items,), positive
    beside: (others, dimensions): what is chosen already, and to be unlike to

    The kernel is quality_i * cosine_ij * quality_j; each step takes the item that enlarges its determinant
    most. Fast greedy MAP inference after Chen, Zhang and Zhou, "Fast Greedy MAP Inference for Determinantal
    Point Process to Improve Recommendation Diversity", NeurIPS 2018, algorithm 1. When nothing enlarges it
    any more, the rest follows by quality.
    """
    count = len(vectors)
    if count == 0 or n <= 0:
        return []
    others = np.zeros((0, vectors.shape[1])) if beside is None else np.asarray(beside, np.float64)
    scaled = np.concatenate([others, vectors * quality[:, None]])
    first = len(others)
    gain = np.einsum("ij,ij->i", scaled, scaled)
    basis = np.zeros((first + min(n, count), len(scaled)))
    open_ = np.ones(len(scaled), dtype=bool)
    open_[:first] = False
    chosen: list[int] = []
    for step in range(first + min(n, count)):
        best = step if step < first else int(np.argmax(np.where(open_, gain, -np.inf)))
        if gain[best] < _SPENT:
            if step < first:  # nearly one of the others: it forbids no more than they do
                continue
            rest = np.flatnonzero(open_) - first
            chosen += [int(i) for i in rest[np.argsort(-quality[rest], kind="stable")][: n - len(chosen)]]
            break
        if step >= first:
            chosen.append(best - first)
            open_[best] = False
        row = (scaled @ scaled[best] - basis[:step].T @ basis[:step, best]) / np.sqrt(gain[best])
        basis[step] = row
        gain = gain - row**2
    return chosen


def capped(order: Sequence[int], groups: Sequence[str], most: int, taken: Sequence[str] = ()) -> list[int]:
    """The same order with at most so many of each group in front; those that are too many follow at the end.

    taken: groups of what stands there already
    """
    counts = Counter(taken)
    front: list[int] = []
    back: list[int] = []
    for row in order:
        counts[groups[row]] += 1
        (front if counts[groups[row]] <= most else back).append(row)
    return front + back
