"""One request for a feed, read from top to bottom: seven named stages."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID, uuid4

import numpy as np

from coldreel.model import EVERYTHING, Feed, FeedItem, Item, Origin, Policy, Slot
from coldreel.recommend.candidates import CandidateRules, Shelf, gather
from coldreel.recommend.explanation import because_of, reason
from coldreel.recommend.filters import FilterRules, sieve
from coldreel.recommend.pool import Pool
from coldreel.recommend.request import Request
from coldreel.recommend.scoring import Scored, score
from coldreel.recommend.selection import Placed, SelectionRules, plan, select
from coldreel.recommend.showcase import Showcase
from coldreel.recommend.viewer import Viewer


class Desk(Shelf, Protocol):
    """What a request asks of the store."""

    def viewer(self, user: str) -> Viewer:
        """The user with what is known of it; a new one is added."""

    def showcase(self) -> Showcase:
        """The boards, the census and the ranker, as of the last count."""

    def cards(self, ids: Sequence[int]) -> list[Item]:
        """The visible ones among these, in the order given."""

    def log(self, request_id: UUID, viewer: Viewer, served: Sequence[FeedItem], model_version: str) -> None:
        """Keep what was served and why."""


@dataclass(frozen=True, slots=True)
class FeedRules:
    candidates: CandidateRules = field(default_factory=CandidateRules)
    filters: FilterRules = field(default_factory=FilterRules)
    selection: SelectionRules = field(default_factory=SelectionRules)
    policy: Policy = EVERYTHING
    """Of the deployment; a request may ask for more."""
    show_again: bool = True
    """When everything has been seen, show the least recently seen again."""


_SPARE = 3
"""So many times the places of a page are looked for to fill it: filters take some of them."""


def _unwatched(stage: str, seconds: float) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Recommender:
    """Pages of a feed. The stages are small parts; this class only says in which order they work.

    timing: told the name of each stage and the seconds that it took
    """

    desk: Desk
    rules: FeedRules
    rng: np.random.Generator
    new_id: Callable[[], UUID] = uuid4
    timing: Callable[[str, float], None] = _unwatched

    def page(self, user: str, n: int, policy: Policy = EVERYTHING) -> Feed:
        """The next n items for a user; fewer when the catalogue has no more."""
        rules, rng, showcase = self.rules, self.rng, self.desk.showcase()
        with self._stage("hydrate"):
            viewer = self.desk.viewer(user)
            request = Request(viewer, n, rules.policy.and_(policy), showcase, rng)
            slots = plan(viewer.served, n, rules.selection, rng)
        with self._stage("candidates"):
            pool = self._gather(request)
            lots, chance = self._draw(request, slots)
        with self._stage("filter"):
            # Of the lots, too: whose item may not be shown is not drawn again, which would change its chance.
            pool, lots = (sieve(viewer, found, rules.filters) for found in (pool, lots))
        with self._stage("score"):
            candidates, drawn = self._score(request, pool), self._score(request, lots)
        with self._stage("select"):
            random = [Placed(drawn, row, Slot.RANDOM, chance) for row in range(len(drawn))]
            placed = select(request, slots, candidates, random, rules.selection)
            placed += self._fill(request, placed)
        with self._stage("explain"):
            served = self._explain(viewer, placed)
        request_id = self.new_id()
        with self._stage("log"):
            self.desk.log(request_id, viewer, served, showcase.weights.version)
        return Feed(request_id, user, tuple(served))

    @contextmanager
    def _stage(self, name: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.timing(name, time.perf_counter() - began)

    def _gather(self, request: Request) -> Pool:
        """To search for neighbours where nothing is unseen would mean to search the whole catalogue."""
        all_served = request.viewer.served >= request.showcase.census.items
        if all_served and not len(self.desk.shuffled_unseen(request, 1)):
            return Pool.empty()
        return gather(self.desk, request, self.rules.candidates)

    def _draw(self, request: Request, slots: Sequence[Slot]) -> tuple[Pool, float | None]:
        """An item for each random place, and the probability that it had."""
        wanted = slots.count(Slot.RANDOM)
        if not wanted:
            return Pool.empty(), None
        lots, chance = self.desk.lottery(request, wanted)
        return lots.named(Origin.RANDOM), chance

    @staticmethod
    def _score(request: Request, pool: Pool) -> Scored:
        return score(request.viewer, pool, request.showcase.census, request.showcase.weights)

    def _fill(self, request: Request, placed: Sequence[Placed]) -> list[Placed]:
        """What the places that are left take: anything unseen, what was served and not seen, and then what
        was seen long ago."""
        more: list[Placed] = []
        sources = [self.desk.shuffled_unseen, self.desk.held_back]
        for source in sources + [self.desk.least_recently_seen] * self.rules.show_again:
            left = request.places - len(placed) - len(more)
            if left <= 0:
                break
            taken = {each.item for each in (*placed, *more)}
            found = sieve(request.viewer, source(request, _SPARE * request.places), self.rules.filters)
            first = [row for row, item in enumerate(found.items.tolist()) if item not in taken][:left]
            scored = self._score(request, found.take(first))
            more += select(request, [Slot.MAIN] * left, scored, [], self.rules.selection)
        return more

    def _explain(self, viewer: Viewer, placed: list[Placed]) -> list[FeedItem]:
        favourites = because_of(viewer, placed)
        named = [favourite.item for favourite in favourites if favourite]
        ids = dict.fromkeys([each.item for each in placed] + named)
        cards = {card.id: card for card in self.desk.cards(list(ids))}
        return [
            _feed_item(each, cards[each.item], reason(each, favourite, cards))
            for each, favourite in zip(placed, favourites, strict=True)
            if each.item in cards  # hidden or deleted since the candidates were found
        ]


def _feed_item(placed: Placed, card: Item, why: str) -> FeedItem:
    origin = placed.scored.pool.origin(placed.row)
    return FeedItem(
        item=card,
        slot=placed.slot,
        origin=origin,
        reason=why,
        score=float(placed.scored.scores[placed.row]),
        parts=placed.scored.parts(placed.row),
        again=origin is Origin.AGAIN,
        propensity=placed.propensity,
    )
