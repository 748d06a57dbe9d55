"""What a feed request asks for, answered from the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from coldreel.model import FeedItem, Item, Origin
from coldreel.recommend.candidates import Question
from coldreel.recommend.pool import Pool
from coldreel.recommend.request import Request
from coldreel.recommend.showcase import Showcase
from coldreel.recommend.viewer import Favourite, Viewer
from coldreel.store.candidates import Audience, Candidates, Columns
from coldreel.store.store import Store
from coldreel.store.vectors import StoredSpace

_TICKETS = 16
"""Ids drawn per place of a lottery: some are of items that may not be shown, or of none."""


@dataclass(frozen=True, slots=True)
class DeskRules:
    hold_back_s: float = 600.0
    """Items served but not shown are held back for so long, while there are others."""
    favourites: int = 8
    """Recent positives that a reason can be made from, and whose neighbours are looked at."""


class StoreDesk:
    """The desk of one space, for one request: what all requests share is handed in."""

    def __init__(self, store: Store, space: StoredSpace, showcase: Showcase, rules: DeskRules) -> None:
        self._store = store
        self._space = space
        self._candidates = Candidates(store.database, space)
        self._showcase = showcase
        self._rules = rules

    def showcase(self) -> Showcase:
        return self._showcase

    def viewer(self, user: str) -> Viewer:
        found = self._candidates.viewer(user, self._rules.favourites)
        if found is None:
            return Viewer(self._store.users.ensure(user), user, baseline=self._space.baseline)
        favourites = zip(found.favourites, found.liked, found.vectors, strict=True)
        return Viewer(
            id=found.id,
            ref=user,
            interests=found.interests,
            favourites=tuple(Favourite(item, liked, vector) for item, liked, vector in favourites),
            hidden_creators=found.hidden_creators,
            served=found.served,
            explored=found.explored,
            baseline=self._space.baseline,
        )

    def candidates(self, request: Request, question: Question) -> Pool:
        found = self._candidates.find(
            self._audience(request),
            probes=question.probes,
            depth=question.depth,
            seeds=question.seeds,
            related=question.related,
            named=list(dict.fromkeys(item for _, item in question.named)),
            newest=question.newest,
        )
        return self._pool(found.columns) + request.showcase.display.of_named(question.named, found.named)

    def shuffled_unseen(self, request: Request, k: int) -> Pool:
        return self._found(Origin.RANDOM, self._shuffled(request, k))

    def lottery(self, request: Request, k: int) -> tuple[Pool, float | None]:
        """Ids are drawn, and what may not be shown falls away: so each that may be has the same chance."""
        audience, census = self._audience(request), request.showcase.census
        drawn = request.rng.integers(1, census.highest + 1, k * _TICKETS).tolist() if census.highest else []
        items = self._candidates.lottery(audience, list(dict.fromkeys(drawn)), k)
        if len(items) < k:  # few may be shown, or few of the ids are of items
            return self._found(Origin.RANDOM, self._shuffled(request, k)), None
        others = census.items - self._candidates.known(audience, census.highest)
        return self._found(Origin.RANDOM, items), 1.0 / max(others, 1) if audience.takes_everything else None

    def held_back(self, request: Request, k: int) -> Pool:
        return self._found(Origin.HELD_BACK, self._candidates.held_back(self._audience(request), k))

    def least_recently_seen(self, request: Request, k: int) -> Pool:
        return self._found(Origin.AGAIN, self._candidates.least_recently_seen(self._audience(request), k))

    def _shuffled(self, request: Request, k: int) -> list[int]:
        return self._candidates.shuffled(self._audience(request), request.rng.random(), k)

    def cards(self, ids: Sequence[int]) -> list[Item]:
        return self._store.items.cards(ids)

    def log(self, request_id: UUID, viewer: Viewer, served: Sequence[FeedItem], model_version: str) -> None:
        self._store.impressions.append(request_id, viewer.id, served, model_version, self._space.id)

    def _audience(self, request: Request) -> Audience:
        viewer = request.viewer
        return Audience(viewer.id, viewer.hidden_creators, request.policy, self._rules.hold_back_s)

    def _found(self, origin: Origin, items: Sequence[int]) -> Pool:
        return self._pool(self._candidates.columns(str(origin), items))

    def _pool(self, columns: Columns | None) -> Pool:
        return Pool.of_columns(*columns) if columns else Pool.empty(self._space.dimensions)
