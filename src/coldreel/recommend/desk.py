"""What a feed request asks for, answered from the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from coldreel.model import FeedItem, Item, Origin, Vector
from coldreel.recommend.candidates import Candidate
from coldreel.recommend.viewer import Favourite, Viewer
from coldreel.store.store import Store
from coldreel.store.vectors import StoredSpace


@dataclass(frozen=True, slots=True)
class DeskRules:
    hold_back_s: float = 600.0
    """Items served but not shown are held back for so long, while there are others."""
    favourites: int = 20
    """Recent positives that a reason can be made from."""
    favourite_share: float = 0.7
    """Share of a video that was watched for it to be a favourite without a like."""


class StoreDesk:
    """The desk of one space."""

    def __init__(self, store: Store, space: StoredSpace, rules: DeskRules) -> None:
        self._store = store
        self._vectors = store.vectors(space)
        self._rules = rules

    def viewer(self, user: str) -> Viewer:
        id_ = self._store.users.ensure(user)
        rules = self._rules
        positives = self._store.users.recent_positives(id_, rules.favourite_share, rules.favourites)
        vectors = self._vectors.of([positive.item for positive in positives]) if positives else {}
        return Viewer(
            id=id_,
            ref=user,
            interests=self._store.users.interests(id_, self._vectors.space.id),
            favourites=tuple(
                Favourite(positive.title, positive.liked, vectors[positive.item])
                for positive in positives
                if positive.item in vectors
            ),
        )

    def nearest_unseen(self, probes: Sequence[Vector], user: int, k: int) -> list[Candidate]:
        found = self._vectors.nearest_unseen(probes, user, k, self._rules.hold_back_s)
        return [Candidate(near.item, near.vector, Origin.INTEREST) for near in found]

    def shuffled_unseen(self, start: float, user: int, k: int) -> list[Candidate]:
        found = self._vectors.shuffled_unseen(start, user, k, self._rules.hold_back_s)
        return [Candidate(item, vector, Origin.RANDOM) for item, vector in found]

    def held_back(self, user: int, k: int) -> list[Candidate]:
        found = self._vectors.held_back(user, k)
        return [Candidate(item, vector, Origin.HELD_BACK) for item, vector in found]

    def least_recently_seen(self, user: int, k: int) -> list[Candidate]:
        found = self._vectors.least_recently_seen(user, k)
        return [Candidate(item, vector, Origin.AGAIN) for item, vector in found]

    def cards(self, ids: Sequence[int]) -> list[Item]:
        return self._store.items.cards(ids)

    def log(self, request_id: UUID, viewer: Viewer, served: Sequence[FeedItem], model_version: str) -> None:
        self._store.impressions.append(request_id, viewer.id, served, model_version)
