"""The catalogue in figures: what boards and trials compare an item with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from coldreel.learn.posterior import Numbers, Posterior, posterior
from coldreel.learn.priors import Fit
from coldreel.model import Census, Standings


@dataclass(frozen=True, slots=True)
class CensusRules:
    """coldreel's own numbers."""

    least_viewers: int = 5
    """Viewers from which an item's posterior is one of those that the upper quintile is taken from."""
    upper: float = 0.8
    """The share of them that is below it."""


def believed(standings: Standings, fit: Fit) -> Posterior:
    """The posterior of every item: what was expected of it, and all its viewers."""
    return posterior(expected(standings, fit), fit.strength, standings.viewers, standings.pleased)


def expected(standings: Standings, fit: Fit) -> Numbers:
    """The rates expected before anybody has seen the items: from their content, else the catalogue's."""
    return np.where(np.isnan(standings.prior), fit.rate, standings.prior)


def take_census(standings: Standings, means: Numbers, fit: Fit, now: datetime, rules: CensusRules) -> Census:
    """means: the items' posterior means"""
    seen = standings.viewers > 0
    known = standings.viewers >= rules.least_viewers
    return Census(
        counted_at=now,
        items=len(standings.items),
        highest=int(standings.items.max(initial=0)),
        rate=fit.rate,
        strength=fit.strength,
        median_viewers=float(np.median(standings.viewers[seen])) if seen.any() else 0.0,
        upper_quintile=float(np.quantile(means[known], rules.upper)) if known.any() else fit.rate,
    )
