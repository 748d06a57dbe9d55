"""The ranker: fitted weights are those that made the data, or the shipped ones where there are hardly any."""

from __future__ import annotations

import numpy as np
import pytest

from coldreel.learn.ranker import (
    FittingRules,
    Floats,
    calibration_error,
    fit,
    log_losses,
    logits,
    probabilities,
    vector_of,
)
from coldreel.model import Weights

NAMES = ("bias", "content_fit", "posterior", "short")
PRIOR = Weights("shipped-1", {"bias": -1.0, "content_fit": 1.0, "posterior": 1.0, "short": 0.0})
TRUE = Weights("true", {"bias": -0.3, "content_fit": 2.5, "posterior": 0.4, "short": -0.8})
RULES = FittingRules()


def _drawn(n: int, weights: Weights, seed: int = 0) -> tuple[Floats, Floats]:
    """Features of n showings, and outcomes that follow these weights."""
    rng = np.random.default_rng(seed)
    features = np.column_stack(
        [np.ones(n), rng.uniform(0, 1, n), rng.normal(0, 1, n), rng.integers(0, 2, n).astype(float)]
    )
    p = probabilities(features, vector_of(weights, NAMES))
    return features, (rng.random(n) < p).astype(np.float64)


def _distance(one: Weights, other: Weights) -> float:
    return float(np.abs(vector_of(one, NAMES) - vector_of(other, NAMES)).max())


def test_the_weights_that_made_the_data_are_found() -> None:
    found = fit(*_drawn(200_000, TRUE), NAMES, PRIOR, RULES)
    assert _distance(found, TRUE) < 0.05


def test_with_a_few_showings_the_shipped_weights_hardly_move() -> None:
    found = fit(*_drawn(30, TRUE), NAMES, PRIOR, RULES)
    assert 0 < _distance(found, PRIOR) < 0.35 * _distance(TRUE, PRIOR)


def test_without_any_the_shipped_weights_stay() -> None:
    found = fit(np.zeros((0, 4)), np.zeros(0), NAMES, PRIOR, RULES)
    assert found.values == PRIOR.values


def test_more_showings_lead_further_from_the_shipped_weights() -> None:
    distances = [_distance(fit(*_drawn(n, TRUE), NAMES, PRIOR, RULES), TRUE) for n in (100, 2_000, 50_000)]
    assert distances == sorted(distances, reverse=True)


def test_the_weights_are_the_most_probable_ones() -> None:
    features, outcomes = _drawn(500, TRUE)
    found = vector_of(fit(features, outcomes, NAMES, PRIOR, RULES), NAMES)
    mean = vector_of(PRIOR, NAMES)

    def unlikely(weights: Floats) -> float:
        misfit = float(log_losses(outcomes, logits(features, weights)).sum())
        return misfit + float(((weights - mean) ** 2).sum()) / (2 * RULES.spread**2)

    nudges = np.vstack([np.eye(4), -np.eye(4)]) * 1e-3
    assert all(unlikely(found + nudge) > unlikely(found) for nudge in nudges)


def test_a_prior_as_heavy_as_64_showings_meets_as_many_half_way() -> None:
    """64 showings of a bare bias, half of them pleased, are as curved as the prior."""
    prior = Weights("even", {"bias": 0.0})
    outcomes = np.repeat([1.0, 0.0], [40, 24])
    found = fit(np.ones((64, 1)), outcomes, ("bias",), prior, RULES).values["bias"]
    assert found == pytest.approx(np.log(40 / 24) / 2, rel=0.05)


@pytest.mark.parametrize("outcome", [0.0, 1.0])
def test_outcomes_that_are_all_alike_still_give_finite_weights(outcome: float) -> None:
    features, _ = _drawn(10_000, TRUE)
    found = fit(features * 50, np.full(10_000, outcome), NAMES, PRIOR, RULES)
    assert all(np.isfinite(list(found.values.values())))
    assert (probabilities(features * 50, vector_of(found, NAMES)).mean() > 0.9) == (outcome == 1.0)


def test_a_feature_that_nothing_was_logged_for_keeps_its_shipped_weight() -> None:
    features, outcomes = _drawn(5_000, TRUE)
    features[:, 2] = 0.0
    assert fit(features, outcomes, NAMES, PRIOR, RULES).values["posterior"] == 1.0


def test_a_feature_that_weights_do_not_know_counts_for_nothing() -> None:
    assert vector_of(Weights("old", {"bias": 2.0, "gone": 9.0}), ("bias", "new")).tolist() == [2.0, 0.0]


def test_weights_that_differ_have_versions_that_differ() -> None:
    one, same, other = (fit(*_drawn(100, TRUE, seed), NAMES, PRIOR, RULES) for seed in (0, 0, 1))
    assert one.version == same.version != other.version
    assert one.version.startswith("learned-")


def test_log_loss_is_the_surprise_at_the_outcome() -> None:
    even, sure = 0.0, np.log(9.0)
    losses = log_losses(np.array([1.0, 0.0, 1.0, 0.0]), np.array([even, even, sure, sure]))
    assert losses == pytest.approx(-np.log([0.5, 0.5, 0.9, 0.1]))


def test_calibration_error_is_the_mean_gap_between_what_is_predicted_and_what_happens() -> None:
    predicted = np.repeat([0.2, 0.6], [50, 50])
    outcomes = np.concatenate([np.repeat([1.0, 0.0], [10, 40]), np.repeat([1.0, 0.0], [40, 10])])
    assert calibration_error(outcomes, predicted, bins=2) == pytest.approx((0.0 + 0.2) / 2)
    assert np.isnan(calibration_error(np.zeros(0), np.zeros(0)))


def test_what_is_fitted_is_calibrated_where_what_is_shipped_is_not() -> None:
    fitted = fit(*_drawn(20_000, TRUE), NAMES, PRIOR, RULES)
    features, outcomes = _drawn(20_000, TRUE, seed=1)
    errors = [
        calibration_error(outcomes, probabilities(features, vector_of(each, NAMES)))
        for each in (fitted, PRIOR)
    ]
    assert errors[0] < 0.015 < 0.1 < errors[1]
