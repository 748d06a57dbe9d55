"""The ranker: a logistic regression over named features, fitted around the weights that are shipped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from coldreel.model import Weights

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FittingRules:
    """coldreel's own numbers."""

    spread: float = 0.25
    """Standard deviation of the prior around each shipped weight. A feature of size one weighs as much in the
    prior as in 4 / spread^2 = 64 showings, half of which pleased."""
    close: float = 1e-8
    """Newton's steps end when no weight would move by more."""
    steps: int = 100
    """At most; a handful is enough."""


def vector_of(weights: Weights, names: Sequence[str]) -> Floats:
    """Weights in the order of the names, shape (names,); 0 for a feature that they do not know."""
    return np.array([weights.values.get(name, 0.0) for name in names])


def fit(
    features: Floats, outcomes: Floats, names: Sequence[str], prior: Weights, rules: FittingRules
) -> Weights:
    """The most probable weights given n outcomes, by Newton's method.

    features: shape (n, names); outcomes: shape (n,), 0 or 1; without any rows it is the prior

    The prior is Gaussian, around the shipped weights (MAP by iteratively reweighted least squares: Bishop,
    Pattern Recognition and Machine Learning, 4.3.3 and 4.5.1). The log posterior is strictly concave, so
    there is one maximum; a step that overshoots it is halved.
    """
    mean = vector_of(prior, names)
    precision = 1.0 / rules.spread**2

    def loss(weights: Floats) -> float:
        away = weights - mean
        misfit = np.sum(log_losses(outcomes, logits(features, weights)))
        return float(misfit + 0.5 * precision * (away @ away))

    weights = mean
    for _ in range(rules.steps):
        p = probabilities(features, weights)
        gradient = features.T @ (p - outcomes) + precision * (weights - mean)
        curvature = (features * (p * (1.0 - p))[:, None]).T @ features + precision * np.eye(len(names))
        step = np.linalg.solve(curvature, gradient)
        while np.abs(step).max() > rules.close and loss(weights - step) > loss(weights):
            step /= 2.0
        if np.abs(step).max() <= rules.close:
            break
        weights = weights - step
    return _named(weights, names)


def logits(features: Floats, weights: Floats) -> Floats:
    """Log odds of being pleased, shape (n,)."""
    return np.asarray(features @ weights, np.float64)


def probabilities(features: Floats, weights: Floats) -> Floats:
    """Of being pleased, shape (n,)."""
    return np.asarray(np.exp(-np.logaddexp(0.0, -logits(features, weights))), np.float64)


def log_losses(outcomes: Floats, logits: Floats) -> Floats:
    """-log p(outcome) of each, shape (n,), in nats."""
    return np.asarray(np.logaddexp(0.0, np.where(outcomes > 0, -logits, logits)), np.float64)


def calibration_error(outcomes: Floats, predicted: Floats, bins: int = 10) -> float:
    """Expected calibration error: by how much predicted and real shares differ, on average over bins of
    equal size (Guo et al., On Calibration of Modern Neural Networks, ICML 2017; bins of equal size as in
    Nixon et al., Measuring Calibration in Deep Learning, 2019). NaN without outcomes."""
    if not len(outcomes):
        return float("nan")
    order = np.argsort(predicted, kind="stable")
    gaps = [
        abs(float(np.sum(predicted[rows] - outcomes[rows])))
        for rows in np.array_split(order, min(bins, len(order)))
    ]
    return sum(gaps) / len(outcomes)


def _named(weights: Floats, names: Sequence[str]) -> Weights:
    """Weights that differ have versions that differ."""
    values = {name: round(float(weight), 6) for name, weight in zip(names, weights, strict=True)}
    digest = blake2b(repr(sorted(values.items())).encode(), digest_size=6)
    return Weights(f"learned-{digest.hexdigest()}", values)
