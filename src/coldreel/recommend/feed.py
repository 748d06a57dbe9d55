"""One request for a feed, read from top to bottom: seven named stages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID, uuid4

import numpy as np

from coldreel.model import Feed, FeedItem, Item, Origin
from coldreel.recommend.candidates import (
    Candidate,
    Generator,
    InterestGenerator,
    RandomGenerator,
    Shelf,
    SpreadGenerator,
    distinct,
)
from coldreel.recommend.explanation import reason
from coldreel.recommend.scoring import MODEL_VERSION, Scored, score
from coldreel.recommend.selection import Placed, SelectionRules, select
from coldreel.recommend.viewer import Viewer


class Desk(Shelf, Protocol):
    """What a request asks of the store."""

    def viewer(self, user: str) -> Viewer:
        """The user with what is known of it; a new one is added."""

    def cards(self, ids: Sequence[int]) -> list[Item]:
        """The visible ones among these, in the order given."""

    def log(self, request_id: UUID, viewer: Viewer, served: Sequence[FeedItem], model_version: str) -> None:
        """Keep what was served and why."""


@dataclass(frozen=True, slots=True)
class FeedRules:
    selection: SelectionRules = field(default_factory=SelectionRules)
    show_again: bool = True
    """When everything has been seen, show the least recently seen again."""


class Recommender:
    """Pages of a feed. The stages are small parts; this class only says in which order they work."""

    def __init__(
        self, desk: Desk, rules: FeedRules, rng: np.random.Generator, new_id: Callable[[], UUID] = uuid4
    ) -> None:
        self.desk = desk
        self.rules = rules
        self.rng = rng
        self.new_id = new_id
        self.explorer: Generator = RandomGenerator(desk, rules.selection.random_places)
        self.generators: list[Generator] = [InterestGenerator(desk), SpreadGenerator(desk)]

    def page(self, user: str, n: int) -> Feed:
        """The next n items for a user; fewer when the catalogue has no more."""
        viewer = self.desk.viewer(user)
        candidates = self._gather(viewer, n)
        candidates = distinct(candidates)
        scored = score(viewer, candidates)
        placed = select(scored, n, self.rules.selection)
        placed += self._fill(viewer, n, placed, self.desk.held_back)
        if self.rules.show_again:
            placed += self._fill(viewer, n, placed, self.desk.least_recently_seen)
        served = self._explain(viewer, placed)
        request_id = self.new_id()
        self.desk.log(request_id, viewer, served, MODEL_VERSION)
        return Feed(request_id, user, tuple(served))

    def _gather(self, viewer: Viewer, n: int) -> list[Candidate]:
        explored = self.explorer.find(viewer, n, self.rng)
        if not explored:  # nothing is unseen: the others would search the whole catalogue in vain
            return []
        return explored + [c for source in self.generators for c in source.find(viewer, n, self.rng)]

    def _fill(
        self, viewer: Viewer, n: int, placed: list[Placed], source: Callable[[int, int], list[Candidate]]
    ) -> list[Placed]:
        """What the places that are left of n take from a source: its first items, in a varied order."""
        left = n - len(placed)
        if left <= 0:
            return []
        taken = {p.scored.candidate.item for p in placed}
        found = [c for c in source(viewer.id, n) if c.item not in taken]
        return select(score(viewer, found[:left]), left, self.rules.selection)

    def _explain(self, viewer: Viewer, placed: list[Placed]) -> list[FeedItem]:
        cards = {card.id: card for card in self.desk.cards([p.scored.candidate.item for p in placed])}
        return [
            _feed_item(viewer, p.scored, cards[p.scored.candidate.item], p)
            for p in placed
            if p.scored.candidate.item in cards  # hidden or deleted since the candidates were found
        ]


def _feed_item(viewer: Viewer, scored: Scored, card: Item, placed: Placed) -> FeedItem:
    origin = scored.candidate.origin
    return FeedItem(
        item=card,
        slot=placed.slot,
        origin=origin,
        reason=reason(viewer, scored),
        score=scored.score,
        parts=scored.parts,
        again=origin is Origin.AGAIN,
    )
