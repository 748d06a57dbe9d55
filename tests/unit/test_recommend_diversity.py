"""Variety: the fast greedy inference gives what the determinants themselves say."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from coldreel.model import Vector
from coldreel.recommend.candidates import farthest_first
from coldreel.recommend.diversity import capped, greedy_dpp


def _unit_vectors(rng: np.random.Generator, count: int, dimensions: int) -> Vector:
    rows = rng.normal(size=(count, dimensions))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def _dpp(vectors: Vector, quality: NDArray[np.float64], n: int, beside: Vector | None = None) -> list[int]:
    return list(greedy_dpp(vectors, quality, n, beside))


def _greedy_by_determinants(vectors: Vector, quality: NDArray[np.float64], n: int) -> list[int]:
    scaled = vectors.astype(np.float64) * quality[:, None]
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
    assert _dpp(vectors, quality, 6) == _greedy_by_determinants(vectors, quality, 6)


def test_more_places_than_items_gives_every_item_once() -> None:
    vectors = _unit_vectors(np.random.default_rng(1), count=5, dimensions=16)
    assert sorted(_dpp(vectors, np.ones(5), 50)) == [0, 1, 2, 3, 4]


def test_no_items_and_no_places_give_nothing() -> None:
    vectors = _unit_vectors(np.random.default_rng(1), count=3, dimensions=4)
    assert _dpp(vectors[:0], np.ones(0), 10) == []
    assert _dpp(vectors, np.ones(3), 0) == []


def test_a_copy_waits_until_all_that_differs_was_chosen() -> None:
    one, other, third = np.eye(3, dtype=np.float32)
    vectors, quality = np.stack([one, one, other, third, one]), np.array([1.0, 0.9, 0.5, 0.4, 0.95])
    assert _dpp(vectors, quality, 5) == [0, 2, 3, 4, 1]  # the copies last, by quality


def test_more_items_than_dimensions_still_fill_every_place() -> None:
    vectors = _unit_vectors(np.random.default_rng(3), count=20, dimensions=3)
    chosen = _dpp(vectors, np.linspace(1.0, 0.1, 20), 10)
    assert len(set(chosen)) == 10


def test_the_first_chosen_is_the_best_one() -> None:
    vectors = _unit_vectors(np.random.default_rng(5), count=10, dimensions=16)
    quality = np.full(10, 0.5)
    quality[7] = 0.6
    assert _dpp(vectors, quality, 3)[0] == 7


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
    vectors = _unit_vectors(np.random.default_rng(1), count, 4)
    assert len(farthest_first(vectors, n)) == length


def test_farthest_first_takes_every_copy_once() -> None:
    copies = np.array([[1, 0]] * 4, dtype=np.float32)
    assert sorted(farthest_first(copies, 4)) == [0, 1, 2, 3]


@pytest.mark.parametrize("seed", range(4))
def test_what_stands_beside_counts_as_chosen(seed: int) -> None:
    rng = np.random.default_rng(seed)
    vectors, beside = _unit_vectors(rng, 12, 16), _unit_vectors(rng, 3, 16)
    quality = rng.uniform(0.2, 1.0, size=12)
    together = np.concatenate([beside, vectors * quality[:, None]]).astype(np.float64)
    chosen = [0, 1, 2]
    for _ in range(5):
        rest = [i for i in range(len(together)) if i not in chosen]
        chosen.append(max(rest, key=lambda i: float(np.linalg.det(_kernel(together[[*chosen, i]])))))
    assert _dpp(vectors, quality, 5, beside) == [i - 3 for i in chosen[3:]]


def test_a_copy_of_what_stands_beside_comes_last_and_two_copies_beside_do_no_harm() -> None:
    one, other, third = np.eye(3, dtype=np.float32)
    vectors = np.stack([one, other, third])
    assert _dpp(vectors, np.array([1.0, 0.5, 0.4]), 3, np.stack([one, one])) == [1, 2, 0]


@pytest.mark.parametrize(
    ("groups", "taken", "order"),
    [
        pytest.param("aabbcc", "", [0, 1, 2, 3, 4, 5], id="nobody has too many"),
        pytest.param("aaabca", "", [0, 1, 3, 4, 2, 5], id="a third and a fourth wait"),
        pytest.param("aaabca", "aa", [3, 4, 0, 1, 2, 5], id="what stands there counts"),
        pytest.param("aaaaaa", "", [0, 1, 2, 3, 4, 5], id="there is nobody else"),
    ],
)
def test_no_more_than_two_of_a_group_come_first(groups: str, taken: str, order: list[int]) -> None:
    assert list(capped(range(6), list(groups), 2, list(taken))) == order


def test_those_of_no_group_are_no_group() -> None:
    assert list(capped(range(6), ["", "", "", "b", "b", "b"], 2, ["", "b"])) == [0, 1, 2, 3, 4, 5]
    assert list(capped(range(4), ["b", "b", "b", ""], 2)) == [0, 1, 3, 2]


def _kernel(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(rows @ rows.T)
