"""What is believed of items: Beta posteriors of their rates, and the state of their trials."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coldreel.model import Trial

Numbers = NDArray[np.float64]

_EDGE = 1e-3
"""A prior mean keeps so far from 0 and 1, where a Beta distribution ends."""


@dataclass(frozen=True, slots=True)
class TrialRules:
    """coldreel's own numbers."""

    graduate: float = 0.8
    """An item graduates when it is better than the catalogue with this probability."""
    rest: float = 0.1
    """It rests when it is better with no more than this probability."""
    least_viewers: int = 5
    """Viewers before an item is judged: none is for its content alone."""
    budget: int = 50
    """Viewers that an item is tried with, wherever they come by it; one that is unclear then rests. What was
    served and not seen is no try."""


@dataclass(frozen=True, slots=True, eq=False)
class Posterior:
    """Beta(alpha, beta) of the rate of every item: the share of its viewers that it pleases.

    alpha, beta: float64 (n,), positive
    """

    alpha: Numbers
    beta: Numbers

    def at(self, which: NDArray[np.bool_] | NDArray[np.intp]) -> Posterior:
        """Of some of the items: a mask, or their indices."""
        return Posterior(self.alpha[which], self.beta[which])

    def mean(self) -> Numbers:
        return self.alpha / (self.alpha + self.beta)

    def lower(self, tail: float) -> Numbers:
        """The rate that an item exceeds with probability 1 - tail."""
        from scipy.special import betaincinv  # here: requests need the means alone

        return np.asarray(betaincinv(self.alpha, self.beta, tail), np.float64)

    def upper(self, tail: float) -> Numbers:
        """The rate that an item exceeds with probability tail."""
        from scipy.special import betainccinv

        return np.asarray(betainccinv(self.alpha, self.beta, tail), np.float64)

    def above(self, rate: float) -> Numbers:
        """The probability that an item's rate exceeds this one."""
        from scipy.special import betaincc

        return np.asarray(betaincc(self.alpha, self.beta, rate), np.float64)


def posterior(prior: Numbers, strength: float, viewers: Numbers, pleased: Numbers) -> Posterior:
    """What is believed after the viewers there were.

    prior: expected rates, in [0, 1]; strength: viewers that the prior counts as; viewers, pleased: counts,
    which may be decayed ones
    """
    mean = np.clip(prior, _EDGE, 1 - _EDGE)
    return Posterior(mean * strength + pleased, (1 - mean) * strength + np.maximum(viewers - pleased, 0.0))


def tries_left(viewers: Numbers, rules: TrialRules) -> Numbers:
    """What is left of the items' budgets."""
    return np.asarray(rules.budget - viewers, np.float64)


def trials(
    before: NDArray[np.str_],
    believed: Posterior,
    rate: float,
    viewers: Numbers,
    rules: TrialRules,
) -> NDArray[np.str_]:
    """The states of the items' trials from here on, values of `Trial`.

    before: the states so far; rate: the catalogue's. A graduate stays one until it is clearly not better than
    the catalogue, so that it does not come and go; one that rests is tested again when its posterior is not
    clear any more and there is budget left.
    """
    judged = viewers >= rules.least_viewers
    better = np.full(len(viewers), np.nan)
    better[judged] = believed.at(judged).above(rate)
    return np.select(
        [
            better >= rules.graduate,
            better <= rules.rest,
            before == Trial.GRADUATED,
            tries_left(viewers, rules) <= 0,
        ],
        [Trial.GRADUATED.value, Trial.RESTING.value, Trial.GRADUATED.value, Trial.RESTING.value],
        Trial.TESTING.value,
    )
