"""Priors of items: empirical Bayes on the catalogue, and what an item's content lets expect.

The rates of items are taken to be Beta(m s, (1 - m) s) and their pleased viewers beta-binomial; m and s are
fitted by maximum likelihood under a weak prior of their own (Gelman et al., "Bayesian Data Analysis", ch. 5).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coldreel.learn.posterior import Numbers


@dataclass(frozen=True, slots=True)
class PriorRules:
    """coldreel's own numbers: what is believed before anybody has watched anything, and how firmly."""

    rate: float = 0.3
    """Share of viewers whom an item pleases."""
    rate_viewers: float = 10.0
    """Viewers that this counts as."""
    strength: float = 10.0
    """Viewers that the prior of one item counts as."""
    strength_spread: float = 1.0
    """Of the logarithm of the strength: a third or three times as much is no surprise."""
    weakest: float = 2.0
    strongest: float = 100.0
    """Bounds of the strength: an item's own viewers have a say however alike the catalogue seems."""


@dataclass(frozen=True, slots=True)
class Fit:
    """rate: expected of an item of which nothing is known; strength: viewers that a prior counts as"""

    rate: float
    strength: float


def fit(viewers: NDArray[np.integer], pleased: NDArray[np.integer], rules: PriorRules) -> Fit:
    """The rate and strength under which these counts are likeliest.

    viewers, pleased: whole counts (n,); items without viewers say nothing. With few items both stay near
    the rules' own.
    """
    if not np.any(viewers > 0):
        return Fit(rules.rate, rules.strength)
    from scipy.optimize import minimize

    counts = _Counts.of(viewers, pleased)
    start = np.array([_logit(rules.rate), np.log(rules.strength)])
    bounds = [(-7.0, 7.0), (np.log(rules.weakest), np.log(rules.strongest))]
    found = minimize(_loss, start, (counts, rules), jac=True, method="L-BFGS-B", bounds=bounds)
    rate, strength = 1 / (1 + np.exp(-found.x[0])), np.exp(found.x[1])
    return Fit(float(rate), float(strength))


@dataclass(frozen=True, slots=True, eq=False)
class _Counts:
    """Every pair of counts once, with the number of items that have it: a large catalogue has few pairs."""

    viewers: Numbers
    pleased: Numbers
    items: Numbers

    @classmethod
    def of(cls, viewers: NDArray[np.integer], pleased: NDArray[np.integer]) -> _Counts:
        seen = viewers > 0
        pairs = np.stack([viewers[seen], np.minimum(pleased[seen], viewers[seen])])
        (n, k), items = np.unique(pairs, axis=1, return_counts=True)
        return cls(n.astype(np.float64), k.astype(np.float64), items.astype(np.float64))


def _loss(at: Numbers, counts: _Counts, rules: PriorRules) -> tuple[float, Numbers]:
    """Negative log posterior at (logit of the rate, log of the strength), and its gradient."""
    from scipy.special import betaln, digamma

    m, s = 1 / (1 + np.exp(-at[0])), np.exp(at[1])
    a, b = m * s, (1 - m) * s
    n, k, w = counts.viewers, counts.pleased, counts.items
    likelihood = w @ (betaln(a + k, b + n - k) - betaln(a, b))
    common = digamma(a + b) - digamma(a + b + n)
    by_a = w @ (digamma(a + k) - digamma(a) + common)
    by_b = w @ (digamma(b + n - k) - digamma(b) + common)
    # The weak prior: Beta on the rate, written for its logit, and normal on the log of the strength.
    v, far = rules.rate_viewers, (at[1] - np.log(rules.strength)) / rules.strength_spread
    prior = v * (rules.rate * np.log(m) + (1 - rules.rate) * np.log1p(-m)) - far**2 / 2
    by_logit = a * (1 - m) * (by_a - by_b) + v * (rules.rate - m)
    by_log = a * by_a + b * by_b - far / rules.strength_spread
    return -float(likelihood + prior), -np.array([by_logit, by_log])


def _logit(p: float) -> float:
    return float(np.log(p / (1 - p)))


# --- from content ----------------------------------------


@dataclass(frozen=True, slots=True)
class ContentRules:
    """coldreel's own numbers."""

    neighbours: int = 20
    """Nearest items that an item's prior is taken from."""
    least_viewers: int = 5
    """Viewers of an item that says something of its neighbours."""
    power: float = 4.0
    """A neighbour counts by its likeness to this power."""
    doubt: float = 1.0
    """Neighbours of likeness 1 that the catalogue's rate counts as: with a few distant ones, it prevails."""


def content_priors(
    item: NDArray[np.int64], similarity: Numbers, rate: Numbers, items: int, base: float, rules: ContentRules
) -> Numbers:
    """The rate to expect of each item from its neighbours' (items,), float64; `base` for one without any.

    One entry per pair of an item and its neighbour:
    item: the item's index in [0, items); similarity: their likeness; rate: the neighbour's posterior mean
    base: the catalogue's rate
    """
    weight = np.clip(similarity, 0.0, 1.0) ** rules.power
    total = np.bincount(item, weight, items)
    pulled = np.bincount(item, weight * rate, items)
    return np.asarray((rules.doubt * base + pulled) / (rules.doubt + total), np.float64)
