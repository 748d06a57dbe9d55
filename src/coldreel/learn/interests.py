"""What a user cares about: a few vectors that rewards pull closer and push away, and that time fades."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from coldreel.model import Interests, Vector


@dataclass(frozen=True, slots=True)
class InterestRules:
    """coldreel's own numbers."""

    most: int = 4
    """Interests kept per user."""
    join: float = 0.45
    """Cosine from which an item belongs to an interest instead of founding its own."""
    rate: float = 0.35
    """How far one full reward moves an interest of weight one towards an item."""
    heaviest: float = 5.0
    """Cap of an interest's weight, so that a new taste is not drowned by an old one."""
    half_life_days: float = 14.0
    """Time in which an interest that nothing feeds loses half its weight."""
    least: float = 0.05
    """Interests lighter than this are forgotten."""


def faded(interests: Interests, now: datetime, rules: InterestRules) -> Interests:
    """The interests as they are at `now`, the faintest forgotten."""
    if interests.updated_at is None:
        return Interests(updated_at=now)
    days = max((now - interests.updated_at).total_seconds(), 0.0) / 86_400
    left = 0.5 ** (days / rules.half_life_days)
    kept = [
        (v, w * left)
        for v, w in zip(interests.vectors, interests.weights, strict=True)
        if w * left >= rules.least
    ]
    return Interests(tuple(v for v, _ in kept), tuple(w for _, w in kept), max(now, interests.updated_at))


def moved(
    interests: Interests, item: Vector, reward: float, now: datetime, rules: InterestRules
) -> Interests:
    """The interests after a reward in [-1, 1] for an item.

    A positive reward pulls the nearest interest towards the item, or founds a new one where none is near;
    a negative one pushes the nearest away and makes it lighter.
    """
    current = faded(interests, now, rules)
    if reward == 0.0:
        return current
    vectors, weights = list(current.vectors), list(current.weights)
    fits = [float(vector @ item) for vector in vectors]
    nearest = int(np.argmax(fits)) if fits else -1
    if nearest >= 0 and fits[nearest] >= rules.join:
        pull = rules.rate * reward / max(weights[nearest], 1.0)
        vectors[nearest] = _unit(vectors[nearest] + pull * item, vectors[nearest])
        weights[nearest] = min(weights[nearest] + reward, rules.heaviest)
    elif reward > 0:
        if len(vectors) >= rules.most:  # the lightest gives way, or a new taste would never find a place
            lightest = int(np.argmin(weights))
            del vectors[lightest], weights[lightest]
        vectors.append(item)
        weights.append(reward)
    kept = sorted(((w, i) for i, w in enumerate(weights) if w >= rules.least), reverse=True)
    return Interests(tuple(vectors[i] for _, i in kept), tuple(w for w, _ in kept), current.updated_at)


def _unit(vector: Vector, otherwise: Vector) -> Vector:
    norm = float(np.linalg.norm(vector))
    return (vector / norm).astype(np.float32) if norm > 1e-6 else otherwise
