"""What people did with the feed, and how well its rankers knew beforehand: a judgement from what was logged.

What it cannot show: what people would have done with another feed. Only places that were drawn at random say
something of that, and a ranker's value there is known up to what else could have stood on them
(`learn.comparing.policy_weights`). Rankers are compared on the latest showings, which none was fitted on by
this judgement; the present one may have been learned from some of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from coldreel.learn.comparing import policy_weights
from coldreel.learn.learning import LearningRules, held_out
from coldreel.learn.off_policy import Estimate, Floats, cluster_error, snips
from coldreel.learn.ranker import calibration_error, fit, log_losses, logits, probabilities, vector_of
from coldreel.learn.showings import Flags, Showings
from coldreel.model import Weights

_DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class JudgingRules:
    """coldreel's own numbers."""

    bins: int = 10
    """Of equal size, of the calibration curve."""
    first_size: int = 100
    """Showings that the learning curve begins with; each following point has twice as many."""
    learning: LearningRules = field(default_factory=LearningRules)


@dataclass(frozen=True, slots=True)
class Share:
    """pleased: the share of showings that pleased; its error counts what one viewer did as one"""

    name: str
    showings: int
    viewers: int
    pleased: Estimate


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """Per bin of showings, from the least to the most promising: what was predicted, and what came of it.

    predicted, observed, low, high: (bins,), shares; low and high bound 95 % (Wilson, JASA 1927)
    """

    predicted: Floats
    observed: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True)
class Ranking:
    """A ranker on the held-out showings. gain: by how much its log loss, in nats a showing, is lower than
    that of the share that pleased before, and its error; auc: the probability that it puts one that pleased
    above one that did not; value: of random places, where any are"""

    name: str
    log_loss: float
    gain: float
    gain_error: float
    calibration_error: float
    auc: float
    value: Estimate | None
    calibration: Calibration


@dataclass(frozen=True, slots=True)
class Learned:
    """A point of the learning curve: fitted on the latest so many showings before the held-out ones."""

    showings: int
    log_loss: float
    error: float


@dataclass(frozen=True, slots=True)
class Judgement:
    """slots, days: in the order of a feed, and of time; rankings, curve: empty where there is too little"""

    showings: int
    viewers: int
    held_out: int
    overall: Share
    slots: tuple[Share, ...]
    days: tuple[tuple[float, Share], ...]
    base_log_loss: float
    rankings: tuple[Ranking, ...]
    curve: tuple[Learned, ...]


def judge(
    showings: Showings,
    slots: Sequence[str],
    outcomes: Floats,
    shipped: Weights,
    present: Weights,
    rules: JudgingRules,
) -> Judgement:
    """slots: the name of each showing's slot; outcomes: (n,), 1 where it pleased"""
    names = np.array(slots, dtype=np.str_)
    late = held_out(showings, rules.learning)
    rankings: tuple[Ranking, ...] = ()
    curve: tuple[Learned, ...] = ()
    base = math.nan
    if len(showings) >= rules.learning.least and late.any() and not late.all():
        before = float(np.clip(outcomes[~late].mean(), 1e-3, 1 - 1e-3))
        base_losses = log_losses(outcomes[late], np.full(int(late.sum()), math.log(before / (1 - before))))
        base = float(base_losses.mean())
        fitted = fit(
            showings.features[~late], outcomes[~late], showings.names, shipped, rules.learning.fitting
        )
        compared = {"shipped": shipped, "present": present, "fitted anew": fitted}
        if present.version == shipped.version:
            del compared["present"]
        rankings = tuple(
            _ranking(name, weights, showings[late], outcomes[late], base_losses, rules.bins)
            for name, weights in compared.items()
        )
        curve = _curve(showings, outcomes, late, shipped, rules)
    return Judgement(
        showings=len(showings),
        viewers=len(np.unique(showings.users)),
        held_out=int(late.sum()),
        overall=_share("all", showings, outcomes, np.ones(len(showings), np.bool_)),
        slots=tuple(_share(name, showings, outcomes, names == name) for name in _by_size(names)),
        days=_days(showings, outcomes),
        base_log_loss=base,
        rankings=rankings,
        curve=curve,
    )


