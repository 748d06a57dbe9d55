"""What is known of the items of the boards, on plain arrays."""

from __future__ import annotations

from coldreel.model import Origin
from coldreel.recommend.display import Display
from memory_desk import catalogue, pool_of

VECTORS = catalogue()


def test_an_item_stands_on_display_once_for_each_of_its_boards() -> None:
    known = pool_of({item: VECTORS[item] for item in (7, 5, 9)}, viewers={7: (3, 2)})
    display = Display.of(known, {Origin.HIT: [5, 7], Origin.GEM: [], Origin.FRESH: [7, 404]})
    assert display.pool.items.tolist() == [5, 7, 7]
    assert [display.pool.origin(row) for row in range(3)] == [Origin.HIT, Origin.HIT, Origin.FRESH]
    assert display.pool.viewers.tolist() == [0, 3, 3]
    assert set(display.rows) == {(Origin.HIT, 5), (Origin.HIT, 7), (Origin.FRESH, 7)}


def test_of_what_is_named_that_comes_which_may_be_shown() -> None:
    known = pool_of({item: VECTORS[item] for item in (5, 7)})
    display = Display.of(known, {Origin.HIT: [5, 7], Origin.FRESH: [7]})
    named = [(Origin.FRESH, 7), (Origin.HIT, 5), (Origin.HIT, 7)]
    found = display.of_named(named, {7})
    assert found.items.tolist() == [7, 7]
    assert [found.origin(row) for row in range(2)] == [Origin.FRESH, Origin.HIT]
    assert len(display.of_named(named, set())) == 0
