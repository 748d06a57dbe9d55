"""What a recommender knows of a simulated world, in memory: what the database would hold by then.

The same pure functions derive it: what is between two (`learn.interactions`), what a user cares about
(`learn.interests`), and where items stand (`learn.posterior`, `priors`, `census`, `boards`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from coldreel.evaluate.vectors import Matrix
from coldreel.learn.collaborative import Matrix as Relations
from coldreel.learn.feedback import FeedbackRules
from coldreel.learn.interactions import counted, related
from coldreel.learn.interests import moved
from coldreel.learn.reward import Verdict
from coldreel.model import Board, Census, Event, Interaction, Interests, Ranked, Standings, Trial


@dataclass(frozen=True, slots=True, eq=False)
class Count:
    """What the latest count of the catalogue says."""

    census: Census
    boards: dict[Board, list[Ranked]]
    graduated: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Telling:
    """An event that says something about taste."""

    item: int
    at: datetime
    verdict: Verdict


_COUNTS = ("viewers", "pleased", "fast_viewers", "fast_pleased", "slow_viewers", "slow_pleased")


class Books:
    """Items are known by their row, users by their number; both are those that there is room for.

    content: float32 (items, d), norm one; duration_s: (items,); since: what decayed counts refer to
    now, count: the present time, and the latest count of the catalogue; kept by who runs the world
    visible, ages: which items may be shown, and days since they were taken in; so are these
    favourites: of each user what pleased, the latest last, and whether it was liked
    explored, states, prior: what the database holds of items as arms
    neighbours: how much items are related, as was learned last: (items, items), sparse
    """

    def __init__(
        self,
        content: Matrix,
        duration_s: NDArray[np.float64],
        people: int,
        since: datetime,
        rules: FeedbackRules,
    ) -> None:
        items = len(content)
        self.content = content
        self.rules = rules
        self.now = since
        self.count: Count | None = None
        self.visible = np.zeros(items, dtype=bool)
        self.ages = np.zeros(items)
        self.duration_s = duration_s
        self.shown = np.zeros((people, items), dtype=bool)
        self.interactions: list[dict[int, Interaction]] = [{} for _ in range(people)]
        self.favourites: list[dict[int, bool]] = [{} for _ in range(people)]
        self.explored = np.zeros(items, np.int64)
        self.states = np.full(items, Trial.TESTING.value, dtype="<U9")
        self.prior = np.full(items, np.nan)
        self.neighbours: Relations | None = None
        self._interests = [Interests() for _ in range(people)]
        self._telling: list[list[_Telling]] = [[] for _ in range(people)]
        self._events: list[dict[int, list[Event]]] = [{} for _ in range(people)]
        self._since = since
        self._counts = {name: np.zeros(items) for name in _COUNTS}

    @property
    def viewers(self) -> NDArray[np.float64]:
        return self._counts["viewers"]

    @property
    def pleased(self) -> NDArray[np.float64]:
        return self._counts["pleased"]

    def take(self, user: int, item: int, events: Sequence[Event]) -> None:
        """What one user did with one item, in the order of the times, after all that was taken of the two."""
        history = self._events[user].setdefault(item, [])
        history += events
        before = self.interactions[user].get(item)
        after, verdicts = related(user, item, history, float(self.duration_s[item]), self.rules.interactions)
        self.interactions[user][item] = after
        self.shown[user, item] = True
        self.favourites[user].pop(item, None)
        if after.pleased:
            self.favourites[user][item] = after.liked
        self._count(before, -1.0)
        self._count(after, 1.0)
        self._telling[user] += [
            _Telling(item, event.at, verdict)
            for event, verdict in zip(events, verdicts[-len(events) :], strict=True)
            if verdict.reward != 0.0 or verdict.unwanted
        ]

    def interests(self, user: int) -> Interests:
        """What the user cares about by now. Derived when it is asked for, because not every policy does."""
        known = self._interests[user]
        for said in self._telling[user]:
            vector, verdict, rules = self.content[said.item], said.verdict, self.rules.interests
            known = moved(known, vector, verdict.reward, said.at, rules, unwanted=verdict.unwanted)
        self._interests[user], self._telling[user] = known, []
        return known

    def _count(self, interaction: Interaction | None, times: float) -> None:
        if interaction is None:
            return
        # As of a time in the past, a decayed count is the larger the later; `standings` brings it to now.
        stats = counted(interaction, self._since, self.rules.counts)
        for name, column in self._counts.items():
            column[interaction.item] += times * getattr(stats, name)

    def unseen(self, user: int) -> NDArray[np.bool_]:
        """Which items the user may still be shown for the first time."""
        unseen: NDArray[np.bool_] = self.visible & ~self.shown[user]
        return unseen

    def standings(self, now: datetime) -> Standings:
        """Where all visible items stand."""
        at = self.visible
        age, counts = now - self._since, self.rules.counts
        fast, slow = 0.5 ** (age / counts.fast), 0.5 ** (age / counts.slow)
        of = self._counts
        return Standings(
            items=np.flatnonzero(at),
            viewers=of["viewers"][at],
            pleased=of["pleased"][at],
            fast_viewers=of["fast_viewers"][at] * fast,
            fast_pleased=of["fast_pleased"][at] * fast,
            slow_viewers=of["slow_viewers"][at] * slow,
            slow_pleased=of["slow_pleased"][at] * slow,
            prior=self.prior[at],
            explored=self.explored[at],
            states=self.states[at],
        )
