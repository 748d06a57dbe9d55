"""From which share of a video on a view of it is long, learned from how long videos are watched."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coldreel.learn.reward import RewardRules
from coldreel.model import ModelKind
from coldreel.store.store import Store


@dataclass(frozen=True, slots=True)
class LongViewRules:
    """coldreel's own numbers."""

    long: float = 0.4
    """Share of the showings of a bucket that shall be long views. The same in all, so that no length of video
    has an advantage; and far from none and all, where an outcome says most."""
    pseudo_views: float = 200.0
    """Showings that the shipped threshold counts as many as."""
    least: float = 0.25
    most: float = 0.95
    """Of a learned threshold: below, a glance would be long; above, not even a video seen whole would."""
    move: float = 0.05
    """While none would move by more, all stay: what past events mean would change, for nothing."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """Of the videos up to `upper_s` seconds: the share that makes a view long, as it was and as learned."""

    upper_s: float
    showings: int
    present: float
    learned: float


def thresholds(
    duration_s: NDArray[np.float64],
    watched_s: NDArray[np.float64],
    shipped: RewardRules,
    present: RewardRules,
    rules: LongViewRules,
) -> tuple[Threshold, ...]:
    """One per bucket of `shipped`, learned from n showings.

    duration_s, watched_s: shape (n,); a showing whose watched seconds are NaN is left out

    How long a video is watched depends on its length before it depends on taste, so a showing is compared
    with those of its bucket alone, by its quantile there (D2Q: Zhan et al., Deconfounding Duration Bias in
    Watch-time Prediction for Video Recommendation, KDD 2022). The threshold is the quantile above which
    `rules.long` of the watched shares lie. A video seen whole is censored: for how much longer it would
    have been watched is unknown, and a player that repeats it tells nothing new; its share counts as one.
    The quantile q of n showings is then shrunk towards the shipped threshold s as (n q + m s) / (n + m),
    with m pseudo-views; the shrinkage, the bounds and the numbers are coldreel's own.
    """
    told = np.isfinite(watched_s) & (duration_s > 0)
    duration_s, watched_s = duration_s[told], watched_s[told]
    buckets = np.searchsorted([upper for upper, _ in shipped.long_view], duration_s)
    shares = np.minimum(watched_s / duration_s, 1.0)
    return tuple(
        Threshold(
            upper,
            int(np.count_nonzero(buckets == bucket)),
            present.long_view[bucket][1],
            _learned(shares[buckets == bucket], share, rules),
        )
        for bucket, (upper, share) in enumerate(shipped.long_view)
    )


def _learned(shares: NDArray[np.float64], shipped: float, rules: LongViewRules) -> float:
    if not len(shares):
        return shipped
    n, m = len(shares), rules.pseudo_views
    shrunk = (n * float(np.quantile(shares, 1.0 - rules.long)) + m * shipped) / (n + m)
    return round(min(max(shrunk, rules.least), rules.most), 4)


def has_moved(learned: tuple[Threshold, ...], rules: LongViewRules) -> bool:
    """Whether any threshold moved far enough to count all events anew."""
    return any(abs(each.learned - each.present) > rules.move for each in learned)


def to_params(learned: tuple[Threshold, ...]) -> dict[str, Any]:
    """As a model is stored; the last bucket has no upper end."""
    return {
        "long_view": [
            [each.upper_s if math.isfinite(each.upper_s) else None, each.learned] for each in learned
        ]
    }


def of_params(params: Mapping[str, Any], shipped: RewardRules) -> RewardRules:
    pairs = tuple(
        (math.inf if upper is None else float(upper), share) for upper, share in params["long_view"]
    )
    return replace(shipped, long_view=pairs)


def active_rules(store: Store, shipped: RewardRules) -> RewardRules:
    """The rules in use: as shipped, with the learned thresholds where there are any."""
    model = store.models.active(ModelKind.REWARD)
    return shipped if model is None else of_params(model.params, shipped)
