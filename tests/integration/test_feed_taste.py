"""After five videos of one kind the feed is mostly of it, though vectors say little of kinds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from store_rows import many_items, space_of

from coldreel import Coldreel
from coldreel.model import EventKind, FeedItem, Slot, Vector
from coldreel.store.store import Store

KINDS, OF_A_KIND, DIMENSIONS = 8, 20, 64
NOISE = 1.5
"""Norm of what an item has beside its kind, as 1: two of a kind have a cosine of about 0.3, others of none
with a deviation of 0.12. So it is with real videos in small spaces."""
WATCHED, PLACES = 5, 10


@pytest.fixture
def reel(store: Store, tmp_path: Path) -> Iterator[Coldreel]:
    """Items of eight kinds: an item's number modulo eight."""
    space = space_of(store, DIMENSIONS)
    many_items(store, space, _vectors(np.random.default_rng(0)))
    store.spaces.settle(space)
    with Coldreel(data_dir=tmp_path, database_url=store.database.url) as reel:
        yield reel


def _vectors(rng: np.random.Generator) -> Vector:
    centres = np.linalg.qr(rng.standard_normal((DIMENSIONS, KINDS)))[0].T
    noise = rng.standard_normal((KINDS * OF_A_KIND, DIMENSIONS)) * NOISE / DIMENSIONS**0.5
    vectors = np.tile(centres, (OF_A_KIND, 1)) + noise
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def _kind(place: FeedItem) -> int:
    return (place.item.id - 1) % KINDS


def _main_after_five(reel: Coldreel, user: str, kind: int) -> list[int]:
    """The kinds on the ten main places after the page on which the user saw the fifth of its kind. What is of
    another is swiped away after a second."""
    rng = np.random.default_rng(kind)
    asked = replace(reel.recommendations, new_rng=lambda: rng)
    left, main = WATCHED, list[int]()
    while len(main) < PLACES:
        page = asked.feed(user, 10)
        assert page.items
        if left <= 0:
            main += [_kind(place) for place in page.items if place.slot is Slot.MAIN]
            continue
        for place in page.items:
            wanted = _kind(place) == kind and left > 0
            reel.record(user, place.item.ref, EventKind.VIEW, 6.0 if wanted else 1.0, page.request_id)
            left -= wanted
            if not left:
                break
    return main[:PLACES]


def test_a_taste_is_understood_after_five_videos(reel: Coldreel) -> None:
    found = [_main_after_five(reel, f"user-{kind}", kind) for kind in range(KINDS)]
    shares = [kinds.count(kind) / PLACES for kind, kinds in enumerate(found)]
    assert np.mean(shares) >= 0.6, shares
