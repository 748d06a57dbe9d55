"""One run of one policy in one simulated world.

What it cannot show: whether people would watch more. Tastes, boredom and quality here are formulas, chosen
before anything was measured; people leave, come back, follow creators, tire of an app and tell friends. So a
policy that wins here is no evidence of lift with people, and a difference between two policies is one between
two programs in a simulated world. What it can show: that the parts work together over thousands of pages,
that good items nobody knows are found and at what cost, and what a change of a rule does to all figures at
once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np

from coldreel.evaluate.books import Books, Count
from coldreel.evaluate.counting import Counting, rank_of
from coldreel.evaluate.measures import MeasureRules
from coldreel.evaluate.policies import Policy
from coldreel.evaluate.run_log import RunLog
from coldreel.evaluate.viewing import Audience, Reaction, ViewingRules
from coldreel.evaluate.world import World
from coldreel.learn.counting import CountingRules
from coldreel.learn.feedback import FeedbackRules
from coldreel.model import Board, Event, EventKind

_START = datetime(2026, 1, 1, tzinfo=UTC)
"""Midnight of day 0; that it is this one has no meaning."""


@dataclass(frozen=True, slots=True)
class SimulationRules:
    """What a run follows, beside its world and its policy."""

    viewing: ViewingRules = field(default_factory=ViewingRules)
    feedback: FeedbackRules = field(default_factory=FeedbackRules)
    counting: CountingRules = field(default_factory=lambda: CountingRules(pause=timedelta(hours=2)))
    """Counted less often than where people wait: a simulated day has few requests."""
    measures: MeasureRules = field(default_factory=MeasureRules)


def simulate(
    world: World,
    policy: Callable[[Books, np.random.Generator], Policy],
    rules: SimulationRules,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> RunLog:
    """All of a world's pages, in the order of their times; progress: told of pages done, and of how many."""
    return _Run(world, policy, rules).through(progress)


class _Run:
    def __init__(
        self, world: World, policy: Callable[[Books, np.random.Generator], Policy], rules: SimulationRules
    ) -> None:
        self._world = world
        self._rules = rules
        self._audience = Audience(world, rules.viewing)
        self._books = Books(world.content, world.duration_s, len(world.fit), _START, rules.feedback)
        self._counting = Counting(self._books, rules.counting)
        # Apart from the world's own chances, so that every policy meets the same world.
        self._policy = policy(self._books, np.random.default_rng([world.seed, 1]))
        self._impressions = np.zeros(world.rules.items, np.int64)
        self._opened = 0
        self._events = 0
        self._counted_at = _START
        self._found: dict[int, int] = {}
        self._found_at: dict[int, float] = {}
        self._on_top: dict[int, float] = {}
        self._rows: list[tuple[int, int, float, bool]] = []

    def through(self, progress: Callable[[int, int], None]) -> RunLog:
        schedule = self._world.schedule
        end = 1.0 + self._world.rules.schedule.days
        self._count(1.0)
        exploring, day = True, 1
        for done, (at, user) in enumerate(zip(schedule.at.tolist(), schedule.user.tolist(), strict=True)):
            if int(at) > day:
                day = int(at)
                self._policy.over_night()
            if exploring and at >= end:
                self._policy.stop_exploring()
                exploring = False
            if _clock(at) - self._counted_at >= self._rules.counting.pause:
                count = self._count(at)
                if exploring:
                    self._note(count, at)
            self._page(user, at)
            if done % 100 == 0:
                progress(done, len(schedule.at))
        progress(len(schedule.at), len(schedule.at))
        user, item, at_, pleased = zip(*self._rows, strict=True)
        return RunLog(
            user=np.array(user),
            item=np.array(item),
            at=np.array(at_),
            pleased=np.array(pleased),
            found=self._found,
            found_at=self._found_at,
            on_top=self._on_top,
        )

    def _page(self, user: int, at: float) -> None:
        """One page, watched from top to bottom; what the user did is known when it is over."""
        n = self._world.rules.schedule.page
        self._books.now = _clock(at)
        for place in self._policy.page(user, n):
            reaction = self._audience.react(user, place.item, at)
            self._rows.append((user, place.item, at, reaction.pleased))
            self._impressions[place.item] += 1
            at += reaction.watched_s / 86_400
            self._tell(user, place.item, at, reaction, place.request_id)

    def _count(self, at: float) -> Count:
        """What happened by this time outside of feeds, then the catalogue counted."""
        openings = self._world.openings
        while self._opened < len(openings.at) and openings.at[self._opened] <= at:
            i = self._opened
            when, follower, item = float(openings.at[i]), int(openings.follower[i]), int(openings.item[i])
            self._tell(follower, item, when, self._audience.react(follower, item, when), None)
            self._opened += 1
        self._books.visible = self._world.arrives < int(at)
        self._books.ages = np.maximum(at - self._world.arrives, 0.0)
        self._books.now = self._counted_at = _clock(at)
        return self._counting.count()

    def _note(self, count: Count, at: float) -> None:
        """When items were first known to be good."""
        known = [row.item for row in count.boards[Board.GEMS]] + count.graduated.tolist()
        for item in known:
            self._found.setdefault(item, int(self._impressions[item]))
            self._found_at.setdefault(item, at)
        ranks = rank_of(count.boards, Board.HITS, self._world.hits.tolist())
        for item, rank in ranks.items():
            if rank <= self._rules.measures.top_rank:
                self._on_top.setdefault(item, at)

    def _tell(self, user: int, item: int, at: float, reaction: Reaction, request: UUID | None) -> None:
        """The events that a client would send."""
        events = [self._event(user, item, at, EventKind.VIEW, request, reaction.watched_s)]
        if reaction.like:
            events.append(self._event(user, item, at, EventKind.LIKE, request))
        if reaction.share:
            events.append(self._event(user, item, at, EventKind.SHARE, request))
        if reaction.not_interested:
            events.append(self._event(user, item, at, EventKind.NOT_INTERESTED, request))
        self._books.take(user, item, events)

    def _event(
        self,
        user: int,
        item: int,
        at: float,
        kind: EventKind,
        request: UUID | None,
        watched_s: float | None = None,
    ) -> Event:
        self._events += 1
        return Event(UUID(int=self._events), str(user), str(item), kind, _clock(at), watched_s, request)


def _clock(at: float) -> datetime:
    return _START + timedelta(days=at)
