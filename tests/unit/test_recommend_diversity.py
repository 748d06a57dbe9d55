"""Variety: the fast greedy inference gives what the determinants themselves say."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from coldreel.model import Origin, Vector
from coldreel.recommend.candidates import Candidate, distinct, farthest_first
from coldreel.recommend.diversity import greedy_dpp


def _unit_vectors(rng: np.random.Generator, count: int, dimensions: int) -> list[Vector]:
    rows = rng.normal(size=(count, dimensions))
    return list((rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32))


def _greedy_by_determinants(vectors: list[Vector], quality: NDArray[np.float64], n: int) -> list[int]:
    scaled = np.stack(vectors).astype(np.float64) * quality[:, None]
    kernel = scaled @ scaled.T
    chosen: list[int] = []
    while len(chosen) < n:
        rest = [i for i in range(len(vectors)) if i not in chosen]
        chosen.append(
            max(rest, key=lambda i: float(np.linalg.det(kernel[np.ix_([*chosen, i], [*chosen, i])])))
        )
    return chosen


@pytest.mark.parametrize("seed", range(8))
def test_it_chooses_what_enlarges_the_determinant_most(seed: int) -> None:
    rng = np.random.default_rng(seed)
    vectors = _unit_vectors(rng, count=12, dimensions=16)
    quality = rng.uniform(0.2, 1.0, size=12)
    assert greedy_dpp(vectors, quality, 6) == _greedy_by_determinants(vectors, quality, 6)


def test_more_places_than_items_gives_every_item_once() -> None:
    vectors = _unit_vectors(np.random.default_rng(1), count=5, dimensions=16)
    assert sorted(greedy_dpp(vectors, np.ones(5), 50)) == [0, 1, 2, 3, 4]


def test_no_items_and_no_places_give_nothing() -> None:
    vectors = _unit_vectors(np.random.default_rng(1), count=3, dimensions=4)
    assert greedy_dpp([], np.ones(0), 10) == []
    assert greedy_dpp(vectors, np.ones(3), 0) == []


def test_a_copy_waits_until_all_that_differs_was_chosen() -> None:
    one, other, third = np.eye(3, dtype=np.float32)
    vectors, quality = [one, one, other, third, one], np.array([1.0, 0.9, 0.5, 0.4, 0.95])
    assert greedy_dpp(vectors, quality, 5) == [0, 2, 3, 4, 1]  # the copies last, by quality


def test_more_items_than_dimensions_still_fill_every_place() -> None:
    vectors = _unit_vectors(np.random.default_rng(3), count=20, dimensions=3)
    chosen = greedy_dpp(vectors, np.linspace(1.0, 0.1, 20), 10)
    assert len(set(chosen)) == 10


def test_the_first_chosen_is_the_best_one() -> None:
    vectors = _unit_vectors(np.random.default_rng(5), count=10, dimensions=16)
    quality = np.full(10, 0.5)
    quality[7] = 0.6
    assert greedy_dpp(vectors, quality, 3)[0] == 7


@pytest.mark.parametrize("seed", range(4))
def test_farthest_first_takes_the_least_similar_each_time(seed: int) -> None:
    vectors = _unit_vectors(np.random.default_rng(seed), count=15, dimensions=8)
    chosen = farthest_first(vectors, 6)
    assert chosen[0] == 0
    assert len(set(chosen)) == 6
    for place in range(1, 6):
        before = np.stack([vectors[i] for i in chosen[:place]])
        nearness = {i: float((before @ vectors[i]).max()) for i in range(15) if i not in chosen[:place]}
        assert nearness[chosen[place]] == min(nearness.values())


@pytest.mark.parametrize(
    ("count", "n", "length"),
    [
        pytest.param(0, 5, 0, id="no vectors"),
        pytest.param(3, 10, 3, id="fewer vectors than wanted"),
        pytest.param(3, 1, 1, id="one"),
    ],
)
def test_farthest_first_gives_no_more_than_there_is(count: int, n: int, length: int) -> None:
    vectors = _unit_vectors(np.random.default_rng(1), count, 4) if count else []
    assert len(farthest_first(vectors, n)) == length


def test_farthest_first_takes_every_copy_once() -> None:
    copies = [np.array([1, 0], dtype=np.float32)] * 4
    assert sorted(farthest_first(copies, 4)) == [0, 1, 2, 3]


def test_an_item_keeps_the_origin_that_named_it_first() -> None:
    vector = np.array([1, 0], dtype=np.float32)
    named = [
        (1, Origin.INTEREST),
        (2, Origin.INTEREST),
        (1, Origin.RANDOM),
        (3, Origin.RANDOM),
        (2, Origin.SPREAD),
    ]
    kept = distinct(Candidate(item, vector, origin) for item, origin in named)
    assert [(c.item, c.origin) for c in kept] == [
        (1, Origin.INTEREST),
        (2, Origin.INTEREST),
        (3, Origin.RANDOM),
    ]
