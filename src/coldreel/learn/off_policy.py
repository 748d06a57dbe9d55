"""How well a policy would have done, from what another one showed at random with known probabilities."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ids = NDArray[np.int64]

_NORMAL_95 = 1.959964
"""Standard errors to each side of a 95 % interval."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """value: the mean reward; error: its standard error; effective: the effective sample size"""

    value: float
    error: float
    effective: float

    @property
    def low(self) -> float:
        """Lower end of the 95 % interval."""
        return self.value - _NORMAL_95 * self.error

    @property
    def high(self) -> float:
        return self.value + _NORMAL_95 * self.error


def snips(rewards: Floats, propensity: Floats, target: Floats) -> Estimate:
    """The mean reward of a policy, from n draws of another one (self-normalised inverse propensity scoring).

    rewards, propensity, target: shape (n,); the probability with which what was shown was drawn, and that
    with which the policy in question would have drawn it, which need only be known up to a factor

    Swaminathan and Joachims, The Self-Normalized Estimator for Counterfactual Learning, NeurIPS 2015. Error
    by the delta method, effective sample size (sum w)^2 / sum w^2 (Owen, Monte Carlo Theory, 9.2 and 9.3).
    """
    weights = target / propensity
    value, influence = _weighted(rewards, weights)
    return Estimate(value, math.sqrt(float(influence @ influence)), effective_size(weights))


def effective_size(weights: Floats) -> float:
    """How many draws of equal weight say as much."""
    squares = float(weights @ weights)
    return float(weights.sum()) ** 2 / squares if squares > 0 else 0.0


def gain(rewards: Floats, present: Floats, new: Floats, viewers: Ids) -> tuple[float, float]:
    """By how much the mean reward under the weights `new` exceeds that under `present`, and its error.

    The draws are the same, so the difference is known better than either.
    """
    before, influence_before = _weighted(rewards, present)
    after, influence_after = _weighted(rewards, new)
    return after - before, cluster_error(influence_after - influence_before, viewers)


def cluster_error(influence: Floats, viewers: Ids) -> float:
    """Standard error of a sum of terms of mean zero that depend on each other within a viewer.

    Never below that of independent terms, as it would seem to be where there are only a few viewers.
    """
    _, who = np.unique(viewers, return_inverse=True)
    sums = np.bincount(who, weights=influence)
    return math.sqrt(max(float(sums @ sums), float(influence @ influence)))


def _weighted(rewards: Floats, weights: Floats) -> tuple[float, Floats]:
    total = float(weights.sum())
    value = float(weights @ rewards) / total
    return value, np.asarray(weights * (rewards - value) / total, np.float64)
