"""The whole recommender on a catalogue in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

import numpy as np
import pytest

from coldreel.model import Feed, FeedItem, Interests, Item, Origin, Slot, Vector
from coldreel.recommend.candidates import Candidate
from coldreel.recommend.feed import FeedRules, Recommender
from coldreel.recommend.viewer import Viewer

KINDS, PER_KIND = 6, 20
VIEWER = 1
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def _catalogue() -> dict[int, Vector]:
    """Six tight clusters; the number of an item modulo six is its kind."""
    rng = np.random.default_rng(0)
    centres = np.eye(KINDS, 16)
    vectors = {}
    for item in range(KINDS * PER_KIND):
        vector = centres[item % KINDS] + rng.normal(scale=0.08, size=16)
        vectors[item] = (vector / np.linalg.norm(vector)).astype(np.float32)
    return vectors


def _card(item: int) -> Item:
    return Item(
        id=item, ref=f"ref{item}", file=f"{item}.mp4", uri=f"/{item}.mp4", title=f"Title {item}",
        description="", tags=(), genres=(), creator="", duration_s=8.0, width=9, height=16,
        has_sound=True, published_at=NOW,
    )  # fmt: skip


@dataclass
class MemoryDesk:
    """What the store answers, from a dictionary; an item that was served is shown at once."""

    catalogue: dict[int, Vector] = field(default_factory=_catalogue)
    interests: Interests = field(default_factory=Interests)
    seen: list[int] = field(default_factory=list)
    served: list[int] = field(default_factory=list)
    """Served before and not shown."""
    hidden: set[int] = field(default_factory=set)
    logged: list[tuple[UUID, str, list[int], str]] = field(default_factory=list)

    def viewer(self, user: str) -> Viewer:
        return Viewer(VIEWER, user, self.interests, ())

    def nearest_unseen(self, probes: Sequence[Vector], user: int, k: int) -> list[Candidate]:
        unseen = self._unseen(user)
        return [
            Candidate(item, self.catalogue[item], Origin.INTEREST)
            for probe in probes
            for item in sorted(unseen, key=lambda item: -float(self.catalogue[item] @ probe))[:k]
        ]

    def shuffled_unseen(self, start: float, user: int, k: int) -> list[Candidate]:
        unseen = self._unseen(user)
        order: list[int] = np.random.default_rng(int(start * 2**32)).permutation(unseen).tolist()
        return [Candidate(item, self.catalogue[item], Origin.RANDOM) for item in order[:k]]

    def held_back(self, user: int, k: int) -> list[Candidate]:
        assert user == VIEWER
        return [Candidate(item, self.catalogue[item], Origin.HELD_BACK) for item in self.served[:k]]

    def least_recently_seen(self, user: int, k: int) -> list[Candidate]:
        assert user == VIEWER
        return [Candidate(item, self.catalogue[item], Origin.AGAIN) for item in self.seen[:k]]

    def cards(self, ids: Sequence[int]) -> list[Item]:
        return [_card(item) for item in ids if item not in self.hidden]

    def log(self, request_id: UUID, viewer: Viewer, served: Sequence[FeedItem], model_version: str) -> None:
        items = [place.item.id for place in served]
        self.logged.append((request_id, viewer.ref, items, model_version))
        self.seen = [item for item in self.seen if item not in items] + items

    def _unseen(self, user: int) -> list[int]:
        assert user == VIEWER
        return [item for item in self.catalogue if item not in self.seen + self.served]


def _recommender(desk: MemoryDesk, seed: int = 0, show_again: bool = True) -> Recommender:
    return Recommender(desk, FeedRules(show_again=show_again), np.random.default_rng(seed))


def _ids(feed: Feed) -> list[int]:
    return [place.item.id for place in feed.items]


def _likes(*kinds: int) -> Interests:
    centres = np.eye(KINDS, 16, dtype=np.float32)
    return Interests(tuple(centres[kind] for kind in kinds), tuple(2.0 for _ in kinds), NOW)


@pytest.mark.parametrize("seed", range(5))
def test_a_new_user_gets_a_spread_over_all_kinds(seed: int) -> None:
    page = _recommender(MemoryDesk(), seed).page("new", 10)
    main = [place for place in page.items if place.slot is Slot.MAIN]
    assert {place.item.id % KINDS for place in main} == set(range(KINDS))
    assert {place.origin for place in main} == {Origin.SPREAD}


@pytest.mark.parametrize("n", range(1, 51))
def test_a_page_has_the_size_asked_for_and_no_item_twice(n: int) -> None:
    for interests in (Interests(), _likes(2), _likes(0, 1, 3, 5)):
        items = _ids(_recommender(MemoryDesk(interests=interests)).page("ann", n))
        assert len(items) == len(set(items)) == n


@pytest.mark.parametrize("seed", range(5))
def test_main_places_hold_what_the_user_likes(seed: int) -> None:
    page = _recommender(MemoryDesk(interests=_likes(4)), seed).page("ann", 10)
    main = [place for place in page.items if place.slot is Slot.MAIN]
    assert {place.item.id % KINDS for place in main} == {4}
    assert {place.origin for place in main} == {Origin.INTEREST}
    assert all(place.parts["content_fit"] > 0.8 for place in main)


def test_random_places_are_there_even_where_an_interest_finds_every_item() -> None:
    small = {item: vector for item, vector in _catalogue().items() if item < 30}
    page = _recommender(MemoryDesk(catalogue=small, interests=_likes(1))).page("ann", 10)
    assert [i for i, place in enumerate(page.items) if place.slot is Slot.RANDOM] == [4, 9]


def test_two_tastes_both_get_their_share_of_many_pages() -> None:
    kinds: list[int] = []
    for seed in range(10):
        page = _recommender(MemoryDesk(interests=_likes(0, 3)), seed).page("ann", 10)
        kinds += [place.item.id % KINDS for place in page.items if place.slot is Slot.MAIN]
    assert kinds.count(0) > 20
    assert kinds.count(3) > 20


def test_nothing_comes_twice_until_everything_was_seen_and_then_the_longest_ago_comes_again() -> None:
    desk = MemoryDesk(interests=_likes(2))
    recommender = _recommender(desk)
    first_round = [item for _ in range(12) for item in _ids(recommender.page("ann", 10))]
    assert sorted(first_round) == sorted(desk.catalogue)
    again = recommender.page("ann", 10)
    assert all(place.again and place.origin is Origin.AGAIN for place in again.items)
    assert sorted(_ids(again)) == sorted(first_round[:10])


def test_the_last_unseen_items_come_before_those_that_come_again() -> None:
    desk = MemoryDesk(seen=list(range(KINDS * PER_KIND - 4)), interests=_likes(2))
    page = _recommender(desk).page("ann", 10)
    assert [place.again for place in page.items] == [False] * 4 + [True] * 6
    assert len(set(_ids(page))) == 10
    assert set(_ids(page)[4:]) == {0, 1, 2, 3, 4, 5}


def test_what_is_held_back_comes_after_the_unseen_and_before_what_comes_again() -> None:
    desk = MemoryDesk(seen=list(range(100)), served=list(range(100, 117)), interests=_likes(2))
    items = _ids(_recommender(desk).page("ann", 10))
    assert sorted(items[:3]) == [117, 118, 119]
    assert sorted(items[3:]) == list(range(100, 107))  # the longest ago

    desk = MemoryDesk(seen=list(range(115)), served=list(range(115, 120)), interests=_likes(2))
    origins = [place.origin for place in _recommender(desk).page("ann", 10).items]
    assert origins == [Origin.HELD_BACK] * 5 + [Origin.AGAIN] * 5


def test_an_item_that_is_seen_while_the_page_is_made_is_placed_once() -> None:
    class Hasty(MemoryDesk):
        def least_recently_seen(self, user: int, k: int) -> list[Candidate]:
            self.seen = list(self.catalogue)
            return super().least_recently_seen(user, k)

    items = _ids(_recommender(Hasty(seen=list(range(10, KINDS * PER_KIND)))).page("ann", 20))
    assert len(items) == len(set(items)) == 20


def test_when_nothing_is_unseen_the_neighbours_are_not_searched() -> None:
    class Tired(MemoryDesk):
        def nearest_unseen(self, probes: Sequence[Vector], user: int, k: int) -> list[Candidate]:
            raise AssertionError("this searches the whole catalogue")

    desk = Tired(seen=list(range(KINDS * PER_KIND)), interests=_likes(2))
    for n in (1, 10):
        assert len(_recommender(desk).page("ann", n).items) == n


def test_nothing_comes_again_where_the_setting_says_so() -> None:
    desk = MemoryDesk(seen=list(range(KINDS * PER_KIND)))
    assert _recommender(desk, show_again=False).page("ann", 10).items == ()


def test_an_empty_catalogue_gives_an_empty_page() -> None:
    assert _recommender(MemoryDesk(catalogue={})).page("ann", 10).items == ()


def test_an_item_that_was_hidden_meanwhile_is_not_served() -> None:
    desk = MemoryDesk(catalogue={i: v for i, v in _catalogue().items() if i < 10}, hidden={3, 4})
    page = _recommender(desk).page("ann", 10)
    assert sorted(_ids(page)) == [0, 1, 2, 5, 6, 7, 8, 9]


def test_what_was_served_is_logged_in_its_order_with_the_model() -> None:
    desk = MemoryDesk()
    page = _recommender(desk).page("ann", 10)
    ((request_id, user, items, model),) = desk.logged
    assert (request_id, user, items) == (page.request_id, "ann", _ids(page))
    assert model


def test_the_same_seed_gives_the_same_page() -> None:
    one, same, other = (_ids(_recommender(MemoryDesk(), seed).page("ann", 10)) for seed in (1, 1, 2))
    assert one == same != other


def test_every_place_has_a_reason() -> None:
    desk = MemoryDesk(seen=list(range(115)), interests=_likes(0))
    assert all(place.reason for place in _recommender(desk).page("ann", 10).items)
