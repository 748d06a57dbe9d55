"""Vectors: cosines are exact, and the index finds what is near even when much of it may not be shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest
from store_rows import TEXT, database, directions, many_items, space_of, taken_in

from coldreel.errors import ProviderError
from coldreel.model import Vector
from coldreel.recommend.lookup import similar
from coldreel.store.store import Store
from coldreel.store.vectors import StoredSpace, Vectors

ITEMS, DIMENSIONS = 3_000, 32
SEEN = 300


@dataclass(frozen=True, eq=False)
class Filled:
    """A store with items in random directions; row n of `vectors` belongs to `ids[n]`."""

    store: Store
    space: StoredSpace
    vectors: Vector
    ids: list[int]

    @property
    def repository(self) -> Vectors:
        return self.store.vectors(self.space)

    def nearest(self, query: Vector, k: int) -> list[int]:
        return [self.ids[n] for n in np.argsort(-(self.vectors @ query), kind="stable")[:k]]


@pytest.fixture(scope="module")
def filled(postgres: str) -> Iterator[Filled]:
    """To be read, and to be given new users; nothing else changes in it."""
    with database(postgres) as url, Store.open(url) as store:
        space = space_of(store, DIMENSIONS)
        vectors = directions(ITEMS, DIMENSIONS)
        ids = many_items(store, space, vectors)
        store.database.execute(b"analyze")  # as the server does within a minute; now the index is used
        yield Filled(store, space, vectors, ids)


def test_cosines_are_those_of_numpy(filled: Filled) -> None:
    query = directions(1, DIMENSIONS, seed=1)[0]
    found = filled.repository.similar(query, 50)
    exact = {item: float(vector @ query) for item, vector in zip(filled.ids, filled.vectors, strict=True)}
    assert len(found) == 50
    for near in found:
        assert near.similarity == pytest.approx(exact[near.item], abs=1e-6)
    assert [near.similarity for near in found] == sorted((n.similarity for n in found), reverse=True)


def test_the_nearest_are_found(filled: Filled) -> None:
    queries = directions(20, DIMENSIONS, seed=2)
    hits = [
        len(set(filled.nearest(query, 10)) & {near.item for near in filled.repository.similar(query, 10)})
        for query in queries
    ]
    assert sum(hits) / (10 * len(queries)) >= 0.99


def test_a_new_catalogue_is_not_scanned_once_per_candidate(database_url: str) -> None:
    with Store.open(database_url, connections=1) as store:  # the statistics are per connection
        space, vectors = space_of(store), directions(500)
        many_items(store, space, vectors)
        repository = store.vectors(space)
        before = rows_read(store, "items")
        repository.similar(vectors[0], 10)
        repository.text_similar(vectors[0][TEXT], 10, floor=0.0)
        assert 0 < rows_read(store, "items") - before <= 3 * len(vectors)


def rows_read(store: Store, table: str) -> int:
    """Rows that all the indexes of a table have given so far."""
    store.database.execute(b"select pg_stat_force_next_flush()")
    query = b"select sum(idx_tup_read) from pg_stat_user_indexes where relname = %(table)s"
    return int(store.database.value(query, {"table": table}))


def test_vectors_come_back_bit_for_bit(filled: Filled) -> None:
    wanted = filled.ids[5:9]
    found = filled.repository.of(wanted)
    for n, item in enumerate(wanted, start=5):
        assert np.array_equal(found[item], filled.vectors[n])
        assert found[item].dtype == np.float32
    assert filled.repository.of([]) == {}


def test_an_item_is_its_own_nearest_and_first(filled: Filled) -> None:
    item = filled.store.items.find("item-8")
    first, *others = similar(filled.store.items, filled.repository, item, 10)
    assert first.item == item
    assert first.cosine_similarity == pytest.approx(1.0, abs=1e-6)
    assert [hit.item.id for hit in others] == filled.nearest(filled.vectors[7], 10)[1:]


@pytest.mark.parametrize("k", [1, 2, 100])
def test_as_many_similar_items_as_wanted(filled: Filled, k: int) -> None:
    hits = similar(filled.store.items, filled.repository, filled.store.items.find("item-1"), k)
    assert len({hit.item.id for hit in hits}) == k


@pytest.mark.parametrize("how", ["hidden", "deleted"])
def test_what_may_not_be_seen_is_not_found(store: Store, how: str) -> None:
    space, vectors = space_of(store), directions(5)
    ids = many_items(store, space, vectors)
    if how == "hidden":
        store.sources.mark_gone(row.id for row in store.sources.known(f"/clips/{ids[0]}.mp4"))
    else:
        store.items.delete(ids[0])
    assert {near.item for near in store.vectors(space).similar(vectors[0], 5)} == set(ids[1:])


def test_a_text_search_divides_by_the_text_norm(store: Store) -> None:
    """Two items with the same text block: one is half text, the other all text."""
    space = space_of(store, 4)
    ids = many_items(store, space, directions(3, 4))
    repository = store.vectors(space)
    repository.put(ids[0], np.array([0.6, 0, 0.8, 0], np.float32), text_norm=0.6)
    repository.put(ids[1], np.array([0, 1, 0, 0], np.float32), text_norm=1.0)
    repository.put(ids[2], np.array([0, 0, 1, 0], np.float32), text_norm=0.0)
    query = np.array([1, 0], np.float32)
    (hit,) = repository.text_similar(query, 5, floor=0.5)
    assert hit.item == ids[0]
    assert hit.similarity == pytest.approx(1.0, abs=1e-6)


def test_a_vector_put_again_replaces_the_first(store: Store) -> None:
    space, vectors = space_of(store), directions(2)
    (item,) = many_items(store, space, vectors[:1])
    store.vectors(space).put(item, vectors[1], text_norm=0.0)
    assert np.array_equal(store.vectors(space).of([item])[item], vectors[1])
    assert store.database.value(b"select count(*) from vectors") == 1


def test_the_first_space_serves_and_others_stand_beside_it(store: Store) -> None:
    assert store.spaces.active() is None
    first = store.spaces.ensure("first", {"recipe": 1}, 8, TEXT)
    second = store.spaces.ensure("second", {"recipe": 2}, 12, TEXT)
    assert store.spaces.ensure("first", {"recipe": 1}, 8, TEXT) == first
    with pytest.raises(ProviderError, match="two recipes need two names"):
        store.spaces.ensure("first", {}, 99, TEXT)
    assert store.spaces.active() == first
    assert (first.active, second.active) == (True, False)
    (item,) = many_items(store, second, directions(1, 12))
    assert store.vectors(first).similar(directions(1, 8)[0], 5) == []
    assert store.vectors(second).similar(directions(1, 12)[0], 5)[0].item == item


@pytest.mark.parametrize("dimensions", [1, 1000])
def test_the_smallest_and_the_largest_space(store: Store, dimensions: int) -> None:
    space, vectors = space_of(store, dimensions), directions(3, dimensions)
    ids = many_items(store, space, vectors)
    assert store.vectors(space).of(ids)[ids[2]].shape == (dimensions,)
    assert len(store.vectors(space).similar(vectors[0], 3)) == 3


def test_a_vector_or_a_query_of_another_space_is_refused(store: Store) -> None:
    item, space = taken_in(store, "a.mp4").id, space_of(store)
    other = directions(1, 17)[0]
    vectors = store.vectors(space)
    for wrong in (
        lambda: vectors.put(item, other, 0.0),
        lambda: vectors.similar(other, 5),
        lambda: vectors.text_similar(other, 5, 0.0),
    ):
        with pytest.raises(ProviderError, match=r"not of the space test-16.*never compared"):
            wrong()
