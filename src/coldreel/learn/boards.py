"""The boards: hits that spread, gems that few have seen, what is still being tried, and the best of all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from coldreel.learn.interactions import CountRules
from coldreel.learn.posterior import Numbers, Posterior, TrialRules, posterior, tries_left
from coldreel.model import Board, Census, Ranked, Standings, Trial


@dataclass(frozen=True, slots=True)
class BoardRules:
    """coldreel's own numbers."""

    rows: int = 200
    """Of hits, of gems and of the best, at most."""
    fresh_rows: int = 500
    """Of fresh items: a feed draws those that fit its viewer from them."""
    tail: float = 0.05
    """A lower bound is exceeded with a probability of one less this, an upper bound with this one."""
    least_recent: float = 3.0
    """Recent viewers of a hit."""
    calm: float = 5.0
    """Viewers a day that are added before and now, so that a handful on the first day are no surge."""
    least_viewers: int = 3
    """Viewers of a gem."""
    decay: CountRules = field(default_factory=CountRules)
    """By which the fast and the slow counts were made."""


def hits(standings: Standings, prior: Numbers, census: Census, rules: BoardRules) -> list[Ranked]:
    """What is watched now and pleases more than the catalogue, the fastest growing first.

    prior: expected rates (n,). The score is the lower bound of the recent rate, by the fast counts, times the
    growth of the audience: viewers a day by the fast counts over those by the slow ones, in which days before
    there was an item count as days without viewers.
    """
    recent = posterior(prior, census.strength, standings.fast_viewers, standings.fast_pleased)
    lately = _per_day(standings.fast_viewers, rules.decay.fast)
    usually = _per_day(standings.slow_viewers, rules.decay.slow)
    growth = (lately + rules.calm) / (usually + rules.calm)
    is_hit = (standings.fast_viewers >= rules.least_recent) & (recent.mean() > census.rate)
    (at,) = np.nonzero(is_hit)
    lower = recent.at(at).lower(rules.tail)
    evidence = {
        "viewers": standings.viewers[at],
        "pleased": standings.pleased[at],
        "per_day": lately[at],
        "per_day_over_weeks": usually[at],
        "growth": growth[at],
        "lower": lower,
        "rate": np.full(len(at), census.rate),
    }
    return _ranked(standings.items[at], lower * growth[at], evidence, rules.rows)


def gems(standings: Standings, believed: Posterior, census: Census, rules: BoardRules) -> list[Ranked]:
    """What pleases more than nearly all of the catalogue, and has been found by few.

    believed: of all viewers. The score is its lower bound, which is above the catalogue's upper quintile.
    """
    few = (standings.viewers >= rules.least_viewers) & (standings.viewers < census.median_viewers)
    good = few & (believed.mean() > census.upper_quintile)  # a lower bound costs more than a mean
    (at,) = np.nonzero(good)
    lower = believed.at(at).lower(rules.tail)
    clear = lower > census.upper_quintile
    at, lower = at[clear], lower[clear]
    evidence = {
        "viewers": standings.viewers[at],
        "pleased": standings.pleased[at],
        "lower": lower,
        "upper_quintile": np.full(len(at), census.upper_quintile),
        "median_viewers": np.full(len(at), census.median_viewers),
    }
    return _ranked(standings.items[at], lower, evidence, rules.rows)


def fresh(standings: Standings, believed: Posterior, trial: TrialRules, rules: BoardRules) -> list[Ranked]:
    """What is still being tried: what may be the best first.

    believed: of all viewers. The score is its upper bound, so that what nobody has seen comes before what
    failed to please, and what pleased its first viewers before both. Of equal ones what had the fewest fresh
    places is first, then the newest.
    """
    left = tries_left(standings.viewers, trial)
    (at,) = np.nonzero((standings.states == Trial.TESTING) & (left > 0))
    upper = believed.at(at).upper(rules.tail)
    order = np.lexsort((-standings.items[at], standings.explored[at], -upper))[: rules.fresh_rows]
    at, upper = at[order], upper[order]
    evidence = {"viewers": standings.viewers[at], "pleased": standings.pleased[at], "tries_left": left[at]}
    return _rows(standings.items[at], upper, evidence)


def best(standings: Standings, believed: Posterior, census: Census, rules: BoardRules) -> list[Ranked]:
    """What pleases most, whoever has found it and however long ago.

    believed: of all viewers. The score is its lower bound, which is above the catalogue's rate.
    """
    (at,) = np.nonzero((standings.viewers > 0) & (believed.mean() > census.rate))
    lower = believed.at(at).lower(rules.tail)
    clear = lower > census.rate
    at, lower = at[clear], lower[clear]
    evidence = {"viewers": standings.viewers[at], "pleased": standings.pleased[at], "lower": lower}
    return _ranked(standings.items[at], lower, evidence, rules.rows)


def all_boards(
    standings: Standings,
    prior: Numbers,
    believed: Posterior,
    census: Census,
    trial: TrialRules,
    rules: BoardRules,
) -> dict[Board, list[Ranked]]:
    return {
        Board.HITS: hits(standings, prior, census, rules),
        Board.GEMS: gems(standings, believed, census, rules),
        Board.FRESH: fresh(standings, believed, trial, rules),
        Board.BEST: best(standings, believed, census, rules),
    }


def _per_day(decayed: Numbers, half_life: timedelta) -> Numbers:
    """Viewers a day: a steady stream of one a day comes to a count of the half-life in days / ln 2."""
    return np.asarray(decayed * np.log(2) / (half_life / timedelta(days=1)), np.float64)


def _ranked(
    items: NDArray[np.int64], score: Numbers, evidence: dict[str, Numbers], rows: int
) -> list[Ranked]:
    """By score; of equal ones the newest first."""
    order = np.lexsort((-items, -score))[:rows]
    return _rows(items[order], score[order], {name: column[order] for name, column in evidence.items()})


def _rows(items: NDArray[np.int64], score: Numbers, evidence: dict[str, Numbers]) -> list[Ranked]:
    columns: Sequence[Sequence[float]] = [np.round(column, 4).tolist() for column in evidence.values()]
    return [
        Ranked(int(item), float(value), dict(zip(evidence, numbers, strict=True)))
        for item, value, *numbers in zip(items, score, *columns, strict=True)
    ]
