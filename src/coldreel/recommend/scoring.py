"""Stage 4, score: the expected reward, by a logistic model over named features."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coldreel.model import Census, Weights
from coldreel.recommend.features import FEATURES, features, posterior
from coldreel.recommend.pool import Floats, Pool
from coldreel.recommend.viewer import Viewer

SHIPPED = Weights(
    "shipped-1",
    {
        "bias": -0.4,
        "content_fit": 0.75,
        "recent_fit": 0.75,
        "collaborative_fit": 1.5,
        "posterior": 1.0,
        "certainty": 0.0,
        "age": 0.0,
        "short": 0.0,
        "medium": 0.0,
        "long": 0.0,
        "longest": 0.0,
    },
)
"""coldreel's own, for a catalogue that nothing was learned from yet."""


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """A pool with the probability that each item pleases the viewer, and the features it follows from.

    scores: (n,), in (0, 1); features: (n, len(FEATURES))
    doubt: (n,), standard deviation of a score's log odds that comes from how few saw the item; 0 when its
        trial is over
    """

    pool: Pool
    scores: Floats
    features: Floats
    doubt: Floats

    def __len__(self) -> int:
        return len(self.pool)

    def hopeful(self, deviations: float, viewers: float) -> Floats:
        """The scores if every item that has had fewer than so many viewers were so many standard deviations
        better than it is expected to be."""
        doubt = np.where(self.pool.viewers < viewers, self.doubt, 0.0)
        odds = np.log(self.scores) - np.log1p(-self.scores) + deviations * doubt
        return np.asarray(1.0 / (1.0 + np.exp(-odds)))

    def parts(self, row: int) -> dict[str, float]:
        """The features of one row by name, those of no account left out."""
        return {
            name: round(value, 6)
            for name, value in zip(FEATURES, self.features[row].tolist(), strict=True)
            if value
        }


def score(viewer: Viewer, pool: Pool, census: Census, weights: Weights) -> Scored:
    """A feature without a weight counts for nothing: the ranker was fitted before there was one."""
    if not len(pool):
        return Scored(pool, np.zeros(0), np.zeros((0, len(FEATURES))), np.zeros(0))
    table = features(viewer, pool, census)
    row = np.array([weights.values.get(name, 0.0) for name in FEATURES])
    alpha, beta = posterior(pool, census)
    # Of the log odds of Beta(alpha, beta), by the delta method for the logarithms of its two gamma variables.
    doubt = abs(weights.values.get("posterior", 0.0)) * np.sqrt(1.0 / alpha + 1.0 / beta) * pool.testing
    return Scored(pool, np.asarray(1.0 / (1.0 + np.exp(-(table @ row)))), table, doubt)
