"""Fingerprints in the database: the nearest scenes are found, of items that are in sight."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from coldreel.media.likeness import SCENE_SIZE
from coldreel.store.store import Store


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    with Store.open(database_url) as store:
        yield store


def scene(at: float) -> NDArray[np.float32]:
    return np.full(SCENE_SIZE, at, np.float32)


@pytest.fixture
def items(store: Store) -> list[int]:
    """Six items, whose scenes lie at 0, 1, 2, …; the last has none."""
    store.database.execute(
        b"insert into items (ref, content_hash, duration_s, width, height, fps, container, video_codec,"
        b" pixel_format, creator, playback)"
        b" select 'v' || n, sha256(n::text::bytea), 15, 360, 640, 30, 'mp4', 'h264', 'yuv420p', 'x', 'source'"
        b" from generate_series(1, 6) n"
    )
    items = [int(item) for item in store.database.values(b"select id from items order by id")]
    for place, item in enumerate(items):
        assert store.fingerprints.put(item, bytes([place]), scene(place) if place < 5 else None)
    return items


def found(store: Store, item: int, *scenes: float, k: int = 20) -> list[int]:
    return [near.content[0] for near in store.fingerprints.near(item, [scene(at) for at in scenes], k)]


def test_the_nearest_come_first_and_the_item_itself_does_not(store: Store, items: list[int]) -> None:
    assert found(store, items[2], 2.1) == [3, 1, 4, 0]
    assert found(store, items[2], 2.1, k=2) == [3, 1]


def test_what_is_near_to_two_scenes_counts_once(store: Store, items: list[int]) -> None:
    assert found(store, 0, 0.1, 4.2, k=3) == [0, 4, 1]


@pytest.mark.parametrize("column", ["hidden_at", "deleted_at"])
def test_what_is_out_of_sight_takes_no_place(store: Store, items: list[int], column: str) -> None:
    query = b"update items set %s = now() where id = any(%%(items)s)" % column.encode()
    store.database.execute(query, {"items": items[:2]})
    assert found(store, 0, 0, k=2) == [2, 3]


def test_an_item_keeps_its_first_fingerprint(store: Store, items: list[int]) -> None:
    assert not store.fingerprints.put(items[0], b"another", scene(9))
    assert found(store, 0, 9, k=1) == [4]
