"""What every desk owes a request: the store's, the simulated world's and the tests' own keep one contract."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import numpy as np
import pytest
from store_rows import directions, many_items, space_of

import memory_desk
from coldreel.evaluate.books import Books
from coldreel.evaluate.counting import Counting
from coldreel.evaluate.memory import MemoryDesk
from coldreel.learn.counting import CountingRules, count
from coldreel.learn.feedback import FeedbackRules, take
from coldreel.model import EVERYTHING, Event, EventKind, Feed, Origin
from coldreel.recommend.candidates import Question
from coldreel.recommend.desk import DeskRules, StoreDesk
from coldreel.recommend.feed import Desk, FeedRules, Recommender
from coldreel.recommend.request import Request
from coldreel.recommend.scoring import SHIPPED
from coldreel.recommend.showcase import Showcases
from coldreel.store.store import Store
from event_ids import uuid7

ITEMS, SEEN = 60, 12
NOW = datetime.now(UTC)
VECTORS = directions(ITEMS)
USER = "1"


@dataclass
class Counter:
    """A desk, and its items in the order of VECTORS; the first SEEN were seen by the user, the first of them
    first."""

    desk: Desk
    items: list[int]

    def request(self, seed: int = 0) -> Request:
        viewer = self.desk.viewer(USER)
        return Request(viewer, 10, EVERYTHING, self.desk.showcase(), np.random.default_rng(seed))

    @property
    def seen(self) -> list[int]:
        return self.items[:SEEN]

    @property
    def unseen(self) -> list[int]:
        return self.items[SEEN:]


def _views(refs: list[str]) -> list[Event]:
    events = []
    for n, ref in enumerate(refs):
        at = NOW - timedelta(hours=SEEN - n)
        events.append(Event(uuid7(at, n), USER, ref, EventKind.VIEW, at, 6.0, uuid4()))
    return events


def of_the_store(store: Store) -> Counter:
    space = space_of(store)
    ids = many_items(store, space, VECTORS)
    store.users.ensure(USER)
    take(store, _views([card.ref for card in store.items.cards(ids[:SEEN])]), NOW)
    assert count(store, NOW, CountingRules()) is not None
    serving = Showcases(store, lambda _: SHIPPED).current()
    assert serving is not None
    return Counter(StoreDesk(store, *serving, DeskRules()), ids)


def of_the_simulator(store: Store) -> Counter:
    books = Books(VECTORS, np.full(ITEMS, 6.0), 3, NOW - timedelta(days=1), FeedbackRules())
    books.visible[:] = True
    books.now = NOW
    for item, event in enumerate(_views([str(item) for item in range(SEEN)])):
        books.take(int(USER), item, [event])
    Counting(books, CountingRules()).count()
    return Counter(MemoryDesk(books, SHIPPED), list(range(ITEMS)))


def of_the_tests(store: Store) -> Counter:
    catalogue = dict(enumerate(VECTORS))
    viewers = dict.fromkeys(range(SEEN), (1, 1))
    desk = memory_desk.MemoryDesk(
        catalogue, memory_desk.likes(1), seen=list(range(SEEN)), viewers=viewers, fresh=list(catalogue)
    )
    return Counter(desk, list(range(ITEMS)))


@pytest.fixture(params=[of_the_store, of_the_simulator, of_the_tests])
def counter(request: pytest.FixtureRequest, store: Store) -> Counter:
    build: Callable[[Store], Counter] = request.param
    return build(store)


def test_a_question_is_answered_with_unseen_items_each_with_what_is_known_of_it(counter: Counter) -> None:
    probe = VECTORS[0]
    named = tuple((Origin.FRESH, item) for item in (counter.seen[0], counter.unseen[3]))
    pool = counter.desk.candidates(counter.request(), Question(probes=(probe,), depth=5, named=named))
    order = [i for i in np.argsort(-(VECTORS @ probe)).tolist() if i >= SEEN]
    found = pool.items[pool.of(Origin.INTEREST)].tolist()
    assert sorted(found) == sorted(counter.items[i] for i in order[:5])
    assert pool.items[pool.of(Origin.FRESH)].tolist() == [counter.unseen[3]]
    places = [counter.items.index(item) for item in pool.items.tolist()]
    assert np.allclose(pool.vectors, VECTORS[places], atol=1e-6)
    assert pool.testing.all() and not pool.viewers.any() and (pool.ages >= 0).all()


def test_nothing_asked_is_answered_with_nothing(counter: Counter) -> None:
    assert len(counter.desk.candidates(counter.request(), Question())) == 0


def test_a_stretch_of_the_shuffled_catalogue_holds_unseen_items_once(counter: Counter) -> None:
    for k in (5, ITEMS):
        found = counter.desk.shuffled_unseen(counter.request(), k).items.tolist()
        assert len(found) == len(set(found)) == min(k, ITEMS - SEEN)
        assert set(found) <= set(counter.unseen)


def test_each_unseen_item_is_as_likely_to_be_drawn(counter: Counter) -> None:
    draws, request, known = 3_000, counter.request(), 0
    drawn = dict.fromkeys(counter.unseen, 0)
    for _ in range(draws // 10 if isinstance(counter.desk, StoreDesk) else draws):
        found, chance = counter.desk.lottery(request, 1)
        assert found.items.shape == (1,)
        if chance is not None:
            assert chance == pytest.approx(1 / len(counter.unseen))
            drawn[int(found.items[0])] += 1
            known += 1
    expected = known / len(drawn)
    assert known > draws / 20
    assert (
        sum((n - expected) ** 2 / expected for n in drawn.values()) < 90
    )  # chi square, 47 degrees: p < .0002


def test_what_was_seen_the_longest_ago_comes_first_again(counter: Counter) -> None:
    again = counter.desk.least_recently_seen(counter.request(), 5)
    assert again.items.tolist() == counter.seen[:5]
    assert again.of(Origin.AGAIN).all()
    assert again.viewers.tolist() == [1.0] * 5


def test_cards_come_in_the_order_asked(counter: Counter) -> None:
    ids = [counter.items[i] for i in (4, 30, 2)]
    assert [card.id for card in counter.desk.cards(ids)] == ids


def test_a_page_that_is_logged_moves_the_user_on(counter: Counter) -> None:
    _page(counter)
    before = counter.desk.viewer(USER).served
    page = _page(counter)
    assert len(page.items) == 10
    assert {place.item.id for place in page.items} <= set(counter.unseen)
    assert counter.desk.viewer(USER).served == before + 10


def _page(counter: Counter) -> Feed:
    return Recommender(counter.desk, FeedRules(), np.random.default_rng(3)).page(USER, 10)
