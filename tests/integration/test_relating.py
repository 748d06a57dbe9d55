"""Related items over real rows: who is of one taste finds what pleased the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zlib import crc32

import numpy as np
import pytest
from store_rows import database, directions, many_items, space_of, wait_for_a_waiter

from coldreel.evaluate.books import Books
from coldreel.evaluate.nights import related_by_now
from coldreel.learn.feedback import FeedbackRules, take
from coldreel.learn.relating import RelatingRules, Relations, relate
from coldreel.model import Event, EventKind, Origin
from coldreel.recommend.lookup import TextProbe
from coldreel.recommend.recommendations import Recommendations
from coldreel.recommend.scoring import SHIPPED
from coldreel.recommend.showcase import Showcases
from coldreel.store.store import Store
from coldreel.store.vectors import StoredSpace
from event_ids import uuid7

NOW = datetime.now(UTC)
RULES = RelatingRules()
GROUP = 10
"""Items of each of two tastes."""
PEOPLE = 40
SEEN = 2 * GROUP
"""Then follow items that nobody has seen: the first two look like the first of all and the last of these."""
ITEMS = 100


@pytest.fixture(scope="module")
def kept(postgres: str) -> Iterator[Store]:
    with database(postgres) as url, Store.open(url) as store:
        yield store


@pytest.fixture
def store(kept: Store) -> Store:
    """An empty store; the same one for all of them, which is quicker."""
    kept.database.execute(b"truncate items, users, neighbours cascade")
    return kept


@pytest.fixture
def items(store: Store) -> list[int]:
    """People of two tastes, each of whom liked six of ten items; what these look like is chance."""
    vectors = directions(ITEMS)
    vectors[SEEN], vectors[SEEN + 1] = vectors[0], vectors[SEEN - 1]
    ids = many_items(store, space_of(store), vectors)
    rng = np.random.default_rng(1)
    liked = {}
    for person in range(PEOPLE):
        own = ids[:GROUP] if person % 2 else ids[GROUP:SEEN]
        liked[f"person-{person}"] = rng.choice(own, 6, replace=False).tolist()
    _like(store, liked)
    return ids


def _like(store: Store, liked: Mapping[str, list[int]]) -> None:
    refs = {
        item.id: item.ref for item in store.items.cards(sorted({i for each in liked.values() for i in each}))
    }
    pairs = [(user, refs[item]) for user, items in liked.items() for item in items]
    events = [
        Event(
            uuid7(NOW, crc32(f"{user} {ref}".encode())), user, ref, EventKind.LIKE, NOW - timedelta(hours=1)
        )
        for user, ref in pairs
    ]
    take(store, events, NOW)


def _relate(store: Store, rules: RelatingRules = RULES) -> Relations:
    return relate(store, store.spaces.active(), rules)


def _neighbours(store: Store, item: int) -> list[int]:
    return store.database.values(
        b"select neighbour from neighbours where item = %(item)s order by score desc, neighbour",
        {"item": item},
    )


def _rows(store: Store) -> int:
    return int(store.database.value(b"select count(*) from neighbours"))


def test_the_neighbours_of_an_item_are_of_its_own_taste(store: Store, items: list[int]) -> None:
    found = _relate(store)
    assert (found.viewers, found.pairs, found.items, found.unseen) == (
        PEOPLE,
        6 * PEOPLE,
        ITEMS,
        ITEMS - SEEN,
    )
    assert found.rows == _rows(store)
    for place, item in enumerate(items[:SEEN]):
        own = items[:GROUP] if place < GROUP else items[GROUP:SEEN]
        assert set(_neighbours(store, item)[:5]) <= set(own) - {item}


def test_an_item_that_nobody_has_seen_is_related_by_content(store: Store, items: list[int]) -> None:
    _relate(store)
    assert _neighbours(store, items[SEEN])[0] in items[:GROUP]
    assert _neighbours(store, items[SEEN + 1])[0] in items[GROUP:SEEN]
    assert items[SEEN] in _neighbours(store, items[0])
    most = store.database.value(
        b"select max(score) from neighbours where item = %(item)s", {"item": items[SEEN]}
    )
    assert most == pytest.approx(RULES.walk.by_content)


def test_a_feed_has_what_pleased_others_of_the_same_taste_and_says_so(store: Store, items: list[int]) -> None:
    _relate(store)
    _like(store, {"guest": items[:3]})
    places = [
        place
        for seed in range(5)
        for place in _recommendations(store, seed).feed("guest", 5).items
        if place.origin is Origin.COLLABORATIVE
    ]
    assert places
    for place in places:
        assert place.item.id in _neighbours(store, items[0]) + _neighbours(store, items[1]) + _neighbours(
            store, items[2]
        )
        assert place.reason.startswith("Related to what you like")
        assert 0 < place.parts["collaborative_fit"] < 1
    assert any(place.item.id in items[:GROUP] for place in places)


def _recommendations(store: Store, seed: int) -> Recommendations:
    return Recommendations(
        store, _no_search, Showcases(store, lambda _: SHIPPED), new_rng=lambda: np.random.default_rng(seed)
    )


def _no_search(words: str, space: StoredSpace) -> TextProbe:
    raise AssertionError


def test_with_too_little_nothing_is_related_and_nothing_old_is_left(store: Store, items: list[int]) -> None:
    assert _relate(store).rows > 0
    found = _relate(store, replace(RULES, least=6 * PEOPLE + 5))
    assert (found.needed, found.rows, _rows(store)) == (5, 0, 0)


def test_an_empty_catalogue_has_no_relations(store: Store) -> None:
    found = _relate(store)
    assert (found.items, found.needed, _rows(store)) == (0, RULES.least, 0)


def test_who_is_pleased_by_everything_counts_by_the_latest_alone(store: Store, items: list[int]) -> None:
    assert len(store.neighbours.pleased(most=4)[0]) == 4 * PEOPLE


def test_readers_see_the_old_neighbours_until_the_new_ones_are_all_there(
    store: Store, items: list[int]
) -> None:
    _relate(store)
    before, other = _rows(store), np.array([items[0]])
    with store.database.transaction():
        store.neighbours.replace(other, np.array([items[1]]), np.array([0.5], np.float32))
        with ThreadPoolExecutor(1) as another:
            assert another.submit(_rows, store).result() == before
    assert _rows(store) == 1


def test_a_deleted_item_has_no_neighbours_and_is_none(store: Store, items: list[int]) -> None:
    _relate(store)
    gone = items[0]
    assert gone in _neighbours(store, items[SEEN])
    store.items.delete(gone)
    assert _neighbours(store, gone) == []
    assert not any(gone in _neighbours(store, item) for item in items)
    assert _relate(store).items == ITEMS - 1


def test_what_is_deleted_while_neighbours_are_written_is_none(store: Store, items: list[int]) -> None:
    gone, scores = items[0], np.array([0.5, 0.5], np.float32)
    with ThreadPoolExecutor(1) as another:
        with store.database.transaction():
            store.neighbours.replace(np.array([gone, items[2]]), np.array([items[1], gone]), scores)
            deletion = another.submit(store.items.delete, gone)
            wait_for_a_waiter(store)
        deletion.result()
    assert _rows(store) == 0
    store.neighbours.replace(np.array([gone, items[2]]), np.array([items[1], gone]), scores)
    assert _rows(store) == 0


def test_a_simulated_world_relates_the_same(store: Store, items: list[int]) -> None:
    """What is written of it in evaluate/nights.py is what the database would be given."""
    _relate(store)
    rows = store.database.tuples(b"select item, neighbour, score from neighbours")
    at = {item: row for row, item in enumerate(items)}
    stored = np.zeros((ITEMS, ITEMS))
    for item, neighbour, score in rows:
        stored[at[item], at[neighbour]] = score
    simulated = related_by_now(_books(store, items), RULES)
    assert simulated is not None
    assert np.allclose(simulated.toarray(), stored, atol=0.01)  # cosines there are of half precision


def _books(store: Store, items: list[int]) -> Books:
    """The same people, items and events."""
    vectors = store.vectors(space_of(store)).of(items)
    content = np.stack([vectors[item] for item in items])
    books = Books(content, np.full(len(items), 6.0), PEOPLE, NOW, FeedbackRules())
    books.visible[:] = True
    books.now = NOW
    liked = store.database.tuples(
        b"select user_id, item from interactions where pleased order by user_id, item"
    )
    people = {user: n for n, user in enumerate(dict.fromkeys(user for user, _ in liked))}
    for user, item in liked:
        event = Event(uuid7(NOW), str(user), str(item), EventKind.VIEW, NOW, 6.0)
        books.take(people[user], items.index(item), [event])
    return books
