"""Variety: greedy inference of a determinantal point process, quality against likeness."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from coldreel.model import Vector

_SPENT = 1e-10
"""Below this a candidate adds nothing to the volume of what is chosen."""


def greedy_dpp(vectors: Sequence[Vector], quality: NDArray[np.float64], n: int) -> list[int]:
    """Indices of up to n items, in the order chosen, that together are good and unlike each other.

    vectors: norm one; quality: (items,), positive. The kernel is quality_i * cosine_ij * quality_j; each step
    takes the item that enlarges its determinant most. Fast greedy MAP inference after Chen, Zhang and Zhou,
    "Fast Greedy MAP Inference for Determinantal Point Process to Improve Recommendation Diversity",
    NeurIPS 2018, algorithm 1. When nothing enlarges it any more, the rest follows by quality.
    """
    count = len(vectors)
    if count == 0:
        return []
    scaled = np.stack(vectors).astype(np.float64) * quality[:, None]
    gain = np.einsum("ij,ij->i", scaled, scaled)
    basis = np.zeros((min(n, count), count))
    chosen: list[int] = []
    open_ = np.ones(count, dtype=bool)
    for step in range(min(n, count)):
        best = int(np.argmax(np.where(open_, gain, -np.inf)))
        if gain[best] < _SPENT:
            rest = np.flatnonzero(open_)
            chosen += [int(i) for i in rest[np.argsort(-quality[rest], kind="stable")][: n - len(chosen)]]
            break
        chosen.append(best)
        open_[best] = False
        row = (scaled @ scaled[best] - basis[:step].T @ basis[:step, best]) / np.sqrt(gain[best])
        basis[step] = row
        gain = gain - row**2
    return chosen
