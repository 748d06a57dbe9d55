"""Posteriors and trials: Beta distributions as scipy has them, and states that follow from them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats

from coldreel.learn.posterior import Posterior, TrialRules, posterior, trials
from coldreel.model import Trial

RULES = TrialRules(graduate=0.8, rest=0.1, least_viewers=5, budget=50)
RATE = 0.3


def _array(*numbers: float) -> np.ndarray:
    return np.array(numbers, np.float64)


def test_viewers_add_to_what_the_prior_counts_as() -> None:
    believed = posterior(_array(0.25, 0.5), 8.0, _array(0, 10), _array(0, 7))
    assert believed.alpha.tolist() == [2.0, 11.0]
    assert believed.beta.tolist() == [6.0, 7.0]
    assert believed.mean().tolist() == [0.25, 11 / 18]


def test_bounds_and_tails_are_those_of_the_beta_distribution() -> None:
    believed = Posterior(_array(2.4, 11.4, 300.0), _array(5.6, 7.6, 700.0))
    for n, (a, b) in enumerate(zip(believed.alpha, believed.beta, strict=True)):
        assert believed.lower(0.05)[n] == pytest.approx(stats.beta.ppf(0.05, a, b), rel=1e-9)
        area, _ = integrate.quad(stats.beta(a, b).pdf, RATE, 1.0)
        assert believed.above(RATE)[n] == pytest.approx(area, abs=1e-7)


@pytest.mark.parametrize("prior", [0.0, 1.0])
def test_a_prior_at_the_edge_still_learns(prior: float) -> None:
    believed = posterior(_array(prior), 4.0, _array(2), _array(1))
    assert believed.alpha[0] > 0
    assert believed.beta[0] > 0
    assert abs(believed.mean()[0] - prior) > 0.1


def test_rounding_of_decayed_counts_makes_no_negative_viewer() -> None:
    believed = posterior(_array(0.999), 2.0, _array(0.1), _array(0.1 + 1e-12))
    assert np.isfinite(believed.lower(0.05)[0])


def test_no_items_are_no_error() -> None:
    believed = posterior(_array(), 8.0, _array(), _array())
    states = trials(np.array([], "<U9"), believed, RATE, _array(), RULES)
    assert believed.mean().shape == believed.lower(0.05).shape == states.shape == (0,)


NEW, DONE, RESTS = Trial.TESTING, Trial.GRADUATED, Trial.RESTING


@pytest.mark.parametrize(
    ("before", "viewers", "pleased", "after"),
    [
        (NEW, 0, 0, NEW),  # nobody has seen it
        (NEW, 4, 4, NEW),  # clear already, but too few have seen it
        (NEW, 5, 5, DONE),
        (NEW, 20, 6, NEW),  # as good as the catalogue: unclear
        (NEW, 12, 0, RESTS),
        (NEW, 50, 15, RESTS),  # its budget is spent
        (NEW, 50, 40, DONE),  # the last viewer made it clear
        (DONE, 50, 15, DONE),  # unclear now: it stays
        (DONE, 40, 4, RESTS),  # clearly not better
        (RESTS, 60, 18, RESTS),
        (RESTS, 60, 50, DONE),  # its viewers came by other places
        (RESTS, 20, 6, NEW),  # unclear again, and there is budget left
    ],
)
def test_a_trial_ends_when_the_posterior_is_clear(
    before: Trial, viewers: int, pleased: int, after: Trial
) -> None:
    believed = posterior(_array(RATE), 8.0, _array(viewers), _array(pleased))
    states = trials(np.array([before.value]), believed, RATE, _array(viewers), RULES)
    assert states.tolist() == [after]


def test_no_item_is_judged_by_its_content_alone() -> None:
    believed = posterior(_array(0.01, 0.99), 100.0, _array(0, 0), _array(0, 0))
    states = trials(np.full(2, NEW.value), believed, RATE, _array(0, 0), RULES)
    assert states.tolist() == [NEW, NEW]
