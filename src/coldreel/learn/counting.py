"""A count of the catalogue: priors, states of the trials, census and boards, from the statistics of items.

Whoever comes first does it; the others find that it has been done.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from coldreel.learn.baseline import BaselineRules, is_due, measured
from coldreel.learn.boards import BoardRules, all_boards
from coldreel.learn.census import CensusRules, believed, expected, take_census
from coldreel.learn.posterior import Numbers, TrialRules, posterior, trials
from coldreel.learn.priors import ContentRules, Fit, PriorRules, content_priors, fit
from coldreel.model import Census, Standings, likeness
from coldreel.store.store import Store
from coldreel.store.vectors import StoredSpace


@dataclass(frozen=True, slots=True)
class CountingRules:
    prior: PriorRules = field(default_factory=PriorRules)
    content: ContentRules = field(default_factory=ContentRules)
    trial: TrialRules = field(default_factory=TrialRules)
    census: CensusRules = field(default_factory=CensusRules)
    boards: BoardRules = field(default_factory=BoardRules)
    baseline: BaselineRules = field(default_factory=BaselineRules)
    pause: timedelta = timedelta(minutes=1)
    """Nothing is counted again within this time."""
    priors: int = 500
    """Content priors that one count takes, at most: each is a search for neighbours."""
    prior_life: timedelta = timedelta(hours=6)
    """A content prior is taken anew after this time."""
    prior_retry: timedelta = timedelta(minutes=10)
    """And where there was no neighbour to tell anything, after this."""


def count(store: Store, now: datetime, rules: CountingRules) -> Census | None:
    """Bring boards, census and arms up to date.

    None where that was done within the pause, or somebody else is doing it right now.
    """
    if not _is_due(store, now, rules):
        return None
    with store.database.alone("coldreel.counting") as alone:
        # Asked once more: who had the lock a moment ago has just done it.
        if not alone or not _is_due(store, now, rules):
            return None
        return _count(store, now, rules)


def _is_due(store: Store, now: datetime, rules: CountingRules) -> bool:
    at = store.boards.counted_at()
    return (
        at is None or not timedelta(0) <= now - at < rules.pause
    )  # a clock was wrong where it is later than now


def _count(store: Store, now: datetime, rules: CountingRules) -> Census:
    standings = store.boards.standings(now, rules.boards.decay.fast, rules.boards.decay.slow)
    fitted = fit(standings.viewers.astype(np.int64), standings.pleased.astype(np.int64), rules.prior)
    space = store.spaces.active()
    if space is not None:
        if is_due(space, len(standings.items), rules.baseline):
            space = measured(store, space, rules.baseline)
        standings = _with_priors(store, space, standings, fitted, now, rules)
    belief = believed(standings, fitted)
    states = trials(standings.states, belief, fitted.rate, standings.viewers, rules.trial)
    changed = states != standings.states
    standings = replace(standings, states=states)
    census = take_census(standings, belief.mean(), fitted, now, rules.census)
    prior = expected(standings, fitted)
    boards = all_boards(standings, prior, belief, census, rules.trial, rules.boards)
    with store.database.transaction():
        store.boards.replace(boards, census)
        store.arms.put_states(standings.items[changed].tolist(), states[changed].tolist(), now)
    return census


def _with_priors(
    store: Store, space: StoredSpace, standings: Standings, fitted: Fit, now: datetime, rules: CountingRules
) -> Standings:
    """The standings with the content priors that were missing or too old; these are kept, too."""
    waiting = np.array(
        sorted(store.arms.awaiting_priors(now - rules.prior_life, now - rules.prior_retry, rules.priors)),
        np.int64,
    )
    places, known = _places(standings, waiting)
    waiting, places = waiting[known], places[known]
    if not len(waiting):
        return standings
    priors = _priors(store, space, standings, waiting, fitted, rules.content)
    store.arms.put_priors(waiting.tolist(), [None if np.isnan(p) else p for p in priors.tolist()], now)
    prior = standings.prior.copy()
    prior[places] = priors
    return replace(standings, prior=prior)


def _priors(
    store: Store,
    space: StoredSpace,
    standings: Standings,
    waiting: NDArray[np.int64],
    fitted: Fit,
    rules: ContentRules,
) -> Numbers:
    """The content priors of items, whose ids ascend; nan where no neighbour tells anything.

    Neighbours count by their viewers alone, and not by priors that come from their own neighbours.
    """
    pairs = store.vectors(space).nearest_judged(waiting.tolist(), rules.neighbours, rules.least_viewers)
    near = np.array(pairs, np.float64).reshape(-1, 3)
    places, known = _places(standings, near[:, 1].astype(np.int64))
    near, places = near[known], places[known]
    viewers, pleased = standings.viewers[places], standings.pleased[places]
    rates = posterior(np.full(len(places), fitted.rate), fitted.strength, viewers, pleased).mean()
    item = np.searchsorted(waiting, near[:, 0].astype(np.int64))
    alike = likeness(near[:, 2], space.baseline)
    priors = content_priors(item, alike, rates, len(waiting), fitted.rate, rules)
    return np.where(np.bincount(item, minlength=len(waiting)) > 0, priors, np.nan)


def _places(standings: Standings, items: NDArray[np.int64]) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Where these items are in the standings, and whether they are there at all."""
    places = np.searchsorted(standings.items, items)
    within = np.minimum(places, max(len(standings.items) - 1, 0))
    known = standings.items[within] == items if len(standings.items) else np.zeros(len(items), np.bool_)
    return within, known
