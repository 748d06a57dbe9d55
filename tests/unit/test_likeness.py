"""Likeness: cosines, less what strangers have in common."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from coldreel.learn.baseline import common
from coldreel.learn.interests import InterestRules, moved
from coldreel.model import Interests, Vector, cosine_at, likeness
from coldreel.recommend.features import content_fit, recent_fit
from coldreel.recommend.filters import FilterRules, sieve
from coldreel.recommend.pool import Pool
from coldreel.recommend.viewer import Favourite, Viewer

NOW = datetime(2026, 6, 1, tzinfo=UTC)
BASELINE = 0.7
AXES = np.eye(4, dtype=np.float32)


def _at(*cosines: float) -> Vector:
    """Vectors at these cosines from the first axis."""
    rows = [cosine * AXES[0] + np.sqrt(1 - cosine**2) * AXES[1] for cosine in cosines]
    return np.asarray(rows, np.float32)


def test_the_same_is_1_strangers_are_0_and_what_is_further_apart_is_less() -> None:
    found = likeness(np.array([1.0, BASELINE, 0.0]), BASELINE)
    assert found[:2].tolist() == [1.0, 0.0]
    assert found[2] < -1.0


@pytest.mark.parametrize("baseline", [0.0, 0.3, 0.95])
def test_a_likeness_has_its_cosine(baseline: float) -> None:
    assert likeness(cosine_at(0.45, baseline), baseline) == pytest.approx(0.45)


def test_where_strangers_have_nothing_in_common_it_is_the_cosine_bit_for_bit() -> None:
    cosines = np.random.default_rng(0).uniform(-1, 1, 100).astype(np.float32)
    assert np.array_equal(likeness(cosines, 0.0), cosines)
    assert InterestRules().in_space(0.0) == InterestRules()


def test_what_vectors_have_in_common_is_their_mean_cosine_without_themselves() -> None:
    vectors = np.random.default_rng(1).normal(0.3, 1.0, (30, 8))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = (vectors @ vectors.T)[np.triu_indices(30, 1)]
    assert common(vectors.astype(np.float32)) == pytest.approx(cosines.mean(), abs=1e-6)


@pytest.mark.parametrize(("cosine", "interests"), [(0.75, 2), (0.9, 1)])
def test_a_stranger_begins_an_interest_of_its_own(cosine: float, interests: int) -> None:
    rules = InterestRules().in_space(BASELINE)
    found = moved(Interests(), AXES[0], 1.0, NOW, rules)
    found = moved(found, _at(cosine)[0], 1.0, NOW, rules)
    assert len(found.vectors) == interests


def test_strangers_of_what_is_not_wanted_are_not_hidden_with_it() -> None:
    viewer = Viewer(1, "ada", Interests(aversions=(AXES[0],)), baseline=BASELINE)
    kept = sieve(viewer, _pool(_at(0.99, 0.95, 0.9, BASELINE)), FilterRules())
    assert kept.items.tolist() == [2, 3]


def test_strangers_fit_as_little_as_nothing_does() -> None:
    interests = Interests((AXES[0],), (1.0,), (2,))
    viewer = Viewer(1, "ada", interests, (Favourite(9, False, AXES[0]),), baseline=BASELINE)
    vectors = _at(BASELINE, 1.0)
    assert content_fit(viewer, vectors) == pytest.approx([0.0, 1.0], abs=1e-6)
    assert recent_fit(viewer, vectors) == pytest.approx([0.0, 1 / 3], abs=1e-6)


def _pool(vectors: Vector) -> Pool:
    n = len(vectors)
    zeros, names = [0] * n, [""] * n
    return Pool.of_columns(
        ["interest"] * n, list(range(n)), vectors, zeros, zeros, zeros, [None] * n, names, zeros, zeros, names
    )
