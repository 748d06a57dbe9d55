"""Priors: what the catalogue and an item's neighbours let expect of it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from coldreel.learn.priors import ContentRules, PriorRules, content_priors, fit

RULES = PriorRules()


def _items(count: int, rate: float, strength: float) -> tuple[np.ndarray, np.ndarray]:
    """Viewers and pleased ones of items whose rates are drawn from this Beta distribution."""
    generator = np.random.default_rng(7)
    viewers = generator.integers(0, 60, count)
    rates = generator.beta(rate * strength, (1 - rate) * strength, count)
    return viewers, generator.binomial(viewers, rates)


@pytest.mark.parametrize(("rate", "strength"), [(0.15, 4.0), (0.35, 12.0), (0.6, 40.0)])
def test_the_rate_and_strength_that_items_were_drawn_from_are_found(rate: float, strength: float) -> None:
    found = fit(*_items(5_000, rate, strength), RULES)
    assert found.rate == pytest.approx(rate, abs=0.01)
    assert found.strength == pytest.approx(strength, rel=0.15)


def test_no_other_rate_or_strength_is_likelier() -> None:
    viewers, pleased = _items(400, 0.4, 10.0)
    found = fit(viewers, pleased, RULES)

    def log_posterior(rate: float, strength: float) -> float:
        a, b = rate * strength, (1 - rate) * strength
        likelihood = stats.betabinom.logpmf(pleased, viewers, a, b).sum()
        said = RULES.rate_viewers * (RULES.rate * np.log(rate) + (1 - RULES.rate) * np.log(1 - rate))
        return float(likelihood + said + stats.norm.logpdf(np.log(strength), np.log(RULES.strength)))

    best = log_posterior(found.rate, found.strength)
    for rate, strength in [(1.03, 1.0), (0.97, 1.0), (1.0, 1.1), (1.0, 0.9)]:
        assert log_posterior(found.rate * rate, found.strength * strength) < best


def test_nothing_seen_leaves_what_was_believed() -> None:
    none = np.zeros(3, np.int64)
    for counts in (none[:0], none):
        found = fit(counts, counts, RULES)
        assert (found.rate, found.strength) == (RULES.rate, RULES.strength)


@pytest.mark.parametrize("pleased", [0, 1])
def test_one_viewer_changes_little(pleased: int) -> None:
    found = fit(np.array([1]), np.array([pleased]), RULES)
    assert 0 < (found.rate - RULES.rate) * (1 if pleased else -1) < 0.1
    assert found.strength == pytest.approx(RULES.strength, rel=0.2)


@pytest.mark.parametrize(
    "counts",
    [
        [(1_000, 300)] * 500,
        [(1_000, 1_000)] * 50,
        [(1_000, 0)] * 50,
        [(9, 9), (9, 0)] * 200,
        [(10**6, 10**5)],
    ],
)
def test_extremes_stay_within_bounds(counts: list[tuple[int, int]]) -> None:
    viewers, pleased = np.array(counts).T
    found = fit(viewers, pleased, RULES)
    assert 0 < found.rate < 1
    assert RULES.weakest * 0.999 <= found.strength <= RULES.strongest * 1.001


# --- from content ----------------------------------------

CONTENT = ContentRules(power=4.0, doubt=1.0)
BASE = 0.3


def _prior(*neighbours: tuple[float, float]) -> float:
    """The prior of one item with neighbours of these cosines and rates."""
    cosines, rates = np.array(neighbours, np.float64).reshape(-1, 2).T
    item = np.zeros(len(cosines), np.int64)
    return float(content_priors(item, cosines, rates, 1, BASE, CONTENT)[0])


def test_without_neighbours_the_catalogue_is_what_is_expected() -> None:
    assert _prior() == BASE


def test_neighbours_pull_towards_their_rate_the_more_the_nearer_they_are() -> None:
    far, near, many = _prior((0.3, 0.9)), _prior((0.95, 0.9)), _prior(*[(0.95, 0.9)] * 20)
    assert BASE < far < near < many < 0.9
    assert many > 0.85


def test_what_points_the_other_way_says_nothing() -> None:
    assert _prior((-0.8, 0.9)) == BASE


def test_every_item_has_its_own_neighbours() -> None:
    item = np.array([2, 0, 2])
    found = content_priors(item, np.ones(3), np.array([0.8, 0.1, 0.6]), 3, BASE, CONTENT)
    assert found.tolist() == pytest.approx([0.2, 0.3, (0.3 + 0.8 + 0.6) / 3])
