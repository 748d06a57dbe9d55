"""Interests: rewards found, pull and push them, time fades them."""

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


def _interests(*weights: float, updated_at: datetime = NOW) -> Interests:
    return Interests(tuple(AXES[: len(weights)]), weights, updated_at)


def test_the_first_like_founds_an_interest() -> None:
    found = moved(Interests(), AXES[0], 1.0, NOW, RULES)
    assert np.array_equal(found.vectors[0], AXES[0])
    assert (found.weights, found.updated_at) == ((1.0,), NOW)


def test_a_dislike_founds_nothing() -> None:
    assert moved(Interests(), AXES[0], -1.0, NOW, RULES).vectors == ()


def test_an_item_far_from_all_founds_another() -> None:
    found = moved(_interests(1.0), AXES[1], 0.7, NOW, RULES)
    assert found.weights == (1.0, 0.7)


@pytest.mark.parametrize("cosine", [0.46, 0.7, 0.95])
def test_a_like_nearby_pulls_the_interest_and_makes_it_heavier(cosine: float) -> None:
    item = _between(AXES[0], AXES[5], cosine)
    found = moved(_interests(1.0), item, 1.0, NOW, RULES)
    (vector,) = found.vectors
    assert cosine < float(vector @ item) < 1.0
    assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-6)
    assert found.weights == (2.0,)


def test_a_dislike_nearby_pushes_the_interest_away_and_makes_it_lighter() -> None:
    item = _between(AXES[0], AXES[5], 0.7)
    found = moved(_interests(2.0), item, -0.5, NOW, RULES)
    assert float(found.vectors[0] @ item) < 0.7
    assert found.weights == (1.5,)


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
    found = moved(_interests(5.0, 2.0, 4.0, 3.0), AXES[7], 0.7, NOW, RULES)
    assert found.weights == (5.0, 4.0, 3.0, 0.7)  # not drowned by the old ones
    assert np.array_equal(found.vectors[3], AXES[7])


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