def _by_size(names: NDArray[np.str_]) -> list[str]:
    found, sizes = np.unique(names, return_counts=True)
    return [str(name) for name in found[np.argsort(-sizes, kind="stable")]]


def _share(name: str, showings: Showings, outcomes: Floats, rows: Flags) -> Share:
    n = int(rows.sum())
    if not n:
        return Share(name, 0, 0, Estimate(math.nan, math.nan, 0.0))
    pleased, users = outcomes[rows], showings.users[rows]
    mean = float(pleased.mean())
    error = cluster_error((pleased - mean) / n, users)
    return Share(name, n, len(np.unique(users)), Estimate(mean, error, float(n)))


def _days(showings: Showings, outcomes: Floats) -> tuple[tuple[float, Share], ...]:
    """By day, in UTC, with the time of its midnight."""
    day = np.floor(showings.served / _DAY_S)
    return tuple(
        (float(each) * _DAY_S, _share("", showings, outcomes, day == each)) for each in np.unique(day)
    )


def _ranking(
    name: str, weights: Weights, showings: Showings, outcomes: Floats, base_losses: Floats, bins: int
) -> Ranking:
    row = vector_of(weights, showings.names)
    z = logits(showings.features, row)
    losses, predicted = log_losses(outcomes, z), probabilities(showings.features, row)
    n = len(outcomes)
    gains = base_losses - losses
    drawn = np.isfinite(showings.propensity)
    value = None
    if drawn.any():
        odds = policy_weights(showings[drawn], z[drawn])
        value = snips(outcomes[drawn], np.ones(int(drawn.sum())), odds)
    return Ranking(
        name=name,
        log_loss=float(losses.mean()),
        gain=float(gains.mean()),
        gain_error=cluster_error((gains - gains.mean()) / n, showings.users),
        calibration_error=calibration_error(outcomes, predicted, bins),
        auc=area(outcomes, z),
        value=value,
        calibration=calibration(outcomes, predicted, bins),
    )


def area(outcomes: Floats, scores: Floats) -> float:
    """The area under the ROC curve; NaN where all outcomes are alike.

    By the ranks of those that pleased (Hanley and McNeil, Radiology 1982); equal scores share their ranks.
    """
    good = outcomes > 0
    pairs = int(good.sum()) * int((~good).sum())
    if not pairs:
        return math.nan
    _, which, sizes = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(sizes) - (sizes - 1) / 2)[which]
    least = good.sum() * (good.sum() + 1) / 2
    return float((ranks[good].sum() - least) / pairs)


def calibration(outcomes: Floats, predicted: Floats, bins: int) -> Calibration:
    """Bins of equal size, as many as there are showings at most."""
    order = np.argsort(predicted, kind="stable")
    parts = [rows for rows in np.array_split(order, bins) if len(rows)]
    n = np.array([len(rows) for rows in parts], np.float64)
    observed = np.array([outcomes[rows].mean() for rows in parts])
    z = 1.959964
    middle = (observed + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * np.sqrt(observed * (1 - observed) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    means = np.array([predicted[rows].mean() for rows in parts])
    return Calibration(means, observed, middle - half, middle + half)


def _curve(
    showings: Showings, outcomes: Floats, late: Flags, shipped: Weights, rules: JudgingRules
) -> tuple[Learned, ...]:
    """From nothing, which is what is shipped, to all that there was before."""
    before = np.flatnonzero(~late)
    before = before[np.argsort(-showings.served[before], kind="stable")]
    sizes, size = [0], rules.first_size
    while size < len(before):
        sizes.append(size)
        size *= 2
    points = []
    for size in [*sizes, len(before)]:
        rows = np.zeros(len(showings), np.bool_)
        rows[before[:size]] = True
        fitted = fit(showings.features[rows], outcomes[rows], showings.names, shipped, rules.learning.fitting)
        z = logits(showings.features[late], vector_of(fitted, showings.names))
        losses = log_losses(outcomes[late], z)
        error = cluster_error((losses - losses.mean()) / len(losses), showings.users[late])
        points.append(Learned(size, float(losses.mean()), error))
    return tuple(points)
