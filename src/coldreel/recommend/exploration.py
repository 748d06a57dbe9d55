"""The places that find out: Thompson sampling with the very probability of each draw."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from coldreel.recommend.pool import Floats

_GRID = 256
"""Points at which the densities are taken: the probabilities sum to one within a thousandth before they are
made to."""


def win_probabilities(alpha: Floats, beta: Floats) -> Floats:
    """Per arm the probability that a draw from its Beta posterior is the largest of all: (arms,), sum 1.

    alpha, beta: (arms,), positive. The integral over x of an arm's density at x times the distribution
    functions of the others there, by the midpoint rule on points that lie closer at both ends.
    """
    if len(alpha) == 1:
        return np.ones(1)
    density = _densities(alpha, beta)
    below = np.cumsum(density, axis=1) - density / 2
    logs = np.log(np.maximum(below, 1e-300))
    others = np.exp(logs.sum(axis=0) - logs)
    wins = (density * others).sum(axis=1)
    return np.asarray(wins / wins.sum())


def draw(probabilities: Floats, rng: np.random.Generator) -> int:
    """An arm by these probabilities, which are thereby exactly its own."""
    return min(
        int(np.searchsorted(np.cumsum(probabilities), rng.random(), side="right")), len(probabilities) - 1
    )


def _densities(alpha: Floats, beta: Floats) -> NDArray[np.float64]:
    """The mass of each Beta distribution in the cells around the points: (arms, points), each row sum 1."""
    angle = (np.arange(_GRID) + 0.5) * (np.pi / 2 / _GRID)
    x = np.sin(angle) ** 2
    logs = alpha[:, None] * np.log(x) + beta[:, None] * np.log1p(-x)
    logs -= 0.5 * (
        np.log(x) + np.log1p(-x)
    )  # the powers a - 1 and b - 1, and dx = 2 sqrt(x (1 - x)) d(angle)
    mass = np.exp(logs - logs.max(axis=1, keepdims=True))
    return np.asarray(mass / mass.sum(axis=1, keepdims=True))
