"""Whether a new ranker is better than the present one, on showings that neither was fitted on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coldreel.learn import off_policy
from coldreel.learn.off_policy import Estimate, Floats
from coldreel.learn.ranker import calibration_error, log_losses, logits, probabilities
from coldreel.learn.showings import Showings


@dataclass(frozen=True, slots=True)
class ComparisonRules:
    """coldreel's own numbers, where nothing else is said."""

    errors: float = 1.0
    """Standard errors by which the log loss must be lower, and the value of random places not be lower: the
    one-standard-error rule of Breiman et al., Classification and Regression Trees, 1984."""
    least: int = 20
    """Held-out showings without which nothing is decided."""
    least_effective: float = 200.0
    """Effective sample size of random places from which their value counts."""


@dataclass(frozen=True, slots=True)
class Score:
    """log_loss: in nats per showing; calibration_error: the expected one; value: of random places, where
    any are"""

    log_loss: float
    calibration_error: float
    value: Estimate | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """gain: by how much the new log loss is lower, in nats per showing
    value_gain: by how much the new value of random places is higher; None where they are too few to count"""

    showings: int
    viewers: int
    pleased: int
    present: Score
    new: Score
    gain: float
    gain_error: float
    value_gain: float | None
    value_gain_error: float | None
    better: bool
    why: str


def compare(
    held_out: Showings, outcomes: Floats, present: Floats, new: Floats, rules: ComparisonRules
) -> Comparison:
    """present, new: weights in the order of the features, shape (names,); outcomes: shape (n,)"""
    z_present, z_new = logits(held_out.features, present), logits(held_out.features, new)
    n = max(len(outcomes), 1)
    gains = log_losses(outcomes, z_present) - log_losses(outcomes, z_new)
    gain = float(gains.sum()) / n
    gain_error = off_policy.cluster_error((gains - gain) / n, held_out.users)
    drawn = np.isfinite(held_out.propensity)
    weights = [policy_weights(held_out[drawn], z[drawn]) for z in (z_present, z_new)]
    values = [_value(outcomes[drawn], w) for w in weights]
    value_gain = value_error = None
    if all(value is not None and value.effective >= rules.least_effective for value in values):
        value_gain, value_error = off_policy.gain(
            outcomes[drawn], weights[0], weights[1], held_out.users[drawn]
        )
    scores = [
        Score(
            float(log_losses(outcomes, z).sum()) / n,
            calibration_error(outcomes, probabilities(held_out.features, w)),
            value,
        )
        for z, w, value in zip((z_present, z_new), (present, new), values, strict=True)
    ]
    better, why = _decide(len(outcomes), gain, gain_error, value_gain, value_error, rules)
    return Comparison(
        len(outcomes), len(np.unique(held_out.users)), int(outcomes.sum()), scores[0], scores[1], gain,
        gain_error, value_gain, value_error, better, why,
    )  # fmt: skip


def policy_weights(drawn: Showings, z: Floats) -> Floats:
    """Importance weights of a policy that fills each of these places with an item in proportion to the odds
    that the ranker gives it: odds / propensity.

    What else a place could have held is not logged, so the policy is known up to a factor, taken to be the
    same for all places of one slot. A place of any catalogue item and one of a few fresh ones have
    propensities of different orders: the weights of each slot are scaled to a mean of one.
    """
    slots, sizes = np.unique(drawn.slots, return_counts=True)
    shifted = np.exp(z - z.max()) if len(z) else z  # against overflow; a factor more or less is the same
    weights = shifted / drawn.propensity
    for slot, size in zip(slots, sizes, strict=True):
        weights[drawn.slots == slot] *= size / weights[drawn.slots == slot].sum()
    return np.asarray(weights, np.float64)


def _value(rewards: Floats, weights: NDArray[np.float64]) -> Estimate | None:
    if not len(rewards):
        return None
    return off_policy.snips(rewards, np.ones(len(rewards)), weights)


def _decide(
    showings: int,
    gain: float,
    error: float,
    value_gain: float | None,
    value_error: float | None,
    rules: ComparisonRules,
) -> tuple[bool, str]:
    if showings < rules.least:
        return False, f"only {showings} held-out showings; {rules.least} are needed"
    if gain < 0:
        return False, f"its log loss is higher by {-gain:.4f} ± {error:.4f}"
    if gain <= rules.errors * error:
        return False, f"its log loss is not clearly lower (by {gain:.4f} ± {error:.4f})"
    lower = f"its log loss is lower by {gain:.4f} ± {error:.4f}"
    if value_gain is None or value_error is None:
        return True, f"{lower}; drawn places are too few to count"
    if value_gain < -rules.errors * value_error:
        return (
            False,
            f"{lower}, but drawn places would please less (by {-value_gain:.4f} ± {value_error:.4f})",
        )
    return (
        True,
        f"{lower}, and drawn places would not please clearly less ({value_gain:+.4f} ± {value_error:.4f})",
    )
