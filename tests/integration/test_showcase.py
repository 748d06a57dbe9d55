"""What all requests share: read once in a while, by one of them."""

from __future__ import annotations

from datetime import UTC, datetime

from store_rows import directions, many_items, space_of

from coldreel.learn.counting import CountingRules, count
from coldreel.model import Origin, Weights
from coldreel.recommend.scoring import SHIPPED
from coldreel.recommend.showcase import Showcase, Showcases
from coldreel.store.store import Store

NOW = datetime.now(UTC)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def _showcase(showcases: Showcases) -> Showcase:
    serving = showcases.current()
    assert serving is not None
    return serving[1]


def test_an_empty_catalogue_has_none_until_something_is_in_it(store: Store) -> None:
    showcases = Showcases(store, lambda _: SHIPPED)
    assert showcases.current() is None
    space = space_of(store)
    many_items(store, space, directions(3))
    serving = showcases.current()
    assert serving is not None
    assert serving[0] == space
    assert (serving[1].census.items, len(serving[1].fresh)) == (3, 0)


def test_it_is_looked_at_anew_after_a_second_and_not_before(store: Store) -> None:
    space = space_of(store)
    ids = many_items(store, space, directions(5))
    assert count(store, NOW, CountingRules()) is not None
    clock = Clock()
    showcases = Showcases(store, lambda _: SHIPPED, clock=clock)
    first = _showcase(showcases)
    assert sorted(first.fresh.tolist()) == ids
    assert len(first.fresh_vectors) == len(first.display.pool.vectors) == 5
    store.arms.put_priors(ids[:1], [0.25], NOW)
    store.items.delete(ids[1])
    clock.now = 0.9
    assert _showcase(showcases) is first
    clock.now = 1.1
    later = _showcase(showcases)
    assert sorted(later.fresh.tolist()) == [ids[0], *ids[2:]]
    assert later.display.pool.priors[later.display.rows[Origin.FRESH, ids[0]]] == 0.25


def test_a_new_ranker_is_in_it_with_the_next_look(store: Store) -> None:
    many_items(store, space_of(store), directions(3))
    in_use, clock = [SHIPPED], Clock()
    showcases = Showcases(store, lambda _: in_use[-1], clock=clock)
    assert count(store, NOW, CountingRules()) is not None
    assert _showcase(showcases).weights is SHIPPED
    in_use.append(Weights("newer", {}))
    assert _showcase(showcases).weights is SHIPPED
    clock.now = 2.0
    assert _showcase(showcases).weights.version == "newer"
