"""A desk of a small catalogue in memory, on which the whole recommender runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from uuid import UUID

import numpy as np

from coldreel.model import Census, FeedItem, Interests, Item, Origin, Trial, Vector, Weights
from coldreel.recommend.candidates import Question
from coldreel.recommend.pool import Pool
from coldreel.recommend.request import Request
from coldreel.recommend.scoring import SHIPPED
from coldreel.recommend.showcase import Showcase
from coldreel.recommend.viewer import Favourite, Viewer

KINDS, PER_KIND = 6, 20
VIEWER = 1
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def catalogue() -> dict[int, Vector]:
    """Six tight clusters; the number of an item modulo six is its kind."""
    rng = np.random.default_rng(0)
    centres = np.eye(KINDS, 16)
    vectors = {}
    for item in range(KINDS * PER_KIND):
        vector = centres[item % KINDS] + rng.normal(scale=0.08, size=16)
        vectors[item] = (vector / np.linalg.norm(vector)).astype(np.float32)
    return vectors


def likes(*kinds: int) -> Interests:
    centres = np.eye(KINDS, 16, dtype=np.float32)
    return Interests(
        tuple(centres[kind] for kind in kinds),
        tuple(2.0 for _ in kinds),
        positives=tuple(2 for _ in kinds),
        updated_at=NOW,
    )


def card(item: int, title: str = "") -> Item:
    return Item(
        id=item, ref=f"ref{item}", file=f"{item}.mp4", uri=f"/{item}.mp4", title=title or f"Title {item}",
        description="", tags=(), genres=(), creator="", duration_s=8.0, width=9, height=16,
        has_sound=True, published_at=NOW,
    )  # fmt: skip


def pool_of(
    vectors: dict[int, Vector],
    origin: Origin = Origin.INTEREST,
    *,
    viewers: dict[int, tuple[int, int]] | None = None,
    trials: dict[int, Trial] | None = None,
    creators: dict[int, str] | None = None,
    related: dict[int, float] | None = None,
) -> Pool:
    """Items with the vectors given, each on trial and seen by nobody unless said otherwise.

    viewers: per item how many there were, and how many of them were pleased
    """
    if not vectors:
        return Pool.empty(16)
    items, stats = list(vectors), viewers or {}
    return Pool.of_columns(
        origins=[str(origin)] * len(items),
        items=items,
        vectors=np.stack([vectors[item] for item in items]),
        related=[(related or {}).get(item, 0.0) for item in items],
        viewers=[stats.get(item, (0, 0))[0] for item in items],
        pleased=[stats.get(item, (0, 0))[1] for item in items],
        priors=[None] * len(items),
        trials=[str((trials or {}).get(item, Trial.TESTING)) for item in items],
        ages=[1.0] * len(items),
        durations=[8.0] * len(items),
        creators=[(creators or {}).get(item, f"creator {item}") for item in items],
    )


def showcase_of(
    catalogue: dict[int, Vector],
    best: Sequence[int] = (),
    hits: Sequence[int] = (),
    gems: Sequence[int] = (),
    fresh: Sequence[int] = (),
    weights: Weights = SHIPPED,
) -> Showcase:
    census = Census(NOW, len(catalogue), max(catalogue, default=0), 0.3, 10.0, 5.0, 0.5)
    vectors = np.stack([catalogue[item] for item in fresh]) if fresh else np.zeros((0, 16), np.float32)
    return Showcase(
        census=census,
        weights=weights,
        best=np.array(best, np.int64),
        hits=np.array(hits, np.int64),
        gems=np.array(gems, np.int64),
        fresh=np.array(fresh, np.int64),
        fresh_vectors=vectors,
    )


@dataclass
class MemoryDesk:
    """What the store answers, from a dictionary; an item that was served is shown at once."""

    catalogue: dict[int, Vector] = field(default_factory=catalogue)
    interests: Interests = field(default_factory=Interests)
    favourites: tuple[Favourite, ...] = ()
    seen: list[int] = field(default_factory=list)
    served: list[int] = field(default_factory=list)
    """Served before and not shown."""
    best: Sequence[int] = ()
    hits: Sequence[int] = ()
    gems: Sequence[int] = ()
    fresh: Sequence[int] = ()
    viewers: dict[int, tuple[int, int]] = field(default_factory=dict)
    trials: dict[int, Trial] = field(default_factory=dict)
    related: dict[int, float] = field(default_factory=dict)
    """What pleases those who were pleased by any favourite."""
    hidden: set[int] = field(default_factory=set)
    logged: list[tuple[UUID, str, list[FeedItem], str]] = field(default_factory=list)
    explored: int = 0

    def showcase(self) -> Showcase:
        return showcase_of(self.catalogue, self.best, self.hits, self.gems, self.fresh)

    def viewer(self, user: str) -> Viewer:
        served = sum(len(page) for _, _, page, _ in self.logged) or len(self.seen)
        return Viewer(VIEWER, user, self.interests, self.favourites, served=served, explored=self.explored)

    def candidates(self, request: Request, question: Question) -> Pool:
        unseen = self._unseen()
        found = Pool.empty(16)
        for probe in question.probes:
            nearest = sorted(unseen, key=lambda item: -float(self.catalogue[item] @ probe))[: question.depth]
            found = found + self._pool(Origin.INTEREST, nearest)
        if question.seeds:
            found = found + self._pool(Origin.COLLABORATIVE, [i for i in self.related if i in unseen])
        for origin, item in question.named:
            found = found + self._pool(origin, [item] if item in unseen else [])
        return found

    def shuffled_unseen(self, request: Request, k: int) -> Pool:
        order: list[int] = request.rng.permutation(self._unseen()).tolist()
        return self._pool(Origin.RANDOM, order[:k])

    def lottery(self, request: Request, k: int) -> tuple[Pool, float | None]:
        unseen = self._unseen()
        return self.shuffled_unseen(request, k), 1 / len(unseen) if unseen else None

    def held_back(self, request: Request, k: int) -> Pool:
        return self._pool(Origin.HELD_BACK, self.served[:k])

    def least_recently_seen(self, request: Request, k: int) -> Pool:
        return self._pool(Origin.AGAIN, self.seen[:k])

    def cards(self, ids: Sequence[int]) -> list[Item]:
        return [card(item) for item in ids if item not in self.hidden]

    def log(self, request_id: UUID, viewer: Viewer, served: Sequence[FeedItem], model_version: str) -> None:
        self.logged.append((request_id, viewer.ref, list(served), model_version))
        items = [place.item.id for place in served]
        self.seen = [item for item in self.seen if item not in items] + items

    def _unseen(self) -> list[int]:
        return [item for item in self.catalogue if item not in self.seen + self.served]

    def _pool(self, origin: Origin, items: Sequence[int]) -> Pool:
        vectors = {item: self.catalogue[item] for item in items}
        pool = pool_of(vectors, origin, viewers=self.viewers, trials=self.trials)
        return replace(pool, related=np.array([self.related.get(item, 0.0) for item in items]))
