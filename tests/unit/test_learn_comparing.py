"""A new ranker is kept when it is clearly better where neither was fitted, and not worse on random places."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from coldreel.learn.comparing import ComparisonRules, compare
from coldreel.learn.ranker import Floats, probabilities
from coldreel.learn.showings import Showings

RULES = ComparisonRules()
NAMES = ("bias", "content_fit", "posterior")
TRUE = np.array([-0.5, 2.0, 0.7])
FLAT = np.array([-0.5, 0.0, 0.0])
WRONG = np.array([-0.5, -2.0, 0.7])


def _showings(n: int, random: int = 0, viewers: int = 100, seed: int = 0) -> tuple[Showings, Floats]:
    """n showings, the first `random` of them drawn at random, and outcomes that follow the true weights."""
    rng = np.random.default_rng(seed)
    features = np.column_stack([np.ones(n), rng.uniform(-1, 1, n), rng.normal(0, 1, n)])
    drawn = np.arange(n) < random
    none = np.zeros(n, np.bool_)
    showings = Showings(
        NAMES, features, rng.integers(0, viewers, n), np.zeros(n), (~drawn).astype(np.int64),
        np.where(drawn, 1e-4, np.nan), np.full(n, 20.0), np.full(n, 5.0), none, none, none,
    )  # fmt: skip
    return showings, (rng.random(n) < probabilities(features, TRUE)).astype(np.float64)


def test_a_better_ranker_is_kept() -> None:
    found = compare(*_showings(2_000), FLAT, TRUE, RULES)
    assert found.better
    assert found.new.log_loss < found.present.log_loss - 0.05
    assert found.gain == pytest.approx(found.present.log_loss - found.new.log_loss)
    assert 0 < found.gain_error < found.gain
    assert "too few" in found.why


@pytest.mark.parametrize(
    ("new", "why"), [(FLAT, "is higher by 0."), (WRONG, "is higher by 0."), (TRUE, "not clearly lower")]
)
def test_one_that_is_not_better_is_not_kept(new: Floats, why: str) -> None:
    found = compare(*_showings(2_000), TRUE, new, RULES)
    assert not found.better
    assert why in found.why


def test_an_advantage_within_its_error_is_none() -> None:
    """On 40 showings these can hardly be told apart."""
    almost = TRUE + np.array([0.0, 0.15, 0.0])
    kept = [compare(*_showings(40, seed=seed), almost, TRUE, RULES).better for seed in range(100)]
    assert np.mean(kept) < 0.4


def test_on_a_handful_of_showings_nothing_is_decided() -> None:
    found = compare(*_showings(RULES.least - 1), WRONG, TRUE, RULES)
    assert (found.better, found.showings) == (False, RULES.least - 1)
    assert "are needed" in found.why


def test_random_places_count_once_they_are_many() -> None:
    few = compare(*_showings(4_000, random=100), FLAT, TRUE, RULES)
    assert few.new.value is not None and few.new.value.effective < RULES.least_effective
    assert few.value_gain is None
    many = compare(*_showings(4_000, random=2_000), FLAT, TRUE, RULES)
    assert many.value_gain is not None and many.value_gain > 0.05
    assert many.better and "would not please clearly less" in many.why


def test_many_random_places_of_very_unequal_weight_are_too_few() -> None:
    showings, outcomes = _showings(4_000, random=1_000)
    steep = TRUE * 4
    found = compare(showings, outcomes, FLAT, steep, RULES)
    assert found.new.value is not None and found.new.value.effective < RULES.least_effective
    assert found.value_gain is None


def test_a_ranker_that_would_please_less_on_random_places_is_not_kept() -> None:
    """On the places that were chosen it predicts well; on those that were not, the other way round."""
    showings, outcomes = _showings(10_000, random=2_000)
    drawn = np.isfinite(showings.propensity)
    turned = showings.features.copy()
    turned[drawn, 1] *= -1
    found = compare(replace(showings, features=turned), outcomes, FLAT, TRUE, RULES)
    assert found.gain > found.gain_error
    assert not found.better
    assert "please less" in found.why


def test_the_value_of_random_places_is_that_of_drawing_in_proportion_to_the_odds() -> None:
    """Checked against what the same policy earns where it is really followed."""
    showings, outcomes = _showings(40_000, random=40_000)
    found = compare(showings, outcomes, FLAT, TRUE, RULES)
    rng = np.random.default_rng(1)
    odds = np.exp(showings.features @ TRUE)
    followed = rng.choice(len(odds), 200_000, p=odds / odds.sum())
    earned = probabilities(showings.features[followed], TRUE).mean()
    assert found.new.value is not None and found.present.value is not None
    assert found.new.value.low <= earned <= found.new.value.high
    assert found.present.value.value == pytest.approx(outcomes.mean())


def test_each_slot_counts_by_its_places_whatever_its_propensities() -> None:
    showings, outcomes = _showings(3_000, random=3_000)
    fresh = np.arange(3_000) >= 1_000
    mixed = replace(showings, slots=fresh.astype(np.int64), propensity=np.where(fresh, 0.2, 1e-6))
    value = compare(mixed, outcomes, FLAT, FLAT, RULES).new.value
    assert value is not None and value.value == pytest.approx(outcomes.mean())


def test_what_was_hardly_ever_drawn_weighs_more() -> None:
    """The better of two items had one place of ten; a ranker that tells nothing would show both alike."""
    showings, _ = _showings(20_000, random=20_000)
    better = np.random.default_rng(2).random(20_000) < 0.1
    outcomes = (np.random.default_rng(3).random(20_000) < np.where(better, 0.8, 0.2)).astype(float)
    drawn = replace(showings, propensity=np.where(better, 0.1, 0.9))
    value = compare(drawn, outcomes, FLAT, FLAT, RULES).new.value
    assert value is not None and value.low <= 0.5 <= value.high
    assert outcomes.mean() < 0.3
