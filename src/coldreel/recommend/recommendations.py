"""The questions people ask of a catalogue: what is like this, what answers these words, what next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from uuid import uuid4

import numpy as np

from coldreel.model import EVERYTHING, Feed, Policy, SearchHit, SimilarItem
from coldreel.recommend import lookup
from coldreel.recommend.desk import DeskRules, StoreDesk
from coldreel.recommend.feed import FeedRules, Recommender
from coldreel.recommend.lookup import TextProbe
from coldreel.recommend.showcase import Showcases
from coldreel.store.store import Store
from coldreel.store.vectors import StoredSpace


@dataclass(frozen=True, slots=True)
class Recommendations:
    """All answers come from the active space; an empty catalogue answers with nothing.

    new_rng: a generator per request, because requests run side by side
    """

    store: Store
    probe: Callable[[str, StoredSpace], TextProbe]
    """Places the words of a query in a space."""
    showcases: Showcases
    feed_rules: FeedRules = field(default_factory=FeedRules)
    desk_rules: DeskRules = field(default_factory=DeskRules)
    new_rng: Callable[[], np.random.Generator] = np.random.default_rng
    timing: Callable[[str, float], None] | None = None
    """Told the name of each stage of a feed request and the seconds that it took."""

    def similar(self, name: str, k: int) -> list[SimilarItem]:
        """The item of that ref or file name, and its nearest: k in all. Raises UnknownItemError."""
        item = self.store.items.find(name)
        space = self.store.spaces.active()
        return lookup.similar(self.store.items, self.store.vectors(space), item, k) if space else []

    def search(self, words: str, k: int) -> list[SearchHit]:
        """Up to k items that answer these words, best first; nothing for nonsense."""
        space = self.store.spaces.active()
        if space is None:
            return []
        store, probe = self.store, self.probe(words, space)
        return lookup.search(store.items, store.vocabulary, store.vectors(space), probe, k)

    def feed(self, user: str, n: int, policy: Policy = EVERYTHING) -> Feed:
        """The next n items for a user. policy: what this request asks for beside the deployment's rules"""
        with self.store.database.session():
            serving = self.showcases.current()
            if serving is None:
                return Feed(uuid4(), user, ())
            desk = StoreDesk(self.store, *serving, self.desk_rules)
            recommender = Recommender(desk, self.feed_rules, self.new_rng())
            if self.timing is not None:
                recommender = replace(recommender, timing=self.timing)
            return recommender.page(user, n, policy)
