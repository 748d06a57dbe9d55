"""Variety: greedy inference of a determinantal point process, quality against likeness."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from coldreel.model import Vector
from coldreel.recommend.pool import Floats

_SPENT = 1e-10
"""Below this a candidate adds nothing to the volume of what is chosen."""
_CHOSEN = -math.inf
"""The gain of what is chosen already."""


def greedy_dpp(vectors: Vector, quality: Floats, n: int, beside: Vector | None = None) -> Iterator[int]:
    """Rows of up to n items, one after the other, that together are good and unlike each other.

    vectors: (items, dimensions), norm one; quality: (items,), positive
    beside: (others, dimensions): what is chosen already, and to be unlike to

    The kernel is quality_i * cosine_ij * quality_j; each step takes the item that enlarges its determinant
    most. Fast greedy MAP inference after Chen, Zhang and Zhou, "Fast Greedy MAP Inference for Determinantal
    Point Process to Improve Recommendation Diversity", NeurIPS 2018, algorithm 1. When nothing enlarges it
    any more, the rest follows by quality.
    """
    count = min(n, len(vectors))
    if count <= 0:
        return
    others = np.zeros((0, vectors.shape[1])) if beside is None else np.asarray(beside, np.float64)
    scaled = np.concatenate([others, vectors * quality[:, None]])
    first, steps = len(others), len(others) + count
    gain = np.einsum(
        "ij,ij->i", scaled, scaled
    )  # the kernel's diagonal; of the rest only a few rows are needed
    basis = np.zeros((steps, len(scaled)))
    for step in range(steps):
        best = step if step < first else first + int(gain[first:].argmax())
        enlarges, gain_of_best = gain[best] >= _SPENT, gain[best]
        if step >= first:
            if not enlarges:
                rest = np.flatnonzero(gain[first:] > _CHOSEN)
                yield from rest[np.argsort(-quality[rest], kind="stable")][: steps - step].tolist()
                return
            yield best - first
        if enlarges:  # else it is nearly one of the others, and forbids no more than they do
            row = scaled @ scaled[best]
            basis[step] = (row - basis[:step, best] @ basis[:step]) / math.sqrt(gain_of_best)
            gain -= basis[step] ** 2
        if step >= first:
            gain[best] = _CHOSEN


def capped(
    order: Iterable[int], groups: Sequence[str], most: int, taken: Sequence[str] = ()
) -> Iterator[int]:
    """The same order with at most so many of each group in front; those that are too many follow at the end.

    groups: of each row; "" is none, of which there can be any number
    taken: groups of what stands there already
    """
    counts = Counter(taken)
    back: list[int] = []
    for row in order:
        counts[groups[row]] += 1
        if not groups[row] or counts[groups[row]] <= most:
            yield row
        else:
            back.append(row)
    yield from back
