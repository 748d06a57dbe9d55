"""Variety: greedy inference of a determinantal point process, quality against likeness."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np

from coldreel.model import Vector
from coldreel.recommend.pool import Floats

_SPENT = 1e-10
"""Below this a candidate adds nothing to the volume of what is chosen."""
_CHOSEN = -math.inf
"""The gain of what is chosen already."""


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
    kernel = scaled @ scaled.T
    first, steps = len(others), len(others) + min(n, count)
    gain = kernel.diagonal().copy()
    basis = np.zeros((steps, len(scaled)))
    chosen: list[int] = []
    for step in range(steps):
        best = step if step < first else first + int(gain[first:].argmax())
        if gain[best] < _SPENT:
            if step < first:  # nearly one of the others: it forbids no more than they do
                continue
            rest = np.flatnonzero(gain[first:] > _CHOSEN)
            chosen += rest[np.argsort(-quality[rest], kind="stable")][: n - len(chosen)].tolist()
            break
        basis[step] = (kernel[best] - basis[:step, best] @ basis[:step]) / math.sqrt(gain[best])
        gain -= basis[step] ** 2
        if step >= first:
            chosen.append(best - first)
            gain[best] = _CHOSEN
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
