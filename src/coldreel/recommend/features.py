"""Stage 4a, features: what an item is to a viewer, in named numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from coldreel.model import Census, Vector
from coldreel.recommend.pool import Floats, Pool
from coldreel.recommend.viewer import Viewer

FEATURES = (
    "bias",
    "content_fit",  # likeness to the nearest interest; 0 where the viewer has none
    "recent_fit",  # mean likeness to the nearest of what pleased the viewer lately
    "collaborative_fit",
    "posterior",  # log odds of the share of viewers that it is expected to please
    "certainty",  # how many viewers that is from
    "age",  # 1 for a new item, and a third after each week
    "short",
    "medium",
    "long",
    "longest",
)
_BUCKETS = (10.0, 30.0, 60.0)
"""Upper ends of short, medium and long, in seconds."""
_RECENT = 3
"""Of what pleased lately so many count: one alone may be an accident."""
_WEEK = 7.0
_MANY_VIEWERS = 10.0
"""Brings the logarithm of any number of viewers down to the size of the other features."""


def features(viewer: Viewer, pool: Pool, census: Census) -> Floats:
    """float64 (candidates, features), in the order of FEATURES."""
    table = np.zeros((len(pool), len(FEATURES)))
    table[:, 0] = 1.0
    table[:, 1] = content_fit(viewer, pool.vectors)
    table[:, 2] = recent_fit(viewer, pool.vectors)
    table[:, 3] = pool.related
    table[:, 4] = _log_odds(posterior_mean(pool, census))
    table[:, 5] = np.log1p(pool.viewers) / _MANY_VIEWERS
    table[:, 6] = np.exp(-pool.ages / _WEEK)
    table[np.arange(len(pool)), 7 + np.searchsorted(_BUCKETS, pool.durations)] = 1.0
    return table


def content_fit(viewer: Viewer, vectors: Vector) -> NDArray[np.float32]:
    """Per vector the likeness to the nearest of the viewer's tastes; 0 where it has none.

    An interest's weight does not count here: it already decides how often the interest is looked around.
    """
    if viewer.is_new or not len(vectors):
        return np.zeros(len(vectors), np.float32)
    tastes, _ = viewer.tastes
    fits: NDArray[np.float32] = viewer.likeness(vectors, tastes).max(axis=1)
    return fits


def recent_fit(viewer: Viewer, vectors: Vector) -> NDArray[np.float32]:
    """Per vector the mean likeness to the three nearest favourites of the viewer, missing ones as 0.

    An interest is a mean, and takes two of a kind; a favourite is still itself. (Item-based neighbours:
    Sarwar et al., Item-based Collaborative Filtering Recommendation Algorithms, WWW 2001.)
    """
    if not viewer.favourites or not len(vectors):
        return np.zeros(len(vectors), np.float32)
    alike = viewer.likeness(vectors, np.stack([each.vector for each in viewer.favourites]))
    nearest = np.sort(alike, axis=1)[:, -_RECENT:]
    return np.asarray(nearest.sum(axis=1) / _RECENT, np.float32)


def posterior(pool: Pool, census: Census) -> tuple[Floats, Floats]:
    """Alpha and beta of each item's rate of pleased viewers: Beta(m s + pleased, (1 - m) s + the others).

    m is the prior mean, from the item's content where that is known; s the census' strength.
    """
    means = np.where(np.isnan(pool.priors), census.rate, pool.priors)
    alpha = means * census.strength + pool.pleased
    beta = (1.0 - means) * census.strength + pool.viewers - pool.pleased
    return alpha, beta


def posterior_mean(pool: Pool, census: Census) -> Floats:
    alpha, beta = posterior(pool, census)
    return np.asarray(alpha / (alpha + beta))


def _log_odds(share: Floats) -> Floats:
    clipped = np.clip(share, 1e-4, 1.0 - 1e-4)
    return np.asarray(np.log(clipped / (1.0 - clipped)))
