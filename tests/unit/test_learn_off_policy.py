"""Off-policy estimates: right within their interval on policies whose value is known."""

from __future__ import annotations

import numpy as np
import pytest

from coldreel.learn.off_policy import Floats, cluster_error, effective_size, gain, snips

ARMS = 20
RATES = np.linspace(0.1, 0.9, ARMS)
"""Share of viewers that each arm pleases."""
LOGGING = np.linspace(3.0, 1.0, ARMS) / np.linspace(3.0, 1.0, ARMS).sum()
"""A policy that prefers the bad ones."""
TARGET = RATES**2 / (RATES**2).sum()


def _logged(n: int, seed: int) -> tuple[Floats, Floats, Floats]:
    """Rewards of n draws, with their probabilities under both policies."""
    rng = np.random.default_rng(seed)
    arms = rng.choice(ARMS, n, p=LOGGING)
    return (rng.random(n) < RATES[arms]).astype(float), LOGGING[arms], TARGET[arms]


def test_the_interval_holds_the_value_of_a_known_policy_as_often_as_it_says() -> None:
    value = float(TARGET @ RATES)
    estimates = [snips(*_logged(1_000, seed)) for seed in range(300)]
    held = np.mean([each.low <= value <= each.high for each in estimates])
    assert 0.91 <= held <= 0.99
    assert np.mean([each.value for each in estimates]) == pytest.approx(value, abs=0.005)
    assert np.std([each.value for each in estimates]) == pytest.approx(estimates[0].error, rel=0.2)


def test_the_mean_reward_of_what_was_logged_is_another() -> None:
    rewards, _, _ = _logged(10_000, 0)
    assert rewards.mean() < float(TARGET @ RATES) - 0.2


def test_a_policy_need_only_be_known_up_to_a_factor() -> None:
    rewards, propensity, target = _logged(500, 0)
    one, other = snips(rewards, propensity, target), snips(rewards, propensity, 17 * target)
    assert (other.value, other.error, other.effective) == pytest.approx((one.value, one.error, one.effective))


def test_the_logging_policy_itself_has_the_mean_reward() -> None:
    rewards, propensity, _ = _logged(500, 0)
    found = snips(rewards, propensity, propensity)
    assert found.value == pytest.approx(rewards.mean())
    assert found.error == pytest.approx(rewards.std() / np.sqrt(500))
    assert found.effective == pytest.approx(500)


def test_draws_of_unequal_weight_say_less() -> None:
    assert effective_size(np.array([1.0, 1.0, 1.0, 1.0])) == pytest.approx(4.0)
    assert effective_size(np.array([1.0, 0.0, 0.0, 0.0])) == pytest.approx(1.0)
    assert effective_size(np.array([3.0, 1.0])) == pytest.approx(1.6)
    assert effective_size(np.zeros(0)) == 0.0


def test_the_gain_of_one_policy_over_another_is_found_within_its_error() -> None:
    truth = float(TARGET @ RATES) - float(LOGGING @ RATES)
    found = []
    for seed in range(200):
        rewards, propensity, target = _logged(1_000, seed)
        found.append(gain(rewards, np.ones(1_000), target / propensity, np.arange(1_000)))
    values, errors = np.array(found).T
    assert values.mean() == pytest.approx(truth, abs=0.005)
    assert values.std() == pytest.approx(errors.mean(), rel=0.2)


def test_outcomes_of_few_viewers_say_less_than_those_of_many() -> None:
    rng = np.random.default_rng(0)
    taste = np.repeat(rng.normal(0, 1, 50), 20)
    taste -= taste.mean()
    assert cluster_error(taste, np.repeat(np.arange(50), 20)) == pytest.approx(
        np.sqrt(20) * cluster_error(taste, np.arange(1_000))
    )


def test_one_viewer_alone_gives_no_false_certainty() -> None:
    terms = np.array([1.0, -1.0, 2.0, -2.0])
    assert cluster_error(terms, np.zeros(4, np.int64)) == pytest.approx(np.sqrt(10.0))
