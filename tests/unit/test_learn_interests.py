"""Interests: rewards begin, found, pull and push them, time fades them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from coldreel.learn.interests import InterestRules, faded, moved
from coldreel.model import Interests, Vector

NOW = datetime(2026, 6, 1, tzinfo=UTC)
RULES = InterestRules()
AXES = np.eye(8, dtype=np.float32)


def _between(one: Vector, other: Vector, cosine: float) -> Vector:
    """A vector at this cosine from one, towards an other that is at right angles to it."""
    return np.asarray(cosine * one + np.sqrt(1 - cosine**2) * other, dtype=np.float32)


def _interests(*weights: float, positives: tuple[int, ...] | None = None) -> Interests:
    fed = positives or (RULES.founded_by,) * len(weights)
    return Interests(tuple(AXES[: len(weights)]), weights, fed, updated_at=NOW)


def test_the_first_like_begins_an_interest_that_is_in_force_at_once() -> None:
    found = moved(Interests(), AXES[0], 1.0, NOW, RULES)
    assert np.array_equal(found.vectors[0], AXES[0])
    assert (found.weights, found.positives, found.updated_at) == ((1.0,), (1,), NOW)
    assert found.in_force(RULES.founded_by).weights == (1.0,)


def test_the_second_like_founds_it_and_what_is_tentative_waits() -> None:
    found = moved(Interests(), AXES[0], 1.0, NOW, RULES)
    found = moved(found, AXES[1], 0.7, NOW, RULES)
    assert len(found.in_force(RULES.founded_by).vectors) == 2  # both tentative
    found = moved(found, AXES[1], 0.7, NOW, RULES)
    assert found.positives == (2, 1)
    (vector,) = found.in_force(RULES.founded_by).vectors
    assert np.array_equal(vector, AXES[1])


def test_a_dislike_founds_nothing() -> None:
    assert moved(Interests(), AXES[0], -1.0, NOW, RULES).vectors == ()


def test_an_item_far_from_all_begins_another() -> None:
    found = moved(_interests(1.0), AXES[1], 0.7, NOW, RULES)
    assert found.weights == pytest.approx((1.0, 0.7))
    assert found.positives == (2, 1)


@pytest.mark.parametrize("cosine", [0.46, 0.7, 0.95])
def test_a_like_nearby_pulls_the_interest_and_makes_it_heavier(cosine: float) -> None:
    item = _between(AXES[0], AXES[5], cosine)
    found = moved(_interests(1.0), item, 1.0, NOW, RULES)
    (vector,) = found.vectors
    assert cosine < float(vector @ item) < 1.0
    assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-6)
    assert (found.weights, found.positives) == ((2.0,), (3,))


def test_a_dislike_nearby_pushes_the_interest_away_and_makes_it_lighter() -> None:
    item = _between(AXES[0], AXES[5], 0.7)
    found = moved(_interests(2.0), item, -0.5, NOW, RULES)
    assert float(found.vectors[0] @ item) < 0.7
    assert (found.weights, found.positives) == ((1.5,), (2,))


def test_a_dislike_of_something_far_changes_nothing() -> None:
    before = _interests(2.0, 1.0)
    found = moved(before, AXES[5], -1.0, NOW, RULES)
    assert found.weights == before.weights
    assert all(np.array_equal(a, b) for a, b in zip(found.vectors, before.vectors, strict=True))


def test_only_the_nearest_interest_moves() -> None:
    found = moved(_interests(3.0, 2.0), _between(AXES[1], AXES[5], 0.9), 1.0, NOW, RULES)
    still = [v for v in found.vectors if np.array_equal(v, AXES[0])]
    assert len(still) == 1
    assert sorted(found.weights) == [3.0, 3.0]


def test_a_heavy_interest_moves_less_than_a_light_one() -> None:
    item = _between(AXES[0], AXES[5], 0.6)
    light, heavy = (moved(_interests(w), item, 1.0, NOW, RULES).vectors[0] for w in (1.0, 4.0))
    assert float(light @ item) > float(heavy @ item) > 0.6


def test_dislikes_end_an_interest() -> None:
    assert moved(_interests(1.0), AXES[0], -1.0, NOW, RULES).vectors == ()


def test_a_weight_has_a_cap() -> None:
    interests = _interests(1.0)
    for _ in range(20):
        interests = moved(interests, AXES[0], 1.0, NOW, RULES)
    assert interests.weights == (RULES.heaviest,)


def test_there_are_never_more_than_four_and_a_new_taste_takes_the_place_of_the_lightest() -> None:
    four = _interests(5.0, 2.0, 4.0, 3.0)
    found = moved(four, AXES[7], 0.7, NOW, RULES)
    assert found.weights == pytest.approx((5.0, 4.0, 3.0, 2.0, 0.7))  # one reward drives nobody out
    found = moved(found, AXES[7], 0.7, NOW, RULES)
    assert found.weights == pytest.approx((5.0, 4.0, 3.0, 1.4))  # not drowned by the old ones
    assert np.array_equal(found.vectors[3], AXES[7])


def test_a_third_tentative_one_takes_the_place_of_the_oldest() -> None:
    found = Interests()
    for axis in (0, 1, 2):
        found = moved(found, AXES[axis], 1.0, NOW, RULES)
    assert [int(np.argmax(vector)) for vector in found.vectors] == [1, 2]


def test_the_heaviest_interest_stands_first() -> None:
    found = moved(_interests(1.0, 1.0), AXES[1], 1.0, NOW, RULES)
    assert found.weights == (2.0, 1.0)
    assert np.array_equal(found.vectors[0], AXES[1])


@pytest.mark.parametrize(
    ("days", "weights"),
    [
        pytest.param(0, (2.0, 0.08), id="at once"),
        pytest.param(14, (1.0,), id="half after a half-life, the faintest forgotten"),
        pytest.param(28, (0.5,), id="a quarter after two"),
        pytest.param(365, (), id="nothing after a year"),
    ],
)
def test_interests_fade(days: int, weights: tuple[float, ...]) -> None:
    found = faded(_interests(2.0, 0.08), NOW + timedelta(days=days), RULES)
    assert found.weights == pytest.approx(weights)
    assert found.updated_at == NOW + timedelta(days=days)


def test_an_event_from_before_neither_fades_nor_sets_the_clock_back() -> None:
    found = moved(_interests(2.0), AXES[0], 1.0, NOW - timedelta(days=30), RULES)
    assert found.weights == (3.0,)
    assert found.updated_at == NOW


def test_no_reward_only_lets_time_pass() -> None:
    found = moved(_interests(2.0), AXES[5], 0.0, NOW + timedelta(days=14), RULES)
    assert found.weights == pytest.approx((1.0,))
    assert np.array_equal(found.vectors[0], AXES[0])


def test_the_latest_eight_that_are_unwanted_are_kept_and_likes_leave_them_alone() -> None:
    found = Interests()
    items = np.eye(10, dtype=np.float32)
    for item in items:
        found = moved(found, item, -1.0, NOW, RULES, unwanted=True)
    found = moved(found, items[0], 1.0, NOW, RULES)
    assert [int(np.argmax(vector)) for vector in found.aversions] == [9, 8, 7, 6, 5, 4, 3, 2]
    assert len(found.in_force(RULES.founded_by).aversions) == 8
