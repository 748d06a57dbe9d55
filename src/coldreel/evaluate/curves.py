"""How the figures of a run come about: day by day, and over the items."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coldreel.evaluate.run_log import RunLog
from coldreel.evaluate.world import World

Numbers = NDArray[np.float64]

_STEPS = 101
"""Points of the curve over items."""


@dataclass(frozen=True, slots=True, eq=False)
class Curves:
    """Of one run, or of several on average.

    reward: (days and aftermath,), share of the day's impressions that pleased; nan without any
    coverage: (days,), share of the catalogue shown by the end of the day
    gems: (days,), share of the planted gems found by then
    concentration: (101,), share of the impressions that the most shown 0, 1, .. 100 % of the items have
    """

    reward: Numbers
    coverage: Numbers
    gems: Numbers
    concentration: Numbers


def curves(world: World, log: RunLog) -> Curves:
    schedule = world.rules.schedule
    days, items = schedule.days, world.rules.items
    day = log.at.astype(np.int64) - 1
    shown = np.bincount(day, minlength=days + schedule.aftermath).astype(np.float64)
    pleased = np.bincount(day, weights=log.pleased, minlength=days + schedule.aftermath)
    first = np.full(items, np.inf)
    np.minimum.at(first, log.item, log.at)
    ends = 2.0 + np.arange(days)
    found = np.array([log.found_at.get(int(gem), np.inf) for gem in np.flatnonzero(world.gem)])
    return Curves(
        reward=np.divide(pleased, shown, out=np.full_like(shown, np.nan), where=shown > 0),
        coverage=(first[:, None] < ends).mean(axis=0),
        gems=(found[:, None] < ends).mean(axis=0) if len(found) else np.full(days, np.nan),
        concentration=_concentration(np.bincount(log.item[log.at < 1.0 + days], minlength=items)),
    )


def _concentration(shown: NDArray[np.integer]) -> Numbers:
    total = np.concatenate([[0.0], np.cumsum(np.sort(shown)[::-1])])
    share = np.linspace(0.0, 1.0, len(total))
    return np.asarray(np.interp(np.linspace(0.0, 1.0, _STEPS), share, total / max(total[-1], 1.0)))


def average(of: list[Curves]) -> Curves:
    """The mean of several runs, point by point; nan where one of them has none."""
    names = ("reward", "coverage", "gems", "concentration")
    return Curves(*(np.mean([getattr(each, name) for each in of], axis=0) for name in names))
