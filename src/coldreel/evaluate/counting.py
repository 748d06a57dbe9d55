"""A count of the simulated catalogue: content priors, states of the trials, census and boards, in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from coldreel.evaluate.books import Books, Count
from coldreel.learn.boards import all_boards
from coldreel.learn.census import believed, expected, take_census
from coldreel.learn.counting import CountingRules
from coldreel.learn.posterior import Numbers, posterior, trials
from coldreel.learn.priors import Fit, content_priors, fit
from coldreel.model import Board, Ranked, Standings, Trial


class Counting:
    """Counts the books. All priors that are due are taken at once, however many there are."""

    def __init__(self, books: Books, rules: CountingRules) -> None:
        self._books = books
        self._rules = rules
        self._taken_at: datetime | None = None
        self._similar: _Neighbours = _Neighbours(books.content)

    def count(self) -> Count:
        """Bring priors, trials, census and boards up to date."""
        books, rules, now = self._books, self._rules, self._books.now
        standings = books.standings(now)
        fitted = fit(standings.viewers.astype(np.int64), standings.pleased.astype(np.int64), rules.prior)
        standings = self._with_priors(standings, fitted, now)
        belief = believed(standings, fitted)
        states = trials(standings.states, belief, fitted.rate, standings.viewers, rules.trial)
        standings = replace(standings, states=states)
        books.states[standings.items] = states
        census = take_census(standings, belief.mean(), fitted, now, rules.census)
        prior = expected(standings, fitted)
        boards = all_boards(standings, prior, belief, census, rules.trial, rules.boards)
        books.count = Count(census, boards, standings.items[states == Trial.GRADUATED])
        return books.count

    def _with_priors(self, standings: Standings, fitted: Fit, now: datetime) -> Standings:
        """Priors of all items when they are too old, of new ones at once."""
        books, rules = self._books, self._rules
        if self._taken_at is None or now - self._taken_at >= rules.prior_life:
            self._taken_at = now
            waiting = standings.states == Trial.TESTING
        else:
            waiting = np.isnan(standings.prior)
        if not waiting.any():
            return standings
        items = standings.items[waiting]
        judged = standings.viewers >= rules.content.least_viewers
        near = self._similar.nearest(items, standings.items[judged], rules.content.neighbours)
        if near is None:
            return standings
        viewers, pleased = standings.viewers[judged], standings.pleased[judged]
        flat = posterior(np.full(len(viewers), fitted.rate), fitted.strength, viewers, pleased).mean()
        rows, similarity, which = near
        taken = content_priors(rows, similarity, flat[which], len(items), fitted.rate, rules.content)
        books.prior[items] = taken
        prior = standings.prior.copy()
        prior[waiting] = taken
        return replace(standings, prior=prior)


class _Neighbours:
    """Exact search among the items of a world."""

    def __init__(self, content: NDArray[np.float32]) -> None:
        self._content = content

    def nearest(
        self, items: NDArray[np.int64], judged: NDArray[np.int64], k: int
    ) -> tuple[NDArray[np.int64], Numbers, NDArray[np.int64]] | None:
        """Pairs of an item and one of its k nearest judged: row in `items`, cosine, row in `judged`."""
        k = min(k, len(judged) - 1)
        if k < 1:
            return None
        cosine = self._content[items] @ self._content[judged].T
        place = np.full(len(self._content), -1)
        place[judged] = np.arange(len(judged))
        own = place[items]
        cosine[own >= 0, own[own >= 0]] = -np.inf  # an item says nothing of itself
        which = np.argpartition(-cosine, k - 1, axis=1)[:, :k]
        rows = np.repeat(np.arange(len(items)), k)
        flat = which.ravel()
        return rows, cosine[rows, flat].astype(np.float64), flat


def rank_of(boards: dict[Board, list[Ranked]], board: Board, items: Sequence[int]) -> dict[int, int]:
    """The ranks, from 1 on, that these items have on a board."""
    wanted = set(items)
    return {row.item: rank for rank, row in enumerate(boards[board], 1) if row.item in wanted}
